//! Pure: what other trackers and folders that were kept by hand say, as wishes of this ledger.
//!
//! A source is read as records; each becomes a [`Wish`]: a draft, and steps that follow it. This room knows no files and
//! no ledger: whether a request is there already, and which way leads to a state, is asked further up.

pub mod csv;
pub mod folder;
pub mod map;
mod order;
pub mod records;
mod text;
pub mod tracker;
mod value;

use serde_json::{Map, Value};

use crate::domain::event::Evidence;
use crate::domain::id::{Actor, Key, RequestId, Role};
use crate::domain::workflow::StateName;

pub use map::{BadMap, SourceMap};
pub use order::in_order;
pub(crate) use text::slug;

/// The longest name of a record that makes a key: the keys of its steps are longer.
pub const NAME_BYTES_MAX: usize = 120;

/// Something that could not be taken over as it stood.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Told {
    /// Where: a file, a line, a field.
    pub place: String,
    /// What and why.
    pub what: String,
    /// What became of it.
    pub became: String,
}

impl Told {
    pub(crate) fn new(place: impl Into<String>, what: impl Into<String>, became: impl Into<String>) -> Self {
        Self { place: place.into(), what: what.into(), became: became.into() }
    }
}

/// A record that makes no wish.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Skipped {
    /// Where: a file, a line, a record.
    pub place: String,
    /// Its name at the source, as far as it has one.
    pub name: Option<String>,
    /// Why, and what to try.
    pub why: String,
    /// Whether something is wrong with it.
    pub fault: Fault,
}

/// Whether a record that is left out should have been taken over.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// It is none that the ledger takes, or somebody said that it is none.
    None,
    /// Something is wrong with it.
    Bad,
}

/// What one record of a source wants of the ledger.
#[derive(Clone, PartialEq, Debug)]
pub struct Wish {
    /// Where the record stands.
    pub place: String,
    /// What the record is called at its source.
    pub name: String,
    /// The source, as texts name it.
    pub source: String,
    /// The key of the request.
    pub key: Key,
    /// The number that it keeps, if it has one of the ledger's form.
    pub id: Option<RequestId>,
    /// The draft, without key and references.
    pub members: Map<String, Value>,
    /// Details that the source does not tell, for the transition that demands them.
    pub later: Map<String, Value>,
    /// The type that it gets where its own can't be had; `None` refuses it then.
    pub otherwise: Option<String>,
    /// When it was made at its source.
    pub occurred_at: Option<String>,
    /// The keys of those that must be settled first.
    pub waits_for: Vec<Key>,
    /// The key of the one that it is a part of.
    pub parent: Option<Key>,
    /// Where it is seen at its source: two with one key and different addresses are not one.
    pub url: Option<String>,
    /// What happened then, in order.
    pub steps: Vec<Step>,
    /// What could not be mapped.
    pub told: Vec<Told>,
    /// How long the record is, in bytes.
    pub bytes: usize,
}

/// One thing that happened at the source.
#[derive(Clone, PartialEq, Debug)]
pub enum Step {
    /// It came into a state.
    Move(Move),
    /// Somebody said something, or something else is to be kept.
    Note(Note),
    /// Somebody showed something.
    Show(Show),
    /// Somebody gave leave.
    Approve(Approve),
}

/// It came into a state.
#[derive(Clone, PartialEq, Debug)]
pub struct Move {
    /// The ledger's state.
    pub to: StateName,
    /// The source's word for it.
    pub said: String,
    /// How a repetition is recognised.
    pub memory: Memory,
    /// Who did it, where the source says so.
    pub by: Option<Actor>,
    /// When.
    pub at: Option<String>,
    /// Why.
    pub reason: Option<String>,
    /// What shows it.
    pub evidence: Vec<Evidence>,
}

/// How it is recognised that a state was taken over before.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Memory {
    /// By the event at the source: its keys begin with this.
    Event(String),
    /// The source only tells where it stands: it is taken over again when that has changed. Keys begin with this.
    Standing(String),
}

/// A text to be kept.
#[derive(Clone, PartialEq, Debug)]
pub struct Note {
    /// Names it; a long text takes several, with numbers at the end.
    pub key: String,
    /// The text.
    pub text: String,
    /// Of which kind, for example `review`.
    pub kind: Option<String>,
    /// Who, where the source says so.
    pub by: Option<Actor>,
    /// When.
    pub at: Option<String>,
}

/// Somebody showed something.
#[derive(Clone, PartialEq, Debug)]
pub struct Show {
    /// Names it.
    pub key: String,
    /// What, at least one piece.
    pub evidence: Vec<Evidence>,
    /// Who, where the source says so.
    pub by: Option<Actor>,
    /// When.
    pub at: Option<String>,
}

/// Somebody gave leave.
#[derive(Clone, PartialEq, Debug)]
pub struct Approve {
    /// Names it.
    pub key: String,
    /// In which role.
    pub role: Role,
    /// Why.
    pub reason: Option<String>,
    /// Who, where the source says so.
    pub by: Option<Actor>,
}
