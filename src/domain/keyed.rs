//! Events that bear one key: one intent that two clones put on record, or two that were given one name.
//!
//! Which events count follows from the set of events alone. Of those that say the same, the first in canonical order
//! counts. Those that say different things count until somebody who has seen them says which holds. A step through the
//! workflow stays taken whatever becomes of its key: later steps begin where it led, and it is taken back by another step.
//! So do claims, which end by themselves.

use std::collections::{BTreeMap, HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::body::{Body, Transitioned};
use super::event::Event;
use super::hash::Hash;
use super::history::{Head, History};
use super::id::{Actor, Key, RequestId};
use super::time::Timestamp;

/// The `data` member of `DISTINCT`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Distinct {
    /// The first request of its key.
    pub from: RequestId,
    /// Why it is another one.
    pub reason: String,
}

/// The `data` member of `KEY_RESOLVED`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct KeyResolved {
    /// The key.
    pub key: Key,
    /// The event that holds.
    pub keep: Hash,
    /// Why.
    pub reason: String,
}

/// Why an event does not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// This one said the same with the same key.
    DuplicateOf(Head),
    /// This one said that another event of its key holds.
    SetAsideBy(Head),
}

/// One of several events with one key that say different things.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Said {
    /// The event.
    pub event: Head,
    /// Its type, as written in the line.
    pub kind: String,
    /// Who wrote it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// Events with one key that say different things: the first of each, in canonical order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KeyConflict {
    /// The key.
    pub key: Key,
    /// What was said, at least two.
    pub said: Vec<Said>,
}

/// What becomes of events that bear one key.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Keyed {
    duplicates: HashMap<Hash, Head>,
    /// Per event that counts, those that say the same.
    again: HashMap<Hash, Vec<Hash>>,
    set_aside: HashMap<Hash, Head>,
    conflicts: Vec<KeyConflict>,
    /// Words that a request is no duplicate, where somebody who had not seen them ended it as one.
    contradicted: HashSet<Hash>,
}

/// Somebody's word on which of several holds.
struct Word<'a> {
    by: &'a Event,
    /// What its writer had seen.
    saw: HashSet<Hash>,
    /// The meaning that holds, by its place among all of the key.
    keeps: usize,
    about: About,
}

/// What a word settles.
#[derive(Clone, Copy, PartialEq, Eq)]
enum About {
    /// The key.
    Key,
    /// Which way through the workflow holds, and so which step on it.
    Ways,
}

/// Events with one key that say the same, in canonical order.
struct Meaning<'a>(Vec<&'a Event>);

impl Keyed {
    /// Looks through events of a history: all of it, or all that somebody had seen, in canonical order.
    #[must_use]
    pub fn of<'a>(history: &'a History, events: impl Iterator<Item = &'a Event> + Clone) -> Self {
        let mut keyed = Self { contradicted: contradicted(history, events.clone()), ..Self::default() };
        for (key, meanings) in twice_keyed(events.clone()) {
            for meaning in &meanings {
                keyed.take_duplicates(meaning);
            }
            if meanings.len() > 1 {
                let words = words(history, &key, &meanings, events.clone());
                let stands = keyed.set_aside(&meanings, &words);
                keyed.conflicts.extend((stands.len() > 1).then_some(KeyConflict { key, said: stands }));
            }
        }
        keyed
    }

    /// Of a whole history.
    #[must_use]
    pub fn of_all(history: &History) -> Self {
        Self::of(history, history.events().iter())
    }

    /// Whether somebody ended the request as a duplicate at the same time as this event said that it is none.
    pub(super) fn is_contradicted(&self, distinct: Hash) -> bool {
        self.contradicted.contains(&distinct)
    }

    /// The same before anybody said which of several holds.
    pub(super) fn unsettled(&self) -> Self {
        Self { set_aside: HashMap::new(), ..self.clone() }
    }

    /// Whether somebody's word set something aside.
    pub(super) fn is_settled_by_words(&self) -> bool {
        !self.set_aside.is_empty()
    }

    /// Why an event does not count; `None` if it does.
    #[must_use]
    pub fn standing(&self, event: Hash) -> Option<Standing> {
        let set_aside = || self.set_aside.get(&event).copied().map(Standing::SetAsideBy);
        self.duplicates.get(&event).copied().map(Standing::DuplicateOf).or_else(set_aside)
    }

    /// All events that do not count.
    pub fn standings(&self) -> impl Iterator<Item = (Hash, Standing)> + '_ {
        let all =
            self.duplicates.keys().chain(self.set_aside.keys().filter(|hash| !self.duplicates.contains_key(hash)));
        all.filter_map(|hash| Some((*hash, self.standing(*hash)?)))
    }

    /// The events that say again what this one said with its key.
    pub(super) fn again(&self, event: Hash) -> &[Hash] {
        self.again.get(&event).map_or(&[], Vec::as_slice)
    }

    /// What waits for a decision, by key.
    #[must_use]
    pub fn conflicts(&self) -> &[KeyConflict] {
        &self.conflicts
    }

    pub(super) fn take_conflicts(&mut self) -> Vec<KeyConflict> {
        std::mem::take(&mut self.conflicts)
    }

    fn take_duplicates(&mut self, meaning: &Meaning<'_>) {
        let Some((first, others)) = meaning.0.split_first() else { return };
        if others.is_empty() || !can_be_said_again(first.body()) {
            return;
        }
        self.duplicates.extend(others.iter().map(|event| (event.hash(), Head::of(first))));
        self.again.insert(first.hash(), others.iter().map(|event| event.hash()).collect());
    }

    /// Sets aside what words that agree say does not hold; answers with what stands.
    fn set_aside(&mut self, meanings: &[Meaning<'_>], words: &[Word<'_>]) -> Vec<Said> {
        let mut stands = Vec::new();
        for (place, meaning) in meanings.iter().enumerate() {
            let Some(first) = meaning.0.first() else { continue };
            match meaning.set_aside_by(place, words) {
                Some(word) => self.set_aside.extend(meaning.0.iter().map(|event| (event.hash(), Head::of(word)))),
                None => stands.push(Said::of(first)),
            }
        }
        stands
    }
}

impl Said {
    fn of(event: &Event) -> Self {
        Self {
            event: Head::of(event),
            kind: event.body().kind().to_owned(),
            by: event.by().clone(),
            at: event.clock().at,
        }
    }
}

impl Meaning<'_> {
    /// The word that sets it aside: of those that nobody who had seen them replaced, if all keep the same and that is
    /// something else. What is not known to any of them is not settled.
    fn set_aside_by<'w>(&self, place: usize, words: &[Word<'w>]) -> Option<&'w Event> {
        let is_step = self.0.first().is_some_and(|event| is_step(event.body()));
        let counts = |word: &&Word<'_>| word.about == About::Key || is_step;
        let words: Vec<&Word<'w>> = words.iter().filter(counts).collect();
        let replaced = |word: &Word<'_>| words.iter().any(|later| later.saw.contains(&word.by.hash()));
        let standing: Vec<&&Word<'w>> = words.iter().filter(|word| !replaced(word)).collect();
        let agree = standing.windows(2).all(|pair| pair[0].keeps == pair[1].keeps);
        let word = standing.iter().find(|word| self.0.iter().any(|event| word.saw.contains(&event.hash())))?;
        (agree && word.keeps != place).then_some(word.by)
    }
}

/// Words that a request is no duplicate of which those who ended it as one knew nothing, nor the other way round.
fn contradicted<'a>(history: &History, events: impl Iterator<Item = &'a Event>) -> HashSet<Hash> {
    let (mut words, mut ends) = (Vec::new(), Vec::new());
    for event in events {
        if matches!(event.body(), Body::Distinct(_)) {
            words.push(event.hash());
        } else if ends_a_duplicate(event.body()) {
            ends.push(event.hash());
        }
    }
    let is_apart = |word: Hash, end: Hash| !history.is_ancestor(word, end) && !history.is_ancestor(end, word);
    words.into_iter().filter(|word| ends.iter().any(|end| is_apart(*word, *end))).collect()
}

/// Whether it ends a request as a duplicate.
pub(super) fn ends_a_duplicate(body: &Body) -> bool {
    matches!(body, Body::Transitioned(Transitioned { data, .. }) if data.duplicate_of.is_some())
}

/// Keys that more than one event bears, each with what they say, in the order in which it was said first.
fn twice_keyed<'a>(events: impl Iterator<Item = &'a Event>) -> BTreeMap<Key, Vec<Meaning<'a>>> {
    let mut first: HashMap<&Key, &Event> = HashMap::new();
    let mut twice: BTreeMap<&Key, Vec<&Event>> = BTreeMap::new();
    for event in events {
        let Some(key) = event.key().filter(|_| is_compared(event.body())) else { continue };
        match first.get(key) {
            None => drop(first.insert(key, event)),
            Some(one) => twice.entry(key).or_insert_with(|| vec![one]).push(event),
        }
    }
    twice.into_iter().map(|(key, events)| (key.clone(), meanings(events))).collect()
}

fn meanings(events: Vec<&Event>) -> Vec<Meaning<'_>> {
    let mut places: HashMap<String, usize> = HashMap::new();
    let mut meanings: Vec<Meaning<'_>> = Vec::new();
    for event in events {
        let place = *places.entry(meaning_of(event.body())).or_insert(meanings.len());
        match meanings.get_mut(place) {
            Some(meaning) => meaning.0.push(event),
            None => meanings.push(Meaning(vec![event])),
        }
    }
    meanings
}

/// What events say of which of several meanings of a key holds.
fn words<'a>(
    history: &'a History,
    key: &Key,
    meanings: &[Meaning<'_>],
    events: impl Iterator<Item = &'a Event>,
) -> Vec<Word<'a>> {
    let steps: Vec<usize> = (0..meanings.len()).filter(|place| meanings[*place].is_of_steps()).collect();
    let place_of = |hash: Hash| meanings.iter().position(|meaning| meaning.0.iter().any(|event| event.hash() == hash));
    let mut words = Vec::new();
    for by in events {
        let (keep, about) = match by.body() {
            Body::KeyResolved(resolved) if resolved.key == *key => (resolved.keep, About::Key),
            Body::Resolved(resolved) if steps.len() > 1 => (resolved.data.keep, About::Ways),
            Body::KeyResolved(_)
            | Body::Resolved(_)
            | Body::Created(_)
            | Body::Transitioned(_)
            | Body::Responded(_)
            | Body::Noted(_)
            | Body::EvidenceAdded(_)
            | Body::Approved(_)
            | Body::Renumbered(_)
            | Body::IdResolved(_)
            | Body::Claimed(_)
            | Body::Released(_)
            | Body::Distinct(_)
            | Body::Contract(_)
            | Body::Other(_) => continue,
        };
        let saw = seen_by(history, by.parents());
        let keeps = match about {
            About::Key => place_of(keep).filter(|_| saw.contains(&keep)),
            About::Ways => one_step_towards(history, keep, &steps, meanings),
        };
        words.extend(keeps.map(|keeps| Word { by, saw, keeps, about }));
    }
    words
}

impl Meaning<'_> {
    fn is_of_steps(&self) -> bool {
        self.0.first().is_some_and(|event| is_step(event.body()))
    }
}

/// Of several steps with one key, the one by which the way came that ends in `keep`; `None` if that is none, or several.
fn one_step_towards(history: &History, keep: Hash, steps: &[usize], meanings: &[Meaning<'_>]) -> Option<usize> {
    let on_the_way = seen_by(history, &[keep]);
    let leads = |place: &&usize| meanings[**place].0.iter().any(|event| on_the_way.contains(&event.hash()));
    let mut leading = steps.iter().filter(leads);
    leading.next().filter(|_| leading.next().is_none()).copied()
}

/// Some events, and all that their writers had seen.
fn seen_by(history: &History, heads: &[Hash]) -> HashSet<Hash> {
    let mut seen: HashSet<Hash> = heads.iter().copied().collect();
    // Parents stand before their children in canonical order.
    for event in history.events().iter().rev() {
        if seen.contains(&event.hash()) {
            seen.extend(event.parents());
        }
    }
    seen
}

fn is_step(body: &Body) -> bool {
    matches!(body, Body::Transitioned(_))
}

/// Whether an event that says the same once more counts for nothing. Claims are compared by who makes them and when.
fn can_be_said_again(body: &Body) -> bool {
    match body {
        Body::Claimed(_) | Body::Released(_) => false,
        Body::Transitioned(_)
        | Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
        | Body::Resolved(_)
        | Body::Distinct(_)
        | Body::KeyResolved(_) => true,
        Body::Created(_) | Body::Renumbered(_) | Body::IdResolved(_) | Body::Contract(_) | Body::Other(_) => false,
    }
}

/// Whether an event is compared with others of its key. No command writes the first kinds with one, and of what is not
/// known here nobody can say what it means.
fn is_compared(body: &Body) -> bool {
    match body {
        Body::Created(_) | Body::Renumbered(_) | Body::IdResolved(_) | Body::Contract(_) | Body::Other(_) => false,
        Body::Transitioned(_)
        | Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
        | Body::Resolved(_)
        | Body::Claimed(_)
        | Body::Released(_)
        | Body::Distinct(_)
        | Body::KeyResolved(_) => true,
    }
}

/// What an event says, as a text that is equal for two that say the same. What the ledger fills in itself is left out, and
/// who says it.
fn meaning_of(body: &Body) -> String {
    fn text<T: Serialize>(kind: &str, said: &T) -> String {
        // What was read from JSON can be written as JSON.
        format!("{kind} {}", serde_json::to_string(said).unwrap_or_default())
    }
    let kind = body.kind();
    match body {
        Body::Transitioned(Transitioned { from: _, to, data }) => {
            text(kind, &(to, &data.reason, &data.evidence, &data.details, &data.occurred_at, data.duplicate_of))
        }
        Body::Responded(said) => text(kind, said),
        Body::Noted(said) => text(kind, said),
        Body::EvidenceAdded(said) => text(kind, said),
        // A signature over a later head is of the same intent.
        Body::Approved(said) => text(kind, &(&said.role, &said.reason, said.signature.is_some())),
        Body::Resolved(said) => text(kind, &(&said.data.keep, &said.data.reason)),
        Body::KeyResolved(said) => text(kind, said),
        Body::Distinct(said) => text(kind, &said.reason),
        Body::Claimed(said) => text(kind, &said.reason),
        Body::Released(said) => text(kind, &said.reason),
        Body::Created(_) | Body::Renumbered(_) | Body::IdResolved(_) | Body::Contract(_) | Body::Other(_) => {
            kind.to_owned()
        }
    }
}
