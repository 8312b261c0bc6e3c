//! Whether something may be put on a contract's record: from a state and a command to a body or a refusal.

use serde_json::Value;

use super::state::ContractState;
use crate::domain::body::ContractBody;
use crate::domain::compatibility::{Mode, Stage};
use crate::domain::contract_body::{FormatsSet, ModeSet, OfVersion, OwnerSet, Pinned, Unpinned, Waived};
use crate::domain::id::{ContractName, ContractRef, RepoId};
use crate::domain::time::{DashedDay, Day};

/// What is wanted of a contract that is there. Registering a version is no such command: it takes a comparison.
#[derive(Clone, PartialEq, Debug)]
pub enum ContractCommand {
    /// Another mode.
    SetMode(Mode),
    /// Another owner.
    SetOwner(RepoId),
    /// Whether formats are asserted.
    SetFormats(bool),
    /// A consumer says what it uses.
    Pin {
        /// The consumer.
        repo: RepoId,
        /// The version.
        version: u32,
        /// The part that it needs.
        needs: Option<Value>,
    },
    /// A consumer uses it no more.
    Unpin(RepoId),
    /// A version enters another stage.
    Enter(u32, Stage),
    /// A version may break.
    Waive(Waived),
}

/// What is to be done.
#[derive(Clone, PartialEq, Debug)]
pub enum Decision {
    /// This is to be put on record.
    Write(ContractBody),
    /// It is so already.
    Already,
}

/// A rule that forbids it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ContractRefusal {
    /// There is no such version.
    #[error("{name} has no version {version}")]
    NoVersion {
        /// The contract.
        name: ContractName,
        /// As asked for.
        version: u32,
        /// The newest that it has.
        newest: Option<u32>,
    },
    /// The version is out of use.
    #[error("{0} is retired")]
    Retired(ContractRef),
    /// The version's life does not go that way.
    #[error("{reference} is {from}: it can't become {to}")]
    Stage {
        /// The version.
        reference: ContractRef,
        /// Where it stands.
        from: Stage,
        /// The stage wanted.
        to: Stage,
    },
    /// Consumers still use the version.
    #[error("{reference} can't be retired: {} still {} it", list(.consumers), if .consumers.len() == 1 { "uses" } else { "use" })]
    InUse {
        /// The version.
        reference: ContractRef,
        /// Who uses it.
        consumers: Vec<RepoId>,
    },
    /// The consumer uses no version.
    #[error("{repo} is not pinned to {name}")]
    NotPinned {
        /// The contract.
        name: ContractName,
        /// The consumer.
        repo: RepoId,
        /// Who is.
        pinned: Vec<RepoId>,
    },
    /// A day that is over.
    #[error("a waiver until {0} would be over")]
    Over(DashedDay),
    /// A text or a schema that breaks a bound.
    #[error("{0}")]
    Text(String),
}

fn list(repos: &[RepoId]) -> String {
    repos.iter().map(RepoId::as_str).collect::<Vec<_>>().join(", ")
}

/// Decides a command.
///
/// # Errors
/// A [`ContractRefusal`] says which rule forbids it.
pub fn decide(state: &ContractState, command: &ContractCommand, today: Day) -> Result<Decision, ContractRefusal> {
    let write = |body: ContractBody| {
        body.check().map_err(ContractRefusal::Text)?;
        Ok(Decision::Write(body))
    };
    match command {
        ContractCommand::SetMode(mode) if *mode == state.mode && !in_conflict(state, "mode") => Ok(Decision::Already),
        ContractCommand::SetMode(mode) => write(ContractBody::ModeSet(ModeSet { mode: *mode })),
        ContractCommand::SetOwner(repo) if state.owner.as_ref() == Some(repo) && !in_conflict(state, "owner") => {
            Ok(Decision::Already)
        }
        ContractCommand::SetOwner(repo) => write(ContractBody::OwnerSet(OwnerSet { repo: repo.clone() })),
        ContractCommand::SetFormats(asserted) if *asserted == state.formats && !in_conflict(state, "formats") => {
            Ok(Decision::Already)
        }
        ContractCommand::SetFormats(asserted) => write(ContractBody::FormatsSet(FormatsSet { asserted: *asserted })),
        ContractCommand::Pin { repo, version, needs } => {
            if stage(state, *version)? == Stage::Retired {
                return Err(ContractRefusal::Retired(reference(state, *version)?));
            }
            let pin = state.pins.get(repo).filter(|pin| pin.version == *version && pin.needs == *needs);
            if pin.is_some() && !in_conflict(state, &format!("pin of {repo}")) {
                return Ok(Decision::Already);
            }
            write(ContractBody::Pinned(Pinned { repo: repo.clone(), version: *version, needs: needs.clone() }))
        }
        ContractCommand::Unpin(repo) if !state.pins.contains_key(repo) => Err(ContractRefusal::NotPinned {
            name: state.name.clone(),
            repo: repo.clone(),
            pinned: state.pins.keys().cloned().collect(),
        }),
        ContractCommand::Unpin(repo) => write(ContractBody::Unpinned(Unpinned { repo: repo.clone() })),
        ContractCommand::Enter(version, to) => enter(state, *version, *to),
        ContractCommand::Waive(waived) => {
            if waived.version != state.next() {
                stage(state, waived.version)?;
            }
            if waived.until.0 < today {
                return Err(ContractRefusal::Over(waived.until));
            }
            if state.waivers.iter().any(|waiver| waiver.waived == *waived) {
                return Ok(Decision::Already);
            }
            write(ContractBody::Waived(waived.clone()))
        }
    }
}

fn enter(state: &ContractState, version: u32, to: Stage) -> Result<Decision, ContractRefusal> {
    let from = stage(state, version)?;
    if from == to && !in_conflict(state, &format!("stage of v{version}")) {
        return Ok(Decision::Already);
    }
    let reference = reference(state, version)?;
    if from != to && !from.leads_to(to) {
        return Err(ContractRefusal::Stage { reference, from, to });
    }
    let of_version = OfVersion { version };
    Ok(Decision::Write(match to {
        Stage::Draft => return Err(ContractRefusal::Stage { reference, from, to }),
        Stage::Active => ContractBody::Activated(of_version),
        Stage::Deprecated => ContractBody::Deprecated(of_version),
        Stage::Retired => {
            let consumers: Vec<RepoId> = state.pinned_to(version).into_iter().cloned().collect();
            if !consumers.is_empty() {
                return Err(ContractRefusal::InUse { reference, consumers });
            }
            ContractBody::Retired(of_version)
        }
    }))
}

fn in_conflict(state: &ContractState, what: &str) -> bool {
    state.conflicts.iter().any(|conflict| conflict.what == what)
}

fn stage(state: &ContractState, version: u32) -> Result<Stage, ContractRefusal> {
    let known = state.versions.get(&version).map(|known| known.stage);
    known.ok_or_else(|| no_version(state, version))
}

fn reference(state: &ContractState, version: u32) -> Result<ContractRef, ContractRefusal> {
    ContractRef::new(state.name.clone(), version).ok_or_else(|| no_version(state, version))
}

fn no_version(state: &ContractState, version: u32) -> ContractRefusal {
    ContractRefusal::NoVersion { name: state.name.clone(), version, newest: state.newest() }
}

#[cfg(test)]
mod tests {
    use super::super::state::tests::{chain, pinned, registered};
    use super::*;

    fn today() -> Day {
        "20261120".parse().unwrap()
    }

    fn pin(repo: &str, version: u32) -> ContractCommand {
        ContractCommand::Pin { repo: repo.parse().unwrap(), version, needs: None }
    }

    #[test]
    fn what_is_so_already_is_not_written_again() {
        let state = chain(vec![registered(1), pinned("shop", 1)]);
        for command in [
            ContractCommand::SetMode(Mode::Full),
            ContractCommand::SetOwner("billing".parse().unwrap()),
            ContractCommand::SetFormats(false),
            pin("shop", 1),
        ] {
            assert_eq!(decide(&state, &command, today()), Ok(Decision::Already), "{command:?}");
        }
        assert!(matches!(decide(&state, &pin("web", 1), today()), Ok(Decision::Write(_))));
    }

    #[test]
    fn a_version_in_use_is_not_retired_and_a_retired_one_not_used() {
        let state = chain(vec![registered(1), pinned("shop", 1)]);
        let retire = ContractCommand::Enter(1, Stage::Retired);
        let error = decide(&state, &retire, today()).unwrap_err();
        assert_eq!(error.to_string(), "billing.invoice@1 can't be retired: shop still uses it");
        let unused = chain(vec![registered(1)]);
        let Ok(Decision::Write(retired)) = decide(&unused, &retire, today()) else { panic!("it is not in use") };
        let state = chain(vec![registered(1), retired]);
        assert!(matches!(decide(&state, &pin("shop", 1), today()), Err(ContractRefusal::Retired(_))));
        let back = ContractCommand::Enter(1, Stage::Active);
        assert!(matches!(decide(&state, &back, today()), Err(ContractRefusal::Stage { .. })));
    }

    #[test]
    fn a_waiver_is_for_a_version_that_is_there_or_next_and_ends_some_day() {
        let state = chain(vec![registered(1)]);
        let waive = |version, until: &str| {
            ContractCommand::Waive(Waived {
                version,
                request: "REQ-20261120-0001".parse().unwrap(),
                reason: "all have moved".into(),
                until: until.parse().unwrap(),
            })
        };
        for version in [1, 2] {
            assert!(matches!(decide(&state, &waive(version, "2026-11-20"), today()), Ok(Decision::Write(_))));
        }
        assert!(matches!(decide(&state, &waive(3, "2026-11-20"), today()), Err(ContractRefusal::NoVersion { .. })));
        assert!(matches!(decide(&state, &waive(2, "2026-11-19"), today()), Err(ContractRefusal::Over(_))));
    }
}
