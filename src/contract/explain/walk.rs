//! The walk through both schemas side by side: it proposes changes; what they break is decided elsewhere.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::Side;
use super::edit::Edit;
use super::rule::Rule;
use crate::contract::draft::Draft;
use crate::contract::keywords::{self, Role};
use crate::contract::pointer::{child, shortened, tokens};

/// The deepest nesting that is walked.
const DEPTH_MAX: usize = 128;
/// How many proposals are collected.
const PROPOSALS_MAX: usize = 10_000;

/// A change that was seen, and how to make it alone.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Proposal {
    pub(super) rule: Rule,
    pub(super) keyword: String,
    pub(super) old: Option<Side>,
    pub(super) new: Option<Side>,
    /// What makes the old schema one with this change only; none for a change that means nothing by itself.
    pub(super) edits: Vec<Edit>,
}

/// Two schemas that stand for each other.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub(super) old: &'a Value,
    pub(super) new: &'a Value,
    pub(super) old_at: String,
    pub(super) new_at: String,
}

impl<'a> At<'a> {
    pub(super) fn old_value(&self, keyword: &str) -> Option<&'a Value> {
        self.old.get(keyword)
    }

    pub(super) fn new_value(&self, keyword: &str) -> Option<&'a Value> {
        self.new.get(keyword)
    }

    /// Whether the keyword is the same in both.
    pub(super) fn same(&self, keyword: &str) -> bool {
        self.old_value(keyword) == self.new_value(keyword)
    }

    pub(super) fn old_place(&self, keyword: &str) -> String {
        child(&self.old_at, keyword)
    }

    fn new_place(&self, keyword: &str) -> String {
        child(&self.new_at, keyword)
    }

    pub(super) fn old_side(&self, keyword: &str) -> Option<Side> {
        self.old_value(keyword).map(|value| Side::new(self.old_place(keyword), value))
    }

    pub(super) fn new_side(&self, keyword: &str) -> Option<Side> {
        self.new_value(keyword).map(|value| Side::new(self.new_place(keyword), value))
    }

    /// What makes the keyword as it is in the new schema.
    pub(super) fn take_over(&self, keyword: &str) -> Edit {
        match self.new_value(keyword) {
            Some(value) => Edit::Set(self.old_place(keyword), value.clone()),
            None => Edit::Remove(self.old_place(keyword)),
        }
    }

    /// The schemas at the same tokens below both; `None` where one of them is not there.
    pub(super) fn below(&self, path: &[&str]) -> Option<Self> {
        let step = |value: &'a Value| path.iter().try_fold(value, |value, token| step(value, token));
        let place = |at: &str| path.iter().fold(at.to_owned(), |at, token| child(&at, token));
        Some(Self {
            old: step(self.old)?,
            new: step(self.new)?,
            old_at: place(&self.old_at),
            new_at: place(&self.new_at),
        })
    }
}

fn step<'a>(value: &'a Value, token: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members.get(token),
        Value::Array(items) => items.get(token.parse::<usize>().ok()?),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => None,
    }
}

/// The walk and what it found.
pub(super) struct Walk<'a> {
    pub(super) draft: Draft,
    roots: (&'a Value, &'a Value),
    pub(super) proposals: Vec<Proposal>,
    seen: BTreeSet<(String, String)>,
    later: Vec<At<'a>>,
    depth: usize,
    /// Whether something was left out.
    pub(super) is_cut: bool,
}

impl<'a> Walk<'a> {
    /// Walks through both schemas, which are of one draft.
    pub(super) fn through(old: &'a Value, new: &'a Value, draft: Draft) -> Self {
        let mut walk = Self {
            draft,
            roots: (old, new),
            proposals: Vec::new(),
            seen: BTreeSet::new(),
            later: Vec::new(),
            depth: 0,
            is_cut: false,
        };
        let root = At { old, new, old_at: String::new(), new_at: String::new() };
        walk.schemas(&root);
        walk.note_references();
        while let Some(at) = walk.later.pop() {
            walk.schemas(&at);
        }
        walk
    }

    pub(super) fn propose(&mut self, proposal: Proposal) {
        if self.proposals.len() < PROPOSALS_MAX {
            self.proposals.push(proposal);
        } else {
            self.is_cut = true;
        }
    }

    /// A keyword that is another as a whole.
    pub(super) fn keyword(&mut self, at: &At<'a>, keyword: &str, rule: Rule) {
        if !at.same(keyword) {
            self.propose(Proposal {
                rule,
                keyword: keyword.to_owned(),
                old: at.old_side(keyword),
                new: at.new_side(keyword),
                edits: vec![at.take_over(keyword)],
            });
        }
    }

    /// A schema that is another as a whole.
    fn whole(&mut self, at: &At<'a>, rule: Rule, keyword: &str) {
        self.propose(Proposal {
            rule,
            keyword: keyword.to_owned(),
            old: Some(Side::new(at.old_at.clone(), at.old)),
            new: Some(Side::new(at.new_at.clone(), at.new)),
            edits: vec![Edit::Set(at.old_at.clone(), at.new.clone())],
        });
    }

    /// Two schemas that stand for each other.
    pub(super) fn schemas(&mut self, at: &At<'a>) {
        if !self.seen.insert((at.old_at.clone(), at.new_at.clone())) || at.old == at.new {
            return;
        }
        if self.depth == DEPTH_MAX {
            self.is_cut = true;
            return;
        }
        self.depth += 1;
        let last = tokens(&at.old_at).pop().unwrap_or_default();
        match (at.old, at.new) {
            (Value::Object(_) | Value::Bool(true), Value::Object(_) | Value::Bool(true)) => self.keywords(at),
            (Value::Bool(false), _) => self.whole(at, Rule::TypeWidened, &last),
            (_, Value::Bool(false)) => self.whole(at, Rule::TypeNarrowed, &last),
            _ => self.whole(at, Rule::TypeChanged, &last),
        }
        self.depth -= 1;
    }

    fn keywords(&mut self, at: &At<'a>) {
        for keyword in ["$id", "id", "$anchor", "$dynamicAnchor", "$recursiveAnchor"] {
            if keyword != "id" || self.draft == Draft::Draft4 {
                self.keyword(at, keyword, Rule::IdentifierChanged);
            }
        }
        if self.references(at) {
            return;
        }
        self.values(at);
        self.objects(at);
        self.arrays(at);
        self.combinations(at);
        for container in ["definitions", "$defs"] {
            self.definitions(at, container);
        }
        self.annotations(at);
    }

    /// The references of both; whether that is all there is to say about the two schemas.
    fn references(&mut self, at: &At<'a>) -> bool {
        for keyword in ["$dynamicRef", "$recursiveRef"] {
            self.keyword(at, keyword, Rule::ReferenceChanged);
        }
        match (at.old_value("$ref"), at.new_value("$ref")) {
            (old, new) if old == new => false,
            (Some(Value::String(old)), Some(Value::String(new))) => {
                match self.moved(old, new) {
                    Some(target) => {
                        self.propose(Proposal {
                            rule: Rule::Restated,
                            keyword: "$ref".to_owned(),
                            old: at.old_side("$ref"),
                            new: at.new_side("$ref"),
                            edits: Vec::new(),
                        });
                        self.later.push(target);
                    }
                    None => self.keyword(at, "$ref", Rule::ReferenceChanged),
                }
                false
            }
            _ => {
                self.whole(at, Rule::ReferenceChanged, "$ref");
                true
            }
        }
    }

    /// The targets of two local references, if one is the other under another folder, such as `$defs`.
    fn moved(&self, old: &str, new: &str) -> Option<At<'a>> {
        let (old_at, new_at) = (old.strip_prefix('#')?, new.strip_prefix('#')?);
        let in_folder = |pointer: &str| {
            let tokens = tokens(pointer);
            (tokens.len() == 2 && ["definitions", "$defs"].contains(&tokens[0].as_str())).then(|| tokens[1].clone())
        };
        if in_folder(old_at)? != in_folder(new_at)? {
            return None;
        }
        let (old, new) = (self.roots.0.pointer(old_at)?, self.roots.1.pointer(new_at)?);
        Some(At { old, new, old_at: old_at.to_owned(), new_at: new_at.to_owned() })
    }

    /// Targets of local references that both schemas have, wherever they stand.
    fn note_references(&mut self) {
        let mut local = [BTreeSet::new(), BTreeSet::new()];
        for (root, found) in [self.roots.0, self.roots.1].into_iter().zip(&mut local) {
            let mut open = vec![root];
            while let Some(value) = open.pop() {
                match value {
                    Value::Object(members) => {
                        if let Some(Value::String(reference)) = members.get("$ref")
                            && let Some(pointer) = reference.strip_prefix("#/")
                        {
                            found.insert(format!("/{pointer}"));
                        }
                        open.extend(members.values());
                    }
                    Value::Array(items) => open.extend(items),
                    Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
                }
            }
        }
        for pointer in local[0].intersection(&local[1]) {
            if let (Some(old), Some(new)) = (self.roots.0.pointer(pointer), self.roots.1.pointer(pointer)) {
                self.later.push(At { old, new, old_at: pointer.clone(), new_at: pointer.clone() });
            }
        }
    }

    /// Two maps from names to schemas: walks through those of both and hands the others to `alone`.
    pub(super) fn maps(&mut self, at: &At<'a>, keyword: &str, added: Rule, removed: Rule) {
        let empty = Map::new();
        let object = |value: Option<&'a Value>| value.and_then(Value::as_object);
        let (old, new) = (object(at.old_value(keyword)), object(at.new_value(keyword)));
        if old.is_none() && at.old_value(keyword).is_some() || new.is_none() && at.new_value(keyword).is_some() {
            self.keyword(at, keyword, Rule::Restated);
            return;
        }
        let is_definition = matches!(added, Rule::DefinitionAdded);
        let names: BTreeSet<&String> = old.unwrap_or(&empty).keys().chain(new.unwrap_or(&empty).keys()).collect();
        for name in names.into_iter().cloned().collect::<Vec<_>>() {
            let there = child(&at.old_place(keyword), &name);
            let side = |value: Option<&'a Value>, place: String| {
                value.map(|value| Side { pointer: child(&place, &name), value: shortened(value) })
            };
            let (before, after) =
                (old.and_then(|members| members.get(&name)), new.and_then(|members| members.get(&name)));
            let (rule, edit) = match (before, after) {
                (Some(_), Some(_)) => {
                    if let Some(below) = at.below(&[keyword, &name]) {
                        self.schemas(&below);
                    }
                    continue;
                }
                (_, Some(value)) => (added, Edit::Set(there, value.clone())),
                (_, None) => (removed, Edit::Remove(there)),
            };
            self.propose(Proposal {
                rule,
                keyword: keyword.to_owned(),
                old: side(before, at.old_place(keyword)),
                new: side(after, at.new_place(keyword)),
                edits: if is_definition { Vec::new() } else { vec![edit] },
            });
        }
    }

    fn definitions(&mut self, at: &At<'a>, container: &str) {
        if !at.same(container) {
            self.maps(at, container, Rule::DefinitionAdded, Rule::DefinitionRemoved);
        }
    }

    fn annotations(&mut self, at: &At<'a>) {
        let empty = Map::new();
        let members = |value: &'a Value| value.as_object();
        let old = members(at.old).unwrap_or(&empty).keys();
        let names: BTreeSet<&String> = old.chain(members(at.new).unwrap_or(&empty).keys()).collect();
        for name in names {
            let says_nothing =
                keywords::named(name).is_none_or(|known| known.role == Role::Annotates || !known.is_in(self.draft));
            if says_nothing && !at.same(name) {
                self.propose(Proposal {
                    rule: Rule::AnnotationOnly,
                    keyword: name.clone(),
                    old: at.old_side(name),
                    new: at.new_side(name),
                    edits: Vec::new(),
                });
            }
        }
    }
}
