//! `ledger verify`

use std::path::{Path, PathBuf};

use super::super::against_args::target;
use super::super::args::{Format, Global, Verify, Wanted};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::open::{self, Opened, Patient};
use super::super::render::checkpoint::{CheckedView, ProofView, checked, proof};
use super::super::render::progress::Progress;
use super::super::render::verify::{PRINTED, Printing, Totals, is_placed, verify};
use super::super::trust::{self, LATEST};
use super::super::{Context, input, outputs};
use crate::app::AppError;
use crate::app::checkpoint::check_proof;
use crate::app::verify::against::{Order, of_removed};
use crate::app::verify::{Finding, Report, Severity};
use crate::domain::proof::PROOF_BYTES_MAX;
use crate::registry::git;
use crate::sync::against::copy::copy;
use crate::sync::against::{HEAD, Place};

pub(super) fn run(context: &mut Context<'_>, args: &Verify) -> Result<Exit, Failure> {
    // What is wrong with the command line is told before a large ledger is read.
    outputs::targets(&args.output, &PRINTED)?;
    if let Some(name) = &args.proofs.proof {
        return verify_proof(context, args, name);
    }
    if let Some(name) = &args.proofs.checkpoint {
        return verify_checkpoint(context, args, name);
    }
    if let Some(typed) = &args.against.against {
        return verify_against(context, args, typed);
    }
    let Patient { opened, mut unknown, .. } = context.examine()?;
    let ledger = opened.ledger();
    let only = args.request.as_ref().map(|text| ledger.resolve(text, ledger.store, &context.budget)).transpose()?;
    let trust = trust::as_far_as_known(&args.proofs.trusting, context.env, &ledger, &mut unknown)?;
    let bar = progress(context);
    let report = ledger.verify(only, &trust, unknown, &|done, total| bar.at(done, total))?;
    drop(bar);
    let printed = Printed { root: opened.root(), prefix: None, exit: exit_of(&report.findings) };
    print(context, args, report, printed)
}

/// Compares with a commit as well. Asked whether something may go in, the answer is no whatever was found: whether a byte is
/// damaged or a rule was broken is told beside it.
fn verify_against(context: &mut Context<'_>, args: &Verify, typed: &str) -> Result<Exit, Failure> {
    let subject = match subject(context, args)? {
        Sought::Found(subject) => subject,
        Sought::Missing(missing) => return verify_removed(context, args, missing),
    };
    let Subject { opened, place, head, .. } = subject.as_ref();
    let ledger = opened.ledger();
    let target = target(typed, args.against.point(), context, &folder_of(place))?;
    let trust = trust::trust(&args.proofs.trusting, context.env, Some(&ledger))?;
    let bar = progress(context);
    let order = Order { place, head, reference: &target.reference, point: target.point };
    let report = ledger.verify_against(order, &trust, &|done, total| bar.at(done, total))?;
    drop(bar);
    let exit = match report.worst() {
        None | Some(Severity::Note) => Exit::Done,
        Some(Severity::Violation | Severity::Damage) => Exit::No,
    };
    print(context, args, report, Printed { root: opened.root(), prefix: Some(&place.prefix), exit })
}

/// A ledger that is compared with a commit.
struct Subject {
    opened: Opened,
    place: Place,
    head: String,
    /// The copy of a commit's ledger, removed with this.
    _copy: Option<tempfile::TempDir>,
}

/// Whether there is a ledger to compare.
enum Sought {
    /// There is.
    Found(Box<Subject>),
    /// There is none.
    Missing(Missing),
}

/// A ledger that is not there, or not any more.
struct Missing {
    /// Where it may have been.
    places: Vec<Place>,
    head: String,
    /// The copy of a commit that has none there; `None` where it is the files that are here.
    copy: Option<tempfile::TempDir>,
    failure: Failure,
}

/// A change may have removed the whole ledger: that is the answer, and no mistake of whoever asks.
fn verify_removed(context: &mut Context<'_>, args: &Verify, missing: Missing) -> Result<Exit, Failure> {
    let Missing { places, head, copy, failure } = missing;
    let typed = args.against.against.as_deref().unwrap_or_default();
    for place in &places {
        let target = target(typed, args.against.point(), context, &folder_of(place))?;
        let here = || place.repo.join(&place.prefix).components().collect::<PathBuf>();
        let folder = copy.as_ref().map_or_else(here, |copy| copy.path().to_owned());
        let order = Order { place, head: &head, reference: &target.reference, point: target.point };
        if let Some(report) = of_removed(&folder, order)? {
            let printed = Printed { root: &folder, prefix: Some(&place.prefix), exit: Exit::No };
            return print(context, args, report, printed);
        }
    }
    Err(failure)
}

/// A ledger's folder, or where that is gone, its repository's.
fn folder_of(place: &Place) -> PathBuf {
    let folder = place.repo.join(&place.prefix);
    if folder.is_dir() { folder } else { place.repo.clone() }
}

fn subject(context: &mut Context<'_>, args: &Verify) -> Result<Sought, Failure> {
    let Some(typed) = &args.against.head else {
        let opened = match context.open() {
            Err(failure) if failure.exit == Exit::NotFound => {
                let named = context.cli.global.root.as_ref().or(context.env.root.as_ref());
                let folders: Vec<PathBuf> = match named {
                    Some(root) => vec![context.env.folder.join(root)],
                    None => context.env.folder.ancestors().map(Path::to_owned).collect(),
                };
                let places = folders.iter().map_while(|folder| Place::of(folder).ok()).collect();
                return Ok(Sought::Missing(Missing { places, head: HEAD.to_owned(), copy: None, failure }));
            }
            opened => opened?,
        };
        let place = Place::of(opened.root()).map_err(AppError::from)?;
        return Ok(Sought::Found(Box::new(Subject { opened, place, head: HEAD.to_owned(), _copy: None })));
    };
    let found = open::find_root(&context.cli.global, context.env);
    let (head, place) = match (typed.split_once(':'), found) {
        (None, Ok(root)) if root.is_dir() => (typed.as_str(), Place::of(&root)),
        (None, _) => (typed.as_str(), Place::below(&context.env.folder, "")),
        (Some((head, prefix)), _) => (head, Place::below(&context.env.folder, prefix)),
    };
    let place = place.map_err(AppError::from)?;
    let folder = tempfile::tempdir().map_err(|error| {
        Failure::new(Exit::Failure, "io", format!("could not make a temporary folder: {error}"))
            .hint("see the folder for temporary files (TMPDIR)")
    })?;
    copy(&place, head, folder.path()).map_err(AppError::from)?;
    if !folder.path().join("coordination/ledger.json").is_file() {
        let below = if place.prefix.is_empty() { "its top folder".to_owned() } else { place.prefix.clone() };
        let failure = Failure::new(Exit::NotFound, "no-ledger", format!("{head} has no ledger in {below}"))
            .hint("name the folder that holds coordination/: --head GITREF:FOLDER/");
        let (places, head) = (vec![place], head.to_owned());
        return Ok(Sought::Missing(Missing { places, head, copy: Some(folder), failure }));
    }
    let global = Global { root: Some(folder.path().to_owned()), ..context.cli.global.clone() };
    let opened = open::open(&global, context.env)?;
    Ok(Sought::Found(Box::new(Subject { opened, place, head: head.to_owned(), _copy: Some(folder) })))
}

fn progress(context: &Context<'_>) -> Progress {
    Progress::new("verifying", &context.budget, context.output.err_is_terminal && !context.output.quiet)
}

/// How a report is printed.
#[derive(Clone, Copy)]
struct Printed<'a> {
    root: &'a Path,
    /// Where the ledger lies in its repository, where that is known already.
    prefix: Option<&'a str>,
    exit: Exit,
}

fn print(context: &mut Context<'_>, args: &Verify, mut report: Report, printed: Printed<'_>) -> Result<Exit, Failure> {
    let Printed { root, prefix, exit } = printed;
    let targets = outputs::targets(&args.output, &PRINTED)?;
    let wanted = context.cli.global.wanted();
    let is_placed = targets.iter().map(|target| &target.wanted).chain([&wanted]).any(|wanted| is_placed(*wanted));
    let prefix = match prefix {
        Some(prefix) => prefix.to_owned(),
        None if is_placed => git::place_of(root).unwrap_or_default(),
        None => String::new(),
    };
    let totals = Totals::of(&report);
    let has_more = report.keep_gravest(args.bound.limit);
    let printing = Printing { root, prefix: &prefix, ok: exit == Exit::Done, totals, has_more };
    for target in &targets {
        outputs::write(target, &verify(&report, target.wanted, printing)?, context)?;
    }
    if !(context.output.quiet && wanted == Wanted::Text && exit == Exit::Done) {
        context.output.text(&verify(&report, wanted, printing)?)?;
    }
    if has_more && wanted != Wanted::Json {
        context.output.tell(&args.bound.told(totals.all(), "findings"));
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
