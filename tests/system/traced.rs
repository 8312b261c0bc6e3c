//! Each system call of a command fails once, or is the last one before the process is killed; strace sees to it.

use std::collections::BTreeSet;
use std::process::Command;

use crate::place::{Ended, NEW, Place};
use crate::say;

/// The calls that change files, and some that look at them; those of SQLite, which keeps the cache, among them.
const CALLS: [&str; 16] = [
    "write",
    "pwrite64",
    "fcntl",
    "unlink",
    "fdatasync",
    "fsync",
    "syncfs",
    "linkat",
    "renameat",
    "unlinkat",
    "mkdirat",
    "ftruncate",
    "openat2",
    "flock",
    "newfstatat",
    "close",
];
/// No command makes more calls of one kind.
const CALLS_MAX: usize = 800;

/// What is done at a call.
#[derive(Clone, Copy, Debug)]
enum Act {
    Fails(&'static str),
    Kills,
}

impl Act {
    fn injection(self) -> String {
        match self {
            Self::Fails(error) => format!("error={error}"),
            Self::Kills => "signal=SIGKILL".to_owned(),
        }
    }
}

#[test]
fn a_command_outlives_each_system_call_that_fails_or_kills_it() {
    if Command::new("strace").arg("-V").output().is_err() {
        say("skipped: strace is not installed");
        return;
    }
    let before = Place::new();
    if !probe(&before) {
        say("skipped: strace can't inject faults here");
        return;
    }
    std::fs::write(before.root().join("v1.json"), SCHEMA).unwrap();
    std::fs::write(before.root().join(OPERATIONS), OPERATION_LINES).unwrap();
    std::fs::create_dir(before.root().join(FOLDER)).unwrap();
    for version in ["b_v1.json", "b_v2.json"] {
        let schema = SCHEMA.replace("\"type\"", &format!("\"title\":\"{version}\",\"type\""));
        std::fs::write(before.root().join(FOLDER).join(version), schema).unwrap();
    }
    let hurt = before.copy();
    hurt.hurt();
    let commands = [
        (&before, format!("{NEW} --key k")),
        (&before, "transition key:one ACCEPTED --key k".to_owned()),
        (&before, "contract add a v1.json --key k".to_owned()),
        (&before, format!("apply {OPERATIONS}")),
        (&before, format!("contract import {FOLDER}")),
        (&before, "approve key:one --as sponsor --key k".to_owned()),
        (&before, CHECKPOINT.to_owned()),
        (&hurt, "doctor --fix".to_owned()),
    ];
    let (mut runs, mut faults) = (0, 0);
    for (number, (before, line)) in commands.iter().enumerate() {
        for (at, call) in CALLS.into_iter().enumerate() {
            for act in acts(number + at) {
                for at in (1..CALLS_MAX).step_by(step()) {
                    runs += 1;
                    if !trial(before, line, call, act, at) {
                        break;
                    }
                    faults += 1;
                }
            }
        }
    }
    say(&format!("{faults} system calls failed or killed their process, in {runs} runs"));
    assert!(faults > 100, "strace injects nothing");
}

const CHECKPOINT: &str = "checkpoint --origin main";
const FOLDER: &str = "schemas-to-import";

/// All that is done at a call, with `LEDGER_FAULTS=all`; else one thing, by turns.
fn acts(turn: usize) -> Vec<Act> {
    let all = [Act::Fails("EIO"), Act::Kills, Act::Fails("ENOSPC")];
    if is_all() { all.to_vec() } else { vec![all[turn % all.len()]] }
}

const SCHEMA: &str = "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"string\"}\n";
const OPERATIONS: &str = "operations.jsonl";
const OPERATION_LINES: &str = r#"{"op":"note","request":"key:one","text":"One","key":"k2"}
{"op":"note","request":"key:one","text":"Two","key":"k3"}
"#;

/// Every call is tried with `LEDGER_FAULTS=all`; else every eleventh.
fn step() -> usize {
    if is_all() { 1 } else { 11 }
}

fn is_all() -> bool {
    std::env::var("LEDGER_FAULTS").is_ok_and(|text| text == "all")
}

/// Whether strace may trace, and knows injections.
fn probe(place: &Place) -> bool {
    let ended = traced(place, "list", "openat2", Act::Fails("EIO"), 1);
    ended.is_some_and(|(_, happened)| happened)
}

/// Runs a command with one fault; answers with how it ended, and whether the fault happened.
fn traced(place: &Place, line: &str, call: &str, act: Act, at: usize) -> Option<(Ended, bool)> {
    let trace = place.root().join("trace");
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o"]).arg(&trace).arg("-e").arg(format!("trace={call}"));
    strace.arg("-e").arg(format!("inject={call}:{}:when={at}", act.injection()));
    let output = place.through(strace, line).output().ok()?;
    let text = std::fs::read_to_string(&trace).ok()?;
    let killed = text.contains("+++ killed by SIGKILL");
    let mut ended = Ended::of(&output);
    if killed {
        ended.status = None;
    }
    Some((ended, killed || text.contains("(INJECTED)")))
}

/// Whether the fault happened. What was acknowledged is there then, what was not is there wholly or not at all, and
/// everybody can go on.
fn trial(before: &Place, line: &str, call: &str, act: Act, at: usize) -> bool {
    let place = before.copy();
    let there = place.things();
    let Some((ended, happened)) = traced(&place, line, call, act, at) else { return false };
    let context = format!("{line} with {act:?} at {call} {at}, told {:?}: {}", ended.status, ended.said);
    if line == CHECKPOINT && ended.status == Some(0) {
        place.ok("verify --checkpoint latest", &format!("{context}; acknowledged"));
    }
    place.ok("note key:one --text next --key next", &context);
    place.ok(&format!("{NEW} --key next"), &context);
    place.ok("doctor --fix -q", &context);
    let found = place.things();
    assert!(found.is_superset(&there), "{context}: lost something");
    let ours = |things: &BTreeSet<String>| {
        let new = things.difference(&there);
        new.filter(|thing| ["\"key\":\"k", "\"key\": \"k"].iter().any(|key| thing.contains(key))).count()
    };
    let added = ours(&found);
    place.ok(line, &format!("{context}; again"));
    let after = place.things();
    let whole = ours(&after);
    match ended.status {
        Some(0) => assert_eq!(found, after, "{context}: acknowledged"),
        // Batch by batch, and version by version.
        _ if line.starts_with("apply") || line.starts_with("contract import") => {}
        Some(8) | None => assert!(added == 0 || added == whole, "{context}: {added} of {whole}"),
        Some(_) => assert_eq!(added, 0, "{context}: refused"),
    }
    place.ok("verify", &context);
    if line == CHECKPOINT {
        place.ok("verify --checkpoint latest", &context);
    }
    happened
}
