//! Checkpoints in memory.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{MemoryStore, held};
use crate::domain::checkpoint::Checkpoint;
use crate::domain::id::Origin;
use crate::domain::leaf::Leaf;
use crate::store::checkpoints::{Checkpoints, Extent, Hold, Kept, KeptSignature, Reading, SignersFile};
use crate::store::{Budget, Fault, StoreError};

/// What one origin keeps.
#[derive(Clone, Debug, Default)]
pub(super) struct KeptList {
    leaves: Vec<String>,
    checkpoints: BTreeMap<u64, String>,
    signatures: BTreeMap<(u64, String), String>,
}

impl Checkpoints for MemoryStore {
    fn origins(&self) -> Result<Vec<Origin>, StoreError> {
        Ok(self.inner().lists.keys().cloned().collect())
    }

    fn checkpoint_sizes(&self, origin: &Origin) -> Result<Vec<u64>, StoreError> {
        Ok(self.list(origin).checkpoints.keys().copied().collect())
    }

    fn checkpoint_text(&self, origin: &Origin, size: u64) -> Result<Option<String>, StoreError> {
        Ok(self.list(origin).checkpoints.get(&size).cloned())
    }

    fn checkpoint_signatures(&self, origin: &Origin, size: u64) -> Result<Vec<KeptSignature>, StoreError> {
        let list = self.list(origin);
        let own = list.signatures.into_iter().filter(|((of, _), _)| *of == size);
        Ok(own.map(|((_, key), text)| KeptSignature { path: format!("memory:{key}.sig").into(), text }).collect())
    }

    fn leaves(&self, origin: &Origin, see: &mut dyn FnMut(&str) -> Reading) -> Result<(), StoreError> {
        let _ = self.list(origin).leaves.iter().find(|line| see(line) == Reading::Ends);
        Ok(())
    }

    fn hold_checkpoints<'a>(&'a self, _: &Budget) -> Result<Box<dyn Hold + 'a>, StoreError> {
        Ok(Box::new(held(&self.covering)))
    }

    fn stand_still<'a>(&'a self, _: &Budget) -> Result<Box<dyn Hold + 'a>, StoreError> {
        Ok(Box::new(held(&self.writing)))
    }

    fn make_durable(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn cover(
        &self,
        origin: &Origin,
        keep: Extent,
        new: &[Leaf],
        checkpoint: &str,
        _: &Budget,
    ) -> Result<Kept, StoreError> {
        let read = Checkpoint::parse(checkpoint).map_err(|bad| StoreError::Unwritable(bad.to_string()))?;
        let mut inner = self.inner();
        let list = inner.lists.entry(origin.clone()).or_default();
        list.leaves.truncate(usize::try_from(keep.lines).unwrap_or(usize::MAX));
        list.leaves.extend(new.iter().map(ToString::to_string));
        match list.checkpoints.insert(read.size(), checkpoint.to_owned()) {
            None => Ok(Kept::New),
            Some(before) if before == checkpoint => Ok(Kept::Before),
            Some(before) => {
                list.checkpoints.insert(read.size(), before);
                let path = self.checkpoint_place(origin, Some(read.size()));
                Err(StoreError::damaged(None, &path, None, "it is there and says something else"))
            }
        }
    }

    fn keep_signature(
        &self,
        origin: &Origin,
        size: u64,
        key: &str,
        text: &str,
        _: &Budget,
    ) -> Result<Kept, StoreError> {
        let mut inner = self.inner();
        let list = inner.lists.entry(origin.clone()).or_default();
        let place = (size, key.to_owned());
        if list.signatures.contains_key(&place) {
            return Ok(Kept::Before);
        }
        list.signatures.insert(place, text.to_owned());
        Ok(Kept::New)
    }

    fn checkpoint_strays(&self) -> Result<Vec<Fault>, StoreError> {
        Ok(Vec::new())
    }

    fn checkpoint_place(&self, origin: &Origin, size: Option<u64>) -> PathBuf {
        size.map_or_else(|| format!("memory:{origin}"), |size| format!("memory:{origin}/{size}")).into()
    }

    fn signature_place(&self, origin: &Origin, size: u64, key: &str) -> PathBuf {
        format!("memory:{origin}/{size}.{key}.sig").into()
    }

    fn signers_place(&self, which: SignersFile) -> PathBuf {
        match which {
            SignersFile::Allowed => "memory:allowed_signers".into(),
            SignersFile::Revoked => "memory:revoked_signers".into(),
        }
    }

    fn signers(&self, _: SignersFile) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }
}

impl MemoryStore {
    fn list(&self, origin: &Origin) -> KeptList {
        self.inner().lists.get(origin).cloned().unwrap_or_default()
    }
}
