//! The board.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::{BOLD, CHOSEN, DIM, line, state_style};
use crate::domain::packet::Priority;
use crate::tui::model::{Card, Column, Mark, Model};
use crate::tui::text::{cut, width};

/// What the board shows.
pub(super) fn title(model: &Model) -> String {
    let filter = model.filter.text();
    if filter.is_empty() { "board".to_owned() } else { format!("board  /{filter}") }
}

/// Draws the columns from the first that is shown.
pub(super) fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let board = &model.board;
    let shown: Vec<usize> = board.shown().collect();
    let room = model.size.columns(shown.len());
    let first = board.first.min(shown.len());
    let fitting = &shown[first..shown.len().min(first + room)];
    let Some(each) = area.width.checked_div(u16::try_from(fitting.len()).unwrap_or(u16::MAX)) else { return };
    for (place, at) in fitting.iter().enumerate() {
        let is_last = place + 1 == fitting.len();
        let x = area.x + each * u16::try_from(place).unwrap_or(0);
        let column = Rect { x, width: if is_last { area.right() - x } else { each }, ..area };
        let more = match (place, is_last) {
            (0, _) if first > 0 => More::Left,
            (_, true) if first + room < shown.len() => More::Right,
            (_, _) => More::No,
        };
        let choice = if *at == board.at { Choice::Here } else { Choice::Elsewhere };
        draw_column(model, &board.columns[*at], (choice, more), frame, column);
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Choice {
    Here,
    Elsewhere,
}

/// Whether there are columns beyond this one that do not fit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum More {
    No,
    Left,
    Right,
}

fn draw_column(model: &Model, column: &Column, (choice, more): (Choice, More), frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width.saturating_sub(1));
    let before = if more == More::Left { "‹" } else { " " };
    let after = if more == More::Right { "›" } else { "" };
    let heading = cut(&format!("{before}{} {}", column.state, column.matched), columns.saturating_sub(width(after)));
    let style = state_style(&column.state).add_modifier(Modifier::BOLD);
    let style = if choice == Choice::Here { style.add_modifier(Modifier::UNDERLINED) } else { style };
    let gap = columns.saturating_sub(width(&heading) + width(after));
    let spans = vec![Span::styled(heading, style), Span::raw(" ".repeat(gap)), Span::styled(after, BOLD)];
    line(frame, area, Line::from(spans));
    let rows = model.size.card_rows();
    let cards = Rect { y: area.y.saturating_add(1), height: area.height.saturating_sub(1), ..area };
    for (place, card) in column.cards.iter().enumerate().skip(column.first) {
        let y = u16::try_from(place - column.first).unwrap_or(u16::MAX).saturating_mul(rows);
        if y >= cards.height {
            break;
        }
        let is_chosen = choice == Choice::Here && place == column.at;
        let area =
            Rect { y: cards.y + y, height: 3.min(cards.height - y), width: area.width.saturating_sub(1), ..area };
        draw_card(card, if is_chosen { CHOSEN } else { Style::new() }, frame, area);
    }
}

fn draw_card(card: &Card, style: Style, frame: &mut Frame<'_>, area: Rect) {
    let columns = usize::from(area.width);
    let id = cut(&format!(" {}", card.id), columns);
    let priority = card.priority.map(|priority| format!("{priority} ")).unwrap_or_default();
    let gap = columns.saturating_sub(width(&id) + width(&priority));
    let priority = if gap == 0 { String::new() } else { priority };
    let urgent = match card.priority {
        Some(Priority::P0) => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
        Some(Priority::P1) => Style::new().fg(Color::Yellow).add_modifier(Modifier::BOLD),
        Some(Priority::P2 | Priority::P3) | None => DIM,
    };
    let padded = |text: String| {
        let gap = columns.saturating_sub(width(&text));
        format!("{text}{}", " ".repeat(gap))
    };
    let marks: Vec<String> = card.marks.iter().map(mark).collect();
    let about = [card.to.clone()].into_iter().chain(marks).filter(|text| !text.is_empty()).collect::<Vec<_>>();
    let alarm = card.marks.iter().any(|mark| match mark {
        Mark::Sides(_) | Mark::Contested | Mark::Duplicate | Mark::KeyConflict | Mark::Damaged(_) => true,
        Mark::Claimed(_) | Mark::Waits(_) | Mark::Due(_) => false,
    });
    let about_style = if alarm { Style::new().fg(Color::Red) } else { DIM };
    let lines = [
        Line::from(vec![Span::styled(id, DIM), Span::raw(" ".repeat(gap)), Span::styled(priority, urgent)]),
        Line::from(padded(cut(&format!(" {}", card.title), columns))),
        Line::styled(padded(cut(&format!(" {}", about.join("  ")), columns)), about_style),
    ];
    for (row, text) in (0..area.height).zip(lines) {
        line(frame, Rect { y: area.y + row, height: 1, ..area }, text.patch_style(style));
    }
}

/// What else there is to know of a request, in a few columns.
fn mark(mark: &Mark) -> String {
    match mark {
        Mark::Claimed(by) => format!("@{by}"),
        Mark::Contested => "@?".to_owned(),
        Mark::Sides(states) => states.join(" | "),
        Mark::Duplicate => "=REQ".to_owned(),
        Mark::KeyConflict => "!key".to_owned(),
        Mark::Waits(number) => format!("waits {number}"),
        Mark::Due(day) => format!("due {day}"),
        Mark::Damaged(_) => "can't be read".to_owned(),
    }
}
