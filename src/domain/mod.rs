//! What a ledger is, as values: ids, times, packets, events, histories, the workflow, and the decision whether a
//! command is allowed.
//!
//! This room knows nothing of files, clocks, randomness, environment variables or terminals: everything it needs is
//! handed to it. Its types can't be wrong: fields that must hold together are private and `parse` is the only way in.

pub mod approval;
pub mod base64;
pub mod body;
pub mod checkpoint;
pub mod compatibility;
pub mod contract_body;
pub mod decide;
pub mod event;
pub mod graph;
pub mod hash;
pub mod history;
pub mod id;
pub mod json;
pub mod judge;
pub mod leaf;
mod line;
pub mod merkle;
pub mod outlook;
pub mod packet;
mod plain;
pub mod proof;
pub mod relations;
pub mod renumber;
pub mod secret;
pub mod settings;
pub mod signature;
pub mod state;
pub mod stats;
pub mod time;
mod way;
pub mod workflow;

/// The newest file format that this program writes and fully understands.
pub const FORMAT: u32 = crate::FORMAT;
