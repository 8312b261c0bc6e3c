//! `ledger log`

use std::collections::{BTreeSet, HashSet};
use std::time::Duration;

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::look_args::Log;
use super::super::open::Opened;
use super::super::render::keys::{self, KeysView, mark};
use super::super::render::lanes::{Line, draw};
use super::super::render::text::{WithStream, event_at};
use super::super::render::views::{DamagedView, LogView, raw};
use super::fields;
use crate::app::near;
use crate::app::timeline::{Marks, Timeline, TimelineQuery};
use crate::app::{AppError, Ledger};
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::RequestId;
use crate::domain::state::Side;
use crate::domain::time::Timestamp;
use serde_json::value::RawValue;

/// What was asked for: which events, and which members of each.
struct Asked<'a> {
    query: &'a TimelineQuery,
    fields: &'a [String],
}

impl Asked<'_> {
    /// An event as JSON: as it stands in its log, or what was asked for of it.
    fn json(&self, event: &Event) -> Result<Box<RawValue>, Failure> {
        if self.fields.is_empty() {
            return Ok(raw(event));
        }
        let members = fields::chosen(&raw(event), self.fields)?;
        serde_json::value::to_raw_value(&members).map_err(|e| Failure::new(Exit::Failure, "bug", e))
    }
}

/// How many events are told where nobody says how many.
const EVENTS_MAX: usize = 1000;
/// How often `--follow` looks.
const LOOK_EVERY: Duration = Duration::from_millis(250);

pub(super) fn run(context: &mut Context<'_>, args: &Log) -> Result<Exit, Failure> {
    fields::known(&args.fields, &fields::OF_EVENT)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let now = (context.env.now)();
    let time = |text: &Option<String>| {
        text.as_ref().map(|text| Timestamp::parse_typed(text, now)).transpose().map_err(AppError::from)
    };
    let id = args.request.as_ref().map(|text| ledger.resolve(text, ledger.store, &context.budget)).transpose()?;
    // What is followed or drawn is wanted whole.
    let by_default = (!args.follow && !args.graph).then_some(EVENTS_MAX);
    let query = TimelineQuery {
        id,
        since: time(&args.since)?,
        until: time(&args.until)?,
        by: args.by.as_ref().map(|by| by.parse()).transpose().map_err(Failure::usage)?,
        kind: args.kind.clone(),
        limit: args.limit.or(by_default),
    };
    let mut timeline = ledger.timeline(&query)?;
    let asked = Asked { query: &query, fields: &args.fields };
    if args.reverse {
        timeline.events.reverse();
    }
    if args.graph && context.output.format == Format::Text {
        let sides = id.map(|id| ledger.sides(id)).transpose()?.unwrap_or_default();
        return graph(context, (timeline.events, &timeline.marks), &sides);
    }
    if args.follow {
        return follow(context, &opened, &asked, timeline);
    }
    let damaged = DamagedView::all(timeline.damaged.iter().map(|(id, what)| (id, what)), opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    print(context, &asked, &timeline, damaged)?;
    told.iter().for_each(|text| context.output.tell(text));
    if timeline.events.is_empty() && context.output.format == Format::Text {
        context.output.tell("no event matches");
    }
    tell_unknown(context, &ledger, &query, &timeline);
    if timeline.has_more && args.limit.is_none() && context.output.format != Format::Json {
        context
            .output
            .tell(&format!("the newest {EVENTS_MAX} events are shown; --limit N shows more, --until TIME older ones"));
    }
    Ok(if timeline.damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}

fn print(
    context: &mut Context<'_>,
    asked: &Asked<'_>,
    timeline: &Timeline,
    damaged: Vec<DamagedView>,
) -> Result<(), Failure> {
    if context.output.format == Format::Json {
        return context.output.json(&LogView {
            events: timeline.events.iter().map(|event| asked.json(event)).collect::<Result<_, _>>()?,
            has_more: timeline.has_more,
            keys: KeysView::of(&timeline.marks),
            damaged,
        });
    }
    print_each(context, asked, (&timeline.events, &timeline.marks))
}

fn print_each(
    context: &mut Context<'_>,
    asked: &Asked<'_>,
    (events, marks): (&[Event], &Marks),
) -> Result<(), Failure> {
    let with_stream = if asked.query.id.is_some() { WithStream::No } else { WithStream::Yes };
    for event in events {
        match context.output.format {
            Format::Text if !asked.fields.is_empty() => {
                let members = fields::chosen(&raw(event), asked.fields)?;
                context.output.text(&fields::line(&members, asked.fields))?;
            }
            Format::Text => {
                let text = event_at(event, with_stream, context.output.times);
                context.output.text(&format!("{text}{}\n", mark(event, marks)))?;
            }
            Format::Json | Format::Jsonl => context.output.json(&asked.json(event)?)?,
        }
    }
    Ok(())
}

/// Prints the events with what follows what beside them.
fn graph(
    context: &mut Context<'_>,
    (mut events, marks): (Vec<Event>, &Marks),
    sides: &[Side],
) -> Result<Exit, Failure> {
    events.sort_by_key(|event| (event.n(), event.hash()));
    for line in draw(&events) {
        context.output.text(&match line {
            Line::Event(lanes, event) => {
                let side = sides.iter().find(|side| side.event.hash == event.hash());
                let side = side.map(|side| format!("  <- {} ({})", side.state, side.event.hash.short()));
                let (text, mark) = (event_at(event, WithStream::No, context.output.times), mark(event, marks));
                format!("{lanes} {text}{mark}{}\n", side.unwrap_or_default())
            }
            Line::Between(lanes) => format!("{lanes}\n"),
        })?;
    }
    if let (Some(event), [_, ..]) = (events.first(), sides) {
        let id = event.stream();
        context.output.tell(&format!("{id} has diverged: ledger resolve {id} --keep STATE --reason TEXT"));
    }
    for (id, conflict) in &marks.conflicts {
        context.output.tell(&keys::conflict(*id, conflict));
    }
    Ok(Exit::Done)
}

/// Prints what is there, then what comes. Looks a few times a second at what changed, and reads only that.
fn follow(context: &mut Context<'_>, opened: &Opened, asked: &Asked<'_>, timeline: Timeline) -> Result<Exit, Failure> {
    let query = asked.query;
    let ledger = opened.ledger();
    let mut survey: HashSet<_> = survey(&ledger, query)?;
    let mut printed: HashSet<Hash> = HashSet::new();
    let unlimited = TimelineQuery { limit: None, ..query.clone() };
    // What the limit left out is old, not new.
    printed.extend(ledger.timeline(&unlimited)?.events.iter().map(Event::hash));
    print_each(context, asked, (&timeline.events, &timeline.marks))?;
    let mut damaged = BTreeSet::new();
    tell_damaged(context, opened, &timeline.damaged, &mut damaged);
    tell_unknown(context, &ledger, query, &timeline);
    context.output.flush()?;
    loop {
        if context.budget.is_over() {
            return Ok(if damaged.is_empty() { Exit::Done } else { Exit::Damaged });
        }
        std::thread::sleep(LOOK_EVERY.min(context.budget.left().unwrap_or(LOOK_EVERY)));
        let now = self::survey(&ledger, query)?;
        let (mut fresh, mut marks) = (Vec::new(), Marks::default());
        for changed in now.difference(&survey) {
            let read = match ledger.timeline(&TimelineQuery { id: Some(changed.id), ..unlimited.clone() }) {
                Ok(read) => read,
                // The others go on.
                Err(AppError::Store(error)) if query.id.is_none() && error.is_of_files() => {
                    tell_damaged(context, opened, &[(changed.id, error.to_string())], &mut damaged);
                    continue;
                }
                Err(other) => return Err(other.into()),
            };
            damaged.remove(&changed.id);
            marks.extend(read.marks);
            fresh.extend(read.events.into_iter().filter(|event| printed.insert(event.hash())));
        }
        survey = now;
        fresh.sort_by_cached_key(|event| (event.clock(), event.n(), event.hash()));
        print_each(context, asked, (&fresh, &marks))?;
        context.output.flush()?;
    }
}

/// Tells that there is no such type of event, or nobody of that name, where that may be why nothing was found.
fn tell_unknown(context: &mut Context<'_>, ledger: &Ledger<'_>, query: &TimelineQuery, timeline: &Timeline) {
    let found_none = timeline.events.is_empty() && !timeline.has_more;
    if let Some(unknown) = query.kind.as_deref().filter(|_| found_none).and_then(near::unknown_event_type) {
        context.output.tell(&unknown);
    }
    if let Some(by) = query.by.as_ref().filter(|_| found_none)
        && let Some(unknown) = ledger.unknown_author(by, query.id)
    {
        context.output.tell(&unknown);
    }
}

/// Tells of requests that can't be read, of each once until it can be read again.
fn tell_damaged(
    context: &mut Context<'_>,
    opened: &Opened,
    found: &[(RequestId, String)],
    told: &mut BTreeSet<RequestId>,
) {
    let fresh = found.iter().filter(|(id, _)| told.insert(*id)).map(|(id, what)| (id, what));
    for damaged in DamagedView::all(fresh, opened.root()) {
        context.output.tell(&damaged.told());
    }
}

/// What the requests of a query look like now, without reading them.
fn survey(ledger: &Ledger<'_>, query: &TimelineQuery) -> Result<HashSet<Look>, Failure> {
    let all = ledger.store.survey()?;
    let of_query = all.into_iter().filter(|request| query.id.is_none_or(|id| id == request.id));
    Ok(of_query.map(|request| Look { id: request.id, parts: request.stamp.parts }).collect())
}

#[derive(PartialEq, Eq, Hash)]
struct Look {
    id: RequestId,
    parts: [u64; 8],
}
