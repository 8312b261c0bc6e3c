//! What stores promise of checkpoints.

use super::endless;
use crate::domain::checkpoint::Checkpoint;
use crate::domain::hash::Hash;
use crate::domain::id::Origin;
use crate::domain::leaf::Leaf;
use crate::domain::merkle::Head;
use crate::store::Store;
use crate::store::checkpoints::{Extent, Kept, Reading};

fn origin() -> Origin {
    "main".parse().unwrap()
}

fn leaf(number: u32) -> Leaf {
    Leaf::Packet("REQ-20261120-0001".parse().unwrap(), Hash::of(&[&number.to_be_bytes()]))
}

fn text(size: u64) -> String {
    let head = Head { size, root: Hash::of(&[&size.to_be_bytes()]) };
    Checkpoint::new(uuid::Uuid::nil(), origin(), head).to_string()
}

fn lines(store: &dyn Store) -> Vec<String> {
    let mut lines = Vec::new();
    let mut see = |line: &str| {
        lines.push(line.to_owned());
        Reading::Goes
    };
    store.leaves(&origin(), &mut see).unwrap();
    lines
}

fn extent(leaves: &[Leaf]) -> Extent {
    leaves.iter().fold(Extent::default(), |extent, leaf| extent.with(&leaf.to_string()))
}

#[track_caller]
fn cover(store: &dyn Store, keep: &[Leaf], new: &[Leaf]) -> Kept {
    let size = (keep.len() + new.len()) as u64;
    store.cover(&origin(), extent(keep), new, &text(size), &endless()).unwrap()
}

pub(super) fn a_list_grows_and_its_checkpoints_stay(store: &dyn Store) {
    assert!(store.origins().unwrap().is_empty());
    assert!(store.checkpoint_sizes(&origin()).unwrap().is_empty());
    assert_eq!((lines(store), store.checkpoint_text(&origin(), 2).unwrap()), (Vec::new(), None));
    let (first, then) = ([leaf(1), leaf(2)], [leaf(3)]);
    let _held = store.hold_checkpoints(&endless()).unwrap();
    assert_eq!(cover(store, &[], &first), Kept::New);
    assert_eq!(cover(store, &first, &[]), Kept::Before);
    assert_eq!(cover(store, &first, &then), Kept::New);
    assert_eq!(store.origins().unwrap(), [origin()]);
    assert_eq!(store.checkpoint_sizes(&origin()).unwrap(), [2, 3]);
    assert_eq!(store.checkpoint_text(&origin(), 2).unwrap(), Some(text(2)));
    assert_eq!(lines(store), [1, 2, 3].map(|number| leaf(number).to_string()));
    assert!(store.checkpoint_strays().unwrap().is_empty());
}

pub(super) fn a_tail_that_is_not_kept_is_replaced(store: &dyn Store) {
    assert_eq!(cover(store, &[], &[leaf(1), leaf(2)]), Kept::New);
    assert_eq!(cover(store, &[leaf(1)], &[leaf(3), leaf(4)]), Kept::New);
    assert_eq!(lines(store), [1, 3, 4].map(|number| leaf(number).to_string()));
}

pub(super) fn another_checkpoint_of_a_size_is_refused(store: &dyn Store) {
    assert_eq!(cover(store, &[], &[leaf(1)]), Kept::New);
    let other = Checkpoint::new(uuid::Uuid::nil(), origin(), Head { size: 1, root: Hash::of(&[]) }).to_string();
    assert!(store.cover(&origin(), extent(&[leaf(1)]), &[], &other, &endless()).is_err());
    assert_eq!(store.checkpoint_text(&origin(), 1).unwrap(), Some(text(1)));
}

pub(super) fn a_key_signs_a_checkpoint_once(store: &dyn Store) {
    cover(store, &[], &[leaf(1)]);
    assert!(store.checkpoint_signatures(&origin(), 1).unwrap().is_empty());
    let keep = |key, text| store.keep_signature(&origin(), 1, key, text, &endless()).unwrap();
    assert_eq!(keep("aa", "by a\n"), Kept::New);
    assert_eq!(keep("aa", "by a again\n"), Kept::Before);
    assert_eq!(keep("bb", "by b\n"), Kept::New);
    let kept = store.checkpoint_signatures(&origin(), 1).unwrap();
    assert_eq!(kept.into_iter().map(|kept| kept.text).collect::<Vec<_>>(), ["by a\n", "by b\n"]);
    assert!(store.checkpoint_signatures(&origin(), 2).unwrap().is_empty());
    assert!(store.checkpoint_strays().unwrap().is_empty());
}

pub(super) fn a_reader_of_a_list_can_stop(store: &dyn Store) {
    cover(store, &[], &[leaf(1), leaf(2)]);
    let mut seen = 0;
    let mut see = |_: &str| {
        seen += 1;
        Reading::Ends
    };
    store.leaves(&origin(), &mut see).unwrap();
    assert_eq!(seen, 1);
}
