//! What the proposed changes break, by asking.

use serde_json::{Map, Value};

use super::draft::{pointer_before, translated};
use super::edit::apply;
use super::walk::{Proposal, Walk};
use super::{Bounds, Change, Compare, Effect, Explanation, Pair, Rule, Severity, Side, Verdict};
use crate::contract::containment::{OpenContent, Question};
use crate::contract::draft::Draft;

/// Verdicts of both assumptions.
struct Both {
    strict: Verdict,
    declared: Verdict,
}

struct Judge<'a> {
    pair: &'a Pair<'a>,
    compare: &'a Compare<'a>,
    bounds: &'a Bounds<'a>,
}

pub(super) fn explain(pair: &Pair<'_>, compare: &Compare<'_>, bounds: &Bounds<'_>) -> Explanation {
    let judge = Judge { pair, compare, bounds };
    let whole = [judge.ask(pair.old, pair.new), judge.ask(pair.new, pair.old)];
    let draft_of = |schema: &Value| Draft::declared(schema).ok().flatten().unwrap_or(pair.draft);
    let (from, to) = (draft_of(pair.old), draft_of(pair.new));
    let old = translated(pair.old, from, to);
    let base = with_definitions(old.clone(), pair.new);
    let walk = Walk::through(&old, pair.new, to);
    let mut proposals = walk.proposals;
    proposals.extend(draft_proposal(pair, from, to));
    proposals.sort_by(|one, other| key(one).cmp(&key(other)));
    let omitted = proposals.len().saturating_sub(bounds.changes_max);
    let proposals = most_telling(proposals, bounds.changes_max);
    let mut changes: Vec<Change> = Vec::with_capacity(proposals.len());
    for proposal in proposals {
        let verdicts = if proposal.rule == Rule::DraftChanged {
            [judge.ask(pair.old, &base), judge.ask(&base, pair.old)]
        } else if proposal.edits.is_empty() {
            [keeps(), keeps()]
        } else {
            let changed = apply(&base, &proposal.edits);
            [judge.ask(&base, &changed), judge.ask(&changed, &base)]
        };
        let [backward, forward] = verdicts;
        changes.push(Change {
            rule: proposal.rule,
            keyword: proposal.keyword,
            old: proposal.old.map(|side| Side { pointer: pointer_before(pair.old, &side.pointer), ..side }),
            new: proposal.new,
            backward: weighed(backward, &whole[0]),
            forward: weighed(forward, &whole[1]),
        });
    }
    changes.extend(combination(pair, &changes, &whole));
    let [backward, forward] = whole.map(|both| {
        let severity = severity(&both);
        Effect { strict: both.strict, declared: both.declared, severity }
    });
    Explanation { changes, omitted, is_cut: walk.is_cut, backward, forward }
}

/// As many as are wanted, in their order; what can't break anything is left out first.
fn most_telling(proposals: Vec<Proposal>, wanted: usize) -> Vec<Proposal> {
    let can_break = |proposal: &Proposal| !proposal.edits.is_empty() || proposal.rule == Rule::DraftChanged;
    let telling = proposals.iter().filter(|proposal| can_break(proposal)).count();
    let (mut first, mut rest) = (wanted, wanted.saturating_sub(telling));
    let mut kept = proposals;
    kept.retain(|proposal| {
        let left = if can_break(proposal) { &mut first } else { &mut rest };
        let keep = *left > 0;
        *left -= usize::from(keep);
        keep
    });
    kept
}

fn key(proposal: &Proposal) -> (&str, &str, Rule, &str, &str) {
    let (new, old) = (proposal.new.as_ref(), proposal.old.as_ref());
    let shown = new.or(old).map_or("", |side| side.pointer.as_str());
    let before = old.map_or("", |side| side.pointer.as_str());
    let value = new.or(old).map_or("", |side| side.value.as_str());
    (shown, before, proposal.rule, &proposal.keyword, value)
}

/// The schema with the definitions that only the other has: by themselves they mean nothing, and what is taken over
/// from the other may refer to them.
fn with_definitions(mut schema: Value, other: &Value) -> Value {
    for container in ["definitions", "$defs"] {
        let (Some(Value::Object(more)), Value::Object(members)) = (other.get(container), &mut schema) else { continue };
        let place = members.entry(container).or_insert_with(|| Value::Object(Map::new()));
        if let Value::Object(place) = place {
            for (name, definition) in more {
                place.entry(name.clone()).or_insert_with(|| definition.clone());
            }
        }
    }
    schema
}

fn draft_proposal(pair: &Pair<'_>, from: Draft, to: Draft) -> Option<Proposal> {
    let side = |schema: &Value| schema.get("$schema").map(|value| Side::new("/$schema".to_owned(), value));
    let is_same = pair.old.get("$schema") == pair.new.get("$schema");
    (from != to || !is_same).then(|| Proposal {
        rule: if from == to { Rule::Restated } else { Rule::DraftChanged },
        keyword: "$schema".to_owned(),
        old: side(pair.old),
        new: side(pair.new),
        edits: Vec::new(),
    })
}

/// What breaks as a whole and by no change alone.
fn combination(pair: &Pair<'_>, changes: &[Change], whole: &[Both; 2]) -> Option<Change> {
    let unexplained = |both: &Both, of: fn(&Change) -> &Effect| {
        let left = |whole: &Verdict, each: &dyn Fn(&Effect) -> bool| {
            let is_left = whole.breaks() && !changes.iter().any(|change| each(of(change)));
            if is_left { whole.clone() } else { Verdict::Keeps }
        };
        Both {
            strict: left(&both.strict, &|effect| effect.strict.breaks()),
            declared: left(&both.declared, &|effect| effect.declared.breaks()),
        }
    };
    let backward = unexplained(&whole[0], |change| &change.backward);
    let forward = unexplained(&whole[1], |change| &change.forward);
    let breaks = |both: &Both| both.strict.breaks() || both.declared.breaks();
    (breaks(&backward) || breaks(&forward)).then(|| Change {
        rule: Rule::Combination,
        keyword: String::new(),
        old: Some(Side::new(String::new(), pair.old)),
        new: Some(Side::new(String::new(), pair.new)),
        backward: weighed(backward, &whole[0]),
        forward: weighed(forward, &whole[1]),
    })
}

fn keeps() -> Both {
    Both { strict: Verdict::Keeps, declared: Verdict::Keeps }
}

fn severity(both: &Both) -> Severity {
    match (&both.strict, &both.declared) {
        (_, Verdict::Breaks(_)) => Severity::Error,
        (Verdict::Keeps, _) => Severity::Note,
        (Verdict::Breaks(_) | Verdict::Undecided(_), Verdict::Keeps | Verdict::Undecided(_)) => Severity::Warning,
    }
}

/// The effect of a change; what the other changes make good is no more than a note.
fn weighed(both: Both, whole: &Both) -> Effect {
    let severity = severity(&both).min(severity(whole));
    Effect { strict: both.strict, declared: both.declared, severity }
}

impl Judge<'_> {
    /// What of `sub` does not hold under `sup`.
    fn ask(&self, sub: &Value, sup: &Value) -> Both {
        if sub == sup {
            return keeps();
        }
        let strict = self.ask_under(sub, sup, OpenContent::Strict);
        // Producers that send less break less.
        let declared = match &strict {
            Verdict::Keeps => Verdict::Keeps,
            Verdict::Breaks(_) | Verdict::Undecided(_) => self.ask_under(sub, sup, OpenContent::Declared),
        };
        Both { strict, declared }
    }

    fn ask_under(&self, sub: &Value, sup: &Value, open_content: OpenContent) -> Verdict {
        if (self.bounds.is_over)() {
            return Verdict::Undecided("the time was up".to_owned());
        }
        let Pair { draft, formats, resources, .. } = *self.pair;
        (self.compare)(&Question { sub, sup, draft, formats, open_content, resources }).into()
    }
}
