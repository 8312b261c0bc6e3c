//! Reading histories, on as many cores as there are.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::rows::{Outcome, Unread};
use super::{Line, Progress};
use crate::domain::workflow::Workflow;
use crate::store::{Store, StoreError, Surveyed};

/// Fewer requests than this to read are read by one thread.
const WORTH_A_THREAD: usize = 64;

/// Reads requests, in their order. `progress` is told how many of how many were read.
pub(super) fn read_all(
    store: &dyn Store,
    workflow: &Workflow,
    wanted: &[Surveyed],
    progress: Progress<'_>,
) -> Result<Vec<Outcome>, StoreError> {
    each_of(wanted, &|done| progress(done, wanted.len()), |request| read_one(store, workflow, *request))
}

/// Does something with each of many, on as many cores as there are; answers in their order.
pub(super) fn each_of<T: Sync, R: Send>(
    wanted: &[T],
    progress: &(dyn Fn(usize) + Sync),
    one: impl Fn(&T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let done = AtomicUsize::new(0);
    let some = |some: &[T]| -> Result<Vec<R>, StoreError> {
        let each = |item: &T| {
            let outcome = one(item);
            progress(done.fetch_add(1, Ordering::Relaxed) + 1);
            outcome
        };
        some.iter().map(each).collect()
    };
    let threads = if wanted.len() < WORTH_A_THREAD { 1 } else { threads() };
    let share = wanted.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = wanted.chunks(share).map(|share| scope.spawn(|| some(share))).collect();
        let mut outcomes = Vec::with_capacity(wanted.len());
        for worker in workers {
            let died = |_| Err(StoreError::Unwritable("a reading thread died".into()));
            outcomes.extend(worker.join().unwrap_or_else(died)?);
        }
        Ok(outcomes)
    })
}

/// How many threads the machine runs at once, at most eight.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(8)
}

fn read_one(store: &dyn Store, workflow: &Workflow, request: Surveyed) -> Result<Outcome, StoreError> {
    match store.history(request.id) {
        Ok(Some(history)) => Ok(Ok(Line::of(&history, workflow))),
        Ok(None) => Ok(Err(Unread::Damaged("it disappeared while it was read".into()))),
        Err(error @ StoreError::Damaged { .. }) => Ok(Err(Unread::Damaged(error.to_string()))),
        // Of the others it is told all the same.
        Err(error) if error.is_of_files() => Ok(Err(Unread::Refused(error.to_string()))),
        Err(other) => Err(other),
    }
}
