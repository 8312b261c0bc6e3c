//! Events that bear one key: which of them count, by definition.

use std::collections::{BTreeMap, BTreeSet};

use coordination_ledger::domain::event::{Body, Event, PartStatus, Transitioned, TransitionedData};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::keyed::{Keyed, Standing};
use coordination_ledger::domain::state::State;
use proptest::prelude::*;

use super::replica::{self, Replica, Request};
use super::scenario::{scenarios, united};

/// Per key that more than one event bears, the events by what they say, in canonical order.
pub(super) struct Keys<'a> {
    history: &'a History,
    groups: BTreeMap<String, Vec<Vec<&'a Event>>>,
}

impl<'a> Keys<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let mut groups: BTreeMap<String, Vec<Vec<&'a Event>>> = BTreeMap::new();
        for event in history.events() {
            let Some(key) = event.key() else { continue };
            let said = groups.entry(key.to_string()).or_default();
            match said.iter_mut().find(|said| means(said[0].body(), event.body())) {
                Some(same) => same.push(event),
                None => said.push(vec![event]),
            }
        }
        Self { history, groups }
    }

    fn said(&self, event: &Event) -> Option<&Vec<&'a Event>> {
        let said = self.groups.get(event.key()?.as_str())?;
        said.iter().find(|said| said.iter().any(|one| one.hash() == event.hash()))
    }

    /// Whether what an event brings counts.
    pub(super) fn counts(&self, event: &Event) -> bool {
        let Some(said) = self.said(event) else { return true };
        said[0].hash() == event.hash() && !self.is_set_aside(said)
    }

    /// The events that say again what the first of them says.
    pub(super) fn again(&self, event: &Event) -> impl Iterator<Item = &'a Event> {
        let said = self.said(event).filter(|said| said[0].hash() == event.hash());
        said.into_iter().flat_map(|said| said[1..].iter().copied()).collect::<Vec<_>>().into_iter()
    }

    /// The keys of which more than one thing stands, each with the first event of each.
    pub(super) fn open(&self) -> Vec<(String, BTreeSet<Hash>)> {
        let stands = |said: &Vec<Vec<&Event>>| -> BTreeSet<Hash> {
            said.iter().filter(|said| !self.is_set_aside(said)).map(|said| said[0].hash()).collect()
        };
        let open = self.groups.iter().map(|(key, said)| (key.clone(), stands(said)));
        open.filter(|(_, stands)| stands.len() > 1).collect()
    }

    /// Whether all who said what holds, and whom nobody replaced, say that something else does, and one of them had seen it.
    fn is_set_aside(&self, said: &[&Event]) -> bool {
        let words = self.words(said);
        let standing: Vec<&(&Event, Hash)> =
            words.iter().filter(|(by, _)| !words.iter().any(|(later, _)| self.saw(later.hash(), by.hash()))).collect();
        let kept: BTreeSet<Hash> = standing.iter().map(|(_, kept)| *kept).collect();
        let is_known = standing.iter().any(|(by, _)| said.iter().any(|one| self.saw(by.hash(), one.hash())));
        kept.len() == 1 && !kept.contains(&said[0].hash()) && is_known
    }

    /// Who said which of a key holds, by the first event that says so: by naming it, or of steps by keeping the way that came
    /// by it.
    fn words(&self, of: &[&Event]) -> Vec<(&'a Event, Hash)> {
        let key = of[0].key().unwrap();
        let all = &self.groups[key.as_str()];
        let is_step = |said: &[&Event]| matches!(said[0].body(), Body::Transitioned(_));
        let mut words = Vec::new();
        for by in self.history.events() {
            let kept: Vec<Hash> = if let Body::KeyResolved(resolved) = by.body()
                && resolved.key == *key
            {
                let is_kept = |said: &&Vec<&Event>| said.iter().any(|one| one.hash() == resolved.keep);
                all.iter().filter(is_kept).map(|said| said[0].hash()).collect()
            } else if let Body::Resolved(resolved) = by.body()
                && is_step(of)
                && all.iter().filter(|said| is_step(said)).count() > 1
            {
                let keep = resolved.data.keep;
                let on_way = |one: &&Event| one.hash() == keep || self.saw(keep, one.hash());
                let steps = all.iter().filter(|said| is_step(said) && said.iter().any(on_way));
                steps.map(|said| said[0].hash()).collect()
            } else {
                continue;
            };
            if let [kept] = kept.as_slice() {
                words.push((by, *kept));
            }
        }
        words
    }

    fn saw(&self, later: Hash, earlier: Hash) -> bool {
        later != earlier && self.history.is_ancestor(earlier, later)
    }
}

/// Whether two events say the same, but for what the ledger fills in.
fn means(one: &Body, other: &Body) -> bool {
    let plain = |t: &Transitioned| {
        let data = TransitionedData { rework: false, workflow: String::new(), ..t.data.clone() };
        (t.to.clone(), data)
    };
    match (one, other) {
        (Body::Transitioned(one), Body::Transitioned(other)) => plain(one) == plain(other),
        (Body::Approved(one), Body::Approved(other)) => one.means(other),
        (Body::Claimed(one), Body::Claimed(other)) => one.reason == other.reason,
        (Body::Released(one), Body::Released(other)) => one.reason == other.reason,
        (one, other) => one == other,
    }
}

/// A clone of a bug that was made, and a request.
fn bug() -> Replica {
    Replica::first(&Request::with(serde_json::json!({"details": {"impact": "x"}})))
}

fn key(text: &str) -> Option<coordination_ledger::domain::id::Key> {
    Some(text.parse().unwrap())
}

/// What a state says but for who said it last and when.
fn said(state: State) -> State {
    State { clock: None, last: None, since: None, ..state }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    /// A second clone says the same once more, without knowledge of the first: nothing changes.
    #[test]
    fn what_is_said_twice_with_one_key_stands_once(scenario in scenarios(), which in any::<prop::sample::Index>()) {
        let all = united(&scenario.play());
        let commands = [
            replica::note("once"),
            replica::evidence("once"),
            replica::approval("sponsor"),
            replica::part("billing", PartStatus::Accepted),
            replica::part("billing", PartStatus::Delivered),
            replica::proven_because("IN_PROGRESS"),
            replica::proven_because("DELIVERED"),
        ];
        let command = which.get(&commands);
        let (mut one, mut other) = (all.fork("onesaid"), all.fork("another"));
        let by = if matches!(command, coordination_ledger::domain::decide::Command::Approve(_)) { "sam" } else { "bea" };
        if one.act_keyed(by, command, key("again")).is_ok() {
            let alone = one.state();
            other.act_keyed(by, command, key("again")).unwrap();
            one.pull(&other);
            let both = one.state();
            prop_assert_eq!(Keyed::of_all(&one.history()).standings().filter(|(_, standing)| {
                matches!(standing, Standing::DuplicateOf(_))
            }).count() - Keyed::of_all(&all.history()).standings().filter(|(_, standing)| {
                matches!(standing, Standing::DuplicateOf(_))
            }).count(), 1);
            // Which of the two is the first is their hashes' affair.
            let plain = |state: State| {
                let mut state = said(state);
                let event = all.history().heads()[0];
                state.evidence.iter_mut().map(|e| &mut e.on).for_each(|on| on.event = event);
                state.notes.iter_mut().map(|n| &mut n.on).for_each(|on| on.event = event);
                state.approvals.iter_mut().map(|a| &mut a.on).for_each(|on| on.event = event);
                state.parts.values_mut().flatten().map(|s| &mut s.on).for_each(|on| on.event = event);
                state
            };
            prop_assert_eq!(plain(both), plain(alone));
        }
    }
}

#[test]
fn work_that_is_sent_back_twice_with_one_key_keeps_what_shows_why() {
    let mut ours = bug();
    for (by, command) in
        [("bea", replica::to("ACCEPTED")), ("bea", replica::to("IN_PROGRESS")), ("bea", replica::proven("DELIVERED"))]
    {
        ours.act(by, &command).unwrap();
    }
    let counting = |clone: &Replica| clone.state().evidence.iter().filter(|e| e.counts).count();
    let mut theirs = ours.fork("another");
    for clone in [&mut ours, &mut theirs] {
        clone.act_keyed("ann", &replica::proven_because("IN_PROGRESS"), key("back")).unwrap();
    }
    assert_eq!((counting(&ours), counting(&theirs)), (1, 1));
    ours.pull(&theirs);
    assert_eq!(counting(&ours), 1);
}

#[test]
fn events_with_one_key_that_differ_stop_a_request_until_somebody_says_which_holds() {
    let mut ours = bug();
    let mut theirs = ours.fork("another");
    ours.act_keyed("ann", &replica::note("ours"), key("k")).unwrap();
    let kept = theirs.act_keyed("bea", &replica::evidence("c1"), key("k")).unwrap();
    ours.pull(&theirs);
    assert_eq!(ours.answer("ann", &replica::to("ACCEPTED")), "key twice: k");
    assert_eq!(ours.answer("bea", &replica::part("billing", PartStatus::Accepted)), "key twice: k");
    assert_eq!(ours.answer("ann", &replica::note("still goes")), "done");
    assert_eq!(ours.answer("ann", &replica::resolve("nobody")), "no such event: nobody");
    assert_eq!(ours.answer("ann", &replica::resolve(&kept.hash().to_string())), "done");
    let state = ours.state();
    assert_eq!(state.key_conflicts, []);
    assert_eq!(state.notes.iter().map(|note| note.text.as_str()).collect::<Vec<_>>(), ["still goes"]);
    assert_eq!(state.evidence.len(), 1);
    assert_eq!(ours.answer("ann", &replica::to("ACCEPTED")), "done");
    assert_eq!(ours.answer("ann", &replica::resolve(&kept.hash().to_string())), "not diverged: ACCEPTED");
}

#[test]
fn two_who_settle_a_key_otherwise_have_settled_nothing() {
    let mut ours = bug();
    let mut theirs = ours.fork("another");
    let one = ours.act_keyed("ann", &replica::note("one"), key("k")).unwrap();
    let other = theirs.act_keyed("ann", &replica::note("other"), key("k")).unwrap();
    ours.pull(&theirs);
    theirs.pull(&ours);
    ours.does(replica::resolve(&one.hash().to_string()));
    theirs.does(replica::resolve(&other.hash().to_string()));
    ours.pull(&theirs);
    assert_eq!(ours.answer("ann", &replica::to("ACCEPTED")), "key twice: k");
    assert_eq!(ours.state().notes.len(), 2);
    ours.does(replica::resolve(&other.hash().to_string()));
    let notes: Vec<String> = ours.state().notes.into_iter().map(|note| note.text).collect();
    assert_eq!(notes, ["other"]);
    // What nobody had seen who said so is open again.
    let mut third = bug();
    third.act_keyed("ann", &replica::note("third"), key("k")).unwrap();
    third.pull(&ours);
    assert_eq!(third.answer("ann", &replica::to("ACCEPTED")), "key twice: k");
}

#[test]
fn the_way_that_holds_settles_a_key_that_two_steps_bear() {
    let mut ours = bug();
    let mut theirs = ours.fork("another");
    ours.act_keyed("ann", &replica::to("ACCEPTED"), key("k")).unwrap();
    theirs.act_keyed("ann", &replica::because("REJECTED"), key("k")).unwrap();
    ours.pull(&theirs);
    assert_eq!(ours.answer("ann", &replica::to("IN_PROGRESS")), "diverged: ACCEPTED | REJECTED");
    ours.does(replica::resolve("ACCEPTED"));
    assert_eq!((ours.status(), ours.state().key_conflicts), ("ACCEPTED".to_owned(), Vec::new()));
    ours.goes(&["IN_PROGRESS"]);
}

#[test]
fn a_part_that_is_set_aside_gives_way_to_the_word_before_it() {
    let mut ours = bug();
    ours.does(replica::part("billing", PartStatus::Accepted));
    let mut theirs = ours.fork("another");
    ours.act_keyed("ann", &replica::part("billing", PartStatus::Declined), key("k")).unwrap();
    let kept = theirs.act_keyed("ann", &replica::note("meant"), key("k")).unwrap();
    ours.pull(&theirs);
    ours.does(replica::resolve(&kept.hash().to_string()));
    assert!(ours.state().part_is(&"billing".parse().unwrap(), PartStatus::Accepted));
    assert_eq!(coordination_ledger::domain::judge::judge(&ours.history(), &ours.request.workflow), Vec::new());
}

#[test]
fn a_word_that_follows_either_of_two_replaces_what_both_said() {
    let mut ours = bug();
    let mut theirs = ours.fork("another");
    for clone in [&mut ours, &mut theirs] {
        clone.act_keyed("bea", &replica::part("billing", PartStatus::Accepted), key("k")).unwrap();
    }
    theirs.does(replica::part("billing", PartStatus::Declined));
    ours.pull(&theirs);
    assert!(ours.state().part_is(&"billing".parse().unwrap(), PartStatus::Declined), "{:?}", ours.state().parts);
}
