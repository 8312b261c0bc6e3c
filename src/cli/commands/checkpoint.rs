//! `ledger checkpoint`

use super::super::args::Format;
use super::super::checkpoint_args::{Checkpoint, Trusting};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input::plain_name;
use super::super::render::checkpoint::{CheckpointView, Telling, taken};
use super::super::{Context, trust};
use crate::app::approve::Signing;
use crate::app::write::Effect;

pub(super) fn run(context: &mut Context<'_>, args: &Checkpoint) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let origin = match &args.origin {
        Some(name) => {
            plain_name(name, "/origin")?;
            name.parse().map_err(Failure::usage)?
        }
        None => ledger.own_origin()?,
    };
    // Whether there is a key shows before anything is written.
    let key = trust::signing_key(&args.signing, context.env, opened.root())?;
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let made = ledger.checkpoint(&origin, effect, &context.budget)?;
    let signed = match key.filter(|_| effect == Effect::Write) {
        Some(key) => {
            let trust = &trust::trust(&Trusting::default(), context.env, Some(&ledger))?;
            let signing = Signing { key: &key, asking: trust::asking(context.env), trust };
            Some(ledger.sign_checkpoint(&made, signing, &context.budget)?)
        }
        None => None,
    };
    if context.output.format != Format::Text {
        context.output.json(&CheckpointView::new(&made, signed.as_ref(), opened.root()))?;
    } else {
        let telling = if context.output.quiet { Telling::FileOnly } else { Telling::All };
        context.output.text(&taken(&made, signed.as_ref(), opened.root(), telling))?;
    }
    Ok(Exit::Done)
}
