//! What keys make of events and requests, for people and programs.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::Serialize;

use super::safe;
use super::text::{DIM, PLAIN, YELLOW, moment};
use crate::app::show::View;
use crate::app::timeline::Marks;
use crate::domain::event::{Body, Event};
use crate::domain::graph::Head;
use crate::domain::hash::Hash;
use crate::domain::id::{Actor, RequestId};
use crate::domain::keyed::{KeyConflict, Keyed, Standing};
use crate::domain::outlook::Action;
use crate::domain::state::DistinctOnRecord;
use crate::domain::time::Timestamp;
use crate::index::Entry;
use crate::index::project::EntryKey;
use crate::store::request_of;

/// What keys make of the events of a log.
#[derive(Serialize)]
pub struct KeysView {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    not_counted: Vec<StandingView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    duplicates: Vec<DuplicateView>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    key_conflicts: Vec<KeyConflictView>,
}

/// Events of a request with one key that say different things.
#[derive(Serialize)]
pub struct KeyConflictView {
    id: RequestId,
    #[serde(flatten)]
    conflict: EntryKey,
}

impl From<&(RequestId, KeyConflict)> for KeyConflictView {
    fn from((id, conflict): &(RequestId, KeyConflict)) -> Self {
        Self { id: *id, conflict: EntryKey::from(conflict) }
    }
}

/// A duplicate.
#[derive(Serialize)]
pub struct DuplicateView {
    id: RequestId,
    duplicate_of: RequestId,
}

/// An event that does not count.
#[derive(Serialize)]
pub struct StandingView {
    event: Hash,
    #[serde(skip_serializing_if = "Option::is_none")]
    duplicate_of: Option<Hash>,
    #[serde(skip_serializing_if = "Option::is_none")]
    set_aside_by: Option<Hash>,
}

/// Somebody's word that a request is no duplicate.
#[derive(Serialize)]
pub struct DistinctView {
    from: RequestId,
    reason: String,
    n: u64,
    event: Hash,
    by: Actor,
    at: Timestamp,
}

impl KeysView {
    /// Of what is said of a log.
    #[must_use]
    pub fn of(marks: &Marks) -> Self {
        let mut not_counted: Vec<StandingView> =
            marks.standings.iter().map(|(event, standing)| StandingView::of(*event, *standing)).collect();
        not_counted.sort_by_key(|view| view.event);
        let duplicate = |(id, first): (&RequestId, &RequestId)| DuplicateView { id: *id, duplicate_of: *first };
        Self {
            not_counted,
            duplicates: marks.duplicates.iter().map(duplicate).collect(),
            key_conflicts: marks.conflicts.iter().map(KeyConflictView::from).collect(),
        }
    }
}

impl From<&(RequestId, RequestId)> for DuplicateView {
    fn from((id, first): &(RequestId, RequestId)) -> Self {
        Self { id: *id, duplicate_of: *first }
    }
}

impl StandingView {
    fn of(event: Hash, standing: Standing) -> Self {
        let (duplicate_of, set_aside_by) = match standing {
            Standing::DuplicateOf(first) => (Some(first.hash), None),
            Standing::SetAsideBy(word) => (None, Some(word.hash)),
        };
        Self { event, duplicate_of, set_aside_by }
    }

    /// Those of a history, in its order.
    #[must_use]
    pub fn of_events(events: &[Event], keyed: &Keyed) -> Vec<Self> {
        let one = |event: &Event| keyed.standing(event.hash()).map(|standing| Self::of(event.hash(), standing));
        events.iter().filter_map(one).collect()
    }
}

impl From<&DistinctOnRecord> for DistinctView {
    fn from(said: &DistinctOnRecord) -> Self {
        Self {
            from: said.distinct.from,
            reason: said.distinct.reason.clone(),
            n: said.on.event.n,
            event: said.on.event.hash,
            by: said.on.by.clone(),
            at: said.on.at,
        }
    }
}

/// That events with one key say different things, and what settles it.
#[must_use]
pub fn conflict(id: RequestId, conflict: &KeyConflict) -> String {
    let key = safe::line(conflict.key.as_str());
    let fix = Action::ResolveKey(conflict.clone()).command(id);
    format!("{id}: events with the key {key} say different things: ledger show {id}; {fix}")
}

/// The state of a listed request, with what keys make of it.
#[must_use]
pub fn marked(entry: &Entry) -> Cow<'_, str> {
    marked_as(&entry.state, entry.duplicate_of.is_some(), !entry.key_conflicts.is_empty())
}

/// A state, with what keys make of it.
#[must_use]
pub fn marked_as(state: &str, is_duplicate: bool, is_conflict: bool) -> Cow<'_, str> {
    let duplicate = if is_duplicate { ", duplicate" } else { "" };
    let conflict = if is_conflict { ", key conflict" } else { "" };
    if duplicate.is_empty() && conflict.is_empty() {
        state.into()
    } else {
        format!("{state}{duplicate}{conflict}").into()
    }
}

/// What is said of an event of a log, behind it.
#[must_use]
pub fn mark(event: &Event, marks: &Marks) -> String {
    let is_first = matches!(event.body(), Body::Created(_));
    let duplicate = request_of(event.stream()).filter(|_| is_first).and_then(|id| marks.duplicates.get(&id));
    match (duplicate, marks.standings.get(&event.hash())) {
        (Some(first), _) => format!("  {DIM}(duplicate of {first}){PLAIN}"),
        (None, Some(standing)) => format!("  {DIM}({}){PLAIN}", told(*standing)),
        (None, None) => match marks.conflict_of(event.hash()) {
            Some(conflict) => format!("  {YELLOW}(key conflict: {}){PLAIN}", safe::line(conflict.key.as_str())),
            None => String::new(),
        },
    }
}

fn told(standing: Standing) -> String {
    let name = |head: Head| format!("event {} ({})", head.n, head.hash.short());
    match standing {
        Standing::DuplicateOf(first) => format!("duplicate of {}", name(first)),
        Standing::SetAsideBy(word) => format!("set aside by {}", name(word)),
    }
}

/// The events of a key that say different things, a line each.
pub(super) fn said(conflict: &KeyConflict) -> String {
    let mut text = String::new();
    for said in &conflict.said {
        let (by, at) = (safe::line(said.by.as_str()), moment(said.at));
        let kind = safe::line(&said.kind);
        let _ = writeln!(text, "  {} {kind}  v{}  {by}, {at}", said.event.hash.short(), said.event.n);
    }
    text
}

/// The events of a request that do not count, a line each.
pub(super) fn not_counted(view: &View) -> String {
    let mut text = String::new();
    for event in view.history.events() {
        let Some(standing) = view.keyed.standing(event.hash()) else { continue };
        let (by, at) = (safe::line(event.by().as_str()), moment(event.clock().at));
        let (hash, kind) = (event.hash().short(), event.body().kind());
        let _ = writeln!(text, "  {hash} {kind}  v{}  {by}, {at}: {}", event.n(), told(standing));
    }
    text
}
