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
    transcript!(with_two(), @"
    $ mv coordination/requests/REQ-$TODAY-0001.json . ; mv coordination/events/REQ-$TODAY-0002.jsonl .
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation event-lost: index.json remembers event [head], which is not in the log: the newest events were dropped
      fix: find the commit that dropped it with git log, and restore it; if it is meant to be so: ledger index
    coordination/events/REQ-YYYYMMDD-0002.jsonl: violation log-missing: the request has no event: its making was cut short
      fix: the next `ledger new`, or any write to it, completes it
    coordination/requests/REQ-YYYYMMDD-0001.json: damage packet-missing: the packet is missing although it has events
      fix: restore it: git checkout HEAD -- coordination/requests/REQ-YYYYMMDD-0001.json
    coordination/index.json: violation index-stale: index.json is not what the packets and events say
      fix: ledger index
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
    $ mv REQ-$TODAY-0001.json coordination/requests/; ledger index -q; ledger verify
    ok: 2 requests, 3 events verified
    ");
}

#[test]
fn the_next_new_completes_a_create_that_was_cut_short() {
    transcript!(with_two(), @"
    $ rm coordination/events/REQ-$TODAY-0002.jsonl
    $ ledger new --title Next --from shop --to billing --type bug --set details.impact=all
    REQ-YYYYMMDD-0003  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0003 ACCEPTED
    ! ledger: completed REQ-YYYYMMDD-0002, whose making was cut short
    $ ledger verify
    ok: 3 requests, 3 events verified
    ");
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
