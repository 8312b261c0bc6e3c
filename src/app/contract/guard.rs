//! Where requests meet contracts: a packet names a version that exists, and a change is verified once its check passes.

use serde_json::{Map, Value};

use super::super::error::DraftFault;
use super::super::{AppError, Ledger};
use super::Comparing;
use super::judge::Subject;
use crate::contract::{Resources, compare};
use crate::domain::compatibility::Verdict;
use crate::domain::hash::Hash;
use crate::domain::id::{ContractRef, RequestType};
use crate::domain::outlook::ContractCheck;
use crate::domain::packet::Packet;
use crate::store::Budget;

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
    pub fn contract_check(&self, packet: &Packet, closeness: Closeness, budget: &Budget) -> ContractCheck {
        let asks = self.workflow.request_type(&packet.request_type).is_some_and(|rule| rule.names_contract);
        let passed = |reference: &ContractRef| self.passed(reference, closeness, budget).unwrap_or(false);
        if asks && !packet.contracts.is_empty() && packet.contracts.iter().all(passed) {
            ContractCheck::Passed
        } else {
            ContractCheck::NotPassed
        }
    }

    fn passed(&self, reference: &ContractRef, closeness: Closeness, budget: &Budget) -> Result<bool, AppError> {
        let (shelf, schema) = self.schema_at(reference)?;
        let version = reference.version();
        let Some(known) = shelf.state.versions.get(&version) else { return Ok(false) };
        match closeness {
            Closeness::OnRecord => {
                Ok(known.registered.verdict == Verdict::Compatible || known.registered.waiver.is_some())
            }
            Closeness::Compared => {
                let sha256: Hash = known.registered.sha256;
                let resources = Resources::default();
                let comparing = Comparing { compare: &compare, resources: &resources, budget };
                Ok(self.judge(Subject { shelf: &shelf, version, schema: &schema, sha256 }, comparing)?.passes())
            }
        }
    }
}
