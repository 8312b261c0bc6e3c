//! Reading packets and logs, as they are and as they will be when a batch that was cut short is completed.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use super::FsStore;
use super::journal::{self, Plan};
use super::lock::{Lock, Sharing};
use super::log::{self, CONFLICT_MARKER, LOG_BYTES_MAX, Log};
use crate::domain::event::Event;
use crate::domain::graph::{BadHistory, Graph, contract_root};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::{PACKET_BYTES_MAX, Packet};
use crate::store::{Budget, StoreError, request_of};

/// How long a reader that saw damage waits for a batch to be over before it believes its eyes.
const REREAD_AFTER_MAX: Duration = Duration::from_secs(10);

/// What is wrong with a log that has no packet.
pub(super) const MISSING_PACKET: &str = "the packet is missing although it has events";

impl FsStore {
    /// Reads a request's packet.
    pub(super) fn packet(&self, id: RequestId) -> Result<Option<(Packet, Hash)>, StoreError> {
        self.packet_through(id, &Plan::default())
    }

    /// Reads a request's packet as it will be when a batch that was cut short is completed.
    pub(super) fn packet_through(&self, id: RequestId, plan: &Plan) -> Result<Option<(Packet, Hash)>, StoreError> {
        self.packet_bytes_through(id, plan)?.map(|bytes| self.parse_packet(id, &bytes)).transpose()
    }

    pub(super) fn packet_bytes_through(&self, id: RequestId, plan: &Plan) -> Result<Option<Vec<u8>>, StoreError> {
        let there = self.read(&self.layout.packet(id), PACKET_BYTES_MAX as u64)?.map(|(bytes, _)| bytes);
        Ok(plan.complete_packet(id, there))
    }

    pub(super) fn parse_packet(&self, id: RequestId, bytes: &[u8]) -> Result<(Packet, Hash), StoreError> {
        let damaged = |what: String| StoreError::damaged(Some(id), &self.layout.packet(id), None, what);
        let unread = |what: String| if log::has_markers(bytes) { CONFLICT_MARKER.to_owned() } else { what };
        let packet = Packet::parse(bytes).map_err(|e| damaged(unread(e.to_string())))?;
        if packet.request_id != id {
            return Err(damaged(format!("the file holds the packet of {}", packet.request_id)));
        }
        Ok((packet, Packet::hash_of(bytes)))
    }

    /// Reads a log's bytes as they will be when a batch that was cut short is completed.
    pub(super) fn log_bytes_through(&self, id: RequestId, plan: &Plan) -> Result<Option<Vec<u8>>, StoreError> {
        let there = self.read(&self.layout.log(id), LOG_BYTES_MAX)?.map(|(bytes, _)| bytes);
        Ok(plan.complete_log(id, there))
    }

    pub(super) fn log_through(&self, id: RequestId, plan: &Plan) -> Result<Option<Log>, StoreError> {
        let parsed = |bytes: Vec<u8>| parse_log(&Stream::Request(id), &self.layout.log(id), &bytes);
        self.log_bytes_through(id, plan)?.map(parsed).transpose()
    }

    pub(super) fn read_history(&self, id: RequestId) -> Result<Option<History>, StoreError> {
        self.history_through(id, &Plan::default())
    }

    pub(super) fn history_through(&self, id: RequestId, plan: &Plan) -> Result<Option<History>, StoreError> {
        // The log first: a packet is always there before its events.
        let events = self.log_through(id, plan)?.map(|log| log.events).unwrap_or_default();
        match self.packet_through(id, plan)? {
            Some(packet) => self.history_from(id, packet, events).map(Some),
            // A create that was taken back can leave an empty log.
            None if events.is_empty() => Ok(None),
            None => Err(StoreError::damaged(Some(id), &self.layout.packet(id), None, MISSING_PACKET)),
        }
    }

    /// Reads what looked damaged again, while no batch is under way: a batch writes its files in any order, so it may
    /// have been half of one. Of a batch that was cut short the reader is told what is left to do. Reading does not do
    /// it, since reading changes nothing; the next writer will.
    pub(super) fn between_batches<T>(
        &self,
        read: impl FnOnce(&Plan) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Whoever holds the ledger alone has completed what was cut short, and would wait for itself.
        if self.is_alone.load(Ordering::SeqCst) {
            return read(&Plan::default());
        }
        let path = self.layout.lock("ledger");
        let budget = Budget::new(Some(REREAD_AFTER_MAX), Arc::new(|_| {}));
        let _lock = match Lock::take(&self.files, &path, "the ledger", Sharing::Shared, &budget) {
            Ok(lock) => Some(lock),
            // Nobody can take locks here, so nobody writes here either.
            Err(StoreError::Io { .. } | StoreError::Damaged { .. }) => None,
            Err(other) => return Err(other),
        };
        read(journal::left_to_do(self)?.as_ref())
    }

    pub(super) fn history_from(
        &self,
        id: RequestId,
        packet: (Packet, Hash),
        events: Vec<Event>,
    ) -> Result<History, StoreError> {
        let lines: Vec<_> = events.iter().map(Event::hash).collect();
        let found = packet.1;
        History::new(packet.0, packet.1, events).map_err(|bad| {
            let of_packet = |what: String| StoreError::damaged(Some(id), &self.layout.packet(id), None, what);
            if let BadHistory::MissingParent { n: 1, parent, .. } = bad {
                return of_packet(changed_packet(parent, found));
            }
            if bad == BadHistory::TwoRequests {
                return of_packet(bad.to_string());
            }
            let line = bad.event().and_then(|hash| lines.iter().position(|line| *line == hash)).map(|at| at + 1);
            StoreError::damaged(Some(id), &self.layout.log(id), line, bad)
        })
    }

    /// The events of a contract, as they stand in its log.
    pub(super) fn graph_from(&self, stream: &Stream, events: Vec<Event>) -> Result<Graph, StoreError> {
        let lines: Vec<_> = events.iter().map(Event::hash).collect();
        let root = match stream {
            Stream::Contract(name) => contract_root(name),
            Stream::Request(id) => self.packet_to_write(*id)?.1,
        };
        Graph::new(stream.clone(), root, events).map_err(|bad| {
            let line = bad.event().and_then(|hash| lines.iter().position(|line| *line == hash)).map(|at| at + 1);
            StoreError::damaged(request_of(stream), &self.layout.log_of(stream), line, bad)
        })
    }

    /// Reads the packet of a request that must be there.
    pub(super) fn packet_to_write(&self, id: RequestId) -> Result<(Packet, Hash), StoreError> {
        if let Some(packet) = self.packet(id)? {
            return Ok(packet);
        }
        self.read_history(id)?;
        Err(StoreError::Unwritable(format!("{id} is not in this ledger")))
    }
}

/// Says that a packet is not the one to which its first event refers.
pub(super) fn changed_packet(expected: Hash, found: Hash) -> String {
    format!("the packet was changed after it was made: its SHA-256 was {expected} and is {found}")
}

pub(super) fn parse_log(stream: &Stream, path: &Path, bytes: &[u8]) -> Result<Log, StoreError> {
    log::parse(bytes).map_err(|bad| StoreError::damaged(request_of(stream), path, Some(bad.line), bad.what))
}
