//! What is mended on the way: torn tails, logs that others replace, requests whose making was cut short.

use std::sync::{Arc, Mutex};

use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::fs::lock::{Lock, Sharing};
use coordination_ledger::store::{Append, Budget, Created, Notice, Records, Store, StoreError};

use crate::ledger::{Ledger, append, check_all, endless, make};
use crate::support::{note, note_after, request};
use crate::trial::TrialDisk;

/// A budget, and what is told meanwhile.
fn listening() -> (Budget, Arc<Mutex<Vec<Notice>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    (Budget::new(None, Arc::new(move |notice: &Notice| listener.lock().unwrap().push(notice.clone()))), told)
}

/// A ledger with one request of two events.
fn one_request() -> (Ledger, RequestId) {
    let ledger = Ledger::new();
    let store = ledger.open();
    let id = make(&store, "a", Some("a"));
    append(&store, id, "before", None);
    (ledger, id)
}

#[test]
fn a_torn_tail_is_set_aside_and_the_next_append_works() {
    let (ledger, id) = one_request();
    let log = ledger.layout().log(id);
    let whole = std::fs::read(&log).unwrap();
    for torn in ["{", "{\"format\":1,\"stream\":\"REQ-2026", "{\"for\0\0\0\0\n", "\0\0\0"] {
        std::fs::write(&log, [&whole, torn.as_bytes()].concat()).unwrap();
        let store = ledger.open();
        let history = store.history(id).unwrap().unwrap();
        assert_eq!(history.version(), 2);
        assert_eq!(std::fs::read(&log).unwrap().len(), whole.len() + torn.len(), "reading changes nothing");
        let (budget, told) = listening();
        let event = note(&history, "x", None);
        assert!(matches!(store.append(id, history.heads(), &event, &budget).unwrap(), Append::Committed(_)));
        assert_eq!(std::fs::read(&log).unwrap(), [&whole, event.line().as_bytes(), b"\n"].concat());
        let told = told.lock().unwrap();
        let [Notice::Repaired { log: path, kept, bytes }] = told.as_slice() else { panic!("{told:?}") };
        assert_eq!((path, *bytes), (&log, torn.len()));
        assert!(kept.starts_with(ledger.layout().in_local("quarantine")));
        assert_eq!(std::fs::read(kept).unwrap(), torn.as_bytes());
    }
}

#[test]
fn a_batch_mends_the_logs_that_it_touches() {
    let (ledger, id) = one_request();
    let log = ledger.layout().log(id);
    let whole = std::fs::read(&log).unwrap();
    for tail in ["{\"format\":1,\"str", "\0\0\0"] {
        std::fs::write(&log, [&whole, tail.as_bytes()].concat()).unwrap();
        let store = ledger.open();
        let batch = store.batch(&endless()).unwrap();
        let history = batch.history(id).unwrap().unwrap();
        let event = note(&history, "x", None);
        batch.append(id, history.heads(), &event, &endless()).unwrap();
        batch.commit().unwrap();
        assert_eq!(std::fs::read(&log).unwrap(), [&whole, event.line().as_bytes(), b"\n"].concat());
    }
}

#[test]
fn a_last_line_without_its_newline_is_completed() {
    let (ledger, id) = one_request();
    let log = ledger.layout().log(id);
    let whole = std::fs::read(&log).unwrap();
    std::fs::write(&log, whole.trim_ascii_end()).unwrap();
    let store = ledger.open();
    assert_eq!(store.history(id).unwrap().unwrap().version(), 2);
    let history = store.history(id).unwrap().unwrap();
    let (budget, told) = listening();
    let event = note(&history, "x", None);
    assert!(matches!(store.append(id, history.heads(), &event, &budget).unwrap(), Append::Committed(_)));
    assert_eq!(std::fs::read(&log).unwrap(), [&whole, event.line().as_bytes(), b"\n"].concat());
    let told = told.lock().unwrap();
    assert!(matches!(told.as_slice(), [Notice::Completed { what }] if what.contains("last line")), "{told:?}");
}

#[test]
fn a_damaged_log_is_refused_by_readers_and_writers_and_stays_as_it_is() {
    let (ledger, id) = one_request();
    let log = ledger.layout().log(id);
    let text = std::fs::read_to_string(&log).unwrap();
    let store = ledger.open();
    let history = store.history(id).unwrap().unwrap();
    let edited = text.replace("before", "beyond");
    for damaged in [edited.as_str(), edited.trim_end(), &text[1..], &format!("{text}>>>>>>> theirs\n")] {
        std::fs::write(&log, damaged).unwrap();
        let event = note(&history, "x", None);
        let in_batch = {
            let batch = store.batch(&endless()).unwrap();
            batch.append(id, history.heads(), &event, &endless()).map(|_| ())
        };
        for refused in [
            in_batch,
            store.history(id).map(|_| ()),
            store.append(id, history.heads(), &event, &endless()).map(|_| ()),
            store.create(&request("a", Some("a")), &endless()).map(|_| ()),
        ] {
            let Err(StoreError::Damaged { id: of, path, line, .. }) = refused else { panic!("{refused:?}") };
            assert_eq!((of, path.as_path()), (Some(id), log.as_path()));
            assert!(line.is_some());
        }
        assert_eq!(std::fs::read_to_string(&log).unwrap(), damaged);
    }
    make(&store, "others go on", None);
}

/// Runs `act` once, before the first call of this name on a log.
fn once_before(name: &'static str, mut act: impl FnMut() + Send + 'static) -> TrialDisk {
    let disk = TrialDisk::default();
    let mut done = false;
    disk.before_each_call(move |call, path| {
        if call == name && path.extension().is_some_and(|e| e == "jsonl") && !done {
            done = true;
            act();
        }
    });
    disk
}

#[test]
fn a_log_that_is_replaced_between_open_and_write_is_written_anew() {
    let (ledger, id) = one_request();
    let log = ledger.layout().log(id);
    for call in ["write", "sync"] {
        let (from, to) = (log.clone(), log.with_extension("new"));
        // As git does: the same bytes, another file. Before the sync they hold our line already.
        let disk = once_before(call, move || {
            std::fs::copy(&from, &to).unwrap();
            std::fs::rename(&to, &from).unwrap();
        });
        let store = ledger.open_on(&disk);
        let history = store.history(id).unwrap().unwrap();
        let event = note(&history, call, Some(call));
        let answer = store.append(id, history.heads(), &event, &endless()).unwrap();
        assert!(matches!(answer, Append::Committed(head) if head.hash == event.hash()), "{call}: {answer:?}");
        let now = store.history(id).unwrap().unwrap();
        assert_eq!(now.events().last(), Some(&event));
        assert_eq!(now.version(), history.version() + 1);
        let lines = std::fs::read_to_string(&log).unwrap().lines().count();
        assert_eq!(lines, now.events().len(), "{call}: each event stands once");
    }
}

#[test]
fn a_log_that_is_replaced_by_a_newer_one_is_stale() {
    let (ledger, id) = one_request();
    let log = ledger.layout().log(id);
    let reader = ledger.open();
    let history = reader.history(id).unwrap().unwrap();
    let theirs = note(&history, "theirs", None);
    let (line, from, to) = (theirs.line().to_owned(), log.clone(), log.with_extension("new"));
    let disk = once_before("write", move || {
        let text = std::fs::read_to_string(&from).unwrap();
        std::fs::write(&to, format!("{text}{line}\n")).unwrap();
        std::fs::rename(&to, &from).unwrap();
    });
    let ours = note(&history, "ours", Some("ours"));
    let answer = ledger.open_on(&disk).append(id, history.heads(), &ours, &endless()).unwrap();
    let now = reader.history(id).unwrap().unwrap();
    assert_eq!(answer, Append::Stale { actual: now.heads().to_vec() });
    assert_eq!(now.events().last(), Some(&theirs));
}

#[test]
fn a_log_that_is_replaced_all_the_time_is_given_up_and_holds_nothing() {
    let (ledger, id) = one_request();
    let log = ledger.layout().log(id);
    let before = std::fs::read(&log).unwrap();
    let disk = TrialDisk::default();
    let (to, new, bytes) = (log.clone(), log.with_extension("new"), before.clone());
    disk.before_each_call(move |call, path| {
        if call == "write" && path == to {
            std::fs::write(&new, &bytes).unwrap();
            std::fs::rename(&new, &to).unwrap();
        }
    });
    let store = ledger.open_on(&disk);
    let history = store.history(id).unwrap().unwrap();
    let error = store.append(id, history.heads(), &note(&history, "x", None), &endless()).unwrap_err();
    assert!(error.to_string().contains("replaced all the time"), "{error}");
    assert_eq!(std::fs::read(&log).unwrap(), before);
}

/// Three ways to leave a packet without a first event.
fn cut_short(ledger: &Ledger, id: RequestId, way: usize) {
    let log = ledger.layout().log(id);
    let line = std::fs::read(&log).unwrap();
    match way {
        0 => std::fs::remove_file(&log).unwrap(),
        1 => std::fs::write(&log, b"").unwrap(),
        _ => std::fs::write(&log, &line[..line.len() / 2]).unwrap(),
    }
}

#[test]
fn a_create_that_was_cut_short_is_completed_by_the_next() {
    for way in 0..3 {
        for hint in ["REQ-20261120-0001\n", "REQ-20261120-0003\n", "garbage"] {
            let ledger = Ledger::new();
            let ids = ["a", "b", "c"].map(|title| make(&ledger.open(), title, Some(title)));
            ids[1..].iter().for_each(|id| cut_short(&ledger, *id, way));
            // The last number that was given out is only a hint.
            std::fs::write(ledger.layout().in_local("last"), hint).unwrap();
            let (budget, told) = listening();
            ledger.open().create(&request("d", None), &budget).unwrap();
            check_all(&ledger.open());
            let told = told.lock().unwrap();
            let completed = told.iter().filter(|notice| matches!(notice, Notice::Completed { .. })).count();
            assert_eq!(completed, 2, "way {way}, hint {hint:?}: {told:?}");
            assert_eq!(ledger.open().requests().unwrap().len(), 4);
        }
    }
}

#[test]
fn a_create_that_was_cut_short_is_completed_although_somebody_holds_its_lock_for_a_moment() {
    let ledger = Ledger::new();
    let id = make(&ledger.open(), "a", None);
    cut_short(&ledger, id, 0);
    // Another request may share the lock. It is let go of once the create says that it waits.
    let other = ledger.open();
    let path = ledger.layout().request_lock(id);
    let held = Lock::take(other.files(), &path, "another", Sharing::Exclusive, &endless()).unwrap();
    let held = Mutex::new(Some(held));
    let listener = move |notice: &Notice| {
        if let Notice::Waiting { .. } = notice {
            drop(held.lock().unwrap().take());
        }
    };
    ledger.open().create(&request("b", None), &Budget::new(None, Arc::new(listener))).unwrap();
    assert_eq!(ledger.open().history(id).unwrap().unwrap().version(), 1);
    check_all(&ledger.open());
}

#[test]
fn a_create_that_was_cut_short_is_completed_by_its_retry() {
    for way in 0..3 {
        let ledger = Ledger::new();
        let id = make(&ledger.open(), "a", Some("a"));
        cut_short(&ledger, id, way);
        let store = ledger.open();
        assert_eq!(store.create(&request("a", Some("a")), &endless()).unwrap(), Created::Existing(id));
        assert_eq!(store.history(id).unwrap().unwrap().version(), 1, "way {way}");
        append(&store, id, "x", None);
    }
}

#[test]
fn a_create_that_was_cut_short_is_completed_by_a_batch() {
    for way in 0..3 {
        for again in [Some("a"), None] {
            let ledger = Ledger::new();
            let id = make(&ledger.open(), "a", Some("a"));
            cut_short(&ledger, id, way);
            let store = ledger.open();
            let batch = store.batch(&endless()).unwrap();
            let created = batch.create(&request("a", again), &endless()).unwrap();
            assert_eq!(matches!(created, Created::Existing(_)), again.is_some());
            batch.commit().unwrap();
            check_all(&store);
            append(&store, id, "x", None);
        }
    }
}

#[test]
fn a_packet_that_can_not_be_completed_is_in_nobodys_way() {
    let ledger = Ledger::new();
    let store = ledger.open();
    make(&store, "a", None);
    let broken: RequestId = "REQ-20261120-0002".parse().unwrap();
    std::fs::write(ledger.layout().packet(broken), "{}\n").unwrap();
    let third = make(&store, "b", None);
    assert_eq!(third.number(), 3);
    let batch = store.batch(&endless()).unwrap();
    batch.create(&request("c", None), &endless()).unwrap();
    batch.commit().unwrap();
    assert!(matches!(store.history(broken).unwrap_err(), StoreError::Damaged { .. }));
}

#[test]
fn events_that_were_there_before_their_packet_are_damage_and_the_number_is_passed_over() {
    let (ledger, first) = one_request();
    let stray: RequestId = "REQ-20261120-0002".parse().unwrap();
    let log = ledger.layout().log(stray);
    std::fs::copy(ledger.layout().log(first), &log).unwrap();
    let before = std::fs::read(&log).unwrap();
    let store = ledger.open();
    assert!(matches!(store.history(stray).unwrap_err(), StoreError::Damaged { .. }));
    let event = note_after(stray, store.history(first).unwrap().unwrap().heads(), "x", None);
    assert!(matches!(store.append(stray, &[], &event, &endless()).unwrap_err(), StoreError::Damaged { .. }));
    assert_eq!(store.requests().unwrap(), [first, stray], "damage shows");
    assert_eq!(make(&store, "b", Some("b")).number(), 3);
    assert!(!ledger.layout().packet(stray).exists());
    assert_eq!(std::fs::read(&log).unwrap(), before);
}

#[test]
fn a_reader_never_sees_half_a_batch_as_damage() {
    let ledger = Ledger::new();
    let layout = ledger.layout();
    let reader = Arc::new(ledger.open());
    let (disk, readers) = (TrialDisk::default(), Arc::new(Mutex::new(Vec::new())));
    let started = Arc::clone(&readers);
    disk.before_each_call(move |call, path| {
        if call != "create" || path.parent() != Some(&layout.requests()) {
            return;
        }
        // The other half of the batch is the logs. Whoever reads now finds events without a packet.
        let id: RequestId = path.file_stem().unwrap().to_str().unwrap().parse().unwrap();
        let patience = endless();
        // An empty one is nobody's yet.
        let has_events = || std::fs::metadata(layout.log(id)).is_ok_and(|log| log.len() > 0);
        while !has_events() && patience.spent().as_secs() < 5 {
            std::thread::yield_now();
        }
        let reader = Arc::clone(&reader);
        started.lock().unwrap().push(std::thread::spawn(move || reader.history(id)));
        std::thread::sleep(std::time::Duration::from_millis(10));
    });
    let store = ledger.open_on(&disk);
    let batch = store.batch(&endless()).unwrap();
    for title in ["a", "b"] {
        batch.create(&request(title, None), &endless()).unwrap();
    }
    batch.commit().unwrap();
    let readers = std::mem::take(&mut *readers.lock().unwrap());
    // Two threads write; what one does while the hook is busy with the other is not seen.
    assert!(!readers.is_empty());
    for reader in readers {
        assert_eq!(reader.join().unwrap().unwrap().unwrap().version(), 1);
    }
}
