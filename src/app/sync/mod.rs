//! Exchanging with other clones by way of git: what came in, what went out, and what nobody may decide but people.
//!
//! What stands in the work tree is the truth of this clone. It is joined with what the other side has, put in place here,
//! and published as one commit on top of what the other side has; if somebody was quicker, all of it again. Every step can
//! be cut short: whatever is left to do is found anew from what stands here and over there.

mod failure;
mod flow;
mod round;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::time::Duration;

use backon::BackoffBuilder;

pub use failure::SyncFailure;
pub use flow::{Flow, Touched};
use round::Round;

use super::list::{Keys, Query};
use super::verify::{Finding, Severity, Unknown};
use super::write::{Conditions, Effect};
use super::{AppError, Ledger, Session};
use crate::app::checkpoint::Trust;
use crate::domain::claim::{Claim, Holding};
use crate::domain::decide::{Command, Concede};
use crate::domain::history::History;
use crate::domain::id::{Actor, RequestId};
use crate::domain::keyed::KeyConflict;
use crate::domain::renumber::By;
use crate::domain::state::{State, Status};
use crate::domain::time::Hybrid;
use crate::domain::workflow::Workflow;
use crate::index::refresh::{Making, Memory, rebuild};
use crate::store::budget::Progress;
use crate::store::fs::FsStore;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::carry::{Carrier, Index};
use crate::store::{Budget, StoreError};
use crate::sync::git::{Git, GitFailure};
use crate::sync::giving_back::{GivenBack, Untaken};
use crate::sync::join::{Clash, Join, Joining, Renumbering, Take};
use crate::sync::publish::{Followed, Publisher};
use crate::sync::remote::{Branch, Exchanged, Fetched, NoTarget, Place, Pushed, Target};
use crate::sync::tree::{Compared, TreeError, Trees};
use crate::sync::unmerged;
use crate::sync::{lease, part};

/// A budget for an exchange where none was given: two minutes.
pub const SYNC_BUDGET: Duration = Duration::from_secs(120);
/// Up to how many requests are verified one by one; beyond, the whole ledger is.
const VERIFIED_MAX: usize = 1_000;
const FIRST_PAUSE: Duration = Duration::from_millis(20);
/// A round that has less time than this is not begun: a push that is cut short leaves nobody knowing what became of it.
const ROUND_MIN: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(2);

/// How long to wait after somebody else was quicker: jittered, so that clones that met once do not meet again.
pub(super) fn pauses() -> impl Iterator<Item = Duration> {
    backon::ExponentialBuilder::default()
        .with_min_delay(FIRST_PAUSE)
        .with_max_delay(LONGEST_PAUSE)
        .with_jitter()
        .without_max_times()
        .build()
}

/// Waits before another round; `false` at once if there is no time left for one.
pub(super) fn waited(pauses: &mut impl Iterator<Item = Duration>, budget: &Budget) -> bool {
    let pause = pauses.next().unwrap_or(LONGEST_PAUSE);
    let has_time = budget.left().is_none_or(|left| left > pause + ROUND_MIN);
    if has_time {
        std::thread::sleep(pause);
    }
    has_time
}

/// What is wanted of an exchange.
#[derive(Clone, Debug, Default)]
pub struct Order<'a> {
    /// With which remote.
    pub remote: Option<&'a str>,
    /// On which branch, or reference.
    pub branch: Option<&'a str>,
    /// Whose text of a file holds that people edit and both sides changed.
    pub take: Take,
    /// Whether to join what stands here with a remote that has lost something: it gets it back.
    pub restore: bool,
    /// Whether to write.
    pub effect: Effect,
}

/// What came of an exchange.
#[derive(Clone, Debug)]
pub struct Synced {
    /// With whom.
    pub target: Target,
    /// Whether the other side had the branch before.
    pub branch: Branch,
    /// What the other side has now.
    pub commit: Option<String>,
    /// What came in.
    pub incoming: Flow,
    /// What went out.
    pub outgoing: Flow,
    /// Requests that have another number now.
    pub renumbered: Vec<Renumbering>,
    /// Claims made here that others published first.
    pub conceded: Vec<Conceded>,
    /// Requests that came in and have diverged.
    pub diverged: Vec<RequestId>,
    /// Events with one key that say different things, of requests that came in.
    pub key_conflicts: Vec<(RequestId, KeyConflict)>,
    /// Requests that have the key of an earlier one, where one of the two came in or went out for the first time.
    pub duplicates: Vec<(RequestId, RequestId)>,
    /// What is wrong with what came in or went out.
    pub findings: Vec<Finding>,
    /// What a remote that gets back what it had does not have any more: it was not taken for what it is.
    pub untaken: Vec<Untaken>,
    /// Why the index is not up to date, where it is not.
    pub warning: Option<String>,
    /// How often somebody else was quicker.
    pub overtaken: usize,
    /// What became of the checked-out branch, where it has the ledger.
    pub followed: Option<Followed>,
}

/// A claim that was made here and given up, since somebody else published his first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Conceded {
    /// The request.
    pub id: RequestId,
    /// Whose claim it was.
    pub by: Actor,
    /// Who has it.
    pub to: Actor,
}

/// What somebody has to decide of requests.
#[derive(Default)]
struct Undecided {
    diverged: Vec<RequestId>,
    key_conflicts: Vec<(RequestId, KeyConflict)>,
}

/// What stands here once both sides are joined.
struct Joined {
    standing: String,
    incoming: Flow,
    outgoing: Flow,
    renumbered: Vec<Renumbering>,
    untaken: Vec<Untaken>,
    brought: usize,
}

impl Ledger<'_> {
    /// Exchanges with another clone.
    ///
    /// # Errors
    /// [`AppError::Sync`] says what stands in the way, and what was kept.
    pub fn sync(&self, store: &FsStore, order: &Order<'_>, session: &Session) -> Result<Synced, AppError> {
        self.writable()?;
        let budget = &session.budget;
        let _alone = store.syncing(budget)?;
        let git = Git::open(store.layout().root(), budget).map_err(SyncFailure::from)?;
        let trees = Trees::new(&git, store);
        let unmerged = unmerged::stages(store.layout().root())?;
        if !unmerged.is_empty() {
            return Err(AppError::Unmerged(unmerged.into_keys().collect()));
        }
        let target =
            Target::find(&git, order.remote, order.branch, &Exchanged::read(store)?).map_err(SyncFailure::from)?;
        let target = target.map_err(SyncFailure::NoTarget)?;
        if target.place == Place::CheckedOut && order.branch.is_none() && self.is_ignored(&git)? {
            return Err(SyncFailure::NoTarget(NoTarget::Ignored).into());
        }
        let (mut incoming, mut renumbered, mut conceded) = (Flow::default(), Vec::new(), Vec::new());
        let mut overtaken = 0;
        let mut pauses = pauses();
        loop {
            let fetched = target.fetch(&git).map_err(|failure| SyncFailure::unreachable(&target, failure))?;
            let seen = target.seen(store)?;
            let round =
                Round { git: &git, trees: &trees, store, target: &target, order, session, fetched: &fetched, seen };
            let mut joined = self.join(&round)?;
            incoming.add(std::mem::take(&mut joined.incoming));
            renumbered.append(&mut joined.renumbered);
            let given_up = self.give_up_claims(&round, &joined.outgoing)?;
            if !given_up.is_empty() {
                conceded.extend(given_up);
                let (brought, untaken) = (joined.brought, joined.untaken);
                joined = Joined { brought, untaken, ..self.join(&round)? };
                incoming.add(std::mem::take(&mut joined.incoming));
            }
            // Under what came in, if that is another one: those who wrote by it were right.
            let workflow = self.workflow_after(store, &incoming);
            let now = Ledger { workflow: &workflow, ..*self };
            let (warning, findings) = match order.effect {
                // What git brought in by itself counts too. What is committed of the index belongs to the files beside it.
                Effect::Write => {
                    (now.project(joined.brought.max(1), budget), now.verify_exchanged(&incoming, &joined.outgoing)?)
                }
                // What would be there is not.
                Effect::DryRun => (None, Vec::new()),
            };
            if let Some(finding) = now.first_of_ours(&findings, &incoming, &joined.outgoing)? {
                return Err(SyncFailure::Unsound(Box::new(finding.clone())).into());
            }
            let Undecided { diverged, key_conflicts } = now.undecided(&incoming)?;
            let mut synced = Synced {
                target: target.clone(),
                branch: fetched.branch(),
                commit: round.commit(),
                diverged,
                key_conflicts,
                duplicates: now.duplicates(&incoming, &joined.outgoing)?,
                incoming: incoming.clone(),
                outgoing: joined.outgoing,
                renumbered: renumbered.clone(),
                conceded: conceded.clone(),
                findings,
                untaken: joined.untaken,
                warning,
                overtaken,
                followed: None,
            };
            if order.effect == Effect::DryRun {
                return Ok(synced);
            }
            match self.publish(&round, &joined.standing, &mut synced)? {
                Pushed::Done => return Ok(synced),
                Pushed::Refused(why) => return Err(SyncFailure::Refused { target, why }.into()),
                Pushed::Overtaken(told) => {
                    overtaken += 1;
                    if !waited(&mut pauses, budget) {
                        return Err(SyncFailure::Overtaken { target, times: overtaken, told }.into());
                    }
                }
            }
        }
    }

    /// Whether git is told to ignore the ledger: then it is on a branch of its own, whatever is checked out.
    fn is_ignored(&self, git: &Git) -> Result<bool, AppError> {
        let asked = ["ls-files", "--others", "--ignored", "--exclude-standard", "--", "coordination/ledger.json"];
        Ok(!git.must(&asked).map_err(SyncFailure::from)?.out.is_empty())
    }

    /// Joins what stands here with what was fetched, and puts it in place here.
    fn join(&self, round: &Round<'_>) -> Result<Joined, AppError> {
        let Round { trees, store, order, .. } = round;
        let fail = |error: TreeError| AppError::from(SyncFailure::from(error));
        let theirs = round.theirs().map_err(fail)?;
        round.check_remote(&theirs)?;
        let GivenBack { tree: whole, untaken, lost } = round.given_back(&theirs).map_err(fail)?;
        let carrier = store.carry(&round.session.budget)?;
        let ours = trees.standing().map_err(fail)?;
        let Compared { unlike, odd } = trees.compare(&ours, &whole).map_err(fail)?;
        round.check_here(&ours)?;
        let clashes: Vec<Clash> = odd.into_iter().map(Clash::NoFile).chain(lost.into_iter().map(Clash::Lost)).collect();
        if !clashes.is_empty() {
            return Err(SyncFailure::Clash { target: round.target.clone(), clashes }.into());
        }
        let base = round.base().map_err(fail)?;
        let mut leases = store.leases();
        // What is no list of leases keeps nobody from exchanging.
        if let Ok(Some(theirs)) = lease::known(round.git, &round.target.remote, self.settings.ledger_id) {
            leases.absorb(theirs);
        }
        if order.effect == Effect::Write {
            store.keep_leases(&leases)?;
        }
        let joining = Joining {
            trees,
            store,
            carrier: &carrier,
            unlike: &unlike,
            base: base.as_deref(),
            take: order.take,
            leases: &leases,
        };
        let by = |histories: &[History]| self.renumberer(histories, &carrier, round.session);
        let join = joining.join(&by).map_err(fail)?;
        if !join.clashes.is_empty() {
            return Err(SyncFailure::Clash { target: round.target.clone(), clashes: join.clashes }.into());
        }
        let mut incoming = Flow::between(trees, &unlike).map_err(fail)?;
        incoming.replace(&join.renumbered, &unlike);
        // Where both sides have a file and ours holds, nothing comes in.
        let brought: BTreeSet<String> = join.bring.iter().map(|(file, _)| file.path()).collect();
        incoming.files.retain(|path| brought.contains(path));
        let standing = match order.effect {
            Effect::DryRun => ours,
            Effect::Write => {
                self.put_in_place(&join, &carrier, &incoming)?;
                if join.bring.is_empty() { ours } else { trees.standing().map_err(fail)? }
            }
        };
        let unlike = trees.unlike(&theirs, &standing).map_err(fail)?;
        let mut outgoing = Flow::between(trees, &unlike).map_err(fail)?;
        if order.effect == Effect::DryRun {
            outgoing.rename(&join.renumbered);
            outgoing.files.retain(|path| !brought.contains(path));
        }
        let brought = if order.effect == Effect::Write { join.bring.len() } else { 0 };
        Ok(Joined { standing, incoming, outgoing, renumbered: join.renumbered, untaken, brought })
    }

    /// Who gives requests other numbers, and when: after everything that is on record of them.
    pub(super) fn renumberer(
        &self,
        histories: &[History],
        carrier: &Carrier<'_>,
        session: &Session,
    ) -> Result<By, StoreError> {
        let newest = histories.iter().filter_map(History::clock).max();
        let seen = carrier.witness(None)?;
        let clock = Hybrid::after(self.world.now(), newest.max(seen));
        carrier.witness(Some(clock))?;
        Ok(By { clock, writer: self.store.writer()?, by: session.by.clone() })
    }

    fn put_in_place(&self, join: &Join, carrier: &Carrier<'_>, incoming: &Flow) -> Result<(), AppError> {
        if join.bring.is_empty() {
            return Ok(());
        }
        let index = if join.renumbered.is_empty() { Index::Kept } else { self.index_without_numbers()? };
        carrier.bring(&join.bring, join.together, &join.gone, index)?;
        if let Some(clock) = incoming.clock {
            carrier.witness(Some(clock))?;
        }
        Ok(())
    }

    /// What becomes of the index where numbers are given anew: one that remembers what is gone is the only one to tell of
    /// it; one that remembers no such thing would tell of these numbers.
    pub(super) fn index_without_numbers(&self) -> Result<Index, StoreError> {
        let made = rebuild(
            self.store,
            self.scope(),
            Making::FromCache,
            Memory::Kept(&|lost| self.are_elsewhere(lost)),
            &|_, _| {},
        )?;
        Ok(if made.forgotten.lost.is_empty() { Index::Forgotten } else { Index::Kept })
    }

    /// Gives up claims that were made here without knowledge of others' that are published: whoever published first has the
    /// request, and nobody is told otherwise.
    fn give_up_claims(&self, round: &Round<'_>, outgoing: &Flow) -> Result<Vec<Conceded>, AppError> {
        let mut conceded = Vec::new();
        let claimed = outgoing.requests.iter().filter(|(_, touched)| !touched.claims.is_empty());
        for (id, touched) in claimed.filter(|_| round.order.effect == Effect::Write) {
            let Some(history) = self.store.history(*id)? else { continue };
            let claims = State::replay(&history, self.workflow).claims;
            if !matches!(claims.holding(), Holding::Contested(_)) {
                continue;
            }
            let is_ours = |claim: &&Claim| touched.claims.contains(&claim.on.event.hash);
            let Some(first) = claims.all().iter().find(|claim| !is_ours(claim)) else { continue };
            for ours in claims.all().iter().filter(|claim| is_ours(claim) && claim.on.by != first.on.by) {
                let command =
                    Command::Concede(Concede { claim: ours.on.event.hash, lost_to: first.on.event.hash, reason: None });
                self.write(self.store, *id, &command, &Conditions::default(), round.session)?;
                conceded.push(Conceded { id: *id, by: ours.on.by.clone(), to: first.on.by.clone() });
            }
        }
        Ok(conceded)
    }

    /// What is wrong with the requests that came in or go out.
    fn verify_exchanged(&self, incoming: &Flow, outgoing: &Flow) -> Result<Vec<Finding>, AppError> {
        let ids: BTreeSet<RequestId> = incoming.requests.keys().chain(outgoing.requests.keys()).copied().collect();
        let mut findings = Vec::new();
        if ids.len() > VERIFIED_MAX {
            findings = self.verify(None, &Trust::default(), Unknown::default(), &self.progress())?.findings;
        } else {
            for id in &ids {
                findings.extend(self.verify(Some(*id), &Trust::default(), Unknown::default(), &|_, _| {})?.findings);
            }
        }
        findings.retain(|finding| finding.severity != Severity::Note && finding.id.is_some_and(|id| ids.contains(&id)));
        Ok(findings)
    }

    /// What is wrong with what would be published and is not so over there already.
    fn first_of_ours<'a>(
        &self,
        findings: &'a [Finding],
        incoming: &Flow,
        outgoing: &Flow,
    ) -> Result<Option<&'a Finding>, AppError> {
        for finding in findings {
            let Some(id) = finding.id else { continue };
            let Some(ours) = outgoing.requests.get(&id) else { continue };
            let is_ours = match self.event_of(finding)? {
                Some(event) => ours.added.contains(&event),
                None => ours.is_new || !incoming.requests.contains_key(&id),
            };
            if is_ours {
                return Ok(Some(finding));
            }
        }
        Ok(None)
    }

    /// The workflow that is in force once this has come in. One that can't be read is told by whoever goes by it.
    fn workflow_after(&self, store: &FsStore, incoming: &Flow) -> Cow<'_, Workflow> {
        let file = CarriedFile::Workflow;
        let came_in = || -> Option<Workflow> {
            let bytes = store.carried(&file).ok()??;
            Workflow::parse(std::str::from_utf8(&bytes).ok()?).ok()
        };
        match incoming.files.contains(&file.path()) {
            true => came_in().map_or(Cow::Borrowed(self.workflow), Cow::Owned),
            false => Cow::Borrowed(self.workflow),
        }
    }

    /// What somebody has to decide of the requests that came in.
    fn undecided(&self, incoming: &Flow) -> Result<Undecided, AppError> {
        let mut undecided = Undecided::default();
        for id in incoming.requests.keys() {
            let history = match self.store.history(*id) {
                Err(StoreError::Damaged { .. }) => None,
                other => other?,
            };
            // Of a chain each writer had seen everything.
            let is_no_chain =
                |history: &History| history.events().windows(2).any(|pair| pair[1].parents() != [pair[0].hash()]);
            let Some(history) = history.filter(is_no_chain) else { continue };
            let state = State::replay(&history, self.workflow);
            if matches!(state.status, Status::Diverged(_)) {
                undecided.diverged.push(*id);
            }
            undecided.key_conflicts.extend(state.key_conflicts.into_iter().map(|conflict| (*id, conflict)));
        }
        Ok(undecided)
    }

    /// The duplicates that this exchange makes known, each with the first request that has its key.
    fn duplicates(&self, incoming: &Flow, outgoing: &Flow) -> Result<Vec<(RequestId, RequestId)>, AppError> {
        let is_new = |id: &RequestId| {
            [incoming, outgoing].iter().any(|flow| flow.requests.get(id).is_some_and(|touched| touched.is_new))
        };
        if !incoming.requests.keys().chain(outgoing.requests.keys()).any(is_new) {
            return Ok(Vec::new());
        }
        let page = self.list(&Query { keys: Keys::Duplicate, ..Query::default() })?;
        let pairs = page.rows.iter().filter_map(|row| Some((row.id, row.entry.duplicate_of?)));
        Ok(pairs.filter(|(id, first)| is_new(id) || is_new(first)).collect())
    }

    /// Publishes what stands here, and brings the checked-out branch along.
    fn publish(&self, round: &Round<'_>, standing: &str, synced: &mut Synced) -> Result<Pushed, AppError> {
        let Round { git, trees, store, target, session, fetched, .. } = round;
        let fail = |error: TreeError| AppError::from(SyncFailure::from(error));
        let derived: &[&'static str] = if self.settings.track_index { &[part::INDEX, part::MATRIX] } else { &[] };
        let by = session.by.as_str();
        let publisher = Publisher { git, trees, by, derived };
        let message = synced.outgoing.message();
        let parent = self.parent(round)?;
        let commit = publisher.commit_on(parent.as_deref(), standing, &message).map_err(fail)?;
        let published = match (&commit, fetched) {
            (Some(commit), _) => Some(commit.clone()),
            (None, Fetched::At(commit)) => Some(commit.clone()),
            (None, Fetched::Nothing) => parent,
        };
        let Some(published) = published else { return Ok(Pushed::Done) };
        if **fetched != Fetched::At(published.clone()) {
            session.budget.set_progress(Progress::Writing);
            let pushed = target.push(git, &published, fetched);
            session.budget.set_progress(Progress::Settled);
            match pushed.map_err(|failure| SyncFailure::unreachable_push(target, failure))? {
                Pushed::Done => {}
                other @ (Pushed::Overtaken(_) | Pushed::Refused(_)) => return Ok(other),
            }
        }
        target.saw(git, store, &published).map_err(fail)?;
        if round.order.branch.is_some() {
            target.want(store)?;
        }
        synced.followed = match target.place {
            Place::CheckedOut => Some(publisher.follow(&published, standing, &message)),
            Place::Apart if publisher.is_tracked().map_err(fail)? => {
                Some(publisher.record(standing, &message).map(|()| Followed::Whole))
            }
            Place::Apart => None,
        }
        // It is published, and everything is in place here: what git can't do now the next exchange does.
        .map(|followed| followed.unwrap_or_else(not_followed));
        synced.commit = Some(published);
        Ok(Pushed::Done)
    }

    /// What a published commit is made on: what the other side has; where it has no such branch, what is checked out if
    /// that is the branch.
    fn parent(&self, round: &Round<'_>) -> Result<Option<String>, AppError> {
        match round.fetched {
            Fetched::At(commit) => Ok(Some(commit.clone())),
            Fetched::Nothing => {
                let head = match round.target.place {
                    Place::CheckedOut => round.git.commit("HEAD").map_err(SyncFailure::from)?,
                    Place::Apart => None,
                };
                let is_empty =
                    || round.target.is_empty(round.git).map_err(|failure| AppError::from(SyncFailure::from(failure)));
                if head.is_some() && round.order.branch.is_none() && !is_empty()? {
                    return Err(SyncFailure::NoBranch(round.target.clone()).into());
                }
                Ok(head)
            }
        }
    }
}

/// Why the checked-out branch stays where it was.
fn not_followed(error: TreeError) -> Followed {
    let why = error.to_string();
    match error {
        TreeError::Git(GitFailure::Locked { lock, .. }) => Followed::Locked { why, lock },
        TreeError::Git(_) | TreeError::Store(_) | TreeError::Unreadable { .. } => Followed::Not(why),
    }
}
