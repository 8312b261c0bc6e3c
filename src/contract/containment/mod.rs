//! The checker: is every document that is valid under `sub` also valid under `sup`?

mod judges;
mod minimise;

use serde_json::Value;

use self::judges::Judges;
use self::minimise::minimise;
use super::answer::{Answer, Witness};
use super::compile::{self, Obstacle, Reading};
use super::draft::Draft;
use super::formula::Arena;
use super::resources::Resources;
use super::solve::{Allowance, Outcome, Solver};

/// What is assumed of members that a schema does not declare.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum OpenContent {
    /// Nothing: a document may carry any member that its schema does not forbid. The exact question.
    Strict,
    /// Producers send only members that their schema declares, wherever it declares any.
    #[default]
    Declared,
}

impl OpenContent {
    /// The name in files and in output.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Declared => "declared",
        }
    }
}

/// One question.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The schema whose documents are asked about.
    pub sub: &'a Value,
    /// The schema that must accept them.
    pub sup: &'a Value,
    /// What a schema without `$schema` is read as.
    pub draft: Draft,
    /// Whether `format` is asserted.
    pub formats: bool,
    /// What is assumed of the documents of `sub`.
    pub open_content: OpenContent,
    /// What references may reach.
    pub resources: &'a Resources,
}

/// How long an answer may take.
pub struct Limits<'a> {
    /// Whether the time is up; asked now and then.
    pub is_over: &'a dyn Fn() -> bool,
}

/// How many steps the search may take.
const STEPS_MAX: u64 = 2_000_000;

/// Answers a question. Never panics, never hangs: what can't be settled within the limits is unknown.
#[must_use]
pub fn compare(question: &Question<'_>, limits: &Limits<'_>) -> Answer {
    let unknown = |reason: String| Answer::Unknown { reason };
    match search(question, limits) {
        Ok(Outcome::None(_)) => {
            Answer::Contained { reason: "no document is in the one and not in the other".to_owned() }
        }
        Ok(Outcome::Found(document)) => match Judges::new(question) {
            Ok(judges) if judges.confirm(&document) => Answer::NotContained {
                witness: Witness::confirmed(minimise(document.as_ref().clone(), &|smaller| judges.confirm(smaller))),
                reason: "found by solving for the difference".to_owned(),
            },
            Ok(_) => unknown(format!("the validators do not confirm the document found: {document}")),
            Err(error) => unknown(format!("a validator refuses a schema: {error}")),
        },
        Ok(Outcome::Unclear(reason)) => unknown(reason.to_string()),
        Err(obstacle) => unknown(obstacle.to_string()),
    }
}

fn search(question: &Question<'_>, limits: &Limits<'_>) -> Result<Outcome, Obstacle> {
    let mut arena = Arena::new();
    let reading = Reading {
        draft: question.draft,
        formats: question.formats,
        open_content: question.open_content,
        resources: question.resources,
    };
    let sub = compile::formula(&mut arena, question.sub, reading)?;
    let sup = compile::formula(&mut arena, question.sup, Reading { open_content: OpenContent::Strict, ..reading })?;
    let not_sup = arena.not(sup);
    let difference = arena.and([sub, not_sup]);
    let allowance = Allowance { steps: STEPS_MAX, is_over: limits.is_over };
    Ok(Solver::new(&mut arena, allowance).goal(difference))
}
