//! Rows of requests for spreadsheets and documents.

use serde_json::Value;

use super::escape;
use super::safe;

/// A line of values separated by commas (RFC 4180): every line ends with CR LF, a value is quoted where it has to be.
#[must_use]
pub fn csv_row(values: &[Value]) -> String {
    let cell = |value: &Value| match value {
        // A number is no formula, whatever its sign.
        Value::Number(number) => number.to_string(),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => {
            quoted(&tame(&safe::line(&plain(value))))
        }
    };
    format!("{}\r\n", values.iter().map(cell).collect::<Vec<_>>().join(","))
}

/// The heading of a table in Markdown.
#[must_use]
pub fn markdown_head(headings: &[Value]) -> String {
    format!("{}|{}\n", markdown_row(headings), "---|".repeat(headings.len()))
}

/// A row of a table in Markdown.
#[must_use]
pub fn markdown_row(values: &[Value]) -> String {
    let cells: Vec<String> = values.iter().map(|value| escape::markdown(&plain(value))).collect();
    format!("| {} |\n", cells.join(" | "))
}

/// A value as text: several are separated, what is not there is empty.
#[must_use]
pub fn plain(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(values) => values.iter().map(plain).collect::<Vec<_>>().join("; "),
        Value::Object(members) => {
            members.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect::<Vec<_>>().join("; ")
        }
    }
}

/// A cell that no spreadsheet takes for a formula: an apostrophe before it makes it a text (OWASP, CSV injection). Blanks
/// before the mark, and marks of full width, count too: some programs drop the ones and read the others.
fn tame(text: &str) -> String {
    let begins_formula = |c: char| matches!(c, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    let is_risky = text.starts_with(begins_formula) || text.trim_start().starts_with(begins_formula);
    if is_risky { format!("'{text}") } else { text.to_owned() }
}

fn quoted(text: &str) -> String {
    let needs_quotes = text.contains(['"', ',', '\r', '\n', ';', '\'']) || text.trim() != text;
    if needs_quotes { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_would_be_a_formula_is_a_text() {
        let cell = |text: &str| csv_row(&[Value::from(text)]);
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", " =1", "＝1+1"] {
            assert!(cell(text).trim_start_matches('"').starts_with('\''), "{text}");
        }
        assert_eq!(cell("a=1"), "a=1\r\n");
        assert_eq!(cell("\t=1"), "\\t=1\r\n");
        assert_eq!(cell("=HYPERLINK(\"x\",1)"), "\"'=HYPERLINK(\"\"x\"\",1)\"\r\n");
        assert_eq!(csv_row(&[Value::Null, Value::from(vec!["a", "b"]), Value::from(7)]), ",\"a; b\",7\r\n");
    }

    #[test]
    fn a_row_of_markdown_has_its_cells_and_no_more() {
        assert_eq!(markdown_row(&[Value::from("a|b\n"), Value::Null]), "| a\\|b\\\\n |  |\n");
    }

    /// Reads lines as RFC 4180 has them.
    fn read(text: &str) -> Vec<Vec<String>> {
        let (mut rows, mut row, mut cell) = (Vec::new(), Vec::new(), String::new());
        let mut chars = text.chars().peekable();
        let mut is_quoted = false;
        while let Some(c) = chars.next() {
            match c {
                '"' if is_quoted && chars.peek() == Some(&'"') => cell.extend(chars.next()),
                '"' => is_quoted = !is_quoted,
                ',' if !is_quoted => row.push(std::mem::take(&mut cell)),
                '\r' if !is_quoted => {
                    assert_eq!(chars.next(), Some('\n'));
                    row.push(std::mem::take(&mut cell));
                    rows.push(std::mem::take(&mut row));
                }
                c => cell.push(c),
            }
        }
        rows
    }

    proptest! {
        #[test]
        fn rows_are_read_back_as_they_were(cells in proptest::collection::vec("[ -~é漢＝\t\r\n]{0,12}", 1..5)) {
            let values: Vec<Value> = cells.iter().map(|cell| Value::from(cell.as_str())).collect();
            let rows = read(&csv_row(&values));
            prop_assert_eq!(rows.len(), 1);
            prop_assert_eq!(rows[0].len(), cells.len());
            for (read, cell) in rows[0].iter().zip(&cells) {
                let shown = safe::line(cell);
                let is_as_shown = *read == shown || *read == format!("'{shown}");
                prop_assert!(is_as_shown, "{read:?}");
                prop_assert!(!read.trim_start().starts_with(['=', '+', '-', '@', '＝']));
            }
        }
    }
}
