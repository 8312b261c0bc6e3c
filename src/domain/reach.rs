//! Which states a request can still come into. Guards aside: what is missing today may be brought along tomorrow. Knows
//! nothing of who acts.

use std::collections::BTreeSet;

use super::id::RequestType;
use super::state::Status;
use super::workflow::{StateName, Workflow};

/// Whether a state can still be reached.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reach {
    /// A way of transitions leads there, or it is where the request stands; or nobody can tell.
    Open,
    /// No way leads there any more.
    Closed,
}

/// The states that a request of this type can come into from `from`, in one step or in several, guards aside. `from` is
/// one of them only if a way leads back.
#[must_use]
pub fn reachable(workflow: &Workflow, from: &StateName, request_type: &RequestType) -> BTreeSet<StateName> {
    let mut found = BTreeSet::new();
    let mut waiting = vec![from];
    // Each state is waited for once: a workflow has few states, and ways in circles end here.
    while let Some(state) = waiting.pop() {
        for rule in workflow.open_from(state, request_type) {
            if found.insert(rule.to.clone()) {
                waiting.push(&rule.to);
            }
        }
    }
    found
}

/// Whether a request that stands so can still come into `wanted`. One that has diverged can come into what follows from
/// any of its sides, and into the sides themselves: any of them may be what holds. Where the workflow is of a format that
/// this program does not know, or does not have the state in which the request is, nobody can tell; final is final.
#[must_use]
pub fn reach(workflow: &Workflow, status: &Status, request_type: &RequestType, wanted: &StateName) -> Reach {
    let from = |state: &StateName| {
        if state == wanted {
            return Reach::Open;
        }
        let is_told = workflow.is_known_format() && workflow.state(state).is_some();
        if workflow.is_final(state) || (is_told && !reachable(workflow, state, request_type).contains(wanted)) {
            Reach::Closed
        } else {
            Reach::Open
        }
    };
    match status {
        Status::At(state) => from(state),
        Status::Diverged(sides) if sides.iter().all(|side| from(&side.state) == Reach::Closed) => Reach::Closed,
        Status::Diverged(_) => Reach::Open,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &str) -> BTreeSet<StateName> {
        texts.split_whitespace().map(|name| name.parse().unwrap()).collect()
    }

    fn from(workflow: &Workflow, state: &str, request_type: &str) -> BTreeSet<StateName> {
        reachable(workflow, &state.parse().unwrap(), &request_type.parse().unwrap())
    }

    #[test]
    fn what_follows_in_the_built_in_workflow() {
        let workflow = Workflow::default();
        assert_eq!(from(&workflow, "CLOSED", "bug"), names(""));
        assert_eq!(from(&workflow, "VERIFIED", "bug"), names("CLOSED WITHDRAWN"));
        let worked_on = names("IN_PROGRESS BLOCKED DELIVERED VERIFIED CLOSED WITHDRAWN");
        assert_eq!(from(&workflow, "BLOCKED", "bug"), worked_on);
        let mut all: BTreeSet<StateName> = workflow.states().iter().map(|state| state.name.clone()).collect();
        all.remove(workflow.initial());
        assert_eq!(from(&workflow, "PROPOSED", "incident"), all);
    }

    #[test]
    fn a_way_that_only_some_types_have_is_none_for_the_others() {
        let text = super::super::workflow::DEFAULT_TEXT.replace(
            r#"{"from": ["ACCEPTED"], "to": "IN_PROGRESS"}"#,
            r#"{"from": ["ACCEPTED"], "to": "IN_PROGRESS", "types": ["feature"]}"#,
        );
        let workflow = Workflow::parse(&text).unwrap();
        assert_eq!(from(&workflow, "ACCEPTED", "bug"), names("WITHDRAWN"));
        assert!(from(&workflow, "ACCEPTED", "feature").is_superset(&names("CLOSED DELIVERED")));
    }

    #[test]
    fn what_nobody_can_tell_stays_open_and_final_is_final() {
        let ask = |workflow: &Workflow, state: &str, wanted: &str| {
            reach(workflow, &Status::At(state.parse().unwrap()), &"bug".parse().unwrap(), &wanted.parse().unwrap())
        };
        let workflow = Workflow::default();
        assert_eq!(ask(&workflow, "GONE", "CLOSED"), Reach::Open);
        assert_eq!(ask(&workflow, "REJECTED", "CLOSED"), Reach::Closed);
        assert_eq!(ask(&workflow, "CLOSED", "CLOSED"), Reach::Open);
        let newer = super::super::workflow::DEFAULT_TEXT.replacen("\"format\": 1", "\"format\": 2", 1);
        let newer = Workflow::parse(&newer).unwrap();
        assert_eq!(ask(&newer, "DELIVERED", "PROPOSED"), Reach::Open);
        assert_eq!(ask(&newer, "REJECTED", "PROPOSED"), Reach::Closed);
    }
}
