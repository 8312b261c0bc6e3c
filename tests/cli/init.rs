//! `ledger init`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn a_ledger_is_made_once_and_twice_is_harmless() {
    transcript!(Sandbox::empty(), @r#"
    $ ledger init --name acme
    Ledger acme (tracked) made in [tmp]/work
      written  coordination/ledger.json
      written  coordination/workflow.json
      written  schemas/ledger/packet.schema.json
      written  schemas/ledger/request.schema.json
      written  schemas/ledger/event.schema.json
      written  schemas/ledger/index.schema.json
      written  schemas/ledger/workflow.schema.json
      written  schemas/ledger/ledger.schema.json
      written  schemas/ledger/types/bug.schema.json
      written  schemas/ledger/types/feature.schema.json
      written  schemas/ledger/types/incident.schema.json
      written  schemas/ledger/types/contract-change.schema.json
      written  .gitattributes
      written  .gitignore
    Next: ledger new --title TEXT --from REPO --to REPO --type bug --set details.impact=TEXT
    $ ledger init
    Ledger acme (tracked) was there already in [tmp]/work
    $ ledger init -q
    Ledger acme (tracked) was there already in [tmp]/work
    $ ledger init --name other --mode governed
    Ledger acme (tracked) was there already in [tmp]/work
    ! its name and mode are as they were: edit coordination/ledger.json to change them
    $ ledger init --track-index
    Ledger acme (tracked) was there already in [tmp]/work
    ! index.json is not tracked, as it was: edit coordination/ledger.json and .gitignore to change that
    $ ledger init --track-index --mode governed --json | cut -c 1-20
    {"v":1,"data":{"root
    ! {
    !   "v": 1,
    !   "notice": {"message": "its name and mode are as they were: edit coordination/ledger.json to change them"}
    ! }
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "index.json is not tracked, as it was: edit coordination/ledger.json and .gitignore to change that"
    !   }
    ! }
    $ grep index .gitignore
    /coordination/index.json
    # As told: then it is tracked, and asking for it changes nothing.
    $ sed -i '/track_index/s/false/true/' coordination/ledger.json; sed -i '/index/d' .gitignore
    $ ledger init --track-index; grep index .gitignore
    Ledger acme (tracked) was there already in [tmp]/work
    [exit 1]
    $ ledger list
    ! no request matches
    "#);
}

#[test]
fn as_json_it_says_what_became_of_each_file() {
    transcript!(Sandbox::empty(), @r#"
    $ ledger init --mode governed --json
    {
      "v": 1,
      "data": {
        "root": "[tmp]/work", "ledger_id": "[uuid]", "name": "work", "mode": "governed",
        "files": [
          {"path": "coordination/ledger.json", "outcome": "written"},
          {"path": "coordination/workflow.json", "outcome": "written"},
          {"path": "schemas/ledger/packet.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/request.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/event.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/index.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/workflow.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/ledger.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/types/bug.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/types/feature.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/types/incident.schema.json", "outcome": "written"},
          {"path": "schemas/ledger/types/contract-change.schema.json", "outcome": "written"},
          {"path": ".gitattributes", "outcome": "written"}, {"path": ".gitignore", "outcome": "written"}
        ]
      }
    }
    $ ledger init --json -q
    {
      "v": 1,
      "data": {
        "root": "[tmp]/work", "ledger_id": "[uuid]", "name": "work", "mode": "governed",
        "files": [
          {"path": "coordination/ledger.json", "outcome": "kept"},
          {"path": "coordination/workflow.json", "outcome": "kept"},
          {"path": "schemas/ledger/packet.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/request.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/event.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/index.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/workflow.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/ledger.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/types/bug.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/types/feature.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/types/incident.schema.json", "outcome": "kept"},
          {"path": "schemas/ledger/types/contract-change.schema.json", "outcome": "kept"},
          {"path": ".gitattributes", "outcome": "kept"}, {"path": ".gitignore", "outcome": "kept"}
        ]
      }
    }
    "#);
}

#[test]
fn the_name_is_the_folders_where_none_is_given() {
    transcript!(Sandbox::empty(), @r#"
    $ ledger init -q
    Ledger work (tracked) made in [tmp]/work
    $ mkdir other && ledger init --root other -q
    Ledger other (tracked) made in [tmp]/work/other
    $ LEDGER_ROOT=other ledger init -q
    Ledger other (tracked) was there already in [tmp]/work/other
    $ ledger init --root nowhere
    ! error: [tmp]/work/nowhere is not a folder
    ! hint: mkdir -p [tmp]/work/nowhere
    [exit 4]
    $ ledger init --root nowhere --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-folder", "message": "[tmp]/work/nowhere is not a folder",
    !     "hint": "mkdir -p [tmp]/work/nowhere", "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    "#);
}

#[test]
fn what_git_should_know_is_added_and_nothing_is_taken_away() {
    transcript!(Sandbox::empty(), @r"
    $ printf 'target' > .gitignore; printf '*.rs text\n' > .gitattributes
    $ ledger init -q
    Ledger work (tracked) made in [tmp]/work
    $ cat .gitignore
    target
    /coordination/.local/
    /coordination/index.json
    /coordination/compatibility_matrix.json
    $ cat .gitattributes
    *.rs text
    coordination/** -text
    coordination/events/*.jsonl -text merge=union
    coordination/requests/*.json -text merge=binary
    coordination/index.json -text merge=binary linguist-generated
    coordination/compatibility_matrix.json -text merge=binary linguist-generated
    coordination/checkpoints/** -text merge=binary
    schemas/** -text
    schemas/contracts/*/events.jsonl -text merge=union
    ");
}

#[test]
fn a_tracked_index_is_not_ignored() {
    transcript!(Sandbox::empty(), @"
    $ ledger init --track-index -q
    Ledger work (tracked) made in [tmp]/work
    $ cat .gitignore
    /coordination/.local/
    $ rm .gitignore; ledger init -q; cat .gitignore
    Ledger work (tracked) was there already in [tmp]/work
    /coordination/.local/
    ");
}

#[test]
fn a_schema_that_was_changed_is_brought_up_to_date_and_a_workflow_is_left_alone() {
    transcript!(Sandbox::new(), @r#"
    $ echo '{}' > schemas/ledger/event.schema.json; sed -i 's/"triage": "pm"/"triage": "sponsor"/' coordination/workflow.json
    $ ledger init
    Ledger acme (tracked) was there already in [tmp]/work
      changed  schemas/ledger/event.schema.json
    $ grep -c sponsor coordination/workflow.json
    4
    "#);
}

#[test]
fn git_keeps_no_empty_folders_and_the_clone_of_an_empty_ledger_works() {
    transcript!(Sandbox::new(), @"
    $ rmdir coordination/requests coordination/events; rm -r coordination/.local
    $ ledger list
    ! no request matches
    $ ledger verify
    ok: 0 requests, 0 events verified
    $ ledger index --check
    coordination/index.json is current: 0 requests, 0 events
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all -q --key k
    REQ-YYYYMMDD-0001
    $ ledger verify
    ok: 1 request, 1 event verified
    $ rm -r coordination/requests coordination/events
    $ ledger show key:k
    ! error: there is no request key:k
    ! hint: ledger list --all
    [exit 4]
    $ ledger init -q
    Ledger acme (tracked) was there already in [tmp]/work
    $ ls coordination
    events
    index.json
    ledger.json
    requests
    workflow.json
    ");
}

/// What is on record belongs to the ledger that its settings name: a new identity would disown its checkpoints.
#[test]
fn what_has_lost_its_settings_is_not_given_to_a_new_ledger() {
    transcript!(Sandbox::with_bug(), @r#"
    $ rm coordination/ledger.json
    $ ledger list
    ! error: [tmp]/work has no coordination/ledger.json, which makes it a ledger
    ! hint: restore it from a copy, or from another clone
    [exit 4]
    $ ledger init
    ! error: coordination/requests/REQ-YYYYMMDD-0001.json is on record here, but coordination/ledger.json, which says of which ledger, is gone
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm coordination/requests/*; ledger init --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-settings",
    !     "message": "coordination/events/REQ-YYYYMMDD-0001.jsonl is on record here, but coordination/ledger.json, which says of which ledger, is gone",
    !     "hint": "restore it from a copy, or from another clone", "retryable": false, "exit_status": 9
    !   }
    ! }
    [exit 9]
    $ rm coordination/events/*; ledger init | head -1
    Ledger work (tracked) made in [tmp]/work
    "#);
}

#[test]
fn a_dry_run_tells_and_writes_nothing() {
    let sandbox = Sandbox::empty();
    transcript!(sandbox, @r#"
    $ echo mine > .gitignore; ledger init --name acme --dry-run; ls -A
    Ledger acme (tracked) would be made (dry run: nothing was written) in [tmp]/work
      written  coordination/ledger.json
      written  coordination/workflow.json
      written  schemas/ledger/packet.schema.json
      written  schemas/ledger/request.schema.json
      written  schemas/ledger/event.schema.json
      written  schemas/ledger/index.schema.json
      written  schemas/ledger/workflow.schema.json
      written  schemas/ledger/ledger.schema.json
      written  schemas/ledger/types/bug.schema.json
      written  schemas/ledger/types/feature.schema.json
      written  schemas/ledger/types/incident.schema.json
      written  schemas/ledger/types/contract-change.schema.json
      written  .gitattributes
      changed  .gitignore
    .gitignore
    $ ledger init --name acme --dry-run --json | grep -o '"dry_run":true'
    "dry_run":true
    $ ledger init --name acme -q; rm schemas/ledger/event.schema.json; ledger init --dry-run
    Ledger acme (tracked) made in [tmp]/work
    Ledger acme (tracked) was there already in [tmp]/work (dry run: nothing was written)
      written  schemas/ledger/event.schema.json
    $ test -e schemas/ledger/event.schema.json
    [exit 1]
    "#);
}

/// What is typed below a second ledger no longer reaches the first.
#[test]
fn a_ledger_below_another_is_told_to_be_a_second_one() {
    let sandbox = Sandbox::new();
    transcript!(sandbox, @r#"
    $ mkdir -p sub/deep; ledger init --root sub --dry-run | head -1
    Ledger sub (tracked) would be made (dry run: nothing was written) in [tmp]/work/sub
    ! there is a ledger above it in [tmp]/work: this would be a second one, and what is typed below [tmp]/work/sub goes to it (to reach the other: --root [tmp]/work)
    $ cd sub && ledger init -q
    Ledger sub (tracked) made in [tmp]/work/sub
    $ cd sub && ledger init -q
    Ledger sub (tracked) was there already in [tmp]/work/sub
    $ ledger init --root sub/deep --json | head -c 8
    {"v":1,"
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "there is a ledger above it in [tmp]/work/sub: this is a second one, and what is typed below [tmp]/work/sub/deep goes to it (to reach the other: --root [tmp]/work/sub)"
    !   }
    ! }
    $ rm -r sub/coordination; cd sub && ledger init --json --dry-run | grep -o '"dry_run":true'
    "dry_run":true
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "there is a ledger above it in [tmp]/work: this would be a second one, and what is typed below [tmp]/work/sub goes to it (to reach the other: --root [tmp]/work)"
    !   }
    ! }
    "#);
}

#[test]
fn a_file_of_the_folders_name_is_in_the_way() {
    transcript!(Sandbox::empty(), @r#"
    $ echo mine > coordination; ledger init
    ! error: coordination is no folder, and a ledger keeps its files in a folder of that name
    ! hint: mv coordination coordination.old moves it away; then again
    [exit 6]
    $ mv coordination coordination.old; ledger init -q; cat coordination.old
    Ledger work (tracked) made in [tmp]/work
    mine
    "#);
}
