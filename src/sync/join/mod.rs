//! Joining what stands here with what the other side has: what has to be put in place here, and what nobody may decide
//! but people.

mod moves;
mod numbers;

use std::collections::BTreeMap;

use uuid::Uuid;

use super::gate::is_leaves;
use super::giving_back::Untaken;
use super::tree::{TreeError, Trees, Unlike};
use super::twins::identity_of;
use super::unite;
use crate::domain::history::History;
use crate::domain::id::{ContractName, Origin, RequestId};
use crate::domain::lease::Leases;
use crate::domain::packet::Packet;
use crate::domain::renumber::By;
use crate::store::StoreError;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::carry::Carrier;
use crate::store::fs::{FsStore, log};

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
    /// The request with its key that was published before it, where that is why.
    pub after: Option<RequestId>,
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
    /// The other side has no plain file in its place.
    NoFile(CarriedFile),
    /// A log of the other side's of which not even the beginning is whole, and that nobody here has seen otherwise.
    Lost(Untaken),
    /// A log is not whole here.
    DamagedHere {
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
    /// Requests must get other numbers, and one that was published names one of them: what is published is not written
    /// anew.
    Named {
        /// Which one names it.
        by: RequestId,
        /// Those that must get others.
        numbers: Vec<RequestId>,
    },
    /// Two requests have one number, and what stands here of ours can't be told from the other one.
    Mixed(RequestId),
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
        let numbers::Clashing { mut anew, mut moves } = self.clashing(&mut join)?;
        anew.extend(self.in_others_leases()?);
        moves.extend(self.ghosts()?);
        anew.retain(|id| !moves.iter().any(|moved| moved.id == *id));
        let mut twins = self.before_their_twins()?;
        twins.retain(|id, _| !moves.iter().any(|moved| moved.id == *id));
        anew.extend(twins.keys());
        self.renumber((&anew, &twins), by, &mut join)?;
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
        let identity = |hash: &str| Ok::<_, TreeError>(identity_of(&self.trees.read_one(&file, hash)?));
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
                Err(bad) => {
                    let (file, what) = (file.clone(), bad.to_string());
                    let is_ours = unite::logs(&[theirs_bytes]).is_ok();
                    join.clashes.push(if is_ours {
                        Clash::DamagedHere { file, what }
                    } else {
                        Clash::Unreadable { file, what }
                    });
                }
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
