//! `ledger demo`: a short story in a temporary folder, told with real commands.

use std::path::Path;
use std::process::Command;

use serde::Serialize;

use super::super::Context;
use super::super::args::Format;
use super::super::exit::Exit;
use super::super::failure::Failure;

const ACTOR: &str = "demo";

pub(super) fn run(context: &mut Context<'_>) -> Result<Exit, Failure> {
    let program = context.env.program.clone();
    let program = program.ok_or_else(|| failed("this program does not know its own file"))?;
    let folder = tempfile::tempdir().map_err(|e| failed(&format!("no temporary folder: {e}")))?;
    let mut stage = Stage { context, program, folder: folder.path(), transcript: String::new() };
    play(&mut stage)?;
    stage.print("\ndemo: ok\n")?;
    let transcript = std::mem::take(&mut stage.transcript);
    if context.output.format != Format::Text {
        context.output.json(&DemoView { ok: true, transcript })?;
    }
    Ok(Exit::Done)
}

/// What `demo --json` answers.
#[derive(Serialize)]
struct DemoView {
    ok: bool,
    transcript: String,
}

fn play(stage: &mut Stage<'_, '_>) -> Result<(), Failure> {
    stage.say("The shop asks billing for a field. First, a ledger:")?;
    stage.run(Exit::Done, &["init", "--name", "demo", "--quiet"])?;
    let new = [
        "new",
        "--title",
        "Add a currency to invoices",
        "--from",
        "shop",
        "--to",
        "billing",
        "--type",
        "bug",
        "--set",
        "details.impact=Totals in euros are booked as dollars",
        "--key",
        "shop-42",
    ];
    stage.run(Exit::Done, &new)?;
    stage.say("The network was slow, so the shop's agent asks again with the same key. Nothing is done twice:")?;
    stage.run(Exit::Done, &new)?;
    stage.run(Exit::Done, &["transition", "key:shop-42", "accepted"])?;
    stage.run(Exit::Done, &["transition", "key:shop-42", "in-progress"])?;
    stage.say("Billing is in a hurry and forgets the evidence. The workflow refuses, and says what is missing:")?;
    stage.run(Exit::Refused, &["transition", "key:shop-42", "delivered"])?;
    stage.run(Exit::Done, &["transition", "key:shop-42", "delivered", "--evidence", "commit=1a2b3c4"])?;
    stage.say("Somebody decides on what they read a while ago. That is a conflict, not an overwrite:")?;
    stage.run(
        Exit::Conflict,
        &["transition", "key:shop-42", "in-progress", "--reason", "not yet", "--expect-version", "3"],
    )?;
    stage.run(Exit::Done, &["log", "key:shop-42"])?;
    stage.say("The power fails in the middle of a write, and leaves half a line:")?;
    let log = stage.log_file()?;
    stage.append(&log, b"{\"format\":1,\"stream\":\"REQ-")?;
    stage.run(Exit::No, &["verify"])?;
    stage.say("The next write sets the torn bytes aside and goes on:")?;
    stage.run(Exit::Done, &["note", "key:shop-42", "--text", "Looks good to me"])?;
    stage.say("The index can be thrown away, and comes back the same:")?;
    let index = stage.folder.join("coordination/index.json");
    let before = read(&index)?;
    stage.remove(&index)?;
    stage.run(Exit::Done, &["index"])?;
    if read(&index)? != before {
        return Err(failed("the index came back different"));
    }
    stage.run(Exit::Done, &["verify"])
}

struct Stage<'a, 'b> {
    context: &'a mut Context<'b>,
    program: std::path::PathBuf,
    folder: &'a Path,
    /// Kept where one document is wanted.
    transcript: String,
}

impl Stage<'_, '_> {
    fn say(&mut self, text: &str) -> Result<(), Failure> {
        self.print(&format!("\n# {text}\n"))
    }

    fn print(&mut self, text: &str) -> Result<(), Failure> {
        if self.context.output.format == Format::Text {
            return self.context.output.text(text);
        }
        self.transcript.push_str(text);
        Ok(())
    }

    /// Runs a command as a reader would type it, shows what it prints, and insists on its exit status.
    fn run(&mut self, expected: Exit, args: &[&str]) -> Result<(), Failure> {
        let typed: Vec<String> = args.iter().map(|arg| quoted(arg)).collect();
        self.print(&format!("$ ledger {}\n", typed.join(" ")))?;
        let output = Command::new(&self.program)
            .args(args)
            .args(["--actor", ACTOR, "--root"])
            .arg(self.folder)
            .current_dir(self.folder)
            .output()
            .map_err(|e| failed(&format!("could not run {}: {e}", self.program.display())))?;
        let shown = [output.stdout, output.stderr].concat();
        let folder = format!("{}/", self.folder.display());
        self.print(&String::from_utf8_lossy(&shown).replace(&folder, ""))?;
        let status = output.status.code();
        if status != Some(i32::from(expected.status())) {
            return Err(failed(&format!("ledger {} ended with {status:?}, not {}", args[0], expected.status())));
        }
        if expected != Exit::Done {
            self.print(&format!("(exit status {})\n", expected.status()))?;
        }
        Ok(())
    }

    fn log_file(&self) -> Result<std::path::PathBuf, Failure> {
        let events = self.folder.join("coordination/events");
        let mut entries = std::fs::read_dir(events).map_err(|e| failed(&e.to_string()))?;
        let first = entries.next().ok_or_else(|| failed("there is no log"))?;
        first.map(|entry| entry.path()).map_err(|e| failed(&e.to_string()))
    }

    fn append(&mut self, path: &Path, bytes: &[u8]) -> Result<(), Failure> {
        let name = path.strip_prefix(self.folder).unwrap_or(path).display().to_string();
        self.print(&format!("$ printf %s {} >> {name}\n", quoted(&String::from_utf8_lossy(bytes))))?;
        let file = std::fs::OpenOptions::new().append(true).open(path);
        file.and_then(|mut file| std::io::Write::write_all(&mut file, bytes)).map_err(|e| failed(&e.to_string()))
    }

    #[expect(clippy::disallowed_methods, reason = "the demo plays the accident in a folder of its own")]
    fn remove(&mut self, path: &Path) -> Result<(), Failure> {
        let name = path.strip_prefix(self.folder).unwrap_or(path).display().to_string();
        self.print(&format!("$ rm {name}\n"))?;
        std::fs::remove_file(path).map_err(|e| failed(&e.to_string()))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|e| failed(&format!("could not read {}: {e}", path.display())))
}

fn failed(what: &str) -> Failure {
    Failure::new(Exit::Failure, "demo", format!("demo: {what}"))
}

fn quoted(word: &str) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.:/@+=,".contains(&b);
    if word.bytes().all(plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
