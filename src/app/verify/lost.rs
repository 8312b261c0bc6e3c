//! What was on record and is gone: whether git has it, and how it comes back.

use super::super::Ledger;
use super::Severity;
use crate::domain::hash::Hash;
use crate::domain::id::RequestId;
use crate::index::remembered::Lost;
use crate::sync::elsewhere::{Holder, holder};
use crate::sync::restore::ELSEWHERE;

/// Of how many things git is asked: each goes through a history.
const ASKED_MAX: usize = 16;

/// What is said of something that is gone.
pub(in crate::app) struct WayBack {
    /// How grave it is.
    pub(in crate::app) severity: Severity,
    /// Where it is, to follow what is missing.
    pub(in crate::app) whereabouts: Option<String>,
    /// What brings it back.
    pub(in crate::app) fix: String,
}

impl Ledger<'_> {
    /// Whether all of this is on another branch, or put aside: whoever changes to a branch loses nothing.
    #[must_use]
    pub fn are_elsewhere(&self, lost: &[Lost]) -> bool {
        let is_beside = |one: &Lost| matches!(holder(&self.store.root(), one.id, one.head), Some(Holder::Beside(_)));
        lost.len() <= ASKED_MAX && lost.iter().all(is_beside)
    }

    /// How an event comes back, or a whole request; of what comes after so many others git is not asked.
    pub(in crate::app) fn way_back(&self, id: RequestId, event: Option<Hash>, before: usize) -> WayBack {
        let restoring = self.world.restoring();
        let (packet, log) = self.store.places(id);
        let held = (before < ASKED_MAX).then(|| holder(&self.store.root(), id, event)).flatten();
        let git = restoring.git();
        let word = |path| restoring.word(path);
        match (held, event) {
            (Some(Holder::Beside(commit)), _) => WayBack {
                severity: Severity::Note,
                whereabouts: Some(format!("commit {commit} has it, on another branch or put aside")),
                fix: "nothing, if you changed to another branch".to_owned(),
            },
            // Whatever was written since stays.
            (Some(Holder::Behind(commit)), Some(_)) => {
                WayBack { severity: Severity::Violation, whereabouts: None, fix: restoring.back(&commit, &log) }
            }
            (Some(Holder::Behind(commit)), None) => WayBack {
                severity: Severity::Violation,
                whereabouts: None,
                fix: format!("restore it: {git} checkout {commit} -- {} {}", word(&packet), word(&log)),
            },
            (None, _) => WayBack { severity: Severity::Violation, whereabouts: None, fix: ELSEWHERE.to_owned() },
        }
    }
}
