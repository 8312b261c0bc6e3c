//! What the program sees of the world: gathered by `main`, faked by tests.

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anstream::ColorChoice;

use super::render::Pager;
use crate::app::desk::{Colors, Desk};
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
    /// A variable of the environment: where the person's configuration is, and which programs they like.
    pub variable: fn(&str) -> Option<OsString>,
    /// Git's `user.email`, as seen from a folder.
    pub git_email: fn(&Path) -> Option<String>,
    /// The disk beneath a folder.
    pub disk: fn(&Path) -> io::Result<Arc<dyn Disk>>,
    /// Standard output, with colours or without.
    pub stdout: fn(ColorChoice) -> Box<dyn Write + Send>,
    /// Standard error, with colours or without.
    pub stderr: fn(ColorChoice) -> Box<dyn Write + Send>,
    /// Shows a long text to the person at the terminal.
    pub pager: Pager,
    /// How a person writes a text in an editor of theirs; `None` where nobody sits at a terminal.
    pub drafts: Option<Drafts>,
    /// Standard input.
    pub stdin: fn() -> Box<dyn Read + Send>,
    /// The terminal's width; `None` where stdout is none.
    pub width: Option<u16>,
    /// Where `ledger tui` works.
    pub screen: Screen,
    /// Whether stderr is a terminal.
    pub err_is_terminal: bool,
    /// This program's own file, for `demo`.
    pub program: Option<PathBuf>,
    /// What a CI job says of itself.
    pub ci: fn() -> Ci,
    /// The wall clock.
    pub now: fn() -> Timestamp,
    /// Fills a buffer with random bytes.
    pub random: fn(&mut [u8]),
    /// Ends the program at once, when its budget is over; `None` where it can't be ended.
    pub abort: Option<fn(u8) -> !>,
}

/// Texts that a person writes in an editor of theirs, each in a file.
#[derive(Clone, Copy, Debug)]
pub struct Drafts {
    /// Puts a text into a new file, which nobody else may read.
    pub begin: fn(&str) -> io::Result<PathBuf>,
    /// Has a file edited by a command line that the person chose; comes back when they are done with it.
    pub edit: fn(&str, &Path) -> io::Result<()>,
    /// Throws a file away.
    pub discard: fn(&Path),
}

/// Where an interface that stays open works.
#[derive(Clone, Copy, Debug)]
pub enum Screen {
    /// This program was built without one.
    NotBuilt,
    /// Standard input or standard output is no terminal.
    NoTerminal,
    /// On the terminal: starts the interface and returns when it was left.
    Terminal(fn(&Desk<'_>) -> io::Result<()>, Colors),
}

/// What a CI job says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Ci {
    /// `GITHUB_BASE_REF`: the branch that a pull request is to be merged into.
    pub github_base: Option<String>,
    /// `CI_MERGE_REQUEST_DIFF_BASE_SHA`: where a merge request parted from its target.
    pub gitlab_base: Option<String>,
    /// `CI_MERGE_REQUEST_TARGET_BRANCH_NAME`: the branch that it is to be merged into.
    pub gitlab_target: Option<String>,
    /// What a merge queue puts its group on: `merge_group.base_sha` in the file that `GITHUB_EVENT_PATH` names.
    pub group_base: Option<String>,
    /// What was there before a push: `CI_COMMIT_BEFORE_SHA`, or `before` in that file.
    pub before: Option<String>,
    /// The branch that was pushed to, or that the job is about: `CI_COMMIT_BRANCH`, or `GITHUB_REF_NAME`.
    pub branch: Option<String>,
    /// The branch that all others go into: `CI_DEFAULT_BRANCH`, or `repository.default_branch` in that file.
    pub default_branch: Option<String>,
}
