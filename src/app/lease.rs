//! Reserving numbers for work without a connection.

use std::collections::BTreeMap;

use super::sync::{SyncFailure, pauses, waited};
use super::write::Effect;
use super::{AppError, Ledger, Session};
use crate::domain::id::{RequestId, Writer};
use crate::domain::lease::{Lease, Leases};
use crate::domain::time::Day;
use crate::store::StoreError;
use crate::store::fs::FsStore;
use crate::sync::git::Git;
use crate::sync::lease::Shelf;
use crate::sync::remote::{Exchanged, Fetched, Pushed, Target};
use crate::sync::tree::Trees;

const DAY_MS: i64 = 24 * 60 * 60 * 1_000;

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// How many numbers a day are to be there for this clone.
    pub count: u32,
    /// For how many days, from today on.
    pub days: u32,
    /// On which remote.
    pub remote: Option<&'a str>,
    /// The branch that has the requests there.
    pub branch: Option<&'a str>,
    /// Whether to write.
    pub effect: Effect,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reserved {
    /// The remote.
    pub remote: String,
    /// What was reserved now.
    pub new: Vec<Lease>,
    /// How many numbers of each day this clone has reserved and not given away.
    pub left: BTreeMap<Day, u32>,
}

/// The numbers that are known to be reserved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Known {
    /// All leases.
    pub leases: Leases,
    /// This clone.
    pub writer: Writer,
    /// How many numbers of each day it has reserved and not given away.
    pub left: BTreeMap<Day, u32>,
}

impl Ledger<'_> {
    /// What is known here of numbers that are reserved.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn leases(&self, store: &FsStore) -> Result<Known, AppError> {
        let (leases, writer) = (store.leases(), self.store.writer()?);
        let left = self.left(&leases, &writer)?;
        Ok(Known { leases, writer, left })
    }

    /// Reserves numbers for this clone, so that as many as wanted are left of each day. Whoever publishes a request under
    /// one of them from another clone gives it another number first.
    ///
    /// # Errors
    /// [`AppError::Sync`] says what stands in the way.
    pub fn reserve(&self, store: &FsStore, order: &Order<'_>, session: &Session) -> Result<Reserved, AppError> {
        self.writable()?;
        let budget = &session.budget;
        let _alone = store.syncing(budget)?;
        let git = Git::open(store.layout().root(), budget).map_err(SyncFailure::from)?;
        let trees = Trees::new(&git, store);
        let target =
            Target::find(&git, order.remote, order.branch, &Exchanged::read(store)?).map_err(SyncFailure::from)?;
        let target = target.map_err(SyncFailure::NoTarget)?;
        let unreachable = |failure| SyncFailure::unreachable(&target, failure);
        let writer = self.store.writer()?;
        let (mut pauses, mut times) = (pauses(), 0);
        loop {
            let fetched = target.fetch(&git).map_err(unreachable)?;
            let shelf = Shelf::fetch(&git, &target.remote, self.settings.ledger_id).map_err(unreachable)?;
            let mut leases = shelf.leases(&git).map_err(SyncFailure::from)?;
            let mut new = Vec::new();
            for day in self.days(order.days) {
                let taken = self.taken(&trees, &fetched, day)?;
                let missing = order.count.saturating_sub(self.left(&leases, &writer)?.get(&day).copied().unwrap_or(0));
                if missing > 0 {
                    let by = (&writer, &session.by, self.world.now());
                    let lease = leases.reserve(day, missing, taken, by);
                    new.push(
                        lease.ok_or_else(|| StoreError::Unwritable(format!("{day} has not so many numbers left")))?,
                    );
                }
            }
            let reserved = Reserved { remote: target.remote.clone(), left: self.left(&leases, &writer)?, new };
            if order.effect == Effect::DryRun {
                return Ok(reserved);
            }
            if reserved.new.is_empty() {
                self.keep(store, leases)?;
                return Ok(reserved);
            }
            let commit = shelf.commit(&git, &leases, session.by.as_str()).map_err(SyncFailure::from)?;
            let pushed = shelf.push(&git, &commit);
            match pushed.map_err(|failure| SyncFailure::unreachable_push(&target, failure))? {
                Pushed::Done => {
                    self.keep(store, leases)?;
                    return Ok(reserved);
                }
                Pushed::Refused(why) => {
                    let target = Shelf::of(&target.remote, self.settings.ledger_id);
                    return Err(SyncFailure::Refused { target, why }.into());
                }
                Pushed::Overtaken(told) => {
                    times += 1;
                    if !waited(&mut pauses, budget) {
                        return Err(SyncFailure::Overtaken { target, times, told }.into());
                    }
                }
            }
        }
    }

    fn keep(&self, store: &FsStore, leases: Leases) -> Result<(), AppError> {
        let mut all = leases;
        all.absorb(store.leases());
        Ok(store.keep_leases(&all)?)
    }

    fn days(&self, count: u32) -> impl Iterator<Item = Day> {
        let now = self.world.now();
        (0..i64::from(count)).map(move |day| now.plus_ms(day * DAY_MS).day())
    }

    /// The largest number of a day that was given away, here or over there.
    fn taken(&self, trees: &Trees<'_>, fetched: &Fetched, day: Day) -> Result<u32, AppError> {
        let here = self.store.requests()?.into_iter().filter(|id| id.day() == day).map(RequestId::number).max();
        let there = match fetched {
            Fetched::At(commit) => trees.last_number(commit, day).map_err(SyncFailure::from)?,
            Fetched::Nothing => 0,
        };
        Ok(here.unwrap_or(0).max(there))
    }

    /// How many numbers of each day a clone has reserved and not given away; of days that are over nothing is given away
    /// any more.
    fn left(&self, leases: &Leases, writer: &Writer) -> Result<BTreeMap<Day, u32>, AppError> {
        let today = self.world.now().day();
        let mut left = BTreeMap::new();
        for lease in leases.all().iter().filter(|lease| lease.writer == *writer && lease.day >= today) {
            for id in (lease.from..=lease.to).filter_map(|number| RequestId::new(lease.day, number)) {
                if !self.store.contains(id)? {
                    *left.entry(lease.day).or_default() += 1;
                }
            }
        }
        Ok(left)
    }
}
