//! `ledger show`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn it_shows_everything_there_is_to_see() {
    transcript!(Sandbox::with_bug(), @r"
    $ printf 'It matters.\n\nA lot.' | ledger new --title 'Send the currency' --from shop --to billing --to tax --type bug --description - --priority P1 --label money --success 'Totals add up' --artifact 'A guide' --contract billing.invoice@2 --constraint 'Old readers go on' --depends-on 1 --parent 1 --due 2026-12-24 --set details.impact=all --key k2 -q
    REQ-YYYYMMDD-0002
    $ ledger transition 2 accepted -q; ledger transition 2 in-progress -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0002
    $ ledger respond 2 --repo billing --status delivered --summary Done --evidence commit=1 --branch currency -q
    REQ-YYYYMMDD-0002
    $ ledger approve 2 --as sponsor --reason 'worth it' -q
    REQ-YYYYMMDD-0002
    $ ledger note 2 --text 'Looks good.' --kind review -q
    REQ-YYYYMMDD-0002
    $ ledger show 2
    REQ-YYYYMMDD-0002  IN_PROGRESS  v6
    Send the currency
      type         bug, P1, tracked
      asked        shop → billing, tax
      by           alice, YYYY-MM-DD hh:mm:ssZ
      labels       money
      due          2026-12-24
      contracts    billing.invoice@2
      parent       REQ-YYYYMMDD-0001
      key          k2
      depends on   REQ-YYYYMMDD-0001 (PROPOSED, not settled)
      since        alice, YYYY-MM-DD hh:mm:ssZ (v3)

    Description
      It matters.

      A lot.

    Details
      - impact: all

    Success criteria
      - Totals add up

    Required artifacts
      - A guide

    Must stay compatible
      - Old readers go on

    Parts
      billing DELIVERED on currency: Done  alice, YYYY-MM-DD hh:mm:ssZ (v4)

    Evidence
      commit=1  alice, YYYY-MM-DD hh:mm:ssZ (v4)

    Approvals
      as sponsor: worth it  alice, YYYY-MM-DD hh:mm:ssZ (v5)

    Notes
      review, alice, YYYY-MM-DD hh:mm:ssZ (v6)
        Looks good.

    Next  for tax: ledger respond REQ-YYYYMMDD-0002 --repo tax --status DELIVERED --evidence KIND=VALUE
    ");
}

#[test]
fn as_json_it_shows_the_same() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q; ledger transition 1 delivered --evidence commit=1 -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger note 1 --text 'Looks good.' -q; ledger approve 1 --as sponsor -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger show 1 --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 6, "state": "DELIVERED",
        "since": {"n": 4, "event": "[hash]", "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"},
        "last": {"n": 6, "event": "[hash]", "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"}, "heads": ["[hash]"],
        "packet_hash": "[hash]",
        "packet": {
          "format": 1, "request_id": "REQ-YYYYMMDD-0001", "uid": "[uuid]",
          "created_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "created_by": "alice", "origin_repo_id": "shop",
          "target_repo_ids": ["billing"], "request_type": "bug", "title": "Totals are wrong", "description": "",
          "success_criteria": [], "required_artifacts": [], "contracts": [], "compatibility_constraints": [],
          "dependencies": [], "priority": "P2", "labels": [], "sponsor_approval_required": false,
          "coordination_mode": "tracked", "details": {"impact": "all"}, "key": "k1"
        },
        "details": {"impact": "all"}, "parts": [],
        "evidence": [
          {
            "kind": "commit", "value": "1", "counts": true,
            "on": {"n": 4, "event": "[hash]", "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"}
          }
        ],
        "notes": [
          {
            "text": "Looks good.",
            "on": {"n": 5, "event": "[hash]", "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"}
          }
        ],
        "approvals": [
          {
            "role": "sponsor", "counts": true,
            "on": {"n": 6, "event": "[hash]", "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"}
          }
        ],
        "dependencies": [],
        "open": [
          {"to": "IN_PROGRESS", "needs": [{"code": "reason", "text": "a reason (--reason TEXT)"}]},
          {"to": "VERIFIED", "needs": []},
          {"to": "WITHDRAWN", "needs": [{"code": "reason", "text": "a reason (--reason TEXT)"}]}
        ],
        "expected": {
          "who": ["shop"], "action": "ledger transition REQ-YYYYMMDD-0001 VERIFIED",
          "why": "VERIFIED follows DELIVERED"
        }
      }
    }
    "#);
}

#[test]
fn it_explains_whose_turn_it_is_and_what_each_way_needs() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger show 1 --explain | sed -n '/Next/,$p'
    Next  for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
      because ACCEPTED follows PROPOSED

    Open from here
      ACCEPTED
      REJECTED  needs a reason (--reason TEXT)
      WITHDRAWN  needs a reason (--reason TEXT)
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger show 1 --explain | sed -n '/Next/,$p'
    Next  for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
      because DELIVERED follows IN_PROGRESS and needs evidence (--evidence KIND=VALUE)

    Open from here
      BLOCKED  needs a reason (--reason TEXT)
      DELIVERED  needs evidence (--evidence KIND=VALUE)
      WITHDRAWN  needs a reason (--reason TEXT)
    $ ledger transition 1 withdrawn --reason 'no longer needed' -q
    REQ-YYYYMMDD-0001
    $ ledger show 1 --explain
    REQ-YYYYMMDD-0001  WITHDRAWN  v4
    Totals are wrong
      type         bug, P2, tracked
      asked        shop → billing
      by           alice, YYYY-MM-DD hh:mm:ssZ
      key          k1
      since        alice, YYYY-MM-DD hh:mm:ssZ (v4)

    Details
      - impact: all
    ");
}

#[test]
fn it_shows_a_request_as_it_was() {
    transcript!(Sandbox::with_bug(), @r#"
    $ sleep 0.05; date -u +%FT%T.%3NZ > then; sleep 0.05
    $ ledger transition 1 accepted -q; ledger note 1 --text 'On it.' -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger show 1 | head -1
    REQ-YYYYMMDD-0001  ACCEPTED  v3
    $ ledger show 1 --version 2 | head -1
    REQ-YYYYMMDD-0001  ACCEPTED  v2
    $ ledger show 1 --version 1 | head -1
    REQ-YYYYMMDD-0001  PROPOSED  v1
    $ ledger show 1 --version 0 | head -1
    REQ-YYYYMMDD-0001  PROPOSED  v0
    $ ledger show 1 --at $(cat then) | head -1
    REQ-YYYYMMDD-0001  PROPOSED  v1
    $ ledger show 1 --at 0s | head -1
    REQ-YYYYMMDD-0001  ACCEPTED  v3
    $ ledger show 1 --version 2 --json | grep -o 'version":[0-9]*,"state":"[A-Z]*'
    version":2,"state":"ACCEPTED
    "#);
}

#[test]
fn a_version_or_a_moment_that_never_was_is_not_found() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger show 1 --version 2
    ! error: REQ-YYYYMMDD-0001 has no version 2 yet: it is at version 1
    ! hint: ledger log REQ-YYYYMMDD-0001
    [exit 4]
    $ ledger show 1 --version 2 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-found", "message": "REQ-YYYYMMDD-0001 has no version 2 yet: it is at version 1",
    !     "hint": "ledger log REQ-YYYYMMDD-0001", "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger show 1 --at 2020-01-01
    ! error: REQ-YYYYMMDD-0001 was made at YYYY-MM-DDThh:mm:ss.mmmZ, after YYYY-MM-DDThh:mm:ss.mmmZ
    ! hint: ledger log REQ-YYYYMMDD-0001
    [exit 4]
    $ ledger show 1 --at 1d --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-found",
    !     "message": "REQ-YYYYMMDD-0001 was made at YYYY-MM-DDThh:mm:ss.mmmZ, after YYYY-MM-DDThh:mm:ss.mmmZ",
    !     "hint": "ledger log REQ-YYYYMMDD-0001", "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger show 1 --at yesterday
    ! error: "yesterday" is not a time: expected RFC 3339, a date like 2026-11-20, or 2h or 3d (ago)
    ! hint: ledger show --help
    [exit 2]
    $ ledger show 1 --version one
    ! error: invalid value 'one' for '--version <N>': expected a version, a number such as 3
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn dependencies_are_told_with_their_states() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --depends-on 1 -q
    REQ-YYYYMMDD-0002
    $ ledger show 2 | grep depends
      depends on   REQ-YYYYMMDD-0001 (PROPOSED, not settled)
    $ ledger transition 1 rejected --reason no -q
    REQ-YYYYMMDD-0001
    $ ledger show 2 | grep depends
      depends on   REQ-YYYYMMDD-0001 (REJECTED, settled)
    $ ledger show 2 --json | grep -o 'dependencies":\[{[^]]*'
    dependencies":[{"id":"REQ-YYYYMMDD-0001","state":"REJECTED","settled":true}
    $ rm coordination/*/REQ-$TODAY-0001.json*
    $ ledger show 2 | grep depends
      depends on   REQ-YYYYMMDD-0001 (not here, not settled)
    $ ledger verify
    coordination/requests/REQ-YYYYMMDD-0001.json: violation request-lost: index.json remembers this request, which is not here: it was taken away
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/requests/REQ-YYYYMMDD-0002.json: violation dangling-reference: it refers to REQ-YYYYMMDD-0001, which is not here or can't be read
      fix: bring the other request in, for example by git pull
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    3 findings: 1 request, 1 event verified
    [exit 3]
    "#);
}
