//! Requests and events for the tests of stores, the same in every run.

use coordination_ledger::domain::compatibility::{Mode, OpenContent, Verdict};
use coordination_ledger::domain::contract_body::Registered;
use coordination_ledger::domain::event::{Body, ContractBody, CreatedData, Event, Genesis, Noted, Unsealed};
use coordination_ledger::domain::graph::{Graph, contract_root};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::{Head, History};
use coordination_ledger::domain::id::{ContractName, Key, RequestId, Stream, Writer};
use coordination_ledger::domain::packet::Draft;
use coordination_ledger::domain::time::{Hybrid, Timestamp};
use coordination_ledger::store::{Created, NewRequest};

/// A day, in milliseconds.
pub(crate) const DAY_MS: i64 = 86_400_000;

pub(crate) fn noon() -> Timestamp {
    "2026-11-20T12:00:00.000Z".parse().unwrap()
}

pub(crate) fn writer() -> Writer {
    "k7f3q2".parse().unwrap()
}

pub(crate) fn key(text: &str) -> Key {
    text.parse().unwrap()
}

pub(crate) fn request(title: &str, key: Option<&str>) -> NewRequest {
    request_at(noon(), title, key)
}

pub(crate) fn request_at(created_at: Timestamp, title: &str, key: Option<&str>) -> NewRequest {
    let mut members = serde_json::json!({
        "title": title, "origin_repo_id": "shop", "target_repo_ids": ["billing"], "request_type": "feature",
    });
    if let Some(key) = key {
        members["key"] = key.into();
    }
    let draft = Draft::from_json(members.as_object().unwrap().clone(), &"alice".parse().unwrap()).unwrap();
    let clock = Hybrid { at: created_at, tick: 0 };
    let data = CreatedData { workflow: "0".repeat(16), occurred_at: None };
    let mut random = [0; 10];
    random.copy_from_slice(&Hash::of(&[title.as_bytes()]).to_string().as_bytes()[..10]);
    let genesis = Genesis { clock, writer: writer(), to: "PROPOSED".parse().unwrap(), data };
    NewRequest { id: None, draft, created_at, random, genesis }
}

/// A note that follows all heads of a history.
pub(crate) fn note(history: &History, text: &str, key: Option<&str>) -> Event {
    note_after(history.packet().request_id, history.heads(), text, key)
}

/// A note that follows these heads.
pub(crate) fn note_after(id: RequestId, heads: &[Head], text: &str, key: Option<&str>) -> Event {
    let n = heads.iter().map(|head| head.n).max().unwrap_or(0) + 1;
    let parents = heads.iter().map(|head| head.hash).collect();
    Event::seal(Unsealed {
        stream: Stream::Request(id),
        clock: Hybrid { at: noon(), tick: n },
        writer: writer(),
        by: "bob".parse().unwrap(),
        key: key.map(|key| key.parse().unwrap()),
        body: Body::Noted(Noted { text: text.to_owned(), kind: None, occurred_at: None }),
        n,
        parents,
    })
    .unwrap()
}

pub(crate) fn contract(name: &str) -> ContractName {
    name.parse().unwrap()
}

/// The registration of a version that follows all heads of what was read; of `None` the first.
pub(crate) fn registration(
    name: &ContractName,
    graph: Option<&Graph>,
    version: u32,
    bytes: &[u8],
    key: Option<&str>,
) -> Event {
    let n = graph.map_or(0, Graph::version) + 1;
    let registered = Registered {
        version,
        sha256: Hash::of(&[bytes]),
        mode: Mode::default(),
        verdict: Verdict::Compatible,
        against: Vec::new(),
        open_content: OpenContent::default(),
        assumed: false,
        formats: false,
        waiver: None,
        owner: None,
    };
    Event::seal(Unsealed {
        stream: Stream::Contract(name.clone()),
        clock: Hybrid { at: noon(), tick: n },
        writer: writer(),
        by: "bob".parse().unwrap(),
        key: key.map(|key| key.parse().unwrap()),
        body: Body::Contract(ContractBody::Registered(registered)),
        n,
        parents: graph.map_or_else(|| vec![contract_root(name)], Graph::next_parents),
    })
    .unwrap()
}

/// The id of a request that was made just now.
#[track_caller]
pub(crate) fn id_of(created: &Created) -> RequestId {
    match created {
        Created::New(packet, _) => packet.request_id,
        Created::Existing(_) | Created::Taken(_) | Created::Unknown(_) => panic!("not made: {created:?}"),
    }
}
