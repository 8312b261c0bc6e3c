//! Which request was made with which key: a disposable table that can prove a key absent.
//!
//! A hit proves itself: the packet is read and carries the key. That there is none, or none before it, is proved by the
//! folder of packets: if its modification time is the one at which the table was known to be complete, no packet has come
//! since. Otherwise the folder is listed and every packet that is new or changed is read.
//!
//! What this clone makes itself changes that time too. A batch proves with a watch that nobody else changed the folder
//! meanwhile. The kernel takes some ten milliseconds to let go of a watch, too long for a single create: that takes the
//! folder's new time for its own, and within a second the folder is listed again to make sure. So the table is exact
//! against everything that takes the ledger's locks; a program that takes none, and adds a packet in the very
//! microseconds of a create, is noticed within a second.
//!
//! Two files in `.local/`: `keys.log` has a line a packet, appended; `keys.state` says for which modification time of
//! the folder the log is complete. Neither is synced, so the state also names the boot: after another one it does not
//! count.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde::{Deserialize, Serialize};

use super::disk::{Create, Facts};
use super::files::{self, Durability, Files};
use super::io;
use super::layout::{Layout, id_of};
use super::reading::MISSING_PACKET;
use super::watch::{Seen, Watch};
use crate::domain::hash::Hash;
use crate::domain::id::{Key, RequestId};
use crate::domain::packet::{PACKET_BYTES_MAX, Packet};
use crate::store::StoreError;

const TABLE_BYTES_MAX: u64 = 1 << 30;
/// How many of the table's last bytes its checksum covers.
const SUMMED_BYTES: u64 = 1024;
/// After so much of it what was read of packets is written down.
const FLUSHED_BYTES: usize = 1 << 20;
/// How long after a listing a create may take the folder's new time for its own.
const RECENT_NS: u64 = 1_000_000_000;

/// What a process keeps between its sessions.
#[derive(Debug, Default)]
pub struct Kept {
    table: Table,
    watch: Option<Watch>,
}

/// After so many look-ups by searching its text, the table is sorted into maps.
const SEARCHES_MAX: u32 = 4;

/// The table as it was last read. One look-up searches its text; only many, or a listing of the folder, are worth
/// sorting it into maps.
#[derive(Debug, Default)]
struct Table {
    /// The file when it was read.
    file: Facts,
    /// What stood there.
    text: Vec<u8>,
    /// How much of the text is in the maps.
    sorted_to: usize,
    /// What was read of packets and could not be kept in the file.
    unkept: Vec<(RequestId, Option<u128>)>,
    searches: u32,
    known: HashMap<RequestId, (Facts, Option<u128>)>,
    by_key: HashMap<u128, Vec<RequestId>>,
}

/// For which state of the folder the table is complete.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
struct Complete {
    boot: String,
    inode: u64,
    modified_ns: u64,
    /// How much of the table that takes, and its checksum.
    table_bytes: usize,
    table_sum: u64,
    /// Whether this file system gives every change that follows a look a time of its own.
    fine_times: bool,
    /// When the folder was last listed, on the clock that stamps files.
    listed_ns: u64,
    /// Whether every change since was proved to be this clone's own.
    is_proved: bool,
}

impl Complete {
    /// Whether it still counts: proved, or of a folder that was listed a moment ago.
    fn counts(&self) -> bool {
        let now = files::now_ns();
        self.is_proved || (self.listed_ns..self.listed_ns.saturating_add(RECENT_NS)).contains(&now)
    }
}

/// How a session shows that a change of the folder was its own.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Proof {
    /// By a watch.
    Watch,
    /// By a listing not long ago.
    Recent,
}

/// Whether a session may write the table: only under the lock that keeps other creators out.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keeping {
    /// What it reads of packets is kept in the table.
    Table,
    /// It is held without the lock and writes nothing.
    Nothing,
}

/// A look-up session. One that makes packets is held under the lock that keeps other creators out.
pub struct Keys<'a> {
    layout: &'a Layout,
    files: &'a Files,
    kept: &'a Mutex<Kept>,
    folder: PathBuf,
    complete: Option<Complete>,
    keeping: Keeping,
    proof: Proof,
    made: Vec<(RequestId, Option<u128>)>,
}

impl<'a> Keys<'a> {
    /// Begins a session that makes nothing.
    #[must_use]
    pub fn to_read(layout: &'a Layout, files: &'a Files, kept: &'a Mutex<Kept>, keeping: Keeping) -> Self {
        let folder = layout.requests();
        let complete = Self::read_complete(layout, files, &folder);
        Self { layout, files, kept, folder, complete, keeping, proof: Proof::Recent, made: Vec::new() }
    }

    /// Begins a session that makes one packet.
    #[must_use]
    pub fn to_write_one(layout: &'a Layout, files: &'a Files, kept: &'a Mutex<Kept>) -> Self {
        Self::to_read(layout, files, kept, Keeping::Table)
    }

    /// Begins a session that makes many packets.
    #[must_use]
    pub fn to_write(layout: &'a Layout, files: &'a Files, kept: &'a Mutex<Kept>) -> Self {
        let folder = layout.requests();
        // The watch first: whatever the times below do not show, it sees.
        let mut held = kept.lock().unwrap_or_else(PoisonError::into_inner);
        if !held.watch.as_ref().is_some_and(|watch| watch.begin_anew(files, &folder)) {
            held.watch = Watch::over(files, &folder);
        }
        drop(held);
        Self { proof: Proof::Watch, ..Self::to_read(layout, files, kept, Keeping::Table) }
    }

    /// The request that carries this key: of several, which two clones made, the one with the smallest id. Exact.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn find(&mut self, key: &Key) -> Result<Option<RequestId>, StoreError> {
        if let Some(known) = self.at_hand(key)? {
            return Ok(known);
        }
        self.look()?;
        self.hit(key)
    }

    /// What the table tells without a look at the packets: the request, or that there is none. `None` if it takes a look: a
    /// packet that the table does not know may come before the one that it does.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn at_hand(&mut self, key: &Key) -> Result<Option<Option<RequestId>>, StoreError> {
        if self.is_complete()? { self.hit(key).map(Some) } else { Ok(None) }
    }

    /// Takes note of a packet that this session makes.
    pub fn made(&mut self, id: RequestId, key: Option<&Key>) {
        let digest = key.map(digest_of);
        self.made.push((id, digest));
    }

    /// Writes down what the session made: should a packet be lost, its key is known to have been used. If the table was
    /// complete and nobody else touched the folder, it still is. Else the next look reads what is new. Best effort.
    pub fn settle(mut self) {
        if self.made.is_empty() {
            return;
        }
        let before = self.complete.take().filter(|complete| self.table_holds(complete));
        let made = std::mem::take(&mut self.made);
        let facts = |id: &RequestId| self.files.facts(&self.layout.packet(*id)).ok().flatten();
        let lines: Option<String> = made.iter().map(|(id, digest)| Some(line(*id, facts(id)?, *digest))).collect();
        let now = self.files.facts(&self.folder).ok().flatten();
        let ours: HashSet<RequestId> = made.iter().map(|(id, _)| *id).collect();
        // Last: what came between the making and these times must show.
        let is_ours = |name: &std::ffi::OsStr| id_of(name, ".json").is_some_and(|id| ours.contains(&id));
        let is_proved = match self.proof {
            Proof::Watch => {
                let kept = self.kept();
                kept.watch.as_ref().is_some_and(|watch| watch.saw(self.files, &self.folder, is_ours) == Seen::OnlyOurs)
            }
            Proof::Recent => false,
        };
        let goes_on = |before: &Complete, now: &Facts| {
            let is_ours = is_proved || (self.proof == Proof::Recent && before.counts());
            is_ours && before.fine_times && now.inode == before.inode
        };
        if let (Some(before), Some(now), Some(lines)) = (&before, &now, &lines)
            && goes_on(before, now)
        {
            if self.append(lines).is_ok()
                && let Some((table_bytes, table_sum)) = self.table_size()
            {
                let is_proved = before.is_proved && is_proved;
                let (modified_ns, before) = (now.modified_ns, before.clone());
                self.write_complete(&Complete { modified_ns, table_bytes, table_sum, is_proved, ..before });
            }
            return;
        }
        // Without a word on the file, which may be another by now: the next look reads it.
        let lines: String = made.iter().map(|(id, digest)| line(*id, Facts::default(), *digest)).collect();
        let _ = self.append(&lines);
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the table is complete for the folder as it is now.
    fn is_complete(&mut self) -> Result<bool, StoreError> {
        let Some(complete) = &self.complete else { return Ok(false) };
        let now = self.files.facts(&self.folder).map_err(io("look at", &self.folder))?.unwrap_or_default();
        let same = (complete.inode, complete.modified_ns) == (now.inode, now.modified_ns);
        if !same || !self.table_holds(complete) {
            self.complete = None;
        }
        Ok(self.complete.is_some())
    }

    /// Whether the table still holds what was in it when it was called complete.
    fn table_holds(&self, complete: &Complete) -> bool {
        self.sum_at(complete.table_bytes as u64).is_some_and(|sum| sum == complete.table_sum)
    }

    /// The checksum of the table's first `end` bytes; `None` if it has fewer.
    fn sum_at(&self, end: u64) -> Option<u64> {
        let tail = self.files.read_part(&self.table_path(), end.saturating_sub(SUMMED_BYTES), end).ok()??;
        Some(checksum(&tail, end))
    }

    /// How long the table is now, and its checksum.
    fn table_size(&self) -> Option<(usize, u64)> {
        let size = self.files.facts(&self.table_path()).ok()??.size;
        Some((usize::try_from(size).ok()?, self.sum_at(size)?))
    }

    fn table_path(&self) -> PathBuf {
        self.layout.in_local("keys.log")
    }

    fn hit(&self, key: &Key) -> Result<Option<RequestId>, StoreError> {
        for id in self.candidates(digest_of(key))? {
            let packet = self.layout.packet(id);
            // Where it is known to have been made, it must not be made a second time.
            match self.carried(&packet)? {
                Carried::Key(carried) if carried.as_ref() == Some(key) => return Ok(Some(id)),
                Carried::Key(_) => {}
                Carried::Unreadable(what) => return Err(StoreError::damaged(Some(id), &packet, None, what)),
                Carried::Absent => {
                    let log = self.layout.log(id);
                    if self.files.facts(&log).map_err(io("look at", &log))?.is_some_and(|facts| facts.size > 0) {
                        return Err(StoreError::damaged(Some(id), &packet, None, MISSING_PACKET));
                    }
                }
            }
        }
        Ok(None)
    }

    /// The requests that may carry a key, in order.
    fn candidates(&self, digest: u128) -> Result<Vec<RequestId>, StoreError> {
        let searches = {
            let Kept { table, .. } = &mut *self.kept();
            table.searches = table.searches.saturating_add(1);
            table.searches
        };
        let mut ids: Vec<RequestId> = if searches > SEARCHES_MAX {
            self.catch_up()?;
            let Kept { table, .. } = &mut *self.kept();
            table.sort();
            table.by_key.get(&digest).cloned().unwrap_or_default()
        } else {
            let path = self.table_path();
            let wanted = format!(" {digest:032x}\n");
            let found = match self.files.lines_with(&path, wanted.as_bytes(), TABLE_BYTES_MAX) {
                // Too large, or no plain file: it is disposable, and made anew by the next listing.
                Err(error) if error.kind() == std::io::ErrorKind::InvalidData => Vec::new(),
                other => other.map_err(io("search", &path))?,
            };
            found.iter().filter_map(|line| read_line(line)).map(|(id, _, _)| id).collect()
        };
        let Kept { table, .. } = &*self.kept();
        ids.extend(table.unkept.iter().filter(|(_, of)| *of == Some(digest)).map(|(id, _)| *id));
        ids.sort_unstable();
        ids.dedup();
        Ok(ids)
    }

    /// Reads what was appended to the table since it was last read; all of it if it is no longer the same.
    fn catch_up(&self) -> Result<(), StoreError> {
        let path = self.table_path();
        let Kept { table, .. } = &mut *self.kept();
        let file = self.files.facts(&path).ok().flatten().unwrap_or_default();
        if file == table.file {
            return Ok(());
        }
        let read = match self.files.read(&path, TABLE_BYTES_MAX) {
            // Too large, or no plain file: it is disposable.
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                if self.keeping == Keeping::Table {
                    let _ = self.files.remove(&path);
                }
                None
            }
            other => other.map_err(io("read", &path))?,
        };
        let Some((bytes, file)) = read else {
            *table = Table::default();
            return Ok(());
        };
        if !bytes.starts_with(&table.text) {
            *table = Table::default();
        }
        (table.file, table.text) = (file, bytes);
        Ok(())
    }

    /// Lists the folder and reads every packet that the table does not know as it is.
    fn look(&mut self) -> Result<(), StoreError> {
        let fine_times = self.times_are_fine();
        let before = self.files.facts(&self.folder).map_err(io("look at", &self.folder))?.unwrap_or_default();
        // Before the listing: a change during it must not carry the time of one before it.
        let is_settled = fine_times || is_old(before);
        let mut lines = String::new();
        self.catch_up()?;
        self.kept().table.sort();
        let ids = super::list(self.files, &self.folder, ".json")?;
        let folder = self.files.folder(&self.folder).map_err(io("open", &self.folder))?;
        let mut name = String::new();
        for id in ids {
            name.clear();
            // Writing to a String can't fail.
            let _ = write!(name, "{id}.json");
            let Some(facts) = folder.facts(&name).map_err(io("look at", &self.folder))? else { continue };
            if self.kept().table.known.get(&id).is_some_and(|(known, _)| *known == facts) {
                continue;
            }
            let facts = if fine_times { facts } else { distinct(facts) };
            let key = match self.carried(&self.folder.join(&name))? {
                Carried::Key(key) => key,
                // That is told when the request itself is read.
                Carried::Unreadable(_) | Carried::Absent => None,
            };
            lines.push_str(&line(id, facts, key.as_ref().map(digest_of)));
            // Whoever comes to the end of his time before all are read leaves what was read to the next one.
            if lines.len() >= FLUSHED_BYTES && self.keeping == Keeping::Table && self.append(&lines).is_ok() {
                lines.clear();
            }
        }
        if self.keeping == Keeping::Nothing || self.append(&lines).is_err() {
            // Without a place to keep it, what was read still answers this session.
            let Kept { table, .. } = &mut *self.kept();
            table.unkept = lines.lines().filter_map(read_line).map(|(id, _, digest)| (id, digest)).collect();
            return Ok(());
        }
        self.catch_up()?;
        if is_settled {
            let Some((table_bytes, table_sum)) = self.table_size() else { return Ok(()) };
            let Facts { inode, modified_ns, .. } = before;
            let listed_ns = files::now_ns();
            let boot = boot();
            let complete =
                Complete { boot, inode, modified_ns, table_bytes, table_sum, fine_times, listed_ns, is_proved: true };
            self.write_complete(&complete);
            self.complete = Some(complete);
        }
        Ok(())
    }

    fn append(&self, lines: &str) -> std::io::Result<()> {
        let file = self.files.open_log(&self.table_path(), Create::Yes)?;
        match file {
            // A newline first: whatever a killed process left of its line stays a line of its own, which no one can read.
            Some(mut file) if !lines.is_empty() => file.append(format!("\n{lines}").as_bytes()),
            Some(_) | None => Ok(()),
        }
    }

    fn read_complete(layout: &Layout, files: &Files, folder: &Path) -> Option<Complete> {
        let (bytes, _) = files.read(&layout.in_local("keys.state"), 4096).ok()??;
        let complete: Complete = serde_json::from_slice(&bytes).ok()?;
        let now = files.facts(folder).ok()??;
        let same = complete.inode == now.inode && complete.modified_ns == now.modified_ns;
        (same && complete.boot == boot() && !complete.boot.is_empty() && complete.counts()).then_some(complete)
    }

    fn write_complete(&self, complete: &Complete) {
        let Ok(text) = serde_json::to_string(complete) else { return };
        let _ = self.files.scribble(&self.layout.in_local("keys.state"), &text);
    }

    /// Whether changes that follow a look always get a time of their own (Linux 6.13's multigrain times do that, but
    /// not for every change on every file system; the classic clock stands still for milliseconds). Tried out: several
    /// changes of each kind and looks within one tick.
    fn times_are_fine(&self) -> bool {
        const ROUNDS: usize = 3;
        let started = files::now_ns();
        let times: Option<Vec<u64>> =
            (0..ROUNDS).map(|round| self.times_of_changes(started, round)).try_fold(Vec::new(), |mut all, times| {
                all.extend(times?);
                Some(all)
            });
        let is_quick = files::now_ns().saturating_sub(started) < 3_000_000;
        is_quick && times.is_some_and(|times| times.iter().collect::<HashSet<_>>().len() == times.len())
    }

    /// The times of a folder after a link, a rename and a removal.
    fn times_of_changes(&self, started: u64, round: usize) -> Option<[u64; 3]> {
        let tmp = self.layout.in_local("tmp");
        let name = tmp.join(format!("probe-{}-{started}-{round}", std::process::id()));
        let time = || Some(self.files.facts(&tmp).ok()??.modified_ns);
        self.files.stage(&tmp, &tmp, b"", 0o600).ok()?.link(&name).ok()?;
        let linked = time();
        let renamed = self.files.replace(&name, &tmp, b"", Durability::Lost).ok().and_then(|()| time());
        self.files.remove(&name).ok()?;
        Some([linked?, renamed?, time()?])
    }

    /// What a packet says of its key.
    fn carried(&self, path: &Path) -> Result<Carried, StoreError> {
        let read = match self.files.read(path, PACKET_BYTES_MAX as u64) {
            Ok(read) => read,
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                return Ok(Carried::Unreadable(error.to_string()));
            }
            Err(error) => return Err(io("read", path)(error)),
        };
        Ok(match read.map(|(bytes, _)| Packet::parse(&bytes)) {
            Some(Ok(packet)) => Carried::Key(packet.key),
            Some(Err(error)) => Carried::Unreadable(error.to_string()),
            None => Carried::Absent,
        })
    }
}

/// What a packet says of its key.
enum Carried {
    /// That it has this one, or none.
    Key(Option<Key>),
    /// Nothing: it can't be read.
    Unreadable(String),
    /// There is no such packet.
    Absent,
}

impl Table {
    /// Sorts what was not sorted yet into the maps.
    fn sort(&mut self) {
        // Only whole lines: a search finds no other, so a line that was cut must not pass for known.
        let end = self.text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        if self.sorted_to >= end {
            return;
        }
        let new = String::from_utf8_lossy(&self.text[self.sorted_to..end]).into_owned();
        for (id, facts, digest) in new.lines().filter_map(read_line) {
            if let Some(digest) = digest {
                self.by_key.entry(digest).or_default().push(id);
            }
            self.known.insert(id, (facts, digest));
        }
        self.sorted_to = end;
    }
}

/// Whether a file or folder is so old that any change from now on gives it another time.
fn is_old(facts: Facts) -> bool {
    facts.modified_ns.saturating_add(super::YOUNG_NS) < files::now_ns()
}

/// Facts that no other content will have: a file too young for that is noted with a time that none has.
fn distinct(facts: Facts) -> Facts {
    if is_old(facts) { facts } else { Facts { modified_ns: 0, ..facts } }
}

/// Tells a table from one that was cut, or made anew, by its length and its last bytes (FNV-1a); nobody forges one.
fn checksum(tail: &[u8], length: u64) -> u64 {
    let numbers = tail.iter().map(|byte| u64::from(*byte)).chain([length]);
    numbers.fold(0xcbf2_9ce4_8422_2325, |sum, number| (sum ^ number).wrapping_mul(0x0100_0000_01b3))
}

fn digest_of(key: &Key) -> u128 {
    let hash = Hash::of(&[b"ledger-key-v1\n", key.as_str().as_bytes()]).to_string();
    u128::from_str_radix(&hash[..32], 16).unwrap_or_default()
}

fn line(id: RequestId, facts: Facts, digest: Option<u128>) -> String {
    let Facts { inode, size, modified_ns } = facts;
    let digest = digest.map_or_else(|| "-".to_owned(), |digest| format!("{digest:032x}"));
    format!("{id} {inode} {size} {modified_ns} {digest}\n")
}

fn read_line(line: &str) -> Option<(RequestId, Facts, Option<u128>)> {
    let mut words = line.split(' ');
    let id = words.next()?.parse().ok()?;
    let mut number = || words.next()?.parse::<u64>().ok();
    let facts = Facts { inode: number()?, size: number()?, modified_ns: number()? };
    let digest = match words.next()? {
        "-" => None,
        digits if digits.trim_end().len() == 32 => Some(u128::from_str_radix(digits.trim_end(), 16).ok()?),
        _ => return None,
    };
    words.next().is_none().then_some((id, facts, digest))
}

/// Which boot of the machine this is; empty where nobody says.
/// Which boot of the machine this is; empty where that is not known.
pub(super) fn boot() -> String {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").map(|id| id.trim().to_owned()).unwrap_or_default()
}
