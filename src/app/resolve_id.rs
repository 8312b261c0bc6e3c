//! Settling that two published requests have one number: one keeps it, and the other gets another, on record of both.

use std::collections::BTreeMap;

use uuid::Uuid;

use super::list::{Query, Scope, Sort};
use super::write::Effect;
use super::{AppError, Ledger, Session};
use crate::domain::body::{Body, IdResolved};
use crate::domain::event::{Event, Unsealed};
use crate::domain::history::History;
use crate::domain::id::{RequestId, Stream};
use crate::domain::renumber::{self, By};
use crate::store::fs::FsStore;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::carry::Carrier;
use crate::sync::git::Git;
use crate::sync::tree::Trees;
use crate::sync::twins::{NotGathered, Twin, Twins, gather};
use crate::sync::{unite, unmerged};

/// What is wanted.
#[derive(Clone, Debug)]
pub struct Order<'a> {
    /// The number.
    pub id: RequestId,
    /// Who keeps it: `ours`, `theirs`, or the first digits of a `uid`. None where that is on record already.
    pub keep: Option<&'a str>,
    /// Why.
    pub reason: Option<&'a str>,
    /// Whether to write.
    pub effect: Effect,
}

/// A request of the number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Named {
    /// Which.
    pub uid: Uuid,
    /// Its title.
    pub title: String,
    /// Whether it is the one that stands here.
    pub is_ours: bool,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Settled {
    /// The number.
    pub id: RequestId,
    /// The one that keeps it.
    pub kept: Named,
    /// Those that have another one now.
    pub moved: Vec<Moved>,
    /// Requests that name the number: they mean the one that keeps it.
    pub named_by: Vec<RequestId>,
}

/// A request that has another number now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Moved {
    /// Which.
    pub request: Named,
    /// Its number.
    pub id: RequestId,
    /// How many of its approvals were signed under the old number, and have to be signed again.
    pub unsigned: usize,
}

/// Why nothing was settled.
#[derive(Debug, thiserror::Error)]
pub enum Unsettled {
    /// What there is of the number can't be gathered.
    #[error(transparent)]
    NotGathered(#[from] NotGathered),
    /// Only one request has the number.
    #[error("only one request has the number {0}")]
    NoTwin(RequestId),
    /// Nobody said who keeps it.
    #[error("{} have the number {id}", told(.twins))]
    WhichOne {
        /// The number.
        id: RequestId,
        /// Those that have it.
        twins: Vec<Named>,
    },
    /// What was typed names none of them, or several.
    #[error("{keep:?} names none of those that have the number {id}, or several: {}", told(.twins))]
    NoSuchTwin {
        /// The number.
        id: RequestId,
        /// As typed.
        keep: String,
        /// Those that have it.
        twins: Vec<Named>,
    },
    /// Another one keeps it, by what is on record.
    #[error("{} keeps the number {id}: that is on record", .kept.uid)]
    OnRecord {
        /// The number.
        id: RequestId,
        /// The one that keeps it.
        kept: Box<Named>,
    },
    /// One can't be written under another number.
    #[error("{0} can't get another number: {1}")]
    NotRewritten(Uuid, String),
}

fn told(twins: &[Named]) -> String {
    let one = |twin: &Named| format!("{} ({:?}{})", twin.uid, twin.title, if twin.is_ours { ", ours" } else { "" });
    twins.iter().map(one).collect::<Vec<_>>().join(" and ")
}

type Files = Vec<(CarriedFile, Vec<u8>)>;

impl Ledger<'_> {
    /// Settles that two requests have one number. What was written before stays readable: the other request's packet and
    /// events are written anew under its new number, and both say so.
    ///
    /// # Errors
    /// [`AppError::Unsettled`] says what stands against it.
    pub fn resolve_id(&self, store: &FsStore, order: &Order<'_>, session: &Session) -> Result<Settled, AppError> {
        // Not `writable`: a merge that is not settled is what this is for.
        self.known_format()?;
        let git = Git::open(store.layout().root(), &session.budget).map_err(NotGathered::from)?;
        let trees = Trees::new(&git, store);
        let named_by = self.naming(order.id)?;
        // Not while the ledger is held alone: what is damaged is looked at again under a lock of its own.
        let index = self.index_without_numbers()?;
        let carrier = store.carry(&session.budget)?;
        let twins = gather(&git, &trees, store, order.id)?;
        let kept = keeper(order, &twins)?;
        let (moved, files) = self.write_anew(order, &twins, kept, &carrier, session)?;
        if order.effect == Effect::Write {
            carrier.bring(&files, files.len(), &[], index)?;
            if twins.is_unmerged {
                settle(store, &files)?;
            }
        }
        drop(carrier);
        Ok(Settled { id: order.id, kept: named(kept, &twins), moved, named_by })
    }

    /// Requests that depend on another, or are parts of it.
    fn naming(&self, id: RequestId) -> Result<Vec<RequestId>, AppError> {
        let mut naming = Vec::new();
        let query = Query { scope: Scope::All, sort: Sort::Id, ..Query::default() };
        self.each::<AppError>(&query, |row| {
            if row.entry.parent == Some(id) || row.entry.depends_on.contains(&id) {
                naming.push(row.id);
            }
            Ok(())
        })?;
        Ok(naming)
    }

    /// The files of all of them as they are to be.
    fn write_anew(
        &self,
        order: &Order<'_>,
        twins: &Twins,
        kept: &Twin,
        carrier: &Carrier<'_>,
        session: &Session,
    ) -> Result<(Vec<Moved>, Files), AppError> {
        let mut histories = Vec::new();
        for twin in &twins.all {
            let history = History::new(twin.packet.clone(), twin.hash, twin.events.clone());
            histories.push(history.map_err(|bad| Unsettled::NotRewritten(twin.packet.uid, bad.to_string()))?);
        }
        let by = self.renumberer(&histories, carrier, session)?;
        let (mut moved, mut files, mut next) = (Vec::new(), Files::new(), twins.taken);
        let mut keeping = History::new(kept.packet.clone(), kept.hash, kept.events.clone())
            .map_err(|bad| Unsettled::NotRewritten(kept.packet.uid, bad.to_string()))?;
        let known = kept.moves();
        for (twin, history) in twins.all.iter().zip(&histories).filter(|(twin, _)| twin.hash != kept.hash) {
            let on_record = known.iter().find(|one| one.packet == twin.hash).map(|one| one.moved_to);
            let is = match twin.stands.or(on_record) {
                Some(is) => is,
                None => {
                    next = carrier.number_after(order.id.day(), 0)?.max(next + 1);
                    RequestId::new(order.id.day(), next).ok_or_else(|| {
                        Unsettled::NotRewritten(twin.packet.uid, format!("no number is left on {}", order.id.day()))
                    })?
                }
            };
            let numbers = BTreeMap::from([(order.id, is)]);
            let rewritten = renumber::rewrite(history, &numbers, &by)
                .map_err(|why| Unsettled::NotRewritten(twin.packet.uid, why.to_string()))?;
            files.extend(self.beside_what_stands((order.id, is), &rewritten.history, rewritten.packet)?);
            if on_record != Some(is) {
                keeping
                    .append(resolved(order, twin, is, &by, &keeping)?)
                    .map_err(|bad| Unsettled::NotRewritten(kept.packet.uid, bad.to_string()))?;
            }
            moved.push(Moved { request: named(twin, twins), id: is, unsigned: rewritten.unsigned.len() });
        }
        files.push((CarriedFile::Packet(order.id), kept.bytes.clone()));
        files.push((CarriedFile::Log(Stream::Request(order.id)), unite::of_events(keeping.events().to_vec())));
        Ok((moved, files))
    }

    /// A request under its new number, with what it got there since.
    fn beside_what_stands(
        &self,
        (was, is): (RequestId, RequestId),
        history: &History,
        packet: Vec<u8>,
    ) -> Result<Files, AppError> {
        let mut events = history.events().to_vec();
        if let Some(there) = self.store.history(is)? {
            let uid = history.packet().uid;
            if there.packet().uid != uid {
                return Err(Unsettled::NotRewritten(uid, format!("{is} is another request here")).into());
            }
            // That it was given another number is said once.
            events.retain(|event| !matches!(event.body(), Body::Renumbered(renumbered) if renumbered.was == was));
            events.extend(there.events().iter().cloned());
        }
        let log = CarriedFile::Log(Stream::Request(is));
        Ok(vec![(CarriedFile::Packet(is), packet), (log, unite::of_events(events))])
    }
}

/// The one that keeps the number.
fn keeper<'t>(order: &Order<'_>, twins: &'t Twins) -> Result<&'t Twin, Unsettled> {
    let id = order.id;
    let names = || twins.all.iter().map(|twin| named(twin, twins)).collect::<Vec<_>>();
    // One that has another number here, and of which nothing stands under this one, is settled.
    let open: Vec<&Twin> = twins.all.iter().filter(|twin| !is_settled(twin, twins)).collect();
    let [_, _, ..] = open.as_slice() else { return Err(Unsettled::NoTwin(id)) };
    let on_record: Vec<&Twin> = twins
        .all
        .iter()
        .filter(|twin| twin.moves().iter().any(|moved| twins.all.iter().any(|other| other.hash == moved.packet)))
        .collect();
    let wanted = match order.keep {
        None => None,
        Some(keep) => {
            let is_wanted = |twin: &&&Twin| match keep {
                "ours" => twins.ours == Some(twin.hash),
                "theirs" => twins.ours != Some(twin.hash),
                digits => !digits.is_empty() && twin.packet.uid.to_string().starts_with(digits),
            };
            let found: Vec<&&Twin> = open.iter().filter(is_wanted).collect();
            let [one] = found.as_slice() else {
                return Err(Unsettled::NoSuchTwin { id, keep: keep.to_owned(), twins: names() });
            };
            Some(**one)
        }
    };
    match (on_record.as_slice(), wanted) {
        ([kept], None) => Ok(kept),
        ([kept], Some(wanted)) if kept.hash != wanted.hash => {
            Err(Unsettled::OnRecord { id, kept: Box::new(named(kept, twins)) })
        }
        (_, Some(wanted)) if wanted.stands.is_some() => {
            let other = open.iter().find(|twin| twin.stands.is_none()).unwrap_or(&wanted);
            Err(Unsettled::OnRecord { id, kept: Box::new(named(other, twins)) })
        }
        (_, Some(wanted)) => Ok(wanted),
        (_, None) => Err(Unsettled::WhichOne { id, twins: names() }),
    }
}

/// Whether a request has another number, with everything that is on record of it under this one.
fn is_settled(twin: &Twin, twins: &Twins) -> bool {
    twin.stands.is_some() && twins.ours != Some(twin.hash) && twin.events.is_empty()
}

fn named(twin: &Twin, twins: &Twins) -> Named {
    Named { uid: twin.packet.uid, title: twin.packet.title.clone(), is_ours: twins.ours == Some(twin.hash) }
}

/// What goes on record of the one that keeps the number.
fn resolved(order: &Order<'_>, twin: &Twin, is: RequestId, by: &By, keeping: &History) -> Result<Event, Unsettled> {
    let body =
        IdResolved { uid: twin.packet.uid, packet: twin.hash, moved_to: is, reason: order.reason.map(str::to_owned) };
    Event::seal(Unsealed {
        stream: Stream::Request(order.id),
        clock: by.clock,
        writer: by.writer.clone(),
        by: by.by.clone(),
        key: None,
        body: Body::IdResolved(body),
        n: keeping.version() + 1,
        parents: keeping.next_parents(),
    })
    .map_err(|bad| Unsettled::NotRewritten(twin.packet.uid, bad.to_string()))
}

/// Notes in git's index that the merge of these files is settled.
fn settle(store: &FsStore, files: &Files) -> Result<(), AppError> {
    let root = store.layout().root();
    let noted: Result<Vec<_>, AppError> =
        files.iter().map(|(file, bytes)| Ok((file.path(), unmerged::keep(root, bytes)?))).collect();
    Ok(unmerged::settle(root, &noted?)?)
}
