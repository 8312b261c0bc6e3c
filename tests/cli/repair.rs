//! Writes that were cut short: completed or set aside by the next one, and never held against anybody.

use crate::common::Sandbox;
use crate::transcript;

fn with_two() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Round up", "");
    sandbox
}

#[test]
fn a_torn_line_is_set_aside_by_the_next_write() {
    transcript!(with_two(), @r#"
    $ printf '{"format":1,"stream":"REQ-' >> coordination/events/REQ-$TODAY-0001.jsonl
    $ ledger show 1 | head -1
    REQ-YYYYMMDD-0001  PROPOSED  v1
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation tail-torn: 26 bytes of a write that was cut short stand at its end
      fix: any write to REQ-YYYYMMDD-0001 sets it aside: for example ledger note REQ-YYYYMMDD-0001 --text recovered
    1 finding: 2 requests, 2 events verified
    [exit 3]
    $ ledger note 1 --text 'going on'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: going on
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ! ledger: repaired [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl: 26 bytes of a write that was cut short are kept in [tmp]/work/coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn
    $ cat coordination/.local/quarantine/*; echo
    {"format":1,"stream":"REQ-
    $ ledger verify
    ok: 2 requests, 3 events verified
    # A whole line that lacks only its end is completed.
    $ truncate -s -1 coordination/events/REQ-$TODAY-0001.jsonl; ledger verify 1
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation tail-unfinished: the last line lacks its newline
      fix: any write to REQ-YYYYMMDD-0001 completes it
    1 finding: 1 request, 2 events verified
    [exit 3]
    $ ledger note 1 --text 'and on'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  note: and on
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ! ledger: completed the last line of [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl
    $ ledger verify
    ok: 2 requests, 4 events verified
    $ printf '{"format":1' >> coordination/events/REQ-$TODAY-0001.jsonl; ledger note 1 --text x -q
    REQ-YYYYMMDD-0001
    "#);
}

#[test]
fn a_missing_packet_is_damage_and_a_missing_log_is_a_create_cut_short() {
    transcript!(with_two(), @r#"
    $ mv coordination/requests/REQ-$TODAY-0001.json . ; mv coordination/events/REQ-$TODAY-0002.jsonl .
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation log-missing: the request has no event: its making was cut short
      fix: any write to it completes it, and so does the next ledger new: ledger note REQ-YYYYMMDD-0002 --text resumed
    coordination/requests/REQ-YYYYMMDD-0001.json: damage packet-missing: the packet is missing although it has events
      fix: restore it from a copy, or from another clone
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    4 findings: 2 requests, 0 events verified
    [exit 9]
    $ ledger list
    ID                 STATE     PRIORITY  TYPE  TO       UPDATED_AT  TITLE
    REQ-YYYYMMDD-0002  PROPOSED  P2        bug   billing              Round up
    ! REQ-YYYYMMDD-0001 can't be read: coordination/requests/REQ-YYYYMMDD-0001.json: the packet is missing although it has events (ledger verify REQ-YYYYMMDD-0001)
    [exit 9]
    $ ledger show 1
    ! error: [tmp]/work/coordination/requests/REQ-YYYYMMDD-0001.json: the packet is missing although it has events
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    $ ledger show 2 | head -1
    REQ-YYYYMMDD-0002  PROPOSED  v0
    $ ledger transition 2 accepted
    REQ-YYYYMMDD-0002  YYYY-MM-DD hh:mm:ssZ  v2  alice  PROPOSED → ACCEPTED
      next, for billing: ledger transition REQ-YYYYMMDD-0002 IN_PROGRESS
    ! ledger: index.json was left as it is: it remembers of REQ-YYYYMMDD-0002 what is not here any more; ledger verify tells what, and if it is meant to be so: ledger index
    $ mv REQ-$TODAY-0001.json coordination/requests/; ledger index -q; ledger verify
    ok: 2 requests, 3 events verified
    "#);
}

#[test]
fn the_next_new_completes_a_create_that_was_cut_short() {
    transcript!(with_two(), @r#"
    $ rm coordination/events/REQ-$TODAY-0002.jsonl
    $ ledger new --title Next --from shop --to billing --type bug --set details.impact=all
    REQ-YYYYMMDD-0003  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0003 ACCEPTED
    ! ledger: completed REQ-YYYYMMDD-0002, whose making was cut short
    ! ledger: index.json was left as it is: it remembers of REQ-YYYYMMDD-0002 what is not here any more; ledger verify tells what, and if it is meant to be so: ledger index
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    2 findings: 3 requests, 3 events verified
    [exit 3]
    "#);
}

#[test]
fn a_request_whose_packet_is_gone_is_not_made_again() {
    transcript!(Sandbox::with_bug(), @r#"
    $ rm -f coordination/requests/REQ-$TODAY-0001.json
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k1
    ! error: [tmp]/work/coordination/requests/REQ-YYYYMMDD-0001.json: the packet is missing although it has events
    ! hint: ledger verify REQ-YYYYMMDD-0001 tells everything that is wrong and what to do
    [exit 9]
    # Others are not affected, and its number stays taken.
    $ rm coordination/.local/last; ledger new --title T --from shop --to billing --type bug --set details.impact=all --key k2 -q
    REQ-YYYYMMDD-0002
    "#);
}

/// The index may be all that tells of a loss: nothing but a word from somebody who knows of it takes that away.
#[test]
fn an_index_that_remembers_more_stays_until_somebody_says_otherwise() {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Another", "");
    sandbox.run("ledger note 1 --text seen");
    transcript!(sandbox, @r#"
    $ f=$(ls coordination/events/*-0001.jsonl); sed -i '$d' $f
    $ ledger note 2 --text 'elsewhere'
    REQ-YYYYMMDD-0002  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: elsewhere
      next, for billing: ledger transition REQ-YYYYMMDD-0002 ACCEPTED
    ! ledger: index.json was left as it is: it remembers of REQ-YYYYMMDD-0001 what is not here any more; ledger verify tells what, and if it is meant to be so: ledger index
    $ ledger doctor --fix | grep -v '^on '
    coordination/events/REQ-YYYYMMDD-0001.jsonl: error event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/index.json: warning index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    not safe to operate: 2 requests, 3 events examined, 1 error, 1 warning
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    2 findings: 2 requests, 3 events verified
    [exit 3]
    $ ledger index --check
    coordination/index.json is out of date (ledger index makes it anew): 2 requests, 3 events
    [exit 3]
    $ ledger index
    coordination/index.json is written anew: 2 requests, 3 events
    ! the index that was there knew of event [head] of REQ-YYYYMMDD-0001, which is not in its log
    $ ledger verify
    ok: 2 requests, 3 events verified
    $ rm -rf coordination/events
    $ ledger doctor --fix | grep lost
    coordination/events/REQ-YYYYMMDD-0001.jsonl: error event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
    coordination/events/REQ-YYYYMMDD-0002.jsonl: error event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: first what is lost; then: ledger index
    $ rm coordination/requests/*-0002.json
    $ ledger doctor --fix --quiet | grep lost
    coordination/events/REQ-YYYYMMDD-0001.jsonl: error event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
    coordination/requests/REQ-YYYYMMDD-0002.json: error request-lost: index.json remembers this request, which is not here: it was taken away
      fix: first what is lost; then: ledger index
    $ ledger index
    coordination/index.json is written anew: 1 request, 0 events
    ! the index that was there knew of event [head] of REQ-YYYYMMDD-0001, which is not in its log, and of 1 request more
    "#);
}

/// What the index remembers of a request is not given up because the request can't be read for a while.
#[test]
fn an_index_remembers_what_can_not_be_read_for_a_while() {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Another", "");
    sandbox.run("ledger note 2 --text precious -q");
    transcript!(sandbox, @r#"
    # The packet is away for a while, and the log is cut meanwhile.
    $ mv coordination/requests/*-0002.json ..; sed -i '$d' coordination/events/*-0002.jsonl; ledger note 1 --text x -q
    REQ-YYYYMMDD-0001
    $ ledger doctor --fix | grep -v '^on '
    coordination/events/REQ-YYYYMMDD-0002.jsonl: error event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/requests/REQ-YYYYMMDD-0002.json: error packet-missing: the packet is missing although it has events
      fix: restore it from a copy, or from another clone
    coordination/index.json: warning index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    not safe to operate: 2 requests, 2 events examined, 2 errors, 1 warning
    $ mv ../*-0002.json coordination/requests; ledger verify
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    2 findings: 2 requests, 3 events verified
    [exit 3]
    $ ledger index; chmod u+w coordination/requests/*-0002.json; cp -p coordination/requests/*-0002.json ..; ledger note 2 --text again -q
    coordination/index.json is written anew: 2 requests, 3 events
    REQ-YYYYMMDD-0002
    ! the index that was there knew of event [head] of REQ-YYYYMMDD-0002, which is not in its log
    # A line of it can't be read: which event that was, nobody can tell.
    $ sed -i '2s/again/never/' coordination/events/*-0002.jsonl; ledger note 1 --text y -q; ledger repair-merge; ledger verify --quiet
    REQ-YYYYMMDD-0001
    left coordination/events/REQ-YYYYMMDD-0002.jsonl: line 2 is no event, and what is left of none that stands there
      fix: ledger verify tells what to put back; if it never was one: sed -i 2d coordination/events/REQ-YYYYMMDD-0002.jsonl
    0 files mended, 1 left to decide
    coordination/events/REQ-YYYYMMDD-0002.jsonl:2: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: restore it from a copy, or from another clone
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: first what is wrong with REQ-YYYYMMDD-0002, of which it remembers how far it had got; then: ledger index
    1 finding and 1 note: 2 requests, 4 events verified
    [exit 9]
    $ sed -i '$d' coordination/events/*-0002.jsonl; ledger verify --quiet
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: restore it from a copy, or from another clone; if it is meant to be so: ledger index
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: first what is lost; then: ledger index
    2 findings: 2 requests, 4 events verified
    [exit 3]
    "#);
}

/// A create that was cut short, told again with its key: nothing is left to mend.
#[test]
fn a_retry_with_the_key_leaves_the_index_current() {
    let sandbox = Sandbox::new();
    let new = "ledger new --title N --from a --to b --type bug --set details.impact=x --key nk";
    sandbox.run("ledger index -q && cp coordination/index.json ../index.json");
    sandbox.run(&format!("{new} -q && cp ../index.json coordination/index.json"));
    // Killed before the index was made anew.
    sandbox.run(&format!("{new} && ledger verify"));
    // Killed before the first event.
    sandbox.run("cp ../index.json coordination/index.json && : > coordination/events/REQ-$TODAY-0001.jsonl");
    transcript!(sandbox, @r#"
    $ ledger verify --quiet
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation log-missing: the request has no event: its making was cut short
      fix: any write to it completes it, and so does the next ledger new: ledger note REQ-YYYYMMDD-0001 --text resumed
    coordination/index.json: note index-stale: index.json is not what the packets and events say
      fix: ledger index
    1 finding and 1 note: 1 request, 0 events verified
    [exit 3]
    $ ledger new --title N --from a --to b --type bug --set details.impact=x --key nk
    REQ-YYYYMMDD-0001  PROPOSED (made before with this key)
      next, for b: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ! ledger: completed REQ-YYYYMMDD-0001, whose making was cut short
    $ ledger verify
    ok: 1 request, 1 event verified
    $ echo '{"op":"note","request":"key:nk","text":"x","key":"k"}' | ledger apply -q - && cp ../index.json coordination/index.json
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "PROPOSED", "deduplicated": false}
    }
    $ echo '{"op":"note","request":"key:nk","text":"x","key":"k"}' | ledger apply -q - && ledger verify
    {
      "v": 1,
      "data": {"line": 1, "id": "REQ-YYYYMMDD-0001", "version": 2, "state": "PROPOSED", "deduplicated": true}
    }
    ok: 1 request, 2 events verified
    $ cp ../index.json coordination/index.json; ledger note key:nk --text x --key k && ledger verify
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: x (written before with this key)
      next, for b: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ok: 1 request, 2 events verified
    "#);
}
