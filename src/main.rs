//! The binary: gathers the real world, calls [`cli::run`], exits.

use std::io::{IsTerminal, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use anstream::{AutoStream, ColorChoice};
use signal_hook::consts::{SIGINT, SIGQUIT};

#[cfg(feature = "tui")]
use coordination_ledger::app::desk::Colors;
use coordination_ledger::cli::environment::{Ci, Drafts, Screen};
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
        variable: |name| std::env::var_os(name),
        git_email,
        disk: |root| Ok(Arc::new(RealDisk::at(root, Way::Native)?)),
        stdout: |colors| Box::new(AutoStream::new(std::io::stdout(), colors)),
        stderr: |colors| Box::new(AutoStream::new(std::io::stderr(), colors)),
        pager,
        drafts: drafts(),
        stdin: || -> Box<dyn Read + Send> { Box::new(std::io::stdin()) },
        width,
        screen: screen(),
        err_is_terminal: std::io::stderr().is_terminal(),
        program: std::env::current_exe().ok(),
        ci,
        now,
        random: |bytes| {
            // An operating system without randomness has failed beyond repair; zeros still give a valid uid.
            let _ = getrandom::fill(bytes);
        },
        abort: Some(|status| std::process::exit(i32::from(status))),
    }
}

#[cfg(feature = "tui")]
fn screen() -> Screen {
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Screen::NoTerminal;
    }
    // Honours NO_COLOR, CLICOLOR and TERM=dumb.
    let colors = match AutoStream::choice(&std::io::stdout()) {
        ColorChoice::Never => Colors::No,
        ColorChoice::Auto | ColorChoice::AlwaysAnsi | ColorChoice::Always => Colors::Yes,
    };
    Screen::Terminal(coordination_ledger::tui::run, colors)
}

#[cfg(not(feature = "tui"))]
fn screen() -> Screen {
    Screen::NotBuilt
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that looks at the world")]
fn ci() -> Ci {
    let told = |name: &str| std::env::var(name).ok();
    let event = told("GITHUB_EVENT_PATH").and_then(|path| github_event(Path::new(&path))).unwrap_or_default();
    let of_event = |place: &str| event.pointer(place)?.as_str().map(str::to_owned);
    Ci {
        github_base: told("GITHUB_BASE_REF"),
        gitlab_base: told("CI_MERGE_REQUEST_DIFF_BASE_SHA"),
        gitlab_target: told("CI_MERGE_REQUEST_TARGET_BRANCH_NAME"),
        group_base: of_event("/merge_group/base_sha"),
        before: told("CI_COMMIT_BEFORE_SHA").or_else(|| of_event("/before")),
        branch: told("CI_COMMIT_BRANCH").or_else(|| told("GITHUB_REF_NAME")),
        default_branch: told("CI_DEFAULT_BRANCH").or_else(|| of_event("/repository/default_branch")),
    }
}

/// The clock's reading; the beginning of 1970 where it says that this is before that.
#[expect(clippy::disallowed_methods, reason = "this is the one place that looks at the clock")]
fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// What GitHub tells of the event that a job is about.
fn github_event(path: &Path) -> Option<serde_json::Value> {
    const EVENT_BYTES_MAX: u64 = 25 * 1024 * 1024;
    let mut text = String::new();
    std::fs::File::open(path).ok()?.take(EVENT_BYTES_MAX).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
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

/// Has a text shown by a command line that the person chose. Whether it is read to its end is up to them.
fn pager(command: &str, colors: ColorChoice, text: &[u8]) -> std::io::Result<()> {
    let keeps_colors = match colors {
        ColorChoice::Auto => AutoStream::choice(&std::io::stdout()) != ColorChoice::Never,
        ColorChoice::Always | ColorChoice::AlwaysAnsi => true,
        ColorChoice::Never => false,
    };
    let plain = anstream::adapter::strip_bytes(text);
    let text = if keeps_colors { text.to_vec() } else { plain.into_vec() };
    let mut pager = Command::new("sh");
    pager.args(["-c", command]).stdin(Stdio::piped());
    // As git does: with colours, and gone where the text fits on the screen.
    for (name, value) in [("LESS", "FRX"), ("LV", "-c")] {
        if told(name).is_none() {
            pager.env(name, value);
        }
    }
    let show = || {
        let mut pager = pager.spawn()?;
        // Who has seen enough goes away.
        let _ = pager.stdin.take().map(|mut stdin| stdin.write_all(&text));
        pager.wait()
    };
    found(leaving_keys_to_it(show)?).map(|_| ())
}

/// Texts to be edited: on a terminal that can show an editor.
fn drafts() -> Option<Drafts> {
    let can_show = told("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    let is_there = std::io::stdin().is_terminal() && std::io::stdout().is_terminal();
    (can_show && is_there).then_some(Drafts { begin, edit, discard })
}

fn begin(text: &str) -> std::io::Result<PathBuf> {
    let mut file = tempfile::Builder::new().prefix("ledger-").suffix(".md").tempfile()?;
    file.write_all(text.as_bytes())?;
    Ok(file.into_temp_path().keep()?)
}

fn edit(command: &str, file: &Path) -> std::io::Result<()> {
    let mut editor = Command::new("sh");
    editor.args(["-c", &format!("{command} \"$@\""), command]).arg(file);
    let status = found(leaving_keys_to_it(|| editor.status())?)?;
    if status.success() { Ok(()) } else { Err(std::io::Error::other(format!("it ended with {status}"))) }
}

#[expect(clippy::disallowed_methods, reason = "the draft is a file of the person's own, outside of any ledger")]
fn discard(file: &Path) {
    let _ = std::fs::remove_file(file);
}

/// What the shell says of a program that is not there.
fn found(status: ExitStatus) -> std::io::Result<ExitStatus> {
    const NOT_FOUND: i32 = 127;
    match status.code() {
        Some(NOT_FOUND) => Err(std::io::Error::new(std::io::ErrorKind::NotFound, "there is no such program")),
        Some(_) | None => Ok(status),
    }
}

/// Runs a program that has the terminal to itself: an interrupt from the keyboard, which every process on the terminal gets,
/// is that program's to handle until it ends.
fn leaving_keys_to_it<T>(run: impl FnOnce() -> T) -> T {
    /// Whether an interrupt does here what it does to everybody else. A program that is started has no handlers of ours.
    static IS_OURS: OnceLock<Arc<AtomicBool>> = OnceLock::new();
    let is_ours = IS_OURS.get_or_init(|| {
        let is_ours = Arc::new(AtomicBool::new(true));
        for signal in [SIGINT, SIGQUIT] {
            // Where it can't be had, the signal ends this program, and the other one goes on alone.
            let _ = signal_hook::flag::register_conditional_default(signal, Arc::clone(&is_ours));
        }
        is_ours
    });
    is_ours.store(false, Ordering::SeqCst);
    let ended = run();
    is_ours.store(true, Ordering::SeqCst);
    ended
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that looks at the world")]
fn told(name: &str) -> Option<std::ffi::OsString> {
    std::env::var_os(name)
}
