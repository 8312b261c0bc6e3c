//! Trees and their proofs: every proof that is made holds, and none holds of anything else.

use coordination_ledger::domain::hash::Hash;
use coordination_ledger::domain::merkle::{
    Frontier, Head, consistency_path, inclusion_path, leaf_hash, node_hash, root, verify_consistency, verify_inclusion,
};
use proptest::prelude::*;

fn leaves(count: usize) -> Vec<Hash> {
    (0..count).map(|number| leaf_hash(&number.to_be_bytes())).collect()
}

/// The root as RFC 6962 §2.1 defines it.
fn root_by_definition(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => Hash::of(&[]),
        [only] => *only,
        more => {
            let mut split = 1;
            while split * 2 < more.len() {
                split *= 2;
            }
            node_hash(&root_by_definition(&more[..split]), &root_by_definition(&more[split..]))
        }
    }
}

fn head(leaves: &[Hash]) -> Head {
    Head { size: leaves.len() as u64, root: root(leaves) }
}

/// A hash with one bit changed.
fn bent(hash: Hash, bit: usize) -> Hash {
    let mut bytes = *hash.bytes();
    bytes[bit / 8 % 32] ^= 1 << (bit % 8);
    Hash::from_bytes(&bytes).unwrap()
}

/// The path with one thing changed.
fn bent_paths(path: &[Hash], at: usize, bit: usize) -> Vec<Vec<Hash>> {
    let mut paths = vec![[path, &[leaf_hash(b"more")]].concat(), [&[leaf_hash(b"more")], path].concat()];
    if !path.is_empty() {
        let at = at % path.len();
        let mut changed = path.to_vec();
        changed[at] = bent(changed[at], bit);
        paths.push(changed);
        paths.push(path[..path.len() - 1].to_vec());
        paths.push(path[1..].to_vec());
        let mut doubled = path.to_vec();
        doubled.insert(at, path[at]);
        paths.push(doubled);
    }
    paths
}

/// How long the path of a leaf is: what a size does to it.
fn shape(index: u64, size: u64) -> Option<Vec<bool>> {
    let (mut index, mut size) = (index, size);
    if index >= size {
        return None;
    }
    let mut turns = Vec::new();
    while size > 1 {
        let split = 1 << (size - 1).ilog2();
        turns.push(index < split);
        if index < split {
            size = split;
        } else {
            (index, size) = (index - split, size - split);
        }
    }
    Some(turns)
}

proptest! {
    #[test]
    fn roots_are_as_they_are_defined(count in 0_usize..200) {
        let leaves = leaves(count);
        prop_assert_eq!(root(&leaves), root_by_definition(&leaves));
        let mut frontier = Frontier::default();
        for leaf in &leaves {
            frontier.push(*leaf);
        }
        prop_assert_eq!(Head { size: frontier.size(), root: frontier.root() }, head(&leaves));
    }

    #[test]
    fn every_inclusion_proof_holds_and_nothing_near_it(
        count in 1_usize..200, at in any::<usize>(), other in any::<u64>(), place in any::<usize>(), bit in 0_usize..256,
    ) {
        let leaves = leaves(count);
        let head = head(&leaves);
        let index = (at % count) as u64;
        let leaf = leaves[at % count];
        let path = inclusion_path(&leaves, index).unwrap();
        prop_assert!(verify_inclusion(leaf, index, head.size, &path, head.root));
        prop_assert!(!verify_inclusion(bent(leaf, bit), index, head.size, &path, head.root));
        prop_assert!(!verify_inclusion(leaf, index, head.size, &path, bent(head.root, bit)));
        for bent in bent_paths(&path, place, bit) {
            prop_assert!(!verify_inclusion(leaf, index, head.size, &bent, head.root));
        }
        let other_index = other % (2 * head.size);
        if other_index != index {
            prop_assert!(!verify_inclusion(leaf, other_index, head.size, &path, head.root));
        }
        // A path says nothing about a size beyond the turns that it takes: the checkpoint's signature does.
        let other_size = other % (2 * head.size) + 1;
        let same_turns = shape(index, other_size) == shape(index, head.size);
        prop_assert_eq!(verify_inclusion(leaf, index, other_size, &path, head.root), same_turns);
    }

    #[test]
    fn every_consistency_proof_holds_and_nothing_near_it(
        count in 1_usize..200, at in any::<usize>(), other in any::<usize>(), place in any::<usize>(), bit in 0_usize..256,
    ) {
        let leaves = leaves(count);
        let old_size = 1 + at % count;
        let (old, new) = (head(&leaves[..old_size]), head(&leaves));
        let path = consistency_path(&leaves, old.size).unwrap();
        prop_assert!(verify_consistency(old, new, &path));
        let (other_old, other_new) = (Head { root: bent(old.root, bit), ..old }, Head { root: bent(new.root, bit), ..new });
        prop_assert!(!verify_consistency(other_old, new, &path));
        prop_assert!(!verify_consistency(old, other_new, &path));
        for bent in bent_paths(&path, place, bit) {
            prop_assert!(!verify_consistency(old, new, &bent));
        }
        if old != new {
            prop_assert!(!verify_consistency(new, old, &path));
        }
        // Of no other beginning, and of no list that differs in it.
        let other_size = 1 + other % count;
        if other_size != old_size {
            let other = Head { size: other_size as u64, ..old };
            prop_assert!(!verify_consistency(other, new, &path));
        }
        let mut changed = leaves.clone();
        changed[other % old_size] = leaf_hash(b"changed");
        let path = consistency_path(&changed, old.size).unwrap();
        prop_assert!(!verify_consistency(old, head(&changed), &path));
    }
}
