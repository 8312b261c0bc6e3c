//! One request as an index entry: a pure fold of its history.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::domain::claim::{Claim, Expiry, Holding};
use crate::domain::event::PartStatus;
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Actor, Key, Label, RepoId, RequestId, RequestType};
use crate::domain::keyed::{KeyConflict, Said};
use crate::domain::packet::{Packet, Priority};
use crate::domain::state::{State, Status};
use crate::domain::time::{DashedDay, Timestamp};
use crate::domain::workflow::{StateName, Workflow};

/// The heading under which requests stand that have diverged.
pub const DIVERGED: &str = "DIVERGED";
/// The heading under which requests stand whose bytes are damaged.
pub const DAMAGED: &str = "DAMAGED";
/// What stands for a part about which two clones disagree.
pub const CONFLICT: &str = "CONFLICT";

/// One way of a diverged request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntrySide {
    /// The state to which it leads.
    pub state: StateName,
    /// The event that led there.
    pub head: Hash,
}

/// Events with one key that say different things.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntryKey {
    /// The key.
    pub key: Key,
    /// The first event of each, in canonical order.
    pub events: Vec<EntryEvent>,
}

/// An event as it stands in an index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EntryEvent {
    /// Its type, as written in the line.
    #[serde(rename = "type")]
    pub kind: String,
    /// The event.
    pub event: Hash,
}

impl From<&KeyConflict> for EntryKey {
    fn from(conflict: &KeyConflict) -> Self {
        let event = |said: &Said| EntryEvent { kind: said.kind.clone(), event: said.event.hash };
        Self { key: conflict.key.clone(), events: conflict.said.iter().map(event).collect() }
    }
}

/// A claim as it stands in an index.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimLine {
    /// Who claims.
    pub by: Actor,
    /// When it expires.
    pub until: Timestamp,
    /// The event.
    pub event: Hash,
}

/// Who has claimed a request. Whether that has expired depends on when somebody asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(untagged)]
pub enum EntryClaim {
    /// One actor.
    Held(ClaimLine),
    /// Several, without knowledge of each other: nobody holds it.
    Contested {
        /// The claim of each that lasts longest.
        contested: Vec<ClaimLine>,
    },
}

impl From<&Claim> for ClaimLine {
    fn from(claim: &Claim) -> Self {
        Self { by: claim.on.by.clone(), until: claim.until, event: claim.on.event.hash }
    }
}

impl EntryClaim {
    /// Of a request that is so held; `None` where nobody has claimed it.
    #[must_use]
    pub fn of(holding: &Holding<'_>) -> Option<Self> {
        match holding {
            Holding::Free => None,
            Holding::Held(claim) => Some(Self::Held((*claim).into())),
            Holding::Contested(claims) => {
                Some(Self::Contested { contested: claims.iter().map(|claim| (*claim).into()).collect() })
            }
        }
    }

    /// The claims, one an actor.
    #[must_use]
    pub fn lines(&self) -> &[ClaimLine] {
        match self {
            Self::Held(line) => std::slice::from_ref(line),
            Self::Contested { contested } => contested,
        }
    }

    /// Whether all of them have expired.
    #[must_use]
    pub fn expiry(&self, now: Timestamp) -> Expiry {
        let is_ahead = self.lines().iter().any(|line| Expiry::of(line.until, now) == Expiry::Ahead);
        if is_ahead { Expiry::Ahead } else { Expiry::Past }
    }
}

/// What the index says of a request.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Entry {
    /// The state, or `DIVERGED`.
    pub state: String,
    /// The version.
    pub version: u64,
    /// The heads, in canonical order.
    pub heads: Vec<Hash>,
    /// The packet's title.
    pub title: String,
    /// Who asks.
    pub from: RepoId,
    /// Who is asked.
    pub to: Vec<RepoId>,
    /// The kind of request.
    #[serde(rename = "type")]
    pub request_type: RequestType,
    /// Urgency.
    pub priority: Priority,
    /// Labels.
    pub labels: Vec<Label>,
    /// When it was made.
    pub created_at: Timestamp,
    /// Who made it.
    pub created_by: Actor,
    /// The newest event's time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Who wrote the newest event.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_by: Option<Actor>,
    /// The day by which it is wanted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due: Option<DashedDay>,
    /// What must be settled first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub depends_on: Vec<RequestId>,
    /// The request that it is a part of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<RequestId>,
    /// The key that it was made with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<Key>,
    /// What the targets say of their parts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub parts: BTreeMap<RepoId, String>,
    /// The ways that exclude each other, of a diverged request.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<EntrySide>,
    /// Who has claimed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<EntryClaim>,
    /// Events with one key that say different things, until it is settled which holds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub key_conflicts: Vec<EntryKey>,
    /// Whether somebody said that it is no duplicate, whatever has its key.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub distinct: bool,
    /// The first request with its key, where that is another one. It takes the other's packet to know, so it is not part
    /// of the fold.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<RequestId>,
}

/// The words of a request that filters by words look at: title and description, in lower case.
#[must_use]
pub fn words_of(packet: &Packet) -> String {
    format!("{}\n{}", packet.title, packet.description).to_lowercase()
}

/// Whether all these words stand in [`words_of`] a request.
#[must_use]
pub fn has_words(text: &str, words: &[String]) -> bool {
    words.iter().all(|word| text.contains(&word.to_lowercase()))
}

impl Entry {
    /// Folds a history.
    #[must_use]
    pub fn of(history: &History, workflow: &Workflow) -> Self {
        let state = State::replay(history, workflow);
        let packet = history.packet();
        let (name, sides) = match &state.status {
            Status::At(name) => (name.to_string(), Vec::new()),
            Status::Diverged(sides) => {
                let side =
                    |side: &crate::domain::state::Side| EntrySide { state: side.state.clone(), head: side.event.hash };
                (DIVERGED.to_owned(), sides.iter().map(side).collect())
            }
        };
        let part = |said: &[crate::domain::state::Statement]| match said {
            [first, rest @ ..] if rest.iter().all(|s| s.status == first.status) => first.status.to_string(),
            _ => CONFLICT.to_owned(),
        };
        let parts = state.parts.iter().filter(|(_, said)| !said.is_empty());
        Self {
            state: name,
            version: history.version(),
            heads: history.heads().iter().map(|head| head.hash).collect(),
            title: packet.title.clone(),
            from: packet.origin_repo_id.clone(),
            to: packet.target_repo_ids.clone(),
            request_type: packet.request_type.clone(),
            priority: packet.priority,
            labels: packet.labels.clone(),
            created_at: packet.created_at,
            created_by: packet.created_by.clone(),
            updated_at: state.clock.map(|clock| clock.at),
            updated_by: state.last.as_ref().map(|last| last.by.clone()),
            due: packet.due,
            depends_on: packet.dependencies.clone(),
            parent: packet.parent,
            key: packet.key.clone(),
            parts: parts.map(|(repo, said)| (repo.clone(), part(said))).collect(),
            sides,
            claim: EntryClaim::of(&state.claims.holding()),
            key_conflicts: state.key_conflicts.iter().map(EntryKey::from).collect(),
            distinct: !state.distinct.is_empty(),
            duplicate_of: None,
        }
    }

    /// The moment by which its claims are judged, for somebody whose clock says `now`: no clock counts that is behind what
    /// is on record.
    #[must_use]
    pub fn reckoned(&self, now: Timestamp) -> Timestamp {
        self.updated_at.map_or(now, |updated_at| updated_at.max(now))
    }

    /// Whether nothing follows the state. A diverged request is open.
    #[must_use]
    pub fn is_final(&self, workflow: &Workflow) -> bool {
        self.state.parse().is_ok_and(|name| workflow.is_final(&name))
    }

    /// Whether somebody has to say first which of several ways, or which of several events with one key, holds: nothing
    /// moves it before that.
    #[must_use]
    pub fn is_undecided(&self) -> bool {
        !self.sides.is_empty() || !self.key_conflicts.is_empty()
    }

    /// Whether requests that depend on this one may go on.
    #[must_use]
    pub fn is_settled(&self, workflow: &Workflow) -> bool {
        let rule = self.state.parse().ok().and_then(|name: StateName| workflow.state(&name).map(|rule| rule.settled));
        rule.unwrap_or(false)
    }

    /// Whether a target has said that of its part.
    #[must_use]
    pub fn part_is(&self, repo: &RepoId, status: PartStatus) -> bool {
        self.parts.get(repo).is_some_and(|said| *said == status.to_string())
    }
}
