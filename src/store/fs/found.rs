//! Founding a ledger: its folders, settings, workflow, schemas, and what git should know of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::block::{Markers, with_block};
use super::disk::{Disk, Named};
use super::files::{Durability, Files};
use super::io;
use super::layout::Layout;
use crate::store::StoreError;

/// A file that a ledger is founded with.
#[derive(Clone, Debug)]
pub struct Founded {
    /// Its path from the root.
    pub path: PathBuf,
    /// Its text.
    pub text: String,
    /// What to do if it is there.
    pub otherwise: Otherwise,
}

/// What to do with a file that is there already.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Otherwise {
    /// Leave it as it is.
    Keep,
    /// Add the lines that it lacks at its end.
    AddLines,
    /// Bring it up to date.
    Replace,
    /// Bring up to date what stands between these markers, and add it at the end where nothing does.
    ReplaceBlock(Markers),
}

/// What became of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It was not there.
    Written,
    /// Lines were added, or it was brought up to date.
    Changed,
    /// It was as it should be, or was left as it is.
    Kept,
    /// Its markers don't say where the block is that was to be brought up to date. Nothing was written, to no file.
    Unclear,
}

const TEXT_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// Makes the folders and files of a ledger below `root`, as far as they are not there. Says what became of each file.
///
/// # Errors
/// Failed machinery, or folders that are links.
pub fn found(root: &Path, disk: Arc<dyn Disk>, files: &[Founded]) -> Result<Vec<(PathBuf, Outcome)>, StoreError> {
    let disk = Files::on(disk);
    let layout = Layout::new(root);
    let mut unclear = Vec::new();
    for file in files {
        let path = root.join(&file.path);
        if let Otherwise::ReplaceBlock(markers) = file.otherwise
            && let Some((there, _)) = disk.read(&path, TEXT_BYTES_MAX).map_err(io("read", &path))?
            && with_block(&there, &file.text, markers).is_err()
        {
            unclear.push((file.path.clone(), Outcome::Unclear));
        }
    }
    if !unclear.is_empty() {
        return Ok(unclear);
    }
    let folders = layout.folders().into_iter().chain([layout.schemas().join("types")]).chain(layout.local_folders());
    for folder in folders {
        make_folders(&disk, root, &folder)?;
    }
    let mut outcomes = Vec::new();
    for file in files {
        outcomes.push((file.path.clone(), write(&disk, root, &layout, file)?));
    }
    Ok(outcomes)
}

/// Says what [`found`] would do with each file, and does nothing.
///
/// # Errors
/// Failed machinery.
pub fn foresee(root: &Path, disk: Arc<dyn Disk>, files: &[Founded]) -> Result<Vec<(PathBuf, Outcome)>, StoreError> {
    let disk = Files::on(disk);
    let one = |file: &Founded| {
        let path = root.join(&file.path);
        let there = disk.read(&path, TEXT_BYTES_MAX).map_err(io("read", &path))?;
        let outcome = match there {
            None => Outcome::Written,
            Some(there) => match changed(&there.0, file) {
                Ok(Some(_)) => Outcome::Changed,
                Ok(None) => Outcome::Kept,
                Err(Unclear) => Outcome::Unclear,
            },
        };
        Ok((file.path.clone(), outcome))
    };
    files.iter().map(one).collect()
}

/// What is on record below `root` although no settings say which ledger it belongs to: a packet, a log,
/// or checkpoints; `None` where nothing is, or where there are settings.
///
/// # Errors
/// Failed machinery.
pub fn orphan(root: &Path, disk: Arc<dyn Disk>) -> Result<Option<PathBuf>, StoreError> {
    let disk = Files::on(disk);
    let layout = Layout::new(root);
    let settings = layout.settings();
    if disk.facts(&settings).map_err(io("look at", &settings))?.is_some() {
        return Ok(None);
    }
    for (folder, suffix) in [(layout.requests(), ".json"), (layout.events(), ".jsonl")] {
        if let Some(id) = super::list(&disk, &folder, suffix)?.first() {
            return Ok(Some(folder.join(format!("{id}{suffix}"))));
        }
    }
    let folder = layout.checkpoints();
    let origin = disk.names(&folder).map_err(io("list", &folder))?.into_iter().min();
    Ok(origin.map(|origin| folder.join(origin)))
}

/// What a folder that was kept by hand is called once a ledger has its place, beside it.
pub const SET_ASIDE: &str = "coordination-before-ledger";

/// Makes way for a ledger where a folder that was kept by hand has its place: that gets another name, whole, and nothing
/// in it changes. `None` if something has that name.
///
/// # Errors
/// Failed machinery.
pub fn set_aside(root: &Path, disk: Arc<dyn Disk>) -> Result<Option<PathBuf>, StoreError> {
    let disk = Files::on(disk);
    let (from, to) = (Layout::new(root).coordination().to_owned(), root.join(SET_ASIDE));
    if disk.facts(&to).map_err(io("look at", &to))?.is_some() {
        return Ok(None);
    }
    disk.disk().rename(&from, &to).map_err(io("rename", &from))?;
    disk.sync_dir(root).map_err(io("sync", root))?;
    Ok(Some(to))
}

/// A file below `root` that people keep by hand where a ledger has its own, although there is none yet: a packet without a
/// `uid`, or an index that is not computed. `None` where there is none, or where there are settings.
///
/// # Errors
/// Failed machinery.
pub fn kept_by_hand(root: &Path, disk: Arc<dyn Disk>) -> Result<Option<PathBuf>, StoreError> {
    /// More are not looked at: one of them tells.
    const LOOKED_AT_MAX: usize = 64;
    let disk = Files::on(disk);
    let layout = Layout::new(root);
    let settings = layout.settings();
    if disk.facts(&settings).map_err(io("look at", &settings))?.is_some() {
        return Ok(None);
    }
    let folder = layout.requests();
    let mut names = disk.names(&folder).map_err(io("list", &folder))?;
    names.retain(|name| name.to_string_lossy().ends_with(".json"));
    names.sort();
    let packets = names.into_iter().take(LOOKED_AT_MAX).map(|name| (folder.join(name), "uid"));
    for (path, own) in packets.chain([(layout.index(), "format")]) {
        // What can't be read is nobody's word that it is theirs.
        let bytes = disk.read(&path, TEXT_BYTES_MAX).ok().flatten().map(|(bytes, _)| bytes).unwrap_or_default();
        let members: Option<serde_json::Map<String, serde_json::Value>> = serde_json::from_slice(&bytes).ok();
        if members.is_some_and(|members| !members.contains_key(own)) {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

fn make_folders(disk: &Files, root: &Path, folder: &Path) -> Result<(), StoreError> {
    let below: Vec<&Path> = folder.ancestors().take_while(|path| *path != root).collect();
    for path in below.into_iter().rev() {
        if !super::check_folder(disk, path)? {
            disk.make_dir(path).map_err(io("make", path))?;
            let parent = path.parent().unwrap_or(root);
            disk.sync_dir(parent).map_err(io("sync", parent))?;
        }
    }
    Ok(())
}

fn write(disk: &Files, root: &Path, layout: &Layout, file: &Founded) -> Result<Outcome, StoreError> {
    let path = root.join(&file.path);
    let tmp = layout.in_local("tmp");
    let Some(there) = disk.read(&path, TEXT_BYTES_MAX).map_err(io("read", &path))? else {
        let folder = path.parent().unwrap_or(root);
        let mut staged = disk.stage(folder, &tmp, file.text.as_bytes(), 0o644).map_err(io("write", &path))?;
        let named = staged.sync().and_then(|()| staged.link(&path)).map_err(io("write", &path))?;
        disk.sync_dir(folder).map_err(io("sync", folder))?;
        return Ok(match named {
            Named::Done => Outcome::Written,
            Named::Exists => Outcome::Kept,
        });
    };
    let wanted = match changed(&there.0, file) {
        Ok(Some(wanted)) => wanted,
        Ok(None) => return Ok(Outcome::Kept),
        Err(Unclear) => return Ok(Outcome::Unclear),
    };
    disk.replace(&path, &tmp, &wanted, Durability::Durable).map_err(io("write", &path))?;
    Ok(Outcome::Changed)
}

/// Where a file's block begins or ends can't be told.
struct Unclear;

/// What a file that is there is to become; `None` where it stays as it is.
fn changed(there: &[u8], file: &Founded) -> Result<Option<Vec<u8>>, Unclear> {
    let wanted = match file.otherwise {
        Otherwise::Keep => return Ok(None),
        Otherwise::Replace => file.text.clone().into_bytes(),
        Otherwise::AddLines => with_lines(there, &file.text),
        Otherwise::ReplaceBlock(markers) => with_block(there, &file.text, markers).map_err(|_| Unclear)?,
    };
    Ok((wanted != there).then_some(wanted))
}

fn with_lines(there: &[u8], lines: &str) -> Vec<u8> {
    let text = String::from_utf8_lossy(there);
    let missing: Vec<&str> = lines.lines().filter(|line| !text.lines().any(|old| old.trim_end() == *line)).collect();
    if missing.is_empty() {
        return there.to_vec();
    }
    let gap: &[u8] = if there.is_empty() || there.ends_with(b"\n") { b"" } else { b"\n" };
    [there, gap, missing.join("\n").as_bytes(), b"\n"].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_once_and_after_what_is_there() {
        assert_eq!(with_lines(b"a", "b\nc\n"), b"a\nb\nc\n");
        assert_eq!(with_lines(b"b\r\na\n", "b\nc\n"), b"b\r\na\nc\n");
        assert_eq!(with_lines(b"a\nb\n", "b\n"), b"a\nb\n");
        assert_eq!(with_lines(b"\xff", "b\n"), b"\xff\nb\n");
    }
}
