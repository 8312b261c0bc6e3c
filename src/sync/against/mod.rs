//! Whether a change only adds to what a commit held.
//!
//! The commit is read from git's objects alone: no index, cache or work tree has a say in what was there. What is there
//! now is a folder; its files are compared by what git would call their bytes, so only those that differ are read twice.
//! Whether what is new follows from what was there is not asked here: that is for whoever replays the histories.

pub mod copy;
mod file;
mod judge;
mod lines;
mod tree;

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::domain::event::Event;
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::registry::git::{self, GitError, Held, Point, command};
use crate::registry::objects::Objects;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log::events_in;

/// The commit that is checked out.
pub const HEAD: &str = "HEAD";

/// Something that is not as the commit held it, though it should be.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Breach {
    /// A stable name for programs.
    pub code: &'static str,
    /// The request, where it is about one.
    pub id: Option<RequestId>,
    /// The file, now.
    pub path: PathBuf,
    /// The line of it, counted from 1, where there is one to show.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// What is to be compared.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// Where the ledger lies in its repository.
    pub place: &'a Place,
    /// The folder that holds the ledger's files as they are now.
    pub files: &'a Path,
    /// The commit that these files are of, or that they were last committed to.
    pub head: &'a str,
    /// The commit, as it was asked for.
    pub reference: &'a str,
    /// Which commit is meant by it.
    pub point: Point,
    /// The ledger's folder, where whoever is told is in another one: commands are told as they run there.
    pub elsewhere: Option<&'a Path>,
}

/// Whether the workflow is the one that the commit held.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum WorkflowIs {
    /// It is, or the commit held none.
    #[default]
    TheSame,
    /// It is another one: what is new was judged by that.
    Another,
}

/// What came of comparing.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Compared {
    /// The commit's hash; of several the first.
    pub commit: String,
    /// The commit, in words.
    pub told: String,
    /// How many files of it had to be there.
    pub files: usize,
    /// What is not as it was.
    pub breaches: Vec<Breach>,
    /// Whether the workflow is.
    pub workflow: WorkflowIs,
}

/// Where a ledger lies in its repository.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// The repository's folder.
    pub repo: PathBuf,
    /// The ledger's folder in it, ending in `/` unless it is the same.
    pub prefix: String,
}

impl Place {
    /// A folder of the repository in which this one lies; it need not be there now, and a repository needs no work tree.
    ///
    /// # Errors
    /// [`GitError`] where that is in no repository.
    pub fn below(folder: &Path, prefix: &str) -> Result<Self, GitError> {
        let asked = ["rev-parse", "--is-bare-repository"];
        let told = command(folder).args(asked).output().map_err(GitError::Program)?;
        let repo = if told.stdout.starts_with(b"true") { folder.to_owned() } else { Self::of(folder)?.repo };
        let prefix = prefix.trim_end_matches('/');
        Ok(Self { repo, prefix: if prefix.is_empty() { String::new() } else { format!("{prefix}/") } })
    }

    /// Where this folder lies.
    ///
    /// # Errors
    /// [`GitError`] where that is in no repository.
    pub fn of(folder: &Path) -> Result<Self, GitError> {
        let told = command(folder).args(["rev-parse", "--show-toplevel"]).output().map_err(GitError::Program)?;
        let nowhere = |told: String| GitError::NoRepository { root: folder.to_owned(), told };
        if !told.status.success() {
            let told = String::from_utf8_lossy(&told.stderr).lines().next().unwrap_or_default().to_owned();
            return Err(nowhere(told));
        }
        let repo = told.stdout.strip_suffix(b"\n").unwrap_or(&told.stdout);
        let prefix = git::place_of(folder).ok_or_else(|| nowhere("its place in it is not known".to_owned()))?;
        Ok(Self { repo: Path::new(OsStr::from_bytes(repo)).to_owned(), prefix })
    }
}

/// The two sides of a comparison, and what the one is called.
struct Sides<'a> {
    repo: &'a Path,
    place: &'a str,
    files: &'a Path,
    reference: &'a str,
    elsewhere: Option<&'a Path>,
}

impl<'a> Sides<'a> {
    fn held(&'a self, commit: &'a str, path: &'a str) -> Held<'a> {
        Held { root: self.repo, reference: self.reference, commit, path }
    }
}

/// Compares.
///
/// # Errors
/// [`GitError`] says what of the repository is missing or can't be read.
pub fn compare(asked: Asked<'_>) -> Result<Compared, GitError> {
    let Asked { place, files, head, reference, point, elsewhere } = asked;
    let sides = Sides { repo: &place.repo, place: &place.prefix, files, reference, elsewhere };
    let wanted = git::held_of(sides.repo, reference, point)?;
    // What was typed is never an option of git's.
    let tip = if head == HEAD { HEAD.to_owned() } else { git::commit_of(sides.repo, head)? };
    let bases = match point {
        Point::Exact => vec![wanted.clone()],
        Point::Parting => git::partings(sides.repo, &tip, reference, &wanted)?,
    };
    let mut compared = Compared::default();
    for (number, base) in bases.iter().enumerate() {
        let (name, told) = git::names(reference, head, &wanted, base);
        let held = tree::entries(&sides, base)?;
        // What was added there since, too: two branches can give one number to two requests.
        let taken = match number {
            0 if *base != wanted => tree::added_packets(&sides, base, &wanted)?,
            _ => std::collections::BTreeMap::new(),
        };
        if number == 0 {
            (compared.commit, compared.told, compared.files) = (base.clone(), told, held.len());
            compared.workflow = workflow(&sides, base)?;
        }
        for breach in judge::judge(&sides, judge::Base { commit: base, name: &name, held: &held, taken: &taken })? {
            if !compared.breaches.contains(&breach) {
                compared.breaches.push(breach);
            }
        }
    }
    Ok(compared)
}

/// The events that a commit held of a request; none where its log can't be read, which is told by comparing.
///
/// # Errors
/// [`GitError`] says what of the repository can't be read.
pub fn held_events(place: &Place, commit: &str, id: RequestId) -> Result<HashSet<Hash>, GitError> {
    let file = CarriedFile::Log(Stream::Request(id));
    let log = format!("{commit}:{}{}", place.prefix, file.path());
    let bytes = Objects::open(&place.repo)?.read(&log, file.bytes_max()).unwrap_or_default();
    Ok(events_in(&bytes).iter().map(Event::hash).collect())
}

/// Whether the workflow here is the one that a commit held.
fn workflow(sides: &Sides<'_>, commit: &str) -> Result<WorkflowIs, GitError> {
    let path = CarriedFile::Workflow;
    let before = Objects::open(sides.repo)?.read(&format!("{commit}:{}{}", sides.place, path.path()), path.bytes_max());
    let Ok(before) = before else { return Ok(WorkflowIs::TheSame) };
    let here = sides.files.join(path.path());
    // What is there instead of a file was told by whoever opened the ledger.
    if !here.symlink_metadata().is_ok_and(|facts| facts.is_file()) {
        return Ok(WorkflowIs::TheSame);
    }
    // Ends of lines say nothing of it.
    let said = |bytes: &[u8]| bytes.iter().copied().filter(|byte| *byte != b'\r').collect::<Vec<_>>();
    let is_same = std::fs::read(here).is_ok_and(|now| said(&now) == said(&before));
    Ok(if is_same { WorkflowIs::TheSame } else { WorkflowIs::Another })
}
