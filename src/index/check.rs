//! Whether `index.json`, and the cache, are what packets and events say.

use std::cell::Cell;
use std::io;

use super::cache::sketch::{Doubts, Said, Sketches};
use super::cache::{Progress, Scope, Searched, searched};
use super::refresh::failed;
use super::remembered::Lines;
use super::snapshot::{self, Entries, Outline};
use crate::domain::id::RequestId;
use crate::store::{Derived, Store, StoreError};

/// Whether the index is the one that belongs to the packets and events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Freshness {
    /// Byte for byte.
    Current,
    /// Another text.
    Stale,
    /// No file.
    Missing,
}

/// What came of holding index and cache against the files.
#[derive(Clone, Debug)]
pub struct Checked {
    /// What the index is worth.
    pub freshness: Freshness,
    /// What is wrong with the cache.
    pub doubts: Doubts,
    /// All requests.
    pub sketches: Sketches,
}

/// How often requests are looked at again before others are taken to be writing all the time.
const ATTEMPTS_MAX: usize = 4;

/// Holds `index.json` and the cache against the files, and writes nothing.
///
/// # Errors
/// Failed machinery.
pub fn check(store: &dyn Store, scope: Scope<'_>, progress: Progress<'_>) -> Result<Checked, StoreError> {
    let (ids, searched) = (store.requests()?, searched(store, scope));
    check_sketched(store, scope, (&ids, Sketches::default()), searched, progress)
}

/// The same, by what is known of these requests from a moment ago; those of which nothing is known are read. Where that
/// leaves a doubt about one, it is read once more: somebody may have written meanwhile.
///
/// # Errors
/// Failed machinery.
pub fn check_sketched(
    store: &dyn Store,
    scope: Scope<'_>,
    (ids, mut sketches): (&[RequestId], Sketches),
    searched: Searched,
    progress: Progress<'_>,
) -> Result<Checked, StoreError> {
    sketches.complete(store, scope, ids, searched, progress)?;
    let mut freshness = compare_sketched(store, scope, &sketches)?;
    for _ in 1..ATTEMPTS_MAX {
        if freshness != Freshness::Stale {
            break;
        }
        let doubted = doubted(store, &sketches)?;
        if sketches.look_again(store, scope, &doubted, searched)? {
            break;
        }
        freshness = compare_sketched(store, scope, &sketches)?;
    }
    let doubts = Doubts::of(store, scope, &mut sketches, searched)?;
    Ok(Checked { freshness, doubts, sketches })
}

/// Compares `index.json` with what it should be.
pub(super) fn compare(
    store: &dyn Store,
    scope: Scope<'_>,
    entries: &dyn Entries,
    outline: &Outline,
) -> Result<Freshness, StoreError> {
    let Some(file) = store.read_derived(Derived::Index)? else { return Ok(Freshness::Missing) };
    let same = snapshot::is_in(file, entries, outline, scope.ledger_id, scope.workflow).map_err(failed("read"))?;
    Ok(if same { Freshness::Current } else { Freshness::Stale })
}

fn compare_sketched(store: &dyn Store, scope: Scope<'_>, sketches: &Sketches) -> Result<Freshness, StoreError> {
    let recalled = Recalled { store, sketches, differs: Cell::new(false) };
    match compare(store, scope, &recalled, &sketches.outline()) {
        Err(_) if recalled.differs.get() => Ok(Freshness::Stale),
        other => other,
    }
}

/// The entries whose digests are known, in the words of the index itself: what it says has the digest of what it should
/// say, or is not what it should say.
struct Recalled<'a> {
    store: &'a dyn Store,
    sketches: &'a Sketches,
    differs: Cell<bool>,
}

impl Entries for Recalled<'_> {
    fn outline(&self) -> io::Result<Outline> {
        Ok(self.sketches.outline())
    }

    fn each_entry(&self, take: &mut dyn FnMut(RequestId, &str) -> io::Result<()>) -> io::Result<()> {
        let differs = || {
            self.differs.set(true);
            io::Error::other("it is not the same")
        };
        let file = self.store.read_derived(Derived::Index).map_err(io::Error::other)?.ok_or_else(differs)?;
        let mut lines = Lines::new(file);
        for id in self.sketches.ids() {
            let line = lines.next()?.filter(|line| line.id == id).ok_or_else(differs)?;
            if self.sketches.says(id, &line.entry, || None) != Said::Same {
                return Err(differs());
            }
            take(id, &line.entry)?;
        }
        Ok(())
    }
}

/// The requests of which the index does not say what it should.
fn doubted(store: &dyn Store, sketches: &Sketches) -> Result<Vec<RequestId>, StoreError> {
    let Some(file) = store.read_derived(Derived::Index)? else { return Ok(Vec::new()) };
    let read = || -> io::Result<Vec<RequestId>> {
        let (mut doubted, mut lines) = (Vec::new(), Lines::new(file));
        let mut ids = sketches.ids().peekable();
        while let Some(line) = lines.next()? {
            while let Some(untold) = ids.next_if(|id| *id < line.id) {
                doubted.push(untold);
            }
            let is_known = ids.next_if_eq(&line.id).is_some();
            if !is_known || sketches.says(line.id, &line.entry, || None) != Said::Same {
                doubted.push(line.id);
            }
        }
        doubted.extend(ids);
        Ok(doubted)
    };
    read().map_err(failed("read"))
}
