//! A hunter for witnesses: no proof, only attempts. It tries what the schemas name themselves, what lies at their
//! bounds, and small changes of documents that one of them is known to accept.
//!
//! Everything is tried in a fixed order, so the same question finds the same witness.

use serde_json::{Map, Value, json};

/// The most values that are taken from the schemas.
const POOL_MAX: usize = 160;
/// The most names that are taken from the schemas.
const NAMES_MAX: usize = 60;
/// The most documents that are tried.
const TRIES_MAX: usize = 6_000;
/// How deep into a document changes reach.
const DEPTH_MAX: usize = 6;

/// A hunt for one witness.
pub(super) struct Hunt<'a> {
    is_witness: &'a dyn Fn(&Value) -> bool,
    is_over: &'a dyn Fn() -> bool,
    values: Vec<Value>,
    names: Vec<String>,
    tries: usize,
}

impl<'a> Hunt<'a> {
    /// Gathers what the schemas speak of.
    pub(super) fn new(
        is_witness: &'a dyn Fn(&Value) -> bool,
        schemas: [&Value; 2],
        is_over: &'a dyn Fn() -> bool,
    ) -> Self {
        let mut hunt = Self { is_witness, is_over, values: Vec::new(), names: Vec::new(), tries: 0 };
        let plain = json!([null, true, false, 0, 1, -1, 0.5, "", "a", "0", [], {}, [null], [0, 0], {"a": 0}]);
        for value in plain.as_array().into_iter().flatten() {
            hunt.keep(value.clone());
        }
        for schema in schemas {
            hunt.gather(schema);
        }
        hunt
    }

    fn keep(&mut self, value: Value) {
        if self.values.len() < POOL_MAX && !self.values.contains(&value) {
            self.values.push(value);
        }
    }

    fn keep_name(&mut self, name: &str) {
        if self.names.len() < NAMES_MAX && !self.names.iter().any(|known| known == name) {
            self.names.push(name.to_owned());
        }
    }

    /// Constants, examples, and the values at and beside each bound.
    fn gather(&mut self, schema: &Value) {
        let mut open = vec![schema];
        while let Some(schema) = open.pop() {
            match schema {
                Value::Object(members) => {
                    for (keyword, value) in members {
                        self.gather_keyword(keyword, value);
                        if !matches!(keyword.as_str(), "const" | "enum" | "default" | "examples") {
                            open.push(value);
                        }
                    }
                }
                Value::Array(items) => open.extend(items),
                Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
            }
        }
    }

    fn gather_keyword(&mut self, keyword: &str, value: &Value) {
        match (keyword, value) {
            ("const" | "default", value) => self.keep(value.clone()),
            ("enum" | "examples", Value::Array(values)) => values.iter().for_each(|value| self.keep(value.clone())),
            ("minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" | "multipleOf", Value::Number(bound)) => {
                if let Some(whole) = bound.as_i64() {
                    for near in [whole, whole.saturating_sub(1), whole.saturating_add(1)] {
                        self.keep(json!(near));
                    }
                } else if let Some(float) = bound.as_f64() {
                    for near in [float, float - 1.0, float + 1.0, float / 2.0] {
                        self.keep(json!(near));
                    }
                }
            }
            ("minLength" | "maxLength", Value::Number(bound)) => {
                let length = bound.as_u64().unwrap_or(0).min(2_000);
                for near in [length, length.saturating_sub(1), length + 1] {
                    self.keep(json!("a".repeat(usize::try_from(near).unwrap_or(0))));
                }
            }
            ("minItems" | "maxItems", Value::Number(bound)) => {
                let length = bound.as_u64().unwrap_or(0).min(200);
                for near in [length, length.saturating_sub(1), length + 1] {
                    self.keep(Value::Array((0..near).map(Value::from).collect()));
                }
            }
            ("properties", Value::Object(named)) => named.keys().for_each(|name| self.keep_name(name)),
            ("required", Value::Array(named)) => {
                named.iter().filter_map(Value::as_str).for_each(|name| self.keep_name(name));
            }
            _ => {}
        }
    }

    /// Looks for a witness around these documents, and among the values themselves.
    pub(super) fn around(&mut self, starts: &[Value]) -> Option<Value> {
        let values = self.values.clone();
        for document in starts.iter().chain(&values) {
            if self.is_witness(document) {
                return Some(document.clone());
            }
        }
        for start in starts {
            let mut paths = Vec::new();
            list_paths(start, &mut Vec::new(), &mut paths);
            for path in &paths {
                if let Some(found) = self.at(start, path, &values) {
                    return Some(found);
                }
                if self.is_spent() {
                    return None;
                }
            }
        }
        None
    }

    /// Changes a document at one place.
    fn at(&mut self, start: &Value, path: &[String], values: &[Value]) -> Option<Value> {
        let mut changes: Vec<Value> = values.to_vec();
        match start.pointer(&pointer(path)) {
            Some(Value::Object(members)) => {
                for name in members.keys() {
                    let others = members.iter().filter(|(other, _)| *other != name);
                    changes.push(Value::Object(others.map(|(name, value)| (name.clone(), value.clone())).collect()));
                }
                for name in self.names.clone() {
                    for value in [json!(null), json!(0), json!("a"), json!({}), json!([])] {
                        let mut more: Map<String, Value> = members.clone();
                        more.insert(name.clone(), value);
                        changes.push(Value::Object(more));
                    }
                }
            }
            Some(Value::Array(items)) => {
                for value in values.iter().take(12) {
                    changes.push(Value::Array(items.iter().chain([value]).cloned().collect()));
                }
                if let Some((_, fewer)) = items.split_last() {
                    changes.push(Value::Array(fewer.to_vec()));
                }
            }
            _ => {}
        }
        for change in changes {
            let mut document = start.clone();
            *document.pointer_mut(&pointer(path))? = change;
            if self.is_witness(&document) {
                return Some(document);
            }
            if self.is_spent() {
                return None;
            }
        }
        None
    }

    fn is_spent(&self) -> bool {
        self.tries >= TRIES_MAX || (self.tries.is_multiple_of(16) && (self.is_over)())
    }

    fn is_witness(&mut self, document: &Value) -> bool {
        self.tries += 1;
        (self.is_witness)(document)
    }
}

/// All places in a document, the root first.
fn list_paths(value: &Value, path: &mut Vec<String>, paths: &mut Vec<Vec<String>>) {
    paths.push(path.clone());
    if path.len() == DEPTH_MAX {
        return;
    }
    let inner: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().take(8).enumerate().map(|(at, item)| (at.to_string(), item)).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for (step, value) in inner {
        path.push(step);
        list_paths(value, path, paths);
        path.pop();
    }
}

fn pointer(path: &[String]) -> String {
    path.iter().map(|step| format!("/{}", crate::domain::json::pointer_token(step))).collect()
}
