//! What a schema must be before it is registered: JSON within bounds, of a draft that is known, valid under its
//! meta-schema, and with references that lead somewhere.

use std::collections::BTreeSet;

use jsonschema::error::ValidationErrorKind as Kind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::draft::Draft;
use super::position::{offset_of, pointer_at};
use super::resources::{NothingIsFetched, Resources};
use super::{language, names};
use crate::domain::json::{self, Bounds, Integers, Texts};

/// The deepest nesting of a schema.
pub const SCHEMA_DEPTH_MAX: usize = 100;
/// The most faults that are told at once.
pub const FAULTS_MAX: usize = 20;
/// The longest explanation of a fault.
const EXPLANATION_CHARS_MAX: usize = 300;

/// What is said of numbers that can't be kept.
const LOST: &str = "a number beyond double precision: it would lose digits; write one with fewer";

/// Something that is wrong with a schema or a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SchemaFault {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What.
    pub what: String,
}

impl SchemaFault {
    fn new(pointer: impl Into<String>, what: impl Into<String>) -> Self {
        let what: String = what.into();
        let what = match what.char_indices().nth(EXPLANATION_CHARS_MAX) {
            Some((at, _)) => format!("{}…", &what[..at]),
            None => what,
        };
        Self { pointer: pointer.into(), what }
    }
}

/// Reads JSON as schemas and documents are read: strictly, within bounds.
///
/// # Errors
/// What is wrong, and in which value.
pub fn read(text: &str) -> Result<Value, SchemaFault> {
    let value = read_bounded(text, Texts::WithoutNul)?;
    match json::first_number_lost(text) {
        Some(at) => Err(SchemaFault::new(pointer_at(text, at), LOST)),
        None => Ok(value),
    }
}

/// Reads JSON for a question that keeps nothing: any text will do, and numbers beyond double precision wherever their
/// lost digits can't change the answer. `beside` is what else the question is made of.
///
/// # Errors
/// What is wrong, and in which value.
pub fn read_to_ask(text: &str, beside: &[&str]) -> Result<Value, SchemaFault> {
    let value = read_bounded(text, Texts::Any)?;
    match json::first_number_lost(text) {
        Some(at) if !json::lost_numbers_tell_the_same(&[&[text], beside].concat()) => {
            Err(SchemaFault::new(pointer_at(text, at), LOST))
        }
        _ => Ok(value),
    }
}

fn read_bounded(text: &str, texts: Texts) -> Result<Value, SchemaFault> {
    let bounds = Bounds { depth_max: SCHEMA_DEPTH_MAX, integers: Integers::Of64Bits, texts };
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let bad = |error: &json::BadJson| {
        let (line, column) = error.place();
        let pointer = pointer_at(text, offset_of(text, line, column));
        SchemaFault::new(pointer, error.to_string())
    };
    json::check_within(text, bounds).map_err(|error| bad(&error))?;
    serde_json::from_str(text).map_err(|error| bad(&error.into()))
}

/// Everything that keeps a value from being a schema that can be registered; nothing if it is one.
#[must_use]
pub fn faults(schema: &Value, resources: &Resources) -> Vec<SchemaFault> {
    faults_as(schema, Draft::DEFAULT, resources)
}

/// As [`faults`], of a schema that is read as this draft where it names none.
#[must_use]
pub fn faults_as(schema: &Value, default: Draft, resources: &Resources) -> Vec<SchemaFault> {
    let draft = match Draft::declared(schema) {
        Ok(declared) => declared.unwrap_or(default),
        Err(unknown) => return vec![SchemaFault::new("/$schema", unknown.to_string())],
    };
    let mut faults = form_faults(schema, draft);
    if faults.is_empty()
        && let Err(error) = validator_as(schema, default, resources, false)
    {
        faults = reference_faults(schema, resources);
        if faults.is_empty() {
            faults.push(error);
        }
    }
    if faults.is_empty() {
        faults = ambiguous(schema, draft);
    }
    faults.truncate(FAULTS_MAX);
    faults
}

/// Everything that keeps a value from being a schema of a draft, by the draft's own schema.
pub(in crate::contract) fn form_faults(schema: &Value, draft: Draft) -> Vec<SchemaFault> {
    if !schema.is_object() && !schema.is_boolean() {
        return vec![SchemaFault::new("", "it is no schema: expected an object, true or false")];
    }
    let meta = match draft {
        Draft::Draft4 => jsonschema::draft4::meta::validator(),
        Draft::Draft6 => jsonschema::draft6::meta::validator(),
        Draft::Draft7 => jsonschema::draft7::meta::validator(),
        Draft::Draft201909 => jsonschema::draft201909::meta::validator(),
        Draft::Draft202012 => jsonschema::draft202012::meta::validator(),
    };
    let fault = |error: ValidationError<'_>| {
        SchemaFault::new(error.instance_path().to_string(), format!("{error} (by the meta-schema of {draft})"))
    };
    let mut faults: Vec<SchemaFault> = meta.iter_errors(schema).take(FAULTS_MAX).map(fault).collect();
    faults.dedup();
    faults
}

/// A validator of a schema, whose references may reach the resources.
///
/// # Errors
/// Why there is none.
pub fn validator(schema: &Value, resources: &Resources, formats: bool) -> Result<Validator, SchemaFault> {
    validator_as(schema, Draft::DEFAULT, resources, formats)
}

pub(in crate::contract) fn validator_as(
    schema: &Value,
    default: Draft,
    resources: &Resources,
    formats: bool,
) -> Result<Validator, SchemaFault> {
    let draft = Draft::declared(schema).ok().flatten().unwrap_or(default);
    let options = jsonschema::options()
        .with_draft(draft.as_jsonschema())
        .should_validate_formats(formats)
        .with_retriever(NothingIsFetched);
    let built = if resources.is_empty() {
        options.build(schema)
    } else {
        let registry = resources.registry(default).map_err(|what| SchemaFault::new("", what))?;
        options.with_registry(&registry).build(schema)
    };
    built.map_err(|error| {
        let pattern =
            error.instance().as_str().filter(|_| matches!(error.kind(), Kind::Format { format } if format == "regex"));
        let what = match pattern {
            Some(pattern) if language::is_pattern(pattern) == Some(true) => {
                "the pattern is more than a validator takes: repeat less in it".to_owned()
            }
            _ => error.to_string(),
        };
        SchemaFault::new(error.instance_path().to_string(), what)
    })
}

/// The keyword that refuses a document, as a JSON pointer into the schema; `None` if none does, or nobody can tell.
#[must_use]
pub fn blame(schema: &Value, resources: &Resources, formats: bool, document: &Value) -> Option<String> {
    let validator = validator(schema, resources, formats).ok()?;
    validator.iter_errors(document).next().map(|error| error.schema_path().to_string())
}

/// An error of a document.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DocumentFault {
    /// Where in the document, as a JSON pointer.
    pub pointer: String,
    /// By which keyword of the schema, as a JSON pointer.
    pub schema_pointer: String,
    /// What.
    pub what: String,
}

/// Everything for which a schema refuses a document, up to `max` of it.
#[must_use]
pub fn document_faults(validator: &Validator, document: &Value, max: usize) -> Vec<DocumentFault> {
    let fault = |error: ValidationError<'_>| DocumentFault {
        pointer: error.instance_path().to_string(),
        schema_pointer: error.schema_path().to_string(),
        what: SchemaFault::new("", error.to_string()).what,
    };
    validator.iter_errors(document).take(max).map(fault).collect()
}

/// The names that several parts have and that references ask for.
fn ambiguous(schema: &Value, draft: Draft) -> Vec<SchemaFault> {
    let twice = names::twice(schema, draft);
    if twice.is_empty() {
        return Vec::new();
    }
    let mut asked: BTreeSet<String> = BTreeSet::new();
    each_reference(schema, String::new(), &mut |_, reference| {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        asked.extend([address.to_owned(), fragment.to_owned()]);
    });
    let is_asked = |name: &str| asked.iter().any(|asked| asked == name || asked.ends_with(&format!("/{name}")));
    let fault = |twice: names::Twice| {
        let names::Twice { pointer, first, name } = twice;
        let what =
            format!("the name {name:?} stands at {first} as well: which of them a reference means nobody can say");
        SchemaFault::new(pointer, what)
    };
    twice.into_iter().filter(|twice| is_asked(&twice.name)).map(fault).collect()
}

/// The references of a schema that lead nowhere.
fn reference_faults(schema: &Value, resources: &Resources) -> Vec<SchemaFault> {
    let mut names = Names::default();
    names.collect(schema);
    let mut faults = Vec::new();
    each_reference(schema, String::new(), &mut |pointer, reference| {
        if let Some(what) = names.dangling(schema, reference, resources) {
            faults.push(SchemaFault::new(pointer, what));
        }
    });
    faults
}

/// The addresses, other than places within the document, to which a schema refers: without fragments.
#[must_use]
pub fn external_references(schema: &Value) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    each_reference(schema, String::new(), &mut |_, reference| {
        let address = reference.split('#').next().unwrap_or_default();
        if !address.is_empty() {
            found.insert(address.to_owned());
        }
    });
    found
}

fn each_reference(value: &Value, pointer: String, visit: &mut dyn FnMut(String, &str)) {
    match value {
        Value::Object(members) => {
            for (name, inner) in members {
                let at = format!("{pointer}/{}", json::pointer_token(name));
                match inner.as_str() {
                    Some(reference) if matches!(name.as_str(), "$ref" | "$dynamicRef" | "$recursiveRef") => {
                        visit(at, reference);
                    }
                    // What stands in these is data.
                    _ if matches!(name.as_str(), "const" | "enum" | "default" | "examples") => {}
                    _ => each_reference(inner, at, visit),
                }
            }
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(at, item)| each_reference(item, format!("{pointer}/{at}"), visit));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The names that a document gives to its parts.
#[derive(Default)]
struct Names {
    addresses: BTreeSet<String>,
    anchors: BTreeSet<String>,
}

impl Names {
    fn collect(&mut self, value: &Value) {
        match value {
            Value::Object(members) => {
                for name in ["$id", "id"] {
                    if let Some(address) = members.get(name).and_then(Value::as_str) {
                        let (address, anchor) = address.split_once('#').unwrap_or((address, ""));
                        self.addresses.insert(address.to_owned());
                        self.anchors.insert(anchor.to_owned());
                    }
                }
                for name in ["$anchor", "$dynamicAnchor"] {
                    self.anchors.extend(members.get(name).and_then(Value::as_str).map(str::to_owned));
                }
                members.values().for_each(|inner| self.collect(inner));
            }
            Value::Array(items) => items.iter().for_each(|item| self.collect(item)),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }

    /// Why a reference leads nowhere; `None` if it leads somewhere, or if that can't be told so simply.
    fn dangling(&self, schema: &Value, reference: &str, resources: &Resources) -> Option<String> {
        let (address, fragment) = reference.split_once('#').unwrap_or((reference, ""));
        if address.is_empty() {
            let has_parts_of_its_own = self.addresses.len() > 1;
            let is_there = match fragment.strip_prefix('/') {
                Some(_) => schema.pointer(&decoded(fragment)).is_some() || has_parts_of_its_own,
                None => fragment.is_empty() || self.anchors.contains(fragment),
            };
            return (!is_there).then(|| format!("{reference:?} leads nowhere: there is no such place in the schema"));
        }
        let ends_so = |known: &String| known == address || known.ends_with(&format!("/{address}"));
        let is_meta = Draft::of_address(address).is_some();
        if is_meta || resources.get(address).is_some() || self.addresses.iter().any(ends_so) {
            return None;
        }
        let is_remote = ["http://", "https://", "//"].iter().any(|scheme| address.starts_with(scheme));
        Some(if is_remote {
            format!("{reference:?} refers to the network, which is never asked: --resolve PREFIX=DIR maps it to files")
        } else {
            format!("{reference:?} leads nowhere: --resolve PREFIX=DIR maps addresses to files")
        })
    }
}

/// A fragment without percent-encoding.
fn decoded(fragment: &str) -> String {
    let bytes = fragment.as_bytes();
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let coded = (bytes[at] == b'%').then(|| fragment.get(at + 1..at + 3)).flatten();
        match coded.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                plain.push(byte);
                at += 3;
            }
            None => {
                plain.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&plain).into_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn told(schema: &Value) -> Vec<(String, String)> {
        faults(schema, &Resources::default()).into_iter().map(|fault| (fault.pointer, fault.what)).collect()
    }

    #[test]
    fn bad_json_is_told_with_the_value_in_which_it_is() {
        for (text, pointer, part) in [
            ("{\"a\":{\"b\":1,\"b\":2}}", "/a/b", "twice"),
            ("{\"a\":[1,2", "/a/1", "EOF"),
            ("{\"maximum\":123456789012345678901234567890}", "/maximum", "lose digits"),
            ("{\"a\":\"\\u0000\"}", "/a", "NUL"),
        ] {
            let fault = read(text).unwrap_err();
            assert!(fault.what.contains(part), "{text}: {fault:?}");
            assert_eq!(fault.pointer, pointer, "{text}: {fault:?}");
        }
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert!(read(&deep).unwrap_err().what.contains("deeper than 100"));
        assert_eq!(read("{\"maximum\":9223372036854775807}"), Ok(json!({"maximum": i64::MAX})));
    }

    #[test]
    fn what_is_no_schema_is_told_with_its_place() {
        for (schema, pointer, part) in [
            (json!([]), "", "no schema"),
            (json!({"$schema": "http://json-schema.org/draft-05/schema#"}), "/$schema", "unknown draft"),
            (json!({"properties": {"a": {"type": "strin"}}}), "/properties/a/type", "meta-schema"),
            (json!({"properties": {"a": {"$ref": "#/$defs/b"}}}), "/properties/a/$ref", "leads nowhere"),
            (json!({"properties": {"a": {"$ref": "#b"}}}), "/properties/a/$ref", "leads nowhere"),
            (json!({"items": {"$ref": "https://example.com/x.json"}}), "/items/$ref", "network"),
            (json!({"items": {"$ref": "x.json#/a"}}), "/items/$ref", "leads nowhere"),
            (json!({"pattern": "^(a{1000}){1000}$"}), "/pattern", "more than a validator takes"),
            (json!({"pattern": "("}), "/pattern", "regex"),
            (
                json!({"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}, "$ref": "#x"}),
                "/$defs/b/$anchor",
                "/$defs/a/$anchor as well",
            ),
        ] {
            let told = told(&schema);
            assert_eq!(told.len(), 1, "{schema}: {told:?}");
            assert_eq!(told[0].0, pointer, "{told:?}");
            assert!(told[0].1.contains(part), "{told:?}");
        }
    }

    #[test]
    fn schemas_that_hold_together_are_taken() {
        for schema in [
            json!(true),
            json!({"$defs": {"a b": {"type": "string"}}, "$ref": "#/$defs/a%20b"}),
            json!({"$id": "https://example.com/a", "$defs": {"b": {"$id": "b", "type": "null"}}, "items": {"$ref": "b"}}),
            json!({"$schema": "http://json-schema.org/draft-04/schema#", "maximum": 3, "exclusiveMaximum": true}),
            json!({"const": {"$ref": "#/nowhere"}}),
            // Nobody asks for it.
            json!({"$defs": {"a": {"$anchor": "x"}, "b": {"$anchor": "x"}}}),
        ] {
            assert_eq!(told(&schema), [], "{schema}");
        }
        let mut resources = Resources::default();
        resources.add("https://example.com/x.json", json!({"$defs": {"a": {"type": "null"}}}));
        let schema = json!({"items": {"$ref": "https://example.com/x.json#/$defs/a"}});
        assert_eq!(faults(&schema, &resources), []);
        let validator = validator(&schema, &resources, false).unwrap();
        assert!(validator.is_valid(&json!([null])) && !validator.is_valid(&json!([1])));
        assert_eq!(external_references(&schema).into_iter().collect::<Vec<_>>(), ["https://example.com/x.json"]);
    }
}
