//! `ledger apply`

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;

use crate::common::Sandbox;
use crate::transcript;

const OPERATIONS: &str = r#"{"op":"new","title":"From elsewhere","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"all"},"created_by":"ann","key":"o1","occurred_at":"2020-01-01T00:00:00Z"}
{"op":"transition","request":"key:o1","to":"accepted","by":"bob","key":"o2","occurred_at":"2020-01-02T03:04:05.678901+02:00"}
{"op":"note","request":"key:o1","text":"Seen.","kind":"review","key":"o3"}

{"op":"evidence","request":"key:o1","evidence":[{"kind":"commit","value":"1a2b3c4"}],"key":"o4"}
{"op":"transition","request":"key:o1","to":"closed","key":"o5"}
{"op":"note","request":"key:o1","text":"After the refusal.","key":"o6"}
"#;

fn with_operations() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("ops.jsonl"), OPERATIONS).unwrap();
    sandbox
}

#[test]
fn each_operation_is_answered_and_the_first_refusal_stops_it() {
    transcript!(with_operations(), @r#"
    $ ledger apply ops.jsonl
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 1, "state": "PROPOSED", "deduplicated": false}
    }
    {
      "v": 1,
      "data": {"line": 2, "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "ACCEPTED", "deduplicated": false}
    }
    {
      "v": 1,
      "data": {"line": 3, "id": "REQ-YYYYMMDD-0001", "version": 3, "state": "ACCEPTED", "deduplicated": false}
    }
    {
      "v": 1,
      "data": {"line": 5, "id": "REQ-YYYYMMDD-0001", "version": 4, "state": "ACCEPTED", "deduplicated": false}
    }
    {
      "v": 1,
      "error": {
        "code": "illegal-transition",
        "message": "REQ-YYYYMMDD-0001: ACCEPTED can't become CLOSED; open from ACCEPTED: IN_PROGRESS; WITHDRAWN with a reason (--reason TEXT)",
        "hint": "ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS", "retryable": false, "exit_status": 5,
        "open": [
          {"to": "IN_PROGRESS", "needs": []},
          {"to": "WITHDRAWN", "needs": [{"code": "reason", "text": "a reason (--reason TEXT)"}]}
        ],
        "line": 6
      }
    }
    [exit 5]
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  ann  created, PROPOSED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v2  bob  PROPOSED → ACCEPTED  (occurred YYYY-MM-DD hh:mm:ssZ)
    YYYY-MM-DD hh:mm:ssZ  v3  alice  review note: Seen.
    YYYY-MM-DD hh:mm:ssZ  v4  alice  evidence [commit=1a2b3c4]
    $ ledger verify
    ok: 1 request, 4 events verified
    "#);
}

#[test]
fn it_goes_on_after_a_refusal_if_asked_to_and_a_retry_returns_the_first_results() {
    transcript!(with_operations(), @r#"
    $ ledger apply ops.jsonl --keep-going -v | cut -c 1-130
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 1, "state": "PROPOSED", "deduplicated": false}
    }
    {
      "v": 1,
      "data": {"line": 2, "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "ACCEPTED", "deduplicated": false}
    }
    {
      "v": 1,
      "data": {"line": 3, "id": "REQ-YYYYMMDD-0001", "version": 3, "state": "ACCEPTED", "deduplicated": false}
    }
    {
      "v": 1,
      "data": {"line": 5, "id": "REQ-YYYYMMDD-0001", "version": 4, "state": "ACCEPTED", "deduplicated": false}
    }
    {"v":1,"error":{"code":"illegal-transition","message":"REQ-YYYYMMDD-0001: ACCEPTED can't become CLOSED; open from ACCEPTED: IN_PRO
    {
      "v": 1,
      "data": {"line": 7, "id": "REQ-YYYYMMDD-0001", "version": 5, "state": "ACCEPTED", "deduplicated": false}
    }
    ! 5 applied, 0 known before, 1 refused, [n] syncs
    ! ledger: root [tmp]/work, [n] ms
    $ ledger apply - < ops.jsonl --keep-going -v | cut -c 1-130
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 1, "state": "PROPOSED", "deduplicated": true}
    }
    {
      "v": 1,
      "data": {"line": 2, "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "ACCEPTED", "deduplicated": true}
    }
    {
      "v": 1,
      "data": {"line": 3, "id": "REQ-YYYYMMDD-0001", "version": 3, "state": "ACCEPTED", "deduplicated": true}
    }
    {
      "v": 1,
      "data": {"line": 5, "id": "REQ-YYYYMMDD-0001", "version": 4, "state": "ACCEPTED", "deduplicated": true}
    }
    {"v":1,"error":{"code":"illegal-transition","message":"REQ-YYYYMMDD-0001: ACCEPTED can't become CLOSED; open from ACCEPTED: IN_PRO
    {
      "v": 1,
      "data": {"line": 7, "id": "REQ-YYYYMMDD-0001", "version": 5, "state": "ACCEPTED", "deduplicated": true}
    }
    ! 0 applied, 5 known before, 1 refused, [n] syncs
    ! ledger: root [tmp]/work, [n] ms
    $ ledger apply ops.jsonl --keep-going > /dev/null
    [exit 5]
    $ ledger index --check
    coordination/index.json is current: 1 request, 5 events
    "#);
}

#[test]
fn when_it_happened_is_kept_and_the_ledgers_clock_is_not_set_back() {
    let sandbox = with_operations();
    sandbox.shell("ledger apply ops.jsonl");
    let log = sandbox.json("ledger log 1 --json");
    let events = log["data"]["events"].as_array().unwrap();
    assert_eq!(events[0]["data"]["occurred_at"], "2020-01-01T00:00:00Z");
    assert_eq!(events[1]["data"]["occurred_at"], "2020-01-02T03:04:05.678901+02:00");
    assert!(events.iter().all(|event| event["at"].as_str().unwrap() > "2026"), "{events:?}");
    assert_eq!((&events[0]["by"], &events[1]["by"], &events[2]["by"]), (&"ann".into(), &"bob".into(), &"alice".into()));
    assert!(sandbox.run("ledger log --since 2020-01-01 --until 2020-02-01").is_empty());
}

#[test]
fn what_is_no_operation_is_a_usage_error_with_its_line() {
    transcript!(Sandbox::with_bug(), @r#"
    $ printf '\n\nnonsense\n' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "not an operation: not JSON, at column 2", "hint": "ledger apply --help",
        "retryable": false, "exit_status": 2, "line": 3
      }
    }
    [exit 2]
    $ echo '{"op":"note"' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "not an operation: not JSON: it ends in the middle, at column 12",
        "hint": "ledger apply --help", "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ echo '["note"]' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "not an operation: expected a JSON object", "hint": "ledger apply --help",
        "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ echo '{"op":"note","op":"note"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "not an operation: the key \"op\" stands twice in one object, at column 17",
        "hint": "ledger apply --help", "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ echo '{"op":7}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "not an operation: op: expected a text", "hint": "ledger apply --help",
        "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ for wrong in '"evidence":"commit=1"' '"evidence":["commit=1"]' '"evidence":[{"kind":"commit"}]' '"details":[]' '"expect_version":"3"' '"reason":7' '"by":7' '"by":" "' '"key":""' '"occurred_at":7'; do echo '{"op":"transition","request":"key:k1","to":"accepted",'"$wrong}"; done | ledger apply - --keep-going | grep -o '"message":.*"hint"'
    "message":"not an operation: evidence: expected a list of {\"kind\":…,\"value\":…}","hint"
    "message":"not an operation: evidence: expected a list of {\"kind\":…,\"value\":…}","hint"
    "message":"not an operation: evidence: expected a list of {\"kind\":…,\"value\":…}","hint"
    "message":"not an operation: details: expected an object","hint"
    "message":"not an operation: expect_version: expected a version, a number such as 3","hint"
    "message":"not an operation: reason: expected a text","hint"
    "message":"not an operation: by: expected a text","hint"
    "message":"not an operation: by: actor \" \" is not valid: expected 1 to 200 bytes without control characters or leading and trailing blanks","hint"
    "message":"not an operation: key: key \"\" is not valid: expected 1 to 256 bytes without control characters or leading and trailing blanks","hint"
    "message":"not an operation: occurred_at: expected a time as text, \"2026-11-20T15:11:00Z\"","hint"
    $ echo '{"op":"transition","request":1,"to":"accepted"}' | ledger apply - | grep -o '"message":.*"hint"'
    "message":"not an operation: request: expected a request as text, \"REQ-20261120-0001\" or \"key:K\"","hint"
    $ echo '{"op":"evidence","request":"key:k1"}' | ledger apply - | grep -o '"message":.*"hint"'
    "message":"not an operation: evidence is missing: expected a list of {\"kind\":…,\"value\":…}","hint"
    $ echo '{"op":"frob"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage",
        "message": "not an operation: \"op\" is one of new, transition, note, evidence, claim, heartbeat, release",
        "hint": "ledger apply --help", "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ echo '{"op":"note","request":"key:k1","text":"x","colour":1}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage",
        "message": "not an operation: \"colour\" is not one of its members, which are op, request, text, kind, by, key, occurred_at",
        "hint": "ledger apply --help", "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ echo '{"op":"note","request":"key:k1"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "not an operation: text is missing: expected a text",
        "hint": "ledger apply --help", "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ echo '{"op":"note","request":"key:k1","text":"x","occurred_at":"noon"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "bad-time",
        "message": "\"noon\" is not a time: expected RFC 3339, for example 2026-11-20T15:11:00Z",
        "hint": "ledger apply --help", "retryable": false, "exit_status": 2, "line": 1
      }
    }
    [exit 2]
    $ echo '{"op":"transition","request":"key:k1","to":"acepted"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "unknown-state",
        "message": "REQ-YYYYMMDD-0001: the workflow has no state ACEPTED, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN",
        "hint": "did you mean ACCEPTED?", "retryable": false, "exit_status": 5, "line": 1
      }
    }
    [exit 5]
    $ echo '{"op":"transition","request":"key:none","to":"accepted"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "not-found", "message": "there is no request key:none", "hint": "ledger list --all",
        "retryable": false, "exit_status": 4, "line": 1
      }
    }
    [exit 4]
    $ echo '{"op":"transition","request":"key:k1","to":"accepted","expect_version":7}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "stale-version", "message": "REQ-YYYYMMDD-0001 is at version 1, not 7",
        "hint": "ledger log REQ-YYYYMMDD-0001 shows what is on record here", "retryable": false, "exit_status": 6,
        "actual_version": 1, "line": 1
      }
    }
    [exit 6]
    $ echo '{"op":"new","title":""}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "bad-packet", "message": "the packet is not valid",
        "hint": "ledger schema request tells what a packet holds", "retryable": false, "exit_status": 5,
        "errors": [
          {"pointer": "/origin_repo_id", "message": "\"origin_repo_id\" is missing: The repository that asks"},
          {
            "pointer": "/target_repo_ids",
            "message": "\"target_repo_ids\" is missing: The repositories that are asked, each once"
          },
          {
            "pointer": "/request_type",
            "message": "\"request_type\" is missing: The kind of request; it decides what details must hold"
          },
          {
            "pointer": "/title",
            "message": "\"\" is not valid: What is asked, in a line: 1 to 300 characters, not only blanks"
          }
        ],
        "line": 1
      }
    }
    [exit 5]
    $ ledger apply nowhere
    ! error: could not read [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger apply --help
    [exit 2]
    $ ledger apply
    ! error: the following required arguments were not provided:
    !   <FILE|->
    !
    ! Usage: ledger apply <FILE|->
    !
    ! For more information, try '--help'.
    [exit 2]
    $ printf '' | ledger apply -
    "#);
}

#[test]
fn a_line_that_is_too_long_is_refused_and_what_follows_it_is_still_answered() {
    let sandbox = Sandbox::with_bug();
    let long = format!(r#"{{"op":"note","request":"key:k1","text":"{}"}}"#, "é".repeat(2 << 20));
    // As long as an operation can be, with the longest line end.
    let longest = format!(r#"{{"op":"note","request":"key:k1","text":"x"{}}}"#, " ".repeat((1 << 20) - 43));
    assert_eq!(longest.len(), 1 << 20);
    let last = r#"{"op":"note","request":"key:k1","text":"last"}"#;
    std::fs::write(sandbox.path("ops.jsonl"), format!("{longest}\r\n{long}\n{longest} \n\n{last}\n{long}")).unwrap();
    transcript!(sandbox, @r#"
    $ ledger apply ops.jsonl --keep-going
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "PROPOSED", "deduplicated": false}
    }
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "an operation has at most 1048576 bytes", "hint": "ledger apply --help",
        "retryable": false, "exit_status": 2, "line": 2
      }
    }
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "an operation has at most 1048576 bytes", "hint": "ledger apply --help",
        "retryable": false, "exit_status": 2, "line": 3
      }
    }
    {
      "v": 1,
      "data": {"line": 5, "id": "REQ-YYYYMMDD-0001", "version": 3, "state": "PROPOSED", "deduplicated": false}
    }
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "an operation has at most 1048576 bytes", "hint": "ledger apply --help",
        "retryable": false, "exit_status": 2, "line": 6
      }
    }
    [exit 2]
    $ ledger apply ops.jsonl
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 4, "state": "PROPOSED", "deduplicated": false}
    }
    {
      "v": 1,
      "error": {
        "code": "usage", "message": "an operation has at most 1048576 bytes", "hint": "ledger apply --help",
        "retryable": false, "exit_status": 2, "line": 2
      }
    }
    [exit 2]
    "#);
}

#[test]
fn a_key_with_another_intent_is_a_conflict() {
    transcript!(with_operations(), @r#"
    $ ledger apply ops.jsonl > /dev/null
    [exit 5]
    $ echo '{"op":"note","request":"key:o1","text":"Other.","key":"o3"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "key-reused", "message": "the key \"o3\" was used for something else, on REQ-YYYYMMDD-0001",
        "hint": "the same command with another key, for another intent: --key KEY", "retryable": false,
        "exit_status": 6,
        "events": [
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "NOTED", "key": "o3",
            "data": {"text": "Seen.", "kind": "review"}, "parents": ["[hash]"], "hash": "[hash]"
          }
        ],
        "line": 1
      }
    }
    [exit 6]
    $ echo '{"op":"new","title":"Other","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"all"},"key":"o1"}' | ledger apply -
    {
      "v": 1,
      "error": {
        "code": "key-reused", "message": "the key \"o1\" was used for something else, on REQ-YYYYMMDD-0001",
        "hint": "ledger show REQ-YYYYMMDD-0001 tells what was asked: another intent needs another key",
        "retryable": false, "exit_status": 6, "line": 1
      }
    }
    [exit 6]
    "#);
}

#[test]
fn it_can_be_talked_with_line_by_line() {
    let sandbox = Sandbox::with_bug();
    let mut child = sandbox
        .ledger()
        .args(["apply", "-", "--keep-going"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut answers = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut say = |operation: &str| {
        writeln!(input, "{operation}").unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answers.next().unwrap()).unwrap();
        answer
    };
    for n in 1..=3 {
        let answer = say(&format!(r#"{{"op":"note","request":"key:k1","text":"{n}","key":"n{n}"}}"#));
        assert_eq!(answer["data"]["version"], n + 1);
        // It is on record before it is answered.
        assert_eq!(sandbox.run("ledger log key:k1").lines().count(), n + 1);
    }
    assert_eq!(say(r#"{"op":"note","request":"key:k1","text":"1","key":"n1"}"#)["data"]["deduplicated"], true);
    assert_eq!(say(r#"{"op":"transition","request":"key:k1","to":"closed"}"#)["error"]["code"], "illegal-transition");
    // Somebody else may write in between.
    sandbox.run("ledger transition 1 accepted");
    assert_eq!(say(r#"{"op":"transition","request":"key:k1","to":"in-progress"}"#)["data"]["version"], 6);
    drop(input);
    assert_eq!(child.wait().unwrap().code(), Some(5), "the first refusal's");
}

#[test]
fn many_operations_share_few_syncs() {
    let sandbox = Sandbox::new();
    let new = |n: u32| {
        format!(
            r#"{{"op":"new","title":"Request {n}","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{{"impact":"all"}},"key":"r{n}"}}"#
        )
    };
    let operations: Vec<String> = (0..300).map(new).collect();
    std::fs::write(sandbox.path("ops.jsonl"), operations.join("\n")).unwrap();
    let output = sandbox.shell("ledger apply ops.jsonl -v > answers.jsonl");
    let told = String::from_utf8(output.stderr).unwrap();
    let syncs: u32 =
        told.lines().next().unwrap().rsplit_once(", ").unwrap().1.trim_end_matches(" syncs").parse().unwrap();
    assert!(told.starts_with("300 applied, 0 known before, 0 refused") && syncs <= 30, "{told}");
    transcript!(sandbox, @r#"
    $ tail -1 answers.jsonl
    {
      "v": 1,
      "data": {"line": 300, "id": "REQ-YYYYMMDD-0300", "version": 1, "state": "PROPOSED", "deduplicated": false}
    }
    $ ledger verify
    ok: 300 requests, 300 events verified
    "#);
}

#[test]
fn a_dry_run_tries_each_on_what_those_before_it_would_have_written() {
    let sandbox = with_operations();
    let before = sandbox.fingerprint();
    let tried = sandbox.run("ledger apply ops.jsonl --dry-run --keep-going || test $? = 5");
    assert_eq!(sandbox.fingerprint(), before);
    let applied = sandbox.run("ledger apply ops.jsonl --keep-going || test $? = 5");
    assert_eq!(tried.matches("\"dry_run\":true").count(), 5);
    assert_eq!(tried.replace(",\"dry_run\":true", ""), applied);
    transcript!(sandbox, @r#"
    $ ledger apply ops.jsonl --dry-run --keep-going -v > told; grep -c '"deduplicated":true,"dry_run":true' told
    5
    ! 0 applied, 5 known before, 1 refused, a dry run: nothing was written
    ! ledger: root [tmp]/work, [n] ms
    $ ledger list --all -q
    REQ-YYYYMMDD-0001
    $ ledger apply /dev/null --dry-run
    "#);
    // Others write while it waits for its operations.
    let mut waiting = sandbox.ledger();
    waiting.args(["apply", "-", "--dry-run"]).stdin(Stdio::piped()).stdout(Stdio::null());
    let mut waiting = waiting.spawn().unwrap();
    let mut input = waiting.stdin.take().unwrap();
    input.write_all(OPERATIONS.lines().next().unwrap().as_bytes()).unwrap();
    sandbox.run("ledger note 1 --text 'Meanwhile.' --timeout 5s");
    drop(input);
    assert!(waiting.wait().unwrap().success());
}
