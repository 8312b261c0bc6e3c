//! Places in a JSON text: from a JSON pointer to a line, and from an offset to a JSON pointer.
//!
//! The text may be broken: what comes before the break is found all the same.

use crate::domain::json::pointer_token;

/// An object or an array around a place.
struct Frame {
    is_array: bool,
    index: usize,
    key: Option<String>,
    key_at: usize,
}

/// Walks a text; `visit` is told where each key and each value begins, and where one of several is over, with the frames
/// around it. Ends where it answers false.
fn walk(text: &str, visit: &mut dyn FnMut(&[Frame], usize) -> bool) {
    let bytes = text.as_bytes();
    let mut frames: Vec<Frame> = Vec::new();
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b' ' | b'\t' | b'\r' | b'\n' | b':' => at += 1,
            b',' => {
                if let Some(frame) = frames.last_mut() {
                    frame.index += 1;
                    frame.key = None;
                }
                // The next item of an array is told where it begins.
                if frames.last().is_some_and(|frame| !frame.is_array) && !visit(&frames, at) {
                    return;
                }
                at += 1;
            }
            b'}' | b']' => {
                frames.pop();
                if !visit(&frames, at) {
                    return;
                }
                at += 1;
            }
            b'"' if frames.last().is_some_and(|frame| !frame.is_array && frame.key.is_none()) => {
                let end = string_end(bytes, at);
                if let Some(frame) = frames.last_mut() {
                    frame.key = Some(serde_json::from_str(&text[at..end]).unwrap_or_default());
                    frame.key_at = at;
                }
                if !visit(&frames, at) {
                    return;
                }
                at = end;
            }
            _ => {
                if !visit(&frames, at) {
                    return;
                }
                match byte {
                    b'{' | b'[' => {
                        frames.push(Frame { is_array: *byte == b'[', index: 0, key: None, key_at: at });
                        at += 1;
                    }
                    b'"' => at = string_end(bytes, at),
                    _ => at += bytes[at..].iter().take_while(|b| !b",]}\n \t\r".contains(b)).count().max(1),
                }
            }
        }
    }
}

/// The offset after a string that begins at `at`.
fn string_end(bytes: &[u8], at: usize) -> usize {
    let mut end = at + 1;
    while end < bytes.len() {
        match bytes[end] {
            b'\\' => end += 2,
            b'"' => return end + 1,
            _ => end += 1,
        }
    }
    bytes.len()
}

fn token(frame: &Frame) -> String {
    if frame.is_array { frame.index.to_string() } else { pointer_token(frame.key.as_deref().unwrap_or_default()) }
}

/// The line, counted from 1, on which the value at a pointer begins, or the nearest one around it that is there.
#[must_use]
pub fn line_of(text: &str, pointer: &str) -> usize {
    let wanted: Vec<&str> = pointer.split('/').skip(1).collect();
    let mut best = (0, 0);
    walk(text, &mut |frames, at| {
        let matches =
            frames.len() <= wanted.len() && frames.iter().zip(&wanted).all(|(frame, part)| token(frame) == **part);
        if matches && frames.len() > best.0 {
            let at = frames.last().filter(|frame| !frame.is_array).map_or(at, |frame| frame.key_at);
            best = (frames.len(), at);
        }
        best.0 < wanted.len()
    });
    1 + memchr::memchr_iter(b'\n', &text.as_bytes()[..best.1]).count()
}

/// The JSON pointer of the value in which an offset lies.
#[must_use]
pub fn pointer_at(text: &str, offset: usize) -> String {
    let mut pointer = String::new();
    walk(text, &mut |frames, at| {
        if at <= offset {
            // Before its key a member of an object has no name: the place is the object's.
            let named = frames.iter().filter(|frame| frame.is_array || frame.key.is_some());
            pointer = named.map(|frame| format!("/{}", token(frame))).collect();
        }
        at < offset
    });
    pointer
}

/// The offset of a place that a reader names by line and column, both counted from 1.
#[must_use]
pub fn offset_of(text: &str, line: usize, column: usize) -> usize {
    let start = match line {
        0 | 1 => 0,
        _ => memchr::memchr_iter(b'\n', text.as_bytes()).nth(line - 2).map_or(text.len(), |at| at + 1),
    };
    (start + column.saturating_sub(1)).min(text.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str =
        "{\n  \"a\": [\n    1,\n    {\"b/c\": \"x, }\\\"\"}\n  ],\n  \"d\": {\n    \"e\": null\n  }\n}\n";

    #[test]
    fn a_pointer_has_a_line() {
        for (pointer, line) in [
            ("", 1),
            ("/a", 2),
            ("/a/0", 3),
            ("/a/1", 4),
            ("/a/1/b~1c", 4),
            ("/d", 6),
            ("/d/e", 7),
            ("/d/missing/x", 6),
        ] {
            assert_eq!(line_of(TEXT, pointer), line, "{pointer}");
        }
    }

    #[test]
    fn an_offset_has_a_pointer() {
        for (part, pointer) in [("1,", "/a/0"), ("\"x, }", "/a/1/b~1c"), ("null", "/d/e")] {
            let offset = TEXT.find(part).unwrap();
            assert_eq!(pointer_at(TEXT, offset), pointer);
        }
        // A key that stands twice is told at its end; what is no key, in its object.
        for (text, part, pointer) in [
            (r#"{"p":{"a":{"t":1},"a":2}}"#, ":2", "/p/a"),
            (r#"{"p":{1:2}}"#, "1:", "/p"),
            (r#"{1:2}"#, "1:", ""),
            (r#"{"a":{"b":1},5}"#, "5", ""),
            (r#"[[1,2],x]"#, "x", "/1"),
        ] {
            assert_eq!(pointer_at(text, text.find(part).unwrap()), pointer, "{text}");
        }
        assert_eq!(offset_of(TEXT, 3, 5), TEXT.find("1,").unwrap());
        assert_eq!(offset_of("", 1, 1), 0);
    }

    #[test]
    fn a_broken_text_is_no_trouble() {
        for text in ["", "{", "{\"a", "[1,", "\"x", "]]}", "{\"a\":{\"b\":tru", "\\", "{\"a\\"] {
            let _ = (line_of(text, "/a/b"), pointer_at(text, text.len()), pointer_at(text, 0));
        }
        assert_eq!(pointer_at("{\"a\":{\"b\":tru", 10), "/a/b");
    }
}
