//! `ledger search`

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::search::{FoundView, HitPrinted, HitView, hit_text};
use super::super::render::views::DamagedView;
use super::super::search_args::Search;
use super::{fields, rows};
use crate::app::list::{Query, Scope};
use crate::index::cache::search::{Found, Hit};
use crate::index::search::Wanted;

pub(super) fn run(context: &mut Context<'_>, args: &Search) -> Result<Exit, Failure> {
    fields::known(&args.fields, &fields::OF_HIT)?;
    let wanted = Wanted::parse(&args.words.join(" ")).map_err(|bad| {
        Failure::usage(bad)
            .hint("ledger search refund 'invoic*' '\"exchange rate\"' looks for words, beginnings and phrases")
    })?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let query = Query {
        scope: if args.open { Scope::Open } else { Scope::All },
        ..rows::query(&args.filters, ledger.workflow, (context.env.now)())?
    };
    let found = ledger.search(&wanted, &query, args.limit)?;
    let damaged = DamagedView::all(&found.damaged, opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    match context.output.format {
        Format::Text if context.output.quiet => {
            let ids: String = found.hits.iter().map(|hit| format!("{}\n", hit.id)).collect();
            context.output.text(&ids)?;
        }
        Format::Text if !args.fields.is_empty() && !found.hits.is_empty() => {
            for hit in &found.hits {
                let members = fields::chosen(&HitView::from(hit), &args.fields)?;
                context.output.text(&fields::line(&members, &args.fields))?;
            }
        }
        Format::Text if found.hits.is_empty() => context.output.tell("no request matches"),
        Format::Text => {
            let times = context.output.times;
            let text: String = found.hits.iter().map(|hit| hit_text(hit, times)).collect();
            context.output.text(&text)?;
        }
        Format::Json => {
            let requests = found.hits.iter().map(|hit| printed(hit, &args.fields)).collect::<Result<_, _>>()?;
            context.output.json(&FoundView::new(requests, &found, damaged))?;
        }
        Format::Jsonl => {
            for hit in &found.hits {
                context.output.json(&printed(hit, &args.fields)?)?;
            }
        }
    }
    told.iter().for_each(|text| context.output.tell(text));
    if let Some(more) = more(&found).filter(|_| context.output.format != Format::Json) {
        context.output.tell(&more);
    }
    if found.matched == 0 {
        rows::tell_unknown(&query, &ledger).iter().for_each(|unknown| context.output.tell(unknown));
    }
    Ok(if found.damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}

/// A request that was found as it is printed: whole, or what was asked for of it.
fn printed<'a>(hit: &'a Hit, fields: &[String]) -> Result<HitPrinted<'a>, Failure> {
    let view = HitView::from(hit);
    if fields.is_empty() {
        return Ok(HitPrinted::Whole(Box::new(view)));
    }
    fields::chosen(&view, fields).map(HitPrinted::Chosen)
}

/// What the answer leaves out.
fn more(found: &Found) -> Option<String> {
    let Found { hits, matched, has_older, damaged: _ } = found;
    match (hits.len() < *matched, has_older) {
        (_, true) => Some(format!("{} of more than {matched} shown, the best of the newest {matched}", hits.len())),
        (true, false) => Some(format!("{} of {matched} shown", hits.len())),
        (false, false) => None,
    }
}
