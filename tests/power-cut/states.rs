//! The states that a cut of the power may leave a device in.

use std::fmt;
use std::path::Path;

use crate::check::{Finding, First, Reached, check};
use crate::device::{Ground, Logged, quick_folder};
use crate::image::Image;
use crate::ledger::Ledger;
use crate::log::{Entry, Log};
use crate::workload::{self, Step};

/// How much is tried.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// At most so many prefixes, evenly spread.
    pub(crate) prefixes: usize,
    /// So many samples of what was written between two flushes.
    pub(crate) subsets: usize,
}

/// What was tried, and what does not hold, with where.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    acknowledged: usize,
    entries: usize,
    flushes: usize,
    prefixes: usize,
    subsets: usize,
    pub(crate) findings: Vec<(String, Finding)>,
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { acknowledged, entries, flushes, prefixes, subsets, findings } = self;
        let lost = findings.iter().filter(|(_, finding)| matches!(finding, Finding::Lost(_))).count();
        write!(
            f,
            "{acknowledged} acknowledged steps, {entries} entries in the device's log, {flushes} flushes among them; \
             {prefixes} prefixes and {subsets} subsets tried: something acknowledged was lost in {lost}, something \
             else found in {}",
            findings.len() - lost
        )
    }
}

impl Tally {
    pub(crate) fn states(&self) -> usize {
        self.prefixes + self.subsets
    }

    /// The first findings.
    pub(crate) fn tell(&self, say: impl Fn(&str)) {
        const TOLD_MAX: usize = 20;
        for (state, finding) in self.findings.iter().take(TOLD_MAX) {
            say(&format!("  {state}: {finding:?}"));
        }
    }
}

/// Plays the workload by the program `writer`, then every state; `reader` is who finds it.
pub(crate) fn try_all(ground: &Ground, writer: &Path, reader: &Path, limits: Limits) -> Tally {
    let inputs = quick_folder();
    workload::write_inputs(inputs.path());
    let logged = Logged::start(ground);
    let began = logged.entries_so_far();
    let steps = workload::play(writer, &logged, inputs.path());
    let (image, log) = logged.stop();
    assert!(steps.iter().all(|step| step.acknowledged >= began));
    let flushes = log.entries.iter().filter(|entry| entry.makes_durable()).count();
    let tally = Tally { acknowledged: steps.len(), entries: log.entries.len(), flushes, ..Tally::default() };
    let reader = Ledger::new(reader, inputs.path(), inputs.path());
    let mut states = States { ground, log: &log, steps: &steps, reader, tally };
    let prefixes = states.prefixes(limits.prefixes);
    states.play(image, &prefixes, limits.subsets);
    states.tally
}

struct States<'a> {
    ground: &'a Ground,
    log: &'a Log,
    steps: &'a [Step],
    reader: Ledger,
    tally: Tally,
}

impl States<'_> {
    /// The lengths of the prefixes to try: each leaves another image, and of those with the same image the longest is
    /// taken, after which most is acknowledged.
    fn prefixes(&self, max: usize) -> Vec<usize> {
        let entries = &self.log.entries;
        let all: Vec<usize> =
            (0..=entries.len()).filter(|len| entries.get(*len).is_none_or(|next| !next.changes_nothing())).collect();
        let every = all.len().div_ceil(max.max(1));
        all.into_iter().step_by(every.max(1)).collect()
    }

    fn play(&mut self, mut image: Image, prefixes: &[usize], subsets: usize) {
        let (mut durable, mut durable_len) = (image.clone(), 0);
        let sampled_every = self.log.entries.len().div_ceil(prefixes.len().max(1)).max(1);
        let mut chance = Chance(1);
        let entries = self.log.entries.iter().map(Some).chain([None]);
        for (len, entry) in entries.enumerate() {
            if prefixes.binary_search(&len).is_ok() {
                self.tally.prefixes += 1;
                self.look(&image, len, format!("after {len} entries"));
            }
            let Some(entry) = entry else { return };
            if entry.makes_durable() {
                // One write that is there or not is a prefix too.
                if len - durable_len > 1 && chance.below(sampled_every.div_ceil(3)) == 0 {
                    for _ in 0..subsets {
                        let seed = chance.0;
                        let subset = self.subset(durable.clone(), &self.log.entries[durable_len..len], &mut chance);
                        self.tally.subsets += 1;
                        self.look(&subset, durable_len, format!("some of {durable_len} to {len}, seed {seed}"));
                    }
                }
                image.play(self.log, entry);
                (durable, durable_len) = (image.clone(), len + 1);
            } else {
                image.play(self.log, entry);
            }
        }
    }

    /// Some of the writes since a flush: each is there, or not, or its first sectors are.
    fn subset(&self, mut image: Image, entries: &[Entry], chance: &mut Chance) -> Image {
        for entry in entries {
            match chance.below(5) {
                0 | 1 => {}
                2 => image.play_sectors(self.log, entry, chance.below(16)),
                _ => image.play(self.log, entry),
            }
        }
        image
    }

    fn look(&mut self, image: &Image, len: usize, state: String) {
        let first = if self.tally.states() % 2 == 0 { First::Writing } else { First::Mending };
        let reached = Reached::after(self.steps, len);
        if let Err(finding) = check(self.ground, image, &self.reader, reached, first) {
            self.tally.findings.push((format!("{state}, {reached}"), finding));
        }
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
