//! The real binary under the operating system's own failures: system calls that fail or are the last one (strace), a
//! disk without room, a folder that can't be written to, a lock that is held for ever, clocks that jump, a program of
//! another version. What a machine lacks for it is skipped with a line that says so.
#![cfg(target_os = "linux")]
#![expect(clippy::disallowed_methods, reason = "tests look at the world and play accidents in it")]

mod clocks;
mod locks;
mod place;
mod room;
mod traced;
mod unreadable;
mod versions;

use std::io::Write;

/// Tells what was tried or skipped, whether or not the test's own output is shown.
fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}
