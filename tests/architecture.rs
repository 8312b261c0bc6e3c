//! The rooms and the direction of imports: a room may use those below it, never one above.
//!
//! Read as text, so that a forbidden import fails here even where it compiles.

use std::fs;
use std::path::{Path, PathBuf};

/// The rooms from the lowest up. `contract`, `registry`, `sync`, `web` and `mcp` have their places before they exist.
const ROOMS: [&str; 13] = [
    "domain", "contract", "intake", "store", "registry", "signing", "index", "sync", "app", "cli", "tui", "web", "mcp",
];
/// Rooms at the top that do not know each other.
const SIBLINGS: [&str; 4] = ["cli", "tui", "web", "mcp"];
/// What pure rooms must not name: files, clocks, randomness, the environment, processes, printing.
const IMPURE: [&str; 12] = [
    "std::fs",
    "std::env",
    "std::io",
    "std::net",
    "std::process",
    "std::thread",
    "SystemTime",
    "Instant",
    "Utc::now",
    "getrandom",
    "println!",
    "rustix",
];
const PURE: [&str; 3] = ["domain", "contract", "intake"];
/// Lines before the tests that a file should not grow past by much.
const LINES_MAX: usize = 500;

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(folder).sort_by_file_name().into_iter().map(Result::unwrap);
    entries.map(|entry| entry.path().to_owned()).filter(|path| path.extension().is_some_and(|e| e == "rs")).collect()
}

/// A file's lines of code, without comments and without what comes after its tests begin.
fn code_of(path: &Path) -> Vec<(usize, String)> {
    let text = fs::read_to_string(path).unwrap();
    let before_tests = text.lines().take_while(|line| line.trim() != "#[cfg(test)]");
    let numbered = before_tests.enumerate().map(|(at, line)| (at + 1, line.to_owned()));
    numbered.filter(|(_, line)| !line.trim_start().starts_with("//")).collect()
}

fn room_of(path: &Path) -> Option<String> {
    let inside = path.strip_prefix(source()).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_str().unwrap().to_owned();
    ROOMS.contains(&first.as_str()).then_some(first)
}

/// The rooms that a line names as `crate::ROOM`.
fn rooms_named(line: &str) -> Vec<&'static str> {
    let names = |room: &&&str| {
        line.match_indices(&format!("crate::{room}")).any(|(at, found)| {
            let after = line[at + found.len()..].chars().next();
            after.is_none_or(|c| !c.is_alphanumeric() && c != '_')
        })
    };
    ROOMS.iter().filter(names).copied().collect()
}

fn upward(from: &str, to: &str) -> bool {
    let place = |room: &str| ROOMS.iter().position(|r| *r == room).unwrap();
    place(to) > place(from) || (from != to && SIBLINGS.contains(&from) && SIBLINGS.contains(&to))
}

#[test]
fn imports_point_downwards_only() {
    let mut wrong = Vec::new();
    for path in files_below(&source()) {
        let Some(room) = room_of(&path) else { continue };
        for (number, line) in code_of(&path) {
            for named in rooms_named(&line).into_iter().filter(|named| upward(&room, named)) {
                wrong.push(format!("{}:{number}: {room} imports {named}: {}", path.display(), line.trim()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_check_can_fail() {
    assert!(upward("domain", "store") && upward("store", "app") && upward("cli", "web") && upward("tui", "cli"));
    assert!(!upward("app", "domain") && !upward("cli", "app") && !upward("store", "store"));
    assert_eq!(rooms_named("use crate::store::{Budget, Store};"), ["store"]);
    assert_eq!(rooms_named("let x = crate::apparatus::y;"), Vec::<&str>::new());
    assert_eq!(rooms_named("pub(in crate::store::fs) fn f(x: crate::domain::id::Key)"), ["domain", "store"]);
}

#[test]
fn a_braced_import_of_the_crate_hides_no_room() {
    let hidden = files_below(&source()).into_iter().flat_map(|path| {
        let lines = code_of(&path).into_iter().filter(|(_, line)| line.contains("crate::{"));
        lines.map(|(number, _)| format!("{}:{number}", path.display())).collect::<Vec<_>>()
    });
    assert_eq!(hidden.collect::<Vec<_>>(), Vec::<String>::new(), "write one `use crate::ROOM` a line");
}

#[test]
fn pure_rooms_know_nothing_of_the_world() {
    let mut wrong = Vec::new();
    for path in files_below(&source()) {
        let Some(room) = room_of(&path).filter(|room| PURE.contains(&room.as_str())) else { continue };
        for (number, line) in code_of(&path) {
            for word in IMPURE.iter().filter(|word| line.contains(**word)) {
                wrong.push(format!("{}:{number}: {room} names {word}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_is_named_in_the_map() {
    let map = fs::read_to_string(source().join("lib.rs")).unwrap();
    for entry in fs::read_dir(source()).unwrap().map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let room = entry.file_name().into_string().unwrap();
        assert!(ROOMS.contains(&room.as_str()), "src/{room} is no room");
        assert!(map.contains(&format!("[`{room}`]")), "src/lib.rs does not name {room}");
    }
}

#[test]
fn files_stay_small() {
    let long = files_below(&source()).into_iter().filter_map(|path| {
        let lines = code_of(&path).len();
        (lines > LINES_MAX).then(|| format!("{}: {lines} lines: two nouns in one?", path.display()))
    });
    assert_eq!(long.collect::<Vec<_>>(), Vec::<String>::new());
}
