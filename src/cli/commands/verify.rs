//! `ledger verify`

use super::super::args::{Format, Verify};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::open::Patient;
use super::super::render::checkpoint::{CheckedView, ProofView, checked, proof};
use super::super::render::progress::Progress;
use super::super::render::text;
use super::super::render::views::VerifyView;
use super::super::trust::{self, LATEST};
use super::super::{Context, input};
use crate::app::checkpoint::check_proof;
use crate::app::verify::{Finding, Severity};
use crate::domain::proof::PROOF_BYTES_MAX;

pub(super) fn run(context: &mut Context<'_>, args: &Verify) -> Result<Exit, Failure> {
    if let Some(name) = &args.proofs.proof {
        return verify_proof(context, args, name);
    }
    if let Some(name) = &args.proofs.checkpoint {
        return verify_checkpoint(context, args, name);
    }
    let Patient { opened, mut unknown, .. } = context.examine()?;
    let ledger = opened.ledger();
    let only = args.request.as_ref().map(|text| ledger.resolve(text, ledger.store, &context.budget)).transpose()?;
    let trust = trust::as_far_as_known(&args.proofs.trusting, context.env, &ledger, &mut unknown)?;
    let bar = Progress::new("verifying", &context.budget, context.output.err_is_terminal && !context.output.quiet);
    let report = ledger.verify(only, &trust, unknown, &|done, total| bar.at(done, total))?;
    drop(bar);
    let exit = exit_of(&report.findings);
    if context.output.format == Format::Text {
        if !(context.output.quiet && exit == Exit::Done) {
            context.output.text(&text::report(&report, opened.root()))?;
        }
    } else {
        context.output.json(&VerifyView::new(&report, exit == Exit::Done, opened.root()))?;
    }
    Ok(exit)
}

fn verify_checkpoint(context: &mut Context<'_>, args: &Verify, name: &str) -> Result<Exit, Failure> {
    let Patient { opened, unknown, .. } = context.examine()?;
    // Which ledger it is must be known; which steps it allows has no part in this.
    if let Some(error) = unknown.settings {
        return Err(error.into());
    }
    let ledger = opened.ledger();
    let trust = trust::trust(&args.proofs.trusting, context.env, Some(&ledger))?;
    let given = if name == LATEST { ledger.latest_checkpoints()? } else { vec![trust::given(name, context.env)?] };
    let report = ledger.verify_checkpoints(given, &trust, &context.budget)?;
    let exit = exit_of(&report.findings);
    if context.output.format != Format::Text {
        context.output.json(&CheckedView::new(&report, &trust, exit == Exit::Done, opened.root()))?;
    } else if !(context.output.quiet && exit == Exit::Done) {
        context.output.text(&checked(&report, &trust, opened.root()))?;
    }
    Ok(exit)
}

fn verify_proof(context: &mut Context<'_>, args: &Verify, name: &str) -> Result<Exit, Failure> {
    let text = input::file_within(name, context.env, PROOF_BYTES_MAX)?;
    // No ledger has a say in it: not even in who may sign.
    let trust = trust::trust(&args.proofs.trusting, context.env, None)?;
    let path = std::path::Path::new(input::shown(name));
    let report = check_proof(path, &text, &trust, (context.env.now)(), &context.budget)?;
    let exit = exit_of(&report.findings);
    if context.output.format != Format::Text {
        context.output.json(&ProofView::new(&report, &trust, exit == Exit::Done))?;
    } else if !(context.output.quiet && exit == Exit::Done) {
        context.output.text(&proof(&report, &trust))?;
    }
    Ok(exit)
}

fn exit_of(findings: &[Finding]) -> Exit {
    match findings.iter().map(|finding| finding.severity).max() {
        None | Some(Severity::Note) => Exit::Done,
        Some(Severity::Violation) => Exit::No,
        Some(Severity::Damage) => Exit::Damaged,
    }
}
