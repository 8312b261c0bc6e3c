//! What a cut of the power may leave. What was synced is there; of the rest, each name stands for what it stood for
//! after any of its changes, whatever the others stand for, and each file holds any part of what was written to it, block
//! by block: POSIX promises no order between what was not synced, and no whole writes.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// A file, whatever its names.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Inode(usize);

/// The files that were touched, as they are and as they are sure to last.
#[derive(Default)]
pub(crate) struct Power {
    contents: Vec<Content>,
    names: BTreeMap<PathBuf, Name>,
}

#[derive(Default)]
struct Content {
    /// What is sure to last.
    durable: Vec<u8>,
    /// What a reader sees.
    now: Vec<u8>,
    /// What was done since.
    pending: Vec<Change>,
    /// What a sync could not write: it is seen, and no later sync writes it.
    lost: Vec<Range<usize>>,
}

enum Change {
    Write(usize, Vec<u8>),
    SetLen(usize),
}

/// What a name stands for: a folder, or a file.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    Folder,
    File(Inode),
}

#[derive(Default)]
struct Name {
    durable: Option<Stands>,
    pending: Vec<Option<Stands>>,
}

impl Name {
    fn now(&self) -> Option<Stands> {
        self.pending.last().copied().unwrap_or(self.durable)
    }
}

impl Content {
    fn apply(bytes: &mut Vec<u8>, change: &Change) {
        match change {
            Change::SetLen(len) => bytes.resize(*len, 0),
            Change::Write(at, new) => {
                if bytes.len() < at + new.len() {
                    bytes.resize(at + new.len(), 0);
                }
                bytes[*at..at + new.len()].copy_from_slice(new);
            }
        }
    }

    fn change(&mut self, change: Change) {
        Self::apply(&mut self.now, &change);
        self.lost = match &change {
            Change::SetLen(len) => without(&self.lost, &(*len..usize::MAX)),
            Change::Write(at, new) => without(&self.lost, &(*at..at + new.len())),
        };
        self.pending.push(change);
    }

    fn sync(&mut self) {
        let mut durable = self.now.clone();
        for range in &self.lost {
            for at in range.clone() {
                durable[at] = self.durable.get(at).copied().unwrap_or(0);
            }
        }
        self.durable = durable;
        self.pending.clear();
    }

    fn sync_failed(&mut self) {
        for change in std::mem::take(&mut self.pending) {
            match change {
                Change::Write(at, new) => self.lost.push(at..(at + new.len()).min(self.now.len()).max(at)),
                // That it is shorter or longer is told with what is written next.
                Change::SetLen(len) => self.pending.push(Change::SetLen(len)),
            }
        }
    }

    /// What the power leaves of what was not synced: nothing, all, what came first and a torn write, all with a hole of
    /// zeros; or of each block something else, since the kernel writes them in an order of its own.
    fn left(&self, chance: &mut Chance) -> Vec<u8> {
        let block = BLOCKS[chance.of(BLOCKS.len())];
        let mut left = match chance.of(6) {
            0 => self.durable.clone(),
            1 => self.after(self.pending.len()),
            2 => self.torn(chance),
            3 => self.with_hole(chance),
            4 => self.blocks_as_they_were(block, chance),
            _ => self.some_blocks_of_writes(block, chance),
        };
        for range in self.lost.iter().flat_map(|range| blocks_of(range.clone(), block)) {
            if chance.of(2) == 0 {
                let range = range.start.min(left.len())..range.end.min(left.len());
                left[range.clone()].copy_from_slice(&self.now[range]);
            }
        }
        left
    }

    /// With so many of the changes, and nothing that came later.
    fn after(&self, count: usize) -> Vec<u8> {
        let mut left = self.durable.clone();
        self.pending.iter().take(count).for_each(|change| Self::apply(&mut left, change));
        left
    }

    /// What came first, and a part of the write that followed.
    fn torn(&self, chance: &mut Chance) -> Vec<u8> {
        let whole = chance.of(self.pending.len() + 1);
        let mut left = self.after(whole);
        if let Some(Change::Write(at, new)) = self.pending.get(whole) {
            let part = new[..chance.of(new.len() + 1)].to_vec();
            Self::apply(&mut left, &Change::Write(*at, part));
        }
        left
    }

    /// All, but the file grew, and a part of it was never written.
    fn with_hole(&self, chance: &mut Chance) -> Vec<u8> {
        let (old, mut left) = (self.durable.len(), self.after(self.pending.len()));
        if left.len() > old {
            let from = old + chance.of(left.len() - old + 1);
            let to = from + chance.of(left.len() - from + 1);
            left[from..to].fill(0);
        }
        left
    }

    /// Each block as it was after any of the changes, in a file as long as it was after any of them.
    fn blocks_as_they_were(&self, block: usize, chance: &mut Chance) -> Vec<u8> {
        let states: Vec<Vec<u8>> = (0..=self.pending.len()).map(|count| self.after(count)).collect();
        let mut left = vec![0; states[chance.of(states.len())].len()];
        for range in blocks_of(0..left.len(), block) {
            let state = &states[chance.of(states.len())];
            // What that state did not have yet is a hole.
            let there = range.start.min(state.len())..range.end.min(state.len());
            left[range.start..range.start + there.len()].copy_from_slice(&state[there]);
        }
        left
    }

    /// Any of the changes, and of each write any of its blocks, in a file as long as it was after any of them: also what
    /// came later without what came before it.
    fn some_blocks_of_writes(&self, block: usize, chance: &mut Chance) -> Vec<u8> {
        let mut left = self.durable.clone();
        for change in &self.pending {
            match change {
                Change::SetLen(_) if chance.of(2) == 0 => Self::apply(&mut left, change),
                Change::SetLen(_) => {}
                Change::Write(at, new) => {
                    for range in blocks_of(*at..at + new.len(), block) {
                        if chance.of(2) == 0 {
                            let part = new[range.start - at..range.end - at].to_vec();
                            Self::apply(&mut left, &Change::Write(range.start, part));
                        }
                    }
                }
            }
        }
        if chance.of(2) == 0 {
            left.resize(self.after(chance.of(self.pending.len() + 1)).len(), 0);
        }
        left
    }
}

/// What a disk writes whole, and what a file system does.
const BLOCKS: [usize; 2] = [512, 4096];

/// A range, cut where blocks of a file end.
fn blocks_of(range: Range<usize>, block: usize) -> impl Iterator<Item = Range<usize>> {
    let mut from = range.start;
    std::iter::from_fn(move || {
        let next = from..((from / block + 1) * block).min(range.end);
        from = next.end;
        (!next.is_empty()).then_some(next)
    })
}

fn without(ranges: &[Range<usize>], gone: &Range<usize>) -> Vec<Range<usize>> {
    let parts =
        ranges.iter().flat_map(|range| [range.start..range.end.min(gone.start), range.start.max(gone.end)..range.end]);
    parts.filter(|range| range.start < range.end).collect()
}

impl Power {
    fn add(&mut self, content: Content) -> Inode {
        self.contents.push(content);
        Inode(self.contents.len() - 1)
    }

    fn content(&mut self, inode: Inode) -> &mut Content {
        &mut self.contents[inode.0]
    }

    /// The name, with what it stood for before it was first touched.
    fn name_at(&mut self, path: &Path) -> &mut Name {
        if !self.names.contains_key(path) {
            let durable = match std::fs::symlink_metadata(path) {
                Ok(metadata) if metadata.is_dir() => Some(Stands::Folder),
                Ok(_) => {
                    let bytes = plain(path).unwrap_or_default();
                    let content = Content { durable: bytes.clone(), now: bytes, ..Content::default() };
                    Some(Stands::File(self.add(content)))
                }
                Err(_) => None,
            };
            self.names.insert(path.to_owned(), Name { durable, pending: Vec::new() });
        }
        self.names.get_mut(path).expect("it was just added")
    }

    fn becomes(&mut self, path: &Path, stands: Option<Stands>) {
        self.name_at(path).pending.push(stands);
    }

    /// The file under a name; call it before the file is changed.
    pub(crate) fn opened(&mut self, path: &Path) -> Option<Inode> {
        let there = plain(path);
        match (self.name_at(path).now(), there) {
            // Replaced by a hand that is not ours.
            (Some(Stands::File(inode)), Some(bytes)) if self.content(inode).now != bytes => {
                self.names.remove(path);
                self.opened(path)
            }
            (Some(Stands::File(inode)), Some(_)) => Some(inode),
            (_, _) => None,
        }
    }

    pub(crate) fn create(&mut self, path: Option<&Path>) -> Inode {
        let inode = self.add(Content::default());
        if let Some(path) = path {
            // The file is there by now, and was not before.
            self.names.entry(path.to_owned()).or_default().pending.push(Some(Stands::File(inode)));
        }
        inode
    }

    pub(crate) fn make_dir(&mut self, path: &Path) {
        self.names.entry(path.to_owned()).or_default().pending.push(Some(Stands::Folder));
    }

    /// Gives a file that was made without a name its name.
    pub(crate) fn name(&mut self, inode: Inode, to: &Path) {
        self.names.entry(to.to_owned()).or_default().pending.push(Some(Stands::File(inode)));
    }

    pub(crate) fn link(&mut self, from: &Path, to: &Path) {
        if let Some(inode) = self.opened(from) {
            self.name(inode, to);
        }
    }

    /// Call it before the file is renamed.
    pub(crate) fn rename(&mut self, from: &Path, to: &Path) {
        let stands = self.name_at(from).now();
        self.becomes(to, stands);
        self.becomes(from, None);
    }

    /// Call it before the file is removed.
    pub(crate) fn remove(&mut self, path: &Path) {
        self.becomes(path, None);
    }

    pub(crate) fn write(&mut self, inode: Inode, at: Option<usize>, bytes: &[u8]) {
        let content = self.content(inode);
        let at = at.unwrap_or(content.now.len());
        content.change(Change::Write(at, bytes.to_vec()));
    }

    pub(crate) fn set_len(&mut self, inode: Inode, len: usize) {
        self.content(inode).change(Change::SetLen(len));
    }

    pub(crate) fn sync(&mut self, inode: Inode) {
        self.content(inode).sync();
    }

    pub(crate) fn sync_failed(&mut self, inode: Inode) {
        self.content(inode).sync_failed();
    }

    pub(crate) fn sync_dir(&mut self, folder: &Path) {
        for (_, name) in self.names.iter_mut().filter(|(path, _)| path.parent() == Some(folder)) {
            name.durable = name.now();
            name.pending.clear();
        }
    }

    /// Makes, in another folder, what a cut of the power leaves of the files below `root`.
    pub(crate) fn image(&self, root: &Path, to: &Path, chance: &mut Chance) {
        let contents: Vec<Vec<u8>> = self.contents.iter().map(|content| content.left(chance)).collect();
        let mut left: BTreeMap<PathBuf, Stands> = BTreeMap::new();
        let mut untouched: BTreeMap<PathBuf, bool> = BTreeMap::new();
        for entry in walkdir::WalkDir::new(root).min_depth(1).into_iter().map(Result::unwrap) {
            untouched.insert(entry.path().to_owned(), entry.file_type().is_dir());
        }
        for (path, name) in &self.names {
            untouched.remove(path);
            let stands = match chance.of(name.pending.len() + 1) {
                0 => name.durable,
                after => name.pending[after - 1],
            };
            left.extend(stands.map(|stands| (path.clone(), stands)));
        }
        let all = untouched.into_iter().map(|(path, is_dir)| (path, is_dir.then_some(Stands::Folder)));
        let mut all: BTreeMap<PathBuf, Option<Stands>> = all.collect();
        all.extend(left.into_iter().map(|(path, stands)| (path, Some(stands))));
        // In order, so a folder comes before what is in it.
        for (path, stands) in all {
            let new = to.join(path.strip_prefix(root).unwrap());
            if !new.parent().unwrap().is_dir() {
                continue;
            }
            match stands {
                Some(Stands::Folder) => std::fs::create_dir_all(&new).unwrap(),
                Some(Stands::File(inode)) => std::fs::write(&new, &contents[inode.0]).unwrap(),
                None => drop(std::fs::copy(&path, &new).unwrap()),
            }
        }
        boot(to);
    }
}

/// The bytes of a plain file; a pipe would have us wait.
fn plain(path: &Path) -> Option<Vec<u8>> {
    std::fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_file()).then(|| std::fs::read(path).ok())?
}

/// As on a machine: after a power cut it has booted anew.
fn boot(root: &Path) {
    let state = root.join("coordination/.local/keys.state");
    if let Ok(text) = std::fs::read_to_string(&state) {
        std::fs::write(&state, text.replacen("\"boot\":\"", "\"boot\":\"another ", 1)).unwrap();
    }
}

/// Puts an image in the place of a folder's files.
pub(crate) fn replace(root: &Path, image: &Path) {
    for entry in std::fs::read_dir(root).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            std::fs::remove_dir_all(path).unwrap();
        } else {
            std::fs::remove_file(path).unwrap();
        }
    }
    copy(image, root);
}

/// Copies all files of a folder into another.
pub(crate) fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).min_depth(1).into_iter().map(Result::unwrap) {
        let new = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(new).unwrap();
        } else {
            std::fs::copy(entry.path(), new).unwrap();
        }
    }
}

/// Chance that falls the same way in every run (splitmix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    /// A number below `n`.
    pub(crate) fn of(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut x = self.0;
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        usize::try_from((x ^ (x >> 31)) % n as u64).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What may be left of a file with `durable` bytes after some changes.
    fn left(durable: &[u8], changes: Vec<Change>) -> std::collections::BTreeSet<Vec<u8>> {
        let mut content = Content { durable: durable.to_vec(), now: durable.to_vec(), ..Content::default() };
        changes.into_iter().for_each(|change| content.change(change));
        let mut chance = Chance(1);
        (0..4_000).map(|_| content.left(&mut chance)).collect()
    }

    #[test]
    fn a_later_write_may_be_kept_where_an_earlier_one_is_not() {
        let found = left(b"a", vec![Change::Write(1, vec![b'b'; 511]), Change::Write(512, vec![b'c'; 512])]);
        let only_later = [&b"a"[..], &[0; 511], &[b'c'; 512]].concat();
        assert!(found.contains(&only_later) && found.contains(&b"a"[..]), "{}", found.len());
        // What was synced stays.
        assert!(found.iter().all(|left| left.starts_with(b"a")));
    }

    #[test]
    fn the_middle_of_a_write_may_be_missing_and_a_cut_may_not_have_been() {
        let found = left(b"", vec![Change::Write(0, vec![b'x'; 1_536])]);
        assert!(found.contains(&[&[b'x'; 512][..], &[0; 512], &[b'x'; 512]].concat()));
        let found = left(b"torn", vec![Change::SetLen(0), Change::Write(0, b"ok".to_vec())]);
        assert!(found.contains(&b"okrn"[..]) && found.contains(&b"ok"[..]) && found.contains(&b"torn"[..]));
    }

    #[test]
    fn what_was_synced_is_there_whatever_follows() {
        let mut content = Content::default();
        content.change(Change::Write(0, b"synced".to_vec()));
        content.sync();
        content.change(Change::Write(6, vec![b'y'; 5_000]));
        let mut chance = Chance(2);
        assert!((0..1_000).all(|_| content.left(&mut chance).starts_with(b"synced")));
    }

    #[test]
    fn blocks_cover_a_range_and_end_where_those_of_the_file_do() {
        assert_eq!(blocks_of(500..1_030, 512).collect::<Vec<_>>(), [500..512, 512..1_024, 1_024..1_030]);
        assert_eq!(blocks_of(7..7, 512).count(), 0);
    }
}
