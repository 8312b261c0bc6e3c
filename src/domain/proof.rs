//! Proofs that can be carried away: that something is in a checkpoint, and that one checkpoint goes on from another.
//!
//! Checking one needs neither the ledger nor a file. Who signed the checkpoint is judged elsewhere.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::base64;
use super::checkpoint::{BadCheckpoint, Checkpoint};
use super::event::{BadEvent, Event};
use super::hash::Hash;
use super::history::{BadHistory, History};
use super::id::{Stream, as_text};
use super::json::{self, BadJson};
use super::leaf::Leaf;
use super::merkle::{PATH_MAX, verify_consistency, verify_inclusion};
use super::packet::{BadPacket, Packet};

/// The newest form of proofs that this program writes and understands.
pub const FORMAT: u32 = 1;
/// The largest proof, in bytes.
pub const PROOF_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// The most leaves that one proof shows: the heads of a request, and its packet.
pub const PROVEN_MAX: usize = 1024;
/// The most signatures of one checkpoint.
pub const SIGNATURES_MAX: usize = 64;

/// A hash of a tree, in base64 as in a checkpoint.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TreeHash(pub Hash);

impl fmt::Display for TreeHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&base64::encode(self.0.bytes()))
    }
}

impl FromStr for TreeHash {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let hash = base64::decode(text).and_then(|bytes| Hash::from_bytes(&bytes));
        hash.map(Self).ok_or("not a SHA-256 in base64")
    }
}

as_text!(TreeHash);

/// A proof, as it stands in its file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "proof", rename_all = "lowercase")]
pub enum Proof {
    /// Something is in a checkpoint.
    Inclusion(Inclusion),
    /// One checkpoint goes on from another.
    Consistency(Consistency),
}

/// A checkpoint with what was signed of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Witnessed {
    /// Its text.
    pub checkpoint: String,
    /// Its signatures, armoured.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub signatures: Vec<String>,
}

/// Shows that leaves are in a checkpoint, and what they stand for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inclusion {
    /// Version of this form.
    pub format: u32,
    /// In which checkpoint.
    pub of: Witnessed,
    /// The leaves.
    pub leaves: Vec<Included>,
    /// A request's packet, as its file holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub packet: Option<String>,
    /// The lines of events: those of the leaves, and with a packet all that they vouch for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
}

/// A leaf with its path.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Included {
    /// The leaf's line.
    pub leaf: Leaf,
    /// Its place in the list, counted from 0.
    pub index: u64,
    /// The hashes beside its way up to the root.
    pub path: Vec<TreeHash>,
}

/// Shows that the leaves of one checkpoint are the first leaves of another.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Consistency {
    /// Version of this form.
    pub format: u32,
    /// The earlier one.
    pub from: Witnessed,
    /// The later one.
    pub to: Witnessed,
    /// The hashes that both roots follow from.
    pub path: Vec<TreeHash>,
}

/// A proof that does not hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadProof {
    /// Not JSON as this ledger takes it, or not of a proof's shape.
    #[error("it is no proof: {0}")]
    Json(#[from] BadJson),
    /// Of a newer form.
    #[error("it is of form {0}, which is newer than this program")]
    Newer(u32),
    /// Its checkpoint is none.
    #[error("it holds {0}")]
    Checkpoint(#[from] BadCheckpoint),
    /// It holds more than any proof does.
    #[error("it holds more {0} than any proof does")]
    TooMany(&'static str),
    /// A path does not lead to the root.
    #[error("`{0}` is not in the checkpoint: its path does not lead to the root")]
    NotIncluded(Leaf),
    /// The later checkpoint does not go on from the earlier one.
    #[error("the later checkpoint does not go on from the earlier one: what that one covered was changed")]
    NotConsistent,
    /// The two checkpoints are of different lists.
    #[error("its two checkpoints are of different lists")]
    TwoLists,
    /// It shows nothing.
    #[error("it shows no leaf")]
    Nothing,
    /// An event that is none.
    #[error("one of its events is {0}")]
    Event(#[from] BadEvent),
    /// A packet that is none.
    #[error("{0}")]
    Packet(#[from] BadPacket),
    /// Packet and events are no history.
    #[error("its packet and its events are no history: {0}")]
    History(#[from] BadHistory),
    /// The same thing more than once.
    #[error("it holds {0} more than once")]
    Twice(String),
    /// Something that no leaf vouches for.
    #[error("no leaf vouches for {0}")]
    NotVouched(String),
}

/// What a proof shows.
#[derive(Clone, PartialEq, Debug)]
pub enum Shown {
    /// Leaves are in a checkpoint.
    Included {
        /// The checkpoint.
        checkpoint: Checkpoint,
        /// The leaves.
        leaves: Vec<Leaf>,
        /// The request as the leaves vouch for it, where the proof brings it along.
        history: Option<Box<History>>,
        /// The events of the leaves, where it brings no request along.
        events: Vec<Event>,
    },
    /// One checkpoint goes on from another.
    Consistent {
        /// The earlier one.
        from: Checkpoint,
        /// The later one.
        to: Checkpoint,
    },
}

impl Proof {
    /// Reads a proof; the envelope in which `--json` prints may be around it.
    ///
    /// # Errors
    /// [`BadProof`] says what is wrong.
    pub fn parse(text: &str) -> Result<Self, BadProof> {
        #[derive(Deserialize)]
        struct Enveloped {
            data: Proof,
        }
        #[derive(Deserialize)]
        struct Versioned {
            #[serde(default)]
            format: u32,
        }
        json::check(text)?;
        let read: Result<Self, _> = serde_json::from_str(text);
        read.or_else(|bad| serde_json::from_str::<Enveloped>(text).map(|found| found.data).map_err(|_| bad)).map_err(
            |bad| match serde_json::from_str::<Versioned>(text) {
                Ok(Versioned { format }) if format > FORMAT => BadProof::Newer(format),
                Ok(_) | Err(_) => BadJson::from(bad).into(),
            },
        )
    }

    /// What the proof shows.
    ///
    /// # Errors
    /// [`BadProof`] says why it shows nothing.
    pub fn check(&self) -> Result<Shown, BadProof> {
        match self {
            Self::Inclusion(proof) => proof.check(),
            Self::Consistency(proof) => proof.check(),
        }
    }

    /// The checkpoints that it leans on, earlier ones first.
    #[must_use]
    pub fn witnessed(&self) -> Vec<&Witnessed> {
        match self {
            Self::Inclusion(proof) => vec![&proof.of],
            Self::Consistency(proof) => vec![&proof.from, &proof.to],
        }
    }
}

impl Witnessed {
    fn read(&self) -> Result<Checkpoint, BadProof> {
        if self.signatures.len() > SIGNATURES_MAX {
            return Err(BadProof::TooMany("signatures"));
        }
        Ok(Checkpoint::parse(&self.checkpoint)?)
    }
}

impl Inclusion {
    fn check(&self) -> Result<Shown, BadProof> {
        if self.format != FORMAT {
            return Err(BadProof::Newer(self.format));
        }
        if self.leaves.len() > PROVEN_MAX {
            return Err(BadProof::TooMany("leaves"));
        }
        let checkpoint = self.of.read()?;
        for Included { leaf, index, path } in &self.leaves {
            let path = hashes(path)?;
            let head = checkpoint.head();
            if !verify_inclusion(leaf.hash(), *index, head.size, &path, head.root) {
                return Err(BadProof::NotIncluded(leaf.clone()));
            }
        }
        let leaves: Vec<Leaf> = self.leaves.iter().map(|included| included.leaf.clone()).collect();
        if leaves.is_empty() {
            return Err(BadProof::Nothing);
        }
        let events: Vec<Event> = self.events.iter().map(|line| Event::parse(line)).collect::<Result<_, _>>()?;
        if let Some(leaf) = twice(&leaves) {
            return Err(BadProof::Twice(format!("the leaf `{leaf}`")));
        }
        if let Some(hash) = twice(&events.iter().map(Event::hash).collect::<Vec<_>>()) {
            return Err(BadProof::Twice(format!("event {hash}")));
        }
        let vouched = |stream: &Stream, hash| leaves.contains(&Leaf::Event(stream.clone(), hash));
        let Some(text) = &self.packet else {
            if let Some(event) = events.iter().find(|event| !vouched(event.stream(), event.hash())) {
                return Err(BadProof::NotVouched(format!("event {}", event.hash())));
            }
            return Ok(Shown::Included { checkpoint, leaves, history: None, events });
        };
        let packet = Packet::parse(text.as_bytes())?;
        let history = History::new(packet, Packet::hash_of(text.as_bytes()), events)?;
        let id = history.packet().request_id;
        // A head names its parents, and they theirs, down to the packet: who vouches for the heads vouches for all.
        if let Some(head) = history.heads().iter().find(|head| !vouched(&Stream::Request(id), head.hash)) {
            return Err(BadProof::NotVouched(format!("event {}", head.hash)));
        }
        if history.heads().is_empty() && !leaves.contains(&Leaf::Packet(id, history.packet_hash())) {
            return Err(BadProof::NotVouched(format!("the packet of {id}")));
        }
        Ok(Shown::Included { checkpoint, leaves, history: Some(Box::new(history)), events: Vec::new() })
    }
}

impl Consistency {
    fn check(&self) -> Result<Shown, BadProof> {
        if self.format != FORMAT {
            return Err(BadProof::Newer(self.format));
        }
        let (from, to) = (self.from.read()?, self.to.read()?);
        if (from.ledger(), from.origin()) != (to.ledger(), to.origin()) {
            return Err(BadProof::TwoLists);
        }
        if !verify_consistency(from.head(), to.head(), &hashes(&self.path)?) {
            return Err(BadProof::NotConsistent);
        }
        Ok(Shown::Consistent { from, to })
    }
}

/// The first that stands twice.
fn twice<T: Ord>(all: &[T]) -> Option<&T> {
    let mut seen = BTreeSet::new();
    all.iter().find(|one| !seen.insert(*one))
}

fn hashes(path: &[TreeHash]) -> Result<Vec<Hash>, BadProof> {
    if path.len() > PATH_MAX {
        return Err(BadProof::TooMany("hashes in a path"));
    }
    Ok(path.iter().map(|hash| hash.0).collect())
}
