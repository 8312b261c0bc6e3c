//! `ledger completions`

use super::super::Context;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::manual_args::Completions;
use super::super::shells;

pub(super) fn run(context: &mut Context<'_>, args: &Completions) -> Result<Exit, Failure> {
    context.output.text(&shells::script(args.shell)?)?;
    Ok(Exit::Done)
}
