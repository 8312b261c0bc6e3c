//! The binary: gathers the real world, calls [`cli::run`], exits.

use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Stdio};
use std::sync::Arc;

use anstream::AutoStream;

use coordination_ledger::cli::{self, Environment};
use coordination_ledger::domain::time::Timestamp;
use coordination_ledger::registry::git;
use coordination_ledger::store::fs::disk::{RealDisk, Way};

pub(crate) fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    ExitCode::from(cli::run(&arguments, &environment()).status())
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that looks at the world")]
fn environment() -> Environment {
    let width = std::io::stdout().is_terminal().then(terminal_width);
    Environment {
        folder: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        root: std::env::var_os("LEDGER_ROOT").map(PathBuf::from),
        actor: std::env::var_os("LEDGER_ACTOR").and_then(|name| name.into_string().ok()),
        git_email,
        disk: |root| Ok(Arc::new(RealDisk::at(root, Way::Native)?)),
        stdout: |colors| Box::new(AutoStream::new(std::io::stdout(), colors)),
        stderr: |colors| Box::new(AutoStream::new(std::io::stderr(), colors)),
        stdin: || -> Box<dyn Read + Send> { Box::new(std::io::stdin()) },
        width,
        err_is_terminal: std::io::stderr().is_terminal(),
        program: std::env::current_exe().ok(),
        now: || Timestamp::from_unix_ms(chrono::Utc::now().timestamp_millis()),
        random: |bytes| {
            // An operating system without randomness has failed beyond repair; zeros still give a valid uid.
            let _ = getrandom::fill(bytes);
        },
        abort: Some(|status| std::process::exit(i32::from(status))),
    }
}

fn terminal_width() -> u16 {
    const DEFAULT: u16 = 100;
    comfy_table::Table::new().width().unwrap_or(DEFAULT)
}

/// Git's `user.email`. Nothing that a repository carries is run.
fn git_email(root: &Path) -> Option<String> {
    let output = git::command(root).args(["config", "--get", "user.email"]).stderr(Stdio::null()).output().ok()?;
    let name = String::from_utf8(output.stdout).ok()?.trim().to_owned();
    (output.status.success() && !name.is_empty()).then_some(name)
}
