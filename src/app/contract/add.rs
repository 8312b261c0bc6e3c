//! Registering a version: it must be a schema, and compatible by the contract's mode, or waived.

use super::super::write::{Effect, Novelty};
use super::super::{AppError, Ledger, Session};
use super::judge::{Judged, Subject};
use super::write::{ContractConditions, Tried, no_turn};
use super::{Candidate, Comparing};
use crate::contract::schema;
use crate::contract::state::ContractState;
use crate::domain::body::{Body, ContractBody};
use crate::domain::compatibility::Mode;
use crate::domain::contract_body::Registered;
use crate::domain::event::Event;
use crate::domain::graph::Graph;
use crate::domain::id::{ContractName, RepoId};
use crate::domain::secret;
use crate::registry::Shelf;
use crate::store::StoreError;

/// What is said of a contract when its first version is registered.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Founding {
    /// Its mode.
    pub mode: Option<Mode>,
    /// The repository that provides it.
    pub owner: Option<RepoId>,
    /// Whether formats are asserted.
    pub formats: bool,
}

/// What became of a registration.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// It is on record, or would be.
    Registered {
        /// What was known of it; what was compared is left out of an answer to a key that was seen before.
        judged: Option<Box<Judged>>,
        /// The event.
        event: Box<Event>,
        /// The version.
        version: u32,
        /// Whether it is new.
        novelty: Novelty,
    },
    /// The same content is a version already.
    Same {
        /// Which.
        version: u32,
    },
    /// It breaks something, or nobody can tell; nothing was written.
    Stopped(Box<Judged>),
}

impl Ledger<'_> {
    /// Registers a version.
    ///
    /// # Errors
    /// [`AppError::BadSchema`], another mode or owner than the contract has, or failed machinery. A break is an answer.
    pub fn add_version(
        &self,
        name: &ContractName,
        candidate: &Candidate,
        founding: &Founding,
        conditions: &ContractConditions,
        comparing: Comparing<'_>,
        session: &Session,
    ) -> Result<Outcome, AppError> {
        self.writable()?;
        let resources = self.reachable(&[&candidate.schema], comparing.resources)?;
        candidate.check(&resources)?;
        let in_file = secret::in_value(&candidate.schema);
        loop {
            let shelf = match self.contract_if_any(name)? {
                Some(shelf) => shelf,
                None => Shelf::new(
                    name,
                    Graph::of_contract(name, Vec::new()).map_err(StoreError::from)?,
                    Default::default(),
                ),
            };
            let first = conditions.key.as_ref().and_then(|key| shelf.graph.with_key(key));
            if let Some(first) = first {
                return self.registered_before(first, &shelf, candidate, conditions, session);
            }
            if let Some(version) = self.same_version(&shelf, candidate)? {
                return Ok(Outcome::Same { version });
            }
            let shelf = founded(shelf, founding)?;
            let version = shelf.state.next();
            let subject = Subject { shelf: &shelf, version, schema: &candidate.schema, sha256: candidate.sha256() };
            let judged = Box::new(self.judge(subject, comparing)?);
            if !judged.passes() {
                return Ok(Outcome::Stopped(judged));
            }
            let body = registered(&judged, candidate, &shelf.state);
            let event = self.seal_contract(name, &shelf.graph, body, conditions.key.clone(), &in_file, session)?;
            if conditions.effect == Effect::DryRun {
                let (event, judged) = (Box::new(event), Some(judged));
                return Ok(Outcome::Registered { judged, event, version, novelty: Novelty::Tried });
            }
            let file = Some((version, candidate.text.as_bytes()));
            match self.append_contract(name, &shelf.graph, event, file, session)? {
                Tried::Done(event) => {
                    return Ok(Outcome::Registered { judged: Some(judged), event, version, novelty: Novelty::New });
                }
                Tried::Again if session.budget.is_over() => return Err(no_turn(session, name)),
                Tried::Again => {}
            }
        }
    }

    /// The version that has this content, as JSON says it: the newest of several.
    ///
    /// # Errors
    /// A version whose file is not what was registered.
    pub fn same_version(&self, shelf: &Shelf, candidate: &Candidate) -> Result<Option<u32>, AppError> {
        let sha256 = candidate.sha256();
        for (version, known) in shelf.state.versions.iter().rev() {
            let same = known.registered.sha256 == sha256
                || shelf.files.get(version).is_some_and(|bytes| {
                    std::str::from_utf8(bytes).ok().and_then(|text| schema::read(text).ok()).as_ref()
                        == Some(&candidate.schema)
                });
            if same {
                // What is answered must be there.
                self.version_schema(shelf, *version)?;
                return Ok(Some(*version));
            }
        }
        Ok(None)
    }

    fn registered_before(
        &self,
        first: &Event,
        shelf: &Shelf,
        candidate: &Candidate,
        conditions: &ContractConditions,
        session: &Session,
    ) -> Result<Outcome, AppError> {
        let version = match first.body() {
            Body::Contract(ContractBody::Registered(registered)) => registered.version,
            Body::Contract(_)
            | Body::Created(_)
            | Body::Transitioned(_)
            | Body::Responded(_)
            | Body::Noted(_)
            | Body::EvidenceAdded(_)
            | Body::Approved(_)
            | Body::Resolved(_)
            | Body::Other(_) => return Err(self.key_reused(first, &shelf.graph)),
        };
        if self.version_schema(shelf, version)? != candidate.schema {
            return Err(self.key_reused(first, &shelf.graph));
        }
        if conditions.effect == Effect::Write {
            // Offered again, the store makes sure that it lasts: its first writer may have been killed before it knew.
            self.append_contract(&shelf.state.name, &shelf.graph, first.clone(), None, session)?;
        }
        let event = Box::new(first.clone());
        Ok(Outcome::Registered { judged: None, event, version, novelty: Novelty::Deduplicated })
    }
}

/// A contract with what is said of it at its founding; of one that is there nothing else may be said.
fn founded(mut shelf: Shelf, founding: &Founding) -> Result<Shelf, AppError> {
    let state = &mut shelf.state;
    let name = &state.name;
    if state.versions.is_empty() {
        state.mode = founding.mode.unwrap_or_default();
        state.owner = founding.owner.clone();
        state.formats = founding.formats;
        return Ok(shelf);
    }
    if let Some(mode) = founding.mode.filter(|mode| *mode != state.mode) {
        let has = state.mode;
        return Err(AppError::Usage(format!(
            "{name} has the mode {has}; to change it: ledger contract mode {name} {mode}"
        )));
    }
    if let Some(owner) = founding.owner.as_ref().filter(|owner| Some(*owner) != state.owner.as_ref()) {
        let has = state.owner.as_ref().map_or_else(|| "no owner".to_owned(), |has| format!("the owner {has}"));
        return Err(AppError::Usage(format!("{name} has {has}; to change it: ledger contract owner {name} {owner}")));
    }
    if founding.formats && !state.formats {
        let what = format!("{name} does not assert formats; to change it: ledger contract formats {name} on");
        return Err(AppError::Usage(what));
    }
    Ok(shelf)
}

fn registered(judged: &Judged, candidate: &Candidate, state: &ContractState) -> ContractBody {
    ContractBody::Registered(Registered {
        version: judged.reference.version(),
        sha256: candidate.sha256(),
        mode: judged.mode,
        verdict: judged.verdict(),
        against: judged.against(),
        open_content: judged.assumption,
        assumed: judged.assumed(),
        formats: judged.formats,
        waiver: judged.waiver().map(|waiving| waiving.request),
        owner: state.owner.clone().filter(|_| state.versions.is_empty()),
    })
}
