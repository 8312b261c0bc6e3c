//! The arguments of `tui`.

use clap::Args;

/// Look at requests on a board, and bring them on
#[derive(Args, Debug)]
#[command(after_help = "\
The last line of the screen tells which keys do what; ? tells all of them. It needs a terminal: programs ask ledger list,
ledger show and ledger log. --timeout is the time that one write may take.")]
pub struct Tui {
    /// Asked by this repository
    #[arg(long, value_name = "REPO")]
    pub from: Option<String>,
    /// Asked of this repository
    #[arg(long, value_name = "REPO")]
    pub to: Option<String>,
}
