//! Figures about requests: of all of them from counts that are kept, of some by going through their rows.

use std::collections::BTreeMap;

use super::list::{Filter, Lookup, Where};
use super::rows::id_of;
use super::tally::{self, COLUMNS, CREATED_AT, CYCLE, ENDED, LEAD, MADE, MEASURED, TARGETS, UPDATED_AT, with_facts};
use super::{Cache, Progress, Scope};
use crate::domain::id::RequestId;
use crate::domain::stats::{AGES_MS, Ages, Count, Counts, Dimension, Fold, Spread, Stats, Window, age_ms, place_of};
use crate::domain::time::Timestamp;
use crate::store::{Store, StoreError};

/// The requests that can't be read, with what is wrong.
pub type Damaged = BTreeMap<RequestId, String>;

/// Requests that were counted, as far as their rows tell it.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The fold of those whose rows do.
    pub fold: Fold,
    /// Those of which only their histories tell how they were.
    pub changed: Vec<RequestId>,
    /// The requests that can't be read.
    pub damaged: Damaged,
}

/// Figures about all requests as they are now, from the counts that are kept. What this costs does not grow with the
/// requests, except for finding the places of medians and percentiles in an index.
///
/// # Errors
/// Failed machinery; a damaged request is part of the answer.
pub fn stats(
    store: &dyn Store,
    scope: Scope<'_>,
    window: Window,
    progress: Progress<'_>,
) -> Result<(Stats, Damaged), StoreError> {
    let question = |cache: &Cache| Ok((cache.tallied(window)?, cache.damaged()?));
    let shown = |(stats, _): &(Stats, Damaged)| stats.ages.oldest.iter().map(|(id, _)| *id).collect();
    Cache::ask_shown(store, scope, progress, question, shown)
}

/// Counts the requests that a filter wants, row by row: as they are now, or as they were at a moment. Whether they were in
/// one of the filter's states then is looked at here; of those that changed since the caller has to.
///
/// # Errors
/// Failed machinery; a damaged request is part of the answer.
pub fn counted(
    store: &dyn Store,
    scope: Scope<'_>,
    filter: &Filter,
    at: Option<Timestamp>,
    window: Window,
    progress: Progress<'_>,
) -> Result<Counted, StoreError> {
    let question = |cache: &Cache| cache.counted(filter, at, window);
    let shown = |counted: &Counted| counted.fold.oldest().into_iter().collect();
    Cache::ask_shown(store, scope, progress, question, shown)
}

/// The indexes that have lengths of time and moments in their order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Index {
    Lead,
    Cycle,
    Age,
}

impl Index {
    /// Its name, the column, and which rows it has.
    fn parts(self) -> (&'static str, &'static str, &'static str) {
        match self {
            Self::Lead => ("request_lead", "lead_ms", "lead_ms IS NOT NULL"),
            Self::Cycle => ("request_cycle", "cycle_ms", "cycle_ms IS NOT NULL"),
            Self::Age => ("request_age", "made_at", "is_final = 0"),
        }
    }
}

impl Cache {
    fn counted(&self, filter: &Filter, at: Option<Timestamp>, window: Window) -> rusqlite::Result<Counted> {
        let mut counted = Counted { fold: Fold::new(window), changed: Vec::new(), damaged: self.damaged()? };
        let wanted = match at {
            None => Where::of(filter, Lookup::Sets),
            // The states of now say nothing of those of then.
            Some(_) => Where::of(&Filter { states: Vec::new(), ..filter.clone() }, Lookup::Sets),
        };
        let mut targets = self.db.prepare(TARGETS)?;
        let mut rows = self.db.prepare(&format!("SELECT {COLUMNS} FROM request{}", wanted.text))?;
        let mut rows = rows.query(rusqlite::params_from_iter(wanted.values))?;
        while let Some(row) = rows.next()? {
            let changed_since = match at {
                Some(at) => Timestamp::from_unix_ms(row.get(UPDATED_AT)?) > at,
                None => false,
            };
            // What was there then is what was on record then.
            let created_at = row.get::<_, Option<i64>>(CREATED_AT)?.map(Timestamp::from_unix_ms);
            let is_there = at.is_none_or(|at| created_at.is_some_and(|created_at| created_at <= at));
            let is_in_state = |state: &str| filter.states.is_empty() || filter.states.iter().any(|one| one == state);
            let Counted { fold, changed, .. } = &mut counted;
            with_facts(row, &mut targets, |facts| match changed_since {
                _ if !is_there => {}
                true => changed.push(facts.id),
                false if is_in_state(facts.state) => fold.take(facts),
                false => {}
            })?;
        }
        Ok(counted)
    }

    fn tallied(&self, window: Window) -> rusqlite::Result<Stats> {
        let mut stats = Stats::none(window);
        for dimension in Dimension::ALL {
            *stats.by_mut(dimension) = self.tally(tally::name_of(dimension))?;
        }
        for count in stats.states.values() {
            stats.requests.all += count.all;
            stats.requests.open += count.open;
        }
        let (made, ended) = (self.tally(MADE)?, self.tally(ENDED)?);
        for throughput in &mut stats.weeks {
            let week = throughput.week.to_string();
            throughput.made = made.get(&week).map_or(0, |count| count.all);
            throughput.ended = ended.get(&week).map_or(0, |count| count.all);
        }
        let measured = self.tally(MEASURED)?;
        let n = |name: &str| measured.get(name).map_or(0, |count| count.all);
        stats.lead = self.spread(Index::Lead, n(LEAD))?;
        stats.cycle = self.spread(Index::Cycle, n(CYCLE))?;
        stats.ages = self.ages(window.now, stats.requests.open)?;
        Ok(stats)
    }

    fn tally(&self, dimension: &str) -> rusqlite::Result<Counts> {
        let mut rows = self.db.prepare("SELECT value, total, open FROM tally WHERE dimension = ?1")?;
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        let count =
            |row: &rusqlite::Row<'_>| Ok((row.get(0)?, Count { all: number(row.get(1)?), open: number(row.get(2)?) }));
        rows.query_map([dimension], count)?.collect()
    }

    fn spread(&self, index: Index, n: u64) -> rusqlite::Result<Spread> {
        Ok(Spread { n, median_ms: self.nth(index, place_of(50, n), n)?, p90_ms: self.nth(index, place_of(90, n), n)? })
    }

    /// The value at a place in ascending order, found by the index from the end that is nearer.
    fn nth(&self, index: Index, place: Option<u64>, n: u64) -> rusqlite::Result<Option<i64>> {
        let Some(place) = place else { return Ok(None) };
        let from_end = n.saturating_sub(place + 1);
        let (order, offset) = if place <= from_end { ("ASC", place) } else { ("DESC", from_end) };
        let (name, column, condition) = index.parts();
        let text = format!(
            "SELECT {column} FROM request INDEXED BY {name} WHERE {condition} ORDER BY {column} {order} LIMIT 1 OFFSET ?1"
        );
        self.db.query_row(&text, [i64::try_from(offset).unwrap_or(i64::MAX)], |row| row.get(0)).map(Some)
    }

    fn ages(&self, now: Timestamp, open: u64) -> rusqlite::Result<Ages> {
        let mut made_between = self.db.prepare(
            "SELECT count(*) FROM request INDEXED BY request_age \
             WHERE is_final = 0 AND made_at > ?1 AND made_at <= ?2",
        )?;
        let mut between = [0; AGES_MS.len() + 1];
        // What comes from a clock that is ahead is among the youngest.
        let mut until = i64::MAX;
        for (place, limit) in AGES_MS.iter().enumerate() {
            let after = now.unix_ms() - limit;
            let count: i64 = made_between.query_row([after, until], |row| row.get(0))?;
            between[place] = u64::try_from(count).unwrap_or_default();
            until = after;
        }
        between[AGES_MS.len()] = open.saturating_sub(between.iter().sum());
        // The younger, the later it was made: places count from the other end.
        let median = place_of(50, open).map(|place| open - 1 - place);
        let median = self.nth(Index::Age, median, open)?;
        let mut oldest = self.db.prepare(
            "SELECT nr, made_at FROM request INDEXED BY request_age WHERE is_final = 0 ORDER BY made_at, nr LIMIT 1",
        )?;
        let mut oldest = oldest.query([])?;
        let oldest = match oldest.next()? {
            Some(row) => {
                let id = id_of(row.get(0)?).ok_or(rusqlite::Error::InvalidQuery)?;
                Some((id, Timestamp::from_unix_ms(row.get(1)?)))
            }
            None => None,
        };
        let median_ms = median.map(|made_at| age_ms(Timestamp::from_unix_ms(made_at), now));
        Ok(Ages { between, median_ms, oldest })
    }
}
