//! The state of a request: what its events add up to.
//!
//! Status and parts are multi-value registers (Shapiro et al., 2011): a later event replaces what its writer had
//! seen, and what two writers said at once stands side by side until somebody who sees both decides. Two clones that
//! took the same way through the workflow agree: the ways are compared, not the events. Everything else only grows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde_json::{Map, Value};
use uuid::Uuid;

use super::claim::Claims;
use super::event::{Body, Event, Evidence, PartStatus};
use super::hash::Hash;
use super::history::{Head, History};
use super::id::{Actor, RepoId, RequestId, Role};
use super::keyed::{Distinct, KeyConflict, Keyed, Standing, ends_a_duplicate};
use super::packet::{Mode, Packet};
use super::settings::Signatures;
use super::time::{Hybrid, Timestamp};
use super::way::Ways;
use super::workflow::{StateName, Workflow};

/// Where a request stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Status {
    /// In one state.
    At(StateName),
    /// Two or more writers took ways that exclude each other; `resolve` says which holds.
    Diverged(Vec<Side>),
}

/// One way of a diverged request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Side {
    /// The state to which it leads.
    pub state: StateName,
    /// The event that led there.
    pub event: Head,
    /// Who wrote it.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
}

/// What a target said of its part; more than one statement where they were made at once and disagree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// What it said.
    pub status: PartStatus,
    /// In words.
    pub summary: Option<String>,
    /// The branch that holds the work.
    pub branch: Option<String>,
    /// Where and by whom.
    pub on: Record,
}

/// Where in the history something was put on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// The event.
    pub event: Head,
    /// Who.
    pub by: Actor,
    /// When.
    pub at: Timestamp,
    /// When it occurred at its source, where it was taken over from elsewhere.
    pub occurred_at: Option<Timestamp>,
}

impl Record {
    /// What puts something on record.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        Self {
            event: Head { n: event.n(), hash: event.hash() },
            by: event.by().clone(),
            at: event.clock().at,
            occurred_at: event.occurred_at(),
        }
    }
}

/// A piece of evidence on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EvidenceOnRecord {
    /// The evidence.
    pub evidence: Evidence,
    /// Where and by whom.
    pub on: Record,
    /// Whether it still counts: not after the delivery that it showed was sent back.
    pub counts: bool,
}

/// A note on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NoteOnRecord {
    /// The note's text.
    pub text: String,
    /// What kind of note.
    pub kind: Option<String>,
    /// Where and by whom.
    pub on: Record,
}

/// An approval on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApprovalOnRecord {
    /// In which role.
    pub role: Role,
    /// Why.
    pub reason: Option<String>,
    /// The signature, armoured, if there is one. Nobody has looked whether it holds.
    pub signature: Option<String>,
    /// Where and by whom.
    pub on: Record,
    /// Whether it still counts: not after the delivery that it approved was sent back, nor if it should be signed and is not.
    pub counts: bool,
    /// Whether it should be signed and is not, or not by a key that counts.
    pub is_worthless: bool,
}

/// Another request whose number this was as well.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Namesake {
    /// Which.
    pub uid: Uuid,
    /// Its number now.
    pub id: RequestId,
}

/// Somebody's word that a request is no duplicate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DistinctOnRecord {
    /// From which request, and why.
    pub distinct: Distinct,
    /// Where and by whom.
    pub on: Record,
}

/// What the events of a request add up to.
#[derive(Clone, PartialEq, Debug)]
pub struct State {
    /// Where it stands.
    pub status: Status,
    /// Per target, what it says of its part.
    pub parts: BTreeMap<RepoId, Vec<Statement>>,
    /// All evidence.
    pub evidence: Vec<EvidenceOnRecord>,
    /// All notes.
    pub notes: Vec<NoteOnRecord>,
    /// All approvals.
    pub approvals: Vec<ApprovalOnRecord>,
    /// The claims in force: none once nothing can follow.
    pub claims: Claims,
    /// The packet's details with those given on the way that holds; while diverged, those on which all sides agree.
    pub details: Map<String, Value>,
    /// When the present state was entered.
    pub since: Option<Record>,
    /// Who delivered: brought it into its present state, or delivered a part since the work was last begun anew. Who
    /// resolves a diverged request keeps what others delivered.
    pub deliverers: Vec<Actor>,
    /// The numbers that it had: they are other requests'.
    pub aliases: Vec<RequestId>,
    /// Requests that were published under its number as well, and have another one now.
    pub namesakes: Vec<Namesake>,
    /// Words that it is no duplicate, whatever has its key: with one of them it is none.
    pub distinct: Vec<DistinctOnRecord>,
    /// Events with one key that say different things, until it is settled which holds.
    pub key_conflicts: Vec<KeyConflict>,
    /// The newest event in canonical order.
    pub last: Option<Record>,
    /// The latest reading of the hybrid clock.
    pub clock: Option<Hybrid>,
    /// Whether an approval counts only if it is signed: see [`State::under`].
    pub signatures: Signatures,
}

impl State {
    /// Replays a history. `workflow` says where a request without events stands.
    #[must_use]
    pub fn replay(history: &History, workflow: &Workflow) -> Self {
        let mut replay = Replay::new(history, workflow, Keyed::of_all(history));
        history.events().iter().for_each(|event| replay.evolve(event));
        replay.end()
    }

    /// The one state that holds; `None` while diverged.
    #[must_use]
    pub fn name(&self) -> Option<&StateName> {
        match &self.status {
            Status::At(name) => Some(name),
            Status::Diverged(_) => None,
        }
    }

    /// Whether a target's last word, without contradiction, is `status`.
    #[must_use]
    pub fn part_is(&self, repo: &RepoId, status: PartStatus) -> bool {
        self.parts.get(repo).is_some_and(|said| !said.is_empty() && said.iter().all(|s| s.status == status))
    }

    /// The same where approvals of governed requests must be signed: those that are not don't count, nor those that are
    /// `worthless`. Whose signature it is takes more than the history to know.
    #[must_use]
    pub fn under(mut self, packet: &Packet, signatures: Signatures, worthless: &BTreeSet<Hash>) -> Self {
        if packet.coordination_mode == Mode::Governed && signatures == Signatures::Required {
            self.signatures = signatures;
            for approval in &mut self.approvals {
                approval.is_worthless = approval.signature.is_none() || worthless.contains(&approval.on.event.hash);
                approval.counts &= !approval.is_worthless;
            }
        }
        self
    }

    /// The moment by which its claims are judged, for somebody whose clock says `now`: no clock counts that is behind what
    /// is on record.
    #[must_use]
    pub fn reckoned(&self, now: Timestamp) -> Timestamp {
        self.clock.map_or(now, |clock| clock.at.max(now))
    }

    /// Whether somebody's approval in this role counts.
    #[must_use]
    pub fn approved_as(&self, role: &Role) -> bool {
        self.approvals.iter().any(|approval| approval.counts && approval.role == *role)
    }
}

/// The status as one event asserts it.
#[derive(Clone)]
struct Assertion {
    step: usize,
    on: Record,
}

/// A replay under way. Events must be handed over in canonical order.
pub(super) struct Replay<'a> {
    history: &'a History,
    workflow: &'a Workflow,
    keyed: Keyed,
    ways: Ways,
    assertion_by_event: HashMap<Hash, usize>,
    assertions: Vec<Assertion>,
    /// The heads of the events replayed so far: an event that names all of them has seen everything.
    heads: HashSet<Hash>,
    parts: BTreeMap<RepoId, Vec<Statement>>,
    evidence: Vec<EvidenceOnRecord>,
    notes: Vec<NoteOnRecord>,
    approvals: Vec<ApprovalOnRecord>,
    claims: Claims,
    deliverers: Vec<(Actor, Hash)>,
    aliases: Vec<RequestId>,
    namesakes: Vec<Namesake>,
    distinct: Vec<DistinctOnRecord>,
    /// The steps that ended it as a duplicate.
    ends_of_duplicate: Vec<usize>,
    last: Option<Record>,
    clock: Option<Hybrid>,
}

impl<'a> Replay<'a> {
    /// Begins one. `keyed` says which events do not count.
    pub(super) fn new(history: &'a History, workflow: &'a Workflow, keyed: Keyed) -> Self {
        Self {
            history,
            workflow,
            keyed,
            ways: Ways::new(&history.packet().details),
            assertion_by_event: HashMap::new(),
            assertions: Vec::new(),
            heads: HashSet::from([history.packet_hash()]),
            parts: BTreeMap::new(),
            evidence: Vec::new(),
            notes: Vec::new(),
            approvals: Vec::new(),
            claims: Claims::default(),
            deliverers: Vec::new(),
            aliases: Vec::new(),
            namesakes: Vec::new(),
            distinct: Vec::new(),
            ends_of_duplicate: Vec::new(),
            last: None,
            clock: None,
        }
    }

    /// Whether the event's writer had seen every event replayed so far.
    pub(super) fn saw_all(&self, event: &Event) -> bool {
        event.parents().len() >= self.heads.len() && self.heads.iter().all(|head| event.parents().contains(head))
    }

    /// Takes one more event into account.
    pub(super) fn evolve(&mut self, event: &Event) {
        let saw_all = self.saw_all(event);
        let on = Record::of(event);
        let counts = self.keyed.standing(event.hash()).is_none();
        for evidence in event.body().evidence().iter().filter(|_| counts) {
            self.evidence.push(EvidenceOnRecord { evidence: evidence.clone(), on: on.clone(), counts: true });
        }
        match event.body() {
            Body::Created(created) => {
                let step = self.ways.take(None, &created.to, &Map::new(), event.by());
                self.assert(step, &on, saw_all);
            }
            Body::Transitioned(t) => {
                let before = self.way_seen_by(event, saw_all);
                // It is taken whether or not it counts: later steps begin where it led.
                let step = self.ways.take(before, &t.to, &t.data.details, event.by());
                if t.data.rework {
                    self.begin_anew(event, saw_all);
                }
                if ends_a_duplicate(event.body()) {
                    self.ends_of_duplicate.push(step);
                }
                self.assert(step, &on, saw_all);
            }
            Body::Resolved(resolved) => {
                // Keeping an event that is not here can't be judged; the state it names is then all there is.
                let kept = self.assertion_by_event.get(&resolved.data.keep).copied();
                let step = match kept {
                    Some(step) => step,
                    None => self.ways.take(None, &resolved.to, &Map::new(), event.by()),
                };
                self.assert(step, &on, saw_all);
                // Where its end as a duplicate holds, the words against that don't.
                if self.ends_of_duplicate.iter().any(|end| self.ways.leads_to(*end, step)) {
                    let (history, this) = (self.history, event.hash());
                    self.distinct.retain(|said| !saw_all && !history.is_ancestor(said.on.event.hash, this));
                }
            }
            Body::Responded(r) => {
                let is_new = counts || self.deliverers.iter().all(|(by, _)| by != event.by());
                // Who says it once more has delivered too, though the word stands once.
                if r.status == PartStatus::Delivered && is_new {
                    self.deliverers.push((event.by().clone(), event.hash()));
                }
                if counts {
                    let seen = seen(self.history, &self.keyed, event, saw_all);
                    let said = self.parts.entry(r.repo.clone()).or_default();
                    said.retain(|s| !seen(s.on.event.hash));
                    said.push(Statement {
                        status: r.status,
                        summary: r.summary.clone(),
                        branch: r.branch.clone(),
                        on: on.clone(),
                    });
                }
            }
            Body::Noted(note) => {
                if counts {
                    self.notes.push(NoteOnRecord { text: note.text.clone(), kind: note.kind.clone(), on: on.clone() });
                }
            }
            Body::Approved(a) if counts => self.approvals.push(ApprovalOnRecord {
                role: a.role.clone(),
                reason: a.reason.clone(),
                signature: a.signature.clone(),
                on: on.clone(),
                counts: true,
                is_worthless: false,
            }),
            Body::Claimed(claimed) => {
                let (history, this) = (self.history, event.hash());
                self.claims.claimed(claimed, &on, |seen| saw_all || history.is_ancestor(seen, this));
            }
            Body::Released(released) => {
                let (history, this) = (self.history, event.hash());
                self.claims.released(released, |seen| saw_all || history.is_ancestor(seen, this));
            }
            Body::Renumbered(renumbered) if self.aliases.contains(&renumbered.was) => {}
            Body::Renumbered(renumbered) => self.aliases.push(renumbered.was),
            Body::IdResolved(resolved) => {
                self.namesakes.retain(|known| known.uid != resolved.uid);
                self.namesakes.push(Namesake { uid: resolved.uid, id: resolved.moved_to });
            }
            Body::Distinct(distinct) => {
                if self.keyed.is_contradicted(event.hash()) {
                    self.stay(event, &on, saw_all);
                }
                if counts {
                    self.distinct.push(DistinctOnRecord { distinct: distinct.clone(), on: on.clone() });
                }
            }
            Body::Approved(_) | Body::EvidenceAdded(_) | Body::KeyResolved(_) | Body::Contract(_) | Body::Other(_) => {}
        }
        for parent in event.parents() {
            self.heads.remove(parent);
        }
        self.heads.insert(event.hash());
        self.clock = self.clock.max(Some(event.clock()));
        self.last = Some(on);
    }

    /// What the events so far add up to.
    pub(super) fn state(&self) -> State {
        let furthest = self.furthest();
        let (status, since) = self.status(&furthest);
        let entered = if let [one] = furthest.as_slice() { self.ways.takers(one.step) } else { &[] };
        let parts = self.deliverers.iter().map(|(actor, _)| actor);
        let is_over = matches!(&status, Status::At(name) if self.workflow.is_final(name));
        State {
            claims: if is_over { Claims::default() } else { self.claims.clone() },
            status,
            since,
            parts: self.parts.clone(),
            evidence: self.evidence.clone(),
            notes: self.notes.clone(),
            approvals: self.approvals.clone(),
            details: self.details(&furthest),
            deliverers: entered.iter().chain(parts).cloned().collect(),
            aliases: self.aliases.clone(),
            namesakes: self.namesakes.clone(),
            distinct: self.distinct.clone(),
            key_conflicts: self.keyed.conflicts().to_vec(),
            last: self.last.clone(),
            clock: self.clock,
            signatures: Signatures::Optional,
        }
    }

    /// What all events add up to.
    fn end(mut self) -> State {
        use std::mem::take;
        let (parts, evidence) = (take(&mut self.parts), take(&mut self.evidence));
        let (notes, approvals) = (take(&mut self.notes), take(&mut self.approvals));
        let key_conflicts = self.keyed.take_conflicts();
        State { parts, evidence, notes, approvals, key_conflicts, ..self.state() }
    }

    /// The state that holds after the events so far; `None` while diverged, or before any event said one.
    pub(super) fn stands_at(&self) -> Option<&StateName> {
        match self.furthest().as_slice() {
            [one] => Some(self.ways.state(one.step)),
            [] | [_, ..] => None,
        }
    }

    /// The assertions that lead furthest, one a way.
    fn furthest(&self) -> Vec<&Assertion> {
        let mut furthest: Vec<&Assertion> = Vec::new();
        for one in &self.assertions {
            let led_on =
                self.assertions.iter().any(|other| other.step != one.step && self.ways.leads_to(one.step, other.step));
            let said_already = furthest.iter().any(|other| other.step == one.step);
            if !led_on && !said_already {
                furthest.push(one);
            }
        }
        furthest
    }

    fn status(&self, furthest: &[&Assertion]) -> (Status, Option<Record>) {
        let state = |assertion: &Assertion| self.ways.state(assertion.step).clone();
        match furthest {
            [] => (Status::At(self.workflow.initial().clone()), None),
            [one] => (Status::At(state(one)), Some(one.on.clone())),
            several => {
                let side = |one: &&Assertion| Side {
                    state: state(one),
                    event: one.on.event,
                    by: one.on.by.clone(),
                    at: one.on.at,
                };
                (Status::Diverged(several.iter().map(side).collect()), None)
            }
        }
    }

    /// The details given on the way that holds; while diverged, those on which all sides agree.
    fn details(&self, furthest: &[&Assertion]) -> Map<String, Value> {
        let Some((first, others)) = furthest.split_first() else { return self.history.packet().details.clone() };
        let mut details = self.ways.details(first.step).clone();
        details
            .retain(|name, value| others.iter().all(|other| self.ways.details(other.step).get(name) == Some(&*value)));
        details
    }

    /// Records that an event asserts a status; what its writer had seen no longer stands.
    fn assert(&mut self, step: usize, on: &Record, saw_all: bool) {
        let history = self.history;
        let new = on.event.hash;
        self.assertions.retain(|assertion| !saw_all && !history.is_ancestor(assertion.on.event.hash, new));
        self.assertions.push(Assertion { step, on: on.clone() });
        self.assertion_by_event.insert(new, step);
    }

    /// An event says that the request goes on from where its writer stood, and somebody ended it at the same time: these are
    /// two ways.
    fn stay(&mut self, event: &Event, on: &Record, saw_all: bool) {
        let Some(before) = self.way_seen_by(event, saw_all) else { return };
        let state = self.ways.state(before).clone();
        let mut step = before;
        // Whoever brought it there has done so still.
        for by in self.ways.takers(before).to_vec() {
            step = self.ways.take(Some(before), &state, &Map::new(), &by);
        }
        self.assert(step, on, saw_all);
    }

    /// The way on which an event's writer stood: the furthest that it had seen. Of several that exclude each other,
    /// which the decision refuses, one.
    fn way_seen_by(&self, event: &Event, saw_all: bool) -> Option<usize> {
        let standing: Vec<usize> = if saw_all {
            self.assertions.iter().map(|assertion| assertion.step).collect()
        } else {
            self.steps_seen_by(event)
        };
        standing.into_iter().reduce(|a, b| if self.ways.leads_to(b, a) { a } else { b })
    }

    /// The steps that stood before an event's writer. Others may have replaced them since, so what stands
    /// now does not tell: the nearest ancestors that asserted a status do.
    fn steps_seen_by(&self, event: &Event) -> Vec<usize> {
        let mut open: Vec<Hash> = event.parents().to_vec();
        let mut seen: HashSet<Hash> = HashSet::new();
        let mut nearest: Vec<(usize, Hash)> = Vec::new();
        while let Some(hash) = open.pop() {
            if !seen.insert(hash) {
                continue;
            }
            match self.assertion_by_event.get(&hash) {
                Some(step) => nearest.push((*step, hash)),
                None => open.extend(self.history.event(hash).map(Event::parents).unwrap_or_default()),
            }
        }
        // The nearest on one branch can be what another branch had seen and replaced.
        let replaced = |hash: Hash| nearest.iter().any(|(_, by)| *by != hash && self.history.is_ancestor(hash, *by));
        let mut steps: Vec<usize> =
            nearest.iter().filter(|(_, hash)| !replaced(*hash)).map(|(step, _)| *step).collect();
        steps.sort_unstable();
        steps
    }

    /// A delivery was sent back: what showed it and approved it no longer counts, and every part is open again.
    fn begin_anew(&mut self, event: &Event, saw_all: bool) {
        let seen = seen(self.history, &self.keyed, event, saw_all);
        // Who sends it back once more with the same key says what the first one said, evidence and all.
        let own = match self.keyed.standing(event.hash()) {
            Some(Standing::DuplicateOf(first)) => first.hash,
            Some(Standing::SetAsideBy(_)) | None => event.hash(),
        };
        let is_own = |on: &Record| on.event.hash == own;
        self.evidence.iter_mut().filter(|e| seen(e.on.event.hash) && !is_own(&e.on)).for_each(|e| e.counts = false);
        self.approvals.iter_mut().filter(|a| seen(a.on.event.hash)).for_each(|a| a.counts = false);
        self.deliverers.retain(|(_, by)| !seen(*by));
        for said in self.parts.values_mut() {
            said.retain(|s| !seen(s.on.event.hash));
        }
    }
}

/// Whether an event's writer had seen what an earlier one said, be it said by another one with the same key.
fn seen<'a>(history: &'a History, keyed: &'a Keyed, event: &'a Event, saw_all: bool) -> impl Fn(Hash) -> bool + 'a {
    let saw = |earlier: Hash| history.is_ancestor(earlier, event.hash());
    move |earlier| saw_all || saw(earlier) || keyed.again(earlier).iter().any(|again| saw(*again))
}
