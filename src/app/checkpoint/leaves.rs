//! The leaves that the ledger has now, in its canonical order: requests by id, each its packet and its events by number
//! and hash; then contracts by name, each its versions and its events.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::super::{AppError, Ledger};
use crate::contract::state::ContractState;
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, ContractRef, RequestId, Stream};
use crate::domain::leaf::Leaf;
use crate::index::cache::threads;
use crate::store::{Inspected, Stamp, StoreError, Surveyed};

/// The hashes of leaves, for asking whether one is among them.
#[derive(Debug, Default)]
pub(in crate::app) struct Leaves {
    sorted: Vec<Hash>,
    seen: Vec<AtomicBool>,
}

impl Leaves {
    pub(in crate::app) fn new(mut hashes: Vec<Hash>) -> Self {
        hashes.sort_unstable();
        hashes.dedup();
        let seen = hashes.iter().map(|_| AtomicBool::new(false)).collect();
        Self { sorted: hashes, seen }
    }

    pub(in crate::app) fn has(&self, hash: &Hash) -> bool {
        self.sorted.binary_search(hash).is_ok()
    }

    /// Whether it is among them, and remembers that it was asked for.
    fn see(&self, hash: &Hash) -> bool {
        let Ok(at) = self.sorted.binary_search(hash) else { return false };
        self.seen[at].store(true, Ordering::Relaxed);
        true
    }

    /// Whether it was asked for.
    pub(super) fn was_seen(&self, hash: &Hash) -> bool {
        self.sorted.binary_search(hash).is_ok_and(|at| self.seen[at].load(Ordering::Relaxed))
    }
}

/// What the ledger has beyond the leaves that are known, and the state of the files in which it was found.
#[derive(Debug, Default)]
pub(super) struct Fresh {
    stamps: HashMap<RequestId, Stamp>,
    requests: BTreeMap<RequestId, Vec<Leaf>>,
    contracts: Vec<Leaf>,
}

impl Fresh {
    /// The new leaves in canonical order.
    pub(super) fn into_leaves(self) -> Vec<Leaf> {
        self.requests.into_values().flatten().chain(self.contracts).collect()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.requests.is_empty() && self.contracts.is_empty()
    }
}

impl Ledger<'_> {
    /// Reads what has changed since the last look, and keeps the leaves that are not known.
    ///
    /// # Errors
    /// Damage: what can't be read can't be covered.
    pub(super) fn look(&self, known: &Leaves, fresh: &mut Fresh) -> Result<(), AppError> {
        let survey = self.store.survey()?;
        let is_new = |one: &&Surveyed| !one.stamp.settled || fresh.stamps.get(&one.id) != Some(&one.stamp);
        let changed: Vec<RequestId> = survey.iter().filter(is_new).map(|one| one.id).collect();
        let (progress, done) = (self.progress(), AtomicUsize::new(0));
        let read = |id: &RequestId| -> Result<(RequestId, Vec<Leaf>), StoreError> {
            progress(done.fetch_add(1, Ordering::Relaxed) + 1, changed.len());
            let mut leaves = self.request_leaves(*id)?;
            leaves.retain(|leaf| !known.see(&leaf.hash()));
            Ok((*id, leaves))
        };
        let found = in_parallel(&changed, &read)?;
        fresh.stamps = survey.iter().map(|one| (one.id, one.stamp)).collect();
        fresh.requests.retain(|id, _| fresh.stamps.contains_key(id));
        for (id, leaves) in found {
            if leaves.is_empty() {
                fresh.requests.remove(&id);
            } else {
                fresh.requests.insert(id, leaves);
            }
        }
        fresh.contracts.clear();
        for name in self.store.contracts()? {
            let leaves = self.contract_leaves(&name)?;
            fresh.contracts.extend(leaves.into_iter().filter(|leaf| !known.see(&leaf.hash())));
        }
        Ok(())
    }

    /// A request's packet and events. A request without events is one whose making was cut short: nobody was told of
    /// it.
    fn request_leaves(&self, id: RequestId) -> Result<Vec<Leaf>, StoreError> {
        let Some(history) = self.store.history(id)?.filter(|history| !history.events().is_empty()) else {
            return Ok(Vec::new());
        };
        let events = history.events().iter().map(|event| Leaf::Event(Stream::Request(id), event.hash()));
        Ok([Leaf::Packet(id, history.packet_hash())].into_iter().chain(events).collect())
    }

    /// A contract's registered versions and its events. A file that is not on record is a registration that was cut
    /// short.
    fn contract_leaves(&self, name: &ContractName) -> Result<Vec<Leaf>, StoreError> {
        let Some(graph) = self.store.contract(name)? else { return Ok(Vec::new()) };
        let state = ContractState::replay(name, &graph);
        let mut leaves = Vec::new();
        for (version, known) in &state.versions {
            let Some(reference) = ContractRef::new(name.clone(), *version) else { continue };
            let path = self.store.contract_place(name, Some(*version));
            let hash = self.store.version_bytes(name, *version)?.map(|bytes| Hash::of(&[&bytes]));
            match hash.filter(|hash| *hash == known.registered.sha256 || known.others.contains(hash)) {
                Some(hash) => leaves.push(Leaf::Version(reference, hash)),
                None => {
                    let what = "it is not the file that was registered: ledger verify tells more";
                    return Err(StoreError::damaged(None, &path, None, what));
                }
            }
        }
        leaves.extend(graph.events().iter().map(|event| Leaf::Event(Stream::Contract(name.clone()), event.hash())));
        Ok(leaves)
    }

    /// The hashes of all leaves that are here, of damaged requests those whose bytes can be read.
    ///
    /// # Errors
    /// Failed machinery.
    pub(super) fn present(&self) -> Result<Leaves, AppError> {
        let ids = self.store.requests()?;
        let read = |id: &RequestId| Ok(leaves_of(*id, &self.store.inspect(*id)?));
        let mut hashes: Vec<Hash> = in_parallel(&ids, &read)?.into_iter().flatten().collect();
        hashes.extend(self.present_of_contracts()?);
        Ok(Leaves::new(hashes))
    }

    /// The hashes of the contracts' leaves that are here.
    ///
    /// # Errors
    /// Failed machinery.
    pub(in crate::app) fn present_of_contracts(&self) -> Result<Vec<Hash>, AppError> {
        let mut hashes = Vec::new();
        for name in self.store.contracts()? {
            let found = self.store.inspect_contract(&name)?;
            let versions = found.versions.iter().filter_map(|(version, hash)| {
                Some(Leaf::Version(ContractRef::new(name.clone(), *version)?, *hash).hash())
            });
            hashes.extend(versions);
            let graph = found.graph.iter().flat_map(|graph| graph.events()).map(|event| event.hash());
            let events = graph.chain(found.lines.keys().copied());
            hashes.extend(events.map(|event| Leaf::Event(Stream::Contract(name.clone()), event).hash()));
        }
        Ok(hashes)
    }
}

/// The hashes of a request's leaves, as far as its bytes can be read.
pub(in crate::app) fn leaves_of(id: RequestId, found: &Inspected) -> Vec<Hash> {
    let packet = found.packet.map(|hash| Leaf::Packet(id, hash).hash());
    let event = |hash: Hash| Leaf::Event(Stream::Request(id), hash).hash();
    let events: Vec<Hash> = match &found.history {
        Some(history) => history.events().iter().map(|one| event(one.hash())).collect(),
        None => found.lines.keys().copied().map(event).collect(),
    };
    packet.into_iter().chain(events).collect()
}

/// Does something with every request, on all processors.
fn in_parallel<T: Send>(
    ids: &[RequestId],
    one: &(dyn Fn(&RequestId) -> Result<T, StoreError> + Sync),
) -> Result<Vec<T>, StoreError> {
    let share = ids.len().div_ceil(threads()).max(1);
    std::thread::scope(|scope| {
        let part = |part: &[RequestId]| part.iter().map(one).collect::<Result<Vec<T>, StoreError>>();
        let workers: Vec<_> = ids.chunks(share).map(|ids| scope.spawn(move || part(ids))).collect();
        let mut all = Vec::with_capacity(ids.len());
        for worker in workers {
            let died = |_| Err(StoreError::Unwritable("a reading thread died".into()));
            all.extend(worker.join().unwrap_or_else(died)?);
        }
        Ok(all)
    })
}
