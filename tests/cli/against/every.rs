//! Random histories on two branches, united in every way: nothing is found. Then every line, packet, version and
//! checkpoint of them is edited and removed, one at a time: each is found.

use std::path::{Path, PathBuf};

use coordination_ledger::registry::git::Point;
use coordination_ledger::sync::against::{Asked, Breach, Place, compare};

use super::repository;
use crate::common::Sandbox;

/// Numbers as good as random ones, and the same in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn breaches(sandbox: &Sandbox, reference: &str, point: Point) -> Vec<Breach> {
    let root = sandbox.root();
    let place = Place::of(&root).unwrap();
    compare(Asked { place: &place, files: &root, head: "HEAD", reference, point, elsewhere: None }).unwrap().breaches
}

/// Writes to the ledger on the branch that is checked out, and commits.
fn write(sandbox: &Sandbox, dice: &mut Dice, branch: &str) {
    let mut operations = String::new();
    for step in 0..2 + dice.below(6) {
        let request = format!("REQ-{}-{:04}", crate::common::today(), 1 + dice.below(3));
        operations.push_str(&format!(
            "{{\"op\":\"note\",\"request\":\"{request}\",\"text\":\"{branch} {step} {}\"}}\n",
            dice.below(1000)
        ));
    }
    std::fs::write(sandbox.path("../operations"), operations).unwrap();
    sandbox.run(&format!("ledger apply ../operations > ../answers && git add -A && git commit -q -m '{branch}'"));
}

fn files(below: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(below).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path).collect()
}

/// The files of the ledger that only ever grow in number, or by lines.
fn kept(sandbox: &Sandbox) -> Vec<PathBuf> {
    let folders = ["coordination/requests", "coordination/events", "coordination/checkpoints", "schemas/contracts"];
    folders.iter().flat_map(|folder| files(&sandbox.path(folder))).collect()
}

/// Moves and doubles the lines of every log, as merges do.
fn shuffle(sandbox: &Sandbox, dice: &mut Dice) {
    for path in kept(sandbox).into_iter().filter(|path| path.extension().is_some_and(|end| end == "jsonl")) {
        let text = std::fs::read_to_string(&path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        for _ in 0..dice.below(4) {
            lines.push(lines[dice.below(lines.len())]);
        }
        for at in (1..lines.len()).rev() {
            lines.swap(at, dice.below(at + 1));
        }
        std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    }
}

#[test]
fn no_merge_is_a_violation_and_every_edit_and_removal_is() {
    const ROUNDS: usize = 6;
    let sandbox = repository();
    let mut dice = Dice(20_261_122);
    for round in 0..ROUNDS {
        sandbox.run(&format!("git checkout -q -B one-{round} feature && git checkout -q -B two-{round} feature"));
        for _ in 0..1 + dice.below(2) {
            for branch in ["one", "two"] {
                sandbox.run(&format!("git checkout -q {branch}-{round}"));
                write(&sandbox, &mut dice, branch);
            }
            // Now and then one takes the other in, so that later partings are crosswise.
            if dice.below(2) == 0 {
                sandbox.run(&format!("git branch -f before two-{round} && git merge -q -m in one-{round} && git checkout -q one-{round} && git merge -q -m in before"));
            }
        }
        sandbox.run(&format!("git checkout -q -B feature one-{round} && git merge -q -m united two-{round}"));
        shuffle(&sandbox, &mut dice);
        for reference in [format!("one-{round}"), format!("two-{round}"), "main".to_owned()] {
            for point in [Point::Exact, Point::Parting] {
                assert_eq!(breaches(&sandbox, &reference, point), [], "round {round}, {reference}, {point:?}");
            }
        }
        sandbox.run("ledger verify --against main --quiet && git add -A && (git diff --cached --quiet || git commit -q -m shuffled)");
    }
    // Of an event that stands in two lines, one may go.
    sandbox.run("for log in coordination/events/*.jsonl schemas/contracts/*/events.jsonl; do sort -u -o $log $log; done; git commit -q -am sorted");
    let (found, made) = tampered(&sandbox, &mut dice);
    assert_eq!(found, made, "every one of them is found");
    assert!(made > 150, "{made} edits and removals are too few to show anything");
}

/// Edits and removes everything in turn; how many were found, and how many were made.
fn tampered(sandbox: &Sandbox, dice: &mut Dice) -> (usize, usize) {
    sandbox.run("chmod -R u+w coordination schemas");
    let (mut found, mut made) = (0, 0);
    for path in kept(sandbox) {
        let whole = std::fs::read(&path).unwrap();
        let mut attempt = |now: Option<Vec<u8>>| {
            match now {
                Some(bytes) => std::fs::write(&path, bytes).unwrap(),
                None => std::fs::remove_file(&path).unwrap(),
            }
            made += 1;
            let told = breaches(sandbox, "HEAD", Point::Exact);
            let is_found = told.iter().any(|breach| breach.path == path);
            assert!(is_found, "{}: {told:?}", path.display());
            found += usize::from(is_found);
            std::fs::write(&path, &whole).unwrap();
        };
        attempt(None);
        let is_log = path.extension().is_some_and(|end| end == "jsonl");
        if !is_log {
            attempt(Some(flipped(&whole, 0, whole.len(), dice)));
        }
        let lines: Vec<&[u8]> = whole.split_inclusive(|byte| *byte == b'\n').collect();
        let mut seen = std::collections::BTreeSet::new();
        for (number, line) in lines.iter().enumerate() {
            let (start, end) = (lines[..number].concat().len(), lines[..=number].concat().len());
            if !is_log {
                continue;
            }
            assert!(seen.insert(line), "an event stands twice");
            attempt(Some([&whole[..start], &whole[end..]].concat()));
            attempt(Some(flipped(&whole, start, end - 1, dice)));
        }
    }
    (found, made)
}

/// The bytes with one of them changed, no line feed among them.
fn flipped(whole: &[u8], start: usize, end: usize, dice: &mut Dice) -> Vec<u8> {
    let mut bytes = whole.to_vec();
    let mut at = start + dice.below(end - start);
    while bytes[at] == b'\n' {
        at = start + dice.below(end - start);
    }
    bytes[at] ^= 1 << dice.below(3);
    bytes
}

#[test]
fn another_workflow_is_told_and_keeps_nobody_out() {
    let sandbox = super::repository();
    sandbox.run("sed -i '0,/\"rework\": true/s//\"rework\": false/' coordination/workflow.json");
    let told = sandbox.run("ledger verify --against main --json");
    assert!(told.contains("\"code\":\"workflow-changed\",\"severity\":\"note\""), "{told}");
    sandbox.run("git checkout -q coordination/workflow.json");
    let told = sandbox.run("ledger verify --against main --json");
    assert!(!told.contains("workflow-changed"), "{told}");
}
