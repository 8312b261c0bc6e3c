//! `ledger show`

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::look_args::Show;
use super::super::render::text::{self, Explain};
use super::super::render::views::ShowView;
use super::fields;
use crate::app::AppError;
use crate::app::show::AsOf;
use crate::domain::id::Actor;
use crate::domain::time::Timestamp;

pub(super) fn run(context: &mut Context<'_>, args: &Show) -> Result<Exit, Failure> {
    fields::known(&args.fields, &fields::OF_SHOW)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let as_of = match (&args.at, args.version) {
        (Some(at), _) => AsOf::Time(Timestamp::parse_typed(at, (context.env.now)()).map_err(AppError::from)?),
        (None, Some(version)) => AsOf::Version(version),
        (None, None) => AsOf::Now,
    };
    let id = ledger.resolve(&args.request, ledger.store, &context.budget)?;
    let view = ledger.show(ledger.store, id, as_of, &onlooker(context)?)?;
    if !args.fields.is_empty() {
        let members = fields::chosen(&ShowView::from(&view), &args.fields)?;
        match context.output.format {
            Format::Text => context.output.text(&fields::lines(&members, &args.fields))?,
            Format::Json | Format::Jsonl => context.output.json(&members)?,
        }
    } else if context.output.format == Format::Text {
        let explain = if args.explain { Explain::Yes } else { Explain::No };
        context.output.text(&text::show(&view, explain, context.output.times))?;
    } else {
        context.output.json(&ShowView::from(&view))?;
    }
    Ok(Exit::Done)
}

/// Whose possibilities are told. Looking needs no name, and asking git for one is slow.
fn onlooker(context: &Context<'_>) -> Result<Actor, Failure> {
    let named = context.cli.global.actor.as_ref().or(context.env.actor.as_ref()).filter(|name| !name.is_empty());
    let configured = context.cli.global.configured.actor();
    match (named, configured) {
        (None, Some(actor)) => Ok(actor.clone()),
        (named, _) => named.map_or("anybody", String::as_str).parse().map_err(Failure::usage),
    }
}
