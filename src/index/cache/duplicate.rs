//! Which requests have the key of another one that comes before them, kept along with the rows: whether one does depends on
//! the rows of others.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, Statement, params};

use super::rows::{id_of, number_of};
use super::sketch::{Digest, cut};
use crate::domain::hash::Hash;
use crate::domain::id::{Key, RequestId};

/// The requests whose key another one has that comes before them, and of which nobody has said that they are none.
pub(super) const DUPLICATE: &str = "CREATE TABLE duplicate (nr INTEGER PRIMARY KEY) STRICT";

/// How many requests there are that could move but for a decision: whether they are duplicates, or what of them holds.
/// `CROSS` keeps these few in front: SQLite would go through all open requests.
pub(super) const HELD: &str = "SELECT count(*) FROM (SELECT nr FROM duplicate UNION SELECT nr FROM request WHERE \
     is_undecided = 1) AS held CROSS JOIN request USING (nr) WHERE is_final = 0 AND NOT EXISTS (SELECT 1 FROM blocked WHERE \
     blocked.nr = held.nr)";

/// A key as the rows have it: whole keys of a large ledger would be its largest part.
#[must_use]
pub(super) fn digest_of(key: &Key) -> Digest {
    cut(Hash::of(&[b"ledger-key-v1\n", key.as_str().as_bytes()]))
}

/// Whether the table has those that are duplicates by the rows as they are, and no others.
pub(super) fn agrees(db: &Connection) -> rusqlite::Result<bool> {
    const BY_ROWS: &str = "SELECT request.nr FROM request WHERE key IS NOT NULL AND is_distinct = 0 AND EXISTS (SELECT 1 \
                           FROM request AS other WHERE other.key = request.key AND other.nr < request.nr)";
    let differ = format!(
        "SELECT EXISTS (SELECT nr FROM duplicate EXCEPT {BY_ROWS}) OR EXISTS ({BY_ROWS} EXCEPT SELECT nr FROM duplicate)"
    );
    db.query_row(&differ, [], |row| row.get::<_, bool>(0)).map(|differ| !differ)
}

/// Looks up of which request others are duplicates.
pub(super) struct Firsts<'a>(Statement<'a>);

impl<'a> Firsts<'a> {
    pub(super) fn new(db: &'a Connection) -> rusqlite::Result<Self> {
        let first = "SELECT (SELECT min(first.nr) FROM request AS first WHERE first.key = request.key) FROM duplicate JOIN \
                     request USING (nr) WHERE duplicate.nr = ?1";
        Ok(Self(db.prepare(first)?))
    }

    /// The first request with the key of this one, where it is a duplicate.
    pub(super) fn of(&mut self, id: RequestId) -> rusqlite::Result<Option<RequestId>> {
        let first = self.0.query_row([number_of(id)], |row| row.get::<_, i64>(0)).optional()?;
        first.map(|nr| id_of(nr).ok_or(rusqlite::Error::InvalidQuery)).transpose()
    }
}

/// All duplicates, each with the first request that has its key.
pub(super) fn all(db: &Connection) -> rusqlite::Result<BTreeMap<RequestId, RequestId>> {
    let mut rows = db.prepare(
        "SELECT nr, (SELECT min(first.nr) FROM request AS first WHERE first.key = request.key) FROM duplicate JOIN request \
         USING (nr)",
    )?;
    let rows = rows.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)))?;
    let id = |nr| id_of(nr).ok_or(rusqlite::Error::InvalidQuery);
    rows.map(|row| row.and_then(|(nr, first)| Ok((id(nr)?, id(first)?)))).collect()
}

/// Keeps the table.
pub(super) struct Duplicates<'a> {
    key: Statement<'a>,
    is_one: Statement<'a>,
    put: Statement<'a>,
    drop: Statement<'a>,
    next: Statement<'a>,
}

impl<'a> Duplicates<'a> {
    pub(super) fn new(db: &'a Connection) -> rusqlite::Result<Self> {
        Ok(Self {
            key: db.prepare("SELECT key FROM request WHERE nr = ?1 AND key IS NOT NULL")?,
            is_one: db.prepare(
                "SELECT EXISTS (SELECT 1 FROM request AS one JOIN request AS other ON other.key = one.key AND other.nr < \
                 one.nr WHERE one.nr = ?1 AND one.is_distinct = 0)",
            )?,
            put: db.prepare("INSERT OR IGNORE INTO duplicate (nr) VALUES (?1)")?,
            drop: db.prepare("DELETE FROM duplicate WHERE nr = ?1")?,
            next: db.prepare("SELECT min(nr) FROM request WHERE key = ?1 AND nr > ?2")?,
        })
    }

    /// The key of a row that is going.
    pub(super) fn key_of(&mut self, nr: i64) -> rusqlite::Result<Option<Vec<u8>>> {
        self.key.query_row([nr], |row| row.get(0)).optional()
    }

    fn look(&mut self, nr: i64) -> rusqlite::Result<()> {
        let is_one: bool = self.is_one.query_row([nr], |row| row.get(0))?;
        let change = if is_one { &mut self.put } else { &mut self.drop };
        change.execute([nr]).map(|_| ())
    }

    /// The row of a request with this key has come or is gone. That can make or end a duplicate of the one that comes next
    /// after it alone: the others have that one before them.
    pub(super) fn changed(&mut self, nr: i64, key: &[u8]) -> rusqlite::Result<()> {
        self.look(nr)?;
        let next: Option<i64> = self.next.query_row(params![key, nr], |row| row.get(0))?;
        next.map_or(Ok(()), |next| self.look(next))
    }
}
