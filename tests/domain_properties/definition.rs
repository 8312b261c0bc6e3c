//! What a history means, by definition: from the sets of what each writer had seen, with no regard to cost.
//!
//! It shares nothing with the replay but the events, so where the two agree neither depends on the order of replay.

use std::collections::{BTreeMap, BTreeSet};

use coordination_ledger::domain::event::{Body, Event, PartStatus};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::state::{State, Status};
use coordination_ledger::domain::workflow::Workflow;
use serde_json::{Map, Value};

use super::keys::Keys;

/// A way through the workflow: its steps, each a state and the details given with it.
type Way = Vec<(String, String)>;

pub(super) struct Definition<'a> {
    history: &'a History,
    /// Per event, all that its writer had seen.
    seen: BTreeMap<Hash, BTreeSet<Hash>>,
    /// Per event that asserts a status, the way that led to it.
    ways: BTreeMap<Hash, Way>,
    keys: Keys<'a>,
}

impl<'a> Definition<'a> {
    pub(super) fn of(history: &'a History) -> Self {
        let keys = Keys::of(history);
        let mut definition = Self { history, seen: BTreeMap::new(), ways: BTreeMap::new(), keys };
        for event in history.events() {
            let mut seen: BTreeSet<Hash> = event.parents().iter().copied().collect();
            for parent in event.parents() {
                seen.extend(definition.seen.get(parent).into_iter().flatten());
            }
            let way = match event.body() {
                Body::Created(created) => Some(vec![(created.to.to_string(), String::new())]),
                Body::Transitioned(t) => {
                    let details = &t.data.details;
                    let given =
                        if details.is_empty() { String::new() } else { Value::from(details.clone()).to_string() };
                    let before = definition.furthest(&seen);
                    assert_eq!(before.len(), 1, "nobody moves a diverged request");
                    let mut way = before.into_iter().next().unwrap();
                    way.push((t.to.to_string(), given));
                    Some(way)
                }
                Body::Resolved(resolved) => Some(definition.ways[&resolved.data.keep].clone()),
                Body::Responded(_)
                | Body::Noted(_)
                | Body::EvidenceAdded(_)
                | Body::Approved(_)
                | Body::Claimed(_)
                | Body::Released(_)
                | Body::Distinct(_)
                | Body::KeyResolved(_)
                | Body::Renumbered(_)
                | Body::IdResolved(_)
                | Body::Contract(_)
                | Body::Other(_) => None,
            };
            definition.ways.extend(way.map(|way| (event.hash(), way)));
            definition.seen.insert(event.hash(), seen);
        }
        definition
    }

    /// Whether the writer of `later` had seen `earlier`.
    pub(super) fn saw(&self, later: &Event, earlier: &Event) -> bool {
        self.seen[&later.hash()].contains(&earlier.hash())
    }

    /// Of the ways asserted in a set of events: those that no later assertion replaced and that lead furthest.
    fn furthest(&self, view: &BTreeSet<Hash>) -> BTreeSet<Way> {
        let claims: Vec<&Hash> = view.iter().filter(|hash| self.ways.contains_key(*hash)).collect();
        let replaced = |hash: &Hash| claims.iter().any(|later| self.seen[*later].contains(hash));
        let standing: BTreeSet<&Way> =
            claims.iter().filter(|hash| !replaced(hash)).map(|hash| &self.ways[*hash]).collect();
        let leads_on = |way: &Way| standing.iter().any(|other| other.len() > way.len() && other.starts_with(way));
        standing.iter().filter(|way| !leads_on(way)).map(|way| (*way).clone()).collect()
    }

    fn present(&self) -> BTreeSet<Way> {
        self.furthest(&self.history.events().iter().map(Event::hash).collect())
    }

    /// Whether a delivery that this event was a part of was sent back: this event, or another one that says the same with
    /// the same key.
    fn sent_back(&self, event: &Event) -> bool {
        let mut reworks =
            self.history.events().iter().filter(|e| matches!(e.body(), Body::Transitioned(t) if t.data.rework));
        reworks.any(|rework| self.saw_said(rework, event))
    }

    /// Whether a word that counts replaced this one, which its writer had heard.
    fn replaced_part(&self, event: &Event, repo: &str) -> bool {
        let is_word = |e: &&Event| self.keys.counts(e) && said(e).is_some_and(|(of, _)| of == repo);
        self.history.events().iter().filter(is_word).any(|later| self.saw_said(later, event))
    }

    /// Whether the writer of `later` had seen an event, or one that says the same with the same key.
    fn saw_said(&self, later: &Event, event: &Event) -> bool {
        self.saw(later, event) || self.keys.again(event).any(|again| self.saw(later, again))
    }

    fn details(&self) -> Map<String, Value> {
        let along = |way: &Way| {
            let mut details = self.history.packet().details.clone();
            for (_, given) in way.iter().filter(|(_, given)| !given.is_empty()) {
                details.extend(serde_json::from_str::<Map<String, Value>>(given).unwrap());
            }
            details
        };
        let sides: Vec<Map<String, Value>> = self.present().iter().map(along).collect();
        let Some((first, others)) = sides.split_first() else { return self.history.packet().details.clone() };
        let agreed = first.iter().filter(|(name, value)| others.iter().all(|side| side.get(*name) == Some(*value)));
        agreed.map(|(name, value)| (name.clone(), value.clone())).collect()
    }

    fn deliverers(&self) -> BTreeSet<String> {
        let present = self.present();
        let took_the_last_step = |event: &Event| {
            let moved = matches!(event.body(), Body::Created(_) | Body::Transitioned(_));
            moved && present.len() == 1 && self.ways.get(&event.hash()) == present.first()
        };
        let delivered_a_part = |event: &Event| {
            said(event).is_some_and(|(_, status)| status == PartStatus::Delivered) && !self.sent_back(event)
        };
        let events = self.history.events().iter();
        events.filter(|e| took_the_last_step(e) || delivered_a_part(e)).map(|e| e.by().to_string()).collect()
    }

    /// The claims that no event which had seen them ends; none where the request stands in one final state.
    pub(super) fn claims(&self, workflow: &Workflow) -> BTreeSet<Hash> {
        let present = self.present();
        let is_over = |way: &Way| workflow.is_final(&way.last().unwrap().0.parse().unwrap());
        if present.len() == 1 && present.first().is_some_and(is_over) {
            return BTreeSet::new();
        }
        let events = self.history.events();
        let claims = events.iter().filter(|event| matches!(event.body(), Body::Claimed(_)));
        let ended = |claim: &Event| events.iter().any(|e| ended(e).contains(&claim.hash()) && self.saw(e, claim));
        claims.filter(|claim| !ended(claim)).map(Event::hash).collect()
    }

    /// Compares a replay with the definition, part by part.
    pub(super) fn compare(&self, state: &State) {
        let present = self.present();
        match &state.status {
            Status::At(name) => {
                assert_eq!(present.len(), 1, "{name}, but by definition {present:?}");
                assert_eq!(present.first().unwrap().last().unwrap().0, name.as_str());
            }
            Status::Diverged(sides) => {
                let ways: BTreeSet<Way> = sides.iter().map(|side| self.ways[&side.event.hash].clone()).collect();
                assert_eq!((ways, sides.len()), (present.clone(), present.len()));
                for side in sides {
                    assert_eq!(self.ways[&side.event.hash].last().unwrap().0, side.state.as_str());
                }
            }
        }
        for event in self.history.events() {
            let hash = event.hash();
            if let Some((repo, status)) = said(event) {
                let stands = self.keys.counts(event) && !self.replaced_part(event, repo) && !self.sent_back(event);
                let statements = state.parts.iter().filter(|(of, _)| of.as_str() == repo).flat_map(|(_, said)| said);
                let found: Vec<PartStatus> = statements.filter(|s| s.on.event.hash == hash).map(|s| s.status).collect();
                assert_eq!(found, if stands { vec![status] } else { Vec::new() }, "the part of {repo}");
            }
            let counts = !self.sent_back(event);
            let evidence = state.evidence.iter().filter(|e| e.on.event.hash == hash);
            let evidence: Vec<_> = evidence.map(|e| (&e.evidence, e.counts)).collect();
            let brought = event.body().evidence().iter().filter(|_| self.keys.counts(event));
            assert_eq!(evidence, brought.map(|e| (e, counts)).collect::<Vec<_>>());
            let approvals: Vec<bool> =
                state.approvals.iter().filter(|a| a.on.event.hash == hash).map(|approval| approval.counts).collect();
            let approved = matches!(event.body(), Body::Approved(_)) && self.keys.counts(event);
            assert_eq!(approvals, if approved { vec![counts] } else { Vec::new() });
            let noted = matches!(event.body(), Body::Noted(_)) && self.keys.counts(event);
            assert_eq!(state.notes.iter().filter(|n| n.on.event.hash == hash).count(), usize::from(noted));
        }
        assert_eq!(state.details, self.details());
        assert_eq!(state.deliverers.iter().map(ToString::to_string).collect::<BTreeSet<_>>(), self.deliverers());
        assert_eq!(state.clock, self.history.events().iter().map(Event::clock).max());
        let open: Vec<(String, BTreeSet<Hash>)> = self.keys.open();
        let told = state
            .key_conflicts
            .iter()
            .map(|conflict| (conflict.key.to_string(), conflict.said.iter().map(|said| said.event.hash).collect()));
        assert_eq!(told.collect::<Vec<(String, BTreeSet<Hash>)>>(), open);
    }
}

/// The claims that an event ends if its writer had seen them.
fn ended(event: &Event) -> Vec<Hash> {
    match event.body() {
        Body::Claimed(claimed) => claimed.ended().copied().collect(),
        Body::Released(released) => released.claims.clone(),
        Body::Created(_)
        | Body::Transitioned(_)
        | Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
        | Body::Resolved(_)
        | Body::Renumbered(_)
        | Body::IdResolved(_)
        | Body::Distinct(_)
        | Body::KeyResolved(_)
        | Body::Contract(_)
        | Body::Other(_) => Vec::new(),
    }
}

fn said(event: &Event) -> Option<(&str, PartStatus)> {
    match event.body() {
        Body::Responded(r) => Some((r.repo.as_str(), r.status)),
        Body::Created(_)
        | Body::Transitioned(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
        | Body::Resolved(_)
        | Body::Claimed(_)
        | Body::Released(_)
        | Body::Renumbered(_)
        | Body::IdResolved(_)
        | Body::Distinct(_)
        | Body::KeyResolved(_)
        | Body::Contract(_)
        | Body::Other(_) => None,
    }
}
