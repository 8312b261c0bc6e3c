//! The arguments of the commands that take over what is elsewhere.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::allow_secret::AllowSecret;
use crate::intake::map::Form;

/// Take over a coordination folder that was kept by hand
#[derive(Args, Debug)]
#[command(after_help = "\
The folder holds packets (requests/*.json with request_id, title, …), events (*.jsonl with timestamp, actor, action,
request_id, details) and, if there is one, index.json, which lists ids by state. Nothing in it is changed. Where it has
the very place of a ledger that is not there yet, it is renamed to coordination-before-ledger, and the ledger is made.
What has no place in the ledger is kept in notes, and told. Again, it takes over what has come since.
Exit status 5: something could not be read; everything else was taken over. --ignore leaves alone what is none of the
ledger's, so that a folder can be taken over again and again beside it.")]
pub struct Adopt {
    /// The folder
    #[arg(value_name = "DIR", required_unless_present = "print_map")]
    pub folder: Option<PathBuf>,
    /// What its words mean, laid over the built-in map: a JSON file
    #[arg(long, value_name = "FILE")]
    pub map: Option<String>,
    /// Print the built-in map, to begin one's own with
    #[arg(long)]
    pub print_map: bool,
    /// Leave files of this name alone, such as 'notes/*' or team.json; may be repeated
    #[arg(long, value_name = "GLOB")]
    pub ignore: Vec<String>,
    /// Say what would be made, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Text that holds a credential.
    #[command(flatten)]
    pub secrets: AllowSecret,
}

/// Take over the issues of another tracker; again, what is new there
#[derive(Args, Debug)]
#[command(after_help = "\
  beads   .beads/issues.jsonl
  github  gh issue list --state all --limit 9999 --json number,title,body,state,stateReason,labels,author,createdAt,\
closedAt,updatedAt,comments,assignees,url; or the REST API's array
  csv     a header, and a row an issue
  jsonl   a JSON object a line
A request gets the key SOURCE:ID. Run again, it writes what is new: an issue, a comment, another state.
Exit status 5: something could not be taken over; everything else was. --timeout is the time for 256 records, not for all.")]
pub struct Import {
    /// What the file holds
    #[arg(long, value_enum, value_name = "FORM")]
    pub from: SourceForm,
    /// The file; - reads stdin
    #[arg(value_name = "FILE|-", required_unless_present = "print_map")]
    pub file: Option<String>,
    /// What its fields and words mean, laid over the built-in map: a JSON file
    #[arg(long, value_name = "FILE")]
    pub map: Option<String>,
    /// Print the built-in map, to begin one's own with
    #[arg(long)]
    pub print_map: bool,
    /// What the tracker is called in keys: two of one form need two names [default: the form]
    #[arg(long, value_name = "NAME", value_parser = source)]
    pub source: Option<String>,
    /// The repository that asks, where a record does not say
    #[arg(long, value_name = "REPO")]
    pub origin: Option<String>,
    /// A repository that is asked, where a record does not say; may be repeated
    #[arg(long, value_name = "REPO")]
    pub target: Vec<String>,
    /// The type, where a record does not say
    #[arg(long = "type", value_name = "TYPE")]
    pub request_type: Option<String>,
    /// Say what would be made, and write nothing
    #[arg(long)]
    pub dry_run: bool,
    /// Text that holds a credential.
    #[command(flatten)]
    pub secrets: AllowSecret,
}

/// What a file of another tracker holds.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum SourceForm {
    /// Issues of beads: .beads/issues.jsonl
    Beads,
    /// Issues of GitHub: an array, as gh or the REST API prints it
    Github,
    /// Comma-separated values with a header
    Csv,
    /// A JSON object a line
    Jsonl,
}

impl SourceForm {
    /// The form as it is read.
    #[must_use]
    pub fn form(self) -> Form {
        match self {
            Self::Beads => Form::Beads,
            Self::Github => Form::Github,
            Self::Csv => Form::Csv,
            Self::Jsonl => Form::Jsonl,
        }
    }
}

/// A name in keys: short, and without what parts a key.
fn source(typed: &str) -> Result<String, String> {
    let fits = (1..=60).contains(&typed.len())
        && typed.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(&b))
        && typed != "adopt";
    if fits {
        Ok(typed.to_owned())
    } else {
        Err("expected 1 to 60 characters of [A-Za-z0-9._/-], other than adopt".to_owned())
    }
}
