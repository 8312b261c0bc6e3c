//! An append-only coordination ledger for people, CI and agents that work across many repositories.
//!
//! The rooms from the top down; imports point downwards only (`tests/architecture.rs` holds them to it).
//!
//! - [`cli`]: the command line: arguments in, text or JSON and an exit status out. Only `cli::render` prints.
//! - [`tui`]: the same on a terminal that stays open: a board, a request, its transitions. With the feature `tui`.
//! - [`app`]: use cases: read, decide, append, project.
//! - [`sync`]: how git stands to the ledger's files, and how they are merged.
//! - [`index`]: what can be computed from packets and events, and thrown away.
//! - [`signing`]: signatures, made and checked by OpenSSH.
//! - [`registry`]: contracts on disk and at a commit of git.
//! - [`store`]: where packets and events are kept: the trait, a model in memory, the file system.
//! - [`intake`]: pure. What other trackers and folders kept by hand say, as wishes of this ledger.
//! - [`contract`]: pure. Schemas between repositories: compatibility modes, containment, witnesses.
//! - [`domain`]: pure. Ids, times, packets, events, histories, the workflow, the decision.
//!
//! A write goes down through them once and comes back up as an answer: `cli` parses, `app` reads a history and asks
//! `domain` to decide, `store` appends if nothing has changed meanwhile, `index` notes it, `cli` prints.

#![warn(unreachable_pub)]
#![cfg_attr(not(test), warn(clippy::unwrap_used))]

// Tests inside the crate share helpers with those outside.
#[cfg(test)]
extern crate self as coordination_ledger;

pub mod app;
pub mod cli;
pub mod contract;
pub mod domain;
pub mod index;
pub mod intake;
pub mod registry;
pub mod signing;
pub mod store;
pub mod sync;
#[cfg(feature = "tui")]
pub mod tui;

/// The newest format of packets and events that this program knows.
pub const FORMAT: u32 = 1;
