//! What keys make of requests and events, as far as it is found by verifying.

use crate::app::Ledger;
use crate::domain::body::Body;
use crate::domain::duplicate::{Settled, duplicate_of};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::RequestId;
use crate::domain::keyed::{KeyConflict, Keyed, Said};
use crate::domain::outlook::Action;
use crate::domain::renumber::moves;
use crate::domain::state::State;
use crate::store::StoreError;

impl Ledger<'_> {
    /// Events with one key that say different things, of a request that can still move: the last of them, what is told and
    /// what settles it.
    pub(super) fn key_conflicts(&self, history: &History) -> Vec<(Hash, String, String)> {
        let id = history.packet().request_id;
        let keyed = Keyed::of_all(history);
        if keyed.conflicts().is_empty() || self.has_ended(history) {
            return Vec::new();
        }
        let told = |conflict: &KeyConflict| {
            let name = |said: &Said| format!("event {} ({}, {})", said.event.n, said.event.hash.short(), said.kind);
            let events: Vec<String> = conflict.said.iter().map(name).collect();
            let last = conflict.said.last()?.event.hash;
            let what = format!("{} have one key and say different things", events.join(" and "));
            Some((last, what, Action::ResolveKey(conflict.clone()).command(id)))
        };
        keyed.conflicts().iter().filter_map(told).collect()
    }

    fn has_ended(&self, history: &History) -> bool {
        State::replay(history, self.workflow).name().is_some_and(|name| self.workflow.is_final(name))
    }

    /// Whether a request that has the key of an earlier one waits for somebody to say what it is.
    pub(super) fn is_unsettled(&self, id: RequestId) -> Result<bool, StoreError> {
        match self.store.history(id) {
            Ok(Some(history)) => {
                let state = State::replay(&history, self.workflow);
                Ok(matches!(duplicate_of(&state, Some(id), self.workflow), Some((_, Settled::No))))
            }
            // It was there a moment ago.
            Ok(None) => Ok(false),
            Err(error) if error.is_of_files() => Ok(false),
            Err(other) => Err(other),
        }
    }

    /// Words that a request is no duplicate of one that does not have its key, each with what is told. Of one that is not
    /// here, or whose number two requests had, nothing is known.
    pub(super) fn distinct_from_nothing(&self, history: &History) -> Result<Vec<(Hash, String)>, StoreError> {
        let key = history.packet().key.as_ref();
        let mut told = Vec::new();
        for event in history.events() {
            let Body::Distinct(distinct) = event.body() else { continue };
            let from = match self.store.history(distinct.from) {
                Err(error) if error.is_of_files() => None,
                other => other?,
            };
            let has_another =
                from.is_some_and(|from| from.packet().key.as_ref() != key && moves(from.events()).is_empty());
            if key.is_none() || has_another || distinct.from == history.packet().request_id {
                let (n, from) = (event.n(), distinct.from);
                told.push((
                    event.hash(),
                    format!("event {n}: it says that it is no duplicate of {from}, whose key it does not have"),
                ));
            }
        }
        Ok(told)
    }
}
