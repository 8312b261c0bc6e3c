//! Making a request: a number, the packet under a name that nobody else took, its first event.

use std::path::Path;
use std::time::Duration;

use super::disk::{Create, Named};
use super::lock::Lock;
use super::reading::parse_log;
use super::{FsStore, StreamLock, io};
use crate::domain::event::{CreatedData, Event, Genesis};
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::domain::lease::Leases;
use crate::domain::packet::Packet;
use crate::domain::time::Day;
use crate::store::budget::Progress;
use crate::store::{Append, Budget, Created, NewRequest, Notice, Store, StoreError};

/// How many numbers are tried one by one before the folder is listed for the largest.
const NUMBERS_TRIED_MAX: u32 = 64;

/// How many numbers before a new one are looked at for creates that were cut short.
const CUT_SHORT_MAX: u32 = 64;

/// How long a create waits for others before it leaves those alone that were cut short.
const COMPLETE_MAX: Duration = Duration::from_secs(1);

/// A packet that has its name and whose lock is held.
pub(super) struct Placed {
    pub(super) id: RequestId,
    held: StreamLock,
    packet: Packet,
    hash: Hash,
    first: Event,
}

impl FsStore {
    /// Gives a request a number and its packet a name; its lock is held when it appears. `None` if the number that it
    /// was to keep is another's.
    pub(super) fn place_packet(&self, request: &NewRequest, budget: &Budget) -> Result<Option<Placed>, StoreError> {
        if let Some(id) = request.id {
            let held = self.lock_stream(&Stream::Request(id), budget)?;
            return if self.has_events(id)? { Ok(None) } else { self.place_at(id, held, request, budget) };
        }
        let day = request.created_at.day();
        let mut number = self.next_number(day)?;
        loop {
            self.complete_before(day, number, &request.genesis, budget);
            let id = RequestId::new(day, number)
                .ok_or_else(|| StoreError::Unwritable(format!("no number is left on {day}")))?;
            let held = self.lock_stream(&Stream::Request(id), budget)?;
            if self.has_events(id)? {
                number = self.number_after(day, number)?;
                continue;
            }
            match self.place_at(id, held, request, budget)? {
                Some(placed) => {
                    self.remember_number(id);
                    return Ok(Some(placed));
                }
                None => number = self.number_after(day, number)?,
            }
        }
    }

    /// Gives a packet this name; `None` if another has it. The request's lock is held.
    fn place_at(
        &self,
        id: RequestId,
        mut held: StreamLock,
        request: &NewRequest,
        budget: &Budget,
    ) -> Result<Option<Placed>, StoreError> {
        let packet = request.draft.identify(id, request.created_at, request.random);
        let bytes = packet.to_bytes()?;
        let hash = Packet::hash_of(&bytes);
        let first = Event::genesis(&packet, hash, &request.genesis)?;
        let before = self.folder_times();
        match self.name_packet(id, &bytes, budget)? {
            Named::Done => {
                self.begin_files(id, before, &mut held);
                Ok(Some(Placed { id, held, packet, hash, first }))
            }
            Named::Exists => Ok(None),
        }
    }

    /// Makes the empty log of a packet while nobody else makes files, and tells readers that the folders changed by that
    /// alone. Best effort: the first event makes the log, too.
    fn begin_files(&self, id: RequestId, before: Option<[[u64; 2]; 2]>, held: &mut StreamLock) {
        let made = self.files.open_log(&self.layout.log(id), Create::Yes);
        if let (Ok(Some(_)), Some(change)) = (made, &mut held.change) {
            change.made_files(self, before);
        }
    }

    /// Writes a packet durably and gives it its name, unless that is taken.
    fn name_packet(&self, id: RequestId, bytes: &[u8], budget: &Budget) -> Result<Named, StoreError> {
        self.name_once(&self.layout.requests(), &self.layout.packet(id), bytes, budget)
    }

    /// Writes a file durably and gives it its name, unless that is taken. The name itself is not durable yet.
    pub(super) fn name_once(
        &self,
        folder: &Path,
        path: &Path,
        bytes: &[u8],
        budget: &Budget,
    ) -> Result<Named, StoreError> {
        let tmp = self.layout.in_local("tmp");
        let mut staged = self.files.stage(folder, &tmp, bytes, 0o444).map_err(io("write", path))?;
        staged.sync().map_err(io("sync", path))?;
        budget.set_progress(Progress::Writing);
        let named = staged.link(path).or_else(|source| {
            // The answer can be lost and the name be given all the same (link(2), on NFS): look.
            let ours =
                self.files.read(path, bytes.len() as u64).ok().flatten().is_some_and(|(there, _)| there == bytes);
            if ours { Ok(Named::Done) } else { Err(source) }
        });
        if !matches!(named, Ok(Named::Done)) {
            budget.set_progress(Progress::Before);
        }
        named.map_err(io("name", path))
    }

    /// Whether a number that no packet has is somebody's all the same: events whose packet is missing.
    pub(super) fn has_events(&self, id: RequestId) -> Result<bool, StoreError> {
        let log = self.layout.log(id);
        Ok(self.files.facts(&log).map_err(io("look at", &log))?.is_some_and(|facts| facts.size > 0))
    }

    /// Whether a number is taken, by a packet or by events without one.
    pub(super) fn is_somebodys(&self, id: RequestId) -> Result<bool, StoreError> {
        Ok(!self.is_free(id.day(), id.number())? || self.has_events(id)?)
    }

    /// The number to try first: one that this clone has reserved, or one more than the last that it gave out.
    pub(super) fn next_number(&self, day: Day) -> Result<u32, StoreError> {
        let leases = self.leases();
        if !leases.all().is_empty() {
            let writer = self.writer()?;
            for number in leases.own(day, &writer) {
                if self.is_free(day, number)? {
                    return Ok(number);
                }
            }
        }
        match self.last_number().filter(|id| id.day() == day) {
            Some(id) => Ok(leases.unreserved(day, id.number() + 1)),
            None => self.number_after(day, 0),
        }
    }

    /// The number to try after another one: not one that another clone has reserved.
    pub(super) fn following(&self, leases: &Leases, day: Day, number: u32) -> Result<u32, StoreError> {
        if leases.all().is_empty() {
            return Ok(number.saturating_add(1));
        }
        Ok(leases.following(day, number, &self.writer()?))
    }

    fn is_free(&self, day: Day, number: u32) -> Result<bool, StoreError> {
        let Some(id) = RequestId::new(day, number) else { return Ok(false) };
        let path = self.layout.packet(id);
        Ok(self.files.facts(&path).map_err(io("look at", &path))?.is_none())
    }

    /// A free number after one that is taken.
    pub(super) fn number_after(&self, day: Day, taken: u32) -> Result<u32, StoreError> {
        let leases = self.leases();
        if taken > 0 {
            let mut number = taken;
            for _ in 0..NUMBERS_TRIED_MAX {
                number = self.following(&leases, day, number)?;
                if self.is_free(day, number)? {
                    return Ok(number);
                }
            }
        }
        // A log without a packet is somebody's request all the same: its number stays taken.
        let mut ids = self.list(&self.layout.requests(), ".json")?;
        ids.extend(self.list(&self.layout.events(), ".jsonl")?);
        let last = ids.iter().filter(|id| id.day() == day).map(|id| id.number()).max().unwrap_or(0);
        Ok(leases.unreserved(day, last + 1))
    }

    /// The request that was made last, as far as this clone remembers.
    pub(super) fn last_number(&self) -> Option<RequestId> {
        let (bytes, _) = self.files.read(&self.layout.in_local("last"), 64).ok().flatten()?;
        String::from_utf8(bytes).ok()?.trim().parse().ok()
    }

    pub(super) fn remember_number(&self, id: RequestId) {
        // Only a hint: without it the folder is listed.
        let _ = self.files.scribble(&self.layout.in_local("last"), &format!("{id}\n"));
    }

    /// Completes the creates before a number that were cut short between the packet and its first event. Best effort:
    /// a request that can't be completed is told of when it is read, and must not be in the way of others.
    fn complete_before(&self, day: Day, number: u32, genesis: &Genesis, budget: &Budget) {
        let genesis = without_source(genesis);
        // Whoever holds its lock may be at it, or at another request that shares the lock. That is worth a moment: later
        // creates do not look past the one that is made now.
        let moment = budget.at_most(COMPLETE_MAX);
        for id in self.cut_short_before(day, number) {
            if let Ok(held) = self.lock_stream(&Stream::Request(id), &moment) {
                let _ = self.begin_log(id, &genesis, (&held.lock, budget));
            }
        }
        budget.set_progress(Progress::Before);
    }

    /// The requests before a number that have a packet and no event, as far as there are no others between.
    pub(super) fn cut_short_before(&self, day: Day, number: u32) -> Vec<RequestId> {
        let is_there = |path: &Path| self.files.facts(path).is_ok_and(|facts| facts.is_some());
        (1..number)
            .rev()
            .take(CUT_SHORT_MAX as usize)
            .filter_map(|number| RequestId::new(day, number))
            .take_while(|id| !self.is_begun(*id))
            .filter(|id| is_there(&self.layout.packet(*id)))
            .collect()
    }

    /// Whether a log has an event, or something else that is more than a first line that was cut short.
    fn is_begun(&self, id: RequestId) -> bool {
        /// More than any first line has.
        const FIRST_LINE_BYTES: u64 = 16 * 1024;
        let path = self.layout.log(id);
        match self.files.read(&path, FIRST_LINE_BYTES) {
            Ok(None) => false,
            // That it ends in a newline tells nothing: a power cut can take a page before it.
            Ok(Some((bytes, _))) => {
                parse_log(&Stream::Request(id), &path, &bytes).map_or(true, |log| !log.events.is_empty())
            }
            Err(_) => true,
        }
    }

    /// Writes the first event of a packet that has none; its lock must be held.
    fn begin_log(
        &self,
        id: RequestId,
        genesis: &Genesis,
        (lock, budget): (&Lock, &Budget),
    ) -> Result<Append, StoreError> {
        let (packet, hash) = self.packet_to_write(id)?;
        // Whoever named the packet may have been killed before the name was durable.
        let folder = self.layout.requests();
        self.files.sync_dir(&folder).map_err(io("sync", &folder))?;
        let first = Event::genesis(&packet, hash, genesis)?;
        let begun = self.append_locked(&Stream::Request(id), &[], &first, None, (lock, budget))?;
        if let Append::Committed(_) = begun {
            budget.tell(&Notice::Completed { what: format!("{id}, whose making was cut short") });
        }
        Ok(begun)
    }

    /// A request that was there: what is answered of it must last, though its maker may have been killed on the way.
    /// `None` if it was taken back meanwhile.
    pub(super) fn existing(
        &self,
        id: RequestId,
        genesis: &Genesis,
        budget: &Budget,
    ) -> Result<Option<Created>, StoreError> {
        let StreamLock { change: _change, lock } = self.lock_stream(&Stream::Request(id), budget)?;
        if self.packet(id)?.is_none() {
            return Ok(None);
        }
        let folder = self.layout.requests();
        self.files.sync_dir(&folder).map_err(io("sync", &folder))?;
        let (mut file, log) = self.open_log(&Stream::Request(id), budget)?;
        if !log.events.is_empty() {
            file.sync().map_err(io("sync", &self.layout.log(id)))?;
            return Ok(Some(Created::Existing(id)));
        }
        Ok(Some(match self.begin_log(id, &without_source(genesis), (&lock, budget))? {
            Append::Committed(_) | Append::Duplicate(_) | Append::Stale { .. } => Created::Existing(id),
            Append::Unknown(cause) => Created::Unknown(cause),
        }))
    }

    /// Makes a name durable and begins the log; the packet's lock is held. Both or neither, as far as anyone can tell.
    pub(super) fn begin_request(&self, placed: Placed, budget: &Budget) -> Result<Created, StoreError> {
        let folder = self.layout.requests();
        let synced = self.files.sync_dir(&folder).map_err(io("sync", &folder));
        let begun = synced.and_then(|()| {
            let open = self.open_request(placed.id, (placed.packet.clone(), placed.hash), budget)?;
            self.append_locked(&Stream::Request(placed.id), &[], &placed.first, Some(open), (&placed.held.lock, budget))
        });
        let error = match begun {
            Ok(Append::Committed(head)) => return Ok(Created::New(Box::new(placed.packet), head)),
            Ok(Append::Unknown(cause)) => return Ok(Created::Unknown(cause)),
            Ok(Append::Duplicate(_) | Append::Stale { .. }) => {
                let what = "events were here before the packet";
                StoreError::damaged(Some(placed.id), &self.layout.log(placed.id), None, what)
            }
            Err(error) => error,
        };
        match self.take_back(&placed) {
            Ok(()) => {
                budget.set_progress(Progress::Before);
                Err(error)
            }
            Err(undo) => {
                budget.set_progress(Progress::Writing);
                Ok(Created::Unknown(format!("{error}; taking {} back failed too: {undo}", placed.id)))
            }
        }
    }

    /// Takes a packet back that has no event. What is not ours stays.
    fn take_back(&self, placed: &Placed) -> Result<(), StoreError> {
        let (packet, log) = (self.layout.packet(placed.id), self.layout.log(placed.id));
        if self.packet(placed.id)?.is_some_and(|(_, hash)| hash == placed.hash) {
            self.files.remove(&packet).map_err(io("remove", &packet))?;
        }
        if self.files.facts(&log).map_err(io("look at", &log))?.is_some_and(|facts| facts.size == 0) {
            self.files.remove(&log).map_err(io("remove", &log))?;
        }
        for folder in [self.layout.requests(), self.layout.events()] {
            self.files.sync_dir(&folder).map_err(io("sync", &folder))?;
        }
        Ok(())
    }
}

/// What is known of the beginning of a request that somebody else began to make.
pub(super) fn without_source(genesis: &Genesis) -> Genesis {
    Genesis { data: CreatedData { occurred_at: None, ..genesis.data.clone() }, ..genesis.clone() }
}
