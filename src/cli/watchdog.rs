//! Ends the program when its budget is over and it still runs: a sync that hangs can't be interrupted in any other way.

use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::time::Duration;

use super::args::Cli;
use super::exit::Exit;
use super::failure::Failure;
use super::render::Output;
use crate::store::Budget;
use crate::store::budget::Progress;

/// Time for a command to notice by itself that its budget is over.
const GRACE: Duration = Duration::from_millis(400);

/// A watchdog; dropped, it goes away.
pub(super) struct Watchdog {
    _alive: Sender<()>,
}

/// Watches a command with a budget, unless it handles a stream and renews its budget itself.
pub(super) fn start(cli: &Cli, budget: &Budget, abort: fn(u8) -> !) -> Option<Watchdog> {
    let left = budget.left()?;
    if cli.command.is_stream() {
        return None;
    }
    let (alive, gone) = channel::<()>();
    let budget = budget.clone();
    let format = cli.global.format();
    let watch = move || {
        if gone.recv_timeout(left + GRACE) != Err(RecvTimeoutError::Timeout) {
            return;
        }
        let failure = match budget.progress() {
            Progress::Settled => return,
            Progress::Before => Failure::new(Exit::Busy, "busy", "the budget ran out before anything was written")
                .hint("try again, with a longer --timeout if it goes on"),
            Progress::Writing => Failure::new(
                Exit::Unknown,
                "unknown",
                "the budget ran out in the middle of a write: it may be on record or not",
            )
            .hint("look with ledger log before trying again; with --key a retry is safe"),
        };
        let mut output =
            Output::new(Box::new(std::io::sink()), Box::new(anstream::AutoStream::auto(std::io::stderr())));
        output.format = format;
        output.fail(&failure);
        abort(failure.exit.status());
    };
    // Without a thread there is no watchdog; the command still keeps to its budget wherever it waits for locks.
    std::thread::Builder::new().name("watchdog".into()).spawn(watch).ok()?;
    Some(Watchdog { _alive: alive })
}
