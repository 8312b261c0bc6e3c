//! Opening the cache, and bringing it up to what the files are.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::Duration;

use rusqlite::{Connection, TransactionBehavior};

use super::read::{Stamped, read_all};
use super::rows::{Writer, bytes_of, id_of, number_of};
use super::tables::Pages;
use super::{Progress, Scope, tables};
use crate::domain::id::RequestId;
use crate::store::{Budget, Changes, Derived, Point, Stamp, Store, StoreError, Surveyed};

/// Up to so many requests every reader looks at all files: it costs some milliseconds, and sees also what was changed in
/// place by programs that take no locks.
const SMALL: u64 = if cfg!(test) { 2 } else { 4_096 };
/// Beyond [`SMALL`] every reader looks at so many requests in turn, for what was changed in place: some milliseconds.
const SLICE: i64 = if cfg!(test) { 1 } else { 1_024 };
/// How many requests are read at once: what is held in memory.
const CHUNK: usize = 4_096;
/// How many chunks are written down together, if they come in time: what an interruption costs. Their rows go to the same
/// pages of the indexes again and again, and what is written together writes those once.
const CHUNKS: usize = 8;
/// How long the rows are kept from others who would write, where reading is slow: less than they wait.
const OPEN_MAX: Duration = Duration::from_secs(1);
/// From so many requests on, writing them down is worth more memory.
const MANY: usize = 8 * CHUNK;
/// How often others may get in between before this one works on a private copy.
pub(super) const ROUNDS_MAX: u32 = 8;

/// The cache, brought up to date. It answers from one state of the files, which is not older than its opening.
pub struct Cache {
    pub(super) db: Connection,
    /// How many requests had to be read.
    pub(super) read: usize,
}

/// Why the cache can't be used.
pub(super) enum Trouble {
    /// The file, or the library.
    Sql(rusqlite::Error),
    /// The ledger itself.
    Store(StoreError),
}

impl From<rusqlite::Error> for Trouble {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// What differs between the rows and the files.
#[derive(Default)]
pub(super) struct Difference {
    pub(super) changed: Vec<RequestId>,
    pub(super) gone: Vec<i64>,
    /// Where the rows stand once this is written down; `None` where they stand there already.
    point: Option<Point>,
}

impl Difference {
    pub(super) fn is_nothing(&self) -> bool {
        self.changed.is_empty() && self.gone.is_empty()
    }
}

/// Whether the file itself is no database any more.
pub(super) fn is_spoilt(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::ErrorCode;
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::TypeMismatch))
        || matches!(error, rusqlite::Error::InvalidColumnType(..) | rusqlite::Error::FromSqlConversionFailure(..))
}

/// A failure of a private cache: there is nothing that could take its place.
pub(super) fn of_private(error: rusqlite::Error) -> StoreError {
    StoreError::Unwritable(format!("a temporary database: {error}"))
}

impl Cache {
    /// Asks the cache of a ledger, brought up to date, a question. Should the file turn out to be spoilt, it goes, and the
    /// question is put to a private one.
    ///
    /// # Errors
    /// Failed machinery of the ledger; a cache that fails is done without.
    pub fn ask<T>(
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
        question: impl FnMut(&Self) -> rusqlite::Result<T>,
    ) -> Result<T, StoreError> {
        Self::asked(store, scope, progress, question).map(|(_, answer)| answer)
    }

    /// The same, with the cache that answered: what it is asked next, it answers from the same state.
    pub(super) fn asked<T>(
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
        mut question: impl FnMut(&Self) -> rusqlite::Result<T>,
    ) -> Result<(Self, T), StoreError> {
        let kept = Self::fresh(store, scope, progress)?;
        if let Ok(answer) = question(&kept) {
            return Ok((kept, answer));
        }
        drop(kept);
        store.forget_cache()?;
        Self::asked_private(store, scope, progress, question)
    }

    fn asked_private<T>(
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
        mut question: impl FnMut(&Self) -> rusqlite::Result<T>,
    ) -> Result<(Self, T), StoreError> {
        let private = Self::private(store, scope, progress)?;
        let answer = question(&private).map_err(of_private)?;
        Ok((private, answer))
    }

    /// Asks for requests, and looks at those that are in the answer: it is never older than what it shows.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn ask_shown<T>(
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
        question: impl FnMut(&Self) -> rusqlite::Result<T>,
        shown: impl Fn(&T) -> Vec<RequestId>,
    ) -> Result<T, StoreError> {
        Self::asked_shown(store, scope, progress, question, shown).map(|(_, answer)| answer)
    }

    /// The same, with the cache that answered: what it is asked next, it answers from the same state.
    ///
    /// # Errors
    /// As [`Self::ask`].
    pub fn asked_shown<T>(
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
        mut question: impl FnMut(&Self) -> rusqlite::Result<T>,
        shown: impl Fn(&T) -> Vec<RequestId>,
    ) -> Result<(Self, T), StoreError> {
        let mut found = None;
        for _ in 0..ROUNDS_MAX {
            let checked = |cache: &Self| -> rusqlite::Result<(T, Result<Difference, StoreError>)> {
                let answer = question(cache)?;
                if cache.count()? <= SMALL {
                    return Ok((answer, Ok(Difference::default())));
                }
                match cache.against_some(store, &shown(&answer)) {
                    Ok(difference) => Ok((answer, Ok(difference))),
                    Err(Trouble::Store(error)) => Ok((answer, Err(error))),
                    Err(Trouble::Sql(error)) => Err(error),
                }
            };
            let (cache, (answer, difference)) = Self::asked(store, scope, progress, checked)?;
            let difference = difference?;
            if difference.is_nothing() {
                return Ok((cache, answer));
            }
            // What can't be written down is found anew by a private one.
            let written = Self::kept(store, scope, progress)
                .and_then(|cache| cache.db.execute_batch("ROLLBACK").map_err(Trouble::from).map(|()| cache))
                .and_then(|mut cache| cache.write(store, scope, difference, progress));
            found = Some((cache, answer));
            if written.is_err() {
                return Self::asked_private(store, scope, progress, question);
            }
        }
        // Somebody changes what is shown all the time.
        found.ok_or_else(|| StoreError::Unwritable("the cache was not asked".to_owned()))
    }

    /// Opens the cache of a ledger and brings it up to date. `progress` is told how many of how many requests were read.
    ///
    /// # Errors
    /// Failed machinery of the ledger; a cache that fails is done without.
    fn fresh(store: &dyn Store, scope: Scope<'_>, progress: Progress<'_>) -> Result<Self, StoreError> {
        let kept = Self::kept(store, scope, progress).or_else(|trouble| match trouble {
            Trouble::Sql(error) if is_spoilt(&error) => {
                store.forget_cache().map_err(Trouble::Store)?;
                Self::kept(store, scope, progress)
            }
            Trouble::Sql(_) | Trouble::Store(_) => Err(trouble),
        });
        match kept {
            Ok(cache) => Ok(cache),
            Err(Trouble::Store(error)) => Err(error),
            // A full disk, a folder that can't be written to, others that hold it for too long.
            Err(Trouble::Sql(_)) => Self::private(store, scope, progress),
        }
    }

    fn kept(store: &dyn Store, scope: Scope<'_>, progress: Progress<'_>) -> Result<Self, Trouble> {
        let Some(place) = store.cache_place() else { return Err(Trouble::Sql(rusqlite::Error::InvalidQuery)) };
        let mut db = tables::open(&place)?;
        if !tables::is_ours(&db, scope)? {
            tables::make(&mut db, scope)?;
        }
        let mut cache = Self { db, read: 0 };
        cache.bring_up(store, scope, progress)?;
        Ok(cache)
    }

    fn private(store: &dyn Store, scope: Scope<'_>, progress: Progress<'_>) -> Result<Self, StoreError> {
        let failed = |trouble| match trouble {
            Trouble::Store(error) => error,
            Trouble::Sql(error) => of_private(error),
        };
        let make = || -> Result<Self, Trouble> {
            let mut db = tables::private()?;
            tables::make(&mut db, scope)?;
            let mut cache = Self { db, read: 0 };
            cache.bring_up(store, scope, progress)?;
            Ok(cache)
        };
        make().map_err(failed)
    }

    /// Brings the rows up to date, and leaves a read transaction open in which they are.
    pub(super) fn catch_up(
        &mut self,
        store: &dyn Store,
        scope: Scope<'_>,
        progress: Progress<'_>,
    ) -> Result<(), Trouble> {
        let mut mine = None;
        for _ in 0..ROUNDS_MAX {
            self.db.execute_batch("BEGIN DEFERRED")?;
            let generation = self.note("generation")?;
            // What this one wrote a moment ago is fresh; others may have come in between.
            if mine.is_some() && generation == mine {
                return Ok(());
            }
            let difference = self.difference(store)?;
            if difference.is_nothing() && difference.point.is_none() {
                return Ok(());
            }
            self.db.execute_batch("ROLLBACK")?;
            mine = Some(self.write(store, scope, difference, progress)?.to_string());
        }
        Err(Trouble::Sql(rusqlite::Error::InvalidQuery))
    }

    fn note(&self, name: &str) -> rusqlite::Result<Option<String>> {
        tables::meta(&self.db, name)
    }

    /// What differs. The transaction that is open pins the rows before the files are looked at, so what is found equal is
    /// as fresh as this call.
    fn difference(&self, store: &dyn Store) -> Result<Difference, Trouble> {
        let point = self.note("point")?.map(Point);
        let Changes { all, touched, point: now } = store.changes(point.as_ref())?;
        let count = self.count()?;
        if all || count <= SMALL {
            // Where nothing is known, nothing has to be held against the files: they are all read.
            let mut difference = match count {
                0 => Difference { changed: store.requests()?, ..Difference::default() },
                _ => self.against(&store.survey()?)?,
            };
            // A small ledger is looked at as a whole each time, so nothing has to be kept of how far that got.
            let is_new = count > SMALL || !difference.is_nothing() || point.is_none();
            difference.point = is_new.then_some(now);
            return Ok(difference);
        }
        let mut ids: Vec<RequestId> = touched.into_iter().collect();
        let mut unsettled = self.db.prepare("SELECT nr FROM request WHERE settled = 0")?;
        let rows = unsettled.query_map([], |row| row.get::<_, i64>(0))?;
        for nr in rows {
            ids.extend(id_of(nr?));
        }
        ids.extend(self.slice(store)?);
        ids.sort_unstable();
        ids.dedup();
        let mut difference = self.against_some(store, &ids)?;
        difference.point = (point.as_ref() != Some(&now)).then_some(now);
        Ok(difference)
    }

    /// The requests whose turn it is to be looked at.
    fn slice(&self, store: &dyn Store) -> Result<Vec<RequestId>, Trouble> {
        let kept = store.derived(Derived::Sweep).ok().flatten();
        let from: i64 = kept.and_then(|bytes| String::from_utf8(bytes).ok()?.trim().parse().ok()).unwrap_or(0);
        let mut rows = self.db.prepare("SELECT nr FROM request WHERE nr > ?1 ORDER BY nr LIMIT ?2")?;
        let numbers: Vec<i64> = rows.query_map([from, SLICE], |row| row.get(0))?.collect::<Result<_, _>>()?;
        let is_end = i64::try_from(numbers.len()).unwrap_or(i64::MAX) < SLICE;
        let next = numbers.last().copied().filter(|_| !is_end).unwrap_or(0);
        // Where it can't be kept, it is the turn of the same ones again.
        let _ = store.replace_derived(Derived::Sweep, format!("{next}\n").as_bytes());
        Ok(numbers.into_iter().filter_map(id_of).collect())
    }

    /// Holds the rows of some requests against these as they are.
    fn against_some(&self, store: &dyn Store, ids: &[RequestId]) -> Result<Difference, Trouble> {
        let mut difference = Difference::default();
        let mut row = self.db.prepare("SELECT 1 FROM request WHERE nr = ?1 AND stamp = ?2 AND settled = 1")?;
        let mut holds =
            |id: RequestId, stamp: Stamp| row.exists(rusqlite::params![number_of(id), bytes_of(stamp.parts)]);
        // An export shows everything: its tokens are not held all at once.
        for ids in ids.chunks(CHUNK) {
            for (id, stamp) in ids.iter().zip(store.stamps(ids)?) {
                match stamp {
                    Some(stamp) if holds(*id, stamp)? => {}
                    Some(_) => difference.changed.push(*id),
                    None => difference.gone.push(number_of(*id)),
                }
            }
        }
        Ok(difference)
    }

    pub(super) fn count(&self) -> rusqlite::Result<u64> {
        Ok(self.note("requests")?.and_then(|count| count.parse().ok()).unwrap_or(0))
    }

    /// Holds all rows against all requests as they are.
    fn against(&self, survey: &[Surveyed]) -> rusqlite::Result<Difference> {
        let mut difference = Difference::default();
        let mut rows = self.db.prepare("SELECT nr, stamp, settled FROM request ORDER BY nr")?;
        let mut rows = rows.query([])?;
        let mut row = rows.next()?;
        for request in survey {
            let nr = number_of(request.id);
            while let Some(known) = row {
                if known.get::<_, i64>(0)? >= nr {
                    break;
                }
                difference.gone.push(known.get(0)?);
                row = rows.next()?;
            }
            let is_current = match row {
                Some(known) if known.get::<_, i64>(0)? == nr => {
                    let same = known.get_ref(1)?.as_blob().is_ok_and(|stamp| stamp == bytes_of(request.stamp.parts));
                    let settled: bool = known.get(2)?;
                    row = rows.next()?;
                    same && settled
                }
                Some(_) | None => false,
            };
            if !is_current {
                difference.changed.push(request.id);
            }
        }
        while let Some(known) = row {
            difference.gone.push(known.get(0)?);
            row = rows.next()?;
        }
        Ok(difference)
    }

    /// Reads what changed and writes it down, the one while the other is under way; answers with the generation that this
    /// makes.
    pub(super) fn write(
        &mut self,
        store: &dyn Store,
        scope: Scope<'_>,
        difference: Difference,
        progress: Progress<'_>,
    ) -> Result<u64, Trouble> {
        let Difference { changed, gone, point } = difference;
        let total = changed.len();
        let chunks = || changed.chunks(CHUNK);
        let read = |send: &SyncSender<Result<Vec<Stamped>, StoreError>>| {
            let mut done = 0;
            for chunk in chunks() {
                let told = |read: usize, _: usize| progress(done + read, total);
                let outcomes = read_all(store, scope.workflow, chunk, &told);
                done += chunk.len();
                // Whoever writes has given up.
                if send.send(outcomes).is_err() {
                    break;
                }
            }
        };
        let db = &mut self.db;
        if total >= MANY {
            tables::keep_in_memory(db, Pages::Many)?;
        }
        std::thread::scope(|threads| -> Result<(), Trouble> {
            let (send, receive) = sync_channel(1);
            threads.spawn(move || read(&send));
            let mut rest = chunks();
            // Nothing is held while the first is waited for.
            while let Ok(first) = receive.recv() {
                let open = Budget::endless().at_most(OPEN_MAX);
                let more = std::iter::from_fn(|| receive.recv_timeout(open.left()?).ok());
                put(db, scope, &mut rest, std::iter::once(first).chain(more).take(CHUNKS))?;
            }
            Ok(())
        })?;
        tables::keep_in_memory(&self.db, Pages::Few)?;
        self.read += total;
        let tx = self.db.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut writer = Writer::new(&tx, scope.workflow)?;
        gone.iter().try_for_each(|nr| writer.remove(*nr))?;
        let added = writer.finish()?;
        count(&tx, added)?;
        if let Some(Point(point)) = &point {
            tables::set_meta(&tx, "point", point)?;
        }
        let generation = next_generation(&tx)?;
        tx.commit()?;
        Ok(generation)
    }
}

/// Puts some chunks into the tables, as they come.
fn put<'a>(
    db: &mut Connection,
    scope: Scope<'_>,
    chunks: &mut impl Iterator<Item = &'a [RequestId]>,
    read: impl Iterator<Item = Result<Vec<Stamped>, StoreError>>,
) -> Result<(), Trouble> {
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let mut writer = Writer::new(&tx, scope.workflow)?;
    for (read, chunk) in read.zip(chunks) {
        for (id, (stamp, outcome)) in chunk.iter().zip(&read?) {
            writer.put(*id, *stamp, outcome)?;
        }
    }
    let added = writer.finish()?;
    count(&tx, added)?;
    next_generation(&tx)?;
    Ok(tx.commit()?)
}

/// Takes note of how many more requests there are.
fn count(tx: &Connection, added: i64) -> rusqlite::Result<()> {
    let before = tables::meta(tx, "requests")?.and_then(|count| count.parse::<i64>().ok()).unwrap_or(0);
    tables::set_meta(tx, "requests", &(before + added).to_string())
}

/// Counts what was written, so that others see that something was.
fn next_generation(tx: &Connection) -> rusqlite::Result<u64> {
    let generation = tables::meta(tx, "generation")?.and_then(|n| n.parse::<u64>().ok()).unwrap_or(0) + 1;
    tables::set_meta(tx, "generation", &generation.to_string())?;
    Ok(generation)
}
