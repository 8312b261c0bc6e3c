//! What consumers state that they need counts whatever the mode says, and what can't be read is no answer.

use crate::common::Sandbox;
use crate::transcript;

/// `c@1` with two required members, and mail that needs one of them; `v2.json` requires it no more.
fn mail() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run(
        r#"echo '{"type":"object","properties":{"id":{"type":"string"},"n":{"type":"integer"}},"required":["id","n"]}' > v1.json
        sed 's/,"n"\]/]/' v1.json > v2.json; echo '{"required":["n"]}' > n.json
        ledger contract add c v1.json && ledger contract pin c@1 --consumer mail --needs n.json"#,
    );
    sandbox
}

#[test]
fn what_a_consumer_needs_gates_in_every_mode() {
    let sandbox = mail();
    transcript!(sandbox, @r#"
    $ ledger contract check --candidate v2.json --contract c
    c@2: breaking (what consumers need; by BACKWARD_TRANSITIVE compatible)
      touches mail (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}
      to ask for leave: ledger contract propose c FILE
    breaking: 1 contract, 1 version checked (declared content)
    [exit 3]
    $ ledger contract check --candidate v2.json --contract c --format github
    ::error file=v2.json,line=1,title=c@2 breaks-consumer::touches mail (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}%0Aby BACKWARD_TRANSITIVE it is compatible
    [exit 3]
    $ ledger contract check --candidate v2.json --contract c --format markdown
    ## Contracts: breaking: 1 contract, 1 version checked (declared content)

    | Version | Check | Mode | Consumers touched | Waiver |
    |---|---|---|---|---|
    | c&#64;2 | breaking | BACKWARD\_TRANSITIVE | mail |  |

    - c&#64;2: `mail (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}`
    [exit 3]
    $ ledger contract add c v2.json
    c@2: breaking (what consumers need; by BACKWARD_TRANSITIVE compatible)
      touches mail (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}
      to ask for leave: ledger contract propose c FILE
    nothing was written
    [exit 3]
    $ ledger contract mode c NONE -q; ledger contract check --candidate v2.json --contract c --json
    c
    {
      "v": 1,
      "data": {
        "ok": false, "verdict": "breaking", "base": null, "open_content": "declared", "contracts": 1,
        "checked": [
          {
            "registered": false, "file": "v2.json", "places": [], "changes": [], "contract": "c", "version": 2,
            "mode": "NONE", "formats": false, "open_content": "declared", "verdict": "breaking",
            "strict_verdict": "breaking", "assumed": false, "passes": false, "against": [], "pairs": [],
            "consumers": [
              {
                "repo": "mail", "version": 1, "by_needs": true, "direction": "forward", "verdict": "breaking",
                "assumed": false, "reason": "found by solving for the difference", "witness": {"id": ""},
                "strict_verdict": "breaking"
              }
            ],
            "waivers": []
          }
        ],
        "problems": []
      }
    }
    [exit 3]
    $ ledger contract add c v2.json > /dev/null
    [exit 3]
    $ ledger contract propose c v2.json --from billing | tail -n 3
      next: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
            ledger approve REQ-YYYYMMDD-0001 --as mail
            ledger contract waive c@2 --request REQ-YYYYMMDD-0001 --reason TEXT --until YYYY-MM-DD
    $ ledger transition 1 accepted -q; ledger approve 1 --as mail -q; ledger contract waive c@2 --request 1 --reason agreed --until 2999-12-31 -q; ledger contract add c v2.json
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0001
    c
    c@2 registered
      c@2: breaking (what consumers need; by NONE compatible), waived by REQ-YYYYMMDD-0001
        touches mail (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}
        waived by REQ-YYYYMMDD-0001 until 2999-12-31: agreed
    $ ledger contract check c --against v1.json
    c@2: breaking (what consumers need; by NONE compatible)
      touches mail (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}
    breaking: 1 contract, 1 version checked against v1.json (declared content)
    [exit 3]
    "#);
}

#[test]
fn an_answer_to_a_consumer_that_hangs_on_the_assumption_says_so() {
    let sandbox = Sandbox::new();
    sandbox.run(
        r#"echo '{"type":"object","properties":{"id":{"type":"string"}}}' > v1.json
        echo '{"properties":{"note":{"type":"string"}}}' > n.json
        ledger contract add c v1.json && ledger contract pin c@1 --consumer mail --needs n.json"#,
    );
    transcript!(sandbox, @r#"
    $ ledger contract check
    c@1: compatible (BACKWARD_TRANSITIVE), assuming declared content
      mail (needs a part of v1): compatible with declared members only; for all documents breaking: valid under v1, not under what it needs: {"note":null}
    compatible: 1 contract, 1 version checked (declared content)
    $ ledger contract can-i-deploy c@1
    yes: c@1 (draft), assuming declared content
      mail (needs a part of v1): compatible with declared members only; for all documents breaking: valid under v1, not under what it needs: {"note":null}
    "#);
}

#[test]
fn what_can_not_be_read_never_passes() {
    let sandbox = Sandbox::new();
    sandbox.run(
        r#"mkdir ext; echo '{"type":"string"}' > ext/e.json; echo '{"$ref":"https://ext.test/e.json"}' > ex.json
        echo '{}' > any.json
        ledger contract add ex ex.json --resolve https://ext.test/=ext && ledger contract pin ex@1 --consumer shop"#,
    );
    transcript!(sandbox, @r#"
    $ ledger contract check
    ! error: ex@1 is no schema that can be used
    !   /$ref: "https://ext.test/e.json" refers to the network, which is never asked: --resolve PREFIX=DIR maps it to files
    ! hint: --resolve PREFIX=DIR, with the folder that has it
    [exit 5]
    $ ledger contract check --resolve https://ext.test/=ext
    ex@1: compatible (BACKWARD_TRANSITIVE)
    compatible: 1 contract, 1 version checked (declared content)
    $ ledger contract check --candidate any.json --contract ex --undecided warn
    ! error: ex@1 is no schema that can be used
    !   /$ref: "https://ext.test/e.json" refers to the network, which is never asked: --resolve PREFIX=DIR maps it to files
    ! hint: --resolve PREFIX=DIR, with the folder that has it
    [exit 5]
    $ ledger contract can-i-deploy ex@1
    ! error: ex@1 is no schema that can be used
    !   /$ref: "https://ext.test/e.json" refers to the network, which is never asked: --resolve PREFIX=DIR maps it to files
    ! hint: --resolve PREFIX=DIR, with the folder that has it
    [exit 5]
    $ ledger contract can-i-deploy ex@1 --resolve https://ext.test/=ext
    yes: ex@1 (draft)
      shop (uses v1): compatible
    $ ledger contract matrix
    CONTRACT  PROVIDER  CONSUMER  PINNED  NEWEST   VERSIONS
    ex        -         shop      v1      unknown  v1 unknown
    ! ledger: coordination/compatibility_matrix.json is written
    $ ledger contract matrix --resolve https://ext.test/=ext
    CONTRACT  PROVIDER  CONSUMER  PINNED  NEWEST      VERSIONS
    ex        -         shop      v1      compatible  v1 compatible
    ! ledger: coordination/compatibility_matrix.json is written
    $ ledger contract add ex any.json
    ! error: ex@1 is no schema that can be used
    !   /$ref: "https://ext.test/e.json" refers to the network, which is never asked: --resolve PREFIX=DIR maps it to files
    ! hint: --resolve PREFIX=DIR, with the folder that has it
    [exit 5]
    "#);
}

#[test]
fn a_consumer_is_not_pinned_to_what_it_can_not_live_with() {
    let sandbox = mail();
    transcript!(sandbox, @r#"
    $ echo '{"required":["total"]}' > total.json; ledger contract pin c@1 --consumer shop --needs total.json
    ! error: c@1 does not give what shop needs: valid under v1, not under what it needs: {"id":"","n":0} (found by solving for the difference)
    ! hint: every check would fail: pin it to a version that does, or state what it can live with
    [exit 3]
    $ echo '{"properties":{"x":{"type":"string"}}}' > x.json; ledger contract pin c@1 --consumer shop --needs x.json -q
    c
    $ echo '{"properties":{"id":{"pattern":"(?<!x)a"}}}' > p.json; ledger contract pin c@1 --consumer shop --needs p.json
    c  YYYY-MM-DD hh:mm:ssZ  #4  alice  shop uses v1, needs a part of it
    ! every check of c will say so: whether every document of v1 is valid under what it needs is not known: the pattern "(?<!x)a": it looks behind
    $ ledger contract log c | tail -n 3
    YYYY-MM-DD hh:mm:ssZ  #2  alice  mail uses v1, needs a part of it
    YYYY-MM-DD hh:mm:ssZ  #3  alice  shop uses v1, needs a part of it
    YYYY-MM-DD hh:mm:ssZ  #4  alice  shop uses v1, needs a part of it
    "#);
}
