//! Parts of the cache that are filled when they are first asked: what few questions need would make every rebuild slower.
//!
//! A part has a note of up to which request it was filled, `parts.NAME`, which is not there before it was first asked.
//! Whoever writes the row of a request that a part has seen already adds the request to `pending`, in the same
//! transaction. So a part is full for the rows that a reader sees if nothing of it is pending and no request comes after
//! its note: both are looked at in the transaction in which it is asked.

use std::collections::HashMap;
use std::sync::mpsc::sync_channel;

use rusqlite::{Connection, OptionalExtension, Statement, TransactionBehavior, params};

use super::events::EventPart;
use super::fresh::{Cache, Difference, ROUNDS_MAX, Trouble};
use super::read::{each_of, stamped};
use super::rows::{bytes_of, id_of};
use super::text::TextPart;
use super::{Progress, Scope, tables};
use crate::domain::history::History;
use crate::store::{Stamp, Store, StoreError};

/// What is pending, by part.
pub(super) const PENDING: &str =
    "CREATE TABLE pending (part TEXT NOT NULL, nr INTEGER NOT NULL, PRIMARY KEY (part, nr)) STRICT, WITHOUT ROWID";

/// The parts that there are.
const NAMES: [&str; 2] = [TextPart::NAME, EventPart::NAME];

/// How many requests are read and written down at once: what an interruption costs, and what is held in memory.
const CHUNK: usize = if cfg!(test) { 2 } else { 1_024 };

/// A part of the cache.
pub(super) trait Part {
    /// Its name.
    const NAME: &'static str;
    /// What is kept of a request.
    type Kept: Send;

    /// What is kept of a request with this history.
    fn of(history: &History) -> Self::Kept;

    /// Puts some requests into place of what was there of them; `None` takes one out.
    fn put(db: &Connection, whence: Whence, chunk: &[(i64, Option<Self::Kept>)]) -> rusqlite::Result<()>;
}

/// Where requests stand that are put into a part.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Whence {
    /// Behind all that it has.
    Behind,
    /// Among what it has.
    Pending,
}

/// Fills a part of a cache on which no transaction is open; answers with what turned out to differ from the rows.
pub(super) type Fill = fn(&mut Cache, &dyn Store, Scope<'_>, Progress<'_>) -> Result<Difference, Trouble>;

/// A part that a question needs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Need {
    name: &'static str,
    fill: Fill,
}

impl Need {
    /// The need of a part.
    pub(super) const fn of<P: Part>() -> Self {
        Self { name: P::NAME, fill: fill::<P> }
    }
}

/// What a part has to be told of rows that are written.
pub(super) struct Told<'a> {
    filled: Vec<(&'static str, i64)>,
    pend: Statement<'a>,
}

impl<'a> Told<'a> {
    /// Which parts there are to be told, in the transaction that writes.
    pub(super) fn new(db: &'a Connection) -> rusqlite::Result<Self> {
        let mut filled = Vec::new();
        for name in NAMES {
            filled.extend(filled_to(db, name)?.map(|upto| (name, upto)));
        }
        Ok(Self { filled, pend: db.prepare(PEND)? })
    }

    /// The row of a request is written, or goes.
    pub(super) fn row(&mut self, nr: i64) -> rusqlite::Result<()> {
        let Self { filled, pend } = self;
        let seen = filled.iter().filter(|(_, upto)| nr <= *upto);
        seen.into_iter().try_for_each(|(name, _)| pend.execute(params![name, nr]).map(|_| ()))
    }
}

impl Cache {
    /// Brings the rows up to date and then the parts that are needed, and leaves a read transaction open in which they all are.
    pub(super) fn bring_up(
        &mut self,
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
    ) -> Result<(), Trouble> {
        for _ in 0..ROUNDS_MAX {
            self.catch_up(store, scope, progress)?;
            let generation = tables::meta(&self.db, "generation")?;
            if self.has_full(scope.needs)? {
                return Ok(());
            }
            self.db.execute_batch("ROLLBACK")?;
            for need in scope.needs {
                let difference = (need.fill)(self, store, scope, progress)?;
                if !difference.is_nothing() {
                    self.write(store, scope, difference, progress)?;
                }
            }
            // The rows are those from before, unless somebody wrote meanwhile: then it is looked again.
            self.db.execute_batch("BEGIN DEFERRED")?;
            if tables::meta(&self.db, "generation")? == generation && self.has_full(scope.needs)? {
                return Ok(());
            }
            self.db.execute_batch("ROLLBACK")?;
        }
        Err(Trouble::Sql(rusqlite::Error::InvalidQuery))
    }

    fn has_full(&self, needs: &[Need]) -> rusqlite::Result<bool> {
        let lacks =
            "SELECT EXISTS (SELECT 1 FROM pending WHERE part = ?1) OR EXISTS (SELECT 1 FROM request WHERE nr > ?2)";
        for Need { name, .. } in needs {
            let upto = filled_to(&self.db, name)?.unwrap_or(0);
            if self.db.query_row(lacks, params![name, upto], |row| row.get(0))? {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

/// The requests that the index of words should have as they are, with their tokens; `None` where nobody has searched yet.
pub(super) fn with_words(db: &Connection) -> rusqlite::Result<Option<HashMap<i64, Vec<u8>>>> {
    let Some(upto) = filled_to(db, TextPart::NAME)? else { return Ok(None) };
    let rows = "SELECT nr, stamp FROM request WHERE settled = 1 AND nr <= ?2 AND nr NOT IN \
                (SELECT nr FROM pending WHERE part = ?1)";
    let mut rows = db.prepare(rows)?;
    let rows = rows.query_map(params![TextPart::NAME, upto], |row| Ok((row.get(0)?, row.get(1)?)))?;
    rows.collect::<Result<_, _>>().map(Some)
}

/// Whether the index of words has any of a request that it was not filled with.
pub(super) fn has_others(db: &Connection, nr: i64) -> rusqlite::Result<bool> {
    let upto = filled_to(db, TextPart::NAME)?.unwrap_or(0);
    let known = "SELECT EXISTS (SELECT 1 FROM request WHERE nr = ?1 AND nr <= ?3) OR EXISTS (SELECT 1 FROM pending \
                 WHERE nr = ?1 AND part = ?2)";
    db.query_row(known, params![nr, TextPart::NAME, upto], |row| row.get::<_, bool>(0)).map(|is_known| !is_known)
}

/// Up to which request a part was filled; `None` where nobody has asked it yet.
fn filled_to(db: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    Ok(tables::meta(db, &format!("parts.{name}"))?.and_then(|upto| upto.parse().ok()))
}

const PEND: &str = "INSERT OR IGNORE INTO pending (part, nr) VALUES (?1, ?2)";

/// A request as it was read for a part.
struct Read<P: Part> {
    nr: i64,
    /// Its token from before it was read.
    stamp: Option<Stamp>,
    kept: Option<P::Kept>,
}

fn fill<P: Part>(
    cache: &mut Cache,
    store: &dyn Store,
    _scope: Scope<'_>,
    progress: Progress<'_>,
) -> Result<Difference, Trouble> {
    let upto = filled_to(&cache.db, P::NAME)?.unwrap_or(0);
    let numbers = |text: &str, value: &dyn rusqlite::ToSql| -> rusqlite::Result<Vec<i64>> {
        cache.db.prepare(text)?.query_map([value], |row| row.get(0))?.collect()
    };
    let pending = numbers("SELECT nr FROM pending WHERE part = ?1 ORDER BY nr", &P::NAME)?;
    let behind = numbers("SELECT nr FROM request WHERE nr > ?1 ORDER BY nr", &upto)?;
    let total = pending.len() + behind.len();
    let chunks = || {
        let pending = pending.chunks(CHUNK).map(|chunk| (Whence::Pending, chunk));
        pending.chain(behind.chunks(CHUNK).map(|chunk| (Whence::Behind, chunk)))
    };
    let db = &mut cache.db;
    std::thread::scope(|threads| -> Result<Difference, Trouble> {
        let (send, receive) = sync_channel(1);
        threads.spawn(move || {
            let mut done = 0;
            for (_, chunk) in chunks() {
                let told = |read: usize| progress(done + read, total);
                let read = read::<P>(store, chunk, &told);
                done += chunk.len();
                // Whoever writes has given up.
                if send.send(read).is_err() {
                    break;
                }
            }
        });
        let mut difference = Difference::default();
        for ((whence, _), read) in chunks().zip(receive) {
            put::<P>(db, whence, read?, &mut difference)?;
        }
        Ok(difference)
    })
}

fn read<P: Part>(
    store: &dyn Store,
    chunk: &[i64],
    progress: &(dyn Fn(usize) + Sync),
) -> Result<Vec<Read<P>>, StoreError> {
    each_of(
        chunk,
        progress,
        || store.pass(),
        |pass, nr| {
            let (stamp, found) = match id_of(*nr) {
                Some(id) => stamped(store, pass.as_mut(), id)?,
                None => (None, None),
            };
            // Of one that is damaged the row tells.
            let kept = found.and_then(Result::ok).map(|history| P::of(&history));
            Ok(Read { nr: *nr, stamp, kept })
        },
    )
}

/// Writes down what was read, with how far that got. What is not known to be of the bytes of its row stays pending.
///
/// Others may fill the part at the same time and be further, or may have made the cache anew: what counts is how far it is
/// filled in this transaction.
fn put<P: Part>(
    db: &mut Connection,
    whence: Whence,
    mut read: Vec<Read<P>>,
    difference: &mut Difference,
) -> rusqlite::Result<()> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let upto = filled_to(&tx, P::NAME)?.unwrap_or(0);
    let last = match whence {
        Whence::Pending => upto,
        Whence::Behind => read.last().map_or(upto, |read| read.nr),
    };
    match whence {
        Whence::Pending => read.retain(|read| read.nr <= upto),
        Whence::Behind => read.retain(|read| read.nr > upto),
    }
    let mut chunk = Vec::with_capacity(read.len());
    // What stands in between and was not read: it has come since.
    let mut come: Vec<i64> = tx
        .prepare("SELECT nr FROM request WHERE nr > ?1 AND nr <= ?2")?
        .query_map([upto, last], |row| row.get(0))?
        .collect::<Result<_, _>>()?;
    come.retain(|nr| read.binary_search_by_key(nr, |read| read.nr).is_err());
    let mut row_of = tx.prepare("SELECT stamp, settled FROM request WHERE nr = ?1")?;
    let mut pend = tx.prepare(PEND)?;
    let mut done = tx.prepare("DELETE FROM pending WHERE part = ?1 AND nr = ?2")?;
    for Read { nr, stamp, mut kept } in read {
        let row = row_of.query_row([nr], |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, bool>(1)?))).optional()?;
        let is_done = match (stamp, row) {
            // The request is gone, and its row too.
            (_, None) => {
                kept = None;
                true
            }
            (None, Some(_)) => {
                difference.gone.push(nr);
                false
            }
            // A row that is not settled is made anew by the next reader, and is pending then.
            (Some(stamp), Some((bytes, settled))) if bytes == bytes_of(stamp.parts) => stamp.settled || !settled,
            (Some(_), Some(_)) => {
                difference.changed.extend(id_of(nr));
                false
            }
        };
        let note = if is_done { &mut done } else { &mut pend };
        note.execute(params![P::NAME, nr])?;
        chunk.push((nr, kept));
    }
    for nr in come {
        pend.execute(params![P::NAME, nr])?;
    }
    drop((row_of, pend, done));
    P::put(&tx, whence, &chunk)?;
    if last > upto {
        tables::set_meta(&tx, &format!("parts.{}", P::NAME), &last.to_string())?;
    }
    tx.commit()
}
