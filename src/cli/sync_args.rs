//! The command line of the exchange with other clones, as clap reads it.

use clap::{Args, ValueEnum};

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
    /// On which branch or reference, which need not be checked out [default: the one that is]
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
