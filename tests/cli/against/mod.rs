//! `ledger verify --against`: nothing that a commit held is edited or gone.

mod ci;
mod every;
mod places;
mod reports;

use crate::common::Sandbox;
use crate::transcript;

/// Tells what was found of the comparison, without what a plain `verify` finds as well.
const GATE: &str = r#"#!/bin/sh
ledger verify --against "$@" > out; status=$?
grep -E ' (note nothing-compared|violation (packet|event|log|version)-(edited|removed)|violation (checkpoint-(edited|removed)|id-moved|id-clash|ledger-changed|file-type-changed)):' -A 1 out | grep -v '^--'
tail -n 1 out
exit $status
"#;

/// A repository whose branch `main` holds three requests, a contract and a checkpoint, with `feature` checked out.
fn repository() -> Sandbox {
    let sandbox = Sandbox::new();
    std::fs::write(sandbox.path("../gate"), GATE).unwrap();
    for title in ["First", "Second", "Third"] {
        sandbox.bug(title, "");
    }
    sandbox.run(
        r#"chmod +x ../gate && printf '/out\n' >> .gitignore && ledger transition 1 accepted && ledger note 1 --text one &&
        echo '{"type":"object"}' > ../a.json && ledger contract add a ../a.json && ledger contract pin a@1 --consumer shop &&
        ledger checkpoint --origin main && git init -q -b main . && git config user.name t && git config user.email t@example.com &&
        git add -A && git commit -q -m base && git checkout -q -b feature"#,
    );
    sandbox
}

#[test]
fn additions_pass_and_so_do_moved_and_doubled_lines() {
    transcript!(repository(), @r#"
    $ ledger verify --against main
    ok: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    $ ledger note 1 --text two -q && ledger contract unpin a --consumer shop -q && ledger checkpoint --origin main -q && ledger verify --against main
    REQ-YYYYMMDD-0001
    a
    coordination/checkpoints/main/13.checkpoint
    ok: 3 requests, 1 contract, 9 events, 2 checkpoints verified, and compared with main (11 files)
    $ ledger new --title Fourth --from a --to b --type bug --set details.impact=x -q && ledger verify --against main --json
    REQ-YYYYMMDD-0004
    {
      "v": 1,
      "data": {
        "ok": true, "requests": 4, "contracts": 1, "checkpoints": 2, "events": 10,
        "against": {"commit": "[commit]", "told": "main", "files": 11}, "findings": [], "has_more": false
      }
    }
    $ log=coordination/events/REQ-$TODAY-0001.jsonl; tac $log > l && cat l $log > m && cp m $log && rm l m && ledger verify --against main
    ok: 4 requests, 1 contract, 10 events, 2 checkpoints verified, and compared with main (11 files)
    $ git add -A && git commit -q -m more && ledger verify --against HEAD~1 -q
    $ ledger verify --against main --exact
    ok: 4 requests, 1 contract, 10 events, 2 checkpoints verified, and compared with main (11 files)
    "#);
}

#[test]
fn two_branches_that_git_united_pass() {
    let sandbox = repository();
    sandbox.run(
        r#"ledger note 1 --text feature && ledger note 2 --text feature && git add -A && git commit -q -m feature &&
        git checkout -q main && ledger note 1 --text main && ledger transition 2 accepted && git add -A && git commit -q -m main"#,
    );
    transcript!(sandbox, @r#"
    $ git merge -q -m united feature && ledger verify --against feature --exact && ledger verify --against HEAD~1 --exact
    Auto-merging coordination/events/REQ-YYYYMMDD-0001.jsonl
    Auto-merging coordination/events/REQ-YYYYMMDD-0002.jsonl
    ok: 3 requests, 1 contract, 11 events, 1 checkpoint verified, and compared with feature (11 files)
    ok: 3 requests, 1 contract, 11 events, 1 checkpoint verified, and compared with HEAD~1 (11 files)
    # What a host merges is compared with what was there before it, and a rebased branch with where it parts now.
    $ git checkout -q feature && ledger verify --against main
    ok: 3 requests, 1 contract, 9 events, 1 checkpoint verified, and compared with [head], where HEAD and main parted (11 files)
    "#);
}

#[test]
fn events_that_are_edited_or_gone_are_found() {
    transcript!(repository(), @r#"
    $ sed -i 2d coordination/events/REQ-$TODAY-0001.jsonl; ../gate main
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-removed: event 2 (TRANSITIONED, [head]), line 2 of the log at main, is gone
      fix: put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    # The fix is a command, and works.
    $ git show main:./coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl; ../gate main
    ok: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    $ git checkout -q .; sed -i '3s/one/two/' coordination/events/REQ-$TODAY-0001.jsonl; ../gate main
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: violation event-edited: event 3 (NOTED, [head]), line 3 of the log at main, was edited
      fix: put the event back, and have the edited line set aside: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    3 findings: 3 requests, 1 contract, 6 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; ledger note 1 --text more -q; sed -i 3d coordination/events/REQ-$TODAY-0001.jsonl; git commit -qam gone; ../gate main
    REQ-YYYYMMDD-0001
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-removed: event 3 (NOTED, [head]), line 3 of the log at main, is gone
      fix: put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    # Compared with the commit before, the same; with the one in which it was gone already, nothing.
    $ ../gate HEAD~1; ledger verify --against HEAD | grep -c event-removed
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-removed: event 3 (NOTED, [head]), line 3 of the log at HEAD~1, is gone
      fix: put it back; lines may stand twice: git show HEAD~1:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with HEAD~1 (11 files)
    0
    [exit 1]
    $ git reset -q --hard main; rm coordination/events/REQ-$TODAY-0002.jsonl; ../gate main
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation log-removed: the log was on record with 1 event and is gone
      fix: restore it: git checkout main -- coordination/events/REQ-YYYYMMDD-0002.jsonl
    3 findings: 3 requests, 1 contract, 6 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; sed -i 2d schemas/contracts/a/events.jsonl; ../gate main
    schemas/contracts/a/events.jsonl: violation event-removed: event 2 (PINNED, [head]), line 2 of the log at main, is gone
      fix: put it back; lines may stand twice: git show main:./schemas/contracts/a/events.jsonl >> schemas/contracts/a/events.jsonl
    2 findings: 3 requests, 1 contract, 6 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    "#);
}

#[test]
fn packets_versions_and_checkpoints_that_are_edited_or_gone_are_found() {
    transcript!(repository(), @r#"
    $ chmod -R u+w coordination schemas; sed -i s/First/Other/ coordination/requests/REQ-$TODAY-0001.json; ../gate main
    coordination/requests/REQ-YYYYMMDD-0001.json: violation packet-edited: the packet was on record and is never edited
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0001.json
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; rm coordination/requests/REQ-$TODAY-0003.json; ../gate main
    coordination/requests/REQ-YYYYMMDD-0003.json: violation packet-removed: the packet was on record and is gone
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0003.json
    3 findings: 3 requests, 1 contract, 6 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; chmod u+w schemas/contracts/a/v1.json; echo true > schemas/contracts/a/v1.json; ../gate main
    schemas/contracts/a/v1.json: violation version-edited: v1 was registered and is never edited
      fix: restore it: git checkout main -- schemas/contracts/a/v1.json
    3 findings: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; rm schemas/contracts/a/v1.json; ../gate main
    schemas/contracts/a/v1.json: violation version-removed: v1 was registered and is gone
      fix: restore it: git checkout main -- schemas/contracts/a/v1.json
    3 findings: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; rm coordination/checkpoints/main/*.checkpoint; ../gate main
    coordination/checkpoints/main/11.checkpoint: violation checkpoint-removed: the checkpoint was on record and is gone
      fix: restore it: git checkout main -- coordination/checkpoints/main/11.checkpoint
    1 finding: 3 requests, 1 contract, 7 events verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; sed -i s/acme/x/ coordination/checkpoints/main/*.checkpoint; sed -i '1s/packet/Packet/' coordination/checkpoints/main/leaves; ../gate main
    coordination/checkpoints/main/leaves:1: violation checkpoint-edited: leaf 1 is not the one that checkpoint 11 covered
      fix: restore it: git checkout main -- coordination/checkpoints/main/leaves
    2 findings: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; sed -i '2s/.*/x/' coordination/checkpoints/main/leaves; ../gate main
    coordination/checkpoints/main/leaves:2: violation checkpoint-edited: leaf 2 is not the one that checkpoint 11 covered
      fix: restore it: git checkout main -- coordination/checkpoints/main/leaves
    2 findings: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; rm coordination/checkpoints/main/leaves; ../gate main
    coordination/checkpoints/main/leaves: violation checkpoint-removed: the list of what checkpoints cover is gone
      fix: restore it: git checkout main -- coordination/checkpoints/main/leaves
    2 findings: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    "#);
}

#[test]
fn identities_and_kinds_of_files_are_kept() {
    transcript!(repository(), @r#"
    $ git mv coordination/requests/REQ-$TODAY-0003.json coordination/requests/REQ-$TODAY-0009.json; ../gate main
    coordination/requests/REQ-YYYYMMDD-0003.json: violation packet-removed: the packet was on record and is gone
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0003.json
    coordination/requests/REQ-YYYYMMDD-0009.json: violation id-moved: REQ-YYYYMMDD-0003 was on record and stands under another id now: it has the same uid
      fix: an id that was published is never changed: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0003.json
    6 findings: 4 requests, 1 contract, 6 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git reset -q --hard; sed -i 's/"uid": "01/"uid": "02/' coordination/requests/REQ-$TODAY-0003.json; ../gate main
    coordination/requests/REQ-YYYYMMDD-0003.json: violation id-clash: another request has this id: its uid was [uuid], and is [uuid]
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0003.json; what is new takes another number
    3 findings: 3 requests, 1 contract, 6 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; sed -i 's/"ledger_id": "01/"ledger_id": "02/' coordination/ledger.json; ../gate main
    coordination/ledger.json: violation ledger-changed: the ledger_id was [uuid], and is [uuid]
      fix: put the ledger_id back: [uuid]
    2 findings: 3 requests, 1 contract, 7 events verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; mv coordination/requests/REQ-$TODAY-0003.json ../p; ln -s ../../../p coordination/requests/REQ-$TODAY-0003.json; ../gate main
    coordination/requests/REQ-YYYYMMDD-0003.json: violation file-type-changed: a link stands in its place
      fix: restore it: git checkout main -- coordination/requests/REQ-YYYYMMDD-0003.json
    3 findings: 3 requests, 1 contract, 6 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; chmod +x coordination/events/REQ-$TODAY-0001.jsonl; ../gate main
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation file-type-changed: it may be executed, and was a plain file
      fix: restore it: git checkout main -- coordination/events/REQ-YYYYMMDD-0001.jsonl
    1 finding: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ git checkout -q .; mv coordination/events ../events; ln -s ../../events coordination/events; ../gate main | head -n 4; rm coordination/events
    ! error: [tmp]/work/coordination/events: it is a symbolic link; links are not followed here
    ! hint: restore it: git checkout HEAD -- coordination/events
    "#);
}

#[test]
fn an_id_that_somebody_else_took_meanwhile_is_found_before_the_merge() {
    let sandbox = repository();
    let new = |title: &str| {
        format!(
            "ledger new --title {title} --from a --to b --type bug --set details.impact=x -q && git add -A && git commit -q -m {title}"
        )
    };
    sandbox.run(&format!(
        "{}; git checkout -q main; rm -r coordination/.local; {}; git checkout -q feature",
        new("Mine"),
        new("Theirs")
    ));
    transcript!(sandbox, @r#"
    $ ../gate main
    coordination/requests/REQ-YYYYMMDD-0004.json: violation id-clash: main has another request of this id
      fix: the one that was published first keeps the id: make this request anew, under another number
    1 finding: 4 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with [head], where HEAD and main parted (11 files)
    [exit 3]
    $ git merge -q main 2>&1 | grep -c CONFLICT; git checkout -q --theirs coordination/requests; ledger verify --against main --exact | head -n 2
    1
    coordination/events/REQ-YYYYMMDD-0004.jsonl: damage number-twice: the log holds the events of two requests: two clones gave them one number, and their logs were merged
      fix: say which of them keeps it: ledger resolve-id REQ-YYYYMMDD-0004
    "#);
}

#[test]
fn what_was_damaged_may_be_mended_and_what_was_never_registered_may_go() {
    let sandbox = repository();
    sandbox.run(
        r#"git checkout -q main; chmod -R u+w coordination schemas; cp -r coordination schemas ..; sed -i s/First/Other/ coordination/requests/REQ-$TODAY-0001.json;
        echo true > schemas/contracts/a/v1.json; echo false > schemas/contracts/a/v2.json; sed -i '3s/one/two/' coordination/events/REQ-$TODAY-0001.jsonl;
        printf '<<<<<<< HEAD\n{"format":1,"torn' >> coordination/events/REQ-$TODAY-0002.jsonl; git add -A; git commit -q -m damaged; git checkout -q -B feature"#,
    );
    transcript!(sandbox, @r#"
    $ ../gate main
    9 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with main (12 files)
    [exit 3]
    $ for file in coordination/requests/REQ-$TODAY-0001.json schemas/contracts/a/v1.json coordination/events/REQ-$TODAY-0001.jsonl coordination/events/REQ-$TODAY-0002.jsonl; do cp ../$file $file; done; rm schemas/contracts/a/v2.json; ../gate main
    ok: 3 requests, 1 contract, 7 events, 1 checkpoint verified, and compared with main (12 files)
    "#);
}

#[test]
fn what_is_new_must_follow_from_what_was_there() {
    let sandbox = repository();
    sandbox.run("ledger note 2 --text two && cp coordination/events/REQ-$TODAY-0002.jsonl l && sed -n 2p l | sed s/two/six/ >> coordination/events/REQ-$TODAY-0002.jsonl; rm l");
    transcript!(sandbox, @r#"
    $ ledger verify --against main
    coordination/events/REQ-YYYYMMDD-0002.jsonl:3: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0002.jsonl >> coordination/events/REQ-YYYYMMDD-0002.jsonl && ledger repair-merge
    1 finding: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with main (11 files)
    [exit 3]
    $ ledger verify --against main --format github
    ::error file=coordination/events/REQ-YYYYMMDD-0002.jsonl,line=3,title=REQ-YYYYMMDD-0002 line-damaged::the line was changed: its hash does not match its bytes%0Afix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0002.jsonl >> coordination/events/REQ-YYYYMMDD-0002.jsonl && ledger repair-merge
    [exit 3]
    "#);
}

#[test]
fn the_index_has_no_say() {
    let sandbox = repository();
    sandbox.run("git add -f coordination/index.json && git commit -q -m tracked && ledger note 1 --text two && git checkout -q coordination/index.json");
    transcript!(sandbox, @r#"
    $ ledger verify --against HEAD
    ok: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with HEAD (11 files)
    $ echo nonsense > coordination/index.json; rm -r coordination/.local; ledger verify --against HEAD; ls coordination/.local
    ok: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with HEAD (11 files)
    ! ls: cannot access 'coordination/.local': No such file or directory
    [exit 2]
    "#);
}

#[test]
fn branches_that_were_merged_crosswise_are_compared_with_every_parting() {
    let sandbox = repository();
    // Each branch has taken in the other as it was before; neither of the two partings holds all that both do.
    sandbox.run(
        r#"ledger note 1 --text feature && git commit -q -am feature && git branch f1 && git checkout -q main &&
        ledger note 2 --text main && git commit -q -am main && git branch m1 && git merge -q -m mf f1 &&
        git checkout -q feature && git merge -q -m fm m1"#,
    );
    transcript!(sandbox, @r#"
    $ git merge-base --all main feature | wc -l; ../gate main
    2
    ok: 3 requests, 1 contract, 9 events, 1 checkpoint verified, and compared with [head], where HEAD and main parted (11 files)
    $ sed -i '$d' coordination/events/REQ-$TODAY-0001.jsonl; ../gate main | grep -c event-removed
    1
    $ git checkout -q .; sed -i '$d' coordination/events/REQ-$TODAY-0002.jsonl; ../gate main | grep -c event-removed
    1
    "#);
}
