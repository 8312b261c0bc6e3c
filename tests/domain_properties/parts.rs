//! The parts of several targets, and what sending a delivery back does to them and to what showed it.

use coordination_ledger::domain::event::PartStatus::{Accepted, Declined, Delivered};
use coordination_ledger::domain::state::State;
use serde_json::json;

use super::replica::{Replica, Request, approval, because, evidence, part, proven, to};

/// Two clones of a bug report to `billing` and `mail` that is IN_PROGRESS.
fn two_clones() -> (Replica, Replica) {
    let mut ann = Replica::first(&Request::with(json!({"target_repo_ids": ["billing", "mail"]})));
    ann.goes(&["ACCEPTED", "IN_PROGRESS"]);
    let ben = ann.fork("second");
    (ann, ben)
}

/// What a target's statements are, in alphabetical order.
fn said(state: &State, repo: &str) -> Vec<String> {
    let statements = state.parts.get(&repo.parse().unwrap());
    let mut said: Vec<String> = statements.into_iter().flatten().map(|s| s.status.to_string()).collect();
    said.sort_unstable();
    said
}

fn counting(state: &State) -> Vec<&str> {
    let mut values: Vec<&str> = state.evidence.iter().filter(|e| e.counts).map(|e| e.evidence.value.as_str()).collect();
    values.sort_unstable();
    values
}

#[test]
fn contradictory_words_of_one_target_both_stand_until_somebody_who_saw_both_speaks() {
    let (mut ann, mut ben) = two_clones();
    ann.does(part("mail", Delivered));
    ann.does(part("billing", Delivered));
    ben.does(part("billing", Declined));
    ann.pull(&ben);
    assert_eq!(said(&ann.state(), "billing"), ["DECLINED", "DELIVERED"]);
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "needs parts(billing)");
    ann.does(part("billing", Delivered));
    assert_eq!(said(&ann.state(), "billing"), ["DELIVERED"]);
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "done");
}

#[test]
fn the_same_word_in_two_clones_is_no_contradiction() {
    let (mut ann, mut ben) = two_clones();
    ann.does(part("mail", Delivered));
    ann.does(part("billing", Delivered));
    ben.does(part("billing", Accepted));
    ben.does(part("billing", Delivered));
    ann.pull(&ben);
    assert_eq!(said(&ann.state(), "billing"), ["DELIVERED", "DELIVERED"]);
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "done");
}

#[test]
fn a_later_word_replaces_only_what_its_writer_had_seen() {
    let (mut ann, mut ben) = two_clones();
    let mut third = ann.fork("third0");
    ann.does(part("billing", Accepted));
    ben.does(part("billing", Declined));
    third.does(part("billing", Declined));
    ben.pull(&ann);
    ben.does(part("billing", Delivered));
    ben.pull(&third);
    assert_eq!(said(&ben.state(), "billing"), ["DECLINED", "DELIVERED"]);
}

#[test]
fn parts_of_two_targets_in_two_clones_add_up() {
    let (mut ann, mut ben) = two_clones();
    ann.does(part("billing", Delivered));
    ben.does(part("mail", Delivered));
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "needs parts(mail)");
    ann.pull(&ben);
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "done");
}

#[test]
fn rework_voids_what_was_there_and_not_what_another_clone_wrote_meanwhile() {
    let (mut ann, mut ben) = two_clones();
    for replica in [&mut ann, &mut ben] {
        replica.does(part("mail", Delivered));
    }
    ann.does(part("billing", Delivered));
    ann.does(approval("sponsor"));
    ann.does(evidence("early"));
    ann.does(to("DELIVERED"));
    ann.does(because("IN_PROGRESS"));
    assert_eq!((said(&ann.state(), "billing"), said(&ann.state(), "mail")), (vec![], vec![]));
    assert_eq!(counting(&ann.state()), Vec::<&str>::new());
    assert!(!ann.state().approved_as(&"sponsor".parse().unwrap()));
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "needs evidence, parts(billing mail)");

    ben.does(evidence("meanwhile"));
    ben.does(approval("sponsor"));
    ann.pull(&ben);
    assert_eq!((said(&ann.state(), "billing").len(), said(&ann.state(), "mail")), (0, vec!["DELIVERED".to_owned()]));
    assert_eq!(counting(&ann.state()), ["5d6e7f8", "meanwhile"]);
    assert!(ann.state().approved_as(&"sponsor".parse().unwrap()));
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "needs parts(billing)");
}

#[test]
fn what_is_voided_stays_on_record() {
    let (mut ann, _) = two_clones();
    ann.does(part("billing", Delivered));
    ann.does(part("mail", Delivered));
    ann.does(proven("DELIVERED"));
    ann.does(because("IN_PROGRESS"));
    let state = ann.state();
    assert!(state.evidence.iter().any(|e| e.evidence.value == "5d6e7f8" && !e.counts));
}

#[test]
fn evidence_given_with_the_rework_itself_counts() {
    let mut ann = Replica::first(&Request::with(json!({})));
    ann.goes(&["ACCEPTED", "IN_PROGRESS", "DELIVERED"]);
    ann.goes(&["IN_PROGRESS"]);
    assert_eq!(counting(&ann.state()), ["1a2b3c4"]);
    assert_eq!(ann.answer("ann", &to("DELIVERED")), "done");
}

#[test]
fn two_clones_that_both_send_a_delivery_back_join() {
    let mut ann = Replica::first(&Request::with(json!({})));
    ann.goes(&["ACCEPTED", "IN_PROGRESS", "DELIVERED"]);
    let mut ben = ann.fork("second");
    ann.does(because("IN_PROGRESS"));
    ben.does(because("IN_PROGRESS"));
    ben.does(evidence("again"));
    ann.pull(&ben);
    assert_eq!(ann.status(), "IN_PROGRESS");
    assert_eq!(counting(&ann.state()), ["again"]);
}

#[test]
fn a_delivery_sent_back_in_one_clone_and_verified_in_the_other_diverges() {
    let mut ann = Replica::first(&Request::with(json!({})));
    ann.goes(&["ACCEPTED", "IN_PROGRESS", "DELIVERED"]);
    let mut ben = ann.fork("second");
    ann.does(because("IN_PROGRESS"));
    ben.does(to("VERIFIED"));
    ann.pull(&ben);
    assert_eq!(ann.status(), "IN_PROGRESS | VERIFIED");
}
