//! Which files of a ledger only ever grow in number, or by lines.

use std::ffi::OsStr;

use crate::domain::id::{ContractName, Origin, RequestId};
use crate::store::fs::layout::{CONTRACT_LOG, CONTRACTS, CheckpointFile, SETTINGS, checkpoint_file, id_of, version_of};

pub(super) const REQUESTS: &str = "coordination/requests";
pub(super) const EVENTS: &str = "coordination/events";
const CHECKPOINTS: &str = "coordination/checkpoints";
/// The folders and files that are looked at.
pub(super) const LOOKED_AT: [&str; 5] = [SETTINGS, REQUESTS, EVENTS, CHECKPOINTS, CONTRACTS];

/// What a file of a ledger is. What is computed, and what people may edit, is none of these.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// The settings, which hold the ledger's identity.
    Settings,
    /// A request's packet.
    Packet(RequestId),
    /// A request's log.
    Log(RequestId),
    /// A contract's log.
    ContractLog(ContractName),
    /// The file of a contract's version.
    Version(ContractName, u32),
    /// An origin's list of leaves.
    Leaves(Origin),
    /// A checkpoint over so many leaves.
    Checkpoint(Origin, u64),
    /// A signature of a checkpoint.
    Signature(Origin, u64),
}

impl Kind {
    /// What stands at a path, as seen from the ledger's root.
    pub(super) fn of(path: &str) -> Option<Self> {
        if path == SETTINGS {
            return Some(Self::Settings);
        }
        let below = |folder: &str| path.strip_prefix(folder)?.strip_prefix('/');
        if let Some(name) = below(REQUESTS) {
            return id_of(OsStr::new(name), ".json").map(Self::Packet);
        }
        if let Some(name) = below(EVENTS) {
            return id_of(OsStr::new(name), ".jsonl").map(Self::Log);
        }
        if let Some((contract, name)) = below(CONTRACTS).and_then(|rest| rest.split_once('/')) {
            let contract: ContractName = contract.parse().ok()?;
            return match name {
                CONTRACT_LOG => Some(Self::ContractLog(contract)),
                _ => version_of(OsStr::new(name)).map(|version| Self::Version(contract, version)),
            };
        }
        let (origin, name) = below(CHECKPOINTS).and_then(|rest| rest.split_once('/'))?;
        let origin: Origin = origin.parse().ok()?;
        Some(match checkpoint_file(OsStr::new(name))? {
            CheckpointFile::Leaves => Self::Leaves(origin),
            CheckpointFile::Checkpoint(size) => Self::Checkpoint(origin, size),
            CheckpointFile::Signature(size) => Self::Signature(origin, size),
        })
    }

    /// The request, where it is about one.
    pub(super) fn request(&self) -> Option<RequestId> {
        match self {
            Self::Packet(id) | Self::Log(id) => Some(*id),
            Self::Settings
            | Self::ContractLog(_)
            | Self::Version(..)
            | Self::Leaves(_)
            | Self::Checkpoint(..)
            | Self::Signature(..) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_path_stands_for() {
        let id: RequestId = "REQ-20261120-0001".parse().unwrap();
        assert_eq!(Kind::of("coordination/requests/REQ-20261120-0001.json"), Some(Kind::Packet(id)));
        assert_eq!(Kind::of("coordination/events/REQ-20261120-0001.jsonl"), Some(Kind::Log(id)));
        assert_eq!(Kind::of("coordination/ledger.json"), Some(Kind::Settings));
        let contract: ContractName = "a.b".parse().unwrap();
        assert_eq!(Kind::of("schemas/contracts/a.b/v2.json"), Some(Kind::Version(contract.clone(), 2)));
        assert_eq!(Kind::of("schemas/contracts/a.b/events.jsonl"), Some(Kind::ContractLog(contract)));
        let origin: Origin = "main".parse().unwrap();
        assert_eq!(Kind::of("coordination/checkpoints/main/leaves"), Some(Kind::Leaves(origin.clone())));
        assert_eq!(Kind::of("coordination/checkpoints/main/8.checkpoint"), Some(Kind::Checkpoint(origin.clone(), 8)));
        assert_eq!(Kind::of("coordination/checkpoints/main/8.checkpoint.ab.sig"), Some(Kind::Signature(origin, 8)));
        for other in ["coordination/index.json", "coordination/workflow.json", "coordination/.local/clock", "README.md"]
        {
            assert_eq!(Kind::of(other), None, "{other}");
        }
    }
}
