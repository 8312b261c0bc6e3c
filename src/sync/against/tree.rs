//! What a commit holds of a ledger, and what stands in its place in a folder now.

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs::Metadata;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use super::Sides;
use super::file::{Kind, LOOKED_AT, REQUESTS};
use crate::registry::git::{GitError, Held, command};
use crate::store::fs::carried::CarriedFile;

/// The most files of a ledger that are compared.
const FILES_MAX: usize = 20_000_000;
/// The longest entry of a listing.
const ENTRY_BYTES_MAX: u64 = 64 * 1024;

/// A plain file of a commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entry {
    /// What it is.
    pub kind: Kind,
    /// Its object.
    pub object: String,
    /// Whether it may be executed, as git sees it.
    pub executable: bool,
}

/// What stands at a path.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Now {
    /// Nothing.
    Gone,
    /// No plain file.
    Other(&'static str),
    /// A file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
    },
}

/// Runs git and takes its answer apart at zero bytes; nothing of it is kept.
pub(super) fn each_entry(
    held: Held<'_>,
    arguments: &[&str],
    paths: &[String],
    see: &mut dyn FnMut(&str),
) -> Result<(), GitError> {
    let mut command = command(held.root);
    command.args(arguments).arg("--").args(paths);
    let mut child = command.spawn().map_err(GitError::Program)?;
    let closed = || GitError::Program(std::io::Error::other("its pipes are closed"));
    let mut out = BufReader::new(child.stdout.take().ok_or_else(closed)?);
    let mut err = child.stderr.take().ok_or_else(closed)?;
    let mut entry = Vec::new();
    let mut many = 0;
    let read = loop {
        entry.clear();
        match out.by_ref().take(ENTRY_BYTES_MAX).read_until(0, &mut entry) {
            Ok(0) => break Ok(()),
            Ok(_) if many >= FILES_MAX => break Err(std::io::Error::other("git lists more files than a ledger has")),
            Ok(_) => many += 1,
            Err(error) => break Err(error),
        }
        // A name that is not UTF-8 is none of the ledger's.
        if let Some(text) = entry.strip_suffix(b"\0").and_then(|entry| std::str::from_utf8(entry).ok()) {
            see(text);
        }
    };
    drop(out);
    let mut told = Vec::new();
    let _ = err.by_ref().take(ENTRY_BYTES_MAX).read_to_end(&mut told);
    drop(err);
    let status = child.wait().map_err(GitError::Program)?;
    read.map_err(GitError::Program)?;
    if status.success() { Ok(()) } else { Err(held.unlisted(&told)) }
}

/// The plain files of a commit that only ever grow, by their paths as seen from the ledger's root.
pub(super) fn entries(sides: &Sides<'_>, commit: &str) -> Result<BTreeMap<String, Entry>, GitError> {
    let paths = LOOKED_AT.map(|path| format!("{}{path}", sides.place));
    let mut found = BTreeMap::new();
    each_entry(sides.held(commit, &paths[0]), &["ls-tree", "-r", "-z", "--full-tree", commit], &paths, &mut |entry| {
        let Some((facts, path)) = entry.split_once('\t') else { return };
        let mut facts = facts.split(' ');
        let (Some(mode), Some("blob"), Some(object)) = (facts.next(), facts.next(), facts.next()) else { return };
        let Some(path) = path.strip_prefix(sides.place).filter(|_| mode.starts_with("100")) else { return };
        if let Some(kind) = Kind::of(path) {
            let executable = mode == "100755";
            found.insert(path.to_owned(), Entry { kind, object: object.to_owned(), executable });
        }
    })?;
    Ok(found)
}

/// The packets that one commit has beyond another, by their paths.
pub(super) fn added_packets(sides: &Sides<'_>, from: &str, to: &str) -> Result<BTreeMap<String, Entry>, GitError> {
    let paths = [format!("{}{REQUESTS}", sides.place)];
    let mut found = BTreeMap::new();
    let mut facts: Option<Entry> = None;
    let asked = ["diff-tree", "-r", "-z", "--raw", "--no-renames", "--diff-filter=A", from, to];
    each_entry(sides.held(to, &paths[0]), &asked, &paths, &mut |entry| {
        // `:OLDMODE MODE OLD OBJECT A` and the path, by turns.
        if let Some(raw) = entry.strip_prefix(':') {
            let mut words = raw.split(' ').skip(1);
            let (mode, object) = (words.next().unwrap_or_default(), words.nth(1).unwrap_or_default().to_owned());
            let kind = Kind::Settings;
            facts = mode.starts_with("100").then(|| Entry { kind, object, executable: mode == "100755" });
        } else if let (Some(facts), Some(path)) = (facts.take(), entry.strip_prefix(sides.place))
            && let Some(kind) = Kind::of(path)
        {
            found.insert(path.to_owned(), Entry { kind, ..facts });
        }
    })?;
    Ok(found)
}

/// What stands at paths below a folder. No link is followed, not even to a folder.
pub(super) struct Folder<'a> {
    root: &'a Path,
    folders: HashMap<PathBuf, Option<&'static str>>,
}

impl<'a> Folder<'a> {
    pub(super) fn new(root: &'a Path) -> Self {
        Self { root, folders: HashMap::new() }
    }

    /// What stands at a path.
    pub(super) fn at(&mut self, path: &str) -> Now {
        let path = Path::new(path);
        if let Some(what) = path.parent().and_then(|folder| self.in_the_way(folder)) {
            return Now::Other(what);
        }
        let Ok(facts) = self.root.join(path).symlink_metadata() else { return Now::Gone };
        // Git would go through all of it.
        let is_larger = |most: u64| facts.len() > most;
        if path.to_str().and_then(CarriedFile::parse).is_some_and(|file| is_larger(file.bytes_max())) {
            return Now::Other("a file stands in its place that is larger than any of its kind");
        }
        match other(&facts) {
            None => Now::File { executable: facts.permissions().mode() & 0o100 != 0 },
            Some(what) => Now::Other(what),
        }
    }

    /// What stands in the place of a folder, or of one above it.
    fn in_the_way(&mut self, folder: &Path) -> Option<&'static str> {
        if folder.as_os_str().is_empty() {
            return None;
        }
        if let Some(known) = self.folders.get(folder) {
            return *known;
        }
        let found = folder.parent().and_then(|above| self.in_the_way(above)).or_else(|| {
            let facts = self.root.join(folder).symlink_metadata().ok()?;
            (!facts.is_dir()).then_some("what should be its folder is none")
        });
        self.folders.insert(folder.to_owned(), found);
        found
    }
}

fn other(facts: &Metadata) -> Option<&'static str> {
    let kind = facts.file_type();
    if kind.is_file() {
        None
    } else if kind.is_symlink() {
        Some("a link stands in its place")
    } else if kind.is_dir() {
        Some("a folder stands in its place")
    } else {
        Some("something that is no file stands in its place")
    }
}

/// Whether the file system's word on who may execute a file counts.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Modes {
    Told,
    Unknown,
}

/// Whether it does.
pub(super) fn modes(sides: &Sides<'_>) -> Modes {
    let told = command(sides.repo).args(["config", "--type=bool", "--get", "core.fileMode"]).output();
    let is_off = told.is_ok_and(|told| told.stdout.starts_with(b"false"));
    if is_off { Modes::Unknown } else { Modes::Told }
}

/// What the objects of files would be called: their bytes as they are, whatever git would convert.
pub(super) fn objects(sides: &Sides<'_>, paths: &[&str]) -> Result<Vec<String>, GitError> {
    let mut command = command(sides.repo);
    command.args(["hash-object", "--no-filters", "--stdin-paths"]).stdin(Stdio::piped()).stderr(Stdio::null());
    let mut child = command.spawn().map_err(GitError::Program)?;
    let closed = || GitError::Program(std::io::Error::other("its pipes are closed"));
    let mut asking = child.stdin.take().ok_or_else(closed)?;
    let answers = BufReader::new(child.stdout.take().ok_or_else(closed)?);
    let hashes = std::thread::scope(|scope| {
        // Asked while it answers: each of the two waits for whoever reads the other.
        scope.spawn(move || {
            let told =
                paths.iter().try_for_each(|path| writeln!(asking, "{}", quoted(sides.files.join(path).as_os_str())));
            // A git that has ended says why by its status.
            drop(told);
        });
        answers.lines().collect::<Result<Vec<String>, _>>()
    });
    let status = child.wait().map_err(GitError::Program)?;
    let hashes = hashes.map_err(GitError::Program)?;
    if status.success() && hashes.len() == paths.len() {
        return Ok(hashes);
    }
    let path = paths.get(hashes.len()).copied().unwrap_or_default().to_owned();
    let what = "git can't read it: it may have been replaced this moment".to_owned();
    Err(GitError::Unreadable { reference: "the work tree".to_owned(), path, what })
}

/// A path as git reads it where one stands in a line.
fn quoted(path: &OsStr) -> String {
    let mut text = String::from("\"");
    for byte in path.as_bytes() {
        match byte {
            b'"' | b'\\' => {
                text.push('\\');
                text.push(char::from(*byte));
            }
            0x20..=0x7e => text.push(char::from(*byte)),
            other => {
                let _ = write!(text, "\\{other:03o}");
            }
        }
    }
    text.push('"');
    text
}
