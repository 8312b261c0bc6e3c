//! Tables that fit the terminal.

use comfy_table::{ColumnConstraint, ContentArrangement, Row, Table, presets};

use super::safe;

/// A table of untrusted texts, a row a line. On a terminal of `width` columns the title, or else the last column, gets what
/// the others leave and is cut where that is not enough.
#[must_use]
pub fn table<T: AsRef<str>>(headings: &[&str], rows: &[Vec<T>], width: Option<u16>) -> String {
    fitting(headings, rows, width, Long::Cut)
}

/// The same, where nothing is cut: what is too long goes on in the next line of its cell.
#[must_use]
pub fn whole_table<T: AsRef<str>>(headings: &[&str], rows: &[Vec<T>], width: Option<u16>) -> String {
    fitting(headings, rows, width, Long::GoesOn)
}

/// A table of which the first text in each row that is the row's state gets the state's colour.
#[must_use]
pub fn with_states<'a>(table: &str, states: impl Iterator<Item = &'a str>) -> String {
    let mut lines = table.lines();
    let mut text = lines.next().map(|heading| format!("{heading}\n")).unwrap_or_default();
    let mut states = states.map(safe::line);
    for line in lines {
        let state = states.next().unwrap_or_default();
        match line.split_once(state.as_ref()).filter(|_| !state.is_empty()) {
            Some((before, after)) => text.push_str(&format!("{before}{}{after}\n", super::text::state(&state))),
            None => text.push_str(&format!("{line}\n")),
        }
    }
    text
}

/// What becomes of a text that is longer than its column is wide.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Long {
    Cut,
    GoesOn,
}

fn fitting<T: AsRef<str>>(headings: &[&str], rows: &[Vec<T>], width: Option<u16>, long: Long) -> String {
    let Some(width) = width else { return plain(headings, rows) };
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
    table.set_truncation_indicator("…");
    let mut header = Row::from(headings.iter().map(|heading| heading.to_uppercase()).collect::<Vec<_>>());
    header.max_height(1);
    table.set_header(header);
    for cells in rows {
        let mut row = Row::from(cells.iter().map(|cell| safe::line(cell.as_ref()).into_owned()).collect::<Vec<_>>());
        if long == Long::Cut {
            row.max_height(1);
        }
        table.add_row(row);
    }
    let elastic = headings.iter().position(|heading| *heading == "title").unwrap_or(headings.len().saturating_sub(1));
    let widest = if long == Long::Cut { in_the_way(headings, rows, elastic, usize::from(width)) } else { None };
    for (place, column) in table.column_iter_mut().enumerate() {
        column.set_padding((0, 1));
        if place != elastic && Some(place) != widest && long == Long::Cut {
            column.set_constraint(ColumnConstraint::ContentWidth);
        }
    }
    trim_lines(&table.to_string())
}

/// The widest of the columns that are not elastic, where they leave the elastic one too little to say anything: then both
/// are cut.
fn in_the_way<T: AsRef<str>>(headings: &[&str], rows: &[Vec<T>], elastic: usize, width: usize) -> Option<usize> {
    const ENOUGH: usize = 24;
    let wide = |place: usize| {
        let cells = rows.iter().filter_map(|row| row.get(place)).map(|cell| cell.as_ref().chars().count());
        cells.chain([headings[place].chars().count()]).max().unwrap_or_default() + 1
    };
    // What names a row is no use when it is cut.
    let others = || (0..headings.len()).filter(|place| *place != elastic && headings[*place] != "id");
    let named = (0..headings.len()).filter(|place| *place != elastic && headings[*place] == "id").map(wide);
    let left = width.saturating_sub(others().map(wide).chain(named).sum());
    others().max_by_key(|place| wide(*place)).filter(|_| left < ENOUGH.min(wide(elastic)))
}

/// Columns as wide as their widest cell, the last one ragged.
fn plain<T: AsRef<str>>(headings: &[&str], rows: &[Vec<T>]) -> String {
    let headings: Vec<String> = headings.iter().map(|heading| heading.to_uppercase()).collect();
    let rows: Vec<Vec<std::borrow::Cow<'_, str>>> =
        rows.iter().map(|row| row.iter().map(|cell| safe::line(cell.as_ref())).collect()).collect();
    let mut widths: Vec<usize> = headings.iter().map(|heading| heading.chars().count()).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let mut text = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = &str>| {
        let (start, mut pending) = (text.len(), 0);
        for (cell, width) in cells.zip(&widths) {
            text.extend(std::iter::repeat_n(' ', pending));
            text.push_str(cell);
            pending = width.saturating_sub(cell.chars().count()) + 2;
        }
        text.truncate(start + text[start..].trim_end().len());
        text.push('\n');
    };
    line(&mut headings.iter().map(String::as_str));
    for row in &rows {
        line(&mut row.iter().map(AsRef::as_ref));
    }
    text
}

fn trim_lines(text: &str) -> String {
    let mut trimmed = String::with_capacity(text.len());
    for line in text.lines() {
        trimmed.push_str(line.trim_end());
        trimmed.push('\n');
    }
    trimmed
}
