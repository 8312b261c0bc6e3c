//! The registry as it was at a commit, read from git's objects by the `git` program. Nothing is checked out.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Shelf;
use super::objects::{BadObject, Objects};
use crate::domain::compatibility::OpenContent;
use crate::domain::graph::Graph;
use crate::domain::hash::Hash;
use crate::domain::id::ContractName;
use crate::domain::settings::{SETTINGS_BYTES_MAX, Settings};
use crate::store::contracts::VERSION_BYTES_MAX;
use crate::store::fs::layout::{CONTRACT_LOG, CONTRACTS, SETTINGS, version_of};
use crate::store::fs::log::{self, LOG_BYTES_MAX};

/// Why a commit could not be read.
#[derive(Debug, thiserror::Error)]
pub enum GitError {
    /// The program is missing, or would not run.
    #[error("git could not be run: {0}")]
    Program(std::io::Error),
    /// The ledger is not in a repository.
    #[error("{} is in no git repository: {told}", .root.display())]
    NoRepository {
        /// The ledger's folder.
        root: PathBuf,
        /// What git says.
        told: String,
    },
    /// There is no such commit here.
    #[error("{reference:?} is no commit that is here{}", if *.shallow { ": this clone is shallow" } else { "" })]
    NoCommit {
        /// As asked for.
        reference: String,
        /// Whether the clone has only a part of the history.
        shallow: bool,
        /// Where it may be had.
        whence: Whence,
    },
    /// Nobody can tell where the branches parted.
    #[error("where {head} and {reference:?} parted is not known{}", if *.shallow { ": this clone is shallow" } else { "" })]
    NoParting {
        /// As asked for.
        reference: String,
        /// From where it is looked.
        head: String,
        /// Whether the clone has only a part of the history.
        shallow: bool,
    },
    /// This clone has the commit and not all that it holds.
    #[error("{reference}:{path}: this clone does not have it{}", if *.partial { ": it is a partial one" } else { "" })]
    Missing {
        /// The commit as asked for.
        reference: String,
        /// The commit.
        commit: String,
        /// Which file, or folder.
        path: String,
        /// Whether it was cloned without all objects.
        partial: bool,
    },
    /// Something that the commit holds can't be read.
    #[error("{reference}:{path}: {what}")]
    Unreadable {
        /// The commit as asked for.
        reference: String,
        /// Which file.
        path: String,
        /// What is wrong.
        what: String,
    },
}

/// Where a commit that is not here may be had.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Whence {
    /// It is a branch that a remote may have.
    Branch {
        /// The remote.
        remote: String,
        /// The branch.
        branch: String,
    },
    /// It is counted from a commit, or a hash: only more of the history helps.
    History,
    /// It is a whole hash: a remote may still have the commit, be it on no branch any more.
    Hash {
        /// The remote.
        remote: String,
    },
    /// The repository has no commit yet.
    NoCommits,
    /// Nobody is there to ask.
    NoRemote,
}

/// Which commit is meant by a reference.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Point {
    /// Where HEAD and it parted: what it got since is none of this change.
    Parting,
    /// That very one.
    Exact,
}

/// What is read of a commit.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Commit {
    /// Its hash.
    pub hash: String,
    /// What it is called: the reference where that is it.
    pub name: String,
    /// What it is, in words.
    pub told: String,
    /// Its contracts.
    pub shelves: BTreeMap<ContractName, Shelf>,
    /// What it assumed of members that are not declared; nothing where it had no ledger.
    pub open_content: Option<OpenContent>,
}

/// A file of a commit that belongs to a contract.
struct Blob {
    object: String,
    path: String,
    name: ContractName,
    part: Part,
}

/// What is known of a contract once its files are read.
#[derive(Default)]
struct Parts {
    log: Vec<u8>,
    files: BTreeMap<u32, Vec<u8>>,
}

enum Part {
    Log,
    Version(u32),
}

/// Reads the contracts of a commit of the repository in which the ledger lies.
///
/// # Errors
/// [`GitError`] says what is missing.
pub fn read(root: &Path, reference: &str, point: Point) -> Result<Commit, GitError> {
    let wanted = held_of(root, reference, point)?;
    let commit = match point {
        Point::Exact => wanted.clone(),
        Point::Parting => partings(root, "HEAD", reference, &wanted)?.swap_remove(0),
    };
    let (name, told) = names(reference, "HEAD", &wanted, &commit);
    let blobs = blobs(root, reference, &commit)?;
    let mut parts: BTreeMap<ContractName, Parts> = BTreeMap::new();
    if !blobs.is_empty() {
        let mut objects = Objects::open(root)?;
        for blob in blobs {
            let max = match blob.part {
                Part::Log => LOG_BYTES_MAX,
                Part::Version(_) => VERSION_BYTES_MAX as u64,
            };
            let at = Held { root, reference, commit: &commit, path: &blob.path };
            let bytes = objects.read(&blob.object, max).map_err(|bad| at.failed(bad))?;
            let contract = parts.entry(blob.name).or_default();
            match blob.part {
                Part::Log => contract.log = bytes,
                Part::Version(version) => drop(contract.files.insert(version, bytes)),
            }
        }
    }
    let mut shelves = BTreeMap::new();
    for (name, Parts { log: bytes, files }) in parts {
        let path = format!("{CONTRACTS}/{name}/{CONTRACT_LOG}");
        let unreadable =
            |what: String| GitError::Unreadable { reference: reference.to_owned(), path: path.clone(), what };
        let log = log::parse(&bytes).map_err(|bad| unreadable(bad.to_string()))?;
        let graph = Graph::of_contract(&name, log.events).map_err(|bad| unreadable(bad.to_string()))?;
        let shelf = Shelf::new(&name, graph, files);
        if let Some((version, _)) = shelf.changed().first() {
            let path = format!("{CONTRACTS}/{name}/v{version}.json");
            let what = "it is not the file that was registered".to_owned();
            return Err(GitError::Unreadable { reference: reference.to_owned(), path, what });
        }
        shelves.insert(name, shelf);
    }
    let open_content = open_content(root, reference, &commit)?;
    Ok(Commit { hash: commit, name, told, shelves, open_content })
}

/// Settings by which a repository could name a program for git to run, each with a value that names none.
const NOTHING_IS_RUN: [&str; 12] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.sshCommand=false",
    "core.askPass=false",
    "core.gitProxy=none",
    "core.alternateRefsCommand=true",
    "credential.helper=",
    "diff.external=",
    "gc.auto=0",
    "maintenance.auto=false",
    // Nothing is fetched, so no transport and no remote helper is run either.
    "protocol.allow=never",
];

/// Settings under which git exchanges with others and writes: nothing that a repository carries is run, and what git
/// writes is durable. How others are reached (transports, credentials, ssh) is the user's to say.
const ONLY_ITS_OWN: [&str; 15] = [
    "core.fsmonitor=false",
    "core.hooksPath=/dev/null",
    "core.pager=cat",
    "core.alternateRefsCommand=true",
    "core.fsync=all",
    "diff.external=",
    "gc.auto=0",
    "maintenance.auto=false",
    "fetch.recurseSubmodules=false",
    "fetch.writeCommitGraph=false",
    "push.recurseSubmodules=no",
    "push.followTags=false",
    "submodule.recurse=false",
    "advice.detachedHead=false",
    "protocol.ext.allow=never",
];

/// What a hook hands on to its children, which would lead git to another repository than the ledger's.
const ELSEWHERE: [&str; 18] = [
    "GIT_DIR",
    "GIT_WORK_TREE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_COMMON_DIR",
    "GIT_INDEX_FILE",
    "GIT_OBJECT_DIRECTORY",
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_QUARANTINE_PATH",
    "GIT_PREFIX",
    "GIT_NAMESPACE",
    "GIT_GRAFT_FILE",
    "GIT_SHALLOW_FILE",
    "GIT_REPLACE_REF_BASE",
    "GIT_ATTR_SOURCE",
    "GIT_LITERAL_PATHSPECS",
    "GIT_GLOB_PATHSPECS",
    "GIT_NOGLOB_PATHSPECS",
    "GIT_ICASE_PATHSPECS",
];

/// What names programs to run or files to write.
const PROGRAMS: [&str; 21] = [
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_EXEC_PATH",
    "GIT_EXTERNAL_DIFF",
    "GIT_PAGER",
    "PAGER",
    "GIT_EDITOR",
    "GIT_SEQUENCE_EDITOR",
    "GIT_SSH",
    "GIT_SSH_COMMAND",
    "GIT_PROXY_COMMAND",
    "GIT_ASKPASS",
    "SSH_ASKPASS",
    "GIT_TRACE",
    "GIT_TRACE_SETUP",
    "GIT_TRACE_PACKET",
    "GIT_TRACE_PERFORMANCE",
    "GIT_TRACE2",
    "GIT_TRACE2_EVENT",
    "GIT_TRACE2_PERF",
];

/// The `git` program, to read with in the repository of this folder. Nothing that a repository carries is run: no hook,
/// file-system monitor, pager, filter, helper or transport; and a partial clone fetches nothing on the way.
#[must_use]
pub fn command(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    command.arg("--no-optional-locks");
    for setting in NOTHING_IS_RUN {
        command.args(["-c", setting]);
    }
    for name in ELSEWHERE.into_iter().chain(PROGRAMS) {
        command.env_remove(name);
    }
    // An empty list of protocols forbids all, whatever the settings say.
    command.env("GIT_ALLOW_PROTOCOL", "").env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0");
    command.env("LC_ALL", "C").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The `git` program, to write and to exchange with others in the repository of this folder. No hook, file-system monitor
/// or pager is run, and nothing asks for input.
#[must_use]
pub fn carrying(root: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(["--no-pager", "--no-replace-objects", "--literal-pathspecs"]);
    for setting in ONLY_ITS_OWN {
        command.args(["-c", setting]);
    }
    for name in ELSEWHERE {
        command.env_remove(name);
    }
    command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    // Nor is anybody asked by ssh on the terminal itself, but by the program that they have for that.
    command.env("SSH_ASKPASS_REQUIRE", "force");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// How much of a hash is shown.
const SHORT: usize = 12;

/// What a commit is called, and what it is in words: the reference, where that is the commit, else its hash.
pub(crate) fn names(reference: &str, head: &str, wanted: &str, commit: &str) -> (String, String) {
    let short = short(commit).to_owned();
    if commit != wanted {
        let told = format!("{short}, where {head} and {reference} parted");
        return (short, told);
    }
    let is_plain = reference.chars().all(|c| c.is_ascii_alphanumeric() || "._/-~^".contains(c));
    (if is_plain { reference.to_owned() } else { short }, reference.to_owned())
}

/// As much of a hash as is shown.
pub(crate) fn short(commit: &str) -> &str {
    commit.get(..SHORT).unwrap_or(commit)
}

/// The newest commits that both a head and this one come from; at least one. Where branches were merged crosswise there
/// are several, and none of them holds all that the others do.
///
/// A shallow clone knows a part of the history only: what it takes for the newest may be an older one, unless one of the
/// two goes on from the other.
pub(crate) fn partings(root: &Path, head: &str, reference: &str, commit: &str) -> Result<Vec<String>, GitError> {
    let asked = ["merge-base", "--all", head, commit];
    let found = command(root).args(asked).output().map_err(GitError::Program)?;
    let partings = String::from_utf8_lossy(&found.stdout).lines().map(str::to_owned).collect::<Vec<_>>();
    let shallow = is_shallow(root)?;
    let unknown = || GitError::NoParting { reference: reference.to_owned(), head: head.to_owned(), shallow };
    if !found.status.success() || partings.is_empty() {
        return Err(unknown());
    }
    let goes_on = |parting: &String| Ok(parting == commit || *parting == commit_of(root, head)?);
    if shallow && !partings.iter().map(goes_on).collect::<Result<Vec<bool>, GitError>>()?.contains(&true) {
        return Err(unknown());
    }
    Ok(partings)
}

/// Whether the clone was made without all objects.
fn is_partial(root: &Path) -> bool {
    let asked = ["config", "--get-regexp", r"^(extensions\.partialclone|remote\..*\.(promisor|partialclonefilter))$"];
    command(root).args(asked).output().is_ok_and(|told| told.status.success())
}

/// Something that a commit holds, for the errors about it.
#[derive(Clone, Copy)]
pub(crate) struct Held<'a> {
    pub(crate) root: &'a Path,
    pub(crate) reference: &'a str,
    pub(crate) commit: &'a str,
    pub(crate) path: &'a str,
}

impl Held<'_> {
    /// What it means that it can't be read.
    pub(crate) fn failed(self, bad: BadObject) -> GitError {
        let (reference, path) = (self.reference.to_owned(), self.path.to_owned());
        match bad {
            BadObject::Missing => {
                GitError::Missing { reference, commit: self.commit.to_owned(), path, partial: is_partial(self.root) }
            }
            BadObject::Other(what) => GitError::Unreadable { reference, path, what },
        }
    }

    /// What it means that git could not list it: a clone may lack folders, too.
    pub(crate) fn unlisted(self, stderr: &[u8]) -> GitError {
        let told = String::from_utf8_lossy(stderr).trim().to_owned();
        self.failed(if is_partial(self.root) { BadObject::Missing } else { BadObject::Other(told) })
    }
}

fn is_shallow(root: &Path) -> Result<bool, GitError> {
    let shallow = command(root).args(["rev-parse", "--is-shallow-repository"]).output().map_err(GitError::Program)?;
    Ok(String::from_utf8_lossy(&shallow.stdout).trim() == "true")
}

/// Where a commit may be had that is not here.
fn whence(root: &Path, reference: &str) -> Result<Whence, GitError> {
    let run = |arguments: &[&str]| command(root).args(arguments).output().map_err(GitError::Program);
    if !run(&["rev-list", "--all", "--max-count=1"])?.stdout.iter().any(u8::is_ascii_hexdigit) {
        return Ok(Whence::NoCommits);
    }
    let remotes = run(&["remote"])?;
    let remotes = String::from_utf8_lossy(&remotes.stdout).into_owned();
    let first = remotes.lines().find(|remote| *remote == "origin").or_else(|| remotes.lines().next());
    let is_whole = [40, 64].contains(&reference.len()) && reference.bytes().all(|digit| digit.is_ascii_hexdigit());
    if let Some(remote) = first.filter(|_| is_whole && !is_shallow(root).unwrap_or(true)) {
        return Ok(Whence::Hash { remote: remote.to_owned() });
    }
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._/-".contains(c);
    let is_hash = reference.len() >= 7 && reference.chars().all(|c| c.is_ascii_hexdigit());
    if !reference.chars().all(is_name) || is_hash || reference == "HEAD" {
        return Ok(Whence::History);
    }
    let tracked = reference.strip_prefix("refs/remotes/").unwrap_or(reference);
    let of_remote = |remote: &str| tracked.strip_prefix(remote).and_then(|rest| rest.strip_prefix('/'));
    if let Some((remote, branch)) = remotes.lines().find_map(|remote| Some((remote, of_remote(remote)?))) {
        return Ok(Whence::Branch { remote: remote.to_owned(), branch: branch.to_owned() });
    }
    let branch = reference.strip_prefix("refs/heads/").unwrap_or(reference);
    Ok(match first {
        Some(_) if branch.starts_with("refs/") => Whence::History,
        Some(remote) => Whence::Branch { remote: remote.to_owned(), branch: branch.to_owned() },
        None => Whence::NoRemote,
    })
}

/// A folder's place in its repository, ending in `/` unless it is the repository's own; `None` outside of one.
#[must_use]
pub fn place_of(folder: &Path) -> Option<String> {
    let told = command(folder).args(["rev-parse", "--show-prefix"]).output().ok()?;
    let prefix = String::from_utf8(told.stdout).ok()?;
    told.status.success().then(|| prefix.trim_end_matches(['\n', '\r']).to_owned())
}

/// Whether a reference names a commit that is here.
pub(crate) fn is_commit(root: &Path, reference: &str) -> bool {
    commit_of(root, reference).is_ok()
}

/// Whether a commit holds a ledger in this folder of its repository.
pub(crate) fn holds_ledger(folder: &Path, reference: &str) -> bool {
    let settings = format!("{reference}:./{SETTINGS}");
    let asked = ["rev-parse", "--verify", "--quiet", "--end-of-options", settings.as_str()];
    command(folder).args(asked).output().is_ok_and(|told| told.status.success())
}

pub(crate) fn commit_of(root: &Path, reference: &str) -> Result<String, GitError> {
    let run = |arguments: &[&str]| command(root).args(arguments).output().map_err(GitError::Program);
    let inside = run(&["rev-parse", "--is-inside-work-tree"])?;
    if !inside.status.success() {
        let told = String::from_utf8_lossy(&inside.stderr).lines().next().unwrap_or_default().to_owned();
        return Err(GitError::NoRepository { root: root.to_owned(), told });
    }
    let wanted = format!("{reference}^{{commit}}");
    let found = run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
    let commit = String::from_utf8_lossy(&found.stdout).trim().to_owned();
    if found.status.success() && !commit.is_empty() {
        return Ok(commit);
    }
    let (shallow, whence) = (is_shallow(root)?, whence(root, reference)?);
    Err(GitError::NoCommit { reference: reference.to_owned(), shallow, whence })
}

/// What a reference names, to compare with it: before its first commit a repository holds nothing, which is the empty tree.
pub(crate) fn held_of(root: &Path, reference: &str, point: Point) -> Result<String, GitError> {
    match commit_of(root, reference) {
        Err(GitError::NoCommit { whence: Whence::NoCommits, .. }) if reference == "HEAD" && point == Point::Exact => {
            empty_tree(root)
        }
        other => other,
    }
}

/// The name of the empty tree under the repository's hash function.
fn empty_tree(root: &Path) -> Result<String, GitError> {
    let asked = ["hash-object", "-t", "tree", "--stdin"];
    let told = command(root).args(asked).stdin(Stdio::null()).output().map_err(GitError::Program)?;
    Ok(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

fn blobs(root: &Path, reference: &str, commit: &str) -> Result<Vec<Blob>, GitError> {
    let listed = listed(root, reference, commit, CONTRACTS)?;
    let entries = listed.split(|byte| *byte == 0).filter_map(|entry| std::str::from_utf8(entry).ok());
    Ok(entries.filter_map(blob).collect())
}

/// The files of a commit below a path, each `MODE blob OBJECT<tab>PATH`, with a zero byte between them.
fn listed(root: &Path, reference: &str, commit: &str, path: &str) -> Result<Vec<u8>, GitError> {
    let listed = command(root).args(["ls-tree", "-r", "-z", commit, "--", path]).output().map_err(GitError::Program)?;
    if !listed.status.success() {
        return Err(Held { root, reference, commit, path }.unlisted(&listed.stderr));
    }
    Ok(listed.stdout)
}

/// What the ledger of a commit assumed of members that are not declared; `None` where it had none.
fn open_content(root: &Path, reference: &str, commit: &str) -> Result<Option<OpenContent>, GitError> {
    let listed = listed(root, reference, commit, SETTINGS)?;
    let entry = listed.split(|byte| *byte == 0).find_map(|entry| std::str::from_utf8(entry).ok());
    let Some((_, object)) = entry.and_then(regular) else { return Ok(None) };
    let unreadable =
        |what: String| GitError::Unreadable { reference: reference.to_owned(), path: SETTINGS.to_owned(), what };
    let at = Held { root, reference, commit, path: SETTINGS };
    let bytes = Objects::open(root)?.read(object, SETTINGS_BYTES_MAX as u64).map_err(|bad| at.failed(bad))?;
    let settings = Settings::parse(&String::from_utf8_lossy(&bytes)).map_err(|bad| unreadable(bad.to_string()))?;
    Ok(Some(settings.contract.open_content))
}

/// The path and the object of an entry; `None` for a link or a folder.
fn regular(entry: &str) -> Option<(&str, &str)> {
    let (facts, path) = entry.split_once('\t')?;
    let mut facts = facts.split(' ');
    let (mode, kind, object) = (facts.next()?, facts.next()?, facts.next()?);
    (kind == "blob" && mode.starts_with("100")).then_some((path, object))
}

/// A file of a contract; `None` for what belongs to none.
fn blob(entry: &str) -> Option<Blob> {
    let (path, object) = regular(entry)?;
    let (folder, file) = path.strip_prefix(CONTRACTS)?.strip_prefix('/')?.split_once('/')?;
    let name = folder.parse().ok()?;
    let part = match file {
        CONTRACT_LOG => Part::Log,
        _ => Part::Version(version_of(OsStr::new(file))?),
    };
    Some(Blob { object: object.to_owned(), path: path.to_owned(), name, part })
}

/// What a change did to what a commit held; additions are fine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tampering {
    /// A version's file has another content.
    Edited(u32),
    /// A version's file is gone.
    Removed(u32),
    /// An event is gone from the log.
    EventLost(Hash),
    /// All of the contract is gone.
    ContractRemoved,
}

/// What is no longer as it was.
#[must_use]
pub fn tampering(before: &Shelf, now: Option<&Shelf>) -> Vec<Tampering> {
    let Some(now) = now else { return vec![Tampering::ContractRemoved] };
    let mut found = Vec::new();
    for (version, bytes) in &before.files {
        match now.files.get(version) {
            Some(there) if there == bytes => {}
            Some(_) => found.push(Tampering::Edited(*version)),
            None => found.push(Tampering::Removed(*version)),
        }
    }
    let lost = before.graph.events().iter().find(|event| now.graph.event(event.hash()).is_none());
    found.extend(lost.map(|event| Tampering::EventLost(event.hash())));
    found
}
