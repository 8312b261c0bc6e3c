//! A string of several languages at once, found without building the automaton of their intersection.
//!
//! Each language is followed by the set of states that it may be in; breadth first, so that a shortest string comes out.
//! A complement is followed in the same way and read the other way round at the end.

use std::collections::VecDeque;
use std::rc::Rc;

use regexsolver::fast_automaton::FastAutomaton;
use regexsolver::regex_charclass::char::Char;
use rustc_hash::{FxHashMap, FxHashSet};

use super::Sample;

/// The most combinations of states that are looked at.
const VISITED_MAX: usize = 40_000;
/// The most states times lengths.
const CELLS_MAX: u64 = 4_000_000;

/// A language to follow.
pub(super) struct Track {
    /// Its automaton.
    pub(super) automaton: Rc<FastAutomaton>,
    /// Whether the strings that it does not accept are meant.
    pub(super) is_complement: bool,
}

/// The states that each track may be in, sorted, and how long the string is, as far as that still counts.
type At = (Vec<Vec<usize>>, u64);

/// A combination of states, how it was come to, and by how many characters.
type Seen = (At, Option<(usize, char)>, u64);

/// A shortest string of `least` to `most` characters that is on all tracks.
pub(super) fn shortest(tracks: &[Track], least: u64, most: Option<u64>) -> Sample {
    let alphabet = alphabet(tracks);
    let start: At = (tracks.iter().map(|track| vec![track.automaton.start_state()]).collect(), 0);
    let mut known: FxHashSet<At> = FxHashSet::default();
    let mut order: Vec<Seen> = vec![(start.clone(), None, 0)];
    known.insert(start);
    let mut open = VecDeque::from([0]);
    while let Some(index) = open.pop_front() {
        let (at, _, length) = order[index].clone();
        if length >= least && accepts(tracks, &at) {
            return Sample::Strings(vec![spell(&order, index)]);
        }
        if most.is_some_and(|most| length >= most) {
            continue;
        }
        for letter in &alphabet {
            let Some(states) = step(tracks, &at, *letter) else { continue };
            let next: At = (states, (length + 1).min(least));
            if known.contains(&next) {
                continue;
            }
            if order.len() == VISITED_MAX {
                return Sample::Unclear("several patterns together have too many states".into());
            }
            known.insert(next.clone());
            order.push((next, Some((index, *letter)), length + 1));
            open.push_back(order.len() - 1);
        }
    }
    Sample::Strings(Vec::new())
}

/// A string of one automaton that has from `least` to `most` characters, found layer by layer: which states can be
/// reached in exactly so many steps. Beyond `least` there are never more layers than states before one comes again.
pub(super) fn of_length(automaton: &Rc<FastAutomaton>, least: u64, most: Option<u64>) -> Sample {
    let alphabet = alphabet(&[Track { automaton: Rc::clone(automaton), is_complement: false }]);
    let states = automaton.number_of_states() as u64;
    let last = least.saturating_add(states).min(most.unwrap_or(u64::MAX));
    if last.saturating_mul(states) > CELLS_MAX {
        return Sample::Unclear("a pattern with so long strings has too many states".into());
    }
    let mut layers: Vec<FxHashMap<usize, (usize, char)>> =
        vec![FxHashMap::from_iter([(automaton.start_state(), (0, ' '))])];
    for length in 0..=last {
        let Some(layer) = layers.last() else { break };
        let mut here: Vec<usize> = layer.keys().copied().collect();
        here.sort_unstable();
        if length >= least
            && let Some(end) = here.iter().find(|state| automaton.is_accepted(**state))
        {
            return Sample::Strings(vec![spell_layers(&layers, *end)]);
        }
        let mut next: FxHashMap<usize, (usize, char)> = FxHashMap::default();
        for state in here {
            for (condition, to) in automaton.transitions_from(state) {
                let fits = |letter: &&char| {
                    condition.has_character(&u32::from(**letter), automaton.spanning_set()).unwrap_or(false)
                };
                if let Some(letter) = alphabet.iter().find(fits) {
                    next.entry(*to).or_insert((state, *letter));
                }
            }
        }
        if next.is_empty() {
            break;
        }
        layers.push(next);
    }
    Sample::Strings(Vec::new())
}

fn spell_layers(layers: &[FxHashMap<usize, (usize, char)>], end: usize) -> String {
    let mut letters = Vec::with_capacity(layers.len());
    let mut state = end;
    for layer in layers.iter().skip(1).rev() {
        if let Some((before, letter)) = layer.get(&state) {
            letters.push(*letter);
            state = *before;
        }
    }
    letters.iter().rev().collect()
}

fn accepts(tracks: &[Track], at: &At) -> bool {
    tracks
        .iter()
        .zip(&at.0)
        .all(|(track, states)| states.iter().any(|state| track.automaton.is_accepted(*state)) != track.is_complement)
}

/// Where a letter leads; nowhere if a track can't go on.
fn step(tracks: &[Track], at: &At, letter: char) -> Option<Vec<Vec<usize>>> {
    let code = u32::from(letter);
    let mut all = Vec::with_capacity(tracks.len());
    for (track, states) in tracks.iter().zip(&at.0) {
        let mut next: Vec<usize> = Vec::new();
        for state in states {
            for (condition, to) in track.automaton.transitions_from(*state) {
                if condition.has_character(&code, track.automaton.spanning_set()).unwrap_or(false) {
                    next.push(*to);
                }
            }
        }
        if next.is_empty() && !track.is_complement {
            return None;
        }
        next.sort_unstable();
        next.dedup();
        all.push(next);
    }
    Some(all)
}

/// One character of each class that the tracks tell apart.
fn alphabet(tracks: &[Track]) -> Vec<char> {
    let mut classes = tracks.first().map(|track| track.automaton.spanning_set().clone());
    for track in tracks.iter().skip(1) {
        classes = classes.map(|classes| classes.merge(track.automaton.spanning_set()));
    }
    let Some(classes) = classes else { return Vec::new() };
    let ranges = classes.spanning_ranges().chain([classes.rest()]);
    ranges
        .filter_map(|range| {
            let printable =
                ('a'..='z').chain('0'..='9').chain(' '..='~').find(|letter| range.contains(Char::new(*letter)));
            printable.or_else(|| range.iter().next().map(|first| first.to_char()))
        })
        .collect()
}

fn spell(order: &[Seen], end: usize) -> String {
    let mut letters = Vec::new();
    let mut at = end;
    while let Some((before, letter)) = order[at].1 {
        letters.push(letter);
        at = before;
    }
    letters.iter().rev().collect()
}
