//! Untrusted text made harmless: control, bidirectional and invisible characters are shown, not sent.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character could move the cursor, reorder or hide text (Unicode UAX #9, UTR #36).
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{e0000}'..='\u{e0fff}')
}

/// One line: line ends and tabs too are shown.
#[must_use]
pub fn line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// Several lines, each indented; line ends stay.
#[must_use]
pub fn block(text: &str, indent: &str) -> String {
    let mut block = String::new();
    for line in text.lines() {
        let _ = writeln!(block, "{indent}{}", escape(line, |c| c == '\t'));
    }
    block
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let is_printable_ascii = text.bytes().all(|byte| matches!(byte, b' '..=b'~'));
    if is_printable_ascii || !text.chars().any(|c| is_unsafe(c) && !keep(c)) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            c if !is_unsafe(c) || keep(c) => safe.push(c),
            '\n' => safe.push_str("\\n"),
            '\t' => safe.push_str("\\t"),
            '\r' => safe.push_str("\\r"),
            c => {
                let _ = write!(safe, "\\u{{{:x}}}", u32::from(c));
            }
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_is_shown() {
        assert_eq!(line("a\u{1b}[2Jb\u{202e}c\n\u{200b}"), "a\\u{1b}[2Jb\\u{202e}c\\n\\u{200b}");
        assert_eq!(line("plain ünïcödé 漢字 👍"), "plain ünïcödé 漢字 👍");
        assert_eq!(block("a\r\nb\u{9b}", "  "), "  a\n  b\\u{9b}\n");
    }
}
