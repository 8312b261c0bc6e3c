//! Appending one event: mend the end, compare, write one line, sync, or take it back.

use std::path::{Path, PathBuf};

use super::disk::Create;
use super::files::{Durability, LogFile};
use super::lock::Lock;
use super::log::{self, LOG_BYTES_MAX, Log, Tail};
use super::reading::parse_log;
use super::turn::{OpenLog, Recorded};
use super::{FsStore, io};
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::history::Head;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::store::budget::Progress;
use crate::store::{Append, Budget, Notice, StoreError, request_of};

impl FsStore {
    /// Opens a log for writing and mends its end; its lock must be held.
    pub(super) fn open_log(&self, stream: &Stream, budget: &Budget) -> Result<(LogFile, Log), StoreError> {
        let path = self.layout.log_of(stream);
        let mut file = self
            .files
            .open_log(&path, Create::Yes)
            .map_err(io("open", &path))?
            .ok_or_else(|| StoreError::NotALedger(path.clone()))?;
        let bytes = self.read_open_log(stream, &mut file)?;
        let mut log = parse_log(stream, &path, &bytes)?;
        match log.tail.clone() {
            Tail::Clean => {}
            Tail::NoNewline => {
                if let Err(error) = file.append(b"\n").and_then(|()| file.sync()) {
                    // So that the next one does not take for durable what could not be synced.
                    let _ = file.truncate(log.whole_len as u64);
                    return Err(io("complete the last line of", &path)(error));
                }
                log.whole_len += 1;
                budget.tell(&Notice::Completed { what: format!("the last line of {}", path.display()) });
            }
            Tail::Torn(torn) => {
                let kept = self.quarantine(stream, &bytes[torn.clone()])?;
                let cut = log.whole_len as u64;
                file.truncate(cut).and_then(|()| file.sync()).map_err(io("cut the torn end of", &path))?;
                budget.tell(&Notice::Repaired { log: path.clone(), kept, bytes: torn.len() });
            }
        }
        log.tail = Tail::Clean;
        Ok((file, log))
    }

    /// Reads all of a log that is open.
    pub(super) fn read_open_log(&self, stream: &Stream, file: &mut LogFile) -> Result<Vec<u8>, StoreError> {
        let path = self.layout.log_of(stream);
        let size = file.facts().map_err(io("look at", &path))?.size;
        let bytes =
            if size > LOG_BYTES_MAX { None } else { Some(file.read(LOG_BYTES_MAX).map_err(io("read", &path))?) };
        match bytes {
            Some(bytes) if bytes.len() as u64 <= LOG_BYTES_MAX => Ok(bytes),
            Some(_) | None => Err(StoreError::damaged(
                request_of(stream),
                &path,
                None,
                format!("it has more than {LOG_BYTES_MAX} bytes"),
            )),
        }
    }

    /// Keeps torn bytes for whoever wants to look at them.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn quarantine(&self, stream: &Stream, bytes: &[u8]) -> Result<PathBuf, StoreError> {
        let digest = Hash::of(&[bytes]).short();
        let path = self.layout.in_local("quarantine").join(format!("{}-{digest}.torn", file_name(stream)));
        let tmp = self.layout.in_local("tmp");
        self.files.replace(&path, &tmp, bytes, Durability::Durable).map_err(io("write", &path))?;
        Ok(path)
    }

    /// Opens a request or a contract for writing; its lock must be held.
    pub(super) fn open_stream(&self, stream: &Stream, budget: &Budget) -> Result<OpenLog, StoreError> {
        match stream {
            // The packet first: opening the log makes it.
            Stream::Request(id) => self.open_request(*id, self.packet_to_write(*id)?, budget),
            Stream::Contract(_) => {
                let (file, log) = self.open_log(stream, budget)?;
                let recorded = Recorded::Contract(self.graph_from(stream, log.events)?);
                Ok(OpenLog { file, whole_len: log.whole_len as u64, recorded })
            }
        }
    }

    /// Opens a request for writing whose packet was read; its lock must be held.
    pub(super) fn open_request(
        &self,
        id: RequestId,
        packet: (Packet, Hash),
        budget: &Budget,
    ) -> Result<OpenLog, StoreError> {
        let (file, log) = self.open_log(&Stream::Request(id), budget)?;
        let whole_len = log.whole_len as u64;
        Ok(OpenLog { file, whole_len, recorded: Recorded::Request(self.history_from(id, packet, log.events)?) })
    }

    /// Appends one event under the stream's lock, which must be held; `open` is what was read under it.
    pub(super) fn append_locked(
        &self,
        stream: &Stream,
        expected: &[Head],
        event: &Event,
        mut open: Option<OpenLog>,
        (lock, budget): (&Lock, &Budget),
    ) -> Result<Append, StoreError> {
        /// A log that is replaced again and again while it is written to is beyond us.
        const REPLACED_MAX: u32 = 8;
        for round in 0..REPLACED_MAX {
            let OpenLog { mut file, whole_len, mut recorded } = match open.take() {
                Some(open) => open,
                None => self.open_stream(stream, budget)?,
            };
            let graph = recorded.graph();
            if round > 0 && graph.event(event.hash()).is_some() {
                // Whoever replaced the file had seen our line.
                file.sync().map_err(io("sync", &self.layout.log_of(stream)))?;
                budget.set_progress(Progress::Settled);
                return Ok(Append::Committed(Head { n: event.n(), hash: event.hash() }));
            }
            if let Some(first) = event.key().and_then(|key| graph.with_key(key)) {
                // The first writer may have been killed before its sync; what is answered must last.
                file.sync().map_err(io("sync", &self.layout.log_of(stream)))?;
                return Ok(Append::Duplicate(Head { n: first.n(), hash: first.hash() }));
            }
            if graph.heads() != expected {
                return Ok(Append::Stale { actual: graph.heads().to_vec() });
            }
            recorded.append(event.clone())?;
            log::room(stream, whole_len, event.line())?;
            if let Some(outcome) = self.write_line(stream, &mut file, whole_len, event, (lock, budget))? {
                return Ok(outcome);
            }
        }
        Err(StoreError::Io {
            doing: "append to",
            path: self.layout.log_of(stream),
            source: std::io::Error::other("the file is being replaced all the time by another program"),
        })
    }

    /// Writes one line durably. `None` if the file was replaced meanwhile and the line went into the old one.
    pub(super) fn write_line(
        &self,
        stream: &Stream,
        file: &mut LogFile,
        whole_len: u64,
        event: &Event,
        (lock, budget): (&Lock, &Budget),
    ) -> Result<Option<Append>, StoreError> {
        let path = self.layout.log_of(stream);
        if whole_len == 0 {
            // Before the first line, so that no event ever stands under a name that may be lost.
            let folder = self.layout.log_folder(stream);
            self.files.sync_dir(&folder).map_err(io("sync", &folder))?;
        }
        let line = format!("{}\n", event.line());
        lock.mark(stream)?;
        budget.set_progress(Progress::Writing);
        if let Err(source) = file.append(line.as_bytes()).and_then(|()| file.sync()) {
            return undo_line(file, whole_len, source, &path, (lock, budget)).map(Some);
        }
        lock.clear();
        let inside = file.facts().map(|facts| Some(facts.inode));
        let named = self.files.facts(&path).map(|facts| facts.map(|facts| facts.inode));
        Ok(match (inside, named) {
            (Ok(inside), Ok(named)) if inside == named => {
                budget.set_progress(Progress::Settled);
                Some(Append::Committed(Head { n: event.n(), hash: event.hash() }))
            }
            (Ok(_), Ok(_)) => {
                budget.set_progress(Progress::Before);
                None
            }
            (Err(error), _) | (_, Err(error)) => Some(Append::Unknown(format!(
                "whether {} was replaced meanwhile can't be seen: {error}",
                path.display()
            ))),
        })
    }
}

/// A write failed: cuts the line off again. Only if that lasts is the answer an error; else nobody can know.
fn undo_line(
    file: &mut LogFile,
    whole_len: u64,
    source: std::io::Error,
    path: &Path,
    (lock, budget): (&Lock, &Budget),
) -> Result<Append, StoreError> {
    match file.truncate(whole_len).and_then(|()| file.sync()) {
        Ok(()) => {
            lock.clear();
            budget.set_progress(Progress::Before);
            Err(StoreError::Io { doing: "append to", path: path.to_owned(), source })
        }
        Err(undo) => Ok(Append::Unknown(format!(
            "appending to {} failed ({source}), and so did cutting it off again ({undo})",
            path.display()
        ))),
    }
}

/// A stream as it stands in the name of a file.
fn file_name(stream: &Stream) -> String {
    stream.to_string().replace(':', "-")
}
