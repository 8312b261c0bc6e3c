//! The matrix of consumers and versions.

use std::fmt::Write as _;

use serde::Serialize;
use std::collections::BTreeMap;

use super::super::table::table;
use crate::app::contract::matrix::{Row, word};

/// The matrix as JSON.
#[derive(Serialize)]
pub struct MatrixView<'a> {
    rows: Vec<RowView<'a>>,
}

impl<'a> MatrixView<'a> {
    /// The view of all rows.
    #[must_use]
    pub fn new(rows: &'a [Row]) -> Self {
        Self { rows: rows.iter().map(RowView::from).collect() }
    }
}

/// A row as JSON.
#[derive(Serialize)]
pub struct RowView<'a> {
    contract: &'a str,
    provider: Option<&'a str>,
    consumer: Option<&'a str>,
    pinned: Option<u32>,
    compatibility: &'static str,
    min_version: Option<u32>,
    max_version: Option<u32>,
    versions: BTreeMap<u32, &'static str>,
}

impl<'a> From<&'a Row> for RowView<'a> {
    fn from(row: &'a Row) -> Self {
        let range = row.range();
        Self {
            contract: row.contract.as_str(),
            provider: row.provider.as_ref().map(crate::domain::id::RepoId::as_str),
            consumer: row.consumer.as_ref().map(crate::domain::id::RepoId::as_str),
            pinned: row.pinned,
            compatibility: row.compatibility(),
            min_version: range.map(|(min, _)| min),
            max_version: range.map(|(_, max)| max),
            versions: row.versions.iter().map(|(version, verdict)| (*version, word(*verdict))).collect(),
        }
    }
}

const HEADINGS: [&str; 6] = ["contract", "provider", "consumer", "pinned", "newest", "versions"];

fn cells(row: &Row) -> Vec<String> {
    let name =
        |repo: &Option<crate::domain::id::RepoId>| repo.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let versions: Vec<String> = match row.pinned {
        None => row.standing.iter().map(|version| format!("v{version}")).collect(),
        Some(_) => row.versions.iter().map(|(version, verdict)| format!("v{version} {}", word(*verdict))).collect(),
    };
    vec![
        row.contract.to_string(),
        name(&row.provider),
        name(&row.consumer),
        row.pinned.map_or_else(|| "-".to_owned(), |pinned| format!("v{pinned}")),
        row.compatibility().to_owned(),
        versions.join(", "),
    ]
}

/// The matrix as a table.
#[must_use]
pub fn text(rows: &[Row], width: Option<u16>) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    table(&HEADINGS, &rows, width)
}

/// The matrix as Markdown.
#[must_use]
pub fn markdown(rows: &[Row]) -> String {
    let mut text = format!("| {} |\n|{}\n", HEADINGS.join(" | "), "---|".repeat(HEADINGS.len()));
    for row in rows {
        let cells: Vec<String> = cells(row).iter().map(|cell| super::escape::markdown(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    text
}

/// The matrix as a page of HTML.
#[must_use]
pub fn html(rows: &[Row]) -> String {
    let mut text = String::from(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>Compatibility matrix</title>\n\
         <style>body{font-family:sans-serif}table{border-collapse:collapse}td,th{border:1px solid #999;padding:.3em .6em;\
         text-align:left}.compatible{background:#dfd}.breaking{background:#fdd}.unknown{background:#ffd}</style>\n</head>\n\
         <body>\n<table>\n<tr>",
    );
    for heading in HEADINGS {
        let _ = write!(text, "<th>{heading}</th>");
    }
    text.push_str("</tr>\n");
    for row in rows {
        let _ = write!(text, "<tr class=\"{}\">", row.compatibility());
        for cell in cells(row) {
            let _ = write!(text, "<td>{}</td>", super::escape::xml(&cell));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table>\n</body>\n</html>\n");
    text
}
