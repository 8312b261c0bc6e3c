//! All of the cache at once, and what it says held against the files.

use std::collections::HashSet;

use rusqlite::Connection;

use super::rows::{Reader, bytes_of, id_of, number_of};
use super::sketch::{Digest, cut};
use super::text::{Words, all_words};
use super::{Aside, Cache, Entry, Scope, blocked, duplicate, parts, tables, tally};
use crate::domain::id::RequestId;
use crate::store::{Store, StoreError};

impl Cache {
    /// The cache as it lies there, not brought up to date.
    pub(super) fn as_it_is(store: &dyn Store, scope: Scope<'_>) -> AsItIs {
        let open = || -> Option<Connection> {
            let db = tables::open_existing(&store.cache_place()?).ok()?;
            tables::is_ours(&db, scope).ok()?.then_some(db)
        };
        AsItIs(open())
    }
}

/// An entry as a row holds it.
pub(super) fn entry(text: &str) -> rusqlite::Result<Entry> {
    serde_json::from_str(text)
        .map_err(|e| rusqlite::Error::FromSqlConversionFailure(0, rusqlite::types::Type::Text, e.into()))
}

/// A cache of which nobody knows how old it is; `None` where there is none.
pub(super) struct AsItIs(Option<Connection>);

impl AsItIs {
    /// The requests of which it says something else than rows and words that were made from the files a moment ago, though
    /// its own pass for current. What was written meanwhile is no contradiction.
    ///
    /// # Errors
    /// Failed machinery of the ledger.
    pub(super) fn contradicted(
        &self,
        store: &dyn Store,
        rows: &[(RequestId, Digest)],
        words: &[(RequestId, Words)],
    ) -> Result<Vec<RequestId>, StoreError> {
        let Some(db) = &self.0 else { return Ok(Vec::new()) };
        // One that can't be read is made anew by whoever asks it next.
        let mut differing = differing(db, rows).unwrap_or_default();
        differing.extend(misworded(db, words).unwrap_or_default());
        differing.sort();
        differing.dedup();
        let ids: Vec<RequestId> = differing.iter().map(|(id, _)| *id).collect();
        let now = store.stamps(&ids)?;
        let still = differing.into_iter().zip(now);
        let still = still.filter(|((_, stamp), now)| now.is_some_and(|now| bytes_of(now.parts) == stamp.as_slice()));
        Ok(still.map(|((id, _), _)| id).collect())
    }

    /// What does not follow from its rows, which are held against the files one by one.
    pub(super) fn astray(&self) -> Vec<Aside> {
        let Some(db) = &self.0 else { return Vec::new() };
        // One that can't be read is made anew by whoever asks it next.
        let agrees = |agree: rusqlite::Result<bool>| agree.unwrap_or(true);
        let all = [
            (Aside::Counts, agrees(tally::agrees(db))),
            (Aside::Waiting, agrees(blocked::agrees(db))),
            (Aside::Duplicates, agrees(duplicate::agrees(db))),
            // Rows are read all the same where the index of words can't be.
            (Aside::Words, words_agree(db).unwrap_or(false)),
        ];
        all.into_iter().filter(|(_, agrees)| !agrees).map(|(aside, _)| aside).collect()
    }

    /// How many rows it has of requests that were not found.
    pub(super) fn others_than(&self, found: &HashSet<RequestId>) -> usize {
        let count = |db: &Connection| -> rusqlite::Result<usize> {
            let mut rows = db.prepare("SELECT nr FROM request")?;
            let rows = rows.query_map([], |row| row.get::<_, i64>(0))?;
            rows.filter(|nr| !nr.as_ref().is_ok_and(|nr| id_of(*nr).as_ref().is_some_and(|id| found.contains(id))))
                .map(|nr| nr.map(|_| 1))
                .sum()
        };
        self.0.as_ref().and_then(|db| count(db).ok()).unwrap_or_default()
    }

    /// Whether it has words of texts.
    pub(super) fn has_words(&self) -> bool {
        let searched = self.0.as_ref().map(parts::with_words);
        searched.is_some_and(|searched| searched.is_ok_and(|searched| searched.is_some()))
    }
}

/// Whether the index of words has none of requests that it does not know.
fn words_agree(db: &Connection) -> rusqlite::Result<bool> {
    // Both from one state of the file.
    let tx = db.unchecked_transaction()?;
    if parts::with_words(&tx)?.is_none() {
        return Ok(true);
    }
    for nr in all_words(&tx)?.into_keys() {
        if parts::has_others(&tx, nr)? {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The settled requests of which the index has other words than these, with their tokens.
fn misworded(db: &Connection, words: &[(RequestId, Words)]) -> rusqlite::Result<Vec<(RequestId, Vec<u8>)>> {
    // Both from one state of the file.
    let tx = db.unchecked_transaction()?;
    let Some(mut kept) = parts::with_words(&tx)? else { return Ok(Vec::new()) };
    let found = all_words(&tx)?;
    let differs = |(id, wanted): &(RequestId, Words)| {
        let nr = number_of(*id);
        let stamp = kept.remove(&nr)?;
        (found.get(&nr).copied().unwrap_or_default() != *wanted).then_some((*id, stamp))
    };
    Ok(words.iter().filter_map(differs).collect())
}

/// The settled rows that say something else than these, with their tokens.
fn differing(db: &Connection, rows: &[(RequestId, Digest)]) -> rusqlite::Result<Vec<(RequestId, Vec<u8>)>> {
    let mut reader = Reader::new(db)?;
    let mut found = Vec::new();
    for (id, wanted) in rows {
        if let Some((stamp, kept)) = reader.row(*id)?
            && cut(kept) != *wanted
        {
            found.push((*id, stamp));
        }
    }
    Ok(found)
}
