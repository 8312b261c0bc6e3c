//! All requests of a ledger as the cache has them, and by a plain reading of the files, for tests to compare.

use std::collections::{BTreeMap, HashMap};
use std::io;

use uuid::Uuid;

use super::read::read_all;
use super::{Cache, Entry, Scope};
use crate::domain::id::{Key, RequestId};
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::index::check::{Checked, check};
use crate::index::snapshot::{Entries, Outline};
use crate::store::Store;

/// All requests.
#[derive(Clone, PartialEq, Debug, Default)]
pub(super) struct Projection {
    pub(super) entries: BTreeMap<RequestId, Entry>,
    pub(super) damaged: BTreeMap<RequestId, String>,
    events: u64,
}

/// As the cache has them, brought up to date.
pub(super) fn cached(store: &dyn Store) -> Projection {
    let workflow = Workflow::default();
    Cache::ask_all(store, Scope::new(Uuid::nil(), &workflow), &|_, _| {}, |entries| {
        let outline = entries.outline().unwrap();
        let mut projection = Projection { damaged: outline.damaged, events: outline.events, ..Projection::default() };
        let mut take = |id: RequestId, text: &str| {
            projection.entries.insert(id, serde_json::from_str(text)?);
            Ok(())
        };
        entries.each_entry(&mut take).unwrap();
        Ok(projection)
    })
    .unwrap()
}

/// As the files have them.
pub(super) fn plain(store: &dyn Store) -> Projection {
    let workflow = Workflow::default();
    let ids = store.requests().unwrap();
    let (mut projection, mut keys) = (Projection::default(), Vec::<(RequestId, Key)>::new());
    for (id, (_, outcome)) in ids.iter().zip(read_all(store, &workflow, &ids, &|_, _| {}).unwrap()) {
        match outcome {
            Ok(line) => {
                projection.events += line.events;
                keys.extend(line.entry.key.clone().map(|key| (*id, key)));
                projection.entries.insert(*id, *line.entry);
            }
            Err(unread) => {
                keys.extend(unread.key().map(|key| (*id, key.clone())));
                projection.damaged.insert(*id, unread.what().to_owned());
            }
        }
    }
    let mut firsts: HashMap<Key, RequestId> = HashMap::new();
    for (id, key) in keys {
        firsts.entry(key).and_modify(|first| *first = id.min(*first)).or_insert(id);
    }
    for (id, entry) in &mut projection.entries {
        let first = entry.key.as_ref().and_then(|key| firsts.get(key)).copied();
        entry.duplicate_of = first.filter(|first| first != id && !entry.distinct);
    }
    projection
}

/// What comes of holding index and cache against the files.
pub(super) fn checked(store: &dyn Store) -> Checked {
    let workflow = Workflow::default();
    check(store, Scope::new(Uuid::nil(), &workflow), &|_, _| {}).unwrap()
}

impl Projection {
    fn updated_at(&self) -> Option<Timestamp> {
        self.entries.values().filter_map(|entry| entry.updated_at).max()
    }
}

impl Entries for Projection {
    fn outline(&self) -> io::Result<Outline> {
        let mut by_state: BTreeMap<String, Vec<RequestId>> = BTreeMap::new();
        for (id, entry) in &self.entries {
            by_state.entry(entry.state.clone()).or_default().push(*id);
        }
        let (events, updated_at, damaged) = (self.events, self.updated_at(), self.damaged.clone());
        Ok(Outline { events, updated_at, by_state, damaged })
    }

    fn each_entry(&self, take: &mut dyn FnMut(RequestId, &str) -> io::Result<()>) -> io::Result<()> {
        self.entries.iter().try_for_each(|(id, entry)| take(*id, &serde_json::to_string(entry)?))
    }
}
