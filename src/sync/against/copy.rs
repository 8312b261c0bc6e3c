//! A commit's ledger as files, for those who read ledgers from folders.

use std::fs::{DirBuilder, OpenOptions, Permissions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Component, Path};

use super::tree::each_entry;
use super::{Place, Sides};
use crate::registry::git::{GitError, commit_of};
use crate::registry::objects::{BadObject, Objects, Reading};
use crate::store::fs::log::LOG_BYTES_MAX;

/// What of a ledger is copied: all that is read of it, but what is computed.
const COPIED: [&str; 2] = ["coordination", "schemas"];
/// What a clone keeps for itself. Committed by mistake, it is no part of the ledger.
const LOCAL: &str = "coordination/.local/";
/// Where a link leads in the copy, wherever it led: nobody follows it.
const NOWHERE: &str = "-";

/// Writes a commit's ledger into an empty folder.
///
/// # Errors
/// [`GitError`] says what is missing or could not be written.
pub fn copy(place: &Place, reference: &str, into: &Path) -> Result<(), GitError> {
    let commit = commit_of(&place.repo, reference)?;
    let sides = Sides { repo: &place.repo, place: &place.prefix, files: into, reference, elsewhere: None };
    let paths = COPIED.map(|path| format!("{}{path}", place.prefix));
    let mut objects = Objects::open(&place.repo)?;
    let mut failed = None;
    each_entry(
        sides.held(&commit, &paths[0]),
        &["ls-tree", "-r", "-z", "--full-tree", &commit],
        &paths,
        &mut |entry| {
            let Some((facts, path)) = entry.split_once('\t') else { return };
            let mut facts = facts.split(' ');
            let (Some(mode), Some("blob"), Some(object)) = (facts.next(), facts.next(), facts.next()) else { return };
            let below = path.strip_prefix(&place.prefix).filter(|path| is_below(path) && !path.starts_with(LOCAL));
            let Some(below) = below.filter(|_| failed.is_none()) else { return };
            failed = write(&mut objects, mode, object, &into.join(below))
                .map_err(|bad| sides.held(&commit, path).failed(bad))
                .err();
        },
    )?;
    failed.map_or(Ok(()), Err)
}

/// Whether a path leads nowhere but down: a tree of git's can be made by hand.
fn is_below(path: &str) -> bool {
    Path::new(path).components().all(|part| matches!(part, Component::Normal(_)))
}

fn write(objects: &mut Objects, mode: &str, object: &str, path: &Path) -> Result<(), BadObject> {
    const FOLDER: u32 = 0o700;
    let unwritten = |error: std::io::Error| BadObject::Other(format!("could not write {}: {error}", path.display()));
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).mode(FOLDER).create(folder).map_err(unwritten)?;
    }
    if !mode.starts_with("100") {
        return std::os::unix::fs::symlink(NOWHERE, path).map_err(unwritten);
    }
    let mode = if mode == "100755" { 0o700 } else { 0o600 };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(unwritten)?;
    let mut failed = None;
    objects.see(object, LOG_BYTES_MAX, &mut |chunk| match file.write_all(chunk) {
        Ok(()) => Reading::On,
        Err(error) => {
            failed = Some(error);
            Reading::Enough
        }
    })?;
    failed.map_or(Ok(()), |error| Err(unwritten(error)))?;
    // Whatever the umask took away.
    file.set_permissions(Permissions::from_mode(mode)).map_err(unwritten)
}
