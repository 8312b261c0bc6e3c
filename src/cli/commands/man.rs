//! `ledger man`

use std::path::Path;

use clap::{Command, CommandFactory};
use clap_mangen::Man as Page;

use super::super::args::{Cli, Format};
use super::super::exit::Exit;
use super::super::failure::{Failure, shell};
use super::super::manual_args::Man;
use super::super::render::safe;
use super::super::{Context, outputs, pager};
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
    // Whoever looks at it without a man to show it reads the help: it says the same.
    if context.output.width.is_some() && !context.cli.global.no_pager && !pager::has_man(context.env) {
        let help = command.clone().render_long_help().ansi().to_string();
        context.output.text(&format!("{help}\n"))?;
        context.output.tell("there is no man here to show the page: this is its help");
        return Ok(Exit::Done);
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
            .hint(format!("ls -ld {} tells whether it may be written to", shell(&folder.display().to_string())))
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
    let own = Page::new(with_own_options(command)).section(SECTION).source(source).manual("Manual of ledger");
    page.render(&mut text).map_err(|error| bug(&error))?;
    let text = with_synopsis_of(&own, text).map_err(|error| bug(&error))?;
    Ok((page.get_filename(), tidied(&String::from_utf8(text).map_err(|error| bug(&error))?)))
}

/// A command without the options that all commands have: they would stand among its own.
fn with_own_options(command: &Command) -> Command {
    command.clone().mut_args(|arg| if arg.is_global_set() { arg.hide(true) } else { arg })
}

/// A page with the synopsis of another one, and after it that there are options for every command.
fn with_synopsis_of(own: &Page, page: Vec<u8>) -> std::io::Result<Vec<u8>> {
    const SECTION: &[u8] = b".SH ";
    let begins: Vec<usize> =
        (0..page.len()).filter(|at| page[*at..].starts_with(SECTION) && (*at == 0 || page[*at - 1] == b'\n')).collect();
    let Some(place) = begins.iter().position(|at| page[*at..].starts_with(b".SH SYNOPSIS")) else { return Ok(page) };
    let end = begins.get(place + 1).copied().unwrap_or(page.len());
    let mut text = page[..begins[place]].to_vec();
    own.render_synopsis_section(&mut text)?;
    text.extend_from_slice(&page[end..]);
    Ok(text)
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
