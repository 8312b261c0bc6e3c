//! The arguments of the commands that claim requests.

use clap::Args;

use super::args::Writing;
use super::query_args::Filters;
use crate::domain::claim::Term;

/// Claim a request: tell the others that you work on it
#[derive(Args, Debug)]
#[command(after_help = "\
Of several who claim one request at once, one gets it; the others end with status 6. A claim that has expired may be
claimed by anybody. Claims keep nobody from moving a request: they tell the others that somebody works on it.

With --next it is the first request that `ledger ready --unclaimed --sort priority` lists. The filters are for --next.")]
pub struct Claim {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ", required_unless_present = "next", conflicts_with = "next")]
    pub request: Option<String>,
    /// For how long, from 1m to 30d
    #[arg(long = "for", value_name = "TIME", value_parser = Term::parse, default_value = "30m")]
    pub term: Term,
    /// Take it although somebody else has claimed it
    #[arg(long, requires = "reason", conflicts_with = "next")]
    pub steal: bool,
    /// Why it is taken; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT", requires = "steal", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// The first that is ready and unclaimed: the most urgent, then the oldest
    #[arg(long, conflicts_with_all = ["key", "expect_version", "expect_state", "at"])]
    pub next: bool,
    /// Exchange with the other clones first, and publish the claim before answering: then nobody else has it
    #[arg(long, conflicts_with = "dry_run")]
    pub sync: bool,
    /// On which branch or reference to exchange [default: as ledger sync]
    #[arg(long, value_name = "BRANCH", requires = "sync")]
    pub branch: Option<String>,
    /// Of which the next.
    #[command(flatten, next_help_heading = "With --next")]
    pub filters: Filters,
    /// Conditions.
    #[command(flatten, next_help_heading = "Options")]
    pub writing: Writing,
}

/// Prolong a claim
#[derive(Args, Debug)]
pub struct Heartbeat {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// For how long from now, from 1m to 30d
    #[arg(long = "for", value_name = "TIME", value_parser = Term::parse, default_value = "30m")]
    pub term: Term,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}

/// Give a claim up
#[derive(Args, Debug)]
pub struct Release {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// Why; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}
