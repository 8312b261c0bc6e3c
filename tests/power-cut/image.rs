//! What a device holds, block by block, as its log is played on it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::FileExt;
use std::path::Path;

use crate::log::{Entry, Log, SECTOR};

const BLOCK: usize = 4096;
const SECTORS: u64 = (BLOCK / SECTOR) as u64;

/// A device. Blocks that are not there hold zeros.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    len: u64,
    blocks: BTreeMap<u64, Box<[u8; BLOCK]>>,
}

impl Image {
    pub(crate) fn read(path: &Path) -> Self {
        let mut file = File::open(path).unwrap();
        let len = file.metadata().unwrap().len();
        let mut blocks = BTreeMap::new();
        let mut block = [0; BLOCK];
        for at in 0..len / BLOCK as u64 {
            file.read_exact(&mut block).unwrap();
            if block != [0; BLOCK] {
                blocks.insert(at, Box::new(block));
            }
        }
        Self { len, blocks }
    }

    /// Plays one entry of a log.
    pub(crate) fn play(&mut self, log: &Log, entry: &Entry) {
        self.play_sectors(log, entry, usize::MAX);
    }

    /// Plays the first sectors of one entry of a log.
    pub(crate) fn play_sectors(&mut self, log: &Log, entry: &Entry, sectors: usize) {
        for (at, bytes) in (entry.sector..).zip(log.data(entry).chunks(SECTOR).take(sectors)) {
            let block = self.blocks.entry(at / SECTORS).or_insert_with(|| Box::new([0; BLOCK]));
            let from = usize::try_from(at % SECTORS).unwrap() * SECTOR;
            block[from..from + SECTOR].copy_from_slice(bytes);
        }
    }

    /// Writes it into a file, which is made anew.
    pub(crate) fn write(&self, path: &Path) {
        let file = File::create(path).unwrap();
        file.set_len(self.len).unwrap();
        for (at, block) in &self.blocks {
            file.write_all_at(block.as_slice(), at * BLOCK as u64).unwrap();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::log::written;

    #[test]
    fn what_is_played_is_what_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let (base, file) = (folder.path().join("base"), folder.path().join("file"));
        let mut bytes = vec![0; 4 * BLOCK];
        bytes[3 * BLOCK + 7] = 7;
        std::fs::write(&base, &bytes).unwrap();
        let mut image = Image::read(&base);
        // Over the edge of a block, and the first sector of two.
        let data = [[1; SECTOR], [2; SECTOR]].concat();
        let log = Log::parse(written(&[(7, 0, &data), (20, 0, &data)])).unwrap();
        image.play(&log, &log.entries[0]);
        image.play_sectors(&log, &log.entries[1], 1);
        bytes[7 * SECTOR..9 * SECTOR].copy_from_slice(&data);
        bytes[20 * SECTOR..21 * SECTOR].fill(1);
        image.write(&file);
        assert!(std::fs::read(&file).unwrap() == bytes);
    }
}
