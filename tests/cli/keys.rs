//! Retries: a key names an intent, and the second time returns the first result.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_request_is_made_once() {
    transcript!(Sandbox::new(), @r#"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1
    REQ-YYYYMMDD-0001  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1
    REQ-YYYYMMDD-0001  PROPOSED (made before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    # Who retries makes no difference; what is asked does.
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1 --actor bob --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "uid": "[uuid]", "version": 1, "state": "PROPOSED",
        "path": "coordination/requests/REQ-YYYYMMDD-0001.json", "deduplicated": true, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 ACCEPTED",
          "why": "ACCEPTED follows PROPOSED"
        }
      }
    }
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=some --key k1
    ! error: the key "k1" was used for something else, on REQ-YYYYMMDD-0001
    ! hint: ledger show REQ-YYYYMMDD-0001 tells what was asked: another intent needs another key
    [exit 6]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=some --key k1 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "key-reused", "message": "the key \"k1\" was used for something else, on REQ-YYYYMMDD-0001",
    !     "hint": "ledger show REQ-YYYYMMDD-0001 tells what was asked: another intent needs another key",
    !     "retryable": false, "exit_status": 6
    !   }
    ! }
    [exit 6]
    $ ledger transition 1 accepted -q
    REQ-YYYYMMDD-0001
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1
    REQ-YYYYMMDD-0001  PROPOSED (made before with this key; now ACCEPTED)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1 --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "uid": "[uuid]", "version": 1, "state": "PROPOSED",
        "path": "coordination/requests/REQ-YYYYMMDD-0001.json", "deduplicated": true, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS",
          "why": "IN_PROGRESS follows ACCEPTED"
        }
      }
    }
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1 -q
    REQ-YYYYMMDD-0001
    $ ledger list -q
    REQ-YYYYMMDD-0001
    "#);
}

#[test]
fn a_transition_is_made_once() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 accepted --key t1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger transition 1 accepted --key t1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger transition 1 in-progress --key t2 --json
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
          "key": "t2", "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger transition 1 in-progress --key t2 --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 3, "state": "IN_PROGRESS", "deduplicated": true, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE",
          "why": "DELIVERED follows IN_PROGRESS and needs evidence (--evidence KIND=VALUE)"
        },
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "ACCEPTED", "to": "IN_PROGRESS",
          "key": "t2", "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    # The first result, although the request has moved on.
    $ ledger transition 1 accepted --key t1 --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "ACCEPTED", "deduplicated": true, "dry_run": false,
        "expected": {
          "who": ["billing"], "action": "ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE",
          "why": "DELIVERED follows IN_PROGRESS and needs evidence (--evidence KIND=VALUE)"
        },
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "PROPOSED", "to": "ACCEPTED",
          "key": "t1", "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    $ ledger transition 1 accepted --key t1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED (written before with this key; now IN_PROGRESS)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
    "#);
}

#[test]
fn the_same_key_with_another_intent_is_a_conflict() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 accepted --key t1 -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 rejected --reason no --key t1
    ! error: the key "t1" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger transition 1 accepted --reason late --key t1
    ! error: the key "t1" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger note 1 --text x --key t1
    ! error: the key "t1" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger note 1 --text x --key t1 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "key-reused", "message": "the key \"t1\" was used for something else, on REQ-YYYYMMDD-0001",
    !     "hint": "the same command with another key, for another intent: --key KEY", "retryable": false,
    !     "exit_status": 6,
    !     "events": [
    !       {
    !         "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
    !         "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "PROPOSED", "to": "ACCEPTED",
    !         "key": "t1", "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
    !       }
    !     ]
    !   }
    ! }
    [exit 6]
    # Of a request and of its events: each has its keys.
    $ ledger note 1 --text x --key k1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  note: x
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    "#);
}

#[test]
fn the_key_is_checked_before_the_version_and_the_state() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger transition 1 accepted --expect-version 1 --expect-state proposed --key t1 -q
    REQ-YYYYMMDD-0001
    $ ledger transition 1 accepted --expect-version 1 --expect-state proposed --key t1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger transition 1 accepted --expect-version 1 --expect-state proposed
    ! error: REQ-YYYYMMDD-0001 is at version 2, not 1
    !   since then:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    ! hint: ledger show REQ-YYYYMMDD-0001 tells how it is now: decide anew, with --expect-version 2
    [exit 6]
    $ ledger transition 1 accepted --expect-version 1 --key t1 --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED (written before with this key; dry run: nothing was written)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    ");
}

#[test]
fn every_write_takes_a_key() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger respond 1 --repo billing --status accepted --summary 'on it' --key a
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  billing says ACCEPTED: on it
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger respond 1 --repo billing --status accepted --summary 'on it' --key a
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  billing says ACCEPTED: on it (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger respond 1 --repo billing --status declined --key a
    ! error: the key "a" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v2  alice  billing says ACCEPTED: on it
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger approve 1 --as sponsor --key b -q
    REQ-YYYYMMDD-0001
    $ ledger approve 1 --as sponsor --key b
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  approved as sponsor (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger approve 1 --as pm --key b
    ! error: the key "b" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v3  alice  approved as sponsor
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger note 1 --text seen --kind review --key c -q
    REQ-YYYYMMDD-0001
    $ ledger note 1 --text seen --kind review --key c
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  review note: seen (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger note 1 --text seen --key c
    ! error: the key "c" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v4  alice  review note: seen
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger evidence 1 url=https://ci.example.org/7 --key d -q
    REQ-YYYYMMDD-0001
    $ ledger evidence 1 url=https://ci.example.org/7 --key d
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  evidence [url=https://ci.example.org/7] (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger evidence 1 url=https://ci.example.org/8 --key d
    ! error: the key "d" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v5  alice  evidence [url=https://ci.example.org/7]
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  billing says ACCEPTED: on it
    YYYY-MM-DD hh:mm:ssZ  v3  alice  approved as sponsor
    YYYY-MM-DD hh:mm:ssZ  v4  alice  review note: seen
    YYYY-MM-DD hh:mm:ssZ  v5  alice  evidence [url=https://ci.example.org/7]
    "#);
}

#[test]
fn eight_at_once_with_one_key_make_one_request_and_one_event() {
    transcript!(Sandbox::new(), @r#"
    $ for i in 1 2 3 4 5 6 7 8; do ledger new --title T --from shop --to billing --type bug --set details.impact=all --key race --json & done | grep -o 'deduplicated":[a-z]*' | sort | uniq -c
          1 deduplicated":false
          7 deduplicated":true
    $ for i in 1 2 3 4 5 6 7 8; do ledger transition key:race accepted --key race --json & done | grep -o 'deduplicated":[a-z]*' | sort | uniq -c
          1 deduplicated":false
          7 deduplicated":true
    $ ledger log
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  PROPOSED → ACCEPTED
    $ ledger verify
    ok: 1 request, 2 events verified
    "#);
}
