//! The old schema in the words of the new schema's draft, so that both can be walked through side by side.

use serde_json::{Map, Value};

use crate::contract::draft::Draft;
use crate::contract::keywords::{self, Holds};

/// The deepest nesting that is put into other words.
const DEPTH_MAX: usize = 128;

/// The schema in the words of another draft. What has no counterpart stays as it is.
pub(super) fn translated(schema: &Value, from: Draft, to: Draft) -> Value {
    let mut translated = inner(schema, from, to, 0);
    if from != to
        && let Value::Object(members) = &mut translated
    {
        members.insert("$schema".to_owned(), to.meta_schema().into());
    }
    translated
}

fn inner(schema: &Value, from: Draft, to: Draft, depth: usize) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    if from == to || depth == DEPTH_MAX {
        return schema.clone();
    }
    let mut after = Map::new();
    for (keyword, value) in members {
        let holds =
            keywords::named(keyword).filter(|known| known.is_in(from)).map_or(Holds::Nothing, |known| known.holds);
        let one = |value: &Value| inner(value, from, to, depth + 1);
        let value = match (holds, value) {
            (Holds::Nothing, value) => value.clone(),
            (Holds::List | Holds::OneOrList, Value::Array(items)) => items.iter().map(one).collect(),
            (Holds::Map, Value::Object(members)) => {
                Value::Object(members.iter().map(|(name, value)| (name.clone(), one(value))).collect())
            }
            (Holds::One | Holds::List | Holds::OneOrList | Holds::Map, value) => one(value),
        };
        after.insert(keyword.clone(), value);
    }
    if from == Draft::Draft4 && to > from {
        rename(&mut after, "id", "$id");
        exclusive(&mut after, "minimum", "exclusiveMinimum");
        exclusive(&mut after, "maximum", "exclusiveMaximum");
    }
    if from < Draft::Draft202012 && to == Draft::Draft202012 && after.get("items").is_some_and(Value::is_array) {
        rename(&mut after, "items", "prefixItems");
        rename(&mut after, "additionalItems", "items");
    }
    Value::Object(after)
}

fn rename(members: &mut Map<String, Value>, from: &str, to: &str) {
    if let Some(value) = members.remove(from) {
        members.insert(to.to_owned(), value);
    }
}

/// In draft 4 an exclusive bound is a bound and a yes.
fn exclusive(members: &mut Map<String, Value>, bound: &str, exclusive: &str) {
    match members.get(exclusive) {
        Some(Value::Bool(true)) => rename(members, bound, exclusive),
        Some(Value::Bool(false)) => {
            members.remove(exclusive);
        }
        _ => {}
    }
}

/// The pointer into the schema as it was written, for a pointer into the translated one.
pub(super) fn pointer_before(written: &Value, translated: &str) -> String {
    let mut at = written;
    let mut pointer = String::new();
    for token in translated.split('/').skip(1) {
        let plain = token.replace("~1", "/").replace("~0", "~");
        let is_tuple = at.get("items").is_some_and(Value::is_array);
        let before = match plain.as_str() {
            "prefixItems" if is_tuple && at.get("prefixItems").is_none() => "items",
            "items" if is_tuple => "additionalItems",
            "$id" if at.get("$id").is_none() => "id",
            "exclusiveMinimum" if at.get("exclusiveMinimum").is_some_and(Value::is_boolean) => "minimum",
            "exclusiveMaximum" if at.get("exclusiveMaximum").is_some_and(Value::is_boolean) => "maximum",
            same => same,
        };
        let next = match at {
            Value::Object(members) => members.get(before),
            Value::Array(items) => before.parse::<usize>().ok().and_then(|nth| items.get(nth)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        };
        let Some(next) = next else { break };
        pointer = crate::contract::pointer::child(&pointer, before);
        at = next;
    }
    pointer
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_draft_says_otherwise_is_said_otherwise() {
        let old = json!({
            "id": "http://example.com/a",
            "properties": {
                "n": {"minimum": 1, "exclusiveMinimum": true, "maximum": 2, "exclusiveMaximum": false},
                "id": {"items": [{"type": "null"}], "additionalItems": false},
                "enum": {"enum": [{"id": 1}]},
            },
        });
        let new = translated(&old, Draft::Draft4, Draft::Draft202012);
        let expected = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": "http://example.com/a",
            "properties": {
                "n": {"exclusiveMinimum": 1, "maximum": 2},
                "id": {"prefixItems": [{"type": "null"}], "items": false},
                "enum": {"enum": [{"id": 1}]},
            },
        });
        assert_eq!(new, expected);
        for (after, before) in [
            ("/properties/id/prefixItems/0/type", "/properties/id/items/0/type"),
            ("/properties/id/items", "/properties/id/additionalItems"),
            ("/properties/n/exclusiveMinimum", "/properties/n/minimum"),
            ("/$id", "/id"),
            ("/nowhere/at/all", ""),
        ] {
            assert_eq!(pointer_before(&old, after), before);
            assert!(old.pointer(before).is_some());
        }
        assert_eq!(translated(&old, Draft::Draft4, Draft::Draft4), old);
    }
}
