//! A turn at one request: its lock is held from reading to writing, so the log is read once.

use std::cell::RefCell;

use super::disk::LogFile;
use super::lock::Lock;
use super::{Entered, FsStore};
use crate::domain::event::Event;
use crate::domain::history::{Head, History};
use crate::domain::id::{Key, RequestId};
use crate::domain::time::Hybrid;
use crate::store::{Append, Budget, Created, NewRequest, Records, StoreError};

/// A log that is open for writing, its end mended, and the history that stands in it.
pub(super) struct OpenLog {
    pub(super) file: Box<dyn LogFile>,
    pub(super) whole_len: u64,
    pub(super) history: History,
}

/// The right to write to one request, alone, until it is dropped.
pub(super) struct Turn<'a> {
    store: &'a FsStore,
    id: RequestId,
    budget: Budget,
    open: RefCell<Option<OpenLog>>,
    _lock: Lock,
    _entered: Entered,
}

impl<'a> Turn<'a> {
    pub(super) fn take(store: &'a FsStore, id: RequestId, budget: &Budget) -> Result<Self, StoreError> {
        let entered = store.enter(budget)?;
        let lock = store.lock_request(id, budget)?;
        Ok(Self { store, id, budget: budget.clone(), open: RefCell::default(), _lock: lock, _entered: entered })
    }
}

impl Records for Turn<'_> {
    fn contains(&self, id: RequestId) -> Result<bool, StoreError> {
        self.store.contains(id)
    }

    fn history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        // What is missing or damaged is told of like anywhere else.
        if id != self.id || !self.store.contains(id)? {
            return self.store.history(id);
        }
        let open = self.store.open_request(id, &self.budget)?;
        let history = open.history.clone();
        *self.open.borrow_mut() = Some(open);
        Ok(Some(history))
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
        self.store.append_locked(id, expected, event, open, budget)
    }

    fn witness(&self, reading: Option<Hybrid>, budget: &Budget) -> Result<Option<Hybrid>, StoreError> {
        self.store.witness(reading, budget)
    }

    fn turn<'a>(&'a self, id: RequestId, budget: &Budget) -> Result<Box<dyn Records + 'a>, StoreError> {
        self.store.turn(id, budget)
    }
}
