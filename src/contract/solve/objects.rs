//! Objects: a member for every demand, in as few members as must be.

use std::rc::Rc;

use serde_json::Value;

use super::cells::{Cell, Members};
use super::{Assumed, Outcome, Solver, Tally};
use crate::contract::formula::Id;
use crate::contract::language::{LanguageId, Sample};

/// The most members that are spelled out.
const MEMBERS_MAX: u64 = 2_000;

/// A member of the document that is being made.
#[derive(Clone)]
struct Member {
    name: Rc<str>,
    what: Id,
    value: Rc<Value>,
}

impl Solver<'_, '_> {
    pub(super) fn object(&mut self, literals: &[Id]) -> Outcome {
        let members = self.members(literals);
        if members.least > members.most || members.required.len() as u64 > members.most {
            return Outcome::None(Assumed::NOTHING);
        }
        let mut tally = Tally::new();
        let mut chosen = Vec::with_capacity(members.required.len());
        for (name, demands) in &members.required {
            let what = match self.under_name(&members, name) {
                Ok(what) => self.arena.and(demands.iter().copied().chain([what])),
                Err(reason) => {
                    tally.note(Outcome::Unclear(reason));
                    continue;
                }
            };
            match self.goal(what) {
                Outcome::Found(value) => chosen.push(Member { name: Rc::clone(name), what, value }),
                none @ Outcome::None(_) => return none,
                unclear @ Outcome::Unclear(_) => {
                    tally.note(unclear);
                }
            }
        }
        if tally.unclear.is_some() {
            return tally.outcome();
        }
        self.place(&members, chosen, 0)
    }

    /// Finds a member for each demand from the given one on.
    fn place(&mut self, members: &Members, chosen: Vec<Member>, demand: usize) -> Outcome {
        if let Some(spent) = self.step() {
            return spent;
        }
        let Some((names, what)) = members.demands.get(demand).copied() else {
            return self.fill(members, chosen);
        };
        let mut tally = Tally::new();
        // A member that is there anyway and happens to do costs nothing.
        for at in 0..chosen.len() {
            if self.arena.languages.contains(names, &chosen[at].name) == Some(true)
                && self.arena.evaluate(what, &chosen[at].value) == Some(true)
            {
                let mut joined = chosen.clone();
                joined[at].what = self.arena.and([joined[at].what, what]);
                let outcome = self.place(members, joined, demand + 1);
                if let Some(found) = tally.note(outcome) {
                    return Outcome::Found(found);
                }
                break;
            }
        }
        if (chosen.len() as u64) < members.most {
            let outcome = self.place_anew(members, &chosen, demand, names, what);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        // With every demand alone under its own name there may be too many members, or too few names.
        if let Some(found) = tally.note(self.place_beside(members, &chosen, demand, names, what)) {
            return Outcome::Found(found);
        }
        tally.outcome()
    }

    /// The demand is met by a member under a new name.
    fn place_anew(
        &mut self,
        members: &Members,
        chosen: &[Member],
        demand: usize,
        names: LanguageId,
        what: Id,
    ) -> Outcome {
        let cells = match self.cells(members, names) {
            Ok(cells) => cells,
            Err(outcome) => return outcome,
        };
        let mut tally = Tally::new();
        for cell in cells {
            let all = match self.cell_goal(members, &cell) {
                Ok(all) => self.arena.and([all, what]),
                Err(reason) => {
                    tally.note(Outcome::Unclear(reason));
                    continue;
                }
            };
            let Some(value) = tally.note(self.goal(all)) else { continue };
            let name = match self.free_names(&cell, chosen, 1) {
                Ok(names) => names.into_iter().next(),
                Err(reason) => {
                    tally.note(Outcome::Unclear(reason));
                    continue;
                }
            };
            let Some(name) = name else { continue };
            let mut longer = chosen.to_vec();
            longer.push(Member { name, what: all, value });
            let outcome = self.place(members, longer, demand + 1);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        tally.outcome()
    }

    /// The demand is met by a member that is there for another one.
    fn place_beside(
        &mut self,
        members: &Members,
        chosen: &[Member],
        demand: usize,
        names: LanguageId,
        what: Id,
    ) -> Outcome {
        let mut tally = Tally::new();
        for at in 0..chosen.len() {
            match self.arena.languages.contains(names, &chosen[at].name) {
                Some(false) => continue,
                Some(true) => {}
                None => {
                    tally.note(Outcome::Unclear("names that are not known".into()));
                    continue;
                }
            }
            let all = self.arena.and([chosen[at].what, what]);
            let Some(value) = tally.note(self.goal(all)) else { continue };
            let mut joined = chosen.to_vec();
            joined[at] = Member { name: Rc::clone(&chosen[at].name), what: all, value };
            let outcome = self.place(members, joined, demand + 1);
            if let Some(found) = tally.note(outcome) {
                return Outcome::Found(found);
            }
        }
        tally.outcome()
    }

    fn cell_goal(&mut self, members: &Members, cell: &Cell) -> Result<Id, Rc<str>> {
        match cell {
            Cell::Name(name) => self.under_name(members, name),
            Cell::Names(_, parts) => Ok(self.arena.and(parts.iter().copied())),
        }
    }

    /// Names of a cell that are not taken.
    fn free_names(&self, cell: &Cell, chosen: &[Member], count: usize) -> Result<Vec<Rc<str>>, Rc<str>> {
        let is_free = |name: &str| chosen.iter().all(|member| &*member.name != name);
        match cell {
            Cell::Name(name) => Ok([name].into_iter().filter(|name| is_free(name)).cloned().collect()),
            Cell::Names(names, _) => {
                match self.arena.languages.sample(*names, count + chosen.len() + 1, 0, None) {
                    Sample::Strings(mut found) => {
                        // The empty name is a name, but not one that people like to read.
                        if found.len() > count && found.first().is_some_and(String::is_empty) {
                            found.rotate_left(1);
                        }
                        let free = found.into_iter().filter(|name| is_free(name)).take(count);
                        Ok(free.map(Rc::from).collect())
                    }
                    Sample::Unclear(reason) => Err(reason),
                }
            }
        }
    }

    /// Adds members until there are enough.
    fn fill(&mut self, members: &Members, mut chosen: Vec<Member>) -> Outcome {
        let mut tally = Tally::new();
        if (chosen.len() as u64) < members.least {
            if members.least > MEMBERS_MAX {
                return Outcome::Unclear("an object would need too many members".into());
            }
            let cells = match self.cells(members, LanguageId::ALL) {
                Ok(cells) => cells,
                Err(outcome) => return outcome,
            };
            for cell in cells {
                let missing = usize::try_from(members.least).unwrap_or(usize::MAX).saturating_sub(chosen.len());
                if missing == 0 {
                    break;
                }
                let what = match self.cell_goal(members, &cell) {
                    Ok(what) => what,
                    Err(reason) => {
                        tally.note(Outcome::Unclear(reason));
                        continue;
                    }
                };
                let Some(value) = tally.note(self.goal(what)) else { continue };
                match self.free_names(&cell, &chosen, missing) {
                    Ok(names) => {
                        chosen.extend(names.into_iter().map(|name| Member { name, what, value: Rc::clone(&value) }));
                    }
                    Err(reason) => {
                        tally.note(Outcome::Unclear(reason));
                    }
                }
            }
        }
        if (chosen.len() as u64) < members.least {
            return tally.outcome();
        }
        let made = chosen.into_iter().map(|member| (member.name.to_string(), member.value.as_ref().clone()));
        Outcome::Found(Rc::new(Value::Object(made.collect())))
    }
}
