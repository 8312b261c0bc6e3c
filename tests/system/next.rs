//! The program as its next version may be: all of its sources, and another newest format. `tests/system` runs it beside
//! the program itself on one ledger.

extern crate self as coordination_ledger;

#[path = "../../src/app/mod.rs"]
pub mod app;
#[path = "../../src/cli/mod.rs"]
pub mod cli;
#[path = "../../src/contract/mod.rs"]
pub mod contract;
#[path = "../../src/domain/mod.rs"]
pub mod domain;
#[path = "../../src/index/mod.rs"]
pub mod index;
#[path = "../../src/intake/mod.rs"]
pub mod intake;
#[path = "../../src/main.rs"]
mod program;
#[path = "../../src/registry/mod.rs"]
pub mod registry;
#[path = "../../src/signing/mod.rs"]
pub mod signing;
#[path = "../../src/store/mod.rs"]
pub mod store;
#[path = "../../src/sync/mod.rs"]
pub mod sync;
#[cfg(feature = "tui")]
#[path = "../../src/tui/mod.rs"]
pub mod tui;

/// One more than the program's own.
pub const FORMAT: u32 = 2;

fn main() -> std::process::ExitCode {
    program::main()
}
