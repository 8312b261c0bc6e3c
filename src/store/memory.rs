//! A store in memory: the model against which the others are tested.

mod checkpoints;

use std::collections::BTreeMap;
use std::io::{Cursor, Read};
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::contracts::{Added, Addition, Contracts, InspectedContract};
use super::{
    Append, Batch, Budget, Changes, Commit, Created, Derived, Fault, Inspected, NewRequest, Pass, Point, Records,
    Stamp, Store, StoreError, Surveyed, Writing,
};
use crate::domain::event::Event;
use crate::domain::graph::Graph;
use crate::domain::hash::Hash;
use crate::domain::history::{Head, History};
use crate::domain::id::{ContractName, Key, Origin, RequestId, Writer};
use crate::domain::packet::Packet;
use crate::domain::time::{Day, Hybrid};

/// A store in memory.
#[derive(Debug)]
pub struct MemoryStore {
    writer: Writer,
    /// Held by whoever writes, and by a batch from its beginning to its end; taken before `inner`.
    writing: Mutex<()>,
    /// Held by whoever makes a checkpoint; taken before `writing`.
    covering: Mutex<()>,
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    requests: Requests,
    contracts: BTreeMap<ContractName, Kept>,
    lists: BTreeMap<Origin, checkpoints::KeptList>,
    clock: Option<Hybrid>,
    marks: u64,
    index: Option<Vec<u8>>,
    gauge: Option<Vec<u8>>,
    matrix: Option<Vec<u8>>,
}

/// A contract.
#[derive(Debug)]
struct Kept {
    graph: Graph,
    versions: BTreeMap<u32, Vec<u8>>,
}

#[derive(Clone, Debug, Default)]
struct Requests {
    histories: BTreeMap<RequestId, History>,
    keys: BTreeMap<Key, RequestId>,
}

impl MemoryStore {
    /// An empty store that writes as `writer`.
    #[must_use]
    pub fn new(writer: Writer) -> Self {
        Self { writer, writing: Mutex::default(), covering: Mutex::default(), inner: Mutex::default() }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        held(&self.inner)
    }
}

fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Requests {
    fn create(&mut self, request: &NewRequest) -> Result<Created, StoreError> {
        if let Some(id) = request.draft.fields().key.as_ref().and_then(|key| self.keys.get(key)) {
            return Ok(Created::Existing(*id));
        }
        let id = match request.id {
            Some(id) if self.histories.contains_key(&id) => return Ok(Created::Taken(id)),
            Some(id) => id,
            None => self.next_id(request.created_at.day())?,
        };
        let packet = request.draft.identify(id, request.created_at, request.random);
        let hash = Packet::hash_of(&packet.to_bytes()?);
        let event = Event::genesis(&packet, hash, &request.genesis)?;
        let head = Head { n: event.n(), hash: event.hash() };
        if let Some(key) = &packet.key {
            self.keys.insert(key.clone(), id);
        }
        self.histories.insert(id, History::new(packet.clone(), hash, vec![event])?);
        Ok(Created::New(Box::new(packet), head))
    }

    fn next_id(&self, day: Day) -> Result<RequestId, StoreError> {
        let last = self.histories.keys().filter(|id| id.day() == day).map(|id| id.number()).max();
        RequestId::new(day, last.unwrap_or(0) + 1)
            .ok_or_else(|| StoreError::Unwritable(format!("no number is left on {day}")))
    }

    fn append(&mut self, id: RequestId, expected: &[Head], event: &Event) -> Result<Append, StoreError> {
        let history =
            self.histories.get_mut(&id).ok_or_else(|| StoreError::Unwritable(format!("{id} is not in this store")))?;
        if let Some(first) = event.key().and_then(|key| history.with_key(key)) {
            return Ok(Append::Duplicate(Head { n: first.n(), hash: first.hash() }));
        }
        if history.heads() != expected {
            return Ok(Append::Stale { actual: history.heads().to_vec() });
        }
        history.append(event.clone())?;
        Ok(Append::Committed(Head { n: event.n(), hash: event.hash() }))
    }
}

impl Inner {
    fn witness(&mut self, reading: Option<Hybrid>) -> Option<Hybrid> {
        let before = self.clock;
        self.clock = before.max(reading);
        before
    }
}

impl Records for MemoryStore {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        Ok(self.inner().requests.histories.contains_key(&id))
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        Ok(self.inner().requests.histories.get(&id).cloned())
    }

    fn find(&self, key: &Key, _: &Budget) -> Result<Option<RequestId>, StoreError> {
        Ok(self.inner().requests.keys.get(key).copied())
    }

    fn create(&self, request: &NewRequest, _: &Budget) -> Result<Created, StoreError> {
        let _writing = held(&self.writing);
        self.inner().requests.create(request)
    }

    fn append(&self, id: RequestId, expected: &[Head], event: &Event, _: &Budget) -> Result<Append, StoreError> {
        let _writing = held(&self.writing);
        self.inner().requests.append(id, expected, event)
    }

    fn witness(&self, reading: Option<Hybrid>, _: &Budget) -> Result<Option<Hybrid>, StoreError> {
        Ok(self.inner().witness(reading))
    }

    fn turn<'a>(&'a self, _: RequestId, _: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        Ok(Box::new(MemoryTurn { store: self, _writing: held(&self.writing) }))
    }
}

/// A turn in which nobody else writes.
struct MemoryTurn<'a> {
    store: &'a MemoryStore,
    _writing: MutexGuard<'a, ()>,
}

impl Records for MemoryTurn<'_> {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        self.store.contains(id)
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        self.store.history(id)
    }

    fn find(&self, key: &Key, budget: &Budget) -> Result<Option<RequestId>, StoreError> {
        self.store.find(key, budget)
    }

    fn create(&self, request: &NewRequest, _: &Budget) -> Result<Created, StoreError> {
        self.store.inner().requests.create(request)
    }

    fn append(&self, id: RequestId, expected: &[Head], event: &Event, _: &Budget) -> Result<Append, StoreError> {
        self.store.inner().requests.append(id, expected, event)
    }

    fn witness(&self, reading: Option<Hybrid>, budget: &Budget) -> Result<Option<Hybrid>, StoreError> {
        self.store.witness(reading, budget)
    }

    fn turn<'a>(&'a self, _: RequestId, _: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        Ok(Box::new(self))
    }
}

/// A pass over what is in memory.
struct MemoryPass<'a>(&'a MemoryStore);

impl Pass for MemoryPass<'_> {
    fn history(&mut self, id: RequestId) -> Result<Option<(History, Stamp)>, StoreError> {
        Ok(self.0.history(id)?.map(|history| {
            let stamp = stamp_of(&history);
            (history, stamp)
        }))
    }
}

fn stamp_of(history: &History) -> Stamp {
    let mut parts = [history.events().len() as u64, 0, 0, 0, 0, 0, 0, 0];
    for (part, head) in parts[1..].iter_mut().zip(history.heads()) {
        *part = head.hash.spread();
    }
    Stamp { parts, settled: true }
}

impl Store for MemoryStore {
    fn requests(&self) -> Result<Vec<RequestId>, StoreError> {
        Ok(self.inner().requests.histories.keys().copied().collect())
    }

    fn survey(&self) -> Result<Vec<Surveyed>, StoreError> {
        let surveyed = |(id, history): (&RequestId, &History)| Surveyed { id: *id, stamp: stamp_of(history) };
        Ok(self.inner().requests.histories.iter().map(surveyed).collect())
    }

    fn pass(&self) -> Result<Box<dyn Pass + '_>, StoreError> {
        Ok(Box::new(MemoryPass(self)))
    }

    fn stamps(&self, ids: &[RequestId]) -> Result<Vec<Option<Stamp>>, StoreError> {
        let inner = self.inner();
        Ok(ids.iter().map(|id| inner.requests.histories.get(id).map(stamp_of)).collect())
    }

    fn changes(&self, _: Option<&Point>) -> Result<Changes, StoreError> {
        // Looking at everything costs nothing here.
        Ok(Changes { all: true, ..Changes::default() })
    }

    fn cache_place(&self) -> Option<PathBuf> {
        None
    }

    fn forget_cache(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn inspect(&self, id: RequestId) -> Result<Inspected, StoreError> {
        let history = self.history(id)?;
        Ok(Inspected { packet: history.as_ref().map(History::packet_hash), history, ..Inspected::default() })
    }

    fn packet_bytes(&self, id: RequestId) -> Result<Option<Vec<u8>>, StoreError> {
        let history = self.history(id)?;
        Ok(history.map(|history| history.packet().to_bytes()).transpose()?)
    }

    fn strays(&self) -> Result<Vec<Fault>, StoreError> {
        Ok(Vec::new())
    }

    fn places(&self, id: RequestId) -> (PathBuf, PathBuf) {
        (format!("memory:{id}.json").into(), format!("memory:{id}.jsonl").into())
    }

    fn batch<'a>(&'a self, _: &Budget) -> Result<Box<dyn Batch + 'a>, StoreError> {
        let writing = held(&self.writing);
        let copy = Mutex::new(self.inner().requests.clone());
        Ok(Box::new(MemoryBatch { store: self, copy, _writing: writing }))
    }

    fn writer(&self) -> Result<Writer, StoreError> {
        Ok(self.writer.clone())
    }

    fn mark(&self, writes: usize) -> Result<u64, StoreError> {
        let mut inner = self.inner();
        inner.marks += writes as u64;
        Ok(inner.marks)
    }

    fn marks(&self) -> Result<u64, StoreError> {
        Ok(self.inner().marks)
    }

    fn derived(&self, which: Derived) -> Result<Option<Vec<u8>>, StoreError> {
        let inner = self.inner();
        Ok(match which {
            Derived::Index => inner.index.clone(),
            Derived::Gauge => inner.gauge.clone(),
            Derived::Sweep => None,
            Derived::Matrix => inner.matrix.clone(),
        })
    }

    fn read_derived(&self, which: Derived) -> Result<Option<Box<dyn Read>>, StoreError> {
        Ok(self.derived(which)?.map(|bytes| Box::new(Cursor::new(bytes)) as Box<dyn Read>))
    }

    fn write_derived(&self, which: Derived, write: Writing<'_>) -> Result<(), StoreError> {
        let mut bytes = Vec::new();
        write(&mut bytes).map_err(|source| StoreError::Io { doing: "write", path: "memory:derived".into(), source })?;
        let mut inner = self.inner();
        match which {
            Derived::Index => inner.index = Some(bytes),
            Derived::Gauge => inner.gauge = Some(bytes),
            // Everything is looked at each time.
            Derived::Sweep => {}
            Derived::Matrix => inner.matrix = Some(bytes),
        }
        Ok(())
    }

    fn projecting(&self, _: &Budget, work: &mut dyn FnMut() -> Result<(), StoreError>) -> Result<(), StoreError> {
        work()
    }
}

impl Contracts for MemoryStore {
    fn contracts(&self) -> Result<Vec<ContractName>, StoreError> {
        Ok(self.inner().contracts.keys().cloned().collect())
    }

    fn contract(&self, name: &ContractName) -> Result<Option<Graph>, StoreError> {
        Ok(self.inner().contracts.get(name).map(|kept| kept.graph.clone()))
    }

    fn version_files(&self, name: &ContractName) -> Result<Vec<u32>, StoreError> {
        Ok(self.inner().contracts.get(name).map(|kept| kept.versions.keys().copied().collect()).unwrap_or_default())
    }

    fn version_bytes(&self, name: &ContractName, version: u32) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.inner().contracts.get(name).and_then(|kept| kept.versions.get(&version).cloned()))
    }

    fn add_to_contract(
        &self,
        name: &ContractName,
        expected: &[Head],
        addition: Addition<'_>,
        _: &Budget,
    ) -> Result<Added, StoreError> {
        let _writing = held(&self.writing);
        let mut inner = self.inner();
        let known = inner.contracts.get(name);
        let mut graph = known.map_or_else(|| Graph::of_contract(name, Vec::new()), |kept| Ok(kept.graph.clone()))?;
        if let Some(first) = addition.event.key().and_then(|key| graph.with_key(key)) {
            return Ok(Added::Appended(Append::Duplicate(Head::of(first))));
        }
        if graph.heads() != expected {
            return Ok(Added::Appended(Append::Stale { actual: graph.heads().to_vec() }));
        }
        if let Some((version, bytes)) = addition.version
            && known.and_then(|kept| kept.versions.get(&version)).is_some_and(|there| there != bytes)
        {
            return Ok(Added::Taken(self.contract_place(name, Some(version))));
        }
        graph.append(addition.event.clone())?;
        let mut versions = inner.contracts.remove(name).map(|kept| kept.versions).unwrap_or_default();
        versions.extend(addition.version.map(|(version, bytes)| (version, bytes.to_vec())));
        inner.contracts.insert(name.clone(), Kept { graph, versions });
        Ok(Added::Appended(Append::Committed(Head::of(addition.event))))
    }

    fn inspect_contract(&self, name: &ContractName) -> Result<InspectedContract, StoreError> {
        let inner = self.inner();
        let Some(kept) = inner.contracts.get(name) else { return Ok(InspectedContract::default()) };
        let versions = kept.versions.iter().map(|(version, bytes)| (*version, Hash::of(&[bytes]))).collect();
        Ok(InspectedContract { graph: Some(kept.graph.clone()), versions, ..InspectedContract::default() })
    }

    fn contract_strays(&self) -> Result<Vec<Fault>, StoreError> {
        Ok(Vec::new())
    }

    fn root(&self) -> PathBuf {
        "memory:".into()
    }

    fn contract_place(&self, name: &ContractName, version: Option<u32>) -> PathBuf {
        version.map_or_else(|| format!("memory:{name}"), |version| format!("memory:{name}/v{version}.json")).into()
    }
}

/// A batch on a copy that replaces the store's requests when it is committed.
struct MemoryBatch<'a> {
    store: &'a MemoryStore,
    copy: Mutex<Requests>,
    _writing: MutexGuard<'a, ()>,
}

impl MemoryBatch<'_> {
    fn copy(&self) -> MutexGuard<'_, Requests> {
        held(&self.copy)
    }
}

impl Records for MemoryBatch<'_> {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        Ok(self.copy().histories.contains_key(&id))
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        Ok(self.copy().histories.get(&id).cloned())
    }

    fn find(&self, key: &Key, _: &Budget) -> Result<Option<RequestId>, StoreError> {
        Ok(self.copy().keys.get(key).copied())
    }

    fn create(&self, request: &NewRequest, _: &Budget) -> Result<Created, StoreError> {
        self.copy().create(request)
    }

    fn append(&self, id: RequestId, expected: &[Head], event: &Event, _: &Budget) -> Result<Append, StoreError> {
        self.copy().append(id, expected, event)
    }

    fn witness(&self, reading: Option<Hybrid>, _: &Budget) -> Result<Option<Hybrid>, StoreError> {
        Ok(self.store.inner().witness(reading))
    }

    fn turn<'a>(&'a self, _: RequestId, _: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        Ok(Box::new(self))
    }
}

impl Batch for MemoryBatch<'_> {
    fn commit(self: Box<Self>) -> Result<Commit, StoreError> {
        self.store.inner().requests = std::mem::take(&mut *self.copy());
        Ok(Commit::Committed { syncs: 0 })
    }
}
