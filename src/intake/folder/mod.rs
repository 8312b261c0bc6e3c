//! A coordination folder that was kept by hand, in the public template form: packets as JSON files, events as JSON
//! lines, and an `index.json` that lists ids by state.
//!
//! Nothing is lost on the way: what has no place in the ledger becomes a note, and is told.

mod event;
mod listed;
mod packet;

use std::collections::BTreeMap;

use serde_json::Value;

use self::event::Happened;
use self::packet::Reading;
use super::map::SourceMap;
use super::text::digest;
use super::value::at;
use super::{Fault, Memory, Move, NAME_BYTES_MAX, Note, Skipped, Step, Told, Wish};
use crate::domain::id::Key;
use crate::domain::json;
use crate::domain::workflow::{StateName, Workflow};

/// The file that lists ids by state.
const INDEX: &str = "index.json";
/// The name of this source, in keys.
const SOURCE: &str = "adopt";
/// What texts call it.
const CALLED: &str = "the folder";

/// A file of the folder.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FileText {
    /// Its path from the folder, with `/`.
    pub path: String,
    /// Its text, or why it can't be read.
    pub text: Result<String, String>,
}

/// Says of a file that is neither JSON nor JSON lines, or that somebody wants to be left alone, why it is not read.
#[must_use]
pub fn passed_by(path: String, is_ignored: bool) -> Skipped {
    let is_among_packets = path.starts_with("requests/");
    let (why, fault) = match (is_ignored, is_among_packets) {
        (true, _) => ("it is left where it is, as --ignore says", Fault::None),
        (false, true) => {
            ("it lies among the packets and is not JSON: make it a packet, or leave it with --ignore", Fault::Bad)
        }
        (false, false) => ("it is neither JSON nor JSON lines, and is left where it is", Fault::None),
    };
    Skipped { place: path, name: None, why: why.to_owned(), fault }
}

/// What the folder says.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Found {
    /// A wish for each packet.
    pub wishes: Vec<Wish>,
    /// What could not be read, or belongs to no packet.
    pub skipped: Vec<Skipped>,
}

/// How a folder is to be read.
#[derive(Clone, Copy, Debug)]
pub struct Folder<'a> {
    /// What its words mean.
    pub map: &'a SourceMap,
    /// What they can mean.
    pub workflow: &'a Workflow,
}

/// A packet before anything was made of it.
struct Kept<'a> {
    path: &'a str,
    name: String,
    /// What it is called in keys, where no two have one name.
    called: String,
    /// Whether another packet has the same id: its events are that one's.
    is_second: bool,
    value: Value,
    bytes: usize,
}

/// What a packet is called: one whose id another one has by its file too, and by where that lies if need be.
fn called(packets: &[Kept<'_>], name: &str, is_second: bool, path: &str) -> String {
    let by_place = format!("{name} ({path})");
    let names = [name.to_owned(), format!("{name} ({})", stem(path))];
    let is_free = |called: &String| packets.iter().all(|packet| packet.called != *called);
    names.into_iter().skip(usize::from(is_second)).find(is_free).unwrap_or(by_place)
}

impl Folder<'_> {
    /// Reads a folder's files.
    #[must_use]
    pub fn read(self, files: &[FileText]) -> Found {
        let mut found = Found::default();
        let index = files.iter().find(|file| file.path == INDEX);
        let listed = index.map(|file| self.listed(file, &mut found.skipped));
        let packets = self.packets(files, &mut found.skipped);
        let mut events = self.events(files, &mut found.skipped);
        for packet in packets {
            let own = if packet.is_second { Vec::new() } else { events.remove(&packet.name).unwrap_or_default() };
            let listed = listed.as_ref().filter(|_| !packet.is_second);
            let place = packet.path.to_owned();
            match self.wish(packet, own, listed) {
                Ok(wish) => found.wishes.push(wish),
                Err((name, why)) => {
                    found.skipped.push(Skipped { place, name: Some(name), why, fault: Fault::Bad });
                }
            }
        }
        let bad =
            |place: String, name: String, why: String| Skipped { place, name: Some(name), why, fault: Fault::Bad };
        for (name, own) in events {
            let place = own.first().map_or_else(String::new, |one| one.place.clone());
            let why = format!("no packet has this id: {} of it left where they are", count(own.len(), "event"));
            found.skipped.push(bad(place, name, why));
        }
        let is_there = |name: &str| found.wishes.iter().any(|wish| wish.name == name);
        let missing: Vec<Skipped> = listed
            .iter()
            .flatten()
            .filter(|(name, _)| !is_there(name) && !found.skipped.iter().any(|one| one.name.as_deref() == Some(name)))
            .map(|(name, state)| {
                let why = format!("it is listed as {state:?}, and no packet has this id");
                bad(INDEX.to_owned(), name.clone(), why)
            })
            .collect();
        found.skipped.extend(missing);
        found
    }

    fn listed(self, file: &FileText, skipped: &mut Vec<Skipped>) -> BTreeMap<String, String> {
        let read = file.text.clone().and_then(|text| json::read::<Value>(&text).map_err(|bad| no_json(&bad)));
        read.map(|value| listed::by_id(&value)).unwrap_or_else(|why| {
            let why = format!("{why}: where requests stand is read from their events alone");
            skipped.push(Skipped { place: file.path.clone(), name: None, why, fault: Fault::Bad });
            BTreeMap::new()
        })
    }

    fn packets<'a>(self, files: &'a [FileText], skipped: &mut Vec<Skipped>) -> Vec<Kept<'a>> {
        let mut packets: Vec<Kept<'a>> = Vec::new();
        let mut files: Vec<&FileText> =
            files.iter().filter(|file| file.path.ends_with(".json") && file.path != INDEX).collect();
        // Of two with one id, the one that is called by it is it: a copy has a longer name.
        files.sort_by_key(|file| (file.path.len(), &file.path));
        for file in files {
            let is_among_them = file.path.starts_with("requests/");
            let mut skip = |name: Option<String>, why: String, fault: Fault| {
                skipped.push(Skipped { place: file.path.clone(), name, why, fault });
            };
            let text = match &file.text {
                Ok(text) => text,
                Err(why) => {
                    skip(None, why.clone(), Fault::Bad);
                    continue;
                }
            };
            let value = match json::read::<Value>(text) {
                Ok(value) => value,
                Err(bad) => {
                    skip(None, no_json(&bad), if is_among_them { Fault::Bad } else { Fault::None });
                    continue;
                }
            };
            let own = ["request_id", "id"].iter().find_map(|name| at(&value, name)).map(super::value::text);
            let is_packet = at(&value, "request_id").is_some() || is_among_them && value.is_object();
            if !is_packet {
                skip(None, "it has no request_id: it is no packet, and is left where it is".to_owned(), Fault::None);
                continue;
            }
            let name = own.map(|name| name.trim().to_owned()).unwrap_or_else(|| stem(&file.path).to_owned());
            let first = packets.iter().find(|packet| packet.name == name);
            if let Some(first) = first.filter(|first| first.value == value) {
                let why = format!("{} says the same", first.path);
                skip(Some(name), why, Fault::None);
                continue;
            }
            let is_second = first.is_some();
            let called = called(&packets, &name, is_second, &file.path);
            packets.push(Kept { path: &file.path, is_second, name, called, value, bytes: text.len() });
        }
        packets
    }

    fn events(self, files: &[FileText], skipped: &mut Vec<Skipped>) -> BTreeMap<String, Vec<Happened>> {
        let mut events: BTreeMap<String, Vec<Happened>> = BTreeMap::new();
        for file in files.iter().filter(|file| file.path.ends_with(".jsonl")) {
            let mut skip = |place: String, why: String| {
                skipped.push(Skipped { place, name: None, why, fault: Fault::Bad });
            };
            let text = match &file.text {
                Ok(text) => text,
                Err(why) => {
                    skip(file.path.clone(), why.clone());
                    continue;
                }
            };
            let records = super::records::read(super::map::Form::Jsonl, text).unwrap_or_default();
            let is_of_events = |value: &Result<Value, String>| match value {
                Ok(value) => ["request_id", "id"].iter().any(|name| at(value, name).is_some()),
                Err(_) => true,
            };
            if !records.is_empty() && !records.iter().any(|record| is_of_events(&record.value)) {
                let why = "no line of it has a request_id: it is no log of events, and is left where it is".to_owned();
                skipped.push(Skipped { place: file.path.clone(), name: None, why, fault: Fault::None });
                continue;
            }
            for record in records {
                let number = record.place.trim_start_matches("line ");
                let place = format!("{}:{number}", file.path);
                match record.value.and_then(|value| Happened::read(&value, &file.path, place.clone())) {
                    Ok((name, event)) => events.entry(name).or_default().push(event),
                    Err(why) => skip(place, why),
                }
            }
        }
        for own in events.values_mut() {
            event::in_order(own);
        }
        events
    }

    fn wish(
        self,
        packet: Kept<'_>,
        events: Vec<Happened>,
        index: Option<&BTreeMap<String, String>>,
    ) -> Result<Wish, (String, String)> {
        let Kept { path, name, called: shown, is_second, value, bytes } = packet;
        let bad = |why: &str| (name.clone(), why.to_owned());
        if shown.len() > NAME_BYTES_MAX {
            return Err(bad("its id is too long for a key"));
        }
        let key: Key = format!("{SOURCE}:{shown}").parse().map_err(|_| bad("its id can't be part of a key"))?;
        let mut reading = Reading::new(self, path, &key, &value);
        let mut wish = reading.wish(&shown, &events);
        if is_second {
            reading.tell(
                "request_id",
                format!("another packet has {name}, too"),
                "made under a number and a key of its own",
            );
        } else if wish.id.is_none() {
            let what = format!("{name} has not the form REQ-YYYYMMDD-NNNN");
            reading.tell("request_id", what, &format!("made under another number, with the key {key}"));
        }
        let mut steps = reading.kept();
        let mut last = None;
        for event in &events {
            let (own, told) = event.steps(self, &wish);
            if let Some(Step::Move(to)) = own.iter().find(|step| matches!(step, Step::Move(_))) {
                last = Some(to.to.clone());
            }
            steps.extend(own);
            wish.told.extend(told);
        }
        let from_packet = reading.state();
        let listed = index.and_then(|index| index.get(&name));
        let said = listed.map(|state| (INDEX, state.clone())).or_else(|| from_packet.filter(|_| last.is_none()));
        if listed.is_none() && index.is_some() {
            reading.tell_at(INDEX, format!("{name} is not listed"), "it stands where its events say");
        }
        if let Some((place, said)) = said {
            steps.extend(self.standing(&key, place, &said, last.as_ref(), &mut reading));
        }
        let newest = events.iter().rev().find_map(|event| event.moment.clone());
        for step in &mut steps {
            if let Step::Move(Move { at, memory: Memory::Standing(_), .. }) = step {
                *at = at.take().or_else(|| newest.clone());
            }
        }
        let mut told = reading.told;
        told.append(&mut wish.told);
        Ok(Wish { steps, told, bytes, ..wish })
    }

    /// The step to where the index says that it stands.
    fn standing(
        self,
        key: &Key,
        place: &str,
        said: &str,
        last: Option<&StateName>,
        reading: &mut Reading<'_>,
    ) -> Vec<Step> {
        match self.state(said) {
            Some(to) => {
                if last.is_some_and(|last| *last != to) {
                    let what =
                        format!("it is {said:?} there, and its events end in {}", last.map_or("", |l| l.as_str()));
                    reading.tell_at(place, what, "where it is listed counts, if that is new and a way leads there");
                }
                if last == Some(&to) {
                    return Vec::new();
                }
                let memory = Memory::Standing(format!("{key}:state"));
                let (reason, evidence) = (None, Vec::new());
                vec![Step::Move(Move { to, said: said.to_owned(), memory, by: None, at: None, reason, evidence })]
            }
            None => {
                reading.tell_at(place, format!("the state {said:?} is none of this ledger"), "kept in a note");
                let text = format!("In {place} it stands as {said:?}, which is no state of this ledger.");
                let key = format!("{key}:state:{}", digest(&[&text]));
                vec![Step::Note(Note { key, text, kind: None, by: None, at: None })]
            }
        }
    }

    /// What a word for a state means.
    fn state(self, said: &str) -> Option<StateName> {
        let meant = self.map.state(said, None).unwrap_or(said);
        StateName::parse_typed(meant).ok().filter(|name| self.workflow.state(name).is_some())
    }
}

/// What is wrong with a file, and where.
fn no_json(bad: &json::BadJson) -> String {
    let (line, column) = bad.place();
    let what = bad.in_one_line();
    let what = what.rsplit_once(", at column").map_or(what.as_str(), |(what, _)| what);
    format!("{what}, at line {line}, column {column}")
}

fn stem(path: &str) -> &str {
    let name = path.rsplit('/').next().unwrap_or(path);
    name.strip_suffix(".json").unwrap_or(name)
}

fn count(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

impl Told {
    fn at(path: &str, field: &str, what: String, became: &str) -> Self {
        Self::new(format!("{path} {field}").trim_end(), what, became)
    }
}
