//! Keys and signers that the command line names, and checkpoints that are handed in as files.

use std::path::{Path, PathBuf};

use super::checkpoint_args::{Signing, Trusting};
use super::environment::Environment;
use super::exit::Exit;
use super::failure::Failure;
use super::input;
use crate::app::checkpoint::{Given, GivenSignature, Trust};
use crate::app::verify::Unknown;
use crate::app::{AppError, Ledger};
use crate::domain::checkpoint::CHECKPOINT_BYTES_MAX;
use crate::domain::proof::SIGNATURES_MAX;
use crate::domain::signature::SIGNATURE_BYTES_MAX;
use crate::domain::signers::{BadSigners, check_allowed, check_revoked};
use crate::signing::{Asking, KeyChoice, SIGNERS_BYTES_MAX, SigningKey};

/// The word that stands for the newest checkpoint.
pub(super) const LATEST: &str = "latest";

/// The key to sign with; `None` if nothing is to be signed.
pub(super) fn signing_key(args: &Signing, env: &Environment, root: &Path) -> Result<Option<SigningKey>, Failure> {
    if !args.sign {
        return Ok(None);
    }
    let choice = args.key_file.as_ref().map_or(KeyChoice::Git, |file| KeyChoice::File(env.folder.join(file)));
    let found = SigningKey::find(&choice, root).map_err(crate::app::AppError::from)?;
    Ok(Some(found))
}

/// Whether a passphrase may be asked for.
pub(super) fn asking(env: &Environment) -> Asking {
    if env.err_is_terminal { Asking::Terminal } else { Asking::Never }
}

/// Whose signatures count: those of the files that are named, else of the ledger's own.
pub(super) fn trust(args: &Trusting, env: &Environment, ledger: Option<&Ledger<'_>>) -> Result<Trust, Failure> {
    let given = GivenFiles::read(args, env)?;
    match ledger {
        Some(ledger) => Ok(given.or_own(ledger)?),
        None => Ok(given.alone()?),
    }
}

/// The same; where the ledger's own files can't be read, that is among what is unknown, and nobody's signature is judged.
pub(super) fn as_far_as_known(
    args: &Trusting,
    env: &Environment,
    ledger: &Ledger<'_>,
    unknown: &mut Unknown,
) -> Result<Trust, Failure> {
    match GivenFiles::read(args, env)?.or_own(ledger) {
        Err(error @ (AppError::BadFile { .. } | AppError::Store(_))) => {
            unknown.signers = Some(error);
            Ok(Trust::default())
        }
        Ok(trust) => Ok(trust),
        Err(other) => Err(other.into()),
    }
}

/// The files that the command line names.
struct GivenFiles {
    allowed: Option<(PathBuf, Vec<u8>)>,
    revoked: Option<Vec<u8>>,
}

impl GivenFiles {
    fn read(args: &Trusting, env: &Environment) -> Result<Self, Failure> {
        let read = |name: &String, check: Check| {
            let bytes = input::bytes_within(name, env, SIGNERS_BYTES_MAX)?;
            let bad = |bad: BadSigners| Failure::new(Exit::Usage, "input", format!("{}: {bad}", input::shown(name)));
            check(&bytes).map_err(bad)?;
            Ok::<_, Failure>(bytes)
        };
        let revoked = args.revoked.as_ref().map(|name| read(name, check_revoked)).transpose()?;
        let allowed =
            args.signers.as_ref().map(|name| Ok::<_, Failure>((env.folder.join(name), read(name, check_allowed)?)));
        Ok(Self { allowed: allowed.transpose()?, revoked })
    }

    /// With the ledger's own where none is named.
    fn or_own(self, ledger: &Ledger<'_>) -> Result<Trust, AppError> {
        let revoked = match self.revoked {
            Some(revoked) => Some(revoked),
            None => ledger.own_revoked()?,
        };
        match self.allowed {
            Some((place, allowed)) => Trust::new(place, &allowed, revoked.as_deref()),
            None => ledger.own_trust(revoked.as_deref()),
        }
    }

    /// Without any other.
    fn alone(self) -> Result<Trust, AppError> {
        let revoked = self.revoked.as_deref();
        self.allowed.map_or_else(|| Ok(Trust::default()), |(place, allowed)| Trust::new(place, &allowed, revoked))
    }
}

type Check = fn(&[u8]) -> Result<(), BadSigners>;

/// A checkpoint's file, with the signatures beside it: files whose names begin with its name and end in `.sig`.
pub(super) fn given(name: &str, env: &Environment) -> Result<Given, Failure> {
    let text = input::file_within(name, env, CHECKPOINT_BYTES_MAX as u64)?;
    if name == "-" {
        return Ok(Given { path: PathBuf::from(input::shown(name)), text, signatures: Vec::new() });
    }
    let path = env.folder.join(name);
    let bad = |what: String| Failure::new(Exit::Usage, "input", format!("could not read {}: {what}", path.display()));
    let folder = path.parent().unwrap_or(&path);
    let begins = format!("{}.", path.file_name().unwrap_or_default().to_string_lossy());
    let mut beside = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(|error| bad(error.to_string()))? {
        let file = entry.map_err(|error| bad(error.to_string()))?.file_name();
        let is_signature = file.to_str().is_some_and(|file| file.starts_with(&begins) && file.ends_with(".sig"));
        if is_signature {
            beside.push(folder.join(file));
        }
    }
    if beside.len() > SIGNATURES_MAX {
        return Err(bad(format!("there are more than {SIGNATURES_MAX} signatures beside it")));
    }
    beside.sort_unstable();
    let mut signatures = Vec::new();
    for path in beside {
        let text = input::file_within(&path.to_string_lossy(), env, SIGNATURE_BYTES_MAX as u64)?;
        signatures.push(GivenSignature { path, text });
    }
    Ok(Given { path, text, signatures })
}
