//! The built-in workflow's guards, as transcripts: who wants what, and what the answer is.

use coordination_ledger::domain::decide::{Command, Refusal, Transition};
use coordination_ledger::domain::event::PartStatus::{Accepted, Declined, Delivered};
use coordination_ledger::domain::event::{EvidenceAdded, Responded};
use coordination_ledger::domain::outlook::ContractCheck;
use serde_json::{Value, json};

use super::replica::{
    Replica, Request, approval, bare, because, detailed, evidence, note, part, proven, resolve, review, to, told_needs,
};

/// Plays commands on a request with these members of the packet; each must get its answer.
fn transcript<const N: usize>(members: Value, lines: [(&str, Command, &str); N]) -> Replica {
    let mut replica = Replica::first(&Request::with(members));
    play(&mut replica, lines);
    replica
}

fn play<const N: usize>(replica: &mut Replica, lines: [(&str, Command, &str); N]) {
    for (i, (by, command, answer)) in lines.into_iter().enumerate() {
        let status = replica.status();
        assert_eq!(replica.answer(by, &command), answer, "line {i}, {by} while {status}: {command:?}");
    }
}

fn unproven(repo: &str) -> Command {
    Command::Respond(Responded {
        repo: repo.parse().unwrap(),
        status: Delivered,
        summary: None,
        evidence: Vec::new(),
        branch: None,
    })
}

#[test]
fn a_bug_goes_straight_to_its_developers() {
    transcript(
        json!({"request_type": "bug"}),
        [
            ("ann", to("IN_PROGRESS"), "illegal: PROPOSED to IN_PROGRESS"),
            ("ann", to("DELIVERED"), "illegal: PROPOSED to DELIVERED"),
            ("ann", to("TELEPORTED"), "unknown state TELEPORTED"),
            ("bea", to("ACCEPTED"), "done"),
            ("bea", to("ACCEPTED"), "illegal: ACCEPTED to ACCEPTED"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", to("DELIVERED"), "needs evidence"),
            ("bea", proven("DELIVERED"), "done"),
            ("bea", to("VERIFIED"), "done"),
            ("bea", to("CLOSED"), "done"),
        ],
    );
}

#[test]
fn rejecting_blocking_withdrawing_and_rework_need_a_reason() {
    let blank = Command::Transition(Transition { reason: Some(" \n".to_owned()), ..bare("REJECTED") });
    let to_rejected = [
        ("bea", to("REJECTED"), "needs reason"),
        ("bea", blank, "needs reason"),
        ("bea", proven("REJECTED"), "needs reason"),
        ("bea", because("REJECTED"), "done"),
    ];
    transcript(json!({}), to_rejected);
    transcript(
        json!({}),
        [
            ("bea", to("ACCEPTED"), "done"),
            ("bea", because("REJECTED"), "illegal: ACCEPTED to REJECTED"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", to("BLOCKED"), "needs reason"),
            ("bea", because("BLOCKED"), "done"),
            ("bea", to("DELIVERED"), "illegal: BLOCKED to DELIVERED"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("ann", to("IN_PROGRESS"), "needs reason"),
            ("ann", because("IN_PROGRESS"), "done"),
            ("bea", to("DELIVERED"), "needs evidence"),
        ],
    );
}

#[test]
fn whatever_is_not_final_can_be_withdrawn() {
    let ways: [&[&str]; 6] = [
        &[],
        &["ACCEPTED"],
        &["ACCEPTED", "IN_PROGRESS"],
        &["ACCEPTED", "IN_PROGRESS", "BLOCKED"],
        &["ACCEPTED", "IN_PROGRESS", "DELIVERED"],
        &["ACCEPTED", "IN_PROGRESS", "DELIVERED", "VERIFIED"],
    ];
    for way in ways {
        let mut replica = Replica::first(&Request::with(json!({})));
        replica.goes(way);
        let lines = [
            ("ann", to("WITHDRAWN"), "needs reason"),
            ("ann", because("WITHDRAWN"), "done"),
            ("ann", because("PROPOSED"), "illegal: WITHDRAWN to PROPOSED"),
            ("ann", part("billing", Accepted), "no part ACCEPTED while WITHDRAWN"),
            ("ann", note("a pity"), "done"),
            ("ann", evidence("1111111"), "done"),
        ];
        play(&mut replica, lines);
    }
}

#[test]
fn evidence_counts_however_it_came() {
    for command in [evidence("1111111"), part("billing", Delivered)] {
        let lines = [
            ("ann", to("ACCEPTED"), "done"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", to("DELIVERED"), "needs evidence"),
            ("bea", command, "done"),
            ("bea", to("DELIVERED"), "done"),
        ];
        transcript(json!({}), lines);
    }
    let nothing = Command::AddEvidence(EvidenceAdded { evidence: Vec::new(), occurred_at: None });
    transcript(json!({}), [("ann", nothing, "text: evidence needs at least one KIND=VALUE")]);
}

#[test]
fn a_feature_needs_its_details_before_it_is_accepted() {
    let all = json!({"goal": "g", "metric": "m", "scope": ["s"], "trade_offs": "t"});
    transcript(
        json!({"request_type": "feature"}),
        [
            ("ann", to("ACCEPTED"), "needs details(goal metric scope trade_offs)"),
            (
                "ann",
                detailed("ACCEPTED", json!({"goal": "g", "metric": " "})),
                "needs details(metric scope trade_offs)",
            ),
            ("ann", detailed("ACCEPTED", all.clone()), "done"),
            ("bea", to("IN_PROGRESS"), "done"),
        ],
    );
    transcript(json!({"request_type": "feature", "details": all}), [("ann", to("ACCEPTED"), "done")]);
}

#[test]
fn details_in_the_packet_and_at_the_transition_add_up_and_blanks_are_none() {
    let members = json!({
        "request_type": "feature",
        "details": {"goal": "g", "metric": "", "scope": [], "trade_offs": null, "answer": 42},
    });
    let given = json!({"metric": "m", "scope": {"in": ["a"]}, "trade_offs": false});
    let replica = transcript(
        members,
        [
            ("ann", to("ACCEPTED"), "needs details(metric scope trade_offs)"),
            // What was given is not taken back.
            ("ann", detailed("ACCEPTED", json!({"goal": ""})), "given already: goal"),
            ("ann", detailed("ACCEPTED", json!({"goal": "h", "metric": "m"})), "given already: goal"),
            ("ann", detailed("ACCEPTED", json!({"metric": null})), "given already: metric"),
            ("ann", detailed("ACCEPTED", json!({"goal": "g"})), "needs details(metric scope trade_offs)"),
            ("ann", detailed("ACCEPTED", given), "done"),
        ],
    );
    let expected = json!({"goal": "g", "metric": "m", "scope": {"in": ["a"]}, "trade_offs": false, "answer": 42});
    assert_eq!(json!(replica.state().details), expected);
}

#[test]
fn an_incident_may_be_worked_on_at_once_and_needs_a_review_to_close() {
    transcript(
        json!({"request_type": "incident"}),
        [
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("ann", to("VERIFIED"), "done"),
            ("ann", to("CLOSED"), "needs review-note"),
            ("ann", note("not a review"), "done"),
            ("ann", to("CLOSED"), "needs review-note"),
            ("ann", review(), "done"),
            ("ann", to("CLOSED"), "done"),
        ],
    );
    transcript(json!({"request_type": "incident"}), [("bea", to("ACCEPTED"), "done")]);
}

#[test]
fn a_contract_change_needs_a_passed_check_or_the_sponsor_to_be_verified() {
    let delivered = [
        ("bea", to("ACCEPTED"), "done"),
        ("bea", to("IN_PROGRESS"), "done"),
        ("bea", proven("DELIVERED"), "done"),
        ("ann", to("VERIFIED"), "needs contract-check(sponsor)"),
    ];
    let delivered = transcript(json!({"request_type": "contract-change"}), delivered);
    let mut passed = delivered.clone();
    passed.contract_check = ContractCheck::Passed;
    play(&mut passed, [("ann", to("VERIFIED"), "done"), ("ann", to("CLOSED"), "done")]);
    let mut approved = delivered;
    let lines = [
        ("ann", approval("pm"), "done"),
        ("ann", to("VERIFIED"), "needs contract-check(sponsor)"),
        ("sam", approval("sponsor"), "done"),
        ("ann", to("VERIFIED"), "done"),
    ];
    play(&mut approved, lines);
}

#[test]
fn a_contract_change_sent_back_needs_its_approval_anew() {
    transcript(
        json!({"request_type": "contract-change"}),
        [
            ("bea", to("ACCEPTED"), "done"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("sam", approval("sponsor"), "done"),
            ("ann", because("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("ann", to("VERIFIED"), "needs contract-check(sponsor)"),
        ],
    );
}

#[test]
fn a_request_to_several_is_delivered_when_each_has_delivered() {
    transcript(
        json!({"target_repo_ids": ["billing", "mail"]}),
        [
            ("bea", part("billing", Delivered), "no part DELIVERED while PROPOSED"),
            ("bea", part("billing", Accepted), "done"),
            ("mia", part("mail", Declined), "done"),
            ("ann", to("ACCEPTED"), "done"),
            ("ann", to("IN_PROGRESS"), "done"),
            ("ann", proven("DELIVERED"), "needs parts(billing mail)"),
            ("ann", to("DELIVERED"), "needs parts(billing mail)"),
            ("bea", unproven("billing"), "the part needs evidence"),
            ("bea", part("billing", Delivered), "done"),
            ("ann", to("DELIVERED"), "needs parts(mail)"),
            ("zoe", part("search", Delivered), "not a target: search"),
            ("mia", part("mail", Delivered), "done"),
            ("mia", part("mail", Declined), "done"),
            ("ann", to("DELIVERED"), "needs parts(mail)"),
            ("mia", part("mail", Delivered), "done"),
            ("ann", to("DELIVERED"), "done"),
            ("mia", part("mail", Declined), "no part DECLINED while DELIVERED"),
            ("ann", because("IN_PROGRESS"), "done"),
            ("ann", proven("DELIVERED"), "needs parts(billing mail)"),
        ],
    );
}

#[test]
fn one_target_alone_need_not_say_that_it_delivered_its_part() {
    let mut replica = Replica::first(&Request::with(json!({"target_repo_ids": ["billing"]})));
    replica.goes(&["ACCEPTED", "IN_PROGRESS"]);
    replica.does(part("billing", Declined));
    assert_eq!(replica.answer("ann", &proven("DELIVERED")), "done");
}

#[test]
fn a_sponsor_may_be_asked_for_in_any_mode() {
    for mode in ["tracked", "governed"] {
        let members = json!({"sponsor_approval_required": true, "coordination_mode": mode});
        let mut replica = Replica::first(&Request::with(members));
        replica.goes(&["ACCEPTED", "IN_PROGRESS", "DELIVERED"]);
        let lines = [
            ("bea", to("VERIFIED"), "done"),
            ("bea", to("CLOSED"), "needs approval(sponsor)"),
            ("sam", approval("sponsor"), "done"),
            ("bea", to("CLOSED"), "done"),
        ];
        play(&mut replica, lines);
    }
}

#[test]
fn tracked_mode_asks_for_nobodys_leave() {
    transcript(
        json!({"coordination_mode": "tracked"}),
        [
            ("zoe", to("ACCEPTED"), "done"),
            ("zoe", part("billing", Accepted), "done"),
            ("zoe", to("IN_PROGRESS"), "done"),
            ("zoe", proven("DELIVERED"), "done"),
            ("zoe", to("VERIFIED"), "done"),
            ("zoe", approval("sponsor"), "done"),
            ("zoe", to("CLOSED"), "done"),
        ],
    );
}

#[test]
fn in_governed_mode_who_holds_a_role_speaks_in_it() {
    transcript(
        json!({"coordination_mode": "governed", "target_repo_ids": ["billing", "search"]}),
        [
            ("mia", part("billing", Accepted), "mia is not billing"),
            ("ben", part("billing", Accepted), "done"),
            // Nobody holds this role.
            ("mia", part("search", Accepted), "mia is not search"),
            ("ann", approval("sponsor"), "ann is not sponsor"),
            ("sam", approval("pm"), "sam is not pm"),
            ("sam", approval("sponsor"), "done"),
            ("bea", approval("billing"), "done"),
            ("zoe", note("anybody may say this"), "done"),
            ("zoe", evidence("1111111"), "done"),
        ],
    );
}

#[test]
fn in_governed_mode_nobody_verifies_their_own_delivery_and_the_sponsor_approves_the_close() {
    transcript(
        json!({"coordination_mode": "governed"}),
        [
            ("ann", to("ACCEPTED"), "done"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("bea", to("VERIFIED"), "needs another-actor(bea)"),
            ("ann", to("VERIFIED"), "done"),
            ("ann", to("CLOSED"), "needs approval(sponsor)"),
            ("sam", approval("sponsor"), "done"),
            ("ann", to("CLOSED"), "done"),
        ],
    );
}

#[test]
fn in_governed_mode_whoever_delivered_a_part_does_not_verify_the_whole() {
    transcript(
        json!({"coordination_mode": "governed", "target_repo_ids": ["billing", "mail"]}),
        [
            ("ann", to("ACCEPTED"), "done"),
            ("ann", to("IN_PROGRESS"), "done"),
            ("ben", part("billing", Delivered), "done"),
            ("mia", part("mail", Delivered), "done"),
            ("sam", to("DELIVERED"), "done"),
            ("ben", to("VERIFIED"), "needs another-actor(ben)"),
            ("mia", to("VERIFIED"), "needs another-actor(mia)"),
            ("sam", to("VERIFIED"), "needs another-actor(sam)"),
            ("ann", because("IN_PROGRESS"), "done"),
            ("bea", part("billing", Delivered), "done"),
            ("mia", part("mail", Delivered), "done"),
            ("ann", to("DELIVERED"), "done"),
            ("bea", to("VERIFIED"), "needs another-actor(bea)"),
            // Ben's delivery was sent back; another's stands now.
            ("ben", to("VERIFIED"), "done"),
        ],
    );
}

#[test]
fn in_governed_mode_an_approval_before_rework_does_not_close() {
    transcript(
        json!({"coordination_mode": "governed"}),
        [
            ("sam", approval("sponsor"), "done"),
            ("ann", to("ACCEPTED"), "done"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("ann", because("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("ann", to("VERIFIED"), "done"),
            ("ann", to("CLOSED"), "needs approval(sponsor)"),
        ],
    );
}

#[test]
fn all_guards_of_a_transition_are_told_at_once() {
    let members = json!({
        "request_type": "incident",
        "coordination_mode": "governed",
        "sponsor_approval_required": true,
    });
    transcript(
        members,
        [
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("ann", to("VERIFIED"), "done"),
            ("ann", to("CLOSED"), "needs review-note, approval(sponsor)"),
        ],
    );
    transcript(
        json!({"request_type": "contract-change", "coordination_mode": "governed"}),
        [
            ("bea", to("ACCEPTED"), "done"),
            ("bea", to("IN_PROGRESS"), "done"),
            ("bea", proven("DELIVERED"), "done"),
            ("bea", to("VERIFIED"), "needs contract-check(sponsor), another-actor(bea)"),
        ],
    );
}

#[test]
fn a_refusal_says_what_is_open_instead() {
    let mut replica = Replica::first(&Request::with(json!({"request_type": "feature"})));
    let refusal = replica.act("ann", &to("CLOSED")).unwrap_err();
    let Refusal::Illegal { open, .. } = refusal else { panic!("{refusal}") };
    let open: Vec<String> = open.iter().map(|open| format!("{}: {}", open.to, told_needs(&open.needs))).collect();
    assert_eq!(open, ["ACCEPTED: details(goal metric scope trade_offs)", "REJECTED: reason", "WITHDRAWN: reason"]);
    assert_eq!(replica.answer("ann", &resolve("PROPOSED")), "not diverged: PROPOSED");
}
