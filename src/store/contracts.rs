//! What a store keeps of contracts: the files of their versions, and a log each.
//!
//! A version is a put-if-absent, a log a compare-and-append, as for requests; both happen in one call, so that a
//! version is never on record without its file.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Append, Budget, Fault, StoreError};
use crate::domain::event::Event;
use crate::domain::graph::{Graph, Head};
use crate::domain::hash::Hash;
use crate::domain::id::ContractName;

/// The largest file of a version, in bytes.
pub const VERSION_BYTES_MAX: usize = 10 * 1024 * 1024;

/// What is put on record.
#[derive(Clone, Copy, Debug)]
pub struct Addition<'a> {
    /// The event.
    pub event: &'a Event,
    /// The version that it registers, with the bytes of its file.
    pub version: Option<(u32, &'a [u8])>,
}

/// What became of an addition.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Added {
    /// What became of the event.
    Appended(Append),
    /// Another file has the version's name, and is not on record: nothing was written.
    Taken(PathBuf),
}

/// A contract as [`Contracts::inspect_contract`] finds it.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct InspectedContract {
    /// Its events, if they can be read.
    pub graph: Option<Graph>,
    /// The files of its versions that can be read, by version.
    pub versions: BTreeMap<u32, Hash>,
    /// Everything that is wrong with its bytes.
    pub faults: Vec<Fault>,
    /// In which line of the log each event stands, as far as that is known.
    pub lines: std::collections::HashMap<Hash, usize>,
}

/// Where contracts are kept.
pub trait Contracts {
    /// All contracts, in order.
    ///
    /// # Errors
    /// Machinery that failed.
    fn contracts(&self) -> Result<Vec<ContractName>, StoreError>;

    /// The events of a contract; `None` if there is none.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if its bytes are not what was written, or machinery that failed.
    fn contract(&self, name: &ContractName) -> Result<Option<Graph>, StoreError>;

    /// The versions that have a file, in order, registered or not.
    ///
    /// # Errors
    /// Machinery that failed.
    fn version_files(&self, name: &ContractName) -> Result<Vec<u32>, StoreError>;

    /// The bytes of a version's file; `None` if it is not there.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] if it is no plain file, or machinery that failed.
    fn version_bytes(&self, name: &ContractName, version: u32) -> Result<Option<Vec<u8>>, StoreError>;

    /// Appends an event, and before it puts the file of the version that it registers in its place, if the contract's
    /// heads are the `expected` ones and the event's key was not used before.
    ///
    /// # Errors
    /// Machinery that failed before anything was written, or whose traces could be removed.
    fn add_to_contract(
        &self,
        name: &ContractName,
        expected: &[Head],
        addition: Addition<'_>,
        budget: &Budget,
    ) -> Result<Added, StoreError>;

    /// Reads a contract and tells everything that is wrong with its bytes, not only the first thing.
    ///
    /// # Errors
    /// Machinery that failed; damage is an answer here.
    fn inspect_contract(&self, name: &ContractName) -> Result<InspectedContract, StoreError>;

    /// What lies among the contracts and belongs to none.
    ///
    /// # Errors
    /// Machinery that failed.
    fn contract_strays(&self) -> Result<Vec<Fault>, StoreError>;

    /// The folder that holds the store, where git is asked.
    fn root(&self) -> PathBuf;

    /// Where a contract's folder is, for people; of one of its versions the file.
    fn contract_place(&self, name: &ContractName, version: Option<u32>) -> PathBuf;
}
