//! Use cases about contracts: register, settle who uses what, compare, gate.

pub mod add;
pub mod changes;
pub mod check;
pub mod guard;
pub mod judge;
pub mod matrix;
pub mod pins;
pub mod verify;
pub mod write;

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use super::{AppError, Ledger};
use crate::contract::schema::{self, external_references};
use crate::contract::state::ContractState;
use crate::contract::{Resources, gate};
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, ContractRef};
use crate::registry::{self, Shelf};
use crate::store::contracts::VERSION_BYTES_MAX;
use crate::store::{Budget, StoreError};
use crate::sync::restore::Restoring;

/// How long one answer about a pair of schemas may take.
pub const PAIR_MAX: std::time::Duration = std::time::Duration::from_secs(5);

/// What comparing takes.
#[derive(Clone, Copy)]
pub struct Comparing<'a> {
    /// Whom to ask.
    pub compare: gate::Compare<'a>,
    /// What references may reach, beside the registry.
    pub resources: &'a Resources,
    /// How long the command may take.
    pub budget: &'a Budget,
}

impl Comparing<'_> {
    /// Asks within the time that one answer may take.
    pub fn within(&self, ask: &mut dyn FnMut(&crate::contract::Limits<'_>)) {
        let budget = self.budget.at_most(PAIR_MAX);
        ask(&crate::contract::Limits { is_over: &|| budget.is_over() });
    }
}

/// A file that may become a version.
#[derive(Clone, PartialEq, Debug)]
pub struct Candidate {
    /// What it is called in messages.
    pub file: String,
    /// Its bytes, as they would be kept.
    pub text: String,
    /// The schema.
    pub schema: Value,
}

impl Candidate {
    /// Reads a schema. Whether it is one that can be registered is another question.
    ///
    /// # Errors
    /// [`AppError::BadSchema`].
    pub fn read(file: &str, text: String) -> Result<Self, AppError> {
        let bad = |faults| AppError::BadSchema { file: file.to_owned(), faults };
        if text.len() > VERSION_BYTES_MAX {
            let what = format!("it has {} bytes; the most is {VERSION_BYTES_MAX}", text.len());
            return Err(bad(vec![schema::SchemaFault { pointer: String::new(), what }]));
        }
        let schema = schema::read(&text).map_err(|fault| bad(vec![fault]))?;
        Ok(Self { file: file.to_owned(), text, schema })
    }

    /// Refuses what is no schema that can be registered.
    ///
    /// # Errors
    /// [`AppError::BadSchema`] with everything that is wrong.
    pub fn check(&self, resources: &Resources) -> Result<(), AppError> {
        let faults = schema::faults(&self.schema, resources);
        if faults.is_empty() { Ok(()) } else { Err(AppError::BadSchema { file: self.file.clone(), faults }) }
    }

    /// The identity that it would have.
    #[must_use]
    pub fn sha256(&self) -> Hash {
        Hash::of(&[self.text.as_bytes()])
    }
}

/// What to do where the file of a version that two clones registered is that of the registration which does not count.
#[must_use]
pub fn take_the_other(name: &ContractName, path: &Path, counts: &Hash, restoring: &Restoring) -> String {
    let (git, path) = (restoring.git(), restoring.word(path));
    format!(
        "keep a copy of it; {git} log --all --oneline -- {path} tells the commits with the other: {git} checkout COMMIT -- {path} \
         (its SHA-256 is {counts}); then ledger contract add {name} COPY"
    )
}

impl Ledger<'_> {
    /// The contract of this name.
    ///
    /// # Errors
    /// [`AppError::NoContract`] with what it may have been meant to be, damage, or failed machinery.
    pub fn contract(&self, name: &ContractName) -> Result<Shelf, AppError> {
        match self.contract_if_any(name)? {
            Some(shelf) => Ok(shelf),
            None => Err(AppError::NoContract { name: name.clone(), suggestion: self.near_contract(name)? }),
        }
    }

    /// The contract of this name, if there is one.
    ///
    /// # Errors
    /// Damage, or failed machinery.
    pub fn contract_if_any(&self, name: &ContractName) -> Result<Option<Shelf>, AppError> {
        Ok(registry::on_disk(self.store, name)?)
    }

    /// The contracts of these names; all where none is named.
    ///
    /// # Errors
    /// As [`Self::contract`].
    pub fn contracts(&self, names: &[ContractName]) -> Result<BTreeMap<ContractName, Shelf>, AppError> {
        let all = if names.is_empty() { self.store.contracts()? } else { names.to_vec() };
        all.into_iter().map(|name| self.contract(&name).map(|shelf| (name, shelf))).collect()
    }

    /// All contracts that can be read, and what is wrong with the others.
    ///
    /// # Errors
    /// Failed machinery; a damaged contract is part of the answer.
    pub fn all_contracts(&self) -> Result<(Vec<ContractState>, BTreeMap<ContractName, String>), AppError> {
        let (mut states, mut damaged) = (Vec::new(), BTreeMap::new());
        for name in self.store.contracts()? {
            match self.contract(&name) {
                Ok(shelf) => states.push(shelf.state),
                Err(error @ AppError::Store(StoreError::Damaged { .. })) => {
                    damaged.insert(name, error.to_string());
                }
                Err(error) => return Err(error),
            }
        }
        Ok((states, damaged))
    }

    fn near_contract(&self, name: &ContractName) -> Result<Option<ContractName>, AppError> {
        let known = self.store.contracts()?;
        let meant = super::near::nearest(name.as_str(), known.iter().map(ContractName::as_str));
        Ok(meant.and_then(|meant| meant.parse().ok()))
    }

    /// The schema of a version that was registered, from a file that was not changed since.
    ///
    /// # Errors
    /// The version is not there, or its file is not what was registered.
    pub fn version_schema(&self, shelf: &Shelf, version: u32) -> Result<Value, AppError> {
        let name = &shelf.state.name;
        let path = self.store.contract_place(name, Some(version));
        let damaged = |what: &str| AppError::from(StoreError::damaged(None, &path, None, what));
        let Some(known) = shelf.state.versions.get(&version) else {
            let newest = shelf.state.newest();
            return Err(
                crate::contract::decide::ContractRefusal::NoVersion { name: name.clone(), version, newest }.into()
            );
        };
        let bytes = shelf.files.get(&version).ok_or_else(|| damaged("the file of a registered version is missing"))?;
        let sha256 = Hash::of(&[bytes]);
        if known.others.contains(&sha256) {
            let (name, counts) = (name.clone(), known.registered.sha256);
            return Err(AppError::VersionTwice { name, version, path, counts });
        }
        if sha256 != known.registered.sha256 {
            return Err(damaged("the file of a registered version was changed"));
        }
        let text = std::str::from_utf8(bytes).map_err(|_| damaged("it is not UTF-8"))?;
        schema::read(text).map_err(|fault| damaged(&format!("{}: {}", fault.pointer, fault.what)))
    }

    /// The schema of a version by its reference.
    ///
    /// # Errors
    /// As [`Self::contract`] and [`Self::version_schema`].
    pub fn schema_at(&self, reference: &ContractRef) -> Result<(Shelf, Value), AppError> {
        let shelf = self.contract(reference.name())?;
        let schema = self.version_schema(&shelf, reference.version())?;
        Ok((shelf, schema))
    }

    /// Refuses a version on record that can't be read any more: a reference that led somewhere when it was registered
    /// may need what is not here now. Of one that keeps to itself that was found out then.
    ///
    /// # Errors
    /// [`AppError::BadSchema`] of the version, or failed machinery.
    pub(super) fn still_reads(&self, label: &str, schema: &Value, resources: &Resources) -> Result<(), AppError> {
        if external_references(schema).is_empty() {
            return Ok(());
        }
        let faults = schema::faults(schema, resources);
        if faults.is_empty() { Ok(()) } else { Err(AppError::BadSchema { file: label.to_owned(), faults }) }
    }

    /// What references of these schemas may reach: what was handed in, and the registry's own schemas by their `$id`,
    /// which are read only if something asks for more.
    ///
    /// # Errors
    /// Damage, or failed machinery.
    pub fn reachable(&self, schemas: &[&Value], given: &Resources) -> Result<Resources, AppError> {
        let mut resources = given.clone();
        let missing = |schema: &Value, resources: &Resources| {
            external_references(schema).iter().any(|address| resources.get(address).is_none())
        };
        if !schemas.iter().any(|schema| missing(schema, &resources)) {
            return Ok(resources);
        }
        for shelf in self.contracts(&[])?.values() {
            for version in shelf.state.versions.keys() {
                let Ok(schema) = self.version_schema(shelf, *version) else { continue };
                let address = schema.get("$id").and_then(Value::as_str).map(str::to_owned);
                if let Some(address) = address.filter(|address| resources.get(address).is_none()) {
                    resources.add(&address, schema);
                }
            }
        }
        Ok(resources)
    }
}
