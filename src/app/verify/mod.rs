//! Verifying: is everything there as it was written, and was every step allowed?

pub mod against;
mod index;
mod keys;
pub(in crate::app) mod lost;
pub(in crate::app) mod told;
mod unknown;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::PathBuf;

use self::against::Against;
use self::told::Told;
pub use self::unknown::Unknown;
use super::checkpoint::{Leaves, Trust, leaves_of};
use super::{AppError, Ledger};
use crate::domain::claim::Holding;
use crate::domain::decide::Refusal;
use crate::domain::graph::Graph;
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{Key, RequestId};
use crate::domain::judge::{Under, judge};
use crate::domain::outlook::Action;
use crate::domain::renumber::moves;
use crate::domain::state::{State, Status};
use crate::domain::time::Timestamp;
use crate::index::cache::sketch::{Sketch, Sketches};
use crate::index::cache::{Searched, searched, threads};
use crate::store::checkpoints::SignersFile;
use crate::store::fs::log::{CONFLICT_MARKER, CONVERTED};
use crate::store::{Fault, Inspected, NUMBER_TWICE, StoreError};
use crate::sync::restore::{Restoring, quoted};

/// An event this far ahead of the clock is told (5 minutes).
pub const AHEAD_MS_MAX: i64 = 5 * 60_000;

/// How many requests are judged before what is kept of them is sorted in.
const CHUNK: usize = 1 << 14;

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Severity {
    /// Worth knowing; nothing is wrong.
    Note,
    /// A rule was broken, or something derived is out of date.
    Violation,
    /// Stored bytes are not what was written.
    Damage,
}

impl Severity {
    /// The name for people and programs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Violation => "violation",
            Self::Damage => "damage",
        }
    }
}

/// One thing that verifying found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding {
    /// A stable name for programs.
    pub code: &'static str,
    /// How grave it is.
    pub severity: Severity,
    /// The request, where it is about one.
    pub id: Option<RequestId>,
    /// The file.
    pub path: PathBuf,
    /// The line, counted from 1.
    pub line: Option<usize>,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub fix: String,
}

/// The result of verifying.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Report {
    /// How many requests were looked at.
    pub requests: usize,
    /// How many contracts.
    pub contracts: usize,
    /// How many checkpoints.
    pub checkpoints: usize,
    /// How many events.
    pub events: usize,
    /// With which commit it was compared, if with one.
    pub against: Option<Against>,
    /// What was found, by file and line.
    pub findings: Vec<Finding>,
}

impl Report {
    /// The gravest severity found.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings.iter().map(|finding| finding.severity).max()
    }

    /// Keeps the gravest findings, at most `most` of them, in their order; answers whether others were left out.
    pub fn keep_gravest(&mut self, most: usize) -> bool {
        if self.findings.len() <= most {
            return false;
        }
        let mut places: Vec<usize> = (0..self.findings.len()).collect();
        places.sort_by_key(|place| self.findings.get(*place).map(|finding| std::cmp::Reverse(finding.severity)));
        let kept: HashSet<usize> = places.into_iter().take(most).collect();
        let mut place = 0..;
        self.findings.retain(|_| place.next().is_some_and(|place| kept.contains(&place)));
        true
    }
}

/// What verifying keeps of a request for the checks that concern several.
#[derive(Debug)]
struct Seen {
    id: RequestId,
    uid: uuid::Uuid,
    key: Option<Key>,
    refers_to: Vec<RequestId>,
    events: usize,
}

/// What came of looking at one request.
#[derive(Debug, Default)]
struct Judged {
    /// What is kept of it, if it can be read.
    seen: Option<Seen>,
    /// What the index and the cache should say of it, where nothing is wrong with its bytes and somebody asks.
    sketch: Option<(RequestId, Sketch)>,
    /// What is wrong with it.
    findings: Vec<Finding>,
    /// The hashes of its leaves, where somebody asks for them.
    leaves: Vec<Hash>,
    /// How many signed approvals were not held against anyone.
    unchecked: usize,
}

/// What requests are looked at for.
#[derive(Clone, Copy)]
struct Look<'a> {
    now: Timestamp,
    trust: &'a Trust,
    unknown: &'a Unknown,
    whole: Whole,
    wants: Wants,
    searched: Searched,
}

/// Whether the leaves of requests are asked for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wants {
    Leaves,
    NoLeaves,
}

/// How much of the ledger is verified.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Whole {
    /// All of it.
    Yes,
    /// All but what is computed from the rest.
    Sources,
    /// One request.
    No,
}

impl Ledger<'_> {
    /// Verifies one request, or the whole ledger with its index. What the ledger goes by and can't be read is told, and
    /// what needs it is left out.
    ///
    /// # Errors
    /// Failed machinery; whatever is wrong with the ledger is part of the answer.
    pub fn verify(
        &self,
        only: Option<RequestId>,
        trust: &Trust,
        unknown: Unknown,
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Report, AppError> {
        let whole = if only.is_none() { Whole::Yes } else { Whole::No };
        self.verify_as(only, whole, (trust, unknown), progress)
    }

    fn verify_as(
        &self,
        only: Option<RequestId>,
        whole: Whole,
        (trust, unknown): (&Trust, Unknown),
        progress: &(dyn Fn(usize, usize) + Sync),
    ) -> Result<Report, AppError> {
        let mut told = Told::new(self.world.restoring());
        let ids = match only {
            Some(id) => vec![id],
            None => told.or_nothing(self.store.requests())?,
        };
        let is_covered = only.is_none() && told.or_nothing(self.has_checkpoints())?;
        let wants = if is_covered { Wants::Leaves } else { Wants::NoLeaves };
        let searched = match only {
            None if unknown.is_whole() && whole == Whole::Yes => searched(self.store, self.scope()),
            None | Some(_) => Searched::NotYet,
        };
        let look = Look { now: self.world.now(), trust, unknown: &unknown, whole, wants, searched };
        let mut report = Report { requests: ids.len(), ..Report::default() };
        let (mut seen, mut sketches, mut leaves, mut unchecked) = (Vec::new(), Sketches::default(), Vec::new(), 0);
        // Of each as little as the rest needs is kept, so that a large ledger fits in memory.
        for (done, some) in ids.chunks(CHUNK).enumerate() {
            let judged = self.judge_all(some, look, &|of_these| progress(done * CHUNK + of_these, ids.len()));
            for judged in judged {
                let judged = told.or_nothing(judged)?;
                report.findings.extend(judged.findings);
                report.events += judged.seen.as_ref().map_or(0, |one| one.events);
                seen.extend(judged.seen);
                sketches.extend(judged.sketch);
                leaves.extend(judged.leaves);
                unchecked += judged.unchecked;
            }
        }
        if unknown.signers.is_none() {
            report.findings.extend(self.unchecked(unchecked));
        }
        if only.is_none() {
            report.findings.extend(told.faults(self.store.strays())?);
            report.findings.extend(self.across(&seen)?);
            // So much of them that it counts.
            drop(seen);
            if whole == Whole::Yes {
                let of_index = match unknown.is_whole() {
                    true => self.index_findings(&ids, sketches, searched),
                    // Nobody can tell what the rest of it should be.
                    false => self.lost(&sketches),
                };
                report.findings.extend(told.or_nothing(of_index)?);
            }
            for rule in self.workflow.types() {
                // Nothing satisfies it without being looked at: what is no schema is told.
                let looked = self.checks.details_faults(self.world, &rule.name, &serde_json::Value::Null);
                told.or_nothing(looked.map(drop))?;
            }
            let (contracts, events, findings) = told.or_nothing(self.contract_findings())?;
            report.contracts = contracts;
            report.events += events;
            report.findings.extend(findings);
        }
        if wants == Wants::Leaves {
            leaves.extend(told.or_nothing(self.present_of_contracts())?);
            let (checkpoints, findings) = told.or_nothing(self.checkpoint_findings(&Leaves::new(leaves), trust))?;
            report.checkpoints = checkpoints;
            report.findings.extend(findings);
        }
        told.broken(unknown)?;
        report.findings.extend(told.found);
        report.findings.sort_by(|a, b| (&a.path, a.line, a.code).cmp(&(&b.path, b.line, b.code)));
        report.findings.dedup_by(|one, before| told::says_again(one, before));
        Ok(report)
    }

    /// Says that signatures were not held against anyone.
    fn unchecked(&self, count: usize) -> Option<Finding> {
        let approvals =
            if count == 1 { "1 signed approval was".to_owned() } else { format!("{count} signed approvals were") };
        (count > 0).then(|| Finding {
            code: "signature-unchecked",
            severity: Severity::Note,
            id: None,
            path: self.store.signers_place(SignersFile::Allowed),
            line: None,
            what: format!("there is no such file: {approvals} not checked against anyone"),
            fix: "name those whose signatures count in it, or in another file: --signers FILE".to_owned(),
        })
    }

    /// Judges requests, on as many cores as there are; answers in their order. `progress` is told how many are done.
    fn judge_all(
        &self,
        ids: &[RequestId],
        look: Look<'_>,
        progress: &(dyn Fn(usize) + Sync),
    ) -> Vec<Result<Judged, AppError>> {
        let done = std::sync::atomic::AtomicUsize::new(0);
        let share = ids.len().div_ceil(threads()).max(1);
        let some = |part: &[RequestId]| -> Vec<Result<Judged, AppError>> {
            let one = |id: &RequestId| {
                let judged = self.judge_request(*id, look);
                progress(done.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1);
                judged
            };
            part.iter().map(one).collect()
        };
        std::thread::scope(|scope| {
            let workers: Vec<_> = ids.chunks(share).map(|part| scope.spawn(move || some(part))).collect();
            let died = |_| vec![Err(StoreError::Unwritable("a verifying thread died".into()).into())];
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_else(died)).collect()
        })
    }

    fn judge_request(&self, id: RequestId, look: Look<'_>) -> Result<Judged, AppError> {
        let found = self.store.inspect(id)?;
        let leaves = match look.wants {
            Wants::Leaves => leaves_of(id, &found),
            Wants::NoLeaves => Vec::new(),
        };
        let Inspected { history, faults, lines, packet: _ } = found;
        let restoring = self.world.restoring();
        let mut findings: Vec<Finding> = faults.into_iter().map(|fault| from_fault(fault, restoring)).collect();
        let Some(history) = history else { return Ok(Judged { findings, leaves, ..Judged::default() }) };
        let (packet_path, log_path) = self.store.places(id);
        let at = |hash: Hash| lines.get(&hash).copied();
        let log = |code, severity, line, what: String, fix: &str| Finding {
            code,
            severity,
            id: Some(id),
            path: log_path.clone(),
            line,
            what,
            fix: fix.to_owned(),
        };
        let is_asked = look.whole == Whole::Yes && findings.is_empty();
        let sketch = is_asked.then(|| (id, Sketch::of(&history, self.workflow, look.searched)));
        let known = look.unknown.workflow.is_none() && self.workflow.is_known_format();
        for illegality in if known { judge(&history, self.workflow) } else { Vec::new() } {
            let what = format!("event {}: {}", illegality.event.n, illegality.refusal);
            let line = at(illegality.event.hash);
            findings.push(match illegality.under {
                Under::Present if matches!(illegality.refusal, Refusal::WrongClaim(_)) => {
                    let fix = "find out how it was written; ledger show tells who holds the request";
                    log("claim-illegal", Severity::Violation, line, what, fix)
                }
                Under::Present => {
                    let fix = "find out how it was written; settle it with a new transition, or restore the log from git";
                    log("illegal-transition", Severity::Violation, line, what, fix)
                }
                Under::Earlier => {
                    let fix = "nothing: it was judged by an earlier coordination/workflow.json when it was written";
                    log("other-workflow", Severity::Note, line, what, fix)
                }
                Under::Unknown(named) => {
                    let what = format!("{what}; it says that workflow {named:?} allowed it, which is not known here");
                    let fix = format!(
                        "if that was coordination/workflow.json once, add {named:?} to its \"supersedes\"; if not, find out how it was written"
                    );
                    log("unknown-workflow", Severity::Violation, line, what, &fix)
                }
            });
        }
        for (code, hash, what) in clock_faults(history.graph(), look.now) {
            let fix =
                "on the machine that wrote it: timedatectl set-ntp true; order within a request does not depend on it";
            findings.push(log(code, Severity::Violation, at(hash), what, fix));
        }
        let forked = look.unknown.workflow.is_none().then(|| self.forked(&history)).flatten();
        if let Some(Status::Diverged(sides)) = forked.as_ref().map(|state| &state.status) {
            let states: Vec<String> = sides.iter().map(|side| format!("{} (v{})", side.state, side.event.n)).collect();
            let what = format!("two clones wrote at once and left it {}", states.join(" and "));
            let last = sides.iter().filter_map(|side| at(side.event.hash)).max();
            findings.push(log("diverged", Severity::Note, last, what, &Action::Resolve(sides.clone()).command(id)));
        }
        if let Some(Holding::Contested(claims)) = forked.as_ref().map(|state| state.claims.holding()) {
            let who: Vec<String> =
                claims.iter().map(|claim| format!("{} (v{})", claim.on.by, claim.on.event.n)).collect();
            let what = format!("two clones claimed it at once: {}", who.join(" and "));
            let last = claims.iter().filter_map(|claim| at(claim.on.event.hash)).max();
            let fix = format!("one of them: ledger release {id}; or anybody: ledger claim {id} --steal --reason TEXT");
            findings.push(log("contested", Severity::Note, last, what, &fix));
        }
        for (last, what, fix) in self.key_conflicts(&history) {
            findings.push(log("key-twice", Severity::Note, at(last), what, &fix));
        }
        for (hash, what) in self.distinct_from_nothing(&history)? {
            let fix = "find out how it was written: the ledger writes it of a request that has another one's key";
            findings.push(log("distinct-from-nothing", Severity::Violation, at(hash), what, fix));
        }
        let packet = history.packet();
        if known && self.workflow.request_type(&packet.request_type).is_none() {
            findings.push(Finding {
                code: "unknown-type",
                severity: Severity::Violation,
                id: Some(id),
                path: packet_path,
                line: None,
                what: format!("the workflow has no request type {}", packet.request_type),
                fix: "add it to coordination/workflow.json".into(),
            });
        }
        let seen = Seen {
            id,
            uid: packet.uid,
            key: packet.key.clone(),
            refers_to: packet
                .dependencies
                .iter()
                .chain(&packet.parent)
                .copied()
                .chain(moves(history.events()).iter().map(|moved| moved.moved_to))
                .collect(),
            events: history.events().len(),
        };
        // What was signed names the ledger.
        let (signatures, unchecked) = match look.unknown.settings {
            None => self.approval_findings(&history, look.trust)?,
            Some(_) => (Vec::new(), 0),
        };
        let told = signatures.into_iter();
        findings.extend(told.map(|(code, severity, hash, what, fix)| log(code, severity, at(hash), what, &fix)));
        Ok(Judged { seen: Some(seen), sketch, findings, leaves, unchecked })
    }

    /// The event that a finding is about, where it is about one.
    pub(in crate::app) fn event_of(&self, finding: &Finding) -> Result<Option<Hash>, StoreError> {
        let (Some(id), Some(line)) = (finding.id, finding.line) else { return Ok(None) };
        let lines = self.store.inspect(id)?.lines;
        Ok(lines.into_iter().find(|(_, at)| *at == line).map(|(event, _)| event))
    }

    /// Where a request stands whose events form no chain: others can't have diverged, nor be contested.
    fn forked(&self, history: &History) -> Option<State> {
        let is_chain = history.heads().len() < 2 && history.events().iter().all(|event| event.parents().len() < 2);
        (!is_chain).then(|| State::replay(history, self.workflow))
    }

    /// What concerns several requests: identities, keys, references.
    fn across(&self, seen: &[Seen]) -> Result<Vec<Finding>, StoreError> {
        let mut findings = Vec::new();
        let mut find = |id: RequestId, (code, severity), what: String, fix: &str| {
            findings.push(Finding {
                code,
                severity,
                id: Some(id),
                path: self.store.places(id).0,
                line: None,
                what,
                fix: fix.to_owned(),
            });
        };
        let known: std::collections::HashSet<RequestId> = seen.iter().map(|one| one.id).collect();
        let mut uids: HashMap<uuid::Uuid, RequestId> = HashMap::new();
        let mut keys: BTreeMap<&Key, RequestId> = BTreeMap::new();
        for one in seen {
            if let Some(first) = uids.insert(one.uid, one.id) {
                find(
                    one.id,
                    ("uid-twice", Severity::Violation),
                    format!("it has the uid of {first}"),
                    "one of them is a copy: see which one git saw first",
                );
            }
            let first = one.key.as_ref().map(|key| *keys.entry(key).or_insert(one.id));
            if let Some(first) = first.filter(|first| *first != one.id)
                && self.is_unsettled(one.id)?
            {
                let what = format!("it is a duplicate of {first}, whose key it has: one intent was carried out twice");
                find(one.id, ("key-twice", Severity::Note), what, &Action::SettleDuplicate.command(one.id));
            }
            for other in one.refers_to.iter().filter(|other| !known.contains(other)) {
                let what = format!("it refers to {other}, which is not here or can't be read");
                find(
                    one.id,
                    ("dangling-reference", Severity::Violation),
                    what,
                    "bring the other request in, for example by git pull",
                );
            }
        }
        Ok(findings)
    }
}

type NumberAndHash = (u64, Hash);

/// Two events that were written with one key, the later one first.
pub(in crate::app) fn twice_keyed(graph: &Graph) -> Option<(NumberAndHash, NumberAndHash)> {
    let mut seen: BTreeMap<&Key, NumberAndHash> = BTreeMap::new();
    graph.events().iter().find_map(|event| {
        let this = (event.n(), event.hash());
        seen.insert(event.key()?, this).map(|first| (this, first))
    })
}

/// Clock readings that run behind a parent's, or far ahead of the wall clock.
pub(in crate::app) fn clock_faults(graph: &Graph, now: Timestamp) -> Vec<(&'static str, Hash, String)> {
    let clocks: HashMap<Hash, _> = graph.events().iter().map(|event| (event.hash(), event.clock())).collect();
    let mut faults = Vec::new();
    for event in graph.events() {
        let (n, clock) = (event.n(), event.clock());
        if event.parents().iter().filter_map(|parent| clocks.get(parent)).any(|parent| *parent >= clock) {
            faults.push((
                "clock-behind",
                event.hash(),
                format!("event {n}: its clock does not run ahead of its parents'"),
            ));
        }
        if clock.at > now.plus_ms(AHEAD_MS_MAX) {
            faults.push(("clock-ahead", event.hash(), format!("event {n}: {} is ahead of the clock here", clock.at)));
        }
    }
    faults
}

pub(in crate::app) fn from_fault(fault: Fault, restoring: &Restoring) -> Finding {
    let Fault { code, id, path, line, what } = fault;
    let request = id.map_or_else(|| "the contract".to_owned(), |id| id.to_string());
    let (severity, fix) = match code {
        _ if [CONFLICT_MARKER, CONVERTED].contains(&what.as_str()) => {
            (Severity::Damage, "ledger repair-merge".to_owned())
        }
        "tail-torn" if id.is_none() => (
            Severity::Violation,
            "ledger doctor --fix sets it aside; so does the next write to the contract".to_owned(),
        ),
        "tail-torn" => (
            Severity::Violation,
            format!("any write to {request} sets it aside: for example ledger note {request} --text recovered"),
        ),
        "tail-unfinished" => (Severity::Violation, format!("any write to {request} completes it")),
        "log-missing" => {
            let completed = || {
                format!(
                    "any write to it completes it, and so does the next ledger new: ledger note {request} --text resumed"
                )
            };
            (Severity::Violation, restoring.removed(&path).unwrap_or_else(completed))
        }
        "batch-unfinished" => (Severity::Violation, "the next write, to whichever request, completes it".to_owned()),
        NUMBER_TWICE => (Severity::Damage, format!("say which of them keeps it: ledger resolve-id {request}")),
        "not-of-schema" => (
            Severity::Violation,
            "see what wrote it: ledger schema packet and ledger schema event tell the shapes".into(),
        ),
        "stray" => (Severity::Violation, format!("mv -n {} .", quoted(&path))),
        told::LOCAL_UNUSABLE => (Severity::Violation, "ledger doctor --fix".to_owned()),
        "not-readable" => {
            (Severity::Violation, format!("give yourself leave to read it: chmod u+rX {}", quoted(&path)))
        }
        _ => (Severity::Damage, restoring.newest(&path)),
    };
    Finding { code, severity, id, path, line, what, fix }
}
