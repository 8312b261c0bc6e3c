//! `ledger contract check` and `diff`, without git.

use super::invoices;
use crate::transcript;

#[test]
fn a_candidate_is_held_against_what_is_registered() {
    let sandbox = invoices();
    transcript!(sandbox, @r#"
    $ ledger contract check
    billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
      backward: every document of v1 is valid under v2: no document is in the one and not in the other
        this holds for documents with declared members only; for all documents:
        valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
    compatible: 1 contract, 1 version checked (declared content)
    $ ledger contract check -q
    $ ledger contract check --candidate v3.json --contract billing.invoice
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}, touches shop
      touches shop (uses v1): breaking: valid under v1, not under v3: {"id":0}
      to ask for leave: ledger contract propose billing.invoice FILE
    breaking: 1 contract, 1 version checked (declared content)
    [exit 3]
    $ ledger contract check --candidate v2.json --contract billing.invoice | head -n 1
    billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
    $ ledger contract check billing.invoice --against v3.json
    billing.invoice@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under the base, not under v2: {"id":""} (found by solving for the difference)
        type-changed /properties/id/type: "string" → "integer"
          error: breaks {"id":""}
      it touches no consumer
      shop (uses v1): compatible with declared members only; for all documents breaking: valid under v1, not under v2: {"id":0,"note":null}
    breaking: 1 contract, 1 version checked against v3.json (declared content)
    [exit 3]
    $ ledger contract check billing.invoce
    ! error: there is no contract billing.invoce
    ! hint: did you mean billing.invoice?
    [exit 4]
    $ ledger contract check --candidate v3.json
    ! error: the following required arguments were not provided:
    !   --contract <NAME>
    !
    ! Usage: ledger contract check --contract <NAME> --candidate <FILE|-> [NAME]...
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn a_break_that_touches_no_consumer_is_told_as_such() {
    let sandbox = invoices();
    transcript!(sandbox, @r#"
    $ echo '{"type":"object","properties":{"id":{"type":["integer","string"]}},"required":["id"]}' > needs.json
    $ ledger contract pin billing.invoice@1 --consumer shop --needs needs.json
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #4  alice  shop uses v1, needs a part of it
    $ ledger contract check --candidate v3.json --contract billing.invoice
    billing.invoice@3: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v2, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      backward: valid under v1, not under v3: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      it touches no consumer
      to ask for leave: ledger contract propose billing.invoice FILE
    breaking: 1 contract, 1 version checked (declared content)
    [exit 3]
    $ echo '{"type":"object","properties":{"id":{"type":"integer"}}}' > more.json; ledger contract pin billing.invoice@1 --consumer web --needs more.json
    billing.invoice  YYYY-MM-DD hh:mm:ssZ  #5  alice  web uses v1, needs a part of it
    $ ledger contract check --candidate v3.json --contract billing.invoice | grep touches
      touches web (needs a part of v1): breaking: valid under v3, not under what it needs: {"id":""}
    "#);
}

#[test]
fn what_nobody_can_tell_fails_unless_it_is_only_to_be_told() {
    let sandbox = crate::common::Sandbox::new();
    // A pattern that looks back is none of a regular language.
    std::fs::write(sandbox.path("a.json"), r#"{"type":"string","pattern":"^(a|b)\\1$"}"#).unwrap();
    std::fs::write(sandbox.path("b.json"), r#"{"type":"string","pattern":"^(aa|bb)$"}"#).unwrap();
    sandbox.run("ledger contract add a a.json");
    transcript!(sandbox, @r#"
    $ ledger contract check --candidate b.json --contract a | head -n 4
    a@2: undecided (BACKWARD_TRANSITIVE)
      backward: whether every document of v1 is valid under v2 is not known: the pattern "^(a|b)\\1$": it refers back to a group
        pattern-changed /pattern: "^(a|b)\\1$" → "^(aa|bb)$"
          warning: not known: the pattern "^(a|b)\\1$": it refers back to a group
    $ ledger contract check --candidate b.json --contract a --format github
    ::error file=b.json,line=1,title=a@2 undecided-backward::whether every document of v1 is valid under v2 is not known: the pattern "^(a|b)\\1$": it refers back to a group%0Apattern-changed /pattern: "^(a|b)\\1$" → "^(aa|bb)$"%0A  warning: not known: the pattern "^(a|b)\\1$": it refers back to a group%0Ait touches no consumer
    [exit 10]
    $ ledger contract check --candidate b.json --contract a > /dev/null
    [exit 10]
    $ ledger contract check --candidate b.json --contract a --undecided warn | tail -n 1
    undecided, which passes: 1 contract, 1 version checked (declared content)
    $ ledger contract check --candidate b.json --contract a --undecided warn > /dev/null
    $ ledger contract add a b.json
    a@2: undecided (BACKWARD_TRANSITIVE)
      backward: whether every document of v1 is valid under v2 is not known: the pattern "^(a|b)\\1$": it refers back to a group
        pattern-changed /pattern: "^(a|b)\\1$" → "^(aa|bb)$"
          warning: not known: the pattern "^(a|b)\\1$": it refers back to a group
      it touches no consumer
      to ask for leave: ledger contract propose a FILE
    nothing was written
    [exit 10]
    "#);
}

#[test]
fn what_can_not_be_read_never_passes() {
    let sandbox = invoices();
    transcript!(sandbox, @r#"
    $ echo '{' > schemas/contracts/billing.invoice/v3.json; ledger contract check
    billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
      backward: every document of v1 is valid under v2: no document is in the one and not in the other
        this holds for documents with declared members only; for all documents:
        valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
    schemas/contracts/billing.invoice/v3.json: version-unregistered: v3 is not on record
      fix: ledger contract add billing.invoice schemas/contracts/billing.invoice/v3.json
    breaking: 1 contract, 1 version checked (declared content), 1 problem
    [exit 3]
    $ rm schemas/contracts/billing.invoice/v3.json; mkdir schemas/contracts/other; echo x > schemas/contracts/other/events.jsonl; ledger contract check
    ! error: [tmp]/work/schemas/contracts/other/events.jsonl:1: the line does not end in its hash
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm -r schemas/contracts/other; ln -s /nowhere schemas/contracts/billing.invoice/v3.json; ledger contract check
    ! error: [tmp]/work/schemas/contracts/billing.invoice/v3.json: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    "#);
}

#[test]
fn two_schemas_are_compared_in_both_directions() {
    transcript!(invoices(), @r#"
    $ ledger contract diff billing.invoice@1 billing.invoice@2
    billing.invoice@1 → billing.invoice@2 (declared content)
      backward: every document of billing.invoice@1 is valid under billing.invoice@2: no document is in the one and not in the other
        this holds for documents with declared members only; for all documents:
        valid under billing.invoice@1, not under billing.invoice@2: {"id":0,"note":null} (found by solving for the difference)
      forward: every document of billing.invoice@2 is valid under billing.invoice@1: no document is in the one and not in the other
      shop (uses v1): compatible with declared members only; for all documents breaking: valid under v1, not under billing.invoice@2: {"id":0,"note":null}
    property-added /properties/note: nothing → {"type":"string"}
      backward, warning: breaks with undeclared members only: {"id":0,"note":null}
    $ ledger contract diff billing.invoice@2 v3.json --json
    {
      "v": 1,
      "data": {
        "old": "billing.invoice@2", "new": "v3.json", "open_content": "declared", "formats": false,
        "backward": {
          "against": 2, "direction": "backward", "verdict": "breaking", "answer": "not_contained",
          "reason": "found by solving for the difference", "witness": {"id": 0}, "strict_answer": "not_contained",
          "strict_witness": {"id": 0}
        },
        "forward": {
          "against": 2, "direction": "forward", "verdict": "breaking", "answer": "not_contained",
          "reason": "found by solving for the difference", "witness": {"id": ""},
          "strict_answer": "not_contained", "strict_witness": {"id": ""}
        },
        "changes": [
          {
            "rule": "type-changed", "severity": "error", "pointer_old": "/properties/id/type",
            "pointer_new": "/properties/id/type", "old": "\"integer\"", "new": "\"string\"",
            "backward": {
              "severity": "error", "answer": "not_contained", "witness": {"id": 0}, "assumed": false,
              "strict_answer": "not_contained", "strict_witness": {"id": 0}
            },
            "forward": {
              "severity": "error", "answer": "not_contained", "witness": {"id": ""}, "assumed": false,
              "strict_answer": "not_contained", "strict_witness": {"id": ""}
            }
          },
          {
            "rule": "property-removed", "severity": "warning", "pointer_old": "/properties/note",
            "pointer_new": null, "old": "{\"type\":\"string\"}", "new": null,
            "backward": {"severity": "note", "answer": "contained", "assumed": false, "strict_answer": "contained"},
            "forward": {
              "severity": "warning", "answer": "contained", "assumed": true, "strict_answer": "not_contained",
              "strict_witness": {"id": 0, "note": null}
            }
          }
        ],
        "changes_cut": false,
        "consumers": [
          {
            "repo": "shop", "version": 1, "by_needs": false, "direction": "backward", "verdict": "breaking",
            "assumed": false, "reason": "found by solving for the difference", "witness": {"id": 0},
            "strict_verdict": "breaking"
          }
        ]
      }
    }
    $ ledger contract diff nowhere.json v3.json
    ! error: could not read [tmp]/work/nowhere.json: No such file or directory (os error 2)
    ! hint: ledger contract diff --help
    [exit 2]
    "#);
}

#[test]
fn changes_are_told_by_rule_with_what_each_of_them_breaks() {
    let sandbox = crate::common::Sandbox::new();
    let old =
        r#"{"title":"A","type":"object","properties":{"n":{"type":"integer","minimum":0},"s":{"enum":["a","b"]}}}"#;
    let new = r#"{"title":"B","type":"object","properties":{"n":{"type":"integer","minimum":1},"s":{"enum":["b","c"]},"t":{"type":"string"}},"required":["n"]}"#;
    std::fs::write(sandbox.path("old.json"), old).unwrap();
    std::fs::write(sandbox.path("new.json"), new).unwrap();
    transcript!(sandbox, @r#"
    $ ledger contract diff old.json new.json
    old.json → new.json (declared content)
      backward: valid under old.json, not under new.json: {} (found by solving for the difference)
      forward: valid under new.json, not under old.json: {"n":1,"s":"c"} (found by solving for the difference)
    bound-tightened /properties/n/minimum: 0 → 1
      backward, error: breaks {"n":0}
    enum-value-removed /properties/s/enum: "a" → ["b","c"]
      backward, error: breaks {"s":"a"}
    enum-value-added /properties/s/enum/1: ["a","b"] → "c"
      forward, error: breaks {"s":"c"}
    property-added /properties/t: nothing → {"type":"string"}
      backward, warning: breaks with undeclared members only: {"t":null}
    required-added /required/0: nothing → "n"
      backward, error: breaks {}
    annotation-only /title: "A" → "B"
      breaks nothing
    $ ledger contract diff old.json old.json
    old.json → old.json (declared content)
      backward: every document of old.json is valid under old.json: both are the same schema
      forward: every document of old.json is valid under old.json: both are the same schema
    $ ledger contract diff old.json new.json --json | grep -c pointer_new
    1
    "#);
}

#[test]
fn two_files_are_compared_without_a_ledger() {
    let sandbox = super::files();
    transcript!(sandbox, @r#"
    $ cp v1.json v3.json ..; cd ..; ledger contract diff v1.json v3.json
    v1.json → v3.json (declared content)
      backward: valid under v1.json, not under v3.json: {"id":0} (found by solving for the difference)
      forward: valid under v3.json, not under v1.json: {"id":""} (found by solving for the difference)
    type-changed /properties/id/type: "integer" → "string"
      backward, error: breaks {"id":0}
      forward, error: breaks {"id":""}
    $ cd ..; ledger contract diff v1.json v3.json --json
    {
      "v": 1,
      "data": {
        "old": "v1.json", "new": "v3.json", "open_content": "declared", "formats": false,
        "backward": {
          "against": 0, "direction": "backward", "verdict": "breaking", "answer": "not_contained",
          "reason": "found by solving for the difference", "witness": {"id": 0}, "strict_answer": "not_contained",
          "strict_witness": {"id": 0}
        },
        "forward": {
          "against": 0, "direction": "forward", "verdict": "breaking", "answer": "not_contained",
          "reason": "found by solving for the difference", "witness": {"id": ""},
          "strict_answer": "not_contained", "strict_witness": {"id": ""}
        },
        "changes": [
          {
            "rule": "type-changed", "severity": "error", "pointer_old": "/properties/id/type",
            "pointer_new": "/properties/id/type", "old": "\"integer\"", "new": "\"string\"",
            "backward": {
              "severity": "error", "answer": "not_contained", "witness": {"id": 0}, "assumed": false,
              "strict_answer": "not_contained", "strict_witness": {"id": 0}
            },
            "forward": {
              "severity": "error", "answer": "not_contained", "witness": {"id": ""}, "assumed": false,
              "strict_answer": "not_contained", "strict_witness": {"id": ""}
            }
          }
        ],
        "changes_cut": false, "consumers": []
      }
    }
    $ cd ..; ledger contract diff billing.invoice@1 v3.json
    ! error: there is no ledger in [tmp] or above it
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    "#);
}

#[test]
fn a_check_lists_the_changes_in_the_directions_of_the_mode() {
    let sandbox = super::files();
    let grown =
        r#"{"type":"object","properties":{"id":{"type":["integer","string"]},"n":{"minimum":1}},"required":["id"]}"#;
    std::fs::write(sandbox.path("grown.json"), grown).unwrap();
    sandbox.run("ledger contract add both v1.json --mode FULL");
    sandbox.run("ledger contract add old v1.json --mode FORWARD");
    transcript!(sandbox, @r#"
    $ ledger contract check --candidate grown.json --contract both
    both@2: breaking (FULL)
      backward: every document of v1 is valid under v2: no document is in the one and not in the other
        this holds for documents with declared members only; for all documents:
        valid under v1, not under v2: {"id":0,"n":0} (found by solving for the difference)
      forward: valid under v2, not under v1: {"id":""} (found by solving for the difference)
        type-widened /properties/id/type: "integer" → ["integer","string"]
          error: breaks {"id":""}
      it touches no consumer
      to ask for leave: ledger contract propose both FILE
    breaking: 1 contract, 1 version checked (declared content)
    [exit 3]
    $ ledger contract check --candidate grown.json --contract old
    old@2: breaking (FORWARD)
      forward: valid under v2, not under v1: {"id":""} (found by solving for the difference)
        type-widened /properties/id/type: "integer" → ["integer","string"]
          error: breaks {"id":""}
      it touches no consumer
      to ask for leave: ledger contract propose old FILE
    breaking: 1 contract, 1 version checked (declared content)
    [exit 3]
    $ ledger contract check --candidate v3.json --contract both --format github
    ::error file=v3.json,line=4,title=both@2 type-changed::/properties/id/type: "integer" → "string"%0Avalid under v1, not under v2: {"id":0}%0Avalid under v2, not under v1: {"id":""}%0Ait touches no consumer
    [exit 3]
    $ ledger contract check --candidate v3.json --contract old --format jsonl
    {
      "v": 1,
      "data": {
        "registered": false, "file": "v3.json", "places": ["/properties/id/type"],
        "changes": [
          {
            "against": 1, "direction": "forward",
            "changes": [
              {
                "rule": "type-changed", "pointer_old": "/properties/id/type",
                "pointer_new": "/properties/id/type", "old": "\"integer\"", "new": "\"string\"",
                "severity": "error", "answer": "not_contained", "witness": {"id": ""}, "assumed": false,
                "strict_answer": "not_contained", "strict_witness": {"id": ""}
              }
            ],
            "changes_cut": false, "consumers": []
          }
        ],
        "contract": "old", "version": 2, "mode": "FORWARD", "formats": false, "open_content": "declared",
        "verdict": "breaking", "strict_verdict": "breaking", "assumed": false, "passes": false, "against": [1],
        "pairs": [
          {
            "against": 1, "direction": "forward", "verdict": "breaking", "answer": "not_contained",
            "reason": "found by solving for the difference", "witness": {"id": ""},
            "strict_answer": "not_contained", "strict_witness": {"id": ""}
          }
        ],
        "consumers": [], "waivers": []
      }
    }
    [exit 3]
    "#);
}

#[test]
fn a_change_that_explains_the_pair_hides_no_other() {
    let sandbox = crate::common::Sandbox::new();
    sandbox.run(
        r#"echo '{"type":"object","properties":{"id":{"type":"string"},"old":{"type":"string"}}}' > a.json
        echo '{"type":"object","properties":{"id":{"type":"string","maxLength":3}},"additionalProperties":false}' > b.json
        printf '%s\n' '{"properties":{"id":{"type":"string"},"p":{"type":"string","pattern":"(?<!x)foo"}}}' > p.json
        printf '%s\n' '{"properties":{"id":{"type":"string","maxLength":3},"p":{"type":"string","pattern":"foo(?<!y)"}}}' > q.json
        ledger contract add c a.json; ledger contract add p p.json"#,
    );
    transcript!(sandbox, @r#"
    $ ledger contract check --candidate b.json --contract c
    c@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v1, not under v2: {"id":"aaaa"} (found by solving for the difference)
        bound-tightened /properties/id/maxLength: nothing → 3
          error: breaks {"id":"aaaa"}
        combination (root): {"properties":{"id":{"type":"string"},"old":{"type":"string"}},"type":"object"} → {"additionalProperties":false,"properties":{"id":{"maxLength":3,"type":"string"…
          error: breaks {"old":""}
      it touches no consumer
      to ask for leave: ledger contract propose c FILE
    breaking: 1 contract, 1 version checked (declared content)
    [exit 3]
    $ ledger contract diff a.json b.json
    a.json → b.json (declared content)
      backward: valid under a.json, not under b.json: {"id":"aaaa"} (found by solving for the difference)
      forward: every document of b.json is valid under a.json: no document is in the one and not in the other
    closed /additionalProperties: nothing → false
      backward, warning: breaks with undeclared members only: {"a":null}
    bound-tightened /properties/id/maxLength: nothing → 3
      backward, error: breaks {"id":"aaaa"}
    property-removed /properties/old: {"type":"string"} → nothing
      forward, note: breaks with undeclared members only: {"old":null}
    combination (root): {"properties":{"id":{"type":"string"},"old":{"type":"string"}},"type":"object"} → {"additionalProperties":false,"properties":{"id":{"maxLength":3,"type":"string"…
      backward, error: breaks {"old":""}
    $ ledger contract check --candidate q.json --contract p
    p@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v1, not under v2: {"id":"aaaa"} (found by solving for the difference)
        bound-tightened /properties/id/maxLength: nothing → 3
          error: breaks {"id":"aaaa"}
        pattern-changed /properties/p/pattern: "(?<!x)foo" → "foo(?<!y)"
          warning: not known: the pattern "(?<!x)foo": it looks behind
      it touches no consumer
      to ask for leave: ledger contract propose p FILE
    breaking: 1 contract, 1 version checked (declared content)
    [exit 3]
    $ ledger contract check --candidate q.json --contract p --format github
    ::error file=q.json,line=1,title=p@2 bound-tightened::/properties/id/maxLength: nothing → 3%0Avalid under v1, not under v2: {"id":"aaaa"}%0Ait touches no consumer
    ::warning file=q.json,line=1,title=p@2 pattern-changed::/properties/p/pattern: "(?<!x)foo" → "foo(?<!y)"%0Anot known: the pattern "(?<!x)foo": it looks behind%0Ait touches no consumer
    [exit 3]
    "#);
}

#[test]
fn an_undecided_pair_is_told_with_its_reason_and_its_keyword_in_every_format() {
    let sandbox = crate::common::Sandbox::new();
    sandbox.run(
        r#"printf '{\n"type": "string",\n"pattern": "(?<!x)foo"\n}' > a.json; sed 's/(?<!x)foo/foo(?<!y)/' a.json > b.json
        ledger contract add c a.json"#,
    );
    transcript!(sandbox, @r#"
    $ ledger contract check --candidate b.json --contract c --format markdown
    ## Contracts: undecided: 1 contract, 1 version checked (declared content)

    | Version | Check | Mode | Consumers touched | Waiver |
    |---|---|---|---|---|
    | c&#64;2 | undecided | BACKWARD\_TRANSITIVE |  |  |

    - c&#64;2: `whether every document of v1 is valid under v2 is not known: the pattern "(?<!x)foo": it looks behind`
      - pattern-changed: `/pattern: "(?<!x)foo" → "foo(?<!y)"` — warning: `not known: the pattern "(?<!x)foo": it looks behind`
    [exit 10]
    $ ledger contract check --candidate b.json --contract c --format github
    ::error file=b.json,line=3,title=c@2 undecided-backward::whether every document of v1 is valid under v2 is not known: the pattern "(?<!x)foo": it looks behind%0Apattern-changed /pattern: "(?<!x)foo" → "foo(?<!y)"%0A  warning: not known: the pattern "(?<!x)foo": it looks behind%0Ait touches no consumer
    [exit 10]
    $ ledger contract check --candidate b.json --contract c --format junit
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="1" failures="1">
      <testsuite name="ledger contract check" tests="1" failures="1">
        <testcase classname="contracts" name="c@2">
          <failure type="undecided-backward" message="whether every document of v1 is valid under v2 is not known: the pattern &quot;(?&lt;!x)foo&quot;: it looks behind">b.json:3
    whether every document of v1 is valid under v2 is not known: the pattern &quot;(?&lt;!x)foo&quot;: it looks behind
    pattern-changed /pattern: &quot;(?&lt;!x)foo&quot; → &quot;foo(?&lt;!y)&quot;
      warning: not known: the pattern &quot;(?&lt;!x)foo&quot;: it looks behind
    it touches no consumer</failure>
        </testcase>
      </testsuite>
    </testsuites>
    [exit 10]
    "#);
}

#[test]
fn a_ledger_says_of_two_files_what_it_says_of_versions() {
    let sandbox = invoices();
    sandbox.run(r#"sed -i 's/^{/{"contract": {"open_content": "strict"},/' coordination/ledger.json"#);
    transcript!(sandbox, @r#"
    $ ledger contract diff v1.json v2.json | head -n 2
    v1.json → v2.json (strict content)
      backward: valid under v1.json, not under v2.json: {"id":0,"note":null} (found by solving for the difference)
    $ cp v1.json v2.json ..; cd ..; ledger contract diff v1.json v2.json | head -n 2
    v1.json → v2.json (declared content)
      backward: every document of v1.json is valid under v2.json: no document is in the one and not in the other
    "#);
}
