//! `ledger merge-driver`, which git runs: what it overwrites is one of git's own files.

use coordination_ledger::cli::exit::Exit;

use crate::ledger::Place;
use crate::trial::{EIO, ENOSPC, Fault, Happens, Then, TrialDisk};

/// The files are where git puts them: beside the ledger, under names of its own.
const LINE: &str = "merge-driver .base .ours .theirs coordination/events/REQ-20261120-0001.jsonl";
const CALLS_MAX: usize = 200;

#[test]
fn a_merge_that_meets_a_fault_leaves_git_all_of_it_or_what_was_there() {
    let place = parted();
    let read = |place: &Place| std::fs::read_to_string(place.root().join(".ours")).unwrap();
    let before = read(&place);
    let whole = place.copy();
    assert_eq!(whole.run(LINE), Exit::Done, "{}", whole.said());
    let after = read(&whole);
    assert_ne!(before, after);
    for happens in [Happens::Nothing, Happens::Half, Happens::All, Happens::Short] {
        for (then, errno) in [(Then::Works, EIO), (Then::Fails, ENOSPC), (Then::Dead, EIO)] {
            for at in 0.. {
                assert!(at < CALLS_MAX, "it makes ever more calls");
                let place = place.copy();
                let disk = TrialDisk::failing(Fault { at, happens, then, errno });
                let told = place.run_on(&disk, LINE);
                let Some(failed) = disk.failed() else { break };
                let context = format!("{happens:?} {then:?} at {failed}, told {told:?}: {}", place.said());
                let now = read(&place);
                match (told, then) {
                    (Exit::Done, _) => assert_eq!(now, after, "{context}"),
                    (_, Then::Dead) => assert!(now == before || now == after, "{context}: {now}"),
                    // Git keeps its conflict; what it takes for ours is ours.
                    (_, _) => assert!(now == before || (now == after && happens == Happens::All), "{context}: {now}"),
                }
            }
        }
    }
}

/// What two clones wrote to one log, as git hands it to the driver.
fn parted() -> Place {
    let place = Place::empty();
    place.all(&["init --name acme", "new --from shop --to billing --type bug --set details.impact=x --title one"]);
    let log = |place: &Place| {
        let log = place.root().join("coordination/events/REQ-20261120-0001.jsonl");
        std::fs::read_to_string(log).unwrap()
    };
    place.write(".base", &log(&place));
    let clone = place.copy();
    clone.all(&["note REQ-20261120-0001 --text Theirs"]);
    place.all(&["note REQ-20261120-0001 --text Ours"]);
    place.write(".ours", &log(&place));
    place.write(".theirs", &log(&clone));
    place
}
