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

/// Of which side the log says that its packet is the one on record; `None` where it says nothing, or both.
pub(super) fn named_by_log(store: &FsStore, file: &CarriedFile, ours: &[u8], theirs: &[u8]) -> Option<&'static str> {
    let CarriedFile::Packet(id) = file else { return None };
    let named = packets_named(store, *id).ok()?;
    match (named.contains(&Packet::hash_of(ours)), named.contains(&Packet::hash_of(theirs))) {
        (true, false) if named.len() == 1 => Some("ours"),
        (false, true) if named.len() == 1 => Some("theirs"),
        (_, _) => None,
    }
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
