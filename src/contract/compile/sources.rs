//! The documents that references may reach, and what they call their parts.

use std::collections::BTreeMap;

use fluent_uri::pct_enc::EStr;
use fluent_uri::pct_enc::encoder::Fragment;
use fluent_uri::{Uri, UriRef};
use rustc_hash::FxHashMap;
use serde_json::Value;

use super::Obstacle;
use crate::contract::draft::Draft;
use crate::contract::resources::Resources;

/// The deepest nesting that is searched.
const DEPTH_MAX: usize = 256;

/// A schema resource: a document, or a part of one with an identifier of its own.
pub(in crate::contract) struct Resource<'a> {
    /// Its address, without a fragment.
    pub(super) address: String,
    /// Its root schema.
    pub(super) root: &'a Value,
    /// The draft that it is read as.
    pub(super) draft: Draft,
    /// Its anchors, dynamic ones included.
    anchors: BTreeMap<String, &'a Value>,
    /// Its dynamic anchors; the recursive anchor of 2019-09 has the empty name.
    pub(super) dynamic: BTreeMap<String, &'a Value>,
}

/// A number for a [`Resource`].
pub(in crate::contract) type ResourceAt = usize;

/// A schema and the resource that it belongs to.
#[derive(Clone, Copy)]
pub(in crate::contract) struct Place<'a> {
    /// The schema.
    pub(super) schema: &'a Value,
    /// Its resource.
    pub(super) resource: ResourceAt,
}

impl<'a> Place<'a> {
    /// A schema of a resource.
    pub(in crate::contract) fn new(schema: &'a Value, resource: ResourceAt) -> Self {
        Self { schema, resource }
    }

    /// The schema.
    pub(in crate::contract) fn schema(self) -> &'a Value {
        self.schema
    }
}

/// All resources that one side of a comparison can reach.
pub(in crate::contract) struct Sources<'a> {
    resources: Vec<Resource<'a>>,
    by_address: FxHashMap<String, ResourceAt>,
    /// Resources that are parts of others, by where their root is in memory.
    roots: FxHashMap<*const Value, ResourceAt>,
    given: &'a Resources,
    reached: Vec<String>,
    default: Draft,
}

/// Where the keyword's value holds schemas.
enum Holds {
    One,
    List,
    Map,
    OneOrList,
}

fn holds(keyword: &str, draft: Draft) -> Option<Holds> {
    Some(match keyword {
        "additionalProperties"
        | "additionalItems"
        | "not"
        | "contains"
        | "propertyNames"
        | "if"
        | "then"
        | "else"
        | "unevaluatedItems"
        | "unevaluatedProperties"
        | "contentSchema" => Holds::One,
        "items" if draft < Draft::Draft202012 => Holds::OneOrList,
        "items" => Holds::One,
        "allOf" | "anyOf" | "oneOf" | "prefixItems" => Holds::List,
        "properties" | "patternProperties" | "definitions" | "$defs" | "dependentSchemas" | "dependencies" => {
            Holds::Map
        }
        _ => return None,
    })
}

impl<'a> Sources<'a> {
    /// The resources of one document.
    ///
    /// # Errors
    /// An [`Obstacle`] where the document uses a draft that is not known, or is nested too deep.
    pub(in crate::contract) fn new(
        document: &'a Value,
        address: &str,
        default: Draft,
        given: &'a Resources,
    ) -> Result<(Self, ResourceAt), Obstacle> {
        let mut sources = Self {
            resources: Vec::new(),
            by_address: FxHashMap::default(),
            roots: FxHashMap::default(),
            given,
            reached: Vec::new(),
            default,
        };
        let root = sources.add(document, address, default)?;
        Ok((sources, root))
    }

    /// A resource.
    pub(super) fn resource(&self, at: ResourceAt) -> &Resource<'a> {
        &self.resources[at]
    }

    /// The addresses that were reached, and whether draft 4 is spoken anywhere.
    pub(super) fn report(self) -> (Vec<String>, bool) {
        let old = self.resources.iter().any(|resource| resource.draft == Draft::Draft4);
        (self.reached, old)
    }

    /// The resource whose root a schema is, if it is one.
    pub(super) fn rooted_at(&self, schema: &Value) -> Option<ResourceAt> {
        self.roots.get(&std::ptr::from_ref(schema)).copied()
    }

    fn add(&mut self, document: &'a Value, address: &str, default: Draft) -> Result<ResourceAt, Obstacle> {
        let draft = draft_of(document, default)?;
        let base = match own_identifier(document, draft) {
            Some(id) if !id.starts_with('#') => resolve(address, id)?,
            _ => address.to_owned(),
        };
        let at = self.new_resource(document, &base, draft);
        self.by_address.entry(address.trim_end_matches('#').to_owned()).or_insert(at);
        self.walk(document, at, 0)?;
        Ok(at)
    }

    fn new_resource(&mut self, root: &'a Value, address: &str, draft: Draft) -> ResourceAt {
        let at = self.resources.len();
        let address = address.split('#').next().unwrap_or_default().to_owned();
        self.by_address.entry(address.clone()).or_insert(at);
        self.roots.insert(std::ptr::from_ref(root), at);
        self.resources.push(Resource { address, root, draft, anchors: BTreeMap::new(), dynamic: BTreeMap::new() });
        at
    }

    /// Notes identifiers and anchors below a schema.
    fn walk(&mut self, schema: &'a Value, at: ResourceAt, depth: usize) -> Result<(), Obstacle> {
        let Value::Object(members) = schema else { return Ok(()) };
        if depth > DEPTH_MAX {
            return Err(Obstacle::new(format!("the schema is nested deeper than {DEPTH_MAX} levels")));
        }
        let mut at = at;
        let is_root = std::ptr::eq(self.resources[at].root, schema);
        if !is_root {
            let outer = self.resources[at].draft;
            let draft = match members.get("$schema") {
                Some(Value::String(_)) if own_identifier(schema, outer).is_some() => draft_of(schema, outer)?,
                _ => outer,
            };
            if let Some(id) = own_identifier(schema, draft)
                && !id.starts_with('#')
            {
                let address = resolve(&self.resources[at].address, id)?;
                at = self.new_resource(schema, &address, draft);
            }
        }
        let draft = self.resources[at].draft;
        self.note_anchors(members, schema, at, draft);
        if draft <= Draft::Draft7 && members.contains_key("$ref") {
            // Siblings of a reference are ignored up to draft 7, but definitions beside it can be pointed to.
            for keyword in ["definitions", "$defs"] {
                if let Some(Value::Object(inner)) = members.get(keyword) {
                    inner.values().try_for_each(|inner| self.walk(inner, at, depth + 1))?;
                }
            }
            return Ok(());
        }
        for (keyword, value) in members {
            match (holds(keyword, draft), value) {
                (Some(Holds::One), inner) => self.walk(inner, at, depth + 1)?,
                (Some(Holds::List | Holds::OneOrList), Value::Array(list)) => {
                    list.iter().try_for_each(|inner| self.walk(inner, at, depth + 1))?;
                }
                (Some(Holds::OneOrList), inner) => self.walk(inner, at, depth + 1)?,
                (Some(Holds::Map), Value::Object(inner)) => {
                    inner.values().try_for_each(|inner| self.walk(inner, at, depth + 1))?;
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn note_anchors(
        &mut self,
        members: &'a serde_json::Map<String, Value>,
        schema: &'a Value,
        at: ResourceAt,
        draft: Draft,
    ) {
        let text = |keyword: &str| members.get(keyword).and_then(Value::as_str);
        let resource = &mut self.resources[at];
        let mut note = |name: &str| {
            resource.anchors.entry(name.to_owned()).or_insert(schema);
        };
        match draft {
            Draft::Draft4 | Draft::Draft6 | Draft::Draft7 => {
                let id = if draft == Draft::Draft4 { text("id") } else { text("$id") };
                if let Some((_, name)) = id.and_then(|id| id.split_once('#'))
                    && !name.is_empty()
                {
                    note(name);
                }
            }
            Draft::Draft201909 | Draft::Draft202012 => {
                for name in [text("$anchor"), text("$dynamicAnchor")].into_iter().flatten() {
                    note(name);
                }
            }
        }
        if draft == Draft::Draft202012
            && let Some(name) = text("$dynamicAnchor")
        {
            resource.dynamic.entry(name.to_owned()).or_insert(schema);
        }
        if draft == Draft::Draft201909
            && std::ptr::eq(resource.root, schema)
            && members.get("$recursiveAnchor") == Some(&Value::Bool(true))
        {
            resource.dynamic.insert(String::new(), schema);
        }
    }

    /// The place of a schema that stands inside another.
    pub(in crate::contract) fn inside(&self, outer: Place<'a>, schema: &'a Value) -> Place<'a> {
        Place { schema, resource: self.rooted_at(schema).unwrap_or(outer.resource) }
    }

    /// Where a reference leads to, if it leads anywhere.
    pub(in crate::contract) fn find_from(&mut self, from: Place<'a>, reference: &str) -> Option<Place<'a>> {
        self.find(from.resource, reference).ok()
    }

    /// The schema that a reference names, read from within a resource.
    ///
    /// # Errors
    /// An [`Obstacle`] where nothing is found there.
    pub(super) fn find(&mut self, from: ResourceAt, reference: &str) -> Result<Place<'a>, Obstacle> {
        let (address, fragment) = match reference.split_once('#') {
            Some((address, fragment)) => (address, fragment),
            None => (reference, ""),
        };
        let resource = if address.is_empty() {
            from
        } else {
            let wanted = resolve(&self.resources[from].address, address)?;
            self.reach(&wanted, reference)?
        };
        let fragment = decode(fragment);
        if fragment.is_empty() {
            return Ok(Place { schema: self.resources[resource].root, resource });
        }
        if fragment.starts_with('/') {
            return self.point(resource, &fragment, reference);
        }
        match self.resources[resource].anchors.get(&fragment) {
            Some(schema) => Ok(self.settle(schema, resource)),
            None => Err(Obstacle::fault(format!("the reference {reference:?} leads nowhere: no anchor of that name"))),
        }
    }

    fn reach(&mut self, address: &str, reference: &str) -> Result<ResourceAt, Obstacle> {
        let address = address.split('#').next().unwrap_or_default();
        if let Some(at) = self.by_address.get(address) {
            return Ok(*at);
        }
        let given: &'a Resources = self.given;
        if let Some(document) = given.get(address) {
            self.reached.push(address.to_owned());
            return self.add(document, address, self.default);
        }
        if let Some(document) = meta_schema(address) {
            return self.add(document, address, self.default);
        }
        Err(Obstacle::fault(format!(
            "the reference {reference:?} reaches {address:?}, which is not at hand; nothing is fetched"
        )))
    }

    /// Follows a JSON pointer (RFC 6901), minding identifiers on the way.
    pub(super) fn point(&self, resource: ResourceAt, pointer: &str, reference: &str) -> Result<Place<'a>, Obstacle> {
        let mut schema = self.resources[resource].root;
        let mut within = resource;
        for token in pointer.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let next = match schema {
                Value::Object(members) => members.get(&token),
                Value::Array(items) => token.parse::<usize>().ok().and_then(|at| items.get(at)),
                _ => None,
            };
            schema = next.ok_or_else(|| Obstacle::fault(format!("the reference {reference:?} leads nowhere")))?;
            within = self.rooted_at(schema).unwrap_or(within);
        }
        Ok(Place { schema, resource: within })
    }

    fn settle(&self, schema: &'a Value, resource: ResourceAt) -> Place<'a> {
        Place { schema, resource: self.rooted_at(schema).unwrap_or(resource) }
    }
}

/// What a schema calls itself, if siblings of a reference count.
fn own_identifier(schema: &Value, draft: Draft) -> Option<&str> {
    let members = schema.as_object()?;
    let keyword = if draft == Draft::Draft4 { "id" } else { "$id" };
    if draft <= Draft::Draft7 && members.contains_key("$ref") {
        return None;
    }
    members.get(keyword)?.as_str()
}

fn draft_of(schema: &Value, default: Draft) -> Result<Draft, Obstacle> {
    match Draft::declared(schema) {
        Ok(draft) => Ok(draft.unwrap_or(default)),
        Err(unknown) => Err(Obstacle::new(unknown.to_string())),
    }
}

/// A reference against the address that it is read under (RFC 3986 §5).
fn resolve(base: &str, reference: &str) -> Result<String, Obstacle> {
    let bad = |what: &dyn std::fmt::Display| Obstacle::new(format!("the address {reference:?} can't be read: {what}"));
    let reference_read = UriRef::parse(reference).map_err(|error| bad(&error))?;
    if reference_read.has_scheme() {
        return Ok(reference.to_owned());
    }
    let base = Uri::parse(base).map_err(|error| bad(&error))?;
    let resolved = reference_read.resolve_against(&base).map_err(|error| bad(&error))?;
    Ok(resolved.normalize().as_str().to_owned())
}

/// A fragment without percent-encoding; one that is no fragment of an address is taken as it stands.
fn decode(fragment: &str) -> String {
    match EStr::<Fragment>::new(fragment) {
        Some(encoded) => encoded.decode().to_string_lossy().into_owned(),
        None => fragment.to_owned(),
    }
}

/// The drafts' own schemas.
fn meta_schema(address: &str) -> Option<&'static Value> {
    use referencing::meta;
    let found: &'static std::sync::LazyLock<std::sync::Arc<Value>> = match address {
        "http://json-schema.org/draft-04/schema" => &meta::DRAFT4,
        "http://json-schema.org/draft-06/schema" => &meta::DRAFT6,
        "http://json-schema.org/draft-07/schema" => &meta::DRAFT7,
        "https://json-schema.org/draft/2019-09/schema" => &meta::DRAFT201909,
        "https://json-schema.org/draft/2019-09/meta/applicator" => &meta::DRAFT201909_APPLICATOR,
        "https://json-schema.org/draft/2019-09/meta/content" => &meta::DRAFT201909_CONTENT,
        "https://json-schema.org/draft/2019-09/meta/core" => &meta::DRAFT201909_CORE,
        "https://json-schema.org/draft/2019-09/meta/format" => &meta::DRAFT201909_FORMAT,
        "https://json-schema.org/draft/2019-09/meta/meta-data" => &meta::DRAFT201909_META_DATA,
        "https://json-schema.org/draft/2019-09/meta/validation" => &meta::DRAFT201909_VALIDATION,
        "https://json-schema.org/draft/2020-12/schema" => &meta::DRAFT202012,
        "https://json-schema.org/draft/2020-12/meta/core" => &meta::DRAFT202012_CORE,
        "https://json-schema.org/draft/2020-12/meta/applicator" => &meta::DRAFT202012_APPLICATOR,
        "https://json-schema.org/draft/2020-12/meta/unevaluated" => &meta::DRAFT202012_UNEVALUATED,
        "https://json-schema.org/draft/2020-12/meta/validation" => &meta::DRAFT202012_VALIDATION,
        "https://json-schema.org/draft/2020-12/meta/meta-data" => &meta::DRAFT202012_META_DATA,
        "https://json-schema.org/draft/2020-12/meta/format-annotation" => &meta::DRAFT202012_FORMAT_ANNOTATION,
        "https://json-schema.org/draft/2020-12/meta/content" => &meta::DRAFT202012_CONTENT,
        _ => return None,
    };
    Some(found)
}
