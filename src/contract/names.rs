//! Names that a schema gives to more than one of its parts: where a reference asks for such a name, nobody can say which
//! part is meant (JSON Schema 2020-12, core, 8.2.1 and 8.2.2).

use std::collections::BTreeMap;

use serde_json::Value;

use super::draft::Draft;
use super::keywords::inner;
use super::pointer::child;

/// A name that stands for several parts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::contract) struct Twice {
    /// Where it is given once more, as a JSON pointer to the keyword.
    pub(in crate::contract) pointer: String,
    /// Where it was given first.
    pub(in crate::contract) first: String,
    /// The name as it is written.
    pub(in crate::contract) name: String,
}

/// The names that are given more than once.
#[must_use]
pub(in crate::contract) fn twice(schema: &Value, draft: Draft) -> Vec<Twice> {
    let mut walk = Walk { seen: BTreeMap::new(), twice: Vec::new() };
    walk.schema(schema, "", draft, "");
    walk.twice
}

struct Walk {
    /// Addresses, and anchors with the address of the resource that they belong to.
    seen: BTreeMap<(String, Option<String>), String>,
    twice: Vec<Twice>,
}

impl Walk {
    fn schema(&mut self, schema: &Value, at: &str, draft: Draft, resource: &str) {
        let Value::Object(members) = schema else { return };
        let mut resource = resource.to_owned();
        let mut draft = draft;
        let id = if draft == Draft::Draft4 { "id" } else { "$id" };
        // Up to draft 7 nothing counts beside a reference.
        let counts = draft >= Draft::Draft201909 || !members.contains_key("$ref");
        let given = members.get(id).and_then(Value::as_str).filter(|_| counts);
        if let Some((address, fragment)) = given.map(|given| given.split_once('#').unwrap_or((given, ""))) {
            let here = child(at, id);
            if !address.is_empty() {
                draft = Draft::declared(schema).ok().flatten().unwrap_or(draft);
                resource = within(&resource, address);
                self.see((resource.clone(), None), &here, address);
            }
            if !fragment.is_empty() && !fragment.starts_with('/') {
                self.see((resource.clone(), Some(fragment.to_owned())), &here, fragment);
            }
        }
        if draft >= Draft::Draft201909 {
            for keyword in ["$anchor", "$dynamicAnchor"] {
                if let Some(anchor) = members.get(keyword).and_then(Value::as_str) {
                    self.see((resource.clone(), Some(anchor.to_owned())), &child(at, keyword), anchor);
                }
            }
        }
        for (keyword, value) in members {
            for (pointer, inner) in inner(keyword, value, draft, at) {
                self.schema(inner, &pointer, draft, &resource);
            }
        }
    }

    fn see(&mut self, name: (String, Option<String>), pointer: &str, written: &str) {
        match self.seen.get(&name) {
            Some(first) => {
                let (pointer, first, name) = (pointer.to_owned(), first.clone(), written.to_owned());
                self.twice.push(Twice { pointer, first, name });
            }
            None => drop(self.seen.insert(name, pointer.to_owned())),
        }
    }
}

/// An address as seen from a resource. Of two that are written alike in one place it is told that they are the same; of
/// others, which only resolving would find out, nothing is said.
fn within(resource: &str, address: &str) -> String {
    let is_whole = address.split(['/', '?']).next().is_some_and(|start| start.contains(':'));
    if is_whole { address.to_owned() } else { format!("{resource}\n{address}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn found(schema: &Value) -> Vec<(String, String)> {
        let draft = Draft::declared(schema).unwrap().unwrap_or(Draft::DEFAULT);
        twice(schema, draft).into_iter().map(|twice| (twice.first, twice.pointer)).collect()
    }

    #[test]
    fn a_name_belongs_to_one_part() {
        let schema = json!({"$defs": {
            "a": {"$anchor": "x"}, "b": {"$dynamicAnchor": "x"}, "c": {"$id": "c", "$anchor": "x"},
            "d": {"$id": "c"}, "e": {"const": {"$anchor": "x"}}, "f": {"x-y": {"$anchor": "x"}}
        }});
        let pairs = [("/$defs/a/$anchor", "/$defs/b/$dynamicAnchor"), ("/$defs/c/$id", "/$defs/d/$id")];
        assert_eq!(found(&schema), pairs.map(|(first, again)| (first.to_owned(), again.to_owned())));
    }

    #[test]
    fn old_drafts_name_by_id_alone() {
        let of = |draft: &str, id: &str| {
            json!({"$schema": format!("http://json-schema.org/{draft}/schema#"), "definitions": {
                "a": {id: "#x"}, "b": {id: "#x"}, "c": {"$anchor": "y"}, "d": {"$anchor": "y"},
                "e": {id: "#x", "$ref": "#/definitions/a"}
            }})
        };
        assert_eq!(found(&of("draft-07", "$id")), [("/definitions/a/$id".into(), "/definitions/b/$id".into())]);
        assert_eq!(found(&of("draft-04", "id")), [("/definitions/a/id".into(), "/definitions/b/id".into())]);
        assert_eq!(found(&of("draft-04", "$id")), []);
    }

    #[test]
    fn an_address_within_another_is_another() {
        let inner = json!({"$id": "x", "$anchor": "y"});
        let schema =
            json!({"$defs": {"a": {"$id": "http://a/", "not": inner}, "b": {"$id": "http://b/", "not": inner}}});
        assert_eq!(found(&schema), []);
    }
}
