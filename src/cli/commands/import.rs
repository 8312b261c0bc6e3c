//! `ledger import`

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::intake_args::Import;
use super::super::render::intake::Source;
use super::super::{Context, input, open};
use super::intake::{self, Read};
use crate::app::write::Effect;
use crate::intake::records::{self, INPUT_BYTES_MAX};
use crate::intake::tracker::{Tracker, wishes};

pub(super) fn run(context: &mut Context<'_>, args: &Import) -> Result<Exit, Failure> {
    let form = args.from.form();
    if args.print_map {
        context.output.text(form.text())?;
        return Ok(Exit::Done);
    }
    let file = args.file.as_deref().unwrap_or("-");
    let map = intake::map(form, args.map.as_ref(), context.env)?.with_defaults(
        args.origin.clone(),
        args.target.clone(),
        args.request_type.clone(),
    );
    let opened = context.open()?;
    let ledger = opened.ledger();
    let session = open::session(context, opened.root(), args.secrets)?;
    let text = input::file_within(file, context.env, INPUT_BYTES_MAX)?;
    let bad = |what: String| {
        Failure::new(Exit::Usage, "input", format!("could not read {}: {what}", input::shown(file)))
            .hint("ledger import --help says what each form looks like; nothing was written")
    };
    let records = records::read(form, &text).map_err(bad)?;
    let source = args.source.as_deref().unwrap_or(form.name());
    let (wishes, skipped, unread) = wishes(records, Tracker { source, map: &map, workflow: ledger.workflow });
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let read = Read { source: Source::Tracker(source.to_owned()), wishes, skipped, unread };
    intake::carry_out(context, &ledger, &session, read, effect)
}
