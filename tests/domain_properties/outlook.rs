//! Who is expected to act next, in each state.

use coordination_ledger::domain::event::PartStatus::Delivered;
use coordination_ledger::domain::outlook::{ContractCheck, Expectation, expectation, open};
use serde_json::{Value, json};

use super::replica::{Replica, Request, approval, because, detailed, part, proven_because, to, told_needs};

/// `who: command without the id`, or `nobody`.
fn expected(replica: &Replica) -> String {
    let Request { packet, workflow, .. } = &*replica.request;
    let Some(Expectation { who, action, .. }) =
        expectation(&replica.state(), packet, workflow, &ContractCheck::NotPassed(Vec::new()), None)
    else {
        return "nobody".to_owned();
    };
    let command = action.command(packet.request_id).replace(&format!(" {}", packet.request_id), "");
    format!("{}: {command}", who.join(" "))
}

fn why(replica: &Replica) -> String {
    let Request { packet, workflow, .. } = &*replica.request;
    expectation(&replica.state(), packet, workflow, &ContractCheck::NotPassed(Vec::new()), None).unwrap().why
}

/// What is expected before the first and after each of the states, each entered by Bea with a reason and evidence.
fn course(members: Value, first: &str, states: &[(&str, &str)]) -> Replica {
    let mut replica = Replica::first(&Request::with(members));
    assert_eq!(expected(&replica), first);
    for (state, then) in states {
        replica.act("bea", &proven_because(state)).unwrap();
        assert_eq!(expected(&replica), *then, "{state}");
    }
    replica
}

#[test]
fn a_bug_is_the_targets_until_it_is_delivered_and_then_the_askers() {
    let states = [
        ("ACCEPTED", "billing: ledger transition IN_PROGRESS"),
        ("IN_PROGRESS", "billing: ledger transition DELIVERED"),
        ("BLOCKED", "billing: ledger transition IN_PROGRESS"),
        ("IN_PROGRESS", "billing: ledger transition DELIVERED"),
        ("DELIVERED", "shop: ledger transition VERIFIED"),
        ("VERIFIED", "shop: ledger transition CLOSED"),
        ("CLOSED", "nobody"),
    ];
    course(json!({}), "billing: ledger transition ACCEPTED", &states);
    for last in ["REJECTED", "WITHDRAWN"] {
        course(json!({}), "billing: ledger transition ACCEPTED", &[(last, "nobody")]);
    }
}

#[test]
fn a_feature_is_triaged_by_the_product_manager() {
    let mut replica = Replica::first(&Request::with(json!({"request_type": "feature"})));
    let details = "--set details.goal=VALUE --set details.metric=VALUE --set details.scope=VALUE";
    let accept = format!("pm: ledger transition ACCEPTED {details} --set details.trade_offs=VALUE");
    assert_eq!(expected(&replica), accept);
    assert!(why(&replica).contains("goal, metric, scope, trade_offs"), "{}", why(&replica));
    let all = json!({"goal": "g", "metric": "m", "scope": "s", "trade_offs": "t"});
    replica.does(detailed("ACCEPTED", all));
    assert_eq!(expected(&replica), "billing: ledger transition IN_PROGRESS");
}

#[test]
fn an_incident_is_the_targets_and_its_review_the_askers() {
    let states = [
        ("IN_PROGRESS", "billing: ledger transition DELIVERED"),
        ("DELIVERED", "shop: ledger transition VERIFIED"),
        ("VERIFIED", "shop: ledger note --kind review --text TEXT"),
    ];
    let replica = course(json!({"request_type": "incident"}), "billing: ledger transition ACCEPTED", &states);
    assert!(why(&replica).contains("review note"), "{}", why(&replica));
}

#[test]
fn where_an_approval_is_missing_it_is_the_sponsors_turn() {
    let members = json!({"coordination_mode": "governed"});
    let states = [
        ("ACCEPTED", "billing: ledger transition IN_PROGRESS"),
        ("IN_PROGRESS", "billing: ledger transition DELIVERED"),
        ("DELIVERED", "shop: ledger transition VERIFIED"),
    ];
    let mut replica = course(members, "billing: ledger transition ACCEPTED", &states);
    replica.does(to("VERIFIED"));
    assert_eq!(expected(&replica), "sponsor: ledger approve --as sponsor");
    replica.act("sam", &approval("sponsor")).unwrap();
    assert_eq!(expected(&replica), "shop: ledger transition CLOSED");
}

#[test]
fn a_contract_change_without_a_check_waits_for_the_sponsor() {
    let states = [
        ("ACCEPTED", "billing: ledger transition IN_PROGRESS"),
        ("IN_PROGRESS", "billing: ledger transition DELIVERED"),
        ("DELIVERED", "sponsor: ledger approve --as sponsor"),
    ];
    let members = json!({"request_type": "contract-change"});
    let mut replica = course(members, "billing: ledger transition ACCEPTED", &states);
    replica.does(approval("sponsor"));
    assert_eq!(expected(&replica), "shop: ledger transition VERIFIED");
}

#[test]
fn of_several_targets_those_are_expected_that_have_not_delivered() {
    let states = [
        ("ACCEPTED", "billing mail: ledger transition IN_PROGRESS"),
        ("IN_PROGRESS", "billing mail: ledger respond --repo REPO --status DELIVERED --evidence KIND=VALUE"),
    ];
    let members = json!({"target_repo_ids": ["billing", "mail"]});
    let mut replica = course(members, "billing mail: ledger transition ACCEPTED", &states);
    replica.does(part("mail", Delivered));
    assert_eq!(expected(&replica), "billing: ledger respond --repo billing --status DELIVERED --evidence KIND=VALUE");
    replica.does(part("billing", Delivered));
    assert_eq!(expected(&replica), "billing mail: ledger transition DELIVERED");
}

#[test]
fn a_diverged_request_waits_for_whoever_asked() {
    let mut ann = Replica::first(&Request::with(json!({})));
    let mut ben = ann.fork("second");
    ann.does(to("ACCEPTED"));
    ben.does(because("REJECTED"));
    ann.pull(&ben);
    assert_eq!(expected(&ann), "shop: ledger resolve --keep ACCEPTED|REJECTED --reason TEXT");
    assert!(why(&ann).contains("ACCEPTED") && why(&ann).contains("REJECTED"));
    let Request { packet, workflow, .. } = &*ann.request;
    assert_eq!(open(&ann.state(), packet, workflow, &packet.created_by, &ContractCheck::Passed), []);
}

#[test]
fn what_is_open_depends_on_the_type_and_on_who_asks() {
    let told = |replica: &Replica, by: &str| -> Vec<String> {
        let Request { packet, workflow, .. } = &*replica.request;
        let open =
            open(&replica.state(), packet, workflow, &by.parse().unwrap(), &ContractCheck::NotPassed(Vec::new()));
        open.iter().map(|open| format!("{} {}", open.to, told_needs(&open.needs)).trim().to_owned()).collect()
    };
    let incident = Replica::first(&Request::with(json!({"request_type": "incident"})));
    assert_eq!(told(&incident, "ann"), ["ACCEPTED", "IN_PROGRESS", "REJECTED reason", "WITHDRAWN reason"]);
    let mut governed = Replica::first(&Request::with(json!({"coordination_mode": "governed"})));
    governed.goes(&["ACCEPTED", "IN_PROGRESS", "DELIVERED"]);
    assert_eq!(told(&governed, "ann"), ["IN_PROGRESS reason", "VERIFIED another-actor(ann)", "WITHDRAWN reason"]);
    assert_eq!(told(&governed, "bea"), ["IN_PROGRESS reason", "VERIFIED", "WITHDRAWN reason"]);
}
