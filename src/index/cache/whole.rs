//! All of the cache at once, and what it says held against the files.

use rusqlite::Connection;

use super::rows::{Reader, bytes_of, id_of};
use super::{Cache, Counted, Entry, Projection, Scope, tables, tally};
use crate::domain::hash::Hash;
use crate::domain::id::RequestId;
use crate::store::{Store, StoreError};

impl Cache {
    /// All requests.
    pub(super) fn all(&self) -> rusqlite::Result<Projection> {
        let mut projection = Projection { read: self.read, ..Projection::default() };
        let mut rows =
            self.db.prepare("SELECT nr, damage, events, entry FROM request LEFT JOIN body USING (nr) ORDER BY nr")?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let id = id_of(row.get(0)?).ok_or(rusqlite::Error::InvalidQuery)?;
            if let Some(what) = row.get::<_, Option<String>>(1)? {
                projection.damaged.insert(id, what);
                continue;
            }
            projection.events += u64::try_from(row.get::<_, i64>(2)?).unwrap_or_default();
            projection.entries.insert(id, entry(row.get_ref(3)?.as_str()?)?);
        }
        Ok(projection)
    }

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
    /// The requests of which it says something else than rows that were made from the files a moment ago, though its own
    /// pass for current. What was written meanwhile is no contradiction.
    ///
    /// # Errors
    /// Failed machinery of the ledger.
    pub(super) fn contradicted(
        self,
        store: &dyn Store,
        rows: &[(RequestId, Hash)],
    ) -> Result<Vec<RequestId>, StoreError> {
        let Some(db) = self.0 else { return Ok(Vec::new()) };
        // One that can't be read is made anew by whoever asks it next.
        let differing = differing(&db, rows).unwrap_or_default();
        let ids: Vec<RequestId> = differing.iter().map(|(id, _)| *id).collect();
        let now = store.stamps(&ids)?;
        let still = differing.into_iter().zip(now);
        let still = still.filter(|((_, stamp), now)| now.is_some_and(|now| bytes_of(now.parts) == stamp.as_slice()));
        Ok(still.map(|((id, _), _)| id).collect())
    }

    /// Whether its counts are those of its rows, which are held against the files one by one.
    pub(super) fn counted(&self) -> Counted {
        let agree = self.0.as_ref().map(tally::agrees);
        // One that can't be read is made anew by whoever asks it next.
        if agree.is_some_and(|agree| agree.is_ok_and(|agree| !agree)) { Counted::Wrong } else { Counted::Right }
    }
}

/// The settled rows that say something else than these, with their tokens.
fn differing(db: &Connection, rows: &[(RequestId, Hash)]) -> rusqlite::Result<Vec<(RequestId, Vec<u8>)>> {
    let mut reader = Reader::new(db)?;
    let mut found = Vec::new();
    for (id, wanted) in rows {
        if let Some((stamp, kept)) = reader.row(*id)?
            && kept != *wanted
        {
            found.push((*id, stamp));
        }
    }
    Ok(found)
}
