//! Bringing in what other clones wrote, while nobody else writes here.

use std::sync::atomic::Ordering;

use super::carried::CarriedFile;
use super::files::Aside;
pub use super::journal::Index;
use super::journal::{self, Plan, Replaced};
use super::lock::{Lock, Sharing};
use super::{FsStore, io};
use crate::domain::hash::Hash;
use crate::domain::id::RequestId;
use crate::domain::lease::{LEASES_BYTES_MAX, Leases};
use crate::domain::time::{Day, Hybrid};
use crate::store::budget::Progress;
use crate::store::{Budget, Records, StoreError};

/// The numbers that clones have reserved, below `.local/`.
const LEASES: &str = "leases";
/// How much is brought in at a time, in bytes: it is written down as a whole before it is put in place.
const PIECE_BYTES: usize = 64 << 20;

/// The ledger, held alone.
pub struct Carrier<'a> {
    store: &'a FsStore,
    budget: Budget,
    _creating: Lock,
    _alone: (Lock, Lock),
}

impl FsStore {
    /// Waits until the ledger is held alone; completes a batch that was cut short first.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or failed machinery.
    pub fn carry(&self, budget: &Budget) -> Result<Carrier<'_>, StoreError> {
        let alone = self.enter_alone(budget)?;
        journal::recover(self, budget)?;
        self.shorten_changes();
        let path = self.layout.lock("create");
        let creating = Lock::take(&self.files, &path, "the making of requests", Sharing::Exclusive, budget)?;
        self.is_alone.store(true, Ordering::SeqCst);
        Ok(Carrier { store: self, budget: budget.clone(), _creating: creating, _alone: alone })
    }

    /// Waits for its turn to exchange with other clones; held, other commands of this clone go on.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or failed machinery.
    pub fn syncing(&self, budget: &Budget) -> Result<Lock, StoreError> {
        self.make_local_now()?;
        Lock::take(&self.files, &self.layout.lock("sync"), "another sync", Sharing::Exclusive, budget)
    }

    /// The bytes of a file that clones hand on; `None` if it is not there.
    ///
    /// # Errors
    /// Failed machinery, or a file that is larger than it may be.
    pub fn carried(&self, file: &CarriedFile) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.layout.root().join(file.path());
        Ok(self.read(&path, file.bytes_max())?.map(|(bytes, _)| bytes))
    }

    /// Whether a file that clones hand on is a plain one, and nobody else's.
    ///
    /// # Errors
    /// Failed machinery, or a link, or anything else that is no plain file.
    pub fn check_carried(&self, file: &CarriedFile) -> Result<(), StoreError> {
        let path = self.layout.root().join(file.path());
        self.files.open_to_read(&path).map(drop).map_err(io("read", &path))
    }

    /// The numbers that clones have reserved, as far as this one knows; none where they can't be read.
    #[must_use]
    pub fn leases(&self) -> Leases {
        let bytes = self.read_local(LEASES, LEASES_BYTES_MAX).ok().flatten();
        bytes.and_then(|bytes| Leases::parse(&String::from_utf8(bytes).ok()?).ok()).unwrap_or_default()
    }

    /// Keeps the numbers that clones have reserved.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn keep_leases(&self, leases: &Leases) -> Result<(), StoreError> {
        if self.leases() == *leases { Ok(()) } else { self.write_local(LEASES, leases.to_string().as_bytes()) }
    }

    /// Whether there is a plain file at a path below the root that can be read.
    #[must_use]
    pub fn has_plain(&self, path: &str) -> bool {
        matches!(self.files.open_to_read(&self.layout.root().join(path)), Ok(Some(_)))
    }

    /// The bytes of a small file below `.local/`; `None` if it is not there, or is no plain one.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn read_local(&self, name: &str, max: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let path = self.layout.in_local(name);
        match self.files.read(&path, max) {
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Ok(None),
            other => Ok(other.map_err(io("read", &path))?.map(|(bytes, _)| bytes)),
        }
    }

    /// Replaces a small file below `.local/`.
    ///
    /// # Errors
    /// Failed machinery; the old one or the new one is then there, whole.
    pub fn write_local(&self, name: &str, bytes: &[u8]) -> Result<(), StoreError> {
        let path = self.layout.in_local(name);
        let tmp = self.layout.in_local("tmp");
        self.files.replace(&path, &tmp, bytes, super::files::Durability::Durable).map_err(io("write", &path))
    }

    /// Removes a disposable file below `.local/`.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn forget_local(&self, name: &str) -> Result<(), StoreError> {
        let path = self.layout.in_local(name);
        self.files.remove(&path).map_err(io("remove", &path))
    }

    /// Removes a file of which another one holds what it held; lasts once its folder was synced.
    pub(super) fn remove_carried(&self, file: &CarriedFile) -> Result<(), StoreError> {
        let path = self.layout.root().join(file.path());
        self.files.remove(&path).map_err(io("remove", &path))
    }

    /// Writes files that are to take the places of others, durably, and puts none of them there yet.
    pub(super) fn write_aside<'f>(
        &self,
        files: impl Iterator<Item = (&'f CarriedFile, &'f [u8])>,
    ) -> Result<Vec<(&'f CarriedFile, Aside)>, StoreError> {
        let tmp = self.layout.in_local("tmp");
        let write = |(file, bytes): (&'f CarriedFile, &[u8])| {
            let written = self.files.write_aside(&tmp, bytes, file.mode());
            Ok((file, written.map_err(io("write", &self.layout.root().join(file.path())))?))
        };
        let written: Vec<(&CarriedFile, Aside)> = files.map(write).collect::<Result<_, StoreError>>()?;
        self.files.sync_aside(written.iter().map(|(_, aside)| aside)).map_err(io("sync files in", &tmp))?;
        Ok(written)
    }

    /// Puts such a file in its place, in folders that are made for it; lasts once these were synced, and those above.
    pub(super) fn put(&self, file: &CarriedFile, written: Aside) -> Result<(), StoreError> {
        for folder in file.folders() {
            let folder = self.layout.root().join(folder);
            if !self.check_folder(&folder)? {
                self.files.make_dir(&folder).map_err(io("make", &folder))?;
            }
        }
        let path = self.layout.root().join(file.path());
        written.put(&path).map_err(io("write", &path))
    }
}

impl Drop for Carrier<'_> {
    fn drop(&mut self) {
        // Before the locks, which are fields.
        self.store.is_alone.store(false, Ordering::SeqCst);
    }
}

impl Carrier<'_> {
    /// A number of a day that no request has, after `taken`.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn number_after(&self, day: Day, taken: u32) -> Result<u32, StoreError> {
        self.store.number_after(day, taken)
    }

    /// Puts files in place. The first ones, whose count is `together`, all or none of them, whatever happens: a process
    /// that comes after one that was killed completes them before it writes anything else; with
    /// them those of `gone` are removed, and the index if it is to be forgotten. The others piece by piece.
    ///
    /// # Errors
    /// Failed machinery; [`StoreError::Begun`] if it had begun.
    pub fn bring(
        &self,
        files: &[(CarriedFile, Vec<u8>)],
        together: usize,
        gone: &[CarriedFile],
        index: Index,
    ) -> Result<(), StoreError> {
        let (mut index, mut gone) = (index, gone);
        let mut rest = files;
        let mut at_least = together;
        while !rest.is_empty() {
            let mut size = 0;
            let fits = rest.iter().enumerate().take_while(|(at, (_, bytes))| {
                size += bytes.len();
                *at == 0 || *at < at_least || size <= PIECE_BYTES
            });
            let (piece, later) = rest.split_at(fits.count());
            self.bring_piece(piece, gone, index)?;
            (index, gone) = (Index::Kept, &[]);
            rest = later;
            at_least = 0;
        }
        Ok(())
    }

    fn bring_piece(
        &self,
        files: &[(CarriedFile, Vec<u8>)],
        gone: &[CarriedFile],
        index: Index,
    ) -> Result<(), StoreError> {
        let mut plan = Plan { index, ..Plan::default() };
        for (file, bytes) in files {
            let text = String::from_utf8(bytes.clone())
                .map_err(|_| StoreError::Unwritable(format!("{} is not UTF-8", file.path())))?;
            let was = self.store.carried(file)?.map(|bytes| Hash::of(&[&bytes]));
            plan.files.insert(file.path(), Replaced { was, text: Some(text) });
        }
        for file in gone {
            if let Some(bytes) = self.store.carried(file)? {
                plan.files.insert(file.path(), Replaced { was: Some(Hash::of(&[&bytes])), text: None });
            }
        }
        let ids: Vec<RequestId> = plan.requests().into_iter().collect();
        let mut change = self.store.changing(&ids)?;
        let before = self.store.folder_times();
        // Before anything is begun: most of what can fail fails here, and nobody has to complete it.
        let written = self.store.write_aside(files.iter().map(|(file, bytes)| (file, bytes.as_slice())))?;
        self.budget.set_progress(Progress::Writing);
        if let Err(error) = journal::write(self.store, &plan) {
            // Nothing else was begun. Should the journal be there all the same, it is taken away.
            return match journal::withdraw(self.store) {
                Ok(()) => {
                    self.budget.set_progress(Progress::Before);
                    Err(error)
                }
                Err(_) => Err(error.begun()),
            };
        }
        self.put_in_place(&plan, written, gone).map_err(StoreError::begun)?;
        change.made_files(self.store, before);
        drop(change);
        // Left behind, it is carried out anew by the next writer, who finds everything done.
        let _ = journal::remove(self.store);
        if let Some(id) = ids.last() {
            self.remember(*id);
        }
        self.budget.set_progress(Progress::Settled);
        Ok(())
    }

    fn put_in_place(
        &self,
        plan: &Plan,
        written: Vec<(&CarriedFile, Aside)>,
        gone: &[CarriedFile],
    ) -> Result<(), StoreError> {
        journal::forget_index(self.store, plan)?;
        for (file, written) in written {
            self.store.put(file, written)?;
        }
        for file in gone {
            self.store.remove_carried(file)?;
        }
        journal::sync(self.store, plan).map(drop)
    }

    /// The next number is looked for after this one.
    fn remember(&self, id: RequestId) {
        let is_newer = |known: RequestId| known.day() == id.day() && known.number() >= id.number();
        if !self.store.last_number().is_some_and(is_newer) {
            self.store.remember_number(id);
        }
    }

    /// Takes note of the latest reading of what was brought in.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn witness(&self, reading: Option<Hybrid>) -> Result<Option<Hybrid>, StoreError> {
        self.store.witness(reading, &self.budget)
    }
}
