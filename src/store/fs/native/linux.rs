//! By the descriptors of folders, with `openat2` where the kernel has it.

use std::ffi::OsStr;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicBool, Ordering};

use rustix::fs::{Access, AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
use rustix::io::{Errno, retry_on_intr};

use super::*;

/// A folder that is held open; everything is reached from it.
#[derive(Debug)]
pub(in crate::store::fs) struct Anchor {
    root: PathBuf,
    folder: OwnedFd,
    by_steps: AtomicBool,
}

/// A folder on the way: the anchor itself, or one that was opened for this.
enum Above<'a> {
    Anchor(BorrowedFd<'a>),
    Opened(OwnedFd),
}

impl AsFd for Above<'_> {
    fn as_fd(&self) -> BorrowedFd<'_> {
        match self {
            Self::Anchor(folder) => *folder,
            Self::Opened(folder) => folder.as_fd(),
        }
    }
}

impl Anchor {
    pub(in crate::store::fs) fn at(root: &Path, way: Way) -> io::Result<Self> {
        let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
        // An empty path is the current folder.
        let named = if root.as_os_str().is_empty() { Path::new(".") } else { root };
        let folder = retry_on_intr(|| rustix::fs::open(named, flags, Mode::empty()))?;
        Ok(Self { root: root.to_owned(), folder, by_steps: AtomicBool::new(way == Way::Portable) })
    }

    pub(in crate::store::fs) fn open(&self, path: &Path, purpose: Purpose) -> io::Result<File> {
        let (flags, mode) = match purpose {
            Purpose::Read => (OFlags::RDONLY, 0),
            Purpose::Append(Create::No) => (OFlags::RDWR | OFlags::APPEND, 0),
            Purpose::Append(Create::Yes) => (OFlags::RDWR | OFlags::APPEND | OFlags::CREATE, 0o666),
            Purpose::Overwrite(Create::No) => (OFlags::RDWR, 0),
            Purpose::Overwrite(Create::Yes) => (OFlags::RDWR | OFlags::CREATE, 0o666),
            Purpose::New(mode) => (OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL, mode),
        };
        // A pipe or a device must not block or act.
        let flags = flags | OFlags::NONBLOCK | OFlags::NOCTTY;
        match self.descriptor(below(&self.root, path)?, flags, mode) {
            Ok(file) => Ok(File::from(file)),
            Err(Errno::LOOP) if self.look(path)?.is_some_and(|look| look.kind == Kind::Link) => Err(invalid(IS_LINK)),
            Err(error) => Err(told(error)),
        }
    }

    /// A file without a name; `None` where the file system has none (`O_TMPFILE`, open(2)).
    pub(in crate::store::fs) fn unnamed(&self, folder: &Path, mode: u32) -> io::Result<Option<File>> {
        // It gets its name by way of /proc, which a bare root folder may not have.
        if !*HAS_PROC {
            return Ok(None);
        }
        match self.descriptor(below(&self.root, folder)?, OFlags::TMPFILE | OFlags::WRONLY, mode) {
            Ok(file) => Ok(Some(File::from(file))),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    /// A folder, for syncing it or for looking at many of its files.
    pub(in crate::store::fs) fn folder(&self, path: &Path) -> io::Result<File> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY;
        self.descriptor(below(&self.root, path)?, flags, 0).map(File::from).map_err(told)
    }

    pub(in crate::store::fs) fn look(&self, path: &Path) -> io::Result<Option<Look>> {
        let rest = below(&self.root, path)?;
        let (folder, name) = split(rest)?;
        let stat = self
            .above(folder)
            .and_then(|above| retry_on_intr(|| rustix::fs::statat(&above, name, AtFlags::SYMLINK_NOFOLLOW)));
        match stat {
            Ok(stat) => Ok(Some(look_of(&stat))),
            Err(Errno::NOENT) => Ok(None),
            Err(error) => Err(told(error)),
        }
    }

    /// The names in a folder, in no order.
    pub(in crate::store::fs) fn names_as<T>(
        &self,
        path: &Path,
        keep: impl Fn(&OsStr) -> Option<T>,
    ) -> io::Result<Vec<T>> {
        let mut kept = Vec::new();
        for entry in Dir::new(self.folder(path)?)? {
            let entry = entry?;
            let name = entry.file_name().to_bytes();
            if name != b"." && name != b".." {
                kept.extend(keep(OsStr::from_bytes(name)));
            }
        }
        Ok(kept)
    }

    /// `false` if the name is taken.
    pub(in crate::store::fs) fn make_dir(&self, path: &Path) -> io::Result<bool> {
        let (folder, name) = split(below(&self.root, path)?)?;
        let above = self.above(folder).map_err(told)?;
        is_new(retry_on_intr(|| rustix::fs::mkdirat(&above, name, Mode::from_raw_mode(0o777))))
    }

    /// Gives a file another name; `false` if that is taken.
    pub(in crate::store::fs) fn link(&self, from: &Path, to: &Path) -> io::Result<bool> {
        let (from, to) = (split(below(&self.root, from)?)?, split(below(&self.root, to)?)?);
        let above = (self.above(from.0).map_err(told)?, self.above(to.0).map_err(told)?);
        is_new(rustix::fs::linkat(&above.0, from.1, &above.1, to.1, AtFlags::empty()))
    }

    /// Names a file that has no name; `false` if the name is taken. By way of /proc, since linking a bare
    /// descriptor needs a privilege.
    pub(in crate::store::fs) fn link_unnamed(&self, file: &File, to: &Path) -> io::Result<bool> {
        let from = format!("{OPEN_FILES}/{}", file.as_raw_fd());
        let (folder, name) = split(below(&self.root, to)?)?;
        let above = self.above(folder).map_err(told)?;
        is_new(rustix::fs::linkat(CWD, from, &above, name, AtFlags::SYMLINK_FOLLOW))
    }

    pub(in crate::store::fs) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
        let (from, to) = (split(below(&self.root, from)?)?, split(below(&self.root, to)?)?);
        let above = (self.above(from.0).map_err(told)?, self.above(to.0).map_err(told)?);
        rustix::fs::renameat(&above.0, from.1, &above.1, to.1).map_err(told)
    }

    pub(in crate::store::fs) fn remove(&self, path: &Path) -> io::Result<()> {
        let (folder, name) = split(below(&self.root, path)?)?;
        let above = self.above(folder).map_err(told)?;
        rustix::fs::unlinkat(&above, name, AtFlags::empty()).map_err(told)
    }

    /// Syncs the whole file system; reports write errors since Linux 5.8 (syncfs(2)). `false` where that can't be
    /// had.
    pub(in crate::store::fs) fn sync_file_system(&self) -> io::Result<bool> {
        let folder = self.folder(&self.root)?;
        match rustix::fs::syncfs(&folder) {
            Ok(()) => Ok(true),
            Err(Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
            Err(error) => Err(told(error)),
        }
    }

    /// What the folder stands on; `None` where that can't be told.
    pub(in crate::store::fs) fn ground(&self) -> Option<Ground> {
        // Its width and sign differ between processors.
        let magic = i128::from(rustix::fs::fstatfs(&self.folder).ok()?.f_type) & 0xffff_ffff;
        let room = rustix::fs::fstatvfs(&self.folder).ok()?;
        let (name, standing) = file_system(magic);
        Some(Ground {
            name: name.map_or_else(|| format!("a file system of type {magic:#x}"), str::to_owned),
            is_remote: standing == Standing::Remote,
            is_memory: standing == Standing::Memory,
            is_read_only: room.f_flag.contains(rustix::fs::StatVfsMountFlags::RDONLY),
            free_bytes: room.f_bavail.saturating_mul(room.f_frsize),
        })
    }

    /// Whether names can be made in a folder (access(2)); an error says why not.
    pub(in crate::store::fs) fn may_write(&self, folder: &Path) -> io::Result<()> {
        let above = self.above(below(&self.root, folder)?).map_err(told)?;
        let wanted = rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK;
        rustix::fs::accessat(&above, ".", wanted, AtFlags::EACCESS).map_err(told)
    }

    fn above(&self, folder: &Path) -> Result<Above<'_>, Errno> {
        if folder.as_os_str().is_empty() {
            return Ok(Above::Anchor(self.folder.as_fd()));
        }
        self.descriptor(folder, OFlags::PATH | OFlags::DIRECTORY, 0).map(Above::Opened)
    }

    fn descriptor(&self, rest: &Path, flags: OFlags, mode: u32) -> Result<OwnedFd, Errno> {
        let flags = flags | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mode = Mode::from_raw_mode(mode);
        let rest = if rest.as_os_str().is_empty() { Path::new(".") } else { rest };
        if !self.by_steps.load(Ordering::Relaxed) {
            let beneath = ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
            match retry_on_intr(|| rustix::fs::openat2(&self.folder, rest, flags, mode, beneath)) {
                // Before Linux 5.6, or a container that knows no such call.
                Err(Errno::NOSYS | Errno::PERM) => {}
                other => return other,
            }
            let opened = self.by_steps(rest, flags, mode);
            if opened.is_ok() {
                self.by_steps.store(true, Ordering::Relaxed);
            }
            return opened;
        }
        self.by_steps(rest, flags, mode)
    }

    fn by_steps(&self, rest: &Path, flags: OFlags, mode: Mode) -> Result<OwnedFd, Errno> {
        let way = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
        let mut above: Option<OwnedFd> = None;
        let mut parts = rest.components().peekable();
        while let Some(part) = parts.next() {
            let folder = above.as_ref().map_or(self.folder.as_fd(), OwnedFd::as_fd);
            let (flags, mode) = if parts.peek().is_some() { (way, Mode::empty()) } else { (flags, mode) };
            let opened = retry_on_intr(|| rustix::fs::openat(folder, part.as_os_str(), flags, mode));
            if opened.as_ref().err() == Some(&Errno::NOTDIR) && is_link(folder, part.as_os_str()) {
                return Err(Errno::LOOP);
            }
            above = Some(opened?);
        }
        above.ok_or(Errno::NOENT)
    }
}

#[derive(PartialEq, Eq)]
enum Standing {
    Local,
    Remote,
    Memory,
}

/// What a file system is called, by its number (statfs(2), `linux/magic.h`).
fn file_system(magic: i128) -> (Option<&'static str>, Standing) {
    match magic {
        0xef53 => (Some("ext4"), Standing::Local),
        0x5846_5342 => (Some("xfs"), Standing::Local),
        0x9123_683e => (Some("btrfs"), Standing::Local),
        0x2fc1_2fc1 => (Some("zfs"), Standing::Local),
        0xca45_1a4e => (Some("bcachefs"), Standing::Local),
        0xf2f5_2010 => (Some("f2fs"), Standing::Local),
        0x794c_7630 => (Some("overlayfs"), Standing::Local),
        0x4d44 => (Some("fat"), Standing::Local),
        0x5346_544e | 0x7366_746e => (Some("ntfs"), Standing::Local),
        0x0102_1994 => (Some("tmpfs"), Standing::Memory),
        0x8584_58f6 => (Some("ramfs"), Standing::Memory),
        0x6969 => (Some("NFS"), Standing::Remote),
        0x517b | 0xfe53_4d42 | 0xff53_4d42 => (Some("SMB"), Standing::Remote),
        0x0102_1997 => (Some("9p"), Standing::Remote),
        0x6573_5546 => (Some("FUSE"), Standing::Remote),
        0x00c3_6400 => (Some("Ceph"), Standing::Remote),
        0x0bd0_0bd0 => (Some("Lustre"), Standing::Remote),
        0x5346_414f | 0x6b41_4653 => (Some("AFS"), Standing::Remote),
        0x4750_4653 => (Some("GPFS"), Standing::Remote),
        0x6a65_6a63 => (Some("virtiofs"), Standing::Remote),
        _ => (None, Standing::Local),
    }
}

/// What is held open of a folder, for looking at many of its files.
pub(in crate::store::fs) fn look_in(folder: &File, name: &str) -> io::Result<Option<Look>> {
    match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
        Ok(stat) => Ok(Some(look_of(&stat))),
        Err(Errno::NOENT) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Opens a file for reading in a folder that is held open, by its own name; `None` if it is not there.
pub(in crate::store::fs) fn open_in(folder: &File, name: &str) -> io::Result<Option<File>> {
    // A pipe or a device must not block or act.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    match retry_on_intr(|| rustix::fs::openat(folder, name, flags, Mode::empty())) {
        Ok(file) => Ok(Some(File::from(file))),
        Err(Errno::NOENT) => Ok(None),
        Err(Errno::LOOP) => Err(invalid(IS_LINK)),
        Err(error) => Err(told(error)),
    }
}

/// Reads on in a file, into the room that a buffer has.
pub(in crate::store::fs) fn read_on(file: &File, bytes: &mut Vec<u8>) -> io::Result<usize> {
    Ok(retry_on_intr(|| rustix::io::read(file, rustix::buffer::spare_capacity(bytes)))?)
}

pub(in crate::store::fs) fn look_at(file: &File) -> io::Result<Look> {
    Ok(look_of(&rustix::fs::fstat(file)?))
}

/// Makes a file's bytes and its size durable. Not tried again when interrupted: whether an error was told to the
/// interrupted call can't be known.
pub(in crate::store::fs) fn sync_file(file: &File) -> io::Result<()> {
    Ok(rustix::fs::fdatasync(file)?)
}

#[cfg(not(ledger_no_folder_sync))]
pub(in crate::store::fs) fn sync_folder(folder: &File) -> io::Result<()> {
    Ok(rustix::fs::fsync(folder)?)
}

/// What a test must find losses with (tests/power-cut), lest it finds none because it looks for none.
#[cfg(ledger_no_folder_sync)]
pub(in crate::store::fs) fn sync_folder(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(all(ledger_no_folder_sync, not(debug_assertions)))]
compile_error!("a ledger that does not sync its folders is for a test, and never for a release");

/// Where open files stand by their numbers (proc(5)).
const OPEN_FILES: &str = "/proc/self/fd";

static HAS_PROC: LazyLock<bool> = LazyLock::new(|| rustix::fs::access(OPEN_FILES, Access::EXEC_OK).is_ok());

fn look_of(stat: &Stat) -> Look {
    let ns = |seconds: i64, rest: u64| {
        u64::try_from(seconds.saturating_mul(1_000_000_000).saturating_add_unsigned(rest)).unwrap_or(0)
    };
    let kind = match FileType::from_raw_mode(stat.st_mode) {
        FileType::RegularFile => Kind::File,
        FileType::Directory => Kind::Folder,
        FileType::Symlink => Kind::Link,
        FileType::Fifo | FileType::Socket | FileType::CharacterDevice | FileType::BlockDevice | FileType::Unknown => {
            Kind::Other
        }
    };
    let facts = Facts {
        inode: stat.st_ino,
        size: u64::try_from(stat.st_size).unwrap_or(0),
        modified_ns: ns(stat.st_mtime, stat.st_mtime_nsec),
    };
    let changed_ns = ns(stat.st_ctime, stat.st_ctime_nsec);
    let is_open_to_all = stat.st_mode & OPEN_TO_ALL != 0;
    Look { kind, has_other_names: stat.st_nlink > 1, is_open_to_all, changed_ns, facts }
}

fn is_link(folder: BorrowedFd<'_>, name: &std::ffi::OsStr) -> bool {
    let stat = rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW);
    stat.is_ok_and(|stat| look_of(&stat).kind == Kind::Link)
}

fn is_new(done: Result<(), Errno>) -> io::Result<bool> {
    match done {
        Ok(()) => Ok(true),
        Err(Errno::EXIST) => Ok(false),
        Err(error) => Err(told(error)),
    }
}

/// What can only be found where somebody prepared it is damage, not failed machinery.
fn told(error: Errno) -> io::Error {
    match error {
        Errno::LOOP => invalid(OVER_LINK),
        Errno::XDEV => invalid("it leads out of the ledger's folder"),
        Errno::NOTDIR => invalid("a folder on the way to it is none"),
        Errno::ISDIR | Errno::NXIO => invalid(NOT_PLAIN),
        other => other.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_systems_of_a_network_and_of_memory_are_told_from_others() {
        for (magic, standing) in [
            (0xef53, Standing::Local),
            (0x6969, Standing::Remote),
            (0xfe53_4d42, Standing::Remote),
            (0x6573_5546, Standing::Remote),
            (0x0102_1994, Standing::Memory),
            (0x1234_5678, Standing::Local),
        ] {
            assert!(file_system(magic).1 == standing, "{magic:#x}");
        }
    }
}
