//! The local cache: a projection of packets and events into tables, with an index for every question.
//!
//! It is never a source. A row is taken for current only if it can be shown that the request has not changed since the
//! row was made; `docs/read-model.md` has the argument. What can't be opened, is another ledger's, was made under another
//! workflow or by another version is made anew; where no file can be kept, a private one is made for this one answer.

mod blocked;
mod duplicate;
pub mod edges;
mod entries;
mod events;
mod fresh;
pub mod list;
mod parts;
mod read;
mod rows;
pub mod search;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests change files by hand")]
mod search_tests;
pub mod sql;
pub mod stats;
mod tables;
mod tally;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests change files by hand")]
mod tests;
mod text;
pub mod then;
mod whole;

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::project::{Entry, words_of};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Key, RequestId};
use crate::domain::stats::Times;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::store::{Store, StoreError};

pub use self::fresh::Cache;
use self::parts::Need;
use self::read::read_all;
pub use self::read::threads;
use self::rows::{Unread, row_digest};
pub use self::text::Words;

/// All requests of a ledger, projected.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Projection {
    /// The entries, by id.
    pub entries: BTreeMap<RequestId, Entry>,
    /// The requests that can't be read, with what is wrong.
    pub damaged: BTreeMap<RequestId, String>,
    /// How many events there are.
    pub events: u64,
    /// How many requests had to be read, since the cache did not have them as they are.
    pub read: usize,
    /// The requests of which the cache says what is not so, though it passes for current; only where it was not believed.
    pub contradicted: Vec<RequestId>,
    /// What the cache keeps beside its rows and does not follow from them; only where it was not believed.
    pub astray: Vec<Aside>,
    /// How many requests the cache has that are not here: it is older than what removed them, or wrong; only where it was
    /// not believed.
    pub gone: usize,
}

/// What the cache keeps beside its rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aside {
    /// How many requests there are of a kind.
    Counts,
    /// Which open requests wait for another.
    Waiting,
    /// Which requests have the key of another one.
    Duplicates,
    /// The words of texts.
    Words,
}

/// What verifying makes of a request, to hold the cache against it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Made {
    /// A digest of what its row should say.
    pub row: Hash,
    /// Its words, where the cache has any.
    pub words: Option<Words>,
}

/// Whether the words of requests are asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Searched {
    /// Somebody has searched: the cache has words.
    Yes,
    /// It has none.
    NotYet,
}

/// Whether the cache has words of texts that can be held against what they should be.
#[must_use]
pub fn searched(store: &dyn Store, scope: Scope<'_>) -> Searched {
    if Cache::as_it_is(store, scope).has_words() { Searched::Yes } else { Searched::NotYet }
}

/// Whether the cache is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// What it has of the same bytes is taken from it.
    Cache,
    /// Everything is read, and what it says is held against that; it stays as it is.
    Files,
}

impl Projection {
    /// Finds the requests whose key another one has that comes before them, be it one of those that can't be read.
    pub fn find_duplicates(&mut self, unreadable: Vec<(RequestId, Key)>) {
        let mut firsts: HashMap<Key, RequestId> = HashMap::new();
        let readable = self.entries.iter().filter_map(|(id, entry)| Some((*id, entry.key.clone()?)));
        for (id, key) in readable.chain(unreadable) {
            firsts.entry(key).and_modify(|first| *first = id.min(*first)).or_insert(id);
        }
        for (id, entry) in &mut self.entries {
            let first = entry.key.as_ref().and_then(|key| firsts.get(key)).copied();
            entry.duplicate_of = first.filter(|first| first != id && !entry.distinct);
        }
    }

    /// Whether the cache says what is not so.
    #[must_use]
    pub fn contradicts_cache(&self) -> bool {
        !self.contradicted.is_empty() || !self.astray.is_empty()
    }

    /// The newest event's time.
    #[must_use]
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.entries.values().filter_map(|entry| entry.updated_at).max()
    }
}

/// Whose entries a cache holds.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The ledger.
    pub ledger_id: Uuid,
    /// The workflow under which histories are folded.
    pub workflow: &'a Workflow,
    /// The parts that a question needs beside the rows.
    needs: &'static [Need],
}

impl<'a> Scope<'a> {
    /// The entries of a ledger.
    #[must_use]
    pub fn new(ledger_id: Uuid, workflow: &'a Workflow) -> Self {
        Self { ledger_id, workflow, needs: &[] }
    }
}

/// What is kept of a request.
#[derive(Clone, PartialEq, Debug)]
struct Line {
    events: u64,
    /// Title and description in lower case, for filters by words.
    words: String,
    /// From when to when it is measured.
    times: Times,
    // Boxed, for it is large and is handed on three times.
    entry: Box<Entry>,
}

/// Whoever is told how many of how many were read.
pub type Progress<'a> = &'a (dyn Fn(usize, usize) + Sync);

/// Projects all requests as they are now. `progress` is told how many of how many were read.
///
/// # Errors
/// Failed machinery; a damaged request is part of the answer.
pub fn project_all(
    store: &dyn Store,
    scope: Scope<'_>,
    source: Source,
    progress: Progress<'_>,
) -> Result<Projection, StoreError> {
    match source {
        Source::Cache => Cache::ask(store, scope, progress, Cache::all),
        Source::Files => {
            let ids = store.requests()?;
            let mut projection = Projection { read: ids.len(), ..Projection::default() };
            // Before the reading: what is written meanwhile is no contradiction.
            let doubted = Cache::as_it_is(store, scope);
            let (mut rows, mut unreadable) = (Vec::with_capacity(ids.len()), Vec::new());
            for (id, (_, outcome)) in ids.iter().zip(read_all(store, scope.workflow, &ids, progress)?) {
                // What the cache says of one that is not handed out, nobody can tell.
                if let Err(Unread::Refused(what)) = outcome {
                    projection.damaged.insert(*id, what);
                    continue;
                }
                rows.push((*id, row_digest(&outcome, scope.workflow)));
                match outcome {
                    Ok(line) => {
                        projection.events += line.events;
                        projection.entries.insert(*id, *line.entry);
                    }
                    Err(unread) => {
                        unreadable.extend(unread.key().map(|key| (*id, key.clone())));
                        projection.damaged.insert(*id, unread.what().to_owned());
                    }
                }
            }
            projection.find_duplicates(unreadable);
            projection.astray = doubted.astray();
            projection.gone = doubted.others_than(&projection);
            let words = if doubted.has_words() {
                let ids: Vec<RequestId> = projection.entries.keys().copied().collect();
                whole::words_of(store, &ids, progress)?
            } else {
                Vec::new()
            };
            projection.contradicted = doubted.contradicted(store, &rows, &words)?;
            Ok(projection)
        }
    }
}

/// Whether the cache may be wrong, by rows that were made from the files a moment ago. `true` calls for a reading from
/// [`Source::Files`], which knows.
///
/// # Errors
/// Failed machinery.
pub fn is_doubtful(store: &dyn Store, scope: Scope<'_>, made: &[(RequestId, Made)]) -> Result<bool, StoreError> {
    let rows: Vec<(RequestId, Hash)> = made.iter().map(|(id, made)| (*id, made.row)).collect();
    let words: Vec<(RequestId, Words)> = made.iter().filter_map(|(id, made)| Some((*id, made.words?))).collect();
    let cache = Cache::as_it_is(store, scope);
    Ok(!cache.astray().is_empty() || !cache.contradicted(store, &rows, &words)?.is_empty())
}

/// What the index says of a request, and digests of everything that the cache says of it.
#[must_use]
pub fn entry_and_made(history: &History, workflow: &Workflow, searched: Searched) -> (Entry, Made) {
    let read = Ok(Line::of(history, workflow));
    let row = row_digest(&read, workflow);
    let words = (searched == Searched::Yes).then(|| Words::of(history));
    let made = Made { row, words };
    (read.map_or_else(|_: Unread| Entry::of(history, workflow), |line| *line.entry), made)
}

impl Line {
    fn of(history: &History, workflow: &Workflow) -> Self {
        Self {
            events: history.events().len() as u64,
            words: words_of(history.packet()),
            times: Times::of(history, workflow),
            entry: Box::new(Entry::of(history, workflow)),
        }
    }
}
