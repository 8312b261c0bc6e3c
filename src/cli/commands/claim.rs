//! `ledger claim`, `ledger heartbeat` and `ledger release`

use super::super::claim_args::{Claim, Heartbeat, Release};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::Filters;
use super::super::{Context, input, open};
use super::rows;
use super::write::{self, answer, write};
use crate::app::Ledger;
use crate::app::claim::ClaimsSeen;
use crate::app::write::Written;
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
            write(context, request, &Command::Claim(wish), &args.writing)
        }
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
    let written = ledger.claim_next(&query, wish, &conditions, &session)?;
    answer(context, &ledger, &session, &conditions, written)
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
        .then(|| ledger.claims_of(&State::replay(&written.history, ledger.workflow), at))
        .flatten()
}
