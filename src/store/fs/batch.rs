//! Batches: many writes that share their syncs.
//!
//! A batch holds the ledger alone, decides against an overlay in memory, and writes at its commit: first the journal,
//! durably; then packets and lines; then one sync of the file system; then the journal goes. An operation of a batch is
//! on record when the commit has answered, not before.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::path::PathBuf;

use super::create::without_source;
use super::disk::{Create, Named};
use super::journal::{self, Lines, Plan};
use super::keys::Keys;
use super::lock::{Lock, Sharing};
use super::log;
use super::{FsStore, io};
use crate::domain::event::{Event, Genesis};
use crate::domain::history::{Head, History};
use crate::domain::id::{Key, RequestId, Stream};
use crate::domain::lease::Leases;
use crate::domain::packet::Packet;
use crate::domain::time::{Day, Hybrid};
use crate::store::budget::Progress;
use crate::store::{Append, Batch, Budget, Commit, Created, NewRequest, Records, StoreError};

/// A batch on a file-system store.
pub struct FsBatch<'a> {
    store: &'a FsStore,
    inner: RefCell<Inner<'a>>,
    budget: Budget,
    _creating: Lock,
    _alone: (Lock, Lock),
}

struct Inner<'a> {
    keys: Keys<'a>,
    plan: Plan,
    histories: BTreeMap<RequestId, History>,
    by_key: HashMap<Key, RequestId>,
    numbers: BTreeMap<Day, u32>,
    leases: Leases,
    clock: Option<Hybrid>,
    /// The locks whose logs are known to be durable.
    settled: HashSet<PathBuf>,
}

impl<'a> FsBatch<'a> {
    /// Begins a batch: waits until the ledger is held alone.
    ///
    /// # Errors
    /// [`StoreError::Busy`], or machinery that failed.
    pub fn begin(store: &'a FsStore, budget: &Budget) -> Result<Self, StoreError> {
        let alone = store.enter_alone(budget)?;
        journal::recover(store, budget)?;
        store.shorten_changes();
        let create = store.layout.lock("create");
        let creating = Lock::take(&store.files, &create, "the making of requests", Sharing::Exclusive, budget)?;
        let inner = Inner {
            keys: Keys::to_write(&store.layout, &store.files, &store.keys),
            plan: Plan::default(),
            histories: BTreeMap::new(),
            by_key: HashMap::new(),
            numbers: BTreeMap::new(),
            leases: store.leases(),
            clock: store.witness(None, budget)?,
            settled: HashSet::new(),
        };
        Ok(Self { store, inner: RefCell::new(inner), budget: budget.clone(), _creating: creating, _alone: alone })
    }

    fn next_id(&self, inner: &mut Inner<'_>, day: Day, genesis: &Genesis) -> Result<RequestId, StoreError> {
        let known = inner.numbers.get(&day).copied();
        let mut number = match known {
            Some(last) => self.store.following(&inner.leases, day, last)?,
            None => self.store.next_number(day)?,
        };
        loop {
            // One that brought its number along may have this one.
            if RequestId::new(day, number).is_some_and(|id| inner.plan.packets.contains_key(&id)) {
                number = self.store.following(&inner.leases, day, number)?;
                continue;
            }
            if known.is_none() {
                for id in self.store.cut_short_before(day, number) {
                    // Best effort, as in a single create.
                    let _ = self.complete(inner, id, genesis);
                }
            }
            let id = RequestId::new(day, number)
                .ok_or_else(|| StoreError::Unwritable(format!("no number is left on {day}")))?;
            if !self.store.is_somebodys(id)? {
                inner.numbers.insert(day, number);
                return Ok(id);
            }
            number = self.store.number_after(day, number)?;
        }
    }

    /// Begins a request whose making was cut short; one that has begun is only loaded, so that it is made durable.
    fn complete(&self, inner: &mut Inner<'_>, id: RequestId, genesis: &Genesis) -> Result<(), StoreError> {
        self.load(inner, id)?;
        let Some(history) = inner.histories.get_mut(&id).filter(|history| history.heads().is_empty()) else {
            return Ok(());
        };
        let first = Event::genesis(history.packet(), history.packet_hash(), &without_source(genesis))?;
        history.append(first.clone())?;
        inner.plan.add_line(id, &first);
        Ok(())
    }

    /// Loads a request that the batch did not touch yet; mends the end of its log.
    fn load(&self, inner: &mut Inner<'_>, id: RequestId) -> Result<bool, StoreError> {
        if inner.histories.contains_key(&id) {
            return Ok(true);
        }
        let Some(packet) = self.store.packet(id)? else {
            // Nothing, or a log without a packet: the store's own reading tells which.
            return self.store.read_history(id).map(|history| history.is_some());
        };
        self.settle(inner, id)?;
        let (_, log) = self.store.open_log(&Stream::Request(id), &self.budget)?;
        let at = log.whole_len as u64;
        let history = self.store.history_from(id, packet, log.events)?;
        inner.histories.insert(id, history);
        inner.plan.logs.insert(id, Lines { at, text: String::new() });
        Ok(true)
    }

    /// Writes once more what a writer that was killed did not sync. Nobody else holds a request's lock now.
    fn settle(&self, inner: &mut Inner<'_>, id: RequestId) -> Result<(), StoreError> {
        let path = self.store.layout.request_lock(id);
        if inner.settled.contains(&path) {
            return Ok(());
        }
        if let Some(lock) = Lock::try_take(&self.store.files, &path, Sharing::Exclusive)? {
            self.store.settle(&lock)?;
        }
        inner.settled.insert(path);
        Ok(())
    }

    /// Writes what the plan says. Two halves at once: making files is most of the work, and the kernel's part of it
    /// runs on as many cores as there are.
    fn write(&self, plan: &Plan) -> Result<(), StoreError> {
        let tasks: Vec<Task<'_>> = plan
            .packets
            .iter()
            .map(|(id, text)| Task::Packet(*id, text))
            .chain(plan.written().map(|(id, lines)| Task::Log(id, lines)))
            .collect();
        let (first, second) = tasks.split_at(tasks.len() / 2);
        let store = self.store;
        std::thread::scope(|scope| {
            let other = scope.spawn(move || first.iter().try_for_each(|task| task.run(store)));
            let here = second.iter().try_for_each(|task| task.run(store));
            let there = other.join().unwrap_or_else(|_| Err(StoreError::Unwritable("a writing thread died".into())));
            here.and(there)
        })
    }
}

/// One file of a plan.
#[derive(Clone, Copy)]
enum Task<'a> {
    Packet(RequestId, &'a str),
    Log(RequestId, &'a Lines),
}

impl Task<'_> {
    fn run(self, store: &FsStore) -> Result<(), StoreError> {
        let (path, named) = match self {
            Self::Packet(id, text) => {
                let path = store.layout.packet(id);
                let named = store.files.write_new(&path, text.as_bytes(), 0o444).map_err(io("write", &path))?;
                (path, named)
            }
            Self::Log(id, lines) if lines.at == 0 => {
                let path = store.layout.log(id);
                match store.files.write_new(&path, lines.text.as_bytes(), 0o644).map_err(io("write", &path))? {
                    Named::Done => return Ok(()),
                    // An empty log that a cut-short create left.
                    Named::Exists => return append(store, id, lines),
                }
            }
            Self::Log(id, lines) => return append(store, id, lines),
        };
        match named {
            Named::Done => Ok(()),
            Named::Exists => Err(StoreError::Io {
                doing: "write",
                path,
                source: std::io::Error::new(std::io::ErrorKind::AlreadyExists, "another program made it meanwhile"),
            }),
        }
    }
}

fn append(store: &FsStore, id: RequestId, lines: &Lines) -> Result<(), StoreError> {
    let path = store.layout.log(id);
    let file = store.files.open_log(&path, Create::No).map_err(io("open", &path))?;
    let mut file = file.ok_or_else(|| StoreError::damaged(Some(id), &path, None, "it disappeared meanwhile"))?;
    if file.facts().map_err(io("look at", &path))?.size != lines.at {
        return Err(StoreError::damaged(Some(id), &path, None, "another program wrote to it meanwhile"));
    }
    file.append(lines.text.as_bytes()).map_err(io("append to", &path))
}

impl Records for FsBatch<'_> {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        Ok(self.inner.borrow().histories.contains_key(&id) || self.store.contains(id)?)
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        let mut inner = self.inner.borrow_mut();
        self.load(&mut inner, id)?;
        Ok(inner.histories.get(&id).cloned())
    }

    fn find(&self, key: &Key, _: &Budget) -> Result<Option<RequestId>, StoreError> {
        let mut inner = self.inner.borrow_mut();
        match inner.by_key.get(key) {
            Some(id) => Ok(Some(*id)),
            None => inner.keys.find(key),
        }
    }

    fn create(&self, request: &NewRequest, budget: &Budget) -> Result<Created, StoreError> {
        let key = request.draft.fields().key.clone();
        let existing = key.as_ref().map(|key| self.find(key, budget)).transpose()?.flatten();
        let mut inner = self.inner.borrow_mut();
        if let Some(id) = existing {
            self.complete(&mut inner, id, &request.genesis)?;
            return Ok(Created::Existing(id));
        }
        let id = match request.id {
            Some(id) if inner.plan.packets.contains_key(&id) || self.store.is_somebodys(id)? => {
                return Ok(Created::Taken(id));
            }
            Some(id) => id,
            None => self.next_id(&mut inner, request.created_at.day(), &request.genesis)?,
        };
        let packet = request.draft.identify(id, request.created_at, request.random);
        let bytes = packet.to_bytes()?;
        let hash = Packet::hash_of(&bytes);
        let event = Event::genesis(&packet, hash, &request.genesis)?;
        let head = Head { n: event.n(), hash: event.hash() };
        let text = String::from_utf8(bytes).map_err(|e| StoreError::Unwritable(e.to_string()))?;
        inner.plan.packets.insert(id, text);
        inner.plan.add_line(id, &event);
        inner.histories.insert(id, History::new(packet.clone(), hash, vec![event])?);
        inner.keys.made(id, key.as_ref());
        if let Some(key) = key {
            inner.by_key.insert(key, id);
        }
        Ok(Created::New(Box::new(packet), head))
    }

    fn append(&self, id: RequestId, expected: &[Head], event: &Event, _: &Budget) -> Result<Append, StoreError> {
        let mut inner = self.inner.borrow_mut();
        let inner = &mut *inner;
        self.load(inner, id)?;
        let missing = || StoreError::Unwritable(format!("{id} is not in this ledger"));
        let history = inner.histories.get_mut(&id).ok_or_else(missing)?;
        if let Some(first) = event.key().and_then(|key| history.with_key(key)) {
            return Ok(Append::Duplicate(Head { n: first.n(), hash: first.hash() }));
        }
        if history.heads() != expected {
            return Ok(Append::Stale { actual: history.heads().to_vec() });
        }
        let written = inner.plan.logs.get(&id).map_or(0, |lines| lines.at + lines.text.len() as u64);
        log::room(&Stream::Request(id), written, event.line())?;
        history.append(event.clone())?;
        inner.plan.add_line(id, event);
        Ok(Append::Committed(Head { n: event.n(), hash: event.hash() }))
    }

    fn witness(&self, reading: Option<Hybrid>, _: &Budget) -> Result<Option<Hybrid>, StoreError> {
        let mut inner = self.inner.borrow_mut();
        let before = inner.clock;
        inner.clock = before.max(reading);
        Ok(before)
    }

    fn turn<'a>(&'a self, _: RequestId, _: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        // A batch is alone as it is.
        Ok(Box::new(self))
    }
}

impl Batch for FsBatch<'_> {
    fn commit(self: Box<Self>) -> Result<Commit, StoreError> {
        let plan = std::mem::take(&mut self.inner.borrow_mut().plan);
        if plan.packets.is_empty() && plan.written().next().is_none() {
            // Answers to operations that were on record before must last too, though their writer may have been killed.
            let syncs = if plan.logs.is_empty() { 0 } else { journal::sync(self.store, &plan)? };
            return Ok(Commit::Committed { syncs });
        }
        let clock = self.inner.borrow().clock;
        self.store.witness(clock, &self.budget)?;
        let ids: BTreeSet<RequestId> = plan.packets.keys().copied().chain(plan.written().map(|(id, _)| id)).collect();
        let mut change = self.store.changing(&ids.into_iter().collect::<Vec<_>>())?;
        let before = self.store.folder_times();
        self.budget.set_progress(Progress::Writing);
        let done = journal::write(self.store, &plan)
            .and_then(|()| self.write(&plan))
            .and_then(|()| journal::sync(self.store, &plan));
        let syncs = match done {
            Ok(syncs) => syncs,
            Err(error) => {
                return match journal::undo(self.store, &plan) {
                    Ok(()) => {
                        self.budget.set_progress(Progress::Before);
                        Err(error)
                    }
                    Err(undo) => {
                        Ok(Commit::Unknown(format!("the batch failed ({error}), and so did taking it back ({undo})")))
                    }
                };
            }
        };
        change.made_files(self.store, before);
        drop(change);
        // Left behind, it is carried out anew by the next writer, who finds everything done.
        let _ = journal::remove(self.store);
        self.budget.set_progress(Progress::Settled);
        let Self { store, inner, .. } = *self;
        let inner = inner.into_inner();
        if let Some(last) = plan.packets.keys().max() {
            store.remember_number(*last);
        }
        inner.keys.settle();
        // The journal's bytes and its name, too.
        Ok(Commit::Committed { syncs: syncs + 2 })
    }
}
