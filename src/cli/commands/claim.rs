//! `ledger claim`, `ledger heartbeat` and `ledger release`

use super::super::claim_args::{Claim, Heartbeat, Release};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::Filters;
use super::super::{Context, input, open};
use super::rows;
use super::write::{self, answer, write};
use crate::app::claim::ClaimsSeen;
use crate::app::list::Query;
use crate::app::sync::Order;
use crate::app::write::{Conditions, Effect, Written};
use crate::app::{AppError, Ledger};
use crate::domain::claim::Wish;
use crate::domain::decide::Command;
use crate::domain::event::Body;
use crate::domain::state::State;

pub(super) fn claim(context: &mut Context<'_>, args: &Claim) -> Result<Exit, Failure> {
    let wish = Wish { term: args.term, steal: input::optional_text(args.reason.as_ref(), context.env)? };
    match &args.request {
        Some(request) => {
            if let Some(filter) = given(&args.filters) {
                let what = format!("--{filter} is for --next: the request is named already");
                return Err(Failure::usage(what));
            }
            if args.sync {
                return firmly(context, args, &wish, Some(request));
            }
            write(context, request, &Command::Claim(wish), &args.writing)
        }
        None if args.sync => firmly(context, args, &wish, None),
        None => next(context, args, &wish),
    }
}

pub(super) fn heartbeat(context: &mut Context<'_>, args: &Heartbeat) -> Result<Exit, Failure> {
    write(context, &args.request, &Command::Heartbeat(args.term), &args.writing)
}

pub(super) fn release(context: &mut Context<'_>, args: &Release) -> Result<Exit, Failure> {
    let reason = input::optional_text(args.reason.as_ref(), context.env)?;
    write(context, &args.request, &Command::Release(reason), &args.writing)
}

fn next(context: &mut Context<'_>, args: &Claim, wish: &Wish) -> Result<Exit, Failure> {
    let conditions = write::conditions(&args.writing)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let session = open::session(context, opened.root(), args.writing.secrets)?;
    let query = rows::query(&args.filters, ledger.workflow, (context.env.now)())?;
    let query = rows::of_its_turn(query, ledger.workflow);
    let written = ledger
        .claim_next(&query, wish, &conditions, &session)
        .inspect_err(|error| tell_unknown(context, error, &query, &ledger))?;
    answer(context, &ledger, &session, &conditions, written)
}

/// Claims after an exchange with the other clones, and publishes it before it answers. Of several clones that claim one
/// request at once the first to publish has it; the others' claims are given up by that very exchange.
fn firmly(context: &mut Context<'_>, args: &Claim, wish: &Wish, request: Option<&String>) -> Result<Exit, Failure> {
    /// Whoever is always too late with --next is beyond us.
    const TRIES_MAX: usize = 32;
    let conditions = write::conditions(&args.writing)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let session = open::session(context, opened.root(), args.writing.secrets)?;
    let order = Order { branch: args.branch.as_deref(), ..Order::default() };
    ledger.sync(opened.store(), &order, &session)?;
    for _ in 0..TRIES_MAX {
        let written = match request {
            Some(request) => {
                let id = ledger.resolve(request, ledger.store, &context.budget)?;
                ledger.write(ledger.store, id, &Command::Claim(wish.clone()), &conditions, &session)?
            }
            None => {
                let query = rows::query(&args.filters, ledger.workflow, (context.env.now)())?;
                let query = rows::of_its_turn(query, ledger.workflow);
                ledger
                    .claim_next(&query, wish, &conditions, &session)
                    .inspect_err(|error| tell_unknown(context, error, &query, &ledger))?
            }
        };
        let id = written.history.packet().request_id;
        let synced = ledger.sync(opened.store(), &order, &session).inspect_err(|_| {
            context
                .output
                .tell(&format!("the claim of {id} is on record here, and provisional: ledger sync makes it firm"));
        })?;
        let is_lost = synced.conceded.iter().any(|lost| lost.id == id && lost.by == session.by);
        if !is_lost {
            return answer(context, &ledger, &session, &conditions, written);
        }
        if request.is_some() {
            // Asked again, it says who has it.
            let tried = Conditions { effect: Effect::DryRun, key: None, ..conditions.clone() };
            ledger.write(ledger.store, id, &Command::Claim(wish.clone()), &tried, &session)?;
        }
    }
    Err(Failure::new(Exit::Busy, "overtaken", "others were quicker to claim, again and again")
        .hint("try again; or ledger ready --unclaimed"))
}

/// Tells what of a question names nothing, where that may be why nothing was ready.
fn tell_unknown(context: &mut Context<'_>, error: &AppError, query: &Query, ledger: &Ledger<'_>) {
    if matches!(error, AppError::NothingReady) {
        rows::tell_unknown(query, ledger).iter().for_each(|unknown| context.output.tell(unknown));
    }
}

/// The name of a filter that was given.
fn given(filters: &Filters) -> Option<&'static str> {
    let Filters { state, request_type, from, to, label, priority, by, text, at } = filters;
    let given = [
        ("state", !state.is_empty()),
        ("type", request_type.is_some()),
        ("from", from.is_some()),
        ("to", to.is_some()),
        ("label", label.is_some()),
        ("priority", priority.is_some()),
        ("by", by.is_some()),
        ("text", text.is_some()),
        ("at", at.is_some()),
    ];
    given.into_iter().find(|(_, is_given)| *is_given).map(|(name, _)| name)
}

/// How a claim stands that was just written.
pub(super) fn seen(ledger: &Ledger<'_>, written: &Written) -> Option<ClaimsSeen> {
    let at = written.event.clock().at;
    matches!(written.event.body(), Body::Claimed(_))
        .then(|| {
            let id = written.history.packet().request_id;
            ledger.claims_of(id, &State::replay(&written.history, ledger.workflow), at)
        })
        .flatten()
}
