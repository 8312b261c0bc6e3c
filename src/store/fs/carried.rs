//! The files that clones hand on to each other: everything of a ledger that is no projection and is not local.

use std::path::Path;

use super::layout::{CONTRACT_LOG, CONTRACTS, CheckpointFile, SETTINGS, checkpoint_file, id_of, version_of};
use super::log::LOG_BYTES_MAX;
use crate::domain::id::{ContractName, Origin, RequestId, Stream};
use crate::domain::packet::PACKET_BYTES_MAX;
use crate::store::contracts::VERSION_BYTES_MAX;

const WORKFLOW: &str = "coordination/workflow.json";
const REQUESTS: &str = "coordination/requests/";
const EVENTS: &str = "coordination/events/";
const CHECKPOINTS: &str = "coordination/checkpoints/";
const SCHEMAS: &str = "schemas/ledger/";
const SCHEMA_SUFFIX: &str = ".schema.json";
/// The largest of the files that have no bound of their own, in bytes.
const OTHER_BYTES_MAX: u64 = 64 << 20;

/// A file that clones hand on to each other.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CarriedFile {
    /// `coordination/ledger.json`
    Settings,
    /// `coordination/workflow.json`
    Workflow,
    /// A schema of the ledger's own formats, or of a request type: its name below `schemas/ledger/`.
    Schema(String),
    /// A contract's version.
    Version(ContractName, u32),
    /// A packet.
    Packet(RequestId),
    /// The log of a request or a contract.
    Log(Stream),
    /// A file of an origin's checkpoints: its name.
    Checkpoint(Origin, String),
}

/// The roots of everything that is carried, below the ledger's.
pub const CARRIED_FOLDERS: [&str; 2] = ["coordination", "schemas"];

impl CarriedFile {
    /// What a path below the ledger's root stands for, with `/` between its parts; `None` for everything else.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        if path == SETTINGS {
            return Some(Self::Settings);
        }
        if path == WORKFLOW {
            return Some(Self::Workflow);
        }
        if let Some(name) = path.strip_prefix(REQUESTS) {
            return id_of(name.as_ref(), ".json").map(Self::Packet);
        }
        if let Some(name) = path.strip_prefix(EVENTS) {
            return id_of(name.as_ref(), ".jsonl").map(|id| Self::Log(Stream::Request(id)));
        }
        if let Some(rest) = path.strip_prefix(CHECKPOINTS) {
            let (origin, name) = rest.split_once('/')?;
            let is_file = !name.contains('/') && checkpoint_file(name.as_ref()).is_some();
            return is_file.then(|| Some(Self::Checkpoint(origin.parse().ok()?, name.to_owned())))?;
        }
        if let Some(rest) = path.strip_prefix(CONTRACTS).and_then(|rest| rest.strip_prefix('/')) {
            let (name, file) = rest.split_once('/')?;
            let name: ContractName = name.parse().ok()?;
            return match file {
                CONTRACT_LOG => Some(Self::Log(Stream::Contract(name))),
                file => version_of(file.as_ref()).map(|version| Self::Version(name, version)),
            };
        }
        let name = path.strip_prefix(SCHEMAS)?.strip_suffix(SCHEMA_SUFFIX)?;
        let stem = name.strip_prefix("types/").unwrap_or(name);
        let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        (!stem.is_empty() && stem.chars().all(is_plain)).then(|| Self::Schema(name.to_owned()))
    }

    /// Its path below the ledger's root, with `/` between its parts.
    #[must_use]
    pub fn path(&self) -> String {
        match self {
            Self::Settings => SETTINGS.to_owned(),
            Self::Workflow => WORKFLOW.to_owned(),
            Self::Schema(name) => format!("{SCHEMAS}{name}{SCHEMA_SUFFIX}"),
            Self::Version(name, version) => format!("{CONTRACTS}/{name}/v{version}.json"),
            Self::Packet(id) => format!("{REQUESTS}{id}.json"),
            Self::Log(Stream::Request(id)) => format!("{EVENTS}{id}.jsonl"),
            Self::Log(Stream::Contract(name)) => format!("{CONTRACTS}/{name}/{CONTRACT_LOG}"),
            Self::Checkpoint(origin, name) => format!("{CHECKPOINTS}{origin}/{name}"),
        }
    }

    /// The request whose file it is.
    #[must_use]
    pub fn request(&self) -> Option<RequestId> {
        match self {
            Self::Packet(id) | Self::Log(Stream::Request(id)) => Some(*id),
            Self::Settings
            | Self::Workflow
            | Self::Schema(_)
            | Self::Version(..)
            | Self::Log(Stream::Contract(_))
            | Self::Checkpoint(..) => None,
        }
    }

    /// The most bytes that it may have.
    #[must_use]
    pub fn bytes_max(&self) -> u64 {
        match self {
            Self::Packet(_) => PACKET_BYTES_MAX as u64,
            Self::Log(_) => LOG_BYTES_MAX,
            Self::Version(..) => VERSION_BYTES_MAX as u64,
            // The list of leaves grows with the ledger.
            Self::Checkpoint(_, name) if checkpoint_file(name.as_ref()) == Some(CheckpointFile::Leaves) => {
                LOG_BYTES_MAX
            }
            Self::Settings | Self::Workflow | Self::Schema(_) | Self::Checkpoint(..) => OTHER_BYTES_MAX,
        }
    }

    /// The mode of the file: what is written once can't be written to.
    #[must_use]
    pub(super) fn mode(&self) -> u32 {
        match self {
            Self::Packet(_) | Self::Version(..) => 0o444,
            Self::Settings | Self::Workflow | Self::Schema(_) | Self::Log(_) | Self::Checkpoint(..) => 0o644,
        }
    }

    /// The folders that it lies in, below the root, parents first.
    pub(super) fn folders(&self) -> Vec<String> {
        let path = self.path();
        let mut folders: Vec<String> = Path::new(&path)
            .ancestors()
            .skip(1)
            .filter_map(|folder| folder.to_str().filter(|folder| !folder.is_empty()).map(str::to_owned))
            .collect();
        folders.reverse();
        folders
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_read_as_it_is_written_and_nothing_else_is_one() {
        for path in [
            "coordination/ledger.json",
            "coordination/workflow.json",
            "coordination/requests/REQ-20261120-0001.json",
            "coordination/events/REQ-20261120-0001.jsonl",
            "coordination/checkpoints/main/3.checkpoint",
            "coordination/checkpoints/main/3.checkpoint.mia.sig",
            "coordination/checkpoints/main/leaves",
            "schemas/contracts/billing.invoice/v3.json",
            "schemas/contracts/billing.invoice/events.jsonl",
            "schemas/ledger/event.schema.json",
            "schemas/ledger/types/bug.schema.json",
        ] {
            assert_eq!(CarriedFile::parse(path).map(|file| file.path()).as_deref(), Some(path));
        }
        for path in [
            "coordination/index.json",
            "coordination/.local/tmp/x",
            "coordination/requests/../ledger.json",
            "coordination/requests/REQ-20261120-0001.jsonl",
            "coordination/requests/x/REQ-20261120-0001.json",
            "coordination/checkpoints/main/x/3.checkpoint",
            "coordination/checkpoints/../3.checkpoint",
            "schemas/contracts/billing.invoice/v03.json",
            "schemas/contracts/../v3.json",
            "schemas/ledger/../event.schema.json",
            "schemas/ledger/types/.schema.json",
            "/coordination/ledger.json",
            "src/main.rs",
            "",
        ] {
            assert_eq!(CarriedFile::parse(path), None, "{path}");
        }
    }
}
