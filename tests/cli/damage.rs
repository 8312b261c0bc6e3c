//! Files that somebody changed: found, named, and not worked with.

use crate::common::Sandbox;
use crate::transcript;

fn with_two() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Round up", "");
    sandbox
}

#[test]
fn a_hand_edited_packet_is_found_and_its_request_refused() {
    transcript!(with_two(), @r#"
    $ chmod u+w coordination/requests/*; sed -i 's/Totals/Sums/' coordination/requests/REQ-$TODAY-0001.json
    $ ledger verify 1
    coordination/requests/REQ-YYYYMMDD-0001.json: damage packet-changed: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 0 events verified
    [exit 9]
    $ ledger verify --json
    {
      "v": 1,
      "data": {
        "ok": false, "requests": 2, "events": 1,
        "findings": [
          {
            "code": "packet-changed", "severity": "damage", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/requests/REQ-YYYYMMDD-0001.json",
            "message": "the packet was changed after it was made: its SHA-256 was [hash] and is [hash]",
            "fix": "restore it from a copy, or from another clone"
          },
          {
            "code": "index-stale", "severity": "note", "file": "coordination/index.json",
            "message": "index.json is not what the packets and events say",
            "fix": "first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index"
          }
        ],
        "has_more": false
      }
    }
    [exit 9]
    $ ledger show 1
    ! error: [tmp]/work/coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    $ ledger show 1 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "damaged",
    !     "message": "[tmp]/work/coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]",
    !     "hint": "ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do",
    !     "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    $ ledger transition 1 accepted
    ! error: [tmp]/work/coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    $ ledger log 1
    ! error: [tmp]/work/coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    # The others go on; that one is missing is told, and the exit status says so too.
    $ ledger list
    ID                 STATE     PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0002  PROPOSED  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Round up
    ! REQ-YYYYMMDD-0001 can't be read: coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash] (ledger verify REQ-YYYYMMDD-0001)
    [exit 9]
    $ ledger list --json --fields id
    {
      "v": 1,
      "data": {
        "requests": [{"id": "REQ-YYYYMMDD-0002"}], "matched": 1, "has_more": false,
        "damaged": [
          {
            "id": "REQ-YYYYMMDD-0001",
            "what": "coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash]"
          }
        ]
      }
    }
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "REQ-YYYYMMDD-0001 can't be read: coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash] (ledger verify REQ-YYYYMMDD-0001)"
    !   }
    ! }
    [exit 9]
    $ ledger log
    YYYY-MM-DD hh:mm:ssZ  REQ-YYYYMMDD-0002  v1  alice  created, PROPOSED
    ! REQ-YYYYMMDD-0001 can't be read: coordination/requests/REQ-YYYYMMDD-0001.json: the packet was changed after it was made: its SHA-256 was [hash] and is [hash] (ledger verify REQ-YYYYMMDD-0001)
    [exit 9]
    $ ledger note 2 --text 'still here' -q
    REQ-YYYYMMDD-0002
    $ sed -i 's/Sums/Totals/' coordination/requests/REQ-$TODAY-0001.json; ledger index -q; ledger verify
    ok: 2 requests, 3 events verified
    "#);
}

#[test]
fn a_hand_edited_line_is_found_with_its_number() {
    transcript!(with_two(), @r#"
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ sed -i '2s/alice/mallory/' coordination/events/REQ-$TODAY-0001.jsonl
    $ ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 0 events verified
    [exit 9]
    $ ledger verify 1 --json
    {
      "v": 1,
      "data": {
        "ok": false, "requests": 1, "events": 0,
        "findings": [
          {
            "code": "line-damaged", "severity": "damage", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl", "line": 2,
            "message": "the line was changed: its hash does not match its bytes",
            "fix": "restore it from a copy, or from another clone"
          }
        ],
        "has_more": false
      }
    }
    [exit 9]
    $ ledger show 1
    ! error: [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl:2: the line was changed: its hash does not match its bytes
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    $ ledger transition 1 delivered --evidence commit=1 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "damaged",
    !     "message": "[tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl:2: the line was changed: its hash does not match its bytes",
    !     "hint": "ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do",
    !     "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    $ ledger list -q
    REQ-YYYYMMDD-0002
    [exit 9]
    $ ledger show key:k1 | head -1
    ! error: [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl:2: the line was changed: its hash does not match its bytes
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    "#);
}

#[test]
fn a_line_that_is_missing_or_twice_or_in_another_place() {
    transcript!(with_two(), @r#"
    $ ledger transition 1 accepted -q; ledger transition 1 in-progress -q; cp coordination/events/REQ-$TODAY-0001.jsonl whole
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ sed -i 2d coordination/events/REQ-$TODAY-0001.jsonl; ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: damage history-damaged: event 3 ([head]) follows [head], which is not here: an event was removed or the packet was changed
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 0 events verified
    [exit 9]
    # Order and repetition mean nothing: a log is a set of events.
    $ (tac whole; cat whole) > coordination/events/REQ-$TODAY-0001.jsonl; ledger verify 1; ledger show 1 | head -1
    ok: 1 request, 3 events verified
    REQ-YYYYMMDD-0001  IN_PROGRESS  v3
    $ cp whole coordination/events/REQ-$TODAY-0002.jsonl; ledger verify 2
    coordination/events/REQ-YYYYMMDD-0002.jsonl:1: damage history-damaged: event 1 ([head]) is about REQ-YYYYMMDD-0001, not about this request
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 0 events verified
    [exit 9]
    "#);
}

#[test]
fn what_a_merge_or_an_editor_leaves_behind_is_told() {
    transcript!(with_two(), @r#"
    $ cp coordination/events/REQ-$TODAY-0001.jsonl whole
    $ (echo '<<<<<<< HEAD'; cat whole; echo '>>>>>>> other') > coordination/events/REQ-$TODAY-0001.jsonl; ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:1: damage line-damaged: a conflict marker, left by a merge
      fix: ledger repair-merge
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: damage line-damaged: a conflict marker, left by a merge
      fix: ledger repair-merge
    2 findings: 1 request, 1 event verified
    [exit 9]
    $ (cat whole; echo; cat whole) > coordination/events/REQ-$TODAY-0001.jsonl; ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: damage line-damaged: an empty line
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 1 event verified
    [exit 9]
    $ sed 's/$/\r/' whole > coordination/events/REQ-$TODAY-0001.jsonl; ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:1: damage line-damaged: the line ends in CR LF: something converted the ends of lines
      fix: ledger repair-merge
    1 finding: 1 request, 0 events verified
    [exit 9]
    $ (cat whole; echo '{"format":1}') > coordination/events/REQ-$TODAY-0001.jsonl; ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: damage line-damaged: the line does not end in its hash
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 1 event verified
    [exit 9]
    $ echo '{}' > coordination/requests/REQ-$TODAY-0002.json; ledger verify 2
    coordination/requests/REQ-YYYYMMDD-0002.json: damage packet-damaged: the packet is not valid: missing field `format` at line 1 column 2
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 0 events verified
    [exit 9]
    "#);
}

#[test]
fn links_inside_the_ledger_are_refused() {
    transcript!(with_two(), @r#"
    $ mv coordination/events/REQ-$TODAY-0001.jsonl away; ln -s ../../away coordination/events/REQ-$TODAY-0001.jsonl
    $ ledger show 1
    ! error: [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl: it is a symbolic link; links are not followed here
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    $ ledger note 1 --text x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "damaged",
    !     "message": "[tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl: it is a symbolic link; links are not followed here",
    !     "hint": "ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do",
    !     "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    $ ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl: damage log-damaged: it is a symbolic link; links are not followed here
      fix: restore it from a copy, or from another clone
    1 finding: 1 request, 0 events verified
    [exit 9]
    $ ledger list -q
    REQ-YYYYMMDD-0002
    [exit 9]
    $ mv coordination/requests elsewhere; ln -s ../elsewhere coordination/requests
    $ ledger list
    ! error: [tmp]/work/coordination/requests: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ ledger verify
    coordination/requests: damage not-usable: a folder on the way to it is none
      fix: restore it from a copy, or from another clone
    1 finding: 0 requests, 0 events verified
    [exit 9]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all
    ! error: [tmp]/work/coordination/requests: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm coordination/requests; mv elsewhere coordination/requests
    $ mv coordination/ledger.json l; ln -s ../l coordination/ledger.json; ledger list
    ! error: [tmp]/work/coordination/ledger.json: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    "#);
}

#[test]
fn settings_and_workflow_that_people_got_wrong_are_named() {
    transcript!(with_two(), @r#"
    $ cp coordination/workflow.json workflow; sed -i 's/"initial": "PROPOSED"/"initial": "DRAFT"/' coordination/workflow.json
    $ ledger list
    ! error: [tmp]/work/coordination/workflow.json: the workflow is not valid: initial names the state DRAFT, which is not listed
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    $ ledger note 1 --text x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-file",
    !     "message": "[tmp]/work/coordination/workflow.json: the workflow is not valid: initial names the state DRAFT, which is not listed",
    !     "hint": "mend it, or restore it from a copy, or from another clone", "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    $ cp workflow coordination/workflow.json; sed -i 's/"mode"/"mood"/' coordination/ledger.json
    $ ledger list
    ! error: [tmp]/work/coordination/ledger.json: ledger.json is not valid: unknown field `mood`, expected one of `format`, `ledger_id`, `name`, `mode`, `track_index`, `roles`, `contract`, `approvals`, `defaults` at line 5 column 8
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    $ ledger init
    ! error: [tmp]/work/coordination/ledger.json: ledger.json is not valid: unknown field `mood`, expected one of `format`, `ledger_id`, `name`, `mode`, `track_index`, `roles`, `contract`, `approvals`, `defaults` at line 5 column 8
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    $ sed -i 's/"mood"/"mode"/' coordination/ledger.json; rm coordination/workflow.json; ledger verify
    ok: 2 requests, 2 events verified
    "#);
}

#[test]
fn a_disk_that_fails_is_told() {
    transcript!(with_two(), @r#"
    $ rm -r coordination/.local; echo > coordination/.local
    $ ledger note 1 --text x
    ! error: [tmp]/work/coordination/.local: it is not a folder
    ! hint: ledger doctor --fix takes it out of the way
    [exit 9]
    $ rm coordination/.local; mkdir coordination/.local; echo > coordination/.local/locks
    $ ledger note 1 --text x
    ! error: [tmp]/work/coordination/.local/locks: it is not a folder
    ! hint: ledger doctor --fix takes it out of the way
    [exit 9]
    $ ledger note 1 --text x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "damaged", "message": "[tmp]/work/coordination/.local/locks: it is not a folder",
    !     "hint": "ledger doctor --fix takes it out of the way", "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    # Nothing that was ever needed is in there.
    $ rm -r coordination/.local; ledger note 1 --text x -q; ledger verify
    REQ-YYYYMMDD-0001
    ok: 2 requests, 3 events verified
    $ rm -r coordination/.local/locks/*; mkdir coordination/.local/locks/ledger.lock
    $ ledger note 1 --text x
    ! error: [tmp]/work/coordination/.local/locks/ledger.lock: it is not a plain file
    ! hint: ledger doctor --fix takes it out of the way
    [exit 9]
    $ ledger note 1 --text x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "damaged", "message": "[tmp]/work/coordination/.local/locks/ledger.lock: it is not a plain file",
    !     "hint": "ledger doctor --fix takes it out of the way", "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    "#);
}

#[test]
fn what_brings_a_file_back_is_told_where_it_works() {
    transcript!(with_two(), @r#"
    $ git init -q . && git add -A && git -c user.name=t -c user.email=t@x commit -q -m base
    $ sed -i 's/"by":"alice"/"by":"eve"/' coordination/events/REQ-$TODAY-0001.jsonl; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl:1: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    1 finding and 1 note: 2 requests, 1 event verified
    [exit 9]
    # From another folder of the repository, and from one that is in none.
    $ cd coordination/events && ledger verify | grep fix
      fix: put back what it lacks: (cd [tmp]/work && git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge)
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    $ cd .. && ledger verify --root work | grep fix
      fix: put back what it lacks: (cd [tmp]/work && git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge)
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    $ cd coordination && eval "$(ledger verify | sed -n 's/.*restore it: //p')" && ledger verify -q
    coordination/events/REQ-YYYYMMDD-0001.jsonl:1: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: put back what it lacks: (cd [tmp]/work && git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge)
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    1 finding and 1 note: 2 requests, 1 event verified
    [exit 9]
    # A path is one word of the shell.
    $ mkdir '../a b' && git worktree add -q '../a b/c' && sed -i 's/"by":"alice"/"by":"eve"/' '../a b/c/coordination/events/'*-0002.jsonl
    $ cd '../a b' && ledger verify --root c | grep fix
      fix: put back what it lacks: (cd '[tmp]/a b/c' && git show HEAD:./coordination/events/REQ-YYYYMMDD-0002.jsonl >> coordination/events/REQ-YYYYMMDD-0002.jsonl && ledger repair-merge)
      fix: ledger index
    $ cd '../a b/c/schemas' && eval "$(ledger verify | sed -n 's/.*restore it: //p')" && ledger verify
    coordination/events/REQ-YYYYMMDD-0002.jsonl:1: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: put back what it lacks: (cd '[tmp]/a b/c' && git show HEAD:./coordination/events/REQ-YYYYMMDD-0002.jsonl >> coordination/events/REQ-YYYYMMDD-0002.jsonl && ledger repair-merge)
    coordination/index.json: note index-missing: there is no index.json; it is derived and can be made
      fix: ledger index
    1 finding and 1 note: 2 requests, 1 event verified
    [exit 9]
    # What was never committed is not in git.
    $ ledger new --title New --from shop --to billing --type bug --set details.impact=all -q; echo x > coordination/events/REQ-$TODAY-0003.jsonl; ledger verify | grep fix
    REQ-YYYYMMDD-0003
      fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
      fix: restore it from a copy, or from another clone
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    $ chmod u+w coordination/requests/*-0001.json; echo '{' > coordination/ledger.json; ledger list
    ! error: [tmp]/work/coordination/ledger.json: ledger.json is not valid: EOF while parsing an object at line 2 column 0
    ! hint: mend it, or restore it: git checkout HEAD -- coordination/ledger.json
    [exit 9]
    $ cd schemas && ledger list --json; cd ../coordination/requests && ledger list
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-file",
    !     "message": "[tmp]/work/coordination/ledger.json: ledger.json is not valid: EOF while parsing an object at line 2 column 0",
    !     "hint": "mend it, or restore it: git -C [tmp]/work checkout HEAD -- coordination/ledger.json",
    !     "retryable": false, "exit_status": 9
    !   }
    ! }
    ! error: [tmp]/work/coordination/ledger.json: ledger.json is not valid: EOF while parsing an object at line 2 column 0
    ! hint: mend it, or restore it: git -C [tmp]/work checkout HEAD -- coordination/ledger.json
    [exit 9]
    $ rm coordination/ledger.json; cd schemas && ledger list
    ! error: [tmp]/work has no coordination/ledger.json, which makes it a ledger
    ! hint: restore it: git -C [tmp]/work checkout HEAD -- coordination/ledger.json
    [exit 4]
    $ cd schemas && ledger init --root ..
    ! error: coordination/requests/REQ-YYYYMMDD-0001.json is on record here, but coordination/ledger.json, which says of which ledger, is gone
    ! hint: restore it: git -C [tmp]/work/schemas/.. checkout HEAD -- coordination/ledger.json
    [exit 9]
    "#);
}

#[test]
fn verify_goes_on_where_the_settings_or_the_workflow_can_not_be_read() {
    let sandbox = with_two();
    sandbox.run("ledger checkpoint -q --origin main && ledger note 2 --text more -q && cp -a coordination ../kept");
    transcript!(sandbox, @r#"
    $ echo '{' > coordination/workflow.json; ledger verify
    coordination/workflow.json: damage bad-file: the workflow is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    1 finding: 2 requests, 3 events, 1 checkpoint verified
    [exit 9]
    $ ledger verify 1
    coordination/workflow.json: damage bad-file: the workflow is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    1 finding: 1 request, 1 event verified
    [exit 9]
    $ ledger verify --checkpoint latest
    main/4  not signed
    nobody's signature is asked for: name the signers with --signers FILE
    ok: 1 checkpoint, 4 leaves verified
    # The bytes are looked at all the same: a changed event, a dropped one.
    $ sed -i 's/"by":"alice"/"by":"eve"/' coordination/events/REQ-$TODAY-0001.jsonl; sed -i '$d' coordination/events/REQ-$TODAY-0002.jsonl; ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation covered-event-lost: checkpoint main/4 covers event [head], which is not in the log: it was dropped or rewritten
      fix: restore it from a copy, or from another clone
    coordination/events/REQ-YYYYMMDD-0001.jsonl:1: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: restore it from a copy, or from another clone
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/workflow.json: damage bad-file: the workflow is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    4 findings: 2 requests, 1 event, 1 checkpoint verified
    [exit 9]
    $ cp -a ../kept/. coordination/; sed -i 's/"mode"/"mood"/' coordination/ledger.json; ledger verify
    coordination/ledger.json: damage bad-file: ledger.json is not valid: unknown field `mood`, expected one of `format`, `ledger_id`, `name`, `mode`, `track_index`, `roles`, `contract`, `approvals`, `defaults` at line 5 column 8
      fix: mend it, or restore it from a copy, or from another clone
    1 finding: 2 requests, 3 events, 1 checkpoint verified
    [exit 9]
    $ : > coordination/events/REQ-$TODAY-0001.jsonl; ledger verify --json
    {
      "v": 1,
      "data": {
        "ok": false, "requests": 2, "checkpoints": 1, "events": 2,
        "findings": [
          {
            "code": "covered-event-lost", "severity": "violation", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl",
            "message": "checkpoint main/4 covers event [head], which is not in the log: it was dropped or rewritten",
            "fix": "restore it from a copy, or from another clone"
          },
          {
            "code": "event-lost", "severity": "violation", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl",
            "message": "index.json remembers event [head], which is not in the log: the newest events were dropped",
            "fix": "restore it from a copy, or from another clone; if it is meant to be so: ledger index"
          },
          {
            "code": "log-missing", "severity": "violation", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl",
            "message": "the request has no event: its making was cut short",
            "fix": "any write to it completes it, and so does the next ledger new: ledger note REQ-YYYYMMDD-0001 --text resumed"
          },
          {
            "code": "bad-file", "severity": "damage", "file": "coordination/ledger.json",
            "message": "ledger.json is not valid: unknown field `mood`, expected one of `format`, `ledger_id`, `name`, `mode`, `track_index`, `roles`, `contract`, `approvals`, `defaults` at line 5 column 8",
            "fix": "mend it, or restore it from a copy, or from another clone"
          }
        ],
        "has_more": false
      }
    }
    [exit 9]
    $ ledger verify --checkpoint latest
    ! error: [tmp]/work/coordination/ledger.json: ledger.json is not valid: unknown field `mood`, expected one of `format`, `ledger_id`, `name`, `mode`, `track_index`, `roles`, `contract`, `approvals`, `defaults` at line 5 column 8
    ! hint: mend it, or restore it from a copy, or from another clone
    [exit 9]
    $ cp -a ../kept/. coordination/; echo '{' > coordination/ledger.json; echo '{' > coordination/workflow.json; ledger verify; ledger doctor | grep -v '^on '
    coordination/ledger.json: damage bad-file: ledger.json is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    coordination/workflow.json: damage bad-file: the workflow is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    2 findings: 2 requests, 3 events, 1 checkpoint verified
    coordination/ledger.json: error bad-file: ledger.json is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    coordination/workflow.json: error bad-file: the workflow is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    not safe to operate: 2 requests, 3 events examined, 2 errors
    $ rm coordination/ledger.json; ln -s ../l coordination/ledger.json; ledger verify
    coordination/ledger.json: damage not-usable: it is a symbolic link; links are not followed here
      fix: restore it from a copy, or from another clone
    coordination/workflow.json: damage bad-file: the workflow is not valid: EOF while parsing an object at line 2 column 0
      fix: mend it, or restore it from a copy, or from another clone
    2 findings: 2 requests, 3 events, 1 checkpoint verified
    [exit 9]
    "#);
}

#[test]
fn what_was_edited_and_committed_is_led_back_to_the_commit_that_has_it_whole() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("git init -q -b main . && git config user.name a && git config user.email a@example.org");
    sandbox.run("ledger note 1 --text one -q && git add -A && git commit -qm 'As it was'");
    sandbox.run("sed -i 's/one/two/' coordination/events/*.jsonl && git commit -qam 'Edited' && git tag edited");
    let fix = |sandbox: &Sandbox| {
        let told =
            sandbox.run("ledger verify --quiet | sed -n -E 's/^ *fix: (restore it|put back what it lacks): ([^;]*).*/\\2/p' | head -n 1; :");
        told.trim().to_owned()
    };
    let told = fix(&sandbox);
    assert!(told.starts_with("git show ") && !told.contains("HEAD"), "{told}");
    sandbox.run(&told);
    sandbox.run("ledger verify && git commit -qam 'As it was'");
    // A packet; its log says which one it was.
    sandbox.run("chmod u+w coordination/requests/* && sed -i 's/Totals/Sums/' coordination/requests/*.json && git commit -qam Edited");
    let told = fix(&sandbox);
    assert!(told.contains("coordination/requests/") && !told.contains("HEAD"), "{told}");
    sandbox.run(&told);
    sandbox.run("ledger verify && git commit -qm 'As it was'");
    // A log that is gone, here or on record.
    for gone in ["rm coordination/events/*.jsonl", "git rm -q coordination/events/*.jsonl && git commit -qm Gone"] {
        sandbox.run(gone);
        let told = fix(&sandbox);
        assert!(told.contains("coordination/events/"), "{told}");
        sandbox.run(&told);
        sandbox.run("ledger verify");
    }
}

#[test]
fn what_was_written_since_stays_where_an_edited_line_is_put_back() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("git init -q -b main . && git config user.name a && git config user.email a@example.org");
    sandbox.run("ledger note 1 --text one -q && git add -A && git commit -qm base && ledger note 1 --text since -q");
    let log = sandbox.run("ls coordination/events/*.jsonl").trim().to_owned();
    let whole = std::fs::read(sandbox.path(&log)).unwrap();
    for edit in [
        "s/\"one\"/\"two\"/",
        // Its hash, its beginning, its end; and so that it is no line of JSON at all.
        "2s/\"hash\":\"./\"hash\":\"g/",
        "2s/^{\"format\":1,/{\"format\":2,/",
        "2s/$/ /",
        "1s/\"stream\"/stream/",
    ] {
        sandbox.run(&format!("sed -i '{edit}' {log}"));
        let told = sandbox.run("ledger verify --quiet | sed -n 's/^ *fix: put back what it lacks: //p' | head -n 1; :");
        sandbox.run(told.trim());
        assert_eq!(std::fs::read(sandbox.path(&log)).unwrap(), whole, "{edit}: {told}");
        sandbox.run("ledger verify");
    }
    transcript!(sandbox, @r#"
    # Where nothing is put back, nobody can tell what it was.
    $ sed -i 2d coordination/events/*.jsonl; sed -i '1s/.*/&\n{"format":1,"hash":"nothing"}/' coordination/events/*.jsonl; ledger repair-merge; ledger verify --quiet
    left coordination/events/REQ-YYYYMMDD-0001.jsonl: line 2 is no event, and what is left of none that stands there
      fix: ledger verify tells what to put back; if it never was one: sed -i 2d coordination/events/REQ-YYYYMMDD-0001.jsonl
    0 files mended, 1 left to decide
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: damage line-damaged: the line does not end in its hash
      fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    1 finding and 1 note: 1 request, 0 events verified
    [exit 9]
    $ git show HEAD:./coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl; ledger repair-merge; ledger verify --quiet
    left coordination/events/REQ-YYYYMMDD-0001.jsonl: line 2 is no event, and what is left of none that stands there
      fix: ledger verify tells what to put back; if it never was one: sed -i 2d coordination/events/REQ-YYYYMMDD-0001.jsonl
    0 files mended, 1 left to decide
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: damage line-damaged: the line does not end in its hash
      fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: first what is wrong with REQ-YYYYMMDD-0001, of which it remembers how far it had got; then: ledger index
    1 finding and 1 note: 1 request, 3 events verified
    [exit 9]
    $ ls coordination/.local/quarantine | wc -l
    5
    "#);
}
