//! Histories that were tampered with: what is noticed, and what a log alone can't show.

use coordination_ledger::domain::event::{BadEvent, Body, Created, CreatedData, Event, Noted, Unsealed};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::BadHistory;
use coordination_ledger::domain::id::Stream;
use coordination_ledger::domain::packet::Packet;
use coordination_ledger::domain::time::{Hybrid, Timestamp};
use proptest::prelude::*;
use serde_json::json;

use super::replica::{NOON_MS, Replica, Request, note, to};
use super::scenario::{scenarios, united};

fn four_events() -> Replica {
    let mut replica = Replica::first(&Request::with(json!({})));
    replica.does(note("first"));
    replica.does(to("ACCEPTED"));
    replica.does(note("last"));
    replica
}

fn noted() -> Body {
    Body::Noted(Noted { text: "by hand".to_owned(), kind: None, occurred_at: None })
}

fn created() -> Body {
    Body::Created(Created { to: "PROPOSED".parse().unwrap(), data: CreatedData::default() })
}

fn error(replica: &Replica) -> BadHistory {
    replica.request.history(replica.events.clone()).unwrap_err()
}

#[test]
fn an_event_removed_from_the_middle_is_missed_by_its_child() {
    for removed in 0..3 {
        let mut replica = four_events();
        let parent = replica.events.remove(removed).hash();
        let child = &replica.events[removed];
        let expected = BadHistory::MissingParent { n: child.n(), hash: child.hash(), parent };
        assert_eq!(error(&replica), expected);
        assert_eq!(expected.event(), Some(child.hash()));
    }
}

#[test]
fn a_newest_event_that_was_removed_is_not_missed() {
    let mut replica = four_events();
    let heads = replica.history().heads().to_vec();
    replica.events.pop();
    assert_ne!(replica.history().heads(), heads, "only who remembers the heads can tell");
}

#[test]
fn an_edited_line_is_no_event() {
    let line = four_events().events[1].line().replace("first", "furst");
    assert_eq!(Event::parse(&line), Err(BadEvent::WrongHash));
}

#[test]
fn a_number_that_is_not_one_more_than_the_largest_parents_is_found() {
    for n in [4, 6, 1000] {
        let mut replica = four_events();
        // Its parent's own number: which of the two stands first depends on their hashes.
        let after_parent = (0..100).find_map(|i| {
            let body = Body::Noted(Noted { text: format!("try {i}"), kind: None, occurred_at: None });
            let event = replica.request.sealed(body, n, replica.history().next_parents());
            (event.hash() > event.parents()[0]).then_some(event)
        });
        let event = after_parent.unwrap();
        replica.events.push(event.clone());
        assert_eq!(error(&replica), BadHistory::WrongNumber { n, hash: event.hash(), expected: 5 });
    }
}

#[test]
fn a_number_below_its_parents_is_found_as_a_parent_that_is_not_there_yet() {
    let mut replica = four_events();
    let parent = replica.events[3].hash();
    let event = replica.request.sealed(noted(), 2, vec![parent]);
    replica.events.push(event.clone());
    assert_eq!(error(&replica), BadHistory::MissingParent { n: 2, hash: event.hash(), parent });
}

#[test]
fn the_number_follows_the_largest_of_several_parents() {
    let mut replica = four_events();
    let parents = vec![replica.events[1].hash(), replica.events[3].hash()];
    replica.events.push(replica.request.sealed(noted(), 5, parents.clone()));
    assert_eq!(replica.history().version(), 5);
    let event = replica.request.sealed(noted(), 3, parents);
    *replica.events.last_mut().unwrap() = event;
    assert!(replica.request.history(replica.events.clone()).is_err());
}

#[test]
fn an_event_about_something_else_is_found() {
    for stream in ["REQ-20261120-0002", "contract:billing.invoice"] {
        let mut replica = four_events();
        let stream: Stream = stream.parse().unwrap();
        let stray = Event::seal(Unsealed {
            stream: stream.clone(),
            clock: Hybrid { at: Timestamp::from_unix_ms(NOON_MS), tick: 9 },
            writer: "byhand0".parse().unwrap(),
            by: "ann".parse().unwrap(),
            key: None,
            body: noted(),
            n: 5,
            parents: replica.history().next_parents(),
        });
        let stray = stray.unwrap();
        replica.events.push(stray.clone());
        assert_eq!(error(&replica), BadHistory::Stray { n: 5, hash: stray.hash(), stream });
    }
}

#[test]
fn a_history_does_not_begin_without_its_creation() {
    let mut replica = Replica::cut_short(&Request::with(json!({})), "first0");
    let event = replica.request.sealed(noted(), 1, vec![replica.request.packet_hash]);
    replica.events.push(event.clone());
    assert_eq!(error(&replica), BadHistory::Beginning { n: 1, hash: event.hash() });
}

#[test]
fn a_request_is_not_created_again_later_on() {
    let mut replica = four_events();
    let packet = replica.request.packet_hash;
    for parents in [replica.history().next_parents(), vec![packet, replica.events[3].hash()]] {
        let mut replica = replica.clone();
        let event = replica.request.sealed(created(), 5, parents);
        replica.events.push(event.clone());
        assert_eq!(error(&replica), BadHistory::Beginning { n: 5, hash: event.hash() });
    }
    let event = replica.request.sealed(noted(), 5, vec![replica.events[3].hash(), packet]);
    replica.events.push(event.clone());
    assert_eq!(error(&replica), BadHistory::Beginning { n: 5, hash: event.hash() });
}

#[test]
fn a_changed_packet_is_missed_by_the_first_event() {
    let replica = four_events();
    let mut changed = Request::clone(&replica.request);
    changed.packet.title.push('!');
    changed.packet_hash = Packet::hash_of(&changed.packet.to_bytes().unwrap());
    let first = &replica.events[0];
    let expected = BadHistory::MissingParent { n: 1, hash: first.hash(), parent: replica.request.packet_hash };
    assert_eq!(changed.history(replica.events.clone()), Err(expected));
}

#[test]
fn an_absent_parent_beside_one_that_is_there_is_missed() {
    let mut replica = four_events();
    let event = replica.request.sealed(noted(), 5, vec![Hash::of(&[b"nowhere"]), replica.events[3].hash()]);
    replica.events.push(event);
    assert!(matches!(error(&replica), BadHistory::MissingParent { n: 5, .. }));
}

#[test]
fn an_appended_event_that_does_not_belong_leaves_the_history_as_it_was() {
    let replica = four_events();
    let mut history = replica.history();
    let stray = replica.request.sealed(noted(), 7, history.next_parents());
    assert!(history.append(stray).is_err());
    assert_eq!(history, replica.history());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_all_events_only_the_newest_can_be_removed_unnoticed(scenario in scenarios()) {
        let all = united(&scenario.play());
        let heads = all.history().heads().to_vec();
        for i in 0..all.events.len() {
            let mut events = all.events.clone();
            let removed = events.remove(i).hash();
            match all.request.history(events) {
                Ok(history) => {
                    prop_assert!(heads.iter().any(|head| head.hash == removed));
                    prop_assert_ne!(history.heads(), heads.as_slice());
                }
                Err(BadHistory::MissingParent { parent, .. }) => prop_assert_eq!(parent, removed),
                Err(other) => prop_assert!(false, "{other}"),
            }
        }
    }
}
