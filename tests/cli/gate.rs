//! The gate for CI: the script, the action and the hooks that come with the program, run as a job runs them.

use std::path::Path;

use crate::common::Sandbox;
use crate::transcript;

/// A file of the project.
fn project(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

/// A repository with a ledger and a contract on `main`, and `change` checked out; the gate is `../gate`.
fn repository() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    std::fs::write(sandbox.path("../gate"), project("ci/gate")).unwrap();
    sandbox.run(
        r#"chmod +x ../gate && printf '/reports\n/ledger-reports\n' >> .gitignore &&
        echo '{"type":"object","required":["id"],"properties":{"id":{"type":"integer"}}}' > ../v1.json &&
        echo '{"type":"object","required":["id"],"properties":{"id":{"type":"string"}}}' > ../v2.json &&
        ledger contract add invoice ../v1.json --mode NONE -q && ledger contract pin invoice@1 --consumer shop --needs ../v1.json -q &&
        git init -q -b main . && git config user.name t && git config user.email t@example.com && git add -A &&
        git commit -q -m base && git checkout -q -b change"#,
    );
    sandbox
}

#[test]
fn a_change_that_only_adds_passes() {
    transcript!(repository(), @r#"
    $ ledger note 1 --text seen -q && ../gate --against main --reports reports
    REQ-YYYYMMDD-0001
    == ledger verify --against=main
    ok: 1 request, 1 contract, 4 events verified, and compared with main (5 files)
    == ledger contract check --against=main
    compatible: 1 contract, 0 versions checked against main (declared content)
    $ ls reports
    contracts.junit.xml
    contracts.md
    contracts.sarif
    verify.junit.xml
    verify.sarif
    verify.txt
    "#);
}

#[test]
fn a_change_that_edits_history_or_breaks_a_consumer_does_not_pass() {
    transcript!(repository(), @r#"
    $ sed -i 's/Totals/Sums/' coordination/requests/*.json; ../gate --against main --reports reports > ../out; echo $?; grep -c packet-edited ../out
    3
    1
    $ git checkout -q . && cp ../v2.json schemas/contracts/invoice/v2.json; ../gate --against main --reports reports
    == ledger verify --against=main
    schemas/contracts/invoice/v2.json: violation version-unregistered: v2 has a file and is not on record
      fix: ledger contract add invoice schemas/contracts/invoice/v2.json, or move it away
    1 finding: 1 request, 1 contract, 3 events verified, and compared with main (5 files)
    == ledger contract check --against=main
    invoice@2: breaking (what consumers need; by NONE compatible)
      touches shop (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}
      to ask for leave: ledger contract propose invoice FILE
    schemas/contracts/invoice/v2.json: version-unregistered: v2 is not on record
      fix: ledger contract add invoice schemas/contracts/invoice/v2.json
    breaking: 1 contract, 1 version checked against main (declared content), 1 problem
    [exit 3]
    $ rm schemas/contracts/invoice/v2.json && ledger contract unpin invoice --consumer shop -q && ledger contract add invoice ../v2.json -q
    invoice
    invoice@2
    $ ledger contract pin invoice@1 --consumer shop --needs ../v1.json -q && ../gate --against main --reports reports
    invoice
    == ledger verify --against=main
    ok: 1 request, 1 contract, 6 events verified, and compared with main (5 files)
    == ledger contract check --against=main
    invoice@2: breaking (what consumers need; by NONE compatible)
      touches shop (needs a part of v1): breaking: valid under v2, not under what it needs: {"id":""}
      to ask for leave: ledger contract propose invoice schemas/contracts/invoice/v2.json
    breaking: 1 contract, 1 version checked against main (declared content)
    [exit 3]
    "#);
}

/// What a job of GitHub Actions finds in its environment.
const JOB: &str =
    "export GITHUB_ACTIONS=true GITHUB_STEP_SUMMARY=../summary GITHUB_BASE_REF=main ACTION_PATH=../project";

/// The scripts of the steps of `action.yml`, with what its inputs stand for where none are given.
fn steps_of_the_action() -> Vec<String> {
    let text = project("action.yml");
    let mut steps = Vec::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let Some(run) = line.trim_start().strip_prefix("run: ") else { continue };
        if run != "|" {
            steps.push(run.to_owned());
            continue;
        }
        let mut script = String::new();
        while let Some(line) = lines.next_if(|line| line.starts_with("        ")) {
            script.push_str(line.trim_start());
            script.push('\n');
        }
        steps.push(script);
    }
    steps
}

/// A folder with the project's scripts, and a remote whose main branch is known.
fn job() -> Sandbox {
    let sandbox = repository();
    std::fs::create_dir_all(sandbox.path("../project/ci")).unwrap();
    std::fs::write(sandbox.path("../project/ci/gate"), project("ci/gate")).unwrap();
    sandbox.run("chmod +x ../project/ci/gate && git update-ref refs/remotes/origin/main main");
    for (number, step) in steps_of_the_action().iter().enumerate() {
        std::fs::write(sandbox.path(&format!("../step{number}")), format!("{JOB}\n{step}\n")).unwrap();
    }
    sandbox
}

#[test]
fn the_action_annotates_and_sums_up() {
    let sandbox = job();
    assert_eq!(steps_of_the_action().len(), 2);
    transcript!(sandbox, @r#"
    $ export LEDGER_GATE_ROOT= LEDGER_GATE_AGAINST= LEDGER_GATE_REPORTS=reports; sh -e ../step0 && sh -e ../step1
    == ledger verify --against
    == ledger contract check --against
    $ cat ../summary
    ### The ledger

    ~~~~~~~~~~~~~~~~text
    ok: 1 request, 1 contract, 3 events verified, and compared with origin/main (5 files)

    ~~~~~~~~~~~~~~~~

    ### The contracts

    ## Contracts: compatible: 1 contract, 0 versions checked against origin/main (declared content)

    $ rm ../summary; rm coordination/events/*.jsonl; export LEDGER_GATE_ROOT=. LEDGER_GATE_AGAINST=main LEDGER_GATE_REPORTS=reports; sh -e ../step1
    == ledger verify --against=main --root .
    ::error file=coordination/events/REQ-YYYYMMDD-0001.jsonl,title=REQ-YYYYMMDD-0001 log-missing::the request has no event: its making was cut short%0Afix: restore it: git checkout HEAD -- coordination/events/REQ-YYYYMMDD-0001.jsonl
    ::error file=coordination/events/REQ-YYYYMMDD-0001.jsonl,title=REQ-YYYYMMDD-0001 log-removed::the log was on record with 1 event and is gone%0Afix: restore it: git checkout main -- coordination/events/REQ-YYYYMMDD-0001.jsonl
    == ledger contract check --against=main --root .
    [exit 3]
    $ cat ../summary
    ### The ledger

    ~~~~~~~~~~~~~~~~text
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation log-missing: the request has no event: its making was cut short
      fix: restore it: git checkout HEAD -- coordination/events/REQ-YYYYMMDD-0001.jsonl
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation log-removed: the log was on record with 1 event and is gone
      fix: restore it: git checkout main -- coordination/events/REQ-YYYYMMDD-0001.jsonl
    2 findings: 1 request, 1 contract, 2 events verified, and compared with main (5 files)

    ~~~~~~~~~~~~~~~~

    ### The contracts

    ## Contracts: compatible: 1 contract, 0 versions checked against main (declared content)
    "#);
}

#[test]
fn text_of_a_request_is_no_markup_in_the_summary() {
    let sandbox = job();
    sandbox.run(
        r#"ledger note 1 --text "$(printf '~~~~~~~~~~~~~~~~\n# Free\n')" -q; git add -A; git commit -q -m x
        sed -i 's/Free/~~~~~~~~~~~~~~~~~/' coordination/events/*.jsonl"#,
    );
    let output = sandbox
        .shell("LEDGER_GATE_ROOT= LEDGER_GATE_AGAINST=main LEDGER_GATE_REPORTS=reports sh ../step1; cat ../summary");
    let text = String::from_utf8(output.stdout).unwrap();
    let fences = text.lines().filter(|line| line.starts_with("~~~~~~~~~~~~~~~~")).count();
    assert_eq!(fences, 2, "{text}");
}

#[test]
fn a_wrong_command_line_of_the_gate_is_told() {
    transcript!(repository(), @r#"
    $ ../gate --root
    ! usage: gate [--root DIR] [--against GITREF] [--reports DIR]
    [exit 2]
    $ ../gate main reports
    ! usage: gate [--root DIR] [--against GITREF] [--reports DIR]
    [exit 2]
    $ cd .. && ./gate --root nowhere --against main --reports reports
    == ledger verify --against=main --root nowhere
    == ledger contract check --against=main --root nowhere
    ! error: no ledger: [tmp]/nowhere/coordination is missing
    ! hint: ledger init, or name the folder with --root DIR
    ! error: no ledger: [tmp]/nowhere/coordination is missing
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    "#);
}

/// The commands of the hooks for pre-commit.
fn hooks() -> Vec<String> {
    let text = project(".pre-commit-hooks.yaml");
    text.lines().filter_map(|line| line.trim_start().strip_prefix("entry: ").map(str::to_owned)).collect()
}

#[test]
fn the_hooks_let_additions_pass_and_nothing_else() {
    let sandbox = repository();
    assert_eq!(hooks().len(), 4);
    sandbox.run("ledger note 1 --text seen -q");
    for hook in hooks() {
        assert_eq!(sandbox.shell(&hook).status.code(), Some(0), "{hook}");
    }
    sandbox.run("rm coordination/events/*.jsonl schemas/contracts/invoice/v1.json");
    for hook in hooks() {
        assert_eq!(sandbox.shell(&hook).status.code(), Some(3), "{hook}");
    }
}

/// The commands of the template for GitLab, which has the gate on the PATH of its image.
#[test]
fn the_template_for_gitlab_calls_the_gate() {
    let text = project("ci/gitlab.yml");
    let after = text.lines().skip_while(|line| line.trim() != "script:").skip(1);
    let script: Vec<&str> = after.map_while(|line| line.trim_start().strip_prefix("- ")).collect();
    assert_eq!(script.len(), 1);
    let sandbox = repository();
    sandbox.run("cp ../gate ../ledger-gate && git update-ref refs/remotes/origin/main main");
    let job = "export PATH=\"$(cd .. && pwd):$PATH\" CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main LEDGER_GATE_ROOT=.";
    let output = sandbox.shell(&format!("{job}; {}", script[0]));
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(sandbox.path("ledger-reports/verify.junit.xml").is_file());
}

#[test]
#[expect(clippy::disallowed_macros, reason = "what is skipped is told")]
fn the_scripts_are_what_a_shell_takes() {
    let sandbox = Sandbox::empty();
    let gate = Path::new(env!("CARGO_MANIFEST_DIR")).join("ci/gate");
    sandbox.run(&format!("sh -n '{}'", gate.display()));
    if sandbox.shell("command -v shellcheck").status.success() {
        sandbox.run(&format!("shellcheck --shell=sh '{}'", gate.display()));
    } else {
        eprintln!("skipped: shellcheck is not installed");
    }
}
