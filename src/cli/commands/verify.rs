//! `ledger verify`

use super::super::Context;
use super::super::args::{Format, Verify};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::progress::Progress;
use super::super::render::text;
use super::super::render::views::VerifyView;
use crate::app::verify::Severity;

pub(super) fn run(context: &mut Context<'_>, args: &Verify) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let only = args.request.as_ref().map(|text| ledger.resolve(text, ledger.store, &context.budget)).transpose()?;
    let bar = Progress::new("verifying", &context.budget, context.output.err_is_terminal && !context.output.quiet);
    let report = ledger.verify(only, &|done, total| bar.at(done, total))?;
    drop(bar);
    let exit = match report.worst() {
        None | Some(Severity::Note) => Exit::Done,
        Some(Severity::Violation) => Exit::No,
        Some(Severity::Damage) => Exit::Damaged,
    };
    if context.output.format == Format::Text {
        if !(context.output.quiet && exit == Exit::Done) {
            context.output.text(&text::report(&report, opened.root()))?;
        }
    } else {
        context.output.json(&VerifyView::new(&report, exit == Exit::Done, opened.root()))?;
    }
    Ok(exit)
}
