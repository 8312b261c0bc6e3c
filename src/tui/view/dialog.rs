//! What somebody is being asked or told, in a box over everything else.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

use super::page::scrolled;
use super::{BOLD, CHOSEN, DIM, line, state_style};
use crate::domain::outlook::Need;
use crate::domain::safe;
use crate::tui::editor::Editor;
use crate::tui::filter::TAKES;
use crate::tui::form::{Choice, Form, Question, Step};
use crate::tui::keys::HELP;
use crate::tui::model::{Dialog, Model, Prompt, Purpose};
use crate::tui::text::{cut, folded, styled};

/// What is in a box.
struct Inside {
    title: String,
    rows: Vec<Line<'static>>,
    top: usize,
    /// The row in which something is typed.
    typing: Option<(usize, Editor)>,
}

/// Draws it in the middle of a place.
pub(super) fn draw(model: &Model, dialog: &Dialog, frame: &mut Frame<'_>, area: Rect) {
    let size = model.size.inside_box();
    let columns = usize::from(size.width);
    let inside = match dialog {
        Dialog::Help(top) => {
            Inside { title: "Keys".into(), rows: folded(&styled(HELP), columns), top: *top, typing: None }
        }
        Dialog::Told(told) => {
            Inside { title: told.title.into(), rows: folded(&styled(&told.text), columns), top: told.top, typing: None }
        }
        Dialog::Prompt(prompt) => of_prompt(prompt, columns),
        Dialog::Choose(choice) => of_choice(choice, columns),
        Dialog::Form(form) => of_form(form, columns),
    };
    let Inside { title, rows, top, typing } = inside;
    let height = u16::try_from(rows.len()).unwrap_or(u16::MAX).min(size.height).saturating_add(2).min(area.height);
    let width = size.width.saturating_add(4).min(area.width);
    let outer = Rect { x: area.x + (area.width - width) / 2, y: area.y + (area.height - height) / 2, width, height };
    frame.render_widget(Clear, outer);
    let block = Block::bordered().title(Span::styled(format!(" {} ", cut(&title, columns)), BOLD));
    let within = block.inner(outer);
    frame.render_widget(block, outer);
    let within = Rect { x: within.x + u16::from(within.width > 2), width: within.width.saturating_sub(2), ..within };
    scrolled(&rows, top, frame, within);
    let top = top.min(rows.len().saturating_sub(usize::from(within.height)));
    if let Some((row, editor)) = typing
        && let Some(y) = row.checked_sub(top).filter(|y| *y < usize::from(within.height))
        && within.width > 2
    {
        let place =
            Rect { x: within.x + 2, y: within.y + u16::try_from(y).unwrap_or(0), width: within.width - 2, height: 1 };
        let (shown, column) = editor.shown(usize::from(place.width));
        line(frame, place, Line::from(shown));
        frame.set_cursor_position((place.x + u16::try_from(column).unwrap_or(0), place.y));
    }
}

fn prompt_row() -> Line<'static> {
    Line::from(Span::styled("›", BOLD.fg(Color::Cyan)))
}

fn wrong_rows(wrong: Option<&str>, columns: usize) -> Vec<Line<'static>> {
    let style = Style::new().fg(Color::Red);
    let lines = wrong.map(|wrong| Line::styled(safe::line(wrong).into_owned(), style));
    folded(&lines.into_iter().collect::<Vec<_>>(), columns)
}

fn told(text: &str, style: Style, columns: usize) -> Vec<Line<'static>> {
    folded(&[Line::styled(safe::line(text).into_owned(), style)], columns)
}

fn of_prompt(prompt: &Prompt, columns: usize) -> Inside {
    let (title, help) = match prompt.purpose {
        Purpose::Filter => ("Filter".to_owned(), TAKES),
        Purpose::Search => ("Search".to_owned(), "words, \"a phrase\", begin*"),
        Purpose::Note(id) => (format!("Note on {id}"), "It stays on record, for everybody who has the ledger."),
    };
    let mut rows = vec![prompt_row()];
    rows.extend(wrong_rows(prompt.wrong.as_deref(), columns));
    rows.extend(told(help, DIM, columns));
    Inside { title, rows, top: 0, typing: Some((0, prompt.editor.clone())) }
}

/// What a transition needs, where it is asked for in a field rather than given as an option.
fn wanted(need: &Need) -> String {
    match need {
        Need::Reason => "a reason".to_owned(),
        Need::Evidence => "evidence".to_owned(),
        Need::Details(names) => format!("details: {}", names.join(", ")),
        Need::Parts(_) | Need::Approval(_) | Need::ReviewNote | Need::ContractCheck(..) | Need::AnotherActor(_) => {
            need.to_string()
        }
    }
}

fn of_choice(choice: &Choice, columns: usize) -> Inside {
    let mut rows = Vec::new();
    let mut chosen = (0, 0);
    for (at, open) in choice.open.iter().enumerate() {
        let needs: Vec<String> = open.needs.iter().map(wanted).collect();
        let needs = if needs.is_empty() { String::new() } else { format!("  needs {}", safe::line(&needs.join("; "))) };
        let to = safe::line(open.to.as_str()).into_owned();
        let spans = vec![Span::styled(format!("{to:<12}"), state_style(&to)), Span::raw(needs)];
        let mut lines = folded(&[Line::from(spans)], columns);
        if at == choice.at {
            chosen = (rows.len(), rows.len() + lines.len());
            lines = lines.into_iter().map(|line| line.patch_style(CHOSEN)).collect();
        }
        rows.extend(lines);
    }
    // The chosen one is in sight, its beginning before its end.
    let room = 12_usize;
    let top = chosen.1.saturating_sub(room).min(chosen.0);
    let title = format!("{}  {} →", choice.id, choice.from);
    Inside { title, rows, top, typing: None }
}

fn of_form(form: &Form, columns: usize) -> Inside {
    let title = format!("{}  {} → {}", form.choice.id, form.choice.from, form.to);
    let mut rows = Vec::new();
    let said = form.reason.iter().map(|reason| format!("reason: {reason}"));
    let shown = form.evidence.iter().map(|evidence| format!("evidence: {}={}", evidence.kind, evidence.value));
    let details = form.details.iter().map(|(name, value)| format!("{name}: {value}"));
    let asked = form.question();
    for text in said.filter(|_| asked != Some(&Question::Reason)).chain(shown).chain(details) {
        rows.extend(told(&text, Style::new(), columns));
    }
    let mut typing = None;
    match (form.step, asked) {
        (Step::Ask(at), Some(question)) => {
            let of = if form.questions.len() > 1 {
                format!(" ({} of {})", at + 1, form.questions.len())
            } else {
                String::new()
            };
            rows.extend(told(&format!("{}{of}", question.text()), BOLD, columns));
            typing = Some((rows.len(), form.editor.clone()));
            rows.push(prompt_row());
            rows.extend(wrong_rows(form.wrong.as_deref(), columns));
        }
        (Step::Confirm, _) => {
            let text =
                format!("Bring it from {} to {}? It is at version {}.", form.choice.from, form.to, form.choice.version);
            rows.extend(told(&text, BOLD, columns));
        }
        (Step::Writing, _) => rows.extend(told("writing…", BOLD, columns)),
        (Step::Ask(_), None) => {}
    }
    Inside { title, rows, top: 0, typing }
}
