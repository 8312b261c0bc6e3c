//! The power goes, on real file systems: the real binary writes to one over a device that logs every write and every
//! flush (`device`); then each prefix of that log is played (`image`), the file system recovers what it finds there, and
//! the ledger is looked at (`check`). Beside the prefixes, for a device with a cache: what was flushed, and some of what was
//! written since.
//!
//! `tests/power-cut/run` runs it, if this machine has what it needs. Without that script only the reading of logs is tested.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

mod check;
mod device;
#[expect(dead_code, reason = "of what faults are judged by there is more")]
#[path = "../faults/found.rs"]
mod found;
mod image;
#[path = "../faults/kept.rs"]
mod kept;
mod ledger;
mod log;
mod states;
mod workload;

use std::io::Write;
use std::path::{Path, PathBuf};

use device::{GROUNDS, Ground};
use states::{Played, Tally};

#[test]
fn what_was_acknowledged_outlives_the_power_on_real_file_systems() {
    let Some(extent) = extent() else { return };
    for ground in extent.grounds() {
        let tally = try_on(ground, good(), extent);
        assert_eq!(tally.found(), 0, "{}", ground.name);
        assert!(tally.states() > 10, "{}: hardly a state was tried", ground.name);
    }
}

/// Proves that the other test can fail.
#[test]
fn without_syncing_folders_something_is_lost() {
    let Some(extent) = extent() else { return };
    let Some(unsynced) = std::env::var_os("LEDGER_POWER_CUT_UNSYNCED").map(PathBuf::from) else {
        say("skipped: LEDGER_POWER_CUT_UNSYNCED names no program that was built with --cfg ledger_no_folder_sync");
        return;
    };
    for ground in extent.grounds() {
        say("By a ledger that syncs no folder:");
        let tally = try_on(ground, &unsynced, extent);
        assert!(tally.lost() > 0, "{}: it loses nothing", ground.name);
    }
}

fn try_on(ground: Ground, writer: &Path, extent: Extent) -> Tally {
    let played = Played::by(writer, ground);
    let tally = played.found_by(good(), extent.states_max(ground));
    say(&format!("{played}; {tally}"));
    tally
}

fn good() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_ledger"))
}

/// How much is tried.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Extent {
    /// Some states of the first file system.
    Small,
    /// All of the first, some of the others.
    Ordinary,
    /// All.
    All,
}

/// What the script asked for; `None`, with a line that says so, if the script does not run this.
fn extent() -> Option<Extent> {
    match std::env::var("LEDGER_POWER_CUT").as_deref() {
        Ok("small") => Some(Extent::Small),
        Ok("ordinary") => Some(Extent::Ordinary),
        Ok("all") => Some(Extent::All),
        Ok(other) => panic!("LEDGER_POWER_CUT is {other:?}"),
        Err(_) => {
            say("skipped: tests/power-cut/run cuts the power, as root");
            None
        }
    }
}

impl Extent {
    /// The file systems to try: those that can be made here, and have `LEDGER_POWER_CUT_ON` in their names.
    fn grounds(self) -> Vec<Ground> {
        let wanted = std::env::var("LEDGER_POWER_CUT_ON").unwrap_or_default();
        let grounds = if self == Self::Small { &GROUNDS[..1] } else { &GROUNDS };
        let can_be_made = |ground: &&Ground| {
            let lacks = ground.lacks();
            lacks.iter().for_each(|program| say(&format!("skipped: {}: no {program} here", ground.name)));
            lacks.is_none()
        };
        grounds.iter().filter(|ground| ground.name.contains(&wanted)).filter(can_be_made).copied().collect()
    }

    fn states_max(self, ground: Ground) -> usize {
        match self {
            Self::Small => 60,
            Self::Ordinary if ground.name != GROUNDS[0].name => 300,
            Self::Ordinary | Self::All => usize::MAX,
        }
    }
}

/// Tells what was tried or skipped, whether or not the test's own output is shown.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
