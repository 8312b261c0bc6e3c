//! The decision: given where a request stands, is this command allowed, and which event does it make?

use serde_json::{Map, Value};

use super::claim::{self, Claim, Holding, InTheWay, Wish};
use super::event::{
    Approved, Body, Evidence, EvidenceAdded, Noted, PartStatus, Resolved, ResolvedData, Responded, Transitioned,
    TransitionedData,
};
use super::hash::Hash;
use super::history::History;
use super::id::{Actor, RepoId, Role};
use super::outlook::{Attempt, ContractCheck, Need, Open, is_blank, open, unmet};
use super::packet::{Mode, Packet};
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
    /// Say which side of a diverged request holds.
    Resolve(Resolve),
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

/// A wish to settle a diverged request.
#[derive(Clone, PartialEq, Debug)]
pub struct Resolve {
    /// The side to keep: the first digits of an event's hash, or a state's name.
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
            }
            (Self::Respond(a), Body::Responded(b)) => a == b,
            (Self::Note(a), Body::Noted(b)) => a == b,
            (Self::AddEvidence(a), Body::EvidenceAdded(b)) => a == b,
            (Self::Approve(a), Body::Approved(b)) => a.means(b),
            (Self::Resolve(a), Body::Resolved(b)) => {
                let same_side = b.data.keep.starts_with(&a.keep) || typed_state(&a.keep).as_ref() == Some(&b.to);
                same_side && a.reason == b.data.reason
            }
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
    /// The moment at which it is decided: what the event will be dated.
    pub now: Timestamp,
}

/// A command that a rule forbids. A refusal is an answer, not a failure.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The workflow has no such state.
    #[error("the workflow has no state {to}")]
    UnknownState {
        /// The state wanted.
        to: StateName,
        /// The states that there are.
        known: Vec<StateName>,
    },
    /// No transition leads there from here.
    #[error("{}", illegal(.from, .to))]
    Illegal {
        /// Where it stands.
        from: StateName,
        /// The state wanted.
        to: StateName,
        /// What is open from here.
        open: Vec<Open>,
    },
    /// The transition exists, but something is missing.
    #[error("{from} can't become {to} yet: it needs {}", .needs.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unmet {
        /// Where it stands.
        from: StateName,
        /// The state wanted.
        to: StateName,
        /// What is missing.
        needs: Vec<Need>,
    },
    /// Two clones wrote at once; nothing moves before it is settled.
    #[error("the request has diverged: {}", .sides.iter().map(|s| format!("{} ({})", s.state, s.event.hash.short())).collect::<Vec<_>>().join(" and "))]
    Diverged {
        /// The ways that exclude each other.
        sides: Vec<Side>,
    },
    /// There is nothing to settle.
    #[error("the request has not diverged: it is {0}")]
    NotDiverged(StateName),
    /// The side to keep is not one of the sides, or could be several.
    #[error("{keep:?} does not name one side of this request")]
    NoSuchSide {
        /// As typed.
        keep: String,
        /// The sides that there are.
        sides: Vec<Side>,
    },
    /// A repository that was not asked.
    #[error("{repo} is not a target of this request")]
    NotATarget {
        /// The repository.
        repo: RepoId,
        /// Those that were asked.
        targets: Vec<RepoId>,
    },
    /// In this state a target can't say that of its part.
    #[error("no target's part can be {status} while the request is {state}")]
    PartClosed {
        /// Where it stands.
        state: StateName,
        /// What the target says.
        status: PartStatus,
        /// What it may say in this state.
        takes: Vec<PartStatus>,
    },
    /// A delivered part must show something.
    #[error("a DELIVERED part needs evidence (--evidence KIND=VALUE)")]
    PartNeedsEvidence,
    /// In governed mode only those who hold a role speak in it.
    #[error("{by} does not hold the role {role}")]
    RoleNotHeld {
        /// Who acts.
        by: Actor,
        /// The role.
        role: String,
    },
    /// In governed mode the settings can demand that approvals are signed.
    #[error("an approval of a governed request must be signed here")]
    Unsigned {
        /// The role.
        role: Role,
    },
    /// A detail that the packet or an earlier transition gave is not taken back, nor said to be nothing.
    #[error("details.{name} is on record already, or is given as null: a transition only adds details")]
    DetailGiven {
        /// Its name.
        name: String,
    },
    /// Somebody else works on it.
    #[error("claimed by {} until {}", .0.on.by, .0.until)]
    ClaimedByOther(Claim),
    /// Two clones claimed it at once; nobody holds it before that is settled.
    #[error("the request is contested: {}", .0.iter().map(|c| format!("{} claimed it until {}", c.on.by, c.until)).collect::<Vec<_>>().join(", "))]
    Contested(Vec<Claim>),
    /// There is no claim of who acts.
    #[error("{by} has not claimed it")]
    NotClaimed {
        /// Who acts.
        by: Actor,
    },
    /// A claim that does not stand against the other, or not any more.
    #[error("these are no two claims in force that contest each other")]
    NotContested,
    /// Nothing follows its state, so there is nothing to work on.
    #[error("it is {0}: there is nothing to claim")]
    Over(StateName),
    /// A claim or a release on record that nobody could make where its writer stood: only found by judging.
    #[error("{0}")]
    WrongClaim(String),
    /// An event on record says other than what the rules say of it: only found by judging.
    #[error("{0}")]
    Contradicts(String),
    /// A text is empty or too long, or a piece of evidence is not well formed.
    #[error("{0}")]
    Text(String),
}

fn illegal(from: &StateName, to: &StateName) -> String {
    if from == to { format!("it is {to} already") } else { format!("{from} can't become {to}") }
}

/// Decides a command.
///
/// # Errors
/// A [`Refusal`] says which rule forbids it, and what is open instead.
pub fn decide(history: &History, command: &Command, context: Context<'_>) -> Result<Body, Refusal> {
    let state = State::replay(history, context.workflow).under(history.packet(), context.signatures);
    decide_at(&state, history, command, context)
}

fn decide_at(state: &State, history: &History, command: &Command, context: Context<'_>) -> Result<Body, Refusal> {
    let packet = history.packet();
    let body = match command {
        Command::Transition(transition) => decide_transition(state, packet, transition, context),
        Command::Respond(part) => {
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
        Command::Claim(wish) => decide_claim(state, wish, context),
        Command::Heartbeat(term) => decide_heartbeat(state, *term, context),
        Command::Release(reason) => decide_release(state, reason, context),
        Command::Concede(Concede { claim, lost_to, reason }) => {
            let released = claim::concede(&state.claims, *claim, *lost_to, reason.clone());
            released.map(Body::Released).ok_or(Refusal::NotContested)
        }
    }?;
    body.check().map_err(Refusal::Text)?;
    Ok(body)
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

impl From<InTheWay> for Refusal {
    fn from(in_the_way: InTheWay) -> Self {
        match in_the_way {
            InTheWay::Other(claim) => Self::ClaimedByOther(claim),
            InTheWay::Contest(claims) => Self::Contested(claims),
        }
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
