//! A log's bytes: whole lines, and what a cut-short write may have left at the end.

use std::ops::Range;

use crate::domain::event::Event;
use crate::domain::id::Stream;
use crate::store::StoreError;

/// The largest log, in bytes.
pub const LOG_BYTES_MAX: u64 = 512 * 1024 * 1024;

/// Refuses a line that would make a log longer than what is read again.
///
/// # Errors
/// [`StoreError::Unwritable`].
pub fn room(stream: &Stream, whole_len: u64, line: &str) -> Result<(), StoreError> {
    // A line feed follows it, and another may be missing before it.
    if whole_len.saturating_add(line.len() as u64 + 2) > LOG_BYTES_MAX {
        let what = format!("the log of {stream} is full: it has {whole_len} bytes, and the most is {LOG_BYTES_MAX}");
        return Err(StoreError::Unwritable(what));
    }
    Ok(())
}

/// What is wrong with a line, or a file, in which a merge left its marks.
pub const CONFLICT_MARKER: &str = "a conflict marker, left by a merge";

/// What is wrong with a line whose end was converted.
pub const CONVERTED: &str = "the line ends in CR LF: something converted the ends of lines";

/// What stands after the last whole event.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Tail {
    /// Nothing.
    Clean,
    /// The last event is whole but lacks its newline.
    NoNewline,
    /// Bytes of a write that was cut short.
    Torn(Range<usize>),
}

/// A log that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Log {
    /// The whole events, in the order of their lines.
    pub events: Vec<Event>,
    /// What stands after them.
    pub tail: Tail,
    /// The length of the whole lines, with their newlines as far as they have them.
    pub whole_len: usize,
}

/// A line that is wrong and not merely cut short.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct BadLine {
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

/// All lines of a log, the bad ones too.
#[derive(Clone, PartialEq, Debug)]
pub struct Lines {
    /// The whole events with the numbers of their lines, counted from 1.
    pub events: Vec<(usize, Event)>,
    /// The bad lines.
    pub bad: Vec<BadLine>,
    /// What stands at the end.
    pub tail: Tail,
    /// The length of what comes before a torn end.
    pub whole_len: usize,
}

/// Reads a log. A bad end that a cut-short write explains is a torn tail; every other bad line is damage, since a write
/// only ever adds one whole line at the end.
///
/// # Errors
/// [`BadLine`] names the first bad line.
pub fn parse(bytes: &[u8]) -> Result<Log, BadLine> {
    let mut lines = parse_lines(bytes);
    if !lines.bad.is_empty() {
        return Err(lines.bad.swap_remove(0));
    }
    let events = lines.events.into_iter().map(|(_, event)| event).collect();
    Ok(Log { events, tail: lines.tail, whole_len: lines.whole_len })
}

/// Reads all lines of a log, and goes on after bad ones.
#[must_use]
pub fn parse_lines(bytes: &[u8]) -> Lines {
    let mut lines = Lines {
        events: Vec::with_capacity(bytes.len() / 512 + 1),
        bad: Vec::new(),
        tail: Tail::Clean,
        whole_len: bytes.len(),
    };
    let mut start = 0;
    let mut number = 0;
    while start < bytes.len() {
        number += 1;
        let newline = memchr::memchr(b'\n', &bytes[start..]).map(|at| start + at);
        let line = &bytes[start..newline.unwrap_or(bytes.len())];
        let next = newline.map_or(bytes.len(), |at| at + 1);
        match (read_line(line), newline) {
            (Ok(event), Some(_)) => lines.events.push((number, event)),
            (Ok(event), None) => {
                lines.events.push((number, event));
                lines.tail = Tail::NoNewline;
            }
            // A power cut can keep a line's newline and lose a page before it, which then reads as zeros.
            (Err(_), end) if is_torn(line, end.is_none(), next == bytes.len()) => {
                lines.tail = Tail::Torn(start..next);
                lines.whole_len = start;
            }
            (Err(what), _) => lines.bad.push(BadLine { line: number, what }),
        }
        start = next;
    }
    lines
}

/// The whole events in a piece of a log, whatever else is in it.
#[must_use]
pub fn events_in(bytes: &[u8]) -> Vec<Event> {
    bytes.split(|byte| *byte == b'\n').filter_map(|line| read_line(line).ok()).collect()
}

/// Whether a cut-short write explains a bad line: only at the end, without its newline or with a page lost before it.
fn is_torn(line: &[u8], is_open: bool, is_last: bool) -> bool {
    is_last && if is_open { is_cut_short(line) } else { line.contains(&0) }
}

/// Whether a bad line without a newline may be the beginning of a good one: a beginning of JSON is no JSON.
fn is_cut_short(line: &[u8]) -> bool {
    !is_conflict_marker(line) && serde_json::from_slice::<serde::de::IgnoredAny>(line).is_err()
}

/// Whether a merge left its marks in a text.
#[must_use]
pub fn has_markers(text: &[u8]) -> bool {
    text.split(|byte| *byte == b'\n').any(is_conflict_marker)
}

fn is_conflict_marker(line: &[u8]) -> bool {
    [b"<<<<<<<", b"=======", b">>>>>>>", b"|||||||"].iter().any(|marker| line.starts_with(*marker))
}

fn read_line(line: &[u8]) -> Result<Event, String> {
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    if is_conflict_marker(line) {
        return Err(CONFLICT_MARKER.into());
    }
    if text.trim().is_empty() {
        return Err("an empty line".into());
    }
    if text.ends_with('\r') {
        return Err(CONVERTED.into());
    }
    Event::parse(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_never_made_longer_than_what_is_read_again() {
        let stream: Stream = "REQ-20261120-0001".parse().unwrap();
        let line = "x".repeat(100);
        assert_eq!(room(&stream, LOG_BYTES_MAX - 102, &line).ok(), Some(()));
        let refused = room(&stream, LOG_BYTES_MAX - 101, &line).unwrap_err();
        assert!(matches!(refused, StoreError::Unwritable(_)), "{refused}");
        assert!(room(&stream, u64::MAX, &line).is_err());
    }
}
