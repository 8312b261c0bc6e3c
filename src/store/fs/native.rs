//! The system calls of [`super::disk`] that only Linux has; elsewhere each says that it can't be had.

#[cfg(not(target_os = "linux"))]
pub(super) use elsewhere::*;
#[cfg(target_os = "linux")]
pub(super) use linux::*;

/// What Linux has beyond the common calls.
#[cfg(target_os = "linux")]
mod linux {
    use std::fs::{File, OpenOptions};
    use std::io;
    use std::os::fd::AsRawFd;
    use std::os::unix::fs::OpenOptionsExt;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Mode, OFlags};
    use rustix::io::Errno;

    use crate::store::fs::disk::{Facts, Named};

    /// A file without a name; `None` where the file system has none (`O_TMPFILE`, open(2)).
    pub(in crate::store::fs) fn unnamed_file(folder: &Path, mode: u32) -> io::Result<Option<File>> {
        let flags = OFlags::TMPFILE | OFlags::WRONLY | OFlags::CLOEXEC;
        match rustix::fs::open(folder, flags, Mode::from_raw_mode(mode)) {
            Ok(file) => Ok(Some(File::from(file))),
            Err(Errno::OPNOTSUPP | Errno::ISDIR | Errno::INVAL) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Names a file that has none. By way of /proc, since linking a bare descriptor needs a privilege.
    pub(in crate::store::fs) fn link_unnamed(file: &File, to: &Path) -> io::Result<Named> {
        let from = format!("/proc/self/fd/{}", file.as_raw_fd());
        match rustix::fs::linkat(CWD, from, CWD, to, AtFlags::SYMLINK_FOLLOW) {
            Ok(()) => Ok(Named::Done),
            Err(Errno::EXIST) => Ok(Named::Exists),
            Err(error) => Err(error.into()),
        }
    }

    /// Syncs the whole file system; reports write errors since Linux 5.8 (syncfs(2)).
    pub(in crate::store::fs) fn sync_file_system(root: &Path) -> io::Result<bool> {
        let folder = File::open(root)?;
        match rustix::fs::syncfs(&folder) {
            Ok(()) => Ok(true),
            Err(Errno::NOSYS | Errno::OPNOTSUPP) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What tells the content of a file in a folder apart, without following links.
    pub(in crate::store::fs) fn facts_in(folder: &File, name: &str) -> io::Result<Option<Facts>> {
        let stat = match rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW) {
            Ok(stat) => stat,
            Err(Errno::NOENT) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let ns = stat.st_mtime.saturating_mul(1_000_000_000).saturating_add_unsigned(stat.st_mtime_nsec);
        Ok(Some(Facts {
            inode: stat.st_ino,
            size: u64::try_from(stat.st_size).unwrap_or(0),
            modified_ns: u64::try_from(ns).unwrap_or(0),
        }))
    }

    pub(in crate::store::fs) fn do_not_follow(options: &mut OpenOptions) {
        let flags = OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY;
        options.custom_flags(i32::try_from(flags.bits()).unwrap_or(0));
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::fs::File;
    use std::io;
    use std::path::Path;

    use crate::store::fs::disk::Named;

    pub(in crate::store::fs) fn unnamed_file(_: &Path, _: u32) -> io::Result<Option<File>> {
        Ok(None)
    }

    pub(in crate::store::fs) fn link_unnamed(_: &File, _: &Path) -> io::Result<Named> {
        Err(io::Error::from(io::ErrorKind::Unsupported))
    }

    pub(in crate::store::fs) fn sync_file_system(_: &Path) -> io::Result<bool> {
        Ok(false)
    }
}
