//! Keywords about arrays.

use serde_json::Value;

use super::{Compiler, Obstacle, Schema};
use crate::contract::draft::Draft;
use crate::contract::formula::{Id, Literal, Span};

impl<'a> Compiler<'a, '_> {
    pub(super) fn arrays(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        if let Some(least) = schema.count("minItems") {
            parts.push(self.arena.when(Literal::MinItems(least)));
        }
        if let Some(most) = schema.count("maxItems") {
            parts.push(self.arena.when(Literal::MaxItems(most)));
        }
        if schema.get("uniqueItems") == Some(&Value::Bool(true)) {
            parts.push(self.arena.when(Literal::Unique));
        }
        let (prefix, rest) = positions(schema);
        for (at, inner) in prefix.iter().enumerate() {
            let inner = self.part(schema, inner)?;
            parts.push(self.arena.when(Literal::Items(Span::at(at as u64), inner)));
        }
        if let Some(rest) = rest {
            let rest = self.part(schema, rest)?;
            parts.push(self.arena.when(Literal::Items(Span::beyond(prefix.len() as u64), rest)));
        }
        if schema.draft >= Draft::Draft6
            && let Some(inner) = schema.get("contains")
        {
            let inner = self.part(schema, inner)?;
            let counted = schema.draft >= Draft::Draft201909;
            let least = if counted { schema.count("minContains").unwrap_or(1) } else { 1 };
            parts.push(self.arena.when(Literal::AtLeast(inner, least)));
            if counted && let Some(most) = schema.count("maxContains") {
                parts.push(self.arena.when(Literal::AtMost(inner, most)));
            }
        }
        Ok(())
    }
}

/// The schemas of the first items, one by one, and the schema of the others.
pub(super) fn positions<'a>(schema: Schema<'a>) -> (&'a [Value], Option<&'a Value>) {
    if schema.draft == Draft::Draft202012 {
        let prefix = schema.get("prefixItems").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
        return (prefix, schema.get("items"));
    }
    match schema.get("items") {
        Some(Value::Array(prefix)) => (prefix, schema.get("additionalItems")),
        every => (&[], every),
    }
}
