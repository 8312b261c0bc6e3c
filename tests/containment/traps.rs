//! Questions that were once answered wrongly, or for which a wrong answer lies near: "contained" is refuted by a document
//! that is named, "not contained" by reasoning.

use coordination_ledger::contract::{Answer, Draft, Limits, OpenContent, Question, Resources, compare};
use serde_json::{Value, json};

use super::ask;

const NEW: Draft = Draft::Draft202012;

fn ask_with_formats(draft: Draft, sub: &Value, sup: &Value) -> Answer {
    let resources = Resources::default();
    let question =
        Question { sub, sup, draft, formats: true, open_content: OpenContent::Strict, resources: &resources };
    compare(&question, &Limits { is_over: &|| false })
}

#[track_caller]
fn is_not_called_contained(answer: &Answer) {
    assert!(!matches!(answer, Answer::Contained { .. }), "{answer:?}");
}

#[track_caller]
fn is_not_refuted(answer: &Answer) {
    assert!(!matches!(answer, Answer::NotContained { .. }), "{answer:?}");
}

#[test]
fn in_2019_09_contains_evaluates_nothing() {
    let sup = json!({"contains": true, "unevaluatedItems": false});
    for sub in [json!({"enum": [[1]]}), json!({"type": "array", "minItems": 1})] {
        // [1]
        is_not_called_contained(&ask(Draft::Draft201909, &sub, &sup));
    }
}

#[test]
fn patterns_mean_what_ecma_says_whoever_judges_them() {
    // Strings, a pattern, and whether it matches them (ECMA-262 with the flag u).
    for (text, pattern, matches) in [
        ("\u{663}", "(?<!x)\\d", false),
        ("\u{e9}", "\\b\u{e9}", false),
        ("\u{e9}\u{e9}", "^(\\w)\\1$", false),
        ("\r", "^(.)(?<!x)$", false),
        ("x\u{2028}", "(?<=x).", false),
        ("\u{17f}", "(?<!x)\\w", false),
        ("\u{85}", "(?<!x)\\s", false),
        ("\u{feff}", "(?<!x)\\s", true),
        ("\u{e9}", "(?<!x)\\W", true),
        ("\u{e9}", "^\\B", true),
        ("\u{663}", "(?<!x)\\D", true),
        ("a\u{e9}", "^a\\b", true),
    ] {
        let sub = json!({ "const": text });
        let [yes, no] = [json!({"pattern": pattern}), json!({"not": {"pattern": pattern}})];
        let [sup, other] = if matches { [yes, no] } else { [no, yes] };
        is_not_refuted(&ask(NEW, &sub, &sup));
        is_not_called_contained(&ask(NEW, &sub, &other));
    }
}

#[test]
fn what_may_be_asserted_or_not_decides_nothing() {
    let json = json!({"type": "string", "contentMediaType": "application/json"});
    is_not_called_contained(&ask(Draft::Draft7, &json, &json!({"not": {"const": "{"}})));
    let encoded = json!({"type": "string", "contentEncoding": "base64"});
    is_not_called_contained(&ask(Draft::Draft7, &encoded, &json!({"not": {"enum": ["!"]}})));
    // What the assertion admits is admitted either way.
    let answer = ask(Draft::Draft7, &json!({"enum": ["[1]", "{}"]}), &json);
    assert!(matches!(answer, Answer::Contained { .. }), "{answer:?}");
    is_not_called_contained(&ask(Draft::Draft7, &json!({"const": "{"}), &json));
}

#[test]
fn a_cycle_without_a_step_beside_one_with_a_step_keeps_its_meaning() {
    for b in [
        json!({"$ref": "#/$defs/A", "properties": {"x": {"$ref": "#/$defs/B"}}}),
        json!({"anyOf": [{"$ref": "#/$defs/A"}], "properties": {"x": {"$ref": "#/$defs/B"}}}),
    ] {
        let sup = json!({"$defs": {"A": {"type": "object", "$ref": "#/$defs/B"}, "B": b}, "$ref": "#/$defs/A"});
        for sub in [json!({"const": {"x": 5}}), json!({"type": "object"})] {
            let answer = ask(NEW, &sub, &sup);
            assert!(matches!(answer, Answer::NotContained { .. }), "{sub} in {sup}: {answer:?}");
        }
        let answer = ask(NEW, &json!({"const": {"x": {"x": {}}}}), &sup);
        assert!(matches!(answer, Answer::Contained { .. }), "{sup}: {answer:?}");
    }
}

#[test]
fn formats_that_a_draft_does_not_define_are_not_relied_on() {
    let string = |format: &str| json!({"type": "string", "format": format});
    for (draft, sub, sup) in [
        (Draft::Draft7, string("uuid"), json!({"minLength": 36})),
        (Draft::Draft7, json!({"enum": ["x"]}), json!({"not": {"format": "uuid"}})),
        (Draft::Draft7, string("duration"), json!({"pattern": "^P"})),
        (Draft::Draft6, string("iri"), json!({"pattern": ":"})),
        (Draft::Draft6, string("relative-json-pointer"), json!({"pattern": "^[0-9]"})),
        (Draft::Draft4, string("json-pointer"), json!({"pattern": "^(/|$)"})),
    ] {
        // "x"
        is_not_called_contained(&ask_with_formats(draft, &sub, &sup));
    }
    let answer = ask_with_formats(Draft::Draft201909, &string("uuid"), &json!({"minLength": 36}));
    assert!(matches!(answer, Answer::Contained { .. }), "{answer:?}");
}

#[test]
fn the_outermost_recursive_anchor_counts_whatever_stands_between() {
    let sup = json!({
        "$id": "http://x/root", "$recursiveAnchor": true, "type": ["object", "integer"],
        "properties": {"m": {"$ref": "mid"}},
        "$defs": {
            "mid": {"$id": "mid", "$ref": "leaf"},
            "leaf": {
                "$id": "leaf", "$recursiveAnchor": true, "type": ["object", "string"],
                "properties": {"n": {"$recursiveRef": "#"}},
            },
        },
    });
    is_not_called_contained(&ask(Draft::Draft201909, &json!({"const": {"m": {"n": "s"}}}), &sup));
}

#[test]
fn what_is_no_schema_is_not_compared() {
    for (draft, none) in [
        (NEW, json!({"type": []})),
        (NEW, json!({"anyOf": []})),
        (NEW, json!({"minLength": -1})),
        (NEW, json!({"properties": {"a": {"required": "a"}}})),
        (NEW, json!({"type": "strin"})),
        (Draft::Draft4, json!({"required": []})),
    ] {
        for (sub, sup) in [(&none, &json!({})), (&json!({"not": {}}), &none), (&none, &none)] {
            let answer = ask(draft, sub, sup);
            assert!(matches!(answer, Answer::Unknown { .. }), "{sub} in {sup}: {answer:?}");
        }
    }
}
