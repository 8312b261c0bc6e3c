//! From an error to what people and programs see: a code, a message, a hint, an exit status.

use std::path::PathBuf;

use serde::Serialize;
use serde_json::value::RawValue;

use super::exit::Exit;
use super::refused::{contract_refused, refused};
use super::render::views::SideView;
use crate::app::AppError;
use crate::app::contract::take_the_other;
use crate::domain::FORMAT;
use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, RequestId};
use crate::domain::outlook::{Need, Open};
use crate::domain::secret::Found;
use crate::domain::workflow::StateName;
use crate::index::project::{ClaimLine, EntryKey};
use crate::registry::git::{GitError, Whence};
use crate::signing::SigningError;
use crate::store::StoreError;
use crate::store::fs::disk::HARD_LINKS;
use crate::store::fs::log::CONFLICT_MARKER;
use crate::sync::restore::Restoring;

/// A failed command.
#[derive(Debug, Serialize)]
pub struct Failure {
    /// The status.
    #[serde(skip)]
    pub exit: Exit,
    /// A stable name of the error.
    pub code: &'static str,
    /// What is wrong, in words.
    pub message: String,
    /// What to try.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
    /// Whether the same command may succeed if it is tried again.
    pub retryable: bool,
    /// The status again, for those who see only the text.
    pub exit_status: u8,
    /// What a program needs to act on it.
    #[serde(flatten)]
    pub detail: Box<Detail>,
    /// What the hint is to say of how a file comes back, once it is known what git has of it.
    #[serde(skip)]
    pub remedy: Option<Box<Remedy>>,
}

/// How a file comes back.
#[derive(Debug)]
pub enum Remedy {
    /// As it was last.
    Restore(PathBuf),
    /// As it was last, unless somebody mends it.
    Mend(PathBuf),
    /// As the registration has it that counts.
    TakeTheOther {
        /// The contract.
        name: ContractName,
        /// The file of the version.
        path: PathBuf,
        /// Of what counts.
        counts: Hash,
    },
}

/// What a program needs to act on a failure; most failures need none of it.
#[derive(Debug, Default, Serialize)]
pub struct Detail {
    /// Everything that is wrong with a draft.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Place>,
    /// What is open instead.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub open: Vec<OpenState>,
    /// What is missing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub needs: Vec<NeedText>,
    /// The ways that exclude each other.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub sides: Vec<SideView>,
    /// What happened in between, or was written with the key.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<Box<RawValue>>,
    /// The claims that are in the way.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<ClaimLine>,
    /// The request of which it is a duplicate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub duplicate_of: Option<RequestId>,
    /// The keys that events bear which say different things.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub key_conflicts: Vec<EntryKey>,
    /// The version that the request has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual_version: Option<u64>,
    /// The line of the operation, for `apply`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
}

/// One thing that is wrong with a draft.
#[derive(Debug, Serialize)]
pub struct Place {
    /// Where, as a JSON pointer.
    pub pointer: String,
    /// What.
    pub message: String,
}

/// A transition that is open.
#[derive(Debug, Serialize)]
pub struct OpenState {
    /// Where it leads.
    pub to: StateName,
    /// What it needs.
    pub needs: Vec<NeedText>,
}

/// Something that a transition needs.
#[derive(Debug, Serialize)]
pub struct NeedText {
    /// A stable name.
    pub code: &'static str,
    /// In words.
    pub text: String,
    /// What it names: details, repositories, a role, actors. Left out where it names nothing.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub names: Vec<String>,
}

/// The open transitions, for people and programs.
#[must_use]
pub fn open_states(open: &[Open]) -> Vec<OpenState> {
    open.iter().map(|open| OpenState { to: open.to.clone(), needs: need_texts(&open.needs) }).collect()
}

pub(super) fn need_texts(needs: &[Need]) -> Vec<NeedText> {
    needs.iter().map(|need| NeedText { code: need.code(), text: need.to_string(), names: need.names() }).collect()
}

impl Failure {
    /// A failure with nothing but its message.
    #[must_use]
    pub fn new(exit: Exit, code: &'static str, message: impl ToString) -> Self {
        Self {
            exit,
            code,
            message: message.to_string(),
            hint: None,
            retryable: matches!(exit, Exit::Busy | Exit::Unknown),
            exit_status: exit.status(),
            detail: Box::default(),
            remedy: None,
        }
    }

    /// The same with what a program needs.
    #[must_use]
    pub fn detail(mut self, detail: Detail) -> Self {
        *self.detail = detail;
        self
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl ToString) -> Self {
        self.hint = Some(hint.to_string());
        self
    }

    /// The same with what brings a file back.
    #[must_use]
    fn remedy(mut self, remedy: Remedy) -> Self {
        self.remedy = Some(Box::new(remedy));
        self
    }

    /// The same with a hint that says how a file comes back, where one is needed.
    #[must_use]
    pub fn settle(mut self, restoring: &Restoring) -> Self {
        let Some(remedy) = self.remedy.take() else { return self };
        self.hint(match *remedy {
            Remedy::Restore(path) => restoring.newest(&path),
            Remedy::Mend(path) => format!("mend it, or {}", restoring.newest(&path)),
            Remedy::TakeTheOther { name, path, counts } => take_the_other(&name, &path, &counts, restoring),
        })
    }

    /// A wrong command line. Its hint is the command's help, unless it gets a better one.
    #[must_use]
    pub fn usage(message: impl ToString) -> Self {
        Self::new(Exit::Usage, "usage", message)
    }

    /// The same after a write: an output that failed does not mean that nothing was written.
    #[must_use]
    pub fn as_unanswered(self) -> Self {
        if self.code != super::render::OUTPUT {
            return self;
        }
        Self::new(
            Exit::Unknown,
            "unanswered",
            format!("it was written, but the answer could not be told: {}", self.message),
        )
        .hint("ledger log tells what is on record; with a key, the same command again gives the same answer")
    }

    /// The same with what helps in general where nobody knew anything better: the help of `command`, if it is about the
    /// command line.
    #[must_use]
    pub fn hint_in_general(self, command: &str) -> Self {
        if self.hint.is_some() {
            return self;
        }
        match self.code {
            "bug" | "demo" => self.hint("report it with the command, its input, and what ledger --version tells"),
            "io" => self.hint("ledger doctor tells what the ledger stands on, and whether it can be written to"),
            super::render::OUTPUT => self.hint("see where standard output leads; nothing was written to the ledger"),
            "unwritable" => self.hint("ledger schema packet and ledger schema event tell the bounds"),
            "bad-text" => self.hint("ledger schema event tells how long a text may be, and what it is made of"),
            _ => self.hint(format!("{command} --help")),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let message = error.to_string();
        match error {
            // The folder is there, and what makes it a ledger is not.
            StoreError::NotALedger(path) if path.file_name().is_some_and(|name| name == "ledger.json") => {
                Self::new(Exit::NotFound, "no-ledger", message).remedy(Remedy::Restore(path))
            }
            StoreError::NotALedger(_) => {
                Self::new(Exit::NotFound, "no-ledger", message).hint("ledger init, or name the folder with --root DIR")
            }
            StoreError::Io { source, .. } => {
                use std::io::ErrorKind::{PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
                let kind = source.kind();
                let hint = if matches!(kind, PermissionDenied | ReadOnlyFilesystem) {
                    Some("see who may write to the coordination folder: ledger doctor")
                } else if matches!(kind, StorageFull | QuotaExceeded) {
                    Some("make room on the disk: ledger doctor tells how much there is")
                } else {
                    None
                };
                Self { hint: hint.map(str::to_owned), ..Self::new(Exit::Failure, "io", message) }
            }
            StoreError::Busy { .. } => Self::new(Exit::Busy, "busy", message)
                .hint("try again, with a longer --timeout if it goes on; nothing was written"),
            // Of the bytes that verify looks at nothing is wrong.
            StoreError::Damaged { what, .. } if what == HARD_LINKS => Self::new(Exit::Damaged, "damaged", message)
                .hint("ledger doctor tells the command that makes it a file of its own"),
            StoreError::Damaged { what, .. } if what.ends_with(CONFLICT_MARKER) => {
                Self::new(Exit::Damaged, "damaged", message).hint("ledger repair-merge")
            }
            StoreError::Damaged { id: Some(id), .. } => Self::new(Exit::Damaged, "damaged", message)
                .hint(format!("ledger verify {id} tells everything that is wrong and what to do")),
            StoreError::Damaged { id: None, path, .. } => {
                let disposable = path.components().any(|part| part.as_os_str() == ".local");
                let failure = Self::new(Exit::Damaged, "damaged", message);
                if disposable {
                    failure.hint("ledger doctor --fix takes it out of the way")
                } else {
                    failure.remedy(Remedy::Restore(path))
                }
            }
            StoreError::Unwritable(_) => Self::new(Exit::Refused, "unwritable", message),
            StoreError::Newer(_) => Self::new(Exit::Refused, "newer-format", message)
                .hint("use a newer ledger; this one is: ledger --version"),
            StoreError::Begun(_) => Self::new(Exit::Unknown, "unknown", message)
                .hint("run the same command again: it completes what was begun, and goes on from there"),
        }
    }
}

impl From<AppError> for Failure {
    fn from(error: AppError) -> Self {
        let message = error.to_string();
        match error {
            AppError::Store(error) => error.into(),
            AppError::NotFound { suggestion, .. } => {
                let hint =
                    suggestion.map_or_else(|| "ledger list --all".to_owned(), |name| format!("did you mean {name}?"));
                Self::new(Exit::NotFound, "not-found", message).hint(hint)
            }
            AppError::NotThen { id, .. } => {
                Self::new(Exit::NotFound, "not-found", message).hint(format!("ledger log {id}"))
            }
            AppError::Ambiguous { .. } => Self::new(Exit::Usage, "ambiguous", message)
                .hint("write the whole id: ledger list --all --fields id,title tells them"),
            AppError::Refused { id, refusal } => refused(&message, id, *refusal),
            AppError::BadDraft(faults) => {
                let hint = if faults.iter().any(|fault| fault.pointer.starts_with("/details")) {
                    "a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are"
                } else {
                    "ledger schema request tells what a packet holds"
                };
                let errors = faults.into_iter().map(|f| Place { pointer: f.pointer, message: f.what }).collect();
                let failure = Self::new(Exit::Refused, "bad-packet", "the packet is not valid");
                failure.detail(Detail { errors, ..Detail::default() }).hint(hint)
            }
            AppError::BadPacket(_) => Self::new(Exit::Refused, "bad-packet", message).hint("ledger schema request"),
            AppError::KeyReused { stream, event, .. } => {
                let failure = Self::new(Exit::Conflict, "key-reused", message);
                let hint = match &event {
                    Some(_) => "the same command with another key, for another intent: --key KEY".to_owned(),
                    None => format!("ledger show {stream} tells what was asked: another intent needs another key"),
                };
                let events = event.iter().filter_map(|event| raw(event)).collect();
                failure.detail(Detail { events, ..Detail::default() }).hint(hint)
            }
            AppError::StaleVersion { id, actual, between, .. } => {
                let failure = Self::new(Exit::Conflict, "stale-version", message);
                let events = between.iter().filter_map(raw).collect();
                let hint = if between.is_empty() {
                    format!("ledger log {id} shows what is on record here")
                } else {
                    format!("ledger show {id} tells how it is now: decide anew, with --expect-version {actual}")
                };
                failure.detail(Detail { events, actual_version: Some(actual), ..Detail::default() }).hint(hint)
            }
            AppError::IdTaken(id) => {
                Self::new(Exit::Conflict, "id-taken", message).hint(format!("ledger show {id} tells what was asked"))
            }
            AppError::OtherSource { .. } => Self::new(Exit::Conflict, "other-source", message)
                .hint("give each tracker a name of its own: --source NAME"),
            AppError::NothingReady => Self::new(Exit::NotFound, "nothing-ready", message)
                .hint("ledger ready --claimed tells who has claimed what, and ledger blocked what waits"),
            AppError::MistypedRole { id, meant, .. } => Self::new(Exit::Refused, "mistyped-role", message)
                .hint(format!("ledger approve {id} --as {}", shell(meant.as_str()))),
            AppError::StaleState { id, .. } => {
                Self::new(Exit::Conflict, "stale-state", message).hint(format!("ledger show {id}"))
            }
            AppError::Stranger(_) => Self::new(Exit::Refused, "unknown-signer", message).hint(
                "sign with a key that coordination/allowed_signers names: --key-file FILE; or have yours added there",
            ),
            AppError::Unknown { key, .. } => {
                let hint = match key {
                    Some(key) => format!("run the same command again with --key {}: it finds out", shell(key.as_str())),
                    None => "look with ledger log before trying again; with --key a retry is safe".to_owned(),
                };
                Self::new(Exit::Unknown, "unknown", message).hint(hint)
            }
            AppError::NoContract { suggestion, .. } => {
                let near = suggestion.map(|name| format!("did you mean {name}?"));
                let hint = near.unwrap_or_else(|| "ledger contract list".to_owned());
                Self::new(Exit::NotFound, "no-contract", message).hint(hint)
            }
            AppError::ContractRefused(refusal) => contract_refused(&message, &refusal),
            AppError::BadSchema { faults, .. } => {
                let is_elsewhere = faults.iter().all(|fault| fault.what.contains("--resolve PREFIX=DIR"));
                let hint = if is_elsewhere {
                    "--resolve PREFIX=DIR, with the folder that has it"
                } else {
                    "mend it: ledger contract lint FILE tells all that is wrong with it"
                };
                let errors = faults.into_iter().map(|f| Place { pointer: f.pointer, message: f.what }).collect();
                let failure = Self::new(Exit::Refused, "bad-schema", message);
                failure.detail(Detail { errors, ..Detail::default() }).hint(hint)
            }
            AppError::VersionTaken { name, path } => {
                let path = path.display();
                let hint = format!("register it as it is (ledger contract add {name} {path}), or move it away");
                Self::new(Exit::Conflict, "version-taken", message).hint(hint)
            }
            AppError::Secret(found) => {
                let place = |found: Found| Place {
                    message: format!("{}, in line {}", found.words, found.line),
                    pointer: found.pointer,
                };
                let errors = found.into_iter().map(place).collect();
                let failure = Self::new(Exit::Refused, "secret", message);
                failure.detail(Detail { errors, ..Detail::default() }).hint(
                    "keep it where it can be revoked, and name the place; --allow-secret writes it all the same, on record",
                )
            }
            AppError::VersionTwice { name, path, counts, .. } => {
                Self::new(Exit::Damaged, "version-twice", message).remedy(Remedy::TakeTheOther { name, path, counts })
            }
            AppError::Git(error) => git_failed(&message, &error),
            AppError::Sync(failure) => super::sync_failure::sync_failed(&message, &failure),
            AppError::Unsettled(unsettled) => super::sync_failure::unsettled(&message, &unsettled),
            AppError::Unanswered(_) => {
                Self::new(Exit::Failure, "git", message).hint("see the message; git status tells how the clone stands")
            }
            AppError::Unmerged(_) => Self::new(Exit::Conflict, "unmerged", message).hint("ledger repair-merge"),
            AppError::CoveredLost { .. } => Self::new(Exit::Damaged, "covered-lost", message)
                .hint("ledger verify --checkpoint latest tells what; restore it from git"),
            AppError::NoCheckpoint(_) => Self::new(Exit::NotFound, "no-checkpoint", message).hint("ledger checkpoint"),
            AppError::NotCovered { .. } => Self::new(Exit::NotFound, "not-covered", message)
                .hint("ledger checkpoint covers what is on record by now"),
            AppError::Signing(error) => signing_failed(&message, &error),
            AppError::Newer { format, .. } => {
                let hint = if format > FORMAT {
                    "use a newer ledger; this one is: ledger --version"
                } else {
                    "use the ledger program of that format"
                };
                Self::new(Exit::Refused, "newer-format", message).hint(hint)
            }
            AppError::Name(_) => Self::new(Exit::Usage, "bad-name", message),
            AppError::Time(_) => Self::new(Exit::Usage, "bad-time", message),
            AppError::Usage(_) => {
                let command = message.split_once("; to change it: ").map(|(_, command)| command.to_owned());
                Self { hint: command, ..Self::usage(message) }
            }
            AppError::BadFile { what, .. } if what == CONFLICT_MARKER => {
                Self::new(Exit::Damaged, "bad-file", message).hint("ledger repair-merge tells the two sides")
            }
            AppError::BadFile { file, .. } => {
                Self::new(Exit::Damaged, "bad-file", message).remedy(Remedy::Mend(PathBuf::from(file)))
            }
        }
    }
}

fn signing_failed(message: &str, error: &SigningError) -> Failure {
    match error {
        SigningError::Program { .. } => Failure::new(Exit::Failure, "ssh-keygen", message)
            .hint("install OpenSSH, 8.9 or newer: ssh-keygen makes and checks signatures"),
        SigningError::NoKey(_) => Failure::new(Exit::Usage, "no-key", message).hint(
            "with --key-file FILE, or once for all: git config gpg.format ssh && git config user.signingKey FILE",
        ),
        SigningError::Refused { .. } => Failure::new(Exit::Failure, "not-signed", message)
            .hint("see the key and its agent; a passphrase is asked for at a terminal only: ssh-add FILE"),
        SigningError::TooSlow { .. } => {
            Failure::new(Exit::Failure, "not-signed", message).hint("try again, with a longer --timeout")
        }
        SigningError::Temporary(_) => {
            Failure::new(Exit::Failure, "io", message).hint("see the folder for temporary files (TMPDIR)")
        }
    }
}

fn git_failed(message: &str, error: &GitError) -> Failure {
    match error {
        GitError::NoCommit { reference, shallow, whence } => {
            let hint = match (whence, shallow) {
                (Whence::Branch { remote, branch }, shallow) => {
                    // A clone of one branch does not track the others unless it is told to.
                    let more = if *shallow { "--unshallow " } else { "" };
                    let from = format!("{remote} {branch}:refs/remotes/{remote}/{branch}");
                    format!("git fetch {more}{from}, and then --against {remote}/{branch}")
                }
                (Whence::History, true) => "git fetch --unshallow".to_owned(),
                (Whence::History, false) => "git log --oneline tells which commits are here".to_owned(),
                (Whence::Hash { remote }, _) => {
                    format!("git fetch {remote} {reference}: what was pushed over with force is kept there for a while")
                }
                (Whence::NoCommits, _) => "make one first: git add coordination schemas && git commit".to_owned(),
                (Whence::NoRemote, _) => "git branch --all tells which branches are here".to_owned(),
            };
            Failure::new(Exit::NotFound, "no-commit", message).hint(hint)
        }
        GitError::NoParting { shallow, .. } => {
            let hint = if *shallow {
                "git fetch --unshallow, or --exact to compare with that very commit"
            } else {
                "compare with that very commit: --exact"
            };
            Failure::new(Exit::NotFound, "no-commit", message).hint(hint)
        }
        GitError::Missing { commit, partial, .. } => {
            // Git gets all that a comparison reads at once; asked for one by one they would take long.
            let hint = if *partial {
                format!(
                    "git diff {commit} -- coordination schemas > /dev/null fetches what is missing; git fetch --refetch --no-filter origin fetches all"
                )
            } else {
                "git fsck; git fetch --refetch origin brings in what is missing".to_owned()
            };
            Failure::new(Exit::NotFound, "no-object", message).hint(hint)
        }
        GitError::NoRepository { .. } => Failure::new(Exit::Failure, "git", message).hint(
            "run it in a clone; contracts can be compared with a file as well: ledger contract check --against FILE",
        ),
        GitError::Program(_) => Failure::new(Exit::Failure, "git", message)
            .hint("install git; ledger contract check --against FILE needs none"),
        GitError::Unreadable { .. } => {
            Failure::new(Exit::Failure, "git", message).hint("git fsck, or compare with another commit")
        }
    }
}

fn raw(event: &Event) -> Option<Box<RawValue>> {
    RawValue::from_string(event.line().to_owned()).ok()
}

/// A word that a shell takes as it is, or quoted.
pub(in crate::cli) fn shell(word: &str) -> String {
    let plain = word.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.:/@+=".contains(&b));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}
