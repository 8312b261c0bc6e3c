//! Writing to a request: read, decide, append; again if somebody else was first.

use std::collections::{BTreeSet, HashSet};

use super::contract::guard::Closeness;
use super::{AppError, Ledger, Session};
use crate::contract::Resources;
use crate::domain::decide::{Command, Context, Refusal, decide};
use crate::domain::event::{BadEvent, CreatedData, Event, Genesis, Unsealed};
use crate::domain::hash::Hash;
use crate::domain::history::{Head, History};
use crate::domain::id::{Key, RequestId, Stream};
use crate::domain::json;
use crate::domain::outlook::ContractCheck;
use crate::domain::packet::Packet;
use crate::domain::state::{State, Status};
use crate::domain::workflow::{GuardKind, StateName, TransitionRule};
use crate::store::{Append, Budget, Records, StoreError};

/// On what condition a command is carried out.
#[derive(Clone, Debug, Default)]
pub struct Conditions {
    /// The idempotency key.
    pub key: Option<Key>,
    /// Only at this version.
    pub expect_version: Option<u64>,
    /// Only in this state.
    pub expect_state: Option<StateName>,
    /// Only if these are its newest events (or its packet, where it has none): those that a signature is over.
    pub expect_heads: Option<Vec<Hash>>,
    /// Whether to write.
    pub effect: Effect,
    /// What references of its contracts may reach, beside the registry.
    pub resources: Resources,
}

/// Whether a command writes.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Effect {
    /// It writes.
    #[default]
    Write,
    /// It only says what it would write.
    DryRun,
}

/// Whether a result is new.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Novelty {
    /// Written now.
    New,
    /// Written before, with this key.
    Deduplicated,
    /// Not written: a dry run.
    Tried,
}

/// The result of a write.
#[derive(Clone, Debug)]
pub struct Written {
    /// The event.
    pub event: Event,
    /// The history as its writer left it.
    pub history: History,
    /// Whether it is new.
    pub novelty: Novelty,
}

impl Ledger<'_> {
    /// Carries out a command on a request.
    ///
    /// # Errors
    /// [`AppError`]: refused, stale, unknown, or failed machinery.
    pub fn write(
        &self,
        records: &dyn Records,
        id: RequestId,
        command: &Command,
        conditions: &Conditions,
        session: &Session,
    ) -> Result<Written, AppError> {
        self.writable()?;
        if conditions.effect == Effect::DryRun {
            let tried = self.attempt(records, id, command, conditions, session)?;
            return tried.ok_or_else(|| no_turn(session, id));
        }
        let turn = records.turn(id, &session.budget)?;
        loop {
            match self.attempt(turn.as_ref(), id, command, conditions, session)? {
                Some(written) => return Ok(written),
                None if session.budget.is_over() => return Err(no_turn(session, id)),
                None => {}
            }
        }
    }

    /// One try; `None` if somebody else was first, in spite of the turn: what they wrote decides anew.
    fn attempt(
        &self,
        records: &dyn Records,
        id: RequestId,
        command: &Command,
        conditions: &Conditions,
        session: &Session,
    ) -> Result<Option<Written>, AppError> {
        let mut history =
            records.history(id)?.ok_or_else(|| AppError::NotFound { name: id.to_string(), suggestion: None })?;
        refuse_newer(&history)?;
        if history.events().is_empty() {
            let first = self.first_event(records, &history, &session.budget)?;
            if conditions.effect == Effect::Write {
                return match records.append(id, &[], &first, &session.budget)? {
                    Append::Committed(_) | Append::Duplicate(_) | Append::Stale { .. } => Ok(None),
                    Append::Unknown(cause) => Err(AppError::Unknown { cause, key: None }),
                };
            }
            history.append(first).map_err(StoreError::from)?;
        }
        if let Some(written) = self.seen_before(records, id, &history, command, conditions, session)? {
            return Ok(Some(written));
        }
        check_expectations(&history, self, conditions)?;
        self.check_details(&history, command)?;
        let event = self.decide_event(records, &history, command, conditions, session)?;
        if conditions.effect == Effect::DryRun {
            return with_event(history, event, Novelty::Tried).map(Some);
        }
        records.witness(Some(event.clock()), &session.budget)?;
        match records.append(id, history.heads(), &event, &session.budget)? {
            Append::Committed(_) => with_event(history, event, Novelty::New).map(Some),
            Append::Duplicate(_) | Append::Stale { .. } => Ok(None),
            Append::Unknown(cause) => Err(AppError::Unknown { cause, key: conditions.key.clone() }),
        }
    }

    /// The genesis of a request that begins now.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn genesis(
        &self,
        records: &dyn Records,
        occurred_at: Option<String>,
        budget: &Budget,
    ) -> Result<Genesis, AppError> {
        Ok(Genesis {
            clock: self.tick(records, None, budget)?,
            writer: self.store.writer()?,
            to: self.workflow.initial().clone(),
            data: CreatedData { workflow: self.workflow.digest().to_owned(), occurred_at },
        })
    }

    /// The first event of a request whose making was cut short.
    fn first_event(&self, records: &dyn Records, history: &History, budget: &Budget) -> Result<Event, AppError> {
        let genesis = self.genesis(records, None, budget)?;
        Ok(Event::genesis(history.packet(), history.packet_hash(), &genesis).map_err(StoreError::from)?)
    }

    /// The first result of this key, if the key was used.
    fn seen_before(
        &self,
        records: &dyn Records,
        id: RequestId,
        history: &History,
        command: &Command,
        conditions: &Conditions,
        session: &Session,
    ) -> Result<Option<Written>, AppError> {
        let Some(key) = &conditions.key else { return Ok(None) };
        let Some(first) = history.with_key(key) else { return Ok(None) };
        // Two clones may have said different things with it: each is answered with what it said.
        let mut with_key = history.events().iter().filter(|event| event.key() == Some(key));
        let first = with_key.find(|event| command.means(event.body())).unwrap_or(first);
        if !command.means(first.body()) {
            return Err(AppError::KeyReused {
                key: key.clone(),
                stream: Stream::Request(id),
                event: Some(Box::new(first.clone())),
            });
        }
        if conditions.effect == Effect::Write {
            // Offered again, the store answers that it has it, and makes sure that it lasts: its first writer may have
            // been killed before it knew.
            records.append(id, history.heads(), first, &session.budget)?;
        }
        let event = first.clone();
        Ok(Some(Written { history: history.up_to(event.hash()), event, novelty: Novelty::Deduplicated }))
    }

    /// Details given at a transition are held to the type's schema, together with those that are there.
    fn check_details(&self, history: &History, command: &Command) -> Result<(), AppError> {
        let given = match command {
            Command::Transition(transition) if !transition.details.is_empty() => &transition.details,
            Command::Transition(_)
            | Command::Respond(_)
            | Command::Note(_)
            | Command::AddEvidence(_)
            | Command::Approve(_)
            | Command::Resolve(_)
            | Command::Duplicate(_)
            | Command::Distinct(_)
            | Command::Claim(_)
            | Command::Heartbeat(_)
            | Command::Release(_)
            | Command::Concede(_) => return Ok(()),
        };
        let mut details = State::replay(history, self.workflow).details;
        details.extend(given.clone());
        let request_type = &history.packet().request_type;
        let mut faults = self.checks.details_faults(self.world, request_type, &details.into())?;
        // What was let in before is not this transition's fault.
        let given: Vec<String> = given.keys().map(|name| json::pointer_token(name)).collect();
        faults.retain(|fault| fault.pointer.split('/').nth(2).is_some_and(|name| given.iter().any(|one| one == name)));
        if faults.is_empty() { Ok(()) } else { Err(AppError::BadDraft(faults)) }
    }

    /// Whether the contracts passed their check, where a transition asks for it.
    fn check_for(
        &self,
        history: &History,
        command: &Command,
        resources: &Resources,
        session: &Session,
    ) -> ContractCheck {
        let to = match command {
            Command::Transition(transition) => &transition.to,
            Command::Respond(_)
            | Command::Note(_)
            | Command::AddEvidence(_)
            | Command::Approve(_)
            | Command::Resolve(_)
            | Command::Duplicate(_)
            | Command::Distinct(_)
            | Command::Claim(_)
            | Command::Heartbeat(_)
            | Command::Release(_)
            | Command::Concede(_) => return ContractCheck::NotPassed(Vec::new()),
        };
        let asks = |rule: &TransitionRule| {
            rule.to == *to && rule.guards.iter().any(|guard| guard.guard == GuardKind::ContractCheck)
        };
        if !self.workflow.transitions().iter().any(asks) {
            return ContractCheck::NotPassed(Vec::new());
        }
        self.contract_check(history.packet(), Closeness::Compared, resources, &session.budget)
    }

    /// The request that has its key and comes before it, where the command depends on that.
    fn first_asked_by(
        &self,
        records: &dyn Records,
        history: &History,
        command: &Command,
        session: &Session,
    ) -> Result<Option<RequestId>, AppError> {
        match command {
            Command::Transition(_)
            | Command::Respond(_)
            | Command::Duplicate(_)
            | Command::Distinct(_)
            | Command::Claim(_)
            | Command::Heartbeat(_) => self.first_of_key(records, history.packet(), &session.budget),
            Command::Note(_)
            | Command::AddEvidence(_)
            | Command::Approve(_)
            | Command::Resolve(_)
            | Command::Release(_)
            | Command::Concede(_) => Ok(None),
        }
    }

    /// The request that has the key of another one and comes before it; `None` if none does, or none that can be read.
    ///
    /// # Errors
    /// Failed machinery.
    pub(super) fn first_of_key(
        &self,
        records: &dyn Records,
        packet: &Packet,
        budget: &Budget,
    ) -> Result<Option<RequestId>, AppError> {
        let Some(key) = &packet.key else { return Ok(None) };
        match records.find(key, budget) {
            Ok(first) => Ok(first.filter(|first| *first < packet.request_id)),
            // What it would have said nobody knows, and it is told where it is asked for itself.
            Err(error) if error.is_of_files() => Ok(None),
            Err(other) => Err(other.into()),
        }
    }

    fn decide_event(
        &self,
        records: &dyn Records,
        history: &History,
        command: &Command,
        conditions: &Conditions,
        session: &Session,
    ) -> Result<Event, AppError> {
        let id = history.packet().request_id;
        let clock = self.tick(records, Some(history), &session.budget)?;
        let opens_gates = matches!(command, Command::Transition(_));
        let context = Context {
            workflow: self.workflow,
            roles: &self.settings.roles,
            by: &session.by,
            contract_check: &self.check_for(history, command, &conditions.resources, session),
            signatures: self.settings.approvals.signatures,
            worthless: &if opens_gates { self.worthless(history, &session.budget)? } else { BTreeSet::new() },
            now: clock.at,
            first_of_key: self.first_asked_by(records, history, command, session)?,
        };
        let body = decide(history, command, context)
            .map_err(|refusal| AppError::Refused { id, refusal: Box::new(refusal) })?;
        let unsealed = Unsealed {
            stream: Stream::Request(id),
            clock,
            writer: self.store.writer()?,
            by: session.by.clone(),
            key: conditions.key.clone(),
            body,
            n: history.version() + 1,
            parents: history.next_parents(),
        };
        let event = Event::seal(unsealed).map_err(|bad| match bad {
            BadEvent::Rule(rule) => AppError::Usage(rule),
            // Where in the line it stands means nothing to whoever typed it.
            BadEvent::Json(bad) => AppError::Usage(bad.without_place()),
            BadEvent::TooLong(_) | BadEvent::NoHash | BadEvent::WrongHash => AppError::Usage(bad.to_string()),
        })?;
        session.admit_event(event)
    }
}

/// Where a request stands, in one word.
#[must_use]
pub fn state_word(state: &State) -> String {
    match &state.status {
        Status::At(name) => name.to_string(),
        Status::Diverged(_) => crate::index::project::DIVERGED.to_owned(),
    }
}

fn check_expectations(history: &History, ledger: &Ledger<'_>, conditions: &Conditions) -> Result<(), AppError> {
    let id = history.packet().request_id;
    if let Some(expected) = conditions.expect_version
        && expected != history.version()
    {
        let between = history.events().iter().filter(|event| event.n() > expected).cloned().collect();
        return Err(AppError::StaleVersion { id, expected, actual: history.version(), between });
    }
    if let Some(expected) = &conditions.expect_heads
        && *expected != history.next_parents()
    {
        let seen: HashSet<Hash> = expected
            .iter()
            .flat_map(|head| history.up_to(*head).events().iter().map(Event::hash).collect::<Vec<_>>())
            .collect();
        let (before, between): (Vec<Event>, Vec<Event>) =
            history.events().iter().cloned().partition(|event| seen.contains(&event.hash()));
        let version = before.iter().map(Event::n).max().unwrap_or(0);
        return Err(AppError::StaleVersion { id, expected: version, actual: history.version(), between });
    }
    if let Some(expected) = &conditions.expect_state {
        if ledger.workflow.state(expected).is_none() {
            let known = ledger.workflow.states().iter().map(|state| state.name.clone()).collect();
            let refusal = Box::new(Refusal::UnknownState { to: expected.clone(), known });
            return Err(AppError::Refused { id, refusal });
        }
        let state = State::replay(history, ledger.workflow);
        if state.name() != Some(expected) {
            return Err(AppError::StaleState { id, expected: expected.clone(), actual: state_word(&state) });
        }
    }
    Ok(())
}

fn refuse_newer(history: &History) -> Result<(), AppError> {
    let newest = history.events().iter().map(Event::format).max().unwrap_or(0).max(history.packet().format);
    if newest <= crate::domain::FORMAT {
        return Ok(());
    }
    Err(AppError::Newer { what: history.packet().request_id.to_string(), format: newest })
}

fn with_event(mut history: History, event: Event, novelty: Novelty) -> Result<Written, AppError> {
    history.append(event.clone()).map_err(StoreError::from)?;
    Ok(Written { event, history, novelty })
}

pub(super) fn no_turn(session: &Session, id: RequestId) -> AppError {
    let waited_ms = u64::try_from(session.budget.spent().as_millis()).unwrap_or(u64::MAX);
    StoreError::Busy { what: format!("a turn to write to {id}"), holder: None, waited_ms }.into()
}

/// The head that an event is.
#[must_use]
pub fn head_of(event: &Event) -> Head {
    Head { n: event.n(), hash: event.hash() }
}
