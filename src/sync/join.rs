//! Joining what stands here with what the other side has: what has to be put in place here, and what nobody may decide
//! but people.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::gate::is_leaves;
use super::tree::{TreeError, Trees, Unlike};
use super::{remote, unite};
use crate::domain::body::{Body, IdResolved};
use crate::domain::event::{Event, Unsealed};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{ContractName, Origin, RequestId, Stream};
use crate::domain::leaf::{Concern, Leaf};
use crate::domain::lease::Leases;
use crate::domain::packet::Packet;
use crate::domain::renumber::{self, By, image, moves, of_packet};
use crate::domain::settings::Settings;
use crate::domain::time::Day;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::carry::Carrier;
use crate::store::fs::{FsStore, log};
use crate::store::{Records, StoreError};

/// Whose text of a file that people edit is to hold where both changed it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Take {
    /// Nobody said.
    #[default]
    Neither,
    /// What stands here.
    Ours,
    /// What the other side has.
    Theirs,
}

/// What joining comes to.
#[derive(Debug, Default)]
pub struct Join {
    /// The files to put in place. The first ones, [`Self::together`] of them, belong together.
    pub bring: Vec<(CarriedFile, Vec<u8>)>,
    /// How many of the first files must be put in place all or none.
    pub together: usize,
    /// Files that go together with the first ones: they stand under other numbers.
    pub gone: Vec<CarriedFile>,
    /// Requests that had a number that the other side gave away first, with their new ones.
    pub renumbered: Vec<Renumbering>,
    /// What stands in the way; then nothing is put in place.
    pub clashes: Vec<Clash>,
}

/// A request that gets another number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Renumbering {
    /// The number that it had.
    pub was: RequestId,
    /// Its number.
    pub is: RequestId,
    /// How many of its approvals were signed under the old number, and have to be signed again.
    pub unsigned: usize,
}

/// Something that can't be joined without somebody's decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Clash {
    /// The other side has another ledger: who it says it is, here and over there.
    OtherLedger([Uuid; 2]),
    /// A file that is written once has another content on either side.
    Edited(CarriedFile),
    /// A file is not what such a file is.
    Unreadable {
        /// Which.
        file: CarriedFile,
        /// What is wrong.
        what: String,
    },
    /// Both registered a version of a contract.
    Version(ContractName, u32),
    /// Both changed a file that people edit.
    Text(CarriedFile),
    /// Both took checkpoints under one name.
    Checkpoint(CarriedFile),
    /// A request must be written anew, and a checkpoint that nobody else has seen covers it.
    Covered(Origin, RequestId),
    /// A request must get another number, and can't.
    NotRewritten(RequestId, String),
    /// Two requests have one number, and a remote has had ours too: neither gives it up by itself.
    Published(RequestId),
}

/// Numbers that are another request's over there.
#[derive(Default)]
struct Clashing {
    /// Ours gets another one: nobody else has seen it.
    anew: BTreeSet<RequestId>,
    /// It is on record which of the two keeps it.
    moves: Vec<Carried>,
}

/// A request that has another number, by what is on record of the one that keeps it.
struct Carried {
    /// The number.
    id: RequestId,
    /// Whose request it is that has another one now.
    whose: Whose,
    /// What is on record.
    moved: IdResolved,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Whose {
    Ours,
    Theirs,
}

/// What joining goes by.
pub struct Joining<'a> {
    /// Trees of the repository.
    pub trees: &'a Trees<'a>,
    /// The ledger's files.
    pub store: &'a FsStore,
    /// The ledger, held alone.
    pub carrier: &'a Carrier<'a>,
    /// The files that differ: here, and over there.
    pub unlike: &'a BTreeMap<CarriedFile, Unlike>,
    /// The tree that both sides come from, where there is one.
    pub base: Option<&'a str>,
    /// Whose text holds.
    pub take: Take,
    /// The numbers that clones have reserved.
    pub leases: &'a Leases,
}

impl Joining<'_> {
    /// Joins. `by` says who renumbers; it is asked once, with the newest events of what is renumbered on record.
    ///
    /// # Errors
    /// [`TreeError`].
    pub fn join(&self, by: &dyn Fn(&[History]) -> Result<By, StoreError>) -> Result<Join, TreeError> {
        let mut join = Join::default();
        if let Some(ids) = self.identities()? {
            join.clashes.push(Clash::OtherLedger(ids));
            return Ok(join);
        }
        let Clashing { mut anew, moves } = self.clashing(&mut join)?;
        anew.extend(self.in_others_leases()?);
        self.renumber(&anew, by, &mut join)?;
        self.carry_over(&moves, &mut join)?;
        for (file, sides) in self.unlike {
            let Some(theirs) = &sides.after else { continue };
            let is_settled = file.request().is_some_and(|id| moves.iter().any(|moved| moved.id == id));
            if is_settled || join.bring.iter().take(join.together).any(|(planned, _)| planned == file) {
                continue;
            }
            match &sides.before {
                None => {
                    let bytes = self.trees.read_one(file, theirs)?;
                    match self.check(file, &bytes) {
                        Ok(()) => join.bring.push((file.clone(), bytes)),
                        Err(what) => join.clashes.push(Clash::Unreadable { file: file.clone(), what }),
                    }
                }
                Some(ours) => self.join_both(file, ours, theirs, &mut join)?,
            }
        }
        Ok(join)
    }

    /// Who both ledgers say they are, where that is not the same.
    fn identities(&self) -> Result<Option<[Uuid; 2]>, TreeError> {
        let file = CarriedFile::Settings;
        let Some(Unlike { before: Some(ours), after: Some(theirs) }) = self.unlike.get(&file) else { return Ok(None) };
        let identity = |hash: &str| -> Result<Option<Uuid>, TreeError> {
            let bytes = self.trees.read_one(&file, hash)?;
            let settings = std::str::from_utf8(&bytes).ok().and_then(|text| Settings::parse(text).ok());
            Ok(settings.map(|settings| settings.ledger_id))
        };
        // What can't be read is for people to join, as what both changed.
        Ok(match (identity(ours)?, identity(theirs)?) {
            (Some(ours), Some(theirs)) if ours != theirs => Some([ours, theirs]),
            (_, _) => None,
        })
    }

    /// Whether a file from the other side is what such a file should be.
    fn check(&self, file: &CarriedFile, bytes: &[u8]) -> Result<(), String> {
        match file {
            CarriedFile::Packet(id) => {
                let packet = Packet::parse(bytes).map_err(|bad| bad.to_string())?;
                if packet.request_id == *id {
                    Ok(())
                } else {
                    Err(format!("it holds the packet of {}", packet.request_id))
                }
            }
            CarriedFile::Log(_) => unite::logs(&[bytes]).map(drop).map_err(|bad| bad.to_string()),
            CarriedFile::Settings
            | CarriedFile::Workflow
            | CarriedFile::Schema(_)
            | CarriedFile::Version(..)
            | CarriedFile::Checkpoint(..) => Ok(()),
        }
    }

    /// The requests that are another one over there.
    fn clashing(&self, join: &mut Join) -> Result<Clashing, TreeError> {
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
    fn in_others_leases(&self) -> Result<BTreeSet<RequestId>, TreeError> {
        let mut ids = BTreeSet::new();
        for (file, _) in self.only_here() {
            let CarriedFile::Packet(id) = file else { continue };
            let Some(lease) = self.leases.holder(*id) else { continue };
            let history = self.store.history(*id)?;
            if history
                .is_some_and(|history| history.events().first().is_some_and(|first| *first.writer() != lease.writer))
            {
                ids.insert(*id);
            }
        }
        Ok(ids)
    }

    /// Whether it is on record that one of two requests of a number has another one now.
    fn moved(&self, id: RequestId, [ours, theirs]: [Hash; 2]) -> Result<Option<Carried>, TreeError> {
        let file = CarriedFile::Log(Stream::Request(id));
        for (whose, packet) in [(Whose::Ours, ours), (Whose::Theirs, theirs)] {
            // What is said of ours stands with theirs, and the other way round.
            let said_by = if whose == Whose::Ours { Whose::Theirs } else { Whose::Ours };
            let events = log::events_in(&self.bytes_of(&file, said_by)?);
            if let Some(moved) = moves(&events).into_iter().find(|moved| moved.packet == packet) {
                return Ok(Some(Carried { id, whose, moved }));
            }
        }
        Ok(None)
    }

    /// The bytes of a file on one side; none where it is not there.
    fn bytes_of(&self, file: &CarriedFile, whose: Whose) -> Result<Vec<u8>, TreeError> {
        let hash = match (self.unlike.get(file), whose) {
            (None, _) => return Ok(self.store.carried(file)?.unwrap_or_default()),
            (Some(sides), Whose::Ours) => &sides.before,
            (Some(sides), Whose::Theirs) => &sides.after,
        };
        hash.as_ref().map_or_else(|| Ok(Vec::new()), |hash| self.trees.read_one(file, hash))
    }

    /// Whether a remote has ever had a file as it is here.
    fn was_published(&self, file: &CarriedFile, hash: &str) -> Result<bool, TreeError> {
        for commit in remote::seen_commits(self.store)? {
            if self.trees.hash_in(&commit, &file.path())?.as_deref() == Some(hash) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A request that must get another number may have come from a number that another one keeps, which says where it went:
    /// it says so anew.
    fn tell_namesake(&self, moved: &History, is: RequestId, by: &By, join: &mut Join) -> Result<(), TreeError> {
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

    /// A file as it is to be here, as far as that is planned, else as it is.
    fn planned(&self, join: &Join, file: &CarriedFile) -> Result<Vec<u8>, TreeError> {
        match join.bring.iter().find(|(planned, _)| planned == file) {
            Some((_, bytes)) => Ok(bytes.clone()),
            None => self.bytes_of(file, Whose::Ours),
        }
    }

    /// Brings along what one side wrote to requests that have another number on the other.
    fn carry_over(&self, moves: &[Carried], join: &mut Join) -> Result<(), TreeError> {
        for Carried { id, whose, moved } in moves {
            let (packet_file, log_file) = (CarriedFile::Packet(*id), CarriedFile::Log(Stream::Request(*id)));
            let anew = join.renumbered.iter().find(|anew| *whose == Whose::Theirs && anew.was == moved.moved_to);
            let is_known_there = anew.is_none();
            let is_at = anew.map_or(moved.moved_to, |anew| anew.is);
            let [packet_now, log_now] = [CarriedFile::Packet(is_at), CarriedFile::Log(Stream::Request(is_at))];
            let bytes = match whose {
                Whose::Ours => self.bytes_of(&packet_now, Whose::Theirs)?,
                Whose::Theirs => self.planned(join, &packet_now)?,
            };
            let packet = match Packet::parse(&bytes) {
                Ok(packet) if packet.uid == moved.uid && packet.request_id == is_at => packet,
                Ok(_) | Err(_) => {
                    let what = format!("it should hold {}, which was {id}", moved.uid);
                    join.clashes.push(Clash::Unreadable { file: packet_now, what });
                    continue;
                }
            };
            let events = of_packet(log::events_in(&self.bytes_of(&log_file, *whose)?), moved.packet);
            let image = match image(&events, moved.packet, (&packet, Packet::hash_of(&bytes))) {
                Ok(image) => image,
                Err(why) => {
                    join.clashes.push(Clash::NotRewritten(*id, why.to_string()));
                    continue;
                }
            };
            let before = self.planned(join, &log_now)?;
            let mut all = image.events;
            all.extend(log::events_in(&before));
            if is_known_there {
                all.extend(log::events_in(&self.bytes_of(&log_now, Whose::Theirs)?));
            }
            let united = unite::of_events(all);
            let mut files = Vec::new();
            if !has_same_lines(&united, &before) {
                files.push((log_now, united));
            }
            if *whose == Whose::Ours {
                files.push((packet_now, bytes));
                for file in [packet_file, log_file] {
                    let theirs = self.bytes_of(&file, Whose::Theirs)?;
                    files.push((file, theirs));
                }
                join.renumbered.push(Renumbering { was: *id, is: is_at, unsigned: image.unsigned.len() });
            }
            join.bring.retain(|(planned, _)| !files.iter().any(|(file, _)| file == planned));
            files.append(&mut join.bring);
            join.bring = files;
            join.together = join.bring.len();
        }
        Ok(())
    }

    /// Plans new numbers for requests that nobody else has seen.
    fn renumber(
        &self,
        clashing: &BTreeSet<RequestId>,
        by: &dyn Fn(&[History]) -> Result<By, StoreError>,
        join: &mut Join,
    ) -> Result<(), TreeError> {
        if clashing.is_empty() {
            return Ok(());
        }
        let numbers = self.numbers(clashing)?;
        // Whoever names an old number meant the request that gets another one: the other was not here.
        let unseen = self.only_here().filter_map(|(file, _)| {
            let CarriedFile::Packet(id) = file else { return None };
            Some(*id)
        });
        let mut histories = Vec::new();
        for id in clashing.iter().copied().chain(unseen.filter(|id| !clashing.contains(id))) {
            let history = self.store.history(id)?;
            histories.extend(history.filter(|history| renumber::names_any(history.packet(), &numbers)));
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
                join.renumbered.push(Renumbering { was, is, unsigned: rewritten.unsigned.len() });
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
    fn covered(&self, ids: &BTreeSet<RequestId>) -> Result<Option<(Origin, RequestId)>, TreeError> {
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
    fn only_here(&self) -> impl Iterator<Item = (&CarriedFile, &Unlike)> {
        self.unlike.iter().filter(|(_, sides)| sides.after.is_none())
    }

    /// A number for each, which neither side has given away.
    fn numbers(&self, clashing: &BTreeSet<RequestId>) -> Result<BTreeMap<RequestId, RequestId>, TreeError> {
        let mut taken: BTreeMap<Day, u32> = BTreeMap::new();
        for (file, sides) in self.unlike {
            if let (Some(id), Some(_)) = (file.request(), &sides.after) {
                let last = taken.entry(id.day()).or_default();
                *last = (*last).max(id.number());
            }
        }
        let mut numbers = BTreeMap::new();
        for id in clashing {
            let theirs = taken.get(&id.day()).copied().unwrap_or_default();
            let number = self.leases.unreserved(id.day(), self.carrier.number_after(id.day(), 0)?.max(theirs + 1));
            let is = RequestId::new(id.day(), number)
                .ok_or_else(|| StoreError::Unwritable(format!("no number is left on {}", id.day())))?;
            taken.insert(id.day(), number);
            numbers.insert(*id, is);
        }
        Ok(numbers)
    }

    fn join_both(&self, file: &CarriedFile, ours: &str, theirs: &str, join: &mut Join) -> Result<(), TreeError> {
        let read = self.trees.read([(file, ours), (file, theirs)])?;
        let (ours_bytes, theirs_bytes) = (&read[0], &read[1]);
        match file {
            // Told already.
            CarriedFile::Packet(_) => {}
            CarriedFile::Log(_) => match unite::logs(&[ours_bytes, theirs_bytes]) {
                Ok(both) if has_same_lines(&both, theirs_bytes) => {
                    join.bring.push((file.clone(), theirs_bytes.clone()))
                }
                Ok(both) if has_same_lines(&both, ours_bytes) => {}
                Ok(both) => join.bring.push((file.clone(), both)),
                Err(bad) => join.clashes.push(Clash::Unreadable { file: file.clone(), what: bad.to_string() }),
            },
            CarriedFile::Version(name, version) => join.clashes.push(Clash::Version(name.clone(), *version)),
            CarriedFile::Checkpoint(..) if is_leaves(file) && theirs_bytes.starts_with(ours_bytes) => {
                join.bring.push((file.clone(), theirs_bytes.clone()));
            }
            CarriedFile::Checkpoint(..) if is_leaves(file) && ours_bytes.starts_with(theirs_bytes) => {}
            CarriedFile::Checkpoint(..) => join.clashes.push(Clash::Checkpoint(file.clone())),
            CarriedFile::Settings | CarriedFile::Workflow | CarriedFile::Schema(_) => {
                let before = self.base.map(|base| self.trees.hash_in(base, &file.path())).transpose()?.flatten();
                match (before, self.take) {
                    (Some(before), _) if before == theirs => {}
                    (Some(before), _) if before == ours => join.bring.push((file.clone(), theirs_bytes.clone())),
                    (_, Take::Ours) => {}
                    (_, Take::Theirs) => join.bring.push((file.clone(), theirs_bytes.clone())),
                    (_, Take::Neither) => join.clashes.push(Clash::Text(file.clone())),
                }
            }
        }
        Ok(())
    }
}

/// Whether a log has the very lines that `united` has, in any order.
fn has_same_lines(united: &[u8], log: &[u8]) -> bool {
    united.len() == log.len() && log::events_in(log).len() == log::events_in(united).len()
}
