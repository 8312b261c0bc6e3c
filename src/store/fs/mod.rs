//! The store on a file system: plain files under `coordination/`, appended under locks, durable when acknowledged.
//!
//! Lock order: `gate`, `ledger`, `create`, a request's stripe, `index`. Whoever writes one request holds `ledger`
//! shared; a batch and a recovery hold it exclusively.

mod append;
pub mod batch;
pub mod block;
pub mod carried;
pub mod carry;
mod changes;
mod checkpoints;
mod contracts;
mod create;
pub mod disk;
pub mod files;
mod folder;
pub mod found;
pub mod health;
mod inspect;
pub mod journal;
pub mod keys;
pub mod layout;
pub mod lock;
pub mod log;
mod native;
mod reading;
mod survey;
mod turn;
pub mod watch;

use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use self::changes::Change;
use self::disk::{Create, Disk, RealDisk, Way};
use self::files::{Durability, Files};
use self::journal::Plan;
use self::keys::{Keeping, Kept, Keys};
use self::layout::{LOCAL_FOLDERS, Layout, id_of};
use self::lock::{Lock, Sharing};
use self::survey::{FsPass, list};
use self::turn::Turn;
use super::{
    Append, Batch, Budget, Changes, Created, Derived, Fault, Inspected, NewRequest, Pass, Point, Records, Stamp, Store,
    StoreError, Surveyed, Writing, request_of,
};
use crate::domain::event::Event;
use crate::domain::history::{Head, History};
use crate::domain::id::{Key, RequestId, Stream, Writer};
use crate::domain::time::Hybrid;

/// A file younger than this may change again without its time showing it (the clock that stamps files ticks every 1 to
/// 10 ms; file systems with whole seconds are handled by their size and inode alone).
pub(super) const YOUNG_NS: u64 = 50_000_000;
/// How far ahead of this clone's clock an event of another request may be and still carry the clock along (7 days): a
/// single broken clock must not drag every request with it.
pub const CLOCK_LEAD_MS_MAX: i64 = 7 * 86_400_000;

/// The cache, and what SQLite keeps beside it.
const CACHE: [&str; 3] = ["cache.sqlite", "cache.sqlite-wal", "cache.sqlite-shm"];

/// How long to wait for others who project: what is projected can wait, and who wrote must not.
const PROJECTION_MAX: Duration = Duration::from_secs(2);
/// A ledger's files.
#[derive(Debug)]
pub struct FsStore {
    layout: Layout,
    files: Files,
    keys: Mutex<Kept>,
    journal: journal::Known,
    writer: OnceLock<Writer>,
    /// Whether the folders below `.local/` were there when last looked at.
    has_local: AtomicBool,
    /// Whether all folders were there when the ledger was opened, and nothing was written since.
    is_fresh: AtomicBool,
    /// Whether this process holds the ledger alone, to exchange or to mend.
    is_alone: AtomicBool,
}

/// Which folders were there when the ledger was opened.
#[derive(Default)]
struct Folders {
    /// Those below `.local/`.
    has_local: bool,
    /// All of them.
    is_fresh: bool,
}

/// The lock of a request or a contract, with the note for readers that it is being written to.
struct StreamLock {
    // Before the lock: the note of the end is written while it is held.
    change: Option<Change>,
    lock: Lock,
}

/// What a lock on the whole ledger leaves to others.
struct Entered {
    _ledger: Lock,
}

impl FsStore {
    /// Opens the ledger below `root`.
    ///
    /// # Errors
    /// [`StoreError::NotALedger`], or [`StoreError::Damaged`] for folders that are links. Folders of packets and events
    /// that are missing are empty ones: git keeps no empty folders.
    pub fn open(root: &Path) -> Result<Self, StoreError> {
        match RealDisk::at(root, Way::Native) {
            Ok(disk) => Self::open_on(root, Arc::new(disk)),
            Err(source) => Err(Self::unreachable(root, source)),
        }
    }

    /// Opens the ledger below `root`, writing by way of `disk`.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_on(root: &Path, disk: Arc<dyn Disk>) -> Result<Self, StoreError> {
        let layout = Layout::new(root);
        let files = Files::on(disk);
        if !check_folder(&files, layout.coordination())? {
            return Err(StoreError::NotALedger(layout.coordination().to_owned()));
        }
        let [requests, events, local] = check_folders(&files, layout.coordination(), ["requests", "events", ".local"])?;
        let has_local = local && check_folders(&files, &layout.local(), LOCAL_FOLDERS)? == [true; 3];
        Ok(Self::of(layout, files, Folders { has_local, is_fresh: has_local && requests && events }))
    }

    /// Opens the ledger below `root` to look at what is wrong with it: folders that are links or files are no reason to
    /// turn away, but whoever wants to use them is told.
    ///
    /// # Errors
    /// [`StoreError::NotALedger`], or there is no telling what is there.
    pub fn examine_on(root: &Path, disk: Arc<dyn Disk>) -> Result<Self, StoreError> {
        match Self::open_on(root, Arc::clone(&disk)) {
            Err(StoreError::Damaged { .. } | StoreError::Io { .. }) => {}
            other => return other,
        }
        let (layout, files) = (Layout::new(root), Files::on(disk));
        if !check_folder(&files, layout.coordination())? {
            return Err(StoreError::NotALedger(layout.coordination().to_owned()));
        }
        Ok(Self::of(layout, files, Folders::default()))
    }

    fn of(layout: Layout, files: Files, Folders { has_local, is_fresh }: Folders) -> Self {
        Self {
            layout,
            files,
            keys: Mutex::default(),
            journal: journal::Known::default(),
            writer: OnceLock::new(),
            has_local: AtomicBool::new(has_local),
            is_fresh: AtomicBool::new(is_fresh),
            is_alone: AtomicBool::new(false),
        }
    }

    /// What it means that the folder that should hold a ledger can't be opened.
    #[must_use]
    pub fn unreachable(root: &Path, source: std::io::Error) -> StoreError {
        if matches!(source.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) {
            return StoreError::NotALedger(Layout::new(root).coordination().to_owned());
        }
        io("open", root)(source)
    }

    /// Where everything is.
    #[must_use]
    pub fn layout(&self) -> &Layout {
        &self.layout
    }

    /// Its files.
    #[must_use]
    pub fn files(&self) -> &Files {
        &self.files
    }

    /// A text file of the ledger that people may edit; `None` if it is not there.
    ///
    /// # Errors
    /// Failed machinery, or a file that is no plain UTF-8 file of at most `max` bytes.
    pub fn text(&self, path: &Path, max: usize) -> Result<Option<String>, StoreError> {
        let Some((bytes, _)) = self.read(path, max as u64)? else { return Ok(None) };
        String::from_utf8(bytes).map(Some).map_err(|_| StoreError::damaged(None, path, None, "it is not UTF-8"))
    }

    /// Enters the ledger for a write of one request; completes a batch that was cut short first.
    fn enter(&self, budget: &Budget) -> Result<Entered, StoreError> {
        // The first write follows right after the opening, which looked at them. Should a folder go in between, the
        // write finds that it is not there, and nothing was written.
        if !self.is_fresh.swap(false, Ordering::Relaxed) {
            self.make_local_now()?;
            self.make_folders()?;
        }
        loop {
            let gate = self.pass_gate(budget)?;
            let ledger = Lock::take(&self.files, &self.layout.lock("ledger"), "the ledger", Sharing::Shared, budget)?;
            drop(gate);
            if !journal::is_there(self)? {
                return Ok(Entered { _ledger: ledger });
            }
            drop(ledger);
            self.recover(budget)?;
        }
    }

    /// Enters the ledger alone. The gate keeps newcomers out, so that a steady stream of them can't starve this one.
    fn enter_alone(&self, budget: &Budget) -> Result<(Lock, Lock), StoreError> {
        self.make_local_now()?;
        self.make_folders()?;
        if Lock::try_take(&self.files, &self.layout.lock("waiting"), Sharing::Exclusive)?.is_none() {
            // Somebody was kept waiting by the batch before: let them in first.
            std::thread::sleep(Duration::from_millis(20));
        }
        let gate = Lock::take(&self.files, &self.layout.lock("gate"), "the ledger's gate", Sharing::Exclusive, budget)?;
        let ledger = Lock::take(&self.files, &self.layout.lock("ledger"), "the ledger", Sharing::Exclusive, budget)?;
        Ok((gate, ledger))
    }

    fn pass_gate(&self, budget: &Budget) -> Result<Lock, StoreError> {
        let path = self.layout.lock("gate");
        if let Some(gate) = Lock::try_take(&self.files, &path, Sharing::Shared)? {
            return Ok(gate);
        }
        let _waiting =
            Lock::take(&self.files, &self.layout.lock("waiting"), "the ledger's gate", Sharing::Shared, budget)?;
        Lock::take(&self.files, &path, "the ledger's gate", Sharing::Shared, budget)
    }

    fn recover(&self, budget: &Budget) -> Result<(), StoreError> {
        let alone = self.enter_alone(budget)?;
        journal::recover(self, budget)?;
        drop(alone);
        Ok(())
    }

    /// Makes the local folders unless they were there once; [`Self::enter`] looks again before each write but the first,
    /// since they may be removed at any time.
    fn make_local(&self) -> Result<(), StoreError> {
        if self.has_local.load(Ordering::Relaxed) { Ok(()) } else { self.make_local_now() }
    }

    fn make_local_now(&self) -> Result<(), StoreError> {
        for folder in self.layout.local_folders() {
            if !self.check_folder(&folder)? {
                self.files.make_dir(&folder).map_err(io("make", &folder))?;
            }
        }
        self.has_local.store(true, Ordering::Relaxed);
        Ok(())
    }

    /// Makes the folders of packets and events where git left them out for being empty.
    fn make_folders(&self) -> Result<(), StoreError> {
        for folder in [self.layout.requests(), self.layout.events()] {
            if !self.check_folder(&folder)? {
                self.files.make_dir(&folder).map_err(io("make", &folder))?;
                self.files.sync_dir(self.layout.coordination()).map_err(io("sync", self.layout.coordination()))?;
            }
        }
        Ok(())
    }

    fn lock_stream(&self, stream: &Stream, budget: &Budget) -> Result<StreamLock, StoreError> {
        let path = self.layout.lock_of(stream);
        let lock = Lock::take(&self.files, &path, &stream.to_string(), Sharing::Exclusive, budget)?;
        let change = request_of(stream).map(|id| self.changing(&[id])).transpose()?;
        self.settle(&lock)?;
        Ok(StreamLock { change, lock })
    }

    /// Writes a log once more whose last writer did not get to the end of its sync: so that nothing is built on what is
    /// in the kernel's memory alone.
    fn settle(&self, lock: &Lock) -> Result<(), StoreError> {
        if let Some(stream) = lock.marked() {
            let path = self.layout.log_of(&stream);
            self.files.write_again(&path, log::LOG_BYTES_MAX).map_err(io("write again", &path))?;
            lock.clear();
        }
        Ok(())
    }
}

impl Records for FsStore {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        let is_there = |path: &Path| self.files.facts(path).map(|facts| facts.is_some()).map_err(io("look at", path));
        if is_there(&self.layout.packet(id))? {
            return Ok(true);
        }
        // A packet that is missing although it has events is damage, and damage is there.
        match self.history(id) {
            Ok(history) => Ok(history.is_some()),
            Err(StoreError::Damaged { .. }) => Ok(true),
            Err(other) => Err(other),
        }
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        match self.read_history(id) {
            Err(StoreError::Damaged { .. }) => self.between_batches(|plan| self.history_through(id, plan)),
            other => other,
        }
    }

    fn find(&self, key: &Key, _: &Budget) -> Result<Option<RequestId>, StoreError> {
        // A reader waits for nobody: what is there when it begins is found without a lock.
        let mut keys = Keys::to_read(&self.layout, &self.files, &self.keys, Keeping::Nothing);
        if let Some(known) = keys.at_hand(key)? {
            return Ok(known);
        }
        // With the lock, if nobody holds it, what is read of packets now is kept for the next one.
        let lock = self
            .make_local()
            .and_then(|()| Lock::try_take(&self.files, &self.layout.lock("create"), Sharing::Exclusive));
        let keeping = match &lock {
            Ok(Some(_)) => Keeping::Table,
            // Or nobody can take locks here.
            Ok(None) | Err(StoreError::Io { .. } | StoreError::Damaged { .. }) => Keeping::Nothing,
            Err(_) => return lock.map(|_| None),
        };
        Keys::to_read(&self.layout, &self.files, &self.keys, keeping).find(key)
    }

    fn create(&self, request: &NewRequest, budget: &Budget) -> Result<Created, StoreError> {
        /// A request that is taken back whenever we look for it is beyond us.
        const TAKEN_BACK_MAX: u32 = 8;
        let _entered = self.enter(budget)?;
        let key = request.draft.fields().key.as_ref();
        for _ in 0..TAKEN_BACK_MAX {
            let path = self.layout.lock("create");
            let creating = Lock::take(&self.files, &path, "the making of requests", Sharing::Exclusive, budget)?;
            let mut keys = Keys::to_write_one(&self.layout, &self.files, &self.keys);
            if let Some(id) = key.map(|key| keys.find(key)).transpose()?.flatten() {
                drop(creating);
                match self.existing(id, &request.genesis, budget)? {
                    Some(created) => return Ok(created),
                    None => continue,
                }
            }
            let placed = match (self.place_packet(request, budget)?, request.id) {
                (Some(placed), _) => placed,
                (None, Some(id)) => return Ok(Created::Taken(id)),
                (None, None) => return Err(StoreError::Unwritable("no number was given".into())),
            };
            keys.made(placed.id, key);
            keys.settle();
            drop(creating);
            return self.begin_request(placed, budget);
        }
        Err(StoreError::Unwritable("others make this request and take it back all the time".into()))
    }

    fn append(&self, id: RequestId, expected: &[Head], event: &Event, budget: &Budget) -> Result<Append, StoreError> {
        Turn::take(self, id, budget)?.append(id, expected, event, budget)
    }

    fn witness(&self, reading: Option<Hybrid>, budget: &Budget) -> Result<Option<Hybrid>, StoreError> {
        let path = self.layout.in_local("clock");
        let Some(reading) = reading else { return Ok(self.read_clock(&path)) };
        self.make_local()?;
        // Two writers at once must not lose the later of their readings.
        let _lock = Lock::take(&self.files, &self.layout.lock("clock"), "the clock", Sharing::Brief, budget)?;
        let before = self.read_clock(&path);
        if before.is_none_or(|before| before < reading) {
            let text = format!("{} {}\n", reading.at, reading.tick);
            self.files.scribble(&path, &text).map_err(io("write", &path))?;
        }
        Ok(before)
    }

    fn turn<'a>(&'a self, id: RequestId, budget: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        Ok(Box::new(Turn::take(self, id, budget)?))
    }
}

impl Store for FsStore {
    fn requests(&self) -> Result<Vec<RequestId>, StoreError> {
        self.all_requests()
    }

    fn survey(&self) -> Result<Vec<Surveyed>, StoreError> {
        let ids = self.requests()?;
        let mut pass = FsPass::begin(self)?;
        ids.into_iter().map(|id| Ok(Surveyed { id, stamp: pass.look(id)?.unwrap_or_default() })).collect()
    }

    fn stamps(&self, ids: &[RequestId]) -> Result<Vec<Option<Stamp>>, StoreError> {
        let mut pass = FsPass::begin(self)?;
        ids.iter().map(|id| pass.look(*id)).collect()
    }

    fn pass(&self) -> Result<Box<dyn Pass + '_>, StoreError> {
        Ok(Box::new(FsPass::begin(self)?))
    }

    fn changes(&self, since: Option<&Point>) -> Result<Changes, StoreError> {
        self.changes_since(since)
    }

    fn cache_place(&self) -> Option<PathBuf> {
        // It is a convenience: a folder that can't be made is no reason to fail.
        self.make_local().ok()?;
        // SQLite follows no link in what it is given, so those above the ledger are resolved here.
        Some(self.layout.local().canonicalize().ok()?.join(CACHE[0]))
    }

    fn forget_cache(&self) -> Result<(), StoreError> {
        for name in CACHE {
            let path = self.layout.in_local(name);
            self.files.remove(&path).map_err(io("remove", &path))?;
        }
        Ok(())
    }

    fn inspect(&self, id: RequestId) -> Result<Inspected, StoreError> {
        let found = inspect::request(self, id, &Plan::default())?;
        if found.faults.is_empty() {
            return Ok(found);
        }
        self.between_batches(|plan| inspect::request(self, id, plan))
    }

    fn packet_bytes(&self, id: RequestId) -> Result<Option<Vec<u8>>, StoreError> {
        self.packet_bytes_through(id, &Plan::default())
    }

    fn strays(&self) -> Result<Vec<Fault>, StoreError> {
        let found = inspect::strays(self, &Plan::default())?;
        if found.is_empty() && !journal::is_there(self)? {
            return Ok(found);
        }
        self.between_batches(|plan| inspect::strays(self, plan))
    }

    fn places(&self, id: RequestId) -> (PathBuf, PathBuf) {
        (self.layout.packet(id), self.layout.log(id))
    }

    fn batch<'a>(&'a self, budget: &Budget) -> Result<Box<dyn Batch + 'a>, StoreError> {
        Ok(Box::new(batch::FsBatch::begin(self, budget)?))
    }

    fn writer(&self) -> Result<Writer, StoreError> {
        if let Some(writer) = self.writer.get() {
            return Ok(writer.clone());
        }
        self.make_local()?;
        let path = self.layout.in_local("writer");
        let known = self.files.read(&path, 64).map_err(io("read", &path))?;
        if let Some(writer) = known.and_then(|(bytes, _)| String::from_utf8(bytes).ok()?.trim().parse().ok()) {
            return Ok(self.writer.get_or_init(|| writer).clone());
        }
        let mut random = [0; 8];
        getrandom::fill(&mut random).map_err(|e| StoreError::Unwritable(format!("no randomness: {e}")))?;
        const ALPHABET: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
        let text: String = random.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 32)])).collect();
        self.files
            .replace(&path, &self.layout.in_local("tmp"), format!("{text}\n").as_bytes(), Durability::Durable)
            .map_err(io("write", &path))?;
        text.parse().map_err(|e| StoreError::Unwritable(format!("{e}")))
    }

    fn mark(&self, writes: usize) -> Result<u64, StoreError> {
        self.make_local()?;
        let path = self.layout.in_local("marks");
        let Some(mut file) = self.files.open_log(&path, Create::Yes).map_err(io("open", &path))? else { return Ok(0) };
        file.append(&vec![b'.'; writes]).map_err(io("write", &path))?;
        Ok(file.facts().map_err(io("look at", &path))?.size)
    }

    fn marks(&self) -> Result<u64, StoreError> {
        let path = self.layout.in_local("marks");
        Ok(self.files.facts(&path).map_err(io("look at", &path))?.map_or(0, |facts| facts.size))
    }

    fn derived(&self, which: Derived) -> Result<Option<Vec<u8>>, StoreError> {
        const DERIVED_BYTES_MAX: u64 = 2 << 30;
        Ok(self.read(&self.derived_path(which), DERIVED_BYTES_MAX)?.map(|(bytes, _)| bytes))
    }

    fn read_derived(&self, which: Derived) -> Result<Option<Box<dyn Read>>, StoreError> {
        let path = self.derived_path(which);
        let file = self.files.open_to_read(&path).map_err(io("read", &path))?;
        Ok(file.map(|(file, _)| Box::new(file) as Box<dyn Read>))
    }

    fn write_derived(&self, which: Derived, write: Writing<'_>) -> Result<(), StoreError> {
        self.make_local()?;
        let durability = match which {
            Derived::Index | Derived::Matrix => Durability::Durable,
            Derived::Gauge | Derived::Sweep => Durability::Lost,
        };
        let path = self.derived_path(which);
        self.files.replace_with(&path, &self.layout.in_local("tmp"), durability, write).map_err(io("write", &path))
    }

    fn projecting(&self, budget: &Budget, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
        self.make_local()?;
        let budget = budget.at_most(PROJECTION_MAX);
        let _lock = Lock::take(&self.files, &self.layout.lock("index"), "the index", Sharing::Exclusive, &budget)?;
        work()
    }
}

impl FsStore {
    fn check_folder(&self, path: &Path) -> Result<bool, StoreError> {
        check_folder(&self.files, path)
    }

    fn read(&self, path: &Path, max: u64) -> Result<Option<(Vec<u8>, disk::Facts)>, StoreError> {
        self.files.read(path, max).map_err(io("read", path))
    }

    fn read_clock(&self, path: &Path) -> Option<Hybrid> {
        let (bytes, _) = self.files.read(path, 128).ok()??;
        let text = String::from_utf8(bytes).ok()?;
        let (at, tick) = text.trim_end().split_once(' ')?;
        Some(Hybrid { at: at.parse().ok()?, tick: tick.parse().ok()? })
    }

    fn derived_path(&self, which: Derived) -> PathBuf {
        match which {
            Derived::Index => self.layout.index(),
            Derived::Gauge => self.layout.in_local("index.gauge"),
            Derived::Sweep => self.layout.in_local("sweep"),
            Derived::Matrix => self.layout.coordination().join("compatibility_matrix.json"),
        }
    }
}

/// Which of these folders in a folder are there; one that is a link is refused.
fn check_folders<const N: usize>(files: &Files, folder: &Path, names: [&str; N]) -> Result<[bool; N], StoreError> {
    let open = files.folder(folder).map_err(io("open", folder))?;
    let mut there = [false; N];
    for (name, is_there) in names.iter().zip(&mut there) {
        *is_there = open.check_folder(name).map_err(io("look at", &folder.join(name)))?;
    }
    Ok(there)
}

fn check_folder(files: &Files, path: &Path) -> Result<bool, StoreError> {
    files.check_folder(path).map_err(io("look at", path))
}

/// What a failed call on a path is: something that is no plain file or folder is damage, anything else failed machinery.
pub(super) fn io<'a>(doing: &'static str, path: &'a Path) -> impl Fn(std::io::Error) -> StoreError + 'a {
    move |source| {
        if source.kind() == std::io::ErrorKind::InvalidData {
            let name = path.file_name().unwrap_or_default();
            let id = id_of(name, ".json").or_else(|| id_of(name, ".jsonl"));
            return StoreError::damaged(id, path, None, source);
        }
        StoreError::Io { doing, path: path.to_owned(), source }
    }
}
