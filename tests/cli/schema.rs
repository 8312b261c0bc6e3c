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
    ! error: there is no schema "receipt", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, and output/COMMAND
    ! hint: ledger schema lists all, under "schemas"
    [exit 4]
    $ ledger schema receipt --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-schema",
    !     "message": "there is no schema \"receipt\", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, and output/COMMAND",
    !     "hint": "ledger schema lists all, under \"schemas\"", "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    "#);
}

#[test]
fn a_type_has_the_schema_that_the_ledger_keeps_for_it() {
    let sandbox = Sandbox::new();
    sandbox.run("mkdir -p inside ../outside && cp -r schemas/ledger/types ../outside/");
    sandbox.run("cd schemas/ledger/types && echo '{\"title\":\"ours\"}' > bug.schema.json && cp bug.schema.json spike.schema.json && rm feature.schema.json");
    transcript!(sandbox, @r#"
    $ ledger schema types/bug; ledger schema bug; cd inside && ledger schema types/spike
    {"title":"ours"}
    {"title":"ours"}
    {"title":"ours"}
    # What the ledger does not keep is built in; so is everything where there is no ledger.
    $ ledger schema types/feature | cmp - ../outside/types/feature.schema.json && echo same
    same
    $ cd ../outside && ledger schema types/bug | cmp - types/bug.schema.json && echo same
    same
    $ ledger schema --root ../outside spike
    ! error: there is no schema "spike", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, and output/COMMAND
    ! hint: ledger schema lists all, under "schemas"
    [exit 4]
    $ ledger schema types/spikes
    ! error: there is no schema "types/spikes", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, types/spike, and output/COMMAND
    ! hint: ledger schema types/spike
    [exit 4]
    $ ledger schema types/../../ledger/event
    ! error: there is no schema "types/../../ledger/event", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, types/spike, and output/COMMAND
    ! hint: ledger schema lists all, under "schemas"
    [exit 4]
    $ ledger schema | grep -A 12 '"schemas"'
      "schemas": [
        "packet",
        "request",
        "event",
        "index",
        "workflow",
        "ledger",
        "types/bug",
        "types/feature",
        "types/incident",
        "types/contract-change",
        "types/spike",
        "output/adopt",
    $ ln -s ../../../../outside/types/incident.schema.json schemas/ledger/types/linked.schema.json; ledger schema types/linked
    ! error: [tmp]/work/schemas/ledger/types/linked.schema.json: it is a symbolic link; links are not followed here
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ printf '\377' > schemas/ledger/types/bug.schema.json; ledger schema types/bug
    ! error: [tmp]/work/schemas/ledger/types/bug.schema.json: it is not UTF-8
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    $ rm schemas/ledger/types/bug.schema.json; mkdir schemas/ledger/types/bug.schema.json; ledger schema types/bug
    ! error: [tmp]/work/schemas/ledger/types/bug.schema.json: it is not a plain file
    ! hint: restore it from a copy, or from another clone
    [exit 9]
    "#);
}

#[test]
fn the_catalogue_needs_no_ledger_and_follows_the_one_that_is_there() {
    let sandbox = Sandbox::empty();
    let catalogue = sandbox.json("ledger schema");
    let commands: Vec<&str> =
        catalogue["commands"].as_array().unwrap().iter().map(|command| command["name"].as_str().unwrap()).collect();
    insta::assert_snapshot!(commands.join(" "), @"init new transition respond approve note evidence claim heartbeat release show log watch prime list search ready blocked graph export stats sql index verify doctor checkpoint prove conflicts resolve sync ids setup-git merge-driver repair-merge resolve-id apply adopt import contract schema tui config completions man demo");
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
    insta::assert_snapshot!(arguments.join(" "), @"request state --reason --evidence --set --resolve --expect-version --expect-state --key --dry-run --allow-secret --root --format --json --actor --timeout --color --time --no-pager --quiet --verbose");
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
