//! Where requests meet contracts.

use super::{files, invoices};
use crate::transcript;

#[test]
fn a_packet_names_versions_that_exist() {
    transcript!(invoices(), @"
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --contract billing.invoice@2 -q
    REQ-YYYYMMDD-0001
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --contract billing.invoice@3
    ! error: the packet is not valid
    !   /contracts/0: there is no billing.invoice@3: its newest is billing.invoice@2
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --from shop --to billing --type contract-change --contract billing.invoice@3 -q
    REQ-YYYYMMDD-0002
    $ ledger new --title T --from shop --to billing --type contract-change --contract billing.invoice@4
    ! error: the packet is not valid
    !   /contracts/0: there is no billing.invoice@4: its newest is billing.invoice@2, the next would be billing.invoice@3
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --from shop --to billing --type contract-change --contract billing.invoce@2
    ! error: the packet is not valid
    !   /contracts/0: there is no contract billing.invoce; did you mean billing.invoice?
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --from shop --to billing --type contract-change --contract shop.cart@1 -q
    REQ-YYYYMMDD-0003
    ");
}

#[test]
fn where_there_is_no_registry_any_version_may_be_named() {
    transcript!(files(), @"
    $ ledger new --title T --from shop --to billing --type contract-change --contract billing.invoice@3 -q
    REQ-YYYYMMDD-0001
    ");
}

#[test]
fn a_contract_change_is_verified_once_its_check_passes() {
    let sandbox = invoices();
    sandbox.run("ledger new --title T --from shop --to billing --type contract-change --contract billing.invoice@2");
    sandbox.run("ledger new --title T --from shop --to billing --type contract-change --contract billing.invoice@3");
    for state in ["accepted", "in-progress", "delivered --evidence commit=1"] {
        sandbox.run(&format!("ledger transition 1 {state}; ledger transition 2 {state}"));
    }
    transcript!(sandbox, @r#"
    $ ledger show 1 --explain | grep -A 1 Next
    Next  for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
      because VERIFIED follows DELIVERED
    $ ledger transition 1 verified
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  DELIVERED → VERIFIED
      next, for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    $ ledger transition 2 verified
    ! error: REQ-YYYYMMDD-0002: DELIVERED can't become VERIFIED yet: it needs a passed compatibility check of its contracts (billing.invoice@3: billing.invoice has no version 3), or an approval as sponsor (ledger approve REQ --as sponsor)
    ! hint: ledger approve REQ-YYYYMMDD-0002 --as sponsor
    [exit 5]
    $ ledger approve 2 --as sponsor -q; ledger transition 2 verified
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0002  YYYY-MM-DD hh:mm:ssZ  v6  alice  DELIVERED → VERIFIED
      next, for shop: ledger transition REQ-YYYYMMDD-0002 CLOSED
    "#);
}

#[test]
fn a_check_that_no_longer_passes_holds_a_change_up() {
    let sandbox = invoices();
    sandbox.run("ledger new --title T --from shop --to billing --type contract-change --contract billing.invoice@2");
    for state in ["accepted", "in-progress", "delivered --evidence commit=1"] {
        sandbox.run(&format!("ledger transition 1 {state}"));
    }
    transcript!(sandbox, @r#"
    $ chmod u+w schemas/contracts/billing.invoice/v2.json; echo >> schemas/contracts/billing.invoice/v2.json; ledger transition 1 verified
    ! error: REQ-YYYYMMDD-0001: DELIVERED can't become VERIFIED yet: it needs a passed compatibility check of its contracts (billing.invoice@2: [tmp]/work/schemas/contracts/billing.invoice/v2.json: the file of a registered version was changed), or an approval as sponsor (ledger approve REQ --as sponsor)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    [exit 5]
    "#);
}

#[test]
fn the_check_of_a_change_reads_what_it_is_shown_and_says_why_it_fails() {
    let sandbox = invoices();
    sandbox.run(
        r#"mkdir shared; echo '{"type":"string"}' > shared/note.json
        echo '{"type":"object","properties":{"note":{"$ref":"https://acme.example/note.json"}}}' > mail.json
        ledger contract add mail mail.json --resolve https://acme.example=shared
        ledger contract mode billing.invoice NONE; ledger contract add billing.invoice v3.json
        ledger contract mode billing.invoice BACKWARD"#,
    );
    for (at, contract) in [(1, "mail@1"), (2, "billing.invoice@3")] {
        sandbox.run(&format!(
            "ledger new --title T --from shop --to billing --type contract-change --contract {contract} &&
             ledger transition {at} accepted && ledger transition {at} in-progress &&
             ledger transition {at} delivered --evidence commit=1"
        ));
    }
    transcript!(sandbox, @r#"
    $ ledger transition 1 verified
    ! error: REQ-YYYYMMDD-0001: DELIVERED can't become VERIFIED yet: it needs a passed compatibility check of its contracts (mail@1: mail@1 can't be read: /properties/note/$ref: "https://acme.example/note.json" refers to the network, which is never asked: --resolve PREFIX=DIR maps it to files), or an approval as sponsor (ledger approve REQ --as sponsor)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    [exit 5]
    $ ledger transition 1 verified --resolve https://acme.example=shared
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  DELIVERED → VERIFIED
      next, for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    $ ledger transition 2 verified
    ! error: REQ-YYYYMMDD-0002: DELIVERED can't become VERIFIED yet: it needs a passed compatibility check of its contracts (billing.invoice@3: breaking with v2 (BACKWARD), shown by {"id":0}), or an approval as sponsor (ledger approve REQ --as sponsor)
    ! hint: ledger approve REQ-YYYYMMDD-0002 --as sponsor
    [exit 5]
    "#);
}
