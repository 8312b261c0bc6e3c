//! By paths, each step of which is looked at before.

#![expect(clippy::disallowed_methods, reason = "this is the one place that writes files")]

use std::ffi::OsStr;
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
            Purpose::Overwrite(create) => options.read(true).write(true).truncate(false).create(create == Create::Yes),
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

    pub(in crate::store::fs) fn names_as<T>(
        &self,
        path: &Path,
        keep: impl Fn(&OsStr) -> Option<T>,
    ) -> io::Result<Vec<T>> {
        self.check(path)?;
        std::fs::read_dir(path)?.filter_map(|entry| entry.map(|entry| keep(&entry.file_name())).transpose()).collect()
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
                Some(Kind::Link) => return Err(invalid(OVER_LINK)),
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
    let (inode, has_other_names, is_open_to_all, changed_ns) = {
        use std::os::unix::fs::MetadataExt;
        let ns = metadata.ctime().saturating_mul(1_000_000_000).saturating_add(metadata.ctime_nsec());
        let is_open_to_all = metadata.mode() & OPEN_TO_ALL != 0;
        (metadata.ino(), metadata.nlink() > 1, is_open_to_all, u64::try_from(ns).unwrap_or(0))
    };
    #[cfg(not(unix))]
    let (inode, has_other_names, is_open_to_all, changed_ns) = (0, false, false, 0);
    let facts = Facts { inode, size: metadata.len(), modified_ns };
    Look { kind, has_other_names, is_open_to_all, changed_ns, facts }
}
