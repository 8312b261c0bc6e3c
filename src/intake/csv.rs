//! Comma-separated values (RFC 4180) with a header: each row becomes an object of texts.

use serde_json::{Map, Value};

/// The most columns of a file.
pub const COLUMNS_MAX: usize = 512;

/// A row, or what is wrong with it.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The line in which it begins, counted from 1.
    pub line: usize,
    /// The row as an object, by the header's names.
    pub record: Result<Value, String>,
    /// How long it is, in bytes.
    pub bytes: usize,
}

/// Reads a file. The separator is a comma, a semicolon or a tab: whichever the header has most of.
///
/// # Errors
/// Says what is wrong with the header.
pub fn read(text: &str) -> Result<Vec<Row>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let head = text.lines().find(|line| !line.trim().is_empty()).ok_or("it is empty: a header is expected")?;
    let separator = [',', ';', '\t'].into_iter().rev().max_by_key(|c| head.matches(*c).count()).unwrap_or(',');
    let mut lines = Cells { text, at: 0, line: 1, separator };
    let header = loop {
        let (_, cells) = lines.next_row().ok_or("it is empty: a header is expected")?;
        let cells = cells?;
        if cells.iter().any(|cell| !cell.trim().is_empty()) {
            break cells;
        }
    };
    let names: Vec<String> = header.iter().map(|name| name.trim().to_owned()).collect();
    if names.len() > COLUMNS_MAX {
        return Err(format!("the header has more than {COLUMNS_MAX} columns"));
    }
    if let Some(name) =
        names.iter().enumerate().find_map(|(at, name)| (!name.is_empty() && names[..at].contains(name)).then_some(name))
    {
        return Err(format!("the header names {name:?} twice"));
    }
    let mut rows = Vec::new();
    loop {
        let begin = lines.at;
        let Some((line, cells)) = lines.next_row() else { return Ok(rows) };
        let bytes = lines.at - begin;
        let record = match cells {
            Ok(cells) if cells.iter().all(|cell| cell.trim().is_empty()) => continue,
            Ok(cells) => as_object(&names, cells),
            Err(why) => Err(why),
        };
        rows.push(Row { line, record, bytes });
    }
}

fn as_object(names: &[String], cells: Vec<String>) -> Result<Value, String> {
    if cells.len() > names.len() {
        return Err(format!(
            "it has {} cells and the header has {}: is a cell with a comma not quoted?",
            cells.len(),
            names.len()
        ));
    }
    let named = names.iter().zip(cells).filter(|(name, _)| !name.is_empty());
    Ok(Value::Object(named.map(|(name, cell)| (name.clone(), Value::String(cell))).collect::<Map<_, _>>()))
}

struct Cells<'a> {
    text: &'a str,
    at: usize,
    line: usize,
    separator: char,
}

impl Cells<'_> {
    /// The next row and the line in which it begins.
    fn next_row(&mut self) -> Option<(usize, Result<Vec<String>, String>)> {
        if self.at >= self.text.len() {
            return None;
        }
        let begin = self.line;
        let mut cells = Vec::new();
        loop {
            match self.next_cell() {
                Ok((cell, ends)) => {
                    cells.push(cell);
                    if ends {
                        return Some((begin, Ok(cells)));
                    }
                }
                Err(why) => return Some((begin, Err(why))),
            }
        }
    }

    /// The next cell, and whether it is the row's last.
    fn next_cell(&mut self) -> Result<(String, bool), String> {
        let rest = &self.text[self.at..];
        if let Some(quoted) = rest.strip_prefix('"') {
            return self.quoted(quoted);
        }
        let end = rest.find([self.separator, '\n']).unwrap_or(rest.len());
        let cell = rest[..end].trim_end_matches('\r').to_owned();
        Ok((cell, self.pass(end)))
    }

    fn quoted(&mut self, quoted: &str) -> Result<(String, bool), String> {
        let mut cell = String::new();
        let mut from = 0;
        loop {
            let Some(quote) = quoted[from..].find('"').map(|at| at + from) else {
                // Whatever follows belongs to the open quote: nothing after it can be told apart.
                self.at = self.text.len();
                return Err("a quote is opened and not closed".to_owned());
            };
            cell.push_str(&quoted[from..quote]);
            if quoted[quote + 1..].starts_with('"') {
                cell.push('"');
                from = quote + 2;
                continue;
            }
            let after = &quoted[quote + 1..];
            let end = after.find([self.separator, '\n']).unwrap_or(after.len());
            let strays = after[..end].trim();
            self.line += quoted[..quote].matches('\n').count();
            let ends = self.pass(1 + quote + 1 + end);
            if strays.is_empty() {
                return Ok((cell, ends));
            }
            if !ends {
                self.skip_line();
            }
            return Err(format!(
                "after a quoted cell comes {:?}: a quote within one is written twice",
                shorten(strays)
            ));
        }
    }

    /// Passes over a cell and what ends it; whether that is the end of the row.
    fn pass(&mut self, bytes: usize) -> bool {
        self.at += bytes;
        let ending = self.text[self.at..].chars().next();
        self.at += ending.map_or(0, char::len_utf8);
        let ends = ending != Some(self.separator);
        self.line += usize::from(ending == Some('\n'));
        // A separator at the very end has an empty cell after it, which nobody misses.
        ends || self.at >= self.text.len()
    }

    fn skip_line(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.find('\n').map_or(rest.len(), |end| end + 1);
        self.line += 1;
    }
}

fn shorten(text: &str) -> String {
    text.chars().take(20).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn good(text: &str) -> Vec<Value> {
        read(text).unwrap().into_iter().map(|row| row.record.unwrap()).collect()
    }

    #[test]
    fn quotes_line_ends_and_separators() {
        assert_eq!(good("a,b\n1,2\n"), [json!({"a": "1", "b": "2"})]);
        assert_eq!(good("\u{feff}a;b\r\n\"1;\r\n\"\"x\"\"\";2\r\n\r\n"), [json!({"a": "1;\r\n\"x\"", "b": "2"})]);
        assert_eq!(good("a\tb\n1\t"), [json!({"a": "1"})]);
        assert_eq!(good("a,b\n1"), [json!({"a": "1"})]);
    }

    #[test]
    fn a_bad_row_is_named_by_its_line_and_the_next_is_read() {
        let rows = read("a,b\n\"1\n2\",x\n\"y\"z,1\n1,2,3\n5,6\n\"open\n7,8\n").unwrap();
        let lines: Vec<(usize, bool)> = rows.iter().map(|row| (row.line, row.record.is_ok())).collect();
        assert_eq!(lines, [(2, true), (4, false), (5, false), (6, true), (7, false)]);
        assert!(read("").is_err() && read("a,a\n").is_err());
    }

    proptest! {
        #[test]
        fn what_was_quoted_is_read_back(rows in proptest::collection::vec(("[^\0]{0,12}", "[a\",;\n\r é]{0,8}"), 1..6)) {
            let quote = |cell: &str| format!("\"{}\"", cell.replace('"', "\"\""));
            let mut text = "one,two\n".to_owned();
            for (one, two) in &rows {
                text.push_str(&format!("{},{}\n", quote(one), quote(two)));
            }
            let expected: Vec<Value> = rows
                .iter()
                .filter(|(one, two)| !(one.trim().is_empty() && two.trim().is_empty()))
                .map(|(one, two)| json!({"one": one, "two": two}))
                .collect();
            prop_assert_eq!(good(&text), expected);
        }

        #[test]
        fn any_text_is_read_without_harm(text in "[a\",;\n\r\t]{0,40}") {
            let _ = read(&text);
        }
    }
}
