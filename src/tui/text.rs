//! Text with the terminal's marks (SGR) as lines that can be drawn, cut and folded.
//!
//! Whatever else could act on a terminal is shown, not sent: the texts that come here are harmless already, and are held
//! to it once more.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use crate::domain::safe;

/// What stands for what was cut off.
const CUT: char = '…';

/// The columns that a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// The columns that a character takes, at most.
fn width_of(c: char) -> usize {
    // It makes the symbol before it an emoji, which is wider.
    if c == '\u{fe0f}' { 1 } else { width(c.encode_utf8(&mut [0; 4])) }
}

/// A text with marks, as lines.
#[must_use]
pub fn styled(text: &str) -> Vec<Line<'static>> {
    text.lines().map(styled_line).collect()
}

fn styled_line(line: &str) -> Line<'static> {
    let mut spans = Vec::new();
    let mut style = Style::new();
    let mut push = |piece: &str, style| {
        if !piece.is_empty() {
            let piece = piece.replace('\t', "    ");
            spans.push(Span::styled(safe::line(&piece).into_owned(), style));
        }
    };
    let mut rest = line;
    while let Some(at) = rest.find("\u{1b}[") {
        let (before, mark) = rest.split_at(at);
        let digits = mark[2..].bytes().take_while(u8::is_ascii_digit).count();
        let end = 2 + digits;
        match mark[end..].strip_prefix('m').and_then(|after| Some((changed(style, &mark[2..end])?, after))) {
            Some((next, after)) => {
                push(before, style);
                (style, rest) = (next, after);
            }
            None => {
                // No mark of ours: it is shown.
                push(&rest[..at + 2], style);
                rest = &rest[at + 2..];
            }
        }
    }
    push(rest, style);
    Line::from(spans)
}

/// A style after one of the marks that the program prints; `None` for any other.
fn changed(style: Style, mark: &str) -> Option<Style> {
    Some(match mark {
        "" | "0" => Style::new(),
        "1" => style.add_modifier(Modifier::BOLD),
        "2" => style.add_modifier(Modifier::DIM),
        "31" => style.fg(Color::Red),
        "32" => style.fg(Color::Green),
        "33" => style.fg(Color::Yellow),
        "36" => style.fg(Color::Cyan),
        _ => return None,
    })
}

/// A text made harmless and cut to so many columns.
#[must_use]
pub fn cut(text: &str, columns: usize) -> String {
    let text = safe::line(text);
    if width(&text) <= columns {
        return text.into_owned();
    }
    let mut kept = String::new();
    let mut taken = 0;
    for c in text.chars() {
        let wide = width_of(c);
        if taken + wide >= columns {
            break;
        }
        taken += wide;
        kept.push(c);
    }
    if columns > 0 {
        kept.push(CUT);
    }
    kept
}

/// Lines folded to so many columns, between words where that goes. What is folded stands two columns further in.
#[must_use]
pub fn folded(lines: &[Line<'static>], columns: usize) -> Vec<Line<'static>> {
    if columns == 0 {
        return Vec::new();
    }
    lines.iter().flat_map(|line| folded_line(line, columns)).collect()
}

fn folded_line(line: &Line<'static>, columns: usize) -> Vec<Line<'static>> {
    if line.width() <= columns {
        return vec![line.clone()];
    }
    let chars = line.spans.iter().flat_map(|span| span.content.chars().map(|c| (c, span.style)));
    let blanks = chars.clone().take_while(|(c, _)| *c == ' ').count();
    // What is left takes a wide character.
    let indent = (blanks + 2).min(columns / 2).min(columns.saturating_sub(2));
    let (mut rows, mut row, mut taken, mut gap) = (Vec::new(), Vec::new(), 0, None);
    for (c, style) in chars {
        let wide = width_of(c);
        if taken + wide > columns && !row.is_empty() {
            // Between two words, unless that leaves nothing but the indentation.
            let rest = gap.filter(|gap| *gap > indent).map(|gap: usize| row.split_off(gap)).unwrap_or_default();
            rows.push(joined(std::mem::take(&mut row)));
            row = vec![(' ', Style::new()); indent];
            row.extend(rest);
            taken = row.iter().map(|(c, _)| width_of(*c)).sum();
            gap = None;
        }
        row.push((c, style));
        taken += wide;
        if c == ' ' {
            gap = Some(row.len());
        }
    }
    rows.push(joined(row));
    rows
}

fn joined(chars: Vec<(char, Style)>) -> Line<'static> {
    let mut spans: Vec<Span<'static>> = Vec::new();
    for (c, style) in chars {
        match spans.last_mut().filter(|span| span.style == style) {
            Some(span) => span.content.to_mut().push(c),
            None => spans.push(Span::styled(c.to_string(), style)),
        }
    }
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(line: &Line<'_>) -> String {
        line.spans.iter().map(|span| span.content.as_ref()).collect()
    }

    /// Emoji selectors after a symbol are harmless, and stay.
    fn acts(c: char) -> bool {
        safe::is_unsafe(c) && !matches!(c, '\u{fe0e}' | '\u{fe0f}')
    }

    #[test]
    fn marks_are_taken_and_everything_else_is_shown() {
        let lines = styled("\u{1b}[1mREQ\u{1b}[0m  \u{1b}[2Jx\u{202e}\u{1b}]0;title\u{7}");
        assert_eq!(plain(&lines[0]), "REQ  \\u{1b}[2Jx\\u{202e}\\u{1b}]0;title\\u{7}");
        assert_eq!(lines[0].spans[0].style, Style::new().add_modifier(Modifier::BOLD));
        assert_eq!(lines[0].spans[1].style, Style::new());
    }

    #[test]
    fn lines_are_folded_between_words() {
        let rows = folded(&styled("  one two three four"), 10);
        assert_eq!(rows.iter().map(plain).collect::<Vec<_>>(), ["  one two ", "    three ", "    four"]);
        assert_eq!(folded(&styled("漢字漢字"), 3).iter().map(plain).collect::<Vec<_>>(), ["漢", " 字", " 漢", " 字"]);
        assert_eq!(cut("漢字漢字", 5), "漢字…");
        assert_eq!((cut("abc", 3), cut("abcd", 3), cut("abc", 0)), ("abc".into(), "ab…".into(), String::new()));
    }

    proptest! {
        #[test]
        fn nothing_acts_nothing_is_lost_and_nothing_is_too_wide(text in "\\PC{0,60}|[ a-z\u{1b}\\[0-9m\u{202e}\u{9b}\n]{0,80}", columns in 2_usize..30) {
            let lines = styled(&text);
            for line in &lines {
                prop_assert!(!plain(line).chars().any(acts));
            }
            let all = |lines: &[Line<'static>]| lines.iter().map(plain).collect::<String>().replace(' ', "");
            let rows = folded(&lines, columns);
            prop_assert_eq!(all(&rows), all(&lines));
            for row in &rows {
                // A combining mark joins what is before it, so a row may be narrower than its characters.
                prop_assert!(row.width() <= columns, "{:?}", plain(row));
            }
            prop_assert!(width(&cut(&text, columns)) <= columns);
        }
    }
}
