//! The disk: every system call that changes the ledger's files goes through [`Disk`], one method a call, so that each
//! can be made to fail and a cut of the power can be played after each.
//!
//! What the calls are put together to is in [`super::files`].

use std::fmt::Debug;
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use super::native::{self, Anchor, Purpose, invalid};

pub use super::native::{Create, Facts, Way};

/// Whether a name was free.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Named {
    /// It was, and is taken now.
    Done,
    /// It was taken before.
    Exists,
}

impl Named {
    fn of(is_new: bool) -> Self {
        if is_new { Self::Done } else { Self::Exists }
    }
}

/// Where writes to an open file go.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Access {
    /// To its end.
    Append,
    /// From its beginning on.
    Overwrite,
}

/// Every system call that changes the disk, one by one. Nothing is durable before the sync that belongs to it. All
/// paths are below the ledger's root; no link is followed.
pub trait Disk: Debug + Send + Sync {
    /// The machine's disk that it stands on. What is read is read there: reading changes nothing, and what is read and
    /// what is written must be beneath one and the same folder.
    fn real(&self) -> &RealDisk;

    /// Makes a folder (mkdir).
    fn make_dir(&self, path: &Path) -> io::Result<Named>;

    /// Makes a new empty file (open, `O_CREAT | O_EXCL`); `None` if the name is taken.
    fn create(&self, path: &Path, mode: u32) -> io::Result<Option<Box<dyn DiskFile>>>;

    /// Makes a new empty file without a name (open, `O_TMPFILE`), which is gone with its descriptor unless it is linked;
    /// `None` where there is no such thing.
    fn create_unnamed(&self, folder: &Path, mode: u32) -> io::Result<Option<Box<dyn DiskFile>>>;

    /// Opens a plain file for reading and writing (open); `None` if it is not there and is not to be created.
    fn open(&self, path: &Path, access: Access, create: Create) -> io::Result<Option<Box<dyn DiskFile>>>;

    /// Opens a file that is only locked (open, `O_CREAT`).
    fn open_lock(&self, path: &Path) -> io::Result<File>;

    /// Gives a file another name, unless that is taken (link).
    fn link(&self, from: &Path, to: &Path) -> io::Result<Named>;

    /// Gives a file another name, which it takes from whatever had it (rename).
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Takes a name away (unlink).
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Makes the names in a folder durable (fsync).
    fn sync_dir(&self, path: &Path) -> io::Result<()>;

    /// Makes the bytes of a file durable that somebody else may have open (open, fdatasync).
    fn sync_file(&self, path: &Path) -> io::Result<()>;

    /// Makes everything durable that was written so far (syncfs); `false` where that can't be had.
    fn sync_file_system(&self) -> io::Result<bool>;
}

/// An open file.
pub trait DiskFile {
    /// Reads it from its beginning, at most `max` bytes and one more.
    fn read(&mut self, max: u64) -> io::Result<Vec<u8>>;

    /// Writes in one call (write); answers with how many of the bytes were taken.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize>;

    /// Goes back to its beginning, for the next write.
    fn rewind(&mut self) -> io::Result<()>;

    /// Gives it a length (ftruncate).
    fn set_len(&mut self, len: u64) -> io::Result<()>;

    /// Makes its bytes and its size durable (fdatasync).
    fn sync(&mut self) -> io::Result<()>;

    /// Names a file that was made without a name (linkat).
    fn link(&mut self, to: &Path) -> io::Result<Named>;

    /// What tells its content apart.
    fn facts(&mut self) -> io::Result<Facts>;
}

/// The machine's disk, beneath one folder.
#[derive(Clone, Debug)]
pub struct RealDisk {
    anchor: Arc<Anchor>,
    way: Way,
}

impl RealDisk {
    /// The disk beneath `root`.
    ///
    /// # Errors
    /// The folder can't be opened.
    pub fn at(root: &Path, way: Way) -> io::Result<Self> {
        Ok(Self { anchor: Arc::new(Anchor::at(root, way)?), way })
    }

    /// The folder beneath which it is.
    pub(super) fn anchor(&self) -> &Arc<Anchor> {
        &self.anchor
    }

    fn file(&self, file: File, size: u64) -> Box<dyn DiskFile> {
        Box::new(RealFile { file, size, anchor: Arc::clone(&self.anchor) })
    }
}

impl Disk for RealDisk {
    fn real(&self) -> &RealDisk {
        self
    }

    fn make_dir(&self, path: &Path) -> io::Result<Named> {
        self.anchor.make_dir(path).map(Named::of)
    }

    fn create(&self, path: &Path, mode: u32) -> io::Result<Option<Box<dyn DiskFile>>> {
        match self.anchor.open(path, Purpose::New(mode)) {
            Ok(file) => Ok(Some(self.file(file, 0))),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn create_unnamed(&self, folder: &Path, mode: u32) -> io::Result<Option<Box<dyn DiskFile>>> {
        match self.way {
            Way::Native => Ok(self.anchor.unnamed(folder, mode)?.map(|file| self.file(file, 0))),
            Way::Portable => Ok(None),
        }
    }

    fn open(&self, path: &Path, access: Access, create: Create) -> io::Result<Option<Box<dyn DiskFile>>> {
        let purpose = match access {
            Access::Append => Purpose::Append(create),
            Access::Overwrite => Purpose::Overwrite(create),
        };
        match open_plain(&self.anchor, path, purpose) {
            Ok((file, facts)) => Ok(Some(self.file(file, facts.size))),
            Err(error) if error.kind() == io::ErrorKind::NotFound && create == Create::No => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn open_lock(&self, path: &Path) -> io::Result<File> {
        open_plain(&self.anchor, path, Purpose::Overwrite(Create::Yes)).map(|(file, _)| file)
    }

    fn link(&self, from: &Path, to: &Path) -> io::Result<Named> {
        self.anchor.link(from, to).map(Named::of)
    }

    fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        self.anchor.rename(from, to)
    }

    fn remove(&self, path: &Path) -> io::Result<()> {
        self.anchor.remove(path)
    }

    fn sync_dir(&self, path: &Path) -> io::Result<()> {
        native::sync_folder(&self.anchor.folder(path)?)
    }

    fn sync_file(&self, path: &Path) -> io::Result<()> {
        native::sync_file(&open_plain(&self.anchor, path, Purpose::Read)?.0)
    }

    fn sync_file_system(&self) -> io::Result<bool> {
        match self.way {
            Way::Native => self.anchor.sync_file_system(),
            Way::Portable => Ok(false),
        }
    }
}

#[derive(Debug)]
struct RealFile {
    file: File,
    /// What it had when it was opened, which tells how much room reading it takes.
    size: u64,
    anchor: Arc<Anchor>,
}

impl DiskFile for RealFile {
    fn read(&mut self, max: u64) -> io::Result<Vec<u8>> {
        io::Seek::rewind(&mut self.file)?;
        read_bounded(&mut self.file, self.size, max)
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes)
    }

    fn rewind(&mut self) -> io::Result<()> {
        io::Seek::rewind(&mut self.file)
    }

    fn set_len(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    fn sync(&mut self) -> io::Result<()> {
        native::sync_file(&self.file)
    }

    fn link(&mut self, to: &Path) -> io::Result<Named> {
        self.anchor.link_unnamed(&self.file, to).map(Named::of)
    }

    fn facts(&mut self) -> io::Result<Facts> {
        Ok(native::look_at(&self.file)?.facts)
    }
}

/// Why a file of two names is not written to.
pub const HARD_LINKS: &str = "it has other names too (hard links), so that writing to it would change another file";

/// Opens a plain file: no link is followed, a pipe or a device does not block or act, and what is written to it is
/// written to no other file of the same content.
pub(super) fn open_plain(anchor: &Anchor, path: &Path, purpose: Purpose) -> io::Result<(File, Facts)> {
    let file = anchor.open(path, purpose)?;
    let look = native::look_at(&file)?;
    if look.kind != native::Kind::File {
        return Err(invalid("it is not a plain file"));
    }
    match purpose {
        Purpose::Append(_) | Purpose::Overwrite(_) if look.has_other_names => Err(invalid(HARD_LINKS)),
        Purpose::Read | Purpose::Append(_) | Purpose::Overwrite(_) | Purpose::New(_) => Ok((file, look.facts)),
    }
}

/// Reads a file of about `size` bytes, at most `max` and one more.
pub(super) fn read_bounded(file: &mut File, size: u64, max: u64) -> io::Result<Vec<u8>> {
    let size = usize::try_from(size.min(max)).unwrap_or(0);
    let mut bytes = vec![0; size + 1];
    // Mostly one call: a plain file hands out less than it is asked for at its end only.
    let read = match io::Read::read(file, &mut bytes) {
        Err(error) if error.kind() == io::ErrorKind::Interrupted => 0,
        other => other?,
    };
    bytes.truncate(read);
    if read != size {
        io::Read::read_to_end(&mut io::Read::take(file, (max + 1).saturating_sub(read as u64)), &mut bytes)?;
    }
    Ok(bytes)
}
