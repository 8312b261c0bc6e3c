//! A bare repository and clones of it, with the program and git run in them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

/// A bare repository, `hub.git`, and its clones.
pub(crate) struct Clones {
    folder: TempDir,
}

/// How a command ended: its status, and what it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ended {
    pub(crate) fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Self { status: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }

    /// What is on stdout, as JSON's `data`.
    #[track_caller]
    pub(crate) fn data(&self) -> Value {
        let value: Value = serde_json::from_str(&self.out).unwrap_or_else(|bad| panic!("{bad}: {self:?}"));
        value["data"].clone()
    }

    /// The code of the error on stderr.
    #[track_caller]
    pub(crate) fn code(&self) -> String {
        let last = self.err.lines().rev().find_map(|line| serde_json::from_str::<Value>(line).ok());
        last.and_then(|last| Some(last["error"]["code"].as_str()?.to_owned())).unwrap_or_else(|| panic!("{self:?}"))
    }

    #[track_caller]
    pub(crate) fn ok(self) -> Self {
        assert_eq!(self.status, Some(0), "{self:?}");
        self
    }
}

impl Clones {
    /// A bare repository with nothing in it.
    pub(crate) fn none() -> Self {
        Self::of_format("sha1")
    }

    pub(crate) fn of_format(format: &str) -> Self {
        let clones = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(
            clones.folder.path().join("gitconfig"),
            "[user]\n\tname = mia\n\temail = mia@example.org\n[init]\n\tdefaultBranch = main\n[protocol \"file\"]\n\tallow = always\n",
        )
        .unwrap();
        clones
            .git_in(clones.folder.path(), &["init", "-q", "--bare", &format!("--object-format={format}"), "hub.git"])
            .ok();
        clones
    }

    /// A bare repository with a ledger of one request, `key:first`, and clones of it.
    pub(crate) fn new(names: &[&str]) -> Self {
        let clones = Self::none();
        clones.clone_as("founder");
        clones.ledger("founder", &["init", "--name", "acme"]).ok();
        clones.bug("founder", "first");
        clones.sync("founder").ok();
        for name in names {
            clones.clone_as(name);
        }
        clones
    }

    /// The folder stays when they are gone.
    pub(crate) fn keep(&mut self) {
        self.folder.disable_cleanup(true);
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn path(&self, clone: &str) -> PathBuf {
        self.folder.path().join(clone)
    }

    pub(crate) fn clone_as(&self, name: &str) {
        self.git_in(self.folder.path(), &["clone", "-q", "hub.git", name]).ok();
    }

    /// A command with nothing of the machine's settings.
    pub(crate) fn isolated(&self, mut command: Command) -> Command {
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("GIT_") || name.to_string_lossy().starts_with("LEDGER_") {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.folder.path()).env("LEDGER_ACTOR", "mia");
        command.env("GIT_CONFIG_GLOBAL", self.folder.path().join("gitconfig")).env("GIT_CONFIG_SYSTEM", "/dev/null");
        command
    }

    pub(crate) fn git_in(&self, folder: &Path, arguments: &[&str]) -> Ended {
        let mut command = self.isolated(Command::new("git"));
        Ended::of(&command.current_dir(folder).args(arguments).output().unwrap())
    }

    pub(crate) fn git(&self, clone: &str, arguments: &[&str]) -> Ended {
        self.git_in(&self.path(clone), arguments)
    }

    pub(crate) fn command(&self, clone: &str, arguments: &[&str]) -> Command {
        let mut command = self.isolated(Command::new(assert_cmd::cargo::cargo_bin!("ledger")));
        command.current_dir(self.path(clone)).args(arguments);
        command
    }

    pub(crate) fn ledger(&self, clone: &str, arguments: &[&str]) -> Ended {
        Ended::of(&self.command(clone, arguments).output().unwrap())
    }

    /// `ledger sync --json`.
    pub(crate) fn sync(&self, clone: &str) -> Ended {
        self.ledger(clone, &["sync", "--json"])
    }

    /// Makes a bug with a key, which is its title too; answers with its id.
    #[track_caller]
    pub(crate) fn bug(&self, clone: &str, key: &str) -> String {
        self.made(clone, key, &[])
    }

    #[track_caller]
    pub(crate) fn made(&self, clone: &str, key: &str, more: &[&str]) -> String {
        let plain = ["new", "-q", "--title", key, "--key", key, "--from", "shop", "--to", "billing", "--type", "bug"];
        let all = [&plain, ["--set", "details.impact=x"].as_slice(), more].concat();
        self.ledger(clone, &all).ok().out.trim().to_owned()
    }

    #[track_caller]
    pub(crate) fn note(&self, clone: &str, request: &str, text: &str) {
        self.ledger(clone, &["note", request, "--text", text, "--key", text]).ok();
    }

    /// The id of the request with this key.
    #[track_caller]
    pub(crate) fn id(&self, clone: &str, key: &str) -> String {
        let shown = self.ledger(clone, &["show", &format!("key:{key}"), "--json"]).ok();
        shown.data()["id"].as_str().unwrap().to_owned()
    }

    /// Every file of the ledger that clones hand on, with its bytes.
    pub(crate) fn files(&self, clone: &str) -> BTreeMap<String, Vec<u8>> {
        let root = self.path(clone);
        let mut files = BTreeMap::new();
        for folder in ["coordination", "schemas"] {
            for entry in walkdir::WalkDir::new(root.join(folder)).into_iter().flatten() {
                let path = entry.path().strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                let is_local = path.starts_with("coordination/.local") || path == "coordination/index.json";
                if entry.file_type().is_file() && !is_local {
                    files.insert(path, std::fs::read(entry.path()).unwrap());
                }
            }
        }
        files
    }

    /// That all of these clones hold the same, and that nothing is wrong with it.
    #[track_caller]
    pub(crate) fn assert_alike(&self, clones: &[&str]) {
        self.assert_same(clones);
        for clone in clones {
            self.ledger(clone, &["verify"]).ok();
        }
    }

    /// That all of these clones hold the same.
    #[track_caller]
    pub(crate) fn assert_same(&self, clones: &[&str]) {
        let first = self.files(clones[0]);
        for clone in clones {
            let files = self.files(clone);
            let unlike: Vec<&String> =
                files.keys().chain(first.keys()).filter(|path| files.get(*path) != first.get(*path)).collect();
            assert!(unlike.is_empty(), "{} and {clone} differ in {unlike:?}", clones[0]);
        }
    }

    /// That git sees nothing to commit.
    #[track_caller]
    pub(crate) fn assert_clean(&self, clone: &str) {
        let status = self.git(clone, &["status", "--porcelain"]).ok();
        assert_eq!(status.out, "", "{clone}");
    }
}
