//! The matrix of consumers and versions.

use std::fmt::Write as _;

use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

use super::super::table::table;
use crate::app::contract::matrix::{Row, word};
use crate::domain::compatibility::{OpenContent, Verdict};

/// The matrix as JSON.
#[derive(Serialize)]
pub struct MatrixView<'a> {
    open_content: OpenContent,
    rows: Vec<RowView<'a>>,
    has_more: bool,
}

impl<'a> MatrixView<'a> {
    /// The view of these rows.
    #[must_use]
    pub fn new(rows: &'a [Row], open_content: OpenContent, has_more: bool) -> Self {
        Self { open_content, rows: rows.iter().map(RowView::from).collect(), has_more }
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
    assumed: &'a BTreeSet<u32>,
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
            assumed: &row.assumed,
        }
    }
}

/// What marks an answer that hangs on the assumption.
const ASSUMED: char = '*';

/// What the mark means, where it stands anywhere.
#[must_use]
pub fn legend(rows: &[Row], assumption: OpenContent) -> Option<String> {
    let hangs = rows.iter().any(|row| !row.assumed.is_empty());
    hangs.then(|| format!("{ASSUMED} assuming {} content", assumption.name()))
}

fn fares(row: &Row, version: u32, verdict: Verdict) -> String {
    let mark = if row.assumed.contains(&version) { ASSUMED.to_string() } else { String::new() };
    format!("v{version} {}{mark}", word(verdict))
}

const HEADINGS: [&str; 6] = ["contract", "provider", "consumer", "pinned", "newest", "versions"];

/// How the consumer fares with the newest version, in a word.
fn newest(row: &Row) -> String {
    let is_assumed = row.versions.keys().next_back().is_some_and(|newest| row.assumed.contains(newest));
    let mark = if is_assumed { ASSUMED.to_string() } else { String::new() };
    format!("{}{mark}", row.compatibility())
}

fn cells(row: &Row) -> Vec<String> {
    let name =
        |repo: &Option<crate::domain::id::RepoId>| repo.as_ref().map_or_else(|| "-".to_owned(), ToString::to_string);
    let versions: Vec<String> = match row.pinned {
        None => row.standing.iter().map(|version| format!("v{version}")).collect(),
        Some(_) => row.versions.iter().map(|(version, verdict)| fares(row, *version, *verdict)).collect(),
    };
    vec![
        row.contract.to_string(),
        name(&row.provider),
        name(&row.consumer),
        row.pinned.map_or_else(|| "-".to_owned(), |pinned| format!("v{pinned}")),
        newest(row),
        versions.join(", "),
    ]
}

/// The matrix as a table.
#[must_use]
pub fn text(rows: &[Row], assumption: OpenContent, width: Option<u16>) -> String {
    let told = legend(rows, assumption).map(|legend| format!("\n{legend}\n")).unwrap_or_default();
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    table(&HEADINGS, &rows, width) + &told
}

/// The matrix as Markdown.
#[must_use]
pub fn markdown(rows: &[Row], assumption: OpenContent) -> String {
    let mut text = format!("| {} |\n|{}\n", HEADINGS.join(" | "), "---|".repeat(HEADINGS.len()));
    for row in rows {
        let cells: Vec<String> = cells(row).iter().map(|cell| super::super::escape::markdown(cell)).collect();
        let _ = writeln!(text, "| {} |", cells.join(" | "));
    }
    if let Some(legend) = legend(rows, assumption) {
        let _ = writeln!(text, "\n{}", super::super::escape::markdown(&legend));
    }
    text
}

/// The matrix as a page of HTML.
#[must_use]
pub fn html(rows: &[Row], assumption: OpenContent) -> String {
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
            let _ = write!(text, "<td>{}</td>", super::super::escape::xml(&cell));
        }
        text.push_str("</tr>\n");
    }
    text.push_str("</table>\n");
    if let Some(legend) = legend(rows, assumption) {
        let _ = writeln!(text, "<p>{}</p>", super::super::escape::xml(&legend));
    }
    text.push_str("</body>\n</html>\n");
    text
}
