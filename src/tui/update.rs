//! From a model and what happens to the next model, and what is to be done.

use super::editor::Editor;
use super::form::{Form, Step};
use super::model::{
    Column, Dialog, Effect, Event, Failed, Failure, FoundPage, Listed, Model, Page, Part, Prompt, Purpose, Shown, Then,
    Told, Write, Wrote,
};
use super::{keys, text};
use crate::app::list::{Query, Sort};
use crate::domain::decide::Command;
use crate::domain::id::RequestId;
use crate::index::project::DAMAGED;

/// How many requests of a column are read at once.
pub const CARDS: usize = 50;
/// The most requests of a column that are read: who wants more is better served with a filter.
pub const CARDS_MAX: usize = 5_000;

/// What becomes of a model when something happens, and what is to be done.
#[must_use]
pub fn update(mut model: Model, event: Event) -> (Model, Vec<Effect>) {
    let effects = match event {
        Event::Started => model.read_anew(),
        Event::Changed => model.read_again(),
        Event::Resized(size) => {
            model.size = size;
            Vec::new()
        }
        Event::Read(done, total) => {
            model.reading = (done < total).then_some((done, total));
            Vec::new()
        }
        Event::Noticed(text) => {
            model.message = Some(text);
            Vec::new()
        }
        Event::Pressed(key) => model.press(key),
        Event::Pasted(text) => {
            model.paste(&text);
            Vec::new()
        }
        Event::Ended => model.leave(),
        Event::Listed { generation, state, part, answer } => {
            model.answered();
            if generation == model.generation { model.listed(&state, part, answer) } else { Vec::new() }
        }
        Event::Shown(id, answer) => {
            model.answered();
            model.shown(id, answer);
            Vec::new()
        }
        Event::Found { words, answer } => {
            model.answered();
            model.found(&words, answer);
            Vec::new()
        }
        Event::Wrote(write, answer) => {
            model.answered();
            model.wrote(*write, answer)
        }
    };
    model.settle();
    model.writing += effects.iter().filter(|effect| matches!(effect, Effect::Write(_))).count();
    model.waiting += effects.iter().filter(|effect| !matches!(effect, Effect::Leave)).count();
    (model, effects)
}

impl Model {
    fn answered(&mut self) {
        self.waiting = self.waiting.saturating_sub(1);
        self.reading = None;
    }

    /// Reads the board from the beginning, under a new question.
    pub(super) fn read_anew(&mut self) -> Vec<Effect> {
        self.generation += 1;
        self.board.columns.iter().filter(|column| column.is_read()).map(|column| self.list(column, CARDS)).collect()
    }

    /// Reads everything that is shown again, as far as it was read.
    pub(super) fn read_again(&mut self) -> Vec<Effect> {
        self.generation += 1;
        let columns = self.board.columns.iter().filter(|column| column.is_read());
        let mut effects: Vec<Effect> = columns.map(|column| self.list(column, column.cards.len().max(CARDS))).collect();
        if let Some(Page::Request(page)) = self.pages.last() {
            effects.insert(0, Effect::Show(page.id));
        }
        effects
    }

    fn list(&self, column: &Column, limit: usize) -> Effect {
        let query = Query {
            states: vec![column.state.clone()],
            sort: if column.is_final { Sort::Updated } else { Sort::Priority },
            limit: Some(limit.min(CARDS_MAX)),
            ..self.filter.query().clone()
        };
        Effect::List {
            generation: self.generation,
            state: column.state.clone(),
            part: Part::Whole,
            query: Box::new(query),
        }
    }

    /// What follows in the chosen column, where its end is in sight and there is more.
    pub(super) fn more(&self) -> Vec<Effect> {
        let Some(column) = self.board.columns.get(self.board.at) else { return Vec::new() };
        let is_near = column.at + self.size.cards() >= column.cards.len();
        let cursor = column.next.as_ref().filter(|_| is_near && column.cards.len() < CARDS_MAX && self.waiting == 0);
        let Some(cursor) = cursor.and_then(|cursor| cursor.parse().ok()) else { return Vec::new() };
        let Effect::List { generation, state, query, .. } = self.list(column, CARDS) else { return Vec::new() };
        let query = Box::new(Query { cursor: Some(cursor), ..*query });
        vec![Effect::List { generation, state, part: Part::More, query }]
    }

    fn listed(&mut self, state: &str, part: Part, answer: Result<Listed, String>) -> Vec<Effect> {
        let Listed { cards, matched, next, damaged } = match answer {
            Ok(listed) => listed,
            Err(text) => {
                self.tell("The board can't be read", text, Then::Close);
                return Vec::new();
            }
        };
        if let Some(column) = self.board.columns.iter_mut().find(|column| column.state == DAMAGED) {
            column.matched = damaged.len();
            column.take(damaged, Part::Whole);
        }
        if let Some(column) = self.board.columns.iter_mut().find(|column| column.state == state) {
            (column.matched, column.next) = (matched, next);
            column.take(cards, part);
        }
        let found = self.board.follow.and_then(|id| {
            let place = |(at, column): (usize, &Column)| Some((at, column.cards.iter().position(|c| c.id == id)?));
            self.board.columns.iter().enumerate().filter(|(_, column)| column.state == state).find_map(place)
        });
        if let Some((column, card)) = found {
            self.board.follow = None;
            self.board.at = column;
            self.board.columns[column].at = card;
        }
        Vec::new()
    }

    fn shown(&mut self, id: RequestId, answer: Result<Box<Shown>, String>) {
        let wanted = self.wish.take_if(|wish| *wish == id).is_some();
        match (&answer, wanted && self.dialog.is_none()) {
            (Ok(shown), true) => self.choose(id, shown),
            (Err(text), true) => self.tell("It can't be read", text.clone(), Then::Close),
            (_, false) => {}
        }
        for page in &mut self.pages {
            match page {
                Page::Request(page) if page.id == id => match &answer {
                    Ok(shown) => (page.shown, page.error) = (Some((**shown).clone()), None),
                    Err(text) => page.error = Some(text.clone()),
                },
                Page::Request(_) | Page::Found(_) => {}
            }
        }
    }

    fn found(&mut self, words: &str, answer: Result<FoundPage, String>) {
        match answer {
            Ok(found) => {
                for page in &mut self.pages {
                    match page {
                        Page::Found(page) if page.words == words && page.hits.is_none() => *page = found.clone(),
                        Page::Found(_) | Page::Request(_) => {}
                    }
                }
            }
            Err(text) => {
                self.pages.retain(|page| !matches!(page, Page::Found(page) if page.hits.is_none()));
                self.tell("The search failed", text, Then::Close);
            }
        }
    }

    fn wrote(&mut self, write: Write, answer: Result<Wrote, Failed>) -> Vec<Effect> {
        // What was being typed meanwhile stays; only the form that waits for this is over.
        let form = match self.dialog.take() {
            Some(Dialog::Form(form)) if form.step == Step::Writing => Some(form),
            other => {
                self.dialog = other;
                None
            }
        };
        self.writing = self.writing.saturating_sub(1);
        // What was not written is told before anybody leaves.
        if std::mem::take(&mut self.is_leaving) && answer.is_ok() {
            return vec![Effect::Leave];
        }
        match answer {
            Ok(wrote) => {
                self.message = Some(wrote.text);
                self.kept = None;
                self.board.follow = self.pages.is_empty().then_some(write.id);
            }
            Err(Failed { kind: Failure::Stale, text }) => {
                self.kept = form;
                self.tell("Somebody was faster: nothing was written", text, Then::Close);
            }
            Err(Failed { kind, text }) => {
                let back = form.map_or_else(
                    || Dialog::Prompt(Prompt::note(&write)),
                    |form| Dialog::Form(Box::new(Form { step: Step::Confirm, ..*form })),
                );
                match kind {
                    Failure::Retryable => {
                        self.tell("It is not known to be written", text, Then::Again(Box::new(write), Box::new(back)));
                    }
                    Failure::Refused | Failure::Stale => {
                        self.tell("Refused: nothing was written", text, Then::Mend(Box::new(back)));
                    }
                }
            }
        }
        self.read_again()
    }

    pub(super) fn tell(&mut self, title: &'static str, text: String, then: Then) {
        self.dialog = Some(Dialog::Told(Told { title, text, top: 0, then }));
    }

    /// Leaves, once nothing is being written any more.
    pub(super) fn leave(&mut self) -> Vec<Effect> {
        let is_said_again = std::mem::replace(&mut self.is_leaving, true);
        if self.writing > 0 && !is_said_again { Vec::new() } else { vec![Effect::Leave] }
    }

    fn paste(&mut self, text: &str) {
        match &mut self.dialog {
            Some(Dialog::Prompt(prompt)) => prompt.editor.insert(text),
            Some(Dialog::Form(form)) if form.question().is_some() => form.editor.insert(text),
            Some(Dialog::Form(_) | Dialog::Help(_) | Dialog::Choose(_) | Dialog::Told(_)) | None => {}
        }
    }

    /// Brings every choice and every scroll to where there is something to see.
    fn settle(&mut self) {
        let size = self.size;
        self.board.settle(size.columns(self.board.shown().count()), size.cards());
        for page in &mut self.pages {
            match page {
                Page::Request(page) => {
                    page.top = page.top.min(page.rows(size.page_columns()).len().saturating_sub(size.page_rows()));
                }
                Page::Found(page) => page.settle(size.page_rows(), size.page_columns()),
            }
        }
        let inside = size.inside_box();
        let last = |text: &str| {
            let rows = text::folded(&text::styled(text), usize::from(inside.width));
            rows.len().saturating_sub(usize::from(inside.height))
        };
        match &mut self.dialog {
            Some(Dialog::Help(top)) => *top = (*top).min(last(keys::HELP)),
            Some(Dialog::Told(told)) => told.top = told.top.min(last(&told.text)),
            Some(Dialog::Prompt(_) | Dialog::Choose(_) | Dialog::Form(_)) | None => {}
        }
    }
}

impl Prompt {
    /// The prompt at which a note was typed that was not written.
    fn note(write: &Write) -> Self {
        let text = if let Command::Note(noted) = &write.command { noted.text.as_str() } else { "" };
        Self { purpose: Purpose::Note(write.id), editor: Editor::with(text), wrong: None }
    }
}
