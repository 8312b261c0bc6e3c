//! Properties that one schema declares or requires and another one for the same object forbids.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::part::{Parts, ignores_siblings};
use super::{Linter, Rule};
use crate::contract::language::{LanguageId, Languages};
use crate::contract::pointer::{child, tokens};

/// How many schemas that hold for one object are looked at together.
const TOGETHER_MAX: usize = 100;

/// A schema that holds for an object, or may hold, and where it stands.
struct Holding<'a> {
    pointer: String,
    members: &'a Map<String, Value>,
    /// Whether it holds for every object that the outermost one holds for.
    always: bool,
}

impl<'a> Linter<'a> {
    pub(super) fn forbidden(&mut self, parts: &Parts<'a>) {
        let mut languages = Languages::default();
        let mut told = BTreeSet::new();
        for part in &parts.all {
            if self.is_over() {
                return;
            }
            let together = self.together(&part.pointer, part.schema);
            let has_closed = |holding: &Holding<'_>| {
                holding.always && holding.members.get("additionalProperties") == Some(&Value::Bool(false))
            };
            for closed in together.iter().filter(|holding| has_closed(holding)) {
                let allowed = allowed(&mut languages, closed.members);
                for holding in &together {
                    let own = std::ptr::eq(holding.members, closed.members);
                    for (at, name, how) in named(holding, own) {
                        let is_out = languages.contains(allowed, name) == Some(false);
                        if is_out && told.insert((at.clone(), closed.pointer.clone())) {
                            let by = child(&closed.pointer, "additionalProperties");
                            let message = format!("the property {name:?} is {how}, and {by} forbids it");
                            let hint = format!("declare {name:?} beside the \"additionalProperties\", or open it");
                            self.note(&at, Rule::ForbiddenProperty, message, hint);
                        }
                    }
                }
            }
        }
    }

    /// All schemas that hold for what a schema holds for: itself, its `allOf`, and where its references lead; and those
    /// that may hold for it, its branches.
    fn together(&self, pointer: &str, schema: &'a Value) -> Vec<Holding<'a>> {
        let mut open = vec![(pointer.to_owned(), schema, true)];
        let mut together: Vec<Holding<'a>> = Vec::new();
        while let Some((pointer, schema, always)) = open.pop() {
            let Value::Object(members) = schema else { continue };
            if together.len() == TOGETHER_MAX || together.iter().any(|holding| std::ptr::eq(holding.members, members)) {
                continue;
            }
            if let Some(Value::String(reference)) = members.get("$ref")
                && let Some(at) = reference.strip_prefix('#')
                && let Some(target) = self.subject.schema.pointer(at)
            {
                let at = tokens(at).iter().fold(String::new(), |at, token| child(&at, token));
                open.push((at, target, always));
            }
            if ignores_siblings(schema, self.draft) {
                continue;
            }
            for (keyword, always) in [("allOf", always), ("anyOf", false), ("oneOf", false)] {
                let list = child(&pointer, keyword);
                let branches = members.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate();
                open.extend(branches.map(|(nth, branch)| (child(&list, &nth.to_string()), branch, always)));
            }
            for keyword in ["then", "else"].into_iter().filter(|_| members.contains_key("if")) {
                open.extend(members.get(keyword).map(|branch| (child(&pointer, keyword), branch, false)));
            }
            together.push(Holding { pointer, members, always });
        }
        together
    }
}

/// The names that a closed schema lets through.
fn allowed(languages: &mut Languages, members: &Map<String, Value>) -> LanguageId {
    let object = |keyword: &str| members.get(keyword).and_then(Value::as_object);
    let names: Vec<&str> = object("properties").into_iter().flatten().map(|(name, _)| name.as_str()).collect();
    let mut allowed = languages.finite(names);
    for (pattern, _) in object("patternProperties").into_iter().flatten() {
        let more = languages.pattern(pattern);
        allowed = languages.join(allowed, more);
    }
    allowed
}

/// The properties that a schema speaks of: where, which, and how.
fn named<'a>(holding: &Holding<'a>, own: bool) -> Vec<(String, &'a str, &'static str)> {
    let mut named = Vec::new();
    let required = holding.members.get("required").and_then(Value::as_array).into_iter().flatten();
    for (nth, name) in required.enumerate() {
        if let Some(name) = name.as_str() {
            named.push((child(&child(&holding.pointer, "required"), &nth.to_string()), name, "required"));
        }
    }
    if !own {
        let declared = holding.members.get("properties").and_then(Value::as_object).into_iter().flatten();
        let allowed = declared.filter(|(_, schema)| **schema != Value::Bool(false));
        named.extend(
            allowed.map(|(name, _)| (child(&child(&holding.pointer, "properties"), name), name.as_str(), "declared")),
        );
    }
    named
}
