//! The ledger's files as a tree of git's, made and compared without a look at anything else in the work tree.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::path::PathBuf;

use super::git::{Git, GitFailure};
use crate::domain::time::Day;
use crate::registry::objects::{BadObject, Objects};
use crate::store::StoreError;
use crate::store::fs::FsStore;
use crate::store::fs::carried::{CARRIED_FOLDERS, CarriedFile};
use crate::store::fs::layout::id_of;

/// The lock of git's index of the ledger's files, below `.local/` and below the root.
const LOCK_NAME: &str = "sync.index.lock";
const LOCK: &str = "coordination/.local/sync.index.lock";
/// How often, and at what distance, it is looked whether the lock is gone.
const LOCK_LOOKS: usize = 20;
const LOCK_PAUSE: std::time::Duration = std::time::Duration::from_millis(50);

/// What stands in the way of making or comparing trees.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    /// Git.
    #[error(transparent)]
    Git(#[from] GitFailure),
    /// The ledger's files.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file of a commit that can't be read.
    #[error("{path}: {what}")]
    Unreadable {
        /// Its path below the ledger's root.
        path: String,
        /// What is wrong.
        what: String,
    },
}

/// A file of the ledger that two trees do not have alike: git's names of its contents.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unlike {
    /// In the first; `None` where it is not.
    pub before: Option<String>,
    /// In the second.
    pub after: Option<String>,
}

/// How two trees differ in the ledger's files.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Compared {
    /// The files that they do not have alike, as far as they are plain ones.
    pub unlike: BTreeMap<CarriedFile, Unlike>,
    /// Those in whose place the second has something else: a link, another repository.
    pub odd: BTreeSet<CarriedFile>,
}

/// What is wrong with a file in whose place a commit has something else.
pub const NO_PLAIN_FILE: &str = "it is no plain file in a commit";

/// Trees of a repository.
pub struct Trees<'a> {
    git: &'a Git,
    store: &'a FsStore,
    index: PathBuf,
    /// The process that all objects are asked of, from the first one on.
    objects: RefCell<Option<Objects>>,
}

impl<'a> Trees<'a> {
    /// Those of the ledger in this repository.
    #[must_use]
    pub fn new(git: &'a Git, store: &'a FsStore) -> Self {
        Self { git, store, index: store.layout().in_local("sync.index"), objects: RefCell::new(None) }
    }

    /// The ledger's files.
    #[must_use]
    pub fn store(&self) -> &'a FsStore {
        self.store
    }

    /// The tree of the ledger's files as they stand in the work tree, and of nothing else. What git has seen before is
    /// not read again. The ledger must be held alone.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn standing(&self) -> Result<String, TreeError> {
        let environment: [(&str, &OsStr); 1] = [("GIT_INDEX_FILE", self.index.as_os_str())];
        let run = |arguments: &[&str], input: &[u8]| self.git.must_with(arguments, &environment, input);
        self.clear_lock()?;
        let [coordination, schemas] = CARRIED_FOLDERS;
        let gone = match run(&["ls-files", "-z", "--deleted", "--", coordination, schemas], b"") {
            Ok(gone) => gone,
            Err(_) => {
                // It is disposable, and may be damaged.
                self.store.forget_local("sync.index")?;
                run(&["ls-files", "-z", "--deleted", "--", coordination, schemas], b"")?
            }
        };
        let gone: Vec<CarriedFile> = gone.parts().filter_map(CarriedFile::parse).collect();
        let changed = run(&["ls-files", "-z", "--modified", "--others", "--", coordination, schemas], b"")?;
        let mut changed: Vec<CarriedFile> = changed.parts().filter_map(CarriedFile::parse).collect();
        changed.sort();
        changed.dedup();
        changed.retain(|file| !gone.contains(file));
        for file in &changed {
            // A link would have git read something else.
            self.store.check_carried(file)?;
        }
        let mut listed = String::new();
        let null = self.git.null();
        for file in &gone {
            // Writing to a String can't fail.
            let _ = write!(listed, "0 {null}\t{}{}\0", self.git.prefix(), file.path());
        }
        for (file, hash) in self.converted(&mut changed)? {
            let _ = write!(listed, "100644 {hash}\t{}{}\0", self.git.prefix(), file.path());
        }
        let mut paths = String::new();
        for file in &changed {
            // From the top of the work tree: that is where git goes.
            paths.push_str(self.git.prefix());
            paths.push_str(&file.path());
            paths.push('\n');
        }
        if !changed.is_empty() {
            let hashes = run(&["hash-object", "-w", "--no-filters", "--stdin-paths"], paths.as_bytes())?.line();
            let hashes: Vec<&str> = hashes.lines().collect();
            if hashes.len() != changed.len() {
                let what = format!("{} names for {} files", hashes.len(), changed.len());
                return Err(GitFailure::Garbled { doing: "hash-object".to_owned(), what }.into());
            }
            for (file, hash) in changed.iter().zip(hashes) {
                let _ = write!(listed, "100644 {hash}\t{}{}\0", self.git.prefix(), file.path());
            }
        }
        if !listed.is_empty() {
            run(&["update-index", "-z", "--index-info"], listed.as_bytes())?;
            // So that the next time they need not be read. That a file changed meanwhile is for the next time to find.
            self.git.run_with(&["update-index", "-q", "--refresh"], &environment, b"")?;
        }
        Ok(run(&["write-tree"], b"")?.line())
    }

    /// Takes out of these files the texts whose ends of lines git converted when it checked them out, and writes them as they
    /// were before that. A text that somebody committed as it is stays one of the others.
    fn converted(&self, changed: &mut Vec<CarriedFile>) -> Result<Vec<(CarriedFile, String)>, TreeError> {
        let mut converted = Vec::new();
        let mut others = Vec::with_capacity(changed.len());
        for file in changed.drain(..) {
            let bytes = match file {
                CarriedFile::Settings | CarriedFile::Workflow | CarriedFile::Schema(_) => self.store.carried(&file)?,
                // Their bytes are what hashes are over.
                CarriedFile::Packet(_)
                | CarriedFile::Log(_)
                | CarriedFile::Version(..)
                | CarriedFile::Checkpoint(..) => None,
            };
            match bytes.filter(|bytes| memchr::memmem::find(bytes, b"\r\n").is_some()) {
                Some(bytes) if !self.has(&bytes)? => {
                    let is_end = |at: usize| bytes[at] == b'\r' && bytes.get(at + 1) == Some(&b'\n');
                    let unconverted: Vec<u8> = (0..bytes.len()).filter(|at| !is_end(*at)).map(|at| bytes[at]).collect();
                    let written = self.git.must_with(&["hash-object", "-w", "--stdin"], &[], &unconverted)?;
                    converted.push((file, written.line()));
                }
                Some(_) | None => others.push(file),
            }
        }
        *changed = others;
        Ok(converted)
    }

    /// Whether git has these very bytes.
    fn has(&self, bytes: &[u8]) -> Result<bool, TreeError> {
        let name = self.git.must_with(&["hash-object", "--no-filters", "--stdin"], &[], bytes)?.line();
        Ok(self.git.run(&["cat-file", "-e", &name])?.is_ok())
    }

    /// Removes the lock that a git which was killed left at the index of the ledger's files. Whoever exchanges is alone, but
    /// such a git may still be at it: it is given a moment.
    fn clear_lock(&self) -> Result<(), TreeError> {
        for _ in 0..LOCK_LOOKS {
            if !self.store.has_plain(LOCK) || self.git.budget().is_over() {
                break;
            }
            std::thread::sleep(LOCK_PAUSE);
        }
        Ok(self.store.forget_local(LOCK_NAME)?)
    }

    /// The tree that holds nothing.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn empty(&self) -> Result<String, TreeError> {
        Ok(self.git.must(&["mktree"])?.line())
    }

    /// The ledger's files that two trees do not have alike.
    ///
    /// # Errors
    /// [`TreeError`]; also where the second has no plain file in the place of one.
    pub fn unlike(&self, before: &str, after: &str) -> Result<BTreeMap<CarriedFile, Unlike>, TreeError> {
        let Compared { unlike, odd } = self.compare(before, after)?;
        match odd.first() {
            Some(file) => Err(TreeError::Unreadable { path: file.path(), what: NO_PLAIN_FILE.to_owned() }),
            None => Ok(unlike),
        }
    }

    /// How two trees differ in the ledger's files. What is no plain file counts as none.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn compare(&self, before: &str, after: &str) -> Result<Compared, TreeError> {
        let prefix = self.git.prefix();
        let [coordination, schemas] = CARRIED_FOLDERS;
        let told = self.git.must(&[
            "diff-tree",
            "-r",
            "-z",
            "--no-renames",
            "--raw",
            "--no-abbrev",
            "--no-ext-diff",
            before,
            after,
            "--",
            coordination,
            schemas,
        ])?;
        let null = self.git.null();
        let mut parts = told.parts();
        let mut compared = Compared::default();
        while let Some(facts) = parts.next() {
            let path = parts.next().unwrap_or_default();
            let Some(file) = path.strip_prefix(prefix).and_then(CarriedFile::parse) else { continue };
            let mut facts = facts.trim_start_matches(':').split(' ');
            let (modes, hashes) = ([facts.next(), facts.next()], [facts.next(), facts.next()]);
            let is_odd = |at: usize| modes[at].is_none_or(|mode| !mode.starts_with("100") && mode != "000000");
            let there = |at: usize| hashes[at].filter(|hash| *hash != null && !is_odd(at)).map(str::to_owned);
            if is_odd(1) {
                compared.odd.insert(file.clone());
            }
            compared.unlike.insert(file, Unlike { before: there(0), after: there(1) });
        }
        Ok(compared)
    }

    /// A tree like `base`, but for these files: their new contents, or none.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn graft(&self, base: &str, files: &BTreeMap<String, Option<String>>) -> Result<String, TreeError> {
        let index = self.store.layout().in_local("tmp").join(format!("tree-{}.index", std::process::id()));
        let environment: [(&str, &OsStr); 1] = [("GIT_INDEX_FILE", index.as_os_str())];
        let run = |arguments: &[&str], input: &[u8]| self.git.must_with(arguments, &environment, input);
        let grafted = (|| {
            run(&["read-tree", base], b"")?;
            if !files.is_empty() {
                // Whatever has one of these paths for a folder gives way.
                run(&["update-index", "--replace", "-z", "--index-info"], self.entries(files).as_bytes())?;
            }
            run(&["write-tree"], b"")
        })();
        self.store.forget_local(&format!("tmp/tree-{}.index", std::process::id()))?;
        Ok(grafted?.line())
    }

    /// Keeps bytes among git's objects; answers with git's name of them.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn keep(&self, bytes: &[u8]) -> Result<String, TreeError> {
        Ok(self.git.must_with(&["hash-object", "-w", "--no-filters", "--stdin"], &[], bytes)?.line())
    }

    /// Files as `update-index --index-info` takes them.
    pub(super) fn entries(&self, files: &BTreeMap<String, Option<String>>) -> String {
        let null = self.git.null();
        let mut listed = String::new();
        for (path, hash) in files {
            // Writing to a String can't fail.
            let _ = match hash {
                Some(hash) => write!(listed, "100644 {hash}\t{}{path}\0", self.git.prefix()),
                None => write!(listed, "0 {null}\t{}{path}\0", self.git.prefix()),
            };
        }
        listed
    }

    /// The largest number of a day that a commit or tree has; 0 if it has none.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn last_number(&self, commit: &str, day: Day) -> Result<u32, TreeError> {
        let folder = format!("{commit}:{}coordination/requests", self.git.prefix());
        let listed = self.git.run(&["ls-tree", "-z", "--name-only", &folder])?;
        let ids = listed.parts().filter_map(|name| id_of(name.as_ref(), ".json"));
        Ok(ids.filter(|id| id.day() == day).map(|id| id.number()).max().unwrap_or_default())
    }

    /// Git's name of the content of a file in a tree, by its path below the ledger's root; `None` if it is not there.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn hash_in(&self, tree: &str, path: &str) -> Result<Option<String>, TreeError> {
        let wanted = format!("{tree}:{}{path}", self.git.prefix());
        let found = self.git.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted])?;
        Ok(found.is_ok().then(|| found.line()))
    }

    /// The commits of all references below these.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn commits_below(&self, references: &[&str]) -> Result<Vec<String>, TreeError> {
        let asked = [["for-each-ref", "--format=%(objectname)", "--"].as_slice(), references].concat();
        Ok(self.git.must(&asked)?.text().lines().map(str::to_owned).collect())
    }

    /// Whether any of these commits has a file with this content, by its path below the ledger's root and git's name of
    /// the content. One process is asked for all.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn is_in_any(&self, commits: &BTreeSet<String>, path: &str, hash: &str) -> Result<bool, TreeError> {
        if commits.is_empty() {
            return Ok(false);
        }
        let wanted: String = commits.iter().map(|commit| format!("{commit}:{}{path}\n", self.git.prefix())).collect();
        let told = self.git.must_with(&["cat-file", "--batch-check=%(objectname)"], &[], wanted.as_bytes())?;
        Ok(told.text().lines().any(|line| line == hash))
    }

    /// The bytes of files, by git's names of them.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn read<'f>(
        &self,
        wanted: impl IntoIterator<Item = (&'f CarriedFile, &'f str)>,
    ) -> Result<Vec<Vec<u8>>, TreeError> {
        wanted.into_iter().map(|(file, hash)| self.read_one(file, hash)).collect()
    }

    /// The bytes of a file as a commit or tree has it; `None` if it is not there.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn bytes_in(&self, tree: &str, file: &CarriedFile) -> Result<Option<Vec<u8>>, TreeError> {
        let hash = self.hash_in(tree, &file.path())?;
        hash.map(|hash| self.read_one(file, &hash)).transpose()
    }

    /// The bytes of one file, by git's name of them.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn read_one(&self, file: &CarriedFile, hash: &str) -> Result<Vec<u8>, TreeError> {
        let unreadable = |what: String| TreeError::Unreadable { path: file.path(), what };
        let mut objects = self.objects.borrow_mut();
        let open = match &mut *objects {
            Some(open) => open,
            none => none.insert(Objects::fetching(self.git.root()).map_err(|error| unreadable(error.to_string()))?),
        };
        open.read(hash, file.bytes_max()).map_err(|bad: BadObject| unreadable(bad.to_string()))
    }
}
