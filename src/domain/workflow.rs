//! The workflow: states, transitions and guards as data. The code knows the guards, not the states.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, LazyLock};

use serde::{Deserialize, Serialize};

use super::event::PartStatus;
use super::hash::Hash;
use super::id::{RequestType, Role, as_text};
use super::json;
use super::packet::{Mode, Packet};

/// The largest workflow file, in bytes.
pub const WORKFLOW_BYTES_MAX: usize = 256 * 1024;
/// The most states of a workflow.
pub const STATES_MAX: usize = 64;
/// The most transition rules of a workflow.
pub const TRANSITIONS_MAX: usize = 512;

/// A workflow that can't be read or contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadWorkflow {
    /// Not JSON as this ledger takes it, or not of a workflow's shape.
    #[error("the workflow is not valid: {0}")]
    Json(#[from] json::BadJson),
    /// A rule that the shape alone does not say.
    #[error("the workflow is not valid: {0}")]
    Rule(String),
}

/// The name of a state: `[A-Z][A-Z0-9_]*`, at most 40 characters.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StateName(Arc<str>);

/// A text that can't be a state's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a state's name: expected [A-Z][A-Z0-9_]*, at most 40 characters")]
pub struct BadStateName(String);

impl StateName {
    /// The name as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Reads a name as people type it: in any case, with `-`, `_` or a blank between words.
    ///
    /// # Errors
    /// [`BadStateName`] if it can't be one even so.
    pub fn parse_typed(text: &str) -> Result<Self, BadStateName> {
        let name = text.trim().to_ascii_uppercase().replace(['-', ' '], "_");
        name.parse().map_err(|_| BadStateName(text.chars().take(60).collect()))
    }
}

impl fmt::Display for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for StateName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for StateName {
    type Err = BadStateName;

    fn from_str(text: &str) -> Result<Self, BadStateName> {
        let shaped = (1..=40).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_uppercase())
            && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_');
        if !shaped {
            return Err(BadStateName(text.chars().take(60).collect()));
        }
        Ok(Self(text.into()))
    }
}

as_text!(StateName);

/// Who is expected to act.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Party {
    /// The repositories that are asked.
    Target,
    /// The repository that asks.
    Origin,
    /// Whoever triages this type of request.
    Triage,
    /// The product manager.
    Pm,
    /// The sponsor.
    Sponsor,
}

/// One state of the workflow.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StateRule {
    /// Its name.
    pub name: StateName,
    /// Whether nothing follows it.
    #[serde(default, rename = "final", skip_serializing_if = "std::ops::Not::not")]
    pub is_final: bool,
    /// Whether requests that depend on one in this state may go on.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub settled: bool,
    /// The state that ordinarily follows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<StateName>,
    /// Who is expected to act.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits_for: Option<Party>,
    /// What a target may say of its part in this state.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<PartStatus>,
}

/// A condition on a transition.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GuardKind {
    /// The transition gives a reason.
    Reason,
    /// There is evidence, given now or since the work was last begun anew.
    Evidence,
    /// The details that the type demands are known.
    Details,
    /// Of several targets, each has delivered its part.
    TargetsDelivered,
    /// Somebody has approved in the guard's role.
    Approval,
    /// A note of kind `review` is on record.
    ReviewNote,
    /// The contracts' compatibility check has passed, or somebody has approved in the guard's role.
    ContractCheck,
    /// Whoever delivered can't do this.
    NotDeliverer,
}

/// A guard with the requests to which it applies; with no restriction it applies to all.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Guard {
    /// The condition.
    pub guard: GuardKind,
    /// The role, for [`GuardKind::Approval`] and [`GuardKind::ContractCheck`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Role>,
    /// Only for requests run in this mode.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<Mode>,
    /// Only for requests of these types.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<RequestType>,
    /// Only for requests whose packet says `sponsor_approval_required`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub sponsor_approval_required: bool,
}

impl Guard {
    /// Whether the guard concerns this request.
    #[must_use]
    pub fn applies_to(&self, packet: &Packet) -> bool {
        self.mode.is_none_or(|mode| mode == packet.coordination_mode)
            && (self.types.is_empty() || self.types.contains(&packet.request_type))
            && (!self.sponsor_approval_required || packet.sponsor_approval_required)
    }
}

/// A transition that the workflow allows.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TransitionRule {
    /// The states that it leaves.
    pub from: Vec<StateName>,
    /// The state that it enters.
    pub to: StateName,
    /// Only for requests of these types; all where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub types: Vec<RequestType>,
    /// The conditions.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// Whether it sends a delivery back to work: earlier evidence, approvals and parts no longer count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rework: bool,
}

/// A kind of request.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TypeRule {
    /// Its name.
    pub name: RequestType,
    /// Who triages it.
    pub triage: Party,
    /// The details that [`GuardKind::Details`] demands.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub details: Vec<String>,
    /// Whether its packets must name a contract.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub names_contract: bool,
}

/// A workflow that was read and checked.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workflow {
    format: u32,
    initial: StateName,
    states: Vec<StateRule>,
    transitions: Vec<TransitionRule>,
    types: Vec<TypeRule>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    supersedes: Vec<String>,
    #[serde(skip)]
    digest: String,
}

/// What every format of a workflow keeps: enough to say where requests stand.
#[derive(Deserialize)]
struct Newer {
    format: u32,
    initial: StateName,
    states: Vec<NewerState>,
}

#[derive(Deserialize)]
struct NewerState {
    name: StateName,
    #[serde(default, rename = "final")]
    is_final: bool,
    #[serde(default)]
    settled: bool,
}

impl From<StateRule> for NewerState {
    fn from(StateRule { name, is_final, settled, .. }: StateRule) -> Self {
        Self { name, is_final, settled }
    }
}

impl From<NewerState> for StateRule {
    fn from(NewerState { name, is_final, settled }: NewerState) -> Self {
        Self { name, is_final, settled, next: None, waits_for: None, parts: Vec::new() }
    }
}

/// The digits of a digest that an event and [`Workflow::supersedes`] name.
const DIGEST_DIGITS: usize = 16;
/// Headings of the index that no state can have.
const RESERVED: [&str; 2] = ["DIVERGED", "DAMAGED"];

/// The built-in workflow, as `init` writes it.
pub const DEFAULT_TEXT: &str = include_str!("workflow.json");

static DEFAULT: LazyLock<Workflow> =
    LazyLock::new(|| Workflow::parse(DEFAULT_TEXT).expect("the built-in workflow is valid: a test reads it"));

impl Default for Workflow {
    fn default() -> Self {
        DEFAULT.clone()
    }
}

impl Workflow {
    /// Reads a workflow and checks that it does not contradict itself; of a newer format what every format keeps.
    ///
    /// # Errors
    /// [`BadWorkflow`] names the rule.
    pub fn parse(text: &str) -> Result<Self, BadWorkflow> {
        if text.len() > WORKFLOW_BYTES_MAX {
            return Err(BadWorkflow::Rule(format!("larger than {WORKFLOW_BYTES_MAX} bytes")));
        }
        let mut workflow = match json::read::<Self>(text) {
            // What a newer format says in known words may mean something else.
            Ok(workflow) if workflow.format <= super::FORMAT => workflow,
            Ok(newer) => Self::of_newer(Newer {
                format: newer.format,
                initial: newer.initial,
                states: newer.states.into_iter().map(NewerState::from).collect(),
            }),
            Err(error) => match json::read::<Newer>(text) {
                Ok(newer) if newer.format > super::FORMAT => Self::of_newer(newer),
                Ok(_) | Err(_) => return Err(error.into()),
            },
        };
        if workflow.is_known_format() {
            workflow.check().map_err(BadWorkflow::Rule)?;
        }
        // What it supersedes says nothing of its own rules.
        let supersedes = std::mem::take(&mut workflow.supersedes);
        let canonical = serde_json::to_string(&workflow).map_err(json::BadJson::from)?;
        let digest = Hash::of(&[b"ledger-workflow-v1\n", canonical.as_bytes()]).to_string();
        workflow.digest = digest[..DIGEST_DIGITS].to_owned();
        workflow.supersedes = supersedes;
        Ok(workflow)
    }

    fn of_newer(newer: Newer) -> Self {
        Self {
            format: newer.format,
            initial: newer.initial,
            states: newer.states.into_iter().map(StateRule::from).collect(),
            transitions: Vec::new(),
            types: Vec::new(),
            supersedes: Vec::new(),
            digest: String::new(),
        }
    }

    /// Whether this program knows all of it: only then may it write under it, or judge by it.
    #[must_use]
    pub fn is_known_format(&self) -> bool {
        self.format <= super::FORMAT
    }

    /// The version of the file's format.
    #[must_use]
    pub fn format(&self) -> u32 {
        self.format
    }

    /// The digests of the workflows that were in force before this one, as events name them.
    #[must_use]
    pub fn supersedes(&self) -> &[String] {
        &self.supersedes
    }

    /// The state in which requests begin.
    #[must_use]
    pub fn initial(&self) -> &StateName {
        &self.initial
    }

    /// The states, in the order of the file.
    #[must_use]
    pub fn states(&self) -> &[StateRule] {
        &self.states
    }

    /// The transitions, in the order of the file.
    #[must_use]
    pub fn transitions(&self) -> &[TransitionRule] {
        &self.transitions
    }

    /// The request types, in the order of the file.
    #[must_use]
    pub fn types(&self) -> &[TypeRule] {
        &self.types
    }

    /// The rule of one state.
    #[must_use]
    pub fn state(&self, name: &StateName) -> Option<&StateRule> {
        self.states.iter().find(|state| state.name == *name)
    }

    /// The rule of one request type.
    #[must_use]
    pub fn request_type(&self, name: &RequestType) -> Option<&TypeRule> {
        self.types.iter().find(|rule| rule.name == *name)
    }

    /// Whether nothing follows a state. A state that the workflow does not know is not final.
    #[must_use]
    pub fn is_final(&self, name: &StateName) -> bool {
        self.state(name).is_some_and(|state| state.is_final)
    }

    /// The transitions open to a request of this type in this state, guards aside.
    pub fn open_from<'a>(
        &'a self,
        from: &'a StateName,
        request_type: &'a RequestType,
    ) -> impl Iterator<Item = &'a TransitionRule> {
        self.transitions.iter().filter(move |rule| {
            rule.from.contains(from) && (rule.types.is_empty() || rule.types.contains(request_type))
        })
    }

    /// The first 16 digits of the workflow's digest: which workflow judged an event.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    fn check(&self) -> Result<(), String> {
        if self.format == 0 {
            return Err(format!("format {} is not known to this program", self.format));
        }
        if self.states.len() > STATES_MAX || self.transitions.len() > TRANSITIONS_MAX || self.types.len() > STATES_MAX {
            return Err(format!("more than {STATES_MAX} states or types, or {TRANSITIONS_MAX} transitions"));
        }
        let is_digest = |text: &String| text.len() == DIGEST_DIGITS && text.bytes().all(|b| b.is_ascii_hexdigit());
        if let Some(other) = self.supersedes.iter().find(|text| !is_digest(text)) {
            return Err(format!("supersedes names {other:?}: expected {DIGEST_DIGITS} hexadecimal digits"));
        }
        if let Some(state) = self.states.iter().find(|state| RESERVED.contains(&state.name.as_str())) {
            return Err(format!("the state {} would be taken for what the index calls so", state.name));
        }
        let mut names = std::collections::BTreeSet::new();
        if let Some(twice) = self.states.iter().find(|state| !names.insert(&state.name)) {
            return Err(format!("the state {} stands twice", twice.name));
        }
        let mut types = std::collections::BTreeSet::new();
        if let Some(twice) = self.types.iter().find(|rule| !types.insert(&rule.name)) {
            return Err(format!("the type {} stands twice", twice.name));
        }
        if self.types.is_empty() {
            return Err("it has no request type".into());
        }
        let known = |name: &StateName, place: &str| {
            if names.contains(name) {
                Ok(())
            } else {
                Err(format!("{place} names the state {name}, which is not listed"))
            }
        };
        known(&self.initial, "initial")?;
        for state in &self.states {
            if let Some(next) = &state.next {
                known(next, &format!("the state {}", state.name))?;
            }
        }
        for rule in &self.transitions {
            known(&rule.to, "a transition")?;
            for from in &rule.from {
                known(from, "a transition")?;
                if self.is_final(from) {
                    return Err(format!("a transition leaves {from}, which is final"));
                }
            }
            let roleless = rule
                .guards
                .iter()
                .find(|g| matches!(g.guard, GuardKind::Approval | GuardKind::ContractCheck) && g.role.is_none());
            if roleless.is_some() {
                return Err(format!("a guard of the transition to {} needs a role", rule.to));
            }
            let listed = rule.types.iter().chain(rule.guards.iter().flat_map(|guard| &guard.types));
            if let Some(unknown) = listed.into_iter().find(|name| self.request_type(name).is_none()) {
                return Err(format!("the transition to {} names the type {unknown}, which is not listed", rule.to));
            }
        }
        if !self.states.iter().any(|state| state.is_final) {
            return Err("no state is final".into());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_workflow_is_valid() {
        let workflow = Workflow::parse(DEFAULT_TEXT).unwrap();
        let finals: Vec<&str> = workflow.states().iter().filter(|s| s.is_final).map(|s| s.name.as_str()).collect();
        assert_eq!(finals, ["CLOSED", "REJECTED", "WITHDRAWN"]);
    }

    #[test]
    fn every_state_that_is_not_final_can_be_withdrawn() {
        let workflow = Workflow::default();
        let bug = "bug".parse().unwrap();
        for state in workflow.states().iter().filter(|s| !s.is_final) {
            assert!(workflow.open_from(&state.name, &bug).any(|t| t.to.as_str() == "WITHDRAWN"), "{}", state.name);
        }
    }

    #[test]
    fn contradictions_are_found() {
        for (change, part) in [
            (("\"initial\": \"PROPOSED\"", "\"initial\": \"NOWHERE\""), "NOWHERE"),
            (("\"from\": [\"VERIFIED\"]", "\"from\": [\"CLOSED\"]"), "final"),
            (("\"role\": \"sponsor\", ", ""), "role"),
            (("\"name\": \"ACCEPTED\"", "\"name\": \"PROPOSED\""), "twice"),
            (("\"name\": \"ACCEPTED\"", "\"name\": \"DIVERGED\""), "index"),
            (("\"format\": 1", "\"format\": 1, \"supersedes\": [\"x\"]"), "supersedes"),
        ] {
            let error = Workflow::parse(&DEFAULT_TEXT.replacen(change.0, change.1, 9)).unwrap_err().to_string();
            assert!(error.contains(part), "{error}");
        }
    }

    #[test]
    fn what_it_supersedes_does_not_make_it_another() {
        let later = DEFAULT_TEXT.replacen("\"format\": 1", "\"format\": 1, \"supersedes\": [\"0123456789abcdef\"]", 1);
        let later = Workflow::parse(&later).unwrap();
        assert_eq!(later.supersedes(), ["0123456789abcdef"]);
        assert_eq!(later.digest(), Workflow::default().digest());
    }

    #[test]
    fn of_a_newer_format_the_states_are_known() {
        let newer = DEFAULT_TEXT.replacen("\"format\": 1", "\"format\": 2, \"clocks\": []", 1);
        let newer = Workflow::parse(&newer).unwrap();
        assert!(!newer.is_known_format() && newer.is_final(&"CLOSED".parse().unwrap()));
        assert!(Workflow::parse(&DEFAULT_TEXT.replacen("\"format\": 1", "\"format\": 0", 1)).is_err());
    }

    #[test]
    fn states_are_typed_in_any_form() {
        for text in ["in-progress", "IN_PROGRESS", " In Progress "] {
            assert_eq!(StateName::parse_typed(text).unwrap().as_str(), "IN_PROGRESS");
        }
        assert!(StateName::parse_typed("../x").is_err());
    }
}
