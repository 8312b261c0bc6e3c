//! What commands cost as a ledger grows: processor time, memory, and making the cache anew beside `cat`.
//!
//! ```sh
//! cargo bench --bench scale                                       # 1,000 and 10,000 requests, in a temporary folder
//! LEDGER_SCALE=1000,10000,100000,1000000 LEDGER_SCALE_ROOT=/big LEDGER_SCALE_OUT=docs cargo bench --bench scale
//! ```
//!
//! The ledgers (ten events a request) are made by `examples/generate.rs` below `LEDGER_SCALE_ROOT`, once: those that are
//! there are taken as they are. With `LEDGER_SCALE_OUT` the figures go to `scale.csv` and `scale.svg` in that folder.

#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_macros,
    reason = "a bench sets up its own world and tells what it saw"
)]

mod chart;
mod measure;
mod pull;

use std::fs;
use std::path::{Path, PathBuf};

use measure::{Figure, Ledger};

fn main() {
    // `cargo test --benches` asks for nothing but that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let sizes = std::env::var("LEDGER_SCALE").unwrap_or_else(|_| "1000,10000".to_owned());
    let sizes: Vec<u64> = sizes.split(',').map(|size| size.trim().parse().expect("a number of requests")).collect();
    let temporary = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder");
    let root = std::env::var("LEDGER_SCALE_ROOT").map_or_else(|_| temporary.path().to_owned(), PathBuf::from);
    let mut figures: Vec<Figure> = Vec::new();
    for size in sizes {
        let ledger = Ledger::of(&root, size);
        println!("{size} requests");
        ledger.measure(&mut |figure| {
            println!("  {}", figure.told());
            figures.push(figure);
        });
    }
    let Ok(out) = std::env::var("LEDGER_SCALE_OUT") else { return };
    let out = Path::new(&out);
    fs::write(out.join("scale.csv"), measure::csv(&figures)).expect("a file");
    fs::write(out.join("scale.svg"), chart::svg(&figures)).expect("a file");
}
