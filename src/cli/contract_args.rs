//! The command line of `ledger contract`, as clap reads it.

use clap::{Args, Subcommand, ValueEnum};

use super::against_args::BY_ITSELF;
use super::allow_secret::AllowSecret;
use super::query_args::Bound;
use super::values::at_least_one;
use crate::domain::compatibility::Mode;

/// Register contracts, say who uses them, and check changes to them
#[derive(Args, Debug)]
#[command(after_help = "A contract is named NAME, a version of it NAME@V, for example billing.invoice@2.")]
pub struct Contract {
    /// Where schemas under addresses with this prefix lie; may be repeated
    #[arg(long, global = true, value_name = "PREFIX=DIR")]
    pub resolve: Vec<String>,
    /// What to do.
    #[command(subcommand)]
    pub command: ContractCommand,
}

/// The commands about contracts.
#[derive(Subcommand, Debug)]
pub enum ContractCommand {
    /// Register a schema as the next version (exit 3 if it breaks an earlier one)
    Add(Add),
    /// Register a folder of files NAME_vN.json, in order
    Import(Import),
    /// List contracts
    List(List),
    /// Show a contract, or one version's schema
    Show(Show),
    /// Show what happened to a contract
    Log(Log),
    /// Compare two versions or files, in both directions
    Diff(Diff),
    /// Ask of two schemas whether every document of one is a document of the other
    Compare(Compare),
    /// Say what is wrong or doubtful in schemas (exit 3 if something is wrong)
    Lint(Lint),
    /// Set which changes are compatible
    Mode(SetMode),
    /// Set the repository that provides a contract
    Owner(SetOwner),
    /// Set whether formats are asserted
    Formats(SetFormats),
    /// Say that a version is in use
    Activate(OfVersion),
    /// Say that a version is to be left
    Deprecate(OfVersion),
    /// Take a version out of use, once nobody is pinned to it
    Retire(OfVersion),
    /// Show who is where
    Status(Name),
    /// Say which version a consumer uses, and what of it
    Pin(Pin),
    /// Say that a consumer uses a contract no more
    Unpin(Unpin),
    /// Let a version break, as agreed in a request
    Waive(Waive),
    /// Ask consumers for their leave to break: makes a contract-change request
    Propose(Propose),
    /// Show which consumer can live with which version
    Matrix(Matrix),
    /// Say whether every consumer can live with a version (exit 3 or 10 if not)
    CanIDeploy(CanIDeploy),
    /// Check documents (exit 3 if one is not valid)
    Validate(Validate),
    /// Check changes, for CI (exit 3 if something breaks, 10 if nobody can tell)
    Check(Check),
}

/// What every write to a contract takes.
#[derive(Args, Debug, Clone)]
pub struct ContractWriting {
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

/// The plain question of two schemas, or of many pairs
#[derive(Args, Debug)]
#[command(after_help = "\
A line of a batch is {\"id\", \"draft\", \"formats\", \"sub\", \"super\"}, an answer to it {\"id\", \"answer\": \"contained\" |
\"not_contained\" | \"unknown\", \"witness\", \"reason\", \"ms\"}, in the same order. Of two files the exit status is 0 for
contained, 3 for not contained, 10 for unknown; of a batch 0 once every line was answered, 5 if one could not be read.")]
pub struct Compare {
    /// The schema whose documents are asked about: a file, or NAME@V; - reads stdin
    #[arg(value_name = "SUB", required_unless_present = "batch", conflicts_with = "batch")]
    pub sub: Option<String>,
    /// The schema that should accept them: a file, or NAME@V; - reads stdin
    #[arg(value_name = "SUPER", required_unless_present = "batch", conflicts_with = "batch")]
    pub sup: Option<String>,
    /// Answer a question a line, JSON lines in and out; - reads stdin
    #[arg(long, value_name = "FILE|-")]
    pub batch: Option<String>,
    /// What a schema without $schema is read as [default: draft2020-12]
    #[arg(long, value_name = "DRAFT")]
    pub draft: Option<String>,
    /// Assert formats
    #[arg(long)]
    pub formats: bool,
    /// Assume that producers send only members that their schema declares
    #[arg(long)]
    pub declared: bool,
}

/// What is wrong or doubtful in schemas
#[derive(Args, Debug)]
pub struct Lint {
    /// The schemas; - reads stdin
    #[arg(value_name = "FILE|-", required = true)]
    pub files: Vec<String>,
    /// What a schema without $schema is read as [default: draft2020-12]
    #[arg(long, value_name = "DRAFT")]
    pub draft: Option<String>,
    /// Assert formats
    #[arg(long)]
    pub formats: bool,
}

/// List contracts
#[derive(Args, Debug)]
pub struct List {
    /// Only these members of each, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// How many.
    #[command(flatten)]
    pub bound: Bound,
}

/// Show what happened to a contract
#[derive(Args, Debug)]
pub struct Log {
    /// The contract
    pub name: String,
    /// Only these members of each event, separated by commas
    #[arg(long, value_name = "FIELDS", value_delimiter = ',')]
    pub fields: Vec<String>,
    /// Only the newest so many
    #[arg(long, value_name = "N", value_parser = at_least_one, default_value_t = 1000)]
    pub limit: usize,
}

/// A contract.
#[derive(Args, Debug)]
pub struct Name {
    /// The contract
    pub name: String,
}

/// Register a schema as the next version
#[derive(Args, Debug)]
pub struct Add {
    /// The contract
    pub name: String,
    /// The schema; - reads stdin
    #[arg(value_name = "FILE|-")]
    pub file: String,
    /// Which changes are compatible; of a new contract [default: BACKWARD_TRANSITIVE]
    #[arg(long, value_parser = mode, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// The repository that provides it; of a new contract
    #[arg(long, value_name = "REPO")]
    pub owner: Option<String>,
    /// Assert formats; of a new contract
    #[arg(long)]
    pub formats: bool,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Register a folder of files
#[derive(Args, Debug)]
pub struct Import {
    /// The folder with files NAME_vN.json
    #[arg(value_name = "DIR")]
    pub folder: std::path::PathBuf,
    /// Which changes are compatible; of new contracts [default: BACKWARD_TRANSITIVE]
    #[arg(long, value_parser = mode, value_name = "MODE")]
    pub mode: Option<Mode>,
    /// The repository that provides them; of new contracts
    #[arg(long, value_name = "REPO")]
    pub owner: Option<String>,
    /// Say what would be written, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Text that holds a credential.
    #[command(flatten)]
    pub secrets: AllowSecret,
}

/// Show a contract, or one version's schema
#[derive(Args, Debug)]
pub struct Show {
    /// The contract, or one version of it
    #[arg(value_name = "NAME[@V]")]
    pub what: String,
}

/// Compare two versions or files, in both directions
#[derive(Args, Debug)]
pub struct Diff {
    /// The older one
    #[arg(value_name = "NAME@A|FILE")]
    pub old: String,
    /// The newer one
    #[arg(value_name = "NAME@B|FILE")]
    pub new: String,
    /// Assert formats; versions of a contract follow its setting
    #[arg(long)]
    pub formats: bool,
}

/// Set which changes are compatible
#[derive(Args, Debug)]
pub struct SetMode {
    /// The contract
    pub name: String,
    /// NONE, BACKWARD, FORWARD or FULL, the last three also with _TRANSITIVE
    #[arg(value_parser = mode)]
    pub mode: Mode,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Set the repository that provides a contract
#[derive(Args, Debug)]
pub struct SetOwner {
    /// The contract
    pub name: String,
    /// The repository
    #[arg(value_name = "REPO")]
    pub owner: String,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Whether formats are asserted.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum Formats {
    /// They are.
    On,
    /// They say something to people only.
    Off,
}

/// Set whether formats are asserted
#[derive(Args, Debug)]
pub struct SetFormats {
    /// The contract
    pub name: String,
    /// Whether they are
    pub asserted: Formats,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// A version in another stage of its life
#[derive(Args, Debug)]
pub struct OfVersion {
    /// The version
    #[arg(value_name = "NAME@V")]
    pub version: String,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Say which version a consumer uses, and what of it
#[derive(Args, Debug)]
pub struct Pin {
    /// The version
    #[arg(value_name = "NAME@V")]
    pub version: String,
    /// The repository that uses it
    #[arg(long, value_name = "REPO")]
    pub consumer: String,
    /// The part that it needs, as a schema of its own
    #[arg(long, value_name = "FILE|-")]
    pub needs: Option<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Say that a consumer uses a contract no more
#[derive(Args, Debug)]
pub struct Unpin {
    /// The contract
    pub name: String,
    /// The repository
    #[arg(long, value_name = "REPO")]
    pub consumer: String,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Let a version break, as agreed in a request
#[derive(Args, Debug)]
pub struct Waive {
    /// The version, or the next one
    #[arg(value_name = "NAME@V")]
    pub version: String,
    /// The request in which it was agreed
    #[arg(long, value_name = "REQ")]
    pub request: String,
    /// Why; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT", allow_hyphen_values = true)]
    pub reason: String,
    /// The last day on which it counts
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub until: String,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Ask consumers for their leave to break
#[derive(Args, Debug)]
pub struct Propose {
    /// The contract
    pub name: String,
    /// The schema that is to be its next version; - reads stdin
    #[arg(value_name = "FILE|-")]
    pub file: String,
    /// The repository that asks [default: the contract's owner]
    #[arg(long, value_name = "REPO")]
    pub from: Option<String>,
    /// What changes, in a line
    #[arg(long)]
    pub title: Option<String>,
    /// How consumers get from the old version to the new one; - reads stdin, @FILE a file
    #[arg(long, value_name = "TEXT|-|@FILE", allow_hyphen_values = true)]
    pub migration: Option<String>,
    /// Conditions.
    #[command(flatten)]
    pub writing: ContractWriting,
}

/// Show which consumer can live with which version
#[derive(Args, Debug)]
#[command(after_help = "Formats: text, json, jsonl, markdown, html.")]
pub struct Matrix {
    /// The contracts; all where none is named
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Do not write coordination/compatibility_matrix.json
    #[arg(long)]
    pub dry_run: bool,
    /// How many rows.
    #[command(flatten)]
    pub bound: Bound,
}

/// Say whether every consumer can live with a version
#[derive(Args, Debug)]
pub struct CanIDeploy {
    /// The version
    #[arg(value_name = "NAME@V")]
    pub version: String,
    /// Only this consumer
    #[arg(long, value_name = "REPO")]
    pub consumer: Option<String>,
}

/// Check documents
#[derive(Args, Debug)]
pub struct Validate {
    /// Documents; of a .jsonl file one a line; - reads stdin, one document or one a line
    #[arg(value_name = "FILE|-", required = true)]
    pub files: Vec<String>,
    /// The version that they must be valid under
    #[arg(long, value_name = "NAME@V")]
    pub contract: String,
}

/// What is to become of what nobody can tell.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Undecided {
    /// It fails the check (exit 10).
    #[default]
    Fail,
    /// It is told, and passes.
    Warn,
}

/// Check changes, for CI
#[derive(Args, Debug)]
#[command(
    after_help = "Formats, for --format and --output: text, json, jsonl, github (annotations), sarif, junit, markdown."
)]
pub struct Check {
    /// The contracts; all where none is named
    #[arg(value_name = "NAME")]
    pub names: Vec<String>,
    /// Compare with the commit where HEAD and this one parted [default: what CI compares with]; or with a schema
    #[arg(long, value_name = "GITREF|FILE", num_args = 0..=1, default_missing_value = BY_ITSELF)]
    pub against: Option<String>,
    /// Compare with that very commit, also with what it got since
    #[arg(long, requires = "against")]
    pub exact: bool,
    /// A schema that may become the next version
    #[arg(long, value_name = "FILE|-", requires = "contract")]
    pub candidate: Option<String>,
    /// The contract of the candidate
    #[arg(long, value_name = "NAME", conflicts_with = "names")]
    pub contract: Option<String>,
    /// What to do about what nobody can tell
    #[arg(long, value_enum, default_value_t = Undecided::Fail)]
    pub undecided: Undecided,
    /// Print in another format to a file as well, for example sarif=check.sarif; may be repeated
    #[arg(long, value_name = "FORMAT=FILE")]
    pub output: Vec<String>,
}

impl ContractCommand {
    /// Whether it has a budget although none was given: it writes one thing, and compares nothing.
    #[must_use]
    pub fn has_default_budget(&self) -> bool {
        match self {
            Self::Mode(_)
            | Self::Owner(_)
            | Self::Formats(_)
            | Self::Activate(_)
            | Self::Deprecate(_)
            | Self::Retire(_)
            | Self::Pin(_)
            | Self::Unpin(_)
            | Self::Waive(_) => true,
            Self::Add(_)
            | Self::Import(_)
            | Self::List(_)
            | Self::Show(_)
            | Self::Log(_)
            | Self::Diff(_)
            | Self::Compare(_)
            | Self::Lint(_)
            | Self::Status(_)
            | Self::Propose(_)
            | Self::Matrix(_)
            | Self::CanIDeploy(_)
            | Self::Validate(_)
            | Self::Check(_) => false,
        }
    }

    /// Whether it prints in formats of its own.
    #[must_use]
    pub fn has_formats(&self) -> bool {
        matches!(self, Self::Check(_) | Self::Matrix(_))
    }
}

fn mode(text: &str) -> Result<Mode, String> {
    text.parse().map_err(|unknown: crate::domain::compatibility::UnknownMode| unknown.to_string())
}
