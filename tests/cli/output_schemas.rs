//! Every command's answer as JSON is what its schema says, and nothing that a schema does not know: each command of the
//! catalogue is run, as one document and line by line, and whatever it prints is held against the schemas that the program
//! itself hands out.

use std::collections::{BTreeMap, BTreeSet};

use jsonschema::Validator;
use serde_json::{Value, json};

use crate::common::Sandbox;

/// What a command of the catalogue is exercised with: its schema, or nothing for what only prepares; `@F` stands for the
/// format, `@T` for the folder of fixtures.
type Exercise = (&'static str, &'static str);

/// Requests, from the first to the last word that is said of them.
const REQUESTS: &[Exercise] = &[
    ("init", "ledger init --name acme --agents @F"),
    ("init", "ledger init --mode governed @F"),
    ("new", "ledger new --title T --from shop --to billing --type bug --set details.impact=x --key k1 @F"),
    ("new", "ledger new --title T --from shop --to billing --type bug --set details.impact=x --key k1 @F"),
    ("new", "ledger new --title D --from shop --to billing --type bug --set details.impact=x --dry-run @F"),
    (
        "new",
        "ledger new --title 'Two parts' --from shop --to billing --to web --type bug --set details.impact=x --depends-on 1 --label l --due 2999-01-01 --priority p0 --parent 1 @F",
    ),
    ("", "ledger new --title '' --from shop --to billing --type bug @F"),
    ("", "ledger transition 1 closed @F"),
    ("transition", "ledger transition 1 accepted --key t @F"),
    ("transition", "ledger transition 1 accepted --key t @F"),
    ("transition", "ledger transition 1 in-progress --dry-run @F"),
    ("", "ledger transition 1 in-progress --expect-version 1 @F"),
    ("respond", "ledger respond 2 --repo web --status accepted --summary s --branch b @F"),
    ("", "ledger respond 2 --repo mail --status accepted @F"),
    ("approve", "ledger approve 1 --as sponsor --reason r @F"),
    (
        "approve",
        "ssh-keygen -q -t ed25519 -N '' -f ../own >/dev/null; ledger approve 1 --as pm --sign --key-file ../own @F",
    ),
    ("note", "ledger note 1 --text seen --kind review --key n @F"),
    ("", "ledger note 1 --text other --key n @F"),
    ("evidence", "ledger evidence 1 commit=1a2b3c4 @F"),
    ("claim", "ledger claim 1 --for 1h @F"),
    ("", "ledger claim 1 --actor ben @F"),
    ("claim", "ledger claim 1 --actor ben --steal --reason r @F"),
    ("heartbeat", "ledger heartbeat 1 --actor ben @F"),
    ("release", "ledger release 1 --actor ben --reason r @F"),
    ("", "ledger claim --next --label none @F"),
    ("claim", "ledger claim --next --to billing @F"),
    ("show", "ledger show 1 @F"),
    ("show", "ledger show 2 --at 2999-01-01 @F"),
    ("", "ledger show 99 @F"),
    ("log", "ledger log @F"),
    ("log", "ledger log 1 --limit 1 @F"),
    ("watch", "ledger watch 1 --until accepted --since-version 0 @F"),
    ("watch", "ledger watch 1 --until proposed @F"),
    ("watch", "ledger watch 2 --until closed --timeout 100ms @F"),
    ("prime", "ledger prime @F"),
    ("prime", "ledger prime --repo billing @F"),
    ("prime", "cd .. && ledger prime @F"),
    ("list", "ledger list --all --limit 1 @F"),
    ("search", "ledger search part @F"),
    ("search", "ledger search seen @F"),
    ("ready", "ledger ready @F"),
    ("blocked", "ledger blocked @F"),
    ("graph", "ledger graph @F"),
    ("graph", "ledger graph 1 @F"),
    ("export", "ledger export @F"),
    ("stats", "ledger stats @F"),
    ("sql", "ledger sql 'SELECT id, state, NULL AS empty FROM requests' --limit 1 @F"),
    ("", "ledger sql 'DELETE FROM requests' @F"),
    ("config-list", "ledger config list @F"),
    ("config-list", "ledger config list --origin @F"),
    ("config-get", "ledger config get actor @F"),
    ("", "ledger config get from @F"),
    ("config-set", "ledger config set from shop @F"),
    ("config-set", "ledger config set from billing --dry-run @F"),
    ("config-unset", "ledger config unset from @F"),
    ("config-path", "ledger config path @F"),
    ("", "ledger config get acto @F"),
    ("man", "ledger man --dir ../pages @F"),
    ("man", "ledger man --dir ../pages --dry-run @F"),
    ("init", "ledger init --dry-run @F"),
    ("index", "ledger index @F"),
    ("index", "ledger index --check @F"),
    ("verify", "ledger verify @F"),
    (
        "verify",
        "cp -r ../work ../broken && sed -i s/alice/mallory/ ../broken/coordination/events/*-0001.jsonl; ledger verify --root ../broken @F",
    ),
    ("", "ledger show 1 --root ../broken @F"),
    ("list", "ledger list --root ../broken @F"),
    ("prime", "ledger prime --root ../broken @F"),
    ("doctor", "ledger doctor --root ../broken @F"),
    ("doctor", "ledger doctor --fix @F"),
    ("checkpoint", "ledger checkpoint --origin main --dry-run @F"),
    ("checkpoint", "ledger checkpoint --origin main --sign --key-file ../own @F"),
    ("verify", "ledger verify --checkpoint latest @F"),
    ("prove", "ledger prove 1 @F"),
    (
        "prove",
        "cp coordination/checkpoints/main/*.checkpoint ../first 2>/dev/null || cp $(find coordination/checkpoints/main -type f ! -name '*.sig' ! -name '*leaves*' | head -1) ../first; ledger note 1 --text more -q >/dev/null; ledger checkpoint --origin main -q >/dev/null; ledger prove 1 @F",
    ),
    (
        "verify",
        "ledger prove 1 --json | sed 's/^{\"v\":1,\"data\"://; s/}$//' > ../proof; ledger verify --proof ../proof @F",
    ),
    (
        "apply",
        r#"printf '%s\n' '{"op":"note","request":"key:k1","text":"x"}' '{"op":"transition","request":"key:k1","to":"closed"}' '{' | ledger apply - --keep-going @F"#,
    ),
    ("schema", "ledger schema @F"),
    ("demo", "ledger demo @F"),
];

/// What clones that worked apart leave, and what is done about it.
const CLONES: &[Exercise] = &[
    (
        "",
        "git config --global user.name mia; git config --global user.email mia@example.org; git config --global init.defaultBranch main; git config --global protocol.file.allow always",
    ),
    (
        "",
        "git init -q --bare ../hub.git; git init -q . && git remote add origin ../hub.git; ledger init --name acme @F",
    ),
    ("", "ledger new --title First --from shop --to billing --type bug --set details.impact=x --key first @F"),
    ("sync", "ledger sync --dry-run @F"),
    ("sync", "ledger sync @F"),
    ("setup-git", "ledger setup-git --dry-run @F"),
    ("setup-git", "ledger setup-git @F"),
    ("ids-lease", "ledger ids lease 2 @F"),
    ("ids-list", "ledger ids list @F"),
    ("", "git clone -q ../hub.git ../b"),
    // They part: a state, a claim, a key of a request, a key of an event.
    (
        "",
        "ledger transition key:first accepted -q >/dev/null && ledger transition key:first rejected --reason no --root ../b -q >/dev/null",
    ),
    ("", "ledger claim key:first -q >/dev/null; ledger claim key:first --actor ben --root ../b -q >/dev/null"),
    (
        "",
        "ledger note key:first --text x --key n -q >/dev/null; ledger note key:first --text y --key n --root ../b -q >/dev/null",
    ),
    (
        "",
        "for c in . ../b; do ledger new --title Same --from shop --to billing --type bug --set details.impact=$c --key same --root $c -q >/dev/null; done",
    ),
    ("sync", "ledger sync @F"),
    ("sync", "ledger sync --root ../b @F"),
    ("sync", "ledger sync @F"),
    ("conflicts", "ledger conflicts @F"),
    ("prime", "ledger prime @F"),
    ("show", "ledger show key:first @F"),
    ("list", "ledger list --all @F"),
    ("search", "ledger search first @F"),
    ("watch", "ledger watch key:first --until closed --timeout 100ms @F"),
    ("watch", "ledger watch key:first --until diverged @F"),
    ("", "ledger transition key:first closed @F"),
    ("resolve", "ledger resolve key:first --keep accepted --reason r @F"),
    ("log", "ledger log @F"),
    // Two requests that were published under one number.
    (
        "",
        "git clone -q ../hub.git ../c; ledger sync -q >/dev/null; ledger new --title Ours --from shop --to billing --type bug --set details.impact=x --key ours --root ../c -q >/dev/null",
    ),
    (
        "",
        "rm -rf ../d; git clone -q ../hub.git ../d; ledger new --title Theirs --from shop --to billing --type bug --set details.impact=x --key theirs --root ../d -q >/dev/null; cd ../d && ledger sync -q >/dev/null",
    ),
    ("", "cd ../c && ledger sync --branch other -q >/dev/null"),
    ("", "cd ../c && ledger sync --branch main @F"),
    ("resolve-id", "cd ../c && ledger resolve-id key:ours --keep theirs --dry-run @F"),
    ("resolve-id", "cd ../c && ledger resolve-id key:ours --keep theirs @F"),
    // A merge that stopped.
    (
        "",
        "cd ../d && git checkout -q -b side && ledger note key:theirs --text a -q >/dev/null && git commit -qam a && git checkout -q main && ledger note key:theirs --text b -q >/dev/null && git commit -qam b; sed -i '/merge=/d' .gitattributes; git commit -qam attributes; git merge -q side >/dev/null 2>&1",
    ),
    ("repair-merge", "cd ../d && ledger repair-merge --dry-run @F"),
    ("", "cd ../d && ledger note key:theirs --text c @F"),
    ("repair-merge", "cd ../d && ledger repair-merge @F"),
    ("verify", "ledger verify --against HEAD @F"),
];

/// What was kept elsewhere, taken over.
const INTAKE: &[Exercise] = &[
    ("", "ledger init --name acme -q >/dev/null; cp -r @T/kept-by-hand old"),
    ("adopt", "ledger adopt old --dry-run @F"),
    ("adopt", "ledger adopt old @F"),
    ("import", "ledger import --from beads @T/trackers/beads.jsonl --origin shop --target billing @F"),
    ("import", "ledger import --from csv @T/trackers/board.csv --map @T/trackers/board-map.json @F"),
];

/// The life of a contract.
const CONTRACTS: &[Exercise] = &[
    ("", "ledger init --name acme -q >/dev/null; git init -q ."),
    ("", r#"echo '{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}' > v1.json"#),
    ("", r#"echo '{"type":"object","properties":{"id":{"type":"string"}},"required":["id"]}' > v2.json"#),
    ("", "git add -A && git -c user.name=x -c user.email=x@x commit -qm base"),
    ("contract-add", "ledger contract add a v1.json --dry-run @F"),
    ("contract-add", "ledger contract add a v1.json --owner billing @F"),
    ("contract-add", "ledger contract add a v1.json @F"),
    ("contract-pin", "ledger contract pin a@1 --consumer shop --needs v1.json @F"),
    ("contract-pin", "ledger contract pin a@1 --consumer web @F"),
    ("contract-add", "ledger contract add a v2.json @F"),
    (
        "contract-import",
        "mkdir many; cp v1.json many/b_v1.json; cp v1.json many/b_v2.json; ledger contract import many @F",
    ),
    ("contract-import", "cp v2.json many/b_v3.json; ledger contract import many @F"),
    ("contract-list", "ledger contract list @F"),
    ("contract-show", "ledger contract show a @F"),
    ("contract-show", "ledger contract show a@1 @F"),
    ("contract-log", "ledger contract log a @F"),
    ("contract-diff", "ledger contract diff v1.json v2.json @F"),
    ("contract-compare", "ledger contract compare v1.json v2.json @F"),
    ("contract-lint", "ledger contract lint v1.json @F"),
    ("contract-lint", r#"echo '{"type":"text","pattern":"(a+)+$"}' > bad.json; ledger contract lint bad.json @F"#),
    ("contract-mode", "ledger contract mode b none @F"),
    ("contract-owner", "ledger contract owner b web @F"),
    ("contract-formats", "ledger contract formats b on @F"),
    ("contract-activate", "ledger contract activate a@1 @F"),
    ("contract-status", "ledger contract status a @F"),
    ("contract-propose", "ledger contract propose a v2.json --from billing --key p @F"),
    ("contract-check", "ledger contract check --candidate v2.json --contract a @F"),
    ("contract-check", "cp v2.json schemas/contracts/a/v2.json; ledger contract check @F"),
    (
        "contract-waive",
        "for r in shop web; do ledger approve key:p --as $r -q >/dev/null; done; ledger approve key:p --as sponsor -q >/dev/null; ledger contract waive a@2 --request key:p --reason r --until 2999-12-31 @F",
    ),
    ("contract-matrix", "ledger contract matrix @F"),
    ("contract-can-i-deploy", "ledger contract can-i-deploy a@1 @F"),
    (
        "contract-validate",
        r#"echo '{"id":"x"}' > document.json; ledger contract validate document.json --contract a@1 @F"#,
    ),
    ("contract-unpin", "ledger contract unpin a --consumer web @F"),
    ("contract-deprecate", "ledger contract deprecate a@1 @F"),
    ("contract-retire", "ledger contract unpin a --consumer shop -q >/dev/null; ledger contract retire a@1 @F"),
    ("", "ledger contract show nothing @F"),
    ("verify", "ledger verify @F"),
];

/// Commands that print no JSON, in whatever format: nothing, a script for a shell, a terminal's screen.
const SILENT: [&str; 3] = ["merge-driver", "completions", "tui"];

/// The schemas that the program hands out, each of what is told in one document and of what is told in lines. Closed: what
/// they don't name is not there.
struct Schemas {
    documents: BTreeMap<String, Validator>,
    lines: BTreeMap<String, Validator>,
}

impl Schemas {
    fn new(sandbox: &Sandbox) -> Self {
        let catalogue = sandbox.json("ledger schema");
        let names = catalogue["schemas"].as_array().unwrap().iter().filter_map(Value::as_str);
        let names = names.filter_map(|name| name.strip_prefix("output/")).map(str::to_owned);
        let (mut documents, mut lines) = (BTreeMap::new(), BTreeMap::new());
        for name in names {
            let mut schema = sandbox.json(&format!("ledger schema output/{name}"));
            assert!(jsonschema::meta::is_valid(&schema), "{name}");
            assert_eq!(schema["$id"], format!("urn:ledger:schema:output-{name}:1"));
            close(&mut schema);
            if schema["$defs"]["line"] != Value::Null {
                let line = json!({"$ref": "#/$defs/line", "$defs": schema["$defs"]});
                lines.insert(name.clone(), jsonschema::draft202012::new(&line).unwrap());
            }
            documents.insert(name, jsonschema::draft202012::new(&schema).unwrap());
        }
        Self { documents, lines }
    }

    /// What of a document its schema does not allow.
    fn wrong(&self, name: &str, form: Form, document: &Value, line: &str) -> Option<String> {
        let of_lines = self.lines.get(name).filter(|_| form == Form::Jsonl);
        let validator = of_lines.or_else(|| self.documents.get(name)).unwrap_or_else(|| panic!("no schema of {name}"));
        let errors: Vec<String> =
            validator.iter_errors(document).map(|e| format!("  {}: {e}", e.instance_path())).collect();
        (!errors.is_empty()).then(|| format!("output/{name}\n$ {line}\n{document}\n{}\n", errors.join("\n")))
    }
}

/// Forbids what a schema does not name.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.contains_key("properties") && !members.contains_key("additionalProperties") {
                members.insert("additionalProperties".into(), false.into());
            }
            members.values_mut().for_each(close);
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Jsonl,
}

/// What came of exercises.
#[derive(Default)]
struct Outcome {
    /// The commands that told something.
    told: BTreeSet<&'static str>,
    wrong: Vec<String>,
}

/// Runs exercises in a folder of their own.
fn run(exercises: &[Exercise], form: Form, schemas: &Schemas) -> Outcome {
    let sandbox = Sandbox::empty();
    let mut outcome = Outcome::default();
    for (name, line) in exercises {
        let typed = line.replace("@F", if form == Form::Json { "--json" } else { "--format jsonl" });
        let typed = typed.replace("@T", concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures"));
        let output = sandbox.shell(&typed);
        let printed = String::from_utf8(output.stdout).unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        if line.contains("@F") {
            for one in errors.lines() {
                let document: Value = serde_json::from_str(one).unwrap_or_else(|e| panic!("$ {typed}\n{errors}{e}"));
                let name = if document.get("error").is_some() { "error" } else { "notice" };
                outcome.wrong.extend(schemas.wrong(name, Form::Json, &document, &typed));
            }
        }
        if name.is_empty() {
            continue;
        }
        let documents: Vec<Value> = if *name == "schema" {
            vec![serde_json::from_str(&printed).unwrap()]
        } else {
            let one = |text: &str| serde_json::from_str(text).unwrap_or_else(|e| panic!("$ {typed}\n{printed}{e}"));
            printed.lines().map(one).collect()
        };
        let is_one = documents.len() == 1 || form == Form::Jsonl || *name == "apply";
        if !is_one {
            outcome.wrong.push(format!("$ {typed}\n{printed}{errors}"));
        }
        for document in &documents {
            if document.get("error").is_some() {
                outcome.wrong.extend(schemas.wrong("error", Form::Json, document, &typed));
                continue;
            }
            let data = if *name == "schema" {
                document
            } else {
                assert_eq!(document["v"], 1, "$ {typed}\n{document}");
                &document["data"]
            };
            outcome.wrong.extend(schemas.wrong(name, form, data, &typed));
            outcome.told.insert(*name);
        }
    }
    outcome
}

/// The commands of the catalogue that have none below them, as their schemas are called.
fn commands(of: &Value, below: &str) -> Vec<(String, Option<String>)> {
    let all = of["commands"].as_array().unwrap().iter().flat_map(|command| {
        let name = format!("{below}{}", command["name"].as_str().unwrap());
        if command.get("commands").is_some() {
            return commands(command, &format!("{name}-"));
        }
        vec![(name, command["output"].as_str().map(str::to_owned))]
    });
    all.collect()
}

#[test]
fn every_command_prints_what_its_schema_says_in_both_forms() {
    let sandbox = Sandbox::empty();
    let schemas = Schemas::new(&sandbox);
    let catalogue = sandbox.json("ledger schema");
    let mut wanted: BTreeSet<String> = BTreeSet::new();
    for (name, output) in commands(&catalogue, "") {
        if SILENT.contains(&name.as_str()) {
            assert_eq!(output, None, "{name}");
            continue;
        }
        assert_eq!(output, Some(format!("output/{name}")), "{name} has no schema of what it prints");
        wanted.insert(name);
    }
    let known: BTreeSet<String> = schemas.documents.keys().cloned().collect();
    let envelopes = ["error", "notice"].map(str::to_owned);
    assert_eq!(known, wanted.iter().cloned().chain(envelopes).collect(), "a schema of no command");
    std::thread::scope(|scope| {
        let runs = [Form::Json, Form::Jsonl].map(|form| {
            let schemas = &schemas;
            scope.spawn(move || [REQUESTS, CLONES, CONTRACTS, INTAKE].map(|exercises| run(exercises, form, schemas)))
        });
        for ran in runs.map(|run| run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))) {
            let wrong: Vec<&str> = ran.iter().flat_map(|one| &one.wrong).map(String::as_str).collect();
            assert!(wrong.is_empty(), "{}", wrong.join("\n"));
            let told: BTreeSet<&str> = ran.iter().flat_map(|one| one.told.iter().copied()).collect();
            let silent: Vec<&String> = wanted.iter().filter(|name| !told.contains(name.as_str())).collect();
            assert_eq!(silent, Vec::<&String>::new(), "nothing exercised them");
        }
    });
}

#[test]
fn what_prints_nothing_prints_nothing() {
    let sandbox = Sandbox::new();
    let output = sandbox.shell(
        "cp coordination/workflow.json b; cp b o; cp b t; ledger merge-driver b o t coordination/workflow.json --json",
    );
    assert_eq!((output.status.code(), output.stdout.len()), (Some(0), 0), "{output:?}");
}

#[test]
fn a_schema_refuses_what_lacks_a_member_or_has_one_of_another_type() {
    let sandbox = Sandbox::with_bug();
    let schema = sandbox.json("ledger schema output/show");
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let answer = sandbox.json("ledger show 1 --json")["data"].clone();
    assert!(validator.is_valid(&answer));
    for name in schema["required"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        let mut lacking = answer.clone();
        lacking.as_object_mut().unwrap().remove(name);
        assert!(!validator.is_valid(&lacking), "{name}");
        let mut other = answer.clone();
        other[name] = json!(1.5);
        assert!(!validator.is_valid(&other), "{name}");
    }
    // Members may be added.
    let mut more = answer;
    more["added"] = json!(1);
    assert!(validator.is_valid(&more));
}

#[test]
fn what_fields_leave_is_part_of_what_the_schema_says() {
    let sandbox = Sandbox::with_bug();
    sandbox.run("ledger note 1 --text seen -q");
    // Without what must be there, and closed.
    fn loosen(schema: &mut Value) {
        match schema {
            Value::Object(members) => {
                members.remove("required");
                members.values_mut().for_each(loosen);
            }
            Value::Array(items) => items.iter_mut().for_each(loosen),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let asked = [
        ("show", "ledger show 1"),
        ("log", "ledger log 1"),
        ("search", "ledger search totals"),
        ("list", "ledger list"),
        ("ready", "ledger ready"),
        ("export", "ledger export"),
    ];
    for (name, line) in asked {
        let mut schema = sandbox.json(&format!("ledger schema output/{name}"));
        let (members, fields) = match name {
            "log" => (schema["$defs"]["event"]["properties"].clone(), "n,type"),
            "show" => (schema["properties"].clone(), "id,version"),
            _ => {
                let row = if name == "search" { "hit" } else { "row" };
                (schema["$defs"][row]["properties"].clone(), "id,version")
            }
        };
        // The fields that can be asked for are members of the schema.
        let refused = sandbox.shell(&format!("{line} --fields nope --json"));
        let refused: Value = serde_json::from_slice(&refused.stderr).unwrap();
        let (_, told) = refused["error"]["message"].as_str().unwrap().split_once(", only ").unwrap();
        for field in told.split(", ") {
            assert!(members.get(field).is_some(), "{name}: {field}");
        }
        if ["show", "log", "search"].contains(&name) {
            assert_eq!(told.split(", ").count(), members.as_object().unwrap().len(), "{name}");
        }
        close(&mut schema);
        loosen(&mut schema);
        let validator = jsonschema::draft202012::new(&schema).unwrap();
        let answer = sandbox.json(&format!("{line} --fields {fields} --json"));
        assert!(validator.is_valid(&answer["data"]), "{name}: {answer}");
        let part = match name {
            "show" => &answer["data"],
            "log" => &answer["data"]["events"][0],
            _ => &answer["data"]["requests"][0],
        };
        let names: Vec<&String> = part.as_object().unwrap().keys().collect();
        assert_eq!(names, fields.split(',').collect::<Vec<_>>(), "{name}: {answer}");
        // The same line by line.
        let lines = sandbox.run(&format!("{line} --fields {fields} --format jsonl"));
        let first: Value = serde_json::from_str(lines.lines().next().unwrap()).unwrap();
        assert_eq!(&first["data"], part, "{name}");
    }
}
