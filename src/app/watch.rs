//! Waiting for a request to come into a state: look after look, each of which reads only if something changed.

use std::collections::{BTreeSet, HashSet};

use super::{AppError, Ledger};
use crate::domain::event::{Body, Event};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::RequestId;
use crate::domain::reach::{Reach, reach};
use crate::domain::state::{Side, State, Status};
use crate::domain::workflow::StateName;
use crate::index::project::DIVERGED;
use crate::store::Stamp;

/// What is waited for, and what was seen so far.
#[derive(Clone, Debug)]
pub struct Watch {
    id: RequestId,
    until: Vec<StateName>,
    since: Option<u64>,
    seen: HashSet<Hash>,
    stamp: Option<Stamp>,
}

impl Watch {
    /// A watch over a request until it comes into one of these states. What happened since the version `since` counts
    /// too; without one, what happens from the first look on, and where it stands then.
    #[must_use]
    pub fn new(id: RequestId, until: Vec<StateName>, since: Option<u64>) -> Self {
        Self { id, until, since, seen: HashSet::new(), stamp: None }
    }
}

/// A state that a request was in, and since which version.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reached {
    /// The state; `DIVERGED` where somebody waits for that.
    pub state: String,
    /// The version at which it was in it.
    pub version: u64,
}

/// What a look at it found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// It is in one of the states, or passed through it.
    Reached(Reached),
    /// It can't come into any of them any more.
    Closed {
        /// Where it was in one of them before the watch began.
        before: Option<Reached>,
    },
    /// Not yet.
    NotYet,
}

/// How it looks.
#[derive(Clone, Debug)]
pub struct Look {
    /// Its version.
    pub version: u64,
    /// Where it stands.
    pub status: Status,
    /// What happened since the look before.
    pub fresh: Vec<Event>,
    /// What that means for the one who waits.
    pub found: Found,
}

impl Look {
    /// The ways that exclude each other; none unless it has diverged.
    #[must_use]
    pub fn sides(&self) -> &[Side] {
        match &self.status {
            Status::At(_) => &[],
            Status::Diverged(sides) => sides,
        }
    }
}

impl Ledger<'_> {
    /// Looks at a watched request; `None` if nothing has changed since the look before.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::NotThen`] for a version that it does not have yet; or failed machinery.
    pub fn look_at(&self, watch: &mut Watch) -> Result<Option<Look>, AppError> {
        let id = watch.id;
        let gone = || AppError::NotFound { name: id.to_string(), suggestion: None };
        // Taken before the reading: what is written in between is seen as a change the next time.
        let stamp = self.store.stamps(&[id])?.first().copied().flatten().ok_or_else(gone)?;
        // A young stamp may hide a change.
        if stamp.settled && watch.stamp == Some(stamp) {
            return Ok(None);
        }
        let is_first = watch.stamp.replace(stamp).is_none();
        let history = self.store.history(id)?.ok_or_else(gone)?;
        if let Some(version) = watch.since.filter(|version| is_first && *version > history.version()) {
            let what = format!("has no version {version} yet: it is at version {}", history.version());
            return Err(AppError::NotThen { id, what });
        }
        let is_old = |event: &Event| is_first && watch.since.is_none_or(|since| event.n() <= since);
        watch.seen.extend(history.events().iter().filter(|event| is_old(event)).map(Event::hash));
        let fresh: Vec<Event> =
            history.events().iter().filter(|event| watch.seen.insert(event.hash())).cloned().collect();
        if fresh.is_empty() && !is_first {
            return Ok(None);
        }
        let status = State::replay(&history, self.workflow).status;
        let found = self.found(watch, &history, &status, &fresh);
        Ok(Some(Look { version: history.version(), status, fresh, found }))
    }

    fn found(&self, watch: &Watch, history: &History, status: &Status, fresh: &[Event]) -> Found {
        if let Some(state) = wanted(watch, status) {
            return Found::Reached(Reached { state, version: history.version() });
        }
        if let Some(passed) = self.passed(watch, history, fresh.iter()) {
            return Found::Reached(passed);
        }
        let request_type = &history.packet().request_type;
        // Clones that work apart can leave any request diverged.
        let is_open = |state: &StateName| {
            state.as_str() == DIVERGED || reach(self.workflow, status, request_type, state) == Reach::Open
        };
        if watch.until.iter().any(is_open) {
            return Found::NotYet;
        }
        Found::Closed { before: self.passed(watch, history, history.events().iter()) }
    }

    /// The first of the states that it was in at the version of one of these events.
    fn passed<'a>(&self, watch: &Watch, history: &History, events: impl Iterator<Item = &'a Event>) -> Option<Reached> {
        // Nothing else brings a request into another state.
        let moves = |event: &&Event| {
            matches!(event.body(), Body::Created(_) | Body::Transitioned(_) | Body::Resolved(_) | Body::KeyResolved(_))
        };
        let versions: BTreeSet<u64> = events.filter(moves).map(Event::n).collect();
        versions.into_iter().find_map(|version| {
            let then = State::replay(&history.at_version(version), self.workflow);
            wanted(watch, &then.status).map(|state| Reached { state, version })
        })
    }
}

/// The state in which a request stands, if it is one that is waited for.
fn wanted(watch: &Watch, status: &Status) -> Option<String> {
    let name = match status {
        Status::At(state) => state.as_str(),
        Status::Diverged(_) => DIVERGED,
    };
    watch.until.iter().any(|state| state.as_str() == name).then(|| name.to_owned())
}
