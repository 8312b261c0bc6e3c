//! What was found, in formats for CI.

use serde_json::Value;

use super::repository;
use crate::transcript;

#[test]
fn one_run_prints_in_several_formats() {
    let sandbox = repository();
    sandbox.run("rm -r coordination/checkpoints && git commit -q -am unchecked && git branch -f main && sed -i '3s/one/two/' coordination/events/REQ-$TODAY-0001.jsonl && ledger note 3 --text new -q && sed -i 1d coordination/events/REQ-$TODAY-0003.jsonl");
    transcript!(sandbox, @r#"
    $ ledger verify --against main --output github=- --output sarif=../s.json --output junit=../j.xml --output json=../v.json
    ::error file=coordination/events/REQ-YYYYMMDD-0001.jsonl,line=3,title=REQ-YYYYMMDD-0001 event-edited::event 3 (NOTED, [head]), line 3 of the log at main, was edited%0Afix: put the event back, and have the edited line set aside: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    ::error file=coordination/events/REQ-YYYYMMDD-0001.jsonl,line=3,title=REQ-YYYYMMDD-0001 line-damaged::the line was changed: its hash does not match its bytes%0Afix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    ::error file=coordination/events/REQ-YYYYMMDD-0003.jsonl,title=REQ-YYYYMMDD-0003 event-removed::event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, is gone%0Afix: put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0003.jsonl >> coordination/events/REQ-YYYYMMDD-0003.jsonl
    ::error file=coordination/events/REQ-YYYYMMDD-0003.jsonl,line=1,title=REQ-YYYYMMDD-0003 history-damaged::event 2 ([head]) follows [head], which is not here: an event was removed or the packet was changed%0Afix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0003.jsonl >> coordination/events/REQ-YYYYMMDD-0003.jsonl && ledger repair-merge
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: violation event-edited: event 3 (NOTED, [head]), line 3 of the log at main, was edited
      fix: put the event back, and have the edited line set aside: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    coordination/events/REQ-YYYYMMDD-0001.jsonl:3: damage line-damaged: the line was changed: its hash does not match its bytes
      fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    coordination/events/REQ-YYYYMMDD-0003.jsonl: violation event-removed: event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, is gone
      fix: put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0003.jsonl >> coordination/events/REQ-YYYYMMDD-0003.jsonl
    coordination/events/REQ-YYYYMMDD-0003.jsonl:1: damage history-damaged: event 2 ([head]) follows [head], which is not here: an event was removed or the packet was changed
      fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0003.jsonl >> coordination/events/REQ-YYYYMMDD-0003.jsonl && ledger repair-merge
    4 findings: 3 requests, 1 contract, 5 events verified, and compared with main (9 files)
    [exit 3]
    $ cat ../j.xml
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="3" failures="2">
      <testsuite name="ledger verify" tests="3" failures="2">
        <testcase classname="ledger" name="REQ-YYYYMMDD-0001">
          <failure type="event-edited" message="event 3 (NOTED, [head]), line 3 of the log at main, was edited">coordination/events/REQ-YYYYMMDD-0001.jsonl:3
    event 3 (NOTED, [head]), line 3 of the log at main, was edited
    fix: put the event back, and have the edited line set aside: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl &gt;&gt; coordination/events/REQ-YYYYMMDD-0001.jsonl &amp;&amp; ledger repair-merge</failure>
          <failure type="line-damaged" message="the line was changed: its hash does not match its bytes">coordination/events/REQ-YYYYMMDD-0001.jsonl:3
    the line was changed: its hash does not match its bytes
    fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl &gt;&gt; coordination/events/REQ-YYYYMMDD-0001.jsonl &amp;&amp; ledger repair-merge</failure>
        </testcase>
        <testcase classname="ledger" name="REQ-YYYYMMDD-0003">
          <failure type="event-removed" message="event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, is gone">coordination/events/REQ-YYYYMMDD-0003.jsonl
    event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, is gone
    fix: put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0003.jsonl &gt;&gt; coordination/events/REQ-YYYYMMDD-0003.jsonl</failure>
          <failure type="history-damaged" message="event 2 ([head]) follows [head], which is not here: an event was removed or the packet was changed">coordination/events/REQ-YYYYMMDD-0003.jsonl:1
    event 2 ([head]) follows [head], which is not here: an event was removed or the packet was changed
    fix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0003.jsonl &gt;&gt; coordination/events/REQ-YYYYMMDD-0003.jsonl &amp;&amp; ledger repair-merge</failure>
        </testcase>
        <testcase classname="ledger" name="everything else"/>
      </testsuite>
    </testsuites>
    $ cat ../v.json
    {
      "v": 1,
      "data": {
        "ok": false, "requests": 3, "contracts": 1, "events": 5,
        "against": {"commit": "[commit]", "told": "main", "files": 9},
        "findings": [
          {
            "code": "event-edited", "severity": "violation", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl", "line": 3,
            "message": "event 3 (NOTED, [head]), line 3 of the log at main, was edited",
            "fix": "put the event back, and have the edited line set aside: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge"
          },
          {
            "code": "line-damaged", "severity": "damage", "id": "REQ-YYYYMMDD-0001",
            "file": "coordination/events/REQ-YYYYMMDD-0001.jsonl", "line": 3,
            "message": "the line was changed: its hash does not match its bytes",
            "fix": "put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge"
          },
          {
            "code": "event-removed", "severity": "violation", "id": "REQ-YYYYMMDD-0003",
            "file": "coordination/events/REQ-YYYYMMDD-0003.jsonl",
            "message": "event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, is gone",
            "fix": "put it back; lines may stand twice: git show main:./coordination/events/REQ-YYYYMMDD-0003.jsonl >> coordination/events/REQ-YYYYMMDD-0003.jsonl"
          },
          {
            "code": "history-damaged", "severity": "damage", "id": "REQ-YYYYMMDD-0003",
            "file": "coordination/events/REQ-YYYYMMDD-0003.jsonl", "line": 1,
            "message": "event 2 ([head]) follows [head], which is not here: an event was removed or the packet was changed",
            "fix": "put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0003.jsonl >> coordination/events/REQ-YYYYMMDD-0003.jsonl && ledger repair-merge"
          }
        ],
        "has_more": false
      }
    }
    $ ls -A ..
    a.json
    gate
    home
    j.xml
    s.json
    v.json
    work
    $ ledger verify --format junit | head -n 3; ledger verify 2 --format junit; ledger verify 2 --format sarif
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="4" failures="2">
      <testsuite name="ledger verify" tests="4" failures="2">
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="1" failures="0">
      <testsuite name="ledger verify" tests="1" failures="0">
        <testcase classname="ledger" name="everything else"/>
      </testsuite>
    </testsuites>
    {"$schema":"https://json.schemastore.org/sarif-2.1.0.json","runs":[{"columnKind":"unicodeCodePoints","results":[],"tool":{"driver":{"name":"ledger","rules":[],"version":"0.1.0"}}}],"version":"2.1.0"}
    "#);
    let sarif: Value = serde_json::from_str(&sandbox.run("cat ../s.json")).unwrap();
    let run = &sarif["runs"][0];
    let results = run["results"].as_array().unwrap();
    let rules: Vec<&Value> =
        run["tool"]["driver"]["rules"].as_array().unwrap().iter().map(|rule| &rule["id"]).collect();
    for result in results {
        let rule = usize::try_from(result["ruleIndex"].as_u64().unwrap()).unwrap();
        assert_eq!(rules[rule], &result["ruleId"]);
        assert_eq!(result["level"], "error");
        let place = &result["locations"][0]["physicalLocation"];
        assert!(place["artifactLocation"]["uri"].as_str().unwrap().starts_with("coordination/"), "{place}");
    }
    let edited = results.iter().find(|result| result["ruleId"] == "event-edited").unwrap();
    assert_eq!(edited["locations"][0]["physicalLocation"]["region"]["startLine"], 3);
    // Nothing that was there is gone in the third, but what is new lacks what it follows.
    let removed = results.iter().find(|result| result["ruleId"] == "event-removed").unwrap();
    assert_eq!(removed["locations"][0]["physicalLocation"].get("region"), None);
}

#[test]
fn a_report_is_written_whole_and_never_over_the_ledger() {
    let sandbox = repository();
    sandbox.run("ln -s coordination/ledger.json link && ln -s coordination/events inner && ln coordination/events/REQ-$TODAY-0002.jsonl hard && mkfifo pipe && echo old > report && ln -s report to-report");
    transcript!(sandbox, @r#"
    $ ledger verify --output json=coordination/report.json
    ! error: --output coordination/report.json: a report is no file of the ledger
    ! hint: name a file outside of coordination/, schemas/contracts/ and schemas/ledger/
    [exit 2]
    $ ledger verify --output json=link || ledger verify --output json=inner/x || ledger verify --output json=./x/../coordination/requests/x
    ! error: --output link: a report is no file of the ledger
    ! hint: name a file outside of coordination/, schemas/contracts/ and schemas/ledger/
    ! error: --output inner/x: a report is no file of the ledger
    ! hint: name a file outside of coordination/, schemas/contracts/ and schemas/ledger/
    ! error: could not write [tmp]/work/./x/../coordination/requests/x: No such file or directory (os error 2)
    ! hint: ls -ld [tmp]/work/./x/../coordination/requests tells whether it may be written to
    [exit 1]
    $ ledger verify --output json=schemas/contracts/x || ledger contract check --output json=coordination/x
    ! error: --output schemas/contracts/x: a report is no file of the ledger
    ! hint: name a file outside of coordination/, schemas/contracts/ and schemas/ledger/
    ! error: --output coordination/x: a report is no file of the ledger
    ! hint: name a file outside of coordination/, schemas/contracts/ and schemas/ledger/
    [exit 2]
    $ ledger verify -q --output json=hard && ledger verify
    ok: 3 requests, 1 contract, 7 events, 1 checkpoint verified
    $ (cat pipe > got &) ; ledger verify -q --output json=pipe; sleep 0.3; wc -l < got; test -p pipe && ledger verify -q --output junit=/dev/null && test -c /dev/null
    1
    $ ledger verify -q --output github=to-report && wc -c < report && test -L to-report
    0
    $ ledger verify --output xml=x; ledger verify --output json; ledger verify --output markdown=x
    ! error: --output "xml=x": expected FORMAT=FILE, and a format of text, json, jsonl, github, sarif, junit
    ! hint: ledger verify --help
    ! error: --output "json": expected FORMAT=FILE, and a format of text, json, jsonl, github, sarif, junit
    ! hint: ledger verify --help
    ! error: --output "markdown=x": expected FORMAT=FILE, and a format of text, json, jsonl, github, sarif, junit
    ! hint: ledger verify --help
    [exit 2]
    $ ledger verify --format markdown; ledger verify --proof x --output json=y 2>&1 | head -n 1; ledger verify --proof x --format sarif
    error: the argument '--proof <FILE|->' cannot be used with '--output <FORMAT=FILE>'
    ! error: what verify finds is printed as text, json, jsonl, github, sarif or junit
    ! hint: ledger verify --help
    ! error: this command prints text, json or jsonl
    ! hint: ledger graph, ledger export, ledger stats, ledger contract check and ledger contract matrix print more
    [exit 2]
    $ git status --short coordination schemas
    "#);
}

#[test]
fn names_that_are_marks_elsewhere_are_harmless() {
    let sandbox = crate::common::Sandbox::empty();
    sandbox.run(
        r#"mkdir 'a,b:c%<d>' && cd 'a,b:c%<d>' && git init -q -b main . && git config user.name t && git config user.email t@example.com && mkdir 'x,y:%"<&' && cd x* &&
        ledger init --name acme -q && ledger new --title T --from a --to b --type bug --set details.impact=x -q && git add -A && git commit -q -m base && sed -i 's/"by":"alice"/"by":"::e%0A"/' coordination/events/*.jsonl"#,
    );
    transcript!(sandbox, @r#"
    $ cd a*/x* && ledger verify --against main --format github
    ::error file=x%2Cy%3A%25"<&/coordination/events/REQ-YYYYMMDD-0001.jsonl,line=1,title=REQ-YYYYMMDD-0001 event-edited::event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, was edited%0Afix: put the event back, and have the edited line set aside: git show main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    ::error file=x%2Cy%3A%25"<&/coordination/events/REQ-YYYYMMDD-0001.jsonl,line=1,title=REQ-YYYYMMDD-0001 line-damaged::the line was changed: its hash does not match its bytes%0Afix: put back what it lacks: git show HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl && ledger repair-merge
    [exit 3]
    $ cd a*/x* && ledger verify --against main --format junit | grep '<failure'
          <failure type="event-edited" message="event 1 (REQUEST_CREATED, [head]), line 1 of the log at main, was edited">x,y:%&quot;&lt;&amp;/coordination/events/REQ-YYYYMMDD-0001.jsonl:1
          <failure type="line-damaged" message="the line was changed: its hash does not match its bytes">x,y:%&quot;&lt;&amp;/coordination/events/REQ-YYYYMMDD-0001.jsonl:1
    $ cd a*/x* && ledger verify --against main --format sarif | grep -o '"uri":"[^"]*"' | sort -u
    "uri":"x%2Cy%3A%25%22%3C%26/coordination/events/REQ-YYYYMMDD-0001.jsonl"
    "#);
}
