//! Schemas whose patterns are spelled so that the validators' engines read them as ECMA-262 means them.

use std::borrow::Cow;

use serde_json::{Map, Value};

use crate::contract::language::{is_plain, plain_pattern, spelled};

/// What an engine can read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Engine {
    /// It looks ahead and behind.
    LooksAround,
    /// It knows no look-around and no references to groups. Such patterns are handed to it as the automaton tells them,
    /// or left out where there is none.
    Plain,
}

/// A schema to hand to an engine.
pub(super) struct Respelled<'a> {
    /// The schema.
    pub(super) schema: Cow<'a, Value>,
    /// Whether a pattern stands in it that could not be spelled so that all read it in one way.
    pub(super) is_doubtful: bool,
}

/// A schema as an engine is to read it.
pub(super) fn respelled(schema: &Value, engine: Engine) -> Respelled<'_> {
    let mut is_doubtful = false;
    let schema = match needs_words(schema) {
        true => Cow::Owned(Words { engine, is_doubtful: &mut is_doubtful }.schema(schema)),
        false => Cow::Borrowed(schema),
    };
    Respelled { schema, is_doubtful }
}

/// Whether anything that may be a pattern is not the same to every engine.
fn needs_words(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.iter().any(|(name, value)| match (name.as_str(), value) {
            ("pattern", Value::String(pattern)) => !is_plain(pattern),
            ("patternProperties", Value::Object(patterns)) => {
                patterns.iter().any(|(pattern, inner)| !is_plain(pattern) || needs_words(inner))
            }
            (_, value) => needs_words(value),
        }),
        Value::Array(items) => items.iter().any(needs_words),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => false,
    }
}

/// Puts patterns into other words.
struct Words<'a> {
    engine: Engine,
    is_doubtful: &'a mut bool,
}

impl Words<'_> {
    fn schema(&mut self, schema: &Value) -> Value {
        match schema {
            Value::Object(members) => {
                Value::Object(members.iter().filter_map(|(name, value)| self.member(name, value)).collect())
            }
            Value::Array(items) => Value::Array(items.iter().map(|item| self.schema(item)).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
        }
    }

    fn member(&mut self, name: &str, value: &Value) -> Option<(String, Value)> {
        let value = match (name, value) {
            ("pattern", Value::String(pattern)) => Value::String(self.pattern(pattern)?),
            ("patternProperties", Value::Object(patterns)) => {
                let mut respelled = Map::new();
                for (pattern, inner) in patterns {
                    let mut words = self.pattern(pattern).unwrap_or_else(|| pattern.clone());
                    // Two patterns may come to the same words; both count.
                    while respelled.contains_key(&words) {
                        words.push_str("(?:)");
                    }
                    respelled.insert(words, self.schema(inner));
                }
                Value::Object(respelled)
            }
            // What stands under names of people's choice are schemas, whatever the names.
            ("properties" | "$defs" | "definitions" | "dependentSchemas" | "dependencies", Value::Object(named)) => {
                Value::Object(named.iter().map(|(name, inner)| (name.clone(), self.schema(inner))).collect())
            }
            ("enum" | "const" | "default" | "examples", value) => value.clone(),
            (_, value) => self.schema(value),
        };
        Some((name.to_owned(), value))
    }

    /// The pattern in other words; `None` where the engine is not to be asked.
    fn pattern(&mut self, pattern: &str) -> Option<String> {
        if is_plain(pattern) {
            return Some(pattern.to_owned());
        }
        let spelled = spelled(pattern);
        match (self.engine, spelled) {
            (Engine::LooksAround, Some(spelled)) => Some(spelled.text),
            (Engine::LooksAround, None) => {
                *self.is_doubtful = true;
                Some(pattern.to_owned())
            }
            (Engine::Plain, Some(spelled)) if !spelled.looks_around => Some(spelled.text),
            (Engine::Plain, _) => plain_pattern(pattern),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patterns_are_spelled_wherever_they_stand_and_nothing_else_is() {
        let schema = json!({
            "properties": {"const": {"pattern": "\\d"}, "pattern": {"type": "string"}},
            "patternProperties": {"\\d": {"minLength": 1}, "[0-9]": {"maxLength": 2}},
            "const": {"pattern": "\\d"},
        });
        let respelled = respelled(&schema, Engine::LooksAround);
        assert!(!respelled.is_doubtful);
        assert_eq!(
            *respelled.schema,
            json!({
                "properties": {"const": {"pattern": "[0-9]"}, "pattern": {"type": "string"}},
                "patternProperties": {"[0-9]": {"maxLength": 2}, "[0-9](?:)": {"minLength": 1}},
                "const": {"pattern": "\\d"},
            })
        );
    }

    #[test]
    fn what_an_engine_can_not_read_is_kept_from_it() {
        let schema = json!({"allOf": [{"pattern": "(?=a)."}, {"pattern": "(a)\\1"}]});
        let first = respelled(&schema, Engine::LooksAround);
        assert!(first.is_doubtful);
        assert_eq!(first.schema["allOf"][1], schema["allOf"][1]);
        let second = respelled(&schema, Engine::Plain);
        assert_eq!(second.schema["allOf"][1], json!({}));
        let plain = second.schema["allOf"][0]["pattern"].as_str().unwrap();
        assert!(!plain.contains("(?="), "{plain}");
        assert!(matches!(respelled(&json!({"pattern": "^a"}), Engine::Plain).schema, Cow::Borrowed(_)));
    }
}
