//! Locks between processes: flock(2) on files of their own, polled within the command's budget.
//!
//! A log is never its own lock: git replaces the log's inode, and a lock on the old one would exclude nobody. A lock
//! file is never deleted, for the same reason.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::files::Files;
use super::io;
use crate::domain::id::Stream;
use crate::store::StoreError;
use crate::store::budget::{Budget, Notice};

/// Waiting longer than this is told.
const TOLD_AFTER: Duration = Duration::from_millis(500);
/// How long the line is in which a holder signs; the note stands after it.
const NOTE_AT: u64 = 80;
/// Enough for the longest name of a log.
const NOTE_BYTES: u64 = 160;
const FIRST_PAUSE_US: u64 = 100;
const LONGEST_PAUSE_US: u64 = 15_000;

/// Whether others may hold the lock too.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sharing {
    /// Any number of shared holders.
    Shared,
    /// One holder.
    Exclusive,
    /// One holder, who lets go before anybody could want to know who it is, and so does not sign.
    Brief,
}

/// A lock that is held until it is dropped.
#[derive(Debug)]
#[must_use = "a lock is held only as long as this value lives"]
pub struct Lock {
    file: File,
    path: PathBuf,
}

impl Lock {
    /// Takes a lock, waiting within the budget.
    ///
    /// # Errors
    /// [`StoreError::Busy`] when the budget runs out; otherwise failed machinery.
    pub fn take(files: &Files, path: &Path, what: &str, sharing: Sharing, budget: &Budget) -> Result<Self, StoreError> {
        let waiting_since = budget.spent();
        let mut pause_us = FIRST_PAUSE_US;
        let mut told = false;
        let file = files.open_lock(path).map_err(io("lock", path))?;
        loop {
            if try_lock(&file, sharing).map_err(io("lock", path))? {
                return Ok(Self::signed(file, path, sharing));
            }
            let waited = budget.spent().saturating_sub(waiting_since);
            if budget.is_enough(waited) {
                let waited_ms = u64::try_from(waited.as_millis()).unwrap_or(u64::MAX);
                let holder = holder(files, &file, path, sharing);
                return Err(StoreError::Busy { what: what.to_owned(), holder, waited_ms });
            }
            if waited >= TOLD_AFTER && !told {
                told = true;
                let holder = holder(files, &file, path, sharing);
                budget.tell(&Notice::Waiting { what: what.to_owned(), holder });
            }
            let left = budget.left().unwrap_or(Duration::MAX);
            std::thread::sleep(jittered(pause_us).min(left).max(Duration::from_micros(50)));
            pause_us = (pause_us * 3 / 2).min(LONGEST_PAUSE_US);
        }
    }

    /// Takes a lock only if nobody is in the way.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn try_take(files: &Files, path: &Path, sharing: Sharing) -> Result<Option<Self>, StoreError> {
        let file = files.open_lock(path).map_err(io("lock", path))?;
        let taken = try_lock(&file, sharing).map_err(io("lock", path))?;
        Ok(taken.then(|| Self::signed(file, path, sharing)))
    }

    fn signed(file: File, path: &Path, sharing: Sharing) -> Self {
        let lock = Self { file, path: path.to_owned() };
        match sharing {
            Sharing::Exclusive => lock.sign(),
            Sharing::Shared | Sharing::Brief => {}
        }
        lock
    }

    /// Writes who holds it into the file, for those who wait. Best effort: the lock does not depend on it.
    fn sign(&self) {
        let text = signature_of(std::process::id()) + "\n";
        let mut file = &self.file;
        let _ = file.rewind().and_then(|()| file.write_all(text.as_bytes()));
    }

    /// Notes that a log is being written to. Whoever takes the lock next and finds the note knows that the writer did
    /// not get to the end of its sync: see [`Self::marked`].
    ///
    /// # Errors
    /// Failed machinery; nothing must be written to the log then.
    pub fn mark(&self, stream: &Stream) -> Result<(), StoreError> {
        self.note(&stream.to_string()).map_err(io("mark", &self.path))
    }

    /// Notes that what was written to the log is durable, or gone for good. Best effort: the note of a log that is
    /// settled costs the next writer one more sync.
    pub fn clear(&self) {
        let _ = self.note("");
    }

    /// The log whose writer did not get to the end of its sync: it was killed, or could neither sync nor take back. What
    /// it wrote may be in the kernel's memory alone, and be taken for clean there, so that no sync writes it (fsync(2);
    /// Rebello et al., ATC 2020).
    #[must_use]
    pub fn marked(&self) -> Option<Stream> {
        let mut note = [0; NOTE_BYTES as usize];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(NOTE_AT)).ok()?;
        let read = file.read(&mut note).ok()?;
        std::str::from_utf8(&note[..read]).ok()?.trim_end().parse().ok()
    }

    fn note(&self, text: &str) -> io::Result<()> {
        let note = format!("{text:<width$}\n", width = NOTE_BYTES as usize - 1);
        let mut file = &self.file;
        file.seek(SeekFrom::Start(NOTE_AT))?;
        file.write_all(note.as_bytes())
    }

    /// The lock file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// By full path: since Rust 1.89 the methods of std with the same names would win.
fn try_lock(file: &File, sharing: Sharing) -> io::Result<bool> {
    let tried = match sharing {
        Sharing::Shared => fs2::FileExt::try_lock_shared(file),
        Sharing::Exclusive | Sharing::Brief => fs2::FileExt::try_lock_exclusive(file),
    };
    match tried {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == fs2::lock_contended_error().kind() => Ok(false),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(false),
        Err(error) => Err(error),
    }
}

/// Who signed the lock file, if whoever is in the way did: those who share it do not.
fn holder(files: &Files, file: &File, path: &Path, wanted: Sharing) -> Option<String> {
    if wanted != Sharing::Shared && try_lock(file, Sharing::Shared).ok()? {
        let _ = fs2::FileExt::unlock(file);
        return None;
    }
    let (bytes, _) = files.read(path, NOTE_AT + NOTE_BYTES).ok()??;
    let text = String::from_utf8(bytes).ok()?;
    let line = text.lines().next()?.trim_end();
    let is_signature = line.starts_with("pid ") && !line.contains(char::is_control);
    (is_signature && !has_ended(line)).then(|| line.to_owned())
}

/// Whether a signature is of a process of this host that is no more: then somebody holds the lock who did not sign.
fn has_ended(signature: &str) -> bool {
    let pid =
        signature.strip_prefix("pid ").and_then(|rest| rest.split_once(' ')).and_then(|(pid, _)| pid.parse().ok());
    let Some(pid) = pid.filter(|pid| *signature == *signature_of(*pid).trim_end()) else { return false };
    let proc = Path::new("/proc");
    cfg!(target_os = "linux") && proc.join("self").exists() && !proc.join(pid.to_string()).exists()
}

/// How a process of this host signs.
fn signature_of(pid: u32) -> String {
    static HOST: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    let text = format!("pid {pid} on {}", HOST.get_or_init(host_name));
    format!("{text:<79.79}")
}

/// Between a half and the whole of the pause, so that waiters do not come back together.
fn jittered(pause_us: u64) -> Duration {
    let mut random = [0; 8];
    // Without randomness the pauses are merely equal.
    let _ = getrandom::fill(&mut random);
    let half = pause_us / 2;
    Duration::from_micros(half + u64::from_le_bytes(random) % (half + 1))
}

fn host_name() -> String {
    #[cfg(target_os = "linux")]
    {
        rustix::system::uname().nodename().to_string_lossy().into_owned()
    }
    #[cfg(not(target_os = "linux"))]
    {
        "this host".to_owned()
    }
}
