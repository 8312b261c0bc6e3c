//! A ledger in a folder, and the program run on it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// A folder with a ledger that has one request, `REQ-…-0001`, made with the key `one`.
pub(crate) struct Place {
    folder: TempDir,
}

/// How a command ended: its status, `None` if it was killed; and what it said.
pub(crate) struct Ended {
    pub(crate) status: Option<i32>,
    pub(crate) said: String,
}

pub(crate) const NEW: &str = "new --title T --from shop --to billing --type bug --set details.impact=x";

impl Place {
    pub(crate) fn new() -> Self {
        Self::within(tempfile::tempdir().unwrap())
    }

    /// The same in memory, where there is such a place: for those who try much and wait for no disk.
    pub(crate) fn quick() -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self::within(folder.unwrap())
    }

    /// What is in a folder.
    pub(crate) fn at(folder: TempDir) -> Self {
        Self { folder }
    }

    pub(crate) fn within(folder: TempDir) -> Self {
        let place = Self::at(folder);
        for line in ["init --name acme", &format!("{NEW} --key one")] {
            let ended = place.run(line);
            assert_eq!(ended.status, Some(0), "{line}: {}", ended.said);
        }
        place
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    /// Runs git, which must be content, with nothing of the machine's settings.
    #[track_caller]
    pub(crate) fn git(&self, arguments: &[&str]) {
        let mut git = Command::new("git");
        git.current_dir(self.root()).args(arguments);
        git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
        let output = git.output().unwrap();
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Another with the same files, beside it.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self { folder: tempfile::tempdir_in(self.root().parent().unwrap()).unwrap() };
        let status = Command::new("cp").arg("-a").arg(self.root().join(".")).arg(copy.root()).status().unwrap();
        assert!(status.success());
        copy
    }

    /// Leaves something behind for the doctor: the end of a line, a wrong index, no cache.
    pub(crate) fn hurt(&self) {
        use std::io::Write;
        for path in self.files().iter().filter(|path| path.extension().is_some_and(|extension| extension == "jsonl")) {
            let mut log = std::fs::OpenOptions::new().append(true).open(path).unwrap();
            log.write_all(b"{\"format\":1,\"str").unwrap();
        }
        std::fs::write(self.root().join("coordination/index.json"), "{}").unwrap();
        std::fs::write(self.root().join("coordination/.local/cache.sqlite"), "no database").unwrap();
    }

    /// A command whose words are parted by blanks, not started yet.
    pub(crate) fn command(&self, line: &str) -> Command {
        self.set_up(Command::new(assert_cmd::cargo::cargo_bin!("ledger")), line)
    }

    /// The same by way of another program, whose last argument is the ledger's.
    pub(crate) fn through(&self, mut program: Command, line: &str) -> Command {
        program.arg(assert_cmd::cargo::cargo_bin!("ledger"));
        self.set_up(program, line)
    }

    pub(crate) fn set_up(&self, mut command: Command, line: &str) -> Command {
        command.args(line.split(' ')).current_dir(self.root()).env("LEDGER_ACTOR", "mia").env_remove("LEDGER_ROOT");
        command.stdin(std::process::Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ended {
        Ended::of(&self.command(line).output().unwrap())
    }

    #[track_caller]
    pub(crate) fn ok(&self, line: &str, context: &str) {
        let ended = self.run(line);
        assert_eq!(ended.status, Some(0), "{line}, {context}: {}", ended.said);
    }

    /// The lines of all logs, and the packets, as they stand there.
    pub(crate) fn things(&self) -> BTreeSet<String> {
        let mut things = BTreeSet::new();
        for path in self.files() {
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if path.extension().is_some_and(|extension| extension == "jsonl") {
                things.extend(text.lines().filter(|line| line.ends_with("\"}")).map(str::to_owned));
            } else {
                things.insert(format!("{} {text}", path.file_name().unwrap().to_str().unwrap()));
            }
        }
        things
    }

    fn files(&self) -> Vec<PathBuf> {
        let places = ["coordination/requests", "coordination/events", "schemas/contracts"];
        let entries = places.iter().map(|place| self.root().join(place)).filter(|place| place.is_dir());
        let entries = entries.flat_map(walkdir::WalkDir::new).map(Result::unwrap);
        entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
    }
}

impl Ended {
    pub(crate) fn of(output: &Output) -> Self {
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        Self { status: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
    }
}
