//! The leaves of a checkpoint's tree: what is on record, a line of text each, which binds kind, place and content.

use std::fmt;
use std::str::FromStr;

use super::hash::Hash;
use super::id::{ContractName, ContractRef, RequestId, Stream};
use super::merkle;

/// The longest line of a leaf, in bytes, without its newline: an event of a contract with the longest name.
pub const LEAF_BYTES_MAX: usize = 6 + 9 + 120 + 1 + 64;
/// The most leaves of one list.
pub const LEAVES_MAX: u64 = 20_000_000;

/// A leaf.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Leaf {
    /// `packet REQ SHA256`: a request's packet, by the SHA-256 of its file.
    Packet(RequestId, Hash),
    /// `version NAME@V SHA256`: a contract's version, by the SHA-256 of its file.
    Version(ContractRef, Hash),
    /// `event STREAM HASH`: an event of a request or a contract, by its own hash.
    Event(Stream, Hash),
}

/// A text that is no leaf.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a leaf: expected `packet REQ HASH`, `version NAME@V HASH` or `event STREAM HASH`")]
pub struct BadLeaf;

/// Whom a leaf concerns.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Concern {
    /// A request.
    Request(RequestId),
    /// A contract.
    Contract(ContractName),
}

impl Leaf {
    /// What the leaf binds: the digest of the content.
    #[must_use]
    pub fn content(&self) -> Hash {
        match self {
            Self::Packet(_, hash) | Self::Version(_, hash) | Self::Event(_, hash) => *hash,
        }
    }

    /// Whom it concerns.
    #[must_use]
    pub fn concern(&self) -> Concern {
        match self {
            Self::Packet(id, _) | Self::Event(Stream::Request(id), _) => Concern::Request(*id),
            Self::Version(reference, _) => Concern::Contract(reference.name().clone()),
            Self::Event(Stream::Contract(name), _) => Concern::Contract(name.clone()),
        }
    }

    /// Its hash in the tree: over its line, without the newline.
    #[must_use]
    pub fn hash(&self) -> Hash {
        merkle::leaf_hash(self.to_string().as_bytes())
    }
}

impl fmt::Display for Leaf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Packet(id, hash) => write!(f, "packet {id} {hash}"),
            Self::Version(reference, hash) => write!(f, "version {reference} {hash}"),
            Self::Event(stream, hash) => write!(f, "event {stream} {hash}"),
        }
    }
}

impl FromStr for Leaf {
    type Err = BadLeaf;

    fn from_str(text: &str) -> Result<Self, BadLeaf> {
        if text.len() > LEAF_BYTES_MAX {
            return Err(BadLeaf);
        }
        let (kind, rest) = text.split_once(' ').ok_or(BadLeaf)?;
        let (place, hash) = rest.split_once(' ').ok_or(BadLeaf)?;
        let hash = hash.parse().map_err(|_| BadLeaf)?;
        match kind {
            "packet" => place.parse().map(|id| Self::Packet(id, hash)).map_err(|_| BadLeaf),
            "version" => place.parse().map(|reference| Self::Version(reference, hash)).map_err(|_| BadLeaf),
            "event" => place.parse().map(|stream| Self::Event(stream, hash)).map_err(|_| BadLeaf),
            _ => Err(BadLeaf),
        }
    }
}

super::id::as_text!(Leaf);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_leaf_has_one_spelling() {
        let hash = Hash::of(&[]);
        let longest = format!("event contract:{} {hash}", "a".repeat(120));
        assert_eq!(longest.len(), LEAF_BYTES_MAX);
        for text in [
            &format!("packet REQ-20261120-0001 {hash}"),
            &format!("event REQ-20261120-0001 {hash}"),
            &format!("version billing.invoice@3 {hash}"),
            &longest,
        ] {
            assert_eq!(text.parse::<Leaf>().unwrap().to_string(), *text);
        }
        for text in [
            "",
            "packet",
            &format!("packet  REQ-20261120-0001 {hash}"),
            &format!("packet REQ-20261120-0001 {hash}\n"),
            &format!("packet REQ-20261120-0001 {}", hash.to_string().to_uppercase()),
            &format!("packet billing.invoice@3 {hash}"),
            &format!("version billing.invoice@03 {hash}"),
            &format!("version billing.invoice {hash}"),
            &format!("Event REQ-20261120-0001 {hash}"),
        ] {
            assert!(text.parse::<Leaf>().is_err(), "{text}");
        }
    }
}
