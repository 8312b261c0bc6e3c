//! How git stands to the ledger's files: what it ignores, tracks, converts and merges.

use std::path::Path;
use std::process::Output;

use crate::registry::git;

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
}

/// A log that no request has: attributes are asked for by name.
const SOME_LOG: &str = "coordination/events/REQ-20000101-0001.jsonl";
const LOCAL: &str = "coordination/.local";

/// Asks git. What a repository carries is not run.
#[must_use]
pub fn standing(root: &Path) -> Standing {
    let run = |arguments: &[&str]| git::command(root).args(arguments).output().ok();
    let inside = run(&["rev-parse", "--is-inside-work-tree"]);
    if inside.is_none_or(|output| text(&output).trim() != "true") {
        return Standing::Outside;
    }
    let mut troubles = Vec::new();
    let attributes = run(&["check-attr", "text", "merge", "--", SOME_LOG]);
    let attributes = attributes.map(|output| text(&output)).unwrap_or_default();
    if !attributes.contains(": text: unset") {
        troubles.push(Trouble::Converts);
    }
    // A driver of one's own is as good.
    if attributes.contains(": merge: unspecified") || attributes.contains(": merge: unset") {
        troubles.push(Trouble::NoUnion);
    }
    if run(&["check-ignore", "--quiet", "--", LOCAL]).is_some_and(|output| output.status.code() == Some(1)) {
        troubles.push(Trouble::LocalNotIgnored);
    }
    let says = |arguments: &[&str]| run(arguments).is_some_and(|output| !output.stdout.is_empty());
    if says(&["ls-files", "--", LOCAL]) {
        troubles.push(Trouble::LocalTracked);
    }
    if says(&["ls-files", "--unmerged", "--", "coordination", "schemas"]) {
        troubles.push(Trouble::Unmerged);
    }
    Standing::Inside(troubles)
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}
