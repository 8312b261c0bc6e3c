//! The arguments of commands that ask about many requests.

use clap::{ArgAction, Args};

use super::args::{at_least_one, priority};
use crate::app::list::Sort;
use crate::app::stats::WEEKS_MAX;
use crate::domain::packet::Priority;

/// The most requests of a graph.
const GRAPH_MAX: usize = 10_000;

/// Which requests are meant.
#[derive(Args, Debug)]
pub struct Filters {
    /// In this state; may be repeated
    #[arg(long, value_name = "STATE", action = ArgAction::Append)]
    pub state: Vec<String>,
    /// Of this type
    #[arg(long = "type", value_name = "TYPE")]
    pub request_type: Option<String>,
    /// Asked by this repository
    #[arg(long, value_name = "REPO")]
    pub from: Option<String>,
    /// Asked of this repository
    #[arg(long, value_name = "REPO")]
    pub to: Option<String>,
    /// With this label
    #[arg(long)]
    pub label: Option<String>,
    /// Of this priority
    #[arg(long, value_parser = priority, value_name = "P0..P3")]
    pub priority: Option<Priority>,
    /// Made by this actor
    #[arg(long, value_name = "ACTOR")]
    pub by: Option<String>,
    /// With all these words in title or description
    #[arg(long, value_name = "WORDS")]
    pub text: Option<String>,
    /// As it was at a moment: RFC 3339, a date, or 2h or 3d (ago)
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// Who has claimed them.
#[derive(Args, Debug)]
pub struct ClaimFilters {
    /// Claimed by this actor
    #[arg(long, value_name = "ACTOR", conflicts_with_all = ["claimed", "unclaimed"])]
    pub claimed_by: Option<String>,
    /// Claimed by somebody
    #[arg(long, conflicts_with = "unclaimed")]
    pub claimed: bool,
    /// Claimed by nobody, or no longer
    #[arg(long)]
    pub unclaimed: bool,
}

/// In which order, and how much of each.
#[derive(Args, Debug)]
pub struct Columns {
    /// By what to sort
    #[arg(long, value_parser = sort, value_name = "id|updated|priority|due|title|state", default_value = "id")]
    pub sort: Sort,
    /// Only these, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub fields: Vec<String>,
}

/// How many at a time.
#[derive(Args, Debug)]
pub struct Paging {
    /// The most to list
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 1000)]
    pub limit: usize,
    /// Where the page before ended
    #[arg(long, value_name = "CURSOR")]
    pub cursor: Option<String>,
}

/// How many are told where there may be very many.
#[derive(Args, Debug)]
pub struct Bound {
    /// The most to tell
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 1000)]
    pub limit: usize,
}

impl Bound {
    /// Leaves out what is beyond the limit; answers whether there was any.
    #[must_use]
    pub fn cut<T>(&self, all: &mut Vec<T>) -> bool {
        let has_more = all.len() > self.limit;
        all.truncate(self.limit);
        has_more
    }

    /// What is told of what was left out.
    #[must_use]
    pub fn told(&self, all: usize, of: &str) -> String {
        format!("{} of {all} {of} shown; --limit N shows more", self.limit)
    }
}

/// List what clones that worked apart left for people to decide
#[derive(Args, Debug)]
pub struct Conflicts {
    /// How many.
    #[command(flatten)]
    pub bound: Bound,
}

/// List requests
#[derive(Args, Debug)]
pub struct List {
    /// Which.
    #[command(flatten)]
    pub filters: Filters,
    /// Whose.
    #[command(flatten)]
    pub claims: ClaimFilters,
    /// Those that something can still follow (the default)
    #[arg(long, conflicts_with = "all")]
    pub open: bool,
    /// Final ones too
    #[arg(long)]
    pub all: bool,
    /// Open, and with no unsettled dependency
    #[arg(long, conflicts_with = "blocked")]
    pub ready: bool,
    /// Open, and waiting for another request
    #[arg(long)]
    pub blocked: bool,
    /// With the key of an earlier request, unless somebody said that they differ
    #[arg(long)]
    pub duplicates: bool,
    /// How.
    #[command(flatten)]
    pub columns: Columns,
    /// How many.
    #[command(flatten)]
    pub paging: Paging,
}

/// List open requests that wait for nothing
#[derive(Args, Debug)]
pub struct Ready {
    /// Which.
    #[command(flatten)]
    pub waiting: Waiting,
}

/// List open requests that wait for others, and what each waits for
#[derive(Args, Debug)]
pub struct Blocked {
    /// Which.
    #[command(flatten)]
    pub waiting: Waiting,
}

/// Which open requests to list, by what they wait for
#[derive(Args, Debug)]
pub struct Waiting {
    /// Which.
    #[command(flatten)]
    pub filters: Filters,
    /// Whose.
    #[command(flatten)]
    pub claims: ClaimFilters,
    /// How.
    #[command(flatten)]
    pub columns: Columns,
    /// How many.
    #[command(flatten)]
    pub paging: Paging,
}

/// Draw what depends on what, and what is a part of what
#[derive(Args, Debug)]
#[command(after_help = "\
Formats: text (a tree), json, jsonl, mermaid, dot (Graphviz), svg (a picture of its own).
An edge leads from a request to what it depends on, or to a part of it. Cycles are marked.")]
pub struct Graph {
    /// The request, with what it depends on, what depends on it, what it is a part of and its parts, at any distance;
    /// where none is named, all open ones that depend on something or are a part of something
    #[arg(value_name = "REQ")]
    pub request: Option<String>,
    /// As it was at a moment: RFC 3339, a date, or 2h or 3d (ago)
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The most requests to draw
    #[arg(long, value_name = "N", value_parser = graph_limit, default_value_t = 200)]
    pub limit: usize,
}

/// Print all requests for other programs
#[derive(Args, Debug)]
#[command(after_help = "\
Formats: csv (the default), json, jsonl, markdown.
In csv and markdown several values of one field are separated by \"; \". A cell that a spreadsheet would take for a formula
has an apostrophe before it.")]
pub struct Export {
    /// Which.
    #[command(flatten)]
    pub filters: Filters,
    /// Whose.
    #[command(flatten)]
    pub claims: ClaimFilters,
    /// Only those that something can still follow
    #[arg(long)]
    pub open: bool,
    /// Open, and with no unsettled dependency
    #[arg(long, conflicts_with = "blocked")]
    pub ready: bool,
    /// Open, and waiting for another request
    #[arg(long)]
    pub blocked: bool,
    /// With the key of an earlier request, unless somebody said that they differ
    #[arg(long)]
    pub duplicates: bool,
    /// How.
    #[command(flatten)]
    pub columns: Columns,
    /// The most to print
    #[arg(long, value_name = "N", value_parser = at_least_one)]
    pub limit: Option<usize>,
}

/// Ask in SQL
#[derive(Args, Debug)]
#[command(after_help = "\
Without QUERY it prints the tables that can be asked, with their columns. QUERY is one SELECT as SQLite has them; it can
only read. Without --timeout it may take 10 seconds, beside the time that it takes to bring the cache up to date.
Formats: text, json, jsonl, csv, markdown.")]
pub struct Sql {
    /// The question; - for standard input, @FILE for a file
    #[arg(value_name = "QUERY")]
    pub query: Option<String>,
    /// The most rows
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 1000)]
    pub limit: usize,
}

/// Count requests, and tell how long they take and how old they are
#[derive(Args, Debug)]
#[command(after_help = "\
Formats: text (with bars), json, jsonl, csv.
Lead time is from when a request was made until it is settled or final, cycle time from when work on it began. Medians and
90th percentiles are by nearest rank, over the requests that have that time; n says how many do.")]
pub struct Stats {
    /// Which.
    #[command(flatten)]
    pub filters: Filters,
    /// How many weeks to tell, up to this one (ISO 8601, UTC)
    #[arg(long, value_name = "N", value_parser = weeks, default_value_t = 12)]
    pub weeks: usize,
    /// Only these figures, separated by commas, by their names in JSON: lead,cycle
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub fields: Vec<String>,
}

fn weeks(text: &str) -> Result<usize, String> {
    let fits = |number: &usize| (1..=WEEKS_MAX).contains(number);
    text.parse().ok().filter(fits).ok_or_else(|| format!("expected a number from 1 to {WEEKS_MAX}"))
}

fn graph_limit(text: &str) -> Result<usize, String> {
    let fits = |number: &usize| (1..=GRAPH_MAX).contains(number);
    text.parse().ok().filter(fits).ok_or_else(|| format!("expected a number from 1 to {GRAPH_MAX}"))
}

fn sort(text: &str) -> Result<Sort, String> {
    let names: Vec<&str> = Sort::ALL.iter().map(|(name, _)| *name).collect();
    let found = Sort::ALL.iter().find(|(name, _)| *name == text).map(|(_, sort)| *sort);
    found.ok_or_else(|| format!("expected one of {}", names.join(", ")))
}
