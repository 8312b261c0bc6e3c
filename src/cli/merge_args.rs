//! The arguments of the commands about git's merges.

use std::path::PathBuf;

use clap::Args;

/// Have git merge the ledger's files by way of this program, in this clone
#[derive(Args, Debug)]
pub struct SetupGit {
    /// Take it away again
    #[arg(long)]
    pub remove: bool,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Merge one file: what git runs, once ledger setup-git has told it to
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status 0: OURS holds the merged file. 1: it can't be merged, and OURS is as it was.")]
pub struct MergeDriver {
    /// What both sides come from
    pub base: PathBuf,
    /// Our side, which is overwritten with what comes of it
    pub ours: PathBuf,
    /// Their side
    pub theirs: PathBuf,
    /// The file's path in the work tree
    #[arg(allow_hyphen_values = true)]
    pub path: PathBuf,
}

/// Settle what a merge left: both sides' lines whole, each once, and nothing guessed
#[derive(Args, Debug)]
#[command(after_help = "\
Exit status 0: nothing is left to decide. 3: something is, and it is told what and how.")]
pub struct RepairMerge {
    /// Say what would be mended, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Settle that two published requests have one number: one keeps it, the other gets another
#[derive(Args, Debug)]
#[command(after_help = "\
Two clones made two requests under one number, and others have seen both. Without --keep it tells which they
are. The one that moves is written anew under another number, with all its events; both say so on record.")]
pub struct ResolveId {
    /// The number: REQ-20261120-0007, or a short form of it
    pub id: String,
    /// Who keeps it: ours (what stands here), theirs, or the first digits of its uid
    #[arg(long, value_name = "WHO")]
    pub keep: Option<String>,
    /// Why; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Say what would be, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}
