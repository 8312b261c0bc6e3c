//! What is open from here: the transitions, what each still needs, and who is expected to act.

use serde_json::{Map, Value};

use super::event::{Evidence, PartStatus};
use super::id::{Actor, ContractRef, RepoId, RequestId, Role};
use super::keyed::KeyConflict;
use super::packet::Packet;
use super::settings::Signatures;
use super::state::{Side, State, Status};
use super::workflow::{Guard, GuardKind, Party, StateName, TransitionRule, Workflow};

/// The kind of note that a rule can ask for.
pub const REVIEW: &str = "review";

/// Something that a transition still needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Need {
    /// A reason in words.
    Reason,
    /// At least one piece of evidence.
    Evidence,
    /// Details that the type demands.
    Details(Vec<String>),
    /// The parts of these targets.
    Parts(Vec<RepoId>),
    /// An approval.
    Approval(Asked),
    /// A note of kind `review`.
    ReviewNote,
    /// A passed compatibility check of the contracts that it names, or an approval.
    ContractCheck(Asked, Vec<Unpassed>),
    /// Somebody other than those who delivered.
    AnotherActor(Vec<Actor>),
}

impl Need {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Reason => "reason",
            Self::Evidence => "evidence",
            Self::Details(_) => "details",
            Self::Parts(_) => "parts",
            Self::Approval(_) => "approval",
            Self::ReviewNote => "review-note",
            Self::ContractCheck(..) => "contract-check",
            Self::AnotherActor(_) => "another-actor",
        }
    }

    /// What it names: details, targets, a role, actors.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        match self {
            Self::Reason | Self::Evidence | Self::ReviewNote => Vec::new(),
            Self::Details(names) => names.clone(),
            Self::Parts(repos) => repos.iter().map(ToString::to_string).collect(),
            Self::Approval(asked) | Self::ContractCheck(asked, _) => vec![asked.role.to_string()],
            Self::AnotherActor(actors) => actors.iter().map(ToString::to_string).collect(),
        }
    }

    /// The options of `ledger transition` that supply it; none where it takes another command or another person.
    fn options(&self) -> String {
        match self {
            Self::Reason => " --reason TEXT".to_owned(),
            Self::Evidence => " --evidence KIND=VALUE".to_owned(),
            Self::Details(names) => names.iter().map(|name| format!(" --set details.{name}=VALUE")).collect(),
            Self::Parts(_) | Self::Approval(_) | Self::ReviewNote | Self::ContractCheck(..) | Self::AnotherActor(_) => {
                String::new()
            }
        }
    }
}

impl std::fmt::Display for Need {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        fn by_hand(action: &Action) -> String {
            action.command_on(&"REQ")
        }
        fn list<T: std::fmt::Display>(items: &[T]) -> String {
            items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
        }
        match self {
            Self::Reason => f.write_str("a reason (--reason TEXT)"),
            Self::Evidence => f.write_str("evidence (--evidence KIND=VALUE)"),
            Self::Details(names) => write!(f, "details: {} (--set details.NAME=VALUE)", list(names)),
            Self::Parts(repos) => {
                let parts = if repos.len() == 1 { "part" } else { "parts" };
                write!(f, "the {parts} of {} ({})", list(repos), by_hand(&Action::Deliver(repos.clone())))
            }
            Self::Approval(asked) => {
                write!(f, "an approval as {} ({})", asked.role, by_hand(&Action::Approve(asked.clone())))
            }
            Self::ReviewNote => write!(f, "a review note ({})", by_hand(&Action::Review)),
            Self::ContractCheck(asked, unpassed) => {
                let (role, approve) = (&asked.role, by_hand(&Action::Approve(asked.clone())));
                let why = if unpassed.is_empty() { String::new() } else { format!(" ({})", list(unpassed)) };
                write!(f, "a passed compatibility check of its contracts{why}, or an approval as {role} ({approve})")
            }
            Self::AnotherActor(actors) => write!(f, "somebody other than {}, who delivered", list(actors)),
        }
    }
}

/// An approval that is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Asked {
    /// In which role.
    pub role: Role,
    /// Whether it must be signed.
    pub signature: Signatures,
}

impl Asked {
    fn of(role: &Role, state: &State) -> Self {
        Self { role: role.clone(), signature: state.signatures }
    }
}

/// A contract's version that did not pass its compatibility check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Unpassed {
    /// Which.
    pub reference: ContractRef,
    /// Why, in words.
    pub why: String,
}

impl std::fmt::Display for Unpassed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.reference, self.why)
    }
}

/// Whether the contracts that a request names passed their compatibility check.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContractCheck {
    /// They did.
    Passed,
    /// These did not, or nobody could check them; of none where it names none.
    NotPassed(Vec<Unpassed>),
}

impl ContractCheck {
    /// The versions that did not pass; `None` if all did.
    #[must_use]
    pub fn unpassed(&self) -> Option<&[Unpassed]> {
        match self {
            Self::Passed => None,
            Self::NotPassed(unpassed) => Some(unpassed),
        }
    }
}

/// What comes with a transition that is tried.
#[derive(Clone, Copy, Debug)]
pub struct Attempt<'a> {
    /// Who tries.
    pub by: &'a Actor,
    /// The reason given.
    pub reason: Option<&'a str>,
    /// The evidence given.
    pub evidence: &'a [Evidence],
    /// The details given.
    pub details: &'a Map<String, Value>,
    /// How the contracts fared.
    pub contract_check: &'a ContractCheck,
}

/// What a transition still needs, given what comes with the attempt.
#[must_use]
pub fn unmet(
    rule: &TransitionRule,
    state: &State,
    packet: &Packet,
    workflow: &Workflow,
    attempt: Attempt<'_>,
) -> Vec<Need> {
    let guards = rule.guards.iter().filter(|guard| guard.applies_to(packet));
    let mut needs: Vec<Need> =
        guards.filter_map(|guard| unmet_guard(guard, state, packet, workflow, attempt)).collect();
    needs.dedup();
    needs
}

fn unmet_guard(
    guard: &Guard,
    state: &State,
    packet: &Packet,
    workflow: &Workflow,
    attempt: Attempt<'_>,
) -> Option<Need> {
    let role = guard.role.as_ref();
    match guard.guard {
        GuardKind::Reason => attempt.reason.is_none_or(|r| r.trim().is_empty()).then_some(Need::Reason),
        GuardKind::Evidence => {
            let there = !attempt.evidence.is_empty() || state.evidence.iter().any(|e| e.counts);
            (!there).then_some(Need::Evidence)
        }
        GuardKind::Details => {
            let wanted = workflow.request_type(&packet.request_type).map(|rule| rule.details.as_slice());
            let told = |name: &&String| {
                let value = attempt.details.get(*name).or_else(|| state.details.get(*name));
                value.is_some_and(|value| !is_blank(value))
            };
            let missing: Vec<String> = wanted.unwrap_or_default().iter().filter(|name| !told(name)).cloned().collect();
            (!missing.is_empty()).then_some(Need::Details(missing))
        }
        GuardKind::TargetsDelivered => {
            let missing: Vec<RepoId> = packet
                .target_repo_ids
                .iter()
                .filter(|repo| !state.part_is(repo, PartStatus::Delivered))
                .cloned()
                .collect();
            (packet.target_repo_ids.len() > 1 && !missing.is_empty()).then_some(Need::Parts(missing))
        }
        GuardKind::Approval => {
            role.filter(|role| !state.approved_as(role)).map(|role| Need::Approval(Asked::of(role, state)))
        }
        GuardKind::ReviewNote => {
            let there = state.notes.iter().any(|note| note.kind.as_deref() == Some(REVIEW));
            (!there).then_some(Need::ReviewNote)
        }
        GuardKind::ContractCheck => {
            let unpassed = attempt.contract_check.unpassed()?;
            let role = role.filter(|role| !state.approved_as(role))?;
            Some(Need::ContractCheck(Asked::of(role, state), unpassed.to_vec()))
        }
        GuardKind::NotDeliverer => {
            state.deliverers.contains(attempt.by).then(|| Need::AnotherActor(vec![attempt.by.clone()]))
        }
    }
}

pub(super) fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(members) => members.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

/// A transition that is open, and what it still needs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Open {
    /// Where it leads.
    pub to: StateName,
    /// What it still needs.
    pub needs: Vec<Need>,
}

/// The transitions that are open from where a request stands, as seen by `by` with nothing yet in hand.
#[must_use]
pub fn open(
    state: &State,
    packet: &Packet,
    workflow: &Workflow,
    by: &Actor,
    contract_check: &ContractCheck,
) -> Vec<Open> {
    let Status::At(from) = &state.status else { return Vec::new() };
    let nothing = Map::new();
    let attempt = Attempt { by, reason: None, evidence: &[], details: &nothing, contract_check };
    workflow
        .open_from(from, &packet.request_type)
        .map(|rule| Open { to: rule.to.clone(), needs: unmet(rule, state, packet, workflow, attempt) })
        .collect()
}

/// What somebody can do to bring a request on.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Action {
    /// Bring it into another state, with what that takes.
    Transition {
        /// The state.
        to: StateName,
        /// What it takes.
        needs: Vec<Need>,
    },
    /// Deliver the parts of these targets.
    Deliver(Vec<RepoId>),
    /// Approve it.
    Approve(Asked),
    /// Put a review note on record.
    Review,
    /// Say which of these ways holds.
    Resolve(Vec<Side>),
    /// Say which of the events with this key holds.
    ResolveKey(KeyConflict),
    /// Say what it is: a duplicate, or another request.
    SettleDuplicate,
}

impl Action {
    /// What comes first on the way into a state that still has these needs: what only another command can supply, else
    /// the transition itself.
    #[must_use]
    pub fn towards(to: &StateName, needs: &[Need]) -> Self {
        let first = needs.iter().find_map(|need| match need {
            Need::Parts(repos) => Some(Self::Deliver(repos.clone())),
            Need::Approval(asked) | Need::ContractCheck(asked, _) => Some(Self::Approve(asked.clone())),
            Need::ReviewNote => Some(Self::Review),
            Need::Reason | Need::Evidence | Need::Details(_) | Need::AnotherActor(_) => None,
        });
        first.unwrap_or_else(|| Self::Transition { to: to.clone(), needs: needs.to_vec() })
    }

    /// The command that does it, as one types it; words in capitals stand for what only the one who acts knows.
    #[must_use]
    pub fn command(&self, id: RequestId) -> String {
        self.command_on(&id)
    }

    fn command_on(&self, id: &dyn std::fmt::Display) -> String {
        match self {
            Self::Transition { to, needs } => {
                let options: String = needs.iter().map(Need::options).collect();
                format!("ledger transition {id} {to}{options}")
            }
            Self::Deliver(repos) => {
                let repo = if let [one] = repos.as_slice() { one.as_str() } else { "REPO" };
                format!("ledger respond {id} --repo {repo} --status DELIVERED --evidence KIND=VALUE")
            }
            Self::Approve(Asked { role, signature }) => {
                let sign = if *signature == Signatures::Required { " --sign" } else { "" };
                format!("ledger approve {id} --as {role}{sign}")
            }
            Self::Review => format!("ledger note {id} --kind review --text TEXT"),
            Self::Resolve(sides) => format!("ledger resolve {id} --keep {} --reason TEXT", names_of(sides)),
            Self::ResolveKey(conflict) => {
                let events: Vec<String> = conflict.said.iter().map(|said| said.event.hash.short()).collect();
                format!("ledger resolve {id} --keep {} --reason TEXT", events.join("|"))
            }
            Self::SettleDuplicate => {
                format!(
                    "ledger resolve {id} --duplicate, or if it is none: ledger resolve {id} --distinct --reason TEXT"
                )
            }
        }
    }
}

/// The states of the sides, or where those are the same their heads, as `--keep` takes them.
fn names_of(sides: &[Side]) -> String {
    let states: std::collections::BTreeSet<&str> = sides.iter().map(|side| side.state.as_str()).collect();
    let name = |side: &Side| {
        if states.len() == sides.len() { side.state.to_string() } else { side.event.hash.short() }
    };
    sides.iter().map(name).collect::<Vec<_>>().join("|")
}

/// Who is expected to act, and to what end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Expectation {
    /// Who: repositories or roles.
    pub who: Vec<String>,
    /// What they are to do.
    pub action: Action,
    /// Why it is their turn.
    pub why: String,
}

/// Who is expected to act next; `None` where nothing follows. `duplicate_of` is told where it is a duplicate that nobody
/// has settled.
#[must_use]
pub fn expectation(
    state: &State,
    packet: &Packet,
    workflow: &Workflow,
    contract_check: &ContractCheck,
    duplicate_of: Option<RequestId>,
) -> Option<Expectation> {
    let of_asker = |action, why| Expectation { who: vec![packet.origin_repo_id.to_string()], action, why };
    let name = match &state.status {
        Status::At(name) => name,
        Status::Diverged(sides) => {
            let states: Vec<&str> = sides.iter().map(|side| side.state.as_str()).collect();
            let why = format!("two clones wrote at once and left it {}", states.join(" and "));
            return Some(of_asker(Action::Resolve(sides.clone()), why));
        }
    };
    if let Some(first) = duplicate_of {
        return Some(of_asker(Action::SettleDuplicate, format!("{first} has its key")));
    }
    if let Some(conflict) = state.key_conflicts.first() {
        let why = format!("events with the key {} say different things", conflict.key);
        return Some(of_asker(Action::ResolveKey(conflict.clone()), why));
    }
    let rule = workflow.state(name)?;
    let next = rule.next.as_ref()?;
    let party = match rule.waits_for? {
        Party::Triage => workflow.request_type(&packet.request_type)?.triage,
        party @ (Party::Target | Party::Origin | Party::Pm | Party::Sponsor) => party,
    };
    let needs = needs_of_anybody(name, next, state, packet, workflow, contract_check);
    let action = Action::towards(next, &needs);
    // Where an approval or a part is missing, it is the turn of whoever can give it.
    let who = match &action {
        Action::Deliver(repos) => repos.iter().map(ToString::to_string).collect(),
        Action::Approve(asked) => vec![asked.role.to_string()],
        Action::Transition { .. }
        | Action::Review
        | Action::Resolve(_)
        | Action::ResolveKey(_)
        | Action::SettleDuplicate => members(party, packet),
    };
    let mut why = format!("{next} follows {name}");
    if let Action::Deliver(_) = action {
        why.push_str(" once each target has delivered its part");
    } else if !needs.is_empty() {
        let needs: Vec<String> = needs.iter().map(ToString::to_string).collect();
        why = format!("{why} and needs {}", needs.join("; "));
    }
    Some(Expectation { who, action, why })
}

/// What a transition needs whoever makes it.
fn needs_of_anybody(
    from: &StateName,
    to: &StateName,
    state: &State,
    packet: &Packet,
    workflow: &Workflow,
    contract_check: &ContractCheck,
) -> Vec<Need> {
    let Some(rule) = workflow.open_from(from, &packet.request_type).find(|rule| rule.to == *to) else {
        return Vec::new();
    };
    let nobody_delivered = State { deliverers: Vec::new(), ..state.clone() };
    let nothing = Map::new();
    let attempt = Attempt { by: &packet.created_by, reason: None, evidence: &[], details: &nothing, contract_check };
    unmet(rule, &nobody_delivered, packet, workflow, attempt)
}

fn members(party: Party, packet: &Packet) -> Vec<String> {
    match party {
        Party::Target => packet.target_repo_ids.iter().map(ToString::to_string).collect(),
        Party::Origin => vec![packet.origin_repo_id.to_string()],
        Party::Pm => vec!["pm".to_owned()],
        Party::Sponsor => vec!["sponsor".to_owned()],
        Party::Triage => Vec::new(),
    }
}
