//! A request that carries out once more what another one asks: two clones used one key. The first of a key is the request
//! with the smallest id; which one that is takes more than one history to know, and is handed to this room.

use super::body::{Body, Distinct};
use super::decide::{Context, Refusal, Transition, decide_transition};
use super::event::Transitioned;
use super::id::RequestId;
use super::outlook::{Attempt, unmet};
use super::packet::Packet;
use super::state::{State, Status};
use super::workflow::{StateName, Workflow};

/// A wish to end a request as a duplicate.
#[derive(Clone, PartialEq, Debug)]
pub struct Duplicate {
    /// The final state, where one is named.
    pub to: Option<StateName>,
    /// Why, where it is told in other words.
    pub reason: Option<String>,
}

impl Duplicate {
    /// Whether an event on record says what this wish means.
    pub(super) fn means(&self, on_record: &Transitioned) -> bool {
        let Some(first) = on_record.data.duplicate_of else { return false };
        let reason = self.reason.clone().unwrap_or_else(|| reason_for(first));
        self.to.as_ref().is_none_or(|to| *to == on_record.to) && on_record.data.reason.as_deref() == Some(&*reason)
    }
}

/// Whether it waits for somebody to say what it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Settled {
    /// It does: nothing moves before that.
    No,
    /// It has ended, one way or another.
    Ended,
}

/// What a request is a duplicate of, whose key another one has first; `None` if somebody said that it is none.
#[must_use]
pub fn duplicate_of(state: &State, first: Option<RequestId>, workflow: &Workflow) -> Option<(RequestId, Settled)> {
    let first = first.filter(|_| state.distinct.is_empty())?;
    let is_over = matches!(&state.status, Status::At(name) if workflow.is_final(name));
    Some((first, if is_over { Settled::Ended } else { Settled::No }))
}

/// Refuses what would carry a duplicate on.
pub(super) fn check(state: &State, context: Context<'_>) -> Result<(), Refusal> {
    match duplicate_of(state, context.first_of_key, context.workflow) {
        Some((first, Settled::No)) => Err(Refusal::Duplicate { first }),
        Some((_, Settled::Ended)) | None => Ok(()),
    }
}

/// Says that it is no duplicate.
pub(super) fn distinct(state: &State, reason: &str, context: Context<'_>) -> Result<Body, Refusal> {
    let Some((from, _)) = duplicate_of(state, context.first_of_key, context.workflow) else {
        return Err(none(state));
    };
    Ok(Body::Distinct(Distinct { from, reason: reason.to_owned() }))
}

/// Ends it.
pub(super) fn end(state: &State, packet: &Packet, wish: &Duplicate, context: Context<'_>) -> Result<Body, Refusal> {
    let Some((first, settled)) = duplicate_of(state, context.first_of_key, context.workflow) else {
        return Err(none(state));
    };
    let from = match &state.status {
        Status::At(from) => from,
        Status::Diverged(sides) => return Err(Refusal::Diverged { sides: sides.clone() }),
    };
    if settled == Settled::Ended {
        return Err(Refusal::NotDuplicate(format!("it has ended: it is {from}")));
    }
    let reason = wish.reason.clone().unwrap_or_else(|| reason_for(first));
    let ends = ends(state, packet, from, &reason, context);
    let to = match &wish.to {
        None => the_end(&ends, context.workflow).ok_or(Refusal::WhichEnd { from: from.clone(), ends })?,
        Some(to) if context.workflow.state(to).is_some() && !context.workflow.is_final(to) => {
            return Err(Refusal::WhichEnd { from: from.clone(), ends });
        }
        Some(to) => to.clone(),
    };
    let (evidence, details) = (Vec::new(), serde_json::Map::new());
    let transition = Transition { to, reason: Some(reason), evidence, details, occurred_at: None };
    let mut body = decide_transition(state, packet, &transition, context)?;
    if let Body::Transitioned(transitioned) = &mut body {
        transitioned.data.duplicate_of = Some(first);
    }
    Ok(body)
}

fn reason_for(first: RequestId) -> String {
    format!("duplicate of {first}")
}

/// Why a request that nobody takes for a duplicate is none.
fn none(state: &State) -> Refusal {
    Refusal::NotDuplicate(match state.distinct.last() {
        Some(said) => format!("{} said that it is none: {}", said.on.by, said.distinct.reason),
        None => "no request before it has its key".to_owned(),
    })
}

/// The final states that are open from where it stands and take a reason at most.
fn ends(state: &State, packet: &Packet, from: &StateName, reason: &str, context: Context<'_>) -> Vec<StateName> {
    let attempt = Attempt {
        by: context.by,
        reason: Some(reason),
        evidence: &[],
        details: &serde_json::Map::new(),
        contract_check: context.contract_check,
    };
    let rules = context.workflow.open_from(from, &packet.request_type);
    let is_end = |to: &StateName| context.workflow.is_final(to);
    rules
        .filter(|rule| is_end(&rule.to) && unmet(rule, state, packet, context.workflow, attempt).is_empty())
        .map(|rule| rule.to.clone())
        .collect()
}

/// The end that is meant where nobody names one: the only one, or the one to which more states lead than to any other. That
/// is the way out of everything, not the end of one's work.
fn the_end(ends: &[StateName], workflow: &Workflow) -> Option<StateName> {
    let ways = |to: &StateName| -> usize {
        workflow.transitions().iter().filter(|rule| rule.to == *to).map(|rule| rule.from.len()).sum()
    };
    let most = ends.iter().map(ways).max()?;
    let mut widest = ends.iter().filter(|end| ways(end) == most);
    widest.next().filter(|_| widest.next().is_none()).cloned()
}
