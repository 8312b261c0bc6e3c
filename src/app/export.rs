//! Handing out many requests one after the other, without holding all of them.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::list::{Query, Row, Sort};
use super::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::index::list;

impl Ledger<'_> {
    /// Hands out each request that a query asks for, in its order; answers with those that can't be read.
    ///
    /// They come out of one state of the ledger one by one, so that a large one needs no more memory than a small one, and
    /// each is handed out once whatever is written meanwhile. Those of a moment in the past are gathered first if they are
    /// wanted in another order than by their ids.
    ///
    /// # Errors
    /// What the caller answers with, or failed machinery.
    pub fn each<E: From<AppError>>(
        &self,
        query: &Query,
        mut take: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<BTreeMap<RequestId, String>, E> {
        if let Some(at) = query.at.filter(|_| query.sort == Sort::Id && query.limit.is_none() && query.cursor.is_none())
        {
            return self.each_at(query, at, take);
        }
        if query.at.is_some() {
            let page = self.list(query)?;
            page.rows.iter().try_for_each(take)?;
            return Ok(page.damaged);
        }
        let now = self.moment_of(query);
        let mut taken = Ok(());
        let damaged = list::each(
            self.store,
            self.scope(),
            &self.filter(query)?,
            &self.progress(),
            &mut |id, entry, waits_for| {
                taken = take(&self.row(id, entry, waits_for, now));
                if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
            },
        );
        taken?;
        Ok(damaged.map_err(AppError::from)?)
    }

    fn each_at<E: From<AppError>>(
        &self,
        query: &Query,
        at: Timestamp,
        mut take: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<BTreeMap<RequestId, String>, E> {
        let now = self.moment_of(query);
        let mut taken = Ok(());
        let damaged = self.each_then(query, at, &mut |past, id, entry| {
            let Some(waits_for) = self.was_wanted(query, past, &entry)? else { return Ok(ControlFlow::Continue(())) };
            let waits_for = waits_for.map_or_else(|| past.waits_for(&entry), Ok)?;
            taken = take(&self.row(id, entry, waits_for, now));
            Ok(if taken.is_ok() { ControlFlow::Continue(()) } else { ControlFlow::Break(()) })
        });
        taken?;
        Ok(damaged?)
    }
}
