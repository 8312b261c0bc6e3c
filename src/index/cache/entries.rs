//! All requests one after the other, for what is told of a whole ledger: none but the one at hand is in memory.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io;

use super::rows::{id_of, text_of};
use super::whole::entry;
use super::{Cache, Entry, Progress, Scope, duplicate, tables};
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::index::snapshot::{Entries, Outline};
use crate::store::{Store, StoreError};

impl Cache {
    /// Asks about all requests as they are now.
    ///
    /// # Errors
    /// Failed machinery of the ledger, or the answer's.
    pub fn ask_all<T>(
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
        mut question: impl FnMut(&dyn Entries) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        Self::ask(store, scope, progress, |cache| {
            let told = Told { cache, failed: RefCell::default() };
            let answer = question(&told);
            // What the tables failed at is theirs, however it was handed on.
            told.failed.into_inner().map_or(Ok(answer), Err)
        })?
    }

    /// Empties the cache, so that whoever asks next makes it anew from the files.
    ///
    /// # Errors
    /// Failed machinery of the ledger.
    pub fn empty(store: &dyn Store, scope: Scope<'_>) -> Result<(), StoreError> {
        let Some(place) = store.cache_place() else { return Ok(()) };
        let made = tables::open(&place).and_then(|mut db| tables::make(&mut db, scope));
        if made.is_err() {
            store.forget_cache()?;
        }
        Ok(())
    }

    fn outline(&self) -> rusqlite::Result<Outline> {
        let mut outline = Outline { damaged: self.damaged()?, ..Outline::default() };
        let events: i64 = self.db.query_row("SELECT coalesce(sum(events), 0) FROM request", [], |row| row.get(0))?;
        outline.events = u64::try_from(events).unwrap_or_default();
        // One without events has its packet's time in this column, which is nobody's event.
        let newest = "SELECT updated_at FROM request WHERE events > 0 ORDER BY -updated_at LIMIT 1";
        let mut newest = self.db.prepare(newest)?;
        let mut newest = newest.query([])?;
        outline.updated_at = newest.next()?.map(|row| row.get(0)).transpose()?.map(Timestamp::from_unix_ms);
        let mut rows = self.db.prepare("SELECT state, nr FROM request WHERE state IS NOT NULL ORDER BY state, nr")?;
        let mut rows = rows.query([])?;
        let mut by_state: BTreeMap<String, Vec<RequestId>> = BTreeMap::new();
        while let Some(row) = rows.next()? {
            let state = row.get_ref(0)?.as_str()?;
            let id = id_of(row.get(1)?).ok_or(rusqlite::Error::InvalidQuery)?;
            match by_state.get_mut(state) {
                Some(ids) => ids.push(id),
                None => drop(by_state.insert(state.to_owned(), vec![id])),
            }
        }
        outline.by_state = by_state;
        Ok(outline)
    }

    fn each_entry(&self, take: &mut dyn FnMut(RequestId, &str) -> io::Result<()>) -> rusqlite::Result<io::Result<()>> {
        let duplicates = duplicate::all(&self.db)?;
        let mut rows = self.db.prepare("SELECT nr, entry FROM body ORDER BY nr")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let id = id_of(row.get(0)?).ok_or(rusqlite::Error::InvalidQuery)?;
            let text = row.get_ref(1)?.as_str()?;
            let taken = match duplicates.get(&id) {
                None => take(id, text),
                Some(first) => take(id, &text_of(&Entry { duplicate_of: Some(*first), ..entry(text)? })?),
            };
            if let Err(error) = taken {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }
}

/// The cache as somebody who knows nothing of tables sees it.
struct Told<'a> {
    cache: &'a Cache,
    failed: RefCell<Option<rusqlite::Error>>,
}

impl Told<'_> {
    fn plain<T>(&self, answer: rusqlite::Result<T>) -> io::Result<T> {
        answer.map_err(|error| {
            let told = io::Error::other(error.to_string());
            *self.failed.borrow_mut() = Some(error);
            told
        })
    }
}

impl Entries for Told<'_> {
    fn outline(&self) -> io::Result<Outline> {
        self.plain(self.cache.outline())
    }

    fn each_entry(&self, take: &mut dyn FnMut(RequestId, &str) -> io::Result<()>) -> io::Result<()> {
        self.plain(self.cache.each_entry(take))?
    }
}
