//! A ledger in a folder, and the program run on it within this process.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use coordination_ledger::cli::environment::Screen;
use coordination_ledger::cli::exit::Exit;
use coordination_ledger::cli::{self, Environment};
use coordination_ledger::domain::time::Timestamp;
use coordination_ledger::store::fs::disk::Disk;

use crate::found::Found;
use crate::trial::{TrialDisk, power, quick_folder};

/// Noon of 2026-11-20.
const NOON_MS: i64 = 1_795_176_000_000;

thread_local! {
    static DISK: RefCell<Option<TrialDisk>> = const { RefCell::new(None) };
    static SAID: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A folder with a ledger, or one for a ledger.
pub(crate) struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    pub(crate) fn empty() -> Self {
        Self { folder: quick_folder() }
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn copy(&self) -> Self {
        let copy = Self::empty();
        power::copy(self.root(), copy.root());
        copy
    }

    /// Runs a command on a disk that works and doesn't wait. Its words are parted by blanks; `_` stands for a blank in a
    /// word, and `<NAME` for what is in a file.
    pub(crate) fn run(&self, line: &str) -> Exit {
        self.run_on(&TrialDisk::default(), line)
    }

    pub(crate) fn run_on(&self, disk: &TrialDisk, line: &str) -> Exit {
        let _apart = Apart::of(line);
        DISK.set(Some(disk.clone()));
        SAID.take();
        let words = line.split(' ').map(|word| match word.strip_prefix('<') {
            Some(name) => std::fs::read_to_string(self.root().join(name)).unwrap(),
            None => word.replace('_', " "),
        });
        let arguments: Vec<OsString> = std::iter::once("ledger".to_owned()).chain(words).map(OsString::from).collect();
        let exit = cli::run(&arguments, &environment(self.root()));
        DISK.set(None);
        exit
    }

    /// What the last command printed.
    pub(crate) fn said(&self) -> String {
        SAID.with_borrow(|said| String::from_utf8_lossy(said).into_owned())
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        std::fs::write(self.root().join(name), text).unwrap();
    }

    /// A key to sign with, in a file that only its owner reads, and its public half.
    pub(crate) fn make_key(&self, name: &str) {
        let _apart = Apart::of("--sign");
        let mut keygen = std::process::Command::new("ssh-keygen");
        keygen.args(["-q", "-t", "ed25519", "-N", "", "-C", "mia", "-f"]).arg(self.root().join(name));
        assert!(keygen.status().unwrap().success(), "ssh-keygen");
    }

    /// Does what the docs say mends writes that were cut short: the doctor's mending, and the same registration again.
    pub(crate) fn mend(&self, line: &str) {
        if self.run("verify") == Exit::Done {
            return;
        }
        assert_eq!(self.run("doctor --fix --quiet"), Exit::Done, "{}", self.said());
        if self.run("verify") != Exit::Done && self.said().contains("version-unregistered") {
            assert_eq!(self.run(line), Exit::Done, "{line}: {}", self.said());
        }
    }

    /// Packets, versions, events, checkpoints and their signatures, as a reader of the files finds them.
    pub(crate) fn found(&self) -> Found {
        Found::below(self.root())
    }
}

/// Keeps commands that start other programs apart from all others. Here all run in one process, and a program that is
/// being started has for a moment whatever the process has open: a lock that another thread lets go of then stays held.
enum Apart {
    Alone(#[expect(dead_code, reason = "it is held")] RwLockWriteGuard<'static, ()>),
    Among(#[expect(dead_code, reason = "it is held")] RwLockReadGuard<'static, ()>),
}

impl Apart {
    /// OpenSSH is asked by whoever signs or verifies, git by these.
    fn of(line: &str) -> Self {
        static RUNNING: RwLock<()> = RwLock::new(());
        const STARTING: [&str; 9] =
            ["doctor", "verify", "claim", "heartbeat", "sync", "ids", "setup-git", "repair-merge", "resolve-id"];
        let starts = STARTING.iter().any(|name| line.starts_with(name)) || line.contains("--sign");
        // A test that failed has left nothing half done here.
        if starts {
            Self::Alone(RUNNING.write().unwrap_or_else(PoisonError::into_inner))
        } else {
            Self::Among(RUNNING.read().unwrap_or_else(PoisonError::into_inner))
        }
    }
}

fn environment(root: &Path) -> Environment {
    Environment {
        folder: root.to_owned(),
        root: None,
        actor: Some("mia".into()),
        variable: |_| None,
        git_email: |_| None,
        disk: |root| {
            let disk = DISK.with_borrow(|disk| disk.clone().expect("a command has a disk"));
            Ok::<Arc<dyn Disk>, _>(disk.beneath(root))
        },
        stdout: |_| Box::new(Said),
        stderr: |_| Box::new(Said),
        drafts: None,
        pager: |_, _, _| Ok(()),
        stdin: || Box::new(std::io::empty()),
        width: None,
        screen: Screen::NoTerminal,
        err_is_terminal: false,
        program: Some("/usr/bin/ledger".into()),
        ci: Default::default,
        now: || {
            static MS: AtomicI64 = AtomicI64::new(NOON_MS);
            Timestamp::from_unix_ms(MS.fetch_add(1, Ordering::Relaxed))
        },
        random: |bytes| getrandom::fill(bytes).unwrap(),
        abort: None,
    }
}

/// Keeps what is printed, for messages of failing tests.
struct Said;

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        SAID.with_borrow_mut(|said| said.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
