//! The canonical forms of the jsonschema crate, as a second opinion where the search settles nothing.
//!
//! Experimental there and pinned: only its plain "yes" counts, everything else is no answer.

use jsonschema::canonical::Containment;
use serde_json::Value;

use super::measure::size;
use super::{OpenContent, Question};
use crate::contract::draft::Draft;
use crate::contract::language::is_plain;

/// The most values of a question: the forms are made without regard to the time.
const SIZE_MAX: usize = 2_000;

/// Whether the canonical forms show that `sub` is contained in `sup`.
pub(super) fn contains(question: &Question<'_>) -> bool {
    if question.open_content != OpenContent::Strict {
        return false;
    }
    let documents = || question.resources.iter().map(|(_, document)| document).chain([question.sub, question.sup]);
    let all_size: usize = documents().map(|document| size(document, SIZE_MAX)).sum();
    all_size <= SIZE_MAX
        && documents().all(|document| may_judge(document, question.formats))
        && covers(question) == Some(Containment::Yes)
}

/// Whether a schema is free of everything that the crate reads in a way of its own: what validators may assert or not,
/// patterns that its engine reads otherwise than ECMA-262, items that 2019-09 does not call evaluated, recursive
/// references past a resource without an anchor.
fn may_judge(value: &Value, formats: bool) -> bool {
    match value {
        Value::Object(members) => members.iter().all(|(name, value)| {
            let is_its_own = match name.as_str() {
                "contentEncoding" | "contentMediaType" | "unevaluatedItems" | "$recursiveRef" => true,
                "format" => formats,
                "pattern" => value.as_str().is_some_and(|pattern| !is_plain(pattern)),
                "patternProperties" => value.as_object().into_iter().flatten().any(|(pattern, _)| !is_plain(pattern)),
                _ => false,
            };
            !is_its_own && may_judge(value, formats)
        }),
        Value::Array(items) => items.iter().all(|item| may_judge(item, formats)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn covers(question: &Question<'_>) -> Option<Containment> {
    let draft = one_draft(question)?;
    let registry = question.resources.registry(draft).ok()?;
    let canonical = |schema: &Value| {
        jsonschema::canonical::options()
            .with_draft(draft.as_jsonschema())
            .should_validate_formats(question.formats)
            .with_registry(&registry)
            .offline()
            .canonicalize(schema)
            .ok()
    };
    canonical(question.sup)?.covers(&canonical(question.sub)?).ok()
}

/// The draft of both schemas, if it is one.
fn one_draft(question: &Question<'_>) -> Option<Draft> {
    let of = |schema: &Value| Draft::declared(schema).ok().map(|draft| draft.unwrap_or(question.draft));
    let (sub, sup) = (of(question.sub)?, of(question.sup)?);
    (sub == sup).then_some(sub)
}
