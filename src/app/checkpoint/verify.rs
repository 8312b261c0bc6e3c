//! Whether everything that a checkpoint covers is still there unedited, and who signed it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use super::super::verify::lost::WayBack;
use super::super::verify::{Finding, Severity, from_fault};
use super::super::{AppError, Ledger};
use super::leaves::Leaves;
use super::trust::{Seen, Trust};
use super::{Given, GivenSignature, name_of};
use crate::domain::checkpoint::Checkpoint;
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, Origin, RequestId};
use crate::domain::leaf::{Concern, Leaf};
use crate::store::{Budget, StoreError};

/// How many requests and contracts that lack something are told one by one.
const LOST_MAX: usize = 100;
const RESTORE: &str = "find the commit that changed it with git log, and restore what it was before";

/// A checkpoint that was held against the ledger.
#[derive(Clone, Debug)]
pub struct Checked {
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Its file.
    pub path: PathBuf,
    /// Its signatures.
    pub signatures: Vec<Seen>,
}

/// What came of holding checkpoints against the ledger.
#[derive(Clone, Debug, Default)]
pub struct CheckpointReport {
    /// The checkpoints.
    pub checked: Vec<Checked>,
    /// What is wrong.
    pub findings: Vec<Finding>,
}

/// What is missing of a request or a contract.
#[derive(Debug, Default)]
struct Lost {
    checkpoint: String,
    packet: Option<Hash>,
    versions: BTreeSet<(u32, Hash)>,
    // Several origins may cover the same one.
    events: BTreeSet<Hash>,
    first: Option<Hash>,
}

/// What is missing, by whom it concerns.
#[derive(Debug, Default)]
struct AllLost(BTreeMap<Concern, Lost>);

impl AllLost {
    fn add(&mut self, leaf: &Leaf, checkpoint: &str) {
        if self.0.len() == LOST_MAX && !self.0.contains_key(&leaf.concern()) {
            return;
        }
        let lost = self.0.entry(leaf.concern()).or_default();
        if lost.checkpoint.is_empty() {
            checkpoint.clone_into(&mut lost.checkpoint);
        }
        match leaf {
            Leaf::Packet(_, hash) => lost.packet = Some(*hash),
            Leaf::Version(reference, hash) => {
                lost.versions.insert((reference.version(), *hash));
            }
            Leaf::Event(_, hash) => {
                lost.events.insert(*hash);
                lost.first.get_or_insert(*hash);
            }
        }
    }
}

/// A checkpoint to be checked, and where it comes from.
struct Wanted {
    given: Given,
    checkpoint: Checkpoint,
}

impl Ledger<'_> {
    /// The newest checkpoint of every origin.
    ///
    /// # Errors
    /// There is none, or failed machinery.
    pub fn latest_checkpoints(&self) -> Result<Vec<Given>, AppError> {
        let mut latest = Vec::new();
        for origin in self.store.origins()? {
            if let Some(size) = self.store.checkpoint_sizes(&origin)?.last() {
                latest.push(self.kept(&origin, *size)?);
            }
        }
        if latest.is_empty() { Err(AppError::NoCheckpoint(None)) } else { Ok(latest) }
    }

    /// Holds checkpoints against the ledger: that everything which they cover is there, and who signed them.
    ///
    /// # Errors
    /// Failed machinery; whatever is wrong with the ledger is part of the answer.
    pub fn verify_checkpoints(
        &self,
        given: Vec<Given>,
        trust: &Trust,
        budget: &Budget,
    ) -> Result<CheckpointReport, AppError> {
        let mut report = CheckpointReport::default();
        let mut by_origin: BTreeMap<Origin, Vec<Wanted>> = BTreeMap::new();
        for given in given {
            match self.read_given(&given) {
                Ok(checkpoint) => {
                    let given = self.with_kept_signatures(given, &checkpoint)?;
                    by_origin.entry(checkpoint.origin().clone()).or_default().push(Wanted { given, checkpoint });
                }
                Err(finding) => report.findings.push(*finding),
            }
        }
        let present = self.present()?;
        let mut lost = AllLost::default();
        let now = self.world.now();
        for (origin, wanted) in by_origin {
            let heads = wanted.iter().map(|one| (one.checkpoint.clone(), one.given.path.clone())).collect();
            report.findings.extend(self.hold_against(&origin, heads, &present, &mut lost)?);
            for Wanted { given, checkpoint } in wanted {
                let (seen, findings) = trust.of_checkpoint(&given.text, &given.path, &given.signatures, now, budget)?;
                report.findings.extend(findings);
                report.checked.push(Checked { checkpoint, path: given.path, signatures: seen });
            }
        }
        report.findings.extend(self.lost_findings(lost)?);
        self.tell_the_way_back(&mut report.findings);
        sort(&mut report.findings);
        Ok(report)
    }

    /// What is wrong with the checkpoints that the ledger keeps, and with who signed the newest of each origin, where it is
    /// known whose signatures count; answers with how many there are.
    pub(in crate::app) fn checkpoint_findings(
        &self,
        present: &Leaves,
        trust: &Trust,
    ) -> Result<(usize, Vec<Finding>), AppError> {
        let mut findings: Vec<Finding> = Vec::new();
        let restoring = self.world.restoring();
        findings.extend(self.store.checkpoint_strays()?.into_iter().map(|fault| from_fault(fault, restoring)));
        let mut lost = AllLost::default();
        let mut count = 0;
        for origin in self.store.origins()? {
            let mut heads = Vec::new();
            for size in self.store.checkpoint_sizes(&origin)? {
                let path = self.store.checkpoint_place(&origin, Some(size));
                match self.read_kept(&origin, size) {
                    Ok(checkpoint) => heads.push((checkpoint, path)),
                    Err(AppError::Store(StoreError::Damaged { what, .. })) => {
                        findings.push(violation("checkpoint-damaged", path, what));
                    }
                    Err(other) => return Err(other),
                }
            }
            count += heads.len();
            if let Some((newest, _)) = heads.iter().max_by_key(|(checkpoint, _)| checkpoint.size()) {
                findings.extend(self.signature_findings(newest, trust)?);
            }
            findings.extend(self.hold_against(&origin, heads, present, &mut lost)?);
        }
        findings.extend(self.lost_findings(lost)?);
        self.tell_the_way_back(&mut findings);
        Ok((count, findings))
    }

    /// What is wrong with the signatures of a checkpoint that the ledger keeps. That there is none is no violation here: not
    /// every checkpoint has to be signed, but one that is asked for by name.
    fn signature_findings(&self, checkpoint: &Checkpoint, trust: &Trust) -> Result<Vec<Finding>, AppError> {
        if trust.signers().is_none() {
            return Ok(Vec::new());
        }
        let Given { path, text, signatures } = self.kept(checkpoint.origin(), checkpoint.size())?;
        let now = self.world.now();
        let (_, mut findings) = trust.of_checkpoint(&text, &path, &signatures, now, &Budget::endless())?;
        let missing = findings.iter_mut().filter(|finding| finding.code == "signature-missing");
        missing.for_each(|finding| finding.severity = Severity::Note);
        Ok(findings)
    }

    /// Whether the ledger keeps any checkpoints.
    pub(in crate::app) fn has_checkpoints(&self) -> Result<bool, AppError> {
        Ok(!self.store.origins()?.is_empty())
    }

    /// What brings each file back, where git may have it.
    fn tell_the_way_back(&self, findings: &mut [Finding]) {
        for finding in findings.iter_mut().filter(|finding| finding.fix == RESTORE) {
            finding.fix = self.world.restoring().newest(&finding.path);
        }
    }

    fn read_given(&self, given: &Given) -> Result<Checkpoint, Box<Finding>> {
        let bad = |code, what: String| Box::new(violation(code, given.path.clone(), what));
        let checkpoint =
            Checkpoint::parse(&given.text).map_err(|error| bad("checkpoint-damaged", error.to_string()))?;
        if checkpoint.ledger() != self.settings.ledger_id {
            let what =
                format!("it is of the ledger {}, and this one is {}", checkpoint.ledger(), self.settings.ledger_id);
            return Err(bad("checkpoint-other-ledger", what));
        }
        Ok(checkpoint)
    }

    /// With the signatures that the ledger keeps of the same text.
    pub(super) fn with_kept_signatures(&self, mut given: Given, checkpoint: &Checkpoint) -> Result<Given, AppError> {
        let (origin, size) = (checkpoint.origin(), checkpoint.size());
        if self.store.checkpoint_text(origin, size)?.as_deref() != Some(given.text.as_str()) {
            return Ok(given);
        }
        for kept in self.kept(origin, size)?.signatures {
            if !given.signatures.iter().any(|one: &GivenSignature| one.text == kept.text) {
                given.signatures.push(kept);
            }
        }
        Ok(given)
    }

    /// Holds an origin's list against checkpoints, and what they cover against what is present.
    fn hold_against(
        &self,
        origin: &Origin,
        heads: Vec<(Checkpoint, PathBuf)>,
        present: &Leaves,
        lost: &mut AllLost,
    ) -> Result<Vec<Finding>, AppError> {
        let list = self.store.checkpoint_place(origin, None);
        let mut roots: BTreeMap<u64, Hash> = BTreeMap::new();
        let mut findings = Vec::new();
        for (checkpoint, path) in &heads {
            let head = checkpoint.head();
            if *roots.entry(head.size).or_insert(head.root) != head.root {
                let what = format!("there is another checkpoint {} with another root", name_of(checkpoint));
                findings.push(violation("checkpoint-damaged", path.clone(), what));
            }
        }
        let Some(size) = roots.keys().next_back().copied() else { return Ok(findings) };
        let name = format!("{origin}/{size}");
        let mut others = 0_u64;
        let walked = self.walk(origin, &roots, &mut |index, line, hash| {
            if index >= size || present.has(&hash) {
                return;
            }
            match line.parse::<Leaf>() {
                Ok(leaf) => lost.add(&leaf, &name),
                Err(_) => others += 1,
            }
        });
        let walked = match walked {
            Err(AppError::Store(StoreError::Damaged { what, .. })) => {
                findings.push(violation("leaves-changed", list, what));
                return Ok(findings);
            }
            other => other?,
        };
        if let Some(size) = walked.wrong.first() {
            let what = if *size > walked.extent.lines {
                let lines = walked.extent.lines;
                format!(
                    "it has {lines} leaves, and checkpoint {origin}/{size} covers more: what they were can't be told"
                )
            } else {
                format!("its first {size} leaves are not those that checkpoint {origin}/{size} covers")
            };
            findings.push(violation("leaves-changed", list, what));
        } else if others > 0 {
            let what = format!("{others} of the leaves that {name} covers are of a form that is not known here");
            findings.push(violation("leaves-changed", list, what));
        } else if walked.extent.lines > size {
            let more = walked.extent.lines - size;
            let what =
                format!("it has {more} more than {name} covers: a checkpoint was cut short, or a newer one removed");
            let fix = format!("ledger checkpoint --origin {origin}, unless git or another clone has a newer one");
            let note = Finding { severity: Severity::Note, fix, ..violation("leaves-beyond", list, what) };
            findings.push(note);
        }
        Ok(findings)
    }

    fn lost_findings(&self, lost: AllLost) -> Result<Vec<Finding>, AppError> {
        let mut findings = Vec::new();
        for (concern, lost) in lost.0 {
            match concern {
                Concern::Request(id) => self.lost_of_request(id, &lost, &mut findings)?,
                Concern::Contract(name) => self.lost_of_contract(&name, &lost, &mut findings),
            }
        }
        Ok(findings)
    }

    fn lost_of_request(&self, id: RequestId, lost: &Lost, findings: &mut Vec<Finding>) -> Result<(), AppError> {
        let (packet, log) = self.store.places(id);
        let checkpoint = &lost.checkpoint;
        let mut find = |code, path, what| findings.push(Finding { id: Some(id), ..violation(code, path, what) });
        if !self.store.contains(id)? {
            find(
                "covered-request-lost",
                packet,
                format!("checkpoint {checkpoint} covers this request, which is not here"),
            );
            return Ok(());
        }
        if let Some(hash) = lost.packet {
            let what = format!("it is not the packet that checkpoint {checkpoint} covers, whose SHA-256 is {hash}");
            find("covered-packet-changed", packet, what);
        }
        if let Some(what) = lost_events(lost) {
            let WayBack { fix, .. } = self.way_back(id, lost.first, findings.len());
            findings.push(Finding { id: Some(id), fix, ..violation("covered-event-lost", log, what) });
        }
        Ok(())
    }

    fn lost_of_contract(&self, name: &ContractName, lost: &Lost, findings: &mut Vec<Finding>) {
        for (version, hash) in &lost.versions {
            let path = self.store.contract_place(name, Some(*version));
            let what =
                format!("it is not the file that checkpoint {} covers, whose SHA-256 is {hash}", lost.checkpoint);
            findings.push(violation("covered-version-changed", path, what));
        }
        if let Some(what) = lost_events(lost) {
            let path = self.store.contract_place(name, None).join("events.jsonl");
            findings.push(violation("covered-event-lost", path, what));
        }
    }
}

fn lost_events(lost: &Lost) -> Option<String> {
    let first = lost.first?.short();
    let checkpoint = &lost.checkpoint;
    Some(match lost.events.len() {
        1 => format!(
            "checkpoint {checkpoint} covers event {first}, which is not in the log: it was dropped or rewritten"
        ),
        more => format!(
            "checkpoint {checkpoint} covers {more} events that are not in the log, {first} first: they were dropped or rewritten"
        ),
    })
}

fn violation(code: &'static str, path: PathBuf, what: String) -> Finding {
    Finding { code, severity: Severity::Violation, id: None, path, line: None, what, fix: RESTORE.to_owned() }
}

fn sort(findings: &mut Vec<Finding>) {
    findings.sort_by(|a, b| (&a.path, a.line, a.code).cmp(&(&b.path, b.line, b.code)));
    findings.dedup();
}
