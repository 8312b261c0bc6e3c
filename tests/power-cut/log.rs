//! The log of a block device: what was written to it, in which order, and when it was told to flush its cache. The format
//! is that of Linux's dm-log-writes (`drivers/md/dm-log-writes.c`), which QEMU's `blklogwrites` writes too.

use std::fs::File;
use std::io::Read;
use std::ops::Range;
use std::path::Path;

const MAGIC: u64 = 0x006a_7366_7773_6872;
const VERSION: u64 = 1;
/// The unit of `sector` and of the count of sectors of an entry, and of where entries begin.
pub(crate) const SECTOR: usize = 512;

/// What was written before is durable.
pub(crate) const FLUSH: u64 = 1;
/// This write is.
pub(crate) const FUA: u64 = 2;
const DISCARD: u64 = 4;

/// One thing that the device was told.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) sector: u64,
    flags: u64,
    data: Range<usize>,
}

impl Entry {
    /// Whether what was written before is durable from here on.
    pub(crate) fn is_flush(&self) -> bool {
        self.flags & FLUSH != 0
    }

    /// Whether this, if it writes, is durable by itself, whatever was written before.
    pub(crate) fn is_forced(&self) -> bool {
        self.flags & FUA != 0
    }

    pub(crate) fn changes_nothing(&self) -> bool {
        self.data.is_empty()
    }
}

/// A whole log.
#[derive(Debug)]
pub(crate) struct Log {
    bytes: Vec<u8>,
    pub(crate) entries: Vec<Entry>,
}

/// How many entries a log that is being written has, up to the last flush at least: the device counts them in the log's
/// first sector before it answers a flush.
pub(crate) fn entries_so_far(path: &Path) -> usize {
    let mut first = [0; SECTOR];
    match File::open(path).and_then(|mut file| file.read_exact(&mut first)) {
        Ok(()) => entries_in(&first).unwrap(),
        // Nothing was flushed yet.
        Err(_) => 0,
    }
}

fn entries_in(first: &[u8]) -> Result<usize, String> {
    if number(first, 0) == 0 {
        return Ok(0);
    }
    if (number(first, 0), number(first, 8)) != (MAGIC, VERSION) {
        return Err("it is no log of writes".into());
    }
    let unit = u64::from(u32::from_le_bytes(first[24..28].try_into().unwrap()));
    if unit != SECTOR as u64 {
        return Err(format!("its sectors have {unit} bytes, not {SECTOR}"));
    }
    usize::try_from(number(first, 16)).map_err(|error| error.to_string())
}

impl Log {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap();
        Self::parse(bytes).unwrap_or_else(|what| panic!("{}: {what}", path.display()))
    }

    pub(crate) fn parse(bytes: Vec<u8>) -> Result<Self, String> {
        let count = entries_in(bytes.get(..SECTOR).ok_or("it is too short")?)?;
        let mut entries = Vec::with_capacity(count);
        let mut at = SECTOR;
        for _ in 0..count {
            let head = bytes.get(at..at + SECTOR).ok_or("it ends early")?;
            let (sector, sectors, flags) = (number(head, 0), number(head, 8), number(head, 16));
            at += SECTOR;
            let has_data = flags & DISCARD == 0;
            let len = if has_data { usize::try_from(sectors).map_err(|error| error.to_string())? * SECTOR } else { 0 };
            if bytes.len() < at + len {
                return Err("its last entry is cut off".into());
            }
            entries.push(Entry { sector, flags, data: at..at + len });
            at += len;
        }
        Ok(Self { bytes, entries })
    }

    pub(crate) fn data(&self, entry: &Entry) -> &[u8] {
        &self.bytes[entry.data.clone()]
    }
}

fn number(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().unwrap())
}

/// A log in the documented format, of entries of (sector, flags, data).
#[cfg(test)]
pub(crate) fn written(entries: &[(u64, u64, &[u8])]) -> Vec<u8> {
    let sector = |numbers: &[u64]| {
        let mut sector: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        sector.resize(SECTOR, 0);
        sector
    };
    let mut bytes = sector(&[MAGIC, VERSION, entries.len() as u64, SECTOR as u64]);
    for (at, flags, data) in entries {
        bytes.extend(sector(&[*at, (data.len() / SECTOR) as u64, *flags, 0]));
        bytes.extend_from_slice(data);
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_is_read_as_it_was_written() {
        let two = [[1; SECTOR], [2; SECTOR]].concat();
        let log = Log::parse(written(&[(8, 0, &two), (0, FLUSH, &[]), (9, FUA, &[3; SECTOR])])).unwrap();
        let read: Vec<_> = log.entries.iter().map(|e| (e.sector, e.is_flush(), e.is_forced())).collect();
        assert_eq!(read, [(8, false, false), (0, true, false), (9, false, true)]);
        assert_eq!(log.data(&log.entries[0]), two);
        assert!(log.entries[1].changes_nothing());
        assert_eq!(log.data(&log.entries[2]), [3; SECTOR]);
    }

    #[test]
    fn a_log_that_is_cut_off_or_of_another_kind_is_refused() {
        let whole = written(&[(8, 0, &[1; SECTOR])]);
        for len in [0, 100, SECTOR, SECTOR + 100, 2 * SECTOR, 3 * SECTOR - 1] {
            assert!(Log::parse(whole[..len].to_vec()).is_err(), "{len}");
        }
        let mut other = whole;
        other[0] ^= 1;
        assert!(Log::parse(other).is_err());
    }
}
