//! A list of a million leaves: `cargo test --release --test cli scale -- --ignored --nocapture` says how long it takes.

use std::time::Instant;

use coordination_ledger::domain::checkpoint::Checkpoint;
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::id::{Origin, Stream};
use coordination_ledger::domain::leaf::Leaf;
use coordination_ledger::domain::merkle::{Frontier, Head};
use coordination_ledger::domain::settings::Settings;
use coordination_ledger::store::Budget;
use coordination_ledger::store::checkpoints::{Checkpoints, Extent, Kept};
use coordination_ledger::store::fs::FsStore;

use crate::common::Sandbox;

const LEAVES: u32 = 1_000_000;
/// What a process may take, in KiB of addresses: the hashes of all leaves twice over, and what every command takes.
const MEMORY_KIB: u32 = 512 * 1024;

/// A list of as many events of requests that are not here, with a checkpoint at its middle and at its end.
fn long_list(sandbox: &Sandbox) {
    let text = std::fs::read_to_string(sandbox.path("coordination/ledger.json")).unwrap();
    let ledger = Settings::parse(&text).unwrap().ledger_id;
    let store = FsStore::open(&sandbox.root()).unwrap();
    let (origin, budget): (Origin, _) = ("main".parse().unwrap(), Budget::endless());
    let stream = Stream::Request("REQ-20200101-0001".parse().unwrap());
    let leaf = |number: u32| Leaf::Event(stream.clone(), Hash::of(&[&number.to_be_bytes()]));
    let (mut frontier, mut extent) = (Frontier::default(), Extent::default());
    for half in [0..LEAVES / 2, LEAVES / 2..LEAVES] {
        let new: Vec<Leaf> = half.map(leaf).collect();
        new.iter().for_each(|leaf| frontier.push(leaf.hash()));
        let head = Head { size: frontier.size(), root: frontier.root() };
        let text = Checkpoint::new(ledger, origin.clone(), head).to_string();
        assert_eq!(store.cover(&origin, extent, &new, &text, &budget).unwrap(), Kept::New);
        extent = new.iter().fold(extent, |extent, leaf| extent.with(&leaf.to_string()));
    }
}

#[test]
#[ignore = "a million leaves take a minute without optimisation; whoever changed the lists runs it: cargo test --release --test cli scale -- --ignored --nocapture"]
#[expect(clippy::disallowed_macros, reason = "it is there to be read")]
fn a_million_leaves_take_bounded_memory() {
    let sandbox = Sandbox::with_bug();
    let begun = Instant::now();
    long_list(&sandbox);
    println!("written in {:?}", begun.elapsed());
    for (line, status) in [
        ("ledger prove --from coordination/checkpoints/main/500000.checkpoint > ../proof.json", 0),
        ("ledger verify --proof ../proof.json", 0),
        // None of it is here, and it says so.
        ("ledger verify --checkpoint latest > ../found", 3),
        ("ledger checkpoint --origin main --timeout 10m", 9),
    ] {
        let begun = Instant::now();
        let output = sandbox.shell(&format!("ulimit -v {MEMORY_KIB}; {line}"));
        println!("$ {line}\n  {:?}", begun.elapsed());
        let told = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(status), "$ {line}\n{told}");
    }
    let found = std::fs::read_to_string(sandbox.path("../found")).unwrap();
    assert!(found.contains("covered-request-lost"), "{found}");
}
