//! What holds when several write at once.

use super::*;

pub(super) fn of_two_appends_to_the_same_heads_one_is_committed(store: &dyn Store) {
    let id = make(store, "a", None);
    for round in 0..5 {
        let old = heads(store, id);
        let start = Barrier::new(2);
        let answers = thread::scope(|scope| {
            let append = |text: &'static str| {
                let (old, start) = (&old, &start);
                scope.spawn(move || {
                    let event = note_after(id, old, text, None);
                    start.wait();
                    store.append(id, old, &event, &endless()).unwrap()
                })
            };
            [append("x"), append("y")].map(|thread| thread.join().unwrap())
        });
        let committed: Vec<Head> =
            answers.iter().filter_map(|a| if let Append::Committed(head) = a { Some(*head) } else { None }).collect();
        assert_eq!(committed, heads(store, id), "round {round}: {answers:?}");
        assert!(answers.contains(&Append::Stale { actual: committed }), "round {round}: {answers:?}");
    }
}

pub(super) fn a_key_that_many_create_with_makes_one_request(store: &dyn Store) {
    let start = Barrier::new(8);
    let answers: Vec<Created> = thread::scope(|scope| {
        let create = || {
            start.wait();
            store.create(&request("a", Some("k")), &endless()).unwrap()
        };
        let threads: Vec<_> = (0..8).map(|_| scope.spawn(create)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    let ids = store.requests().unwrap();
    assert_eq!(ids.len(), 1);
    assert_eq!(answers.iter().filter(|a| **a == Created::Existing(ids[0])).count(), 7, "{answers:?}");
    assert_eq!(answers.iter().filter(|a| matches!(a, Created::New(..))).count(), 1, "{answers:?}");
    assert_eq!(heads(store, ids[0])[0].n, 1);
}

pub(super) fn creates_at_once_take_numbers_of_their_own(store: &dyn Store) {
    let start = Barrier::new(8);
    thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                start.wait();
                make(store, "a", None)
            });
        }
    });
    let ids = store.requests().unwrap();
    assert_eq!(ids.iter().map(|id| id.number()).collect::<Vec<_>>(), (1..=8).collect::<Vec<_>>());
    ids.iter().for_each(|id| assert_eq!(heads(store, *id)[0].n, 1));
}

pub(super) fn writers_who_read_again_all_get_through(store: &dyn Store) {
    const EACH: usize = 3;
    let id = make(store, "a", None);
    let write = |who: usize| {
        let mut done = 0;
        while done < EACH {
            let key = format!("{who}-{done}");
            let history = store.history(id).unwrap().unwrap();
            let event = note(&history, "x", Some(&key));
            match store.append(id, history.heads(), &event, &endless()).unwrap() {
                Append::Committed(_) => done += 1,
                Append::Stale { .. } => {}
                other @ (Append::Duplicate(_) | Append::Unknown(_)) => panic!("{other:?}"),
            }
        }
    };
    thread::scope(|scope| (0..4).for_each(|who| drop(scope.spawn(move || write(who)))));
    let history = store.history(id).unwrap().unwrap();
    assert_eq!((history.heads().len(), history.version()), (1, 1 + 4 * EACH as u64));
}

pub(super) fn what_is_read_in_a_turn_stays_true_until_it_is_written_to(store: &dyn Store) {
    const EACH: usize = 5;
    let id = make(store, "a", None);
    let write = |who: usize| {
        for round in 0..EACH {
            let turn = store.turn(id, &endless()).unwrap();
            let history = turn.history(id).unwrap().unwrap();
            thread::yield_now();
            let event = note(&history, "x", Some(&format!("{who}-{round}")));
            let head = Head { n: event.n(), hash: event.hash() };
            // Never stale: nobody else came in between.
            assert_eq!(turn.append(id, history.heads(), &event, &endless()).unwrap(), Append::Committed(head));
        }
    };
    thread::scope(|scope| (0..4).for_each(|who| drop(scope.spawn(move || write(who)))));
    let history = store.history(id).unwrap().unwrap();
    assert_eq!((history.heads().len(), history.version()), (1, 1 + 4 * EACH as u64));
}

pub(super) fn a_turn_ends_when_it_is_dropped_and_does_what_the_store_does(store: &dyn Store) {
    let id = make(store, "a", Some("k"));
    let turn = store.turn(id, &endless()).unwrap();
    assert!(turn.contains(id).unwrap());
    let history = turn.history(id).unwrap().unwrap();
    let old = history.heads().to_vec();
    let first = note(&history, "x", Some("first"));
    let head = Head { n: first.n(), hash: first.hash() };
    assert_eq!(turn.append(id, &old, &first, &endless()).unwrap(), Append::Committed(head));
    // Within one turn: the next reading sees it, an old one is stale, a key is known.
    let history = turn.history(id).unwrap().unwrap();
    assert_eq!(history.heads(), [head]);
    let late = note_after(id, &old, "y", None);
    assert_eq!(turn.append(id, &old, &late, &endless()).unwrap(), Append::Stale { actual: vec![head] });
    let again = note(&history, "z", Some("first"));
    assert_eq!(turn.append(id, &[head], &again, &endless()).unwrap(), Append::Duplicate(head));
    drop(turn);
    let next = append(store, id, "outside", None);
    assert_eq!(heads(store, id), [next]);
    let missing = "REQ-20991231-9999".parse().unwrap();
    assert!(!store.contains(missing).unwrap());
    let turn = store.turn(missing, &endless()).unwrap();
    assert_eq!((turn.contains(missing).unwrap(), turn.history(missing).unwrap()), (false, None));
}
