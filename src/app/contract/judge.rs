//! Judging a candidate: against earlier versions by the mode, against what consumers use, and by what was waived.

use std::collections::BTreeMap;

use serde_json::Value;

use super::super::{AppError, Ledger};
use super::Comparing;
use crate::contract::gate::{self, Asking, Consumer, Held, Pair, Within};
use crate::contract::state::ContractState;
use crate::contract::waiver::{Plea, Waiving, waiving};
use crate::domain::compatibility::{Mode, OpenContent, Verdict};
use crate::domain::hash::Hash;
use crate::domain::history::History;
use crate::domain::id::{ContractRef, RepoId};
use crate::domain::state::State;
use crate::index::list::{Filter, list};
use crate::registry::Shelf;
use crate::store::Budget;

/// What is known of a candidate.
#[derive(Clone, PartialEq, Debug)]
pub struct Judged {
    /// The contract's version that it is, or would be.
    pub reference: ContractRef,
    /// By which mode.
    pub mode: Mode,
    /// Whether formats were asserted.
    pub formats: bool,
    /// What is assumed of members that are not declared.
    pub assumption: OpenContent,
    /// Against which versions, with which answers.
    pub pairs: Vec<Pair>,
    /// How the consumers fare: those that stated what they need; all of them where something does not hold by the mode.
    pub consumers: Vec<Consumer>,
    /// The requests that may waive it; only where something does not hold.
    pub waivings: Vec<Waiving>,
    /// Of what leave may be asked.
    pub leave: Leave,
}

/// What a request for leave to break would be about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Leave {
    /// The next version, from a file.
    Next,
    /// A version on record: what is compatible was settled anew since.
    Registered,
    /// No version: a schema in no registry was compared with.
    Nothing,
}

impl Leave {
    fn of(subject: Subject<'_>) -> Self {
        if subject.shelf.state.versions.contains_key(&subject.version) { Self::Registered } else { Self::Next }
    }
}

impl Judged {
    /// The verdict, waivers apart.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        gate::verdict(&self.pairs, &self.consumers, self.assumption)
    }

    /// The verdict by the mode alone, whatever consumers need.
    #[must_use]
    pub fn by_mode(&self) -> Verdict {
        gate::verdict(&self.pairs, &[], self.assumption)
    }

    /// The verdict if nothing were assumed of members that are not declared.
    #[must_use]
    pub fn strict_verdict(&self) -> Verdict {
        gate::verdict(&self.pairs, &self.consumers, OpenContent::Strict)
    }

    /// Whether the verdict would be another one without the assumption.
    #[must_use]
    pub fn assumed(&self) -> bool {
        self.verdict() != self.strict_verdict()
    }

    /// The waiver that lets it pass, if there is one.
    #[must_use]
    pub fn waiver(&self) -> Option<&Waiving> {
        self.waivings.iter().find(|waiving| waiving.holds())
    }

    /// Whether it passes: it is compatible, or was waived.
    #[must_use]
    pub fn passes(&self) -> bool {
        self.verdict() == Verdict::Compatible || self.waiver().is_some()
    }

    /// The consumers that a break touches, or may touch.
    pub fn touched(&self) -> impl Iterator<Item = &Consumer> {
        self.consumers.iter().filter(|consumer| consumer.verdict != Verdict::Compatible)
    }

    /// The versions against which it was held.
    #[must_use]
    pub fn against(&self) -> Vec<u32> {
        let mut against: Vec<u32> = self.pairs.iter().map(|pair| pair.against).collect();
        against.sort_unstable();
        against.dedup();
        against
    }
}

/// What is to be judged.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The contract.
    pub shelf: &'a Shelf,
    /// The number of the version.
    pub version: u32,
    /// Its schema.
    pub schema: &'a Value,
    /// The SHA-256 of its file.
    pub sha256: Hash,
}

impl Ledger<'_> {
    /// Judges a candidate.
    ///
    /// # Errors
    /// An earlier version whose file is not what was registered, or failed machinery.
    pub fn judge(&self, subject: Subject<'_>, comparing: Comparing<'_>) -> Result<Judged, AppError> {
        let mut judged = self.judge_itself(subject, comparing)?;
        if judged.verdict() != Verdict::Compatible {
            self.weigh(&mut judged, &subject.shelf.state, subject.sha256, &self.contract_requests()?);
        }
        Ok(judged)
    }

    /// Judges a candidate, without asking whether its break was waived.
    pub(super) fn judge_itself(&self, subject: Subject<'_>, comparing: Comparing<'_>) -> Result<Judged, AppError> {
        let schemas = self.standing_schemas(subject)?;
        let resources = self.resources_of(subject, &schemas, comparing)?;
        self.all_read(subject, &schemas, &resources)?;
        let held = self.held(subject, &schemas, &resources, comparing);
        let within = |ask: &mut dyn FnMut(&crate::contract::Limits<'_>)| comparing.within(ask);
        let pairs = held.pairs(&within);
        let state = &subject.shelf.state;
        let reference = ContractRef::new(state.name.clone(), subject.version)
            .ok_or_else(|| AppError::Usage(format!("{} has no room for another version", state.name)))?;
        let consumers = held.consumers(&pairs, &within);
        Ok(Judged {
            reference,
            mode: state.mode,
            formats: state.formats,
            assumption: self.settings.contract.open_content,
            pairs,
            consumers,
            waivings: Vec::new(),
            leave: Leave::of(subject),
        })
    }

    /// How the consumers fare whom these pairs touch, or who stated what they need.
    pub(super) fn consumers_of(
        &self,
        subject: Subject<'_>,
        pairs: &[Pair],
        comparing: Comparing<'_>,
    ) -> Result<Vec<Consumer>, AppError> {
        let schemas = self.standing_schemas(subject)?;
        let resources = self.resources_of(subject, &schemas, comparing)?;
        self.all_read(subject, &schemas, &resources)?;
        let within = |ask: &mut dyn FnMut(&crate::contract::Limits<'_>)| comparing.within(ask);
        Ok(self.held(subject, &schemas, &resources, comparing).consumers(pairs, &within))
    }

    /// How a version fares with each consumer, or with one.
    ///
    /// # Errors
    /// As [`Self::judge`].
    pub fn fare(
        &self,
        subject: Subject<'_>,
        comparing: Comparing<'_>,
        only: Option<&RepoId>,
    ) -> Result<Vec<Consumer>, AppError> {
        let schemas = self.standing_schemas(subject)?;
        let resources = self.resources_of(subject, &schemas, comparing)?;
        self.all_read(subject, &schemas, &resources)?;
        let held = self.held(subject, &schemas, &resources, comparing);
        let within = |ask: &mut dyn FnMut(&crate::contract::Limits<'_>)| comparing.within(ask);
        let pins = subject.shelf.state.pins.iter().filter(|(repo, _)| only.is_none_or(|only| only == *repo));
        Ok(pins.map(|(repo, pin)| held.consumer(repo, pin, &[], &within)).collect())
    }

    /// Refuses what can't be read of all that a question is about: there is no answer then, not even "not known".
    fn all_read(
        &self,
        subject: Subject<'_>,
        schemas: &BTreeMap<u32, Value>,
        resources: &crate::contract::Resources,
    ) -> Result<(), AppError> {
        let state = &subject.shelf.state;
        let versions = schemas.iter().map(|(version, schema)| (format!("{}@{version}", state.name), schema));
        let needs = state.pins.iter().filter_map(|(repo, pin)| {
            pin.needs.as_ref().map(|needs| (format!("what {repo} needs of {}", state.name), needs))
        });
        let own = (format!("{}@{}", state.name, subject.version), subject.schema);
        for (label, schema) in std::iter::once(own).chain(versions).chain(needs) {
            self.still_reads(&label, schema, resources)?;
        }
        Ok(())
    }

    fn resources_of(
        &self,
        subject: Subject<'_>,
        schemas: &BTreeMap<u32, Value>,
        comparing: Comparing<'_>,
    ) -> Result<crate::contract::Resources, AppError> {
        let needs = subject.shelf.state.pins.values().filter_map(|pin| pin.needs.as_ref());
        let all: Vec<&Value> = schemas.values().chain([subject.schema]).chain(needs).collect();
        self.reachable(&all, comparing.resources)
    }

    fn held<'b>(
        &self,
        subject: Subject<'b>,
        schemas: &'b BTreeMap<u32, Value>,
        resources: &'b crate::contract::Resources,
        comparing: Comparing<'b>,
    ) -> HeldParts<'b> {
        HeldParts {
            subject,
            schemas,
            assumption: self.settings.contract.open_content,
            asking: Asking { formats: subject.shelf.state.formats, resources },
            comparing,
        }
    }

    /// The schemas of the versions that count: those that are not retired, and those that consumers use.
    fn standing_schemas(&self, subject: Subject<'_>) -> Result<BTreeMap<u32, Value>, AppError> {
        let state = &subject.shelf.state;
        let wanted: std::collections::BTreeSet<u32> =
            state.earlier(subject.version).into_iter().chain(state.pins.values().map(|pin| pin.version)).collect();
        let known = wanted.into_iter().filter(|version| state.versions.contains_key(version));
        known.map(|version| Ok((version, self.version_schema(subject.shelf, version)?))).collect()
    }

    /// Says of a candidate that does not hold how far requests have got in waiving it.
    pub(super) fn weigh(&self, judged: &mut Judged, contract: &ContractState, content: Hash, requests: &[History]) {
        if judged.verdict() == Verdict::Compatible {
            return;
        }
        let today = self.world.now().day();
        let touched: Vec<RepoId> = judged.touched().map(|consumer| consumer.repo.clone()).collect();
        let version = judged.reference.version();
        let about = requests.iter().filter(|history| history.packet().contracts.contains(&judged.reference));
        let of = |history: &History| {
            let signatures = self.settings.approvals.signatures;
            let worthless = self.worthless_or_unknown(history, &Budget::endless());
            let state = State::replay(history, self.workflow).under(history.packet(), signatures, &worthless);
            let plea = Plea::of(history.packet().request_id, &state);
            waiving(&plea, contract, version, content, &touched, self.workflow, today)
        };
        judged.waivings = about.map(of).collect();
    }

    /// The requests of the types that change contracts.
    ///
    /// # Errors
    /// Failed machinery; a request that is damaged waives nothing.
    pub(super) fn contract_requests(&self) -> Result<Vec<History>, AppError> {
        let mut found = BTreeMap::new();
        for rule in self.workflow.types().iter().filter(|rule| rule.names_contract) {
            let filter = Filter { request_type: Some(rule.name.to_string()), ..Filter::default() };
            for (id, ..) in list(self.store, self.scope(), &filter, &self.progress())?.rows {
                found.extend(self.store.history(id)?.map(|history| (id, history)));
            }
        }
        Ok(found.into_values().collect())
    }
}

/// What a [`Held`] borrows from.
struct HeldParts<'a> {
    subject: Subject<'a>,
    schemas: &'a BTreeMap<u32, Value>,
    assumption: OpenContent,
    asking: Asking<'a>,
    comparing: Comparing<'a>,
}

impl HeldParts<'_> {
    fn with<T>(&self, use_it: impl FnOnce(Held<'_>) -> T) -> T {
        let Subject { shelf, version, schema, .. } = self.subject;
        use_it(Held {
            state: &shelf.state,
            version,
            candidate: schema,
            schema_of: &|version| self.schemas.get(&version),
            assumption: self.assumption,
            asking: self.asking,
            compare: self.comparing.compare,
        })
    }

    fn pairs(&self, within: Within<'_>) -> Vec<Pair> {
        self.with(|held| held.pairs(within))
    }

    fn consumers(&self, pairs: &[Pair], within: Within<'_>) -> Vec<Consumer> {
        self.with(|held| held.consumers(pairs, within))
    }

    fn consumer(
        &self,
        repo: &RepoId,
        pin: &crate::contract::state::Pin,
        pairs: &[Pair],
        within: Within<'_>,
    ) -> Consumer {
        self.with(|held| held.consumer(repo, pin, pairs, within))
    }
}
