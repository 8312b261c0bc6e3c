//! Settling what a merge left of the ledger's files: both sides' lines whole, each once, and nothing guessed.

mod held;
mod ways;

use std::collections::{BTreeMap, BTreeSet};

use self::held::{Side, file_of_file, is_one_request, named_by_log, packet_of_file};
use self::ways::{both_sides, by_hand, edit, edited_twice, two_requests, way_out};
use super::{AppError, Ledger};
use crate::domain::id::{RequestId, Stream};
use crate::index::refresh::{self, Making, Memory};
use crate::store::checkpoints::Checkpoints;
use crate::store::contracts::Contracts;
use crate::store::fs::FsStore;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::carry::Index;
use crate::store::{Budget, Derived, Store};
use crate::sync::markers;
use crate::sync::mending::{self, Edited};
use crate::sync::part::{INDEX, MATRIX, Part};
use crate::sync::unite;
use crate::sync::unmerged::{self, Stages};

/// The largest computed file that is read from git's objects, in bytes.
const DERIVED_BYTES_MAX: u64 = 256 << 20;

/// Whether anything is written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Doing {
    /// It is.
    Mending,
    /// It is only told what would be.
    Telling,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Repaired {
    /// What was mended.
    pub mended: Vec<Mended>,
    /// What is left to decide.
    pub left: Vec<Left>,
}

/// A file that was mended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Mended {
    /// Its path below the root.
    pub file: String,
    /// What was done.
    pub what: String,
}

/// A file that nobody but its people can settle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Left {
    /// Its path below the root.
    pub file: String,
    /// Why.
    pub what: String,
    /// The way out.
    pub fix: String,
}

/// What is to become of the files.
#[derive(Default)]
struct Plan {
    /// Files to be written.
    writes: Vec<(CarriedFile, Vec<u8>)>,
    /// Files to be noted as settled in git's index, with what is in them; those only where git tracks them.
    settled: Vec<(String, Vec<u8>)>,
    tracked: Vec<(String, Vec<u8>)>,
    /// Logs of which something is to be set aside first, since it is neither an event nor a marker.
    aside: Vec<(Stream, Vec<u8>)>,
    /// Whether the matrix is to be ours.
    matrix: Option<Vec<u8>>,
    /// Whether `index.json` is unmerged.
    index: bool,
    told: Repaired,
}

/// Settles what can be settled. `ledger` is the ledger where its settings can be read.
///
/// # Errors
/// Failed machinery; what was mended before stays so, and the same again goes on.
pub fn repair(
    store: &FsStore,
    ledger: Option<&Ledger<'_>>,
    doing: Doing,
    budget: &Budget,
) -> Result<Repaired, AppError> {
    if let Some(ledger) = ledger {
        ledger.known_format()?;
    }
    // Without a lock, since it may take long; under the lock only those are read again.
    let found = found(store)?;
    let carrier = match doing {
        Doing::Mending => Some(store.carry(budget)?),
        Doing::Telling => None,
    };
    let stages = unmerged::stages(store.layout().root())?;
    let mut plan = Plan::of(store, &stages, &found)?;
    let Some(carrier) = carrier else {
        match (plan.index, ledger.filter(|_| plan.told.left.is_empty())) {
            (true, Some(_)) => plan.mended(INDEX, "made anew"),
            (true, None) => plan.index_left(),
            (false, _) => {}
        }
        return Ok(plan.told);
    };
    for (stream, bytes) in &plan.aside {
        store.quarantine(stream, bytes)?;
    }
    if !plan.writes.is_empty() {
        carrier.bring(&plan.writes, 0, &[], Index::Kept)?;
    }
    plan.settle(store)?;
    drop(carrier);
    plan.make_index(store, ledger, budget)?;
    Ok(plan.told)
}

/// What a merge left that git takes for settled.
struct Found {
    /// The files in which markers stand, or whose line ends were converted.
    marked: Vec<CarriedFile>,
    /// The logs with lines that were edited and stand whole beside it.
    edited: Vec<Stream>,
    /// The numbers whose logs are of two requests.
    twice: BTreeSet<RequestId>,
}

/// Looks for what a merge left that git takes for settled.
fn found(store: &FsStore) -> Result<Found, AppError> {
    let mut files = vec![CarriedFile::Settings, CarriedFile::Workflow];
    for id in store.requests()? {
        files.extend([CarriedFile::Packet(id), CarriedFile::Log(Stream::Request(id))]);
    }
    for name in store.contracts()? {
        let versions = store.version_files(&name)?;
        files.extend(versions.into_iter().map(|version| CarriedFile::Version(name.clone(), version)));
        files.push(CarriedFile::Log(Stream::Contract(name)));
    }
    for origin in store.origins()? {
        for name in store.files().names(&store.layout().origin(&origin)).unwrap_or_default() {
            let path = format!("coordination/checkpoints/{origin}/{}", name.to_string_lossy());
            files.extend(CarriedFile::parse(&path));
        }
    }
    let (mut marked, mut edited, mut twice) = (Vec::new(), Vec::new(), BTreeSet::new());
    for file in files {
        // What can't be read is none of a merge's: verify tells it.
        let Ok(Some(bytes)) = store.carried(&file) else { continue };
        if matches!(file, CarriedFile::Log(_)) && held::is_of_two(&bytes) {
            twice.extend(file.request());
        }
        if markers::are_in(&bytes) || (is_ours(&file) && has_returns(&bytes)) {
            marked.push(file);
        } else if let CarriedFile::Log(stream) = file
            && mending::without_edited(&bytes).is_some()
        {
            edited.push(stream);
        }
    }
    Ok(Found { marked, edited, twice })
}

/// Whether the ledger alone writes it, so that no line of it ends in a carriage return.
fn is_ours(file: &CarriedFile) -> bool {
    match file {
        CarriedFile::Packet(_) | CarriedFile::Log(_) => true,
        CarriedFile::Settings
        | CarriedFile::Workflow
        | CarriedFile::Schema(_)
        | CarriedFile::Version(..)
        | CarriedFile::Checkpoint(..) => false,
    }
}

fn has_returns(bytes: &[u8]) -> bool {
    memchr::memmem::find(bytes, b"\r\n").is_some() || bytes.ends_with(b"\r")
}

impl Plan {
    fn of(store: &FsStore, stages: &BTreeMap<String, Stages>, found: &Found) -> Result<Self, AppError> {
        let Found { marked, edited, twice } = found;
        let mut plan = Self::default();
        // Packets first: where one is of two requests, its log is of both, and neither is to be taken for settled.
        let mut torn: BTreeSet<RequestId> = BTreeSet::new();
        for is_log in [false, true] {
            for (path, stages) in stages {
                let part = Part::of(path);
                if is_log == matches!(part, Some(Part::Carried(CarriedFile::Log(_)))) {
                    plan.unmerged(store, path, part, (stages, &mut torn))?;
                }
            }
            for file in marked.iter().filter(|file| is_log == matches!(file, CarriedFile::Log(_))) {
                if !stages.contains_key(&file.path()) {
                    plan.marked(store, file, &torn)?;
                }
            }
        }
        for stream in edited {
            if !stages.contains_key(&CarriedFile::Log(stream.clone()).path()) {
                plan.edited(store, stream)?;
            }
        }
        plan.numbers_twice(twice, &torn);
        Ok(plan)
    }

    /// Numbers whose logs are of two requests, or will be once they are united.
    fn numbers_twice(&mut self, twice: &BTreeSet<RequestId>, torn: &BTreeSet<RequestId>) {
        let united =
            self.writes.iter().filter(|(_, bytes)| held::is_of_two(bytes)).filter_map(|(file, _)| file.request());
        let twice: BTreeSet<RequestId> = united.chain(twice.iter().copied()).collect();
        for id in twice.difference(torn) {
            let path = CarriedFile::Log(Stream::Request(*id)).path();
            self.left(&path, format!("it is of two requests, which have the number {id} both"), two_requests(*id));
        }
    }

    fn mended(&mut self, file: &str, what: &str) {
        self.told.mended.push(Mended { file: file.to_owned(), what: what.to_owned() });
    }

    fn left(&mut self, file: &str, what: impl ToString, fix: String) {
        self.told.left.push(Left { file: file.to_owned(), what: what.to_string(), fix });
    }

    fn index_left(&mut self) {
        let what = "it is made anew once everything else is settled, and the settings can be read";
        self.left(INDEX, what, "settle that first, then: ledger repair-merge".to_owned());
    }

    /// A file that git has unmerged.
    fn unmerged(
        &mut self,
        store: &FsStore,
        path: &str,
        part: Option<Part>,
        (stages, torn): (&Stages, &mut BTreeSet<RequestId>),
    ) -> Result<(), AppError> {
        if stages.is_odd {
            self.left(path, "one side has no plain file in its place", by_hand(path));
            return Ok(());
        }
        let [base, ours, theirs] = &stages.objects;
        match part {
            Some(Part::Index) => {
                self.index = true;
                Ok(())
            }
            Some(Part::Matrix) => self.unmerged_matrix(store, ours.as_deref().or(theirs.as_deref())),
            Some(Part::Carried(CarriedFile::Log(stream))) => {
                self.unmerged_log(store, &stream, (ours.as_deref(), theirs.as_deref()), torn)
            }
            Some(Part::Carried(file)) => {
                self.unmerged_file(store, &file, (base.as_deref(), ours.as_deref(), theirs.as_deref()), torn)
            }
            None => {
                self.left(path, "both sides changed it", by_hand(path));
                Ok(())
            }
        }
    }

    /// The matrix is computed too, but takes a command of its own.
    fn unmerged_matrix(&mut self, store: &FsStore, object: Option<&str>) -> Result<(), AppError> {
        let Some(object) = object else { return Ok(()) };
        let bytes = unmerged::read(store.layout().root(), object, DERIVED_BYTES_MAX)?;
        self.settled.push((MATRIX.to_owned(), bytes.clone()));
        self.matrix = Some(bytes);
        self.mended(MATRIX, "one side's is kept: ledger contract matrix makes it anew");
        Ok(())
    }

    fn unmerged_log(
        &mut self,
        store: &FsStore,
        stream: &Stream,
        (ours, theirs): (Option<&str>, Option<&str>),
        torn: &BTreeSet<RequestId>,
    ) -> Result<(), AppError> {
        let file = CarriedFile::Log(stream.clone());
        let path = file.path();
        if self.left_with_its_packet(stream, &path, torn) {
            return Ok(());
        }
        let there = store.carried(&file)?.unwrap_or_default();
        let mut sides = Vec::new();
        for (name, object) in [("ours", ours), ("theirs", theirs)] {
            if let Some(object) = object {
                sides.push((name, unmerged::read(store.layout().root(), object, file.bytes_max())?));
            }
        }
        let stages: Vec<(&str, &[u8])> = sides.iter().map(|(name, bytes)| (*name, bytes.as_slice())).collect();
        match mending::log_of_stages(stream, &there, &stages) {
            Err(what) => {
                let fix = format!("mend that side in its clone; meanwhile: git merge --abort; {}", both_sides(&path));
                self.left(&path, what, fix);
            }
            Ok(log) => {
                if log.strange > 0 {
                    self.aside.push((stream.clone(), there.clone()));
                }
                let what = match (stages.len(), log.strange) {
                    (1, _) => "one side had removed it: the other's events are kept".to_owned(),
                    (_, 0) => "both sides united".to_owned(),
                    (_, strange) => {
                        format!(
                            "both sides united; the file as it was is set aside, for {strange} of its lines are on neither side"
                        )
                    }
                };
                self.mended(&path, &what);
                self.settled.push((path, log.bytes.clone()));
                if log.bytes != there {
                    self.writes.push((file, log.bytes));
                }
            }
        }
        Ok(())
    }

    /// Whether a log stays as it is because its packet does.
    fn left_with_its_packet(&mut self, stream: &Stream, path: &str, torn: &BTreeSet<RequestId>) -> bool {
        let Stream::Request(id) = stream else { return false };
        if !torn.contains(id) {
            return false;
        }
        self.left(path, "its packet is left: whose events these are depends on it", way_out(&CarriedFile::Packet(*id)));
        true
    }

    fn unmerged_file(
        &mut self,
        store: &FsStore,
        file: &CarriedFile,
        (base, ours, theirs): (Option<&str>, Option<&str>, Option<&str>),
        torn: &mut BTreeSet<RequestId>,
    ) -> Result<(), AppError> {
        let path = file.path();
        let read = |object: &str| unmerged::read(store.layout().root(), object, file.bytes_max());
        let (Some(ours), Some(theirs)) = (ours, theirs) else {
            torn.extend(file.request());
            self.left(&path, "one side removed it and the other changed it", by_hand(&path));
            return Ok(());
        };
        let (ours, theirs) = (read(ours)?, read(theirs)?);
        match mending::of_sides(file, &ours, &theirs) {
            Ok(bytes) => {
                self.mended(&path, "the sides agree");
                self.settled.push((path, bytes.to_owned()));
                if store.carried(file)?.as_deref() != Some(bytes) {
                    self.writes.push((file.clone(), bytes.to_owned()));
                }
            }
            Err(what) => {
                torn.extend(file.request());
                let base = base.map(read).transpose()?;
                let fix = match named_by_log(store, file, [base.as_deref(), Some(&ours), Some(&theirs)]) {
                    Some(Side::Base) => format!(
                        "the log names what it was before: git checkout-index -f --stage=1 -- {path} && git add {path}"
                    ),
                    Some(side @ (Side::Ours | Side::Theirs)) => {
                        let side = side.name();
                        format!("the log names that of {side}: git checkout --{side} -- {path} && git add {path}")
                    }
                    None if is_one_request(file, &ours, &theirs) => edited_twice(&path),
                    None => way_out(file),
                };
                self.left(&path, what, fix);
            }
        }
        Ok(())
    }

    /// A file that git takes for settled and in which markers stand, or whose line ends were converted.
    fn marked(&mut self, store: &FsStore, file: &CarriedFile, torn: &BTreeSet<RequestId>) -> Result<(), AppError> {
        let path = file.path();
        let Some(there) = store.carried(file)? else { return Ok(()) };
        let what = if markers::are_in(&there) {
            "both sides of its conflicts united"
        } else {
            "its line ends are as they were"
        };
        let mended = match file {
            CarriedFile::Log(stream) => {
                if self.left_with_its_packet(stream, &path, torn) {
                    return Ok(());
                }
                mending::log_of_file(stream, &there)
            }
            CarriedFile::Packet(id) => packet_of_file(store, *id, &there).map(Some),
            CarriedFile::Settings
            | CarriedFile::Workflow
            | CarriedFile::Schema(_)
            | CarriedFile::Version(..)
            | CarriedFile::Checkpoint(..) => file_of_file(file, &there).map(Some),
        };
        match mended {
            Ok(Some(bytes)) if bytes != there => {
                self.mended(&path, what);
                self.tracked.push((path, bytes.clone()));
                self.writes.push((file.clone(), bytes));
            }
            Ok(_) => {}
            Err(what) => {
                let fix = format!("{}; or restore it: git log -- {path} tells the commits that have it", edit(&path));
                self.left(&path, what, fix);
            }
        }
        Ok(())
    }

    /// A log with lines that were edited, whose events somebody put back.
    fn edited(&mut self, store: &FsStore, stream: &Stream) -> Result<(), AppError> {
        let file = CarriedFile::Log(stream.clone());
        // It is read under the lock once more.
        let there = store.carried(&file)?.unwrap_or_default();
        let (kept, edited) = match mending::without_edited(&there) {
            None => return Ok(()),
            Some(Edited::Aside { kept, edited }) => (kept, edited),
            Some(Edited::Unknown(line)) => {
                let path = file.path();
                let what = format!("line {line} is no event, and what is left of none that stands there");
                let fix = format!("ledger verify tells what to put back; if it never was one: sed -i {line}d {path}");
                self.left(&path, what, fix);
                return Ok(());
            }
        };
        let united = match mending::events_of(stream, &kept) {
            Ok(events) => unite::of_events(events),
            Err(what) => {
                self.left(&file.path(), what, edit(&file.path()));
                return Ok(());
            }
        };
        self.mended(&file.path(), "what was edited in it is set aside: it stands there whole as well");
        self.aside.push((stream.clone(), edited));
        self.tracked.push((file.path(), united.clone()));
        self.writes.push((file, united));
        Ok(())
    }

    /// Notes in git's index what is settled, once the files are in place.
    fn settle(&mut self, store: &FsStore) -> Result<(), AppError> {
        let root = store.layout().root();
        if let Some(bytes) = &self.matrix {
            store.replace_derived(Derived::Matrix, bytes)?;
        }
        let paths: Vec<String> = self.tracked.iter().map(|(path, _)| path.clone()).collect();
        let tracked: BTreeSet<String> = unmerged::tracked(root, &paths)?.into_iter().collect();
        let noted = self.tracked.iter().filter(|(path, _)| tracked.contains(path)).chain(&self.settled);
        let noted: Result<Vec<_>, _> =
            noted.map(|(path, bytes)| Ok::<_, AppError>((path.clone(), unmerged::keep(root, bytes)?))).collect();
        Ok(unmerged::settle(root, &noted?)?)
    }

    /// Makes `index.json` anew, by what is on record now.
    fn make_index(&mut self, store: &FsStore, ledger: Option<&Ledger<'_>>, budget: &Budget) -> Result<(), AppError> {
        // What is left may yet be given up, and the merge with it: an index of it would remember what never was.
        let Some(ledger) = ledger.filter(|_| self.told.left.is_empty()) else {
            if self.index {
                self.index_left();
            }
            return Ok(());
        };
        let mut made = refresh::Made::default();
        store.projecting(budget, &mut || {
            made = refresh::rebuild(
                store,
                ledger.scope(),
                Making::FromCache,
                Memory::Kept(&|lost| ledger.are_elsewhere(lost)),
                &|_, _| {},
            )?;
            Ok(())
        })?;
        if !made.forgotten.is_nothing() {
            if self.index {
                let what = "it remembers what is not here any more, or can't be read, and is left as it is";
                self.left(INDEX, what, "ledger verify tells what; if it is meant to be so: ledger index".to_owned());
            }
            return Ok(());
        }
        if self.index {
            let bytes = store.derived(Derived::Index)?.unwrap_or_default();
            let root = store.layout().root();
            unmerged::settle(root, &[(INDEX.to_owned(), unmerged::keep(root, &bytes)?)])?;
        }
        if self.index || made.written {
            self.mended(INDEX, "made anew");
        }
        Ok(())
    }
}
