//! `ledger ready` and `ledger blocked`

use crate::common::Sandbox;
use crate::transcript;

/// One that is ready, two that wait for it, one of them also for another.
fn waiting() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Rates are old", "--priority P0 --label money");
    sandbox.bug("Pay later", "--depends-on 1 --depends-on 2 --priority P1");
    sandbox.bug("Mail it", "--depends-on 1 --label money");
    sandbox.run("ledger transition 1 accepted");
    sandbox
}

#[test]
fn what_is_ready_waits_for_nothing() {
    transcript!(waiting(), @r#"
    $ ledger ready
    ID                 STATE     PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  ACCEPTED  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Totals are wrong
    REQ-YYYYMMDD-0002  PROPOSED  P0        bug   billing  YYYY-MM-DD hh:mm:ssZ  Rates are old
    $ ledger ready -q --label money
    REQ-YYYYMMDD-0002
    $ ledger ready --json --fields id,state
    {
      "v": 1,
      "data": {
        "requests": [{"id": "REQ-YYYYMMDD-0001", "state": "ACCEPTED"}, {"id": "REQ-YYYYMMDD-0002", "state": "PROPOSED"}],
        "matched": 2, "has_more": false, "damaged": []
      }
    }
    $ ledger transition 1 withdrawn --reason 'it was tax' -q; ledger ready --sort priority --fields id,priority
    REQ-YYYYMMDD-0001
    ID                 PRIORITY
    REQ-YYYYMMDD-0002  P0
    REQ-YYYYMMDD-0004  P2
    $ ledger ready --state closed
    ! no request matches
    "#);
}

#[test]
fn what_is_blocked_is_told_with_what_it_waits_for() {
    transcript!(waiting(), @r#"
    $ ledger blocked
    ID                 STATE     PRIORITY  TO       WAITS_FOR                                               TITLE
    REQ-YYYYMMDD-0003  PROPOSED  P1        billing  REQ-YYYYMMDD-0001 ACCEPTED, REQ-YYYYMMDD-0002 PROPOSED  Pay later
    REQ-YYYYMMDD-0004  PROPOSED  P2        billing  REQ-YYYYMMDD-0001 ACCEPTED                              Mail it
    $ ledger blocked --label money --fields id,waits_for
    ID                 WAITS_FOR
    REQ-YYYYMMDD-0004  REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger blocked --json --fields id,waits_for
    {
      "v": 1,
      "data": {
        "requests": [
          {
            "id": "REQ-YYYYMMDD-0003", "waits_for": ["REQ-YYYYMMDD-0001", "REQ-YYYYMMDD-0002"],
            "waits_for_states": {"REQ-YYYYMMDD-0001": "ACCEPTED", "REQ-YYYYMMDD-0002": "PROPOSED"}
          },
          {
            "id": "REQ-YYYYMMDD-0004", "waits_for": ["REQ-YYYYMMDD-0001"],
            "waits_for_states": {"REQ-YYYYMMDD-0001": "ACCEPTED"}
          }
        ],
        "matched": 2, "has_more": false, "damaged": []
      }
    }
    $ ledger blocked --format jsonl --fields waits_for,id --limit 1
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0003", "waits_for": ["REQ-YYYYMMDD-0001", "REQ-YYYYMMDD-0002"],
        "waits_for_states": {"REQ-YYYYMMDD-0001": "ACCEPTED", "REQ-YYYYMMDD-0002": "PROPOSED"}
      }
    }
    ! {
    !   "v": 1,
    !   "notice": {"message": "1 of 2 shown; go on with --cursor id.REQ-YYYYMMDD-0003", "cursor": "id.REQ-YYYYMMDD-0003"}
    ! }
    $ ledger blocked --json | grep -o '"waits_for.*'
    "waits_for":["REQ-YYYYMMDD-0001","REQ-YYYYMMDD-0002"],"waits_for_states":{"REQ-YYYYMMDD-0001":"ACCEPTED","REQ-YYYYMMDD-0002":"PROPOSED"}},{"id":"REQ-YYYYMMDD-0004","state":"PROPOSED","version":1,"heads":["[hash]"],"title":"Mail it","from":"shop","to":["billing"],"type":"bug","priority":"P2","labels":["money"],"created_at":"YYYY-MM-DDThh:mm:ss.mmmZ","created_by":"alice","updated_at":"YYYY-MM-DDThh:mm:ss.mmmZ","updated_by":"alice","depends_on":["REQ-YYYYMMDD-0001"],"waits_for":["REQ-YYYYMMDD-0001"],"waits_for_states":{"REQ-YYYYMMDD-0001":"ACCEPTED"}}],"matched":2,"has_more":false,"damaged":[]}}
    $ ledger blocked -q --priority P1
    REQ-YYYYMMDD-0003
    $ ledger blocked --sort title --limit 1 --fields title
    TITLE
    Mail it
    ! 1 of 2 shown; go on with --cursor title.REQ-YYYYMMDD-0004.6d61696c206974
    $ ledger blocked --sort title --limit 1 --fields title --cursor title.REQ-$TODAY-0004.6d61696c206974
    TITLE
    Pay later
    # Once settled, it is waited for no longer.
    $ ledger transition 1 withdrawn --reason 'it was tax' -q; ledger blocked
    REQ-YYYYMMDD-0001
    ID                 STATE     PRIORITY  TO       WAITS_FOR                   TITLE
    REQ-YYYYMMDD-0003  PROPOSED  P1        billing  REQ-YYYYMMDD-0002 PROPOSED  Pay later
    $ ledger transition 2 withdrawn --reason 'it was tax' -q; ledger blocked
    REQ-YYYYMMDD-0002
    ! no request matches
    "#);
}

#[test]
fn both_tell_how_it_was() {
    transcript!(waiting(), @r#"
    $ sleep 0.02; date -u +%FT%T.%3NZ > then; sleep 0.02
    $ ledger transition 1 withdrawn --reason 'it was tax' -q; ledger transition 2 accepted -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    $ ledger ready -q; ledger ready -q --at $(cat then)
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0004
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    $ ledger blocked --fields id,waits_for
    ID                 WAITS_FOR
    REQ-YYYYMMDD-0003  REQ-YYYYMMDD-0002 ACCEPTED
    $ ledger blocked --fields id,waits_for --at $(cat then)
    ID                 WAITS_FOR
    REQ-YYYYMMDD-0003  REQ-YYYYMMDD-0001 ACCEPTED, REQ-YYYYMMDD-0002 PROPOSED
    REQ-YYYYMMDD-0004  REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger blocked --at 2020-01-01
    ! no request matches
    "#);
}

#[test]
fn what_is_not_here_is_waited_for_all_the_same() {
    let sandbox = waiting();
    sandbox.run("rm -f coordination/requests/*-0001.json coordination/events/*-0001.jsonl");
    transcript!(sandbox, @r#"
    $ ledger blocked --fields id,waits_for
    ID                 WAITS_FOR
    REQ-YYYYMMDD-0003  REQ-YYYYMMDD-0001 not here, REQ-YYYYMMDD-0002 PROPOSED
    REQ-YYYYMMDD-0004  REQ-YYYYMMDD-0001 not here
    $ ledger blocked --json --fields waits_for
    {
      "v": 1,
      "data": {
        "requests": [
          {
            "waits_for": ["REQ-YYYYMMDD-0001", "REQ-YYYYMMDD-0002"],
            "waits_for_states": {"REQ-YYYYMMDD-0001": null, "REQ-YYYYMMDD-0002": "PROPOSED"}
          },
          {"waits_for": ["REQ-YYYYMMDD-0001"], "waits_for_states": {"REQ-YYYYMMDD-0001": null}}
        ],
        "matched": 2, "has_more": false, "damaged": []
      }
    }
    "#);
}

#[test]
fn they_print_what_every_command_prints() {
    transcript!(waiting(), @r#"
    $ ledger ready --format csv
    ! error: this command prints text, json or jsonl
    ! hint: ledger graph, ledger export, ledger stats, ledger contract check and ledger contract matrix print more
    [exit 2]
    $ ledger blocked --fields id,size
    ! error: there is no field "size", only id, state, version, heads, title, from, to, type, priority, labels, created_at, created_by, updated_at, updated_by, due, depends_on, parent, key, duplicate_of, parts, claim, waits_for
    ! hint: ledger blocked --help
    [exit 2]
    $ ledger ready --blocked
    ! error: unexpected argument '--blocked' found
    !
    ! Usage: ledger ready [OPTIONS]
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}
