//! `ledger import`: the issues of other trackers.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::Sandbox;
use crate::transcript;

/// A ledger beside the fixtures.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trackers");
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), sandbox.root().join(entry.file_name())).unwrap();
    }
    sandbox
}

#[test]
fn issues_of_beads() {
    transcript!(sandbox(), @r#"
    $ ledger import --from beads beads.jsonl --origin shop --target billing --dry-run | tail -1
    nothing was written; it would be: 6 made, 0 moved, 0 noted, 0 known before, 4 skipped
    $ ledger import --from beads beads.jsonl --origin shop --target billing
    made   REQ-YYYYMMDD-0001  acme-1  CLOSED  2 notes  Show the currency on invoices
    made   REQ-YYYYMMDD-0002  acme-4  PROPOSED  Money \u{202e}tca\u{202c} right
    made   REQ-YYYYMMDD-0003  acme-3  BLOCKED  One place that rounds
    made   REQ-YYYYMMDD-0004  acme-2  IN_PROGRESS  2 notes  Totals are off by a cent
    made   REQ-YYYYMMDD-0005  acme-5  WITHDRAWN  Made twice
    made   REQ-YYYYMMDD-0006  acme-6  PROPOSED  1 note  Try the new parser
    told   line 6 (acme-6): the type "spike" is not in the map → made as feature
    told   line 6 (acme-6): the state "on_ice" is not in the map → kept in a note; states of the map maps it
    told   line 6 (acme-6): created_at: "yesterday" is no time → left out
    told   nothing is read from: estimated_minutes (1 record)
    skip   line 7 (acme-4): line 4 has the same id: of two records with one id the first is taken over
    skip   line 8: it has no id: fields.id of the map names it (now: id)
    skip   line 9 (acme-7): it has no title: fields.title of the map names it (now: title)
    skip   line 10: the last line is torn: it ends in the middle
    6 made, 0 moved, 0 noted, 0 known before, 4 skipped
    [exit 5]
    $ ledger import --from beads beads.jsonl --origin shop --target billing -q | tail -1
    0 made, 0 moved, 0 noted, 6 known before, 4 skipped
    $ ledger log
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v1  mia  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  ben  note: Which currencies?  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v3  mia  note: Euro and dollar.  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v4  alice  PROPOSED → ACCEPTED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v5  alice  ACCEPTED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v6  alice  IN_PROGRESS → DELIVERED [note=beads says "closed"]  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v7  alice  DELIVERED → VERIFIED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v8  alice  VERIFIED → CLOSED: Shipped in 2.4  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v1  alice  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0003  v1  alice  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0003  v2  alice  PROPOSED → ACCEPTED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0003  v3  alice  ACCEPTED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0003  v4  alice  IN_PROGRESS → BLOCKED: beads says "blocked"  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0004  v1  alice  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0004  v2  alice  note: At the source it waits for beads:acme-99 (not here).
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0004  v3  alice  note: Linked at the source: discovered-from acme-1
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0004  v4  alice  PROPOSED → ACCEPTED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0004  v5  alice  ACCEPTED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0005  v1  alice  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0005  v2  mia  PROPOSED → WITHDRAWN: a double  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0006  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0006  v2  alice  note: The state at the source is "on_ice", which the map does not have.
    $ ledger log key:beads:acme-1 --json | grep -o '"occurred_at":"[^"]*"'
    "occurred_at":"2026-02-01T10:00:00.123456+01:00"
    "occurred_at":"2026-02-02T09:00:00Z"
    "occurred_at":"2026-02-02T09:30:00Z"
    "occurred_at":"2026-02-03T12:00:00+01:00"
    "occurred_at":"2026-02-03T12:00:00+01:00"
    "occurred_at":"2026-02-03T12:00:00+01:00"
    "occurred_at":"2026-02-03T12:00:00+01:00"
    "occurred_at":"2026-02-03T12:00:00+01:00"
    $ ledger show key:beads:acme-2
    REQ-YYYYMMDD-0004  IN_PROGRESS  v5
    Totals are off by a cent
      type         bug, P0, tracked
      asked        shop → billing
      by           alice, YYYY-MM-DD hh:mm:ssZ (occurred YYYY-MM-DD hh:mm:ssZ)
      key          beads:acme-2
      depends on   REQ-YYYYMMDD-0003 (BLOCKED, not settled)
      since        alice, YYYY-MM-DD hh:mm:ssZ (v5), occurred YYYY-MM-DD hh:mm:ssZ

    Description
      Every third invoice.

      Design:
      Round once, at the end.

    Details
      - impact: not stated at the source

    Notes
      alice, YYYY-MM-DD hh:mm:ssZ (v2)
        At the source it waits for beads:acme-99 (not here).
      alice, YYYY-MM-DD hh:mm:ssZ (v3)
        Linked at the source: discovered-from acme-1

    Next  for billing: ledger transition REQ-YYYYMMDD-0004 DELIVERED --evidence KIND=VALUE
    $ ledger verify
    ok: 6 requests, 22 events verified
    "#);
}

#[test]
fn issues_of_github_as_gh_prints_them_and_as_the_rest_api_does() {
    transcript!(sandbox(), @r#"
    $ ledger import --from github github.json
    made   REQ-YYYYMMDD-0001  41  CLOSED  1 note  Totals are off by a cent
    made   REQ-YYYYMMDD-0002  42  PROPOSED  Export as CSV
    made   REQ-YYYYMMDD-0003  44  WITHDRAWN  Support Roman numerals
    3 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger import --from github - < github-rest.json
    skip   record 2 (43): it has pull_request: it is none that is taken over
    0 made, 0 moved, 0 noted, 1 known before, 1 skipped
    $ ledger show key:github:41
    REQ-YYYYMMDD-0001  CLOSED  v7
    Totals are off by a cent
      type         bug, P1, tracked
      asked        acme/billing → acme/billing
      by           mia, YYYY-MM-DD hh:mm:ssZ (occurred YYYY-MM-DD hh:mm:ssZ)
      labels       bug, P1
      key          github:41
      since        alice, YYYY-MM-DD hh:mm:ssZ (v7), occurred YYYY-MM-DD hh:mm:ssZ

    Description
      Every third invoice.

    Details
      - impact: not stated at the source

    Evidence
      url=https://github.com/acme/billing/issues/41  alice, YYYY-MM-DD hh:mm:ssZ (v5), occurred YYYY-MM-DD hh:mm:ssZ

    Notes
      ben, YYYY-MM-DD hh:mm:ssZ (v2), occurred YYYY-MM-DD hh:mm:ssZ
        Rounding. Fixed in #43.
    $ ledger verify
    ok: 3 requests, 10 events verified
    "#);
}

#[test]
fn a_table_with_a_map_of_ones_own() {
    transcript!(sandbox(), @r#"
    $ ledger import --from csv board.csv --map board-map.json
    made   REQ-YYYYMMDD-0001  T-1  DELIVERED  Totals are off, by a cent
    made   REQ-YYYYMMDD-0002  T-2  PROPOSED  1 note  Export as CSV
    made   REQ-YYYYMMDD-0003  T-5  CLOSED  Faster reports
    told   line 4 (T-2): the state "Someday" is not in the map → kept in a note; states of the map maps it
    told   line 7 (T-5): the priority "?" is not in the map → made as P2
    told   line 7 (T-5): created_at: "last spring" is no time → left out
    skip   line 5: after a quoted cell comes "x": a quote within one is written twice
    skip   line 6 (T-4): it has no title: fields.title of the map names it (now: Summary)
    3 made, 0 moved, 0 noted, 0 known before, 2 skipped
    [exit 5]
    $ ledger import --from csv board.csv --map board-map.json --json
    {
      "v": 1,
      "data": {
        "source": "csv", "dry_run": false,
        "counts": {"made": 0, "moved": 0, "noted": 0, "known": 3, "skipped": 2}, "records": [],
        "skipped": [
          {
            "place": "line 5", "is_fault": true,
            "message": "after a quoted cell comes \"x\": a quote within one is written twice"
          },
          {
            "place": "line 6", "name": "T-4", "is_fault": true,
            "message": "it has no title: fields.title of the map names it (now: Summary)"
          }
        ],
        "told": []
      }
    }
    [exit 5]
    $ ledger show key:csv:T-1
    REQ-YYYYMMDD-0001  DELIVERED  v4
    Totals are off, by a cent
      type         bug, P0, tracked
      asked        shop → billing
      by           mia, YYYY-MM-DD hh:mm:ssZ (occurred YYYY-MM-DD hh:mm:ssZ)
      labels       money, rounding
      key          csv:T-1
      since        alice, YYYY-MM-DD hh:mm:ssZ (v4)

    Description
      Says "one cent"
      on every third invoice

    Details
      - impact: see the ticket

    Evidence
      note=csv says "In Review"  alice, YYYY-MM-DD hh:mm:ssZ (v4)

    Next  for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    $ ledger verify
    ok: 3 requests, 12 events verified
    "#);
}

#[test]
fn lines_of_plain_objects_and_what_their_type_demands() {
    transcript!(sandbox(), @r#"
    $ ledger import --from jsonl plain.jsonl
    skip   line 1 (1): it says no type: --type, or defaults.type of the map
    skip   line 2 (2): it says no type: --type, or defaults.type of the map
    0 made, 0 moved, 0 noted, 0 known before, 2 skipped
    [exit 5]
    $ ledger import --from jsonl plain.jsonl --origin shop --target billing --type bug
    skip   line 1 (1): the packet is not valid
           /details/impact: "impact" is missing: Whom it hurts, and how much
           hint: say it for all of that type: defaults.details of a map (--map FILE), or choose another --type
    skip   line 2 (2): the packet is not valid
           /details/impact: "impact" is missing: Whom it hurts, and how much
           hint: say it for all of that type: defaults.details of a map (--map FILE), or choose another --type
    0 made, 0 moved, 0 noted, 0 known before, 2 skipped
    [exit 5]
    $ ledger import --from jsonl plain.jsonl --origin shop --target billing --type feature
    made   REQ-YYYYMMDD-0001  1  PROPOSED  Ask for a receipt
    made   REQ-YYYYMMDD-0002  2  PROPOSED  2 notes  Print it, too
    told   line 2 (2): "done" means CLOSED, and it stays PROPOSED: PROPOSED can't become ACCEPTED yet: it needs details: goal, metric, scope, trade_offs (--set details.NAME=VALUE) → kept in a note
    2 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger list --all
    ID                 STATE     PRIORITY  TYPE     TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  PROPOSED  P2        feature  billing  YYYY-MM-DD hh:mm:ssZ  Ask for a receipt
    REQ-YYYYMMDD-0002  PROPOSED  P2        feature  billing  YYYY-MM-DD hh:mm:ssZ  Print it, too
    $ ledger log key:jsonl:2
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  note: Works on mine
    YYYY-MM-DD hh:mm:ssZ  v3  alice  note: jsonl says "done" (CLOSED). It stays PROPOSED here: PROPOSED can't become ACCEPTED yet: it needs details: goal, metric, scope, trade_offs (--set details.NAME=VALUE).  (occurred YYYY-MM-DD hh:mm:ssZ)
    $ ledger import --from jsonl plain.jsonl --origin shop --target billing --type feature
    0 made, 0 moved, 0 noted, 2 known before, 0 skipped
    "#);
}

/// An issue of GitHub in stages of its life.
fn stages(sandbox: &Sandbox) {
    let mut issue = json!({
        "number": 1, "title": "A", "body": "x", "state": "OPEN", "labels": [{"name": "bug"}], "author": {"login": "mia"},
        "createdAt": "2026-03-01T10:00:00Z", "updatedAt": "2026-03-01T10:00:00Z", "closedAt": null, "comments": [],
        "assignees": [], "url": "https://github.com/acme/billing/issues/1",
    });
    let write = |stage: u32, issue: &Value| {
        std::fs::write(sandbox.path(&format!("{stage}.json")), json!([issue]).to_string()).unwrap();
    };
    write(1, &issue);
    issue["comments"] = json!([{"author": {"login": "ben"}, "body": "Hm.", "createdAt": "2026-03-02T10:00:00Z"}]);
    write(2, &issue);
    issue["state"] = "CLOSED".into();
    issue["title"] = "A!".into();
    issue["closedAt"] = "2026-03-03T10:00:00Z".into();
    write(3, &issue);
    issue["state"] = "OPEN".into();
    issue["stateReason"] = "REOPENED".into();
    issue["closedAt"] = Value::Null;
    write(4, &issue);
    issue["url"] = "https://github.com/acme/other/issues/1".into();
    write(5, &issue);
}

#[test]
fn each_time_what_is_new_there_is_taken_over() {
    let sandbox = Sandbox::new();
    stages(&sandbox);
    transcript!(sandbox, @r#"
    $ ledger import --from github 1.json
    made   REQ-YYYYMMDD-0001  1  PROPOSED  A
    1 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger import --from github 2.json
    noted  REQ-YYYYMMDD-0001  1  PROPOSED  1 note  A
    0 made, 0 moved, 1 noted, 0 known before, 0 skipped
    $ ledger import --from github 3.json
    moved  REQ-YYYYMMDD-0001  1  PROPOSED → CLOSED  1 note  A!
    0 made, 1 moved, 0 noted, 0 known before, 0 skipped
    $ ledger import --from github 3.json
    0 made, 0 moved, 0 noted, 1 known before, 0 skipped
    $ ledger import --from github 4.json
    noted  REQ-YYYYMMDD-0001  1  CLOSED  1 note  A!
    told   record 1 (1): "OPEN (REOPENED)" means PROPOSED, and it stays CLOSED: no legal way leads there → kept in a note
    0 made, 0 moved, 1 noted, 0 known before, 0 skipped
    $ ledger import --from github 4.json
    0 made, 0 moved, 0 noted, 1 known before, 0 skipped
    $ ledger log key:github:1
    YYYY-MM-DD hh:mm:ssZ  v1  mia  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v2  ben  note: Hm.  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v3  alice  note: Edited at the source (github):\ntitle: A!
    YYYY-MM-DD hh:mm:ssZ  v4  alice  PROPOSED → ACCEPTED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v5  alice  ACCEPTED → IN_PROGRESS  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v6  alice  IN_PROGRESS → DELIVERED [url=https://github.com/acme/billing/issues/1]  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v7  alice  DELIVERED → VERIFIED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v8  alice  VERIFIED → CLOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v9  alice  note: github says "OPEN (REOPENED)" (PROPOSED). It stays CLOSED here: no legal way leads there.\nurl=https://github.com/acme/billing/issues/1  (occurred YYYY-MM-DD hh:mm:ssZ)
    # Another repository's issue has the same number.
    $ ledger import --from github 5.json
    skip   record 1 (1): github:1 is another one on record, REQ-YYYYMMDD-0001: it came from https://github.com/acme/billing/issues/1, and this is https://github.com/acme/other/issues/1
           hint: give each tracker a name of its own: --source NAME
    0 made, 0 moved, 0 noted, 0 known before, 1 skipped
    [exit 6]
    $ ledger import --from github 5.json --source acme/other
    made   REQ-YYYYMMDD-0002  1  PROPOSED  1 note  A!
    1 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger verify
    ok: 2 requests, 11 events verified
    "#);
}

#[test]
fn what_has_moved_on_here_is_not_pulled_back() {
    let sandbox = Sandbox::new();
    stages(&sandbox);
    transcript!(sandbox, @r#"
    $ ledger import --from github 2.json -q
    1 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger transition key:github:1 accepted -q && ledger transition key:github:1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger import --from github 2.json -q
    0 made, 0 moved, 0 noted, 1 known before, 0 skipped
    $ ledger import --from github 3.json
    moved  REQ-YYYYMMDD-0001  1  IN_PROGRESS → CLOSED  1 note  A!
    0 made, 1 moved, 0 noted, 0 known before, 0 skipped
    $ ledger log key:github:1 | tail -3
    YYYY-MM-DD hh:mm:ssZ  v6  alice  IN_PROGRESS → DELIVERED [url=https://github.com/acme/billing/issues/1]  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v7  alice  DELIVERED → VERIFIED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v8  alice  VERIFIED → CLOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    $ ledger verify
    ok: 1 request, 8 events verified
    "#);
}

#[test]
fn a_guard_that_nobody_may_pass_for_others_leaves_it_before_the_state() {
    transcript!(sandbox(), @r#"
    $ sed -i 's/"mode": "tracked"/"mode": "governed"/' coordination/ledger.json
    $ ledger import --from github github.json
    made   REQ-YYYYMMDD-0001  41  DELIVERED  2 notes  Totals are off by a cent
    made   REQ-YYYYMMDD-0002  42  PROPOSED  Export as CSV
    made   REQ-YYYYMMDD-0003  44  WITHDRAWN  Support Roman numerals
    told   record 1 (41): "CLOSED (COMPLETED)" means CLOSED, and it stays DELIVERED: DELIVERED can't become VERIFIED yet: it needs somebody other than alice, who delivered → kept in a note
    3 made, 0 moved, 0 noted, 0 known before, 0 skipped
    $ ledger log key:github:41 | tail -1
    YYYY-MM-DD hh:mm:ssZ  v6  alice  note: github says "CLOSED (COMPLETED)" (CLOSED). It stays DELIVERED here: DELIVERED can't become VERIFIED yet: it needs somebody other than alice, who delivered.\nurl=https://github.com/acme/billing/issues/41  (occurred YYYY-MM-DD hh:mm:ssZ)
    $ ledger verify
    ok: 3 requests, 9 events verified
    "#);
}

#[test]
fn bad_input_is_told_with_what_to_try() {
    transcript!(sandbox(), @r#"
    $ echo '[{"number":' | ledger import --from github -
    ! error: could not read standard input: it ends in the middle, at line 2, column 0; an array of issues is expected, as gh issue list --json prints it
    ! hint: ledger import --help says what each form looks like; nothing was written
    [exit 2]
    $ ledger import --from csv /dev/null
    ! error: could not read /dev/null: it is empty: a header is expected
    ! hint: ledger import --help says what each form looks like; nothing was written
    [exit 2]
    $ ledger import --from beads nowhere.jsonl
    ! error: could not read [tmp]/work/nowhere.jsonl: No such file or directory (os error 2)
    ! hint: ledger import --help
    [exit 2]
    $ echo '{"fields":{"titel":"Summary"}}' > map.json; ledger import --from csv board.csv --map map.json
    ! error: the map is not valid: fields.titel is none of id, title, description, type, state, state_reason, priority, labels, created_by, created_at, state_at, state_by, closed_at, closed_by, reason, from, to, due, url, assignees, success_criteria, required_artifacts, comments, dependencies, parent
    ! hint: ledger import --from FORM --print-map prints one to begin with
    [exit 2]
    $ echo '{"id":"s","title":"leak","description":"ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"}' | ledger import --from jsonl - --origin a --target b --type feature
    skip   line 1 (s): a token of GitHub in the text: nothing here can be erased
           /description: a token of GitHub, in line 1
           hint: keep it where it can be revoked, and name the place; --allow-secret writes it all the same, on record
    0 made, 0 moved, 0 noted, 0 known before, 1 skipped
    [exit 5]
    $ ledger import --from github github.json --source 'a b'
    ! error: invalid value 'a b' for '--source <NAME>': expected 1 to 60 characters of [A-Za-z0-9._/-], other than adopt
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger import --from github
    ! error: the following required arguments were not provided:
    !   <FILE|->
    !
    ! Usage: ledger import --from <FORM> <FILE|->
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger import --from github --print-map | head -3
    {
      "fields": {
        "id": "number", "title": "title", "description": "body", "type": ["/type/name", "labels"], "state": "state",
    $ ledger list --all
    ! no request matches
    "#);
}

#[test]
fn a_long_comment_takes_several_notes_and_a_long_chain_is_brought_into_order() {
    let sandbox = Sandbox::new();
    let long = "é".repeat(40_000);
    let mut lines = String::new();
    for n in 0..300 {
        let comments = if n == 0 { json!([{"author": "ann", "text": long}]) } else { json!([]) };
        let line =
            json!({"id": n, "title": format!("T{n}"), "dependencies": [(n + 1).to_string()], "comments": comments});
        lines.push_str(&format!("{line}\n"));
    }
    // Larger than a packet may be: it is left out, and keeps nothing else away.
    lines.push_str(&format!("{}\n", json!({"id": "large", "title": "L", "description": "x".repeat(300_000)})));
    std::fs::write(sandbox.path("long.jsonl"), lines).unwrap();
    let import = "ledger import --from jsonl long.jsonl --origin a --target b --type feature --json";
    let first = sandbox.json(import);
    assert_eq!(first["data"]["counts"], json!({"made": 300, "moved": 0, "noted": 0, "known": 0, "skipped": 1}));
    let notes: u64 =
        first["data"]["records"].as_array().unwrap().iter().map(|one| one["notes"].as_u64().unwrap()).sum();
    assert_eq!(notes, 3, "two parts of the comment, and the last one waits for what is not here");
    assert_eq!(first["data"]["skipped"][0]["code"], "unwritable");
    let again = sandbox.json(import);
    assert_eq!(again["data"]["counts"], json!({"made": 0, "moved": 0, "noted": 0, "known": 300, "skipped": 1}));
    sandbox.run("ledger verify");
}

/// An issue of beads, whatever it says.
fn issue() -> impl Strategy<Value = Value> {
    let status =
        prop::sample::select(vec!["open", "in_progress", "blocked", "closed", "tombstone", "on_ice", "deferred"]);
    let kind = prop::sample::select(vec!["bug", "feature", "task", "spike"]);
    let comments = prop::collection::vec(("[a-z\u{202e}\n ]{0,6}", "[ab]"), 0..3);
    let links = prop::collection::vec((0..9_u8, prop::sample::select(vec!["blocks", "parent-child", "related"])), 0..3);
    let words = ("[a-zé\u{202e}\\\\\"\n ]{0,12}", prop::option::of("[a-z ]{1,8}"), 0..6_u8);
    (0..6_u8, status, kind, comments, links, words).prop_map(|(id, status, kind, comments, links, (title, reason, priority))| {
        let comments: Vec<Value> =
            comments.into_iter().map(|(text, author)| json!({"author": author, "text": text})).collect();
        let links: Vec<Value> =
            links.into_iter().map(|(to, kind)| json!({"depends_on_id": format!("p-{to}"), "type": kind})).collect();
        json!({
            "id": format!("p-{id}"), "title": title, "status": status, "issue_type": kind, "priority": priority,
            "close_reason": reason, "created_at": "2026-01-01T00:00:00Z", "comments": comments, "dependencies": links,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn importing_twice_is_importing_once(
        first in prop::collection::vec(issue(), 1..8),
        second in prop::collection::vec(issue(), 1..8),
    ) {
        let sandbox = Sandbox::new();
        let import = "ledger import --from beads f.jsonl --origin shop --target billing --json";
        for issues in [&first, &second] {
            let lines: String = issues.iter().map(|issue| format!("{issue}\n")).collect();
            std::fs::write(sandbox.path("f.jsonl"), lines).unwrap();
            let tried = sandbox.json(&format!("{import} --dry-run"));
            let done = sandbox.json(import);
            prop_assert_eq!(&tried["data"]["records"], &done["data"]["records"]);
            let before = sandbox.fingerprint();
            let again = sandbox.json(import);
            prop_assert_eq!(&again["data"]["records"], &json!([]));
            prop_assert_eq!(&again["data"]["skipped"], &done["data"]["skipped"]);
            prop_assert_eq!(sandbox.fingerprint(), before);
        }
        sandbox.run("ledger verify");
    }
}
