//! Every writing command, with every call that it makes to the disk failing in turn, and with the power going at every
//! call. What was acknowledged stays; what was not is wholly there or wholly absent; what the docs say about going on
//! holds: the next command works, `verify` finds nothing, and the same command again does the rest.
//!
//! The ordinary run tries one way to fail at each call, in turn, and one of the states that a power cut may leave after
//! it; of commands that have git do something at every fifth call. `LEDGER_FAULTS=all` tries every way at every call, and
//! four states after each kill; `LEDGER_FAULT_IMAGES=20` so many, and `LEDGER_FAULT_COMMAND=transition` only the commands
//! with that in their line.

#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

mod clones;
mod commands;
mod complete;
mod driver;
mod found;
mod kept;
mod ledger;
#[path = "../trial/mod.rs"]
mod trial;

use coordination_ledger::cli::exit::Exit;

use commands::{COMMANDS, Command, prepared};
use found::Found;
use ledger::Place;
use trial::power::Chance;
use trial::{EDQUOT, EINTR, EIO, ENOSPC, Fault, Happens, Then, TrialDisk};

/// More calls than any command makes.
const CALLS_MAX: usize = 2000;
/// Of commands that take other programs the ordinary run tries each such call.
const SLOW_STEP: usize = 5;

/// What the next ones do.
const NEXT: [&str; 2] = [
    "note REQ-20261120-0001 --text next --key next",
    "new --title Next --from shop --to billing --type bug --set details.impact=x --key next",
];

/// Ways to fail, each tried at every call.
const FAILURES: [(Happens, Then, i32); 8] = [
    (Happens::Nothing, Then::Works, EIO),
    (Happens::Half, Then::Works, EIO),
    (Happens::All, Then::Works, EIO),
    (Happens::Nothing, Then::Fails, EIO),
    (Happens::Half, Then::Fails, ENOSPC),
    (Happens::Nothing, Then::Works, EDQUOT),
    (Happens::Nothing, Then::Works, EINTR),
    (Happens::Short, Then::Works, 0),
];

/// Ways to be killed at a call.
const KILLS: [Happens; 3] = [Happens::Nothing, Happens::Half, Happens::All];

/// What was tried, for the last line of a test.
#[derive(Default, Debug)]
struct Count {
    faults: usize,
    kills: usize,
    images: usize,
    unknown: usize,
}

#[test]
fn a_command_whose_calls_fail_one_by_one_tells_the_truth() {
    let (before, mut count) = (prepared(), Count::default());
    for (number, command) in commands().enumerate() {
        let whole = Whole::of(&before, command);
        for round in 0..rounds(FAILURES.len()) {
            at_each_call(command, |at| {
                let (happens, then, errno) = FAILURES[(number + round + at) % FAILURES.len()];
                let trial = Trial::run(&whole, Fault { at, happens, then, errno });
                let failed = trial.disk.failed()?;
                count.faults += 1;
                count.unknown += usize::from(trial.told == Exit::Unknown);
                // The power goes once for each call, in the states in which most is at stake.
                if then == Then::Fails || (happens, errno) == (Happens::Nothing, EIO) {
                    let mut chance = Chance(at as u64);
                    trial.after_power_cut(Some(trial.told), &mut chance);
                    count.images += 1;
                }
                trial.goes_on(&trial.place, Some(trial.told), &trial.context("going on"));
                Some(failed)
            });
        }
    }
    say(&format!("{count:?}"));
}

#[test]
fn a_command_that_is_killed_or_loses_power_at_any_call_is_there_wholly_or_not_at_all() {
    let (before, mut count) = (prepared(), Count::default());
    let images = std::env::var("LEDGER_FAULT_IMAGES").map_or_else(|_| images(), |text| text.parse().unwrap());
    for (number, command) in commands().enumerate() {
        let whole = Whole::of(&before, command);
        for round in 0..rounds(KILLS.len()) {
            at_each_call(command, |at| {
                let happens = KILLS[(number + round + at) % KILLS.len()];
                let trial = Trial::run(&whole, Fault { at, happens, then: Then::Dead, errno: EIO });
                let failed = trial.disk.failed();
                // Past the last call nobody was killed: what was acknowledged must outlive the power all the same.
                let told = failed.is_none().then_some(trial.told);
                let mut chance = Chance((at * KILLS.len() + happens as usize) as u64);
                for _ in 0..images {
                    trial.after_power_cut(told, &mut chance);
                    count.images += 1;
                }
                count.kills += usize::from(failed.is_some());
                trial.goes_on(&trial.place, told, &trial.context("going on"));
                failed
            });
        }
    }
    say(&format!("{count:?}"));
}

/// In how many of the states that a cut of the power may leave each kill is looked at: what is lost is a matter of chance.
fn images() -> usize {
    if is_all() { 4 } else { 1 }
}

/// How often every call is tried: once in each of so many ways, or once in one of them.
fn rounds(ways: usize) -> usize {
    if is_all() { ways } else { 1 }
}

fn is_all() -> bool {
    std::env::var("LEDGER_FAULTS").is_ok_and(|text| text == "all")
}

/// The commands to try: all, or those of which the line holds `LEDGER_FAULT_COMMAND`.
fn commands() -> impl Iterator<Item = &'static Command> {
    let wanted = std::env::var("LEDGER_FAULT_COMMAND").unwrap_or_default();
    COMMANDS.iter().filter(move |command| command.line.contains(&wanted))
}

/// A command, and what it does where nothing fails.
struct Whole<'a> {
    before: &'a Place,
    command: &'a Command,
    there: Found,
    adds: Vec<String>,
}

impl<'a> Whole<'a> {
    fn of(prepared: &'a [Place], command: &'a Command) -> Self {
        let before = &prepared[command.on as usize];
        let (there, place) = (before.found(), before.copy());
        assert_eq!(place.run(command.line), Exit::Done, "{}: {}", command.line, place.said());
        let adds = command.beyond(&place.found(), &there);
        assert_eq!(adds.is_empty(), command.adds_nothing(), "{}: {adds:?}", command.line);
        assert_eq!(place.run("verify"), Exit::Done, "{}", command.line);
        Self { before, command, there, adds }
    }
}

/// A command that met a fault.
struct Trial<'a> {
    whole: &'a Whole<'a>,
    place: Place,
    disk: TrialDisk,
    fault: Fault,
    told: Exit,
}

impl<'a> Trial<'a> {
    fn run(whole: &'a Whole<'a>, fault: Fault) -> Self {
        let (place, disk) = (whole.before.copy(), TrialDisk::failing(fault));
        let told = place.run_on(&disk, whole.command.line);
        Self { whole, place, disk, fault, told }
    }

    fn context(&self, what: &str) -> String {
        let (line, fault, failed) = (self.whole.command.line, self.fault, self.disk.failed());
        format!("{line} with {fault:?} at {failed:?}, told {:?}, {what}", self.told)
    }

    fn after_power_cut(&self, told: Option<Exit>, chance: &mut Chance) {
        let seed = chance.0;
        let image = Place::empty();
        self.disk.image(self.place.root(), image.root(), chance);
        self.goes_on(&image, told, &self.context(&format!("power cut {seed}")));
    }

    /// Whoever comes next can work, and finds all or nothing of the command; all if it was acknowledged.
    fn goes_on(&self, place: &Place, told: Option<Exit>, context: &str) {
        let Whole { command, there, adds, .. } = self.whole;
        if let Some(first) = command.first_after() {
            assert_eq!(place.run(first), Exit::Done, "{context}: {first}");
        }
        if command.has_ledger() {
            for next in NEXT {
                assert_eq!(place.run(next), Exit::Done, "{context}: {next}: {}", place.said());
            }
        }
        place.mend(command.line);
        assert_eq!(place.run("verify"), Exit::Done, "{context}: {}", place.said());
        let found = place.found();
        let lost = command.beyond(there, &found);
        assert!(lost.is_empty(), "{context}: lost {lost:?}");
        let mut added = command.beyond(&found, there);
        added.retain(|thing| !thing.ends_with(" next"));
        if command.is_exchange() && told == Some(Exit::Done) {
            self.is_published(place, context);
        }
        match told {
            Some(Exit::Done) => assert_eq!(added, *adds, "{context}: acknowledged"),
            Some(_) | None if command.is_one_by_one() => {}
            Some(Exit::Unknown) | None => self.is_whole(&added, context),
            Some(_) if command.may_be_there() => self.is_whole(&added, context),
            Some(_) => assert!(added.is_empty(), "{context}: refused, and yet {added:?}"),
        }
        let again = place.run(command.line);
        assert!(command.may_end_again(again), "{context}: again: {again:?}: {}", place.said());
        let mut added = command.beyond(&place.found(), there);
        added.retain(|thing| !thing.ends_with(" next"));
        assert_eq!(command.once(added), *adds, "{context}: again");
        if command.is_exchange() {
            self.is_published(place, context);
        }
        assert!(place.is_merged(), "{context}: a merge is not settled");
        for verify in ["verify"].into_iter().chain(command.also_verified_by()) {
            assert_eq!(place.run(verify), Exit::Done, "{context}: again: {verify}: {}", place.said());
        }
    }
}

impl Trial<'_> {
    fn is_whole(&self, added: &[String], context: &str) {
        assert!(added.is_empty() || added == self.whole.adds, "{context}: a part: {added:?}");
    }

    /// What is here is at the other side, but for what came after.
    fn is_published(&self, place: &Place, context: &str) {
        let mut missing = place.found().beyond(&place.published().found());
        missing.retain(|thing| !thing.ends_with(" next"));
        assert!(missing.is_empty(), "{context}: not published: {missing:?}");
    }
}

/// Tries each call in turn, until one is beyond the last; of those commands that take other programs some, unless all are
/// asked for.
fn at_each_call(command: &Command, mut trial: impl FnMut(usize) -> Option<String>) {
    let step = if command.is_slow() && !is_all() { SLOW_STEP } else { 1 };
    for at in (0..).step_by(step) {
        assert!(at < CALLS_MAX, "the command makes ever more calls");
        if trial(at).is_none() {
            return;
        }
    }
}

/// Tells what was tried, whether or not the test's own output is shown.
fn say(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stderr(), "{text}");
}
