//! Untrusted text made harmless: control, bidirectional and invisible characters are shown, not sent.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Whether a character could move the cursor, reorder or hide text (Unicode UAX #9, UTR #36): controls, and all that
/// Unicode shows as nothing (`Default_Ignorable_Code_Point`, controls of formats, signs that are blank), which can carry
/// whole hidden texts.
#[must_use]
pub fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{2800}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{13430}'..='\u{1343f}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d159}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
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
    let mut before = ' ';
    for c in text.chars() {
        let is_plain = !is_unsafe(c) || keep(c) || chooses_emoji(before, c);
        before = c;
        match c {
            c if is_plain => safe.push(c),
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

/// Whether `c` only says that the symbol before it is to be shown as an emoji, or as text: one selector after a symbol.
/// Several, or one after anything else, may be a hidden text.
fn chooses_emoji(before: char, c: char) -> bool {
    matches!(c, '\u{fe0e}' | '\u{fe0f}') && matches!(before, '\u{203c}'..='\u{3299}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_could_act_is_shown() {
        assert_eq!(line("a\u{1b}[2Jb\u{202e}c\n\u{200b}"), "a\\u{1b}[2Jb\\u{202e}c\\n\\u{200b}");
        assert_eq!(line("plain ünïcödé 漢字 👍"), "plain ünïcödé 漢字 👍");
        assert_eq!(line("⚠\u{fe0f}\u{fe0f} a\u{fe0f}"), "⚠\u{fe0f}\\u{fe0f} a\\u{fe0f}");
        assert_eq!(line("a\u{fe01}\u{1d173}\u{1bca0}\u{e0100}"), "a\\u{fe01}\\u{1d173}\\u{1bca0}\\u{e0100}");
        assert_eq!(line("\u{2800}\u{13430}\u{1d159}"), "\\u{2800}\\u{13430}\\u{1d159}");
        assert_eq!(block("a\r\nb\u{9b}", "  "), "  a\n  b\\u{9b}\n");
    }
}
