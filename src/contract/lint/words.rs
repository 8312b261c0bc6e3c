//! Keywords and formats that mean nothing where they stand.

use serde_json::Value;

use super::part::{Parts, ignores_siblings};
use super::{Linter, Rule};
use crate::contract::draft::Draft;
use crate::contract::keywords::{self, Keyword, Role};
use crate::contract::pointer::child;

/// The formats that the drafts define.
const FORMATS: [&str; 19] = [
    "date",
    "date-time",
    "duration",
    "email",
    "hostname",
    "idn-email",
    "idn-hostname",
    "ipv4",
    "ipv6",
    "iri",
    "iri-reference",
    "json-pointer",
    "regex",
    "relative-json-pointer",
    "time",
    "uri",
    "uri-reference",
    "uri-template",
    "uuid",
];
/// Keywords of OpenAPI, which schemas often bring along.
const OPENAPI: [&str; 5] = ["discriminator", "example", "externalDocs", "nullable", "xml"];
/// How alike two words are that may be meant for each other.
const ALIKE: f64 = 0.9;

impl Linter<'_> {
    pub(super) fn words(&mut self, parts: &Parts<'_>) {
        for part in &parts.all {
            let Value::Object(members) = part.schema else { continue };
            let is_reference = ignores_siblings(part.schema, parts.draft);
            for keyword in members.keys() {
                let at = child(&part.pointer, keyword);
                match keywords::named(keyword) {
                    None => self.unknown(&at, keyword),
                    Some(known) if !known.is_in(parts.draft) => self.foreign(&at, known),
                    Some(known) if is_reference && known.role == Role::Asserts && known.name != "$ref" => self.note(
                        &at,
                        Rule::IgnoredBesideReference,
                        format!("{keyword:?} stands beside \"$ref\", and {} ignores it there", parts.draft),
                        "put the reference into an \"allOf\"".to_owned(),
                    ),
                    Some(_) => {}
                }
            }
            if let Some(Value::String(name)) = members.get("format")
                && !is_reference
                && !FORMATS.contains(&name.as_str())
            {
                let hint = meant(name, FORMATS.into_iter());
                let at = child(&part.pointer, "format");
                self.note(&at, Rule::UnknownFormat, format!("no validator checks a format called {name:?}"), hint);
            }
        }
    }

    fn unknown(&mut self, at: &str, keyword: &str) {
        if keyword.starts_with("x-") {
            return;
        }
        let hint = if OPENAPI.contains(&keyword) {
            "it is a keyword of OpenAPI; JSON Schema does not know it".to_owned()
        } else {
            let known = keywords::ALL.iter().filter(|known| known.is_in(self.draft));
            meant(keyword, known.map(|known| known.name))
        };
        self.note(at, Rule::UnknownKeyword, format!("no draft knows the keyword {keyword:?}"), hint);
    }

    fn foreign(&mut self, at: &str, known: &Keyword) {
        let (message, hint) = if self.draft < known.since {
            (format!("{:?} is a keyword since {}", known.name, known.since), in_older_words(known.name))
        } else {
            (format!("{:?} is a keyword until {}", known.name, known.until), in_newer_words(known.name, self.draft))
        };
        let message = format!("{message}; the schema is read as {}", self.draft);
        self.note(at, Rule::KeywordOfAnotherDraft, message, hint.to_owned());
    }
}

fn in_older_words(keyword: &str) -> &'static str {
    match keyword {
        "$defs" => "\"definitions\" does the same there",
        "$id" => "\"id\" does the same in draft 4",
        "const" => "an \"enum\" of one value does the same",
        "prefixItems" => "a list as \"items\" does the same before 2020-12",
        "dependentRequired" | "dependentSchemas" => "\"dependencies\" does the same before 2019-09",
        _ => "name the draft that has it in \"$schema\"",
    }
}

fn in_newer_words(keyword: &str, draft: Draft) -> &'static str {
    match keyword {
        "id" => "\"$id\" does the same",
        "additionalItems" if draft >= Draft::Draft202012 => "\"items\" beside \"prefixItems\" does the same",
        "$recursiveRef" | "$recursiveAnchor" => "\"$dynamicRef\" and \"$dynamicAnchor\" do the same",
        _ => "",
    }
}

/// A question about the word that is most alike, if one is.
fn meant<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> String {
    let alike = known.map(|known| (strsim::jaro_winkler(&word.to_lowercase(), &known.to_lowercase()), known));
    let best = alike.filter(|(alike, _)| *alike >= ALIKE).max_by(|one, other| one.0.total_cmp(&other.0));
    best.map(|(_, known)| format!("did you mean {known:?}?")).unwrap_or_default()
}
