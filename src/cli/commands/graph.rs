//! `ledger graph`

use super::super::Context;
use super::super::args::{Format, Wanted};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::Graph;
use super::super::render::graph::{Drawing, GraphView, marks, svg, text};
use super::super::render::views::DamagedView;
use crate::app::AppError;
use crate::app::graph::Asked;
use crate::domain::time::Timestamp;

pub(super) fn run(context: &mut Context<'_>, args: &Graph) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let at = args.at.as_ref().map(|at| Timestamp::parse_typed(at, (context.env.now)()));
    let at = at.transpose().map_err(AppError::from)?;
    let request =
        args.request.as_ref().map(|typed| ledger.resolve(typed, ledger.store, &context.budget)).transpose()?;
    let graph = ledger.graph(&Asked { request, at, limit: args.limit })?;
    let drawing = Drawing::new(&graph);
    let damaged = DamagedView::all(&graph.damaged, opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    let is_cut = graph.matched > graph.nodes.len();
    match context.cli.global.wanted() {
        Wanted::Text if context.output.quiet => {
            let ids: String = graph.nodes.keys().map(|id| format!("{id}\n")).collect();
            context.output.text(&ids)?;
        }
        Wanted::Text if drawing.is_empty() => context.output.tell("no open request depends on another or is a part"),
        Wanted::Text => context.output.text(&text::text(&drawing))?,
        Wanted::Json => context.output.json(&GraphView::new(&drawing, damaged))?,
        Wanted::Jsonl => {
            for line in GraphView::new(&drawing, damaged).lines() {
                context.output.json(&line)?;
            }
        }
        Wanted::Mermaid => context.output.text(&marks::mermaid(&drawing))?,
        Wanted::Dot => context.output.text(&marks::dot(&drawing))?,
        Wanted::Svg => context.output.text(&svg::svg(&drawing))?,
        Wanted::Github | Wanted::Sarif | Wanted::Junit | Wanted::Markdown | Wanted::Html | Wanted::Csv => {
            return Err(context.no_format());
        }
    }
    told.iter().for_each(|text| context.output.tell(text));
    if is_cut && context.output.format != Format::Json {
        let text = format!("{} of {} requests shown; --limit N shows more", graph.nodes.len(), graph.matched);
        context.output.tell(&text);
    }
    Ok(if graph.damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}
