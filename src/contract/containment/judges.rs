//! Validators that have the last word on a witness.

use boon::{Compiler, SchemaIndex, Schemas, UrlLoader};
use serde_json::Value;

use super::Question;
use super::measure::size;
use crate::contract::draft::Draft;
use crate::contract::language::plain_pattern;
use crate::contract::schema::validator_as;

/// Where the two schemas stand for the second validator.
const SUB: &str = "json-schema:///sub";
const SUP: &str = "json-schema:///sup";

/// A schema whose patterns the second validator can read: it knows no look-around and no back-references. Such patterns
/// are handed to it as the automaton tells them, or left out where there is none; the first validator judges them as
/// they are.
fn without_look_around(schema: &Value) -> Value {
    let plain = |text: &str| if is_plain(text) { None } else { plain_pattern(text) };
    match schema {
        Value::Object(members) => {
            let readable = |(name, value): &(&String, &Value)| {
                *name != "pattern" || value.as_str().is_none_or(|text| is_plain(text) || plain_pattern(text).is_some())
            };
            let members = members.iter().filter(readable);
            let member = |(name, value): (&String, &Value)| match (name.as_str(), value) {
                ("pattern", Value::String(text)) => {
                    (name.clone(), Value::String(plain(text).unwrap_or_else(|| text.clone())))
                }
                ("patternProperties", Value::Object(patterns)) => {
                    let patterns = patterns.iter().map(|(pattern, inner)| {
                        (plain(pattern).unwrap_or_else(|| pattern.clone()), without_look_around(inner))
                    });
                    (name.clone(), Value::Object(patterns.collect()))
                }
                ("enum" | "const", value) => (name.clone(), value.clone()),
                (_, value) => (name.clone(), without_look_around(value)),
            };
            Value::Object(members.map(member).collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(without_look_around).collect()),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => schema.clone(),
    }
}

/// Whether a pattern holds nothing that the second validator can't read.
fn is_plain(pattern: &str) -> bool {
    let looks_around = ["(?=", "(?!", "(?<=", "(?<!", "\\k<"].iter().any(|mark| pattern.contains(mark));
    let refers_back = pattern.as_bytes().windows(2).any(|pair| pair[0] == b'\\' && (b'1'..=b'9').contains(&pair[1]));
    !looks_around && !refers_back && ["\\p", "\\P"].iter().all(|mark| properties(pattern, mark).all(is_known))
}

/// What stands after each of these marks in a pattern: the name of a property, if it is one.
fn properties<'a>(pattern: &'a str, mark: &str) -> impl Iterator<Item = Option<&'a str>> {
    let named = |rest: &'a str| rest.strip_prefix('{')?.split_once('}').map(|(name, _)| name);
    pattern.match_indices(mark).map(move |(at, found)| named(&pattern[at + found.len()..]))
}

/// Whether the second validator reads a property as the first one does. Where braces are missing, or the property is none,
/// ECMA-262 takes a letter; it refuses the pattern.
fn is_known(property: Option<&str>) -> bool {
    const CATEGORIES: [&str; 37] = [
        "L", "Lu", "Ll", "Lt", "Lm", "Lo", "M", "Mn", "Mc", "Me", "N", "Nd", "Nl", "No", "P", "Pc", "Pd", "Ps", "Pe",
        "Pi", "Pf", "Po", "S", "Sm", "Sc", "Sk", "So", "Z", "Zs", "Zl", "Zp", "C", "Cc", "Cf", "Co", "Cn", "Letter",
    ];
    property.is_some_and(|name| CATEGORIES.contains(&name))
}

/// The formats that the second validator knows.
const FORMATS: [&str; 20] = [
    "regex",
    "ipv4",
    "ipv6",
    "hostname",
    "idn-hostname",
    "email",
    "idn-email",
    "date",
    "time",
    "date-time",
    "duration",
    "period",
    "json-pointer",
    "relative-json-pointer",
    "uuid",
    "uri",
    "iri",
    "uri-reference",
    "iri-reference",
    "uri-template",
];

/// The most values of both schemas together that the second validator is given: it takes the square of their parts.
const SECOND_MAX: usize = 40_000;

/// Two independent validators, each for both schemas of a question.
pub(super) struct Judges {
    first: Pair<jsonschema::Validator>,
    second: Option<(Schemas, Pair<SchemaIndex>)>,
}

struct Pair<T> {
    sub: T,
    sup: T,
}

struct NothingIsFetched;

impl UrlLoader for NothingIsFetched {
    fn load(&self, url: &str) -> Result<Value, Box<dyn std::error::Error>> {
        Err(format!("{url} is not at hand; nothing is fetched").into())
    }
}

impl Judges {
    /// Compiles both schemas for both validators.
    ///
    /// # Errors
    /// In words, what a validator has against a schema.
    pub(super) fn new(question: &Question<'_>) -> Result<Self, String> {
        let first = |schema: &Value| {
            validator_as(schema, question.draft, question.resources, question.formats).map_err(|fault| fault.what)
        };
        let first = Pair { sub: first(question.sub)?, sup: first(question.sup)? };
        if size(question.sub, SECOND_MAX) + size(question.sup, SECOND_MAX) > SECOND_MAX {
            return Ok(Self { first, second: None });
        }
        let mut schemas = Schemas::new();
        // Each in a compiler of its own: two versions of one schema may call themselves the same.
        let mut second = |schema: &Value, address: &str| {
            let mut compiler = Compiler::new();
            compiler.set_default_draft(as_boon(question.draft));
            if question.formats {
                compiler.enable_format_assertions();
            } else {
                // Up to draft 7 this validator asserts formats unless told otherwise, one by one.
                FORMATS.iter().for_each(|name| compiler.register_format(boon::Format { name, func: |_| Ok(()) }));
            }
            compiler.use_loader(Box::new(NothingIsFetched));
            for (address, document) in question.resources.iter() {
                compiler.add_resource(address, without_look_around(document)).map_err(|error| error.to_string())?;
            }
            compiler.add_resource(address, without_look_around(schema)).map_err(|error| error.to_string())?;
            compiler.compile(address, &mut schemas).map_err(|error| format!("{error:#}"))
        };
        let pair = Pair { sub: second(question.sub, SUB)?, sup: second(question.sup, SUP)? };
        Ok(Self { first, second: Some((schemas, pair)) })
    }

    /// Whether both validators accept the document for `sub` and reject it for `sup`. Where the schemas are too large for
    /// the second, `formula` has its say.
    pub(super) fn confirm(&self, document: &Value, formula: &dyn Fn(&Value) -> bool) -> bool {
        self.first.sub.is_valid(document)
            && !self.first.sup.is_valid(document)
            && match &self.second {
                Some((schemas, pair)) => {
                    schemas.validate(document, pair.sub).is_ok() && schemas.validate(document, pair.sup).is_err()
                }
                None => formula(document),
            }
    }
}

fn as_boon(draft: Draft) -> boon::Draft {
    match draft {
        Draft::Draft4 => boon::Draft::V4,
        Draft::Draft6 => boon::Draft::V6,
        Draft::Draft7 => boon::Draft::V7,
        Draft::Draft201909 => boon::Draft::V2019_09,
        Draft::Draft202012 => boon::Draft::V2020_12,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_that_the_second_validator_refuses_are_known() {
        for plain in ["^a+$", r"^\p{L}\P{Nd}$", r"\d\w"] {
            assert!(is_plain(plain), "{plain}");
        }
        for other in [r"\pL", r"[\p0020]", r"\p{L9}", r"\P{Nothing}", r"\p{L", r"(a)\1", "(?=a)"] {
            assert!(!is_plain(other), "{other}");
        }
    }
}
