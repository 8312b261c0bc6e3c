//! Signatures, made and checked by OpenSSH's `ssh-keygen -Y`, so that the keys serve which people have for git.
//!
//! Programs are run with a vector of arguments, never by a shell, and nothing that a ledger tracks is run or names what
//! is. Nothing here decides what a signature is worth: it says whose it is.

mod keys;
mod program;
mod signers;

pub use keys::{KeyChoice, SigningKey};
pub use signers::{SIGNERS_BYTES_MAX, Signed, Signers, Verdict, Who};

/// Whether a passphrase or a touch may be asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Asking {
    /// Somebody sits at a terminal.
    Terminal,
    /// Nobody is there to answer: what can't be signed without asking is not signed.
    Never,
}

/// Why nothing could be signed, or no signature checked.
#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    /// The program is missing, or would not run.
    #[error("{program} could not be run: {source}")]
    Program {
        /// Which.
        program: String,
        /// Why.
        source: std::io::Error,
    },
    /// Nobody says with which key to sign.
    #[error("nobody says with which key to sign{}", .0.as_ref().map(|why| format!(": {why}")).unwrap_or_default())]
    NoKey(Option<String>),
    /// The program would not sign.
    #[error("{} did not sign: {told}", .program)]
    Refused {
        /// Which program.
        program: String,
        /// What it says.
        told: String,
    },
    /// The budget ran out.
    #[error("{program} did not end within the budget")]
    TooSlow {
        /// Which program.
        program: String,
    },
    /// A temporary file could not be written.
    #[error("could not write a temporary file: {0}")]
    Temporary(std::io::Error),
}
