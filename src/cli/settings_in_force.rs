//! What each setting is here, and where that comes from: the command line, the environment, the person's file, the ledger,
//! or the program itself, in this order.

use std::path::PathBuf;

use super::args::Cli;
use super::config::{Config, Key, Said};
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::open;
use crate::domain::settings::DefaultSettings;

/// A setting as it is here.
pub(super) struct InForce {
    /// The value; `None` where there is none.
    pub(super) value: Option<String>,
    /// Where it comes from.
    pub(super) origin: Origin,
}

/// Where a setting comes from.
pub(super) enum Origin {
    /// An option of the command line.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// The person's file.
    File {
        /// Which.
        path: PathBuf,
        /// In which line.
        line: usize,
    },
    /// The ledger's settings.
    Ledger,
    /// Git's `user.email`.
    Git,
    /// The program.
    BuiltIn,
    /// Nobody says it.
    Nowhere,
}

impl Origin {
    /// A stable name.
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::Flag(_) => "flag",
            Self::Variable(_) => "environment",
            Self::File { .. } => "file",
            Self::Ledger => "ledger",
            Self::Git => "git",
            Self::BuiltIn => "built-in",
            Self::Nowhere => "",
        }
    }

    /// The option, the variable, the file and its line.
    pub(super) fn place(&self) -> Option<String> {
        match self {
            Self::Flag(name) | Self::Variable(name) => Some((*name).to_owned()),
            Self::File { path, line } => Some(format!("{}:{line}", path.display())),
            Self::Ledger => Some("coordination/ledger.json".to_owned()),
            Self::Git => Some("user.email".to_owned()),
            Self::BuiltIn | Self::Nowhere => None,
        }
    }
}

/// All settings as they are here.
///
/// # Errors
/// Failed machinery.
pub(super) fn all(cli: &Cli, env: &Environment) -> Result<Vec<(Key, InForce)>, Failure> {
    let ledger = ledger(cli, env)?;
    Ok(Key::ALL.into_iter().map(|key| (key, find(key, cli, env, &ledger))).collect())
}

/// A setting as it is here.
///
/// # Errors
/// Failed machinery.
pub(super) fn of(key: Key, cli: &Cli, env: &Environment) -> Result<InForce, Failure> {
    Ok(find(key, cli, env, &ledger(cli, env)?))
}

/// What the ledger says; nothing where there is none.
fn ledger(cli: &Cli, env: &Environment) -> Result<DefaultSettings, Failure> {
    match open::open(&cli.global, env) {
        Ok(opened) => Ok(opened.ledger().settings.defaults.clone()),
        Err(failure) if failure.exit == Exit::NotFound => Ok(DefaultSettings::default()),
        Err(failure) => Err(failure),
    }
}

fn find(key: Key, cli: &Cli, env: &Environment, ledger: &DefaultSettings) -> InForce {
    let facts = key.facts();
    let set = |value: String, origin| InForce { value: Some(value), origin };
    let variable = |names: &'static [&'static str]| {
        let value = |name: &&'static str| Some((*name, variable(env, name)?));
        names.iter().find_map(value).map(|(name, value)| set(value, Origin::Variable(name)))
    };
    let typed = typed(key, cli).map(|(flag, value)| set(value, Origin::Flag(flag)));
    typed
        .or_else(|| variable(facts.before))
        .or_else(|| from_file(key, &cli.global.configured).map(|(value, origin)| set(value, origin)))
        .or_else(|| variable(facts.after))
        .or_else(|| {
            let value = (facts.in_ledger == Said::Yes).then(|| of_the_ledger(key, ledger)).flatten()?;
            Some(set(value, Origin::Ledger))
        })
        .or_else(|| {
            let asks_git = key == Key::Actor;
            let email = asks_git.then(|| (env.git_email)(&env.folder)).flatten()?;
            Some(set(email, Origin::Git))
        })
        .or_else(|| facts.built_in.map(|value| set(value.to_owned(), Origin::BuiltIn)))
        .unwrap_or(InForce { value: None, origin: Origin::Nowhere })
}

/// The program that a person likes for something. A ledger's files have no say in it: they come with a clone.
pub(super) fn program(key: Key, cli: &Cli, env: &Environment) -> String {
    let facts = key.facts();
    let first = |names: &[&str]| names.iter().find_map(|name| variable(env, name));
    first(facts.before)
        .or_else(|| cli.global.configured.command(key).map(str::to_owned))
        .or_else(|| first(facts.after))
        .or_else(|| facts.built_in.map(str::to_owned))
        .unwrap_or_default()
}

/// A variable that is set to something.
pub(super) fn variable(env: &Environment, name: &str) -> Option<String> {
    (env.variable)(name).and_then(|value| value.into_string().ok()).filter(|value| !value.trim().is_empty())
}

fn from_file(key: Key, config: &Config) -> Option<(String, Origin)> {
    let entry = config.entries.get(&key)?;
    let origin = Origin::File { path: config.path.clone().unwrap_or_default(), line: entry.line };
    Some((entry.text.clone(), origin))
}

fn of_the_ledger(key: Key, ledger: &DefaultSettings) -> Option<String> {
    match key {
        Key::From => ledger.from.as_ref().map(ToString::to_string),
        Key::Priority => ledger.priority.map(|priority| priority.to_string()),
        Key::Timeout => ledger.timeout.as_ref().map(|length| length.as_str().to_owned()),
        Key::Actor | Key::Format | Key::Time | Key::Color | Key::Pager | Key::Editor => None,
    }
}

/// What the command line says: the options that every command has.
fn typed(key: Key, cli: &Cli) -> Option<(&'static str, String)> {
    use clap::ValueEnum;
    fn name<T: ValueEnum>(value: T) -> String {
        value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
    }
    let global = &cli.global;
    match key {
        Key::Actor => global.actor.clone().map(|actor| ("--actor", actor)),
        Key::Timeout => global.timeout.map(|time| ("--timeout", format!("{}ms", time.as_millis()))),
        Key::Format if global.json => Some(("--json", "json".to_owned())),
        Key::Format => global.format.map(|format| ("--format", name(format))),
        Key::Time => global.time.map(|style| ("--time", name(style))),
        Key::Color => global.color.map(|color| ("--color", name(color))),
        Key::From | Key::Priority | Key::Pager | Key::Editor => None,
    }
}
