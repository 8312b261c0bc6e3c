//! What `ledger adopt` and `ledger import` share: wishes come in, what became of them goes out.

use super::super::Context;
use super::super::args::Format;
use super::super::environment::Environment;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input;
use super::super::render::intake::{IntakeView, Source, intake};
use super::super::render::progress::Progress;
use crate::app::write::Effect;
use crate::app::{AppError, Ledger, Session};
use crate::intake::map::{Form, MAP_BYTES_MAX};
use crate::intake::tracker::Unread;
use crate::intake::{Fault, Skipped, SourceMap, Wish, in_order};

/// What was read of a source.
pub(super) struct Read {
    /// Which.
    pub(super) source: Source,
    pub(super) wishes: Vec<Wish>,
    pub(super) skipped: Vec<Skipped>,
    pub(super) unread: Unread,
}

/// The form's own map with the one that was named laid over it.
pub(super) fn map(form: Form, named: Option<&String>, env: &Environment) -> Result<SourceMap, Failure> {
    let bad = |error: crate::intake::BadMap| {
        Failure::new(Exit::Usage, "bad-map", error)
            .hint("ledger import --from FORM --print-map prints one to begin with")
    };
    let own = form.map().map_err(bad)?;
    match named {
        Some(file) => own.over(&input::file_within(file, env, MAP_BYTES_MAX as u64 + 1)?).map_err(bad),
        None => Ok(own),
    }
}

/// Why a record was refused, with what helps where no packet is typed.
fn refused(error: AppError) -> Failure {
    let failure = Failure::from(error);
    if failure.detail.errors.iter().any(|error| error.pointer.starts_with("/details")) && failure.code == "bad-packet" {
        return failure
            .hint("say it for all of that type: defaults.details of a map (--map FILE), or choose another --type");
    }
    failure
}

/// Takes everything over and says what became of it.
pub(super) fn carry_out(
    context: &mut Context<'_>,
    ledger: &Ledger<'_>,
    session: &Session,
    read: Read,
    effect: Effect,
) -> Result<Exit, Failure> {
    let Read { source, wishes, skipped, unread } = read;
    let budget = context.budget.clone();
    let renewed = || Session { budget: budget.renewed(), ..session.clone() };
    let mut view = IntakeView::new(source, effect);
    let mut exit = Exit::Done;
    for one in &skipped {
        if one.fault == Fault::Bad {
            exit = Exit::Refused;
        }
        view.skip(one);
    }
    for (name, records) in unread {
        view.unread(name, records);
    }
    let (mut taken, mut warnings, mut written) = (Vec::new(), Vec::new(), 0);
    let is_watched = context.output.err_is_terminal && !context.output.quiet;
    let bar = Progress::new("taking over", &context.budget, is_watched);
    let told = |done, total| bar.at(done, total);
    let result = ledger.take_over(in_order(wishes), effect, &renewed, &told, &mut |batch| {
        if effect == Effect::Write && batch.written > 0 {
            written += batch.written;
            warnings.extend(ledger.mark(batch.written));
        }
        taken.extend(batch.taken);
    });
    drop(bar);
    for one in taken {
        let failure = view.take(one, |error| context.settle(refused(error)));
        if exit == Exit::Done {
            exit = failure;
        }
    }
    if effect == Effect::Write {
        // What was there already may be of a run that did not get to the index.
        warnings.extend(ledger.project(usize::from(written == 0), &context.budget.renewed()));
    }
    warnings.iter().for_each(|warning| context.output.tell(&format!("ledger: {warning}")));
    if context.output.format != Format::Text {
        context.output.json(&view)?;
    } else {
        context.output.text(&intake(&view, context.output.quiet))?;
    }
    result?;
    Ok(exit)
}
