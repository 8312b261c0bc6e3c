//! Which events of a log are gone: sets of lines are compared, so that a merge may move and double them.

use std::collections::{HashMap, HashSet};

use serde::Deserialize;

use crate::domain::hash::Hash;
use crate::domain::line::checked_hash;

/// An event that was in a log and is not there any more.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Lost {
    /// Its line in the log as it was, counted from 1.
    pub line: usize,
    /// Its identity.
    pub hash: Hash,
    /// Its number, where its line can be read.
    pub n: Option<u64>,
    /// Its type.
    pub kind: Option<String>,
    /// The line that stands in its place now, counted from 1.
    pub edited: Option<usize>,
}

/// What a line says of where it belongs. An edited line may say no more than that.
#[derive(Deserialize, PartialEq, Eq, Hash, Clone)]
struct Place {
    n: u64,
    at: String,
    writer: String,
}

#[derive(Deserialize)]
struct Type {
    #[serde(rename = "type")]
    kind: String,
}

/// How many events a log holds.
pub(super) fn count(log: &[u8]) -> usize {
    lines(log).filter_map(|(_, line)| sealed(line)).collect::<HashSet<Hash>>().len()
}

/// The events of `before` that are not in `now`, in the order of their lines. An event is a line whose bytes match its
/// hash, whatever else it says: what a newer program wrote is kept, too, and what was torn or damaged may be mended.
pub(super) fn lost(before: &[u8], now: &[u8]) -> Vec<Lost> {
    if now.starts_with(before) {
        return Vec::new();
    }
    let here: HashSet<Hash> = lines(now).filter_map(|(_, line)| sealed(line)).collect();
    let mut seen = HashSet::new();
    let gone = lines(before).filter_map(|(number, line)| Some((number, line, sealed(line)?)));
    let gone: Vec<_> = gone.filter(|(_, _, hash)| !here.contains(hash) && seen.insert(*hash)).collect();
    if gone.is_empty() {
        return Vec::new();
    }
    let known: HashSet<Hash> = lines(before).filter_map(|(_, line)| sealed(line)).collect();
    let mut foreign = Foreign::default();
    for (number, line) in lines(now).filter(|(_, line)| sealed(line).is_none_or(|hash| !known.contains(&hash))) {
        foreign.places.extend(place(line).map(|place| (place, number)));
        foreign.claims.extend(claimed(line).map(|hash| (hash, number)));
    }
    gone.into_iter().map(|(number, line, hash)| foreign.match_with(number, line, hash)).collect()
}

/// Lines that were not there before, by what they say.
#[derive(Default)]
struct Foreign {
    places: HashMap<Place, usize>,
    /// The hashes that lines carry without matching them.
    claims: HashMap<Hash, usize>,
}

impl Foreign {
    fn match_with(&self, number: usize, line: &[u8], hash: Hash) -> Lost {
        let place = place(line);
        let by_place = || place.as_ref().and_then(|place| self.places.get(place)).copied();
        let kind = serde_json::from_slice::<Type>(line).ok().map(|line| line.kind);
        let edited = self.claims.get(&hash).copied().or_else(by_place);
        Lost { line: number, hash, n: place.as_ref().map(|place| place.n), kind, edited }
    }
}

fn lines(log: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    log.split(|byte| *byte == b'\n').enumerate().map(|(at, line)| (at + 1, line))
}

fn sealed(line: &[u8]) -> Option<Hash> {
    checked_hash(std::str::from_utf8(line).ok()?).ok()
}

fn place(line: &[u8]) -> Option<Place> {
    serde_json::from_slice(line).ok()
}

/// The hash at a line's end, whether it matches or not.
fn claimed(line: &[u8]) -> Option<Hash> {
    let text = std::str::from_utf8(line).ok()?;
    let (_, end) = text.rsplit_once(",\"hash\":\"")?;
    end.trim_end_matches(['\r', '}', '"']).parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::event::DOMAIN_TAG;

    fn line(n: u64, writer: &str, text: &str) -> String {
        let head =
            format!("{{\"n\":{n},\"at\":\"T{n}\",\"writer\":\"{writer}\",\"type\":\"NOTED\",\"text\":\"{text}\"");
        let hash = Hash::of(&[DOMAIN_TAG, head.as_bytes(), b"}"]);
        format!("{head},\"hash\":\"{hash}\"}}")
    }

    fn log(lines: &[String]) -> Vec<u8> {
        lines.iter().flat_map(|line| [line.as_bytes(), b"\n"].concat()).collect()
    }

    #[test]
    fn an_edit_is_told_from_a_removal() {
        let all = [line(1, "aaaaaa", "x"), line(2, "aaaaaa", "y"), line(3, "aaaaaa", "z")];
        let before = log(&all);
        let sealed_anew = line(2, "aaaaaa", "Y");
        let broken = all[1].replace("\"text\":\"y\"", "\"text\":\"Y");
        for (edited, what) in
            [(&sealed_anew, "sealed anew"), (&all[1].replace('y', "Y"), "edited"), (&broken, "broken")]
        {
            let now = log(&[all[2].clone(), all[0].clone(), edited.clone()]);
            let lost = lost(&before, &now);
            assert_eq!(lost.len(), 1, "{what}");
            assert_eq!((lost[0].line, lost[0].edited), (2, Some(3)), "{what}");
        }
        let removed = lost(&before, &log(&[all[0].clone(), line(4, "bbbbbb", "w"), all[2].clone()]));
        assert_eq!((removed.len(), removed[0].edited, removed[0].n), (1, None, Some(2)));
        assert_eq!(removed[0].kind.as_deref(), Some("NOTED"));
    }

    #[test]
    fn what_is_no_event_may_go() {
        let event = line(1, "aaaaaa", "x");
        let before = format!("<<<<<<< HEAD\n{event}\n=======\n{event}\n>>>>>>> other\n{{\"n\":2,\"torn");
        assert_eq!(lost(before.as_bytes(), format!("{event}\n").as_bytes()), []);
        assert_eq!(count(before.as_bytes()), 1);
        // An end without its line feed is an event all the same.
        assert_eq!(lost(event.as_bytes(), b"").len(), 1);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn moved_and_doubled_lines_are_no_loss_and_every_missing_one_is(
            count in 1..12_usize,
            order in prop::collection::vec(0..64_usize, 1..40),
            missing in prop::option::of(0..12_usize),
        ) {
            let all: Vec<String> = (1..=count as u64).map(|n| line(n, "aaaaaa", "x")).collect();
            let mut now: Vec<String> = all.clone();
            now.extend(order.iter().map(|at| all.get(at % 16).cloned().unwrap_or_else(|| line(*at as u64, "bbbbbb", "new"))));
            for (at, to) in order.iter().enumerate() {
                let length = now.len();
                now.swap(at % length, to % length);
            }
            let missing = missing.map(|at| at % count);
            now.retain(|line| missing.is_none_or(|at| *line != all[at]));
            let lost = lost(&log(&all), &log(&now));
            prop_assert_eq!(lost.iter().map(|one| one.line - 1).collect::<Vec<_>>(), missing.into_iter().collect::<Vec<_>>());
        }
    }
}
