//! One key in two clones: requests that are one intent, and events that are.

use crate::common::Sandbox;
use crate::transcript;

/// A ledger in which 2 and 3 have one key: 3 came from another clone.
fn twins() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    sandbox.bug("Twin", "--key twin");
    sandbox.run(
        "ledger new --title Gone --from shop --to billing --type bug --set details.impact=x --root ../other &&
         ledger new --title Twin --from shop --to billing --type bug --set details.impact=all --key twin --root ../other --actor bob &&
         for f in requests events; do cp ../other/coordination/$f/REQ-$TODAY-0003.* coordination/$f/; done",
    );
    sandbox
}

/// A bug to which two clones wrote with the same keys.
fn at_once() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    // Whatever their hashes, the second clone's events come later.
    sandbox.run(
        "ledger note 1 --text Seen --key n && ledger approve 1 --as sponsor --key a && ledger note 1 --text ours --key x &&
         export LEDGER_ROOT=../other LEDGER_ACTOR=bob &&
         ledger approve 1 --as pm && ledger respond 1 --repo billing --status accepted && ledger evidence 1 url=x &&
         ledger note 1 --text Seen --key n && ledger approve 1 --as sponsor --key a && ledger evidence 1 commit=7 --key x &&
         cat ../other/coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl",
    );
    sandbox
}

#[test]
fn a_duplicate_is_shown_everywhere() {
    transcript!(twins(), @r#"
    $ ledger list
    ID                 STATE                PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  PROPOSED             P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Totals are wrong
    REQ-YYYYMMDD-0002  PROPOSED             P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Twin
    REQ-YYYYMMDD-0003  PROPOSED, duplicate  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Twin
    $ ledger list --duplicates --json --fields id,state,key,duplicate_of
    {
      "v": 1,
      "data": {
        "requests": [{"duplicate_of": "REQ-YYYYMMDD-0002", "id": "REQ-YYYYMMDD-0003", "key": "twin", "state": "PROPOSED"}],
        "matched": 1, "has_more": false, "damaged": []
      }
    }
    $ ledger ready -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    $ ledger ready --json --limit 1 | grep -o '"matched":[0-9]*'
    "matched":2
    $ ledger show 3 --explain
    REQ-YYYYMMDD-0003  PROPOSED, duplicate of REQ-YYYYMMDD-0002  v1
    Twin
      type         bug, P2, tracked
      asked        shop → billing
      by           bob, YYYY-MM-DD hh:mm:ssZ
      key          twin
      since        bob, YYYY-MM-DD hh:mm:ssZ (v1)

    Details
      - impact: all

    Next  for shop: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT
      because REQ-YYYYMMDD-0002 has its key
    $ ledger show 3 --json | grep -o '"duplicate_of":"[^"]*"\|"open":[^,]*\|"action":"[^"]*"'
    "duplicate_of":"REQ-YYYYMMDD-0002"
    "open":[]
    "action":"ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT"
    $ ledger log 3
    YYYY-MM-DD hh:mm:ssZ  v1  bob  created, PROPOSED  (duplicate of REQ-YYYYMMDD-0002)
    $ ledger log --type request_created | cut -c 23-
    REQ-YYYYMMDD-0001  v1  alice  created, PROPOSED
    REQ-YYYYMMDD-0002  v1  alice  created, PROPOSED
    REQ-YYYYMMDD-0003  v1  bob  created, PROPOSED  (duplicate of REQ-YYYYMMDD-0002)
    $ ledger log 3 --json | grep -o '"duplicates":[^]]*]'
    "duplicates":[{"id":"REQ-YYYYMMDD-0003","duplicate_of":"REQ-YYYYMMDD-0002"}]
    $ ledger search twin
    REQ-YYYYMMDD-0003  PROPOSED, duplicate of REQ-YYYYMMDD-0002  Twin
      key: twin
    REQ-YYYYMMDD-0002  PROPOSED  Twin
      key: twin
    $ ledger export --fields id,duplicate_of | tr -d '\r'
    id,duplicate_of
    REQ-YYYYMMDD-0001,
    REQ-YYYYMMDD-0002,
    REQ-YYYYMMDD-0003,REQ-YYYYMMDD-0002
    $ ledger sql 'SELECT id, duplicate_of FROM requests WHERE duplicate_of IS NOT NULL'
    ID                 DUPLICATE_OF
    REQ-YYYYMMDD-0003  REQ-YYYYMMDD-0002
    $ grep -o '"key":"twin".*' coordination/index.json; ledger index -q; grep -o '"key":"twin".*' coordination/index.json
    "key":"twin"}
    "key":"twin"},
    "key":"twin","duplicate_of":"REQ-YYYYMMDD-0002"}
    $ ledger verify
    coordination/requests/REQ-YYYYMMDD-0003.json: note key-twice: it is a duplicate of REQ-YYYYMMDD-0002, whose key it has: one intent was carried out twice
      fix: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT
    ok: 3 requests, 3 events verified, 1 note
    $ ledger list --at 2999-01-01T00:00:00Z --duplicates -q; ledger ready --at 2999-01-01T00:00:00Z -q
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    $ ledger show 3 --at 2999-01-01T00:00:00Z | head -n 1
    REQ-YYYYMMDD-0003  PROPOSED, duplicate of REQ-YYYYMMDD-0002  v1
    "#);
}

#[test]
fn a_duplicate_does_not_move_and_is_not_claimed() {
    transcript!(twins(), @r#"
    $ ledger transition 3 accepted
    ! error: REQ-YYYYMMDD-0003: the request is a duplicate of REQ-YYYYMMDD-0002: both have one key
    ! hint: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT; first look with ledger show REQ-YYYYMMDD-0003
    [exit 6]
    $ ledger transition 3 accepted --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "duplicate",
    !     "message": "REQ-YYYYMMDD-0003: the request is a duplicate of REQ-YYYYMMDD-0002: both have one key",
    !     "hint": "ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT; first look with ledger show REQ-YYYYMMDD-0003",
    !     "retryable": false, "exit_status": 6, "duplicate_of": "REQ-YYYYMMDD-0002"
    !   }
    ! }
    [exit 6]
    $ ledger respond 3 --repo billing --status accepted
    ! error: REQ-YYYYMMDD-0003: the request is a duplicate of REQ-YYYYMMDD-0002: both have one key
    ! hint: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT; first look with ledger show REQ-YYYYMMDD-0003
    [exit 6]
    $ ledger claim 3
    ! error: REQ-YYYYMMDD-0003: the request is a duplicate of REQ-YYYYMMDD-0002: both have one key
    ! hint: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT; first look with ledger show REQ-YYYYMMDD-0003
    [exit 6]
    $ ledger note 3 --text 'Goes through' -q; ledger evidence 3 commit=1 -q; ledger approve 3 --as sponsor -q
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0003
    $ for n in 1 2 3; do ledger claim --next --actor a$n -q; done
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    ! error: no request is ready and unclaimed
    ! hint: ledger ready --claimed tells who has claimed what, and ledger blocked what waits
    [exit 4]
    $ printf '{"op":"transition","request":"REQ-%s-0003","to":"accepted"}\n' $TODAY | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "duplicate",
        "message": "REQ-YYYYMMDD-0003: the request is a duplicate of REQ-YYYYMMDD-0002: both have one key",
        "hint": "ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT; first look with ledger show REQ-YYYYMMDD-0003",
        "retryable": false, "exit_status": 6, "duplicate_of": "REQ-YYYYMMDD-0002", "line": 1
      }
    }
    [exit 6]
    $ ledger new --title Twin --from shop --to billing --type bug --set details.impact=all --key twin
    REQ-YYYYMMDD-0002  PROPOSED (made before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0002 ACCEPTED
    $ ledger show key:twin | head -n 1
    REQ-YYYYMMDD-0002  PROPOSED  v2
    "#);
}

#[test]
fn a_duplicate_is_ended_or_said_to_be_none() {
    transcript!(twins(), @r#"
    $ ledger resolve 3
    ! error: the following required arguments were not provided:
    !   <--keep <EVENT|STATE>|--duplicate|--distinct>
    !
    ! Usage: ledger resolve <--keep <EVENT|STATE>|--duplicate|--distinct> <REQ>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger resolve 3 --distinct
    ! error: the following required arguments were not provided:
    !   --reason <TEXT>
    !
    ! Usage: ledger resolve --reason <TEXT> <--keep <EVENT|STATE>|--duplicate|--distinct> <REQ>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger resolve 2 --duplicate
    ! error: REQ-YYYYMMDD-0002: the request is no duplicate that waits for a decision: no request before it has its key
    ! hint: ledger show REQ-YYYYMMDD-0002 tells what is known of it
    [exit 5]
    $ ledger resolve 3 --duplicate --to accepted
    ! error: REQ-YYYYMMDD-0003: that does not name one of the final states in which it could end
    ! hint: ledger resolve REQ-YYYYMMDD-0003 --duplicate --to REJECTED|WITHDRAWN
    [exit 5]
    $ ledger resolve 3 --duplicate --to nowhere
    ! error: REQ-YYYYMMDD-0003: the workflow has no state NOWHERE, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: ledger show REQ-YYYYMMDD-0003 --explain tells what is open
    [exit 5]
    $ ledger resolve 3 --duplicate --expect-version 7
    ! error: REQ-YYYYMMDD-0003 is at version 1, not 7
    ! hint: ledger log REQ-YYYYMMDD-0003 shows what is on record here
    [exit 6]
    $ ledger resolve 3 --duplicate --dry-run
    REQ-YYYYMMDD-0003  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → WITHDRAWN: duplicate of REQ-YYYYMMDD-0002 (dry run: nothing was written)
    $ ledger resolve 3 --duplicate --key done --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0003", "version": 2, "state": "WITHDRAWN", "deduplicated": false, "dry_run": false,
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0003", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "PROPOSED", "to": "WITHDRAWN",
          "key": "done",
          "data": {
            "reason": "duplicate of REQ-YYYYMMDD-0002", "workflow": "[workflow]",
            "duplicate_of": "REQ-YYYYMMDD-0002"
          },
          "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger resolve 3 --duplicate --key done
    REQ-YYYYMMDD-0003  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → WITHDRAWN: duplicate of REQ-YYYYMMDD-0002 (written before with this key)
    $ ledger resolve 3 --distinct --key done --reason x
    ! error: the key "done" was used for something else, on REQ-YYYYMMDD-0003
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → WITHDRAWN: duplicate of REQ-YYYYMMDD-0002
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger resolve 3 --duplicate
    ! error: REQ-YYYYMMDD-0003: the request is no duplicate that waits for a decision: it has ended: it is WITHDRAWN
    ! hint: ledger show REQ-YYYYMMDD-0003 tells what is known of it
    [exit 5]
    $ ledger list --all
    ID                 STATE                 PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  PROPOSED              P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Totals are wrong
    REQ-YYYYMMDD-0002  PROPOSED              P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Twin
    REQ-YYYYMMDD-0003  WITHDRAWN, duplicate  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Twin
    $ ledger conflicts; ledger verify
    nothing waits for a decision
    ok: 3 requests, 4 events verified
    "#);
    transcript!(twins(), @"
    $ ledger resolve 3 --duplicate --to rejected --reason 'Asked already' -q; ledger log 3
    REQ-YYYYMMDD-0003
    YYYY-MM-DD hh:mm:ssZ  v1  bob  created, PROPOSED  (duplicate of REQ-YYYYMMDD-0002)
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → REJECTED: Asked already
    ");
    transcript!(twins(), @"
    $ ledger resolve 3 --distinct --reason 'Another month' --key done
    REQ-YYYYMMDD-0003  YYYY-MM-DD hh:mm:ssZ  v2  alice  no duplicate of REQ-YYYYMMDD-0002: Another month
      next, for billing: ledger transition REQ-YYYYMMDD-0003 ACCEPTED
    $ ledger resolve 3 --distinct --reason 'Another month' --key done -q
    REQ-YYYYMMDD-0003
    $ ledger resolve 3 --distinct --reason 'Once more'
    ! error: REQ-YYYYMMDD-0003: the request is no duplicate that waits for a decision: alice said that it is none: Another month
    ! hint: ledger show REQ-YYYYMMDD-0003 tells what is known of it
    [exit 5]
    $ ledger show 3
    REQ-YYYYMMDD-0003  PROPOSED  v2
    Twin
      type         bug, P2, tracked
      asked        shop → billing
      by           bob, YYYY-MM-DD hh:mm:ssZ
      key          twin
      distinct     from REQ-YYYYMMDD-0002: Another month  alice, YYYY-MM-DD hh:mm:ssZ (v2)
      since        bob, YYYY-MM-DD hh:mm:ssZ (v1)

    Details
      - impact: all

    Next  for billing: ledger transition REQ-YYYYMMDD-0003 ACCEPTED
    $ ledger transition 3 accepted -q; ledger claim 3 -q
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0003
    $ ledger list --duplicates; ledger conflicts; ledger verify
    nothing waits for a decision
    ok: 3 requests, 6 events verified
    ! no request matches
    ");
}

/// What another request is changes what this one is.
#[test]
fn the_first_may_come_and_go() {
    transcript!(twins(), @"
    $ ledger list --duplicates -q; mkdir away; mv coordination/*/REQ-$TODAY-0002.json* away/
    REQ-YYYYMMDD-0003
    $ ledger list --duplicates -q; ledger ready -q; ledger transition 3 accepted --dry-run -q; ledger show key:twin | head -n 1
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0003  PROPOSED  v1
    $ mv away/*.json coordination/requests/; mv away/*.jsonl coordination/events/
    $ ledger list --duplicates -q; ledger ready -q; ledger transition 3 accepted; ledger show key:twin | head -n 1
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0002  PROPOSED  v1
    ! error: REQ-YYYYMMDD-0003: the request is a duplicate of REQ-YYYYMMDD-0002: both have one key
    ! hint: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT; first look with ledger show REQ-YYYYMMDD-0003
    ");
}

#[test]
fn events_with_one_key_are_one_or_wait_for_a_decision() {
    transcript!(at_once(), @r#"
    $ ledger log 1 | sort -k 3,4
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  note: Seen
    YYYY-MM-DD hh:mm:ssZ  v2  bob  approved as pm
    YYYY-MM-DD hh:mm:ssZ  v3  alice  approved as sponsor
    YYYY-MM-DD hh:mm:ssZ  v3  bob  billing says ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v4  alice  note: ours  (key conflict: x)
    YYYY-MM-DD hh:mm:ssZ  v4  bob  evidence [url=x]
    YYYY-MM-DD hh:mm:ssZ  v5  bob  note: Seen  (duplicate of event 2 ([head]))
    YYYY-MM-DD hh:mm:ssZ  v6  bob  approved as sponsor  (duplicate of event 3 ([head]))
    YYYY-MM-DD hh:mm:ssZ  v7  bob  evidence [commit=7]  (key conflict: x)
    $ ledger log 1 --json | grep -o '"not_counted":[^]]*]'
    "not_counted":[{"event":"[hash]","duplicate_of":"[hash]"},{"event":"[hash]","duplicate_of":"[hash]"}]
    $ ledger show 1
    REQ-YYYYMMDD-0001  PROPOSED  v7
    Totals are wrong
      type         bug, P2, tracked
      asked        shop → billing
      by           alice, YYYY-MM-DD hh:mm:ssZ
      key          k1
      since        alice, YYYY-MM-DD hh:mm:ssZ (v1)

    Details
      - impact: all

    Key x says different things
      [head] NOTED  v4  alice, YYYY-MM-DD hh:mm:ssZ
      [head] EVIDENCE_ADDED  v7  bob, YYYY-MM-DD hh:mm:ssZ

    Parts
      billing ACCEPTED  bob, YYYY-MM-DD hh:mm:ssZ (v3)

    Evidence
      url=x  bob, YYYY-MM-DD hh:mm:ssZ (v4)
      commit=7  bob, YYYY-MM-DD hh:mm:ssZ (v7)

    Approvals
      as pm  bob, YYYY-MM-DD hh:mm:ssZ (v2)
      as sponsor  alice, YYYY-MM-DD hh:mm:ssZ (v3)

    Notes
      alice, YYYY-MM-DD hh:mm:ssZ (v2)
        Seen
      alice, YYYY-MM-DD hh:mm:ssZ (v4)
        ours

    Not counted
      [head] NOTED  v5  bob, YYYY-MM-DD hh:mm:ssZ: duplicate of event 2 ([head])
      [head] APPROVED  v6  bob, YYYY-MM-DD hh:mm:ssZ: duplicate of event 3 ([head])

    Next  for shop: ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT
    $ ledger show 1 --json | grep -o '"key_conflicts":.*,"since"'
    "key_conflicts":[{"key":"x","events":[{"type":"NOTED","event":"[hash]"},{"type":"EVIDENCE_ADDED","event":"[hash]"}]}],"not_counted":[{"event":"[hash]","duplicate_of":"[hash]"},{"event":"[hash]","duplicate_of":"[hash]"}],"since"
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:11: note key-twice: event 4 ([head], NOTED) and event 7 ([head], EVIDENCE_ADDED) have one key and say different things
      fix: ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: ledger index
    ok: 1 request, 10 events verified, 2 notes
    $ ledger conflicts
    REQ-YYYYMMDD-0001  the key x says NOTED ([head]) and EVIDENCE_ADDED ([head])  Totals are wrong
      fix: ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT
    1 conflict
    [exit 3]
    $ ledger conflicts --json
    {
      "v": 1,
      "data": {
        "conflicts": [
          {
            "kind": "key-twice", "id": "REQ-YYYYMMDD-0001", "title": "Totals are wrong", "key": "x",
            "events": [{"type": "NOTED", "event": "[hash]"}, {"type": "EVIDENCE_ADDED", "event": "[hash]"}],
            "fix": "ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT"
          }
        ],
        "has_more": false, "damaged": []
      }
    }
    [exit 3]
    $ ledger transition 1 accepted
    ! error: REQ-YYYYMMDD-0001: events with one key say different things: "x" NOTED ([head]) and EVIDENCE_ADDED ([head])
    ! hint: ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT; first look with ledger show REQ-YYYYMMDD-0001
    [exit 6]
    $ ledger respond 1 --repo billing --status accepted
    ! error: REQ-YYYYMMDD-0001: events with one key say different things: "x" NOTED ([head]) and EVIDENCE_ADDED ([head])
    ! hint: ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT; first look with ledger show REQ-YYYYMMDD-0001
    [exit 6]
    $ printf '{"op":"transition","request":"key:k1","to":"accepted"}\n' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "key-twice",
        "message": "REQ-YYYYMMDD-0001: events with one key say different things: \"x\" NOTED ([head]) and EVIDENCE_ADDED ([head])",
        "hint": "ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT; first look with ledger show REQ-YYYYMMDD-0001",
        "retryable": false, "exit_status": 6,
        "key_conflicts": [
          {
            "key": "x",
            "events": [{"type": "NOTED", "event": "[hash]"}, {"type": "EVIDENCE_ADDED", "event": "[hash]"}]
          }
        ],
        "line": 1
      }
    }
    [exit 6]
    # Whoever tries again is given what they said.
    $ ledger note 1 --text ours --key x -q; ledger evidence 1 commit=7 --key x -q; ledger note 1 --text third --key x 2>&1 | head -n 1
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    error: the key "x" was used for something else, on REQ-YYYYMMDD-0001
    $ ledger resolve 1 --keep accepted --reason x
    ! error: REQ-YYYYMMDD-0001: "accepted" does not name one of the events with one key
    ! hint: ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT
    [exit 5]
    $ ledger resolve 1 --keep $(ledger show 1 | sed -n 's/^ *\([0-9a-f]*\) EVIDENCE_ADDED.*/\1/p') --reason 'Meant' --key settled
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v8  alice  resolved: of the key x, [head] holds: Meant
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger log 1 --limit 2
    YYYY-MM-DD hh:mm:ssZ  v7  bob  evidence [commit=7]
    YYYY-MM-DD hh:mm:ssZ  v8  alice  resolved: of the key x, [head] holds: Meant
    $ ledger show 1 | sed -n '/^Evidence/,$p'
    Evidence
      url=x  bob, YYYY-MM-DD hh:mm:ssZ (v4)
      commit=7  bob, YYYY-MM-DD hh:mm:ssZ (v7)

    Approvals
      as pm  bob, YYYY-MM-DD hh:mm:ssZ (v2)
      as sponsor  alice, YYYY-MM-DD hh:mm:ssZ (v3)

    Notes
      alice, YYYY-MM-DD hh:mm:ssZ (v2)
        Seen

    Not counted
      [head] NOTED  v4  alice, YYYY-MM-DD hh:mm:ssZ: set aside by event 8 ([head])
      [head] NOTED  v5  bob, YYYY-MM-DD hh:mm:ssZ: duplicate of event 2 ([head])
      [head] APPROVED  v6  bob, YYYY-MM-DD hh:mm:ssZ: duplicate of event 3 ([head])

    Next  for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger transition 1 accepted -q; ledger conflicts; ledger verify
    REQ-YYYYMMDD-0001
    nothing waits for a decision
    ok: 1 request, 12 events verified
    $ ledger resolve 1 --keep 0 --reason x
    ! error: REQ-YYYYMMDD-0001: the request has not diverged: it is ACCEPTED
    ! hint: ledger show REQ-YYYYMMDD-0001 tells where it stands
    [exit 5]
    "#);
}

/// A request that can't be read has its key all the same, as far as its packet can be.
#[test]
fn the_first_may_be_damaged() {
    let sandbox = twins();
    sandbox.run("sed -i s/alice/mallory/ coordination/events/REQ-$TODAY-0002.jsonl");
    transcript!(sandbox, @"
    $ ledger list --duplicates -q 2>/dev/null; ledger list --duplicates -q --at 2999-01-01T00:00:00Z 2>/dev/null
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0003
    [exit 9]
    $ ledger ready -q 2>/dev/null; ledger transition 3 accepted 2>&1 | head -n 1
    REQ-YYYYMMDD-0001
    error: REQ-YYYYMMDD-0003: the request is a duplicate of REQ-YYYYMMDD-0002: both have one key
    $ ledger show 3 | head -n 1; ledger show 3 --at 2999-01-01T00:00:00Z | head -n 1
    REQ-YYYYMMDD-0003  PROPOSED, duplicate of REQ-YYYYMMDD-0002  v1
    REQ-YYYYMMDD-0003  PROPOSED, duplicate of REQ-YYYYMMDD-0002  v1
    $ ledger resolve 3 --distinct --reason 'Another month' -q; ledger list --duplicates 2>/dev/null
    REQ-YYYYMMDD-0003
    [exit 9]
    ");
}

#[test]
fn a_graph_marks_duplicates() {
    let sandbox = twins();
    sandbox.bug("Needs it", "--depends-on 3");
    transcript!(sandbox, @r#"
    $ ledger graph
    REQ-YYYYMMDD-0004  PROPOSED  Needs it
    └─ needs REQ-YYYYMMDD-0003  PROPOSED, duplicate  Twin
    $ ledger graph --json | grep -o '"duplicate_of":"[^"]*"'
    "duplicate_of":"REQ-YYYYMMDD-0002"
    $ ledger graph --at 2999-01-01T00:00:00Z | tail -n 1
    └─ needs REQ-YYYYMMDD-0003  PROPOSED, duplicate  Twin
    "#);
}
