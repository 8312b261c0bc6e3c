//! What the recipes of packages name is there. `tests/packages/run` makes the packages and tries them.

#![expect(clippy::disallowed_methods, reason = "what an image would hold is laid out in a folder")]

use std::path::{Path, PathBuf};
use std::process::Command;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

fn copy(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from).into_iter().map(Result::unwrap).filter(|entry| entry.path().is_file()) {
        let place = to.join(entry.path().strip_prefix(from).unwrap());
        let place = if from.is_file() { to.to_owned() } else { place };
        std::fs::create_dir_all(place.parent().unwrap()).unwrap();
        std::fs::copy(entry.path(), place).unwrap();
    }
}

/// What the image's first stage copies from here, as (from, to).
fn copied() -> Vec<(String, String)> {
    let text = read("Dockerfile");
    let first = text.split("\nFROM ").nth(1).unwrap();
    let lines = first.lines().filter_map(|line| line.strip_prefix("COPY "));
    lines
        .flat_map(|line| {
            let mut words: Vec<&str> = line.split(' ').collect();
            let to = words.pop().unwrap().to_owned();
            let place = move |from: &str| if to == "./" { from.to_owned() } else { to.clone() };
            words.into_iter().map(move |from| (from.to_owned(), place(from))).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn the_image_has_all_sources_that_the_program_is_built_from() {
    let folder = tempfile::tempdir().unwrap();
    for (from, to) in copied() {
        copy(&root().join(from), &folder.path().join(to));
    }
    // Cargo refuses a manifest of which it misses a target.
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version", "1"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
    // And the compiler one of which it misses a file that goes into the program.
    let sources = walkdir::WalkDir::new(folder.path().join("src")).into_iter().map(Result::unwrap);
    for source in sources.filter(|entry| entry.path().extension().is_some_and(|ext| ext == "rs")) {
        let text = std::fs::read_to_string(source.path()).unwrap();
        for rest in text.split("include_str!(\"").skip(1) {
            let name = rest.split('"').next().unwrap();
            let file = source.path().parent().unwrap().join(name);
            assert!(file.is_file(), "{} includes {name}, which the image does not have", source.path().display());
        }
    }
}

#[test]
fn the_image_is_nobodys_root() {
    let text = read("Dockerfile");
    let user = text.lines().filter_map(|line| line.strip_prefix("USER ")).next_back().unwrap();
    assert!(!["root", "0"].contains(&user));
}

#[test]
fn the_packages_are_not_named_like_the_accounting_program() {
    let manifest = read("Cargo.toml");
    let deb = manifest.split("[package.metadata.deb]").nth(1).unwrap();
    assert!(deb.contains("name = \"coordination-ledger\"") && deb.contains("conflicts = \"ledger\""));
    assert!(read("pyproject.toml").contains("name = \"coordination-ledger\""));
}

#[test]
fn every_file_that_a_package_takes_from_here_is_here() {
    let manifest = read("Cargo.toml");
    let assets = manifest.split("assets = [").nth(1).unwrap().split("\n]").next().unwrap();
    let sources = assets.lines().filter_map(|line| line.trim().strip_prefix("[\"")?.split('"').next());
    let here: Vec<&str> = sources.filter(|source| !source.starts_with("target/")).collect();
    assert!(!here.is_empty());
    for source in here {
        assert!(root().join(source).is_file(), "{source}");
    }
}
