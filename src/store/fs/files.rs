//! What the calls of the disk are put together to: reading within bounds, and the few ways in which the ledger's files
//! come to be and change.

use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk::{Access, Create, Disk, DiskFile, Facts, Named, RealDisk, Way, open_plain, read_bounded};
use super::folder::Folder;
use super::native::{self, Anchor, Kind, Look, Purpose, invalid};
use crate::store::Writing;

/// How often a write that was interrupted before it took a byte is tried again.
const INTERRUPTED_MAX: u32 = 16;

/// The files beneath one folder.
#[derive(Clone, Debug)]
pub struct Files {
    anchor: Arc<Anchor>,
    disk: Arc<dyn Disk>,
}

/// Whether a derived file must survive a power cut.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Durability {
    /// Old or new, whole, whatever happens.
    Durable,
    /// Old or new while the machine runs; a power cut may take it.
    Lost,
}

/// What a batch wrote.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Touched {
    /// Files whose bytes changed.
    pub files: Vec<PathBuf>,
    /// Folders whose names changed.
    pub folders: Vec<PathBuf>,
}

impl Files {
    /// The files beneath `root`, on the machine's disk.
    ///
    /// # Errors
    /// The folder can't be opened.
    pub fn at(root: &Path) -> io::Result<Self> {
        Ok(Self::on(Arc::new(RealDisk::at(root, Way::Native)?)))
    }

    /// The files of a disk, changed by way of it.
    #[must_use]
    pub fn on(disk: Arc<dyn Disk>) -> Self {
        Self { anchor: Arc::clone(disk.real().anchor()), disk }
    }

    /// What they are changed by way of.
    #[must_use]
    pub fn disk(&self) -> &dyn Disk {
        self.disk.as_ref()
    }

    /// Makes a folder; one that exists is fine.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn make_dir(&self, path: &Path) -> io::Result<()> {
        self.disk.make_dir(path).map(drop)
    }

    /// Writes a new file that has no name in the ledger yet, in the folder `beside` or, where the platform can't, in
    /// `tmp`.
    ///
    /// # Errors
    /// Failed machinery; nothing is left behind but litter in `tmp`.
    pub fn stage(&self, beside: &Path, tmp: &Path, bytes: &[u8], mode: u32) -> io::Result<Staged> {
        if let Some(mut file) = self.disk.create_unnamed(beside, mode)? {
            write_all(file.as_mut(), bytes)?;
            return Ok(Staged { file, named: None });
        }
        let (mut file, temporary) = self.temporary(tmp, mode)?;
        write_all(file.as_mut(), bytes)?;
        Ok(Staged { file, named: Some(temporary) })
    }

    /// Writes a new file under its name at once, without syncing.
    ///
    /// # Errors
    /// Failed machinery; the file may be there, with a part of the bytes.
    pub fn write_new(&self, path: &Path, bytes: &[u8], mode: u32) -> io::Result<Named> {
        match self.disk.create(path, mode)? {
            Some(mut file) => write_all(file.as_mut(), bytes).map(|()| Named::Done),
            None => Ok(Named::Exists),
        }
    }

    /// Replaces a file as a whole: a temporary file, then a rename.
    ///
    /// # Errors
    /// Failed machinery. The file is as it was or new.
    pub fn replace(&self, path: &Path, tmp: &Path, bytes: &[u8], durability: Durability) -> io::Result<()> {
        self.replace_with(path, tmp, durability, &mut |file| file.write_all(bytes))
    }

    /// Writes a file that is to take another one's place, under a name of its own in `tmp`.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn write_aside(&self, tmp: &Path, bytes: &[u8], mode: u32) -> io::Result<Aside> {
        let (mut file, temporary) = self.temporary(tmp, mode)?;
        write_all(file.as_mut(), bytes)?;
        Ok(Aside(temporary))
    }

    /// Makes the bytes of such files durable. A power cut may keep a new name and lose what was written under it: only
    /// what was synced before may take a place.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn sync_aside<'a>(&self, written: impl Iterator<Item = &'a Aside> + Clone) -> io::Result<()> {
        let files = || written.clone().filter_map(|aside| aside.0.path.clone()).collect();
        self.sync_all(&|| Touched { files: files(), folders: Vec::new() }).map(drop)
    }

    /// Replaces a file as a whole with what `write` writes.
    ///
    /// # Errors
    /// Failed machinery, or `write`. The file is as it was or new.
    pub fn replace_with(&self, path: &Path, tmp: &Path, durability: Durability, write: Writing<'_>) -> io::Result<()> {
        const HELD: usize = 1 << 18;
        let (mut file, temporary) = self.temporary(tmp, 0o644)?;
        let mut out = BufWriter::with_capacity(HELD, Out(file.as_mut()));
        // What could not be written is not tried once more while the writer goes away.
        if let Err(error) = write(&mut out).and_then(|()| out.flush()) {
            drop(out.into_parts());
            return Err(error);
        }
        drop(out);
        if durability == Durability::Durable {
            file.sync()?;
        }
        temporary.rename(path)?;
        if durability == Durability::Durable {
            self.disk.sync_dir(path.parent().unwrap_or(path))?;
        }
        Ok(())
    }

    /// Overwrites a small disposable text in place, whose reader copes with anything, blanks after the text among it.
    /// Cheaper than a replacement: what was a little longer is filled up with blanks, since giving a file another length
    /// costs more than writing it.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn scribble(&self, path: &Path, text: &str) -> io::Result<()> {
        const FILLED_MAX: usize = 32;
        let Some(mut file) = self.disk.open(path, Access::Overwrite, Create::Yes)? else { return Ok(()) };
        let size = usize::try_from(file.facts()?.size).unwrap_or(usize::MAX);
        if size > text.len() + FILLED_MAX {
            write_all(file.as_mut(), text.as_bytes())?;
            return file.set_len(text.len() as u64);
        }
        write_all(file.as_mut(), format!("{text:size$}").as_bytes())
    }

    /// Opens a log for appending. `None` if it is not there and is not to be created.
    ///
    /// # Errors
    /// Failed machinery, or what is there is no plain file.
    pub fn open_log(&self, path: &Path, create: Create) -> io::Result<Option<LogFile>> {
        Ok(self.disk.open(path, Access::Append, create)?.map(|file| LogFile { file }))
    }

    /// Writes the bytes of a file over themselves and makes them durable. After a failed sync the kernel takes them for
    /// clean, and a later sync would not write them (fsync(2); Rebello et al., ATC 2020). One that is not there is fine.
    ///
    /// # Errors
    /// Failed machinery, or a file of more than `max` bytes.
    pub fn write_again(&self, path: &Path, max: u64) -> io::Result<()> {
        let Some(mut file) = self.disk.open(path, Access::Overwrite, Create::No)? else { return Ok(()) };
        let bytes = file.read(max)?;
        if bytes.len() as u64 > max {
            return Err(invalid(format!("it has more than {max} bytes")));
        }
        file.rewind()?;
        write_all(file.as_mut(), &bytes)?;
        file.sync()
    }

    /// Removes a file; one that is not there is fine.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn remove(&self, path: &Path) -> io::Result<()> {
        match self.disk.remove(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Makes the names in a folder durable.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn sync_dir(&self, path: &Path) -> io::Result<()> {
        self.disk.sync_dir(path)
    }

    /// Makes everything durable that was written so far: the files and folders of `touched` at least, which is asked
    /// only where they must be synced one by one. Answers with the number of calls that it took.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn sync_all(&self, touched: &dyn Fn() -> Touched) -> io::Result<u64> {
        if self.disk.sync_file_system()? {
            return Ok(1);
        }
        let Touched { files, folders } = touched();
        for file in &files {
            self.disk.sync_file(file)?;
        }
        for folder in &folders {
            self.disk.sync_dir(folder)?;
        }
        Ok((files.len() + folders.len()) as u64)
    }

    /// Opens a file that is only locked.
    ///
    /// # Errors
    /// Failed machinery, or what is there is no plain file.
    pub fn open_lock(&self, path: &Path) -> io::Result<File> {
        self.disk.open_lock(path)
    }

    /// Reads a plain file, at most `max` bytes; `None` if it is not there.
    ///
    /// # Errors
    /// Also for links, folders, devices and anything larger.
    pub fn read(&self, path: &Path, max: u64) -> io::Result<Option<(Vec<u8>, Facts)>> {
        let Some((mut file, facts)) = self.open_to_read(path)? else { return Ok(None) };
        if facts.size > max {
            return Err(invalid(format!("it has {} bytes; the most is {max}", facts.size)));
        }
        let bytes = read_bounded(&mut file, facts.size, max)?;
        if bytes.len() as u64 > max {
            return Err(invalid(format!("it has more than {max} bytes")));
        }
        Ok(Some((bytes, facts)))
    }

    /// Reads a part of a plain file; `None` if it is not there or ends before `to`.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn read_part(&self, path: &Path, from: u64, to: u64) -> io::Result<Option<Vec<u8>>> {
        let Some((mut file, facts)) = self.open_to_read(path)? else { return Ok(None) };
        if facts.size < to {
            return Ok(None);
        }
        io::Seek::seek(&mut file, io::SeekFrom::Start(from))?;
        let mut bytes = Vec::new();
        file.take(to.saturating_sub(from)).read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    /// The lines of a plain file, with their newlines, in which `wanted` stands; none if the file is not there. Reads it
    /// piece by piece: the file may be large and is looked through once.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn lines_with(&self, path: &Path, wanted: &[u8], max: u64) -> io::Result<Vec<String>> {
        const PIECE: usize = 64 * 1024;
        let Some((mut file, facts)) = self.open_to_read(path)? else { return Ok(Vec::new()) };
        if facts.size > max {
            return Err(invalid(format!("it has more than {max} bytes")));
        }
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

    /// What tells a file's content apart; `None` if it is not there. Links are not followed.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn facts(&self, path: &Path) -> io::Result<Option<Facts>> {
        Ok(self.anchor.look(path)?.map(|look| look.facts))
    }

    /// The folder beneath which they are.
    pub(super) fn anchor(&self) -> &Anchor {
        &self.anchor
    }

    /// What a name stands for; `None` if it is free. Links are not followed.
    pub(super) fn look(&self, path: &Path) -> io::Result<Option<Look>> {
        self.anchor.look(path)
    }

    /// Refuses a folder that is a link or no folder; `false` if it is not there.
    ///
    /// # Errors
    /// Says what it is instead.
    pub fn check_folder(&self, path: &Path) -> io::Result<bool> {
        is_folder(self.anchor.look(path)?)
    }

    /// Whether a name stands for a folder, and not for a link to one.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn is_folder(&self, path: &Path) -> io::Result<bool> {
        Ok(self.anchor.look(path)?.is_some_and(|look| look.kind == Kind::Folder))
    }

    /// What the ledger stands on; `None` where that can't be told.
    #[must_use]
    pub fn ground(&self) -> Option<native::Ground> {
        self.anchor.ground()
    }

    /// Whether names can be made in a folder.
    ///
    /// # Errors
    /// Says why not.
    pub fn may_write(&self, folder: &Path) -> io::Result<()> {
        self.anchor.may_write(folder)
    }

    /// The names in a folder, in no order; none where it is missing.
    ///
    /// # Errors
    /// Failed machinery, or a folder that is a link.
    pub fn names(&self, folder: &Path) -> io::Result<Vec<std::ffi::OsString>> {
        self.names_as(folder, |name| Some(name.to_owned()))
    }

    /// What is kept of each name in a folder, in no order; none where it is missing.
    ///
    /// # Errors
    /// Failed machinery, or a folder that is a link.
    pub fn names_as<T>(&self, folder: &Path, keep: impl Fn(&OsStr) -> Option<T>) -> io::Result<Vec<T>> {
        match self.anchor.names_as(folder, keep) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            other => other,
        }
    }

    /// Opens a folder, for looking at many of its files.
    ///
    /// # Errors
    /// Failed machinery, or a folder that is a link.
    pub fn folder(&self, path: &Path) -> io::Result<Folder> {
        Folder::open(self, path)
    }

    /// Opens a plain file for reading; `None` if it is not there.
    ///
    /// # Errors
    /// Also for links, folders and devices.
    pub fn open_to_read(&self, path: &Path) -> io::Result<Option<(File, Facts)>> {
        match open_plain(&self.anchor, path, Purpose::Read) {
            Ok(opened) => Ok(Some(opened)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// A new file under a name that no other process and no other call takes.
    fn temporary(&self, tmp: &Path, mode: u32) -> io::Result<(Box<dyn DiskFile>, Temporary)> {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let serial = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = tmp.join(format!("{}-{serial}-{:x}.tmp", std::process::id(), now_ns()));
        let file = self.disk.create(&path, mode)?;
        let file = file.ok_or_else(|| io::Error::from(io::ErrorKind::AlreadyExists))?;
        Ok((file, Temporary { path: Some(path), disk: Arc::clone(&self.disk) }))
    }
}

/// A file under a temporary name, removed when it is no longer needed.
#[derive(Debug)]
struct Temporary {
    path: Option<PathBuf>,
    disk: Arc<dyn Disk>,
}

impl Temporary {
    fn rename(mut self, to: &Path) -> io::Result<()> {
        let Some(path) = self.path.take() else { return Ok(()) };
        let renamed = self.disk.rename(&path, to);
        if renamed.is_err() {
            self.path = Some(path);
        }
        renamed
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        // Left behind, it is only litter in a disposable folder.
        let _ = self.path.take().map(|path| self.disk.remove(&path));
    }
}

/// A file that is to take another one's place; removed if it does not come to that.
#[derive(Debug)]
pub struct Aside(Temporary);

impl Aside {
    /// Puts it in place of a file, or where none was. It lasts once the folder was synced.
    ///
    /// # Errors
    /// Failed machinery. The file is as it was or new.
    pub fn put(self, path: &Path) -> io::Result<()> {
        self.0.rename(path)
    }
}

/// A file without a name in the ledger.
pub struct Staged {
    file: Box<dyn DiskFile>,
    named: Option<Temporary>,
}

impl Staged {
    /// Makes its bytes durable.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    /// Gives it its name, unless that is taken.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn link(&mut self, to: &Path) -> io::Result<Named> {
        match &self.named {
            None => self.file.link(to),
            Some(Temporary { path: Some(path), disk }) => disk.link(path, to),
            Some(Temporary { path: None, .. }) => Err(io::Error::from(io::ErrorKind::NotFound)),
        }
    }
}

/// A log that is open for appending.
pub struct LogFile {
    file: Box<dyn DiskFile>,
}

impl LogFile {
    /// Reads it from its beginning, at most `max` bytes and one more.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn read(&mut self, max: u64) -> io::Result<Vec<u8>> {
        self.file.read(max)
    }

    /// Appends bytes in one call; fewer than all is an error.
    ///
    /// # Errors
    /// Failed machinery; a part of the bytes may be there.
    pub fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = write_some(self.file.as_mut(), bytes)?;
        if written < bytes.len() {
            return Err(io::Error::new(io::ErrorKind::WriteZero, format!("only {written} of {} bytes", bytes.len())));
        }
        Ok(())
    }

    /// Cuts it to a length.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn truncate(&mut self, len: u64) -> io::Result<()> {
        self.file.set_len(len)
    }

    /// Makes its bytes and its size durable.
    ///
    /// # Errors
    /// Failed machinery. What was written before is not durable then, and no later sync makes it so.
    pub fn sync(&mut self) -> io::Result<()> {
        self.file.sync()
    }

    /// What tells its content apart.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn facts(&mut self) -> io::Result<Facts> {
        self.file.facts()
    }
}

/// Refuses what is no folder; `false` if nothing is there.
pub(super) fn is_folder(look: Option<Look>) -> io::Result<bool> {
    match look.map(|look| look.kind) {
        Some(Kind::Folder) => Ok(true),
        Some(Kind::Link) => Err(invalid("it is a symbolic link; links are not followed here")),
        Some(Kind::File | Kind::Other) => Err(invalid("it is not a folder")),
        None => Ok(false),
    }
}

/// One write. Interrupted before it took a byte, it did not happen (write(2)).
fn write_some(file: &mut dyn DiskFile, bytes: &[u8]) -> io::Result<usize> {
    for _ in 0..INTERRUPTED_MAX {
        match file.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            other => return other,
        }
    }
    Err(io::Error::from(io::ErrorKind::Interrupted))
}

/// A file as a place to write to.
struct Out<'a>(&'a mut dyn DiskFile);

impl Write for Out<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        write_some(self.0, bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn write_all(file: &mut dyn DiskFile, bytes: &[u8]) -> io::Result<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        match write_some(file, rest)? {
            0 => return Err(io::Error::from(io::ErrorKind::WriteZero)),
            written => rest = rest.get(written..).unwrap_or_default(),
        }
    }
    Ok(())
}

/// Now, in nanoseconds since 1970, on the clock that stamps files.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "ages of files are measured on the clock that stamps them")]
pub fn now_ns() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX))
}
