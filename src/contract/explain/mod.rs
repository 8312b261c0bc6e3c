//! What changed between two schemas, change by change, and whom each change breaks.
//!
//! A walk through both schemas side by side proposes changes. What a change breaks is never guessed: the old schema is
//! edited so that it has this change only, and the checker is asked about the two. So a witness of a change is a whole
//! document. Breaks that only several changes make together are reported as a [`Rule::Combination`].
//!
//! This room knows nothing of versions, consumers or modes: it looks at two schemas, both ways.

mod arrays;
mod branches;
mod draft;
mod edit;
mod entries;
pub mod examples;
mod judge;
mod objects;
mod rule;
mod values;
mod walk;

use serde_json::Value;

pub use self::rule::{Rule, Severity};
use super::answer::{Answer, Witness};
use super::containment::Question;
use super::draft::Draft;
use super::gate::Direction;
use super::pointer::shortened;
use super::resources::Resources;
use crate::domain::compatibility::OpenContent;

/// Both directions in which a change may break something.
pub const DIRECTIONS: [Direction; 2] = [Direction::Backward, Direction::Forward];
/// How many changes are looked into where the caller has no opinion.
pub const CHANGES_MAX: usize = 200;

/// Two schemas to explain.
#[derive(Clone, Copy, Debug)]
pub struct Pair<'a> {
    /// The one before.
    pub old: &'a Value,
    /// The one after.
    pub new: &'a Value,
    /// What a schema without `$schema` is read as.
    pub draft: Draft,
    /// Whether `format` is asserted.
    pub formats: bool,
    /// What references may reach.
    pub resources: &'a Resources,
}

/// How far an explanation goes.
pub struct Bounds<'a> {
    /// Whether the time is up; asked before each question.
    pub is_over: &'a dyn Fn() -> bool,
    /// How many changes are looked into; annotations count too.
    pub changes_max: usize,
}

/// One side of a change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// Where it stands in its schema.
    pub pointer: String,
    /// What stands there, as JSON text, cut short where it is long.
    pub value: String,
}

impl Side {
    fn new(pointer: String, value: &Value) -> Self {
        Self { pointer, value: shortened(value) }
    }
}

/// What is known of a containment, without how.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// Nothing breaks.
    Keeps,
    /// This document breaks.
    Breaks(Witness),
    /// Nobody knows, for this reason.
    Undecided(String),
}

impl Verdict {
    /// The document that breaks.
    #[must_use]
    pub fn witness(&self) -> Option<&Witness> {
        match self {
            Self::Breaks(witness) => Some(witness),
            Self::Keeps | Self::Undecided(_) => None,
        }
    }

    /// Whether it is known that something breaks.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.witness().is_some()
    }
}

impl From<Answer> for Verdict {
    fn from(answer: Answer) -> Self {
        match answer {
            Answer::Contained { .. } => Self::Keeps,
            Answer::NotContained { witness, .. } => Self::Breaks(witness),
            Answer::Unknown { reason } => Self::Undecided(reason),
        }
    }
}

/// What happens in one direction.
#[derive(Clone, PartialEq, Debug)]
pub struct Effect {
    /// Whatever documents carry.
    pub strict: Verdict,
    /// If producers send only what they declare.
    pub declared: Verdict,
    /// How much it matters, with the other changes in view.
    pub severity: Severity,
}

impl Effect {
    /// What happens under an assumption.
    #[must_use]
    pub fn under(&self, assumption: OpenContent) -> &Verdict {
        match assumption {
            OpenContent::Strict => &self.strict,
            OpenContent::Declared => &self.declared,
        }
    }

    /// How much it matters under an assumption: where nothing is assumed, what breaks by undeclared members breaks.
    #[must_use]
    pub fn severity_under(&self, assumption: OpenContent) -> Severity {
        let breaks = assumption == OpenContent::Strict && self.strict.breaks();
        if breaks && self.severity > Severity::Note { Severity::Error } else { self.severity }
    }

    /// Whether something breaks, under either assumption.
    #[must_use]
    pub fn breaks(&self) -> bool {
        self.strict.breaks() || self.declared.breaks()
    }
}

/// One change.
#[derive(Clone, PartialEq, Debug)]
pub struct Change {
    /// What kind of change it is.
    pub rule: Rule,
    /// The keyword that it is about; empty for a combination.
    pub keyword: String,
    /// Where and what it was; `None` if it was not there.
    pub old: Option<Side>,
    /// Where and what it is; `None` if it is no longer there.
    pub new: Option<Side>,
    /// What the change alone does to old documents under new readers.
    pub backward: Effect,
    /// What the change alone does to new documents under old readers.
    pub forward: Effect,
}

impl Change {
    /// What the change alone does in a direction.
    #[must_use]
    pub fn effect(&self, direction: Direction) -> &Effect {
        match direction {
            Direction::Backward => &self.backward,
            Direction::Forward => &self.forward,
        }
    }

    /// The pointer to show: where it stands in the new schema, or stood in the old one.
    #[must_use]
    pub fn pointer(&self) -> &str {
        self.new.as_ref().or(self.old.as_ref()).map_or("", |side| side.pointer.as_str())
    }
}

/// All changes between two schemas.
#[derive(Clone, PartialEq, Debug)]
pub struct Explanation {
    /// The changes, by pointer and rule.
    pub changes: Vec<Change>,
    /// How many more were seen and not looked into.
    pub omitted: usize,
    /// Whether parts of the schemas were not even walked through.
    pub is_cut: bool,
    /// What both schemas as a whole do to old documents under new readers.
    pub backward: Effect,
    /// What both schemas as a whole do to new documents under old readers.
    pub forward: Effect,
}

impl Explanation {
    /// What both schemas as a whole do in a direction.
    #[must_use]
    pub fn effect(&self, direction: Direction) -> &Effect {
        match direction {
            Direction::Backward => &self.backward,
            Direction::Forward => &self.forward,
        }
    }
}

/// Asks whether one schema is contained in another; [`super::compare`] under limits, mostly.
pub type Compare<'a> = dyn Fn(&Question<'_>) -> Answer + 'a;

/// Explains a pair. Never panics; what can't be settled is undecided, what is too much is counted.
#[must_use]
pub fn explain(pair: &Pair<'_>, compare: &Compare<'_>, bounds: &Bounds<'_>) -> Explanation {
    judge::explain(pair, compare, bounds)
}

#[cfg(test)]
mod tests;
