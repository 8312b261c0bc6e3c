//! `ledger import`: the issues of other trackers.

use std::path::Path;

use proptest::prelude::*;
use serde_json::{Value, json};

use crate::common::Sandbox;
use crate::transcript;

/// A ledger beside the fixtures.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/trackers");
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        std::fs::copy(entry.path(), sandbox.root().join(entry.file_name())).unwrap();
    }
    sandbox
}

#[test]
fn issues_of_beads() {
    transcript!(sandbox(), @r#"
    $ ledger import --from beads beads.jsonl --origin shop --target billing --dry-run | tail -1
    $ ledger import --from beads beads.jsonl --origin shop --target billing
    $ ledger import --from beads beads.jsonl --origin shop --target billing -q | tail -1
    $ ledger log
    $ ledger log key:beads:acme-1 --json | grep -o '"occurred_at":"[^"]*"'
    $ ledger show key:beads:acme-2
    $ ledger verify
    "#);
}

#[test]
fn issues_of_github_as_gh_prints_them_and_as_the_rest_api_does() {
    transcript!(sandbox(), @r#"
    $ ledger import --from github github.json
    $ ledger import --from github - < github-rest.json
    $ ledger show key:github:41
    $ ledger verify
    "#);
}

#[test]
fn a_table_with_a_map_of_ones_own() {
    transcript!(sandbox(), @r#"
    $ ledger import --from csv board.csv --map board-map.json
    $ ledger import --from csv board.csv --map board-map.json --json
    $ ledger show key:csv:T-1
    $ ledger verify
    "#);
}

#[test]
fn lines_of_plain_objects_and_what_their_type_demands() {
    transcript!(sandbox(), @r#"
    $ ledger import --from jsonl plain.jsonl
    $ ledger import --from jsonl plain.jsonl --origin shop --target billing --type bug
    $ ledger import --from jsonl plain.jsonl --origin shop --target billing --type feature
    $ ledger list --all
    $ ledger log key:jsonl:2
    $ ledger import --from jsonl plain.jsonl --origin shop --target billing --type feature
    "#);
}

/// An issue of GitHub in stages of its life.
fn stages(sandbox: &Sandbox) {
    let mut issue = json!({
        "number": 1, "title": "A", "body": "x", "state": "OPEN", "labels": [{"name": "bug"}], "author": {"login": "mia"},
        "createdAt": "2026-03-01T10:00:00Z", "updatedAt": "2026-03-01T10:00:00Z", "closedAt": null, "comments": [],
        "assignees": [], "url": "https://github.com/acme/billing/issues/1",
    });
    let write = |stage: u32, issue: &Value| {
        std::fs::write(sandbox.path(&format!("{stage}.json")), json!([issue]).to_string()).unwrap();
    };
    write(1, &issue);
    issue["comments"] = json!([{"author": {"login": "ben"}, "body": "Hm.", "createdAt": "2026-03-02T10:00:00Z"}]);
    write(2, &issue);
    issue["state"] = "CLOSED".into();
    issue["title"] = "A!".into();
    issue["closedAt"] = "2026-03-03T10:00:00Z".into();
    write(3, &issue);
    issue["state"] = "OPEN".into();
    issue["stateReason"] = "REOPENED".into();
    issue["closedAt"] = Value::Null;
    write(4, &issue);
    issue["url"] = "https://github.com/acme/other/issues/1".into();
    write(5, &issue);
}

#[test]
fn each_time_what_is_new_there_is_taken_over() {
    let sandbox = Sandbox::new();
    stages(&sandbox);
    transcript!(sandbox, @r#"
    $ ledger import --from github 1.json
    $ ledger import --from github 2.json
    $ ledger import --from github 3.json
    $ ledger import --from github 3.json
    $ ledger import --from github 4.json
    $ ledger import --from github 4.json
    $ ledger log key:github:1
    # Another repository's issue has the same number.
    $ ledger import --from github 5.json
    $ ledger import --from github 5.json --source acme/other
    $ ledger verify
    "#);
}

#[test]
fn what_has_moved_on_here_is_not_pulled_back() {
    let sandbox = Sandbox::new();
    stages(&sandbox);
    transcript!(sandbox, @r#"
    $ ledger import --from github 2.json -q
    $ ledger transition key:github:1 accepted -q && ledger transition key:github:1 in-progress -q
    $ ledger import --from github 2.json -q
    $ ledger import --from github 3.json
    $ ledger log key:github:1 | tail -3
    $ ledger verify
    "#);
}

#[test]
fn a_guard_that_nobody_may_pass_for_others_leaves_it_before_the_state() {
    transcript!(sandbox(), @r#"
    $ sed -i 's/"mode": "tracked"/"mode": "governed"/' coordination/ledger.json
    $ ledger import --from github github.json
    $ ledger log key:github:41 | tail -1
    $ ledger verify
    "#);
}

#[test]
fn bad_input_is_told_with_what_to_try() {
    transcript!(sandbox(), @r#"
    $ echo '[{"number":' | ledger import --from github -
    $ ledger import --from csv /dev/null
    $ ledger import --from beads nowhere.jsonl
    $ echo '{"fields":{"titel":"Summary"}}' > map.json; ledger import --from csv board.csv --map map.json
    $ echo '{"id":"s","title":"leak","description":"ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"}' | ledger import --from jsonl - --origin a --target b --type feature
    $ ledger import --from github github.json --source 'a b'
    $ ledger import --from github
    $ ledger import --from github --print-map | head -3
    $ ledger list --all
    "#);
}

#[test]
fn a_long_comment_takes_several_notes_and_a_long_chain_is_brought_into_order() {
    let sandbox = Sandbox::new();
    let long = "é".repeat(40_000);
    let mut lines = String::new();
    for n in 0..300 {
        let comments = if n == 0 { json!([{"author": "ann", "text": long}]) } else { json!([]) };
        let line =
            json!({"id": n, "title": format!("T{n}"), "dependencies": [(n + 1).to_string()], "comments": comments});
        lines.push_str(&format!("{line}\n"));
    }
    std::fs::write(sandbox.path("long.jsonl"), lines).unwrap();
    let import = "ledger import --from jsonl long.jsonl --origin a --target b --type feature --json";
    let first = sandbox.json(import);
    assert_eq!(first["data"]["counts"], json!({"made": 300, "moved": 0, "noted": 0, "known": 0, "skipped": 0}));
    let notes: u64 =
        first["data"]["records"].as_array().unwrap().iter().map(|one| one["notes"].as_u64().unwrap()).sum();
    assert_eq!(notes, 3, "two parts of the comment, and the last one waits for what is not here");
    let again = sandbox.json(import);
    assert_eq!(again["data"]["counts"], json!({"made": 0, "moved": 0, "noted": 0, "known": 300, "skipped": 0}));
    sandbox.run("ledger verify");
}

/// An issue of beads, whatever it says.
fn issue() -> impl Strategy<Value = Value> {
    let status =
        prop::sample::select(vec!["open", "in_progress", "blocked", "closed", "tombstone", "on_ice", "deferred"]);
    let kind = prop::sample::select(vec!["bug", "feature", "task", "spike"]);
    let comments = prop::collection::vec(("[a-z\u{202e}\n ]{0,6}", "[ab]"), 0..3);
    let links = prop::collection::vec((0..9_u8, prop::sample::select(vec!["blocks", "parent-child", "related"])), 0..3);
    let words = ("[a-zé\u{202e}\\\\\"\n ]{0,12}", prop::option::of("[a-z ]{1,8}"), 0..6_u8);
    (0..6_u8, status, kind, comments, links, words).prop_map(|(id, status, kind, comments, links, (title, reason, priority))| {
        let comments: Vec<Value> =
            comments.into_iter().map(|(text, author)| json!({"author": author, "text": text})).collect();
        let links: Vec<Value> =
            links.into_iter().map(|(to, kind)| json!({"depends_on_id": format!("p-{to}"), "type": kind})).collect();
        json!({
            "id": format!("p-{id}"), "title": title, "status": status, "issue_type": kind, "priority": priority,
            "close_reason": reason, "created_at": "2026-01-01T00:00:00Z", "comments": comments, "dependencies": links,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn importing_twice_is_importing_once(
        first in prop::collection::vec(issue(), 1..8),
        second in prop::collection::vec(issue(), 1..8),
    ) {
        let sandbox = Sandbox::new();
        let import = "ledger import --from beads f.jsonl --origin shop --target billing --json";
        for issues in [&first, &second] {
            let lines: String = issues.iter().map(|issue| format!("{issue}\n")).collect();
            std::fs::write(sandbox.path("f.jsonl"), lines).unwrap();
            let tried = sandbox.json(&format!("{import} --dry-run"));
            let done = sandbox.json(import);
            prop_assert_eq!(&tried["data"]["records"], &done["data"]["records"]);
            let before = sandbox.fingerprint();
            let again = sandbox.json(import);
            prop_assert_eq!(&again["data"]["records"], &json!([]));
            prop_assert_eq!(&again["data"]["skipped"], &done["data"]["skipped"]);
            prop_assert_eq!(sandbox.fingerprint(), before);
        }
        sandbox.run("ledger verify");
    }
}
