//! `ledger verify` and contracts.

use super::{files, invoices};
use crate::transcript;

#[test]
fn every_byte_of_a_contract_is_verified() {
    let sandbox = invoices();
    sandbox.run("cp -r schemas as-it-was");
    let restore = "chmod -R u+w schemas; rm -r schemas; cp -r as-it-was schemas";
    transcript!(sandbox, @r#"
    $ ledger verify
    ok: 0 requests, 1 contract, 3 events verified
    $ chmod u+w schemas/contracts/billing.invoice/v1.json; echo >> schemas/contracts/billing.invoice/v1.json; ledger verify
    schemas/contracts/billing.invoice/v1.json: damage version-changed: v1 was changed after it was registered: its SHA-256 was [hash] and is [hash]
      fix: restore it from a copy, or from another clone
    1 finding: 0 requests, 1 contract, 3 events verified
    [exit 9]
    "#);
    sandbox.run(restore);
    transcript!(sandbox, @r#"
    $ rm schemas/contracts/billing.invoice/v2.json; ledger verify; ledger contract check
    schemas/contracts/billing.invoice/v2.json: damage version-missing: v2 was registered and has no file
      fix: restore it from a copy, or from another clone
    1 finding: 0 requests, 1 contract, 3 events verified
    schemas/contracts/billing.invoice/v2.json: version-changed: v2 was registered and has no file
      fix: restore it from a copy, or from another clone
    breaking: 1 contract, 0 versions checked (declared content), 1 problem
    [exit 3]
    "#);
    sandbox.run(restore);
    transcript!(sandbox, @r#"
    $ sed -i 's/"shop"/"cart"/' schemas/contracts/billing.invoice/events.jsonl; ledger verify; ledger contract list
    schemas/contracts/billing.invoice/events.jsonl:3: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: restore it from a copy, or from another clone
    1 finding: 0 requests, 1 contract, 2 events verified
    NAME  NEWEST  STAGE  MODE  OWNER  CONSUMERS
    ! billing.invoice can't be read: schemas/contracts/billing.invoice/events.jsonl:3: the line was changed: its hash does not match its bytes (ledger verify)
    [exit 9]
    "#);
    sandbox.run(restore);
    transcript!(sandbox, @"
    $ sed -i 1d schemas/contracts/billing.invoice/events.jsonl; ledger verify
    schemas/contracts/billing.invoice/events.jsonl:1: damage history-damaged: event 2 ([head]) follows [head], which is not here: an event was removed
      fix: restore it from a copy, or from another clone
    1 finding: 0 requests, 1 contract, 0 events verified
    [exit 9]
    ");
    sandbox.run(restore);
    transcript!(sandbox, @"
    $ cp v3.json schemas/contracts/billing.invoice/v3.json; touch schemas/contracts/README schemas/contracts/billing.invoice/notes.txt; ledger verify
    schemas/contracts/README: violation stray: it does not belong here
      fix: mv -n schemas/contracts/README .
    schemas/contracts/billing.invoice/notes.txt: violation stray: it does not belong here
      fix: mv -n schemas/contracts/billing.invoice/notes.txt .
    schemas/contracts/billing.invoice/v3.json: violation version-unregistered: v3 has a file and is not on record
      fix: ledger contract add billing.invoice schemas/contracts/billing.invoice/v3.json, or move it away
    3 findings: 0 requests, 1 contract, 3 events verified
    [exit 3]
    ");
    sandbox.run(restore);
    transcript!(sandbox, @r#"
    $ printf '{"format":1,"str' >> schemas/contracts/billing.invoice/events.jsonl; ledger verify
    schemas/contracts/billing.invoice/events.jsonl: violation tail-torn: 16 bytes of a write that was cut short stand at its end
      fix: ledger doctor --fix sets it aside; so does the next write to the contract
    1 finding: 0 requests, 1 contract, 3 events verified
    [exit 3]
    $ ledger contract activate billing.invoice@1; ledger verify
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #4  alice  v1 active
    ok: 0 requests, 1 contract, 4 events verified
    ! ledger: repaired [tmp]/work/schemas/contracts/billing.invoice/events.jsonl: 16 bytes of a write that was cut short are kept in [tmp]/work/coordination/.local/quarantine/contract-billing.invoice-[head].torn
    "#);
}

#[test]
fn what_two_clones_did_at_once_is_united_and_told() {
    let sandbox = invoices();
    sandbox.clone_to("other");
    transcript!(sandbox, @"
    $ ledger contract mode billing.invoice none -q; ledger contract mode billing.invoice full -q --root ../other
    billing.invoice
    billing.invoice
    $ cat ../other/schemas/contracts/billing.invoice/events.jsonl >> schemas/contracts/billing.invoice/events.jsonl; ledger verify | sed 's/jsonl:[48]:/jsonl:N:/'
    schemas/contracts/billing.invoice/events.jsonl:N: note contract-diverged: two clones said different things at once of its mode: event 4 ([head]) holds
      fix: say it anew: the next word settles it
    ok: 0 requests, 1 contract, 5 events verified, 1 note
    $ ledger contract mode billing.invoice full -q; ledger verify
    billing.invoice
    ok: 0 requests, 1 contract, 6 events verified
    ");
}

#[test]
fn a_number_that_two_clones_gave_is_told() {
    let sandbox = invoices();
    sandbox.clone_to("other");
    transcript!(sandbox, @"
    $ for root in . ../other; do ledger contract mode billing.invoice none -q --root $root; done
    billing.invoice
    billing.invoice
    $ echo true > true.json; ledger contract add billing.invoice v3.json -q; ledger contract add billing.invoice true.json -q --root ../other
    billing.invoice@3
    billing.invoice@3
    $ cat ../other/schemas/contracts/billing.invoice/events.jsonl >> schemas/contracts/billing.invoice/events.jsonl; ledger verify | head -n 1
    schemas/contracts/billing.invoice/v3.json: violation version-twice: two clones registered different schemas as v3: the one with the SHA-256 [hash] counts, the one with [hash] does not
    ");
}

#[test]
fn what_two_clones_gave_one_number_is_settled_as_told() {
    let sandbox = files();
    sandbox.run(
        "echo false > b.json; echo true > c.json; ledger contract add a v1.json --mode NONE; git init -q -b main . \
         && git config user.name t && git config user.email t@example.com && git add -A && git commit -q -m base",
    );
    sandbox.run("git checkout -q -b one && ledger contract add a b.json && git add -A && git commit -q -m one");
    sandbox.run("git checkout -q main && git checkout -q -b two && ledger contract add a c.json && git add -A && git commit -q -m two");
    // The log is united; of the file somebody keeps one side, and it is the wrong one.
    sandbox.run(
        "git show one:schemas/contracts/a/events.jsonl | tail -n 1 > ../line; cat ../line >> schemas/contracts/a/events.jsonl",
    );
    let here = sandbox.shell("ledger contract check").status.success();
    let (other, copy) = if here { ("two~1", "b.json") } else { ("one", "c.json") };
    sandbox.run(&format!(
        "chmod u+w schemas/contracts/a/v2.json; cp {copy} schemas/contracts/a/v2.json; cp {copy} copy.json; git add -A; git commit -q -m merged"
    ));
    transcript!(sandbox, @r#"
    $ ledger verify
    schemas/contracts/a/v2.json: violation version-twice: two clones registered different schemas as v2: the one with the SHA-256 [hash] counts, the one with [hash] does not
      fix: the file here does not count: keep a copy of it; git log --all --oneline -- schemas/contracts/a/v2.json tells the commits with the other: git checkout COMMIT -- schemas/contracts/a/v2.json (its SHA-256 is [hash]); then ledger contract add a COPY
    1 finding: 0 requests, 1 contract, 3 events verified
    [exit 3]
    $ ledger contract add a copy.json
    ! error: two clones registered a@2, and [tmp]/work/schemas/contracts/a/v2.json is not the one that counts
    ! hint: keep a copy of it; git log --all --oneline -- schemas/contracts/a/v2.json tells the commits with the other: git checkout COMMIT -- schemas/contracts/a/v2.json (its SHA-256 is [hash]); then ledger contract add a COPY
    [exit 9]
    $ ledger contract check
    schemas/contracts/a/v2.json: version-changed: v2 is not the file that was registered
      fix: keep a copy of it; git log --all --oneline -- schemas/contracts/a/v2.json tells the commits with the other: git checkout COMMIT -- schemas/contracts/a/v2.json (its SHA-256 is [hash]); then ledger contract add a COPY
    breaking: 1 contract, 0 versions checked (declared content), 1 problem
    [exit 3]
    "#);
    sandbox.run(&format!("git checkout {other} -- schemas/contracts/a/v2.json"));
    transcript!(sandbox, @r#"
    $ ledger verify
    schemas/contracts/a/v2.json: violation version-twice: two clones registered different schemas as v2: the one with the SHA-256 [hash] counts, the one with [hash] does not
      fix: the file here counts: register the other one anew; git log --all --oneline -- schemas/contracts/a/v2.json tells the commits with it: git show COMMIT:./schemas/contracts/a/v2.json > FILE; ledger contract add a FILE
    1 finding: 0 requests, 1 contract, 3 events verified
    [exit 3]
    $ ledger contract add a copy.json -q; ledger verify
    a@3
    ok: 0 requests, 1 contract, 4 events verified
    "#);
}

#[test]
fn what_is_written_by_hand_is_held_to_the_rules() {
    let sandbox = invoices();
    // Whoever can hash can write; what follows must follow.
    sandbox.run(
        r#"log=schemas/contracts/billing.invoice/events.jsonl; parent=$(tail -n 1 $log | tail -c 67 | head -c 64)
           line="{\"format\":1,\"stream\":\"contract:billing.invoice\",\"n\":4,\"at\":\"2999-01-01T00:00:00.000Z\",\"tick\":0,\"writer\":\"byhand\",\"by\":\"eve\",\"type\":\"RETIRED\",\"data\":{\"version\":1},\"parents\":[\"$parent\"]"
           hash=$({ printf 'ledger-event-v1\n'; printf '%s}' "$line"; } | sha256sum | cut -c1-64)
           printf '%s,"hash":"%s"}\n' "$line" "$hash" >> $log"#,
    );
    transcript!(sandbox, @"
    $ ledger verify
    schemas/contracts/billing.invoice/events.jsonl:4: violation clock-ahead: event 4: YYYY-MM-DDThh:mm:ss.mmmZ is ahead of the clock here
      fix: on the machine that wrote it: timedatectl set-ntp true; order within a contract does not depend on it
    schemas/contracts/billing.invoice/events.jsonl:4: violation contract-illegal: event 4: billing.invoice@1 can't be retired: shop still uses it
      fix: find out how it was written; settle it with a new event, or restore the log from git
    2 findings: 0 requests, 1 contract, 4 events verified
    [exit 3]
    ");
}

#[test]
fn links_are_not_followed() {
    let sandbox = files();
    transcript!(sandbox, @r#"
    $ mkdir -p schemas/contracts ../outside; ln -s ../../../outside schemas/contracts/a; ledger contract add a v1.json
    ! error: [tmp]/work/schemas/contracts/a: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ ls ../outside; ledger verify
    schemas/contracts/a: violation stray: it does not belong here
      fix: mv -n schemas/contracts/a .
    1 finding: 0 requests, 0 events verified
    [exit 3]
    "#);
}

#[test]
fn one_damaged_contract_hides_no_other() {
    let sandbox = super::invoices();
    sandbox.run("ledger contract add a v1.json && sed -i s/alice/mallory/ schemas/contracts/a/events.jsonl");
    transcript!(sandbox, @r#"
    $ ledger contract list
    NAME             NEWEST  STAGE  MODE                 OWNER    CONSUMERS
    billing.invoice  v2      draft  BACKWARD_TRANSITIVE  billing  1
    ! a can't be read: schemas/contracts/a/events.jsonl:1: the line was changed: its hash does not match its bytes (ledger verify)
    [exit 9]
    $ ledger contract list --json | tail -n 9
    {
      "v": 1,
      "data": {
        "contracts": [
          {
            "contract": "billing.invoice", "mode": "BACKWARD_TRANSITIVE", "formats": false, "owner": "billing",
            "newest": 2,
            "versions": [
              {
                "version": 1, "stage": "draft", "sha256": "[hash]", "verdict": "compatible", "assumed": false,
                "waiver": null, "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"
              },
              {
                "version": 2, "stage": "draft", "sha256": "[hash]", "verdict": "compatible", "assumed": true,
                "waiver": null, "by": "alice", "at": "YYYY-MM-DDThh:mm:ss.mmmZ"
              }
            ],
            "consumers": [{"repo": "shop", "version": 1}], "waivers": [], "conflicts": []
          }
        ],
        "has_more": false,
        "damaged": [
          {
            "contract": "a",
            "what": "schemas/contracts/a/events.jsonl:1: the line was changed: its hash does not match its bytes"
          }
        ]
      }
    }
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "a can't be read: schemas/contracts/a/events.jsonl:1: the line was changed: its hash does not match its bytes (ledger verify)"
    !   }
    ! }
    "#);
}
