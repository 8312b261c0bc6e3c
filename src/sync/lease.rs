//! Numbers that clones have reserved, in a reference of their own beside the ledger's branches.

use std::ffi::OsStr;

use uuid::Uuid;

use super::git::{Git, GitFailure};
use super::remote::{Fetched, Place, Pushed, Target};
use super::tree::TreeError;
use crate::domain::lease::{LEASES_BYTES_MAX, Leases};
use crate::registry::objects::Objects;

/// The file of leases in the tree of a commit.
const FILE: &str = "leases";

/// The leases of a ledger on a remote.
pub struct Shelf {
    target: Target,
    /// What was there when it was last fetched.
    fetched: Fetched,
}

impl Shelf {
    /// Where a ledger's leases are.
    #[must_use]
    pub fn of(remote: &str, ledger: Uuid) -> Target {
        let reference = format!("refs/ledger/leases/{ledger}");
        Target { remote: remote.to_owned(), reference, place: Place::Apart }
    }

    /// Asks a remote for them.
    ///
    /// # Errors
    /// Git.
    pub fn fetch(git: &Git, remote: &str, ledger: Uuid) -> Result<Self, GitFailure> {
        let target = Self::of(remote, ledger);
        let fetched = target.fetch(git)?;
        Ok(Self { target, fetched })
    }

    /// What it holds.
    ///
    /// # Errors
    /// Git, or a file that holds no leases.
    pub fn leases(&self, git: &Git) -> Result<Leases, TreeError> {
        match &self.fetched {
            Fetched::At(commit) => read(git, commit),
            Fetched::Nothing => Ok(Leases::default()),
        }
    }

    /// A commit of others, to be published.
    ///
    /// # Errors
    /// Git.
    pub fn commit(&self, git: &Git, leases: &Leases, by: &str) -> Result<String, GitFailure> {
        let blob = git.must_with(&["hash-object", "-w", "--stdin"], &[], leases.to_string().as_bytes())?.line();
        let tree = git.must_with(&["mktree"], &[], format!("100644 blob {blob}\t{FILE}\n").as_bytes())?.line();
        let mut arguments = vec!["commit-tree", &tree];
        if let Fetched::At(commit) = &self.fetched {
            arguments.extend(["-p", commit]);
        }
        let environment: Vec<(&str, &OsStr)> =
            ["GIT_AUTHOR_NAME", "GIT_AUTHOR_EMAIL", "GIT_COMMITTER_NAME", "GIT_COMMITTER_EMAIL"]
                .map(|name| (name, OsStr::new(by)))
                .to_vec();
        Ok(git.must_with(&arguments, &environment, b"Ledger: numbers reserved\n")?.line())
    }

    /// Publishes a commit, if the remote still has what was fetched.
    ///
    /// # Errors
    /// Git; where nobody answers, it may have it.
    pub fn push(&self, git: &Git, commit: &str) -> Result<Pushed, GitFailure> {
        self.target.push(git, commit, &self.fetched)
    }
}

/// The leases that a remote had when it was last asked; none if it was never.
///
/// # Errors
/// Git, or a file that holds no leases.
pub fn known(git: &Git, remote: &str, ledger: Uuid) -> Result<Option<Leases>, TreeError> {
    let kept = Shelf::of(remote, ledger).kept("fetched");
    git.commit(&kept)?.map(|commit| read(git, &commit)).transpose()
}

fn read(git: &Git, commit: &str) -> Result<Leases, TreeError> {
    let unreadable = |what: String| TreeError::Unreadable { path: format!("{commit}:{FILE}"), what };
    let found = git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &format!("{commit}:{FILE}")])?;
    if !found.is_ok() {
        return Err(unreadable("it is not there".to_owned()));
    }
    let mut objects = Objects::fetching(git.root()).map_err(|error| unreadable(error.to_string()))?;
    let bytes = objects.read(&found.line(), LEASES_BYTES_MAX).map_err(|bad| unreadable(bad.to_string()))?;
    let text = String::from_utf8(bytes).map_err(|_| unreadable("it is not UTF-8".to_owned()))?;
    Leases::parse(&text).map_err(|bad| unreadable(bad.to_string()))
}
