//! Git as the carrier between clones. What there is so far: how git stands to the ledger's files.

pub mod standing;
pub mod unite;
