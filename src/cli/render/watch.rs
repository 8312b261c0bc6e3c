//! How a request fared that somebody waited for.

use serde::Serialize;
use serde_json::value::RawValue;

use super::text::state;
use super::views::{SideView, raw};
use crate::app::watch::{Look, Reached};
use crate::domain::event::Event;
use crate::domain::id::RequestId;
use crate::domain::outlook::Action;
use crate::domain::state::{Side, Status};
use crate::domain::workflow::StateName;
use crate::index::project::DIVERGED;

/// How the waiting ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It came into one of the states.
    Reached(Reached),
    /// It can't any more; where it was in one of them before the watch began.
    Unreachable(Option<Reached>),
    /// Nobody waits any longer.
    TimeUp,
}

/// How the waiting ended, for programs.
#[derive(Serialize)]
pub struct WatchView<'a> {
    id: RequestId,
    outcome: &'static str,
    until: &'a [StateName],
    state: String,
    version: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    sides: Vec<SideView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<ReachedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    before: Option<ReachedView>,
    #[serde(skip_serializing_if = "Option::is_none")]
    events: Option<Vec<Box<RawValue>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    has_older: Option<bool>,
}

#[derive(Serialize)]
struct ReachedView {
    state: String,
    version: u64,
}

impl From<&Reached> for ReachedView {
    fn from(reached: &Reached) -> Self {
        Self { state: reached.state.clone(), version: reached.version }
    }
}

impl<'a> WatchView<'a> {
    /// The end of a watch, without its events.
    #[must_use]
    pub fn new(id: RequestId, until: &'a [StateName], look: &Look, outcome: &Outcome) -> Self {
        let (name, reached, before) = match outcome {
            Outcome::Reached(reached) => ("reached", Some(reached), None),
            Outcome::Unreachable(before) => ("unreachable", None, before.as_ref()),
            Outcome::TimeUp => ("time-up", None, None),
        };
        Self {
            id,
            outcome: name,
            until,
            state: state_word(look).to_owned(),
            version: look.version,
            sides: match &look.status {
                Status::At(_) => Vec::new(),
                Status::Diverged(sides) => sides.iter().map(SideView::from).collect(),
            },
            reached: reached.map(ReachedView::from),
            before: before.map(ReachedView::from),
            events: None,
            has_older: None,
        }
    }

    /// The same with what happened meanwhile.
    #[must_use]
    pub fn with_events(self, events: &[Event], has_older: bool) -> Self {
        Self { events: Some(events.iter().map(raw).collect()), has_older: Some(has_older), ..self }
    }
}

/// An event that was seen while somebody waited, as a line of its own.
#[derive(Serialize)]
pub struct SeenView {
    id: RequestId,
    version: u64,
    event: Box<RawValue>,
}

impl SeenView {
    /// An event of a request.
    #[must_use]
    pub fn new(id: RequestId, event: &Event) -> Self {
        Self { id, version: event.n(), event: raw(event) }
    }
}

/// Where it stands, in one word.
#[must_use]
pub fn state_word(look: &Look) -> &str {
    match &look.status {
        Status::At(name) => name.as_str(),
        Status::Diverged(_) => DIVERGED,
    }
}

/// The end of a watch, for people.
#[must_use]
pub fn ended(id: RequestId, until: &[StateName], look: &Look, outcome: &Outcome) -> String {
    let stands = format!("{id}  {}  v{}", state(state_word(look)), look.version);
    let names = |and: &str| until.iter().map(|name| state(name.as_str())).collect::<Vec<_>>().join(and);
    let how = match outcome {
        Outcome::Reached(reached) if reached.version == look.version => String::new(),
        Outcome::Reached(reached) => format!("; it was {} at v{}", state(&reached.state), reached.version),
        Outcome::Unreachable(None) => format!("; it can't become {} any more", names(" or ")),
        Outcome::Unreachable(Some(before)) => format!(
            "; it can't become {} any more, and was {} at v{}, which counts with --since-version {}",
            names(" or "),
            state(&before.state),
            before.version,
            before.version.saturating_sub(1)
        ),
        Outcome::TimeUp => String::new(),
    };
    format!("{stands}{how}\n")
}

/// Says that a request has diverged, and what settles it.
#[must_use]
pub fn diverged(id: RequestId, sides: &[Side]) -> String {
    let ends: Vec<String> = sides.iter().map(|side| format!("{} ({})", side.state, side.event.hash.short())).collect();
    format!(
        "{id} has DIVERGED: {}; nothing follows until somebody says which holds: {}",
        ends.join(" and "),
        resolve_hint(id, sides)
    )
}

/// What settles it.
#[must_use]
pub fn resolve_hint(id: RequestId, sides: &[Side]) -> String {
    Action::Resolve(sides.to_vec()).command(id)
}
