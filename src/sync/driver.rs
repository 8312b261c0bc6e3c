//! Git's merge driver for the ledger's files: three texts in, one out, without a look at the ledger. Pure.

use std::collections::BTreeSet;

use super::mending;
use super::part::Part;
use super::unite;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::Stream;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log::{self, LOG_BYTES_MAX};

/// The three texts of a merge.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// What both come from; empty if nothing.
    pub base: &'a [u8],
    /// Ours.
    pub ours: &'a [u8],
    /// Theirs.
    pub theirs: &'a [u8],
}

/// What came of a merge, and what is told of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Merged {
    /// This is the text now.
    Text(Vec<u8>, Vec<String>),
    /// Ours stays.
    Ours(Vec<String>),
    /// It can't be merged: ours stays, and git leaves it unmerged.
    Conflict(String),
}

/// How many lines that somebody removed are told one by one.
const TOLD_MAX: usize = 8;

/// Merges a file.
#[must_use]
pub fn merge(part: Option<&Part>, sides: Sides<'_>) -> Merged {
    let Some(part) = part else { return Merged::Conflict("it is no file of a ledger: merge it by hand".to_owned()) };
    match part {
        Part::Carried(CarriedFile::Log(stream)) => log(stream, sides),
        Part::Carried(file) => match mending::of_sides(file, sides.ours, sides.theirs) {
            Ok(text) if text == sides.ours => Merged::Ours(Vec::new()),
            Ok(text) => Merged::Text(text.to_owned(), Vec::new()),
            Err(what) => Merged::Conflict(what),
        },
        Part::Index => Merged::Ours(vec!["ours is kept: the next write makes it anew, or ledger index".to_owned()]),
        Part::Matrix => Merged::Ours(vec!["ours is kept: ledger contract matrix makes it anew".to_owned()]),
    }
}

fn log(stream: &Stream, sides: Sides<'_>) -> Merged {
    let mut events: Vec<Event> = Vec::new();
    let mut known: Vec<BTreeSet<Hash>> = Vec::new();
    for (side, bytes) in [("ours", sides.ours), ("theirs", sides.theirs)] {
        match mending::events_of(stream, bytes) {
            Ok(of_side) => {
                known.push(of_side.iter().map(Event::hash).collect());
                events.extend(of_side);
            }
            Err(what) => return Merged::Conflict(format!("{side} is not whole: {what}")),
        }
    }
    let told = removed(sides.base, &known);
    let bytes = unite::of_events(events);
    if bytes.len() as u64 > LOG_BYTES_MAX {
        return Merged::Conflict(format!("together they have {} bytes; the most is {LOG_BYTES_MAX}", bytes.len()));
    }
    Merged::Text(bytes, told)
}

/// Events that the base held and a side does not. A base that is itself a merge of several may hold anything.
fn removed(base: &[u8], known: &[BTreeSet<Hash>]) -> Vec<String> {
    let [ours, theirs] = known else { return Vec::new() };
    let mut told = Vec::new();
    let mut more = 0;
    for event in log::events_in(base) {
        let hash = event.hash();
        let what = match (ours.contains(&hash), theirs.contains(&hash)) {
            (true, true) => continue,
            (true, false) => "theirs had removed it, and it is there again",
            (false, true) => "ours had removed it, and it is there again",
            (false, false) => "both sides had removed it",
        };
        if told.len() == TOLD_MAX {
            more += 1;
        } else {
            told.push(format!("event {} was on record before: {what}", hash.short()));
        }
    }
    if more > 0 {
        told.push(format!("so it is with {more} more"));
    }
    told
}
