//! Two clones that wrote at once: what joins by itself, what diverges, and how it is settled.

use coordination_ledger::domain::event::{Body, PartStatus};
use coordination_ledger::domain::history::Head;
use coordination_ledger::domain::state::Status;
use serde_json::json;

use super::replica::{
    Replica, Request, approval, because, detailed, evidence, note, part, proven, proven_because, resolve, to,
};

/// Two clones of a bug report that is ACCEPTED.
fn two_clones() -> (Replica, Replica) {
    let mut ann = Replica::first(&Request::with(json!({})));
    ann.goes(&["ACCEPTED"]);
    let ben = ann.fork("second");
    (ann, ben)
}

/// A clone in which WITHDRAWN and IN_PROGRESS exclude each other, and the clone that wrote IN_PROGRESS.
fn diverged() -> (Replica, Replica) {
    let (mut ann, mut ben) = two_clones();
    ann.does(because("WITHDRAWN"));
    ben.does(to("IN_PROGRESS"));
    ann.pull(&ben);
    assert_eq!(ann.status(), "IN_PROGRESS | WITHDRAWN");
    (ann, ben)
}

fn after_merge(a: &Replica, b: &Replica) -> String {
    let mut both = a.fork("both00");
    both.pull(b);
    both.status()
}

#[test]
fn the_same_transition_in_two_clones_joins_silently() {
    let (mut ann, mut ben) = two_clones();
    ann.does(to("IN_PROGRESS"));
    ben.act("bea", &because("IN_PROGRESS")).unwrap();
    ann.pull(&ben);
    assert_eq!(ann.status(), "IN_PROGRESS");
    assert_eq!(ann.history().heads().len(), 2);
    let joined = ann.does(proven("DELIVERED"));
    assert_eq!(joined.parents().len(), 2);
    assert_eq!(ann.status(), "DELIVERED");
}

#[test]
fn whoever_went_further_along_the_same_way_is_followed() {
    let (mut ann, mut ben) = two_clones();
    ann.does(to("IN_PROGRESS"));
    ben.goes(&["IN_PROGRESS", "BLOCKED", "IN_PROGRESS", "DELIVERED"]);
    assert_eq!(after_merge(&ann, &ben), "DELIVERED");
    assert_eq!(after_merge(&ben, &ann), "DELIVERED");
}

#[test]
fn ways_of_the_same_states_in_another_order_exclude_each_other() {
    let incident = Request::with(json!({"request_type": "incident"}));
    let mut ann = Replica::first(&incident);
    let mut ben = ann.fork("second");
    ann.goes(&["ACCEPTED", "IN_PROGRESS"]);
    ben.goes(&["IN_PROGRESS"]);
    assert_eq!(after_merge(&ann, &ben), "IN_PROGRESS | IN_PROGRESS");
}

#[test]
fn what_another_clone_replaced_since_does_not_shorten_a_way() {
    let (mut ann, mut ben) = two_clones();
    ann.does(to("IN_PROGRESS"));
    ben.does(to("IN_PROGRESS"));
    ann.goes(&["DELIVERED"]);
    ben.pull(&ann);
    // Ann goes on from her own DELIVERED; Ben, who saw both ways, takes the same step a little later.
    ann.does(to("VERIFIED"));
    ben.does(note("looks good"));
    ben.does(to("VERIFIED"));
    assert_eq!(after_merge(&ann, &ben), "VERIFIED");
}

#[test]
fn what_a_resolve_dropped_is_not_the_way_of_whoever_goes_on() {
    let (mut ann, mut late) = two_clones();
    ann.does(to("IN_PROGRESS"));
    late.does(because("WITHDRAWN"));
    ann.pull(&late);
    ann.does(note("we should talk"));
    ann.does(resolve("IN_PROGRESS"));
    late.does(note("unaware of it"));
    let mut ben = ann.fork("third0");
    ben.pull(&late);
    ben.does(note("one event later than Ann"));
    ann.does(proven("DELIVERED"));
    ben.does(proven("DELIVERED"));
    assert_eq!(after_merge(&ann, &ben), "DELIVERED");
}

#[test]
fn transitions_that_exclude_each_other_diverge_and_both_are_shown() {
    let (ann, _) = diverged();
    let Status::Diverged(sides) = ann.state().status else { panic!("it has diverged") };
    for side in sides {
        let event = ann.history().event(side.event.hash).unwrap().clone();
        assert!(matches!(event.body(), Body::Transitioned(t) if t.to == side.state));
        assert_eq!((side.event.n, side.by, side.at), (event.n(), event.by().clone(), event.clock().at));
    }
    assert_eq!(ann.state().since, None);
    assert_eq!(ann.state().name(), None);
}

#[test]
fn the_same_state_with_other_details_is_another_way() {
    let mut ann = Replica::first(&Request::with(json!({})));
    let mut ben = ann.fork("second");
    ann.does(detailed("ACCEPTED", json!({"scope": "small", "team": "red"})));
    ben.does(detailed("ACCEPTED", json!({"scope": "large", "team": "red"})));
    ann.pull(&ben);
    assert_eq!(ann.status(), "ACCEPTED | ACCEPTED");
    assert_eq!(json!(ann.state().details), json!({"team": "red"}));
    // The name fits both sides, so only an event's hash can say which is meant.
    assert_eq!(ann.answer("ann", &resolve("ACCEPTED")), "no such side: ACCEPTED");
    for kept in ann.history().heads() {
        let mut ann = ann.clone();
        let scope = if ann.history().event(kept.hash) == ben.events.last() { "large" } else { "small" };
        ann.does(resolve(&kept.hash.to_string()));
        assert_eq!(json!(ann.state().details), json!({"scope": scope, "team": "red"}));
    }
}

#[test]
fn notes_evidence_and_approvals_commute() {
    let (mut ann, mut ben) = two_clones();
    ann.does(note("from here"));
    ann.does(evidence("1111111"));
    ben.does(note("from there"));
    ben.does(approval("sponsor"));
    ann.pull(&ben);
    let state = ann.state();
    assert_eq!(ann.status(), "ACCEPTED");
    assert_eq!((state.notes.len(), state.approvals.len()), (2, 1));
    assert_eq!(state.evidence.iter().filter(|e| e.evidence.value == "1111111").count(), 1);
}

#[test]
fn notes_on_either_side_or_on_both_settle_nothing() {
    let (mut ann, mut ben) = two_clones();
    ann.does(because("WITHDRAWN"));
    ann.does(note("a mistake"));
    ben.does(to("IN_PROGRESS"));
    ben.does(note("on it"));
    ann.pull(&ben);
    assert_eq!(ann.status(), "IN_PROGRESS | WITHDRAWN");
    ann.does(note("what now?"));
    assert_eq!(ann.history().heads().len(), 1);
    assert_eq!(ann.status(), "IN_PROGRESS | WITHDRAWN");
}

#[test]
fn a_diverged_request_takes_no_transition_and_no_part() {
    let (mut ann, _) = diverged();
    for command in [proven_because("DELIVERED"), because("WITHDRAWN"), part("billing", PartStatus::Delivered)] {
        assert_eq!(ann.answer("ann", &command), "diverged: IN_PROGRESS | WITHDRAWN");
    }
    for command in [note("still here"), evidence("1111111"), approval("sponsor")] {
        assert_eq!(ann.answer("ann", &command), "done");
    }
}

#[test]
fn a_resolve_keeps_one_side_and_everything_goes_on_from_there() {
    let (mut ann, mut ben) = diverged();
    ann.does(resolve("in-progress"));
    assert_eq!(ann.status(), "IN_PROGRESS");
    ben.pull(&ann);
    ben.does(proven("DELIVERED"));
    ben.goes(&["VERIFIED", "CLOSED"]);
    assert_eq!(after_merge(&ann, &ben), "CLOSED");
}

#[test]
fn a_side_is_named_by_its_state_its_event_or_a_head_that_follows_it() {
    let (mut ann, ben) = diverged();
    ann.does(note("a head that follows both sides"));
    let withdrawn = ann.events.iter().find(|e| e.line().contains("\"to\":\"WITHDRAWN\"")).unwrap().hash();
    let names = ["WITHDRAWN".to_owned(), withdrawn.to_string(), withdrawn.short().to_uppercase()];
    for keep in names {
        let mut ann = ann.clone();
        ann.does(resolve(&keep));
        assert_eq!(ann.status(), "WITHDRAWN", "{keep}");
    }
    let both = ann.history().heads()[0].hash.to_string();
    for keep in [both.as_str(), "CLOSED", "nonsense", ""] {
        assert_eq!(ann.answer("ann", &resolve(keep)), format!("no such side: {keep}"));
    }
    let mut ben = ben;
    let follows = ben.does(note("on it")).hash();
    ann.pull(&ben);
    ann.does(resolve(&follows.to_string()));
    assert_eq!(ann.status(), "IN_PROGRESS");
}

#[test]
fn digits_that_fit_heads_of_both_sides_name_neither() {
    let (mut ann, mut ben) = two_clones();
    let sides = [ann.does(because("WITHDRAWN")).hash(), ben.does(to("IN_PROGRESS")).hash()];
    let digit = "0123456789abcdef".chars().find(|d| sides.iter().all(|side| !side.starts_with(&d.to_string())));
    let digit = digit.unwrap().to_string();
    for replica in [&mut ann, &mut ben] {
        let with_note = |i: usize| {
            let mut tried = replica.clone();
            let head = tried.does(note(&format!("try {i}"))).hash();
            head.starts_with(&digit).then_some(tried)
        };
        let found = (0..1000).find_map(with_note).expect("one in sixteen begins with the digit");
        *replica = found;
    }
    let ben_head: Head = ben.history().heads()[0];
    ann.pull(&ben);
    assert_eq!(ann.answer("ann", &resolve(&digit)), format!("no such side: {digit}"));
    assert_eq!(ann.answer("ann", &resolve(&ben_head.hash.to_string())), "done");
    assert_eq!(ann.status(), "IN_PROGRESS");
}

#[test]
fn what_has_not_diverged_can_not_be_resolved() {
    let (mut ann, _) = two_clones();
    assert_eq!(ann.answer("ann", &resolve("ACCEPTED")), "not diverged: ACCEPTED");
}

#[test]
fn a_late_note_on_the_dropped_side_does_not_reopen_it() {
    let (mut ann, mut late) = diverged();
    ann.does(resolve("WITHDRAWN"));
    late.does(note("still on it"));
    assert_eq!(after_merge(&ann, &late), "WITHDRAWN");
}

#[test]
fn a_late_transition_on_the_dropped_side_diverges_again() {
    let (mut ann, mut late) = diverged();
    ann.does(resolve("WITHDRAWN"));
    late.does(proven("DELIVERED"));
    assert_eq!(after_merge(&ann, &late), "DELIVERED | WITHDRAWN");
}

#[test]
fn a_late_transition_on_the_kept_side_is_followed() {
    let (mut ann, mut late) = diverged();
    ann.does(resolve("IN_PROGRESS"));
    late.does(proven("DELIVERED"));
    assert_eq!(after_merge(&ann, &late), "DELIVERED");
}

#[test]
fn a_resolve_speaks_only_of_what_its_writer_had_seen() {
    let (mut ann, mut ben) = two_clones();
    let mut third = ann.fork("third0");
    ann.does(because("WITHDRAWN"));
    ben.does(to("IN_PROGRESS"));
    third.does(to("IN_PROGRESS"));
    ann.pull(&ben);
    ann.does(resolve("WITHDRAWN"));
    // The third clone took the dropped step too, and nobody who resolved knew.
    assert_eq!(after_merge(&ann, &third), "IN_PROGRESS | WITHDRAWN");
}

#[test]
fn resolves_that_keep_different_sides_diverge_and_can_be_resolved() {
    let (mut ann, _) = diverged();
    let mut ben = ann.fork("second");
    ann.does(resolve("WITHDRAWN"));
    ben.does(resolve("IN_PROGRESS"));
    ann.pull(&ben);
    assert_eq!(ann.status(), "IN_PROGRESS | WITHDRAWN");
    ann.does(resolve("IN_PROGRESS"));
    assert_eq!(ann.status(), "IN_PROGRESS");
    ann.does(proven("DELIVERED"));
    assert_eq!(after_merge(&ann, &ben), "DELIVERED");
}

#[test]
fn resolves_that_keep_the_same_side_join() {
    let (mut ann, _) = diverged();
    let mut ben = ann.fork("second");
    ann.does(resolve("IN_PROGRESS"));
    ben.does(resolve("IN_PROGRESS"));
    ben.does(proven("DELIVERED"));
    assert_eq!(after_merge(&ann, &ben), "DELIVERED");
}

#[test]
fn three_sides_are_settled_at_once() {
    let (mut ann, mut ben) = two_clones();
    let mut zoe = ann.fork("third0");
    ann.does(because("WITHDRAWN"));
    ben.goes(&["IN_PROGRESS", "BLOCKED"]);
    zoe.goes(&["IN_PROGRESS", "DELIVERED"]);
    ann.pull(&ben);
    ann.pull(&zoe);
    assert_eq!(ann.status(), "BLOCKED | DELIVERED | WITHDRAWN");
    ann.does(resolve("DELIVERED"));
    assert_eq!(ann.status(), "DELIVERED");
}

#[test]
fn two_clones_that_both_completed_a_create_join() {
    let request = Request::with(json!({}));
    let mut ann = Replica::cut_short(&request, "first0");
    let mut ben = Replica::cut_short(&request, "second");
    assert_eq!((ann.status().as_str(), ann.history().version()), ("PROPOSED", 0));
    ann.complete();
    ben.complete();
    ben.does(to("ACCEPTED"));
    ann.pull(&ben);
    assert_eq!((ann.status().as_str(), ann.history().heads().len()), ("ACCEPTED", 2));
    let joined = ann.does(to("IN_PROGRESS"));
    assert_eq!((joined.n(), joined.parents().len()), (3, 2));
    assert_eq!(after_merge(&ann, &ben), "IN_PROGRESS");
}

#[test]
fn a_resolver_is_not_the_deliverer_of_what_was_kept() {
    let mut ann = Replica::first(&Request::with(json!({"coordination_mode": "governed"})));
    ann.goes(&["ACCEPTED", "IN_PROGRESS"]);
    let mut ben = ann.fork("second");
    let mut third = ann.fork("third0");
    ann.act("bea", &proven("DELIVERED")).unwrap();
    third.act("mia", &proven("DELIVERED")).unwrap();
    ben.does(because("WITHDRAWN"));
    ann.pull(&ben);
    ann.pull(&third);
    ann.act("ann", &resolve("DELIVERED")).unwrap();
    assert_eq!(ann.clone().answer("bea", &to("VERIFIED")), "needs another-actor(bea)");
    assert_eq!(ann.clone().answer("mia", &to("VERIFIED")), "needs another-actor(mia)");
    assert_eq!(ann.clone().answer("ann", &to("VERIFIED")), "done");
}
