//! The registry of contracts, as it lies on disk and as it was at a commit of git.
//!
//! Both are read into a [`Shelf`]. Nothing is written here: what is put on record goes through the store.

pub mod git;
pub mod objects;

use std::collections::BTreeMap;

use crate::contract::state::ContractState;
use crate::domain::graph::Graph;
use crate::domain::hash::Hash;
use crate::domain::id::ContractName;
use crate::store::{Contracts, StoreError};

/// A contract: its log, and the files of its versions.
#[derive(Clone, PartialEq, Debug)]
pub struct Shelf {
    /// Its events.
    pub graph: Graph,
    /// What they add up to.
    pub state: ContractState,
    /// The files of its versions, registered or not.
    pub files: BTreeMap<u32, Vec<u8>>,
}

impl Shelf {
    /// A contract of its parts.
    #[must_use]
    pub fn new(name: &ContractName, graph: Graph, files: BTreeMap<u32, Vec<u8>>) -> Self {
        let state = ContractState::replay(name, &graph);
        Self { graph, state, files }
    }

    /// The versions whose files are not those that were registered: another content, or none.
    #[must_use]
    pub fn changed(&self) -> Vec<(u32, Option<Hash>)> {
        let now = |version: &u32| self.files.get(version).map(|bytes| Hash::of(&[bytes]));
        let all = self.state.versions.iter().map(|(version, known)| (*version, known, now(version)));
        all.filter(|(_, known, now)| *now != Some(known.registered.sha256))
            .map(|(version, _, now)| (version, now))
            .collect()
    }

    /// The versions that have a file and no registration.
    #[must_use]
    pub fn unregistered(&self) -> Vec<u32> {
        self.files.keys().filter(|version| !self.state.versions.contains_key(version)).copied().collect()
    }
}

/// Reads a contract with all its files; `None` if there is neither a file nor an event.
///
/// # Errors
/// Damaged bytes, or machinery that failed.
pub fn on_disk(store: &dyn Contracts, name: &ContractName) -> Result<Option<Shelf>, StoreError> {
    let graph = store.contract(name)?;
    let mut files = BTreeMap::new();
    for version in store.version_files(name)? {
        files.extend(store.version_bytes(name, version)?.map(|bytes| (version, bytes)));
    }
    let graph = match graph {
        Some(graph) => graph,
        None if files.is_empty() => return Ok(None),
        None => Graph::of_contract(name, Vec::new())?,
    };
    Ok(Some(Shelf::new(name, graph, files)))
}
