//! A break that was agreed.

use super::invoices;
use crate::transcript;

#[test]
fn a_break_passes_once_its_request_is_accepted_all_it_touches_have_approved_and_it_has_an_end() {
    let sandbox = invoices();
    transcript!(sandbox, @r#"
    $ ledger contract propose billing.invoice v3.json
    REQ-YYYYMMDD-0001  proposes billing.invoice@3
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}, touches shop
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      next: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
            ledger approve REQ-YYYYMMDD-0001 --as shop
            ledger contract waive billing.invoice@3 --request REQ-YYYYMMDD-0001 --reason TEXT --until YYYY-MM-DD
    $ ledger contract propose billing.invoice v3.json -q
    REQ-YYYYMMDD-0001
    $ ledger contract add billing.invoice v3.json
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}, touches shop
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      REQ-YYYYMMDD-0001 may waive it, and lacks:
        REQ-YYYYMMDD-0001 is PROPOSED (ledger transition REQ-YYYYMMDD-0001 ACCEPTED)
        an approval as shop (ledger approve REQ-YYYYMMDD-0001 --as shop)
        a reason and an end (ledger contract waive billing.invoice@3 --request REQ-YYYYMMDD-0001 --reason TEXT --until YYYY-MM-DD)
    nothing was written
    [exit 3]
    $ ledger transition 1 accepted -q; ledger approve 1 --as shop -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger contract add billing.invoice v3.json | grep lacks -A 2
      REQ-YYYYMMDD-0001 may waive it, and lacks:
        a reason and an end (ledger contract waive billing.invoice@3 --request REQ-YYYYMMDD-0001 --reason TEXT --until YYYY-MM-DD)
    nothing was written
    $ ledger contract waive billing.invoice@3 --request 1 --reason 'shop has moved' --until 2020-01-01
    ! error: a waiver until 2020-01-01 would be over
    ! hint: ledger contract waive --help: name a day that is to come
    [exit 5]
    $ ledger contract waive billing.invoice@3 --request 1 --reason 'shop has moved' --until 2999-12-31
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #4  alice  v3 may break until 2999-12-31 (REQ-YYYYMMDD-0001): shop has moved
    $ ledger contract check --candidate v3.json --contract billing.invoice
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE), waived by REQ-YYYYMMDD-0001
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}, touches shop
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      waived by REQ-YYYYMMDD-0001 until 2999-12-31: shop has moved
    compatible: 1 contract, 1 version checked (declared content)
    $ ledger contract add billing.invoice v3.json
    billing.invoice@3 registered
      billing.invoice@3: breaking (BACKWARD_TRANSITIVE), waived by REQ-YYYYMMDD-0001
        backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
        waived by REQ-YYYYMMDD-0001 until 2999-12-31: shop has moved
    $ ledger contract check | head -n 1
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE), waived by REQ-YYYYMMDD-0001
    $ ledger contract log billing.invoice | tail -n 2
    YYYY-MM-DD hh:mm:ssZ  #4  alice  v3 may break until 2999-12-31 (REQ-YYYYMMDD-0001): shop has moved
    YYYY-MM-DD hh:mm:ssZ  #5  alice  registered v3: breaking, waived by REQ-YYYYMMDD-0001 (BACKWARD_TRANSITIVE)
    $ ledger verify
    ok: 1 request, 1 contract, 8 events verified
    "#);
}

#[test]
fn what_was_agreed_is_about_one_content_and_ends_with_its_request() {
    let sandbox = invoices();
    sandbox.run(
        "ledger contract propose billing.invoice v3.json && ledger transition 1 accepted && ledger approve 1 --as shop",
    );
    sandbox.run("ledger contract waive billing.invoice@3 --request 1 --reason agreed --until 2999-12-31");
    transcript!(sandbox, @r#"
    $ sed 's/"id"/"di"/' v3.json > other.json; ledger contract add billing.invoice other.json | grep lacks -A 1
      REQ-YYYYMMDD-0001 may waive it, and lacks:
        REQ-YYYYMMDD-0001 is about another content of billing.invoice@3
    $ ledger transition 1 withdrawn --reason no -q; ledger contract add billing.invoice v3.json | grep lacks -A 1
    REQ-YYYYMMDD-0001
      REQ-YYYYMMDD-0001 may waive it, and lacks:
        REQ-YYYYMMDD-0001 is WITHDRAWN for good (another request: ledger contract propose billing.invoice FILE)
    "#);
}

#[test]
fn only_a_request_that_names_the_version_can_waive_it() {
    let sandbox = invoices();
    sandbox.bug("Something else", "");
    transcript!(sandbox, @r#"
    $ ledger contract waive billing.invoice@3 --request 1 --reason x --until 2999-12-31
    ! error: REQ-YYYYMMDD-0001 does not name billing.invoice@3
    ! hint: ledger contract propose billing.invoice FILE makes one that does
    [exit 5]
    $ ledger contract waive billing.invoice@3 --request 1 --reason x --until soon
    ! error: "soon" is not a time: expected a date as YYYY-MM-DD
    ! hint: ledger contract waive --help
    [exit 2]
    "#);
}

#[test]
fn a_proposal_holds_the_witnesses_and_asks_whom_it_touches() {
    transcript!(invoices(), @r#"
    $ ledger contract propose billing.invoice v3.json --migration 'Send texts' --dry-run
    a request would propose billing.invoice@3 (dry run: nothing was written)
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}, touches shop
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
    $ ledger contract propose billing.invoice v3.json --migration 'Send texts' --key ask -q
    REQ-YYYYMMDD-0001
    $ ledger show 1
    REQ-YYYYMMDD-0001  PROPOSED  v1
    billing.invoice@3 breaks the contract
      type         contract-change, P2, tracked
      asked        billing → shop
      by           alice, YYYY-MM-DD hh:mm:ssZ
      contracts    billing.invoice@3
      key          ask
      since        alice, YYYY-MM-DD hh:mm:ssZ (v1)

    Description
      billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
        backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
          type-changed /properties/id/type: "integer" → "string"
            error: breaks {"id":0}
        backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
          type-changed /properties/id/type: "integer" → "string"
            error: breaks {"id":0}, touches shop
        touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}

    Details
      - change: billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
      - changes: [{"against":2,"direction":"backward","document":{"id":0},"pointer":"/properties/id/type","rule":"type-changed"},{"against":1,"direction":"backward","document":{"id":0},"pointer":"/properties/id/type","rule":"type-changed"}]
      - content_sha256: [hash]
      - migration: Send texts
      - witnesses: [{"against":2,"direction":"backward","document":{"id":0}},{"against":1,"direction":"backward","document":{"id":0}}]

    Next  for shop: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger contract propose billing.invoice v2.json
    ! error: billing.invoice@2 has this content already, and passes
    ! hint: ledger contract show billing.invoice tells its versions: there is nothing to propose
    [exit 5]
    "#);
}

#[test]
fn leave_may_be_asked_for_what_was_registered_before_the_mode_was_tightened() {
    let sandbox = invoices();
    sandbox.run("ledger contract mode billing.invoice NONE; ledger contract add billing.invoice v3.json; ledger contract mode billing.invoice BACKWARD");
    transcript!(sandbox, @r#"
    $ ledger contract check | tail -n 3
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      to ask for leave: ledger contract propose billing.invoice schemas/contracts/billing.invoice/v3.json
    breaking: 1 contract, 1 version checked (declared content)
    $ ledger contract propose billing.invoice schemas/contracts/billing.invoice/v3.json | tail -n 4
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      next: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
            ledger approve REQ-YYYYMMDD-0001 --as shop
            ledger contract waive billing.invoice@3 --request REQ-YYYYMMDD-0001 --reason TEXT --until YYYY-MM-DD
    $ ledger transition 1 accepted -q; ledger approve 1 --as shop -q; ledger contract waive billing.invoice@3 --request 1 --reason agreed --until 2999-12-31 -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    billing.invoice
    $ ledger contract check | tail -n 2
      waived by REQ-YYYYMMDD-0001 until 2999-12-31: agreed
    compatible: 1 contract, 1 version checked (declared content)
    $ ledger contract propose billing.invoice v3.json
    ! error: billing.invoice@3 has this content already, and passes
    ! hint: ledger contract show billing.invoice tells its versions: there is nothing to propose
    [exit 5]
    "#);
}

#[test]
fn a_request_that_was_called_off_is_followed_by_another() {
    let sandbox = invoices();
    sandbox.run("ledger contract propose billing.invoice v3.json && ledger transition 1 withdrawn --reason no");
    transcript!(sandbox, @r#"
    $ ledger contract add billing.invoice v3.json | grep lacks -A 1
      REQ-YYYYMMDD-0001 may waive it, and lacks:
        REQ-YYYYMMDD-0001 is WITHDRAWN for good (another request: ledger contract propose billing.invoice FILE)
    $ ledger contract propose billing.invoice v3.json -q; ledger contract propose billing.invoice v3.json -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0002
    $ ledger transition 2 accepted -q; ledger approve 2 --as shop -q; ledger contract waive billing.invoice@3 --request 2 --reason agreed --until 2999-12-31 -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0002
    billing.invoice
    $ ledger contract add billing.invoice v3.json | tail -n 2
        touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
        waived by REQ-YYYYMMDD-0002 until 2999-12-31: agreed
    "#);
}
