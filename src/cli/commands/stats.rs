//! `ledger stats`

use super::super::Context;
use super::super::args::Wanted;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::Stats;
use super::super::render::stats::{StatsView, text};
use super::super::render::text::count;
use super::super::render::views::DamagedView;
use super::{fields, rows};

pub(super) fn run(context: &mut Context<'_>, args: &Stats) -> Result<Exit, Failure> {
    fields::known(&args.fields, &fields::OF_STATS)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let query = rows::query(&args.filters, ledger.workflow, (context.env.now)())?;
    let figures = ledger.stats(&query, args.weeks)?;
    let stats = &figures.stats;
    let damaged = DamagedView::all(&figures.damaged, opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    match context.cli.global.wanted() {
        Wanted::Text if !args.fields.is_empty() => {
            let members = fields::chosen(&StatsView::new(stats, ledger.workflow, damaged), &args.fields)?;
            context.output.text(&fields::lines(&members, &args.fields))?;
        }
        Wanted::Json | Wanted::Jsonl if !args.fields.is_empty() => {
            let view = StatsView::new(stats, ledger.workflow, damaged);
            context.output.json(&fields::chosen(&view, &args.fields)?)?;
        }
        Wanted::Text if context.output.quiet => context.output.text(&text::headline(stats))?,
        Wanted::Text if stats.requests.all == 0 => context.output.tell("no request matches"),
        Wanted::Text => {
            let text = text::text(stats, ledger.workflow, context.output.width);
            context.output.text(&text)?;
        }
        Wanted::Json | Wanted::Jsonl => context.output.json(&StatsView::new(stats, ledger.workflow, damaged))?,
        Wanted::Csv => {
            let text = StatsView::new(stats, ledger.workflow, damaged).csv();
            context.output.text(&text)?;
        }
        Wanted::Github
        | Wanted::Sarif
        | Wanted::Junit
        | Wanted::Markdown
        | Wanted::Html
        | Wanted::Mermaid
        | Wanted::Dot
        | Wanted::Svg => return Err(context.no_format()),
    }
    told.iter().for_each(|text| context.output.tell(text));
    let duplicates = if stats.requests.open == 0 { 0 } else { ledger.open_duplicates(&query)? };
    if duplicates > 0 {
        let of = count(duplicates as u64, "open request");
        let is = if duplicates == 1 { "is a duplicate of another" } else { "are duplicates of others" };
        context.output.tell(&format!("{of} {is}, and counted like the rest: ledger conflicts"));
    }
    if stats.requests.all == 0
        && let Some(unknown) = query.request_type.as_ref().and_then(|typed| ledger.unknown_request_type(typed))
    {
        context.output.tell(&unknown);
    }
    Ok(if figures.damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}
