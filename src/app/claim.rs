//! Claims as somebody sees them, and taking the next request that nobody has.

use super::list::{Claims, Query, Scope, Sort, Waiting};
use super::write::{Conditions, Written, no_turn};
use super::{AppError, Ledger, Session};
use crate::domain::claim::{Expiry, Wish};
use crate::domain::decide::{Command, Refusal};
use crate::domain::event::{Body, Event};
use crate::domain::hash::Hash;
use crate::domain::id::RequestId;
use crate::domain::state::State;
use crate::domain::time::Timestamp;
use crate::index::project::{ClaimLine, EntryClaim};

/// How many requests are tried before it is asked anew which are there.
const TRIED_MAX: usize = 64;
/// How often it is asked at most: each time, others took all that were tried.
const LOOKS_MAX: usize = 1_000;

/// A claim as somebody sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimSeen {
    /// Whose it is, and until when.
    pub line: ClaimLine,
    /// Whether it has expired.
    pub expiry: Expiry,
    /// Whether others are sure to see it; `None` where nothing tells.
    pub firm: Option<bool>,
}

/// Who has claimed a request, as somebody sees it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ClaimsSeen {
    /// One actor.
    Held(ClaimSeen),
    /// Several, without knowledge of each other: nobody holds it.
    Contested(Vec<ClaimSeen>),
}

impl ClaimsSeen {
    /// Whether any of them has not expired.
    #[must_use]
    pub fn is_ahead(&self) -> bool {
        match self {
            Self::Held(claim) => claim.expiry == Expiry::Ahead,
            Self::Contested(claims) => claims.iter().any(|claim| claim.expiry == Expiry::Ahead),
        }
    }
}

/// The claims of a request.
fn each_of(claims: &mut ClaimsSeen) -> &mut [ClaimSeen] {
    match claims {
        ClaimsSeen::Held(claim) => std::slice::from_mut(claim),
        ClaimsSeen::Contested(claims) => claims,
    }
}

impl Ledger<'_> {
    /// Claims as they are seen at a moment. Whether others can see them takes a look at git: see [`Self::tell_firm`].
    #[must_use]
    pub fn claims_seen(&self, claim: &EntryClaim, at: Timestamp) -> ClaimsSeen {
        let seen = |line: &ClaimLine| ClaimSeen { line: line.clone(), expiry: Expiry::of(line.until, at), firm: None };
        match claim {
            EntryClaim::Held(line) => ClaimsSeen::Held(seen(line)),
            EntryClaim::Contested { contested } => ClaimsSeen::Contested(contested.iter().map(seen).collect()),
        }
    }

    /// Who has claimed a request that stands so, for somebody whose clock says `now`.
    #[must_use]
    pub fn claims_of(&self, id: RequestId, state: &State, now: Timestamp) -> Option<ClaimsSeen> {
        let claim = EntryClaim::of(&state.claims.holding())?;
        let mut seen = self.claims_seen(&claim, state.reckoned(now));
        self.tell_firm([(id, &mut seen)].into_iter());
        Some(seen)
    }

    /// Adds to claims of requests whether others are sure to see them.
    pub fn tell_firm<'c>(&self, claims: impl Iterator<Item = (RequestId, &'c mut ClaimsSeen)>) {
        let mut claims: Vec<(RequestId, &mut ClaimSeen)> =
            claims.flat_map(|(id, claims)| each_of(claims).iter_mut().map(move |claim| (id, claim))).collect();
        let events: Vec<(RequestId, Hash)> = claims.iter().map(|(id, claim)| (*id, claim.line.event)).collect();
        for ((_, claim), firm) in claims.iter_mut().zip(self.world.published(&events)) {
            claim.firm = firm;
        }
    }

    /// Of a transition: the claims that were in force before it and are not of who made it.
    #[must_use]
    pub fn passed_over(&self, written: &Written) -> Option<ClaimsSeen> {
        let event = &written.event;
        let is_claim = |event: &Event| matches!(event.body(), Body::Claimed(_));
        if !matches!(event.body(), Body::Transitioned(_)) || !written.history.events().iter().any(is_claim) {
            return None;
        }
        let before = State::replay(&written.history.at_version(event.n() - 1), self.workflow);
        let claim = EntryClaim::of(&before.claims.holding())?;
        let seen = Some(self.claims_seen(&claim, before.reckoned(event.clock().at))).filter(ClaimsSeen::is_ahead)?;
        match &seen {
            ClaimsSeen::Held(claim) if claim.line.by == *event.by() => None,
            ClaimsSeen::Held(_) | ClaimsSeen::Contested(_) => Some(seen),
        }
    }

    /// Claims the first request that a query asks for, is ready and is claimed by nobody: the most urgent, then the
    /// oldest. Of several who do so at once each gets another one.
    ///
    /// # Errors
    /// [`AppError::NothingReady`]; refused, unknown, or failed machinery.
    pub fn claim_next(
        &self,
        query: &Query,
        wish: &Wish,
        conditions: &Conditions,
        session: &Session,
    ) -> Result<Written, AppError> {
        let query = Query {
            scope: Scope::Open,
            waiting: Waiting::Ready,
            claims: Claims::ByNobody,
            sort: Sort::Priority,
            limit: Some(TRIED_MAX),
            cursor: None,
            ..query.clone()
        };
        let command = Command::Claim(wish.clone());
        let mut last = None;
        for _ in 0..LOOKS_MAX {
            let page = self.list(&query)?;
            if page.rows.is_empty() {
                return Err(AppError::NothingReady);
            }
            for row in page.rows {
                // What was listed is what is claimed: nobody has moved it since.
                let expect_version = Some(row.entry.version);
                let conditions = Conditions { expect_version, ..conditions.clone() };
                match self.write(self.store, row.id, &command, &conditions, session) {
                    Err(lost) if is_lost(&lost) => last = Some(row.id),
                    other => return other,
                }
            }
            if session.budget.is_over() {
                break;
            }
        }
        last.map_or(Err(AppError::NothingReady), |id| Err(no_turn(session, id)))
    }
}

/// Whether somebody else was first.
fn is_lost(error: &AppError) -> bool {
    let AppError::Refused { refusal, .. } = error else { return matches!(error, AppError::StaleVersion { .. }) };
    matches!(
        **refusal,
        Refusal::ClaimedByOther(_)
            | Refusal::Contested(_)
            | Refusal::Over(_)
            | Refusal::Duplicate { .. }
            | Refusal::Diverged { .. }
            | Refusal::KeyTwice(_)
    )
}
