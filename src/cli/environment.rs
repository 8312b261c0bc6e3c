//! What the program sees of the world: gathered by `main`, faked by tests.

use std::io::Read;
use std::path::{Path, PathBuf};

use crate::domain::time::Timestamp;

/// What the program sees of the world.
pub struct Environment {
    /// The current folder.
    pub folder: PathBuf,
    /// `LEDGER_ROOT`.
    pub root: Option<PathBuf>,
    /// `LEDGER_ACTOR`.
    pub actor: Option<String>,
    /// Git's `user.email`, as seen from a folder.
    pub git_email: fn(&Path) -> Option<String>,
    /// Standard input.
    pub stdin: fn() -> Box<dyn Read + Send>,
    /// The terminal's width; `None` where stdout is none.
    pub width: Option<u16>,
    /// Whether stderr is a terminal.
    pub err_is_terminal: bool,
    /// This program's own file, for `demo`.
    pub program: Option<PathBuf>,
    /// The wall clock.
    pub now: fn() -> Timestamp,
    /// Fills a buffer with random bytes.
    pub random: fn(&mut [u8]),
    /// Ends the program at once, when its budget is over.
    pub abort: fn(u8) -> !,
}
