//! Keywords that combine schemas.

use std::cmp::Reverse;

use serde_json::{Map, Value};

use super::Side;
use super::edit::Edit;
use super::rule::Rule;
use super::walk::{At, Proposal, Walk};
use crate::contract::pointer::child;

/// More branches than these are paired by their places only.
const PAIRED_MAX: usize = 60;

/// The rules of a list of branches.
#[derive(Clone, Copy)]
struct Rules {
    keyword: &'static str,
    added: Rule,
    removed: Rule,
    changed: Rule,
}

const LISTS: [Rules; 3] = [
    Rules {
        keyword: "allOf",
        added: Rule::AllOfBranchAdded,
        removed: Rule::AllOfBranchRemoved,
        changed: Rule::AllOfChanged,
    },
    Rules {
        keyword: "anyOf",
        added: Rule::AnyOfBranchAdded,
        removed: Rule::AnyOfBranchRemoved,
        changed: Rule::AnyOfChanged,
    },
    Rules {
        keyword: "oneOf",
        added: Rule::OneOfBranchAdded,
        removed: Rule::OneOfBranchRemoved,
        changed: Rule::OneOfChanged,
    },
];

impl<'a> Walk<'a> {
    pub(super) fn combinations(&mut self, at: &At<'a>) {
        for rules in LISTS {
            match (at.old_value(rules.keyword), at.new_value(rules.keyword)) {
                (Some(Value::Array(old)), Some(Value::Array(new))) => self.branches(at, rules, old, new),
                _ => self.keyword(at, rules.keyword, rules.changed),
            }
        }
        self.keyword(at, "not", Rule::NotChanged);
        self.condition(at);
    }

    fn branches(&mut self, at: &At<'a>, rules: Rules, old: &'a [Value], new: &'a [Value]) {
        if old == new {
            return;
        }
        let pairs = paired(old, new);
        if pairs.is_empty() {
            return self.keyword(at, rules.keyword, rules.changed);
        }
        let place = |at: &str, nth: usize| child(&child(at, rules.keyword), &nth.to_string());
        for (left, right) in &pairs {
            self.schemas(&At {
                old: &old[*left],
                new: &new[*right],
                old_at: place(&at.old_at, *left),
                new_at: place(&at.new_at, *right),
            });
        }
        for nth in (0..new.len()).filter(|nth| pairs.iter().all(|(_, right)| right != nth)) {
            self.propose(Proposal {
                rule: rules.added,
                keyword: rules.keyword.to_owned(),
                old: at.old_side(rules.keyword),
                new: Some(Side::new(place(&at.new_at, nth), &new[nth])),
                edits: vec![Edit::Push(at.old_place(rules.keyword), new[nth].clone())],
            });
        }
        for nth in (0..old.len()).filter(|nth| pairs.iter().all(|(left, _)| left != nth)) {
            self.propose(Proposal {
                rule: rules.removed,
                keyword: rules.keyword.to_owned(),
                old: Some(Side::new(place(&at.old_at, nth), &old[nth])),
                new: at.new_side(rules.keyword),
                edits: vec![Edit::Remove(place(&at.old_at, nth))],
            });
        }
    }

    /// `then` and `else` are compared by themselves only under the same `if`.
    fn condition(&mut self, at: &At<'a>) {
        if at.same("if") {
            for keyword in ["then", "else"] {
                match (at.old_value(keyword), at.new_value(keyword)) {
                    (Some(Value::Object(_)), Some(Value::Object(_))) => {
                        if let Some(below) = at.below(&[keyword]) {
                            self.schemas(&below);
                        }
                    }
                    _ => self.keyword(at, keyword, Rule::ConditionalChanged),
                }
            }
            return;
        }
        let keywords = ["if", "then", "else"];
        self.propose(Proposal {
            rule: Rule::ConditionalChanged,
            keyword: "if".to_owned(),
            old: at.old_side("if"),
            new: at.new_side("if"),
            edits: keywords.into_iter().filter(|keyword| !at.same(keyword)).map(|k| at.take_over(k)).collect(),
        });
    }
}

/// Which branches stand for each other: equal ones first, then those that have most in common.
fn paired(old: &[Value], new: &[Value]) -> Vec<(usize, usize)> {
    if old.len() > PAIRED_MAX || new.len() > PAIRED_MAX {
        return (0..old.len().min(new.len())).map(|nth| (nth, nth)).collect();
    }
    let mut scored = Vec::new();
    for (left, one) in old.iter().enumerate() {
        for (right, other) in new.iter().enumerate() {
            let score = if one == other { usize::MAX } else { in_common(one, other) };
            if score > 0 {
                scored.push((Reverse(score), left.abs_diff(right), left, right));
            }
        }
    }
    scored.sort_unstable();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (_, _, left, right) in scored {
        if pairs.iter().all(|pair| pair.0 != left && pair.1 != right) {
            pairs.push((left, right));
        }
    }
    pairs.sort_unstable();
    pairs
}

/// What makes a branch another one where it differs.
const TELLING: [&str; 4] = ["$ref", "const", "format", "type"];

/// How much two schemas have in common: equal keywords, properties of one name, and keywords that differ in their
/// values only.
fn in_common(one: &Value, other: &Value) -> usize {
    let (Value::Object(one), Value::Object(other)) = (one, other) else { return 0 };
    let each = one.iter().filter_map(|(keyword, value)| Some((keyword, value, other.get(keyword)?)));
    let by_keyword = each.map(|(keyword, value, others)| match value == others {
        true => 4,
        false => usize::from(!TELLING.contains(&keyword.as_str())),
    });
    let properties = |members: &Map<String, Value>| {
        members.get("properties").and_then(Value::as_object).map(|inner| inner.keys().cloned().collect::<Vec<_>>())
    };
    let (left, right) = (properties(one).unwrap_or_default(), properties(other).unwrap_or_default());
    by_keyword.sum::<usize>() + 2 * left.iter().filter(|name| right.contains(name)).count()
}
