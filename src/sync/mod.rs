//! Git as the carrier between clones. What there is so far: how git stands to the ledger's
//! files, and whether a change only adds to what a commit held.

pub mod against;
pub mod gate;
pub mod git;
pub mod join;
pub mod publish;
pub mod remote;
pub mod restore;
pub mod standing;
pub mod tree;
pub mod unite;
