//! Ways through the workflow: a tree of steps, so that two clones that took the same way are seen to agree.
//!
//! It knows nothing of events and of who had seen what.

use std::collections::HashMap;
use std::rc::Rc;

use serde_json::{Map, Value};

use super::id::Actor;
use super::workflow::StateName;

/// A step, as a node of the tree: the step before it, the state entered, and what it fixed besides.
#[derive(Clone, PartialEq, Eq, Hash)]
struct Step {
    before: Option<usize>,
    state: StateName,
    details: String,
}

/// What came of a step.
struct Taken {
    step: Step,
    /// The packet's details with those given on the way, this step's included.
    details: Rc<Map<String, Value>>,
    /// Everybody who took it.
    by: Vec<Actor>,
}

/// The steps taken so far. A step's number is larger than that of the step before it.
pub(super) struct Ways {
    at_first: Rc<Map<String, Value>>,
    taken: Vec<Taken>,
    number_of: HashMap<Step, usize>,
}

impl Ways {
    /// No step yet; `at_first` are the packet's details.
    pub(super) fn new(at_first: &Map<String, Value>) -> Self {
        Self { at_first: Rc::new(at_first.clone()), taken: Vec::new(), number_of: HashMap::new() }
    }

    /// The number of the step that somebody took, whether or not others took it before.
    pub(super) fn take(
        &mut self,
        before: Option<usize>,
        state: &StateName,
        given: &Map<String, Value>,
        by: &Actor,
    ) -> usize {
        let details = if given.is_empty() { String::new() } else { serde_json::to_string(given).unwrap_or_default() };
        let step = Step { before, state: state.clone(), details };
        if let Some(known) = self.number_of.get(&step) {
            let takers = &mut self.taken[*known].by;
            if !takers.contains(by) {
                takers.push(by.clone());
            }
            return *known;
        }
        let mut details = Rc::clone(before.map_or(&self.at_first, |before| &self.taken[before].details));
        if !given.is_empty() {
            Rc::make_mut(&mut details).extend(given.clone());
        }
        self.taken.push(Taken { step: step.clone(), details, by: vec![by.clone()] });
        self.number_of.insert(step, self.taken.len() - 1);
        self.taken.len() - 1
    }

    /// The state to which a step leads.
    pub(super) fn state(&self, step: usize) -> &StateName {
        &self.taken[step].step.state
    }

    /// The packet's details with those given on the way, this step's included.
    pub(super) fn details(&self, step: usize) -> &Map<String, Value> {
        &self.taken[step].details
    }

    /// Everybody who took a step.
    pub(super) fn takers(&self, step: usize) -> &[Actor] {
        &self.taken[step].by
    }

    /// Whether the way to `to` passes through `from` (or ends there).
    pub(super) fn leads_to(&self, from: usize, to: usize) -> bool {
        let mut at = Some(to);
        while let Some(step) = at.filter(|step| *step > from) {
            at = self.taken[step].step.before;
        }
        at == Some(from)
    }
}
