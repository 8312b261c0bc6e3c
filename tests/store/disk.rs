//! A disk for trials: it counts the calls that change something, fails at one of them, forgets at a power cut what was
//! not synced, and lets a test act between two calls. It skips the waiting: its syncs are only noted.

use std::collections::BTreeMap;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use coordination_ledger::store::fs::disk::{
    Create, Disk, Durability, Facts, LogFile, Named, RealDisk, Staged, Touched, facts, now_ns, read_file,
};

/// How much of a failing call happens before its error is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happens {
    Nothing,
    Half,
    All,
}

/// What comes after a failing call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// All is well again.
    Works,
    /// Nothing ever happens again: the process was killed.
    Dead,
}

/// Which call fails, counted from 0, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) happens: Happens,
    pub(crate) then: Then,
}

type Hook = Box<dyn FnMut(&str, &Path) + Send>;

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct TrialDisk {
    trial: Arc<Mutex<Trial>>,
    hook: Arc<Mutex<Option<Hook>>>,
    times: Times,
}

/// How finely the clock that stamps files ticks.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) enum Times {
    /// As the file system has it.
    #[default]
    AsTheyAre,
    /// In steps of 10 ms, as before Linux 6.13.
    Coarse,
}

#[derive(Default)]
struct Trial {
    calls: Vec<String>,
    fault: Option<Fault>,
    last_call: Option<&'static str>,
    failed: Option<String>,
    dead: bool,
    unsafe_paths: BTreeMap<PathBuf, Unsafe>,
}

/// What a power cut may do to a path.
#[derive(Clone, Default)]
struct Unsafe {
    /// While the folder is not synced: what else may stand under this name (`Some(None)`: nothing).
    name_before: Option<Option<Vec<u8>>>,
    /// While the file is not synced: the bytes that are sure to last.
    synced: Option<Vec<u8>>,
}

impl fmt::Debug for TrialDisk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.trial().calls).finish()
    }
}

impl TrialDisk {
    /// A disk whose files get the times of a coarse clock.
    pub(crate) fn with_times(times: Times) -> Self {
        Self { times, ..Self::default() }
    }

    /// A disk that fails once.
    pub(crate) fn failing(fault: Fault) -> Self {
        let disk = Self::default();
        disk.trial().fault = Some(fault);
        disk
    }

    /// The call that failed, once it did.
    pub(crate) fn failed(&self) -> Option<String> {
        self.trial().failed.clone()
    }

    /// A disk whose process is killed once this call was made.
    pub(crate) fn dying_after(call: &'static str) -> Self {
        let disk = Self::default();
        disk.trial().last_call = Some(call);
        disk
    }

    /// Lets `hook` act before each call, which it gets by name and path.
    pub(crate) fn before_each_call(&self, hook: impl FnMut(&str, &Path) + Send + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// Cuts the power: of what was not synced something is lost, as `chance` has it. Afterwards the disk works.
    pub(crate) fn cut_power(&self, chance: &mut Chance) {
        let mut trial = self.trial();
        for (path, it) in std::mem::take(&mut trial.unsafe_paths) {
            match it.name_before {
                Some(before) if chance.of(2) == 0 => put(&path, before.as_deref()),
                Some(_) | None => {
                    if let (Some(synced), Some(now)) = (it.synced, read(&path)) {
                        put(&path, Some(&chance.left_of(&synced, &now)));
                    }
                }
            }
        }
        drop(trial);
        self.revive();
    }

    /// Another process goes on where one was killed; what was not synced is there as long as the power is.
    pub(crate) fn revive(&self) {
        let mut trial = self.trial();
        trial.dead = false;
        trial.fault = None;
    }

    fn trial(&self) -> MutexGuard<'_, Trial> {
        self.trial.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One call: all of it, or as much as the fault has of it.
    fn call<T>(
        &self,
        name: &str,
        path: &Path,
        all: impl FnOnce() -> io::Result<T>,
        half: impl FnOnce(),
    ) -> io::Result<T> {
        // Taken out while it acts, so that it may write by way of a store itself.
        let hook = self.hook.lock().unwrap().take();
        if let Some(mut hook) = hook {
            hook(name, path);
            self.hook.lock().unwrap().get_or_insert(hook);
        }
        let all = || {
            let done = all();
            self.times.stamp(path);
            done
        };
        match self.verdict(name, path)? {
            None => return all(),
            Some(Happens::Nothing) => {}
            Some(Happens::Half) => half(),
            Some(Happens::All) => drop(all()),
        }
        // EIO
        Err(io::Error::from_raw_os_error(5))
    }

    /// Counts a call; whether it fails.
    fn verdict(&self, name: &str, path: &Path) -> io::Result<Option<Happens>> {
        let mut trial = self.trial();
        if trial.dead {
            return Err(io::Error::other("this process is dead"));
        }
        // What is tried out in the folder for temporary files is nobody's write.
        if name_of(path.parent()) == "tmp" || name_of(Some(path)) == "tmp" {
            return Ok(None);
        }
        let number = trial.calls.len();
        trial.calls.push(format!("{name} {}/{}", name_of(path.parent()), name_of(Some(path))));
        let is_last = trial.last_call.is_some() && trial.calls.last().map(String::as_str) == trial.last_call;
        let last = Fault { at: number, happens: Happens::All, then: Then::Dead };
        let fault = trial.fault.filter(|fault| fault.at == number).or(is_last.then_some(last));
        if let Some(fault) = fault {
            trial.failed = trial.calls.last().cloned();
            trial.dead = fault.then == Then::Dead;
        }
        Ok(fault.map(|fault| fault.happens))
    }

    /// Notes that the bytes of a file are about to change.
    fn bytes_change(&self, path: &Path) {
        let mut trial = self.trial();
        let it = trial.unsafe_paths.entry(path.to_owned()).or_default();
        if it.synced.is_none() {
            it.synced = read(path);
        }
    }

    /// Notes that a name is about to stand for another file, whose bytes are safe as far as `synced` says.
    fn name_changes(&self, path: &Path, synced: Option<Vec<u8>>) {
        let mut trial = self.trial();
        let it = trial.unsafe_paths.entry(path.to_owned()).or_default();
        let old = it.synced.take().or_else(|| read(path));
        it.name_before.get_or_insert(old);
        it.synced = synced;
    }

    fn bytes_are_safe(&self, path: &Path) {
        if let Some(it) = self.trial().unsafe_paths.get_mut(path) {
            it.synced = None;
        }
    }

    fn names_are_safe(&self, folder: &Path) {
        for (path, it) in &mut self.trial().unsafe_paths {
            if path.parent() == Some(folder) {
                it.name_before = None;
            }
        }
    }
}

const REAL: RealDisk = RealDisk::Native;

impl Disk for TrialDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.call("make_dir", path, || REAL.make_dir(path), || {})
    }

    fn stage(&self, beside: &Path, tmp: &Path, bytes: &[u8], mode: u32) -> io::Result<Box<dyn Staged>> {
        let all = || -> io::Result<Box<dyn Staged>> {
            let real = REAL.stage(beside, tmp, bytes, mode)?;
            Ok(Box::new(TrialStaged { disk: self.clone(), real, synced: Some(Vec::new()) }))
        };
        self.call("stage", beside, all, || {})
    }

    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<Named> {
        let write = |bytes: &[u8]| {
            if facts(path)?.is_none() {
                self.name_changes(path, Some(Vec::new()));
            }
            REAL.write_new(path, bytes, mode)
        };
        self.call("write_new", path, || write(bytes), || drop(write(&bytes[..bytes.len() / 2])))
    }

    fn replace(&self, path: &Path, tmp: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
        let rename = |synced| {
            self.name_changes(path, synced);
            REAL.replace(path, tmp, bytes, Durability::Lost)
        };
        let all = || match durability {
            Durability::Durable => {
                rename(None)?;
                self.names_are_safe(path.parent().unwrap());
                Ok(())
            }
            Durability::Lost => rename(Some(Vec::new())),
        };
        // Half of it: the rename, but not the sync of the folder.
        self.call("replace", path, all, || drop(rename((durability == Durability::Lost).then(Vec::new))))
    }

    fn scribble(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let write = |bytes: &[u8]| {
            if facts(path)?.is_none() {
                self.name_changes(path, Some(Vec::new()));
            } else {
                self.bytes_change(path);
            }
            REAL.scribble(path, bytes)
        };
        self.call("scribble", path, || write(bytes), || drop(write(&bytes[..bytes.len() / 2])))
    }

    fn open_log(&self, path: &Path, create: Create) -> io::Result<Option<Box<dyn LogFile>>> {
        let open = || -> io::Result<Option<Box<dyn LogFile>>> {
            if create == Create::Yes && facts(path)?.is_none() {
                self.name_changes(path, Some(Vec::new()));
            }
            let Some(real) = REAL.open_log(path, create)? else { return Ok(None) };
            Ok(Some(Box::new(TrialLog { disk: self.clone(), real, path: path.to_owned() })))
        };
        self.call("open_log", path, open, || {})
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let remove = || {
            self.name_changes(path, None);
            REAL.remove(path)
        };
        self.call("remove", path, remove, || {})
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let sync = || {
            self.names_are_safe(path);
            Ok(())
        };
        self.call("sync_dir", path, sync, || {})
    }

    fn sync_all(&self, root: &Path, touched: &dyn Fn() -> Touched) -> io::Result<u64> {
        // What a portable disk syncs, one by one: what is missing there would be missed.
        let Touched { files, folders } = touched();
        let sync = || {
            files.iter().for_each(|path| self.bytes_are_safe(path));
            folders.iter().for_each(|path| self.names_are_safe(path));
            Ok((files.len() + folders.len()) as u64)
        };
        let half = || files.iter().for_each(|path| self.bytes_are_safe(path));
        self.call("sync_all", root, sync, half)
    }
}

struct TrialStaged {
    disk: TrialDisk,
    real: Box<dyn Staged>,
    synced: Option<Vec<u8>>,
}

impl Staged for TrialStaged {
    fn sync(&mut self) -> io::Result<()> {
        let Self { disk, synced, .. } = self;
        let sync = || {
            *synced = None;
            Ok(())
        };
        disk.call("staged.sync", Path::new(""), sync, || {})
    }

    fn link(&mut self, to: &Path) -> io::Result<Named> {
        let Self { disk, real, synced } = self;
        let link = || {
            if facts(to)?.is_none() {
                disk.name_changes(to, synced.clone());
            }
            real.link(to)
        };
        disk.call("staged.link", to, link, || {})
    }
}

struct TrialLog {
    disk: TrialDisk,
    real: Box<dyn LogFile>,
    path: PathBuf,
}

impl LogFile for TrialLog {
    fn read(&mut self, max: u64) -> io::Result<Vec<u8>> {
        if self.disk.trial().dead {
            return Err(io::Error::other("this process is dead"));
        }
        self.real.read(max)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let Self { disk, real, path } = self;
        let real = std::cell::RefCell::new(real);
        let append = |bytes: &[u8]| {
            disk.bytes_change(path);
            real.borrow_mut().append(bytes)
        };
        disk.call("append", path, || append(bytes), || drop(append(&bytes[..bytes.len() / 2])))
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        let Self { disk, real, path } = self;
        let cut = || {
            disk.bytes_change(path);
            real.truncate(len)
        };
        disk.call("truncate", path, cut, || {})
    }

    fn sync(&mut self) -> io::Result<()> {
        let Self { disk, path, .. } = self;
        let sync = || {
            disk.bytes_are_safe(path);
            Ok(())
        };
        disk.call("sync", path, sync, || {})
    }

    fn facts(&mut self) -> io::Result<Facts> {
        self.real.facts()
    }
}

impl Times {
    /// Gives a file that was just changed, and its folder, the time that this clock shows.
    pub(crate) fn stamp(self, path: &Path) {
        const TICK_NS: u64 = 10_000_000;
        match self {
            Self::AsTheyAre => {}
            Self::Coarse => {
                let now = std::time::Duration::from_nanos(now_ns() / TICK_NS * TICK_NS);
                for path in [Some(path), path.parent()].into_iter().flatten() {
                    if let Ok(file) = std::fs::File::open(path) {
                        file.set_modified(std::time::UNIX_EPOCH + now).unwrap();
                    }
                }
            }
        }
    }
}

fn name_of(path: Option<&Path>) -> &str {
    path.and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default()
}

fn read(path: &Path) -> Option<Vec<u8>> {
    read_file(path, 1 << 20).ok().flatten().map(|(bytes, _)| bytes)
}

fn put(path: &Path, bytes: Option<&[u8]>) {
    let _ = std::fs::remove_file(path);
    if let Some(bytes) = bytes {
        std::fs::write(path, bytes).unwrap();
    }
}

/// Chance that falls the same way in every run (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `n`.
    pub(crate) fn of(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % n as u64).unwrap()
    }

    /// What a power cut leaves of a file: the synced bytes, all, a part of the rest, or a hole of zeros in it.
    fn left_of(&mut self, synced: &[u8], now: &[u8]) -> Vec<u8> {
        let Some(rest) = now.strip_prefix(synced) else {
            return if self.of(2) == 0 { synced.to_vec() } else { now.to_vec() };
        };
        let mut rest = rest.to_vec();
        match self.of(4) {
            0 => rest.clear(),
            1 => {}
            2 => rest.truncate(self.of(rest.len() + 1)),
            _ => {
                let from = self.of(rest.len() + 1);
                let to = from + self.of(rest.len() - from + 1);
                rest[from..to].fill(0);
            }
        }
        [synced, &rest].concat()
    }
}
