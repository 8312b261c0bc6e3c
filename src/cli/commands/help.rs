//! `ledger help`

use clap::CommandFactory;

use super::super::Context;
use super::super::args::{Cli, Format};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::manual_args::Help;
use super::super::render::table::table;
use super::super::topics::{self, Topic};
use crate::app::near::nearest;
use crate::domain::workflow::Workflow;

pub(super) fn run(context: &mut Context<'_>, args: &Help) -> Result<Exit, Failure> {
    let (name, text) = match args.words.as_slice() {
        [] => (String::new(), format!("{}\nTopics, for ledger help:\n{}", long_help(&[])?, list(context.output.width))),
        words => {
            let topic = words.first().filter(|_| words.len() == 1).and_then(|word| Topic::named(word));
            let text = topic.map_or_else(|| long_help(words), |topic| explained(context, topic))?;
            (words.join(" "), text)
        }
    };
    if context.output.format == Format::Text {
        context.output.text(&text)?;
    } else {
        let text = anstream::adapter::strip_str(&text).to_string();
        context.output.json(&serde_json::json!({ "about": name, "text": text }))?;
    }
    Ok(Exit::Done)
}

/// The text about a topic; that there is a command of the same name, too, where there is one.
fn explained(context: &mut Context<'_>, topic: Topic) -> Result<String, Failure> {
    let workflow = if topic == Topic::States { workflow(context)? } else { Workflow::default() };
    let mut text = topics::text(topic, &workflow, context.output.width);
    let (name, _) = topic.name_and_about();
    if Cli::command().find_subcommand(&name).is_some() {
        text.push_str(&format!("\nThere is a command of this name: ledger {name} --help\n"));
    }
    Ok(text)
}

/// The workflow in force here, or the built-in one where there is no ledger.
fn workflow(context: &mut Context<'_>) -> Result<Workflow, Failure> {
    match context.open() {
        Ok(opened) => Ok(opened.ledger().workflow.clone()),
        Err(failure) if failure.exit == Exit::NotFound => Ok(Workflow::default()),
        Err(failure) => Err(failure),
    }
}

fn list(width: Option<u16>) -> String {
    let row = |topic: &Topic| {
        let (name, about) = topic.name_and_about();
        vec![format!("  {name}"), about]
    };
    let text = table(&["", ""], &Topic::ALL.iter().map(row).collect::<Vec<_>>(), width);
    text.lines().skip(1).map(|line| format!("{line}\n")).collect()
}

/// What `--help` says of a command.
fn long_help(words: &[String]) -> Result<String, Failure> {
    let mut command = Cli::command();
    command.build();
    for (at, word) in words.iter().enumerate() {
        command = match command.find_subcommand(word) {
            Some(below) => below.clone(),
            None => return Err(unknown(&command, &words[..=at])),
        };
    }
    Ok(format!("{}\n", command.render_long_help().ansi()))
}

/// A word that names nothing, with what it may have been meant to be.
fn unknown(above: &clap::Command, words: &[String]) -> Failure {
    let (word, before) = words.split_last().map(|(word, before)| (word.as_str(), before)).unwrap_or_default();
    let commands = above.get_subcommands().filter(|command| !command.is_hide_set());
    let mut known: Vec<String> = commands.map(|command| command.get_name().to_owned()).collect();
    if before.is_empty() {
        known.extend(Topic::ALL.iter().map(|topic| topic.name_and_about().0));
    }
    let path = before.iter().map(|word| format!("{word} ")).collect::<String>();
    let failure = Failure::usage(format!("there is no command or topic {:?}", words.join(" ")));
    match nearest(word, known.iter().map(String::as_str)) {
        Some(meant) => failure.hint(format!("did you mean ledger help {path}{meant}?")),
        None => failure.hint("ledger help lists the commands and topics"),
    }
}
