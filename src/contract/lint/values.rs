//! Values in a schema that the schema itself does not accept.

use serde_json::Value;

use super::part::{Parts, alone, ignores_siblings};
use super::{Linter, Rule};
use crate::contract::containment::Inquiry;
use crate::contract::pointer::{child, shortened};
use crate::contract::schema::validator_as;

impl Linter<'_> {
    pub(super) fn values(&mut self, parts: &Parts<'_>, inquiry: &Inquiry) {
        for (number, part) in parts.all.iter().enumerate() {
            if ignores_siblings(part.schema, parts.draft) {
                continue;
            }
            let mut values: Vec<(String, Rule, &Value)> = Vec::new();
            for (keyword, rule) in [("enum", Rule::ExcludedEnumValue), ("examples", Rule::InvalidExample)] {
                let listed = part.schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate();
                let at = child(&part.pointer, keyword);
                values.extend(listed.map(|(nth, value)| (child(&at, &nth.to_string()), rule, value)));
            }
            if let Some(value) = part.schema.get("default") {
                values.push((child(&part.pointer, "default"), Rule::InvalidDefault, value));
            }
            // A validator is only made where there is something to tell: it has to read the whole schema.
            values.retain(|(_, _, value)| inquiry.holds(number, value) != Some(true));
            if values.is_empty() || self.is_over() {
                continue;
            }
            let schema = alone(self.subject.schema, &part.pointer, parts.draft);
            let Some(validator) = self.validator(&schema) else { continue };
            for (at, rule, value) in values {
                if let Err(error) = validator.validate(value) {
                    let shown = shortened(value);
                    let message = if rule == Rule::ExcludedEnumValue {
                        format!("{shown} is listed, and what stands beside the list excludes it")
                    } else {
                        format!("{shown} is not valid here: {error}")
                    };
                    self.note(&at, rule, message, String::new());
                }
            }
        }
    }

    /// A validator; `None` where the schema is none.
    fn validator(&self, schema: &Value) -> Option<jsonschema::Validator> {
        validator_as(schema, self.draft, self.subject.resources, self.subject.formats).ok()
    }
}
