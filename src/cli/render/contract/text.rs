//! Contracts, for people.

use std::fmt::Write as _;

use super::super::safe;
use super::super::table::table;
use super::super::text::moment;
use super::changes;
use crate::app::contract::changes::PairChanges;
use crate::app::contract::judge::{Judged, Leave};
use crate::contract::gate::{Both, Consumer, Direction, Pair};
use crate::contract::state::ContractState;
use crate::contract::{Answer, Witness};
use crate::domain::compatibility::{OpenContent, Verdict};
use crate::domain::contract_body::Registered;
use crate::domain::id::ContractRef;
use crate::store::fs::layout::CONTRACTS;

/// How much of a witness is shown on a line.
const WITNESS_CHARS_MAX: usize = 400;

/// What is held against what, by name.
#[must_use]
pub fn sides(pair: &Pair, reference: &ContractRef) -> (String, String) {
    let other = if pair.against == 0 { "the base".to_owned() } else { format!("v{}", pair.against) };
    let own = format!("v{}", reference.version());
    match pair.direction {
        Direction::Backward => (other, own),
        Direction::Forward => (own, other),
    }
}

/// What a candidate is called beside other versions.
#[must_use]
pub fn own(judged: &Judged) -> String {
    format!("v{}", judged.reference.version())
}

/// A witness on one line.
#[must_use]
pub fn witness_line(witness: &Witness) -> String {
    let text = witness.to_string();
    match text.char_indices().nth(WITNESS_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text,
    }
}

/// What an answer says about two schemas, in a line.
#[must_use]
pub fn answer_line(answer: &Answer, sub: &str, sup: &str) -> String {
    match answer {
        Answer::Contained { reason } => format!("every document of {sub} is valid under {sup}: {reason}"),
        Answer::NotContained { witness, reason } => {
            format!("valid under {sub}, not under {sup}: {} ({reason})", witness_line(witness))
        }
        Answer::Unknown { reason } => {
            format!("whether every document of {sub} is valid under {sup} is not known: {reason}")
        }
    }
}

/// The answers about a pair under an assumption: the one that counts, and what it would be without the assumption.
#[must_use]
pub fn both_lines(both: &Both, assumption: OpenContent, sub: &str, sup: &str) -> Vec<String> {
    let mut lines = vec![answer_line(both.under(assumption), sub, sup)];
    if both.hangs_on(assumption) {
        lines.push("this holds for documents with declared members only; for all documents:".to_owned());
        lines.push(answer_line(&both.strict, sub, sup));
    } else if let (Some(_), Some(strict)) = both.witnesses(assumption) {
        lines.push(format!("without the assumption also: {}", witness_line(strict)));
    }
    lines
}

/// What is known of a candidate, in a line.
#[must_use]
pub fn headline(judged: &Judged) -> String {
    let assumed =
        if judged.assumed() { format!(", assuming {} content", judged.assumption.name()) } else { String::new() };
    let waived = judged.waiver().map(|waiving| format!(", waived by {}", waiving.request)).unwrap_or_default();
    let formats = if judged.formats { ", formats asserted" } else { "" };
    // What a consumer needs counts whatever the mode says.
    let by_mode = match (judged.by_mode(), judged.verdict()) {
        (by_mode, verdict) if by_mode == verdict => judged.mode.to_string(),
        (by_mode, _) => format!("what consumers need; by {} {by_mode}", judged.mode),
    };
    format!("{}: {} ({by_mode}{formats}){assumed}{waived}", judged.reference, judged.verdict())
}

/// What is known of a candidate, the changes that are behind it as far as they were looked for, and what may waive its
/// break.
#[must_use]
pub fn judged(judged: &Judged, behind: &[PairChanges]) -> String {
    let mut text = answers(judged, behind);
    if judged.verdict() != Verdict::Compatible {
        text.push_str(&waivers(judged));
    }
    text
}

/// What is known of a candidate, and the changes that are behind it.
#[must_use]
pub fn answers(judged: &Judged, behind: &[PairChanges]) -> String {
    let mut text = headline(judged) + "\n";
    for pair in &judged.pairs {
        let (sub, sup) = sides(pair, &judged.reference);
        let says_more =
            pair.both.verdict(judged.assumption) != Verdict::Compatible || pair.both.hangs_on(judged.assumption);
        if says_more {
            let lines = both_lines(&pair.both, judged.assumption, &sub, &sup);
            let _ = writeln!(text, "  {}: {}", pair.direction.name(), safe::line(&lines[0]));
            for line in &lines[1..] {
                let _ = writeln!(text, "    {}", safe::line(line));
            }
            let lines = PairChanges::of(behind, pair).map(|of_pair| changes::lines(of_pair, judged.assumption));
            for line in lines.iter().flatten() {
                let _ = writeln!(text, "    {}", safe::line(line));
            }
        }
    }
    text.push_str(&consumers(judged));
    text
}

/// The consumers that a candidate touches, and those with which it gets on by the assumption only.
fn consumers(judged: &Judged) -> String {
    let own = own(judged);
    let mut text = String::new();
    for consumer in judged.consumers.iter().filter(|consumer| consumer.verdict != Verdict::Compatible) {
        let _ = writeln!(text, "  touches {}", safe::line(&consumer_line(consumer, &own)));
    }
    if text.is_empty() && judged.verdict() != Verdict::Compatible {
        text.push_str("  it touches no consumer\n");
    }
    for consumer in judged.consumers.iter().filter(|consumer| consumer.is_assumed()) {
        if consumer.verdict == Verdict::Compatible {
            let _ = writeln!(text, "  {}", safe::line(&consumer_line(consumer, &own)));
        }
    }
    text
}

/// A consumer, what it uses and how it fares with a schema of this name.
#[must_use]
pub fn consumer_line(consumer: &Consumer, own: &str) -> String {
    let uses = if consumer.by_needs { "needs a part of" } else { "uses" };
    let refused = |witness: &Witness| {
        let (sub, sup) = match (consumer.by_needs, consumer.direction) {
            (true, _) => (own.to_owned(), "what it needs".to_owned()),
            (false, Direction::Backward) => (format!("v{}", consumer.version), own.to_owned()),
            (false, Direction::Forward) => (own.to_owned(), format!("v{}", consumer.version)),
        };
        format!("valid under {sub}, not under {sup}: {}", witness_line(witness))
    };
    let shown = match (&consumer.witness, &consumer.strict_witness) {
        (Some(witness), _) => format!(": {}", refused(witness)),
        (None, Some(strict)) if consumer.is_assumed() => {
            format!(" with declared members only; for all documents breaking: {}", refused(strict))
        }
        (None, _) if consumer.verdict == Verdict::Undecided => format!(": {}", consumer.reason),
        (None, _) if consumer.is_assumed() => format!(" with declared members only; else {}", consumer.strict),
        (None, _) => String::new(),
    };
    format!("{} ({uses} v{}): {}{shown}", consumer.repo, consumer.version, consumer.verdict)
}

fn waivers(judged: &Judged) -> String {
    let mut text = String::new();
    let reference = judged.reference.to_string();
    // Once one holds, what others lack is of no use to anybody.
    let shown = judged.waivings.iter().filter(|waiving| waiving.holds() || judged.waiver().is_none());
    for waiving in shown {
        match &waiving.terms {
            Some((reason, until)) if waiving.holds() => {
                let _ = writeln!(text, "  waived by {} until {until}: {}", waiving.request, safe::line(reason));
            }
            _ => {
                let _ = writeln!(text, "  {} may waive it, and lacks:", waiving.request);
                for lack in &waiving.lacks {
                    let _ = writeln!(text, "    {}", safe::line(&lack.told(waiving.request, &reference)));
                }
            }
        }
    }
    let name = judged.reference.name();
    match judged.leave {
        Leave::Next if judged.waivings.is_empty() => {
            let _ = writeln!(text, "  to ask for leave: ledger contract propose {name} FILE");
        }
        Leave::Registered if judged.waivings.is_empty() => {
            let file = format!("{CONTRACTS}/{name}/v{}.json", judged.reference.version());
            let _ = writeln!(text, "  to ask for leave: ledger contract propose {name} {file}");
        }
        Leave::Next | Leave::Registered | Leave::Nothing => {}
    }
    text
}

/// All contracts, a row each.
#[must_use]
pub fn list(states: &[ContractState], width: Option<u16>) -> String {
    let row = |state: &ContractState| {
        let newest = state.newest();
        let stage = newest.and_then(|newest| state.versions.get(&newest)).map(|known| known.stage.name());
        vec![
            state.name.to_string(),
            newest.map(|newest| format!("v{newest}")).unwrap_or_default(),
            stage.unwrap_or_default().to_owned(),
            state.mode.to_string(),
            state.owner.as_ref().map(ToString::to_string).unwrap_or_default(),
            state.pins.len().to_string(),
        ]
    };
    let rows: Vec<Vec<String>> = states.iter().map(row).collect();
    table(&["name", "newest", "stage", "mode", "owner", "consumers"], &rows, width)
}

/// A contract: its settings, its versions, and who uses them.
#[must_use]
pub fn contract(state: &ContractState, width: Option<u16>) -> String {
    let owner = state.owner.as_ref().map_or_else(|| "nobody".to_owned(), ToString::to_string);
    let formats = if state.formats { ", formats asserted" } else { "" };
    let mut text = format!("{}  {}{formats}, provided by {}\n\n", state.name, state.mode, safe::line(&owner));
    text.push_str(&versions(state, width));
    for conflict in &state.conflicts {
        let holds = format!("event {} holds", conflict.holds.n);
        let _ = writeln!(text, "\ntwo clones said different things of its {}: {holds}", safe::line(&conflict.what));
    }
    text
}

/// The versions of a contract, a row each.
#[must_use]
pub fn versions(state: &ContractState, width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> = state
        .versions
        .iter()
        .map(|(number, known)| {
            let consumers: Vec<String> = state.pinned_to(*number).iter().map(ToString::to_string).collect();
            vec![
                format!("v{number}"),
                known.stage.name().to_owned(),
                moment(known.on.at),
                known.on.by.to_string(),
                found(&known.registered),
                consumers.join(", "),
            ]
        })
        .collect();
    table(&["version", "stage", "registered", "by", "then found", "consumers"], &rows, width)
}

/// What was found when a version was registered.
#[must_use]
pub fn found(registered: &Registered) -> String {
    let assumed =
        if registered.assumed { format!(" with {} content", registered.open_content.name()) } else { String::new() };
    let waived = registered.waiver.map(|request| format!(", waived by {request}")).unwrap_or_default();
    format!("{}{assumed}{waived}", registered.verdict)
}
