//! `ledger export`

use serde_json::{Map, Value};

use super::super::Context;
use super::super::args::Wanted;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::query_args::Export;
use super::super::render::export::{csv_row, markdown_head, markdown_row};
use super::super::render::json;
use super::super::render::views::{DamagedView, RowView};
use super::rows::{self, FIELDS, known, members, printed};
use crate::app::list::{Query, Row, Scope, Waiting};

pub(super) fn run(context: &mut Context<'_>, args: &Export) -> Result<Exit, Failure> {
    let fields = &args.columns.fields;
    known(fields)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let query = Query {
        scope: if args.open { Scope::Open } else { Scope::All },
        waiting: match (args.ready, args.blocked) {
            (true, _) => Waiting::Ready,
            (_, true) => Waiting::Blocked,
            (false, false) => Waiting::Any,
        },
        claims: rows::claims(&args.claims)?,
        keys: rows::keys(args.duplicates),
        sort: args.columns.sort,
        limit: args.limit,
        ..rows::query(&args.filters, ledger.workflow, (context.env.now)())?
    };
    let wanted = context.cli.global.wanted();
    let columns: Vec<&str> =
        if fields.is_empty() { FIELDS.to_vec() } else { fields.iter().map(String::as_str).collect() };
    begin(context, wanted, &columns)?;
    let mut is_first = true;
    let damaged = ledger.each(&query, |row| {
        let text = match wanted {
            Wanted::Json => {
                let comma = if is_first { "" } else { "," };
                format!("{comma}{}", json::line(&printed(row, fields, None)?)?.trim_end())
            }
            Wanted::Jsonl => return context.output.json(&printed(row, fields, None)?),
            Wanted::Markdown => markdown_row(&cells(row, &columns)?),
            Wanted::Csv | Wanted::Text => csv_row(&cells(row, &columns)?),
            Wanted::Github
            | Wanted::Sarif
            | Wanted::Junit
            | Wanted::Html
            | Wanted::Mermaid
            | Wanted::Dot
            | Wanted::Svg => return Err(context.no_format()),
        };
        is_first = false;
        context.output.text(&text)
    })?;
    let told = DamagedView::all(&damaged, opened.root());
    if wanted == Wanted::Json {
        let text = json::line(&told)?;
        context.output.text(&format!("],\"damaged\":{}}}}}\n", text.trim_end()))?;
    }
    told.iter().for_each(|damaged| context.output.tell(&damaged.told()));
    Ok(if damaged.is_empty() { Exit::Done } else { Exit::Damaged })
}

/// What comes before the rows.
fn begin(context: &mut Context<'_>, wanted: Wanted, columns: &[&str]) -> Result<(), Failure> {
    let headings: Vec<Value> = columns.iter().map(|column| Value::from(*column)).collect();
    let text = match wanted {
        // The envelope of every other answer, row by row.
        Wanted::Json => format!("{{\"v\":{},\"data\":{{\"requests\":[", json::VERSION),
        Wanted::Jsonl => return Ok(()),
        Wanted::Markdown => markdown_head(&headings),
        Wanted::Csv | Wanted::Text => csv_row(&headings),
        Wanted::Github | Wanted::Sarif | Wanted::Junit | Wanted::Html | Wanted::Mermaid | Wanted::Dot | Wanted::Svg => {
            return Err(context.no_format());
        }
    };
    context.output.text(&text)
}

/// The fields of a row as JSON has them: exact times and whole hashes, for programs.
fn cells(row: &Row, columns: &[&str]) -> Result<Vec<Value>, Failure> {
    let members: Map<String, Value> = members(RowView::new(row, None))?;
    // A field that is named twice is printed twice.
    Ok(columns.iter().map(|column| members.get(*column).cloned().unwrap_or_default()).collect())
}
