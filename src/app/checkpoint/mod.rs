//! Checkpoints: what was on record when, so that a cut tail and a rewritten history show; proofs that can be carried
//! away; and whose signatures they bear.

mod approvals;
mod leaves;
mod proof;
mod prove;
mod take;
pub(super) mod trust;
mod verify;

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{AppError, Ledger};
use crate::domain::checkpoint::Checkpoint;
use crate::domain::hash::Hash;
use crate::domain::id::Origin;
use crate::domain::merkle::{Frontier, leaf_hash};
use crate::store::StoreError;
use crate::store::checkpoints::{Extent, Reading};

pub use approvals::{SeenApproval, Worth};
pub use proof::{ProofReport, check_proof};
pub use prove::{Proven, Which};
pub use take::{Signed, Taken};
pub use trust::{Seen as SeenSignature, Trust};
pub use verify::{Checked, CheckpointReport};

pub(in crate::app) use leaves::{Leaves, leaves_of};

/// A checkpoint that was handed in, or that the ledger keeps.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its file.
    pub path: PathBuf,
    /// What is in it.
    pub text: String,
    /// What was found of signatures.
    pub signatures: Vec<GivenSignature>,
}

/// A signature that was found beside a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenSignature {
    /// Its file.
    pub path: PathBuf,
    /// The file's text.
    pub text: String,
}

/// What a list of leaves is to the checkpoints over it.
#[derive(Debug, Default)]
struct Walked {
    /// How far it reaches.
    extent: Extent,
    /// How far it reached at each size that was asked for.
    extents: BTreeMap<u64, Extent>,
    /// The sizes at which it has another root, or that it does not reach.
    wrong: Vec<u64>,
}

/// The name of a checkpoint for people: `ORIGIN/SIZE`.
#[must_use]
pub fn name_of(checkpoint: &Checkpoint) -> String {
    format!("{}/{}", checkpoint.origin(), checkpoint.size())
}

impl Ledger<'_> {
    /// The origin whose list this clone keeps unless told otherwise: a name of its own, so that no two clones append
    /// to one list.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn own_origin(&self) -> Result<Origin, AppError> {
        Ok(self.store.writer()?.as_str().parse()?)
    }

    /// Reads an origin's list once, from its beginning to its end, and holds it against the roots of its checkpoints.
    fn walk(
        &self,
        origin: &Origin,
        roots: &BTreeMap<u64, Hash>,
        see: &mut dyn FnMut(u64, &str, Hash),
    ) -> Result<Walked, AppError> {
        let mut walked = Walked::default();
        let mut frontier = Frontier::default();
        let compare = |frontier: &Frontier, walked: &mut Walked| {
            if let Some(root) = roots.get(&frontier.size()) {
                walked.extents.insert(frontier.size(), walked.extent);
                if frontier.root() != *root {
                    walked.wrong.push(frontier.size());
                }
            }
        };
        compare(&frontier, &mut walked);
        self.store.leaves(origin, &mut |line| {
            let hash = leaf_hash(line.as_bytes());
            see(frontier.size(), line, hash);
            frontier.push(hash);
            walked.extent = walked.extent.with(line);
            compare(&frontier, &mut walked);
            Reading::Goes
        })?;
        walked.wrong.extend(roots.keys().filter(|size| **size > walked.extent.lines));
        Ok(walked)
    }

    /// A checkpoint that the ledger keeps, with its signatures.
    fn kept(&self, origin: &Origin, size: u64) -> Result<Given, AppError> {
        let path = self.store.checkpoint_place(origin, Some(size));
        let text = self.store.checkpoint_text(origin, size)?;
        let text = text.ok_or_else(|| StoreError::damaged(None, &path, None, "it is gone"))?;
        let signatures = self.store.checkpoint_signatures(origin, size)?;
        let signatures = signatures.into_iter().map(|kept| GivenSignature { path: kept.path, text: kept.text });
        Ok(Given { path, text, signatures: signatures.collect() })
    }

    /// Reads a checkpoint that the ledger keeps under an origin and a size; what it says must be that.
    fn read_kept(&self, origin: &Origin, size: u64) -> Result<Checkpoint, AppError> {
        let path = self.store.checkpoint_place(origin, Some(size));
        let Given { text, .. } = self.kept(origin, size)?;
        let read = Checkpoint::parse(&text).map_err(|bad| StoreError::damaged(None, &path, None, bad))?;
        if (read.ledger(), read.origin(), read.size()) != (self.settings.ledger_id, origin, size) {
            return Err(StoreError::damaged(None, &path, None, "it is the checkpoint of another list or size").into());
        }
        Ok(read)
    }

    /// The roots of all checkpoints of an origin, by size.
    fn kept_roots(&self, origin: &Origin) -> Result<BTreeMap<u64, Hash>, AppError> {
        let sizes = self.store.checkpoint_sizes(origin)?;
        sizes.into_iter().map(|size| Ok((size, self.read_kept(origin, size)?.head().root))).collect()
    }
}
