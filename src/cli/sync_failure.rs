//! From an exchange that did not come about to what people and programs see.

use std::path::Path;

use super::exit::Exit;
use super::failure::{Failure, shell};
use crate::app::resolve_id::Unsettled;
use crate::app::sync::SyncFailure;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log::CONFLICT_MARKER;
use crate::sync::git::GitFailure;
use crate::sync::join::Clash;
use crate::sync::remote::{NoTarget, Place, Target};
use crate::sync::restore::quoted;
use crate::sync::tree::TreeError;
use crate::sync::twins::NotGathered;

/// What people and programs see of it.
pub(super) fn sync_failed(message: &str, failure: &SyncFailure) -> Failure {
    let is = |exit, code| Failure::new(exit, code, message);
    match failure {
        SyncFailure::Tree(TreeError::Git(error)) => git_failed(message, error),
        // A store's error is told as one.
        SyncFailure::Tree(TreeError::Store(_)) => is(Exit::Failure, "io"),
        SyncFailure::Tree(TreeError::Unreadable { .. }) => is(Exit::Damaged, "remote-unreadable")
            .hint("see what the commit holds: git show; ledger verify tells how it stands here"),
        SyncFailure::NoTarget(none) => no_target(message, none),
        SyncFailure::Unreachable { target, .. } => {
            let hint = format!(
                "what is written here stays: ledger sync again later; git ls-remote {} tells more",
                shell(&target.remote)
            );
            is(Exit::Busy, "unreachable").hint(hint)
        }
        SyncFailure::Unanswered { .. } => is(Exit::Unknown, "unknown").hint("ledger sync again: it finds out"),
        SyncFailure::Refused { .. } => is(Exit::Refused, "push-refused")
            .hint("see who may write there, and its branch rules; another branch: ledger sync --branch NAME"),
        SyncFailure::Overtaken { told: Some(_), .. } => is(Exit::Busy, "overtaken").hint(
            "ledger sync again; if nobody is at it, a git that was killed over there left the lock: whoever may, removes that file",
        ),
        SyncFailure::Overtaken { told: None, .. } => {
            is(Exit::Busy, "overtaken").hint("what is written here stays: ledger sync again, with a longer --timeout")
        }
        SyncFailure::NoBranch(target) => {
            let branch = target.reference.strip_prefix("refs/heads/").unwrap_or(&target.reference);
            let hint = format!(
                "make it: git push -u {} {}; or exchange on another: ledger sync --branch NAME",
                shell(&target.remote),
                shell(branch)
            );
            is(Exit::NotFound, "no-branch").hint(hint)
        }
        SyncFailure::Rewritten { target, seen, .. } => {
            let seen = seen.get(..12).unwrap_or(seen);
            let hint =
                format!("see it: git log {seen}; if it was not meant to be, give it back: {}", restoring(target));
            is(Exit::Damaged, "remote-rewritten").hint(hint)
        }
        SyncFailure::Edited { commit, lost } => {
            let commit = commit.get(..12).unwrap_or(commit);
            let path = lost.first().map(|lost| lost.file.path()).unwrap_or_default();
            is(Exit::Damaged, "edited").hint(format!("restore it: git checkout {commit} -- {path}"))
        }
        SyncFailure::Clash { target, clashes } => match clashes.first() {
            Some(clash) => clashed(message, clash, target),
            None => is(Exit::Failure, "bug"),
        },
        SyncFailure::Unsound(finding) => is(Exit::No, "unsound").hint(&finding.fix),
    }
}

/// What people and programs see of two requests that have one number.
pub(super) fn unsettled(message: &str, unsettled: &Unsettled) -> Failure {
    let is = |exit, code| Failure::new(exit, code, message);
    match unsettled {
        Unsettled::NotGathered(NotGathered::Tree(TreeError::Git(error))) => git_failed(message, error),
        Unsettled::NotGathered(NotGathered::Tree(TreeError::Store(_))) => is(Exit::Failure, "io"),
        Unsettled::NotGathered(NotGathered::Tree(TreeError::Unreadable { .. })) => {
            is(Exit::Damaged, "remote-unreadable").hint("see what the commit holds: git show")
        }
        Unsettled::NotGathered(NotGathered::Git(_)) => {
            is(Exit::Failure, "git").hint("see the message; git status tells how the clone stands")
        }
        Unsettled::NotGathered(NotGathered::NoPacket(id, _)) => is(Exit::Damaged, "no-packet")
            .hint(format!("bring in the branch that has it (git fetch), then: ledger resolve-id {id}")),
        Unsettled::NotGathered(NotGathered::Edited(..)) => {
            is(Exit::Damaged, "edited").hint("the log names the one that is on record: ledger verify")
        }
        Unsettled::NoTwin(_) => is(Exit::Refused, "no-twin").hint("ledger conflicts tells what is to be settled"),
        Unsettled::WhichOne { id, twins } | Unsettled::NoSuchTwin { id, twins, .. } => {
            let uid = twins.first().map(|twin| twin.uid.to_string()).unwrap_or_default();
            is(Exit::Conflict, "id-clash").hint(format!("say who keeps it: ledger resolve-id {id} --keep {uid}"))
        }
        Unsettled::OnRecord { id, .. } => {
            is(Exit::Refused, "resolved").hint(format!("carry over what others wrote since: ledger resolve-id {id}"))
        }
        Unsettled::NotRewritten(..) => {
            is(Exit::Conflict, "not-renumbered").hint("use a newer ledger; this one is: ledger --version")
        }
    }
}

fn git_failed(message: &str, error: &GitFailure) -> Failure {
    match error {
        GitFailure::Program(_) => {
            Failure::new(Exit::Failure, "git", message).hint("install git; git --version tells whether it is there")
        }
        GitFailure::NoRepository(_) => {
            Failure::new(Exit::NotFound, "no-repository", message).hint("git init, or git clone")
        }
        GitFailure::Locked { lock, .. } => Failure::new(Exit::Busy, "git-locked", message).hint(if_no_git_runs(lock)),
        GitFailure::Failed { .. } | GitFailure::Garbled { .. } => Failure::new(Exit::Failure, "git", message)
            .hint("see what git says of the repository: git status; git fsck"),
        GitFailure::Late { .. } => Failure::new(Exit::Busy, "busy", message)
            .hint("ledger sync again, with a longer --timeout: it goes on where it was"),
    }
}

/// What takes a lock away that a git which was killed left behind.
pub(super) fn if_no_git_runs(lock: &Path) -> String {
    format!("if no git runs in this clone: rm {}; then the same again", quoted(lock))
}

fn no_target(message: &str, none: &NoTarget) -> Failure {
    let is = |exit, code| Failure::new(exit, code, message);
    match none {
        NoTarget::NoRemote => is(Exit::NotFound, "no-remote").hint("git remote add origin URL"),
        NoTarget::UnknownRemote(_) => is(Exit::NotFound, "no-remote").hint("git remote tells which there are"),
        NoTarget::ManyRemotes(_) => is(Exit::Usage, "usage").hint("ledger sync REMOTE"),
        NoTarget::Ignored => is(Exit::Usage, "usage").hint("ledger sync --branch NAME"),
        NoTarget::Detached => is(Exit::Usage, "usage").hint("ledger sync --branch NAME"),
        NoTarget::BadBranch(_) => is(Exit::Usage, "usage").hint("ledger sync --branch NAME"),
    }
}

fn clashed(message: &str, clash: &Clash, target: &Target) -> Failure {
    let is = |exit, code| Failure::new(exit, code, message);
    match clash {
        Clash::Edited(file) => is(Exit::Damaged, "edited").hint(format!(
            "find out which is as it was written: git log --all -- {}; ledger verify",
            file.path()
        )),
        Clash::Unreadable { file, what } => is(Exit::Damaged, "remote-unreadable").hint(unreadable_hint(file, what, target)),
        Clash::NoFile(file) => is(Exit::Damaged, "remote-unreadable")
            .hint(format!("{}; {}", brought_by(file), restoring(target))),
        Clash::Lost(lost) => is(Exit::Damaged, "remote-unreadable")
            .hint(format!("{}; who wrote it gives it back: {}, in a clone that has it whole", brought_by(&lost.file), restoring(target))),
        Clash::DamagedHere { what, .. } if what.ends_with(CONFLICT_MARKER) => {
            is(Exit::Damaged, "damaged").hint("ledger repair-merge")
        }
        Clash::DamagedHere { .. } => is(Exit::Damaged, "damaged").hint("ledger verify tells what brings it back"),
        Clash::Version(name, version) => is(Exit::Conflict, "version-clash").hint(format!(
            "theirs was published first: set yours aside with git (schemas/contracts/{name}), sync, and register it as another version than {version}"
        )),
        Clash::Text(file) => is(Exit::Conflict, "text-clash").hint(text_hint(file)),
        Clash::Checkpoint(_) => is(Exit::Conflict, "checkpoint-clash")
            .hint("take checkpoints under names of their own: ledger checkpoint --origin NAME; move these away first"),
        Clash::OtherLedger(_) => is(Exit::Refused, "other-ledger")
            .hint("two ledgers are never made one: ledger sync --branch NAME keeps this one beside it; if this one holds nothing yet, move coordination, schemas, .gitattributes and .gitignore away and git pull"),
        Clash::Covered(origin, _) => is(Exit::Conflict, "checkpoint-clash").hint(format!(
            "move what the other side does not have of coordination/checkpoints/{origin} away (git status), sync, and take it anew: ledger checkpoint --origin {origin}"
        )),
        Clash::Published(id) | Clash::Mixed(id) => is(Exit::Conflict, "id-clash").hint(format!(
            "ledger resolve-id {id} tells both; then ledger resolve-id {id} --keep theirs (or ours), and ledger sync"
        )),
        Clash::Named { by: _, numbers } => {
            let id = numbers.first().map(ToString::to_string).unwrap_or_default();
            is(Exit::Conflict, "id-clash").hint(format!(
                "ledger resolve-id {id} tells both; then ledger resolve-id {id} --keep theirs (or ours), and ledger sync"
            ))
        }
        Clash::NotRewritten(..) => is(Exit::Conflict, "not-renumbered").hint("use a newer ledger; this one is: ledger --version"),
    }
}

fn brought_by(file: &CarriedFile) -> String {
    format!("find the commit that brought it: git log --all -- {}", file.path())
}

/// What gives the other side back what it had.
fn restoring(target: &Target) -> String {
    let branch = target.reference.strip_prefix("refs/heads/").unwrap_or(&target.reference);
    format!("ledger sync {} --branch {} --restore", shell(&target.remote), shell(branch))
}

fn unreadable_hint(file: &CarriedFile, what: &str, target: &Target) -> String {
    let (CarriedFile::Log(_), restoring) = (file, restoring(target)) else { return brought_by(file) };
    match (what.ends_with(CONFLICT_MARKER), target.place) {
        (true, Place::CheckedOut) => {
            format!(
                "git pull, ledger repair-merge, git commit -am Merged, git push; or take every whole line of it: {restoring}"
            )
        }
        (true, Place::Apart) => format!("take every whole line of it: {restoring}"),
        (false, Place::CheckedOut | Place::Apart) => {
            format!("{}; go on with every whole line of it: {restoring}", brought_by(file))
        }
    }
}

fn text_hint(file: &CarriedFile) -> String {
    format!("bring {} to what both want, then: ledger sync --take ours; or give yours up: --take theirs", file.path())
}
