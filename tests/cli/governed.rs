//! Governed mode: roles, approvals, and nobody verifies their own delivery.

use crate::common::Sandbox;
use crate::transcript;

fn governed() -> Sandbox {
    let sandbox = Sandbox::empty();
    sandbox.run("ledger init --name acme --mode governed");
    sandbox
        .run(r#"sed -i 's/"roles": {}/"roles": {"sponsor": ["sam"], "billing": ["bea"]}/' coordination/ledger.json"#);
    sandbox.bug("Totals are wrong", "");
    sandbox
}

#[test]
fn nobody_verifies_their_own_delivery_and_a_sponsor_approves() {
    transcript!(governed(), @r#"
    $ ledger show 1 | grep governed
      type         bug, P2, governed
    $ ledger transition 1 accepted --actor bea -q; ledger transition 1 in-progress --actor bea -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger transition 1 delivered --evidence commit=1 --actor bea
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  bea  IN_PROGRESS → DELIVERED [commit=1]
      next, for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
    $ ledger transition 1 verified --actor bea
    ! error: REQ-YYYYMMDD-0001: DELIVERED can't become VERIFIED yet: it needs somebody other than bea, who delivered
    ! hint: ledger show REQ-YYYYMMDD-0001 --explain tells what each transition needs
    [exit 5]
    $ ledger transition 1 verified --actor bea --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "guard",
    !     "message": "REQ-YYYYMMDD-0001: DELIVERED can't become VERIFIED yet: it needs somebody other than bea, who delivered",
    !     "hint": "ledger show REQ-YYYYMMDD-0001 --explain tells what each transition needs", "retryable": false,
    !     "exit_status": 5,
    !     "needs": [{"code": "another-actor", "text": "somebody other than bea, who delivered", "names": ["bea"]}]
    !   }
    ! }
    [exit 5]
    $ ledger transition 1 verified --actor alice
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  DELIVERED → VERIFIED
      next, for sponsor: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    $ ledger transition 1 closed
    ! error: REQ-YYYYMMDD-0001: VERIFIED can't become CLOSED yet: it needs an approval as sponsor (ledger approve REQ --as sponsor)
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    [exit 5]
    $ ledger approve 1 --as sponsor
    ! error: REQ-YYYYMMDD-0001: alice does not hold the role sponsor
    ! hint: coordination/ledger.json names under roles.sponsor who holds it
    [exit 5]
    $ ledger approve 1 --as sponsor --actor sam
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v6  sam  approved as sponsor
      next, for shop: ledger transition REQ-YYYYMMDD-0001 CLOSED
    $ ledger transition 1 closed
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v7  alice  VERIFIED → CLOSED
    $ ledger verify
    ok: 1 request, 7 events verified
    "#);
}

#[test]
fn only_those_who_hold_a_role_speak_in_it() {
    transcript!(governed(), @r#"
    $ ledger transition 1 accepted -q
    REQ-YYYYMMDD-0001
    $ ledger respond 1 --repo billing --status accepted --actor bea -q
    REQ-YYYYMMDD-0001
    $ ledger respond 1 --repo billing --status accepted
    ! error: REQ-YYYYMMDD-0001: alice does not hold the role billing
    ! hint: coordination/ledger.json names under roles.billing who holds it
    [exit 5]
    $ ledger approve 1 --as pm --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "role", "message": "REQ-YYYYMMDD-0001: alice does not hold the role pm",
    !     "hint": "coordination/ledger.json names under roles.pm who holds it", "retryable": false, "exit_status": 5
    !   }
    ! }
    [exit 5]
    "#);
}

#[test]
fn one_request_can_be_governed_in_a_tracked_ledger_and_not_the_other_way_round() {
    let sandbox = governed();
    sandbox.run("mkdir tracked && ledger init --root tracked -q");
    transcript!(sandbox, @r#"
    $ echo '{"title":"T","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{"impact":"all"},"coordination_mode":"tracked"}' > packet.json
    $ ledger new --packet packet.json -q; ledger show 2 | grep type
    REQ-YYYYMMDD-0002
      type         bug, P2, governed
    $ sed -i s/tracked/governed/ packet.json; ledger new --packet packet.json --root tracked -q; ledger show 1 --root tracked | grep type
    REQ-YYYYMMDD-0001
      type         bug, P2, governed
    "#);
}

#[test]
fn what_is_open_depends_on_who_asks() {
    transcript!(governed(), @"
    $ for state in accepted in-progress delivered; do ledger transition 1 $state --evidence commit=1 --actor bea -q; done
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    $ ledger show 1 --explain --actor bea | sed -n '/Next/,$p'
    Next  for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
      because VERIFIED follows DELIVERED

    Open from here
      IN_PROGRESS  needs a reason (--reason TEXT)
      VERIFIED  needs somebody other than bea, who delivered
      WITHDRAWN  needs a reason (--reason TEXT)
    $ ledger show 1 --explain --actor alice | sed -n '/Next/,$p'
    Next  for shop: ledger transition REQ-YYYYMMDD-0001 VERIFIED
      because VERIFIED follows DELIVERED

    Open from here
      IN_PROGRESS  needs a reason (--reason TEXT)
      VERIFIED
      WITHDRAWN  needs a reason (--reason TEXT)
    ");
}
