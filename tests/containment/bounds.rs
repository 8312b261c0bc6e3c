//! Questions that grow beyond measure if they are taken naively: each must end, in an answer or in a reason.

use coordination_ledger::contract::{Answer, Draft};
use serde_json::{Map, Value, json};

use super::ask;

const NEW: Draft = Draft::Draft202012;

#[track_caller]
fn is_contained(sub: &Value, sup: &Value) {
    let answer = ask(NEW, sub, sup);
    assert!(matches!(answer, Answer::Contained { .. }), "{answer:?}");
}

#[track_caller]
fn is_refuted(sub: &Value, sup: &Value) {
    let answer = ask(NEW, sub, sup);
    assert!(matches!(answer, Answer::NotContained { .. }), "{answer:?}");
}

#[track_caller]
fn is_left_open(sub: &Value, sup: &Value, reason: &str) {
    let answer = ask(NEW, sub, sup);
    assert!(matches!(&answer, Answer::Unknown { reason: told } if told.contains(reason)), "{answer:?}");
}

#[test]
fn a_witness_is_never_made_longer_than_anybody_could_hold() {
    let long = "would need a string of";
    is_left_open(&json!({"type": "string", "minLength": 1_000_000_000_000_u64}), &json!(false), long);
    is_left_open(&json!({"maxLength": 100_000_000_000_u64}), &json!({"maxLength": 99_999_999_999_u64}), long);
    is_left_open(&json!({"type": "string", "minLength": 2_000_000, "pattern": "^(ab)*$"}), &json!(false), long);
    is_contained(&json!({"type": "string", "minLength": 2_000_000, "pattern": "^(ab){1,3}$"}), &json!(false));
    is_contained(&json!({"minLength": 2_000_000}), &json!({"minLength": 1_000_000}));
    is_refuted(&json!({"type": "string", "minLength": 50_000}), &json!(false));
}

/// Every definition refers to the next one twice.
fn doubling(levels: usize, twice: impl Fn(&str) -> Value, more: Value) -> Value {
    let mut all = Map::new();
    for level in 0..levels {
        all.insert(format!("d{level}"), twice(&format!("#/$defs/d{}", level + 1)));
    }
    all.insert(format!("d{levels}"), json!({"type": "integer"}));
    let mut schema = json!({"$ref": "#/$defs/d0", "$defs": all});
    for (name, value) in more.as_object().unwrap() {
        schema[name] = value.clone();
    }
    schema
}

#[test]
fn what_is_referred_to_twice_again_and_again_is_not_tried_that_often() {
    let in_place = |to: &str| json!({"allOf": [{"$ref": to}, {"$ref": to, "minimum": 0}]});
    is_left_open(&doubling(28, in_place, json!({})), &json!({"type": "string"}), "too long");
    is_contained(&doubling(28, in_place, json!({})), &json!({"minimum": -1}));
    is_contained(&doubling(28, in_place, json!({})), &doubling(27, in_place, json!({})));
    let open = ask(NEW, &doubling(30, in_place, json!({"unevaluatedProperties": false})), &json!({"type": "object"}));
    assert!(matches!(open, Answer::Unknown { .. }), "{open:?}");
    // Trees of members are no trouble: a small document has few of them.
    let members = |to: &str| json!({"type": "object", "properties": {"l": {"$ref": to}, "r": {"$ref": to}}});
    is_refuted(&doubling(40, members, json!({})), &json!({"type": "string"}));
}

#[test]
fn long_lists_are_taken_as_lists() {
    let numbers: Vec<u64> = (0..=30_000).collect();
    let range = |most: u64| json!({"type": "integer", "minimum": 0, "maximum": most, "not": {"enum": numbers}});
    is_contained(&range(30_000), &json!(false));
    is_refuted(&range(30_001), &json!(false));
    let one_of =
        |count: usize| json!({"oneOf": (0..count).map(|nth| json!({"const": format!("k{nth}")})).collect::<Vec<_>>()});
    is_contained(&one_of(5_000), &one_of(5_001));
    is_refuted(&one_of(5_001), &one_of(5_000));
    is_contained(&json!({"enum": ["k1", "k2"]}), &one_of(200));
    is_contained(&json!({"oneOf": [{"enum": [1, 2, "a"]}, {"enum": [2, "a", null]}]}), &json!({"enum": [1, null]}));
    is_contained(
        &json!({"oneOf": [{"enum": [[1], true]}, {"const": [1.0]}, {"type": "string", "minLength": 3}]}),
        &json!({"not": {"enum": [[1], "a", {}]}}),
    );
    is_refuted(
        &json!({"enum": [[1], true]}),
        &json!({"oneOf": [{"enum": [[1], true]}, {"const": [1.0]}, {"type": "string"}]}),
    );
    let tagged = |count: usize| {
        let one = |nth: usize| {
            let tag = format!("v{nth}");
            json!({"type": "object", "required": ["k"], "properties": {"k": {"const": tag}, tag.clone(): {"type": "string"}}})
        };
        json!({"oneOf": (0..count).map(one).collect::<Vec<_>>()})
    };
    is_contained(&tagged(100), &tagged(101));
    is_refuted(&tagged(101), &tagged(100));
    // Two tags that are the same exclude nothing but both.
    let twice = json!({"oneOf": [tagged(2)["oneOf"][1], tagged(2)["oneOf"][1], tagged(1)["oneOf"][0]]});
    is_contained(&twice, &tagged(1));
    is_refuted(&tagged(2), &twice);
}

#[test]
fn a_schema_is_contained_in_itself_whatever_it_holds() {
    for (draft, schema) in [
        (
            Draft::Draft4,
            json!({"not": {"maxLength": 1, "enum": [100, {"ab": {"": "abc"}}, false]}, "minProperties": 1}),
        ),
        (NEW, json!({"pattern": "^(a)\\1$"})),
        (NEW, json!({"$ref": "#/$defs/a", "$defs": {"a": {"not": {"$ref": "#/$defs/a"}}}})),
    ] {
        let answer = ask(draft, &schema, &schema);
        assert!(matches!(answer, Answer::Contained { .. }), "{schema}: {answer:?}");
    }
}

#[test]
fn word_boundaries_are_followed() {
    let pattern = |pattern: &str| json!({"type": "string", "pattern": pattern});
    is_contained(&pattern("\\bfoo"), &pattern("foo"));
    is_refuted(&pattern("foo"), &pattern("\\bfoo"));
    is_refuted(&pattern("\\bfoo"), &pattern("b$"));
    is_contained(&pattern("^\\w+\\b-"), &pattern("-"));
    is_contained(&pattern("^a\\bb"), &json!(false));
}

#[test]
fn decimal_steps_are_shown_where_binary_fractions_agree() {
    is_refuted(
        &json!({"type": "number", "exclusiveMinimum": 2, "multipleOf": 0.3}),
        &json!({"exclusiveMinimum": 2.5, "multipleOf": 0.6}),
    );
}

#[test]
fn patterns_of_names_that_match_nothing_stop_nobody() {
    is_refuted(
        &json!({"type": "object", "patternProperties": {"(?=a)b": {"type": "string"}}}),
        &json!({"maxProperties": 1}),
    );
}
