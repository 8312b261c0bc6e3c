//! `ledger contract list`, `show`, `log` and `status`

use serde::Serialize;

use super::super::super::Context;
use super::super::super::args::Format;
use super::super::super::contract_args::{List, Log, Name, Show};
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::contract::text;
use super::super::super::render::contract::views::ContractView;
use super::super::super::render::safe;
use super::super::super::render::text::{WithStream, event_text, from_root};
use super::super::super::render::views::raw;
use super::super::fields;
use super::{name, reference};
use crate::contract::state::ContractState;
use crate::domain::event::Event;
use crate::domain::id::ContractName;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

#[derive(Serialize)]
struct ListView<'a> {
    contracts: Vec<Printed<'a>>,
    has_more: bool,
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
    has_more: bool,
}

pub(super) fn list(context: &mut Context<'_>, args: &List) -> Result<Exit, Failure> {
    fields::known(&args.fields, &fields::OF_CONTRACT)?;
    let opened = context.open()?;
    let (mut states, damaged) = opened.ledger().all_contracts()?;
    let one =
        |(contract, what): (ContractName, String)| DamagedContract { contract, what: from_root(&what, opened.root()) };
    let damaged: Vec<DamagedContract> = damaged.into_iter().map(one).collect();
    let all = states.len();
    let has_more = args.bound.cut(&mut states);
    match context.output.format {
        Format::Text if context.output.quiet => {
            context.output.text(&states.iter().map(|state| format!("{}\n", state.name)).collect::<String>())?;
        }
        Format::Text if states.is_empty() && damaged.is_empty() => {
            context.output.tell("there are no contracts: ledger contract add NAME FILE")
        }
        Format::Text if !args.fields.is_empty() => {
            for state in &states {
                let members = fields::chosen(&ContractView::from(state), &args.fields)?;
                context.output.text(&fields::line(&members, &args.fields))?;
            }
        }
        Format::Text => {
            let width = context.output.width;
            context.output.text(&text::list(&states, width))?;
        }
        Format::Json => {
            let contracts = states.iter().map(|state| printed(state, &args.fields)).collect::<Result<_, _>>()?;
            context.output.json(&ListView { contracts, has_more, damaged: &damaged })?;
        }
        Format::Jsonl => {
            for state in &states {
                context.output.json(&printed(state, &args.fields)?)?;
            }
        }
    }
    if has_more && context.output.format != Format::Json {
        context.output.tell(&args.bound.told(all, "contracts"));
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

pub(super) fn log(context: &mut Context<'_>, args: &Log) -> Result<Exit, Failure> {
    fields::known(&args.fields, &fields::OF_EVENT)?;
    let opened = context.open()?;
    let shelf = opened.ledger().contract(&name(&args.name)?)?;
    let all = shelf.graph.events();
    let events = &all[all.len().saturating_sub(args.limit)..];
    let has_more = events.len() < all.len();
    let json = |event: &Event| -> Result<Box<RawValue>, Failure> {
        if args.fields.is_empty() {
            return Ok(raw(event));
        }
        let members = fields::chosen(&raw(event), &args.fields)?;
        serde_json::value::to_raw_value(&members).map_err(|e| Failure::new(Exit::Failure, "bug", e))
    };
    match context.output.format {
        Format::Text if !args.fields.is_empty() => {
            for event in events {
                let members = fields::chosen(&raw(event), &args.fields)?;
                context.output.text(&fields::line(&members, &args.fields))?;
            }
        }
        Format::Text => {
            let lines: String = events.iter().map(|event| event_text(event, WithStream::No) + "\n").collect();
            context.output.text(&lines)?;
        }
        Format::Json => {
            let events = events.iter().map(json).collect::<Result<_, _>>()?;
            context.output.json(&LogView { events, has_more })?;
        }
        Format::Jsonl => {
            for event in events {
                context.output.json(&json(event)?)?;
            }
        }
    }
    if has_more && context.output.format != Format::Json {
        let text = format!("the newest {} of {} events are shown; --limit N shows more", events.len(), all.len());
        context.output.tell(&text);
    }
    Ok(Exit::Done)
}

/// A contract as it is printed: whole, or some of it.
#[derive(Serialize)]
#[serde(untagged)]
enum Printed<'a> {
    Whole(Box<ContractView<'a>>),
    Chosen(Map<String, Value>),
}

fn printed<'a>(state: &'a ContractState, fields: &[String]) -> Result<Printed<'a>, Failure> {
    let view = ContractView::from(state);
    if fields.is_empty() {
        return Ok(Printed::Whole(Box::new(view)));
    }
    fields::chosen(&view, fields).map(Printed::Chosen)
}
