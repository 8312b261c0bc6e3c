//! What can keep a use case from its result.

use std::path::{Path, PathBuf};

use crate::contract::decide::ContractRefusal;
use crate::contract::schema::SchemaFault;
use crate::domain::FORMAT;
use crate::domain::decide::Refusal;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{BadName, ContractName, Key, Origin, RequestId, Role, Stream};
use crate::domain::packet::BadPacket;
use crate::domain::secret::Found;
use crate::domain::time::BadTime;
use crate::domain::workflow::StateName;
use crate::registry::git::GitError;
use crate::signing::SigningError;
use crate::store::StoreError;
use crate::sync::Unanswered;

/// One thing that is wrong with a draft.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DraftFault {
    /// Where, as a JSON pointer (RFC 6901).
    pub pointer: String,
    /// What.
    pub what: String,
}

/// What can keep a use case from its result. Refusals and conflicts are answers that a program can act on.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The store's machinery.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no such request.
    #[error("there is no request {name}")]
    NotFound {
        /// As asked for.
        name: String,
        /// What it may have been meant to be.
        suggestion: Option<String>,
    },
    /// The number that a request was to keep is another request's.
    #[error("{0} is another request here")]
    IdTaken(RequestId),
    /// Another record has the key of one that was taken over.
    #[error("{key} is another one on record, {id}: it came from {there}, and this is {here}")]
    OtherSource {
        /// The key.
        key: Key,
        /// The request that has it.
        id: RequestId,
        /// Where that is seen at its source.
        there: String,
        /// Where this is seen.
        here: String,
    },
    /// Nothing asks for an approval in this role, and something does in one that is called almost so.
    #[error(
        "nothing asks for an approval as {role}, and an approval can't be taken back; something asks for one as {meant}"
    )]
    MistypedRole {
        /// The request.
        id: RequestId,
        /// What was typed.
        role: Role,
        /// What may have been meant.
        meant: Role,
    },
    /// Nothing that was asked for is ready and unclaimed.
    #[error("no request is ready and unclaimed")]
    NothingReady,
    /// The request is there, but was not yet, or has no such version.
    #[error("{id} {what}")]
    NotThen {
        /// The request.
        id: RequestId,
        /// When it is not there.
        what: String,
    },
    /// A short form that stands for several requests.
    #[error("{name:?} could be any of {}", .candidates.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))]
    Ambiguous {
        /// As asked for.
        name: String,
        /// What it could be.
        candidates: Vec<RequestId>,
    },
    /// A rule forbids it.
    #[error("{id}: {refusal}")]
    Refused {
        /// The request.
        id: RequestId,
        /// The rule.
        refusal: Box<Refusal>,
    },
    /// The packet is not well formed; everything that is wrong at once.
    #[error("the packet is not valid: {}", .0.iter().map(|f| format!("{} {}", f.pointer, f.what)).collect::<Vec<_>>().join("; "))]
    BadDraft(Vec<DraftFault>),
    /// The packet breaks a rule that no schema states.
    #[error(transparent)]
    BadPacket(#[from] BadPacket),
    /// The key was used for something else.
    #[error("the key {:?} was used for something else, on {stream}", .key.as_str())]
    KeyReused {
        /// The key.
        key: Key,
        /// The request or the contract that has it.
        stream: Stream,
        /// What was written with it, where it is not the request itself.
        event: Option<Box<Event>>,
    },
    /// The request is not at the version that the caller expected.
    #[error("{id} is at version {actual}, not {expected}")]
    StaleVersion {
        /// The request.
        id: RequestId,
        /// The version expected.
        expected: u64,
        /// The version that it has.
        actual: u64,
        /// What happened in between.
        between: Vec<Event>,
    },
    /// The request is not in the state that the caller expected.
    #[error("{id} is {actual}, not {expected}")]
    StaleState {
        /// The request.
        id: RequestId,
        /// The state expected.
        expected: StateName,
        /// Where it stands.
        actual: String,
    },
    /// The ledger's own signers file would not let the signature count.
    #[error("the signature would not count here: {0}")]
    Stranger(String),
    /// It may or may not have been written.
    #[error("the outcome is unknown: {cause}")]
    Unknown {
        /// Why nobody can know.
        cause: String,
        /// The key with which to ask again.
        key: Option<Key>,
    },
    /// Of another format than this program writes: read as far as it is known, never written.
    #[error("{what} is of format {format}, which is {} than this program: it can be read and not written", age(*format))]
    Newer {
        /// The file or request.
        what: String,
        /// Its format.
        format: u32,
    },
    /// There is no such contract.
    #[error("there is no contract {name}")]
    NoContract {
        /// As asked for.
        name: ContractName,
        /// What it may have been meant to be.
        suggestion: Option<ContractName>,
    },
    /// A rule forbids it of a contract.
    #[error("{0}")]
    ContractRefused(Box<ContractRefusal>),
    /// A file that is no schema that can be registered; everything that is wrong at once.
    #[error("{file} is no schema that can be used")]
    BadSchema {
        /// The file.
        file: String,
        /// What is wrong.
        faults: Vec<SchemaFault>,
    },
    /// The file of the next version is there, and not on record.
    #[error("{} is there and not on record", .path.display())]
    VersionTaken {
        /// The contract.
        name: ContractName,
        /// The file.
        path: PathBuf,
    },
    /// Text that holds what is plainly a credential. What it is stands nowhere in here.
    #[error("{} in the text: nothing here can be erased", .0.first().map_or("a credential", |found| found.words))]
    Secret(Vec<Found>),
    /// Two clones registered a version, and the file of the one that does not count is here.
    #[error("two clones registered {name}@{version}, and {} is not the one that counts", .path.display())]
    VersionTwice {
        /// The contract.
        name: ContractName,
        /// The version.
        version: u32,
        /// Its file.
        path: PathBuf,
        /// The SHA-256 of the file that counts.
        counts: Hash,
    },
    /// A commit that can't be read.
    #[error(transparent)]
    Git(#[from] GitError),
    /// An exchange with another clone that did not come about.
    #[error(transparent)]
    Sync(Box<super::sync::SyncFailure>),
    /// Two requests have one number, and it was not settled.
    #[error(transparent)]
    Unsettled(Box<super::resolve_id::Unsettled>),
    /// Git gave no answer, or none that helps.
    #[error(transparent)]
    Unanswered(#[from] Unanswered),
    /// Files of the ledger wait for a merge to be settled.
    #[error("{} for a merge to be settled: {}", waits(.0.len()), some(.0))]
    Unmerged(Vec<String>),
    /// Leaves that a checkpoint covers are not on record any more.
    #[error("{lost} of what checkpoint {checkpoint} covers {} not here any more", if *.lost == 1 { "is" } else { "are" })]
    CoveredLost {
        /// The checkpoint.
        checkpoint: String,
        /// How many.
        lost: usize,
    },
    /// There is no checkpoint.
    #[error("there is no checkpoint{}", .0.as_ref().map(|origin| format!(" of {origin}")).unwrap_or_default())]
    NoCheckpoint(Option<Origin>),
    /// A checkpoint does not cover something.
    #[error("checkpoint {checkpoint} does not cover {what}")]
    NotCovered {
        /// What.
        what: String,
        /// The checkpoint.
        checkpoint: String,
    },
    /// Signing, or checking signatures, failed.
    #[error(transparent)]
    Signing(#[from] SigningError),
    /// A text that is no name of its kind.
    #[error(transparent)]
    Name(#[from] BadName),
    /// A text that is no time.
    #[error(transparent)]
    Time(#[from] BadTime),
    /// Anything else that the caller got wrong.
    #[error("{0}")]
    Usage(String),
    /// A file of the ledger that people may edit, and got wrong.
    #[error("{file}: {what}")]
    BadFile {
        /// The file.
        file: String,
        /// What is wrong.
        what: String,
    },
}

/// How a format that is not written stands to those that are.
fn age(format: u32) -> &'static str {
    if format > FORMAT { "newer" } else { "older" }
}

impl AppError {
    /// A file of the ledger that can't be read as what it should be.
    #[must_use]
    pub fn bad_file(file: &Path, what: impl ToString) -> Self {
        Self::BadFile { file: file.display().to_string(), what: what.to_string() }
    }
}

impl From<super::resolve_id::Unsettled> for AppError {
    fn from(unsettled: super::resolve_id::Unsettled) -> Self {
        Self::Unsettled(Box::new(unsettled))
    }
}

impl From<crate::sync::twins::NotGathered> for AppError {
    fn from(not: crate::sync::twins::NotGathered) -> Self {
        super::resolve_id::Unsettled::from(not).into()
    }
}

impl From<ContractRefusal> for AppError {
    fn from(refusal: ContractRefusal) -> Self {
        Self::ContractRefused(Box::new(refusal))
    }
}

fn waits(files: usize) -> String {
    if files == 1 { "a file of the ledger waits".to_owned() } else { format!("{files} files of the ledger wait") }
}

/// The first names of a list.
fn some(files: &[String]) -> String {
    const NAMED_MAX: usize = 3;
    let named = files.iter().take(NAMED_MAX).map(String::as_str).collect::<Vec<_>>().join(", ");
    if files.len() > NAMED_MAX { format!("{named} and others") } else { named }
}
