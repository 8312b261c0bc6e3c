//! Questions about the parts of one schema, which is read once for all of them.

use serde_json::Value;

use super::{Limits, STEPS_MAX};
use crate::contract::compile::{self, Reading};
use crate::contract::draft::Draft;
use crate::contract::formula::types::Numbers;
use crate::contract::formula::{Arena, Id};
use crate::contract::resources::Resources;
use crate::contract::solve::{Allowance, Solver};
use crate::domain::compatibility::OpenContent;

/// A schema to ask about.
pub(in crate::contract) struct Inquired<'a> {
    /// The schema.
    pub(in crate::contract) schema: &'a Value,
    /// What it is read as if it has no `$schema`.
    pub(in crate::contract) draft: Draft,
    /// Whether `format` is asserted.
    pub(in crate::contract) formats: bool,
    /// What references may reach.
    pub(in crate::contract) resources: &'a Resources,
}

/// The parts of a schema, in the order in which they were asked for.
pub(in crate::contract) struct Inquiry {
    arena: Arena,
    parts: Vec<Option<Id>>,
}

/// What documents a question is about, by the numbers of parts: all that these say at once.
#[derive(Clone, Copy, Debug)]
pub(in crate::contract) struct About<'a> {
    /// Valid under all of these.
    pub(in crate::contract) under: &'a [usize],
    /// Under none of these.
    pub(in crate::contract) not_under: &'a [usize],
}

impl Inquiry {
    /// Reads the parts that pointers lead to, each as it is meant where it stands, or another schema in the place of one.
    pub(in crate::contract) fn new<'a>(
        inquired: &Inquired<'a>,
        wanted: &[(&str, Option<&'a Value>)],
        limits: &Limits<'a>,
    ) -> Option<Self> {
        let reading = Reading {
            draft: inquired.draft,
            formats: inquired.formats,
            open_content: OpenContent::Strict,
            numbers: Numbers::ByValue,
            resources: inquired.resources,
            is_over: limits.is_over,
        };
        let mut arena = Arena::new();
        let parts = compile::parts(&mut arena, inquired.schema, reading, wanted).ok()?;
        Some(Self { arena, parts })
    }

    /// Whether a document is valid under a part; `None` where that is not known.
    pub(in crate::contract) fn holds(&self, part: usize, document: &Value) -> Option<bool> {
        self.arena.evaluate(self.parts[part]?, document)
    }

    /// For each question, whether there is certainly no such document. What one question finds out serves the next.
    pub(in crate::contract) fn ask<'s, 'l>(&'s mut self, limits: &Limits<'l>) -> Asker<'s, 'l> {
        let allowance = Allowance { steps: STEPS_MAX, is_over: limits.is_over };
        Asker { parts: &self.parts, solver: Solver::new(&mut self.arena, allowance) }
    }
}

/// Asks one question after the other.
pub(in crate::contract) struct Asker<'a, 'l> {
    parts: &'a [Option<Id>],
    solver: Solver<'a, 'l>,
}

impl Asker<'_, '_> {
    /// Whether there is certainly no such document.
    pub(in crate::contract) fn is_none(&mut self, about: About<'_>) -> bool {
        let ids = |parts: &[usize]| parts.iter().map(|part| self.parts[*part]).collect::<Option<Vec<Id>>>();
        let (Some(under), Some(not_under)) = (ids(about.under), ids(about.not_under)) else { return false };
        self.solver.is_none(&under, &not_under)
    }
}
