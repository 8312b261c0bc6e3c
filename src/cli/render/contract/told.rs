//! What a check found, one by one, for formats that annotate files.

use std::path::Path;

use super::super::annotations::{Level, Said, Told};
use super::super::text::from_root;
use super::changes::{self, CUT};
use super::check::Printing;
use super::text::{both_lines, consumer_line, own, sides, witness_line};
use crate::app::contract::changes::PairChanges;
use crate::app::contract::check::{CheckReport, Checked};
use crate::app::contract::judge::Judged;
use crate::cli::contract_args::Undecided;
use crate::contract::explain::{self, Change, Rule};
use crate::contract::gate::{Consumer, Direction, Pair};
use crate::contract::position::line_of;
use crate::domain::compatibility::Verdict;

/// The rules of pairs and of the registry, with what they say. Those of changes are [`Rule::ALL`].
const RULES: [(&str, &str); 14] = [
    ("breaks-backward", "A document of an older version is not valid under the newer one."),
    ("breaks-forward", "A document of the newer version is not valid under an older one."),
    ("undecided-backward", "Whether old documents are valid under the newer version is not known."),
    ("undecided-forward", "Whether new documents are valid under an older version is not known."),
    ("breaks-consumer", "What the version allows is not all that a consumer needs."),
    ("undecided-consumer", "Whether the version keeps to what a consumer needs is not known."),
    ("assumed", "The answer holds for documents with declared members only."),
    ("waived", "A break that was agreed in a request."),
    ("version-edited", "A registered version was edited."),
    ("version-removed", "A registered version was removed."),
    ("version-changed", "A file is not the one that was registered."),
    ("version-unregistered", "A version's file is not on record."),
    ("event-lost", "An event was removed from a contract's log."),
    ("contract-removed", "A contract was removed."),
];

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

/// Where files lie in the repository, which is where those who read annotations look for them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tree {
    /// The ledger's folder, ending in `/` unless it is the repository's own.
    pub root: String,
    /// The candidate's file, where it lies in a repository.
    pub candidate: Option<String>,
}

impl Tree {
    fn place(&self, file: &Path, root: &Path) -> String {
        match (file.strip_prefix(root), &self.candidate) {
            // A relative path is not the ledger's, but as somebody typed it.
            (Ok(below), _) if file.is_absolute() => format!("{}{}", self.root, below.display()),
            (_, Some(candidate)) => candidate.clone(),
            (_, None) => file.display().to_string(),
        }
    }
}

/// Everything that a check found, in order.
#[must_use]
pub fn told(report: &CheckReport, printing: Printing<'_>) -> Vec<Told> {
    let Printing { root, tree, .. } = printing;
    let mut all: Vec<Told> = report.checked.iter().flat_map(|checked| of(checked, printing)).collect();
    all.extend(report.problems.iter().map(|problem| Told {
        level: Level::Error,
        rule: problem.code,
        subject: problem.name.to_string(),
        file: tree.place(&problem.file, root),
        line: Some(1),
        lines: vec![problem.what.clone(), format!("fix: {}", from_root(&problem.fix, root))],
    }));
    all
}

fn of(checked: &Checked, Printing { root, undecided, tree }: Printing<'_>) -> Vec<Told> {
    let judged = &checked.judged;
    let mut found: Vec<Finding> = Vec::new();
    for (pair, place) in judged.pairs.iter().zip(&checked.places) {
        for one in of_pair(checked, pair, place, undecided) {
            match found.iter_mut().find(|other| other.is_of(&one)) {
                Some(other) => other.add(one.more),
                None => found.push(one),
            }
        }
    }
    found.extend(judged.consumers.iter().filter_map(|consumer| of_consumer(judged, consumer, undecided)));
    let mut touched: Vec<String> =
        judged.touched().map(|consumer| format!("touches {}", consumer_line(consumer, &own(judged)))).collect();
    if touched.is_empty() {
        touched.push("it touches no consumer".to_owned());
    }
    let told = |one: Finding| Told {
        level: one.level,
        rule: one.rule,
        subject: judged.reference.to_string(),
        file: tree.place(&checked.file, root),
        line: Some(line_of(&checked.text, &one.pointer)),
        lines: match one.level {
            Level::Note => [vec![one.what], one.more].concat(),
            Level::Error | Level::Warning if one.is_of_a_consumer => [vec![one.what], one.more].concat(),
            Level::Error | Level::Warning => [vec![one.what], one.more, touched.clone()].concat(),
        },
    };
    found.into_iter().map(told).collect()
}

/// Something about a version. What several pairs say of one change is told once.
struct Finding {
    level: Level,
    rule: &'static str,
    pointer: String,
    what: String,
    more: Vec<String>,
    is_of_a_consumer: bool,
}

impl Finding {
    fn is_of(&self, other: &Self) -> bool {
        (self.level, self.rule, &self.pointer, &self.what) == (other.level, other.rule, &other.pointer, &other.what)
    }

    fn add(&mut self, more: Vec<String>) {
        for line in more {
            if !self.more.contains(&line) {
                self.more.push(line);
            }
        }
    }
}

/// What is to be told of a pair: each change that breaks, or the answer as a whole where none is known to.
fn of_pair(checked: &Checked, pair: &Pair, place: &str, undecided: Undecided) -> Vec<Finding> {
    let judged = &checked.judged;
    let verdict = pair.both.verdict(judged.assumption);
    let rule = match (verdict, pair.direction) {
        (Verdict::Compatible, _) if pair.both.hangs_on(judged.assumption) => "assumed",
        (Verdict::Compatible, _) => return Vec::new(),
        (Verdict::Breaking | Verdict::Undecided, _) if judged.waiver().is_some() => "waived",
        (Verdict::Breaking, Direction::Backward) => "breaks-backward",
        (Verdict::Breaking, Direction::Forward) => "breaks-forward",
        (Verdict::Undecided, Direction::Backward) => "undecided-backward",
        (Verdict::Undecided, Direction::Forward) => "undecided-forward",
    };
    let level = match (rule, verdict, undecided) {
        ("assumed" | "waived", _, _) => Level::Note,
        (_, Verdict::Undecided, Undecided::Warn) => Level::Warning,
        _ => Level::Error,
    };
    let (sub, sup) = sides(pair, &judged.reference);
    let behind = PairChanges::of(&checked.changes, pair).filter(|_| level != Level::Note);
    let is_known = |behind: &&PairChanges| {
        behind.list.iter().any(|change| change.effect(pair.direction).under(judged.assumption).breaks())
    };
    let breaking = behind.filter(|_| verdict == Verdict::Breaking).filter(is_known).map(|behind| {
        let one = |change: &Change| {
            let (level, says) = match change.effect(pair.direction).under(judged.assumption) {
                explain::Verdict::Keeps => return None,
                explain::Verdict::Breaks(witness) => {
                    (level, format!("valid under {sub}, not under {sup}: {}", witness_line(witness)))
                }
                // The pair breaks anyway; what this one does beside it is worth knowing.
                explain::Verdict::Undecided(reason) => (level.max(Level::Warning), format!("not known: {reason}")),
            };
            let mut more = vec![says];
            more.extend(behind.is_cut.then(|| CUT.to_owned()));
            let (rule, pointer) = (change.rule.id(), change.pointer().to_owned());
            Some(Finding { level, rule, pointer, what: changes::place(change), more, is_of_a_consumer: false })
        };
        behind.list.iter().filter_map(one).collect::<Vec<_>>()
    });
    if let Some(breaking) = breaking.filter(|breaking| !breaking.is_empty()) {
        return breaking;
    }
    let mut lines = both_lines(&pair.both, judged.assumption, &sub, &sup);
    lines.extend(behind.iter().flat_map(|behind| changes::lines(behind, judged.assumption)));
    let what = lines.remove(0);
    vec![Finding { level, rule, pointer: place.to_owned(), what, more: lines, is_of_a_consumer: false }]
}

/// What is to be told of a consumer of whom the pairs don't speak: one that stated what it needs, where the mode holds.
fn of_consumer(judged: &Judged, consumer: &Consumer, undecided: Undecided) -> Option<Finding> {
    if !consumer.by_needs || judged.by_mode() != Verdict::Compatible {
        return None;
    }
    let (level, rule) = match (consumer.verdict, undecided) {
        (Verdict::Compatible, _) if consumer.is_assumed() => (Level::Note, "assumed"),
        (Verdict::Compatible, _) => return None,
        (Verdict::Breaking | Verdict::Undecided, _) if judged.waiver().is_some() => (Level::Note, "waived"),
        (Verdict::Breaking, _) => (Level::Error, "breaks-consumer"),
        (Verdict::Undecided, Undecided::Warn) => (Level::Warning, "undecided-consumer"),
        (Verdict::Undecided, Undecided::Fail) => (Level::Error, "undecided-consumer"),
    };
    let touches = if consumer.verdict == Verdict::Compatible { "" } else { "touches " };
    Some(Finding {
        level,
        rule,
        pointer: String::new(),
        what: format!("{touches}{}", consumer_line(consumer, &own(judged))),
        more: vec![format!("by {} it is compatible", judged.mode)],
        is_of_a_consumer: true,
    })
}
