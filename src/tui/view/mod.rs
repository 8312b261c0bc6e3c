//! What a model looks like. Draws, and knows nothing of what could be done.

mod board;
mod dialog;
mod page;

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};

use super::keys::{Hint, hints};
use super::model::{Model, Page};
use super::text::{cut, styled, width};

const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const DIM: Style = Style::new().add_modifier(Modifier::DIM);
const CHOSEN: Style = Style::new().add_modifier(Modifier::REVERSED);

/// Draws a model.
pub fn view(model: &Model, frame: &mut Frame<'_>) {
    let area = frame.area();
    let [top, middle, message, keys] = rows(area);
    match model.pages.last() {
        None => {
            title(model, board::title(model), frame, top);
            board::draw(model, frame, middle);
        }
        Some(Page::Request(page)) => {
            title(model, page::request_title(page), frame, top);
            page::request(page, frame, inner(middle));
        }
        Some(Page::Found(found)) => {
            title(model, page::found_title(found, model.filter.text()), frame, top);
            page::found(found, frame, inner(middle));
        }
    }
    line(frame, message, status(model));
    line(frame, keys, hint_line(hints(model), keys.width));
    if let Some(shown) = &model.dialog {
        dialog::draw(model, shown, frame, middle);
    }
}

/// Takes all colours out of what was drawn.
pub fn plain(frame: &mut Frame<'_>) {
    for cell in &mut frame.buffer_mut().content {
        cell.fg = Color::Reset;
        cell.bg = Color::Reset;
    }
}

/// The title's row, what is between, the message's row and the keys' row. The keys are the last to go.
fn rows(area: Rect) -> [Rect; 4] {
    let row = |from_end: u16, least: u16| {
        let there = u16::from(area.height >= least);
        Rect { y: area.bottom().saturating_sub(from_end.min(area.height)), height: there, ..area }
    };
    let top = Rect { height: u16::from(area.height >= 3), ..area };
    let (message, keys) = (row(2, 2), row(1, 1));
    let between = area.height.saturating_sub(top.height + message.height + keys.height);
    [top, Rect { y: area.y + top.height, height: between, ..area }, message, keys]
}

fn inner(area: Rect) -> Rect {
    let margin = u16::from(area.width > 2);
    Rect { x: area.x + margin, width: area.width.saturating_sub(2 * margin), ..area }
}

/// Draws a line, cut to its place.
fn line(frame: &mut Frame<'_>, area: Rect, line: Line<'_>) {
    if area.width > 0 && area.height > 0 {
        frame.render_widget(line, Rect { height: 1, ..area });
    }
}

/// Where somebody is, to the left, and whose ledger it is and who acts, to the right.
fn title(model: &Model, left: String, frame: &mut Frame<'_>, area: Rect) {
    let who = model.actor.as_deref().unwrap_or("nobody acts: --actor NAME");
    let right = format!("{} · {} ", cut(&model.ledger, 20), cut(who, 26));
    let room = usize::from(area.width);
    let style = BOLD.add_modifier(Modifier::REVERSED);
    let left = cut(&format!(" {left}"), room);
    let gap = room.saturating_sub(width(&left) + width(&right));
    let text = if gap > 0 { format!("{left}{}{right}", " ".repeat(gap)) } else { format!("{left:<room$}") };
    line(frame, area, Line::from(Span::styled(text, style)));
}

/// The last thing that happened, or what is being waited for.
fn status(model: &Model) -> Line<'static> {
    if model.is_leaving {
        return Line::from(" leaving once it is written…");
    }
    if let Some((done, total)) = model.reading {
        return Line::from(format!(" reading {done} of {total} requests…"));
    }
    if model.writing > 0 {
        return Line::from(" writing…");
    }
    if let Some(message) = &model.message {
        let mut told = styled(message).into_iter().next().unwrap_or_default();
        told.spans.insert(0, Span::raw(" "));
        return told;
    }
    if model.waiting > 0 { Line::styled(" reading…", DIM) } else { Line::default() }
}

/// The keys and what they do, as many as fit; the last two always before others.
fn hint_line(hints: &[Hint], columns: u16) -> Line<'static> {
    let room = usize::from(columns);
    let taken = |hints: &[Hint]| hints.iter().map(|(key, does)| width(key) + width(does) + 3).sum::<usize>();
    let mut kept = hints.to_vec();
    while kept.len() > 1 && taken(&kept) > room + 1 {
        let gone = if kept.len() > 2 { kept.len() - 3 } else { 0 };
        kept.remove(gone);
    }
    let pairs = kept.into_iter().flat_map(|(key, does)| {
        [Span::styled(format!(" {key}"), BOLD.fg(Color::Cyan)), Span::raw(format!(" {does} "))]
    });
    Line::from(pairs.collect::<Vec<_>>())
}

/// A state's colour, the same as where it is printed.
fn state_style(state: &str) -> Style {
    match state {
        "CLOSED" | "VERIFIED" | "DELIVERED" => Style::new().fg(Color::Green),
        "BLOCKED" => Style::new().fg(Color::Yellow),
        "DIVERGED" | "DAMAGED" | "REJECTED" => Style::new().fg(Color::Red),
        "WITHDRAWN" => DIM,
        _ => Style::new().fg(Color::Cyan),
    }
}
