//! The catalogue's examples, and what must hold of every explanation.

use std::cell::Cell;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::examples::EXAMPLES;
use super::*;
use crate::contract::containment::{Limits, compare};
use crate::contract::generated;

fn with(pair: &Pair<'_>, bounds: &Bounds<'_>) -> Explanation {
    let limits = Limits { is_over: &|| false };
    explain(pair, &|question| compare(question, &limits), bounds)
}

const ALWAYS: Bounds<'static> = Bounds { is_over: &|| false, changes_max: CHANGES_MAX };

fn between(old: &Value, new: &Value) -> Explanation {
    let resources = Resources::default();
    with(&Pair { old, new, draft: Draft::DEFAULT, formats: false, resources: &resources }, &ALWAYS)
}

fn rules(explanation: &Explanation) -> Vec<(Rule, String)> {
    explanation.changes.iter().map(|change| (change.rule, change.pointer().to_owned())).collect()
}

#[test]
fn every_rule_does_what_its_examples_say() {
    let resources = Resources::default();
    for (rule, example) in Rule::ALL.into_iter().zip(EXAMPLES) {
        assert_eq!(example.rule, rule);
        let of = |texts: [&str; 2]| {
            let [old, new] = texts.map(|text| serde_json::from_str::<Value>(text).unwrap());
            with(
                &Pair {
                    old: &old,
                    new: &new,
                    draft: Draft::DEFAULT,
                    formats: example.asserts_formats(),
                    resources: &resources,
                },
                &ALWAYS,
            )
        };
        let failing = of(example.failing);
        let change = failing.changes.iter().find(|change| change.rule == rule);
        let change = change.unwrap_or_else(|| panic!("{rule}: {:?}", rules(&failing)));
        if rule != Rule::Combination {
            assert_eq!(failing.changes.len(), 1, "{rule}: {:?}", rules(&failing));
        }
        for direction in DIRECTIONS {
            let effect = change.effect(direction);
            let breaks = example.breaks.contains(&direction);
            assert_eq!(effect.strict.breaks(), breaks, "{rule} {direction:?}: {effect:?}");
            assert_eq!(failing.effect(direction).strict.breaks(), breaks, "{rule} {direction:?}");
            assert_eq!(effect.severity > Severity::Note, breaks, "{rule} {direction:?}: {effect:?}");
            assert!(!breaks || rule.usual_severity(direction) > Severity::Note, "{rule} {direction:?}");
        }
        let passing = of(example.passing);
        for direction in example.breaks {
            assert_eq!(passing.effect(*direction).strict, Verdict::Keeps, "{rule} {direction:?}");
            assert!(passing.changes.iter().all(|change| !change.effect(*direction).breaks()), "{rule} {direction:?}");
        }
    }
}

#[test]
fn each_change_is_told_at_its_place_with_a_whole_document() {
    let old = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/name"}, "b": {"$ref": "#/$defs/name"}, "c": {"enum": ["x", "y"]}},
        "$defs": {"name": {"type": "string", "maxLength": 5}},
    });
    let new = json!({
        "type": "object",
        "properties": {"a": {"$ref": "#/$defs/name"}, "b": {"$ref": "#/$defs/name"}, "c": {"enum": ["y", "z"]}},
        "required": ["a"],
        "$defs": {"name": {"type": "string", "maxLength": 3}},
    });
    let explanation = between(&old, &new);
    assert_eq!(
        rules(&explanation),
        [
            (Rule::BoundTightened, "/$defs/name/maxLength".to_owned()),
            (Rule::EnumValueRemoved, "/properties/c/enum".to_owned()),
            (Rule::EnumValueAdded, "/properties/c/enum/1".to_owned()),
            (Rule::RequiredAdded, "/required/0".to_owned()),
        ]
    );
    let bound = &explanation.changes[0];
    assert_eq!((bound.keyword.as_str(), bound.old.as_ref().unwrap().value.as_str()), ("maxLength", "5"));
    let document = bound.backward.strict.witness().unwrap().document();
    assert!(document.as_object().unwrap().values().any(|value| value.as_str().unwrap().chars().count() > 3));
    assert_eq!((bound.forward.strict.clone(), bound.forward.severity), (Verdict::Keeps, Severity::Note));
    assert_eq!(explanation.changes[1].old.as_ref().unwrap().pointer, "/properties/c/enum/0");
    assert_eq!(explanation.changes[3].backward.strict.witness().unwrap().document(), &json!({}));
}

#[test]
fn what_other_changes_make_good_is_a_note() {
    let old = json!({"type": "integer", "minimum": 3});
    let new = json!({"allOf": [{"minimum": 3}], "type": "integer"});
    let explanation = between(&old, &new);
    assert_eq!((explanation.backward.severity, explanation.forward.severity), (Severity::Note, Severity::Note));
    let relaxed = explanation.changes.iter().find(|change| change.rule == Rule::BoundRelaxed).unwrap();
    assert!(relaxed.forward.strict.breaks(), "alone it breaks");
    assert_eq!(relaxed.forward.severity, Severity::Note);
}

#[test]
fn a_removed_property_that_others_refer_to_is_looked_into() {
    let old = json!({"properties": {"a": {"type": "string"}, "b": {"$ref": "#/properties/a"}}});
    let new = json!({"properties": {"b": {"type": "string"}}});
    let explanation = between(&old, &new);
    let removed = explanation.changes.iter().find(|change| change.rule == Rule::PropertyRemoved).unwrap();
    assert_eq!(removed.backward.strict, Verdict::Keeps);
    let document = removed.forward.strict.witness().unwrap().document();
    assert!(!document["a"].is_string() && document.get("b").is_none(), "{document}");
}

#[test]
fn an_optional_property_breaks_only_what_is_not_declared() {
    let old = json!({"type": "object", "properties": {"a": {}}});
    let new = json!({"type": "object", "properties": {"a": {}, "b": {"type": "string"}}});
    let explanation = between(&old, &new);
    let effect = explanation.changes[0].effect(Direction::Backward);
    assert!(effect.strict.breaks());
    assert_eq!((effect.declared.clone(), effect.severity), (Verdict::Keeps, Severity::Warning));
}

#[test]
fn branches_are_compared_with_those_that_they_resemble() {
    let old = json!({"oneOf": [
        {"properties": {"kind": {"const": "a"}, "x": {"type": "string"}}, "required": ["kind"]},
        {"properties": {"kind": {"const": "b"}, "y": {"type": "string"}}, "required": ["kind"]},
    ]});
    let new = json!({"oneOf": [
        {"properties": {"kind": {"const": "b"}, "y": {"type": "integer"}}, "required": ["kind"]},
        {"properties": {"kind": {"const": "a"}, "x": {"type": "string"}}, "required": ["kind"]},
        {"type": "null"},
    ]});
    let explanation = between(&old, &new);
    assert_eq!(
        rules(&explanation),
        [(Rule::TypeChanged, "/oneOf/0/properties/y/type".to_owned()), (Rule::OneOfBranchAdded, "/oneOf/2".to_owned()),]
    );
    assert_eq!(explanation.changes[0].old.as_ref().unwrap().pointer, "/oneOf/1/properties/y/type");
}

#[test]
fn a_branch_that_changed_is_the_same_branch() {
    let old = json!({"anyOf": [{"enum": ["a", "b"]}, {"type": "integer"}, {"type": "null"}]});
    let new = json!({"anyOf": [{"type": "boolean"}, {"enum": ["a", "c"]}, {"type": "integer"}]});
    assert_eq!(
        rules(&between(&old, &new)),
        [
            (Rule::AnyOfBranchRemoved, "/anyOf".to_owned()),
            (Rule::AnyOfBranchAdded, "/anyOf/0".to_owned()),
            (Rule::EnumValueRemoved, "/anyOf/1/enum".to_owned()),
            (Rule::EnumValueAdded, "/anyOf/1/enum/1".to_owned()),
        ]
    );
}

#[test]
fn recursion_and_moved_definitions_are_followed_once() {
    let schema = |folder: &str, least: u64| {
        json!({
            "$ref": format!("#/{folder}/node"),
            folder: {"node": {
                "type": "object",
                "required": ["value"],
                "properties": {"value": {"type": "string", "minLength": least}, "next": {"$ref": format!("#/{folder}/node")}},
            }},
        })
    };
    let explanation = between(&schema("$defs", 1), &schema("$defs", 2));
    assert_eq!(rules(&explanation), [(Rule::BoundTightened, "/$defs/node/properties/value/minLength".to_owned())]);
    assert!(explanation.changes[0].backward.strict.breaks());
    let explanation = between(&schema("definitions", 1), &schema("$defs", 2));
    let breaking: Vec<_> = explanation.changes.iter().filter(|change| change.backward.breaks()).collect();
    assert_eq!(breaking.len(), 1, "{:?}", rules(&explanation));
    assert_eq!(breaking[0].old.as_ref().unwrap().pointer, "/definitions/node/properties/value/minLength");
}

#[test]
fn a_draft_and_a_change_are_told_apart() {
    let old = json!({"$schema": "http://json-schema.org/draft-04/schema#", "properties": {
        "n": {"type": "number", "minimum": 0, "exclusiveMinimum": true}, "t": {"items": [{"type": "string"}]}}});
    let new = json!({"$schema": "https://json-schema.org/draft/2020-12/schema", "properties": {
        "n": {"type": "number", "exclusiveMinimum": 1}, "t": {"prefixItems": [{"type": "null"}]}}});
    let explanation = between(&old, &new);
    assert_eq!(
        rules(&explanation),
        [
            (Rule::DraftChanged, "/$schema".to_owned()),
            (Rule::BoundTightened, "/properties/n/exclusiveMinimum".to_owned()),
            (Rule::TypeChanged, "/properties/t/prefixItems/0/type".to_owned()),
        ]
    );
    let [draft, bound, place] = &explanation.changes[..] else { panic!() };
    assert_eq!((&draft.backward.strict, &draft.forward.strict), (&Verdict::Keeps, &Verdict::Keeps));
    assert_eq!(bound.old.as_ref().unwrap().pointer, "/properties/n/minimum");
    assert_eq!(place.old.as_ref().unwrap().pointer, "/properties/t/items/0/type");
    assert!(bound.backward.strict.breaks() && place.backward.strict.breaks());
}

#[test]
fn the_questions_are_bounded_and_the_rest_is_counted() {
    let schema = |bound: u64| {
        let properties = (0..50).map(|nth| (format!("p{nth:02}"), json!({"maxLength": bound})));
        json!({"properties": properties.collect::<serde_json::Map<_, _>>()})
    };
    let (old, new) = (schema(5), schema(4));
    let resources = Resources::default();
    let pair = Pair { old: &old, new: &new, draft: Draft::DEFAULT, formats: false, resources: &resources };
    let asked = Cell::new(0_usize);
    let unknown = |_: &Question<'_>| {
        asked.set(asked.get() + 1);
        Answer::Unknown { reason: "nobody looked".to_owned() }
    };
    let explanation = explain(&pair, &unknown, &Bounds { is_over: &|| false, changes_max: 7 });
    assert_eq!((explanation.changes.len(), explanation.omitted, asked.get()), (7, 43, 8 * 4));
    assert_eq!(explanation.changes[0].backward.severity, Severity::Warning);
    asked.set(0);
    let explanation = explain(&pair, &unknown, &Bounds { is_over: &|| asked.get() >= 6, changes_max: 50 });
    assert_eq!((explanation.changes.len(), asked.get()), (50, 6));
    let last = &explanation.changes[49].backward.strict;
    assert_eq!(last, &Verdict::Undecided("the time was up".to_owned()));
}

#[test]
fn words_for_people_are_the_first_to_be_left_out() {
    let old = json!({"title": "a", "description": "a", "maxLength": 3, "type": "string"});
    let new = json!({"title": "b", "description": "b", "maxLength": 2, "type": "string", "minLength": 1});
    let resources = Resources::default();
    let pair = Pair { old: &old, new: &new, draft: Draft::DEFAULT, formats: false, resources: &resources };
    let kept = |changes_max| {
        let explanation = with(&pair, &Bounds { is_over: &|| false, changes_max });
        assert_eq!(explanation.changes.len() + explanation.omitted, 4);
        explanation.changes.into_iter().map(|change| change.keyword).collect::<Vec<_>>()
    };
    assert_eq!(kept(4), ["description", "maxLength", "minLength", "title"]);
    assert_eq!(kept(3), ["description", "maxLength", "minLength"]);
    assert_eq!(kept(1), ["maxLength"]);
}

#[test]
fn what_is_no_schema_is_explained_too() {
    for (old, new) in [
        (json!(1), json!(2)),
        (json!(null), json!({"type": "string"})),
        (
            json!({"properties": [], "items": 3, "anyOf": {}, "enum": 1}),
            json!({"properties": 1, "required": {}, "allOf": 2}),
        ),
        (json!({"$ref": 1, "$defs": []}), json!({"$ref": "#/x~", "dependencies": {"a": 1}})),
        (json!({"$schema": "urn:none"}), json!({"$schema": 5})),
        (json!(false), json!(true)),
    ] {
        let explanation = between(&old, &new);
        assert!(!explanation.changes.is_empty(), "{old} {new}");
    }
    let mut deep = [json!({"minLength": 1}), json!({"minLength": 2})];
    for _ in 0..400 {
        deep = deep.map(|inner| json!({"items": inner}));
    }
    let resources = Resources::default();
    let pair = Pair { old: &deep[0], new: &deep[1], draft: Draft::DEFAULT, formats: false, resources: &resources };
    assert!(explain(&pair, &|_| Answer::Unknown { reason: "too deep".to_owned() }, &ALWAYS).is_cut);
}

fn keeps() -> Effect {
    Effect { strict: Verdict::Keeps, declared: Verdict::Keeps, severity: Severity::Note }
}

/// The same schema with its members and its lists that are sets written from the end.
fn reversed(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let turn = |(name, value): (&String, &Value)| {
                let mut value = reversed(value);
                if let (true, Value::Array(items)) = (["enum", "required", "type"].contains(&name.as_str()), &mut value)
                {
                    items.reverse();
                }
                (name.clone(), value)
            };
            Value::Object(members.iter().rev().map(turn).collect())
        }
        Value::Array(items) => items.iter().map(reversed).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_schema_against_itself_has_nothing_to_explain(schema in generated::schema()) {
        let explanation = between(&schema, &schema);
        prop_assert_eq!(explanation.changes, Vec::new());
        prop_assert!(!explanation.backward.breaks() && !explanation.forward.breaks());
    }

    #[test]
    fn the_order_of_keys_and_of_sets_makes_no_change(schema in generated::schema()) {
        let explanation = between(&schema, &reversed(&schema));
        for change in &explanation.changes {
            prop_assert_eq!((&change.backward, &change.forward), (&keeps(), &keeps()), "{:?}", change);
        }
    }

    #[test]
    fn an_explanation_explains_every_break(old in generated::schema(), new in generated::schema()) {
        let explanation = between(&old, &new);
        for direction in DIRECTIONS {
            let whole = explanation.effect(direction);
            prop_assert!(!whole.strict.breaks() || explanation.changes.iter().any(|c| c.effect(direction).strict.breaks()));
            prop_assert!(!whole.declared.breaks() || explanation.changes.iter().any(|c| c.effect(direction).declared.breaks()));
        }
        for change in &explanation.changes {
            for (root, side) in [(&old, &change.old), (&new, &change.new)] {
                let Some(side) = side else { continue };
                prop_assert!(root.pointer(&side.pointer).is_some(), "{:?}", change);
            }
        }
        // The other way round, the same changes seen from the other side break the other direction.
        let back = between(&new, &old);
        prop_assert_eq!(back.backward.strict.breaks(), explanation.forward.strict.breaks());
    }
}
