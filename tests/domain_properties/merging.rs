//! Merging and replay: the set of events is all that counts.

use std::collections::{BTreeMap, BTreeSet};

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::{Head, History};
use coordination_ledger::domain::judge::judge;
use coordination_ledger::domain::keyed::{Keyed, Standing};
use coordination_ledger::domain::state::State;
use coordination_ledger::domain::workflow::Workflow;
use proptest::prelude::*;
use proptest::sample::{Index, Selector};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::definition::Definition;
use super::replica::{Replica, note};
use super::scenario::{scenarios, united};

const CASES: u32 = 96;

fn config() -> ProptestConfig {
    ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() }
}

fn merged(a: &Replica, b: &Replica) -> History {
    a.history().merge(b.history()).unwrap()
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn the_order_of_lines_and_doubled_lines_change_nothing(
        scenario in scenarios(),
        order in proptest::collection::vec(any::<Selector>(), 1..4),
        doubled in proptest::collection::vec(any::<Index>(), 0..5),
    ) {
        let all = united(&scenario.play());
        let mut lines: Vec<&str> = all.events.iter().map(Event::line).collect();
        lines.extend(doubled.iter().map(|index| all.events[index.index(all.events.len())].line()));
        for selector in order {
            // A selector gives every line a score of its own, so this is a shuffle.
            let mut shuffled = Vec::new();
            let mut left = lines.clone();
            while !left.is_empty() {
                let place = selector.select(0..left.len());
                shuffled.push(left.swap_remove(place));
            }
            let events = shuffled.iter().map(|line| Event::parse(line).unwrap()).collect();
            let history = all.request.history(events).unwrap();
            prop_assert_eq!(&history, &all.history());
            prop_assert_eq!(State::replay(&history, &all.request.workflow), all.state());
        }
    }

    #[test]
    fn merging_is_associative_commutative_and_idempotent(scenario in scenarios()) {
        let replicas = scenario.play();
        for a in &replicas {
            prop_assert_eq!(merged(a, a), a.history());
            for b in &replicas {
                prop_assert_eq!(merged(a, b), merged(b, a));
                for c in &replicas {
                    let left = merged(a, b).merge(c.history()).unwrap();
                    let right = a.history().merge(merged(b, c)).unwrap();
                    prop_assert_eq!(left, right);
                }
            }
        }
    }

    #[test]
    fn clones_that_merged_everything_agree(scenario in scenarios()) {
        let replicas = scenario.play();
        let all = united(&replicas);
        for (i, replica) in replicas.iter().enumerate() {
            let mut replica = replica.clone();
            for j in 0..replicas.len() {
                replica.pull(&replicas[(i + j) % replicas.len()]);
            }
            prop_assert_eq!(replica.history(), all.history());
            prop_assert_eq!(replica.state(), all.state());
        }
    }

    #[test]
    fn the_replay_says_what_the_definition_says(scenario in scenarios()) {
        let mut replicas = scenario.play();
        replicas.push(united(&replicas));
        for replica in &replicas {
            let (history, state) = (replica.history(), replica.state());
            let definition = Definition::of(&history);
            definition.compare(&state);
            let claims: BTreeSet<Hash> = state.claims.all().iter().map(|claim| claim.on.event.hash).collect();
            prop_assert_eq!(claims, definition.claims(&replica.request.workflow));
        }
    }

    #[test]
    fn what_was_allowed_is_found_legal_wherever_it_was_merged(scenario in scenarios()) {
        let mut replicas = scenario.play();
        replicas.push(united(&replicas));
        for replica in &replicas {
            prop_assert_eq!(judge(&replica.history(), &replica.request.workflow), Vec::new());
        }
    }

    #[test]
    fn numbers_grow_from_parent_to_child_and_the_largest_is_the_version(scenario in scenarios()) {
        let all = united(&scenario.play()).history();
        let mut numbers: BTreeMap<Hash, u64> = BTreeMap::from([(all.packet_hash(), 0)]);
        for event in all.events() {
            let parents: Option<Vec<u64>> = event.parents().iter().map(|hash| numbers.get(hash).copied()).collect();
            let parents = parents.expect("parents stand before their children in canonical order");
            prop_assert_eq!(event.n(), parents.iter().max().unwrap() + 1);
            numbers.insert(event.hash(), event.n());
        }
        prop_assert!(all.events().is_sorted_by_key(|event| (event.n(), event.hash())));
        prop_assert_eq!(all.version(), *numbers.values().max().unwrap());
        let named: BTreeSet<Hash> = all.events().iter().flat_map(Event::parents).copied().collect();
        let unnamed = all.events().iter().filter(|event| !named.contains(&event.hash()));
        let heads: Vec<Head> = unnamed.map(|event| Head { n: event.n(), hash: event.hash() }).collect();
        prop_assert_eq!(all.heads(), heads);
    }

    #[test]
    fn the_hybrid_clock_grows_along_every_edge_whatever_the_wall_clocks_say(scenario in scenarios()) {
        let all = united(&scenario.play()).history();
        for event in all.events() {
            for parent in event.parents().iter().filter_map(|hash| all.event(*hash)) {
                prop_assert!(parent.clock() < event.clock());
            }
        }
        prop_assert_eq!(all.clock(), all.events().iter().map(Event::clock).max());
    }

    #[test]
    fn ancestors_are_what_a_writer_had_seen(scenario in scenarios()) {
        let all = united(&scenario.play()).history();
        let definition = Definition::of(&all);
        for a in all.events() {
            for b in all.events() {
                let expected = a.hash() == b.hash() || definition.saw(b, a);
                prop_assert_eq!(all.is_ancestor(a.hash(), b.hash()), expected);
            }
        }
    }

    #[test]
    fn an_earlier_version_is_the_part_that_was_there_then(scenario in scenarios()) {
        let replica = united(&scenario.play());
        let all = replica.history();
        for version in 0..=all.version() + 1 {
            let then = all.at_version(version);
            let expected = all.events().iter().filter(|event| event.n() <= version).cloned().collect();
            prop_assert_eq!(&then, &replica.request.history(expected).unwrap());
            prop_assert_eq!(then.version(), version.min(all.version()));
        }
        let now = State::replay(&all.at_version(all.version()), &replica.request.workflow);
        prop_assert_eq!(now, replica.state());
    }

    #[test]
    fn an_earlier_moment_is_the_part_that_was_there_then(scenario in scenarios()) {
        let replica = united(&scenario.play());
        let all = replica.history();
        let moments: BTreeSet<_> = all.events().iter().map(|event| event.clock().at).collect();
        for moment in moments.iter().flat_map(|moment| [moment.minus_ms(1), *moment]) {
            let then = all.at_time(moment);
            let expected = all.events().iter().filter(|event| event.clock().at <= moment).cloned().collect();
            // A history is checked to hold all parents, so this says that the part is closed.
            prop_assert_eq!(&then, &replica.request.history(expected).unwrap());
        }
        prop_assert_eq!(all.at_time(*moments.last().unwrap()), all);
    }

    #[test]
    fn the_next_event_joins_all_heads(scenario in scenarios()) {
        let mut all = united(&scenario.play());
        let before = (all.history().heads().len(), all.status());
        let joined = all.does(note("seen all of it"));
        prop_assert_eq!(joined.parents().len(), before.0);
        prop_assert_eq!(all.history().heads().len(), 1);
        prop_assert_eq!(all.status(), before.1);
    }

    #[test]
    fn a_history_grown_event_by_event_is_the_one_read_at_once(scenario in scenarios()) {
        let all = united(&scenario.play());
        let mut grown = all.request.history(Vec::new()).unwrap();
        for (i, event) in all.events.iter().enumerate() {
            grown.append(event.clone()).unwrap();
            prop_assert_eq!(&grown, &all.request.history(all.events[..=i].to_vec()).unwrap());
        }
    }
}

/// Random scenarios are worth something only if they reach what they are to test.
#[test]
fn the_scenarios_reach_every_state_and_every_kind_of_event() {
    let mut runner = TestRunner::deterministic();
    let mut reached: BTreeSet<String> = BTreeSet::new();
    let mut events: BTreeSet<String> = BTreeSet::new();
    let (mut diverged, mut joined) = (0, 0);
    let (mut duplicates, mut in_conflict) = (0, 0);
    for _ in 0..300 {
        let all = united(&scenarios().new_tree(&mut runner).unwrap().current().play());
        diverged += u32::from(all.status().contains('|'));
        joined += u32::from(all.events.iter().any(|event| event.parents().len() > 1));
        let keyed = Keyed::of_all(&all.history());
        duplicates += u32::from(keyed.standings().any(|(_, standing)| matches!(standing, Standing::DuplicateOf(_))));
        in_conflict += u32::from(!keyed.conflicts().is_empty());
        events.extend(all.events.iter().map(|event| event.body().kind().to_owned()));
        reached.insert(all.status());
    }
    for state in Workflow::default().states() {
        assert!(reached.contains(state.name.as_str()), "{} was not reached", state.name);
    }
    assert_eq!(events.len(), 10, "{events:?}");
    assert!(
        duplicates >= 30 && in_conflict >= 30,
        "{duplicates} of 300 have duplicates, {in_conflict} keys that differ"
    );
    assert!((30..=200).contains(&diverged) && joined >= 60, "{diverged} of 300 diverged, {joined} joined");
}
