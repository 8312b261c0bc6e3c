//! JSON output: an envelope with a version, and strings whose dangerous characters are escaped.

use std::io;

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, Serializer};

use super::super::exit::Exit;
use super::super::failure::Failure;
use super::safe::is_unsafe;

/// Version of the JSON output.
pub const VERSION: u32 = 1;

/// What every JSON output is wrapped in.
#[derive(Serialize)]
pub struct Envelope<'a, T: Serialize> {
    v: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<&'a T>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'a Failure>,
    #[serde(skip_serializing_if = "Option::is_none")]
    notice: Option<Notice<'a>>,
}

/// Something that is told beside the data.
#[derive(Serialize)]
struct Notice<'a> {
    message: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    cursor: Option<&'a str>,
}

impl<'a, T: Serialize> Envelope<'a, T> {
    /// Wraps data.
    #[must_use]
    pub fn data(data: &'a T) -> Self {
        Self { v: VERSION, data: Some(data), error: None, notice: None }
    }
}

impl<'a> Envelope<'a, ()> {
    /// Wraps an error.
    #[must_use]
    pub fn error(error: &'a Failure) -> Self {
        Self { v: VERSION, data: None, error: Some(error), notice: None }
    }

    /// Wraps what is told beside the data.
    #[must_use]
    pub fn notice(message: &'a str) -> Self {
        Self { v: VERSION, data: None, error: None, notice: Some(Notice { message, cursor: None }) }
    }

    /// Wraps what is told beside a page of the data: where the next one begins.
    #[must_use]
    pub fn next_page(message: &'a str, cursor: &'a str) -> Self {
        Self { v: VERSION, data: None, error: None, notice: Some(Notice { message, cursor: Some(cursor) }) }
    }
}

/// One line of JSON with its newline.
///
/// # Errors
/// A value that has no JSON form, which is a bug.
pub fn line(value: &impl Serialize) -> Result<String, Failure> {
    let bug = |e: &dyn std::fmt::Display| Failure::new(Exit::Failure, "bug", format!("no JSON form: {e}"));
    let mut bytes = Vec::new();
    value.serialize(&mut Serializer::with_formatter(&mut bytes, Careful)).map_err(|e| bug(&e))?;
    bytes.push(b'\n');
    String::from_utf8(bytes).map_err(|e| bug(&e))
}

/// Writes compact JSON that is safe to see on a terminal: what could reorder or hide text is escaped.
struct Careful;

impl Formatter for Careful {
    fn write_string_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        let mut plain = 0;
        for (at, c) in fragment.char_indices().filter(|(_, c)| is_unsafe(*c)) {
            writer.write_all(&fragment.as_bytes()[plain..at])?;
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                write!(writer, "\\u{unit:04x}")?;
            }
            plain = at + c.len_utf8();
        }
        writer.write_all(&fragment.as_bytes()[plain..])
    }

    fn write_raw_fragment<W: ?Sized + io::Write>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()> {
        // An event's line as it stands: unsafe characters can only be inside its strings, where the escape is the same
        // text.
        self.write_string_fragment(writer, fragment)
    }

    fn begin_object_key<W: ?Sized + io::Write>(&mut self, writer: &mut W, first: bool) -> io::Result<()> {
        CompactFormatter.begin_object_key(writer, first)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dangerous_characters_are_escaped_and_mean_the_same() {
        let text = "a\u{202e}b\u{7f}\u{e0001}\n";
        let line = line(&text).unwrap();
        assert_eq!(line, "\"a\\u202eb\\u007f\\udb40\\udc01\\n\"\n");
        assert_eq!(serde_json::from_str::<String>(&line).unwrap(), text);
    }
}
