//! `ledger repair-merge`

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::merge_args::RepairMerge;
use super::super::open::{self, Patient};
use super::super::render::merging::{RepairedView, repaired};
use crate::app::repair_merge::{Doing, repair};

pub(super) fn run(context: &mut Context<'_>, args: &RepairMerge) -> Result<Exit, Failure> {
    // The settings may be among what is to be settled.
    let Patient { store, opened, unknown } = open::to_examine(&context.cli.global, context.env)?;
    context.root = Some(store.layout().root().to_owned());
    let ledger = unknown.is_whole().then(|| opened.ledger());
    let doing = if args.dry_run { Doing::Telling } else { Doing::Mending };
    let done = repair(&store, ledger.as_ref(), doing, &context.budget)?;
    let exit = if done.left.is_empty() { Exit::Done } else { Exit::No };
    let view = RepairedView::new(&done, doing);
    if context.output.format != Format::Text {
        context.output.json(&view)?;
    } else if !(context.output.quiet && exit == Exit::Done) {
        context.output.text(&repaired(&view))?;
    }
    Ok(exit)
}
