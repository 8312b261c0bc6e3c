//! Locks that hang, that exclude nobody, that can't be had: strace answers in the kernel's place.

use std::process::Command;

use crate::place::{Ended, Place};
use crate::say;

/// Runs the program with an answer in place of that of flock(2).
fn run(place: &Place, answer: &str, line: &str) -> Option<Ended> {
    let mut strace = Command::new("strace");
    strace.args(["-f", "-qq", "-o", "/dev/null", "-e", "trace=flock", "-e", &format!("inject=flock:{answer}")]);
    let output = place.through(strace, line).output().ok()?;
    Some(Ended::of(&output))
}

#[test]
fn locks_that_do_not_work_are_told_and_waited_for_no_longer_than_it_takes() {
    let place = Place::new();
    let Some(works) = run(&place, "delay_enter=1", "doctor").filter(|ended| ended.said.contains("locks work")) else {
        say("skipped: strace is not installed, or may not trace here");
        return;
    };
    assert_eq!(works.status, Some(0), "{}", works.said);
    // The first lock that a process takes is answered after longer than the doctor waits.
    for (answer, code) in
        [("delay_enter=8000000:when=1", "locks-hang"), ("retval=0", "locks-broken"), ("error=ENOLCK", "locks-fail")]
    {
        let ended = run(&place, answer, "doctor").unwrap();
        assert_eq!(ended.status, Some(3), "{code}: {}", ended.said);
        assert!(ended.said.contains(&format!("error {code}: ")), "{code}: {}", ended.said);
        let before = place.things();
        let ended = run(&place, answer, "doctor --fix").unwrap();
        assert_eq!(ended.status, Some(3), "{code}: {}", ended.said);
        assert!(ended.said.contains("not-mended"), "{code}: {}", ended.said);
        assert_eq!(place.things(), before);
    }
    place.ok("doctor -q", "with locks again");
}
