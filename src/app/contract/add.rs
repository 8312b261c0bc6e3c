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

/// What a version weighs, before anything is written.
enum Weighed {
    /// Nothing is to be written.
    Settled(Outcome),
    /// It may be registered.
    Fits {
        /// What is known of it.
        judged: Box<Judged>,
        /// The number that it gets.
        version: u32,
        /// The event that would put it on record.
        event: Box<Event>,
    },
}

impl Ledger<'_> {
    /// The contract of this name, or one of which nothing is on record.
    ///
    /// # Errors
    /// Damage, or failed machinery.
    pub fn contract_or_new(&self, name: &ContractName) -> Result<Shelf, AppError> {
        if let Some(shelf) = self.contract_if_any(name)? {
            return Ok(shelf);
        }
        let graph = Graph::of_contract(name, Vec::new()).map_err(StoreError::from)?;
        Ok(Shelf::new(name, graph, Default::default()))
    }

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
        loop {
            let shelf = self.contract_or_new(name)?;
            let first = conditions.key.as_ref().and_then(|key| shelf.graph.with_key(key));
            if let Some(first) = first {
                return self.registered_before(first, &shelf, candidate, conditions, session);
            }
            let (judged, version, event) =
                match self.weighed(&shelf, candidate, founding, conditions, comparing, session)? {
                    Weighed::Settled(outcome) => return Ok(outcome),
                    Weighed::Fits { judged, version, event } => (judged, version, event),
                };
            let (judged, graph) = (Some(judged), &shelf.graph);
            if conditions.effect == Effect::DryRun {
                return Ok(Outcome::Registered { judged, event, version, novelty: Novelty::Tried });
            }
            let file = Some((version, candidate.text.as_bytes()));
            match self.append_contract(name, graph, *event, file, session)? {
                Tried::Done(event) => return Ok(Outcome::Registered { judged, event, version, novelty: Novelty::New }),
                Tried::Again if session.budget.is_over() => return Err(no_turn(session, name)),
                Tried::Again => {}
            }
        }
    }

    /// What would become of a version on a contract as it stands, and the contract with it. Nothing is written.
    ///
    /// # Errors
    /// As [`Self::add_version`].
    pub fn try_version(
        &self,
        shelf: Shelf,
        candidate: &Candidate,
        founding: &Founding,
        comparing: Comparing<'_>,
        session: &Session,
    ) -> Result<(Outcome, Shelf), AppError> {
        candidate.check(&self.reachable(&[&candidate.schema], comparing.resources)?)?;
        let conditions = ContractConditions { key: None, effect: Effect::DryRun };
        match self.weighed(&shelf, candidate, founding, &conditions, comparing, session)? {
            Weighed::Settled(outcome) => Ok((outcome, shelf)),
            Weighed::Fits { judged, version, event } => {
                let Shelf { mut graph, state, mut files } = shelf;
                graph.append((*event).clone()).map_err(StoreError::from)?;
                files.insert(version, candidate.text.clone().into_bytes());
                let outcome = Outcome::Registered { judged: Some(judged), event, version, novelty: Novelty::Tried };
                Ok((outcome, Shelf::new(&state.name, graph, files)))
            }
        }
    }

    /// Weighs a version by the contract as it stands.
    fn weighed(
        &self,
        shelf: &Shelf,
        candidate: &Candidate,
        founding: &Founding,
        conditions: &ContractConditions,
        comparing: Comparing<'_>,
        session: &Session,
    ) -> Result<Weighed, AppError> {
        // Whoever asks for another mode hears of it, whether or not the content is known.
        let shelf = &founded(shelf.clone(), founding)?;
        if let Some(version) = self.same_version(shelf, candidate)? {
            return Ok(Weighed::Settled(Outcome::Same { version }));
        }
        let version = shelf.state.next();
        let subject = Subject { shelf, version, schema: &candidate.schema, sha256: candidate.sha256() };
        let judged = Box::new(self.judge(subject, comparing)?);
        if !judged.passes() {
            return Ok(Weighed::Settled(Outcome::Stopped(judged)));
        }
        let body = registered(&judged, candidate, &shelf.state);
        let (name, key) = (&shelf.state.name, conditions.key.clone());
        let in_file = secret::in_value(&candidate.schema);
        let event = Box::new(self.seal_contract(name, &shelf.graph, body, key, &in_file, session)?);
        Ok(Weighed::Fits { judged, version, event })
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
            | Body::Renumbered(_)
            | Body::IdResolved(_)
            | Body::Claimed(_)
            | Body::Released(_)
            | Body::Distinct(_)
            | Body::KeyResolved(_)
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
