//! Figures about many requests: how many there are of which kind, how long they take, how old they are.
//!
//! [`Facts`] of requests are folded, one after the other and in any order, into [`Stats`]. [`Times`] says from when to when
//! a request is measured, [`Week`] what a week is.

mod times;
mod week;

use std::collections::BTreeMap;

use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;

pub use times::Times;
pub use week::Week;

const DAY_MS: i64 = 86_400_000;

/// The ages that divide open requests, in milliseconds: a day, a week, 4 weeks, 12 weeks, a year of 365 days. What is
/// exactly as old as one of them is on its far side.
pub const AGES_MS: [i64; 5] = [DAY_MS, 7 * DAY_MS, 28 * DAY_MS, 84 * DAY_MS, 365 * DAY_MS];

/// What is counted of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts<'a> {
    /// Which.
    pub id: RequestId,
    /// Where it stands.
    pub state: &'a str,
    /// Whether something can still follow.
    pub is_open: bool,
    /// The kind of request.
    pub request_type: &'a str,
    /// Who asks.
    pub from: &'a str,
    /// Who is asked.
    pub to: &'a [&'a str],
    /// Who made it.
    pub by: &'a str,
    /// When.
    pub times: Times,
}

/// By what requests are counted.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Dimension {
    /// Where they stand.
    State,
    /// The kind of request.
    Type,
    /// Who asks.
    From,
    /// Who is asked: a request to several counts with each.
    To,
    /// Who made them.
    Actor,
}

impl Dimension {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 5] = [Self::State, Self::Type, Self::From, Self::To, Self::Actor];
}

impl Facts<'_> {
    /// Hands out each name under which the request counts, once.
    pub fn each_name(&self, mut take: impl FnMut(Dimension, &str)) {
        take(Dimension::State, self.state);
        take(Dimension::Type, self.request_type);
        take(Dimension::From, self.from);
        take(Dimension::Actor, self.by);
        for (at, repo) in self.to.iter().enumerate() {
            if !self.to[..at].contains(repo) {
                take(Dimension::To, repo);
            }
        }
    }
}

/// How many.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Count {
    /// In all.
    pub all: u64,
    /// Of them those that something can still follow.
    pub open: u64,
}

impl Count {
    fn add(&mut self, is_open: bool) {
        self.all += 1;
        self.open += u64::from(is_open);
    }
}

/// How lengths of time are spread.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Spread {
    /// Of how many requests.
    pub n: u64,
    /// What half of them take at most.
    pub median_ms: Option<i64>,
    /// What nine in ten of them take at most.
    pub p90_ms: Option<i64>,
}

/// Of `n` values in ascending order, counted from 0, the place of a percentile by the nearest-rank rule: of the smallest
/// value that is not exceeded by so many percent of all, which is always one of them. `None` where there is no value.
#[must_use]
pub fn place_of(percent: u64, n: u64) -> Option<u64> {
    let rank = (u128::from(n) * u128::from(percent)).div_ceil(100).max(1);
    u64::try_from(rank).ok().filter(|rank| *rank <= n).map(|rank| rank - 1)
}

impl Spread {
    fn of(values: &mut [i64]) -> Self {
        let n = values.len() as u64;
        Self { n, median_ms: percentile(values, 50), p90_ms: percentile(values, 90) }
    }
}

fn percentile(values: &mut [i64], percent: u64) -> Option<i64> {
    let place = usize::try_from(place_of(percent, values.len() as u64)?).ok()?;
    Some(*values.select_nth_unstable(place).1)
}

/// How old open requests are.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ages {
    /// How many there are between the ages of [`AGES_MS`]; the last are older than all of them.
    pub between: [u64; AGES_MS.len() + 1],
    /// What half of them have not exceeded.
    pub median_ms: Option<i64>,
    /// The oldest, and when it was made; of several the first by id.
    pub oldest: Option<(RequestId, Timestamp)>,
}

impl Ages {
    /// How many there are.
    #[must_use]
    pub fn n(&self) -> u64 {
        self.between.iter().sum()
    }
}

/// How old something is, in milliseconds; what was made by a clock that is ahead has no age yet.
#[must_use]
pub fn age_ms(made_at: Timestamp, now: Timestamp) -> i64 {
    times::since(made_at, now)
}

/// How many requests a week.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Throughput {
    /// Which week.
    pub week: Week,
    /// How many were made in it.
    pub made: u64,
    /// How many ended in it.
    pub ended: u64,
}

/// What the figures are about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Window {
    /// The moment as of which they are.
    pub now: Timestamp,
    /// How many weeks are told, up to that moment's.
    pub weeks: usize,
}

/// Names with how many there are of each.
pub type Counts = BTreeMap<String, Count>;

/// Figures about requests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stats {
    /// The moment as of which they are.
    pub now: Timestamp,
    /// How many there are.
    pub requests: Count,
    /// Where they stand.
    pub states: Counts,
    /// Kinds of request.
    pub types: Counts,
    /// Who asks.
    pub from: Counts,
    /// Who is asked.
    pub to: Counts,
    /// Who made them.
    pub actors: Counts,
    /// From when they were made to their end, of those that have ended.
    pub lead: Spread,
    /// From when work began to their end, of those that have both.
    pub cycle: Spread,
    /// What came and went, week by week, the oldest first.
    pub weeks: Vec<Throughput>,
    /// How old those are that are open.
    pub ages: Ages,
}

impl Stats {
    /// Figures about no request.
    #[must_use]
    pub fn none(window: Window) -> Self {
        let weeks = Week::up_to(window.now, window.weeks).into_iter();
        Self {
            now: window.now,
            requests: Count::default(),
            states: Counts::new(),
            types: Counts::new(),
            from: Counts::new(),
            to: Counts::new(),
            actors: Counts::new(),
            lead: Spread::default(),
            cycle: Spread::default(),
            weeks: weeks.map(|week| Throughput { week, made: 0, ended: 0 }).collect(),
            ages: Ages::default(),
        }
    }

    /// The counts by something.
    #[must_use]
    pub fn by(&self, dimension: Dimension) -> &Counts {
        match dimension {
            Dimension::State => &self.states,
            Dimension::Type => &self.types,
            Dimension::From => &self.from,
            Dimension::To => &self.to,
            Dimension::Actor => &self.actors,
        }
    }

    /// The same, to be changed.
    pub fn by_mut(&mut self, dimension: Dimension) -> &mut Counts {
        match dimension {
            Dimension::State => &mut self.states,
            Dimension::Type => &mut self.types,
            Dimension::From => &mut self.from,
            Dimension::To => &mut self.to,
            Dimension::Actor => &mut self.actors,
        }
    }

    fn week(&mut self, at: Timestamp) -> Option<&mut Throughput> {
        let week = Week::of(at);
        let place = self.weeks.binary_search_by_key(&week, |throughput| throughput.week).ok()?;
        self.weeks.get_mut(place)
    }
}

/// A fold of requests into figures. It holds three numbers of each, and of names one of each.
#[derive(Clone, Debug)]
pub struct Fold {
    stats: Stats,
    leads: Vec<i64>,
    cycles: Vec<i64>,
    ages: Vec<i64>,
}

impl Fold {
    /// Begins with none.
    #[must_use]
    pub fn new(window: Window) -> Self {
        Self { stats: Stats::none(window), leads: Vec::new(), cycles: Vec::new(), ages: Vec::new() }
    }

    /// Takes one more request into account.
    pub fn take(&mut self, facts: &Facts<'_>) {
        let times = facts.times;
        self.stats.requests.add(facts.is_open);
        facts.each_name(|dimension, name| {
            let counts = self.stats.by_mut(dimension);
            match counts.get_mut(name) {
                Some(count) => count.add(facts.is_open),
                None => counts.entry(name.to_owned()).or_default().add(facts.is_open),
            }
        });
        self.leads.extend(times.lead_ms());
        self.cycles.extend(times.cycle_ms());
        if let Some(throughput) = self.stats.week(times.made_at) {
            throughput.made += 1;
        }
        if let Some(throughput) = times.ended_at.and_then(|ended_at| self.stats.week(ended_at)) {
            throughput.ended += 1;
        }
        if facts.is_open {
            self.grow_old(facts.id, times.made_at);
        }
    }

    fn grow_old(&mut self, id: RequestId, made_at: Timestamp) {
        let age = age_ms(made_at, self.stats.now);
        self.ages.push(age);
        let ages = &mut self.stats.ages;
        ages.between[AGES_MS.iter().take_while(|limit| age >= **limit).count()] += 1;
        if ages.oldest.is_none_or(|(oldest, since)| (made_at, id) < (since, oldest)) {
            ages.oldest = Some((id, made_at));
        }
    }

    /// The oldest open request so far.
    #[must_use]
    pub fn oldest(&self) -> Option<RequestId> {
        self.stats.ages.oldest.map(|(id, _)| id)
    }

    /// The figures.
    #[must_use]
    pub fn stats(mut self) -> Stats {
        self.stats.lead = Spread::of(&mut self.leads);
        self.stats.cycle = Spread::of(&mut self.cycles);
        self.stats.ages.median_ms = percentile(&mut self.ages, 50);
        self.stats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_values_by_nearest_rank() {
        // The example of the rule: 15, 20, 35, 40, 50 have 20 as their 30th percentile.
        let values = [50, 15, 40, 35, 20];
        for (percent, expected) in [(0, 15), (5, 15), (30, 20), (40, 20), (50, 35), (90, 50), (100, 50)] {
            assert_eq!(percentile(&mut values.clone(), percent), Some(expected), "{percent}");
        }
        assert_eq!(percentile(&mut [3, 1, 2, 4], 50), Some(2));
        assert_eq!(percentile(&mut [7], 90), Some(7));
        assert_eq!(percentile(&mut [], 50), None);
        assert_eq!(place_of(90, 10), Some(8));
        assert_eq!(place_of(90, 11), Some(9));
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_typed(text, Timestamp::from_unix_ms(0)).unwrap()
    }

    fn facts<'a>(id: &str, to: &'a [&'a str], times: Times) -> Facts<'a> {
        let is_open = times.ended_at.is_none();
        let state = if is_open { "OPEN" } else { "DONE" };
        Facts { id: id.parse().unwrap(), state, is_open, request_type: "bug", from: "shop", to, by: "ann", times }
    }

    #[test]
    fn requests_are_counted_measured_and_grow_old() {
        let now = at("2026-11-20");
        let mut fold = Fold::new(Window { now, weeks: 3 });
        let times = |created: &str, started: Option<&str>, ended: Option<&str>| Times {
            made_at: at(created),
            started_at: started.map(at),
            ended_at: ended.map(at),
        };
        let done = times("2026-11-02", Some("2026-11-04"), Some("2026-11-16"));
        fold.take(&facts("REQ-20261102-0001", &["web", "billing", "web"], done));
        fold.take(&facts("REQ-20261102-0002", &["web"], times("2026-11-02", None, Some("2026-11-03"))));
        for (id, created) in [
            ("REQ-20251101-0001", "2025-11-01"),
            ("REQ-20251101-0002", "2025-11-01"),
            ("REQ-20261114-0001", "2026-11-14"),
            ("REQ-20261113-0001", "2026-11-13"),
            ("REQ-20261121-0001", "2026-11-21"),
        ] {
            fold.take(&facts(id, &["web"], times(created, None, None)));
        }
        let stats = fold.stats();
        assert_eq!(stats.requests, Count { all: 7, open: 5 });
        assert_eq!(stats.states["DONE"], Count { all: 2, open: 0 });
        assert_eq!((stats.to["web"].all, stats.to["billing"].all), (7, 1));
        let day = DAY_MS;
        assert_eq!(stats.lead, Spread { n: 2, median_ms: Some(day), p90_ms: Some(14 * day) });
        assert_eq!(stats.cycle, Spread { n: 1, median_ms: Some(12 * day), p90_ms: Some(12 * day) });
        let weeks: Vec<String> = stats.weeks.iter().map(|t| format!("{} +{} -{}", t.week, t.made, t.ended)).collect();
        assert_eq!(weeks, ["2026-W45 +2 -1", "2026-W46 +2 -0", "2026-W47 +1 -1"]);
        // A week is not younger than a week, and what comes from a clock that is ahead is younger than all.
        assert_eq!(stats.ages.between, [1, 1, 1, 0, 0, 2]);
        assert_eq!(stats.ages.median_ms, Some(7 * day));
        assert_eq!(stats.ages.oldest, Some(("REQ-20251101-0001".parse().unwrap(), at("2025-11-01"))));
    }
}
