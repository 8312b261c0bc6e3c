//! What plainly satisfies a JSON Schema, told without compiling it.
//!
//! Compiling a schema takes longer than everything else that making one request does. Most schemas of details are a
//! handful of texts that must not be blank, and most details satisfy them, which a look shows. Whatever this can't see
//! at once (another keyword, another pattern, a value that does not fit) is for the validator.

use serde_json::Value;

/// A text that is not blank and holds no NUL, as the built-in schemas say it.
const NOT_BLANK: &str = r"^[\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]*[^\u0000\u0009-\u000d\u0020\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000][^\u0000]*$";
const DRAFT: &str = "https://json-schema.org/draft/2020-12/schema";
/// How deep a schema is looked into.
const DEPTH_MAX: usize = 8;

/// Whether a document plainly satisfies a schema. `false` only says that it takes the validator to know.
#[must_use]
pub(super) fn satisfies(document: &Value, schema: &Value) -> bool {
    is_plain(schema, 0) && fits(document, schema)
}

/// Whether a schema says nothing but what [`fits`] understands.
fn is_plain(schema: &Value, depth: usize) -> bool {
    let Some(schema) = schema.as_object().filter(|_| depth < DEPTH_MAX) else { return false };
    schema.iter().all(|(keyword, value)| match keyword.as_str() {
        "$schema" => depth == 0 && value == DRAFT,
        "$id" => depth == 0 && value.as_str().is_some_and(|id| id.starts_with("urn:ledger:schema:type-")),
        "title" | "description" => value.is_string(),
        "type" => matches!(value.as_str(), Some("object" | "string" | "boolean")),
        "enum" => value.as_array().is_some_and(|all| !all.is_empty() && all.iter().all(Value::is_string)),
        "pattern" => value == NOT_BLANK,
        "required" => value.as_array().is_some_and(|all| all.iter().all(Value::is_string)),
        "properties" => value.as_object().is_some_and(|all| all.values().all(|inner| is_plain(inner, depth + 1))),
        _ => false,
    })
}

/// Whether a document satisfies a plain schema.
fn fits(document: &Value, schema: &Value) -> bool {
    schema.as_object().into_iter().flatten().all(|(keyword, value)| match (keyword.as_str(), document) {
        ("type", _) => match value.as_str() {
            Some("object") => document.is_object(),
            Some("string") => document.is_string(),
            _ => document.is_boolean(),
        },
        ("enum", _) => document.as_str().is_some_and(|text| strings(value).any(|option| option == text)),
        ("pattern", Value::String(text)) => !text.contains('\0') && text.chars().any(|c| !c.is_whitespace()),
        ("required", Value::Object(members)) => strings(value).all(|name| members.contains_key(name)),
        ("properties", Value::Object(members)) => value
            .as_object()
            .into_iter()
            .flatten()
            .all(|(name, schema)| members.get(name).is_none_or(|member| fits(member, schema))),
        _ => true,
    })
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    value.as_array().into_iter().flatten().filter_map(Value::as_str)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    const BUG: &str = include_str!("../../schemas/ledger/types/bug.schema.json");
    const INCIDENT: &str = include_str!("../../schemas/ledger/types/incident.schema.json");

    fn text() -> impl Strategy<Value = String> {
        let odd = prop::sample::select(vec![
            "", " ", "\t", "\u{b}", "\u{1c}", "\u{85}", "\u{a0}", "\u{1680}", "\u{180e}", "\u{200a}", "\u{200b}",
            "\u{2028}", "\u{202f}", "\u{205f}", "\u{3000}", "\u{feff}", "\0", "x", "SEV1", "\n",
        ]);
        prop::collection::vec(odd, 0..4).prop_map(|parts| parts.concat())
    }

    fn document() -> impl Strategy<Value = Value> {
        let value = prop_oneof![
            6 => text().prop_map(Value::String),
            1 => Just(Value::Null),
            1 => Just(json!(1)),
            1 => Just(json!(["x"])),
        ];
        let name = prop::sample::select(vec!["impact", "severity", "started_at", "other"]);
        prop::collection::vec((name, value), 0..4)
            .prop_map(|members| members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())
    }

    proptest! {
        #[test]
        fn for_the_built_in_schemas_it_says_what_the_validator_says(document in document()) {
            for text in [BUG, INCIDENT] {
                let schema: Value = serde_json::from_str(text).unwrap();
                let validator = jsonschema::draft202012::new(&schema).unwrap();
                prop_assert_eq!(satisfies(&document, &schema), validator.is_valid(&document));
            }
        }
    }

    #[test]
    fn whatever_it_does_not_know_is_for_the_validator() {
        let document = json!({"impact": "x"});
        assert!(satisfies(&document, &json!({"type": "object", "required": ["impact"]})));
        for schema in [
            json!(true),
            json!({"type": "thing"}),
            json!({"type": ["object"]}),
            json!({"minProperties": 1}),
            json!({"properties": {"other": {"pattern": "("}}}),
            json!({"properties": {"impact": {"$id": "urn:ledger:schema:type-x"}}}),
            json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
            json!({"required": [1]}),
            json!({"enum": []}),
        ] {
            assert!(!satisfies(&document, &schema), "{schema}");
        }
    }
}
