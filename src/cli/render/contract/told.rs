//! What a check found, one by one, for formats that annotate files.

use std::path::Path;

use super::super::text::{from_root, relative};
use super::changes::{self, CUT};
use super::text::{both_lines, consumer_line, sides, witness_line};
use crate::app::contract::changes::PairChanges;
use crate::app::contract::check::{CheckReport, Checked};
use crate::cli::contract_args::Undecided;
use crate::contract::explain::Rule;
use crate::contract::gate::Direction;
use crate::contract::position::line_of;
use crate::domain::compatibility::Verdict;

/// How grave something is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Level {
    /// It fails the check.
    Error,
    /// It is told, and passes.
    Warning,
    /// Worth knowing.
    Note,
}

impl Level {
    /// The name in SARIF and JSON.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something that a check found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Told {
    /// How grave it is.
    pub level: Level,
    /// A stable name for programs.
    pub rule: &'static str,
    /// The contract, or its version.
    pub subject: String,
    /// The file, as seen from the ledger's root.
    pub file: String,
    /// The line, counted from 1.
    pub line: usize,
    /// What, in lines.
    pub lines: Vec<String>,
}

/// The rules of pairs and of the registry, with what they say. Those of changes are [`Rule::ALL`].
const RULES: [(&str, &str); 12] = [
    ("breaks-backward", "A document of an older version is not valid under the newer one."),
    ("breaks-forward", "A document of the newer version is not valid under an older one."),
    ("undecided-backward", "Whether old documents are valid under the newer version is not known."),
    ("undecided-forward", "Whether new documents are valid under an older version is not known."),
    ("assumed", "The answer holds for documents with declared members only."),
    ("waived", "A break that was agreed in a request."),
    ("version-edited", "A registered version was edited."),
    ("version-removed", "A registered version was removed."),
    ("version-changed", "A file is not the one that was registered."),
    ("version-unregistered", "A version's file is not on record."),
    ("event-lost", "An event was removed from a contract's log."),
    ("contract-removed", "A contract was removed."),
];

/// What a rule says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// A few words.
    pub title: &'static str,
    /// A sentence.
    pub meaning: &'static str,
    /// What it does, usually.
    pub help: String,
}

/// What the rule of an id says.
#[must_use]
pub fn explained(id: &str) -> Said {
    match Rule::of_id(id) {
        Some(rule) => Said {
            title: rule.title(),
            meaning: rule.meaning(),
            help: format!(
                "{} Usually for old documents under new readers: {}; for new documents under old readers: {}.",
                rule.meaning(),
                rule.usual_severity(Direction::Backward),
                rule.usual_severity(Direction::Forward)
            ),
        },
        None => {
            let says = RULES.iter().find(|(known, _)| *known == id).map_or("", |(_, says)| *says);
            Said { title: says, meaning: says, help: says.to_owned() }
        }
    }
}

/// Everything that a check found, in order.
#[must_use]
pub fn told(report: &CheckReport, root: &Path, undecided: Undecided) -> Vec<Told> {
    let mut all: Vec<Told> = report.checked.iter().flat_map(|checked| of(checked, root, undecided)).collect();
    all.extend(report.problems.iter().map(|problem| Told {
        level: Level::Error,
        rule: problem.code,
        subject: problem.name.to_string(),
        file: relative(&problem.file, root),
        line: 1,
        lines: vec![problem.what.clone(), format!("fix: {}", from_root(&problem.fix, root))],
    }));
    all
}

fn of(checked: &Checked, root: &Path, undecided: Undecided) -> Vec<Told> {
    let judged = &checked.judged;
    let mut all = Vec::new();
    for (pair, place) in judged.pairs.iter().zip(&checked.places) {
        let verdict = pair.both.verdict(judged.assumption);
        let assumed = pair.both.hangs_on(judged.assumption);
        let backward = pair.direction == Direction::Backward;
        let rule = match (verdict, backward) {
            (Verdict::Compatible, _) if assumed => "assumed",
            (Verdict::Compatible, _) => continue,
            (Verdict::Breaking | Verdict::Undecided, _) if judged.waiver().is_some() => "waived",
            (Verdict::Breaking, true) => "breaks-backward",
            (Verdict::Breaking, false) => "breaks-forward",
            (Verdict::Undecided, true) => "undecided-backward",
            (Verdict::Undecided, false) => "undecided-forward",
        };
        let level = match (rule, verdict, undecided) {
            ("assumed" | "waived", _, _) => Level::Note,
            (_, Verdict::Undecided, Undecided::Warn) => Level::Warning,
            _ => Level::Error,
        };
        let (sub, sup) = sides(pair, &judged.reference);
        let mut touched: Vec<String> = Vec::new();
        if level != Level::Note {
            touched.extend(judged.touched().map(|consumer| format!("touches {}", consumer_line(consumer))));
            if touched.is_empty() {
                touched.push("it touches no consumer".to_owned());
            }
        }
        let mut push = |rule, pointer: &str, mut lines: Vec<String>| {
            lines.extend(touched.iter().cloned());
            all.push(Told {
                level,
                rule,
                subject: judged.reference.to_string(),
                file: relative(&checked.file, root),
                line: line_of(&checked.text, pointer),
                lines,
            });
        };
        let behind = PairChanges::of(&checked.changes, pair).filter(|_| level != Level::Note);
        let breaking = behind.filter(|_| verdict == Verdict::Breaking).map_or(&[][..], |behind| &behind.list[..]);
        for change in breaking {
            let effect = change.effect(pair.direction);
            let Some(witness) = effect.under(judged.assumption).witness() else { continue };
            let told = format!("valid under {sub}, not under {sup}: {}", witness_line(witness));
            let mut lines = vec![changes::place(change), told];
            lines.extend(behind.filter(|behind| behind.is_cut).map(|_| CUT.to_owned()));
            push(change.rule.id(), change.pointer(), lines);
        }
        if !breaking.iter().any(|change| change.effect(pair.direction).under(judged.assumption).breaks()) {
            let mut lines = both_lines(&pair.both, judged.assumption, &sub, &sup);
            lines.extend(behind.iter().flat_map(|behind| changes::lines(behind, judged.assumption)));
            push(rule, place, lines);
        }
    }
    all
}
