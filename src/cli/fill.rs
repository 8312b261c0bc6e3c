//! What the command line leaves open and somebody has set up: their configuration, else the ledger's settings.

use clap::CommandFactory;
use clap::error::{ContextKind, ContextValue, ErrorKind};

use super::args::{Cli, Command, New};
use super::environment::Environment;
use super::{DEFAULT_BUDGET, editing, open};
use std::time::Duration;

/// Fills in what was left open.
///
/// # Errors
/// What is needed and said nowhere, as clap tells it.
pub(super) fn fill(cli: &mut Cli, env: &Environment) -> Result<(), clap::Error> {
    let is_edited = editing::is_asked(cli, env);
    let global = cli.global.clone();
    if let Command::Note(note) = &cli.command
        && note.text.is_none()
        && !is_edited
    {
        return Err(missing("note", &["--text <TEXT|-|@FILE>"]));
    }
    let Command::New(new) = &mut cli.command else { return Ok(()) };
    if new.packet.is_some() {
        return Ok(());
    }
    let configured = &global.configured;
    new.from = new.from.take().or_else(|| configured.from().map(ToString::to_string));
    new.priority = new.priority.or(configured.priority());
    if new.from.is_none() || new.priority.is_none() {
        let defaults = open::defaults(&global, env);
        new.from = new.from.take().or_else(|| defaults.from.map(|repo| repo.to_string()));
        new.priority = new.priority.or(defaults.priority);
    }
    if is_edited { Ok(()) } else { complete(new) }
}

fn complete(new: &New) -> Result<(), clap::Error> {
    let needed = [
        (new.title.is_none(), "--title <TITLE>"),
        (new.from.is_none(), "--from <REPO>"),
        (new.to.is_empty(), "--to <REPO>"),
        (new.request_type.is_none(), "--type <TYPE>"),
    ];
    let names: Vec<&str> = needed.into_iter().filter(|(missing, _)| *missing).map(|(_, name)| name).collect();
    if names.is_empty() { Ok(()) } else { Err(missing("new", &names)) }
}

/// What clap says where options are missing.
fn missing(command: &str, names: &[&str]) -> clap::Error {
    let mut program = Cli::command();
    program.build();
    let mut error = clap::Error::new(ErrorKind::MissingRequiredArgument);
    if let Some(command) = program.find_subcommand_mut(command) {
        error = error.with_cmd(command);
        error.insert(ContextKind::Usage, ContextValue::StyledStr(command.render_usage()));
    }
    let names = names.iter().map(|name| (*name).to_owned()).collect();
    error.insert(ContextKind::InvalidArg, ContextValue::Strings(names));
    error
}

/// How long the command may take.
pub(super) fn limit(cli: &Cli, env: &Environment) -> Option<Duration> {
    let global = &cli.global;
    let built_in = cli.command.default_budget();
    if global.timeout.is_some() || built_in != Some(DEFAULT_BUDGET) {
        return global.timeout.or(built_in);
    }
    let of_the_ledger = || open::defaults(global, env).timeout.map(|length| Duration::from_millis(length.ms()));
    global.configured.timeout().or_else(of_the_ledger).or(built_in)
}
