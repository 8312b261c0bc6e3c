//! Where requests meet contracts: a packet names a version that exists, and a change is verified once its check passes.

use serde_json::{Map, Value};

use super::super::error::DraftFault;
use super::super::{AppError, Ledger};
use super::Comparing;
use super::judge::{Judged, Subject};
use crate::contract::gate::Pair;
use crate::contract::{Resources, compare};
use crate::domain::compatibility::Verdict;
use crate::domain::hash::Hash;
use crate::domain::id::{ContractRef, RequestType};
use crate::domain::outlook::{ContractCheck, Unpassed};
use crate::domain::packet::Packet;
use crate::store::Budget;

/// How much of a witness is shown.
const SHOWN_CHARS_MAX: usize = 200;

/// How closely the contracts of a request are looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Closeness {
    /// By what is on record of their registration.
    OnRecord,
    /// By comparing them now.
    Compared,
}

impl Ledger<'_> {
    /// The contract versions that a draft names and that do not exist. A registry without contracts knows of none, and
    /// says nothing. A request that changes a contract may name its next version.
    pub(in crate::app) fn contract_faults(&self, members: &Map<String, Value>) -> Result<Vec<DraftFault>, AppError> {
        let named = members.get("contracts").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
        if named.is_empty() || self.store.contracts()?.is_empty() {
            return Ok(Vec::new());
        }
        let request_type = members.get("request_type").and_then(Value::as_str);
        let request_type = request_type.and_then(|name| name.parse::<RequestType>().ok());
        let rule = request_type.as_ref().and_then(|name| self.workflow.request_type(name));
        let may_be_next = rule.is_some_and(|rule| rule.names_contract);
        let mut faults = Vec::new();
        for (at, reference) in named.iter().enumerate() {
            // What is no reference at all is told with the packet's shape.
            let Some(reference) = reference.as_str().and_then(|text| text.parse::<ContractRef>().ok()) else {
                continue;
            };
            if let Some(what) = self.missing(&reference, may_be_next)? {
                faults.push(DraftFault { pointer: format!("/contracts/{at}"), what });
            }
        }
        Ok(faults)
    }

    fn missing(&self, reference: &ContractRef, may_be_next: bool) -> Result<Option<String>, AppError> {
        let (name, version) = (reference.name(), reference.version());
        let shelf = match self.contract(name) {
            Ok(shelf) => shelf,
            Err(AppError::NoContract { .. }) if may_be_next && version == 1 => return Ok(None),
            Err(AppError::NoContract { suggestion, .. }) => {
                let near = suggestion.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
                return Ok(Some(format!("there is no contract {name}{near}")));
            }
            Err(other) => return Err(other),
        };
        let state = &shelf.state;
        if state.versions.contains_key(&version) || (may_be_next && version == state.next()) {
            return Ok(None);
        }
        let newest = state.newest().map(|newest| format!("its newest is {name}@{newest}")).unwrap_or_default();
        let next = if may_be_next { format!(", the next would be {name}@{}", state.next()) } else { String::new() };
        Ok(Some(format!("there is no {reference}: {newest}{next}")))
    }

    /// Whether the contracts that a request names passed their check: each is registered as it was, and compatible by
    /// its mode or waived. What can't be read has not passed.
    #[must_use]
    pub fn contract_check(
        &self,
        packet: &Packet,
        closeness: Closeness,
        resources: &Resources,
        budget: &Budget,
    ) -> ContractCheck {
        let asks = self.workflow.request_type(&packet.request_type).is_some_and(|rule| rule.names_contract);
        if !asks || packet.contracts.is_empty() {
            return ContractCheck::NotPassed(Vec::new());
        }
        let unpassed = |reference: &ContractRef| {
            let why = match self.fails(reference, closeness, resources, budget) {
                Ok(why) => why?,
                Err(AppError::BadSchema { file, faults }) => {
                    let first = faults.first().map(|fault| format!(": {}: {}", fault.pointer, fault.what));
                    format!("{file} can't be read{}", first.unwrap_or_default())
                }
                Err(error) => error.to_string(),
            };
            Some(Unpassed { reference: reference.clone(), why })
        };
        let unpassed: Vec<Unpassed> = packet.contracts.iter().filter_map(unpassed).collect();
        if unpassed.is_empty() { ContractCheck::Passed } else { ContractCheck::NotPassed(unpassed) }
    }

    /// Why a version does not pass; `None` if it does.
    fn fails(
        &self,
        reference: &ContractRef,
        closeness: Closeness,
        resources: &Resources,
        budget: &Budget,
    ) -> Result<Option<String>, AppError> {
        let (shelf, schema) = self.schema_at(reference)?;
        let version = reference.version();
        let Some(known) = shelf.state.versions.get(&version) else {
            return Ok(Some("it is not registered".to_owned()));
        };
        match closeness {
            Closeness::OnRecord => {
                let verdict = known.registered.verdict;
                let passed = verdict == Verdict::Compatible || known.registered.waiver.is_some();
                Ok((!passed).then(|| format!("{verdict} when it was registered")))
            }
            Closeness::Compared => {
                let sha256: Hash = known.registered.sha256;
                let comparing = Comparing { compare: &compare, resources, budget };
                let judged = self.judge(Subject { shelf: &shelf, version, schema: &schema, sha256 }, comparing)?;
                Ok((!judged.passes()).then(|| why(&judged)))
            }
        }
    }
}

/// Why a version does not pass, in a few words.
fn why(judged: &Judged) -> String {
    let verdict = judged.verdict();
    let version = judged.reference.version();
    let fails = |pair: &&Pair| pair.both.verdict(judged.assumption) == verdict;
    if let Some(pair) = judged.pairs.iter().find(fails) {
        let shown = pair.both.under(judged.assumption).witness().map(|witness| cut(&format!(", shown by {witness}")));
        return format!("{verdict} with v{} ({}){}", pair.against, judged.mode, shown.unwrap_or_default());
    }
    let consumers = judged.touched().filter(|consumer| consumer.by_needs).map(|consumer| consumer.repo.as_str());
    format!("v{version} is {verdict} for what {} needs", consumers.collect::<Vec<_>>().join(", "))
}

/// As much of a text as has its place beside others.
fn cut(text: &str) -> String {
    match text.char_indices().nth(SHOWN_CHARS_MAX) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}
