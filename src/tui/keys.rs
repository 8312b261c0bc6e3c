//! Which keys do what, for the last line of the screen and for the help.

use super::form::Step;
use super::model::{Dialog, Model, Page, Then};

/// A key and what it does.
pub(super) type Hint = (&'static str, &'static str);

const BOARD: &[Hint] = &[
    ("Enter", "open"),
    ("t", "transition"),
    ("n", "note"),
    ("/", "filter"),
    ("s", "search"),
    ("r", "refresh"),
    ("?", "help"),
    ("q", "quit"),
];
const REQUEST: &[Hint] = &[
    ("Esc", "back"),
    ("↓↑", "scroll"),
    ("Tab", "section"),
    ("t", "transition"),
    ("n", "note"),
    ("?", "help"),
    ("q", "quit"),
];
const FOUND: &[Hint] = &[
    ("Esc", "back"),
    ("Enter", "open"),
    ("t", "transition"),
    ("n", "note"),
    ("s", "search"),
    ("?", "help"),
    ("q", "quit"),
];
const CHOOSE: &[Hint] = &[("↓↑", "choose"), ("Enter", "go on"), ("Esc", "cancel")];
const PROMPT: &[Hint] = &[("Enter", "go on"), ("Esc", "cancel"), ("Ctrl-U", "clear")];
const ASK: &[Hint] = &[("Enter", "go on"), ("Esc", "back"), ("Ctrl-U", "clear")];
const CONFIRM: &[Hint] =
    &[("Enter", "write it"), ("r", "a reason"), ("e", "more evidence"), ("Esc", "back, nothing is written")];
const WRITING: &[Hint] = &[];
const CLOSE: &[Hint] = &[("↓↑", "scroll"), ("Esc", "close")];
const MEND: &[Hint] = &[("Enter", "back to what was typed"), ("↓↑", "scroll"), ("Esc", "close")];
const AGAIN: &[Hint] = &[("r", "try again"), ("Enter", "back to what was typed"), ("Esc", "close")];

/// The keys that matter most where somebody is.
pub(super) fn hints(model: &Model) -> &'static [Hint] {
    match &model.dialog {
        Some(Dialog::Help(_)) => CLOSE,
        Some(Dialog::Prompt(_)) => PROMPT,
        Some(Dialog::Choose(_)) => CHOOSE,
        Some(Dialog::Form(form)) => match form.step {
            Step::Ask(_) => ASK,
            Step::Confirm => CONFIRM,
            Step::Writing => WRITING,
        },
        Some(Dialog::Told(told)) => match told.then {
            Then::Close => CLOSE,
            Then::Mend(_) => MEND,
            Then::Again(..) => AGAIN,
        },
        None => match model.pages.last() {
            Some(Page::Request(_)) => REQUEST,
            Some(Page::Found(_)) => FOUND,
            None => BOARD,
        },
    }
}

/// Everything that can be pressed.
pub(super) const HELP: &str = "\
\u{1b}[1mThe board\u{1b}[0m
  ←→ h l        to another state
  ↓↑ j k        to another request; PgUp PgDn Home End, g G
  Enter         opens the request
  t             brings it into another state: choose one, and what it needs is asked for
  n             puts a note on record
  /             chooses what is on the board
  s             searches titles, descriptions, notes and evidence
  r             reads everything again; what others write is seen by itself
  Esc           back; on the board it drops the filter
  q Ctrl-C      quits

\u{1b}[1mA request\u{1b}[0m
  ↓↑ j k        scrolls; PgUp PgDn Space, Home End, g G
  Tab           to the next section
  t n r         as on the board

\u{1b}[1mA filter takes\u{1b}[0m
  words         that stand in title or description, all of them
  to:REPO from:REPO type:TYPE label:LABEL by:ACTOR priority:P0
  claimed:ACTOR is:claimed is:unclaimed is:ready is:blocked is:duplicate

\u{1b}[1mA search takes\u{1b}[0m
  words, \"a phrase\", begin*; all of them; among what is on the board

\u{1b}[1mOn a card\u{1b}[0m
  @NAME claimed by NAME   @? claimed by several   =REQ another one has its key
  !key a key says different things   waits 2 for two others   due a day
  A request that two clones left in two states stands under DIVERGED.
";
