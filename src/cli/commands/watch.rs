//! `ledger watch`

use std::time::Duration;

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::{Detail, Failure};
use super::super::look_args::Watch as Args;
use super::super::render::text::{WithStream, event_text};
use super::super::render::views::SideView;
use super::super::render::watch::{self, Outcome, SeenView, WatchView, resolve_hint};
use super::rows;
use crate::app::Ledger;
use crate::app::watch::{Found, Look, Watch};
use crate::domain::event::Event;
use crate::domain::id::RequestId;
use crate::domain::workflow::StateName;

/// How often it looks. A look at a request that did not change asks the file system for a few numbers, and reads nothing.
const LOOK_EVERY: Duration = Duration::from_millis(250);
/// The most events of an answer in JSON: the newest.
const EVENTS_MAX: usize = 1_000;

pub(super) fn run(context: &mut Context<'_>, args: &Args) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let until: Vec<StateName> = args
        .until
        .iter()
        .map(|typed| rows::state(typed, ledger.workflow).and_then(|name| name.parse().map_err(Failure::usage)))
        .collect::<Result<_, _>>()?;
    let id = ledger.resolve(&args.request, ledger.store, &context.budget)?;
    let watching = Watch::new(id, until.clone(), args.since_version);
    let mut told = Told { id, until, events: Vec::new(), has_older: false, is_diverged: false };
    let (look, outcome) = wait(context, &ledger, watching, &mut told)?;
    told.answer(context, &look, outcome)
}

/// Looks until there is an answer, or the time is up.
fn wait(
    context: &mut Context<'_>,
    ledger: &Ledger<'_>,
    mut watching: Watch,
    told: &mut Told,
) -> Result<(Look, Outcome), Failure> {
    let mut last: Option<Look> = None;
    loop {
        if let Some(look) = ledger.look_at(&mut watching)? {
            told.tell(context, &look)?;
            let outcome = match &look.found {
                Found::Reached(reached) => Some(Outcome::Reached(reached.clone())),
                Found::Closed { before } => Some(Outcome::Unreachable(before.clone())),
                Found::NotYet => None,
            };
            if let Some(outcome) = outcome {
                return Ok((look, outcome));
            }
            last = Some(look);
        }
        match last.take_if(|_| context.budget.is_over()) {
            Some(look) => return Ok((look, Outcome::TimeUp)),
            None => std::thread::sleep(LOOK_EVERY.min(context.budget.left().unwrap_or(LOOK_EVERY))),
        }
    }
}

/// What was told so far.
struct Told {
    id: RequestId,
    until: Vec<StateName>,
    /// For an answer in JSON, at the end.
    events: Vec<Event>,
    has_older: bool,
    is_diverged: bool,
}

impl Told {
    /// Tells what a look found, as it comes.
    fn tell(&mut self, context: &mut Context<'_>, look: &Look) -> Result<(), Failure> {
        for event in &look.fresh {
            match context.output.format {
                Format::Text if context.output.quiet => {}
                Format::Text => context.output.text(&format!("{}\n", event_text(event, WithStream::No)))?,
                Format::Jsonl => context.output.json(&SeenView::new(self.id, event))?,
                Format::Json => {}
            }
        }
        if context.output.format == Format::Json {
            self.events.extend(look.fresh.iter().cloned());
            let too_many = self.events.len().saturating_sub(EVENTS_MAX);
            self.has_older |= too_many > 0;
            self.events.drain(..too_many);
        }
        let was_diverged = std::mem::replace(&mut self.is_diverged, !look.sides().is_empty());
        if self.is_diverged && !was_diverged {
            let sides = look.sides();
            context.output.tell(&watch::diverged(self.id, sides));
        }
        context.output.flush()
    }

    /// Tells how it ended.
    fn answer(self, context: &mut Context<'_>, look: &Look, outcome: Outcome) -> Result<Exit, Failure> {
        let view = WatchView::new(self.id, &self.until, look, &outcome);
        match context.output.format {
            Format::Text => context.output.text(&watch::ended(self.id, &self.until, look, &outcome))?,
            Format::Json => context.output.json(&view.with_events(&self.events, self.has_older))?,
            Format::Jsonl => context.output.json(&view)?,
        }
        match outcome {
            Outcome::Reached(_) => Ok(Exit::Done),
            Outcome::Unreachable(_) => Ok(Exit::No),
            Outcome::TimeUp => Err(self.time_up(context, look)),
        }
    }

    fn time_up(&self, context: &Context<'_>, look: &Look) -> Failure {
        let states: Vec<&str> = self.until.iter().map(StateName::as_str).collect();
        let (id, version) = (self.id, look.version);
        let spent = context.budget.spent();
        let spent = match spent.as_millis() {
            ms @ ..10_000 => format!("{ms} ms"),
            10_000.. => format!("{} s", spent.as_secs()),
        };
        let (state, wanted) = (watch::state_word(look), states.join(" or "));
        let message = format!("{id} is {state} (v{version}), and after {spent} not yet {wanted}");
        let failure = Failure::new(Exit::Busy, "not-yet", message);
        let sides = look.sides();
        if !sides.is_empty() {
            let views = sides.iter().map(SideView::from).collect();
            let detail = Detail { sides: views, actual_version: Some(version), ..Detail::default() };
            return failure.detail(detail).hint(resolve_hint(id, sides));
        }
        let until: String = states.iter().map(|state| format!(" --until {state}")).collect();
        failure
            .detail(Detail { actual_version: Some(version), ..Detail::default() })
            .hint(format!("ledger watch {id}{until} --since-version {version}"))
    }
}
