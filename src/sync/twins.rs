//! Requests that were published under one number: what the work tree, a merge under way and the remotes have of each.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::git::{Git, GitFailure};
use super::tree::{TreeError, Trees};
use super::{Unanswered, unmerged};
use crate::domain::body::IdResolved;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::{PACKET_BYTES_MAX, Packet};
use crate::domain::renumber::{moves, of_packet};
use crate::domain::settings::Settings;
use crate::store::fs::FsStore;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log;
use crate::store::{Store, StoreError};

/// How many commits are looked through for a packet that is nowhere else.
const COMMITS_MAX: &str = "--max-count=1024";
/// Where what was fetched from remotes is kept.
const FETCHED: &str = "refs/ledger/fetched";

/// A request that has, or had, the number.
#[derive(Clone, PartialEq, Debug)]
pub struct Twin {
    /// Its packet.
    pub packet: Packet,
    /// The packet's identity.
    pub hash: Hash,
    /// The packet's bytes.
    pub bytes: Vec<u8>,
    /// Its events, in canonical order.
    pub events: Vec<Event>,
    /// The number under which it stands here already, where that is another one.
    pub stands: Option<RequestId>,
}

impl Twin {
    /// Where others went that had its number, by its own events.
    #[must_use]
    pub fn moves(&self) -> Vec<IdResolved> {
        moves(&self.events)
    }
}

/// All requests of one number.
#[derive(Clone, PartialEq, Debug)]
pub struct Twins {
    /// They: first the one that stands here, then by age.
    pub all: Vec<Twin>,
    /// The one that stands here: in a merge under way, on our side.
    pub ours: Option<Hash>,
    /// Whether git has one of its files unmerged.
    pub is_unmerged: bool,
    /// The largest number of its day that a remote has given away.
    pub taken: u32,
}

/// Why they can't be gathered.
#[derive(Debug, thiserror::Error)]
pub enum NotGathered {
    /// Git, or the ledger's files.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Git.
    #[error(transparent)]
    Git(#[from] Unanswered),
    /// Events whose packet is nowhere.
    #[error("events of {0} follow from packet {hash}, which is nowhere here", hash = .1.short())]
    NoPacket(RequestId, Hash),
    /// A packet that was edited: both have one `uid`.
    #[error("two packets of {0} have the uid {1}: one of them was edited")]
    Edited(RequestId, uuid::Uuid),
}

impl From<GitFailure> for NotGathered {
    fn from(failure: GitFailure) -> Self {
        Self::Tree(failure.into())
    }
}

impl From<StoreError> for NotGathered {
    fn from(error: StoreError) -> Self {
        Self::Tree(error.into())
    }
}

/// What is known of a number while it is gathered.
struct Gathering<'a> {
    git: &'a Git,
    trees: &'a Trees<'a>,
    store: &'a FsStore,
    id: RequestId,
    packets: BTreeMap<Hash, (Packet, Vec<u8>)>,
    events: Vec<Event>,
}

/// Gathers the requests of a number.
///
/// # Errors
/// [`NotGathered`].
pub fn gather(git: &Git, trees: &Trees<'_>, store: &FsStore, id: RequestId) -> Result<Twins, NotGathered> {
    let mut gathering = Gathering { git, trees, store, id, packets: BTreeMap::new(), events: Vec::new() };
    let here = gathering.work_tree()?;
    let (staged, is_unmerged) = gathering.stages()?;
    let taken = gathering.remotes()?;
    gathering.history()?;
    let Gathering { packets, events, .. } = gathering;
    let mut all: Vec<Twin> = Vec::new();
    for (hash, (packet, bytes)) in packets {
        let events = of_packet(events.clone(), hash);
        let stands = standing_elsewhere(store, id, &packet)?;
        let twin = Twin { packet, hash, bytes, events, stands };
        match all.iter_mut().find(|known| known.packet.uid == twin.packet.uid) {
            None => all.push(twin),
            // Of one that was edited the log names the one that is on record.
            Some(known) if known.events.is_empty() && !twin.events.is_empty() => *known = twin,
            Some(known) if !known.events.is_empty() && twin.events.is_empty() => {}
            Some(known) => return Err(NotGathered::Edited(id, known.packet.uid)),
        }
    }
    let ours = staged.or(here);
    all.sort_by_key(|twin| (Some(twin.hash) != ours, twin.packet.uid));
    Ok(Twins { all, ours, is_unmerged, taken })
}

impl Gathering<'_> {
    fn add_packet(&mut self, bytes: Vec<u8>) -> Option<Hash> {
        let packet = Packet::parse(&bytes).ok().filter(|packet| packet.request_id == self.id)?;
        let hash = Packet::hash_of(&bytes);
        self.packets.insert(hash, (packet, bytes));
        Some(hash)
    }

    fn add_log(&mut self, bytes: &[u8]) {
        let stream = Stream::Request(self.id);
        self.events.extend(log::events_in(bytes).into_iter().filter(|event| *event.stream() == stream));
    }

    fn files(&self) -> [CarriedFile; 2] {
        [CarriedFile::Packet(self.id), CarriedFile::Log(Stream::Request(self.id))]
    }

    fn work_tree(&mut self) -> Result<Option<Hash>, NotGathered> {
        let [packet, log] = self.files();
        let here = self.store.carried(&packet)?.and_then(|bytes| self.add_packet(bytes));
        if let Some(bytes) = self.store.carried(&log)? {
            self.add_log(&bytes);
        }
        Ok(here)
    }

    /// The packet of our side of a merge that is not settled, and whether there is such a merge.
    fn stages(&mut self) -> Result<(Option<Hash>, bool), NotGathered> {
        let stages = unmerged::stages(self.store.layout().root())?;
        let [packet, log] = self.files();
        let (mut ours, mut is_unmerged) = (None, false);
        for (file, is_packet) in [(packet, true), (log, false)] {
            let Some(stages) = stages.get(&file.path()) else { continue };
            is_unmerged = true;
            for (at, object) in stages.objects.iter().enumerate().skip(1) {
                let Some(object) = object else { continue };
                let bytes = self.trees.read_one(&file, object)?;
                if !is_packet {
                    self.add_log(&bytes);
                } else if let Some(hash) = self.add_packet(bytes)
                    && at == 1
                {
                    ours = Some(hash);
                }
            }
        }
        Ok((ours, is_unmerged))
    }

    /// What remotes had when they were last fetched from; answers with the largest number of the day there.
    fn remotes(&mut self) -> Result<u32, NotGathered> {
        let ledger = self.identity()?;
        let listed = self.git.must(&["for-each-ref", "--format=%(objectname)", FETCHED])?.line();
        let mut taken = 0;
        for commit in listed.lines().collect::<BTreeSet<_>>() {
            if self.identity_in(commit)? != ledger {
                continue;
            }
            let [packet, log] = self.files();
            if let Some(bytes) = self.trees.bytes_in(commit, &packet)? {
                self.add_packet(bytes);
            }
            if let Some(bytes) = self.trees.bytes_in(commit, &log)? {
                self.add_log(&bytes);
            }
            taken = taken.max(self.trees.last_number(commit, self.id.day())?);
        }
        Ok(taken)
    }

    fn identity(&self) -> Result<Option<uuid::Uuid>, NotGathered> {
        Ok(self.store.carried(&CarriedFile::Settings)?.and_then(|bytes| identity_of(&bytes)))
    }

    fn identity_in(&self, commit: &str) -> Result<Option<uuid::Uuid>, NotGathered> {
        Ok(self.trees.bytes_in(commit, &CarriedFile::Settings)?.and_then(|bytes| identity_of(&bytes)))
    }

    /// Looks for packets from which events follow and that are not here any more: a merge that was settled by hand kept
    /// one of them.
    fn history(&mut self) -> Result<(), NotGathered> {
        let first = self.events.iter().filter(|event| event.n() == 1);
        let mut roots: BTreeSet<Hash> = first.flat_map(|event| event.parents().to_vec()).collect();
        roots.retain(|root| !self.packets.contains_key(root));
        if roots.is_empty() {
            return Ok(());
        }
        let [file, _] = self.files();
        let path = file.path();
        let told = self.git.must(&["rev-list", "--all", "HEAD", "--full-history", COMMITS_MAX, "--", &path])?.line();
        let mut seen = BTreeSet::new();
        for commit in told.lines() {
            if roots.is_empty() {
                return Ok(());
            }
            let Some(hash) = self.trees.hash_in(commit, &file.path())?.filter(|hash| seen.insert(hash.clone())) else {
                continue;
            };
            let bytes = self.trees.read_one(&file, &hash)?;
            if roots.remove(&Packet::hash_of(&bytes)) {
                self.add_packet(bytes);
            }
        }
        match roots.first() {
            Some(root) => Err(NotGathered::NoPacket(self.id, *root)),
            None => Ok(()),
        }
    }
}

/// The numbers under which both sides of a merge that is not settled have a request of their own, with the title of ours.
/// Git is asked only where something is under way.
///
/// # Errors
/// [`Unanswered`].
pub fn unmerged_twins(root: &Path) -> Result<BTreeMap<RequestId, String>, Unanswered> {
    let is_packet = |path: &String| matches!(CarriedFile::parse(path), Some(CarriedFile::Packet(_)));
    if !unmerged::waiting(root).iter().any(is_packet) {
        return Ok(BTreeMap::new());
    }
    let mut twins = BTreeMap::new();
    for (path, stages) in unmerged::stages(root)? {
        let Some(CarriedFile::Packet(id)) = CarriedFile::parse(&path) else { continue };
        let [_, Some(ours), Some(theirs)] = &stages.objects else { continue };
        let read = |object: &str| unmerged::read(root, object, PACKET_BYTES_MAX as u64);
        let (ours, theirs) = (Packet::parse(&read(ours)?), Packet::parse(&read(theirs)?));
        if let (Ok(ours), Ok(theirs)) = (ours, theirs)
            && ours.uid != theirs.uid
        {
            twins.insert(id, ours.title);
        }
    }
    Ok(twins)
}

/// Which ledger a file of settings is of; `None` if it can't be read.
pub(super) fn identity_of(settings: &[u8]) -> Option<uuid::Uuid> {
    let text = std::str::from_utf8(settings).ok()?;
    Settings::parse(text).ok().map(|settings| settings.ledger_id)
}

/// Another number under which a request stands here: who gets a new one keeps the day.
///
/// # Errors
/// Failed machinery.
pub fn standing_elsewhere(store: &FsStore, id: RequestId, packet: &Packet) -> Result<Option<RequestId>, StoreError> {
    for other in store.requests()?.into_iter().filter(|other| other.day() == id.day() && *other != id) {
        let Some(bytes) = store.carried(&CarriedFile::Packet(other))? else { continue };
        if Packet::parse(&bytes).is_ok_and(|there| there.uid == packet.uid) {
            return Ok(Some(other));
        }
    }
    Ok(None)
}
