//! Whether keywords have values of the kind that they need. What has none is no schema: nobody can say what it means.
//!
//! Not all that the drafts' own schemas ask for is asked here: lists that hold a value twice, say, still mean something.

use serde_json::Value;

use super::{Obstacle, Schema, count_of, kind};
use crate::contract::draft::Draft;

/// Says which keyword has no value that it could have.
pub(super) fn check(schema: Schema<'_>) -> Result<(), Obstacle> {
    match schema.members.iter().find_map(|(keyword, value)| Some((keyword, value, wanted(keyword, value, schema)?))) {
        Some((keyword, value, wanted)) => {
            let found = match value {
                Value::Array(_) | Value::Object(_) => kind(value).to_owned(),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.to_string(),
            };
            Err(Obstacle::fault(format!("no schema of {}: {keyword:?} needs {wanted}, not {found}", schema.draft)))
        }
        None => Ok(()),
    }
}

/// What a keyword needs, if its value is not so.
fn wanted(keyword: &str, value: &Value, schema: Schema<'_>) -> Option<&'static str> {
    let draft = schema.draft;
    let (is_so, wanted) = match keyword {
        "type" => (is_type(value), "a type or a list of different types"),
        "enum" => (value.is_array(), "a list"),
        "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
            (count_of(value).is_some(), "a whole number, not below zero")
        }
        "minContains" | "maxContains" if draft >= Draft::Draft201909 => {
            (count_of(value).is_some(), "a whole number, not below zero")
        }
        "minimum" | "maximum" => (value.is_number(), "a number"),
        "exclusiveMinimum" | "exclusiveMaximum" if draft == Draft::Draft4 => (value.is_boolean(), "true or false"),
        "exclusiveMinimum" | "exclusiveMaximum" => (value.is_number(), "a number"),
        "multipleOf" => (value.as_f64().is_some_and(|number| number > 0.0), "a number above zero"),
        "pattern" | "format" | "$ref" => (value.is_string(), "a text"),
        "$dynamicRef" if draft == Draft::Draft202012 => (value.is_string(), "a text"),
        "$recursiveRef" if draft == Draft::Draft201909 => (value.is_string(), "a text"),
        "uniqueItems" => (value.is_boolean(), "true or false"),
        "required" if draft == Draft::Draft4 => {
            (are_texts(value) && value.as_array().is_some_and(|names| !names.is_empty()), "a list of some names")
        }
        "required" => (are_texts(value), "a list of names"),
        "properties" | "patternProperties" | "dependencies" => (value.is_object(), "an object of schemas"),
        "dependentSchemas" if draft >= Draft::Draft201909 => (value.is_object(), "an object of schemas"),
        "dependentRequired" if draft >= Draft::Draft201909 => {
            (value.as_object().is_some_and(|names| names.values().all(are_texts)), "an object of lists of names")
        }
        "allOf" | "anyOf" | "oneOf" => (is_filled(value), "a list of at least one schema"),
        "prefixItems" if draft == Draft::Draft202012 => (is_filled(value), "a list of at least one schema"),
        _ => return None,
    };
    (!is_so).then_some(wanted)
}

fn is_type(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(names) => {
            !names.is_empty()
                && names.iter().enumerate().all(|(at, name)| name.is_string() && !names[..at].contains(name))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => false,
    }
}

fn are_texts(value: &Value) -> bool {
    value.as_array().is_some_and(|items| items.iter().all(Value::is_string))
}

fn is_filled(value: &Value) -> bool {
    value.as_array().is_some_and(|items| !items.is_empty())
}
