//! Files of somebody else, which whoever runs the program may not read.

use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::place::{Ended, NEW, Place};
use crate::say;

/// A user without rights, and the number of their group.
const NOBODY: u32 = 65_534;

/// The program, run by somebody who may not read all of a place.
struct Stranger {
    folder: tempfile::TempDir,
    /// Whether somebody else's rights have to be taken: root may read everything.
    is_root: bool,
}

impl Stranger {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let is_root = std::fs::metadata(folder.path()).unwrap().uid() == 0;
        // Where it was built others may not be let in.
        std::fs::copy(assert_cmd::cargo::cargo_bin!("ledger"), folder.path().join("ledger")).unwrap();
        std::fs::set_permissions(folder.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, is_root }
    }

    /// Gives a place to the stranger, but for some files that nobody else may read.
    fn moves_in(&self, place: &Place, kept: &[PathBuf]) {
        if self.is_root {
            for entry in walkdir::WalkDir::new(place.root()).into_iter().map(Result::unwrap) {
                chown(entry.path(), Some(NOBODY), Some(NOBODY)).unwrap();
            }
        }
        for path in kept {
            if self.is_root {
                chown(path, Some(0), Some(0)).unwrap();
            }
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
        }
    }

    fn run(&self, place: &Place, line: &str) -> Ended {
        let mut command = place.set_up(Command::new(self.folder.path().join("ledger")), line);
        if self.is_root {
            command.uid(NOBODY).gid(NOBODY);
        }
        Ended::of(&command.output().unwrap())
    }
}

fn logs(place: &Place) -> Vec<PathBuf> {
    files(&place.root().join("coordination/events"))
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

#[test]
fn a_log_and_a_packet_of_somebody_else_are_told_and_all_others_are_answered_for() {
    let place = Place::new();
    for key in ["two", "three", "four"] {
        place.ok(&format!("{NEW} --key {key}"), "before");
    }
    let packets = files(&place.root().join("coordination/requests"));
    let kept = [logs(&place)[0].clone(), packets[1].clone()];
    let stranger = Stranger::new();
    stranger.moves_in(&place, &kept);
    if std::fs::read(&kept[0]).is_ok() && !stranger.is_root {
        say("skipped: whoever runs this may read everything");
        return;
    }
    let names: Vec<String> = kept.iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    let others: Vec<String> =
        packets[2..].iter().map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    // With the cache that its owner left, and without one.
    for round in ["as it is", "without a cache"] {
        if round == "without a cache" {
            for file in ["cache.sqlite", "cache.sqlite-wal", "cache.sqlite-shm"] {
                std::fs::remove_file(place.root().join("coordination/.local").join(file)).ok();
            }
        }
        let told = |line: &str, status: i32| {
            let ended = stranger.run(&place, line);
            assert_eq!(ended.status, Some(status), "{line}, {round}: {}", ended.said);
            ended.said
        };
        for (line, status) in [("verify", 3), ("doctor", 3), ("doctor --fix", 3), ("log", 9), ("index --check", 9)] {
            let said = told(line, status);
            assert!(names.iter().all(|name| said.contains(name)), "{line}, {round}: {said}");
            assert!(said.contains("Permission denied"), "{line}, {round}: {said}");
        }
        for line in ["list --all", "stats", "graph", "export", "search T", "index"] {
            let ended = stranger.run(&place, line);
            // What its owner's cache still has of the very same bytes is no lie; without one all of it is told.
            let expected: &[i32] = if round == "as it is" { &[0, 9] } else { &[9] };
            assert!(expected.contains(&ended.status.unwrap()), "{line}, {round}: {:?} {}", ended.status, ended.said);
            assert!(
                ended.status == Some(0) || names.iter().all(|name| ended.said.contains(name)),
                "{line}: {}",
                ended.said
            );
        }
        let list = stranger.run(&place, "list --all").said;
        assert!(others.iter().all(|name| list.contains(name)), "{list}");
        for name in &others {
            told(&format!("show {name}"), 0);
            told(&format!("note {name} --text x"), 0);
        }
        for name in &names {
            for line in ["show", "note --text x"] {
                let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
                let said = told(format!("{command} {name} {rest}").trim_end(), 1);
                assert!(said.contains("Permission denied"), "{said}");
            }
        }
    }
    // Once they may be read again, nothing of it is left.
    for path in &kept {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
        if stranger.is_root {
            chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
        }
    }
    for line in ["list --all", "index", "verify", "doctor"] {
        let ended = stranger.run(&place, line);
        assert_eq!(ended.status, Some(0), "{line}, afterwards: {}", ended.said);
        assert!(!ended.said.contains("can't be read"), "{line}: {}", ended.said);
    }
}
