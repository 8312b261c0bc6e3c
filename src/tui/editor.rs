//! One line of text that somebody types.

use super::model::Key;
use super::text::width;
use crate::domain::safe;

/// The most bytes of a line; what the ledger takes is decided where it is written.
const BYTES_MAX: usize = 64 * 1024;

/// A line of text with a cursor.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Editor {
    text: String,
    /// Where the cursor stands, in bytes; between two characters.
    at: usize,
}

impl Editor {
    /// A line with the cursor at its end.
    #[must_use]
    pub fn with(text: &str) -> Self {
        Self { text: text.to_owned(), at: text.len() }
    }

    /// What was typed.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Puts a text where the cursor is, as far as there is room.
    pub fn insert(&mut self, text: &str) {
        let room = BYTES_MAX.saturating_sub(self.text.len());
        let end = (0..=room.min(text.len())).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        self.text.insert_str(self.at, &text[..end]);
        self.at += end;
    }

    /// Does what a key does to a line.
    pub fn press(&mut self, key: Key) {
        match key {
            Key::Char(c) => self.insert(c.encode_utf8(&mut [0; 4])),
            Key::Backspace => self.delete(self.before(1)..self.at),
            Key::Delete => self.delete(self.at..self.after()),
            Key::Left => self.at = self.before(1),
            Key::Right => self.at = self.after(),
            Key::Home | Key::Control('a') => self.at = 0,
            Key::End | Key::Control('e') => self.at = self.text.len(),
            Key::Control('u') => self.delete(0..self.at),
            Key::Control('k') => self.delete(self.at..self.text.len()),
            Key::Control('w') => {
                let before = &self.text[..self.at];
                let word = before.trim_end().rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
                let word = (word..=self.at).find(|at| self.text.is_char_boundary(*at)).unwrap_or(self.at);
                self.delete(word..self.at);
            }
            Key::Control(_)
            | Key::Enter
            | Key::Escape
            | Key::Tab
            | Key::Up
            | Key::Down
            | Key::PageUp
            | Key::PageDown => {}
        }
    }

    fn delete(&mut self, range: std::ops::Range<usize>) {
        self.at = range.start;
        self.text.replace_range(range, "");
    }

    fn before(&self, characters: usize) -> usize {
        self.text[..self.at].char_indices().rev().nth(characters - 1).map_or(0, |(at, _)| at)
    }

    fn after(&self) -> usize {
        self.text[self.at..].chars().next().map_or(self.at, |c| self.at + c.len_utf8())
    }

    /// What is shown of it in so many columns, and the column of the cursor: what could act on a terminal is shown, and the
    /// cursor is always in sight.
    #[must_use]
    pub fn shown(&self, columns: usize) -> (String, usize) {
        let before = safe::line(&self.text[..self.at]);
        let after = safe::line(&self.text[self.at..]);
        // One column is the cursor's own.
        let room = columns.saturating_sub(1);
        let mut from = 0;
        while width(&before[from..]) > room {
            from += before[from..].chars().next().map_or(1, char::len_utf8);
        }
        let column = width(&before[from..]);
        (format!("{}{after}", &before[from..]), column)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pressed(keys: &[Key]) -> Editor {
        let mut editor = Editor::default();
        keys.iter().for_each(|key| editor.press(*key));
        editor
    }

    #[test]
    fn keys_do_what_they_do_elsewhere() {
        let typed = |text: &str| text.chars().map(Key::Char).collect::<Vec<_>>();
        let with = |keys: &[Key]| pressed(&[typed("one two"), keys.to_vec()].concat()).text().to_owned();
        assert_eq!(with(&[Key::Control('w')]), "one ");
        assert_eq!(with(&[Key::Left, Key::Backspace]), "one to");
        assert_eq!(with(&[Key::Home, Key::Delete]), "ne two");
        assert_eq!(with(&[Key::Home, Key::Right, Key::Control('k')]), "o");
        assert_eq!(with(&[Key::Control('u'), Key::Char('x')]), "x");
    }

    proptest! {
        #[test]
        fn the_cursor_is_always_in_sight(text in "\\PC{0,40}", keys in proptest::collection::vec(0_usize..6, 0..40), columns in 1_usize..20) {
            let mut editor = Editor::with(&text);
            for key in keys {
                editor.press([Key::Left, Key::Right, Key::Backspace, Key::Control('w'), Key::Char('é'), Key::Home][key]);
                let (_, column) = editor.shown(columns);
                prop_assert!(column < columns);
            }
        }
    }
}
