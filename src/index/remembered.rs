//! What `index.json` remembers and the ledger no longer holds.
//!
//! A log without its newest lines is a shorter log that is whole: its hashes can't show that something is missing, but
//! whoever saw the heads can. The index saw them when it was made.

use std::io::{self, BufRead, BufReader, Read};

use serde::Deserialize;

use super::cache::sketch::{Said, Sketches};
use super::refresh::failed;
use super::snapshot::Entries;
use crate::domain::hash::Hash;
use crate::domain::id::RequestId;
use crate::domain::renumber::moves;
use crate::store::{Derived, Fault, Store, StoreError};

/// How many lost requests and events are told one by one.
pub const LOST_MAX: usize = 100;
/// The longest line that is read: no entry comes near it.
const LINE_BYTES_MAX: u64 = 16 << 20;
/// The most bytes of lines that are no entries: what surrounds the entries has a few hundred. Whatever has more is no
/// index, however long it goes on.
const OTHER_BYTES_MAX: usize = 1 << 20;

/// Something that was on record when the index was made.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Lost {
    /// The request.
    pub id: RequestId,
    /// The newest event that it had; `None` if the request itself is gone.
    pub head: Option<Hash>,
}

/// What the index remembers, held against the ledger.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Forgotten {
    /// What the ledger no longer holds, at most [`LOST_MAX`] of it.
    pub lost: Vec<Lost>,
    /// A request that it remembers and that can't be read now: whether all of that is still there shows once it can.
    pub unread: Option<RequestId>,
}

impl Forgotten {
    /// Whether everything is there that is remembered.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        self.lost.is_empty() && self.unread.is_none()
    }

    fn look(&mut self, store: &dyn Store, id: RequestId, heads: &[Hash]) -> Result<(), StoreError> {
        match now(store, id, heads)? {
            Now::There => {}
            Now::Unread => self.unread = self.unread.or(Some(id)),
            Now::Gone(head) => self.lost.push(Lost { id, head }),
        }
        Ok(())
    }
}

/// What the index remembers and the ledger no longer holds, or can't tell. An index that can't be read remembers nothing.
///
/// # Errors
/// Failed machinery.
pub fn forgotten(store: &dyn Store, entries: &dyn Entries) -> Result<Forgotten, StoreError> {
    let mut forgotten = Forgotten::default();
    let Some(file) = store.read_derived(Derived::Index)? else { return Ok(forgotten) };
    for (id, heads) in suspects(file, entries).map_err(failed("read"))? {
        if forgotten.lost.len() == LOST_MAX {
            break;
        }
        forgotten.look(store, id, &heads)?;
    }
    Ok(forgotten)
}

/// The same, where no more than sketches are known of the requests.
///
/// # Errors
/// Failed machinery.
pub fn forgotten_beside(store: &dyn Store, sketches: &Sketches) -> Result<Forgotten, StoreError> {
    let mut forgotten = Forgotten::default();
    let Some(file) = store.read_derived(Derived::Index)? else { return Ok(forgotten) };
    let mut lines = Lines::new(file);
    while forgotten.lost.len() < LOST_MAX
        && let Some(line) = lines.next().map_err(failed("read"))?
    {
        if sketches.says(line.id, &line.entry, || heads(&line.entry)) == Said::OtherHeads
            && let Some(heads) = heads(&line.entry)
        {
            forgotten.look(store, line.id, &heads)?;
        }
    }
    Ok(forgotten)
}

/// What became of something that is remembered.
enum Now {
    There,
    /// Some of it can't be read: what that was, nobody can tell.
    Unread,
    /// The request is gone, or the newest event that it had.
    Gone(Option<Hash>),
}

/// What became of a request that had these heads.
fn now(store: &dyn Store, id: RequestId, heads: &[Hash]) -> Result<Now, StoreError> {
    if !store.contains(id)? {
        return Ok(Now::Gone(None));
    }
    match store.history(id) {
        Ok(Some(history)) => {
            let head = heads.iter().find(|head| history.event(**head).is_none());
            // Of two that had its number one went on under another: whose head it is can't be told any more.
            let was_two = head.is_some() && !moves(history.events()).is_empty();
            return Ok(head.filter(|_| !was_two).map_or(Now::There, |head| Now::Gone(Some(*head))));
        }
        Ok(None) => {}
        Err(error) if error.is_of_files() => {}
        Err(other) => return Err(other),
    }
    // Its packet may be what is wrong, and its log be whole.
    let found = store.inspect(id)?;
    let is_unread = |fault: &Fault| !matches!(fault.code, "packet-missing" | "packet-damaged" | "packet-changed");
    Ok(match heads.iter().find(|head| !found.lines.contains_key(head)) {
        Some(head) if !found.faults.iter().any(is_unread) => Now::Gone(Some(*head)),
        Some(_) | None => Now::Unread,
    })
}

/// The requests of which the index says something else than what is so now, with the heads that it remembers.
///
/// # Errors
/// The index can't be read, or the entries.
pub fn suspects(file: Box<dyn Read>, entries: &dyn Entries) -> io::Result<Vec<(RequestId, Vec<Hash>)>> {
    let mut lines = Lines::new(file);
    let mut suspects = Vec::new();
    let mut next = lines.next()?;
    entries.each_entry(&mut |id, entry| {
        while let Some(line) = next.take_if(|line| line.id < id) {
            suspects.extend(heads(&line.entry).map(|heads| (line.id, heads)));
            next = lines.next()?;
        }
        if let Some(line) = next.take_if(|line| line.id == id) {
            let remembered = if line.entry == entry { None } else { heads(&line.entry) };
            suspects.extend(remembered.filter(|then| heads(entry).as_ref() != Some(then)).map(|heads| (id, heads)));
            next = lines.next()?;
        }
        Ok(())
    })?;
    while let Some(line) = next {
        suspects.extend(heads(&line.entry).map(|heads| (line.id, heads)));
        next = lines.next()?;
    }
    Ok(suspects)
}

/// A request as the index has it.
pub(super) struct Line {
    pub(super) id: RequestId,
    pub(super) entry: String,
}

impl Line {
    /// Reads `    "REQ-…": {…},`.
    fn read(text: &str) -> Option<Self> {
        let (id, entry) = text.trim_start().strip_prefix('"')?.split_once("\": ")?;
        let entry = entry.trim_end();
        Some(Self { id: id.parse().ok()?, entry: entry.strip_suffix(',').unwrap_or(entry).to_owned() })
    }
}

/// The heads of an entry; `None` of what is no entry.
fn heads(entry: &str) -> Option<Vec<Hash>> {
    #[derive(Deserialize)]
    struct Remembered {
        heads: Vec<Hash>,
    }
    serde_json::from_str::<Remembered>(entry).ok().map(|entry| entry.heads)
}

/// The entries of an index in the order of their ids, as the index is written.
pub(super) struct Lines {
    file: BufReader<Box<dyn Read>>,
    line: Vec<u8>,
    last: Option<RequestId>,
    /// The bytes of lines that were no entries.
    others: usize,
}

impl Lines {
    pub(super) fn new(file: Box<dyn Read>) -> Self {
        Self { file: BufReader::with_capacity(1 << 18, file), line: Vec::new(), last: None, others: 0 }
    }

    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        loop {
            self.line.clear();
            self.file.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut self.line)?;
            let is_cut = self.line.len() as u64 == LINE_BYTES_MAX;
            if self.line.is_empty() || is_cut || self.others > OTHER_BYTES_MAX {
                return Ok(None);
            }
            let line = std::str::from_utf8(&self.line).ok().and_then(Line::read);
            if let Some(line) = line.filter(|line| self.last.is_none_or(|last| last < line.id)) {
                self.last = Some(line.id);
                return Ok(Some(line));
            }
            self.others += self.line.len();
        }
    }
}
