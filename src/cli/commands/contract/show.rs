//! `ledger contract list`, `show`, `log` and `status`

use serde::Serialize;

use super::super::super::Context;
use super::super::super::args::Format;
use super::super::super::contract_args::{Name, Show};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::text;
use super::super::super::render::contract::views::ContractView;
use super::super::super::render::safe;
use super::super::super::render::text::{WithStream, event_text, from_root};
use super::super::super::render::views::raw;
use super::{name, reference};
use crate::contract::state::ContractState;
use crate::domain::id::ContractName;
use serde_json::value::RawValue;

#[derive(Serialize)]
struct ListView<'a> {
    contracts: Vec<ContractView<'a>>,
    damaged: &'a [DamagedContract],
}

/// A contract that can't be read.
#[derive(Serialize)]
struct DamagedContract {
    contract: ContractName,
    what: String,
}

#[derive(Serialize)]
struct LogView {
    events: Vec<Box<RawValue>>,
}

pub(super) fn list(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let (states, damaged) = opened.ledger().all_contracts()?;
    let one =
        |(contract, what): (ContractName, String)| DamagedContract { contract, what: from_root(&what, opened.root()) };
    let damaged: Vec<DamagedContract> = damaged.into_iter().map(one).collect();
    match context.output.format {
        Format::Text if context.output.quiet => {
            context.output.text(&states.iter().map(|state| format!("{}\n", state.name)).collect::<String>())?;
        }
        Format::Text if states.is_empty() && damaged.is_empty() => {
            context.output.tell("there are no contracts: ledger contract add NAME FILE")
        }
        Format::Text => {
            let width = context.output.width;
            context.output.text(&text::list(&states, width))?;
        }
        Format::Json => {
            let contracts = states.iter().map(ContractView::from).collect();
            context.output.json(&ListView { contracts, damaged: &damaged })?;
        }
        Format::Jsonl => {
            for state in &states {
                context.output.json(&ContractView::from(state))?;
            }
        }
    }
    for DamagedContract { contract, what } in &damaged {
        context.output.tell(&format!("{contract} can't be read: {} (ledger verify)", safe::line(what)));
    }
    Ok(if damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}

pub(super) fn show(context: &mut Context<'_>, args: &Show) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let ledger = opened.ledger();
    if !args.what.contains('@') {
        let shelf = ledger.contract(&name(&args.what)?)?;
        return state(context, &shelf.state);
    }
    let version = reference(&args.what)?;
    let (shelf, schema) = ledger.schema_at(&version)?;
    if context.output.format != Format::Text {
        context.output.json(&schema)?;
        return Ok(Exit::Done);
    }
    let bytes = shelf.files.get(&version.version()).cloned().unwrap_or_default();
    let text = String::from_utf8_lossy(&bytes);
    context.output.text(&safe::block(&text, ""))?;
    Ok(Exit::Done)
}

fn state(context: &mut Context<'_>, state: &ContractState) -> Result<Exit, Failure> {
    if context.output.format == Format::Text {
        let width = context.output.width;
        context.output.text(&text::contract(state, width))?;
    } else {
        context.output.json(&ContractView::from(state))?;
    }
    Ok(Exit::Done)
}

pub(super) fn status(context: &mut Context<'_>, args: &Name) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let shelf = opened.ledger().contract(&name(&args.name)?)?;
    state(context, &shelf.state)?;
    if context.output.format == Format::Text {
        let newest = shelf.state.newest();
        let behind: Vec<String> = shelf
            .state
            .pins
            .iter()
            .filter(|(_, pin)| Some(pin.version) != newest)
            .map(|(repo, pin)| format!("{repo} (v{})", pin.version))
            .collect();
        let told = match (shelf.state.pins.is_empty(), behind.is_empty()) {
            (true, _) => "nobody is pinned to it".to_owned(),
            (false, true) => "all have moved to the newest version".to_owned(),
            (false, false) => format!("still to move: {}", safe::line(&behind.join(", "))),
        };
        context.output.text(&format!("\n{told}\n"))?;
    }
    Ok(Exit::Done)
}

pub(super) fn log(context: &mut Context<'_>, args: &Name) -> Result<Exit, Failure> {
    let opened = context.open()?;
    let shelf = opened.ledger().contract(&name(&args.name)?)?;
    let events = shelf.graph.events();
    match context.output.format {
        Format::Text => {
            let lines: String = events.iter().map(|event| event_text(event, WithStream::No) + "\n").collect();
            context.output.text(&lines)?;
        }
        Format::Json => context.output.json(&LogView { events: events.iter().map(raw).collect() })?,
        Format::Jsonl => {
            for event in events {
                context.output.json(&raw(event))?;
            }
        }
    }
    Ok(Exit::Done)
}
