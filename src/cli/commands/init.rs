//! `ledger init`

use std::path::{Path, PathBuf};

use super::super::agents;
use super::super::args::{Format, Global, Init};
use super::super::exit::Exit;
use super::super::failure::{Failure, shell};
use super::super::input::plain_name;
use super::super::render::views::{FileView, InitView};
use super::super::{Context, builtin, open};
use crate::app::write::Effect;
use crate::domain::packet::Mode;
use crate::domain::settings::{ApprovalSettings, ContractSettings, DefaultSettings, Settings};
use crate::domain::workflow;
use crate::domain::{FORMAT, settings::Roles};
use crate::index::refresh::{self, Making, Memory};
use crate::registry::git;
use crate::store::StoreError;
use crate::store::fs::found::{Founded, Otherwise, Outcome, foresee, found, kept_by_hand, orphan};
use crate::sync::restore::Restoring;

pub(super) fn run(context: &mut Context<'_>, args: &Init) -> Result<Exit, Failure> {
    let env = context.env;
    let named = context.cli.global.root.as_ref().or(env.root.as_ref());
    let root = named.map_or_else(|| env.folder.clone(), |root| env.folder.join(root));
    if !root.is_dir() {
        return Err(Failure::new(Exit::NotFound, "no-folder", format!("{} is not a folder", root.display()))
            .hint(format!("mkdir -p {}", root.display())));
    }
    let place = root.join("coordination");
    if place.symlink_metadata().is_ok() && !place.is_dir() {
        return Err(in_the_way(&place, &env.folder));
    }
    let disk = || (env.disk)(&root).map_err(|source| StoreError::Io { doing: "open", path: root.clone(), source });
    if let Some(kept) = kept_by_hand(&root, disk()?)? {
        return Err(taken_by_hand(&root, &kept, &env.folder));
    }
    if args.agents && root.join(agents::FILE).is_symlink() {
        let file = agents::FILE;
        let what = format!("{file} is a symbolic link, and what it leads to is not written: nothing was written");
        return Err(Failure::new(Exit::Refused, "agents-block", what).hint(format!(
            "ls -l {file} tells where it leads; make it a file, and have the other name lead here, then: ledger init --agents"
        )));
    }
    if let Some(orphan) = orphan(&root, disk()?)? {
        return Err(bereft(&root, &orphan, &env.folder));
    }
    if args.dry_run {
        let (in_force, files) = planned(context, &root, args)?;
        let view = view(&root, &in_force, &foresee(&root, disk()?, &files)?, Effect::DryRun);
        let mut told = unlike(args, &in_force);
        told.extend(second(&root, &view));
        return report(context, &view, &told);
    }
    let (opened, outcomes) = make(context, &root, args)?;
    let ledger = opened.ledger();
    let view = view(&root, ledger.settings, &outcomes, Effect::Write);
    let mut told = unlike(args, ledger.settings);
    told.extend(second(&root, &view));
    report(context, &view, &told)
}

/// The options of the command line, with the folder in which the ledger is made.
fn at(root: &Path, context: &Context<'_>) -> Global {
    Global { root: Some(root.to_owned()), ..context.cli.global.clone() }
}

fn view(root: &Path, settings: &Settings, outcomes: &[(PathBuf, Outcome)], effect: Effect) -> InitView {
    let outcome = |outcome: Outcome| match outcome {
        Outcome::Written => "written",
        Outcome::Changed => "changed",
        Outcome::Kept | Outcome::Unclear => "kept",
    };
    let file =
        |(path, result): &(PathBuf, Outcome)| FileView { path: path.display().to_string(), outcome: outcome(*result) };
    InitView {
        root: root.display().to_string(),
        ledger_id: settings.ledger_id.to_string(),
        name: settings.name.clone(),
        mode: settings.mode.to_string(),
        files: outcomes.iter().map(file).collect(),
        dry_run: effect == Effect::DryRun,
    }
}

/// The settings that hold, or would, and the files that a ledger has with them.
fn planned(context: &Context<'_>, root: &Path, args: &Init) -> Result<(Settings, Vec<Founded>), Failure> {
    let mut settings = settings(args, root, context);
    plain_name(&settings.name, "/name")?;
    let mut files = files(&settings)?;
    if root.join("coordination/ledger.json").is_file() {
        // What git should do with the index follows the settings that are in force.
        let opened = open::open(&at(root, context), context.env)?;
        opened.ledger().writable()?;
        settings = opened.ledger().settings.clone();
        files = self::files(&settings)?;
    }
    if args.agents {
        files.push(Founded {
            path: agents::FILE.into(),
            text: agents::BLOCK.to_owned(),
            otherwise: Otherwise::ReplaceBlock(agents::MARKERS),
        });
    }
    Ok((settings, files))
}

/// Makes the files of a ledger as far as they are not there, and opens it.
pub(super) fn make(
    context: &mut Context<'_>,
    root: &Path,
    args: &Init,
) -> Result<(open::Opened, Vec<(PathBuf, Outcome)>), Failure> {
    let env = context.env;
    let disk = || (env.disk)(root).map_err(|source| StoreError::Io { doing: "open", path: root.to_owned(), source });
    let (_, files) = planned(context, root, args)?;
    let outcomes = found(root, disk()?, &files)?;
    if let Some((path, _)) = outcomes.iter().find(|(_, outcome)| *outcome == Outcome::Unclear) {
        return Err(unclear(path));
    }
    let opened = open::open(&at(root, context), env)?;
    context.root = Some(root.to_owned());
    {
        let ledger = opened.ledger();
        ledger.store.writer()?;
        ledger.store.projecting(&context.budget, &mut || {
            refresh::rebuild(
                ledger.store,
                ledger.scope(),
                Making::FromCache,
                Memory::Kept(&|lost| ledger.are_elsewhere(lost)),
                &|_, _| {},
            )
            .map(|_| ())
        })?;
    }
    Ok((opened, outcomes))
}

/// Refuses to make a ledger where something else has the name of its folder.
fn in_the_way(place: &Path, here: &Path) -> Failure {
    let typed = place.strip_prefix(here).unwrap_or(place).display().to_string();
    let what = format!("{typed} is no folder, and a ledger keeps its files in a folder of that name");
    Failure::new(Exit::Conflict, "in-the-way", what).hint(format!(
        "mv {} {} moves it away; then again",
        shell(&typed),
        shell(&format!("{typed}.old"))
    ))
}

/// Refuses to make a ledger among files that people keep by hand: its own have the same names.
fn taken_by_hand(root: &Path, kept: &Path, here: &Path) -> Failure {
    let shown = kept.strip_prefix(root).unwrap_or(kept).display();
    let folder = root.join("coordination");
    let typed = folder.strip_prefix(here).unwrap_or(&folder).display().to_string();
    Failure::new(
        Exit::Refused,
        "kept-by-hand",
        format!("{shown} was kept by hand, where a ledger has files of its own"),
    )
    .hint(format!("ledger adopt {} takes it over and makes a ledger", shell(&typed)))
}

/// Refuses to guess which lines of a file are the program's own.
fn unclear(path: &Path) -> Failure {
    let (path, agents::Markers { begin, end }) = (path.display(), agents::MARKERS);
    let what = format!("the lines {begin} … and {end} … of {path} are not one pair: nothing was written");
    Failure::new(Exit::Refused, "agents-block", what).hint(format!(
        "take them out, with what is between them, and then: ledger init --agents (grep -n ledger: {path})"
    ))
}

/// Refuses to give what is on record to a new ledger: checkpoints and signatures name the one that it belongs to.
fn bereft(root: &Path, orphan: &Path, here: &Path) -> Failure {
    let shown = |path: &Path| path.strip_prefix(root).unwrap_or(path).display().to_string();
    let what = format!(
        "{} is on record here, but coordination/ledger.json, which says of which ledger, is gone",
        shown(orphan)
    );
    Failure::new(Exit::Damaged, "no-settings", what)
        .hint(Restoring::new(here, root).newest(&root.join("coordination/ledger.json")))
}

/// What a ledger that was there already has otherwise than it was asked for: it stays so.
fn unlike(args: &Init, settings: &Settings) -> Vec<String> {
    let mut told = Vec::new();
    if args.mode.is_some_and(|mode| mode != settings.mode)
        || args.name.as_ref().is_some_and(|name| *name != settings.name)
    {
        told.push("its name and mode are as they were: edit coordination/ledger.json to change them".to_owned());
    }
    if args.track_index && !settings.track_index {
        let text = "index.json is not tracked, as it was: edit coordination/ledger.json and .gitignore to change that";
        told.push(text.to_owned());
    }
    told
}

/// Whether the ledger is a new one.
fn is_founded(view: &InitView) -> bool {
    view.files.iter().any(|file| file.path == "coordination/ledger.json" && file.outcome == "written")
}

/// Of a new ledger, that there is one further up: whoever works below the new one no longer reaches that.
fn second(root: &Path, view: &InitView) -> Option<String> {
    let above = open::above(root).filter(|_| is_founded(view))?;
    let (above, here) = (above.display().to_string(), root.display());
    let tense = if view.dry_run { "would be" } else { "is" };
    Some(format!(
        "there is a ledger above it in {above}: this {tense} a second one, and what is typed below {here} goes to it \
         (to reach the other: --root {})",
        shell(&above)
    ))
}

fn report(context: &mut Context<'_>, view: &InitView, told: &[String]) -> Result<Exit, Failure> {
    if context.output.format != Format::Text {
        context.output.json(view)?;
        told.iter().for_each(|text| context.output.tell(text));
        return Ok(Exit::Done);
    }
    let safe = |text: &str| super::super::render::safe::line(text).into_owned();
    let founded = is_founded(view);
    if founded {
        let made = if view.dry_run { "would be made (dry run: nothing was written)" } else { "made" };
        let root = safe(&view.root);
        context.output.text(&format!("Ledger {} ({}) {made} in {root}\n", safe(&view.name), view.mode))?;
    } else {
        let tried = if view.dry_run { " (dry run: nothing was written)" } else { "" };
        let root = safe(&view.root);
        let text = format!("Ledger {} ({}) was there already in {root}{tried}\n", safe(&view.name), view.mode);
        context.output.text(&text)?;
    }
    told.iter().for_each(|text| context.output.tell(text));
    if !context.output.quiet {
        for file in view.files.iter().filter(|file| founded || file.outcome != "kept") {
            context.output.text(&format!("  {:<8} {}\n", file.outcome, safe(&file.path)))?;
        }
        if founded && !view.dry_run {
            let next = "Next: ledger new --title TEXT --from REPO --to REPO --type bug --set details.impact=TEXT\n";
            context.output.text(next)?;
            if git::place_of(Path::new(&view.root)).is_some() {
                let tracked = "Git: git add coordination schemas .gitattributes .gitignore; in each clone, once: ledger setup-git\n";
                context.output.text(tracked)?;
            }
        }
    }
    Ok(Exit::Done)
}

fn settings(args: &Init, root: &Path, context: &Context<'_>) -> Settings {
    let folder = std::path::absolute(root).ok().and_then(|path| Some(path.file_name()?.to_string_lossy().into_owned()));
    let mut random = [0; 10];
    (context.env.random)(&mut random);
    let ms = (context.env.now)().unix_ms().unsigned_abs();
    Settings {
        format: FORMAT,
        ledger_id: uuid::Builder::from_unix_timestamp_millis(ms, &random).into_uuid(),
        name: args
            .name
            .clone()
            .or(folder.filter(|name| !name.trim().is_empty()))
            .unwrap_or_else(|| "ledger".to_owned()),
        mode: args.mode.unwrap_or(Mode::Tracked),
        track_index: args.track_index,
        roles: Roles::new(),
        contract: ContractSettings::default(),
        approvals: ApprovalSettings::default(),
        defaults: DefaultSettings::default(),
    }
}

fn files(settings: &Settings) -> Result<Vec<Founded>, Failure> {
    let bug = |e: serde_json::Error| Failure::new(Exit::Failure, "bug", e);
    let file = |path: &str, text: String, otherwise| Founded { path: path.into(), text, otherwise };
    let ledger = serde_json::to_string_pretty(settings).map_err(bug)? + "\n";
    Settings::parse(&ledger).map_err(|e| Failure::usage(e).hint("name it: --name NAME"))?;
    let mut files = vec![
        file("coordination/ledger.json", ledger, Otherwise::Keep),
        file("coordination/workflow.json", workflow::DEFAULT_TEXT.to_owned(), Otherwise::Keep),
    ];
    for (name, text) in builtin::FORMATS {
        files.push(file(&format!("schemas/ledger/{name}.schema.json"), text.to_owned(), Otherwise::Replace));
    }
    for (name, text) in builtin::TYPES {
        files.push(file(&format!("schemas/ledger/{name}.schema.json"), text.to_owned(), Otherwise::Keep));
    }
    files.push(file(".gitattributes", GIT_ATTRIBUTES.to_owned(), Otherwise::AddLines));
    let ignored = if settings.track_index {
        GIT_IGNORE_LOCAL.to_owned()
    } else {
        format!("{GIT_IGNORE_LOCAL}{GIT_IGNORE_INDEX}")
    };
    files.push(file(".gitignore", ignored, Otherwise::AddLines));
    Ok(files)
}

/// No conversion of line ends anywhere, since hashes are over bytes. A log is a set of lines, so uniting two logs is
/// merging them. A packet never changes, a tracked index is made anew after a merge, and a list of leaves has an order:
/// none of them is merged by lines.
const GIT_ATTRIBUTES: &str = "\
coordination/** -text
coordination/events/*.jsonl -text merge=union
coordination/requests/*.json -text merge=binary
coordination/index.json -text merge=binary linguist-generated
coordination/compatibility_matrix.json -text merge=binary linguist-generated
coordination/checkpoints/** -text merge=binary
schemas/** -text
schemas/contracts/*/events.jsonl -text merge=union
";
const GIT_IGNORE_LOCAL: &str = "/coordination/.local/\n";
const GIT_IGNORE_INDEX: &str = "/coordination/index.json\n/coordination/compatibility_matrix.json\n";
