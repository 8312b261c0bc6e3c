//! Verifying contracts: is every version as it was registered, and does every step follow?

use std::path::PathBuf;

use super::super::verify::told::Told;
use super::super::verify::{Finding, Severity, clock_faults, from_fault, twice_keyed};
use super::super::{AppError, Ledger};
use crate::contract::decide::{ContractCommand, ContractRefusal, decide};
use crate::contract::state::ContractState;
use crate::domain::body::{Body, ContractBody};
use crate::domain::event::Event;
use crate::domain::graph::Graph;
use crate::domain::hash::Hash;
use crate::domain::id::ContractName;
use crate::domain::time::Timestamp;
use crate::store::contracts::InspectedContract;

impl Ledger<'_> {
    /// Everything that is wrong with the contracts; answers with how many there are and how many events they have.
    pub(in crate::app) fn contract_findings(&self) -> Result<(usize, usize, Vec<Finding>), AppError> {
        let names = self.store.contracts()?;
        let restoring = self.world.restoring();
        let mut told = Told::new(restoring);
        let mut findings = told.faults(self.store.contract_strays())?;
        let mut events = 0;
        for name in &names {
            let InspectedContract { graph, versions, faults, lines } =
                told.or_nothing(self.store.inspect_contract(name))?;
            findings.extend(faults.into_iter().map(|fault| from_fault(fault, restoring)));
            let Some(graph) = graph else { continue };
            events += graph.events().len();
            let state = ContractState::replay(name, &graph);
            findings.extend(self.version_findings(&state, &versions));
            let line = |hash: Hash| lines.get(&hash).copied();
            findings.extend(self.event_findings(name, &graph, &state, &line));
        }
        findings.append(&mut told.found);
        Ok((names.len(), events, findings))
    }

    /// The files of the versions against what was registered.
    fn version_findings(&self, state: &ContractState, files: &std::collections::BTreeMap<u32, Hash>) -> Vec<Finding> {
        let name = &state.name;
        let restoring = self.world.restoring();
        let finding = |code, severity, version: u32, what: String, fix: Option<String>| {
            let path = self.store.contract_place(name, Some(version));
            let fix = fix.unwrap_or_else(|| restoring.newest(&path));
            Finding { code, severity, id: None, path, line: None, what, fix }
        };
        let mut found = Vec::new();
        for (version, known) in &state.versions {
            let expected = known.registered.sha256;
            match files.get(version) {
                Some(hash) if *hash == expected || known.others.contains(hash) => {}
                Some(hash) => {
                    let what = format!(
                        "v{version} was changed after it was registered: its SHA-256 was {expected} and is {hash}"
                    );
                    found.push(finding("version-changed", Severity::Damage, *version, what, None));
                }
                None => {
                    let what = format!("v{version} was registered and has no file");
                    found.push(finding("version-missing", Severity::Damage, *version, what, None));
                }
            }
            // What was registered anew as another version is settled.
            let is_settled = |other: &Hash| state.versions.values().any(|version| version.registered.sha256 == *other);
            if let Some(other) = known.others.iter().find(|other| !is_settled(other)) {
                let what = format!(
                    "two clones registered different schemas as v{version}: the one with the SHA-256 {expected} counts, the \
                     one with {other} does not"
                );
                let path = self.store.contract_place(name, Some(*version));
                let fix = if files.get(version).is_some_and(|here| known.others.contains(here)) {
                    format!(
                        "the file here does not count: {}",
                        super::take_the_other(name, &path, &expected, restoring)
                    )
                } else {
                    let (git, path) = (restoring.git(), restoring.word(&path));
                    format!(
                        "the file here counts: register the other one anew; {git} log --all --oneline -- {path} tells the \
                         commits with it: {git} show COMMIT:./{path} > FILE; ledger contract add {name} FILE"
                    )
                };
                found.push(finding("version-twice", Severity::Violation, *version, what, Some(fix)));
            }
        }
        for version in files.keys().filter(|version| !state.versions.contains_key(version)) {
            let file = self.store.contract_place(name, Some(*version));
            let fix = format!("ledger contract add {name} {}, or move it away", file.display());
            let what = format!("v{version} has a file and is not on record");
            found.push(finding("version-unregistered", Severity::Violation, *version, what, Some(fix)));
        }
        let newest = state.newest().unwrap_or(0);
        for version in (1..newest).filter(|version| !state.versions.contains_key(version)) {
            let what = format!("v{version} is not on record, though a later one is");
            let log = self.store.contract_place(name, None).join("events.jsonl");
            found.push(finding("version-gap", Severity::Violation, version, what, Some(restoring.newest(&log))));
        }
        found
    }

    fn event_findings(
        &self,
        name: &ContractName,
        graph: &Graph,
        state: &ContractState,
        line: &dyn Fn(Hash) -> Option<usize>,
    ) -> Vec<Finding> {
        let path: PathBuf = self.store.contract_place(name, None).join("events.jsonl");
        let finding = |code, severity, hash: Hash, what: String, fix: &str| Finding {
            code,
            severity,
            id: None,
            path: path.clone(),
            line: line(hash),
            what,
            fix: fix.to_owned(),
        };
        let mut found = Vec::new();
        for (event, refusal) in illegal(name, graph) {
            let what = format!("event {}: {refusal}", event.n());
            let fix = "find out how it was written; settle it with a new event, or restore the log from git";
            found.push(finding("contract-illegal", Severity::Violation, event.hash(), what, fix));
        }
        let now: Timestamp = self.world.now();
        for (code, hash, what) in clock_faults(graph, now) {
            let fix =
                "on the machine that wrote it: timedatectl set-ntp true; order within a contract does not depend on it";
            found.push(finding(code, Severity::Violation, hash, what, fix));
        }
        if let Some((second, first)) = twice_keyed(graph) {
            let what = format!(
                "event {} ({}) has the key of event {} ({}): one intent was carried out twice",
                second.0,
                second.1.short(),
                first.0,
                first.1.short()
            );
            found.push(finding("key-twice", Severity::Violation, second.1, what, "see what both did"));
        }
        for conflict in &state.conflicts {
            let what = format!(
                "two clones said different things at once of its {}: event {} ({}) holds",
                conflict.what,
                conflict.holds.n,
                conflict.holds.hash.short()
            );
            let fix = "say it anew: the next word settles it";
            found.push(finding("contract-diverged", Severity::Note, conflict.other.hash, what, fix));
        }
        found
    }
}

/// The events that what their writers had seen would not have allowed. In a log that was written by one clone after the
/// other that is all that came before.
fn illegal<'a>(name: &ContractName, graph: &'a Graph) -> Vec<(&'a Event, ContractRefusal)> {
    let mut found = Vec::new();
    for event in graph.events() {
        let Body::Contract(body) = event.body() else { continue };
        let Some(command) = command_of(body) else { continue };
        let seen = ContractState::replay(name, &before(graph, event));
        // Days that were to come then may be over now.
        let then = event.clock().at.day();
        if let Err(refusal) = decide(&seen, &command, then) {
            found.push((event, refusal));
        }
    }
    found
}

/// What an event's writer had seen.
fn before(graph: &Graph, event: &Event) -> Graph {
    match event.parents() {
        [only] => graph.up_to(*only),
        _ => graph.at_version(event.n().saturating_sub(1)),
    }
}

/// What somebody wanted who wrote this; of a registration the rule is the comparison's.
fn command_of(body: &ContractBody) -> Option<ContractCommand> {
    match body {
        ContractBody::Pinned(pinned) => Some(ContractCommand::Pin {
            repo: pinned.repo.clone(),
            version: pinned.version,
            needs: pinned.needs.clone(),
        }),
        ContractBody::Waived(waived) => Some(ContractCommand::Waive(waived.clone())),
        ContractBody::Activated(_) | ContractBody::Deprecated(_) | ContractBody::Retired(_) => {
            body.stage().map(|(version, stage)| ContractCommand::Enter(version, stage))
        }
        ContractBody::Registered(_)
        | ContractBody::ModeSet(_)
        | ContractBody::OwnerSet(_)
        | ContractBody::FormatsSet(_)
        | ContractBody::Unpinned(_) => None,
    }
}
