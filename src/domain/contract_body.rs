//! What an event of a contract says happened: one kind of body for each type, as it stands in the line's `data`.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::body::TEXT_BYTES_MAX;
use super::compatibility::{Mode, OpenContent, Stage, Verdict};
use super::hash::Hash;
use super::id::{ContractRef, RepoId, RequestId};
use super::time::DashedDay;

/// What happened to a contract.
#[derive(Clone, PartialEq, Debug)]
pub enum ContractBody {
    /// `REGISTERED`: a version, with what was known of it then.
    Registered(Registered),
    /// `MODE_SET`.
    ModeSet(ModeSet),
    /// `OWNER_SET`: the repository that provides it.
    OwnerSet(OwnerSet),
    /// `FORMATS_SET`: whether `format` is asserted.
    FormatsSet(FormatsSet),
    /// `PINNED`: a consumer says what it uses.
    Pinned(Pinned),
    /// `UNPINNED`: a consumer uses it no more.
    Unpinned(Unpinned),
    /// `ACTIVATED`: a version is in use.
    Activated(OfVersion),
    /// `DEPRECATED`: a version is to be left.
    Deprecated(OfVersion),
    /// `RETIRED`: a version is out of use.
    Retired(OfVersion),
    /// `WAIVED`: a version may break, as a request says.
    Waived(Waived),
}

/// The `data` member of `REGISTERED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Registered {
    /// Which version.
    pub version: u32,
    /// The SHA-256 of its file.
    pub sha256: Hash,
    /// The mode by which it was judged; that of the first event is the contract's.
    pub mode: Mode,
    /// The verdict.
    pub verdict: Verdict,
    /// The versions with which it was compared.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub against: Vec<u32>,
    /// What was assumed of members that are not declared.
    pub open_content: OpenContent,
    /// Whether the verdict hung on that.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub assumed: bool,
    /// Whether formats were asserted; of the first event it is the contract's setting.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub formats: bool,
    /// The request that waived a break.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waiver: Option<RequestId>,
    /// The repository that provides it, where the first event says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<RepoId>,
}

/// The `data` member of `MODE_SET`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct ModeSet {
    /// The mode from now on.
    pub mode: Mode,
}

/// The `data` member of `OWNER_SET`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OwnerSet {
    /// The repository that provides it.
    pub repo: RepoId,
}

/// The `data` member of `FORMATS_SET`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct FormatsSet {
    /// Whether formats are asserted from now on.
    pub asserted: bool,
}

/// The `data` member of `PINNED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Pinned {
    /// The consumer.
    pub repo: RepoId,
    /// The version that it uses.
    pub version: u32,
    /// The part that it needs, as a schema of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub needs: Option<Value>,
}

/// The `data` member of `UNPINNED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Unpinned {
    /// The consumer.
    pub repo: RepoId,
}

/// The `data` member of `ACTIVATED`, `DEPRECATED` and `RETIRED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct OfVersion {
    /// Which version.
    pub version: u32,
}

/// The `data` member of `WAIVED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Waived {
    /// Which version may break.
    pub version: u32,
    /// The request in which it was agreed.
    pub request: RequestId,
    /// Why.
    pub reason: String,
    /// The last day on which it counts.
    pub until: DashedDay,
}

impl ContractBody {
    /// The types, as written in the line.
    pub const KINDS: [&'static str; 10] = [
        "REGISTERED",
        "MODE_SET",
        "OWNER_SET",
        "FORMATS_SET",
        "PINNED",
        "UNPINNED",
        "ACTIVATED",
        "DEPRECATED",
        "RETIRED",
        "WAIVED",
    ];

    /// The event's type as written in the line.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Registered(_) => "REGISTERED",
            Self::ModeSet(_) => "MODE_SET",
            Self::OwnerSet(_) => "OWNER_SET",
            Self::FormatsSet(_) => "FORMATS_SET",
            Self::Pinned(_) => "PINNED",
            Self::Unpinned(_) => "UNPINNED",
            Self::Activated(_) => "ACTIVATED",
            Self::Deprecated(_) => "DEPRECATED",
            Self::Retired(_) => "RETIRED",
            Self::Waived(_) => "WAIVED",
        }
    }

    /// The version that it is about, where it is about one.
    #[must_use]
    pub fn version(&self) -> Option<u32> {
        match self {
            Self::Registered(r) => Some(r.version),
            Self::Pinned(p) => Some(p.version),
            Self::Activated(v) | Self::Deprecated(v) | Self::Retired(v) => Some(v.version),
            Self::Waived(w) => Some(w.version),
            Self::ModeSet(_) | Self::OwnerSet(_) | Self::FormatsSet(_) | Self::Unpinned(_) => None,
        }
    }

    /// The stage that a version enters, where one does.
    #[must_use]
    pub fn stage(&self) -> Option<(u32, Stage)> {
        match self {
            Self::Activated(v) => Some((v.version, Stage::Active)),
            Self::Deprecated(v) => Some((v.version, Stage::Deprecated)),
            Self::Retired(v) => Some((v.version, Stage::Retired)),
            Self::Registered(_)
            | Self::ModeSet(_)
            | Self::OwnerSet(_)
            | Self::FormatsSet(_)
            | Self::Pinned(_)
            | Self::Unpinned(_)
            | Self::Waived(_) => None,
        }
    }

    /// Checks the bounds of its numbers and texts.
    ///
    /// # Errors
    /// Says what breaks which rule.
    pub fn check(&self) -> Result<(), String> {
        let in_bounds = |version: &u32| (1..=ContractRef::VERSION_MAX).contains(version);
        let against = if let Self::Registered(r) = self { r.against.as_slice() } else { &[] };
        if !self.version().iter().chain(against).all(in_bounds) {
            return Err(format!("a version is a number from 1 to {}", ContractRef::VERSION_MAX));
        }
        match self {
            Self::Waived(w) if w.reason.trim().is_empty() || w.reason.len() > TEXT_BYTES_MAX => {
                Err(format!("the reason is blank or longer than {TEXT_BYTES_MAX} bytes"))
            }
            Self::Pinned(Pinned { needs: Some(needs), .. }) if !needs.is_object() && !needs.is_boolean() => {
                Err("what a consumer needs is a schema: an object, true or false".to_owned())
            }
            Self::Registered(_)
            | Self::ModeSet(_)
            | Self::OwnerSet(_)
            | Self::FormatsSet(_)
            | Self::Pinned(_)
            | Self::Unpinned(_)
            | Self::Activated(_)
            | Self::Deprecated(_)
            | Self::Retired(_)
            | Self::Waived(_) => Ok(()),
        }
    }
}
