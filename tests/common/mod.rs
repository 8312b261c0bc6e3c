//! A place to try the program in: a temporary folder, a shell without the machine's settings, and transcripts of what
//! commands print.
//!
//! - [`crate::transcript!`] runs the lines of an inline snapshot that begin with `$ ` and compares everything that they print.
//! - [`redact`] takes out of a text what differs from one run to the next: times, hashes, identities, places.

#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

pub(crate) mod layout;
pub(crate) mod old;
pub(crate) mod redact;
pub(crate) mod terminal;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use coordination_ledger::domain::time::Timestamp;
use tempfile::TempDir;

/// Runs the commands of an inline snapshot in a sandbox and compares the whole transcript with it.
///
/// A line that begins with `$ ` is run by the shell; a line that begins with `# ` is a remark. What goes to stderr is
/// marked with `! `, an exit status other than 0 stands in brackets.
#[macro_export]
macro_rules! transcript {
    ($sandbox:expr, @$text:literal) => {
        insta::assert_snapshot!($sandbox.play($text), @$text)
    };
}

/// A temporary folder with a shell in it.
pub(crate) struct Sandbox {
    folder: TempDir,
}

impl Sandbox {
    /// A folder without a ledger.
    pub(crate) fn empty() -> Self {
        keep_clear_of_midnight();
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("home")).unwrap();
        std::fs::create_dir(folder.path().join("work")).unwrap();
        Self { folder }
    }

    /// A folder with a ledger.
    pub(crate) fn new() -> Self {
        let sandbox = Self::empty();
        sandbox.run("ledger init --name acme");
        sandbox
    }

    /// A ledger with a bug, `REQ-…-0001`, that was made with the key `k1`.
    pub(crate) fn with_bug() -> Self {
        let sandbox = Self::new();
        sandbox.bug("Totals are wrong", "--key k1");
        sandbox
    }

    /// Where the ledger is.
    pub(crate) fn root(&self) -> PathBuf {
        self.folder.path().join("work")
    }

    /// A path below the root; `TODAY` in it stands for the day.
    pub(crate) fn path(&self, below: &str) -> PathBuf {
        self.root().join(below.replace("TODAY", &today()))
    }

    /// Makes a bug and returns its id.
    pub(crate) fn bug(&self, title: &str, options: &str) -> String {
        let command = format!(
            "ledger new --title '{title}' --from shop --to billing --type bug --set details.impact=all {options} -q"
        );
        self.run(&command).trim().to_owned()
    }

    /// The program, with nothing of the machine's settings.
    pub(crate) fn ledger(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
        self.isolate(&mut command);
        command
    }

    /// Runs one line in the shell, which must succeed, and returns its stdout.
    pub(crate) fn run(&self, line: &str) -> String {
        let assert = self.command(line).assert().success();
        String::from_utf8(assert.get_output().stdout.clone()).unwrap()
    }

    /// Runs one line in the shell and returns what it prints as JSON on stdout.
    pub(crate) fn json(&self, line: &str) -> serde_json::Value {
        let output = self.shell(line);
        serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("$ {line}\n{error}"))
    }

    /// Runs one line in the shell.
    pub(crate) fn shell(&self, line: &str) -> Output {
        self.command(line).output().unwrap()
    }

    fn command(&self, line: &str) -> assert_cmd::Command {
        let mut command = Command::new("sh");
        command.args(["-c", line]);
        self.isolate(&mut command);
        assert_cmd::Command::from_std(command)
    }

    /// Plays the commands of a transcript and writes a new one.
    pub(crate) fn play(&self, script: &str) -> String {
        let mut transcript = String::new();
        for line in script.lines().map(str::trim_start) {
            if line.starts_with("# ") {
                transcript.push_str(&format!("{line}\n"));
            }
            let Some(typed) = line.strip_prefix("$ ") else { continue };
            let output = self.shell(typed);
            transcript.push_str(&format!("$ {typed}\n"));
            transcript.push_str(&layout::lines(&self.redacted(&output.stdout), ""));
            transcript.push_str(&layout::lines(&self.redacted(&output.stderr), "! "));
            match output.status.code() {
                Some(0) => {}
                Some(status) => transcript.push_str(&format!("[exit {status}]\n")),
                None => transcript.push_str(&format!("[{}]\n", output.status)),
            }
        }
        transcript
    }

    /// A text of the program without what differs from one run to the next.
    pub(crate) fn redacted(&self, text: &[u8]) -> String {
        redact::redact(&String::from_utf8_lossy(text), self.folder.path())
    }

    /// What the ledger's own files hold: changes when any of them does.
    pub(crate) fn fingerprint(&self) -> String {
        self.run("find coordination -path coordination/.local -prune -o -type f -print0 | sort -z | xargs -0 sha256sum")
    }

    /// Copies the ledger without its local folder, as a clone does.
    pub(crate) fn clone_to(&self, name: &str) {
        self.run(&format!(
            "mkdir ../{name} && cp -a coordination schemas ../{name}/ && rm -rf ../{name}/coordination/.local"
        ));
    }

    fn isolate(&self, command: &mut Command) {
        let programs = Path::new(env!("CARGO_BIN_EXE_ledger")).parent().unwrap();
        let path = format!("{}:/usr/local/bin:/usr/bin:/bin", programs.display());
        command.current_dir(self.root()).env_clear();
        command.env("PATH", path).env("HOME", self.folder.path().join("home")).env("LC_ALL", "C.UTF-8");
        // A file of its own, which tests may write to.
        command.env("GIT_CONFIG_GLOBAL", self.folder.path().join("home/.gitconfig"));
        command.env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.env("GIT_CEILING_DIRECTORIES", self.folder.path());
        command.env("LEDGER_ACTOR", "alice").env("TODAY", today()).env("MMDD", &today()[4..]);
    }
}

/// Now, by the machine's clock.
pub(crate) fn now() -> Timestamp {
    Timestamp::from_unix_ms(chrono::Utc::now().timestamp_millis())
}

/// Today as it stands in ids.
pub(crate) fn today() -> String {
    now().day().to_string()
}

/// A day's numbers begin anew at midnight, UTC; a test that sees it would be a different story.
fn keep_clear_of_midnight() {
    const MARGIN_MS: i64 = 20_000;
    const DAY_MS: i64 = 86_400_000;
    let left = DAY_MS - now().unix_ms() % DAY_MS;
    if left < MARGIN_MS {
        std::thread::sleep(Duration::from_millis(left.unsigned_abs() + 100));
    }
}
