//! Documents that schemas may refer to by address.

use std::collections::BTreeMap;
use std::sync::Arc;

use jsonschema::{Registry, Retrieve, Uri};
use serde_json::Value;

use super::draft::Draft;

/// Refuses to fetch anything.
pub(in crate::contract) struct NothingIsFetched;

impl Retrieve for NothingIsFetched {
    fn retrieve(&self, uri: &Uri<String>) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        Err(format!("{uri} is not here; nothing is fetched").into())
    }
}

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

    /// The same for the validators of the jsonschema crate, which fetch nothing beside it.
    ///
    /// # Errors
    /// In words, what is wrong with an address or a document.
    pub(in crate::contract) fn registry(&self, draft: Draft) -> Result<Registry<'_>, String> {
        let mut registry = Registry::new().draft(draft.as_jsonschema()).retriever(NothingIsFetched);
        for (address, document) in self.iter() {
            registry = registry.add(address, document).map_err(|error| error.to_string())?;
        }
        registry.prepare().map_err(|error| error.to_string())
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_address.is_empty()
    }
}
