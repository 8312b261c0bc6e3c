//! Why an exchange did not come about.

use super::Finding;
use crate::app::AppError;
use crate::sync::gate::Loss;
use crate::sync::git::GitFailure;
use crate::sync::giving_back::Untaken;
use crate::sync::join::Clash;
use crate::sync::remote::{NoTarget, Target};
use crate::sync::tree::{NO_PLAIN_FILE, TreeError};

/// Why an exchange did not come about. What stands here is kept, whatever it is.
#[derive(Debug, thiserror::Error)]
pub enum SyncFailure {
    /// Git, or the ledger's files.
    #[error(transparent)]
    Tree(#[from] TreeError),
    /// Nobody can tell with whom to exchange.
    #[error("{0}")]
    NoTarget(NoTarget),
    /// The other side does not answer.
    #[error("{} does not answer: {told}", .target.remote)]
    Unreachable {
        /// With whom.
        target: Target,
        /// What git says.
        told: String,
    },
    /// The other side did not answer a push: it may have it.
    #[error("whether {} has it is not known: {told}", .target.remote)]
    Unanswered {
        /// With whom.
        target: Target,
        /// What git says.
        told: String,
    },
    /// The other side takes it from nobody.
    #[error("{} does not take it: {why}", .target.name())]
    Refused {
        /// With whom.
        target: Target,
        /// In its words.
        why: String,
    },
    /// Others were quicker until the time was up.
    #[error("{}", overtaken(.target, *.times, .told.as_deref()))]
    Overtaken {
        /// With whom.
        target: Target,
        /// How often.
        times: usize,
        /// What the other side said last, where it could not get at its own branch.
        told: Option<String>,
    },
    /// The other side has no such branch, and nobody asked for a new one.
    #[error("there is no branch {} yet", .0.name())]
    NoBranch(Target),
    /// The other side lost what it had.
    #[error("{} no longer has what it had at {}{}", .target.name(), short(.seen), list(.lost))]
    Rewritten {
        /// With whom.
        target: Target,
        /// What it had.
        seen: String,
        /// What is missing, as far as that is known here.
        lost: Vec<Loss>,
    },
    /// Something that is on record was edited or removed here.
    #[error("what commit {} holds was changed here{}", short(.commit), list(.lost))]
    Edited {
        /// A commit that has it.
        commit: String,
        /// What was changed.
        lost: Vec<Loss>,
    },
    /// Something is different on either side, and only people can say what holds.
    #[error("{}", .clashes.first().map(clash).unwrap_or_default())]
    Clash {
        /// With whom.
        target: Target,
        /// What.
        clashes: Vec<Clash>,
    },
    /// Something that was made here breaks a rule.
    #[error("it is not published: {}: {}", .0.path.display(), .0.what)]
    Unsound(Box<Finding>),
}

impl SyncFailure {
    /// Of a fetch.
    pub(in crate::app) fn unreachable(target: &Target, failure: GitFailure) -> Self {
        match failure {
            GitFailure::Failed { told, .. } => Self::Unreachable { target: target.clone(), told },
            other @ (GitFailure::Program(_)
            | GitFailure::NoRepository(_)
            | GitFailure::Locked { .. }
            | GitFailure::Late { .. }
            | GitFailure::Garbled { .. }) => Self::Tree(other.into()),
        }
    }

    /// Of a push.
    pub(in crate::app) fn unreachable_push(target: &Target, failure: GitFailure) -> Self {
        match failure {
            GitFailure::Failed { told, .. } => Self::Unanswered { target: target.clone(), told },
            late @ GitFailure::Late { .. } => Self::Unanswered { target: target.clone(), told: late.to_string() },
            // What is locked here keeps a push from being noted here: the other side may have it.
            locked @ GitFailure::Locked { .. } => Self::Unanswered { target: target.clone(), told: locked.to_string() },
            other @ (GitFailure::Program(_) | GitFailure::NoRepository(_) | GitFailure::Garbled { .. }) => {
                Self::Tree(other.into())
            }
        }
    }
}

impl From<GitFailure> for SyncFailure {
    fn from(failure: GitFailure) -> Self {
        Self::Tree(failure.into())
    }
}

impl From<SyncFailure> for AppError {
    fn from(failure: SyncFailure) -> Self {
        if let SyncFailure::Tree(TreeError::Store(error)) = failure {
            return Self::Store(error);
        }
        Self::Sync(Box::new(failure))
    }
}

fn short(commit: &str) -> &str {
    commit.get(..12).unwrap_or(commit)
}

fn list(lost: &[Loss]) -> String {
    const TOLD_MAX: usize = 5;
    if lost.is_empty() {
        return String::new();
    }
    let told: Vec<String> = lost.iter().take(TOLD_MAX).map(ToString::to_string).collect();
    let more = if lost.len() > TOLD_MAX { format!("; and {} more", lost.len() - TOLD_MAX) } else { String::new() };
    format!(": {}{more}", told.join("; "))
}

fn clash(clash: &Clash) -> String {
    match clash {
        Clash::Edited(file) => {
            format!("{} is of one request and has another content on either side: it was edited", file.path())
        }
        Clash::Unreadable { file, what } => format!("{}, as the other side has it: {what}", file.path()),
        Clash::NoFile(file) => format!("{}: {NO_PLAIN_FILE}", file.path()),
        Clash::Lost(Untaken { file, line: _, what }) => {
            format!("{}, as the other side has it, does not even begin: {what}", file.path())
        }
        Clash::DamagedHere { file, what } => format!("{}, as it is here: {what}", file.path()),
        Clash::Version(name, version) => format!("both sides registered {name}@{version}"),
        Clash::Text(file) => format!("both sides changed {}", file.path()),
        Clash::Checkpoint(file) => format!("both sides have {}, and not the same", file.path()),
        Clash::OtherLedger([ours, theirs]) => {
            format!("the other side has another ledger, {theirs}; this one is {ours}")
        }
        Clash::Covered(origin, id) => {
            format!("{id} must be written anew, and a checkpoint of {origin} that nobody else has seen covers it")
        }
        Clash::Published(id) => {
            format!("the other side has another request {id}, and ours was published before")
        }
        Clash::Named { by, numbers } => {
            let numbers: Vec<String> = numbers.iter().map(ToString::to_string).collect();
            format!(
                "{} is another clone's number, and {by}, which was published before, names ours",
                numbers.join(", ")
            )
        }
        Clash::Mixed(id) => {
            format!("the other side has another request {id}, and what is here of ours was united with it by a merge")
        }
        Clash::NotRewritten(id, why) => format!("{id} must get another number, and can't: {why}"),
    }
}

fn overtaken(target: &Target, times: usize, told: Option<&str>) -> String {
    match told {
        None => format!("others were quicker to publish on {}, {times} times", target.name()),
        Some(told) => format!("{} could not be written, {times} times: {told}", target.name()),
    }
}
