//! Requests as they were at a moment, one after the other: what has not changed since is told by its row, and of the rest
//! the histories are read.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;

use rusqlite::Statement;

use super::list::{Filter, rows_of};
use super::rows::{id_of, number_of};
use super::whole::entry;
use super::{Cache, Progress, Scope};
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::index::project::Entry;
use crate::store::{Store, StoreError};

/// The ledger as it was at a moment.
pub struct Past<'a> {
    cache: &'a Cache,
    store: &'a dyn Store,
    workflow: &'a Workflow,
    at: Timestamp,
    /// What a row says of whether a request is settled.
    row: RefCell<Statement<'a>>,
    /// The first request with the key of another, and when it was made.
    first: RefCell<Statement<'a>>,
}

/// Whoever is handed requests as they were.
pub type Take<'a> = dyn FnMut(&Past<'_>, RequestId, Entry) -> Result<ControlFlow<()>, StoreError> + 'a;

/// Hands out the requests that there were at a moment, in the order of their ids, until `take` breaks off; answers with
/// those that can't be read. Of the filter counts what a packet says, which never changes.
///
/// # Errors
/// Failed machinery, or `take`.
pub fn each_then(
    store: &dyn Store,
    scope: Scope<'_>,
    filter: &Filter,
    at: Timestamp,
    progress: Progress<'_>,
    take: &mut Take<'_>,
) -> Result<BTreeMap<RequestId, String>, StoreError> {
    let said = Filter {
        request_type: filter.request_type.clone(),
        from: filter.from.clone(),
        to: filter.to.clone(),
        label: filter.label.clone(),
        priority: filter.priority.clone(),
        by: filter.by.clone(),
        words: filter.words.clone(),
        ..Filter::default()
    };
    let (cache, damaged) = Cache::asked(store, scope, progress, Cache::damaged)?;
    let row = "SELECT created_at, updated_at, is_settled FROM request WHERE nr = ?1 AND damage IS NULL";
    let row = RefCell::new(cache.db.prepare(row).map_err(failed)?);
    let first = RefCell::new(cache.db.prepare(FIRST).map_err(failed)?);
    let past = Past { cache: &cache, store, workflow: scope.workflow, at, row, first };
    // What was handed out can't be taken back, so nothing can take the place of a cache that fails now.
    past.each(&said, take).map_err(failed)??;
    Ok(damaged)
}

/// The first request with the key of a request, and when it was made.
pub(super) const FIRST: &str = "SELECT nr, created_at FROM request WHERE key = (SELECT key FROM request WHERE nr = ?1) AND \
     nr < ?1 ORDER BY nr LIMIT 1";

/// The first request with the key of one, if it was there at a moment.
pub(super) fn first_then(
    first: &mut Statement<'_>,
    id: RequestId,
    at: Timestamp,
) -> rusqlite::Result<Option<RequestId>> {
    let mut rows = first.query([number_of(id)])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    // Of one that can't be read the row does not tell; it is there now.
    if row.get::<_, Option<i64>>(1)?.is_some_and(|created_at| created_at > at.unix_ms()) {
        return Ok(None);
    }
    id_of(row.get(0)?).ok_or(rusqlite::Error::InvalidQuery).map(Some)
}

fn failed(error: rusqlite::Error) -> StoreError {
    StoreError::Unwritable(format!("the cache: {error}"))
}

impl Past<'_> {
    /// The requests on which one waited that was as this entry says.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn waits_for(&self, entry: &Entry) -> Result<Vec<RequestId>, StoreError> {
        let mut waits_for = Vec::new();
        for needs in &entry.depends_on {
            if !self.was_settled(*needs)? {
                waits_for.push(*needs);
            }
        }
        Ok(waits_for)
    }

    fn was_settled(&self, id: RequestId) -> Result<bool, StoreError> {
        let now = || -> rusqlite::Result<Option<(i64, i64, bool)>> {
            let mut row = self.row.borrow_mut();
            let mut row = row.query([number_of(id)])?;
            row.next()?.map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).transpose()
        };
        let at = self.at.unix_ms();
        match now().map_err(failed)? {
            Some((created_at, updated_at, is_settled)) if created_at <= at && updated_at <= at => Ok(is_settled),
            Some((created_at, ..)) if created_at <= at => {
                Ok(self.read(id)?.is_some_and(|entry| entry.is_settled(self.workflow)))
            }
            Some(_) | None => Ok(false),
        }
    }

    fn first_of(&self, id: RequestId, entry: &Entry) -> rusqlite::Result<Option<RequestId>> {
        if entry.key.is_none() || entry.distinct {
            return Ok(None);
        }
        first_then(&mut self.first.borrow_mut(), id, self.at)
    }

    /// A request by its history.
    fn read(&self, id: RequestId) -> Result<Option<Entry>, StoreError> {
        let history = self.store.history(id)?;
        Ok(history.map(|history| Entry::of(&history.at_time(self.at), self.workflow)))
    }

    fn each(&self, filter: &Filter, take: &mut Take<'_>) -> rusqlite::Result<Result<(), StoreError>> {
        let what = "request.nr, created_at, updated_at, (SELECT entry FROM body WHERE body.nr = request.nr)";
        let (text, values) = rows_of(what, filter);
        let mut rows = self.cache.db.prepare(&text)?;
        let mut rows = rows.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let (created_at, updated_at): (i64, i64) = (row.get(1)?, row.get(2)?);
            if created_at > self.at.unix_ms() {
                continue;
            }
            let id = id_of(row.get(0)?).ok_or(rusqlite::Error::InvalidQuery)?;
            let was = if updated_at <= self.at.unix_ms() {
                Ok(Some(entry(row.get_ref(3)?.as_str()?)?))
            } else {
                self.read(id)
            };
            let was = match was {
                Ok(Some(mut entry)) => {
                    entry.duplicate_of = self.first_of(id, &entry)?;
                    Ok(Some(entry))
                }
                other => other,
            };
            match was.and_then(|was| was.map_or(Ok(ControlFlow::Continue(())), |was| take(self, id, was))) {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(())) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
        Ok(Ok(()))
    }
}
