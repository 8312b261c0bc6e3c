//! The command line of checkpoints, proofs and signatures, as clap reads it.

use std::path::PathBuf;

use clap::Args;

/// With which key something is signed, if it is.
#[derive(Args, Debug, Clone)]
pub struct Signing {
    /// Sign it with an SSH key, by ssh-keygen
    #[arg(long)]
    pub sign: bool,
    /// The key, private or public with the private one in an agent [default: git's user.signingKey, if gpg.format is ssh]
    #[arg(long, value_name = "FILE", requires = "sign")]
    pub key_file: Option<PathBuf>,
}

/// Whose signatures count.
#[derive(Args, Debug, Clone, Default)]
pub struct Trusting {
    /// Whose signatures count, as ssh-keygen's ALLOWED SIGNERS [default: coordination/allowed_signers, if it is there]
    #[arg(long, value_name = "FILE")]
    pub signers: Option<String>,
    /// Keys that were revoked [default: coordination/revoked_signers, if it is there]
    #[arg(long, value_name = "FILE")]
    pub revoked: Option<String>,
}

/// Take a checkpoint of all that is on record
#[derive(Args, Debug)]
pub struct Checkpoint {
    /// Whose list of checkpoints it goes on [default: this clone's own]
    #[arg(long, value_name = "NAME")]
    pub origin: Option<String>,
    /// Signing.
    #[command(flatten)]
    pub signing: Signing,
    /// Say what would be covered, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Prove that a checkpoint covers something, or that one goes on from another
#[derive(Args, Debug)]
#[command(after_help = "The proof is JSON; ledger verify --proof FILE checks it, without the ledger.")]
pub struct Prove {
    /// A request (its id, key:K, 1120-1), or an event by the first 12 digits of its hash or more
    #[arg(value_name = "REQ|EVENT", required_unless_present = "from")]
    pub what: Option<String>,
    /// The checkpoint: its file, or the newest one
    #[arg(long, value_name = "FILE|latest", default_value = "latest", conflicts_with = "from")]
    pub checkpoint: String,
    /// The earlier checkpoint's file
    #[arg(long, value_name = "FILE", conflicts_with = "what")]
    pub from: Option<String>,
    /// The later checkpoint: its file, or the newest one
    #[arg(long, value_name = "FILE|latest", default_value = "latest", requires = "from")]
    pub to: String,
    /// Whose newest checkpoint [default: this clone's own, or the only one's]
    #[arg(long, value_name = "NAME")]
    pub origin: Option<String>,
}

/// What to hold against the ledger, or to check without one.
#[derive(Args, Debug)]
pub struct Proofs {
    /// Only check that everything is there which a checkpoint covers: its file, or the newest of every origin
    #[arg(long, value_name = "FILE|latest", conflicts_with_all = ["request", "proof"])]
    pub checkpoint: Option<String>,
    /// Only check a proof that ledger prove made; no ledger is needed
    #[arg(long, value_name = "FILE|-", conflicts_with = "request")]
    pub proof: Option<String>,
    /// Whose signatures count.
    #[command(flatten)]
    pub trusting: Trusting,
}
