//! Events that nobody's rules allowed, written by hand: all are found, and none stops the replay.

use coordination_ledger::domain::event::{
    Body, Event, PartStatus, Resolved, ResolvedData, Responded, Transitioned, TransitionedData,
};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::judge::{Under, judge};
use coordination_ledger::domain::workflow::{DEFAULT_TEXT, Workflow};
use serde_json::json;

use super::replica::{Replica, Request, because, proven, resolve, to, told};

fn moved(replica: &Replica, from: &str, to: &str) -> Body {
    let workflow = replica.request.workflow.digest().to_owned();
    let data = TransitionedData { workflow, reason: Some("because".to_owned()), ..TransitionedData::default() };
    Body::Transitioned(Transitioned { from: from.parse().unwrap(), to: to.parse().unwrap(), data })
}

fn settled(keep: Hash, to: &str) -> Body {
    Body::Resolved(Resolved { to: to.parse().unwrap(), data: ResolvedData { keep, reason: "so there".to_owned() } })
}

/// Writes an event whatever the rules say.
fn forge(replica: &mut Replica, body: Body) -> Event {
    let history = replica.history();
    let event = replica.request.sealed(body, history.version() + 1, history.next_parents());
    replica.events.push(event.clone());
    event
}

/// The numbers of the illegal events with the rule that each breaks.
fn judged(replica: &Replica) -> Vec<String> {
    let found = judge(&replica.history(), &replica.request.workflow);
    found.iter().map(|illegal| format!("{}: {}", illegal.event.n, told(&illegal.refusal))).collect()
}

fn accepted() -> Replica {
    let mut replica = Replica::first(&Request::with(json!({})));
    replica.goes(&["ACCEPTED"]);
    replica
}

#[test]
fn a_state_that_was_skipped_is_found() {
    let mut replica = accepted();
    let body = moved(&replica, "ACCEPTED", "VERIFIED");
    forge(&mut replica, body);
    assert_eq!(judged(&replica), ["3: illegal: ACCEPTED to VERIFIED"]);
    assert_eq!(replica.status(), "VERIFIED");
}

#[test]
fn a_guard_that_was_passed_by_is_found() {
    let mut replica = Replica::first(&Request::with(json!({})));
    replica.does(to("ACCEPTED"));
    replica.does(to("IN_PROGRESS"));
    let body = moved(&replica, "IN_PROGRESS", "DELIVERED");
    forge(&mut replica, body);
    assert_eq!(judged(&replica), ["4: needs evidence"]);
}

#[test]
fn a_final_state_that_was_left_is_found() {
    let mut replica = accepted();
    replica.goes(&["WITHDRAWN"]);
    let body = moved(&replica, "WITHDRAWN", "IN_PROGRESS");
    forge(&mut replica, body);
    assert_eq!(judged(&replica), ["4: illegal: WITHDRAWN to IN_PROGRESS"]);
}

#[test]
fn a_wrong_state_left_is_found() {
    let mut replica = accepted();
    let body = moved(&replica, "BLOCKED", "IN_PROGRESS");
    forge(&mut replica, body);
    assert_eq!(judged(&replica), ["3: illegal: BLOCKED to IN_PROGRESS"]);
}

#[test]
fn a_diverged_request_that_was_moved_is_found() {
    let mut ann = accepted();
    let mut ben = ann.fork("second");
    ann.goes(&["IN_PROGRESS"]);
    ben.goes(&["WITHDRAWN"]);
    ann.pull(&ben);
    let body = moved(&ann, "IN_PROGRESS", "BLOCKED");
    forge(&mut ann, body);
    assert_eq!(judged(&ann), ["4: diverged: IN_PROGRESS | WITHDRAWN"]);
}

#[test]
fn a_resolve_of_what_had_not_diverged_is_found() {
    let mut replica = accepted();
    let earlier = replica.events[1].hash();
    replica.goes(&["WITHDRAWN"]);
    forge(&mut replica, settled(earlier, "ACCEPTED"));
    assert_eq!(replica.status(), "ACCEPTED");
    assert_eq!(judged(&replica), ["4: not diverged: WITHDRAWN"]);
}

#[test]
fn a_resolve_that_keeps_no_side_is_found() {
    let mut ann = accepted();
    let mut ben = ann.fork("second");
    ann.goes(&["IN_PROGRESS"]);
    ben.goes(&["WITHDRAWN"]);
    ann.pull(&ben);
    let (older, side) = (ann.events[1].hash(), ann.events[2].hash());
    for (keep, to) in [(older, "ACCEPTED"), (side, "CLOSED"), (Hash::of(&[b"gone"]), "CLOSED")] {
        let mut ann = ann.clone();
        forge(&mut ann, settled(keep, to));
        assert_eq!(judged(&ann), [format!("4: no such side: {keep}")]);
    }
    ann.does(resolve("WITHDRAWN"));
    assert_eq!(judged(&ann), Vec::<String>::new());
}

#[test]
fn what_another_clone_wrote_meanwhile_makes_nothing_illegal() {
    let mut ann = accepted();
    let mut ben = ann.fork("second");
    ann.does(to("IN_PROGRESS"));
    ann.does(proven("DELIVERED"));
    ben.does(because("WITHDRAWN"));
    ann.pull(&ben);
    assert_eq!(judged(&ann), Vec::<String>::new());
}

#[test]
fn what_a_former_workflow_allowed_is_told_apart() {
    let mut replica = accepted();
    let stricter = DEFAULT_TEXT.replace(
        r#"{"from": ["ACCEPTED"], "to": "IN_PROGRESS"}"#,
        r#"{"from": ["ACCEPTED"], "to": "IN_PROGRESS", "guards": [{"guard": "reason"}]}"#,
    );
    let stricter = Workflow::parse(&stricter).unwrap();
    replica.does(to("IN_PROGRESS"));
    let found = judge(&replica.history(), &stricter);
    assert_eq!(found.iter().map(|i| (i.event.n, i.under == Under::Present)).collect::<Vec<_>>(), [(3, false)]);
    let body = moved(&replica, "IN_PROGRESS", "CLOSED");
    forge(&mut replica, body);
    assert!(judge(&replica.history(), &replica.request.workflow)[0].under == Under::Present);
}

#[test]
fn rework_that_is_none_is_found() {
    // Said of a step forward, it would void evidence and approvals.
    let mut replica = accepted();
    let Body::Transitioned(mut step) = moved(&replica, "ACCEPTED", "IN_PROGRESS") else { panic!() };
    step.data.rework = true;
    forge(&mut replica, Body::Transitioned(step));
    assert_eq!(judged(&replica), ["3: contradicts: it says rework: true; by the workflow it is false"]);
}

fn part(repo: &str, status: PartStatus) -> Body {
    let repo = repo.parse().unwrap();
    Body::Responded(Responded { repo, status, summary: None, evidence: Vec::new(), branch: None })
}

#[test]
fn a_word_on_a_part_that_nobody_may_say_is_found() {
    let mut replica = Replica::first(&Request::with(json!({})));
    forge(&mut replica, part("somebody-else", PartStatus::Accepted));
    assert_eq!(judged(&replica), ["2: not a target: somebody-else"]);
    let target = replica.history().packet().target_repo_ids[0].to_string();
    let mut replica = Replica::first(&Request::with(json!({})));
    forge(&mut replica, part(&target, PartStatus::Delivered));
    assert_eq!(judged(&replica), ["2: no part DELIVERED while PROPOSED"]);
    replica.goes(&["ACCEPTED", "IN_PROGRESS"]);
    forge(&mut replica, part(&target, PartStatus::Delivered));
    assert_eq!(judged(&replica), ["2: no part DELIVERED while PROPOSED", "5: the part needs evidence"]);
}

#[test]
fn a_word_on_a_part_under_another_workflow_is_told_as_such() {
    let other = Workflow::parse(&DEFAULT_TEXT.replacen("\"BLOCKED\"", "\"PARKED\"", 1)).err();
    assert!(other.is_some(), "every mention must be renamed");
    let other = Workflow::parse(&DEFAULT_TEXT.replace("\"BLOCKED\"", "\"PARKED\"")).unwrap();
    let mut replica = Replica::first(&Request::with(json!({})));
    let target = replica.history().packet().target_repo_ids[0].to_string();
    forge(&mut replica, part(&target, PartStatus::Delivered));
    let digest = replica.request.workflow.digest();
    let under = |workflow: &Workflow| judge(&replica.history(), workflow).into_iter().map(|found| found.under);
    assert_eq!(under(&other).collect::<Vec<_>>(), [Under::Unknown(digest.to_owned())]);
    // Until it says what it supersedes.
    let text = DEFAULT_TEXT.replace("\"BLOCKED\"", "\"PARKED\"");
    let text = text.replacen('{', &format!("{{\"supersedes\": [\"{digest}\"],"), 1);
    assert_eq!(under(&Workflow::parse(&text).unwrap()).collect::<Vec<_>>(), [Under::Earlier]);
}
