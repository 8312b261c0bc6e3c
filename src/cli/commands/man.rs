//! `ledger man`

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;

use super::super::args::{Cli, Format};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::manual_args::Man;
use super::super::render::safe;
use super::super::{Context, outputs};
use crate::app::near::nearest;

/// The part of the manual in which commands are.
const SECTION: &str = "1";

pub(super) fn run(context: &mut Context<'_>, args: &Man) -> Result<Exit, Failure> {
    let mut program = Cli::command();
    // Only then do the commands have their arguments.
    program.build();
    if let Some(folder) = &args.dir {
        return write_all(context, &program, &context.env.folder.join(folder), Effect::of(args.dry_run));
    }
    let mut command = &program;
    for word in &args.words {
        let below = command.find_subcommand(word);
        command = below.ok_or_else(|| {
            let failure = Failure::usage(format!("there is no command {:?}", args.words.join(" ")));
            match nearest(word, command.get_subcommands().map(Command::get_name)) {
                Some(meant) => failure.hint(format!("did you mean {meant}?")),
                None => failure.hint("ledger help lists the commands"),
            }
        })?;
    }
    let (_, text) = page(command)?;
    context.output.text(&text)?;
    Ok(Exit::Done)
}

/// Whether files are written.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Effect {
    Write,
    DryRun,
}

impl Effect {
    fn of(dry_run: bool) -> Self {
        if dry_run { Self::DryRun } else { Self::Write }
    }
}

#[expect(clippy::disallowed_methods, reason = "pages of the manual are no files of a ledger")]
fn write_all(context: &mut Context<'_>, program: &Command, folder: &Path, effect: Effect) -> Result<Exit, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failure, "report", format!("could not write into {}: {error}", folder.display()))
            .hint("see whether the folder may be written to")
    };
    let pages = all(program)?;
    if effect == Effect::Write {
        std::fs::create_dir_all(folder).map_err(failed)?;
        for (name, text) in &pages {
            outputs::replace(&folder.join(name), text).map_err(failed)?;
        }
    }
    let names: Vec<&String> = pages.iter().map(|(name, _)| name).collect();
    if context.output.format != Format::Text {
        let dry_run = effect == Effect::DryRun;
        let folder = folder.display().to_string();
        context.output.json(&serde_json::json!({ "folder": folder, "pages": names, "dry_run": dry_run }))?;
    } else if context.output.quiet {
        context.output.text(&names.iter().map(|name| format!("{name}\n")).collect::<String>())?;
    } else {
        let shown = folder.display().to_string();
        let did = if effect == Effect::DryRun { "would be written (dry run)" } else { "written" };
        context.output.text(&format!("{} pages {did} in {}\n", names.len(), safe::line(&shown)))?;
    }
    Ok(Exit::Done)
}

/// The pages of a command and of all below it, with their names.
fn all(command: &Command) -> Result<Vec<(String, String)>, Failure> {
    let mut pages = vec![page(command)?];
    for below in command.get_subcommands().filter(|below| !below.is_hide_set() && below.get_name() != "help") {
        pages.extend(all(below)?);
    }
    Ok(pages)
}

/// The page of a command, with its name.
fn page(command: &Command) -> Result<(String, String), Failure> {
    let bug = |error: &dyn std::fmt::Display| Failure::new(Exit::Failure, "bug", error);
    let source = concat!("ledger ", env!("CARGO_PKG_VERSION"));
    let page = Page::new(command.clone()).section(SECTION).source(source).manual("Manual of ledger");
    let mut text = Vec::new();
    page.render(&mut text).map_err(|error| bug(&error))?;
    Ok((page.get_filename(), tidied(&String::from_utf8(text).map_err(|error| bug(&error))?)))
}

/// The page as every formatter reads it: in ASCII, with an empty date in its place (the same program makes the same page),
/// and with no break beside a space.
fn tidied(page: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in page.lines() {
        match line {
            ".br" if lines.last().is_some_and(|last| last == ".sp") => continue,
            // An empty line is a space, too.
            "" | ".sp" if lines.last().is_some_and(|last| last == ".br") => {
                lines.pop();
                lines.push(".sp".to_owned());
                continue;
            }
            _ => {}
        }
        let mut tidy = String::with_capacity(line.len());
        for c in line.chars() {
            if c.is_ascii() { tidy.push(c) } else { tidy.push_str(&format!("\\[u{:04X}]", u32::from(c))) }
        }
        lines.push(tidy.replacen(" 1  \"", " 1 \"\" \"", usize::from(line.starts_with(".TH "))));
    }
    lines.join("\n") + "\n"
}
