//! The keywords of the drafts: which there are, since when and until when, and where they hold schemas.

use serde_json::Value;

use super::draft::Draft;
use super::pointer::child;

/// Where a keyword's value holds schemas.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::contract) enum Holds {
    /// Nowhere.
    Nothing,
    /// The value is one.
    One,
    /// The value is a list of them.
    List,
    /// The value is one or a list of them.
    OneOrList,
    /// The members of the value are some.
    Map,
}

/// What a keyword is for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::contract) enum Role {
    /// It decides which documents are valid.
    Asserts,
    /// It tells people something.
    Annotates,
    /// It says how the schema itself is to be read.
    Directs,
}

/// A keyword.
#[derive(Clone, Copy, Debug)]
pub(in crate::contract) struct Keyword {
    /// Its name.
    pub(in crate::contract) name: &'static str,
    /// The first draft that has it.
    pub(in crate::contract) since: Draft,
    /// The last draft that has it.
    pub(in crate::contract) until: Draft,
    /// Where it holds schemas.
    pub(in crate::contract) holds: Holds,
    /// What it is for.
    pub(in crate::contract) role: Role,
}

impl Keyword {
    const fn new(name: &'static str, since: Draft, until: Draft, holds: Holds, role: Role) -> Self {
        Self { name, since, until, holds, role }
    }

    /// Whether a draft has it.
    #[must_use]
    pub(in crate::contract) fn is_in(&self, draft: Draft) -> bool {
        self.since <= draft && draft <= self.until
    }
}

const OLD: Draft = Draft::Draft4;
const SIX: Draft = Draft::Draft6;
const SEVEN: Draft = Draft::Draft7;
const NINE: Draft = Draft::Draft201909;
const NEW: Draft = Draft::Draft202012;

/// All of them. `definitions` and `dependencies` live on in the newer drafts' own schemas.
pub(in crate::contract) const ALL: [Keyword; 63] = [
    Keyword::new("$schema", OLD, NEW, Holds::Nothing, Role::Directs),
    Keyword::new("$vocabulary", NINE, NEW, Holds::Nothing, Role::Directs),
    Keyword::new("id", OLD, OLD, Holds::Nothing, Role::Directs),
    Keyword::new("$id", SIX, NEW, Holds::Nothing, Role::Directs),
    Keyword::new("$anchor", NINE, NEW, Holds::Nothing, Role::Directs),
    Keyword::new("$dynamicAnchor", NEW, NEW, Holds::Nothing, Role::Directs),
    Keyword::new("$recursiveAnchor", NINE, NINE, Holds::Nothing, Role::Directs),
    Keyword::new("$comment", SEVEN, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("definitions", OLD, NEW, Holds::Map, Role::Directs),
    Keyword::new("$defs", NINE, NEW, Holds::Map, Role::Directs),
    Keyword::new("$ref", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("$dynamicRef", NEW, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("$recursiveRef", NINE, NINE, Holds::Nothing, Role::Asserts),
    Keyword::new("type", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("enum", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("const", SIX, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("minimum", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("exclusiveMinimum", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("maximum", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("exclusiveMaximum", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("multipleOf", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("minLength", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("maxLength", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("pattern", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("format", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("minItems", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("maxItems", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("uniqueItems", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("prefixItems", NEW, NEW, Holds::List, Role::Asserts),
    Keyword::new("items", OLD, NEW, Holds::OneOrList, Role::Asserts),
    Keyword::new("additionalItems", OLD, NINE, Holds::One, Role::Asserts),
    Keyword::new("unevaluatedItems", NINE, NEW, Holds::One, Role::Asserts),
    Keyword::new("contains", SIX, NEW, Holds::One, Role::Asserts),
    Keyword::new("minContains", NINE, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("maxContains", NINE, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("minProperties", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("maxProperties", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("required", OLD, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("properties", OLD, NEW, Holds::Map, Role::Asserts),
    Keyword::new("patternProperties", OLD, NEW, Holds::Map, Role::Asserts),
    Keyword::new("additionalProperties", OLD, NEW, Holds::One, Role::Asserts),
    Keyword::new("unevaluatedProperties", NINE, NEW, Holds::One, Role::Asserts),
    Keyword::new("propertyNames", SIX, NEW, Holds::One, Role::Asserts),
    Keyword::new("dependencies", OLD, NEW, Holds::Map, Role::Asserts),
    Keyword::new("dependentRequired", NINE, NEW, Holds::Nothing, Role::Asserts),
    Keyword::new("dependentSchemas", NINE, NEW, Holds::Map, Role::Asserts),
    Keyword::new("allOf", OLD, NEW, Holds::List, Role::Asserts),
    Keyword::new("anyOf", OLD, NEW, Holds::List, Role::Asserts),
    Keyword::new("oneOf", OLD, NEW, Holds::List, Role::Asserts),
    Keyword::new("not", OLD, NEW, Holds::One, Role::Asserts),
    Keyword::new("if", SEVEN, NEW, Holds::One, Role::Asserts),
    Keyword::new("then", SEVEN, NEW, Holds::One, Role::Asserts),
    Keyword::new("else", SEVEN, NEW, Holds::One, Role::Asserts),
    Keyword::new("contentEncoding", SEVEN, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("contentMediaType", SEVEN, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("contentSchema", NINE, NEW, Holds::One, Role::Annotates),
    Keyword::new("title", OLD, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("description", OLD, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("default", OLD, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("examples", SIX, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("deprecated", NINE, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("readOnly", SEVEN, NEW, Holds::Nothing, Role::Annotates),
    Keyword::new("writeOnly", SEVEN, NEW, Holds::Nothing, Role::Annotates),
];

/// The keyword of a name, in any draft.
#[must_use]
pub(in crate::contract) fn named(name: &str) -> Option<&'static Keyword> {
    ALL.iter().find(|keyword| keyword.name == name)
}

/// The schemas that a keyword's value holds, by their pointers below `at`, where the schema with the keyword stands.
#[must_use]
pub(in crate::contract) fn inner<'a>(
    keyword: &str,
    value: &'a Value,
    draft: Draft,
    at: &str,
) -> Vec<(String, &'a Value)> {
    let Some(known) = named(keyword).filter(|known| known.is_in(draft)) else { return Vec::new() };
    let here = child(at, keyword);
    let listed = |items: &'a Vec<Value>| -> Vec<(String, &'a Value)> {
        items.iter().enumerate().map(|(place, inner)| (child(&here, &place.to_string()), inner)).collect()
    };
    match (known.holds, value) {
        (Holds::One, inner) => vec![(here, inner)],
        (Holds::List, Value::Array(items)) => listed(items),
        (Holds::OneOrList, Value::Array(items)) if draft < Draft::Draft202012 => listed(items),
        (Holds::OneOrList, inner) => vec![(here, inner)],
        (Holds::Map, Value::Object(members)) => {
            let schemas = members.iter().filter(|(_, inner)| !inner.is_array());
            schemas.map(|(name, inner)| (child(&here, name), inner)).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn each_keyword_stands_in_the_table_once() {
        for (place, keyword) in ALL.iter().enumerate() {
            assert!(keyword.since <= keyword.until, "{}", keyword.name);
            assert!(ALL[..place].iter().all(|other| other.name != keyword.name), "{}", keyword.name);
        }
    }

    #[test]
    fn the_drafts_own_schemas_have_the_keywords_that_the_table_gives_them() {
        for (draft, schema) in [
            (Draft::Draft4, &*referencing::meta::DRAFT4),
            (Draft::Draft6, &*referencing::meta::DRAFT6),
            (Draft::Draft7, &*referencing::meta::DRAFT7),
        ] {
            for name in schema["properties"].as_object().unwrap().keys() {
                assert!(named(name).is_some_and(|keyword| keyword.is_in(draft)), "{draft} has {name}");
            }
            for keyword in ALL.iter().filter(|keyword| keyword.is_in(draft)) {
                let known = schema["properties"].get(keyword.name).is_some();
                // Draft 7 lists writeOnly and the others since a later edition of its schema only.
                assert!(
                    known || keyword.role == Role::Annotates || keyword.name == "$ref",
                    "{draft}: {}",
                    keyword.name
                );
            }
        }
    }

    #[test]
    fn inner_schemas_are_found_by_the_kind_of_keyword() {
        let pointers = |keyword: &str, value: Value, draft| -> Vec<String> {
            inner(keyword, &value, draft, "/x").into_iter().map(|(pointer, _)| pointer).collect()
        };
        assert_eq!(pointers("items", json!([{}, true]), Draft::Draft7), ["/x/items/0", "/x/items/1"]);
        assert_eq!(pointers("items", json!({}), Draft::Draft202012), ["/x/items"]);
        assert_eq!(pointers("properties", json!({"a/b": {}}), Draft::Draft4), ["/x/properties/a~1b"]);
        assert_eq!(pointers("dependencies", json!({"a": ["b"], "c": {}}), Draft::Draft7), ["/x/dependencies/c"]);
        assert_eq!(pointers("if", json!({}), Draft::Draft6), Vec::<String>::new());
        assert_eq!(pointers("enum", json!([{}]), Draft::Draft7), Vec::<String>::new());
    }
}
