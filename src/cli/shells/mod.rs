//! What shells complete a command line with.
//!
//! `ledger completions SHELL` prints a script. On every key press the script asks this program, by way of a variable of
//! the environment, what could stand at the cursor; `answer` says so from the arguments' own tables and from what is
//! known here (`known`). It reads a few small files, writes none, and is silent where it knows nothing.

mod candidates;
mod known;

use std::ffi::OsString;
use std::sync::Arc;

use clap::{CommandFactory, ValueEnum};
use clap_complete::env::Shells;

use self::known::Known;
use super::args::{Cli, Global};
use super::config::Config;
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::render::Output;

/// The variable by which a script asks; its value is the shell.
pub const ASKED: &str = "LEDGER_COMPLETE";
/// What the scripts call this program.
const PROGRAM: &str = "ledger";
/// Bash takes a word apart at colons and equal signs, so it needs more than the others.
const BASH: &str = include_str!("bash.sh");

/// A shell that can be helped.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shell {
    /// Bash.
    Bash,
    /// The Z shell.
    Zsh,
    /// The friendly interactive shell.
    Fish,
    /// PowerShell.
    Powershell,
    /// Elvish.
    Elvish,
}

/// The script for a shell.
///
/// # Errors
/// A bug: a shell that the generator does not know.
pub(super) fn script(shell: Shell) -> Result<String, Failure> {
    let bug = |what: &dyn std::fmt::Display| Failure::new(Exit::Failure, "bug", what);
    if shell == Shell::Bash {
        return Ok(BASH.replace("VARIABLE", ASKED));
    }
    let name = shell.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default();
    let shells = Shells::builtins();
    let writer = shells.completer(&name).ok_or_else(|| bug(&"no such shell"))?;
    let mut script = Vec::new();
    writer.write_registration(ASKED, PROGRAM, PROGRAM, PROGRAM, &mut script).map_err(|error| bug(&error))?;
    String::from_utf8(script).map_err(|error| bug(&error))
}

/// Says what could stand at the cursor: `arguments` are this program's, `--`, and the words of the line.
pub(super) fn answer(shell: &str, arguments: &[OsString], env: &Environment) -> Exit {
    let shells = Shells::builtins();
    let words: Vec<OsString> = arguments.iter().skip_while(|word| *word != "--").skip(1).cloned().collect();
    let Some(writer) = shells.completer(shell).filter(|_| !words.is_empty()) else {
        let what = format!("{ASKED} is set, and this is no question of a script of ledger completions");
        let failure = Failure::usage(what).hint(format!("unset {ASKED}"));
        Output::new(Box::new(std::io::sink()), (env.stderr)(anstream::ColorChoice::Auto)).fail(&failure);
        return failure.exit;
    };
    let mut program = program(&words, env);
    let mut told = Vec::new();
    if writer.write_complete(&mut program, words, Some(&env.folder), &mut told).is_err() {
        return Exit::Failure;
    }
    let mut output = Output::new((env.stdout)(anstream::ColorChoice::Never), Box::new(std::io::sink()));
    let _ = output.text(&String::from_utf8_lossy(&told)).and_then(|()| output.flush());
    Exit::Done
}

/// The commands with what is known here.
fn program(words: &[OsString], env: &Environment) -> clap::Command {
    let configured = Config::read(env).unwrap_or_default();
    let global = Global { root: root(words), configured: Arc::new(configured), ..Global::default() };
    let mut program = Cli::command();
    // Only then do the commands have their arguments.
    program.build();
    let typed = words.iter().filter_map(|word| word.to_str().map(str::to_owned)).collect();
    let known = Arc::new(Known::here(&global, env, typed));
    let program = candidates::fill(program, &known);
    candidates::with_aliases(program, &global.configured)
}

/// The ledger that the line names.
fn root(words: &[OsString]) -> Option<std::path::PathBuf> {
    let named = |(at, word): (usize, &OsString)| match word.to_str()? {
        "--root" => words.get(at + 1).map(Into::into),
        word => word.strip_prefix("--root=").map(Into::into),
    };
    words.iter().enumerate().find_map(named)
}
