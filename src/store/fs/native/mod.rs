//! Where the file system is touched, beneath one folder: no name leads out of it, and no link on the way is followed.
//!
//! On Linux the kernel sees to that (`openat2` with `RESOLVE_BENEATH` and `RESOLVE_NO_SYMLINKS`, openat2(2)); where it
//! can't, each folder on the way is opened from the one above it, without following a link. Elsewhere each step is
//! looked at before the whole is opened.

use std::fs::File;
use std::io;
use std::path::{Component, Path, PathBuf};

#[cfg(not(target_os = "linux"))]
mod elsewhere;
#[cfg(target_os = "linux")]
mod linux;

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

/// The bit of a mode that lets everybody write (POSIX `S_IWOTH`).
#[cfg(unix)]
const OPEN_TO_ALL: u32 = 0o002;

/// What a look at a name tells, without following a link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Look {
    pub(super) kind: Kind,
    /// Whether the file has other names too, where that is known.
    pub(super) has_other_names: bool,
    /// Whether everybody on this machine may write to it, where that is known.
    pub(super) is_open_to_all: bool,
    /// When anything about it was last changed, in nanoseconds since 1970; 0 where that is not known. Unlike the time of
    /// its content, no program sets this one.
    pub(super) changed_ns: u64,
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

const IS_LINK: &str = "it is a symbolic link; links are not followed here";
const OVER_LINK: &str = "a folder on the way to it is a symbolic link; links are not followed here";
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
