//! Checkpoints: how many leaves a list had and the root over them, as a text in the form of C2SP's tlog-checkpoint.

use std::fmt;

use uuid::Uuid;

use super::base64;
use super::hash::Hash;
use super::id::Origin;
use super::leaf::LEAVES_MAX;
use super::merkle::Head;

/// The namespace in which checkpoints are signed.
pub const NAMESPACE: &str = "ledger-checkpoint@v1";
/// The largest checkpoint, in bytes.
pub const CHECKPOINT_BYTES_MAX: usize = 16 * 1024;
/// What every origin line begins with.
const SCHEME: &str = "coordination-ledger/";

/// A checkpoint.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Checkpoint {
    ledger: Uuid,
    origin: Origin,
    head: Head,
    extensions: Vec<String>,
}

/// A text that is no checkpoint of a ledger.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a checkpoint: {0}")]
pub struct BadCheckpoint(&'static str);

impl Checkpoint {
    /// A checkpoint of its parts.
    #[must_use]
    pub fn new(ledger: Uuid, origin: Origin, head: Head) -> Self {
        Self { ledger, origin, head, extensions: Vec::new() }
    }

    /// Reads a checkpoint.
    ///
    /// # Errors
    /// [`BadCheckpoint`] says what is expected.
    pub fn parse(text: &str) -> Result<Self, BadCheckpoint> {
        let bad = |what| Err(BadCheckpoint(what));
        if text.len() > CHECKPOINT_BYTES_MAX {
            return bad("it is larger than 16 KiB");
        }
        let Some(lines) = text.strip_suffix("\n\n") else { return bad("it does not end in a blank line") };
        let mut lines = lines.split('\n');
        let (Some(origin), Some(size), Some(root)) = (lines.next(), lines.next(), lines.next()) else {
            return bad("expected an origin, a number of leaves and a root, a line each");
        };
        let Some((ledger, origin)) = parse_origin(origin) else {
            return bad("its origin is no coordination-ledger/LEDGER/ORIGIN");
        };
        let Some(size) = parse_size(size) else { return bad("its second line is no number of leaves") };
        let root = base64::decode(root).and_then(|bytes| Hash::from_bytes(&bytes));
        let Some(root) = root else { return bad("its third line is no SHA-256 in base64") };
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        if extensions.iter().any(|line| line.is_empty() || line.contains(char::is_control)) {
            return bad("a line of its extensions is empty or holds control characters");
        }
        Ok(Self { ledger, origin, head: Head { size, root }, extensions })
    }

    /// Which ledger it is of.
    #[must_use]
    pub fn ledger(&self) -> Uuid {
        self.ledger
    }

    /// Who keeps the list.
    #[must_use]
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// How many leaves, and the root over them.
    #[must_use]
    pub fn head(&self) -> Head {
        self.head
    }

    /// How many leaves.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.head.size
    }
}

/// The text, with the blank line at its end.
impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { ledger, origin, head, extensions } = self;
        writeln!(f, "{SCHEME}{ledger}/{origin}\n{}\n{}", head.size, base64::encode(head.root.bytes()))?;
        extensions.iter().try_for_each(|line| writeln!(f, "{line}"))?;
        writeln!(f)
    }
}

fn parse_origin(line: &str) -> Option<(Uuid, Origin)> {
    let (ledger, origin) = line.strip_prefix(SCHEME)?.split_once('/')?;
    let id: Uuid = ledger.parse().ok()?;
    // One spelling: two texts that differ must not stand for one list.
    (id.to_string() == ledger).then_some(())?;
    Some((id, origin.parse().ok()?))
}

/// A size in its one spelling.
#[must_use]
pub fn parse_size(text: &str) -> Option<u64> {
    let size: u64 = text.parse().ok()?;
    (size <= LEAVES_MAX && size.to_string() == text).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "018f4e0e-7a3c-7c1e-9a57-0242ac120002";
    const ROOT: &str = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

    #[test]
    fn a_checkpoint_is_read_back_as_it_was_written() {
        let head = Head { size: 0, root: Hash::of(&[]) };
        let made = Checkpoint::new(ID.parse().unwrap(), "main".parse().unwrap(), head);
        let text = format!("coordination-ledger/{ID}/main\n0\n{ROOT}\n\n");
        assert_eq!(made.to_string(), text);
        assert_eq!(Checkpoint::parse(&text).unwrap(), made);
    }

    #[test]
    fn extensions_are_kept() {
        let text = format!("coordination-ledger/{ID}/main\n12\n{ROOT}\nmore of it\nand more\n\n");
        assert_eq!(Checkpoint::parse(&text).unwrap().to_string(), text);
    }

    #[test]
    fn a_checkpoint_has_one_spelling() {
        let good = format!("coordination-ledger/{ID}/main\n12\n{ROOT}\n\n");
        assert!(Checkpoint::parse(&good).is_ok());
        for (from, to) in [
            ("\n\n", "\n"),
            ("\n\n", "\n\n\n"),
            ("\n\n", "\n\nmore\n\n"),
            ("\n\n", ""),
            ("\n12\n", "\n012\n"),
            ("\n12\n", "\n+12\n"),
            ("\n12\n", "\n-1\n"),
            ("\n12\n", "\n20000001\n"),
            ("\n12\n", "\r\n12\r\n"),
            (ROOT, &ROOT[..43]),
            (ROOT, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuA==VQ=="),
            (ROOT, "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFV="),
            (ROOT, "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU="),
            ("main", "../x"),
            ("main", ""),
            ("main", "Main"),
            ("018f4e0e", "018F4E0E"),
            ("coordination-ledger", "example.com"),
        ] {
            let text = good.replacen(from, to, 1);
            assert!(Checkpoint::parse(&text).is_err(), "{text:?}");
        }
    }
}
