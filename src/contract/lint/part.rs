//! The parts of a schema, and each of them as a schema of its own.

use serde_json::{Map, Value, json};

use crate::contract::draft::Draft;
use crate::contract::keywords;
use crate::contract::pointer::as_fragment;

/// The deepest nesting that is looked at.
const DEPTH_MAX: usize = 128;
/// The most parts that are looked at.
const PARTS_MAX: usize = 20_000;
/// What a schema without an address is called while its parts are asked about.
const ADDRESS: &str = "json-schema:///schema";

/// A schema somewhere in a schema.
#[derive(Clone)]
pub(super) struct Part<'a> {
    pub(super) pointer: String,
    pub(super) schema: &'a Value,
    /// The address that its references are read against.
    pub(super) base: String,
    /// Whether it or a schema inside it has an address of its own.
    pub(super) holds_addresses: bool,
}

/// All parts, each after the parts inside it.
pub(super) struct Parts<'a> {
    pub(super) all: Vec<Part<'a>>,
    pub(super) draft: Draft,
    /// Whether some were left out.
    pub(super) is_cut: bool,
}

impl<'a> Parts<'a> {
    pub(super) fn of(schema: &'a Value, draft: Draft) -> Self {
        Self::under(schema, draft, "json-schema:///")
    }

    /// The parts of a document that stands under an address.
    pub(super) fn under(schema: &'a Value, draft: Draft, address: &str) -> Self {
        let mut parts = Self { all: Vec::new(), draft, is_cut: false };
        parts.collect(String::new(), schema, address, 0);
        parts
    }

    /// Says whether there is an address inside.
    fn collect(&mut self, pointer: String, schema: &'a Value, base: &str, depth: usize) -> bool {
        if depth > DEPTH_MAX || self.all.len() >= PARTS_MAX {
            self.is_cut = true;
            return true;
        }
        let mut holds_addresses = identifier(schema, self.draft).is_some();
        let mut base = base.to_owned();
        if let Value::Object(members) = schema {
            let is_reference = ignores_siblings(schema, self.draft);
            if let Some(id) = identifier(schema, self.draft)
                && let Some(address) = resolve(&base, id)
            {
                base = address;
            }
            for (keyword, value) in members {
                if is_reference && !["definitions", "$defs"].contains(&keyword.as_str()) {
                    continue;
                }
                for (inner, schema) in keywords::inner(keyword, value, self.draft, &pointer) {
                    holds_addresses |= self.collect(inner, schema, &base, depth + 1);
                }
            }
        }
        self.all.push(Part { pointer, schema, base, holds_addresses });
        holds_addresses
    }
}

/// Whether a reference makes everything beside it count for nothing.
pub(super) fn ignores_siblings(schema: &Value, draft: Draft) -> bool {
    draft <= Draft::Draft7 && schema.get("$ref").is_some_and(Value::is_string)
}

/// What a schema calls itself.
pub(super) fn identifier(schema: &Value, draft: Draft) -> Option<&str> {
    if ignores_siblings(schema, draft) {
        return None;
    }
    schema.get(id_keyword(draft))?.as_str().filter(|id| !id.starts_with('#'))
}

fn id_keyword(draft: Draft) -> &'static str {
    if draft == Draft::Draft4 { "id" } else { "$id" }
}

/// A reference against the address that it is read under, without a fragment.
pub(super) fn resolve(base: &str, reference: &str) -> Option<String> {
    let reference = reference.split('#').next().unwrap_or_default();
    let read = fluent_uri::UriRef::parse(reference).ok()?;
    if read.has_scheme() {
        return Some(reference.to_owned());
    }
    let base = fluent_uri::Uri::parse(base).ok()?;
    Some(read.resolve_against(&base).ok()?.normalize().as_str().to_owned())
}

/// A schema that means what the part at `pointer` means where it stands.
///
/// The whole schema goes along as a definition, so that all references mean what they meant.
pub(super) fn alone(schema: &Value, pointer: &str, draft: Draft) -> Value {
    if pointer.is_empty() {
        return schema.clone();
    }
    let mut whole = schema.clone();
    let address = match identifier(schema, draft) {
        Some(id) => id.split('#').next().unwrap_or_default().to_owned(),
        None => {
            if let Value::Object(members) = &mut whole {
                members.insert(id_keyword(draft).to_owned(), ADDRESS.into());
            }
            ADDRESS.to_owned()
        }
    };
    let mut alone = Map::new();
    alone.insert("$schema".to_owned(), draft.meta_schema().into());
    alone.insert("allOf".to_owned(), json!([{"$ref": format!("{address}{}", as_fragment(pointer))}]));
    let folder = if draft >= Draft::Draft201909 { "$defs" } else { "definitions" };
    alone.insert(folder.to_owned(), json!({"schema": whole}));
    Value::Object(alone)
}
