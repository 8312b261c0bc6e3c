//! Clocks that jump, and a program of another version.

use std::process::Command;

use crate::place::{Ended, NEW, Place};
use crate::say;

/// Runs a command under another clock (libfaketime); `None` where there is none.
fn at(place: &Place, offset: &str, line: &str) -> Option<Ended> {
    let mut faketime = Command::new("faketime");
    faketime.args(["-f", offset]);
    place.through(faketime, line).output().ok().map(|output| Ended::of(&output))
}

#[test]
fn a_clock_that_jumps_back_and_forth_leaves_causes_before_effects() {
    let place = Place::new();
    // One of them is before 1970.
    let jumps = ["+0", "-3d", "+4m", "-40y", "-70y", "+1m", "+0"];
    for (number, offset) in jumps.iter().enumerate() {
        let Some(ended) = at(&place, offset, &format!("note key:one --text n{number}")) else {
            say("skipped: faketime is not installed");
            return;
        };
        assert_eq!(ended.status, Some(0), "{offset}: {}", ended.said);
    }
    let log = place.run("log key:one --format jsonl");
    assert_eq!(log.status, Some(0), "{}", log.said);
    let events: Vec<serde_json::Value> = log.said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let times: Vec<String> = events.iter().map(|event| event["data"]["at"].as_str().unwrap().to_owned()).collect();
    assert_eq!(times.len(), jumps.len() + 1);
    assert!(times.is_sorted(), "an effect stands before its cause: {times:?}");
    place.ok("verify", "after the jumps");
    let told = at(&place, "-3d", "doctor").unwrap();
    assert!(told.said.contains("clock-fell-back"), "{}", told.said);
}

#[test]
fn what_a_newer_program_wrote_is_read_and_never_written_to() {
    let place = Place::new();
    let settings = place.root().join("coordination/ledger.json");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace("\"format\": 1", "\"format\": 2")).unwrap();
    let before = place.things();
    place.ok("list", "of a newer format");
    place.ok("show key:one", "of a newer format");
    for line in [&format!("{NEW} --key k"), "note key:one --text x", "doctor --fix", "index"] {
        let ended = place.run(line);
        assert_eq!(ended.status, Some(5), "{line}: {}", ended.said);
    }
    assert_eq!(place.things(), before);
}
