//! Putting things on a contract's record: read, decide, append; again if somebody else was first.

use super::super::write::{Effect, Novelty};
use super::super::{AppError, Ledger, Session};
use crate::contract::decide::{ContractCommand, Decision, decide};
use crate::contract::state::ContractState;
use crate::domain::body::{Body, ContractBody};
use crate::domain::event::{BadEvent, Event, Unsealed};
use crate::domain::graph::Graph;
use crate::domain::id::{ContractName, Key, Stream};
use crate::domain::secret;
use crate::domain::time::Hybrid;
use crate::registry::Shelf;
use crate::store::contracts::{Added, Addition};
use crate::store::fs::CLOCK_LEAD_MS_MAX;
use crate::store::{Append, StoreError};

/// How long to wait for others who write.
const WAIT_MAX: std::time::Duration = std::time::Duration::from_secs(10);

/// On what condition something is put on a contract's record.
#[derive(Clone, Debug, Default)]
pub struct ContractConditions {
    /// The idempotency key.
    pub key: Option<Key>,
    /// Whether to write.
    pub effect: Effect,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct ContractWritten {
    /// The contract's state with it.
    pub state: ContractState,
    /// The event; none where it was so already.
    pub event: Option<Event>,
    /// Whether it is new; without an event, it was so before.
    pub novelty: Novelty,
}

/// What became of one try to append.
pub(super) enum Tried {
    /// It is on record.
    Done(Box<Event>),
    /// Somebody else was first.
    Again,
}

impl Ledger<'_> {
    /// Carries out a command on a contract.
    ///
    /// # Errors
    /// [`AppError`]: not there, refused, unknown, or failed machinery.
    pub fn write_contract(
        &self,
        name: &ContractName,
        command: &ContractCommand,
        conditions: &ContractConditions,
        session: &Session,
    ) -> Result<ContractWritten, AppError> {
        self.writable()?;
        loop {
            let Shelf { graph, state, .. } = self.contract(name)?;
            if let Some(first) = conditions.key.as_ref().and_then(|key| graph.with_key(key)) {
                return self.seen(first, &graph, command, conditions, session);
            }
            let body = match decide(&state, command, self.world.now().day())? {
                Decision::Already => {
                    return Ok(ContractWritten { state, event: None, novelty: Novelty::Deduplicated });
                }
                Decision::Write(body) => body,
            };
            let event = self.seal_contract(name, &graph, body, conditions.key.clone(), &[], session)?;
            let with = |event: &Event| -> Result<ContractState, AppError> {
                let mut graph = graph.clone();
                graph.append(event.clone()).map_err(StoreError::from)?;
                Ok(ContractState::replay(name, &graph))
            };
            if conditions.effect == Effect::DryRun {
                return Ok(ContractWritten { state: with(&event)?, event: Some(event), novelty: Novelty::Tried });
            }
            match self.append_contract(name, &graph, event, None, session)? {
                Tried::Done(event) => {
                    return Ok(ContractWritten { state: with(&event)?, event: Some(*event), novelty: Novelty::New });
                }
                Tried::Again if session.budget.is_over() => return Err(no_turn(session, name)),
                Tried::Again => {}
            }
        }
    }

    /// The answer to a key that was used before.
    fn seen(
        &self,
        first: &Event,
        graph: &Graph,
        command: &ContractCommand,
        conditions: &ContractConditions,
        session: &Session,
    ) -> Result<ContractWritten, AppError> {
        let same = if let Body::Contract(body) = first.body() { means(command, body) } else { false };
        if !same {
            return Err(self.key_reused(first, graph));
        }
        let Stream::Contract(name) = graph.stream().clone() else {
            return Err(self.key_reused(first, graph));
        };
        if conditions.effect == Effect::Write {
            // Offered again, the store makes sure that it lasts: its first writer may have been killed before it knew.
            self.append_contract(&name, graph, first.clone(), None, session)?;
        }
        let state = ContractState::replay(&name, &graph.up_to(first.hash()));
        Ok(ContractWritten { state, event: Some(first.clone()), novelty: Novelty::Deduplicated })
    }

    pub(super) fn key_reused(&self, first: &Event, graph: &Graph) -> AppError {
        match first.key().cloned() {
            Some(key) => {
                AppError::KeyReused { key, stream: graph.stream().clone(), event: Some(Box::new(first.clone())) }
            }
            None => AppError::Usage(format!("event {} has no key", first.n())),
        }
    }

    /// Seals an event that follows what was read; `in_file` are the credentials in the file that it puts on record.
    pub(super) fn seal_contract(
        &self,
        name: &ContractName,
        graph: &Graph,
        body: ContractBody,
        key: Option<Key>,
        in_file: &[secret::Found],
        session: &Session,
    ) -> Result<Event, AppError> {
        let now = self.world.now();
        let seen = self.store.witness(None, &session.budget)?;
        let elsewhere = seen.filter(|seen| seen.at <= now.plus_ms(CLOCK_LEAD_MS_MAX));
        let unsealed = Unsealed {
            stream: Stream::Contract(name.clone()),
            clock: Hybrid::after(now, graph.clock().max(elsewhere)),
            writer: self.store.writer()?,
            by: session.by.clone(),
            key,
            body: Body::Contract(body),
            n: graph.version() + 1,
            parents: graph.next_parents(),
        };
        let event = Event::seal_beside(unsealed, in_file).map_err(|bad| match bad {
            BadEvent::Rule(rule) => AppError::Usage(rule),
            BadEvent::Json(bad) => AppError::Usage(bad.without_place()),
            BadEvent::TooLong(_) | BadEvent::NoHash | BadEvent::WrongHash => AppError::Usage(bad.to_string()),
        })?;
        session.admit(in_file.to_vec())?;
        session.admit_event(event)
    }

    /// Appends an event, with the file of the version that it registers.
    pub(super) fn append_contract(
        &self,
        name: &ContractName,
        graph: &Graph,
        event: Event,
        version: Option<(u32, &[u8])>,
        session: &Session,
    ) -> Result<Tried, AppError> {
        // Comparing may have no end; waiting for others has.
        let budget = session.budget.at_most(WAIT_MAX);
        self.store.witness(Some(event.clock()), &budget)?;
        let addition = Addition { event: &event, version };
        match self.store.add_to_contract(name, graph.heads(), addition, &budget)? {
            Added::Appended(Append::Committed(_)) => Ok(Tried::Done(Box::new(event))),
            Added::Appended(Append::Duplicate(_) | Append::Stale { .. }) => Ok(Tried::Again),
            Added::Appended(Append::Unknown(cause)) => Err(AppError::Unknown { cause, key: event.key().cloned() }),
            Added::Taken(path) => Err(AppError::VersionTaken { name: name.clone(), path }),
        }
    }
}

/// Whether a body on record is what a command wants.
fn means(command: &ContractCommand, body: &ContractBody) -> bool {
    match (command, body) {
        (ContractCommand::SetMode(mode), ContractBody::ModeSet(set)) => *mode == set.mode,
        (ContractCommand::SetOwner(repo), ContractBody::OwnerSet(set)) => *repo == set.repo,
        (ContractCommand::SetFormats(asserted), ContractBody::FormatsSet(set)) => *asserted == set.asserted,
        (ContractCommand::Pin { repo, version, needs }, ContractBody::Pinned(pinned)) => {
            (repo, version, needs) == (&pinned.repo, &pinned.version, &pinned.needs)
        }
        (ContractCommand::Unpin(repo), ContractBody::Unpinned(unpinned)) => *repo == unpinned.repo,
        (ContractCommand::Enter(version, stage), body) => body.stage() == Some((*version, *stage)),
        (ContractCommand::Waive(wanted), ContractBody::Waived(waived)) => wanted == waived,
        (
            ContractCommand::SetMode(_)
            | ContractCommand::SetOwner(_)
            | ContractCommand::SetFormats(_)
            | ContractCommand::Pin { .. }
            | ContractCommand::Unpin(_)
            | ContractCommand::Waive(_),
            _,
        ) => false,
    }
}

pub(super) fn no_turn(session: &Session, name: &ContractName) -> AppError {
    let waited_ms = u64::try_from(session.budget.spent().as_millis()).unwrap_or(u64::MAX);
    StoreError::Busy { what: format!("a turn to write to contract:{name}"), holder: None, waited_ms }.into()
}
