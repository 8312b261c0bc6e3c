//! Git as the carrier between clones: how git stands to the ledger's files, how they are merged, and how clones exchange
//! them.

mod ask;
pub mod attributes;
pub mod driver;
pub mod gate;
pub mod git;
pub mod join;
pub mod markers;
pub mod mending;
pub mod part;
pub mod remote;
pub mod standing;
pub mod tree;
pub mod unite;
pub mod unmerged;

pub use ask::Unanswered;
