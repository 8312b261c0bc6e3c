//! Parts that no document fits, branches that no document needs, and values that a part refuses: asked of the checker.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::part::{Part, Parts, ignores_siblings};
use super::{Linter, Rule};
use crate::contract::containment::{About, Inquired, Inquiry, Limits};
use crate::contract::keywords::{self, Role};
use crate::contract::pointer::child;

/// The places of parts among those that are asked about.
type Numbers<'p> = BTreeMap<&'p str, usize>;

impl Linter<'_> {
    /// All that only the checker or a validator knows.
    pub(super) fn asked(&mut self, parts: &Parts<'_>) {
        let without_conditions: Vec<(&Part<'_>, Value)> = parts.all.iter().filter_map(without_condition).collect();
        let own = parts.all.iter().map(|part| (part.pointer.as_str(), None));
        let wanted: Vec<(&str, Option<&Value>)> =
            own.chain(without_conditions.iter().map(|(part, rest)| (part.pointer.as_str(), Some(rest)))).collect();
        let subject = self.subject;
        let inquired = Inquired {
            schema: subject.schema,
            draft: subject.draft,
            formats: subject.formats,
            resources: subject.resources,
        };
        let limits = Limits { is_over: self.is_over };
        let Some(mut inquiry) = Inquiry::new(&inquired, &wanted, &limits) else {
            self.is_over();
            return;
        };
        self.values(parts, &inquiry);
        let numbers: Numbers<'_> =
            parts.all.iter().enumerate().map(|(number, part)| (part.pointer.as_str(), number)).collect();
        let mut asker = inquiry.ask(&limits);
        let mut is_none = |under: &[usize], not_under: &[usize]| asker.is_none(About { under, not_under });
        let empty = self.unsatisfiable(parts, &mut is_none);
        for part in parts.all.iter().filter(|part| !ignores_siblings(part.schema, parts.draft)) {
            if !empty.contains(&part.pointer) {
                self.unneeded_any(part, (&numbers, &empty), &mut is_none);
                self.undeciding_one(part, (&numbers, &empty), &mut is_none);
            }
        }
        for (nth, (part, _)) in without_conditions.iter().enumerate() {
            self.unmet_conditions(part, &numbers, parts.all.len() + nth, &mut is_none);
        }
    }

    /// The pointers of all parts that nothing fits. Only the innermost are reported: the others follow from them.
    fn unsatisfiable(
        &mut self,
        parts: &Parts<'_>,
        is_none: &mut dyn FnMut(&[usize], &[usize]) -> bool,
    ) -> BTreeSet<String> {
        let mut empty: BTreeSet<String> = BTreeSet::new();
        for (number, part) in parts.all.iter().enumerate().filter(|(_, part)| may_be_empty(part)) {
            if self.is_over() {
                break;
            }
            if !is_none(&[number], &[]) {
                continue;
            }
            let within = format!("{}/", part.pointer);
            if !empty.range(within.clone()..).next().is_some_and(|inner| inner.starts_with(&within)) {
                let message = "no document is valid here".to_owned();
                self.note(&part.pointer, Rule::Unsatisfiable, message, "say `false` if that is meant".to_owned());
            }
            empty.insert(part.pointer.clone());
        }
        empty
    }

    /// Branches of `anyOf` that let nothing in that another one would not.
    fn unneeded_any(
        &mut self,
        part: &Part<'_>,
        (numbers, empty): (&Numbers<'_>, &BTreeSet<String>),
        is_none: &mut dyn FnMut(&[usize], &[usize]) -> bool,
    ) {
        let branches = branches(part, "anyOf", numbers);
        let mut others: Vec<usize> =
            branches.iter().filter(|(at, _)| !empty.contains(at)).map(|(_, number)| *number).collect();
        // From the end, and without those that were found already: of two equal branches one is needed.
        for (at, number) in branches.iter().rev() {
            if empty.contains(at) || others.len() < 2 || self.is_over() {
                continue;
            }
            let rest: Vec<usize> = others.iter().copied().filter(|other| other != number).collect();
            if is_none(&[numbers[part.pointer.as_str()], *number], &rest) {
                let message = "every document that is valid with this branch is valid without it".to_owned();
                let hint = "leave it out, unless it is there for people or editors to read".to_owned();
                self.note(at, Rule::UnreachableBranch, message, hint);
                others = rest;
            }
        }
    }

    /// Branches of `oneOf` that are never the one that holds.
    fn undeciding_one(
        &mut self,
        part: &Part<'_>,
        (numbers, empty): (&Numbers<'_>, &BTreeSet<String>),
        is_none: &mut dyn FnMut(&[usize], &[usize]) -> bool,
    ) {
        let branches = branches(part, "oneOf", numbers);
        if branches.len() < 2 {
            return;
        }
        for (at, number) in &branches {
            if empty.contains(at) || self.is_over() || !is_none(&[numbers[part.pointer.as_str()], *number], &[]) {
                continue;
            }
            let message = "no valid document is valid under this branch: another one holds wherever it does, or what \
                           stands beside \"oneOf\" excludes it";
            let hint = "if it is to be valid, keep the branches apart; leaving one out lets in what both refuse now";
            self.note(at, Rule::UnreachableBranch, message.to_owned(), hint.to_owned());
        }
    }

    /// `then` and `else` whose case never comes about. `beside` is the number of the part without the three.
    fn unmet_conditions(
        &mut self,
        part: &Part<'_>,
        numbers: &Numbers<'_>,
        beside: usize,
        is_none: &mut dyn FnMut(&[usize], &[usize]) -> bool,
    ) {
        let Some(condition) = numbers.get(child(&part.pointer, "if").as_str()).copied() else { return };
        if self.is_over() || is_none(&[beside], &[]) {
            return;
        }
        let cases: [(&str, &[usize], &[usize], &str); 2] = [
            ("then", &[beside, condition], &[], "no document that is valid beside the \"if\" is valid under it"),
            ("else", &[beside], &[condition], "every document that is valid beside the \"if\" is valid under it"),
        ];
        for (keyword, under, not_under, message) in cases {
            if part.schema.get(keyword).is_some() && is_none(under, not_under) {
                let hint = "leave it out, or mend the \"if\"".to_owned();
                self.note(&child(&part.pointer, keyword), Rule::UnreachableBranch, message.to_owned(), hint);
            }
        }
    }
}

/// The branches of a list: where each stands, and its number.
fn branches(part: &Part<'_>, keyword: &str, numbers: &Numbers<'_>) -> Vec<(String, usize)> {
    let count = part.schema.get(keyword).and_then(Value::as_array).map_or(0, Vec::len);
    let list = child(&part.pointer, keyword);
    let each = (0..count).map(|nth| child(&list, &nth.to_string()));
    each.filter_map(|at| numbers.get(at.as_str()).map(|number| (at.clone(), *number))).collect()
}

/// A part with a condition, as it is without it; none where a schema inside has an address, which a copy would give up.
fn without_condition<'p, 'a>(part: &'p Part<'a>) -> Option<(&'p Part<'a>, Value)> {
    let Value::Object(members) = part.schema else { return None };
    if !members.contains_key("if") || !(members.contains_key("then") || members.contains_key("else")) {
        return None;
    }
    if part.holds_addresses {
        return None;
    }
    let rest = members.iter().filter(|(keyword, _)| !["if", "then", "else"].contains(&keyword.as_str()));
    Some((part, Value::Object(rest.map(|(keyword, value)| (keyword.clone(), value.clone())).collect())))
}

/// Whether it is worth asking: plain types and references are never empty by themselves, and `false` means to be.
fn may_be_empty(part: &Part<'_>) -> bool {
    let Value::Object(members) = part.schema else { return false };
    let says_all =
        |inner: &Value| *inner == Value::Bool(true) || inner.as_object().is_some_and(serde_json::Map::is_empty);
    if members.get("not").is_some_and(says_all) {
        return false;
    }
    let asserts = |keyword: &String| keywords::named(keyword).is_some_and(|known| known.role == Role::Asserts);
    members.keys().filter(|keyword| asserts(keyword) && *keyword != "$ref").count() > 1
        || ["allOf", "enum", "not", "oneOf", "anyOf"].iter().any(|keyword| members.contains_key(*keyword))
}
