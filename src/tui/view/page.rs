//! What was opened over the board.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{CHOSEN, DIM, line};
use crate::tui::model::{FoundPage, RequestPage};

/// Which request it is.
pub(super) fn request_title(page: &RequestPage) -> String {
    match &page.shown {
        Some(shown) => format!("{}  {}  v{}", page.id, shown.state, shown.version),
        None => page.id.to_string(),
    }
}

/// Draws a request.
pub(super) fn request(page: &RequestPage, frame: &mut Frame<'_>, area: Rect) {
    let rows = page.rows(usize::from(area.width));
    if rows.is_empty() {
        return line(frame, area, Line::styled("reading…", DIM));
    }
    scrolled(&rows, page.top, frame, area);
}

/// Draws as many rows as fit, and at the right edge where among them one is.
pub(super) fn scrolled(rows: &[Line<'static>], top: usize, frame: &mut Frame<'_>, area: Rect) {
    let room = usize::from(area.height);
    let top = top.min(rows.len().saturating_sub(room));
    for (at, row) in (0..area.height).zip(&rows[top..]) {
        line(frame, Rect { y: area.y + at, height: 1, ..area }, row.clone());
    }
    if rows.len() > room && room > 0 {
        let (from, long) = (top * room / rows.len(), (room * room / rows.len()).max(1));
        let x = area.right();
        for at in from..(from + long).min(room) {
            let at = u16::try_from(at).unwrap_or(0);
            if frame.area().contains((x, area.y + at).into()) {
                line(frame, Rect { x, y: area.y + at, width: 1, height: 1 }, Line::styled("▐", DIM));
            }
        }
    }
}

/// What was searched for, and how much was found.
pub(super) fn found_title(page: &FoundPage, among: &str) -> String {
    let among = if among.is_empty() { String::new() } else { format!("  among /{among}") };
    let (matched, has_older) = page.matched;
    let shown = page.hits.as_ref().map(Vec::len);
    match (shown, has_older) {
        (None, _) => format!("search  {}{among}", page.words),
        (Some(shown), true) => format!("search  {}  {shown} of more than {matched}{among}", page.words),
        (Some(shown), false) => format!("search  {}  {shown} of {matched}{among}", page.words),
    }
}

/// Draws what was found, from the first that is shown.
pub(super) fn found(page: &FoundPage, frame: &mut Frame<'_>, area: Rect) {
    let Some(hits) = &page.hits else { return line(frame, area, Line::styled("searching…", DIM)) };
    if hits.is_empty() {
        return line(frame, area, Line::styled("no request matches", DIM));
    }
    let rows = hits.iter().enumerate().skip(page.first).flat_map(|(at, hit)| {
        let style = move |(row, line): (usize, Line<'static>)| {
            if at == page.at && row == 0 { line.patch_style(CHOSEN) } else { line }
        };
        hit.rows(usize::from(area.width)).into_iter().enumerate().map(style).collect::<Vec<_>>()
    });
    for (at, row) in (0..area.height).zip(rows) {
        line(frame, Rect { y: area.y + at, height: 1, ..area }, row);
    }
}
