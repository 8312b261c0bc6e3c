//! Two programs of different versions on one ledger: this one, and one that knows a newer format (`next.rs`, of the same
//! sources).

use std::path::PathBuf;
use std::process::Command;

use crate::place::{Ended, NEW, Place};
use crate::say;

/// The program of the next version, where it was built: by `cargo test`, or `cargo build --example next`.
fn next() -> Option<PathBuf> {
    let program = assert_cmd::cargo::cargo_bin!("ledger").parent()?.join("examples").join("next");
    if program.is_file() {
        return Some(program);
    }
    // Whoever asks for one target alone need not have it; where all is tried it must be there.
    assert!(std::env::var_os("CI").is_none(), "{} was not built", program.display());
    say("skipped: cargo build --example next makes the program that this runs");
    None
}

fn run_next(place: &Place, line: &str) -> Option<Ended> {
    let output = place.set_up(Command::new(next()?), line).output().unwrap();
    Some(Ended::of(&output))
}

#[track_caller]
fn next_ok(place: &Place, line: &str) -> Option<String> {
    let ended = run_next(place, line)?;
    assert_eq!(ended.status, Some(0), "{line}, by the next version: {}", ended.said);
    Some(ended.said)
}

/// What is written, each with a key of its own.
const WRITES: [&str; 6] = [
    "note key:one --text x",
    "transition key:one ACCEPTED",
    "checkpoint",
    "index",
    "doctor --fix",
    "contract add a schema.json",
];

#[test]
fn what_the_next_version_writes_is_read_and_never_written_to() {
    let place = Place::new();
    let settings = place.root().join("coordination/ledger.json");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    std::fs::write(place.root().join("schema.json"), "{\"type\":\"string\"}\n").unwrap();
    if next_ok(&place, "note key:one --text new --key n").is_none() {
        return;
    }
    next_ok(&place, &format!("{NEW} --key two"));
    next_ok(&place, "transition key:one ACCEPTED");
    let things = place.things();
    assert!(things.iter().any(|thing| thing.starts_with("{\"format\":2,")), "nothing of the next format was written");
    assert!(things.iter().any(|thing| thing.contains("\"format\": 2")), "no packet of the next format was made");
    // By turns: each finds the other's cache, and neither believes it or stumbles over it.
    for _ in 0..2 {
        let list = place.run("list");
        assert_eq!((list.status, Some(list.said)), (Some(0), next_ok(&place, "list")));
    }
    for line in ["show key:one", "show key:two", "log key:one", "log", "list --all --json", "stats", "verify", "doctor"]
    {
        place.ok(line, "of the next version's ledger");
    }
    let told = place.run("doctor").said;
    assert!(told.contains("note newer-format: "), "{told}");
    for line in WRITES.iter().map(|line| (*line).to_owned()).chain([format!("{NEW} --key three"), "init".to_owned()]) {
        let ended = place.run(&line);
        assert_eq!(ended.status, Some(5), "{line}: {}", ended.said);
        assert!(ended.said.contains("newer"), "{line}: {}", ended.said);
    }
    // A retry of what the next version did: answered by neither another request nor another event.
    assert_eq!(place.run(&format!("{NEW} --key two")).status, Some(5));
    assert_eq!(place.things(), things);
    next_ok(&place, "note key:two --text on");
}

#[test]
fn the_next_version_reads_what_this_one_wrote() {
    let place = Place::new();
    place.ok("note key:one --text x", "by this version");
    let list = place.run("list").said;
    let Some(by_next) = next_ok(&place, "list") else { return };
    assert_eq!(list, by_next);
    for line in ["show key:one", "log key:one", "stats", "doctor"] {
        next_ok(&place, line);
    }
    // And this one goes on after it.
    place.ok("note key:one --text y", "after the next version looked");
    place.ok("verify", "after the next version looked");
}
