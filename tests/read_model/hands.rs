//! What other programs do to a ledger's files: git, editors, copies, people.

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use crate::place::Place;

/// A change from outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Hand {
    /// Events of another clone are appended in place.
    AppendInPlace,
    /// The log is replaced by one that has them, as git does.
    Replace,
    /// The log is written anew in place with the same bytes, and its time set back.
    WriteSame,
    /// A log is cut to its first line.
    Cut,
    /// A request goes, packet and log.
    Remove,
    /// A packet goes, and its log stays.
    RemovePacket,
    /// Requests of another clone come.
    Bring,
    /// A request of another clone comes that has the key of one here.
    BringTwin,
    /// The folder of logs is moved away, and a copy takes its place.
    SwapFolder,
    /// The whole ledger is copied, with what is local, and the copy is used.
    Copy,
    /// What is local goes.
    RemoveLocal,
    /// The cache goes.
    RemoveCache,
    /// The cache is overwritten with noise.
    SpoilCache,
    /// The cache is cut in the middle.
    CutCache,
    /// The cache is replaced by an empty file.
    EmptyCache,
    /// The list of changes goes.
    RemoveChanges,
    /// A bit of a log turns.
    Damage,
    /// A bit of a log turns, and its time is set back: the size is the same, and the file too.
    Disguise,
    /// The workflow is another one.
    Workflow,
}

impl Hand {
    pub(crate) const ALL: [Self; 19] = [
        Self::AppendInPlace,
        Self::Replace,
        Self::WriteSame,
        Self::Cut,
        Self::Remove,
        Self::RemovePacket,
        Self::Bring,
        Self::BringTwin,
        Self::SwapFolder,
        Self::Copy,
        Self::RemoveLocal,
        Self::RemoveCache,
        Self::SpoilCache,
        Self::CutCache,
        Self::EmptyCache,
        Self::RemoveChanges,
        Self::Damage,
        Self::Disguise,
        Self::Workflow,
    ];

    pub(crate) fn change(self, place: &mut Place, id: &str) {
        let (packet, log) = (place.packet(id), place.log(id));
        let cache = place.local("cache.sqlite");
        if !log.is_file() {
            return;
        }
        match self {
            Self::AppendInPlace => {
                let more = written_elsewhere(place, id);
                let mut file = OpenOptions::new().append(true).open(&log).unwrap();
                let old = std::fs::read(&log).unwrap().len();
                file.write_all(more.get(old..).unwrap_or_default()).unwrap();
            }
            Self::Replace => {
                let more = written_elsewhere(place, id);
                let new = place.root().join("new");
                std::fs::write(&new, more).unwrap();
                std::fs::rename(new, log).unwrap();
            }
            Self::WriteSame => {
                let times = std::fs::metadata(&log).unwrap();
                let bytes = std::fs::read(&log).unwrap();
                let file = OpenOptions::new().write(true).open(&log).unwrap();
                std::fs::write(&log, bytes).unwrap();
                file.set_modified(times.modified().unwrap()).unwrap();
            }
            Self::Cut => {
                let text = std::fs::read_to_string(&log).unwrap();
                let first = text.lines().next().unwrap_or_default().to_owned() + "\n";
                std::fs::write(&log, first).unwrap();
            }
            Self::Remove => {
                std::fs::remove_file(packet).unwrap();
                std::fs::remove_file(log).unwrap();
                place.ids.retain(|other| other != id);
            }
            Self::RemovePacket => {
                std::fs::remove_file(packet).unwrap();
                place.ids.retain(|other| other != id);
            }
            Self::Bring => bring(place, &[]),
            Self::BringTwin => {
                let text = std::fs::read_to_string(&packet).unwrap();
                let packet: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                let key = packet["key"].as_str().unwrap_or("k1").to_owned();
                bring(place, &["--key", &key]);
            }
            Self::SwapFolder => {
                let events = place.root().join("coordination/events");
                let old = place.root().join("old");
                std::fs::rename(&events, &old).unwrap();
                std::fs::create_dir(&events).unwrap();
                for entry in std::fs::read_dir(&old).unwrap().map(Result::unwrap) {
                    std::fs::copy(entry.path(), events.join(entry.file_name())).unwrap();
                }
                std::fs::remove_dir_all(old).unwrap();
            }
            Self::Copy => place.take_over(place.copied()),
            Self::RemoveLocal => drop(std::fs::remove_dir_all(place.local(""))),
            Self::RemoveCache => drop(std::fs::remove_file(cache)),
            Self::SpoilCache => {
                if cache.is_file() {
                    let noise: Vec<u8> = (0..20_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
                    std::fs::write(cache, noise).unwrap();
                }
            }
            Self::CutCache => {
                if let Ok(file) = OpenOptions::new().write(true).open(&cache) {
                    let half = file.metadata().unwrap().len() / 2;
                    file.set_len(half).unwrap();
                }
            }
            Self::EmptyCache => drop(File::create(cache)),
            Self::RemoveChanges => drop(std::fs::remove_file(place.local("changes"))),
            Self::Damage => damage(&log),
            Self::Disguise => {
                let time = std::fs::metadata(&log).unwrap().modified().unwrap();
                damage(&log);
                OpenOptions::new().write(true).open(&log).unwrap().set_modified(time).unwrap();
            }
            Self::Workflow => {
                let file = place.root().join("coordination/workflow.json");
                let text = std::fs::read_to_string(&file).unwrap();
                std::fs::write(file, text + "\n").unwrap();
            }
        }
    }
}

/// The log of a request after somebody wrote to it in another clone.
fn written_elsewhere(place: &Place, id: &str) -> Vec<u8> {
    let other = place.without_local();
    other.run(&["note", id, "--text", "from elsewhere", "--actor", "zoe"]);
    other.run(&["transition", id, "accepted", "--actor", "zoe"]);
    std::fs::read(other.log(id)).unwrap()
}

/// Requests that another clone made come here.
fn bring(place: &mut Place, more: &[&str]) {
    let mut other = place.without_local();
    let line =
        ["new", "--type", "bug", "--set", "details.impact=x", "--from", "web", "--to", "shop", "--title", "Brought"];
    // It does not know of those with the same key.
    let twins = other.ids.iter().filter(|id| {
        let text = std::fs::read_to_string(other.packet(id)).unwrap_or_default();
        more.iter().skip(1).any(|key| text.contains(&format!("\"key\": \"{key}\"")))
    });
    for id in twins.cloned().collect::<Vec<_>>() {
        std::fs::remove_file(other.packet(&id)).unwrap();
        let _ = std::fs::remove_file(other.log(&id));
    }
    other.new_request(&[&line, more].concat().into_iter().map(str::to_owned).collect::<Vec<_>>());
    let Some(id) = other.ids.last().filter(|id| !place.packet(id).exists()).cloned() else { return };
    std::fs::copy(other.packet(&id), place.packet(&id)).unwrap();
    std::fs::copy(other.log(&id), place.log(&id)).unwrap();
    place.ids.push(id);
}

fn damage(log: &Path) {
    let mut bytes = std::fs::read(log).unwrap();
    let middle = bytes.len() / 2;
    if let Some(byte) = bytes.get_mut(middle) {
        *byte ^= 1;
    }
    std::fs::write(log, bytes).unwrap();
}
