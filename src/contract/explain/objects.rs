//! Keywords about objects.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Side;
use super::edit::Edit;
use super::rule::Rule;
use super::walk::{At, Proposal, Walk};
use crate::contract::pointer::child;

impl<'a> Walk<'a> {
    pub(super) fn objects(&mut self, at: &At<'a>) {
        self.required(at);
        self.maps(at, "properties", Rule::PropertyAdded, Rule::PropertyRemoved);
        self.maps(at, "patternProperties", Rule::PatternPropertyAdded, Rule::PatternPropertyRemoved);
        self.remainder(at, "additionalProperties", Rule::AdditionalPropertiesChanged);
        self.remainder(at, "unevaluatedProperties", Rule::UnevaluatedChanged);
        self.keyword(at, "propertyNames", Rule::PropertyNamesChanged);
        for keyword in ["dependencies", "dependentRequired", "dependentSchemas"] {
            self.dependencies(at, keyword);
        }
    }

    /// What is asked of parts that are not spoken of otherwise.
    pub(super) fn remainder(&mut self, at: &At<'a>, keyword: &str, changed: Rule) {
        let old = at.old_value(keyword).unwrap_or(&Value::Bool(true));
        let new = at.new_value(keyword).unwrap_or(&Value::Bool(true));
        if old == new {
            return self.keyword(at, keyword, Rule::Restated);
        }
        match (old, new) {
            (Value::Bool(false), _) => self.keyword(at, keyword, Rule::Opened),
            (_, Value::Bool(false)) => self.keyword(at, keyword, Rule::Closed),
            (Value::Object(_), Value::Object(_)) => {
                if let Some(below) = at.below(&[keyword]) {
                    self.schemas(&below);
                }
            }
            _ => self.keyword(at, keyword, changed),
        }
    }

    fn required(&mut self, at: &At<'a>) {
        let keyword = "required";
        let of = |value: Option<&'a Value>| value.and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        let (old, new) = (of(at.old_value(keyword)), of(at.new_value(keyword)));
        self.names(at, &[keyword], old, new, [Rule::RequiredAdded, Rule::RequiredRemoved]);
    }

    /// Lists of names, one change a name. An empty list is left out: draft 4 allows none.
    fn names(&mut self, at: &At<'a>, path: &[&str], old: &'a [Value], new: &'a [Value], rules: [Rule; 2]) {
        let place = |at: &str| path.iter().fold(at.to_owned(), |at, token| child(&at, token));
        let (old_at, new_at) = (place(&at.old_at), place(&at.new_at));
        let side = |at: &str, list: &[Value], value: &Value| {
            let nth = list.iter().position(|other| other == value)?;
            Some(Side::new(child(at, &nth.to_string()), value))
        };
        for value in new.iter().filter(|value| !old.contains(value)) {
            self.propose(Proposal {
                rule: rules[0],
                keyword: path[0].to_owned(),
                old: at.old_side(path[0]),
                new: side(&new_at, new, value),
                edits: vec![Edit::Push(old_at.clone(), value.clone())],
            });
        }
        for value in old.iter().filter(|value| !new.contains(value)) {
            let shorter: Vec<&Value> = old.iter().filter(|other| *other != value).collect();
            let edit = if shorter.is_empty() {
                Edit::Remove(old_at.clone())
            } else {
                Edit::Set(old_at.clone(), json!(shorter))
            };
            self.propose(Proposal {
                rule: rules[1],
                keyword: path[0].to_owned(),
                old: side(&old_at, old, value),
                new: at.new_side(path[0]),
                edits: vec![edit],
            });
        }
    }

    fn dependencies(&mut self, at: &At<'a>, keyword: &str) {
        let empty = Map::new();
        let of = |value: Option<&'a Value>| value.and_then(Value::as_object);
        let (old, new) = (of(at.old_value(keyword)), of(at.new_value(keyword)));
        let names: BTreeSet<&String> = old.unwrap_or(&empty).keys().chain(new.unwrap_or(&empty).keys()).collect();
        for name in names.into_iter().cloned().collect::<Vec<_>>() {
            let before = old.and_then(|members| members.get(&name));
            let after = new.and_then(|members| members.get(&name));
            let there = child(&at.old_place(keyword), &name);
            let (rule, edit) = match (before, after) {
                (Some(Value::Array(old)), Some(Value::Array(new))) => {
                    self.names(at, &[keyword, &name], old, new, [Rule::DependencyAdded, Rule::DependencyRemoved]);
                    continue;
                }
                (Some(Value::Object(_) | Value::Bool(true)), Some(Value::Object(_) | Value::Bool(true))) => {
                    if let Some(below) = at.below(&[keyword, &name]) {
                        self.schemas(&below);
                    }
                    continue;
                }
                (before, Some(value)) => {
                    if before == Some(value) {
                        continue;
                    }
                    (Rule::DependencyAdded, Edit::Set(there.clone(), value.clone()))
                }
                (_, None) => (Rule::DependencyRemoved, Edit::Remove(there.clone())),
            };
            self.propose(Proposal {
                rule,
                keyword: keyword.to_owned(),
                old: before.map(|value| Side::new(there, value)),
                new: after.map(|value| Side::new(child(&child(&at.new_at, keyword), &name), value)),
                edits: vec![edit],
            });
        }
    }
}
