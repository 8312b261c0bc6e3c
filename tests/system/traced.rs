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
    let before = Place::quick();
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
    let clone = clone();
    let commands = [
        (&before, format!("{NEW} --key k")),
        (&before, "transition key:one ACCEPTED --key k".to_owned()),
        (&before, "contract add a v1.json --key k".to_owned()),
        (&before, format!("apply {OPERATIONS}")),
        (&before, format!("contract import {FOLDER}")),
        (&before, "approve key:one --as sponsor --key k".to_owned()),
        (&before, CHECKPOINT.to_owned()),
        (&hurt, "doctor --fix".to_owned()),
        (&before, "claim key:one --key k".to_owned()),
        (&clone, SYNC.to_owned()),
    ];
    let (mut runs, mut faults) = (0, 0);
    let wanted = std::env::var("LEDGER_FAULT_COMMAND").unwrap_or_default();
    for (number, (before, line)) in commands.iter().enumerate().filter(|(_, (_, line))| line.contains(&wanted)) {
        for (at, call) in CALLS.into_iter().enumerate() {
            for act in acts(number + at).into_iter().filter(|act| can_be(line, call, *act)) {
                for at in (1..CALLS_MAX).step_by(step(line)) {
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
    assert!(faults > 100 || !wanted.is_empty(), "strace injects nothing");
}

/// A clone that has something to publish, of a repository that has something new, which lies in it: each copy has its own.
fn clone() -> Place {
    let place = Place::quick();
    place.git(&["init", "-q", "-b", "main", "."]);
    place.git(&["init", "-q", "--bare", "-b", "main", "hub.git"]);
    for (name, value) in [("user.name", "mia"), ("user.email", "mia@example.org"), ("core.fsync", "none")] {
        place.git(&["config", name, value]);
    }
    place.git(&["remote", "add", "origin", "./hub.git"]);
    let ignored = std::fs::read_to_string(place.root().join(".gitignore")).unwrap();
    std::fs::write(place.root().join(".gitignore"), format!("{ignored}/hub.git/\n/trace\n")).unwrap();
    place.git(&["add", "."]);
    place.git(&["commit", "-q", "-m", "base"]);
    place.git(&["push", "-q", "-u", "origin", "main"]);
    place.ok(SYNC, "prepared");
    let other = place.copy();
    // It is another one by who it is.
    std::fs::remove_dir_all(other.root().join("coordination/.local")).unwrap();
    for line in [&format!("{NEW} --key k1"), "note key:one --text theirs --key k2", SYNC] {
        other.ok(line, "prepared");
    }
    place.ok("note key:one --text ours --key ours", "prepared");
    std::fs::remove_dir_all(place.root().join("hub.git")).unwrap();
    std::fs::rename(other.root().join("hub.git"), place.root().join("hub.git")).unwrap();
    place
}

const SYNC: &str = "sync";
const CHECKPOINT: &str = "checkpoint --origin main";
const FOLDER: &str = "schemas-to-import";

/// Whether it is something that happens. A call that strace fails is not made; a kernel closes a file whatever it answers,
/// and programs that wait for the end of what others write would wait for ever.
fn can_be(line: &str, call: &str, act: Act) -> bool {
    !(line == SYNC && call == "close" && matches!(act, Act::Fails(_)))
}

/// All that is done at a call, with `LEDGER_FAULTS=all`; else one thing, by turns.
fn acts(turn: usize) -> Vec<Act> {
    let all = [Act::Fails("EIO"), Act::Kills, Act::Fails("ENOSPC"), Act::Fails("EDQUOT"), Act::Fails("EINTR")];
    if is_all() { all.to_vec() } else { vec![all[turn % all.len()]] }
}

const SCHEMA: &str = "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"string\"}\n";
const OPERATIONS: &str = "operations.jsonl";
const OPERATION_LINES: &str = r#"{"op":"note","request":"key:one","text":"One","key":"k2"}
{"op":"note","request":"key:one","text":"Two","key":"k3"}
"#;

/// Every call is tried with `LEDGER_FAULTS=all`; else every eleventh, and of an exchange, which is some thirty programs one
/// after the other, fewer.
fn step(line: &str) -> usize {
    match (is_all(), line) {
        (true, _) => 1,
        (false, SYNC) => 25,
        (false, _) => 11,
    }
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
    strace.args(["--seccomp-bpf", "-f", "-qq", "-o"]).arg(&trace).arg("-e").arg(format!("trace={call}"));
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
    if line == SYNC {
        // Git was killed too: who uses git knows what it says then.
        for lock in ["index.lock", "HEAD.lock", "refs/heads/main.lock", "config.lock"] {
            let _ = std::fs::remove_file(place.root().join(".git").join(lock));
        }
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
        // What came in is whole, whether or not it came to publishing.
        _ if line == SYNC => assert!(added == 0 || added == whole, "{context}: {added} of {whole}"),
        Some(8) | None => assert!(added == 0 || added == whole, "{context}: {added} of {whole}"),
        Some(_) => assert_eq!(added, 0, "{context}: refused"),
    }
    place.ok("verify", &context);
    if line == SYNC {
        let published = tempfile::tempdir_in(place.root().parent().unwrap()).unwrap();
        place.git(&["clone", "-q", "hub.git", published.path().to_str().unwrap()]);
        assert_eq!(Place::at(published).things(), place.things(), "{context}: published");
    }
    if line == CHECKPOINT {
        place.ok("verify --checkpoint latest", &context);
    }
    happened
}
