//! `ledger list`

use crate::common::Sandbox;
use crate::transcript;

/// Five requests: a bug that is accepted, a feature that waits for it, an incident under way, one that is done, one that
/// was rejected.
fn with_five() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.run(
        "ledger new --title 'Pay later' --from shop --to billing --to tax --type feature --depends-on 1 --priority P1 --label money --due 2027-01-31 --actor bob &&
         ledger new --title 'Checkout is down' --from shop --to web --type incident --set details.severity=SEV1 --priority P0 --label money --label eu --due 2026-12-01 --description 'Nobody can pay at all.'",
    );
    sandbox.bug("a typo", "--priority P3");
    sandbox.bug("Not ours", "");
    sandbox.run(
        "ledger transition 1 accepted && ledger transition 3 in-progress && ledger transition 5 rejected --reason 'not ours' &&
         for state in accepted in-progress delivered verified closed; do ledger transition 4 $state --evidence commit=1; done",
    );
    sandbox
}

#[test]
fn what_is_open_is_listed() {
    transcript!(with_five(), @"
    $ ledger list
    ID                 STATE        PRIORITY  TYPE      TO            UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  ACCEPTED     P2        bug       billing       YYYY-MM-DD hh:mm:ssZ  Totals are wrong
    REQ-YYYYMMDD-0002  PROPOSED     P1        feature   billing, tax  YYYY-MM-DD hh:mm:ssZ  Pay later
    REQ-YYYYMMDD-0003  IN_PROGRESS  P0        incident  web           YYYY-MM-DD hh:mm:ssZ  Checkout is down
    $ ledger list --all
    ID                 STATE        PRIORITY  TYPE      TO            UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  ACCEPTED     P2        bug       billing       YYYY-MM-DD hh:mm:ssZ  Totals are wrong
    REQ-YYYYMMDD-0002  PROPOSED     P1        feature   billing, tax  YYYY-MM-DD hh:mm:ssZ  Pay later
    REQ-YYYYMMDD-0003  IN_PROGRESS  P0        incident  web           YYYY-MM-DD hh:mm:ssZ  Checkout is down
    REQ-YYYYMMDD-0004  CLOSED       P3        bug       billing       YYYY-MM-DD hh:mm:ssZ  a typo
    REQ-YYYYMMDD-0005  REJECTED     P2        bug       billing       YYYY-MM-DD hh:mm:ssZ  Not ours
    $ ledger list -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0003
    $ ledger list --fields id,state,depends_on,waits_for,labels,due
    ID                 STATE        DEPENDS_ON         WAITS_FOR          LABELS     DUE
    REQ-YYYYMMDD-0001  ACCEPTED
    REQ-YYYYMMDD-0002  PROPOSED     REQ-YYYYMMDD-0001  REQ-YYYYMMDD-0001  money      2027-01-31
    REQ-YYYYMMDD-0003  IN_PROGRESS                                        money, eu  2026-12-01
    ");
}

#[test]
fn as_json_each_row_has_what_the_index_has() {
    transcript!(with_five(), @r#"
    $ ledger list --json --type feature
    {
      "v": 1,
      "data": {
        "requests": [
          {
            "id": "REQ-YYYYMMDD-0002", "state": "PROPOSED", "version": 1, "heads": ["[hash]"],
            "title": "Pay later", "from": "shop", "to": ["billing", "tax"], "type": "feature", "priority": "P1",
            "labels": ["money"], "created_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "created_by": "bob",
            "updated_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "updated_by": "bob", "due": "2027-01-31",
            "depends_on": ["REQ-YYYYMMDD-0001"], "waits_for": ["REQ-YYYYMMDD-0001"]
          }
        ],
        "matched": 1, "has_more": false, "damaged": []
      }
    }
    $ ledger list --json --fields id,title --limit 2
    {
      "v": 1,
      "data": {
        "requests": [
          {"id": "REQ-YYYYMMDD-0001", "title": "Totals are wrong"},
          {"id": "REQ-YYYYMMDD-0002", "title": "Pay later"}
        ],
        "matched": 3, "has_more": true, "cursor": "id.REQ-YYYYMMDD-0002", "damaged": []
      }
    }
    $ ledger list --format jsonl --fields id,state --limit 2
    {"v": 1, "data": {"id": "REQ-YYYYMMDD-0001", "state": "ACCEPTED"}}
    {"v": 1, "data": {"id": "REQ-YYYYMMDD-0002", "state": "PROPOSED"}}
    ! {
    !   "v": 1,
    !   "notice": {"message": "2 of 3 shown; go on with --cursor id.REQ-YYYYMMDD-0002", "cursor": "id.REQ-YYYYMMDD-0002"}
    ! }
    $ ledger list --format jsonl --state rejected
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0005", "state": "REJECTED", "version": 2, "heads": ["[hash]"], "title": "Not ours",
        "from": "shop", "to": ["billing"], "type": "bug", "priority": "P2", "labels": [],
        "created_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "created_by": "alice", "updated_at": "YYYY-MM-DDThh:mm:ss.mmmZ",
        "updated_by": "alice", "waits_for": []
      }
    }
    "#);
}

#[test]
fn filters_narrow_it() {
    transcript!(with_five(), @r#"
    $ ledger list -q --state accepted --state in-progress
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0003
    $ ledger list -q --state Closed
    REQ-YYYYMMDD-0004
    $ ledger list -q --type incident
    REQ-YYYYMMDD-0003
    $ ledger list -q --from shop --to tax
    REQ-YYYYMMDD-0002
    $ ledger list -q --label money
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0003
    $ ledger list -q --priority p1
    REQ-YYYYMMDD-0002
    $ ledger list -q --by bob
    REQ-YYYYMMDD-0002
    $ ledger list -q --text 'PAY nobody'
    REQ-YYYYMMDD-0003
    $ ledger list -q --all --text TYPO
    REQ-YYYYMMDD-0004
    $ ledger list --type incidnt
    ! no request matches
    ! incidnt is not a type of this ledger; did you mean incident?
    $ ledger list --type nosuch --json
    {"v": 1, "data": {"requests": [], "matched": 0, "has_more": false, "damaged": []}}
    ! {"v": 1, "notice": {"message": "nosuch is not a type of this ledger"}}
    $ ledger list --type nosuch -q
    $ ledger list --type incident --to tax
    ! no request matches
    $ ledger list --text 'no such words'
    ! no request matches
    $ ledger list --text 'no such words' --json
    {"v": 1, "data": {"requests": [], "matched": 0, "has_more": false, "damaged": []}}
    "#);
}

#[test]
fn what_waits_is_told_from_what_is_ready() {
    transcript!(with_five(), @"
    $ ledger list --blocked --fields id,waits_for
    ID                 WAITS_FOR
    REQ-YYYYMMDD-0002  REQ-YYYYMMDD-0001
    $ ledger list --ready -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0003
    $ ledger transition 1 withdrawn --reason 'it was tax' -q
    REQ-YYYYMMDD-0001
    $ ledger list --blocked
    ! no request matches
    $ ledger list --ready -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0003
    ");
}

#[test]
fn it_is_sorted_and_comes_in_pages() {
    transcript!(with_five(), @"
    $ ledger list --all --sort priority --fields id,priority
    ID                 PRIORITY
    REQ-YYYYMMDD-0003  P0
    REQ-YYYYMMDD-0002  P1
    REQ-YYYYMMDD-0001  P2
    REQ-YYYYMMDD-0005  P2
    REQ-YYYYMMDD-0004  P3
    $ ledger list --all --sort due --fields id,due
    ID                 DUE
    REQ-YYYYMMDD-0003  2026-12-01
    REQ-YYYYMMDD-0002  2027-01-31
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0004
    REQ-YYYYMMDD-0005
    $ ledger list --all --sort title --fields id,title
    ID                 TITLE
    REQ-YYYYMMDD-0004  a typo
    REQ-YYYYMMDD-0003  Checkout is down
    REQ-YYYYMMDD-0005  Not ours
    REQ-YYYYMMDD-0002  Pay later
    REQ-YYYYMMDD-0001  Totals are wrong
    $ ledger list --all --sort state --fields id,state
    ID                 STATE
    REQ-YYYYMMDD-0002  PROPOSED
    REQ-YYYYMMDD-0001  ACCEPTED
    REQ-YYYYMMDD-0003  IN_PROGRESS
    REQ-YYYYMMDD-0004  CLOSED
    REQ-YYYYMMDD-0005  REJECTED
    $ ledger list --all --sort updated --limit 1 -q
    REQ-YYYYMMDD-0004
    $ ledger list --all --sort title --limit 2 --fields title
    TITLE
    a typo
    Checkout is down
    ! 2 of 5 shown; go on with --cursor title.REQ-YYYYMMDD-0003.636865636b6f757420697320646f776e
    ");
}

#[test]
fn a_cursor_goes_on_where_the_page_ended_whatever_comes_in_between() {
    let sandbox = with_five();
    let cursor = |page: &serde_json::Value| page["data"]["cursor"].as_str().unwrap().to_owned();
    let ids = |page: &serde_json::Value| -> Vec<u64> {
        let rows = page["data"]["requests"].as_array().unwrap();
        rows.iter().map(|row| row["id"].as_str().unwrap()[13..].parse().unwrap()).collect()
    };
    let first = sandbox.json("ledger list --all --sort title --limit 2 --json");
    assert_eq!((ids(&first), first["data"]["has_more"].as_bool()), (vec![4, 3], Some(true)));
    sandbox.bug("A newcomer", "");
    let second = sandbox.json(&format!("ledger list --all --sort title --limit 2 --json --cursor {}", cursor(&first)));
    assert_eq!(ids(&second), [5, 2]);
    let third = sandbox.json(&format!("ledger list --all --sort title --limit 2 --json --cursor {}", cursor(&second)));
    assert_eq!((ids(&third), third["data"]["has_more"].as_bool()), (vec![1], Some(false)));
    assert!(third["data"].get("cursor").is_none());
    let told = sandbox.shell(&format!("ledger list --all --sort id --cursor {}", cursor(&first)));
    assert_eq!(told.status.code(), Some(2));
    insta::assert_snapshot!(sandbox.redacted(&told.stderr), @"
    error: that cursor belongs to --sort title, not to --sort id
    hint: ledger list --help
    ");
}

#[test]
fn it_shows_the_ledger_as_it_was() {
    transcript!(Sandbox::with_bug(), @"
    $ sleep 0.02; date -u +%FT%T.%3NZ > then; sleep 0.02
    $ ledger transition 1 accepted -q; ledger new --title T --from shop --to billing --type bug --set details.impact=all -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    $ ledger list --fields id,state,version
    ID                 STATE     VERSION
    REQ-YYYYMMDD-0001  ACCEPTED  2
    REQ-YYYYMMDD-0002  PROPOSED  1
    $ ledger list --fields id,state,version --at $(cat then)
    ID                 STATE     VERSION
    REQ-YYYYMMDD-0001  PROPOSED  1
    $ ledger list --at 2020-01-01
    ! no request matches
    ");
}

#[test]
fn a_repository_that_nobody_names_may_have_been_meant_to_be_another() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger list --to biling
    ! no request matches
    ! no request is asked by or of biling; did you mean billing?
    $ ledger list --from shp --to elsewhere
    ! no request matches
    ! no request is asked by or of shp; did you mean shop?
    ! no request is asked by or of elsewhere
    $ ledger search totals --to biling
    ! no request matches
    ! no request is asked by or of biling; did you mean billing?
    $ ledger list --to shop
    ! no request matches
    ");
}

/// A notice ends with the cursor, and whoever writes a sentence around it may copy the sentence's end as well.
#[test]
fn a_cursor_may_be_copied_with_the_dot_of_a_sentence() {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Another", "");
    let told = String::from_utf8(sandbox.shell("ledger list --limit 1").stderr).unwrap();
    let cursor = told.trim().rsplit(' ').next().unwrap().to_owned();
    let whole = sandbox.run(&format!("ledger list --limit 1 --cursor {cursor} -q"));
    let dotted = sandbox.run(&format!("ledger list --limit 1 --cursor {cursor}. -q"));
    assert_eq!((whole.lines().count(), &whole), (1, &dotted));
    assert!(!told.contains(whole.trim()) && !cursor.ends_with('.'), "{told}");
}
