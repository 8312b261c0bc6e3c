//! `ledger graph`

use crate::common::Sandbox;
use crate::transcript;

/// A request with two parts, of which one waits for the other and for a third; one that is closed; one that stands alone.
fn graph() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Rates are old", "--parent 1");
    sandbox.bug("Pay later", "--parent 1 --depends-on 2");
    sandbox.bug("Mail it", "");
    sandbox.bug("Tell \"everybody\" <b>&", "--depends-on 3 --depends-on 4 --depends-on 2");
    sandbox.bug("On its own", "");
    sandbox.run(
        "ledger transition 2 accepted && for state in accepted in-progress delivered verified closed; do ledger transition 4 $state --evidence commit=1; done",
    );
    sandbox
}

/// The same with a cycle, as other hands or a merge of clones may leave it: 2 depends on 3, too.
fn with_cycle() -> Sandbox {
    let sandbox = graph();
    sandbox.run(
        "cd coordination && chmod u+w requests/* && rm events/*-0002.jsonl &&
         sed -i 's/\"dependencies\": \\[\\]/\"dependencies\": [\"REQ-'$TODAY'-0003\"]/' requests/*-0002.json && grep -q 0003 requests/*-0002.json",
    );
    sandbox
}

#[test]
fn as_text_it_is_a_tree() {
    transcript!(graph(), @r#"
    $ ledger graph
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    ├─ part REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    └─ part REQ-YYYYMMDD-0003  PROPOSED  Pay later
       └─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&
    ├─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    ├─ needs REQ-YYYYMMDD-0003 (see above)
    └─ needs REQ-YYYYMMDD-0004  CLOSED  Mail it
    $ ledger graph 3
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    ├─ part REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    └─ part REQ-YYYYMMDD-0003  PROPOSED  Pay later  ←
       └─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&
    ├─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    └─ needs REQ-YYYYMMDD-0003 (see above)
    $ ledger graph 6
    REQ-YYYYMMDD-0006  PROPOSED  On its own  ←
    $ ledger graph key:k1 -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0003
    $ ledger graph --limit 3
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    ├─ part REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    └─ part REQ-YYYYMMDD-0003  PROPOSED  Pay later
       └─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    ! 3 of 5 requests shown; --limit N shows more
    $ ledger graph 5 --limit 2
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&  ←
    └─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    ! 2 of 4 requests shown; --limit N shows more
    $ ledger graph 99
    ! error: there is no request 99
    ! hint: ledger list --all
    [exit 4]
    "#);
}

#[test]
fn as_json_it_has_requests_and_edges() {
    transcript!(graph(), @r#"
    $ ledger graph 3 --json --limit 2
    {
      "v": 1,
      "data": {
        "request": "REQ-YYYYMMDD-0003",
        "requests": [
          {
            "id": "REQ-YYYYMMDD-0001", "state": "PROPOSED", "title": "Totals are wrong", "settled": false,
            "layer": 0
          },
          {"id": "REQ-YYYYMMDD-0003", "state": "PROPOSED", "title": "Pay later", "settled": false, "layer": 1}
        ],
        "edges": [{"from": "REQ-YYYYMMDD-0001", "to": "REQ-YYYYMMDD-0003", "kind": "part", "in_cycle": false}],
        "cycles": [], "matched": 4, "has_more": true, "damaged": []
      }
    }
    $ ledger graph --format jsonl
    {
      "v": 1,
      "data": {
        "request": {
          "id": "REQ-YYYYMMDD-0001", "state": "PROPOSED", "title": "Totals are wrong", "settled": false,
          "layer": 0
        }
      }
    }
    {
      "v": 1,
      "data": {
        "request": {"id": "REQ-YYYYMMDD-0002", "state": "ACCEPTED", "title": "Rates are old", "settled": false, "layer": 2}
      }
    }
    {
      "v": 1,
      "data": {
        "request": {"id": "REQ-YYYYMMDD-0003", "state": "PROPOSED", "title": "Pay later", "settled": false, "layer": 1}
      }
    }
    {
      "v": 1,
      "data": {"request": {"id": "REQ-YYYYMMDD-0004", "state": "CLOSED", "title": "Mail it", "settled": true, "layer": 1}}
    }
    {
      "v": 1,
      "data": {
        "request": {
          "id": "REQ-YYYYMMDD-0005", "state": "PROPOSED", "title": "Tell \"everybody\" <b>&", "settled": false,
          "layer": 0
        }
      }
    }
    {
      "v": 1,
      "data": {"edge": {"from": "REQ-YYYYMMDD-0001", "to": "REQ-YYYYMMDD-0002", "kind": "part", "in_cycle": false}}
    }
    {
      "v": 1,
      "data": {"edge": {"from": "REQ-YYYYMMDD-0001", "to": "REQ-YYYYMMDD-0003", "kind": "part", "in_cycle": false}}
    }
    {
      "v": 1,
      "data": {"edge": {"from": "REQ-YYYYMMDD-0003", "to": "REQ-YYYYMMDD-0002", "kind": "depends_on", "in_cycle": false}}
    }
    {
      "v": 1,
      "data": {"edge": {"from": "REQ-YYYYMMDD-0005", "to": "REQ-YYYYMMDD-0002", "kind": "depends_on", "in_cycle": false}}
    }
    {
      "v": 1,
      "data": {"edge": {"from": "REQ-YYYYMMDD-0005", "to": "REQ-YYYYMMDD-0003", "kind": "depends_on", "in_cycle": false}}
    }
    {
      "v": 1,
      "data": {"edge": {"from": "REQ-YYYYMMDD-0005", "to": "REQ-YYYYMMDD-0004", "kind": "depends_on", "in_cycle": false}}
    }
    "#);
}

#[test]
fn a_cycle_is_marked_in_every_format() {
    transcript!(with_cycle(), @r#"
    $ ledger graph 2
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    ├─ part REQ-YYYYMMDD-0002  PROPOSED  Rates are old  ←
    │  └─ needs REQ-YYYYMMDD-0003  PROPOSED  Pay later (cycle)
    │     └─ needs REQ-YYYYMMDD-0002 (see above) (cycle)
    └─ part REQ-YYYYMMDD-0003 (see above)
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&
    ├─ needs REQ-YYYYMMDD-0002 (see above)
    └─ needs REQ-YYYYMMDD-0003 (see above)
    cycle: REQ-YYYYMMDD-0002, REQ-YYYYMMDD-0003 depend on each other
    $ ledger graph 2 --json | grep -o '"cycles.*'
    "cycles":[{"kind":"depends_on","requests":["REQ-YYYYMMDD-0002","REQ-YYYYMMDD-0003"]}],"matched":4,"has_more":false,"damaged":[]}}
    $ ledger graph 2 --format mermaid
    flowchart LR
      REQ-YYYYMMDD-0001["REQ-YYYYMMDD-0001<br/>PROPOSED<br/>Totals are wrong"]
      REQ-YYYYMMDD-0002["REQ-YYYYMMDD-0002<br/>PROPOSED<br/>Rates are old"]:::cycle
      REQ-YYYYMMDD-0003["REQ-YYYYMMDD-0003<br/>PROPOSED<br/>Pay later"]:::cycle
      REQ-YYYYMMDD-0005["REQ-YYYYMMDD-0005<br/>PROPOSED<br/>Tell #34;everybody#34; #60;b#62;#38;"]
      REQ-YYYYMMDD-0001 -. part .-> REQ-YYYYMMDD-0002
      REQ-YYYYMMDD-0001 -. part .-> REQ-YYYYMMDD-0003
      REQ-YYYYMMDD-0002 --> REQ-YYYYMMDD-0003
      REQ-YYYYMMDD-0003 --> REQ-YYYYMMDD-0002
      REQ-YYYYMMDD-0005 --> REQ-YYYYMMDD-0002
      REQ-YYYYMMDD-0005 --> REQ-YYYYMMDD-0003
      classDef cycle stroke:#c00,stroke-width:2px
      classDef asked stroke-width:3px
      classDef settled fill:#e6f4e6
      classDef missing stroke-dasharray:4
      linkStyle 2,3 stroke:#c00
      %% cycle: REQ-YYYYMMDD-0002, REQ-YYYYMMDD-0003 depend on each other
    $ ledger graph 2 --format dot
    digraph ledger {
      rankdir=LR;
      node [shape=box, fontname="sans-serif"];
      "REQ-YYYYMMDD-0001" [label="REQ-YYYYMMDD-0001\nPROPOSED\nTotals are wrong"];
      "REQ-YYYYMMDD-0002" [label="REQ-YYYYMMDD-0002\nPROPOSED\nRates are old", color=red];
      "REQ-YYYYMMDD-0003" [label="REQ-YYYYMMDD-0003\nPROPOSED\nPay later", color=red];
      "REQ-YYYYMMDD-0005" [label="REQ-YYYYMMDD-0005\nPROPOSED\nTell \"everybody\" <b>&amp;"];
      "REQ-YYYYMMDD-0001" -> "REQ-YYYYMMDD-0002" [style=dashed, label="part"];
      "REQ-YYYYMMDD-0001" -> "REQ-YYYYMMDD-0003" [style=dashed, label="part"];
      "REQ-YYYYMMDD-0002" -> "REQ-YYYYMMDD-0003" [color=red];
      "REQ-YYYYMMDD-0003" -> "REQ-YYYYMMDD-0002" [color=red];
      "REQ-YYYYMMDD-0005" -> "REQ-YYYYMMDD-0002";
      "REQ-YYYYMMDD-0005" -> "REQ-YYYYMMDD-0003";
    }
    // cycle: REQ-YYYYMMDD-0002, REQ-YYYYMMDD-0003 depend on each other
    $ ledger graph 2 --format svg | grep -c '^<path class="edge red" .*red-arrow'
    2
    $ ledger graph | grep cycle
    │  └─ needs REQ-YYYYMMDD-0003  PROPOSED  Pay later (cycle)
    │     └─ needs REQ-YYYYMMDD-0002 (see above) (cycle)
    cycle: REQ-YYYYMMDD-0002, REQ-YYYYMMDD-0003 depend on each other
    "#);
}

#[test]
fn for_mermaid_and_graphviz_nothing_in_a_title_is_a_mark() {
    transcript!(graph(), @r#"
    $ ledger graph --format mermaid
    flowchart LR
      REQ-YYYYMMDD-0001["REQ-YYYYMMDD-0001<br/>PROPOSED<br/>Totals are wrong"]
      REQ-YYYYMMDD-0002["REQ-YYYYMMDD-0002<br/>ACCEPTED<br/>Rates are old"]
      REQ-YYYYMMDD-0003["REQ-YYYYMMDD-0003<br/>PROPOSED<br/>Pay later"]
      REQ-YYYYMMDD-0004["REQ-YYYYMMDD-0004<br/>CLOSED<br/>Mail it"]:::settled
      REQ-YYYYMMDD-0005["REQ-YYYYMMDD-0005<br/>PROPOSED<br/>Tell #34;everybody#34; #60;b#62;#38;"]
      REQ-YYYYMMDD-0001 -. part .-> REQ-YYYYMMDD-0002
      REQ-YYYYMMDD-0001 -. part .-> REQ-YYYYMMDD-0003
      REQ-YYYYMMDD-0003 --> REQ-YYYYMMDD-0002
      REQ-YYYYMMDD-0005 --> REQ-YYYYMMDD-0002
      REQ-YYYYMMDD-0005 --> REQ-YYYYMMDD-0003
      REQ-YYYYMMDD-0005 --> REQ-YYYYMMDD-0004
      classDef cycle stroke:#c00,stroke-width:2px
      classDef asked stroke-width:3px
      classDef settled fill:#e6f4e6
      classDef missing stroke-dasharray:4
    $ ledger graph --format dot
    digraph ledger {
      rankdir=LR;
      node [shape=box, fontname="sans-serif"];
      "REQ-YYYYMMDD-0001" [label="REQ-YYYYMMDD-0001\nPROPOSED\nTotals are wrong"];
      "REQ-YYYYMMDD-0002" [label="REQ-YYYYMMDD-0002\nACCEPTED\nRates are old"];
      "REQ-YYYYMMDD-0003" [label="REQ-YYYYMMDD-0003\nPROPOSED\nPay later"];
      "REQ-YYYYMMDD-0004" [label="REQ-YYYYMMDD-0004\nCLOSED\nMail it", style=filled, fillcolor=honeydew];
      "REQ-YYYYMMDD-0005" [label="REQ-YYYYMMDD-0005\nPROPOSED\nTell \"everybody\" <b>&amp;"];
      "REQ-YYYYMMDD-0001" -> "REQ-YYYYMMDD-0002" [style=dashed, label="part"];
      "REQ-YYYYMMDD-0001" -> "REQ-YYYYMMDD-0003" [style=dashed, label="part"];
      "REQ-YYYYMMDD-0003" -> "REQ-YYYYMMDD-0002";
      "REQ-YYYYMMDD-0005" -> "REQ-YYYYMMDD-0002";
      "REQ-YYYYMMDD-0005" -> "REQ-YYYYMMDD-0003";
      "REQ-YYYYMMDD-0005" -> "REQ-YYYYMMDD-0004";
    }
    "#);
}

#[test]
fn as_svg_it_is_a_picture_that_needs_nothing_else() {
    transcript!(graph(), @r#"
    $ ledger graph 5 --format svg
    <svg xmlns="http://www.w3.org/2000/svg" width="930" height="206" viewBox="0 0 930 206">
    <title>Requests</title>
    <style>text{font-family:sans-serif;font-size:12px;fill:#222}.id{font-weight:bold}.state{fill:#555}.box{fill:#f4f6fa;stroke:#667}.settled .box{fill:#e6f4e6;stroke:#5a5}.missing .box{fill:#fff;stroke-dasharray:4}.asked .box{stroke-width:3}.cycle .box{stroke:red;stroke-width:2}.edge{fill:none;stroke:dimgray;stroke-width:1.3}.part{stroke-dasharray:5 4}.red{stroke:red;stroke-width:1.8}</style>
    <defs><marker id="arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="dimgray"/></marker><marker id="red-arrow" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="8" markerHeight="8" markerUnits="userSpaceOnUse" orient="auto"><path d="M0 0L8 4L0 8z" fill="red"/></marker></defs>
    <rect width="930" height="206" fill="white"/>
    <path class="edge" d="M590 43C620 43 630 64 660 64" marker-end="url(#arrow)"/>
    <path class="edge" d="M270 43C300 43 310 86 340 86L590 86C620 86 630 64 660 64" marker-end="url(#arrow)"/>
    <path class="edge" d="M270 43L340 43" marker-end="url(#arrow)"/>
    <path class="edge" d="M270 43C300 43 310 129 340 129" marker-end="url(#arrow)"/>
    <g class="open"><title>REQ-YYYYMMDD-0002: Rates are old</title><svg x="660" y="41" width="250" height="46"><rect class="box" x="1.5" y="1.5" width="247" height="43" rx="5"/><text class="id" x="10" y="19">REQ-YYYYMMDD-0002</text><text class="state" x="240" y="19" text-anchor="end">ACCEPTED</text><text x="10" y="36">Rates are old</text></svg></g>
    <g class="open"><title>REQ-YYYYMMDD-0003: Pay later</title><svg x="340" y="20" width="250" height="46"><rect class="box" x="1.5" y="1.5" width="247" height="43" rx="5"/><text class="id" x="10" y="19">REQ-YYYYMMDD-0003</text><text class="state" x="240" y="19" text-anchor="end">PROPOSED</text><text x="10" y="36">Pay later</text></svg></g>
    <g class="settled"><title>REQ-YYYYMMDD-0004: Mail it</title><svg x="340" y="106" width="250" height="46"><rect class="box" x="1.5" y="1.5" width="247" height="43" rx="5"/><text class="id" x="10" y="19">REQ-YYYYMMDD-0004</text><text class="state" x="240" y="19" text-anchor="end">CLOSED</text><text x="10" y="36">Mail it</text></svg></g>
    <g class="asked"><title>REQ-YYYYMMDD-0005: Tell &quot;everybody&quot; &lt;b&gt;&amp;</title><svg x="20" y="20" width="250" height="46"><rect class="box" x="1.5" y="1.5" width="247" height="43" rx="5"/><text class="id" x="10" y="19">REQ-YYYYMMDD-0005</text><text class="state" x="240" y="19" text-anchor="end">PROPOSED</text><text x="10" y="36">Tell &quot;everybody&quot; &lt;b&gt;&amp;</text></svg></g>
    <g><path class="edge" d="M20 189h40" marker-end="url(#arrow)"/><text x="66" y="193">depends on</text><path class="edge part" d="M170 189h40" marker-end="url(#arrow)"/><text x="216" y="193">has as a part</text></g>
    </svg>
    "#);
}

#[test]
fn it_shows_how_it_was() {
    transcript!(graph(), @r#"
    $ sleep 0.02; date -u +%FT%T.%3NZ > then; sleep 0.02
    $ ledger transition 2 withdrawn --reason 'it was tax' -q; ledger new --title Later --from shop --to billing --type bug --set details.impact=all --depends-on 3 -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0007
    $ ledger graph 2
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    ├─ part REQ-YYYYMMDD-0002  WITHDRAWN  Rates are old  ←
    └─ part REQ-YYYYMMDD-0003  PROPOSED  Pay later
       └─ needs REQ-YYYYMMDD-0002  WITHDRAWN  Rates are old  ←
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&
    ├─ needs REQ-YYYYMMDD-0002  WITHDRAWN  Rates are old  ←
    └─ needs REQ-YYYYMMDD-0003 (see above)
    REQ-YYYYMMDD-0007  PROPOSED  Later
    └─ needs REQ-YYYYMMDD-0003 (see above)
    $ ledger graph 2 --at $(cat then)
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    ├─ part REQ-YYYYMMDD-0002  ACCEPTED  Rates are old  ←
    └─ part REQ-YYYYMMDD-0003  PROPOSED  Pay later
       └─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old  ←
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&
    ├─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old  ←
    └─ needs REQ-YYYYMMDD-0003 (see above)
    $ ledger graph --at $(cat then) -q
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0004
    REQ-YYYYMMDD-0005
    $ ledger graph 7 --at 2020-01-01
    ! error: REQ-YYYYMMDD-0007 was made after YYYY-MM-DDThh:mm:ss.mmmZ
    ! hint: ledger log REQ-YYYYMMDD-0007
    [exit 4]
    $ ledger graph --at 2020-01-01
    ! no open request depends on another or is a part
    $ ledger graph --at noon
    ! error: "noon" is not a time: expected RFC 3339, a date like 2026-11-20, or 2h or 3d (ago)
    ! hint: ledger graph --help
    [exit 2]
    "#);
}

#[test]
fn what_is_not_here_has_its_place() {
    let sandbox = graph();
    sandbox.run("rm -f coordination/requests/*-0002.json coordination/events/*-0002.jsonl");
    transcript!(sandbox, @r#"
    $ ledger graph 3
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    └─ part REQ-YYYYMMDD-0003  PROPOSED  Pay later  ←
       └─ needs REQ-YYYYMMDD-0002  not here
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&
    ├─ needs REQ-YYYYMMDD-0002  not here
    └─ needs REQ-YYYYMMDD-0003 (see above)
    $ ledger graph 3 --format dot | grep 'not here'
      "REQ-YYYYMMDD-0002" [label="REQ-YYYYMMDD-0002\nnot here", style=dashed];
    "#);
}

#[test]
fn a_damaged_request_is_told_and_the_rest_is_drawn() {
    let sandbox = graph();
    sandbox.run("echo '{' > coordination/events/REQ-$TODAY-0003.jsonl");
    transcript!(sandbox, @r#"
    $ ledger graph
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
    └─ part REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    REQ-YYYYMMDD-0005  PROPOSED  Tell "everybody" <b>&
    ├─ needs REQ-YYYYMMDD-0002  ACCEPTED  Rates are old
    ├─ needs REQ-YYYYMMDD-0003  DAMAGED
    └─ needs REQ-YYYYMMDD-0004  CLOSED  Mail it
    ! REQ-YYYYMMDD-0003 can't be read: coordination/events/REQ-YYYYMMDD-0003.jsonl:1: the line does not end in its hash (ledger verify REQ-YYYYMMDD-0003)
    [exit 9]
    "#);
}

#[test]
fn it_prints_no_other_format() {
    transcript!(graph(), @"
    $ ledger graph --format csv
    ! error: a graph is printed as text, json, jsonl, mermaid, dot or svg
    ! hint: ledger graph --help
    [exit 2]
    $ ledger graph --limit 0
    ! error: invalid value '0' for '--limit <N>': expected a number from 1 to 10000
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger list --format svg
    ! error: this command prints text, json or jsonl
    ! hint: ledger graph, ledger export, ledger stats, ledger contract check and ledger contract matrix print more
    [exit 2]
    $ ledger contract matrix --format dot
    ! error: this command does not print that
    ! hint: its --help names the formats that it prints
    [exit 2]
    ");
}

#[test]
fn the_same_ledger_gives_the_same_bytes() {
    let sandbox = with_cycle();
    sandbox.clone_to("clone");
    for format in ["text", "json", "jsonl", "mermaid", "dot", "svg"] {
        let here = sandbox.run(&format!("ledger graph --format {format}"));
        assert!(here.len() > 100);
        assert_eq!(here, sandbox.run(&format!("ledger graph --root ../clone --format {format}")), "{format}");
    }
}
