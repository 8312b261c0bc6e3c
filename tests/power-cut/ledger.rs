//! The real binary in a folder.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A program, and the folder that it is run in.
#[derive(Clone, Debug)]
pub(crate) struct Ledger {
    binary: PathBuf,
    root: PathBuf,
    inputs: PathBuf,
}

/// How a command ended, and all that it said.
#[derive(Debug)]
pub(crate) struct Ended {
    status: Option<i32>,
    pub(crate) said: String,
}

impl Ended {
    pub(crate) fn is_done(&self) -> bool {
        self.status == Some(0)
    }
}

impl Ledger {
    pub(crate) fn new(binary: &Path, root: &Path, inputs: &Path) -> Self {
        Self { binary: binary.to_owned(), root: root.to_owned(), inputs: inputs.to_owned() }
    }

    /// The same in another folder.
    pub(crate) fn at(&self, root: &Path) -> Self {
        Self { root: root.to_owned(), ..self.clone() }
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Something for later commands to read.
    pub(crate) fn write_input(&self, name: &str, text: &str) {
        std::fs::write(self.inputs.join(name), text).unwrap();
    }

    /// A command, not started yet. Its words are parted by blanks, `_` stands for a blank in a word, `IN` before a slash
    /// for the folder of inputs, and `<NAME` for what is in one of them.
    pub(crate) fn command(&self, line: &str) -> Command {
        let inputs = format!("{}/", self.inputs.display());
        let mut command = Command::new(&self.binary);
        command.args(line.split(' ').map(|word| match word.strip_prefix("IN/") {
            Some(name) => format!("{inputs}{name}"),
            None if word.starts_with('<') => std::fs::read_to_string(self.inputs.join(&word[1..])).unwrap(),
            // States have the sign in their names.
            None if word == "IN_PROGRESS" => word.to_owned(),
            None => word.replace('_', " "),
        }));
        command.current_dir(&self.root).env("LEDGER_ACTOR", "mia").env_remove("LEDGER_ROOT").stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, line: &str) -> Ended {
        let output = self.command(line).output().unwrap();
        let said = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
        Ended { status: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() }
    }
}
