//! A ledger in a folder of its own.

use std::ops::Deref;
use std::path::Path;
use std::sync::Arc;

use coordination_ledger::domain::history::Head;
use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::fs::FsStore;
use coordination_ledger::store::fs::disk::{RealDisk, Way};
use coordination_ledger::store::fs::layout::Layout;
use coordination_ledger::store::{Append, Budget, Records, Store, StoreError};
use tempfile::TempDir;

use crate::support::{id_of, note, request};
use crate::trial::{TrialDisk, quick_folder};

pub(crate) struct Ledger {
    folder: TempDir,
    way: Way,
}

impl Ledger {
    /// An empty one.
    pub(crate) fn new() -> Self {
        Self::within(TempDir::new().unwrap())
    }

    /// An empty one, whose files are reached in this way.
    pub(crate) fn by(way: Way) -> Self {
        Self { way, ..Self::new() }
    }

    /// An empty one where making files takes no time.
    pub(crate) fn quick() -> Self {
        Self::within(quick_folder())
    }

    fn within(folder: TempDir) -> Self {
        let ledger = Self { folder, way: Way::Native };
        let layout = ledger.layout();
        // As `found` makes them, without waiting for the disk.
        for folder in layout.folders().iter().chain(&layout.local_folders()) {
            std::fs::create_dir_all(folder).unwrap();
        }
        ledger
    }

    /// Another with the same files.
    pub(crate) fn copy(&self) -> Self {
        let copy = Self::quick();
        let layout = self.layout();
        let contracts = std::fs::read_dir(layout.contracts()).into_iter().flatten();
        let contracts: Vec<_> = contracts.map(|entry| entry.unwrap().path()).collect();
        for folder in layout.folders().iter().chain(&layout.local_folders()).chain(&contracts) {
            let to = copy.root().join(folder.strip_prefix(self.root()).unwrap());
            std::fs::create_dir_all(&to).unwrap();
            for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
                if entry.file_type().unwrap().is_file() {
                    std::fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
                }
            }
        }
        copy
    }

    pub(crate) fn root(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn layout(&self) -> Layout {
        Layout::new(self.root())
    }

    /// A process of its own on this ledger, as far as files can tell.
    pub(crate) fn open(&self) -> Process {
        self.open_on(&TrialDisk::by(self.way))
    }

    /// The same, without a disk for trials in between.
    pub(crate) fn try_open(&self) -> Result<FsStore, StoreError> {
        match self.way {
            Way::Native => FsStore::open(self.root()),
            Way::Portable => FsStore::open_on(self.root(), Arc::new(RealDisk::at(self.root(), self.way).unwrap())),
        }
    }

    pub(crate) fn open_on(&self, disk: &TrialDisk) -> Process {
        Process(Some(FsStore::open_on(self.root(), disk.beneath(self.root())).unwrap()))
    }
}

/// A store as a process has it. The kernel takes milliseconds to let go of its watch; nobody waits for that here.
pub(crate) struct Process(Option<FsStore>);

impl Deref for Process {
    type Target = FsStore;

    fn deref(&self) -> &FsStore {
        self.0.as_ref().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let store = self.0.take();
        std::thread::spawn(move || drop(store));
    }
}

pub(crate) fn endless() -> Budget {
    Budget::endless()
}

/// Makes a request.
#[track_caller]
pub(crate) fn make(store: &FsStore, title: &str, key: Option<&str>) -> RequestId {
    id_of(&store.create(&request(title, key), &endless()).unwrap())
}

/// Appends a note.
#[track_caller]
pub(crate) fn append(store: &FsStore, id: RequestId, text: &str, key: Option<&str>) -> Head {
    let history = store.history(id).unwrap().unwrap();
    match store.append(id, history.heads(), &note(&history, text, key), &endless()).unwrap() {
        Append::Committed(head) => head,
        other @ (Append::Duplicate(_) | Append::Stale { .. } | Append::Unknown(_)) => panic!("{other:?}"),
    }
}

/// Reads everything; each request must be whole and begun, and no key may stand twice.
#[track_caller]
pub(crate) fn check_all(store: &FsStore) {
    let mut keys = std::collections::BTreeSet::new();
    for id in store.requests().unwrap() {
        let history = store.history(id).unwrap().unwrap();
        assert_eq!(history.heads().len(), 1, "{id} has not one head");
        if let Some(key) = &history.packet().key {
            assert!(keys.insert(format!("{key}")), "{key} made two requests");
            assert_eq!(store.find(key, &endless()).unwrap(), Some(id));
        }
        for key in history.events().iter().filter_map(|event| event.key()) {
            assert!(keys.insert(format!("{id} {key}")), "{key} stands twice in {id}");
        }
    }
}
