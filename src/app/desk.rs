//! What an interface that stays open works with: an open ledger, who acts, and the words in which things are told.
//!
//! The words are those of the command line, handed in: whoever looks at a request on a screen and whoever prints it read
//! the same, and the rooms that show them know nothing of each other.

use std::time::Duration;

use super::show::View;
use super::timeline::Marks;
use super::{AppError, Ledger};
use crate::domain::event::Event;
use crate::domain::id::{Actor, RepoId};
use crate::index::cache::search::Hit;
use crate::store::Notice;

/// What an interface that stays open works with.
pub struct Desk<'a> {
    /// The ledger.
    pub ledger: Ledger<'a>,
    /// Who acts; else what is told to somebody who wants to and did not say.
    pub by: Result<Actor, String>,
    /// At first only what this repository asks.
    pub from: Option<RepoId>,
    /// At first only what this repository is asked.
    pub to: Option<RepoId>,
    /// How long one write may take.
    pub write_limit: Duration,
    /// Whether to use colours.
    pub colors: Colors,
    /// How things are told.
    pub words: &'a dyn Words,
    /// How it is told what somebody should hear of meanwhile.
    pub notice: fn(&Notice) -> String,
    /// Ends the program at once: for who leaves while many requests are being read. `None` where it can't be ended.
    pub abort: Option<fn(u8) -> !>,
}

/// Whether to use colours.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Colors {
    /// Where they help.
    Yes,
    /// None.
    No,
}

/// How things are told to people: lines of text in which nothing of what others wrote can act, with the terminal's own
/// marks (SGR) for emphasis and colour.
pub trait Words: Sync {
    /// A request, with what is open from where it stands.
    fn request(&self, view: &View) -> String;

    /// An event, in one line.
    fn event(&self, event: &Event, marks: &Marks) -> String;

    /// What a search found, the request's line first.
    fn hit(&self, hit: &Hit) -> String;

    /// What kept a use case from its result, and what to try.
    fn error(&self, error: AppError) -> String;
}
