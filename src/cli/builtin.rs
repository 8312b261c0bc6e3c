//! The JSON Schemas that are built into the program, as they stand in `schemas/ledger/`.

/// A schema: its name, as `ledger schema` takes it, and its text.
pub type Schema = (&'static str, &'static str);

/// The schemas of the ledger's own formats.
pub const FORMATS: [Schema; 6] = [
    ("packet", include_str!("../../schemas/ledger/packet.schema.json")),
    ("request", include_str!("../../schemas/ledger/request.schema.json")),
    ("event", include_str!("../../schemas/ledger/event.schema.json")),
    ("index", include_str!("../../schemas/ledger/index.schema.json")),
    ("workflow", include_str!("../../schemas/ledger/workflow.schema.json")),
    ("ledger", include_str!("../../schemas/ledger/ledger.schema.json")),
];

/// The schemas of the request types' details.
pub const TYPES: [Schema; 4] = [
    ("types/bug", include_str!("../../schemas/ledger/types/bug.schema.json")),
    ("types/feature", include_str!("../../schemas/ledger/types/feature.schema.json")),
    ("types/incident", include_str!("../../schemas/ledger/types/incident.schema.json")),
    ("types/contract-change", include_str!("../../schemas/ledger/types/contract-change.schema.json")),
];

/// The text of a built-in schema.
#[must_use]
pub fn schema(name: &str) -> Option<&'static str> {
    FORMATS.iter().chain(&TYPES).find(|(known, _)| *known == name).map(|(_, text)| *text)
}
