//! The text of `coordination/index.json`: the same packets and events give the same bytes.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read, Write};

use serde::Deserialize;
use uuid::Uuid;

use super::project::{DAMAGED, DIVERGED, EntryClaim};
use crate::domain::FORMAT;
use crate::domain::id::{Key, RepoId, RequestId};
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;

/// What is told of all requests together.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Outline {
    /// How many events there are.
    pub events: u64,
    /// The newest event's time.
    pub updated_at: Option<Timestamp>,
    /// The requests that can be read, by state, in order.
    pub by_state: BTreeMap<String, Vec<RequestId>>,
    /// The requests that can't be read, with what is wrong.
    pub damaged: BTreeMap<RequestId, String>,
}

impl Outline {
    /// How many requests there are, with those that can't be read.
    #[must_use]
    pub fn requests(&self) -> usize {
        self.by_state.values().map(Vec::len).sum::<usize>() + self.damaged.len()
    }
}

/// All requests, projected: in memory, or in the tables of the cache.
pub trait Entries {
    /// What is told of them together.
    ///
    /// # Errors
    /// Whatever keeps them fails.
    fn outline(&self) -> io::Result<Outline>;

    /// Hands out the entries in the order of their ids, as JSON.
    ///
    /// # Errors
    /// Whatever keeps them fails, or `take`.
    fn each_entry(&self, take: &mut dyn FnMut(RequestId, &str) -> io::Result<()>) -> io::Result<()>;
}

/// Writes the text of the index. One line a request, so that a change is one line in a diff; states in the workflow's
/// order.
///
/// # Errors
/// Those of `entries` and `out`.
pub fn write(
    entries: &dyn Entries,
    outline: &Outline,
    ledger_id: Uuid,
    workflow: &Workflow,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Outline { events, updated_at, by_state, damaged } = outline;
    let updated_at = updated_at.map_or_else(|| "null".to_owned(), |at| format!("\"{at}\""));
    write!(out, "{{\n  \"format\": {FORMAT},\n  \"ledger_id\": \"{ledger_id}\",\n  \"updated_at\": {updated_at},\n")?;
    write!(out, "  \"events\": {events},\n  \"requests\": {{\n")?;
    let states = workflow.states().iter().map(|state| state.name.as_str());
    let mut headings: Vec<&str> = states.chain([DIVERGED, DAMAGED]).collect();
    // States that an earlier workflow had.
    let known: BTreeSet<&str> = headings.iter().copied().collect();
    headings.extend(by_state.keys().map(String::as_str).filter(|state| !known.contains(state)));
    for (place, heading) in headings.iter().enumerate() {
        write!(out, "    \"{heading}\": [")?;
        if *heading == DAMAGED {
            write_ids(damaged.keys(), out)?;
        } else {
            write_ids(by_state.get(*heading).into_iter().flatten(), out)?;
        }
        writeln!(out, "]{}", if place + 1 < headings.len() { "," } else { "" })?;
    }
    out.write_all(b"  },\n  \"entries\": {")?;
    let mut comma = "";
    entries.each_entry(&mut |id, entry| {
        write!(out, "{comma}\n    \"{id}\": {entry}")?;
        comma = ",";
        Ok(())
    })?;
    out.write_all(b"\n  }\n}\n")
}

fn write_ids<'a>(ids: impl Iterator<Item = &'a RequestId>, out: &mut dyn Write) -> io::Result<()> {
    let mut comma = "";
    for id in ids {
        write!(out, "{comma}\"{id}\"")?;
        comma = ", ";
    }
    Ok(())
}

/// Whether the text of the index is what a file holds, byte for byte.
///
/// # Errors
/// Those of `entries` and `file`.
pub fn is_in(
    file: Box<dyn Read>,
    entries: &dyn Entries,
    outline: &Outline,
    ledger_id: Uuid,
    workflow: &Workflow,
) -> io::Result<bool> {
    const HELD: usize = 1 << 18;
    let mut held = io::BufWriter::with_capacity(HELD, Compared { file, differs: false });
    let written = write(entries, outline, ledger_id, workflow, &mut held).and_then(|()| held.flush());
    let (mut compared, _) = held.into_parts();
    if compared.differs {
        return Ok(false);
    }
    written?;
    // Nothing may follow.
    Ok(read_up_to(&mut compared.file, &mut [0])? == 0)
}

/// Takes what is written for what should be in a file. At the first difference it takes no more.
struct Compared {
    file: Box<dyn Read>,
    differs: bool,
}

impl Write for Compared {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut there = vec![0; bytes.len()];
        let read = read_up_to(&mut self.file, &mut there)?;
        self.differs |= there.get(..read) != Some(bytes);
        if self.differs { Err(io::Error::other("it is not the same")) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Fills a buffer, unless the file ends before; says how far it is filled.
fn read_up_to(file: &mut dyn Read, mut buffer: &mut [u8]) -> io::Result<usize> {
    let wanted = buffer.len();
    while !buffer.is_empty() {
        match file.read(buffer) {
            Ok(0) => break,
            Ok(read) => buffer = buffer.get_mut(read..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(wanted - buffer.len())
}

/// The keys that a text of the index names; none of a text that is no index.
#[must_use]
pub fn keys(text: &[u8]) -> Vec<Key> {
    #[derive(Deserialize)]
    struct Remembered {
        entries: BTreeMap<RequestId, Keyed>,
    }
    #[derive(Deserialize)]
    struct Keyed {
        key: Option<Key>,
    }
    let read = serde_json::from_slice::<Remembered>(text).map(|index| index.entries).unwrap_or_default();
    read.into_values().filter_map(|entry| entry.key).collect()
}

/// The names of people, and of labels, that a text of the index has.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Names {
    /// Who made requests.
    pub makers: BTreeSet<String>,
    /// Who wrote the newest event of one, or has claimed one.
    pub others: BTreeSet<String>,
    /// Labels.
    pub labels: BTreeSet<String>,
}

/// The names that a text of the index has; none of a text that is no index.
#[must_use]
pub fn names(text: &[u8]) -> Names {
    #[derive(Deserialize)]
    struct Remembered {
        entries: BTreeMap<RequestId, Named>,
    }
    #[derive(Deserialize)]
    struct Named {
        created_by: String,
        updated_by: Option<String>,
        #[serde(default)]
        labels: Vec<String>,
        claim: Option<EntryClaim>,
    }
    let read = serde_json::from_slice::<Remembered>(text).map(|index| index.entries).unwrap_or_default();
    let mut names = Names::default();
    for entry in read.into_values() {
        names.makers.insert(entry.created_by);
        names.others.extend(entry.updated_by);
        let claims = entry.claim.iter().flat_map(EntryClaim::lines);
        names.others.extend(claims.map(|line| line.by.to_string()));
        names.labels.extend(entry.labels);
    }
    names
}

/// The repositories that a text of the index names; none of a text that is no index.
#[must_use]
pub fn repos(text: &[u8]) -> BTreeSet<RepoId> {
    #[derive(Deserialize)]
    struct Remembered {
        entries: BTreeMap<RequestId, Between>,
    }
    #[derive(Deserialize)]
    struct Between {
        from: RepoId,
        to: Vec<RepoId>,
    }
    let read = serde_json::from_slice::<Remembered>(text).map(|index| index.entries).unwrap_or_default();
    read.into_values().flat_map(|entry| entry.to.into_iter().chain([entry.from])).collect()
}
