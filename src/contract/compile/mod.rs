//! From JSON Schema to formulas: drafts brought to one meaning, references followed, `unevaluated…` spelled out.

mod arrays;
mod declared;
mod evaluated;
mod form;
mod objects;
mod scalars;
mod scope;
mod sources;

use std::fmt;

use rustc_hash::FxHashMap;
use serde_json::{Map, Value};

use self::scope::{ScopeId, Scopes};
use self::sources::ResourceAt;
pub(in crate::contract) use self::sources::{Place, Sources};
use super::containment::OpenContent;
use super::draft::Draft;
use super::formula::number::{self, Number};
use super::formula::types::Numbers;
use super::formula::{Arena, Id, Name};
use super::resources::Resources;

/// The deepest nesting of schemas, references included.
const DEPTH_MAX: usize = 200;
/// The most formulas.
const FORMULAS_MAX: usize = 2_000_000;
/// How many schemas are read between two looks at the time.
const SCHEMAS_PER_LOOK: u64 = 8;

/// Why a schema has no formula.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::contract) struct Obstacle {
    what: String,
    is_fault: bool,
}

impl Obstacle {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self { what: what.into(), is_fault: false }
    }

    /// What is no schema, or leads nowhere.
    pub(super) fn fault(what: impl Into<String>) -> Self {
        Self { what: what.into(), is_fault: true }
    }

    /// Whether there is nothing to ask about: nobody can say what the schema means.
    pub(in crate::contract) fn is_fault(&self) -> bool {
        self.is_fault
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// How a schema is read.
#[derive(Clone, Copy)]
pub(in crate::contract) struct Reading<'a> {
    /// The draft of what names none.
    pub(in crate::contract) draft: Draft,
    /// Whether `format` asserts.
    pub(in crate::contract) formats: bool,
    /// What is assumed of members that are not declared.
    pub(in crate::contract) open_content: OpenContent,
    /// How draft 4 means the numbers of an `enum`.
    pub(in crate::contract) numbers: Numbers,
    /// What references may reach.
    pub(in crate::contract) resources: &'a Resources,
    /// Whether the time is up.
    pub(in crate::contract) is_over: &'a dyn Fn() -> bool,
}

/// What a formula stands for: a schema, under a dynamic scope, with or without its declared members only.
type Key = (*const Value, ResourceAt, ScopeId, Entry);

/// How a schema is come to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
enum Entry {
    /// As the schema of a document or of one of its parts.
    Fresh,
    /// Beside other schemas of the same part.
    Beside,
}

/// A name that was handed out for a schema, and the schema.
type Handed<'a> = (Name, Place<'a>, ScopeId, Entry);

enum State {
    Begun(Begun),
    Done(Id),
}

/// A schema whose formula is being made.
struct Begun {
    /// How deep its beginning is nested.
    depth: usize,
    at: Standing,
}

/// Where in the document, and under what negations, a schema is read.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Standing {
    /// How many steps into the document were made.
    steps: usize,
    /// How many `not` stand around it.
    negations: usize,
    /// How many keywords that use a schema both ways stand around it.
    both_ways: usize,
}

/// A formula and what it took to make it.
pub(in crate::contract) struct Compiled {
    /// The formula.
    pub(in crate::contract) formula: Id,
    /// The addresses of the documents that references reached.
    pub(in crate::contract) reached: Vec<String>,
    /// Whether draft 4 was spoken anywhere.
    pub(in crate::contract) speaks_draft4: bool,
}

/// The formula of `schema`.
///
/// # Errors
/// An [`Obstacle`] where it can't be read.
pub(in crate::contract) fn formula<'a>(
    arena: &mut Arena,
    schema: &'a Value,
    reading: Reading<'a>,
) -> Result<Compiled, Obstacle> {
    let (mut compiler, root) = Compiler::new(arena, schema, reading)?;
    let scope = compiler.enter(ScopeId::EMPTY, root);
    let formula = compiler.schema(Place { schema, resource: root }, scope, Entry::Fresh)?;
    compiler.define_handed()?;
    let (reached, speaks_draft4) = compiler.sources.report();
    Ok(Compiled { formula, reached, speaks_draft4 })
}

/// The formulas of parts of one schema, each as it is meant where it stands. A part is a pointer, and the schema to read
/// there if it is not the one that stands there.
///
/// # Errors
/// An [`Obstacle`] where the schema can't be read at all.
pub(in crate::contract) fn parts<'a>(
    arena: &mut Arena,
    schema: &'a Value,
    reading: Reading<'a>,
    wanted: &[(&str, Option<&'a Value>)],
) -> Result<Vec<Option<Id>>, Obstacle> {
    let (mut compiler, root) = Compiler::new(arena, schema, reading)?;
    let scope = compiler.enter(ScopeId::EMPTY, root);
    let mut formulas = Vec::with_capacity(wanted.len());
    for (pointer, instead) in wanted {
        let Ok(mut place) = compiler.sources.point(root, pointer, pointer) else {
            formulas.push(None);
            continue;
        };
        place.schema = instead.unwrap_or(place.schema);
        let scope = compiler.enter(scope, place.resource);
        formulas.push(compiler.schema(place, scope, Entry::Fresh).ok());
        compiler.cut = usize::MAX;
    }
    // A name without a meaning is never taken for one that nothing fits: all are needed.
    compiler.define_handed()?;
    Ok(formulas)
}

struct Compiler<'a, 'b> {
    arena: &'b mut Arena,
    sources: Sources<'a>,
    reading: Reading<'a>,
    states: FxHashMap<Key, State>,
    scopes: Scopes,
    depth: usize,
    /// How many schemas were begun.
    schemas: u64,
    /// How many were looked into for the parts that they evaluate.
    looked_into: u64,
    standing: Standing,
    /// The depth of the outermost schema that was cut short because it leads back to itself without a step.
    cut: usize,
    /// The names of schemas that were referred to while their formulas were being made.
    names: FxHashMap<Key, Name>,
    /// Those whose formulas were made inside a schema that was cut short, and so mean nothing outside of it.
    handed: Vec<Handed<'a>>,
}

/// The members of a schema object, and where they stand.
#[derive(Clone, Copy)]
struct Schema<'a> {
    members: &'a Map<String, Value>,
    place: Place<'a>,
    scope: ScopeId,
    draft: Draft,
}

impl<'a> Schema<'a> {
    fn get(&self, keyword: &str) -> Option<&'a Value> {
        self.members.get(keyword)
    }

    fn map(&self, keyword: &str) -> impl Iterator<Item = (&'a String, &'a Value)> + use<'a> {
        self.members.get(keyword).and_then(Value::as_object).into_iter().flatten()
    }

    fn list(&self, keyword: &str) -> impl Iterator<Item = &'a Value> + use<'a> {
        self.members.get(keyword).and_then(Value::as_array).into_iter().flatten()
    }

    fn texts(&self, keyword: &str) -> impl Iterator<Item = &'a str> + use<'a> {
        self.list(keyword).filter_map(Value::as_str)
    }

    /// A count: a whole number, not negative.
    fn count(&self, keyword: &str) -> Option<u64> {
        count_of(self.members.get(keyword)?)
    }
}

/// A whole number, not negative; what is beyond 64 bits is as good as their largest.
fn count_of(value: &Value) -> Option<u64> {
    let Value::Number(number) = value else { return None };
    let exact = number::exact(number)?;
    if !exact.is_integer() || exact < Number::from_integer(0.into()) {
        return None;
    }
    Some(num_traits::ToPrimitive::to_u64(&exact.to_integer()).unwrap_or(u64::MAX))
}

impl<'a, 'b> Compiler<'a, 'b> {
    fn new(arena: &'b mut Arena, schema: &'a Value, reading: Reading<'a>) -> Result<(Self, ResourceAt), Obstacle> {
        let (sources, root) = Sources::new(schema, "json-schema:///", reading.draft, reading.resources)?;
        let compiler = Self {
            arena,
            sources,
            reading,
            states: FxHashMap::default(),
            scopes: Scopes::default(),
            depth: 0,
            schemas: 0,
            looked_into: 0,
            standing: Standing { steps: 0, negations: 0, both_ways: 0 },
            cut: usize::MAX,
            names: FxHashMap::default(),
            handed: Vec::new(),
        };
        Ok((compiler, root))
    }
}

impl<'a> Compiler<'a, '_> {
    fn enter(&mut self, scope: ScopeId, resource: ResourceAt) -> ScopeId {
        let found = self.sources.resource(resource);
        self.scopes.enter(scope, resource, found.draft, &found.dynamic)
    }

    /// The formula of a schema at a place.
    fn schema(&mut self, place: Place<'a>, scope: ScopeId, entry: Entry) -> Result<Id, Obstacle> {
        let members = match place.schema {
            Value::Bool(true) => return Ok(Id::TRUE),
            Value::Bool(false) => return Ok(Id::FALSE),
            Value::Object(members) => members,
            other => return Err(Obstacle::fault(format!("{} is no schema", kind(other)))),
        };
        // Only what is assumed of members hangs on how a schema is come to.
        let entry = if self.reading.open_content == OpenContent::Strict { Entry::Fresh } else { entry };
        let key = (std::ptr::from_ref(place.schema), place.resource, scope, entry);
        match self.states.get(&key) {
            Some(State::Done(id)) => return Ok(*id),
            Some(State::Begun(begun)) => {
                if begun.at.steps == self.standing.steps {
                    // It leads back to itself without a step into the document. What nothing on such a way rejects is
                    // accepted: the greatest fixpoint, one turn from "every document", since only one document is at hand.
                    let turned = (self.standing.negations - begun.at.negations) % 2 == 1;
                    if turned || begun.at.both_ways != self.standing.both_ways {
                        return Err(Obstacle::new("a schema refers to its own opposite"));
                    }
                    self.cut = self.cut.min(begun.depth);
                    return Ok(Id::TRUE);
                }
                let name = *self.names.entry(key).or_insert_with(|| self.arena.name());
                return Ok(self.arena.named(name));
            }
            None => {}
        }
        if self.depth == DEPTH_MAX {
            return Err(Obstacle::new(format!("the schema is nested deeper than {DEPTH_MAX} levels")));
        }
        if self.arena.len() > FORMULAS_MAX {
            return Err(Obstacle::new("the schema is too large to compare"));
        }
        if self.schemas.is_multiple_of(SCHEMAS_PER_LOOK) && (self.reading.is_over)() {
            return Err(Obstacle::new("the time ran out"));
        }
        self.schemas += 1;
        self.states.insert(key, State::Begun(Begun { depth: self.depth, at: self.standing }));
        self.depth += 1;
        let draft = self.sources.resource(place.resource).draft;
        let schema = Schema { members, place, scope, draft };
        let id = match (self.reading.open_content, entry) {
            (OpenContent::Declared, Entry::Fresh) => {
                let plain = self.schema(place, scope, Entry::Beside);
                plain.and_then(|plain| {
                    let closed = self.declared_only(schema)?;
                    Ok(self.arena.and([plain, closed]))
                })
            }
            (OpenContent::Strict, _) | (OpenContent::Declared, Entry::Beside) => self.keywords(schema),
        };
        self.depth -= 1;
        if id.is_err() {
            self.states.remove(&key);
        }
        let id = id?;
        self.states.insert(key, State::Done(id));
        let name = self.names.get(&key).copied().filter(|name| self.arena.definition(*name).is_none());
        match self.cut.cmp(&self.depth) {
            std::cmp::Ordering::Less => {
                // Only valid inside the schema that was cut short: a name for it has to wait.
                self.states.remove(&key);
                self.handed.extend(name.map(|name| (name, place, scope, entry)));
                return Ok(id);
            }
            std::cmp::Ordering::Equal => self.cut = usize::MAX,
            std::cmp::Ordering::Greater => {}
        }
        if let Some(name) = name {
            self.arena.define(name, id);
        }
        Ok(id)
    }

    /// Gives the names that were handed out inside schemas that were cut short the meaning that they have outside.
    fn define_handed(&mut self) -> Result<(), Obstacle> {
        while let Some((name, place, scope, entry)) = self.handed.pop() {
            if self.arena.definition(name).is_none() {
                let id = self.schema(place, scope, entry)?;
                self.arena.define(name, id);
            }
        }
        Ok(())
    }

    /// The place of a schema inside another.
    fn inside(&mut self, schema: Schema<'a>, inner: &'a Value) -> (Place<'a>, ScopeId) {
        match self.sources.rooted_at(inner) {
            Some(resource) if resource != schema.place.resource => {
                (Place { schema: inner, resource }, self.enter(schema.scope, resource))
            }
            _ => (Place { schema: inner, resource: schema.place.resource }, schema.scope),
        }
    }

    /// The formula of a schema for a part of the document.
    fn part(&mut self, schema: Schema<'a>, inner: &'a Value) -> Result<Id, Obstacle> {
        let (place, scope) = self.inside(schema, inner);
        self.standing.steps += 1;
        let id = self.schema(place, scope, Entry::Fresh);
        self.standing.steps -= 1;
        id
    }

    /// The formula of a schema for the same part of the document, used both as it is and negated.
    fn both_ways(&mut self, schema: Schema<'a>, inner: &'a Value) -> Result<Id, Obstacle> {
        self.standing.both_ways += 1;
        let id = self.beside(schema, inner);
        self.standing.both_ways -= 1;
        id
    }

    /// The formula of a schema for the same part of the document.
    fn beside(&mut self, schema: Schema<'a>, inner: &'a Value) -> Result<Id, Obstacle> {
        let (place, scope) = self.inside(schema, inner);
        self.schema(place, scope, Entry::Beside)
    }

    /// All places that the references of a schema lead to.
    fn references(&mut self, schema: Schema<'a>) -> Result<Vec<(Place<'a>, ScopeId)>, Obstacle> {
        let mut found = Vec::new();
        let from = schema.place.resource;
        if let Some(Value::String(reference)) = schema.get("$ref") {
            let target = self.sources.find(from, reference)?;
            found.push((target, self.enter(schema.scope, target.resource)));
        }
        if schema.draft == Draft::Draft201909
            && let Some(Value::String(reference)) = schema.get("$recursiveRef")
        {
            let mut target = self.sources.find(from, reference)?;
            if self.sources.resource(target.resource).dynamic.contains_key("")
                && let Some(outermost) = self.scopes.recursive(schema.scope)?
            {
                target = Place { schema: self.sources.resource(outermost).root, resource: outermost };
            }
            found.push((target, self.enter(schema.scope, target.resource)));
        }
        if schema.draft == Draft::Draft202012
            && let Some(Value::String(reference)) = schema.get("$dynamicRef")
        {
            let mut target = self.sources.find(from, reference)?;
            let name = reference.split_once('#').map_or("", |(_, fragment)| fragment);
            let initial = self.sources.resource(target.resource).dynamic.get(name).copied();
            if initial.is_some_and(|initial| std::ptr::eq(initial, target.schema))
                && let Some(outermost) = self.scopes.outermost(schema.scope, name)
                && let Some(schema) = self.sources.resource(outermost).dynamic.get(name).copied()
            {
                target = Place { schema, resource: outermost };
            }
            found.push((target, self.enter(schema.scope, target.resource)));
        }
        Ok(found)
    }

    /// All that the keywords of a schema object ask for.
    fn keywords(&mut self, schema: Schema<'a>) -> Result<Id, Obstacle> {
        form::check(schema)?;
        let mut parts = Vec::new();
        for (place, scope) in self.references(schema)? {
            parts.push(self.schema(place, scope, Entry::Beside)?);
        }
        if schema.draft <= Draft::Draft7 && schema.members.contains_key("$ref") {
            return Ok(self.arena.and(parts));
        }
        self.any_type(schema, &mut parts)?;
        self.numbers(schema, &mut parts)?;
        self.strings(schema, &mut parts)?;
        self.arrays(schema, &mut parts)?;
        self.objects(schema, &mut parts)?;
        self.combinations(schema, &mut parts)?;
        if schema.draft >= Draft::Draft201909 {
            self.unevaluated(schema, &mut parts)?;
        }
        Ok(self.arena.and(parts))
    }

    fn combinations(&mut self, schema: Schema<'a>, parts: &mut Vec<Id>) -> Result<(), Obstacle> {
        for inner in schema.list("allOf") {
            parts.push(self.beside(schema, inner)?);
        }
        if schema.get("anyOf").is_some() {
            let each: Result<Vec<Id>, _> = schema.list("anyOf").map(|inner| self.beside(schema, inner)).collect();
            parts.push(self.arena.any(&each?));
        }
        if schema.get("oneOf").is_some() {
            let each: Result<Vec<Id>, _> = schema.list("oneOf").map(|inner| self.both_ways(schema, inner)).collect();
            parts.push(self.arena.exactly_one(&each?));
        }
        if let Some(inner) = schema.get("not") {
            self.standing.negations += 1;
            let inner = self.beside(schema, inner);
            self.standing.negations -= 1;
            parts.push(self.arena.not(inner?));
        }
        if schema.draft >= Draft::Draft7
            && let Some(condition) = schema.get("if")
        {
            let condition = self.both_ways(schema, condition)?;
            let other = self.arena.not(condition);
            for (keyword, unless) in [("then", other), ("else", condition)] {
                if let Some(inner) = schema.get(keyword) {
                    let inner = self.beside(schema, inner)?;
                    parts.push(self.arena.or([unless, inner]));
                }
            }
        }
        Ok(())
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}
