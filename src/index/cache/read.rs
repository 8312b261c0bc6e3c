//! Reading histories, on as many cores as there are.

use std::sync::atomic::{AtomicUsize, Ordering};

use super::rows::{Outcome, Unread};
use super::{Line, Progress};
use crate::domain::history::History;
use crate::domain::id::{Key, RequestId};
use crate::domain::packet::Packet;
use crate::domain::workflow::Workflow;
use crate::store::{Pass, Stamp, Store, StoreError};

/// Fewer requests than this to read are read by one thread.
const WORTH_A_THREAD: usize = 64;

/// A request's token, and its history or why it can't be read; `None` of what is not there.
pub(super) type Found = (Option<Stamp>, Option<Result<History, Unread>>);
/// What was read of a request, with the token of the bytes.
pub(super) type Stamped = (Stamp, Outcome);

/// Reads requests, in their order. `progress` is told how many of how many were read.
pub(super) fn read_all(
    store: &dyn Store,
    workflow: &Workflow,
    wanted: &[RequestId],
    progress: Progress<'_>,
) -> Result<Vec<Stamped>, StoreError> {
    let told = |done: usize| progress(done, wanted.len());
    each_of(wanted, &told, || store.pass(), |pass, id| read_one(store, pass.as_mut(), workflow, *id))
}

/// Does something with each of many, on as many cores as there are; answers in their order. What `begin` gives is each
/// core's own.
pub(super) fn each_of<T: Sync, R: Send, W>(
    wanted: &[T],
    progress: &(dyn Fn(usize) + Sync),
    begin: impl Fn() -> Result<W, StoreError> + Sync,
    one: impl Fn(&mut W, &T) -> Result<R, StoreError> + Sync,
) -> Result<Vec<R>, StoreError> {
    let done = AtomicUsize::new(0);
    let some = |some: &[T]| -> Result<Vec<R>, StoreError> {
        let mut own = begin()?;
        let each = |item: &T| {
            let outcome = one(&mut own, item);
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

fn read_one(store: &dyn Store, pass: &mut dyn Pass, workflow: &Workflow, id: RequestId) -> Result<Stamped, StoreError> {
    let (stamp, found) = stamped(store, pass, id)?;
    let outcome = match found {
        Some(history) => history.map(|history| Line::of(&history, workflow)),
        None => Err(Unread::Damaged("it disappeared while it was read".into(), None)),
    };
    Ok((stamp.unwrap_or_default(), outcome))
}

/// Reads a request in a pass: its token from before it was read, and its history, or why it can't be read.
pub(super) fn stamped(store: &dyn Store, pass: &mut dyn Pass, id: RequestId) -> Result<Found, StoreError> {
    match pass.history(id) {
        Ok(Some((history, stamp))) => return Ok((Some(stamp), Some(Ok(history)))),
        // Maybe a batch is being written, or the folder is another one by now.
        Ok(None) | Err(StoreError::Damaged { .. } | StoreError::Io { .. }) => {}
        Err(other) => return Err(other),
    }
    // Before the reading: what is read is of these bytes, or of newer ones.
    let stamp = store.stamps(&[id])?.pop().flatten();
    match store.history(id) {
        Ok(history) => Ok((stamp, history.map(Ok))),
        Err(error @ StoreError::Damaged { .. }) => {
            Ok((stamp, Some(Err(Unread::Damaged(error.to_string(), key_of(store, id)?)))))
        }
        // Of the others it is told all the same.
        Err(error) if error.is_of_files() => Ok((stamp, Some(Err(Unread::Refused(error.to_string()))))),
        Err(other) => Err(other),
    }
}

/// The key of a request of which some bytes are not what was written.
fn key_of(store: &dyn Store, id: RequestId) -> Result<Option<Key>, StoreError> {
    match store.packet_bytes(id) {
        Ok(bytes) => Ok(bytes.and_then(|bytes| Packet::parse(&bytes).ok()).and_then(|packet| packet.key)),
        Err(error) if error.is_of_files() => Ok(None),
        Err(other) => Err(other),
    }
}
