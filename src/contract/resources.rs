//! Documents that schemas may refer to by address.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;

/// Schemas by their addresses, without fragments. Nothing else is ever fetched.
#[derive(Clone, Debug, Default)]
pub struct Resources {
    by_address: BTreeMap<String, Arc<Value>>,
}

impl Resources {
    /// Adds one; a final `#` of the address does not count. The last one under an address holds.
    pub fn add(&mut self, address: &str, document: Value) {
        self.by_address.insert(address.trim_end_matches('#').to_owned(), Arc::new(document));
    }

    /// Adds one that others hold too.
    pub(in crate::contract) fn share(&mut self, address: &str, document: &Arc<Value>) {
        self.by_address.insert(address.to_owned(), Arc::clone(document));
    }

    /// The document under an address.
    #[must_use]
    pub fn get(&self, address: &str) -> Option<&Arc<Value>> {
        self.by_address.get(address.trim_end_matches('#'))
    }

    /// All, by address.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.by_address.iter().map(|(address, document)| (address.as_str(), document.as_ref()))
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }
}
