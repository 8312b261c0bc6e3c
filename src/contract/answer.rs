//! The three answers to "is every document that is valid under A valid under B?"

use std::fmt;

use serde_json::Value;

/// A document that is valid under one schema and invalid under the other, as two validators say.
#[derive(Clone, PartialEq, Debug)]
pub struct Witness {
    document: Value,
}

impl Witness {
    /// Only what has been confirmed may be called a witness, so only this room makes one.
    pub(in crate::contract) fn confirmed(document: Value) -> Self {
        Self { document }
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }
}

impl fmt::Display for Witness {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.document)
    }
}

/// What is known of a containment.
#[derive(Clone, PartialEq, Debug)]
pub enum Answer {
    /// Every document that is valid under the first is valid under the second.
    Contained {
        /// How that is known, in words.
        reason: String,
    },
    /// There is one that is not.
    NotContained {
        /// Which.
        witness: Witness,
        /// How it came to light, in words.
        reason: String,
    },
    /// Neither could be proved.
    Unknown {
        /// What stood in the way, in words.
        reason: String,
    },
}

impl Answer {
    /// The stable name for programs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Contained { .. } => "contained",
            Self::NotContained { .. } => "not_contained",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// Why, in words.
    #[must_use]
    pub fn reason(&self) -> &str {
        match self {
            Self::Contained { reason } | Self::NotContained { reason, .. } | Self::Unknown { reason } => reason,
        }
    }

    /// The document that shows that it is not contained.
    #[must_use]
    pub fn witness(&self) -> Option<&Witness> {
        match self {
            Self::NotContained { witness, .. } => Some(witness),
            Self::Contained { .. } | Self::Unknown { .. } => None,
        }
    }
}
