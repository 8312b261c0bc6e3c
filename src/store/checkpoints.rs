//! What a store keeps of checkpoints: for each origin a list of leaves that only grows, the checkpoints over its
//! beginnings, and their signatures.
//!
//! The list comes first: lines that no checkpoint covers mean nothing, so a process can stop anywhere between the two.
//! A checkpoint is created once and never replaced.

use std::path::PathBuf;

use super::{Budget, Fault, StoreError};
use crate::domain::id::Origin;
use crate::domain::leaf::Leaf;

/// The largest file of allowed signers or revoked keys that lies in a ledger, in bytes.
pub const SIGNERS_BYTES_MAX: u64 = 1024 * 1024;

/// How far a list of leaves reaches.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Extent {
    /// So many lines.
    pub lines: u64,
    /// So many bytes, with their newlines.
    pub bytes: u64,
}

impl Extent {
    /// The extent with one line more.
    #[must_use]
    pub fn with(self, line: &str) -> Self {
        Self { lines: self.lines + 1, bytes: self.bytes + line.len() as u64 + 1 }
    }
}

/// Whether a list is read on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reading {
    /// It is.
    Goes,
    /// What was wanted has been read.
    Ends,
}

/// A signature that is kept beside a checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeptSignature {
    /// Its file.
    pub path: PathBuf,
    /// The file's text.
    pub text: String,
}

/// What became of a checkpoint or a signature.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Kept {
    /// It is kept now, durably.
    New,
    /// It was kept before.
    Before,
    /// It may or may not be kept.
    Unknown(String),
}

/// A file in the ledger that says whose signatures count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SignersFile {
    /// `coordination/allowed_signers`
    Allowed,
    /// `coordination/revoked_signers`
    Revoked,
}

/// Something that is held until it is dropped.
pub trait Hold {}

impl<T> Hold for T {}

/// Where checkpoints are kept.
pub trait Checkpoints {
    /// Who keeps a list, in order.
    ///
    /// # Errors
    /// Machinery that failed.
    fn origins(&self) -> Result<Vec<Origin>, StoreError>;

    /// The sizes of an origin's checkpoints, in order.
    ///
    /// # Errors
    /// Machinery that failed.
    fn checkpoint_sizes(&self, origin: &Origin) -> Result<Vec<u64>, StoreError>;

    /// The text of a checkpoint; `None` if there is none of that size.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is no plain file of a checkpoint's size, or machinery that failed.
    fn checkpoint_text(&self, origin: &Origin, size: u64) -> Result<Option<String>, StoreError>;

    /// The signatures of a checkpoint, in order.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if there are more than there may be or one is no plain file, or machinery that failed.
    fn checkpoint_signatures(&self, origin: &Origin, size: u64) -> Result<Vec<KeptSignature>, StoreError>;

    /// Hands out the whole lines of an origin's list, in order, without their newlines. A line that a write was cut
    /// short in is none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if the list is no plain file or has a line that is longer than any leaf, or machinery
    /// that failed.
    fn leaves(&self, origin: &Origin, see: &mut dyn FnMut(&str) -> Reading) -> Result<(), StoreError>;

    /// Keeps others from making checkpoints here.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or machinery that failed.
    fn hold_checkpoints<'a>(&'a self, budget: &Budget) -> Result<Box<dyn Hold + 'a>, StoreError>;

    /// Keeps everybody from writing, once no batch is half done.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or machinery that failed.
    fn stand_still<'a>(&'a self, budget: &Budget) -> Result<Box<dyn Hold + 'a>, StoreError>;

    /// Makes everything durable that can be read now.
    ///
    /// # Errors
    /// Machinery that failed.
    fn make_durable(&self) -> Result<(), StoreError>;

    /// Puts leaves after the first `keep` of an origin's list, in place of what no checkpoint covers, and then the
    /// checkpoint of that size. Checkpoints must be held.
    ///
    /// # Errors
    /// Machinery that failed; no checkpoint was made then.
    fn cover(
        &self,
        origin: &Origin,
        keep: Extent,
        new: &[Leaf],
        checkpoint: &str,
        budget: &Budget,
    ) -> Result<Kept, StoreError>;

    /// Keeps a signature beside a checkpoint, one for each key.
    ///
    /// # Errors
    /// Machinery that failed; nothing was kept then.
    fn keep_signature(
        &self,
        origin: &Origin,
        size: u64,
        key: &str,
        text: &str,
        budget: &Budget,
    ) -> Result<Kept, StoreError>;

    /// What lies among the checkpoints and belongs to none.
    ///
    /// # Errors
    /// Machinery that failed.
    fn checkpoint_strays(&self) -> Result<Vec<Fault>, StoreError>;

    /// Where an origin's list is, for people; of a size the checkpoint.
    fn checkpoint_place(&self, origin: &Origin, size: Option<u64>) -> PathBuf;

    /// Where a key's signature of a checkpoint is, for people.
    fn signature_place(&self, origin: &Origin, size: u64, key: &str) -> PathBuf;

    /// Where a file of signers would be, for people.
    fn signers_place(&self, which: SignersFile) -> PathBuf;

    /// The bytes of a file of signers; `None` if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is no plain file, or machinery that failed.
    fn signers(&self, which: SignersFile) -> Result<Option<Vec<u8>>, StoreError>;
}
