//! The arguments of commands that explain the program: to people and to shells.

use std::path::PathBuf;

use clap::Args;

use super::shells::Shell;

/// Print what a shell completes command lines with
#[derive(Args, Debug)]
#[command(after_help = "\
For the shell that you are in:
  bash        source <(ledger completions bash)                         in ~/.bashrc
  zsh         source <(ledger completions zsh)                          in ~/.zshrc, after compinit
  fish        ledger completions fish | source                          in ~/.config/fish/config.fish
  powershell  ledger completions powershell | Out-String | Invoke-Expression      in $PROFILE
  elvish      eval (ledger completions elvish | slurp)                  in ~/.config/elvish/rc.elv")]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: Shell,
}

/// Explain a command or a topic
#[derive(Args, Debug)]
pub struct Help {
    /// A command, or a topic: states, exit-statuses, files, json, ids, environment
    #[arg(value_name = "TOPIC|COMMAND")]
    pub words: Vec<String>,
}

/// Print a page of the manual, or write all
#[derive(Args, Debug)]
#[command(after_help = "\
On a terminal the page is shown with man -l -; --no-pager, or a pipe, gets it as it is.")]
pub struct Man {
    /// The command; the program itself where none is named
    #[arg(value_name = "COMMAND")]
    pub words: Vec<String>,
    /// Write all pages into this folder, for example ~/.local/share/man/man1
    #[arg(long, value_name = "DIR", conflicts_with = "words")]
    pub dir: Option<PathBuf>,
    /// Say what would be written, and write nothing
    #[arg(long, requires = "dir")]
    pub dry_run: bool,
}
