//! A disk for trials: it counts the calls that change something, fails at one of them, forgets at a power cut what was
//! not synced, and lets a test act between two calls. It skips the waiting: its syncs are only noted.

#![allow(dead_code, reason = "each test program uses a part of it")]

pub(crate) mod power;

use std::fmt;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use coordination_ledger::store::fs::disk::{Access, Create, Disk, DiskFile, Facts, Named, RealDisk, Way};
use coordination_ledger::store::fs::files::now_ns;

use self::power::{Inode, Power};

/// How much of a failing call happens before its error is told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Happens {
    Nothing,
    Half,
    All,
    /// A write that takes half of its bytes and says so; other calls don't fail.
    Short,
}

/// What comes after a failing call.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Then {
    /// All is well again.
    Works,
    /// Every later call fails in the same way.
    Fails,
    /// Nothing ever happens again: the process was killed.
    Dead,
}

/// Which call fails, counted from 0, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Fault {
    pub(crate) at: usize,
    pub(crate) happens: Happens,
    pub(crate) then: Then,
    /// As the operating system counts errors.
    pub(crate) errno: i32,
}

pub(crate) const EINTR: i32 = 4;
pub(crate) const EIO: i32 = 5;
pub(crate) const ENOSPC: i32 = 28;
pub(crate) const EDQUOT: i32 = 122;

type Hook = Box<dyn FnMut(&str, &Path) + Send>;

/// See the module.
#[derive(Clone, Default)]
pub(crate) struct TrialDisk {
    real: Arc<OnceLock<RealDisk>>,
    trial: Arc<Mutex<Trial>>,
    hook: Arc<Mutex<Option<Hook>>>,
    times: Times,
    way: Way,
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
    power: Power,
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

    /// A disk whose files are reached in this way.
    pub(crate) fn by(way: Way) -> Self {
        Self { way, ..Self::default() }
    }

    /// A disk that fails once.
    pub(crate) fn failing(fault: Fault) -> Self {
        let disk = Self::default();
        disk.trial().fault = Some(fault);
        disk
    }

    /// A disk whose process is killed once this call was made.
    pub(crate) fn dying_after(call: &'static str) -> Self {
        let disk = Self::default();
        disk.trial().last_call = Some(call);
        disk
    }

    /// The same disk, for a store beneath this folder.
    pub(crate) fn beneath(&self, root: &Path) -> Arc<dyn Disk> {
        self.real.get_or_init(|| RealDisk::at(root, self.way).unwrap());
        Arc::new(self.clone())
    }

    /// The call that failed, once it did.
    pub(crate) fn failed(&self) -> Option<String> {
        self.trial().failed.clone()
    }

    /// The calls so far.
    pub(crate) fn calls(&self) -> Vec<String> {
        self.trial().calls.clone()
    }

    /// Lets `hook` act before each call, which it gets by name and path.
    pub(crate) fn before_each_call(&self, hook: impl FnMut(&str, &Path) + Send + 'static) {
        *self.hook.lock().unwrap() = Some(Box::new(hook));
    }

    /// Cuts the power: of what was not synced something is lost, as `chance` has it. Afterwards the disk works.
    pub(crate) fn cut_power(&self, root: &Path, chance: &mut power::Chance) {
        let image = quick_folder();
        self.image(root, image.path(), chance);
        power::replace(root, image.path());
        self.trial().power = Power::default();
        self.revive();
    }

    /// What a cut of the power would leave of the files below `root`, in another folder.
    pub(crate) fn image(&self, root: &Path, to: &Path, chance: &mut power::Chance) {
        self.trial().power.image(root, to, chance);
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
        half: impl FnOnce() -> io::Result<T>,
    ) -> io::Result<T> {
        // Taken out while it acts, so that it may write by way of a store itself.
        let hook = self.hook.lock().unwrap().take();
        if let Some(mut hook) = hook {
            hook(name, path);
            self.hook.lock().unwrap().get_or_insert(hook);
        }
        let Some(fault) = self.verdict(name, path)? else {
            let done = all();
            self.times.stamp(path);
            return done;
        };
        match fault.happens {
            Happens::Nothing => {}
            Happens::Half => drop(half()),
            Happens::All => drop(all()),
            Happens::Short if name == "write" => return half(),
            Happens::Short => return all(),
        }
        Err(io::Error::from_raw_os_error(fault.errno))
    }

    /// Counts a call; whether it fails.
    fn verdict(&self, name: &str, path: &Path) -> io::Result<Option<Fault>> {
        let mut trial = self.trial();
        if trial.dead {
            return Err(io::Error::other("this process is dead"));
        }
        // What is tried out in the folder for temporary files is nobody's write.
        if name_of(Some(path)).starts_with("probe-") || (name == "create_unnamed" && name_of(Some(path)) == "tmp") {
            return Ok(None);
        }
        let number = trial.calls.len();
        trial.calls.push(format!("{name} {}/{}", name_of(path.parent()), name_of(Some(path))));
        let is_last = trial.last_call.is_some() && trial.calls.last().map(String::as_str) == trial.last_call;
        let last = Fault { at: number, happens: Happens::All, then: Then::Dead, errno: EIO };
        let hit = |fault: &Fault| fault.at == number || (fault.then == Then::Fails && fault.at < number);
        let fault = trial.fault.filter(hit).or(is_last.then_some(last));
        if let Some(fault) = fault {
            if trial.failed.is_none() {
                trial.failed = trial.calls.last().cloned();
            }
            trial.dead = fault.then == Then::Dead;
        }
        Ok(fault)
    }

    fn power<T>(&self, note: impl FnOnce(&mut Power) -> T) -> T {
        note(&mut self.trial().power)
    }

    fn file(&self, real: Box<dyn DiskFile>, path: &Path, inode: Inode) -> Box<dyn DiskFile> {
        Box::new(TrialFile { disk: self.clone(), real, path: path.to_owned(), inode, at: 0, appends: false })
    }
}

/// Half of a call that is whole or nothing.
fn none<T>() -> io::Result<T> {
    Err(io::Error::other("nothing happened"))
}

impl Disk for TrialDisk {
    fn real(&self) -> &RealDisk {
        self.real.get().expect("the disk is beneath a folder")
    }

    fn make_dir(&self, path: &Path) -> io::Result<Named> {
        let make = || {
            let named = self.real().make_dir(path)?;
            if named == Named::Done {
                self.power(|power| power.make_dir(path));
            }
            Ok(named)
        };
        self.call("make_dir", path, make, none)
    }

    fn create(&self, path: &Path, mode: u32) -> io::Result<Option<Box<dyn DiskFile>>> {
        let create = || {
            let Some(real) = self.real().create(path, mode)? else { return Ok(None) };
            let inode = self.power(|power| power.create(Some(path)));
            Ok(Some(self.file(real, path, inode)))
        };
        self.call("create", path, create, none)
    }

    fn create_unnamed(&self, folder: &Path, mode: u32) -> io::Result<Option<Box<dyn DiskFile>>> {
        let create = || {
            let Some(real) = self.real().create_unnamed(folder, mode)? else { return Ok(None) };
            let inode = self.power(|power| power.create(None));
            Ok(Some(self.file(real, Path::new(""), inode)))
        };
        self.call("create_unnamed", folder, create, none)
    }

    fn open(&self, path: &Path, access: Access, create: Create) -> io::Result<Option<Box<dyn DiskFile>>> {
        let open = || {
            let before = self.power(|power| power.opened(path));
            let Some(real) = self.real().open(path, access, create)? else { return Ok(None) };
            let inode = before.unwrap_or_else(|| self.power(|power| power.create(Some(path))));
            let appends = access == Access::Append;
            let file = TrialFile { disk: self.clone(), real, path: path.to_owned(), inode, at: 0, appends };
            Ok(Some(Box::new(file) as Box<dyn DiskFile>))
        };
        self.call("open", path, open, none)
    }

    fn open_lock(&self, path: &Path) -> io::Result<File> {
        self.call("open_lock", path, || self.real().open_lock(path), none)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<Named> {
        let link = || {
            let named = self.real().link(from, to)?;
            if named == Named::Done {
                self.power(|power| power.link(from, to));
            }
            Ok(named)
        };
        self.call("link", to, link, none)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let rename = || {
            self.power(|power| power.rename(from, to));
            self.real().rename(from, to)
        };
        self.call("rename", to, rename, none)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        let remove = || {
            self.power(|power| power.remove(path));
            self.real().remove(path)
        };
        self.call("remove", path, remove, none)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        let sync = || {
            self.power(|power| power.sync_dir(path));
            Ok(())
        };
        self.call("sync_dir", path, sync, none)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        let inode = self.power(|power| power.opened(path)).ok_or_else(|| io::Error::from(io::ErrorKind::NotFound))?;
        self.sync_inode("sync_file", path, inode)
    }

    fn sync_file_system(&self) -> io::Result<bool> {
        // So that what is synced one by one elsewhere is seen to be all.
        Ok(false)
    }
}

impl TrialDisk {
    /// After a sync that failed, the kernel takes for clean what it could not write.
    fn sync_inode(&self, name: &str, path: &Path, inode: Inode) -> io::Result<()> {
        let mut is_synced = false;
        let sync = || {
            is_synced = true;
            self.power(|power| power.sync(inode));
            Ok(())
        };
        let synced = self.call(name, path, sync, none);
        if synced.is_err() && !is_synced && !self.trial().dead {
            self.power(|power| power.sync_failed(inode));
        }
        synced
    }
}

struct TrialFile {
    disk: TrialDisk,
    real: Box<dyn DiskFile>,
    path: PathBuf,
    inode: Inode,
    at: usize,
    appends: bool,
}

impl DiskFile for TrialFile {
    fn read(&mut self, max: u64) -> io::Result<Vec<u8>> {
        if self.disk.trial().dead {
            return none();
        }
        self.real.read(max)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let Self { disk, real, path, inode, at, appends } = self;
        let state = std::cell::RefCell::new((real, at));
        let write = |bytes: &[u8]| {
            let (real, at) = &mut *state.borrow_mut();
            let taken = real.write(bytes)?;
            let from = if *appends { None } else { Some(**at) };
            disk.power(|power| power.write(*inode, from, &bytes[..taken]));
            **at += taken;
            Ok(taken)
        };
        let half = || if bytes.len() < 2 { none() } else { write(&bytes[..bytes.len() / 2]) };
        disk.call("write", path, || write(bytes), half)
    }

    fn rewind(&mut self) -> io::Result<()> {
        self.at = 0;
        self.real.rewind()
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        let Self { disk, real, path, inode, .. } = self;
        let cut = || {
            real.set_len(len)?;
            disk.power(|power| power.set_len(*inode, usize::try_from(len).unwrap()));
            Ok(())
        };
        disk.call("set_len", path, cut, none)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.disk.sync_inode("sync", &self.path, self.inode)
    }

    fn link(&mut self, to: &Path) -> io::Result<Named> {
        let Self { disk, real, inode, .. } = self;
        let link = || {
            let named = real.link(to)?;
            if named == Named::Done {
                disk.power(|power| power.name(*inode, to));
            }
            Ok(named)
        };
        disk.call("link", to, link, none)
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
                    if let Ok(file) = File::open(path) {
                        file.set_modified(std::time::UNIX_EPOCH + now).unwrap();
                    }
                }
            }
        }
    }
}

/// A folder in memory where there is one: these disks skip the waiting.
pub(crate) fn quick_folder() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let made = if memory.is_dir() { tempfile::TempDir::new_in(memory) } else { tempfile::TempDir::new() };
    made.or_else(|_| tempfile::TempDir::new()).unwrap()
}

fn name_of(path: Option<&Path>) -> &str {
    path.and_then(Path::file_name).and_then(|name| name.to_str()).unwrap_or_default()
}
