//! What verifying found, in all its formats.

use std::path::Path;

use serde::Serialize;

use super::annotations::{self, Level, Said, Suite, Told};
use super::json;
use super::text::{self, from_root, relative};
use crate::app::verify::{Finding, Report, Severity};
use crate::cli::args::Wanted;
use crate::cli::failure::Failure;
use crate::domain::id::RequestId;

/// The formats in which a report is printed.
pub const PRINTED: [Wanted; 6] =
    [Wanted::Text, Wanted::Json, Wanted::Jsonl, Wanted::Github, Wanted::Sarif, Wanted::Junit];

/// What is told of a rule; of the others their name says it.
const RULES: [(&str, &str); 13] = [
    ("packet-edited", "A packet that was on record was edited."),
    ("packet-removed", "A packet that was on record is gone."),
    ("event-edited", "A line of a log that was on record was edited."),
    ("event-removed", "A line of a log that was on record is gone."),
    ("log-removed", "A log that was on record is gone."),
    ("checkpoint-edited", "A checkpoint, its signature or what it covers was edited."),
    ("checkpoint-removed", "A checkpoint, its signature or what it covers is gone."),
    ("version-edited", "A registered version of a contract was edited."),
    ("version-removed", "A registered version of a contract is gone."),
    ("id-moved", "A request stands under another id than the one under which it was published."),
    ("id-clash", "Two requests have one id."),
    ("ledger-changed", "The ledger has another identity."),
    ("file-type-changed", "What was a plain file is none, is larger than any of its kind, or may be executed."),
];

/// What a report is printed with.
#[derive(Clone, Copy, Debug)]
pub struct Printing<'a> {
    /// The ledger's folder.
    pub root: &'a Path,
    /// The ledger's folder in its repository, ending in `/` unless it is the same.
    pub prefix: &'a str,
    /// Whether nothing worse than a note was found.
    pub ok: bool,
    /// How many findings there are, also of those that are not printed.
    pub totals: Totals,
    /// Whether some are not printed.
    pub has_more: bool,
}

/// How many findings there are.
#[derive(Clone, Copy, Debug)]
pub struct Totals {
    /// Those that are worse than a note.
    pub grave: usize,
    /// The notes.
    pub notes: usize,
}

impl Totals {
    /// The numbers of a report.
    #[must_use]
    pub fn of(report: &Report) -> Self {
        let notes = report.findings.iter().filter(|finding| finding.severity == Severity::Note).count();
        Self { grave: report.findings.len() - notes, notes }
    }

    /// All of them.
    #[must_use]
    pub fn all(self) -> usize {
        self.grave + self.notes
    }
}

/// Whether a format names files as the repository has them.
#[must_use]
pub fn is_placed(wanted: Wanted) -> bool {
    matches!(wanted, Wanted::Github | Wanted::Sarif | Wanted::Junit)
}

/// A report in a format.
///
/// # Errors
/// A format that a report has not, or a value without a JSON form, which is a bug.
pub fn verify(report: &Report, wanted: Wanted, printing: Printing<'_>) -> Result<String, Failure> {
    match wanted {
        Wanted::Text => Ok(text::report(report, printing.totals, printing.root)),
        Wanted::Json | Wanted::Jsonl => json::line(&json::Envelope::data(&VerifyView::new(report, printing))),
        Wanted::Github => Ok(annotations::github(&told(report, printing))),
        Wanted::Sarif => json::line(&annotations::sarif(&told(report, printing), explained)),
        Wanted::Junit => {
            let found = told(report, printing);
            // What was looked at and is well is one case: there may be a million files.
            let subjects = found.iter().map(|one| one.subject.clone()).chain([WHOLE.to_owned()]).collect();
            Ok(annotations::junit(&found, Suite { name: "ledger verify", class: "ledger" }, subjects))
        }
        Wanted::Markdown | Wanted::Html | Wanted::Mermaid | Wanted::Dot | Wanted::Svg | Wanted::Csv => {
            Err(Failure::usage("what verify finds is printed as text, json, jsonl, github, sarif or junit"))
        }
    }
}

/// The case of everything in which nothing was found.
const WHOLE: &str = "everything else";

fn told(report: &Report, Printing { root, prefix, .. }: Printing<'_>) -> Vec<Told> {
    let one = |finding: &Finding| {
        let below = relative(&finding.path, root);
        Told {
            level: match finding.severity {
                Severity::Note => Level::Note,
                Severity::Violation | Severity::Damage => Level::Error,
            },
            rule: finding.code,
            subject: finding.id.map_or_else(|| below.clone(), |id| id.to_string()),
            file: format!("{prefix}{below}"),
            line: finding.line,
            lines: vec![from_root(&finding.what, root), format!("fix: {}", from_root(&finding.fix, root))],
        }
    };
    report.findings.iter().map(one).collect()
}

fn explained(code: &str) -> Said {
    let says = RULES.iter().find(|(known, _)| *known == code).map(|(_, says)| *says);
    let says = says.unwrap_or("Something is not as it was written, or was not allowed.");
    Said { title: says, meaning: says, help: format!("{says} docs/errors.md tells what to do about {code}.") }
}

/// What verifying found.
#[derive(Serialize)]
pub struct VerifyView<'a> {
    ok: bool,
    requests: usize,
    #[serde(skip_serializing_if = "is_zero")]
    contracts: usize,
    #[serde(skip_serializing_if = "is_zero")]
    checkpoints: usize,
    events: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    against: Option<AgainstView<'a>>,
    findings: Vec<FindingView<'a>>,
    has_more: bool,
}

/// With which commit a ledger was compared.
#[derive(Serialize)]
struct AgainstView<'a> {
    commit: &'a str,
    told: &'a str,
    files: usize,
}

/// One thing that verifying found.
#[derive(Serialize)]
pub struct FindingView<'a> {
    code: &'a str,
    severity: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<RequestId>,
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<usize>,
    message: String,
    fix: String,
}

impl<'a> FindingView<'a> {
    /// A finding, with its paths as seen from the ledger's root.
    #[must_use]
    pub fn new(finding: &'a Finding, root: &Path) -> Self {
        Self {
            code: finding.code,
            severity: finding.severity.name(),
            id: finding.id,
            file: relative(&finding.path, root),
            line: finding.line,
            message: from_root(&finding.what, root),
            fix: from_root(&finding.fix, root),
        }
    }
}

impl<'a> VerifyView<'a> {
    /// A report.
    #[must_use]
    pub fn new(report: &'a Report, Printing { root, ok, has_more, .. }: Printing<'_>) -> Self {
        Self {
            ok,
            requests: report.requests,
            contracts: report.contracts,
            checkpoints: report.checkpoints,
            events: report.events,
            against: report.against.as_ref().map(|against| AgainstView {
                commit: &against.commit,
                told: &against.told,
                files: against.files,
            }),
            findings: report.findings.iter().map(|finding| FindingView::new(finding, root)).collect(),
            has_more,
        }
    }
}

fn is_zero(number: &usize) -> bool {
    *number == 0
}
