//! Uniting what two clones hold of one log: a log is a set of lines, so uniting is all there is to merging.

use crate::domain::event::Event;
use crate::store::fs::log::{self, BadLine, Tail};

/// Why two logs can't be united: their lines are not all whole.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotWhole {
    /// A line that is no event.
    #[error("{0}")]
    Line(#[from] BadLine),
    /// A last line that a write which was cut short left.
    #[error("its last line is half written")]
    Torn,
}

/// Unites logs: each event once, in canonical order, whatever lines stood twice or in another order. Every clone makes the
/// same bytes of the same events.
///
/// # Errors
/// [`NotWhole`] names the first line that is no event: nothing is guessed of it.
pub fn logs(sides: &[&[u8]]) -> Result<Vec<u8>, NotWhole> {
    let mut events = Vec::new();
    for side in sides {
        let log = log::parse(side)?;
        match log.tail {
            Tail::Clean | Tail::NoNewline => events.extend(log.events),
            Tail::Torn(_) => return Err(NotWhole::Torn),
        }
    }
    Ok(of_events(events))
}

/// The log of these events: each once, in canonical order.
#[must_use]
pub fn of_events(mut events: Vec<Event>) -> Vec<u8> {
    events.sort_by_key(|event| (event.n(), event.hash()));
    events.dedup_by_key(|event| event.hash());
    let mut bytes = Vec::with_capacity(events.iter().map(|event| event.line().len() + 1).sum());
    for event in events {
        bytes.extend_from_slice(event.line().as_bytes());
        bytes.push(b'\n');
    }
    bytes
}
