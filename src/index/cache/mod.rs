//! The local cache: a projection of packets and events into tables, with an index for every question.
//!
//! It is never a source. A row is taken for current only if it can be shown that the request has not changed since the
//! row was made; `docs/read-model.md` has the argument. What can't be opened, is another ledger's, was made under another
//! workflow or by another version is made anew; where no file can be kept, a private one is made for this one answer.

mod blocked;
#[cfg(test)]
mod check_tests;
mod duplicate;
pub mod edges;
mod entries;
mod events;
mod fresh;
pub mod list;
mod parts;
#[cfg(test)]
mod plain;
mod read;
mod rows;
pub mod search;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "tests change files by hand")]
mod search_tests;
pub mod sketch;
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

use uuid::Uuid;

use super::project::{Entry, words_of};
use crate::domain::history::History;
use crate::domain::stats::Times;
use crate::domain::workflow::Workflow;
use crate::store::Store;

pub use self::fresh::Cache;
use self::parts::Need;
pub use self::read::threads;
pub use self::text::Words;

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
