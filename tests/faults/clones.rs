//! Places that take real git: a clone and what it exchanges with, and a merge that git left to its people.

use std::path::Path;
use std::process::Command;

use coordination_ledger::cli::exit::Exit;

use crate::ledger::Place;

const NEW: &str = "new --from shop --to billing --type bug --set details.impact=x --title";

/// A clone of `hub.git`, which lies within it so that a copy has one of its own. Both have a request that nobody else has,
/// under one number, and each has a note on another one; the hub has a contract, too.
pub(crate) fn clone() -> Place {
    let place = founded();
    let other = other(&place);
    other.all(&[
        &format!("{NEW} Theirs --key theirs"),
        "note REQ-20261120-0001 --text Theirs --key n-theirs",
        "contract add e v1.json --owner billing --key e-theirs",
        "sync",
    ]);
    take_hub(&place, &other);
    place.all(&[&format!("{NEW} Ours --key ours"), "note REQ-20261120-0001 --text Ours --key n-ours", "verify"]);
    place
}

/// A clone on whose branch, and on that of the other side, two requests were published under one number.
pub(crate) fn twins() -> Place {
    let place = founded();
    let other = other(&place);
    other.all(&[
        &format!("{NEW} Theirs --key theirs"),
        "note REQ-20261120-0002 --text Theirs --key n-theirs",
        "sync --branch main",
    ]);
    take_hub(&place, &other);
    place.git("checkout -q -b other");
    place.all(&[
        &format!("{NEW} Ours --key ours"),
        "note REQ-20261120-0002 --text Ours --key n-ours",
        "sync --branch other",
    ]);
    assert_eq!(place.run("sync --branch main"), Exit::Conflict, "{}", place.said());
    place
}

/// A repository whose branches wrote to one request, merged by git's own ways: it stopped at the log.
pub(crate) fn merge() -> Place {
    let place = Place::empty();
    begin(&place);
    place.all(&["init --name acme", &format!("{NEW} one --key one"), &format!("{NEW} two --key two")]);
    let attributes = std::fs::read_to_string(place.root().join(".gitattributes")).unwrap();
    let plain: Vec<&str> = attributes.lines().map(|line| line.split(" merge=").next().unwrap()).collect();
    place.write(".gitattributes", &format!("{}\n", plain.join("\n")));
    place.git("add -A");
    place.git("commit -q -m base");
    for (branch, from) in [("theirs", "main"), ("ours", "main")] {
        place.git(&format!("checkout -q -b {branch} {from}"));
        for request in ["REQ-20261120-0001", "REQ-20261120-0002"] {
            place.all(&[&format!("note {request} --text By_{branch} --key {branch}")]);
        }
        place.git(&format!("commit -q -a -m {branch}"));
    }
    assert!(!git_in(place.root(), "merge -q theirs").status.success(), "git settled it by itself");
    place
}

/// A repository with a ledger of one request, and the hub that has it.
fn founded() -> Place {
    let place = Place::empty();
    begin(&place);
    place.write("v1.json", "{\"$schema\":\"https://json-schema.org/draft/2020-12/schema\",\"type\":\"string\"}\n");
    place.write(".gitignore", "/hub.git/\n");
    place.git("init -q --bare -b main hub.git");
    place.git("remote add origin ./hub.git");
    place.all(&["init --name acme", &format!("{NEW} one --key one")]);
    place.git("add -A");
    place.git("commit -q -m base");
    place.git("push -q -u origin main");
    place.all(&["sync"]);
    place
}

/// Another clone, which writes under a name of its own.
fn other(place: &Place) -> Place {
    let other = place.copy();
    // It is another one by who it is.
    std::fs::remove_dir_all(other.root().join("coordination/.local")).unwrap();
    other
}

/// Has the hub of one place stand as that of another.
fn take_hub(place: &Place, other: &Place) {
    let hub = |place: &Place| place.root().join("hub.git");
    std::fs::remove_dir_all(hub(place)).unwrap();
    std::fs::create_dir(hub(place)).unwrap();
    crate::trial::power::copy(&hub(other), &hub(place));
}

fn begin(place: &Place) {
    place.git("init -q -b main .");
    for setting in ["user.name mia", "user.email mia@example.org", "core.fsync none", "commit.gpgsign false"] {
        place.git(&format!("config {setting}"));
    }
}

impl Place {
    /// Commands that must be done.
    pub(crate) fn all(&self, lines: &[&str]) {
        for line in lines {
            assert_eq!(self.run(line), Exit::Done, "{line}: {}", self.said());
        }
    }

    /// What a new clone of the hub has.
    pub(crate) fn published(&self) -> Self {
        let clone = Self::empty();
        self.git(&format!("clone -q hub.git {}", clone.root().display()));
        clone
    }

    fn git(&self, line: &str) {
        let told = git_in(self.root(), line);
        assert!(told.status.success(), "git {line}: {}", String::from_utf8_lossy(&told.stderr));
    }

    /// Whether git takes a merge for settled.
    pub(crate) fn is_merged(&self) -> bool {
        git_in(self.root(), "ls-files -u").stdout.is_empty()
    }
}

/// Nothing but what the folder says is git told.
fn git_in(folder: &Path, line: &str) -> std::process::Output {
    let mut git = Command::new("git");
    git.current_dir(folder).args(line.split(' '));
    git.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_SYSTEM", "/dev/null");
    git.output().unwrap()
}
