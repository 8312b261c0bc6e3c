//! One suite for all stores: what [`Store`] and [`Batch`](super::Batch) promise, whoever keeps it.

use std::sync::{Arc, Barrier};
use std::thread;

use tempfile::TempDir;

use self::support::{DAY_MS, id_of, key, noon, note, note_after, request, request_at, writer};
use super::fs::FsStore;
use super::fs::disk::{RealDisk, Way};
use super::fs::found::found;
use super::memory::MemoryStore;
use super::{Append, Budget, Changes, Commit, Created, Derived, NewRequest, Point, Stamp, Store, StoreError};
use crate::domain::history::Head;
use crate::domain::id::RequestId;
use crate::domain::time::Hybrid;

mod batches;
mod checkpoints;
mod contracts;
#[path = "../../../tests/store/support.rs"]
pub(crate) mod support;
mod writers;

use self::batches::*;
use self::checkpoints::*;
use self::contracts::*;
use self::writers::*;

/// A store, and the folder that goes with it.
struct Fixture {
    store: Box<dyn Store>,
    _folder: Option<TempDir>,
}

fn memory() -> Fixture {
    Fixture { store: Box::new(MemoryStore::new(writer())), _folder: None }
}

fn files(way: Way) -> Fixture {
    let folder = TempDir::new().unwrap();
    let disk = Arc::new(RealDisk::at(folder.path(), way).unwrap());
    found(folder.path(), Arc::clone(&disk) as _, &[]).unwrap();
    let store = FsStore::open_on(folder.path(), disk).unwrap();
    Fixture { store: Box::new(store), _folder: Some(folder) }
}

/// Runs every test of the suite on every store.
macro_rules! conformance {
    ($($test:ident),+ $(,)?) => {
        mod in_memory {
            $(#[test] fn $test() { super::$test(super::memory().store.as_ref()); })+
        }
        mod on_a_native_disk {
            use crate::store::fs::disk::Way::Native;
            $(#[test] fn $test() { super::$test(super::files(Native).store.as_ref()); })+
        }
        mod on_a_portable_disk {
            use crate::store::fs::disk::Way::Portable;
            $(#[test] fn $test() { super::$test(super::files(Portable).store.as_ref()); })+
        }
    };
}

conformance!(
    a_list_grows_and_its_checkpoints_stay,
    a_tail_that_is_not_kept_is_replaced,
    another_checkpoint_of_a_size_is_refused,
    a_key_signs_a_checkpoint_once,
    a_reader_of_a_list_can_stop,
    ids_are_counted_per_day,
    a_request_is_read_back_as_it_was_made,
    a_key_makes_one_request,
    an_append_becomes_the_head,
    a_key_appends_once_and_answers_with_the_first,
    a_stale_expectation_is_answered_with_the_heads_as_they_are,
    an_event_that_does_not_follow_the_heads_is_refused_and_leaves_nothing,
    an_append_to_nothing_is_refused_and_leaves_nothing,
    what_is_missing_has_no_history,
    a_key_finds_its_request_and_no_other,
    a_stamp_changes_with_each_append_and_only_then,
    requests_are_listed_in_order,
    a_batch_shows_when_it_is_committed_and_not_before,
    a_dropped_batch_leaves_nothing,
    a_batch_sees_its_own_writes,
    keys_hold_within_a_batch_and_across_its_border,
    an_empty_batch_is_committed,
    a_writer_that_met_a_batch_decides_on_what_it_left,
    the_clock_that_was_seen_is_the_latest,
    marks_are_counted,
    what_was_written_is_told_of,
    a_token_is_told_one_by_one_as_for_all,
    derived_files_are_replaced_as_a_whole,
    projecting_runs_the_work_and_hands_its_answer_on,
    a_clone_keeps_its_name,
    of_two_appends_to_the_same_heads_one_is_committed,
    a_key_that_many_create_with_makes_one_request,
    creates_at_once_take_numbers_of_their_own,
    writers_who_read_again_all_get_through,
    what_is_read_in_a_turn_stays_true_until_it_is_written_to,
    a_turn_ends_when_it_is_dropped_and_does_what_the_store_does,
    a_batch_gives_turns_too,
    a_version_is_read_back_as_it_was_registered,
    a_request_keeps_the_number_that_it_brings,
    a_batch_gives_numbers_beside_those_that_are_brought,
    a_stale_or_known_registration_leaves_nothing,
    a_version_is_never_replaced,
    a_second_beginning_stands_beside_the_first,
);

fn endless() -> Budget {
    Budget::endless()
}

/// Makes a request; answers with its id.
#[track_caller]
fn make(store: &dyn Store, title: &str, key: Option<&str>) -> RequestId {
    id_of(&store.create(&request(title, key), &endless()).unwrap())
}

#[track_caller]
fn heads(store: &dyn Store, id: RequestId) -> Vec<Head> {
    store.history(id).unwrap().unwrap().heads().to_vec()
}

/// Appends a note to the heads as they are; answers with the new head.
#[track_caller]
fn append(store: &dyn Store, id: RequestId, text: &str, key: Option<&str>) -> Head {
    let history = store.history(id).unwrap().unwrap();
    let event = note(&history, text, key);
    let head = Head { n: event.n(), hash: event.hash() };
    assert_eq!(store.append(id, history.heads(), &event, &endless()).unwrap(), Append::Committed(head));
    head
}

fn ids_are_counted_per_day(store: &dyn Store) {
    let next_day = noon().plus_ms(DAY_MS);
    let ids = [noon(), noon(), next_day, noon(), next_day]
        .map(|at| id_of(&store.create(&request_at(at, "a", None), &endless()).unwrap()).to_string());
    let expected =
        ["REQ-20261120-0001", "REQ-20261120-0002", "REQ-20261121-0001", "REQ-20261120-0003", "REQ-20261121-0002"];
    assert_eq!(ids, expected);
}

fn a_request_is_read_back_as_it_was_made(store: &dyn Store) {
    let request = request("a", Some("k"));
    let Created::New(packet, head) = store.create(&request, &endless()).unwrap() else { panic!() };
    assert_eq!(*packet, request.draft.identify(packet.request_id, request.created_at, request.random));
    let history = store.history(packet.request_id).unwrap().unwrap();
    assert_eq!(*history.packet(), *packet);
    assert_eq!(history.heads(), [head]);
    assert_eq!(history.events().len(), 1);
}

fn a_request_keeps_the_number_that_it_brings(store: &dyn Store) {
    let first = make(store, "a", None);
    let id: RequestId = "REQ-20260112-0007".parse().unwrap();
    let kept = |id: RequestId, title: &str, key: &str| NewRequest { id: Some(id), ..request(title, Some(key)) };
    assert_eq!(id_of(&store.create(&kept(id, "b", "k"), &endless()).unwrap()), id);
    assert_eq!(store.history(id).unwrap().unwrap().packet().request_id, id);
    assert_eq!(store.create(&kept(id, "b", "k"), &endless()).unwrap(), Created::Existing(id));
    for taken in [id, first] {
        assert_eq!(store.create(&kept(taken, "c", "other"), &endless()).unwrap(), Created::Taken(taken));
    }
    assert_eq!(store.requests().unwrap(), [id, first]);
    assert_ne!(make(store, "d", None), first);
}

fn a_key_makes_one_request(store: &dyn Store) {
    let id = make(store, "a", Some("k"));
    for title in ["a", "another intent"] {
        let again = store.create(&request(title, Some("k")), &endless()).unwrap();
        assert_eq!(again, Created::Existing(id));
    }
    assert_eq!(store.requests().unwrap(), [id]);
    assert_ne!(make(store, "a", None), make(store, "a", None));
}

fn an_append_becomes_the_head(store: &dyn Store) {
    let id = make(store, "a", None);
    for n in 2..6 {
        let head = append(store, id, "x", None);
        assert_eq!((head.n, vec![head]), (n, heads(store, id)));
    }
}

fn a_key_appends_once_and_answers_with_the_first(store: &dyn Store) {
    let id = make(store, "a", None);
    let begin = heads(store, id);
    let first = append(store, id, "x", Some("k"));
    append(store, id, "y", None);
    let before = store.history(id).unwrap();
    for expected in [begin.clone(), heads(store, id), vec![]] {
        let again = note_after(id, if expected.is_empty() { &begin } else { &expected }, "z", Some("k"));
        assert_eq!(store.append(id, &expected, &again, &endless()).unwrap(), Append::Duplicate(first));
    }
    assert_eq!(store.history(id).unwrap(), before);
    let other = make(store, "b", None);
    append(store, other, "x", Some("k"));
}

fn a_stale_expectation_is_answered_with_the_heads_as_they_are(store: &dyn Store) {
    let id = make(store, "a", None);
    let old = heads(store, id);
    let actual = vec![append(store, id, "x", None)];
    let event = note_after(id, &old, "y", None);
    for expected in [old.as_slice(), &[]] {
        let answer = store.append(id, expected, &event, &endless()).unwrap();
        assert_eq!(answer, Append::Stale { actual: actual.clone() });
    }
    assert_eq!(heads(store, id), actual);
}

fn an_event_that_does_not_follow_the_heads_is_refused_and_leaves_nothing(store: &dyn Store) {
    let (id, other) = (make(store, "a", None), make(store, "b", None));
    append(store, id, "x", None);
    let before = store.history(id).unwrap();
    let stray = note_after(other, &heads(store, id), "y", None);
    let beside = note_after(id, &heads(store, other), "y", None);
    let misnumbered = note_after(id, &[Head { n: 7, ..heads(store, id)[0] }], "y", None);
    for event in [stray, beside, misnumbered] {
        assert!(store.append(id, &heads(store, id), &event, &endless()).is_err(), "{}", event.line());
        assert_eq!(store.history(id).unwrap(), before);
    }
}

fn an_append_to_nothing_is_refused_and_leaves_nothing(store: &dyn Store) {
    let id = make(store, "a", None);
    let missing: RequestId = "REQ-20261120-0002".parse().unwrap();
    let event = note_after(missing, &heads(store, id), "x", None);
    assert!(store.append(missing, &[], &event, &endless()).is_err());
    let batch = store.batch(&endless()).unwrap();
    assert!(batch.append(missing, &[], &event, &endless()).is_err());
    assert!(batch.history(missing).unwrap().is_none());
    batch.commit().unwrap();
    assert!(store.history(missing).unwrap().is_none());
    assert_eq!(store.requests().unwrap(), [id]);
    assert_eq!(make(store, "b", None), missing);
    append(store, missing, "x", None);
}

fn what_is_missing_has_no_history(store: &dyn Store) {
    let missing: RequestId = "REQ-20261120-0001".parse().unwrap();
    assert_eq!(store.history(missing).unwrap(), None);
    assert_eq!(store.requests().unwrap(), []);
    assert_eq!(store.survey().unwrap(), []);
    assert_eq!(store.batch(&endless()).unwrap().history(missing).unwrap(), None);
}

fn a_key_finds_its_request_and_no_other(store: &dyn Store) {
    assert_eq!(store.find(&key("k"), &endless()).unwrap(), None);
    let id = make(store, "a", Some("k"));
    make(store, "b", None);
    let other = make(store, "c", Some("K"));
    assert_eq!(store.find(&key("k"), &endless()).unwrap(), Some(id));
    assert_eq!(store.find(&key("K"), &endless()).unwrap(), Some(other));
    for miss in ["kk", "a", "k k"] {
        assert_eq!(store.find(&key(miss), &endless()).unwrap(), None, "{miss}");
    }
    append(store, id, "x", Some("of an event"));
    assert_eq!(store.find(&key("of an event"), &endless()).unwrap(), None);
}

fn a_stamp_changes_with_each_append_and_only_then(store: &dyn Store) {
    let (id, other) = (make(store, "a", None), make(store, "b", None));
    let stamps = || -> Vec<(RequestId, Stamp)> {
        let rows = store.survey().unwrap();
        // Whether it is settled is a matter of time.
        rows.into_iter().map(|row| (row.id, Stamp { settled: true, ..row.stamp })).collect()
    };
    append(store, id, "w", Some("k"));
    for n in 0..4 {
        let before = stamps();
        append(store, id, &format!("{n}"), None);
        let after = stamps();
        assert_eq!(after.iter().map(|row| row.0).collect::<Vec<_>>(), [id, other]);
        assert_ne!(before[0], after[0]);
        assert_eq!(before[1], after[1]);
        let history = store.history(id).unwrap().unwrap();
        let duplicate = store.append(id, history.heads(), &note(&history, "y", Some("k")), &endless()).unwrap();
        assert!(matches!(duplicate, Append::Duplicate(_)));
        let stale = store.append(id, &[], &note(&history, "y", None), &endless()).unwrap();
        assert!(matches!(stale, Append::Stale { .. }));
        store.mark(1).unwrap();
        assert_eq!(after, stamps());
    }
}

fn requests_are_listed_in_order(store: &dyn Store) {
    for days in [3, 1, 2, 1, 3] {
        store.create(&request_at(noon().plus_ms(days * DAY_MS), "a", None), &endless()).unwrap();
    }
    let ids = store.requests().unwrap();
    assert!(ids.is_sorted() && ids.len() == 5, "{ids:?}");
    assert_eq!(store.survey().unwrap().iter().map(|row| row.id).collect::<Vec<_>>(), ids);
}

fn the_clock_that_was_seen_is_the_latest(store: &dyn Store) {
    let reading = |ms, tick| Some(Hybrid { at: noon().plus_ms(ms), tick });
    assert_eq!(store.witness(None, &endless()).unwrap(), None);
    assert_eq!(store.witness(reading(5, 1_000_000), &endless()).unwrap(), None);
    assert_eq!(store.witness(reading(3, 9), &endless()).unwrap(), reading(5, 1_000_000));
    assert_eq!(store.witness(reading(6, 0), &endless()).unwrap(), reading(5, 1_000_000));
    assert_eq!(store.witness(reading(6, 0), &endless()).unwrap(), reading(6, 0));
    assert_eq!(store.witness(None, &endless()).unwrap(), reading(6, 0));
    thread::scope(|scope| {
        for n in 0..8 {
            scope.spawn(move || store.witness(reading(10 + n, 0), &endless()).unwrap());
        }
    });
    assert_eq!(store.witness(None, &endless()).unwrap(), reading(17, 0));
}

fn what_was_written_is_told_of(store: &dyn Store) {
    let old = make(store, "a", None);
    let since = |point: &Point| {
        let Changes { all, touched, point } = store.changes(Some(point)).unwrap();
        (all, touched, point)
    };
    let first = store.changes(None).unwrap();
    assert!(first.all);
    append(store, old, "x", None);
    let (all, touched, point) = since(&first.point);
    assert!(all || touched.contains(&old));
    let new = make(store, "b", None);
    let (all, touched, point) = since(&point);
    assert!(all || touched.contains(&new));
    let batch = store.batch(&endless()).unwrap();
    let of_batch = id_of(&batch.create(&request("c", None), &endless()).unwrap());
    let history = batch.history(old).unwrap().unwrap();
    batch.append(old, history.heads(), &note(&history, "y", None), &endless()).unwrap();
    batch.commit().unwrap();
    let (all, touched, _) = since(&point);
    assert!(all || (touched.contains(&old) && touched.contains(&of_batch)));
    // What one reader has seen says nothing to another.
    let (all, touched, _) = since(&first.point);
    assert!(all || touched.contains(&new));
    assert!(store.changes(Some(&Point("nonsense".into()))).unwrap().all);
}

fn a_token_is_told_one_by_one_as_for_all(store: &dyn Store) {
    let ids = [make(store, "a", None), make(store, "b", None)];
    append(store, ids[1], "x", None);
    let missing = "REQ-19990101-0001".parse().unwrap();
    let told = store.stamps(&[ids[1], missing, ids[0]]).unwrap();
    let parts = |stamp: Option<Stamp>| stamp.map(|stamp| stamp.parts);
    let of = |id: RequestId| store.survey().unwrap().into_iter().find(|one| one.id == id).map(|one| one.stamp.parts);
    assert_eq!(told.into_iter().map(parts).collect::<Vec<_>>(), [of(ids[1]), None, of(ids[0])]);
}

fn marks_are_counted(store: &dyn Store) {
    assert_eq!(store.marks().unwrap(), 0);
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..5).map(|_| store.mark(1).unwrap()).max());
        }
    });
    assert_eq!(store.marks().unwrap(), 20);
    assert_eq!(store.mark(3).unwrap(), 23);
}

fn derived_files_are_replaced_as_a_whole(store: &dyn Store) {
    for (which, other) in [(Derived::Index, Derived::Gauge), (Derived::Gauge, Derived::Index)] {
        let beside = store.derived(other).unwrap();
        for bytes in [b"a long text".as_slice(), b"short", b""] {
            store.replace_derived(which, bytes).unwrap();
            assert_eq!(store.derived(which).unwrap().as_deref(), Some(bytes));
        }
        let mut written = Vec::new();
        let large: Vec<u8> = (0..1_000_000_u32).flat_map(u32::to_le_bytes).collect();
        let pieces = large.chunks(70_001);
        store.write_derived(which, &mut |file| pieces.clone().try_for_each(|piece| file.write_all(piece))).unwrap();
        store.read_derived(which).unwrap().unwrap().read_to_end(&mut written).unwrap();
        assert!(written == large);
        let stopped = store.write_derived(which, &mut |file| {
            file.write_all(b"half of it")?;
            Err(std::io::Error::other("no more"))
        });
        assert!(stopped.unwrap_err().to_string().contains("no more"));
        assert!(store.derived(which).unwrap().unwrap() == large);
        assert_eq!(store.derived(other).unwrap(), beside);
    }
}

fn projecting_runs_the_work_and_hands_its_answer_on(store: &dyn Store) {
    let mut runs = 0;
    let mut work = || {
        runs += 1;
        store.replace_derived(Derived::Index, b"{}")
    };
    store.projecting(&endless(), &mut work).unwrap();
    assert_eq!(runs, 1);
    let failed = store.projecting(&endless(), &mut || Err(StoreError::Unwritable("no".into())));
    assert_eq!(failed.unwrap_err().to_string(), "no");
    store.projecting(&endless(), &mut || Ok(())).unwrap();
}

fn a_clone_keeps_its_name(store: &dyn Store) {
    assert_eq!(store.writer().unwrap(), store.writer().unwrap());
}
