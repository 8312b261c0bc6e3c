//! A check in all its formats.

use super::invoices;
use crate::transcript;

#[test]
fn one_run_prints_in_several_formats() {
    let sandbox = invoices();
    transcript!(sandbox, @r#"
    $ ledger contract check --candidate v3.json --contract billing.invoice --format github
    ::error file=v3.json,line=4,title=billing.invoice@3 type-changed::/properties/id/type: "integer" → "string"%0Avalid under v2, not under v3: {"id":0}%0Avalid under v1, not under v3: {"id":0}%0Atouches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
    [exit 3]
    $ ledger contract check --candidate v3.json --contract billing.invoice --format markdown
    ## Contracts: breaking: 1 contract, 1 version checked (declared content)

    | Version | Check | Mode | Consumers touched | Waiver |
    |---|---|---|---|---|
    | billing.invoice&#64;3 | breaking | BACKWARD\_TRANSITIVE | shop |  |

    - billing.invoice&#64;3: valid under v2, not under v3: `{"id":0}`
      - type-changed: `/properties/id/type: "integer" → "string"` — error: `breaks {"id":0}`

    - billing.invoice&#64;3: valid under v1, not under v3: `{"id":0}`
      - type-changed: `/properties/id/type: "integer" → "string"` — error: `breaks {"id":0}`, touches shop
    [exit 3]
    $ ledger contract check --candidate v3.json --contract billing.invoice --format junit
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="1" failures="1">
      <testsuite name="ledger contract check" tests="1" failures="1">
        <testcase classname="contracts" name="billing.invoice@3">
          <failure type="type-changed" message="/properties/id/type: &quot;integer&quot; → &quot;string&quot;">v3.json:4
    /properties/id/type: &quot;integer&quot; → &quot;string&quot;
    valid under v2, not under v3: {&quot;id&quot;:0}
    valid under v1, not under v3: {&quot;id&quot;:0}
    touches shop (uses v1): breaking: valid under v1, not under v3: {&quot;id&quot;:0}</failure>
        </testcase>
      </testsuite>
    </testsuites>
    [exit 3]
    $ ledger contract check --candidate v3.json --contract billing.invoice --json
    {
      "v": 1,
      "data": {
        "ok": false, "verdict": "breaking", "base": null, "open_content": "declared", "contracts": 1,
        "checked": [
          {
            "registered": false, "file": "v3.json", "places": ["/properties/id/type", "/properties/id/type"],
            "changes": [
              {
                "against": 2, "direction": "backward",
                "changes": [
                  {
                    "rule": "type-changed", "pointer_old": "/properties/id/type",
                    "pointer_new": "/properties/id/type", "old": "\"integer\"", "new": "\"string\"",
                    "severity": "error", "answer": "not_contained", "witness": {"id": 0}, "assumed": false,
                    "strict_answer": "not_contained", "strict_witness": {"id": 0}
                  }
                ],
                "changes_cut": false, "consumers": []
              },
              {
                "against": 1, "direction": "backward",
                "changes": [
                  {
                    "rule": "type-changed", "pointer_old": "/properties/id/type",
                    "pointer_new": "/properties/id/type", "old": "\"integer\"", "new": "\"string\"",
                    "severity": "error", "answer": "not_contained", "witness": {"id": 0}, "assumed": false,
                    "strict_answer": "not_contained", "strict_witness": {"id": 0}
                  }
                ],
                "changes_cut": false, "consumers": ["shop"]
              }
            ],
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
        ],
        "problems": []
      }
    }
    [exit 3]
    $ ledger contract check --candidate v3.json --contract billing.invoice -q --output sarif=out.sarif --output junit=out.xml --output github=out.txt --format jsonl | wc -l; ls out.*
    1
    out.sarif
    out.txt
    out.xml
    "#);
    let sarif: serde_json::Value = serde_json::from_str(&sandbox.run("cat out.sarif")).unwrap();
    let result = &sarif["runs"][0]["results"][0];
    assert_eq!(sarif["version"], "2.1.0");
    assert_eq!((&result["ruleId"], &result["level"]), (&"type-changed".into(), &"error".into()));
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startLine"], 4);
    let rules = sarif["runs"][0]["tool"]["driver"]["rules"].as_array().unwrap();
    assert_eq!(rules.iter().map(|rule| &rule["id"]).collect::<Vec<_>>(), [&result["ruleId"]]);
    assert_eq!(rules[0]["shortDescription"]["text"], "other types");
    assert!(rules[0]["help"]["text"].as_str().unwrap().contains("under new readers: error"), "{}", rules[0]);
    assert_eq!((&result["ruleIndex"], rules[0].get("helpUri")), (&0.into(), None));
}

#[test]
fn the_same_check_gives_the_same_bytes() {
    let sandbox = invoices();
    for format in ["text", "json", "jsonl", "github", "sarif", "junit", "markdown"] {
        let line =
            format!("ledger contract check --candidate v3.json --contract billing.invoice --format {format} || true");
        assert_eq!(sandbox.run(&line), sandbox.run(&line), "{format}");
    }
}

#[test]
fn formats_and_files_that_can_not_be_are_told() {
    transcript!(invoices(), @r#"
    $ ledger contract check --output sarif
    ! error: --output "sarif": expected FORMAT=FILE, and a format of text, json, jsonl, github, sarif, junit, markdown
    ! hint: ledger contract check --help
    [exit 2]
    $ ledger contract check --output yaml=x
    ! error: --output "yaml=x": expected FORMAT=FILE, and a format of text, json, jsonl, github, sarif, junit, markdown
    ! hint: ledger contract check --help
    [exit 2]
    $ ledger contract check --output sarif=nowhere/x
    ! error: could not write [tmp]/work/nowhere/x: No such file or directory (os error 2)
    ! hint: ls -ld [tmp]/work/nowhere tells whether it may be written to
    [exit 1]
    $ ledger contract list --format sarif
    ! error: this command prints text, json or jsonl
    ! hint: ledger graph, ledger export, ledger stats, ledger contract check and ledger contract matrix print more
    [exit 2]
    "#);
}

#[test]
fn untrusted_text_is_harmless_in_every_format() {
    let sandbox = invoices();
    sandbox.run(r#"printf '{"enum":["\\u001b[2J<script>|::error::`x`\\u202e"]}' > a.json; printf '{"enum":[1]}' > b.json; ledger contract add evil a.json"#);
    for format in ["text", "json", "github", "sarif", "junit", "markdown"] {
        let line = format!("ledger contract check --candidate b.json --contract evil --format {format} || true");
        let told = sandbox.run(&line);
        assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{format}: {told}");
        assert!(!told.lines().any(|line| line.starts_with("::error::")), "{format}: {told}");
        assert!(!["junit"].contains(&format) || !told.contains("<script>"), "{format}: {told}");
        assert!(told.contains("2J"), "{format}: {told}");
    }
    let told = sandbox.run("ledger contract diff a.json b.json");
    assert!(told.contains("enum-value-removed") && told.contains("2J"), "{told}");
    assert!(!told.contains('\u{1b}') && !told.contains('\u{202e}'), "{told}");
}

#[test]
fn what_passes_by_an_assumption_says_so_in_junit_and_in_the_matrix() {
    transcript!(invoices(), @r#"
    $ ledger contract check --format junit
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="1" failures="0">
      <testsuite name="ledger contract check" tests="1" failures="0">
        <testcase classname="contracts" name="billing.invoice@2">
          <system-out>note assumed: every document of v1 is valid under v2: no document is in the one and not in the other
    this holds for documents with declared members only; for all documents:
    valid under v1, not under v2: {&quot;id&quot;:0,&quot;note&quot;:null} (found by solving for the difference)</system-out>
        </testcase>
      </testsuite>
    </testsuites>
    $ ledger contract matrix --format markdown --dry-run
    | contract | provider | consumer | pinned | newest | versions |
    |---|---|---|---|---|---|
    | billing.invoice | billing | shop | v1 | compatible\* | v1 compatible, v2 compatible\* |

    \* assuming declared content
    $ ledger contract matrix --format html --dry-run | tail -n 6
    <tr><th>contract</th><th>provider</th><th>consumer</th><th>pinned</th><th>newest</th><th>versions</th></tr>
    <tr class="compatible"><td>billing.invoice</td><td>billing</td><td>shop</td><td>v1</td><td>compatible*</td><td>v1 compatible, v2 compatible*</td></tr>
    </table>
    <p>* assuming declared content</p>
    </body>
    </html>
    "#);
}

#[test]
fn lists_of_contracts_and_their_logs_are_bounded_and_give_what_is_asked_for() {
    let sandbox = crate::common::Sandbox::new();
    sandbox.run("echo '{\"type\":\"object\"}' > s.json; for name in a b c; do ledger contract add $name s.json --owner shop -q; done; ledger contract activate a@1 -q");
    transcript!(sandbox, @r#"
    $ ledger contract list --limit 2 --fields contract,newest
    a  1
    b  1
    ! 2 of 3 contracts shown; --limit N shows more
    $ ledger contract list --limit 2 --fields contract,newest --json
    {
      "v": 1,
      "data": {
        "contracts": [{"contract": "a", "newest": 1}, {"contract": "b", "newest": 1}], "has_more": true,
        "damaged": []
      }
    }
    $ ledger contract list --fields contract,newest --format jsonl
    {"v": 1, "data": {"contract": "a", "newest": 1}}
    {"v": 1, "data": {"contract": "b", "newest": 1}}
    {"v": 1, "data": {"contract": "c", "newest": 1}}
    $ ledger contract list --fields contarct
    ! error: there is no field "contarct", only contract, mode, formats, owner, newest, versions, consumers, waivers, conflicts
    ! hint: did you mean contract?
    [exit 2]
    $ ledger contract log a --limit 1 --fields n,type
    2  ACTIVATED
    ! the newest 1 of 2 events are shown; --limit N shows more
    $ ledger contract log a --limit 1 --fields n,type --json
    {"v": 1, "data": {"events": [{"n": 2, "type": "ACTIVATED"}], "has_more": true}}
    $ ledger contract log a --fields n,type --json
    {
      "v": 1,
      "data": {"events": [{"n": 1, "type": "REGISTERED"}, {"n": 2, "type": "ACTIVATED"}], "has_more": false}
    }
    "#);
}
