//! `ledger log`

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::common::Sandbox;
use crate::transcript;

fn with_two() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Round up", "--actor bob");
    sandbox.run(
        "ledger transition 1 accepted && ledger note 2 --text seen --actor bob && ledger transition 1 in-progress",
    );
    sandbox
}

#[test]
fn it_tells_what_happened_to_one_request_or_to_all() {
    transcript!(with_two(), @"
    $ ledger log 1
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
    $ ledger log
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v1  bob  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v2  bob  note: seen
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v3  alice  ACCEPTED → IN_PROGRESS
    $ ledger log key:k1 --reverse
    YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v1  alice  created, PROPOSED
    $ ledger log -q --limit 1
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v3  alice  ACCEPTED → IN_PROGRESS
    ");
}

#[test]
fn as_json_it_gives_the_events_as_they_stand_in_the_files() {
    let sandbox = with_two();
    transcript!(sandbox, @r#"
    $ ledger log 1 --limit 1 --json
    {
      "v": 1,
      "data": {
        "events": [
          {
            "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
            "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "ACCEPTED", "to": "IN_PROGRESS",
            "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
          }
        ],
        "has_more": true, "damaged": []
      }
    }
    $ ledger log 1 --format jsonl --reverse
    {
      "v": 1,
      "data": {
        "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
        "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "ACCEPTED", "to": "IN_PROGRESS",
        "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
      }
    }
    {
      "v": 1,
      "data": {
        "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
        "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "PROPOSED", "to": "ACCEPTED",
        "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
      }
    }
    {
      "v": 1,
      "data": {
        "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 1, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
        "writer": "[writer]", "by": "alice", "type": "REQUEST_CREATED", "to": "PROPOSED",
        "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
      }
    }
    "#);
    let log = sandbox.json("ledger log 1 --json");
    let lines = std::fs::read_to_string(sandbox.path("coordination/events/REQ-TODAY-0001.jsonl")).unwrap();
    let first: serde_json::Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
    assert_eq!(log["data"]["events"][0], first);
}

#[test]
fn it_is_filtered() {
    transcript!(with_two(), @r#"
    $ ledger log --by bob
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v1  bob  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v2  bob  note: seen
    $ ledger log --type transitioned
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v3  alice  ACCEPTED → IN_PROGRESS
    $ ledger log --type NOTED --by bob --json | grep -c NOTED
    1
    $ ledger log --limit 2
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v2  bob  note: seen
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v3  alice  ACCEPTED → IN_PROGRESS
    $ ledger log --limit 2 --reverse
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v3  alice  ACCEPTED → IN_PROGRESS
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v2  bob  note: seen
    $ ledger log --limit 2 --json | grep -o 'has_more.*'
    has_more":true,"damaged":[]}}
    $ ledger log --type notedd
    ! no event matches
    ! notedd is not a type of this ledger; did you mean NOTED?
    $ ledger log --type noted --by nobody
    ! no event matches
    $ ledger log --type NOTEDD --follow --timeout 0s
    ! NOTEDD is not a type of this ledger; did you mean NOTED?
    $ ledger log --type TELEPORTED
    ! no event matches
    ! TELEPORTED is not a type of this ledger
    $ ledger log --type TELEPORTED --json
    {"v": 1, "data": {"events": [], "has_more": false, "damaged": []}}
    ! {"v": 1, "notice": {"message": "TELEPORTED is not a type of this ledger"}}
    "#);
}

#[test]
fn it_is_cut_at_moments() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("sleep 0.02; date -u +%FT%T.%3NZ > then; sleep 0.02; ledger note 1 --text later");
    transcript!(sandbox, @r#"
    $ ledger log --since $(cat then)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  note: later
    $ ledger log --until $(cat then)
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v1  alice  created, PROPOSED
    $ ledger log --since 2h
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v1  alice  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0001  v2  alice  note: later
    $ ledger log --since 0s
    ! no event matches
    $ ledger log --until 2020-01-01
    ! no event matches
    $ ledger log --since '3d ago' --until 1w
    ! no event matches
    $ ledger log --since tomorrow
    ! error: "tomorrow" is not a time: expected RFC 3339, a date like 2026-11-20, or 2h or 3d (ago)
    ! hint: ledger log --help
    [exit 2]
    $ ledger log --by ' '
    ! error: actor " " is not valid: expected 1 to 200 bytes without control characters or leading and trailing blanks
    ! hint: ledger log --help
    [exit 2]
    $ ledger log --follow --reverse
    ! error: the argument '--follow' cannot be used with '--reverse'
    !
    ! Usage: ledger log --follow [REQ]
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn it_follows_what_others_write() {
    let sandbox = with_two();
    let mut following = sandbox
        .ledger()
        .args(["log", "1", "--follow", "--limit", "1", "--timeout", "20s"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut next = || sandbox.redacted(lines.next().unwrap().as_bytes());
    assert_eq!(next(), "YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS");
    sandbox.run("ledger note 2 --text 'of another request' && ledger note 1 --text here --actor bob");
    assert_eq!(next(), "YYYY-MM-DD hh:mm:ssZ  v4  bob  note: here");
    sandbox.run("ledger note 1 --text there");
    assert_eq!(next(), "YYYY-MM-DD hh:mm:ssZ  v5  alice  note: there");
    following.kill().unwrap();
    following.wait().unwrap();
}

#[test]
fn following_everything_sees_new_requests_and_ends_with_its_time() {
    let sandbox = Sandbox::with_bug();
    let following = sandbox
        .ledger()
        .args(["log", "--follow", "--json", "--timeout", "1500ms"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(std::time::Duration::from_millis(300));
    sandbox.bug("Round up", "");
    let output = following.wait_with_output().unwrap();
    let kinds: Vec<String> = String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap()["data"]["type"].to_string())
        .collect();
    assert_eq!(kinds, ["\"REQUEST_CREATED\"", "\"REQUEST_CREATED\""]);
    assert!(output.status.success());
}

#[test]
fn following_everything_goes_on_past_what_is_damaged_and_tells_it_once() {
    let sandbox = with_two();
    let damage = |n: u32| {
        let log = format!("coordination/events/REQ-$TODAY-000{n}.jsonl");
        sandbox.run(&format!("sed -i '1s/REQUEST_CREATED/REQUEST_CRUSHED/' {log}"));
    };
    sandbox.bug("Damaged already", "");
    damage(3);
    let mut following = sandbox
        .ledger()
        .args(["log", "--follow", "--limit", "1", "--timeout", "5s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(following.stdout.take().unwrap()).lines().map(Result::unwrap);
    let mut told = BufReader::new(following.stderr.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.next().unwrap().ends_with("ACCEPTED → IN_PROGRESS"));
    let mut next_told = || sandbox.redacted(told.next().unwrap().as_bytes());
    insta::assert_snapshot!(next_told(), @"
    REQ-YYYYMMDD-0003 can't be read: coordination/events/REQ-YYYYMMDD-0003.jsonl:1: the line was changed: its hash does not match its bytes (ledger verify REQ-YYYYMMDD-0003)
    ");
    damage(1);
    insta::assert_snapshot!(next_told(), @"
    REQ-YYYYMMDD-0001 can't be read: coordination/events/REQ-YYYYMMDD-0001.jsonl:1: the line was changed: its hash does not match its bytes (ledger verify REQ-YYYYMMDD-0001)
    ");
    // It changes again, and is as damaged as before.
    sandbox.run("echo nonsense >> coordination/events/REQ-$TODAY-0001.jsonl && sleep 0.5 && ledger note 2 --text on");
    assert!(lines.next().unwrap().ends_with("note: on"));
    assert_eq!(following.wait().unwrap().code(), Some(9));
    assert_eq!(told.next(), None);
}

#[test]
fn where_clones_worked_apart_is_drawn() {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    sandbox.run("ledger transition 1 accepted -q --actor mia");
    sandbox.run("ledger transition 1 rejected --reason no --root ../other -q --actor ben");
    sandbox.run("cat ../other/coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl");
    let out = sandbox.shell("ledger log 1 --graph");
    let text = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    // Which of the two comes first depends on their hashes.
    let lanes: Vec<&str> = lines.iter().map(|line| &line[..3.min(line.len())]).collect();
    assert_eq!(lanes, ["*  ", "|\\", "* |", " /", "*  "], "{text}");
    for (by, state) in [("mia", "ACCEPTED"), ("ben", "REJECTED")] {
        let line = lines.iter().find(|line| line.contains(&format!("  {by}  "))).unwrap();
        assert!(line.contains(&format!("  <- {state} (")), "{text}");
    }
    let told = String::from_utf8(out.stderr).unwrap();
    assert!(told.contains("has diverged: ledger resolve REQ-"), "{told}");
    sandbox.run("ledger resolve 1 --keep accepted --reason yes -q");
    let text = String::from_utf8(sandbox.shell("ledger log 1 --graph").stdout).unwrap();
    let lanes: Vec<&str> = text.lines().map(|line| &line[..3.min(line.len())]).collect();
    assert_eq!(lanes, ["*  ", "|\\", "* |", "| *", "|/", "*  "], "{text}");
    assert!(!text.contains("<-"), "{text}");
    for line in ["ledger log --graph", "ledger log 1 --graph --reverse"] {
        assert_eq!(sandbox.shell(line).status.code(), Some(2), "{line}");
    }
}

/// A log that nobody bounded is bounded, and says so: an agent that asks for all of it would read nothing else.
#[test]
fn the_newest_thousand_events_are_shown_where_nobody_says_how_many() {
    let sandbox = Sandbox::with_bug();
    let lines: String = (0..1004)
        .map(|n| format!("{{\"op\":\"note\",\"request\":\"key:k1\",\"text\":\"{n}\",\"key\":\"n{n}\"}}\n"))
        .collect();
    std::fs::write(sandbox.path("ops.jsonl"), lines).unwrap();
    sandbox.run("ledger apply ops.jsonl");
    transcript!(sandbox, @r#"
    $ ledger log | wc -l
    1000
    ! the newest 1000 events are shown; --limit N shows more, --until TIME older ones
    $ ledger log --json | grep -o '"has_more":true'
    "has_more":true
    $ ledger log --format jsonl | wc -l
    1000
    ! {
    !   "v": 1,
    !   "notice": {"message": "the newest 1000 events are shown; --limit N shows more, --until TIME older ones"}
    ! }
    $ ledger log --limit 5000 | wc -l
    1005
    $ ledger log --graph 1 | wc -l
    1005
    $ ledger log --limit 2 | wc -l
    2
    "#);
}
