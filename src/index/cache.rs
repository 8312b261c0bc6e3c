//! The local cache: entries with the tokens of the bytes that they were made from.
//!
//! An entry is taken from the cache only if its token is the request's token now and was settled when the bytes were
//! read (git's rule for racy timestamps): then the bytes are the same, and so is the entry. Everything else is read
//! again. A cache that can't be read, is another ledger's, or was made under another workflow is ignored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::project::Entry;
use crate::domain::id::RequestId;
use crate::domain::time::Timestamp;
use crate::domain::workflow::Workflow;
use crate::store::{Derived, Stamp, Store, StoreError, Surveyed};

/// Raised whenever an entry's form or meaning changes.
const CACHE_FORMAT: u32 = 1;
/// Fewer requests than this to read are read by one thread.
const WORTH_A_THREAD: usize = 64;

/// All requests of a ledger, projected.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Projection {
    /// The entries, by id.
    pub entries: BTreeMap<RequestId, Entry>,
    /// The requests that can't be read, with what is wrong.
    pub damaged: BTreeMap<RequestId, String>,
    /// How many events there are.
    pub events: u64,
    /// How many requests had to be read, since the cache did not have them as they are.
    pub read: usize,
    /// The requests of which the cache says what is not so, though it passes for current; only where it was not believed.
    pub contradicted: Vec<RequestId>,
}

/// Whether the cache is believed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Source {
    /// What it has of the same bytes is taken from it.
    Cache,
    /// Everything is read, and what it says is held against that; it stays as it is.
    Files,
    /// The same, and it is made anew.
    Anew,
}

impl Projection {
    /// The newest event's time.
    #[must_use]
    pub fn updated_at(&self) -> Option<Timestamp> {
        self.entries.values().filter_map(|entry| entry.updated_at).max()
    }
}

/// Whose entries a cache holds.
#[derive(Clone, Copy, Debug)]
pub struct Scope<'a> {
    /// The ledger.
    pub ledger_id: Uuid,
    /// The workflow under which histories are folded.
    pub workflow: &'a Workflow,
}

#[derive(Serialize, Deserialize)]
struct Header {
    cache: u32,
    ledger_id: Uuid,
    workflow: String,
}

#[derive(Serialize, Deserialize)]
struct Line {
    id: RequestId,
    stamp: [u64; 6],
    events: u64,
    // Boxed, for it is large and is handed on three times.
    entry: Box<Entry>,
}

/// Projects all requests as they are now. `progress` is told how many of how many were read.
///
/// # Errors
/// Failed machinery; a damaged request is part of the answer.
pub fn project_all(
    store: &dyn Store,
    scope: Scope<'_>,
    source: Source,
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Projection, StoreError> {
    let survey = store.survey()?;
    let cached = read_cache(store, scope);
    let mut known = cached.into_iter().peekable();
    let mut lines: Vec<Option<Line>> = Vec::with_capacity(survey.len());
    let mut missing: Vec<usize> = Vec::new();
    let mut doubted: Vec<(usize, Line)> = Vec::new();
    for (place, request) in survey.iter().enumerate() {
        while known.peek().is_some_and(|line| line.id < request.id) {
            known.next();
        }
        let line = known.next_if(|line| line.id == request.id && line.stamp == request.stamp.parts);
        let line = match source {
            Source::Cache => line,
            Source::Files | Source::Anew => {
                doubted.extend(line.map(|line| (place, line)));
                None
            }
        };
        if line.is_none() {
            missing.push(place);
        }
        lines.push(line);
    }
    let read = read_all(store, scope.workflow, &survey, &missing, progress)?;
    let mut projection = Projection { read: missing.len(), ..Projection::default() };
    for (place, outcome) in missing.iter().zip(read) {
        match outcome {
            Ok(line) => lines[*place] = Some(line),
            Err(what) => {
                projection.damaged.insert(survey[*place].id, what);
            }
        }
    }
    projection.contradicted = contradicted(store, &doubted, &lines)?;
    let worth_keeping = missing.iter().filter(|place| survey[**place].stamp.settled).count();
    let is_kept = match source {
        Source::Cache => worth_keeping > survey.len() / 64,
        Source::Files => false,
        Source::Anew => true,
    };
    if is_kept {
        // The cache is a convenience: what can't be kept is read again next time.
        let _ = write_cache(store, scope, &survey, &lines);
    }
    for line in lines.into_iter().flatten() {
        projection.events += line.events;
        projection.entries.insert(line.id, *line.entry);
    }
    Ok(projection)
}

/// Of the lines of a cache that pass for current those that say something else than what was just read. What was written
/// meanwhile is no contradiction.
fn contradicted(
    store: &dyn Store,
    doubted: &[(usize, Line)],
    read: &[Option<Line>],
) -> Result<Vec<RequestId>, StoreError> {
    let differs = |(place, line): &&(usize, Line)| {
        let read = read.get(*place).and_then(Option::as_ref);
        read.is_some_and(|read| (read.events, &read.entry) != (line.events, &line.entry))
    };
    let mut differing: Vec<&Line> = doubted.iter().filter(differs).map(|(_, line)| line).collect();
    if !differing.is_empty() {
        let now: BTreeMap<RequestId, [u64; 6]> =
            store.survey()?.into_iter().map(|request| (request.id, request.stamp.parts)).collect();
        differing.retain(|line| now.get(&line.id) == Some(&line.stamp));
    }
    Ok(differing.into_iter().map(|line| line.id).collect())
}

/// Whether the cache may be wrong, by entries that were made from the files a moment ago. `true` calls for a reading from
/// [`Source::Files`], which knows.
///
/// # Errors
/// Failed machinery.
pub fn is_doubtful(
    store: &dyn Store,
    scope: Scope<'_>,
    entries: &BTreeMap<RequestId, Entry>,
) -> Result<bool, StoreError> {
    let mut lines = read_cache(store, scope);
    lines.retain(|line| entries.get(&line.id).is_some_and(|entry| *entry != *line.entry));
    if lines.is_empty() {
        return Ok(false);
    }
    let survey = store.survey()?;
    let stamp_of = |id: RequestId| {
        let place = survey.binary_search_by_key(&id, |request| request.id).ok()?;
        survey.get(place).map(|request| request.stamp.parts)
    };
    Ok(lines.iter().any(|line| stamp_of(line.id) == Some(line.stamp)))
}

type Outcome = Result<Line, String>;

fn read_all(
    store: &dyn Store,
    workflow: &Workflow,
    survey: &[Surveyed],
    missing: &[usize],
    progress: &(dyn Fn(usize, usize) + Sync),
) -> Result<Vec<Outcome>, StoreError> {
    let done = std::sync::atomic::AtomicUsize::new(0);
    let read_some = |places: &[usize]| -> Result<Vec<Outcome>, StoreError> {
        let one = |place: &usize| {
            let outcome = read_one(store, workflow, survey[*place]);
            progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1, missing.len());
            outcome
        };
        places.iter().map(one).collect()
    };
    let threads = if missing.len() < WORTH_A_THREAD { 1 } else { threads() };
    let share = missing.len().div_ceil(threads).max(1);
    std::thread::scope(|scope| {
        let workers: Vec<_> = missing.chunks(share).map(|places| scope.spawn(move || read_some(places))).collect();
        let mut outcomes = Vec::with_capacity(missing.len());
        for worker in workers {
            let died = |_| Err(StoreError::Unwritable("a reading thread died".into()));
            outcomes.extend(worker.join().unwrap_or_else(died)?);
        }
        Ok(outcomes)
    })
}

/// How many threads the machine runs at once, at most eight.
#[must_use]
pub fn threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(8)
}

fn read_one(store: &dyn Store, workflow: &Workflow, request: Surveyed) -> Result<Outcome, StoreError> {
    let Surveyed { id, stamp } = request;
    match store.history(id) {
        Ok(Some(history)) => {
            let events = history.events().len() as u64;
            let entry = Box::new(Entry::of(&history, workflow));
            Ok(Ok(Line { id, stamp: stamp.parts, events, entry }))
        }
        Ok(None) => Ok(Err("it disappeared while it was read".into())),
        Err(error @ StoreError::Damaged { .. }) => Ok(Err(error.to_string())),
        Err(other) => Err(other),
    }
}

fn read_cache(store: &dyn Store, scope: Scope<'_>) -> Vec<Line> {
    let Ok(Some(bytes)) = store.derived(Derived::Cache) else { return Vec::new() };
    let Ok(text) = std::str::from_utf8(&bytes) else { return Vec::new() };
    let mut lines = text.lines();
    let header = lines.next().and_then(|line| serde_json::from_str::<Header>(line).ok());
    let ours = header.is_some_and(|header| {
        header.cache == CACHE_FORMAT
            && header.ledger_id == scope.ledger_id
            && header.workflow == scope.workflow.digest()
    });
    if !ours {
        return Vec::new();
    }
    // One bad line makes all the others suspect.
    let read: Option<Vec<Line>> = lines.map(|line| serde_json::from_str(line).ok()).collect();
    read.filter(|lines| lines.is_sorted_by(|a, b| a.id < b.id)).unwrap_or_default()
}

fn write_cache(
    store: &dyn Store,
    scope: Scope<'_>,
    survey: &[Surveyed],
    lines: &[Option<Line>],
) -> Result<(), StoreError> {
    let header =
        Header { cache: CACHE_FORMAT, ledger_id: scope.ledger_id, workflow: scope.workflow.digest().to_owned() };
    let bad = |e: serde_json::Error| StoreError::Unwritable(e.to_string());
    let mut text = serde_json::to_vec(&header).map_err(bad)?;
    text.push(b'\n');
    for (request, line) in survey.iter().zip(lines) {
        let settled = matches!(request.stamp, Stamp { settled: true, .. });
        if let Some(line) = line.as_ref().filter(|_| settled) {
            serde_json::to_writer(&mut text, line).map_err(bad)?;
            text.push(b'\n');
        }
    }
    store.replace_derived(Derived::Cache, &text)
}
