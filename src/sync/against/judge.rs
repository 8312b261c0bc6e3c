//! What is not as a commit held it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use serde::Deserialize;

use super::super::restore::quoted;
use super::file::{EVENTS, Kind, REQUESTS};
use super::tree::{Entry, Folder, Modes, Now, modes, objects};
use super::{Breach, Sides, lines};
use crate::domain::body::{Body, ContractBody};
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{Origin, RequestId};
use crate::domain::packet::Packet;
use crate::domain::renumber::{is_carried_over, moves, of_packet};
use crate::registry::git::GitError;
use crate::registry::objects::{Objects, Reading};
use crate::store::fs::layout::{CONTRACT_LOG, CONTRACTS, id_of};
use crate::store::fs::log::{LOG_BYTES_MAX, parse_lines};

/// The largest list of leaves that is compared.
const LEAVES_BYTES_MAX: u64 = 16 * 1024 * 1024 * 1024;
/// How many lost events of a log are told one by one.
const TOLD_MAX: usize = 100;

/// What a commit held.
#[derive(Clone, Copy)]
pub(super) struct Base<'a> {
    /// Its hash.
    pub commit: &'a str,
    /// What git finds it by, in a line for people.
    pub name: &'a str,
    /// Its files, by their paths from the ledger's root.
    pub held: &'a BTreeMap<String, Entry>,
    /// Packets that others have put on record since.
    pub taken: &'a BTreeMap<String, Entry>,
}

/// Tells what is not as it was.
pub(super) fn judge(sides: &Sides<'_>, base: Base<'_>) -> Result<Vec<Breach>, GitError> {
    let mut folder = Folder::new(sides.files);
    let now: Vec<(&str, &Entry, Now)> =
        base.held.iter().map(|(path, entry)| (path.as_str(), entry, folder.at(path))).collect();
    let is_file = |path: &&String| matches!(Folder::new(sides.files).at(path), Now::File { .. });
    let new: Vec<&str> =
        base.taken.keys().filter(|path| !base.held.contains_key(*path)).filter(is_file).map(String::as_str).collect();
    let files = now.iter().filter(|(_, _, now)| matches!(now, Now::File { .. })).map(|(path, ..)| *path);
    let paths: Vec<&str> = files.chain(new.iter().copied()).collect();
    let hashes: HashMap<&str, String> = paths.iter().copied().zip(objects(sides, &paths)?).collect();
    let modes = modes(sides);
    let mut judge = Judge { sides, base, objects: None, lost: Vec::new(), breaches: Vec::new() };
    for (path, entry, now) in now {
        match now {
            Now::Gone => judge.gone(path, entry)?,
            Now::Other(what) => judge.tell("file-type-changed", path, entry, what.to_owned()),
            Now::File { executable } => {
                if modes == Modes::Told && executable != entry.executable {
                    let what = if executable { "it may be executed, and was" } else { "it was executable, and is" };
                    judge.tell("file-type-changed", path, entry, format!("{what} a plain file"));
                }
                if hashes.get(path) != Some(&entry.object) {
                    judge.differs(path, entry)?;
                }
            }
        }
    }
    for path in new {
        if let Some(entry) = base.taken.get(path).filter(|entry| hashes.get(path) != Some(&entry.object)) {
            judge.clashes(path, entry)?;
        }
    }
    judge.moved()?;
    Ok(judge.breaches)
}

/// What of a packet tells one request from another, read from whatever is there.
#[derive(Deserialize)]
struct Identity {
    uid: String,
}

fn uid(packet: &[u8]) -> Option<String> {
    serde_json::from_slice::<Identity>(packet).ok().map(|identity| identity.uid)
}

#[derive(Deserialize)]
struct LedgerIdentity {
    ledger_id: String,
}

struct Judge<'a> {
    sides: &'a Sides<'a>,
    base: Base<'a>,
    objects: Option<Objects>,
    /// Requests whose packets are not under their ids any more, by their uids.
    lost: Vec<(RequestId, String)>,
    breaches: Vec<Breach>,
}

impl Judge<'_> {
    /// The path of a file as it is now.
    fn at(&self, path: &str) -> PathBuf {
        self.sides.files.join(path)
    }

    fn restore(&self, path: &str) -> String {
        format!("restore it: {} checkout {} -- {}", self.git(), self.base.name, self.at(path).display())
    }

    /// The `git` that works on the ledger's folder.
    fn git(&self) -> String {
        self.sides.elsewhere.map_or_else(|| "git".to_owned(), |root| format!("git -C {}", quoted(root)))
    }

    fn tell(&mut self, code: &'static str, path: &str, entry: &Entry, what: String) {
        let fix = self.restore(path);
        self.add(code, path, entry, None, what, fix);
    }

    fn add(&mut self, code: &'static str, path: &str, entry: &Entry, line: Option<usize>, what: String, fix: String) {
        let path = self.at(path);
        self.breaches.push(Breach { code, id: entry.kind.request(), path, line, what, fix });
    }

    /// A file of the commit.
    fn before(&mut self, path: &str, entry: &Entry) -> Result<Vec<u8>, GitError> {
        let sides = self.sides;
        let held = sides.held(self.base.commit, path);
        self.open()?.read(&entry.object, LOG_BYTES_MAX).map_err(|bad| held.failed(bad))
    }

    /// The process that all objects are asked of.
    fn open(&mut self) -> Result<&mut Objects, GitError> {
        if self.objects.is_none() {
            self.objects = Some(Objects::open(self.sides.repo)?);
        }
        self.objects.as_mut().ok_or_else(|| GitError::Program(std::io::Error::other("it did not start")))
    }

    /// A file as it is now.
    fn now(&self, path: &str) -> Result<Vec<u8>, GitError> {
        let unreadable =
            |what: String| GitError::Unreadable { reference: "the work tree".to_owned(), path: path.to_owned(), what };
        let file = File::open(self.at(path)).map_err(|error| unreadable(error.to_string()))?;
        let mut bytes = Vec::new();
        file.take(LOG_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(|error| unreadable(error.to_string()))?;
        if bytes.len() as u64 > LOG_BYTES_MAX {
            return Err(unreadable(format!("it has more than {LOG_BYTES_MAX} bytes")));
        }
        Ok(bytes)
    }

    fn gone(&mut self, path: &str, entry: &Entry) -> Result<(), GitError> {
        let (code, what) = match &entry.kind {
            // Without its settings there is no ledger to be verified.
            Kind::Settings => ("ledger-changed", "the ledger's settings are gone".to_owned()),
            Kind::Packet(id) => {
                let before = self.before(path, entry)?;
                self.lost.extend(uid(&before).map(|uid| (*id, uid)));
                ("packet-removed", "the packet was on record and is gone".to_owned())
            }
            Kind::Log(_) | Kind::ContractLog(_) => {
                let events = lines::count(&self.before(path, entry)?);
                if events == 0 {
                    return Ok(());
                }
                let events = if events == 1 { "1 event".to_owned() } else { format!("{events} events") };
                ("log-removed", format!("the log was on record with {events} and is gone"))
            }
            Kind::Version(_, version) => {
                if self.registered(path, *version)? == Registered::Never {
                    return Ok(());
                }
                ("version-removed", format!("v{version} was registered and is gone"))
            }
            Kind::Leaves(origin) => {
                if self.covered(origin) == 0 {
                    return Ok(());
                }
                ("checkpoint-removed", "the list of what checkpoints cover is gone".to_owned())
            }
            Kind::Checkpoint(..) => ("checkpoint-removed", "the checkpoint was on record and is gone".to_owned()),
            Kind::Signature(..) => ("checkpoint-removed", "the signature was on record and is gone".to_owned()),
        };
        self.tell(code, path, entry, what);
        Ok(())
    }

    fn differs(&mut self, path: &str, entry: &Entry) -> Result<(), GitError> {
        match &entry.kind {
            Kind::Settings => self.settings(path, entry),
            Kind::Packet(id) => self.packet(path, entry, *id),
            Kind::Log(_) | Kind::ContractLog(_) => self.log(path, entry),
            Kind::Version(_, version) => self.version(path, entry, *version),
            Kind::Leaves(origin) => self.leaves(path, entry, origin),
            Kind::Checkpoint(..) => {
                self.tell("checkpoint-edited", path, entry, "a checkpoint is never edited".to_owned());
                Ok(())
            }
            Kind::Signature(..) => {
                self.tell("checkpoint-edited", path, entry, "a signature is never edited".to_owned());
                Ok(())
            }
        }
    }

    fn settings(&mut self, path: &str, entry: &Entry) -> Result<(), GitError> {
        let identity = |bytes: &[u8]| serde_json::from_slice::<LedgerIdentity>(bytes).ok().map(|one| one.ledger_id);
        let (before, now) = (identity(&self.before(path, entry)?), identity(&self.now(path)?));
        if let Some(before) = before.filter(|before| now.as_ref() != Some(before)) {
            let now = now.unwrap_or_else(|| "none".to_owned());
            let what = format!("the ledger_id was {before}, and is {now}");
            let fix = format!("put the ledger_id back: {before}");
            self.add("ledger-changed", path, entry, None, what, fix);
        }
        Ok(())
    }

    fn packet(&mut self, path: &str, entry: &Entry, id: RequestId) -> Result<(), GitError> {
        let (before, now) = (self.before(path, entry)?, self.now(path)?);
        match (uid(&before), uid(&now)) {
            (Some(was), Some(is)) if was != is => {
                if self.elsewhere(id)?.contains(&Packet::hash_of(&before)) {
                    return Ok(());
                }
                let what = format!("another request has this id: its uid was {was}, and is {is}");
                let fix = format!("{}; what is new takes another number", self.restore(path));
                self.add("id-clash", path, entry, None, what, fix);
                self.lost.push((id, was));
                return Ok(());
            }
            (_, _) => {}
        }
        if !self.is_mended(path, &before, &now)? {
            self.tell("packet-edited", path, entry, "the packet was on record and is never edited".to_owned());
        }
        Ok(())
    }

    /// Whether the packet was damaged at the commit, and is now the one that its first event named then.
    fn is_mended(&mut self, path: &str, before: &[u8], now: &[u8]) -> Result<bool, GitError> {
        let log = path.replace("/requests/", "/events/") + "l";
        let base = self.base;
        let Some(entry) = base.held.get(&log) else { return Ok(false) };
        let events = parse_lines(&self.before(&log, entry)?).events;
        let names = |packet: &[u8]| {
            let hash = Hash::of(&[packet]);
            events.iter().any(|(_, event)| event.n() == 1 && event.parents() == [hash])
        };
        Ok(!names(before) && names(now))
    }

    fn log(&mut self, path: &str, entry: &Entry) -> Result<(), GitError> {
        let (before, now) = (self.before(path, entry)?, self.now(path)?);
        let mut lost = lines::lost(&before, &now);
        if let (false, Kind::Log(id)) = (lost.is_empty(), &entry.kind) {
            let elsewhere = self.elsewhere(*id)?;
            lost.retain(|one| !elsewhere.contains(&one.hash));
        }
        let (all, file, name) = (lost.len(), self.at(path), self.base.name);
        // The file is told as seen from the ledger's folder: there git and the shell see it.
        let steps = |then: &str| match self.sides.elsewhere {
            Some(root) => format!("(cd {} && git show {name}:./{path} >> {path}{then})", quoted(root)),
            None => format!("git show {name}:./{path} >> {}{then}", file.display()),
        };
        let show = steps("");
        for one in lost.into_iter().take(TOLD_MAX) {
            let number = one.n.map(|n| format!(" {n}")).unwrap_or_default();
            let kind = one.kind.map(|kind| format!("{kind}, ")).unwrap_or_default();
            let event = format!("event{number} ({kind}{}), line {} of the log at {name},", one.hash.short(), one.line);
            match one.edited {
                Some(line) => {
                    let steps = steps(" && ledger repair-merge");
                    let fix = format!("put the event back, and have the edited line set aside: {steps}");
                    self.add("event-edited", path, entry, Some(line), format!("{event} was edited"), fix);
                }
                None => {
                    let fix = format!("put it back; lines may stand twice: {show}");
                    self.add("event-removed", path, entry, None, format!("{event} is gone"), fix);
                }
            }
        }
        if all > TOLD_MAX {
            let what = format!("{} more events of the log at {name} are gone or edited", all - TOLD_MAX);
            self.add("event-removed", path, entry, None, what, format!("put them back: {show}"));
        }
        Ok(())
    }

    /// What was on record under a number and is on record under another one, to which what is on record now points: the
    /// packets and the events.
    fn elsewhere(&mut self, id: RequestId) -> Result<HashSet<Hash>, GitError> {
        let at = |id: RequestId| [format!("{REQUESTS}/{id}.json"), format!("{EVENTS}/{id}.jsonl")];
        let [_, log] = at(id);
        let mut elsewhere = HashSet::new();
        let base = self.base;
        let Some(entry) = base.held.get(&log) else { return Ok(elsewhere) };
        if !matches!(Folder::new(self.sides.files).at(&log), Now::File { .. }) {
            return Ok(elsewhere);
        }
        let now = parse_lines(&self.now(&log)?).events;
        let moved = moves(&now.into_iter().map(|(_, event)| event).collect::<Vec<_>>());
        if moved.is_empty() {
            return Ok(elsewhere);
        }
        let before: Vec<Event> =
            parse_lines(&self.before(&log, entry)?).events.into_iter().map(|(_, event)| event).collect();
        for moved in moved {
            let [packet, log] = at(moved.moved_to);
            let is_there = |path: &str| matches!(Folder::new(self.sides.files).at(path), Now::File { .. });
            if !is_there(&packet) || !is_there(&log) {
                continue;
            }
            let bytes = self.now(&packet)?;
            let Ok(to) = Packet::parse(&bytes) else { continue };
            let there: Vec<Event> = parse_lines(&self.now(&log)?).events.into_iter().map(|(_, event)| event).collect();
            if is_carried_over(&moved, before.clone(), (&to, Packet::hash_of(&bytes)), &there) {
                elsewhere.insert(moved.packet);
                elsewhere.extend(of_packet(before.clone(), moved.packet).iter().map(Event::hash));
            }
        }
        Ok(elsewhere)
    }

    fn version(&mut self, path: &str, entry: &Entry, version: u32) -> Result<(), GitError> {
        let registered = match self.registered(path, version)? {
            Registered::Never => return Ok(()),
            Registered::Unknown => Vec::new(),
            Registered::As(hashes) => hashes,
        };
        let (before, now) = (Hash::of(&[&self.before(path, entry)?]), Hash::of(&[&self.now(path)?]));
        // One that was damaged then may be mended.
        if registered.contains(&before) || !registered.contains(&now) {
            self.tell("version-edited", path, entry, format!("v{version} was registered and is never edited"));
        }
        Ok(())
    }

    /// As what a version was registered at the commit.
    fn registered(&mut self, path: &str, version: u32) -> Result<Registered, GitError> {
        let name = path.strip_prefix(CONTRACTS).unwrap_or(path).trim_start_matches('/').split('/').next();
        let log = format!("{CONTRACTS}/{}/{CONTRACT_LOG}", name.unwrap_or_default());
        let base = self.base;
        let Some(entry) = base.held.get(&log) else { return Ok(Registered::Never) };
        let bytes = self.before(&log, entry)?;
        let events = parse_lines(&bytes).events;
        let hashes: Vec<Hash> = events
            .iter()
            .filter_map(|(_, event)| {
                let Body::Contract(ContractBody::Registered(data)) = event.body() else { return None };
                (data.version == version).then_some(data.sha256)
            })
            .collect();
        // What a newer program wrote may have registered it.
        let is_all_read = lines::count(&bytes) <= events.len();
        Ok(match (hashes.is_empty(), is_all_read) {
            (false, _) => Registered::As(hashes),
            (true, true) => Registered::Never,
            (true, false) => Registered::Unknown,
        })
    }

    /// How many leaves the largest checkpoint of an origin covered.
    fn covered(&self, origin: &Origin) -> u64 {
        let sizes = self.base.held.values().filter_map(|entry| {
            let Kind::Checkpoint(of, size) = &entry.kind else { return None };
            (of == origin).then_some(*size)
        });
        sizes.max().unwrap_or(0)
    }

    fn leaves(&mut self, path: &str, entry: &Entry, origin: &Origin) -> Result<(), GitError> {
        let covered = self.covered(origin);
        let unreadable = |error: std::io::Error| GitError::Unreadable {
            reference: "the work tree".to_owned(),
            path: path.to_owned(),
            what: error.to_string(),
        };
        let mut now = std::io::BufReader::new(File::open(self.at(path)).map_err(unreadable)?);
        let (mut whole, mut differs, mut failed) = (0, None, None);
        let mut see = |chunk: &[u8]| {
            let mut there = vec![0; chunk.len()];
            for (byte, at) in chunk.iter().zip(0..) {
                if whole == covered {
                    return Reading::Enough;
                }
                if at == 0 {
                    match read_full(&mut now, &mut there) {
                        Ok(read) => there.truncate(read),
                        Err(error) => failed = Some(error),
                    }
                }
                if there.get(at) != Some(byte) {
                    differs = Some(whole + 1);
                    return Reading::Enough;
                }
                whole += u64::from(*byte == b'\n');
            }
            Reading::On
        };
        let held = self.sides.held(self.base.commit, path);
        let objects = match &mut self.objects {
            Some(objects) => objects,
            none => none.insert(Objects::open(self.sides.repo)?),
        };
        objects.see(&entry.object, LEAVES_BYTES_MAX, &mut see).map_err(|bad| held.failed(bad))?;
        if let Some(error) = failed {
            return Err(unreadable(error));
        }
        if let Some(line) = differs {
            let what = format!("leaf {line} is not the one that checkpoint {covered} covered");
            let fix = self.restore(path);
            self.add("checkpoint-edited", path, entry, usize::try_from(line).ok(), what, fix);
        }
        Ok(())
    }

    /// A packet that is new here and new there, under one id.
    fn clashes(&mut self, path: &str, entry: &Entry) -> Result<(), GitError> {
        let there = self.before(path, entry)?;
        let here = self.now(path)?;
        let reference = self.sides.reference;
        let what = if uid(&there) == uid(&here) {
            format!("{reference} has this packet with another content")
        } else {
            format!("{reference} has another request of this id")
        };
        let fix =
            "the one that was published first keeps the id: make this request anew, under another number".to_owned();
        self.add("id-clash", path, entry, None, what, fix);
        Ok(())
    }

    /// Tells which requests stand under another id now.
    fn moved(&mut self) -> Result<(), GitError> {
        if self.lost.is_empty() {
            return Ok(());
        }
        let Ok(entries) = std::fs::read_dir(self.sides.files.join(REQUESTS)) else { return Ok(()) };
        let mut ids: Vec<RequestId> = entries.filter_map(|entry| id_of(&entry.ok()?.file_name(), ".json")).collect();
        ids.sort();
        for id in ids {
            let path = format!("{REQUESTS}/{id}.json");
            let is_as_it_was = self.base.held.contains_key(&path) && !self.lost.iter().any(|(lost, _)| *lost == id);
            if is_as_it_was || !matches!(Folder::new(self.sides.files).at(&path), Now::File { .. }) {
                continue;
            }
            let here = uid(&self.now(&path)?);
            let from =
                self.lost.iter().find(|(was, uid)| *was != id && here.as_ref() == Some(uid)).map(|(was, _)| *was);
            if let Some(from) = from {
                let what = format!("{from} was on record and stands under another id now: it has the same uid");
                let entry = Entry { kind: Kind::Packet(id), object: String::new(), executable: false };
                let fix = format!(
                    "an id that was published is never changed: {}",
                    self.restore(&format!("{REQUESTS}/{from}.json"))
                );
                self.add("id-moved", &path, &entry, None, what, fix);
            }
        }
        Ok(())
    }
}

/// Whether a version was on record.
#[derive(PartialEq, Eq)]
enum Registered {
    Never,
    /// Not all of the log can be read by this program.
    Unknown,
    As(Vec<Hash>),
}

/// Reads until a buffer is full or the file ends.
fn read_full(file: &mut impl Read, buffer: &mut [u8]) -> std::io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match file.read(&mut buffer[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}
