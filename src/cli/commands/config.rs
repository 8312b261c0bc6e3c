//! `ledger config`

use std::path::Path;

use clap::CommandFactory;

use super::super::Context;
use super::super::args::{Cli, Format};
use super::super::config::{self, ALIASES, BAD_CONFIG, Fault, Key};
use super::super::config_args::{Config, ConfigCommand};
use super::super::exit::Exit;
use super::super::failure::Failure;
use super::super::outputs;
use super::super::render::safe;
use super::super::render::table::table;
use super::super::render::views::{ConfigView, SettingView};
use super::super::settings_in_force::{Origin, all, of};

pub(super) fn run(context: &mut Context<'_>, args: &Config) -> Result<Exit, Failure> {
    if let ConfigCommand::List(_) | ConfigCommand::Get(_) = &args.command {
        tell_faults(context, &context.cli.global.configured.faults);
    }
    match &args.command {
        ConfigCommand::List(args) => list(context, Origins::of(args.origin)),
        ConfigCommand::Get(args) => get(context, &args.key),
        ConfigCommand::Set(args) => change(context, &args.key, Some(&args.value), Effect::of(args.dry_run)),
        ConfigCommand::Unset(args) => change(context, &args.key, None, Effect::of(args.dry_run)),
        ConfigCommand::Path => {
            let path = path(context)?;
            tell(context, &path.display().to_string(), "path")
        }
    }
}

/// Whether it is told where each setting comes from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Origins {
    Told,
    Untold,
}

impl Origins {
    fn of(wanted: bool) -> Self {
        if wanted { Self::Told } else { Self::Untold }
    }
}

/// Whether a change is written.
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

fn list(context: &mut Context<'_>, origins: Origins) -> Result<Exit, Failure> {
    let configured = &context.cli.global.configured;
    let settings: Vec<SettingView> = all(context.cli, context.env)?
        .into_iter()
        .map(|(key, setting)| SettingView {
            key: key.name().to_owned(),
            value: setting.value,
            origin: setting.origin.kind(),
            place: setting.origin.place(),
        })
        .chain(configured.aliases.iter().map(|(name, alias)| {
            let origin = Origin::File { path: configured.path.clone().unwrap_or_default(), line: alias.line };
            SettingView {
                key: format!("{ALIASES}.{name}"),
                value: Some(alias.words.join(" ")),
                origin: if is_built_in(name) { "shadowed" } else { origin.kind() },
                place: origin.place(),
            }
        }))
        .collect();
    if context.output.format != Format::Text {
        context.output.json(&ConfigView { settings })?;
        return Ok(Exit::Done);
    }
    let headings: &[&str] =
        if origins == Origins::Told { &["key", "value", "origin", "place"] } else { &["key", "value"] };
    let row = |setting: SettingView| {
        let (origin, place) = (setting.origin.to_owned(), setting.place.unwrap_or_default());
        let mut row = vec![setting.key, setting.value.unwrap_or_default(), origin, place];
        row.truncate(headings.len());
        row
    };
    let rows: Vec<Vec<String>> = settings.into_iter().map(row).collect();
    context.output.text(&table(headings, &rows, context.output.width))?;
    Ok(Exit::Done)
}

/// Whether a command of this program has the name: an alias never stands before it.
fn is_built_in(name: &str) -> bool {
    Cli::command().find_subcommand(name).is_some()
}

fn get(context: &mut Context<'_>, name: &str) -> Result<Exit, Failure> {
    let unset = || Failure::new(Exit::NotFound, "not-set", format!("{name} is not set"));
    if let Some(alias) = name.strip_prefix(ALIASES).and_then(|rest| rest.strip_prefix('.')) {
        let words = context.cli.global.configured.aliases.get(alias).map(|alias| alias.words.join(" "));
        let words = words.ok_or_else(|| unset().hint(format!("ledger config set {ALIASES}.NAME 'COMMAND OPTIONS'")))?;
        return tell(context, &words, "value");
    }
    let key = named(name)?;
    let value = of(key, context.cli, context.env)?.value;
    let value = value.ok_or_else(|| unset().hint(format!("ledger config set {name} VALUE: {}", key.facts().about)))?;
    tell(context, &value, "value")
}

fn named(name: &str) -> Result<Key, Failure> {
    Key::named(name).ok_or_else(|| Failure::usage(format!("there is no setting {name:?}")).hint(config::instead(name)))
}

fn tell(context: &mut Context<'_>, text: &str, member: &str) -> Result<Exit, Failure> {
    if context.output.format == Format::Text {
        context.output.text(&format!("{}\n", safe::line(text)))?;
    } else {
        context.output.json(&serde_json::json!({ member: text }))?;
    }
    Ok(Exit::Done)
}

fn path(context: &Context<'_>) -> Result<std::path::PathBuf, Failure> {
    config::path(context.env).ok_or_else(|| {
        Failure::new(Exit::Usage, BAD_CONFIG, "nothing says where your file would be")
            .hint("set HOME or XDG_CONFIG_HOME to the full path of a folder")
    })
}

fn change(context: &mut Context<'_>, name: &str, to: Option<&str>, effect: Effect) -> Result<Exit, Failure> {
    let path = path(context)?;
    let before = config::text(&path)?.unwrap_or_default();
    let after = config::edit(&before, &path, name, to)?;
    let did = match (before == after, effect) {
        (true, _) => "unchanged",
        (false, Effect::DryRun) => "dry run: nothing was written",
        (false, Effect::Write) => {
            write(&path, &after)?;
            "written"
        }
    };
    if context.output.format != Format::Text {
        let dry_run = effect == Effect::DryRun;
        let data = serde_json::json!({ "key": name, "value": to, "path": path.display().to_string(),
            "changed": before != after, "dry_run": dry_run });
        context.output.json(&data)?;
    } else if !context.output.quiet {
        let set = to.map_or_else(|| "not set".to_owned(), |to| safe::line(to).into_owned());
        let shown = path.display().to_string();
        context.output.text(&format!("{}: {set} ({did}) in {}\n", safe::line(name), safe::line(&shown)))?;
    }
    let (_, wrong) = config::as_far_as_it_goes(&after, &path)?;
    tell_faults(context, &wrong.into_iter().map(Fault::from).collect::<Vec<_>>());
    Ok(Exit::Done)
}

/// Tells what of the file could not be read.
fn tell_faults(context: &mut Context<'_>, faults: &[Fault]) {
    for Fault { what, fix } in faults {
        context.output.tell(&format!("{what} ({fix})"));
    }
}

/// Whoever reads the file meanwhile reads the old one or the new one, whole. A link stays a link.
#[expect(clippy::disallowed_methods, reason = "the person's own configuration is no file of a ledger")]
fn write(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Failure, "report", format!("could not write {}: {error}", path.display()))
            .hint("see whether its folder may be written to")
    };
    std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed)?;
    let place = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    outputs::replace(&place, text).map_err(failed)
}
