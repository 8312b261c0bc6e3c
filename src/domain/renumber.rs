//! Giving a request another number before anybody else has seen it: two clones that worked apart can take one number, and
//! a published one never changes.
//!
//! What was said stays as it was said: texts, times, authors, keys, the order of events and who had seen what. What names
//! the number (the packet, each event's `stream`) is written anew, and so are the hashes over it. The old number stays on
//! record as an alias, by an event [`Renumbered`].

use std::collections::{BTreeMap, HashMap, HashSet};

use super::body::{Body, IdResolved, Renumbered};
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
pub fn names_any(history: &History, numbers: &BTreeMap<RequestId, RequestId>) -> bool {
    let packet = history.packet();
    let named = packet.dependencies.iter().chain(packet.parent.as_ref());
    let said = history.events().iter().filter_map(|event| named_by(event.body()));
    named.chain([&packet.request_id]).copied().chain(said).any(|id| numbers.contains_key(&id))
}

/// The other request that an event names.
fn named_by(body: &Body) -> Option<RequestId> {
    match body {
        Body::Transitioned(t) => t.data.duplicate_of,
        Body::Distinct(distinct) => Some(distinct.from),
        // What it names was its own.
        Body::Renumbered(_)
        | Body::Created(_)
        | Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
        | Body::Resolved(_)
        | Body::Claimed(_)
        | Body::Released(_)
        | Body::KeyResolved(_)
        | Body::IdResolved(_)
        | Body::Contract(_)
        | Body::Other(_) => None,
    }
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
    let Image { events, unsigned } = renamed(history.events(), history.packet_hash(), (&packet, root), new)?;
    let id = packet.request_id;
    let mut rewritten = History::new(packet, root, events)?;
    if id != was.request_id {
        let renumbered = Renumbered { was: was.request_id, packet: history.packet_hash() };
        rewritten.append(Event::seal(Unsealed {
            stream: Stream::Request(id),
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

/// The events of a request under another number: every clone makes the same of the same events.
#[derive(Clone, PartialEq, Debug)]
pub struct Image {
    /// They, in the order in which they were handed over.
    pub events: Vec<Event>,
    /// Signed approvals, which stand there unsigned.
    pub unsigned: Vec<Head>,
}

/// Writes events anew that follow from the packet `was`, so that they follow from the packet `to`. They must be in
/// canonical order.
///
/// # Errors
/// [`NotRewritten`] says what stands against it.
pub fn image(events: &[Event], was: Hash, to: (&Packet, Hash)) -> Result<Image, NotRewritten> {
    // What they say of other requests was said of the numbers that these had.
    renamed(events, was, to, |id| id)
}

/// The same with new numbers for what they say of other requests.
fn renamed(
    events: &[Event],
    was: Hash,
    (to, root): (&Packet, Hash),
    new: impl Fn(RequestId) -> RequestId,
) -> Result<Image, NotRewritten> {
    let stream = Stream::Request(to.request_id);
    let mut now: HashMap<Hash, Hash> = HashMap::from([(was, root)]);
    let mut image = Image { events: Vec::with_capacity(events.len() + 1), unsigned: Vec::new() };
    for event in events {
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
            Body::Approved(approved) => image.unsigned.extend(approved.signature.take().map(|_| head)),
            Body::Transitioned(t) => t.data.duplicate_of = t.data.duplicate_of.map(&new),
            Body::Distinct(distinct) => distinct.from = new(distinct.from),
            Body::KeyResolved(resolved) => resolved.keep = anew(&resolved.keep),
            Body::Created(_)
            | Body::Responded(_)
            | Body::Noted(_)
            | Body::EvidenceAdded(_)
            | Body::Renumbered(_)
            | Body::IdResolved(_)
            | Body::Contract(_)
            | Body::Other(_) => {}
        }
        let in_file = if matches!(body, Body::Created(_)) { secret::in_packet(to) } else { Vec::new() };
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
        image.events.push(sealed);
    }
    Ok(image)
}

/// Those of some events that follow from a packet, in canonical order.
#[must_use]
pub fn of_packet(mut events: Vec<Event>, packet: Hash) -> Vec<Event> {
    events.sort_by_key(|event| (event.n(), event.hash()));
    events.dedup_by_key(|event| event.hash());
    let mut known = HashSet::from([packet]);
    events.retain(|event| {
        let follows = event.parents().iter().all(|parent| known.contains(parent));
        if follows {
            known.insert(event.hash());
        }
        follows
    });
    events
}

/// Where the packets went that were published under the number of these events too: the last word on each.
#[must_use]
pub fn moves(events: &[Event]) -> Vec<IdResolved> {
    let mut said: Vec<(u64, Hash, &IdResolved)> = Vec::new();
    for event in events {
        if let Body::IdResolved(resolved) = event.body() {
            said.push((event.n(), event.hash(), resolved));
        }
    }
    said.sort_by_key(|(n, hash, _)| (*n, *hash));
    let mut moves: BTreeMap<Hash, IdResolved> = BTreeMap::new();
    for (_, _, resolved) in said {
        moves.insert(resolved.packet, resolved.clone());
    }
    moves.into_values().collect()
}

/// Whether everything that was on record under one number stands under another one: the events of the packet that
/// `moved` names, all of `before` that follow from it, among `now`, the events of the packet `to`.
#[must_use]
pub fn is_carried_over(moved: &IdResolved, before: Vec<Event>, (to, root): (&Packet, Hash), now: &[Event]) -> bool {
    let now: HashSet<Hash> = now.iter().map(Event::hash).collect();
    to.uid == moved.uid
        && to.request_id == moved.moved_to
        && image(&of_packet(before, moved.packet), moved.packet, (to, root))
            .is_ok_and(|image| image.events.iter().all(|event| now.contains(&event.hash())))
}
