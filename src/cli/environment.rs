//! What the program sees of the world: gathered by `main`, faked by tests.

use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstream::ColorChoice;

use crate::domain::time::Timestamp;
use crate::store::fs::disk::Disk;

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
    /// The disk beneath a folder.
    pub disk: fn(&Path) -> io::Result<Arc<dyn Disk>>,
    /// Standard output, with colours or without.
    pub stdout: fn(ColorChoice) -> Box<dyn Write + Send>,
    /// Standard error, with colours or without.
    pub stderr: fn(ColorChoice) -> Box<dyn Write + Send>,
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
    /// Ends the program at once, when its budget is over; `None` where it can't be ended.
    pub abort: Option<fn(u8) -> !>,
}
