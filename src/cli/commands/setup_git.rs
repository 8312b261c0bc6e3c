//! `ledger setup-git`

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::merge_args::SetupGit;
use super::super::open;
use super::super::render::merging::{SetUpView, set_up};
use crate::app::setup_git::{self, Effect, Wanted};

pub(super) fn run(context: &mut Context<'_>, args: &SetupGit) -> Result<Exit, Failure> {
    // The settings may be in the middle of a merge.
    let store = open::to_examine(&context.cli.global, context.env)?.store;
    let root = store.layout().root().to_owned();
    context.root = Some(root.clone());
    let program = context.env.program.as_deref().ok_or_else(|| {
        Failure::new(Exit::Failure, "bug", "this program's file is not known, so git can't be told to run it")
    })?;
    let wanted = if args.remove { Wanted::Nothing } else { Wanted::Driver };
    let effect = if args.dry_run { Effect::Told } else { Effect::Written };
    let done = setup_git::set_up(&root, program, (wanted, effect), &context.env.disk)?;
    let view = SetUpView::new(&done, effect, &root);
    if context.output.format != Format::Text {
        context.output.json(&view)?;
    } else if !context.output.quiet {
        context.output.text(&set_up(&view))?;
    }
    Ok(Exit::Done)
}
