//! How git stands to the ledger's files: what it ignores, tracks, converts and merges.

use std::io::Read;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use super::git::{Git, GitFailure};
use crate::registry::git;
use crate::store::Budget;

/// How long git may take for one answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(1);

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
    /// Git gave no answer: a pipe in place of a file that it reads makes it wait for ever.
    Silent,
}

/// What git said.
pub(super) struct Answer {
    pub(super) status: Option<i32>,
    pub(super) text: String,
}

/// A log that no request has: attributes are asked for by name.
const SOME_LOG: &str = "coordination/events/REQ-20000101-0001.jsonl";
const LOCAL: &str = "coordination/.local";

/// A file of the ledger that waits for a merge to be settled, if there is one: its path below the ledger's root.
///
/// # Errors
/// Git.
pub fn unmerged(git: &Git) -> Result<Option<String>, GitFailure> {
    let told = git.must(&["ls-files", "-z", "--unmerged", "--", "coordination", "schemas"])?;
    Ok(told.parts().find_map(|entry| Some(entry.split_once('\t')?.1.to_owned())))
}

/// Asks git. What a repository carries is not run.
#[must_use]
pub fn standing(root: &Path) -> Standing {
    let inside = ask(root, &["rev-parse", "--is-inside-work-tree"]);
    if inside.is_none_or(|answer| answer.text.trim() != "true") {
        return Standing::Outside;
    }
    troubles(root).map_or_else(|| Standing::Inside(vec![Trouble::Silent]), Standing::Inside)
}

/// `None` if git gives no answer.
fn troubles(root: &Path) -> Option<Vec<Trouble>> {
    let mut troubles = Vec::new();
    let attributes = ask(root, &["check-attr", "text", "merge", "--", SOME_LOG])?.text;
    if !attributes.contains(": text: unset") {
        troubles.push(Trouble::Converts);
    }
    // A driver of one's own is as good.
    if attributes.contains(": merge: unspecified") || attributes.contains(": merge: unset") {
        troubles.push(Trouble::NoUnion);
    }
    if ask(root, &["check-ignore", "--quiet", "--", LOCAL])?.status == Some(1) {
        troubles.push(Trouble::LocalNotIgnored);
    }
    if !ask(root, &["ls-files", "--", LOCAL])?.text.is_empty() {
        troubles.push(Trouble::LocalTracked);
    }
    if !ask(root, &["ls-files", "--unmerged", "--", "coordination", "schemas"])?.text.is_empty() {
        troubles.push(Trouble::Unmerged);
    }
    Some(troubles)
}

/// What git says; `None` if it can't be asked or does not answer in time.
pub(super) fn ask(root: &Path, arguments: &[&str]) -> Option<Answer> {
    let mut command = git::command(root);
    let mut child =
        command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().ok()?;
    let out = child.stdout.take();
    let patience = Budget::new(Some(ANSWER_MAX), Arc::new(|_| {}));
    std::thread::scope(|scope| {
        // Read while it runs: it waits for whoever reads a long answer.
        let reader = scope.spawn(move || {
            let mut bytes = Vec::new();
            out.map(|mut out| out.read_to_end(&mut bytes)).transpose().map(|_| bytes)
        });
        let status = loop {
            match child.try_wait().ok()? {
                Some(status) => break status.code(),
                None if patience.is_over() => {
                    let _ = child.kill().and_then(|()| child.wait());
                    return None;
                }
                None => std::thread::sleep(POLL),
            }
        };
        let bytes = reader.join().ok()?.ok()?;
        Some(Answer { status, text: String::from_utf8_lossy(&bytes).into_owned() })
    })
}
