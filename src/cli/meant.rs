//! What a mistyped command line may have been meant to be: clap's own guesses are too far away, and some names are well
//! known from elsewhere.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory};

use super::args::Cli;
use crate::app::near::nearest;

/// What commands are called elsewhere.
const ELSEWHERE: [(&str, &[&str]); 15] = [
    ("show", &["view", "get", "cat", "info", "describe", "inspect", "read", "open"]),
    ("new", &["create", "add", "file", "submit"]),
    ("note", &["comment", "edit", "message", "amend"]),
    (
        "transition",
        &["close", "move", "update", "set", "state", "accept", "reject", "start", "finish", "done", "reopen", "delete"],
    ),
    ("list", &["ls", "status", "issues", "requests"]),
    ("log", &["history", "events"]),
    ("search", &["find", "grep"]),
    ("claim", &["take", "assign", "grab", "next"]),
    ("release", &["unclaim", "unassign", "drop"]),
    ("verify", &["check", "fsck", "validate", "audit"]),
    ("sync", &["push", "pull", "fetch"]),
    ("evidence", &["attach", "proof"]),
    ("approve", &["sign", "ack"]),
    ("watch", &["wait", "subscribe"]),
    ("stats", &["report", "metrics"]),
];

/// The shortest beginning of a name that says which is meant.
const BEGINNING_CHARS: usize = 3;

/// Replaces what clap guesses by what is near.
pub(super) fn mend(error: &mut clap::Error, arguments: &[OsString]) {
    if error.kind() == ErrorKind::InvalidSubcommand {
        let meant = text(error, ContextKind::InvalidSubcommand).and_then(|typed| command_meant(&typed, arguments));
        suggest(error, ContextKind::SuggestedSubcommand, meant.map(|meant| ContextValue::Strings(vec![meant])));
    }
    if error.kind() == ErrorKind::UnknownArgument {
        let meant = text(error, ContextKind::InvalidArg).and_then(|typed| option_meant(&typed, arguments));
        suggest(error, ContextKind::SuggestedArg, meant.map(ContextValue::String));
        if !takes_free_text(arguments) {
            // Whether it was meant as a value: hardly ever, where values are names and numbers.
            error.remove(ContextKind::Suggested);
        }
    }
}

/// The names of the command that the arguments name, as far as one can tell: `ledger contract waive`.
pub(super) fn named_command(arguments: &[OsString]) -> String {
    let path = with_named(arguments, |path, _| path.join(" "));
    if path.is_empty() { "ledger".to_owned() } else { format!("ledger {path}") }
}

fn with_named<T>(arguments: &[OsString], take: impl FnOnce(&[String], &Command) -> T) -> T {
    let mut cli = Cli::command();
    cli.build();
    let (mut at, mut path) = (&cli, Vec::new());
    for argument in arguments.iter().skip(1) {
        if let Some(below) = at.find_subcommand(argument) {
            path.push(below.get_name().to_owned());
            at = below;
        }
    }
    take(&path, at)
}

fn command_meant(typed: &str, arguments: &[OsString]) -> Option<String> {
    with_named(arguments, |path, at| {
        let there: Vec<&str> = at.get_subcommands().filter(|one| !one.is_hide_set()).map(Command::get_name).collect();
        let elsewhere = ELSEWHERE.iter().find(|(name, others)| others.contains(&typed) && there.contains(name));
        let elsewhere = elsewhere.map(|(name, _)| *name).filter(|_| path.is_empty());
        elsewhere.or_else(|| begun_or_near(typed, &there)).map(str::to_owned)
    })
}

fn option_meant(typed: &str, arguments: &[OsString]) -> Option<String> {
    let typed = typed.strip_prefix("--")?.split('=').next()?.to_owned();
    with_named(arguments, |_, at| {
        let there: Vec<&str> =
            at.get_arguments().filter(|one| !one.is_hide_set()).filter_map(clap::Arg::get_long).collect();
        begun_or_near(&typed, &there).map(|name| format!("--{name}"))
    })
}

/// The one name that is begun so, else the one that differs least.
fn begun_or_near<'a>(typed: &str, there: &[&'a str]) -> Option<&'a str> {
    // One letter of two is much.
    if typed.len() < BEGINNING_CHARS {
        return None;
    }
    let mut begun = there.iter().filter(|name| name.starts_with(typed));
    let one = begun.next().filter(|_| begun.next().is_none()).copied();
    one.or_else(|| nearest(typed, there.iter().copied()))
}

fn takes_free_text(arguments: &[OsString]) -> bool {
    with_named(arguments, |path, _| matches!(path.first().map(String::as_str), Some("search" | "sql")))
}

fn text(error: &clap::Error, kind: ContextKind) -> Option<String> {
    let Some(ContextValue::String(text)) = error.get(kind) else { return None };
    Some(text.clone())
}

fn suggest(error: &mut clap::Error, kind: ContextKind, meant: Option<ContextValue>) {
    error.remove(kind);
    if let Some(meant) = meant {
        error.insert(kind, meant);
    }
}
