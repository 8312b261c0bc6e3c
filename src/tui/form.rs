//! A transition, from the choice to what is written: what it needs is asked for, one thing at a time, and nothing is
//! written before all of it was seen together.

use serde_json::{Map, Value};

use super::editor::Editor;
use super::model::Key;
use crate::domain::decide::Transition;
use crate::domain::event::Evidence;
use crate::domain::id::RequestId;
use crate::domain::json;
use crate::domain::outlook::{Action, Need, Open};
use crate::domain::workflow::StateName;

/// The transitions among which somebody chooses.
#[derive(Clone, PartialEq, Debug)]
pub struct Choice {
    /// The request.
    pub id: RequestId,
    /// The version that was looked at.
    pub version: u64,
    /// Where it stands.
    pub from: String,
    /// What is open.
    pub open: Vec<Open>,
    /// The chosen one.
    pub at: usize,
}

impl Choice {
    /// What has to come first by another command, or another person, in words and as a command; `None` where the chosen
    /// transition can be made from here.
    #[must_use]
    pub fn blocked(&self) -> Option<String> {
        let open = self.open.get(self.at)?;
        let needs = open.needs.iter().filter(|need| Question::of(need).is_empty());
        let needs: Vec<String> = needs.map(ToString::to_string).collect();
        if needs.is_empty() {
            return None;
        }
        let first = match Action::towards(&open.to, &open.needs) {
            // Nothing that this actor can do.
            Action::Transition { .. } => String::new(),
            action @ (Action::Deliver(_)
            | Action::Approve(_)
            | Action::Review
            | Action::Resolve(_)
            | Action::ResolveKey(_)
            | Action::SettleDuplicate) => format!("\nFirst: {}", action.command(self.id)),
        };
        Some(format!("{} needs {}.{first}", open.to, needs.join("; ")))
    }
}

/// Something that is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Question {
    /// A reason in words.
    Reason,
    /// Pieces of evidence.
    Evidence,
    /// A detail.
    Detail(String),
}

impl Question {
    /// What a need asks of somebody who types; nothing where it takes another command or another person.
    fn of(need: &Need) -> Vec<Self> {
        match need {
            Need::Reason => vec![Self::Reason],
            Need::Evidence => vec![Self::Evidence],
            Need::Details(names) => names.iter().cloned().map(Self::Detail).collect(),
            Need::Parts(_) | Need::Approval(_) | Need::ReviewNote | Need::ContractCheck(..) | Need::AnotherActor(_) => {
                Vec::new()
            }
        }
    }

    /// What is asked, and how it is answered; untrusted.
    #[must_use]
    pub fn text(&self) -> String {
        match self {
            Self::Reason => "Reason".to_owned(),
            Self::Evidence => "Evidence, as KIND=VALUE; Enter on an empty line goes on".to_owned(),
            Self::Detail(name) => format!("Detail {name}; JSON, or else text"),
        }
    }
}

/// A transition that is being filled in.
#[derive(Clone, PartialEq, Debug)]
pub struct Form {
    /// Among what it was chosen.
    pub choice: Choice,
    /// Where it leads.
    pub to: StateName,
    /// What is asked for.
    pub questions: Vec<Question>,
    /// Where it has got.
    pub step: Step,
    /// What is being typed.
    pub editor: Editor,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// The reason.
    pub reason: Option<String>,
    /// The evidence.
    pub evidence: Vec<Evidence>,
    /// The details.
    pub details: Map<String, Value>,
}

/// Where a form has got.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// At a question.
    Ask(usize),
    /// Everything is there to be confirmed.
    Confirm,
    /// It is being written.
    Writing,
}

/// What a key made of a form.
#[derive(Clone, PartialEq, Debug)]
pub enum Outcome {
    /// It goes on.
    Goes(Form),
    /// It was left: back to the choice.
    Left(Choice),
    /// It is to be written.
    Confirmed(Form),
}

impl Form {
    /// The form for the transition that was chosen; `None` where none was, or something else has to come first. `kept` is
    /// what was typed before, to begin with.
    #[must_use]
    pub fn of(choice: Choice, kept: Option<&Self>) -> Option<Self> {
        let open = choice.open.get(choice.at).filter(|_| choice.blocked().is_none())?;
        let questions: Vec<Question> = open.needs.iter().flat_map(Question::of).collect();
        let form = Self {
            to: open.to.clone(),
            questions,
            step: Step::Confirm,
            editor: Editor::default(),
            wrong: None,
            reason: kept.and_then(|kept| kept.reason.clone()),
            evidence: kept.map(|kept| kept.evidence.clone()).unwrap_or_default(),
            details: kept.map(|kept| kept.details.clone()).unwrap_or_default(),
            choice,
        };
        Some(form.at(0))
    }

    /// The same at one of its questions, or beyond the last.
    fn at(mut self, question: usize) -> Self {
        self.wrong = None;
        self.editor = match self.questions.get(question) {
            Some(Question::Reason) => Editor::with(self.reason.as_deref().unwrap_or_default()),
            Some(Question::Detail(name)) => Editor::with(&self.details.get(name).map(typed).unwrap_or_default()),
            Some(Question::Evidence) | None => Editor::default(),
        };
        self.step = if question < self.questions.len() { Step::Ask(question) } else { Step::Confirm };
        self
    }

    /// The question that is being asked.
    #[must_use]
    pub fn question(&self) -> Option<&Question> {
        match self.step {
            Step::Ask(at) => self.questions.get(at),
            Step::Confirm | Step::Writing => None,
        }
    }

    /// What a key makes of it.
    #[must_use]
    pub fn press(mut self, key: Key) -> Outcome {
        match (self.step, key) {
            (Step::Writing, _) => Outcome::Goes(self),
            (Step::Ask(0), Key::Escape) => Outcome::Left(self.choice),
            (Step::Ask(at), Key::Escape) => Outcome::Goes(self.at(at - 1)),
            (Step::Ask(at), Key::Enter) => Outcome::Goes(self.answered(at)),
            (Step::Ask(_), key) => {
                self.wrong = None;
                if key == Key::Backspace
                    && self.question() == Some(&Question::Evidence)
                    && self.editor.text().is_empty()
                {
                    // The last piece is typed anew.
                    let last = self.evidence.pop().map(|last| format!("{}={}", last.kind, last.value));
                    self.editor = Editor::with(&last.unwrap_or_default());
                    return Outcome::Goes(self);
                }
                self.editor.press(key);
                Outcome::Goes(self)
            }
            (Step::Confirm, Key::Enter | Key::Char('y')) => {
                self.step = Step::Writing;
                Outcome::Confirmed(self)
            }
            (Step::Confirm, Key::Escape) => match self.questions.len() {
                0 => Outcome::Left(self.choice),
                number => Outcome::Goes(self.at(number - 1)),
            },
            (Step::Confirm, Key::Char('r')) => Outcome::Goes(self.ask(Question::Reason)),
            (Step::Confirm, Key::Char('e')) => Outcome::Goes(self.ask(Question::Evidence)),
            (Step::Confirm, _) => Outcome::Goes(self),
        }
    }

    /// Asks for something that may be said though it need not be.
    fn ask(mut self, question: Question) -> Self {
        let at = self.questions.iter().position(|asked| *asked == question).unwrap_or_else(|| {
            self.questions.push(question);
            self.questions.len() - 1
        });
        self.at(at)
    }

    /// Takes what was typed as the answer to a question.
    fn answered(mut self, at: usize) -> Self {
        let text = self.editor.text().trim().to_owned();
        let is_needed = self.is_needed(at);
        match self.questions.get(at) {
            Some(Question::Reason) if text.is_empty() && is_needed => self.wrong = Some("it needs a reason".to_owned()),
            Some(Question::Reason) => self.reason = Some(text).filter(|text| !text.is_empty()),
            Some(Question::Evidence) if text.is_empty() => {
                let lacks = self.evidence.is_empty() && is_needed;
                self.wrong = lacks.then(|| "it needs evidence, for example commit=1a2b3c4".to_owned());
            }
            Some(Question::Evidence) => {
                match Evidence::parse(&text) {
                    Ok(evidence) => {
                        self.evidence.push(evidence);
                        self.editor = Editor::default();
                        self.wrong = None;
                    }
                    Err(wrong) => self.wrong = Some(wrong),
                }
                // There may be more of it.
                return self;
            }
            Some(Question::Detail(name)) if text.is_empty() => self.wrong = Some(format!("it needs {name}")),
            Some(Question::Detail(name)) => match json::typed(&text) {
                Ok(value) => {
                    self.details.insert(name.clone(), value);
                }
                Err(rule) => self.wrong = Some(rule.without_place()),
            },
            None => {}
        }
        if self.wrong.is_none() { self.at(at + 1) } else { self }
    }

    /// Whether the transition can't be made without an answer to a question.
    fn is_needed(&self, at: usize) -> bool {
        let open = self.choice.open.get(self.choice.at);
        let needs = open.map(|open| open.needs.as_slice()).unwrap_or_default();
        self.questions.get(at).is_some_and(|question| needs.iter().any(|need| Question::of(need).contains(question)))
    }

    /// What is to be written.
    #[must_use]
    pub fn transition(&self) -> Transition {
        Transition {
            to: self.to.clone(),
            reason: self.reason.clone(),
            evidence: self.evidence.clone(),
            details: self.details.clone(),
            occurred_at: None,
        }
    }
}

/// A value as one would type it.
fn typed(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
