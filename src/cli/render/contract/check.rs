//! A check in all its formats. The same report gives the same bytes.

use std::fmt::Write as _;
use std::path::Path;

use serde::Serialize;

use super::super::annotations::{self, Suite};
use super::super::escape;
use super::super::json;
use super::super::safe;
use super::super::text::{count, from_root, relative};
use super::changes::{self, PairChangesView};
use super::text;
use super::told::{Tree, explained, told};
use super::views::JudgedView;
use crate::app::contract::changes::PairChanges;
use crate::app::contract::check::{CheckReport, Checked};
use crate::cli::args::Wanted;
use crate::cli::contract_args::Undecided;
use crate::cli::failure::Failure;
use crate::contract::explain::Change;
use crate::contract::gate::Consumer;
use crate::domain::compatibility::{OpenContent, Verdict};

/// What a report is printed with.
#[derive(Clone, Copy, Debug)]
pub struct Printing<'a> {
    /// The ledger's folder.
    pub root: &'a Path,
    /// What becomes of what nobody can tell.
    pub undecided: Undecided,
    /// Where the ledger and the candidate lie in the repository.
    pub tree: &'a Tree,
}

/// The formats in which a check is printed.
pub const PRINTED: [Wanted; 7] =
    [Wanted::Text, Wanted::Json, Wanted::Jsonl, Wanted::Github, Wanted::Sarif, Wanted::Junit, Wanted::Markdown];

/// A report in a format.
///
/// # Errors
/// A format that a check has not, or a value without a JSON form, which is a bug.
pub fn check(report: &CheckReport, wanted: Wanted, printing: Printing<'_>) -> Result<String, Failure> {
    match wanted {
        Wanted::Text => Ok(plain(report, printing)),
        Wanted::Json => json::line(&json::Envelope::data(&CheckView::new(report, printing))),
        Wanted::Jsonl => {
            let view = CheckView::new(report, printing);
            let checked = view.checked.iter().map(|one| json::line(&json::Envelope::data(one)));
            let problems = view.problems.iter().map(|one| json::line(&json::Envelope::data(one)));
            checked.chain(problems).collect()
        }
        Wanted::Github => Ok(annotations::github(&told(report, printing))),
        Wanted::Sarif => json::line(&annotations::sarif(&told(report, printing), explained)),
        Wanted::Junit => Ok(junit(report, printing)),
        Wanted::Markdown => Ok(markdown(report, printing)),
        Wanted::Html | Wanted::Mermaid | Wanted::Dot | Wanted::Svg | Wanted::Csv => {
            Err(Failure::usage("a check is printed as text, json, jsonl, github, sarif, junit or markdown"))
        }
    }
}

/// The answer in a word.
fn answer(report: &CheckReport, undecided: Undecided) -> &'static str {
    match (report.verdict(), undecided) {
        (Verdict::Compatible, _) => "compatible",
        (Verdict::Breaking, _) => "breaking",
        (Verdict::Undecided, Undecided::Fail) => "undecided",
        (Verdict::Undecided, Undecided::Warn) => "undecided, which passes",
    }
}

fn summary(report: &CheckReport, undecided: Undecided) -> String {
    let base = report.base.as_ref().map(|base| format!(" against {base}")).unwrap_or_default();
    let problems = match report.problems.len() {
        0 => String::new(),
        number => format!(", {}", count(number as u64, "problem")),
    };
    format!(
        "{}: {}, {} checked{base} ({} content){problems}",
        answer(report, undecided),
        count(report.contracts as u64, "contract"),
        count(report.checked.len() as u64, "version"),
        report.assumption.name()
    )
}

fn plain(report: &CheckReport, printing: Printing<'_>) -> String {
    let mut text: String =
        report.checked.iter().map(|checked| text::judged(&checked.judged, &checked.changes)).collect();
    for problem in &report.problems {
        let file = relative(&problem.file, printing.root);
        let _ = writeln!(text, "{}: {}: {}", safe::line(&file), problem.code, safe::line(&problem.what));
        let _ = writeln!(text, "  fix: {}", safe::line(&from_root(&problem.fix, printing.root)));
    }
    let _ = writeln!(text, "{}", safe::line(&summary(report, printing.undecided)));
    text
}

#[derive(Serialize)]
struct CheckView<'a> {
    ok: bool,
    verdict: Verdict,
    base: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    base_commit: Option<&'a str>,
    open_content: OpenContent,
    contracts: usize,
    checked: Vec<CheckedView<'a>>,
    problems: Vec<ProblemView<'a>>,
}

#[derive(Serialize)]
struct CheckedView<'a> {
    registered: bool,
    file: String,
    places: &'a [String],
    changes: Vec<PairChangesView<'a>>,
    #[serde(flatten)]
    judged: JudgedView<'a>,
}

#[derive(Serialize)]
struct ProblemView<'a> {
    code: &'static str,
    contract: &'a str,
    file: String,
    message: &'a str,
    fix: String,
}

impl<'a> CheckView<'a> {
    fn new(report: &'a CheckReport, printing: Printing<'_>) -> Self {
        let checked = |checked: &'a Checked| CheckedView {
            registered: checked.registered,
            file: relative(&checked.file, printing.root),
            places: &checked.places,
            changes: checked
                .changes
                .iter()
                .map(|of_pair| PairChangesView::new(of_pair, checked.judged.assumption))
                .collect(),
            judged: JudgedView::from(&checked.judged),
        };
        let verdict = report.verdict();
        Self {
            ok: verdict == Verdict::Compatible
                || (verdict == Verdict::Undecided && printing.undecided == Undecided::Warn),
            verdict,
            base: report.base.as_deref(),
            base_commit: report.commit.as_deref(),
            open_content: report.assumption,
            contracts: report.contracts,
            checked: report.checked.iter().map(checked).collect(),
            problems: report
                .problems
                .iter()
                .map(|problem| ProblemView {
                    code: problem.code,
                    contract: problem.name.as_str(),
                    file: relative(&problem.file, printing.root),
                    message: &problem.what,
                    fix: from_root(&problem.fix, printing.root),
                })
                .collect(),
        }
    }
}

fn junit(report: &CheckReport, printing: Printing<'_>) -> String {
    let mut subjects: Vec<String> = report.checked.iter().map(|checked| checked.judged.reference.to_string()).collect();
    subjects.extend(report.problems.iter().map(|problem| problem.name.to_string()));
    annotations::junit(&told(report, printing), Suite { name: "ledger contract check", class: "contracts" }, subjects)
}

fn markdown(report: &CheckReport, printing: Printing<'_>) -> String {
    let mut text = format!("## Contracts: {}\n\n", escape::markdown(&summary(report, printing.undecided)));
    if !report.checked.is_empty() {
        text.push_str("| Version | Check | Mode | Consumers touched | Waiver |\n|---|---|---|---|---|\n");
    }
    for checked in &report.checked {
        let judged = &checked.judged;
        let touched: Vec<String> = judged.touched().map(|consumer| consumer.repo.to_string()).collect();
        let assumed =
            if judged.assumed() { format!(" (assuming {} content)", judged.assumption.name()) } else { String::new() };
        let waiver = judged.waiver().map(|waiving| waiving.request.to_string()).unwrap_or_default();
        let _ = writeln!(
            text,
            "| {} | {}{assumed} | {} | {} | {} |",
            escape::markdown(&judged.reference.to_string()),
            judged.verdict(),
            escape::markdown(judged.mode.name()),
            escape::markdown(&touched.join(", ")),
            waiver
        );
    }
    for checked in &report.checked {
        for pair in &checked.judged.pairs {
            let assumption = checked.judged.assumption;
            let (gating, strict) = pair.both.witnesses(assumption);
            let (sub, sup) = text::sides(pair, &checked.judged.reference);
            if pair.both.verdict(assumption) == Verdict::Undecided {
                // There is no document that shows it, but what stood in the way.
                let said = text::answer_line(pair.both.under(assumption), &sub, &sup);
                let _ = writeln!(
                    text,
                    "\n- {}: {}",
                    escape::markdown(&checked.judged.reference.to_string()),
                    escape::markdown_code(&said)
                );
            }
            for (witness, which) in [(gating, ""), (strict, " (undeclared members)")] {
                let Some(witness) = witness else { continue };
                let _ = writeln!(
                    text,
                    "\n- {}: valid under {sub}, not under {sup}{which}: {}",
                    escape::markdown(&checked.judged.reference.to_string()),
                    escape::markdown_code(&text::witness_line(witness))
                );
            }
            for line in PairChanges::of(&checked.changes, pair).iter().flat_map(|of_pair| behind(of_pair, checked)) {
                let _ = writeln!(text, "  - {line}");
            }
        }
    }
    for checked in &report.checked {
        let speaks = |consumer: &&Consumer| {
            consumer.by_needs && (consumer.verdict != Verdict::Compatible || consumer.is_assumed())
        };
        for consumer in checked.judged.consumers.iter().filter(speaks) {
            let name = escape::markdown(&checked.judged.reference.to_string());
            let _ = writeln!(
                text,
                "\n- {name}: {}",
                escape::markdown_code(&text::consumer_line(consumer, &text::own(&checked.judged)))
            );
        }
    }
    for problem in &report.problems {
        let file = escape::markdown_code(&relative(&problem.file, printing.root));
        let fix = escape::markdown_code(&from_root(&problem.fix, printing.root));
        let _ = writeln!(text, "\n- {file}: {} — {fix}", escape::markdown(&problem.what));
    }
    text
}

/// The changes behind a pair, as Markdown.
fn behind(of_pair: &PairChanges, checked: &Checked) -> Vec<String> {
    let touched: String = of_pair.consumers.iter().map(|repo| format!(", touches {repo}")).collect();
    let one = |change: &Change| {
        let effect = change.effect(of_pair.direction);
        let done = changes::done(effect, checked.judged.assumption);
        let done = done.map(|done| {
            let (severity, done) = (effect.severity_under(checked.judged.assumption), escape::markdown_code(&done));
            format!(" — {severity}: {done}{}", escape::markdown(&touched))
        });
        let rule = change.rule.id();
        format!("{rule}: {}{}", escape::markdown_code(&changes::place(change)), done.unwrap_or_default())
    };
    let mut lines: Vec<String> = of_pair.list.iter().map(one).collect();
    lines.extend(of_pair.is_cut.then(|| changes::CUT.to_owned()));
    lines
}
