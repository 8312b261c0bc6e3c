//! The formats: for each its schema, the code that reads it, and a document that uses every member.

use coordination_ledger::domain::event::{DOMAIN_TAG, Event};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::json;
use coordination_ledger::domain::packet::{Draft, Packet};
use coordination_ledger::domain::settings::Settings;
use coordination_ledger::domain::workflow::{DEFAULT_TEXT, Workflow};
use jsonschema::{PatternOptions, Validator};
use serde_json::{Map, Value};

pub fn schema(name: &str) -> Value {
    let path = format!("{}/schemas/ledger/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    serde_json::from_str(&text).unwrap()
}

/// Compiles with the engine that never backtracks: a pattern that needs more is refused here.
pub fn compile(schema: &Value) -> Validator {
    jsonschema::draft202012::options().with_pattern_options(PatternOptions::regex()).build(schema).unwrap()
}

pub struct Format {
    pub name: &'static str,
    pub validator: Validator,
    pub full: Value,
    code: fn(&str) -> Result<(), String>,
}

impl Format {
    pub fn packet() -> Self {
        let code = |text: &str| Packet::parse(text.as_bytes()).map(drop).map_err(|e| e.to_string());
        Self::new("packet", code, from_json(PACKET))
    }

    /// A draft is read as every text is, by `json::read`, before it becomes one.
    pub fn draft() -> Self {
        let code = |text: &str| {
            let members = json::read::<Map<String, Value>>(text).map_err(|e| e.to_string())?;
            Draft::from_json(members, &"alice".parse().unwrap()).map(drop).map_err(|e| e.to_string())
        };
        let mut full = from_json(PACKET);
        ["/format", "/request_id", "/uid", "/created_at"].iter().for_each(|place| drop(remove(&mut full, place)));
        Self::new("request", code, full)
    }

    pub fn event(kind: &str) -> Self {
        let code = |text: &str| Event::parse(&resealed(text)).map(drop).map_err(|e| e.to_string());
        let mut full = from_json(EVENT);
        full["type"] = kind.into();
        full["data"] = from_json(event_data(kind));
        Self::new("event", code, full)
    }

    pub fn settings() -> Self {
        let code = |text: &str| Settings::parse(text).map(drop).map_err(|e| e.to_string());
        Self::new("ledger", code, from_json(SETTINGS))
    }

    pub fn workflow() -> Self {
        let code = |text: &str| Workflow::parse(text).map(drop).map_err(|e| e.to_string());
        Self::new("workflow", code, from_json(DEFAULT_TEXT))
    }

    /// All formats that have a reader.
    pub fn all() -> [Self; 5] {
        [Self::packet(), Self::draft(), Self::event("TRANSITIONED"), Self::settings(), Self::workflow()]
    }

    fn new(name: &'static str, code: fn(&str) -> Result<(), String>, full: Value) -> Self {
        Self { name, validator: compile(&schema(name)), full, code }
    }

    /// What the schema says of a text, and what the code says.
    pub fn verdicts(&self, text: &str) -> (bool, Result<(), String>) {
        let by_schema = serde_json::from_str(text).is_ok_and(|value: Value| self.validator.is_valid(&value));
        (by_schema, (self.code)(text))
    }

    /// Puts each value of a table (see [`rows`]) into the full document; both take the result.
    #[track_caller]
    pub fn takes(&self, table: &str) {
        rows(table).iter().for_each(|(place, value)| self.both(&with(&self.full, place, value), true, place, value));
    }

    /// As [`Self::takes`]; both refuse the result.
    #[track_caller]
    pub fn refuses(&self, table: &str) {
        rows(table).iter().for_each(|(place, value)| self.both(&with(&self.full, place, value), false, place, value));
    }

    /// Of the members of the object at `place`, `required` (parted by blanks) can't be left out, and the others can.
    #[track_caller]
    pub fn requires(&self, place: &str, required: &str) {
        let required: Vec<&str> = required.split_whitespace().collect();
        let members = self.full.pointer(place).unwrap().as_object().unwrap();
        assert!(required.iter().all(|name| members.contains_key(*name)), "{place} lacks a required member");
        for name in members.keys() {
            let mut less = self.full.clone();
            let without = format!("{place}/{name}");
            remove(&mut less, &without);
            self.both(&less, !required.contains(&name.as_str()), &without, &"left out".into());
        }
    }

    #[track_caller]
    fn both(&self, document: &Value, expected: bool, place: &str, value: &Value) {
        let value: String = value.to_string().chars().take(200).collect();
        let (by_schema, by_code) = self.verdicts(&document.to_string());
        assert_eq!(by_code.is_ok(), expected, "{} by the code ({by_code:?}): {place} {value}", self.name);
        assert_eq!(by_schema, expected, "{} by the schema: {place} {value}", self.name);
    }
}

/// Reads a table: on each line a place (a JSON pointer) and values in JSON. `{"$x": N}` stands for a text of N
/// letters, `{"$list": N, "of": TEXT}` for a list of N texts, TEXT with a number of four digits for its `%`.
pub fn rows(table: &str) -> Vec<(String, Value)> {
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let row = |line: &str| {
        let (place, texts) = line.split_once(' ').unwrap();
        let place = place.to_owned();
        values(texts).into_iter().map(move |value| (place.clone(), value)).collect::<Vec<_>>()
    };
    lines.flat_map(row).collect()
}

/// Reads values in JSON, one after the other, with the abbreviations of [`rows`].
pub fn values(texts: &str) -> Vec<Value> {
    let read = serde_json::Deserializer::from_str(texts).into_iter::<Value>();
    read.map(|value| value.unwrap_or_else(|error| panic!("{texts}: {error}"))).map(expand).collect()
}

fn expand(value: Value) -> Value {
    let count = |value: &Value| value.as_u64().and_then(|count| usize::try_from(count).ok());
    match value {
        Value::Array(items) => items.into_iter().map(expand).collect(),
        Value::Object(members) => {
            if let Some(count) = members.get("$x").and_then(count) {
                return "x".repeat(count).into();
            }
            if let (Some(count), Some(Value::String(of))) = (members.get("$list").and_then(count), members.get("of")) {
                return (1000..1000 + count).map(|i| Value::from(of.replace('%', &i.to_string()))).collect();
            }
            members.into_iter().map(|(name, value)| (name, expand(value))).collect()
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value,
    }
}

/// The document with `value` at `place`, whose last step may name a member that is not there yet.
pub fn with(document: &Value, place: &str, value: &Value) -> Value {
    let mut document = document.clone();
    if let Some(there) = document.pointer_mut(place) {
        *there = value.clone();
        return document;
    }
    let (parent, name) = split(place);
    document.pointer_mut(parent).unwrap().as_object_mut().unwrap().insert(name, value.clone());
    document
}

/// Removes what stands at `place`.
pub fn remove(document: &mut Value, place: &str) -> Option<Value> {
    let (parent, name) = split(place);
    match document.pointer_mut(parent)? {
        Value::Object(members) => members.remove(&name),
        Value::Array(items) => name.parse().ok().map(|at| items.remove(at)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

fn split(place: &str) -> (&str, String) {
    let (parent, name) = place.rsplit_once('/').unwrap();
    (parent, name.replace("~1", "/").replace("~0", "~"))
}

fn from_json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

/// The event with its hash computed anew and put last; a hash that could not be one stays as it is.
fn resealed(text: &str) -> String {
    let Ok(Value::Object(mut members)) = serde_json::from_str(text) else { return text.to_owned() };
    let Some(hash) = members.remove("hash") else { return text.to_owned() };
    let could_be = hash.as_str().is_some_and(|hash| hash.parse::<Hash>().is_ok());
    let head = Value::Object(members).to_string();
    let hash = if could_be { Hash::of(&[DOMAIN_TAG, head.as_bytes()]).to_string().into() } else { hash };
    format!("{},\"hash\":{hash}}}", head.strip_suffix('}').unwrap())
}

const PACKET: &str = r#"{
    "format": 1, "request_id": "REQ-20261120-0001", "uid": "0199a2b4-5c6d-7e8f-9a0b-1c2d3e4f5a6b",
    "created_at": "2026-11-20T15:11:00.123Z", "created_by": "alice", "origin_repo_id": "acme/shop",
    "target_repo_ids": ["acme/billing", "acme/ledger"], "request_type": "contract-change", "title": "Add a field",
    "description": "At length.\n", "success_criteria": ["It is there."], "required_artifacts": ["A schema"],
    "contracts": ["billing.invoice@2"], "compatibility_constraints": ["v1 stays"],
    "dependencies": ["REQ-20261119-0007"], "parent": "REQ-20261118-12345", "priority": "P1", "labels": ["money"],
    "due": "2026-12-24", "timeout_budget": "two days", "sponsor_approval_required": true,
    "coordination_mode": "governed", "routing": {"team": ["a"]}, "details": {"n": [1, {"m": null}]}, "key": "k 1"
}"#;

const EVENT: &str = r#"{
    "format": 1, "stream": "REQ-20261120-0001", "n": 3, "at": "2026-11-20T15:11:00.123Z", "tick": 0,
    "writer": "k7f3q2", "by": "alice", "type": "", "from": "PROPOSED", "to": "ACCEPTED", "key": "k", "data": {},
    "parents": [
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "0000000000000000000000000000000000000000000000000000000000000000"
    ],
    "hash": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "later": {"member": 1}
}"#;

/// Every member that the data of an event of this type can have, and one that it has in no format so far.
fn event_data(kind: &str) -> &'static str {
    match kind {
        "REQUEST_CREATED" => r#"{"workflow": "0123456789abcdef", "occurred_at": "last week", "later": {}}"#,
        "TRANSITIONED" => {
            r#"{
                "reason": "because", "evidence": [{"kind": "commit", "value": "1a2b3c"}], "details": {"goal": "g"},
                "rework": true, "workflow": "0123456789abcdef", "occurred_at": "last week",
                "duplicate_of": "REQ-20261120-0001", "later": {}
            }"#
        }
        "RESPONDED" => {
            r#"{
                "repo": "acme/billing", "status": "DELIVERED", "summary": "done", "branch": "b",
                "evidence": [{"kind": "commit", "value": "1a2b3c"}], "later": {}
            }"#
        }
        "NOTED" => r#"{"text": "hm", "kind": "review", "occurred_at": "last week", "later": {}}"#,
        "EVIDENCE_ADDED" => {
            r#"{"evidence": [{"kind": "ci_run-2", "value": " x "}], "occurred_at": "last week", "later": {}}"#
        }
        "APPROVED" => r#"{"role": "sponsor", "reason": "fine", "signature": "armoured", "later": {}}"#,
        "RESOLVED" => {
            r#"{
                "keep": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "reason": "ours holds", "later": {}
            }"#
        }
        "CLAIMED" => {
            r#"{
                "until": "2026-11-20T16:11:00.123Z",
                "renews": ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
                "takes": ["0000000000000000000000000000000000000000000000000000000000000000"],
                "stolen": true, "reason": "no answer", "later": {}
            }"#
        }
        "RELEASED" => {
            r#"{
                "claims": ["e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"], "reason": "done",
                "lost_to": "0000000000000000000000000000000000000000000000000000000000000000", "later": {}
            }"#
        }
        "RENUMBERED" => {
            r#"{
                "was": "REQ-20261120-0007",
                "packet": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "later": {}
            }"#
        }
        "DISTINCT" => r#"{"from": "REQ-20261120-0007", "reason": "asked for twice", "later": {}}"#,
        "KEY_RESOLVED" => {
            r#"{
                "key": "nightly", "keep": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "reason": "meant", "later": {}
            }"#
        }
        "REGISTERED" => {
            r#"{
                "version": 2, "sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
                "mode": "BACKWARD_TRANSITIVE", "verdict": "breaking", "against": [1], "open_content": "declared",
                "assumed": true, "formats": true, "waiver": "REQ-20261120-0001", "owner": "acme/billing", "later": {}
            }"#
        }
        "MODE_SET" => r#"{"mode": "FULL", "later": {}}"#,
        "OWNER_SET" | "UNPINNED" => r#"{"repo": "acme/billing", "later": {}}"#,
        "FORMATS_SET" => r#"{"asserted": true, "later": {}}"#,
        "PINNED" => r#"{"repo": "shop", "version": 2, "needs": {"required": ["id"]}, "later": {}}"#,
        "ACTIVATED" | "DEPRECATED" | "RETIRED" => r#"{"version": 2, "later": {}}"#,
        "WAIVED" => {
            r#"{
                "version": 2, "request": "REQ-20261120-0001", "reason": "all have moved", "until": "2026-12-31",
                "later": {}
            }"#
        }
        _ => r#"{"anything": [{"goes": true}]}"#,
    }
}

const SETTINGS: &str = r#"{
    "format": 1, "ledger_id": "018f4e0e-7a3c-7c1e-9a57-0242ac120002", "name": "shop", "mode": "governed",
    "track_index": true, "roles": {"sponsor": ["alice"], "acme/billing": ["bob", "bob@acme.example"], "pm": []},
    "contract": {"open_content": "strict"}
}"#;
