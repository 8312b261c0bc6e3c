//! `ledger resolve`: a request that two clones left in two states.

use crate::common::Sandbox;
use crate::transcript;

/// Two clones decide on one request while they can't see each other; then git unites the lines of their logs. The
/// second clone writes a note first, so that the sides always come in the same order.
fn diverged() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    sandbox.run(
        "ledger transition 1 accepted &&
         ledger note 1 --text 'Is this ours?' --actor bob --root ../other &&
         ledger transition 1 rejected --reason 'Not ours' --actor bob --root ../other &&
         cat ../other/coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl",
    );
    sandbox
}

#[test]
fn a_diverged_request_is_shown_as_such_and_does_not_move() {
    transcript!(diverged(), @r#"
    $ ledger list
    ID                 STATE     PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  DIVERGED  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Totals are wrong
    $ ledger list --state diverged --json --fields id,state
    {
      "v": 1,
      "data": {
        "requests": [{"id": "REQ-YYYYMMDD-0001", "state": "DIVERGED"}], "matched": 1, "has_more": false,
        "damaged": []
      }
    }
    $ ledger show 1 --explain
    REQ-YYYYMMDD-0001  DIVERGED  v3
    Totals are wrong
      type         bug, P2, tracked
      asked        shop → billing
      by           alice, YYYY-MM-DD hh:mm:ssZ
      key          k1

    Details
      - impact: all

    Diverged: two clones wrote at once
      [head] ACCEPTED  v2  alice, YYYY-MM-DD hh:mm:ssZ
      [head] REJECTED  v3  bob, YYYY-MM-DD hh:mm:ssZ

    Notes
      bob, YYYY-MM-DD hh:mm:ssZ (v2)
        Is this ours?

    Next  for shop: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
      because two clones wrote at once and left it ACCEPTED and REJECTED
    $ ledger log 1 | sort -k 3,4
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v2  bob  note: Is this ours?
    YYYY-MM-DD hh:mm:ssZ  v3  bob  PROPOSED → REJECTED: Not ours
    $ ledger transition 1 in-progress
    ! error: REQ-YYYYMMDD-0001: the request has diverged: ACCEPTED ([head]) and REJECTED ([head])
    ! hint: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT; first look with ledger show REQ-YYYYMMDD-0001
    [exit 6]
    $ ledger transition 1 accepted --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "diverged",
    !     "message": "REQ-YYYYMMDD-0001: the request has diverged: ACCEPTED ([head]) and REJECTED ([head])",
    !     "hint": "ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT; first look with ledger show REQ-YYYYMMDD-0001",
    !     "retryable": false, "exit_status": 6,
    !     "sides": [
    !       {"state": "ACCEPTED", "head": "[hash]", "n": 2, "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"},
    !       {"state": "REJECTED", "head": "[hash]", "n": 3, "by": "bob", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"}
    !     ]
    !   }
    ! }
    [exit 6]
    $ ledger respond 1 --repo billing --status accepted
    ! error: REQ-YYYYMMDD-0001: the request has diverged: ACCEPTED ([head]) and REJECTED ([head])
    ! hint: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT; first look with ledger show REQ-YYYYMMDD-0001
    [exit 6]
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:5: note diverged: two clones wrote at once and left it ACCEPTED (v2) and REJECTED (v3)
      fix: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: ledger index
    ok: 1 request, 4 events verified, 2 notes
    $ ledger index -q; ledger verify --json
    {
      "v": 1,
      "data": {
        "ok": true, "requests": 1, "events": 4,
        "findings": [
          {
            "code": "diverged", "severity": "note", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl", "line": 5,
            "message": "two clones wrote at once and left it ACCEPTED (v2) and REJECTED (v3)",
            "fix": "ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT"
          }
        ],
        "has_more": false
      }
    }
    "#);
}

#[test]
fn as_json_both_sides_are_there() {
    let sandbox = diverged();
    let shown = sandbox.json("ledger show 1 --json");
    let sides: Vec<&str> =
        shown["data"]["sides"].as_array().unwrap().iter().map(|side| side["state"].as_str().unwrap()).collect();
    assert_eq!((shown["data"]["state"].as_str(), sides), (Some("DIVERGED"), vec!["ACCEPTED", "REJECTED"]));
    assert_eq!(shown["data"]["open"], serde_json::json!([]));
    assert_eq!(shown["data"]["heads"].as_array().unwrap().len(), 2);
}

#[test]
fn resolving_says_which_side_holds_and_it_goes_on() {
    transcript!(diverged(), @r#"
    $ ledger resolve 1 --keep accepted --reason 'Bob had the wrong team' --dry-run
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  resolved: ACCEPTED holds ([head]): Bob had the wrong team (dry run: nothing was written)
    $ ledger resolve 1 --keep accepted --reason 'Bob had the wrong team' --key r1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  resolved: ACCEPTED holds ([head]): Bob had the wrong team
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger resolve 1 --keep accepted --reason 'Bob had the wrong team' --key r1
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  resolved: ACCEPTED holds ([head]): Bob had the wrong team (written before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger resolve 1 --keep rejected --reason 'Bob had the wrong team' --key r1
    ! error: the key "r1" was used for something else, on REQ-YYYYMMDD-0001
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  v4  alice  resolved: ACCEPTED holds ([head]): Bob had the wrong team
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger show 1 | head -1
    REQ-YYYYMMDD-0001  ACCEPTED  v4
    $ ledger transition 1 in-progress
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  ACCEPTED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    $ ledger log 1 | sort -k 3,4
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v2  bob  note: Is this ours?
    YYYY-MM-DD hh:mm:ssZ  v3  bob  PROPOSED → REJECTED: Not ours
    YYYY-MM-DD hh:mm:ssZ  v4  alice  resolved: ACCEPTED holds ([head]): Bob had the wrong team
    YYYY-MM-DD hh:mm:ssZ  v5  alice  ACCEPTED → IN_PROGRESS
    $ ledger verify
    ok: 1 request, 6 events verified
    $ ledger resolve 1 --keep accepted --reason again
    ! error: REQ-YYYYMMDD-0001: the request has not diverged: it is IN_PROGRESS
    ! hint: ledger show REQ-YYYYMMDD-0001 tells where it stands
    [exit 5]
    "#);
}

#[test]
fn a_side_is_named_by_its_head_too() {
    let sandbox = diverged();
    let shown = sandbox.json("ledger show 1 --json");
    let head = shown["data"]["sides"][1]["head"].as_str().unwrap();
    let resolved = sandbox.json(&format!("ledger resolve 1 --keep {} --reason 'Not ours' --json", &head[..12]));
    assert_eq!((&resolved["data"]["state"], &resolved["data"]["version"]), (&"REJECTED".into(), &4.into()));
    assert_eq!(resolved["data"]["event"]["data"]["keep"], head);
}

#[test]
fn what_names_no_side_is_refused() {
    transcript!(diverged(), @r#"
    $ ledger resolve 1 --keep closed --reason x
    ! error: REQ-YYYYMMDD-0001: "closed" does not name one side of this request: they are [head] (ACCEPTED) and [head] (REJECTED)
    ! hint: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    [exit 5]
    $ ledger resolve 1 --keep zzz --reason x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-such-side",
    !     "message": "REQ-YYYYMMDD-0001: \"zzz\" does not name one side of this request: they are [head] (ACCEPTED) and [head] (REJECTED)",
    !     "hint": "ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT", "retryable": false,
    !     "exit_status": 5,
    !     "sides": [
    !       {"state": "ACCEPTED", "head": "[hash]", "n": 2, "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"},
    !       {"state": "REJECTED", "head": "[hash]", "n": 3, "by": "bob", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"}
    !     ]
    !   }
    ! }
    [exit 5]
    $ ledger resolve 1 --keep accepted
    ! error: the following required arguments were not provided:
    !   --reason <TEXT>
    !
    ! Usage: ledger resolve --reason <TEXT> <--keep <EVENT|STATE>|--duplicate|--distinct> <REQ>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger resolve 1 --keep accepted --reason ' '
    ! error: REQ-YYYYMMDD-0001: the reason is blank or longer than 65536 bytes
    ! hint: ledger schema event tells how long a text may be, and what it is made of
    [exit 5]
    $ ledger resolve 1 --keep accepted --reason x --expect-version 2
    ! error: REQ-YYYYMMDD-0001 is at version 3, not 2
    !   since then:
    !     YYYY-MM-DD hh:mm:ssZ  v3  bob  PROPOSED → REJECTED: Not ours
    ! hint: ledger show REQ-YYYYMMDD-0001 tells how it is now: decide anew, with --expect-version 3
    [exit 6]
    "#);
}

#[test]
fn notes_still_join_and_both_sides_stay() {
    transcript!(diverged(), @"
    $ ledger note 1 --text 'Who decides?'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  note: Who decides?
      next, for shop: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    $ ledger list --fields id,state,version,heads
    ID                 STATE     VERSION  HEADS
    REQ-YYYYMMDD-0001  DIVERGED  4        [head]
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:5: note diverged: two clones wrote at once and left it ACCEPTED (v2) and REJECTED (v3)
      fix: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    ok: 1 request, 5 events verified, 1 note
    ");
}

#[test]
fn two_clones_that_agree_have_not_diverged() {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    transcript!(sandbox, @"
    $ ledger transition 1 accepted -q; ledger note 1 --text here -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger transition 1 accepted -q --root ../other; ledger note 1 --text there -q --root ../other
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ cat ../other/coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl
    $ ledger show 1 | head -1
    REQ-YYYYMMDD-0001  ACCEPTED  v3
    $ ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    $ ledger index -q; ledger verify
    ok: 1 request, 6 events verified
    ");
}
