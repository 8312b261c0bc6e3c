//! Who uses which version, and how a version's life ends.

use super::invoices;
use crate::transcript;

#[test]
fn a_version_is_retired_once_nobody_uses_it() {
    transcript!(invoices(), @"
    $ ledger contract activate billing.invoice@1
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #4  alice  v1 active
    $ ledger contract activate billing.invoice@1
    billing.invoice  it is so already: nothing was written
    $ ledger contract retire billing.invoice@1
    ! error: billing.invoice@1 is active: it can't become retired
    ! hint: ledger contract deprecate billing.invoice@1
    [exit 5]
    $ ledger contract deprecate billing.invoice@1
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #5  alice  v1 deprecated
    $ ledger contract retire billing.invoice@1
    ! error: billing.invoice@1 can't be retired: shop still uses it
    ! hint: once it has moved: ledger contract pin billing.invoice@V --consumer shop
    [exit 5]
    $ ledger contract status billing.invoice
    billing.invoice  BACKWARD_TRANSITIVE, provided by billing

    VERSION  STAGE       REGISTERED            BY     THEN FOUND                        CONSUMERS
    v1       deprecated  YYYY-MM-DD hh:mm:ssZ  alice  compatible                        shop
    v2       draft       YYYY-MM-DD hh:mm:ssZ  alice  compatible with declared content

    still to move: shop (v1)
    $ ledger contract pin billing.invoice@2 --consumer shop
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #6  alice  shop uses v2
    $ ledger contract retire billing.invoice@1
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #7  alice  v1 retired
    $ ledger contract pin billing.invoice@1 --consumer web
    ! error: billing.invoice@1 is retired
    ! hint: ledger contract show billing.invoice tells its versions
    [exit 5]
    $ ledger contract activate billing.invoice@1
    ! error: billing.invoice@1 is retired: it can't become active
    ! hint: ledger contract show billing.invoice tells its versions
    [exit 5]
    $ ledger contract status billing.invoice
    billing.invoice  BACKWARD_TRANSITIVE, provided by billing

    VERSION  STAGE    REGISTERED            BY     THEN FOUND                        CONSUMERS
    v1       retired  YYYY-MM-DD hh:mm:ssZ  alice  compatible
    v2       draft    YYYY-MM-DD hh:mm:ssZ  alice  compatible with declared content  shop

    all have moved to the newest version
    ");
}

#[test]
fn new_versions_need_not_fit_retired_ones() {
    let sandbox = invoices();
    sandbox.run("ledger contract unpin billing.invoice --consumer shop");
    sandbox.run("ledger contract retire billing.invoice@1 && ledger contract retire billing.invoice@2");
    transcript!(sandbox, @"
    $ ledger contract add billing.invoice v3.json
    billing.invoice@3 registered
      billing.invoice@3: compatible (BACKWARD_TRANSITIVE)
    ");
}

#[test]
fn what_is_not_there_is_told_as_such() {
    transcript!(invoices(), @r#"
    $ ledger contract show billing.invoce
    ! error: there is no contract billing.invoce
    ! hint: did you mean billing.invoice?
    [exit 4]
    $ ledger contract show billing.invoice@7
    ! error: billing.invoice has no version 7
    ! hint: ledger contract show billing.invoice@2
    [exit 4]
    $ ledger contract pin billing.invoice@7 --consumer shop
    ! error: billing.invoice has no version 7
    ! hint: ledger contract show billing.invoice@2
    [exit 4]
    $ ledger contract unpin billing.invoice --consumer web
    ! error: web is not pinned to billing.invoice: only shop
    ! hint: ledger contract show billing.invoice tells who uses it
    [exit 4]
    $ ledger contract pin billing.invoice --consumer shop
    ! error: contract reference "billing.invoice" is not valid: expected NAME@VERSION, for example billing.invoice@2
    ! hint: ledger contract pin --help
    [exit 2]
    $ ledger contract show Billing
    ! error: contract name "Billing" is not valid: expected [a-z0-9][a-z0-9._-]*, at most 120 characters
    ! hint: ledger contract show --help
    [exit 2]
    $ ledger contract owner billing.invoice 'two words'
    ! error: repository "two words" is not valid: expected 1 to 200 bytes without blanks or control characters
    ! hint: ledger contract owner --help
    [exit 2]
    "#);
}

#[test]
fn settings_are_events_too() {
    transcript!(invoices(), @r#"
    $ ledger contract owner billing.invoice acme/billing
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #4  alice  owner acme/billing
    $ ledger contract owner billing.invoice acme/billing
    billing.invoice  it is so already: nothing was written
    $ ledger contract formats billing.invoice on
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #5  alice  formats asserted
    $ ledger contract mode billing.invoice full-transitive
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #6  alice  mode FULL_TRANSITIVE
    $ ledger contract show billing.invoice --json
    {
      "v": 1,
      "data": {
        "contract": "billing.invoice", "mode": "FULL_TRANSITIVE", "formats": true, "owner": "acme/billing",
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
    }
    $ ledger contract log billing.invoice --format jsonl | tail -n 1
    {
      "v": 1,
      "data": {
        "format": 1, "stream": "contract:billing.invoice", "n": 6, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "tick": 0,
        "writer": "[writer]", "by": "alice", "type": "MODE_SET", "data": {"mode": "FULL_TRANSITIVE"},
        "parents": ["[hash]"], "hash": "[hash]"
      }
    }
    "#);
}
