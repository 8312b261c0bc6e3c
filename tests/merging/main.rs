//! Two clones, and git in between: the merge driver, and what is left where it was not at work. Real git throughout.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails, and says where")]
#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

#[expect(dead_code, reason = "what the transcripts of the command line use is more")]
#[path = "../common/mod.rs"]
mod common;

mod driver;
mod markers;
mod places;
mod repair;

use std::collections::BTreeSet;

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::store::fs::log;

use crate::common::Sandbox;

/// How git merges the ledger's files.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// By the driver.
    Driver,
    /// By the attributes that the repository carries.
    Union,
    /// By nothing but git's own.
    Plain,
}

const LOG: &str = "coordination/events/REQ-TODAY-0001.jsonl";

/// A repository with a ledger in which there is a bug, `key:k1`, all of it committed.
fn repository(way: Way) -> Sandbox {
    let sandbox = Sandbox::with_bug();
    set_up(&sandbox, way);
    sandbox
}

/// Makes a repository of the sandbox.
fn set_up(sandbox: &Sandbox, way: Way) {
    sandbox.run(
        "git config --global user.name Alice && git config --global user.email alice@example.org &&
         git config --global init.defaultBranch main && git config --global protocol.file.allow always && git init -q .",
    );
    match way {
        Way::Driver => drop(sandbox.run("ledger setup-git")),
        Way::Union => {}
        Way::Plain => drop(sandbox.run("sed -i 's/ merge=[a-z]*//' .gitattributes")),
    }
    sandbox.run("git add -A && git commit -qm base");
}

/// Has two branches, `main` and `other`, write to the bug; `main` is checked out.
fn part(sandbox: &Sandbox) {
    sandbox.run(
        "git checkout -q -b other && ledger note key:k1 --text theirs -q && git commit -qam theirs &&
         git checkout -q main && ledger note key:k1 --text ours -q && git commit -qam ours",
    );
}

/// The events of the bug's log, which must be whole.
fn events(sandbox: &Sandbox) -> BTreeSet<Hash> {
    let bytes = std::fs::read(sandbox.path(LOG)).unwrap();
    let log = log::parse(&bytes).unwrap_or_else(|bad| panic!("{bad}\n{}", String::from_utf8_lossy(&bytes)));
    log.events.iter().map(Event::hash).collect()
}

/// The events of the bug's log on a branch.
fn events_on(sandbox: &Sandbox, commit: &str) -> BTreeSet<Hash> {
    let text = sandbox.run(&format!("git show {commit}:coordination/events/REQ-$TODAY-0001.jsonl"));
    log::parse(text.as_bytes()).unwrap().events.iter().map(Event::hash).collect()
}

/// What both branches hold.
fn both(sandbox: &Sandbox) -> BTreeSet<Hash> {
    events_on(sandbox, "main").union(&events_on(sandbox, "other")).copied().collect()
}

/// Whether the log is as the ledger would write it: each event once, in canonical order.
fn is_canonical(sandbox: &Sandbox) -> bool {
    let bytes = std::fs::read(sandbox.path(LOG)).unwrap();
    coordination_ledger::sync::unite::logs(&[&bytes]).unwrap() == bytes
}

/// Runs a command that must end with this status; what it prints on both streams.
fn ends(sandbox: &Sandbox, line: &str, status: i32) -> String {
    let output = sandbox.shell(line);
    let told = format!("{}{}", sandbox.redacted(&output.stdout), sandbox.redacted(&output.stderr));
    assert_eq!(output.status.code(), Some(status), "$ {line}\n{told}");
    told
}

/// Nothing is unmerged, and the ledger is whole.
fn is_whole(sandbox: &Sandbox) {
    assert_eq!(sandbox.run("git ls-files -u"), "");
    sandbox.run("ledger index -q");
    sandbox.run("ledger verify");
}
