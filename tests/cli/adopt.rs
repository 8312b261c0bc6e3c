//! `ledger adopt`: a coordination folder that was kept by hand.

use std::path::{Path, PathBuf};

use crate::common::Sandbox;
use crate::transcript;

/// The folder of the fixtures: awkward on purpose.
fn fixture() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/kept-by-hand")
}

fn copy(sandbox: &Sandbox, to: &str) {
    let (from, to) = (fixture(), sandbox.path(to));
    for entry in walkdir::WalkDir::new(&from).into_iter().map(Result::unwrap) {
        let there = to.join(entry.path().strip_prefix(&from).unwrap());
        if entry.file_type().is_dir() {
            std::fs::create_dir_all(there).unwrap();
        } else {
            std::fs::copy(entry.path(), there).unwrap();
        }
    }
}

/// A folder that has the place of a ledger.
fn in_its_place() -> Sandbox {
    let sandbox = Sandbox::empty();
    copy(&sandbox, "coordination");
    sandbox
}

/// A ledger, and a folder beside it.
fn beside() -> Sandbox {
    let sandbox = Sandbox::new();
    copy(&sandbox, "old");
    sandbox
}

#[test]
fn a_folder_in_a_ledgers_place_is_renamed_and_taken_over() {
    transcript!(in_its_place(), @r#"
    $ ledger init
    $ ledger adopt coordination --dry-run | tail -1; ls
    $ ledger adopt coordination
    $ ls
    $ ledger list --all
    $ ledger verify
    $ ledger adopt coordination-before-ledger -q | tail -1
    $ ledger adopt coordination
    "#);
}

#[test]
fn ids_times_texts_and_actors_stay_and_what_has_no_place_is_in_notes() {
    transcript!(beside(), @r#"
    $ ledger adopt old -q | tail -1
    $ ledger log REQ-20260112-0001
    $ ledger log REQ-20260112-0001 --json | grep -o '"occurred_at":"[^"]*"'
    $ ledger log REQ-20260114-0002
    $ ledger log REQ-20260120-0001
    $ ledger log key:adopt:OPS-7
    $ ledger show REQ-20260114-0002 --json | grep -o '"dependencies":[^]]*]'
    "#);
}

#[test]
fn programs_are_told_everything_too() {
    transcript!(beside(), @r#"
    $ ledger adopt old --json
    "#);
}

#[test]
fn nothing_in_the_folder_is_changed() {
    let sandbox = in_its_place();
    let sums =
        |folder: &str| sandbox.run(&format!("cd {folder} && find . -type f -print0 | sort -z | xargs -0 sha256sum"));
    let before = sums("coordination");
    sandbox.shell("ledger adopt coordination --dry-run");
    assert_eq!(sums("coordination"), before);
    sandbox.shell("ledger adopt coordination");
    assert_eq!(sums("coordination-before-ledger"), before);
}

#[test]
fn a_dry_run_writes_nothing_into_a_ledger() {
    let sandbox = beside();
    sandbox.bug("Here before", "");
    let before = sandbox.fingerprint();
    let tried = sandbox.json("ledger adopt old --dry-run --json");
    assert_eq!(sandbox.fingerprint(), before);
    let done = sandbox.json("ledger adopt old --json");
    assert_eq!(tried["data"]["counts"], done["data"]["counts"]);
    assert_eq!(tried["data"]["records"], done["data"]["records"]);
}

#[test]
fn what_comes_later_is_taken_over_later_and_the_ledgers_own_news_stay() {
    transcript!(beside(), @r#"
    $ ledger adopt old -q | tail -1
    $ ledger transition key:adopt:OPS-7 in-progress && ledger adopt old -q | tail -1
    $ sed -i '$d' old/events/2026-01.jsonl && echo '{"timestamp":"2026-01-24T08:00:00Z","actor":"ben","action":"delivered","request_id":"OPS-7","details":{"pr":"#88"}}' >> old/events/2026-01.jsonl
    $ ledger adopt old
    $ ledger log key:adopt:OPS-7 | tail -1
    $ ledger verify
    "#);
}

#[test]
fn a_number_that_is_taken_here_is_another_request() {
    let sandbox = Sandbox::new();
    let id = sandbox.bug("Here before", "");
    std::fs::create_dir_all(sandbox.path("old/requests")).unwrap();
    let packet = format!(
        r#"{{"request_id":"{id}","origin_repo_id":"a","target_repo_ids":["b","c"],"request_type":"feature","title":"T","status":"delivered"}}"#
    );
    std::fs::write(sandbox.path("old/requests/x.json"), packet).unwrap();
    transcript!(sandbox, @r#"
    $ ledger adopt old
    $ ledger log key:adopt:REQ-$TODAY-0001
    $ ledger adopt old
    $ ledger new --title Next --from shop --to billing --type bug --set details.impact=all -q
    $ ledger verify
    "#);
}

#[test]
fn an_approval_a_review_and_an_incident_find_their_places() {
    let sandbox = Sandbox::new();
    std::fs::create_dir_all(sandbox.path("old/requests")).unwrap();
    std::fs::write(
        sandbox.path("old/requests/I-1.json"),
        r#"{"request_id":"I-1","origin_repo_id":"a","target_repo_ids":["b"],"request_type":"outage","title":"Down",
        "details":{"severity":"SEV1"},"sponsor_approval_required":true}"#,
    )
    .unwrap();
    let events = r#"{"at":"2026-02-01T00:00:00Z","by":"ann","action":"started","request_id":"I-1"}
{"at":"2026-02-01T01:00:00Z","by":"ann","action":"delivered","request_id":"I-1","details":{"evidence":["commit=1a2b3c4",{"kind":"url","value":"https://x.test"}]}}
{"at":"2026-02-01T02:00:00Z","by":"bob","action":"verified","request_id":"I-1"}
{"at":"2026-02-01T03:00:00Z","by":"bob","action":"post-mortem","request_id":"I-1","details":{"text":"A full disk."}}
{"at":"2026-02-01T04:00:00Z","by":"zoe","action":"approved","request_id":"I-1","details":{"note":"Fine."}}
{"at":"2026-02-01T05:00:00Z","by":"bob","action":"closed","request_id":"I-1"}
"#;
    std::fs::write(sandbox.path("old/events.jsonl"), events).unwrap();
    transcript!(sandbox, @r#"
    $ ledger adopt old
    $ ledger log key:adopt:I-1
    "#);
}

#[test]
fn wrong_folders_are_told() {
    transcript!(Sandbox::empty(), @r#"
    $ mkdir empty
    $ ledger adopt empty
    $ ledger adopt nowhere
    $ mkdir coordination && ledger adopt coordination
    $ rmdir coordination && ledger init -q
    $ ledger adopt empty
    $ ledger adopt coordination
    "#);
    let sandbox = in_its_place();
    sandbox.run("mkdir coordination-before-ledger");
    transcript!(sandbox, @r#"
    $ ledger adopt coordination
    $ ls
    "#);
}

#[test]
fn links_are_not_followed() {
    let sandbox = Sandbox::new();
    sandbox.run("mkdir -p old/requests && cp old 2>/dev/null; ln -s /etc/passwd old/requests/x.json && mkfifo old/requests/y.json");
    transcript!(sandbox, @r#"
    $ ledger adopt old
    "#);
}
