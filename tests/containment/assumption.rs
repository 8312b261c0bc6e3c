//! The assumption that producers send only what they declare.

use coordination_ledger::contract::{Answer, Draft, OpenContent};
use serde_json::{Value, json};

use super::ask_under;

/// Contained only under the assumption.
#[track_caller]
fn hangs_on_it(sub: Value, sup: Value) {
    let strict = ask_under(Draft::Draft202012, OpenContent::Strict, &sub, &sup);
    assert!(matches!(strict, Answer::NotContained { .. }), "{strict:?}");
    let declared = ask_under(Draft::Draft202012, OpenContent::Declared, &sub, &sup);
    assert!(matches!(declared, Answer::Contained { .. }), "{declared:?}");
}

/// Not contained, whatever is assumed.
#[track_caller]
fn breaks(sub: Value, sup: Value) {
    for open_content in [OpenContent::Strict, OpenContent::Declared] {
        let answer = ask_under(Draft::Draft202012, open_content, &sub, &sup);
        assert!(matches!(answer, Answer::NotContained { .. }), "{open_content:?}: {answer:?}");
    }
}

#[test]
fn a_new_optional_member_breaks_nobody_who_sends_what_is_declared() {
    let old = json!({"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]});
    let new =
        json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]});
    hangs_on_it(old.clone(), new.clone());
    let closed = json!({"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false});
    hangs_on_it(old.clone(), closed);
    breaks(old, json!({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a", "b"]}));
}

#[test]
fn it_reaches_every_level_and_looks_through_combinations() {
    let nested = |inner: Value| json!({"type": "object", "properties": {"list": {"type": "array", "items": inner}}});
    hangs_on_it(
        nested(json!({"type": "object", "properties": {"a": {}}})),
        nested(json!({"type": "object", "properties": {"a": {}, "b": {"type": "null"}}})),
    );
    let old = json!({"$defs": {"base": {"properties": {"a": {}}}}, "allOf": [{"$ref": "#/$defs/base"}, {"properties": {"b": {}}}]});
    hangs_on_it(old.clone(), json!({"properties": {"c": {"type": "null"}}}));
    // What any part declares is declared.
    breaks(old, json!({"properties": {"b": {"type": "null"}}}));
}

#[test]
fn schemas_that_speak_of_other_members_are_taken_at_their_word() {
    breaks(
        json!({"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}}),
        json!({"type": "object", "properties": {"b": {"type": "integer"}}}),
    );
    // A map declares nothing, so it may hold anything.
    breaks(json!({"type": "object"}), json!({"type": "object", "properties": {"b": {"type": "integer"}}}));
    breaks(
        json!({"type": "object", "patternProperties": {"^x-": {}}, "properties": {"a": {}}}),
        json!({"type": "object", "properties": {"x-b": {"type": "integer"}}}),
    );
}
