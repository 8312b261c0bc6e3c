//! Contracts as values: how two schemas compare, and what a registry's rules make of it.
//!
//! This room knows nothing of files, git, clocks or terminals. References resolve inside a document or among the
//! [`Resources`] that are handed in; time is a question that is asked of the caller ([`Limits`]).

pub mod answer;
pub mod catalogue;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of it speaks of one class of documents and passes over the others"
)]
mod compile;
pub mod containment;
pub mod decide;
pub mod draft;
pub mod explain;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of it speaks of one class of documents and passes over the others"
)]
mod formula;
pub mod gate;
#[cfg(test)]
mod generated;
mod keywords;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of it speaks of one class of documents and passes over the others"
)]
mod language;
pub mod lint;
mod names;
mod pointer;
pub mod position;
pub mod resources;
pub mod schema;
#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "most of it speaks of one class of documents and passes over the others"
)]
mod solve;
pub mod state;
pub mod waiver;

pub use crate::domain::compatibility::Mode;
pub use answer::{Answer, Witness};
pub use containment::{Limits, OpenContent, Question, compare, hunt};
pub use draft::Draft;
pub use resources::Resources;
