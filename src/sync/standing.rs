//! How git stands to the ledger's files: what it ignores, tracks, converts and merges.

use std::path::Path;
use std::time::Duration;

use super::{ask, attributes, unmerged};
use crate::registry::git;

/// How long git may take for one answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);

/// How git stands to the ledger's files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Standing {
    /// There is no git here, or the ledger is in no work tree.
    Outside,
    /// The ledger is in a work tree.
    Inside(Vec<Trouble>),
}

/// What is not as it should be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Trouble {
    /// Git may convert the ends of lines, and hashes are over bytes.
    Converts,
    /// Logs are not merged by uniting their lines.
    NoUnion,
    /// `.local/` may be committed.
    LocalNotIgnored,
    /// `.local/` is committed.
    LocalTracked,
    /// Files of the ledger wait for a merge to be settled.
    Unmerged,
    /// Git unites logs by their lines alone: its merge driver is not set up in this clone.
    NoDriver,
    /// The merge driver that is set up here is not there any more.
    DriverGone,
    /// Git gave no answer: a pipe in place of a file that it reads makes it wait for ever.
    Silent,
}

impl Trouble {
    /// Whether it is only worth knowing.
    #[must_use]
    pub fn is_note(self) -> bool {
        match self {
            Self::NoDriver => true,
            Self::Converts
            | Self::NoUnion
            | Self::LocalNotIgnored
            | Self::LocalTracked
            | Self::Unmerged
            | Self::DriverGone
            | Self::Silent => false,
        }
    }
}

/// A log that no request has: attributes are asked for by name.
const SOME_LOG: &str = "coordination/events/REQ-20000101-0001.jsonl";
const LOCAL: &str = "coordination/.local";

/// Asks git. What a repository carries is not run.
#[must_use]
pub fn standing(root: &Path) -> Standing {
    let inside = ask(root, &["rev-parse", "--is-inside-work-tree"]);
    if inside.is_none_or(|answer| answer.text().trim() != "true") {
        return Standing::Outside;
    }
    troubles(root).map_or_else(|| Standing::Inside(vec![Trouble::Silent]), Standing::Inside)
}

/// `None` if git gives no answer.
fn troubles(root: &Path) -> Option<Vec<Trouble>> {
    let mut troubles = Vec::new();
    let attributes = ask(root, &["check-attr", "text", "merge", "--", SOME_LOG])?.text();
    if !attributes.contains(": text: unset") {
        troubles.push(Trouble::Converts);
    }
    // A driver of one's own is as good.
    if attributes.contains(": merge: unspecified") || attributes.contains(": merge: unset") {
        troubles.push(Trouble::NoUnion);
    }
    troubles.extend(of_driver(root, &attributes));
    // Not by check-ignore: that takes no path literally.
    if !ask(root, &["ls-files", "--others", "--exclude-standard", "--directory", "--", LOCAL])?.out.is_empty() {
        troubles.push(Trouble::LocalNotIgnored);
    }
    if !ask(root, &["ls-files", "--", LOCAL])?.out.is_empty() {
        troubles.push(Trouble::LocalTracked);
    }
    if !unmerged::stages(root).ok()?.is_empty() {
        troubles.push(Trouble::Unmerged);
    }
    Some(troubles)
}

/// The driver in this clone: whether it is set up, and its program there. Only who set nothing else up is told.
fn of_driver(root: &Path, attributes: &str) -> Option<Trouble> {
    let is_ours = attributes.contains(&format!(": merge: {}", attributes::DRIVER));
    if !is_ours {
        let is_union = attributes.contains(": merge: union");
        return is_union.then_some(Trouble::NoDriver);
    }
    let driver = attributes::settings(root).ok()?.driver;
    let Some(driver) = driver else { return Some(Trouble::DriverGone) };
    let is_gone = attributes::program_of(&driver).is_some_and(|program| !program.is_file());
    is_gone.then_some(Trouble::DriverGone)
}

/// What git says; `None` if it can't be asked or does not answer in time.
pub(super) fn ask(root: &Path, arguments: &[&str]) -> Option<ask::Answer> {
    let mut command = git::command(root);
    command.args(arguments);
    ask::ask(command, &[], ANSWER_MAX).ok()
}
