//! Keywords about types and single values.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::Side;
use super::edit::Edit;
use super::rule::Rule;
use super::walk::{At, Proposal, Walk};
use crate::contract::draft::Draft;
use crate::contract::formula::number::{self, Number};
use crate::contract::formula::types::Types;
use crate::contract::pointer::child;

/// Bounds from below.
const LOWER: [&str; 3] = ["minLength", "minItems", "minProperties"];
/// Bounds from above.
const UPPER: [&str; 3] = ["maxLength", "maxItems", "maxProperties"];

impl<'a> Walk<'a> {
    pub(super) fn values(&mut self, at: &At<'a>) {
        self.types(at);
        self.choices(at);
        self.range(at, "minimum", "exclusiveMinimum", Sense::Lower);
        self.range(at, "maximum", "exclusiveMaximum", Sense::Upper);
        for keyword in LOWER {
            self.bound(at, keyword, Sense::Lower);
        }
        for keyword in UPPER {
            self.bound(at, keyword, Sense::Upper);
        }
        self.keyword(at, "multipleOf", Rule::MultipleOfChanged);
        self.keyword(at, "pattern", Rule::PatternChanged);
        self.keyword(at, "format", Rule::FormatChanged);
        let unique = |value: Option<&Value>| value == Some(&Value::Bool(true));
        let rule = match (unique(at.old_value("uniqueItems")), unique(at.new_value("uniqueItems"))) {
            (false, true) => Rule::UniqueItemsAdded,
            (true, false) => Rule::UniqueItemsRemoved,
            (true, true) | (false, false) => Rule::Restated,
        };
        self.keyword(at, "uniqueItems", rule);
    }

    fn types(&mut self, at: &At<'a>) {
        let (old, new) = (self.types_of(at.old_value("type")), self.types_of(at.new_value("type")));
        let rule = match (old == new, old.and(new) == old, old.and(new) == new) {
            (true, _, _) => Rule::Restated,
            (false, true, _) => Rule::TypeWidened,
            (false, false, true) => Rule::TypeNarrowed,
            (false, false, false) => Rule::TypeChanged,
        };
        self.keyword(at, "type", rule);
    }

    fn types_of(&self, value: Option<&Value>) -> Types {
        let named =
            |value: &Value| value.as_str().and_then(|name| Types::named(name, self.draft)).unwrap_or(Types::NONE);
        match value {
            Some(Value::Array(names)) => names.iter().map(named).fold(Types::NONE, Types::or),
            Some(name) => named(name),
            None => Types::ALL,
        }
    }

    /// `enum` and `const`, which is an `enum` of one.
    fn choices(&mut self, at: &At<'a>) {
        let has_const = self.draft >= Draft::Draft6;
        let constant = |value: &'a Value| value.get("const").filter(|_| has_const);
        let (old_const, new_const) = (constant(at.old), constant(at.new));
        let listed = |value: &'a Value| value.get("enum").and_then(Value::as_array);
        match (listed(at.old), old_const, listed(at.new), new_const) {
            (Some(old), None, Some(new), None) => self.listed(at, ["enum", "enum"], old, new),
            (None, Some(old), Some(new), None) => self.listed(at, ["const", "enum"], std::slice::from_ref(old), new),
            (Some(old), None, None, Some(new)) => self.listed(at, ["enum", "const"], old, std::slice::from_ref(new)),
            _ => {
                let rule = if at.new_value("enum").is_some() { Rule::EnumAdded } else { Rule::EnumRemoved };
                self.keyword(at, "enum", rule);
                if has_const {
                    self.keyword(at, "const", Rule::ConstChanged);
                }
            }
        }
    }

    fn listed(&mut self, at: &At<'a>, keywords: [&str; 2], old: &'a [Value], new: &'a [Value]) {
        if at.same(keywords[0]) && at.same(keywords[1]) {
            return;
        }
        let [old_keyword, new_keyword] = keywords;
        let place = |at: String, keyword: &str, nth: usize| {
            if keyword == "enum" { child(&at, &nth.to_string()) } else { at }
        };
        let only_in_old: Vec<&Value> = old.iter().filter(|value| !new.contains(value)).collect();
        let only_in_new: Vec<&Value> = new.iter().filter(|value| !old.contains(value)).collect();
        let before = at.old_place(old_keyword);
        let forget = (old_keyword != "enum").then(|| Edit::Remove(before.clone()));
        for value in &only_in_new {
            let nth = new.iter().position(|other| other == *value).unwrap_or_default();
            let longer: Vec<&Value> = old.iter().chain([*value]).collect();
            self.propose(Proposal {
                rule: Rule::EnumValueAdded,
                keyword: new_keyword.to_owned(),
                old: at.old_side(old_keyword),
                new: Some(Side::new(place(child(&at.new_at, new_keyword), new_keyword, nth), value)),
                edits: forget.iter().cloned().chain([Edit::Set(at.old_place("enum"), json!(longer))]).collect(),
            });
        }
        for value in &only_in_old {
            let nth = old.iter().position(|other| other == *value).unwrap_or_default();
            let shorter: Vec<&Value> = old.iter().filter(|other| other != value).collect();
            // An empty list is no list: what is left is nothing.
            let edits = if shorter.is_empty() {
                vec![Edit::Push(at.old_place("allOf"), json!({"not": {}}))]
            } else {
                forget.iter().cloned().chain([Edit::Set(at.old_place("enum"), json!(shorter))]).collect()
            };
            self.propose(Proposal {
                rule: Rule::EnumValueRemoved,
                keyword: old_keyword.to_owned(),
                old: Some(Side::new(place(before.clone(), old_keyword, nth), value)),
                new: at.new_side(new_keyword),
                edits,
            });
        }
        if only_in_old.is_empty() && only_in_new.is_empty() {
            self.propose(Proposal {
                rule: Rule::Restated,
                keyword: new_keyword.to_owned(),
                old: at.old_side(old_keyword),
                new: at.new_side(new_keyword),
                edits: forget.into_iter().chain([at.take_over(new_keyword)]).collect(),
            });
        }
    }

    fn bound(&mut self, at: &At<'a>, keyword: &str, sense: Sense) {
        let read = |value: Option<&Value>| Bound { value: exact(value), is_exclusive: false };
        let rule = sense.rule(&read(at.old_value(keyword)), &read(at.new_value(keyword)));
        self.keyword(at, keyword, rule);
    }

    /// A bound on numbers and its exclusive form, which make one bound together.
    fn range(&mut self, at: &At<'a>, inclusive: &str, exclusive: &str, sense: Sense) {
        let (same, same_exclusive) = (at.same(inclusive), at.same(exclusive));
        if same && same_exclusive {
            return;
        }
        let read = |schema: &Value| {
            let wide = Bound { value: exact(schema.get(inclusive)), is_exclusive: false };
            match schema.get(exclusive) {
                Some(Value::Bool(is_exclusive)) => Bound { is_exclusive: *is_exclusive, ..wide },
                other => {
                    let narrow = Bound { value: exact(other), is_exclusive: true };
                    if sense.compare(&narrow, &wide) == Ordering::Greater { narrow } else { wide }
                }
            }
        };
        let in_new = |keyword: &str| at.new_value(keyword).is_some();
        let keyword = match (same, same_exclusive) {
            (true, _) => exclusive,
            (false, false) if in_new(exclusive) && !in_new(inclusive) => exclusive,
            (false, _) => inclusive,
        };
        let other = if keyword == inclusive { exclusive } else { inclusive };
        self.propose(Proposal {
            rule: sense.rule(&read(at.old), &read(at.new)),
            keyword: keyword.to_owned(),
            old: at.old_side(keyword).or_else(|| at.old_side(other).filter(|_| !at.same(other))),
            new: at.new_side(keyword),
            edits: [inclusive, exclusive].into_iter().filter(|k| !at.same(k)).map(|k| at.take_over(k)).collect(),
        });
    }
}

fn exact(value: Option<&Value>) -> Option<Number> {
    match value {
        Some(Value::Number(number)) => number::exact(number),
        _ => None,
    }
}

/// A bound; none at all without a value.
struct Bound {
    value: Option<Number>,
    is_exclusive: bool,
}

/// Which side a bound is on.
#[derive(Clone, Copy)]
enum Sense {
    Lower,
    Upper,
}

impl Sense {
    /// `Greater` where the first is the tighter one.
    fn compare(self, one: &Bound, other: &Bound) -> Ordering {
        let (left, right) = match (&one.value, &other.value) {
            (None, None) => return Ordering::Equal,
            (Some(_), None) => return Ordering::Greater,
            (None, Some(_)) => return Ordering::Less,
            (Some(left), Some(right)) => (left, right),
        };
        let by_value = match self {
            Self::Lower => left.cmp(right),
            Self::Upper => right.cmp(left),
        };
        by_value.then(one.is_exclusive.cmp(&other.is_exclusive))
    }

    fn rule(self, old: &Bound, new: &Bound) -> Rule {
        match self.compare(new, old) {
            Ordering::Greater => Rule::BoundTightened,
            Ordering::Less => Rule::BoundRelaxed,
            Ordering::Equal => Rule::Restated,
        }
    }
}
