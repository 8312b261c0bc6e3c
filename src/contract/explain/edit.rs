//! Edits: what turns the old schema into one with a single change.

use serde_json::{Map, Value};

use crate::contract::pointer::tokens;

/// One edit, at a pointer into the old schema.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Edit {
    /// The value stands there afterwards; objects on the way are made where there are none.
    Set(String, Value),
    /// Nothing stands there afterwards.
    Remove(String),
    /// The value is appended to the list there; the list is made where there is none.
    Push(String, Value),
}

/// The schema after the edits, made one after the other.
pub(super) fn apply(schema: &Value, edits: &[Edit]) -> Value {
    let mut edited = schema.clone();
    for edit in edits {
        match edit {
            Edit::Set(at, value) => {
                if let Some(place) = place(&mut edited, &tokens(at)) {
                    *place = value.clone();
                }
            }
            Edit::Push(at, value) => match place(&mut edited, &tokens(at)) {
                Some(Value::Array(items)) => items.push(value.clone()),
                Some(other) => *other = Value::Array(vec![value.clone()]),
                None => {}
            },
            Edit::Remove(at) => {
                let removed = edited.pointer(at).cloned();
                remove(&mut edited, &tokens(at));
                if let Some(removed) = removed {
                    keep_for_references(&mut edited, at, removed);
                }
            }
        }
    }
    edited
}

/// What was removed goes on as a definition if references lead into it: only its use where it stood is gone.
fn keep_for_references(schema: &mut Value, at: &str, removed: Value) {
    let before = format!("#{at}");
    if !leads_into(schema, &before) && !leads_into(&removed, &before) {
        return;
    }
    let mut name = "removed".to_owned();
    while schema.pointer(&format!("/$defs/{name}")).is_some() {
        name.push('_');
    }
    if let Some(place) = place(schema, &["$defs".to_owned(), name.clone()]) {
        *place = removed;
    }
    repoint(schema, &before, &format!("#/$defs/{name}"));
}

/// The rest of a reference after what it begins with, if it is that or something inside.
fn inside<'a>(reference: &'a str, before: &str) -> Option<&'a str> {
    reference.strip_prefix(before).filter(|rest| rest.is_empty() || rest.starts_with('/'))
}

fn leads_into(value: &Value, before: &str) -> bool {
    match value {
        Value::Object(members) => {
            let reference = members.get("$ref").and_then(Value::as_str);
            reference.is_some_and(|reference| inside(reference, before).is_some())
                || members.values().any(|inner| leads_into(inner, before))
        }
        Value::Array(items) => items.iter().any(|inner| leads_into(inner, before)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

fn repoint(value: &mut Value, before: &str, after: &str) {
    match value {
        Value::Object(members) => {
            if let Some(Value::String(reference)) = members.get_mut("$ref")
                && let Some(rest) = inside(reference, before)
            {
                *reference = format!("{after}{rest}");
            }
            members.values_mut().for_each(|inner| repoint(inner, before, after));
        }
        Value::Array(items) => items.iter_mut().for_each(|inner| repoint(inner, before, after)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The place of these tokens, made where there is none. The schema `true` opens up to an object.
fn place<'a>(value: &'a mut Value, path: &[String]) -> Option<&'a mut Value> {
    path.iter().try_fold(value, |value, token| {
        if matches!(value, Value::Bool(true) | Value::Null) {
            *value = Value::Object(Map::new());
        }
        match value {
            Value::Object(members) => Some(members.entry(token.clone()).or_insert(Value::Null)),
            Value::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
        }
    })
}

fn remove(value: &mut Value, path: &[String]) {
    let Some((last, before)) = path.split_last() else { return };
    let parent = before.iter().try_fold(value, |value, token| match value {
        Value::Object(members) => members.get_mut(token),
        Value::Array(items) => items.get_mut(token.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    });
    match parent {
        Some(Value::Object(members)) => {
            members.remove(last);
        }
        Some(Value::Array(items)) => {
            if let Some(at) = last.parse().ok().filter(|at| *at < items.len()) {
                items.remove(at);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_edit_changes_its_place_and_nothing_else() {
        let schema = json!({"properties": {"a/b": true}, "anyOf": [1, 2, 3]});
        let set = |at: &str, value| apply(&schema, &[Edit::Set(at.to_owned(), value)]);
        assert_eq!(set("/properties/a~1b/type", json!("null"))["properties"]["a/b"], json!({"type": "null"}));
        assert_eq!(set("/properties/c", json!({}))["properties"], json!({"a/b": true, "c": {}}));
        assert_eq!(set("/items/x", json!(1))["items"], json!({"x": 1}));
        assert_eq!(set("", json!(false)), json!(false));
        assert_eq!(set("/anyOf/7", json!(1)), schema);
        let removed = apply(&schema, &[Edit::Remove("/anyOf/1".to_owned()), Edit::Remove("/properties".to_owned())]);
        assert_eq!(removed, json!({"anyOf": [1, 3]}));
        assert_eq!(apply(&schema, &[Edit::Remove("/x/y".to_owned()), Edit::Remove(String::new())]), schema);
        let pushed =
            apply(&schema, &[Edit::Push("/anyOf".to_owned(), json!(4)), Edit::Push("/allOf".to_owned(), json!(5))]);
        assert_eq!(pushed, json!({"properties": {"a/b": true}, "anyOf": [1, 2, 3, 4], "allOf": [5]}));
    }

    #[test]
    fn references_into_what_was_removed_still_lead_there() {
        let schema = json!({
            "properties": {"a": {"items": {"$ref": "#/properties/a"}}, "b": {"$ref": "#/properties/a/items"}, "ab": {"$ref": "#/properties/ab"}},
            "$defs": {"removed": {}},
        });
        let edited = apply(&schema, &[Edit::Remove("/properties/a".to_owned())]);
        let expected = json!({
            "properties": {"b": {"$ref": "#/$defs/removed_/items"}, "ab": {"$ref": "#/properties/ab"}},
            "$defs": {"removed": {}, "removed_": {"items": {"$ref": "#/$defs/removed_"}}},
        });
        assert_eq!(edited, expected);
    }
}
