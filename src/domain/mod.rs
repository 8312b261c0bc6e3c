//! What a ledger is, as values: ids, times, packets, events, histories, the workflow, and the decision whether a
//! command is allowed.
//!
//! This room knows nothing of files, clocks, randomness, environment variables or terminals: everything it needs is
//! handed to it. Its types can't be wrong: fields that must hold together are private and `parse` is the only way in.

pub mod approval;
pub mod base64;
pub mod body;
pub mod checkpoint;
pub mod claim;
pub mod compatibility;
pub mod contract_body;
pub mod decide;
pub mod duplicate;
pub mod event;
pub mod graph;
pub mod hash;
pub mod history;
pub mod id;
pub mod json;
pub mod judge;
pub mod keyed;
pub mod leaf;
pub mod lease;
pub mod line;
pub mod merkle;
pub mod occurrence;
pub mod outlook;
pub mod packet;
mod plain;
pub mod proof;
pub mod reach;
pub mod refusal;
pub mod relations;
pub mod renumber;
pub mod safe;
pub mod secret;
pub mod settings;
pub mod signature;
pub mod signers;
pub mod state;
pub mod stats;
pub mod time;
mod way;
pub mod workflow;

/// The newest file format that this program writes and fully understands.
pub const FORMAT: u32 = crate::FORMAT;

/// Whether this program may write to what is of a format: only if what it writes is of that format too. It reads all up to
/// [`FORMAT`] and writes that one alone, so an older ledger is not given lines that the programs it is shared with can't
/// read. Whoever raises [`FORMAT`] and has packets and events of an older one made as well adds it here.
#[must_use]
pub fn is_written(format: u32) -> bool {
    const WRITTEN: [u32; 1] = [FORMAT];
    WRITTEN.contains(&format)
}

/// So many of something.
#[must_use]
pub fn count(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}
