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

/// One of three definitions that refer to each other, each reference one step into the document.
pub(crate) fn recursive() -> impl Strategy<Value = Value> {
    let reference =
        || prop::sample::select(vec!["x", "y", "z"]).prop_map(|name| json!({"$ref": format!("#/$defs/{name}")}));
    let end = || {
        prop::sample::select(vec![
            json!({"type": "null"}),
            json!({"const": 0}),
            json!(false),
            json!({"type": "array", "maxItems": 0}),
        ])
    };
    let definition = move || {
        prop_oneof![
            2 => (prop::sample::select(vec!["a", "b"]), reference()).prop_map(
                |(name, to)| json!({"type": "object", "required": [name], "properties": {name: to}, "additionalProperties": false})
            ),
            3 => (end(), reference(), reference()).prop_map(|(end, a, b)| json!({"anyOf": [
                end,
                {"type": "object", "required": ["a"], "properties": {"a": a, "b": b}, "additionalProperties": false},
            ]})),
            2 => (reference(), 0..3_u64).prop_map(|(to, least)| json!({"type": "array", "items": to, "minItems": least, "maxItems": 2})),
            3 => (end(), reference(), reference(), 0..3_u64).prop_map(|(end, one, two, least)| json!({"anyOf": [
                end,
                {"type": "array", "prefixItems": [one, two], "items": false, "minItems": least},
            ]})),
            1 => end(),
        ]
    };
    (definition(), definition(), definition())
        .prop_map(|(x, y, z)| json!({"$ref": "#/$defs/x", "$defs": {"x": x, "y": y, "z": z}}))
}

/// All small documents of the kind that [`recursive`] speaks of.
pub(crate) fn small_documents() -> Vec<Value> {
    let mut all = vec![json!(null), json!(0), json!([]), json!({})];
    for _ in 0..2 {
        let inner: Vec<Value> = all.iter().take(24).cloned().collect();
        for one in &inner {
            all.extend([json!({"a": one}), json!({"b": one}), json!([one])]);
            for other in inner.iter().take(8) {
                all.extend([json!({"a": one, "b": other}), json!([one, other])]);
            }
        }
    }
    all
}
