//! What lies about in a ledger's folders that no command is at work on, and what can be done about it without losing
//! anything: leftovers, ends of writes that were cut short, logs whose sync did not get to its end.

use std::path::{Path, PathBuf};
use std::time::Duration;

mod probe;

use super::files::now_ns;
use super::inspect;
use super::journal::{self, Plan};
use super::lock::{Lock, Sharing};
use super::native::Kind;
use super::{FsStore, io};
use crate::domain::id::{RequestId, Stream};
use crate::store::contracts::Contracts;
use crate::store::{Budget, Fault, Store, StoreError};

pub use self::probe::{Role, Unfit, Why};
pub use super::native::Ground;

/// A temporary file this old belongs to no command that still runs (1 hour).
const TEMPORARY_NS: u64 = 3_600_000_000_000;

/// Whoever keeps others waiting for longer than this is told of. A large batch takes as long.
const HELD_MIN: Duration = Duration::from_secs(2);

/// What lies about.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Leftovers {
    /// Temporary files of commands that were killed.
    pub temporary: Vec<PathBuf>,
    /// Ends of writes that were cut short and set aside.
    pub quarantined: Vec<PathBuf>,
    /// Logs whose last writer did not get to the end of its sync.
    pub unsynced: Vec<Stream>,
    /// The lock that kept this from looking further, as it keeps every writer from writing.
    pub held: Option<Held>,
}

/// A lock that others wait for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Held {
    /// Its file.
    pub path: PathBuf,
    /// Who holds it, as the file says.
    pub holder: Option<String>,
}

/// Something that was mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Mended {
    /// A temporary file was removed.
    Removed(PathBuf),
    /// What nobody could use was removed; it is made anew.
    Cleared(PathBuf),
    /// What stood in the place of something else was set aside.
    SetAside {
        /// Where it stood.
        path: PathBuf,
        /// Where it is now.
        aside: PathBuf,
    },
    /// A log was written once more, and synced.
    Synced(Stream),
    /// The end of a log was mended.
    End(PathBuf, End),
    /// A batch that was cut short was brought to its end.
    Batch(PathBuf, Rest),
}

/// What became of the end of a log.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum End {
    /// It was part of a write, and was set aside.
    SetAside,
    /// It lacked its line end, and got it.
    Completed,
}

/// What became of a batch that was cut short.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rest {
    /// It was carried out.
    CarriedOut,
    /// Nothing of it was begun, and it was cleared away.
    ClearedAway,
}

/// What came of mending.
#[derive(Debug, Default)]
pub struct Mending {
    /// What was done.
    pub done: Vec<Mended>,
    /// What could not be done.
    pub failed: Vec<StoreError>,
}

impl Mending {
    /// Notes what came of one step.
    pub fn note(&mut self, done: Result<Option<Mended>, StoreError>) {
        match done {
            Ok(done) => self.done.extend(done),
            Err(error) => self.failed.push(error),
        }
    }
}

impl FsStore {
    /// What lies about. Changes nothing. What can't be looked at is not told here.
    #[must_use]
    pub fn leftovers(&self) -> Leftovers {
        Leftovers {
            temporary: self.old_temporaries(),
            quarantined: self.quarantined(),
            unsynced: self.unsynced(),
            held: self.held(),
        }
    }

    /// The lock that every writer waits for, where somebody holds it for longer than anything should take.
    fn held(&self) -> Option<Held> {
        let budget = Budget::endless().patient(HELD_MIN);
        ["gate", "ledger"].into_iter().find_map(|name| {
            let path = self.layout.lock(name);
            match Lock::take(&self.files, &path, name, Sharing::Shared, &budget) {
                Err(StoreError::Busy { holder, .. }) => Some(Held { path, holder }),
                // What can't be locked is told as such.
                Ok(_) | Err(_) => None,
            }
        })
    }

    fn quarantined(&self) -> Vec<PathBuf> {
        let mut quarantined = self.paths_in(&self.layout.in_local("quarantine")).unwrap_or_default();
        quarantined.sort_unstable();
        quarantined
    }

    /// The logs whose last writer left a note in their lock file.
    fn unsynced(&self) -> Vec<Stream> {
        let mut unsynced = Vec::new();
        for path in self.paths_in(&self.layout.in_local("locks")).unwrap_or_default() {
            // Who holds the lock is at it. Where no lock can be taken, that is told as such.
            let lock = Lock::try_take(&self.files, &path, Sharing::Shared).ok().flatten();
            unsynced.extend(lock.and_then(|lock| lock.marked()));
        }
        unsynced.sort();
        unsynced
    }

    /// What the ledger stands on; `None` where that can't be told.
    #[must_use]
    pub fn ground(&self) -> Option<Ground> {
        self.files.ground()
    }

    /// The folders in which everybody on this machine may put, rename and remove files.
    #[must_use]
    pub fn open_to_all(&self) -> Vec<PathBuf> {
        let mut folders = self.layout.folders().to_vec();
        folders.extend([self.layout.contracts(), self.layout.checkpoints()]);
        folders.extend(self.layout.local_folders());
        // What can't be looked at is told with the files that writers need.
        let is_open = |path: &PathBuf| matches!(self.files.look(path), Ok(Some(look)) if look.is_open_to_all && look.kind == Kind::Folder);
        folders.retain(is_open);
        folders
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

    /// Mends what was cut short, and clears away what was left behind or can't be used. No packet and no event is
    /// touched.
    ///
    /// # Errors
    /// [`StoreError::Busy`] if somebody else is writing for longer than the budget. What else fails is part of the answer.
    pub fn mend(&self, budget: &Budget) -> Result<Mending, StoreError> {
        let mut mending = Mending::default();
        // The folders first: what stands in the place of a file is set aside in one of them.
        for one in self.unfit_local().iter().filter(|one| one.is_unusable() && one.is_disposable()) {
            mending.note(self.clear(one).map(Some));
            if one.role == Role::LocalFolder {
                mending.note(self.make_local_now().map(|()| None));
            }
        }
        let index = self.unfit_index().filter(Unfit::is_disposable);
        mending.note(index.map(|one| self.clear(&one)).transpose());
        match self.enter_alone(budget) {
            Ok(alone) => {
                self.mend_alone(&mut mending, budget);
                drop(alone);
            }
            Err(error @ StoreError::Busy { .. }) => return Err(error),
            Err(error) => mending.failed.push(error),
        }
        Ok(mending)
    }

    fn mend_alone(&self, mending: &mut Mending, budget: &Budget) {
        for one in self.unfit_local().iter().filter(|one| one.is_disposable()) {
            mending.note(self.clear(one).map(Some));
        }
        mending.note(self.mend_batch(budget));
        for path in self.old_temporaries() {
            let removed = self.files.remove(&path).map_err(io("remove", &path));
            mending.note(removed.map(|()| Some(Mended::Removed(path.clone()))));
        }
        for stream in self.unsynced() {
            // Taking the lock does it.
            mending.note(self.lock_stream(&stream, budget).map(drop).map(|()| Some(Mended::Synced(stream))));
        }
        for (stream, end) in self.cut_short() {
            let mended = self.lock_stream(&stream, budget).and_then(|_lock| self.open_log(&stream, budget).map(drop));
            mending.note(mended.map(|()| Some(Mended::End(self.layout.log_of(&stream), end))));
        }
    }

    fn mend_batch(&self, budget: &Budget) -> Result<Option<Mended>, StoreError> {
        if !journal::is_there(self)? {
            return Ok(None);
        }
        let rest = if *journal::left_to_do(self)? == Plan::default() { Rest::ClearedAway } else { Rest::CarriedOut };
        journal::recover(self, budget)?;
        Ok(Some(Mended::Batch(journal::path(&self.layout), rest)))
    }

    /// The logs that end in a write that was cut short. One that is damaged besides is left to whoever looks into it.
    fn cut_short(&self) -> Vec<(Stream, End)> {
        let mut streams = Vec::new();
        for id in self.requests().unwrap_or_default() {
            // Not by way of the trait, which would wait for this very process to let go of the ledger.
            let faults = inspect::request(self, id, &Plan::default()).map(|found| found.faults);
            let end = faults.ok().and_then(|faults| end_of(&faults)).filter(|_| !self.is_alone(id));
            streams.extend(end.map(|end| (Stream::Request(id), end)));
        }
        for name in self.contracts().unwrap_or_default() {
            let end = self.inspect_contract(&name).ok().and_then(|found| end_of(&found.faults));
            streams.extend(end.map(|end| (Stream::Contract(name), end)));
        }
        streams
    }

    /// Whether a log has lost its packet.
    fn is_alone(&self, id: RequestId) -> bool {
        self.files.facts(&self.layout.packet(id)).is_ok_and(|facts| facts.is_none())
    }

    fn old_temporaries(&self) -> Vec<PathBuf> {
        let now = now_ns();
        let is_old = |path: &PathBuf| {
            let facts = self.files.facts(path).ok().flatten();
            facts.is_some_and(|facts| facts.modified_ns.saturating_add(TEMPORARY_NS) < now)
        };
        let mut old = self.paths_in(&self.layout.in_local("tmp")).unwrap_or_default();
        old.retain(is_old);
        old.sort_unstable();
        old
    }

    fn paths_in(&self, folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
        let names = self.files.names(folder).map_err(io("list", folder))?;
        Ok(names.into_iter().map(|name| folder.join(name)).collect())
    }
}

/// What is to be done about the end of a log, by what is wrong with it.
fn end_of(faults: &[Fault]) -> Option<End> {
    if faults.iter().any(|fault| fault.code == "line-damaged") {
        return None;
    }
    faults.iter().find_map(|fault| match fault.code {
        "tail-torn" => Some(End::SetAside),
        "tail-unfinished" => Some(End::Completed),
        _ => None,
    })
}
