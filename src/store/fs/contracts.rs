//! Contracts on disk: `schemas/contracts/NAME/vN.json`, each written once, and `events.jsonl` beside them.

use std::path::{Path, PathBuf};

use super::disk::Named;
use super::inspect;
use super::layout::{CONTRACT_LOG, version_of};
use super::{FsStore, io};
use crate::domain::graph::{Graph, Head};
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, Stream};
use crate::store::budget::Progress;
use crate::store::contracts::{Added, Addition, Contracts, InspectedContract, VERSION_BYTES_MAX};
use crate::store::fs::log::LOG_BYTES_MAX;
use crate::store::{Append, Budget, Fault, StoreError};

impl Contracts for FsStore {
    fn contracts(&self) -> Result<Vec<ContractName>, StoreError> {
        let mut names = Vec::new();
        for (path, name) in self.contract_entries()? {
            if let Some(name) = name
                && !self.is_empty_contract(&path, &name)?
            {
                names.push(name);
            }
        }
        Ok(names)
    }

    fn contract(&self, name: &ContractName) -> Result<Option<Graph>, StoreError> {
        if !self.has_contract_folder(name)? {
            return Ok(None);
        }
        let stream = Stream::Contract(name.clone());
        let path = self.layout.log_of(&stream);
        let Some((bytes, _)) = self.read(&path, LOG_BYTES_MAX)? else { return Ok(None) };
        let log = super::reading::parse_log(&stream, &path, &bytes)?;
        let graph = self.graph_from(&stream, log.events)?;
        // A registration that was taken back can leave an empty log.
        Ok(Some(graph).filter(|graph| !graph.events().is_empty()))
    }

    fn version_files(&self, name: &ContractName) -> Result<Vec<u32>, StoreError> {
        let folder = self.layout.contract(name);
        if !self.has_contract_folder(name)? {
            return Ok(Vec::new());
        }
        let names = self.files.names(&folder).map_err(io("list", &folder))?;
        let mut versions: Vec<u32> = names.iter().filter_map(|name| version_of(name)).collect();
        versions.sort_unstable();
        Ok(versions)
    }

    fn version_bytes(&self, name: &ContractName, version: u32) -> Result<Option<Vec<u8>>, StoreError> {
        if !self.has_contract_folder(name)? {
            return Ok(None);
        }
        let read = self.read(&self.layout.contract_version(name, version), VERSION_BYTES_MAX as u64)?;
        Ok(read.map(|(bytes, _)| bytes))
    }

    fn add_to_contract(
        &self,
        name: &ContractName,
        expected: &[Head],
        addition: Addition<'_>,
        budget: &Budget,
    ) -> Result<Added, StoreError> {
        let stream = Stream::Contract(name.clone());
        let _entered = self.enter(budget)?;
        let lock = self.lock_stream(&stream, budget)?;
        self.make_contract_folder(name)?;
        let open = self.open_stream(&stream, budget)?;
        let graph = open.recorded.graph();
        if graph.events().is_empty() {
            // Whoever made the folders may have been killed before their names were durable.
            self.sync_contract_folders()?;
        }
        let is_known = addition.event.key().is_some_and(|key| graph.with_key(key).is_some());
        let mut placed = None;
        if let Some((version, bytes)) = addition.version.filter(|_| !is_known && graph.heads() == expected) {
            let path = self.layout.contract_version(name, version);
            match self.name_once(&self.layout.contract(name), &path, bytes, budget)? {
                Named::Done => placed = Some(path),
                // A registration that was cut short; this one completes it.
                Named::Exists if self.is_there(&path, bytes)? => {}
                Named::Exists => return Ok(Added::Taken(path)),
            }
        }
        let synced = match addition.version {
            // The file's name must last before the event does.
            Some(_) => self.sync_contract(name),
            None => Ok(()),
        };
        let appended = synced
            .and_then(|()| self.append_locked(&stream, expected, addition.event, Some(open), (&lock.lock, budget)));
        if !matches!(appended, Ok(Append::Committed(_) | Append::Unknown(_))) {
            if let Err(undo) = self.take_version_back(placed) {
                // The same registration again completes it.
                budget.set_progress(Progress::Writing);
                let failed = appended.err().map(|error| format!("{error}; ")).unwrap_or_default();
                return Ok(Added::Appended(Append::Unknown(format!("{failed}taking the version back failed: {undo}"))));
            }
            budget.set_progress(Progress::Before);
        }
        appended.map(Added::Appended)
    }

    fn inspect_contract(&self, name: &ContractName) -> Result<InspectedContract, StoreError> {
        inspect::contract(self, name)
    }

    fn contract_strays(&self) -> Result<Vec<Fault>, StoreError> {
        let mut found = Vec::new();
        for (path, name) in self.contract_entries()? {
            let Some(_) = name else {
                found.push(inspect::stray(path));
                continue;
            };
            let mut names = self.files.names(&path).map_err(io("list", &path))?;
            names.sort_unstable();
            names.retain(|name| version_of(name).is_none() && name != CONTRACT_LOG);
            found.extend(names.iter().map(|name| inspect::stray(path.join(name))));
        }
        Ok(found)
    }

    fn root(&self) -> PathBuf {
        self.layout.root().to_owned()
    }

    fn contract_place(&self, name: &ContractName, version: Option<u32>) -> PathBuf {
        match version {
            Some(version) => self.layout.contract_version(name, version),
            None => self.layout.contract(name),
        }
    }
}

impl FsStore {
    /// What lies in the folder of the contracts, in order; with the name of a contract where it is a folder of one.
    fn contract_entries(&self) -> Result<Vec<(PathBuf, Option<ContractName>)>, StoreError> {
        let folder = self.layout.contracts();
        if !self.has_contracts_folder()? {
            return Ok(Vec::new());
        }
        let mut entries = Vec::new();
        for name in self.files.names(&folder).map_err(io("list", &folder))? {
            let path = folder.join(&name);
            let is_folder = self.files.is_folder(&path).map_err(io("look at", &path))?;
            entries.push((path, name.to_str().and_then(|name| name.parse().ok()).filter(|_| is_folder)));
        }
        entries.sort_unstable_by(|a, b| a.0.cmp(&b.0));
        Ok(entries)
    }

    /// Whether a contract's folder holds nothing but what a registration left that was taken back.
    fn is_empty_contract(&self, path: &Path, name: &ContractName) -> Result<bool, StoreError> {
        let log = path.join(CONTRACT_LOG);
        let has_log = self.files.facts(&log).map_err(io("look at", &log))?.is_some_and(|facts| facts.size > 0);
        Ok(!has_log && self.version_files(name)?.is_empty())
    }

    fn has_contracts_folder(&self) -> Result<bool, StoreError> {
        let folder = self.layout.contracts();
        let above = folder.parent().unwrap_or(&folder);
        Ok(self.check_folder(above)? && self.check_folder(&folder)?)
    }

    /// Whether a contract has a folder; one that is a link is refused.
    fn has_contract_folder(&self, name: &ContractName) -> Result<bool, StoreError> {
        Ok(self.has_contracts_folder()? && self.check_folder(&self.layout.contract(name))?)
    }

    fn make_contract_folder(&self, name: &ContractName) -> Result<(), StoreError> {
        let folder = self.layout.contract(name);
        let contracts = self.layout.contracts();
        let above = contracts.parent().unwrap_or(&contracts).to_owned();
        for path in [&above, &contracts, &folder] {
            if !self.check_folder(path)? {
                self.files.make_dir(path).map_err(io("make", path))?;
            }
        }
        Ok(())
    }

    /// Makes the names of the folders around a contract's durable.
    fn sync_contract_folders(&self) -> Result<(), StoreError> {
        let contracts = self.layout.contracts();
        let schemas = contracts.parent().unwrap_or(&contracts);
        [self.layout.root(), schemas, &contracts]
            .into_iter()
            .try_for_each(|folder| self.files.sync_dir(folder).map_err(io("sync", folder)))
    }

    /// Makes the names in a contract's folder durable.
    fn sync_contract(&self, name: &ContractName) -> Result<(), StoreError> {
        let folder = self.layout.contract(name);
        self.files.sync_dir(&folder).map_err(io("sync", &folder))
    }

    fn is_there(&self, path: &Path, bytes: &[u8]) -> Result<bool, StoreError> {
        Ok(self.read(path, VERSION_BYTES_MAX as u64)?.is_some_and(|(there, _)| there == bytes))
    }

    fn take_version_back(&self, placed: Option<PathBuf>) -> Result<(), StoreError> {
        let Some(path) = placed else { return Ok(()) };
        let folder = path.parent().unwrap_or(&path);
        self.files.remove(&path).map_err(io("remove", &path))?;
        self.files.sync_dir(folder).map_err(io("sync", folder))
    }

    /// The hash of a version's file, for looking at everything that is wrong.
    pub(super) fn version_hash(&self, name: &ContractName, version: u32) -> Result<Option<Hash>, StoreError> {
        Ok(self.version_bytes(name, version)?.map(|bytes| Hash::of(&[&bytes])))
    }
}
