//! What holds on one clone whatever is tried: the workflow's ways are kept, and final states are not left.

use coordination_ledger::domain::decide::Refusal;
use coordination_ledger::domain::outlook::{Need, open};
use proptest::prelude::*;

use super::replica::{Replica, Request, evidence, note, proven_because};
use super::scenario::{self, ACTORS, Setting, Wish, settings, wishes};

fn config() -> ProptestConfig {
    ProptestConfig { cases: 160, failure_persistence: None, ..ProptestConfig::default() }
}

/// What everybody wished on one clone, in order.
fn doings() -> impl Strategy<Value = (Setting, Vec<(usize, Wish)>)> {
    (settings(), proptest::collection::vec((0..ACTORS.len(), wishes()), 0..40))
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_final_state_is_never_left_and_still_takes_notes_and_evidence((setting, wishes) in doings()) {
        let mut replica = Replica::first(&setting.request());
        let mut ended = None;
        for (i, (by, wish)) in wishes.iter().enumerate() {
            scenario::write(&mut replica, ACTORS[*by], wish, i);
            let state = replica.state();
            let name = state.name().expect("one clone alone does not diverge").clone();
            if let Some(ended) = &ended {
                prop_assert_eq!(&name, ended);
            }
            if replica.request.workflow.is_final(&name) {
                ended = Some(name);
            }
        }
        prop_assert_eq!(replica.answer("ann", &note("afterwards")), "done");
        prop_assert_eq!(replica.answer("ann", &evidence("afterwards")), "done");
    }

    #[test]
    fn what_is_open_and_needs_nothing_is_allowed_and_nothing_else_is((setting, wishes) in doings()) {
        let mut replica = Replica::first(&setting.request());
        for (i, (by, wish)) in wishes.iter().enumerate() {
            scenario::write(&mut replica, ACTORS[*by], wish, i);
        }
        let Request { packet, workflow, .. } = &*replica.request.clone();
        let state = replica.state();
        for by in ACTORS {
            let open = open(&state, packet, workflow, &by.parse().unwrap(), &replica.contract_check);
            for rule in workflow.states() {
                // A reason and evidence come with it; what else is needed, nobody can give along.
                let givable = |need: &Need| matches!(need, Need::Reason | Need::Evidence);
                let listed = open.iter().find(|open| open.to == rule.name);
                let answer = replica.clone().act(by, &proven_because(rule.name.as_str()));
                match (listed, answer) {
                    (Some(open), Ok(_)) => prop_assert!(open.needs.iter().all(givable)),
                    (Some(open), Err(Refusal::Unmet { needs, .. })) => {
                        let left: Vec<Need> = open.needs.iter().filter(|need| !givable(need)).cloned().collect();
                        prop_assert_eq!(needs, left);
                    }
                    (None, Err(Refusal::Illegal { .. })) => {}
                    (listed, answer) => prop_assert!(false, "{listed:?}, but {answer:?}"),
                }
            }
        }
    }

    #[test]
    fn the_log_of_one_clone_is_a_chain_of_allowed_steps((setting, wishes) in doings()) {
        let mut replica = Replica::first(&setting.request());
        for (i, (by, wish)) in wishes.iter().enumerate() {
            let before = replica.clone();
            scenario::write(&mut replica, ACTORS[*by], wish, i);
            prop_assert_eq!(replica.history().heads().len(), 1);
            prop_assert_eq!(replica.history().version(), replica.events.len() as u64);
            let (before, after) = (before.state(), replica.state());
            let (from, to) = (before.name().unwrap(), after.name().unwrap());
            let Request { packet, workflow, .. } = &*replica.request;
            let allowed = from == to || workflow.open_from(from, &packet.request_type).any(|rule| rule.to == *to);
            prop_assert!(allowed, "{from} to {to}");
        }
    }
}
