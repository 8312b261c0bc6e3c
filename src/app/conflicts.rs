//! What clones that worked apart left for people to decide.

use std::collections::BTreeMap;

use super::claim::{ClaimSeen, ClaimsSeen};
use super::list::{Query, Row, Scope, Sort};
use super::{AppError, Ledger};
use crate::domain::id::{Key, RequestId};
use crate::domain::packet::Packet;
use crate::index::project::{DIVERGED, EntryEvent, EntryKey, EntrySide};
use crate::store::NUMBER_TWICE;
use crate::sync::twins::unmerged_twins;

/// Something that waits for a decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Conflict {
    /// Ways that exclude each other.
    Diverged {
        /// The request.
        id: RequestId,
        /// Its title.
        title: String,
        /// Where the ways lead.
        sides: Vec<EntrySide>,
    },
    /// Claims by several, none of which knew of the others.
    Contested {
        /// The request.
        id: RequestId,
        /// Its title.
        title: String,
        /// The claims.
        claims: Vec<ClaimSeen>,
    },
    /// Two requests with one key: one intent that was carried out twice.
    Duplicate {
        /// The later one by its number.
        id: RequestId,
        /// Its title.
        title: String,
        /// The first one.
        first: RequestId,
        /// The key.
        key: Key,
    },
    /// Two requests with one number, which a merge brought together.
    NumberTwice {
        /// The number.
        id: RequestId,
        /// The title of the one that stands here.
        title: String,
    },
    /// Events with one key that say different things.
    KeyTwice {
        /// The request.
        id: RequestId,
        /// Its title.
        title: String,
        /// The key.
        key: Key,
        /// The first event of each.
        events: Vec<EntryEvent>,
    },
}

/// What waits for a decision, by request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conflicts {
    /// All of it.
    pub all: Vec<Conflict>,
    /// Requests that can't be read, and why.
    pub damaged: BTreeMap<RequestId, String>,
}

impl Conflict {
    /// What of a listed request waits for a decision.
    pub(super) fn all_of(row: &Row) -> Vec<Self> {
        let mut all = Vec::new();
        let Row { id, entry, claim, .. } = row;
        let title = || entry.title.clone();
        if entry.state == DIVERGED {
            all.push(Self::Diverged { id: *id, title: title(), sides: entry.sides.clone() });
        }
        if let Some(ClaimsSeen::Contested(claims)) = claim.as_ref().filter(|claims| claims.is_ahead()) {
            all.push(Self::Contested { id: *id, title: title(), claims: claims.clone() });
        }
        if let (Some(first), Some(key)) = (entry.duplicate_of, &entry.key) {
            all.push(Self::Duplicate { id: *id, title: title(), first, key: key.clone() });
        }
        for EntryKey { key, events } in &entry.key_conflicts {
            all.push(Self::KeyTwice { id: *id, title: title(), key: key.clone(), events: events.clone() });
        }
        all
    }
}

impl Ledger<'_> {
    /// Everything that clones which worked apart left for people to decide. What has ended waits for nothing.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn conflicts(&self) -> Result<Conflicts, AppError> {
        let query = Query { scope: Scope::Open, sort: Sort::Id, ..Query::default() };
        let mut all = Vec::new();
        let mut damaged = self.each::<AppError>(&query, |row| {
            all.extend(Conflict::all_of(row));
            Ok(())
        })?;
        let twice = self.numbers_twice(&damaged)?;
        // What is wrong with them is that somebody has to decide.
        damaged.retain(|id, _| !twice.contains_key(id));
        let mut found: Vec<Conflict> =
            twice.into_iter().map(|(id, title)| Conflict::NumberTwice { id, title }).collect();
        found.append(&mut all);
        Ok(Conflicts { all: found, damaged })
    }

    /// The numbers that two requests have: in a merge under way, and of those that can't be read. With the titles of those
    /// that stand here.
    fn numbers_twice(&self, damaged: &BTreeMap<RequestId, String>) -> Result<BTreeMap<RequestId, String>, AppError> {
        let mut twice = unmerged_twins(&self.store.root())?;
        for id in damaged.keys() {
            if twice.contains_key(id) || !self.store.inspect(*id)?.faults.iter().any(|fault| fault.code == NUMBER_TWICE)
            {
                continue;
            }
            let packet = self.store.packet_bytes(*id)?.and_then(|bytes| Packet::parse(&bytes).ok());
            twice.insert(*id, packet.map(|packet| packet.title).unwrap_or_default());
        }
        Ok(twice)
    }
}
