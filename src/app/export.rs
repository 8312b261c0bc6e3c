//! Handing out many requests one after the other, without holding all of them.

use std::collections::BTreeMap;

use super::list::{Page, Query, Row};
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
        take: impl FnMut(&Row) -> Result<(), E>,
    ) -> Result<BTreeMap<RequestId, String>, E> {
        let batch = (query.at.is_none() && query.sort.is_fixed()).then_some(BATCH);
        in_batches(query, batch, |query| self.list(query), take)
    }
}

/// Asks for batch after batch, or for all at once, and hands out what comes.
fn in_batches<E: From<AppError>>(
    query: &Query,
    batch: Option<usize>,
    ask: impl Fn(&Query) -> Result<Page, AppError>,
    mut take: impl FnMut(&Row) -> Result<(), E>,
) -> Result<BTreeMap<RequestId, String>, E> {
    let mut query = query.clone();
    let mut left = query.limit;
    loop {
        query.limit = batch.map_or(left, |batch| Some(left.map_or(batch, |left| left.min(batch))));
        let page = ask(&query)?;
        page.rows.iter().try_for_each(&mut take)?;
        left = left.map(|left| left.saturating_sub(page.rows.len()));
        match page.next {
            Some(next) if batch.is_some() && left != Some(0) => query.cursor = Some(next.parse()?),
            Some(_) | None => return Ok(page.damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Entry;

    /// The numbers of the requests that are handed out of `count`, and how many were asked for at a time.
    fn handed_out(count: u32, limit: Option<usize>, batch: Option<usize>) -> (Vec<u32>, Vec<Option<usize>>) {
        let entry: Entry = serde_json::from_str(
            r#"{"state":"PROPOSED","version":1,"heads":[],"title":"T","from":"a","to":["b"],"type":"bug","priority":"P2",
                "labels":[],"created_at":"2026-11-20T15:11:00.123Z","created_by":"ann"}"#,
        )
        .unwrap();
        let row = |number: u32| {
            let id = format!("REQ-20261120-{number:04}").parse().unwrap();
            Row { id, entry: entry.clone(), waits_for: Vec::new() }
        };
        let asked = std::cell::RefCell::new(Vec::new());
        let ask = |query: &Query| {
            asked.borrow_mut().push(query.limit);
            let from = query.cursor.as_ref().map_or(1, |cursor| cursor.to_string()[16..20].parse::<u32>().unwrap() + 1);
            let mut rows: Vec<Row> = (from..=count).map(row).collect();
            let has_more = query.limit.is_some_and(|limit| limit < rows.len());
            rows.truncate(query.limit.unwrap_or(usize::MAX));
            let next = rows.last().filter(|_| has_more).map(|row| format!("id.{}.", row.id));
            Ok(Page { matched: rows.len(), rows, next, ..Page::default() })
        };
        let mut taken = Vec::new();
        let query = Query { limit, ..Query::default() };
        let done = in_batches(&query, batch, ask, |row| {
            taken.push(row.id.number());
            Ok::<(), AppError>(())
        });
        assert!(done.unwrap().is_empty());
        (taken, asked.into_inner())
    }

    #[test]
    fn batches_neither_skip_nor_repeat_and_end_at_the_limit() {
        let all: Vec<u32> = (1..=7).collect();
        for batch in [1, 2, 3, 7, 8] {
            assert_eq!(handed_out(7, None, Some(batch)).0, all, "{batch}");
        }
        assert_eq!(handed_out(7, Some(5), Some(2)), (vec![1, 2, 3, 4, 5], vec![Some(2), Some(2), Some(1)]));
        assert_eq!(handed_out(7, Some(4), Some(2)), (vec![1, 2, 3, 4], vec![Some(2), Some(2)]));
        assert_eq!(handed_out(7, None, None), (all, vec![None]));
        assert_eq!(handed_out(7, Some(3), None), (vec![1, 2, 3], vec![Some(3)]));
        assert_eq!(handed_out(0, None, Some(2)), (vec![], vec![Some(2)]));
    }
}
