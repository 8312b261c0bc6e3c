//! What an event says happened: one kind of body for each type, as it stands in the line's `data`.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use uuid::Uuid;

pub use super::claim::{Claimed, Released};
pub use super::contract_body::ContractBody;
use super::hash::Hash;
use super::id::{RepoId, RequestId, Role};
pub use super::keyed::{Distinct, KeyResolved};
use super::workflow::StateName;

/// The longest text of a note, a reason or a summary, in bytes.
pub const TEXT_BYTES_MAX: usize = 64 * 1024;

/// A piece of evidence: what kind of thing, and where or what it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Evidence {
    /// For example `commit`, `url`, `ci`, `test`, `note`.
    pub kind: String,
    /// The thing itself.
    pub value: String,
}

impl Evidence {
    /// Reads `KIND=VALUE`.
    ///
    /// # Errors
    /// Says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (kind, value) = text
            .split_once('=')
            .ok_or_else(|| format!("{text:?} is not evidence: expected KIND=VALUE, for example commit=1a2b3c4"))?;
        let evidence = Self { kind: kind.to_owned(), value: value.to_owned() };
        evidence.check().map(|()| evidence)
    }

    /// Checks the bounds of both parts.
    ///
    /// # Errors
    /// Says which part breaks which rule.
    pub fn check(&self) -> Result<(), String> {
        let kind_ok = (1..=40).contains(&self.kind.len())
            && self.kind.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_');
        if !kind_ok {
            return Err(format!("evidence kind {:?}: expected 1 to 40 characters of [a-z0-9_-]", self.kind));
        }
        if self.value.trim().is_empty() || self.value.len() > TEXT_BYTES_MAX {
            return Err(format!("evidence {}: expected a value of 1 to {TEXT_BYTES_MAX} bytes", self.kind));
        }
        Ok(())
    }
}

/// What one target says of its part of a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PartStatus {
    /// Will do it.
    Accepted,
    /// Will not do it.
    Declined,
    /// Has done it.
    Delivered,
}

impl std::fmt::Display for PartStatus {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Accepted => "ACCEPTED",
            Self::Declined => "DECLINED",
            Self::Delivered => "DELIVERED",
        })
    }
}

/// What happened. Types that this program does not know are kept as they are.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// `REQUEST_CREATED`: the first event; its parent is the packet.
    Created(Created),
    /// `TRANSITIONED`: from one state to another.
    Transitioned(Transitioned),
    /// `RESPONDED`: one target's word on its part.
    Responded(Responded),
    /// `NOTED`: a remark, a review, anything in words.
    Noted(Noted),
    /// `EVIDENCE_ADDED`.
    EvidenceAdded(EvidenceAdded),
    /// `APPROVED`: somebody's leave, in a role.
    Approved(Approved),
    /// `RESOLVED`: of a diverged request, which side holds.
    Resolved(Resolved),
    /// `RENUMBERED`: the request had another number, which is another request's.
    Renumbered(Renumbered),
    /// `ID_RESOLVED`: a published request of the same number stands under another one now.
    IdResolved(IdResolved),
    /// `CLAIMED`: somebody works on it, until a moment.
    Claimed(Claimed),
    /// `RELEASED`: claims are given up.
    Released(Released),
    /// `DISTINCT`: it is no duplicate, whatever has its key.
    Distinct(Distinct),
    /// `KEY_RESOLVED`: of events with one key that say different things, which holds.
    KeyResolved(KeyResolved),
    /// One of the types of a contract's log.
    Contract(ContractBody),
    /// A type that this program does not know.
    Other(Other),
}

/// Data of `REQUEST_CREATED`.
#[derive(Clone, PartialEq, Debug)]
pub struct Created {
    /// The state in which the request begins.
    pub to: StateName,
    /// What else is on record.
    pub data: CreatedData,
}

/// The `data` member of `REQUEST_CREATED`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct CreatedData {
    /// The workflow in force: the first 16 digits of its digest.
    pub workflow: String,
    /// When it happened at its source, where it was taken over from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
}

/// Data of `TRANSITIONED`.
#[derive(Clone, PartialEq, Debug)]
pub struct Transitioned {
    /// The state that was left.
    pub from: StateName,
    /// The state that was entered.
    pub to: StateName,
    /// What else is on record.
    pub data: TransitionedData,
}

/// The `data` member of `TRANSITIONED`.
#[derive(Clone, PartialEq, Debug, Default, Serialize, Deserialize)]
pub struct TransitionedData {
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// Details that the packet did not have yet, given at triage.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
    /// Whether this sends a delivery back: earlier evidence, approvals and parts no longer count.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub rework: bool,
    /// The workflow in force: the first 16 digits of its digest.
    pub workflow: String,
    /// When it happened at its source, where it was taken over from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
    /// The request of which this one was found to be a duplicate, where that ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<RequestId>,
}

/// The `data` member of `RESPONDED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Responded {
    /// Which target speaks.
    pub repo: RepoId,
    /// What it says.
    pub status: PartStatus,
    /// In words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub summary: Option<String>,
    /// What shows it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub evidence: Vec<Evidence>,
    /// The branch that holds the work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub branch: Option<String>,
}

/// The `data` member of `NOTED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Noted {
    /// The note's text.
    pub text: String,
    /// What kind of note, for example `review`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// When it happened at its source, where it was taken over from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
}

/// The `data` member of `EVIDENCE_ADDED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct EvidenceAdded {
    /// At least one piece.
    pub evidence: Vec<Evidence>,
    /// When it happened at its source, where it was taken over from elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub occurred_at: Option<String>,
}

/// The `data` member of `APPROVED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Approved {
    /// In which role: `sponsor`, `pm`, or a repository's name.
    pub role: Role,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The approver's signature over [`super::approval::signed_text`], armoured as OpenSSH writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signature: Option<String>,
}

impl Approved {
    /// Whether another approval says the same, and is signed if this one is: a signature over a later head is of the
    /// same intent.
    #[must_use]
    pub fn means(&self, other: &Self) -> bool {
        self.role == other.role && self.reason == other.reason && self.signature.is_some() == other.signature.is_some()
    }
}

/// Data of `RESOLVED`.
#[derive(Clone, PartialEq, Debug)]
pub struct Resolved {
    /// The state that holds.
    pub to: StateName,
    /// What else is on record.
    pub data: ResolvedData,
}

/// The `data` member of `RESOLVED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ResolvedData {
    /// The event whose state holds.
    pub keep: Hash,
    /// Why.
    pub reason: String,
}

/// The `data` member of `RENUMBERED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Renumbered {
    /// The number that the request had. It is another request's.
    pub was: RequestId,
    /// Its packet's identity under that number.
    pub packet: Hash,
}

/// The `data` member of `ID_RESOLVED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct IdResolved {
    /// The other request, whose number this was as well.
    pub uid: Uuid,
    /// Its packet's identity under this number.
    pub packet: Hash,
    /// Its number now.
    pub moved_to: RequestId,
    /// Why it is that one that moved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// An event of a type that this program does not know.
#[derive(Clone, PartialEq, Debug)]
pub struct Other {
    /// The type as written.
    pub kind: String,
    /// The state left, where it says one.
    pub from: Option<StateName>,
    /// The state entered, where it says one.
    pub to: Option<StateName>,
}

impl Body {
    /// The types of requests that this program knows, as written in the line.
    pub const KINDS: [&'static str; 13] = [
        "REQUEST_CREATED",
        "TRANSITIONED",
        "RESPONDED",
        "NOTED",
        "EVIDENCE_ADDED",
        "APPROVED",
        "RESOLVED",
        "RENUMBERED",
        "ID_RESOLVED",
        "CLAIMED",
        "RELEASED",
        "DISTINCT",
        "KEY_RESOLVED",
    ];

    /// The event's type as written in the line.
    #[must_use]
    pub fn kind(&self) -> &str {
        match self {
            Self::Created(_) => "REQUEST_CREATED",
            Self::Transitioned(_) => "TRANSITIONED",
            Self::Responded(_) => "RESPONDED",
            Self::Noted(_) => "NOTED",
            Self::EvidenceAdded(_) => "EVIDENCE_ADDED",
            Self::Approved(_) => "APPROVED",
            Self::Resolved(_) => "RESOLVED",
            Self::Renumbered(_) => "RENUMBERED",
            Self::IdResolved(_) => "ID_RESOLVED",
            Self::Claimed(_) => "CLAIMED",
            Self::Released(_) => "RELEASED",
            Self::Distinct(_) => "DISTINCT",
            Self::KeyResolved(_) => "KEY_RESOLVED",
            Self::Contract(body) => body.kind(),
            Self::Other(other) => &other.kind,
        }
    }

    /// The evidence that the event brings.
    #[must_use]
    pub fn evidence(&self) -> &[Evidence] {
        match self {
            Self::Transitioned(t) => &t.data.evidence,
            Self::Responded(r) => &r.evidence,
            Self::EvidenceAdded(e) => &e.evidence,
            Self::Created(_)
            | Self::Noted(_)
            | Self::Approved(_)
            | Self::Resolved(_)
            | Self::Renumbered(_)
            | Self::IdResolved(_)
            | Self::Claimed(_)
            | Self::Released(_)
            | Self::Distinct(_)
            | Self::KeyResolved(_)
            | Self::Contract(_)
            | Self::Other(_) => &[],
        }
    }

    /// Checks the bounds of its texts and its evidence.
    ///
    /// # Errors
    /// Says what breaks which rule.
    pub fn check(&self) -> Result<(), String> {
        self.evidence().iter().try_for_each(Evidence::check)?;
        let texts: &[Option<&String>] = match self {
            Self::Transitioned(t) => &[t.data.reason.as_ref()],
            Self::Responded(r) => &[r.summary.as_ref(), r.branch.as_ref()],
            Self::Noted(n) => &[Some(&n.text), n.kind.as_ref()],
            Self::Approved(a) => &[a.reason.as_ref(), a.signature.as_ref()],
            Self::Resolved(r) => &[Some(&r.data.reason)],
            Self::IdResolved(r) => &[r.reason.as_ref()],
            Self::Claimed(c) => {
                c.check()?;
                &[c.reason.as_ref()]
            }
            Self::Released(r) => {
                r.check()?;
                &[r.reason.as_ref()]
            }
            Self::Distinct(d) => &[Some(&d.reason)],
            Self::KeyResolved(r) => &[Some(&r.reason)],
            Self::Contract(body) => return body.check(),
            Self::Created(_) | Self::EvidenceAdded(_) | Self::Renumbered(_) | Self::Other(_) => &[],
        };
        if texts.iter().flatten().any(|text| text.trim().is_empty() || text.len() > TEXT_BYTES_MAX) {
            let text = match self {
                Self::Responded(_) => "the summary or the branch",
                Self::Noted(_) => "the note or its kind",
                Self::Approved(_) => "the reason or the signature",
                Self::Transitioned(_)
                | Self::Resolved(_)
                | Self::IdResolved(_)
                | Self::Claimed(_)
                | Self::Released(_)
                | Self::Distinct(_)
                | Self::KeyResolved(_) => "the reason",
                Self::Created(_)
                | Self::EvidenceAdded(_)
                | Self::Renumbered(_)
                | Self::Contract(_)
                | Self::Other(_) => "a text",
            };
            return Err(format!("{text} is blank or longer than {TEXT_BYTES_MAX} bytes"));
        }
        Ok(())
    }
}
