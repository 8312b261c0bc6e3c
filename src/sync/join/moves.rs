//! Requests that have another number by now: what was written to them under the old one is brought along.

use std::collections::{BTreeMap, BTreeSet};

use uuid::Uuid;

use super::{Clash, Join, Joining, Renumbering, has_same_lines};
use crate::domain::body::{Body, IdResolved};
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::domain::packet::Packet;
use crate::domain::renumber::{image, moves, of_packet};
use crate::domain::time::Day;
use crate::store::Store;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log;
use crate::sync::tree::TreeError;
use crate::sync::unite;

/// A request that has another number, by what is on record of the one that keeps it.
pub(super) struct Carried {
    /// The number.
    pub(super) id: RequestId,
    /// Whose request it is that has another one now.
    pub(super) whose: Whose,
    /// What is on record.
    pub(super) moved: IdResolved,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Whose {
    /// Ours, and the other side's has the number.
    Ours,
    /// The other side's, and ours has the number.
    Theirs,
    /// Ours, and nobody has the number: git brought back what stands under the other one already.
    Ghost,
}

impl Joining<'_> {
    /// Whether it is on record that one of two requests of a number has another one now.
    pub(super) fn moved(&self, id: RequestId, [ours, theirs]: [Hash; 2]) -> Result<Option<Carried>, TreeError> {
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
    pub(super) fn bytes_of(&self, file: &CarriedFile, whose: Whose) -> Result<Vec<u8>, TreeError> {
        let hash = match (self.unlike.get(file), whose) {
            (None, _) => return Ok(self.store.carried(file)?.unwrap_or_default()),
            (Some(sides), Whose::Ours | Whose::Ghost) => &sides.before,
            (Some(sides), Whose::Theirs) => &sides.after,
        };
        hash.as_ref().map_or_else(|| Ok(Vec::new()), |hash| self.trees.read_one(file, hash))
    }

    /// Requests that nobody else has seen under their numbers, and that stand under others already: somebody let git go
    /// back to a commit from before they got these.
    pub(super) fn ghosts(&self) -> Result<Vec<Carried>, TreeError> {
        let only_here: BTreeSet<RequestId> = self.unseen().collect();
        if only_here.is_empty() {
            return Ok(Vec::new());
        }
        let days: BTreeSet<Day> = only_here.iter().map(|id| id.day()).collect();
        let mut uids: BTreeMap<Uuid, Vec<RequestId>> = BTreeMap::new();
        for id in self.store.requests()?.into_iter().filter(|id| days.contains(&id.day())) {
            let Some(bytes) = self.store.carried(&CarriedFile::Packet(id))? else { continue };
            if let Ok(packet) = Packet::parse(&bytes) {
                uids.entry(packet.uid).or_default().push(id);
            }
        }
        let mut ghosts = Vec::new();
        for (uid, ids) in uids.into_iter().filter(|(_, ids)| ids.len() > 1) {
            for id in ids.iter().filter(|id| only_here.contains(id)) {
                let Some(bytes) = self.store.carried(&CarriedFile::Packet(*id))? else { continue };
                let packet = Packet::hash_of(&bytes);
                for other in ids.iter().filter(|other| *other != id) {
                    let log = self.store.carried(&CarriedFile::Log(Stream::Request(*other)))?.unwrap_or_default();
                    let came_from =
                        |body: &Body| matches!(body, Body::Renumbered(it) if it.was == *id && it.packet == packet);
                    if log::events_in(&log).iter().any(|event| came_from(event.body())) {
                        let moved = IdResolved { uid, packet, moved_to: *other, reason: None };
                        ghosts.push(Carried { id: *id, whose: Whose::Ghost, moved });
                        break;
                    }
                }
            }
        }
        Ok(ghosts)
    }

    /// A file as it is to be here, as far as that is planned, else as it is.
    pub(super) fn planned(&self, join: &Join, file: &CarriedFile) -> Result<Vec<u8>, TreeError> {
        match join.bring.iter().find(|(planned, _)| planned == file) {
            Some((_, bytes)) => Ok(bytes.clone()),
            None => self.bytes_of(file, Whose::Ours),
        }
    }

    /// Brings along what one side wrote to requests that have another number on the other.
    pub(super) fn carry_over(&self, moves: &[Carried], join: &mut Join) -> Result<(), TreeError> {
        for Carried { id, whose, moved } in moves {
            let (packet_file, log_file) = (CarriedFile::Packet(*id), CarriedFile::Log(Stream::Request(*id)));
            let anew = join.renumbered.iter().find(|anew| *whose == Whose::Theirs && anew.was == moved.moved_to);
            let is_known_there = anew.is_none();
            let is_at = anew.map_or(moved.moved_to, |anew| anew.is);
            let [packet_now, log_now] = [CarriedFile::Packet(is_at), CarriedFile::Log(Stream::Request(is_at))];
            let bytes = match whose {
                Whose::Ours => self.bytes_of(&packet_now, Whose::Theirs)?,
                Whose::Theirs => self.planned(join, &packet_now)?,
                Whose::Ghost => match self.planned(join, &packet_now)? {
                    none if none.is_empty() => self.bytes_of(&packet_now, Whose::Theirs)?,
                    ours => ours,
                },
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
            match whose {
                Whose::Theirs => {}
                Whose::Ours => {
                    files.push((packet_now, bytes));
                    for file in [packet_file, log_file] {
                        let theirs = self.bytes_of(&file, Whose::Theirs)?;
                        files.push((file, theirs));
                    }
                }
                Whose::Ghost => {
                    files.push((packet_now, bytes));
                    join.gone.extend([packet_file, log_file]);
                }
            }
            if *whose != Whose::Theirs {
                join.renumbered.push(Renumbering { was: *id, is: is_at, after: None, unsigned: image.unsigned.len() });
            }
            join.bring.retain(|(planned, _)| !files.iter().any(|(file, _)| file == planned));
            files.append(&mut join.bring);
            join.bring = files;
            join.together = join.bring.len();
        }
        Ok(())
    }
}
