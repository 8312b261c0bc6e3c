//! `ledger contract diff`

use serde::Serialize;
use serde_json::Value;

use super::super::super::Context;
use super::super::super::args::Format;
use super::super::super::contract_args::Diff;
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::changes::{self as render, ChangeView};
use super::super::super::render::contract::text;
use super::super::super::render::contract::views::{ConsumerView, PairView};
use super::super::super::render::safe;
use super::{candidate, version};
use crate::app::Ledger;
use crate::app::contract::Comparing;
use crate::app::contract::changes::Wanted;
use crate::app::contract::judge::Subject;
use crate::contract::explain;
use crate::contract::gate::{Asking, Both, Consumer, Direction, Pair};
use crate::contract::{Draft, Resources, compare};
use crate::domain::compatibility::{OpenContent, Verdict};
use crate::domain::hash::Hash;
use crate::domain::id::ContractRef;
use crate::registry::Shelf;

/// One of two schemas that are compared.
struct Side {
    label: String,
    schema: Value,
    formats: bool,
    version: Option<(ContractRef, Shelf)>,
}

#[derive(Serialize)]
struct DiffView<'a> {
    old: &'a str,
    new: &'a str,
    open_content: OpenContent,
    formats: bool,
    backward: PairView<'a>,
    forward: PairView<'a>,
    changes: Vec<ChangeView<'a>>,
    changes_cut: bool,
    consumers: Vec<ConsumerView<'a>>,
}

pub(super) fn run(context: &mut Context<'_>, args: &Diff, resources: &Resources) -> Result<Exit, Failure> {
    let [from, to] = [&args.old, &args.new].map(|typed| version(typed, context));
    // Two files are compared without a ledger; where there is one, what it says of members counts for them, too.
    let opened = match context.open() {
        Ok(opened) => Some(opened),
        Err(failure) if failure.exit == Exit::NotFound && from.is_none() && to.is_none() => None,
        Err(failure) => return Err(failure),
    };
    let ledger = opened.as_ref().map(|opened| opened.ledger());
    let ledger = ledger.as_ref();
    let old = side(&args.old, from, ledger, resources, context)?;
    let new = side(&args.new, to, ledger, resources, context)?;
    let reachable = reachable(&[&old.schema, &new.schema], ledger, resources)?;
    let formats = args.formats || old.formats || new.formats;
    let comparing = Comparing { compare: &compare, resources: &reachable, budget: &context.budget };
    let asking = Asking { formats, resources: &reachable };
    let assumption = ledger.map_or_else(OpenContent::default, |ledger| ledger.settings.contract.open_content);
    let against = old.version.as_ref().map_or(0, |(reference, _)| reference.version());
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
    let asked =
        explain::Pair { old: &old.schema, new: &new.schema, draft: Draft::DEFAULT, formats, resources: &reachable };
    let changes = comparing.changes(&asked, &[&backward, &forward], Wanted::Both);
    let consumers = consumers(&old, &new, ledger, comparing)?;
    if context.output.format != Format::Text {
        context.output.json(&DiffView {
            old: &old.label,
            new: &new.label,
            open_content: assumption,
            formats,
            backward: PairView::new(&backward, assumption),
            forward: PairView::new(&forward, assumption),
            changes: changes.list.iter().map(|change| ChangeView::new(change, assumption)).collect(),
            changes_cut: changes.is_cut,
            consumers: consumers.iter().map(ConsumerView::from).collect(),
        })?;
        return Ok(Exit::Done);
    }
    let asserted = if formats { ", formats asserted" } else { "" };
    let (from, to) = (safe::line(&old.label), safe::line(&new.label));
    let mut told = format!("{from} → {to} ({} content{asserted})\n", assumption.name());
    for (pair, sub, sup) in [(&backward, &old, &new), (&forward, &new, &old)] {
        for (at, line) in text::both_lines(&pair.both, assumption, &sub.label, &sup.label).iter().enumerate() {
            let start = if at == 0 { format!("  {}: ", pair.direction.name()) } else { "    ".to_owned() };
            told.push_str(&format!("{start}{}\n", safe::line(line)));
        }
    }
    for consumer in &consumers {
        let touches = if consumer.verdict == Verdict::Compatible { "" } else { "touches " };
        told.push_str(&format!("  {touches}{}\n", safe::line(&text::consumer_line(consumer, &new.label))));
    }
    told.push_str(&render::blocks(&changes, assumption));
    context.output.text(&told)?;
    Ok(Exit::Done)
}

/// How the consumers of the old version's contract fare with the new schema.
fn consumers(
    old: &Side,
    new: &Side,
    ledger: Option<&Ledger<'_>>,
    comparing: Comparing<'_>,
) -> Result<Vec<Consumer>, Failure> {
    let (Some((reference, shelf)), Some(ledger)) = (&old.version, ledger) else { return Ok(Vec::new()) };
    let of_same = new.version.as_ref().filter(|(newer, _)| newer.name() == reference.name());
    let version = of_same.map_or_else(|| shelf.state.next(), |(newer, _)| newer.version());
    // Nobody asks which bytes these are.
    let sha256 = Hash::of(&[]);
    Ok(ledger.fare(Subject { shelf, version, schema: &new.schema, sha256 }, comparing, None)?)
}

fn reachable(schemas: &[&Value], ledger: Option<&Ledger<'_>>, resources: &Resources) -> Result<Resources, Failure> {
    match ledger {
        Some(ledger) => Ok(ledger.reachable(schemas, resources)?),
        None => Ok(resources.clone()),
    }
}

/// A version by its reference, else a file.
fn side(
    typed: &str,
    version: Option<ContractRef>,
    ledger: Option<&Ledger<'_>>,
    resources: &Resources,
    context: &Context<'_>,
) -> Result<Side, Failure> {
    match (version, ledger) {
        (Some(reference), Some(ledger)) => {
            let (shelf, schema) = ledger.schema_at(&reference)?;
            let formats = shelf.state.formats;
            Ok(Side { label: reference.to_string(), schema, formats, version: Some((reference, shelf)) })
        }
        (Some(_) | None, _) => {
            let candidate = candidate(typed, context)?;
            candidate.check(&reachable(&[&candidate.schema], ledger, resources)?)?;
            Ok(Side { label: candidate.file, schema: candidate.schema, formats: false, version: None })
        }
    }
}
