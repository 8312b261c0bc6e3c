//! Making a witness smaller while it stays one.

use serde_json::{Value, json};

use super::measure::size;

/// How many smaller documents are tried at most.
const TRIES_MAX: usize = 300;
/// How many values are looked at in all: large documents are tried less often.
const LOOKS_MAX: usize = 200_000;
/// So many bytes of a text count as one value.
const TEXT_BYTES: usize = 64;
/// How many places for a change are listed at a time.
const EDITS_MAX: usize = 1_000;

/// One change that makes a document smaller, at a path from its root.
enum Edit {
    /// The member or item is left out.
    Remove(Vec<Step>),
    /// The value is replaced.
    Replace(Vec<Step>, Value),
}

#[derive(Clone)]
enum Step {
    Member(String),
    Item(usize),
}

/// A document that `is_witness` still accepts and from which nothing more could be left out.
pub(super) fn minimise(document: Value, is_witness: &dyn Fn(&Value) -> bool) -> Value {
    let most = (LOOKS_MAX / weight(&document)).clamp(1, TRIES_MAX);
    let mut best = document;
    let mut tries = 0;
    'again: loop {
        let mut edits = Vec::new();
        list(&best, &mut Vec::new(), &mut edits);
        for edit in edits {
            if tries == most {
                return best;
            }
            tries += 1;
            let mut smaller = best.clone();
            apply(&mut smaller, &edit);
            if is_witness(&smaller) {
                best = smaller;
                continue 'again;
            }
        }
        return best;
    }
}

/// How much there is to look at: values, and the characters of long texts.
fn weight(document: &Value) -> usize {
    fn texts(value: &Value) -> usize {
        match value {
            Value::String(text) => text.len() / TEXT_BYTES,
            Value::Array(items) => items.iter().map(texts).sum(),
            Value::Object(members) => members.iter().map(|(name, value)| name.len() / TEXT_BYTES + texts(value)).sum(),
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        }
    }
    size(document, LOOKS_MAX) + texts(document)
}

/// Lists the changes, those that remove most first.
fn list(value: &Value, path: &mut Vec<Step>, edits: &mut Vec<Edit>) {
    let steps: Vec<Step> = match value {
        Value::Object(members) => members.keys().cloned().map(Step::Member).collect(),
        // From the end, so that what is left keeps its place.
        Value::Array(items) => (0..items.len()).rev().map(Step::Item).collect(),
        Value::String(text) if !text.is_empty() => {
            let half = text.chars().take(text.chars().count() / 2).collect();
            edits.push(Edit::Replace(path.clone(), Value::String(half)));
            return;
        }
        Value::Number(number) if number.as_i64() != Some(0) => {
            edits.push(Edit::Replace(path.clone(), json!(0)));
            return;
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => return,
    };
    for step in &steps {
        if edits.len() >= EDITS_MAX {
            return;
        }
        path.push(step.clone());
        edits.push(Edit::Remove(path.clone()));
        path.pop();
    }
    for step in steps {
        if let Some(inner) = inner(value, &step) {
            if edits.len() >= EDITS_MAX {
                return;
            }
            path.push(step);
            list(inner, path, edits);
            path.pop();
        }
    }
}

fn inner<'a>(value: &'a Value, step: &Step) -> Option<&'a Value> {
    match step {
        Step::Member(name) => value.get(name),
        Step::Item(at) => value.get(at),
    }
}

fn inner_mut<'a>(value: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match step {
        Step::Member(name) => value.get_mut(name),
        Step::Item(at) => value.get_mut(at),
    }
}

fn apply(document: &mut Value, edit: &Edit) {
    let walk = |path: &[Step], document| path.iter().try_fold(document, inner_mut);
    match edit {
        Edit::Remove(path) => {
            let Some((last, before)) = path.split_last() else { return };
            match (walk(before, document), last) {
                (Some(Value::Object(members)), Step::Member(name)) => {
                    members.remove(name);
                }
                (Some(Value::Array(items)), Step::Item(at)) if *at < items.len() => {
                    items.remove(*at);
                }
                _ => {}
            }
        }
        Edit::Replace(path, value) => {
            if let Some(place) = walk(path, document) {
                *place = value.clone();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_needed_goes() {
        let needs_b = |value: &Value| value.pointer("/a/b").is_some_and(Value::is_string);
        let found = minimise(json!({"a": {"b": "long text", "c": 1}, "d": [1, 2]}), &needs_b);
        assert_eq!(found, json!({"a": {"b": ""}}));
    }
}
