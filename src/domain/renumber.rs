//! Giving a request another number before anybody else has seen it: two clones that worked apart can take one number, and
//! a published one never changes.
//!
//! What was said stays as it was said: texts, times, authors, keys, the order of events and who had seen what. What names
//! the number (the packet, each event's `stream`) is written anew, and so are the hashes over it. The old number stays on
//! record as an alias, by an event [`Renumbered`].

use std::collections::{BTreeMap, HashMap};

use super::body::{Body, Renumbered};
use super::event::{BadEvent, Event, Unsealed};
use super::graph::Head;
use super::hash::Hash;
use super::history::{BadHistory, History};
use super::id::{Actor, RequestId, Stream, Writer};
use super::packet::{BadPacket, Packet};
use super::secret;
use super::time::Hybrid;

/// Who gives the number, and when.
#[derive(Clone, PartialEq, Debug)]
pub struct By {
    /// The hybrid clock's reading: later than every event of the request.
    pub clock: Hybrid,
    /// Which clone writes.
    pub writer: Writer,
    /// Who acts.
    pub by: Actor,
}

/// A request under its new number, or with new numbers in what it refers to.
#[derive(Clone, PartialEq, Debug)]
pub struct Rewritten {
    /// It.
    pub history: History,
    /// The bytes of its packet.
    pub packet: Vec<u8>,
    /// Signed approvals whose signature was over the old number: they stand there unsigned.
    pub unsigned: Vec<Head>,
}

/// Why a request can't be written anew.
#[derive(Debug, thiserror::Error)]
pub enum NotRewritten {
    /// An event says more than this program knows of.
    #[error("event {} ({}) was written by a newer program", .0.n, .0.hash.short())]
    Newer(Head),
    /// It can't be sealed.
    #[error(transparent)]
    Event(#[from] BadEvent),
    /// Its packet can't be written.
    #[error(transparent)]
    Packet(#[from] BadPacket),
    /// What comes out is no history.
    #[error(transparent)]
    History(#[from] BadHistory),
}

/// Whether a request names one of the numbers, as its own or in what it refers to.
#[must_use]
pub fn names_any(packet: &Packet, numbers: &BTreeMap<RequestId, RequestId>) -> bool {
    let named = packet.dependencies.iter().chain(packet.parent.as_ref());
    named.chain([&packet.request_id]).any(|id| numbers.contains_key(id))
}

/// Writes a request anew with new numbers for old ones, in its own name and in what it refers to.
///
/// # Errors
/// [`NotRewritten`] says what stands against it.
pub fn rewrite(
    history: &History,
    numbers: &BTreeMap<RequestId, RequestId>,
    by: &By,
) -> Result<Rewritten, NotRewritten> {
    let new = |id: RequestId| numbers.get(&id).copied().unwrap_or(id);
    let was = history.packet();
    let packet = Packet {
        request_id: new(was.request_id),
        dependencies: was.dependencies.iter().copied().map(new).collect(),
        parent: was.parent.map(new),
        ..was.clone()
    };
    let bytes = packet.to_bytes()?;
    let root = Packet::hash_of(&bytes);
    let stream = Stream::Request(packet.request_id);
    let mut now: HashMap<Hash, Hash> = HashMap::from([(history.packet_hash(), root)]);
    let mut events = Vec::with_capacity(history.events().len() + 1);
    let mut unsigned = Vec::new();
    for event in history.events() {
        let head = Head::of(event);
        if event.format() > super::FORMAT || matches!(event.body(), Body::Other(_)) {
            return Err(NotRewritten::Newer(head));
        }
        let anew = |hash: &Hash| now.get(hash).copied().unwrap_or(*hash);
        let mut body = event.body().clone();
        match &mut body {
            Body::Resolved(resolved) => resolved.data.keep = anew(&resolved.data.keep),
            Body::Claimed(claimed) => {
                claimed.renews.iter_mut().chain(&mut claimed.takes).for_each(|hash| *hash = anew(hash));
            }
            Body::Released(released) => {
                released.claims.iter_mut().chain(&mut released.lost_to).for_each(|hash| *hash = anew(hash));
            }
            Body::Approved(approved) => unsigned.extend(approved.signature.take().map(|_| head)),
            Body::Created(_)
            | Body::Transitioned(_)
            | Body::Responded(_)
            | Body::Noted(_)
            | Body::EvidenceAdded(_)
            | Body::Renumbered(_)
            | Body::Contract(_)
            | Body::Other(_) => {}
        }
        let in_file = if matches!(body, Body::Created(_)) { secret::in_packet(&packet) } else { Vec::new() };
        let unsealed = Unsealed {
            stream: stream.clone(),
            clock: event.clock(),
            writer: event.writer().clone(),
            by: event.by().clone(),
            key: event.key().cloned(),
            body,
            n: event.n(),
            parents: event.parents().iter().map(anew).collect(),
        };
        let sealed = Event::seal_beside(unsealed, &in_file)?;
        now.insert(event.hash(), sealed.hash());
        events.push(sealed);
    }
    let mut rewritten = History::new(packet, root, events)?;
    if stream != Stream::Request(was.request_id) {
        let renumbered = Renumbered { was: was.request_id, packet: history.packet_hash() };
        rewritten.append(Event::seal(Unsealed {
            stream,
            clock: by.clock,
            writer: by.writer.clone(),
            by: by.by.clone(),
            key: None,
            body: Body::Renumbered(renumbered),
            n: rewritten.version() + 1,
            parents: rewritten.next_parents(),
        })?)?;
    }
    Ok(Rewritten { history: rewritten, packet: bytes, unsigned })
}
