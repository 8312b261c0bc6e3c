//! What the literals of an array say, by positions.

use super::Solver;
use crate::contract::formula::{Id, Literal, Node, Span};

/// What the literals of an array say.
pub(super) struct Positions {
    /// What items at these positions must be.
    pub(super) every: Vec<(Span, Id)>,
    /// There must be an item at one of these positions that is so.
    pub(super) some: Vec<(Span, Id)>,
    /// At least so many items must be so.
    pub(super) at_least: Vec<(Id, u64)>,
    /// At most so many items may be so.
    pub(super) at_most: Vec<(Id, u64)>,
    /// How many items there are at least.
    pub(super) least: u64,
    /// How many at most.
    pub(super) most: u64,
    /// Whether all items differ.
    pub(super) unique: bool,
    /// Whether two items are equal.
    pub(super) not_unique: bool,
}

impl Positions {
    /// From this position on, all positions are alike.
    pub(super) fn alike_from(&self) -> u64 {
        let spans = self.every.iter().chain(&self.some).map(|(span, _)| *span);
        spans.map(|span| span.to.unwrap_or(span.from)).max().unwrap_or(0)
    }

    /// How many items could be needed beyond the positions that differ: any more could be left out.
    pub(super) fn needs(&self) -> u64 {
        let counted = self.at_least.iter().map(|(_, count)| *count).fold(0, u64::saturating_add);
        (self.some.len() as u64).saturating_add(counted).saturating_add(if self.not_unique { 2 } else { 0 })
    }

    /// No shorter array can do.
    pub(super) fn shortest(&self) -> u64 {
        let some = self.some.iter().map(|(span, _)| span.from.saturating_add(1));
        let counted = self.at_least.iter().map(|(_, count)| *count);
        let pair = if self.not_unique { 2 } else { 0 };
        some.chain(counted).chain([self.least, pair]).max().unwrap_or(0)
    }
}

impl Solver<'_, '_> {
    /// Reads the literals of an array.
    pub(super) fn positions(&self, literals: &[Id]) -> Positions {
        let mut positions = Positions {
            every: Vec::new(),
            some: Vec::new(),
            at_least: Vec::new(),
            at_most: Vec::new(),
            least: 0,
            most: u64::MAX,
            unique: false,
            not_unique: false,
        };
        for id in literals {
            let Node::When(literal) = self.arena.node(*id) else { continue };
            match literal {
                Literal::Items(span, what) => positions.every.push((*span, *what)),
                Literal::SomeItem(span, what) => positions.some.push((*span, *what)),
                Literal::AtLeast(what, count) => positions.at_least.push((*what, *count)),
                Literal::AtMost(what, count) => positions.at_most.push((*what, *count)),
                Literal::MinItems(bound) => positions.least = positions.least.max(*bound),
                Literal::MaxItems(bound) => positions.most = positions.most.min(*bound),
                Literal::Unique => positions.unique = true,
                Literal::NotUnique => positions.not_unique = true,
                _ => {}
            }
        }
        positions
    }

    /// What the item at a position must be.
    pub(super) fn at_position(&mut self, positions: &Positions, position: u64) -> Id {
        let every: Vec<Id> =
            positions.every.iter().filter(|(span, _)| span.contains(position)).map(|(_, what)| *what).collect();
        self.arena.and(every)
    }
}
