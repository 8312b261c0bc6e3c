//! `ledger schema`

use std::path::Path;

use clap::CommandFactory;
use serde::Serialize;

use super::super::args::{Cli, Schema};
use super::super::exit::{Exit, Meaning};
use super::super::failure::Failure;
use super::super::open::TypeSchemas;
use super::super::{Context, builtin};
use crate::app::near::nearest;
use crate::domain::workflow::Workflow;

#[derive(Serialize)]
struct Catalogue {
    program: &'static str,
    version: &'static str,
    commands: Vec<CommandView>,
    workflow: Workflow,
    exit_statuses: Vec<Meaning>,
    schemas: Vec<String>,
}

#[derive(Serialize)]
struct CommandView {
    name: String,
    about: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    commands: Vec<CommandView>,
    /// The schema of what it prints as JSON; none of one that prints nothing, or only has commands below it.
    #[serde(skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    arguments: Vec<ArgumentView>,
}

#[derive(Serialize)]
struct ArgumentView {
    name: String,
    help: String,
    required: bool,
    repeatable: bool,
    takes_value: bool,
    global: bool,
}

pub(super) fn run(context: &mut Context<'_>, args: &Schema) -> Result<Exit, Failure> {
    let Some(name) = &args.name else {
        let text =
            serde_json::to_string_pretty(&catalogue(context)?).map_err(|e| Failure::new(Exit::Failure, "bug", e))?;
        context.output.text(&format!("{text}\n"))?;
        return Ok(Exit::Done);
    };
    let text = match builtin::FORMATS.iter().chain(&builtin::OUTPUTS).find(|(known, _)| known == name) {
        Some((_, text)) => (*text).to_owned(),
        None => type_schema(context, name)?,
    };
    context.output.text(&text)?;
    Ok(Exit::Done)
}

/// The schema of a request type, named `types/TYPE` or `TYPE`.
fn type_schema(context: &mut Context<'_>, name: &str) -> Result<String, Failure> {
    let schemas = TypeSchemas::here(&context.cli.global, context.env)?;
    context.root = schemas.root().map(Path::to_owned);
    let request_type = name.strip_prefix("types/").unwrap_or(name).parse().ok();
    request_type.map(|request_type| schemas.text(&request_type)).transpose()?.flatten().ok_or_else(|| {
        let own = names(&schemas);
        let what = format!("there is no schema {name:?}, only {}, and output/COMMAND", own.join(", "));
        let of_types = own.iter().filter_map(|own| own.strip_prefix("types/"));
        let known =
            own.iter().map(String::as_str).chain(of_types).chain(builtin::OUTPUTS.iter().map(|(name, _)| *name));
        let meant = nearest(name, known).map(|near| format!("ledger schema {near}"));
        Failure::new(Exit::NotFound, "no-schema", what)
            .hint(meant.unwrap_or_else(|| "ledger schema lists all, under \"schemas\"".to_owned()))
    })
}

fn names(types: &TypeSchemas) -> Vec<String> {
    builtin::FORMATS.iter().map(|(name, _)| (*name).to_owned()).chain(types.names()).collect()
}

/// The catalogue; of the workflow in force here, or the built-in one where there is no ledger.
fn catalogue(context: &mut Context<'_>) -> Result<Catalogue, Failure> {
    let workflow = match context.open() {
        Ok(opened) => opened.ledger().workflow.clone(),
        Err(failure) if failure.exit == Exit::NotFound => Workflow::default(),
        Err(failure) => return Err(failure),
    };
    let mut cli = Cli::command();
    // Only then do the commands have their arguments, and the global ones too.
    cli.build();
    Ok(Catalogue {
        program: "ledger",
        version: env!("CARGO_PKG_VERSION"),
        commands: commands(&cli, ""),
        workflow,
        exit_statuses: Exit::ALL.iter().map(|exit| exit.meaning()).collect(),
        schemas: names(&TypeSchemas::here(&context.cli.global, context.env)?)
            .into_iter()
            .chain(builtin::OUTPUTS.iter().map(|(name, _)| (*name).to_owned()))
            .collect(),
    })
}

/// The commands below a command, each with those below it.
fn commands(of: &clap::Command, below: &str) -> Vec<CommandView> {
    let argument = |arg: &clap::Arg| ArgumentView {
        name: match arg.get_long() {
            Some(long) => format!("--{long}"),
            None => arg.get_id().to_string(),
        },
        help: arg.get_help().map(ToString::to_string).unwrap_or_default(),
        required: arg.is_required_set(),
        repeatable: matches!(arg.get_action(), clap::ArgAction::Append),
        takes_value: arg.get_action().takes_values(),
        global: arg.is_global_set(),
    };
    let is_listed = |arg: &&clap::Arg| !["help", "version"].contains(&arg.get_id().as_str());
    let command = |command: &clap::Command| CommandView {
        name: command.get_name().to_owned(),
        about: command.get_about().map(ToString::to_string).unwrap_or_default(),
        commands: commands(command, &format!("{below}{}-", command.get_name())),
        output: Some(format!("output/{below}{}", command.get_name())).filter(|name| builtin::schema(name).is_some()),
        arguments: {
            let (globals, own): (Vec<_>, Vec<_>) =
                command.get_arguments().filter(is_listed).partition(|a| a.is_global_set());
            own.into_iter().chain(globals).map(argument).collect()
        },
    };
    of.get_subcommands().filter(|one| one.get_name() != "help").map(command).collect()
}
