//! The options that every command has.

use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};

use super::config::Config as Configured;
use super::formats::{Format, Wanted};
use super::times::TimeStyle;
use super::values::duration;

/// What applies to every command.
#[derive(Args, Debug, Clone, Default)]
pub struct Global {
    /// The folder that holds coordination/ [default: LEDGER_ROOT, else the nearest one upwards]
    #[arg(long, global = true, value_name = "DIR", help_heading = "Global options")]
    pub root: Option<PathBuf>,
    /// How to print [default: text]
    #[arg(long, global = true, value_enum, help_heading = "Global options")]
    pub format: Option<Wanted>,
    /// The same as --format json
    #[arg(long, global = true, overrides_with = "json", help_heading = "Global options")]
    pub json: bool,
    /// Who acts [default: LEDGER_ACTOR, else as configured, else git's user.email]
    #[arg(long, global = true, value_name = "NAME", help_heading = "Global options")]
    pub actor: Option<String>,
    /// How long the whole command may take, for example 500ms, 10s, 2m [default: 10s for writes]
    #[arg(long, global = true, value_name = "TIME", value_parser = duration, help_heading = "Global options")]
    pub timeout: Option<std::time::Duration>,
    /// When to use colours [default: auto]
    #[arg(long, global = true, value_enum, help_heading = "Global options")]
    pub color: Option<Color>,
    /// How to tell times in text [default: auto]
    #[arg(long, global = true, value_enum, help_heading = "Global options")]
    pub time: Option<TimeStyle>,
    /// Show long texts without a pager
    #[arg(long, global = true, overrides_with = "no_pager", help_heading = "Global options")]
    pub no_pager: bool,
    /// Print the essential only
    #[arg(short, long, global = true, overrides_with = "quiet", help_heading = "Global options")]
    pub quiet: bool,
    /// Tell more on stderr: which ledger was used, and how long it took
    #[arg(short, long, global = true, overrides_with = "verbose", help_heading = "Global options")]
    pub verbose: bool,
    /// What the person has set up.
    #[arg(skip)]
    pub configured: Arc<Configured>,
}

impl Global {
    /// How to print: `--json` is short for a format. What has a form of its own is text to everything else.
    #[must_use]
    pub fn format(&self) -> Format {
        match self.wanted() {
            Wanted::Json => Format::Json,
            Wanted::Jsonl => Format::Jsonl,
            Wanted::Text
            | Wanted::Github
            | Wanted::Sarif
            | Wanted::Junit
            | Wanted::Markdown
            | Wanted::Html
            | Wanted::Mermaid
            | Wanted::Dot
            | Wanted::Svg
            | Wanted::Csv => Format::Text,
        }
    }

    /// What was asked for.
    #[must_use]
    pub fn wanted(&self) -> Wanted {
        if self.json { Wanted::Json } else { self.format.or(self.configured.format()).unwrap_or_default() }
    }

    /// When to use colours.
    #[must_use]
    pub fn color(&self) -> Color {
        self.color.or(self.configured.color()).unwrap_or_default()
    }

    /// How to tell times.
    #[must_use]
    pub fn time(&self) -> TimeStyle {
        self.time.or(self.configured.time()).unwrap_or_default()
    }
}

/// When to use colours.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Color {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}
