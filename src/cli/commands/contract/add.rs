//! `ledger contract add` and `ledger contract import`

use std::collections::BTreeMap;
use std::path::PathBuf;

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
use crate::app::contract::write::ContractConditions;
use crate::app::contract::{Candidate, Comparing};
use crate::app::write::{Effect, Novelty};
use crate::contract::{Resources, compare};
use crate::domain::compatibility::{Mode, Verdict};
use crate::domain::id::ContractName;

pub(super) fn add(context: &mut Context<'_>, args: &Add, resources: &Resources) -> Result<Exit, Failure> {
    let name = name(&args.name)?;
    let founding = founding(args.mode, args.owner.as_ref(), args.formats)?;
    let conditions = conditions(&args.writing)?;
    let candidate = candidate(&args.file, context)?;
    let opened = context.open()?;
    let session = open::session(context, opened.root(), args.writing.secrets)?;
    let addition = Addition { name: &name, candidate: &candidate, founding: &founding, conditions: &conditions };
    one(context, (&opened, &session), &addition, resources)
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

/// Registers one version and tells what came of it.
fn one(
    context: &mut Context<'_>,
    (opened, session): (&Opened, &Session),
    addition: &Addition<'_>,
    resources: &Resources,
) -> Result<Exit, Failure> {
    let Addition { name, candidate, founding, conditions } = addition;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let outcome = ledger.add_version(name, candidate, founding, conditions, comparing, session)?;
    let file = |version| relative(&ledger.store.contract_place(name, Some(version)), opened.root());
    let dry_run = conditions.effect == Effect::DryRun;
    let (view, told, exit) = match &outcome {
        Outcome::Registered { judged, event, version, novelty } => {
            let note = match novelty {
                Novelty::New => "registered",
                Novelty::Deduplicated => "registered before with this key",
                Novelty::Tried => "would be registered (dry run: nothing was written)",
            };
            let more = judged.as_ref().map(|judged| text::judged(judged, &[])).unwrap_or_default();
            let view = AddedView {
                contract: name,
                version: *version,
                outcome: "registered",
                deduplicated: *novelty == Novelty::Deduplicated,
                dry_run,
                file: file(*version),
                check: judged.as_ref().map(|judged| JudgedView::from(judged.as_ref())),
                event: Some(raw(event)),
            };
            (view, format!("{name}@{version} {note}\n{}", indented(&more)), Exit::Done)
        }
        Outcome::Same { version } => {
            let view = AddedView {
                contract: name,
                version: *version,
                outcome: "same",
                deduplicated: true,
                dry_run,
                file: file(*version),
                check: None,
                event: None,
            };
            (view, format!("{name}@{version} has this content: nothing was written\n"), Exit::Done)
        }
        Outcome::Stopped(judged) => {
            let version = judged.reference.version();
            let view = AddedView {
                contract: name,
                version,
                outcome: "stopped",
                deduplicated: false,
                dry_run,
                file: file(version),
                check: Some(JudgedView::from(judged.as_ref())),
                event: None,
            };
            let exit = if judged.verdict() == Verdict::Breaking { Exit::No } else { Exit::Undecided };
            (view, format!("{}nothing was written\n", text::judged(judged, &[])), exit)
        }
    };
    if context.output.format != Format::Text {
        context.output.json(&view)?;
    } else if context.output.quiet && exit == Exit::Done {
        context.output.text(&format!("{name}@{}\n", view.version))?;
    } else {
        context.output.text(&told)?;
    }
    Ok(exit)
}

fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

pub(super) fn import(context: &mut Context<'_>, args: &Import, resources: &Resources) -> Result<Exit, Failure> {
    let founding = founding(args.mode, args.owner.as_ref(), false)?;
    let folder = context.env.folder.join(&args.folder);
    let found = flat_files(&folder)?;
    if found.is_empty() {
        let what = format!("{} has no files NAME_vN.json", folder.display());
        return Err(Failure::new(Exit::Usage, "input", what));
    }
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let opened = context.open()?;
    let session = open::session(context, opened.root(), args.secrets)?;
    let mut worst = Exit::Done;
    for (name, versions) in found {
        for (version, path) in versions {
            let candidate = candidate(&path.display().to_string(), context)?;
            let next = opened.ledger().contract_if_any(&name)?.map_or(1, |shelf| shelf.state.next());
            let is_known = opened.ledger().contract_if_any(&name)?.is_some_and(|shelf| version < shelf.state.next());
            if version != next && !is_known && effect == Effect::Write {
                let what = format!("{} would be v{next} of {name}: a version before it is missing", path.display());
                return Err(Failure::new(Exit::Refused, "version-gap", what).hint("import all versions, from v1 on"));
            }
            // Of a contract that is there, its own settings hold.
            let founding = if next > 1 { Founding::default() } else { founding.clone() };
            let conditions = ContractConditions { key: None, effect };
            let addition =
                Addition { name: &name, candidate: &candidate, founding: &founding, conditions: &conditions };
            let exit = one(context, (&opened, &session), &addition, resources)?;
            worst = worst.max(exit);
            // What follows a version that was stopped would take its number; in a dry run so would what follows a new one.
            if exit != Exit::Done || (effect == Effect::DryRun && !is_known) {
                break;
            }
        }
    }
    Ok(worst)
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
