//! What a later tree lacks of what an earlier one held: in a ledger nothing is edited and nothing goes.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::tree::{Compared, TreeError, Trees, Unlike};
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::domain::renumber::{is_carried_over, moves, of_packet};
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log;

/// Something that was there and is no longer as it was.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Loss {
    /// The file.
    pub file: CarriedFile,
    /// What became of it.
    pub what: Lost,
}

/// What became of something.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Lost {
    /// The file is gone.
    Removed,
    /// The file has another content.
    Edited,
    /// Something else stands in its place: a link, another repository.
    NoFile,
    /// Of its events these are gone, the first of them told.
    Events {
        /// How many.
        count: usize,
        /// The first of them in canonical order.
        first: Hash,
    },
}

impl std::fmt::Display for Loss {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let path = self.file.path();
        match &self.what {
            Lost::Removed => write!(f, "{path} is gone"),
            Lost::Edited => write!(f, "{path} was edited"),
            Lost::NoFile => write!(f, "{path} is no plain file any more"),
            Lost::Events { count: 1, first } => write!(f, "{path} lacks event {}", first.short()),
            Lost::Events { count, first } => write!(f, "{path} lacks {count} events, the first {}", first.short()),
        }
    }
}

/// What `after` lacks of what `before` held.
///
/// # Errors
/// [`TreeError`].
pub fn losses(trees: &Trees<'_>, before: &str, after: &str) -> Result<Vec<Loss>, TreeError> {
    let mut losses = Vec::new();
    let Compared { unlike, odd } = trees.compare(before, after)?;
    let tree = after;
    for (file, Unlike { before, after }) in unlike.clone() {
        let Some(before) = before else { continue };
        let lost = match (&file, after) {
            _ if odd.contains(&file) => Some(Lost::NoFile),
            (CarriedFile::Schema(_), _) => None,
            (_, None) => Some(Lost::Removed),
            (CarriedFile::Settings | CarriedFile::Workflow, Some(_)) => None,
            (CarriedFile::Packet(_) | CarriedFile::Version(..), Some(_)) => Some(Lost::Edited),
            (CarriedFile::Log(_), Some(after)) => {
                let read = trees.read([(&file, before.as_str()), (&file, after.as_str())])?;
                lost_events(&read[0], &read[1])
            }
            (CarriedFile::Checkpoint(..), Some(after)) => {
                let read = trees.read([(&file, before.as_str()), (&file, after.as_str())])?;
                // A list of leaves only grows at its end; nothing else of checkpoints ever changes.
                let has_grown = is_leaves(&file) && read[1].starts_with(&read[0]);
                (!has_grown).then_some(Lost::Edited)
            }
        };
        losses.extend(lost.map(|what| Loss { file, what }));
    }
    let ids: BTreeSet<RequestId> = losses.iter().filter_map(|loss| loss.file.request()).collect();
    for id in ids {
        if is_elsewhere(trees, tree, &unlike, id)? {
            losses.retain(|loss| loss.file.request() != Some(id));
        }
    }
    Ok(losses)
}

/// Whether everything that was on record under a number is on record under another one, to which what is on record now
/// points.
fn is_elsewhere(
    trees: &Trees<'_>,
    tree: &str,
    unlike: &BTreeMap<CarriedFile, Unlike>,
    id: RequestId,
) -> Result<bool, TreeError> {
    let log = CarriedFile::Log(Stream::Request(id));
    let Some(Unlike { before: Some(before), after: Some(after) }) = unlike.get(&log) else { return Ok(false) };
    let [before, after] = [trees.read_one(&log, before)?, trees.read_one(&log, after)?];
    let now = log::events_in(&after);
    let kept: HashSet<Hash> = now.iter().map(Event::hash).collect();
    let mut gone = log::events_in(&before);
    let mut packets: HashSet<Hash> = HashSet::new();
    for moved in moves(&now) {
        let files = [CarriedFile::Packet(moved.moved_to), CarriedFile::Log(Stream::Request(moved.moved_to))];
        let [packet, log] = files.map(|file| trees.bytes_in(tree, &file).map(Option::unwrap_or_default));
        let (packet, log) = (packet?, log?);
        let Ok(to) = Packet::parse(&packet) else { continue };
        if is_carried_over(&moved, gone.clone(), (&to, Packet::hash_of(&packet)), &log::events_in(&log)) {
            packets.insert(moved.packet);
            let moved: HashSet<Hash> = of_packet(gone.clone(), moved.packet).iter().map(Event::hash).collect();
            gone.retain(|event| !moved.contains(&event.hash()));
        }
    }
    let packet = CarriedFile::Packet(id);
    let is_packet_elsewhere = match unlike.get(&packet) {
        Some(Unlike { before: Some(before), after: Some(_) }) => {
            packets.contains(&Packet::hash_of(&trees.read_one(&packet, before)?))
        }
        Some(Unlike { before, after: _ }) => before.is_none(),
        None => true,
    };
    Ok(is_packet_elsewhere && gone.iter().all(|event| kept.contains(&event.hash())))
}

/// Whether it is an origin's list of leaves.
#[must_use]
pub fn is_leaves(file: &CarriedFile) -> bool {
    matches!(file, CarriedFile::Checkpoint(_, name) if name == crate::store::fs::layout::LEAVES)
}

fn lost_events(before: &[u8], after: &[u8]) -> Option<Lost> {
    let there: HashSet<Hash> = log::events_in(after).iter().map(Event::hash).collect();
    let mut lost: Vec<Event> = log::events_in(before);
    lost.retain(|event| !there.contains(&event.hash()));
    lost.sort_by_key(|event| (event.n(), event.hash()));
    let first = lost.first()?.hash();
    Some(Lost::Events { count: lost.len(), first })
}
