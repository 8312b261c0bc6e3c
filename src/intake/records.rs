//! The records of a source, one by one: a bad one is named and does not keep the others away.

use serde_json::Value;
use serde_json::value::RawValue;

use super::csv;
use super::map::Form;
use crate::domain::json;

/// The most that is read of a source, in bytes.
pub const INPUT_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// The longest record, in bytes.
pub const RECORD_BYTES_MAX: usize = 16 * 1024 * 1024;
/// The most records of a source.
pub const RECORDS_MAX: usize = 500_000;

/// One record.
#[derive(Clone, PartialEq, Debug)]
pub struct Record {
    /// Where it stands: `line 3`, `record 3`.
    pub place: String,
    /// What it says, or why it can't be read.
    pub value: Result<Value, String>,
    /// How long it is, in bytes.
    pub bytes: usize,
}

/// Reads the records of a source.
///
/// # Errors
/// Says why it has none that can be told apart.
pub fn read(form: Form, text: &str) -> Result<Vec<Record>, String> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let records = match form {
        Form::Beads | Form::Jsonl | Form::Folder => lines(text),
        Form::Github => documents(text)?,
        Form::Csv => {
            let row = |row: csv::Row| Record { place: line(row.line), value: row.record, bytes: row.bytes };
            csv::read(text)?.into_iter().map(row).collect()
        }
    };
    if records.len() > RECORDS_MAX {
        return Err(format!("it has more than {RECORDS_MAX} records: import it in parts"));
    }
    Ok(records)
}

fn line(number: usize) -> String {
    format!("line {number}")
}

fn lines(text: &str) -> Vec<Record> {
    let numbered = text.split_inclusive('\n').enumerate();
    let written = numbered.filter(|(_, line)| !line.trim().is_empty());
    let record = |(at, whole): (usize, &str)| {
        let text = whole.trim_end_matches(['\n', '\r']);
        let value = object(text).map_err(|why| {
            let is_torn = !whole.ends_with('\n') && serde_json::from_str::<Value>(text).is_err_and(|e| e.is_eof());
            if is_torn { "the last line is torn: it ends in the middle".to_owned() } else { why }
        });
        Record { place: line(at + 1), value, bytes: whole.len() }
    };
    written.map(record).collect()
}

/// A record as an object.
fn object(text: &str) -> Result<Value, String> {
    if text.len() > RECORD_BYTES_MAX {
        return Err(format!("it has more than {RECORD_BYTES_MAX} bytes"));
    }
    let value: Value = json::read(text).map_err(|bad| bad.in_one_line())?;
    if value.is_object() { Ok(value) } else { Err("not a JSON object".to_owned()) }
}

/// Arrays of objects, objects one after the other, pages with `items`: what `gh` and the REST API print.
fn documents(text: &str) -> Result<Vec<Record>, String> {
    let mut records = Vec::new();
    let mut push = |raw: &RawValue| {
        let (text, number) = (raw.get(), records.len() + 1);
        let value = object(text).map_err(|why| if why.starts_with("not JSON") { "not JSON".to_owned() } else { why });
        records.push(Record { place: format!("record {number}"), value, bytes: text.len() });
    };
    for document in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        let document = document.map_err(|error| {
            let at = format!("line {}, column {}", error.line(), error.column());
            let what = if error.is_eof() { "it ends in the middle" } else { "it is not JSON" };
            format!("{what}, at {at}; an array of issues is expected, as gh issue list --json prints it")
        })?;
        for raw in items(document)? {
            push(raw);
        }
    }
    Ok(records)
}

fn items(document: &RawValue) -> Result<Vec<&RawValue>, String> {
    #[derive(serde::Deserialize)]
    struct Page<'a> {
        #[serde(borrow)]
        items: Vec<&'a RawValue>,
    }
    let text = document.get();
    match text.as_bytes().first() {
        Some(b'[') => serde_json::from_str(text).map_err(|error| error.to_string()),
        Some(b'{') => Ok(serde_json::from_str::<Page<'_>>(text).map_or_else(|_| vec![document], |page| page.items)),
        Some(_) | None => Err("an array of issues is expected, as gh issue list --json prints it".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(form: Form, text: &str) -> Vec<(String, bool)> {
        read(form, text).unwrap().into_iter().map(|record| (record.place, record.value.is_ok())).collect()
    }

    fn place(text: &str, is_good: bool) -> (String, bool) {
        (text.to_owned(), is_good)
    }

    #[test]
    fn a_bad_line_is_named_and_a_torn_one_is_called_torn() {
        let text = "{\"id\":1}\n\n[1]\n{\"a\":1,\"a\":2}\r\n{\"id\":";
        let expected = [place("line 1", true), place("line 3", false), place("line 4", false), place("line 5", false)];
        assert_eq!(places(Form::Jsonl, text), expected);
        let torn = read(Form::Jsonl, text).unwrap().pop().unwrap().value.unwrap_err();
        assert!(torn.contains("torn"), "{torn}");
    }

    #[test]
    fn arrays_pages_and_objects_are_one_list() {
        let text = "[{\"number\":1},{\"n\\u0000\":2}] [{\"number\":3}]\n{\"items\":[{\"number\":4}]}{\"number\":5}";
        let good = places(Form::Github, text).into_iter().map(|(_, is_good)| is_good).collect::<Vec<_>>();
        assert_eq!(good, [true, false, true, true, true]);
        assert!(read(Form::Github, "[{}").unwrap_err().contains("ends in the middle"));
        assert!(read(Form::Github, "3").is_err());
    }
}
