//! Whether locks work: tried by processes of their own, which may hang where this one must not.
//!
//! One holds a lock on a file that is its own, has another one try to take it, lets it go and has it tried again; what it
//! found it prints in a line.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use crate::app::doctor::Locks;
use crate::store::fs::FsStore;
use crate::store::fs::lock::{Lock, Sharing};
use crate::store::{Budget, StoreError};

/// How long a lock may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);
/// How long the process that tries all may take: it waits for an answer itself.
const TRIAL_MAX: Duration = Duration::from_secs(6);
const POLL: Duration = Duration::from_millis(5);
/// A line that is longer is none of ours.
const LINE_BYTES_MAX: u64 = 4096;

/// Has locks tried by another process. This one takes none.
pub(super) fn probe(program: Option<&Path>, root: &Path) -> Locks {
    let Some(program) = program else { return Locks::Untried("this program's file is not known".to_owned()) };
    let mut command = Command::new(program);
    command.arg("doctor").arg("--root").arg(root).arg("--try-locks");
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Locks::Untried(format!("another process can't be started: {error}")),
    };
    match exit_of(&mut child, TRIAL_MAX) {
        None => Locks::Hang(ANSWER_MAX),
        Some(Err(error)) => Locks::Untried(error.to_string()),
        Some(Ok(status)) => {
            // It has ended: what it printed is there, and no more comes.
            let mut line = String::new();
            let out = child.stdout.take().map(|out| out.take(LINE_BYTES_MAX).read_to_string(&mut line));
            let told = out.and_then(Result::ok).and_then(|_| parse(line.trim_end()));
            told.unwrap_or_else(|| Locks::Untried(format!("the other process ended with status {status}")))
        }
    }
}

/// What the other process does: tries locks with yet another one; answers with the line to print.
pub(super) fn try_all(store: &FsStore, program: Option<&Path>) -> String {
    // Where that fails, it is told by itself.
    let _ = store.try_writing();
    // A name that nobody else has: what others hold says nothing of whether locks work.
    let path = store.layout().in_local("tmp").join(format!("doctor-{}.lock", std::process::id()));
    let found = try_at(store, program, &path);
    // Left behind, it is cleared away like any temporary file.
    let _ = store.files().remove(&path);
    told(&found)
}

/// What yet another process does: tries to take one lock, and says so with its status.
pub(super) fn try_one(store: &FsStore, path: &Path) -> Result<Exit, Failure> {
    Ok(match Lock::try_take(store.files(), path, Sharing::Exclusive)? {
        Some(_) => Exit::Done,
        None => Exit::Busy,
    })
}

fn try_at(store: &FsStore, program: Option<&Path>, path: &Path) -> Locks {
    let held = match Lock::try_take(store.files(), path, Sharing::Exclusive) {
        Ok(Some(lock)) => lock,
        Ok(None) => return Locks::Fail("a lock is held although nobody holds it".to_owned()),
        // That is told by itself, and says nothing of locks.
        Err(StoreError::Io { source, .. }) if is_elsewhere(source.kind()) => {
            return Locks::Untried("nothing can be written here".to_owned());
        }
        Err(StoreError::Damaged { .. }) => return Locks::Untried("coordination/.local/tmp can't be used".to_owned()),
        Err(error) => return Locks::Fail(error.to_string()),
    };
    let Some(program) = program else { return Locks::Untried("this program's file is not known".to_owned()) };
    let ask = || other_process(program, store.layout().root(), path);
    match ask() {
        Answer::Taken => return Locks::ExcludeNobody,
        Answer::Busy => {}
        Answer::None => return Locks::Hang(ANSWER_MAX),
        Answer::Failed(what) => return Locks::Untried(what),
    }
    drop(held);
    match ask() {
        Answer::Taken => Locks::Work,
        Answer::Busy => Locks::Fail("a lock is held although nobody holds it".to_owned()),
        Answer::None => Locks::Hang(ANSWER_MAX),
        Answer::Failed(what) => Locks::Untried(what),
    }
}

/// Whether an error is none of locks: no file can be made here.
fn is_elsewhere(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::PermissionDenied
            | ErrorKind::ReadOnlyFilesystem
            | ErrorKind::NotFound
            | ErrorKind::StorageFull
            | ErrorKind::QuotaExceeded
    )
}

enum Answer {
    Taken,
    Busy,
    None,
    Failed(String),
}

fn other_process(program: &Path, root: &Path, lock: &Path) -> Answer {
    let mut command = Command::new(program);
    command.arg("doctor").arg("--root").arg(root).arg("--try-lock").arg(lock);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => return Answer::Failed(format!("another process can't be started: {error}")),
    };
    match exit_of(&mut child, ANSWER_MAX) {
        Some(Ok(status)) if status == i32::from(Exit::Done.status()) => Answer::Taken,
        Some(Ok(status)) if status == i32::from(Exit::Busy.status()) => Answer::Busy,
        Some(Ok(status)) => Answer::Failed(format!("the other process ended with status {status}")),
        Some(Err(error)) => Answer::Failed(error.to_string()),
        None => Answer::None,
    }
}

/// How a process ended; `None` if it did not in time. It is ended then: a lock that hangs may hold it for ever.
fn exit_of(child: &mut Child, max: Duration) -> Option<std::io::Result<i32>> {
    let patience = Budget::new(Some(max), std::sync::Arc::new(|_| {}));
    while !patience.is_over() {
        match child.try_wait() {
            Ok(Some(status)) => return Some(Ok(status.code().unwrap_or(-1))),
            Ok(None) => std::thread::sleep(POLL),
            Err(error) => return Some(Err(error)),
        }
    }
    // One that hangs in the kernel can't be ended, and must not be waited for.
    let _ = child.kill();
    None
}

/// What was found, as a line.
fn told(locks: &Locks) -> String {
    match locks {
        Locks::Work => "work\n".to_owned(),
        Locks::ExcludeNobody => "broken\n".to_owned(),
        Locks::Hang(_) => "hang\n".to_owned(),
        Locks::Fail(what) => format!("fail {}\n", what.replace(char::is_control, " ")),
        Locks::Untried(what) => format!("untried {}\n", what.replace(char::is_control, " ")),
    }
}

/// What a line says; `None` of another one.
fn parse(line: &str) -> Option<Locks> {
    match line.split_once(' ').unwrap_or((line, "")) {
        ("work", "") => Some(Locks::Work),
        ("broken", "") => Some(Locks::ExcludeNobody),
        ("hang", "") => Some(Locks::Hang(ANSWER_MAX)),
        ("fail", what) => Some(Locks::Fail(what.to_owned())),
        ("untried", what) => Some(Locks::Untried(what.to_owned())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_process_tells_the_other_understands() {
        let all = [
            Locks::Work,
            Locks::ExcludeNobody,
            Locks::Hang(ANSWER_MAX),
            Locks::Fail("no locks available".to_owned()),
            Locks::Untried("nothing can be written here".to_owned()),
        ];
        for locks in all {
            assert_eq!(parse(told(&locks).trim_end()), Some(locks));
        }
        assert_eq!(parse("works"), None);
        assert_eq!(parse(""), None);
    }
}
