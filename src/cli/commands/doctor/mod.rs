//! `ledger doctor`

mod locks;

use super::super::Context;
use super::super::args::{Doctor, Format};
use super::super::checkpoint_args::Trusting;
use super::super::config::{BAD_CONFIG, Fault};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::open::{self, Opened, Patient};
use super::super::render::doctor::{ExaminedView, MendedView, examined};
use super::super::render::progress::Progress;
use super::super::trust;
use crate::app::checkpoint::Trust;
use crate::app::doctor::{Diagnosis, Examined, Grade, Locks, Surroundings};
use crate::app::verify::Unknown;
use crate::index::check::check;
use crate::index::refresh::{self, Making, Memory};
use crate::store::fs::FsStore;
use crate::store::fs::health::Leftovers;

/// What `--fix` did, and what it could not do.
#[derive(Default)]
struct Treated {
    mended: Vec<MendedView>,
    failed: Vec<Diagnosis>,
}

pub(super) fn run(context: &mut Context<'_>, args: &Doctor) -> Result<Exit, Failure> {
    let Patient { store, opened, unknown } = open::to_examine(&context.cli.global, context.env)?;
    if let Some(path) = &args.try_lock {
        return locks::try_one(&store, path);
    }
    if args.try_locks {
        context.output.text(&locks::try_all(&store, context.env.program.as_deref()))?;
        return Ok(Exit::Done);
    }
    let root = store.layout().root().to_owned();
    context.root = Some(root.clone());
    let is_mending = args.fix && !args.dry_run;
    if is_mending && unknown.is_whole() {
        opened.ledger().writable()?;
    }
    // Before this process takes a lock, which may hang.
    let locks = locks::probe(context.env.program.as_deref(), &root);
    let Treated { mended, failed } = match is_mending {
        true => treat(context, &store, unknown.is_whole().then_some(&opened), &locks)?,
        false => Treated::default(),
    };
    let leftovers = if locks.may_be_taken() { store.leftovers() } else { Leftovers::default() };
    let around = Surroundings { locks, leftovers, now: (context.env.now)() };
    let mut found = look(context, &store, &opened, unknown, around)?;
    found.add(failed);
    found.add(context.cli.global.configured.faults.iter().map(misconfigured).collect());
    let exit = if found.is_safe() { Exit::Done } else { Exit::No };
    let all = found.diagnoses.len();
    let view = ExaminedView::new(&found, mended, &root, args.bound.limit);
    if context.output.format != Format::Text {
        context.output.json(&view)?;
    } else if !(context.output.quiet && exit == Exit::Done) {
        context.output.text(&examined(&view))?;
    }
    if all > args.bound.limit && context.output.format != Format::Json {
        context.output.tell(&args.bound.told(all, "findings"));
    }
    if args.dry_run {
        context.output.tell("dry run: nothing was mended; --fix mends what is derived or was cut short");
    }
    Ok(exit)
}

fn look(
    context: &Context<'_>,
    store: &FsStore,
    opened: &Opened,
    mut unknown: Unknown,
    around: Surroundings,
) -> Result<Examined, Failure> {
    if !around.locks.may_be_taken() {
        return Ok(Examined::around(store, around));
    }
    let ledger = opened.ledger();
    let (trust, failed) = match trust::as_far_as_known(&Trusting::default(), context.env, &ledger, &mut unknown) {
        Ok(trust) => (trust, None),
        Err(failure) => (Trust::default(), Some(diagnosis(failure.code, context, failure))),
    };
    let bar = Progress::new("examining", &context.budget, context.output.err_is_terminal && !context.output.quiet);
    let mut found = ledger.examine(store, around, &trust, unknown, &|done, total| bar.at(done, total))?;
    drop(bar);
    found.add(failed.into_iter().collect());
    Ok(found)
}

/// Mends what can be mended without a decision.
fn treat(context: &Context<'_>, store: &FsStore, opened: Option<&Opened>, locks: &Locks) -> Result<Treated, Failure> {
    let mut treated = Treated::default();
    if !locks.exclude_others() {
        treated.failed.push(Diagnosis {
            code: NOT_MENDED,
            grade: Grade::Error,
            path: None,
            line: None,
            what: "nothing was mended: without locks others can't be kept out meanwhile".to_owned(),
            fix: "first the locks, then: ledger doctor --fix".to_owned(),
        });
        return Ok(treated);
    }
    let mending = store.mend(&context.budget)?;
    treated.mended = MendedView::all(&mending.done, store.layout().root());
    treated.failed = mending.failed.into_iter().map(|error| diagnosis(NOT_MENDED, context, error.into())).collect();
    // Whoever can't tell which ledger this is, or what its states mean, can't compute anything from it.
    if let Some(opened) = opened {
        match compute(context, opened) {
            Ok(made) => treated.mended.extend(made),
            Err(failure) => treated.failed.push(diagnosis(NOT_MENDED, context, failure)),
        }
    }
    // One thing can stand in the way of several others.
    treated.failed.dedup_by(|one, before| one.what == before.what);
    Ok(treated)
}

/// Makes anew what is computed from packets and logs.
fn compute(context: &Context<'_>, opened: &Opened) -> Result<Vec<MendedView>, Failure> {
    let ledger = opened.ledger();
    let (mut is_new, mut was_wrong) = (false, false);
    ledger.store.projecting(&context.budget, &mut || {
        let doubts = check(opened.store(), ledger.scope(), &|_, _| {})?.doubts;
        was_wrong = doubts.contradicts_cache();
        // One that was just held against all files is as good as another that is made from them.
        let making = if was_wrong || doubts.gone > 0 { Making::Anew } else { Making::FromCache };
        is_new = refresh::rebuild(
            opened.store(),
            ledger.scope(),
            making,
            Memory::Kept(&|lost| ledger.are_elsewhere(lost)),
            &|_, _| {},
        )?
        .written;
        Ok(())
    })?;
    let cache = was_wrong.then(MendedView::cache);
    Ok(cache.into_iter().chain(is_new.then(MendedView::index)).collect())
}

/// The code of what `--fix` could not do.
const NOT_MENDED: &str = "not-mended";

/// What is wrong with the person's configuration: every other command stops at it.
fn misconfigured(fault: &Fault) -> Diagnosis {
    let Fault { what, fix } = fault.clone();
    Diagnosis { code: BAD_CONFIG, grade: Grade::Error, path: None, line: None, what, fix }
}

/// A failure as part of the answer.
fn diagnosis(code: &'static str, context: &Context<'_>, failure: Failure) -> Diagnosis {
    let failure = context.settle(failure);
    let fix = failure.hint.unwrap_or_else(|| "see the message, then: ledger doctor".to_owned());
    Diagnosis { code, grade: Grade::Error, path: None, line: None, what: failure.message, fix }
}
