//! A ledger in a folder of its own, and the program run in this process.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use coordination_ledger::cli::environment::{Environment, Screen};
use coordination_ledger::cli::exit::Exit;
use coordination_ledger::domain::time::Timestamp;
use coordination_ledger::store::fs::disk::{Disk, RealDisk, Way};
use proptest::sample::Index;
use tempfile::TempDir;

/// 2026-11-20T12:00:00Z.
const NOON_MS: i64 = 1_795_176_000_000;

thread_local! {
    static SAID: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A ledger.
pub(crate) struct Place {
    folder: TempDir,
    root: PathBuf,
    pub(crate) ids: Vec<String>,
}

impl Place {
    pub(crate) fn new() -> Self {
        let place = Self::empty(Vec::new());
        assert_eq!(place.run(&["init", "--name", "x"]).0, Exit::Done);
        place
    }

    fn empty(ids: Vec<String>) -> Self {
        let folder = TempDir::new().unwrap();
        let root = folder.path().canonicalize().unwrap().join("ledger");
        std::fs::create_dir(&root).unwrap();
        Self { folder, root, ids }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn local(&self, name: &str) -> PathBuf {
        self.root.join("coordination/.local").join(name)
    }

    pub(crate) fn packet(&self, id: &str) -> PathBuf {
        self.root.join(format!("coordination/requests/{id}.json"))
    }

    pub(crate) fn log(&self, id: &str) -> PathBuf {
        self.root.join(format!("coordination/events/{id}.jsonl"))
    }

    pub(crate) fn choose(&self, index: Index) -> Option<String> {
        (!self.ids.is_empty()).then(|| self.ids[index.index(self.ids.len())].clone())
    }

    /// Runs a command; answers with how it ended and what it printed on both streams.
    pub(crate) fn run(&self, line: &[&str]) -> (Exit, String) {
        SAID.with_borrow_mut(Vec::clear);
        let arguments: Vec<OsString> = ["ledger"].iter().chain(line).map(OsString::from).collect();
        let exit = coordination_ledger::cli::run(&arguments, &environment(&self.root));
        (exit, SAID.with_borrow(|said| String::from_utf8_lossy(said).into_owned()))
    }

    /// Makes a request; a refusal is as good.
    pub(crate) fn new_request(&mut self, arguments: &[String]) {
        let mut line: Vec<&str> = arguments.iter().map(String::as_str).collect();
        line.push("-q");
        let (exit, said) = self.run(&line);
        if exit == Exit::Done {
            self.ids.push(said.lines().next().unwrap_or_default().to_owned());
        }
    }

    /// A copy of its files without what is local.
    pub(crate) fn without_local(&self) -> Self {
        let copy = Self::empty(self.ids.clone());
        copy_all(&self.root, &copy.root, &|name| name != ".local");
        copy
    }

    /// A copy of all of it, also of what is local.
    pub(crate) fn copied(&self) -> Self {
        let copy = Self::empty(self.ids.clone());
        copy_all(&self.root, &copy.root, &|_| true);
        copy
    }

    /// Moves in where another one is.
    pub(crate) fn take_over(&mut self, other: Self) {
        *self = other;
        let _ = &self.folder;
    }
}

fn copy_all(from: &Path, to: &Path, wanted: &dyn Fn(&str) -> bool) {
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if !wanted(name.to_str().unwrap()) {
            continue;
        }
        let target = to.join(&name);
        if entry.file_type().unwrap().is_dir() {
            std::fs::create_dir_all(&target).unwrap();
            copy_all(&entry.path(), &target, wanted);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
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
        disk: |root| Ok::<Arc<dyn Disk>, _>(Arc::new(RealDisk::at(root, Way::Native)?)),
        stdout: |_| Box::new(Said),
        stderr: |_| Box::new(Said),
        drafts: None,
        pager: |_, _, _| Ok(()),
        stdin: || Box::new(std::io::empty()),
        width: None,
        screen: Screen::NoTerminal,
        err_is_terminal: false,
        program: None,
        ci: Default::default,
        now: || {
            static MS: AtomicI64 = AtomicI64::new(NOON_MS);
            Timestamp::from_unix_ms(MS.fetch_add(1, Ordering::Relaxed))
        },
        random: |bytes| getrandom::fill(bytes).unwrap(),
        abort: None,
    }
}

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
