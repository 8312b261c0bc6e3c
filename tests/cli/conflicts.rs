//! `ledger conflicts`: what clones that worked apart left for people to decide.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn what_waits_for_a_decision_is_listed_with_what_settles_it() {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    sandbox.run("ledger transition 1 accepted -q; ledger claim 1 -q");
    sandbox.run(
        "ledger claim 1 --root ../other --actor ben -q; ledger transition 1 rejected --reason no --root ../other -q",
    );
    sandbox.run("cat ../other/coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl");
    sandbox.bug("Other", "--key twice");
    sandbox
        .run("ledger new --title Again --from shop --to billing --type bug --set details.impact=x --root ../other -q");
    sandbox.run("ledger new --title Again --from shop --to billing --type bug --set details.impact=x --key twice --root ../other -q");
    sandbox.run("for f in requests events; do cp ../other/coordination/$f/REQ-$TODAY-0003.* coordination/$f/; done");
    transcript!(sandbox, @r#"
    $ ledger conflicts
    REQ-YYYYMMDD-0001  diverged: ACCEPTED ([head]) and REJECTED ([head])  Totals are wrong
      fix: ledger resolve REQ-YYYYMMDD-0001 --keep STATE --reason TEXT
    REQ-YYYYMMDD-0001  claimed at once by ben and alice  Totals are wrong
      fix: one of them: ledger release REQ-YYYYMMDD-0001; or ledger claim REQ-YYYYMMDD-0001 --steal --reason TEXT
    REQ-YYYYMMDD-0003  duplicate of REQ-YYYYMMDD-0002: both have the key twice  Again
      fix: ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT
    3 conflicts
    [exit 3]
    $ ledger conflicts --json
    {
      "v": 1,
      "data": {
        "conflicts": [
          {
            "kind": "diverged", "id": "REQ-YYYYMMDD-0001", "title": "Totals are wrong",
            "sides": [{"state": "ACCEPTED", "head": "[hash]"}, {"state": "REJECTED", "head": "[hash]"}],
            "fix": "ledger resolve REQ-YYYYMMDD-0001 --keep STATE --reason TEXT"
          },
          {
            "kind": "contested", "id": "REQ-YYYYMMDD-0001", "title": "Totals are wrong",
            "claim": {
              "contested": [
                {
                  "by": "ben", "until": "YYYY-MM-DDThh:mm:ss.mmmZ", "event": "[hash]", "expired": false,
                  "firm": null
                },
                {
                  "by": "alice", "until": "YYYY-MM-DDThh:mm:ss.mmmZ", "event": "[hash]", "expired": false,
                  "firm": null
                }
              ]
            },
            "fix": "one of them: ledger release REQ-YYYYMMDD-0001; or ledger claim REQ-YYYYMMDD-0001 --steal --reason TEXT"
          },
          {
            "kind": "duplicate", "id": "REQ-YYYYMMDD-0003", "title": "Again", "first": "REQ-YYYYMMDD-0002",
            "key": "twice",
            "fix": "ledger resolve REQ-YYYYMMDD-0003 --duplicate, or if it is none: ledger resolve REQ-YYYYMMDD-0003 --distinct --reason TEXT"
          }
        ],
        "has_more": false, "damaged": []
      }
    }
    [exit 3]
    $ ledger resolve 1 --keep accepted --reason 'It is one' -q; ledger release 1; ledger resolve 3 --duplicate -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  released
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    REQ-YYYYMMDD-0003
    $ ledger conflicts
    nothing waits for a decision
    "#);
}

#[test]
fn where_nothing_waits_the_answer_is_yes() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @r#"
    $ ledger conflicts
    nothing waits for a decision
    $ ledger conflicts --json
    {"v": 1, "data": {"conflicts": [], "has_more": false, "damaged": []}}
    $ ledger conflicts --quiet
    "#);
}

#[test]
fn what_is_beyond_the_limit_is_counted_and_told() {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Second", "");
    // Two clones, each of which brought both into another state, and one has the other's lines by now.
    sandbox.run(
        "for n in 1 2; do f=coordination/events/REQ-$TODAY-000$n.jsonl; cp $f base; ledger transition $n accepted -q; \
         tail -1 $f > theirs; cp base $f; ledger transition $n rejected --reason x -q; cat theirs >> $f; done",
    );
    transcript!(sandbox, @r#"
    # Which of two sides comes first is a matter of hashes.
    $ ledger conflicts --limit 1 | tail -n 2
      fix: ledger resolve REQ-YYYYMMDD-0001 --keep STATE --reason TEXT
    2 conflicts
    ! 1 of 2 conflicts shown; --limit N shows more
    $ ledger conflicts --limit 1 --json | grep -o '"has_more":true'
    "has_more":true
    $ ledger conflicts --json | grep -o '"has_more":false'
    "has_more":false
    "#);
}
