//! Requests and events that this machine's clock would not make now, by way of the library.

use std::path::Path;

use coordination_ledger::domain::event;
use coordination_ledger::domain::event::{Claimed, CreatedData, Event, Genesis, Noted, Unsealed};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::id::{RequestId, Stream};
use coordination_ledger::domain::packet::Draft;
use coordination_ledger::domain::time::{Hybrid, Timestamp};
use coordination_ledger::domain::workflow::Workflow;
use coordination_ledger::store::fs::FsStore;
use coordination_ledger::store::{Append, Budget, Created, NewRequest, Records, Store};
use serde_json::{Value, json};

/// Makes a request at a moment.
pub(crate) fn request(root: &Path, at: &Timestamp) -> RequestId {
    let store = FsStore::open(root).unwrap();
    let Value::Object(members) = json!({
        "title": "From long ago", "origin_repo_id": "shop", "target_repo_ids": ["billing"], "request_type": "bug",
        "details": {"impact": "all"},
    }) else {
        unreachable!("it is an object")
    };
    let workflow = Workflow::default();
    let genesis = Genesis {
        clock: Hybrid { at: *at, tick: 0 },
        writer: store.writer().unwrap(),
        to: workflow.initial().clone(),
        data: CreatedData { workflow: workflow.digest().to_owned(), occurred_at: None },
    };
    let draft = Draft::from_json(members, &"alice".parse().unwrap()).unwrap();
    let new = NewRequest { id: None, draft, created_at: *at, random: [7; 10], genesis };
    match store.create(&new, &Budget::endless()).unwrap() {
        Created::New(packet, _) => packet.request_id,
        other @ (Created::Existing(_) | Created::Taken(_) | Created::Unknown(_)) => panic!("{other:?}"),
    }
}

/// Puts a note on a request's record, with any reading of the clock.
pub(crate) fn note(root: &Path, id: RequestId, at: Timestamp) {
    put(root, id, at, "alice", event::Body::Noted(Noted { text: "Out of time".into(), kind: None, occurred_at: None }));
}

/// Puts a claim on a request's record, whatever the rules say.
pub(crate) fn claim(root: &Path, id: RequestId, at: Timestamp, by: &str, until: Timestamp) {
    let claimed = Claimed { until, renews: Vec::new(), takes: Vec::new(), stolen: false, reason: None };
    put(root, id, at, by, event::Body::Claimed(claimed));
}

fn put(root: &Path, id: RequestId, at: Timestamp, by: &str, body: event::Body) {
    let store = FsStore::open(root).unwrap();
    let history = store.history(id).unwrap().unwrap();
    let unsealed = Unsealed {
        stream: Stream::Request(history.packet().request_id),
        clock: Hybrid { at, tick: 0 },
        writer: store.writer().unwrap(),
        by: by.parse().unwrap(),
        key: None,
        body,
        n: history.version() + 1,
        parents: history.next_parents(),
    };
    let sealed = Event::seal(unsealed).unwrap();
    let appended = store.append(id, history.heads(), &sealed, &Budget::endless()).unwrap();
    assert!(matches!(appended, Append::Committed(_)), "{appended:?}");
}

/// A line of a type that this program does not know, after the first one.
pub(crate) fn of_unknown_type(first: &str) -> String {
    let first = Event::parse(first).unwrap();
    let head = format!(
        r#"{{"format":1,"stream":"{}","n":2,"at":"{}","tick":{},"writer":"newer1","by":"zoe","type":"TELEPORTED","data":{{"to":"mars"}},"parents":["{}"]"#,
        first.stream(),
        first.clock().at,
        first.clock().tick + 1,
        first.hash()
    );
    let hash = Hash::of(&[event::DOMAIN_TAG, head.as_bytes(), b"}"]);
    format!("{head},\"hash\":\"{hash}\"}}")
}

/// The wall clock.
pub(crate) fn now() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    Timestamp::from_unix_ms(i64::try_from(since.as_millis()).unwrap())
}
