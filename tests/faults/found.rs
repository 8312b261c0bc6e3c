//! What is on record in a folder, as a reader of its files finds it.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use coordination_ledger::domain::event::Event;

/// What is on record: for each thing, how it is told and how often it is there.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Found(BTreeMap<(String, String), usize>);

impl Found {
    /// Packets, versions, events, checkpoints and their signatures below a folder. A line that is no event is none.
    pub(crate) fn below(root: &Path) -> Self {
        let mut found = BTreeMap::new();
        let mut add = |told: String, identity: String| *found.entry((told, identity)).or_insert(0) += 1;
        for path in files(root) {
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&path).unwrap_or_default();
            if folder == "requests" {
                let packet: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                add(format!("packet {}", packet["key"].as_str().unwrap_or_default()), format!("{name} {text}"));
            } else if name.ends_with(".jsonl") {
                for event in text.lines().filter_map(|line| Event::parse(line).ok()) {
                    let key = event.key().map(|key| format!(" {key}")).unwrap_or_default();
                    let line: serde_json::Value = serde_json::from_str(event.line()).unwrap();
                    let of = if line["type"] == "REQUEST_CREATED" { key_of_request(root, &name) } else { key };
                    add(format!("{}{of}", line["type"].as_str().unwrap()), event.line().to_owned());
                }
            } else if name.ends_with(".checkpoint") {
                add(format!("checkpoint of {folder}"), format!("{name} {text}"));
            } else if name.ends_with(".sig") {
                add(format!("signature of {folder}"), format!("{name} {text}"));
            } else if name == "leases" {
                add("leases".to_owned(), text);
            } else if folder == "info" {
                text.lines()
                    .filter(|line| line.contains("merge=ledger"))
                    .for_each(|line| add(line.to_owned(), String::new()));
            } else if name.starts_with('v') {
                add(format!("{folder} {name}"), text);
            }
        }
        Self(found)
    }

    /// What is here more often than there by what it is told as, whatever its number and its bytes are.
    pub(crate) fn beyond_by_name(&self, there: &Self) -> Vec<String> {
        let counts = |found: &Self| {
            let mut counts: BTreeMap<String, usize> = BTreeMap::new();
            for ((told, _), count) in &found.0 {
                *counts.entry(told.clone()).or_default() += count;
            }
            counts
        };
        let there = counts(there);
        let more = |(told, count): (String, usize)| {
            let count = count.saturating_sub(there.get(&told).copied().unwrap_or(0));
            std::iter::repeat_n(told, count)
        };
        counts(self).into_iter().flat_map(more).collect()
    }

    /// What is here and not there, without what differs from one run to the next.
    pub(crate) fn beyond(&self, there: &Self) -> Vec<String> {
        let mut beyond = Vec::new();
        for ((told, identity), count) in &self.0 {
            let known = there.0.get(&(told.clone(), identity.clone())).copied().unwrap_or(0);
            beyond.extend(std::iter::repeat_n(told.clone(), count.saturating_sub(known)));
        }
        beyond
    }
}

/// The key of the request that has this log.
fn key_of_request(root: &Path, log: &str) -> String {
    let packet = root.join("coordination/requests").join(log.replace(".jsonl", ".json"));
    let packet = std::fs::read_to_string(packet).ok().and_then(|text| serde_json::from_str(&text).ok());
    let packet: serde_json::Value = packet.unwrap_or_default();
    format!(" {}", packet["key"].as_str().unwrap_or_default())
}

/// The files of packets, events, contracts, checkpoints, numbers that are reserved, and of git's attributes.
fn files(root: &Path) -> Vec<PathBuf> {
    const PLACES: [&str; 6] = [
        "coordination/requests",
        "coordination/events",
        "coordination/checkpoints",
        "schemas/contracts",
        "coordination/.local/leases",
        ".git/info/attributes",
    ];
    let places = PLACES.map(|place| root.join(place));
    let entries = places.iter().filter(|place| place.exists()).flat_map(walkdir::WalkDir::new).map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}
