//! What a file holds in which a merge left its marks.

use std::collections::BTreeSet;

use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::store::StoreError;
use crate::store::fs::FsStore;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log::events_in;
use crate::sync::markers::{self, Place};
use crate::sync::mending;

/// A side of a merge.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Side {
    /// What both come from.
    Base,
    /// Ours.
    Ours,
    /// Theirs.
    Theirs,
}

impl Side {
    const ALL: [Self; 3] = [Self::Base, Self::Ours, Self::Theirs];

    /// What git calls it.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Base => "base",
            Self::Ours => "ours",
            Self::Theirs => "theirs",
        }
    }
}

/// Of which side (base, ours, theirs) the log says that its packet is the one on record; `None` where it says that of none,
/// or of several.
pub(super) fn named_by_log(store: &FsStore, file: &CarriedFile, sides: [Option<&[u8]>; 3]) -> Option<Side> {
    let CarriedFile::Packet(id) = file else { return None };
    let named = packets_named(store, *id).ok()?;
    let is_named = |bytes: Option<&[u8]>| bytes.is_some_and(|bytes| named.contains(&Packet::hash_of(bytes)));
    let mut found = Side::ALL.into_iter().zip(sides).filter(|(_, bytes)| is_named(*bytes)).map(|(side, _)| side);
    match (found.next(), found.next()) {
        // One side left it as it was.
        (Some(Side::Base), Some(side)) => Some(side),
        (side, None) => side,
        (Some(_) | None, Some(_)) => None,
    }
    .filter(|_| named.len() == 1)
}

/// Whether both sides have a packet of one request.
pub(super) fn is_one_request(file: &CarriedFile, ours: &[u8], theirs: &[u8]) -> bool {
    let uid = |bytes: &[u8]| Packet::parse(bytes).map(|packet| packet.uid).ok();
    matches!(file, CarriedFile::Packet(_)) && uid(ours).is_some() && uid(ours) == uid(theirs)
}

/// The packets that a log's first events name.
fn packets_named(store: &FsStore, id: RequestId) -> Result<BTreeSet<Hash>, StoreError> {
    let log = store.carried(&CarriedFile::Log(Stream::Request(id)))?.unwrap_or_default();
    let without: Vec<u8> = log.split(|byte| *byte == b'\r').flatten().copied().collect();
    let first = |event: &Event| event.n() == 1;
    Ok(events_in(&without).iter().filter(|event| first(event)).flat_map(|event| event.parents().to_vec()).collect())
}

/// Whether a log begins from two packets: a merge united those of two requests.
pub(super) fn is_of_two(log: &[u8]) -> bool {
    const FIRST: &[u8] = br#""n":1,"#;
    // Most logs begin once, and need not be read.
    if memchr::memmem::find_iter(log, FIRST).nth(1).is_none() {
        return false;
    }
    let first = events_in(log).into_iter().filter(|event| event.n() == 1);
    first.flat_map(|event| event.parents().to_vec()).collect::<BTreeSet<_>>().len() > 1
}

/// The packet that a file holds whose line ends were converted, or whose sides differ in nothing else: the log must name
/// it, and no other.
pub(super) fn packet_of_file(store: &FsStore, id: RequestId, there: &[u8]) -> Result<Vec<u8>, String> {
    let lines = |bytes: Vec<u8>| bytes.into_iter().filter(|byte| *byte != b'\r').collect::<Vec<u8>>();
    let (first, second) = sides_of(there)?;
    let (first, second) = (lines(first), lines(second));
    let bytes = mending::of_sides(&CarriedFile::Packet(id), &first, &second)?.to_owned();
    let packet = Packet::parse(&bytes).map_err(|bad| bad.to_string())?;
    let named = packets_named(store, id).map_err(|error| error.to_string())?;
    if packet.request_id != id || named != BTreeSet::from([Packet::hash_of(&bytes)]) {
        return Err("the log does not name what would be left of it".to_owned());
    }
    Ok(bytes)
}

/// What a file holds whose sides agree.
pub(super) fn file_of_file(file: &CarriedFile, there: &[u8]) -> Result<Vec<u8>, String> {
    let (first, second) = sides_of(there)?;
    mending::of_sides(file, &first, &second).map(<[u8]>::to_vec)
}

/// Both sides of a file; twice the same where it has no conflict.
fn sides_of(there: &[u8]) -> Result<(Vec<u8>, Vec<u8>), String> {
    let Some(parted) = markers::part(there).map_err(|bad| bad.to_string())? else {
        return Ok((there.to_owned(), there.to_owned()));
    };
    let nested = || "conflicts stand one in the other".to_owned();
    Ok((parted.side(Place::First).ok_or_else(nested)?, parted.side(Place::Second).ok_or_else(nested)?))
}
