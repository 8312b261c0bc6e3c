//! The decision: given where a request stands, is this command allowed, and which event does it make?

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::claim::{self, Holding, Wish};
use super::duplicate::{self, Duplicate};
use super::event::{
    Approved, Body, Evidence, EvidenceAdded, Noted, PartStatus, Resolved, ResolvedData, Responded, Transitioned,
    TransitionedData,
};
use super::hash::Hash;
use super::history::History;
use super::id::{Actor, RequestId, Role};
use super::keyed::{KeyConflict, KeyResolved};
use super::outlook::{Attempt, ContractCheck, is_blank, open, unmet};
use super::packet::{Mode, Packet};
pub use super::refusal::Refusal;
use super::settings::{Roles, Signatures};
use super::state::{Side, State, Status};
use super::time::Timestamp;
use super::workflow::{StateName, Workflow};

/// What somebody wants done to a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Command {
    /// Bring it into another state.
    Transition(Transition),
    /// Speak for one target's part.
    Respond(Responded),
    /// Put a remark on record.
    Note(Noted),
    /// Put evidence on record.
    AddEvidence(EvidenceAdded),
    /// Give leave in a role.
    Approve(Approved),
    /// Say which side of a diverged request holds, or which of several events with one key.
    Resolve(Resolve),
    /// End it as a duplicate.
    Duplicate(Duplicate),
    /// Say that it is no duplicate, and why.
    Distinct(String),
    /// Claim it, or prolong a claim.
    Claim(Wish),
    /// Prolong what was claimed.
    Heartbeat(claim::Term),
    /// Give up what was claimed.
    Release(Option<String>),
    /// Give up a claim for that of another clone.
    Concede(Concede),
}

/// A wish to settle which of two claims holds that were made without knowledge of each other: the one that was published
/// first. Whoever brings the clones together may say so of anybody's claim.
#[derive(Clone, PartialEq, Debug)]
pub struct Concede {
    /// The claim that is given up.
    pub claim: Hash,
    /// The one that holds.
    pub lost_to: Hash,
    /// Why.
    pub reason: Option<String>,
}

/// A wish to bring a request into another state.
#[derive(Clone, PartialEq, Debug)]
pub struct Transition {
    /// The state wanted.
    pub to: StateName,
    /// Why.
    pub reason: Option<String>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// Details that the packet did not have yet.
    pub details: Map<String, Value>,
    /// When it happened at its source.
    pub occurred_at: Option<String>,
}

/// A wish to settle a diverged request, or a key that events bear which say different things.
#[derive(Clone, PartialEq, Debug)]
pub struct Resolve {
    /// What to keep: the first digits of an event's hash, or a state's name.
    pub keep: String,
    /// Why.
    pub reason: String,
}

impl Command {
    /// Whether an event on record says what this command means. What the ledger fills in itself (the state left, the
    /// workflow's digest, whether it was rework) is not part of the meaning, nor is who retries.
    #[must_use]
    pub fn means(&self, body: &Body) -> bool {
        match (self, body) {
            (Self::Transition(t), Body::Transitioned(on_record)) => {
                let Transition { to, reason, evidence, details, occurred_at } = t;
                let data = &on_record.data;
                *to == on_record.to
                    && *reason == data.reason
                    && *evidence == data.evidence
                    && *details == data.details
                    && *occurred_at == data.occurred_at
                    && data.duplicate_of.is_none()
            }
            (Self::Respond(a), Body::Responded(b)) => a == b,
            (Self::Note(a), Body::Noted(b)) => a == b,
            (Self::AddEvidence(a), Body::EvidenceAdded(b)) => a == b,
            (Self::Approve(a), Body::Approved(b)) => a.means(b),
            (Self::Resolve(a), Body::Resolved(b)) => {
                let same_side = b.data.keep.starts_with(&a.keep) || typed_state(&a.keep).as_ref() == Some(&b.to);
                same_side && a.reason == b.data.reason
            }
            (Self::Resolve(a), Body::KeyResolved(b)) => b.keep.starts_with(&a.keep) && a.reason == b.reason,
            (Self::Duplicate(a), Body::Transitioned(b)) => a.means(b),
            (Self::Distinct(a), Body::Distinct(b)) => *a == b.reason,
            // Until when is the ledger's to fill in.
            (Self::Claim(a), Body::Claimed(b)) => a.steal == b.reason,
            (Self::Heartbeat(_), Body::Claimed(b)) => !b.renews.is_empty() && b.reason.is_none(),
            (Self::Release(a), Body::Released(b)) => *a == b.reason && b.lost_to.is_none(),
            (Self::Concede(a), Body::Released(b)) => {
                b.claims == [a.claim] && b.lost_to == Some(a.lost_to) && a.reason == b.reason
            }
            (
                Self::Transition(_)
                | Self::Respond(_)
                | Self::Note(_)
                | Self::AddEvidence(_)
                | Self::Approve(_)
                | Self::Resolve(_)
                | Self::Duplicate(_)
                | Self::Distinct(_)
                | Self::Claim(_)
                | Self::Heartbeat(_)
                | Self::Release(_)
                | Self::Concede(_),
                _,
            ) => false,
        }
    }
}

/// What a decision depends on besides the request itself.
#[derive(Clone, Copy, Debug)]
pub struct Context<'a> {
    /// The workflow in force.
    pub workflow: &'a Workflow,
    /// Who holds which role.
    pub roles: &'a Roles,
    /// Who acts.
    pub by: &'a Actor,
    /// How the contracts that the request names fared.
    pub contract_check: &'a ContractCheck,
    /// Whether approvals of governed requests must be signed.
    pub signatures: Signatures,
    /// Approvals whose signatures were looked at and are worth nothing.
    pub worthless: &'a BTreeSet<Hash>,
    /// The moment at which it is decided: what the event will be dated.
    pub now: Timestamp,
    /// The request with its key that comes before it, if there is one: the first of them all.
    pub first_of_key: Option<RequestId>,
}

/// Decides a command.
///
/// # Errors
/// A [`Refusal`] says which rule forbids it, and what is open instead.
pub fn decide(history: &History, command: &Command, context: Context<'_>) -> Result<Body, Refusal> {
    let state = State::replay(history, context.workflow).under(history.packet(), context.signatures, context.worthless);
    decide_at(&state, history, command, context)
}

fn decide_at(state: &State, history: &History, command: &Command, context: Context<'_>) -> Result<Body, Refusal> {
    let packet = history.packet();
    let body = match command {
        Command::Transition(transition) => {
            check_settled(state, context)?;
            decide_transition(state, packet, transition, context)
        }
        Command::Respond(part) => {
            check_settled(state, context)?;
            check_part(state, packet, part, context.workflow)?;
            needs_role(packet, context, part.repo.as_str())?;
            Ok(Body::Responded(part.clone()))
        }
        Command::Note(note) => Ok(Body::Noted(note.clone())),
        Command::AddEvidence(added) if added.evidence.is_empty() => {
            Err(Refusal::Text("evidence needs at least one KIND=VALUE".into()))
        }
        Command::AddEvidence(added) => Ok(Body::EvidenceAdded(added.clone())),
        Command::Approve(approved) => {
            needs_role(packet, context, approved.role.as_str())?;
            needs_signature(packet, context, approved)?;
            Ok(Body::Approved(approved.clone()))
        }
        Command::Resolve(resolve) => decide_resolve(state, history, resolve),
        Command::Duplicate(wish) => duplicate::end(state, packet, wish, context),
        Command::Distinct(reason) => duplicate::distinct(state, reason, context),
        Command::Claim(wish) => {
            check_settled(state, context)?;
            decide_claim(state, wish, context)
        }
        Command::Heartbeat(term) => {
            check_settled(state, context)?;
            decide_heartbeat(state, *term, context)
        }
        Command::Release(reason) => decide_release(state, reason, context),
        Command::Concede(Concede { claim, lost_to, reason }) => {
            let released = claim::concede(&state.claims, *claim, *lost_to, reason.clone());
            released.map(Body::Released).ok_or(Refusal::NotContested)
        }
    }?;
    body.check().map_err(Refusal::Text)?;
    Ok(body)
}

/// Refuses what would carry a request on that waits for a decision. Where it has diverged, that comes first.
fn check_settled(state: &State, context: Context<'_>) -> Result<(), Refusal> {
    if let Status::Diverged(sides) = &state.status {
        return Err(Refusal::Diverged { sides: sides.clone() });
    }
    duplicate::check(state, context)?;
    if state.key_conflicts.is_empty() { Ok(()) } else { Err(Refusal::KeyTwice(state.key_conflicts.clone())) }
}

pub(super) fn decide_transition(
    state: &State,
    packet: &Packet,
    wanted: &Transition,
    context: Context<'_>,
) -> Result<Body, Refusal> {
    let workflow = context.workflow;
    if workflow.state(&wanted.to).is_none() {
        let known = workflow.states().iter().map(|state| state.name.clone()).collect();
        return Err(Refusal::UnknownState { to: wanted.to.clone(), known });
    }
    let from = match &state.status {
        Status::At(from) => from,
        Status::Diverged(sides) => return Err(Refusal::Diverged { sides: sides.clone() }),
    };
    let rule = workflow.open_from(from, &packet.request_type).find(|rule| rule.to == wanted.to).ok_or_else(|| {
        let open = open(state, packet, workflow, context.by, context.contract_check);
        Refusal::Illegal { from: from.clone(), to: wanted.to.clone(), open }
    })?;
    for (name, value) in &wanted.details {
        let given = state.details.get(name).filter(|given| !is_blank(given) && *given != value);
        if given.is_some() || value.is_null() {
            return Err(Refusal::DetailGiven { name: name.clone() });
        }
    }
    let attempt = Attempt {
        by: context.by,
        reason: wanted.reason.as_deref(),
        evidence: &wanted.evidence,
        details: &wanted.details,
        contract_check: context.contract_check,
    };
    let needs = unmet(rule, state, packet, workflow, attempt);
    if !needs.is_empty() {
        return Err(Refusal::Unmet { from: from.clone(), to: wanted.to.clone(), needs });
    }
    Ok(Body::Transitioned(Transitioned {
        from: from.clone(),
        to: wanted.to.clone(),
        data: TransitionedData {
            reason: wanted.reason.clone(),
            evidence: wanted.evidence.clone(),
            details: wanted.details.clone(),
            rework: rule.rework,
            workflow: workflow.digest().to_owned(),
            occurred_at: wanted.occurred_at.clone(),
            duplicate_of: None,
        },
    }))
}

/// What the workflow says of a target's word, whoever says it.
pub(super) fn check_part(state: &State, packet: &Packet, part: &Responded, workflow: &Workflow) -> Result<(), Refusal> {
    if !packet.target_repo_ids.contains(&part.repo) {
        return Err(Refusal::NotATarget { repo: part.repo.clone(), targets: packet.target_repo_ids.clone() });
    }
    let name = match &state.status {
        Status::At(name) => name,
        Status::Diverged(sides) => return Err(Refusal::Diverged { sides: sides.clone() }),
    };
    let takes = workflow.state(name).map(|rule| rule.parts.as_slice()).unwrap_or_default();
    if !takes.contains(&part.status) {
        return Err(Refusal::PartClosed { state: name.clone(), status: part.status, takes: takes.to_vec() });
    }
    if part.status == PartStatus::Delivered && part.evidence.is_empty() {
        return Err(Refusal::PartNeedsEvidence);
    }
    Ok(())
}

fn decide_resolve(state: &State, history: &History, resolve: &Resolve) -> Result<Body, Refusal> {
    let sides = match &state.status {
        Status::At(_) if !state.key_conflicts.is_empty() => return decide_key(&state.key_conflicts, resolve),
        Status::At(name) => return Err(Refusal::NotDiverged(name.clone())),
        Status::Diverged(sides) => sides,
    };
    let wanted_state = typed_state(&resolve.keep);
    let mut matching = sides.iter().filter(|side| {
        wanted_state.as_ref() == Some(&side.state)
            || side.event.hash.starts_with(&resolve.keep)
            || leads_from(history, side, &resolve.keep)
    });
    match (matching.next(), matching.next()) {
        (Some(side), None) => Ok(Body::Resolved(Resolved {
            to: side.state.clone(),
            data: ResolvedData { keep: side.event.hash, reason: resolve.reason.clone() },
        })),
        (None | Some(_), _) => Err(Refusal::NoSuchSide { keep: resolve.keep.clone(), sides: sides.clone() }),
    }
}

/// Says which of several events with one key holds.
fn decide_key(conflicts: &[KeyConflict], resolve: &Resolve) -> Result<Body, Refusal> {
    let said = conflicts.iter().flat_map(|conflict| conflict.said.iter().map(move |said| (&conflict.key, said)));
    let mut matching = said.filter(|(_, said)| said.event.hash.starts_with(&resolve.keep));
    match (matching.next(), matching.next()) {
        (Some((key, said)), None) => Ok(Body::KeyResolved(KeyResolved {
            key: key.clone(),
            keep: said.event.hash,
            reason: resolve.reason.clone(),
        })),
        (None | Some(_), _) => Err(Refusal::NoSuchEvent { keep: resolve.keep.clone(), conflicts: conflicts.to_vec() }),
    }
}

fn decide_claim(state: &State, wish: &Wish, context: Context<'_>) -> Result<Body, Refusal> {
    check_open(state, context.workflow)?;
    claim::claim(&state.claims, wish, context.by, context.now).map(Body::Claimed).map_err(Refusal::from)
}

fn decide_heartbeat(state: &State, term: claim::Term, context: Context<'_>) -> Result<Body, Refusal> {
    if claim::release(&state.claims, context.by, None).is_none() {
        return Err(not_claimed(state, context));
    }
    // Also one whose claims have all expired: only a claim says that the others' are taken over.
    if let Holding::Contested(claims) = state.claims.holding() {
        return Err(Refusal::Contested(claims.into_iter().cloned().collect()));
    }
    decide_claim(state, &Wish { term, steal: None }, context)
}

fn decide_release(state: &State, reason: &Option<String>, context: Context<'_>) -> Result<Body, Refusal> {
    let released = claim::release(&state.claims, context.by, reason.clone());
    released.map(Body::Released).ok_or_else(|| not_claimed(state, context))
}

/// Why somebody can't prolong or give up what is not theirs: it may be another's.
fn not_claimed(state: &State, context: Context<'_>) -> Refusal {
    let wish = Wish { term: claim::Term::DEFAULT, steal: None };
    match claim::claim(&state.claims, &wish, context.by, context.now) {
        Ok(_) => Refusal::NotClaimed { by: context.by.clone() },
        Err(in_the_way) => in_the_way.into(),
    }
}

/// Refuses a claim on what nothing can follow.
pub(super) fn check_open(state: &State, workflow: &Workflow) -> Result<(), Refusal> {
    match &state.status {
        Status::At(name) if workflow.is_final(name) => Err(Refusal::Over(name.clone())),
        Status::At(_) | Status::Diverged(_) => Ok(()),
    }
}

/// Whether the typed digits name a head that descends from this side. Few digits can name heads of several sides.
fn leads_from(history: &History, side: &Side, keep: &str) -> bool {
    let mut named = history.heads().iter().filter(|head| head.hash.starts_with(keep));
    named.any(|head| history.is_ancestor(side.event.hash, head.hash))
}

fn typed_state(text: &str) -> Option<StateName> {
    StateName::parse_typed(text).ok()
}

fn needs_role(packet: &Packet, context: Context<'_>, role: &str) -> Result<(), Refusal> {
    let held = || {
        let role: Role = role.parse().ok()?;
        context.roles.get(&role).map(|holders| holders.contains(context.by))
    };
    match packet.coordination_mode {
        Mode::Tracked => Ok(()),
        Mode::Governed if held() == Some(true) => Ok(()),
        Mode::Governed => Err(Refusal::RoleNotHeld { by: context.by.clone(), role: role.to_owned() }),
    }
}

fn needs_signature(packet: &Packet, context: Context<'_>, approved: &Approved) -> Result<(), Refusal> {
    match (packet.coordination_mode, context.signatures) {
        (Mode::Governed, Signatures::Required) if approved.signature.is_none() => {
            Err(Refusal::Unsigned { role: approved.role.clone() })
        }
        (Mode::Tracked | Mode::Governed, Signatures::Optional | Signatures::Required) => Ok(()),
    }
}
