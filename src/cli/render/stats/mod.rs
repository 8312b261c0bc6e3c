//! Figures about requests, for people, programs and spreadsheets.

pub mod text;

use serde::Serialize;
use serde_json::Value;

use super::export::csv_row;
use super::views::DamagedView;
use crate::domain::id::RequestId;
use crate::domain::stats::{AGES_MS, Count, Counts, Dimension, Spread, Stats, age_ms};
use crate::domain::time::{DashedDay, Timestamp};
use crate::domain::workflow::Workflow;

/// Figures as JSON. Lengths of time are in milliseconds.
#[derive(Serialize)]
pub struct StatsView {
    /// The moment as of which they are.
    at: Timestamp,
    requests: CountView,
    /// Where requests stand, in the workflow's order.
    states: Vec<NamedView>,
    /// Kinds of request, the most frequent first; so are the others.
    types: Vec<NamedView>,
    /// Who asks.
    from: Vec<NamedView>,
    /// Who is asked.
    to: Vec<NamedView>,
    /// Who made them.
    actors: Vec<NamedView>,
    /// From when they were made to their end.
    lead: SpreadView,
    /// From when work began to their end.
    cycle: SpreadView,
    /// The oldest first.
    weeks: Vec<WeekView>,
    ages: AgesView,
    damaged: Vec<DamagedView>,
}

#[derive(Serialize, Clone, Copy)]
struct CountView {
    all: u64,
    open: u64,
}

#[derive(Serialize)]
struct NamedView {
    name: String,
    #[serde(flatten)]
    count: CountView,
}

#[derive(Serialize)]
struct SpreadView {
    n: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    p90_ms: Option<i64>,
}

#[derive(Serialize)]
struct WeekView {
    week: String,
    /// Its Monday.
    begins: DashedDay,
    made: u64,
    ended: u64,
}

#[derive(Serialize)]
struct AgesView {
    /// Of how many open requests.
    n: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    median_ms: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest: Option<OldestView>,
    between: Vec<AgeView>,
}

#[derive(Serialize)]
struct OldestView {
    id: RequestId,
    created_at: Timestamp,
    age_ms: i64,
}

/// Open requests that are at least as old as the one and younger than the other.
#[derive(Serialize)]
struct AgeView {
    from_ms: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    to_ms: Option<i64>,
    open: u64,
}

impl From<Count> for CountView {
    fn from(Count { all, open }: Count) -> Self {
        Self { all, open }
    }
}

impl From<Spread> for SpreadView {
    fn from(Spread { n, median_ms, p90_ms }: Spread) -> Self {
        Self { n, median_ms, p90_ms }
    }
}

impl StatsView {
    /// Figures as they are told, with the requests that count nowhere.
    #[must_use]
    pub fn new(stats: &Stats, workflow: &Workflow, damaged: Vec<DamagedView>) -> Self {
        let named = |dimension| {
            let counts = in_order(stats.by(dimension), dimension, workflow).into_iter();
            counts.map(|(name, count)| NamedView { name: name.to_owned(), count: count.into() }).collect()
        };
        let weeks = stats.weeks.iter().map(|one| WeekView {
            week: one.week.to_string(),
            begins: DashedDay(one.week.begins().day()),
            made: one.made,
            ended: one.ended,
        });
        let ages = &stats.ages;
        let limits = |place: usize| AGES_MS.get(place).copied();
        let between = ages.between.iter().enumerate().map(|(place, open)| AgeView {
            from_ms: place.checked_sub(1).and_then(limits).unwrap_or(0),
            to_ms: limits(place),
            open: *open,
        });
        let oldest =
            ages.oldest.map(|(id, created_at)| OldestView { id, created_at, age_ms: age_ms(created_at, stats.now) });
        Self {
            at: stats.now,
            requests: stats.requests.into(),
            states: named(Dimension::State),
            types: named(Dimension::Type),
            from: named(Dimension::From),
            to: named(Dimension::To),
            actors: named(Dimension::Actor),
            lead: stats.lead.into(),
            cycle: stats.cycle.into(),
            weeks: weeks.collect(),
            ages: AgesView { n: ages.n(), median_ms: ages.median_ms, oldest, between: between.collect() },
            damaged,
        }
    }

    /// The same as a table of single numbers.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut text = String::new();
        let mut row = |section: &str, name: &str, measure: &str, value: Value| {
            text.push_str(&csv_row(&[section.into(), name.into(), measure.into(), value]));
        };
        row("section", "name", "measure", "value".into());
        row("requests", "", "all", self.requests.all.into());
        row("requests", "", "open", self.requests.open.into());
        row("requests", "", "damaged", self.damaged.len().into());
        let sections = [
            ("state", &self.states),
            ("type", &self.types),
            ("from", &self.from),
            ("to", &self.to),
            ("actor", &self.actors),
        ];
        for (section, counts) in sections {
            for NamedView { name, count } in counts {
                row(section, name, "all", count.all.into());
                row(section, name, "open", count.open.into());
            }
        }
        for (section, spread) in [("lead", &self.lead), ("cycle", &self.cycle)] {
            row(section, "", "n", spread.n.into());
            row(section, "", "median_ms", spread.median_ms.into());
            row(section, "", "p90_ms", spread.p90_ms.into());
        }
        for week in &self.weeks {
            row("week", &week.week, "made", week.made.into());
            row("week", &week.week, "ended", week.ended.into());
        }
        for (name, age) in SPANS.iter().zip(&self.ages.between) {
            row("age", name, "open", age.open.into());
        }
        row("age", "", "median_ms", self.ages.median_ms.into());
        if let Some(oldest) = &self.ages.oldest {
            row("age", &oldest.id.to_string(), "oldest_ms", oldest.age_ms.into());
        }
        text
    }
}

/// States in the workflow's order, others after them by name; everything else by how many there are, then by name.
fn in_order<'a>(counts: &'a Counts, dimension: Dimension, workflow: &Workflow) -> Vec<(&'a str, Count)> {
    let mut named: Vec<(&str, Count)> = counts.iter().map(|(name, count)| (name.as_str(), *count)).collect();
    match dimension {
        Dimension::State => {
            let place = |name: &str| workflow.states().iter().position(|state| state.name.as_str() == name);
            named.sort_by_key(|(name, _)| place(name).unwrap_or(usize::MAX));
        }
        Dimension::Type | Dimension::From | Dimension::To | Dimension::Actor => {
            named.sort_by_key(|(_, count)| std::cmp::Reverse(count.all));
        }
    }
    named
}

/// What the spans between ages are called.
const SPANS: [&str; AGES_MS.len() + 1] =
    ["under 1 day", "1 day to 1 week", "1 to 4 weeks", "4 to 12 weeks", "12 weeks to 1 year", "1 year or more"];
