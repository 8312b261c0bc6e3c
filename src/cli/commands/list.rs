//! `ledger list`, `ledger ready` and `ledger blocked`

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::{self, ClaimFilters, Columns, Filters, List, Paging};
use super::super::render::table::{table, with_states};
use super::super::render::views::{DamagedView, ListView};
use super::super::times::Times;
use super::rows::{self, States, cell, keys, known, printed};
use crate::app::list::{Keys, Page, Query, Row, Scope, Waiting};
use crate::domain::id::RequestId;

/// The columns where none are chosen.
const COLUMNS: [&str; 7] = ["id", "state", "priority", "type", "to", "updated_at", "title"];
/// The columns on a terminal too narrow for all.
const NARROW: [&str; 5] = ["id", "state", "priority", "to", "title"];
/// The columns of what is blocked.
const BLOCKED: [&str; 6] = ["id", "state", "priority", "to", "waits_for", "title"];
/// The columns on one on which even these leave no room for a title.
const LEAST: [&str; 3] = ["id", "state", "title"];
/// How wide a terminal must be for more than those.
const NARROWEST: u16 = 60;
/// How wide a terminal must be for all columns.
const WIDE: u16 = 110;

/// What a list is asked for.
struct Asked<'a> {
    filters: &'a Filters,
    claims: &'a ClaimFilters,
    columns: &'a Columns,
    paging: &'a Paging,
    scope: Scope,
    waiting: Waiting,
    waits: Waits,
    keys: Keys,
}

/// How it is told what a request waits for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Waits {
    /// By ids.
    Ids,
    /// With states, and a column where none are chosen.
    States,
}

pub(super) fn run(context: &mut Context<'_>, args: &List) -> Result<Exit, Failure> {
    let List { filters, claims, columns, paging, open: _, all, ready, blocked, duplicates } = args;
    let scope = if *all { Scope::All } else { Scope::Open };
    let waiting = match (ready, blocked) {
        (true, _) => Waiting::Ready,
        (_, true) => Waiting::Blocked,
        (false, false) => Waiting::Any,
    };
    let keys = keys(*duplicates);
    answer(context, &Asked { filters, claims, columns, paging, scope, waiting, waits: Waits::Ids, keys })
}

pub(super) fn ready(context: &mut Context<'_>, args: &query_args::Ready) -> Result<Exit, Failure> {
    let query_args::Waiting { filters, claims, columns, paging } = &args.waiting;
    let (scope, waiting) = (Scope::Open, Waiting::Ready);
    answer(context, &Asked { filters, claims, columns, paging, scope, waiting, waits: Waits::Ids, keys: Keys::Any })
}

pub(super) fn blocked(context: &mut Context<'_>, args: &query_args::Blocked) -> Result<Exit, Failure> {
    let query_args::Waiting { filters, claims, columns, paging } = &args.waiting;
    let (scope, waiting) = (Scope::Open, Waiting::Blocked);
    answer(context, &Asked { filters, claims, columns, paging, scope, waiting, waits: Waits::States, keys: Keys::Any })
}

fn answer(context: &mut Context<'_>, asked: &Asked<'_>) -> Result<Exit, Failure> {
    let fields = &asked.columns.fields;
    known(fields)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let query = Query {
        scope: asked.scope,
        waiting: asked.waiting,
        claims: rows::claims(asked.claims)?,
        keys: asked.keys,
        sort: asked.columns.sort,
        limit: Some(asked.paging.limit),
        cursor: asked.paging.cursor.as_ref().map(|cursor| cursor.parse()).transpose()?,
        ..rows::query(asked.filters, ledger.workflow, (context.env.now)())?
    };
    let query = if asked.waiting == Waiting::Ready { rows::of_its_turn(query, ledger.workflow) } else { query };
    let mut page = ledger.list(&query)?;
    // Git is asked only where it is seen.
    if context.output.format != Format::Text || columns(context, fields, asked.waits).contains(&"claim") {
        ledger.tell_firm(page.rows.iter_mut().filter_map(|row| Some((row.id, row.claim.as_mut()?))));
    }
    let states = match asked.waits {
        Waits::Ids => None,
        Waits::States => {
            let ids: BTreeSet<RequestId> = page.rows.iter().flat_map(|row| row.waits_for.iter().copied()).collect();
            Some(ledger.states(&ids, query.at)?)
        }
    };
    let damaged = DamagedView::all(&page.damaged, opened.root());
    let told: Vec<String> = damaged.iter().map(DamagedView::told).collect();
    match context.output.format {
        Format::Text => print_text(context, fields, &page, states.as_ref())?,
        Format::Json => {
            let requests =
                page.rows.iter().map(|row| printed(row, fields, states.as_ref())).collect::<Result<_, _>>()?;
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
                context.output.json(&printed(row, fields, states.as_ref())?)?;
            }
        }
    }
    told.iter().for_each(|text| context.output.tell(text));
    if page.matched == 0 {
        rows::tell_unknown(&query, &ledger).iter().for_each(|unknown| context.output.tell(unknown));
    }
    if let Some(cursor) = page.next.as_ref().filter(|_| context.output.format != Format::Json) {
        let text = format!("{} of {} shown; go on with --cursor {cursor}", page.rows.len(), page.matched);
        context.output.tell_next_page(&text, cursor);
    }
    Ok(if page.damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}

/// The columns of a table.
fn columns<'f>(context: &Context<'_>, fields: &'f [String], waits: Waits) -> Vec<&'f str> {
    match (context.output.width, waits) {
        _ if !fields.is_empty() => fields.iter().map(String::as_str).collect(),
        (Some(width), _) if width < NARROWEST => LEAST.to_vec(),
        (_, Waits::States) => BLOCKED.to_vec(),
        (Some(width), Waits::Ids) if width < WIDE => NARROW.to_vec(),
        (Some(_) | None, Waits::Ids) => COLUMNS.to_vec(),
    }
}

fn print_text(
    context: &mut Context<'_>,
    fields: &[String],
    page: &Page,
    states: Option<&States>,
) -> Result<(), Failure> {
    let waits = if states.is_some() { Waits::States } else { Waits::Ids };
    let columns = columns(context, fields, waits);
    if context.output.quiet {
        let ids: String = page.rows.iter().map(|row| format!("{}\n", row.id)).collect();
        return context.output.text(&ids);
    }
    if page.rows.is_empty() {
        context.output.tell("no request matches");
        return Ok(());
    }
    let times = context.output.times;
    let rows: Vec<Vec<Cow<'_, str>>> =
        page.rows.iter().map(|row| columns.iter().map(|column| shown(row, column, states, times)).collect()).collect();
    let text = table(&columns, &rows, context.output.width);
    let states = page.rows.iter().map(|row| row.entry.state.as_str());
    let text = if is_state_first(&columns) { with_states(&text, states) } else { text };
    context.output.text(&text)
}

/// Whether a state stands before any text of others that may hold its name.
fn is_state_first(columns: &[&str]) -> bool {
    const NAMES: [&str; 4] = ["id", "version", "state", "priority"];
    columns
        .iter()
        .position(|column| *column == "state")
        .is_some_and(|place| columns[..place].iter().all(|column| NAMES.contains(column)))
}

/// A cell of a row.
fn shown<'a>(row: &'a Row, column: &str, states: Option<&States>, times: Times) -> Cow<'a, str> {
    match (column, states) {
        ("waits_for", Some(states)) => Cow::Owned(rows::waits(row, states)),
        ("updated_at", _) => row.entry.updated_at.map(|at| times.moment(at)).unwrap_or_default().into(),
        ("created_at", _) => times.moment(row.entry.created_at).into(),
        (column, _) => cell(row, column),
    }
}
