//! When `index.json` is brought up to date.
//!
//! While a ledger has at most [`SMALL`] requests, every write does it: looking at every file then costs a few
//! milliseconds. Beyond, a write does it once the writes since the last time reach a [`SHARE`]th of the requests: the
//! cost of one refresh grows with the ledger, but is spread over as many more writes, so a write pays on average for
//! looking at [`SHARE`] requests; and at most a [`SHARE`]th of the entries is stale. Reading through the CLI never is:
//! it does not read the file.

use std::io::Write;

use serde::{Deserialize, Serialize};

use super::cache::{Cache, Progress, Scope};
use super::check::{Freshness, compare};
use super::remembered::{Forgotten, Lost, forgotten};
use super::snapshot::{self, Outline};
use crate::store::{Budget, Derived, Store, StoreError};

/// Up to how many requests every write leaves the index current.
pub const SMALL: u64 = 512;
/// Beyond [`SMALL`], what share of the requests may be stale.
pub const SHARE: u64 = 32;

/// How far the index has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gauge {
    /// The writes that had been marked when it was last made.
    marks: u64,
    /// The requests that it had then.
    requests: u64,
}

/// Whether a refresh was made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Refreshed {
    /// The file is current.
    Current,
    /// It may lag, within its bounds.
    Later,
    /// It was left as it is, since it remembers what is gone, or can't be read now.
    Kept(Forgotten),
}

/// After a write, the last of so many that were ever marked: brings `index.json` up to date if it is time to.
///
/// # Errors
/// [`StoreError::Busy`], or machinery that failed; the write itself stands.
pub fn after_write(
    store: &dyn Store,
    scope: Scope<'_>,
    marks: u64,
    is_elsewhere: &dyn Fn(&[Lost]) -> bool,
    budget: &Budget,
) -> Result<Refreshed, StoreError> {
    if !is_due(read_gauge(store), marks) {
        return Ok(Refreshed::Later);
    }
    let mut forgotten = Forgotten::default();
    store.projecting(budget, &mut || {
        // While we waited, another process may have begun after our write and so have seen it.
        if read_gauge(store).is_some_and(|gauge| gauge.marks >= marks) {
            return Ok(());
        }
        forgotten = rebuild(store, scope, Making::FromCache, Memory::Kept(is_elsewhere), &|_, _| {})?.forgotten;
        Ok(())
    })?;
    Ok(if forgotten.is_nothing() { Refreshed::Current } else { Refreshed::Kept(forgotten) })
}

/// What the index is made from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Making {
    /// The cache, and the files that changed since it saw them.
    FromCache,
    /// The files, all of them; the cache is made anew too.
    Anew,
}

/// What becomes of an index that remembers what the ledger no longer holds.
#[derive(Clone, Copy)]
pub enum Memory<'a> {
    /// It stays, since it may be all that tells of a loss, unless this says of all that is gone that it is kept elsewhere.
    Kept(&'a dyn Fn(&[Lost]) -> bool),
    /// It goes: somebody who knows of it said so.
    Dropped,
}

/// An index that was made.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Made {
    /// Whether the file changed.
    pub written: bool,
    /// What it tells of all requests together.
    pub outline: Outline,
    /// What the one that was there remembers and the ledger no longer holds, or can't tell.
    pub forgotten: Forgotten,
}

/// Makes `index.json` anew. The caller keeps others from doing the same at once. It is written request by request, so
/// that a large ledger needs no more memory than a small one.
///
/// # Errors
/// Failed machinery; the old file is then still there.
pub fn rebuild(
    store: &dyn Store,
    scope: Scope<'_>,
    making: Making,
    memory: Memory<'_>,
    progress: Progress<'_>,
) -> Result<Made, StoreError> {
    // Before looking: what is marked later is not known to be in it.
    let marks = store.marks()?;
    if making == Making::Anew {
        Cache::empty(store, scope)?;
    }
    let made = Cache::ask_all(store, scope, progress, |entries| {
        let outline = entries.outline().map_err(failed("read"))?;
        let is_current = compare(store, scope, entries, &outline)? == Freshness::Current;
        let mut forgotten = if is_current { Forgotten::default() } else { forgotten(store, entries)? };
        let may_go = match memory {
            Memory::Dropped => true,
            Memory::Kept(is_elsewhere) => {
                // What is kept elsewhere is not lost.
                if is_elsewhere(&forgotten.lost) {
                    forgotten.lost.clear();
                }
                forgotten.is_nothing()
            }
        };
        let written = !is_current && may_go;
        if written {
            let mut write =
                |file: &mut dyn Write| snapshot::write(entries, &outline, scope.ledger_id, scope.workflow, file);
            store.write_derived(Derived::Index, &mut write)?;
        }
        Ok(Made { written, outline, forgotten })
    })?;
    let gauge = Gauge { marks, requests: made.outline.requests() as u64 };
    let bytes = serde_json::to_vec(&gauge).map_err(|e| StoreError::Unwritable(e.to_string()))?;
    store.replace_derived(Derived::Gauge, &bytes)?;
    Ok(made)
}

pub(super) fn failed(doing: &'static str) -> impl Fn(std::io::Error) -> StoreError {
    move |source| StoreError::Io { doing, path: "coordination/index.json".into(), source }
}

/// How many writes the index may not know of yet; `None` if nobody knows.
///
/// # Errors
/// Failed machinery.
pub fn lag(store: &dyn Store) -> Result<Option<u64>, StoreError> {
    let marks = store.marks()?;
    Ok(read_gauge(store).map(|gauge| marks.saturating_sub(gauge.marks)))
}

fn is_due(gauge: Option<Gauge>, marks: u64) -> bool {
    let Some(gauge) = gauge else { return true };
    // Fewer marks than the gauge knows: the local folder was tampered with.
    let Some(since) = marks.checked_sub(gauge.marks) else { return true };
    gauge.requests + since <= SMALL || since.saturating_mul(SHARE) >= gauge.requests
}

fn read_gauge(store: &dyn Store) -> Option<Gauge> {
    serde_json::from_slice(&store.derived(Derived::Gauge).ok()??).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_small_ledger_is_always_due_and_a_large_one_in_proportion() {
        let gauge = |marks, requests| Some(Gauge { marks, requests });
        assert!(is_due(None, 0));
        assert!(is_due(gauge(10, 500), 11));
        assert!(!is_due(gauge(10, 1_000), 11));
        assert!(!is_due(gauge(0, 16_000), 499));
        assert!(is_due(gauge(0, 16_000), 500));
        assert!(is_due(gauge(10, 1_000), 9));
    }
}
