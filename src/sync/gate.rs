//! What a later tree lacks of what an earlier one held: in a ledger nothing is edited and nothing goes.

use std::collections::HashSet;

use super::tree::{TreeError, Trees, Unlike};
use crate::domain::event::Event;
use crate::domain::hash::Hash;
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
    for (file, Unlike { before, after }) in trees.unlike(before, after)? {
        let Some(before) = before else { continue };
        let lost = match (&file, after) {
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
    Ok(losses)
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
