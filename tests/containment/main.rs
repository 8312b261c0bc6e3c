//! The checker of containment: plain cases of our own, laws over generated schemas, third-party questions.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "questions are bounded in time, and skipped visibly"
)]

mod assumption;
mod bounds;
mod cases;
mod generate;
mod laws;
mod questions;
mod traps;

use std::time::{Duration, Instant};

use coordination_ledger::contract::{Answer, Draft, Limits, OpenContent, Question, Resources, compare};
use serde_json::Value;

/// How long one question may take here; debug builds are slow.
const PATIENCE: Duration = Duration::from_secs(60);

fn ask(draft: Draft, sub: &Value, sup: &Value) -> Answer {
    ask_under(draft, OpenContent::Strict, sub, sup)
}

fn ask_under(draft: Draft, open_content: OpenContent, sub: &Value, sup: &Value) -> Answer {
    let resources = Resources::default();
    let question = Question { sub, sup, draft, formats: false, open_content, resources: &resources };
    ask_within(&question, PATIENCE)
}

fn ask_within(question: &Question<'_>, patience: Duration) -> Answer {
    let begun = Instant::now();
    compare(question, &Limits { is_over: &|| begun.elapsed() > patience })
}

fn is_valid(draft: Draft, schema: &Value, document: &Value) -> bool {
    let options = jsonschema::options().with_draft(draft.as_jsonschema()).should_validate_formats(false);
    options.offline().build(schema).unwrap().is_valid(document)
}
