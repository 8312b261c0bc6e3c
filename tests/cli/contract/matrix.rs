//! Who can live with which version.

use super::invoices;
use crate::transcript;

#[test]
fn the_matrix_is_printed_and_kept() {
    let sandbox = invoices();
    sandbox.run("ledger contract mode billing.invoice none && ledger contract add billing.invoice v3.json && ledger contract mode billing.invoice backward-transitive");
    sandbox.run("ledger contract add other v1.json && ledger contract pin billing.invoice@3 --consumer web");
    transcript!(sandbox, @r#"
    $ ledger contract matrix
    CONTRACT         PROVIDER  CONSUMER  PINNED  NEWEST      VERSIONS
    billing.invoice  billing   shop      v1      breaking    v1 compatible, v2 compatible*, v3 breaking
    billing.invoice  billing   web       v3      compatible  v1 breaking, v2 breaking, v3 compatible
    other            -         -         -       unpinned    v1

    * assuming declared content
    ! ledger: coordination/compatibility_matrix.json is written
    $ ledger contract matrix --json
    {
      "v": 1,
      "data": {
        "open_content": "declared",
        "rows": [
          {
            "contract": "billing.invoice", "provider": "billing", "consumer": "shop", "pinned": 1,
            "compatibility": "breaking", "min_version": 1, "max_version": 2,
            "versions": {"1": "compatible", "2": "compatible", "3": "breaking"}, "assumed": [2]
          },
          {
            "contract": "billing.invoice", "provider": "billing", "consumer": "web", "pinned": 3,
            "compatibility": "compatible", "min_version": 3, "max_version": 3,
            "versions": {"1": "breaking", "2": "breaking", "3": "compatible"}, "assumed": []
          },
          {
            "contract": "other", "provider": null, "consumer": null, "pinned": null, "compatibility": "unpinned",
            "min_version": null, "max_version": null, "versions": {}, "assumed": []
          }
        ],
        "has_more": false
      }
    }
    $ ledger contract matrix other --format markdown
    | contract | provider | consumer | pinned | newest | versions |
    |---|---|---|---|---|---|
    | other | - | - | - | unpinned | v1 |
    $ ledger contract matrix other --format html | tail -n 6
    <table>
    <tr><th>contract</th><th>provider</th><th>consumer</th><th>pinned</th><th>newest</th><th>versions</th></tr>
    <tr class="unpinned"><td>other</td><td>-</td><td>-</td><td>-</td><td>unpinned</td><td>v1</td></tr>
    </table>
    </body>
    </html>
    $ cat coordination/compatibility_matrix.json
    {
      "format": 1,
      "entries": [
        {
          "provider_repo_id": "billing",
          "consumer_repo_id": "shop",
          "contract_id": "billing.invoice",
          "min_version": 1,
          "max_version": 2,
          "compatibility": "breaking"
        },
        {
          "provider_repo_id": "billing",
          "consumer_repo_id": "web",
          "contract_id": "billing.invoice",
          "min_version": 3,
          "max_version": 3,
          "compatibility": "compatible"
        },
        {
          "provider_repo_id": null,
          "consumer_repo_id": null,
          "contract_id": "other",
          "min_version": 1,
          "max_version": 1,
          "compatibility": "unpinned"
        }
      ]
    }
    $ ledger contract matrix --format sarif
    ! error: a matrix is printed as text, json, jsonl, markdown or html
    ! hint: ledger contract matrix --help
    [exit 2]
    "#);
}

#[test]
fn a_version_that_the_mode_allows_may_come_too_early_for_a_reader() {
    let sandbox = invoices();
    sandbox.run(r#"sed 's/"integer"/["integer","string"]/' v2.json > wide.json && ledger contract add billing.invoice wide.json"#);
    transcript!(sandbox, @r#"
    $ ledger contract can-i-deploy billing.invoice@3
    no: billing.invoice@3 (draft)
      shop (uses v1): breaking: valid under v3, not under v1: {"id":""}
    [exit 3]
    $ ledger contract pin billing.invoice@3 --consumer shop -q; ledger contract can-i-deploy billing.invoice@3
    billing.invoice
    yes: billing.invoice@3 (draft)
      shop (uses v3): compatible
    $ ledger contract can-i-deploy billing.invoice@1
    yes: billing.invoice@1 (draft), assuming declared content
      shop (uses v3): compatible with declared members only; for all documents breaking: valid under v1, not under v3: {"id":0,"note":null}
    "#);
}

#[test]
fn a_version_can_be_deployed_if_every_consumer_can_live_with_it() {
    let sandbox = invoices();
    sandbox.run("ledger contract mode billing.invoice none && ledger contract add billing.invoice v3.json && ledger contract mode billing.invoice backward-transitive");
    sandbox.run("ledger contract pin billing.invoice@3 --consumer web");
    transcript!(sandbox, @r#"
    $ ledger contract can-i-deploy billing.invoice@2 --consumer shop
    yes: billing.invoice@2 (draft), assuming declared content
      shop (uses v1): compatible with declared members only; for all documents breaking: valid under v1, not under v2: {"id":0,"note":null}
    $ ledger contract can-i-deploy billing.invoice@3
    no: billing.invoice@3 (draft)
      shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      web (uses v3): compatible
    [exit 3]
    $ ledger contract can-i-deploy billing.invoice@3 --consumer web --json
    {
      "v": 1,
      "data": {
        "contract": "billing.invoice", "version": 3, "stage": "draft", "answer": "yes",
        "open_content": "declared",
        "consumers": [
          {
            "repo": "web", "version": 3, "by_needs": false, "direction": "forward", "verdict": "compatible",
            "assumed": false, "strict_verdict": "compatible"
          }
        ]
      }
    }
    $ ledger contract can-i-deploy billing.invoice@3 --consumer mail
    ! error: mail is not pinned to billing.invoice: only shop, web
    ! hint: ledger contract show billing.invoice tells who uses it
    [exit 4]
    "#);
}
