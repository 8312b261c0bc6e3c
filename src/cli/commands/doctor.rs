//! `ledger doctor`

use std::io::ErrorKind;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use super::super::Context;
use super::super::args::{Doctor, Format};
use super::super::checkpoint_args::Trusting;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::doctor::{ExaminedView, MendedView, examined};
use super::super::render::progress::Progress;
use super::super::trust;
use crate::app::doctor::Locks;
use crate::index::refresh::{self, Making, Memory};
use crate::store::fs::FsStore;
use crate::store::fs::lock::{Lock, Sharing};
use crate::store::{Budget, StoreError};

/// How long the other process may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(3);
const POLL: Duration = Duration::from_millis(5);

pub(super) fn run(context: &mut Context<'_>, args: &Doctor) -> Result<Exit, Failure> {
    let opened = context.open()?;
    if let Some(path) = &args.try_lock {
        return Ok(match Lock::try_take(opened.store().files(), path, Sharing::Exclusive)? {
            Some(_) => Exit::Done,
            None => Exit::Busy,
        });
    }
    let ledger = opened.ledger();
    let mut mended = Vec::new();
    let leftovers = if args.fix {
        ledger.writable()?;
        let (done, left) = opened.store().mend(&context.budget)?;
        mended = MendedView::all(&done, opened.root());
        let (mut is_new, mut was_wrong) = (false, false);
        ledger.store.projecting(&context.budget, &mut || {
            let (_, projection) = refresh::check(opened.store(), ledger.scope(), &|_, _| {})?;
            was_wrong = !projection.contradicted.is_empty();
            drop(projection);
            is_new = refresh::rebuild(opened.store(), ledger.scope(), Making::Anew, Memory::Kept, &|_, _| {})?.written;
            Ok(())
        })?;
        mended.extend(was_wrong.then(MendedView::cache));
        mended.extend(is_new.then(MendedView::index));
        left
    } else {
        opened.store().leftovers()?
    };
    let trust = trust::trust(&Trusting::default(), context.env, Some(&ledger))?;
    let locks = try_locks(opened.store(), context.env.program.as_deref(), opened.root());
    let bar = Progress::new("examining", &context.budget, context.output.err_is_terminal && !context.output.quiet);
    let found = ledger.examine(opened.store(), locks, leftovers, &trust, &|done, total| bar.at(done, total))?;
    drop(bar);
    let exit = if found.is_safe() { Exit::Done } else { Exit::No };
    let view = ExaminedView::new(&found, mended, opened.root());
    if context.output.format != Format::Text {
        context.output.json(&view)?;
    } else if !(context.output.quiet && exit == Exit::Done) {
        context.output.text(&examined(&view))?;
    }
    Ok(exit)
}

/// Holds a lock and has another process try to take it; lets it go and has it try again.
fn try_locks(store: &FsStore, program: Option<&Path>, root: &Path) -> Locks {
    let path = store.layout().lock("doctor");
    let held = match Lock::take(store.files(), &path, "the doctor's lock", Sharing::Exclusive, &one_moment()) {
        Ok(lock) => lock,
        // That is told by itself, and says nothing of locks.
        Err(StoreError::Io { source, .. }) if is_forbidden(&source) => {
            return Locks::Untried("nothing can be written here".to_owned());
        }
        Err(error) => return Locks::Fail(error.to_string()),
    };
    let Some(program) = program else { return Locks::Untried("this program's file is not known".to_owned()) };
    let ask = || other_process(program, root, &path);
    match ask() {
        Answer::Taken => return Locks::ExcludeNobody,
        Answer::Busy => {}
        Answer::None => return Locks::Hang(ANSWER_MAX),
        Answer::Failed(what) => return Locks::Untried(what),
    }
    drop(held);
    match ask() {
        Answer::Taken => Locks::Work,
        Answer::Busy => Locks::Fail("it is held although nobody holds it".to_owned()),
        Answer::None => Locks::Hang(ANSWER_MAX),
        Answer::Failed(what) => Locks::Untried(what),
    }
}

fn is_forbidden(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem)
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
    match exit_of(&mut child) {
        Some(Ok(status)) if status == i32::from(Exit::Done.status()) => Answer::Taken,
        Some(Ok(status)) if status == i32::from(Exit::Busy.status()) => Answer::Busy,
        Some(Ok(status)) => Answer::Failed(format!("the other process ended with status {status}")),
        Some(Err(error)) => Answer::Failed(error.to_string()),
        None => Answer::None,
    }
}

/// How a process ended; `None` if it did not in time. It is ended then: a lock that hangs may hold it for ever.
fn exit_of(child: &mut Child) -> Option<std::io::Result<i32>> {
    let patience = Budget::new(Some(ANSWER_MAX), std::sync::Arc::new(|_| {}));
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

fn one_moment() -> Budget {
    Budget::new(Some(ANSWER_MAX), std::sync::Arc::new(|_| {}))
}
