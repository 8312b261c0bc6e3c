//! `ledger adopt`

use std::path::{Path, PathBuf};

use super::super::Context;
use super::super::args::Init;
use super::super::exit::Exit;
use super::super::failure::{Failure, shell};
use super::super::intake_args::Adopt;
use super::super::open::{self, Nowhere};
use super::super::render::intake::Source;
use super::init;
use super::intake::{self, Read};
use crate::app::write::Effect;
use crate::app::{Ledger, Session};
use crate::domain::workflow::Workflow;
use crate::intake::Skipped;
use crate::intake::folder::{FileText, Folder, passed_by};
use crate::intake::map::{Form, SourceMap};
use crate::intake::tracker::Unread;
use crate::store::StoreError;
use crate::store::fs::files::Files;
use crate::store::fs::found::{SET_ASIDE, set_aside};

/// The largest file that is read of a folder, in bytes.
const FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most that is read of a folder, in bytes.
const FOLDER_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// The most files that are read of a folder.
const FILES_MAX: usize = 200_000;
/// How deep folders are looked into.
const DEPTH_MAX: usize = 8;

/// Where a folder is taken over to.
enum Place {
    /// Into a ledger that is there.
    Ledger(Box<open::Opened>),
    /// Its own place, where there is no ledger yet.
    Its(PathBuf),
}

pub(super) fn run(context: &mut Context<'_>, args: &Adopt) -> Result<Exit, Failure> {
    if args.print_map {
        context.output.text(Form::Folder.text())?;
        return Ok(Exit::Done);
    }
    let typed = args.folder.clone().unwrap_or_default();
    let folder = context.env.folder.join(&typed);
    let place = place(context, &folder)?;
    let map = intake::map(Form::Folder, args.map.as_ref(), context.env)?;
    let files = files(context, &folder, &args.ignore)?;
    match place {
        Place::Ledger(opened) => {
            let session = open::session(context, opened.root(), args.secrets)?;
            take_over(context, &opened.ledger(), &session, &files, (&map, &typed, args))
        }
        Place::Its(root) if args.dry_run => {
            let nowhere = Nowhere::new(&root, context.env);
            let session = open::session(context, &root, args.secrets)?;
            take_over(context, &nowhere.ledger(), &session, &files, (&map, &typed, args))
        }
        Place::Its(root) => {
            // Nobody is left with half of it for want of a name.
            let session = open::session(context, &root, args.secrets)?;
            let workflow = Workflow::default();
            if (Folder { map: &map, workflow: &workflow }).read(&files.0).wishes.is_empty() {
                return Err(empty(&typed));
            }
            let opened = make_way(context, &root)?;
            take_over(context, &opened.ledger(), &session, &files, (&map, &typed, args))
        }
    }
}

fn take_over(
    context: &mut Context<'_>,
    ledger: &Ledger<'_>,
    session: &Session,
    (files, passed_by): &(Vec<FileText>, Vec<Skipped>),
    (map, typed, args): (&SourceMap, &Path, &Adopt),
) -> Result<Exit, Failure> {
    let mut found = Folder { map, workflow: ledger.workflow }.read(files);
    if found.wishes.is_empty() && found.skipped.is_empty() {
        return Err(empty(typed));
    }
    found.skipped.extend(passed_by.iter().cloned());
    let effect = if args.dry_run { Effect::DryRun } else { Effect::Write };
    let source = Source::Folder(typed.display().to_string());
    let read = Read { source, wishes: found.wishes, skipped: found.skipped, unread: Unread::new() };
    intake::carry_out(context, ledger, session, read, effect)
}

fn empty(folder: &Path) -> Failure {
    Failure::new(Exit::NotFound, "no-packets", format!("there is no packet in {}", folder.display())).hint(format!(
        "ls {} tells what is there: packets are JSON files with a request_id, in requests/",
        shell(&folder.display().to_string())
    ))
}

/// Whether a path is like a pattern, in which `*` stands for any text and `?` for one character; a pattern without `/` is
/// about the file's own name.
fn is_like(path: &str, pattern: &str) -> bool {
    let name = if pattern.contains('/') { path } else { path.rsplit('/').next().unwrap_or(path) };
    let (name, pattern): (Vec<char>, Vec<char>) = (name.chars().collect(), pattern.chars().collect());
    // Where the last star was, and how much of the name it has taken so far.
    let (mut at, mut of, mut star) = (0, 0, None);
    while at < name.len() {
        match pattern.get(of) {
            Some('*') => {
                star = Some((of, at));
                of += 1;
            }
            Some(c) if *c == '?' || *c == name[at] => (at, of) = (at + 1, of + 1),
            Some(_) | None => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    (at, of) = (taken + 1, place + 1);
                }
                None => return false,
            },
        }
    }
    pattern[of..].iter().all(|c| *c == '*')
}

/// Finds out where the folder is taken over to.
fn place(context: &mut Context<'_>, folder: &Path) -> Result<Place, Failure> {
    if !folder.is_dir() {
        let failure = Failure::new(Exit::NotFound, "no-folder", format!("{} is not a folder", folder.display()));
        let aside = folder.with_file_name(SET_ASIDE);
        return Err(if aside.is_dir() {
            failure.hint(format!("it was renamed when it was adopted: ledger adopt {}", typed(context, &aside)))
        } else {
            failure
        });
    }
    if folder.join("ledger.json").is_file() {
        let what = format!("{} is a ledger's own folder", folder.display());
        let aside = folder.with_file_name(SET_ASIDE);
        return Err(Failure::usage(what).hint(if aside.is_dir() {
            format!("what was kept by hand was renamed: ledger adopt {}", typed(context, &aside))
        } else {
            "ledger adopt OTHER, the folder of what was kept by hand, if that lies elsewhere".to_owned()
        }));
    }
    let env = context.env;
    let named = context.cli.global.root.as_ref().or(env.root.as_ref()).map(|root| env.folder.join(root));
    let found = named.clone().map_or_else(|| open::find_root(&context.cli.global, env), Ok);
    if found.as_ref().is_ok_and(|root| root.join("coordination/ledger.json").is_file()) {
        return Ok(Place::Ledger(Box::new(context.open()?)));
    }
    let root = named.unwrap_or_else(|| env.folder.clone());
    let own = root.join("coordination").canonicalize().ok();
    if own.is_some() && own == folder.canonicalize().ok() {
        return Ok(Place::Its(root));
    }
    Err(Failure::new(Exit::NotFound, "no-ledger", format!("there is no ledger in {} or above it", root.display()))
        .hint("ledger init, or name the folder with --root DIR"))
}

/// A path as it is typed here.
fn typed(context: &Context<'_>, path: &Path) -> String {
    shell(&path.strip_prefix(&context.env.folder).unwrap_or(path).display().to_string())
}

/// Renames the folder and makes a ledger in its place.
fn make_way(context: &mut Context<'_>, root: &Path) -> Result<open::Opened, Failure> {
    let env = context.env;
    let disk = (env.disk)(root).map_err(|source| StoreError::Io { doing: "open", path: root.to_owned(), source })?;
    let Some(aside) = set_aside(root, disk)? else {
        let what = format!("the folder is to be renamed to {SET_ASIDE}, and there is something of that name");
        return Err(Failure::new(Exit::Conflict, "in-the-way", what)
            .hint(format!("move it away; or take it over into a ledger: ledger init in another folder, and ledger adopt {SET_ASIDE} there")));
    };
    context.output.tell(&format!("ledger: the folder is {} now, as it was", aside.display()));
    let init = Init { name: None, mode: None, track_index: false, agents: false, dry_run: false };
    let made = init::make(context, root, &init);
    let (opened, _) = made.map_err(|failure| {
        let hint = format!("mend that, then: ledger init; ledger adopt {SET_ASIDE}");
        if failure.hint.is_none() { failure.hint(hint) } else { failure }
    })?;
    context.output.tell("ledger: made a ledger in its place");
    Ok(opened)
}

/// Reads what may be packets, events and the index, and lists what is passed by. Links are not followed, and hidden files
/// and folders left alone.
fn files(context: &Context<'_>, folder: &Path, ignored: &[String]) -> Result<(Vec<FileText>, Vec<Skipped>), Failure> {
    let io = |source: std::io::Error| StoreError::Io { doing: "read", path: folder.to_owned(), source };
    let disk = Files::on((context.env.disk)(folder).map_err(io)?);
    let is_hidden =
        |entry: &walkdir::DirEntry| entry.depth() > 0 && entry.file_name().to_string_lossy().starts_with('.');
    let walk = walkdir::WalkDir::new(folder).max_depth(DEPTH_MAX).sort_by_file_name();
    let (mut files, mut passed, mut bytes): (Vec<FileText>, Vec<Skipped>, u64) = (Vec::new(), Vec::new(), 0);
    for entry in walk.into_iter().filter_entry(|entry| !is_hidden(entry)) {
        let entry = entry.map_err(|error| io(error.into()))?;
        let wanted = entry.path().extension().is_some_and(|end| end == "json" || end == "jsonl");
        if entry.file_type().is_dir() {
            continue;
        }
        let path = entry.path().strip_prefix(folder).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
        let is_ignored = ignored.iter().any(|pattern| is_like(&path, pattern));
        if is_ignored || !wanted {
            passed.push(passed_by(path, is_ignored));
            continue;
        }
        let text = match disk.read(entry.path(), FILE_BYTES_MAX) {
            Ok(Some((read, _))) => {
                bytes += read.len() as u64;
                String::from_utf8(read).map_err(|_| "it is not UTF-8".to_owned())
            }
            Ok(None) => continue,
            Err(error) => Err(error.to_string()),
        };
        files.push(FileText { path, text });
        if files.len() > FILES_MAX || bytes > FOLDER_BYTES_MAX {
            let what = format!("{} holds more than {FILES_MAX} files or {FOLDER_BYTES_MAX} bytes", folder.display());
            return Err(Failure::new(Exit::Refused, "too-large", what).hint("adopt it in parts"));
        }
    }
    Ok((files, passed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_without_a_slash_is_about_the_name_of_a_file() {
        for (path, pattern) in [
            ("team.json", "team.json"),
            ("notes/team.json", "team.json"),
            ("notes/team.json", "notes/*"),
            ("a/b/c.json", "a/*.json"),
            ("a/b.md", "?/*"),
            ("b.md", "*"),
            ("aab", "*ab"),
        ] {
            assert!(is_like(path, pattern), "{path} {pattern}");
        }
        for (path, pattern) in [("team.json", "team"), ("requests/a.json", "notes/*"), ("b.md", "?"), ("", "?")] {
            assert!(!is_like(path, pattern), "{path} {pattern}");
        }
    }
}
