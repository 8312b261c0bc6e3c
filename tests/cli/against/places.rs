//! Repositories of all kinds.

use super::repository;
use crate::common::Sandbox;
use crate::transcript;

/// A repository in which a ledger lies in a folder with a blank in its name.
fn in_a_folder(init: &str) -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.run(&format!(
        r#"{init} && git config user.name t && git config user.email t@example.com && mkdir 'my team' && cd 'my team' && ledger init --name acme -q &&
        ledger new --title First --from a --to b --type bug --set details.impact=x -q && ledger note 1 --text one && git add -A && git commit -q -m base && git checkout -q -b feature"#
    ));
    sandbox
}

#[test]
fn a_ledger_in_a_folder_and_other_hashes() {
    let sandbox = in_a_folder("git init -q -b main --object-format=sha256 .");
    transcript!(sandbox, @r#"
    $ cd 'my team' && ledger note 1 --text two -q && ledger verify --against main
    REQ-YYYYMMDD-0001
    ok: 1 request, 3 events verified, and compared with main (3 files)
    $ cd 'my team' && sed -i 2d coordination/events/*.jsonl && ledger verify --against main --format github | head -n 1
    ::error file=my team/coordination/events/REQ-YYYYMMDD-0001.jsonl,title=REQ-YYYYMMDD-0001 event-removed::event 2 (NOTED, [head]), line 2 of the log at main, is gone%0Afix: put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    $ cd 'my team' && git show main:./coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl; ledger verify --against main
    ok: 1 request, 3 events verified, and compared with main (3 files)
    $ git checkout -q . && mkdir -p new && cd new && ledger init --name other -q && ledger verify --against main
    Ledger other (tracked) made in [tmp]/work/new
    coordination: note nothing-compared: main holds no ledger here: there is nothing to compare
      fix: nothing, if the ledger is new
    ok: 0 requests, 0 events verified, and compared with main (0 files), 1 note
    "#);
}

#[test]
fn settings_about_the_ends_of_lines_change_nothing() {
    let sandbox = repository();
    sandbox.run(
        "git config core.autocrlf true && git config core.eol crlf && rm -r coordination schemas && git checkout -q .",
    );
    transcript!(sandbox, @r#"
    $ ledger verify --against main
    ok: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    $ printf '* text eol=crlf\n' > .gitattributes && rm coordination/requests/REQ-$TODAY-0001.json && git checkout -q coordination && ../gate main
    coordination/requests/REQ-YYYYMMDD-0001.json: violation packet-edited: the packet was on record and is never edited
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0001.json
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    "#);
}

#[test]
fn worktrees_and_submodules() {
    let sandbox = repository();
    sandbox.run(
        r#"git worktree add -q ../tree main -b tree && git init -q -b main ../outer && cd ../outer &&
        git -c protocol.file.allow=always submodule --quiet add $OLDPWD inner && cd inner && git checkout -q -b topic origin/main"#,
    );
    transcript!(sandbox, @r#"
    $ cd ../tree && ledger note 1 --text two -q && ledger verify --against main && sed -i 1d coordination/events/REQ-$TODAY-0001.jsonl && ../gate main | tail -n 1
    REQ-YYYYMMDD-0001
    ok: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with main (11 files)
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with main (11 files)
    $ cd ../outer/inner && ledger verify --against origin/main && sed -i 1d coordination/events/REQ-$TODAY-0001.jsonl && ../../gate origin/main | tail -n 1
    ok: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with origin/main (11 files)
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with origin/main (11 files)
    "#);
}

#[test]
fn two_commits_are_compared_without_a_work_tree() {
    let sandbox = repository();
    sandbox.run("ledger note 1 --text two && git commit -q -am two && git checkout -q -b bad && sed -i 2d coordination/events/REQ-$TODAY-0001.jsonl && git commit -q -am bad && git checkout -q main && git clone -q --bare . ../bare");
    transcript!(sandbox, @r#"
    $ ledger verify --against main --head feature
    ok: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with main (11 files)
    $ ledger verify --against main --head bad | grep -A 1 event-removed
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-removed: event 2 (TRANSITIONED, [head]), line 2 of the log at main, is gone
      fix: put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    $ cd ../bare && ledger verify --against main --head bad --format github | grep event-removed | cut -c 1-80
    ::error file=coordination/events/REQ-YYYYMMDD-0001.jsonl,title=REQ-YYYYMMDD-0001
    $ cd ../bare && ledger verify --against main --head feature: --output json=- | head -n 1 | cut -c 1-20
    {"v":1,"data":{"ok":
    $ cd ../bare && ledger verify --against main --head feature:nowhere/
    ! error: feature has no ledger in nowhere/
    ! hint: name the folder that holds coordination/: --head GITREF:FOLDER/
    [exit 4]
    $ cd ../bare && ledger verify --against main --head=--version=x; ledger verify --against main --head nowhere
    ! error: "--version=x" is no commit that is here
    ! hint: git log --oneline tells which commits are here
    ! error: "nowhere" is no commit that is here
    ! hint: git fetch origin nowhere:refs/remotes/origin/nowhere, and then --against origin/nowhere
    [exit 4]
    "#);
    let nested = in_a_folder("git init -q -b main .");
    nested.run("git clone -q --bare . ../bare");
    transcript!(nested, @r#"
    $ cd ../bare && ledger verify --against main --head 'feature:my team/'
    ok: 1 request, 2 events verified, and compared with main (3 files)
    $ cd ../bare && ledger verify --against main --head feature
    ! error: feature has no ledger in its top folder
    ! hint: name the folder that holds coordination/: --head GITREF:FOLDER/
    [exit 4]
    "#);
}

#[test]
fn a_hook_of_a_bare_repository_refuses_what_edits() {
    let sandbox = repository();
    sandbox.run(
        r#"git clone -q --bare . ../bare && printf '#!/bin/sh\nledger verify --against "$2" --exact --head "$3" --quiet\n' > ../bare/hooks/update &&
        chmod +x ../bare/hooks/update && git remote add origin ../bare"#,
    );
    transcript!(sandbox, @r#"
    $ ledger note 1 --text two -q && git commit -q -am two && git push -q origin feature
    REQ-YYYYMMDD-0001
    $ sed -i 2d coordination/events/REQ-$TODAY-0001.jsonl && git commit -q -am gone && git push -q origin feature 2>&1 | grep -E 'event-removed|hook declined' | cut -c 1-70
    remote: coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-r
    remote: error: hook declined to update refs/heads/feature
     ! [remote rejected] feature -> feature (hook declined)
    $ git reset -q --hard main && git push -q -f origin feature 2>&1 | grep -E 'event-removed|hook declined' | cut -c 1-70
    remote: coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-r
    remote: error: hook declined to update refs/heads/feature
     ! [remote rejected] feature -> feature (hook declined)
    "#);
}

#[test]
fn a_branch_that_removed_the_ledger_is_told_what_is_gone() {
    let sandbox = repository();
    sandbox.run("git rm -q -r coordination schemas && git commit -q -m gone");
    transcript!(sandbox, @r#"
    $ ledger verify --against main
    coordination/checkpoints/main/11.checkpoint: violation checkpoint-removed: the checkpoint was on record and is gone
      fix: restore it: git checkout main -- coordination/checkpoints/main/11.checkpoint
    coordination/checkpoints/main/leaves: violation checkpoint-removed: the list of what checkpoints cover is gone
      fix: restore it: git checkout main -- coordination/checkpoints/main/leaves
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation log-removed: the log was on record with 3 events and is gone
      fix: restore it: git checkout main -- coordination/events/REQ-YYYYMMDD-0001.jsonl
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation log-removed: the log was on record with 1 event and is gone
      fix: restore it: git checkout main -- coordination/events/REQ-YYYYMMDD-0002.jsonl
    coordination/events/REQ-YYYYMMDD-0003.jsonl: violation log-removed: the log was on record with 1 event and is gone
      fix: restore it: git checkout main -- coordination/events/REQ-YYYYMMDD-0003.jsonl
    coordination/ledger.json: violation ledger-changed: the ledger's settings are gone
      fix: restore it: git checkout main -- coordination/ledger.json
    coordination/requests/REQ-YYYYMMDD-0001.json: violation packet-removed: the packet was on record and is gone
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0001.json
    coordination/requests/REQ-YYYYMMDD-0002.json: violation packet-removed: the packet was on record and is gone
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0002.json
    coordination/requests/REQ-YYYYMMDD-0003.json: violation packet-removed: the packet was on record and is gone
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0003.json
    schemas/contracts/a/events.jsonl: violation log-removed: the log was on record with 2 events and is gone
      fix: restore it: git checkout main -- schemas/contracts/a/events.jsonl
    schemas/contracts/a/v1.json: violation version-removed: v1 was registered and is gone
      fix: restore it: git checkout main -- schemas/contracts/a/v1.json
    11 findings: 0 requests, 0 events verified, and compared with main (11 files)
    [exit 3]
    "#);
}

/// Git would go through all of it, and say nothing of the rest.
#[test]
fn a_file_that_is_too_large_hides_nothing_else() {
    let sandbox = repository();
    sandbox.run("truncate -s 10G coordination/events/REQ-$TODAY-0001.jsonl && sed -i 1d coordination/events/REQ-$TODAY-0002.jsonl");
    transcript!(sandbox, @r#"
    $ ledger verify --against main | grep -v '^  fix:'
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation covered-event-lost: checkpoint main/11 covers 3 events that are not in the log, [head] first: they were dropped or rewritten
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation file-type-changed: a file stands in its place that is larger than any of its kind
    coordination/events/REQ-YYYYMMDD-0001.jsonl: damage log-damaged: it has 10737418240 bytes; the most is 536870912
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation covered-event-lost: checkpoint main/11 covers event [head], which is not in the log: it was dropped or rewritten
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation event-removed: event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, is gone
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation log-missing: the request has no event: its making was cut short
    6 findings: 3 requests, 1 contract, 3 events, 1 checkpoint verified, and compared with main (11 files)
    "#);
}

/// What is to be run is told as it runs where it was asked.
#[test]
fn from_another_folder_the_fix_is_led_to_the_ledgers_folder() {
    let sandbox = Sandbox::empty();
    transcript!(sandbox, @r#"
    $ git init -q -b main . && mkdir sub && ledger init -q --root sub && cd sub && ledger new --title T --from shop --to billing --type bug --set details.impact=all -q
    Ledger sub (tracked) made in [tmp]/work/sub
    REQ-YYYYMMDD-0001
    $ git config user.name mia && git config user.email mia@example.org && git add -A && git commit -qm one && cp sub/coordination/events/* kept
    $ sed -i 1d sub/coordination/events/*; ledger verify --root sub --against main | grep -A1 event-removed
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-removed: event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, is gone
      fix: put it back; lines may stand twice: (cd [tmp]/work/sub && git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl)
    $ fix=$(ledger verify --root sub --against main | grep -A1 event-removed | sed -n 's/.*twice: //p'); sh -c "$fix"; cmp kept sub/coordination/events/*
    "#);
}
