//! Git, run to write and to exchange: what it is told, how long it may take, and what it answers.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::ask::{self, Answer};
use crate::domain::time::Timestamp;
use crate::registry::git;
use crate::store::Budget;

/// Why git gave no answer that can be used.
#[derive(Debug, thiserror::Error)]
pub enum GitFailure {
    /// The program is missing, or would not run.
    #[error("git could not be run: {0}")]
    Program(std::io::Error),
    /// The ledger is in no repository.
    #[error("{} is in no git repository", .0.display())]
    NoRepository(PathBuf),
    /// It failed.
    #[error("git {doing}: {told}")]
    Failed {
        /// Which of its commands.
        doing: String,
        /// What it says.
        told: String,
    },
    /// A lock of git's is in the way: another git is at work, or was killed.
    #[error("git {doing}: {}{} is in the way: another git is at work, or was killed", .lock.display(), there_since(.since))]
    Locked {
        /// Which of its commands.
        doing: String,
        /// The lock.
        lock: PathBuf,
        /// When it was made, where that can be told.
        since: Option<Timestamp>,
    },
    /// The budget ran out.
    #[error("git {doing} was not done in time")]
    Late {
        /// Which of its commands.
        doing: String,
    },
    /// It says what nobody understands.
    #[error("git {doing} gave an answer that is none: {what}")]
    Garbled {
        /// Which of its commands.
        doing: String,
        /// What is wrong with it.
        what: String,
    },
}

/// A repository in whose work tree a ledger lies.
#[derive(Clone, Debug)]
pub struct Git {
    root: PathBuf,
    prefix: String,
    object_format: String,
    budget: Budget,
}

impl Git {
    /// The repository in whose work tree `root` lies.
    ///
    /// # Errors
    /// [`GitFailure::NoRepository`], or git could not be run.
    pub fn open(root: &Path, budget: &Budget) -> Result<Self, GitFailure> {
        let git = Self {
            root: root.to_owned(),
            prefix: String::new(),
            object_format: "sha1".to_owned(),
            budget: budget.clone(),
        };
        let told = git.run(&["rev-parse", "--is-inside-work-tree", "--show-object-format", "--show-prefix"])?;
        let text = told.line();
        let mut lines = text.lines();
        match (told.is_ok(), lines.next(), lines.next()) {
            (true, Some("true"), Some(format)) => {
                let prefix = lines.next().unwrap_or_default().to_owned();
                Ok(Self { prefix, object_format: format.to_owned(), ..git })
            }
            (true | false, _, _) => Err(GitFailure::NoRepository(root.to_owned())),
        }
    }

    /// The ledger's folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The ledger's folder below the top of the work tree: empty, or ending in `/`.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// The name of the object that is not there.
    #[must_use]
    pub fn null(&self) -> String {
        "0".repeat(if self.object_format == "sha256" { 64 } else { 40 })
    }

    /// The time that is left.
    #[must_use]
    pub fn budget(&self) -> &Budget {
        &self.budget
    }

    /// Runs a command.
    ///
    /// # Errors
    /// It could not be run, or was not done in time; that it failed is an answer.
    pub fn run(&self, arguments: &[&str]) -> Result<Answer, GitFailure> {
        self.run_with(arguments, &[], b"")
    }

    /// Runs a command with more in its environment, and bytes to read.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub fn run_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &OsStr)],
        input: &[u8],
    ) -> Result<Answer, GitFailure> {
        let mut command = git::carrying(&self.root);
        command.args(arguments).envs(environment.iter().copied());
        ask::run(command, input, &self.budget).map_err(|error| {
            let is_late = error.kind() == std::io::ErrorKind::TimedOut;
            if is_late { GitFailure::Late { doing: named(arguments) } } else { GitFailure::Program(error) }
        })
    }

    /// Runs a command that must succeed.
    ///
    /// # Errors
    /// [`GitFailure`].
    pub fn must(&self, arguments: &[&str]) -> Result<Answer, GitFailure> {
        self.must_with(arguments, &[], b"")
    }

    /// The same with more in its environment, and bytes to read.
    ///
    /// # Errors
    /// [`GitFailure`].
    pub fn must_with(
        &self,
        arguments: &[&str],
        environment: &[(&str, &OsStr)],
        input: &[u8],
    ) -> Result<Answer, GitFailure> {
        let answer = self.run_with(arguments, environment, input)?;
        if answer.is_ok() { Ok(answer) } else { Err(failed(arguments, &answer)) }
    }

    /// The commit that a reference names here; `None` if there is none.
    ///
    /// # Errors
    /// [`GitFailure`].
    pub fn commit(&self, reference: &str) -> Result<Option<String>, GitFailure> {
        let wanted = format!("{reference}^{{commit}}");
        let found = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        Ok(found.is_ok().then(|| found.line()).filter(|line| !line.is_empty()))
    }

    /// Whether one commit is among those that another comes from, or is it.
    ///
    /// # Errors
    /// [`GitFailure`].
    pub fn is_ancestor(&self, ancestor: &str, of: &str) -> Result<bool, GitFailure> {
        let arguments = ["merge-base", "--is-ancestor", ancestor, of];
        let answer = self.run(&arguments)?;
        match answer.status {
            Some(0) => Ok(true),
            Some(1) => Ok(false),
            Some(_) | None => Err(failed(&arguments, &answer)),
        }
    }

    /// The value of a setting; `None` if it is not set.
    ///
    /// # Errors
    /// [`GitFailure`].
    pub fn setting(&self, name: &str) -> Result<Option<String>, GitFailure> {
        let answer = self.run(&["config", "--get", name])?;
        Ok(answer.is_ok().then(|| answer.line()))
    }
}

fn there_since(since: &Option<Timestamp>) -> String {
    since.map(|since| format!(", which is there since {since},")).unwrap_or_default()
}

/// The lock that git could not make since it is there; `None` if it failed for another reason.
fn lock_of(complaint: &str) -> Option<PathBuf> {
    let (_, rest) = complaint.split_once("Unable to create '")?;
    rest.split_once("': File exists").map(|(path, _)| PathBuf::from(path))
}

/// When a file was changed last.
fn changed(path: &Path) -> Option<Timestamp> {
    let changed = path.symlink_metadata().ok()?.modified().ok()?;
    let ms = changed.duration_since(std::time::UNIX_EPOCH).ok()?.as_millis();
    i64::try_from(ms).ok().map(Timestamp::from_unix_ms)
}

/// What went wrong, in git's words.
pub(super) fn failed(arguments: &[&str], answer: &Answer) -> GitFailure {
    if let Some(lock) = lock_of(&answer.complaint) {
        return GitFailure::Locked { doing: named(arguments), since: changed(&lock), lock };
    }
    let told = if answer.complaint.is_empty() {
        answer.status.map_or_else(|| "it was killed".to_owned(), |status| format!("exit status {status}"))
    } else {
        answer.complaint.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("; ")
    };
    GitFailure::Failed { doing: named(arguments), told }
}

fn named(arguments: &[&str]) -> String {
    let is_word = |argument: &&&str| !argument.starts_with('-') && !argument.contains('=');
    arguments.iter().find(is_word).map_or_else(String::new, |word| (*word).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_is_told_by_its_path() {
        let told = |complaint: &str| lock_of(complaint).map(|lock| lock.display().to_string());
        let index = "fatal: Unable to create '/a b/.git/index.lock': File exists.";
        assert_eq!(told(index).as_deref(), Some("/a b/.git/index.lock"));
        let reference = "error: cannot lock ref 'refs/x': Unable to create '/a/.git/refs/x.lock': File exists.";
        assert_eq!(told(reference).as_deref(), Some("/a/.git/refs/x.lock"));
        assert_eq!(told("fatal: Unable to create '/a/.git/index.lock': Permission denied"), None);
        assert_eq!(told("fatal: nothing of the kind"), None);
    }
}
