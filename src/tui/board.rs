//! The board's columns: which are shown, what is chosen, what is read.

use std::collections::BTreeSet;

use super::layout::first_shown;
use super::model::{Board, Card, Column, Part};
use crate::domain::id::RequestId;
use crate::domain::workflow::Workflow;
use crate::index::project::{DAMAGED, DIVERGED};

impl Board {
    /// The columns that are shown, by their places: the main ones, and those in which something is.
    pub fn shown(&self) -> impl Iterator<Item = usize> + '_ {
        let is_shown = |column: &Column| column.is_main || column.matched > 0 || !column.cards.is_empty();
        self.columns.iter().enumerate().filter(move |(_, column)| is_shown(column)).map(|(at, _)| at)
    }

    /// Chooses the column to the left.
    pub(super) fn go_left(&mut self) {
        let left = self.shown().filter(|other| *other < self.at).last();
        self.at = left.unwrap_or(self.at);
    }

    /// Chooses the column to the right.
    pub(super) fn go_right(&mut self) {
        let right = self.shown().find(|other| *other > self.at);
        self.at = right.unwrap_or(self.at);
    }

    /// Chooses what is there, and scrolls to it.
    pub(super) fn settle(&mut self, room: usize, rows: usize) {
        let shown: Vec<usize> = self.shown().collect();
        let after = shown.iter().position(|place| *place >= self.at).unwrap_or(shown.len().saturating_sub(1));
        self.at = shown.get(after).copied().unwrap_or(0);
        self.first = first_shown(self.first, after, room, shown.len());
        for column in &mut self.columns {
            column.at = column.at.min(column.cards.len().saturating_sub(1));
            column.first = first_shown(column.first, column.at, rows, column.cards.len());
        }
    }
}

impl Column {
    /// Whether it is asked for by its state; what is damaged comes with the others.
    pub(super) fn is_read(&self) -> bool {
        self.state != DAMAGED
    }

    /// Forgets what was read.
    pub(super) fn forget(&mut self) {
        *self = Self { cards: Vec::new(), matched: 0, next: None, at: 0, first: 0, ..self.clone() };
    }

    /// Takes what was read. The chosen request stays the chosen one, wherever it stands now.
    pub(super) fn take(&mut self, cards: Vec<Card>, part: Part) {
        let chosen = self.cards.get(self.at).map(|card| card.id);
        match part {
            Part::Whole => self.cards = cards,
            Part::More => {
                let known: BTreeSet<RequestId> = self.cards.iter().map(|card| card.id).collect();
                self.cards.extend(cards.into_iter().filter(|card| !known.contains(&card.id)));
            }
        }
        let place = chosen.and_then(|id| self.cards.iter().position(|card| card.id == id));
        self.at = place.unwrap_or(self.at);
    }
}

/// The columns of a board, by a workflow's states: what needs somebody's hand first, then the states in their order.
#[must_use]
pub fn columns(workflow: &Workflow) -> Vec<Column> {
    let mut main = vec![workflow.initial().clone()];
    while let Some(next) = main.last().and_then(|last| workflow.state(last)?.next.clone()).filter(|n| !main.contains(n))
    {
        main.push(next);
    }
    let column = |state: &str, is_main, is_final| Column {
        state: state.to_owned(),
        is_main,
        is_final,
        cards: Vec::new(),
        matched: 0,
        next: None,
        at: 0,
        first: 0,
    };
    let states =
        workflow.states().iter().map(|state| column(state.name.as_str(), main.contains(&state.name), state.is_final));
    [column(DAMAGED, false, false), column(DIVERGED, false, false)].into_iter().chain(states).collect()
}
