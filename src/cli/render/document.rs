//! Sections of the documents, for a terminal: as much of Markdown as they use.

use super::table::whole_table;

/// Lines are no longer, however wide the terminal is: long ones are hard to read.
const WIDTH_MAX: usize = 100;

/// The text below a heading of the second level, up to the next one; nothing where there is none.
#[must_use]
pub fn section<'a>(document: &'a str, heading: &str) -> &'a str {
    let begins = format!("\n## {heading}\n");
    let Some(at) = document.find(&begins) else { return "" };
    let rest = &document[at + begins.len()..];
    rest.find("\n## ").map_or(rest, |end| &rest[..end])
}

/// The paragraph that begins with these words; nothing where there is none.
#[must_use]
pub fn paragraph<'a>(document: &'a str, begins: &str) -> &'a str {
    let Some(at) = document.find(&format!("\n{begins}")) else { return "" };
    let rest = &document[at + 1..];
    rest.find("\n\n").map_or(rest, |end| &rest[..end])
}

/// A part of a document as text: paragraphs in lines that fit, tables in columns, blocks as they are. Transcripts are left
/// out: whoever reads this can try.
#[must_use]
pub fn text(part: &str, width: Option<u16>) -> String {
    let columns = width.map_or(WIDTH_MAX, |width| usize::from(width).clamp(20, WIDTH_MAX));
    let mut text = String::new();
    let mut lines = part.lines().peekable();
    while let Some(line) = lines.next() {
        let block = if let Some(kind) = line.strip_prefix("```") {
            let inside: String =
                lines.by_ref().take_while(|line| *line != "```").map(|line| format!("  {line}\n")).collect();
            if kind == "console" {
                // What was to be shown is not.
                if text.ends_with(":\n") {
                    text.truncate(text.len() - 2);
                    text.push_str(".\n");
                }
                continue;
            }
            inside
        } else if line.starts_with('|') {
            let mut rows = vec![cells(line)];
            while let Some(row) = lines.next_if(|line| line.starts_with('|')) {
                rows.push(cells(row));
            }
            columns_of(&rows, width)
        } else if let Some(heading) = line.strip_prefix('#') {
            format!("{}\n", plain(heading.trim_start_matches('#').trim()))
        } else if line.is_empty() {
            continue;
        } else {
            let mut words = line.to_owned();
            while let Some(more) = lines.next_if(|line| goes_on(line)) {
                words.push(' ');
                words.push_str(more.trim());
            }
            wrapped(&plain(&words), columns)
        };
        if !text.is_empty() && !block.is_empty() {
            text.push('\n');
        }
        text.push_str(&block);
    }
    text
}

/// Whether a line belongs to the paragraph before it.
fn goes_on(line: &str) -> bool {
    let begins_anew = ["|", "```", "#", "- ", "* ", "1. ", "2. ", "3. ", "4. ", "5. ", "6. ", "7. "];
    !line.is_empty() && !begins_anew.iter().any(|begin| line.starts_with(begin))
}

fn cells(row: &str) -> Vec<String> {
    row.trim_matches('|').split(" | ").map(|cell| plain(cell.trim())).collect()
}

fn columns_of(rows: &[Vec<String>], width: Option<u16>) -> String {
    let Some((headings, rows)) = rows.split_first() else { return String::new() };
    let headings: Vec<&str> = headings.iter().map(String::as_str).collect();
    let is_rule = |row: &&Vec<String>| row.iter().all(|cell| cell.chars().all(|c| "-|: ".contains(c)));
    let mut rows: Vec<Vec<String>> = rows.iter().filter(|row| !is_rule(row)).cloned().collect();
    rows.iter_mut().for_each(|row| row.resize(headings.len(), String::new()));
    whole_table(&headings, &rows, width)
}

/// A text without the marks of code, stress and links.
fn plain(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(['`', '*', '[']) {
        plain.push_str(&rest[..at]);
        let (mark, after) = rest[at..].split_at(1);
        rest = after;
        match mark {
            "`" => {
                let end = rest.find('`').unwrap_or(rest.len());
                plain.push_str(&rest[..end]);
                rest = rest.get(end + 1..).unwrap_or_default();
            }
            "[" => match rest.split_once("](").and_then(|(name, more)| Some((name, more.split_once(')')?.1))) {
                Some((name, more)) if !name.contains(['[', ']']) => {
                    plain.push_str(name);
                    rest = more;
                }
                Some(_) | None => plain.push('['),
            },
            _ => {}
        }
    }
    plain + rest
}

fn wrapped(text: &str, columns: usize) -> String {
    let mut wrapped = String::with_capacity(text.len() + 8);
    let mut used = 0;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > columns {
            wrapped.push('\n');
            used = 0;
        } else if used > 0 {
            wrapped.push(' ');
            used += 1;
        }
        wrapped.push_str(word);
        used += length;
    }
    wrapped.push('\n');
    wrapped
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: &str = "\
# Title

## One

Some `code` and a [link](to.md), *stressed*, that goes
on here.

- first
  of all
- second:

```console
$ ledger list
```

```
a  b
```

| `Name` | What |
|---|---|
| `x` | a \\[b\\] thing |

## Two

No more.
";

    #[test]
    fn a_section_is_read_as_text() {
        let expected = "\
Some code and a link, stressed,
that goes on here.

- first of all

- second.

  a  b

NAME WHAT
x    a \\[b\\] thing
";
        assert_eq!(text(section(DOCUMENT, "One"), Some(32)), expected);
        assert_eq!(text(paragraph(DOCUMENT, "No"), None), "No more.\n");
        assert_eq!((section(DOCUMENT, "Three"), paragraph(DOCUMENT, "Yes")), ("", ""));
    }
}
