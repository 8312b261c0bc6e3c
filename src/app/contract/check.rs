//! The gate: what a change does to contracts, for CI.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::Value;

use super::super::{AppError, Ledger};
use super::changes::PairChanges;
use super::judge::{Judged, Leave, Subject};
use super::{Candidate, Comparing};
use crate::contract::gate::{Asking, Both, Direction, Pair};
use crate::contract::schema;
use crate::domain::compatibility::{OpenContent, Verdict};
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, ContractRef};
use crate::index::cache::threads;
use crate::registry::git::{self, Commit, Point, Tampering};
use crate::registry::{self, Shelf};

/// With what the contracts are compared.
#[derive(Clone, PartialEq, Debug)]
pub enum Base {
    /// With their own earlier versions.
    Registry,
    /// With what was there at a commit.
    Commit {
        /// As it was asked for.
        reference: String,
        /// Which commit is meant by it.
        point: Point,
    },
    /// With a schema.
    Schema(Candidate),
}

impl Base {
    /// The schema, where it is one that is in no registry.
    fn schema(&self) -> Option<&Value> {
        match self {
            Self::Registry | Self::Commit { .. } => None,
            Self::Schema(base) => Some(&base.schema),
        }
    }
}

/// What is to be checked.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckOrder {
    /// Which contracts; all where none is named.
    pub names: Vec<ContractName>,
    /// With what they are compared.
    pub base: Base,
    /// A file that may become the next version of the one contract that is named.
    pub candidate: Option<Candidate>,
}

/// A version that was checked.
#[derive(Clone, PartialEq, Debug)]
pub struct Checked {
    /// What is known of it.
    pub judged: Judged,
    /// Whether it is on record.
    pub registered: bool,
    /// Its file.
    pub file: PathBuf,
    /// The text of its file.
    pub text: String,
    /// For each pair of what is known of it, the place in the file that has to do with its break, as a JSON pointer.
    pub places: Vec<String>,
    /// For each pair that does not hold, the changes that are behind it.
    pub changes: Vec<PairChanges>,
}

/// Something that no version may be held for, and that fails the check all the same.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// A stable name for programs.
    pub code: &'static str,
    /// The contract.
    pub name: ContractName,
    /// The file.
    pub file: PathBuf,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// The result of a check.
#[derive(Clone, PartialEq, Debug)]
pub struct CheckReport {
    /// The commit or file with which was compared, where it is one.
    pub base: Option<String>,
    /// The hash of the commit, where it is one.
    pub commit: Option<String>,
    /// What is assumed of members that are not declared.
    pub assumption: OpenContent,
    /// How many contracts were looked at.
    pub contracts: usize,
    /// The versions, in order.
    pub checked: Vec<Checked>,
    /// What else is wrong, in order.
    pub problems: Vec<Problem>,
}

impl CheckReport {
    /// The worst of it all; what was waived is none of it.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        let failing = self.checked.iter().filter(|checked| !checked.judged.passes());
        let worst = failing.map(|checked| checked.judged.verdict()).max().unwrap_or(Verdict::Compatible);
        if self.problems.is_empty() { worst } else { Verdict::Breaking }
    }
}

impl Ledger<'_> {
    /// Checks contracts.
    ///
    /// # Errors
    /// Whatever could not be read; breaks are answers.
    pub fn check_contracts(&self, order: &CheckOrder, comparing: Comparing<'_>) -> Result<CheckReport, AppError> {
        let mut report = CheckReport {
            base: None,
            commit: None,
            assumption: self.settings.contract.open_content,
            contracts: 0,
            checked: Vec::new(),
            problems: Vec::new(),
        };
        let mut settings = self.settings.clone();
        let commit = match &order.base {
            Base::Registry => None,
            Base::Schema(base) => {
                report.base = Some(base.file.clone());
                None
            }
            Base::Commit { reference, point } => {
                let commit = git::read(&self.store.root(), reference, *point)?;
                report.base = Some(commit.told.clone());
                report.commit = Some(commit.hash.clone());
                // Who weakens it in the same change is judged by what was assumed before.
                if commit.open_content == Some(OpenContent::Strict) {
                    settings.contract.open_content = OpenContent::Strict;
                }
                Some(commit)
            }
        };
        report.assumption = settings.contract.open_content;
        let Ledger { store, workflow, world, checks, .. } = *self;
        Ledger { store, settings: &settings, workflow, world, checks }.check_with(report, order, commit, comparing)
    }

    fn check_with(
        &self,
        mut report: CheckReport,
        order: &CheckOrder,
        commit: Option<Commit>,
        comparing: Comparing<'_>,
    ) -> Result<CheckReport, AppError> {
        let shelves = self.shelves(&order.names, commit.as_ref())?;
        report.contracts = shelves.len();
        for (name, shelf) in &shelves {
            report.problems.extend(self.problems(name, shelf.as_ref(), commit.as_ref()));
        }
        let shelves: Vec<Shelf> = shelves.into_values().flatten().collect();
        for checked in self.in_parallel(&shelves, |shelf| self.check_one(shelf, order, commit.as_ref(), comparing)) {
            report.checked.extend(checked?);
        }
        self.weigh_all(&mut report, &shelves, order)?;
        report.checked.sort_by(|a, b| (&a.judged.reference, &a.file).cmp(&(&b.judged.reference, &b.file)));
        report.problems.sort_by(|a, b| (&a.file, a.code).cmp(&(&b.file, b.code)));
        Ok(report)
    }

    /// Asks once for all whether what does not hold was waived. What was compared with a file is no version.
    fn weigh_all(&self, report: &mut CheckReport, shelves: &[Shelf], order: &CheckOrder) -> Result<(), AppError> {
        let fails = |checked: &Checked| checked.judged.verdict() != Verdict::Compatible;
        if matches!(order.base, Base::Schema(_)) || !report.checked.iter().any(fails) {
            return Ok(());
        }
        let requests = self.contract_requests()?;
        for checked in &mut report.checked {
            let shelf = shelves.iter().find(|shelf| shelf.state.name == *checked.judged.reference.name());
            if let Some(shelf) = shelf {
                let content = Hash::of(&[checked.text.as_bytes()]);
                self.weigh(&mut checked.judged, &shelf.state, content, &requests);
            }
        }
        Ok(())
    }

    /// The contracts that are to be looked at: those that are here, and those that were there.
    fn shelves(
        &self,
        names: &[ContractName],
        commit: Option<&Commit>,
    ) -> Result<BTreeMap<ContractName, Option<Shelf>>, AppError> {
        let mut wanted: Vec<ContractName> = if names.is_empty() { self.store.contracts()? } else { names.to_vec() };
        let before = commit.into_iter().flat_map(|commit| commit.shelves.keys());
        wanted.extend(before.filter(|name| names.is_empty() || names.contains(name)).cloned());
        wanted.sort();
        wanted.dedup();
        let mut shelves = BTreeMap::new();
        for name in wanted {
            let was_there = commit.is_some_and(|commit| commit.shelves.contains_key(&name));
            let shelf = match registry::on_disk(self.store, &name)? {
                None if !was_there => self.contract(&name).map(Some)?,
                found => found,
            };
            shelves.insert(name, shelf);
        }
        Ok(shelves)
    }

    /// What is wrong with a contract whatever its versions say.
    fn problems(&self, name: &ContractName, shelf: Option<&Shelf>, commit: Option<&Commit>) -> Vec<Problem> {
        let place = |version| self.store.contract_place(name, version);
        let problem =
            |code, file: PathBuf, what: String, fix: String| Problem { code, name: name.clone(), file, what, fix };
        let restoring = self.world.restoring();
        let mut found = Vec::new();
        if let Some(before) = commit.and_then(|commit| commit.shelves.get(name)) {
            for tampering in git::tampering(before, shelf) {
                let (code, file, what) = match tampering {
                    Tampering::Edited(v) => {
                        ("version-edited", place(Some(v)), format!("v{v} was registered and is never edited"))
                    }
                    Tampering::Removed(v) => {
                        ("version-removed", place(Some(v)), format!("v{v} was registered and is gone"))
                    }
                    Tampering::EventLost(hash) => {
                        let what = format!("event {} was on record and is gone", hash.short());
                        ("event-lost", place(None).join("events.jsonl"), what)
                    }
                    Tampering::ContractRemoved => {
                        ("contract-removed", place(None), "it was there and is gone".to_owned())
                    }
                };
                let fix = match code {
                    "version-edited" => format!(
                        "take the edit back, and register it as the next version: ledger contract add {name} FILE"
                    ),
                    _ => restoring.from(commit.map_or("HEAD", |commit| commit.name.as_str()), &file),
                };
                found.push(problem(code, file, what, fix));
            }
        }
        for (version, now) in shelf.map(Shelf::changed).unwrap_or_default() {
            let file = place(Some(version));
            if !found.iter().any(|problem| problem.file == file) {
                let what = match now {
                    Some(_) => format!("v{version} is not the file that was registered"),
                    None => format!("v{version} was registered and has no file"),
                };
                let known = shelf.and_then(|shelf| shelf.state.versions.get(&version));
                let fix = match (known, now) {
                    (Some(known), Some(now)) if known.others.contains(&now) => {
                        super::take_the_other(name, &file, &known.registered.sha256, restoring)
                    }
                    _ => restoring.newest(&file),
                };
                found.push(problem("version-changed", file, what, fix));
            }
        }
        for version in shelf.map(Shelf::unregistered).unwrap_or_default() {
            let file = place(Some(version));
            let fix = format!("ledger contract add {name} {}", file.display());
            found.push(problem("version-unregistered", file, format!("v{version} is not on record"), fix));
        }
        found
    }

    fn check_one(
        &self,
        shelf: &Shelf,
        order: &CheckOrder,
        commit: Option<&Commit>,
        comparing: Comparing<'_>,
    ) -> Result<Vec<Checked>, AppError> {
        let state = &shelf.state;
        if let Some(candidate) = &order.candidate {
            let resources = self.reachable(&[&candidate.schema], comparing.resources)?;
            candidate.check(&resources)?;
            return Ok(vec![self.check_candidate(shelf, candidate, order, comparing)?]);
        }
        let before = commit.and_then(|commit| commit.shelves.get(&state.name));
        let is_new = |version: &u32| match (commit, before) {
            (Some(_), Some(before)) => !before.files.contains_key(version),
            (Some(_), None) => true,
            (None, _) => Some(*version) == state.newest(),
        };
        // Who weakens the mode in the same change is judged by the mode that was there, too.
        let mut judged_by = shelf.clone();
        judged_by.state.mode = before.map_or(state.mode, |before| before.state.mode.and(state.mode));
        let changed = shelf.changed();
        let mut checked = Vec::new();
        for version in state.versions.keys().copied().chain(shelf.unregistered()).filter(is_new) {
            if changed.iter().any(|(other, _)| *other == version) {
                continue;
            }
            let file = self.store.contract_place(&state.name, Some(version));
            let bytes = shelf.files.get(&version).cloned().unwrap_or_default();
            let text = String::from_utf8_lossy(&bytes).into_owned();
            let candidate = Candidate::read(&file.display().to_string(), text)?;
            let registered = state.versions.contains_key(&version);
            if !registered {
                candidate.check(&self.reachable(&[&candidate.schema], comparing.resources)?)?;
            }
            let judged = self.judge_against(&judged_by, version, &candidate, &order.base, comparing)?;
            let changes = self.changes_of(shelf, &judged, &candidate.schema, order.base.schema(), comparing)?;
            let places = self.places_of(shelf, &judged, &candidate, &changes, &order.base, comparing)?;
            checked.push(Checked { judged, registered, file, text: candidate.text, places, changes });
        }
        Ok(checked)
    }

    fn check_candidate(
        &self,
        shelf: &Shelf,
        candidate: &Candidate,
        order: &CheckOrder,
        comparing: Comparing<'_>,
    ) -> Result<Checked, AppError> {
        let same = self.same_version(shelf, candidate)?;
        let version = same.unwrap_or_else(|| shelf.state.next());
        let judged = self.judge_against(shelf, version, candidate, &order.base, comparing)?;
        let file = PathBuf::from(&candidate.file);
        let changes = self.changes_of(shelf, &judged, &candidate.schema, order.base.schema(), comparing)?;
        let places = self.places_of(shelf, &judged, candidate, &changes, &order.base, comparing)?;
        Ok(Checked { judged, registered: same.is_some(), file, text: candidate.text.clone(), places, changes })
    }

    /// The keywords that refuse the witnesses, or those whose changes leave a pair undecided. One of an older version is
    /// looked for in the same place of the newer.
    fn places_of(
        &self,
        shelf: &Shelf,
        judged: &Judged,
        candidate: &Candidate,
        changes: &[PairChanges],
        base: &Base,
        comparing: Comparing<'_>,
    ) -> Result<Vec<String>, AppError> {
        let resources = self.reachable(&[&candidate.schema], comparing.resources)?;
        let place = |pair: &Pair| {
            let (gating, strict) = pair.both.witnesses(judged.assumption);
            let undecided = pair.both.verdict(judged.assumption) == Verdict::Undecided;
            let Some(witness) = gating.or(strict).filter(|_| !undecided) else {
                let behind = PairChanges::of(changes, pair).and_then(|behind| behind.list.first());
                return Ok(behind.map(|change| change.pointer().to_owned()).unwrap_or_default());
            };
            let refusing = match (pair.direction, base) {
                (Direction::Backward, _) => candidate.schema.clone(),
                (Direction::Forward, Base::Schema(base)) => base.schema.clone(),
                (Direction::Forward, Base::Registry | Base::Commit { .. }) => {
                    self.version_schema(shelf, pair.against)?
                }
            };
            let blamed = schema::blame(&refusing, &resources, judged.formats, witness.document());
            Ok(blamed.unwrap_or_default())
        };
        judged.pairs.iter().map(place).collect()
    }

    fn judge_against(
        &self,
        shelf: &Shelf,
        version: u32,
        candidate: &Candidate,
        base: &Base,
        comparing: Comparing<'_>,
    ) -> Result<Judged, AppError> {
        let subject = Subject { shelf, version, schema: &candidate.schema, sha256: candidate.sha256() };
        match base {
            Base::Registry | Base::Commit { .. } => self.judge_itself(subject, comparing),
            Base::Schema(base) => self.judge_by_file(subject, &base.schema, comparing),
        }
    }

    /// Judges by a file that is no version; it stands as version 0.
    fn judge_by_file(&self, subject: Subject<'_>, base: &Value, comparing: Comparing<'_>) -> Result<Judged, AppError> {
        let state = &subject.shelf.state;
        let resources = self.reachable(&[subject.schema, base], comparing.resources)?;
        self.still_reads(&format!("{}@{}", state.name, subject.version), subject.schema, &resources)?;
        self.still_reads("the base", base, &resources)?;
        let asking = Asking { formats: state.formats, resources: &resources };
        let pair = |direction| {
            let (sub, sup) = match direction {
                Direction::Backward => (base, subject.schema),
                Direction::Forward => (subject.schema, base),
            };
            let mut both = None;
            comparing.within(&mut |limits| both = Some(Both::ask(comparing.compare, sub, sup, asking, limits)));
            both.map(|both| Pair { against: 0, direction, both })
        };
        let reference = ContractRef::new(state.name.clone(), subject.version);
        let reference = reference.ok_or_else(|| AppError::Usage("there is no room for another version".to_owned()))?;
        let pairs: Vec<Pair> = Direction::of(state.mode).filter_map(pair).collect();
        let consumers = self.consumers_of(subject, &pairs, comparing)?;
        Ok(Judged {
            reference,
            mode: state.mode,
            formats: state.formats,
            assumption: self.settings.contract.open_content,
            pairs,
            consumers,
            waivings: Vec::new(),
            leave: Leave::Nothing,
        })
    }

    /// Does the same for many contracts, on as many cores as there are; answers in their order.
    pub(super) fn in_parallel<T: Send>(
        &self,
        shelves: &[Shelf],
        work: impl Fn(&Shelf) -> Result<T, AppError> + Sync,
    ) -> Vec<Result<T, AppError>> {
        let share = shelves.len().div_ceil(threads()).max(1);
        let work = &work;
        std::thread::scope(|scope| {
            let parts = shelves.chunks(share).map(|part| {
                let some = move || part.iter().map(work).collect::<Vec<_>>();
                // Schemas nest, and so does whoever compares them.
                std::thread::Builder::new().stack_size(STACK_BYTES).spawn_scoped(scope, some)
            });
            let workers: Vec<_> = parts.collect();
            let died = || vec![Err(AppError::Usage("a comparing thread died".to_owned()))];
            workers
                .into_iter()
                .flat_map(|worker| match worker {
                    Ok(worker) => worker.join().unwrap_or_else(|_| died()),
                    Err(_) => died(),
                })
                .collect()
        })
    }
}

const STACK_BYTES: usize = 64 * 1024 * 1024;
