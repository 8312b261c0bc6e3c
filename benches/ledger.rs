//! The pieces of a command, in process: sealing and reading events, replay, the decision, the index.

use std::hint::black_box;

use coordination_ledger::domain::decide::{Command, Context, Transition, decide};
use coordination_ledger::domain::event::{CreatedData, Event, Genesis, Unsealed};
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::id::Stream;
use coordination_ledger::domain::outlook::ContractCheck;
use coordination_ledger::domain::packet::{Draft, Packet};
use coordination_ledger::domain::settings::{Roles, Signatures};
use coordination_ledger::domain::state::State;
use coordination_ledger::domain::time::{Hybrid, Timestamp};
use coordination_ledger::domain::workflow::Workflow;
use coordination_ledger::index::Entry;
use criterion::{Criterion, criterion_group, criterion_main};
use serde_json::{Map, Value};

const WRITER: &str = "k7f3q2";

fn at(ms: i64) -> Hybrid {
    Hybrid { at: Timestamp::from_unix_ms(1_795_000_000_000 + ms), tick: 0 }
}

/// A request that went back and forth `rounds` times.
fn history(workflow: &Workflow, rounds: usize) -> History {
    let json = r#"{"title":"Add a field","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug",
        "details":{"impact":"none"}}"#;
    let Ok(Value::Object(members)) = serde_json::from_str(json) else { unreachable!("it is an object") };
    let maker = "alice".parse().expect("an actor");
    let draft = Draft::from_json(members, &maker).expect("a draft");
    let packet = draft.identify("REQ-20261120-0001".parse().expect("an id"), at(0).at, [7; 10]);
    let bytes = packet.to_bytes().expect("a packet");
    let genesis = Genesis {
        clock: at(0),
        writer: WRITER.parse().expect("a writer"),
        to: workflow.initial().clone(),
        data: CreatedData { workflow: workflow.digest().to_owned(), occurred_at: None },
    };
    let hash = Packet::hash_of(&bytes);
    let first = Event::genesis(&packet, hash, &genesis).expect("an event");
    let mut history = History::new(packet, hash, vec![first]).expect("a history");
    let steps = ["ACCEPTED", "IN_PROGRESS"].into_iter().chain(["BLOCKED", "IN_PROGRESS"].into_iter().cycle());
    for to in steps.take(2 + 2 * rounds) {
        let event = next(&history, workflow, to);
        history.append(event).expect("the next event");
    }
    history
}

fn next(history: &History, workflow: &Workflow, to: &str) -> Event {
    let roles = Roles::new();
    let by = "alice".parse().expect("an actor");
    let signatures = Signatures::Optional;
    let now = Timestamp::from_unix_ms(0);
    let context = Context {
        workflow,
        roles: &roles,
        by: &by,
        contract_check: &ContractCheck::NotPassed(Vec::new()),
        signatures,
        worthless: &std::collections::BTreeSet::new(),
        now,
        first_of_key: None,
    };
    let command = Command::Transition(Transition {
        to: to.parse().expect("a state"),
        reason: Some("because of something".into()),
        evidence: Vec::new(),
        details: Map::new(),
        occurred_at: None,
    });
    let body = decide(history, &command, context).expect("allowed");
    Event::seal(Unsealed {
        stream: Stream::Request(history.packet().request_id),
        clock: at(i64::try_from(history.version()).expect("small")),
        writer: WRITER.parse().expect("a writer"),
        by,
        key: None,
        body,
        n: history.version() + 1,
        parents: history.next_parents(),
    })
    .expect("an event")
}

fn pieces(criterion: &mut Criterion) {
    let workflow = Workflow::default();
    let short = history(&workflow, 4);
    let long = history(&workflow, 500);
    let line = short.events().last().expect("an event").line().to_owned();
    let packet = short.packet().to_bytes().expect("a packet");
    criterion.bench_function("event: read a line", |b| b.iter(|| Event::parse(black_box(&line))));
    criterion.bench_function("event: decide and seal", |b| b.iter(|| next(black_box(&short), &workflow, "BLOCKED")));
    criterion.bench_function("packet: read", |b| b.iter(|| Packet::parse(black_box(&packet))));
    criterion.bench_function("state: replay 11 events", |b| b.iter(|| State::replay(black_box(&short), &workflow)));
    criterion.bench_function("state: replay 1,003 events", |b| b.iter(|| State::replay(black_box(&long), &workflow)));
    criterion.bench_function("index: one entry", |b| b.iter(|| Entry::of(black_box(&short), &workflow)));
}

criterion_group!(benches, pieces);
criterion_main!(benches);
