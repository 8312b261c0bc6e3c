//! What clones that worked apart left for people to decide.

use std::collections::{BTreeMap, HashMap};

use super::claim::{ClaimSeen, ClaimsSeen};
use super::list::{Query, Row, Scope, Sort};
use super::{AppError, Ledger};
use crate::domain::hash::Hash;
use crate::domain::id::{Key, RequestId};
use crate::index::project::{DIVERGED, EntrySide};

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
}

/// What waits for a decision, by request.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Conflicts {
    /// All of it.
    pub all: Vec<Conflict>,
    /// Requests that can't be read, and why.
    pub damaged: BTreeMap<RequestId, String>,
}

impl Ledger<'_> {
    /// Everything that clones which worked apart left for people to decide. All requests are gone through, those that are
    /// settled too: a key names one intent for ever.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn conflicts(&self) -> Result<Conflicts, AppError> {
        let query = Query { scope: Scope::All, sort: Sort::Id, ..Query::default() };
        let mut all = Vec::new();
        // By a digest: whole keys of a large ledger would be its largest part.
        let mut keys: HashMap<Hash, RequestId> = HashMap::new();
        let damaged = self.each::<AppError>(&query, |row| {
            let Row { id, entry, claim, .. } = row;
            let title = || entry.title.clone();
            if entry.state == DIVERGED {
                all.push(Conflict::Diverged { id: *id, title: title(), sides: entry.sides.clone() });
            }
            if let Some(ClaimsSeen::Contested(claims)) = claim.as_ref().filter(|claims| claims.is_ahead()) {
                all.push(Conflict::Contested { id: *id, title: title(), claims: claims.clone() });
            }
            if let Some(key) = &entry.key {
                let first = *keys.entry(Hash::of(&[key.as_str().as_bytes()])).or_insert(*id);
                if first != *id && !entry.is_final(self.workflow) {
                    all.push(Conflict::Duplicate { id: *id, title: title(), first, key: key.clone() });
                }
            }
            Ok(())
        })?;
        Ok(Conflicts { all, damaged })
    }
}
