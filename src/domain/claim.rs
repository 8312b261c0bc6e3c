//! Claims: who works on a request, and until when.
//!
//! A claim is in force from the event that made it until an event that had seen it ends it: a release that names it, or a
//! later claim that renews it or takes it over. Which claims are in force follows from the set of events alone. Time says
//! only whether the one in force is still worth anything: one that has expired may be taken over. It never says who was
//! first.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::hash::Hash;
use super::id::Actor;
use super::state::Record;
use super::time::{Timestamp, parse_duration_ms};

/// The most claims that one list of an event names.
pub const NAMED_MAX: usize = 1024;

/// For how long something is claimed: 1 minute to 30 days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term(i64);

impl Term {
    /// The shortest, in milliseconds.
    const MS_MIN: i64 = 60_000;
    /// The longest, in milliseconds.
    pub const MS_MAX: i64 = 30 * 86_400_000;
    /// The term where none is given: 30 minutes.
    pub const DEFAULT: Self = Self(30 * 60_000);

    /// Reads `30m`, `2h`, `3d`.
    ///
    /// # Errors
    /// Says what is expected.
    pub fn parse(text: &str) -> Result<Self, String> {
        let in_bounds = |ms: &i64| (Self::MS_MIN..=Self::MS_MAX).contains(ms);
        let expected = || format!("{text:?} is not a length of time from 1m to 30d, such as 30m or 2h");
        parse_duration_ms(text).filter(in_bounds).map(Self).ok_or_else(expected)
    }

    /// When it is over.
    #[must_use]
    pub fn after(self, at: Timestamp) -> Timestamp {
        at.plus_ms(self.0)
    }

    /// Whether a claim that was made at a moment can last until another.
    fn allows(at: Timestamp, until: Timestamp) -> bool {
        at < until && until <= Self(Self::MS_MAX).after(at)
    }
}

/// The `data` member of `CLAIMED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Claimed {
    /// When it expires.
    pub until: Timestamp,
    /// The claims of the same actor that it prolongs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub renews: Vec<Hash>,
    /// The claims of others that it takes over.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub takes: Vec<Hash>,
    /// Whether one of these had not expired.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub stolen: bool,
    /// Why it was taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Claimed {
    /// The claims that it ends.
    pub fn ended(&self) -> impl Iterator<Item = &Hash> {
        self.renews.iter().chain(&self.takes)
    }
}

/// The `data` member of `RELEASED`.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub struct Released {
    /// The claims that are given up.
    pub claims: Vec<Hash>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The claim of another clone that was published first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lost_to: Option<Hash>,
}

impl Claimed {
    /// Checks how many claims it names.
    pub(super) fn check(&self) -> Result<(), String> {
        [&self.renews, &self.takes].iter().try_for_each(|claims| check_named(claims))
    }
}

impl Released {
    /// Checks how many claims it names.
    pub(super) fn check(&self) -> Result<(), String> {
        if self.claims.is_empty() { Err("it releases nothing".to_owned()) } else { check_named(&self.claims) }
    }
}

fn check_named(claims: &[Hash]) -> Result<(), String> {
    let count = claims.len();
    if count <= NAMED_MAX { Ok(()) } else { Err(format!("it names {count} claims; the most is {NAMED_MAX}")) }
}

/// A wish to work on a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wish {
    /// For how long.
    pub term: Term,
    /// Why it is taken although others hold it, where it is to be.
    pub steal: Option<String>,
}

/// A claim in force.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Claim {
    /// Where and by whom it was made.
    pub on: Record,
    /// When it expires.
    pub until: Timestamp,
}

/// The claims of a request that are in force, in canonical order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Claims(Vec<Claim>);

/// Whether a claim has expired.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Expiry {
    /// It is still to come.
    Ahead,
    /// It is past.
    Past,
}

impl Expiry {
    /// Of a claim that lasts until a moment.
    #[must_use]
    pub fn of(until: Timestamp, now: Timestamp) -> Self {
        if until > now { Self::Ahead } else { Self::Past }
    }
}

/// Who holds a request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holding<'a> {
    /// Nobody has a claim.
    Free,
    /// One actor has; of several claims, made in several clones, this is the one that lasts longest.
    Held(&'a Claim),
    /// Several actors claimed it without knowledge of each other: of each the claim that lasts longest. Nobody holds it.
    Contested(Vec<&'a Claim>),
}

impl Claims {
    /// Takes an event that claims into account; `saw` tells what its writer had seen.
    pub(super) fn claimed(&mut self, claimed: &Claimed, on: &Record, saw: impl Fn(Hash) -> bool) {
        let ended: BTreeSet<&Hash> = claimed.ended().collect();
        self.end(&ended, saw);
        self.0.push(Claim { on: on.clone(), until: claimed.until });
    }

    /// Takes an event that releases into account; `saw` tells what its writer had seen.
    pub(super) fn released(&mut self, released: &Released, saw: impl Fn(Hash) -> bool) {
        let ended: BTreeSet<&Hash> = released.claims.iter().collect();
        self.end(&ended, saw);
    }

    fn end(&mut self, ended: &BTreeSet<&Hash>, saw: impl Fn(Hash) -> bool) {
        self.0.retain(|claim| !(ended.contains(&claim.on.event.hash) && saw(claim.on.event.hash)));
    }

    /// The claims.
    #[must_use]
    pub fn all(&self) -> &[Claim] {
        &self.0
    }

    /// Who holds the request.
    #[must_use]
    pub fn holding(&self) -> Holding<'_> {
        let mut longest: Vec<&Claim> = Vec::new();
        for claim in &self.0 {
            match longest.iter_mut().find(|known| known.on.by == claim.on.by) {
                Some(known) if known.until < claim.until => *known = claim,
                Some(_) => {}
                None => longest.push(claim),
            }
        }
        match longest.as_slice() {
            [] => Holding::Free,
            [one] => Holding::Held(one),
            [_, _, ..] => Holding::Contested(longest),
        }
    }

    /// Whether all have expired.
    #[must_use]
    pub fn expiry(&self, now: Timestamp) -> Expiry {
        let is_ahead = self.0.iter().any(|claim| Expiry::of(claim.until, now) == Expiry::Ahead);
        if is_ahead { Expiry::Ahead } else { Expiry::Past }
    }

    /// The claims that keep others from claiming: somebody's who is not `by`, unless all have expired; those of a contest
    /// keep whoever is in it too.
    fn in_the_way(&self, by: &Actor, now: Timestamp) -> Option<InTheWay> {
        if self.expiry(now) == Expiry::Past {
            return None;
        }
        match self.holding() {
            Holding::Free => None,
            Holding::Held(claim) if claim.on.by == *by => None,
            Holding::Held(claim) => Some(InTheWay::Other(claim.clone())),
            Holding::Contested(claims) => Some(InTheWay::Contest(claims.into_iter().cloned().collect())),
        }
    }

    /// The hashes of the claims of `by`, and those of others.
    fn own_and_others(&self, by: &Actor) -> (Vec<Hash>, Vec<Hash>) {
        let (own, others): (Vec<&Claim>, Vec<&Claim>) = self.0.iter().partition(|claim| claim.on.by == *by);
        let hashes = |claims: Vec<&Claim>| claims.into_iter().map(|claim| claim.on.event.hash).collect();
        (hashes(own), hashes(others))
    }
}

/// What keeps somebody from claiming.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum InTheWay {
    /// Another actor's claim.
    Other(Claim),
    /// Claims that were made without knowledge of each other.
    Contest(Vec<Claim>),
}

/// Claims a request, or prolongs what is claimed already.
pub(super) fn claim(claims: &Claims, wish: &Wish, by: &Actor, now: Timestamp) -> Result<Claimed, InTheWay> {
    let in_the_way = claims.in_the_way(by, now);
    let stolen = match (in_the_way, &wish.steal) {
        (Some(in_the_way), None) => return Err(in_the_way),
        (Some(_), Some(_)) => true,
        (None, _) => false,
    };
    let (mut renews, mut takes) = claims.own_and_others(by);
    renews.truncate(NAMED_MAX);
    takes.truncate(NAMED_MAX);
    // A claim is prolonged, never cut short: whoever wants less releases it.
    let own = claims.all().iter().filter(|claim| claim.on.by == *by).map(|claim| claim.until).max();
    let until = wish.term.after(now).max(own.unwrap_or(now));
    Ok(Claimed { until, renews, takes, stolen, reason: wish.steal.clone() })
}

/// Gives up what an actor has claimed; `None` where that is nothing.
pub(super) fn release(claims: &Claims, by: &Actor, reason: Option<String>) -> Option<Released> {
    let (mut own, _) = claims.own_and_others(by);
    own.truncate(NAMED_MAX);
    (!own.is_empty()).then_some(Released { claims: own, reason, lost_to: None })
}

/// Gives up a claim of a contest for another one that was published first.
pub(super) fn concede(claims: &Claims, claim: Hash, lost_to: Hash, reason: Option<String>) -> Option<Released> {
    let find = |hash: Hash| claims.all().iter().find(|claim| claim.on.event.hash == hash);
    let is_contest = find(claim)?.on.by != find(lost_to)?.on.by;
    is_contest.then(|| Released { claims: vec![claim], reason, lost_to: Some(lost_to) })
}

/// Whether a claim on record is one that could be made where its writer stood, at the moment that it names.
pub(super) fn judge_claim(claims: &Claims, on_record: &Claimed, by: &Actor, at: Timestamp) -> Result<(), String> {
    if !Term::allows(at, on_record.until) {
        return Err(format!("it claims from {at} until {}; a claim lasts at most 30 days", on_record.until));
    }
    let steal = on_record.stolen.then(|| on_record.reason.clone().unwrap_or_default());
    let allowed = match claim(claims, &Wish { term: Term::DEFAULT, steal }, by, at) {
        Ok(allowed) => allowed,
        Err(InTheWay::Other(other)) => {
            let (who, until) = (other.on.by, other.until);
            return Err(format!("it claims what {who} had claimed until {until}, and does not say that it is stolen"));
        }
        Err(InTheWay::Contest(_)) => {
            return Err("it claims what was contested, and does not say that it is stolen".to_owned());
        }
    };
    if on_record.stolen && on_record.reason.is_none() {
        return Err("it is stolen without a reason".to_owned());
    }
    let set = |hashes: &[Hash]| hashes.iter().copied().collect::<BTreeSet<Hash>>();
    let same = set(&allowed.renews) == set(&on_record.renews) && set(&allowed.takes) == set(&on_record.takes);
    if !same {
        return Err("it does not name the claims that were in force".to_owned());
    }
    if on_record.stolen && !allowed.stolen {
        return Err("it says that it is stolen, and nothing was in its way".to_owned());
    }
    Ok(())
}

/// Whether a release on record is one that could be made where its writer stood.
pub(super) fn judge_release(claims: &Claims, on_record: &Released, by: &Actor) -> Result<(), String> {
    let find = |hash: &Hash| claims.all().iter().find(|claim| claim.on.event.hash == *hash);
    let lost_to = match &on_record.lost_to {
        None => None,
        Some(hash) => match find(hash) {
            Some(claim) => Some(&claim.on.by),
            None => return Err("it gives up for a claim that was not in force".to_owned()),
        },
    };
    for hash in &on_record.claims {
        let Some(claim) = find(hash) else {
            return Err(format!("it releases {}, which was no claim in force", hash.short()));
        };
        let may = match lost_to {
            None => claim.on.by == *by,
            Some(winner) => claim.on.by != *winner,
        };
        if !may {
            return Err(format!("it releases what {} had claimed", claim.on.by));
        }
    }
    Ok(())
}
