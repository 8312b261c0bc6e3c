//! Which long texts a pager shows to a person.

use super::args::{Cli, Command, Format};
use super::config::Key;
use super::environment::Environment;
use super::settings_in_force::program;

/// The pager where nobody names one: it ends by itself where the text fits on the screen.
pub const BUILT_IN: &str = "less -FRX";

/// What shows a page of the manual, and pages it itself.
const MAN: &str = "man -l -";

/// Whether there is a program that shows pages of the manual.
#[must_use]
pub fn has_man(env: &Environment) -> bool {
    let folders = (env.variable)("PATH").unwrap_or_default();
    std::env::split_paths(&folders).any(|folder| folder.join("man").is_file())
}

/// The pager for a command; none where nobody looks at a terminal, or nobody wants one.
pub(super) fn chosen(cli: &Cli, env: &Environment) -> Option<String> {
    if let Command::Man(man) = &cli.command {
        let is_looked_at = env.width.is_some() && !cli.global.no_pager && man.dir.is_none();
        return (is_looked_at && has_man(env)).then(|| MAN.to_owned());
    }
    let is_wanted = env.width.is_some() && cli.global.format() == Format::Text && !cli.global.no_pager;
    if !is_wanted || !is_paged(&cli.command) {
        return None;
    }
    let command = program(Key::Pager, cli, env);
    Some(command).filter(|command| command.trim() != "cat")
}

/// Whether the command prints texts that are longer than a screen, and comes to an end.
fn is_paged(command: &Command) -> bool {
    if let Command::Log(log) = command {
        return !log.follow;
    }
    matches!(
        command,
        Command::Show(_)
            | Command::List(_)
            | Command::Ready(_)
            | Command::Blocked(_)
            | Command::Search(_)
            | Command::Help(_)
            | Command::Schema(_)
            | Command::Sql(_)
            | Command::Export(_)
            | Command::Stats(_)
    )
}
