//! Splitting a goal of one type into cases, each a set of literals.
//!
//! Cases are tried lazily: the literals that are certain are decided first, and only a disjunction that the document
//! found so violates is split, the one with the fewest cases left first.

use std::rc::Rc;

use serde_json::Value;

use super::{Assumed, Outcome, Solver, Tally};
use crate::contract::formula::types::{Types, type_of};
use crate::contract::formula::{ConstantId, Id, Literal, Node, Span};

/// What must hold at some point of the search.
#[derive(Clone, Default)]
struct Case {
    /// Literals, sorted.
    literals: Vec<Id>,
    /// Disjunctions that are not settled.
    open: Vec<Id>,
    /// The document is this one.
    constant: Option<ConstantId>,
    /// Names that were replaced by what they mean.
    unfolded: Vec<Id>,
}

impl Solver<'_, '_> {
    /// A document of this type for which a formula that was restricted to it holds.
    pub(super) fn typed(&mut self, id: Id, only: Types) -> Outcome {
        self.case(Case::default(), vec![id], only)
    }

    /// A document for which the case and everything in `more` holds.
    fn case(&mut self, mut case: Case, more: Vec<Id>, only: Types) -> Outcome {
        if let Some(spent) = self.step() {
            return spent;
        }
        if !self.gather(&mut case, more, only) {
            return Outcome::None(Assumed::NOTHING);
        }
        if let Some(constant) = case.constant {
            return self.only_constant(&case, constant, only);
        }
        let mut tally = Tally::new();
        let found = tally.note(self.literals(only, &case.literals));
        let Some(found) = found else {
            // Where the literals alone are unclear, the cases may still all be refuted, or one be found.
            if tally.unclear.is_none() || case.open.is_empty() {
                return tally.outcome();
            }
            let first = case.open[0];
            return self.split(case, first, only);
        };
        let violated: Vec<Id> =
            case.open.iter().copied().filter(|open| self.arena.evaluate(*open, &found) != Some(true)).collect();
        if violated.is_empty() {
            return Outcome::Found(found);
        }
        self.narrowest(case, &violated, only)
    }

    /// Sorts formulas into literals and disjunctions, and draws what follows at once. False if they contradict.
    fn gather(&mut self, case: &mut Case, more: Vec<Id>, only: Types) -> bool {
        let mut work = more;
        loop {
            while let Some(id) = work.pop() {
                match self.arena.node(id).clone() {
                    Node::True => {}
                    Node::False => return false,
                    Node::Type(types) if types.meets(only) => {}
                    Node::Type(_) => return false,
                    Node::When(literal) => {
                        if literal.class().types().meets(only)
                            && let Err(at) = case.literals.binary_search(&id)
                        {
                            case.literals.insert(at, id);
                        }
                    }
                    Node::Constant(constant) => match case.constant {
                        Some(other) if other != constant => return false,
                        _ => case.constant = Some(constant),
                    },
                    Node::NotConstant(constant) => {
                        if type_of(&self.arena.constant_value(constant)) == only && !case.open.contains(&id) {
                            case.open.push(id);
                        }
                    }
                    Node::And(parts) => work.extend(parts.iter().map(|part| self.arena.restrict(*part, only))),
                    Node::Or(_) => {
                        if !case.open.contains(&id) {
                            case.open.push(id);
                        }
                    }
                    Node::Named(name) | Node::NotNamed(name) => {
                        if case.unfolded.contains(&id) {
                            continue;
                        }
                        let negation = self.arena.not(id);
                        if case.unfolded.contains(&negation) {
                            return false;
                        }
                        case.unfolded.push(id);
                        let Some(meaning) = self.arena.definition(name) else { return false };
                        let meaning = if matches!(self.arena.node(id), Node::Named(_)) {
                            meaning
                        } else {
                            self.arena.not(meaning)
                        };
                        work.push(self.arena.restrict(meaning, only));
                    }
                }
            }
            if !self.follow(case, &mut work, only) {
                return false;
            }
            if work.is_empty() {
                return true;
            }
        }
    }

    /// Drops disjunctions that hold and cases that can't; what has one case left goes to `work`. False if one has none.
    fn follow(&mut self, case: &mut Case, work: &mut Vec<Id>, only: Types) -> bool {
        for open in std::mem::take(&mut case.open) {
            let Node::Or(ways) = self.arena.node(open).clone() else {
                case.open.push(open);
                continue;
            };
            let mut left = Vec::with_capacity(ways.len());
            let mut holds = false;
            for way in ways.iter() {
                let way = self.arena.restrict(*way, only);
                if way == Id::TRUE || self.is_among(case, way) {
                    holds = true;
                    break;
                }
                if way != Id::FALSE && !self.is_refuted(case, way, only) {
                    left.push(way);
                }
            }
            if holds {
                continue;
            }
            match left.len() {
                0 => return false,
                1 => work.push(left[0]),
                count if count < ways.len() => case.open.push(self.arena.or(left)),
                _ => case.open.push(open),
            }
        }
        true
    }

    fn is_among(&self, case: &Case, id: Id) -> bool {
        case.literals.binary_search(&id).is_ok()
            || case.unfolded.contains(&id)
            || match self.arena.node(id) {
                Node::And(parts) => parts.iter().all(|part| case.literals.binary_search(part).is_ok()),
                _ => false,
            }
    }

    /// Whether the literals plainly exclude a formula.
    fn is_refuted(&mut self, case: &Case, id: Id, only: Types) -> bool {
        match self.arena.node(id).clone() {
            Node::When(_) => {
                let negation = self.arena.not(id);
                let negation = self.arena.restrict(negation, only);
                case.literals.binary_search(&negation).is_ok()
            }
            Node::And(parts) => parts.iter().any(|part| self.is_refuted(case, *part, only)),
            Node::Named(_) | Node::NotNamed(_) => {
                let negation = self.arena.not(id);
                case.unfolded.contains(&negation)
            }
            _ => false,
        }
    }

    /// The document can only be this one: then it is enough to look.
    fn only_constant(&mut self, case: &Case, constant: ConstantId, only: Types) -> Outcome {
        let value = self.arena.constant_value(constant);
        if type_of(&value) != only {
            return Outcome::None(Assumed::NOTHING);
        }
        let mut unclear = false;
        for id in case.literals.iter().chain(&case.open) {
            match self.arena.evaluate(*id, &value) {
                Some(true) => {}
                Some(false) => return Outcome::None(Assumed::NOTHING),
                None => unclear = true,
            }
        }
        if unclear {
            return Outcome::Unclear("a constant meets a text that is not compared".into());
        }
        Outcome::Found(value)
    }

    /// Splits the violated disjunction with the fewest cases that the literals leave.
    fn narrowest(&mut self, case: Case, violated: &[Id], only: Types) -> Outcome {
        if let [open] = violated {
            // There is nothing to choose: a probe of each way would cost as much as the way.
            return self.split(case, *open, only);
        }
        let mut best: Option<(Vec<Id>, Id)> = None;
        let mut assumed = Assumed::NOTHING;
        for open in violated {
            let ways = self.ways(*open);
            if best.as_ref().is_some_and(|(left, _)| left.len() <= 1) {
                break;
            }
            let mut left = Vec::new();
            for way in ways {
                if let Some(spent) = self.step() {
                    return spent;
                }
                let way = self.arena.restrict(way, only);
                match self.probe(&case, way, only) {
                    Some(by) => assumed = assumed.min(by),
                    None => left.push(way),
                }
                if best.as_ref().is_some_and(|(fewest, _)| fewest.len() <= left.len()) {
                    break;
                }
            }
            if left.is_empty() {
                return Outcome::None(assumed);
            }
            if best.as_ref().is_none_or(|(fewest, _)| left.len() < fewest.len()) {
                best = Some((left, *open));
            }
        }
        let Some((left, open)) = best else { return Outcome::Unclear("nothing to split".into()) };
        let mut tally = Tally::new();
        tally.assumed = assumed;
        let mut rest = case;
        rest.open.retain(|other| *other != open);
        for way in left {
            let outcome = self.case(rest.clone(), vec![way], only);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        tally.outcome()
    }

    fn split(&mut self, mut case: Case, open: Id, only: Types) -> Outcome {
        let mut tally = Tally::new();
        case.open.retain(|other| *other != open);
        for way in self.ways(open) {
            if let Some(spent) = self.step() {
                return spent;
            }
            let way = self.arena.restrict(way, only);
            let outcome = self.case(case.clone(), vec![way], only);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        tally.outcome()
    }

    /// Whether the literals refute a way at once, and under what assumption.
    fn probe(&mut self, case: &Case, way: Id, only: Types) -> Option<Assumed> {
        let mut literals = case.literals.clone();
        match self.arena.node(way).clone() {
            Node::False => return Some(Assumed::NOTHING),
            Node::When(_) => literals.push(way),
            Node::And(parts) => {
                let more = parts.iter().filter(|part| matches!(self.arena.node(**part), Node::When(_)));
                literals.extend(more.copied());
            }
            _ => return None,
        }
        literals.sort_unstable();
        literals.dedup();
        match self.literals(only, &literals) {
            Outcome::None(assumed) => Some(assumed),
            Outcome::Found(_) | Outcome::Unclear(_) => None,
        }
    }

    /// The cases of a disjunction.
    fn ways(&mut self, open: Id) -> Vec<Id> {
        match self.arena.node(open).clone() {
            Node::Or(ways) => ways.to_vec(),
            Node::NotConstant(constant) => {
                let value = self.arena.constant_value(constant);
                self.other_than(&value)
            }
            _ => vec![open],
        }
    }

    /// All the ways in which an array or object can differ from a constant.
    fn other_than(&mut self, value: &Rc<Value>) -> Vec<Id> {
        let mut ways = Vec::new();
        match value.as_ref() {
            Value::Array(items) => {
                let length = items.len() as u64;
                if let Some(shorter) = length.checked_sub(1) {
                    ways.push(self.arena.when(Literal::MaxItems(shorter)));
                }
                ways.push(self.arena.when(Literal::MinItems(length + 1)));
                for (at, item) in items.iter().enumerate() {
                    if let Some(same) = self.arena.constant(item) {
                        let other = self.arena.not(same);
                        ways.push(self.arena.when(Literal::SomeItem(Span::at(at as u64), other)));
                    }
                }
            }
            Value::Object(members) => {
                let names = self.arena.languages.finite(members.keys().map(String::as_str));
                ways.push(self.arena.when(Literal::SomeMember(names.complement(), Id::TRUE)));
                for (name, value) in members {
                    if let Some(same) = self.arena.constant(value) {
                        let other = self.arena.not(same);
                        let name = self.arena.languages.finite([name.as_str()]);
                        ways.push(self.arena.when(Literal::Members(name, other)));
                    }
                }
            }
            _ => {}
        }
        ways
    }
}
