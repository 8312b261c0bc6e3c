//! Small schemas and documents, at random.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Documents that the schemas below speak of.
pub(crate) fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        (-3..6_i64).prop_map(Value::from),
        prop_oneof![Just(0.5), Just(1.5), Just(2.25)].prop_map(Value::from),
        "[ab]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("[abc]", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn merged(parts: Vec<Value>) -> Value {
    let mut all = Map::new();
    for part in parts {
        if let Value::Object(members) = part {
            all.extend(members);
        }
    }
    Value::Object(all)
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![(-2..5_i64).prop_map(Value::from), Just(json!(0.5)), Just(json!(1.5))]
}

fn plain() -> impl Strategy<Value = Value> {
    let types = prop::sample::select(vec!["null", "boolean", "integer", "number", "string", "array", "object"]);
    prop_oneof![
        Just(json!({})),
        types.clone().prop_map(|name| json!({"type": name})),
        prop::collection::btree_set(types, 2..4)
            .prop_map(|names| json!({"type": names.into_iter().collect::<Vec<_>>()})),
        document().prop_map(|value| json!({"const": value})),
        prop::collection::vec(document(), 1..4).prop_map(|values| json!({"enum": values})),
        number().prop_map(|value| json!({"minimum": value})),
        number().prop_map(|value| json!({"exclusiveMaximum": value})),
        prop::sample::select(vec![json!(2), json!(3), json!(0.5), json!(1)]).prop_map(|of| json!({"multipleOf": of})),
        (0..3_u64).prop_map(|count| json!({"minLength": count})),
        (0..3_u64).prop_map(|count| json!({"maxLength": count})),
        prop::sample::select(vec!["^a", "b$", "^[ab]+$", "^(a|b)?$", "a.b", "^(?!a)"])
            .prop_map(|pattern| json!({"pattern": pattern})),
        (0..3_u64).prop_map(|count| json!({"minItems": count})),
        (0..3_u64).prop_map(|count| json!({"maxItems": count})),
        Just(json!({"uniqueItems": true})),
        (0..3_u64).prop_map(|count| json!({"minProperties": count})),
        (0..3_u64).prop_map(|count| json!({"maxProperties": count})),
        prop::collection::btree_set("[abc]", 1..3)
            .prop_map(|names| json!({"required": names.into_iter().collect::<Vec<_>>()})),
        Just(json!({"dependentRequired": {"a": ["b"]}})),
    ]
}

/// Schemas of draft 2020-12.
pub(crate) fn schema() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        1 => any::<bool>().prop_map(Value::from),
        8 => prop::collection::vec(plain(), 1..4).prop_map(merged),
    ];
    leaf.prop_recursive(3, 16, 3, |inner| {
        let list = || prop::collection::vec(inner.clone(), 1..4);
        let part = prop_oneof![
            list().prop_map(|all| json!({"allOf": all})),
            list().prop_map(|all| json!({"anyOf": all})),
            list().prop_map(|all| json!({"oneOf": all})),
            inner.clone().prop_map(|inner| json!({"not": inner})),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(condition, then, other)| json!({"if": condition, "then": then, "else": other})),
            inner.clone().prop_map(|inner| json!({"items": inner})),
            (list(), inner.clone()).prop_map(|(prefix, rest)| json!({"prefixItems": prefix, "items": rest})),
            (inner.clone(), 0..3_u64).prop_map(|(inner, least)| json!({"contains": inner, "minContains": least})),
            (inner.clone(), 0..2_u64).prop_map(|(inner, most)| json!({"contains": inner, "maxContains": most})),
            prop::collection::btree_map("[abc]", inner.clone(), 1..3)
                .prop_map(|members| json!({"properties": members})),
            (prop::collection::btree_map("[abc]", inner.clone(), 1..3), inner.clone())
                .prop_map(|(members, rest)| json!({"properties": members, "additionalProperties": rest})),
            inner.clone().prop_map(|inner| json!({"patternProperties": {"^[ab]": inner}})),
            inner.clone().prop_map(|inner| json!({"propertyNames": inner})),
            inner.clone().prop_map(|inner| json!({"dependentSchemas": {"a": inner}})),
            (list(), inner.clone()).prop_map(|(all, rest)| json!({"anyOf": all, "unevaluatedProperties": rest})),
            (list(), inner.clone()).prop_map(|(all, rest)| json!({"oneOf": all, "unevaluatedItems": rest})),
        ];
        (part, prop::option::of(plain())).prop_map(|(part, more)| match more {
            Some(more) => merged(vec![more, part]),
            None => part,
        })
    })
}
