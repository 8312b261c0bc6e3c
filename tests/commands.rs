//! `docs/commands.md` is made from the program: its commands and options, the states of the built-in workflow, the exit
//! statuses. `cargo test --test commands -- --ignored` writes it anew.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

fn page() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/commands.md")
}

/// What the program says of itself where there is no ledger.
fn catalogue() -> Value {
    let folder = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_ledger"))
        .arg("schema")
        .current_dir(folder.path())
        .env_remove("LEDGER_ROOT")
        .output()
        .unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

fn list<'a>(value: &'a Value, name: &str) -> &'a [Value] {
    value[name].as_array().map_or(&[], Vec::as_slice)
}

fn text<'a>(value: &'a Value, name: &str) -> &'a str {
    value[name].as_str().unwrap_or_default()
}

/// A text as a cell of a table.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;").replace('\n', " ")
}

fn arguments(page: &mut String, arguments: &[&Value]) {
    if arguments.is_empty() {
        return;
    }
    page.push_str("| | |\n|---|---|\n");
    for argument in arguments {
        let name = text(argument, "name");
        let shown = match (name.starts_with("--"), argument["takes_value"] == true) {
            (false, _) => name.to_uppercase(),
            (true, true) => format!("{name} …"),
            (true, false) => name.to_owned(),
        };
        let needed = if argument["required"] == true { " (required)" } else { "" };
        writeln!(page, "| `{shown}` | {}{needed} |", cell(text(argument, "help"))).unwrap();
    }
    page.push('\n');
}

fn command(page: &mut String, above: &str, one: &Value) {
    let name = format!("{above} {}", text(one, "name"));
    writeln!(page, "## `{name}`\n\n{}.\n", cell(text(one, "about"))).unwrap();
    let own: Vec<&Value> = list(one, "arguments").iter().filter(|argument| argument["global"] != true).collect();
    if list(one, "commands").is_empty() {
        arguments(page, &own);
    }
    list(one, "commands").iter().for_each(|below| command(page, &name, below));
}

fn made() -> String {
    let catalogue = catalogue();
    let mut page = String::from(
        "# Commands\n\nEvery command with its options, made from the program itself; `ledger COMMAND --help` says the same, and \
         `ledger schema` prints it as JSON.\nWhat the commands answer is in [errors.md](errors.md) and, for JSON, in the \
         README.\n\n## Options of every command\n\n",
    );
    let commands = list(&catalogue, "commands");
    let globals = list(&commands[0], "arguments").iter().filter(|argument| argument["global"] == true);
    arguments(&mut page, &globals.collect::<Vec<_>>());
    commands.iter().for_each(|one| command(&mut page, "ledger", one));
    page.push_str(
        "## States\n\nOf the workflow that `ledger init` writes; `coordination/workflow.json` may have others.\n\n",
    );
    page.push_str("| From | To | Needs |\n|---|---|---|\n");
    for step in list(&catalogue["workflow"], "transitions") {
        let from: Vec<&str> = list(step, "from").iter().filter_map(Value::as_str).collect();
        let from = from.join(", ");
        let mut needs: Vec<String> = list(step, "guards").iter().map(|guard| text(guard, "guard").to_owned()).collect();
        let types: Vec<&str> = list(step, "types").iter().filter_map(Value::as_str).collect();
        needs.extend((!types.is_empty()).then(|| format!("only for {}", types.join(", "))));
        writeln!(page, "| {} | {} | {} |", cell(&from), text(step, "to"), cell(&needs.join(", "))).unwrap();
    }
    page.push_str("\n## Exit statuses\n\n| Status | Name | Meaning | Try again |\n|---|---|---|---|\n");
    for exit in list(&catalogue, "exit_statuses") {
        let (name, meaning, again) = (text(exit, "name"), cell(text(exit, "meaning")), text(exit, "retry"));
        writeln!(page, "| {} | {name} | {meaning} | {again} |", exit["status"]).unwrap();
    }
    page
}

#[test]
fn the_page_of_commands_is_the_programs() {
    let written = std::fs::read_to_string(page()).unwrap_or_default();
    assert!(written == made(), "docs/commands.md is not the program's: cargo test --test commands -- --ignored");
}

#[test]
#[ignore = "it writes docs/commands.md, which no test run may; whoever changed a command runs it: cargo test --test commands -- --ignored"]
#[expect(clippy::disallowed_methods, reason = "the page is no ledger file")]
fn write_the_page() {
    std::fs::write(page(), made()).unwrap();
}
