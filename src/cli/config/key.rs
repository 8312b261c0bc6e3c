//! The settings: what each is called, what it takes, and where else it can be said.

use std::time::Duration;

use clap::ValueEnum;

use super::super::args::Color;
use super::super::formats::Wanted;
use super::super::times::TimeStyle;
use super::super::values;
use crate::domain::id::{Actor, RepoId};
use crate::domain::packet::Priority;

/// A setting.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Key {
    /// Who acts.
    Actor,
    /// The repository that asks.
    From,
    /// The priority of new requests.
    Priority,
    /// How long a command that writes one thing may take.
    Timeout,
    /// How to print.
    Format,
    /// How times are told to people.
    Time,
    /// When to use colours.
    Color,
    /// What long texts are shown with.
    Pager,
    /// What texts are written with.
    Editor,
}

/// What a setting is set to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Value {
    /// A name of who acts.
    Actor(Actor),
    /// A repository.
    Repo(RepoId),
    /// A priority.
    Priority(Priority),
    /// A length of time.
    Time(Duration),
    /// A way to print.
    Format(Wanted),
    /// A way to tell times.
    Times(TimeStyle),
    /// When to use colours.
    Color(Color),
    /// A command line.
    Command(String),
}

impl Value {
    /// A command line, if it is one.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        if let Self::Command(command) = self { Some(command) } else { None }
    }
}

/// Where a setting can be said beside the person's file, and what it is where nobody says it.
pub struct Facts {
    /// What it is for.
    pub about: &'static str,
    /// The options of a command line.
    pub flags: &'static [&'static str],
    /// The environment's variables that come before the file.
    pub before: &'static [&'static str],
    /// Those that come after it.
    pub after: &'static [&'static str],
    /// What it is where nobody says it.
    pub built_in: Option<&'static str>,
    /// Whether a ledger can say it, under `defaults` in `ledger.json`.
    pub in_ledger: Said,
}

/// Whether something can be said in a place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// It can.
    Yes,
    /// It can't.
    No,
}

impl Key {
    /// All, in the order in which they are listed.
    pub const ALL: [Self; 9] = [
        Self::Actor,
        Self::From,
        Self::Priority,
        Self::Timeout,
        Self::Format,
        Self::Time,
        Self::Color,
        Self::Pager,
        Self::Editor,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Actor => "actor",
            Self::From => "from",
            Self::Priority => "priority",
            Self::Timeout => "timeout",
            Self::Format => "format",
            Self::Time => "time",
            Self::Color => "color",
            Self::Pager => "pager",
            Self::Editor => "editor",
        }
    }

    /// The setting of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|key| key.name() == name)
    }

    /// What is known of it.
    #[must_use]
    pub fn facts(self) -> Facts {
        let plain =
            |about, flags, built_in| Facts { about, flags, before: &[], after: &[], built_in, in_ledger: Said::No };
        let of_the_work = |about, flags, built_in| Facts { in_ledger: Said::Yes, ..plain(about, flags, built_in) };
        match self {
            Self::Actor => {
                Facts { before: &["LEDGER_ACTOR"], ..plain("who acts; else git's user.email", &["--actor"], None) }
            }
            Self::From => of_the_work("the repository that asks, for new", &["--from"], None),
            Self::Priority => of_the_work("the priority of new requests", &["--priority"], Some("P2")),
            Self::Timeout => {
                of_the_work("how long a command that writes one thing may take", &["--timeout"], Some("10s"))
            }
            Self::Format => plain("how to print: text, json, jsonl", &["--format", "--json"], Some("text")),
            Self::Time => plain(
                "how times are told: relative, absolute, or auto: relative on a terminal",
                &["--time"],
                Some("auto"),
            ),
            Self::Color => plain("when to use colours: auto, always, never", &["--color"], Some("auto")),
            Self::Pager => Facts {
                before: &["LEDGER_PAGER"],
                after: &["PAGER"],
                ..plain(
                    "what long texts are shown with on a terminal",
                    &["--no-pager"],
                    Some(super::super::pager::BUILT_IN),
                )
            },
            Self::Editor => Facts {
                before: &["LEDGER_EDITOR"],
                after: &["VISUAL", "EDITOR"],
                ..plain("what new and note are written with on a terminal", &[], Some(super::super::editing::BUILT_IN))
            },
        }
    }

    /// Reads a value.
    ///
    /// # Errors
    /// What was expected instead.
    pub fn read(self, text: &str) -> Result<Value, String> {
        match self {
            Self::Actor => text.parse().map(Value::Actor).map_err(|error| format!("{error}")),
            Self::From => text.parse().map(Value::Repo).map_err(|error| format!("{error}")),
            Self::Priority => values::priority(text).map(Value::Priority),
            Self::Timeout => values::duration(text).map(Value::Time),
            Self::Format => match Wanted::from_str(text, true) {
                Ok(format @ (Wanted::Text | Wanted::Json | Wanted::Jsonl)) => Ok(Value::Format(format)),
                // The others are of a few commands only.
                Ok(_) | Err(_) => Err("expected text, json or jsonl".to_owned()),
            },
            Self::Time => TimeStyle::from_str(text, true)
                .map(Value::Times)
                .map_err(|_| "expected auto, relative or absolute".to_owned()),
            Self::Color => {
                Color::from_str(text, true).map(Value::Color).map_err(|_| "expected auto, always or never".to_owned())
            }
            Self::Pager | Self::Editor if text.trim().is_empty() || text.contains('\0') => {
                Err("expected a command line".to_owned())
            }
            Self::Pager | Self::Editor => Ok(Value::Command(text.to_owned())),
        }
    }
}
