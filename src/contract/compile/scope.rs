//! Dynamic scopes: which resource a dynamic reference means depends on the resources that were entered before.
//!
//! Only the outermost resource with each dynamic anchor counts (Core 2020-12, §8.2.3.2), so a scope is a map from
//! anchors to resources, and there are few of them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::Value;

use super::Obstacle;
use super::sources::ResourceAt;
use crate::contract::draft::Draft;

/// A scope in [`Scopes`].
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(super) struct ScopeId(usize);

impl ScopeId {
    /// Nothing was entered, or nothing with dynamic anchors.
    pub(super) const EMPTY: Self = Self(0);
}

type Scope = BTreeMap<String, ResourceAt>;

/// Under this name stands the resource that a recursive reference means to those who end the chain of recursive anchors
/// at a resource without one. No anchor is called so.
const UNBROKEN: &str = "\0unbroken";

/// All scopes of a schema, each once.
pub(super) struct Scopes {
    scopes: Vec<Scope>,
    ids: FxHashMap<Scope, ScopeId>,
}

impl Default for Scopes {
    fn default() -> Self {
        Self { scopes: vec![Scope::new()], ids: FxHashMap::from_iter([(Scope::new(), ScopeId::EMPTY)]) }
    }
}

impl Scopes {
    /// The scope after entering a resource with these dynamic anchors.
    pub(super) fn enter(
        &mut self,
        from: ScopeId,
        resource: ResourceAt,
        draft: Draft,
        dynamic: &BTreeMap<String, &Value>,
    ) -> ScopeId {
        let before = &self.scopes[from.0];
        let recursive = dynamic.contains_key("");
        // Core 2019-09, §8.2.4.2 means the outermost anchor, whatever stands between; some validators look no further
        // than the nearest resource without one. Both are kept.
        let breaks = draft == Draft::Draft201909 && !recursive && before.contains_key(UNBROKEN);
        let begins = recursive && !before.contains_key(UNBROKEN);
        if !breaks && !begins && dynamic.keys().all(|name| before.contains_key(name)) {
            return from;
        }
        let mut after = before.clone();
        if breaks {
            after.remove(UNBROKEN);
        }
        for name in dynamic.keys() {
            after.entry(name.clone()).or_insert(resource);
        }
        if recursive {
            after.entry(UNBROKEN.to_owned()).or_insert(resource);
        }
        if let Some(id) = self.ids.get(&after) {
            return *id;
        }
        let id = ScopeId(self.scopes.len());
        self.scopes.push(after.clone());
        self.ids.insert(after, id);
        id
    }

    /// The outermost resource with a dynamic anchor of this name.
    pub(super) fn outermost(&self, scope: ScopeId, name: &str) -> Option<ResourceAt> {
        self.scopes[scope.0].get(name).copied()
    }

    /// The outermost resource with a recursive anchor.
    ///
    /// # Errors
    /// Where a resource without one in between makes validators mean another one.
    pub(super) fn recursive(&self, scope: ScopeId) -> Result<Option<ResourceAt>, Obstacle> {
        let outermost = self.outermost(scope, "");
        if outermost == self.outermost(scope, UNBROKEN) {
            return Ok(outermost);
        }
        Err(Obstacle::new("validators disagree on where a \"$recursiveRef\" leads past a resource without an anchor"))
    }
}
