//! Judging a history by replay: was each step allowed where its writer stood?

use std::collections::BTreeSet;

use super::body::{Claimed, Created, Resolved, Responded, Transitioned};
use super::claim;
use super::decide::{Context, Refusal, Transition, check_open, check_part, decide_transition};
use super::event::{Body, Event};
use super::history::{Head, History};
use super::id::Actor;
use super::keyed::Keyed;
use super::outlook::{ContractCheck, open};
use super::settings::{Roles, Signatures};
use super::state::{Replay, State, Status};
use super::time::Timestamp;
use super::workflow::Workflow;

/// An event that the workflow would not have allowed where its writer stood.
#[derive(Clone, PartialEq, Debug)]
pub struct Illegality {
    /// The event.
    pub event: Head,
    /// Which rule it breaks.
    pub refusal: Refusal,
    /// By which workflow it was judged when it was written.
    pub under: Under,
}

/// A workflow that an event names, as the one in force knows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Under {
    /// The one in force. A resolve depends on none.
    Present,
    /// One that the one in force says it supersedes.
    Earlier,
    /// None that is known here.
    Unknown(String),
}

impl Under {
    fn of(named: &str, workflow: &Workflow) -> Self {
        if named == workflow.digest() {
            Self::Present
        } else if workflow.supersedes().iter().any(|earlier| earlier == named) {
            Self::Earlier
        } else {
            Self::Unknown(named.to_owned())
        }
    }
}

/// Judges a history by replay: where it begins, every transition, every target's word and every resolve. What its writer
/// had seen must have allowed it. Roles and contract checks are left out, since both change with time and neither is in
/// the history.
#[must_use]
pub fn judge(history: &History, workflow: &Workflow) -> Vec<Illegality> {
    // What was set aside later counted for whoever wrote before that.
    let keyed = Keyed::of_all(history);
    let (mut found, mut replay) = (Vec::new(), Replay::new(history, workflow, keyed.unsettled()));
    // What a target may say when is the workflow's too, but its word does not name the workflow.
    let mut last = Under::Present;
    for (place, event) in history.events().iter().enumerate() {
        let saw_all = replay.saw_all(event);
        let seen = || if saw_all { replay.state() } else { state_seen_by(history, event.parents(), workflow) };
        if let Some(named) = workflow_of(event) {
            last = Under::of(named, workflow);
        }
        let (judged, under) = match event.body() {
            Body::Created(created) => (judge_beginning(created, workflow), last.clone()),
            Body::Transitioned(t) => (judge_transition(&seen(), history, t, event.by(), workflow), last.clone()),
            Body::Responded(part) => (judge_part(&seen(), history, part, workflow), last.clone()),
            Body::Resolved(resolved) => (judge_resolve(&seen(), resolved), Under::Present),
            Body::Claimed(claimed) => judge_claim(&seen(), claimed, event, workflow, &last),
            Body::Released(released) => {
                let judged = claim::judge_release(&seen().claims, released, event.by());
                (judged.map_err(Refusal::WrongClaim), Under::Present)
            }
            Body::Noted(_)
            | Body::EvidenceAdded(_)
            | Body::Approved(_)
            | Body::Renumbered(_)
            | Body::IdResolved(_)
            | Body::Distinct(_)
            | Body::KeyResolved(_)
            | Body::Contract(_)
            | Body::Other(_) => (Ok(()), Under::Present),
        };
        let head = Head { n: event.n(), hash: event.hash() };
        found.extend(judged.err().map(|refusal| Illegality { event: head, refusal, under }));
        replay.evolve(event);
        if keyed.is_settled_by_words() && matches!(event.body(), Body::KeyResolved(_) | Body::Resolved(_)) {
            let before = history.events().iter().take(place + 1);
            replay = Replay::new(history, workflow, Keyed::of(history, before.clone()));
            before.for_each(|event| replay.evolve(event));
        }
    }
    found
}

/// The workflow that judged an event when it was written, where it says.
fn workflow_of(event: &Event) -> Option<&str> {
    match event.body() {
        Body::Created(created) => Some(&created.data.workflow),
        Body::Transitioned(transitioned) => Some(&transitioned.data.workflow),
        Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
        | Body::Resolved(_)
        | Body::Renumbered(_)
        | Body::IdResolved(_)
        | Body::Claimed(_)
        | Body::Released(_)
        | Body::Distinct(_)
        | Body::KeyResolved(_)
        | Body::Contract(_)
        | Body::Other(_) => None,
    }
}

fn judge_beginning(created: &Created, workflow: &Workflow) -> Result<(), Refusal> {
    if created.to == *workflow.initial() {
        return Ok(());
    }
    Err(Refusal::Contradicts(format!("it begins as {}; the workflow begins with {}", created.to, workflow.initial())))
}

fn judge_part(state: &State, history: &History, part: &Responded, workflow: &Workflow) -> Result<(), Refusal> {
    check_part(state, history.packet(), part, workflow)
}

fn judge_transition(
    state: &State,
    history: &History,
    on_record: &Transitioned,
    by: &Actor,
    workflow: &Workflow,
) -> Result<(), Refusal> {
    let wanted = Transition {
        to: on_record.to.clone(),
        reason: on_record.data.reason.clone(),
        evidence: on_record.data.evidence.clone(),
        details: on_record.data.details.clone(),
        occurred_at: None,
    };
    let context = Context {
        workflow,
        roles: &Roles::new(),
        by,
        contract_check: &ContractCheck::Passed,
        signatures: Signatures::Optional,
        worthless: &BTreeSet::new(),
        now: Timestamp::from_unix_ms(0),
        first_of_key: None,
    };
    if let Body::Transitioned(allowed) = decide_transition(state, history.packet(), &wanted, context)? {
        if allowed.from != on_record.from {
            return Err(Refusal::Illegal {
                from: on_record.from.clone(),
                to: on_record.to.clone(),
                open: open(state, history.packet(), workflow, by, &ContractCheck::Passed),
            });
        }
        if allowed.data.rework != on_record.data.rework {
            let (said, is) = (on_record.data.rework, allowed.data.rework);
            return Err(Refusal::Contradicts(format!("it says rework: {said}; by the workflow it is {is}")));
        }
    }
    Ok(())
}

/// Whether a claim had expired is judged by the moment of the event that takes it, whatever the clock says now. Which
/// states are final is the workflow's to say; who was in the way is not.
fn judge_claim(
    state: &State,
    claimed: &Claimed,
    event: &Event,
    workflow: &Workflow,
    last: &Under,
) -> (Result<(), Refusal>, Under) {
    if let Err(over) = check_open(state, workflow) {
        return (Err(over), last.clone());
    }
    let judged = claim::judge_claim(&state.claims, claimed, event.by(), event.clock().at);
    (judged.map_err(Refusal::WrongClaim), Under::Present)
}

fn judge_resolve(state: &State, r: &Resolved) -> Result<(), Refusal> {
    match &state.status {
        Status::At(name) => Err(Refusal::NotDiverged(name.clone())),
        Status::Diverged(sides) if sides.iter().any(|s| s.event.hash == r.data.keep && s.state == r.to) => Ok(()),
        Status::Diverged(sides) => Err(Refusal::NoSuchSide { keep: r.data.keep.to_string(), sides: sides.clone() }),
    }
}

/// The state as a writer saw it that knew only these heads and what led to them.
fn state_seen_by(history: &History, heads: &[super::hash::Hash], workflow: &Workflow) -> State {
    let mut seen: std::collections::HashSet<super::hash::Hash> = heads.iter().copied().collect();
    // Parents stand before their children in canonical order.
    for event in history.events().iter().rev() {
        if seen.contains(&event.hash()) {
            seen.extend(event.parents());
        }
    }
    let seen = history.events().iter().filter(|event| seen.contains(&event.hash()));
    let mut replay = Replay::new(history, workflow, Keyed::of(history, seen.clone()));
    seen.for_each(|event| replay.evolve(event));
    replay.state()
}
