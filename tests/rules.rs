//! `docs/rules.md` is what the rules in the program say.

use std::fs;
use std::path::PathBuf;

use coordination_ledger::contract::catalogue;

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md")
}

#[test]
fn the_page_of_rules_is_up_to_date() {
    let written = fs::read_to_string(path()).unwrap_or_default();
    let (page, how) = (catalogue::page(), "write it anew: cargo test --test rules -- --ignored");
    for (nth, (is, should)) in written.lines().zip(page.lines()).enumerate() {
        assert_eq!(is, should, "docs/rules.md, line {}; {how}", nth + 1);
    }
    assert_eq!(written.len(), page.len(), "docs/rules.md is too long or too short; {how}");
}

#[test]
#[ignore = "it writes docs/rules.md, which no test run may; whoever changed a rule runs it: cargo test --test rules -- --ignored"]
#[expect(clippy::disallowed_methods, reason = "the page is no ledger file")]
fn write_the_page_of_rules() {
    fs::write(path(), catalogue::page()).unwrap();
}
