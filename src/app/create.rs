//! Making a request.

use serde_json::{Map, Value};

use super::checks::FAULTS_MAX;
use super::error::DraftFault;
use super::near::{did_you_mean, nearest};
use super::write::{Effect, Novelty};
use super::{AppError, Ledger, Session};
use crate::domain::event::Event;
use crate::domain::history::History;
use crate::domain::id::{RequestId, RequestType, Stream};
use crate::domain::packet::{Draft, Packet};
use crate::domain::secret;
use crate::domain::time::DashedDay;
use crate::store::{Created, NewRequest, Records, StoreError};

/// A draft as it came in: the JSON of a packet without its identity.
#[derive(Clone, PartialEq, Debug)]
pub struct Incoming {
    /// The members.
    pub members: Map<String, Value>,
    /// When it happened at its source, where it was taken over from elsewhere.
    pub occurred_at: Option<String>,
    /// The number that it has already, where it was kept by hand before.
    pub id: Option<RequestId>,
}

/// The result of making a request.
#[derive(Clone, Debug)]
pub enum Made {
    /// It is there.
    Request {
        /// Its history when it was made.
        history: Box<History>,
        /// Whether it is new.
        novelty: Novelty,
    },
    /// A dry run: the packet that would be written, with a placeholder for its identity.
    Tried(Box<Packet>),
}

impl Ledger<'_> {
    /// Makes a request.
    ///
    /// # Errors
    /// [`AppError::BadDraft`] with everything that is wrong, [`AppError::KeyReused`], or failed machinery.
    pub fn create(
        &self,
        records: &dyn Records,
        incoming: Incoming,
        effect: Effect,
        session: &Session,
    ) -> Result<Made, AppError> {
        self.writable()?;
        let occurred_at = incoming.occurred_at.clone();
        let draft = self.draft(records, incoming.members, session)?;
        let mut found = secret::in_packet(draft.fields());
        found.extend(occurred_at.as_deref().and_then(|text| secret::in_text(text, "/occurred_at")));
        session.admit(found)?;
        if effect == Effect::DryRun {
            return self.try_create(records, draft, session);
        }
        let mut random = [0; 10];
        self.world.random(&mut random);
        let genesis = self.genesis(records, occurred_at, &session.budget)?;
        records.witness(Some(genesis.clock), &session.budget)?;
        let request = NewRequest { id: incoming.id, draft, created_at: genesis.clock.at, random, genesis };
        match records.create(&request, &session.budget)? {
            Created::New(packet, _) => {
                let hash = Packet::hash_of(&packet.to_bytes().map_err(StoreError::from)?);
                let first = Event::genesis(&packet, hash, &request.genesis).map_err(StoreError::from)?;
                let history = History::new(*packet, hash, vec![first]).map_err(StoreError::from)?;
                Ok(Made::Request { history: Box::new(history), novelty: Novelty::New })
            }
            Created::Existing(id) => self.existing(records, id, &request.draft),
            Created::Taken(id) => Err(AppError::IdTaken(id)),
            Created::Unknown(cause) => Err(AppError::Unknown { cause, key: request.draft.fields().key.clone() }),
        }
    }

    fn try_create(&self, records: &dyn Records, draft: Draft, session: &Session) -> Result<Made, AppError> {
        let key = draft.fields().key.as_ref();
        match key.map(|key| records.find(key, &session.budget)).transpose()?.flatten() {
            Some(id) => self.existing(records, id, &draft),
            None => {
                draft.fields().to_bytes()?;
                Ok(Made::Tried(Box::new(draft.fields().clone())))
            }
        }
    }

    fn existing(&self, records: &dyn Records, id: RequestId, draft: &Draft) -> Result<Made, AppError> {
        let history =
            records.history(id)?.ok_or_else(|| AppError::NotFound { name: id.to_string(), suggestion: None })?;
        if draft.fields().same_intent(history.packet()) {
            // The first answer was given when it had its first event and no other.
            let first = history.at_version(1);
            return Ok(Made::Request { history: Box::new(first), novelty: Novelty::Deduplicated });
        }
        match draft.fields().key.clone() {
            Some(key) => Err(AppError::KeyReused { key, stream: Stream::Request(id), event: None }),
            None => Err(StoreError::Unwritable(format!("{id} was answered for a request without a key")).into()),
        }
    }

    /// Checks a draft against everything that can be said of it before it is written.
    ///
    /// A packet's own rules are in the code and, in the same words, in the draft's schema; a test holds the two
    /// together. The code decides, since it is quick; what it refuses, the schema explains, all faults at once.
    fn draft(
        &self,
        records: &dyn Records,
        mut members: Map<String, Value>,
        session: &Session,
    ) -> Result<Draft, AppError> {
        tidy_labels(&mut members);
        let mut type_faults = self.type_faults(&members)?;
        type_faults.extend(self.contract_faults(&members)?);
        let dangling = self.resolve_references(records, &mut members, session)?;
        let refused = match Draft::from_json(members.clone(), &session.by) {
            Ok(draft) if type_faults.is_empty() && dangling.is_empty() => {
                return Ok(draft.at_least(self.settings.mode));
            }
            Ok(_) => None,
            Err(error) => Some(error),
        };
        let mut faults = Vec::new();
        if refused.is_some() {
            let day = day_fault(&members);
            faults = self.checks.draft_faults(self.world.draft_schema(), &Value::Object(members))?;
            faults.extend(day.filter(|fault| !faults.iter().any(|f| f.pointer == fault.pointer)));
        }
        // Which types there are says more than what a type's name looks like.
        faults.retain(|fault| {
            fault.pointer != "/request_type" || !type_faults.iter().any(|f| f.pointer == fault.pointer)
        });
        faults.extend(type_faults);
        faults.extend(dangling);
        faults.truncate(FAULTS_MAX);
        match refused {
            Some(error) if faults.is_empty() => Err(error.into()),
            Some(_) | None => Err(AppError::BadDraft(faults)),
        }
    }

    /// What the request's type demands: that the workflow knows it, its details' schema, a contract.
    fn type_faults(&self, members: &Map<String, Value>) -> Result<Vec<DraftFault>, AppError> {
        let Some(name) = members.get("request_type").and_then(Value::as_str) else { return Ok(Vec::new()) };
        let fault = |pointer: &str, what: String| DraftFault { pointer: pointer.to_owned(), what };
        let rule = name.parse::<RequestType>().ok().and_then(|name| self.workflow.request_type(&name));
        let Some(rule) = rule else {
            let known: Vec<&str> = self.workflow.types().iter().map(|rule| rule.name.as_str()).collect();
            let meant = did_you_mean(nearest(name, known.iter().copied()));
            let known = known.join(", ");
            let what = format!("{name:?} is not a request type of this ledger: expected one of {known}{meant}");
            return Ok(vec![fault("/request_type", what)]);
        };
        let mut faults = Vec::new();
        let names_one = members.get("contracts").and_then(Value::as_array).is_some_and(|list| !list.is_empty());
        if rule.names_contract && !names_one {
            faults
                .push(fault("/contracts", format!("a {name} request names at least one contract (--contract NAME@V)")));
        }
        let nothing = Value::Object(Map::new());
        let details = members.get("details").unwrap_or(&nothing);
        faults.extend(self.checks.details_faults(self.world, &rule.name, details)?);
        Ok(faults)
    }

    /// Replaces `key:K` and short forms by ids. What names no request is taken out and told as a fault.
    fn resolve_references(
        &self,
        records: &dyn Records,
        members: &mut Map<String, Value>,
        session: &Session,
    ) -> Result<Vec<DraftFault>, AppError> {
        let mut faults = Vec::new();
        let mut resolve = |value: &mut Value, pointer: String| -> Result<bool, AppError> {
            let Some(text) = value.as_str() else { return Ok(true) };
            match self.resolve(text, records, &session.budget) {
                Ok(id) => {
                    *value = Value::String(id.to_string());
                    Ok(true)
                }
                Err(error @ (AppError::NotFound { .. } | AppError::Ambiguous { .. } | AppError::Name(_))) => {
                    let near = if let AppError::NotFound { suggestion: Some(near), .. } = &error {
                        format!("; did you mean {near}?")
                    } else {
                        String::new()
                    };
                    faults.push(DraftFault { pointer, what: format!("{error}{near}") });
                    Ok(false)
                }
                Err(other) => Err(other),
            }
        };
        if let Some(list) = members.get_mut("dependencies").and_then(Value::as_array_mut) {
            let mut kept = Vec::with_capacity(list.len());
            for (place, mut value) in list.drain(..).enumerate() {
                if resolve(&mut value, format!("/dependencies/{place}"))? {
                    kept.push(value);
                }
            }
            *list = kept;
        }
        if let Some(parent) = members.get_mut("parent")
            && !resolve(parent, "/parent".to_owned())?
        {
            members.remove("parent");
        }
        Ok(faults)
    }
}

/// A day that the calendar does not have, which a pattern can't tell.
fn day_fault(members: &Map<String, Value>) -> Option<DraftFault> {
    let text = members.get("due")?.as_str()?;
    let what = text.parse::<DashedDay>().err()?.to_string();
    Some(DraftFault { pointer: "/due".to_owned(), what })
}

/// Blanks around labels, empty labels and doubles are dropped: other trackers let people leave them there.
fn tidy_labels(members: &mut Map<String, Value>) {
    let Some(labels) = members.get_mut("labels").and_then(Value::as_array_mut) else { return };
    let mut tidy: Vec<Value> = Vec::with_capacity(labels.len());
    for label in labels.drain(..) {
        let label = label.as_str().map_or(label.clone(), |text| Value::String(text.trim().to_owned()));
        if label.as_str() != Some("") && !tidy.contains(&label) {
            tidy.push(label);
        }
    }
    *labels = tidy;
}
