//! From when to when a request is measured, against a plain reading of what its state was after each event.

use coordination_ledger::domain::decide::{Command, Transition};
use coordination_ledger::domain::event::{Body, Event};
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::state::State;
use coordination_ledger::domain::stats::Times;
use coordination_ledger::domain::time::Timestamp;
use coordination_ledger::domain::workflow::Workflow;
use proptest::prelude::*;
use serde_json::json;

use super::replica::{NOON_MS, Replica, Request, because, note, proven_because, resolve, to};
use super::scenario::{scenarios, united};

const HOUR_MS: i64 = 3_600_000;

/// When an event happened: as it says, but no later than it was put on record.
fn when(event: &Event) -> Timestamp {
    let line: serde_json::Value = serde_json::from_str(event.line()).unwrap();
    let said = line["data"]["occurred_at"].as_str().and_then(|text| Timestamp::parse_rfc3339(text).ok());
    said.map_or(event.clock().at, |said| said.min(event.clock().at))
}

/// When a request ended: its state is looked at after each event, in canonical order. Of the last run of those that brought
/// it into a state, or left it in one, that is settled or final, the earliest.
fn ended(history: &History, workflow: &Workflow) -> Option<Timestamp> {
    let has_ended = |events: &[Event]| {
        let then = History::new(history.packet().clone(), history.packet_hash(), events.to_vec()).unwrap();
        let state = State::replay(&then, workflow);
        state.name().and_then(|name| workflow.state(name)).is_some_and(|rule| rule.settled || rule.is_final)
    };
    let says_a_state =
        |event: &Event| matches!(event.body(), Body::Created(_) | Body::Transitioned(_) | Body::Resolved(_));
    let events = history.events();
    let run = (0..events.len()).rev().take_while(|last| has_ended(&events[..=*last]));
    run.map(|last| &events[last]).filter(|event| says_a_state(event)).map(when).min()
}

/// When somebody first entered a state of work.
fn started(history: &History, workflow: &Workflow) -> Option<Timestamp> {
    let sent_back_to = |state: &str| workflow.transitions().iter().any(|rule| rule.rework && rule.to.as_str() == state);
    let sends_back = workflow.transitions().iter().any(|rule| rule.rework);
    let is_work = |state: &str| {
        let rule = workflow.states().iter().find(|rule| rule.name.as_str() == state).unwrap();
        if sends_back {
            sent_back_to(state)
        } else {
            state != workflow.initial().as_str() && !rule.settled && !rule.is_final
        }
    };
    let entered = history.events().iter().filter(|event| match event.body() {
        Body::Created(created) => is_work(created.to.as_str()),
        Body::Transitioned(transitioned) => is_work(transitioned.to.as_str()),
        Body::Resolved(resolved) => is_work(resolved.to.as_str()),
        Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
        | Body::Renumbered(_)
        | Body::IdResolved(_)
        | Body::Claimed(_)
        | Body::Released(_)
        | Body::Distinct(_)
        | Body::KeyResolved(_)
        | Body::Contract(_)
        | Body::Other(_) => false,
    });
    entered.map(when).min()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_request_is_measured_by_what_its_state_was_after_each_event(scenario in scenarios()) {
        let replicas = scenario.play();
        let all = united(&replicas);
        for replica in replicas.iter().chain([&all]) {
            let (history, workflow) = (replica.history(), &replica.request.workflow);
            let times = Times::of(&history, workflow);
            prop_assert_eq!(times.ended_at, ended(&history, workflow));
            prop_assert_eq!(times.started_at, started(&history, workflow));
        }
    }
}

/// A bug report, with the hour after noon of each thing that is done.
struct Story(Replica);

impl Story {
    fn begun() -> Self {
        Self(Replica::first(&Request::with(json!({}))))
    }

    fn goes(&mut self, hour: i64, to: &str) {
        self.0.wall = Timestamp::from_unix_ms(NOON_MS + hour * HOUR_MS);
        self.0.does(proven_because(to));
    }

    /// When work began, when it ended, lead and cycle time, in hours.
    fn measured(&self) -> [Option<i64>; 4] {
        let times = Times::of(&self.0.history(), &self.0.request.workflow);
        let hour = |at: Timestamp| (at.unix_ms() - NOON_MS) / HOUR_MS;
        let hours = |ms: i64| ms / HOUR_MS;
        [times.started_at.map(hour), times.ended_at.map(hour), times.lead_ms().map(hours), times.cycle_ms().map(hours)]
    }
}

#[test]
fn a_request_ends_when_it_is_settled_and_closing_it_changes_nothing() {
    let mut story = Story::begun();
    story.goes(1, "ACCEPTED");
    assert_eq!(story.measured(), [None, None, None, None]);
    story.goes(3, "IN_PROGRESS");
    story.goes(4, "BLOCKED");
    story.goes(6, "IN_PROGRESS");
    story.goes(7, "DELIVERED");
    assert_eq!(story.measured(), [Some(3), None, None, None]);
    story.goes(9, "VERIFIED");
    assert_eq!(story.measured(), [Some(3), Some(9), Some(9), Some(6)]);
    story.goes(20, "CLOSED");
    story.0.does(note("thanks"));
    assert_eq!(story.measured(), [Some(3), Some(9), Some(9), Some(6)]);
}

#[test]
fn what_was_sent_back_is_measured_to_its_last_end_from_its_first_beginning() {
    let mut story = Story::begun();
    story.goes(1, "ACCEPTED");
    story.goes(2, "IN_PROGRESS");
    story.goes(3, "DELIVERED");
    story.goes(4, "IN_PROGRESS");
    story.goes(5, "DELIVERED");
    story.goes(6, "VERIFIED");
    assert_eq!(story.measured(), [Some(2), Some(6), Some(6), Some(4)]);
}

#[test]
fn what_nobody_worked_on_has_a_lead_time_only() {
    let mut story = Story::begun();
    story.goes(5, "REJECTED");
    assert_eq!(story.measured(), [None, Some(5), Some(5), None]);
}

#[test]
fn a_diverged_request_has_not_ended_and_one_that_two_clones_ended_ended_with_the_first() {
    let mut ann = Story::begun();
    let mut ben = Story(ann.0.fork("second"));
    ann.goes(1, "REJECTED");
    ben.goes(2, "ACCEPTED");
    ann.0.pull(&ben.0);
    assert_eq!(ann.measured(), [None, None, None, None]);
    ann.0.wall = Timestamp::from_unix_ms(NOON_MS + 8 * HOUR_MS);
    ann.0.does(resolve("REJECTED"));
    assert_eq!(ann.measured(), [None, Some(8), Some(8), None]);

    let mut ann = Story::begun();
    let mut ben = Story(ann.0.fork("second"));
    ann.goes(2, "REJECTED");
    ben.goes(1, "REJECTED");
    ann.0.pull(&ben.0);
    ben.0.pull(&ann.0);
    assert_eq!((ann.measured(), ben.measured()), ([None, Some(1), Some(1), None], [None, Some(1), Some(1), None]));
}

/// What was taken over is measured by when it occurred; what is not known to have, by the clock; and nothing happens after
/// it was put on record.
#[test]
fn what_occurred_earlier_than_it_was_put_on_record_is_measured_by_when_it_occurred() {
    let mut story = Story::begun();
    let occurred = |to: &str, hour: i64| {
        let Command::Transition(transition) = proven_because(to) else { unreachable!("it makes a transition") };
        let at = Timestamp::from_unix_ms(NOON_MS + hour * HOUR_MS).to_string();
        Command::Transition(Transition { occurred_at: Some(at), ..transition })
    };
    story.0.wall = Timestamp::from_unix_ms(NOON_MS + 50 * HOUR_MS);
    story.0.does(occurred("ACCEPTED", 1));
    story.0.does(occurred("IN_PROGRESS", 2));
    story.0.does(occurred("DELIVERED", 7));
    story.0.does(occurred("VERIFIED", 99));
    assert_eq!(story.measured(), [Some(2), Some(50), Some(50), Some(48)]);
    let mut story = Story::begun();
    story.0.wall = Timestamp::from_unix_ms(NOON_MS + 50 * HOUR_MS);
    story.0.does(occurred("REJECTED", 3));
    assert_eq!(story.measured(), [None, Some(3), Some(3), None]);
}

#[test]
fn a_workflow_that_sends_nothing_back_begins_with_the_first_step_that_does_not_end_it() {
    let workflow = json!({
        "format": 1,
        "initial": "TODO",
        "states": [{"name": "TODO"}, {"name": "DOING"}, {"name": "DONE", "final": true}],
        "transitions": [{"from": ["TODO"], "to": "DOING"}, {"from": ["TODO", "DOING"], "to": "DONE"}],
        "types": [{"name": "bug", "triage": "target"}],
    });
    let workflow = Workflow::parse(&workflow.to_string()).unwrap();
    let mut done = Replica::first(&Request::under(workflow, json!({})));
    let mut dropped = done.fork("second");
    done.does(to("DOING"));
    done.does(because("DONE"));
    dropped.does(to("DONE"));
    let times = |replica: &Replica| Times::of(&replica.history(), &replica.request.workflow);
    assert_eq!(times(&done).cycle_ms(), Some(0));
    assert_eq!((times(&dropped).lead_ms(), times(&dropped).cycle_ms()), (Some(0), None));
}
