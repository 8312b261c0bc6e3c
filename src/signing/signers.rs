//! Whose signature it is, under a file of allowed signers (ssh-keygen(1), ALLOWED SIGNERS) and one of revoked keys.

use std::ffi::OsStr;

use tempfile::NamedTempFile;

use super::keys::temporary;
use super::program::{Said, keygen, run};
use super::{Asking, SigningError};
use crate::domain::id::Actor;
use crate::domain::signature::Signature;
use crate::domain::time::Timestamp;
use crate::store::Budget;

/// The largest file of signers or of revoked keys, in bytes.
pub const SIGNERS_BYTES_MAX: u64 = 16 * 1024 * 1024;
/// The most names of a key that are tried.
const NAMES_MAX: usize = 64;

/// Whose signature is wanted.
#[derive(Clone, Copy, Debug)]
pub enum Who<'a> {
    /// That of anybody whom the file names.
    Anybody,
    /// That of this actor.
    Actor(&'a Actor),
}

/// What a signature is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Verdict {
    /// It is of this signer, as the file names them.
    Good(String),
    /// It is none.
    Damaged,
    /// It was made for something else.
    OtherNamespace(String),
    /// It is over another text.
    OtherText,
    /// The file does not name its key, or not for whom it is wanted of.
    Unknown,
    /// The key was no longer valid.
    Expired,
    /// The key was not valid yet.
    NotYetValid,
    /// The file does not let the key sign this kind of text.
    NotPermitted,
    /// The key was revoked.
    Revoked,
}

/// Those whose signatures count. The files are read once, so that every signature is held to the same.
#[derive(Debug)]
pub struct Signers {
    allowed: NamedTempFile,
    revoked: Option<NamedTempFile>,
}

impl Signers {
    /// The signers that a file's bytes name, less the keys that another one revokes.
    ///
    /// # Errors
    /// Temporary files can't be written.
    pub fn new(allowed: &[u8], revoked: Option<&[u8]>) -> Result<Self, SigningError> {
        Ok(Self { allowed: temporary(allowed)?, revoked: revoked.map(temporary).transpose()? })
    }

    /// Whose signature over `text` it is, at a moment.
    ///
    /// # Errors
    /// The program can't be run.
    pub fn check(
        &self,
        signed: Signed<'_>,
        who: Who<'_>,
        at: Timestamp,
        budget: &Budget,
    ) -> Result<Verdict, SigningError> {
        let Ok(signature) = Signature::parse(signed.signature) else { return Ok(Verdict::Damaged) };
        if signature.namespace() != signed.namespace {
            return Ok(Verdict::OtherNamespace(signature.namespace().to_owned()));
        }
        let question = Question { signed, file: temporary(signature.text().as_bytes())?, moment: moment(at), budget };
        if !question.ask("check-novalidate", &[])?.is_good {
            return Ok(Verdict::OtherText);
        }
        let names = match who {
            Who::Actor(actor) => vec![actor.to_string()],
            Who::Anybody => {
                let found = question.ask("find-principals", &["-f".as_ref(), self.allowed.path().as_os_str()])?;
                if !found.is_good {
                    return Ok(why(&found));
                }
                found.out.lines().take(NAMES_MAX).map(str::to_owned).collect()
            }
        };
        let mut verdict = Verdict::Unknown;
        for name in names {
            verdict = self.check_as(&question, &name)?;
            if let Verdict::Good(_) = verdict {
                break;
            }
        }
        Ok(verdict)
    }

    fn check_as(&self, question: &Question<'_>, name: &str) -> Result<Verdict, SigningError> {
        let mut arguments: Vec<&OsStr> =
            vec!["-f".as_ref(), self.allowed.path().as_os_str(), "-I".as_ref(), name.as_ref()];
        let said = question.ask("verify", &arguments)?;
        if !said.is_good {
            return Ok(why(&said));
        }
        if let Some(revoked) = &self.revoked {
            arguments.extend(["-r".as_ref(), revoked.path().as_os_str()]);
            if !question.ask("verify", &arguments)?.is_good {
                return Ok(Verdict::Revoked);
            }
        }
        Ok(Verdict::Good(name.to_owned()))
    }
}

/// A text and what is said to be its signature.
#[derive(Clone, Copy, Debug)]
pub struct Signed<'a> {
    /// The text.
    pub text: &'a str,
    /// For what use it was to be signed.
    pub namespace: &'a str,
    /// The signature, armoured.
    pub signature: &'a str,
}

struct Question<'a> {
    signed: Signed<'a>,
    file: NamedTempFile,
    moment: String,
    budget: &'a Budget,
}

impl Question<'_> {
    fn ask(&self, what: &str, arguments: &[&OsStr]) -> Result<Said, SigningError> {
        let mut command = keygen(Asking::Never);
        command.args(["-Y", what, "-n", self.signed.namespace]).arg("-s").arg(self.file.path());
        command.arg("-O").arg(format!("verify-time={}", self.moment)).args(arguments);
        run(&mut command, self.signed.text.as_bytes(), Asking::Never, self.budget)
    }
}

/// Why a signature does not count. That it does not is the program's status; why is read off what it says, and where
/// that is not understood the key counts as unknown.
fn why(said: &Said) -> Verdict {
    if said.err.contains("key has expired") {
        Verdict::Expired
    } else if said.err.contains("key is not yet valid") {
        Verdict::NotYetValid
    } else if said.err.contains("not permitted for use in signature namespace") {
        Verdict::NotPermitted
    } else {
        Verdict::Unknown
    }
}

/// A moment as ssh-keygen reads it, in the time zone in which it is run.
fn moment(at: Timestamp) -> String {
    at.to_string().chars().filter(char::is_ascii_digit).take(14).collect()
}
