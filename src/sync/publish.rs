//! Commits of the ledger's files, and how the checked-out branch follows.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::PathBuf;

use super::git::{Git, GitFailure};
use super::tree::{TreeError, Trees, Unlike};
use crate::store::fs::carried::CarriedFile;

/// What stands beside the ledger's files and goes along with them where the other side has none.
const BESIDE: [&str; 2] = [".gitattributes", ".gitignore"];
/// How long to wait for another git that holds the index, in pauses.
const INDEX_TRIES: usize = 40;
const INDEX_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// What became of the checked-out branch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Followed {
    /// It has all of it, or had it already.
    Whole,
    /// It has the ledger's files; the rest of what came in did not get through, for this reason.
    LedgerOnly(String),
    /// It stays where it was, for this reason; the next exchange brings it along.
    Not(String),
    /// It stays where it was: a lock of git's is in the way, another git's or one that was left behind.
    Locked {
        /// In words.
        why: String,
        /// The lock.
        lock: PathBuf,
    },
}

/// Commits in a repository.
pub struct Publisher<'a> {
    /// The repository.
    pub git: &'a Git,
    /// Its trees.
    pub trees: &'a Trees<'a>,
    /// Who commits, where git is not told.
    pub by: &'a str,
    /// Derived files that are tracked: their paths below the ledger's root.
    pub derived: &'a [&'static str],
}

/// A tree's difference from another, as files with their new contents.
type Files = BTreeMap<String, Option<String>>;

impl Publisher<'_> {
    /// The tree of a commit; the empty one where there is none.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn tree_of(&self, commit: Option<&str>) -> Result<String, TreeError> {
        match commit {
            Some(commit) => Ok(self.git.must(&["rev-parse", "--verify", &format!("{commit}^{{tree}}")])?.line()),
            None => self.trees.empty(),
        }
    }

    /// A commit on `parent` with the ledger's files as they stand in the tree `standing`; `None` if it has them so.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn commit_on(&self, parent: Option<&str>, standing: &str, message: &str) -> Result<Option<String>, TreeError> {
        let base = self.tree_of(parent)?;
        let files = self.files(&base, standing)?;
        if files.is_empty() {
            return Ok(None);
        }
        let tree = self.trees.graft(&base, &files)?;
        let parents: Vec<&str> = parent.into_iter().collect();
        self.commit(&tree, &parents, message).map(Some)
    }

    /// The files of the ledger, and those that go along, in which `standing` differs from `base`.
    fn files(&self, base: &str, standing: &str) -> Result<Files, TreeError> {
        let unlike = self.trees.unlike(base, standing)?;
        let mut files: Files = unlike.into_iter().map(|(file, Unlike { after, .. })| (file.path(), after)).collect();
        for path in BESIDE {
            if self.trees.hash_in(base, path)?.is_none() {
                files.extend(self.hash_of(path)?.map(|hash| (path.to_owned(), Some(hash))));
            }
        }
        for path in self.derived {
            if let Some(hash) = self.hash_of(path)?
                && self.trees.hash_in(base, path)?.as_ref() != Some(&hash)
            {
                files.insert((*path).to_owned(), Some(hash));
            }
        }
        Ok(files)
    }

    /// Git's name of a plain file in the work tree, which it then has.
    fn hash_of(&self, path: &str) -> Result<Option<String>, TreeError> {
        if !self.trees.store().has_plain(path) {
            return Ok(None);
        }
        Ok(Some(self.git.must(&["hash-object", "-w", "--no-filters", "--", path])?.line()))
    }

    fn commit(&self, tree: &str, parents: &[&str], message: &str) -> Result<String, TreeError> {
        let mut arguments = vec!["commit-tree", tree];
        for parent in parents {
            arguments.extend(["-p", parent]);
        }
        let mut environment: Vec<(&str, &OsStr)> = Vec::new();
        if !self.git.run(&["var", "GIT_COMMITTER_IDENT"])?.is_ok() {
            // Nobody told git who it is for. The events say who did what.
            for (name, value) in [
                ("GIT_AUTHOR_NAME", self.by),
                ("GIT_AUTHOR_EMAIL", self.by),
                ("GIT_COMMITTER_NAME", self.by),
                ("GIT_COMMITTER_EMAIL", self.by),
            ] {
                environment.push((name, OsStr::new(value)));
            }
        }
        Ok(self.git.must_with(&arguments, &environment, message.as_bytes())?.line())
    }

    /// Brings the checked-out branch to where a published commit is, or joins the two where it has commits of its own.
    /// Nothing else of the work tree is touched than what the commit changes.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn follow(&self, published: &str, standing: &str, message: &str) -> Result<Followed, TreeError> {
        let head = self.git.commit("HEAD")?;
        let Some(head) = head else {
            return self.advance(None, published, standing, message);
        };
        if self.git.is_ancestor(&head, published)? {
            return self.advance(Some(&head), published, standing, message);
        }
        if self.git.is_ancestor(published, &head)? {
            self.record(standing, message)?;
            return Ok(Followed::Whole);
        }
        match self.merge(&head, published, standing)? {
            Ok(merged) => self.advance(Some(&head), &merged, standing, message),
            Err(why) => {
                self.record(standing, message)?;
                Ok(Followed::LedgerOnly(why))
            }
        }
    }

    /// Commits the ledger's files, as they stand in a tree, on the checked-out branch, and nothing else.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn record(&self, standing: &str, message: &str) -> Result<(), TreeError> {
        let head = self.git.commit("HEAD")?;
        let before = self.tree_of(head.as_deref())?;
        if let Some(commit) = self.commit_on(head.as_deref(), standing, message)? {
            self.stage(&before, &commit)?;
            self.move_head(head.as_deref(), &commit)?;
        }
        Ok(())
    }

    /// Whether the checked-out branch has this ledger in it.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn is_tracked(&self) -> Result<bool, TreeError> {
        match self.git.commit("HEAD")? {
            Some(head) => Ok(self.trees.hash_in(&head, &CarriedFile::Settings.path())?.is_some()),
            None => Ok(false),
        }
    }

    /// A commit of both; why not, where files beside the ledger's can't be joined by themselves.
    fn merge(&self, head: &str, published: &str, standing: &str) -> Result<Result<String, String>, TreeError> {
        let answer = self.git.run(&[
            "merge-tree",
            "--write-tree",
            "-z",
            "--name-only",
            "--no-messages",
            "--allow-unrelated-histories",
            head,
            published,
        ])?;
        let mut parts = answer.parts();
        let Some(tree) = parts.next().filter(|_| matches!(answer.status, Some(0 | 1))) else {
            return Err(super::git::failed(&["merge-tree"], &answer).into());
        };
        let prefix = self.git.prefix();
        let is_ours = |path: &str| {
            path.strip_prefix(prefix)
                .is_some_and(|path| CarriedFile::parse(path).is_some() || self.derived.contains(&path))
        };
        if let Some(path) = parts.find(|path| !is_ours(path)) {
            return Ok(Err(format!("{path} was changed on both sides")));
        }
        let files = self.files(tree, standing)?;
        let tree = self.trees.graft(tree, &files)?;
        let name = published.get(..12).unwrap_or(published);
        self.commit(&tree, &[head, published], &format!("Merge {name} (ledger sync)\n")).map(Ok)
    }

    /// Moves the checked-out branch, its index and the work tree's other files.
    fn advance(&self, head: Option<&str>, to: &str, standing: &str, message: &str) -> Result<Followed, TreeError> {
        if head == Some(to) {
            return Ok(Followed::Whole);
        }
        let before = self.tree_of(head)?;
        let after = self.tree_of(Some(to))?;
        // What is staged first and committed then is, cut short, a change that waits to be committed. The other way
        // round it would be one that takes back.
        self.stage(&before, &after)?;
        if self.differ_elsewhere(&before, &after)? {
            let moved = self.git.run(&["read-tree", "-m", "-u", &before, &after])?;
            if !moved.is_ok() {
                self.record(standing, message)?;
                return Ok(Followed::LedgerOnly(moved.complaint));
            }
        }
        self.move_head(head, to)?;
        Ok(Followed::Whole)
    }

    fn differ_elsewhere(&self, before: &str, after: &str) -> Result<bool, TreeError> {
        let told = self.git.must(&["diff-tree", "-r", "-z", "--no-renames", "--name-only", before, after])?;
        let prefix = self.git.prefix();
        let is_ours = |path: &str| {
            path.strip_prefix(prefix).is_some_and(|path| {
                CarriedFile::parse(path).is_some() || self.derived.contains(&path) || BESIDE.contains(&path)
            })
        };
        Ok(!told.parts().all(is_ours))
    }

    /// Puts the ledger's files, as a tree or commit has them, into git's index, and leaves the rest of it alone.
    fn stage(&self, before: &str, after: &str) -> Result<(), TreeError> {
        let unlike = self.trees.unlike(before, after)?;
        let mut files: Files = unlike.into_iter().map(|(file, Unlike { after, .. })| (file.path(), after)).collect();
        for path in BESIDE.iter().chain(self.derived) {
            let now = self.trees.hash_in(after, path)?;
            if now.is_some() && now != self.trees.hash_in(before, path)? {
                files.insert((*path).to_owned(), now);
            }
        }
        if !files.is_empty() {
            let entries = self.trees.entries(&files);
            self.with_index(&["update-index", "-z", "--index-info"], entries.as_bytes())?;
        }
        Ok(())
    }

    /// Runs a command that writes git's index; another git may be about to write it too.
    fn with_index(&self, arguments: &[&str], input: &[u8]) -> Result<(), TreeError> {
        let mut tries = 0..INDEX_TRIES;
        loop {
            let answer = self.git.run_with(arguments, &[], input)?;
            if answer.is_ok() {
                return Ok(());
            }
            let failure = super::git::failed(arguments, &answer);
            let is_locked = matches!(failure, GitFailure::Locked { .. });
            if !is_locked || self.git.budget().is_over() || tries.next().is_none() {
                return Err(failure.into());
            }
            std::thread::sleep(INDEX_PAUSE);
        }
    }

    fn move_head(&self, from: Option<&str>, to: &str) -> Result<(), TreeError> {
        let null = self.git.null();
        self.git.must(&["update-ref", "-m", "ledger sync", "HEAD", to, from.unwrap_or(&null)])?;
        // Only so that git need not read the files again to see that they are as committed.
        self.git.run(&["update-index", "-q", "--refresh"])?;
        Ok(())
    }
}
