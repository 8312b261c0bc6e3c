//! Operations as they stand in lines of JSON.

use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

use super::AppError;
use super::create::Incoming;
use super::near::{did_you_mean, nearest};
use crate::domain::event::Evidence;
use crate::domain::id::{Actor, BadName, Key};
use crate::domain::json;

/// The longest operation, in bytes.
pub const OPERATION_BYTES_MAX: usize = 1024 * 1024;

const TEXT: &str = "a text";
const REQUEST: &str = "a request as text, \"REQ-20261120-0001\" or \"key:K\"";
const STATE: &str = "a state's name";
const EVIDENCE: &str = "a list of {\"kind\":…,\"value\":…}";
const DETAILS: &str = "an object";
const VERSION: &str = "a version, a number such as 3";
const FLAG: &str = "true or false";
const TERM: &str = "a length of time as text, \"30m\" or \"2h\"";
const TIME: &str = "a time as text, \"2026-11-20T15:11:00Z\"";

/// An operation.
#[derive(Clone, PartialEq, Debug)]
pub enum Operation {
    /// Make a request.
    New(Incoming),
    /// Bring a request into another state.
    Transition(TransitionOperation),
    /// Put a remark on record.
    Note(NoteOperation),
    /// Put evidence on record.
    Evidence(EvidenceOperation),
    /// Claim a request.
    Claim(ClaimOperation),
    /// Prolong a claim.
    Heartbeat(ClaimOperation),
    /// Give a claim up.
    Release(ReleaseOperation),
}

/// `"op": "transition"`
#[derive(Clone, PartialEq, Debug)]
pub struct TransitionOperation {
    pub(super) request: String,
    pub(super) to: String,
    pub(super) reason: Option<String>,
    pub(super) evidence: Vec<Evidence>,
    pub(super) details: Map<String, Value>,
    pub(super) expect_version: Option<u64>,
    pub(super) by: Option<Actor>,
    pub(super) key: Option<Key>,
    pub(super) occurred_at: Option<String>,
}

/// `"op": "note"`
#[derive(Clone, PartialEq, Debug)]
pub struct NoteOperation {
    pub(super) request: String,
    pub(super) text: String,
    pub(super) kind: Option<String>,
    pub(super) by: Option<Actor>,
    pub(super) key: Option<Key>,
    pub(super) occurred_at: Option<String>,
}

/// `"op": "evidence"`
#[derive(Clone, PartialEq, Debug)]
pub struct EvidenceOperation {
    pub(super) request: String,
    pub(super) evidence: Vec<Evidence>,
    pub(super) by: Option<Actor>,
    pub(super) key: Option<Key>,
    pub(super) occurred_at: Option<String>,
}

/// `"op": "claim"` and `"op": "heartbeat"`
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimOperation {
    pub(super) request: String,
    pub(super) term: Option<String>,
    pub(super) steal: Option<String>,
    pub(super) by: Option<Actor>,
    pub(super) key: Option<Key>,
}

/// `"op": "release"`
#[derive(Clone, PartialEq, Debug)]
pub struct ReleaseOperation {
    pub(super) request: String,
    pub(super) reason: Option<String>,
    pub(super) by: Option<Actor>,
    pub(super) key: Option<Key>,
}

/// What `op` may say.
const OPERATIONS: [&str; 7] = ["new", "transition", "note", "evidence", "claim", "heartbeat", "release"];

impl Operation {
    /// Reads an operation.
    ///
    /// # Errors
    /// [`AppError::Usage`] says what is wrong, in the words of the line.
    pub fn parse(line: &str) -> Result<Self, AppError> {
        if line.len() > OPERATION_BYTES_MAX {
            return Err(too_long());
        }
        let Value::Object(members) = json::read(line).map_err(|bad| no_operation(&bad.in_one_line()))? else {
            return Err(no_operation(&"expected a JSON object"));
        };
        let mut members = Members { left: members, known: Vec::new() };
        let op: Option<String> = members.take("op", TEXT)?;
        match op.as_deref() {
            Some("new") => {
                let occurred_at = members.take("occurred_at", TIME)?;
                // The packet's own members are held to its schema.
                Ok(Self::New(Incoming { occurred_at, members: members.left, id: None }))
            }
            Some("transition") => TransitionOperation::read(members).map(Self::Transition),
            Some("note") => NoteOperation::read(members).map(Self::Note),
            Some("evidence") => EvidenceOperation::read(members).map(Self::Evidence),
            Some("claim") => ClaimOperation::read_claim(members).map(Self::Claim),
            Some("heartbeat") => ClaimOperation::read_heartbeat(members).map(Self::Heartbeat),
            Some("release") => ReleaseOperation::read(members).map(Self::Release),
            Some(_) | None => {
                let meant = did_you_mean(op.as_deref().and_then(|op| nearest(op, OPERATIONS)));
                Err(no_operation(&format!("\"op\" is one of {}{meant}", OPERATIONS.join(", "))))
            }
        }
    }
}

impl TransitionOperation {
    fn read(mut members: Members) -> Result<Self, AppError> {
        let operation = Self {
            request: members.need("request", REQUEST)?,
            to: members.need("to", STATE)?,
            reason: members.take("reason", TEXT)?,
            evidence: members.take("evidence", EVIDENCE)?.unwrap_or_default(),
            details: members.take("details", DETAILS)?.unwrap_or_default(),
            expect_version: members.take("expect_version", VERSION)?,
            by: members.take_name("by")?,
            key: members.take_name("key")?,
            occurred_at: members.take("occurred_at", TIME)?,
        };
        members.end().map(|()| operation)
    }
}

impl NoteOperation {
    fn read(mut members: Members) -> Result<Self, AppError> {
        let operation = Self {
            request: members.need("request", REQUEST)?,
            text: members.need("text", TEXT)?,
            kind: members.take("kind", TEXT)?,
            by: members.take_name("by")?,
            key: members.take_name("key")?,
            occurred_at: members.take("occurred_at", TIME)?,
        };
        members.end().map(|()| operation)
    }
}

impl EvidenceOperation {
    fn read(mut members: Members) -> Result<Self, AppError> {
        let operation = Self {
            request: members.need("request", REQUEST)?,
            evidence: members.need("evidence", EVIDENCE)?,
            by: members.take_name("by")?,
            key: members.take_name("key")?,
            occurred_at: members.take("occurred_at", TIME)?,
        };
        members.end().map(|()| operation)
    }
}

impl ClaimOperation {
    fn read_claim(mut members: Members) -> Result<Self, AppError> {
        let steal: bool = members.take("steal", FLAG)?.unwrap_or_default();
        let reason: Option<String> = members.take("reason", TEXT)?;
        match (steal, &reason) {
            (true, None) => return Err(no_operation(&"steal needs a reason")),
            (false, Some(_)) => return Err(no_operation(&"only a claim with \"steal\": true takes a reason")),
            (true, Some(_)) | (false, None) => {}
        }
        Self::read(members, reason)
    }

    fn read_heartbeat(members: Members) -> Result<Self, AppError> {
        Self::read(members, None)
    }

    fn read(mut members: Members, steal: Option<String>) -> Result<Self, AppError> {
        let operation = Self {
            request: members.need("request", REQUEST)?,
            term: members.take("for", TERM)?,
            steal,
            by: members.take_name("by")?,
            key: members.take_name("key")?,
        };
        members.end().map(|()| operation)
    }
}

impl ReleaseOperation {
    fn read(mut members: Members) -> Result<Self, AppError> {
        let operation = Self {
            request: members.need("request", REQUEST)?,
            reason: members.take("reason", TEXT)?,
            by: members.take_name("by")?,
            key: members.take_name("key")?,
        };
        members.end().map(|()| operation)
    }
}

/// The members of an operation that were not read yet, and the names of those that were asked for.
struct Members {
    left: Map<String, Value>,
    known: Vec<&'static str>,
}

impl Members {
    /// A member that may be absent, or null, which says the same.
    fn take<T: DeserializeOwned>(&mut self, name: &'static str, expected: &str) -> Result<Option<T>, AppError> {
        self.known.push(name);
        let value = self.left.remove(name).filter(|value| !value.is_null());
        let read = value.map(serde_json::from_value).transpose();
        read.map_err(|_| no_operation(&format!("{name}: expected {expected}")))
    }

    fn need<T: DeserializeOwned>(&mut self, name: &'static str, expected: &str) -> Result<T, AppError> {
        self.take(name, expected)?.ok_or_else(|| {
            let mistyped = nearest(name, self.left.keys().map(String::as_str));
            let mistyped = mistyped.map(|typed| format!("; is {typed:?} meant for it?")).unwrap_or_default();
            no_operation(&format!("{name} is missing: expected {expected}{mistyped}"))
        })
    }

    fn take_name<T: std::str::FromStr<Err = BadName>>(&mut self, name: &'static str) -> Result<Option<T>, AppError> {
        let typed: Option<String> = self.take(name, TEXT)?;
        typed.map(|text| text.parse()).transpose().map_err(|bad| no_operation(&format!("{name}: {bad}")))
    }

    /// Nothing is left that nobody asked for.
    fn end(self) -> Result<(), AppError> {
        let Some(unknown) = self.left.keys().next() else { return Ok(()) };
        let meant = did_you_mean(nearest(unknown, self.known.iter().copied()));
        let known = self.known.join(", ");
        Err(no_operation(&format!("{unknown:?} is not one of its members, which are {known}{meant}")))
    }
}

/// What is wrong with an operation of more than [`OPERATION_BYTES_MAX`].
#[must_use]
pub fn too_long() -> AppError {
    AppError::Usage(format!("an operation has at most {OPERATION_BYTES_MAX} bytes"))
}

fn no_operation(what: &dyn std::fmt::Display) -> AppError {
    AppError::Usage(format!("not an operation: {what}"))
}
