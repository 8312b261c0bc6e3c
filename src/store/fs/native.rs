//! Where the file system is touched, beneath one folder: no name leads out of it, and no link on the way is followed.
//!
//! On Linux the kernel sees to that (`openat2` with `RESOLVE_BENEATH` and `RESOLVE_NO_SYMLINKS`, openat2(2)); where it
//! can't, each folder on the way is opened from the one above it, without following a link. Elsewhere each step is
//! looked at before the whole is opened.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::*;
#[cfg(target_os = "linux")]
pub(super) use linux::*;

/// How names are followed, and which calls are used.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Way {
    /// With the system calls that this platform has beyond the common ones.
    #[default]
    Native,
    /// With what every kernel of it has.
    Portable,
}

/// What a file is opened for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// Reading.
    Read,
    /// Reading, and appending at its end.
    Append(Create),
    /// Reading, and overwriting from its beginning.
    Overwrite(Create),
    /// Writing a new file with this mode, under a name that must be free.
    New(u32),
}

/// Whether to create a file that is not there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Create {
    /// Create it.
    Yes,
    /// Leave it.
    No,
}

/// What a name stands for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    File,
    Folder,
    Link,
    Other,
}

/// What a look at a name tells, without following a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    pub(super) kind: Kind,
    /// Whether the file has other names too, where that is known.
    pub(super) has_other_names: bool,
    pub(super) facts: Facts,
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

/// What a folder stands on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Ground {
    /// What its file system is called.
    pub name: String,
    /// Whether others may have it mounted too.
    pub is_remote: bool,
    /// Whether it is kept in memory alone.
    pub is_memory: bool,
    /// Whether nothing can be written to it.
    pub is_read_only: bool,
    /// How many bytes whoever runs this may still write.
    pub free_bytes: u64,
}

/// Something that is not what it should be: a link, a pipe, a file of two names.
pub(super) fn invalid(what: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.into())
}

const IS_LINK: &str = "it is a symbolic link, or a folder on the way to it is one; links are not followed here";
const NOT_PLAIN: &str = "it is not a plain file";

/// The way from a folder to a path below it, without detours.
fn below<'a>(root: &Path, path: &'a Path) -> io::Result<&'a Path> {
    let rest = path.strip_prefix(root).ok();
    let rest = rest.filter(|rest| rest.components().all(|part| matches!(part, Component::Normal(_))));
    rest.ok_or_else(|| invalid(format!("it is not below {}", root.display())))
}

/// The folder above a path, and the path's own name in it.
fn split(rest: &Path) -> io::Result<(&Path, &Path)> {
    match (rest.parent(), rest.file_name()) {
        (Some(folder), Some(name)) => Ok((folder, Path::new(name))),
        (_, _) => Err(invalid("it is the ledger's own folder")),
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
    use std::os::unix::ffi::OsStringExt;
    use std::sync::atomic::{AtomicBool, Ordering};

    use rustix::fs::{AtFlags, CWD, Dir, FileType, Mode, OFlags, ResolveFlags, Stat};
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
            self.descriptor(below(&self.root, path)?, flags, mode).map(File::from).map_err(told)
        }

        /// A file without a name; `None` where the file system has none (`O_TMPFILE`, open(2)).
        pub(in crate::store::fs) fn unnamed(&self, folder: &Path, mode: u32) -> io::Result<Option<File>> {
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
        pub(in crate::store::fs) fn names(&self, path: &Path) -> io::Result<Vec<std::ffi::OsString>> {
            let mut names = Vec::new();
            for entry in Dir::read_from(self.folder(path)?)? {
                let name = entry?.file_name().to_bytes().to_vec();
                if name != b"." && name != b".." {
                    names.push(std::ffi::OsString::from_vec(name));
                }
            }
            Ok(names)
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
            let from = format!("/proc/self/fd/{}", file.as_raw_fd());
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

    pub(in crate::store::fs) fn look_at(file: &File) -> io::Result<Look> {
        Ok(look_of(&rustix::fs::fstat(file)?))
    }

    /// Makes a file's bytes and its size durable. Not tried again when interrupted: whether an error was told to the
    /// interrupted call can't be known.
    pub(in crate::store::fs) fn sync_file(file: &File) -> io::Result<()> {
        Ok(rustix::fs::fdatasync(file)?)
    }

    pub(in crate::store::fs) fn sync_folder(folder: &File) -> io::Result<()> {
        Ok(rustix::fs::fsync(folder)?)
    }

    fn look_of(stat: &Stat) -> Look {
        let ns = stat.st_mtime.saturating_mul(1_000_000_000).saturating_add_unsigned(stat.st_mtime_nsec);
        let kind = match FileType::from_raw_mode(stat.st_mode) {
            FileType::RegularFile => Kind::File,
            FileType::Directory => Kind::Folder,
            FileType::Symlink => Kind::Link,
            FileType::Fifo
            | FileType::Socket
            | FileType::CharacterDevice
            | FileType::BlockDevice
            | FileType::Unknown => Kind::Other,
        };
        let facts = Facts {
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified_ns: u64::try_from(ns).unwrap_or(0),
        };
        Look { kind, has_other_names: stat.st_nlink > 1, facts }
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
            Errno::LOOP => invalid(IS_LINK),
            Errno::XDEV => invalid("it leads out of the ledger's folder"),
            Errno::NOTDIR => invalid("a folder on the way to it is none"),
            Errno::ISDIR | Errno::NXIO => invalid(NOT_PLAIN),
            other => other.into(),
        }
    }
}

#[cfg(not(target_os = "linux"))]
#[expect(clippy::disallowed_methods, reason = "this is the one place that writes files")]
mod elsewhere {
    use std::fs::OpenOptions;

    use super::*;

    /// A folder; everything is looked at on the way from it.
    #[derive(Debug)]
    pub(in crate::store::fs) struct Anchor {
        root: PathBuf,
    }

    impl Anchor {
        pub(in crate::store::fs) fn at(root: &Path, _: Way) -> io::Result<Self> {
            std::fs::metadata(if root.as_os_str().is_empty() { Path::new(".") } else { root })?;
            Ok(Self { root: root.to_owned() })
        }

        pub(in crate::store::fs) fn open(&self, path: &Path, purpose: Purpose) -> io::Result<File> {
            self.check(path)?;
            if let Some(look) = self.look(path)?
                && look.kind != Kind::File
            {
                return Err(invalid(if look.kind == Kind::Link { IS_LINK } else { NOT_PLAIN }));
            }
            let mut options = OpenOptions::new();
            match purpose {
                Purpose::Read => options.read(true),
                Purpose::Append(create) => options.read(true).append(true).create(create == Create::Yes),
                Purpose::Overwrite(create) => {
                    options.read(true).write(true).truncate(false).create(create == Create::Yes)
                }
                Purpose::New(_) => options.write(true).create_new(true),
            };
            options.open(path)
        }

        pub(in crate::store::fs) fn unnamed(&self, _: &Path, _: u32) -> io::Result<Option<File>> {
            Ok(None)
        }

        pub(in crate::store::fs) fn folder(&self, path: &Path) -> io::Result<File> {
            self.check(path)?;
            File::open(path)
        }

        pub(in crate::store::fs) fn look(&self, path: &Path) -> io::Result<Option<Look>> {
            match std::fs::symlink_metadata(path) {
                Ok(metadata) => Ok(Some(look_of(&metadata))),
                Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
                Err(error) => Err(error),
            }
        }

        pub(in crate::store::fs) fn names(&self, path: &Path) -> io::Result<Vec<std::ffi::OsString>> {
            self.check(path)?;
            std::fs::read_dir(path)?.map(|entry| entry.map(|entry| entry.file_name())).collect()
        }

        pub(in crate::store::fs) fn make_dir(&self, path: &Path) -> io::Result<bool> {
            self.check(path)?;
            is_new(std::fs::create_dir(path))
        }

        pub(in crate::store::fs) fn link(&self, from: &Path, to: &Path) -> io::Result<bool> {
            self.check(to)?;
            is_new(std::fs::hard_link(from, to))
        }

        pub(in crate::store::fs) fn link_unnamed(&self, _: &File, _: &Path) -> io::Result<bool> {
            Err(io::Error::from(io::ErrorKind::Unsupported))
        }

        pub(in crate::store::fs) fn rename(&self, from: &Path, to: &Path) -> io::Result<()> {
            self.check(to)?;
            std::fs::rename(from, to)
        }

        pub(in crate::store::fs) fn remove(&self, path: &Path) -> io::Result<()> {
            self.check(path)?;
            std::fs::remove_file(path)
        }

        pub(in crate::store::fs) fn sync_file_system(&self) -> io::Result<bool> {
            Ok(false)
        }

        pub(in crate::store::fs) fn ground(&self) -> Option<Ground> {
            None
        }

        pub(in crate::store::fs) fn may_write(&self, folder: &Path) -> io::Result<()> {
            match std::fs::metadata(folder)?.permissions().readonly() {
                true => Err(io::Error::from(io::ErrorKind::PermissionDenied)),
                false => Ok(()),
            }
        }

        /// Refuses a way on which a folder is a link.
        fn check(&self, path: &Path) -> io::Result<()> {
            let mut at = self.root.clone();
            for part in below(&self.root, path)?.parent().unwrap_or(Path::new("")).components() {
                at.push(part);
                match self.look(&at)?.map(|look| look.kind) {
                    Some(Kind::Link) => return Err(invalid(IS_LINK)),
                    Some(Kind::Folder) | None => {}
                    Some(Kind::File | Kind::Other) => return Err(invalid("a folder on the way to it is none")),
                }
            }
            Ok(())
        }
    }

    pub(in crate::store::fs) fn look_at(file: &File) -> io::Result<Look> {
        Ok(look_of(&file.metadata()?))
    }

    pub(in crate::store::fs) fn sync_file(file: &File) -> io::Result<()> {
        file.sync_data()
    }

    pub(in crate::store::fs) fn sync_folder(folder: &File) -> io::Result<()> {
        // Windows has no sync for folders; its file systems journal names.
        if cfg!(windows) { Ok(()) } else { folder.sync_all() }
    }

    fn is_new(done: io::Result<()>) -> io::Result<bool> {
        match done {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn look_of(metadata: &std::fs::Metadata) -> Look {
        let kind = match metadata.file_type() {
            kind if kind.is_symlink() => Kind::Link,
            kind if kind.is_dir() => Kind::Folder,
            kind if kind.is_file() => Kind::File,
            _ => Kind::Other,
        };
        let since = metadata.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        let modified_ns = since.map_or(0, |since| u64::try_from(since.as_nanos()).unwrap_or(u64::MAX));
        #[cfg(unix)]
        let (inode, has_other_names) = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ino(), metadata.nlink() > 1)
        };
        #[cfg(not(unix))]
        let (inode, has_other_names) = (0, false);
        Look { kind, has_other_names, facts: Facts { inode, size: metadata.len(), modified_ns } }
    }
}
