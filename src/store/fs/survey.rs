//! Which requests there are, and the tokens that change with their bytes.

use std::fmt::Write as _;
use std::path::Path;

use super::files::Files;
use super::folder::Folder;
use super::layout::id_of;
use super::log::{self, BadLine, LOG_BYTES_MAX};
use super::native::Look;
use super::reading::MISSING_PACKET;
use super::{FsStore, YOUNG_NS, files, io};
use crate::domain::history::History;
use crate::domain::id::RequestId;
use crate::domain::packet::PACKET_BYTES_MAX;
use crate::store::{Pass, Stamp, StoreError};

/// The token of a request, by what its files were before the moment `now`.
fn stamp_of(packet: Option<Look>, log: Option<Look>, now: u64) -> Stamp {
    let of = |look: Option<Look>| {
        let Look { facts, changed_ns, .. } = look?;
        Some([facts.inode, facts.size, facts.modified_ns, changed_ns])
    };
    let [packet, log] = [of(packet).unwrap_or_default(), of(log).unwrap_or_default()];
    let mut parts = [0; 8];
    parts.iter_mut().zip(packet.into_iter().chain(log)).for_each(|(part, of)| *part = of);
    let newest = [packet[2], packet[3], log[2], log[3]].into_iter().max().unwrap_or(0);
    Stamp { parts, settled: newest.saturating_add(YOUNG_NS) < now }
}

/// A pass over many requests, with the folders held open.
pub(super) struct FsPass<'a> {
    store: &'a FsStore,
    packets: Folder,
    logs: Folder,
    /// When it began: what is so young then is not settled.
    now: u64,
    name: String,
    /// What was read last.
    bytes: Vec<u8>,
}

impl<'a> FsPass<'a> {
    pub(super) fn begin(store: &'a FsStore) -> Result<Self, StoreError> {
        let now = files::now_ns();
        let (requests, events) = (store.layout.requests(), store.layout.events());
        let packets = store.files.folder(&requests).map_err(io("open", &requests))?;
        let logs = store.files.folder(&events).map_err(io("open", &events))?;
        Ok(Self { store, packets, logs, now, name: String::new(), bytes: Vec::new() })
    }

    /// Names the packet of a request; its log has one letter more.
    fn named(&mut self, id: RequestId) {
        self.name.clear();
        // Writing to a String can't fail.
        let _ = write!(self.name, "{id}.json");
    }

    /// The token of a request; `None` of one that has neither packet nor log.
    pub(super) fn look(&mut self, id: RequestId) -> Result<Option<Stamp>, StoreError> {
        let layout = &self.store.layout;
        self.named(id);
        let packet = self.packets.look(&self.name).map_err(|e| io("look at", &layout.requests())(e))?;
        self.name.push('l');
        let log = self.logs.look(&self.name).map_err(|e| io("look at", &layout.events())(e))?;
        Ok((packet.is_some() || log.is_some()).then(|| stamp_of(packet, log, self.now)))
    }
}

impl Pass for FsPass<'_> {
    fn history(&mut self, id: RequestId) -> Result<Option<(History, Stamp)>, StoreError> {
        let layout = &self.store.layout;
        self.named(id);
        self.name.push('l');
        // The log first: a packet is always there before its events.
        let read = self.logs.read(&self.name, LOG_BYTES_MAX, &mut self.bytes);
        let seen = read.map_err(|e| io("read", &layout.log(id))(e))?;
        let events = match seen {
            Some(_) => {
                let damaged = |bad: BadLine| StoreError::damaged(Some(id), &layout.log(id), Some(bad.line), bad.what);
                log::parse(&self.bytes).map_err(damaged)?.events
            }
            None => Vec::new(),
        };
        self.name.pop();
        let read = self.packets.read(&self.name, PACKET_BYTES_MAX as u64, &mut self.bytes);
        let packet = read.map_err(|e| io("read", &layout.packet(id))(e))?;
        if packet.is_none() {
            let damaged = || StoreError::damaged(Some(id), &layout.packet(id), None, MISSING_PACKET);
            return if events.is_empty() { Ok(None) } else { Err(damaged()) };
        }
        let stamp = stamp_of(packet, seen, self.now);
        let packet = self.store.parse_packet(id, &self.bytes)?;
        Ok(Some((self.store.history_from(id, packet, events)?, stamp)))
    }
}

impl FsStore {
    pub(super) fn list(&self, folder: &Path, suffix: &str) -> Result<Vec<RequestId>, StoreError> {
        list(&self.files, folder, suffix)
    }

    /// All requests, in order.
    pub(super) fn all_requests(&self) -> Result<Vec<RequestId>, StoreError> {
        let packets = self.list(&self.layout.requests(), ".json")?;
        let mut logs = self.list(&self.layout.events(), ".jsonl")?;
        // A log without a packet is damage that must show. An empty one is all that a create left that was taken back.
        let mut known = packets.iter().peekable();
        logs.retain(|id| {
            while known.next_if(|packet| *packet < id).is_some() {}
            known.peek() != Some(&id) && self.has_events(*id).is_ok_and(|has| has)
        });
        let mut ids = packets;
        if !logs.is_empty() {
            ids.append(&mut logs);
            ids.sort_unstable();
        }
        Ok(ids)
    }
}

/// The ids that the plain file names of a folder stand for, in order; none where the folder is missing.
pub(super) fn list(files: &Files, folder: &Path, suffix: &str) -> Result<Vec<RequestId>, StoreError> {
    let mut ids = files.names_as(folder, |name| id_of(name, suffix)).map_err(io("list", folder))?;
    ids.sort_unstable();
    Ok(ids)
}
