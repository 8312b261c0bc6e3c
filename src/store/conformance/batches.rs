//! What batches promise.

use super::*;

pub(super) fn a_batch_shows_when_it_is_committed_and_not_before(store: &dyn Store) {
    let id = make(store, "a", None);
    let before = store.history(id).unwrap().unwrap();
    let batch = store.batch(&endless()).unwrap();
    let made = id_of(&batch.create(&request("b", Some("k")), &endless()).unwrap());
    let event = note(&before, "x", None);
    let head = Head { n: 2, hash: event.hash() };
    assert_eq!(batch.append(id, before.heads(), &event, &endless()).unwrap(), Append::Committed(head));
    let inside = batch.history(made).unwrap();
    assert_eq!(store.requests().unwrap(), [id]);
    assert_eq!(store.history(made).unwrap(), None);
    assert_eq!(store.history(id).unwrap().unwrap(), before);
    assert!(matches!(batch.commit().unwrap(), Commit::Committed { .. }));
    assert_eq!(store.requests().unwrap(), [id, made]);
    assert_eq!(store.history(made).unwrap(), inside);
    assert_eq!(heads(store, id), [head]);
    assert_eq!(store.find(&key("k"), &endless()).unwrap(), Some(made));
}

pub(super) fn a_dropped_batch_leaves_nothing(store: &dyn Store) {
    let id = make(store, "a", None);
    let before = store.history(id).unwrap().unwrap();
    let batch = store.batch(&endless()).unwrap();
    let made = id_of(&batch.create(&request("b", Some("k")), &endless()).unwrap());
    batch.append(id, before.heads(), &note(&before, "x", None), &endless()).unwrap();
    drop(batch);
    assert_eq!(store.requests().unwrap(), [id]);
    assert_eq!(store.history(made).unwrap(), None);
    assert_eq!(store.history(id).unwrap().unwrap(), before);
    assert_eq!(store.find(&key("k"), &endless()).unwrap(), None);
    assert_eq!(make(store, "c", Some("k")), made);
}

pub(super) fn a_batch_sees_its_own_writes(store: &dyn Store) {
    let old = make(store, "a", None);
    let batch = store.batch(&endless()).unwrap();
    let made = id_of(&batch.create(&request("b", None), &endless()).unwrap());
    for id in [old, made] {
        let begin = batch.history(id).unwrap().unwrap();
        let event = note(&begin, "x", Some("k"));
        let first = Head { n: 2, hash: event.hash() };
        assert_eq!(batch.append(id, begin.heads(), &event, &endless()).unwrap(), Append::Committed(first));
        assert_eq!(batch.history(id).unwrap().unwrap().heads(), [first]);
        let stale = note(&begin, "y", None);
        let answer = batch.append(id, begin.heads(), &stale, &endless()).unwrap();
        assert_eq!(answer, Append::Stale { actual: vec![first] });
        let again = note_after(id, &[first], "z", Some("k"));
        assert_eq!(batch.append(id, &[first], &again, &endless()).unwrap(), Append::Duplicate(first));
        assert!(batch.append(id, &[first], &note_after(id, &[Head { n: 5, ..first }], "w", None), &endless()).is_err());
        let next = note_after(id, &[first], "w", None);
        assert!(matches!(batch.append(id, &[first], &next, &endless()).unwrap(), Append::Committed(_)));
    }
    let inside = [old, made].map(|id| batch.history(id).unwrap());
    batch.commit().unwrap();
    assert_eq!([old, made].map(|id| store.history(id).unwrap()), inside);
    assert_eq!(heads(store, made)[0].n, 3);
}

pub(super) fn keys_hold_within_a_batch_and_across_its_border(store: &dyn Store) {
    let before = make(store, "a", Some("before"));
    let batch = store.batch(&endless()).unwrap();
    assert_eq!(batch.create(&request("b", Some("before")), &endless()).unwrap(), Created::Existing(before));
    let within = id_of(&batch.create(&request("c", Some("within")), &endless()).unwrap());
    assert_eq!(batch.create(&request("d", Some("within")), &endless()).unwrap(), Created::Existing(within));
    assert_eq!(batch.find(&key("within"), &endless()).unwrap(), Some(within));
    assert_eq!(batch.find(&key("before"), &endless()).unwrap(), Some(before));
    assert_eq!(batch.find(&key("never"), &endless()).unwrap(), None);
    batch.commit().unwrap();
    assert_eq!(store.create(&request("e", Some("within")), &endless()).unwrap(), Created::Existing(within));
    assert_eq!(store.requests().unwrap(), [before, within]);
}

pub(super) fn a_batch_gives_numbers_beside_those_that_are_brought(store: &dyn Store) {
    let before = make(store, "a", None);
    let next = RequestId::new(before.day(), before.number() + 1).unwrap();
    let old: RequestId = "REQ-20260112-0001".parse().unwrap();
    let kept = |id: RequestId, title: &str| NewRequest { id: Some(id), ..request(title, None) };
    let batch = store.batch(&endless()).unwrap();
    assert_eq!(id_of(&batch.create(&kept(next, "b"), &endless()).unwrap()), next);
    assert_eq!(id_of(&batch.create(&kept(old, "c"), &endless()).unwrap()), old);
    for taken in [before, next, old] {
        assert_eq!(batch.create(&kept(taken, "d"), &endless()).unwrap(), Created::Taken(taken));
    }
    let given = id_of(&batch.create(&request("e", None), &endless()).unwrap());
    assert!(![before, next, old].contains(&given));
    batch.commit().unwrap();
    assert_eq!(store.requests().unwrap().len(), 4);
    assert_eq!(store.history(given).unwrap().unwrap().packet().title, "e");
}

pub(super) fn an_empty_batch_is_committed(store: &dyn Store) {
    assert_eq!(store.batch(&endless()).unwrap().commit().unwrap(), Commit::Committed { syncs: 0 });
    let id = make(store, "a", None);
    let before = store.history(id).unwrap();
    let batch = store.batch(&endless()).unwrap();
    assert_eq!(batch.history(id).unwrap(), before);
    assert!(matches!(batch.commit().unwrap(), Commit::Committed { .. }));
    assert_eq!(store.history(id).unwrap(), before);
}

pub(super) fn a_writer_that_met_a_batch_decides_on_what_it_left(store: &dyn Store) {
    let id = make(store, "a", None);
    let old = heads(store, id);
    let batch = store.batch(&endless()).unwrap();
    let event = note_after(id, &old, "x", None);
    batch.append(id, &old, &event, &endless()).unwrap();
    thread::scope(|scope| {
        let other = scope.spawn(|| store.append(id, &old, &note_after(id, &old, "y", None), &endless()).unwrap());
        batch.commit().unwrap();
        let actual = vec![Head { n: 2, hash: event.hash() }];
        assert_eq!(other.join().unwrap(), Append::Stale { actual });
    });
}

pub(super) fn a_batch_gives_turns_too(store: &dyn Store) {
    let id = make(store, "a", None);
    let batch = store.batch(&endless()).unwrap();
    let turn = batch.turn(id, &endless()).unwrap();
    let history = turn.history(id).unwrap().unwrap();
    let event = note(&history, "x", None);
    assert!(matches!(turn.append(id, history.heads(), &event, &endless()).unwrap(), Append::Committed(_)));
    drop(turn);
    assert!(batch.contains(id).unwrap());
    batch.commit().unwrap();
    assert_eq!(heads(store, id), [Head { n: event.n(), hash: event.hash() }]);
}
