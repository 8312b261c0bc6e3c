//! What was written since: a local list of the requests that this clone's writers touch, so that a reader need not look
//! at all others.
//!
//! Whoever writes to a request notes it here before the first byte, and notes the end once it is through; both while it
//! holds the request's lock. A reader that knows the list up to some point looks again at every request that was noted
//! since, and at those whose last note is a beginning: they are being written to, or their writer was killed.
//!
//! What others change (git, an editor, a copy) is not noted. It shows in the folders' own times, which a reader compares
//! with those that it knows; a writer of this clone that makes files notes the times before and after, so that its own
//! changes are told from others. A file that is changed in place shows in none of it: see `docs/read-model.md` for who
//! looks for that, and when.
//!
//! The list is not synced, so it counts for one boot. Text: a first line `=` and a random name, then a line a note: `+ID`,
//! `-ID`, or `c` with the folders' times before and after.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde::{Deserialize, Serialize};

use super::disk::{Create, Facts};
use super::files::{self, LogFile};
use super::keys::boot;
use super::{FsStore, YOUNG_NS, io};
use crate::domain::id::RequestId;
use crate::store::{Changes, Point, StoreError};

/// How much of the list is read at once; who is further behind looks at everything.
const READ_MAX: u64 = 4 * 1024 * 1024;
/// Beyond this the list is begun anew by whoever holds the ledger alone.
const LONG: u64 = 8 * 1024 * 1024;

/// Inode and time of a folder.
type Seen = [u64; 2];

/// How far a reader has got.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Known {
    boot: String,
    epoch: String,
    offset: u64,
    open: BTreeSet<RequestId>,
    /// Of packets and of logs.
    folders: [Seen; 2],
    /// Whether a later change of the folders is sure to show in their times.
    settled: bool,
}

/// A write under way: noted as begun, and as ended when dropped.
pub(super) struct Change {
    file: Option<LogFile>,
    end: String,
}

impl Change {
    /// Says that the folders changed from these times to those of now, by this write alone; whoever else makes files must
    /// be kept out meanwhile. Best effort: unsaid, everything is looked at.
    pub(super) fn made_files(&mut self, store: &FsStore, before: Option<[Seen; 2]>) {
        let (Some(file), Some(before), Some(after)) = (&mut self.file, before, store.folder_times()) else { return };
        let mut line = "c".to_owned();
        for [inode, time] in before.into_iter().chain(after) {
            // Writing to a String can't fail.
            let _ = write!(line, " {inode} {time}");
        }
        line.push('\n');
        let _ = file.append(line.as_bytes());
    }
}

impl Drop for Change {
    fn drop(&mut self) {
        // What has no end is looked at again and again: slower, and right.
        if let Some(file) = &mut self.file {
            let _ = file.append(self.end.as_bytes());
        }
    }
}

impl FsStore {
    /// Notes that requests are about to be written to; their locks, or the ledger's, must be held.
    pub(super) fn changing(&self, ids: &[RequestId]) -> Result<Change, StoreError> {
        let path = self.layout.in_local("changes");
        let opened = self.files.open_log(&path, Create::Yes).map_err(io("open", &path))?;
        let Some(mut file) = opened else { return Ok(Change { file: None, end: String::new() }) };
        let mut begin = String::new();
        if file.facts().map_err(io("look at", &path))?.size == 0 {
            begin.push_str(&epoch()?);
        }
        let mut end = String::new();
        for id in ids {
            // Writing to a String can't fail.
            let _ = writeln!(begin, "+{id}");
            let _ = writeln!(end, "-{id}");
        }
        file.append(begin.as_bytes()).map_err(io("write", &path))?;
        Ok(Change { file: Some(file), end })
    }

    /// Begins a long list anew; the ledger must be held alone. Best effort.
    pub(super) fn shorten_changes(&self) {
        let path = self.layout.in_local("changes");
        let is_long = self.files.facts(&path).ok().flatten().is_some_and(|facts| facts.size > LONG);
        if let Some(epoch) = epoch().ok().filter(|_| is_long) {
            let tmp = self.layout.in_local("tmp");
            let _ = self.files.replace(&path, &tmp, epoch.as_bytes(), files::Durability::Lost);
        }
    }

    /// Inode and time of the folders of packets and of logs.
    pub(super) fn folder_times(&self) -> Option<[Seen; 2]> {
        let seen =
            |folder| self.files.facts(folder).ok().flatten().map(|facts: Facts| [facts.inode, facts.modified_ns]);
        Some([seen(&self.layout.requests())?, seen(&self.layout.events())?])
    }

    /// What changed since a point: see [`Changes`].
    pub(super) fn changes_since(&self, since: Option<&Point>) -> Result<Changes, StoreError> {
        let known = since.and_then(|point| serde_json::from_str::<Known>(&point.0).ok());
        // The list before the times: what is noted later is not known to show in them.
        let (epoch, end) = self.end_of_changes()?;
        let now = files::now_ns();
        let folders = self.folder_times().unwrap_or_default();
        let settled = folders.iter().all(|[_, time]| time.saturating_add(YOUNG_NS) < now);
        let boot = boot();
        let mut fresh = Known { boot, epoch, offset: end, open: BTreeSet::new(), folders, settled };
        let read = match &known {
            Some(known) if known.goes_on_in(&fresh) => self.notes(known, end)?,
            Some(_) | None => None,
        };
        let (touched, all) = match (&known, read) {
            (Some(known), Some(notes)) => {
                let all = !known.settled || notes.folders != folders;
                fresh.open = notes.open;
                // What changed the folders last was this clone's own, or was settled before.
                fresh.settled |= !all;
                (notes.touched, all)
            }
            (_, _) => (BTreeSet::new(), true),
        };
        let point = serde_json::to_string(&fresh).map_err(|e| StoreError::Unwritable(e.to_string()))?;
        Ok(Changes { all, touched, point: Point(point) })
    }

    /// The list's name, and where its last whole line ends.
    fn end_of_changes(&self) -> Result<(String, u64), StoreError> {
        let path = self.layout.in_local("changes");
        let size = self.files.facts(&path).map_err(io("look at", &path))?.map_or(0, |facts| facts.size);
        let head = self.files.read_part(&path, 0, size.min(64)).map_err(io("read", &path))?.unwrap_or_default();
        let epoch = String::from_utf8_lossy(&head).lines().next().unwrap_or_default().to_owned();
        Ok((epoch, size))
    }

    /// The notes from a point up to `end`; `None` if they can't be told.
    fn notes(&self, known: &Known, end: u64) -> Result<Option<Notes>, StoreError> {
        let mut notes = Notes { touched: known.open.clone(), open: known.open.clone(), folders: known.folders };
        if end == known.offset {
            return Ok(Some(notes));
        }
        if end < known.offset || end - known.offset > READ_MAX {
            return Ok(None);
        }
        let path = self.layout.in_local("changes");
        let read = self.files.read_part(&path, known.offset, end).map_err(io("read", &path))?;
        let text = read.and_then(|bytes| String::from_utf8(bytes).ok());
        // A line that is not whole is a note that is being written: its writer has not begun yet. It is not known where
        // it will end, so this once everything is looked at.
        let Some(text) = text.filter(|text| text.ends_with('\n')) else { return Ok(None) };
        Ok(text.lines().try_for_each(|line| notes.take(line)).map(|()| notes))
    }
}

impl Known {
    /// Whether what is known goes on in the list as it is now.
    fn goes_on_in(&self, now: &Self) -> bool {
        self.boot == now.boot && !now.boot.is_empty() && self.epoch == now.epoch && !now.epoch.is_empty()
    }
}

/// What the notes say.
struct Notes {
    touched: BTreeSet<RequestId>,
    open: BTreeSet<RequestId>,
    folders: [Seen; 2],
}

impl Notes {
    /// Takes a line in; `None` if it says nothing that is known.
    fn take(&mut self, line: &str) -> Option<()> {
        let (kind, rest) = line.split_at_checked(1)?;
        match kind {
            "+" => {
                let id: RequestId = rest.parse().ok()?;
                self.touched.insert(id);
                self.open.insert(id);
            }
            "-" => {
                let id: RequestId = rest.parse().ok()?;
                self.touched.insert(id);
                self.open.remove(&id);
            }
            "c" => {
                let mut numbers = rest.split_whitespace().map(|number| number.parse::<u64>().ok());
                let mut seen = || -> Option<Seen> { Some([numbers.next()??, numbers.next()??]) };
                let (before, after) = ([seen()?, seen()?], [seen()?, seen()?]);
                if self.folders == before {
                    self.folders = after;
                }
            }
            _ => return None,
        }
        Some(())
    }
}

fn epoch() -> Result<String, StoreError> {
    let mut random = [0; 8];
    getrandom::fill(&mut random).map_err(|e| StoreError::Unwritable(format!("no randomness: {e}")))?;
    Ok(format!("={:016x}\n", u64::from_le_bytes(random)))
}
