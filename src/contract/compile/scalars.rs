//! Keywords about types, listed values, numbers and strings.

use serde_json::Value;

use super::{Compiler, Obstacle, Schema};
use crate::contract::draft::Draft;
use crate::contract::formula::number::{self, Number};
use crate::contract::formula::types::{Numbers, Types};
use crate::contract::formula::{Id, Literal};

impl<'a> Compiler<'a, '_> {
    pub(super) fn any_type(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        match schema.get("type") {
            Some(Value::String(name)) => {
                let types = Types::named(name, schema.draft)
                    .ok_or_else(|| Obstacle::fault(format!("no type is called {name:?}")))?;
                parts.push(self.arena.of_type(types));
            }
            Some(Value::Array(names)) => {
                let mut types = Types::NONE;
                for name in names.iter().filter_map(Value::as_str) {
                    let more = Types::named(name, schema.draft);
                    types = types.or(more.ok_or_else(|| Obstacle::fault(format!("no type is called {name:?}")))?);
                }
                parts.push(self.arena.of_type(types));
            }
            _ => {}
        }
        let too_large = || Obstacle::new("a number is beyond what can be compared");
        if let Some(Value::Array(values)) = schema.get("enum") {
            let numbers = if schema.draft == Draft::Draft4 { self.reading.numbers } else { Numbers::ByValue };
            parts.push(self.arena.one_of(values, numbers).ok_or_else(too_large)?);
        }
        if schema.draft >= Draft::Draft6
            && let Some(value) = schema.get("const")
        {
            parts.push(self.arena.constant(value).ok_or_else(too_large)?);
        }
        Ok(())
    }

    pub(super) fn numbers(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        let read = |keyword: &str| match schema.get(keyword) {
            Some(Value::Number(number)) => number::exact(number)
                .map(Some)
                .ok_or_else(|| Obstacle::new(format!("{keyword} is a number beyond what can be compared"))),
            _ => Ok(None),
        };
        let is_true = |keyword: &str| schema.get(keyword) == Some(&Value::Bool(true));
        let old = schema.draft == Draft::Draft4;
        if let Some(value) = read("minimum")? {
            let exclusive = old && is_true("exclusiveMinimum");
            parts.push(self.arena.when(Literal::Lower { value, exclusive }));
        }
        if let Some(value) = read("maximum")? {
            let exclusive = old && is_true("exclusiveMaximum");
            parts.push(self.arena.when(Literal::Upper { value, exclusive }));
        }
        if !old {
            if let Some(value) = read("exclusiveMinimum")? {
                parts.push(self.arena.when(Literal::Lower { value, exclusive: true }));
            }
            if let Some(value) = read("exclusiveMaximum")? {
                parts.push(self.arena.when(Literal::Upper { value, exclusive: true }));
            }
        }
        if let Some(of) = read("multipleOf")? {
            if of <= Number::from_integer(0.into()) {
                return Err(Obstacle::fault("multipleOf is not above zero"));
            }
            parts.push(self.arena.when(Literal::Multiple { of, holds: true }));
        }
        Ok(())
    }

    pub(super) fn strings(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        if let Some(least) = schema.count("minLength") {
            parts.push(self.arena.when(Literal::MinLength(least)));
        }
        if let Some(most) = schema.count("maxLength") {
            parts.push(self.arena.when(Literal::MaxLength(most)));
        }
        if let Some(Value::String(pattern)) = schema.get("pattern") {
            if (self.reading.is_over)() {
                return Err(Obstacle::new("the time ran out"));
            }
            let language = self.arena.languages.pattern(pattern);
            parts.push(self.arena.when(Literal::Text(language)));
        }
        // Validators may assert these in drafts 6 and 7 (Validation draft 7, §8), and the first of ours does.
        if matches!(schema.draft, Draft::Draft6 | Draft::Draft7) {
            for (keyword, asserted) in [("contentEncoding", "base64"), ("contentMediaType", "application/json")] {
                if schema.get(keyword).and_then(Value::as_str) == Some(asserted) {
                    let language = self.arena.languages.content(keyword, asserted, schema.draft);
                    parts.push(self.arena.when(Literal::Text(language)));
                }
            }
        }
        if self.reading.formats
            && let Some(Value::String(name)) = schema.get("format")
            && let Some(language) = self.arena.languages.format(name, schema.draft)
        {
            parts.push(self.arena.when(Literal::Text(language)));
        }
        Ok(())
    }
}
