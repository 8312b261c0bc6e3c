//! Why a pair of schemas does not hold: the changes between them, within the time that a pair may take.

use std::cell::Cell;
use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{AppError, Ledger};
use super::judge::Judged;
use super::{Comparing, PAIR_MAX};
use crate::contract::explain::{self, CHANGES_MAX, Change, Rule};
use crate::contract::gate::{self, Direction};
use crate::contract::{Answer, Draft, Limits, Question};
use crate::domain::compatibility::{OpenContent, Verdict};
use crate::domain::id::RepoId;
use crate::registry::Shelf;

/// The changes between two schemas, as far as there was time and room to look.
#[derive(Clone, PartialEq, Debug)]
pub struct Changes {
    /// Those that were looked into, by pointer and rule.
    pub list: Vec<Change>,
    /// Whether there is more: the time was up, or the schemas are too large.
    pub is_cut: bool,
}

/// What is asked of changes between the two schemas of a pair.
#[derive(Clone, Copy)]
pub enum Wanted {
    /// What they do in both directions.
    Both,
    /// What they do where the answers are known already; of the other direction as little as can be.
    AsKnown,
}

/// The changes that have to do with a pair that does not hold.
#[derive(Clone, PartialEq, Debug)]
pub struct PairChanges {
    /// The version against which the candidate was held.
    pub against: u32,
    /// The direction that does not hold.
    pub direction: Direction,
    /// The changes that break in this direction, and then those that may.
    pub list: Vec<Change>,
    /// Whether there is more.
    pub is_cut: bool,
    /// The consumers of all of that version that are touched.
    pub consumers: Vec<RepoId>,
}

impl PairChanges {
    /// What is listed of a pair.
    #[must_use]
    pub fn of<'a>(all: &'a [Self], pair: &gate::Pair) -> Option<&'a Self> {
        all.iter().find(|one| one.against == pair.against && one.direction == pair.direction)
    }

    fn new(pair: &gate::Pair, changes: &Changes, judged: &Judged) -> Self {
        let under = |change: &Change| change.effect(pair.direction).under(judged.assumption).clone();
        let mut list: Vec<Change> =
            changes.list.iter().filter(|change| under(change) != explain::Verdict::Keeps).cloned().collect();
        // Those that are known to break come first.
        list.sort_by_key(|change| !under(change).breaks());
        // What breaks for who stated needs is another question, with a document of its own.
        let touched = judged.touched().filter(|consumer| consumer.version == pair.against && !consumer.by_needs);
        Self {
            against: pair.against,
            direction: pair.direction,
            list,
            is_cut: changes.is_cut,
            consumers: touched.map(|consumer| consumer.repo.clone()).collect(),
        }
    }
}

impl Comparing<'_> {
    /// What changed between two schemas of which some answers as a whole are known.
    #[must_use]
    pub fn changes(&self, pair: &explain::Pair<'_>, known: &[&gate::Pair], wanted: Wanted) -> Changes {
        let budget = self.budget.at_most(PAIR_MAX);
        let was_late = Cell::new(false);
        let is_over = || {
            let is_over = budget.is_over();
            was_late.set(was_late.get() || is_over);
            is_over
        };
        let compare = |question: &Question<'_>| match (whole(pair, question), wanted) {
            (None, _) => (self.compare)(question, &Limits { is_over: &is_over }),
            (Some(direction), wanted) => {
                let known = known.iter().find(|pair| pair.direction == direction);
                match (known, wanted) {
                    (Some(known), _) => known.both.under(question.open_content).clone(),
                    (None, Wanted::Both) => (self.compare)(question, &Limits { is_over: &is_over }),
                    (None, Wanted::AsKnown) => Answer::Unknown { reason: "nobody asked".to_owned() },
                }
            }
        };
        let bounds = explain::Bounds { is_over: &is_over, changes_max: CHANGES_MAX };
        let found = explain::explain(pair, &compare, &bounds);
        let is_cut = was_late.get() || found.is_cut || found.omitted > 0;
        // That no change breaks alone is known only where each was looked into.
        let list = found.changes.into_iter().filter(|change| change.rule != Rule::Combination || !is_cut);
        Changes { list: list.collect(), is_cut }
    }
}

/// The direction, if a question is about both schemas as a whole.
fn whole(pair: &explain::Pair<'_>, question: &Question<'_>) -> Option<Direction> {
    let is = |sub: &Value, sup: &Value| std::ptr::eq(question.sub, sub) && std::ptr::eq(question.sup, sup);
    match (is(pair.old, pair.new), is(pair.new, pair.old)) {
        (true, _) => Some(Direction::Backward),
        (false, true) => Some(Direction::Forward),
        (false, false) => None,
    }
}

impl Ledger<'_> {
    /// The changes behind the pairs of a candidate that do not hold. What holds is not looked into.
    ///
    /// `base` is the schema that was compared with where that is no version.
    ///
    /// # Errors
    /// An earlier version that can't be read, or failed machinery.
    pub fn changes_of(
        &self,
        shelf: &Shelf,
        judged: &Judged,
        schema: &Value,
        base: Option<&Value>,
        comparing: Comparing<'_>,
    ) -> Result<Vec<PairChanges>, AppError> {
        let failing = judged.pairs.iter().filter(|pair| pair.both.verdict(judged.assumption) != Verdict::Compatible);
        let mut looked: BTreeMap<u32, Changes> = BTreeMap::new();
        let mut all = Vec::new();
        for pair in failing {
            let changes = match looked.get(&pair.against) {
                Some(changes) => changes,
                None => {
                    let old = match base {
                        Some(base) => base.clone(),
                        None => self.version_schema(shelf, pair.against)?,
                    };
                    let resources = self.reachable(&[schema, &old], comparing.resources)?;
                    let known: Vec<_> = judged.pairs.iter().filter(|other| other.against == pair.against).collect();
                    let asked = explain::Pair {
                        old: &old,
                        new: schema,
                        draft: Draft::DEFAULT,
                        formats: judged.formats,
                        resources: &resources,
                    };
                    looked.entry(pair.against).or_insert(comparing.changes(&asked, &known, Wanted::AsKnown))
                }
            };
            all.push(PairChanges::new(pair, changes, judged));
        }
        Ok(all)
    }
}

/// Whether what an effect does hangs on the assumption about members that are not declared.
#[must_use]
pub fn hangs_on(effect: &explain::Effect, assumption: OpenContent) -> bool {
    std::mem::discriminant(effect.under(assumption)) != std::mem::discriminant(&effect.strict)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::time::Duration;

    use serde_json::json;

    use super::*;
    use crate::contract::gate::Both;
    use crate::contract::{OpenContent, Resources, compare};
    use crate::store::Budget;

    fn between(old: &Value, new: &Value, budget: &Budget, known: &[&gate::Pair], wanted: Wanted) -> Changes {
        let resources = Resources::default();
        let counted = |question: &Question<'_>, limits: &Limits<'_>| {
            assert!(known.is_empty() || question.sub != old || question.sup != new, "this is known");
            compare(question, limits)
        };
        let comparing = Comparing { compare: &counted, resources: &resources, budget };
        let pair = explain::Pair { old, new, draft: Draft::DEFAULT, formats: false, resources: &resources };
        comparing.changes(&pair, known, wanted)
    }

    fn schemas() -> (Value, Value) {
        (json!({"type": "integer"}), json!({"type": "integer", "minimum": 3, "maximum": 9}))
    }

    #[test]
    fn what_is_known_is_not_asked_again() {
        let (old, new) = schemas();
        let resources = Resources::default();
        let ask = |open_content| {
            let question = Question {
                sub: &old,
                sup: &new,
                draft: Draft::DEFAULT,
                formats: false,
                open_content,
                resources: &resources,
            };
            compare(&question, &Limits { is_over: &|| false })
        };
        let both = Both { strict: ask(OpenContent::Strict), declared: Some(ask(OpenContent::Declared)) };
        let known = gate::Pair { against: 1, direction: Direction::Backward, both };
        let changes = between(&old, &new, &Budget::endless(), &[&known], Wanted::AsKnown);
        let rules: Vec<_> = changes.list.iter().map(|change| (change.rule, change.backward.strict.breaks())).collect();
        assert_eq!(rules, [(Rule::BoundTightened, true), (Rule::BoundTightened, true)]);
        assert!(!changes.is_cut);
    }

    #[test]
    fn where_the_time_is_up_the_list_is_cut_and_nothing_is_made_up() {
        let (old, new) = schemas();
        let both = Both {
            strict: compare(
                &Question {
                    sub: &old,
                    sup: &new,
                    draft: Draft::DEFAULT,
                    formats: false,
                    open_content: OpenContent::Strict,
                    resources: &Resources::default(),
                },
                &Limits { is_over: &|| false },
            ),
            declared: None,
        };
        let known = gate::Pair { against: 1, direction: Direction::Backward, both };
        let over = Budget::new(Some(Duration::ZERO), Arc::new(|_| {}));
        let changes = between(&old, &new, &over, &[&known], Wanted::AsKnown);
        assert!(changes.is_cut);
        assert!(changes.list.iter().all(|change| change.rule == Rule::BoundTightened && !change.backward.breaks()));
    }
}
