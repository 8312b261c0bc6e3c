//! Figures about requests: how many of which kind, how long they take, how old they are.

use super::list::{Keys, Query, Scope};
use super::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::domain::stats::{Facts, Fold, Stats, Times, Window};
use crate::domain::time::Timestamp;
use crate::index::Entry;
use crate::index::list::Filter;
use crate::index::stats::{Counted, Damaged, counted, stats};

/// The most weeks that are told.
pub const WEEKS_MAX: usize = 1_040;

/// Figures, and what they leave out.
#[derive(Clone, PartialEq, Debug)]
pub struct Figures {
    /// The figures.
    pub stats: Stats,
    /// Requests that can't be read, with what is wrong: they count nowhere.
    pub damaged: Damaged,
}

impl Ledger<'_> {
    /// Figures about the requests that a query asks for, final ones too; its order, limit and cursor don't matter.
    ///
    /// Those about all requests come from counts that are kept. Where something is asked for, the rows of what fits are
    /// gone through. As of a moment, all rows are, and the histories of what changed since are read.
    ///
    /// # Errors
    /// Failed machinery; damaged requests are part of the answer.
    pub fn stats(&self, query: &Query, weeks: usize) -> Result<Figures, AppError> {
        let query = &Query { scope: Scope::All, limit: None, cursor: None, ..query.clone() };
        let filter = self.filter(query)?;
        let Some(at) = query.at else {
            let window = Window { now: self.world.now(), weeks };
            return self.stats_now(&filter, window);
        };
        let Counted { mut fold, changed, mut damaged } =
            counted(self.store, self.scope(), &filter, Some(at), Window { now: at, weeks }, &self.progress())?;
        for id in changed {
            if let Err(what) = self.take_then(id, at, &filter, &mut fold)? {
                damaged.insert(id, what);
            }
        }
        Ok(Figures { stats: fold.stats(), damaged })
    }

    /// How many of the open requests that a query asks for are duplicates: they count like others, and nobody works on them.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn open_duplicates(&self, query: &Query) -> Result<usize, AppError> {
        let duplicates =
            Query { scope: Scope::Open, keys: Keys::Duplicate, limit: Some(1), cursor: None, ..query.clone() };
        Ok(self.list(&duplicates)?.matched)
    }

    fn stats_now(&self, filter: &Filter, window: Window) -> Result<Figures, AppError> {
        if *filter == Filter::default() {
            let (stats, damaged) = stats(self.store, self.scope(), window, &self.progress())?;
            return Ok(Figures { stats, damaged });
        }
        let Counted { fold, damaged, .. } = counted(self.store, self.scope(), filter, None, window, &self.progress())?;
        Ok(Figures { stats: fold.stats(), damaged })
    }

    /// Takes a request into account as it was at a moment; what is wrong with it if it was damaged meanwhile.
    fn take_then(
        &self,
        id: RequestId,
        at: Timestamp,
        filter: &Filter,
        fold: &mut Fold,
    ) -> Result<Result<(), String>, AppError> {
        let history = match self.store.history(id) {
            Ok(Some(history)) => history.at_time(at),
            Ok(None) => return Ok(Ok(())),
            Err(error) if error.is_of_files() => return Ok(Err(error.to_string())),
            Err(other) => return Err(other.into()),
        };
        let entry = Entry::of(&history, self.workflow);
        if filter.states.is_empty() || filter.states.contains(&entry.state) {
            let to: Vec<&str> = entry.to.iter().map(|repo| repo.as_str()).collect();
            fold.take(&Facts {
                id,
                state: &entry.state,
                is_open: !entry.is_final(self.workflow),
                request_type: entry.request_type.as_str(),
                from: entry.from.as_str(),
                to: &to,
                by: entry.created_by.as_str(),
                times: Times::of(&history, self.workflow),
            });
        }
        Ok(Ok(()))
    }
}
