//! `unevaluatedProperties` and `unevaluatedItems`, spelled out.
//!
//! What a schema evaluates depends on which of its branches hold. So its ways are listed: each way is a condition and
//! what is evaluated under it; the conditions exclude each other and cover every document that the schema accepts. The
//! keyword then says: for each way, if its condition holds, whatever it leaves is subject to the inner schema.

use serde_json::Value;

use super::arrays::positions;
use super::{Compiler, Entry, Obstacle, Place, Schema, ScopeId};
use crate::contract::draft::Draft;
use crate::contract::formula::{Id, Literal, Span};
use crate::contract::language::LanguageId;

/// The most ways of one schema.
const WAYS_MAX: usize = 512;
/// How many schemas are looked into for their ways, those that are referred to again counted again.
const LOOKED_INTO_MAX: u64 = 100_000;
/// How deep schemas beside each other may refer to further ones.
const DEPTH_MAX: usize = 32;

/// What is evaluated under a condition.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Way {
    /// When.
    condition: Id,
    /// The names of evaluated members.
    names: LanguageId,
    /// Items before this position are evaluated; all where there is none.
    items: Option<u64>,
    /// So are items that satisfy one of these.
    contained: Vec<Id>,
}

impl Way {
    fn nothing(condition: Id) -> Self {
        Self { condition, names: LanguageId::NONE, items: Some(0), contained: Vec::new() }
    }

    fn is_nothing(&self) -> bool {
        self.names == LanguageId::NONE && self.items == Some(0) && self.contained.is_empty()
    }
}

impl<'a> Compiler<'a, '_> {
    pub(super) fn unevaluated(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        self.standing.both_ways += 1;
        let outcome = self.spell_out(schema, parts);
        self.standing.both_ways -= 1;
        outcome
    }

    fn spell_out(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        for keyword in ["unevaluatedProperties", "unevaluatedItems"] {
            let Some(inner) = schema.get(keyword) else { continue };
            let inner = self.part(schema, inner)?;
            if inner == Id::TRUE {
                continue;
            }
            let ways = self.ways(schema, Count::Without(keyword), 0)?;
            let mut each = Vec::with_capacity(ways.len());
            for way in ways {
                let left = if keyword == "unevaluatedProperties" {
                    self.arena.when(Literal::Members(way.names.complement(), inner))
                } else {
                    match way.items {
                        None => Id::TRUE,
                        Some(from) => {
                            let or_contained: Vec<Id> = way.contained.iter().copied().chain([inner]).collect();
                            let what = self.arena.or(or_contained);
                            self.arena.when(Literal::Items(Span::beyond(from), what))
                        }
                    }
                };
                each.push(self.arena.and([way.condition, left]));
            }
            parts.push(self.arena.or(each));
        }
        Ok(())
    }

    /// The ways in which a schema object evaluates parts of what it accepts.
    fn ways(&mut self, schema: Schema<'a>, count: Count, depth: usize) -> Result<Vec<Way>, Obstacle> {
        if depth > DEPTH_MAX {
            return Err(Obstacle::new("what is evaluated depends on a schema that refers to itself"));
        }
        self.looked_into += 1;
        if self.looked_into > LOOKED_INTO_MAX {
            return Err(Obstacle::new("there are too many ways in which parts are evaluated"));
        }
        let mut ways = vec![Way::nothing(Id::TRUE)];
        for (place, scope) in self.references(schema)? {
            let more = self.ways_of(place, scope, depth)?;
            ways = self.both(&ways, &more)?;
        }
        self.own(schema, count, &mut ways)?;
        for inner in schema.list("allOf") {
            let (place, scope) = self.inside(schema, inner);
            let more = self.ways_of(place, scope, depth)?;
            ways = self.both(&ways, &more)?;
        }
        for inner in schema.list("anyOf") {
            let more = self.if_it_holds(schema, inner, depth)?;
            ways = self.both(&ways, &more)?;
        }
        if schema.get("oneOf").is_some() {
            let more = self.whichever_holds(schema, depth)?;
            ways = self.both(&ways, &more)?;
        }
        if let Some(condition) = schema.get("if") {
            let more = self.conditional(schema, condition, depth)?;
            ways = self.both(&ways, &more)?;
        }
        for (name, inner) in schema.map("dependentSchemas").chain(schema.map("dependencies")) {
            if inner.is_array() || inner.is_string() {
                continue;
            }
            let (place, scope) = self.inside(schema, inner);
            let mut more = self.ways_of(place, scope, depth)?;
            if more.iter().all(Way::is_nothing) {
                continue;
            }
            let lacks = self.lacks(name);
            let has = self.arena.not(lacks);
            for way in &mut more {
                way.condition = self.arena.and([way.condition, has]);
            }
            more.push(Way::nothing(lacks));
            ways = self.both(&ways, &more)?;
        }
        Ok(ways)
    }

    /// What the schema's own keywords evaluate, whatever holds.
    fn own(&mut self, schema: Schema<'a>, count: Count, ways: &mut [Way]) -> Result<(), Obstacle> {
        let all_names = schema.get("additionalProperties").is_some()
            || (count.counts("unevaluatedProperties") && schema.get("unevaluatedProperties").is_some());
        let names = if all_names { LanguageId::ALL } else { self.named_members(schema) };
        let (prefix, rest) = positions(schema);
        let all_items =
            rest.is_some() || (count.counts("unevaluatedItems") && schema.get("unevaluatedItems").is_some());
        let contained = match schema.get("contains") {
            Some(inner) if schema.draft == Draft::Draft202012 => Some(self.part(schema, inner)?),
            _ => None,
        };
        for way in ways {
            way.names = self.arena.languages.join(way.names, names);
            way.items = if all_items { None } else { way.items.map(|from| from.max(prefix.len() as u64)) };
            way.contained.extend(contained);
        }
        Ok(())
    }

    fn ways_of(&mut self, place: Place<'a>, scope: ScopeId, depth: usize) -> Result<Vec<Way>, Obstacle> {
        match place.schema {
            Value::Object(members) => {
                let draft = self.sources.resource(place.resource).draft;
                self.ways(Schema { members, place, scope, draft }, Count::All, depth + 1)
            }
            _ => Ok(vec![Way::nothing(Id::TRUE)]),
        }
    }

    /// The ways of a schema where it holds, and nothing where it does not.
    fn if_it_holds(&mut self, schema: Schema<'a>, inner: &'a Value, depth: usize) -> Result<Vec<Way>, Obstacle> {
        let (place, scope) = self.inside(schema, inner);
        let mut ways = self.ways_of(place, scope, depth)?;
        if ways.iter().all(Way::is_nothing) {
            return Ok(vec![Way::nothing(Id::TRUE)]);
        }
        let holds = self.schema(place, scope, Entry::Beside)?;
        for way in &mut ways {
            way.condition = self.arena.and([way.condition, holds]);
        }
        ways.push(Way::nothing(self.arena.not(holds)));
        Ok(ways)
    }

    /// The ways of the one branch of `oneOf` that holds.
    fn whichever_holds(&mut self, schema: Schema<'a>, depth: usize) -> Result<Vec<Way>, Obstacle> {
        let mut all = Vec::new();
        for inner in schema.list("oneOf") {
            let (place, scope) = self.inside(schema, inner);
            let ways = self.ways_of(place, scope, depth)?;
            let holds = self.schema(place, scope, Entry::Beside)?;
            for mut way in ways {
                way.condition = self.arena.and([way.condition, holds]);
                all.push(way);
            }
        }
        if all.iter().all(Way::is_nothing) {
            return Ok(vec![Way::nothing(Id::TRUE)]);
        }
        Ok(all)
    }

    fn conditional(&mut self, schema: Schema<'a>, condition: &'a Value, depth: usize) -> Result<Vec<Way>, Obstacle> {
        let branch = |compiler: &mut Self, inner: Option<&'a Value>| match inner {
            Some(inner) => {
                let (place, scope) = compiler.inside(schema, inner);
                compiler.ways_of(place, scope, depth)
            }
            None => Ok(vec![Way::nothing(Id::TRUE)]),
        };
        let holds = self.beside(schema, condition)?;
        let of_condition = branch(self, Some(condition))?;
        let of_then = branch(self, schema.get("then"))?;
        let mut ways = self.both(&of_condition, &of_then)?;
        for way in &mut ways {
            way.condition = self.arena.and([way.condition, holds]);
        }
        let fails = self.arena.not(holds);
        for mut way in branch(self, schema.get("else"))? {
            way.condition = self.arena.and([way.condition, fails]);
            ways.push(way);
        }
        Ok(ways)
    }

    /// Every way of the one together with every way of the other.
    fn both(&mut self, ones: &[Way], others: &[Way]) -> Result<Vec<Way>, Obstacle> {
        let mut ways = Vec::with_capacity(ones.len() * others.len());
        for one in ones {
            for other in others {
                let condition = self.arena.and([one.condition, other.condition]);
                if condition == Id::FALSE {
                    continue;
                }
                let mut contained = one.contained.clone();
                contained.extend(&other.contained);
                ways.push(Way {
                    condition,
                    names: self.arena.languages.join(one.names, other.names),
                    items: one.items.zip(other.items).map(|(one, other)| one.max(other)),
                    contained,
                });
                if ways.len() > WAYS_MAX {
                    return Err(Obstacle::new("there are too many ways in which parts are evaluated"));
                }
            }
        }
        Ok(ways)
    }
}

/// Which keywords count.
#[derive(Clone, Copy)]
enum Count {
    All,
    /// All but this one, whose own meaning is asked for.
    Without(&'static str),
}

impl Count {
    fn counts(self, keyword: &str) -> bool {
        match self {
            Self::All => true,
            Self::Without(other) => other != keyword,
        }
    }
}
