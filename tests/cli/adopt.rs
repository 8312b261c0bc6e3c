//! `ledger adopt`: a coordination folder that was kept by hand.

use std::path::{Path, PathBuf};

use crate::common::Sandbox;
use crate::transcript;

/// The folder of the fixtures: awkward on purpose.
fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kept-by-hand")
}

fn copy(sandbox: &Sandbox, to: &str) {
    let (from, to) = (fixture(), sandbox.path(to));
    for entry in walkdir::WalkDir::new(&from).into_iter().map(Result::unwrap) {
        let there = to.join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(there).unwrap();
        } else {
            std::fs::copy(entry.path(), there).unwrap();
        }
    }
}

/// A folder that has the place of a ledger.
fn in_its_place() -> Sandbox {
    let sandbox = Sandbox::empty();
    copy(&sandbox, "coordination");
    sandbox
}

/// A ledger, and a folder beside it.
fn beside() -> Sandbox {
    let sandbox = Sandbox::new();
    copy(&sandbox, "old");
    sandbox
}

#[test]
fn a_folder_in_a_ledgers_place_is_renamed_and_taken_over() {
    transcript!(in_its_place(), @r#"
    $ ledger init
    ! error: coordination/requests/OPS-7.json was kept by hand, where a ledger has files of its own
    ! hint: ledger adopt coordination takes it over and makes a ledger
    [exit 5]
    $ ledger adopt coordination --dry-run | tail -1; ls
    nothing was written; it would be: 5 made, 0 moved, 0 noted, 0 known before, 6 skipped
    coordination
    $ ledger adopt coordination
    made   REQ-YYYYMMDD-0001  OPS-7  BLOCKED  2 notes  Totals are off by a cent
    made   REQ-20260112-0001  REQ-20260112-0001  CLOSED  2 notes  Invoices in the customer's currency
    made   REQ-20260114-0002  REQ-20260114-0002  PROPOSED  3 notes  Stop reading the legacy total
    made   REQ-20260120-0001  REQ-20260120-0001  VERIFIED  2 notes  Which \u{202e}seicnerruc\u{202c} do you take?
    made   REQ-YYYYMMDD-0002  REQ-20260112-0001 (REQ-20260112-0001-copy)  PROPOSED  Invoices in the customer's currency, second draft
    told   requests/OPS-7.json request_id: OPS-7 has not the form REQ-YYYYMMDD-NNNN → made under another number, with the key adopt:OPS-7
    told   events/2026-01.jsonl:8: "soon" is no time → written without one; kept in a note
    told   events/2026-01.jsonl:5: the action "escalated" has no meaning here → kept in a note
    told   requests/REQ-20260114-0002.json request_type: "api_change" is no type of this ledger → made as contract-change; kept in a note
    told   requests/REQ-20260114-0002.json priority: "high" is none of P0 to P3 → made as P1; kept in a note
    told   requests/REQ-20260114-0002.json reviewers: packets have no such member → kept in a note
    told   index.json REQ-20260114-0002: the state "parked" is none of this ledger → kept in a note
    told   requests/REQ-20260114-0002.json (REQ-20260114-0002): /contracts: a contract-change request names at least one contract (--contract NAME@V) → made as feature, its own type kept in a note
    told   requests/REQ-20260120-0001.json request_type: "question" is no type of this ledger → made as feature; kept in a note
    told   requests/REQ-20260120-0001.json origin_repo_id: not all are names of a repository, without blanks → blanks made to -; kept in a note
    told   requests/REQ-20260120-0001.json coordination_mode: it is neither tracked nor governed → kept in a note
    told   requests/REQ-20260120-0001.json (REQ-20260120-0001): "closed" means CLOSED, and it stays VERIFIED: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor) → kept in a note
    told   requests/REQ-20260112-0001-copy.json request_id: another packet has REQ-20260112-0001, too → made under a number and a key of its own
    skip   team.json: it has no request_id: it is no packet, and is left where it is
    skip   requests/REQ-20260131-0001.json: not JSON, at line 2, column 0
    skip   events/2026-01.jsonl:10: not JSON, at column 2
    skip   events/2026-01.jsonl:13: the last line is torn: it ends in the middle
    skip   events/2026-01.jsonl:9 (REQ-20260199-0009): no packet has this id: 1 event of it left where they are
    skip   index.json (REQ-20251201-0004): it is listed as "open", and no packet has this id
    5 made, 0 moved, 0 noted, 0 known before, 6 skipped
    ! ledger: the folder is [tmp]/work/coordination-before-ledger now, as it was
    ! ledger: made a ledger in its place
    [exit 5]
    $ ls
    coordination
    coordination-before-ledger
    schemas
    $ ledger list --all
    ID                 STATE     PRIORITY  TYPE     TO             UPDATED_AT            TITLE
    REQ-20260112-0001  CLOSED    P1        feature  billing        YYYY-MM-DD hh:mm:ssZ  Invoices in the customer's currency
    REQ-20260114-0002  PROPOSED  P1        feature  shop, reports  YYYY-MM-DD hh:mm:ssZ  Stop reading the legacy total
    REQ-20260120-0001  VERIFIED  P2        feature  billing        YYYY-MM-DD hh:mm:ssZ  Which \u{202e}seicnerruc\u{202c} do you take?
    REQ-YYYYMMDD-0001  BLOCKED   P0        bug      billing        YYYY-MM-DD hh:mm:ssZ  Totals are off by a cent
    REQ-YYYYMMDD-0002  PROPOSED  P2        feature  billing        YYYY-MM-DD hh:mm:ssZ  Invoices in the customer's currency, second draft
    $ ledger verify
    ok: 5 requests, 26 events verified
    $ ledger adopt coordination-before-ledger -q | tail -1
    0 made, 0 moved, 0 noted, 5 known before, 6 skipped
    $ ledger adopt coordination
    ! error: [tmp]/work/coordination is a ledger's own folder
    ! hint: what was kept by hand was renamed: ledger adopt coordination-before-ledger
    [exit 2]
    "#);
}

#[test]
fn ids_times_texts_and_actors_stay_and_what_has_no_place_is_in_notes() {
    transcript!(beside(), @r#"
    $ ledger adopt old -q | tail -1
    5 made, 0 moved, 0 noted, 0 known before, 6 skipped
    $ ledger log REQ-20260112-0001
    YYYY-MM-DD hh:mm:ssZ  v1  mia  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v2  mia  note: What else was on record of "created"\nchannel: weekly meeting  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v3  ben  PROPOSED → ACCEPTED: Fits into the next release  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v4  ben  ACCEPTED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v5  ben  note: The action "escalated" was on record\nreason: Blocked on their release\nto_team: platform  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v6  ben  IN_PROGRESS → DELIVERED: Shipped in 2.4 [commit=4f2a9c1]  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v7  mia  DELIVERED → VERIFIED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v8  mia  VERIFIED → CLOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    $ ledger log REQ-20260112-0001 --json | grep -o '"occurred_at":"[^"]*"'
    "occurred_at":"2026-01-12T09:30:00Z"
    "occurred_at":"2026-01-12T09:30:00Z"
    "occurred_at":"2026-01-12T14:00:00Z"
    "occurred_at":"2026-01-13T08:00:00Z"
    "occurred_at":"2026-01-15T11:00:00Z"
    "occurred_at":"2026-01-16T10:00:00Z"
    "occurred_at":"2026-01-17T10:00:00Z"
    "occurred_at":"2026-01-17T10:00:00Z"
    $ ledger log REQ-20260114-0002
    YYYY-MM-DD hh:mm:ssZ  v1  ben  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v2  alice  note: Taken over from requests/REQ-20260114-0002.json, where its packet says what could not be kept:\nrequest_type: contract-change
    YYYY-MM-DD hh:mm:ssZ  v3  alice  note: Taken over from requests/REQ-20260114-0002.json, where it also says:\nrequest_type: api_change\npriority: high\nreviewers: ["ben","zoe"]
    YYYY-MM-DD hh:mm:ssZ  v4  alice  note: In index.json it stands as "parked", which is no state of this ledger.
    $ ledger log REQ-20260120-0001
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v2  alice  note: Taken over from requests/REQ-20260120-0001.json, where it also says:\nrequest_type: question\norigin_repo_id: web shop\ncoordination_mode: full
    YYYY-MM-DD hh:mm:ssZ  v3  ben  PROPOSED → ACCEPTED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v4  zoe  ACCEPTED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v5  zoe  IN_PROGRESS → DELIVERED [note=the folder says "closed"]  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v6  zoe  DELIVERED → VERIFIED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v7  zoe  note: the folder says "closed" (CLOSED). It stays VERIFIED here: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor).\nAnswered in the meeting  (occurred YYYY-MM-DD hh:mm:ssZ)
    $ ledger log key:adopt:OPS-7
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  zoe  note: Seen in March, too
    YYYY-MM-DD hh:mm:ssZ  v3  zoe  note: What else was on record of "comment"\ntimestamp: soon
    YYYY-MM-DD hh:mm:ssZ  v4  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v5  alice  ACCEPTED → IN_PROGRESS
    YYYY-MM-DD hh:mm:ssZ  v6  alice  IN_PROGRESS → BLOCKED: the folder says "blocked"
    $ ledger show REQ-20260114-0002 --json | grep -o '"dependencies":[^]]*]'
    "dependencies":["REQ-20260112-0001"]
    "dependencies":[{"id":"REQ-20260112-0001","state":"CLOSED","settled":true}]
    "#);
}

#[test]
fn programs_are_told_everything_too() {
    transcript!(beside(), @r#"
    $ ledger adopt old --json
    {
      "v": 1,
      "data": {
        "source": "old", "dry_run": false,
        "counts": {"made": 5, "moved": 0, "noted": 0, "known": 0, "skipped": 6},
        "records": [
          {
            "done": "made", "name": "OPS-7", "key": "adopt:OPS-7", "id": "REQ-YYYYMMDD-0001",
            "title": "Totals are off by a cent", "states": ["PROPOSED", "ACCEPTED", "IN_PROGRESS", "BLOCKED"],
            "notes": 2
          },
          {
            "done": "made", "name": "REQ-20260112-0001", "key": "adopt:REQ-20260112-0001",
            "id": "REQ-20260112-0001", "title": "Invoices in the customer's currency",
            "states": ["PROPOSED", "ACCEPTED", "IN_PROGRESS", "DELIVERED", "VERIFIED", "CLOSED"], "notes": 2
          },
          {
            "done": "made", "name": "REQ-20260114-0002", "key": "adopt:REQ-20260114-0002",
            "id": "REQ-20260114-0002", "title": "Stop reading the legacy total", "states": ["PROPOSED"],
            "notes": 3
          },
          {
            "done": "made", "name": "REQ-20260120-0001", "key": "adopt:REQ-20260120-0001",
            "id": "REQ-20260120-0001", "title": "Which \u202eseicnerruc\u202c do you take?",
            "states": ["PROPOSED", "ACCEPTED", "IN_PROGRESS", "DELIVERED", "VERIFIED"], "notes": 2
          },
          {
            "done": "made", "name": "REQ-20260112-0001 (REQ-20260112-0001-copy)",
            "key": "adopt:REQ-20260112-0001 (REQ-20260112-0001-copy)", "id": "REQ-YYYYMMDD-0002",
            "title": "Invoices in the customer's currency, second draft", "states": ["PROPOSED"], "notes": 0
          }
        ],
        "skipped": [
          {
            "place": "team.json", "is_fault": false,
            "message": "it has no request_id: it is no packet, and is left where it is"
          },
          {
            "place": "requests/REQ-20260131-0001.json", "is_fault": true,
            "message": "not JSON, at line 2, column 0"
          },
          {"place": "events/2026-01.jsonl:10", "is_fault": true, "message": "not JSON, at column 2"},
          {
            "place": "events/2026-01.jsonl:13", "is_fault": true,
            "message": "the last line is torn: it ends in the middle"
          },
          {
            "place": "events/2026-01.jsonl:9", "name": "REQ-20260199-0009", "is_fault": true,
            "message": "no packet has this id: 1 event of it left where they are"
          },
          {
            "place": "index.json", "name": "REQ-20251201-0004", "is_fault": true,
            "message": "it is listed as \"open\", and no packet has this id"
          }
        ],
        "told": [
          {
            "place": "requests/OPS-7.json request_id", "what": "OPS-7 has not the form REQ-YYYYMMDD-NNNN",
            "became": "made under another number, with the key adopt:OPS-7"
          },
          {
            "place": "events/2026-01.jsonl:8", "what": "\"soon\" is no time",
            "became": "written without one; kept in a note"
          },
          {
            "place": "events/2026-01.jsonl:5", "what": "the action \"escalated\" has no meaning here",
            "became": "kept in a note"
          },
          {
            "place": "requests/REQ-20260114-0002.json request_type",
            "what": "\"api_change\" is no type of this ledger",
            "became": "made as contract-change; kept in a note"
          },
          {
            "place": "requests/REQ-20260114-0002.json priority", "what": "\"high\" is none of P0 to P3",
            "became": "made as P1; kept in a note"
          },
          {
            "place": "requests/REQ-20260114-0002.json reviewers", "what": "packets have no such member",
            "became": "kept in a note"
          },
          {
            "place": "index.json REQ-20260114-0002", "what": "the state \"parked\" is none of this ledger",
            "became": "kept in a note"
          },
          {
            "place": "requests/REQ-20260114-0002.json (REQ-20260114-0002)",
            "what": "/contracts: a contract-change request names at least one contract (--contract NAME@V)",
            "became": "made as feature, its own type kept in a note"
          },
          {
            "place": "requests/REQ-20260120-0001.json request_type",
            "what": "\"question\" is no type of this ledger", "became": "made as feature; kept in a note"
          },
          {
            "place": "requests/REQ-20260120-0001.json origin_repo_id",
            "what": "not all are names of a repository, without blanks",
            "became": "blanks made to -; kept in a note"
          },
          {
            "place": "requests/REQ-20260120-0001.json coordination_mode",
            "what": "it is neither tracked nor governed", "became": "kept in a note"
          },
          {
            "place": "requests/REQ-20260120-0001.json (REQ-20260120-0001)",
            "what": "\"closed\" means CLOSED, and it stays VERIFIED: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor)",
            "became": "kept in a note"
          },
          {
            "place": "requests/REQ-20260112-0001-copy.json request_id",
            "what": "another packet has REQ-20260112-0001, too",
            "became": "made under a number and a key of its own"
          }
        ]
      }
    }
    [exit 5]
    "#);
}

#[test]
fn nothing_in_the_folder_is_changed() {
    let sandbox = in_its_place();
    let sums =
        |folder: &str| sandbox.run(&format!("cd {folder} && find . -type f -print0 | sort -z | xargs -0 sha256sum"));
    let before = sums("coordination");
    sandbox.shell("ledger adopt coordination --dry-run");
    assert_eq!(sums("coordination"), before);
    sandbox.shell("ledger adopt coordination");
    assert_eq!(sums("coordination-before-ledger"), before);
}

#[test]
fn a_dry_run_writes_nothing_into_a_ledger() {
    let sandbox = beside();
    sandbox.bug("Here before", "");
    let before = sandbox.fingerprint();
    let tried = sandbox.json("ledger adopt old --dry-run --json");
    assert_eq!(sandbox.fingerprint(), before);
    let done = sandbox.json("ledger adopt old --json");
    assert_eq!(tried["data"]["counts"], done["data"]["counts"]);
    assert_eq!(tried["data"]["records"], done["data"]["records"]);
}

#[test]
fn what_comes_later_is_taken_over_later_and_the_ledgers_own_news_stay() {
    transcript!(beside(), @r#"
    $ ledger adopt old -q | tail -1
    5 made, 0 moved, 0 noted, 0 known before, 6 skipped
    $ ledger transition key:adopt:OPS-7 in-progress && ledger adopt old -q | tail -1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v7  alice  BLOCKED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    0 made, 0 moved, 0 noted, 5 known before, 6 skipped
    $ sed -i '$d' old/events/2026-01.jsonl && echo '{"timestamp":"2026-01-24T08:00:00Z","actor":"ben","action":"delivered","request_id":"OPS-7","details":{"pr":"88"}}' >> old/events/2026-01.jsonl
    $ ledger adopt old
    moved  REQ-YYYYMMDD-0001  OPS-7  IN_PROGRESS → DELIVERED  Totals are off by a cent
    told   requests/OPS-7.json request_id: OPS-7 has not the form REQ-YYYYMMDD-NNNN → made under another number, with the key adopt:OPS-7
    told   index.json OPS-7: it is "blocked" there, and its events end in DELIVERED → where it is listed counts, if that is new and a way leads there
    told   events/2026-01.jsonl:8: "soon" is no time → written without one; kept in a note
    skip   team.json: it has no request_id: it is no packet, and is left where it is
    skip   requests/REQ-20260131-0001.json: not JSON, at line 2, column 0
    skip   events/2026-01.jsonl:10: not JSON, at column 2
    skip   events/2026-01.jsonl:9 (REQ-20260199-0009): no packet has this id: 1 event of it left where they are
    skip   index.json (REQ-20251201-0004): it is listed as "open", and no packet has this id
    0 made, 1 moved, 0 noted, 4 known before, 5 skipped
    [exit 5]
    $ ledger log key:adopt:OPS-7 | tail -1
    YYYY-MM-DD hh:mm:ssZ  v8  ben  IN_PROGRESS → DELIVERED [pr=88]  (occurred YYYY-MM-DD hh:mm:ssZ)
    $ ledger verify
    ok: 5 requests, 28 events verified
    "#);
}

#[test]
fn a_number_that_is_taken_here_is_another_request() {
    let sandbox = Sandbox::new();
    let id = sandbox.bug("Here before", "");
    std::fs::create_dir_all(sandbox.path("old/requests")).unwrap();
    let packet = format!(
        r#"{{"request_id":"{id}","origin_repo_id":"a","target_repo_ids":["b","c"],"request_type":"feature","title":"T","status":"delivered"}}"#
    );
    std::fs::write(sandbox.path("old/requests/x.json"), packet).unwrap();
    transcript!(sandbox, @r#"
    $ ledger adopt old
    made   REQ-YYYYMMDD-0002  REQ-YYYYMMDD-0001  DELIVERED  2 notes  T
    told   requests/x.json (REQ-YYYYMMDD-0001): REQ-YYYYMMDD-0001 is another request here → made under another number
    1 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger log key:adopt:REQ-$TODAY-0001
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
    YYYY-MM-DD hh:mm:ssZ  v4  alice  b says DELIVERED: taken over: "delivered" [note=the folder says "delivered"]
    YYYY-MM-DD hh:mm:ssZ  v5  alice  c says DELIVERED: taken over: "delivered" [note=the folder says "delivered"]
    YYYY-MM-DD hh:mm:ssZ  v6  alice  IN_PROGRESS → DELIVERED [note=the folder says "delivered"]
    $ ledger adopt old
    0 made, 0 moved, 0 noted, 1 known before, 0 skipped
    $ ledger new --title Next --from shop --to billing --type bug --set details.impact=all -q
    REQ-YYYYMMDD-0003
    $ ledger verify
    ok: 3 requests, 8 events verified
    "#);
}

#[test]
fn an_approval_a_review_and_an_incident_find_their_places() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("old/requests")).unwrap();
    std::fs::write(
        sandbox.path("old/requests/I-1.json"),
        r#"{"request_id":"I-1","origin_repo_id":"a","target_repo_ids":["b"],"request_type":"outage","title":"Down",
        "details":{"severity":"SEV1"},"sponsor_approval_required":true}"#,
    )
    .unwrap();
    let events = r#"{"at":"2026-02-01T00:00:00Z","by":"ann","action":"started","request_id":"I-1"}
{"at":"2026-02-01T01:00:00Z","by":"ann","action":"delivered","request_id":"I-1","details":{"evidence":["commit=1a2b3c4",{"kind":"url","value":"https://x.test"}]}}
{"at":"2026-02-01T02:00:00Z","by":"bob","action":"verified","request_id":"I-1"}
{"at":"2026-02-01T03:00:00Z","by":"bob","action":"post-mortem","request_id":"I-1","details":{"text":"A full disk."}}
{"at":"2026-02-01T04:00:00Z","by":"zoe","action":"approved","request_id":"I-1","details":{"note":"Fine."}}
{"at":"2026-02-01T05:00:00Z","by":"bob","action":"closed","request_id":"I-1"}
"#;
    std::fs::write(sandbox.path("old/events.jsonl"), events).unwrap();
    transcript!(sandbox, @r#"
    $ ledger adopt old
    made   REQ-YYYYMMDD-0001  I-1  CLOSED  3 notes  Down
    told   requests/I-1.json request_type: "outage" is no type of this ledger → made as incident; kept in a note
    told   requests/I-1.json request_id: I-1 has not the form REQ-YYYYMMDD-NNNN → made under another number, with the key adopt:I-1
    1 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger log key:adopt:I-1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  note: Taken over from requests/I-1.json, where it also says:\nrequest_type: outage
    YYYY-MM-DD hh:mm:ssZ  v3  ann  PROPOSED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v4  ann  IN_PROGRESS → DELIVERED [commit=1a2b3c4, url=https://x.test]  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v5  bob  DELIVERED → VERIFIED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v6  bob  review note: A full disk.  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v7  zoe  approved as sponsor: Fine.
    YYYY-MM-DD hh:mm:ssZ  v8  bob  VERIFIED → CLOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    "#);
}

#[test]
fn wrong_folders_are_told() {
    transcript!(Sandbox::empty(), @r#"
    $ mkdir empty
    $ ledger adopt empty
    ! error: there is no ledger in [tmp]/work or above it
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    $ ledger adopt nowhere
    ! error: [tmp]/work/nowhere is not a folder
    ! hint: ledger adopt --help
    [exit 4]
    $ mkdir coordination && ledger adopt coordination
    ! error: there is no packet in coordination
    ! hint: ls coordination tells what is there: packets are JSON files with a request_id, in requests/
    [exit 4]
    $ rmdir coordination && ledger init -q
    Ledger work (tracked) made in [tmp]/work
    $ ledger adopt empty
    ! error: there is no packet in empty
    ! hint: ls empty tells what is there: packets are JSON files with a request_id, in requests/
    [exit 4]
    $ ledger adopt coordination
    ! error: [tmp]/work/coordination is a ledger's own folder
    ! hint: ledger adopt OTHER, the folder of what was kept by hand, if that lies elsewhere
    [exit 2]
    "#);
    let sandbox = in_its_place();
    sandbox.run("mkdir coordination-before-ledger");
    transcript!(sandbox, @r#"
    $ ledger adopt coordination
    ! error: the folder is to be renamed to coordination-before-ledger, and there is something of that name
    ! hint: move it away; or take it over into a ledger: ledger init in another folder, and ledger adopt coordination-before-ledger there
    [exit 6]
    $ ls
    coordination
    coordination-before-ledger
    "#);
}

#[test]
fn links_are_not_followed() {
    let sandbox = Sandbox::new();
    sandbox.run("mkdir -p old/requests && cp old 2>/dev/null; ln -s /etc/passwd old/requests/x.json && mkfifo old/requests/y.json");
    transcript!(sandbox, @r#"
    $ ledger adopt old
    skip   requests/x.json: it is a symbolic link; links are not followed here
    skip   requests/y.json: it is not a plain file
    0 made, 0 moved, 0 noted, 0 known before, 2 skipped
    [exit 5]
    "#);
}

/// What was left is told; what is none of the ledger's does not fail the next run, and the one after that.
#[test]
fn what_is_left_is_told_and_what_is_ignored_fails_no_run() {
    transcript!(Sandbox::new(), @r#"
    $ mkdir -p kept/requests; echo '{"request_id":"OPS-1","title":"T","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","impact":"all"}' > kept/requests/OPS-1.json
    $ echo '{"request_id":"OPS-1","action":"accepted","actor":"","timestamp":"2026-01-12T14:00:00Z"}' > kept/events.jsonl
    $ echo 'request_id: OPS-2' > kept/requests/OPS-2.yaml; echo '# Hello' > kept/README.md; echo '{"who":"mia"}' > kept/team.jsonl; echo '{"who":"mia"}' > kept/requests/team.json
    $ ledger adopt kept
    made   REQ-YYYYMMDD-0001  team  PROPOSED  1 note  team
    made   REQ-YYYYMMDD-0002  OPS-1  ACCEPTED  T
    told   requests/team.json title: it has none → its id stands for it
    told   requests/team.json request_type: it has none → made as feature
    told   requests/team.json origin_repo_id: it has none → made with unknown
    told   requests/team.json target_repo_ids: it has none → made with unknown
    told   requests/team.json who: packets have no such member → kept in a note
    told   requests/team.json request_id: team has not the form REQ-YYYYMMDD-NNNN → made under another number, with the key adopt:team
    told   requests/OPS-1.json request_id: OPS-1 has not the form REQ-YYYYMMDD-NNNN → made under another number, with the key adopt:OPS-1
    told   events.jsonl:1: it does not say who acted → written by who adopts
    skip   team.jsonl: no line of it has a request_id: it is no log of events, and is left where it is
    skip   README.md: it is neither JSON nor JSON lines, and is left where it is
    skip   requests/OPS-2.yaml: it lies among the packets and is not JSON: make it a packet, or leave it with --ignore
    2 made, 0 moved, 0 noted, 0 known before, 3 skipped
    [exit 5]
    $ ledger adopt kept -q
    skip   team.jsonl: no line of it has a request_id: it is no log of events, and is left where it is
    skip   README.md: it is neither JSON nor JSON lines, and is left where it is
    skip   requests/OPS-2.yaml: it lies among the packets and is not JSON: make it a packet, or leave it with --ignore
    0 made, 0 moved, 0 noted, 2 known before, 3 skipped
    [exit 5]
    $ ledger adopt kept -q --ignore 'requests/*.yaml' --ignore team.json
    skip   team.jsonl: no line of it has a request_id: it is no log of events, and is left where it is
    skip   README.md: it is neither JSON nor JSON lines, and is left where it is
    skip   requests/OPS-2.yaml: it is left where it is, as --ignore says
    skip   requests/team.json: it is left where it is, as --ignore says
    0 made, 0 moved, 0 noted, 1 known before, 4 skipped
    "#);
}
