//! Clones of one request and what people do on them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use coordination_ledger::domain::claim::{Term, Wish};
use coordination_ledger::domain::decide::{Command, Context, Refusal, Resolve, Transition, decide};
use coordination_ledger::domain::event::{
    Approved, Body, CreatedData, Event, Evidence, EvidenceAdded, Genesis, Noted, PartStatus, Responded, Unsealed,
};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::history::{BadHistory, History};
use coordination_ledger::domain::id::{Actor, Key, Stream};
use coordination_ledger::domain::outlook::{ContractCheck, Need};
use coordination_ledger::domain::packet::{Draft, Packet};
use coordination_ledger::domain::settings::{Roles, Signatures};
use coordination_ledger::domain::state::{State, Status};
use coordination_ledger::domain::time::{Hybrid, Timestamp};
use coordination_ledger::domain::workflow::Workflow;
use serde_json::{Map, Value, json};

/// Noon of the day on which all tests play.
pub(super) const NOON_MS: i64 = 1_795_176_000_000;

/// What is the same in every clone: the packet, the workflow, who holds which role.
#[derive(Clone, Debug)]
pub(super) struct Request {
    pub(super) packet: Packet,
    pub(super) packet_hash: Hash,
    pub(super) workflow: Workflow,
    pub(super) roles: Roles,
}

impl Request {
    /// A request from `shop` with the packet's members given here. Sam is the sponsor; Bea and Ben own `billing`.
    pub(super) fn with(members: Value) -> Arc<Self> {
        Self::under(Workflow::default(), members)
    }

    /// The same under another workflow.
    pub(super) fn under(workflow: Workflow, members: Value) -> Arc<Self> {
        let mut all = json!({
            "title": "Add a field",
            "origin_repo_id": "shop",
            "target_repo_ids": ["billing"],
            "request_type": "bug",
        });
        all.as_object_mut().unwrap().extend(object(members));
        let draft = Draft::from_json(object(all), &"ann".parse().unwrap()).unwrap();
        let packet = draft.identify("REQ-20261120-0001".parse().unwrap(), Timestamp::from_unix_ms(NOON_MS), [7; 10]);
        let packet_hash = Packet::hash_of(&packet.to_bytes().unwrap());
        let holders = |names: &[&str]| names.iter().map(|name| name.parse().unwrap()).collect::<Vec<Actor>>();
        let roles = BTreeMap::from([
            ("sponsor".parse().unwrap(), holders(&["sam"])),
            ("billing".parse().unwrap(), holders(&["bea", "ben"])),
            ("mail".parse().unwrap(), holders(&["mia"])),
        ]);
        Arc::new(Self { packet, packet_hash, workflow, roles })
    }

    /// Its first event, by the clock at this moment.
    pub(super) fn genesis(&self, at_ms: i64) -> Event {
        self.begun(Hybrid::after(Timestamp::from_unix_ms(at_ms), None), "writer")
    }

    fn begun(&self, clock: Hybrid, writer: &str) -> Event {
        let genesis = Genesis {
            clock,
            writer: writer.parse().unwrap(),
            to: self.workflow.initial().clone(),
            data: CreatedData { workflow: self.workflow.digest().to_owned(), occurred_at: None },
        };
        Event::genesis(&self.packet, self.packet_hash, &genesis).unwrap()
    }

    /// A history of this request.
    pub(super) fn history(&self, events: Vec<Event>) -> Result<History, BadHistory> {
        History::new(self.packet.clone(), self.packet_hash, events)
    }

    /// An event of this request with everything given, whatever the rules say.
    pub(super) fn sealed(&self, body: Body, n: u64, parents: Vec<Hash>) -> Event {
        Event::seal(Unsealed {
            stream: Stream::Request(self.packet.request_id),
            clock: Hybrid { at: Timestamp::from_unix_ms(NOON_MS), tick: n },
            writer: "byhand0".parse().unwrap(),
            by: "ann".parse().unwrap(),
            key: None,
            body,
            n,
            parents,
        })
        .unwrap()
    }
}

/// One clone of the ledger, as far as one request is concerned.
#[derive(Clone)]
pub(super) struct Replica {
    pub(super) request: Arc<Request>,
    pub(super) events: Vec<Event>,
    pub(super) writer: String,
    pub(super) wall: Timestamp,
    pub(super) contract_check: ContractCheck,
}

impl Replica {
    /// A clone that holds the packet and no event: a create that was cut short.
    pub(super) fn cut_short(request: &Arc<Request>, writer: &str) -> Self {
        Self {
            request: Arc::clone(request),
            events: Vec::new(),
            writer: writer.to_owned(),
            wall: Timestamp::from_unix_ms(NOON_MS),
            contract_check: ContractCheck::NotPassed(Vec::new()),
        }
    }

    /// A clone in which the request was made.
    pub(super) fn first(request: &Arc<Request>) -> Self {
        let mut replica = Self::cut_short(request, "first0");
        replica.complete();
        replica
    }

    /// Another clone with the same events.
    pub(super) fn fork(&self, writer: &str) -> Self {
        Self { writer: writer.to_owned(), ..self.clone() }
    }

    /// Completes a create that was cut short.
    pub(super) fn complete(&mut self) {
        let clock = Hybrid::after(self.wall, self.history().clock());
        self.events.push(self.request.begun(clock, &self.writer));
    }

    pub(super) fn history(&self) -> History {
        self.request.history(self.events.clone()).unwrap()
    }

    pub(super) fn state(&self) -> State {
        State::replay(&self.history(), &self.request.workflow)
    }

    /// The state's name, or the names of both sides in alphabetical order: `ACCEPTED | REJECTED`.
    pub(super) fn status(&self) -> String {
        told_status(&self.state().status)
    }

    /// Decides a command and, where it is allowed, writes its event.
    pub(super) fn act(&mut self, by: &str, command: &Command) -> Result<Event, Refusal> {
        self.act_keyed(by, command, None)
    }

    /// The same with a key, which nobody has used here.
    pub(super) fn act_keyed(&mut self, by: &str, command: &Command, key: Option<Key>) -> Result<Event, Refusal> {
        assert!(
            key.as_ref().is_none_or(|key| self.history().with_key(key).is_none()),
            "the first answer is given again"
        );
        let history = self.history();
        let by: Actor = by.parse().unwrap();
        let Request { packet, workflow, roles, .. } = &*self.request;
        let signatures = Signatures::Optional;
        let now = Hybrid::after(self.wall, history.clock()).at;
        let contract_check = &self.contract_check;
        let first_of_key = None;
        let worthless = &BTreeSet::new();
        let context = Context { workflow, roles, by: &by, contract_check, signatures, worthless, now, first_of_key };
        let body = decide(&history, command, context)?;
        let event = Event::seal(Unsealed {
            stream: Stream::Request(packet.request_id),
            clock: Hybrid::after(self.wall, history.clock()),
            writer: self.writer.parse().unwrap(),
            by,
            key,
            body,
            n: history.version() + 1,
            parents: history.next_parents(),
        })
        .unwrap();
        self.events.push(event.clone());
        Ok(event)
    }

    /// What must be allowed. Ann does it.
    pub(super) fn does(&mut self, command: Command) -> Event {
        self.act("ann", &command).unwrap_or_else(|refusal| panic!("{command:?}: {refusal}"))
    }

    /// Several transitions in a row, each with a reason and evidence.
    pub(super) fn goes(&mut self, ways: &[&str]) {
        for to in ways {
            self.does(proven_because(to));
        }
    }

    /// What the answer to a command is, in short; allowed commands are carried out.
    pub(super) fn answer(&mut self, by: &str, command: &Command) -> String {
        match self.act(by, command) {
            Ok(_) => "done".to_owned(),
            Err(refusal) => told(&refusal),
        }
    }

    /// Takes over the other clone's events, as a merge of its log does.
    pub(super) fn pull(&mut self, other: &Self) {
        let merged = self.history().merge(other.history()).unwrap();
        self.events = merged.events().to_vec();
    }
}

/// A transition and nothing with it.
pub(super) fn to(state: &str) -> Command {
    Command::Transition(bare(state))
}

/// A transition with a reason.
pub(super) fn because(state: &str) -> Command {
    Command::Transition(Transition { reason: Some("because".to_owned()), ..bare(state) })
}

/// A transition with evidence.
pub(super) fn proven(state: &str) -> Command {
    Command::Transition(Transition { evidence: vec![commit("1a2b3c4")], ..bare(state) })
}

/// A transition with a reason and evidence.
pub(super) fn proven_because(state: &str) -> Command {
    let (reason, evidence) = (Some("because".to_owned()), vec![commit("1a2b3c4")]);
    Command::Transition(Transition { reason, evidence, ..bare(state) })
}

/// A transition with details.
pub(super) fn detailed(state: &str, details: Value) -> Command {
    Command::Transition(Transition { details: object(details), ..bare(state) })
}

pub(super) fn bare(to: &str) -> Transition {
    let to = to.parse().unwrap();
    Transition { to, reason: None, evidence: Vec::new(), details: Map::new(), occurred_at: None }
}

/// A target's word on its part, with evidence.
pub(super) fn part(repo: &str, status: PartStatus) -> Command {
    Command::Respond(Responded {
        repo: repo.parse().unwrap(),
        status,
        summary: None,
        evidence: vec![commit("5d6e7f8")],
        branch: None,
    })
}

pub(super) fn note(text: &str) -> Command {
    Command::Note(Noted { text: text.to_owned(), kind: None, occurred_at: None })
}

pub(super) fn review() -> Command {
    Command::Note(Noted { text: "what we learnt".to_owned(), kind: Some("review".to_owned()), occurred_at: None })
}

pub(super) fn evidence(value: &str) -> Command {
    Command::AddEvidence(EvidenceAdded { evidence: vec![commit(value)], occurred_at: None })
}

pub(super) fn approval(role: &str) -> Command {
    Command::Approve(Approved { role: role.parse().unwrap(), reason: None, signature: None })
}

pub(super) fn claim() -> Command {
    Command::Claim(Wish { term: Term::DEFAULT, steal: None })
}

pub(super) fn steal() -> Command {
    Command::Claim(Wish { term: Term::DEFAULT, steal: Some("no answer".to_owned()) })
}

pub(super) fn resolve(keep: &str) -> Command {
    Command::Resolve(Resolve { keep: keep.to_owned(), reason: "we talked".to_owned() })
}

pub(super) fn commit(value: &str) -> Evidence {
    Evidence { kind: "commit".to_owned(), value: value.to_owned() }
}

pub(super) fn object(value: Value) -> Map<String, Value> {
    let Value::Object(members) = value else { panic!("not an object: {value}") };
    members
}

pub(super) fn told_status(status: &Status) -> String {
    match status {
        Status::At(name) => name.to_string(),
        Status::Diverged(sides) => {
            let mut names: Vec<&str> = sides.iter().map(|side| side.state.as_str()).collect();
            names.sort_unstable();
            names.join(" | ")
        }
    }
}

/// A refusal in a few words.
pub(super) fn told(refusal: &Refusal) -> String {
    match refusal {
        Refusal::UnknownState { to, .. } => format!("unknown state {to}"),
        Refusal::Illegal { from, to, .. } => format!("illegal: {from} to {to}"),
        Refusal::Unmet { needs, .. } => format!("needs {}", told_needs(needs)),
        Refusal::Diverged { sides } => format!("diverged: {}", told_status(&Status::Diverged(sides.clone()))),
        Refusal::Duplicate { first } => format!("duplicate of {first}"),
        Refusal::NotDuplicate(what) => format!("no duplicate: {what}"),
        Refusal::WhichEnd { ends, .. } => {
            format!("which end: {}", ends.iter().map(ToString::to_string).collect::<Vec<_>>().join(" | "))
        }
        Refusal::KeyTwice(conflicts) => {
            format!("key twice: {}", conflicts.iter().map(|c| c.key.to_string()).collect::<Vec<_>>().join(" | "))
        }
        Refusal::NoSuchEvent { keep, .. } => format!("no such event: {keep}"),
        Refusal::NotDiverged(state) => format!("not diverged: {state}"),
        Refusal::NoSuchSide { keep, .. } => format!("no such side: {keep}"),
        Refusal::NotATarget { repo, .. } => format!("not a target: {repo}"),
        Refusal::PartClosed { state, status, .. } => format!("no part {status} while {state}"),
        Refusal::PartNeedsEvidence => "the part needs evidence".to_owned(),
        Refusal::RoleNotHeld { by, role } => format!("{by} is not {role}"),
        Refusal::Unsigned { role } => format!("unsigned as {role}"),
        Refusal::DetailGiven { name } => format!("given already: {name}"),
        Refusal::ClaimedByOther(claim) => format!("claimed by {}", claim.on.by),
        Refusal::Contested(claims) => {
            let mut names: Vec<&str> = claims.iter().map(|claim| claim.on.by.as_str()).collect();
            names.sort_unstable();
            format!("contested: {}", names.join(" | "))
        }
        Refusal::NotClaimed { by } => format!("not claimed by {by}"),
        Refusal::NotContested => "not contested".to_owned(),
        Refusal::Over(state) => format!("over: {state}"),
        Refusal::WrongClaim(what) => format!("wrong claim: {what}"),
        Refusal::Contradicts(what) => format!("contradicts: {what}"),
        Refusal::Text(text) => format!("text: {text}"),
    }
}

/// What is needed, in a few words.
pub(super) fn told_needs(needs: &[Need]) -> String {
    fn of<T: ToString>(need: &Need, items: &[T]) -> String {
        format!("{}({})", need.code(), items.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
    }
    let need = |need: &Need| match need {
        Need::Reason | Need::Evidence | Need::ReviewNote => need.code().to_owned(),
        Need::Details(names) => of(need, names),
        Need::Parts(repos) => of(need, repos),
        Need::Approval(asked) | Need::ContractCheck(asked, _) => of(need, std::slice::from_ref(&asked.role)),
        Need::AnotherActor(actors) => of(need, actors),
    };
    needs.iter().map(need).collect::<Vec<_>>().join(", ")
}
