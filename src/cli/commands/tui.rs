//! `ledger tui`: opens the ledger and hands it to the interface that this program was built with.

use super::super::args::{Color, Format};
use super::super::environment::Screen;
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::render::keys::mark;
use super::super::render::search::hit_text;
use super::super::render::text::{self, Explain, WithStream, event_text};
use super::super::times::Times;
use super::super::tui_args::Tui;
use super::super::{Context, DEFAULT_BUDGET, notice_text, open};
use crate::app::AppError;
use crate::app::desk::{Colors, Desk, Words};
use crate::app::show::View;
use crate::app::timeline::Marks;
use crate::domain::event::Event;
use crate::index::cache::search::Hit;
use crate::sync::restore::Restoring;

pub(super) fn run(context: &mut Context<'_>, args: &Tui) -> Result<Exit, Failure> {
    if context.output.format != Format::Text {
        return Err(Failure::usage("a screen is not printed").hint("ledger list --json, ledger show REQ --json"));
    }
    let (start, colors) = match context.env.screen {
        Screen::Terminal(start, colors) => (start, colors),
        Screen::NoTerminal => {
            let failure = Failure::usage("ledger tui needs a terminal for its input and its output");
            return Err(failure.hint("ledger list, ledger show REQ and ledger log print the same"));
        }
        Screen::NotBuilt => {
            return Err(Failure::usage("this ledger was built without its terminal interface")
                .hint("cargo install --locked --path . builds with it; --no-default-features left it out"));
        }
    };
    let from = args.from.as_ref().map(|repo| repo.parse()).transpose().map_err(Failure::usage)?;
    let to = args.to.as_ref().map(|repo| repo.parse()).transpose().map_err(Failure::usage)?;
    // A bar on stderr would be drawn across the screen.
    let opened = open::open(&context.cli.global, context.env)?;
    context.root = Some(opened.root().to_owned());
    let words = Told { restoring: Restoring::new(&context.env.folder, opened.root()) };
    let desk = Desk {
        ledger: opened.ledger(),
        by: open::actor(&context.cli.global, context.env, opened.root()).map_err(|failure| text::failure(&failure)),
        from,
        to,
        write_limit: context.cli.global.timeout.unwrap_or(DEFAULT_BUDGET),
        colors: match context.cli.global.color() {
            Color::Auto => colors,
            Color::Always => Colors::Yes,
            Color::Never => Colors::No,
        },
        words: &words,
        notice: notice_text,
        abort: context.env.abort,
    };
    start(&desk).map_err(|error| Failure::new(Exit::Failure, "io", format!("the terminal failed: {error}")))?;
    Ok(Exit::Done)
}

/// The words that the commands print.
struct Told {
    restoring: Restoring,
}

impl Words for Told {
    fn request(&self, view: &View) -> String {
        text::show(view, Explain::Yes, Times::Absolute)
    }

    fn event(&self, event: &Event, marks: &Marks) -> String {
        format!("{}{}", event_text(event, WithStream::No), mark(event, marks))
    }

    fn hit(&self, hit: &Hit) -> String {
        hit_text(hit, Times::Absolute)
    }

    fn error(&self, error: AppError) -> String {
        text::failure(&Failure::from(error).settle(&self.restoring))
    }
}
