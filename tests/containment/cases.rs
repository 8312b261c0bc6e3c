//! Plain questions, each keyword in both directions.

use coordination_ledger::contract::{Answer, Draft};
use serde_json::{Value, json};

use super::{ask, is_valid};

#[track_caller]
fn contained_in(draft: Draft, sub: Value, sup: Value) {
    let answer = ask(draft, &sub, &sup);
    assert!(matches!(answer, Answer::Contained { .. }), "{sub} in {sup}: {answer:?}");
}

#[track_caller]
fn not_contained_in(draft: Draft, sub: Value, sup: Value) -> Value {
    match ask(draft, &sub, &sup) {
        Answer::NotContained { witness, .. } => {
            let document = witness.document().clone();
            assert!(is_valid(draft, &sub, &document) && !is_valid(draft, &sup, &document), "{document}");
            document
        }
        Answer::Contained { reason } | Answer::Unknown { reason } => panic!("{sub} in {sup}: {reason}"),
    }
}

/// The first is contained in the second, and not the other way round.
#[track_caller]
fn narrower(draft: Draft, sub: Value, sup: Value) {
    contained_in(draft, sub.clone(), sup.clone());
    not_contained_in(draft, sup, sub);
}

const NEW: Draft = Draft::Draft202012;

#[test]
fn types_and_constants() {
    narrower(NEW, json!({"type": "integer"}), json!({"type": "number"}));
    narrower(NEW, json!({"const": {"a": [1, 2.0]}}), json!({"type": "object", "required": ["a"]}));
    narrower(NEW, json!({"enum": [1, "a", null]}), json!({"type": ["integer", "string", "null"]}));
    contained_in(NEW, json!({"const": 1.0}), json!({"const": 1}));
    contained_in(NEW, json!({"enum": [[1], {"a": {}}]}), json!({"enum": [{"a": {}}, [1.0], 3]}));
    narrower(NEW, json!({"not": {"type": ["array", "object"]}}), json!({"not": {"const": [1]}}));
    contained_in(NEW, json!(false), json!({"type": "string"}));
    contained_in(NEW, json!({"type": "string"}), json!(true));
}

#[test]
fn numbers() {
    narrower(NEW, json!({"type": "number", "multipleOf": 0.2}), json!({"type": "number", "multipleOf": 0.1}));
    narrower(NEW, json!({"multipleOf": 6}), json!({"anyOf": [{"multipleOf": 2}, {"multipleOf": 5}]}));
    contained_in(NEW, json!({"type": "integer", "exclusiveMinimum": 0, "exclusiveMaximum": 2}), json!({"const": 1}));
    contained_in(NEW, json!({"type": "integer", "minimum": 0.5, "maximum": 1.5, "not": {"const": 1}}), json!(false));
    narrower(NEW, json!({"type": "number", "exclusiveMinimum": 3}), json!({"type": "number", "minimum": 3}));
    let between = not_contained_in(
        NEW,
        json!({"type": "number", "minimum": 0, "maximum": 0.01}),
        json!({"enum": [0, 0.01, 0.005]}),
    );
    assert!(between.as_f64().is_some_and(|number| number > 0.0 && number < 0.01));
}

#[test]
fn strings_and_patterns() {
    narrower(NEW, json!({"type": "string", "pattern": "^ab*$"}), json!({"type": "string", "pattern": "^a"}));
    narrower(NEW, json!({"type": "string", "pattern": "^[0-9]{3}$"}), json!({"type": "string", "maxLength": 3}));
    contained_in(
        NEW,
        json!({"pattern": "^(a|b)$"}),
        json!({"anyOf": [{"not": {"type": "string"}}, {"enum": ["a", "b"]}]}),
    );
    contained_in(NEW, json!({"type": "string", "pattern": "^(?!x)[a-z]$"}), json!({"pattern": "^[a-wyz]$"}));
    not_contained_in(NEW, json!({"pattern": "^(?=.*[0-9])[a-z0-9]+$"}), json!({"pattern": "^[a-z]"}));
    contained_in(NEW, json!({"type": "string", "minLength": 2, "maxLength": 1}), json!(false));
    // There are more characters than letters and digits.
    let all: Vec<String> = ('a'..='z').chain('0'..='9').map(String::from).chain([String::new()]).collect();
    not_contained_in(NEW, json!({"type": "string", "maxLength": 1}), json!({"enum": all}));
    // A line break is a character that `.` does not match.
    assert_eq!(not_contained_in(NEW, json!({"type": "string", "minLength": 1}), json!({"pattern": "."})), json!("\n"));
}

#[test]
fn objects() {
    narrower(NEW, json!({"type": "object", "required": ["a", "b"]}), json!({"type": "object", "required": ["a"]}));
    narrower(
        NEW,
        json!({"properties": {"a": {"type": "string"}}, "additionalProperties": false}),
        json!({"properties": {"a": {"type": "string"}}}),
    );
    // Adding an optional member is a break: an old document may carry that name with another type.
    let carried = not_contained_in(NEW, json!({"type": "object"}), json!({"properties": {"a": {"type": "string"}}}));
    assert!(carried.get("a").is_some_and(|a| !a.is_string()));
    narrower(
        NEW,
        json!({"patternProperties": {"^a": {"type": "integer"}}}),
        json!({"properties": {"ab": {"type": "number"}}}),
    );
    narrower(
        NEW,
        json!({"propertyNames": {"pattern": "^[a-c]$"}, "type": "object"}),
        json!({"type": "object", "maxProperties": 3}),
    );
    contained_in(
        NEW,
        json!({"type": "object", "propertyNames": {"enum": ["a", "b"]}, "minProperties": 2}),
        json!({"required": ["a", "b"]}),
    );
    contained_in(
        NEW,
        json!({"dependentRequired": {"a": ["b"]}, "required": ["a"]}),
        json!({"dependentSchemas": {"a": {"required": ["b"]}}}),
    );
    contained_in(
        NEW,
        json!({"type": "object", "minProperties": 1, "maxProperties": 1, "required": ["a"], "additionalProperties": {"type": "string"}}),
        json!({"additionalProperties": true, "required": ["a"], "maxProperties": 1}),
    );
}

#[test]
fn arrays() {
    narrower(NEW, json!({"items": {"type": "integer"}}), json!({"items": {"type": "number"}}));
    narrower(
        NEW,
        json!({"prefixItems": [{"const": 1}], "minItems": 1}),
        json!({"contains": {"type": "integer"}, "type": ["array", "string", "null", "number", "boolean", "object"]}),
    );
    contained_in(
        NEW,
        json!({"type": "array", "items": {"type": "boolean"}, "uniqueItems": true}),
        json!({"maxItems": 2}),
    );
    narrower(
        NEW,
        json!({"type": "array", "items": {"enum": [1, 2, 3]}, "uniqueItems": true}),
        json!({"type": "array", "maxItems": 3}),
    );
    narrower(NEW, json!({"contains": {"type": "null"}, "minContains": 2}), json!({"contains": {"type": "null"}}));
    contained_in(
        NEW,
        json!({"type": "array", "contains": {"const": 1}, "minContains": 2, "uniqueItems": true}),
        json!(false),
    );
    contained_in(
        NEW,
        json!({"type": "array", "contains": {"type": "string"}, "maxContains": 1, "items": {"type": "string"}}),
        json!({"maxItems": 1}),
    );
    not_contained_in(NEW, json!({"type": "array"}), json!({"uniqueItems": true}));
}

#[test]
fn combinations() {
    narrower(
        NEW,
        json!({"oneOf": [{"type": "string"}, {"maxLength": 3}]}),
        json!({"anyOf": [{"type": "string"}, {"maxLength": 3}]}),
    );
    contained_in(
        NEW,
        json!({"if": {"required": ["a"]}, "then": {"required": ["b"]}, "else": {"required": ["c"]}, "type": "object"}),
        json!({"anyOf": [{"required": ["a", "b"]}, {"required": ["c"]}]}),
    );
    contained_in(
        NEW,
        json!({"not": {"anyOf": [{"type": "string"}, {"minimum": 3}]}}),
        json!({"not": {"type": "string"}}),
    );
    narrower(
        NEW,
        json!({"allOf": [{"properties": {"a": true}}], "unevaluatedProperties": false}),
        json!({"type": ["object", "array", "string", "number", "boolean", "null"], "maxProperties": 1}),
    );
    contained_in(
        NEW,
        json!({"type": "object", "anyOf": [{"required": ["a"], "properties": {"a": true}}, {"properties": {"b": true}}], "unevaluatedProperties": false, "required": ["c"]}),
        json!(false),
    );
}

#[test]
fn recursion_is_followed_to_its_end() {
    let list = |item: Value| {
        json!({"$ref": "#/$defs/list", "$defs": {"list": {"anyOf": [
            {"type": "null"},
            {"type": "object", "required": ["head", "tail"],
             "properties": {"head": item, "tail": {"$ref": "#/$defs/list"}}},
        ]}}})
    };
    narrower(NEW, list(json!({"type": "integer"})), list(json!({"type": "number"})));
    let tree = json!({"type": "object", "required": ["left"], "properties": {"left": {"$ref": "#"}}});
    contained_in(NEW, tree, json!(false));
    narrower(
        NEW,
        json!({"type": "array", "items": {"$ref": "#"}, "maxItems": 1}),
        json!({"type": "array", "items": {"$ref": "#"}, "maxItems": 2}),
    );
    contained_in(NEW, json!(true), json!({"$ref": "#"}));
}

#[test]
fn drafts_are_read_as_they_were_meant() {
    narrower(
        Draft::Draft4,
        json!({"type": "number", "minimum": 3, "exclusiveMinimum": true}),
        json!({"type": "number", "minimum": 3}),
    );
    // Up to draft 7 a reference hides what stands beside it.
    let hidden = json!({"$ref": "#/definitions/a", "type": "string", "definitions": {"a": {"type": "integer"}}});
    contained_in(Draft::Draft7, hidden.clone(), json!({"type": "integer"}));
    contained_in(Draft::Draft201909, hidden, json!(false));
    narrower(
        Draft::Draft7,
        json!({"items": [{"type": "string"}], "additionalItems": false}),
        json!({"items": [{"type": "string"}]}),
    );
    contained_in(
        Draft::Draft201909,
        json!({"$schema": "http://json-schema.org/draft-07/schema#", "dependencies": {"a": ["b"]}}),
        json!({"dependentRequired": {"a": ["b"]}}),
    );
    // Draft 4 leaves open whether 1.0 is an integer; a list is meant as it is written.
    let pointed = ask(Draft::Draft4, &json!({"multipleOf": 1, "type": "number"}), &json!({"type": "integer"}));
    assert!(matches!(&pointed, Answer::Unknown { reason } if reason.contains("leaves open")), "{pointed:?}");
    narrower(Draft::Draft4, json!({"enum": [1, 2]}), json!({"type": "integer"}));
    not_contained_in(Draft::Draft4, json!({"enum": [1.0]}), json!({"oneOf": [{"enum": [1.0]}, {"type": "integer"}]}));
    // What a validator may assert or not is only known to be the same as itself.
    let encoded = json!({"type": "string", "contentEncoding": "base64"});
    contained_in(Draft::Draft7, encoded.clone(), encoded.clone());
    let answer = ask(Draft::Draft7, &json!({"type": "string"}), &encoded);
    assert!(!matches!(answer, Answer::Contained { .. }), "{answer:?}");
    // 1.0 is an integer from draft 6 on.
    contained_in(Draft::Draft6, json!({"multipleOf": 1, "type": "number"}), json!({"type": "integer"}));
}

#[test]
fn what_stands_in_the_way_is_told() {
    let nowhere = ask(NEW, &json!({"$ref": "#/$defs/a"}), &json!({"type": "string"}));
    assert!(matches!(&nowhere, Answer::Unknown { reason } if reason.contains("leads nowhere")), "{nowhere:?}");
    let remote = ask(NEW, &json!({"$ref": "https://example.com/a.json"}), &json!({"type": "string"}));
    assert!(matches!(&remote, Answer::Unknown { reason } if reason.contains("nothing is fetched")), "{remote:?}");
    let draft = ask(NEW, &json!({"$schema": "https://example.com/own"}), &json!({"type": "string"}));
    assert!(matches!(&draft, Answer::Unknown { reason } if reason.contains("unknown draft")), "{draft:?}");
    let back = ask(NEW, &json!({"pattern": "^(a)\\1$"}), &json!({"type": "string"}));
    assert!(matches!(&back, Answer::NotContained { .. }), "{back:?}");
    let back = ask(NEW, &json!({"type": "string", "pattern": "^(a)\\1$"}), &json!({"pattern": "^a"}));
    assert!(matches!(&back, Answer::Unknown { reason } if reason.contains("refers back")), "{back:?}");
}

#[test]
fn time_and_depth_are_bounded() {
    let resources = Default::default();
    let sub = json!({"type": "string"});
    let sup = json!({"type": "string", "pattern": "^(a|b|c){1,40}$"});
    let question = coordination_ledger::contract::Question {
        sub: &sub,
        sup: &sup,
        draft: NEW,
        formats: false,
        open_content: coordination_ledger::contract::OpenContent::Strict,
        resources: &resources,
    };
    let answer =
        coordination_ledger::contract::compare(&question, &coordination_ledger::contract::Limits { is_over: &|| true });
    assert!(matches!(&answer, Answer::Unknown { .. } | Answer::NotContained { .. }), "{answer:?}");
    let mut deep = json!({"type": "string"});
    for _ in 0..5_000 {
        // Not by `json!`, which would copy what is there at each step.
        deep = Value::Object(serde_json::Map::from_iter([("items".to_owned(), deep)]));
    }
    let answer = ask(NEW, &deep, &json!({"type": "array"}));
    assert!(matches!(&answer, Answer::Unknown { reason } if reason.contains("nested deeper")), "{answer:?}");
    // serde_json drops values recursively; this one is taken apart by hand.
    while let Some(inner) = deep.as_object_mut().and_then(|members| members.remove("items")) {
        deep = inner;
    }
}
