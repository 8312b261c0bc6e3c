//! Where everything is. Paths are made from parsed names only, never from text.

use std::path::{Path, PathBuf};

use crate::domain::checkpoint::parse_size;
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, ContractRef, Origin, RequestId, Stream};

/// How many lock files requests share. A lock file can never be deleted safely, so there is a fixed number of them
/// rather than one a request; two requests that share one wait for each other for the length of a sync.
pub const STRIPES: u64 = 256;

/// The folder of the contracts, below the root.
pub const CONTRACTS: &str = "schemas/contracts";
/// The ledger's settings, below the root.
pub const SETTINGS: &str = "coordination/ledger.json";
/// The name of a contract's log in its folder.
pub const CONTRACT_LOG: &str = "events.jsonl";

/// The name of an origin's list of leaves in its folder.
pub const LEAVES: &str = "leaves";
/// The folders in `.local/`.
pub const LOCAL_FOLDERS: [&str; 3] = ["locks", "tmp", "quarantine"];

const CHECKPOINT_SUFFIX: &str = ".checkpoint";
const SIGNATURE_SUFFIX: &str = ".sig";

/// The paths of one ledger.
#[derive(Clone, Debug)]
pub struct Layout {
    root: PathBuf,
    coordination: PathBuf,
}

impl Layout {
    /// The layout below `root`, the folder that holds `coordination/`.
    #[must_use]
    pub fn new(root: &Path) -> Self {
        Self { root: root.to_owned(), coordination: root.join("coordination") }
    }

    /// The folder that holds `coordination/`.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// `coordination/`
    #[must_use]
    pub fn coordination(&self) -> &Path {
        &self.coordination
    }

    /// `coordination/ledger.json`
    #[must_use]
    pub fn settings(&self) -> PathBuf {
        self.root.join(SETTINGS)
    }

    /// `coordination/workflow.json`
    #[must_use]
    pub fn workflow(&self) -> PathBuf {
        self.coordination.join("workflow.json")
    }

    /// `coordination/index.json`
    #[must_use]
    pub fn index(&self) -> PathBuf {
        self.coordination.join("index.json")
    }

    /// `coordination/requests/`
    #[must_use]
    pub fn requests(&self) -> PathBuf {
        self.coordination.join("requests")
    }

    /// `coordination/events/`
    #[must_use]
    pub fn events(&self) -> PathBuf {
        self.coordination.join("events")
    }

    /// A request's packet.
    #[must_use]
    pub fn packet(&self, id: RequestId) -> PathBuf {
        self.coordination.join(format!("requests/{id}.json"))
    }

    /// A request's log.
    #[must_use]
    pub fn log(&self, id: RequestId) -> PathBuf {
        self.coordination.join(format!("events/{id}.jsonl"))
    }

    /// `schemas/contracts/`
    #[must_use]
    pub fn contracts(&self) -> PathBuf {
        self.root.join(CONTRACTS)
    }

    /// A contract's folder.
    #[must_use]
    pub fn contract(&self, name: &ContractName) -> PathBuf {
        self.contracts().join(name.as_str())
    }

    /// The file of a contract's version.
    #[must_use]
    pub fn contract_version(&self, name: &ContractName, version: u32) -> PathBuf {
        self.contract(name).join(format!("v{version}.json"))
    }

    /// The log of a request or a contract.
    #[must_use]
    pub fn log_of(&self, stream: &Stream) -> PathBuf {
        match stream {
            Stream::Request(id) => self.log(*id),
            Stream::Contract(name) => self.contract(name).join(CONTRACT_LOG),
        }
    }

    /// The folder of a log.
    #[must_use]
    pub fn log_folder(&self, stream: &Stream) -> PathBuf {
        match stream {
            Stream::Request(_) => self.events(),
            Stream::Contract(name) => self.contract(name),
        }
    }

    /// `coordination/checkpoints/`
    #[must_use]
    pub fn checkpoints(&self) -> PathBuf {
        self.coordination.join("checkpoints")
    }

    /// The folder of an origin's checkpoints.
    #[must_use]
    pub fn origin(&self, origin: &Origin) -> PathBuf {
        self.checkpoints().join(origin.as_str())
    }

    /// An origin's list of leaves.
    #[must_use]
    pub fn leaves(&self, origin: &Origin) -> PathBuf {
        self.origin(origin).join(LEAVES)
    }

    /// An origin's checkpoint of a size.
    #[must_use]
    pub fn checkpoint(&self, origin: &Origin, size: u64) -> PathBuf {
        self.origin(origin).join(format!("{size}{CHECKPOINT_SUFFIX}"))
    }

    /// The signature of a checkpoint by a key.
    #[must_use]
    pub fn checkpoint_signature(&self, origin: &Origin, size: u64, key: &str) -> PathBuf {
        self.origin(origin).join(format!("{size}{CHECKPOINT_SUFFIX}.{key}{SIGNATURE_SUFFIX}"))
    }

    /// `schemas/ledger/`
    #[must_use]
    pub fn schemas(&self) -> PathBuf {
        self.root.join("schemas/ledger")
    }

    /// `coordination/.local/`: git-ignored and disposable.
    #[must_use]
    pub fn local(&self) -> PathBuf {
        self.coordination.join(".local")
    }

    /// `coordination/.local/NAME`
    #[must_use]
    pub fn in_local(&self, name: &str) -> PathBuf {
        self.coordination.join(".local").join(name)
    }

    /// The lock file of a request.
    #[must_use]
    pub fn request_lock(&self, id: RequestId) -> PathBuf {
        self.lock_of(&Stream::Request(id))
    }

    /// The lock file of a request or a contract.
    #[must_use]
    pub fn lock_of(&self, stream: &Stream) -> PathBuf {
        let stripe = Hash::of(&[stream.to_string().as_bytes()]).spread() % STRIPES;
        self.coordination.join(format!(".local/locks/{stripe:02x}.lock"))
    }

    /// The lock file of a purpose that concerns the whole ledger.
    #[must_use]
    pub fn lock(&self, purpose: &str) -> PathBuf {
        self.coordination.join(format!(".local/locks/{purpose}.lock"))
    }

    /// The folders that a ledger has, parents first.
    #[must_use]
    pub fn folders(&self) -> [PathBuf; 4] {
        [self.coordination.clone(), self.requests(), self.events(), self.schemas()]
    }

    /// The folders below `.local/`, parents first.
    #[must_use]
    pub fn local_folders(&self) -> [PathBuf; 4] {
        let [locks, tmp, quarantine] = LOCAL_FOLDERS.map(|name| self.in_local(name));
        [self.local(), locks, tmp, quarantine]
    }
}

/// The id that a file name in `requests/` or `events/` stands for; `None` for anything else.
#[must_use]
pub fn id_of(name: &std::ffi::OsStr, suffix: &str) -> Option<RequestId> {
    name.to_str()?.strip_suffix(suffix)?.parse().ok()
}

/// The version that a file name in a contract's folder stands for; `None` for anything else.
#[must_use]
pub fn version_of(name: &std::ffi::OsStr) -> Option<u32> {
    let digits = name.to_str()?.strip_prefix('v')?.strip_suffix(".json")?;
    let version = digits.parse().ok().filter(|version| (1..=ContractRef::VERSION_MAX).contains(version))?;
    (digits == version.to_string()).then_some(version)
}

/// A file in an origin's folder.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CheckpointFile {
    /// The list of leaves.
    Leaves,
    /// The checkpoint of a size.
    Checkpoint(u64),
    /// A signature of the checkpoint of a size.
    Signature(u64),
}

/// What a file name in an origin's folder stands for; `None` for anything else. A signature may have any name that
/// begins with its checkpoint's: ssh-keygen gives it one by itself.
#[must_use]
pub fn checkpoint_file(name: &std::ffi::OsStr) -> Option<CheckpointFile> {
    let name = name.to_str()?;
    if name == LEAVES {
        return Some(CheckpointFile::Leaves);
    }
    let (size, rest) = name.split_once(CHECKPOINT_SUFFIX)?;
    let size = parse_size(size)?;
    match rest {
        "" => Some(CheckpointFile::Checkpoint(size)),
        rest if rest.starts_with('.') && rest.ends_with(SIGNATURE_SUFFIX) => Some(CheckpointFile::Signature(size)),
        _ => None,
    }
}
