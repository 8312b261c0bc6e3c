//! SECURITY.md says what is true: the tests that it names are there.

use std::fs;
use std::path::Path;

/// What stands between backticks.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

fn sources() -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    ["src", "tests"]
        .into_iter()
        .flat_map(|folder| walkdir::WalkDir::new(root.join(folder)).into_iter().map(Result::unwrap))
        .filter(|entry| entry.path().extension().is_some_and(|extension| extension == "rs"))
        .map(|entry| fs::read_to_string(entry.path()).unwrap())
        .collect()
}

#[test]
fn every_test_that_is_named_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let sources = sources();
    let rows = text.lines().filter(|line| line.starts_with("| "));
    let mut named = 0;
    for name in rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next()).flat_map(quoted) {
        let is_there =
            if name.contains('/') { root.join(name).is_file() } else { sources.contains(&format!("fn {name}(")) };
        assert!(is_there, "SECURITY.md names {name}");
        named += 1;
    }
    assert!(named > 15, "the table is read: {named}");
}
