//! Checkpoints and their leaves, signatures, proofs.

use coordination_ledger::domain::checkpoint::{CHECKPOINT_BYTES_MAX, Checkpoint};
use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::leaf::{LEAF_BYTES_MAX, LEAVES_MAX, Leaf};
use coordination_ledger::domain::merkle::Head;
use coordination_ledger::domain::proof::{Consistency, Inclusion, PROVEN_MAX, Proof, SIGNATURES_MAX, Shown, Witnessed};
use coordination_ledger::domain::signature::{SIGNATURE_BYTES_MAX, Signature};

/// A checkpoint, and each of its lines as a leaf.
pub(super) fn checkpoint(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    if let Ok(read) = Checkpoint::parse(text) {
        assert!(text.len() <= CHECKPOINT_BYTES_MAX && read.size() <= LEAVES_MAX);
        assert_eq!(read.to_string(), text, "it has another spelling");
        let bare = Checkpoint::new(read.ledger(), read.origin().clone(), read.head()).to_string();
        assert!(text.starts_with(bare.trim_end_matches('\n')), "{bare:?} is not its beginning");
    }
    for line in text.split('\n') {
        let Ok(leaf) = line.parse::<Leaf>() else { continue };
        assert!(line.len() <= LEAF_BYTES_MAX);
        assert_eq!(leaf.to_string(), line, "it has another spelling");
        let place = leaf.concern();
        assert_eq!(leaf.to_string().parse::<Leaf>().map(|leaf| leaf.concern()), Ok(place));
    }
}

/// A signature, which says whose it is and for what before anybody judges it.
pub(super) fn signature(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(read) = Signature::parse(text) else { return };
    assert!(text.len() <= SIGNATURE_BYTES_MAX);
    assert_eq!(read.text(), text);
    assert_eq!(read.fingerprint().len(), "SHA256:".len() + 43);
    let digits = read.key_digits();
    assert!(
        digits.len() == 16 && digits.bytes().all(|b| b.is_ascii_hexdigit()),
        "{digits} is no part of a file's name"
    );
    // Lines may be cut elsewhere; what it says stays the same.
    let folded: String = text.trim_end().replace("-----\n", "-----\n\n");
    let again = Signature::parse(&folded).expect("folded otherwise it is the same");
    assert_eq!((again.fingerprint(), again.namespace()), (read.fingerprint(), read.namespace()));
}

/// A proof: what it shows, it shows of its checkpoints and of no others.
pub(super) fn proof(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let Ok(read) = Proof::parse(text) else { return };
    let spelled = serde_json::to_string(&read).expect("a proof is JSON");
    assert_eq!(Proof::parse(&spelled).as_ref(), Ok(&read), "written and read again it is another");
    let Ok(shown) = read.check() else { return };
    assert!(read.witnessed().iter().all(|one| one.signatures.len() <= SIGNATURES_MAX));
    match (&read, shown) {
        (Proof::Inclusion(proof), Shown::Included { leaves, history, events, .. }) => {
            assert!(!leaves.is_empty() && leaves.len() <= PROVEN_MAX);
            match history {
                // Lines that stand twice are one event.
                Some(history) => assert_eq!(history.events().len(), distinct(&proof.events)),
                None => assert_eq!(events.len(), proof.events.len()),
            }
            let of = with_other_root(&proof.of);
            assert!(Proof::Inclusion(Inclusion { of, ..proof.clone() }).check().is_err(), "it shows it of any root");
            let mut shorter = proof.clone();
            if shorter.leaves[0].path.pop().is_some() {
                assert!(Proof::Inclusion(shorter).check().is_err(), "a shorter path shows it too");
            }
        }
        (Proof::Consistency(proof), Shown::Consistent { from, to }) => {
            assert!(from.size() <= to.size());
            assert_eq!((from.ledger(), from.origin()), (to.ledger(), to.origin()));
            let other = Consistency { from: with_other_root(&proof.from), ..proof.clone() };
            assert!(Proof::Consistency(other).check().is_err(), "it shows it of any earlier root");
            // Whatever goes on from nothing.
            if from.size() > 0 {
                let other = Consistency { to: with_other_root(&proof.to), ..proof.clone() };
                assert!(Proof::Consistency(other).check().is_err(), "it shows it of any later root");
            }
        }
        (proof, shown) => panic!("{proof:?} shows {shown:?}"),
    }
}

/// How many different lines there are.
fn distinct(lines: &[String]) -> usize {
    lines.iter().collect::<std::collections::BTreeSet<_>>().len()
}

/// The same checkpoint over something else.
fn with_other_root(of: &Witnessed) -> Witnessed {
    let read = Checkpoint::parse(&of.checkpoint).expect("it was read before");
    let root = Hash::of(&[read.head().root.bytes()]);
    let other = Checkpoint::new(read.ledger(), read.origin().clone(), Head { root, ..read.head() });
    Witnessed { checkpoint: other.to_string(), signatures: Vec::new() }
}
