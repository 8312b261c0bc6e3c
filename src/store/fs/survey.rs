//! Which requests there are, and the tokens that change with their bytes.

use std::fmt::Write as _;

use super::{FsStore, YOUNG_NS, files, io};
use crate::domain::id::RequestId;
use crate::store::{Stamp, StoreError};

impl FsStore {
    /// A function that tells the token of a request; `None` of one that has neither packet nor log.
    pub(super) fn look_at_each(
        &self,
    ) -> Result<impl FnMut(RequestId) -> Result<Option<Stamp>, StoreError>, StoreError> {
        let now = files::now_ns();
        let (requests, events) = (self.layout.requests(), self.layout.events());
        let packets = self.files.folder(&requests).map_err(io("open", &requests))?;
        let logs = self.files.folder(&events).map_err(io("open", &events))?;
        let mut name = String::new();
        Ok(move |id: RequestId| {
            name.clear();
            // Writing to a String can't fail.
            let _ = write!(name, "{id}.json");
            let packet = packets.facts(&name).map_err(io("look at", &requests))?;
            name.push('l');
            let log = logs.facts(&name).map_err(io("look at", &events))?;
            if packet.is_none() && log.is_none() {
                return Ok(None);
            }
            let (packet, log) = (packet.unwrap_or_default(), log.unwrap_or_default());
            let newest = packet.modified_ns.max(log.modified_ns);
            let parts = [packet.inode, packet.size, packet.modified_ns, log.inode, log.size, log.modified_ns];
            Ok(Some(Stamp { parts, settled: newest.saturating_add(YOUNG_NS) < now }))
        })
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
