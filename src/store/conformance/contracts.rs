//! What stores promise of contracts.

use super::endless;
use super::support::{self, key, registration};
use crate::domain::graph::{Graph, Head};
use crate::domain::id::ContractName;
use crate::store::contracts::{Added, Addition};
use crate::store::{Append, Store};

const ONE: &[u8] = b"{\"type\":\"integer\"}";
const TWO: &[u8] = b"true";

fn contract() -> ContractName {
    support::contract("billing.invoice")
}

/// Registers a version after all that is there.
#[track_caller]
fn register(store: &dyn Store, version: u32, bytes: &[u8], key: Option<&str>) -> Added {
    let graph = store.contract(&contract()).unwrap();
    let event = registration(&contract(), graph.as_ref(), version, bytes, key);
    let heads = graph.as_ref().map(|graph| graph.heads().to_vec()).unwrap_or_default();
    let addition = Addition { event: &event, version: Some((version, bytes)) };
    store.add_to_contract(&contract(), &heads, addition, &endless()).unwrap()
}

fn heads(store: &dyn Store) -> Vec<Head> {
    store.contract(&contract()).unwrap().map(|graph| graph.heads().to_vec()).unwrap_or_default()
}

pub(super) fn a_version_is_read_back_as_it_was_registered(store: &dyn Store) {
    assert!(store.contracts().unwrap().is_empty());
    assert_eq!(store.contract(&contract()).unwrap(), None);
    assert_eq!(store.version_bytes(&contract(), 1).unwrap(), None);
    assert!(matches!(register(store, 1, ONE, None), Added::Appended(Append::Committed(_))));
    assert!(matches!(register(store, 2, TWO, None), Added::Appended(Append::Committed(_))));
    assert_eq!(store.contracts().unwrap(), [contract()]);
    assert_eq!(store.version_files(&contract()).unwrap(), [1, 2]);
    assert_eq!(store.version_bytes(&contract(), 1).unwrap().as_deref(), Some(ONE));
    assert_eq!(store.version_bytes(&contract(), 2).unwrap().as_deref(), Some(TWO));
    let inspected = store.inspect_contract(&contract()).unwrap();
    assert_eq!(inspected.faults, []);
    assert_eq!(inspected.graph, store.contract(&contract()).unwrap());
    assert_eq!(store.contract_strays().unwrap(), []);
}

pub(super) fn a_stale_or_known_registration_leaves_nothing(store: &dyn Store) {
    assert!(matches!(register(store, 1, ONE, Some("k")), Added::Appended(Append::Committed(_))));
    let before = heads(store);
    let duplicate = register(store, 2, TWO, Some("k"));
    assert_eq!(duplicate, Added::Appended(Append::Duplicate(before[0])));
    let graph = store.contract(&contract()).unwrap();
    let event = registration(&contract(), graph.as_ref(), 2, TWO, Some("other"));
    let addition = Addition { event: &event, version: Some((2, TWO)) };
    let stale = store.add_to_contract(&contract(), &[], addition, &endless()).unwrap();
    assert_eq!(stale, Added::Appended(Append::Stale { actual: before.clone() }));
    assert_eq!((heads(store), store.version_files(&contract()).unwrap()), (before, vec![1]));
}

pub(super) fn a_version_is_never_replaced(store: &dyn Store) {
    assert!(matches!(register(store, 1, ONE, None), Added::Appended(Append::Committed(_))));
    let before = heads(store);
    assert!(matches!(register(store, 1, TWO, None), Added::Taken(_)));
    assert_eq!(heads(store), before);
    assert_eq!(store.version_bytes(&contract(), 1).unwrap().as_deref(), Some(ONE));
}

pub(super) fn a_second_beginning_stands_beside_the_first(store: &dyn Store) {
    assert!(matches!(register(store, 1, ONE, None), Added::Appended(Append::Committed(_))));
    // As two clones bring it about.
    let event = registration(&contract(), None, 2, TWO, Some("late"));
    let addition = Addition { event: &event, version: Some((2, TWO)) };
    let told = store.add_to_contract(&contract(), &heads(store), addition, &endless());
    match told {
        Ok(Added::Appended(Append::Committed(_))) => {
            let graph: Graph = store.contract(&contract()).unwrap().unwrap();
            assert_eq!(graph.heads().len(), 2);
            assert!(graph.with_key(&key("late")).is_some());
        }
        other => panic!("{other:?}"),
    }
}
