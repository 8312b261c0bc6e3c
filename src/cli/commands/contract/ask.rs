//! `ledger contract diff`, `matrix` and `can-i-deploy`

use serde::Serialize;
use serde_json::Value;

use super::super::super::Context;
use super::super::super::args::{Format, Wanted};
use super::super::super::contract_args::{CanIDeploy, Diff, Matrix};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::views::{ConsumerView, PairView};
use super::super::super::render::contract::{matrix as render, text};
use super::super::super::render::safe;
use super::{candidate, name, reference};
use crate::app::Ledger;
use crate::app::contract::Comparing;
use crate::contract::gate::{Asking, Both, Direction, Pair};
use crate::contract::{Resources, compare};
use crate::domain::compatibility::{Assumption, Stage, Verdict};
use crate::domain::id::{ContractName, ContractRef};

/// One of two schemas that are compared.
struct Side {
    label: String,
    schema: Value,
    formats: bool,
    reference: Option<ContractRef>,
}

#[derive(Serialize)]
struct DiffView<'a> {
    old: &'a str,
    new: &'a str,
    open_content: Assumption,
    formats: bool,
    backward: PairView<'a>,
    forward: PairView<'a>,
}

pub(super) fn diff(context: &mut Context<'_>, args: &Diff, resources: &Resources) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    let (old, new) = (side(&args.old, &ledger, context)?, side(&args.new, &ledger, context)?);
    let reachable = ledger.reachable(&[&old.schema, &new.schema], resources)?;
    let formats = args.formats || old.formats || new.formats;
    let comparing = Comparing { compare: &compare, resources: &reachable, budget: &context.budget };
    let asking = Asking { formats, resources: &reachable };
    let assumption = ledger.settings.contract.open_content;
    let against = old.reference.as_ref().map_or(0, ContractRef::version);
    let pair = |direction| {
        let (sub, sup) = match direction {
            Direction::Backward => (&old.schema, &new.schema),
            Direction::Forward => (&new.schema, &old.schema),
        };
        let mut both = None;
        comparing.within(&mut |limits| both = Some(Both::ask(&compare, sub, sup, asking, limits)));
        both.map(|both| Pair { against, direction, both })
    };
    let (Some(backward), Some(forward)) = (pair(Direction::Backward), pair(Direction::Forward)) else {
        return Err(Failure::new(Exit::Failure, "bug", "a question was not asked"));
    };
    if context.output.format != Format::Text {
        context.output.json(&DiffView {
            old: &old.label,
            new: &new.label,
            open_content: assumption,
            formats,
            backward: PairView::new(&backward, assumption),
            forward: PairView::new(&forward, assumption),
        })?;
        return Ok(Exit::Done);
    }
    let asserted = if formats { ", formats asserted" } else { "" };
    let mut told = format!("{} → {} ({} content{asserted})\n", old.label, new.label, assumption.name());
    for (pair, sub, sup) in [(&backward, &old, &new), (&forward, &new, &old)] {
        for (at, line) in text::both_lines(&pair.both, assumption, &sub.label, &sup.label).iter().enumerate() {
            let start = if at == 0 { format!("  {}: ", pair.direction.name()) } else { "    ".to_owned() };
            told.push_str(&format!("{start}{}\n", safe::line(line)));
        }
    }
    context.output.text(&told)?;
    Ok(Exit::Done)
}

/// A version by its reference, else a file.
fn side(typed: &str, ledger: &Ledger<'_>, context: &Context<'_>) -> Result<Side, Failure> {
    let is_file = typed == "-" || context.env.folder.join(typed).is_file();
    match typed.parse::<ContractRef>() {
        Ok(reference) if !is_file => {
            let (shelf, schema) = ledger.schema_at(&reference)?;
            let formats = shelf.state.formats;
            Ok(Side { label: reference.to_string(), schema, formats, reference: Some(reference) })
        }
        Ok(_) | Err(_) => {
            let candidate = candidate(typed, context)?;
            candidate.check(&ledger.reachable(&[&candidate.schema], &Resources::default())?)?;
            Ok(Side { label: candidate.file, schema: candidate.schema, formats: false, reference: None })
        }
    }
}

pub(super) fn matrix(context: &mut Context<'_>, args: &Matrix, resources: &Resources) -> Result<Exit, Failure> {
    let names: Vec<ContractName> = args.names.iter().map(|typed| name(typed)).collect::<Result<_, _>>()?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let comparing = Comparing { compare: &compare, resources, budget: &context.budget };
    let rows = ledger.matrix(&names, comparing)?;
    if names.is_empty() && !args.dry_run && ledger.keep_matrix(&rows)? && context.output.format == Format::Text {
        context.output.tell("ledger: coordination/compatibility_matrix.json is written");
    }
    let wanted = context.cli.global.wanted();
    match wanted {
        Wanted::Json => context.output.json(&render::MatrixView::new(&rows))?,
        Wanted::Jsonl => {
            for row in &rows {
                context.output.json(&render::RowView::from(row))?;
            }
        }
        Wanted::Text => {
            let width = context.output.width;
            context.output.text(&render::text(&rows, width))?;
        }
        Wanted::Markdown => context.output.text(&render::markdown(&rows))?,
        Wanted::Html => context.output.text(&render::html(&rows))?,
        Wanted::Github | Wanted::Sarif | Wanted::Junit => {
            return Err(Failure::usage("a matrix is printed as text, json, jsonl, markdown or html"));
        }
    }
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct DeployView<'a> {
    contract: &'a ContractName,
    version: u32,
    stage: &'static str,
    answer: &'static str,
    open_content: Assumption,
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
    let assumed = consumers.iter().any(|consumer| consumer.assumed);
    let hangs = if assumed { format!(", assuming {} content", assumption.name()) } else { String::new() };
    let mut told = format!("{answer}: {version} ({stage}){hangs}\n");
    if stage == Stage::Retired {
        told.push_str("  it is retired\n");
    }
    if consumers.is_empty() {
        told.push_str("  nobody is pinned to it\n");
    }
    for consumer in &consumers {
        told.push_str(&format!("  {}\n", safe::line(&text::consumer_line(consumer))));
    }
    context.output.text(&told)?;
    Ok(exit)
}
