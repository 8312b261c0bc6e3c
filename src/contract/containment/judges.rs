//! Validators that have the last word on a witness.

use boon::{Compiler, SchemaIndex, Schemas, UrlLoader};
use serde_json::Value;

use super::Question;
use super::measure::size;
use super::patterns::{Engine, respelled};
use crate::contract::draft::Draft;
use crate::contract::resources::Resources;
use crate::contract::schema::validator_as;

/// Where the two schemas stand for the second validator.
const SUB: &str = "json-schema:///sub";
const SUP: &str = "json-schema:///sup";

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
    /// Whether a pattern is there that no engine is sure to read as it is meant.
    is_doubtful: bool,
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
        let mut is_doubtful = false;
        let mut resources = Resources::default();
        for (address, document) in question.resources.iter() {
            let respelled = respelled(document, Engine::LooksAround);
            is_doubtful |= respelled.is_doubtful;
            resources.add(address, respelled.schema.into_owned());
        }
        let mut first = |schema: &Value| {
            let respelled = respelled(schema, Engine::LooksAround);
            is_doubtful |= respelled.is_doubtful;
            validator_as(&respelled.schema, question.draft, &resources, question.formats).map_err(|fault| fault.what)
        };
        let first = Pair { sub: first(question.sub)?, sup: first(question.sup)? };
        if size(question.sub, SECOND_MAX) + size(question.sup, SECOND_MAX) > SECOND_MAX {
            return Ok(Self { first, second: None, is_doubtful });
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
                let document = respelled(document, Engine::Plain).schema.into_owned();
                compiler.add_resource(address, document).map_err(|error| error.to_string())?;
            }
            let schema = respelled(schema, Engine::Plain).schema.into_owned();
            compiler.add_resource(address, schema).map_err(|error| error.to_string())?;
            compiler.compile(address, &mut schemas).map_err(|error| format!("{error:#}"))
        };
        let pair = Pair { sub: second(question.sub, SUB)?, sup: second(question.sup, SUP)? };
        Ok(Self { first, second: Some((schemas, pair)), is_doubtful })
    }

    /// Whether both validators accept the document for `sub` and reject it for `sup`. `formula` says the same by the
    /// formulas, as far as it knows: it can refuse, and has to agree where the schemas are too large for the second
    /// validator or where engines read a pattern each in its way.
    pub(super) fn confirm(&self, document: &Value, formula: &dyn Fn(&Value) -> Option<bool>) -> bool {
        let is_confirmed = self.first.sub.is_valid(document)
            && !self.first.sup.is_valid(document)
            && self.second.as_ref().is_none_or(|(schemas, pair)| {
                schemas.validate(document, pair.sub).is_ok() && schemas.validate(document, pair.sup).is_err()
            });
        is_confirmed
            && match formula(document) {
                Some(agrees) => agrees,
                None => self.second.is_some() && !self.is_doubtful,
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
