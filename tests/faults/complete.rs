//! That every command which writes is among those that are tried, or is said not to be, and why.

use std::collections::BTreeSet;

use clap::{CommandFactory, FromArgMatches};
use coordination_ledger::cli::args::Cli;

use crate::commands::{COMMANDS, NOT_HERE, READING};

#[test]
fn every_command_is_tried_or_does_not_write_or_there_is_a_reason() {
    let all = catalogue();
    let names: BTreeSet<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let tried: BTreeSet<String> = COMMANDS.iter().map(|command| command.name()).collect();
    let elsewhere: BTreeSet<&str> = NOT_HERE.iter().map(|(name, _)| *name).collect();
    let reading: BTreeSet<&str> = READING.iter().copied().collect();
    for name in &names {
        let places = [tried.contains(*name), elsewhere.contains(name), reading.contains(name)];
        let count = places.into_iter().filter(|is_there| *is_there).count();
        // `list` only reads, and is tried for the cache that it writes.
        assert!(count == 1, "{name} is in {count} of the lists: COMMANDS, NOT_HERE, READING");
    }
    for named in tried.iter().map(String::as_str).chain(elsewhere).chain(reading.iter().copied()) {
        assert!(names.contains(named), "there is no command {named}");
    }
    // What takes a key, or can be tried without writing, writes.
    for (name, command) in &all {
        let writes = command.get_arguments().any(|argument| matches!(argument.get_long(), Some("key" | "dry-run")));
        assert!(!(writes && reading.contains(name.as_str())), "{name} writes");
    }
}

/// A budget of its own has what writes one thing; of those that only read, what waits for others.
#[test]
fn what_has_a_budget_because_it_writes_is_tried() {
    for name in READING {
        let matches =
            Cli::command().ignore_errors(true).get_matches_from(std::iter::once("ledger").chain(name.split(' ')));
        let Ok(cli) = Cli::from_arg_matches(&matches) else { continue };
        let has_budget = cli.command.default_budget().is_some();
        assert_eq!(has_budget, *name == "watch", "{name}");
    }
}

/// The names of the commands, each with those above it, and their arguments.
fn catalogue() -> Vec<(String, clap::Command)> {
    let mut cli = Cli::command();
    cli.build();
    let mut all = Vec::new();
    gather(&cli, "", &mut all);
    all
}

fn gather(of: &clap::Command, above: &str, all: &mut Vec<(String, clap::Command)>) {
    for command in of.get_subcommands().filter(|command| command.get_name() != "help" || above.is_empty()) {
        let name = format!("{above}{}", command.get_name());
        if command.has_subcommands() {
            gather(command, &format!("{name} "), all);
        } else {
            all.push((name, command.clone()));
        }
    }
}
