//! The history of a request: its packet and the graph of its events.

use std::sync::Arc;

use super::event::Event;
use super::graph::Graph;
pub use super::graph::{BadHistory, EVENTS_MAX, Head};
use super::hash::Hash;
use super::id::{Key, Stream};
use super::packet::Packet;
use super::time::{Hybrid, Timestamp};

/// A packet and its events, checked and in canonical order.
#[derive(Clone, PartialEq, Debug)]
pub struct History {
    packet: Arc<Packet>,
    graph: Graph,
}

impl History {
    /// Puts events into canonical order, drops the ones that stand twice, and checks that they are a history of the
    /// packet.
    ///
    /// # Errors
    /// [`BadHistory`] names the event.
    pub fn new(packet: impl Into<Arc<Packet>>, packet_hash: Hash, events: Vec<Event>) -> Result<Self, BadHistory> {
        let packet = packet.into();
        let graph = Graph::new(Stream::Request(packet.request_id), packet_hash, events)?;
        Ok(Self { packet, graph })
    }

    /// Adds one event.
    ///
    /// # Errors
    /// [`BadHistory`] if it does not belong here; the history is then as it was.
    pub fn append(&mut self, event: Event) -> Result<(), BadHistory> {
        self.graph.append(event)
    }

    /// The packet.
    #[must_use]
    pub fn packet(&self) -> &Packet {
        &self.packet
    }

    /// The packet's identity.
    #[must_use]
    pub fn packet_hash(&self) -> Hash {
        self.graph.root()
    }

    /// The events, without the packet.
    #[must_use]
    pub fn graph(&self) -> &Graph {
        &self.graph
    }

    /// The events in canonical order.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        self.graph.events()
    }

    /// The newest events, in canonical order. Empty only for a packet without events: a create that was cut short.
    #[must_use]
    pub fn heads(&self) -> &[Head] {
        self.graph.heads()
    }

    /// The version: the largest `n`, 0 for a packet without events.
    #[must_use]
    pub fn version(&self) -> u64 {
        self.graph.version()
    }

    /// The latest reading of the hybrid clock.
    #[must_use]
    pub fn clock(&self) -> Option<Hybrid> {
        self.graph.clock()
    }

    /// The parents that the next event names: all heads, or the packet.
    #[must_use]
    pub fn next_parents(&self) -> Vec<Hash> {
        self.graph.next_parents()
    }

    /// The first event in canonical order that was written with this key.
    #[must_use]
    pub fn with_key(&self, key: &Key) -> Option<&Event> {
        self.graph.with_key(key)
    }

    /// One event by its hash.
    #[must_use]
    pub fn event(&self, hash: Hash) -> Option<&Event> {
        self.graph.event(hash)
    }

    /// The history as it stood at a version: the events with `n` up to `version`.
    #[must_use]
    pub fn at_version(&self, version: u64) -> Self {
        Self { packet: self.packet.clone(), graph: self.graph.at_version(version) }
    }

    /// The history as it stood at a moment, by the hybrid clock.
    #[must_use]
    pub fn at_time(&self, at: Timestamp) -> Self {
        Self { packet: self.packet.clone(), graph: self.graph.at_time(at) }
    }

    /// The history as an event's writer left it: what it had seen, and the event itself.
    #[must_use]
    pub fn up_to(&self, event: Hash) -> Self {
        Self { packet: self.packet.clone(), graph: self.graph.up_to(event) }
    }

    /// Unites two histories of one packet.
    ///
    /// # Errors
    /// [`BadHistory`] where the union is none, which histories that were checked can't bring about.
    pub fn merge(self, other: Self) -> Result<Self, BadHistory> {
        Ok(Self { packet: self.packet, graph: self.graph.merge(other.graph)? })
    }

    /// Whether one event is an ancestor of the other (or the same).
    #[must_use]
    pub fn is_ancestor(&self, ancestor: Hash, of: Hash) -> bool {
        self.graph.is_ancestor(ancestor, of)
    }
}
