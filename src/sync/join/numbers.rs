//! Numbers that two clones gave away, or that one had reserved: the request that nobody else has seen gets another one.

use std::collections::{BTreeMap, BTreeSet};

use super::moves::{Carried, Whose};
use super::{Clash, Join, Joining, Renumbering};
use crate::domain::body::{Body, IdResolved};
use crate::domain::event::{Event, Unsealed};
use crate::domain::history::History;
use crate::domain::id::{Origin, RequestId, Stream};
use crate::domain::leaf::{Concern, Leaf};
use crate::domain::packet::Packet;
use crate::domain::renumber::{self, By};
use crate::domain::time::Day;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log;
use crate::store::{Records, Store, StoreError};
use crate::sync::gate::is_leaves;
use crate::sync::tree::{TreeError, Unlike};
use crate::sync::{remote, unite};

/// What this clone knows of what remotes have, beside what it saw there in an exchange.
const PUBLISHED: [&str; 2] = ["refs/remotes", "refs/ledger/fetched"];

/// Numbers that are another request's over there.
#[derive(Default)]
pub(super) struct Clashing {
    /// Ours gets another one: nobody else has seen it.
    pub(super) anew: BTreeSet<RequestId>,
    /// It is on record which of the two keeps it.
    pub(super) moves: Vec<Carried>,
}

impl Joining<'_> {
    /// The requests that are another one over there.
    pub(super) fn clashing(&self, join: &mut Join) -> Result<Clashing, TreeError> {
        let mut clashing = Clashing::default();
        for (file, sides) in self.unlike {
            let (CarriedFile::Packet(id), Some(ours), Some(theirs)) = (file, &sides.before, &sides.after) else {
                continue;
            };
            let read = self.trees.read([(file, ours.as_str()), (file, theirs.as_str())])?;
            match (Packet::parse(&read[0]), Packet::parse(&read[1])) {
                (Ok(our), Ok(their)) if our.uid != their.uid => {
                    match self.moved(*id, [Packet::hash_of(&read[0]), Packet::hash_of(&read[1])])? {
                        Some(moved) => clashing.moves.push(moved),
                        None if self.was_published(file, ours)? => join.clashes.push(Clash::Published(*id)),
                        None => drop(clashing.anew.insert(*id)),
                    }
                }
                (Ok(_), Ok(_)) => join.clashes.push(Clash::Edited(file.clone())),
                (Err(bad), _) | (_, Err(bad)) => {
                    join.clashes.push(Clash::Unreadable { file: file.clone(), what: bad.to_string() });
                }
            }
        }
        Ok(clashing)
    }

    /// Requests that nobody else has seen, under numbers that another clone had reserved.
    pub(super) fn in_others_leases(&self) -> Result<BTreeSet<RequestId>, TreeError> {
        let mut ids = BTreeSet::new();
        for id in self.unseen() {
            let Some(lease) = self.leases.holder(id) else { continue };
            let history = self.store.history(id)?;
            let is_anothers = history
                .is_some_and(|history| history.events().first().is_some_and(|first| *first.writer() != lease.writer));
            // Others know it by its number; whoever reserved that is told once they meet.
            if is_anothers && !self.is_published_elsewhere(id)? {
                ids.insert(id);
            }
        }
        Ok(ids)
    }

    /// Requests that nobody else has seen, each with the last of those that come in with its key, where that has the larger
    /// number: ours was made in a lease, or days ago. The first of a key is the one with the smallest id, and whoever has
    /// begun with theirs must not be held up by one that comes in later.
    pub(super) fn before_their_twins(&self) -> Result<BTreeMap<RequestId, RequestId>, TreeError> {
        let mut ours = Vec::new();
        for id in self.unseen() {
            // What can't be read is told by whoever needs it.
            let packet = self.store.packet_bytes(id).ok().flatten().and_then(|bytes| Packet::parse(&bytes).ok());
            ours.extend(packet.and_then(|packet| packet.key).map(|key| (key, id)));
        }
        let mut twins = BTreeMap::new();
        if ours.is_empty() {
            return Ok(twins);
        }
        for (file, sides) in self.unlike {
            let (CarriedFile::Packet(theirs), None, Some(hash)) = (file, &sides.before, &sides.after) else { continue };
            let Ok(packet) = Packet::parse(&self.trees.read_one(file, hash)?) else { continue };
            for (_, id) in ours.iter().filter(|(key, id)| packet.key.as_ref() == Some(key) && id < theirs) {
                let last = twins.entry(*id).or_insert(*theirs);
                *last = (*last).max(*theirs);
            }
        }
        let mut published = Vec::new();
        for id in twins.keys() {
            if self.is_published_elsewhere(*id)? {
                published.push(*id);
            }
        }
        twins.retain(|id, _| !published.contains(id));
        Ok(twins)
    }

    /// Whether a remote has ever had a file as it is here, as far as this clone knows: by an exchange, or by a plain push or
    /// fetch of git's.
    pub(super) fn was_published(&self, file: &CarriedFile, hash: &str) -> Result<bool, TreeError> {
        let mut commits: BTreeSet<String> = remote::seen_commits(self.store)?.into_iter().collect();
        commits.extend(self.trees.commits_below(&PUBLISHED)?);
        self.trees.is_in_any(&commits, &file.path(), hash)
    }

    /// Whether a request that stands here alone was published elsewhere: on another branch, or another remote.
    fn is_published_elsewhere(&self, id: RequestId) -> Result<bool, TreeError> {
        let file = CarriedFile::Packet(id);
        let ours = self.unlike.get(&file).and_then(|sides| sides.before.as_deref());
        ours.map_or(Ok(false), |ours| self.was_published(&file, ours))
    }

    /// A request that must get another number may have come from a number that another one keeps, which says where it went:
    /// it says so anew.
    pub(super) fn tell_namesake(
        &self,
        moved: &History,
        is: RequestId,
        by: &By,
        join: &mut Join,
    ) -> Result<(), TreeError> {
        let was = moved.packet().request_id;
        for event in moved.events() {
            let Body::Renumbered(before) = event.body() else { continue };
            let Some(keeper) = self.store.history(before.was)? else { continue };
            let said = renumber::moves(keeper.events());
            let Some(said) = said.into_iter().find(|said| said.packet == before.packet && said.moved_to == was) else {
                continue;
            };
            let file = CarriedFile::Log(Stream::Request(before.was));
            let anew = Event::seal(Unsealed {
                stream: Stream::Request(before.was),
                clock: by.clock,
                writer: by.writer.clone(),
                by: by.by.clone(),
                key: None,
                body: Body::IdResolved(IdResolved { moved_to: is, ..said }),
                n: keeper.version() + 1,
                parents: keeper.next_parents(),
            });
            match anew {
                Ok(anew) => {
                    let mut events = keeper.events().to_vec();
                    events.push(anew);
                    if !self.unlike.contains_key(&CarriedFile::Packet(before.was)) {
                        events.extend(log::events_in(&self.bytes_of(&file, Whose::Theirs)?));
                    }
                    join.bring.push((file, unite::of_events(events)));
                }
                Err(why) => join.clashes.push(Clash::NotRewritten(was, why.to_string())),
            }
        }
        Ok(())
    }

    /// Plans new numbers for requests that nobody else has seen; those of `twins` come after others.
    pub(super) fn renumber(
        &self,
        (clashing, twins): (&BTreeSet<RequestId>, &BTreeMap<RequestId, RequestId>),
        by: &dyn Fn(&[History]) -> Result<By, StoreError>,
        join: &mut Join,
    ) -> Result<(), TreeError> {
        if clashing.is_empty() {
            return Ok(());
        }
        let numbers = self.numbers(clashing, twins)?;
        // Whoever names an old number meant the request that gets another one: the other was not here.
        let mut histories = Vec::new();
        for id in clashing.iter().copied().chain(self.unseen().filter(|id| !clashing.contains(id))) {
            let history = match self.store.history(id) {
                // A merge that did not go by the ledger's rules united it with the other one.
                Err(StoreError::Damaged { .. }) if clashing.contains(&id) => {
                    join.clashes.push(Clash::Mixed(id));
                    return Ok(());
                }
                history => history?,
            };
            let Some(history) = history.filter(|history| renumber::names_any(history, &numbers)) else { continue };
            if !clashing.contains(&id) && self.is_published_elsewhere(id)? {
                let is_named = |(was, is): &(&RequestId, &RequestId)| {
                    renumber::names_any(&history, &BTreeMap::from([(**was, **is)]))
                };
                let named = numbers.iter().filter(is_named).map(|(was, _)| *was).collect();
                join.clashes.push(Clash::Named { by: id, numbers: named });
                return Ok(());
            }
            histories.push(history);
        }
        let written_anew = histories.iter().map(|history| history.packet().request_id).collect();
        if let Some((origin, id)) = self.covered(&written_anew)? {
            join.clashes.push(Clash::Covered(origin, id));
            return Ok(());
        }
        let by = by(&histories)?;
        for history in &histories {
            let was = history.packet().request_id;
            let rewritten = match renumber::rewrite(history, &numbers, &by) {
                Ok(rewritten) => rewritten,
                Err(why) => {
                    join.clashes.push(Clash::NotRewritten(was, why.to_string()));
                    continue;
                }
            };
            let is = rewritten.history.packet().request_id;
            let lines: String = rewritten.history.events().iter().map(|event| format!("{}\n", event.line())).collect();
            join.bring.push((CarriedFile::Packet(is), rewritten.packet));
            join.bring.push((CarriedFile::Log(Stream::Request(is)), lines.into_bytes()));
            if is != was {
                self.tell_namesake(history, is, &by, join)?;
                let unsigned = rewritten.unsigned.len();
                join.renumbered.push(Renumbering { was, is, after: twins.get(&was).copied(), unsigned });
            }
        }
        for id in clashing {
            let files = [CarriedFile::Packet(*id), CarriedFile::Log(Stream::Request(*id))];
            if self.only_here().any(|(file, _)| *file == files[0]) {
                join.gone.extend(files);
                continue;
            }
            for file in files {
                let theirs = self.unlike.get(&file).and_then(|sides| sides.after.clone());
                let bytes = match &theirs {
                    Some(hash) => self.trees.read_one(&file, hash)?,
                    // A packet whose making was cut short over there has no log.
                    None => Vec::new(),
                };
                match self.check(&file, &bytes) {
                    Ok(()) => join.bring.push((file, bytes)),
                    Err(what) => join.clashes.push(Clash::Unreadable { file, what }),
                }
            }
        }
        join.together = join.bring.len();
        Ok(())
    }

    /// One of these requests that a checkpoint covers which the other side does not have, and whose checkpoint it is.
    pub(super) fn covered(&self, ids: &BTreeSet<RequestId>) -> Result<Option<(Origin, RequestId)>, TreeError> {
        for (file, sides) in self.unlike {
            let (CarriedFile::Checkpoint(origin, _), true, Some(hash)) = (file, is_leaves(file), &sides.before) else {
                continue;
            };
            let leaves = self.trees.read_one(file, hash)?;
            let covered = leaves.split(|byte| *byte == b'\n').find_map(|line| {
                let leaf: Leaf = std::str::from_utf8(line).ok()?.parse().ok()?;
                let Concern::Request(id) = leaf.concern() else { return None };
                ids.contains(&id).then_some(id)
            });
            if let Some(id) = covered {
                return Ok(Some((origin.clone(), id)));
            }
        }
        Ok(None)
    }

    /// The files that the other side does not have.
    pub(super) fn only_here(&self) -> impl Iterator<Item = (&CarriedFile, &Unlike)> {
        self.unlike.iter().filter(|(_, sides)| sides.after.is_none())
    }

    /// The requests that the other side does not have.
    pub(super) fn unseen(&self) -> impl Iterator<Item = RequestId> {
        self.only_here().filter_map(|(file, _)| {
            let CarriedFile::Packet(id) = file else { return None };
            Some(*id)
        })
    }

    /// A number for each, which neither side has given away.
    pub(super) fn numbers(
        &self,
        clashing: &BTreeSet<RequestId>,
        twins: &BTreeMap<RequestId, RequestId>,
    ) -> Result<BTreeMap<RequestId, RequestId>, TreeError> {
        let mut taken: BTreeMap<Day, u32> = BTreeMap::new();
        for (file, sides) in self.unlike {
            if let (Some(id), Some(_)) = (file.request(), &sides.after) {
                let last = taken.entry(id.day()).or_default();
                *last = (*last).max(id.number());
            }
        }
        let mut numbers = BTreeMap::new();
        for id in clashing {
            let day = twins.get(id).map_or(id.day(), |twin| twin.day());
            let theirs = taken.get(&day).copied().unwrap_or_default();
            let number = self.leases.unreserved(day, self.carrier.number_after(day, 0)?.max(theirs + 1));
            let is = RequestId::new(day, number)
                .ok_or_else(|| StoreError::Unwritable(format!("no number is left on {day}")))?;
            taken.insert(day, number);
            numbers.insert(*id, is);
        }
        Ok(numbers)
    }
}
