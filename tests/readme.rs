//! The README and `docs/` say what is true: their transcripts are played, their tables and numbers compared.
//!
//! Every fenced block marked `console` is a transcript. The blocks of one document share a temporary folder; each
//! `$ command` is run there by `sh` with this `ledger` first on the PATH, `$ export NAME=VALUE` holds for the commands
//! after it, and a line that ends in a backslash goes on in the next. A status other than 0 stands after the output as
//! `(exit status N)`. What differs from run to run (times, days, hashes, uids, writers, the folder) is made equal on
//! both sides first. On Linux only: the transcripts use its common tools (`flock`, `sha256sum`).

#![cfg(target_os = "linux")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use coordination_ledger::app::{apply, checks, contract, verify};
use coordination_ledger::cli::exit::Exit;
use coordination_ledger::contract::schema;
use coordination_ledger::domain::{
    checkpoint, claim, event, history, id, json, leaf, packet, proof, settings, signature, workflow,
};
use coordination_ledger::index::refresh;
use coordination_ledger::signing;
use coordination_ledger::store::checkpoints::SIGNERS_BYTES_MAX;
use coordination_ledger::store::contracts::VERSION_BYTES_MAX;
use coordination_ledger::store::fs as files;
use serde_json::Value;

const LEDGER: &str = env!("CARGO_BIN_EXE_ledger");
/// How the documents call the folder in which their transcripts play.
const FOLDER: &str = "/home/mia/acme";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|e| panic!("{name}: {e}"))
}

/// A command of a transcript and what the document shows for it.
#[derive(Debug, Default)]
struct Exchange {
    line: usize,
    command: String,
    shown: String,
}

fn exchanges(document: &str) -> Vec<Exchange> {
    let mut exchanges: Vec<Exchange> = Vec::new();
    let (mut inside, mut goes_on) = (false, false);
    for (at, line) in document.lines().enumerate() {
        match line {
            "```console" => inside = true,
            "```" => inside = false,
            _ if !inside => {}
            _ if goes_on || line.starts_with("$ ") => {
                if !goes_on {
                    exchanges.push(Exchange { line: at + 1, ..Exchange::default() });
                }
                let exchange = exchanges.last_mut().expect("one was pushed for the first line of the command");
                exchange.command.push_str(if goes_on { line } else { &line[2..] });
                goes_on = line.ends_with('\\');
                exchange.command.push('\n');
            }
            _ => {
                let exchange = exchanges.last_mut().unwrap_or_else(|| panic!("line {}: output comes first", at + 1));
                exchange.shown.push_str(line);
                exchange.shown.push('\n');
            }
        }
    }
    exchanges
}

/// What a command prints, standard output and standard error as they come, and its status unless that is 0.
fn run(command: &str, exported: &[(String, String)], folder: &Path) -> String {
    let bin = Path::new(LEDGER).parent().unwrap().display();
    let script = format!("exec 2>&1; PATH=\"{bin}:$PATH\"; export PATH\n{command}");
    let output = Command::new("sh")
        .args(["-c", &script])
        .current_dir(folder)
        .env_remove("LEDGER_ROOT")
        .env_remove("LEDGER_ACTOR")
        .env("XDG_CONFIG_HOME", folder.join(".config"))
        .envs(exported.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let mut text = String::from_utf8(output.stdout).unwrap();
    match output.status.code() {
        Some(0) => {}
        code => text.push_str(&format!("(exit status {})\n", code.unwrap())),
    }
    text
}

/// What differs from run to run. In a shape `9` stands for a digit, `f` for a hexadecimal digit, `z` for
/// `[a-z0-9]`, `B` for a digit of base64.
const SHAPES: [(&str, &str); 15] = [
    ("9999-99-99T99:99:99.999Z", "TIME"),
    ("9999-99-99 99:99:99Z", "TIME"),
    ("9999-W99", "WEEK"),
    ("REQ-99999999-", "REQ-DAY-"),
    ("ffffffff-ffff-ffff-ffff-ffffffffffff", "UID"),
    ("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "HASH"),
    ("BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB=", "ROOT"),
    ("SHA999:BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB", "KEY"),
    ("checkpoint.ffffffffffffffff.sig", "SIGNATURE"),
    ("ffffffffffff", "HASH"),
    ("\"writer\":\"zzzzzzzz\"", "WRITER"),
    ("\"tick\":9", "TICK"),
    ("after 99 ms", "after some ms"),
    ("after 999 ms", "after some ms"),
    ("after 9999 ms", "after some ms"),
];

fn has_shape(text: &str, shape: &str) -> bool {
    text.len() >= shape.len()
        && text.bytes().zip(shape.bytes()).all(|(byte, wanted)| match wanted {
            b'9' => byte.is_ascii_digit(),
            b'f' => byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte),
            b'B' => byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/',
            b'z' => byte.is_ascii_digit() || byte.is_ascii_lowercase(),
            literal => byte == literal,
        })
}

fn made_equal(text: &str) -> String {
    let mut equal = String::with_capacity(text.len());
    let mut rest = text;
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let ends = |shape: &str| {
            !shape.ends_with('f') || !rest[shape.len()..].starts_with(|c: char| c.is_ascii_alphanumeric())
        };
        let found =
            SHAPES.iter().find(|(shape, _)| !before.is_ascii_alphanumeric() && has_shape(rest, shape) && ends(shape));
        match found {
            Some((shape, name)) => {
                equal.push_str(name);
                rest = &rest[shape.len()..];
                before = 'f';
            }
            None => {
                equal.push(next);
                rest = &rest[next.len_utf8()..];
                before = next;
            }
        }
    }
    equal
}

/// Plays a document's transcripts and compares.
fn play(name: &str) {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path().canonicalize().unwrap();
    let mut exported: Vec<(String, String)> = Vec::new();
    let exchanges = exchanges(&read(name));
    assert!(!exchanges.is_empty(), "{name} has no transcript");
    for Exchange { line, command, shown } in exchanges {
        if let Some((variable, value)) =
            command.strip_prefix("export ").and_then(|rest| rest.trim_end().split_once('='))
        {
            exported.push((variable.to_owned(), value.to_owned()));
            continue;
        }
        let printed = run(&command, &exported, &folder).replace(folder.to_str().unwrap(), FOLDER);
        let (printed, shown) = (made_equal(&printed), made_equal(&shown));
        assert!(printed == shown, "{name}:{line}: $ {command}--- shown\n{shown}--- printed\n{printed}");
    }
}

#[test]
fn the_transcripts_of_the_readme_are_true() {
    play("README.md");
}

#[test]
fn the_transcripts_of_the_design_are_true() {
    play("docs/design.md");
}

#[test]
fn the_transcripts_of_the_formats_are_true() {
    play("docs/format.md");
}

#[test]
fn the_transcripts_of_the_errors_are_true() {
    play("docs/errors.md");
}

#[test]
fn the_transcripts_of_the_contracts_are_true() {
    play("docs/contracts.md");
}

#[test]
fn the_transcripts_of_the_configuration_are_true() {
    play("docs/configuration.md");
}

#[test]
fn the_transcripts_of_the_read_model_are_true() {
    play("docs/read-model.md");
}

#[test]
fn the_transcripts_of_the_agents_are_true() {
    play("docs/agents.md");
}

/// The block of a document that begins with this line, as it stands there.
fn script_of(name: &str, first: &str) -> String {
    let document = read(name);
    let from = document.find(&format!("```sh\n{first}")).unwrap_or_else(|| panic!("{name} has no such script"));
    let script = &document[from + "```sh\n".len()..];
    script[..script.find("\n```").unwrap() + 1].to_owned()
}

#[test]
fn the_script_of_the_agents_works_and_goes_on_where_it_was_cut_short() {
    let temporary = tempfile::tempdir().unwrap();
    let folder = temporary.path();
    let set = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let exported = [set("LEDGER_ACTOR", "agent"), set("REPO", "billing"), set("COMMIT", "1a2b3c4")];
    let sh = |script: &str| run(script, &exported, folder);
    let script = script_of("docs/agents.md", "# One round of an agent");
    sh("ledger init --name acme -q");
    let new = "ledger new --from shop --to billing --type bug --set details.impact=x -q --title";
    let [first, second] = ["First", "Second"].map(|title| sh(&format!("{new} {title}")).trim().to_owned());
    assert!(!sh(&script).contains("exit status"));
    let state = |id: &str| sh(&format!("ledger show {id} --fields state,claim,evidence"));
    assert!(state(&first).contains("DELIVERED") && state(&first).contains("1a2b3c4"), "{}", state(&first));
    assert!(!state(&first).contains("claim"), "it is released");
    // Cut short in the middle, and begun again: the request that it has is the one that it goes on with.
    let begun = script.split("# … here is the work").next().unwrap();
    sh(begun);
    assert!(state(&second).contains("IN_PROGRESS") && state(&second).contains("claim"), "{}", state(&second));
    sh(&script);
    assert!(state(&second).contains("DELIVERED"), "{}", state(&second));
    assert!(sh(&script).ends_with("(exit status 4)\n"));
    // Busy for longer than the budget: it tries again, and it is written once.
    let try_only = script.split("state() {").next().unwrap();
    let held = format!(
        "flock coordination/.local/locks/ledger.lock sleep 2 & sleep 0.5; {try_only} try note {first} --text x --key k --timeout 200ms"
    );
    let told = sh(&held);
    assert!(told.contains("gave up after") && !told.contains("exit status"), "{told}");
    assert_eq!(sh(&format!("ledger log {first} --type NOTED --fields key")), "k\n");
}

#[test]
fn the_transcripts_of_the_claims_are_true() {
    play("docs/claims.md");
}

#[test]
fn the_transcripts_of_the_checkpoints_are_true() {
    play("docs/checkpoints.md");
}

#[test]
fn the_transcripts_of_many_clones_are_true() {
    play("docs/sync.md");
}

#[test]
fn the_transcripts_of_merging_are_true() {
    play("docs/merging.md");
}

#[test]
fn the_transcripts_of_each_job_are_true() {
    ["docs/tutorial.md", "docs/ask.md", "docs/answer.md", "docs/ci.md", "docs/look-back.md"].into_iter().for_each(play);
}

/// The targets of a document's links that lead to files.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(target, _)| target);
    let files = targets.map(|target| target.split('#').next().unwrap_or_default());
    files.filter(|file| !file.is_empty() && !file.contains("://")).map(str::to_owned).collect()
}

#[test]
fn every_link_leads_somewhere_and_every_page_stands_in_the_book() {
    let pages: Vec<String> = fs::read_dir(root().join("docs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".md"))
        .collect();
    let in_the_book: BTreeSet<String> = links(&read("docs/SUMMARY.md")).into_iter().collect();
    let all: BTreeSet<String> = pages.iter().filter(|name| *name != "SUMMARY.md").cloned().collect();
    assert_eq!(in_the_book, all);
    let pages = pages.iter().map(|name| format!("docs/{name}"));
    for page in pages.chain(["README.md", "SECURITY.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(str::to_owned)) {
        let folder = root().join(&page).parent().unwrap().to_owned();
        for link in links(&read(&page)) {
            assert!(folder.join(&link).exists(), "{page} links to {link}, which is not there");
        }
    }
}

#[test]
fn the_transcripts_of_adopting_are_true() {
    play("docs/adopting.md");
}

#[test]
fn what_differs_is_made_equal_and_nothing_else() {
    let line =
        format!("2026-11-20T15:11:00.123Z REQ-20261120-0001.json {} 1a2b3c4 x{}", "0a".repeat(32), "0a".repeat(6));
    assert_eq!(made_equal(&line), format!("TIME REQ-DAY-0001.json HASH 1a2b3c4 x{}", "0a".repeat(6)));
    assert_eq!(made_equal("\"writer\":\"k7f3q2ab\",\"n\":3"), "WRITER,\"n\":3");
}

#[test]
fn the_test_command_is_the_one_that_ci_runs() {
    let command_in = |text: &str| -> Vec<String> {
        text.lines().map(str::trim).filter(|line| line.starts_with("cargo test")).map(str::to_owned).collect()
    };
    let readme = command_in(&read("README.md"));
    assert_eq!(readme, command_in(&read(".ci/run")));
    assert_eq!(readme, ["cargo test --locked"]);
}

fn catalogue() -> Value {
    let output = Command::new(LEDGER).arg("schema").current_dir(root()).env_remove("LEDGER_ROOT").output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_command_stands_in_the_table() {
    let readme = read("README.md");
    for command in catalogue()["commands"].as_array().unwrap() {
        let name = command["name"].as_str().unwrap();
        let row = format!("| `ledger {name}");
        assert!(readme.lines().any(|line| line.starts_with(&row)), "README.md has no row for {name}");
    }
}

/// A command and those below it.
fn with_those_below(command: &Value) -> Vec<Value> {
    let below = command["commands"].as_array().into_iter().flatten().flat_map(with_those_below);
    below.chain([command.clone()]).collect()
}

#[test]
fn every_command_about_contracts_stands_in_its_table() {
    let document = read("docs/contracts.md");
    let catalogue = catalogue();
    let contract = catalogue["commands"].as_array().unwrap().iter().find(|one| one["name"] == "contract").unwrap();
    for command in contract["commands"].as_array().unwrap() {
        let row = format!("| `ledger contract {}", command["name"].as_str().unwrap());
        assert!(document.lines().any(|line| line.starts_with(&row)), "docs/contracts.md has no row {row}");
    }
}

#[test]
fn every_option_that_is_named_exists() {
    let commands: Vec<Value> = catalogue()["commands"].as_array().unwrap().iter().flat_map(with_those_below).collect();
    let arguments = commands.iter().flat_map(|c| c["arguments"].as_array().unwrap());
    let mut known: BTreeSet<String> = arguments.map(|a| a["name"].as_str().unwrap().to_owned()).collect();
    // Options of cargo, git and basenc, and those that every clap program has.
    known.extend(
        [
            "--bare",
            "--force",
            "--locked",
            "--path",
            "--cached",
            "--sanitizer",
            "--test",
            "--example",
            "--release",
            "--ignored",
            "--nocapture",
            "--abort",
            "--ours",
            "--theirs",
            "--numstat",
            "--no-renames",
            "--no-rebase",
            "--bench",
            "--base16",
            "--lib",
            "--profile",
            "--release",
            "--ignored",
            "--nocapture",
            "--help",
            "--version",
            // Of gh.
            "--limit",
            "--state",
        ]
        .map(str::to_owned),
    );
    for name in [
        "README.md",
        "docs/tutorial.md",
        "docs/ask.md",
        "docs/answer.md",
        "docs/architecture.md",
        "docs/ci.md",
        "docs/look-back.md",
        "docs/design.md",
        "docs/format.md",
        "docs/errors.md",
        "docs/contracts.md",
        "docs/checkpoints.md",
        "docs/merging.md",
        "docs/sync.md",
        "docs/claims.md",
        "docs/adopting.md",
        "docs/agents.md",
        "docs/configuration.md",
        "docs/reliability.md",
        "docs/read-model.md",
    ] {
        for word in read(name).split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            let is_option = word.starts_with("--") && word[2..].starts_with(|c: char| c.is_ascii_lowercase());
            assert!(!is_option || known.contains(word), "{name} names {word}, which no command has");
        }
    }
}

#[test]
fn every_exit_status_stands_in_the_table() {
    let readme = read("README.md");
    for exit in Exit::ALL {
        let meaning = exit.meaning();
        let row = format!("| {} | {} | {} |", meaning.status, meaning.meaning, meaning.retry);
        assert!(readme.lines().any(|line| line.replace("|  |", "| |") == row.replace("|  |", "| |")), "missing: {row}");
    }
}

/// The text of every source file below a folder.
fn source_of(folder: &str) -> String {
    let entries = walkdir::WalkDir::new(root().join(folder)).sort_by_file_name().into_iter().map(Result::unwrap);
    let sources = entries.filter(|entry| entry.path().extension().is_some_and(|e| e == "rs"));
    let text: String = sources.map(|entry| fs::read_to_string(entry.path()).unwrap()).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The errors that the command line can end with, as their codes and statuses.
fn errors() -> BTreeSet<(String, u8)> {
    let source = source_of("src/cli");
    let code = |text: &str| text.split_once('"').map(|(code, _)| code.to_owned());
    let mut found = BTreeSet::new();
    for part in source.split("Exit::").skip(1) {
        let Some((name, rest)) = part.split_once(", \"") else { continue };
        let exit = Exit::ALL.into_iter().find(|exit| format!("{exit:?}") == name);
        found.extend(exit.filter(|exit| *exit != Exit::Done).and_then(|exit| Some((code(rest)?, exit.status()))));
    }
    for part in source.split("no(\"").skip(1) {
        found.extend(code(part).map(|code| (code, Exit::Refused.status())));
    }
    found
}

#[test]
fn every_error_stands_in_the_table() {
    let document = read("docs/errors.md");
    let errors = errors();
    assert!(errors.len() > 30, "the errors were not found in the source: {errors:?}");
    for (code, status) in errors {
        let row = format!("| `{code}` | {status} |");
        assert!(document.lines().any(|line| line.starts_with(&row)), "docs/errors.md has no row {row}");
    }
    // And nothing stands there that no command ends with.
    let table = document.split("\n\n").find(|part| part.starts_with("| Code | Status |")).unwrap();
    let errors = self::errors();
    for row in table.lines().skip(2) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        let (code, status) = (cells[1].trim_matches('`').to_owned(), cells[2].parse().unwrap());
        // One code is a constant, which says nothing of its status.
        let is_constant = source_of("src/cli").contains(&format!("&str = \"{code}\""));
        let is_known = is_constant || errors.contains(&(code.clone(), status));
        assert!(is_known, "{code} {status} is in docs/errors.md and not in the source");
    }
}

#[test]
fn every_finding_of_verify_stands_in_the_table() {
    let document = read("docs/errors.md");
    for file in [
        "src/app/verify/mod.rs",
        "src/app/verify/index.rs",
        "src/app/verify/against.rs",
        "src/sync/against/judge.rs",
        "src/app/contract/verify.rs",
        "src/store/fs/inspect.rs",
        "src/store/fs/contracts.rs",
        "src/store/fs/checkpoints.rs",
        "src/app/checkpoint/proof.rs",
        "src/app/checkpoint/trust.rs",
        "src/app/checkpoint/verify.rs",
    ] {
        let source = fs::read_to_string(root().join(file)).unwrap();
        for text in source.split('"').skip(1).step_by(2) {
            let is_code = text.contains('-') && text.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
            assert!(!is_code || document.contains(&format!("| `{text}` |")), "docs/errors.md has no finding {text}");
        }
    }
}

#[test]
fn the_limits_are_those_of_the_code() {
    let readme = read("README.md");
    let bytes = |n: u64| match n {
        n if n % (1 << 20) == 0 => format!("{} MiB", n >> 20),
        n => format!("{} KiB", n >> 10),
    };
    let size = |n: usize| bytes(n as u64);
    let count = |n: u64| {
        let digits = n.to_string();
        let groups: Vec<&str> =
            digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
        groups.join(",")
    };
    let rows = [
        ("a packet", size(packet::PACKET_BYTES_MAX)),
        ("a title", format!("{} characters", packet::TITLE_CHARS_MAX)),
        ("entries of a list in a packet", count(packet::LIST_MAX as u64)),
        ("an entry of a list of texts", size(packet::ITEM_BYTES_MAX)),
        ("an event's line", size(event::LINE_BYTES_MAX)),
        ("a note, a reason, a summary, a piece of evidence", size(event::TEXT_BYTES_MAX)),
        ("a claim", format!("{} days", claim::Term::MS_MAX / 86_400_000)),
        ("parents of an event", count(event::PARENTS_MAX as u64)),
        ("events of a request", count(history::EVENTS_MAX as u64)),
        ("a log", bytes(files::log::LOG_BYTES_MAX)),
        ("requests of a day", count(u64::from(id::RequestId::NUMBER_MAX))),
        ("nesting of JSON", format!("{} levels", json::DEPTH_MAX)),
        ("an integer", format!("±2^{}", json::INTEGER_MAX.ilog2())),
        ("`workflow.json`", size(workflow::WORKFLOW_BYTES_MAX)),
        ("states, and request types, of a workflow", count(workflow::STATES_MAX as u64)),
        ("transitions of a workflow", count(workflow::TRANSITIONS_MAX as u64)),
        ("`ledger.json`", size(settings::SETTINGS_BYTES_MAX)),
        ("an operation of `apply`", size(apply::OPERATION_BYTES_MAX)),
        ("operations that share a sync", count(apply::BATCH_MAX as u64)),
        ("faults of a packet told at once", count(checks::FAULTS_MAX as u64)),
        ("a version of a contract", format!("{}, {} levels", size(VERSION_BYTES_MAX), schema::SCHEMA_DEPTH_MAX)),
        ("versions of a contract", count(u64::from(id::ContractRef::VERSION_MAX))),
        ("one comparison of two schemas", format!("{} seconds", contract::PAIR_MAX.as_secs())),
        ("leaves of a list of checkpoints", count(leaf::LEAVES_MAX)),
        (
            "a checkpoint, and a signature",
            format!("{}, {}", size(checkpoint::CHECKPOINT_BYTES_MAX), size(signature::SIGNATURE_BYTES_MAX)),
        ),
        ("signatures of a checkpoint", count(proof::SIGNATURES_MAX as u64)),
        (
            "a file of signers, in the ledger and elsewhere",
            format!("{}, {}", bytes(SIGNERS_BYTES_MAX), bytes(signing::SIGNERS_BYTES_MAX)),
        ),
        ("a proof", bytes(proof::PROOF_BYTES_MAX)),
    ];
    for (what, most) in rows {
        let row = format!("| {what} | {most} |");
        assert!(readme.lines().any(|line| line == row), "README.md has no row {row}");
    }
    let design = read("docs/design.md");
    for part in [
        format!("up to {} requests", refresh::SMALL),
        format!("1/{} of the requests", refresh::SHARE),
        format!("{} lock files", files::layout::STRIPES),
        format!("{} days", files::CLOCK_LEAD_MS_MAX / 86_400_000),
        format!("{} minutes", verify::AHEAD_MS_MAX / 60_000),
    ] {
        let joined = design.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(joined.contains(&part), "docs/design.md does not say {part:?}");
    }
}
