//! The other side: where it is, what it had when last seen, and how it is told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::ask::Answer;
use super::git::{Git, GitFailure, failed};
use super::tree::TreeError;
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::registry::objects::Objects;
use crate::store::StoreError;
use crate::store::fs::FsStore;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log::LOG_BYTES_MAX;

/// The file that remembers what remotes had, below `.local/`.
const SEEN: &str = "seen.json";
/// The file that remembers on which branch of each remote somebody wanted to exchange, below `.local/`.
const WANTED: &str = "exchange.json";
/// The most remotes and branches that are remembered.
const SEEN_MAX: usize = 256;
const BRANCHES: &str = "refs/heads/";

/// Whether what is exchanged is what is checked out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    /// It is the branch that is checked out: its other files come along.
    CheckedOut,
    /// It is a branch or reference of its own: nothing but the ledger's files is touched.
    Apart,
}

/// With whom, and what.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Target {
    /// The remote, as git calls it.
    pub remote: String,
    /// The reference over there.
    pub reference: String,
    /// Whether it is checked out here.
    pub place: Place,
}

/// Why nobody can tell with whom to exchange, or what.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NoTarget {
    /// No remote at all.
    #[error("this repository has no remote")]
    NoRemote,
    /// None of this name.
    #[error("this repository has no remote {0:?}")]
    UnknownRemote(String),
    /// Several, and no sign which.
    #[error("this repository has several remotes: {}", .0.join(", "))]
    ManyRemotes(Vec<String>),
    /// Git ignores the ledger's files, so they are not on the branch that is checked out.
    #[error("git ignores coordination/, so the ledger is not on the branch that is checked out")]
    Ignored,
    /// No branch is checked out.
    #[error("no branch is checked out")]
    Detached,
    /// A name that no branch can have.
    #[error("{0:?} is no name of a branch")]
    BadBranch(String),
}

/// What became of a push.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Pushed {
    /// The other side has it.
    Done,
    /// Somebody was quicker: fetch again. Or somebody is at it, or was cut short: then with what the other side says.
    Overtaken(Option<String>),
    /// The other side takes it from nobody, in its words.
    Refused(String),
}

/// Whether the other side had the branch before an exchange.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Branch {
    /// It had.
    There,
    /// It is made by the exchange.
    New,
}

/// What became of a fetch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Fetched {
    /// The commit that the other side has.
    At(String),
    /// It has no such reference.
    Nothing,
}

impl Fetched {
    /// Whether the branch was there.
    #[must_use]
    pub fn branch(&self) -> Branch {
        match self {
            Self::At(_) => Branch::There,
            Self::Nothing => Branch::New,
        }
    }
}

/// What remotes had when they were last seen, by remote and reference.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Seen(BTreeMap<String, String>);

/// On what a clone exchanged so far.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Exchanged {
    /// Per remote, the reference that somebody named last.
    wanted: BTreeMap<String, String>,
    /// The one remote and reference that were ever exchanged with; `None` if there are none, or several.
    only: Option<(String, String)>,
}

impl Exchanged {
    /// What this clone remembers.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn read(store: &FsStore) -> Result<Self, StoreError> {
        let Seen(seen) = Seen::read(store)?;
        let mut names = seen.keys();
        let only = match (names.next(), names.next()) {
            (Some(name), None) => name.split_once(' '),
            (_, _) => None,
        };
        let only = only.map(|(remote, branch)| (remote.to_owned(), Target::full(branch)));
        Ok(Self { wanted: wanted(store)?, only })
    }

    /// The reference to exchange on where none is named; `None` if it is the one that is checked out.
    fn on(&self, remote: &str) -> Option<String> {
        let only = || self.only.as_ref().filter(|(at, _)| at == remote).map(|(_, reference)| reference);
        self.wanted.get(remote).or_else(only).cloned()
    }
}

fn wanted(store: &FsStore) -> Result<BTreeMap<String, String>, StoreError> {
    let bytes = store.read_local(WANTED, 1 << 20)?;
    // A file that can't be read remembers nothing.
    Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
}

impl Target {
    /// Finds it out from what was asked for, and from what git is set to.
    ///
    /// # Errors
    /// Git, or nobody can tell.
    pub fn find(
        git: &Git,
        remote: Option<&str>,
        branch: Option<&str>,
        known: &Exchanged,
    ) -> Result<Result<Self, NoTarget>, GitFailure> {
        let current = git.run(&["symbolic-ref", "--quiet", "HEAD"])?;
        let current = Some(current.line()).filter(|_| current.is_ok());
        let name = current.as_deref().and_then(|current| current.strip_prefix(BRANCHES));
        let upstream = name.map(|name| git.setting(&format!("branch.{name}.remote"))).transpose()?.flatten();
        let remote = match Self::remote(git, remote, upstream.as_deref())? {
            Ok(remote) => remote,
            Err(none) => return Ok(Err(none)),
        };
        // What it was exchanged on so far, whatever is checked out by now.
        let known = known.on(&remote).filter(|_| branch.is_none());
        // What the checked-out branch is called over there.
        let counterpart = match name.filter(|_| upstream.as_ref() == Some(&remote)) {
            Some(name) => git.setting(&format!("branch.{name}.merge"))?.or(current),
            None => current,
        };
        let reference = match (branch, known, &counterpart) {
            (Some(branch), _, _) => Self::full(branch),
            (None, Some(known), _) => known,
            (None, None, Some(counterpart)) => counterpart.clone(),
            (None, None, None) => return Ok(Err(NoTarget::Detached)),
        };
        if !git.run(&["check-ref-format", &reference])?.is_ok() {
            return Ok(Err(NoTarget::BadBranch(branch.unwrap_or(&reference).to_owned())));
        }
        let place = if counterpart.as_ref() == Some(&reference) { Place::CheckedOut } else { Place::Apart };
        Ok(Ok(Self { remote, reference, place }))
    }

    /// A reference, of which the name of a branch may be given.
    fn full(branch: &str) -> String {
        if branch.starts_with("refs/") { branch.to_owned() } else { format!("{BRANCHES}{branch}") }
    }

    fn remote(git: &Git, wanted: Option<&str>, upstream: Option<&str>) -> Result<Result<String, NoTarget>, GitFailure> {
        let remotes: Vec<String> = git.must(&["remote"])?.line().lines().map(str::to_owned).collect();
        let has = |name: &str| remotes.iter().any(|remote| remote == name);
        if let Some(wanted) = wanted {
            let known = has(wanted);
            return Ok(if known { Ok(wanted.to_owned()) } else { Err(NoTarget::UnknownRemote(wanted.to_owned())) });
        }
        let found = upstream.filter(|name| has(name)).or_else(|| has("origin").then_some("origin"));
        Ok(match (found, remotes.as_slice()) {
            (Some(found), _) => Ok(found.to_owned()),
            (None, [one]) => Ok(one.clone()),
            (None, []) => Err(NoTarget::NoRemote),
            (None, _) => Err(NoTarget::ManyRemotes(remotes)),
        })
    }

    /// What it is called: `origin main`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{} {}", self.remote, self.reference.strip_prefix(BRANCHES).unwrap_or(&self.reference))
    }

    /// Where this clone keeps what it last saw over there, so that git does not throw it away.
    pub(super) fn kept(&self, what: &str) -> String {
        let reference = self.reference.strip_prefix("refs/").unwrap_or(&self.reference);
        format!("refs/ledger/{what}/{}/{reference}", self.remote)
    }

    /// Whether the other side has no branch at all.
    ///
    /// # Errors
    /// [`GitFailure`].
    pub fn is_empty(&self, git: &Git) -> Result<bool, GitFailure> {
        let listed = git.must(&["ls-remote", "--heads", "--end-of-options", &self.remote])?;
        Ok(listed.out.is_empty())
    }

    /// Asks the other side for what it has.
    ///
    /// # Errors
    /// [`GitFailure::Failed`] where nobody answers.
    pub fn fetch(&self, git: &Git) -> Result<Fetched, GitFailure> {
        let kept = self.kept("fetched");
        let refspec = format!("+{}:{kept}", self.reference);
        // Numbers that clones have reserved come along, where there are any.
        let leases = format!("+refs/ledger/leases/*:refs/ledger/fetched/{}/ledger/leases/*", self.remote);
        let arguments = [
            "fetch",
            "--quiet",
            "--no-tags",
            "--no-write-fetch-head",
            "--no-recurse-submodules",
            "--end-of-options",
            &self.remote,
            &refspec,
            &leases,
        ];
        let mut answer = git.run(&arguments)?;
        if !answer.is_ok() {
            // That the reference is not there is an answer, and git tells it in words only.
            let listed = git.run(&["ls-remote", "--exit-code", "--end-of-options", &self.remote, &self.reference])?;
            match listed.status {
                Some(2) => return Ok(Fetched::Nothing),
                // It is there by now: somebody made it in between.
                Some(0) => answer = git.run(&arguments)?,
                Some(_) | None => {}
            }
        }
        if answer.is_ok() {
            let commit = git.commit(&kept)?.ok_or_else(|| GitFailure::Garbled {
                doing: "fetch".to_owned(),
                what: format!("{} is no commit", self.reference),
            })?;
            return Ok(Fetched::At(commit));
        }
        Err(failed(&arguments, &answer))
    }

    /// Publishes a commit if the other side still has what was fetched.
    ///
    /// # Errors
    /// [`GitFailure::Failed`] where nobody answers; then it may have been published.
    pub fn push(&self, git: &Git, commit: &str, fetched: &Fetched) -> Result<Pushed, GitFailure> {
        let expected = match fetched {
            Fetched::At(commit) => commit.as_str(),
            Fetched::Nothing => "",
        };
        let lease = format!("--force-with-lease={}:{expected}", self.reference);
        let refspec = format!("{commit}:{}", self.reference);
        let arguments =
            ["push", "--porcelain", "--no-recurse-submodules", &lease, "--end-of-options", &self.remote, &refspec];
        let answer = git.run(&arguments)?;
        if answer.is_ok() {
            return Ok(Pushed::Done);
        }
        let told = String::from_utf8_lossy(&answer.out).into_owned();
        let of_ours = told.lines().find(|line| line.starts_with('!') && line.contains(&self.reference));
        Ok(match of_ours {
            Some(line) if is_overtaken(line) => Pushed::Overtaken(is_locked(&answer).then(|| refusal(line, &answer))),
            Some(line) => Pushed::Refused(refusal(line, &answer)),
            None => return Err(failed(&arguments, &answer)),
        })
    }

    /// What the other side had when it was last seen.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn seen(&self, store: &FsStore) -> Result<Option<String>, StoreError> {
        Ok(Seen::read(store)?.0.get(&self.name()).cloned())
    }

    /// Remembers that somebody wants to exchange on it from now on.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn want(&self, store: &FsStore) -> Result<(), StoreError> {
        let mut wanted = wanted(store)?;
        if wanted.insert(self.remote.clone(), self.reference.clone()).as_ref() == Some(&self.reference) {
            return Ok(());
        }
        while wanted.len() > SEEN_MAX {
            wanted.pop_first();
        }
        let text = serde_json::to_string_pretty(&wanted).unwrap_or_default();
        store.write_local(WANTED, format!("{text}\n").as_bytes())
    }

    /// Remembers what the other side has.
    ///
    /// # Errors
    /// Git, or failed machinery.
    pub fn saw(&self, git: &Git, store: &FsStore, commit: &str) -> Result<(), TreeError> {
        git.must(&["update-ref", &self.kept("seen"), commit])?;
        let Seen(mut seen) = Seen::read(store)?;
        if seen.insert(self.name(), commit.to_owned()).as_deref() == Some(commit) {
            return Ok(());
        }
        while seen.len() > SEEN_MAX {
            seen.pop_first();
        }
        let text = serde_json::to_string_pretty(&Seen(seen)).unwrap_or_default();
        Ok(store.write_local(SEEN, format!("{text}\n").as_bytes())?)
    }
}

impl Seen {
    fn read(store: &FsStore) -> Result<Self, StoreError> {
        let bytes = store.read_local(SEEN, 1 << 20)?;
        // A file that can't be read remembers nothing.
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default())
    }
}

/// The commits that remotes had when they were last seen.
///
/// # Errors
/// Failed machinery.
pub fn seen_commits(store: &FsStore) -> Result<Vec<String>, StoreError> {
    Ok(Seen::read(store)?.0.into_values().collect())
}

/// Of events of requests, whether a remote had them when it was last seen; `None` if none was ever seen. One process of git
/// is asked for all.
#[must_use]
pub fn published(store: &FsStore, events: &[(RequestId, Hash)]) -> Vec<Option<bool>> {
    let commits = seen_commits(store).unwrap_or_default();
    let objects = || Objects::open(store.layout().root()).ok();
    let Some(mut objects) = (!commits.is_empty() && !events.is_empty()).then(objects).flatten() else {
        return vec![None; events.len()];
    };
    let mut holds = |commit: &String, (id, event): &(RequestId, Hash)| {
        // From the ledger's folder, wherever that is in its repository.
        let object = format!("{commit}:./{}", CarriedFile::Log(Stream::Request(*id)).path());
        let log = objects.read(&object, LOG_BYTES_MAX);
        log.is_ok_and(|log| memchr::memmem::find(&log, event.to_string().as_bytes()).is_some())
    };
    events.iter().map(|event| Some(commits.iter().any(|commit| holds(commit, event)))).collect()
}

/// Whether a refused push means that somebody else pushed meanwhile.
fn is_overtaken(line: &str) -> bool {
    [
        "(stale info)",
        "(fetch first)",
        "(non-fast-forward)",
        "cannot lock ref",
        "failed to update ref",
        "reference already exists",
    ]
    .iter()
    .any(|sign| line.contains(sign))
}

/// Whether the other side could not get at its own branch: the lock file of a git that was killed stays there.
fn is_locked(answer: &Answer) -> bool {
    [String::from_utf8_lossy(&answer.out).as_ref(), answer.complaint.as_str()]
        .iter()
        .any(|said| said.contains(".lock': File exists"))
}

/// What the other side says, and what its hooks said before.
fn refusal(line: &str, answer: &Answer) -> String {
    let reason = line.rsplit('\t').next().unwrap_or(line).to_owned();
    let remote = answer.complaint.lines().filter_map(|line| line.strip_prefix("remote: ")).map(str::trim);
    let remote: Vec<&str> = remote.filter(|line| !line.is_empty()).collect();
    if remote.is_empty() { reason } else { format!("{reason}: {}", remote.join(" ")) }
}
