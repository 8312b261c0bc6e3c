//! Stores: where packets and events are kept.
//!
//! A store is a put-if-absent for packets and a compare-and-append for events. A stale expectation, a key that was seen
//! before and an unknown outcome are answers; errors are failed machinery. It knows nothing of the workflow: whether an
//! event is allowed was decided above.

pub mod budget;
pub mod checkpoints;
#[cfg(test)]
pub(crate) mod conformance;
pub mod contracts;
pub mod fs;
pub mod memory;

use std::io::{Read, Write};
use std::path::PathBuf;

use crate::domain::event::{BadEvent, Event, Genesis};
use crate::domain::history::{BadHistory, Head, History};
use crate::domain::id::{Key, RequestId, Stream, Writer};
use crate::domain::packet::{BadPacket, Draft, Packet};
use crate::domain::time::{Hybrid, Timestamp};

pub use budget::{Budget, Notice};
pub use checkpoints::Checkpoints;
pub use contracts::Contracts;

/// A request to be made, complete but for its number, unless it brings one along.
#[derive(Clone, Debug)]
pub struct NewRequest {
    /// The packet without its identity.
    pub draft: Draft,
    /// The number that it has already, where it was kept by hand before; else it gets the next of the day.
    pub id: Option<RequestId>,
    /// When it is made; its day is the day of the id that it gets.
    pub created_at: Timestamp,
    /// The random bits of its UUIDv7.
    pub random: [u8; 10],
    /// What its first event needs.
    pub genesis: Genesis,
}

/// What became of a create.
#[derive(Clone, PartialEq, Debug)]
pub enum Created {
    /// It was made.
    New(Box<Packet>, Head),
    /// A request with this key was there; whether it means the same is for the caller to judge.
    Existing(RequestId),
    /// The number that it was to keep is another request's; nothing was made.
    Taken(RequestId),
    /// It may or may not be there.
    Unknown(String),
}

/// What became of an append.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Append {
    /// It is on record, durably.
    Committed(Head),
    /// An event with this key was there; whether it means the same is for the caller to judge.
    Duplicate(Head),
    /// The heads are others than the writer expected: read again, decide again.
    Stale {
        /// The heads as they are.
        actual: Vec<Head>,
    },
    /// It may or may not be there.
    Unknown(String),
}

/// A token that changes whenever the stored bytes of a request change.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct Stamp {
    /// Opaque numbers; equal stamps mean equal bytes, if both are settled.
    pub parts: [u64; 8],
    /// Whether a later change is sure to show: false while the bytes are so young that another change could leave the
    /// same token.
    pub settled: bool,
}

/// One request as [`Store::survey`] finds it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Surveyed {
    /// Which request.
    pub id: RequestId,
    /// Its token.
    pub stamp: Stamp,
}

/// How far a reader has got in what was written: opaque, and to be kept beside what it read.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Point(pub String);

/// What a reader has to look at again, as [`Store::changes`] tells it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Changes {
    /// Everything: what changed can't be told.
    pub all: bool,
    /// The requests that were written to since, or are being written to.
    pub touched: std::collections::BTreeSet<RequestId>,
    /// How far the reader has got once it has looked at them.
    pub point: Point,
}

/// Files that are computed from packets and events and can be thrown away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Derived {
    /// `coordination/index.json`.
    Index,
    /// The local note of how far the index has got.
    Gauge,
    /// The local note of how far readers have got in looking at all requests in turn.
    Sweep,
    /// `coordination/compatibility_matrix.json`.
    Matrix,
}

/// The code of the fault that two requests have one number.
pub const NUMBER_TWICE: &str = "number-twice";

/// Stored bytes that are not what they should be, or do not belong where they are.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// A stable name for programs.
    pub code: &'static str,
    /// The request, where it is about one.
    pub id: Option<RequestId>,
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
}

/// A request as [`Store::inspect`] finds it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Inspected {
    /// Its history, if one can be read.
    pub history: Option<History>,
    /// The digest of its packet's file, if that can be read.
    pub packet: Option<crate::domain::hash::Hash>,
    /// Everything that is wrong with its bytes.
    pub faults: Vec<Fault>,
    /// In which line of the log each event stands, as far as that is known.
    pub lines: std::collections::HashMap<crate::domain::hash::Hash, usize>,
}

/// Failed machinery.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// There is no ledger here.
    #[error("no ledger: {} is missing", .0.display())]
    NotALedger(PathBuf),
    /// A system call failed.
    #[error("could not {doing} {}: {source}", .path.display())]
    Io {
        /// What was tried.
        doing: &'static str,
        /// On which path.
        path: PathBuf,
        /// How it failed.
        source: std::io::Error,
    },
    /// The budget ran out before anything was written.
    #[error("gave up after {waited_ms} ms waiting for {what}{}", .holder.as_ref().map(|h| format!(", held by {h}")).unwrap_or_default())]
    Busy {
        /// What was waited for.
        what: String,
        /// Who holds it, as the lock file says.
        holder: Option<String>,
        /// For how long.
        waited_ms: u64,
    },
    /// Stored bytes are not what they should be.
    #[error("{}{}: {what}", .path.display(), .line.map(|l| format!(":{l}")).unwrap_or_default())]
    Damaged {
        /// The request, where it is one.
        id: Option<RequestId>,
        /// The file.
        path: PathBuf,
        /// The line, counted from 1.
        line: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// What is to be written breaks a bound of the format.
    #[error("{0}")]
    Unwritable(String),
    /// Written by a newer program: readable as far as it is known, never written.
    #[error("{0} is of a newer format: this program can read it and must not write to it")]
    Newer(String),
    /// What is to be there wholly or not at all was begun, and failed: whoever writes next completes it, if it can be.
    #[error("it was begun, and whoever writes next completes it: {0}")]
    Begun(Box<StoreError>),
}

impl StoreError {
    /// The same of something that had begun.
    #[must_use]
    pub fn begun(self) -> Self {
        Self::Begun(Box::new(self))
    }

    /// A damage with a place.
    #[must_use]
    pub fn damaged(id: Option<RequestId>, path: &std::path::Path, line: Option<usize>, what: impl ToString) -> Self {
        Self::Damaged { id, path: path.to_owned(), line, what: what.to_string() }
    }

    /// Whether it is about some files alone, which are damaged or not handed out to whoever asks: what is in others can be
    /// told all the same.
    #[must_use]
    pub fn is_of_files(&self) -> bool {
        const EIO: i32 = 5;
        match self {
            Self::Damaged { .. } => true,
            Self::Io { source, .. } => {
                source.kind() == std::io::ErrorKind::PermissionDenied || source.raw_os_error() == Some(EIO)
            }
            Self::NotALedger(_) | Self::Busy { .. } | Self::Unwritable(_) | Self::Newer(_) | Self::Begun(_) => false,
        }
    }
}

/// The code of the fault that something can't be read.
#[must_use]
pub fn unread_code(error: &std::io::Error) -> &'static str {
    if error.kind() == std::io::ErrorKind::PermissionDenied { "not-readable" } else { "read-failed" }
}

/// The same in words.
#[must_use]
pub fn unread(error: &std::io::Error) -> String {
    format!("it can't be read: {error}")
}

/// The request that a stream is, where it is one.
#[must_use]
pub fn request_of(stream: &Stream) -> Option<RequestId> {
    match stream {
        Stream::Request(id) => Some(*id),
        Stream::Contract(_) => None,
    }
}

impl From<BadPacket> for StoreError {
    fn from(error: BadPacket) -> Self {
        Self::Unwritable(error.to_string())
    }
}

impl From<BadEvent> for StoreError {
    fn from(error: BadEvent) -> Self {
        Self::Unwritable(error.to_string())
    }
}

impl From<BadHistory> for StoreError {
    fn from(error: BadHistory) -> Self {
        Self::Unwritable(error.to_string())
    }
}

/// What stores and batches have in common.
pub trait Records {
    /// Whether there is such a request, be it damaged.
    ///
    /// # Errors
    /// Machinery that failed.
    fn contains(&self, id: RequestId) -> Result<bool, StoreError>;

    /// The history of a request; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its bytes are not what was written, or machinery that failed.
    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError>;

    /// The request that was made with this key; of several, which other clones made, the one with the smallest id. Exact: a
    /// request that is there is found.
    ///
    /// # Errors
    /// Machinery that failed.
    fn find(&self, key: &Key, budget: &Budget) -> Result<Option<RequestId>, StoreError>;

    /// Makes a request, unless its key was used before.
    ///
    /// # Errors
    /// Machinery that failed before anything was written, or whose traces could be removed.
    fn create(&self, request: &NewRequest, budget: &Budget) -> Result<Created, StoreError>;

    /// Appends an event if the request's heads are the `expected` ones and the event's key was not used before.
    ///
    /// # Errors
    /// Machinery that failed before anything was written, or whose traces could be removed.
    fn append(&self, id: RequestId, expected: &[Head], event: &Event, budget: &Budget) -> Result<Append, StoreError>;

    /// The latest hybrid clock that this clone has seen, and from now on `reading` too.
    ///
    /// # Errors
    /// Machinery that failed.
    fn witness(&self, reading: Option<Hybrid>, budget: &Budget) -> Result<Option<Hybrid>, StoreError>;

    /// Waits for a turn at a request: until it is dropped, what is read of the request by way of it stays true until it
    /// is appended to by way of it. A writer that reads and appends without one is right all the same, but may find its
    /// reading stale again and again, and so never come to write.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or machinery that failed.
    fn turn<'a>(&'a self, id: RequestId, budget: &Budget) -> Result<Box<dyn Records + 'a>, StoreError>;
}

impl<R: Records + ?Sized> Records for &R {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        (**self).contains(id)
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        (**self).history(id)
    }

    fn find(&self, key: &Key, budget: &Budget) -> Result<Option<RequestId>, StoreError> {
        (**self).find(key, budget)
    }

    fn create(&self, request: &NewRequest, budget: &Budget) -> Result<Created, StoreError> {
        (**self).create(request, budget)
    }

    fn append(&self, id: RequestId, expected: &[Head], event: &Event, budget: &Budget) -> Result<Append, StoreError> {
        (**self).append(id, expected, event, budget)
    }

    fn witness(&self, reading: Option<Hybrid>, budget: &Budget) -> Result<Option<Hybrid>, StoreError> {
        (**self).witness(reading, budget)
    }

    fn turn<'a>(&'a self, id: RequestId, budget: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        (**self).turn(id, budget)
    }
}

/// A pass over many requests: it may hold open what it reads from, so it is given up after some thousands.
pub trait Pass {
    /// The history of a request, with the token of the bytes that it was read from; `None` if there is none.
    ///
    /// # Errors
    /// As [`Records::history`]. What looks damaged may be half of a batch: only that one knows.
    fn history(&mut self, id: RequestId) -> Result<Option<(History, Stamp)>, StoreError>;
}

/// A place where packets and events are kept. Everything that it answers as done is durable.
pub trait Store: Records + Contracts + Checkpoints + Send + Sync {
    /// All requests, in order.
    ///
    /// # Errors
    /// Machinery that failed.
    fn requests(&self) -> Result<Vec<RequestId>, StoreError>;

    /// All requests with their tokens, in order.
    ///
    /// # Errors
    /// Machinery that failed.
    fn survey(&self) -> Result<Vec<Surveyed>, StoreError>;

    /// Begins a pass over the histories of many requests.
    ///
    /// # Errors
    /// Machinery that failed.
    fn pass(&self) -> Result<Box<dyn Pass + '_>, StoreError>;

    /// The tokens of these requests, in their order; `None` of one that is not there.
    ///
    /// # Errors
    /// Machinery that failed.
    fn stamps(&self, ids: &[RequestId]) -> Result<Vec<Option<Stamp>>, StoreError>;

    /// What changed since a point. Everything that was acknowledged before the call is told; of what is changed by
    /// others than this store's writers, only what shows in the times of folders.
    ///
    /// # Errors
    /// Machinery that failed.
    fn changes(&self, since: Option<&Point>) -> Result<Changes, StoreError>;

    /// Where a local cache may be kept; `None` where there is no place.
    fn cache_place(&self) -> Option<PathBuf>;

    /// Removes the local cache, with all that its library keeps beside it.
    ///
    /// # Errors
    /// Machinery that failed.
    fn forget_cache(&self) -> Result<(), StoreError>;

    /// Reads a request and tells everything that is wrong with its bytes, not only the first thing.
    ///
    /// # Errors
    /// Machinery that failed; damage is an answer here.
    fn inspect(&self, id: RequestId) -> Result<Inspected, StoreError>;

    /// The bytes of a request's packet; `None` if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is no plain file, or machinery that failed.
    fn packet_bytes(&self, id: RequestId) -> Result<Option<Vec<u8>>, StoreError>;

    /// What lies in the store and belongs to no request.
    ///
    /// # Errors
    /// Machinery that failed.
    fn strays(&self) -> Result<Vec<Fault>, StoreError>;

    /// Where a request's packet and log are, for people.
    fn places(&self, id: RequestId) -> (PathBuf, PathBuf);

    /// Begins a batch: its writes become durable together. Other writers wait until it is over.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or machinery that failed.
    fn batch<'a>(&'a self, budget: &Budget) -> Result<Box<dyn Batch + 'a>, StoreError>;

    /// Which clone this is.
    ///
    /// # Errors
    /// Machinery that failed.
    fn writer(&self) -> Result<Writer, StoreError>;

    /// Counts writes that the index does not know of yet; called once they are made. Answers with how many were ever
    /// marked.
    ///
    /// # Errors
    /// Machinery that failed.
    fn mark(&self, writes: usize) -> Result<u64, StoreError>;

    /// How many writes were ever marked.
    ///
    /// # Errors
    /// Machinery that failed.
    fn marks(&self) -> Result<u64, StoreError>;

    /// The bytes of a derived file; `None` if it is not there.
    ///
    /// # Errors
    /// Machinery that failed.
    fn derived(&self, which: Derived) -> Result<Option<Vec<u8>>, StoreError>;

    /// The bytes of a derived file one after the other; `None` if it is not there.
    ///
    /// # Errors
    /// Machinery that failed.
    fn read_derived(&self, which: Derived) -> Result<Option<Box<dyn Read>>, StoreError>;

    /// Replaces a derived file as a whole.
    ///
    /// # Errors
    /// Machinery that failed; the old bytes are then still there.
    fn replace_derived(&self, which: Derived, bytes: &[u8]) -> Result<(), StoreError> {
        self.write_derived(which, &mut |file| file.write_all(bytes))
    }

    /// Replaces a derived file as a whole with what `write` writes, which need not fit into memory.
    ///
    /// # Errors
    /// Machinery that failed, or `write`; the old bytes are then still there.
    fn write_derived(&self, which: Derived, write: Writing<'_>) -> Result<(), StoreError>;

    /// Runs `work` while nobody else projects.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or what `work` answers.
    fn projecting(&self, budget: &Budget, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError>;
}

/// Whoever writes a file piece by piece.
pub type Writing<'a> = &'a mut dyn FnMut(&mut dyn Write) -> std::io::Result<()>;

/// Writes that become durable together. Dropped without a commit, they never happened.
pub trait Batch: Records {
    /// Makes all of the batch's writes durable.
    ///
    /// # Errors
    /// Machinery that failed; nothing of the batch is then on record.
    fn commit(self: Box<Self>) -> Result<Commit, StoreError>;
}

/// What became of a batch.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Commit {
    /// All of it is on record, durably; with the number of sync calls that it took.
    Committed {
        /// Calls that waited for the disk.
        syncs: u64,
    },
    /// It may or may not be there, as a whole.
    Unknown(String),
}
