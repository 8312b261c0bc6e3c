//! `ledger list`

use std::borrow::Cow;

use serde::Serialize;
use serde_json::{Map, Value};

use super::super::Context;
use super::super::args::{Format, List};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::table::table;
use super::super::render::text::moment;
use super::super::render::views::{DamagedView, ListView, RowView};
use crate::app::AppError;
use crate::app::list::{Page, Query, Row, Scope, Waiting};
use crate::domain::time::Timestamp;
use crate::domain::workflow::{StateName, Workflow};
use crate::index::project::DIVERGED;

/// The columns where none are chosen.
const COLUMNS: [&str; 7] = ["id", "state", "priority", "type", "to", "updated_at", "title"];
/// The columns on a terminal too narrow for all.
const NARROW: [&str; 5] = ["id", "state", "priority", "to", "title"];
/// How wide a terminal must be for all columns.
const WIDE: u16 = 110;
/// The fields that can be chosen.
const FIELDS: [&str; 20] = [
    "id",
    "state",
    "version",
    "heads",
    "title",
    "from",
    "to",
    "type",
    "priority",
    "labels",
    "created_at",
    "created_by",
    "updated_at",
    "updated_by",
    "due",
    "depends_on",
    "parent",
    "key",
    "parts",
    "waits_for",
];

pub(super) fn run(context: &mut Context<'_>, args: &List) -> Result<Exit, Failure> {
    if let Some(unknown) = args.fields.iter().find(|field| !FIELDS.contains(&field.as_str())) {
        let known = FIELDS.join(", ");
        return Err(Failure::usage(format!("there is no field {unknown:?}")).hint(format!("the fields are {known}")));
    }
    let opened = context.open()?;
    let ledger = opened.ledger();
    let query = query(args, ledger.workflow, (context.env.now)())?;
    let page = ledger.list(&query)?;
    let damaged = DamagedView::all(&page.damaged, opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    match context.output.format {
        Format::Text => print_text(context, args, &page)?,
        Format::Json => {
            let requests = page.rows.iter().map(|row| row_view(row, &args.fields)).collect::<Result<_, _>>()?;
            context.output.json(&ListView {
                requests,
                matched: page.matched,
                has_more: page.next.is_some(),
                cursor: page.next.clone(),
                damaged,
            })?;
        }
        Format::Jsonl => {
            for row in &page.rows {
                context.output.json(&row_view(row, &args.fields)?)?;
            }
        }
    }
    told.iter().for_each(|text| context.output.tell(text));
    if page.matched == 0
        && let Some(unknown) = query.request_type.as_ref().and_then(|typed| ledger.unknown_request_type(typed))
    {
        context.output.tell(&unknown);
    }
    if let Some(cursor) = page.next.as_ref().filter(|_| context.output.format != Format::Json) {
        let text = format!("{} of {} shown; go on with --cursor {cursor}", page.rows.len(), page.matched);
        context.output.tell_next_page(&text, cursor);
    }
    Ok(if page.damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}

fn query(args: &List, workflow: &Workflow, now: Timestamp) -> Result<Query, Failure> {
    Ok(Query {
        states: args.state.iter().map(|typed| state(typed, workflow)).collect::<Result<_, _>>()?,
        request_type: args.request_type.as_ref().map(|t| t.parse()).transpose().map_err(Failure::usage)?,
        from: args.from.as_ref().map(|r| r.parse()).transpose().map_err(Failure::usage)?,
        to: args.to.as_ref().map(|r| r.parse()).transpose().map_err(Failure::usage)?,
        label: args.label.as_ref().map(|l| l.parse()).transpose().map_err(Failure::usage)?,
        priority: args.priority,
        by: args.by.as_ref().map(|a| a.parse()).transpose().map_err(Failure::usage)?,
        scope: if args.all { Scope::All } else { Scope::Open },
        waiting: match (args.ready, args.blocked) {
            (true, _) => Waiting::Ready,
            (_, true) => Waiting::Blocked,
            (false, false) => Waiting::Any,
        },
        words: args.text.iter().flat_map(|text| text.split_whitespace()).map(str::to_owned).collect(),
        at: args.at.as_ref().map(|at| Timestamp::parse_typed(at, now)).transpose().map_err(AppError::from)?,
        sort: args.sort,
        limit: Some(args.limit),
        cursor: args.cursor.as_ref().map(|cursor| cursor.parse()).transpose()?,
    })
}

fn state(typed: &str, workflow: &Workflow) -> Result<String, Failure> {
    let name = StateName::parse_typed(typed).map_err(Failure::usage)?;
    if workflow.state(&name).is_some() || name.as_str() == DIVERGED {
        return Ok(name.to_string());
    }
    let known: Vec<&str> = workflow.states().iter().map(|state| state.name.as_str()).collect();
    let near = known.iter().min_by_key(|known| strsim::damerau_levenshtein(known, name.as_str()));
    let hint = near.map(|near| format!("did you mean {near}? The states are {}", known.join(", ")));
    Err(Failure::usage(format!("the workflow has no state {name}")).hint(hint.unwrap_or_default()))
}

/// A row as it is printed: whole, or the chosen fields of it.
#[derive(Serialize)]
#[serde(untagged)]
enum Printed<'a> {
    Whole(Box<RowView<'a>>),
    Chosen(Map<String, Value>),
}

fn row_view<'a>(row: &'a Row, fields: &[String]) -> Result<Printed<'a>, Failure> {
    let view = RowView::new(row.id, &row.entry, &row.waits_for);
    if fields.is_empty() {
        return Ok(Printed::Whole(Box::new(view)));
    }
    let bug = |e: serde_json::Error| Failure::new(Exit::Failure, "bug", e);
    let mut members: Map<String, Value> = serde_json::to_value(view).and_then(serde_json::from_value).map_err(bug)?;
    members.retain(|name, _| fields.contains(name));
    Ok(Printed::Chosen(members))
}

fn print_text(context: &mut Context<'_>, args: &List, page: &Page) -> Result<(), Failure> {
    let columns: Vec<&str> = match context.output.width {
        _ if !args.fields.is_empty() => args.fields.iter().map(String::as_str).collect(),
        Some(width) if width < WIDE => NARROW.to_vec(),
        Some(_) | None => COLUMNS.to_vec(),
    };
    if context.output.quiet {
        let ids: String = page.rows.iter().map(|row| format!("{}\n", row.id)).collect();
        return context.output.text(&ids);
    }
    if page.rows.is_empty() {
        context.output.tell("no request matches");
        return Ok(());
    }
    let rows: Vec<Vec<Cow<'_, str>>> =
        page.rows.iter().map(|row| columns.iter().map(|column| cell(row, column)).collect()).collect();
    context.output.text(&table(&columns, &rows, context.output.width))
}

fn cell<'a>(row: &'a Row, column: &str) -> Cow<'a, str> {
    fn join<T: ToString>(items: &[T]) -> Cow<'_, str> {
        items.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ").into()
    }
    let entry = &row.entry;
    match column {
        "id" => row.id.to_string().into(),
        "state" => entry.state.as_str().into(),
        "version" => entry.version.to_string().into(),
        "heads" => entry.heads.iter().map(crate::domain::hash::Hash::short).collect::<Vec<_>>().join(", ").into(),
        "title" => entry.title.as_str().into(),
        "from" => entry.from.as_str().into(),
        "to" => match entry.to.as_slice() {
            [one] => one.as_str().into(),
            several => join(several),
        },
        "type" => entry.request_type.as_str().into(),
        "priority" => entry.priority.to_string().into(),
        "labels" => join(&entry.labels),
        "created_at" => moment(entry.created_at).into(),
        "created_by" => entry.created_by.as_str().into(),
        "updated_at" => entry.updated_at.map(moment).unwrap_or_default().into(),
        "updated_by" => entry.updated_by.as_ref().map(|by| by.as_str()).unwrap_or_default().into(),
        "due" => entry.due.map(|due| due.to_string()).unwrap_or_default().into(),
        "depends_on" => join(&entry.depends_on),
        "parent" => entry.parent.map(|parent| parent.to_string()).unwrap_or_default().into(),
        "key" => entry.key.as_ref().map(|key| key.as_str()).unwrap_or_default().into(),
        "parts" => {
            entry.parts.iter().map(|(repo, said)| format!("{repo}: {said}")).collect::<Vec<_>>().join(", ").into()
        }
        "waits_for" => join(&row.waits_for),
        _ => "".into(),
    }
}
