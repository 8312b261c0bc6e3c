//! How many schemas a validator has to try on a document, found out without trying: a schema that is referred to twice
//! is tried twice, and what it refers to four times. Validators keep no account of that, and have no deadline.

use std::cell::RefCell;

use rustc_hash::FxHashMap;
use serde_json::Value;

use crate::contract::compile::{Place, Sources};
use crate::contract::draft::Draft;
use crate::contract::resources::Resources;

/// The most trials that a validator is trusted with.
const TRIALS_MAX: u64 = 300_000;
/// Schemas with fewer references than these can't multiply that far.
const REFERENCES_FEW: usize = 10;
/// The deepest nesting of trials.
const DEPTH_MAX: usize = 2_000;

/// A schema whose trials are counted.
pub(super) struct Effort<'a> {
    sources: Sources<'a>,
    root: Place<'a>,
    known: FxHashMap<(*const Value, *const Value), u64>,
}

/// Both schemas of a question, if they refer often enough for a count to be worth it.
pub(super) struct Efforts<'a> {
    of_each: RefCell<Vec<Effort<'a>>>,
}

impl<'a> Efforts<'a> {
    pub(super) fn new(schemas: [&'a Value; 2], draft: Draft, resources: &'a Resources) -> Self {
        let given: usize = resources.iter().map(|(_, document)| references(document)).sum();
        let many = schemas.into_iter().filter(|schema| given + references(schema) >= REFERENCES_FEW);
        Self { of_each: RefCell::new(many.filter_map(|schema| Effort::new(schema, draft, resources)).collect()) }
    }

    /// Whether trying a schema on this document takes too many trials.
    pub(super) fn are_too_much(&self, document: &Value) -> bool {
        self.of_each.borrow_mut().iter_mut().any(|effort| {
            effort.known.clear();
            effort.trials(effort.root, document, 0) > TRIALS_MAX
        })
    }
}

/// How many references stand in a schema; counted no further than there are few.
fn references(schema: &Value) -> usize {
    let mut open = vec![schema];
    let mut count = 0;
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                count += members.keys().filter(|name| is_reference(name)).count();
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
        if count >= REFERENCES_FEW {
            break;
        }
    }
    count
}

fn is_reference(keyword: &str) -> bool {
    matches!(keyword, "$ref" | "$dynamicRef" | "$recursiveRef")
}

impl<'a> Effort<'a> {
    fn new(schema: &'a Value, draft: Draft, resources: &'a Resources) -> Option<Self> {
        let (sources, resource) = Sources::new(schema, "json-schema:///", draft, resources).ok()?;
        Some(Self { sources, root: Place::new(schema, resource), known: FxHashMap::default() })
    }

    /// The trials that a schema takes on a value.
    fn trials(&mut self, place: Place<'a>, value: &Value, depth: usize) -> u64 {
        let Value::Object(members) = place.schema() else { return 1 };
        let key = (std::ptr::from_ref(place.schema()), std::ptr::from_ref(value));
        if let Some(known) = self.known.get(&key) {
            return *known;
        }
        if depth == DEPTH_MAX {
            return u64::MAX;
        }
        // What leads back here is not followed again.
        self.known.insert(key, 1);
        let mut all: u64 = 1;
        for (keyword, inner) in members {
            let more = self.keyword(place, keyword, inner, value, depth + 1);
            all = all.saturating_add(more);
        }
        self.known.insert(key, all);
        all
    }

    fn keyword(&mut self, place: Place<'a>, keyword: &str, inner: &'a Value, value: &Value, depth: usize) -> u64 {
        let mut all: u64 = 0;
        let mut add = |effort: &mut Self, schema: &'a Value, value: &Value| {
            let at = effort.sources.inside(place, schema);
            all = all.saturating_add(effort.trials(at, value, depth));
        };
        match (keyword, inner, value) {
            (name, Value::String(reference), value) if is_reference(name) => {
                return match self.sources.find_from(place, reference) {
                    Some(target) => self.trials(target, value, depth),
                    None => 0,
                };
            }
            ("not" | "if" | "then" | "else", schema, value) => add(self, schema, value),
            ("allOf" | "anyOf" | "oneOf", Value::Array(schemas), value) => {
                schemas.iter().for_each(|schema| add(self, schema, value));
            }
            ("dependentSchemas" | "dependencies", Value::Object(schemas), value) => {
                schemas.values().for_each(|schema| add(self, schema, value));
            }
            ("properties", Value::Object(schemas), Value::Object(members)) => {
                for (name, member) in members {
                    schemas.get(name).into_iter().for_each(|schema| add(self, schema, member));
                }
            }
            ("patternProperties", Value::Object(schemas), Value::Object(members)) => {
                for schema in schemas.values() {
                    members.values().for_each(|member| add(self, schema, member));
                }
            }
            ("additionalProperties" | "unevaluatedProperties", schema, Value::Object(members)) => {
                members.values().for_each(|member| add(self, schema, member));
            }
            ("items" | "prefixItems", Value::Array(schemas), Value::Array(items)) => {
                schemas.iter().zip(items).for_each(|(schema, item)| add(self, schema, item));
            }
            ("items" | "additionalItems" | "contains" | "unevaluatedItems", schema, Value::Array(items)) => {
                items.iter().for_each(|item| add(self, schema, item));
            }
            _ => {}
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_referred_to_twice_at_every_level_is_too_much() {
        let chain = |levels: usize| {
            let mut all = serde_json::Map::new();
            for level in 0..levels {
                let next = json!({"$ref": format!("#/$defs/d{}", level + 1)});
                all.insert(format!("d{level}"), json!({"allOf": [next, {"minimum": 0, "$ref": next["$ref"]}]}));
            }
            all.insert(format!("d{levels}"), json!({"type": "integer"}));
            json!({"$ref": "#/$defs/d0", "$defs": all})
        };
        let too_much = |schema: &Value| {
            let resources = Resources::default();
            Efforts::new([schema, &json!({})], Draft::Draft202012, &resources).are_too_much(&json!(1))
        };
        assert!(too_much(&chain(28)));
        assert!(!too_much(&chain(12)));
        assert!(!too_much(&json!({"items": {"$ref": "#"}})));
    }
}
