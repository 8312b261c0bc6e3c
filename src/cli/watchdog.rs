//! Ends the program when its budget is over and it still runs: a sync that hangs can't be interrupted in any other way.

use std::time::Duration;

use super::args::Cli;
use super::exit::Exit;
use super::failure::Failure;
use super::render::Output;
use crate::store::Budget;
use crate::store::budget::Progress;

/// Time for a command to notice by itself that its budget is over.
const GRACE: Duration = Duration::from_millis(400);

/// Watches a command with a budget, unless it handles a stream and renews its budget itself. It is not called off: what
/// is settled is left alone, and waking it up would take longer than most commands do.
pub(super) fn start(cli: &Cli, budget: &Budget, abort: fn(u8) -> !) {
    let Some(left) = budget.left().filter(|_| !cli.command.is_stream()) else { return };
    let budget = budget.clone();
    let format = cli.global.format();
    let watch = move || {
        std::thread::sleep(left + GRACE);
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
    let _ = std::thread::Builder::new().name("watchdog".into()).spawn(watch);
}
