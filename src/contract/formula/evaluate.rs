//! Whether a formula holds for a document.

use serde_json::Value;

use super::arena::equal;
use super::number::{self, Number};
use super::types::type_of;
use super::{Arena, Id, Literal, Node, Span};

/// How often names may be followed without a step into the document.
const UNFOLDED_MAX: u32 = 24;
/// How many formulas are looked at for one document.
const LOOKS_MAX: u64 = 1_000_000;

impl Arena {
    /// Whether the formula holds for the document; `None` where it hangs on a language that is not known.
    pub(in crate::contract) fn evaluate(&self, id: Id, value: &Value) -> Option<bool> {
        self.looks.set(0);
        self.holds(id, value, 0)
    }

    fn holds(&self, id: Id, value: &Value, unfolded: u32) -> Option<bool> {
        self.looks.set(self.looks.get() + 1);
        if self.looks.get() > LOOKS_MAX {
            return None;
        }
        match self.node(id) {
            Node::False => Some(false),
            Node::True => Some(true),
            Node::Type(types) => Some(types.meets(type_of(value))),
            Node::When(literal) => self.literal_holds(literal, value),
            Node::Constant(constant) => Some(equal(&self.constant_value(*constant), value)),
            Node::NotConstant(constant) => Some(!equal(&self.constant_value(*constant), value)),
            Node::And(parts) => every(parts.iter().map(|part| self.holds(*part, value, unfolded))),
            Node::Or(parts) => some(parts.iter().map(|part| self.holds(*part, value, unfolded))),
            Node::Named(name) if unfolded < UNFOLDED_MAX => self.holds(self.definition(*name)?, value, unfolded + 1),
            Node::NotNamed(name) if unfolded < UNFOLDED_MAX => {
                self.holds(self.definition(*name)?, value, unfolded + 1).map(|holds| !holds)
            }
            Node::Named(_) | Node::NotNamed(_) => None,
        }
    }

    fn literal_holds(&self, literal: &Literal, value: &Value) -> Option<bool> {
        match value {
            Value::Number(number) => number::exact(number).map(|number| number_holds(literal, &number)),
            Value::String(text) => self.text_holds(literal, text),
            Value::Array(items) => self.array_holds(literal, items),
            Value::Object(members) => self.object_holds(literal, members),
            Value::Null | Value::Bool(_) => Some(true),
        }
    }

    /// Whether a literal holds for a string.
    pub(in crate::contract) fn text_holds(&self, literal: &Literal, text: &str) -> Option<bool> {
        match literal {
            Literal::Text(language) => self.languages.contains(*language, text),
            Literal::MinLength(least) => Some(text.chars().count() as u64 >= *least),
            Literal::MaxLength(most) => Some(text.chars().count() as u64 <= *most),
            _ => Some(true),
        }
    }

    fn array_holds(&self, literal: &Literal, items: &[Value]) -> Option<bool> {
        let within = |span: &Span| {
            let span = *span;
            items.iter().enumerate().filter(move |(at, _)| span.contains(*at as u64)).map(|(_, item)| item)
        };
        match literal {
            Literal::Items(span, what) => every(within(span).map(|item| self.holds(*what, item, 0))),
            Literal::SomeItem(span, what) => some(within(span).map(|item| self.holds(*what, item, 0))),
            Literal::AtLeast(what, count) => Some(self.count(*what, items)? >= *count),
            Literal::AtMost(what, count) => Some(self.count(*what, items)? <= *count),
            Literal::MinItems(least) => Some(items.len() as u64 >= *least),
            Literal::MaxItems(most) => Some(items.len() as u64 <= *most),
            Literal::Unique => Some(all_differ(items)),
            Literal::NotUnique => Some(!all_differ(items)),
            _ => Some(true),
        }
    }

    fn count(&self, what: Id, items: &[Value]) -> Option<u64> {
        items.iter().try_fold(0, |count, item| Some(count + u64::from(self.holds(what, item, 0)?)))
    }

    fn object_holds(&self, literal: &Literal, members: &serde_json::Map<String, Value>) -> Option<bool> {
        match literal {
            Literal::Members(names, what) => {
                every(members.iter().map(|(name, value)| match self.languages.contains(*names, name)? {
                    true => self.holds(*what, value, 0),
                    false => Some(true),
                }))
            }
            Literal::SomeMember(names, what) => {
                some(members.iter().map(|(name, value)| match self.languages.contains(*names, name)? {
                    true => self.holds(*what, value, 0),
                    false => Some(false),
                }))
            }
            Literal::MinMembers(least) => Some(members.len() as u64 >= *least),
            Literal::MaxMembers(most) => Some(members.len() as u64 <= *most),
            _ => Some(true),
        }
    }
}

/// Whether a literal holds for a number.
pub(in crate::contract) fn number_holds(literal: &Literal, number: &Number) -> bool {
    match literal {
        Literal::Lower { value, exclusive } => number > value || (!exclusive && number == value),
        Literal::Upper { value, exclusive } => number < value || (!exclusive && number == value),
        Literal::Multiple { of, holds } => number::is_multiple(number, of) == *holds,
        Literal::OneOf { numbers, holds } => numbers.contains(number) == *holds,
        _ => true,
    }
}

/// Whether no two items are equal.
fn all_differ(items: &[Value]) -> bool {
    items.iter().enumerate().all(|(at, item)| items[..at].iter().all(|other| !equal(item, other)))
}

/// Kleene's "and": one false settles it, whatever is unknown.
fn every(mut answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    let mut unknown = false;
    let found = answers.any(|answer| {
        unknown |= answer.is_none();
        answer == Some(false)
    });
    if found {
        Some(false)
    } else if unknown {
        None
    } else {
        Some(true)
    }
}

/// Kleene's "or".
fn some(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    every(answers.map(|answer| answer.map(|holds| !holds))).map(|all_false| !all_false)
}
