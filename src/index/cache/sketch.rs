//! What is kept of requests to hold the index and the cache against the files: digests of what these should say, so that
//! a large ledger needs some hundred bytes a request.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use super::duplicate::digest_of;
use super::read::{each_of, stamped};
use super::rows::{Unread, row_digest, text_of};
use super::whole::AsItIs;
use super::{Aside, Cache, Entry, Line, Progress, Scope, Searched, Words};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::index::snapshot::Outline;
use crate::store::{Store, StoreError};

/// How many requests are read before what is kept of them is sorted in.
const CHUNK: usize = 1 << 16;

/// As much of a hash as is kept: nobody looks for two texts that have it in common.
pub(super) type Digest = [u8; 16];

/// What index and cache should say of a request, as digests.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Sketch {
    /// Of the text of its entry, but for whose duplicate it is: that takes the others.
    text: Digest,
    heads: Digest,
    state: Arc<str>,
    events: u32,
    updated_at: Option<Timestamp>,
    key: Option<Digest>,
    distinct: bool,
    row: Digest,
    /// Of its words, where the cache has any.
    words: Option<Words>,
}

impl Sketch {
    /// Of a request with this history.
    #[must_use]
    pub fn of(history: &History, workflow: &Workflow, searched: Searched) -> Self {
        let line = Line::of(history, workflow);
        let Entry { heads, state, updated_at, key, distinct, .. } = line.entry.as_ref();
        let sketch = Self {
            // One that can't be written is in no index either.
            text: digest(&text_of(&line.entry).unwrap_or_default()),
            heads: digest_of_heads(heads),
            state: state.as_str().into(),
            events: u32::try_from(line.events).unwrap_or(u32::MAX),
            updated_at: *updated_at,
            key: key.as_ref().map(digest_of),
            distinct: *distinct,
            row: Digest::default(),
            words: (searched == Searched::Yes).then(|| Words::of(history)),
        };
        Self { row: cut(row_digest(&Ok(line), workflow)), ..sketch }
    }
}

/// What is kept of one that can't be read.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Illegible {
    what: String,
    key: Option<Digest>,
    /// What its row should say; of one that is not handed out nobody can tell.
    row: Option<Digest>,
}

/// What a text says of a request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// What it should.
    Same,
    /// Something else, with the same heads.
    Other,
    /// That it has other heads; or it is none of those that can be read.
    OtherHeads,
}

/// All requests of a ledger, as far as index and cache are held against them.
#[derive(Clone, Debug, Default)]
pub struct Sketches {
    legible: BTreeMap<RequestId, Sketch>,
    /// The names of states, each of which many requests have in common.
    states: BTreeSet<Arc<str>>,
    illegible: BTreeMap<RequestId, Illegible>,
    duplicates: BTreeMap<RequestId, RequestId>,
}

impl PartialEq for Sketches {
    fn eq(&self, other: &Self) -> bool {
        (&self.legible, &self.illegible, &self.duplicates) == (&other.legible, &other.illegible, &other.duplicates)
    }
}

impl Sketches {
    /// Adds requests that can be read.
    pub fn extend(&mut self, some: impl IntoIterator<Item = (RequestId, Sketch)>) {
        some.into_iter().for_each(|(id, sketch)| drop(self.keep(id, sketch)));
    }

    /// Keeps a sketch; answers with what was kept of the request before.
    fn keep(&mut self, id: RequestId, sketch: Sketch) -> Option<Sketch> {
        let state = match self.states.get(&sketch.state) {
            Some(known) => Arc::clone(known),
            None => {
                self.states.insert(Arc::clone(&sketch.state));
                Arc::clone(&sketch.state)
            }
        };
        self.legible.insert(id, Sketch { state, ..sketch })
    }

    /// How many requests can be read.
    #[must_use]
    pub fn len(&self) -> usize {
        self.legible.len()
    }

    /// Whether there is none that can be read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.legible.is_empty()
    }

    /// Reads those of `ids` that are not among them yet. `progress` is told how many of how many were read.
    ///
    /// # Errors
    /// Failed machinery; a damaged request is one of them.
    pub fn complete(
        &mut self,
        store: &dyn Store,
        scope: Scope<'_>,
        ids: &[RequestId],
        searched: Searched,
        progress: Progress<'_>,
    ) -> Result<(), StoreError> {
        let missing: Vec<RequestId> = ids.iter().copied().filter(|id| !self.legible.contains_key(id)).collect();
        for (done, chunk) in missing.chunks(CHUNK).enumerate() {
            let told = |some: usize| progress(done * CHUNK + some, missing.len());
            self.reread(store, scope, chunk, searched, &told)?;
        }
        self.find_duplicates();
        Ok(())
    }

    /// Takes requests as they are now; says of how many nothing changed.
    fn reread(
        &mut self,
        store: &dyn Store,
        scope: Scope<'_>,
        ids: &[RequestId],
        searched: Searched,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Result<usize, StoreError> {
        let sketched = |history: History| Sketch::of(&history, scope.workflow, searched);
        let read = each_of(
            ids,
            progress,
            || store.pass(),
            |pass, id| Ok(stamped(store, pass.as_mut(), *id)?.1.map(|found| found.map(sketched))),
        )?;
        let mut unchanged = 0;
        for (id, found) in ids.iter().zip(read) {
            unchanged += usize::from(match found {
                Some(Ok(sketch)) => {
                    self.illegible.remove(id);
                    self.keep(*id, sketch.clone()) == Some(sketch)
                }
                Some(Err(unread)) => {
                    self.legible.remove(id);
                    let illegible = Illegible::of(&unread, scope.workflow);
                    self.illegible.insert(*id, illegible.clone()) == Some(illegible)
                }
                None => self.legible.remove(id).is_none() & self.illegible.remove(id).is_none(),
            });
        }
        Ok(unchanged)
    }

    fn find_duplicates(&mut self) {
        let mut firsts: HashMap<Digest, RequestId> = HashMap::new();
        let legible = self.legible.iter().filter_map(|(id, one)| Some((*id, one.key?)));
        let illegible = self.illegible.iter().filter_map(|(id, one)| Some((*id, one.key?)));
        for (id, key) in legible.chain(illegible) {
            firsts.entry(key).and_modify(|first| *first = id.min(*first)).or_insert(id);
        }
        let duplicate = |(id, one): (&RequestId, &Sketch)| {
            let first = firsts.get(&one.key?).filter(|first| *first != id && !one.distinct)?;
            Some((*id, *first))
        };
        self.duplicates = self.legible.iter().filter_map(duplicate).collect();
    }

    /// What a text says of a request that should be its entry.
    #[must_use]
    pub fn says(&self, id: RequestId, text: &str, heads: impl Fn() -> Option<Vec<Hash>>) -> Said {
        let Some(one) = self.legible.get(&id) else { return Said::OtherHeads };
        let is_same = match self.duplicates.get(&id) {
            None => digest(text) == one.text,
            Some(first) => {
                let said = format!(",\"duplicate_of\":\"{first}\"}}");
                text.strip_suffix(said.as_str()).is_some_and(|rest| digest(&format!("{rest}}}")) == one.text)
            }
        };
        match is_same {
            true => Said::Same,
            false if heads().is_some_and(|heads| digest_of_heads(&heads) == one.heads) => Said::Other,
            false => Said::OtherHeads,
        }
    }

    /// The ids of those that can be read, in order.
    pub(in crate::index) fn ids(&self) -> impl Iterator<Item = RequestId> {
        self.legible.keys().copied()
    }

    /// What is told of all requests together.
    #[must_use]
    pub fn outline(&self) -> Outline {
        let mut by_state: BTreeMap<String, Vec<RequestId>> = BTreeMap::new();
        for (id, one) in &self.legible {
            match by_state.get_mut(&*one.state) {
                Some(ids) => ids.push(*id),
                None => drop(by_state.insert(one.state.to_string(), vec![*id])),
            }
        }
        Outline {
            events: self.legible.values().map(|one| u64::from(one.events)).sum(),
            updated_at: self.legible.values().filter_map(|one| one.updated_at).max(),
            by_state,
            damaged: self.illegible.iter().map(|(id, one)| (*id, one.what.clone())).collect(),
        }
    }

    /// Looks again at requests about which there is a doubt: somebody may have written meanwhile. Whether that settles
    /// nothing, since one of them is as it was.
    pub(in crate::index) fn look_again(
        &mut self,
        store: &dyn Store,
        scope: Scope<'_>,
        doubted: &[RequestId],
        searched: Searched,
    ) -> Result<bool, StoreError> {
        // Writers that are so fast would have to write more than is read: the first ones tell.
        for chunk in doubted.chunks(1 << 10) {
            if self.reread(store, scope, chunk, searched, &|_| {})? > 0 {
                return Ok(true);
            }
        }
        self.find_duplicates();
        Ok(doubted.is_empty())
    }

    fn rows(&self) -> Vec<(RequestId, Digest)> {
        let legible = self.legible.iter().map(|(id, one)| (*id, one.row));
        legible.chain(self.illegible.iter().filter_map(|(id, one)| Some((*id, one.row?)))).collect()
    }

    fn words(&self) -> Vec<(RequestId, Words)> {
        self.legible.iter().filter_map(|(id, one)| Some((*id, one.words?))).collect()
    }
}

impl Illegible {
    fn of(unread: &Unread, workflow: &Workflow) -> Self {
        let row = match unread {
            Unread::Damaged(..) => Some(cut(row_digest(&Err(unread.clone()), workflow))),
            Unread::Refused(_) => None,
        };
        Self { what: unread.what().to_owned(), key: unread.key().map(digest_of), row }
    }
}

/// What the cache says that is not so.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Doubts {
    /// The requests of which it says what is not so, though it passes for current.
    pub contradicted: Vec<RequestId>,
    /// What it keeps beside its rows and does not follow from them.
    pub astray: Vec<Aside>,
    /// How many requests it has that are not here: it is older than what removed them, or wrong.
    pub gone: usize,
}

impl Doubts {
    /// Holds the cache, as it lies there, against the files.
    ///
    /// # Errors
    /// Failed machinery of the ledger.
    pub(in crate::index) fn of(
        store: &dyn Store,
        scope: Scope<'_>,
        sketches: &mut Sketches,
        searched: Searched,
    ) -> Result<Self, StoreError> {
        let cache = Cache::as_it_is(store, scope);
        let contradicted =
            |cache: &AsItIs, sketches: &Sketches| cache.contradicted(store, &sketches.rows(), &sketches.words());
        let mut found = contradicted(&cache, sketches)?;
        if !found.is_empty() {
            // One that was written since, and cached, is no contradiction.
            sketches.reread(store, scope, &found, searched, &|_| {})?;
            sketches.find_duplicates();
            found = contradicted(&cache, sketches)?;
        }
        let here: HashSet<RequestId> = sketches.legible.keys().chain(sketches.illegible.keys()).copied().collect();
        Ok(Self { contradicted: found, astray: cache.astray(), gone: cache.others_than(&here) })
    }

    /// Whether the cache says what is not so.
    #[must_use]
    pub fn contradicts_cache(&self) -> bool {
        !self.contradicted.is_empty() || !self.astray.is_empty()
    }
}

fn digest(text: &str) -> Digest {
    cut(Hash::of(&[text.as_bytes()]))
}

fn digest_of_heads(heads: &[Hash]) -> Digest {
    let bytes: Vec<&[u8]> = heads.iter().map(|head| head.bytes().as_slice()).collect();
    cut(Hash::of(&bytes))
}

/// As much of a hash as is kept.
pub(super) fn cut(hash: Hash) -> Digest {
    let mut digest = Digest::default();
    digest.iter_mut().zip(hash.bytes()).for_each(|(place, byte)| *place = *byte);
    digest
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What [`Sketches::says`] takes off is what an entry has.
    #[test]
    fn whose_duplicate_a_request_is_ends_its_entry() {
        let id: RequestId = "REQ-20261120-0001".parse().unwrap();
        let alone = serde_json::json!({
            "state": "PROPOSED", "version": 1, "heads": [], "title": "t", "from": "a", "to": ["b"], "type": "bug",
            "priority": "P2", "labels": [], "created_at": "2026-11-20T10:00:00.000Z", "created_by": "ada",
        });
        let alone: Entry = serde_json::from_value(alone).unwrap();
        let doubled = text_of(&Entry { duplicate_of: Some(id), distinct: true, ..alone.clone() }).unwrap();
        let distinct = text_of(&Entry { distinct: true, ..alone }).unwrap();
        assert_eq!(doubled, format!("{},\"duplicate_of\":\"{id}\"}}", distinct.strip_suffix('}').unwrap()));
    }
}
