//! Exit statuses: part of the program's contract, never renumbered.

use serde::Serialize;

/// How a command ended.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Exit {
    /// Done, or the answer is yes.
    Done = 0,
    /// An unexpected failure: a bug, or I/O.
    Failure = 1,
    /// The command line is wrong.
    Usage = 2,
    /// Checked, and the answer is no.
    No = 3,
    /// Not found.
    NotFound = 4,
    /// Refused by a rule.
    Refused = 5,
    /// A conflict: stale version, key used for another intent, diverged.
    Conflict = 6,
    /// The budget ran out before anything was written.
    Busy = 7,
    /// It may have been written.
    Unknown = 8,
    /// The ledger is damaged.
    Damaged = 9,
    /// The gate could prove neither side.
    Undecided = 10,
}

/// What a status means, for the catalogue.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Meaning {
    /// The status.
    pub status: u8,
    /// A stable name.
    pub name: &'static str,
    /// In words.
    pub meaning: &'static str,
    /// Whether and how to try again.
    pub retry: &'static str,
}

impl Exit {
    /// All statuses, in order.
    pub const ALL: [Self; 11] = [
        Self::Done,
        Self::Failure,
        Self::Usage,
        Self::No,
        Self::NotFound,
        Self::Refused,
        Self::Conflict,
        Self::Busy,
        Self::Unknown,
        Self::Damaged,
        Self::Undecided,
    ];

    /// The status as the shell sees it.
    #[must_use]
    pub fn status(self) -> u8 {
        self as u8
    }

    /// What it means.
    #[must_use]
    pub fn meaning(self) -> Meaning {
        let (name, meaning, retry) = match self {
            Self::Done => ("done", "done, or the answer is yes", ""),
            Self::Failure => ("failure", "unexpected failure (a bug, an I/O error)", ""),
            Self::Usage => ("usage", "the command line is wrong", ""),
            Self::No => ("no", "checked, and the answer is no: verify found something, a contract breaks", ""),
            Self::NotFound => ("not-found", "not found", ""),
            Self::Refused => ("refused", "refused by a rule: illegal transition, guard, bad packet", ""),
            Self::Conflict => {
                ("conflict", "conflict: stale version, key used for another intent, diverged", "re-read first")
            }
            Self::Busy => ("busy", "the budget ran out before anything was written", "yes"),
            Self::Unknown => ("unknown", "it may have been written", "yes, with the same key"),
            Self::Damaged => ("damaged", "the ledger is damaged", ""),
            Self::Undecided => ("undecided", "the gate could prove neither side", ""),
        };
        Meaning { status: self.status(), name, meaning, retry }
    }
}
