//! Texts that a person writes in an editor of theirs, on a terminal: each in a file of its own, which stays where what it
//! says could not be written.

pub mod form;

use std::path::Path;

use super::args::{Cli, Command, Format};
use super::config::Key;
use super::environment::{Drafts, Environment};
use super::exit::Exit;
use super::failure::Failure;
use super::render::{safe, text};
use super::{Context, input, settings_in_force, watchdog};
use crate::store::budget::Progress;

/// The editor where nobody names one.
pub const BUILT_IN: &str = "vi";
/// What parts a text from what is said about it, as git has it in messages of commits.
const CUT: &str = "# ------------------------ >8 ------------------------";
/// How a line begins that says what was wrong with a draft.
const REMARK: &str = "# ! ";

/// A text to begin with.
pub(super) struct Start<'a> {
    /// The text.
    pub(super) text: String,
    /// The file that it comes from; empty for none.
    pub(super) file: &'a str,
    /// The command that goes on with a draft: what stands before its name.
    pub(super) go_on: String,
}

/// Whether a person is to write the text of this command in their editor: they say so, or they sit at a terminal and leave
/// the text out.
pub(super) fn is_asked(cli: &Cli, env: &Environment) -> bool {
    let is_open = env.drafts.is_some() && cli.global.format() == Format::Text;
    if let Command::New(new) = &cli.command {
        return new.edit.is_some() || (is_open && new.title.is_none() && new.packet.is_none());
    }
    let Command::Note(note) = &cli.command else { return false };
    note.edit.is_some() || (is_open && note.text.is_none())
}

/// What stands in the file to go on with, if there is one. Whatever else the command line says of the text would be lost.
pub(super) fn draft(file: &str, is_given: bool, env: &Environment) -> Result<Option<String>, Failure> {
    if file.is_empty() {
        return Ok(None);
    }
    if is_given {
        return Err(Failure::usage(format!("the text is in {file}: options that give it too can't be used with it"))
            .hint(format!("put them into {file}")));
    }
    Ok(Some(without_remarks(&input::file(file, env)?).to_owned()))
}

/// Has a person write, and tries what they wrote until it is taken or they leave it as it is.
///
/// # Errors
/// No terminal; an editor that failed; nothing that was written; what the attempt came to, unless another text may help.
pub(super) fn write<'a>(
    context: &mut Context<'a>,
    start: &Start<'_>,
    attempt: &mut dyn FnMut(&mut Context<'a>, &str) -> Result<Exit, Failure>,
) -> Result<Exit, Failure> {
    let drafts = context.env.drafts.ok_or_else(no_terminal)?;
    let editor = settings_in_force::program(Key::Editor, context.cli, context.env);
    let mut shown = start.text.clone();
    let mut draft = begin(drafts, &shown)?;
    let mut refused: Option<Failure> = None;
    loop {
        let edited = (drafts.edit)(&editor, &draft)
            .map_err(|error| no_editor(&editor, &error))
            .and_then(|()| input::file(&draft.display().to_string(), context.env));
        let edited = match edited {
            Ok(edited) if edited != shown => edited,
            Ok(same) if !start.file.is_empty() && refused.is_none() => same,
            given_up => {
                // Without a change there is nothing that could be lost, but for what was refused before.
                let now = input::file(&draft.display().to_string(), context.env);
                let is_as_it_began = now.is_ok_and(|now| now == start.text);
                if is_as_it_began {
                    (drafts.discard)(&draft);
                } else {
                    keep(context, start, &draft);
                }
                return Err(refused.or(given_up.err()).unwrap_or_else(nothing_written));
            }
        };
        // Nobody writes against the clock.
        context.budget = context.budget.renewed();
        if let Some(abort) = context.env.abort {
            watchdog::start(context.cli, &context.budget, abort);
        }
        match attempt(context, without_remarks(&edited)) {
            Err(failure) if another_text_may_help(&failure) => {
                // Calls the watchdog off: what was refused is not on its way any more.
                context.budget.set_progress(Progress::Settled);
                shown = remarks(&failure) + without_remarks(&edited);
                let next = match begin(drafts, &shown) {
                    Ok(next) => next,
                    Err(no_room) => {
                        keep(context, start, &draft);
                        return Err(no_room);
                    }
                };
                (drafts.discard)(&draft);
                draft = next;
                refused = Some(failure);
            }
            Err(failure) if failure.exit != Exit::Done => {
                keep(context, start, &draft);
                return Err(failure);
            }
            done => {
                (drafts.discard)(&draft);
                return done;
            }
        }
    }
}

/// A text without what is said about it.
pub(super) fn before_the_cut(text: &str) -> &str {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if line.trim_end() == CUT {
            return &text[..at];
        }
        at += line.len();
    }
    text
}

/// What is said about a text, to stand below it.
pub(super) fn below_the_cut(lines: &[String]) -> String {
    let lines: Vec<String> = lines.iter().map(|line| format!("# {line}").trim_end().to_owned() + "\n").collect();
    format!("{CUT}\n{}", lines.concat())
}

fn begin(drafts: Drafts, text: &str) -> Result<std::path::PathBuf, Failure> {
    (drafts.begin)(text).map_err(|error| {
        Failure::new(Exit::Failure, "editor", format!("could not make a file to write in: {error}"))
            .hint("TMPDIR names the folder; --title, --text and the other options need no file")
    })
}

/// Says where a text is that was not written to the ledger.
fn keep(context: &mut Context<'_>, start: &Start<'_>, draft: &Path) {
    let draft = super::failure::shell(&draft.display().to_string());
    context.output.tell(&format!("ledger: what you wrote is kept; to go on: {} --edit={draft}", start.go_on));
}

fn another_text_may_help(failure: &Failure) -> bool {
    matches!(failure.exit, Exit::Usage | Exit::Refused | Exit::NotFound)
}

/// What is wrong, as lines to stand above a text.
fn remarks(failure: &Failure) -> String {
    let told = anstream::adapter::strip_str(&text::failure(failure)).to_string();
    let lines: Vec<String> = told.lines().map(|line| format!("{REMARK}{}\n", safe::line(line))).collect();
    lines.concat()
}

fn without_remarks(text: &str) -> &str {
    let remarks = text.split_inclusive('\n').take_while(|line| line.starts_with(REMARK));
    &text[remarks.map(str::len).sum()..]
}

fn no_terminal() -> Failure {
    Failure::usage("--edit needs a terminal that can show an editor")
        .hint("give the text with options; those that take - read standard input")
}

fn no_editor(editor: &str, error: &std::io::Error) -> Failure {
    Failure::new(Exit::Failure, "editor", format!("the editor {editor:?} failed: {error}")).hint(format!(
        "name another one, such as EDITOR={}; the text can be given with options, too",
        other_than(editor)
    ))
}

/// A common editor that is not the one that failed.
fn other_than(editor: &str) -> &'static str {
    if editor.contains("nano") { "vi" } else { "nano" }
}

fn nothing_written() -> Failure {
    Failure::new(Exit::Refused, "nothing-written", "the text was left as it was: nothing was written to the ledger")
        .hint("the same command again; nothing but what is above the line counts")
}
