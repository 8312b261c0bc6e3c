//! The history of a request: its packet and the set of its events, a directed acyclic graph by `parents`.
//!
//! Meaning depends on the set alone: the order of lines, and lines that stand twice, change nothing. The canonical
//! order is by `(n, hash)`, which puts parents first because `n` grows along every edge. Merging is the union by hash,
//! hence associative, commutative and idempotent (a grow-only set, Shapiro et al., 2011).

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use super::event::{Body, Event, PARENTS_MAX};
use super::hash::Hash;
use super::id::{Key, Stream};
use super::packet::Packet;
use super::time::{Hybrid, Timestamp};

/// The most events of one request.
pub const EVENTS_MAX: usize = 1_000_000;

/// Events that can't be the history of this packet.
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
    /// A parent that is neither the packet nor an event here: an event was removed, or the packet was changed.
    #[error("event {n} ({}) follows {}, which is not here: an event was removed or the packet was changed", .hash.short(), .parent.short())]
    MissingParent {
        /// The event's number.
        n: u64,
        /// The event.
        hash: Hash,
        /// The parent that is missing.
        parent: Hash,
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
            | Self::Beginning { hash, .. } => Some(*hash),
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

/// A packet and its events, checked and in canonical order.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    packet: Arc<Packet>,
    packet_hash: Hash,
    events: Vec<Event>,
    heads: Vec<Head>,
}

impl History {
    /// Puts events into canonical order, drops the ones that stand twice, and checks that they are a history of the
    /// packet.
    ///
    /// # Errors
    /// [`BadHistory`] names the event.
    pub fn new(packet: impl Into<Arc<Packet>>, packet_hash: Hash, mut events: Vec<Event>) -> Result<Self, BadHistory> {
        let packet = packet.into();
        if events.len() > EVENTS_MAX {
            return Err(BadHistory::TooMany(events.len()));
        }
        let in_order = |a: &Event, b: &Event| (a.n(), a.hash()) < (b.n(), b.hash());
        if !events.is_sorted_by(in_order) {
            events.sort_by_key(|event| (event.n(), event.hash()));
            events.dedup_by_key(|event| event.hash());
        }
        let heads = check(&packet, packet_hash, &events)?;
        Ok(Self { packet, packet_hash, events, heads })
    }

    /// Adds one event.
    ///
    /// # Errors
    /// [`BadHistory`] if it does not belong here; the history is then as it was.
    pub fn append(&mut self, event: Event) -> Result<(), BadHistory> {
        let follows_all =
            !self.heads.is_empty() && self.heads.iter().map(|h| h.hash).eq(event.parents().iter().copied());
        let in_place = event.n() == self.version() + 1 && *event.stream() == Stream::Request(self.packet.request_id);
        let has_room = self.events.len() < EVENTS_MAX;
        if follows_all && in_place && has_room && !matches!(event.body(), Body::Created(_)) {
            self.heads = vec![Head { n: event.n(), hash: event.hash() }];
            self.events.push(event);
            return Ok(());
        }
        let mut events = self.events.clone();
        events.push(event);
        *self = Self::new(self.packet.clone(), self.packet_hash, events)?;
        Ok(())
    }

    /// The packet.
    #[must_use]
    pub fn packet(&self) -> &Packet {
        &self.packet
    }

    /// The packet's identity.
    #[must_use]
    pub fn packet_hash(&self) -> Hash {
        self.packet_hash
    }

    /// The events in canonical order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// The newest events, in canonical order. Empty only for a packet without events: a create that was cut short.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        &self.heads
    }

    /// The version: the largest `n`, 0 for a packet without events.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.events.last().map_or(0, Event::n)
    }

    /// The latest reading of the hybrid clock.
    #[must_use]
    pub fn clock(&self) -> Option<Hybrid> {
        self.events.iter().map(Event::clock).max()
    }

    /// The parents that the next event names: all heads, or the packet. Of more heads than an event can name, the
    /// newest; the event after it then names the rest.
    #[must_use]
    pub fn next_parents(&self) -> Vec<Hash> {
        if self.heads.is_empty() {
            return vec![self.packet_hash];
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

    /// The history as it stood at a version: the events with `n` up to `version`.
    #[must_use]
    pub fn at_version(&self, version: u64) -> Self {
        self.keep(|event| event.n() <= version)
    }

    /// The history as it stood at a moment, by the hybrid clock.
    #[must_use]
    pub fn at_time(&self, at: Timestamp) -> Self {
        self.keep(|event| event.clock().at <= at)
    }

    /// The history as an event's writer left it: what it had seen, and the event itself.
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
        let mut kept: HashMap<Hash, ()> = HashMap::from([(self.packet_hash, ())]);
        let mut events = Vec::new();
        for event in &self.events {
            if wanted(event) && event.parents().iter().all(|parent| kept.contains_key(parent)) {
                kept.insert(event.hash(), ());
                events.push(event.clone());
            }
        }
        let heads = heads_of(&events);
        Self { packet: self.packet.clone(), packet_hash: self.packet_hash, events, heads }
    }

    /// Unites two histories of one packet.
    ///
    /// # Errors
    /// [`BadHistory`] where the union is none, which histories that were checked can't bring about.
    pub fn merge(self, other: Self) -> Result<Self, BadHistory> {
        let mut events = self.events;
        events.extend(other.events);
        Self::new(self.packet, self.packet_hash, events)
    }

    /// Whether one event is an ancestor of the other (or the same).
    #[must_use]
    pub fn is_ancestor(&self, ancestor: Hash, of: Hash) -> bool {
        let by_hash: BTreeMap<Hash, &Event> = self.events.iter().map(|event| (event.hash(), event)).collect();
        let Some(goal) = by_hash.get(&ancestor).map(|event| event.n()) else { return false };
        let mut open = vec![of];
        let mut seen = std::collections::BTreeSet::new();
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

fn check(packet: &Packet, packet_hash: Hash, events: &[Event]) -> Result<Vec<Head>, BadHistory> {
    let stream = Stream::Request(packet.request_id);
    let mut numbers: HashMap<Hash, u64> = HashMap::with_capacity(events.len() + 1);
    numbers.insert(packet_hash, 0);
    for event in events {
        let (n, hash) = (event.n(), event.hash());
        if *event.stream() != stream {
            return Err(BadHistory::Stray { n, hash, stream: event.stream().clone() });
        }
        let mut expected = 1;
        for parent in event.parents() {
            let number = numbers.get(parent).ok_or_else(|| missing(event, *parent, packet_hash, events))?;
            expected = expected.max(number + 1);
        }
        if n != expected {
            return Err(BadHistory::WrongNumber { n, hash, expected });
        }
        // Two clones can both have completed a create that was cut short, so there may be several beginnings.
        let names_packet = event.parents().contains(&packet_hash);
        let begins = matches!(event.body(), Body::Created(_));
        if names_packet != begins || (begins && event.parents().len() != 1) {
            return Err(BadHistory::Beginning { n, hash });
        }
        numbers.insert(hash, n);
    }
    Ok(heads_of(events))
}

/// What it means that a parent is missing: where another event is the first one of this packet, two requests are here.
fn missing(event: &Event, parent: Hash, packet_hash: Hash, events: &[Event]) -> BadHistory {
    let is_first = |other: &Event| other.n() == 1 && other.parents() == [packet_hash];
    if event.n() == 1 && events.iter().any(is_first) {
        return BadHistory::TwoRequests;
    }
    BadHistory::MissingParent { n: event.n(), hash: event.hash(), parent }
}

fn heads_of(events: &[Event]) -> Vec<Head> {
    // The common case: a chain, with one head.
    let is_chain = events.windows(2).all(|pair| pair[1].parents() == [pair[0].hash()]);
    let head = |event: &Event| Head { n: event.n(), hash: event.hash() };
    if is_chain {
        return events.last().map(head).into_iter().collect();
    }
    let named: HashSet<&Hash> = events.iter().flat_map(Event::parents).collect();
    events.iter().filter(|event| !named.contains(&event.hash())).map(head).collect()
}
