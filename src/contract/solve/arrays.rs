//! Arrays: lengths are tried from the shortest on; a longer one than the demands could need need not be.

use std::rc::Rc;

use serde_json::Value;

use super::places::Positions;
use super::{Assumed, Outcome, Solver, Tally};
use crate::contract::formula::{Id, Span};

/// The longest array that is spelled out.
const ITEMS_MAX: u64 = 50_000;
/// The longest array whose items are made to differ.
const UNIQUE_MAX: u64 = 200;

/// What is left to be arranged.
#[derive(Clone)]
enum Task {
    /// An item within the span is so.
    Some(Span, Id),
    /// At least so many items from this position on are so.
    Many(Id, u64, u64),
    /// At most so many items from this position on are so.
    Few(Id, u64, u64),
    /// Two items are equal.
    Tie,
}

impl Solver<'_, '_> {
    pub(super) fn array(&mut self, literals: &[Id]) -> Outcome {
        let positions = self.positions(literals);
        if positions.least > positions.most || (positions.unique && positions.not_unique) {
            return Outcome::None(Assumed::NOTHING);
        }
        let shortest = positions.shortest();
        let alike = positions.alike_from();
        let longest = positions.least.max(alike.saturating_add(positions.needs())).min(positions.most);
        let mut tally = Tally::new();
        if shortest > longest {
            return tally.outcome();
        }
        if shortest > ITEMS_MAX || (positions.unique && shortest > UNIQUE_MAX) {
            return Outcome::Unclear("an array would need too many items".into());
        }
        let tasks = tasks(&positions);
        let mut goals: Vec<Id> = Vec::new();
        let mut length = 0;
        loop {
            if length >= shortest {
                let outcome = self.arrange(&positions, goals.clone(), Vec::new(), &tasks, alike);
                if let Some(found) = tally.note(outcome) {
                    return Outcome::Found(found);
                }
            }
            if length >= longest {
                return tally.outcome();
            }
            if length >= ITEMS_MAX {
                return Outcome::Unclear("an array would need too many items".into());
            }
            let next = self.at_position(&positions, length);
            match self.goal(next) {
                Outcome::Found(_) => goals.push(next),
                other => {
                    tally.note(other);
                    return tally.outcome();
                }
            }
            length += 1;
        }
    }

    /// Does the tasks one by one, then makes the items.
    fn arrange(
        &mut self,
        positions: &Positions,
        goals: Vec<Id>,
        ties: Vec<(usize, usize)>,
        tasks: &[Task],
        alike: u64,
    ) -> Outcome {
        if let Some(spent) = self.step() {
            return spent;
        }
        let Some((task, rest)) = tasks.split_first() else {
            return self.items(positions, &goals, &ties);
        };
        match task {
            Task::Some(span, what) => {
                let span = *span;
                let within = (0..goals.len()).filter(|at| span.contains(*at as u64)).collect::<Vec<_>>();
                self.one_of_places(positions, &goals, &ties, *what, &within, alike, |_| rest.to_vec())
            }
            Task::Many(_, 0, _) => self.arrange(positions, goals, ties, rest, alike),
            Task::Many(what, count, from) => {
                let from = usize::try_from(*from).unwrap_or(usize::MAX);
                let within: Vec<usize> = (from..goals.len()).collect();
                if (within.len() as u64) < *count {
                    return Outcome::None(Assumed::NOTHING);
                }
                self.one_of_places(positions, &goals, &ties, *what, &within, alike, |at| {
                    let next = Task::Many(*what, count - 1, at as u64 + 1);
                    [&[next], rest].concat()
                })
            }
            Task::Few(what, count, from) => self.few(positions, goals, ties, (*what, *count, *from), rest, alike),
            Task::Tie => self.tie(positions, &goals, rest, alike),
        }
    }

    /// Tries each place for an item that is `what`.
    #[expect(clippy::too_many_arguments, reason = "the state of the search, handed on")]
    fn one_of_places(
        &mut self,
        positions: &Positions,
        goals: &[Id],
        ties: &[(usize, usize)],
        what: Id,
        places: &[usize],
        alike: u64,
        rest: impl Fn(usize) -> Vec<Task>,
    ) -> Outcome {
        let mut tally = Tally::new();
        let mut tried: Vec<Id> = Vec::new();
        for &at in places {
            // Positions that are alike in every way need not be tried twice.
            if at as u64 >= alike && tried.contains(&goals[at]) {
                continue;
            }
            if at as u64 >= alike {
                tried.push(goals[at]);
            }
            let mut goals = goals.to_vec();
            goals[at] = self.arena.and([goals[at], what]);
            if tally.note(self.goal(goals[at])).is_none() {
                continue;
            }
            let outcome = self.arrange(positions, goals, ties.to_vec(), &rest(at), alike);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        tally.outcome()
    }

    /// At most `count` of the items from `from` on may be `what`.
    fn few(
        &mut self,
        positions: &Positions,
        goals: Vec<Id>,
        ties: Vec<(usize, usize)>,
        (what, count, from): (Id, u64, u64),
        rest: &[Task],
        alike: u64,
    ) -> Outcome {
        let at = usize::try_from(from).unwrap_or(usize::MAX);
        if goals.len().saturating_sub(at) as u64 <= count {
            return self.arrange(positions, goals, ties, rest, alike);
        }
        let mut tally = Tally::new();
        let other = self.arena.not(what);
        let mut without = goals.clone();
        without[at] = self.arena.and([without[at], other]);
        if tally.note(self.goal(without[at])).is_some() {
            let tasks = [&[Task::Few(what, count, from + 1)], rest].concat();
            let outcome = self.arrange(positions, without, ties.clone(), &tasks, alike);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        if count > 0 {
            let tasks = [&[Task::Few(what, count - 1, from + 1)], rest].concat();
            let outcome = self.arrange(positions, goals, ties, &tasks, alike);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        tally.outcome()
    }

    fn tie(&mut self, positions: &Positions, goals: &[Id], rest: &[Task], alike: u64) -> Outcome {
        let mut tally = Tally::new();
        let mut tried: Vec<Id> = Vec::new();
        for second in 1..goals.len() {
            for first in 0..second {
                let both = self.arena.and([goals[first], goals[second]]);
                if tried.contains(&both) {
                    continue;
                }
                tried.push(both);
                if tally.note(self.goal(both)).is_none() {
                    continue;
                }
                let mut goals = goals.to_vec();
                goals[first] = both;
                goals[second] = both;
                let outcome = self.arrange(positions, goals, vec![(first, second)], rest, alike);
                if let Some(found) = tally.note(outcome) {
                    return Outcome::Found(found);
                }
            }
        }
        tally.outcome()
    }

    /// The items themselves.
    fn items(&mut self, positions: &Positions, goals: &[Id], ties: &[(usize, usize)]) -> Outcome {
        if positions.unique {
            return self.different(goals);
        }
        let mut items = Vec::with_capacity(goals.len());
        let mut tally = Tally::new();
        for goal in goals {
            match tally.note(self.goal(*goal)) {
                Some(value) => items.push(value.as_ref().clone()),
                None => return tally.outcome(),
            }
        }
        for (first, second) in ties {
            items[*second] = items[*first].clone();
        }
        Outcome::Found(Rc::new(Value::Array(items)))
    }

    /// Items that all differ: by Kuhn's matching of positions with the documents that could stand there.
    fn different(&mut self, goals: &[Id]) -> Outcome {
        let mut choices: Vec<(Id, Vec<Rc<Value>>)> = Vec::new();
        let mut tally = Tally::new();
        for goal in goals {
            if choices.iter().any(|(known, _)| known == goal) {
                continue;
            }
            // As many as there are items are enough, whatever the others take.
            let mut found: Vec<Rc<Value>> = Vec::new();
            let mut narrowed = *goal;
            while found.len() < goals.len() {
                match tally.note(self.goal(narrowed)) {
                    Some(value) => {
                        let Some(same) = self.arena.constant(&value) else {
                            return Outcome::Unclear("a number is beyond what can be compared".into());
                        };
                        let other = self.arena.not(same);
                        narrowed = self.arena.and([narrowed, other]);
                        found.push(value);
                    }
                    None => break,
                }
            }
            choices.push((*goal, found));
        }
        let options: Vec<&Vec<Rc<Value>>> = goals
            .iter()
            .filter_map(|goal| choices.iter().find(|(known, _)| known == goal).map(|(_, found)| found))
            .collect();
        let mut taken: Vec<(Rc<Value>, usize)> = Vec::new();
        for at in 0..goals.len() {
            if !augment(at, &options, &mut taken, &mut Vec::new()) {
                return tally.outcome();
            }
        }
        let mut items = vec![Value::Null; goals.len()];
        for (value, at) in taken {
            items[at] = value.as_ref().clone();
        }
        Outcome::Found(Rc::new(Value::Array(items)))
    }
}

fn tasks(positions: &Positions) -> Vec<Task> {
    let some = positions.some.iter().map(|(span, what)| Task::Some(*span, *what));
    let many = positions.at_least.iter().map(|(what, count)| Task::Many(*what, *count, 0));
    let tie = positions.not_unique.then_some(Task::Tie);
    let few = positions.at_most.iter().map(|(what, count)| Task::Few(*what, *count, 0));
    some.chain(many).chain(few).chain(tie).collect()
}

/// Finds a value for a position, moving others if need be.
fn augment(
    at: usize,
    options: &[&Vec<Rc<Value>>],
    taken: &mut Vec<(Rc<Value>, usize)>,
    visited: &mut Vec<Rc<Value>>,
) -> bool {
    use crate::contract::formula::equal;
    for value in options[at] {
        if visited.iter().any(|seen| equal(seen, value)) {
            continue;
        }
        visited.push(Rc::clone(value));
        let holder = taken.iter().position(|(other, _)| equal(other, value));
        match holder {
            None => {
                taken.push((Rc::clone(value), at));
                return true;
            }
            Some(index) => {
                let other = taken[index].1;
                if augment(other, options, taken, visited) {
                    // The other has moved; its old entry is ours now.
                    let index = taken.iter().position(|(held, by)| *by == other && equal(held, value));
                    match index {
                        Some(index) => taken[index] = (Rc::clone(value), at),
                        None => taken.push((Rc::clone(value), at)),
                    }
                    return true;
                }
            }
        }
    }
    false
}
