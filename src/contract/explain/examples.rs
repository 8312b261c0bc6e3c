//! Each rule's examples: data for the catalogue in the documentation, and for the tests that hold it to its word.

use super::Rule;
use crate::contract::gate::Direction;

/// A rule shown by two pairs of schemas, the old one first, all of draft 2020-12 unless they say otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The rule.
    pub rule: Rule,
    /// The directions in which the failing pair breaks; none for rules that break nothing by themselves.
    pub breaks: &'static [Direction],
    /// A pair to which the rule, and for most rules nothing but the rule, applies.
    pub failing: [&'static str; 2],
    /// A pair like it that does not break in those directions.
    pub passing: [&'static str; 2],
}

impl Example {
    /// Whether formats are asserted in it.
    #[must_use]
    pub fn asserts_formats(&self) -> bool {
        self.rule == Rule::FormatChanged
    }
}

/// All, in the order of [`Rule::ALL`].
pub const EXAMPLES: [Example; Rule::ALL.len()] = [
    Example {
        rule: Rule::DraftChanged,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"$schema": "http://json-schema.org/draft-06/schema#", "if": {"type": "string"}, "then": {"minLength": 1}}"##,
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "if": {"type": "string"}, "then": {"minLength": 1}}"##,
        ],
        passing: [
            r##"{"$schema": "http://json-schema.org/draft-06/schema#", "type": "string"}"##,
            r##"{"$schema": "http://json-schema.org/draft-07/schema#", "type": "string"}"##,
        ],
    },
    Example {
        rule: Rule::IdentifierChanged,
        breaks: &[],
        failing: [
            r##"{"$id": "https://example.com/order/1", "type": "object"}"##,
            r##"{"$id": "https://example.com/order/2", "type": "object"}"##,
        ],
        passing: [
            r##"{"$id": "https://example.com/order", "type": "object"}"##,
            r##"{"$id": "https://example.com/order", "type": "object"}"##,
        ],
    },
    Example {
        rule: Rule::ReferenceChanged,
        breaks: &[Direction::Backward, Direction::Forward],
        failing: [
            r##"{"$ref": "#/$defs/a", "$defs": {"a": {"type": "string"}, "b": {"type": "integer"}}}"##,
            r##"{"$ref": "#/$defs/b", "$defs": {"a": {"type": "string"}, "b": {"type": "integer"}}}"##,
        ],
        passing: [r##"{"type": "string"}"##, r##"{"$ref": "#/$defs/text", "$defs": {"text": {"type": "string"}}}"##],
    },
    Example {
        rule: Rule::TypeNarrowed,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": ["string", "null"]}"##, r##"{"type": "string"}"##],
        passing: [r##"{"type": ["string", "null"]}"##, r##"{"type": ["null", "string"]}"##],
    },
    Example {
        rule: Rule::TypeWidened,
        breaks: &[Direction::Forward],
        failing: [r##"{"type": "integer"}"##, r##"{"type": "number"}"##],
        passing: [r##"{"type": "integer", "enum": [1, 2]}"##, r##"{"type": "number", "enum": [1, 2]}"##],
    },
    Example {
        rule: Rule::TypeChanged,
        breaks: &[Direction::Backward, Direction::Forward],
        failing: [r##"{"type": "string"}"##, r##"{"type": "integer"}"##],
        passing: [r##"{"type": "string", "enum": ["a"]}"##, r##"{"enum": ["a"]}"##],
    },
    Example {
        rule: Rule::EnumAdded,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "string"}"##, r##"{"type": "string", "enum": ["a", "b"]}"##],
        passing: [r##"{"type": "boolean"}"##, r##"{"type": "boolean", "enum": [true, false]}"##],
    },
    Example {
        rule: Rule::EnumRemoved,
        breaks: &[Direction::Forward],
        failing: [r##"{"type": "string", "enum": ["a", "b"]}"##, r##"{"type": "string"}"##],
        passing: [r##"{"type": "null", "enum": [null]}"##, r##"{"type": "null"}"##],
    },
    Example {
        rule: Rule::EnumValueAdded,
        breaks: &[Direction::Forward],
        failing: [r##"{"enum": ["a", "b"]}"##, r##"{"enum": ["a", "b", "c"]}"##],
        passing: [r##"{"type": "string", "enum": ["a", "b"]}"##, r##"{"type": "string", "enum": ["a", "b", 1]}"##],
    },
    Example {
        rule: Rule::EnumValueRemoved,
        breaks: &[Direction::Backward],
        failing: [r##"{"enum": ["a", "b"]}"##, r##"{"enum": ["a"]}"##],
        passing: [r##"{"type": "string", "enum": ["a", 1]}"##, r##"{"type": "string", "enum": ["a"]}"##],
    },
    Example {
        rule: Rule::ConstChanged,
        breaks: &[Direction::Backward, Direction::Forward],
        failing: [r##"{"const": 1}"##, r##"{"const": 2}"##],
        passing: [r##"{"const": 1}"##, r##"{"const": 1.0}"##],
    },
    Example {
        rule: Rule::BoundTightened,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "string", "maxLength": 10}"##, r##"{"type": "string", "maxLength": 9}"##],
        passing: [r##"{"type": "integer", "minimum": 1}"##, r##"{"type": "integer", "exclusiveMinimum": 0}"##],
    },
    Example {
        rule: Rule::BoundRelaxed,
        breaks: &[Direction::Forward],
        failing: [r##"{"type": "integer", "minimum": 1}"##, r##"{"type": "integer", "minimum": 0}"##],
        passing: [
            r##"{"type": "string", "minLength": 1, "pattern": "^a"}"##,
            r##"{"type": "string", "pattern": "^a"}"##,
        ],
    },
    Example {
        rule: Rule::MultipleOfChanged,
        breaks: &[Direction::Backward, Direction::Forward],
        failing: [r##"{"type": "integer", "multipleOf": 2}"##, r##"{"type": "integer", "multipleOf": 3}"##],
        passing: [r##"{"type": "integer"}"##, r##"{"type": "integer", "multipleOf": 1}"##],
    },
    Example {
        rule: Rule::PatternChanged,
        breaks: &[Direction::Backward, Direction::Forward],
        failing: [r##"{"type": "string", "pattern": "^[a-z]+$"}"##, r##"{"type": "string", "pattern": "^[0-9]+$"}"##],
        passing: [r##"{"type": "string", "pattern": "^[0-9]$"}"##, r##"{"type": "string", "pattern": "^\\d$"}"##],
    },
    Example {
        rule: Rule::FormatChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "string"}"##, r##"{"type": "string", "format": "ipv4"}"##],
        passing: [r##"{"type": "integer"}"##, r##"{"type": "integer", "format": "ipv4"}"##],
    },
    Example {
        rule: Rule::RequiredAdded,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"properties": {"id": {"type": "string"}}}"##,
            r##"{"properties": {"id": {"type": "string"}}, "required": ["id"]}"##,
        ],
        passing: [
            r##"{"type": "object", "properties": {"id": {"type": "string"}}, "additionalProperties": false}"##,
            r##"{"type": "object", "properties": {"id": {"type": "string"}, "note": {"type": "string"}}, "additionalProperties": false}"##,
        ],
    },
    Example {
        rule: Rule::RequiredRemoved,
        breaks: &[Direction::Forward],
        failing: [r##"{"type": "object", "required": ["id"]}"##, r##"{"type": "object"}"##],
        passing: [
            r##"{"type": "object", "required": ["id"]}"##,
            r##"{"type": "object", "required": ["id"], "properties": {"note": {"type": "string"}}}"##,
        ],
    },
    Example {
        rule: Rule::PropertyAdded,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"type": "object", "properties": {"a": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}, "b": {"type": "string"}}}"##,
        ],
        passing: [
            r##"{"type": "object", "properties": {"a": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}, "b": {}}}"##,
        ],
    },
    Example {
        rule: Rule::PropertyRemoved,
        breaks: &[Direction::Forward],
        failing: [
            r##"{"type": "object", "properties": {"a": {}, "b": {"type": "string"}}}"##,
            r##"{"type": "object", "properties": {"a": {}}}"##,
        ],
        passing: [
            r##"{"type": "object", "properties": {"a": {}, "b": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}}}"##,
        ],
    },
    Example {
        rule: Rule::PatternPropertyAdded,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"type": "object"}"##,
            r##"{"type": "object", "patternProperties": {"^x-": {"type": "string"}}}"##,
        ],
        passing: [r##"{"type": "object"}"##, r##"{"type": "object", "patternProperties": {"^x-": {}}}"##],
    },
    Example {
        rule: Rule::PatternPropertyRemoved,
        breaks: &[Direction::Forward],
        failing: [
            r##"{"type": "object", "patternProperties": {"^x-": {"type": "string"}}}"##,
            r##"{"type": "object"}"##,
        ],
        passing: [r##"{"type": "object", "patternProperties": {"^x-": {}}}"##, r##"{"type": "object"}"##],
    },
    Example {
        rule: Rule::Closed,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"type": "object", "properties": {"a": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}}, "additionalProperties": false}"##,
        ],
        passing: [
            r##"{"type": "object", "maxProperties": 0}"##,
            r##"{"type": "object", "maxProperties": 0, "additionalProperties": false}"##,
        ],
    },
    Example {
        rule: Rule::Opened,
        breaks: &[Direction::Forward],
        failing: [
            r##"{"type": "object", "properties": {"a": {}}, "additionalProperties": false}"##,
            r##"{"type": "object", "properties": {"a": {}}}"##,
        ],
        passing: [
            r##"{"type": "object", "maxProperties": 0, "additionalProperties": false}"##,
            r##"{"type": "object", "maxProperties": 0}"##,
        ],
    },
    Example {
        rule: Rule::AdditionalPropertiesChanged,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"type": "object", "properties": {"a": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}}, "additionalProperties": {"type": "string"}}"##,
        ],
        passing: [
            r##"{"type": "object", "properties": {"a": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}}, "additionalProperties": {}}"##,
        ],
    },
    Example {
        rule: Rule::UnevaluatedChanged,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"type": "object", "properties": {"a": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}}, "unevaluatedProperties": {"type": "string"}}"##,
        ],
        passing: [
            r##"{"type": "object", "properties": {"a": {}}}"##,
            r##"{"type": "object", "properties": {"a": {}}, "unevaluatedProperties": {}}"##,
        ],
    },
    Example {
        rule: Rule::PropertyNamesChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "object"}"##, r##"{"type": "object", "propertyNames": {"maxLength": 3}}"##],
        passing: [r##"{"type": "object"}"##, r##"{"type": "object", "propertyNames": {"type": "string"}}"##],
    },
    Example {
        rule: Rule::ItemsChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "array"}"##, r##"{"type": "array", "items": {"type": "string"}}"##],
        passing: [r##"{"type": "array"}"##, r##"{"type": "array", "items": {}}"##],
    },
    Example {
        rule: Rule::TupleItemAdded,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"type": "array", "prefixItems": [{"type": "string"}]}"##,
            r##"{"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}"##,
        ],
        passing: [
            r##"{"type": "array", "prefixItems": [{"type": "string"}]}"##,
            r##"{"type": "array", "prefixItems": [{"type": "string"}, true]}"##,
        ],
    },
    Example {
        rule: Rule::TupleItemRemoved,
        breaks: &[Direction::Forward],
        failing: [
            r##"{"type": "array", "prefixItems": [{"type": "string"}, {"type": "integer"}]}"##,
            r##"{"type": "array", "prefixItems": [{"type": "string"}]}"##,
        ],
        passing: [
            r##"{"type": "array", "prefixItems": [{"type": "string"}, true]}"##,
            r##"{"type": "array", "prefixItems": [{"type": "string"}]}"##,
        ],
    },
    Example {
        rule: Rule::UniqueItemsAdded,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "array"}"##, r##"{"type": "array", "uniqueItems": true}"##],
        passing: [
            r##"{"type": "array", "maxItems": 1}"##,
            r##"{"type": "array", "maxItems": 1, "uniqueItems": true}"##,
        ],
    },
    Example {
        rule: Rule::UniqueItemsRemoved,
        breaks: &[Direction::Forward],
        failing: [r##"{"type": "array", "uniqueItems": true}"##, r##"{"type": "array"}"##],
        passing: [
            r##"{"type": "array", "maxItems": 1, "uniqueItems": true}"##,
            r##"{"type": "array", "maxItems": 1}"##,
        ],
    },
    Example {
        rule: Rule::ContainsChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "array"}"##, r##"{"type": "array", "contains": {"type": "string"}}"##],
        passing: [r##"{"type": "array", "minItems": 1}"##, r##"{"type": "array", "minItems": 1, "contains": {}}"##],
    },
    Example {
        rule: Rule::DependencyAdded,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "object"}"##, r##"{"type": "object", "dependentRequired": {"card": ["address"]}}"##],
        passing: [
            r##"{"type": "object", "required": ["address"]}"##,
            r##"{"type": "object", "required": ["address"], "dependentRequired": {"card": ["address"]}}"##,
        ],
    },
    Example {
        rule: Rule::DependencyRemoved,
        breaks: &[Direction::Forward],
        failing: [r##"{"type": "object", "dependentRequired": {"card": ["address"]}}"##, r##"{"type": "object"}"##],
        passing: [
            r##"{"type": "object", "required": ["address"], "dependentRequired": {"card": ["address"]}}"##,
            r##"{"type": "object", "required": ["address"]}"##,
        ],
    },
    Example {
        rule: Rule::AnyOfBranchAdded,
        breaks: &[Direction::Forward],
        failing: [
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"##,
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}"##,
        ],
        passing: [
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"##,
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}, {"const": 1}]}"##,
        ],
    },
    Example {
        rule: Rule::AnyOfBranchRemoved,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}"##,
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"##,
        ],
        passing: [
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}, {"const": 1}]}"##,
            r##"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"##,
        ],
    },
    Example {
        rule: Rule::AnyOfChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{}"##, r##"{"anyOf": [{"type": "string"}, {"type": "integer"}]}"##],
        passing: [
            r##"{"enum": ["a", 1]}"##,
            r##"{"enum": ["a", 1], "anyOf": [{"type": "string"}, {"type": "integer"}]}"##,
        ],
    },
    Example {
        rule: Rule::OneOfBranchAdded,
        breaks: &[Direction::Forward],
        failing: [
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"##,
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}"##,
        ],
        passing: [
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"##,
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}, false]}"##,
        ],
    },
    Example {
        rule: Rule::OneOfBranchRemoved,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}"##,
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"##,
        ],
        passing: [
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}, false]}"##,
            r##"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"##,
        ],
    },
    Example {
        rule: Rule::OneOfChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{}"##, r##"{"oneOf": [{"type": "string"}, {"type": "integer"}]}"##],
        passing: [
            r##"{"enum": ["a", 1]}"##,
            r##"{"enum": ["a", 1], "oneOf": [{"type": "string"}, {"type": "integer"}]}"##,
        ],
    },
    Example {
        rule: Rule::AllOfBranchAdded,
        breaks: &[Direction::Backward],
        failing: [r##"{"allOf": [{"type": "string"}]}"##, r##"{"allOf": [{"type": "string"}, {"minLength": 1}]}"##],
        passing: [r##"{"allOf": [{"type": "string"}]}"##, r##"{"allOf": [{"type": "string"}, {"minimum": 1}]}"##],
    },
    Example {
        rule: Rule::AllOfBranchRemoved,
        breaks: &[Direction::Forward],
        failing: [r##"{"allOf": [{"type": "string"}, {"minLength": 1}]}"##, r##"{"allOf": [{"type": "string"}]}"##],
        passing: [r##"{"allOf": [{"type": "string"}, {"minimum": 1}]}"##, r##"{"allOf": [{"type": "string"}]}"##],
    },
    Example {
        rule: Rule::AllOfChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "string"}"##, r##"{"type": "string", "allOf": [{"minLength": 1}]}"##],
        passing: [r##"{"type": "string"}"##, r##"{"type": "string", "allOf": [{"minLength": 0}]}"##],
    },
    Example {
        rule: Rule::NotChanged,
        breaks: &[Direction::Backward],
        failing: [r##"{"type": "string"}"##, r##"{"type": "string", "not": {"const": "none"}}"##],
        passing: [r##"{"type": "string"}"##, r##"{"type": "string", "not": {"type": "integer"}}"##],
    },
    Example {
        rule: Rule::ConditionalChanged,
        breaks: &[Direction::Backward],
        failing: [
            r##"{"type": "string"}"##,
            r##"{"type": "string", "if": {"minLength": 2}, "then": {"pattern": "^a"}}"##,
        ],
        passing: [
            r##"{"type": "string"}"##,
            r##"{"type": "string", "if": {"minLength": 2}, "then": {"minLength": 1}}"##,
        ],
    },
    Example {
        rule: Rule::DefinitionAdded,
        breaks: &[],
        failing: [r##"{"type": "string"}"##, r##"{"type": "string", "$defs": {"a": {"type": "null"}}}"##],
        passing: [r##"{"type": "string"}"##, r##"{"type": "string"}"##],
    },
    Example {
        rule: Rule::DefinitionRemoved,
        breaks: &[],
        failing: [r##"{"type": "string", "$defs": {"a": {"type": "null"}}}"##, r##"{"type": "string"}"##],
        passing: [r##"{"type": "string"}"##, r##"{"type": "string"}"##],
    },
    Example {
        rule: Rule::AnnotationOnly,
        breaks: &[],
        failing: [r##"{"type": "string"}"##, r##"{"type": "string", "title": "A name"}"##],
        passing: [r##"{"type": "string"}"##, r##"{"type": "string"}"##],
    },
    Example {
        rule: Rule::Restated,
        breaks: &[],
        failing: [r##"{"enum": ["a", "b"]}"##, r##"{"enum": ["b", "a"]}"##],
        passing: [r##"{"type": "string"}"##, r##"{"type": "string"}"##],
    },
    Example {
        rule: Rule::Combination,
        breaks: &[Direction::Forward],
        failing: [r##"{"type": "integer", "minimum": 5, "allOf": [{"minimum": 5}]}"##, r##"{"type": "integer"}"##],
        passing: [
            r##"{"type": "integer", "minimum": 5, "allOf": [{"minimum": 5}]}"##,
            r##"{"type": "integer", "minimum": 5}"##,
        ],
    },
];
