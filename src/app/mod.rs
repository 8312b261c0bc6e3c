//! Use cases, one file each: read, decide, append, project.
//!
//! This room knows no files, no terminal and no arguments. Time, randomness and the store are handed in; what a command
//! may take is in its [`Budget`].

pub mod apply;
pub mod approve;
pub mod checkpoint;
pub mod checks;
pub mod claim;
pub mod conflicts;
pub mod contract;
pub mod create;
pub mod desk;
pub mod doctor;
pub mod error;
mod evident;
pub mod export;
pub mod graph;
pub mod intake;
pub mod lease;
pub mod list;
pub mod near;
mod operation;
pub mod prime;
pub mod reference;
pub mod repair_merge;
pub mod resolve_id;
pub mod search;
pub mod setup_git;
pub mod show;
pub mod stats;
pub mod sync;
pub mod timeline;
pub mod verify;
pub mod watch;
pub mod write;

use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Actor, RequestId, RequestType};
use crate::domain::secret;
use crate::domain::settings::Settings;
use crate::domain::time::{Hybrid, Timestamp};
use crate::domain::workflow::Workflow;
use crate::index::cache::Scope;
use crate::index::refresh::{Refreshed, after_write};
use crate::index::remembered::Forgotten;
use crate::store::fs::CLOCK_LEAD_MS_MAX;
use crate::store::{Budget, Records, Store};
use crate::sync::restore::Restoring;
use crate::sync::unmerged;

pub use error::AppError;

/// What is handed in from outside.
pub trait World: Send + Sync {
    /// The wall clock.
    fn now(&self) -> Timestamp;

    /// Fills a buffer with random bytes.
    fn random(&self, bytes: &mut [u8]);

    /// The text of the schema that a request type's `details` must match; `None` if there is none.
    ///
    /// # Errors
    /// Says why it can't be read.
    fn type_schema(&self, request_type: &RequestType) -> Result<Option<String>, AppError>;

    /// The text of the schema that a draft must match.
    fn draft_schema(&self) -> &str;

    /// How files of the ledger come back.
    fn restoring(&self) -> &Restoring;

    /// Of events of requests, whether other clones can have them: they are at a remote. `None` where none was ever seen.
    fn published(&self, events: &[(RequestId, Hash)]) -> Vec<Option<bool>> {
        vec![None; events.len()]
    }

    /// Hears how many of how many requests were read for a question.
    fn read(&self, _done: usize, _total: usize) {}
}

/// An open ledger, with all that use cases need.
pub struct Ledger<'a> {
    /// Where packets and events are kept.
    pub store: &'a dyn Store,
    /// Which ledger this is and how it is run.
    pub settings: &'a Settings,
    /// The workflow in force.
    pub workflow: &'a Workflow,
    /// Clock, randomness, schemas, and where commands will be run.
    pub world: &'a dyn World,
    /// Schemas that were compiled.
    pub checks: &'a checks::Checks,
}

/// Who acts, and for how long.
#[derive(Clone, Debug)]
pub struct Session {
    /// Who acts.
    pub by: Actor,
    /// How long the command may take.
    pub budget: Budget,
    /// What to do with text that holds a credential.
    pub secrets: Secrets,
}

/// What to do with text that holds what is plainly a credential: it could never be erased.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Secrets {
    /// Refuse it.
    #[default]
    Refuse,
    /// Write it, and record that it was allowed.
    Allow,
}

impl Session {
    /// Refuses what was found, unless it is allowed.
    fn admit(&self, found: Vec<secret::Found>) -> Result<(), AppError> {
        match self.secrets {
            Secrets::Refuse if !found.is_empty() => Err(AppError::Secret(found)),
            Secrets::Refuse | Secrets::Allow => Ok(()),
        }
    }

    /// Refuses an event that holds a credential, unless it is allowed.
    fn admit_event(&self, event: Event) -> Result<Event, AppError> {
        if !event.allowed_secrets().is_empty() {
            self.admit(secret::in_line(event.line()))?;
        }
        Ok(event)
    }
}

impl<'a> Ledger<'a> {
    /// Whose entries the local cache holds.
    #[must_use]
    pub fn scope(&self) -> Scope<'a> {
        Scope::new(self.settings.ledger_id, self.workflow)
    }

    /// Tells the world how far the reading of many requests has got.
    pub fn progress(&self) -> impl Fn(usize, usize) + Sync + '_ {
        |done, total| self.world.read(done, total)
    }

    /// Refuses to write into a ledger of a newer format, and where files of it wait for a merge to be settled: what is
    /// written meanwhile would stand on one side of it.
    ///
    /// # Errors
    /// [`AppError::Newer`], [`AppError::Unmerged`].
    pub fn writable(&self) -> Result<(), AppError> {
        self.known_format()?;
        let waiting = unmerged::waiting(&self.store.root());
        if waiting.is_empty() { Ok(()) } else { Err(AppError::Unmerged(waiting)) }
    }

    /// Refuses a ledger of another format than this program writes.
    ///
    /// # Errors
    /// [`AppError::Newer`].
    pub fn known_format(&self) -> Result<(), AppError> {
        if !self.workflow.is_known_format() {
            return Err(AppError::Newer { what: "coordination/workflow.json".into(), format: self.workflow.format() });
        }
        if self.settings.is_writable() {
            return Ok(());
        }
        Err(AppError::Newer { what: "coordination/ledger.json".into(), format: self.settings.format })
    }

    /// The clock's reading for an event that follows `history`: never behind what this clone has seen. A clock far
    /// ahead that was seen on another request is not followed.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn tick(&self, records: &dyn Records, history: Option<&History>, budget: &Budget) -> Result<Hybrid, AppError> {
        let now = self.world.now();
        let here = history.and_then(History::clock);
        let elsewhere = records.witness(None, budget)?.filter(|seen| seen.at <= now.plus_ms(CLOCK_LEAD_MS_MAX));
        Ok(Hybrid::after(now, here.max(elsewhere)))
    }

    /// Counts writes, so that the index is known to lag.
    #[must_use]
    pub fn mark(&self, writes: usize) -> Option<String> {
        self.marked(writes).err()
    }

    /// Counts writes; how many there ever were.
    fn marked(&self, writes: usize) -> Result<u64, String> {
        let marked = if writes == 0 { self.store.marks() } else { self.store.mark(writes) };
        marked.map_err(|error| format!("the index does not know of {writes} writes: {error}"))
    }

    /// After writes: counts them and brings the index up to date if it is time to. The writes stand whatever happens
    /// here, so this never fails; it says what went wrong.
    #[must_use]
    pub fn project(&self, writes: usize, budget: &Budget) -> Option<String> {
        let marks = match self.marked(writes) {
            Ok(marks) => marks,
            Err(warning) => return Some(warning),
        };
        match after_write(self.store, self.scope(), marks, &|lost| self.are_elsewhere(lost), budget) {
            Ok(Refreshed::Current | Refreshed::Later) => None,
            Ok(Refreshed::Kept(Forgotten { lost, unread })) => {
                let Some(first) = lost.first() else {
                    let of = unread.map(|id| id.to_string()).unwrap_or_default();
                    return Some(format!(
                        "index.json was left as it is: it remembers how far {of} had got, which can't be read now; ledger verify \
                         tells what is wrong with it, and if it is meant to be so: ledger index"
                    ));
                };
                let (of, more) = (first.id, if lost.len() > 1 { " and others" } else { "" });
                Some(format!(
                    "index.json was left as it is: it remembers of {of}{more} what is not here any more; ledger verify tells \
                     what, and if it is meant to be so: ledger index"
                ))
            }
            Err(error) => Some(format!("the index was not refreshed: {error}")),
        }
    }
}
