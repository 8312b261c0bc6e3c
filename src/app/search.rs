//! Searching requests for words, in all their texts.

use super::list::Query;
use super::{AppError, Ledger};
use crate::domain::history::History;
use crate::index::Entry;
use crate::index::cache::search::{Found, Question, Then, search};
use crate::index::project::{has_words, words_of};
use crate::index::search::Wanted;

impl Ledger<'_> {
    /// Searches requests that a query asks for; its order and its cursor do not matter.
    ///
    /// # Errors
    /// Failed machinery; damaged requests are part of the answer.
    pub fn search(&self, wanted: &Wanted, query: &Query, limit: usize) -> Result<Found, AppError> {
        let filter = self.filter(query)?;
        let wants = |entry: &Entry, history: &History| {
            self.wants(query, entry) && has_words(&words_of(history.packet()), &query.words)
        };
        let then = query.at.map(|at| Then { at, wants: &wants });
        Ok(search(self.store, self.scope(), Question { wanted, filter: &filter, then, limit }, &self.progress())?)
    }
}
