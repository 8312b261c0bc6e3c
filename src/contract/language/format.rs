//! What formats admit.
//!
//! Some can be said by a pattern. Of the others it is known which strings they admit by asking two validators, a pattern
//! that is wider, and some strings that they do admit.

use boon::{Compiler, SchemaIndex, Schemas};
use serde_json::{Value, json};

use crate::contract::draft::Draft;

/// A format that asserts something.
pub(super) enum Meaning {
    /// It admits what this pattern matches.
    Pattern(&'static str),
    /// It admits no more than what this pattern matches.
    Within(&'static str, &'static [&'static str]),
}

/// The meaning of a format's name; `None` for names that assert nothing.
pub(super) fn meaning(name: &str) -> Option<Meaning> {
    Some(match name {
        "ipv4" => Meaning::Pattern(
            r"^(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])(\.(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])){3}$",
        ),
        "json-pointer" => Meaning::Pattern(r"^(/([^~/]|~[01])*)*$"),
        "uuid" => Meaning::Within(
            r"^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$",
            &["2eb8aa08-aa98-11ea-b4aa-73b441d16380"],
        ),
        "date" => Meaning::Within(r"^[0-9]{4}-[01][0-9]-[0-3][0-9]$", &["2020-01-31", "1999-12-01"]),
        "time" => Meaning::Within(
            r"^[0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]+)?([zZ]|[+-][0-2][0-9]:[0-5][0-9])$",
            &["08:30:06Z", "12:00:00.5+01:00"],
        ),
        "date-time" => Meaning::Within(
            r"^[0-9]{4}-[01][0-9]-[0-3][0-9][^0-9][0-2][0-9]:[0-5][0-9]:[0-6][0-9](\.[0-9]+)?([zZ]|[+-][0-2][0-9]:[0-5][0-9])$",
            &["2020-01-31T08:30:06Z", "1999-12-01T12:00:00.5+01:00"],
        ),
        "duration" => Meaning::Within(r"^P[0-9YMWDTHS.,]{2,}$", &["P1D", "PT1H", "P2W"]),
        "ipv6" => Meaning::Within(r"^[0-9a-fA-F:.]{2,45}$", &["::1", "2001:db8::ff00:42:8329"]),
        "email" => Meaning::Within(r"^[^]+@[^]+$", &["a@example.com", "joe.bloggs@example.org"]),
        "idn-email" => Meaning::Within(r"^[^]+@[^]+$", &["a@example.com", "\u{c2e4}\u{b840}@\u{c2e4}\u{b840}.com"]),
        "hostname" => Meaning::Within(r"^[a-zA-Z0-9.-]{0,253}$", &["example.com", "a"]),
        "idn-hostname" => Meaning::Within("", &["example.com", "a"]),
        "uri" => Meaning::Within(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", &["http://example.com/a", "urn:a:b"]),
        "iri" => Meaning::Within(r"^[a-zA-Z][a-zA-Z0-9+.-]*:", &["http://example.com/a", "urn:a:b"]),
        "uri-reference" | "iri-reference" => Meaning::Within("", &["http://example.com/a", "a", "/a?b#c"]),
        "uri-template" => Meaning::Within("", &["http://example.com/{a}", "a"]),
        "relative-json-pointer" => Meaning::Within(r"^[0-9]+(#|(/([^~/]|~[01])*)*)$", &["0", "1/a", "2#"]),
        "regex" => Meaning::Within("", &["a", "^[a-z]+$"]),
        _ => return None,
    })
}

/// Two validators that are asked whether a format admits a string.
pub(super) struct Oracle {
    first: jsonschema::Validator,
    second: (Schemas, SchemaIndex),
    /// Strings that it admits, for a start.
    pub(super) examples: &'static [&'static str],
}

impl Oracle {
    /// `None` if a validator can't be had.
    pub(super) fn new(name: &str, draft: Draft, examples: &'static [&'static str]) -> Option<Self> {
        let schema = json!({"$schema": draft.meta_schema(), "format": name});
        let first = jsonschema::options()
            .with_draft(draft.as_jsonschema())
            .should_validate_formats(true)
            .offline()
            .build(&schema);
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource("json-schema:///format", schema).ok()?;
        let mut schemas = Schemas::new();
        let index = compiler.compile("json-schema:///format", &mut schemas).ok()?;
        Some(Self { first: first.ok()?, second: (schemas, index), examples })
    }

    /// Whether the format admits the string; `None` if the validators disagree.
    pub(super) fn admits(&self, text: &str) -> Option<bool> {
        let value = Value::String(text.to_owned());
        let first = self.first.is_valid(&value);
        let second = self.second.0.validate(&value, self.second.1).is_ok();
        (first == second).then_some(first)
    }
}
