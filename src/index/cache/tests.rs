//! The cache of a large ledger, which does not look at every file: [`super::fresh`] takes every ledger of more than two
//! requests for a large one in these tests.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;

use proptest::prelude::*;
use proptest::sample::Index;
use tempfile::TempDir;
use uuid::Uuid;

use super::list::{Filter, Waits, list};
use super::plain::{Projection, cached, checked, plain};
use super::read::read_all;
use super::sketch::Doubts;
use super::stats::{counted, stats};
use super::tally::facts_of;
use super::{Cache, Scope};
use crate::domain::event::{Body, Distinct, Event, Transitioned, TransitionedData, Unsealed};
use crate::domain::history::History;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::domain::stats::{Fold, Stats, Window};
use crate::domain::time::Hybrid;
use crate::domain::workflow::Workflow;
use crate::index::snapshot::{self, Entries};
use crate::store::conformance::support::{id_of, noon, note, request};
use crate::store::fs::FsStore;
use crate::store::fs::disk::{RealDisk, Way};
use crate::store::fs::found::found;
use crate::store::{Budget, Records, Store};

/// What somebody does, each of which shows in the notes of writers or in the times of folders.
#[derive(Clone, Copy, Debug)]
pub(super) enum Step {
    New,
    /// A request comes from another clone: with a key that others may have, and a number before or after theirs.
    Brought(Index, Index),
    /// Somebody says that a request is no duplicate.
    Distinct(Index),
    Note(Index),
    Batch(Index),
    /// A request goes into another state.
    Go(Index),
    /// A writer that is killed between its line and the end of its note.
    Killed(Index),
    /// Another clone's log takes the place of this one.
    Replaced(Index),
    /// A request goes.
    Removed(Index),
    /// A log's first line is spoilt.
    Spoilt(Index),
    /// Somebody waits until the times of folders are settled.
    Pause,
    Look,
}

pub(super) fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        2 => Just(Step::New),
        3 => (any::<Index>(), any::<Index>()).prop_map(|(number, key)| Step::Brought(number, key)),
        1 => any::<Index>().prop_map(Step::Distinct),
        4 => any::<Index>().prop_map(Step::Note),
        2 => any::<Index>().prop_map(Step::Batch),
        4 => any::<Index>().prop_map(Step::Go),
        2 => any::<Index>().prop_map(Step::Killed),
        1 => any::<Index>().prop_map(Step::Replaced),
        1 => any::<Index>().prop_map(Step::Removed),
        1 => any::<Index>().prop_map(Step::Spoilt),
        2 => Just(Step::Pause),
        4 => Just(Step::Look),
    ];
    proptest::collection::vec(step, 4..30)
}

pub(super) struct Place {
    pub(super) folder: TempDir,
    pub(super) store: FsStore,
    pub(super) ids: Vec<RequestId>,
}

impl Place {
    pub(super) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let disk = RealDisk::at(folder.path(), Way::Native).unwrap();
        found(folder.path(), std::sync::Arc::new(disk), &[]).unwrap();
        let store = FsStore::open(folder.path()).unwrap();
        let mut place = Self { folder, store, ids: Vec::new() };
        for _ in 0..4 {
            place.make();
        }
        place
    }

    pub(super) fn make(&mut self) {
        let made = self.store.create(&request("a", None), &Budget::endless()).unwrap();
        self.ids.push(id_of(&made));
    }

    /// Puts the packet and the log of another clone's request into place.
    pub(super) fn bring(&mut self, number: usize, key: usize) {
        let id: RequestId = format!("REQ-20261119-{:04}", number + 1).parse().unwrap();
        if self.ids.contains(&id) || self.store.contains(id).unwrap() {
            return;
        }
        let request = request("brought", Some(["k0", "k1", "k2"][key]));
        let packet = request.draft.identify(id, noon(), request.random);
        let bytes = packet.to_bytes().unwrap();
        let first = Event::genesis(&packet, Packet::hash_of(&bytes), &request.genesis).unwrap();
        let (packet, log) = self.store.places(id);
        std::fs::write(packet, bytes).unwrap();
        std::fs::write(log, format!("{}\n", first.line())).unwrap();
        self.ids.push(id);
    }

    fn line(&self, id: RequestId) -> String {
        format!("{}\n", note(&self.store.history(id).unwrap().unwrap(), "x", None).line())
    }

    pub(super) fn log(&self, id: RequestId) -> std::path::PathBuf {
        self.store.places(id).1
    }

    pub(super) fn note(&self, id: RequestId) {
        let history = self.store.history(id).unwrap().unwrap();
        self.store.append(id, history.heads(), &note(&history, "x", None), &Budget::endless()).unwrap();
    }

    pub(super) fn remove(&mut self, id: RequestId) {
        let (packet, log) = self.store.places(id);
        std::fs::remove_file(packet).unwrap();
        std::fs::remove_file(log).unwrap();
        self.ids.retain(|other| *other != id);
    }

    /// Spoils a log's first line.
    pub(super) fn spoil(&mut self, id: RequestId) {
        let new = self.folder.path().join("new");
        std::fs::write(&new, "{}\n").unwrap();
        std::fs::rename(new, self.log(id)).unwrap();
        self.ids.retain(|other| *other != id);
    }

    pub(super) fn play(&mut self, step: Step) {
        let chosen = |index: Index| self.ids[index.index(self.ids.len())];
        match step {
            Step::New => self.make(),
            Step::Brought(number, key) => self.bring(number.index(12), key.index(3)),
            Step::Distinct(index) => {
                let id = chosen(index);
                let history = self.store.history(id).unwrap().unwrap();
                let distinct = Distinct { from: self.ids[0], reason: "another one".to_owned() };
                let event = said(&history, Body::Distinct(distinct), 1);
                self.store.append(id, history.heads(), &event, &Budget::endless()).unwrap();
            }
            Step::Note(index) => self.note(chosen(index)),
            Step::Batch(index) => {
                let batch = self.store.batch(&Budget::endless()).unwrap();
                let history = batch.history(chosen(index)).unwrap().unwrap();
                let event = note(&history, "y", None);
                batch.append(chosen(index), history.heads(), &event, &Budget::endless()).unwrap();
                let made = id_of(&batch.create(&request("b", None), &Budget::endless()).unwrap());
                batch.commit().unwrap();
                self.ids.push(made);
            }
            Step::Go(index) => {
                let id = chosen(index);
                let history = self.store.history(id).unwrap().unwrap();
                let event = gone_on(&history, index.index(4));
                self.store.append(id, history.heads(), &event, &Budget::endless()).unwrap();
            }
            Step::Killed(index) => {
                let id = chosen(index);
                let line = self.line(id);
                append(&self.folder.path().join("coordination/.local/changes"), &format!("+{id}\n"));
                append(&self.log(id), &line);
            }
            Step::Replaced(index) => {
                let id = chosen(index);
                let text = std::fs::read_to_string(self.log(id)).unwrap() + &self.line(id);
                let new = self.folder.path().join("new");
                std::fs::write(&new, text).unwrap();
                std::fs::rename(new, self.log(id)).unwrap();
            }
            Step::Removed(index) => {
                let id = chosen(index);
                if self.ids.len() > 3 {
                    self.remove(id);
                }
            }
            Step::Spoilt(index) => {
                self.spoil(chosen(index));
                if self.ids.is_empty() {
                    self.make();
                }
            }
            Step::Pause => std::thread::sleep(std::time::Duration::from_millis(60)),
            Step::Look => look(&self.store),
        }
    }
}

pub(super) fn append(path: &Path, text: &str) {
    let mut file = std::fs::OpenOptions::new().append(true).create(true).open(path).unwrap();
    file.write_all(text.as_bytes()).unwrap();
}

/// An event that brings a request into some state, whatever the workflow says.
fn gone_on(history: &History, choice: usize) -> Event {
    let to = ["ACCEPTED", "IN_PROGRESS", "VERIFIED", "CLOSED"][choice];
    let body = Body::Transitioned(Transitioned {
        from: "PROPOSED".parse().unwrap(),
        to: to.parse().unwrap(),
        data: TransitionedData { workflow: Workflow::default().digest().to_owned(), ..TransitionedData::default() },
    });
    said(history, body, 1 + 86_400_000 * choice as i64)
}

/// An event, some time after the newest one.
fn said(history: &History, body: Body, after_ms: i64) -> Event {
    let at = history.clock().unwrap().at.plus_ms(after_ms);
    Event::seal(Unsealed {
        stream: Stream::Request(history.packet().request_id),
        clock: Hybrid { at, tick: 0 },
        writer: "byhand0".parse().unwrap(),
        by: "ann".parse().unwrap(),
        key: None,
        body,
        n: history.version() + 1,
        parents: history.next_parents(),
    })
    .unwrap()
}

/// Figures by folding what the files say.
fn figures(store: &FsStore, window: Window) -> (Stats, BTreeMap<RequestId, String>) {
    let workflow = Workflow::default();
    let ids = store.requests().unwrap();
    let (mut fold, mut damaged) = (Fold::new(window), BTreeMap::new());
    for (id, (_, outcome)) in ids.iter().copied().zip(read_all(store, &workflow, &ids, &|_, _| {}).unwrap()) {
        match outcome {
            Ok(line) => {
                let to: Vec<&str> = line.entry.to.iter().map(|repo| repo.as_str()).collect();
                fold.take(&facts_of(id, &line, &workflow, &to));
            }
            Err(unread) => drop(damaged.insert(id, unread.what().to_owned())),
        }
    }
    (fold.stats(), damaged)
}

/// What the cache says is what the files say, and nobody suspects it.
pub(super) fn look(store: &FsStore) {
    ask(store);
    let Doubts { contradicted, astray, gone: _ } = checked(store).doubts;
    assert_eq!((contradicted, astray), (Vec::new(), Vec::new()), "what nobody should suspect");
}

/// What the cache says is what the files say, and so is what sketches tell. Of a cache that lost pages some may be gone
/// that no question comes by: it is suspected, rightly.
pub(super) fn ask(store: &FsStore) -> Projection {
    let (cached, read) = (cached(store), plain(store));
    assert_eq!(cached, read);
    assert_eq!(checked(store).sketches.outline(), read.outline().unwrap());
    let workflow = Workflow::default();
    let scope = Scope::new(Uuid::nil(), &workflow);
    // Some time after all that is done here, so that some of it is a week old.
    let window = Window { now: noon().plus_ms(9 * 86_400_000), weeks: 3 };
    let expected = figures(store, window);
    assert_eq!(stats(store, scope, window, &|_, _| {}).unwrap(), expected, "the counts that are kept");
    let everything = Filter::default();
    let counted = counted(store, scope, &everything, None, window, &|_, _| {}).unwrap();
    assert_eq!((counted.fold.stats(), counted.damaged), expected, "row by row");
    let ready = Filter { waits: Waits::ForNothing, limit: Some(1), ..Filter::default() };
    let listed = list(store, scope, &Filter { limit: None, ..ready.clone() }, &|_, _| {}).unwrap();
    let counted = list(store, scope, &ready, &|_, _| {}).unwrap();
    assert_eq!((counted.matched, listed.matched), (listed.rows.len(), listed.rows.len()), "how many are ready");
    let from_tables = Cache::ask_all(store, scope, &|_, _| {}, |entries| Ok(index_text(entries))).unwrap();
    assert_eq!(from_tables, index_text(&read));
    read
}

pub(super) fn index_text(entries: &dyn Entries) -> String {
    let mut text = Vec::new();
    snapshot::write(entries, &entries.outline().unwrap(), Uuid::nil(), &Workflow::default(), &mut text).unwrap();
    String::from_utf8(text).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_large_ledger_is_as_its_files_are(steps in steps()) {
        let mut place = Place::new();
        for step in steps {
            place.play(step);
        }
        look(&place.store);
    }
}

#[test]
fn a_reader_of_a_large_ledger_reads_what_changed_and_no_more() {
    let mut place = Place::new();
    let read = |place: &Place| {
        let workflow = Workflow::default();
        let scope = Scope::new(Uuid::nil(), &workflow);
        Cache::ask(&place.store, scope, &|_, _| {}, |cache| Ok(cache.read)).unwrap()
    };
    assert_eq!(read(&place), 4);
    std::thread::sleep(std::time::Duration::from_millis(80));
    // Those that were too young to be trusted.
    assert!(read(&place) <= 4);
    assert_eq!(read(&place), 0);
    let (id, other) = (place.ids[2], place.ids[0]);
    place.note(id);
    assert_eq!(read(&place), 1);
    // A change in place, by a program that takes no lock, is noticed when it is the request's turn.
    std::thread::sleep(std::time::Duration::from_millis(80));
    let line = place.line(other);
    append(&place.log(other), &line);
    assert!((0..5).map(|_| read(&place)).max() >= Some(1));
    look(&place.store);
    place.make();
    assert!(read(&place) <= 3);
}

#[test]
fn what_a_list_shows_is_as_its_files_are() {
    let place = Place::new();
    let workflow = Workflow::default();
    let scope = Scope::new(Uuid::nil(), &workflow);
    let versions = || -> Vec<u64> {
        let listed = list(&place.store, scope, &Filter::default(), &|_, _| {}).unwrap();
        listed.rows.iter().map(|(_, entry, _)| entry.version).collect()
    };
    assert_eq!(versions(), [1, 1, 1, 1]);
    std::thread::sleep(std::time::Duration::from_millis(80));
    assert_eq!(versions(), [1, 1, 1, 1]);
    for (at, id) in place.ids.iter().enumerate() {
        let line = place.line(*id);
        append(&place.log(*id), &line);
        let mut expected = [1; 4];
        expected[..=at].fill(2);
        assert_eq!(versions(), expected);
    }
}

#[test]
fn everything_that_the_tables_say_is_held_against_the_files() {
    let place = Place::new();
    let workflow = Workflow::default();
    let scope = Scope::new(Uuid::nil(), &workflow);
    std::thread::sleep(std::time::Duration::from_millis(80));
    cached(&place.store);
    assert!(!checked(&place.store).doubts.contradicts_cache());
    let db = rusqlite::Connection::open(place.store.cache_place().unwrap()).unwrap();
    let id = place.ids[1];
    let nr = super::rows::number_of(id);
    let columns = |table: &str| -> Vec<(String, String)> {
        let mut columns = db.prepare("SELECT name, type FROM pragma_table_info(?1)").unwrap();
        let columns = columns.query_map([table], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        columns.map(Result::unwrap).collect()
    };
    let is_told = |change: &str| {
        assert!(db.execute(change, []).unwrap() > 0, "{change}");
        checked(&place.store).doubts.contradicts_cache()
    };
    // Which bytes a row was made from, and whether that shows, is what makes it pass for current.
    let of_rows = ["nr", "stamp", "settled"];
    for (table, column, kind) in [columns("request"), columns("body")]
        .into_iter()
        .zip(["request", "body"])
        .flat_map(|(columns, table)| columns.into_iter().map(move |(column, kind)| (table, column, kind)))
        .filter(|(_, column, _)| !of_rows.contains(&column.as_str()))
    {
        let read = format!("SELECT {column} FROM {table} WHERE nr = ?1");
        let before: rusqlite::types::Value = db.query_row(&read, [nr], |row| row.get(0)).unwrap();
        let other = if kind == "BLOB" {
            "x'01'".to_owned()
        } else if kind == "TEXT" {
            format!("coalesce({column}, '') || 'x'")
        } else {
            format!("coalesce({column}, 0) + 1")
        };
        assert!(is_told(&format!("UPDATE {table} SET {column} = {other} WHERE nr = {nr}")), "{table}.{column}");
        db.execute(&format!("UPDATE {table} SET {column} = ?1 WHERE nr = ?2"), rusqlite::params![before, nr]).unwrap();
    }
    for (change, back) in [
        (
            format!("INSERT INTO target (repo, nr) VALUES ('elsewhere', {nr})"),
            "DELETE FROM target WHERE repo = 'elsewhere'",
        ),
        (format!("INSERT INTO label (label, nr) VALUES ('urgent', {nr})"), "DELETE FROM label WHERE label = 'urgent'"),
        (format!("INSERT INTO dependency (nr, needs) VALUES ({nr}, 1)"), "DELETE FROM dependency WHERE needs = 1"),
        ("UPDATE tally SET total = total + 1".to_owned(), "UPDATE tally SET total = total - 1"),
        ("UPDATE tally SET open = open + 1".to_owned(), "UPDATE tally SET open = open - 1"),
        ("INSERT INTO tally VALUES ('state', 'LOST', 1, 1)".to_owned(), "DELETE FROM tally WHERE value = 'LOST'"),
    ] {
        assert!(is_told(&change), "{change}");
        db.execute(back, []).unwrap();
    }
    for (change, back) in [
        (format!("INSERT INTO blocked (nr) VALUES ({nr})"), "DELETE FROM blocked"),
        ("INSERT INTO blocked (nr) VALUES (1)".to_owned(), "DELETE FROM blocked"),
        (format!("INSERT INTO duplicate (nr) VALUES ({nr})"), "DELETE FROM duplicate"),
    ] {
        assert!(is_told(&change), "{change}");
        db.execute(back, []).unwrap();
    }
    assert!(is_told("DELETE FROM tally WHERE dimension = 'state'"));
    drop(db);
    Cache::empty(&place.store, scope).unwrap();
    look(&place.store);
}
