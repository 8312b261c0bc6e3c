//! Joining what stands here with what the other side has: what has to be put in place here, and what nobody may decide
//! but people.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::gate::is_leaves;
use super::tree::{TreeError, Trees, Unlike};
use super::unite;
use crate::domain::history::History;
use crate::domain::id::{ContractName, Origin, RequestId, Stream};
use crate::domain::leaf::{Concern, Leaf};
use crate::domain::packet::Packet;
use crate::domain::renumber::{self, By};
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
        let clashing = self.clashing(&mut join)?;
        self.renumber(&clashing, by, &mut join)?;
        for (file, sides) in self.unlike {
            let Some(theirs) = &sides.after else { continue };
            if join.bring.iter().take(join.together).any(|(planned, _)| planned == file) {
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
    fn clashing(&self, join: &mut Join) -> Result<BTreeSet<RequestId>, TreeError> {
        let mut clashing = BTreeSet::new();
        for (file, sides) in self.unlike {
            let (CarriedFile::Packet(id), Some(ours), Some(theirs)) = (file, &sides.before, &sides.after) else {
                continue;
            };
            let read = self.trees.read([(file, ours.as_str()), (file, theirs.as_str())])?;
            match (Packet::parse(&read[0]), Packet::parse(&read[1])) {
                (Ok(ours), Ok(theirs)) if ours.uid != theirs.uid => {
                    clashing.insert(*id);
                }
                (Ok(_), Ok(_)) => join.clashes.push(Clash::Edited(file.clone())),
                (Err(bad), _) | (_, Err(bad)) => {
                    join.clashes.push(Clash::Unreadable { file: file.clone(), what: bad.to_string() });
                }
            }
        }
        Ok(clashing)
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
        for id in clashing.iter().copied().chain(unseen) {
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
                join.renumbered.push(Renumbering { was, is, unsigned: rewritten.unsigned.len() });
            }
        }
        for id in clashing {
            for file in [CarriedFile::Packet(*id), CarriedFile::Log(Stream::Request(*id))] {
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
            let number = self.carrier.number_after(id.day(), 0)?.max(theirs + 1);
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
