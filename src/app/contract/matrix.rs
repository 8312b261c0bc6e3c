//! Who can live with which version: providers, consumers, versions.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::super::{AppError, Ledger};
use super::Comparing;
use super::judge::Subject;
use crate::contract::gate::Consumer;
use crate::domain::FORMAT;
use crate::domain::compatibility::{Stage, Verdict};
use crate::domain::hash::Hash;
use crate::domain::id::{ContractName, ContractRef, RepoId};
use crate::registry::Shelf;
use crate::store::Derived;

/// How a consumer fares with the versions of a contract.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// The contract.
    pub contract: ContractName,
    /// The repository that provides it.
    pub provider: Option<RepoId>,
    /// The consumer; none where nobody is pinned to the contract.
    pub consumer: Option<RepoId>,
    /// The version that it uses.
    pub pinned: Option<u32>,
    /// How it fares with each version that is not retired; nothing where nobody is pinned.
    pub versions: BTreeMap<u32, Verdict>,
    /// Those of them of which it would be another answer if nothing were assumed of members that are not declared.
    pub assumed: BTreeSet<u32>,
    /// The versions that are not retired.
    pub standing: Vec<u32>,
}

impl Row {
    /// How the consumer fares with the newest version.
    #[must_use]
    pub fn compatibility(&self) -> &'static str {
        match (self.pinned, self.versions.values().next_back()) {
            (None, _) => "unpinned",
            (Some(_), Some(verdict)) => word(*verdict),
            (Some(_), None) => "unknown",
        }
    }

    /// The first and the last version of those around the pinned one with which the consumer is known to be compatible.
    #[must_use]
    pub fn range(&self) -> Option<(u32, u32)> {
        let pinned = self.pinned?;
        let fits = |version: &&u32| self.versions.get(version) == Some(&Verdict::Compatible);
        let known: Vec<u32> = self.versions.keys().copied().collect();
        let at = known.iter().position(|version| *version >= pinned)?;
        let up = known[at..].iter().take_while(fits).last();
        let down = known[..at].iter().rev().take_while(fits).last();
        let low = down.or(up.map(|_| &known[at]))?;
        Some((*low, *up.or(down)?))
    }
}

/// What a verdict is called in a matrix.
#[must_use]
pub fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Compatible => "compatible",
        Verdict::Breaking => "breaking",
        Verdict::Undecided => "unknown",
    }
}

/// A row as `compatibility_matrix.json` has it.
#[derive(Serialize)]
struct Entry<'a> {
    provider_repo_id: Option<&'a RepoId>,
    consumer_repo_id: Option<&'a RepoId>,
    contract_id: &'a ContractName,
    min_version: Option<u32>,
    max_version: Option<u32>,
    compatibility: &'static str,
}

#[derive(Serialize)]
struct File<'a> {
    format: u32,
    entries: Vec<Entry<'a>>,
}

/// The text of `compatibility_matrix.json`: the same contracts give the same bytes.
///
/// # Errors
/// Values that have no JSON form, which is a bug.
pub fn text(rows: &[Row]) -> Result<String, serde_json::Error> {
    let entry = |row: &'_ Row| -> (Option<u32>, Option<u32>) {
        match (row.pinned, row.range()) {
            (None, _) => (row.standing.first().copied(), row.standing.last().copied()),
            (Some(_), range) => (range.map(|(min, _)| min), range.map(|(_, max)| max)),
        }
    };
    let entries = rows.iter().map(|row| {
        let (min_version, max_version) = entry(row);
        Entry {
            provider_repo_id: row.provider.as_ref(),
            consumer_repo_id: row.consumer.as_ref(),
            contract_id: &row.contract,
            min_version,
            max_version,
            compatibility: row.compatibility(),
        }
    });
    Ok(serde_json::to_string_pretty(&File { format: FORMAT, entries: entries.collect() })? + "\n")
}

impl Ledger<'_> {
    /// The matrix of these contracts; of all where none is named.
    ///
    /// # Errors
    /// Whatever could not be read.
    pub fn matrix(&self, names: &[ContractName], comparing: Comparing<'_>) -> Result<Vec<Row>, AppError> {
        let shelves: Vec<Shelf> = self.contracts(names)?.into_values().collect();
        let rows = self.in_parallel(&shelves, |shelf| self.rows(shelf, comparing));
        Ok(rows.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
    }

    fn rows(&self, shelf: &Shelf, comparing: Comparing<'_>) -> Result<Vec<Row>, AppError> {
        let state = &shelf.state;
        let standing: Vec<u32> = state.standing().collect();
        let row = |consumer: Option<&RepoId>, pinned| Row {
            contract: state.name.clone(),
            provider: state.owner.clone(),
            consumer: consumer.cloned(),
            pinned,
            versions: BTreeMap::new(),
            assumed: BTreeSet::new(),
            standing: standing.clone(),
        };
        if state.pins.is_empty() {
            return Ok(vec![row(None, None)]);
        }
        let mut rows: BTreeMap<&RepoId, Row> =
            state.pins.iter().map(|(repo, pin)| (repo, row(Some(repo), Some(pin.version)))).collect();
        for version in &standing {
            let fares = match self.fare_with(shelf, *version, comparing, None) {
                // What can't be read is unknown, and the other contracts are not.
                Err(AppError::BadSchema { file, .. }) => {
                    let unread = |(repo, pin)| Consumer::unknown(repo, pin, format!("{file} can't be read"));
                    state.pins.iter().map(unread).collect()
                }
                fares => fares?,
            };
            for consumer in fares {
                if let Some(row) = rows.get_mut(&consumer.repo) {
                    row.versions.insert(*version, consumer.verdict);
                    row.assumed.extend(consumer.is_assumed().then_some(*version));
                }
            }
        }
        Ok(rows.into_values().collect())
    }

    fn fare_with(
        &self,
        shelf: &Shelf,
        version: u32,
        comparing: Comparing<'_>,
        only: Option<&RepoId>,
    ) -> Result<Vec<Consumer>, AppError> {
        let schema = self.version_schema(shelf, version)?;
        let sha256 = shelf.files.get(&version).map_or_else(|| Hash::of(&[]), |bytes| Hash::of(&[bytes]));
        self.fare(Subject { shelf, version, schema: &schema, sha256 }, comparing, only)
    }

    /// Whether a version can be deployed: how each consumer, or one, fares with it.
    ///
    /// # Errors
    /// No such version, no such consumer, or whatever could not be read.
    pub fn can_deploy(
        &self,
        reference: &ContractRef,
        only: Option<&RepoId>,
        comparing: Comparing<'_>,
    ) -> Result<(Stage, Vec<Consumer>), AppError> {
        let shelf = self.contract(reference.name())?;
        self.version_schema(&shelf, reference.version())?;
        let stage = shelf.state.versions.get(&reference.version()).map(|known| known.stage).unwrap_or_default();
        if let Some(repo) = only.filter(|repo| !shelf.state.pins.contains_key(*repo)) {
            let pinned = shelf.state.pins.keys().cloned().collect();
            let name = reference.name().clone();
            return Err(crate::contract::decide::ContractRefusal::NotPinned { name, repo: repo.clone(), pinned }.into());
        }
        Ok((stage, self.fare_with(&shelf, reference.version(), comparing, only)?))
    }

    /// Keeps the matrix of all contracts in `coordination/compatibility_matrix.json`. Says whether the file changed.
    ///
    /// # Errors
    /// Failed machinery; the old file is then still there.
    pub fn keep_matrix(&self, rows: &[Row]) -> Result<bool, AppError> {
        self.writable()?;
        let text = text(rows).map_err(|error| AppError::Usage(error.to_string()))?;
        if self.store.derived(Derived::Matrix)?.as_deref() == Some(text.as_bytes()) {
            return Ok(false);
        }
        self.store.replace_derived(Derived::Matrix, text.as_bytes())?;
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(pinned: u32, versions: &[(u32, Verdict)]) -> Row {
        Row {
            contract: "billing.invoice".parse().unwrap(),
            provider: None,
            consumer: Some("shop".parse().unwrap()),
            pinned: Some(pinned),
            versions: versions.iter().copied().collect(),
            assumed: BTreeSet::new(),
            standing: versions.iter().map(|(version, _)| *version).collect(),
        }
    }

    #[test]
    fn a_range_lies_around_the_pinned_version() {
        use Verdict::{Breaking, Compatible, Undecided};
        let range = |pinned, verdicts: &[Verdict]| {
            let versions: Vec<_> = (1..).zip(verdicts.iter().copied()).collect();
            row(pinned, &versions).range()
        };
        assert_eq!(range(2, &[Compatible, Compatible, Compatible]), Some((1, 3)));
        assert_eq!(range(2, &[Breaking, Compatible, Undecided, Compatible]), Some((2, 2)));
        assert_eq!(range(1, &[Compatible, Compatible, Breaking]), Some((1, 2)));
        assert_eq!(range(2, &[Breaking, Breaking, Breaking]), None);
    }

    #[test]
    fn the_newest_version_says_how_it_fares() {
        assert_eq!(row(1, &[(1, Verdict::Compatible), (2, Verdict::Breaking)]).compatibility(), "breaking");
        assert_eq!(Row { pinned: None, ..row(1, &[]) }.compatibility(), "unpinned");
        let text = text(&[row(1, &[(1, Verdict::Compatible), (2, Verdict::Breaking)])]).unwrap();
        let read: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read["entries"][0]["max_version"], 1);
        assert_eq!(read["entries"][0]["provider_repo_id"], serde_json::Value::Null);
    }
}
