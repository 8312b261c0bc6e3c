//! The power goes, on real file systems: the real binary writes to one over a device that logs every write and every
//! flush (`device`); then each prefix of that log is played (`image`), the file system recovers what it finds there, and
//! the ledger is looked at (`check`). Beside the prefixes, for a device with a cache: what was flushed, and some of what was
//! written since.
//!
//! It needs root, loop devices, FUSE and the programs that `tests/power-cut/run` looks for; that script runs it. Without
//! the script only the reading of logs is tested.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

mod check;
mod device;
#[path = "../faults/found.rs"]
mod found;
mod image;
mod ledger;
mod log;
mod states;
mod workload;

use std::io::Write;
use std::path::{Path, PathBuf};

use check::Finding;
use device::{GROUNDS, Ground};
use states::{Limits, Tally};

#[test]
fn what_was_acknowledged_outlives_the_power_on_real_file_systems() {
    let Some(limits) = limits() else { return };
    let mut tried = 0;
    for ground in GROUNDS {
        if !wanted(ground) {
            continue;
        }
        if !ground.can_be_made() {
            say(&format!("skipped: {}: what makes it is not installed", ground.name));
            continue;
        }
        let tally = states::try_all(&ground, good(), good(), limits);
        say(&format!("{}: {tally}", ground.name));
        tally.tell(say);
        assert!(tally.findings.is_empty(), "{}: {} findings", ground.name, tally.findings.len());
        tried += tally.states();
    }
    assert!(tried > 0, "nothing was tried");
}

/// Proves that the other test can fail.
#[test]
fn without_syncing_folders_something_is_lost() {
    let Some(limits) = limits() else { return };
    let Some(unsynced) = std::env::var_os("LEDGER_POWER_CUT_UNSYNCED").map(PathBuf::from) else {
        say("skipped: LEDGER_POWER_CUT_UNSYNCED names no binary that was built with --cfg ledger_no_folder_sync");
        return;
    };
    let ground = &GROUNDS[0];
    let tally = states::try_all(ground, &unsynced, good(), limits);
    say(&format!("{}, folders not synced: {tally}", ground.name));
    tally.tell(say);
    assert!(lost(&tally) > 0, "a ledger that syncs no folder loses nothing here: the check finds nothing");
}

fn lost(tally: &Tally) -> usize {
    tally.findings.iter().filter(|(_, finding)| matches!(finding, Finding::Lost(_))).count()
}

fn good() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ledger"))
}

/// How much is tried; `None`, with a line that says so, if the script did not ask for it.
fn limits() -> Option<Limits> {
    if std::env::var_os("LEDGER_POWER_CUT").is_none() {
        say("skipped: tests/power-cut/run cuts the power, as root");
        return None;
    }
    let number = |name: &str| std::env::var(name).ok().map(|text| text.parse().unwrap());
    Some(Limits {
        prefixes: number("LEDGER_POWER_CUT_STATES").unwrap_or(usize::MAX),
        subsets: number("LEDGER_POWER_CUT_SUBSETS").unwrap_or(1),
    })
}

/// All file systems, or those with `LEDGER_POWER_CUT_ON` in their names.
fn wanted(ground: Ground) -> bool {
    std::env::var("LEDGER_POWER_CUT_ON").map_or(true, |part| ground.name.contains(&part))
}

/// Tells what was tried or skipped, whether or not the test's own output is shown.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
