//! Which argument takes what.

use std::ffi::OsStr;
use std::sync::Arc;

use clap::builder::ArgExt;
use clap::{Arg, Command, CommandFactory, ValueEnum, ValueHint};
use clap_complete::engine::{ArgValueCompleter, CompletionCandidate};

use super::super::args::Cli;
use super::super::builtin;
use super::super::commands::FIELDS;
use super::super::config::{ALIASES, Config, Key};
use super::super::formats::Wanted;
use super::super::render::contract::check;
use super::super::render::{safe, verify};
use super::super::topics::Topic;
use super::known::{Known, Request};
use crate::domain::outlook::REVIEW;

/// The most that is offered at once.
const OFFERED_MAX: usize = 200;

/// Something that can be offered, and what it is.
struct Offer {
    value: String,
    about: Option<String>,
}

impl From<String> for Offer {
    fn from(value: String) -> Self {
        Self { value, about: None }
    }
}

/// The commands with candidates for what their arguments take.
pub(super) fn fill(command: Command, known: &Arc<Known>) -> Command {
    let of = command.get_name().to_owned();
    let command = command.mut_args(|argument| one(argument, &of, known));
    command.mut_subcommands(|command| fill(command, known))
}

/// The same with the aliases of the person, each like the command that it stands for.
pub(super) fn with_aliases(mut program: Command, configured: &Config) -> Command {
    for (name, alias) in &configured.aliases {
        if program.find_subcommand(name).is_some() {
            continue;
        }
        let Some(command) = alias.words.first().and_then(|first| program.find_subcommand(first)).cloned() else {
            continue;
        };
        // Names of commands live as long as the program, which ends with this answer.
        let (name, about): (&'static str, _) = (name.clone().leak(), format!("alias: {}", alias.words.join(" ")));
        program = program.subcommand(command.name(name).about(about));
    }
    program
}

fn one(argument: Arg, of: &str, known: &Arc<Known>) -> Arg {
    let is_schema = of == "schema";
    let name = argument.get_value_names().and_then(|names| names.first()).map(ToString::to_string).unwrap_or_default();
    let id = argument.get_id().to_string();
    let offers: fn(&Known, &str) -> Vec<Offer> = match (name.as_str(), id.as_str()) {
        ("REQ" | "REQ|EVENT", _) => requests,
        ("STATE" | "EVENT|STATE", _) => |known, _| plain(known.states()),
        ("REPO", _) => |known, _| plain(known.repos()),
        ("ACTOR", _) | ("NAME", "actor") => |known, _| plain(known.actors()),
        ("ROLE", _) => |known, _| plain(known.roles()),
        ("LABEL", _) => |known, _| plain(known.labels()),
        ("TYPE", _) => |known, _| plain(known.types()),
        ("details.NAME=VALUE", _) => {
            |known, _| plain(known.details().into_iter().map(|name| format!("details.{name}=")))
        }
        ("FORMAT=FILE", _) if of == "verify" => |_, _| formats(&verify::PRINTED),
        ("FORMAT=FILE", _) => |_, _| formats(&check::PRINTED),
        ("NAME@V" | "NAME[@V]" | "NAME@B|FILE" | "NAME@A|FILE", _) => |known, _| plain(known.versions()),
        ("NAME", "name") if argument.get_long().is_none() && is_schema => schemas,
        ("NAME", "name" | "contract") => |known, _| plain(known.contracts()),
        (_, "kind") if of == "note" => |_, _| plain([REVIEW.to_owned()]),
        ("VALUE", "value") if of == "set" => |known, _| plain(known.values().iter().map(|value| (*value).to_owned())),
        ("KEY", "key") if argument.is_positional() => |_, _| settings(),
        ("TOPIC|COMMAND" | "COMMAND", _) => explained,
        ("FIELDS", _) => |_, _| plain(FIELDS.map(str::to_owned)),
        ("P0..P3", _) => |_, _| plain(["P0", "P1", "P2", "P3"].map(str::to_owned)),
        ("MODE", "mode") => return argument,
        ("FILE" | "FILE|-" | "FILE|latest" | "GITREF|FILE", _) => return argument.value_hint(ValueHint::FilePath),
        ("DIR", _) => return argument.value_hint(ValueHint::DirPath),
        (choices, _) if choices.contains('|') && !choices.contains("FILE") && !choices.contains("TEXT") => {
            let choices: Vec<String> = choices.split('|').map(str::to_owned).collect();
            return complete(argument, move |_| plain(choices.clone()));
        }
        _ => return argument,
    };
    let known = Arc::clone(known);
    complete(argument, move |current| offers(&known, current))
}

fn complete(argument: Arg, offers: impl Fn(&str) -> Vec<Offer> + Send + Sync + 'static) -> Arg {
    add(
        argument,
        ArgValueCompleter::new(move |current: &OsStr| {
            let Some(current) = current.to_str() else { return Vec::new() };
            let fitting =
                offers(current).into_iter().filter(|offer| begins(&offer.value, current) && is_plain(&offer.value));
            let candidate = |(order, offer): (usize, Offer)| {
                let about = offer.about.map(|about| safe::line(&about).into_owned().into());
                CompletionCandidate::new(offer.value).help(about).display_order(Some(order))
            };
            fitting.take(OFFERED_MAX).enumerate().map(candidate).collect()
        }),
    )
}

fn add(argument: Arg, extension: impl ArgExt + Clone + Send + Sync + std::fmt::Debug + 'static) -> Arg {
    argument.add(extension)
}

/// States may be typed in any case.
fn begins(value: &str, typed: &str) -> bool {
    value.starts_with(typed) || value.get(..typed.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(typed))
}

/// Whether a shell takes the word as it is. Names come from others, and some shells put a candidate into the line as it
/// stands: what would mean something else there is not offered.
fn is_plain(word: &str) -> bool {
    let is_harmless = |c: char| c.is_alphanumeric() || "-_.:/@+,%=".contains(c);
    word.chars().all(is_harmless) && !word.starts_with('-')
}

fn plain(values: impl IntoIterator<Item = String>) -> Vec<Offer> {
    values.into_iter().map(Offer::from).collect()
}

/// Formats of a report, each to be followed by its file.
fn formats(of: &[Wanted]) -> Vec<Offer> {
    plain(of.iter().filter_map(Wanted::to_possible_value).map(|format| format!("{}=", format.get_name())))
}

/// Requests by their ids, or by their keys where one begins to type a key.
fn requests(known: &Known, typed: &str) -> Vec<Offer> {
    let about = |request: &Request| Some(format!("{} {}", request.state, request.title)).filter(|text| text != " ");
    let by_key = typed.starts_with('k');
    let offer = |request: &Request| {
        let value = if by_key { format!("key:{}", request.key.as_ref()?) } else { request.id.clone() };
        Some(Offer { value, about: about(request) })
    };
    known.requests().iter().filter_map(offer).collect()
}

/// Commands and topics; only what follows one word is told.
fn explained(_: &Known, _: &str) -> Vec<Offer> {
    let topics = Topic::ALL.into_iter().map(Topic::name_and_about);
    let program = Cli::command();
    let command = |command: &Command| {
        (command.get_name().to_owned(), command.get_about().map(ToString::to_string).unwrap_or_default())
    };
    let commands: Vec<(String, String)> = program.get_subcommands().map(command).collect();
    commands.into_iter().chain(topics).map(|(value, about)| Offer { value, about: Some(about) }).collect()
}

/// What `ledger schema` prints; what a command prints only where one begins to type that.
fn schemas(known: &Known, typed: &str) -> Vec<Offer> {
    let of_types = known.types().into_iter().map(|name| format!("types/{name}"));
    let formats = builtin::FORMATS.iter().map(|(name, _)| (*name).to_owned());
    let outputs = builtin::OUTPUTS.iter().map(|(name, _)| (*name).to_owned());
    let outputs = outputs.filter(|_| typed.starts_with('o'));
    plain(formats.chain(of_types).chain(outputs))
}

fn settings() -> Vec<Offer> {
    let known = Key::ALL
        .into_iter()
        .map(|key| Offer { value: key.name().to_owned(), about: Some(key.facts().about.to_owned()) });
    known
        .chain([Offer { value: format!("{ALIASES}."), about: Some("a command by a name of your own".to_owned()) }])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_would_read_as_something_else_is_not_offered() {
        for word in ["REQ-20261120-0001", "key:shop-42", "acme/billing", "mia@example.org", "name@1", "größe"] {
            assert!(is_plain(word), "{word}");
        }
        for word in [
            "$(touch ran)",
            "a b",
            "a;b",
            "`x`",
            "a'b",
            "a\"b",
            "a&b",
            "*",
            "a\nb",
            "--force",
            "~",
            "a|b",
            "{a,b}",
            "\\a",
            "!x",
            "a\u{202e}b",
        ] {
            assert!(!is_plain(word), "{word}");
        }
    }
}
