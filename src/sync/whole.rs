//! The newest commit that has a packet or a log whole.

use std::collections::BTreeSet;
use std::path::Path;

use super::standing::ask;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::Stream;
use crate::domain::packet::Packet;
use crate::registry::objects::Objects;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log::{self, Tail};

/// How many commits that changed a file are looked at.
pub(super) const COMMITS_MAX: &str = "--max-count=64";
/// How many digits of a commit are told.
pub(super) const SHORT: usize = 12;

/// The newest commit that has a packet or a log whole: `HEAD`, or the hash of an older one; `None` where none is found, or
/// git does not answer.
pub(super) fn newest(root: &Path, file: &CarriedFile) -> Option<String> {
    let mut objects = Objects::open(root).ok()?;
    let mut read = |commit: &str, file: &CarriedFile| {
        // From the ledger's folder, wherever that is in its repository.
        objects.read(&format!("{commit}:./{}", file.path()), file.bytes_max()).ok()
    };
    let mut is_whole = |commit: &str| {
        let Some(bytes) = read(commit, file) else { return false };
        match file {
            CarriedFile::Packet(id) => {
                let log = read(commit, &CarriedFile::Log(Stream::Request(*id)));
                is_whole_packet(&bytes, log.as_deref().unwrap_or_default())
            }
            CarriedFile::Log(_) => is_whole_log(&bytes),
            CarriedFile::Settings
            | CarriedFile::Workflow
            | CarriedFile::Schema(_)
            | CarriedFile::Version(..)
            | CarriedFile::Checkpoint(..) => true,
        }
    };
    if is_whole("HEAD") {
        return Some("HEAD".to_owned());
    }
    let told = ask(root, &["rev-list", COMMITS_MAX, "--full-history", "HEAD", "--", &file.path()])?;
    let commits = told.text();
    commits.lines().find(|commit| is_whole(commit)).and_then(|commit| commit.get(..SHORT)).map(str::to_owned)
}

/// Whether a packet is one, and the one from which its log goes on, where there is one.
fn is_whole_packet(bytes: &[u8], log: &[u8]) -> bool {
    let first = log::events_in(log).into_iter().filter(|event| event.n() == 1);
    let named: BTreeSet<Hash> = first.flat_map(|event| event.parents().to_vec()).collect();
    Packet::parse(bytes).is_ok() && (named.is_empty() || named.contains(&Packet::hash_of(bytes)))
}

/// Whether every line of a log is an event, and goes on from others that are there.
fn is_whole_log(bytes: &[u8]) -> bool {
    let Ok(log) = log::parse(bytes) else { return false };
    let there: BTreeSet<Hash> = log.events.iter().map(Event::hash).collect();
    let goes_on = |event: &Event| event.n() == 1 || event.parents().iter().all(|parent| there.contains(parent));
    !log.events.is_empty() && !matches!(log.tail, Tail::Torn(_)) && log.events.iter().all(goes_on)
}
