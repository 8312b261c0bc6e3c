//! `ledger index`, and how every write keeps `index.json` current.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn every_write_leaves_the_index_current() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger index --check
    coordination/index.json is current: 1 request, 1 event
    $ ledger transition 1 accepted -q && ledger index --check
    REQ-YYYYMMDD-0001
    coordination/index.json is current: 1 request, 2 events
    $ ledger index --check --json
    {"v": 1, "data": {"current": true, "written": false, "requests": 1, "events": 2, "damaged": []}}
    $ ledger index --check -q
    $ cat coordination/index.json
    {
      "format": 1,
      "ledger_id": "[uuid]",
      "updated_at": "YYYY-MM-DDThh:mm:ss.mmmZ",
      "events": 2,
      "requests": {
        "PROPOSED": [],
        "ACCEPTED": ["REQ-YYYYMMDD-0001"],
        "IN_PROGRESS": [],
        "BLOCKED": [],
        "DELIVERED": [],
        "VERIFIED": [],
        "CLOSED": [],
        "REJECTED": [],
        "WITHDRAWN": [],
        "DIVERGED": [],
        "DAMAGED": []
      },
      "entries": {
        "REQ-YYYYMMDD-0001": {"state":"ACCEPTED","version":2,"heads":["[hash]"],"title":"Totals are wrong","from":"shop","to":["billing"],"type":"bug","priority":"P2","labels":[],"created_at":"YYYY-MM-DDThh:mm:ss.mmmZ","created_by":"alice","updated_at":"YYYY-MM-DDThh:mm:ss.mmmZ","updated_by":"alice","key":"k1"}
      }
    }
    "#);
}

#[test]
fn it_comes_back_byte_for_byte() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("ledger note 1 --text seen && cp coordination/index.json before.json");
    transcript!(sandbox, @r#"
    $ rm coordination/index.json && ledger index --check
    coordination/index.json is missing (ledger index makes it): 1 request, 2 events
    [exit 3]
    $ ledger list -q && ledger index --check --json
    REQ-YYYYMMDD-0001
    {"v": 1, "data": {"current": false, "written": false, "requests": 1, "events": 2, "damaged": []}}
    [exit 3]
    $ ledger index
    coordination/index.json is written anew: 1 request, 2 events
    $ cmp before.json coordination/index.json
    $ ledger index
    coordination/index.json is current: 1 request, 2 events
    $ rm -r coordination/.local && ledger index && cmp before.json coordination/index.json
    coordination/index.json is current: 1 request, 2 events
    $ ledger index --json
    {"v": 1, "data": {"current": true, "written": false, "requests": 1, "events": 2, "damaged": []}}
    "#);
}

#[test]
fn one_that_is_stale_or_conflict_marked_is_told_and_made_anew() {
    transcript!(Sandbox::with_bug(), @r"
    $ printf '<<<<<<< ours\n{}\n=======\n[]\n>>>>>>> theirs\n' > coordination/index.json
    $ ledger index --check
    coordination/index.json is out of date (ledger index makes it anew): 1 request, 1 event
    [exit 3]
    $ ledger verify
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: ledger index
    1 finding: 1 request, 1 event verified
    [exit 3]
    # Reading goes on, and does not touch it.
    $ ledger list -q && head -1 coordination/index.json
    REQ-YYYYMMDD-0001
    <<<<<<< ours
    $ ledger note 1 --text seen -q && ledger index --check
    REQ-YYYYMMDD-0001
    coordination/index.json is current: 1 request, 2 events
    $ echo 'not even json' > coordination/index.json; ledger index
    coordination/index.json is written anew: 1 request, 2 events
    $ ledger verify
    ok: 1 request, 2 events verified
    ");
}

#[test]
fn a_ledger_without_an_index_is_not_wrong() {
    transcript!(Sandbox::with_bug(), @"
    $ rm coordination/index.json && ledger verify
    coordination/index.json: note index-missing: there is no index.json; it is derived and can be made
      fix: ledger index
    ok: 1 request, 1 event verified, 1 note
    ");
}

#[test]
fn what_is_damaged_stands_under_its_own_heading() {
    transcript!(Sandbox::with_bug(), @r#"
    $ sed -i s/alice/mallory/ coordination/events/REQ-$TODAY-0001.jsonl
    $ ledger index
    coordination/index.json is written anew: 1 request, 0 events
    ! REQ-YYYYMMDD-0001 can't be read: coordination/events/REQ-YYYYMMDD-0001.jsonl:1: the line was changed: its hash does not match its bytes (ledger verify REQ-YYYYMMDD-0001)
    [exit 9]
    $ grep DAMAGED coordination/index.json
        "DAMAGED": ["REQ-YYYYMMDD-0001"]
    $ ledger index --check --json
    {
      "v": 1,
      "data": {
        "current": true, "written": false, "requests": 1, "events": 0,
        "damaged": [
          {
            "id": "REQ-YYYYMMDD-0001",
            "what": "coordination/events/REQ-YYYYMMDD-0001.jsonl:1: the line was changed: its hash does not match its bytes"
          }
        ]
      }
    }
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "REQ-YYYYMMDD-0001 can't be read: coordination/events/REQ-YYYYMMDD-0001.jsonl:1: the line was changed: its hash does not match its bytes (ledger verify REQ-YYYYMMDD-0001)"
    !   }
    ! }
    [exit 9]
    "#);
}

#[test]
fn a_cache_that_says_what_is_not_so_is_found_and_made_anew() {
    let sandbox = Sandbox::with_bug();
    // Old enough for its entry to be kept, and kept.
    sandbox.run("sleep 0.1; ledger list -q; sed -i s/wrong/right/ coordination/.local/cache.sqlite");
    transcript!(sandbox, @r#"
    $ ledger list | grep -o 'Totals.*'
    Totals are right
    $ ledger verify
    coordination/.local/cache.sqlite: violation cache-wrong: what is cached of REQ-YYYYMMDD-0001 is not what the packets and events say: lists may be wrong
      fix: ledger doctor --fix
    1 finding: 1 request, 1 event verified
    [exit 3]
    $ ledger doctor --fix | head -1
    mended coordination/.local/cache.sqlite: made anew
    $ ledger list | grep -o 'Totals.*'
    Totals are wrong
    $ ledger verify
    ok: 1 request, 1 event verified
    $ sed -i s/wrong/right/ coordination/.local/cache.sqlite; ledger index --check; ledger index; grep -c right coordination/index.json coordination/.local/cache.sqlite
    coordination/index.json is current: 1 request, 1 event
    coordination/index.json is current: 1 request, 1 event
    coordination/index.json:0
    coordination/.local/cache.sqlite:0
    [exit 1]
    # One that is merely old is nobody's fault.
    $ cp coordination/.local/cache.sqlite old; ledger note 1 --text x -q; cp old coordination/.local/cache.sqlite; ledger verify
    REQ-YYYYMMDD-0001
    ok: 1 request, 2 events verified
    "#);
}
