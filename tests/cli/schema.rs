//! `ledger schema`

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn it_prints_the_schemas_that_init_writes() {
    transcript!(Sandbox::new(), @r#"
    $ for name in packet request event index workflow ledger types/bug types/feature types/incident types/contract-change; do ledger schema $name | cmp - schemas/ledger/$name.schema.json && echo same; done | sort | uniq -c
         10 same
    $ ledger schema bug | head -5
    {
      "$schema": "https://json-schema.org/draft/2020-12/schema",
      "$id": "urn:ledger:schema:type-bug:1",
      "title": "Details of a bug",
      "description": "What `details` of a request of type bug must hold. It goes straight to its developers, so it says whom it hurts and how.",
    $ ledger schema receipt
    ! error: there is no schema "receipt"
    ! hint: the schemas are packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change
    [exit 4]
    $ ledger schema receipt --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-schema", "message": "there is no schema \"receipt\"",
    !     "hint": "the schemas are packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change",
    !     "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    "#);
}

#[test]
fn the_catalogue_needs_no_ledger_and_follows_the_one_that_is_there() {
    let sandbox = Sandbox::empty();
    let catalogue = sandbox.json("ledger schema");
    let commands: Vec<&str> =
        catalogue["commands"].as_array().unwrap().iter().map(|command| command["name"].as_str().unwrap()).collect();
    insta::assert_snapshot!(commands.join(" "), @"init new transition respond approve note evidence show log list index verify resolve apply schema demo");
    let statuses = catalogue["exit_statuses"].as_array().unwrap().iter();
    let statuses: Vec<String> = statuses.map(|exit| format!("{} {}", exit["status"], exit["name"])).collect();
    insta::assert_snapshot!(statuses.join("\n"), @r#"
    0 "done"
    1 "failure"
    2 "usage"
    3 "no"
    4 "not-found"
    5 "refused"
    6 "conflict"
    7 "busy"
    8 "unknown"
    9 "damaged"
    10 "undecided"
    "#);
    let transition = catalogue["commands"].as_array().unwrap().iter().find(|c| c["name"] == "transition").unwrap();
    let arguments: Vec<&str> =
        transition["arguments"].as_array().unwrap().iter().map(|argument| argument["name"].as_str().unwrap()).collect();
    insta::assert_snapshot!(arguments.join(" "), @"request state --reason --evidence --set --expect-version --expect-state --key --dry-run --root --format --json --actor --timeout --color --quiet --verbose");
    sandbox.run("ledger init -q && sed -i 's/\"triage\": \"pm\"/\"triage\": \"sponsor\"/' coordination/workflow.json");
    assert_eq!(sandbox.json("ledger schema")["workflow"]["types"][1]["triage"], "sponsor");
}

#[test]
fn every_json_answer_is_what_its_schema_says() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("ledger transition 1 accepted && ledger note 1 --text seen");
    let valid = |name: &str, document: &serde_json::Value| {
        let schema = sandbox.json(&format!("ledger schema {name}"));
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
        assert_eq!(errors, Vec::<String>::new(), "{name}");
    };
    valid("packet", &sandbox.json("ledger show 1 --json")["data"]["packet"]);
    for event in sandbox.json("ledger log --json")["data"]["events"].as_array().unwrap() {
        valid("event", event);
    }
    valid("index", &sandbox.json("cat coordination/index.json"));
    valid("ledger", &sandbox.json("cat coordination/ledger.json"));
    valid("workflow", &sandbox.json("cat coordination/workflow.json"));
}
