//! Looking at one request, now or as it was.

use super::claim::ClaimsSeen;
use super::contract::guard::Closeness;
use super::{AppError, Ledger};
use crate::contract::Resources;
use crate::domain::duplicate::{Settled, duplicate_of};
use crate::domain::event::{Body, Event};
use crate::domain::history::History;
use crate::domain::id::{Actor, RequestId};
use crate::domain::keyed::Keyed;
use crate::domain::outlook::{Expectation, Open, expectation, open};
use crate::domain::packet::Packet;
use crate::domain::state::State;
use crate::domain::time::Timestamp;
use crate::index::Entry;
use crate::store::{Budget, Records};

/// As of when something is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum AsOf {
    /// Now.
    #[default]
    Now,
    /// A moment, by the hybrid clock.
    Time(Timestamp),
    /// A version.
    Version(u64),
}

/// A request that another one waits for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dependency {
    /// Which.
    pub id: RequestId,
    /// Where it stands; `None` if it is not here or can't be read.
    pub state: Option<String>,
    /// Whether it holds nothing up any more.
    pub settled: bool,
    /// The first request with its key, where that is another one and nobody said that they differ.
    pub duplicate_of: Option<RequestId>,
    /// Whether events of it with one key say different things, and nobody said yet which holds.
    pub key_conflict: bool,
}

/// Everything there is to see of a request.
#[derive(Clone, PartialEq, Debug)]
pub struct View {
    /// The packet and its events as of then.
    pub history: History,
    /// What they add up to.
    pub state: State,
    /// The moment at which it is looked at.
    pub at: Timestamp,
    /// Who has claimed it.
    pub claim: Option<ClaimsSeen>,
    /// The first request with its key, where it is a duplicate of that, and whether that is settled.
    pub duplicate: Option<(RequestId, Settled)>,
    /// Which of its events do not count, and why.
    pub keyed: Keyed,
    /// What it depends on.
    pub dependencies: Vec<Dependency>,
    /// What is open from here.
    pub open: Vec<Open>,
    /// Who is expected to act.
    pub expectation: Option<Expectation>,
}

impl View {
    /// When it was made at its source, where it was taken over from elsewhere.
    #[must_use]
    pub fn occurred_at(&self) -> Option<Timestamp> {
        let made = |event: &&Event| matches!(event.body(), Body::Created(_));
        self.history.events().iter().find(made).and_then(Event::occurred_at)
    }
}

impl Ledger<'_> {
    /// Looks at a request. `by` is whose possibilities are told.
    ///
    /// # Errors
    /// [`AppError::NotFound`]; [`AppError::NotThen`] for a moment before it was made or a version that it does not
    /// have; or failed machinery.
    pub fn show(&self, records: &dyn Records, id: RequestId, as_of: AsOf, by: &Actor) -> Result<View, AppError> {
        let now = records.history(id)?.ok_or_else(|| AppError::NotFound { name: id.to_string(), suggestion: None })?;
        let history = match as_of {
            AsOf::Now => now,
            AsOf::Time(at) => {
                let then = now.at_time(at);
                if then.events().is_empty() && now.packet().created_at > at {
                    let what = format!("was made at {}, after {at}", now.packet().created_at);
                    return Err(AppError::NotThen { id, what });
                }
                then
            }
            AsOf::Version(version) if version > now.version() => {
                let what = format!("has no version {version} yet: it is at version {}", now.version());
                return Err(AppError::NotThen { id, what });
            }
            AsOf::Version(version) => now.at_version(version),
        };
        self.view(records, history, as_of, by)
    }

    /// What there is to see in a history that was just read or written.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn view(&self, records: &dyn Records, history: History, as_of: AsOf, by: &Actor) -> Result<View, AppError> {
        let packet = history.packet();
        let worthless = self.worthless_or_plainly_so(&history, &Budget::endless());
        let signatures = self.settings.approvals.signatures;
        let state = State::replay(&history, self.workflow).under(packet, signatures, &worthless);
        let contract_check =
            self.contract_check(packet, Closeness::OnRecord, &Resources::default(), &Budget::endless());
        let now = match as_of {
            AsOf::Now => self.world.now(),
            AsOf::Time(at) => at,
            AsOf::Version(_) => Timestamp::from_unix_ms(0),
        };
        let duplicate = duplicate_of(&state, self.first_then(records, packet, as_of)?, self.workflow);
        let waits = duplicate.filter(|(_, settled)| *settled == Settled::No).map(|(first, _)| first);
        let moves = waits.is_none() && state.key_conflicts.is_empty();
        let open = if moves { open(&state, packet, self.workflow, by, &contract_check) } else { Vec::new() };
        let dependencies = packet.dependencies.iter().map(|id| self.dependency(records, *id, as_of));
        Ok(View {
            at: state.reckoned(now),
            claim: self.claims_of(history.packet().request_id, &state, now),
            dependencies: dependencies.collect::<Result<_, _>>()?,
            open,
            expectation: expectation(&state, packet, self.workflow, &contract_check, waits),
            duplicate,
            keyed: Keyed::of_all(&history),
            state,
            history,
        })
    }

    /// The first request with a packet's key, if it was there then.
    pub(super) fn first_then(
        &self,
        records: &dyn Records,
        packet: &Packet,
        as_of: AsOf,
    ) -> Result<Option<RequestId>, AppError> {
        let first = self.first_of_key(records, packet, &Budget::endless())?;
        let (Some(first), AsOf::Time(at)) = (first, as_of) else { return Ok(first) };
        match records.history(first) {
            Ok(history) => Ok(history.filter(|history| history.packet().created_at <= at).map(|_| first)),
            // When it was made nobody can tell; it is there now.
            Err(error) if error.is_of_files() => Ok(Some(first)),
            Err(other) => Err(other.into()),
        }
    }

    fn dependency(&self, records: &dyn Records, id: RequestId, as_of: AsOf) -> Result<Dependency, AppError> {
        let history = match records.history(id) {
            Ok(history) => history,
            Err(error) if error.is_of_files() => None,
            Err(other) => return Err(other.into()),
        };
        let then = history.map(|history| match as_of {
            AsOf::Time(at) => history.at_time(at),
            // A version counts one request's events and says nothing of another's.
            AsOf::Now | AsOf::Version(_) => history,
        });
        let Some(history) = then else {
            return Ok(Dependency { id, state: None, settled: false, duplicate_of: None, key_conflict: false });
        };
        let entry = Entry::of(&history, self.workflow);
        let first = if entry.distinct { None } else { self.first_then(records, history.packet(), as_of)? };
        Ok(Dependency {
            id,
            settled: entry.is_settled(self.workflow),
            duplicate_of: first,
            key_conflict: !entry.key_conflicts.is_empty(),
            state: Some(entry.state),
        })
    }
}
