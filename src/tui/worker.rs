//! Carries out what is to be done, by the use cases of [`crate::app`], one thing after the other; and looks whether others
//! wrote where nothing is to be done.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use super::model::{Card, Effect, Event, Failed, Failure, FoundHit, FoundPage, Listed, Mark, Shown, Write, Wrote};
use crate::app::claim::ClaimsSeen;
use crate::app::desk::Desk;
use crate::app::list::{Query, Row};
use crate::app::show::AsOf;
use crate::app::timeline::{Marks, TimelineQuery};
use crate::app::write::{Conditions, state_word};
use crate::app::{AppError, Ledger, Secrets, Session, World};
use crate::domain::hash::Hash;
use crate::domain::id::{Actor, RequestId, RequestType};
use crate::domain::safe;
use crate::domain::time::Timestamp;
use crate::index::search::Wanted;
use crate::store::{Budget, Notice, Point, StoreError};
use crate::sync::restore::Restoring;

/// How often it is looked whether others wrote.
const LOOK_EVERY: Duration = Duration::from_millis(500);
/// After how many requests that were read it is told.
const READ_STEP: usize = 64;
/// The most events of a timeline.
const EVENTS_MAX: usize = 500;
/// The most requests that a search answers with.
const HITS_MAX: usize = 50;

/// Carries out effects until nobody asks for more. Once somebody leaves, only what is to be written is still carried out.
pub(super) fn work(desk: &Desk<'_>, effects: &Receiver<Effect>, events: &Sender<Event>, is_leaving: &AtomicBool) {
    let world = Watched { world: desk.ledger.world, events };
    let ledger = Ledger { world: &world, ..desk.ledger };
    let worker = Worker { desk, ledger, events };
    // Before anything is read: what is written from now on is seen.
    let mut seen: Option<Point> = None;
    worker.has_changed(&mut seen);
    loop {
        match effects.recv_timeout(LOOK_EVERY) {
            Ok(effect) if is_leaving.load(Ordering::SeqCst) && !matches!(effect, Effect::Write(_)) => {}
            Ok(effect) => {
                // Nobody listens any more: then nobody misses it.
                let _ = worker.carry_out(effect).map(|event| events.send(event));
            }
            Err(RecvTimeoutError::Timeout) => {
                if worker.has_changed(&mut seen) {
                    let _ = events.send(Event::Changed);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

struct Worker<'a> {
    desk: &'a Desk<'a>,
    ledger: Ledger<'a>,
    events: &'a Sender<Event>,
}

impl Worker<'_> {
    /// Whether somebody wrote since the last look. What can't be told now is told when it is read.
    fn has_changed(&self, seen: &mut Option<Point>) -> bool {
        let Ok(changes) = self.ledger.store.changes(seen.as_ref()) else { return false };
        let is_first = seen.replace(changes.point).is_none();
        !is_first && (changes.all || !changes.touched.is_empty())
    }

    /// Does one thing; answers with what happened.
    fn carry_out(&self, effect: Effect) -> Option<Event> {
        Some(match effect {
            Effect::List { generation, state, part, query } => {
                let answer = self.list(&query).map_err(|error| self.desk.words.error(error));
                Event::Listed { generation, state, part, answer }
            }
            Effect::Show(id) => {
                Event::Shown(id, self.show(id).map(Box::new).map_err(|error| self.desk.words.error(error)))
            }
            Effect::Search { words, query } => {
                let answer = self.search(&words, &query).map_err(|error| self.desk.words.error(error));
                Event::Found { words, answer }
            }
            Effect::Write(write) => {
                let answer = self.write(&write);
                Event::Wrote(write, answer)
            }
            Effect::Leave => return None,
        })
    }

    fn list(&self, query: &Query) -> Result<Listed, AppError> {
        let page = self.ledger.list(query)?;
        Ok(Listed {
            cards: page.rows.iter().map(card).collect(),
            matched: page.matched,
            next: page.next,
            damaged: page.damaged.iter().map(|(id, what)| damaged(*id, what)).collect(),
        })
    }

    fn show(&self, id: RequestId) -> Result<Shown, AppError> {
        let anybody = || "anybody".parse::<Actor>();
        let by = self.desk.by.clone().or_else(|_| anybody())?;
        let view = self.ledger.show(self.ledger.store, id, AsOf::Now, &by)?;
        let limit = Some(EVENTS_MAX);
        let timeline = self.ledger.timeline(&TimelineQuery { id: Some(id), limit, ..TimelineQuery::default() })?;
        let next = view
            .expectation
            .as_ref()
            .map(|expected| format!("for {}: {}", expected.who.join(", "), expected.action.command(id)));
        Ok(Shown {
            version: view.history.version(),
            state: state_word(&view.state),
            title: view.history.packet().title.clone(),
            text: self.desk.words.request(&view),
            timeline: timeline.events.iter().map(|event| self.desk.words.event(event, &timeline.marks)).collect(),
            has_older: timeline.has_more,
            open: view.open,
            next,
        })
    }

    fn search(&self, words: &str, query: &Query) -> Result<FoundPage, AppError> {
        let wanted = Wanted::parse(words).map_err(|bad| AppError::Usage(bad.to_string()))?;
        let found = self.ledger.search(&wanted, query, HITS_MAX)?;
        let hit = |hit| {
            let text = self.desk.words.hit(hit);
            FoundHit { id: hit.id, text }
        };
        Ok(FoundPage {
            words: words.to_owned(),
            matched: (found.matched, found.has_older),
            hits: Some(found.hits.iter().map(hit).collect()),
            at: 0,
            first: 0,
        })
    }

    fn write(&self, write: &Write) -> Result<Wrote, Failed> {
        let by = self.desk.by.clone().map_err(|text| Failed { kind: Failure::Refused, text })?;
        let conditions =
            Conditions { key: Some(write.key.clone()), expect_version: write.expect, ..Conditions::default() };
        let session = Session { by, budget: self.budget(), secrets: Secrets::Refuse };
        let written = self.ledger.write(self.ledger.store, write.id, &write.command, &conditions, &session);
        match written {
            Ok(written) => {
                // The write stands, whatever became of the index.
                if let Some(warning) = self.ledger.project(1, &session.budget) {
                    let _ = self.events.send(Event::Noticed(warning));
                }
                let claimed = match self.ledger.passed_over(&written) {
                    Some(ClaimsSeen::Held(claim)) => format!("; {} has claimed it", safe::line(claim.line.by.as_str())),
                    Some(ClaimsSeen::Contested(_)) => "; several have claimed it".to_owned(),
                    None => String::new(),
                };
                let event = self.desk.words.event(&written.event, &Marks::default());
                Ok(Wrote { text: format!("{}  {event}{claimed}", write.id) })
            }
            Err(error) => Err(Failed { kind: kind(&error), text: self.desk.words.error(error) }),
        }
    }

    /// The time that one write may take. Whoever it waits for is told.
    fn budget(&self) -> Budget {
        let (events, told) = (self.events.clone(), self.desk.notice);
        let listener = move |notice: &Notice| {
            let _ = events.send(Event::Noticed(told(notice)));
        };
        Budget::new(Some(self.desk.write_limit), Arc::new(listener))
    }
}

/// What can be done about a write that was not made.
fn kind(error: &AppError) -> Failure {
    if matches!(error, AppError::StaleVersion { .. } | AppError::StaleState { .. }) {
        Failure::Stale
    } else if matches!(error, AppError::Unknown { .. } | AppError::Store(StoreError::Busy { .. })) {
        Failure::Retryable
    } else {
        Failure::Refused
    }
}

/// A request for its place on the board.
fn card(row: &Row) -> Card {
    let entry = &row.entry;
    let mut marks = Vec::new();
    if !entry.sides.is_empty() {
        marks.push(Mark::Sides(entry.sides.iter().map(|side| side.state.to_string()).collect()));
    }
    if entry.duplicate_of.is_some() && !entry.distinct {
        marks.push(Mark::Duplicate);
    }
    if !entry.key_conflicts.is_empty() {
        marks.push(Mark::KeyConflict);
    }
    match &row.claim {
        Some(claims) if !claims.is_ahead() => {}
        Some(ClaimsSeen::Held(claim)) => marks.push(Mark::Claimed(claim.line.by.to_string())),
        Some(ClaimsSeen::Contested(_)) => marks.push(Mark::Contested),
        None => {}
    }
    if !row.waits_for.is_empty() {
        marks.push(Mark::Waits(row.waits_for.len()));
    }
    marks.extend(entry.due.map(|due| Mark::Due(due.to_string())));
    Card {
        id: row.id,
        priority: Some(entry.priority),
        title: entry.title.clone(),
        from: entry.from.to_string(),
        to: entry.to.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
        marks,
    }
}

/// A request that can't be read, for its place on the board.
fn damaged(id: RequestId, what: &str) -> Card {
    Card {
        id,
        priority: None,
        title: what.to_owned(),
        from: String::new(),
        to: String::new(),
        marks: vec![Mark::Damaged(what.to_owned())],
    }
}

/// The world of the desk, in which it is told how far the reading of many requests has got.
struct Watched<'a> {
    world: &'a dyn World,
    events: &'a Sender<Event>,
}

impl World for Watched<'_> {
    fn now(&self) -> Timestamp {
        self.world.now()
    }

    fn random(&self, bytes: &mut [u8]) {
        self.world.random(bytes);
    }

    fn type_schema(&self, request_type: &RequestType) -> Result<Option<String>, AppError> {
        self.world.type_schema(request_type)
    }

    fn draft_schema(&self) -> &str {
        self.world.draft_schema()
    }

    fn restoring(&self) -> &Restoring {
        self.world.restoring()
    }

    fn published(&self, events: &[(RequestId, Hash)]) -> Vec<Option<bool>> {
        self.world.published(events)
    }

    fn read(&self, done: usize, total: usize) {
        if done >= total || done.is_multiple_of(READ_STEP) {
            let _ = self.events.send(Event::Read(done, total));
        }
    }
}
