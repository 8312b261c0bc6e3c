//! Git, run to write and to exchange: what it is told, how long it may take, and what it answers.

use std::ffi::OsStr;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use crate::registry::git;
use crate::store::Budget;

/// The most that git may answer at once, in bytes.
const ANSWER_BYTES_MAX: u64 = 1 << 30;
/// How much of what it complains of is kept, in bytes.
const COMPLAINT_BYTES_MAX: u64 = 64 * 1024;
const POLL: Duration = Duration::from_millis(2);

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

/// What git answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    /// Its exit status; `None` if it was killed.
    pub status: Option<i32>,
    /// What it answered.
    pub out: Vec<u8>,
    /// What it complained of.
    pub complaint: String,
}

impl Answer {
    /// Whether it succeeded.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.status == Some(0)
    }

    /// What it answered, as a line of text.
    #[must_use]
    pub fn line(&self) -> String {
        String::from_utf8_lossy(&self.out).trim_end_matches(['\n', '\r']).to_owned()
    }

    /// The parts of what it answered that a zero byte ends, as far as they are text.
    pub fn parts(&self) -> impl Iterator<Item = &str> {
        self.out
            .split(|byte| *byte == 0)
            .filter_map(|part| std::str::from_utf8(part).ok())
            .filter(|part| !part.is_empty())
    }
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
        if !input.is_empty() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().map_err(GitFailure::Program)?;
        let (to, out, err) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        std::thread::scope(|scope| {
            // All three at once: whoever is not read, or not written to, waits.
            scope.spawn(move || to.map(|mut to| to.write_all(input)));
            let out = scope.spawn(move || read(out, ANSWER_BYTES_MAX));
            let complaint = scope.spawn(move || read(err, COMPLAINT_BYTES_MAX));
            let status = self.wait(&mut child, &named(arguments))?;
            let out = out.join().unwrap_or_default();
            let complaint = complaint.join().unwrap_or_default();
            Ok(Answer { status, out, complaint: String::from_utf8_lossy(&complaint).trim().to_owned() })
        })
    }

    /// Waits for it to end, and ends it when the time is up.
    fn wait(&self, child: &mut Child, doing: &str) -> Result<Option<i32>, GitFailure> {
        loop {
            match child.try_wait().map_err(GitFailure::Program)? {
                Some(status) => return Ok(status.code()),
                None if self.budget.is_over() => {
                    let _ = child.kill().and_then(|()| child.wait());
                    return Err(GitFailure::Late { doing: doing.to_owned() });
                }
                None => std::thread::sleep(POLL),
            }
        }
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

/// What went wrong, in git's words.
pub(super) fn failed(arguments: &[&str], answer: &Answer) -> GitFailure {
    let told = if answer.complaint.is_empty() {
        answer.status.map_or_else(|| "it was killed".to_owned(), |status| format!("exit status {status}"))
    } else {
        answer.complaint.clone()
    };
    GitFailure::Failed { doing: named(arguments), told }
}

fn named(arguments: &[&str]) -> String {
    let is_word = |argument: &&&str| !argument.starts_with('-') && !argument.contains('=');
    arguments.iter().find(is_word).map_or_else(String::new, |word| (*word).to_owned())
}

fn read(from: Option<impl Read>, max: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut from) = from {
        // What can't be read is missing, and then the answer is garbled or the status tells.
        let _ = from.by_ref().take(max).read_to_end(&mut bytes);
        let _ = std::io::copy(&mut from, &mut std::io::sink());
    }
    bytes
}
