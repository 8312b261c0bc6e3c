//! Parts that no document fits, and branches that no document needs: asked of the checker.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::part::{Part, Parts, alone, ignores_siblings};
use super::{Linter, Rule};
use crate::contract::answer::Answer;
use crate::contract::containment::{OpenContent, Question};
use crate::contract::keywords::{self, Role};
use crate::contract::pointer::child;

/// The most questions that are asked about one schema.
const QUESTIONS_MAX: usize = 2_000;

impl Linter<'_> {
    pub(super) fn sets(&mut self, parts: &Parts<'_>) {
        let mut left = QUESTIONS_MAX;
        let empty = self.unsatisfiable(parts, &mut left);
        let referred: Vec<&str> =
            parts.all.iter().filter_map(|part| part.schema.get("$ref")?.as_str()?.strip_prefix('#')).collect();
        for part in parts.all.iter().filter(|part| !ignores_siblings(part.schema, parts.draft)) {
            for keyword in ["anyOf", "oneOf"] {
                if !empty.contains(&part.pointer) {
                    self.unreachable(part, keyword, (&empty, &referred), &mut left);
                }
            }
        }
    }

    /// Whether every document of `sub` is one of `sup`; no where that is not known.
    fn is_contained(&mut self, sub: &Value, sup: &Value, left: &mut usize) -> bool {
        if *left == 0 {
            self.cut = Some("there is too much to ask about it");
            return false;
        }
        if self.is_over() {
            return false;
        }
        *left -= 1;
        let question = Question {
            sub,
            sup,
            draft: self.draft,
            formats: self.subject.formats,
            open_content: OpenContent::Strict,
            resources: self.subject.resources,
        };
        matches!((self.compare)(&question), Answer::Contained { .. })
    }

    /// The pointers of all parts that nothing fits. Only the innermost are reported: the others follow from them.
    fn unsatisfiable(&mut self, parts: &Parts<'_>, left: &mut usize) -> BTreeSet<String> {
        let nothing = json!({"not": {}});
        let mut empty: BTreeSet<String> = BTreeSet::new();
        for part in parts.all.iter().filter(|part| may_be_empty(part)) {
            let schema = alone(self.subject.schema, &part.pointer, parts.draft);
            if !self.is_contained(&schema, &nothing, left) {
                continue;
            }
            let within = format!("{}/", part.pointer);
            if !empty.iter().any(|inner| inner.starts_with(&within)) {
                let message = "no document is valid here".to_owned();
                self.note(&part.pointer, Rule::Unsatisfiable, message, "say `false` if that is meant".to_owned());
            }
            empty.insert(part.pointer.clone());
        }
        empty
    }

    fn unreachable(
        &mut self,
        part: &Part<'_>,
        keyword: &str,
        (empty, referred): (&BTreeSet<String>, &[&str]),
        left: &mut usize,
    ) {
        let Some(count) = part.schema.get(keyword).and_then(Value::as_array).map(Vec::len) else { return };
        let list = child(&part.pointer, keyword);
        let whole = alone(self.subject.schema, &part.pointer, self.draft);
        let mut rest = self.subject.schema.clone();
        let mut remaining = count;
        // From the end, and without those that were found already: of two equal branches one is needed.
        for nth in (0..count).rev() {
            let at = child(&list, &nth.to_string());
            if empty.contains(&at) || remaining < 2 {
                continue;
            }
            if referred.iter().any(|pointer| *pointer == at || pointer.starts_with(&format!("{at}/"))) {
                continue;
            }
            let mut without = rest.clone();
            if let Some(branch) = without.pointer_mut(&at) {
                // The same as no branch, and the others keep their places.
                *branch = json!({"not": {}});
            }
            if self.is_contained(&whole, &alone(&without, &part.pointer, self.draft), left) {
                let message = "every document that is valid with this branch is valid without it".to_owned();
                self.note(
                    &at,
                    Rule::UnreachableBranch,
                    message,
                    "leave it out, unless it is there for people or editors to read".to_owned(),
                );
                rest = without;
                remaining -= 1;
            }
        }
    }
}

/// Whether it is worth asking: plain types and references are never empty by themselves, and `false` means to be.
fn may_be_empty(part: &Part<'_>) -> bool {
    let Value::Object(members) = part.schema else { return false };
    if members.get("not").is_some_and(|inner| *inner == json!({}) || *inner == Value::Bool(true)) {
        return false;
    }
    let asserts = |keyword: &String| keywords::named(keyword).is_some_and(|known| known.role == Role::Asserts);
    members.keys().filter(|keyword| asserts(keyword) && *keyword != "$ref").count() > 1
        || ["allOf", "enum", "not", "oneOf", "anyOf"].iter().any(|keyword| members.contains_key(*keyword))
}
