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
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: ledger index
    ok: 1 request, 1 event verified, 1 note
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

const COMMIT: &str = "git add -A && git -c user.name=a -c user.email=a@x commit -qm";

/// Whoever changes to another branch takes away what the index remembers, and loses nothing.
#[test]
fn what_is_on_another_branch_is_not_lost() {
    let sandbox = Sandbox::with_bug();
    sandbox.run(&format!("git init -q -b main && {COMMIT} one && git checkout -q -b work"));
    sandbox.run(&format!("ledger note 1 --text 'On work.' -q && {COMMIT} two && git checkout -q main"));
    transcript!(sandbox, @r#"
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: note not-on-this-branch: index.json remembers event [head], which is not in the log: commit [head] has it, on another branch or put aside
      fix: nothing, if you changed to another branch; if it is meant to be so: ledger index
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: ledger index
    ok: 1 request, 1 event verified, 2 notes
    $ ledger note 1 --text 'On main.'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: On main.
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger verify
    ok: 1 request, 2 events verified
    $ ledger doctor | grep -v '^on '
    note no-merge-driver: git unites the lines of logs here, and leaves the rest of the ledger to whoever merges
      fix: ledger setup-git
    ok: 1 request, 2 events examined, 1 note
    "#);
    // Put aside, and brought back.
    sandbox.run("git stash -q");
    transcript!(sandbox, @r#"
    $ ledger note 1 --text 'Another.' -q; ledger verify
    REQ-YYYYMMDD-0001
    ok: 1 request, 2 events verified
    $ git checkout -q -- . && git stash pop -q; ledger note 1 --text 'And on.' -q; ledger verify
    REQ-YYYYMMDD-0001
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    2 findings: 1 request, 3 events verified
    [exit 3]
    "#);
}

/// What was dropped on the way to what is checked out is a loss, whoever else has it; the fix keeps what was written since.
#[test]
fn what_was_dropped_comes_back_by_the_command_that_is_told() {
    let sandbox = Sandbox::with_bug();
    sandbox
        .run(&format!("ledger note 1 --text 'First.' -q && git init -q -b main && {COMMIT} one && git branch other"));
    sandbox.run(&format!("sed -i '$d' coordination/events/*-0001.jsonl && {COMMIT} dropped && ledger new --title B --from shop --to billing --type bug --set details.impact=x -q"));
    transcript!(sandbox, @r#"
    $ ledger note 1 --text 'Since.' -q
    REQ-YYYYMMDD-0001
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: put back what it lacks: git show [head]:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge; if it is meant to be so: ledger index
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    2 findings: 2 requests, 3 events verified
    [exit 3]
    "#);
    let found = sandbox.json("ledger verify --json");
    let finding = found["data"]["findings"].as_array().unwrap().iter().find(|one| one["code"] == "event-lost").unwrap();
    let fix =
        finding["fix"].as_str().unwrap().strip_prefix("put back what it lacks: ").unwrap().split(';').next().unwrap();
    sandbox.run(fix);
    transcript!(sandbox, @r#"
    $ ledger verify; ledger log 1 | grep -c 'v2  alice  note: '
    ok: 2 requests, 4 events verified
    2
    $ rm coordination/requests/*-0001.json coordination/events/*-0001.jsonl; ledger verify | grep -A1 request-lost
    coordination/requests/REQ-YYYYMMDD-0001.json: violation request-lost: index.json remembers this request, which is not here: it was taken away
      fix: restore it: git checkout [head] -- coordination/requests/REQ-YYYYMMDD-0001.json coordination/events/REQ-YYYYMMDD-0001.jsonl; if it is meant to be so: ledger index
    "#);
}

#[test]
fn a_dry_run_says_whether_it_would_be_made_anew() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger index --dry-run
    coordination/index.json is current (dry run: nothing was written): 1 request, 1 event
    $ echo x >> coordination/index.json; ledger index --dry-run; ledger index --check
    coordination/index.json is to be made anew (dry run: nothing was written): 1 request, 1 event
    coordination/index.json is out of date (ledger index makes it anew): 1 request, 1 event
    [exit 3]
    $ ledger index --dry-run --json
    {
      "v": 1,
      "data": {"current": false, "written": false, "dry_run": true, "requests": 1, "events": 1, "damaged": []}
    }
    $ rm coordination/index.json; ledger index --dry-run; ls coordination/index.json 2>/dev/null
    coordination/index.json is to be made anew (dry run: nothing was written): 1 request, 1 event
    [exit 2]
    $ ledger doctor --fix --dry-run | grep index; ls coordination/index.json 2>/dev/null
    coordination/index.json: note index-missing: there is no index.json; it is derived and can be made
      fix: ledger index
    ! dry run: nothing was mended; --fix mends what is derived or was cut short
    [exit 2]
    $ ledger doctor --dry-run 2>&1 | head -1
    error: the following required arguments were not provided:
    "#);
}
