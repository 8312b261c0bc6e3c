//! Every bound: what is within it is taken, what is beyond it is refused with a code, and nothing is written.
//!
//! The rows are those of the table in docs/format.md; two that no test can fill are checked in the code's own tests.

use serde_json::{Value, json};

use crate::common::Sandbox;

/// A packet with these members, by `ledger new --packet`.
fn new(members: Value) -> String {
    let mut packet = json!({
        "title": "T", "origin_repo_id": "a", "target_repo_ids": ["b"], "request_type": "bug", "details": {"impact": "x"},
    });
    packet.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    file("packet.json", &packet.to_string(), "ledger new --packet packet.json")
}

/// A command after a file was written.
fn file(name: &str, text: &str, line: &str) -> String {
    format!("{name}\n{line}\n{text}")
}

fn apply(operation: Value) -> String {
    file("operations.jsonl", &operation.to_string(), "ledger apply operations.jsonl")
}

fn x(length: usize) -> String {
    "x".repeat(length)
}

fn many(length: usize, item: impl Fn(usize) -> String) -> Vec<String> {
    (0..length).map(item).collect()
}

/// Arrays within each other.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!(1), |inner, _| json!([inner]))
}

/// A row of the table: a command at the bound, one beyond it, and how that ends.
struct Row {
    name: &'static str,
    within: String,
    beyond: String,
    code: &'static str,
    status: i32,
}

fn row(name: &'static str, within: String, beyond: String, code: &'static str, status: i32) -> Row {
    Row { name, within, beyond, code, status }
}

fn rows() -> Vec<Row> {
    let new_with = |option: &str, text: &str| {
        format!("ledger new --title T --from a --to b --type bug --set details.impact=x {option} {text}")
    };
    let list = |member: &str, length: usize| new(json!({member: many(length, |at| format!("e{at}"))}));
    let dependencies = |length: usize| new(json!({"dependencies": many(length, |at| format!("key:d{at}"))}));
    let note = |length: usize| file("text", &x(length), "ledger note 1 --text @text");
    let operation = |length: usize| {
        let empty = json!({"op": "new", "title": "", "description": ""}).to_string().len();
        apply(json!({"op": "new", "title": "", "description": x(length - empty)}))
    };
    let state = |length: usize| {
        format!(
            r#"cp coordination/workflow.json keep; sed -i 's/"name": "BLOCKED"/"name": "{}"/; s/"BLOCKED"/"{0}"/g' coordination/workflow.json; ledger list; s=$?; cp keep coordination/workflow.json; exit $s"#,
            "B".repeat(length)
        )
    };
    let padded = |name: &str, length: usize| {
        format!(
            "cp {name} keep; (cat keep; head -c $(({length} - $(wc -c < keep))) /dev/zero | tr '\\0' ' ') > {name}; ledger list; s=$?; cp keep {name}; exit $s"
        )
    };
    // Nine are there.
    let states = |number: usize| {
        let more: String = (9..number).map(|at| format!("{{\"name\": \"S{at}\", \"final\": true}}, ")).collect();
        format!(
            r#"cp coordination/workflow.json keep.json; sed -i 's/"states": \[/"states": [{more}/' coordination/workflow.json"#
        )
    };
    let log = |filler: &str| {
        format!(
            "cp -r coordination whole; {filler} coordination/events/REQ-$TODAY-0001.jsonl; ledger show 1; s=$?; rm -r coordination; mv whole coordination; exit $s"
        )
    };
    let schema = |length: usize| {
        let description = x(length - json!({"description": ""}).to_string().len());
        file("schema.json", &json!({"description": description}).to_string(), "ledger contract add big schema.json")
    };
    let deep = |levels: usize| {
        file("schema.json", &json!({"const": nested(levels - 1)}).to_string(), "ledger contract add deep schema.json")
    };
    vec![
        row("`title`", new(json!({"title": x(300)})), new(json!({"title": x(301)})), "bad-packet", 5),
        row(
            "entries of a list in a packet, targets",
            list("target_repo_ids", 256),
            list("target_repo_ids", 257),
            "bad-packet",
            5,
        ),
        row("dependencies", dependencies(256), dependencies(257), "bad-packet", 5),
        row("labels", list("labels", 256), list("labels", 257), "bad-packet", 5),
        row(
            "success criteria, artifacts, constraints",
            list("success_criteria", 256),
            list("success_criteria", 257),
            "bad-packet",
            5,
        ),
        row(
            "an entry of such a list",
            new(json!({"required_artifacts": [x(16 * 1024)]})),
            new(json!({"required_artifacts": [x(16 * 1024 + 1)]})),
            "bad-packet",
            5,
        ),
        // Beside the packet's object and `details`.
        row(
            "nesting of JSON",
            new(json!({"details": {"impact": "x", "deep": nested(62)}})),
            new(json!({"details": {"impact": "x", "deep": nested(63)}})),
            "bad-packet",
            5,
        ),
        row(
            "integers",
            new(json!({"details": {"impact": "x", "n": 9_007_199_254_740_992_u64}})),
            new(json!({"details": {"impact": "x", "n": 9_007_199_254_740_993_u64}})),
            "bad-packet",
            5,
        ),
        row("key", new_with("--key", &x(256)), new_with("--key", &x(257)), "bad-packet", 5),
        row("actor", new_with("--actor", &x(200)), new_with("--actor", &x(201)), "no-actor", 2),
        row(
            "repository, role",
            new(json!({"origin_repo_id": x(200)})),
            new(json!({"origin_repo_id": x(201)})),
            "bad-packet",
            5,
        ),
        row("label", new_with("--label", &x(100)), new_with("--label", &x(101)), "bad-packet", 5),
        row("note, reason, summary, branch", note(64 * 1024), note(64 * 1024 + 1), "bad-text", 5),
        row(
            "evidence: kind",
            format!("ledger evidence 1 {}=1", x(40)),
            format!("ledger evidence 1 {}=1", x(41)),
            "bad-evidence",
            2,
        ),
        row(
            "evidence: value",
            format!("ledger evidence 1 a={}", x(64 * 1024)),
            format!("ledger evidence 1 a={}", x(64 * 1024 + 1)),
            "bad-evidence",
            2,
        ),
        row("a claim, from now on", "ledger claim 1 --for 30d".into(), "ledger claim 1 --for 31d".into(), "usage", 2),
        row("operation of `apply`", operation(1024 * 1024), operation(1024 * 1024 + 1), "usage", 2),
        row(
            "file or stdin for one text or packet",
            file("text", &x(4 * 1024 * 1024), "ledger note 1 --text @text"),
            file("text", &x(4 * 1024 * 1024 + 1), "ledger note 1 --text @text"),
            "input",
            2,
        ),
        row("`--timeout`", "ledger list --timeout 3650d".into(), "ledger list --timeout 3651d".into(), "usage", 2),
        row("state", state(40), state(41), "bad-file", 9),
        row(
            "`ledger.json`",
            padded("coordination/ledger.json", 64 * 1024),
            padded("coordination/ledger.json", 64 * 1024 + 1),
            "damaged",
            9,
        ),
        row(
            "`workflow.json`",
            padded("coordination/workflow.json", 256 * 1024),
            padded("coordination/workflow.json", 256 * 1024 + 1),
            "damaged",
            9,
        ),
        row(
            "states or types, transitions of a workflow",
            format!("{}; ledger list; s=$?; cp keep.json coordination/workflow.json; exit $s", states(64)),
            format!("{}; ledger list; s=$?; cp keep.json coordination/workflow.json; exit $s", states(65)),
            "bad-file",
            9,
        ),
        row("log, read", log(":"), log("truncate -s 513M"), "damaged", 9),
        row("schema of a contract", schema(10 * 1024 * 1024), schema(10 * 1024 * 1024 + 1), "input", 2),
        row("nesting of a schema", deep(100), deep(101), "bad-schema", 5),
        row(
            "document for `contract validate`",
            "ledger contract validate --contract a@1 document.json".into(),
            "truncate -s $((64 * 1024 * 1024 + 1)) large.json; ledger contract validate --contract a@1 large.json"
                .into(),
            "input",
            2,
        ),
    ]
}

/// Plays a command, after writing the file that it names first.
fn play(sandbox: &Sandbox, command: &str) -> std::process::Output {
    match command.split_once('\n') {
        Some((name, rest)) => {
            let (line, text) = rest.split_once('\n').unwrap();
            std::fs::write(sandbox.root().join(name), text).unwrap();
            sandbox.shell(line)
        }
        None => sandbox.shell(command),
    }
}

/// A ledger with a request, 257 requests to depend on, a contract and a document.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    let operation = |at: usize| {
        json!({"op": "new", "title": "D", "origin_repo_id": "a", "target_repo_ids": ["b"], "request_type": "bug", "details": {"impact": "x"}, "key": format!("d{at}")})
            .to_string()
            + "\n"
    };
    std::fs::write(sandbox.root().join("many.jsonl"), (0..257).map(operation).collect::<String>()).unwrap();
    sandbox
        .run("ledger apply many.jsonl && echo true > a.json && ledger contract add a a.json && echo 1 > document.json");
    sandbox
}

const ALL: &str = "cat coordination/requests/* coordination/events/* schemas/contracts/*/* | sha256sum; ls coordination/requests coordination/events schemas/contracts";

#[test]
fn beyond_each_bound_a_command_is_refused_and_nothing_is_written() {
    let sandbox = sandbox();
    for Row { name, beyond, code, status, .. } in rows() {
        let before = sandbox.shell(ALL).stdout;
        let output = play(&sandbox, &beyond.replacen("ledger ", "ledger --json ", 1));
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert_eq!(output.status.code(), Some(status), "{name}: {told}");
        assert!(told.contains(&format!("\"code\":\"{code}\"")), "{name}: {told}");
        assert!(told.len() < 20_000, "{name}: the refusal repeats what it refuses");
        assert!(sandbox.shell(ALL).stdout == before, "{name}: something was written");
    }
}

#[test]
fn what_is_within_the_bounds_is_taken() {
    let sandbox = sandbox();
    for Row { name, within, .. } in rows() {
        let output = play(&sandbox, &within);
        let told = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        let is_taken = match name {
            // Refused for what they hold, not for their size.
            "operation of `apply`" => told.contains("\"code\":\"bad-packet\""),
            "file or stdin for one text or packet" => !told.contains("more than"),
            _ => output.status.code() == Some(0),
        };
        assert!(is_taken, "{name}: {:.2000}", told);
    }
    let output = sandbox.shell("ledger verify");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stdout));
}

#[test]
fn a_packet_has_at_most_256_kib() {
    let sandbox = Sandbox::new();
    let description = |length: usize| new(json!({"description": x(length)}));
    assert_eq!(play(&sandbox, &description(1)).status.code(), Some(0));
    let size = sandbox.shell("wc -c < coordination/requests/REQ-$TODAY-0001.json").stdout;
    let size: usize = String::from_utf8(size).unwrap().trim().parse().unwrap();
    let most = 256 * 1024 - size + 1;
    let output = play(&sandbox, &description(most + 1));
    assert_eq!(output.status.code(), Some(5));
    assert!(String::from_utf8(output.stderr).unwrap().contains("the packet has 262145 bytes; the most is 262144"));
    assert_eq!(play(&sandbox, &description(most)).status.code(), Some(0));
    let output = sandbox.shell("wc -c < coordination/requests/REQ-$TODAY-0002.json; ledger verify");
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("262144\nok: 2 requests"));
    // One that came with git.
    sandbox.run("f=coordination/requests/REQ-$TODAY-0002.json; chmod u+w $f; echo >> $f");
    assert_eq!(sandbox.shell("ledger show 2").status.code(), Some(9));
}

#[test]
fn a_line_has_at_most_1_mib() {
    let sandbox = Sandbox::with_bug();
    let with = |length: usize| {
        apply(json!({"op": "transition", "request": "1", "to": "ACCEPTED", "details": {"more": x(length)}}))
    };
    let output = play(&sandbox, &with(1024 * 1024 - 100));
    assert_eq!(output.status.code(), Some(2));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.contains("the most is 1048576"), "{told}");
    assert_eq!(sandbox.shell("cat coordination/events/*.jsonl | wc -l").stdout, b"1\n");
    let size: usize = told.split("the line has ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
    assert_eq!(play(&sandbox, &with(2 * 1024 * 1024 - 100 - size)).status.code(), Some(0));
    let output = sandbox.shell("tail -n 1 coordination/events/*.jsonl | wc -c; ledger verify");
    assert!(String::from_utf8(output.stdout).unwrap().starts_with("1048577\nok: 1 request, 2 events"));
    // One that came with git.
    sandbox.run("sed -i '2s/\"more\":\"x/\"more\":\"xx/' coordination/events/*.jsonl");
    let output = sandbox.shell("ledger show 1");
    assert!(String::from_utf8(output.stderr).unwrap().contains("the line has 1048577 bytes"));
    assert_eq!(output.status.code(), Some(9));
}

#[test]
fn a_day_has_99_999_999_numbers() {
    let sandbox = Sandbox::with_bug();
    sandbox.run(
        "cd coordination && sed s/-0001/-99999999/ requests/REQ-$TODAY-0001.json > requests/REQ-$TODAY-99999999.json && rm .local/last",
    );
    let before = sandbox.shell("ls coordination/requests").stdout;
    let output = sandbox.shell("ledger new --title T --from a --to b --type bug --set details.impact=x");
    let told = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(5), "{told}");
    assert!(told.contains("no number is left on"), "{told}");
    assert!(sandbox.shell("ls coordination/requests").stdout == before, "something was written");
}

#[test]
fn an_event_names_at_most_64_parents() {
    let sandbox = Sandbox::with_bug();
    // As many clones, each with a note of its own.
    sandbox.run(
        r#"mkdir clones; for n in $(seq 1 65); do mkdir clones/$n; cp -r coordination clones/$n; rm -rf clones/$n/coordination/.local
           ledger note 1 --text $n --root clones/$n -q; done
           cat clones/*/coordination/events/*.jsonl | sort -u > all; cp all coordination/events/REQ-$TODAY-0001.jsonl; rm -r clones
           ledger note 1 --text joined -q"#,
    );
    let parents = sandbox.shell(
        r#"tail -n 1 coordination/events/*.jsonl | grep -o '"parents":.*"hash"' | grep -oE '"[0-9a-f]{64}"' | wc -l"#,
    );
    assert_eq!(parents.stdout, b"64\n");
    let output = sandbox.shell("ledger note 1 --text rest -q; ledger verify");
    assert!(String::from_utf8(output.stdout).unwrap().ends_with("ok: 1 request, 68 events verified\n"));
}

#[test]
fn the_table_in_the_docs_has_these_rows() {
    let docs = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/format.md")).unwrap();
    let (_, section) = docs.split_once("\n## Bounds\n").unwrap();
    let section = section.split("\n## ").next().unwrap();
    let told: Vec<(String, String)> = section
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| What"))
        .map(|line| {
            let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
            (cells[0].to_owned(), cells[2].to_owned())
        })
        .collect();
    for Row { name, code, status, .. } in rows() {
        let told = told.iter().find(|(what, _)| what == name).unwrap_or_else(|| panic!("{name} is not in the table"));
        assert_eq!(told.1, format!("`{code}`, {status}"), "{name}");
    }
    // Those with tests of their own: here, in `store/fs/log` and in `domain/graph`.
    let others = [
        "packet",
        "line of a log",
        "parents of an event",
        "log, written",
        "events of one request or contract",
        "numbers of a day",
    ];
    assert!(others.iter().all(|other| told.iter().any(|(what, _)| what == other)));
    assert_eq!(told.len(), rows().len() + others.len(), "a row without a test");
}
