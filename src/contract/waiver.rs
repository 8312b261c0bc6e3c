//! When a break may pass: what was agreed in a request, by whom, and until when.

use std::collections::BTreeSet;

use super::state::ContractState;
use crate::domain::hash::Hash;
use crate::domain::id::{RepoId, RequestId, Role};
use crate::domain::state::{State, Status};
use crate::domain::time::{DashedDay, Day};
use crate::domain::workflow::{StateName, Workflow};

/// The member of a request's details that names the content that it is about.
pub const CONTENT: &str = "content_sha256";

/// A request that names a version of a contract.
#[derive(Clone, PartialEq, Debug)]
pub struct Plea {
    /// Which.
    pub id: RequestId,
    /// Where it stands.
    pub status: Status,
    /// The roles in which an approval counts.
    pub approved_as: BTreeSet<Role>,
    /// The SHA-256 of the content that it is about, where it says so.
    pub content: Option<String>,
}

impl Plea {
    /// What a request says.
    #[must_use]
    pub fn of(id: RequestId, state: &State) -> Self {
        let counting = state.approvals.iter().filter(|approval| approval.counts);
        Self {
            id,
            status: state.status.clone(),
            approved_as: counting.map(|approval| approval.role.clone()).collect(),
            content: state.details.get(CONTENT).and_then(|content| content.as_str()).map(str::to_owned),
        }
    }
}

/// What a waiver still lacks.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Lack {
    /// The request is about another content.
    OtherContent,
    /// The request is not accepted yet.
    NotAccepted(String),
    /// Two clones took the request different ways.
    Diverged,
    /// The request was called off, for good.
    CalledOff(String),
    /// A consumer that the break touches has not approved.
    Approval(RepoId),
    /// No reason and no end are on record.
    Record,
    /// It counted until a day that is over.
    Over(DashedDay),
}

impl Lack {
    /// A stable name for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherContent => "other-content",
            Self::NotAccepted(_) => "not-accepted",
            Self::Diverged => "diverged",
            Self::CalledOff(_) => "called-off",
            Self::Approval(_) => "approval",
            Self::Record => "waiver",
            Self::Over(_) => "over",
        }
    }

    /// What it is and what helps, in words.
    #[must_use]
    pub fn told(&self, request: RequestId, reference: &str) -> String {
        let waive = format!("ledger contract waive {reference} --request {request} --reason TEXT --until YYYY-MM-DD");
        match self {
            Self::OtherContent => format!("{request} is about another content of {reference}"),
            Self::NotAccepted(state) => format!("{request} is {state} (ledger transition {request} ACCEPTED)"),
            Self::Diverged => format!("{request} has diverged (ledger show {request} tells how to settle it)"),
            Self::CalledOff(state) => {
                let name = reference.rsplit_once('@').map_or(reference, |(name, _)| name);
                format!("{request} is {state} for good (another request: ledger contract propose {name} FILE)")
            }
            Self::Approval(repo) => format!("an approval as {repo} (ledger approve {request} --as {repo})"),
            Self::Record => format!("a reason and an end ({waive})"),
            Self::Over(until) => format!("a new end: it counted until {until} ({waive})"),
        }
    }
}

/// A waiver, as far as it has got.
#[derive(Clone, PartialEq, Debug)]
pub struct Waiving {
    /// The request.
    pub request: RequestId,
    /// What it still lacks; nothing where the break may pass.
    pub lacks: Vec<Lack>,
    /// Why and until when, where that is on record.
    pub terms: Option<(String, DashedDay)>,
}

impl Waiving {
    /// Whether the break may pass.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.lacks.is_empty()
    }
}

/// Whether a request was accepted and not called off: it has left the first state, and stands on the way that the
/// workflow leads to its end or beside it, but not at another end.
#[must_use]
pub fn is_accepted(state: &StateName, workflow: &Workflow) -> bool {
    if state == workflow.initial() {
        return false;
    }
    let Some(rule) = workflow.state(state) else { return false };
    if !rule.is_final {
        return true;
    }
    let mut seen = BTreeSet::new();
    let mut at = workflow.initial();
    while let Some(next) = workflow.state(at).and_then(|rule| rule.next.as_ref()).filter(|next| seen.insert(*next)) {
        if next == state {
            return true;
        }
        at = next;
    }
    false
}

/// How far a request has got in waiving the break of a version that touches these consumers.
#[must_use]
pub fn waiving(
    plea: &Plea,
    contract: &ContractState,
    version: u32,
    content: Hash,
    touched: &[RepoId],
    workflow: &Workflow,
    today: Day,
) -> Waiving {
    let mut lacks = Vec::new();
    if plea.content.as_ref().is_some_and(|about| *about != content.to_string()) {
        lacks.push(Lack::OtherContent);
    }
    match &plea.status {
        Status::At(state) if is_accepted(state, workflow) => {}
        Status::At(state) if workflow.state(state).is_some_and(|rule| rule.is_final) => {
            lacks.push(Lack::CalledOff(state.to_string()));
        }
        Status::At(state) => lacks.push(Lack::NotAccepted(state.to_string())),
        Status::Diverged(_) => lacks.push(Lack::Diverged),
    }
    let approved = |repo: &RepoId| plea.approved_as.iter().any(|role| role.as_str() == repo.as_str());
    lacks.extend(touched.iter().filter(|repo| !approved(repo)).cloned().map(Lack::Approval));
    let on_record = contract.waivers.iter().map(|waiver| &waiver.waived);
    let last = on_record
        .filter(|waived| waived.version == version && waived.request == plea.id)
        .max_by_key(|waived| waived.until);
    match last {
        None => lacks.push(Lack::Record),
        Some(waived) if waived.until.0 < today => lacks.push(Lack::Over(waived.until)),
        Some(_) => {}
    }
    Waiving { request: plea.id, lacks, terms: last.map(|waived| (waived.reason.clone(), waived.until)) }
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::{chain, registered};
    use super::*;
    use crate::domain::body::ContractBody;
    use crate::domain::contract_body::Waived;

    fn plea(state: &str, approved: &[&str]) -> Plea {
        Plea {
            id: "REQ-20261120-0001".parse().unwrap(),
            status: Status::At(state.parse().unwrap()),
            approved_as: approved.iter().map(|role| role.parse().unwrap()).collect(),
            content: None,
        }
    }

    fn waived(until: &str) -> ContractBody {
        ContractBody::Waived(Waived {
            version: 2,
            request: "REQ-20261120-0001".parse().unwrap(),
            reason: "all have moved".into(),
            until: until.parse().unwrap(),
        })
    }

    fn lacks(plea: &Plea, bodies: Vec<ContractBody>) -> Vec<&'static str> {
        let state = chain(bodies);
        let touched = ["shop".parse().unwrap(), "web".parse().unwrap()];
        let today = "20261120".parse().unwrap();
        let content = Hash::of(&[b"x"]);
        let waiving = waiving(plea, &state, 2, content, &touched, &Workflow::default(), today);
        waiving.lacks.iter().map(Lack::code).collect()
    }

    #[test]
    fn a_break_passes_once_all_of_it_is_there() {
        let agreed = plea("ACCEPTED", &["shop", "web"]);
        assert_eq!(lacks(&agreed, vec![registered(1), waived("2026-11-20")]), [""; 0]);
        assert_eq!(lacks(&agreed, vec![registered(1)]), ["waiver"]);
        assert_eq!(lacks(&agreed, vec![registered(1), waived("2026-11-19")]), ["over"]);
        let half = plea("PROPOSED", &["shop"]);
        assert_eq!(lacks(&half, vec![registered(1), waived("2026-11-20")]), ["not-accepted", "approval"]);
        let off = plea("WITHDRAWN", &["shop", "web"]);
        assert_eq!(lacks(&off, vec![registered(1), waived("2026-11-20")]), ["called-off"]);
        let other = Plea { content: Some("0".repeat(64)), ..agreed };
        assert_eq!(lacks(&other, vec![registered(1), waived("2026-11-20")]), ["other-content"]);
    }

    #[test]
    fn accepted_is_what_was_taken_on_and_not_called_off() {
        let workflow = Workflow::default();
        let accepted = |name: &str| is_accepted(&name.parse().unwrap(), &workflow);
        for name in ["ACCEPTED", "IN_PROGRESS", "BLOCKED", "DELIVERED", "VERIFIED", "CLOSED"] {
            assert!(accepted(name), "{name}");
        }
        for name in ["PROPOSED", "REJECTED", "WITHDRAWN", "ELSEWHERE"] {
            assert!(!accepted(name), "{name}");
        }
    }
}
