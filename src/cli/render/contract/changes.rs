//! Changes between two schemas, for people and programs.

use serde::Serialize;
use serde_json::Value;

use super::super::safe;
use super::text::witness_line;
use crate::app::contract::changes::{Changes, PairChanges, hangs_on};
use crate::contract::explain::{Change, DIRECTIONS, Effect, Side, Verdict};
use crate::domain::compatibility::OpenContent;
use crate::domain::id::RepoId;

/// What is said of a list that was cut.
pub const CUT: &str = "there is more: not every change could be looked into";

/// What changed, where, and from what to what, on one line.
#[must_use]
pub fn headline(change: &Change) -> String {
    format!("{} {}", change.rule, place(change))
}

/// Where something changed, and from what to what, on one line.
#[must_use]
pub fn place(change: &Change) -> String {
    let value = |side: &Option<Side>| side.as_ref().map_or_else(|| "nothing".to_owned(), |side| side.value.clone());
    let pointer = if change.pointer().is_empty() { "(root)" } else { change.pointer() };
    format!("{pointer}: {} → {}", value(&change.old), value(&change.new))
}

/// What a change does under an assumption: nothing to say where it breaks nothing.
#[must_use]
pub fn done(effect: &Effect, assumption: OpenContent) -> Option<String> {
    match (effect.under(assumption), &effect.strict) {
        (Verdict::Breaks(witness), _) => Some(format!("breaks {}", witness_line(witness))),
        (Verdict::Undecided(reason), _) => Some(format!("not known: {reason}")),
        (Verdict::Keeps, Verdict::Breaks(witness)) => {
            Some(format!("breaks with undeclared members only: {}", witness_line(witness)))
        }
        (Verdict::Keeps, Verdict::Undecided(reason)) => Some(format!("not known of undeclared members: {reason}")),
        (Verdict::Keeps, Verdict::Keeps) => None,
    }
}

/// The changes, a block each.
#[must_use]
pub fn blocks(changes: &Changes, assumption: OpenContent) -> String {
    let mut text = String::new();
    for change in &changes.list {
        text.push_str(&format!("{}\n", safe::line(&headline(change))));
        let mut is_quiet = true;
        for direction in DIRECTIONS {
            let effect = change.effect(direction);
            if let Some(done) = done(effect, assumption) {
                is_quiet = false;
                text.push_str(&format!(
                    "  {}, {}: {}\n",
                    direction.name(),
                    effect.severity_under(assumption),
                    safe::line(&done)
                ));
            }
        }
        if is_quiet {
            text.push_str("  breaks nothing\n");
        }
    }
    if changes.is_cut {
        text.push_str(&format!("{CUT}\n"));
    }
    text
}

/// The changes behind a pair that does not hold: lines, the second and further ones of each change indented.
#[must_use]
pub fn lines(of_pair: &PairChanges, assumption: OpenContent) -> Vec<String> {
    let touched: String = of_pair.consumers.iter().map(|repo| format!(", touches {repo}")).collect();
    let mut lines = Vec::new();
    for change in &of_pair.list {
        lines.push(headline(change));
        let effect = change.effect(of_pair.direction);
        let severity = effect.severity_under(assumption);
        lines.extend(done(effect, assumption).map(|done| format!("  {severity}: {done}{touched}")));
    }
    if of_pair.is_cut {
        lines.push(CUT.to_owned());
    }
    lines
}

/// A change.
#[derive(Serialize)]
pub struct ChangeView<'a> {
    rule: &'static str,
    severity: &'static str,
    pointer_old: Option<&'a str>,
    pointer_new: Option<&'a str>,
    old: Option<&'a str>,
    new: Option<&'a str>,
    backward: EffectView<'a>,
    forward: EffectView<'a>,
}

/// What a change does in one direction.
#[derive(Serialize)]
pub struct EffectView<'a> {
    severity: &'static str,
    answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    witness: Option<&'a Value>,
    assumed: bool,
    strict_answer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    strict_witness: Option<&'a Value>,
}

/// The changes behind a pair that does not hold.
#[derive(Serialize)]
pub struct PairChangesView<'a> {
    against: u32,
    direction: &'static str,
    changes: Vec<BrokenView<'a>>,
    changes_cut: bool,
    consumers: &'a [RepoId],
}

/// A change in the direction that is asked for.
#[derive(Serialize)]
pub struct BrokenView<'a> {
    rule: &'static str,
    pointer_old: Option<&'a str>,
    pointer_new: Option<&'a str>,
    old: Option<&'a str>,
    new: Option<&'a str>,
    #[serde(flatten)]
    effect: EffectView<'a>,
}

fn pointer(side: &Option<Side>) -> Option<&str> {
    side.as_ref().map(|side| side.pointer.as_str())
}

fn value(side: &Option<Side>) -> Option<&str> {
    side.as_ref().map(|side| side.value.as_str())
}

fn answer(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Keeps => "contained",
        Verdict::Breaks(_) => "not_contained",
        Verdict::Undecided(_) => "unknown",
    }
}

impl<'a> EffectView<'a> {
    fn new(effect: &'a Effect, assumption: OpenContent) -> Self {
        let verdict = effect.under(assumption);
        let document = |verdict: &'a Verdict| verdict.witness().map(crate::contract::Witness::document);
        Self {
            severity: effect.severity_under(assumption).name(),
            answer: answer(verdict),
            reason: match verdict {
                Verdict::Undecided(reason) => Some(reason),
                Verdict::Keeps | Verdict::Breaks(_) => None,
            },
            witness: document(verdict),
            assumed: hangs_on(effect, assumption),
            strict_answer: answer(&effect.strict),
            strict_witness: document(&effect.strict),
        }
    }
}

impl<'a> ChangeView<'a> {
    /// The view of a change.
    #[must_use]
    pub fn new(change: &'a Change, assumption: OpenContent) -> Self {
        Self {
            rule: change.rule.id(),
            severity: change.backward.severity_under(assumption).max(change.forward.severity_under(assumption)).name(),
            pointer_old: pointer(&change.old),
            pointer_new: pointer(&change.new),
            old: value(&change.old),
            new: value(&change.new),
            backward: EffectView::new(&change.backward, assumption),
            forward: EffectView::new(&change.forward, assumption),
        }
    }
}

impl<'a> PairChangesView<'a> {
    /// The view of the changes behind a pair.
    #[must_use]
    pub fn new(of_pair: &'a PairChanges, assumption: OpenContent) -> Self {
        let broken = |change: &'a Change| BrokenView {
            rule: change.rule.id(),
            pointer_old: pointer(&change.old),
            pointer_new: pointer(&change.new),
            old: value(&change.old),
            new: value(&change.new),
            effect: EffectView::new(change.effect(of_pair.direction), assumption),
        };
        Self {
            against: of_pair.against,
            direction: of_pair.direction.name(),
            changes: of_pair.list.iter().map(broken).collect(),
            changes_cut: of_pair.is_cut,
            consumers: &of_pair.consumers,
        }
    }
}
