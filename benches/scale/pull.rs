//! The first list after `git pull` brought changes to a hundred requests.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::measure::{Figure, Ledger};

/// How many requests change.
const CHANGED: usize = 100;

/// Two clones of a ledger under git: one writes, the other pulls and lists. `None` where there is no git.
pub(crate) fn after_a_pull(ledger: &Ledger) -> Option<Figure> {
    let folder = ledger.root().with_extension("clones");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).expect("a folder");
    let git = |at: &Path, arguments: &[&str]| {
        let mut git = Command::new("git");
        git.args(["-c", "user.name=bench", "-c", "user.email=bench@example.com", "-c", "gc.auto=0"]);
        git.args(arguments).current_dir(at).stdout(Stdio::null()).stderr(Stdio::null());
        git.status().is_ok_and(|status| status.success())
    };
    let (writer, reader) = (folder.join("writer"), folder.join("reader"));
    let copied = Command::new("cp").arg("-r").arg(ledger.root()).arg(&writer).status();
    let _ = std::fs::remove_dir_all(writer.join("coordination/.local"));
    let ready = copied.is_ok_and(|status| status.success())
        && git(&writer, &["init", "-q"])
        && git(&writer, &["add", "coordination", "schemas", ".gitattributes", ".gitignore"])
        && git(&writer, &["commit", "-qm", "all"])
        && git(&folder, &["clone", "-q", "writer", "reader"]);
    let figure = ready.then(|| {
        let list = || command(&reader, &["list", "--limit", "50"]);
        // The cache is made, and made settled.
        assert!(list().status().expect("a run").success());
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert!(list().status().expect("a run").success());
        for id in ids(&writer) {
            assert!(command(&writer, &["note", &id, "--text", "from elsewhere"]).status().expect("a run").success());
        }
        assert!(git(&writer, &["commit", "-qam", "a hundred notes"]) && git(&reader, &["pull", "-q", "--ff-only"]));
        Figure { requests: ledger.requests(), ..ledger.once("ledger list, after a pull of 100 changes", list()) }
    });
    let _ = std::fs::remove_dir_all(folder);
    figure
}

fn command(root: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ledger"));
    command.args(arguments).arg("--root").arg(root).env("LEDGER_ACTOR", "bench");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

/// Some requests, spread over the ledger.
fn ids(root: &Path) -> Vec<String> {
    let packets = std::fs::read_dir(root.join("coordination/requests")).expect("a folder");
    let mut names: Vec<PathBuf> = packets.map(|entry| entry.expect("an entry").path()).collect();
    names.sort();
    let step = (names.len() / CHANGED).max(1);
    let id = |path: PathBuf| path.file_stem().expect("a name").to_string_lossy().into_owned();
    names.into_iter().step_by(step).take(CHANGED).map(id).collect()
}
