//! The checker: is every document that is valid under `sub` also valid under `sup`?

mod canonical;
mod effort;
mod hunt;
mod inquiry;
mod judges;
mod measure;
mod minimise;
mod patterns;

use serde_json::Value;

use self::effort::Efforts;
use self::hunt::Hunt;
pub(in crate::contract) use self::inquiry::{About, Inquired, Inquiry};
use self::judges::Judges;
use self::measure::is_deeper;
use self::minimise::minimise;
pub use crate::domain::compatibility::OpenContent;

use super::answer::{Answer, Witness};
use super::compile::{self, Obstacle, Reading};
use super::draft::Draft;
use super::formula::types::{Numbers, Types, type_of};
use super::formula::{Arena, Id};
use super::resources::Resources;
use super::solve::{Allowance, Outcome, Solver};

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

/// The deepest nesting of a schema's text.
const NESTING_MAX: usize = 128;
/// How many steps the search may take.
const STEPS_MAX: u64 = 2_000_000;

/// Why something is contained that was solved for.
const NOTHING_LEFT: &str = "no document is in the one and not in the other";

/// Answers a question. Never panics, never hangs: what can't be settled within the limits is unknown.
#[must_use]
pub fn compare(question: &Question<'_>, limits: &Limits<'_>) -> Answer {
    if [question.sub, question.sup].into_iter().any(|schema| is_deeper(schema, NESTING_MAX)) {
        return Answer::Unknown { reason: format!("a schema is nested deeper than {NESTING_MAX} levels") };
    }
    let mut arena = Arena::new();
    if question.sub == question.sup {
        return match compile::formula(&mut arena, question.sub, reading(question, limits)) {
            Err(obstacle) if obstacle.is_fault() => Answer::Unknown { reason: obstacle.to_string() },
            Ok(_) | Err(_) => Answer::Contained { reason: "both are the same schema".to_owned() },
        };
    }
    let mut hints = Vec::new();
    let difference = difference(&mut arena, question, limits, Numbers::AsWritten);
    let answer = match &difference {
        Ok(difference) => search(&mut arena, question, limits, difference, &mut hints),
        Err(obstacle) => Answer::Unknown { reason: obstacle.to_string() },
    };
    let Answer::Unknown { reason } = answer else { return answer };
    if (limits.is_over)() || difference.as_ref().is_err_and(Obstacle::is_fault) {
        return Answer::Unknown { reason };
    }
    if difference.as_ref().is_ok_and(|difference| difference.speaks_draft4) && is_none_by_value(question, limits) {
        return Answer::Contained { reason: NOTHING_LEFT.to_owned() };
    }
    // What takes too many trials on the plainest document takes as long to be read by those who have no deadline.
    if Efforts::new([question.sub, question.sup], question.draft, question.resources).are_too_much(&Value::Null) {
        return Answer::Unknown { reason };
    }
    let formula = |document: &Value| difference.as_ref().ok()?.says_of(&arena, document);
    if let Some(witness) = hunted(question, limits, &hints, &formula) {
        return Answer::NotContained { witness, reason: "found by trying documents".to_owned() };
    }
    // Whatever was found and not confirmed speaks against it, so nobody is asked to overrule it.
    if hints.is_empty() && !(limits.is_over)() && canonical::contains(question) {
        return Answer::Contained { reason: "the canonical forms of both show it".to_owned() };
    }
    Answer::Unknown { reason }
}

/// Looks for a witness by trying documents alone: no proof, but independent of how [`compare`] reasons. Finding none
/// means nothing.
#[must_use]
pub fn hunt(question: &Question<'_>, limits: &Limits<'_>) -> Option<Witness> {
    let mut arena = Arena::new();
    let reading = reading(question, limits);
    let mut starts = Vec::new();
    // Documents that the one accepts, to begin with.
    if let Ok(sub) = compile::formula(&mut arena, question.sub, reading) {
        let allowance = Allowance { steps: STEPS_MAX, is_over: limits.is_over };
        if let Outcome::Found(document) = Solver::new(&mut arena, allowance).goal(sub.formula) {
            starts.push(document.as_ref().clone());
        }
    }
    hunted(question, limits, &starts, &|_| None)
}

fn hunted(
    question: &Question<'_>,
    limits: &Limits<'_>,
    starts: &[Value],
    formula: &dyn Fn(&Value) -> Option<bool>,
) -> Option<Witness> {
    // Under an assumption about undeclared members a witness would have to keep to it, which validators can't judge.
    if question.open_content != OpenContent::Strict {
        return None;
    }
    let judges = Judges::new(question).ok()?;
    let efforts = Efforts::new([question.sub, question.sup], question.draft, question.resources);
    let is_witness = |document: &Value| !efforts.are_too_much(document) && judges.confirm(document, formula);
    let found = Hunt::new(&is_witness, [question.sub, question.sup], limits.is_over).around(starts)?;
    let witness = minimise(found, &|smaller| !(limits.is_over)() && is_witness(smaller));
    Some(Witness::confirmed(witness))
}

fn reading<'a>(question: &Question<'a>, limits: &Limits<'a>) -> Reading<'a> {
    Reading {
        draft: question.draft,
        formats: question.formats,
        open_content: question.open_content,
        numbers: Numbers::AsWritten,
        resources: question.resources,
        is_over: limits.is_over,
    }
}

/// What documents of `sub` that are not documents of `sup` must be.
struct Difference {
    formula: Id,
    reached: Resources,
    speaks_draft4: bool,
}

impl Difference {
    /// Whether the formula holds for a document, as far as that is known. Draft 4 leaves open whether 1.0 is an integer,
    /// so of documents that hold such numbers a "no" says nothing there.
    fn says_of(&self, arena: &Arena, document: &Value) -> Option<bool> {
        let said = arena.evaluate(self.formula, document);
        said.filter(|holds| *holds || !self.speaks_draft4 || !holds_pointed(document))
    }
}

/// Whether a whole number stands in a document that is written with a fraction part, or too large to tell.
fn holds_pointed(value: &Value) -> bool {
    match value {
        Value::Number(_) => type_of(value) == Types::POINTED,
        Value::Array(items) => items.iter().any(holds_pointed),
        Value::Object(members) => members.values().any(holds_pointed),
        Value::Null | Value::Bool(_) | Value::String(_) => false,
    }
}

/// Whether nothing is left where all lists of numbers are meant by value, which is how draft 4 has it: that they are
/// meant as they are written is only assumed to answer more.
fn is_none_by_value(question: &Question<'_>, limits: &Limits<'_>) -> bool {
    let mut arena = Arena::new();
    let Ok(difference) = difference(&mut arena, question, limits, Numbers::ByValue) else { return false };
    let allowance = Allowance { steps: STEPS_MAX, is_over: limits.is_over };
    matches!(Solver::new(&mut arena, allowance).goal(difference.formula), Outcome::None(_))
}

fn difference(
    arena: &mut Arena,
    question: &Question<'_>,
    limits: &Limits<'_>,
    numbers: Numbers,
) -> Result<Difference, Obstacle> {
    let reading = Reading { numbers, ..reading(question, limits) };
    let sub = compile::formula(arena, question.sub, reading)?;
    let accepting = Reading { open_content: OpenContent::Strict, numbers: Numbers::ByValue, ..reading };
    let sup = compile::formula(arena, question.sup, accepting)?;
    let not_sup = arena.not(sup.formula);
    let formula = arena.and([sub.formula, not_sup]);
    let mut reached = Resources::default();
    for address in sub.reached.iter().chain(&sup.reached) {
        if let Some(document) = question.resources.get(address) {
            reached.share(address, document);
        }
    }
    Ok(Difference { formula, reached, speaks_draft4: sub.speaks_draft4 || sup.speaks_draft4 })
}

/// Solves for the difference; leaves documents that were found and not confirmed in `hints`.
fn search(
    arena: &mut Arena,
    question: &Question<'_>,
    limits: &Limits<'_>,
    difference: &Difference,
    hints: &mut Vec<Value>,
) -> Answer {
    let allowance = || Allowance { steps: STEPS_MAX, is_over: limits.is_over };
    // Only draft 4 tells 1.0 from 1.
    let mut outcome = Solver::new(arena, allowance()).without(Types::POINTED).goal(difference.formula);
    let hangs_on_points = matches!(outcome, Outcome::None(_)) && difference.speaks_draft4;
    if hangs_on_points {
        outcome = Solver::new(arena, allowance()).goal(difference.formula);
    }
    match outcome {
        Outcome::None(_) => Answer::Contained { reason: NOTHING_LEFT.to_owned() },
        Outcome::Unclear(reason) => Answer::Unknown { reason: reason.to_string() },
        Outcome::Found(document) => {
            let document = document.as_ref();
            let reason = match confirmed(arena, question, limits, difference, document) {
                Ok(answer) => return answer,
                Err(_) if hangs_on_points => {
                    format!("it hangs on whether {document} holds an integer, which draft 4 leaves open")
                }
                Err(reason) => reason,
            };
            hints.push(document.clone());
            Answer::Unknown { reason }
        }
    }
}

fn confirmed(
    arena: &Arena,
    question: &Question<'_>,
    limits: &Limits<'_>,
    difference: &Difference,
    document: &Value,
) -> Result<Answer, String> {
    let question = Question { resources: &difference.reached, ..*question };
    if Efforts::new([question.sub, question.sup], question.draft, question.resources).are_too_much(document) {
        return Err("the validators would take too long to confirm the document found".to_owned());
    }
    let judges = Judges::new(&question).map_err(|error| format!("a validator refuses a schema: {error}"))?;
    let formula = |document: &Value| difference.says_of(arena, document);
    if !judges.confirm(document, &formula) {
        return Err(format!("the validators do not confirm the document found: {document}"));
    }
    // A smaller document has to keep to the assumption about undeclared members too.
    let is_witness = |smaller: &Value| {
        !(limits.is_over)()
            && (question.open_content == OpenContent::Strict || formula(smaller) == Some(true))
            && judges.confirm(smaller, &formula)
    };
    Ok(Answer::NotContained {
        witness: Witness::confirmed(minimise(document.clone(), &is_witness)),
        reason: "found by solving for the difference".to_owned(),
    })
}
