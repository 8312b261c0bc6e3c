//! The journal of a batch: what is about to be written, made durable before any of it is.
//!
//! A batch touches many files and syncs them together, so a power cut in the middle can leave any of them in any state.
//! The journal lies in `.local/` while that can happen. Whoever finds it complete carries the batch out anew; whoever
//! finds it incomplete knows that nothing of the batch was begun, and removes it.
//!
//! Text: a JSON line for each file, and a last one with the SHA-256 of all before it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use serde::{Deserialize, Serialize};

use super::carried::CarriedFile;
use super::disk::{Create, Facts, Named};
use super::files::{Durability, Touched};
use super::layout::Layout;
use super::log::{self, LOG_BYTES_MAX, Tail};
use super::{FsStore, io};
use crate::domain::count;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::store::{Budget, Notice, StoreError};

pub(super) const JOURNAL_BYTES_MAX: u64 = 1 << 30;

/// What a batch writes.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Plan {
    /// New packets, with their bytes.
    pub packets: BTreeMap<RequestId, String>,
    /// Lines to append, with the length of the log before.
    pub logs: BTreeMap<RequestId, Lines>,
    /// Files that are replaced as a whole, by their paths below the root.
    pub files: BTreeMap<String, Replaced>,
    /// What becomes of the index.
    pub index: Index,
}

/// What becomes of the index of a ledger whose files are replaced.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Index {
    /// It stays, and remembers what it remembers.
    #[default]
    Kept,
    /// It goes: it would tell of events that are on record under another number now.
    Forgotten,
}

/// A file that is replaced as a whole.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Replaced {
    /// The SHA-256 of what it held; none if it was not there.
    pub was: Option<Hash>,
    /// What it holds then; none if it goes: what it held stands in another file.
    pub text: Option<String>,
}

impl Plan {
    /// Plans to append an event.
    pub fn add_line(&mut self, id: RequestId, event: &Event) {
        let lines = self.logs.entry(id).or_default();
        lines.text.push_str(event.line());
        lines.text.push('\n');
    }

    /// The logs that get lines; the others were only looked at.
    pub fn written(&self) -> impl Iterator<Item = (RequestId, &Lines)> {
        self.logs.iter().filter(|(_, lines)| !lines.text.is_empty()).map(|(id, lines)| (*id, lines))
    }

    /// The plan as it stands in the journal.
    ///
    /// # Errors
    /// [`StoreError::Unwritable`], which a plan of this program never is.
    pub fn to_bytes(&self) -> Result<Vec<u8>, StoreError> {
        let mut text = Vec::new();
        let packets = self.packets.iter().map(|(id, bytes)| Entry::Packet(*id, Cow::Borrowed(bytes)));
        let logs = self.written().map(|(id, lines)| Entry::Log(id, Cow::Borrowed(lines)));
        let files = self.files.iter().map(|(path, file)| Entry::File(Cow::Borrowed(path), Cow::Borrowed(file)));
        for entry in packets.chain(logs).chain(files) {
            write_line(&mut text, &entry)?;
        }
        if self.index == Index::Forgotten {
            write_line(&mut text, &Entry::ForgetIndex)?;
        }
        let end = Entry::End(Hash::of(&[&text]));
        write_line(&mut text, &end)?;
        Ok(text)
    }

    /// The plan of a journal, if it is complete.
    #[must_use]
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let text = std::str::from_utf8(bytes).ok()?;
        let last = text.strip_suffix('\n')?.rfind('\n').map_or(0, |at| at + 1);
        let (body, end) = text.split_at(last);
        let Ok(Entry::End(hash)) = serde_json::from_str(end) else { return None };
        if hash != Hash::of(&[body.as_bytes()]) {
            return None;
        }
        let mut plan = Self::default();
        for line in body.lines() {
            match serde_json::from_str(line).ok()? {
                Entry::Packet(id, text) => {
                    plan.packets.insert(id, text.into_owned());
                }
                Entry::Log(id, lines) => {
                    plan.logs.insert(id, lines.into_owned());
                }
                Entry::File(path, file) => {
                    plan.files.insert(path.into_owned(), file.into_owned());
                }
                Entry::ForgetIndex => plan.index = Index::Forgotten,
                Entry::End(_) => return None,
            }
        }
        Some(plan)
    }

    /// What a packet's file will hold once the batch is completed, if it is missing or half written now.
    #[must_use]
    pub fn complete_packet(&self, id: RequestId, there: Option<Vec<u8>>) -> Option<Vec<u8>> {
        if let Some(replaced) = self.replaced(&CarriedFile::Packet(id)) {
            return replaced;
        }
        match self.packets.get(&id).map(|text| text.as_bytes()) {
            Some(whole) if whole.starts_with(there.as_deref().unwrap_or_default()) => Some(whole.to_owned()),
            Some(_) | None => there,
        }
    }

    /// What a log will hold once the batch is completed, if the batch's lines are missing or half written now.
    #[must_use]
    pub fn complete_log(&self, id: RequestId, there: Option<Vec<u8>>) -> Option<Vec<u8>> {
        if let Some(replaced) = self.replaced(&CarriedFile::Log(Stream::Request(id))) {
            return replaced;
        }
        let Some(lines) = self.logs.get(&id) else { return there };
        let at = usize::try_from(lines.at).unwrap_or(usize::MAX);
        match there.as_deref().unwrap_or_default().split_at_checked(at) {
            Some((before, half)) if lines.text.as_bytes().starts_with(half) => {
                Some([before, lines.text.as_bytes()].concat())
            }
            Some(_) | None => there,
        }
    }
}

impl Plan {
    /// What a file will hold that is replaced as a whole, or that it will be gone.
    fn replaced(&self, file: &CarriedFile) -> Option<Option<Vec<u8>>> {
        if self.files.is_empty() {
            return None;
        }
        self.files.get(&file.path()).map(|file| file.text.as_ref().map(|text| text.as_bytes().to_owned()))
    }

    /// The requests whose files it names.
    #[must_use]
    pub fn requests(&self) -> BTreeSet<RequestId> {
        let files = self.files.keys().filter_map(|path| CarriedFile::parse(path)?.request());
        self.packets.keys().chain(self.logs.keys()).copied().chain(files).collect()
    }

    /// How much it is, in words.
    #[must_use]
    pub fn told(&self) -> String {
        match self.requests().len() {
            0 => count(self.files.len() as u64, "file"),
            requests => count(requests as u64, "request"),
        }
    }
}

/// The plan of a batch that was cut short, as it was last read.
#[derive(Debug, Default)]
pub struct Known(Mutex<Option<(Facts, Arc<Plan>)>>);

/// Lines to append to a log.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Lines {
    /// The length of the log before; 0 if it is not there.
    pub at: u64,
    /// The lines with their newlines.
    pub text: String,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
enum Entry<'a> {
    #[serde(rename = "packet")]
    Packet(RequestId, Cow<'a, str>),
    #[serde(rename = "log")]
    Log(RequestId, Cow<'a, Lines>),
    #[serde(rename = "file")]
    File(Cow<'a, str>, Cow<'a, Replaced>),
    #[serde(rename = "forget-index")]
    ForgetIndex,
    #[serde(rename = "end")]
    End(Hash),
}

/// Where the journal is.
pub(super) fn path(layout: &Layout) -> PathBuf {
    layout.in_local("batch.journal")
}

/// Whether a batch is under way or was cut short.
///
/// # Errors
/// Failed machinery.
pub fn is_there(store: &FsStore) -> Result<bool, StoreError> {
    let path = path(&store.layout);
    Ok(store.files.facts(&path).map_err(io("look at", &path))?.is_some())
}

/// What is left to do of a batch that was cut short; nothing if there is none, or if its journal is incomplete.
///
/// # Errors
/// Failed machinery.
pub fn left_to_do(store: &FsStore) -> Result<Arc<Plan>, StoreError> {
    let path = path(&store.layout);
    let Some(now) = store.files.facts(&path).map_err(io("look at", &path))? else { return Ok(Arc::default()) };
    let mut known = store.journal.0.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((facts, plan)) = known.as_ref()
        && *facts == now
    {
        return Ok(Arc::clone(plan));
    }
    let read = store.files.read(&path, JOURNAL_BYTES_MAX).map_err(io("read", &path))?;
    let Some((bytes, facts)) = read else { return Ok(Arc::default()) };
    let plan = Arc::new(Plan::parse(&bytes).unwrap_or_default());
    *known = Some((facts, Arc::clone(&plan)));
    Ok(plan)
}

/// Makes a plan durable.
///
/// # Errors
/// Failed machinery; nothing of the batch was begun then, but the journal may be there.
pub fn write(store: &FsStore, plan: &Plan) -> Result<(), StoreError> {
    let path = path(&store.layout);
    let text = plan.to_bytes()?;
    if text.len() as u64 > JOURNAL_BYTES_MAX {
        let what = format!("a batch of {} bytes: the most is {JOURNAL_BYTES_MAX}", text.len());
        return Err(StoreError::Unwritable(what));
    }
    store.files.replace(&path, &store.layout.in_local("tmp"), &text, Durability::Durable).map_err(io("write", &path))
}

/// Removes the journal of a batch that is durable. Should a power cut bring it back, it finds everything done.
///
/// # Errors
/// Failed machinery.
pub fn remove(store: &FsStore) -> Result<(), StoreError> {
    let path = path(&store.layout);
    store.files.remove(&path).map_err(io("remove", &path))
}

/// Removes the journal of a batch of which nothing is left, for good: brought back, it would carry the batch out.
///
/// # Errors
/// Failed machinery.
pub fn withdraw(store: &FsStore) -> Result<(), StoreError> {
    remove(store)?;
    let folder = store.layout.local();
    store.files.sync_dir(&folder).map_err(io("sync", &folder))
}

/// Takes back what was written of a plan, as far as it was, and its journal. What others wrote stays.
///
/// # Errors
/// Failed machinery, or lines that others wrote after ours.
pub fn undo(store: &FsStore, plan: &Plan) -> Result<(), StoreError> {
    for (id, lines) in plan.written() {
        undo_log(store, id, lines)?;
    }
    for (id, text) in &plan.packets {
        let path = store.layout.packet(*id);
        let there = store.files.read(&path, text.len() as u64).ok().flatten();
        if there.is_some_and(|(bytes, _)| text.as_bytes().starts_with(&bytes)) {
            store.files.remove(&path).map_err(io("remove", &path))?;
        }
    }
    sync(store, plan)?;
    withdraw(store)
}

fn undo_log(store: &FsStore, id: RequestId, lines: &Lines) -> Result<(), StoreError> {
    let path = store.layout.log(id);
    let Some(mut file) = store.files.open_log(&path, Create::No).map_err(io("open", &path))? else { return Ok(()) };
    let bytes = store.read_open_log(&Stream::Request(id), &mut file)?;
    let Some(after) = usize::try_from(lines.at).ok().and_then(|at| bytes.get(at..)) else { return Ok(()) };
    if lines.text.as_bytes().starts_with(after) {
        if lines.at == 0 {
            return store.files.remove(&path).map_err(io("remove", &path));
        }
        return file.truncate(lines.at).map_err(io("cut", &path));
    }
    if after.starts_with(lines.text.as_bytes()) {
        return Err(StoreError::damaged(Some(id), &path, None, "another program wrote to it meanwhile"));
    }
    Ok(())
}

/// Carries out a batch that was cut short, or removes a journal that was. The ledger must be held alone.
///
/// # Errors
/// Failed machinery, or files that are no longer what the journal was made for.
pub fn recover(store: &FsStore, budget: &Budget) -> Result<(), StoreError> {
    let path = path(&store.layout);
    let read = store.files.read(&path, JOURNAL_BYTES_MAX).map_err(io("read", &path))?;
    let Some((bytes, _)) = read else { return Ok(()) };
    if let Some(plan) = Plan::parse(&bytes) {
        let ids: Vec<RequestId> = plan.requests().into_iter().collect();
        let _change = store.changing(&ids)?;
        redo(store, &plan)?;
        budget.tell(&Notice::Completed { what: format!("a batch of {} that was cut short", plan.told()) });
    }
    remove(store)
}

fn write_line(text: &mut Vec<u8>, entry: &Entry<'_>) -> Result<(), StoreError> {
    serde_json::to_writer(&mut *text, entry).map_err(|e| StoreError::Unwritable(e.to_string()))?;
    text.push(b'\n');
    Ok(())
}

fn redo(store: &FsStore, plan: &Plan) -> Result<(), StoreError> {
    for (id, text) in &plan.packets {
        redo_packet(store, *id, text)?;
    }
    for (id, lines) in &plan.logs {
        redo_log(store, *id, lines)?;
    }
    forget_index(store, plan)?;
    redo_files(store, plan)?;
    sync(store, plan)?;
    Ok(())
}

/// Makes everything durable that a plan names, as far as it is there. Answers with the number of calls that it took.
///
/// # Errors
/// Failed machinery.
pub fn sync(store: &FsStore, plan: &Plan) -> Result<u64, StoreError> {
    let layout = &store.layout;
    let touched = || {
        let packets = plan.packets.keys().map(|id| layout.packet(*id));
        let logs = plan.logs.keys().map(|id| layout.log(*id));
        let is_there = |path: &PathBuf| store.files.facts(path).is_ok_and(|facts| facts.is_some());
        let mut folders: BTreeSet<PathBuf> = BTreeSet::from([layout.requests(), layout.events()]);
        // Up to the root: whoever made them may have been killed before their names were durable.
        let above = plan.files.keys().flat_map(|path| Path::new(path).ancestors().skip(1));
        folders.extend(above.map(|folder| match folder.as_os_str().is_empty() {
            true => layout.root().to_owned(),
            false => layout.root().join(folder),
        }));
        // Those that were replaced were synced before they took their places.
        let files = packets.chain(logs).filter(is_there).collect();
        Touched { files, folders: folders.into_iter().collect() }
    };
    store.files.sync_all(&touched).map_err(io("sync", layout.root()))
}

/// Puts a packet in place whose write may have been cut short. Nobody was told of it, so what is there and is no packet
/// is a torn write; it is kept aside.
fn redo_packet(store: &FsStore, id: RequestId, text: &str) -> Result<(), StoreError> {
    let path = store.layout.packet(id);
    match store.files.read(&path, JOURNAL_BYTES_MAX).map_err(io("read", &path))? {
        // Written anew all the same: a sync of it may have failed, and then no later one would write it.
        Some((bytes, _)) if bytes == text.as_bytes() => store.files.remove(&path).map_err(io("remove", &path))?,
        Some((bytes, _)) if Packet::parse(&bytes).is_ok() => return Err(overtaken(store, id, &path)),
        Some((bytes, _)) => {
            store.quarantine(&Stream::Request(id), &bytes)?;
            store.files.remove(&path).map_err(io("remove", &path))?;
        }
        None => {}
    }
    match store.files.write_new(&path, text.as_bytes(), 0o444).map_err(io("write", &path))? {
        Named::Done => Ok(()),
        Named::Exists => Err(StoreError::damaged(Some(id), &path, None, "it appeared while a batch was completed")),
    }
}

/// Removes the index if the plan says so: it is made anew from what is on record.
///
/// # Errors
/// Failed machinery.
pub fn forget_index(store: &FsStore, plan: &Plan) -> Result<(), StoreError> {
    let path = store.layout.index();
    match plan.index {
        Index::Kept => Ok(()),
        Index::Forgotten => store.files.remove(&path).map_err(io("remove", &path)),
    }
}

/// Replaces files whose replacement may have been cut short; none of them if one can't be.
fn redo_files(store: &FsStore, plan: &Plan) -> Result<(), StoreError> {
    let mut files = Vec::new();
    for (path, file) in &plan.files {
        files.push((may_be_replaced(store, path, file)?, file.text.as_ref()));
    }
    let new = files.iter().filter_map(|(file, text)| text.map(|text| (file, text.as_bytes())));
    for (file, written) in store.write_aside(new)? {
        store.put(file, written)?;
    }
    files.iter().filter(|(_, text)| text.is_none()).try_for_each(|(file, _)| store.remove_carried(file))
}

/// The file at a path, if what is there is what it was when the plan was made, or what it is to be.
fn may_be_replaced(store: &FsStore, path: &str, file: &Replaced) -> Result<CarriedFile, StoreError> {
    let whole = store.layout.root().join(path);
    let Some(carried) = CarriedFile::parse(path) else {
        let what = format!("it names {path:?}, which is no file that clones hand on");
        return Err(StoreError::damaged(None, &self::path(&store.layout), None, what));
    };
    let there = store.files.read(&whole, carried.bytes_max()).map_err(io("read", &whole))?;
    let now = there.map(|(bytes, _)| Hash::of(&[&bytes]));
    let then = file.text.as_ref().map(|text| Hash::of(&[text.as_bytes()]));
    if now == file.was || now == then {
        return Ok(carried);
    }
    let what = format!(
        "what a sync brought in can't be put in place: {} was replaced meanwhile; move the journal away, then sync again",
        whole.display()
    );
    Err(StoreError::damaged(carried.request(), &self::path(&store.layout), None, what))
}

/// Puts lines in place whose write may have been cut short.
fn redo_log(store: &FsStore, id: RequestId, lines: &Lines) -> Result<(), StoreError> {
    let path = store.layout.log(id);
    let Some(mut file) = store.files.open_log(&path, Create::Yes).map_err(io("open", &path))? else { return Ok(()) };
    let bytes = store.read_open_log(&Stream::Request(id), &mut file)?;
    let at = usize::try_from(lines.at).unwrap_or(usize::MAX);
    let (before, after) = bytes.split_at_checked(at).unwrap_or((&bytes, b""));
    if after.starts_with(lines.text.as_bytes()) {
        // A sync of it may have failed, and then no later one would write it.
        return store.files.write_again(&path, LOG_BYTES_MAX).map_err(io("write again", &path));
    }
    let ours: BTreeSet<Hash> = log::events_in(lines.text.as_bytes()).iter().map(Event::hash).collect();
    let is_torn = before.last().is_none_or(|byte| *byte == b'\n')
        && log::events_in(after).iter().all(|event| ours.contains(&event.hash()));
    let kept = if is_torn { before } else { &bytes };
    let missing = missing_lines(store, id, kept, lines)?;
    if kept.len() < bytes.len() {
        store.quarantine(&Stream::Request(id), &bytes[kept.len()..])?;
        file.truncate(kept.len() as u64).map_err(io("cut", &path))?;
    }
    if missing.is_empty() { Ok(()) } else { file.append(missing.as_bytes()).map_err(io("append to", &path)) }
}

/// Of a batch's lines those that a log lacks, if they follow from what is there: another program (git, say) may have
/// replaced the log after the journal was written.
fn missing_lines(store: &FsStore, id: RequestId, bytes: &[u8], lines: &Lines) -> Result<String, StoreError> {
    let path = store.layout.log(id);
    let log = super::reading::parse_log(&Stream::Request(id), &path, bytes)?;
    let packet = store.packet(id)?.ok_or_else(|| overtaken(store, id, &path))?;
    let mut known: BTreeSet<Hash> = log.events.iter().map(Event::hash).chain([packet.1]).collect();
    let mut missing = if log.tail == Tail::NoNewline { "\n".to_owned() } else { String::new() };
    if let Tail::Torn(_) = log.tail {
        return Err(overtaken(store, id, &path));
    }
    for event in log::events_in(lines.text.as_bytes()) {
        if !event.parents().iter().all(|parent| known.contains(parent)) {
            return Err(overtaken(store, id, &path));
        }
        if known.insert(event.hash()) {
            missing.push_str(event.line());
            missing.push('\n');
        }
    }
    Ok(missing)
}

/// Others wrote what can't stand together with a batch that was cut short. Which of them holds is not for us to pick.
fn overtaken(store: &FsStore, id: RequestId, file: &Path) -> StoreError {
    let what = format!(
        "a batch that was cut short can't be completed: {} was replaced meanwhile; move the journal away to give the batch up",
        file.display()
    );
    StoreError::damaged(Some(id), &path(&store.layout), None, what)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_half_written_reads_as_the_whole_and_what_others_wrote_stays() {
        let id: RequestId = "REQ-20261120-0001".parse().unwrap();
        let mut plan = Plan::default();
        plan.packets.insert(id, "packet\n".into());
        plan.logs.insert(id, Lines { at: 4, text: "line\n".into() });
        let some = |text: &str| Some(text.as_bytes().to_vec());
        for half in ["", "pack", "packet\n"] {
            assert_eq!(plan.complete_packet(id, some(half)), some("packet\n"), "{half:?}");
        }
        assert_eq!(plan.complete_packet(id, None), some("packet\n"));
        assert_eq!(plan.complete_packet(id, some("other")), some("other"));
        for half in ["old\n", "old\nli", "old\nline\n"] {
            assert_eq!(plan.complete_log(id, some(half)), some("old\nline\n"), "{half:?}");
        }
        for other in [some("old\nother\n"), some("old\nline\nmore\n"), some("o"), None] {
            assert_eq!(plan.complete_log(id, other.clone()), other);
        }
        let other: RequestId = "REQ-20261120-0002".parse().unwrap();
        assert_eq!((plan.complete_packet(other, None), plan.complete_log(other, some("x"))), (None, some("x")));
    }

    #[test]
    fn only_a_complete_journal_counts() {
        let mut plan = Plan::default();
        let id: RequestId = "REQ-20261120-0001".parse().unwrap();
        plan.packets.insert(id, "{\n}\n".into());
        plan.logs.insert(id, Lines { at: 0, text: "{\"a\":1}\n".into() });
        let mut text = Vec::new();
        write_line(&mut text, &Entry::Packet(id, "{\n}\n".into())).unwrap();
        write_line(&mut text, &Entry::Log(id, Cow::Borrowed(&plan.logs[&id]))).unwrap();
        let end = Entry::End(Hash::of(&[&text]));
        write_line(&mut text, &end).unwrap();
        assert_eq!(Plan::parse(&text), Some(plan));
        for cut in 0..text.len() {
            assert_eq!(Plan::parse(&text[..cut]), None, "cut at {cut}");
        }
    }
}
