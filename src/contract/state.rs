//! What the events of a contract add up to.
//!
//! Mode, owner, formats, each consumer's pin and each version's stage are registers: a later event replaces what its
//! writer had seen. Where two clones said different things at once, the last in canonical order holds, and the
//! disagreement is told ([`ContractState::conflicts`]) until somebody who sees both says it anew. Registrations and
//! waivers only grow.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::domain::body::{Body, ContractBody};
use crate::domain::compatibility::{Mode, Stage};
use crate::domain::contract_body::{Registered, Waived};
use crate::domain::event::Event;
use crate::domain::graph::{Graph, Head};
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, RepoId};
use crate::domain::state::Record;

/// A version that was registered.
#[derive(Clone, PartialEq, Debug)]
pub struct Version {
    /// What was put on record of it.
    pub registered: Registered,
    /// Where and by whom.
    pub on: Record,
    /// Where it stands in its life.
    pub stage: Stage,
    /// The hashes of other files that were registered under this number: two clones gave it twice.
    pub others: Vec<Hash>,
}

/// What a consumer says that it uses.
#[derive(Clone, PartialEq, Debug)]
pub struct Pin {
    /// The version.
    pub version: u32,
    /// The part that it needs, as a schema of its own.
    pub needs: Option<Value>,
}

/// A waiver on record.
#[derive(Clone, PartialEq, Debug)]
pub struct Waiver {
    /// What it says.
    pub waived: Waived,
    /// Where and by whom.
    pub on: Record,
}

/// Something that two clones said differently at once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conflict {
    /// What about: `mode`, `owner`, `formats`, `stage of v2`, `pin of shop`.
    pub what: String,
    /// The event that holds.
    pub holds: Head,
    /// Another one.
    pub other: Head,
}

/// What the events of a contract add up to.
#[derive(Clone, PartialEq, Debug)]
pub struct ContractState {
    /// The contract.
    pub name: ContractName,
    /// Its versions.
    pub versions: BTreeMap<u32, Version>,
    /// Its mode.
    pub mode: Mode,
    /// Whether formats are asserted.
    pub formats: bool,
    /// The repository that provides it.
    pub owner: Option<RepoId>,
    /// What its consumers use.
    pub pins: BTreeMap<RepoId, Pin>,
    /// All waivers.
    pub waivers: Vec<Waiver>,
    /// What two clones said differently at once.
    pub conflicts: Vec<Conflict>,
    /// The newest event in canonical order.
    pub last: Option<Record>,
}

/// What was said of one thing by the events that nothing later replaces.
struct Register<T> {
    said: Vec<(T, Head)>,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Self { said: Vec::new() }
    }
}

impl<T: PartialEq> Register<T> {
    fn set(&mut self, value: T, event: &Event, graph: &Graph) {
        // In a chain everybody had seen everything.
        let is_next = self.said.iter().all(|(_, by)| event.parents() == [by.hash]);
        self.said.retain(|(_, by)| !is_next && !graph.is_ancestor(by.hash, event.hash()));
        self.said.push((value, Head::of(event)));
    }

    fn get(&self) -> Option<&T> {
        self.said.last().map(|(value, _)| value)
    }

    fn conflict(&self, what: impl Fn() -> String) -> Option<Conflict> {
        let (held, holds) = self.said.last()?;
        let other = self.said.iter().find(|(value, _)| value != held)?.1;
        Some(Conflict { what: what(), holds: *holds, other })
    }
}

#[derive(Default)]
struct Registers {
    mode: Register<Mode>,
    formats: Register<bool>,
    owner: Register<RepoId>,
    pins: BTreeMap<RepoId, Register<Option<Pin>>>,
    stages: BTreeMap<u32, Register<Stage>>,
}

impl ContractState {
    /// The state of a contract of which nothing is on record.
    #[must_use]
    pub fn empty(name: &ContractName) -> Self {
        Self {
            name: name.clone(),
            versions: BTreeMap::new(),
            mode: Mode::default(),
            formats: false,
            owner: None,
            pins: BTreeMap::new(),
            waivers: Vec::new(),
            conflicts: Vec::new(),
            last: None,
        }
    }

    /// Replays the events of a contract.
    #[must_use]
    pub fn replay(name: &ContractName, graph: &Graph) -> Self {
        let mut state = Self::empty(name);
        let mut registers = Registers::default();
        for event in graph.events() {
            state.last = Some(Record::of(event));
            if let Body::Contract(body) = event.body() {
                state.evolve(event, body, graph, &mut registers);
            }
        }
        state.settle(&registers);
        state
    }

    fn evolve(&mut self, event: &Event, body: &ContractBody, graph: &Graph, registers: &mut Registers) {
        match body {
            ContractBody::Registered(registered) => {
                if event.parents() == [graph.root()] {
                    registers.mode.set(registered.mode, event, graph);
                    registers.formats.set(registered.formats, event, graph);
                    if let Some(owner) = &registered.owner {
                        registers.owner.set(owner.clone(), event, graph);
                    }
                }
                self.register(registered, event);
            }
            ContractBody::ModeSet(set) => registers.mode.set(set.mode, event, graph),
            ContractBody::OwnerSet(set) => registers.owner.set(set.repo.clone(), event, graph),
            ContractBody::FormatsSet(set) => registers.formats.set(set.asserted, event, graph),
            ContractBody::Pinned(pinned) => {
                let pin = Pin { version: pinned.version, needs: pinned.needs.clone() };
                registers.pins.entry(pinned.repo.clone()).or_default().set(Some(pin), event, graph);
            }
            ContractBody::Unpinned(unpinned) => {
                registers.pins.entry(unpinned.repo.clone()).or_default().set(None, event, graph);
            }
            ContractBody::Activated(_) | ContractBody::Deprecated(_) | ContractBody::Retired(_) => {
                if let Some((version, stage)) = body.stage() {
                    registers.stages.entry(version).or_default().set(stage, event, graph);
                }
            }
            ContractBody::Waived(waived) => {
                self.waivers.push(Waiver { waived: waived.clone(), on: Record::of(event) });
            }
        }
    }

    fn register(&mut self, registered: &Registered, event: &Event) {
        match self.versions.get_mut(&registered.version) {
            None => {
                let version = Version {
                    registered: registered.clone(),
                    on: Record::of(event),
                    stage: Stage::default(),
                    others: Vec::new(),
                };
                self.versions.insert(registered.version, version);
            }
            Some(version) if version.registered.sha256 != registered.sha256 => version.others.push(registered.sha256),
            Some(_) => {}
        }
    }

    fn settle(&mut self, registers: &Registers) {
        self.mode = registers.mode.get().copied().unwrap_or_default();
        self.formats = registers.formats.get().copied().unwrap_or_default();
        self.owner = registers.owner.get().cloned();
        self.conflicts.extend(registers.mode.conflict(|| "mode".into()));
        self.conflicts.extend(registers.formats.conflict(|| "formats".into()));
        self.conflicts.extend(registers.owner.conflict(|| "owner".into()));
        for (version, register) in &registers.stages {
            if let (Some(known), Some(stage)) = (self.versions.get_mut(version), register.get()) {
                known.stage = *stage;
            }
            self.conflicts.extend(register.conflict(|| format!("stage of v{version}")));
        }
        for (repo, register) in &registers.pins {
            if let Some(Some(pin)) = register.get() {
                self.pins.insert(repo.clone(), pin.clone());
            }
            self.conflicts.extend(register.conflict(|| format!("pin of {repo}")));
        }
    }

    /// The newest version.
    #[must_use]
    pub fn newest(&self) -> Option<u32> {
        self.versions.keys().last().copied()
    }

    /// The number of the version that would be registered next.
    #[must_use]
    pub fn next(&self) -> u32 {
        self.newest().map_or(1, |newest| newest + 1)
    }

    /// The versions that are not retired, in order.
    #[must_use]
    pub fn standing(&self) -> impl DoubleEndedIterator<Item = u32> {
        self.versions.iter().filter(|(_, version)| version.stage != Stage::Retired).map(|(number, _)| *number)
    }

    /// The versions before `version` with which it must be compatible, newest first: the one before, or all of them.
    #[must_use]
    pub fn earlier(&self, version: u32) -> Vec<u32> {
        let standing = self.standing().rev().filter(|other| *other < version);
        match (self.mode, self.mode.is_transitive()) {
            (Mode::None, _) => Vec::new(),
            (_, true) => standing.collect(),
            (_, false) => standing.take(1).collect(),
        }
    }

    /// The consumers that are pinned to a version.
    #[must_use]
    pub fn pinned_to(&self, version: u32) -> Vec<&RepoId> {
        self.pins.iter().filter(|(_, pin)| pin.version == version).map(|(repo, _)| repo).collect()
    }
}

#[cfg(test)]
pub(in crate::contract) mod tests {
    use super::*;
    use crate::domain::compatibility::{OpenContent, Verdict};
    use crate::domain::contract_body::{ModeSet, OfVersion, Pinned, Unpinned};
    use crate::domain::event::Unsealed;
    use crate::domain::graph::contract_root;
    use crate::domain::id::Stream;
    use crate::domain::time::Hybrid;

    pub(in crate::contract) fn name() -> ContractName {
        "billing.invoice".parse().unwrap()
    }

    pub(in crate::contract) fn registered(version: u32) -> ContractBody {
        ContractBody::Registered(Registered {
            version,
            sha256: Hash::of(&[&version.to_be_bytes()]),
            mode: Mode::Full,
            verdict: Verdict::Compatible,
            against: Vec::new(),
            open_content: OpenContent::Declared,
            assumed: false,
            formats: false,
            waiver: None,
            owner: Some("billing".parse().unwrap()),
        })
    }

    /// An event that follows `parents`, of which the first is its chain's.
    pub(in crate::contract) fn event(body: ContractBody, parents: &[&Event]) -> Event {
        let n = 1 + parents.iter().map(|parent| parent.n()).max().unwrap_or(0);
        let at = "2026-11-20T15:11:00.000Z".parse().unwrap();
        let root = vec![contract_root(&name())];
        Event::seal(Unsealed {
            stream: Stream::Contract(name()),
            clock: Hybrid { at, tick: n },
            writer: "k7f3q2".parse().unwrap(),
            by: "alice".parse().unwrap(),
            key: None,
            body: Body::Contract(body),
            n,
            parents: if parents.is_empty() { root } else { parents.iter().map(|parent| parent.hash()).collect() },
        })
        .unwrap()
    }

    pub(in crate::contract) fn chain(bodies: Vec<ContractBody>) -> ContractState {
        let mut events: Vec<Event> = Vec::new();
        for body in bodies {
            let parents: Vec<&Event> = events.last().into_iter().collect();
            let event = event(body, &parents);
            events.push(event);
        }
        replay(events)
    }

    fn replay(events: Vec<Event>) -> ContractState {
        ContractState::replay(&name(), &Graph::of_contract(&name(), events).unwrap())
    }

    fn mode(mode: Mode) -> ContractBody {
        ContractBody::ModeSet(ModeSet { mode })
    }

    pub(in crate::contract) fn pinned(repo: &str, version: u32) -> ContractBody {
        ContractBody::Pinned(Pinned { repo: repo.parse().unwrap(), version, needs: None })
    }

    #[test]
    fn later_events_replace_what_their_writers_had_seen() {
        let state = chain(vec![
            registered(1),
            registered(2),
            mode(Mode::None),
            mode(Mode::Backward),
            pinned("shop", 1),
            pinned("web", 1),
            pinned("shop", 2),
            ContractBody::Unpinned(Unpinned { repo: "web".parse().unwrap() }),
            ContractBody::Activated(OfVersion { version: 2 }),
        ]);
        assert_eq!((state.mode, state.newest(), state.next()), (Mode::Backward, Some(2), 3));
        assert_eq!(state.owner.as_ref().map(RepoId::as_str), Some("billing"));
        assert_eq!(
            state.pins.iter().map(|(repo, pin)| (repo.as_str(), pin.version)).collect::<Vec<_>>(),
            [("shop", 2)]
        );
        assert_eq!((state.versions[&1].stage, state.versions[&2].stage), (Stage::Draft, Stage::Active));
        assert_eq!(state.conflicts, []);
    }

    #[test]
    fn what_two_clones_said_at_once_is_told_until_somebody_says_it_anew() {
        let first = event(registered(1), &[]);
        let (here, there) = (event(mode(Mode::None), &[&first]), event(mode(Mode::Full), &[&first]));
        let same = event(mode(Mode::None), &[&first]);
        assert_eq!(replay(vec![first.clone(), here.clone(), same]).conflicts, []);
        let state = replay(vec![first.clone(), here.clone(), there.clone()]);
        assert_eq!(state.conflicts.len(), 1);
        assert_eq!(state.conflicts[0].what, "mode");
        let swapped = replay(vec![there.clone(), here.clone(), first.clone()]);
        assert_eq!(state, swapped, "the order of the lines means nothing");
        let settled = event(mode(Mode::Forward), &[&here, &there]);
        let state = replay(vec![first, here, there, settled]);
        assert_eq!((state.conflicts, state.mode), (Vec::new(), Mode::Forward));
    }

    #[test]
    fn one_number_that_was_given_twice_is_kept_in_mind() {
        let first = event(registered(1), &[]);
        let ContractBody::Registered(second) = registered(2) else { panic!("it is a registration") };
        let other = ContractBody::Registered(Registered { sha256: Hash::of(&[b"x"]), ..second });
        let state = replay(vec![first.clone(), event(registered(2), &[&first]), event(other, &[&first])]);
        assert_eq!(state.versions[&2].others.len(), 1);
    }

    #[test]
    fn the_mode_says_which_versions_count() {
        let retired = ContractBody::Retired(OfVersion { version: 2 });
        let against =
            |m: Mode| chain(vec![registered(1), registered(2), registered(3), mode(m), retired.clone()]).earlier(4);
        assert_eq!(against(Mode::None), [0; 0]);
        assert_eq!(against(Mode::Backward), [3]);
        assert_eq!(against(Mode::FullTransitive), [3, 1]);
    }

    /// What a clone does: which kind of event, about whom, and after which of those that are there.
    type Step = (u8, u8, Vec<proptest::sample::Index>);

    fn grown(steps: &[Step]) -> Vec<Event> {
        let mut events = vec![event(registered(1), &[])];
        for (kind, of, after) in steps {
            let mut parents: Vec<&Event> = after.iter().map(|index| &events[index.index(events.len())]).collect();
            parents.sort_by_key(|parent| (parent.n(), parent.hash()));
            parents.dedup_by_key(|parent| parent.hash());
            let version = u32::from(of % 3) + 1;
            let repo = ["shop", "web", "mail"][usize::from(of % 3)];
            let body = match kind % 7 {
                0 => registered(version),
                1 => mode(Mode::ALL[usize::from(of % 7)]),
                2 | 3 => pinned(repo, u32::from(of / 3 % 3) + 1),
                4 => ContractBody::Unpinned(Unpinned { repo: repo.parse().unwrap() }),
                5 => ContractBody::Activated(OfVersion { version }),
                _ => ContractBody::Deprecated(OfVersion { version }),
            };
            let next = event(body, &parents);
            events.push(next);
        }
        events
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: 256,
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]

        #[test]
        fn the_set_of_events_is_all_that_counts(
            steps in proptest::collection::vec(
                (0..7_u8, 0..9_u8, proptest::collection::vec(proptest::prelude::any::<proptest::sample::Index>(), 1..3)),
                0..12,
            ),
            turn in 0..13_usize,
        ) {
            let events = grown(&steps);
            let whole = replay(events.clone());
            let mut turned = events.clone();
            turned.rotate_left(turn % events.len());
            turned.extend(events.first().cloned());
            proptest::prop_assert_eq!(replay(turned), whole.clone());
            // What two clones know of it, united in either order.
            let graph = Graph::of_contract(&name(), events.clone()).unwrap();
            let (here, there) = (graph.up_to(events[turn % events.len()].hash()), graph.up_to(events[0].hash()));
            let united = here.clone().merge(there.clone()).unwrap();
            proptest::prop_assert_eq!(&united, &there.merge(here).unwrap());
            // Somebody who sees all of it and says it anew settles it.
            let heads: Vec<&Event> =
                graph.heads().iter().filter_map(|head| graph.event(head.hash)).collect();
            let mut settled = events.clone();
            settled.push(event(mode(Mode::Forward), &heads));
            let settled = replay(settled);
            proptest::prop_assert_eq!(settled.mode, Mode::Forward);
            proptest::prop_assert!(settled.conflicts.iter().all(|conflict| conflict.what != "mode"));
        }

        #[test]
        fn one_who_follows_the_other_contradicts_nobody(kinds in proptest::collection::vec((0..7_u8, 0..9_u8), 0..12)) {
            let mut events = vec![event(registered(1), &[])];
            for (kind, of) in kinds {
                let last = events.last().cloned().unwrap();
                let next = grown(&[(kind, of, vec![])]).pop().unwrap();
                let Body::Contract(body) = next.body().clone() else { panic!("it is a contract's") };
                events.push(event(body, &[&last]));
            }
            proptest::prop_assert_eq!(replay(events).conflicts, []);
        }
    }
}
