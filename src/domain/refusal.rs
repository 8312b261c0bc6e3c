//! Commands that a rule forbids.

use super::claim::{Claim, InTheWay};
use super::event::PartStatus;
use super::id::{Actor, RepoId, RequestId, Role};
use super::keyed::{KeyConflict, Said};
use super::outlook::{Need, Open};
use super::state::Side;
use super::workflow::StateName;

/// A command that a rule forbids. A refusal is an answer, not a failure.
#[derive(Clone, PartialEq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The workflow has no such state.
    #[error("the workflow has no state {to}")]
    UnknownState {
        /// The state wanted.
        to: StateName,
        /// The states that there are.
        known: Vec<StateName>,
    },
    /// No transition leads there from here.
    #[error("{}", illegal(.from, .to))]
    Illegal {
        /// Where it stands.
        from: StateName,
        /// The state wanted.
        to: StateName,
        /// What is open from here.
        open: Vec<Open>,
    },
    /// The transition exists, but something is missing.
    #[error("{from} can't become {to} yet: it needs {}", .needs.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))]
    Unmet {
        /// Where it stands.
        from: StateName,
        /// The state wanted.
        to: StateName,
        /// What is missing.
        needs: Vec<Need>,
    },
    /// Two clones wrote at once; nothing moves before it is settled.
    #[error("the request has diverged: {}", .sides.iter().map(|s| format!("{} ({})", s.state, s.event.hash.short())).collect::<Vec<_>>().join(" and "))]
    Diverged {
        /// The ways that exclude each other.
        sides: Vec<Side>,
    },
    /// There is nothing to settle.
    #[error("the request has not diverged: it is {0}")]
    NotDiverged(StateName),
    /// The side to keep is not one of the sides, or could be several.
    #[error("{keep:?} does not name one side of this request")]
    NoSuchSide {
        /// As typed.
        keep: String,
        /// The sides that there are.
        sides: Vec<Side>,
    },
    /// Another request has its key, and nobody has said which of the two is meant.
    #[error("the request is a duplicate of {first}: both have one key")]
    Duplicate {
        /// The first request with the key.
        first: RequestId,
    },
    /// There is no duplicate to settle.
    #[error("the request is no duplicate that waits for a decision: {0}")]
    NotDuplicate(String),
    /// Several final states would do, or none, or the one that was named is not final.
    #[error("{}", which_end(.from, .ends))]
    WhichEnd {
        /// Where it stands.
        from: StateName,
        /// The final states that take a reason at most.
        ends: Vec<StateName>,
    },
    /// Events with one key say different things; nothing moves before it is settled which holds.
    #[error("events with one key say different things: {}", .0.iter().map(told).collect::<Vec<_>>().join("; "))]
    KeyTwice(Vec<KeyConflict>),
    /// What is to be kept is none of the events with one key, or could be several.
    #[error("{keep:?} does not name one of the events with one key")]
    NoSuchEvent {
        /// As typed.
        keep: String,
        /// The events that there are.
        conflicts: Vec<KeyConflict>,
    },
    /// A repository that was not asked.
    #[error("{repo} is not a target of this request")]
    NotATarget {
        /// The repository.
        repo: RepoId,
        /// Those that were asked.
        targets: Vec<RepoId>,
    },
    /// In this state a target can't say that of its part.
    #[error("no target's part can be {status} while the request is {state}")]
    PartClosed {
        /// Where it stands.
        state: StateName,
        /// What the target says.
        status: PartStatus,
        /// What it may say in this state.
        takes: Vec<PartStatus>,
    },
    /// A delivered part must show something.
    #[error("a DELIVERED part needs evidence (--evidence KIND=VALUE)")]
    PartNeedsEvidence,
    /// In governed mode only those who hold a role speak in it.
    #[error("{by} does not hold the role {role}")]
    RoleNotHeld {
        /// Who acts.
        by: Actor,
        /// The role.
        role: String,
    },
    /// In governed mode the settings can demand that approvals are signed.
    #[error("an approval of a governed request must be signed here")]
    Unsigned {
        /// The role.
        role: Role,
    },
    /// A detail that the packet or an earlier transition gave is not taken back, nor said to be nothing.
    #[error("details.{name} is on record already, or is given as null: a transition only adds details")]
    DetailGiven {
        /// Its name.
        name: String,
    },
    /// Somebody else works on it.
    #[error("claimed by {} until {}", .0.on.by, .0.until)]
    ClaimedByOther(Claim),
    /// Two clones claimed it at once; nobody holds it before that is settled.
    #[error("the request is contested: {}", .0.iter().map(|c| format!("{} claimed it until {}", c.on.by, c.until)).collect::<Vec<_>>().join(", "))]
    Contested(Vec<Claim>),
    /// There is no claim of who acts.
    #[error("{by} has not claimed it")]
    NotClaimed {
        /// Who acts.
        by: Actor,
    },
    /// A claim that does not stand against the other, or not any more.
    #[error("these are no two claims in force that contest each other")]
    NotContested,
    /// Nothing follows its state, so there is nothing to work on.
    #[error("it is {0}: there is nothing to claim")]
    Over(StateName),
    /// A claim or a release on record that nobody could make where its writer stood: only found by judging.
    #[error("{0}")]
    WrongClaim(String),
    /// An event on record says other than what the rules say of it: only found by judging.
    #[error("{0}")]
    Contradicts(String),
    /// A text is empty or too long, or a piece of evidence is not well formed.
    #[error("{0}")]
    Text(String),
}

fn which_end(from: &StateName, ends: &[StateName]) -> String {
    match ends {
        [] => format!("no final state is open from {from} with nothing but a reason"),
        [_, ..] => "that does not name one of the final states in which it could end".to_owned(),
    }
}

/// A key with what was said with it, in a line.
fn told(conflict: &KeyConflict) -> String {
    let said = |said: &Said| format!("{} ({})", said.kind, said.event.hash.short());
    let all: Vec<String> = conflict.said.iter().map(said).collect();
    format!("{:?} {}", conflict.key.as_str(), all.join(" and "))
}

fn illegal(from: &StateName, to: &StateName) -> String {
    if from == to { format!("it is {to} already") } else { format!("{from} can't become {to}") }
}

impl From<InTheWay> for Refusal {
    fn from(in_the_way: InTheWay) -> Self {
        match in_the_way {
            InTheWay::Other(claim) => Self::ClaimedByOther(claim),
            InTheWay::Contest(claims) => Self::Contested(claims),
        }
    }
}
