//! Names of members, sorted into cells: all names of a cell are under the same demands.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::{Outcome, Solver};
use crate::contract::formula::{Id, Literal, Node};
use crate::contract::language::LanguageId;

/// The most cells that the unnamed members are sorted into.
const CELLS_MAX: usize = 256;

/// What the literals of an object say, by names.
pub(super) struct Members {
    /// What members with these very names must be.
    named: BTreeMap<Rc<str>, Vec<Id>>,
    /// What members with names of these languages must be; no finite ones.
    broad: Vec<(LanguageId, Id)>,
    /// There must be a member with this very name, and it must be all of these.
    pub(super) required: BTreeMap<Rc<str>, Vec<Id>>,
    /// There must be a member with a name of this language that is so.
    pub(super) demands: Vec<(LanguageId, Id)>,
    /// How many members there are at least.
    pub(super) least: u64,
    /// How many at most.
    pub(super) most: u64,
}

/// Names that are all alike.
pub(super) enum Cell {
    /// One name.
    Name(Rc<str>),
    /// All names of a language, each of which is under these demands.
    Names(LanguageId, Vec<Id>),
}

impl Solver<'_, '_> {
    /// Reads the literals of an object.
    pub(super) fn members(&self, literals: &[Id]) -> Members {
        let mut members = Members {
            named: BTreeMap::new(),
            broad: Vec::new(),
            required: BTreeMap::new(),
            demands: Vec::new(),
            least: 0,
            most: u64::MAX,
        };
        for id in literals {
            let Node::When(literal) = self.arena.node(*id) else { continue };
            match literal {
                Literal::MinMembers(bound) => members.least = members.least.max(*bound),
                Literal::MaxMembers(bound) => members.most = members.most.min(*bound),
                Literal::Members(names, what) => match self.arena.languages.finite_set(*names) {
                    Some(set) => {
                        for name in set.iter() {
                            members.named.entry(Rc::clone(name)).or_default().push(*what);
                        }
                    }
                    None => members.broad.push((*names, *what)),
                },
                Literal::SomeMember(names, what) => match self.arena.languages.finite_set(*names) {
                    Some(set) if set.len() == 1 => {
                        for name in set.iter() {
                            members.required.entry(Rc::clone(name)).or_default().push(*what);
                        }
                    }
                    _ => members.demands.push((*names, *what)),
                },
                _ => {}
            }
        }
        members
    }

    /// What a member of this name must be.
    pub(super) fn under_name(&mut self, members: &Members, name: &str) -> Result<Id, Rc<str>> {
        let mut parts: Vec<Id> = members.named.get(name).cloned().unwrap_or_default();
        for (names, what) in &members.broad {
            match self.arena.languages.contains(*names, name) {
                Some(true) => parts.push(*what),
                Some(false) => {}
                None => return Err(self.reason(*names)),
            }
        }
        Ok(self.arena.and(parts))
    }

    fn reason(&self, names: LanguageId) -> Rc<str> {
        self.arena.languages.opaque(names).cloned().unwrap_or_else(|| "names that are not known".into())
    }

    /// The names that anything speaks of by themselves.
    fn mentioned(&self, members: &Members) -> BTreeSet<Rc<str>> {
        let languages = members.broad.iter().chain(&members.demands).map(|(names, _)| *names);
        let sets = languages.filter_map(|names| {
            self.arena.languages.excluded(names).or_else(|| self.arena.languages.finite_set(names))
        });
        let named = members.named.keys().chain(members.required.keys());
        named.cloned().chain(sets.flat_map(|set| set.iter().cloned())).collect()
    }

    /// The cells of a language: first those of names that nothing mentions, then each name that is.
    pub(super) fn cells(&mut self, members: &Members, names: LanguageId) -> Result<Vec<Cell>, Outcome> {
        if let Some(set) = self.arena.languages.finite_set(names) {
            return Ok(set.iter().map(|name| Cell::Name(Rc::clone(name))).collect());
        }
        let mentioned = self.mentioned(members);
        let apart = self.arena.languages.finite(mentioned.iter().map(AsRef::as_ref));
        let rest = self.arena.languages.meet(names, apart.complement());
        let mut cells = vec![(rest, Vec::new())];
        let dividers: Vec<(LanguageId, Option<Id>)> = (members.broad.iter().map(|(names, what)| (*names, Some(*what))))
            .chain(members.demands.iter().map(|(names, _)| (*names, None)))
            .collect();
        for (divider, what) in dividers {
            let mut divided = Vec::with_capacity(cells.len());
            for (cell, parts) in cells {
                if let Some(spent) = self.step().or_else(|| self.look()) {
                    return Err(spent);
                }
                let inside = self.arena.languages.meet(cell, divider);
                let outside = self.arena.languages.meet(cell, divider.complement());
                let mut within: Vec<Id> = parts.clone();
                within.extend(what);
                divided.extend(
                    [(inside, within), (outside, parts)].into_iter().filter(|(names, _)| *names != LanguageId::NONE),
                );
            }
            cells = divided;
            if cells.len() > CELLS_MAX {
                return Err(Outcome::Unclear("names fall into too many cells".into()));
            }
        }
        let mut all: Vec<Cell> = cells.into_iter().map(|(names, parts)| Cell::Names(names, parts)).collect();
        for name in mentioned {
            match self.arena.languages.contains(names, &name) {
                Some(true) => all.push(Cell::Name(name)),
                Some(false) => {}
                None => return Err(Outcome::Unclear(self.reason(names))),
            }
        }
        Ok(all)
    }
}
