//! The published schemas (`schemas/ledger/`) and the code agree: what one takes, the other takes.
//!
//! Tables go along every bound ([`names`], [`requests`], [`events`], [`files`]); [`mutations`] tries what no table
//! thought of. Where the two differ, and why, stands in [`differences`], and only there.

mod differences;
mod events;
mod files;
mod formats;
mod mutations;
mod names;
mod requests;

use coordination_ledger::domain::packet::FIELDS;
use coordination_ledger::domain::workflow::DEFAULT_TEXT;
use formats::{Format, compile, schema};
use serde_json::{Map, Value};

const SCHEMAS: [&str; 10] = [
    "packet",
    "request",
    "event",
    "workflow",
    "ledger",
    "index",
    "types/bug",
    "types/feature",
    "types/incident",
    "types/contract-change",
];

#[test]
fn every_schema_is_valid_and_stands_alone() {
    for name in SCHEMAS {
        let schema = schema(name);
        jsonschema::draft202012::meta::validate(&schema).unwrap_or_else(|error| panic!("{name}: {error}"));
        compile(&schema);
        assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema", "{name}");
        assert_eq!(schema["$id"], format!("urn:ledger:schema:{}:1", name.replace("types/", "type-")));
        each_object(&schema, &mut |members| {
            if let Some(Value::String(reference)) = members.get("$ref") {
                let local = reference.strip_prefix("#/$defs/").unwrap_or_else(|| panic!("{name}: {reference}"));
                assert!(schema["$defs"][local].is_object(), "{name}: {reference}");
            }
        });
    }
}

#[test]
fn every_schema_explains_itself_to_people() {
    for name in SCHEMAS {
        let schema = schema(name);
        let explained = |value: &Value| value["description"].as_str().is_some_and(|text| text.ends_with('.'));
        assert!(schema["title"].is_string() && explained(&schema), "{name}");
        for (member, described) in schema["properties"].as_object().unwrap() {
            assert!(explained(described), "{name}: {member}");
        }
        for (local, defined) in schema["$defs"].as_object().into_iter().flatten() {
            assert!(defined["title"].is_string() && explained(defined), "{name}: {local}");
        }
    }
}

#[test]
fn a_definition_means_the_same_wherever_it_stands() {
    let mut known = Map::new();
    for name in SCHEMAS {
        for (local, defined) in schema(name)["$defs"].as_object().into_iter().flatten() {
            assert_eq!(known.entry(local.clone()).or_insert_with(|| defined.clone()), defined, "{name}: {local}");
        }
    }
}

#[test]
fn a_packet_and_a_draft_have_the_fields_of_the_code() {
    let names = |name| schema(name)["properties"].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    let mut fields = FIELDS.to_vec();
    fields.sort_unstable();
    assert_eq!(names("packet"), fields);
    fields.retain(|field| !["format", "request_id", "uid", "created_at"].contains(field));
    assert_eq!(names("request"), fields);
}

#[test]
fn the_built_in_workflow_is_valid() {
    let workflow: Value = serde_json::from_str(DEFAULT_TEXT).unwrap();
    compile(&schema("workflow")).validate(&workflow).unwrap();
}

#[test]
fn only_objects_are_documents() {
    for format in Format::all() {
        assert_eq!(format.verdicts(&format.full.to_string()), (true, Ok(())), "{}", format.name);
        for text in ["null", "1", "true", "\"x\"", "[]", "[{}]", "{}", "", "{", "{} {}"] {
            let (by_schema, by_code) = format.verdicts(text);
            assert!(!by_schema && by_code.is_err(), "{}: {text}", format.name);
        }
    }
}

fn each_object(value: &Value, see: &mut impl FnMut(&Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            see(members);
            members.values().for_each(|member| each_object(member, see));
        }
        Value::Array(items) => items.iter().for_each(|item| each_object(item, see)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}
