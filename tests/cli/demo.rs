//! `ledger demo`

use crate::common::Sandbox;

#[test]
fn it_plays_a_story_and_ends_well() {
    let sandbox = Sandbox::empty();
    let told = sandbox.run("TMPDIR=$PWD ledger demo");
    let told = sandbox.redacted(told.as_bytes());
    let told = regex::Regex::new(r"\.tmp\w{6}").unwrap().replace_all(&told, "[demo]");
    insta::assert_snapshot!(told, @r#"

    # The shop asks billing for a field. First, a ledger:
    $ ledger init --name demo --quiet
    Ledger demo (tracked) made in [tmp]/work/[demo]
    $ ledger new --title 'Add a currency to invoices' --from shop --to billing --type bug --set 'details.impact=Totals in euros are booked as dollars' --key shop-42
    REQ-YYYYMMDD-0001  PROPOSED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED

    # The network was slow, so the shop's agent asks again with the same key. Nothing is done twice:
    $ ledger new --title 'Add a currency to invoices' --from shop --to billing --type bug --set 'details.impact=Totals in euros are booked as dollars' --key shop-42
    REQ-YYYYMMDD-0001  PROPOSED (made before with this key)
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger transition key:shop-42 accepted
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  demo  PROPOSED → ACCEPTED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 IN_PROGRESS
    $ ledger transition key:shop-42 in-progress
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  demo  ACCEPTED → IN_PROGRESS
      next, for billing: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE

    # Billing is in a hurry and forgets the evidence. The workflow refuses, and says what is missing:
    $ ledger transition key:shop-42 delivered
    error: REQ-YYYYMMDD-0001: IN_PROGRESS can't become DELIVERED yet: it needs evidence (--evidence KIND=VALUE)
    hint: ledger transition REQ-YYYYMMDD-0001 DELIVERED --evidence KIND=VALUE
    (exit status 5)
    $ ledger transition key:shop-42 delivered --evidence commit=1a2b3c4
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  demo  IN_PROGRESS → DELIVERED [commit=1a2b3c4]
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED

    # Somebody decides on what they read a while ago. That is a conflict, not an overwrite:
    $ ledger transition key:shop-42 in-progress --reason 'not yet' --expect-version 3
    error: REQ-YYYYMMDD-0001 is at version 4, not 3
      since then:
        YYYY-MM-DD hh:mm:ssZ  v4  demo  IN_PROGRESS → DELIVERED [commit=1a2b3c4]
    hint: ledger show REQ-YYYYMMDD-0001 tells how it is now: decide anew, with --expect-version 4
    (exit status 6)
    $ ledger log key:shop-42
    YYYY-MM-DD hh:mm:ssZ  v1  demo  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  demo  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v3  demo  ACCEPTED → IN_PROGRESS
    YYYY-MM-DD hh:mm:ssZ  v4  demo  IN_PROGRESS → DELIVERED [commit=1a2b3c4]

    # The power fails in the middle of a write, and leaves half a line:
    $ printf %s '{"format":1,"stream":"REQ-' >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    $ ledger verify
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation tail-torn: 26 bytes of a write that was cut short stand at its end
      fix: any write to REQ-YYYYMMDD-0001 sets it aside: for example ledger note REQ-YYYYMMDD-0001 --text recovered
    1 finding: 1 request, 4 events verified
    (exit status 3)

    # The next write sets the torn bytes aside and goes on:
    $ ledger note key:shop-42 --text 'Looks good to me'
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  demo  note: Looks good to me
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    ledger: repaired coordination/events/REQ-YYYYMMDD-0001.jsonl: 26 bytes of a write that was cut short are kept in coordination/.local/quarantine/REQ-YYYYMMDD-0001-[head].torn

    # The index can be thrown away, and comes back the same:
    $ rm coordination/index.json
    $ ledger index
    coordination/index.json is written anew: 1 request, 5 events
    $ ledger verify
    ok: 1 request, 5 events verified

    demo: ok
    "#);
    assert_eq!(sandbox.run("ls -A"), "", "it leaves nothing behind");
}

#[test]
fn as_json_it_is_one_document() {
    let sandbox = Sandbox::empty();
    let told = sandbox.json("ledger demo --json");
    assert_eq!(told["data"]["ok"], true);
    assert!(told["data"]["transcript"].as_str().unwrap().ends_with("\ndemo: ok\n"));
}
