//! What a remote would have, had nobody removed or edited anything there: what it had when it was last seen, and what of
//! the present is whole. What was edited stays in git's history.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::gate::{Lost, losses};
use super::tree::{Compared, NO_PLAIN_FILE, TreeError, Trees, Unlike};
use super::unite::{self, NotWhole};
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log::{self, Tail};

/// What a remote gets back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct GivenBack {
    /// The tree that it would have.
    pub tree: String,
    /// What of the present is not in it.
    pub untaken: Vec<Untaken>,
    /// Logs that nobody here has seen whole, and of which not even the beginning is.
    pub lost: Vec<Untaken>,
}

/// Something over there that is not taken for what it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Untaken {
    /// The file.
    pub file: CarriedFile,
    /// The line, counted from 1, where it is not all of the file.
    pub line: Option<usize>,
    /// What is wrong with it.
    pub what: String,
}

/// A log without what is not whole of it.
struct Whole {
    events: Vec<Event>,
    untaken: Vec<(usize, String)>,
}

/// Gives a remote that has the tree `theirs` back what it had in the tree `seen`.
///
/// # Errors
/// [`TreeError`].
pub fn give_back(trees: &Trees<'_>, seen: &str, theirs: &str) -> Result<GivenBack, TreeError> {
    let Compared { unlike, odd } = trees.compare(seen, theirs)?;
    let mut files: BTreeMap<String, Option<String>> = BTreeMap::new();
    let (mut untaken, mut lost) = (Vec::new(), Vec::new());
    let others = other_requests(trees, &unlike)?;
    let all_of = |file: &CarriedFile, what: &str| Untaken { file: file.clone(), line: None, what: what.to_owned() };
    for loss in losses(trees, seen, theirs)? {
        // Two requests with one number: people say who keeps it.
        if loss.file.request().is_some_and(|id| others.contains(&id)) {
            continue;
        }
        match loss.what {
            Lost::Removed => {}
            Lost::Edited => untaken.push(all_of(&loss.file, "it was edited")),
            Lost::NoFile => untaken.push(all_of(&loss.file, NO_PLAIN_FILE)),
            // Of a log that is there every line is looked at.
            Lost::Events { .. } => continue,
        }
        let before = unlike.get(&loss.file).and_then(|sides| sides.before.clone());
        files.insert(loss.file.path(), before);
    }
    for file in &odd {
        files.entry(file.path()).or_insert_with(|| {
            untaken.push(all_of(file, NO_PLAIN_FILE));
            None
        });
    }
    for (file, Unlike { before, after }) in &unlike {
        let (CarriedFile::Log(stream), Some(after)) = (file, after) else { continue };
        let is_anothers = file.request().is_some_and(|id| others.contains(&id));
        let before = before.as_ref().map(|before| trees.read_one(file, before)).transpose()?.unwrap_or_default();
        let after = trees.read_one(file, after)?;
        let Some(whole) = whole(stream, &before, &after).filter(|_| !is_anothers) else { continue };
        let told = whole.untaken.into_iter().map(|(line, what)| Untaken { file: file.clone(), line: Some(line), what });
        if whole.events.is_empty() {
            lost.extend(told.take(1));
        } else {
            untaken.extend(told);
            files.insert(file.path(), Some(trees.keep(&unite::of_events(whole.events))?));
        }
    }
    let tree = if files.is_empty() { theirs.to_owned() } else { trees.graft(theirs, &files)? };
    Ok(GivenBack { tree, untaken, lost })
}

/// The numbers that are another request's by now. One whose `uid` was edited is none: no event follows from it.
fn other_requests(trees: &Trees<'_>, unlike: &BTreeMap<CarriedFile, Unlike>) -> Result<BTreeSet<RequestId>, TreeError> {
    let mut others = BTreeSet::new();
    for (file, sides) in unlike {
        let (CarriedFile::Packet(id), Some(before), Some(after)) = (file, &sides.before, &sides.after) else {
            continue;
        };
        let read = trees.read([(file, before.as_str()), (file, after.as_str())])?;
        let (Ok(was), Ok(is)) = (Packet::parse(&read[0]), Packet::parse(&read[1])) else { continue };
        let log = CarriedFile::Log(Stream::Request(*id));
        let hash = Packet::hash_of(&read[1]);
        let events = match unlike.get(&log).and_then(|sides| sides.after.as_ref()) {
            Some(log_after) => log::events_in(&trees.read_one(&log, log_after)?),
            None => Vec::new(),
        };
        if was.uid != is.uid && events.iter().any(|event| event.parents().contains(&hash)) {
            others.insert(*id);
        }
    }
    Ok(others)
}

/// What a log had and what of the present is whole: every line an event that goes on from others which are there. `None`
/// where that is all of the present.
fn whole(stream: &Stream, before: &[u8], after: &[u8]) -> Option<Whole> {
    let lines = log::parse_lines(after);
    let mut untaken: Vec<(usize, String)> = lines.bad.iter().map(|bad| (bad.line, bad.what.clone())).collect();
    match lines.tail {
        Tail::Clean | Tail::NoNewline => {}
        Tail::Torn(_) => untaken.push((lines.events.len() + lines.bad.len() + 1, NotWhole::Torn.to_string())),
    }
    let mut events = log::events_in(before);
    let mut kept: HashSet<Hash> = events.iter().map(Event::hash).collect();
    let mut now: Vec<(usize, Event)> = lines.events;
    // Parents stand before their children in canonical order.
    now.sort_by_key(|(_, event)| (event.n(), event.hash()));
    let is_all_there = {
        let there: HashSet<Hash> = now.iter().map(|(_, event)| event.hash()).collect();
        kept.iter().all(|hash| there.contains(hash))
    };
    for (line, event) in now {
        if kept.contains(&event.hash()) {
            continue;
        }
        // The first one goes on from the packet.
        if event.stream() == stream && (event.n() == 1 || event.parents().iter().all(|parent| kept.contains(parent))) {
            kept.insert(event.hash());
            events.push(event);
        } else {
            untaken.push((line, "what it goes on from is not there".to_owned()));
        }
    }
    untaken.sort();
    (!untaken.is_empty() || !is_all_there).then_some(Whole { events, untaken })
}
