//! `ledger prove`

use super::super::Context;
use super::super::args::Format;
use super::super::checkpoint_args::Prove;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::trust::{self, LATEST};
use crate::app::Ledger;
use crate::app::checkpoint::{Given, Which};
use crate::domain::checkpoint::Checkpoint;
use crate::domain::id::Origin;
use crate::domain::proof::PROOF_BYTES_MAX;

/// Fewer digits could as well be a request's number.
const EVENT_DIGITS_MIN: usize = 12;

pub(super) fn run(context: &mut Context<'_>, args: &Prove) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let origin: Option<Origin> = args.origin.as_ref().map(|name| name.parse()).transpose().map_err(Failure::usage)?;
    let proven = match (&args.from, &args.what) {
        (Some(from), _) => {
            let from = trust::given(from, context.env)?;
            // The newest one of the same list, unless told otherwise.
            let own = Checkpoint::parse(&from.text).ok().map(|checkpoint| checkpoint.origin().clone());
            let to = find(&args.to, origin.or(own).as_ref(), &ledger, context)?;
            ledger.prove_consistent(&from, &to)?
        }
        (None, Some(what)) => {
            let given = find(&args.checkpoint, origin.as_ref(), &ledger, context)?;
            let which = if is_event(what) {
                Which::Event(what.clone())
            } else {
                Which::Request(ledger.resolve(what, ledger.store, &context.budget)?)
            };
            ledger.prove(&which, &given)?
        }
        (None, None) => return Err(Failure::usage("what is to be proved?")),
    };
    let text = serde_json::to_string_pretty(&proven.proof).map_err(|e| Failure::new(Exit::Failure, "bug", e))?;
    if text.len() as u64 > PROOF_BYTES_MAX {
        let failure = Failure::new(Exit::Refused, "unwritable", format!("the proof would have {} bytes", text.len()));
        return Err(failure.hint("prove one of its events: ledger log REQ --json tells their hashes"));
    }
    if context.output.format == Format::Text {
        context.output.text(&format!("{text}\n"))?;
    } else {
        context.output.json(&proven.proof)?;
    }
    Ok(Exit::Done)
}

fn find(name: &str, origin: Option<&Origin>, ledger: &Ledger<'_>, context: &Context<'_>) -> Result<Given, Failure> {
    if name == LATEST { Ok(ledger.newest_checkpoint(origin)?) } else { trust::given(name, context.env) }
}

fn is_event(what: &str) -> bool {
    (EVENT_DIGITS_MIN..=64).contains(&what.len()) && what.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'))
}
