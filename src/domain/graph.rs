//! The events of one stream: a directed acyclic graph by `parents`, checked and in canonical order.
//!
//! Meaning depends on the set alone: the order of lines, and lines that stand twice, change nothing. The canonical
//! order is by `(n, hash)`, which puts parents first because `n` grows along every edge. Merging is the union by hash,
//! hence associative, commutative and idempotent (a grow-only set, Shapiro et al., 2011).

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::body::{Body, ContractBody};
use super::event::{Event, PARENTS_MAX};
use super::hash::Hash;
use super::id::{ContractName, Key, Stream};
use super::time::{Hybrid, Timestamp};

/// The most events of one stream.
pub const EVENTS_MAX: usize = 1_000_000;
/// Sets the root of a contract's log apart from every other use of SHA-256.
pub const CONTRACT_TAG: &[u8] = b"ledger-contract-v1\n";

/// Events that can't be the history of their stream.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadHistory {
    /// An event about something else.
    #[error("event {n} ({}) is about {stream}, not about this request", .hash.short())]
    Stray {
        /// The event's number.
        n: u64,
        /// The event.
        hash: Hash,
        /// What it is about.
        stream: Stream,
    },
    /// A parent that is neither the root nor an event here: an event was removed, or the packet was changed.
    #[error("event {n} ({}) follows {}, which is not here: an event was removed or the packet was changed", .hash.short(), .parent.short())]
    MissingParent {
        /// The event's number.
        n: u64,
        /// The event.
        hash: Hash,
        /// The parent that is missing.
        parent: Hash,
    },
    /// A parent that is not here, of an event of a contract.
    #[error("event {n} ({}) follows {}, which is not here: an event was removed", .hash.short(), .parent.short())]
    ContractMissingParent {
        /// The event's number.
        n: u64,
        /// The event.
        hash: Hash,
        /// The parent that is missing.
        parent: Hash,
    },
    /// An event about something else, in the log of a contract.
    #[error("event {n} ({}) is about {stream}, not about this contract", .hash.short())]
    ContractStray {
        /// The event's number.
        n: u64,
        /// The event.
        hash: Hash,
        /// What it is about.
        stream: Stream,
    },
    /// Events of this packet and of another one: two clones gave two requests one number.
    #[error("the log holds the events of two requests: two clones gave them one number, and their logs were merged")]
    TwoRequests,
    /// `n` is not one more than the largest `n` among the parents.
    #[error("event {n} ({}) should have n {expected}", .hash.short())]
    WrongNumber {
        /// The number that it has.
        n: u64,
        /// The event.
        hash: Hash,
        /// The number that it should have.
        expected: u64,
    },
    /// `REQUEST_CREATED` after the beginning, or something else at it.
    #[error("event {n} ({}): a request begins with REQUEST_CREATED, and nowhere else", .hash.short())]
    Beginning {
        /// The event's number.
        n: u64,
        /// The event.
        hash: Hash,
    },
    /// A contract's log that begins with something else than a registration.
    #[error("event {n} ({}): a contract begins with REGISTERED", .hash.short())]
    ContractBeginning {
        /// The event's number.
        n: u64,
        /// The event.
        hash: Hash,
    },
    /// More than [`EVENTS_MAX`].
    #[error("{0} events; the most is {EVENTS_MAX}")]
    TooMany(usize),
}

impl BadHistory {
    /// The event that is at fault, where it is one.
    #[must_use]
    pub fn event(&self) -> Option<Hash> {
        match self {
            Self::Stray { hash, .. }
            | Self::MissingParent { hash, .. }
            | Self::WrongNumber { hash, .. }
            | Self::Beginning { hash, .. }
            | Self::ContractMissingParent { hash, .. }
            | Self::ContractStray { hash, .. }
            | Self::ContractBeginning { hash, .. } => Some(*hash),
            Self::TwoRequests | Self::TooMany(_) => None,
        }
    }
}

/// A newest event: one that no other event names as its parent.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Head {
    /// The event's number.
    pub n: u64,
    /// The event.
    pub hash: Hash,
}

impl Head {
    /// The head that an event is.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self { n: event.n(), hash: event.hash() }
    }
}

/// What the first event of a contract names as its parent.
#[must_use]
pub fn contract_root(name: &ContractName) -> Hash {
    Hash::of(&[CONTRACT_TAG, name.as_str().as_bytes()])
}

/// The events of one stream, checked and in canonical order.
#[derive(Clone, PartialEq, Debug)]
pub struct Graph {
    stream: Stream,
    root: Hash,
    events: Vec<Event>,
    heads: Vec<Head>,
}

impl Graph {
    /// Puts events into canonical order, drops the ones that stand twice, and checks that they follow from the root:
    /// of a request the packet's hash, of a contract [`contract_root`].
    ///
    /// # Errors
    /// [`BadHistory`] names the event.
    pub fn new(stream: Stream, root: Hash, mut events: Vec<Event>) -> Result<Self, BadHistory> {
        if events.len() > EVENTS_MAX {
            return Err(BadHistory::TooMany(events.len()));
        }
        let in_order = |a: &Event, b: &Event| (a.n(), a.hash()) < (b.n(), b.hash());
        if !events.is_sorted_by(in_order) {
            events.sort_by_key(|event| (event.n(), event.hash()));
            events.dedup_by_key(|event| event.hash());
        }
        let heads = check(&stream, root, &events)?;
        Ok(Self { stream, root, events, heads })
    }

    /// The events of a contract.
    ///
    /// # Errors
    /// [`BadHistory`] names the event.
    pub fn of_contract(name: &ContractName, events: Vec<Event>) -> Result<Self, BadHistory> {
        Self::new(Stream::Contract(name.clone()), contract_root(name), events)
    }

    /// Adds one event.
    ///
    /// # Errors
    /// [`BadHistory`] if it does not belong here; the graph is then as it was.
    pub fn append(&mut self, event: Event) -> Result<(), BadHistory> {
        let follows_all =
            !self.heads.is_empty() && self.heads.iter().map(|h| h.hash).eq(event.parents().iter().copied());
        let in_place = event.n() == self.version() + 1 && *event.stream() == self.stream;
        let has_room = self.events.len() < EVENTS_MAX;
        if follows_all && in_place && has_room && !matches!(event.body(), Body::Created(_)) {
            self.heads = vec![Head::of(&event)];
            self.events.push(event);
            return Ok(());
        }
        let mut events = self.events.clone();
        events.push(event);
        *self = Self::new(self.stream.clone(), self.root, events)?;
        Ok(())
    }

    /// What the events are about.
    #[must_use]
    pub fn stream(&self) -> &Stream {
        &self.stream
    }

    /// What the first event names as its parent.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.root
    }

    /// The events in canonical order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The newest events, in canonical order. Empty only where there is no event.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The version: the largest `n`, 0 where there is no event.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.events.last().map_or(0, Event::n)
    }

    /// The latest reading of the hybrid clock.
    #[must_use]
    pub fn clock(&self) -> Option<Hybrid> {
        self.events.iter().map(Event::clock).max()
    }

    /// The parents that the next event names: all heads, or the root. Of more heads than an event can name, the newest;
    /// the event after it then names the rest.
    #[must_use]
    pub fn next_parents(&self) -> Vec<Hash> {
        if self.heads.is_empty() {
            return vec![self.root];
        }
        let newest = self.heads.len().saturating_sub(PARENTS_MAX);
        self.heads[newest..].iter().map(|head| head.hash).collect()
    }

    /// The first event in canonical order that was written with this key.
    #[must_use]
    pub fn with_key(&self, key: &Key) -> Option<&Event> {
        self.events.iter().find(|event| event.key() == Some(key))
    }

    /// One event by its hash.
    #[must_use]
    pub fn event(&self, hash: Hash) -> Option<&Event> {
        self.events.iter().find(|event| event.hash() == hash)
    }

    /// The graph as it stood at a version: the events with `n` up to `version`.
    #[must_use]
    pub fn at_version(&self, version: u64) -> Self {
        self.keep(|event| event.n() <= version)
    }

    /// The graph as it stood at a moment, by the hybrid clock.
    #[must_use]
    pub fn at_time(&self, at: Timestamp) -> Self {
        self.keep(|event| event.clock().at <= at)
    }

    /// The graph as an event's writer left it: what it had seen, and the event itself.
    #[must_use]
    pub fn up_to(&self, event: Hash) -> Self {
        let mut seen: HashSet<Hash> = HashSet::from([event]);
        for event in self.events.iter().rev() {
            if seen.contains(&event.hash()) {
                seen.extend(event.parents());
            }
        }
        self.keep(|event| seen.contains(&event.hash()))
    }

    /// The part that consists of the events that `wanted` names and whose parents are in it.
    fn keep(&self, wanted: impl Fn(&Event) -> bool) -> Self {
        let mut kept: HashSet<Hash> = HashSet::from([self.root]);
        let mut events = Vec::new();
        for event in &self.events {
            if wanted(event) && event.parents().iter().all(|parent| kept.contains(parent)) {
                kept.insert(event.hash());
                events.push(event.clone());
            }
        }
        let heads = heads_of(&events);
        Self { stream: self.stream.clone(), root: self.root, events, heads }
    }

    /// Unites two graphs of one stream.
    ///
    /// # Errors
    /// [`BadHistory`] where the union is none, which graphs that were checked can't bring about.
    pub fn merge(self, other: Self) -> Result<Self, BadHistory> {
        let mut events = self.events;
        events.extend(other.events);
        Self::new(self.stream, self.root, events)
    }

    /// Whether one event is an ancestor of the other (or the same).
    #[must_use]
    pub fn is_ancestor(&self, ancestor: Hash, of: Hash) -> bool {
        let by_hash: BTreeMap<Hash, &Event> = self.events.iter().map(|event| (event.hash(), event)).collect();
        let Some(goal) = by_hash.get(&ancestor).map(|event| event.n()) else { return false };
        let mut open = vec![of];
        let mut seen = BTreeSet::new();
        while let Some(hash) = open.pop() {
            if hash == ancestor {
                return true;
            }
            // An ancestor has a smaller number, so nothing below the goal's can lead to it.
            let Some(event) = by_hash.get(&hash).filter(|event| event.n() > goal) else { continue };
            open.extend(event.parents().iter().copied().filter(|parent| seen.insert(*parent)));
        }
        false
    }
}

fn check(stream: &Stream, root: Hash, events: &[Event]) -> Result<Vec<Head>, BadHistory> {
    // The common case: nobody wrote at the same time as another. What is not in order is told below.
    if is_line(stream, root, events) {
        return Ok(events.last().map(Head::of).into_iter().collect());
    }
    let mut numbers: HashMap<Hash, u64> = HashMap::with_capacity(events.len() + 1);
    numbers.insert(root, 0);
    for event in events {
        let (n, hash) = (event.n(), event.hash());
        if event.stream() != stream {
            let about = event.stream().clone();
            return Err(match stream {
                Stream::Request(_) => BadHistory::Stray { n, hash, stream: about },
                Stream::Contract(_) => BadHistory::ContractStray { n, hash, stream: about },
            });
        }
        let mut expected = 1;
        for parent in event.parents() {
            let number = numbers.get(parent).ok_or_else(|| missing(event, *parent, root, events))?;
            expected = expected.max(number + 1);
        }
        if n != expected {
            return Err(BadHistory::WrongNumber { n, hash, expected });
        }
        check_beginning(event, root)?;
        numbers.insert(hash, n);
    }
    Ok(heads_of(events))
}

/// Whether each event follows the one before it, and that one alone.
fn is_line(stream: &Stream, root: Hash, events: &[Event]) -> bool {
    let mut before = (0, root);
    events.iter().all(|event| {
        let follows = event.parents() == [before.1] && event.n() == before.0 + 1 && event.stream() == stream;
        before = (event.n(), event.hash());
        follows && check_beginning(event, root).is_ok()
    })
}

/// There may be several beginnings: two clones can both have completed a create that was cut short, or registered the
/// first version.
fn check_beginning(event: &Event, root: Hash) -> Result<(), BadHistory> {
    let (n, hash) = (event.n(), event.hash());
    let names_root = event.parents().contains(&root);
    let is_alone = event.parents().len() == 1;
    match event.stream() {
        Stream::Request(_) => {
            let begins = matches!(event.body(), Body::Created(_));
            if names_root == begins && (is_alone || !begins) { Ok(()) } else { Err(BadHistory::Beginning { n, hash }) }
        }
        Stream::Contract(_) => {
            // What a newer program begins with is kept.
            let may_begin = matches!(event.body(), Body::Contract(ContractBody::Registered(_)) | Body::Other(_));
            if !names_root || (may_begin && is_alone) { Ok(()) } else { Err(BadHistory::ContractBeginning { n, hash }) }
        }
    }
}

/// What it means that a parent is missing: where another event is the first one of this packet, two requests are here.
fn missing(event: &Event, parent: Hash, root: Hash, events: &[Event]) -> BadHistory {
    let is_first = |other: &Event| other.n() == 1 && other.parents() == [root];
    if event.n() == 1 && matches!(event.stream(), Stream::Request(_)) && events.iter().any(is_first) {
        return BadHistory::TwoRequests;
    }
    let (n, hash) = (event.n(), event.hash());
    match event.stream() {
        Stream::Request(_) => BadHistory::MissingParent { n, hash, parent },
        Stream::Contract(_) => BadHistory::ContractMissingParent { n, hash, parent },
    }
}

fn heads_of(events: &[Event]) -> Vec<Head> {
    // The common case: a chain, with one head.
    let is_chain = events.windows(2).all(|pair| pair[1].parents() == [pair[0].hash()]);
    if is_chain {
        return events.last().map(Head::of).into_iter().collect();
    }
    let named: HashSet<&Hash> = events.iter().flat_map(Event::parents).collect();
    events.iter().filter(|event| !named.contains(&event.hash())).map(Head::of).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::body::Noted;
    use crate::domain::event::Unsealed;

    #[test]
    fn there_is_an_end_to_the_events_of_a_stream() {
        let stream: Stream = "REQ-20261120-0001".parse().unwrap();
        let root = Hash::of(&[b"packet"]);
        let event = Event::seal(Unsealed {
            stream: stream.clone(),
            clock: Hybrid { at: Timestamp::from_unix_ms(0), tick: 0 },
            writer: "k7f3q2".parse().unwrap(),
            by: "mia".parse().unwrap(),
            key: None,
            body: Body::Noted(Noted { text: "x".into(), kind: None, occurred_at: None }),
            n: 1,
            parents: vec![root],
        })
        .unwrap();
        let bound = |count: usize| Graph::new(stream.clone(), root, vec![event.clone(); count]).unwrap_err();
        assert_eq!(bound(EVENTS_MAX + 1), BadHistory::TooMany(EVENTS_MAX + 1));
        assert!(matches!(bound(EVENTS_MAX), BadHistory::Beginning { .. }), "the number alone is no reason");
    }
}
