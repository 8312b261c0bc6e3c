//! A turn at one request: its lock is held from reading to writing, so the log is read once.

use std::cell::RefCell;

use super::files::LogFile;
use super::{Entered, FsStore, StreamLock};
use crate::domain::event::Event;
use crate::domain::graph::{BadHistory, Graph, Head};
use crate::domain::history::History;
use crate::domain::id::{Key, RequestId, Stream};
use crate::domain::time::Hybrid;
use crate::store::{Append, Budget, Created, NewRequest, Records, StoreError};

/// A log that is open for writing, its end mended, and what stands in it.
pub(super) struct OpenLog {
    pub(super) file: LogFile,
    pub(super) whole_len: u64,
    pub(super) recorded: Recorded,
}

/// What stands in a log.
pub(super) enum Recorded {
    Request(History),
    Contract(Graph),
}

impl Recorded {
    pub(super) fn graph(&self) -> &Graph {
        match self {
            Self::Request(history) => history.graph(),
            Self::Contract(graph) => graph,
        }
    }

    pub(super) fn append(&mut self, event: Event) -> Result<(), BadHistory> {
        match self {
            Self::Request(history) => history.append(event),
            Self::Contract(graph) => graph.append(event),
        }
    }
}

/// The right to write to one request, alone, until it is dropped.
pub(super) struct Turn<'a> {
    store: &'a FsStore,
    id: RequestId,
    budget: Budget,
    open: RefCell<Option<OpenLog>>,
    lock: StreamLock,
    _entered: Entered,
}

impl<'a> Turn<'a> {
    pub(super) fn take(store: &'a FsStore, id: RequestId, budget: &Budget) -> Result<Self, StoreError> {
        let entered = store.enter(budget)?;
        let lock = store.lock_stream(&Stream::Request(id), budget)?;
        Ok(Self { store, id, budget: budget.clone(), open: RefCell::default(), lock, _entered: entered })
    }
}

impl Records for Turn<'_> {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        self.store.contains(id)
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        if id != self.id {
            return self.store.history(id);
        }
        let Some(packet) = self.store.packet(id)? else {
            // What is missing is told of like anywhere else.
            return self.store.history(id);
        };
        let open = self.store.open_request(id, packet, &self.budget)?;
        let history = match &open.recorded {
            Recorded::Request(history) => Some(history.clone()),
            Recorded::Contract(_) => None,
        };
        *self.open.borrow_mut() = Some(open);
        Ok(history)
    }

    fn find(&self, key: &Key, budget: &Budget) -> Result<Option<RequestId>, StoreError> {
        self.store.find(key, budget)
    }

    fn create(&self, request: &NewRequest, budget: &Budget) -> Result<Created, StoreError> {
        self.store.create(request, budget)
    }

    fn append(&self, id: RequestId, expected: &[Head], event: &Event, budget: &Budget) -> Result<Append, StoreError> {
        if id != self.id {
            return self.store.append(id, expected, event, budget);
        }
        let open = self.open.borrow_mut().take();
        self.store.append_locked(&Stream::Request(id), expected, event, open, (&self.lock.lock, budget))
    }

    fn witness(&self, reading: Option<Hybrid>, budget: &Budget) -> Result<Option<Hybrid>, StoreError> {
        self.store.witness(reading, budget)
    }

    fn turn<'a>(&'a self, id: RequestId, budget: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        self.store.turn(id, budget)
    }
}
