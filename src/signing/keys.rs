//! With which key to sign: the one that was named, else the one with which git signs.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::{NamedTempFile, TempDir};

use super::program::{KEYGEN, keygen, quiet, run};
use super::{Asking, SigningError};
use crate::domain::signature::{SIGNATURE_BYTES_MAX, Signature};
use crate::registry::git;
use crate::store::Budget;

/// Which key was asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum KeyChoice {
    /// The one in this file: a private key, or a public one whose private half an agent holds.
    File(PathBuf),
    /// The one with which git signs in the repository of this folder.
    Git,
}

/// A key to sign with.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SigningKey {
    root: PathBuf,
    place: Place,
    /// The program that git is told to sign with (`gpg.ssh.program`); it takes what ssh-keygen takes of git.
    program: Option<String>,
}

/// Whose settings of git count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Scope {
    Any,
    User,
    Machine,
}

#[derive(Clone, PartialEq, Eq, Debug)]
enum Place {
    File(PathBuf),
    /// A public key as text; an agent holds the private one.
    Literal(String),
}

impl SigningKey {
    /// Finds the key.
    ///
    /// # Errors
    /// [`SigningError::NoKey`] says what is missing.
    pub fn find(choice: &KeyChoice, root: &Path) -> Result<Self, SigningError> {
        let root = root.to_owned();
        match choice {
            KeyChoice::File(path) => Ok(Self { root, place: Place::File(path.clone()), program: None }),
            KeyChoice::Git => {
                let no_key = |why: &str| SigningError::NoKey(Some(why.to_owned()));
                if setting(&root, "gpg.format", Scope::Any).as_deref() != Some("ssh") {
                    return Err(no_key("git does not sign with SSH keys here (gpg.format)"));
                }
                let key = setting(&root, "user.signingKey", Scope::Any)
                    .ok_or_else(|| no_key("git has no user.signingKey"))?;
                // What runs is for whoever owns the machine to say, not for a repository that somebody handed over.
                let program = [Scope::User, Scope::Machine];
                let program = program.into_iter().find_map(|scope| setting(&root, "gpg.ssh.program", scope));
                Ok(Self { root, place: place(key), program })
            }
        }
    }

    /// Signs a text.
    ///
    /// # Errors
    /// The key can't be had, or the program would not sign.
    pub fn sign(
        &self,
        text: &str,
        namespace: &str,
        asking: Asking,
        budget: &Budget,
    ) -> Result<Signature, SigningError> {
        let literal = match &self.place {
            Place::File(_) => None,
            Place::Literal(key) => Some(temporary(key.as_bytes())?),
        };
        let key = match (&self.place, &literal) {
            (Place::File(path), _) => path.as_path(),
            (Place::Literal(_), Some(file)) => file.path(),
            (Place::Literal(_), None) => Path::new(""),
        };
        let mut arguments: Vec<&std::ffi::OsStr> =
            vec!["-Y".as_ref(), "sign".as_ref(), "-n".as_ref(), namespace.as_ref(), "-f".as_ref(), key.as_os_str()];
        if literal.is_some() {
            // The key is in the agent.
            arguments.push("-U".as_ref());
        }
        let signed = match &self.program {
            None => {
                let mut command = keygen(asking);
                command.arg("-q").args(&arguments).current_dir(&self.root);
                let said = run(&mut command, text.as_bytes(), asking, budget)?;
                if !said.is_good {
                    return Err(SigningError::Refused { program: KEYGEN.to_owned(), told: said.complaint() });
                }
                said.out
            }
            Some(program) => self.sign_by(program, &arguments, text, asking, budget)?,
        };
        let refused = |told: String| {
            let program = self.program.clone().unwrap_or_else(|| KEYGEN.to_owned());
            SigningError::Refused { program, told }
        };
        Signature::parse(&signed).map_err(|bad| refused(format!("what it made is {bad}")))
    }

    /// Signs as git has a program of its own do it: a file's name is handed over, and `.sig` is added to it.
    fn sign_by(
        &self,
        program: &str,
        arguments: &[&std::ffi::OsStr],
        text: &str,
        asking: Asking,
        budget: &Budget,
    ) -> Result<String, SigningError> {
        let folder = TempDir::new().map_err(SigningError::Temporary)?;
        let mut file = NamedTempFile::new_in(folder.path()).map_err(SigningError::Temporary)?;
        file.write_all(text.as_bytes()).and_then(|()| file.flush()).map_err(SigningError::Temporary)?;
        let mut command = Command::new(program);
        quiet(&mut command, asking);
        command.args(arguments).arg(file.path()).current_dir(&self.root);
        let said = run(&mut command, b"", asking, budget)?;
        let refused = |told: String| SigningError::Refused { program: program.to_owned(), told };
        if !said.is_good {
            return Err(refused(said.complaint()));
        }
        let mut made = file.path().as_os_str().to_owned();
        made.push(".sig");
        let read = std::fs::File::open(Path::new(&made)).and_then(|file| {
            let mut bytes = Vec::new();
            file.take(SIGNATURE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes).map(|_| bytes)
        });
        let text = String::from_utf8(read.map_err(|error| refused(format!("it made no signature: {error}")))?).ok();
        text.ok_or_else(|| refused("what it made is no text".to_owned()))
    }
}

/// As git reads its `user.signingKey`: a public key, or the name of a file.
fn place(setting: String) -> Place {
    match setting.strip_prefix("key::") {
        Some(key) => Place::Literal(key.to_owned()),
        None if setting.starts_with("ssh-") => Place::Literal(setting),
        None => Place::File(PathBuf::from(setting)),
    }
}

/// A setting of git, read without running anything that a repository carries.
fn setting(root: &Path, name: &str, scope: Scope) -> Option<String> {
    let mut command = git::command(root);
    command.arg("config").args(match scope {
        Scope::Any => None,
        Scope::User => Some("--global"),
        Scope::Machine => Some("--system"),
    });
    // A path may begin with ~.
    let output = command.args(["--type=path", "--get", name]).output().ok()?;
    let value = String::from_utf8(output.stdout).ok()?.trim_end_matches(['\n', '\r']).to_owned();
    (output.status.success() && !value.is_empty()).then_some(value)
}

/// A file that is gone with this value.
pub(super) fn temporary(bytes: &[u8]) -> Result<NamedTempFile, SigningError> {
    let mut file = NamedTempFile::new().map_err(SigningError::Temporary)?;
    file.write_all(bytes).and_then(|()| file.flush()).map_err(SigningError::Temporary)?;
    Ok(file)
}
