//! Checkpoints on disk: `coordination/checkpoints/ORIGIN/` holds `leaves`, which is appended to, `SIZE.checkpoint`, each
//! written once, and `SIZE.checkpoint.KEY.sig` beside it.

use std::cell::RefCell;
use std::path::{Path, PathBuf};

use super::disk::{Create, Named};
use super::files::{Durability, LogFile, Touched};
use super::layout::{CheckpointFile, STRIPES, checkpoint_file};
use super::lock::{Lock, Sharing};
use super::{FsStore, inspect, io, journal};
use crate::domain::checkpoint::{CHECKPOINT_BYTES_MAX, Checkpoint};
use crate::domain::hash::Hash;
use crate::domain::id::{Origin, Stream};
use crate::domain::leaf::{LEAF_BYTES_MAX, LEAVES_MAX, Leaf};
use crate::domain::proof::SIGNATURES_MAX;
use crate::domain::signature::SIGNATURE_BYTES_MAX;
use crate::store::budget::Progress;
use crate::store::checkpoints::{
    Checkpoints, Extent, Hold, Kept, KeptSignature, Reading, SIGNERS_BYTES_MAX, SignersFile,
};
use crate::store::contracts::Contracts;
use crate::store::{Budget, Fault, Notice, StoreError};

/// How much of a list is read or written at once.
const PIECE_BYTES: u64 = 1024 * 1024;

impl Checkpoints for FsStore {
    fn origins(&self) -> Result<Vec<Origin>, StoreError> {
        Ok(self.origin_entries()?.into_iter().filter_map(|(_, origin)| origin).collect())
    }

    fn checkpoint_sizes(&self, origin: &Origin) -> Result<Vec<u64>, StoreError> {
        let mut sizes = Vec::new();
        for (_, file) in self.origin_files(origin)? {
            if let Some(CheckpointFile::Checkpoint(size)) = file {
                sizes.push(size);
            }
        }
        sizes.sort_unstable();
        Ok(sizes)
    }

    fn checkpoint_text(&self, origin: &Origin, size: u64) -> Result<Option<String>, StoreError> {
        if !self.has_origin(origin)? {
            return Ok(None);
        }
        self.text(&self.layout.checkpoint(origin, size), CHECKPOINT_BYTES_MAX)
    }

    fn checkpoint_signatures(&self, origin: &Origin, size: u64) -> Result<Vec<KeptSignature>, StoreError> {
        let mut kept = Vec::new();
        for (path, file) in self.origin_files(origin)? {
            if file != Some(CheckpointFile::Signature(size)) {
                continue;
            }
            if kept.len() == SIGNATURES_MAX {
                let what = format!("there are more than {SIGNATURES_MAX} signatures");
                return Err(StoreError::damaged(None, &self.layout.checkpoint(origin, size), None, what));
            }
            let text = self.text(&path, SIGNATURE_BYTES_MAX)?;
            kept.extend(text.map(|text| KeptSignature { path, text }));
        }
        Ok(kept)
    }

    fn leaves(&self, origin: &Origin, see: &mut dyn FnMut(&str) -> Reading) -> Result<(), StoreError> {
        if !self.has_origin(origin)? {
            return Ok(());
        }
        let path = self.layout.leaves(origin);
        let size = self.files.facts(&path).map_err(io("look at", &path))?.map_or(0, |facts| facts.size);
        if size > LEAVES_MAX.saturating_mul(LEAF_BYTES_MAX as u64 + 1) {
            return Err(StoreError::damaged(None, &path, None, "it is larger than any list"));
        }
        let mut held = Vec::new();
        let mut from = 0;
        while from < size {
            let to = size.min(from + PIECE_BYTES);
            let Some(piece) = self.files.read_part(&path, from, to).map_err(io("read", &path))? else {
                return Err(StoreError::damaged(None, &path, None, "it was cut while it was read"));
            };
            from = to;
            held.extend_from_slice(&piece);
            let whole = memchr::memrchr(b'\n', &held).map_or(0, |newline| newline + 1);
            for line in held[..whole].split_inclusive(|byte| *byte == b'\n') {
                let line = line.strip_suffix(b"\n").unwrap_or(line);
                // What is no text is no leaf, and shows as one that was changed.
                if see(&String::from_utf8_lossy(line)) == Reading::Ends {
                    return Ok(());
                }
            }
            held.drain(..whole);
            if held.len() > LEAF_BYTES_MAX && from < size {
                return Err(StoreError::damaged(None, &path, None, "it has a line that is longer than any leaf"));
            }
        }
        Ok(())
    }

    fn hold_checkpoints<'a>(&'a self, budget: &Budget) -> Result<Box<dyn Hold + 'a>, StoreError> {
        self.make_local_now()?;
        let path = self.layout.lock("checkpoint");
        Ok(Box::new(Lock::take(&self.files, &path, "the making of checkpoints", Sharing::Exclusive, budget)?))
    }

    fn stand_still<'a>(&'a self, budget: &Budget) -> Result<Box<dyn Hold + 'a>, StoreError> {
        let alone = self.enter_alone(budget)?;
        journal::recover(self, budget)?;
        budget.set_progress(Progress::Before);
        self.settle_all(budget)?;
        Ok(Box::new(alone))
    }

    fn make_durable(&self) -> Result<(), StoreError> {
        let root = self.layout.root();
        let failed = RefCell::new(None);
        let touched = || {
            self.all_files().unwrap_or_else(|error| {
                failed.replace(Some(error));
                Touched::default()
            })
        };
        self.files.sync_all(&touched).map_err(io("sync", root))?;
        failed.into_inner().map_or(Ok(()), Err)
    }

    fn cover(
        &self,
        origin: &Origin,
        keep: Extent,
        new: &[Leaf],
        checkpoint: &str,
        budget: &Budget,
    ) -> Result<Kept, StoreError> {
        let read = Checkpoint::parse(checkpoint).map_err(|bad| StoreError::Unwritable(bad.to_string()))?;
        self.make_origin(origin)?;
        self.append_leaves(origin, keep, new, budget)?;
        self.keep_once(&self.layout.checkpoint(origin, read.size()), checkpoint, budget)
    }

    fn keep_signature(
        &self,
        origin: &Origin,
        size: u64,
        key: &str,
        text: &str,
        budget: &Budget,
    ) -> Result<Kept, StoreError> {
        self.make_local_now()?;
        let path = self.layout.checkpoint_signature(origin, size, key);
        if self.files.facts(&path).map_err(io("look at", &path))?.is_some() {
            return Ok(Kept::Before);
        }
        self.keep_once(&path, text, budget)
    }

    fn checkpoint_strays(&self) -> Result<Vec<Fault>, StoreError> {
        let mut found = Vec::new();
        for (path, origin) in self.origin_entries()? {
            let Some(origin) = origin else {
                found.push(inspect::stray(path));
                continue;
            };
            let sizes = self.checkpoint_sizes(&origin)?;
            for (path, file) in self.origin_files(&origin)? {
                let belongs = match file {
                    Some(CheckpointFile::Leaves | CheckpointFile::Checkpoint(_)) => true,
                    Some(CheckpointFile::Signature(size)) => sizes.binary_search(&size).is_ok(),
                    None => false,
                };
                if !belongs {
                    found.push(inspect::stray(path));
                }
            }
        }
        Ok(found)
    }

    fn checkpoint_place(&self, origin: &Origin, size: Option<u64>) -> PathBuf {
        size.map_or_else(|| self.layout.leaves(origin), |size| self.layout.checkpoint(origin, size))
    }

    fn signature_place(&self, origin: &Origin, size: u64, key: &str) -> PathBuf {
        self.layout.checkpoint_signature(origin, size, key)
    }

    fn signers_place(&self, which: SignersFile) -> PathBuf {
        self.layout.coordination().join(match which {
            SignersFile::Allowed => "allowed_signers",
            SignersFile::Revoked => "revoked_signers",
        })
    }

    fn signers(&self, which: SignersFile) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.read(&self.signers_place(which), SIGNERS_BYTES_MAX)?.map(|(bytes, _)| bytes))
    }
}

impl FsStore {
    /// Writes every log once more whose last writer did not get to the end of its sync.
    fn settle_all(&self, budget: &Budget) -> Result<(), StoreError> {
        for stripe in 0..STRIPES {
            let path = self.layout.lock(&format!("{stripe:02x}"));
            // A lock that was never taken has nothing to tell.
            if self.files.facts(&path).map_err(io("look at", &path))?.is_some() {
                let lock = Lock::take(&self.files, &path, "a request", Sharing::Exclusive, budget)?;
                self.settle(&lock)?;
            }
        }
        Ok(())
    }

    /// What lies in the folder of the checkpoints, in order; with the origin where it is a folder of one.
    fn origin_entries(&self) -> Result<Vec<(PathBuf, Option<Origin>)>, StoreError> {
        let folder = self.layout.checkpoints();
        if !self.check_folder(&folder)? {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for name in self.files.names(&folder).map_err(io("list", &folder))? {
            let path = folder.join(&name);
            let is_folder = self.files.is_folder(&path).map_err(io("look at", &path))?;
            entries.push((path, name.to_str().and_then(|name| name.parse().ok()).filter(|_| is_folder)));
        }
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    /// What lies in an origin's folder, in order.
    fn origin_files(&self, origin: &Origin) -> Result<Vec<(PathBuf, Option<CheckpointFile>)>, StoreError> {
        if !self.has_origin(origin)? {
            return Ok(Vec::new());
        }
        let folder = self.layout.origin(origin);
        let names = self.files.names(&folder).map_err(io("list", &folder))?;
        let mut files: Vec<_> = names.iter().map(|name| (folder.join(name), checkpoint_file(name))).collect();
        files.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(files)
    }

    /// Whether an origin has a folder; one that is a link is refused.
    fn has_origin(&self, origin: &Origin) -> Result<bool, StoreError> {
        Ok(self.check_folder(&self.layout.checkpoints())? && self.check_folder(&self.layout.origin(origin))?)
    }

    fn make_origin(&self, origin: &Origin) -> Result<(), StoreError> {
        let (all, own) = (self.layout.checkpoints(), self.layout.origin(origin));
        for (folder, above) in [(&all, self.layout.coordination()), (&own, all.as_path())] {
            if !self.check_folder(folder)? {
                self.files.make_dir(folder).map_err(io("make", folder))?;
            }
            // Whoever made it may have been killed before its name was durable.
            self.files.sync_dir(above).map_err(io("sync", above))?;
        }
        Ok(())
    }

    /// Appends to a list, durably. What was there beyond `keep` is set aside: no checkpoint covers it.
    fn append_leaves(&self, origin: &Origin, keep: Extent, new: &[Leaf], budget: &Budget) -> Result<(), StoreError> {
        let path = self.layout.leaves(origin);
        let open = self.files.open_log(&path, Create::Yes).map_err(io("open", &path))?;
        let mut file = open.ok_or_else(|| StoreError::NotALedger(path.clone()))?;
        let size = file.facts().map_err(io("look at", &path))?.size;
        if size < keep.bytes {
            return Err(StoreError::damaged(None, &path, None, "it was cut while it was read"));
        }
        if size > keep.bytes {
            let tail = self.files.read_part(&path, keep.bytes, size).map_err(io("read", &path))?.unwrap_or_default();
            let kept = self.set_leaves_aside(origin, &tail)?;
            file.truncate(keep.bytes).and_then(|()| file.sync()).map_err(io("cut the end of", &path))?;
            budget.tell(&Notice::Repaired { log: path.clone(), kept, bytes: tail.len() });
        }
        let written = write_leaves(&mut file, new).and_then(|()| file.sync());
        if let Err(source) = written {
            // Left behind, it would be set aside by the next one.
            let _ = file.truncate(keep.bytes).and_then(|()| file.sync());
            return Err(StoreError::Io { doing: "append to", path, source });
        }
        let folder = self.layout.origin(origin);
        self.files.sync_dir(&folder).map_err(io("sync", &folder))
    }

    fn set_leaves_aside(&self, origin: &Origin, tail: &[u8]) -> Result<PathBuf, StoreError> {
        let name = format!("leaves-{origin}-{}.torn", Hash::of(&[tail]).short());
        let path = self.layout.in_local("quarantine").join(name);
        let tmp = self.layout.in_local("tmp");
        self.files.replace(&path, &tmp, tail, Durability::Durable).map_err(io("write", &path))?;
        Ok(path)
    }

    /// Writes a file under a name that is given once. The same bytes under it are as good.
    fn keep_once(&self, path: &Path, text: &str, budget: &Budget) -> Result<Kept, StoreError> {
        let folder = path.parent().unwrap_or(path);
        let kept = match self.name_once(folder, path, text.as_bytes(), budget)? {
            Named::Done => Kept::New,
            Named::Exists => {
                let there = self.read(path, text.len() as u64)?.is_some_and(|(there, _)| there == text.as_bytes());
                if !there {
                    return Err(StoreError::damaged(None, path, None, "it is there and says something else"));
                }
                Kept::Before
            }
        };
        budget.set_progress(Progress::Writing);
        if let Err(error) = self.files.sync_dir(folder) {
            return Ok(Kept::Unknown(format!("syncing {} failed: {error}", folder.display())));
        }
        budget.set_progress(Progress::Settled);
        Ok(kept)
    }

    /// Everything that a checkpoint may cover, for a disk that syncs files one by one.
    fn all_files(&self) -> Result<Touched, StoreError> {
        let mut touched = Touched { files: Vec::new(), folders: vec![self.layout.requests(), self.layout.events()] };
        for id in self.list(&self.layout.requests(), ".json")? {
            touched.files.extend([self.layout.packet(id), self.layout.log(id)]);
        }
        for name in self.contracts()? {
            let versions = self.version_files(&name)?;
            touched.files.extend(versions.into_iter().map(|version| self.layout.contract_version(&name, version)));
            touched.folders.push(self.layout.contract(&name));
            touched.files.push(self.layout.log_of(&Stream::Contract(name)));
        }
        touched.files.retain(|path| self.files.facts(path).is_ok_and(|facts| facts.is_some()));
        Ok(touched)
    }
}

fn write_leaves(file: &mut LogFile, new: &[Leaf]) -> std::io::Result<()> {
    let mut piece = String::new();
    for leaf in new {
        piece.push_str(&leaf.to_string());
        piece.push('\n');
        if piece.len() as u64 >= PIECE_BYTES {
            file.append(piece.as_bytes())?;
            piece.clear();
        }
    }
    if piece.is_empty() { Ok(()) } else { file.append(piece.as_bytes()) }
}
