//! Merkle trees over a list that only grows (RFC 6962 §2.1, RFC 9162 §2.1): roots, proofs that a leaf is in a tree, and
//! proofs that one tree is the beginning of another.
//!
//! Making a proof looks at all leaves' hashes; checking one takes its path alone. Nothing here knows what a leaf is.

use super::hash::Hash;

/// More hashes than the path of any tree of 64-bit size has: twice its height for a consistency proof, and one.
pub const PATH_MAX: usize = 2 * 64 + 1;

/// The hash of a leaf: SHA-256 of a zero byte and its data, so that no leaf can pass for a node.
#[must_use]
pub fn leaf_hash(data: &[u8]) -> Hash {
    Hash::of(&[&[0], data])
}

/// The hash of a node over its two children.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::of(&[&[1], left.bytes(), right.bytes()])
}

/// The right edge of a growing tree: the roots of the full trees that its leaves make up, larger ones first. Enough to
/// go on and to tell the root at any size, in memory that grows with the tree's height only.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Frontier {
    size: u64,
    full: Vec<Hash>,
}

impl Frontier {
    /// Adds a leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each one bit of the size is a full tree; a carry joins two of a size.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.full.pop() {
                hash = node_hash(&left, &hash);
            }
        }
        self.full.push(hash);
        self.size += 1;
    }

    /// How many leaves there are.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// The root at this size; of no leaves the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut from_right = self.full.iter().rev();
        let Some(last) = from_right.next() else { return Hash::of(&[]) };
        from_right.fold(*last, |right, left| node_hash(left, &right))
    }
}

/// The root over leaves' hashes.
#[must_use]
pub fn root(leaves: &[Hash]) -> Hash {
    let mut frontier = Frontier::default();
    leaves.iter().for_each(|leaf| frontier.push(*leaf));
    frontier.root()
}

/// The path that proves a leaf to be in the tree over `leaves`, from the bottom up (RFC 9162 §2.1.3.1); `None` if there
/// is no such leaf.
#[must_use]
pub fn inclusion_path(leaves: &[Hash], index: u64) -> Option<Vec<Hash>> {
    let mut index = usize::try_from(index).ok().filter(|index| *index < leaves.len())?;
    let mut part = leaves;
    let mut path = Vec::new();
    while part.len() > 1 {
        let (left, right) = part.split_at(split(part.len()));
        if index < left.len() {
            path.push(root(right));
            part = left;
        } else {
            path.push(root(left));
            index -= left.len();
            part = right;
        }
    }
    path.reverse();
    Some(path)
}

/// The path that proves the tree over the first `old` leaves to be the beginning of the tree over `leaves`, from the
/// bottom up (RFC 9162 §2.1.4.1); `None` if there are fewer leaves. Nothing needs to be shown of equal trees, nor of an
/// empty one.
#[must_use]
pub fn consistency_path(leaves: &[Hash], old: u64) -> Option<Vec<Hash>> {
    let mut old = usize::try_from(old).ok().filter(|old| *old <= leaves.len())?;
    let mut path = Vec::new();
    if old == 0 || old == leaves.len() {
        return Some(path);
    }
    let mut part = leaves;
    // Whether what is left is a tree of its own in the old one, whose root the checker knows.
    let mut is_known = true;
    while old < part.len() {
        let (left, right) = part.split_at(split(part.len()));
        if old <= left.len() {
            path.push(root(right));
            part = left;
        } else {
            path.push(root(left));
            old -= left.len();
            part = right;
            is_known = false;
        }
    }
    if !is_known {
        path.push(root(part));
    }
    path.reverse();
    Some(path)
}

/// The largest power of two below `len`, which is at least 2.
fn split(len: usize) -> usize {
    1 << (len - 1).ilog2()
}

/// Whether a path proves that a leaf is in a tree (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(leaf: Hash, index: u64, size: u64, path: &[Hash], root: Hash) -> bool {
    if index >= size {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = node_hash(sibling, &hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && hash == root
}

/// A tree as its size and its root.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Head {
    /// How many leaves.
    pub size: u64,
    /// The root over them.
    pub root: Hash,
}

/// Whether a path proves that one tree is the beginning of another (RFC 9162 §2.1.4.2).
#[must_use]
pub fn verify_consistency(old: Head, new: Head, path: &[Hash]) -> bool {
    if old.size > new.size {
        return false;
    }
    if old.size == new.size {
        return path.is_empty() && old.root == new.root;
    }
    if old.size == 0 {
        return path.is_empty() && old.root == Hash::of(&[]);
    }
    let (mut node, mut last) = (old.size - 1, new.size - 1);
    while node & 1 == 1 {
        node >>= 1;
        last >>= 1;
    }
    // A full tree is the first hash of its own path.
    let known = old.size.is_power_of_two().then_some(old.root);
    let mut rest = known.iter().chain(path);
    let Some(first) = rest.next() else { return false };
    let (mut old_hash, mut new_hash) = (*first, *first);
    for sibling in rest {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    last == 0 && old_hash == old.root && new_hash == new.root
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The leaves of the test vectors that Certificate Transparency's programs share.
    const INPUTS: [&[u8]; 8] =
        [b"", b"\0", b"\x10", b"\x20\x21", b"\x30\x31", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"];
    /// Their roots, from one leaf to eight.
    const ROOTS: [&str; 8] = [
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    ];
    const LEAF_0: &str = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
    const LEAF_1: &str = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7";
    const LEAF_4: &str = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b";
    const LEAF_6: &str = "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f";
    const PAIR_0: &str = "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125";
    const PAIR_1: &str = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e";
    const PAIR_2: &str = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a";
    const PAIR_3: &str = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0";
    const HALF_0: &str = "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7";
    const HALF_1: &str = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4";

    fn leaves() -> Vec<Hash> {
        INPUTS.iter().map(|data| leaf_hash(data)).collect()
    }

    fn hashes(texts: &[&str]) -> Vec<Hash> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn head(size: u64) -> Head {
        let count = usize::try_from(size).unwrap();
        Head { size, root: root(&leaves()[..count]) }
    }

    #[test]
    fn roots_are_the_published_ones() {
        assert_eq!(root(&[]).to_string(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
        let mut frontier = Frontier::default();
        for (size, (leaf, published)) in leaves().into_iter().zip(ROOTS).enumerate() {
            frontier.push(leaf);
            assert_eq!(frontier.root().to_string(), published);
            assert_eq!(frontier.size(), size as u64 + 1);
        }
    }

    #[test]
    fn inclusion_paths_are_the_published_ones() {
        for (index, size, path) in [
            (0, 1, [].as_slice()),
            (0, 2, &[LEAF_1]),
            (1, 2, &[LEAF_0]),
            (2, 3, &[PAIR_0]),
            (1, 5, &[LEAF_0, PAIR_1, LEAF_4]),
            (0, 8, &[LEAF_1, PAIR_1, HALF_1]),
            (5, 8, &[LEAF_4, PAIR_3, HALF_0]),
        ] {
            let made = inclusion_path(&leaves()[..size], index).unwrap();
            assert_eq!(made, hashes(path), "leaf {index} of {size}");
            let leaf = leaves()[usize::try_from(index).unwrap()];
            assert!(verify_inclusion(leaf, index, size as u64, &made, ROOTS[size - 1].parse().unwrap()));
        }
        assert_eq!(inclusion_path(&leaves(), 8), None);
    }

    #[test]
    fn consistency_paths_are_the_published_ones() {
        for (old, new, path) in [
            (1, 1, [].as_slice()),
            (1, 8, &[LEAF_1, PAIR_1, HALF_1]),
            (6, 8, &[PAIR_2, PAIR_3, HALF_0]),
            (2, 5, &[PAIR_1, LEAF_4]),
            (6, 7, &[PAIR_2, LEAF_6, HALF_0]),
        ] {
            let made = consistency_path(&leaves()[..new], old).unwrap();
            assert_eq!(made, hashes(path), "{old} to {new}");
            assert!(verify_consistency(head(old), head(new as u64), &made));
        }
        assert_eq!(consistency_path(&leaves()[..2], 3), None);
    }

    #[test]
    fn what_the_reference_refuses_is_refused() {
        let some = leaf_hash(b"some");
        for (index, size) in [(0, 0), (0, 1), (1, 0), (2, 1)] {
            assert!(!verify_inclusion(some, index, size, &[], Hash::of(&[])), "leaf {index} of {size}");
        }
        let at = |size, root| Head { size, root };
        let (one, other, empty) = (leaf_hash(b"1"), leaf_hash(b"2"), Hash::of(&[]));
        for (old, new, path, holds) in [
            (at(0, one), at(0, other), vec![], false),
            (at(1, one), at(1, other), vec![], false),
            (at(0, empty), at(0, empty), vec![], true),
            (at(0, empty), at(1, one), vec![], true),
            (at(0, other), at(1, one), vec![], false),
            (at(1, one), at(1, one), vec![], true),
            (at(1, one), at(0, empty), vec![], false),
            (at(2, one), at(1, one), vec![], false),
            (at(1, one), at(2, other), vec![], false),
            (at(0, empty), at(0, empty), vec![empty], false),
            (at(0, empty), at(1, empty), vec![empty], false),
            (at(1, empty), at(1, empty), vec![empty], false),
        ] {
            assert_eq!(verify_consistency(old, new, &path), holds, "{old:?} {new:?}");
        }
    }
}
