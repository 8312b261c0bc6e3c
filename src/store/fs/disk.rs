//! The disk: every system call that changes the ledger's files goes through [`Disk`], so that each can be made to fail.
//!
//! What is special to a platform is here, with a portable way beside it.

use std::fmt::Debug;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use super::native;

/// Whether a name was free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    /// It was, and is taken now.
    Done,
    /// It was taken before.
    Exists,
}

/// What tells a file's content apart from another's, without reading it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Facts {
    /// Which file: the inode number, 0 where there is none.
    pub inode: u64,
    /// Its size in bytes.
    pub size: u64,
    /// When it was last modified, in nanoseconds since 1970.
    pub modified_ns: u64,
}

/// Every way to change the disk. Nothing is durable before the `sync` that belongs to it.
pub trait Disk: Debug + Send + Sync {
    /// Makes a folder; one that exists is fine.
    fn make_dir(&self, path: &Path) -> io::Result<()>;

    /// Writes a new file that has no name in the ledger yet, in the folder `beside` or, where the platform can't, in
    /// `tmp`.
    fn stage(&self, beside: &Path, tmp: &Path, bytes: &[u8], mode: u32) -> io::Result<Box<dyn Staged>>;

    /// Writes a new file under its name at once, without syncing.
    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<Named>;

    /// Replaces a file as a whole: a temporary file, then a rename.
    fn replace(&self, path: &Path, tmp: &Path, bytes: &[u8], durability: Durability) -> io::Result<()>;

    /// Overwrites a small disposable file in place, whose reader copes with anything. Cheaper than a replacement.
    fn scribble(&self, path: &Path, bytes: &[u8]) -> io::Result<()>;

    /// Opens a log for appending. `None` if it is not there and is not to be created.
    fn open_log(&self, path: &Path, create: Create) -> io::Result<Option<Box<dyn LogFile>>>;

    /// Removes a file; one that is not there is fine.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable.
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes everything durable that was written so far: the files and folders of `touched` at least, which is asked
    /// only where they must be synced one by one. Answers with the number of calls that it took.
    fn sync_all(&self, root: &Path, touched: &dyn Fn() -> Touched) -> io::Result<u64>;
}

/// What a batch wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    /// Files whose bytes changed.
    pub files: Vec<PathBuf>,
    /// Folders whose names changed.
    pub folders: Vec<PathBuf>,
}

/// Whether a derived file must survive a power cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Old or new, whole, whatever happens.
    Durable,
    /// Old or new while the machine runs; a power cut may take it.
    Lost,
}

/// Whether to create a file that is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Create {
    /// Create it.
    Yes,
    /// Leave it.
    No,
}

/// A file without a name in the ledger.
pub trait Staged {
    /// Makes its bytes durable.
    fn sync(&mut self) -> io::Result<()>;

    /// Gives it its name, unless that is taken.
    fn link(&mut self, to: &Path) -> io::Result<Named>;
}

/// A log that is open for appending.
pub trait LogFile {
    /// Reads it from its beginning, at most `max` bytes and one more.
    fn read(&mut self, max: u64) -> io::Result<Vec<u8>>;

    /// Appends bytes in one call; fewer than all is an error.
    fn append(&mut self, bytes: &[u8]) -> io::Result<()>;

    /// Cuts it to a length.
    fn truncate(&mut self, len: u64) -> io::Result<()>;

    /// Makes its bytes and its size durable.
    fn sync(&mut self) -> io::Result<()>;

    /// What tells its content apart.
    fn facts(&mut self) -> io::Result<Facts>;
}

/// The machine's disk.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum RealDisk {
    /// With the system calls that this platform has beyond the common ones.
    #[default]
    Native,
    /// With what every platform has.
    Portable,
}

impl RealDisk {
    fn is_native(self) -> bool {
        self == Self::Native && cfg!(target_os = "linux")
    }
}

#[expect(clippy::disallowed_methods, reason = "this is the one place that writes files")]
impl Disk for RealDisk {
    fn make_dir(&self, path: &Path) -> io::Result<()> {
        match std::fs::create_dir(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            other => other,
        }
    }

    fn stage(&self, beside: &Path, tmp: &Path, bytes: &[u8], mode: u32) -> io::Result<Box<dyn Staged>> {
        if self.is_native()
            && let Some(mut file) = native::unnamed_file(beside, mode)?
        {
            file.write_all(bytes)?;
            return Ok(Box::new(Unnamed { file }));
        }
        let path = temporary(tmp);
        let mut file = create_new(&path, mode)?;
        let staged = Temporary { path };
        file.write_all(bytes)?;
        Ok(Box::new(staged))
    }

    fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<Named> {
        match create_new(path, mode) {
            Ok(mut file) => file.write_all(bytes).map(|()| Named::Done),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Named::Exists),
            Err(error) => Err(error),
        }
    }

    fn replace(&self, path: &Path, tmp: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
        let staged = Temporary { path: temporary(tmp) };
        let mut file = create_new(&staged.path, 0o644)?;
        file.write_all(bytes)?;
        if durability == Durability::Durable {
            file.sync_data()?;
        }
        std::fs::rename(&staged.path, path)?;
        if durability == Durability::Durable {
            self.sync_dir(path.parent().unwrap_or(path))?;
        }
        Ok(())
    }

    fn scribble(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let (mut file, facts) = open_plain(path, OpenOptions::new().write(true).create(true).truncate(false))?;
        file.write_all(bytes)?;
        if facts.size > bytes.len() as u64 {
            file.set_len(bytes.len() as u64)?;
        }
        Ok(())
    }

    fn open_log(&self, path: &Path, create: Create) -> io::Result<Option<Box<dyn LogFile>>> {
        let mut options = OpenOptions::new();
        options.read(true).append(true).create(create == Create::Yes);
        match open_plain(path, &mut options) {
            Ok((file, _)) => Ok(Some(Box::new(RealLog { file }))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && create == Create::No => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        match std::fs::remove_file(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        // Windows has no sync for folders; its file systems journal names.
        if cfg!(windows) { Ok(()) } else { File::open(path)?.sync_all() }
    }

    fn sync_all(&self, root: &Path, touched: &dyn Fn() -> Touched) -> io::Result<u64> {
        if self.is_native() && native::sync_file_system(root)? {
            return Ok(1);
        }
        let Touched { files, folders } = touched();
        for file in &files {
            File::open(file)?.sync_all()?;
        }
        for folder in &folders {
            self.sync_dir(folder)?;
        }
        Ok((files.len() + folders.len()) as u64)
    }
}

/// A file that was never named: it is gone with its descriptor unless it was linked.
#[derive(Debug)]
struct Unnamed {
    file: File,
}

impl Staged for Unnamed {
    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn link(&mut self, to: &Path) -> io::Result<Named> {
        native::link_unnamed(&self.file, to)
    }
}

/// A file under a temporary name, removed when it is no longer needed.
#[derive(Debug)]
struct Temporary {
    path: PathBuf,
}

impl Staged for Temporary {
    fn sync(&mut self) -> io::Result<()> {
        File::open(&self.path)?.sync_data()
    }

    #[expect(clippy::disallowed_methods, reason = "this is the one place that writes files")]
    fn link(&mut self, to: &Path) -> io::Result<Named> {
        match std::fs::hard_link(&self.path, to) {
            Ok(()) => Ok(Named::Done),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(Named::Exists),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Temporary {
    #[expect(clippy::disallowed_methods, reason = "this is the one place that writes files")]
    fn drop(&mut self) {
        // Left behind, it is only litter in a disposable folder.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[derive(Debug)]
struct RealLog {
    file: File,
}

impl LogFile for RealLog {
    fn read(&mut self, max: u64) -> io::Result<Vec<u8>> {
        io::Seek::rewind(&mut self.file)?;
        let size = self.file.metadata()?.len();
        read_bounded(&mut self.file, size, max)
    }

    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.file.write(bytes)?;
        if written < bytes.len() {
            return Err(io::Error::new(io::ErrorKind::WriteZero, format!("only {written} of {} bytes", bytes.len())));
        }
        Ok(())
    }

    fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.file.sync_data()
    }

    fn facts(&mut self) -> io::Result<Facts> {
        Ok(facts_of(&self.file.metadata()?))
    }
}

/// Reads a plain file, at most `max` bytes; `None` if it is not there.
///
/// # Errors
/// Also for links, folders, devices and anything larger.
pub fn read_file(path: &Path, max: u64) -> io::Result<Option<(Vec<u8>, Facts)>> {
    let (mut file, facts) = match open_plain(path, OpenOptions::new().read(true)) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if facts.size > max {
        return Err(invalid(format!("it has {} bytes; the most is {max}", facts.size)));
    }
    let bytes = read_bounded(&mut file, facts.size, max)?;
    if bytes.len() as u64 > max {
        return Err(invalid(format!("it has more than {max} bytes")));
    }
    Ok(Some((bytes, facts)))
}

/// The lines of a plain file, with their newlines, in which `wanted` stands; none if the file is not there. Reads it
/// piece by piece: the file may be large and is looked through once.
///
/// # Errors
/// Failed machinery.
pub fn lines_with(path: &Path, wanted: &[u8], max: u64) -> io::Result<Vec<String>> {
    const PIECE: usize = 64 * 1024;
    let mut file = match open_plain(path, OpenOptions::new().read(true)) {
        Ok((_, facts)) if facts.size > max => return Err(invalid(format!("it has more than {max} bytes"))),
        Ok((file, _)) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut lines = Vec::new();
    let mut piece = vec![0; PIECE];
    let mut held = 0;
    loop {
        let read = file.read(&mut piece[held..])?;
        let filled = &piece[..held + read];
        for at in memchr::memmem::find_iter(filled, wanted) {
            let start = memchr::memrchr(b'\n', &filled[..at]).map_or(0, |newline| newline + 1);
            lines.push(String::from_utf8_lossy(&filled[start..at + wanted.len()]).into_owned());
        }
        if read == 0 {
            return Ok(lines);
        }
        // What may go on in the next piece is kept; a line longer than half a piece is none of ours.
        let rest = memchr::memrchr(b'\n', filled).map_or(filled.len(), |newline| filled.len() - newline - 1);
        let rest = if rest > PIECE / 2 { 0 } else { rest };
        let from = held + read - rest;
        piece.copy_within(from..from + rest, 0);
        held = rest;
    }
}

/// Reads a part of a plain file; `None` if it is not there or ends before `to`.
///
/// # Errors
/// Failed machinery.
pub fn read_part(path: &Path, from: u64, to: u64) -> io::Result<Option<Vec<u8>>> {
    let (mut file, facts) = match open_plain(path, OpenOptions::new().read(true)) {
        Ok(opened) => opened,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    if facts.size < to {
        return Ok(None);
    }
    io::Seek::seek(&mut file, io::SeekFrom::Start(from))?;
    let mut bytes = Vec::new();
    file.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
    Ok(Some(bytes))
}

/// What tells a file's content apart; `None` if it is not there. Links are not followed.
///
/// # Errors
/// Failed machinery.
pub fn facts(path: &Path) -> io::Result<Option<Facts>> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) => Ok(Some(facts_of(&metadata))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A folder that is held open, for looking at many of its files: the way to it is walked once. One that is missing is
/// an empty one.
#[derive(Debug)]
pub struct Folder {
    #[cfg(target_os = "linux")]
    descriptor: Option<File>,
    #[cfg(not(target_os = "linux"))]
    path: PathBuf,
}

impl Folder {
    /// Opens a folder.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn open(path: &Path) -> io::Result<Self> {
        #[cfg(target_os = "linux")]
        {
            match File::open(path) {
                Ok(file) => Ok(Self { descriptor: Some(file) }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Self { descriptor: None }),
                Err(error) => Err(error),
            }
        }
        #[cfg(not(target_os = "linux"))]
        {
            Ok(Self { path: path.to_owned() })
        }
    }

    /// What tells a file's content apart; `None` if it is not there. Links are not followed.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn facts(&self, name: &str) -> io::Result<Option<Facts>> {
        #[cfg(target_os = "linux")]
        {
            self.descriptor.as_ref().map_or(Ok(None), |folder| native::facts_in(folder, name))
        }
        #[cfg(not(target_os = "linux"))]
        {
            facts(&self.path.join(name))
        }
    }
}

/// Refuses a folder that is a link or no folder; `false` if it is not there.
///
/// # Errors
/// Says what it is instead.
pub fn check_folder(path: &Path) -> io::Result<bool> {
    match std::fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => Ok(true),
        Ok(metadata) if metadata.is_symlink() => {
            Err(invalid("it is a symbolic link; links are not followed here".into()))
        }
        Ok(_) => Err(invalid("it is not a folder".into())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Now, in nanoseconds since 1970, on the clock that stamps files.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "ages of files are measured on the clock that stamps them")]
pub fn now_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}

/// Opens a plain file: no link is followed, and a pipe or a device does not block or act.
pub(super) fn open_plain(path: &Path, options: &mut OpenOptions) -> io::Result<(File, Facts)> {
    #[cfg(target_os = "linux")]
    native::do_not_follow(options);
    #[cfg(not(target_os = "linux"))]
    if std::fs::symlink_metadata(path).is_ok_and(|metadata| !metadata.is_file()) {
        return Err(invalid("it is not a plain file".into()));
    }
    let file = match options.open(path) {
        Err(error) if is_link(&error, path) => {
            return Err(invalid("it is a symbolic link; links are not followed here".into()));
        }
        Err(error) if error.kind() == io::ErrorKind::IsADirectory => {
            return Err(invalid("it is not a plain file".into()));
        }
        other => other?,
    };
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(invalid("it is not a plain file".into()));
    }
    Ok((file, facts_of(&metadata)))
}

fn is_link(error: &io::Error, path: &Path) -> bool {
    error.kind() != io::ErrorKind::NotFound && std::fs::symlink_metadata(path).is_ok_and(|m| m.is_symlink())
}

fn create_new(path: &Path, mode: u32) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, mode);
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// Reads a file of about `size` bytes, at most `max` and one more.
fn read_bounded(file: &mut File, size: u64, max: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::with_capacity(usize::try_from(size.min(max)).unwrap_or(0) + 1);
    file.take(max + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn invalid(what: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}

/// A name that no other process and no other call takes.
fn temporary(tmp: &Path) -> PathBuf {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let serial = NEXT.fetch_add(1, Ordering::Relaxed);
    tmp.join(format!("{}-{serial}-{:x}.tmp", std::process::id(), now_ns()))
}

fn facts_of(metadata: &std::fs::Metadata) -> Facts {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        let ns = metadata.mtime().saturating_mul(1_000_000_000).saturating_add(metadata.mtime_nsec());
        Facts { inode: metadata.ino(), size: metadata.len(), modified_ns: u64::try_from(ns).unwrap_or(0) }
    }
    #[cfg(not(unix))]
    {
        let since = metadata.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        let modified_ns = since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        Facts { inode: 0, size: metadata.len(), modified_ns }
    }
}
