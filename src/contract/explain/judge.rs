//! What the proposed changes break, by asking.

use serde_json::{Map, Value, json};

use super::draft::{pointer_before, translated};
use super::edit::{Edit, apply};
use super::walk::{Proposal, Walk};
use super::{Bounds, Change, Compare, DIRECTIONS, Direction, Effect, Explanation, Pair, Rule, Severity, Side, Verdict};
use crate::contract::containment::{OpenContent, Question};
use crate::contract::draft::Draft;

/// Verdicts of both assumptions.
struct Both {
    strict: Verdict,
    declared: Verdict,
}

impl Both {
    fn under(&self, assumption: OpenContent) -> &Verdict {
        match assumption {
            OpenContent::Strict => &self.strict,
            OpenContent::Declared => &self.declared,
        }
    }
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
    let mut edits: Vec<Vec<Edit>> = Vec::with_capacity(proposals.len());
    for proposal in proposals {
        edits.push(proposal.edits.clone());
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
    // Where not every change was looked into, what the others do together is not known.
    if omitted == 0 && !walk.is_cut {
        changes.extend(judge.combination(&base, &changes, &edits, &whole));
    }
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

/// Which is asked to be contained in which.
fn turned<'a>(old: &'a Value, new: &'a Value, direction: Direction) -> (&'a Value, &'a Value) {
    match direction {
        Direction::Backward => (old, new),
        Direction::Forward => (new, old),
    }
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
    /// What breaks as a whole and by no change alone, whatever else the changes break one by one.
    fn combination(&self, base: &Value, changes: &[Change], edits: &[Vec<Edit>], whole: &[Both; 2]) -> Option<Change> {
        let [backward, forward] = DIRECTIONS.map(|direction| {
            let left = |open_content| self.left(base, changes, edits, whole, (direction, open_content));
            Both { strict: left(OpenContent::Strict), declared: left(OpenContent::Declared) }
        });
        let breaks = |both: &Both| both.strict.breaks() || both.declared.breaks();
        (breaks(&backward) || breaks(&forward)).then(|| Change {
            rule: Rule::Combination,
            keyword: String::new(),
            old: Some(Side::new(String::new(), self.pair.old)),
            new: Some(Side::new(String::new(), self.pair.new)),
            backward: weighed(backward, &whole[0]),
            forward: weighed(forward, &whole[1]),
        })
    }

    /// A document that breaks as a whole, and that each change alone would keep.
    fn left(
        &self,
        base: &Value,
        changes: &[Change],
        edits: &[Vec<Edit>],
        whole: &[Both; 2],
        (direction, open_content): (Direction, OpenContent),
    ) -> Verdict {
        let whole = match direction {
            Direction::Backward => &whole[0],
            Direction::Forward => &whole[1],
        };
        let (Some(document), verdict) = (whole.under(open_content).witness(), whole.under(open_content)) else {
            return Verdict::Keeps;
        };
        // What no change is known to break alone, they break together.
        if !changes.iter().any(|change| change.effect(direction).under(open_content).breaks()) {
            return verdict.clone();
        }
        let breaks = |change: &Change| *change.effect(direction).under(open_content) != Verdict::Keeps;
        // Of a change of draft nothing is known but what it does alone.
        if changes.iter().any(|change| change.rule == Rule::DraftChanged && breaks(change)) {
            return Verdict::Keeps;
        }
        let alone: Vec<Value> = changes
            .iter()
            .zip(edits)
            .filter(|(change, _)| breaks(change))
            .map(|(_, edits)| apply(base, edits))
            .collect();
        if self.is_kept(document.document(), base, &alone, direction) {
            return verdict.clone();
        }
        // What the changes do together that break nothing alone.
        let quiet = changes.iter().zip(edits).filter(|(change, edits)| !breaks(change) && !edits.is_empty());
        let quiet: Vec<Edit> = quiet.flat_map(|(_, edits)| edits.clone()).collect();
        let together = apply(base, &quiet);
        let (sub, sup) = turned(base, &together, direction);
        match self.ask_under(sub, sup, open_content) {
            Verdict::Breaks(found) if self.is_kept(found.document(), base, &alone, direction) => Verdict::Breaks(found),
            Verdict::Breaks(_) | Verdict::Keeps | Verdict::Undecided(_) => Verdict::Keeps,
        }
    }

    /// Whether a document breaks between both schemas, and between none of these and the one before.
    fn is_kept(&self, document: &Value, base: &Value, alone: &[Value], direction: Direction) -> bool {
        let only = json!({ "const": document });
        let is_in = |schema: &Value| self.ask_under(&only, schema, OpenContent::Strict);
        let (from, to) = turned(self.pair.old, self.pair.new, direction);
        let is_kept = |changed: &Value| {
            let (sub, sup) = turned(base, changed, direction);
            is_in(sub).breaks() || is_in(sup) == Verdict::Keeps
        };
        is_in(from) == Verdict::Keeps && is_in(to).breaks() && alone.iter().all(is_kept)
    }

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
