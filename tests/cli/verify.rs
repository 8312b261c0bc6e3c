//! `ledger verify`

use coordination_ledger::domain::time::Timestamp;

use crate::common::{Sandbox, now, old};
use crate::transcript;

#[test]
fn a_ledger_in_order_is_ok() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger verify
    ok: 1 request, 1 event verified
    $ ledger verify 1
    ok: 1 request, 1 event verified
    $ ledger verify --json
    {"v": 1, "data": {"ok": true, "requests": 1, "events": 1, "findings": [], "has_more": false}}
    $ ledger verify -q
    $ ledger verify 1 --json -q
    {"v": 1, "data": {"ok": true, "requests": 1, "events": 1, "findings": [], "has_more": false}}
    "#);
}

#[test]
fn a_clock_that_ran_ahead_is_found_and_reorders_nothing() {
    let sandbox = Sandbox::with_bug();
    let id = sandbox.run("ledger list -q").trim().parse().unwrap();
    old::note(&sandbox.root(), id, now().plus_ms(86_400_000));
    transcript!(sandbox, @r#"
    $ ledger index -q; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: violation clock-ahead: event 2: YYYY-MM-DDThh:mm:ss.mmmZ is ahead of the clock here
      fix: on the machine that wrote it: timedatectl set-ntp true; order within a request does not depend on it
    1 finding: 1 request, 2 events verified
    [exit 3]
    $ ledger verify --json
    {
      "v": 1,
      "data": {
        "ok": false, "requests": 1, "events": 2,
        "findings": [
          {
            "code": "clock-ahead", "severity": "violation", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl", "line": 2,
            "message": "event 2: YYYY-MM-DDThh:mm:ss.mmmZ is ahead of the clock here",
            "fix": "on the machine that wrote it: timedatectl set-ntp true; order within a request does not depend on it"
          }
        ],
        "has_more": false
      }
    }
    [exit 3]
    $ ledger transition 1 accepted
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  PROPOSED → ACCEPTED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  note: Out of time
    YYYY-MM-DD hh:mm:ssZ  v3  alice  PROPOSED → ACCEPTED
    $ ledger verify 1 | tail -1
    2 findings: 1 request, 3 events verified
    "#);
}

#[test]
fn a_clock_that_was_set_back_reorders_and_refuses_nothing() {
    let sandbox = Sandbox::with_bug();
    let id = sandbox.run("ledger list -q").trim().parse().unwrap();
    // What was written before the clock was set back by four minutes.
    old::note(&sandbox.root(), id, now().plus_ms(4 * 60_000));
    transcript!(sandbox, @"
    $ ledger note 1 --text later -q
    REQ-YYYYMMDD-0001
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all -q
    REQ-YYYYMMDD-0002
    $ ledger log
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  note: Out of time
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v3  alice  note: later
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v1  alice  created, PROPOSED
    $ ledger verify
    ok: 2 requests, 4 events verified
    ");
}

#[test]
fn an_event_whose_clock_runs_behind_its_parents_is_found() {
    let sandbox = Sandbox::with_bug();
    let id = sandbox.run("ledger list -q").trim().parse().unwrap();
    old::note(&sandbox.root(), id, "2026-01-01T00:00:00.000Z".parse::<Timestamp>().unwrap());
    transcript!(sandbox, @"
    $ ledger index -q; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: violation clock-behind: event 2: its clock does not run ahead of its parents'
      fix: on the machine that wrote it: timedatectl set-ntp true; order within a request does not depend on it
    1 finding: 1 request, 2 events verified
    [exit 3]
    ");
}

#[test]
fn the_gravest_are_told_where_there_is_a_limit() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ touch coordination/events/a coordination/requests/b && printf '{}\n' >> coordination/events/REQ-$TODAY-0001.jsonl
    $ ledger verify --limit 2
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: damage line-damaged: the line does not end in its hash
      fix: restore it from a copy, or from another clone
    coordination/events/a: violation stray: it does not belong here
      fix: mv -n coordination/events/a .
    3 findings and 1 note: 1 request, 1 event verified
    ! 2 of 4 findings shown; --limit N shows more
    [exit 9]
    $ ledger verify --limit 1 --json --output junit=all.xml | jq -c '[(.data.findings | map(.code)), .data.has_more]'; grep -c '<failure' all.xml
    [["line-damaged"],true]
    1
    $ ledger verify --limit 3 --json | jq -c '[(.data.findings | map(.code)), .data.has_more]'
    [["line-damaged","stray","stray"],true]
    "#);
}

#[test]
fn what_does_not_belong_is_told() {
    transcript!(Sandbox::with_bug(), @"
    $ touch coordination/requests/README.md coordination/events/REQ-1.jsonl; mkdir coordination/requests/sub
    $ ledger verify
    coordination/events/REQ-1.jsonl: violation stray: it does not belong here
      fix: mv -n coordination/events/REQ-1.jsonl .
    coordination/requests/README.md: violation stray: it does not belong here
      fix: mv -n coordination/requests/README.md .
    coordination/requests/sub: violation stray: it does not belong here
      fix: mv -n coordination/requests/sub .
    3 findings: 1 request, 1 event verified
    [exit 3]
    ");
}

#[test]
fn another_workflow_than_the_one_in_force_is_a_note() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ sed -i 's/"from": \["ACCEPTED"\], "to": "IN_PROGRESS"/"from": ["ACCEPTED"], "to": "DELIVERED"/' coordination/workflow.json
    $ ledger index -q; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: violation unknown-workflow: event 3: ACCEPTED can't become IN_PROGRESS; it says that workflow "707bfd6564e92897" allowed it, which is not known here
      fix: if that was coordination/workflow.json once, add "707bfd6564e92897" to its "supersedes"; if not, find out how it was written
    1 finding: 1 request, 3 events verified
    [exit 3]
    # Whoever changes the workflow says which one it supersedes.
    $ sed -i 's/"initial"/"supersedes": ["707bfd6564e92897"], "initial"/' coordination/workflow.json; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: note other-workflow: event 3: ACCEPTED can't become IN_PROGRESS
      fix: nothing: it was judged by an earlier coordination/workflow.json when it was written
    ok: 1 request, 3 events verified, 1 note
    "#);
}

#[test]
fn one_key_that_carried_out_two_intents_is_found() {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    transcript!(sandbox, @r#"
    # Two clones, offline, with one key; then git unites the logs.
    $ ledger note 1 --text here --key n1 -q
    REQ-YYYYMMDD-0001
    $ ledger note 1 --text first -q --root ../other; ledger note 1 --text there --key n1 -q --root ../other
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k2 -q --root ../other
    REQ-YYYYMMDD-0002
    $ ledger new --title U --from shop --to billing --type bug --set details.impact=all -q; ledger new --title V --from shop --to billing --type bug --set details.impact=all --key k2 -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0003
    $ cat ../other/coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl
    $ cp ../other/coordination/requests/REQ-$TODAY-0002.json coordination/requests/; cp ../other/coordination/events/REQ-$TODAY-0002.jsonl coordination/events/
    $ ledger index -q; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:5: note key-twice: event 2 ([head], NOTED) and event 3 ([head], NOTED) have one key and say different things
      fix: ledger resolve REQ-YYYYMMDD-0001 --keep [head]|[head] --reason TEXT
    coordination/requests/REQ-YYYYMMDD-0003.json: note key-twice: it is a duplicate of REQ-YYYYMMDD-0002, whose key it has: one intent was carried out twice
      fix: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT
    ok: 3 requests, 6 events verified, 2 notes
    "#);
}

/// Writes a line with its hash at the end of a log, as any program can: the documented rule is all that it takes.
const FORGE: &str = r#"
forge() { head=${1%\}}; log=$(ls coordination/events/*-0001.jsonl)
  hash=$({ printf 'ledger-event-v1\n'; printf '%s' "$1"; } | sha256sum | cut -c1-64)
  printf '%s,"hash":"%s"}\n' "$head" "$hash" >> "$log"; }
last=$(tail -1 coordination/events/*-0001.jsonl)
at=$(printf '%s' "$last" | sed 's/.*"at":"\([^"]*\)".*/\1/'); parent=$(printf '%s' "$last" | tail -c 66 | head -c 64)
start="{\"format\":1,\"stream\":\"REQ-$TODAY-0001\",\"n\":2,\"at\":\"$at\",\"tick\":9,\"writer\":\"byhand\",\"by\":\"eve\""
end=",\"parents\":[\"$parent\"]}"
"#;

#[test]
fn what_is_written_by_hand_is_held_to_schema_and_workflow() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("cp -r coordination as-it-was");
    let forged = |line: &str| {
        sandbox.run("rm -r coordination && cp -r as-it-was coordination");
        sandbox.run(&format!("{FORGE} forge \"$start{}$end\"", line.replace('"', "\\\"")));
        sandbox.run("ledger index -q; ledger verify | head -1")
    };
    let fine = forged(r#", "type":"NOTED","data":{"text":"by hand"}"#);
    assert_eq!(fine, "ok: 1 request, 2 events verified\n");
    for (line, found) in [
        (r#","type":"NOTED","data":["by hand",null,null]"#, "not-of-schema"),
        (r#","type":"NOTED","mood":"good","data":{"text":"by hand"}"#, "not-of-schema"),
        (r#","type":"NOTED","data":{"text":"by hand","mood":"good"}"#, "not-of-schema"),
        (r#","type":"RESPONDED","data":{"repo":"eve","status":"ACCEPTED"}"#, "illegal-transition"),
        (r#","type":"TRANSITIONED","from":"PROPOSED","to":"CLOSED","data":{"workflow":"0"}"#, "unknown-workflow"),
        (r#","type":"DISTINCT","data":{"from":"REQ-$TODAY-0001","reason":"x"}"#, "distinct-from-nothing"),
    ] {
        let told = forged(line);
        assert!(told.contains(&format!(" {found}: ")), "{line}: {told}");
    }
}

#[test]
fn one_number_that_two_clones_gave_is_told_as_such() {
    let sandbox = Sandbox::new();
    sandbox.clone_to("other");
    sandbox.bug("Here", "");
    sandbox
        .run("cd ../other && ledger new --title There --from shop --to billing --type bug --set details.impact=all -q");
    transcript!(sandbox, @r#"
    $ cat ../other/coordination/events/*.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl; ledger index -q; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: damage number-twice: the log holds the events of two requests: two clones gave them one number, and their logs were merged
      fix: say which of them keeps it: ledger resolve-id REQ-YYYYMMDD-0001
    1 finding: 1 request, 0 events verified
    [exit 9]
    $ ledger show 1
    ! error: [tmp]/work/coordination/requests/REQ-YYYYMMDD-0001.json: the log holds the events of two requests: two clones gave them one number, and their logs were merged
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    "#);
}
