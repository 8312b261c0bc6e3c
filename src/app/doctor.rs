//! Is it safe to operate this ledger here? What is wrong with its files, and with what it stands on.

use std::path::PathBuf;
use std::time::Duration;

use super::checkpoint::Trust;
use super::verify::Severity;
use super::{AppError, Ledger};
use crate::store::StoreError;
use crate::store::fs::FsStore;
use crate::store::fs::health::{Ground, Leftovers};
use crate::sync::standing::{Standing, Trouble, standing};

/// Less room than this is told (64 MiB).
const FREE_BYTES_MIN: u64 = 64 << 20;
/// A clock that is this far behind what it was once is told (5 minutes).
const BEHIND_MS_MAX: i64 = super::verify::AHEAD_MS_MAX;

/// How grave a diagnosis is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Grade {
    /// Worth knowing.
    Note,
    /// Not as it should be; nothing is lost by going on.
    Warning,
    /// Going on may lose something.
    Error,
}

impl Grade {
    /// The name for people and programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One thing that is not as it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Diagnosis {
    /// A stable name for programs.
    pub code: &'static str,
    /// How grave it is.
    pub grade: Grade,
    /// The file or folder, where it is about one.
    pub path: Option<PathBuf>,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// The command that mends it, or what to do where none does.
    pub fix: String,
}

/// Whether locks work between two processes here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Locks {
    /// The other process was kept out while the lock was held, and let in afterwards.
    Work,
    /// It was let in while the lock was held.
    ExcludeNobody,
    /// It got no answer in time.
    Hang(Duration),
    /// No lock can be taken.
    Fail(String),
    /// It could not be tried.
    Untried(String),
}

/// What the doctor found.
#[derive(Clone, PartialEq, Debug)]
pub struct Examined {
    /// What the ledger stands on.
    pub ground: Option<Ground>,
    /// Whether locks work.
    pub locks: Locks,
    /// How git stands to it.
    pub standing: Standing,
    /// How many requests were looked at.
    pub requests: usize,
    /// How many events.
    pub events: usize,
    /// What is wrong, the gravest first.
    pub diagnoses: Vec<Diagnosis>,
}

impl Examined {
    /// Whether it is safe to operate: nothing is worse than a warning.
    #[must_use]
    pub fn is_safe(&self) -> bool {
        self.diagnoses.iter().all(|diagnosis| diagnosis.grade < Grade::Error)
    }
}

impl Ledger<'_> {
    /// Examines the ledger and what it stands on. `locks` is what was found by trying, `leftovers` what lies about.
    ///
    /// # Errors
    /// Failed machinery; what is wrong is an answer.
    pub fn examine(
        &self,
        store: &FsStore,
        locks: Locks,
        leftovers: Leftovers,
        trust: &Trust,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Examined, AppError> {
        let report = self.verify(None, trust, progress)?;
        let mut diagnoses: Vec<Diagnosis> = report.findings.into_iter().map(of_finding).collect();
        let (ground, standing) = (store.ground(), standing(store.layout().root()));
        diagnoses.extend(ground.as_ref().map(of_ground).into_iter().flatten());
        diagnoses.extend(of_locks(&locks));
        diagnoses.extend(of_standing(&standing));
        diagnoses.extend(of_leftovers(store, leftovers));
        diagnoses.extend(store.try_writing().err().map(|error| unwritable(store, &error)));
        diagnoses.extend(self.of_clock()?);
        // Within a grade in the order in which they were found.
        diagnoses.sort_by_key(|diagnosis| std::cmp::Reverse(diagnosis.grade));
        Ok(Examined { ground, locks, standing, requests: report.requests, events: report.events, diagnoses })
    }

    fn of_clock(&self) -> Result<Option<Diagnosis>, AppError> {
        let now = self.world.now();
        let seen = self.store.witness(None, &crate::store::Budget::endless())?;
        let behind_ms = seen.map_or(0, |seen| seen.at.unix_ms() - now.unix_ms());
        Ok((behind_ms > BEHIND_MS_MAX).then(|| Diagnosis {
            code: "clock-fell-back",
            grade: Grade::Warning,
            path: None,
            line: None,
            what: format!(
                "the clock says {now}, and this clone has written {} minutes after that: what is written now gets later times than the clock's",
                behind_ms / 60_000
            ),
            fix: "set the clock, for example: timedatectl set-ntp true".to_owned(),
        }))
    }
}

fn of_finding(finding: super::verify::Finding) -> Diagnosis {
    let super::verify::Finding { code, severity, path, line, what, fix, .. } = finding;
    let grade = match severity {
        Severity::Note => Grade::Note,
        // What was acknowledged is gone: whoever goes on may write over the place where it was.
        Severity::Violation if is_loss(code) => Grade::Error,
        Severity::Violation => Grade::Warning,
        Severity::Damage => Grade::Error,
    };
    let fix = if matches!(code, "tail-torn" | "tail-unfinished" | "batch-unfinished") { FIX.to_owned() } else { fix };
    Diagnosis { code, grade, path: Some(path), line, what, fix }
}

/// Whether a finding says that something is gone that was on record.
fn is_loss(code: &str) -> bool {
    matches!(code, "event-lost" | "request-lost" | "covered-event-lost" | "covered-request-lost")
}

/// What mends whatever can be mended without a decision.
const FIX: &str = "ledger doctor --fix";

fn of_ground(ground: &Ground) -> Vec<Diagnosis> {
    let mut told = Vec::new();
    let mut tell = |code, what: String, fix: &str| {
        told.push(Diagnosis { code, grade: Grade::Warning, path: None, line: None, what, fix: fix.to_owned() });
    };
    if ground.is_remote {
        let what = format!(
            "the ledger is on {}: whether locks and syncs hold between machines depends on its server and how it is mounted",
            ground.name
        );
        tell(
            "network-file-system",
            what,
            "keep one clone a machine, on a local disk, and let git carry what is written",
        );
    }
    if ground.is_memory {
        let what = format!("the ledger is on {}, in memory: it is gone with the power", ground.name);
        tell("memory-file-system", what, "move the folder to a disk");
    }
    if ground.is_read_only {
        let what = "the file system is mounted for reading only".to_owned();
        tell("read-only", what, "mount -o remount,rw, or write in another clone");
    }
    if ground.free_bytes < FREE_BYTES_MIN {
        let what = format!("{} MiB are free: a write that finds no room is refused", ground.free_bytes >> 20);
        tell("little-room", what, "make room");
    }
    told
}

fn of_locks(locks: &Locks) -> Option<Diagnosis> {
    let (code, grade, what) = match locks {
        Locks::Work => return None,
        Locks::ExcludeNobody => (
            "locks-broken",
            Grade::Error,
            "another process got a lock that was held: two writers at once can spoil each other's work".to_owned(),
        ),
        Locks::Hang(after) => {
            ("locks-hang", Grade::Error, format!("a lock was not answered within {} ms", after.as_millis()))
        }
        Locks::Fail(what) => ("locks-fail", Grade::Error, format!("no lock can be taken: {what}")),
        Locks::Untried(what) => ("locks-untried", Grade::Note, format!("whether locks work was not tried: {what}")),
    };
    let fix = match grade {
        Grade::Note | Grade::Warning => "nothing",
        Grade::Error => "move the ledger to a local disk, or mount this one with locks (for NFS: without nolock)",
    };
    Some(Diagnosis { code, grade, path: None, line: None, what, fix: fix.to_owned() })
}

fn of_standing(standing: &Standing) -> Vec<Diagnosis> {
    let Standing::Inside(troubles) = standing else { return Vec::new() };
    let told = |trouble: &Trouble| {
        let (code, grade, what, fix) = match trouble {
            Trouble::Converts => (
                "git-converts",
                Grade::Warning,
                "git may convert the ends of lines in the ledger's files, and hashes are over bytes",
                "ledger init adds the lines that .gitattributes lacks; they must stand after others that match",
            ),
            Trouble::NoUnion => (
                "git-merges-badly",
                Grade::Warning,
                "git does not unite the lines of logs when it merges",
                "ledger init adds the lines that .gitattributes lacks; they must stand after others that match",
            ),
            Trouble::LocalNotIgnored => (
                "local-not-ignored",
                Grade::Warning,
                "coordination/.local/ is not ignored by git: it is this clone's own",
                "ledger init",
            ),
            Trouble::LocalTracked => (
                "local-tracked",
                Grade::Error,
                "coordination/.local/ is committed: clones share what must be their own",
                "git rm -r --cached coordination/.local",
            ),
            Trouble::Silent => (
                "git-silent",
                Grade::Warning,
                "git gives no answer: something that is no plain file may stand in place of one that it reads",
                "ls -l .gitattributes .gitignore coordination, and remove what is no plain file",
            ),
            Trouble::Unmerged => (
                "unmerged",
                Grade::Error,
                "files of the ledger wait for a merge to be settled",
                "git status, then settle the merge and run ledger verify",
            ),
        };
        Diagnosis { code, grade, path: None, line: None, what: what.to_owned(), fix: fix.to_owned() }
    };
    troubles.iter().map(told).collect()
}

fn of_leftovers(store: &FsStore, leftovers: Leftovers) -> Vec<Diagnosis> {
    let mut told = Vec::new();
    let mut tell = |code, grade, path, what: String, fix: &str| {
        told.push(Diagnosis { code, grade, path: Some(path), line: None, what, fix: fix.to_owned() });
    };
    for stream in leftovers.unsynced {
        let what = "its last writer was killed, or could not sync: what it wrote may be in memory alone".to_owned();
        tell("unsynced", Grade::Warning, store.layout().log_of(&stream), what, FIX);
    }
    for path in leftovers.temporary {
        tell("leftover", Grade::Note, path, "a command that was killed left it behind".to_owned(), FIX);
    }
    for path in leftovers.quarantined {
        let what = "the end of a write that was cut short was set aside; nobody was told that it was done".to_owned();
        let fix = format!("look at it, then: rm {}", path.display());
        tell("quarantined", Grade::Note, path, what, &fix);
    }
    told
}

fn unwritable(store: &FsStore, error: &StoreError) -> Diagnosis {
    Diagnosis {
        code: "not-writable",
        grade: Grade::Warning,
        path: Some(store.layout().coordination().to_owned()),
        line: None,
        what: format!("nothing can be written here: {error}"),
        fix: format!("give yourself leave to write: chmod -R u+w {}", store.layout().coordination().display()),
    }
}
