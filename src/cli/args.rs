//! The command line, as clap reads it.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::against_args::Against;
use super::allow_secret::AllowSecret;
use super::checkpoint_args::{Checkpoint, Proofs, Prove, Signing};
use super::claim_args::{Claim, Heartbeat, Release};
use super::config_args::{Config, ConfigCommand};
use super::contract_args::Contract;
pub use super::formats::{Format, Wanted};
pub use super::global_args::{Color, Global};
use super::intake_args::{Adopt, Import};
use super::look_args::{Log, Prime, Show, WATCH_BUDGET, Watch};
use super::manual_args::{Completions, Help, Man};
use super::merge_args::{MergeDriver, RepairMerge, ResolveId, SetupGit};
use super::query_args::{Blocked, Bound, Conflicts, Export, Graph, List, Ready, Sql, Stats};
use super::search_args::Search;
use super::sync_args::{Ids, IdsCommand, Sync};
use super::tui_args::Tui;
pub(super) use super::values::{at_least_one, priority};
use super::values::{mode, part_status, version};
use crate::app::sync::SYNC_BUDGET;
use crate::domain::event::PartStatus;
use crate::domain::packet::{Mode, Priority};

/// An append-only coordination ledger for people, CI and agents that work across many repositories.
#[derive(Parser, Debug)]
#[command(name = "ledger", version, about, max_term_width = 110, disable_help_subcommand = true)]
#[command(after_help = "\
Where to begin:
  ledger init                         makes a ledger here
  ledger prime                        says what it is, what its rules are, and what waits
  ledger new --title TEXT --from REPO --to REPO --type bug --set details.impact=TEXT
  ledger ready --to REPO              what can be begun; then ledger show REQ, ledger transition REQ STATE
  ledger help TOPIC                   explains states, exit-statuses, files, json, ids, environment

Exit statuses: 0 done, 1 failure, 2 usage, 3 checked and the answer is no, 4 not found, \
    5 refused, 6 conflict, 7 busy, 8 unknown, 9 damaged, 10 undecided. Data is on stdout, everything else on stderr. `ledger help TOPIC` explains states, exit-statuses, files, json, ids and \
    environment.")]
pub struct Cli {
    /// What applies to every command.
    #[command(flatten)]
    pub global: Global,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands. Their arguments are put together when one is named: all of them take longer than most commands do.
#[derive(Subcommand, Debug)]
#[command(defer = true)]
pub enum Command {
    /// Make a ledger here
    Init(Init),
    /// Make a request
    New(Box<New>),
    /// Bring a request into another state
    Transition(Transition),
    /// Speak for one target's part of a request
    Respond(Respond),
    /// Put an approval on record
    Approve(Approve),
    /// Put a note on record
    Note(Note),
    /// Put evidence on record
    Evidence(Evidence),
    /// Claim a request: tell the others that you work on it
    Claim(Box<Claim>),
    /// Prolong a claim
    Heartbeat(Heartbeat),
    /// Give a claim up
    Release(Release),
    /// Show a request, now or as it was
    Show(Show),
    /// Show what happened to one request, or to all
    Log(Log),
    /// Wait until a request comes into a state
    Watch(Watch),
    /// Say what this ledger is, what its rules are, and what waits: where a session begins
    Prime(Prime),
    /// List requests
    List(List),
    /// Search the texts of requests: titles, descriptions, notes, evidence
    Search(Search),
    /// List open requests that wait for nothing
    #[command(after_help = "\
With --to REPO, and no --state, those that are that repository's turn: what it has delivered is its asker's.")]
    Ready(Ready),
    /// List open requests that wait for others, and what each waits for
    #[command(after_help = "\
The column WAITS_FOR tells each unsettled dependency with its state; \"not here\" stands for one that this clone does not
have. In JSON, waits_for_states has the states by id, null for one that is not here.")]
    Blocked(Blocked),
    /// Draw what depends on what, and what is a part of what
    Graph(Graph),
    /// Print all requests for other programs
    Export(Export),
    /// Count requests, and tell how long they take and how old they are
    Stats(Stats),
    /// Ask in SQL
    Sql(Sql),
    /// Make index.json anew, byte for byte
    Index(Index),
    /// Check every byte and every step
    Verify(Verify),
    /// Say what is wrong with this ledger and what it stands on, and what mends it
    Doctor(Doctor),
    /// Take a checkpoint of all that is on record
    Checkpoint(Checkpoint),
    /// Prove that a checkpoint covers something, or that one goes on from another
    Prove(Prove),
    /// List what clones that worked apart left for people to decide
    #[command(after_help = "\
Requests that have diverged, claims by several at once, requests that carry out one intent twice (two clones used one key),
and events with one key that say different things. Exit status 3 if there is any.")]
    Conflicts(Conflicts),
    /// Settle what two clones left of a request: two states, one key for two things, or the same request twice
    Resolve(Resolve),
    /// Exchange with other clones by way of git: commit what was written here, fetch, join, publish
    Sync(Sync),
    /// Reserve numbers for work without a connection, and see who has reserved which
    Ids(Ids),
    /// Have git merge the ledger's files by way of this program, in this clone
    SetupGit(SetupGit),
    /// Merge one file: what git runs, once ledger setup-git has told it to
    MergeDriver(MergeDriver),
    /// Settle what a merge left: both sides' lines whole, each once, and nothing guessed
    RepairMerge(RepairMerge),
    /// Settle that two published requests have one number: one keeps it, the other gets another
    ResolveId(ResolveId),
    /// Apply operations from JSON lines
    Apply(Apply),
    /// Take over a coordination folder that was kept by hand
    Adopt(Adopt),
    /// Take over the issues of another tracker; again, what is new there
    Import(Box<Import>),
    /// Register contracts, say who uses them, and check changes to them
    Contract(Box<Contract>),
    /// Print a JSON Schema, or the catalogue of commands, states and exit statuses
    Schema(Schema),
    /// Look at requests on a board, and bring them on
    Tui(Tui),
    /// Tell and change what is set up for you
    Config(Config),
    /// Print what a shell completes command lines with
    Completions(Completions),
    /// Print a page of the manual, or write all
    Man(Man),
    /// Play a short story in a temporary folder
    Demo,
    /// Explain a command or a topic
    Help(Help),
}

impl Command {
    /// Whether the person's configuration matters: git runs some commands, and some explain what is wrong with it.
    #[must_use]
    pub fn is_configured(&self) -> bool {
        !matches!(
            self,
            Self::MergeDriver(_)
                | Self::Completions(_)
                | Self::Man(_)
                | Self::Help(_)
                | Self::Config(Config { command: ConfigCommand::Path })
        )
    }

    /// Whether it goes on with a configuration of which only a part can be read: it mends it, or says what is wrong.
    #[must_use]
    pub fn mends_configuration(&self) -> bool {
        matches!(self, Self::Config(_) | Self::Doctor(_))
    }

    /// The budget of the command where none was given: those that write one thing, or wait for others, have one.
    #[must_use]
    pub fn default_budget(&self) -> Option<std::time::Duration> {
        if matches!(self, Self::Sync(_) | Self::Ids(Ids { command: IdsCommand::Lease(_) }))
            || matches!(self, Self::Claim(claim) if claim.sync)
        {
            return Some(SYNC_BUDGET);
        }
        if matches!(self, Self::Watch(_)) {
            return Some(WATCH_BUDGET);
        }
        self.writes_one_thing().then_some(super::DEFAULT_BUDGET)
    }

    fn writes_one_thing(&self) -> bool {
        match self {
            Self::Init(_)
            | Self::New(_)
            | Self::Transition(_)
            | Self::Respond(_)
            | Self::Approve(_)
            | Self::Note(_)
            | Self::Evidence(_)
            | Self::Claim(_)
            | Self::Heartbeat(_)
            | Self::Release(_)
            | Self::Checkpoint(_)
            | Self::Resolve(_)
            | Self::ResolveId(_)
            | Self::Sync(_)
            | Self::Adopt(_)
            | Self::Import(_)
            | Self::Apply(_) => true,
            Self::Show(_)
            | Self::Log(_)
            | Self::Watch(_)
            | Self::Prime(_)
            | Self::List(_)
            | Self::Search(_)
            | Self::Ready(_)
            | Self::Blocked(_)
            | Self::Graph(_)
            | Self::Export(_)
            | Self::Sql(_)
            | Self::Stats(_)
            | Self::Index(_)
            | Self::Verify(_)
            | Self::Conflicts(_)
            | Self::Ids(_)
            | Self::Doctor(_)
            | Self::Prove(_)
            | Self::SetupGit(_)
            | Self::MergeDriver(_)
            | Self::RepairMerge(_)
            | Self::Schema(_)
            | Self::Tui(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Help(_)
            | Self::Demo => false,
            Self::Contract(contract) => contract.command.has_default_budget(),
        }
    }

    /// Whether the budget is for a part of the command at a time: it reads a stream that has no end of its own.
    #[must_use]
    pub fn is_stream(&self) -> bool {
        match self {
            Self::Apply(_) | Self::Adopt(_) | Self::Import(_) | Self::Tui(_) | Self::Demo => true,
            Self::Log(log) => log.follow,
            Self::Init(_)
            | Self::New(_)
            | Self::Transition(_)
            | Self::Respond(_)
            | Self::Approve(_)
            | Self::Note(_)
            | Self::Evidence(_)
            | Self::Claim(_)
            | Self::Heartbeat(_)
            | Self::Release(_)
            | Self::Show(_)
            | Self::Watch(_)
            | Self::Prime(_)
            | Self::List(_)
            | Self::Search(_)
            | Self::Ready(_)
            | Self::Blocked(_)
            | Self::Graph(_)
            | Self::Export(_)
            | Self::Sql(_)
            | Self::Stats(_)
            | Self::Index(_)
            | Self::Verify(_)
            | Self::Conflicts(_)
            | Self::Ids(_)
            | Self::Doctor(_)
            | Self::Checkpoint(_)
            | Self::Prove(_)
            | Self::Resolve(_)
            | Self::Sync(_)
            | Self::SetupGit(_)
            | Self::MergeDriver(_)
            | Self::RepairMerge(_)
            | Self::ResolveId(_)
            | Self::Contract(_)
            | Self::Schema(_)
            | Self::Config(_)
            | Self::Completions(_)
            | Self::Man(_)
            | Self::Help(_) => false,
        }
    }
}

/// Make a ledger here
#[derive(Args, Debug)]
pub struct Init {
    /// The ledger's name [default: the folder's]
    #[arg(long)]
    pub name: Option<String>,
    /// The least strict mode of its requests
    #[arg(long, value_parser = mode, value_name = "tracked|governed")]
    pub mode: Option<Mode>,
    /// Keep index.json and compatibility_matrix.json under version control
    #[arg(long)]
    pub track_index: bool,
    /// Write into AGENTS.md how agents use this ledger: a block of its own between markers, the rest stays as it is
    #[arg(long)]
    pub agents: bool,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Make a request
#[derive(Args, Clone, Debug, Default)]
pub struct New {
    /// One line that says what is asked
    #[arg(long, allow_hyphen_values = true)]
    pub title: Option<String>,
    /// The repository that asks [default: as configured]
    #[arg(long, value_name = "REPO")]
    pub from: Option<String>,
    /// A repository that is asked; may be repeated
    #[arg(long, value_name = "REPO")]
    pub to: Vec<String>,
    /// bug, feature, incident, contract-change, or what the workflow has
    #[arg(long = "type", value_name = "TYPE")]
    pub request_type: Option<String>,
    /// What is asked, at length; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT|-|@FILE", allow_hyphen_values = true)]
    pub description: Option<String>,
    /// P0 (drop everything) to P3
    #[arg(long, value_parser = priority, value_name = "P0..P3")]
    pub priority: Option<Priority>,
    /// A label; may be repeated
    #[arg(long)]
    pub label: Vec<String>,
    /// How the asker will see that it is done; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub success: Vec<String>,
    /// What must be handed over; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub artifact: Vec<String>,
    /// A contract version that it is about; may be repeated
    #[arg(long, value_name = "NAME@V")]
    pub contract: Vec<String>,
    /// What must stay compatible; may be repeated
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub constraint: Vec<String>,
    /// A request that must be settled first; may be repeated
    #[arg(long, value_name = "REQ")]
    pub depends_on: Vec<String>,
    /// The request that this one is a part of
    #[arg(long, value_name = "REQ")]
    pub parent: Option<String>,
    /// The day by which it is wanted
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub due: Option<String>,
    /// A detail that the type demands; the value is JSON, or else text; may be repeated
    #[arg(long, value_name = "details.NAME=VALUE")]
    pub set: Vec<String>,
    /// The whole packet as JSON, without its identity
    #[arg(long, value_name = "FILE|-", conflicts_with_all = [
        "title", "from", "to", "request_type", "description", "priority", "label", "success", "artifact", "contract",
        "constraint", "depends_on", "parent", "due", "set", "edit",
    ])]
    pub packet: Option<String>,
    /// Write it in your editor, on a terminal; what FILE holds is there already [default: where there is no --title]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub edit: Option<String>,
    /// A name for this intent: a retry with it returns the first result
    #[arg(long)]
    pub key: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Text that holds a credential.
    #[command(flatten)]
    pub secrets: AllowSecret,
}

/// What every write to a request takes.
#[derive(Args, Debug, Clone)]
pub struct Writing {
    /// Only if the request is at this version
    #[arg(long, value_name = "N", value_parser = version)]
    pub expect_version: Option<u64>,
    /// Only if the request is in this state
    #[arg(long, value_name = "STATE")]
    pub expect_state: Option<String>,
    /// A name for this intent: a retry with it returns the first result
    #[arg(long)]
    pub key: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Text that holds a credential.
    #[command(flatten)]
    pub secrets: AllowSecret,
}

/// Bring a request into another state
#[derive(Args, Debug)]
pub struct Transition {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// The state, in any case, with - or _
    pub state: String,
    /// Why; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// What shows it, for example commit=1a2b3c4; may be repeated
    #[arg(long, value_name = "KIND=VALUE")]
    pub evidence: Vec<String>,
    /// A detail that the packet did not have yet; may be repeated
    #[arg(long, value_name = "details.NAME=VALUE")]
    pub set: Vec<String>,
    /// Where schemas under addresses with this prefix lie, for the check of its contracts; may be repeated
    #[arg(long, value_name = "PREFIX=DIR")]
    pub resolve: Vec<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}

/// Speak for one target's part of a request
#[derive(Args, Debug)]
pub struct Respond {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// The target that speaks
    #[arg(long)]
    pub repo: String,
    /// What it says of its part
    #[arg(long, value_parser = part_status, value_name = "ACCEPTED|DECLINED|DELIVERED")]
    pub status: PartStatus,
    /// In words; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub summary: Option<String>,
    /// What shows it, for example commit=1a2b3c4; may be repeated
    #[arg(long, value_name = "KIND=VALUE")]
    pub evidence: Vec<String>,
    /// The branch that holds the work
    #[arg(long)]
    pub branch: Option<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}

/// Put an approval on record
#[derive(Args, Debug)]
pub struct Approve {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// In which role: sponsor, pm, or a repository's name
    #[arg(long = "as", value_name = "ROLE")]
    pub role: String,
    /// Why; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Signing.
    #[command(flatten)]
    pub signing: Signing,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}

/// Put a note on record
#[derive(Args, Debug)]
pub struct Note {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// The note; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT|-|@FILE", allow_hyphen_values = true)]
    pub text: Option<String>,
    /// Write it in your editor, on a terminal; what FILE holds is there already [default: where there is no --text]
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "")]
    pub edit: Option<String>,
    /// What kind of note, for example review
    #[arg(long)]
    pub kind: Option<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}

/// Put evidence on record
#[derive(Args, Debug)]
pub struct Evidence {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// The evidence, for example commit=1a2b3c4 url=https://… test=passed
    #[arg(value_name = "KIND=VALUE", required = true)]
    pub evidence: Vec<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}

/// Make index.json anew, byte for byte
#[derive(Args, Debug)]
pub struct Index {
    /// Only say whether it is current (exit 3 if not)
    #[arg(long)]
    pub check: bool,
    /// Say whether it would be made anew, and write nothing
    #[arg(long, conflicts_with = "check")]
    pub dry_run: bool,
}

/// Check every byte and every step
#[derive(Args, Debug)]
#[command(after_help = "Formats, for --format and --output: text, json, jsonl, github (annotations), sarif, junit.")]
pub struct Verify {
    /// The request; everything where none is named
    #[arg(value_name = "REQ")]
    pub request: Option<String>,
    /// With which commit it is compared.
    #[command(flatten)]
    pub against: Against,
    /// Print in another format to a file as well, for example sarif=verify.sarif; may be repeated; - is stdout
    #[arg(long, value_name = "FORMAT=FILE", conflicts_with_all = ["checkpoint", "proof"])]
    pub output: Vec<String>,
    /// How many findings; the gravest are told.
    #[command(flatten)]
    pub bound: Bound,
    /// What to check instead.
    #[command(flatten)]
    pub proofs: Proofs,
}

impl Verify {
    /// Whether a ledger is verified, not a checkpoint or a proof.
    #[must_use]
    pub fn is_of_a_ledger(&self) -> bool {
        self.proofs.checkpoint.is_none() && self.proofs.proof.is_none()
    }
}

/// Say what is wrong with this ledger and what it stands on, and what mends it
#[derive(Args, Debug)]
pub struct Doctor {
    /// Mend what is derived or was cut short; no packet and no event is touched
    #[arg(long)]
    pub fix: bool,
    /// With --fix: say what is wrong, and mend nothing
    #[arg(long, requires = "fix")]
    pub dry_run: bool,
    /// How many findings; the gravest are told.
    #[command(flatten)]
    pub bound: Bound,
    /// Try whether a lock can be taken, and say so with the exit status: what another process does.
    #[arg(long, hide = true, value_name = "FILE")]
    pub try_lock: Option<PathBuf>,
    /// Try whether locks work, and print it: what the first other process does.
    #[arg(long, hide = true)]
    pub try_locks: bool,
}

/// Settle what two clones left of a request: two states, one key for two things, or the same request twice
#[derive(Args, Debug)]
#[command(group = clap::ArgGroup::new("how").required(true).args(["keep", "duplicate", "distinct"]))]
#[command(after_help = "\
A request that has diverged: --keep says which side holds. Events with one key that say different things: --keep says which
event holds; the others don't count any more. A request that has the key of an earlier one: --duplicate ends it, --distinct
says that it is another one all the same. `ledger conflicts` lists all that waits.")]
pub struct Resolve {
    /// The request: its id, key:K, 1120-1, or the number alone for today
    #[arg(value_name = "REQ")]
    pub request: String,
    /// What holds: the first digits of an event's hash, or of a side its state
    #[arg(long, value_name = "EVENT|STATE", requires = "reason")]
    pub keep: Option<String>,
    /// End it: another request has its key
    #[arg(long)]
    pub duplicate: bool,
    /// It is another request than the one that has its key
    #[arg(long, requires = "reason")]
    pub distinct: bool,
    /// In which final state it ends, where the workflow has several
    #[arg(long, value_name = "STATE", requires = "duplicate", conflicts_with_all = ["keep", "distinct"])]
    pub to: Option<String>,
    /// Why; - reads stdin, @FILE a file [default with --duplicate: "duplicate of REQ"]
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: Option<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: Writing,
}

/// Apply operations from JSON lines
#[derive(Args, Debug)]
#[command(after_help = "\
Each line is an operation, a JSON object, and is answered by a line once it is on disk:
  {\"op\":\"new\", …}         what `ledger schema request` tells; occurred_at
  {\"op\":\"transition\", …}  request, to; reason, evidence, details, expect_version
  {\"op\":\"note\", …}        request, text; kind
  {\"op\":\"evidence\", …}    request, evidence
  {\"op\":\"claim\", …}       request; for, steal and reason
  {\"op\":\"heartbeat\", …}   request; for
  {\"op\":\"release\", …}     request; reason
All but the first also take by and key; transition, note and evidence take occurred_at.

A request is named by its id or as key:K. Evidence is a list of {\"kind\":K,\"value\":V}.
An operation whose key was applied before is answered with its first result.
--timeout is the time for the operations that share a sync, not for all.")]
pub struct Apply {
    /// Operations as JSON lines; - reads stdin
    #[arg(value_name = "FILE|-")]
    pub file: String,
    /// Go on after a refusal
    #[arg(long)]
    pub keep_going: bool,
    /// Answer as if all were applied, up to 64 MiB of them, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Text that holds a credential.
    #[command(flatten)]
    pub secrets: AllowSecret,
}

/// Print a JSON Schema, or the catalogue of commands, states and exit statuses
#[derive(Args, Debug)]
pub struct Schema {
    /// packet, request, event, index, workflow, ledger, types/TYPE, or output/COMMAND (what it prints as JSON), output/error,
    /// output/notice; the catalogue where none is named
    pub name: Option<String>,
}
