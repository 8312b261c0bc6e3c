//! `ledger contract add` and `ledger contract import`

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Serialize;
use serde_json::value::RawValue;

use super::super::super::args::Format;
use super::super::super::contract_args::{Add, Import};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::open::Opened;
use super::super::super::render::contract::{text, views::AddedView, views::JudgedView};
use super::super::super::render::text::relative;
use super::super::super::render::views::raw;
use super::super::super::{Context, open};
use super::write::conditions;
use super::{candidate, name};
use crate::app::Session;
use crate::app::contract::add::{Founding, Outcome};
use crate::app::contract::changes::PairChanges;
use crate::app::contract::write::ContractConditions;
use crate::app::contract::{Candidate, Comparing};
use crate::app::write::{Effect, Novelty};
use crate::contract::{Resources, compare};
use crate::domain::compatibility::{Mode, Verdict};
use crate::domain::id::ContractName;
use crate::registry::Shelf;

pub(super) fn add(context: &mut Context<'_>, args: &Add, resources: &Resources) -> Result<Exit, Failure> {
    let name = name(&args.name)?;
    let founding = founding(args.mode, args.owner.as_ref(), args.formats)?;
    let conditions = conditions(&args.writing)?;
    let candidate = candidate(&args.file, context)?;
    let opened = context.open()?;
    let session = open::session(context, opened.root(), args.writing.secrets)?;
    let addition = Addition { name: &name, candidate: &candidate, founding: &founding, conditions: &conditions };
    let came = one(context, (&opened, &session), &addition, resources)?;
    tell(context, &name, &came)?;
    Ok(came.exit)
}

fn founding(mode: Option<Mode>, owner: Option<&String>, formats: bool) -> Result<Founding, Failure> {
    let owner = owner.map(|owner| owner.parse()).transpose().map_err(Failure::usage)?;
    Ok(Founding { mode, owner, formats })
}

/// A version to register.
struct Addition<'a> {
    name: &'a ContractName,
    candidate: &'a Candidate,
    founding: &'a Founding,
    conditions: &'a ContractConditions,
}

/// What came of a registration: as JSON, as text, and as an exit status.
struct Came {
    json: Box<RawValue>,
    text: String,
    version: u32,
    exit: Exit,
}

/// Registers one version.
fn one(
    context: &mut Context<'_>,
    (opened, session): (&Opened, &Session),
    addition: &Addition<'_>,
    resources: &Resources,
) -> Result<Came, Failure> {
    let Addition { name, candidate, founding, conditions } = addition;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let outcome = ledger.add_version(name, candidate, founding, conditions, comparing, session)?;
    if let Outcome::Stopped(judged) = &outcome {
        let shelf = ledger.contract_if_any(name)?;
        let behind = shelf.map(|shelf| ledger.changes_of(&shelf, judged, &candidate.schema, None, comparing));
        return came(opened, name, conditions, &outcome, &behind.transpose()?.unwrap_or_default());
    }
    came(opened, name, conditions, &outcome, &[])
}

/// What there is to tell of an outcome.
fn came(
    opened: &Opened,
    name: &ContractName,
    conditions: &ContractConditions,
    outcome: &Outcome,
    behind: &[PairChanges],
) -> Result<Came, Failure> {
    let ledger = opened.ledger();
    let dry_run = conditions.effect == Effect::DryRun;
    let view = |version, outcome| AddedView {
        contract: name,
        version,
        outcome,
        deduplicated: false,
        dry_run,
        file: relative(&ledger.store.contract_place(name, Some(version)), opened.root()),
        check: None,
        event: None,
    };
    let (view, text, exit) = match outcome {
        Outcome::Registered { judged, event, version, novelty } => {
            let note = match novelty {
                Novelty::New => "registered",
                Novelty::Deduplicated => "registered before with this key",
                Novelty::Tried => "would be registered (dry run: nothing was written)",
            };
            let more = judged.as_ref().map(|judged| text::judged(judged, &[])).unwrap_or_default();
            let view = AddedView {
                deduplicated: *novelty == Novelty::Deduplicated,
                check: judged.as_ref().map(|judged| JudgedView::from(judged.as_ref())),
                event: Some(raw(event)),
                ..view(*version, "registered")
            };
            (view, format!("{name}@{version} {note}\n{}", indented(&more)), Exit::Done)
        }
        Outcome::Same { version } => {
            let view = AddedView { deduplicated: true, ..view(*version, "same") };
            (view, format!("{name}@{version} has this content: nothing was written\n"), Exit::Done)
        }
        Outcome::Stopped(judged) => {
            let check = Some(JudgedView::from(judged.as_ref()));
            let view = AddedView { check, ..view(judged.reference.version(), "stopped") };
            let exit = if judged.verdict() == Verdict::Breaking { Exit::No } else { Exit::Undecided };
            (view, format!("{}nothing was written\n", text::judged(judged, behind)), exit)
        }
    };
    let json = serde_json::value::to_raw_value(&view)
        .map_err(|error| Failure::new(Exit::Failure, "bug", error.to_string()))?;
    Ok(Came { json, text, version: view.version, exit })
}

fn tell(context: &mut Context<'_>, name: &ContractName, came: &Came) -> Result<(), Failure> {
    if context.output.format != Format::Text {
        context.output.json(&came.json)?;
    } else if context.output.quiet && came.exit == Exit::Done {
        context.output.text(&format!("{name}@{}\n", came.version))?;
    } else {
        context.output.text(&came.text)?;
    }
    Ok(())
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

#[derive(Serialize)]
struct ImportedView {
    imported: Vec<Box<RawValue>>,
}

pub(super) fn import(context: &mut Context<'_>, args: &Import, resources: &Resources) -> Result<Exit, Failure> {
    let mut told = Vec::new();
    let done = import_all(context, args, resources, &mut told);
    // What was imported before a failure is told, too.
    if context.output.format == Format::Json && (done.is_ok() || !told.is_empty()) {
        context.output.json(&ImportedView { imported: told })?;
    }
    done
}

fn import_all(
    context: &mut Context<'_>,
    args: &Import,
    resources: &Resources,
    told: &mut Vec<Box<RawValue>>,
) -> Result<Exit, Failure> {
    let founding = founding(args.mode, args.owner.as_ref(), false)?;
    let folder = context.env.folder.join(&args.folder);
    let found = flat_files(&folder)?;
    if found.is_empty() {
        let what = format!("{} has no files NAME_vN.json", folder.display());
        return Err(Failure::new(Exit::Usage, "input", what));
    }
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let conditions = ContractConditions { key: None, effect };
    let opened = context.open()?;
    let session = open::session(context, opened.root(), args.secrets)?;
    let mut worst = Exit::Done;
    for (name, versions) in found {
        let mut shelf = opened.ledger().contract_or_new(&name)?;
        for text in unlike(&founding, &shelf) {
            context.output.tell(&text);
        }
        for (version, path) in versions {
            let candidate = candidate(&path.display().to_string(), context)?;
            let is_new = shelf.state.versions.is_empty();
            let came = if numbered(&opened, &shelf, (&name, version), &candidate)? {
                came(&opened, &name, &conditions, &Outcome::Same { version }, &[])?
            } else {
                // Of a contract that is there, its own settings hold.
                let founding = if is_new { &founding } else { &Founding::default() };
                let addition = Addition { name: &name, candidate: &candidate, founding, conditions: &conditions };
                if effect == Effect::DryRun {
                    let (came, with_it) = tried(context, (&opened, &session), &addition, shelf, resources)?;
                    shelf = with_it;
                    came
                } else {
                    let came = one(context, (&opened, &session), &addition, resources)?;
                    shelf = opened.ledger().contract_or_new(&name)?;
                    came
                }
            };
            worst = worst.max(came.exit);
            let is_stopped = came.exit != Exit::Done;
            if context.output.format == Format::Json {
                told.push(came.json);
            } else {
                tell(context, &name, &came)?;
            }
            // What follows a version that was stopped would take its number.
            if is_stopped {
                break;
            }
        }
    }
    Ok(worst)
}

/// Tries one version on a contract as it would stand by then.
fn tried(
    context: &Context<'_>,
    (opened, session): (&Opened, &Session),
    addition: &Addition<'_>,
    shelf: Shelf,
    resources: &Resources,
) -> Result<(Came, Shelf), Failure> {
    let Addition { name, candidate, founding, conditions } = addition;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let (outcome, shelf) = ledger.try_version(shelf, candidate, founding, comparing, session)?;
    let behind = match &outcome {
        Outcome::Stopped(judged) => ledger.changes_of(&shelf, judged, &candidate.schema, None, comparing)?,
        Outcome::Registered { .. } | Outcome::Same { .. } => Vec::new(),
    };
    Ok((came(opened, name, conditions, &outcome, &behind)?, shelf))
}

/// What was asked for new contracts and does not hold for one that is there.
fn unlike(founding: &Founding, shelf: &Shelf) -> Vec<String> {
    let state = &shelf.state;
    if state.versions.is_empty() {
        return Vec::new();
    }
    let name = &state.name;
    let mode = founding.mode.filter(|mode| *mode != state.mode);
    let owner = founding.owner.as_ref().filter(|owner| Some(*owner) != state.owner.as_ref());
    let mode = mode.map(|mode| format!("{name} keeps its mode {}: ledger contract mode {name} {mode}", state.mode));
    let has =
        state.owner.as_ref().map_or_else(|| "stays without owner".to_owned(), |has| format!("keeps its owner {has}"));
    let owner = owner.map(|owner| format!("{name} {has}: ledger contract owner {name} {owner}"));
    mode.into_iter().chain(owner).collect()
}

/// Whether a file's number is that of a version with its content. A file that has another version's number, or whose
/// number is not the next, is refused: numbers in a folder are not to mean something else in the registry.
fn numbered(
    opened: &Opened,
    shelf: &Shelf,
    (name, version): (&ContractName, u32),
    candidate: &Candidate,
) -> Result<bool, Failure> {
    let ledger = opened.ledger();
    let file = &candidate.file;
    let no = |code, what: String| Failure::new(Exit::Refused, code, what);
    let next = shelf.state.next();
    if shelf.state.versions.contains_key(&version) {
        if ledger.version_schema(shelf, version)? == candidate.schema {
            return Ok(true);
        }
        let hint = format!("to register it as the next version, name it {name}_v{next}.json");
        return Err(no("version-differs", format!("{file} is not what is registered as {name}@{version}")).hint(hint));
    }
    if version != next {
        return Err(no("version-gap", format!("{file} would be v{next} of {name}: a version before it is missing"))
            .hint("import all versions, from v1 on"));
    }
    match ledger.same_version(shelf, candidate)? {
        None => Ok(false),
        Some(same) => {
            let what = format!("{file} has the content of {name}@{same}: the same content is the same version");
            Err(no("same-content", what).hint("leave it out, and number those that follow anew"))
        }
    }
}

/// The files `NAME_vN.json` of a folder, by contract and version.
fn flat_files(folder: &std::path::Path) -> Result<BTreeMap<ContractName, BTreeMap<u32, PathBuf>>, Failure> {
    let bad =
        |e: std::io::Error| Failure::new(Exit::Usage, "input", format!("could not list {}: {e}", folder.display()));
    let mut found: BTreeMap<ContractName, BTreeMap<u32, PathBuf>> = BTreeMap::new();
    for entry in std::fs::read_dir(folder).map_err(bad)? {
        let path = entry.map_err(bad)?.path();
        let stem = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_suffix(".json"));
        let Some((name, version)) = stem.and_then(|stem| stem.rsplit_once("_v")) else { continue };
        let Ok(version) = version.parse::<u32>() else { continue };
        let name: ContractName =
            name.parse().map_err(|e| Failure::new(Exit::Usage, "bad-name", format!("{}: {e}", path.display())))?;
        found.entry(name).or_default().insert(version, path);
    }
    Ok(found)
}
