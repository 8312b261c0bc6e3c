//! Is there a document for which a formula holds?
//!
//! A goal is a formula. It is looked at type by type; within a type it is split into literals, and a procedure for the
//! type decides whether the literals can hold together: for arrays and objects that leads to goals for their parts.
//!
//! Documents are finite, so a goal that comes up again while it is being pursued may be taken for unsatisfiable: the
//! smallest document for it contains no smaller one for it. What was refuted under such an assumption is remembered as
//! refuted only once the assumption is settled.

mod arrays;
mod cells;
mod numbers;
mod objects;
mod places;
mod split;
mod strings;

use std::rc::Rc;

use rustc_hash::FxHashMap;
use serde_json::{Value, json};

use super::formula::types::Types;
use super::formula::{Arena, Id};

/// The most goals that are pursued inside each other.
const DEPTH_MAX: usize = 160;
/// How many formulas a search may add; each is kept until the end.
const FORMULAS_MAX: usize = 400_000;
/// How many parts these may have together.
const PARTS_MAX: usize = 40_000_000;
/// How many answers about literals are kept; then they are found anew.
const LITERALS_KEPT_MAX: usize = 20_000;
/// How many steps are taken between two looks at the time.
const STEPS_PER_LOOK: u64 = 8;

/// The assumption that something refutes under: the outermost goal that was taken for unsatisfiable, by its depth.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(in crate::contract) struct Assumed(usize);

impl Assumed {
    /// No assumption at all.
    pub(in crate::contract) const NOTHING: Self = Self(usize::MAX);
}

/// What came of a goal.
#[derive(Clone, PartialEq, Debug)]
pub(in crate::contract) enum Outcome {
    /// This document will do.
    Found(Rc<Value>),
    /// There is none.
    None(Assumed),
    /// It could not be settled.
    Unclear(Rc<str>),
}

/// What a refutation so far hangs on, and what could not be settled on the way.
pub(super) struct Tally {
    assumed: Assumed,
    unclear: Option<Rc<str>>,
}

impl Tally {
    pub(super) fn new() -> Self {
        Self { assumed: Assumed::NOTHING, unclear: None }
    }

    /// Takes note of an outcome; hands back the document, if there is one.
    pub(super) fn note(&mut self, outcome: Outcome) -> Option<Rc<Value>> {
        match outcome {
            Outcome::Found(value) => return Some(value),
            Outcome::None(assumed) => self.assumed = self.assumed.min(assumed),
            Outcome::Unclear(reason) => {
                self.unclear.get_or_insert(reason);
            }
        }
        None
    }

    /// The outcome where nothing was found.
    pub(super) fn outcome(self) -> Outcome {
        match self.unclear {
            Some(reason) => Outcome::Unclear(reason),
            None => Outcome::None(self.assumed),
        }
    }
}

/// What is spent on a question.
pub(in crate::contract) struct Allowance<'a> {
    /// The most steps.
    pub(in crate::contract) steps: u64,
    /// Whether the time is up.
    pub(in crate::contract) is_over: &'a dyn Fn() -> bool,
}

/// Pursues goals over an arena.
pub(in crate::contract) struct Solver<'a, 'l> {
    pub(super) arena: &'a mut Arena,
    allowance: Allowance<'l>,
    settled: FxHashMap<Id, Outcome>,
    under_way: FxHashMap<Id, usize>,
    provisional: FxHashMap<Id, Assumed>,
    provisional_order: Vec<Id>,
    literals_settled: FxHashMap<(Id, u8), Outcome>,
    steps: u64,
    /// How many formulas there may be in all.
    formulas: usize,
    /// How many parts they may have together.
    parts: usize,
    spent: Option<Rc<str>>,
    left_out: Types,
}

impl<'a, 'l> Solver<'a, 'l> {
    pub(in crate::contract) fn new(arena: &'a mut Arena, allowance: Allowance<'l>) -> Self {
        Self {
            parts: arena.parts().saturating_add(PARTS_MAX),
            formulas: arena.len().saturating_add(FORMULAS_MAX),
            arena,
            allowance,
            settled: FxHashMap::default(),
            under_way: FxHashMap::default(),
            provisional: FxHashMap::default(),
            provisional_order: Vec::new(),
            literals_settled: FxHashMap::default(),
            steps: 0,
            spent: None,
            left_out: Types::NONE,
        }
    }

    /// Leaves documents of some types out of account.
    pub(in crate::contract) fn without(mut self, types: Types) -> Self {
        self.left_out = types;
        self
    }

    /// Whether there is certainly no document that all of some formulas and none of others hold for. Every such question
    /// has all the steps anew, and what was settled before serves it.
    pub(in crate::contract) fn is_none(&mut self, under: &[Id], not_under: &[Id]) -> bool {
        let mut all = under.to_vec();
        for id in not_under {
            let other = self.arena.not(*id);
            all.push(other);
        }
        let goal = self.arena.and(all);
        self.steps = 0;
        self.spent = None;
        matches!(self.goal(goal), Outcome::None(_))
    }

    /// Counts a step; says so if there are no more.
    pub(super) fn step(&mut self) -> Option<Outcome> {
        self.steps += 1;
        if self.spent.is_none() {
            if self.steps > self.allowance.steps {
                self.spent = Some("the search took more steps than it may".into());
            } else if self.arena.len() > self.formulas || self.arena.parts() > self.parts {
                self.spent = Some("the search took more memory than it may".into());
            } else if self.steps.is_multiple_of(STEPS_PER_LOOK) && (self.allowance.is_over)() {
                self.spent = Some("the time ran out".into());
            }
        }
        self.spent.clone().map(Outcome::Unclear)
    }

    /// Looks at the time before something that takes long; says so if it is up.
    pub(super) fn look(&mut self) -> Option<Outcome> {
        if self.spent.is_none() && (self.allowance.is_over)() {
            self.spent = Some("the time ran out".into());
        }
        self.spent.clone().map(Outcome::Unclear)
    }

    /// A document for which a formula holds.
    pub(in crate::contract) fn goal(&mut self, id: Id) -> Outcome {
        if id == Id::FALSE {
            return Outcome::None(Assumed::NOTHING);
        }
        if let Some(settled) = self.settled.get(&id) {
            return settled.clone();
        }
        if let Some(depth) = self.under_way.get(&id) {
            return Outcome::None(Assumed(*depth));
        }
        if let Some(assumed) = self.provisional.get(&id) {
            return Outcome::None(*assumed);
        }
        if let Some(spent) = self.step() {
            return spent;
        }
        let depth = self.under_way.len();
        if depth == DEPTH_MAX {
            return Outcome::Unclear("documents would have to be nested too deep".into());
        }
        self.under_way.insert(id, depth);
        let before = self.provisional_order.len();
        let outcome = self.by_type(id);
        self.under_way.remove(&id);
        self.settle(id, depth, before, outcome)
    }

    fn by_type(&mut self, id: Id) -> Outcome {
        let mut tally = Tally::new();
        for only in Types::EACH {
            if only.meets(self.left_out) {
                continue;
            }
            let restricted = self.arena.restrict(id, only);
            if restricted == Id::FALSE {
                continue;
            }
            let outcome = self.typed(restricted, only);
            if let Some(value) = tally.note(outcome) {
                return Outcome::Found(value);
            }
        }
        tally.outcome()
    }

    /// Remembers what came of a goal, as far as it stands on its own.
    fn settle(&mut self, id: Id, depth: usize, before: usize, outcome: Outcome) -> Outcome {
        match outcome {
            Outcome::None(Assumed(assumed)) if assumed < depth => {
                // What was refuted inside may hang on this goal, and so on what this one hangs on.
                for other in &self.provisional_order[before..] {
                    if let Some(by) = self.provisional.get_mut(other) {
                        *by = (*by).min(Assumed(assumed));
                    }
                }
                self.provisional.insert(id, Assumed(assumed));
                self.provisional_order.push(id);
                outcome
            }
            Outcome::None(_) => {
                for other in self.provisional_order.split_off(before) {
                    match self.provisional.get(&other) {
                        Some(Assumed(by)) if *by < depth => self.provisional_order.push(other),
                        _ => {
                            self.provisional.remove(&other);
                            self.settled.insert(other, Outcome::None(Assumed::NOTHING));
                        }
                    }
                }
                self.settled.insert(id, Outcome::None(Assumed::NOTHING));
                Outcome::None(Assumed::NOTHING)
            }
            Outcome::Found(_) | Outcome::Unclear(_) => {
                for other in self.provisional_order.split_off(before) {
                    self.provisional.remove(&other);
                }
                if self.spent.is_none() {
                    self.settled.insert(id, outcome.clone());
                }
                outcome
            }
        }
    }

    /// A document of this one type for which all literals hold.
    pub(super) fn literals(&mut self, only: Types, literals: &[Id]) -> Outcome {
        let key = (self.arena.and(literals.iter().copied()), u8::try_from(only.index()).unwrap_or(u8::MAX));
        if key.0 == Id::FALSE {
            return Outcome::None(Assumed::NOTHING);
        }
        if let Some(settled) = self.literals_settled.get(&key) {
            return settled.clone();
        }
        if let Some(spent) = self.step() {
            return spent;
        }
        let outcome = match only {
            Types::NULL => Outcome::Found(Rc::new(Value::Null)),
            Types::FALSE => Outcome::Found(Rc::new(json!(false))),
            Types::TRUE => Outcome::Found(Rc::new(json!(true))),
            Types::STRING => self.string(literals),
            Types::ARRAY => self.array(literals),
            Types::OBJECT => self.object(literals),
            _ => self.number(only, literals),
        };
        let stands = match &outcome {
            Outcome::Found(_) => true,
            Outcome::None(assumed) => *assumed == Assumed::NOTHING,
            Outcome::Unclear(_) => self.spent.is_none() && self.under_way.len() <= 1,
        };
        if stands {
            if self.literals_settled.len() == LITERALS_KEPT_MAX {
                self.literals_settled.clear();
            }
            self.literals_settled.insert(key, outcome.clone());
        }
        outcome
    }
}
