//! Any two logs, merged by git in any style, end in their union.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use coordination_ledger::domain::event::{self, Event};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::id::Stream;
use coordination_ledger::store::fs::log;
use coordination_ledger::sync::{markers, mending, unite};
use proptest::prelude::*;

/// Lines that are events, by their numbers.
fn line(number: u8) -> String {
    let parent = Hash::of(&[&[number]]);
    let head = format!(
        r#"{{"format":1,"stream":"REQ-20261120-0001","n":2,"at":"2026-11-20T15:11:00.123Z","tick":{number},"writer":"abc234","by":"mia","type":"NOTED","data":{{"text":"note {number}"}},"parents":["{parent}"]"#
    );
    let hash = Hash::of(&[event::DOMAIN_TAG, head.as_bytes(), b"}"]);
    format!("{head},\"hash\":\"{hash}\"}}\n")
}

fn text(numbers: &[u8]) -> String {
    numbers.iter().map(|number| line(*number)).collect()
}

fn stream() -> Stream {
    "REQ-20261120-0001".parse().unwrap()
}

/// Git's merge of three texts in a style; answers with the merged text.
fn merge_file(folder: &Path, style: &str, [base, ours, theirs]: [&str; 3]) -> Vec<u8> {
    for (name, text) in [("base", base), ("ours", ours), ("theirs", theirs)] {
        std::fs::write(folder.join(name), text).unwrap();
    }
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["merge-file", "-p", "-q", "-L", "HEAD", "-L", "base", "-L", "a branch"]);
    command.args(style.split_whitespace()).args(["ours", "base", "theirs"]);
    command.output().unwrap().stdout
}

/// Orders and doubles of a base, with more in between.
fn grown(base: Vec<u8>) -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(0..24_u8, 0..6).prop_flat_map(move |more| {
        let mut all = base.clone();
        all.extend(more);
        prop_oneof![Just(all.clone()), Just(all).prop_shuffle()]
    })
}

fn three() -> impl Strategy<Value = [Vec<u8>; 3]> {
    proptest::collection::vec(0..24_u8, 0..10)
        .prop_flat_map(|base| (Just(base.clone()), grown(base.clone()), grown(base)))
        .prop_map(|(base, ours, theirs)| [base, ours, theirs])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn any_two_logs_that_only_grew_end_in_their_union([base, ours, theirs] in three(), crlf: bool) {
        let folder = tempfile::tempdir().unwrap();
        let (base, ours, theirs) = (text(&base), text(&ours), text(&theirs));
        let wanted = unite::logs(&[ours.as_bytes(), theirs.as_bytes()]).unwrap();
        for style in ["", "--diff3", "--zdiff3", "--union", "--marker-size=9 --diff3"] {
            let mut merged = merge_file(folder.path(), style, [&base, &ours, &theirs]);
            if crlf {
                merged = String::from_utf8(merged).unwrap().replace('\n', "\r\n").into_bytes();
            }
            let mended = mending::log_of_file(&stream(), &merged).unwrap();
            let is_touched = markers::are_in(&merged) || merged.contains(&b'\r');
            prop_assert_eq!(mended.is_some(), is_touched, "{}", style);
            let left = unite::logs(&[&mended.unwrap_or(merged.clone())]).unwrap();
            prop_assert!(left == wanted, "{style}\n{}", String::from_utf8_lossy(&merged));
            // With what git has of both sides, whatever stands in the file.
            let stages = [("ours", ours.as_bytes()), ("theirs", theirs.as_bytes())];
            let of_stages = mending::log_of_stages(&stream(), &merged, &stages).unwrap();
            prop_assert_eq!((&of_stages.bytes, of_stages.strange), (&wanted, 0));
        }
    }

    #[test]
    fn nothing_is_made_up_of_a_text_that_was_cut_or_mangled(
        [base, ours, theirs] in three(), at in 0..4000_usize, with in prop_oneof![Just(""), Just("x"), Just("\n"), Just("=======\n"), Just("<<<<<<< a\n")],
    ) {
        let folder = tempfile::tempdir().unwrap();
        let (base, ours, theirs) = (text(&base), text(&ours), text(&theirs));
        let known: BTreeSet<Hash> =
            [&base, &ours, &theirs].iter().flat_map(|text| log::events_in(text.as_bytes())).map(|event| event.hash()).collect();
        let mut merged = merge_file(folder.path(), "--diff3", [&base, &ours, &theirs]);
        let at = at % (merged.len() + 1);
        let cut = if with.is_empty() { merged.len().min(at + 7) } else { at };
        merged.splice(at..cut, with.bytes());
        if let Ok(Some(mended)) = mending::log_of_file(&stream(), &merged) {
            let left: BTreeSet<Hash> = log::parse(&mended).unwrap().events.iter().map(Event::hash).collect();
            prop_assert!(left.is_subset(&known));
            // Every event that stands whole outside of a base is there.
            let parted = markers::part(&merged).unwrap();
            let lines = parted.iter().flat_map(|parted| &parted.lines).filter(|line| line.place != markers::Place::Base);
            let whole: Vec<Hash> = lines.flat_map(|line| log::events_in(line.bytes)).map(|event| event.hash()).collect();
            prop_assert!(whole.iter().all(|hash| left.contains(hash)));
        }
    }
}
