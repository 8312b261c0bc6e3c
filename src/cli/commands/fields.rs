//! Answers of which only some members were asked for: `--fields`.

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::safe;
use crate::app::near::nearest;

/// Members that can be asked for of `show`.
pub(super) const OF_SHOW: [&str; 25] = [
    "id",
    "version",
    "state",
    "sides",
    "aliases",
    "namesakes",
    "duplicate_of",
    "distinct",
    "key_conflicts",
    "not_counted",
    "claim",
    "since",
    "last",
    "heads",
    "packet_hash",
    "occurred_at",
    "packet",
    "details",
    "parts",
    "evidence",
    "notes",
    "approvals",
    "dependencies",
    "open",
    "expected",
];

/// Members that can be asked for of an event.
pub(super) const OF_EVENT: [&str; 14] =
    ["format", "stream", "n", "at", "tick", "writer", "by", "type", "from", "to", "key", "data", "parents", "hash"];

/// Members that can be asked for of figures.
pub(super) const OF_STATS: [&str; 12] =
    ["at", "requests", "states", "types", "from", "to", "actors", "lead", "cycle", "weeks", "ages", "damaged"];

/// Members that can be asked for of a contract.
pub(super) const OF_CONTRACT: [&str; 9] =
    ["contract", "mode", "formats", "owner", "newest", "versions", "consumers", "waivers", "conflicts"];

/// Members that can be asked for of a request that a search found.
pub(super) const OF_HIT: [&str; 25] = [
    "id",
    "state",
    "version",
    "heads",
    "title",
    "from",
    "to",
    "type",
    "priority",
    "labels",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "due",
    "depends_on",
    "parent",
    "key",
    "duplicate_of",
    "parts",
    "sides",
    "claim",
    "key_conflicts",
    "distinct",
    "excerpts",
];

/// Refuses members that there are not.
pub(super) fn known(fields: &[String], known: &[&str]) -> Result<(), Failure> {
    let Some(unknown) = fields.iter().find(|field| !known.contains(&field.as_str())) else { return Ok(()) };
    let failure = Failure::usage(format!("there is no field {unknown:?}, only {}", known.join(", ")));
    Err(match nearest(unknown, known.iter().copied()) {
        Some(near) => failure.hint(format!("did you mean {near}?")),
        None => failure,
    })
}

/// What was asked for of an answer.
pub(super) fn chosen(view: &impl Serialize, fields: &[String]) -> Result<Map<String, Value>, Failure> {
    let bug = |e: serde_json::Error| Failure::new(Exit::Failure, "bug", e);
    // By way of its text: the bytes of an event are in no other form.
    let text = serde_json::to_string(view).map_err(bug)?;
    let mut members: Map<String, Value> = serde_json::from_str(&text).map_err(bug)?;
    members.retain(|name, _| fields.iter().any(|field| field == name));
    Ok(members)
}

/// The members in the order in which they were asked for, for people: a line each, what is missing left out.
pub(super) fn lines(members: &Map<String, Value>, fields: &[String]) -> String {
    let width = fields.iter().map(String::len).max().unwrap_or_default();
    let told = fields.iter().filter_map(|field| Some((field, members.get(field)?)));
    told.map(|(field, value)| format!("{field:<width$}  {}\n", cell(value))).collect()
}

/// The same in one line: the values alone, `-` for what is missing.
pub(super) fn line(members: &Map<String, Value>, fields: &[String]) -> String {
    let values: Vec<String> =
        fields.iter().map(|field| members.get(field).map_or_else(|| "-".to_owned(), cell)).collect();
    format!("{}\n", values.join("  "))
}

fn cell(value: &Value) -> String {
    match value {
        Value::String(text) => safe::line(text).into_owned(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_) => {
            safe::line(&value.to_string()).into_owned()
        }
    }
}
