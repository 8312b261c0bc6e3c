//! `ledger transition`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_bug_goes_its_way_and_each_step_says_what_comes_next() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger transition 1 accepted
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger transition 1 in-progress
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 blocked --reason 'waiting for tax'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  IN_PROGRESS → BLOCKED: waiting for tax
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger transition 1 in_progress
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  BLOCKED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 Delivered --evidence commit=1a2b3c4 --evidence url=https://ci.example.org/7
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v6  alice  IN_PROGRESS → DELIVERED [commit=1a2b3c4, url=https://ci.example.org/7]
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    $ ledger transition 1 verified --actor bob
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v7  bob  DELIVERED → VERIFIED
      next, for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    $ ledger transition 1 CLOSED --actor bob
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v8  bob  VERIFIED → CLOSED
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
    YYYY-MM-DD hh:mm:ssZ  v4  alice  IN_PROGRESS → BLOCKED: waiting for tax
    YYYY-MM-DD hh:mm:ssZ  v5  alice  BLOCKED → IN_PROGRESS
    YYYY-MM-DD hh:mm:ssZ  v6  alice  IN_PROGRESS → DELIVERED [commit=1a2b3c4, url=https://ci.example.org/7]
    YYYY-MM-DD hh:mm:ssZ  v7  bob  DELIVERED → VERIFIED
    YYYY-MM-DD hh:mm:ssZ  v8  bob  VERIFIED → CLOSED
    ");
}

#[test]
fn as_json_it_answers_with_the_event() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 accepted --json --key t1 --reason 'it is ours'
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "ACCEPTED", "deduplicated": false, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS",
          "why": "IN_PROGRESS follows ACCEPTED"
        },
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "PROPOSED", "to": "ACCEPTED",
          "key": "t1", "data": {"reason": "it is ours", "workflow": "[workflow]"}, "parents": ["[hash]"],
          "hash": "[hash]"
        }
      }
    }
    $ ledger transition 1 'in progress' --format jsonl
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 3, "state": "IN_PROGRESS", "deduplicated": false, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE",
          "why": "DELIVERED follows IN_PROGRESS and needs evidence (--evidence KIND=VALUE)"
        },
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "ACCEPTED", "to": "IN_PROGRESS",
          "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger transition 1 delivered --evidence commit=1a2b3c4 -q
    REQ-YYYYMMDD-0001
    "#);
}

#[test]
fn what_a_step_still_needs_is_said_so_that_it_can_be_typed() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 rejected
    ! error: REQ-YYYYMMDD-0001: PROPOSED can't become REJECTED yet: it needs a reason (--reason TEXT)
    ! hint: ledger transition REQ-YYYYMMDD-0001 REJECTED --reason TEXT
    [exit 5]
    $ ledger transition 1 rejected --reason ' '
    ! error: REQ-YYYYMMDD-0001: PROPOSED can't become REJECTED yet: it needs a reason (--reason TEXT)
    ! hint: ledger transition REQ-YYYYMMDD-0001 REJECTED --reason TEXT
    [exit 5]
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger transition 1 delivered
    ! error: REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs evidence (--evidence KIND=VALUE)
    ! hint: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    [exit 5]
    $ ledger transition 1 delivered --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "guard",
    !     "message": "REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs evidence (--evidence KIND=VALUE)",
    !     "hint": "ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE", "retryable": false,
    !     "exit_status": 5, "needs": [{"code": "evidence", "text": "evidence (--evidence KIND=VALUE)"}]
    !   }
    ! }
    [exit 5]
    "#);
}

#[test]
fn an_illegal_step_says_what_is_open_from_here() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 delivered
    ! error: REQ-YYYYMMDD-0001: PROPOSED can't become DELIVERED; open from PROPOSED: ACCEPTED; REJECTED with a reason (--reason TEXT); WITHDRAWN with a reason (--reason TEXT)
    ! hint: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    [exit 5]
    $ ledger transition 1 closed --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "illegal-transition",
    !     "message": "REQ-YYYYMMDD-0001: PROPOSED can't become CLOSED; open from PROPOSED: ACCEPTED; REJECTED with a reason (--reason TEXT); WITHDRAWN with a reason (--reason TEXT)",
    !     "hint": "ledger transition REQ-YYYYMMDD-0001 ACCEPTED", "retryable": false, "exit_status": 5,
    !     "open": [
    !       {"to": "ACCEPTED", "needs": []},
    !       {"to": "REJECTED", "needs": [{"code": "reason", "text": "a reason (--reason TEXT)"}]},
    !       {"to": "WITHDRAWN", "needs": [{"code": "reason", "text": "a reason (--reason TEXT)"}]}
    !     ]
    !   }
    ! }
    [exit 5]
    $ ledger transition 1 proposed
    ! error: REQ-YYYYMMDD-0001: it is PROPOSED already; open from PROPOSED: ACCEPTED; REJECTED with a reason (--reason TEXT); WITHDRAWN with a reason (--reason TEXT)
    ! hint: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    [exit 5]
    $ ledger transition 1 rejected --reason 'not ours' -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 accepted
    ! error: REQ-YYYYMMDD-0001: REJECTED can't become ACCEPTED: nothing follows REJECTED
    ! hint: ledger new --parent REQ-YYYYMMDD-0001 asks for what is left to do
    [exit 5]
    $ ledger transition 1 accepted --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "illegal-transition",
    !     "message": "REQ-YYYYMMDD-0001: REJECTED can't become ACCEPTED: nothing follows REJECTED",
    !     "hint": "ledger new --parent REQ-YYYYMMDD-0001 asks for what is left to do", "retryable": false,
    !     "exit_status": 5
    !   }
    ! }
    [exit 5]
    "#);
}

#[test]
fn a_mistyped_state_gets_a_suggestion() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 acepted
    ! error: REQ-YYYYMMDD-0001: the workflow has no state ACEPTED, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: did you mean ACCEPTED?
    [exit 5]
    $ ledger transition 1 in-progres --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "unknown-state",
    !     "message": "REQ-YYYYMMDD-0001: the workflow has no state IN_PROGRES, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN",
    !     "hint": "did you mean IN_PROGRESS?", "retryable": false, "exit_status": 5
    !   }
    ! }
    [exit 5]
    $ ledger transition 1 banana
    ! error: REQ-YYYYMMDD-0001: the workflow has no state BANANA, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: ledger show REQ-YYYYMMDD-0001 --explain tells what is open
    [exit 5]
    $ ledger transition 1 accepted --expect-state propsed
    ! error: REQ-YYYYMMDD-0001: the workflow has no state PROPSED, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: did you mean PROPOSED?
    [exit 5]
    $ ledger list --state in-progres
    ! error: the workflow has no state IN_PROGRES, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: did you mean IN_PROGRESS?
    [exit 2]
    "#);
}

#[test]
fn a_feature_is_accepted_once_its_details_are_known() {
    transcript!(Sandbox::new(), @"
    $ ledger new --title 'Pay later' --from shop --to billing --type feature --set details.goal='More sales' -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 accepted
    ! error: REQ-YYYYMMDD-0001: PROPOSED can't become ACCEPTED yet: it needs details: metric, scope, trade_offs (--set details.NAME=VALUE)
    ! hint: ledger transition REQ-YYYYMMDD-0001 ACCEPTED --set details.metric=VALUE --set details.scope=VALUE --set details.trade_offs=VALUE
    [exit 5]
    $ ledger transition 1 accepted --set details.metric=Orders --set details.scope=EU
    ! error: REQ-YYYYMMDD-0001: PROPOSED can't become ACCEPTED yet: it needs details: trade_offs (--set details.NAME=VALUE)
    ! hint: ledger transition REQ-YYYYMMDD-0001 ACCEPTED --set details.trade_offs=VALUE
    [exit 5]
    $ ledger transition 1 accepted --set details.metric=Orders --set details.scope=EU --set details.trade_offs=Risk --actor pam
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  pam  PROPOSED → ACCEPTED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger show 1 | grep -A5 Details
    Details
      - goal: More sales
      - metric: Orders
      - scope: EU
      - trade_offs: Risk
    ");
}

#[test]
fn an_incident_may_start_at_once_and_needs_a_review_to_close() {
    transcript!(Sandbox::new(), @"
    $ ledger new --title 'Checkout is down' --from shop --to billing --type incident --set details.severity=SEV1 --priority P0
    REQ-YYYYMMDD-0001  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger transition 1 in-progress
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 delivered --evidence commit=1 -q; ledger transition 1 verified
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  DELIVERED → VERIFIED
      next, for shop: ledger note REQ-YYYYMMDD-0001 --kind review --text TEXT
    $ ledger transition 1 closed
    ! error: REQ-YYYYMMDD-0001: VERIFIED can't become CLOSED yet: it needs a review note (ledger note REQ --kind review --text TEXT)
    ! hint: ledger note REQ-YYYYMMDD-0001 --kind review --text TEXT
    [exit 5]
    $ ledger note 1 --kind review --text 'The certificate had expired. We watch it now.'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  review note: The certificate had expired. We watch it now.
      next, for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    $ ledger transition 1 closed
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v6  alice  VERIFIED → CLOSED
    ");
}

#[test]
fn a_contract_change_needs_a_check_or_a_sponsor() {
    transcript!(Sandbox::new(), @"
    $ ledger new --title 'A currency' --from shop --to billing --type contract-change --contract billing.invoice@2 --set details.summary=x -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger transition 1 delivered --evidence commit=1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  IN_PROGRESS → DELIVERED [commit=1]
      next, for sponsor: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    $ ledger transition 1 verified
    ! error: REQ-YYYYMMDD-0001: DELIVERED can't become VERIFIED yet: it needs a passed compatibility check of its contracts (billing.invoice@2: there is no contract billing.invoice), or an approval as sponsor (ledger approve REQ --as sponsor)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    [exit 5]
    $ ledger approve 1 --as sponsor --reason 'Readers were told'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  approved as sponsor: Readers were told
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    $ ledger transition 1 verified
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v6  alice  DELIVERED → VERIFIED
      next, for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    ");
}

#[test]
fn rework_voids_what_showed_the_delivery() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger transition 1 delivered --evidence commit=1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  IN_PROGRESS → DELIVERED [commit=1]
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    $ ledger transition 1 in-progress --reason 'Cents are lost'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  DELIVERED → IN_PROGRESS: Cents are lost
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 delivered
    ! error: REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs evidence (--evidence KIND=VALUE)
    ! hint: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    [exit 5]
    $ ledger evidence 1 commit=2
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v6  alice  evidence [commit=2]
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED
    $ ledger transition 1 delivered
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v7  alice  IN_PROGRESS → DELIVERED
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    $ ledger show 1 | grep commit=
      commit=1 (before the rework)  alice, YYYY-MM-DD hh:mm:ssZ (v4)
      commit=2  alice, YYYY-MM-DD hh:mm:ssZ (v6)
    ");
}

#[test]
fn a_stale_version_is_a_conflict_that_tells_what_happened_since() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger note 1 --text 'seen' --actor bob -q; ledger transition 1 accepted --actor bob -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger transition 1 rejected --reason 'not ours' --expect-version 1
    ! error: REQ-YYYYMMDD-0001 is at version 3, not 1
    !   since then:
    !     YYYY-MM-DD hh:mm:ssZ  v2  bob  note: seen
    !     YYYY-MM-DD hh:mm:ssZ  v3  bob  PROPOSED → ACCEPTED
    ! hint: ledger show REQ-YYYYMMDD-0001 tells how it is now: decide anew, with --expect-version 3
    [exit 6]
    $ ledger transition 1 rejected --reason 'not ours' --expect-version 1 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "stale-version", "message": "REQ-YYYYMMDD-0001 is at version 3, not 1",
    !     "hint": "ledger show REQ-YYYYMMDD-0001 tells how it is now: decide anew, with --expect-version 3",
    !     "retryable": false, "exit_status": 6,
    !     "events": [
    !       {
    !         "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
    !         "writer": "[writer]", "by": "bob", "type": "NOTED", "data": {"text": "seen"}, "parents": ["[hash]"],
    !         "hash": "[hash]"
    !       },
    !       {
    !         "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
    !         "writer": "[writer]", "by": "bob", "type": "TRANSITIONED", "from": "PROPOSED", "to": "ACCEPTED",
    !         "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
    !       }
    !     ],
    !     "actual_version": 3
    !   }
    ! }
    [exit 6]
    $ ledger transition 1 rejected --reason 'not ours' --expect-version 9
    ! error: REQ-YYYYMMDD-0001 is at version 3, not 9
    ! hint: ledger log REQ-YYYYMMDD-0001 shows what is on record here
    [exit 6]
    $ ledger transition 1 in-progress --expect-version 3
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  ACCEPTED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    "#);
}

#[test]
fn a_stale_state_is_a_conflict_too() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 accepted --expect-state proposed -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 in-progress --expect-state proposed
    ! error: REQ-YYYYMMDD-0001 is ACCEPTED, not PROPOSED
    ! hint: ledger show REQ-YYYYMMDD-0001
    [exit 6]
    $ ledger transition 1 in-progress --expect-state proposed --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "stale-state", "message": "REQ-YYYYMMDD-0001 is ACCEPTED, not PROPOSED",
    !     "hint": "ledger show REQ-YYYYMMDD-0001", "retryable": false, "exit_status": 6
    !   }
    ! }
    [exit 6]
    $ ledger transition 1 in-progress --expect-state Accepted
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    "#);
}

#[test]
fn a_dry_run_decides_and_writes_nothing() {
    let sandbox = Sandbox::with_bug();
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger transition 1 accepted --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED (dry run: nothing was written)
    $ ledger transition 1 accepted --dry-run --key t1 --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "ACCEPTED", "deduplicated": false, "dry_run": true,
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "PROPOSED", "to": "ACCEPTED",
          "key": "t1", "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger transition 1 delivered --dry-run
    ! error: REQ-YYYYMMDD-0001: PROPOSED can't become DELIVERED; open from PROPOSED: ACCEPTED; REJECTED with a reason (--reason TEXT); WITHDRAWN with a reason (--reason TEXT)
    ! hint: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    [exit 5]
    $ ledger transition 1 accepted --dry-run --expect-version 7
    ! error: REQ-YYYYMMDD-0001 is at version 1, not 7
    ! hint: ledger log REQ-YYYYMMDD-0001 shows what is on record here
    [exit 6]
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    "#);
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn a_reason_can_come_from_a_pipe_or_a_file() {
    transcript!(Sandbox::with_bug(), @"
    $ echo 'Not ours.' | ledger transition 1 accepted --reason -
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED: Not ours.
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ echo 'Because.' > why; ledger transition 1 in-progress --reason @why
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS: Because.
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    $ ledger transition 1 blocked --reason @nowhere
    ! error: could not read [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger transition --help
    [exit 2]
    ");
}
