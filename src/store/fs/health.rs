//! What lies about in a ledger's folders that no command is at work on, and what can be done about it without losing
//! anything: leftovers, ends of writes that were cut short, logs whose sync did not get to its end.

use std::path::{Path, PathBuf};

use super::files::now_ns;
use super::inspect;
use super::journal::{self, Plan};
use super::lock::{Lock, Sharing};
use super::{FsStore, io};
use crate::domain::id::{RequestId, Stream};
use crate::store::contracts::Contracts;
use crate::store::{Budget, Store, StoreError};

pub use super::native::Ground;

/// A temporary file this old belongs to no command that still runs (1 hour).
const TEMPORARY_NS: u64 = 3_600_000_000_000;
/// The codes of faults that are ends of writes that were cut short.
const CUT_SHORT: [&str; 2] = ["tail-torn", "tail-unfinished"];

/// What lies about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leftovers {
    /// Temporary files of commands that were killed.
    pub temporary: Vec<PathBuf>,
    /// Ends of writes that were cut short and set aside.
    pub quarantined: Vec<PathBuf>,
    /// Logs whose last writer did not get to the end of its sync.
    pub unsynced: Vec<Stream>,
}

/// Something that was mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mended {
    /// A temporary file was removed.
    Removed(PathBuf),
    /// A log was written once more, and synced.
    Synced(Stream),
    /// The end of a write that was cut short was set aside, or a line end added.
    End(PathBuf),
    /// A batch that was cut short was carried out, or its beginnings removed.
    Batch(PathBuf),
}

impl FsStore {
    /// What lies about. Changes nothing.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn leftovers(&self) -> Result<Leftovers, StoreError> {
        let (temporary, quarantined) = (self.old_temporaries()?, self.quarantined()?);
        Ok(Leftovers { temporary, quarantined, unsynced: self.unsynced()? })
    }

    fn quarantined(&self) -> Result<Vec<PathBuf>, StoreError> {
        let mut quarantined = self.paths_in(&self.layout.in_local("quarantine"))?;
        quarantined.sort_unstable();
        Ok(quarantined)
    }

    /// The logs whose last writer left a note in their lock file.
    fn unsynced(&self) -> Result<Vec<Stream>, StoreError> {
        let mut unsynced = Vec::new();
        for path in self.paths_in(&self.layout.in_local("locks"))? {
            // Who holds the lock is at it.
            let note = match Lock::try_take(&self.files, &path, Sharing::Shared) {
                Ok(lock) => lock.and_then(|lock| lock.marked()),
                // Where no lock can be taken, that is told as such.
                Err(StoreError::Io { .. } | StoreError::Damaged { .. }) => None,
                Err(other) => return Err(other),
            };
            unsynced.extend(note);
        }
        unsynced.sort();
        Ok(unsynced)
    }

    /// What the ledger stands on; `None` where that can't be told.
    #[must_use]
    pub fn ground(&self) -> Option<Ground> {
        self.files.ground()
    }

    /// Whether a file can be made, written and synced here.
    ///
    /// # Errors
    /// Says why not.
    pub fn try_writing(&self) -> Result<(), StoreError> {
        self.make_local_now()?;
        let tmp = self.layout.in_local("tmp");
        let mut staged = self.files.stage(&tmp, &tmp, b"doctor", 0o600).map_err(io("write in", &tmp))?;
        staged.sync().map_err(io("sync in", &tmp))?;
        for folder in [self.layout.requests(), self.layout.events()] {
            self.files.may_write(&folder).map_err(io("write in", &folder))?;
        }
        Ok(())
    }

    /// Mends what was cut short and clears away what was left behind. No packet and no event is touched. Answers with
    /// what it did, and with what still lies about.
    ///
    /// # Errors
    /// Failed machinery, or somebody else is writing for longer than the budget.
    pub fn mend(&self, budget: &Budget) -> Result<(Vec<Mended>, Leftovers), StoreError> {
        let mut mended = Vec::new();
        let alone = self.enter_alone(budget)?;
        if journal::is_there(self)? {
            journal::recover(self, budget)?;
            mended.push(Mended::Batch(journal::path(&self.layout)));
        }
        for path in self.old_temporaries()? {
            self.files.remove(&path).map_err(io("remove", &path))?;
            mended.push(Mended::Removed(path));
        }
        for stream in self.unsynced()? {
            // Taking the lock does it.
            drop(self.lock_stream(&stream, budget)?);
            mended.push(Mended::Synced(stream));
        }
        for stream in self.cut_short()? {
            let _lock = self.lock_stream(&stream, budget)?;
            self.open_log(&stream, budget)?;
            mended.push(Mended::End(self.layout.log_of(&stream)));
        }
        drop(alone);
        // What else there was is mended, or this ended in an error: the lock files need no second look.
        Ok((mended, Leftovers { quarantined: self.quarantined()?, ..Leftovers::default() }))
    }

    /// The logs that end in a write that was cut short. One that is damaged besides is left to whoever looks into it.
    fn cut_short(&self) -> Result<Vec<Stream>, StoreError> {
        let is_cut = |codes: &[&str]| codes.iter().any(|code| CUT_SHORT.contains(code));
        let mut streams = Vec::new();
        for id in self.requests()? {
            // Not by way of the trait, which would wait for this very process to let go of the ledger.
            let faults = inspect::request(self, id, &Plan::default())?.faults;
            let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
            if is_cut(&codes) && !codes.contains(&"line-damaged") && !self.is_alone(id)? {
                streams.push(Stream::Request(id));
            }
        }
        for name in self.contracts()? {
            let faults = self.inspect_contract(&name)?.faults;
            let codes: Vec<&str> = faults.iter().map(|fault| fault.code).collect();
            if is_cut(&codes) && !codes.contains(&"line-damaged") {
                streams.push(Stream::Contract(name));
            }
        }
        Ok(streams)
    }

    /// Whether a log has lost its packet.
    fn is_alone(&self, id: RequestId) -> Result<bool, StoreError> {
        let packet = self.layout.packet(id);
        Ok(self.files.facts(&packet).map_err(io("look at", &packet))?.is_none())
    }

    fn old_temporaries(&self) -> Result<Vec<PathBuf>, StoreError> {
        let now = now_ns();
        let mut old = Vec::new();
        for path in self.paths_in(&self.layout.in_local("tmp"))? {
            let facts = self.files.facts(&path).map_err(io("look at", &path))?;
            if facts.is_some_and(|facts| facts.modified_ns.saturating_add(TEMPORARY_NS) < now) {
                old.push(path);
            }
        }
        old.sort_unstable();
        Ok(old)
    }

    fn paths_in(&self, folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let names = self.files.names(folder).map_err(io("list", folder))?;
        Ok(names.into_iter().map(|name| folder.join(name)).collect())
    }
}
