//! Registering versions, and looking at them.

use super::{files, invoices};
use crate::transcript;

#[test]
fn a_schema_becomes_the_next_version_and_its_file_is_never_written_again() {
    let sandbox = files();
    transcript!(sandbox, @r#"
    $ ledger contract add billing.invoice v1.json --owner billing
    billing.invoice@1 registered
      billing.invoice@1: compatible (BACKWARD_TRANSITIVE)
    $ ledger contract add billing.invoice v2.json
    billing.invoice@2 registered
      billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
        backward: every document of v1 is valid under v2: no document is in the one and not in the other
          this holds for documents with declared members only; for all documents:
          valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
    $ ls -l schemas/contracts/billing.invoice | tail -n +2 | cut -c 1-10; ls schemas/contracts/billing.invoice
    -rw-r--r--
    -r--r--r--
    -r--r--r--
    events.jsonl
    v1.json
    v2.json
    $ cmp v2.json schemas/contracts/billing.invoice/v2.json
    $ ledger contract list
    NAME             NEWEST  STAGE  MODE                 OWNER    CONSUMERS
    billing.invoice  v2      draft  BACKWARD_TRANSITIVE  billing  0
    $ ledger contract show billing.invoice
    billing.invoice  BACKWARD_TRANSITIVE, provided by billing

    VERSION  STAGE  REGISTERED            BY     THEN FOUND                        CONSUMERS
    v1       draft  YYYY-MM-DD hh:mm:ssZ  alice  compatible
    v2       draft  YYYY-MM-DD hh:mm:ssZ  alice  compatible with declared content
    $ ledger contract show billing.invoice@1
    {
      "properties": {
        "id": {
          "type": "integer"
        }
      },
      "required": [
        "id"
      ],
      "type": "object"
    }
    $ ledger contract log billing.invoice
    YYYY-MM-DD hh:mm:ssZ  #1  alice  registered v1: compatible (BACKWARD_TRANSITIVE)
    YYYY-MM-DD hh:mm:ssZ  #2  alice  registered v2: compatible with declared content (BACKWARD_TRANSITIVE)
    $ ledger verify
    ok: 0 requests, 1 contract, 2 events verified
    "#);
}

#[test]
fn the_same_content_is_the_same_version_however_it_is_written() {
    let sandbox = invoices();
    let before = sandbox.run("find schemas -type f | sort | xargs sha256sum");
    transcript!(sandbox, @r#"
    $ tr -d ' \n' < v1.json > compact.json; ledger contract add billing.invoice compact.json
    billing.invoice@1 has this content: nothing was written
    $ ledger contract add billing.invoice v2.json --json
    {
      "v": 1,
      "data": {
        "contract": "billing.invoice", "version": 2, "outcome": "same", "deduplicated": true, "dry_run": false,
        "file": "schemas/contracts/billing.invoice/v2.json"
      }
    }
    "#);
    assert_eq!(sandbox.run("find schemas -type f | sort | xargs sha256sum"), before);
}

#[test]
fn a_key_names_one_intent() {
    transcript!(files(), @r#"
    $ ledger contract add billing.invoice v1.json --key first
    billing.invoice@1 registered
      billing.invoice@1: compatible (BACKWARD_TRANSITIVE)
    $ ledger contract add billing.invoice v1.json --key first
    billing.invoice@1 registered before with this key
    $ ledger contract add billing.invoice v2.json --key first
    ! error: the key "first" was used for something else, on contract:billing.invoice
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  #1  alice  registered v1: compatible (BACKWARD_TRANSITIVE)
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger contract pin billing.invoice@1 --consumer shop --key pin-1
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #2  alice  shop uses v1
    $ ledger contract pin billing.invoice@1 --consumer shop --key pin-1
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #2  alice  shop uses v1 (written before with this key)
    $ ledger contract pin billing.invoice@1 --consumer web --key pin-1
    ! error: the key "pin-1" was used for something else, on contract:billing.invoice
    !   it stands for:
    !     YYYY-MM-DD hh:mm:ssZ  #2  alice  shop uses v1
    ! hint: the same command with another key, for another intent: --key KEY
    [exit 6]
    $ ledger contract log billing.invoice
    YYYY-MM-DD hh:mm:ssZ  #1  alice  registered v1: compatible (BACKWARD_TRANSITIVE)
    YYYY-MM-DD hh:mm:ssZ  #2  alice  shop uses v1
    "#);
}

#[test]
fn a_dry_run_writes_nothing() {
    let sandbox = files();
    transcript!(sandbox, @"
    $ ledger contract add billing.invoice v1.json --dry-run
    billing.invoice@1 would be registered (dry run: nothing was written)
      billing.invoice@1: compatible (BACKWARD_TRANSITIVE)
    $ ls schemas
    ledger
    ");
    sandbox.run("ledger contract add billing.invoice v1.json");
    let before = sandbox.run("find schemas -type f | sort | xargs sha256sum");
    transcript!(sandbox, @r#"
    $ ledger contract add billing.invoice v2.json --dry-run -q
    billing.invoice@2
    $ ledger contract pin billing.invoice@1 --consumer shop --dry-run
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #2  alice  shop uses v1 (dry run: nothing was written)
    $ ledger contract mode billing.invoice none --dry-run --json
    {
      "v": 1,
      "data": {
        "contract": "billing.invoice", "deduplicated": false, "dry_run": true,
        "event": {
          "format": 1, "stream": "contract:billing.invoice", "n": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
          "writer": "[writer]", "by": "alice", "type": "MODE_SET", "data": {"mode": "NONE"},
          "parents": ["[hash]"], "hash": "[hash]"
        }
      }
    }
    "#);
    assert_eq!(sandbox.run("find schemas -type f | sort | xargs sha256sum"), before);
}

#[test]
fn a_break_is_refused_with_the_document_that_breaks() {
    let sandbox = invoices();
    let before = sandbox.run("find schemas -type f | sort | xargs sha256sum");
    transcript!(sandbox, @r#"
    $ ledger contract add billing.invoice v3.json
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}, touches shop
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      to ask for leave: ledger contract propose billing.invoice FILE
    nothing was written
    [exit 3]
    $ ledger contract add billing.invoice v3.json --json
    {
      "v": 1,
      "data": {
        "contract": "billing.invoice", "version": 3, "outcome": "stopped", "deduplicated": false,
        "dry_run": false, "file": "schemas/contracts/billing.invoice/v3.json",
        "check": {
          "contract": "billing.invoice", "version": 3, "mode": "BACKWARD_TRANSITIVE", "formats": false,
          "open_content": "declared", "verdict": "breaking", "strict_verdict": "breaking", "assumed": false,
          "passes": false, "against": [1, 2],
          "pairs": [
            {
              "against": 2, "direction": "backward", "verdict": "breaking", "answer": "not_contained",
              "reason": "found by solving for the difference", "witness": {"id": 0},
              "strict_answer": "not_contained", "strict_witness": {"id": 0}
            },
            {
              "against": 1, "direction": "backward", "verdict": "breaking", "answer": "not_contained",
              "reason": "found by solving for the difference", "witness": {"id": 0},
              "strict_answer": "not_contained", "strict_witness": {"id": 0}
            }
          ],
          "consumers": [
            {
              "repo": "shop", "version": 1, "by_needs": false, "direction": "backward", "verdict": "breaking",
              "assumed": false, "reason": "found by solving for the difference", "witness": {"id": 0},
              "strict_verdict": "breaking"
            }
          ],
          "waivers": []
        }
      }
    }
    [exit 3]
    "#);
    assert_eq!(sandbox.run("find schemas -type f | sort | xargs sha256sum"), before);
}

#[test]
fn of_many_who_register_at_once_each_gets_a_number_of_its_own() {
    let sandbox = files();
    sandbox.run("ledger contract add many v1.json --mode none");
    sandbox.run(
        r#"for i in 1 2 3 4 5 6 7 8; do echo "{\"const\":$i}" > $i.json; ledger contract add many $i.json --key $i > out.$i & done; wait
           for i in 1 2 3 4 5 6 7 8; do ledger contract add many $i.json --key $i; done | grep -c 'before with this key'"#,
    );
    transcript!(sandbox, @"
    $ ls schemas/contracts/many | wc -l; cat out.? | grep -c registered; ledger contract show many | grep -c draft
    10
    8
    9
    $ ledger verify
    ok: 0 requests, 1 contract, 9 events verified
    ");
}

#[test]
fn the_mode_says_what_breaks() {
    transcript!(files(), @r#"
    $ ledger contract add a v1.json --mode none; ledger contract add a v3.json
    a@1 registered
      a@1: compatible (NONE)
    a@2 registered
      a@2: compatible (NONE)
    $ echo '{"type":["integer","string"]}' > wide.json; echo '{"type":"integer"}' > narrow.json
    $ ledger contract add b narrow.json --mode forward; ledger contract add b wide.json
    b@1 registered
      b@1: compatible (FORWARD)
    b@2: breaking (FORWARD)
      forward: valid under v2, not under v1: "" (found by solving for the difference)
        type-widened /type: "integer" → ["integer","string"]
          error: breaks ""
      it touches no consumer
      to ask for leave: ledger contract propose b FILE
    nothing was written
    [exit 3]
    $ ledger contract mode b backward; ledger contract add b wide.json
    b  YYYY-MM-DD hh:mm:ssZ  #2  alice  mode BACKWARD
    b@2 registered
      b@2: compatible (BACKWARD)
    $ ledger contract mode b sideways
    ! error: invalid value 'sideways' for '<MODE>': unknown mode "sideways"; known are NONE, BACKWARD, FORWARD and FULL, the last three also with _TRANSITIVE
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn without_the_assumption_an_optional_member_breaks() {
    let sandbox = files();
    sandbox
        .run(r#"sed -i 's/"roles": {}/"roles": {}, "contract": {"open_content": "strict"}/' coordination/ledger.json"#);
    transcript!(sandbox, @r#"
    $ ledger contract add billing.invoice v1.json -q
    billing.invoice@1
    $ ledger contract add billing.invoice v2.json
    billing.invoice@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
        property-added /properties/note: nothing → {"type":"string"}
          error: breaks {"id":0,"note":null}
      it touches no consumer
      to ask for leave: ledger contract propose billing.invoice FILE
    nothing was written
    [exit 3]
    "#);
}

#[test]
fn a_folder_is_imported_in_order_and_once() {
    transcript!(files(), @r#"
    $ mkdir flat; cp v1.json flat/billing.invoice_v1.json; cp v2.json flat/billing.invoice_v2.json; cp v1.json flat/a_v1.json; touch flat/notes.txt
    $ ledger contract import flat --owner billing
    a@1 registered
      a@1: compatible (BACKWARD_TRANSITIVE)
    billing.invoice@1 registered
      billing.invoice@1: compatible (BACKWARD_TRANSITIVE)
    billing.invoice@2 registered
      billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
        backward: every document of v1 is valid under v2: no document is in the one and not in the other
          this holds for documents with declared members only; for all documents:
          valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
    $ ledger contract import flat --owner billing
    a@1 has this content: nothing was written
    billing.invoice@1 has this content: nothing was written
    billing.invoice@2 has this content: nothing was written
    $ cp v3.json flat/a_v3.json; ledger contract import flat
    a@1 has this content: nothing was written
    ! error: [tmp]/work/flat/a_v3.json would be v2 of a: a version before it is missing
    ! hint: import all versions, from v1 on
    [exit 5]
    $ cp v3.json flat/a_v2.json; ledger contract import flat
    a@1 has this content: nothing was written
    a@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v1, not under v2: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      it touches no consumer
      to ask for leave: ledger contract propose a FILE
    nothing was written
    billing.invoice@1 has this content: nothing was written
    billing.invoice@2 has this content: nothing was written
    [exit 3]
    $ mkdir empty; ledger contract import empty
    ! error: [tmp]/work/empty has no files NAME_vN.json
    ! hint: ledger contract import --help
    [exit 2]
    "#);
}

#[test]
fn a_file_that_is_in_the_way_is_neither_replaced_nor_taken_for_another() {
    transcript!(files(), @"
    $ mkdir -p schemas/contracts/a; cp v1.json schemas/contracts/a/v1.json
    $ ledger contract add a v2.json
    ! error: [tmp]/work/schemas/contracts/a/v1.json is there and not on record
    ! hint: register it as it is (ledger contract add a [tmp]/work/schemas/contracts/a/v1.json), or move it away
    [exit 6]
    $ ledger contract add a v1.json
    a@1 registered
      a@1: compatible (BACKWARD_TRANSITIVE)
    $ ledger verify
    ok: 0 requests, 1 contract, 1 event verified
    ");
}

#[test]
fn a_number_in_a_folder_means_the_same_in_the_registry() {
    let sandbox = files();
    sandbox.run("mkdir flat; cp v1.json flat/billing_v1.json; cp v2.json flat/billing_v2.json; echo true > flat/z_v1.json; ledger contract import flat");
    transcript!(sandbox, @r#"
    $ echo '{"x":1}' > flat/billing_v1.json; ledger contract import flat
    ! error: [tmp]/work/flat/billing_v1.json is not what is registered as billing@1
    ! hint: to register it as the next version, name it billing_v3.json
    [exit 5]
    $ cp v1.json flat/billing_v1.json; echo false > flat/z_v1.json; ledger contract import flat --dry-run
    billing@1 has this content: nothing was written
    billing@2 has this content: nothing was written
    ! error: [tmp]/work/flat/z_v1.json is not what is registered as z@1
    ! hint: to register it as the next version, name it z_v2.json
    [exit 5]
    $ echo true > flat/z_v1.json; cp v1.json flat/billing_v3.json; ledger contract import flat
    billing@1 has this content: nothing was written
    billing@2 has this content: nothing was written
    ! error: [tmp]/work/flat/billing_v3.json has the content of billing@1: the same content is the same version
    ! hint: leave it out, and number those that follow anew
    [exit 5]
    $ rm flat/billing_v3.json; echo true > flat/z_v4.json; ledger contract import flat
    billing@1 has this content: nothing was written
    billing@2 has this content: nothing was written
    z@1 has this content: nothing was written
    ! error: [tmp]/work/flat/z_v4.json would be v2 of z: a version before it is missing
    ! hint: import all versions, from v1 on
    [exit 5]
    $ ledger contract list
    NAME     NEWEST  STAGE  MODE                 OWNER  CONSUMERS
    billing  v2      draft  BACKWARD_TRANSITIVE         0
    z        v1      draft  BACKWARD_TRANSITIVE         0
    "#);
}

#[test]
fn an_import_prints_one_document() {
    let sandbox = files();
    transcript!(sandbox, @r#"
    $ mkdir flat; cp v1.json flat/a_v1.json; cp v2.json flat/b_v1.json; ledger contract import flat --json | wc -l
    1
    $ ledger contract import flat --json
    {
      "v": 1,
      "data": {
        "imported": [
          {
            "contract": "a", "version": 1, "outcome": "same", "deduplicated": true, "dry_run": false,
            "file": "schemas/contracts/a/v1.json"
          },
          {
            "contract": "b", "version": 1, "outcome": "same", "deduplicated": true, "dry_run": false,
            "file": "schemas/contracts/b/v1.json"
          }
        ]
      }
    }
    $ ledger contract import flat --format jsonl | wc -l
    2
    $ cp v3.json flat/b_v3.json; ledger contract import flat --json 2> /dev/null | wc -l
    1
    "#);
}

#[test]
fn a_trial_of_a_folder_goes_through_all_of_it() {
    transcript!(files(), @r#"
    $ mkdir flat; cp v1.json flat/a_v1.json; cp v2.json flat/a_v2.json; cp v3.json flat/a_v3.json
    $ ledger contract import flat --dry-run --mode BACKWARD
    a@1 would be registered (dry run: nothing was written)
      a@1: compatible (BACKWARD)
    a@2 would be registered (dry run: nothing was written)
      a@2: compatible (BACKWARD), assuming declared content
        backward: every document of v1 is valid under v2: no document is in the one and not in the other
          this holds for documents with declared members only; for all documents:
          valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
    a@3: breaking (BACKWARD)
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      it touches no consumer
      to ask for leave: ledger contract propose a FILE
    nothing was written
    [exit 3]
    $ ledger contract list
    ! there are no contracts: ledger contract add NAME FILE
    $ rm flat/a_v3.json; ledger contract import flat -q; ledger contract import flat --mode FULL --owner billing
    a@1
    a@2
    a@1 has this content: nothing was written
    a@2 has this content: nothing was written
    ! a keeps its mode BACKWARD_TRANSITIVE: ledger contract mode a FULL
    ! a stays without owner: ledger contract owner a billing
    "#);
}

#[test]
fn other_settings_are_told_of_whether_or_not_the_content_is_known() {
    transcript!(invoices(), @"
    $ ledger contract add billing.invoice v1.json --mode FULL
    ! error: billing.invoice has the mode BACKWARD_TRANSITIVE; to change it: ledger contract mode billing.invoice FULL
    ! hint: ledger contract mode billing.invoice FULL
    [exit 2]
    $ ledger contract add billing.invoice v1.json --owner shop
    ! error: billing.invoice has the owner billing; to change it: ledger contract owner billing.invoice shop
    ! hint: ledger contract owner billing.invoice shop
    [exit 2]
    $ ledger contract add billing.invoice v1.json --formats
    ! error: billing.invoice does not assert formats; to change it: ledger contract formats billing.invoice on
    ! hint: ledger contract formats billing.invoice on
    [exit 2]
    $ ledger contract add billing.invoice v1.json --owner billing --mode BACKWARD_TRANSITIVE
    billing.invoice@1 has this content: nothing was written
    ");
}
