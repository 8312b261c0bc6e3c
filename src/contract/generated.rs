//! Schemas for property tests.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Small schemas of draft 2020-12 with most keywords in them, references included.
pub(in crate::contract) fn schema() -> impl Strategy<Value = Value> {
    (inner(), inner()).prop_map(|(mut root, node)| {
        if let Value::Object(members) = &mut root {
            members.insert("$defs".to_owned(), json!({"node": node}));
        }
        root
    })
}

fn inner() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::Bool),
        prop_oneof![Just("string"), Just("integer"), Just("object"), Just("array"), Just("null")]
            .prop_map(|name| json!({"type": name})),
        (0..4_u8, 0..6_u8).prop_map(|(least, most)| json!({"type": "string", "minLength": least, "maxLength": most})),
        (0..4_u8, 0..6_u8).prop_map(|(least, most)| json!({"minimum": least, "exclusiveMaximum": most})),
        proptest::collection::btree_set("[ab1]", 1..3).prop_map(|values| json!({"enum": values})),
        "[a-c]{1,2}".prop_map(|text| json!({"pattern": format!("^{text}"), "title": text})),
        Just(json!({"const": 1})),
        Just(json!({"items": {"$ref": "#/$defs/node"}, "maxItems": 2})),
        Just(json!({"$ref": "#/$defs/node"})),
    ];
    leaf.prop_recursive(2, 12, 3, |inner| {
        let members = proptest::collection::btree_map("[a-c]", inner.clone(), 0..3)
            .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>()));
        let list = proptest::collection::vec(inner.clone(), 1..3).prop_map(Value::Array);
        prop_oneof![
            (members.clone(), proptest::collection::btree_set("[a-c]", 0..3)).prop_map(
                |(properties, required)| json!({"type": "object", "properties": properties, "required": required})
            ),
            (members, any::<bool>())
                .prop_map(|(properties, open)| json!({"properties": properties, "additionalProperties": open})),
            (list.clone(), prop_oneof![Just("anyOf"), Just("oneOf"), Just("allOf")])
                .prop_map(|(list, keyword)| json!({keyword: list})),
            list.prop_map(|list| json!({"prefixItems": list, "minItems": 1})),
            inner.clone().prop_map(|inner| json!({"not": inner})),
            inner.clone().prop_map(|inner| json!({"additionalProperties": inner})),
            (inner.clone(), inner).prop_map(|(condition, then)| json!({"if": condition, "then": then})),
        ]
    })
}

/// Small documents of the kind that those schemas speak of.
pub(in crate::contract) fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::Bool),
        (-1..7_i8).prop_map(Value::from),
        Just(json!(0.5)),
        "[abc1]{0,3}".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::Array),
            proptest::collection::btree_map("[a-c]", inner, 0..3)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}
