//! Files that wait for a merge to be settled.

use std::collections::BTreeMap;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::ask::{self, Unanswered};
use crate::registry::git;
use crate::registry::objects::Objects;
use crate::store::fs::carried::CARRIED_FOLDERS;

/// How long git may take to tell what is unmerged, or to note what is settled.
const ANSWER_MAX: Duration = Duration::from_secs(30);
/// A file that names a folder of git's is no longer than this.
const LINK_BYTES_MAX: u64 = 8 * 1024;

/// What lies in git's folder while something is under way that can leave files unmerged. AUTO_MERGE is there after a
/// conflict of any kind, a stash's too.
const UNDER_WAY: [&str; 7] =
    ["MERGE_HEAD", "REBASE_HEAD", "rebase-merge", "rebase-apply", "CHERRY_PICK_HEAD", "REVERT_HEAD", "AUTO_MERGE"];

/// A file that waits for a merge to be settled, with git's objects of its stages: of the base, ours, theirs.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stages {
    /// Base, ours, theirs: the object of each side that has the file as a plain one.
    pub objects: [Option<String>; 3],
    /// Whether a side has something else in its place: a link, another repository.
    pub is_odd: bool,
}

/// Git's folder of the work tree that a folder is in; `None` outside of one. Git is not run.
#[must_use]
pub fn git_folder(root: &Path) -> Option<PathBuf> {
    let root = root.canonicalize().ok()?;
    root.ancestors().find_map(|folder| {
        let at = folder.join(".git");
        let facts = fs::symlink_metadata(&at).ok()?;
        if facts.is_dir() {
            return Some(at);
        }
        if facts.is_symlink() {
            return at.canonicalize().ok().filter(|at| at.is_dir());
        }
        // A linked work tree or a submodule: a file that says where.
        if !facts.is_file() {
            return None;
        }
        let mut text = String::new();
        fs::File::open(&at).ok()?.take(LINK_BYTES_MAX).read_to_string(&mut text).ok()?;
        let named = text.strip_prefix("gitdir:")?.trim();
        Some(folder.join(named))
    })
}

/// Whether something is under way that can leave files unmerged.
#[must_use]
pub fn is_under_way(git_folder: &Path) -> bool {
    UNDER_WAY.iter().any(|name| fs::symlink_metadata(git_folder.join(name)).is_ok())
}

/// The ledger's files that wait for a merge to be settled, by their paths below its root. Git is asked only where
/// something is under way; where it can't answer, nobody knows, and nothing is told.
#[must_use]
pub fn waiting(root: &Path) -> Vec<String> {
    let under_way = git_folder(root).is_some_and(|folder| is_under_way(&folder));
    if !under_way {
        return Vec::new();
    }
    stages(root).map(|stages| stages.into_keys().collect()).unwrap_or_default()
}

/// The ledger's files that wait for a merge to be settled; none outside of a work tree.
///
/// # Errors
/// [`Unanswered`].
pub fn stages(root: &Path) -> Result<BTreeMap<String, Stages>, Unanswered> {
    if git_folder(root).is_none() {
        return Ok(BTreeMap::new());
    }
    let mut command = git::command(root);
    command.args(["ls-files", "--unmerged", "-z", "--"]).args(CARRIED_FOLDERS);
    let listed = ask::answer(command, &[], ANSWER_MAX)?;
    let mut files: BTreeMap<String, Stages> = BTreeMap::new();
    for entry in listed.out.split(|byte| *byte == 0).filter(|entry| !entry.is_empty()) {
        // MODE OBJECT STAGE, a tab, the path.
        let entry = String::from_utf8_lossy(entry);
        let Some((facts, path)) = entry.split_once('\t') else { continue };
        let mut facts = facts.split(' ');
        let (mode, object, stage) = (facts.next(), facts.next(), facts.next());
        let file = files.entry(path.to_owned()).or_default();
        let at = stage.and_then(|stage| stage.parse::<usize>().ok()).and_then(|stage| stage.checked_sub(1));
        match (mode, object, at.and_then(|at| file.objects.get_mut(at))) {
            (Some(mode), Some(object), Some(place)) if mode.starts_with("100") => *place = Some(object.to_owned()),
            (_, _, _) => file.is_odd = true,
        }
    }
    Ok(files)
}

/// Which of these files git tracks, or has unmerged.
///
/// # Errors
/// [`Unanswered`].
pub fn tracked(root: &Path, files: &[String]) -> Result<Vec<String>, Unanswered> {
    /// A command line has a length.
    const ASKED_AT_ONCE: usize = 256;
    if files.is_empty() || git_folder(root).is_none() {
        return Ok(Vec::new());
    }
    let mut tracked = Vec::new();
    for some in files.chunks(ASKED_AT_ONCE) {
        let mut command = git::command(root);
        command.args(["ls-files", "-z", "--"]).args(some);
        let listed = ask::answer(command, &[], ANSWER_MAX)?;
        tracked.extend(listed.text().split('\0').filter(|path| !path.is_empty()).map(str::to_owned));
    }
    Ok(tracked)
}

/// Keeps bytes among git's objects as they are: no filter and no conversion touches them.
///
/// # Errors
/// [`Unanswered`].
pub fn keep(root: &Path, bytes: &[u8]) -> Result<String, Unanswered> {
    let mut command = git::command(root);
    command.args(["-c", "core.fsync=all", "hash-object", "-w", "--no-filters", "--stdin"]);
    let object = ask::answer(command, bytes, ANSWER_MAX)?.text().trim().to_owned();
    let is_hash = object.len() >= 40 && object.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_hash.then_some(object).ok_or_else(|| Unanswered::new("hash-object", "its answer is no hash"))
}

/// Notes in git's index that these files are settled, with these objects, and nothing else.
///
/// # Errors
/// [`Unanswered`]; the index is as it was then.
pub fn settle(root: &Path, files: &[(String, String)]) -> Result<(), Unanswered> {
    if files.is_empty() {
        return Ok(());
    }
    let place = git::place_of(root).ok_or_else(|| Unanswered::new("rev-parse", "the ledger is in no work tree"))?;
    let mut told = String::new();
    for (path, object) in files {
        told.push_str(&format!("100644 {object} 0\t{place}{path}\0"));
    }
    let mut command = git::command(root);
    command.args(["-c", "core.fsync=all", "update-index", "-z", "--index-info"]);
    ask::answer(command, told.as_bytes(), ANSWER_MAX).map(drop)
}

/// Reads git's objects, each at most `max` bytes.
///
/// # Errors
/// [`Unanswered`].
pub fn read(root: &Path, object: &str, max: u64) -> Result<Vec<u8>, Unanswered> {
    let failed = |what: &dyn ToString| Unanswered::new("cat-file", what.to_string());
    let mut objects = Objects::open(root).map_err(|error| failed(&error))?;
    objects.read(object, max).map_err(|what| failed(&what))
}
