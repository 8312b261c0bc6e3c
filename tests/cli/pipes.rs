//! A reader that goes away ends the program quietly.

use std::io::Read;
use std::process::Stdio;

use crate::common::Sandbox;

#[test]
fn a_closed_pipe_ends_it_quietly() {
    let sandbox = Sandbox::with_bug();
    for arguments in [["list", "--all"], ["log", "--json"], ["schema", "event"], ["show", "key:k1"]] {
        let mut child = sandbox.ledger().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), told.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn a_reader_that_has_seen_enough_ends_following() {
    let sandbox = Sandbox::with_bug();
    let mut child = sandbox
        .ledger()
        .args(["log", "--follow", "--timeout", "20s"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 20];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    sandbox.run("ledger note 1 --text 'nobody reads this any more'");
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr), (Some(0), Vec::new()));
}

#[test]
fn a_full_disk_under_the_output_is_an_error() {
    let sandbox = Sandbox::with_bug();
    let output = sandbox.shell("ledger list > /dev/full");
    assert_eq!(output.status.code(), Some(1));
    insta::assert_snapshot!(sandbox.redacted(&output.stderr), @"
    error: could not write the output: No space left on device (os error 28)
    hint: see where standard output leads; nothing was written to the ledger
    ");
    // After a write it must not read as if nothing had been written.
    for command in [
        "ledger note 1 --text x --json",
        "echo '{\"op\":\"note\",\"request\":\"key:k1\",\"text\":\"y\"}' | ledger apply -",
    ] {
        let output = sandbox.shell(&format!("{command} > /dev/full"));
        assert_eq!(output.status.code(), Some(8), "{command}");
        let told = sandbox.redacted(&output.stderr);
        assert!(told.contains("it was written, but the answer could not be told"), "{told}");
    }
    assert_eq!(sandbox.run("ledger log 1 --json | grep -o NOTED | wc -l").trim(), "2");
}
