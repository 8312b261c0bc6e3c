//! The log: events of one request or of the whole ledger, in causal order.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::near::{did_you_mean, nearest};
use super::{AppError, Ledger};
use crate::domain::event::{Body, Event};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Actor, Key, RequestId, Stream};
use crate::domain::keyed::{KeyConflict, Keyed, Standing};
use crate::domain::state::{Side, State, Status};
use crate::domain::time::Timestamp;
use crate::store::Budget;

/// Which events to show.
#[derive(Clone, Debug, Default)]
pub struct TimelineQuery {
    /// Only of this request.
    pub id: Option<RequestId>,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only before this moment.
    pub until: Option<Timestamp>,
    /// Only by this actor.
    pub by: Option<Actor>,
    /// Only of this type, as written in the line.
    pub kind: Option<String>,
    /// Only the newest so many.
    pub limit: Option<usize>,
}

/// Events, and what could not be read.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Timeline {
    /// The events, oldest first.
    pub events: Vec<Event>,
    /// Whether the limit left some out.
    pub has_more: bool,
    /// What is said of some of them beside what they say.
    pub marks: Marks,
    /// Requests that can't be read, with where and what is wrong.
    pub damaged: Vec<(RequestId, String)>,
}

/// What keys make of events and requests.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Marks {
    /// Events that do not count, and why.
    pub standings: HashMap<Hash, Standing>,
    /// Duplicates, each with the first request that has its key.
    pub duplicates: BTreeMap<RequestId, RequestId>,
    /// Events with one key that say different things, each with the request that they are of.
    pub conflicts: Vec<(RequestId, KeyConflict)>,
}

impl Marks {
    /// Takes what is said of one request's events, of which `first` has the key.
    fn take(&mut self, history: &History, first: Option<RequestId>) {
        let keyed = Keyed::of_all(history);
        self.standings.extend(keyed.standings());
        let is_distinct = history.events().iter().any(|event| matches!(event.body(), Body::Distinct(_)));
        let id = history.packet().request_id;
        self.duplicates.extend(first.filter(|first| *first != id && !is_distinct).map(|first| (id, first)));
        self.conflicts.extend(keyed.conflicts().iter().map(|conflict| (id, conflict.clone())));
    }

    /// Takes in what is said of others.
    pub fn extend(&mut self, others: Self) {
        self.standings.extend(others.standings);
        self.duplicates.extend(others.duplicates);
        self.conflicts.extend(others.conflicts);
    }

    /// What an event is one side of; `None` if nothing that it says with its key is said otherwise.
    #[must_use]
    pub fn conflict_of(&self, event: Hash) -> Option<&KeyConflict> {
        let is_side = |conflict: &&KeyConflict| conflict.said.iter().any(|said| said.event.hash == event);
        self.conflicts.iter().map(|(_, conflict)| conflict).find(is_side)
    }

    /// Leaves out what is said of others than these.
    fn retain(&mut self, events: &[Event]) {
        let shown: HashSet<Hash> = events.iter().map(Event::hash).collect();
        self.standings.retain(|event, _| shown.contains(event));
        let begun = |event: &Event| matches!(event.body(), Body::Created(_)).then(|| event.stream().clone());
        let begun: HashSet<Stream> = events.iter().filter_map(begun).collect();
        self.duplicates.retain(|id, _| begun.contains(&Stream::Request(*id)));
        self.conflicts.retain(|(_, conflict)| conflict.said.iter().any(|said| shown.contains(&said.event.hash)));
    }
}

impl TimelineQuery {
    /// Whether an event is wanted.
    #[must_use]
    pub fn wants(&self, event: &Event) -> bool {
        let at = event.clock().at;
        self.since.is_none_or(|since| at >= since)
            && self.until.is_none_or(|until| at < until)
            && self.by.as_ref().is_none_or(|by| event.by() == by)
            && self.kind.as_ref().is_none_or(|kind| event.body().kind().eq_ignore_ascii_case(kind))
    }
}

impl Ledger<'_> {
    /// The ways of a request that has diverged; none where it has not.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn sides(&self, id: RequestId) -> Result<Vec<Side>, AppError> {
        let history = self.store.history(id)?;
        Ok(match history.map(|history| State::replay(&history, self.workflow).status) {
            Some(Status::Diverged(sides)) => sides,
            Some(Status::At(_)) | None => Vec::new(),
        })
    }

    /// Says that nobody of this name wrote an event, of that request or at all, where somebody of a name like it did.
    #[must_use]
    pub fn unknown_author(&self, by: &Actor, id: Option<RequestId>) -> Option<String> {
        let all = self.timeline(&TimelineQuery { id, ..TimelineQuery::default() }).ok()?;
        let authors: BTreeSet<&str> = all.events.iter().map(|event| event.by().as_str()).collect();
        let meant = nearest(by.as_str(), authors.iter().copied()).filter(|_| !authors.contains(by.as_str()))?;
        Some(format!("no event is by {by}{}", did_you_mean(Some(meant))))
    }

    /// Reads the log. The hybrid clock orders events of different requests; within one it agrees with the history.
    ///
    /// # Errors
    /// Failed machinery; of the whole ledger, damaged requests are part of the answer.
    pub fn timeline(&self, query: &TimelineQuery) -> Result<Timeline, AppError> {
        let mut timeline = Timeline::default();
        let ids = match query.id {
            Some(id) => vec![id],
            None => self.store.requests()?,
        };
        let mut firsts: HashMap<Key, RequestId> = HashMap::new();
        for id in ids {
            match self.store.history(id) {
                Ok(Some(history)) => {
                    let packet = history.packet();
                    let first = match query.id {
                        Some(_) => self.first_of_key(self.store, packet, &Budget::endless())?,
                        None => packet.key.as_ref().map(|key| *firsts.entry(key.clone()).or_insert(id)),
                    };
                    timeline.marks.take(&history, first);
                    timeline.events.extend(history.events().iter().filter(|event| query.wants(event)).cloned());
                }
                Ok(None) => {}
                Err(error) if query.id.is_none() && error.is_of_files() => {
                    timeline.damaged.push((id, error.to_string()));
                }
                Err(other) => return Err(other.into()),
            }
        }
        if query.id.is_none() {
            let key = |event: &Event| (event.clock(), event.stream().clone(), event.n(), event.hash());
            timeline.events.sort_by_cached_key(key);
        }
        if let Some(limit) = query.limit
            && timeline.events.len() > limit
        {
            timeline.has_more = true;
            timeline.events.drain(..timeline.events.len() - limit);
        }
        timeline.marks.retain(&timeline.events);
        Ok(timeline)
    }
}
