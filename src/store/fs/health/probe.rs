//! Whether writers find what they need: each file that they open, and each folder in which they make one, is looked at
//! and opened as they would open it. Nothing is written, and no lock is taken.

use std::io;
use std::path::{Path, PathBuf};

use super::super::disk::open_plain;
use super::super::journal::JOURNAL_BYTES_MAX;
use super::super::layout::LOCAL_FOLDERS;
use super::super::native::{Create, Kind, Purpose};
use super::super::{CACHE, FsStore, io as told_of};
use crate::domain::id::Stream;
use crate::store::StoreError;
use crate::store::contracts::Contracts;

/// Files below `.local/` without which nothing is written.
const NEEDED: [&str; 3] = [WRITER, "clock", "changes"];
/// Files below `.local/` without which everything works, and takes longer.
const AIDS: [&str; 6] = ["last", "marks", "keys.log", "keys.state", "index.gauge", "sweep"];
const WRITER: &str = "writer";
/// The journal of batches, which is not disposable.
const JOURNAL: &str = "batch.journal";
/// A `writer` has fewer bytes than this.
const WRITER_BYTES_MAX: u64 = 64;

/// Something that writers can't use as it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unfit {
    /// Where it is.
    pub path: PathBuf,
    /// What it is for.
    pub role: Role,
    /// Why it can't be used.
    pub why: Why,
    /// The same in words.
    pub what: String,
}

/// What a file or folder is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// `.local/` or a folder in it.
    LocalFolder,
    /// A lock.
    Lock,
    /// Another file below `.local/` without which nothing is written; made anew once it is gone.
    Needed,
    /// Another file below `.local/` without which everything works, and takes longer; made anew once it is gone.
    Aid,
    /// The journal of batches.
    Journal,
    /// A file that is computed from packets and logs.
    Derived,
    /// A packet, which is never written again.
    Packet,
    /// A log, or a list of leaves.
    Log,
}

/// Why it can't be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Why {
    /// It is a link, or something else that holds no bytes of its own.
    Hollow,
    /// A folder stands where a file should, or a file where a folder should.
    Misplaced,
    /// It has other names too (hard links).
    Shared,
    /// It is larger than it can be.
    Large,
    /// It can't be opened.
    Closed(io::ErrorKind),
}

impl FsStore {
    /// What writers can't use as it is.
    #[must_use]
    pub fn unfit(&self) -> Vec<Unfit> {
        let mut found = self.unfit_local();
        // The index is told by whoever reads it.
        found.extend(self.unfit_records());
        found
    }

    /// What is wrong with the place of the index.
    pub(super) fn unfit_index(&self) -> Option<Unfit> {
        self.unfit_file(self.layout.index(), Role::Derived)
    }

    /// The same below `.local/`: the folders first.
    pub(super) fn unfit_local(&self) -> Vec<Unfit> {
        let mut found: Vec<Unfit> =
            self.layout.local_folders().iter().filter_map(|path| self.unfit_folder(path)).collect();
        let below = |names: &[&str]| names.iter().map(|name| self.layout.in_local(name)).collect::<Vec<_>>();
        found.extend(below(&NEEDED).into_iter().filter_map(|path| self.unfit_file(path, Role::Needed)));
        let aids = below(&AIDS).into_iter().chain(below(&CACHE));
        found.extend(aids.filter_map(|path| self.unfit_file(path, Role::Aid)));
        found.extend(self.unfit_file(self.layout.in_local(JOURNAL), Role::Journal));
        let locks = self.layout.in_local(LOCAL_FOLDERS[0]);
        let mut locks = self.paths_in(&locks).unwrap_or_default();
        locks.sort_unstable();
        found.extend(locks.into_iter().filter_map(|path| self.unfit_file(path, Role::Lock)));
        found
    }

    /// Packets and logs. What is no plain file is told by whoever reads it.
    fn unfit_records(&self) -> Vec<Unfit> {
        let mut found = Vec::new();
        for id in self.all_requests().unwrap_or_default() {
            let packet = self.unfit_file(self.layout.packet(id), Role::Packet);
            let log = self.unfit_file(self.layout.log(id), Role::Log);
            found.extend([packet, log].into_iter().flatten());
        }
        for name in self.contracts().unwrap_or_default() {
            found.extend(self.unfit_file(self.layout.log_of(&Stream::Contract(name)), Role::Log));
        }
        found.retain(|one| !matches!(one.why, Why::Hollow | Why::Misplaced));
        found
    }

    fn unfit_folder(&self, path: &Path) -> Option<Unfit> {
        let unfit = |why, what: String| Some(Unfit { path: path.to_owned(), role: Role::LocalFolder, why, what });
        match self.files.look(path).map(|look| look.map(|look| look.kind)) {
            Ok(None) => None,
            Ok(Some(Kind::Folder)) => {
                let error = self.files.may_write(path).err()?;
                unfit(Why::Closed(error.kind()), error.to_string())
            }
            Ok(Some(Kind::File)) => unfit(Why::Misplaced, "it is not a folder".to_owned()),
            Ok(Some(Kind::Link | Kind::Other)) => unfit(Why::Hollow, "it is not a folder".to_owned()),
            // What is wrong with the folder above it is told of that one.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => None,
            Err(error) => unfit(Why::Closed(error.kind()), error.to_string()),
        }
    }

    fn unfit_file(&self, path: PathBuf, role: Role) -> Option<Unfit> {
        let (why, what) = self.why_unfit(&path, role)?;
        Some(Unfit { path, role, why, what })
    }

    fn why_unfit(&self, path: &Path, role: Role) -> Option<(Why, String)> {
        let look = match self.files.look(path) {
            Ok(look) => look?,
            // What is wrong with the folder above it is told of that one.
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return None,
            Err(error) => return Some((Why::Closed(error.kind()), error.to_string())),
        };
        match look.kind {
            Kind::File => {}
            Kind::Folder => return Some((Why::Misplaced, "it is a folder, and no file".to_owned())),
            Kind::Link => return Some((Why::Hollow, "it is a symbolic link".to_owned())),
            Kind::Other => return Some((Why::Hollow, "it is not a plain file".to_owned())),
        }
        if look.has_other_names && !matches!(role, Role::Journal | Role::Derived) {
            return Some((Why::Shared, "it has other names too (hard links): what changes one changes all".to_owned()));
        }
        if path == self.layout.in_local(WRITER) && look.facts.size > WRITER_BYTES_MAX {
            return Some((Why::Large, format!("it has {} bytes; the most is {WRITER_BYTES_MAX}", look.facts.size)));
        }
        if role == Role::Journal && look.facts.size > JOURNAL_BYTES_MAX {
            return Some((Why::Large, format!("it has {} bytes; the most is {JOURNAL_BYTES_MAX}", look.facts.size)));
        }
        let purpose = match role {
            // What is never written again need not be writable.
            Role::Packet | Role::Derived | Role::Journal => Purpose::Read,
            Role::LocalFolder | Role::Lock | Role::Needed | Role::Aid | Role::Log => Purpose::Overwrite(Create::No),
        };
        let error = open_plain(self.files.anchor(), path, purpose).err()?;
        (error.kind() != io::ErrorKind::NotFound).then(|| (Why::Closed(error.kind()), error.to_string()))
    }

    /// Takes out of the way what is no file or no folder, whoever is at work: nobody can use it. Links and pipes are
    /// removed, for they hold nothing; what may hold something is set aside.
    ///
    /// # Errors
    /// Failed machinery.
    pub(super) fn clear(&self, one: &Unfit) -> Result<super::Mended, StoreError> {
        let path = &one.path;
        match (one.role, one.why) {
            (_, Why::Misplaced) | (Role::Journal, Why::Large) => {
                let aside = self.aside(path)?;
                self.files.disk().rename(path, &aside).map_err(told_of("set aside", path))?;
                Ok(super::Mended::SetAside { path: path.clone(), aside })
            }
            (_, Why::Hollow | Why::Shared | Why::Large | Why::Closed(_)) => {
                self.files.remove(path).map_err(told_of("remove", path))?;
                Ok(super::Mended::Cleared(path.clone()))
            }
        }
    }

    /// A free name in the quarantine for what stands at a path.
    fn aside(&self, path: &Path) -> Result<PathBuf, StoreError> {
        let quarantine = self.layout.in_local(LOCAL_FOLDERS[2]);
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let is_above = quarantine.starts_with(path);
        let folder = if is_above {
            path.parent().unwrap_or(path).to_owned()
        } else {
            self.files.make_dir(&quarantine).map_err(told_of("make", &quarantine))?;
            quarantine
        };
        for number in 1..=u16::MAX {
            let aside = folder.join(format!("{name}.{number}"));
            if self.files.look(&aside).map_err(told_of("look at", &aside))?.is_none() {
                return Ok(aside);
            }
        }
        Err(StoreError::Unwritable(format!("there is no free name for {name} in {}", folder.display())))
    }
}

impl Unfit {
    /// Whether it can go while others are at work: nobody has it open.
    pub(super) fn is_unusable(&self) -> bool {
        matches!(self.why, Why::Hollow | Why::Misplaced) || (self.role, self.why) == (Role::Journal, Why::Large)
    }

    /// Whether `doctor --fix` takes it out of the way.
    #[must_use]
    pub fn is_disposable(&self) -> bool {
        match (self.role, self.why) {
            (Role::Packet | Role::Log, _) | (Role::LocalFolder, Why::Closed(_) | Why::Shared | Why::Large) => false,
            // Where a lock file was opened by somebody once, another in its place would exclude nobody.
            (Role::Lock | Role::Derived, Why::Large)
            | (Role::Lock | Role::Journal | Role::Derived, Why::Shared | Why::Closed(_)) => false,
            // No batch makes one of that size.
            (Role::Journal, Why::Large) => true,
            (Role::LocalFolder | Role::Lock | Role::Journal | Role::Derived, Why::Hollow | Why::Misplaced)
            | (Role::Needed | Role::Aid, Why::Hollow | Why::Misplaced | Why::Shared | Why::Large | Why::Closed(_)) => {
                true
            }
        }
    }
}
