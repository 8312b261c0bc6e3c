//! Dynamic scopes: which resource a dynamic reference means depends on the resources that were entered before.
//!
//! Only the outermost resource with each dynamic anchor counts (Core 2020-12, §8.2.3.2), so a scope is a map from
//! anchors to resources, and there are few of them.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;
use serde_json::Value;

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
        // The chain of recursive anchors (2019-09) ends at a resource without one.
        let breaks = draft == Draft::Draft201909 && !dynamic.contains_key("") && before.contains_key("");
        if !breaks && dynamic.keys().all(|name| before.contains_key(name)) {
            return from;
        }
        let mut after = before.clone();
        if breaks {
            after.remove("");
        }
        for name in dynamic.keys() {
            after.entry(name.clone()).or_insert(resource);
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
}
