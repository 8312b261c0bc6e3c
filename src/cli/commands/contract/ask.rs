//! `ledger contract matrix` and `can-i-deploy`

use serde::Serialize;

use super::super::super::Context;
use super::super::super::args::{Format, Wanted};
use super::super::super::contract_args::{CanIDeploy, Matrix};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::views::ConsumerView;
use super::super::super::render::contract::{matrix as render, text};
use super::super::super::render::safe;
use super::{name, reference};
use crate::app::contract::Comparing;
use crate::contract::{Resources, compare};
use crate::domain::compatibility::{OpenContent, Stage, Verdict};
use crate::domain::id::ContractName;

pub(super) fn matrix(context: &mut Context<'_>, args: &Matrix, resources: &Resources) -> Result<Exit, Failure> {
    let names: Vec<ContractName> = args.names.iter().map(|typed| name(typed)).collect::<Result<_, _>>()?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let mut rows = ledger.matrix(&names, comparing)?;
    if names.is_empty() && !args.dry_run && ledger.keep_matrix(&rows)? && context.output.format == Format::Text {
        context.output.tell("ledger: coordination/compatibility_matrix.json is written");
    }
    let assumption = ledger.settings.contract.open_content;
    let wanted = context.cli.global.wanted();
    let all = rows.len();
    let has_more = args.bound.cut(&mut rows);
    match wanted {
        Wanted::Json => context.output.json(&render::MatrixView::new(&rows, assumption, has_more))?,
        Wanted::Jsonl => {
            for row in &rows {
                context.output.json(&render::RowView::from(row))?;
            }
        }
        Wanted::Text => {
            let width = context.output.width;
            context.output.text(&render::text(&rows, assumption, width))?;
        }
        Wanted::Markdown => context.output.text(&render::markdown(&rows, assumption))?,
        Wanted::Html => context.output.text(&render::html(&rows, assumption))?,
        Wanted::Github | Wanted::Sarif | Wanted::Junit | Wanted::Mermaid | Wanted::Dot | Wanted::Svg | Wanted::Csv => {
            return Err(Failure::usage("a matrix is printed as text, json, jsonl, markdown or html"));
        }
    }
    if has_more && wanted != Wanted::Json {
        context.output.tell(&args.bound.told(all, "rows"));
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct DeployView<'a> {
    contract: &'a ContractName,
    version: u32,
    stage: &'static str,
    answer: &'static str,
    open_content: OpenContent,
    consumers: Vec<ConsumerView<'a>>,
}

pub(super) fn can_i_deploy(
    context: &mut Context<'_>,
    args: &CanIDeploy,
    resources: &Resources,
) -> Result<Exit, Failure> {
    let version = reference(&args.version)?;
    let consumer = args.consumer.as_ref().map(|repo| repo.parse()).transpose().map_err(Failure::usage)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let (stage, consumers) = ledger.can_deploy(&version, consumer.as_ref(), comparing)?;
    let worst = consumers.iter().map(|consumer| consumer.verdict).max().unwrap_or(Verdict::Compatible);
    let (answer, exit) = match worst {
        _ if stage == Stage::Retired => ("no", Exit::No),
        Verdict::Compatible => ("yes", Exit::Done),
        Verdict::Breaking => ("no", Exit::No),
        Verdict::Undecided => ("unknown", Exit::Undecided),
    };
    let assumption = ledger.settings.contract.open_content;
    if context.output.format != Format::Text {
        context.output.json(&DeployView {
            contract: version.name(),
            version: version.version(),
            stage: stage.name(),
            answer,
            open_content: assumption,
            consumers: consumers.iter().map(ConsumerView::from).collect(),
        })?;
        return Ok(exit);
    }
    let assumed = consumers.iter().any(|consumer| consumer.is_assumed());
    let hangs = if assumed { format!(", assuming {} content", assumption.name()) } else { String::new() };
    let mut told = format!("{answer}: {version} ({stage}){hangs}\n");
    if stage == Stage::Retired {
        told.push_str("  it is retired\n");
    }
    if consumers.is_empty() {
        told.push_str("  nobody is pinned to it\n");
    }
    for consumer in &consumers {
        let own = format!("v{}", version.version());
        told.push_str(&format!("  {}\n", safe::line(&text::consumer_line(consumer, &own))));
    }
    context.output.text(&told)?;
    Ok(exit)
}
