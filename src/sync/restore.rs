//! How a file comes back: the command that whoever reads it can run where they are, told only where git has the file.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::{Mutex, PoisonError};

use super::standing::ask;
use super::whole;
use crate::registry::git;
use crate::store::fs::carried::CarriedFile;

/// Of how many files it is looked which commit has them whole; of more the newest commit is told.
const GONE_THROUGH_MAX: usize = 64;
/// What to do where git does not have a file.
pub const ELSEWHERE: &str = "restore it from a copy, or from another clone";

/// Tells how files of one ledger come back.
pub struct Restoring {
    /// The folder in which commands will be run.
    here: PathBuf,
    /// The folder of the ledger.
    root: PathBuf,
    git: Mutex<Git>,
}

/// What git was asked so far.
#[derive(Default)]
enum Git {
    #[default]
    Unasked,
    /// There is none, no repository, or no commit.
    Absent,
    Here {
        newest: Newest,
        from: BTreeMap<PathBuf, From>,
        /// How many histories of files were gone through.
        gone_through: usize,
    },
}

/// From where a file comes back.
#[derive(Clone, PartialEq, Eq)]
enum From {
    /// A commit that has it whole.
    Commit(String),
    /// It is on record, and as far as was looked nowhere whole.
    NowhereWhole,
    /// It is not on record.
    Elsewhere,
}

impl std::fmt::Debug for Restoring {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Restoring").field("here", &self.here).field("root", &self.root).finish_non_exhaustive()
    }
}

impl Restoring {
    /// For whoever is in the folder `here`, of the ledger in `root`.
    #[must_use]
    pub fn new(here: &Path, root: &Path) -> Self {
        Self { here: here.to_owned(), root: root.to_owned(), git: Mutex::default() }
    }

    /// What brings a file or folder back: the command, if a commit has it. Of packets and logs that is one which has it
    /// whole: what was edited may be on record by now.
    #[must_use]
    pub fn newest(&self, file: &Path) -> String {
        match self.whence(file) {
            From::Commit(commit) => self.back(&commit, file),
            From::NowhereWhole => {
                let (git, word) = (self.git(), self.word(file));
                format!("no commit was found that has it whole: see {git} log -p -- {word}, or {ELSEWHERE}")
            }
            From::Elsewhere => ELSEWHERE.to_owned(),
        }
    }

    /// The command that brings a file back which somebody removed; `None` if no commit has it.
    #[must_use]
    pub fn removed(&self, file: &Path) -> Option<String> {
        match self.whence(file) {
            From::Commit(commit) => Some(self.from(&commit, file)),
            From::NowhereWhole | From::Elsewhere => None,
        }
    }

    /// What brings a file back from a commit that has it whole, and keeps what was written to it since.
    #[must_use]
    pub fn back(&self, commit: &str, file: &Path) -> String {
        if self.has_lines(file) { self.put_back(commit, file) } else { self.from(commit, file) }
    }

    fn put_back(&self, commit: &str, log: &Path) -> String {
        let word = self.word(log);
        let steps = format!("git show {commit}:./{word} >> {word} && ledger repair-merge");
        let there = if self.here == self.root { steps } else { format!("(cd {} && {steps})", quoted(&self.root)) };
        format!("put back what it lacks: {there}")
    }

    /// Whether this is a log in which something stands: what was written since any commit must not go.
    fn has_lines(&self, file: &Path) -> bool {
        let inside = self.inside(file);
        let is_log =
            inside.to_str().and_then(CarriedFile::parse).is_some_and(|file| matches!(file, CarriedFile::Log(_)));
        let facts = || self.root.join(inside).symlink_metadata();
        is_log && facts().is_ok_and(|facts| facts.is_file() && facts.len() > 0)
    }

    /// What brings a file or folder back from a commit that has it.
    #[must_use]
    pub fn from(&self, commit: &str, file: &Path) -> String {
        format!("restore it: {} checkout {commit} -- {}", self.git(), self.word(file))
    }

    /// The ledger's folder, for whoever is in another one.
    #[must_use]
    pub fn elsewhere(&self) -> Option<&Path> {
        (self.here != self.root).then_some(self.root.as_path())
    }

    /// The `git` that works on this ledger's repository.
    #[must_use]
    pub fn git(&self) -> String {
        if self.here == self.root { "git".to_owned() } else { format!("git -C {}", quoted(&self.root)) }
    }

    /// A path as that `git` takes it.
    #[must_use]
    pub fn word(&self, file: &Path) -> String {
        quoted(self.inside(file))
    }

    fn inside<'a>(&self, file: &'a Path) -> &'a Path {
        file.strip_prefix(&self.root).unwrap_or(file)
    }

    fn whence(&self, file: &Path) -> From {
        let inside = self.inside(file);
        let Some(name) = inside.to_str().filter(|name| inside.is_relative() && !name.contains('\n')) else {
            return From::Elsewhere;
        };
        let mut git = self.git.lock().unwrap_or_else(PoisonError::into_inner);
        if let Git::Unasked = *git {
            *git = Newest::open(&self.root).map_or(Git::Absent, |newest| Git::Here {
                newest,
                from: BTreeMap::new(),
                gone_through: 0,
            });
        }
        let Git::Here { newest, from, gone_through } = &mut *git else { return From::Elsewhere };
        if let Some(known) = from.get(inside) {
            return known.clone();
        }
        let whence = match CarriedFile::parse(name) {
            Some(file @ (CarriedFile::Packet(_) | CarriedFile::Log(_))) if *gone_through < GONE_THROUGH_MAX => {
                let found = whole::newest(&self.root, &file);
                *gone_through += 1;
                found.map_or_else(|| if newest.has(name) { From::NowhereWhole } else { From::Elsewhere }, From::Commit)
            }
            Some(_) | None if newest.has(name) => From::Commit("HEAD".to_owned()),
            Some(_) | None => From::Elsewhere,
        };
        from.insert(inside.to_owned(), whence.clone());
        whence
    }
}

/// `git cat-file --batch-check`, asked of one name after the other: there may be many.
struct Newest {
    child: Child,
    asking: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Newest {
    /// `None` if there is no commit to ask for.
    fn open(root: &Path) -> Option<Self> {
        // In a time that is bounded: whatever is wrong with a repository shows here.
        ask(root, &["rev-parse", "--verify", "--quiet", "HEAD^{commit}"]).filter(|answer| answer.status == Some(0))?;
        let mut command = git::command(root);
        command.args(["cat-file", "--batch-check"]).stdin(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let asking = child.stdin.take();
        let answers = BufReader::new(child.stdout.take()?);
        Some(Self { child, asking, answers })
    }

    fn has(&mut self, name: &str) -> bool {
        let mut answer = String::new();
        let asked = self.asking.as_mut().and_then(|asking| {
            writeln!(asking, "HEAD:./{name}").and_then(|()| asking.flush()).ok()?;
            self.answers.read_line(&mut answer).ok()
        });
        // A hash, a kind and a size; or the name again and that it is missing.
        let kind = answer.trim_end().rsplit(' ').nth(1);
        asked.is_some() && matches!(kind, Some("blob" | "tree"))
    }
}

impl Drop for Newest {
    fn drop(&mut self) {
        // Its input ends, and so does it.
        self.asking = None;
        let _ = self.child.wait();
    }
}

/// A path as a word of a shell.
#[must_use]
pub fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let is_plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_./".contains(&byte));
    if is_plain && !text.is_empty() { text } else { format!("'{}'", text.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_one_word_of_a_shell() {
        assert_eq!(quoted(Path::new("/a/b-1.json")), "/a/b-1.json");
        assert_eq!(quoted(Path::new("/a b/it's")), "'/a b/it'\\''s'");
    }

    #[test]
    fn elsewhere_than_in_the_ledgers_folder_git_is_led_there() {
        let (root, file) = (Path::new("/a b/c"), Path::new("/a b/c/coordination/ledger.json"));
        let from = |here: &str| Restoring::new(Path::new(here), root).from("HEAD~1", file);
        assert_eq!(from("/a b/c"), "restore it: git checkout HEAD~1 -- coordination/ledger.json");
        assert_eq!(from("/a b/c/d"), "restore it: git -C '/a b/c' checkout HEAD~1 -- coordination/ledger.json");
        assert_eq!(from("/"), "restore it: git -C '/a b/c' checkout HEAD~1 -- coordination/ledger.json");
    }
}
