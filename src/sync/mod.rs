//! Git as the carrier between clones: how git stands to the ledger's files, how they are merged and exchanged, and whether
//! a change only adds to what a commit held.

pub mod against;
mod ask;
pub mod attributes;
pub mod driver;
pub mod elsewhere;
pub mod gate;
pub mod git;
pub mod giving_back;
pub mod join;
pub mod lease;
pub mod markers;
pub mod mending;
pub mod part;
pub mod publish;
pub mod remote;
pub mod restore;
pub mod standing;
pub mod tree;
pub mod twins;
pub mod unite;
pub mod unmerged;
mod whole;

pub use ask::{Answer, Unanswered};
