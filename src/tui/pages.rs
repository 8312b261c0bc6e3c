//! What was opened over the board: rows to scroll through, and choices.

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};

use super::layout::first_shown;
use super::model::{FoundHit, FoundPage, Key, RequestPage};
use super::press::scrolled;
use super::text::{folded, styled};
use crate::domain::id::RequestId;

/// The columns by which a section's text is indented.
const INDENT: &str = "  ";

impl RequestPage {
    /// The rows of the page, folded to so many columns.
    #[must_use]
    pub fn rows(&self, columns: usize) -> Vec<Line<'static>> {
        let mut lines = Vec::new();
        if let Some(error) = &self.error {
            lines.extend(styled(error));
            lines.push(Line::default());
        }
        if let Some(shown) = &self.shown {
            lines.extend(styled(&shown.text));
            lines.extend([Line::default(), heading("Timeline")]);
            if shown.has_older {
                lines.push(Line::from("  older events are left out: ledger log tells them"));
            }
            for event in &shown.timeline {
                lines.extend(styled(&format!("{INDENT}{event}")));
            }
        }
        folded(&lines, columns)
    }

    /// Scrolls.
    pub(super) fn press(&mut self, key: Key, size: super::layout::Size) {
        if key == Key::Tab {
            let rows = self.rows(size.page_columns());
            let next = rows.iter().enumerate().skip(self.top + 1).find(|(_, row)| is_heading(row));
            self.top = next.map_or(0, |(at, _)| at);
        } else if key != Key::Enter {
            self.top = scrolled(self.top, key, size.page_rows()).unwrap_or(self.top);
        }
    }
}

fn heading(text: &'static str) -> Line<'static> {
    Line::from(Span::styled(text, Style::new().add_modifier(Modifier::BOLD)))
}

/// Whether a row begins a section.
fn is_heading(row: &Line<'_>) -> bool {
    row.spans
        .first()
        .is_some_and(|span| span.style.add_modifier.contains(Modifier::BOLD) && !span.content.starts_with(' '))
}

impl FoundPage {
    /// The chosen request.
    #[must_use]
    pub fn chosen(&self) -> Option<RequestId> {
        self.hits.as_ref()?.get(self.at).map(|hit| hit.id)
    }

    /// Scrolls so that the chosen request can be seen.
    pub(super) fn settle(&mut self, rows: usize, columns: usize) {
        let hits = self.hits.as_deref().unwrap_or_default();
        self.at = self.at.min(hits.len().saturating_sub(1));
        // As many above the chosen one as leave room for it.
        let mut left = rows;
        let fitting = hits[..hits.len().min(self.at + 1)].iter().rev().take_while(|hit| {
            let needed = hit.rows(columns).len();
            left.checked_sub(needed).map(|rest| left = rest).is_some()
        });
        let room = fitting.count();
        self.first = first_shown(self.first.min(self.at), self.at, room, hits.len())
            .max((self.at + 1).saturating_sub(room.max(1)));
    }
}

impl FoundHit {
    /// The rows of what was found, folded to so many columns.
    #[must_use]
    pub fn rows(&self, columns: usize) -> Vec<Line<'static>> {
        folded(&styled(&self.text), columns)
    }
}
