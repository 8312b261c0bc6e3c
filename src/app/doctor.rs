//! Is it safe to operate this ledger here? What is wrong with its files, and with what it stands on.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::checkpoint::Trust;
use super::verify::told::LOCAL_UNUSABLE;
use super::verify::{Finding, Severity, Unknown};
use super::{AppError, Ledger};
use crate::domain::time::Timestamp;
use crate::store::fs::FsStore;
use crate::store::fs::health::{Ground, Held, Leftovers, Role, Unfit, Why};
use crate::store::{Budget, Records, StoreError};
use crate::sync::restore::quoted;
use crate::sync::standing::{Standing, Trouble, standing};

/// Less room than this is told (64 MiB).
const FREE_BYTES_MIN: u64 = 64 << 20;
/// A larger `.gitattributes` is not looked through.
const ATTRIBUTES_BYTES_MAX: usize = 1 << 20;
/// The line of `.gitattributes` about logs, as `ledger init` writes it.
const LOGS_ATTRIBUTES: &str = "coordination/events/*.jsonl -text merge=union";
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

impl Locks {
    /// Whether this process may take one: it gets an answer.
    #[must_use]
    pub fn may_be_taken(&self) -> bool {
        match self {
            Self::Work | Self::ExcludeNobody | Self::Fail(_) | Self::Untried(_) => true,
            Self::Hang(_) => false,
        }
    }

    /// Whether they keep others out, as far as anybody knows.
    #[must_use]
    pub fn exclude_others(&self) -> bool {
        match self {
            Self::Work | Self::Untried(_) => true,
            Self::ExcludeNobody | Self::Fail(_) | Self::Hang(_) => false,
        }
    }
}

/// What was found before the ledger is looked through.
#[derive(Clone, PartialEq, Debug)]
pub struct Surroundings {
    /// Whether locks work.
    pub locks: Locks,
    /// What lies about.
    pub leftovers: Leftovers,
    /// The clock's reading.
    pub now: Timestamp,
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

    /// Adds what was found elsewhere.
    pub fn add(&mut self, diagnoses: Vec<Diagnosis>) {
        self.diagnoses.extend(diagnoses);
        // Within a grade in the order in which they were found.
        self.diagnoses.sort_by_key(|diagnosis| std::cmp::Reverse(diagnosis.grade));
    }

    /// Adds what came of looking through the ledger, in front of what is around it.
    fn add_findings(&mut self, findings: Vec<Finding>) {
        let around = std::mem::take(&mut self.diagnoses);
        // Where writers looked for what they need, it was told what stands in their way.
        let is_told = around.iter().any(|one| one.code == LOCAL_UNUSABLE);
        let findings = findings.into_iter().filter(|finding| !(is_told && finding.code == LOCAL_UNUSABLE));
        self.add(findings.map(of_finding).collect());
        self.add(around);
    }

    /// What is wrong with what a ledger stands on, and with the files that writers need.
    #[must_use]
    pub fn around(store: &FsStore, around: Surroundings) -> Self {
        let Surroundings { locks, leftovers, now } = around;
        let (ground, standing) = (store.ground(), standing(store.layout().root()));
        let mut diagnoses: Vec<Diagnosis> = ground.as_ref().map(of_ground).into_iter().flatten().collect();
        diagnoses.extend(of_locks(&locks));
        diagnoses.extend(of_standing(store, &standing));
        if locks.may_be_taken() {
            diagnoses.extend(of_leftovers(store, leftovers));
            diagnoses.extend(of_writing(store));
            diagnoses.extend(of_modes(store));
            diagnoses.extend(of_clock(store, now));
        }
        let mut found = Self { ground, locks, standing, requests: 0, events: 0, diagnoses: Vec::new() };
        found.add(diagnoses);
        found
    }
}

impl Ledger<'_> {
    /// Examines the ledger and what it stands on.
    ///
    /// # Errors
    /// Failed machinery; what is wrong is an answer.
    pub fn examine(
        &self,
        store: &FsStore,
        around: Surroundings,
        trust: &Trust,
        unknown: Unknown,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Examined, AppError> {
        let report = self.verify(None, trust, unknown, progress)?;
        let mut found = Examined::around(store, around);
        (found.requests, found.events) = (report.requests, report.events);
        found.add_findings(report.findings);
        Ok(found)
    }
}

fn of_clock(store: &FsStore, now: Timestamp) -> Option<Diagnosis> {
    // A clock that can't be read is told with the files that writers need.
    let seen = store.witness(None, &Budget::endless()).ok().flatten();
    let behind_ms = seen.map_or(0, |seen| seen.at.unix_ms() - now.unix_ms());
    (behind_ms > BEHIND_MS_MAX).then(|| Diagnosis {
        code: "clock-fell-back",
        grade: Grade::Warning,
        path: None,
        line: None,
        what: format!(
            "the clock says {now}, and this clone has written {} minutes after that: what is written now gets later times than the clock's",
            behind_ms / 60_000
        ),
        fix: "set the clock, for example: timedatectl set-ntp true".to_owned(),
    })
}

fn of_finding(finding: Finding) -> Diagnosis {
    let Finding { code, severity, path, line, what, fix, .. } = finding;
    let grade = match severity {
        Severity::Note => Grade::Note,
        // What was acknowledged is gone: whoever goes on may write over the place where it was.
        Severity::Violation if is_loss(code) => Grade::Error,
        // Nobody can tell what is in it, or whether anything can be written.
        Severity::Violation if matches!(code, "not-readable" | LOCAL_UNUSABLE) => Grade::Error,
        // No other checkpoint can be taken, and what they cover may be gone unseen.
        Severity::Violation if matches!(code, "checkpoint-damaged" | "checkpoint-other-ledger" | "leaves-changed") => {
            Grade::Error
        }
        Severity::Violation => Grade::Warning,
        Severity::Damage => Grade::Error,
    };
    let fix = if matches!(code, "tail-torn" | "tail-unfinished" | "batch-unfinished") { FIX.to_owned() } else { fix };
    Diagnosis { code, grade, path: Some(path), line, what, fix }
}

/// Whether a finding says that something is gone that was on record.
fn is_loss(code: &str) -> bool {
    matches!(
        code,
        "event-lost"
            | "request-lost"
            | "covered-event-lost"
            | "covered-request-lost"
            | "covered-packet-changed"
            | "covered-version-changed"
    )
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
            let what = format!(
                "a lock was not answered within {} s: nothing else was examined, since it might hang as well",
                after.as_secs()
            );
            ("locks-hang", Grade::Error, what)
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

fn of_standing(store: &FsStore, standing: &Standing) -> Vec<Diagnosis> {
    let Standing::Inside(troubles) = standing else { return Vec::new() };
    let told = |trouble: &Trouble| {
        let (code, grade, what, fix) = match trouble {
            Trouble::Converts => (
                "git-converts",
                Grade::Warning,
                "git may convert the ends of lines in the ledger's files, and hashes are over bytes",
                attributes_fix(store),
            ),
            Trouble::NoUnion => (
                "git-merges-badly",
                Grade::Warning,
                "git does not unite the lines of logs when it merges",
                attributes_fix(store),
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
            Trouble::NoDriver => (
                "no-merge-driver",
                Grade::Note,
                "git unites the lines of logs here, and leaves the rest of the ledger to whoever merges",
                "ledger setup-git",
            ),
            Trouble::DriverGone => (
                "merge-driver-gone",
                Grade::Warning,
                "the merge driver that is set up in this clone can't be run: git leaves the ledger's files unmerged",
                "ledger setup-git",
            ),
            Trouble::Silent => (
                "git-silent",
                Grade::Warning,
                "git gives no answer: something that is no plain file may stand in place of one that it reads",
                "ls -l .gitattributes .gitignore coordination, and remove what is no plain file",
            ),
            Trouble::Unmerged => {
                ("unmerged", Grade::Error, "files of the ledger wait for a merge to be settled", "ledger repair-merge")
            }
        };
        Diagnosis { code, grade, path: None, line: None, what: what.to_owned(), fix: fix.to_owned() }
    };
    troubles.iter().map(told).collect()
}

/// What makes git keep the ledger's files as they are: the lines that it should go by are missing, or others overrule
/// them.
fn attributes_fix(store: &FsStore) -> &'static str {
    let path = store.layout().root().join(".gitattributes");
    let text = store.text(&path, ATTRIBUTES_BYTES_MAX).ok().flatten().unwrap_or_default();
    if text.lines().any(|line| line.trim_end() == LOGS_ATTRIBUTES) {
        "move the lines about coordination/ and schemas/ to the end of .gitattributes: a later line overrules them, there or in .git/info/attributes"
    } else {
        "ledger init"
    }
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
    if let Some(Held { path, holder }) = leftovers.held {
        let by = holder.map_or_else(|| "somebody holds it".to_owned(), |holder| format!("{holder} holds it"));
        let what = format!("{by}, for longer than a write takes: nobody else can write meanwhile");
        let fix = format!("fuser -v {} tells which process it is: wait for it, or end it", quoted(&path));
        tell("lock-held", Grade::Warning, path, what, &fix);
    }
    for path in leftovers.temporary {
        tell("leftover", Grade::Note, path, "a command that was killed left it behind".to_owned(), FIX);
    }
    for path in leftovers.quarantined {
        let rm = if path.extension().is_some_and(|extension| extension == "torn") { "rm" } else { "rm -r" };
        let what = match rm {
            "rm" => "the end of a write that was cut short was set aside; nobody was told that it was done".to_owned(),
            _ => "it stood where something else should, and was set aside".to_owned(),
        };
        let fix = format!("look at it, then: {rm} {}", quoted(&path));
        tell("quarantined", Grade::Note, path, what, &fix);
    }
    told
}

/// What writers would find.
fn of_writing(store: &FsStore) -> Vec<Diagnosis> {
    let nowhere = store.try_writing().err();
    let is_closed = |one: &Unfit| matches!(one.why, Why::Closed(_));
    let mut told: Vec<Diagnosis> = Vec::new();
    for one in store.unfit() {
        // Where nothing can be written, that is told once.
        if nowhere.is_some() && is_closed(&one) {
            continue;
        }
        told.push(of_unfit(&one));
    }
    // What is no folder is told as such.
    told.extend(
        nowhere
            .filter(|error| !matches!(error, StoreError::Damaged { .. }))
            .map(|error| unwritable(store.layout().coordination(), &error)),
    );
    told
}

/// Who may write besides those who are meant to: one diagnosis for all folders.
fn of_modes(store: &FsStore) -> Option<Diagnosis> {
    let open = store.open_to_all();
    let first = open.first()?.clone();
    let more = match open.len() - 1 {
        0 => String::new(),
        1 => ", and in another folder of the ledger".to_owned(),
        more => format!(", and in {more} other folders of the ledger"),
    };
    let folders: Vec<String> = open.iter().map(|folder| quoted(folder)).collect();
    Some(Diagnosis {
        code: "open-to-all",
        grade: Grade::Warning,
        path: Some(first),
        line: None,
        what: format!("everybody on this machine may put, rename and remove files in it{more}"),
        fix: format!("chmod o-w {}", folders.join(" ")),
    })
}

/// Why a file or folder can't be used, and what mends it.
fn of_unfit(one: &Unfit) -> Diagnosis {
    let Unfit { path, role, why, what } = one;
    let is_record = match role {
        Role::Packet | Role::Log => true,
        Role::LocalFolder | Role::Lock | Role::Needed | Role::Aid | Role::Journal | Role::Derived => false,
    };
    let (file, new) = (quoted(path), quoted(&path.with_extension("new")));
    let (code, grade, fix) = match why {
        Why::Closed(_) if !one.is_disposable() => {
            ("not-writable", Grade::Warning, format!("give yourself leave to write: chmod u+rwX {file}"))
        }
        Why::Shared if is_record => {
            // A packet is never written to, so it only can be changed by its other name.
            let grade = if *role == Role::Packet { Grade::Warning } else { Grade::Error };
            ("hard-link", grade, format!("cp -p {file} {new} && mv -f {new} {file}"))
        }
        Why::Hollow | Why::Misplaced | Why::Shared | Why::Large | Why::Closed(_) => {
            let fix = match one.is_disposable() {
                true => FIX.to_owned(),
                false => format!("while nobody is at work here, look at it, then: rm {file}"),
            };
            let grade = if *role == Role::Aid { Grade::Warning } else { Grade::Error };
            (LOCAL_UNUSABLE, grade, fix)
        }
    };
    Diagnosis { code, grade, path: Some(path.clone()), line: None, what: what.clone(), fix }
}

fn unwritable(folder: &Path, error: &StoreError) -> Diagnosis {
    let kind = match error {
        StoreError::Io { source, .. } => Some(source.kind()),
        StoreError::NotALedger(_)
        | StoreError::Busy { .. }
        | StoreError::Damaged { .. }
        | StoreError::Unwritable(_)
        | StoreError::Newer(_)
        | StoreError::Begun(_) => None,
    };
    let fix = if matches!(kind, Some(ErrorKind::StorageFull | ErrorKind::QuotaExceeded)) {
        "make room on the disk".to_owned()
    } else if kind == Some(ErrorKind::ReadOnlyFilesystem) {
        "mount -o remount,rw, or write in another clone".to_owned()
    } else {
        format!("give yourself leave to write: chmod -R u+w {}", quoted(folder))
    };
    Diagnosis {
        code: "not-writable",
        grade: Grade::Warning,
        path: Some(folder.to_owned()),
        line: None,
        what: format!("nothing can be written here: {error}"),
        fix,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ground() -> Ground {
        Ground {
            name: "ext4".to_owned(),
            is_remote: false,
            is_memory: false,
            is_read_only: false,
            free_bytes: FREE_BYTES_MIN,
        }
    }

    fn codes(ground: &Ground) -> Vec<&'static str> {
        of_ground(ground).into_iter().map(|diagnosis| diagnosis.code).collect()
    }

    #[test]
    fn each_thing_about_the_ground_is_told_by_itself() {
        assert_eq!(codes(&ground()), Vec::<&str>::new());
        assert_eq!(codes(&Ground { is_remote: true, ..ground() }), ["network-file-system"]);
        assert_eq!(codes(&Ground { is_memory: true, ..ground() }), ["memory-file-system"]);
        assert_eq!(codes(&Ground { is_read_only: true, ..ground() }), ["read-only"]);
        assert_eq!(codes(&Ground { free_bytes: FREE_BYTES_MIN - 1, ..ground() }), ["little-room"]);
    }

    #[test]
    fn locks_that_do_not_work_are_errors_and_keep_others_from_being_taken() {
        let told = |locks: &Locks| of_locks(locks).map(|diagnosis| (diagnosis.code, diagnosis.grade));
        let (hang, fail) = (Locks::Hang(Duration::from_secs(3)), Locks::Fail("no locks available".to_owned()));
        let untried = Locks::Untried("why".to_owned());
        assert_eq!(told(&Locks::Work), None);
        assert_eq!(told(&Locks::ExcludeNobody), Some(("locks-broken", Grade::Error)));
        assert_eq!(told(&hang), Some(("locks-hang", Grade::Error)));
        assert_eq!(told(&fail), Some(("locks-fail", Grade::Error)));
        assert_eq!(told(&untried), Some(("locks-untried", Grade::Note)));
        assert!(!hang.may_be_taken() && fail.may_be_taken() && Locks::ExcludeNobody.may_be_taken());
        assert!(Locks::Work.exclude_others() && untried.exclude_others());
        assert!(!hang.exclude_others() && !fail.exclude_others() && !Locks::ExcludeNobody.exclude_others());
    }

    #[test]
    fn a_full_disk_wants_room_and_no_leave() {
        let folder = Path::new("/a/coordination");
        let fix = |kind: ErrorKind| {
            let error = StoreError::Io { doing: "write in", path: folder.to_owned(), source: kind.into() };
            unwritable(folder, &error).fix
        };
        assert_eq!(fix(ErrorKind::StorageFull), "make room on the disk");
        assert_eq!(fix(ErrorKind::QuotaExceeded), "make room on the disk");
        assert!(fix(ErrorKind::ReadOnlyFilesystem).starts_with("mount"));
        assert!(fix(ErrorKind::PermissionDenied).starts_with("give yourself leave to write: chmod -R u+w"));
    }
}
