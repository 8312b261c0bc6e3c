//! All that there is to see, and what happens to it.

use super::editor::Editor;
use super::filter::Filter;
use super::form::{Choice, Form};
use super::layout::Size;
use crate::app::list::Query;
use crate::domain::decide::Command;
use crate::domain::id::{Key as IntentKey, RequestId};
use crate::domain::outlook::Open;
use crate::domain::packet::Priority;

/// All that there is to see.
#[derive(Clone, Debug)]
pub struct Model {
    /// The screen.
    pub size: Size,
    /// The ledger's name.
    pub ledger: String,
    /// Who acts; `None` where nobody said.
    pub actor: Option<String>,
    /// The board.
    pub board: Board,
    /// Which requests are on it.
    pub filter: Filter,
    /// What was opened over it, the newest last.
    pub pages: Vec<Page>,
    /// What somebody is being asked or told, over everything else.
    pub dialog: Option<Dialog>,
    /// The last thing that happened, in a line.
    pub message: Option<String>,
    /// How many things are still to be answered.
    pub waiting: usize,
    /// How many of them are writes.
    pub writing: usize,
    /// How many of how many requests were read for one of them.
    pub reading: Option<(usize, usize)>,
    /// Which question the answers must be to: those to an older one are dropped.
    pub generation: u64,
    /// What is to be done with a request once it was read.
    pub wish: Option<RequestId>,
    /// What was typed for a transition and could not be used, to begin with next time.
    pub kept: Option<Box<Form>>,
    /// What the keys of this run's writes begin with, and how many there were.
    pub intents: (String, u64),
    /// Whether to leave once what is being written is answered.
    pub is_leaving: bool,
}

impl Model {
    /// What there is to see before anything was read. `intents` is what the keys of this run's writes begin with.
    #[must_use]
    pub fn new(
        size: Size,
        (ledger, actor): (String, Option<String>),
        columns: Vec<Column>,
        filter: Filter,
        intents: String,
    ) -> Self {
        Self {
            size,
            ledger,
            actor,
            board: Board { columns, ..Board::default() },
            filter,
            pages: Vec::new(),
            dialog: None,
            message: None,
            waiting: 0,
            writing: 0,
            reading: None,
            generation: 0,
            wish: None,
            kept: None,
            intents: (intents, 0),
            is_leaving: false,
        }
    }
}

/// The board: a column for each state.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Board {
    /// All columns, in order.
    pub columns: Vec<Column>,
    /// The chosen one.
    pub at: usize,
    /// The first one that is shown, among those that are worth showing.
    pub first: usize,
    /// The request to which the choice moves once it is found in a column.
    pub follow: Option<RequestId>,
}

/// The requests in one state.
#[derive(Clone, PartialEq, Debug)]
pub struct Column {
    /// The state.
    pub state: String,
    /// Whether it is shown empty as well: a state of the way that requests ordinarily take.
    pub is_main: bool,
    /// Whether nothing follows it.
    pub is_final: bool,
    /// The requests that were read.
    pub cards: Vec<Card>,
    /// How many there are.
    pub matched: usize,
    /// Where the next page begins.
    pub next: Option<String>,
    /// The chosen one.
    pub at: usize,
    /// The first one that is shown.
    pub first: usize,
}

/// One request on the board.
#[derive(Clone, PartialEq, Debug)]
pub struct Card {
    /// Which.
    pub id: RequestId,
    /// Urgency; `None` where it can't be read.
    pub priority: Option<Priority>,
    /// The title; untrusted.
    pub title: String,
    /// Who asks; untrusted.
    pub from: String,
    /// Who is asked; untrusted.
    pub to: String,
    /// What else there is to know of it, in words; untrusted.
    pub marks: Vec<Mark>,
}

/// What else there is to know of a request.
#[derive(Clone, PartialEq, Debug)]
pub enum Mark {
    /// Somebody works on it.
    Claimed(String),
    /// Several claimed it without knowledge of each other.
    Contested,
    /// The ways of one that has diverged.
    Sides(Vec<String>),
    /// Another request has its key.
    Duplicate,
    /// Events with one key say different things.
    KeyConflict,
    /// It waits for so many others.
    Waits(usize),
    /// It is wanted by then.
    Due(String),
    /// Why it can't be read.
    Damaged(String),
}

/// What was opened over the board.
#[derive(Clone, Debug)]
pub enum Page {
    /// A request.
    Request(RequestPage),
    /// What a search found.
    Found(FoundPage),
}

/// A request that was opened.
#[derive(Clone, Debug)]
pub struct RequestPage {
    /// Which.
    pub id: RequestId,
    /// What was read of it; `None` before that.
    pub shown: Option<Shown>,
    /// Why it can't be read.
    pub error: Option<String>,
    /// The first row that is shown.
    pub top: usize,
}

/// What was read of a request.
#[derive(Clone, PartialEq, Debug)]
pub struct Shown {
    /// Its version.
    pub version: u64,
    /// Where it stands.
    pub state: String,
    /// Its title; untrusted.
    pub title: String,
    /// What there is to see of it, told with marks.
    pub text: String,
    /// What happened, told with marks; the oldest first.
    pub timeline: Vec<String>,
    /// Whether older events were left out.
    pub has_older: bool,
    /// What is open from here.
    pub open: Vec<Open>,
    /// Whose turn it is and the command for it, where nothing is open.
    pub next: Option<String>,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct FoundPage {
    /// What was searched for.
    pub words: String,
    /// What was found; `None` before that.
    pub hits: Option<Vec<FoundHit>>,
    /// How many matched, and whether there are more than were counted.
    pub matched: (usize, bool),
    /// The chosen one.
    pub at: usize,
    /// The first one that is shown.
    pub first: usize,
}

/// One request that was found.
#[derive(Clone, PartialEq, Debug)]
pub struct FoundHit {
    /// Which.
    pub id: RequestId,
    /// What was found, told with marks.
    pub text: String,
}

/// What somebody is being asked or told.
#[derive(Clone, Debug)]
pub enum Dialog {
    /// All keys; the first row that is shown.
    Help(usize),
    /// A line of text.
    Prompt(Prompt),
    /// A transition.
    Choose(Choice),
    /// What the transition needs.
    Form(Box<Form>),
    /// Something to read.
    Told(Told),
}

/// A line of text that is asked for.
#[derive(Clone, Debug)]
pub struct Prompt {
    /// To what end.
    pub purpose: Purpose,
    /// What was typed so far.
    pub editor: Editor,
    /// What is wrong with it.
    pub wrong: Option<String>,
}

/// To what end a line of text is asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Purpose {
    /// To choose what is on the board.
    Filter,
    /// To search.
    Search,
    /// To put a note on record.
    Note(RequestId),
}

/// Something to read.
#[derive(Clone, Debug)]
pub struct Told {
    /// In a word or two.
    pub title: &'static str,
    /// What is told, with marks.
    pub text: String,
    /// The first row that is shown.
    pub top: usize,
    /// What can be done about it.
    pub then: Then,
}

/// What can be done about something that was told.
#[derive(Clone, Debug)]
pub enum Then {
    /// Nothing.
    Close,
    /// Go back to what was typed.
    Mend(Box<Dialog>),
    /// Carry out the very same again, with the same key.
    Again(Box<Write>, Box<Dialog>),
}

/// Something to be written.
#[derive(Clone, PartialEq, Debug)]
pub struct Write {
    /// On which request.
    pub id: RequestId,
    /// What.
    pub command: Command,
    /// The intent: a retry under it is answered with the first result.
    pub key: IntentKey,
    /// Only at this version, where it matters.
    pub expect: Option<u64>,
}

/// A key, as far as any is used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Key {
    /// A character.
    Char(char),
    /// A character with Control.
    Control(char),
    /// Enter.
    Enter,
    /// Escape.
    Escape,
    /// Tab.
    Tab,
    /// The key that deletes to the left.
    Backspace,
    /// The key that deletes to the right.
    Delete,
    /// An arrow.
    Left,
    /// An arrow.
    Right,
    /// An arrow.
    Up,
    /// An arrow.
    Down,
    /// To the beginning.
    Home,
    /// To the end.
    End,
    /// A screen up.
    PageUp,
    /// A screen down.
    PageDown,
}

/// What happens.
#[derive(Clone, Debug)]
pub enum Event {
    /// The screen is there.
    Started,
    /// A key was pressed.
    Pressed(Key),
    /// A text was pasted.
    Pasted(String),
    /// The screen has another size.
    Resized(Size),
    /// Somebody wrote to the ledger.
    Changed,
    /// So many of so many requests were read for a question.
    Read(usize, usize),
    /// Something that somebody should hear of meanwhile.
    Noticed(String),
    /// A part of a column was read.
    Listed {
        /// The question's generation.
        generation: u64,
        /// The state.
        state: String,
        /// Whether it goes on from what is there, or stands in for it.
        part: Part,
        /// What was read, or what kept it from being read.
        answer: Result<Listed, String>,
    },
    /// A request was read.
    Shown(RequestId, Result<Box<Shown>, String>),
    /// A search was answered.
    Found {
        /// The words.
        words: String,
        /// The answer.
        answer: Result<FoundPage, String>,
    },
    /// A write was answered.
    Wrote(Box<Write>, Result<Wrote, Failed>),
    /// The program is told to end.
    Ended,
}

/// Which part of a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// From the beginning.
    Whole,
    /// What follows.
    More,
}

/// A part of a column.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Listed {
    /// The requests.
    pub cards: Vec<Card>,
    /// How many there are in the state.
    pub matched: usize,
    /// Where the next part begins.
    pub next: Option<String>,
    /// Those that can't be read, wherever they would stand.
    pub damaged: Vec<Card>,
}

/// What was written.
#[derive(Clone, PartialEq, Debug)]
pub struct Wrote {
    /// What happened, told in a line with marks.
    pub text: String,
}

/// Why something was not written, or not known to be.
#[derive(Clone, PartialEq, Debug)]
pub struct Failed {
    /// What can be done about it.
    pub kind: Failure,
    /// What is told, with marks.
    pub text: String,
}

/// What can be done about something that was not written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Failure {
    /// Somebody wrote meanwhile: look again and decide anew.
    Stale,
    /// The very same can be tried again.
    Retryable,
    /// It takes something else.
    Refused,
}

/// What is to be done.
#[derive(Clone, Debug)]
pub enum Effect {
    /// Read a part of a column.
    List {
        /// The question's generation.
        generation: u64,
        /// The state.
        state: String,
        /// Which part.
        part: Part,
        /// What is asked.
        query: Box<Query>,
    },
    /// Read a request.
    Show(RequestId),
    /// Search.
    Search {
        /// The words.
        words: String,
        /// Among which requests.
        query: Box<Query>,
    },
    /// Write.
    Write(Box<Write>),
    /// Leave.
    Leave,
}
