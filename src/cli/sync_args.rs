//! The command line of the exchange with other clones, as clap reads it.

use clap::{Args, Subcommand, ValueEnum};

use super::values::at_least_one;
use crate::domain::lease::LEASED_MAX;
use crate::sync::join::Take;

/// Exchange with other clones by way of git: commit what was written here, fetch, join, publish
#[derive(Args, Debug)]
#[command(after_help = "\
Nothing but the ledger's own files is committed, and nothing but them is published: commits of yours that were not
pushed stay here. If somebody else was quicker, it begins anew until the time is up [default: --timeout 2m].
Run again after it was cut short, it completes what is left to do.")]
pub struct Sync {
    /// With which remote [default: the branch's own, else origin, else the only one]
    pub remote: Option<String>,
    /// On which branch or reference, which need not be checked out, from now on [default: the one that was named last, else
    /// the only one it was exchanged on so far, else the one that is checked out]
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// Whose text of a file that people edit (settings, workflow, schemas) holds where both sides changed it
    #[arg(long, value_enum, value_name = "ours|theirs")]
    pub take: Option<TakeArg>,
    /// Give a remote back what it has lost, instead of refusing to go on with it
    #[arg(long)]
    pub restore: bool,
    /// Say what would come in and go out; fetch, and write nothing else
    #[arg(long)]
    pub dry_run: bool,
}

/// Whose text holds.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum TakeArg {
    /// What stands here.
    Ours,
    /// What the other side has.
    Theirs,
}

impl Sync {
    /// Whose text holds.
    #[must_use]
    pub fn take(&self) -> Take {
        match self.take {
            None => Take::Neither,
            Some(TakeArg::Ours) => Take::Ours,
            Some(TakeArg::Theirs) => Take::Theirs,
        }
    }
}

/// Reserve numbers for work without a connection, and see who has reserved which
#[derive(Args, Debug)]
pub struct Ids {
    /// What to do.
    #[command(subcommand)]
    pub command: IdsCommand,
}

/// What to do about numbers.
#[derive(Subcommand, Debug)]
pub enum IdsCommand {
    /// Reserve numbers for this clone
    Lease(Lease),
    /// Tell which numbers are reserved, as far as this clone knows
    List(List),
}

/// Reserve numbers for this clone
#[derive(Args, Debug)]
#[command(after_help = "\
Numbers are counted by the day. So many are there afterwards, of each day, for requests that are made here without a
connection: run again, only those are reserved that were given away since. A request that another clone made under one of
them gets another number when it is synced.")]
pub struct Lease {
    /// How many of each day
    #[arg(value_parser = clap::value_parser!(u32).range(1..=i64::from(LEASED_MAX)))]
    pub count: u32,
    /// On which remote [default: as ledger sync]
    pub remote: Option<String>,
    /// Which branch or reference has the requests there [default: as ledger sync]
    #[arg(long, value_name = "BRANCH")]
    pub branch: Option<String>,
    /// For how many days, from today on (UTC)
    #[arg(long, value_name = "DAYS", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=31))]
    pub days: u32,
    /// Say what would be reserved; fetch, and write nothing else
    #[arg(long)]
    pub dry_run: bool,
}

/// Tell which numbers are reserved, as far as this clone knows
#[derive(Args, Debug)]
pub struct List {
    /// Only the last so many reservations
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 1000)]
    pub limit: usize,
}
