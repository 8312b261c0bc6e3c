//! Handing out many requests one after the other, without holding all of them.

use std::collections::BTreeMap;

use super::list::{Query, Row};
use super::{AppError, Ledger};
use crate::domain::id::RequestId;

/// How many requests are asked for at a time.
const BATCH: usize = 5_000;

impl Ledger<'_> {
    /// Hands out each request that a query asks for, in its order; answers with those that can't be read.
    ///
    /// The requests are asked for in batches, so that a large ledger needs no more memory than a small one. Where a place
    /// in the order can change meanwhile (by state, by the newest event), and for a moment in the past, all of them come
    /// from one question instead: so each is handed out once whatever is written meanwhile.
    ///
    /// # Errors
    /// What the caller answers with, or failed machinery.
    pub fn each<E: From<AppError>>(
        &self,
        query: &Query,
        mut take: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<BTreeMap<RequestId, String>, E> {
        let in_batches = query.at.is_none() && query.sort.is_fixed();
        let mut query = query.clone();
        let mut left = query.limit;
        loop {
            query.limit = if in_batches { Some(left.map_or(BATCH, |left| left.min(BATCH))) } else { left };
            let page = self.list(&query)?;
            page.rows.iter().try_for_each(&mut take)?;
            left = left.map(|left| left.saturating_sub(page.rows.len()));
            match page.next {
                Some(next) if in_batches && left != Some(0) => query.cursor = Some(next.parse()?),
                Some(_) | None => return Ok(page.damaged),
            }
        }
    }
}
