//! `ledger watch`

use std::io::{BufRead, BufReader};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn it_ends_when_a_state_is_reached_or_can_not_be_any_more() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ ledger watch 1 --until proposed
    REQ-YYYYMMDD-0001  PROPOSED  v1
    $ ledger watch key:k1 --until accepted --timeout 300ms
    REQ-YYYYMMDD-0001  PROPOSED  v1
    ! error: REQ-YYYYMMDD-0001 is PROPOSED (v1), and after [n] ms not yet ACCEPTED
    ! hint: ledger watch REQ-YYYYMMDD-0001 --until ACCEPTED --since-version 1
    [exit 7]
    $ ledger watch 1 --until accepted --until in-progress --timeout 300ms --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "outcome": "time-up", "until": ["ACCEPTED", "IN_PROGRESS"],
        "state": "PROPOSED", "version": 1, "events": [], "has_older": false
      }
    }
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-yet",
    !     "message": "REQ-YYYYMMDD-0001 is PROPOSED (v1), and after [n] ms not yet ACCEPTED or IN_PROGRESS",
    !     "hint": "ledger watch REQ-YYYYMMDD-0001 --until ACCEPTED --until IN_PROGRESS --since-version 1",
    !     "retryable": true, "exit_status": 7, "actual_version": 1
    !   }
    ! }
    [exit 7]
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q; ledger watch 1 --until accepted
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  IN_PROGRESS  v3; it can't become ACCEPTED any more, and was ACCEPTED at v2, which counts with --since-version 1
    [exit 3]
    $ ledger watch 1 --until accepted --since-version 1
    YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v3  alice  ACCEPTED → IN_PROGRESS
    REQ-YYYYMMDD-0001  IN_PROGRESS  v3; it was ACCEPTED at v2
    $ ledger watch 1 --until accepted --until rejected --json
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "outcome": "unreachable", "until": ["ACCEPTED", "REJECTED"],
        "state": "IN_PROGRESS", "version": 3, "before": {"state": "ACCEPTED", "version": 2}, "events": [],
        "has_older": false
      }
    }
    [exit 3]
    $ ledger watch 1 --until accepted --since-version 1 --format jsonl
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 2,
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "PROPOSED", "to": "ACCEPTED",
          "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "version": 3,
        "event": {
          "format": 1, "stream": "REQ-YYYYMMDD-0001", "n": 3, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "TRANSITIONED", "from": "ACCEPTED", "to": "IN_PROGRESS",
          "data": {"workflow": "[workflow]"}, "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0001", "outcome": "reached", "until": ["ACCEPTED"], "state": "IN_PROGRESS",
        "version": 3, "reached": {"state": "ACCEPTED", "version": 2}
      }
    }
    # Any of several will do, as long as one of them can be reached.
    $ ledger watch 1 --until accepted --until closed --timeout 200ms -q
    REQ-YYYYMMDD-0001  IN_PROGRESS  v3
    ! error: REQ-YYYYMMDD-0001 is IN_PROGRESS (v3), and after [n] ms not yet ACCEPTED or CLOSED
    ! hint: ledger watch REQ-YYYYMMDD-0001 --until ACCEPTED --until CLOSED --since-version 3
    [exit 7]
    $ ledger transition 1 withdrawn --reason done -q; ledger watch 1 --until closed -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  WITHDRAWN  v4; it can't become CLOSED any more
    [exit 3]
    $ ledger watch 1 --until nowhere
    ! error: the workflow has no state NOWHERE, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: ledger watch --help
    [exit 2]
    $ ledger watch 1
    ! error: the following required arguments were not provided:
    !   --until <STATE>
    !
    ! Usage: ledger watch --until <STATE> <REQ>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger watch 9 --until closed
    ! error: there is no request 9
    ! hint: ledger list --all
    [exit 4]
    $ ledger watch 1 --until closed --since-version 7
    ! error: REQ-YYYYMMDD-0001 has no version 7 yet: it is at version 4
    ! hint: ledger log REQ-YYYYMMDD-0001
    [exit 4]
    "#);
}

#[test]
fn what_has_diverged_is_told_and_waited_on() {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    sandbox.run(
        r#"ledger transition 1 accepted -q && ledger transition 1 rejected --reason no -q --root ../other &&
           cat ../other/coordination/events/*.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl"#,
    );
    // Which side is told first depends on their hashes.
    const SORTED: &str = "sed -E 's/REJECTED( \\([0-9a-f]+\\))? and ACCEPTED( \\([0-9a-f]+\\))?/ACCEPTED and REJECTED/; s/ACCEPTED \\([0-9a-f]+\\) and REJECTED \\([0-9a-f]+\\)/ACCEPTED and REJECTED/; s/REJECTED[|]ACCEPTED/ACCEPTED|REJECTED/'";
    std::fs::write(sandbox.path("../sorted"), format!("#!/bin/sh\n(\"$@\"; echo \"exit $?\") 2>&1 | {SORTED}\n"))
        .unwrap();
    transcript!(sandbox, @"
    $ sh ../sorted ledger watch 1 --until accepted --timeout 300ms
    REQ-YYYYMMDD-0001 has DIVERGED: ACCEPTED and REJECTED; nothing follows until somebody says which holds: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    REQ-YYYYMMDD-0001  DIVERGED  v2
    error: REQ-YYYYMMDD-0001 is DIVERGED (v2), and after [n] ms not yet ACCEPTED
    hint: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    exit 7
    # Either side may be what holds, and what follows from it. To what no side leads there is no way.
    $ sh ../sorted ledger watch 1 --until diverged
    REQ-YYYYMMDD-0001 has DIVERGED: ACCEPTED and REJECTED; nothing follows until somebody says which holds: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    REQ-YYYYMMDD-0001  DIVERGED  v2
    exit 0
    $ sh ../sorted ledger watch 1 --until proposed
    REQ-YYYYMMDD-0001 has DIVERGED: ACCEPTED and REJECTED; nothing follows until somebody says which holds: ledger resolve REQ-YYYYMMDD-0001 --keep ACCEPTED|REJECTED --reason TEXT
    REQ-YYYYMMDD-0001  DIVERGED  v2; it can't become PROPOSED any more, and was PROPOSED at v1, which counts with --since-version 0
    exit 3
    $ ledger resolve 1 --keep rejected --reason no -q; ledger watch 1 --until accepted
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  REJECTED  v3; it can't become ACCEPTED any more
    [exit 3]
    ");
}

#[test]
fn the_sides_of_what_has_diverged_are_told_to_programs() {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    sandbox.run(
        r#"ledger transition 1 accepted -q && ledger transition 1 rejected --reason no -q --root ../other &&
           cat ../other/coordination/events/*.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl"#,
    );
    let output = sandbox.shell("ledger watch 1 --until accepted --timeout 300ms --json");
    assert_eq!(output.status.code(), Some(7));
    let data: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&data["data"]["state"], &data["data"]["outcome"]), (&"DIVERGED".into(), &"time-up".into()));
    assert_eq!(data["data"]["sides"].as_array().unwrap().len(), 2);
    let told = String::from_utf8(output.stderr).unwrap();
    let error: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
    assert_eq!(error["error"]["sides"].as_array().unwrap().len(), 2);
    assert!(error["error"]["hint"].as_str().unwrap().starts_with("ledger resolve REQ-"), "{error}");
}

/// A watch in a process of its own.
struct Watcher {
    child: Child,
    lines: std::io::Lines<BufReader<std::process::ChildStdout>>,
}

impl Watcher {
    fn of(sandbox: &Sandbox, arguments: &[&str]) -> Self {
        let mut command = sandbox.ledger();
        command.arg("watch").args(arguments).args(["--format", "jsonl"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn next(&mut self) -> Value {
        let line = self.lines.next().unwrap().unwrap();
        serde_json::from_str::<Value>(&line).unwrap()["data"].take()
    }

    /// Reads on to the end: the events, and how it ended.
    fn end(mut self) -> (Vec<Value>, Value, Option<i32>) {
        let mut all = Vec::new();
        for line in self.lines.by_ref() {
            all.push(serde_json::from_str::<Value>(&line.unwrap()).unwrap()["data"].take());
        }
        let last = all.pop().unwrap();
        (all, last, self.child.wait().unwrap().code())
    }
}

#[test]
fn a_watcher_sees_what_another_process_writes_as_it_comes() {
    let sandbox = Sandbox::with_bug();
    let mut watcher = Watcher::of(&sandbox, &["1", "--until", "in-progress", "--timeout", "60s"]);
    // It begins at some moment: what is written then it sees, and what was written before is no news.
    std::thread::sleep(Duration::from_millis(500));
    sandbox.run("ledger transition 1 accepted -q");
    let event = watcher.next();
    assert_eq!((&event["event"]["type"], &event["version"]), (&"TRANSITIONED".into(), &2.into()));
    assert_eq!(watcher.child.try_wait().unwrap(), None);
    let begun = Instant::now();
    sandbox.run("ledger transition 1 in-progress -q");
    let (events, end, status) = watcher.end();
    assert_eq!((events.len(), &end["outcome"], status), (1, &"reached".into(), Some(0)), "{end}");
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[test]
fn a_state_that_is_only_passed_through_is_not_missed() {
    let sandbox = Sandbox::with_bug();
    let shown = sandbox.json("ledger show 1 --json")["data"]["version"].to_string();
    // However fast others are: between two looks, or between reading and watching.
    let all = "ledger transition 1 accepted -q && ledger transition 1 in-progress -q && ledger transition 1 delivered --evidence commit=1a -q";
    let watchers: Vec<Watcher> = (0..4)
        .map(|_| Watcher::of(&sandbox, &["1", "--until", "accepted", "--since-version", &shown, "--timeout", "60s"]))
        .collect();
    sandbox.run(all);
    let late = Watcher::of(&sandbox, &["1", "--until", "accepted", "--since-version", &shown]);
    for watcher in watchers.into_iter().chain([late]) {
        let (_, end, status) = watcher.end();
        assert_eq!((&end["outcome"], status), (&"reached".into(), Some(0)), "{end}");
        assert_eq!((&end["reached"]["state"], &end["reached"]["version"]), (&"ACCEPTED".into(), &2.into()));
    }
}

#[test]
fn many_writers_and_watchers_miss_nothing_and_see_nothing_twice() {
    let sandbox = Sandbox::with_bug();
    let watchers: Vec<Watcher> = (0..3)
        .map(|_| Watcher::of(&sandbox, &["1", "--until", "withdrawn", "--since-version", "1", "--timeout", "120s"]))
        .collect();
    const NOTES: usize = 12;
    std::thread::scope(|scope| {
        for writer in 0..3 {
            let sandbox = &sandbox;
            scope.spawn(move || {
                for note in 0..NOTES / 3 {
                    sandbox.run(&format!("ledger note 1 --text {writer}-{note} -q"));
                }
            });
        }
    });
    sandbox.run("ledger transition 1 withdrawn --reason done -q");
    for watcher in watchers {
        let (events, end, status) = watcher.end();
        assert_eq!((&end["outcome"], status), (&"reached".into(), Some(0)));
        let mut versions: Vec<u64> = events.iter().map(|event| event["version"].as_u64().unwrap()).collect();
        versions.sort_unstable();
        assert_eq!(versions, (2..=2 + NOTES as u64).collect::<Vec<_>>());
    }
}

#[test]
fn it_ends_as_soon_as_there_is_no_way_and_waits_without_working() {
    let sandbox = Sandbox::with_bug();
    let mut watcher = Watcher::of(&sandbox, &["1", "--until", "closed", "--timeout", "60s"]);
    std::thread::sleep(Duration::from_secs(2));
    let spent = cpu_ms(watcher.child.id());
    assert!(spent < 600, "{spent} ms of work in two seconds of waiting");
    sandbox.run("ledger transition 1 rejected --reason no -q");
    assert_eq!(watcher.next()["event"]["to"], "REJECTED");
    let (_, end, status) = watcher.end();
    assert_eq!((&end["outcome"], &end["state"], status), (&"unreachable".into(), &"REJECTED".into(), Some(3)));
}

/// The time that a process has worked, as the kernel counts it.
fn cpu_ms(process: u32) -> u64 {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    // Fields 14 and 15 of proc(5), in hundredths of a second on Linux.
    let ticks: u64 = fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap();
    ticks * 10
}

#[test]
fn damage_is_no_answer() {
    let sandbox = Sandbox::with_bug();
    let watcher = Watcher::of(&sandbox, &["1", "--until", "closed", "--timeout", "60s"]);
    std::thread::sleep(Duration::from_millis(500));
    sandbox.run("sed -i s/alice/mallory/ coordination/events/REQ-$TODAY-0001.jsonl");
    let output = watcher.child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(9));
    let error: Value = serde_json::from_slice(&output.stderr).unwrap();
    assert_eq!(error["error"]["code"], "damaged");
}
