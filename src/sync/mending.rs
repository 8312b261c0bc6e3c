//! What a file becomes that a merge left in conflict: from git's stages, and from what stands in the file with its
//! markers. Pure. What can't be told for certain is told, and not guessed.

use std::collections::BTreeSet;

use super::markers::{self, Line, Nesting, Place};
use super::unite;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::Stream;
use crate::domain::packet::Packet;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::layout::LEAVES;
use crate::store::fs::log::{self, LOG_BYTES_MAX};

/// A log that was put together.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Log {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Lines of the file that are neither events nor markers, and that no stage has: they are to be set aside.
    pub strange: usize,
}

/// Puts a log together from git's stages, which are whole, and from what stands in the file: what was written to it
/// since the merge, too.
///
/// # Errors
/// Says which side is not whole, and where.
pub fn log_of_stages(stream: &Stream, there: &[u8], stages: &[(&str, &[u8])]) -> Result<Log, String> {
    let mut events = Vec::new();
    for (side, bytes) in stages {
        events.extend(events_of(stream, bytes).map_err(|what| format!("{side}: {what}"))?);
    }
    // Where its markers don't fit together, the stages still hold both sides: nothing is lost by taking all events.
    let parted = markers::part(there).ok().flatten();
    let lines: Vec<Line<'_>> = match &parted {
        Some(parted) => parted.lines.iter().copied().filter(|line| line.place != Place::Base).collect(),
        None => all_lines(there),
    };
    let mut strange = 0;
    for line in lines {
        match event_of(stream, line.bytes) {
            Ok(event) => events.extend(event),
            Err(_) => strange += usize::from(!markers::are_in(line.bytes)),
        }
    }
    Ok(Log { bytes: bounded(unite::of_events(events))?, strange })
}

/// Puts a log together from what stands in the file: both sides of its conflicts, without carriage returns at the ends
/// of lines. `None` if there is neither a conflict nor a carriage return.
///
/// # Errors
/// Names the first line that is no event as it stands.
pub fn log_of_file(stream: &Stream, there: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let parted = markers::part(there).map_err(|bad| bad.to_string())?;
    if parted.is_none() && memchr::memmem::find(there, b"\r\n").is_none() && !there.ends_with(b"\r") {
        return Ok(None);
    }
    let (lines, nesting) = match parted {
        Some(parted) => (parted.lines, parted.nesting),
        None => (all_lines(there), Nesting::None),
    };
    let (mut events, mut only_base) = (Vec::new(), Vec::new());
    for line in lines {
        let event = event_of(stream, line.bytes).map_err(|what| format!("line {}: {what}", line.number))?;
        match line.place {
            Place::Common | Place::First | Place::Second => events.extend(event),
            Place::Base => only_base.extend(event.map(|event| (line.number, event))),
        }
    }
    let known: BTreeSet<Hash> = events.iter().map(Event::hash).collect();
    if let (Nesting::Unclear, Some((line, event))) =
        (nesting, only_base.iter().find(|(_, event)| !known.contains(&event.hash())))
    {
        let head = event.hash().short();
        return Err(format!(
            "line {line}: conflicts stand one in the other, and whether event {head} is on a side can't be told"
        ));
    }
    bounded(unite::of_events(events)).map(Some)
}

/// What a log becomes in which lines were edited.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Edited {
    /// Each of them is what is left of an event that stands whole in another line.
    Aside {
        /// The log without them.
        kept: Vec<u8>,
        /// Those lines.
        edited: Vec<u8>,
    },
    /// This line, counted from 1, is of no event that is known: what it was, nobody can tell.
    Unknown(usize),
}

/// What becomes of a log with lines that are no events; `None` if it has none, but for the end of a write that was cut
/// short.
#[must_use]
pub fn without_edited(there: &[u8]) -> Option<Edited> {
    let lines = log::parse_lines(there);
    let bad: BTreeSet<usize> = lines.bad.iter().map(|bad| bad.line).collect();
    if bad.is_empty() {
        return None;
    }
    let known: BTreeSet<String> = lines.events.iter().map(|(_, event)| event.hash().to_string()).collect();
    let said: BTreeSet<String> = lines.events.iter().filter_map(|(_, event)| said_of(event.line())).collect();
    let (mut kept, mut edited) = (Vec::new(), Vec::new());
    for line in all_lines(there) {
        if !bad.contains(&line.number) {
            kept.extend_from_slice(line.bytes);
            continue;
        }
        let text = String::from_utf8_lossy(line.bytes);
        let is_known = hash_of(&text).is_some_and(|hash| known.contains(hash))
            || said_of(text.trim_end()).is_some_and(|rest| said.contains(&rest));
        if !is_known {
            return Some(Edited::Unknown(line.number));
        }
        edited.extend_from_slice(line.bytes);
    }
    Some(Edited::Aside { kept, edited })
}

/// Where the hash of a line begins.
const HASH: &str = ",\"hash\":\"";

/// The hash that a line says it has.
fn hash_of(line: &str) -> Option<&str> {
    line.rsplit_once(HASH)?.1.trim_end().strip_suffix("\"}")
}

/// What a line says, without its hash.
fn said_of(line: &str) -> Option<String> {
    line.rsplit_once(HASH).map(|(said, _)| said.to_owned())
}

/// The lines of a text that has no markers.
fn all_lines(text: &[u8]) -> Vec<Line<'_>> {
    let lines = text.split_inclusive(|byte| *byte == b'\n').enumerate();
    lines.map(|(at, bytes)| Line { number: at + 1, bytes, place: Place::Common }).collect()
}

/// The event that a line is, once its end is taken off; `None` for a line without anything. That it is whole its hash
/// tells.
fn event_of(stream: &Stream, line: &[u8]) -> Result<Option<Event>, String> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    if line.trim_ascii().is_empty() {
        return Ok(None);
    }
    let text = std::str::from_utf8(line).map_err(|_| "not UTF-8".to_owned())?;
    let event = Event::parse(text).map_err(|error| error.to_string())?;
    belongs(stream, &event)?;
    Ok(Some(event))
}

/// The events of a log that is whole.
///
/// # Errors
/// Names the first line that is not, or that is of another log: git takes files that are much alike for one that was
/// renamed.
pub fn events_of(stream: &Stream, bytes: &[u8]) -> Result<Vec<Event>, String> {
    let log = log::parse(bytes).map_err(|bad| bad.to_string())?;
    if let log::Tail::Torn(_) = log.tail {
        return Err(unite::NotWhole::Torn.to_string());
    }
    for (at, event) in log.events.iter().enumerate() {
        belongs(stream, event).map_err(|what| format!("line {}: {what}", at + 1))?;
    }
    Ok(log.events)
}

fn belongs(stream: &Stream, event: &Event) -> Result<(), String> {
    if event.stream() == stream {
        return Ok(());
    }
    Err(format!("the event is of {}, and this is the log of {stream}", event.stream()))
}

fn bounded(bytes: Vec<u8>) -> Result<Vec<u8>, String> {
    if bytes.len() as u64 > LOG_BYTES_MAX {
        return Err(format!("together they have {} bytes; the most is {LOG_BYTES_MAX}", bytes.len()));
    }
    Ok(bytes)
}

/// What a file becomes that is no log; `Err` says why neither side can be taken for it.
///
/// # Errors
/// The sides differ, and which of them holds is not for a merge to pick.
pub fn of_sides<'a>(file: &CarriedFile, first: &'a [u8], second: &'a [u8]) -> Result<&'a [u8], String> {
    if first == second {
        return Ok(first);
    }
    match file {
        CarriedFile::Packet(id) => Err(packets_differ(&id.to_string(), first, second)),
        CarriedFile::Version(name, version) => {
            Err(format!("two clones registered two different files as {name}@{version}"))
        }
        CarriedFile::Checkpoint(origin, name) if name == LEAVES => longer(first, second).ok_or_else(|| {
            format!("two clones appended to the list of {origin}, each in its own way: it belongs to one of them")
        }),
        CarriedFile::Checkpoint(origin, name) => Err(format!("two clones made {origin}/{name}, and not the same")),
        CarriedFile::Settings | CarriedFile::Workflow | CarriedFile::Schema(_) | CarriedFile::Log(_) => {
            Err("both sides changed it".to_owned())
        }
    }
}

/// The longer of two lists of which one goes on from the other.
fn longer<'a>(first: &'a [u8], second: &'a [u8]) -> Option<&'a [u8]> {
    let goes_on = |short: &[u8], long: &[u8]| long.starts_with(short) && (short.is_empty() || short.ends_with(b"\n"));
    if goes_on(first, second) {
        return Some(second);
    }
    goes_on(second, first).then_some(first)
}

fn packets_differ(id: &str, first: &[u8], second: &[u8]) -> String {
    let uid = |bytes: &[u8]| Packet::parse(bytes).map(|packet| packet.uid.to_string());
    match (uid(first), uid(second)) {
        (Ok(first), Ok(second)) if first == second => {
            format!(
                "one side's packet of {id} was edited: both have the uid {first}, and a packet is never written again"
            )
        }
        (Ok(first), Ok(second)) => {
            format!("two clones made two requests under the id {id}: uid {first} and uid {second}")
        }
        (Err(bad), _) => format!("the first side holds no packet of {id}: {bad}"),
        (_, Err(bad)) => format!("the second side holds no packet of {id}: {bad}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_that_goes_on_from_the_other_is_taken() {
        let file = CarriedFile::parse("coordination/checkpoints/main/leaves").unwrap();
        let taken = |first: &'static [u8], second: &'static [u8]| of_sides(&file, first, second).ok();
        assert_eq!(taken(b"a\nb\n", b"a\n"), Some(&b"a\nb\n"[..]));
        assert_eq!(taken(b"", b"a\n"), Some(&b"a\n"[..]));
        assert_eq!(taken(b"a\nb\n", b"a\nc\n"), None);
        // A line that a write was cut short in is none.
        assert_eq!(taken(b"a\nb", b"a\nbc\n"), None);
    }

    #[test]
    fn files_that_are_written_once_are_taken_only_if_equal() {
        for path in [
            "coordination/checkpoints/main/3.checkpoint",
            "schemas/contracts/a/v1.json",
            "coordination/ledger.json",
            "coordination/requests/REQ-20261120-0001.json",
        ] {
            let file = CarriedFile::parse(path).unwrap();
            assert_eq!(of_sides(&file, b"a", b"a"), Ok(&b"a"[..]));
            assert!(of_sides(&file, b"a", b"ab").is_err());
        }
    }
}
