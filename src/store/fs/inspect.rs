//! Looking at everything that is wrong, for `verify`.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::journal::{self, Plan};
use super::layout::id_of;
use super::log::{LOG_BYTES_MAX, Lines, Tail, parse_lines};
use super::reading::{MISSING_PACKET, changed_packet};
use super::{FsStore, io};
use crate::domain::event::Event;
use crate::domain::graph::{BadHistory, Graph};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{ContractName, RequestId, Stream};
use crate::store::contracts::{Contracts, InspectedContract};
use crate::store::{Fault, Inspected, NUMBER_TWICE, StoreError, unread, unread_code};

/// Reads a request and tells everything that is wrong with its bytes, apart from what is left to do of a batch.
///
/// # Errors
/// Machinery that failed; damage is an answer here.
pub(super) fn request(store: &FsStore, id: RequestId, plan: &Plan) -> Result<Inspected, StoreError> {
    let mut found = Inspected::default();
    let (packet_path, log_path) = (store.layout.packet(id), store.layout.log(id));
    let fault = |code, path: &Path, line, what: String| Fault { code, id: Some(id), path: path.to_owned(), line, what };

    let mut events = Vec::new();
    match as_answer(store.log_bytes_through(id, plan))? {
        Ok(None) => found.faults.push(fault(
            "log-missing",
            &log_path,
            None,
            "the request has no event: its making was cut short".into(),
        )),
        Ok(Some(bytes)) => {
            let lines = parse_lines(&bytes);
            if lines.events.is_empty() && lines.bad.is_empty() {
                let what = "the request has no event: its making was cut short".into();
                found.faults.push(fault("log-missing", &log_path, None, what));
            }
            events = log_faults(lines, Some(id), &log_path, &mut found.lines, &mut found.faults);
        }
        Err(unread) => found.faults.push(fault(unread.code("log-damaged"), &log_path, None, unread.what)),
    }

    let mut is_all_read = true;
    let packet = as_answer(store.packet_bytes_through(id, plan).and_then(|bytes| {
        let read = |bytes: Vec<u8>| {
            let (packet, hash) = store.parse_packet(id, &bytes)?;
            is_all_read = packet.is_all_of(&bytes);
            Ok((packet, hash))
        };
        bytes.map(read).transpose()
    }))?;
    if !is_all_read {
        let what = "the packet does not say what its schema has it say".into();
        found.faults.push(fault("not-of-schema", &packet_path, None, what));
    }
    found.packet = packet.as_ref().ok().and_then(|packet| packet.as_ref().map(|(_, hash)| *hash));
    match packet {
        Ok(Some((packet, hash))) => match History::new(packet, hash, events) {
            Ok(history) => found.history = Some(history),
            Err(bad @ BadHistory::TwoRequests) => {
                found.faults.push(fault(NUMBER_TWICE, &log_path, None, bad.to_string()));
            }
            Err(BadHistory::MissingParent { n: 1, parent, .. }) => {
                found.faults.push(fault("packet-changed", &packet_path, None, changed_packet(parent, hash)));
            }
            // What a damaged line leaves behind is told with that line.
            Err(_) if found.faults.iter().any(|fault| fault.code == "line-damaged") => {}
            Err(bad) => {
                let line = bad.event().and_then(|hash| found.lines.get(&hash).copied());
                found.faults.push(fault("history-damaged", &log_path, line, bad.to_string()));
            }
        },
        Ok(None) => found.faults.push(fault("packet-missing", &packet_path, None, MISSING_PACKET.into())),
        Err(unread) => found.faults.push(fault(unread.code("packet-damaged"), &packet_path, None, unread.what)),
    }
    Ok(found)
}

/// What is wrong with the lines of a log; answers with its events.
fn log_faults(
    lines: Lines,
    id: Option<RequestId>,
    path: &Path,
    places: &mut HashMap<Hash, usize>,
    faults: &mut Vec<Fault>,
) -> Vec<Event> {
    let fault = |code, line, what: String| Fault { code, id, path: path.to_owned(), line, what };
    let mut events = Vec::new();
    for (line, event) in lines.events {
        if !event.says_what_was_read() {
            let what = "the line does not say what its type's schema has it say".into();
            faults.push(fault("not-of-schema", Some(line), what));
        }
        places.insert(event.hash(), line);
        events.push(event);
    }
    faults.extend(lines.bad.into_iter().map(|bad| fault("line-damaged", Some(bad.line), bad.what)));
    match lines.tail {
        Tail::Clean => {}
        Tail::NoNewline => faults.push(fault("tail-unfinished", None, "the last line lacks its newline".into())),
        Tail::Torn(range) => {
            let what = format!("{} bytes of a write that was cut short stand at its end", range.len());
            faults.push(fault("tail-torn", None, what));
        }
    }
    events
}

/// Reads a contract and tells everything that is wrong with its bytes.
///
/// # Errors
/// Machinery that failed; damage is an answer here.
pub(super) fn contract(store: &FsStore, name: &ContractName) -> Result<InspectedContract, StoreError> {
    let mut found = InspectedContract::default();
    let log_path = store.layout.log_of(&Stream::Contract(name.clone()));
    let fault = |code, path: &Path, line, what: String| Fault { code, id: None, path: path.to_owned(), line, what };
    for version in store.version_files(name)? {
        let path = store.layout.contract_version(name, version);
        match as_answer(store.version_hash(name, version))? {
            Ok(hash) => found.versions.extend(hash.map(|hash| (version, hash))),
            Err(unread) => found.faults.push(fault(unread.code("version-damaged"), &path, None, unread.what)),
        }
    }
    let bytes = match as_answer(store.read(&log_path, LOG_BYTES_MAX))? {
        Ok(bytes) => bytes.map(|(bytes, _)| bytes).unwrap_or_default(),
        Err(unread) => {
            found.faults.push(fault(unread.code("log-damaged"), &log_path, None, unread.what));
            return Ok(found);
        }
    };
    let events = log_faults(parse_lines(&bytes), None, &log_path, &mut found.lines, &mut found.faults);
    match Graph::of_contract(name, events) {
        Ok(graph) => found.graph = Some(graph),
        // What a damaged line leaves behind is told with that line.
        Err(_) if found.faults.iter().any(|fault| fault.code == "line-damaged") => {}
        Err(bad) => {
            let line = bad.event().and_then(|hash| found.lines.get(&hash).copied());
            found.faults.push(fault("history-damaged", &log_path, line, bad.to_string()));
        }
    }
    Ok(found)
}

/// What lies in the ledger's folders and belongs to no request, and a batch that is to be completed.
///
/// # Errors
/// Machinery that failed.
pub(super) fn strays(store: &FsStore, plan: &Plan) -> Result<Vec<Fault>, StoreError> {
    let layout = &store.layout;
    let mut found = Vec::new();
    if *plan != Plan::default() {
        let what = format!("a batch of {} was cut short, and is to be completed", plan.told());
        found.push(Fault { code: "batch-unfinished", id: None, path: journal::path(layout), line: None, what });
    }
    for (folder, suffix, other) in [(layout.requests(), ".json", None), (layout.events(), ".jsonl", Some(()))] {
        if !store.check_folder(&folder)? {
            continue;
        }
        for entry in walkdir::WalkDir::new(&folder).min_depth(1).max_depth(2).follow_links(false).sort_by_file_name() {
            let entry = entry.map_err(|e| io("list", &folder)(e.into()))?;
            let path = entry.path();
            let id = id_of(entry.file_name(), suffix).filter(|_| entry.depth() == 1);
            let fault = |code, what: &str| Fault { code, id, path: path.to_owned(), line: None, what: what.to_owned() };
            match id {
                // A log without a packet; everything else about a request is told with it. An empty one is all that is
                // left of a create that was cut short.
                Some(id)
                    if other.is_some()
                        && entry.file_type().is_file()
                        && store.has_events(id)?
                        && !plan.packets.contains_key(&id)
                        && store.files.facts(&layout.packet(id)).is_ok_and(|facts| facts.is_none()) =>
                {
                    found.push(Fault { path: layout.packet(id), ..fault("packet-missing", MISSING_PACKET) });
                }
                Some(_) => {}
                None if entry.depth() == 1 => found.push(fault("stray", "it does not belong here")),
                None => {}
            }
        }
    }
    Ok(found)
}

/// A file where none belongs.
pub(super) fn stray(path: PathBuf) -> Fault {
    Fault { code: "stray", id: None, path, line: None, what: "it does not belong here".to_owned() }
}

/// What kept a file from being read.
pub(super) struct Unread {
    /// The code of its fault; `None` for damage, which has a name of its own for each kind of file.
    code: Option<&'static str>,
    what: String,
}

impl Unread {
    fn code(&self, of_damage: &'static str) -> &'static str {
        self.code.unwrap_or(of_damage)
    }
}

/// Damage and files that can't be read as an answer, other failed machinery as an error.
fn as_answer<T>(result: Result<T, StoreError>) -> Result<Result<T, Unread>, StoreError> {
    match result {
        Ok(value) => Ok(Ok(value)),
        Err(StoreError::Damaged { what, .. }) => Ok(Err(Unread { code: None, what })),
        Err(StoreError::Io { source, .. }) => {
            Ok(Err(Unread { code: Some(unread_code(&source)), what: unread(&source) }))
        }
        Err(other) => Err(other),
    }
}
