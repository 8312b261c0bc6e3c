//! When a request was made, when work on it began, and when it ended: a fold of its history.

use crate::domain::event::{Body, Event};
use crate::domain::history::History;
use crate::domain::keyed::Keyed;
use crate::domain::state::Replay;
use crate::domain::time::Timestamp;
use crate::domain::workflow::{StateName, Workflow};

/// The moments of a request from which lengths of time are measured: those at which things occurred where that is known,
/// else those of the hybrid clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Times {
    /// When it was made.
    pub made_at: Timestamp,
    /// When somebody first brought it into a state of work: one to which a delivery can be sent back (`rework`). Under a
    /// workflow that sends nothing back: into any state but the first one and those in which it has ended.
    pub started_at: Option<Timestamp>,
    /// Since when it has been in states that are settled or final without a break; `None` while it is in another, or has
    /// diverged. A delivery that was sent back, or a request that left such a state again, ends when it ends the last
    /// time.
    pub ended_at: Option<Timestamp>,
}

impl Times {
    /// Folds a history.
    #[must_use]
    pub fn of(history: &History, workflow: &Workflow) -> Self {
        Self {
            made_at: made_at(history),
            started_at: started_at(history, workflow),
            ended_at: ended_at(history, workflow),
        }
    }

    /// From when it was made to its end, in milliseconds.
    #[must_use]
    pub fn lead_ms(&self) -> Option<i64> {
        self.ended_at.map(|ended_at| since(self.made_at, ended_at))
    }

    /// From when work began to its end, in milliseconds.
    #[must_use]
    pub fn cycle_ms(&self) -> Option<i64> {
        self.started_at.zip(self.ended_at).map(|(started_at, ended_at)| since(started_at, ended_at))
    }
}

/// How long after one moment another is, in milliseconds. Clones whose clocks differ may have it the other way round.
pub(super) fn since(from: Timestamp, to: Timestamp) -> i64 {
    (to.unix_ms() - from.unix_ms()).max(0)
}

/// The state into which an event says that it brings the request.
fn entered(event: &Event) -> Option<&StateName> {
    match event.body() {
        Body::Created(created) => Some(&created.to),
        Body::Transitioned(transitioned) => Some(&transitioned.to),
        Body::Resolved(resolved) => Some(&resolved.to),
        Body::Responded(_)
        | Body::Noted(_)
        | Body::EvidenceAdded(_)
        | Body::Approved(_)
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

fn has_ended_in(state: &StateName, workflow: &Workflow) -> bool {
    workflow.state(state).is_some_and(|rule| rule.settled || rule.is_final)
}

fn made_at(history: &History) -> Timestamp {
    let made = history.events().iter().filter(|event| matches!(event.body(), Body::Created(_)));
    made.map(Event::happened_at).chain([history.packet().created_at]).min().unwrap_or(history.packet().created_at)
}

fn started_at(history: &History, workflow: &Workflow) -> Option<Timestamp> {
    let rework: Vec<&StateName> =
        workflow.transitions().iter().filter(|rule| rule.rework).map(|rule| &rule.to).collect();
    let is_work = |state: &StateName| match rework.as_slice() {
        [] => state != workflow.initial() && !has_ended_in(state, workflow),
        states => states.contains(&state),
    };
    let begun = history.events().iter().filter(|event| entered(event).is_some_and(is_work));
    // Clones that wrote at once may be in any order.
    begun.map(Event::happened_at).min()
}

fn ended_at(history: &History, workflow: &Workflow) -> Option<Timestamp> {
    let mut run = Run(has_ended_in(workflow.initial(), workflow).then(|| made_at(history)));
    if is_line(history) {
        for event in history.events() {
            if let Some(state) = entered(event) {
                run.goes_on(has_ended_in(state, workflow), event.happened_at());
            }
        }
        return run.0;
    }
    let mut replay = Replay::new(history, workflow, Keyed::default());
    for event in history.events() {
        replay.evolve(event);
        if entered(event).is_some() {
            let has_ended = replay.stands_at().is_some_and(|state| has_ended_in(state, workflow));
            run.goes_on(has_ended, event.happened_at());
        }
    }
    run.0
}

/// Since when a request has ended, as far as its events were looked at.
struct Run(Option<Timestamp>);

impl Run {
    fn goes_on(&mut self, has_ended: bool, at: Timestamp) {
        // The earlier, for two clones may have ended it at once.
        self.0 = has_ended.then(|| self.0.map_or(at, |since| since.min(at)));
    }
}

/// Whether every event had seen all before it, so that what each says of the state is what holds. That of most is so.
fn is_line(history: &History) -> bool {
    let mut before = history.packet_hash();
    history.events().iter().all(|event| {
        let follows = *event.parents() == [before] && !matches!(event.body(), Body::Resolved(_));
        before = event.hash();
        follows
    })
}
