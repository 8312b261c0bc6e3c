//! What waits, for a session that begins: one look over the open requests, of which a few are told.

use std::collections::BTreeMap;

use super::claim::{ClaimSeen, ClaimsSeen};
use super::conflicts::Conflict;
use super::list::{Query, Row, Scope, Sort};
use super::show::AsOf;
use super::{AppError, Ledger};
use crate::domain::event::PartStatus;
use crate::domain::id::{Actor, RepoId, RequestId};
use crate::domain::outlook::Expectation;
use crate::domain::workflow::{Party, StateName};

/// The most requests that are told of what is asked.
const ASKED_MAX: usize = 5;
/// The most that is told of everything else.
const OTHERS_MAX: usize = 3;

/// The first few, and how many there are in all.
#[derive(Clone, PartialEq, Debug)]
pub struct Few<T> {
    /// The first of them.
    pub first: Vec<T>,
    /// How many there are.
    pub matched: usize,
}

impl<T> Default for Few<T> {
    fn default() -> Self {
        Self { first: Vec::new(), matched: 0 }
    }
}

impl<T> Few<T> {
    fn take(&mut self, max: usize, item: impl FnOnce() -> T) {
        self.matched += 1;
        if self.first.len() < max {
            self.first.push(item());
        }
    }
}

/// A request that waits for somebody.
#[derive(Clone, PartialEq, Debug)]
pub struct Waiting {
    /// The request.
    pub row: Row,
    /// Who is expected to do what.
    pub expectation: Option<Expectation>,
}

/// A claim that is in force, or that ran out on a request that is still open.
#[derive(Clone, PartialEq, Debug)]
pub struct Held {
    /// The request.
    pub id: RequestId,
    /// Its title.
    pub title: String,
    /// The claim.
    pub claim: ClaimSeen,
}

/// What waits.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Waits {
    /// What is asked, waits for nothing else, and is not its asker's turn; the most urgent first.
    pub asked: Few<Waiting>,
    /// What is its asker's turn: to be verified, or closed.
    pub returned: Few<Waiting>,
    /// Claims, the one that runs out first.
    pub claims: Few<Held>,
    /// What clones that worked apart left for people to decide.
    pub conflicts: Few<Conflict>,
    /// How many open requests were looked at: asked of the repository or by it, where one is named.
    pub open: usize,
    /// How many of those that are asked wait for others.
    pub blocked: usize,
    /// Requests that can't be read, and why.
    pub damaged: BTreeMap<RequestId, String>,
}

impl Ledger<'_> {
    /// What waits for a repository, or in the whole ledger. `by` is whose claims are told wherever they are.
    ///
    /// # Errors
    /// Failed machinery; damaged requests are part of the answer.
    pub fn waits(&self, repo: Option<&RepoId>, by: Option<&Actor>) -> Result<Waits, AppError> {
        let query = Query { scope: Scope::Open, sort: Sort::Priority, ..Query::default() };
        let mut waits = Waits::default();
        let mut claims: Vec<Held> = Vec::new();
        let damaged = self.each::<AppError>(&query, |row| {
            let is_to = repo.is_none_or(|repo| row.entry.to.contains(repo));
            let is_from = repo.is_none_or(|repo| row.entry.from == *repo);
            claims.extend(self.claim_told(row, is_to || is_from, by));
            if is_to || is_from {
                waits.open += 1;
                Conflict::all_of(row).into_iter().for_each(|conflict| waits.conflicts.take(OTHERS_MAX, || conflict));
            }
            waits.blocked += usize::from(is_to && !row.waits_for.is_empty());
            let waiting = || Waiting { row: row.clone(), expectation: None };
            let is_its_askers = self.is_its_askers_turn(row);
            if is_from && is_its_askers {
                waits.returned.take(OTHERS_MAX, waiting);
            } else if is_to && !is_its_askers && is_ready(row) && !has_answered(row, repo) {
                waits.asked.take(ASKED_MAX, waiting);
            }
            Ok(())
        })?;
        claims.sort_by_key(|held| (held.claim.line.until, held.id));
        for held in claims {
            waits.claims.take(OTHERS_MAX, || held);
        }
        self.tell_which_are_firm(&mut waits.claims.first);
        for waiting in waits.asked.first.iter_mut().chain(&mut waits.returned.first) {
            waiting.expectation = self.expected(waiting.row.id)?;
        }
        Ok(Waits { damaged, ..waits })
    }

    /// Adds to claims whether others are sure to see them.
    fn tell_which_are_firm(&self, held: &mut [Held]) {
        let mut seen: Vec<ClaimsSeen> = held.iter().map(|held| ClaimsSeen::Held(held.claim.clone())).collect();
        self.tell_firm(held.iter().map(|held| held.id).zip(&mut seen));
        for (held, seen) in held.iter_mut().zip(seen) {
            if let ClaimsSeen::Held(claim) = seen {
                held.claim = claim;
            }
        }
    }

    fn claim_told(&self, row: &Row, is_meant: bool, by: Option<&Actor>) -> Option<Held> {
        let Some(ClaimsSeen::Held(claim)) = &row.claim else { return None };
        let is_own = by.is_some_and(|by| claim.line.by == *by);
        let held = || Held { id: row.id, title: row.entry.title.clone(), claim: claim.clone() };
        (is_meant || is_own).then(held)
    }

    /// Whether it waits for the repository that asked: the workflow says so of the state.
    fn is_its_askers_turn(&self, row: &Row) -> bool {
        let state: Option<StateName> = row.entry.state.parse().ok();
        let party = state.and_then(|state| self.workflow.state(&state)?.waits_for);
        match party {
            Some(Party::Origin) => true,
            Some(Party::Target | Party::Triage | Party::Pm | Party::Sponsor) | None => false,
        }
    }

    /// Who is expected to act on it. What became of it in between is told by another command.
    fn expected(&self, id: RequestId) -> Result<Option<Expectation>, AppError> {
        // Who acts is known by nobody's possibilities.
        let anybody: Actor = "anybody".parse()?;
        match self.show(self.store, id, AsOf::Now, &anybody) {
            Ok(view) => Ok(view.expectation),
            Err(AppError::NotFound { .. }) => Ok(None),
            Err(AppError::Store(error)) if error.is_of_files() => Ok(None),
            Err(other) => Err(other),
        }
    }
}

/// Whether it waits for no other request, and nobody has to decide anything first.
fn is_ready(row: &Row) -> bool {
    let entry = &row.entry;
    row.waits_for.is_empty() && entry.duplicate_of.is_none() && !entry.is_undecided()
}

/// Whether the repository has said all that it has to say of its part.
fn has_answered(row: &Row, repo: Option<&RepoId>) -> bool {
    let said = repo.and_then(|repo| row.entry.parts.get(repo));
    // With one target, the state says it.
    let is_one_of_several = row.entry.to.len() > 1;
    let is_done =
        |said: &String| *said == PartStatus::Delivered.to_string() || *said == PartStatus::Declined.to_string();
    is_one_of_several && said.is_some_and(is_done)
}
