//! `ledger contract`

mod add;
mod ask;
mod check;
mod compare;
mod diff;
mod lint;
mod propose;
mod show;
mod validate;
mod write;

use std::path::PathBuf;

use super::super::Context;
use super::super::contract_args::{Contract, ContractCommand};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::input;
use crate::app::contract::Candidate;
use crate::contract::Resources;
use crate::domain::compatibility::Stage;
use crate::domain::id::{ContractName, ContractRef};
use crate::store::contracts::VERSION_BYTES_MAX;

/// The most files that `--resolve` maps.
const RESOLVED_MAX: usize = 10_000;

pub(super) fn run(context: &mut Context<'_>, args: &Contract) -> Result<Exit, Failure> {
    let resources = resources(&args.resolve, context)?;
    match &args.command {
        ContractCommand::Add(args) => add::add(context, args, &resources),
        ContractCommand::Import(args) => add::import(context, args, &resources),
        ContractCommand::List(args) => show::list(context, args),
        ContractCommand::Show(args) => show::show(context, args),
        ContractCommand::Log(args) => show::log(context, args),
        ContractCommand::Status(args) => show::status(context, args),
        ContractCommand::Diff(args) => diff::run(context, args, &resources),
        ContractCommand::Compare(args) => compare::run(context, args, &resources),
        ContractCommand::Lint(args) => lint::run(context, args, &resources),
        ContractCommand::Matrix(args) => ask::matrix(context, args, &resources),
        ContractCommand::CanIDeploy(args) => ask::can_i_deploy(context, args, &resources),
        ContractCommand::Mode(args) => write::mode(context, args),
        ContractCommand::Owner(args) => write::owner(context, args),
        ContractCommand::Formats(args) => write::formats(context, args),
        ContractCommand::Activate(args) => write::enter(context, args, Stage::Active),
        ContractCommand::Deprecate(args) => write::enter(context, args, Stage::Deprecated),
        ContractCommand::Retire(args) => write::enter(context, args, Stage::Retired),
        ContractCommand::Pin(args) => write::pin(context, args, &resources),
        ContractCommand::Unpin(args) => write::unpin(context, args),
        ContractCommand::Waive(args) => write::waive(context, args),
        ContractCommand::Propose(args) => propose::run(context, args, &resources),
        ContractCommand::Validate(args) => validate::run(context, args, &resources),
        ContractCommand::Check(args) => check::run(context, args, &resources),
    }
}

fn name(typed: &str) -> Result<ContractName, Failure> {
    typed.parse().map_err(|e| Failure::new(Exit::Usage, "bad-name", e))
}

fn reference(typed: &str) -> Result<ContractRef, Failure> {
    typed.parse().map_err(|e| Failure::new(Exit::Usage, "bad-name", e))
}

/// A schema from a file or from standard input.
fn candidate(typed: &str, context: &Context<'_>) -> Result<Candidate, Failure> {
    let text = schema_text(typed, context)?;
    Ok(Candidate::read(input::shown(typed), text)?)
}

/// The text of a schema from a file or from standard input.
fn schema_text(typed: &str, context: &Context<'_>) -> Result<String, Failure> {
    input::file_within(typed, context.env, VERSION_BYTES_MAX as u64).map_err(|failure| {
        let is_name = !typed.ends_with(".json")
            && typed.parse::<ContractName>().is_ok()
            && !context.env.folder.join(typed).exists();
        if is_name {
            failure.hint(format!("a version of a contract is named {typed}@V, for example {typed}@1"))
        } else {
            failure
        }
    })
}

/// The version that is meant, unless a file is.
fn version(typed: &str, context: &Context<'_>) -> Option<ContractRef> {
    let is_file = typed == "-" || context.env.folder.join(typed).is_file();
    typed.parse().ok().filter(|_| !is_file)
}

/// The schemas that `--resolve` maps: every JSON file below a folder, under the prefix and its path.
pub(super) fn resources(mappings: &[String], context: &Context<'_>) -> Result<Resources, Failure> {
    let mut resources = Resources::default();
    let mut count = 0;
    for mapping in mappings {
        let bad = || Failure::usage(format!("--resolve {mapping:?}: expected PREFIX=DIR"));
        let (prefix, folder) = mapping.rsplit_once('=').filter(|(prefix, _)| !prefix.is_empty()).ok_or_else(bad)?;
        let folder = context.env.folder.join(folder);
        for (path, below) in json_files(&folder)? {
            count += 1;
            if count > RESOLVED_MAX {
                return Err(Failure::usage(format!("--resolve {mapping:?}: more than {RESOLVED_MAX} files")));
            }
            let candidate = candidate(&path.display().to_string(), context)?;
            let address = format!("{}/{below}", prefix.trim_end_matches('/'));
            if let Some(id) = candidate.schema.get("$id").and_then(|id| id.as_str()) {
                resources.add(id, candidate.schema.clone());
            }
            resources.add(&address, candidate.schema);
        }
    }
    Ok(resources)
}

/// The JSON files below a folder, in order, with their paths below it.
fn json_files(folder: &std::path::Path) -> Result<Vec<(PathBuf, String)>, Failure> {
    let mut files = Vec::new();
    for entry in walkdir::WalkDir::new(folder).follow_links(false).sort_by_file_name() {
        let entry = entry
            .map_err(|e| Failure::new(Exit::Usage, "input", format!("could not list {}: {e}", folder.display())))?;
        let is_json = entry.path().extension().is_some_and(|extension| extension == "json");
        if entry.file_type().is_file() && is_json {
            let below = entry.path().strip_prefix(folder).unwrap_or(entry.path());
            let parts: Vec<_> = below.components().map(|part| part.as_os_str().to_string_lossy()).collect();
            files.push((entry.path().to_owned(), parts.join("/")));
        }
    }
    Ok(files)
}
