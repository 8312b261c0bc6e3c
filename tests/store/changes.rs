//! What a reader is told of what changed: exactly what this clone's writers touched, and everything where that can't be
//! told.
#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::time::Duration;

use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::{Point, Records, Store};

use crate::ledger::{Ledger, Process, append, endless, make};
use crate::support::request;

/// Long enough for the times of folders to be settled.
fn settle() {
    std::thread::sleep(Duration::from_millis(80));
}

/// A ledger with two requests, and a reader that has seen them.
struct Read {
    ledger: Ledger,
    store: Process,
    ids: [RequestId; 2],
    point: Point,
}

impl Read {
    fn new() -> Self {
        let ledger = Ledger::new();
        let store = ledger.open();
        let ids = [make(&store, "a", None), make(&store, "b", None)];
        settle();
        let point = store.changes(None).unwrap().point;
        Self { ledger, store, ids, point }
    }

    /// What a reader is told now: nothing where it is told to look at everything.
    fn told(&mut self) -> Option<BTreeSet<RequestId>> {
        let changes = self.store.changes(Some(&self.point)).unwrap();
        self.point = changes.point;
        (!changes.all).then_some(changes.touched)
    }
}

fn only(id: RequestId) -> Option<BTreeSet<RequestId>> {
    Some(BTreeSet::from([id]))
}

#[test]
fn a_reader_is_told_of_what_was_written_and_of_nothing_else() {
    let mut read = Read::new();
    assert_eq!(read.told(), Some(BTreeSet::new()));
    append(&read.store, read.ids[1], "x", None);
    assert_eq!(read.told(), only(read.ids[1]));
    assert_eq!(read.told(), Some(BTreeSet::new()));
    // A new request changes the folders, and says that it did.
    let new = make(&read.store, "c", None);
    assert_eq!(read.told(), only(new));
    assert_eq!(read.told(), Some(BTreeSet::new()));
    // Who looks when others have changed them a moment ago can't be sure to see what follows.
    std::fs::write(read.ledger.layout().requests().join("REQ-20261120-0099.json"), "{}").unwrap();
    assert_eq!(read.told(), None);
    assert_eq!(read.told(), None);
    settle();
    assert_eq!(read.told(), None);
    assert_eq!(read.told(), Some(BTreeSet::new()));
    std::fs::remove_file(read.ledger.layout().requests().join("REQ-20261120-0099.json")).unwrap();
    settle();
    assert_eq!(read.told(), None);
    let batch = read.store.batch(&endless()).unwrap();
    batch.create(&request("d", None), &endless()).unwrap();
    batch.commit().unwrap();
    assert_eq!(read.told().map(|touched| touched.len()), Some(1));
}

#[test]
fn whoever_is_at_it_is_looked_at_again() {
    let mut read = Read::new();
    let turn = read.store.turn(read.ids[0], &endless()).unwrap();
    let point = read.store.changes(Some(&read.point)).unwrap().point;
    let again = read.store.changes(Some(&point)).unwrap();
    assert_eq!((again.all, again.touched), (false, BTreeSet::from([read.ids[0]])));
    drop(turn);
    assert_eq!(read.told(), only(read.ids[0]));
    assert_eq!(read.told(), Some(BTreeSet::new()));
    // A writer that was killed leaves its beginning, until somebody else writes there.
    let list = read.ledger.layout().in_local("changes");
    let mut text = std::fs::read_to_string(&list).unwrap();
    text.push_str(&format!("+{}\n", read.ids[1]));
    std::fs::write(&list, &text).unwrap();
    for _ in 0..3 {
        assert_eq!(read.told(), only(read.ids[1]));
    }
    append(&read.store, read.ids[1], "x", None);
    assert_eq!(read.told(), only(read.ids[1]));
    assert_eq!(read.told(), Some(BTreeSet::new()));
}

#[test]
fn where_it_can_not_be_told_everything_is_looked_at() {
    type Hand = fn(&Read);
    let hands: [(&str, Hand); 7] = [
        ("another's packet", |read| {
            std::fs::write(read.ledger.layout().requests().join("REQ-20261120-0099.json"), "{}").unwrap();
        }),
        ("a log that is replaced", |read| {
            let log = read.ledger.layout().log(read.ids[0]);
            std::fs::copy(&log, read.ledger.root().join("copy")).unwrap();
            std::fs::rename(read.ledger.root().join("copy"), log).unwrap();
        }),
        ("a log that goes", |read| std::fs::remove_file(read.ledger.layout().log(read.ids[0])).unwrap()),
        ("a list that is gone", |read| std::fs::remove_file(read.ledger.layout().in_local("changes")).unwrap()),
        ("a list that is shorter", |read| {
            let list = read.ledger.layout().in_local("changes");
            let text = std::fs::read_to_string(&list).unwrap();
            std::fs::write(&list, text.lines().next().unwrap().to_owned() + "\n").unwrap();
        }),
        ("a torn note", |read| {
            let list = read.ledger.layout().in_local("changes");
            let text = std::fs::read_to_string(&list).unwrap() + "+REQ-2026";
            std::fs::write(&list, text).unwrap();
        }),
        ("another boot", |_| {}),
    ];
    for (name, hand) in hands {
        let mut read = Read::new();
        if name == "another boot" {
            read.point = Point(read.point.0.replacen("\"boot\":\"", "\"boot\":\"other", 1));
        }
        hand(&read);
        assert_eq!(read.told(), None, "{name}");
    }
}

#[test]
fn a_list_that_was_torn_serves_again() {
    let mut read = Read::new();
    let list = read.ledger.layout().in_local("changes");
    let text = std::fs::read_to_string(&list).unwrap() + "+REQ-2026";
    std::fs::write(&list, text).unwrap();
    assert_eq!(read.told(), None);
    append(&read.store, read.ids[0], "x", None);
    let _ = read.told();
    append(&read.store, read.ids[1], "y", None);
    assert_eq!(read.told(), only(read.ids[1]));
}
