//! The canonical forms of the jsonschema crate, as a second opinion where the search settles nothing.
//!
//! Experimental there and pinned: only its plain "yes" counts, everything else is no answer.

use jsonschema::canonical::Containment;
use serde_json::Value;

use super::{OpenContent, Question};
use crate::contract::draft::Draft;

/// Whether the canonical forms show that `sub` is contained in `sup`.
pub(super) fn contains(question: &Question<'_>) -> bool {
    if question.open_content != OpenContent::Strict {
        return false;
    }
    covers(question) == Some(Containment::Yes)
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
