//! What a schema declares: the assumption that producers send no other members.

use super::{Compiler, Obstacle, Schema, ScopeId};
use crate::contract::draft::Draft;
use crate::contract::formula::{Id, Literal};
use crate::contract::language::LanguageId;

/// How many schemas of one part are looked at.
const BESIDE_MAX: usize = 1_000;

impl<'a> Compiler<'a, '_> {
    /// Only declared members, if the schema or what stands beside it declares any and none of them speaks of others.
    pub(super) fn declared_only(&mut self, schema: Schema<'a>) -> Result<Id, Obstacle> {
        let mut declared = LanguageId::NONE;
        let mut open = vec![schema];
        let mut seen: Vec<(*const serde_json::Value, ScopeId)> = Vec::new();
        let mut names_some = false;
        while let Some(schema) = open.pop() {
            let key = (std::ptr::from_ref(schema.place.schema), schema.scope);
            if seen.contains(&key) {
                continue;
            }
            if seen.len() == BESIDE_MAX {
                return Ok(Id::TRUE);
            }
            seen.push(key);
            for (place, scope) in self.references(schema)? {
                open.extend(self.object_schema(place, scope));
            }
            if schema.draft <= Draft::Draft7 && schema.members.contains_key("$ref") {
                continue;
            }
            if schema.get("additionalProperties").is_some() || schema.get("unevaluatedProperties").is_some() {
                return Ok(Id::TRUE);
            }
            let named = self.named_members(schema);
            names_some |= named != LanguageId::NONE;
            let required = self.arena.languages.finite(schema.texts("required"));
            for more in [named, required] {
                declared = self.arena.languages.join(declared, more);
            }
            let lists = ["allOf", "anyOf", "oneOf"].into_iter().flat_map(|keyword| schema.list(keyword));
            let single = ["if", "then", "else"].into_iter().filter_map(|keyword| schema.get(keyword));
            let maps = ["dependentSchemas", "dependencies"].into_iter().flat_map(|keyword| schema.map(keyword));
            let inner: Vec<_> = lists.chain(single).chain(maps.map(|(_, inner)| inner)).collect();
            for inner in inner {
                let (place, scope) = self.inside(schema, inner);
                open.extend(self.object_schema(place, scope));
            }
        }
        if !names_some {
            return Ok(Id::TRUE);
        }
        Ok(self.arena.when(Literal::Members(declared.complement(), Id::FALSE)))
    }

    fn object_schema(&self, place: super::Place<'a>, scope: ScopeId) -> Option<Schema<'a>> {
        let draft = self.sources.resource(place.resource).draft;
        Some(Schema { members: place.schema.as_object()?, place, scope, draft })
    }
}
