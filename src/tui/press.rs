//! What keys do, by where somebody is.

use super::editor::Editor;
use super::filter::Filter;
use super::form::{Choice, Form, Outcome, Step};
use super::model::{
    Column, Dialog, Effect, FoundPage, Key, Model, Page, Prompt, Purpose, RequestPage, Shown, Then, Told, Write,
};
use crate::domain::decide::Command;
use crate::domain::event::Noted;
use crate::domain::id::RequestId;
use crate::index::search::Wanted;

/// What is told to somebody who wants something of a request and is at none.
const NONE: &str = "no request is chosen";

impl Model {
    /// What a key does.
    pub(super) fn press(&mut self, key: Key) -> Vec<Effect> {
        if matches!(key, Key::Control('c' | 'd')) {
            return self.leave();
        }
        self.message = None;
        match self.dialog.take() {
            Some(dialog) => self.press_dialog(dialog, key),
            None => self.press_page(key),
        }
    }

    fn press_dialog(&mut self, dialog: Dialog, key: Key) -> Vec<Effect> {
        match dialog {
            Dialog::Help(top) => {
                self.dialog = scrolled(top, key, self.size.inside_box().page_rows()).map(Dialog::Help);
                Vec::new()
            }
            Dialog::Prompt(prompt) => self.press_prompt(prompt, key),
            Dialog::Choose(choice) => {
                self.press_choice(choice, key);
                Vec::new()
            }
            Dialog::Form(form) => match form.press(key) {
                Outcome::Goes(form) => {
                    self.dialog = Some(Dialog::Form(Box::new(form)));
                    Vec::new()
                }
                Outcome::Left(choice) => {
                    self.dialog = Some(Dialog::Choose(choice));
                    Vec::new()
                }
                Outcome::Confirmed(form) => {
                    let (id, expect) = (form.choice.id, Some(form.choice.version));
                    let command = Command::Transition(form.transition());
                    self.dialog = Some(Dialog::Form(Box::new(form)));
                    self.write(id, command, expect)
                }
            },
            Dialog::Told(told) => self.press_told(told, key),
        }
    }

    fn press_told(&mut self, told: Told, key: Key) -> Vec<Effect> {
        match (told.then, key) {
            (Then::Mend(back) | Then::Again(_, back), Key::Enter) => self.dialog = Some(*back),
            (Then::Again(write, back), Key::Char('r')) => {
                self.dialog = match *back {
                    Dialog::Form(form) => Some(Dialog::Form(Box::new(Form { step: Step::Writing, ..*form }))),
                    Dialog::Prompt(_) | Dialog::Help(_) | Dialog::Choose(_) | Dialog::Told(_) => None,
                };
                return vec![Effect::Write(write)];
            }
            (then, key) => {
                let top = scrolled(told.top, key, self.size.inside_box().page_rows());
                self.dialog = top.map(|top| Dialog::Told(Told { top, then, ..told }));
            }
        }
        Vec::new()
    }

    fn press_choice(&mut self, mut choice: Choice, key: Key) {
        let last = choice.open.len().saturating_sub(1);
        match key {
            Key::Escape | Key::Char('q') => return,
            Key::Up | Key::Char('k') => choice.at = choice.at.saturating_sub(1),
            Key::Down | Key::Char('j') => choice.at = (choice.at + 1).min(last),
            Key::Home => choice.at = 0,
            Key::End => choice.at = last,
            Key::Enter => {
                if let Some(blocked) = choice.blocked() {
                    let back = Box::new(Dialog::Choose(choice));
                    self.tell("Something else comes first", blocked, Then::Mend(back));
                    return;
                }
                let kept = self.kept.as_deref().filter(|kept| kept.choice.id == choice.id);
                self.dialog = Form::of(choice, kept).map(|form| Dialog::Form(Box::new(form)));
                return;
            }
            Key::Char(_)
            | Key::Control(_)
            | Key::Tab
            | Key::Backspace
            | Key::Delete
            | Key::Left
            | Key::Right
            | Key::PageUp
            | Key::PageDown => {}
        }
        self.dialog = Some(Dialog::Choose(choice));
    }

    fn press_prompt(&mut self, mut prompt: Prompt, key: Key) -> Vec<Effect> {
        if key == Key::Escape {
            return Vec::new();
        }
        if key == Key::Enter {
            return self.answer(prompt);
        }
        prompt.wrong = None;
        prompt.editor.press(key);
        self.dialog = Some(Dialog::Prompt(prompt));
        Vec::new()
    }

    /// Takes what was typed at a prompt.
    fn answer(&mut self, mut prompt: Prompt) -> Vec<Effect> {
        let text = prompt.editor.text().trim().to_owned();
        match prompt.purpose {
            Purpose::Filter => match Filter::parse(&text) {
                Ok(filter) => {
                    self.filter = filter;
                    self.board.columns.iter_mut().for_each(Column::forget);
                    return self.read_anew();
                }
                Err(wrong) => prompt.wrong = Some(wrong),
            },
            Purpose::Search if text.is_empty() => return Vec::new(),
            Purpose::Search => match Wanted::parse(&text) {
                Ok(_) => {
                    let page = FoundPage { words: text.clone(), ..FoundPage::default() };
                    self.pages.push(Page::Found(page));
                    return vec![Effect::Search { words: text, query: Box::new(self.filter.query().clone()) }];
                }
                Err(wrong) => prompt.wrong = Some(wrong.to_string()),
            },
            Purpose::Note(_) if text.is_empty() => return Vec::new(),
            Purpose::Note(id) => {
                let noted = Noted { text, kind: None, occurred_at: None };
                return self.write(id, Command::Note(noted), None);
            }
        }
        self.dialog = Some(Dialog::Prompt(prompt));
        Vec::new()
    }

    fn write(&mut self, id: RequestId, command: Command, expect: Option<u64>) -> Vec<Effect> {
        let (prefix, number) = &mut self.intents;
        *number += 1;
        match format!("{prefix}-{number}").parse() {
            Ok(key) => vec![Effect::Write(Box::new(Write { id, command, key, expect }))],
            Err(error) => {
                self.tell("It can't be written", format!("{error}"), Then::Close);
                Vec::new()
            }
        }
    }

    fn press_page(&mut self, key: Key) -> Vec<Effect> {
        match key {
            Key::Char('q') => return self.leave(),
            Key::Char('?') => self.dialog = Some(Dialog::Help(0)),
            Key::Char('/') => {
                let text = self.filter.text().to_owned();
                self.prompt(Purpose::Filter, &text);
            }
            Key::Char('s') => self.prompt(Purpose::Search, ""),
            Key::Char('r') | Key::Control('l' | 'r') => {
                self.message = Some("reading everything again".to_owned());
                return self.read_again();
            }
            Key::Char('n') => match self.chosen() {
                Some(id) => self.prompt(Purpose::Note(id), ""),
                None => self.message = Some(NONE.to_owned()),
            },
            Key::Char('t') => return self.transition(),
            Key::Escape | Key::Backspace => {
                if self.pages.pop().is_none() && !self.filter.text().is_empty() {
                    self.filter = Filter::default();
                    self.board.columns.iter_mut().for_each(Column::forget);
                    return self.read_anew();
                }
            }
            Key::Char(_)
            | Key::Control(_)
            | Key::Enter
            | Key::Tab
            | Key::Delete
            | Key::Left
            | Key::Right
            | Key::Up
            | Key::Down
            | Key::Home
            | Key::End
            | Key::PageUp
            | Key::PageDown => match self.pages.last_mut() {
                Some(Page::Request(page)) => page.press(key, self.size),
                Some(Page::Found(page)) if key == Key::Enter => {
                    let id = page.chosen();
                    return id.map(|id| self.open(id)).unwrap_or_default();
                }
                Some(Page::Found(page)) => {
                    let there = page.hits.as_ref().map_or(0, Vec::len);
                    page.at = moved(page.at, key, there, self.size.page_rows() / 3);
                }
                None => return self.press_board(key),
            },
        }
        Vec::new()
    }

    fn press_board(&mut self, key: Key) -> Vec<Effect> {
        match key {
            Key::Left | Key::Char('h') => self.board.go_left(),
            Key::Right | Key::Char('l') | Key::Tab => self.board.go_right(),
            Key::Enter => return self.chosen().map(|id| self.open(id)).unwrap_or_default(),
            Key::Char(_)
            | Key::Control(_)
            | Key::Escape
            | Key::Backspace
            | Key::Delete
            | Key::Up
            | Key::Down
            | Key::Home
            | Key::End
            | Key::PageUp
            | Key::PageDown => {
                let rows = self.size.cards();
                if let Some(column) = self.board.columns.get_mut(self.board.at) {
                    column.at = moved(column.at, key, column.cards.len(), rows);
                }
            }
        }
        self.more()
    }

    /// The request that is meant where somebody is.
    #[must_use]
    pub fn chosen(&self) -> Option<RequestId> {
        match self.pages.last() {
            Some(Page::Request(page)) => Some(page.id),
            Some(Page::Found(page)) => page.chosen(),
            None => self.board.columns.get(self.board.at).and_then(|column| Some(column.cards.get(column.at)?.id)),
        }
    }

    fn open(&mut self, id: RequestId) -> Vec<Effect> {
        self.pages.push(Page::Request(RequestPage { id, shown: None, error: None, top: 0 }));
        vec![Effect::Show(id)]
    }

    fn prompt(&mut self, purpose: Purpose, text: &str) {
        self.dialog = Some(Dialog::Prompt(Prompt { purpose, editor: Editor::with(text), wrong: None }));
    }

    /// Begins a transition: of what is on the screen, else of what is read first.
    fn transition(&mut self) -> Vec<Effect> {
        match self.pages.last() {
            Some(Page::Request(RequestPage { id, shown: Some(shown), .. })) => {
                let (id, shown) = (*id, shown.clone());
                self.choose(id, &shown);
                Vec::new()
            }
            Some(Page::Request(_) | Page::Found(_)) | None => {
                self.wish = self.chosen();
                if self.wish.is_none() {
                    self.message = Some(NONE.to_owned());
                }
                self.wish.map(Effect::Show).into_iter().collect()
            }
        }
    }

    /// Asks which transition.
    pub(super) fn choose(&mut self, id: RequestId, shown: &Shown) {
        if shown.open.is_empty() {
            let next = shown.next.as_ref().map(|next| format!("\nNext, {next}")).unwrap_or_default();
            let text = format!("{id} is {}: no transition is open.{next}", shown.state);
            return self.tell("Nothing is open", text, Then::Close);
        }
        let (version, from, open) = (shown.version, shown.state.clone(), shown.open.clone());
        self.dialog = Some(Dialog::Choose(Choice { id, version, from, open, at: 0 }));
    }
}

/// A scroll after a key; `None` if the key closes what is scrolled.
pub(super) fn scrolled(top: usize, key: Key, rows: usize) -> Option<usize> {
    Some(match key {
        Key::Up | Key::Char('k') => top.saturating_sub(1),
        Key::Down | Key::Char('j') => top.saturating_add(1),
        Key::PageUp => top.saturating_sub(rows),
        Key::PageDown | Key::Char(' ') => top.saturating_add(rows),
        Key::Home | Key::Char('g') => 0,
        // As far as it goes.
        Key::End | Key::Char('G') => usize::MAX / 2,
        Key::Escape | Key::Enter | Key::Char('q' | '?') => return None,
        Key::Char(_) | Key::Control(_) | Key::Tab | Key::Backspace | Key::Delete | Key::Left | Key::Right => top,
    })
}

/// A choice among `there` things after a key.
pub(super) fn moved(at: usize, key: Key, there: usize, rows: usize) -> usize {
    scrolled(at, key, rows.max(1)).unwrap_or(at).min(there.saturating_sub(1))
}
