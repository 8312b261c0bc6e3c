//! The checker: is every document that is valid under `sub` also valid under `sup`?

use serde_json::Value;

use super::answer::Answer;
use super::draft::Draft;
use super::resources::Resources;

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

/// Answers a question. Never panics, never hangs: what can't be settled within the limits is unknown.
#[must_use]
pub fn compare(question: &Question<'_>, limits: &Limits<'_>) -> Answer {
    if (limits.is_over)() {
        return Answer::Unknown { reason: "the time ran out".to_owned() };
    }
    let canonical = |schema: &Value| {
        jsonschema::canonical::options()
            .with_draft(question.draft.as_jsonschema())
            .should_validate_formats(question.formats)
            .canonicalize(schema)
    };
    match (canonical(question.sub), canonical(question.sup)) {
        (Ok(sub), Ok(sup)) => match sup.covers(&sub) {
            Ok(jsonschema::canonical::Containment::Yes) => {
                Answer::Contained { reason: "by the canonical forms".to_owned() }
            }
            Ok(_) => Answer::Unknown { reason: "the canonical forms do not tell".to_owned() },
            Err(error) => Answer::Unknown { reason: error.to_string() },
        },
        (Err(error), _) | (_, Err(error)) => Answer::Unknown { reason: error.to_string() },
    }
}
