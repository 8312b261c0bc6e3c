//! The states that a cut of the power may leave a device in.

use std::fmt;
use std::path::Path;

use crate::check::{Finding, First, Reached, check};
use crate::device::{Ground, Logged, Twice, quick_folder};
use crate::image::Image;
use crate::ledger::Ledger;
use crate::log::Log;
use crate::workload::{self, Step};

/// What a device may hold when the power went.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    /// So many entries of its log.
    Prefix(usize),
    /// So many entries, which were flushed, and some of those up to another, which were in its cache.
    Cached { durable: usize, written: usize },
}

/// What was tried, and what does not hold, with where.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    prefixes: usize,
    cached: usize,
    findings: Vec<(usize, String, Finding)>,
}

impl Tally {
    pub(crate) fn states(&self) -> usize {
        self.prefixes + self.cached
    }

    /// How many states lack something that was acknowledged.
    pub(crate) fn lost(&self) -> usize {
        self.findings.iter().filter(|(_, _, finding)| matches!(finding, Finding::Lost(_))).count()
    }

    /// In how many states anything does not hold.
    pub(crate) fn found(&self) -> usize {
        self.findings.len()
    }

    fn add(&mut self, other: Self) {
        self.prefixes += other.prefixes;
        self.cached += other.cached;
        self.findings.extend(other.findings);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        /// More findings than that tell nothing new.
        const TOLD_MAX: usize = 20;
        let (lost, found) = (self.lost(), self.found());
        write!(f, "{} prefixes, {} states of the cache: ", self.prefixes, self.cached)?;
        write!(f, "something acknowledged lost in {lost}, something else wrong in {}", found - lost)?;
        for (_, state, finding) in self.findings.iter().take(TOLD_MAX) {
            write!(f, "\n  {state}: {finding:?}")?;
        }
        Ok(())
    }
}

/// What was done on a device, and all that the device was told meanwhile.
pub(crate) struct Played {
    ground: Ground,
    base: Image,
    log: Log,
    steps: Vec<Step>,
    inputs: tempfile::TempDir,
}

impl fmt::Display for Played {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flushes = self.log.entries.iter().filter(|entry| entry.is_flush()).count();
        let (name, steps, entries) = (self.ground.name, self.steps.len(), self.log.entries.len());
        write!(
            f,
            "{name}: {steps} acknowledged steps, {entries} entries in the device's log, {flushes} of them flushes"
        )
    }
}

/// The states to try, in the order in which their writes were made. Of prefixes with the same image the longest is taken,
/// after which most is acknowledged; one write that is in the cache is a prefix too.
fn states(log: &Log) -> Vec<State> {
    let mut states = Vec::new();
    let mut durable = 0;
    for (written, entry) in log.entries.iter().enumerate() {
        if !entry.changes_nothing() {
            states.push(State::Prefix(written));
        }
        if entry.is_flush() {
            if written - durable > 1 {
                states.push(State::Cached { durable, written });
            }
            // What a flush writes itself comes after it, and is in the cache unless it is forced.
            durable = if entry.changes_nothing() || entry.is_forced() { written + 1 } else { written };
        }
    }
    states.push(State::Prefix(log.entries.len()));
    states
}

impl Played {
    /// Plays the workload by a program.
    pub(crate) fn by(program: &Path, ground: Ground) -> Self {
        let inputs = quick_folder();
        workload::write_inputs(inputs.path());
        let logged = Logged::start(&ground);
        let steps = workload::play(program, &logged, inputs.path());
        let (base, log) = logged.stop();
        assert!(steps.iter().all(|step| (1..=log.entries.len()).contains(&step.acknowledged)));
        Self { ground, base, log, steps, inputs }
    }

    /// Has a program find the ledger in each state, or in about `max` of them.
    pub(crate) fn found_by(&self, program: &Path, max: usize) -> Tally {
        let states = self.spread(states(&self.log), max);
        let reader = Ledger::new(program, self.inputs.path(), self.inputs.path());
        let workers = match self.ground.twice {
            Twice::Mounts => std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            Twice::Refused => 1,
        };
        let (states, reader) = (&states, &reader);
        let mut tally = std::thread::scope(|scope| {
            let workers: Vec<_> =
                (0..workers).map(|worker| scope.spawn(move || self.work(states, reader, (worker, workers)))).collect();
            workers.into_iter().fold(Tally::default(), |mut tally, worker| {
                tally.add(worker.join().unwrap());
                tally
            })
        });
        tally.findings.sort_by_key(|(number, _, _)| *number);
        tally
    }

    /// About `max` states, evenly spread, and beside them those right after an answer, in which most is at stake.
    fn spread(&self, all: Vec<State>, max: usize) -> Vec<State> {
        let mut answers = self.steps.iter().map(|step| step.acknowledged).peekable();
        let (count, max) = (all.len(), max.min(all.len()));
        let mut is_taken = |number: usize, state: &State| {
            let mut is_after_answer = false;
            if let State::Prefix(len) = state {
                while answers.next_if(|answer| answer <= len).is_some() {
                    is_after_answer = true;
                }
            }
            is_after_answer || number * max / count != (number + 1) * max / count
        };
        all.into_iter().enumerate().filter(|(number, state)| is_taken(*number, state)).map(|(_, state)| state).collect()
    }

    /// Looks at one in so many states.
    fn work(&self, states: &[State], reader: &Ledger, (worker, workers): (usize, usize)) -> Tally {
        let mut tally = Tally::default();
        let (mut image, mut reached) = (self.base.clone(), 0);
        for (number, state) in states.iter().enumerate().filter(|(number, _)| number % workers == worker) {
            let durable = match *state {
                State::Prefix(len) => len,
                State::Cached { durable, .. } => durable,
            };
            // A state of the cache begins before the prefixes that come before it.
            if durable < reached {
                (image, reached) = (self.base.clone(), 0);
            }
            for entry in &self.log.entries[reached..durable] {
                image.play(&self.log, entry);
            }
            reached = durable;
            let looked = match *state {
                State::Prefix(_) => {
                    tally.prefixes += 1;
                    self.look(&image, durable, reader, number)
                }
                State::Cached { durable, written } => {
                    tally.cached += 1;
                    self.look(&self.cached(image.clone(), durable..written, number), durable, reader, number)
                }
            };
            let steps = Reached::after(&self.steps, durable);
            tally.findings.extend(looked.err().map(|finding| (number, format!("{state:?}, {steps}"), finding)));
        }
        tally
    }

    /// Some of the writes since a flush: each is there, or not, or its first sectors are.
    fn cached(&self, mut image: Image, written: std::ops::Range<usize>, seed: usize) -> Image {
        const SECTORS_TORN_MAX: usize = 32;
        let atomic = self.ground.atomic_sectors;
        let mut chance = Chance(seed as u64);
        for entry in &self.log.entries[written] {
            match chance.below(5) {
                _ if entry.is_forced() => image.play(&self.log, entry),
                0 | 1 => {}
                2 => image.play_sectors(&self.log, entry, chance.below(SECTORS_TORN_MAX) / atomic * atomic),
                _ => image.play(&self.log, entry),
            }
        }
        image
    }

    fn look(&self, image: &Image, durable: usize, reader: &Ledger, number: usize) -> Result<(), Finding> {
        // By turns; each of two workers does both.
        let first = if (number / 2).is_multiple_of(2) { First::Writing } else { First::Mending };
        check(&self.ground, image, reader, Reached::after(&self.steps, durable), first)
    }
}

/// A generator that a seed decides (splitmix64).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % end.max(1) as u64).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::{FLUSH, FUA, SECTOR, written};

    #[test]
    fn a_forced_write_makes_nothing_durable_but_itself() {
        let data = [1; SECTOR];
        let write = |flags| (8_u64, flags, &data[..]);
        let log = |entries: &[(u64, u64, &[u8])]| Log::parse(written(entries)).unwrap();
        let cached = |log: &Log| -> Vec<State> {
            states(log).into_iter().filter(|state| matches!(state, State::Cached { .. })).collect()
        };
        let flush = (0, FLUSH, &[][..]);
        assert_eq!(cached(&log(&[write(0), write(FUA), write(0), flush])), [State::Cached { durable: 0, written: 3 }]);
        assert_eq!(
            cached(&log(&[write(0), write(0), write(FLUSH), write(0), flush])),
            [State::Cached { durable: 0, written: 2 }, State::Cached { durable: 2, written: 4 }]
        );
        assert_eq!(
            cached(&log(&[write(0), write(0), write(FLUSH | FUA), write(0), write(0), flush])),
            [State::Cached { durable: 0, written: 2 }, State::Cached { durable: 3, written: 5 }]
        );
    }
}
