//! Ledgers that earlier programs wrote, as they wrote them: every later program reads them, finds them in order, and
//! can go on with them. Their bytes are never changed; a new format gets a fixture of its own beside them.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails, and says where")]

#[expect(dead_code, reason = "what the transcripts of the command line use is more")]
mod common;

use std::path::Path;

use common::Sandbox;

/// The requests of version 1: states, versions, and what each is there for.
const VERSION_1: [(&str, &str, u64, &str); 12] = [
    ("REQ-20240506-0001", "PROPOSED", 2, "a bug with a key and a note"),
    ("REQ-20240506-0002", "ACCEPTED", 3, "labels, a due day, criteria, a part accepted"),
    (
        "REQ-20240507-0001",
        "IN_PROGRESS",
        4,
        "a feature of two targets, one delivered; a dependency, a parent, many scripts",
    ),
    ("REQ-20240507-0002", "BLOCKED", 4, "a reason"),
    ("REQ-20240507-0003", "DELIVERED", 5, "a contract change with a sponsor's approval"),
    ("REQ-20240508-0001", "VERIFIED", 8, "a delivery that was sent back"),
    ("REQ-20240508-0002", "CLOSED", 6, "an incident with its review"),
    ("REQ-20240508-0003", "REJECTED", 2, "a refusal"),
    ("REQ-20240508-0004", "WITHDRAWN", 2, "a withdrawal"),
    ("REQ-20240509-0001", "IN_PROGRESS", 5, "diverged, then resolved"),
    ("REQ-20240509-0002", "DIVERGED", 4, "diverged, and left so"),
    ("REQ-20240509-0003", "CLOSED", 8, "two parts, both delivered"),
];

/// A copy of a fixture, as a clone has it.
fn copy_of(version: &str) -> Sandbox {
    let fixture = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(version);
    let sandbox = Sandbox::empty();
    sandbox.run(&format!(
        "cp -r '{}/.' . && chmod -R u+w . && find . -path './coordination/requests/*' -exec chmod a-w {{}} +",
        fixture.display()
    ));
    sandbox
}

#[test]
fn version_1_is_in_order() {
    let sandbox = copy_of("v1");
    transcript!(sandbox, @"
    $ ledger verify
    coordination/events/REQ-20240509-0002.jsonl:4: note diverged: two clones wrote at once and left it ACCEPTED (v2) and REJECTED (v3)
      fix: ledger resolve REQ-20240509-0002 --keep ACCEPTED|REJECTED --reason TEXT
    ok: 12 requests, 55 events verified, 1 note
    $ ledger index --check
    coordination/index.json is current: 12 requests, 55 events
    $ ledger index
    coordination/index.json is current: 12 requests, 55 events
    ");
}

#[test]
fn version_1_means_what_it_meant() {
    let sandbox = copy_of("v1");
    let listed = sandbox.json("ledger list --all --json");
    let rows = listed["data"]["requests"].as_array().unwrap();
    let found: Vec<(&str, &str, u64)> = rows
        .iter()
        .map(|row| (row["id"].as_str().unwrap(), row["state"].as_str().unwrap(), row["version"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, VERSION_1.map(|(id, state, version, _)| (id, state, version)));
    transcript!(sandbox, @r"
    $ ledger show 20240507-1
    REQ-20240507-0001  IN_PROGRESS  v4
    Pay later
      type         feature, P2, tracked
      asked        shop → billing, risk
      by           ada@acme.example, YYYY-MM-DD hh:mm:ssZ
      parent       REQ-20240506-0001
      key          shop-18
      depends on   REQ-20240506-0002 (ACCEPTED, not settled)
      since        bea@acme.example, YYYY-MM-DD hh:mm:ssZ (v3)

    Description
      Let customers pay within 30 days.

      Détails: 支払い, ødegård, \u{202e}reversed.

    Details
      - goal: More orders
      - metric: Orders a week
      - scope: EU, up to 200 euros
      - trade_offs: Some will not pay

    Parts
      billing DELIVERED on pay-later  bea@acme.example, YYYY-MM-DD hh:mm:ssZ (v4)

    Evidence
      commit=1a2b3c4  bea@acme.example, YYYY-MM-DD hh:mm:ssZ (v4)
      url=https://ci.example.org/212  bea@acme.example, YYYY-MM-DD hh:mm:ssZ (v4)

    Next  for risk: ledger respond REQ-20240507-0001 --repo risk --status DELIVERED --evidence KIND=VALUE
    $ ledger show 20240508-1 | sed -n '/Evidence/,$p'
    Evidence
      commit=aaaaaaa (before the rework)  tom@acme.example, YYYY-MM-DD hh:mm:ssZ (v4)
      commit=bbbbbbb  tom@acme.example, YYYY-MM-DD hh:mm:ssZ (v6)
      test=all 212 passed  tom@acme.example, YYYY-MM-DD hh:mm:ssZ (v6)

    Next  for shop: ledger transition REQ-20240508-0001 CLOSED
    $ ledger log 20240509-1
    YYYY-MM-DD hh:mm:ssZ  v1  ada@acme.example  created, PROPOSED
    YYYY-MM-DD hh:mm:ssZ  v2  bob@acme.example  note: Is this ours?
    YYYY-MM-DD hh:mm:ssZ  v2  bea@acme.example  PROPOSED → ACCEPTED
    YYYY-MM-DD hh:mm:ssZ  v3  bob@acme.example  PROPOSED → REJECTED: It is the bank.
    YYYY-MM-DD hh:mm:ssZ  v4  ada@acme.example  resolved: ACCEPTED holds ([head]): The bank says it is not them
    YYYY-MM-DD hh:mm:ssZ  v5  ada@acme.example  ACCEPTED → IN_PROGRESS
    $ ledger list --ready -q
    REQ-20240506-0001
    REQ-20240506-0002
    REQ-20240507-0002
    REQ-20240507-0003
    REQ-20240508-0001
    REQ-20240509-0001
    $ ledger list --blocked -q
    REQ-20240507-0001
    $ ledger list --at 2024-05-08 --all --fields id,state
    ID                 STATE
    REQ-20240506-0001  PROPOSED
    REQ-20240506-0002  ACCEPTED
    REQ-20240507-0001  IN_PROGRESS
    REQ-20240507-0002  BLOCKED
    REQ-20240507-0003  DELIVERED
    ");
}

#[test]
fn reading_changes_no_byte() {
    let sandbox = copy_of("v1");
    let before = sandbox.fingerprint();
    for line in ["ledger list --all", "ledger log", "ledger verify", "ledger index --check", "ledger schema"] {
        sandbox.run(line);
        assert_eq!(sandbox.fingerprint(), before, "$ {line}");
    }
    for (id, ..) in VERSION_1 {
        sandbox.run(&format!(
            "ledger show {id} --explain && ledger show {id} --json && ledger log {id} && ledger verify {id}"
        ));
    }
    sandbox.run("ledger show key:shop-20 && ledger index");
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn version_1_goes_on() {
    let sandbox = copy_of("v1");
    let before = sandbox.run("cat coordination/events/REQ-20240509-0002.jsonl");
    transcript!(sandbox, @r#"
    $ ledger resolve 20240509-2 --keep rejected --reason 'By number it is'
    REQ-20240509-0002  YYYY-MM-DD hh:mm:ssZ  v5  alice  resolved: REJECTED holds ([head]): By number it is
    $ ledger respond 20240507-1 --repo risk --status delivered --evidence commit=e -q; ledger transition 20240507-1 delivered -q
    REQ-20240507-0001
    REQ-20240507-0001
    $ ledger transition 20240507-3 verified -q
    REQ-20240507-0003
    # Keys of old are known.
    $ ledger note 20240506-1 --text 'Seen. We look at it on Thursday.' --key n-1
    REQ-20240506-0001  YYYY-MM-DD hh:mm:ssZ  v2  bea@acme.example  note: Seen. We look at it on Thursday. (written before with this key)
      next, for billing: ledger transition REQ-20240506-0001 ACCEPTED
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key shop-17
    ! error: the key "shop-17" was used for something else, on REQ-20240506-0001
    ! hint: ledger show REQ-20240506-0001 tells what was asked: another intent needs another key
    [exit 6]
    $ ledger new --title 'Round half to even' --from shop --to billing --type bug --set details.impact='A cent, now and then' --key shop-17
    REQ-20240506-0001  PROPOSED (made before with this key)
      next, for billing: ledger transition REQ-20240506-0001 ACCEPTED
    $ ledger verify
    ok: 12 requests, 59 events verified
    "#);
    let after = sandbox.run("cat coordination/events/REQ-20240509-0002.jsonl");
    assert!(after.starts_with(&before), "old lines stay as they are");
}

/// The project's own ledger, as a clone has it.
#[test]
fn the_projects_own_ledger_is_in_order() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    let sandbox = Sandbox::empty();
    sandbox.run(&format!("cp -r '{0}/coordination' '{0}/schemas' . && rm -rf coordination/.local", project.display()));
    transcript!(sandbox, @r#"
    $ ledger verify | grep -v verified
    [exit 1]
    $ ledger index --check -q
    "#);
    let listed = sandbox.json("ledger list --all --json");
    assert!(listed["data"]["requests"].as_array().unwrap().len() > 5);
}

/// Every type of event, and two clones that set the mode at once.
#[test]
fn contracts_of_version_1_mean_what_they_meant() {
    let sandbox = copy_of("v1-contracts");
    transcript!(sandbox, @r#"
    $ ledger verify
    schemas/contracts/billing.invoice/events.jsonl:15: note contract-diverged: two clones said different things at once of its mode: event 15 ([head]) holds
      fix: say it anew: the next word settles it
    coordination/index.json: note index-missing: there is no index.json; it is derived and can be made
      fix: ledger index
    ok: 0 requests, 1 contract, 16 events verified, 2 notes
    $ ledger contract log billing.invoice
    YYYY-MM-DD hh:mm:ssZ  #1  ben  registered v1: compatible (BACKWARD_TRANSITIVE)
    YYYY-MM-DD hh:mm:ssZ  #2  mia  shop uses v1
    YYYY-MM-DD hh:mm:ssZ  #3  zoe  mail uses v1, needs a part of it
    YYYY-MM-DD hh:mm:ssZ  #4  ben  registered v2: compatible (BACKWARD_TRANSITIVE)
    YYYY-MM-DD hh:mm:ssZ  #5  ben  v2 active
    YYYY-MM-DD hh:mm:ssZ  #6  mia  shop uses v2
    YYYY-MM-DD hh:mm:ssZ  #7  zoe  mail uses it no more
    YYYY-MM-DD hh:mm:ssZ  #8  ben  v1 active
    YYYY-MM-DD hh:mm:ssZ  #9  ben  v1 deprecated
    YYYY-MM-DD hh:mm:ssZ  #10  ben  v1 retired
    YYYY-MM-DD hh:mm:ssZ  #11  ben  formats not asserted
    YYYY-MM-DD hh:mm:ssZ  #12  ben  owner acme/billing
    YYYY-MM-DD hh:mm:ssZ  #13  ben  v3 may break until 2024-12-31 (REQ-20240507-0003): shop reads both
    YYYY-MM-DD hh:mm:ssZ  #14  ben  registered v3: breaking, waived by REQ-20240507-0003 (BACKWARD_TRANSITIVE)
    YYYY-MM-DD hh:mm:ssZ  #15  ben  mode NONE
    YYYY-MM-DD hh:mm:ssZ  #15  zoe  mode FULL_TRANSITIVE
    $ ledger contract show billing.invoice
    billing.invoice  FULL_TRANSITIVE, provided by acme/billing

    VERSION  STAGE    REGISTERED            BY   THEN FOUND                             CONSUMERS
    v1       retired  YYYY-MM-DD hh:mm:ssZ  ben  compatible
    v2       active   YYYY-MM-DD hh:mm:ssZ  ben  compatible                             shop
    v3       draft    YYYY-MM-DD hh:mm:ssZ  ben  breaking, waived by REQ-20240507-0003

    two clones said different things of its mode: event 15 holds
    $ ledger contract pin billing.invoice@3 --consumer shop -q; ledger contract mode billing.invoice none -q; ledger verify | tail -n 1
    billing.invoice
    billing.invoice
    ok: 0 requests, 1 contract, 18 events verified, 1 note
    "#);
}
