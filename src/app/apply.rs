//! Applying operations: JSON lines, each answered by a JSON line once it is on disk. Many share their syncs.

use serde::Serialize;

use super::create::Made;
use super::operation::{ClaimOperation, EvidenceOperation, NoteOperation, ReleaseOperation, TransitionOperation};
use super::write::{Conditions, Effect, Novelty, Written};
use super::{AppError, Ledger, Session};
use crate::domain::claim::{Term, Wish};
use crate::domain::decide::{Command, Transition};
use crate::domain::event::{EvidenceAdded, Noted};
use crate::domain::history::History;
use crate::domain::id::{Actor, RequestId};
use crate::domain::state::State;
use crate::domain::time::Timestamp;
use crate::domain::workflow::StateName;
use crate::store::{Commit, Records};

pub use super::operation::{OPERATION_BYTES_MAX, Operation, too_long};

/// The most operations that share a sync.
pub const BATCH_MAX: usize = 2048;
/// The most bytes of operations that share a sync, but for the last one: the journal of a batch is bounded too.
pub const BATCH_BYTES_MAX: usize = 64 * 1024 * 1024;

/// What an operation led to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Applied {
    /// The request.
    pub id: RequestId,
    /// Its version after it.
    pub version: u64,
    /// Its state after it.
    pub state: String,
    /// Whether it was on record before.
    pub deduplicated: bool,
}

/// What became of one operation of a batch.
#[derive(Debug)]
pub struct Answered {
    /// The line, counted from 1.
    pub line: u64,
    /// The result.
    pub result: Result<Applied, AppError>,
}

/// What to do when an operation is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum OnRefusal {
    /// Stop; what came before stands.
    Stop,
    /// Go on with the next.
    KeepGoing,
}

/// What became of a batch.
#[derive(Debug)]
pub struct BatchReport {
    /// The answers, in order. After a stop, the last one is the refusal.
    pub answers: Vec<Answered>,
    /// Whether an operation stopped the rest.
    pub stopped: bool,
    /// How many calls waited for the disk.
    pub syncs: u64,
    /// How many operations are on record: written now, or before by somebody who may not have got to the index.
    pub recorded: usize,
}

impl Ledger<'_> {
    /// Applies operations as one batch. They are on record when this returns, not before; in a dry run each is tried on
    /// what those before it would have written, and none is on record.
    ///
    /// # Errors
    /// Failed machinery; nothing of the batch is on record then. Refusals are answers.
    pub fn apply(
        &self,
        operations: Vec<(u64, Result<Operation, AppError>)>,
        on_refusal: OnRefusal,
        effect: Effect,
        session: &Session,
    ) -> Result<BatchReport, AppError> {
        self.writable()?;
        let batch = self.store.batch(&session.budget)?;
        let mut report = BatchReport { answers: Vec::new(), stopped: false, syncs: 0, recorded: 0 };
        for (line, operation) in operations {
            let result = operation.and_then(|operation| self.apply_one(batch.as_ref(), operation, session));
            if let Err(AppError::Store(failed)) = result {
                return Err(failed.into());
            }
            report.stopped = result.is_err() && on_refusal == OnRefusal::Stop;
            report.recorded += usize::from(result.is_ok());
            report.answers.push(Answered { line, result });
            if report.stopped {
                break;
            }
        }
        if effect == Effect::DryRun {
            // What is not committed was never there.
            report.recorded = 0;
            return Ok(report);
        }
        match batch.commit()? {
            Commit::Committed { syncs } => report.syncs = syncs,
            Commit::Unknown(cause) => return Err(AppError::Unknown { cause, key: None }),
        }
        Ok(report)
    }

    fn apply_one(&self, records: &dyn Records, operation: Operation, session: &Session) -> Result<Applied, AppError> {
        match operation {
            Operation::New(incoming) => {
                check_time(incoming.occurred_at.as_deref())?;
                match self.create(records, incoming, Effect::Write, session)? {
                    Made::Request { history, novelty } => Ok(self.applied(&history, novelty)),
                    Made::Tried(_) => Err(AppError::Usage("a batch has no dry runs".into())),
                }
            }
            Operation::Transition(op) => {
                let TransitionOperation {
                    request,
                    to,
                    reason,
                    evidence,
                    details,
                    expect_version,
                    by,
                    key,
                    occurred_at,
                } = op;
                check_time(occurred_at.as_deref())?;
                let to = StateName::parse_typed(&to).map_err(|e| AppError::Usage(e.to_string()))?;
                let command = Command::Transition(Transition { to, reason, evidence, details, occurred_at });
                let conditions = Conditions { key, expect_version, ..Conditions::default() };
                self.apply_command(records, &request, &command, &conditions, by, session)
            }
            Operation::Note(NoteOperation { request, text, kind, by, key, occurred_at }) => {
                check_time(occurred_at.as_deref())?;
                let command = Command::Note(Noted { text, kind, occurred_at });
                let conditions = Conditions { key, ..Conditions::default() };
                self.apply_command(records, &request, &command, &conditions, by, session)
            }
            Operation::Evidence(EvidenceOperation { request, evidence, by, key, occurred_at }) => {
                check_time(occurred_at.as_deref())?;
                let command = Command::AddEvidence(EvidenceAdded { evidence, occurred_at });
                let conditions = Conditions { key, ..Conditions::default() };
                self.apply_command(records, &request, &command, &conditions, by, session)
            }
            Operation::Claim(op) => {
                self.apply_claim(records, op, |term, steal| Command::Claim(Wish { term, steal }), session)
            }
            Operation::Heartbeat(op) => self.apply_claim(records, op, |term, _| Command::Heartbeat(term), session),
            Operation::Release(ReleaseOperation { request, reason, by, key }) => {
                let conditions = Conditions { key, ..Conditions::default() };
                self.apply_command(records, &request, &Command::Release(reason), &conditions, by, session)
            }
        }
    }

    fn apply_claim(
        &self,
        records: &dyn Records,
        operation: ClaimOperation,
        command: impl FnOnce(Term, Option<String>) -> Command,
        session: &Session,
    ) -> Result<Applied, AppError> {
        let ClaimOperation { request, term, steal, by, key } = operation;
        let term = term.map_or(Ok(Term::DEFAULT), |text| Term::parse(&text)).map_err(AppError::Usage)?;
        let conditions = Conditions { key, ..Conditions::default() };
        self.apply_command(records, &request, &command(term, steal), &conditions, by, session)
    }

    fn applied(&self, history: &History, novelty: Novelty) -> Applied {
        Applied {
            id: history.packet().request_id,
            version: history.version(),
            state: super::write::state_word(&State::replay(history, self.workflow)),
            deduplicated: novelty == Novelty::Deduplicated,
        }
    }

    fn apply_command(
        &self,
        records: &dyn Records,
        request: &str,
        command: &Command,
        conditions: &Conditions,
        by: Option<Actor>,
        session: &Session,
    ) -> Result<Applied, AppError> {
        let id = self.look_up(request, records, &session.budget)?;
        let session = Session { by: by.unwrap_or_else(|| session.by.clone()), ..session.clone() };
        let Written { history, novelty, .. } = self.write(records, id, command, conditions, &session)?;
        Ok(self.applied(&history, novelty))
    }
}

fn check_time(occurred_at: Option<&str>) -> Result<(), AppError> {
    occurred_at.map_or(Ok(()), |text| Timestamp::parse_rfc3339(text).map(|_| ()).map_err(AppError::from))
}
