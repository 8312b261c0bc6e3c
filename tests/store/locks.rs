//! Waiting: within the budget, told after half a second, and for nobody without end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::budget::Progress;
use coordination_ledger::store::fs::FsStore;
use coordination_ledger::store::fs::lock::{Lock, Sharing};
use coordination_ledger::store::{Append, Budget, Notice, Records, Store, StoreError};

use crate::ledger::{Ledger, append, check_all, endless, make};
use crate::support::{key, note, request};

/// Long enough for the slowest machine, and yet an end.
const PATIENCE: Duration = Duration::from_secs(60);

fn short() -> Budget {
    Budget::new(Some(Duration::from_millis(30)), Arc::new(|_| {}))
}

fn patient() -> Budget {
    Budget::new(Some(PATIENCE), Arc::new(|_| {}))
}

fn hold(store: &FsStore, purpose: &str, sharing: Sharing) -> Lock {
    Lock::take(store.files(), &store.layout().lock(purpose), purpose, sharing, &endless()).unwrap()
}

fn append_with(store: &FsStore, id: RequestId, budget: &Budget) -> Result<Append, StoreError> {
    let history = store.history(id).unwrap().unwrap();
    store.append(id, history.heads(), &note(&history, "x", None), budget)
}

/// Refused as busy, in time and with nothing written.
#[track_caller]
fn is_busy(budget: &Budget, answer: Result<(), StoreError>) -> (String, Option<String>) {
    let Err(StoreError::Busy { what, holder, waited_ms }) = answer else { panic!("{answer:?}") };
    assert!(Duration::from_millis(waited_ms) <= budget.spent() && budget.spent() < PATIENCE);
    assert!(budget.is_over());
    assert_eq!(budget.progress(), Progress::Before);
    (what, holder)
}

#[test]
fn who_waits_in_vain_is_told_that_it_is_busy_and_who_holds_it() {
    let ledger = Ledger::new();
    let store = ledger.open();
    let id = make(&store, "a", None);
    let before = store.history(id).unwrap();
    let us = format!("pid {} on ", std::process::id());
    let held_by_us =
        |holder: Option<String>| assert!(holder.as_deref().is_some_and(|h| h.starts_with(&us)), "{holder:?}");

    for purpose in ["gate", "ledger"] {
        let _held = hold(&store, purpose, Sharing::Exclusive);
        let budget = short();
        held_by_us(is_busy(&budget, append_with(&store, id, &budget).map(drop)).1);
        let budget = short();
        held_by_us(is_busy(&budget, store.create(&request("b", None), &budget).map(drop)).1);
        let budget = short();
        held_by_us(is_busy(&budget, store.batch(&budget).map(drop)).1);
    }
    {
        let _held = hold(&store, "create", Sharing::Exclusive);
        for key_of_request in [None, Some("b")] {
            let budget = short();
            held_by_us(is_busy(&budget, store.create(&request("b", key_of_request), &budget).map(drop)).1);
        }
        let budget = short();
        held_by_us(is_busy(&budget, store.batch(&budget).map(drop)).1);
    }
    {
        let path = store.layout().request_lock(id);
        let _held = Lock::take(store.files(), &path, "a request", Sharing::Exclusive, &endless()).unwrap();
        let budget = short();
        let (what, holder) = is_busy(&budget, append_with(&store, id, &budget).map(drop));
        assert_eq!(what, id.to_string());
        held_by_us(holder);
    }
    {
        let _held = hold(&store, "index", Sharing::Exclusive);
        let budget = short();
        held_by_us(is_busy(&budget, store.projecting(&budget, &mut || panic!("not alone"))).1);
    }
    assert_eq!(store.history(id).unwrap(), before);
    assert_eq!(store.requests().unwrap(), [id]);
    append(&store, id, "x", None);
}

#[test]
fn those_who_share_a_lock_are_not_taken_for_who_signed_it_last() {
    let ledger = Ledger::new();
    let store = ledger.open();
    store.batch(&endless()).unwrap().commit().unwrap();
    let _held = hold(&store, "ledger", Sharing::Shared);
    let budget = short();
    assert_eq!(is_busy(&budget, store.batch(&budget).map(drop)), ("the ledger".to_owned(), None));
    // And they are still in the way of nobody who shares it too.
    make(&store, "a", None);
}

#[test]
fn a_lock_that_is_free_is_taken_even_when_no_time_is_left() {
    let ledger = Ledger::new();
    let over = Budget::new(Some(Duration::ZERO), Arc::new(|_| {}));
    let store = ledger.open();
    store.create(&request("a", None), &over).unwrap();
    store.batch(&over).unwrap().commit().unwrap();
}

#[test]
fn who_waits_longer_than_half_a_second_is_told_once_whom_for() {
    let ledger = Ledger::new();
    let store = ledger.open();
    let id = make(&store, "a", None);
    let (tell, told) = mpsc::channel();
    let tell = Mutex::new(tell);
    let budget = Budget::new(None, Arc::new(move |notice: &Notice| tell.lock().unwrap().send(notice.clone()).unwrap()));
    let lock = Lock::take(store.files(), &store.layout().request_lock(id), "a request", Sharing::Exclusive, &endless())
        .unwrap();
    let first = thread::scope(|scope| {
        let waiting = scope.spawn(|| append_with(&store, id, &budget).unwrap());
        let first = told.recv_timeout(PATIENCE).unwrap();
        assert!(budget.spent() >= Duration::from_millis(500));
        drop(lock);
        assert!(matches!(waiting.join().unwrap(), Append::Committed(_)));
        first
    });
    let Notice::Waiting { what, holder } = first else { panic!("{first:?}") };
    assert_eq!(what, id.to_string());
    assert!(holder.unwrap().starts_with(&format!("pid {} on ", std::process::id())));
    assert_eq!(told.try_iter().count(), 0);
}

#[test]
fn a_lock_goes_with_its_process() {
    let ledger = Ledger::new();
    let store = ledger.open();
    let id = make(&store, "a", None);
    let (ready, is_ready) = mpsc::channel();
    let (end, ended) = mpsc::channel::<()>();
    let path = store.layout().request_lock(id);
    let files = store.files().clone();
    let holder = thread::spawn(move || {
        let _lock = Lock::take(&files, &path, "a request", Sharing::Exclusive, &endless()).unwrap();
        ready.send(()).unwrap();
        let _ = ended.recv();
    });
    is_ready.recv().unwrap();
    assert!(matches!(append_with(&store, id, &short()), Err(StoreError::Busy { .. })));
    drop(end);
    holder.join().unwrap();
    assert!(matches!(append_with(&store, id, &patient()), Ok(Append::Committed(_))));
}

/// Runs `crowd` threads until `work` is done.
fn beside_a_crowd(crowd: usize, busy: impl Fn(usize) + Sync, work: impl FnOnce()) {
    let is_over = AtomicBool::new(false);
    thread::scope(|scope| {
        for who in 0..crowd {
            let (is_over, busy) = (&is_over, &busy);
            scope.spawn(move || {
                while !is_over.load(Ordering::Relaxed) {
                    busy(who);
                }
            });
        }
        // Also when it panics.
        let _end = EndOnDrop(&is_over);
        work();
    });
}

struct EndOnDrop<'a>(&'a AtomicBool);

impl Drop for EndOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

#[test]
fn a_crowd_of_single_writers_does_not_starve_a_batch() {
    const CROWD: usize = 8;
    let ledger = Ledger::new();
    let stores: Vec<_> = (0..=CROWD).map(|_| ledger.open()).collect();
    let ids: Vec<_> = stores.iter().map(|store| make(store, "a", None)).collect();
    // Always the same key: the locks and syncs of a write, and a log that stays short.
    let busy = |who: usize| {
        let history = stores[who].history(ids[who]).unwrap().unwrap();
        let event = note(&history, "x", Some("again"));
        stores[who].append(ids[who], history.heads(), &event, &patient()).unwrap();
    };
    beside_a_crowd(CROWD, busy, || {
        for _ in 0..5 {
            let batch = stores[CROWD].batch(&patient()).unwrap();
            append_in_batch(batch.as_ref(), ids[CROWD]);
            batch.commit().unwrap();
        }
    });
    check_all(&stores[0]);
}

#[test]
fn a_crowd_of_batches_does_not_starve_a_single_writer() {
    const CROWD: usize = 3;
    let ledger = Ledger::new();
    let stores: Vec<_> = (0..=CROWD).map(|_| ledger.open()).collect();
    let ids: Vec<_> = stores.iter().map(|store| make(store, "a", None)).collect();
    let busy = |who: usize| {
        let batch = stores[who].batch(&patient()).unwrap();
        append_in_batch(batch.as_ref(), ids[who]);
        batch.commit().unwrap();
    };
    beside_a_crowd(CROWD, busy, || {
        for _ in 0..5 {
            append_with(&stores[CROWD], ids[CROWD], &patient()).unwrap();
            stores[CROWD].create(&request("b", Some("b")), &patient()).unwrap();
        }
    });
    check_all(&stores[0]);
}

fn append_in_batch(batch: &dyn Records, id: RequestId) {
    let history = batch.history(id).unwrap().unwrap();
    let answer = batch.append(id, history.heads(), &note(&history, "x", None), &endless()).unwrap();
    assert!(matches!(answer, Append::Committed(_)));
}

#[test]
fn a_reader_who_looks_for_a_key_waits_for_nobody() {
    let ledger = Ledger::new();
    let store = ledger.open();
    let made = store.create(&request("a", Some("known")), &endless()).map(|made| crate::support::id_of(&made)).unwrap();
    let _held = hold(&store, "create", Sharing::Exclusive);
    // Also where no table knows it.
    for forget in [false, true] {
        if forget {
            for name in ["keys.log", "keys.state"] {
                let _ = std::fs::remove_file(ledger.layout().in_local(name));
            }
        }
        let another = ledger.open();
        assert_eq!(another.find(&key("known"), &short()).unwrap(), Some(made));
        assert_eq!(another.find(&key("unknown"), &short()).unwrap(), None);
    }
}

#[test]
fn a_clock_that_is_held_ends_the_budget_too() {
    let ledger = Ledger::new();
    let store = ledger.open();
    let id = make(&store, "a", None);
    let clock = store.history(id).unwrap().unwrap().clock();
    let _held = hold(&store, "clock", Sharing::Exclusive);
    let budget = short();
    let (what, holder) = is_busy(&budget, store.witness(clock, &budget).map(drop));
    assert_eq!(what, "the clock");
    assert!(holder.is_some());
}

#[test]
fn who_projects_is_not_waited_for_without_end() {
    let ledger = Ledger::new();
    let store = ledger.open();
    let _held = hold(&store, "index", Sharing::Exclusive);
    let budget = patient();
    assert!(matches!(store.projecting(&budget, &mut || Ok(())).unwrap_err(), StoreError::Busy { .. }));
    assert!(!budget.is_over(), "most of it is left");
}
