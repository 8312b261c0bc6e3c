//! Listing requests: filters, sorting, pages.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use super::claim::ClaimsSeen;
use super::{AppError, Ledger};
use crate::domain::claim::Expiry;
use crate::domain::id::{Actor, Label, RepoId, RequestId, RequestType};
use crate::domain::packet::Priority;
use crate::domain::time::Timestamp;
use crate::index::Entry;
pub use crate::index::list::Keys;
use crate::index::list::{self, Filter, Listed, Order, Value, Waits, list};
use crate::index::project::EntryClaim;
use crate::index::then::{self, Past};
use crate::store::StoreError;

/// Which requests count as wanted when no state is named.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scope {
    /// Those that something can still follow.
    #[default]
    Open,
    /// All.
    All,
}

/// Whether what a request waits for matters.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Waiting {
    /// It does not.
    #[default]
    Any,
    /// Only requests whose dependencies are all settled, and of which nobody has to decide anything first.
    Ready,
    /// Only requests that wait for another.
    Blocked,
}

/// Who has claimed them. What has expired is not claimed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Claims {
    /// Whoever it is.
    #[default]
    Any,
    /// This actor.
    By(Actor),
    /// Somebody.
    BySomebody,
    /// Nobody.
    ByNobody,
}

/// By what a list is sorted; equal ones by id.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Sort {
    /// By id, that is, by when it was made.
    #[default]
    Id,
    /// The one that changed last first.
    Updated,
    /// The most urgent first.
    Priority,
    /// The one that is wanted soonest first; those without a day last.
    Due,
    /// By title.
    Title,
    /// By state, in the workflow's order.
    State,
}

impl Sort {
    /// All, with the names that people type.
    pub const ALL: [(&'static str, Self); 6] = [
        ("id", Self::Id),
        ("updated", Self::Updated),
        ("priority", Self::Priority),
        ("due", Self::Due),
        ("title", Self::Title),
        ("state", Self::State),
    ];

    /// The place of a cursor as the tables have it.
    fn value(self, place: &str) -> Result<Value, AppError> {
        let bad = || AppError::Usage("that cursor is not one of this program's: take it from the page before".into());
        Ok(match self {
            Self::Id => Value::Integer(0),
            // Ages count down from the largest number, so that they sort like it as texts.
            Self::Updated => {
                let age: u64 = place.parse().map_err(|_| bad())?;
                Value::Integer(-i64::try_from(u64::MAX - age).map_err(|_| bad())?)
            }
            Self::State => Value::Integer(place.parse().map_err(|_| bad())?),
            Self::Priority | Self::Due | Self::Title => Value::Text(place.to_owned()),
        })
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(_, sort)| *sort == self).map_or("id", |(name, _)| name)
    }
}

/// Which requests to list, and how.
#[derive(Clone, Debug, Default)]
pub struct Query {
    /// In one of these states; overrides `scope`.
    pub states: Vec<String>,
    /// Of this type.
    pub request_type: Option<RequestType>,
    /// Asked by this repository.
    pub from: Option<RepoId>,
    /// Asked of this repository.
    pub to: Option<RepoId>,
    /// With this label.
    pub label: Option<Label>,
    /// Of this priority.
    pub priority: Option<Priority>,
    /// Made by this actor.
    pub by: Option<Actor>,
    /// Open ones or all.
    pub scope: Scope,
    /// What they wait for.
    pub waiting: Waiting,
    /// Who has claimed them.
    pub claims: Claims,
    /// Whether another one has their key.
    pub keys: Keys,
    /// With all these words in title or description, in any case.
    pub words: Vec<String>,
    /// As of this moment.
    pub at: Option<Timestamp>,
    /// The order.
    pub sort: Sort,
    /// The most requests to answer with.
    pub limit: Option<usize>,
    /// Where the page before ended.
    pub cursor: Option<Cursor>,
}

/// Where a page ended: the place in the order, not a number of rows, so that requests that come or go in between shift
/// nothing.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Cursor {
    sort: &'static str,
    place: String,
    id: RequestId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.sort, self.id)?;
        if self.place.is_empty() {
            return Ok(());
        }
        let place: String = self.place.bytes().map(|byte| format!("{byte:02x}")).collect();
        write!(f, ".{place}")
    }
}

impl std::str::FromStr for Cursor {
    type Err = AppError;

    fn from_str(text: &str) -> Result<Self, AppError> {
        let bad = || AppError::Usage("that cursor is not one of this program's: take it from the page before".into());
        let mut parts = text.splitn(3, '.');
        let mut part = || parts.next().ok_or_else(bad);
        let sort = part()?;
        let sort = Sort::ALL.iter().find(|(name, _)| *name == sort).map(|(name, _)| *name).ok_or_else(bad)?;
        let id = part()?.parse().map_err(|_| bad())?;
        // In the order of ids nothing follows the id; the end of a sentence may have been copied with it.
        let digits = part().unwrap_or_default().as_bytes();
        if digits.len() % 2 != 0 || digits.len() > 4096 {
            return Err(bad());
        }
        // One spelling only: reading numbers would let signs and capitals in.
        let digit = |byte: u8| b"0123456789abcdef".iter().position(|digit| *digit == byte);
        let byte = |pair: &[u8]| Some((digit(pair[0])? << 4 | digit(pair[1])?) as u8);
        let bytes: Option<Vec<u8>> = digits.chunks_exact(2).map(byte).collect();
        let place = bytes.and_then(|bytes| String::from_utf8(bytes).ok()).ok_or_else(bad)?;
        Ok(Self { sort, place, id })
    }
}

/// One listed request.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    /// Its id.
    pub id: RequestId,
    /// What the index says of it, but for its claims.
    pub entry: Entry,
    /// Who has claimed it.
    pub claim: Option<ClaimsSeen>,
    /// The dependencies that are not settled, with their states where they are known.
    pub waits_for: Vec<RequestId>,
}

/// A page of a list.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Page {
    /// The rows.
    pub rows: Vec<Row>,
    /// How many requests matched in all.
    pub matched: usize,
    /// Where the next page begins, if there is one.
    pub next: Option<String>,
    /// Requests that can't be read, with what is wrong.
    pub damaged: BTreeMap<RequestId, String>,
}

type Damaged = BTreeMap<RequestId, String>;

impl Ledger<'_> {
    /// Lists requests.
    ///
    /// # Errors
    /// A cursor of another order, or failed machinery; damaged requests are part of the answer.
    pub fn list(&self, query: &Query) -> Result<Page, AppError> {
        if let Some(cursor) = query.cursor.as_ref().filter(|cursor| cursor.sort != query.sort.name()) {
            let what = format!("that cursor belongs to --sort {}, not to --sort {}", cursor.sort, query.sort.name());
            return Err(AppError::Usage(what));
        }
        match query.at {
            None => self.list_now(query),
            Some(at) => self.list_at(query, at),
        }
    }

    /// Lists requests as they are now: one question to the cache.
    fn list_now(&self, query: &Query) -> Result<Page, AppError> {
        let Listed { rows, has_more, matched, damaged } =
            list(self.store, self.scope(), &self.filter(query)?, &self.progress())?;
        let next = rows.last().filter(|_| has_more).map(|(id, entry, _)| self.cursor(query.sort, *id, entry));
        let now = self.moment_of(query);
        let row = |(id, entry, waits_for)| self.row(id, entry, waits_for, now);
        Ok(Page { rows: rows.into_iter().map(row).collect(), matched, next, damaged })
    }

    pub(super) fn filter(&self, query: &Query) -> Result<Filter, AppError> {
        let in_scope = query.states.is_empty() && query.scope == Scope::Open;
        let states = || self.workflow.states().iter().map(|state| state.name.to_string()).collect();
        let now = self.moment_of(query);
        let after = |cursor: &Cursor| query.sort.value(&cursor.place).map(|value| (value, cursor.id));
        Ok(Filter {
            states: query.states.clone(),
            scope: if in_scope { list::Scope::Open } else { list::Scope::All },
            request_type: query.request_type.as_ref().map(ToString::to_string),
            from: query.from.as_ref().map(ToString::to_string),
            to: query.to.as_ref().map(ToString::to_string),
            label: query.label.as_ref().map(ToString::to_string),
            priority: query.priority.map(|priority| priority.to_string()),
            by: query.by.as_ref().map(ToString::to_string),
            waits: match query.waiting {
                Waiting::Any => Waits::Any,
                Waiting::Ready => Waits::ForNothing,
                Waiting::Blocked => Waits::ForAnother,
            },
            claims: match &query.claims {
                Claims::Any => list::Claimed::Any,
                Claims::By(actor) => list::Claimed::By(actor.to_string(), now),
                Claims::BySomebody => list::Claimed::BySomebody(now),
                Claims::ByNobody => list::Claimed::ByNobody(now),
            },
            keys: query.keys,
            words: query.words.clone(),
            order: match query.sort {
                Sort::Id => Order::Id,
                Sort::Updated => Order::Updated,
                Sort::Priority => Order::Priority,
                Sort::Due => Order::Due,
                Sort::Title => Order::Title,
                Sort::State => Order::State(states()),
            },
            after: query.cursor.as_ref().map(after).transpose()?,
            limit: query.limit,
        })
    }

    fn cursor(&self, sort: Sort, id: RequestId, entry: &Entry) -> String {
        Cursor { sort: sort.name(), place: self.place(sort, entry), id }.to_string()
    }

    /// Lists requests as they were at a moment. What changed since is read and replayed, so this takes longer. No more than
    /// the page is held.
    fn list_at(&self, query: &Query, at: Timestamp) -> Result<Page, AppError> {
        let now = self.moment_of(query);
        let mut page = Page::default();
        let mut rows: BTreeMap<(String, RequestId), Row> = BTreeMap::new();
        // One more than wanted tells whether there is more.
        let held = query.limit.map_or(usize::MAX, |limit| limit.saturating_add(1));
        let damaged = self.each_then(query, at, &mut |past, id, entry| {
            let Some(waits_for) = self.was_wanted(query, past, &entry)? else { return Ok(ControlFlow::Continue(())) };
            page.matched += 1;
            let key = (self.place(query.sort, &entry), id);
            let is_after = query.cursor.as_ref().is_none_or(|cursor| (&key.0, key.1) > (&cursor.place, cursor.id));
            let has_room = rows.len() < held || rows.last_key_value().is_some_and(|(last, _)| key < *last);
            if is_after && has_room {
                let waits_for = waits_for.map_or_else(|| past.waits_for(&entry), Ok)?;
                rows.insert(key, self.row(id, entry, waits_for, now));
                if rows.len() > held {
                    rows.pop_last();
                }
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let has_more = query.limit.is_some_and(|limit| rows.len() > limit);
        if has_more {
            rows.pop_last();
        }
        let cursor = |((place, id), _): (&(String, RequestId), &Row)| {
            Cursor { sort: query.sort.name(), place: place.clone(), id: *id }.to_string()
        };
        page.next = rows.last_key_value().filter(|_| has_more).map(cursor);
        Ok(Page { rows: rows.into_values().collect(), damaged, ..page })
    }

    /// Hands out the requests that there were at a moment, as far as their packets are wanted, in the order of their ids.
    pub(super) fn each_then(
        &self,
        query: &Query,
        at: Timestamp,
        take: &mut then::Take<'_>,
    ) -> Result<Damaged, AppError> {
        let filter = self.filter(&Query { cursor: None, ..query.clone() })?;
        Ok(then::each_then(self.store, self.scope(), &filter, at, &self.progress(), take)?)
    }

    /// Whether a request was wanted as it was: `None` if not, and else what it waited for, where that had to be known.
    pub(super) fn was_wanted(
        &self,
        query: &Query,
        past: &Past<'_>,
        entry: &Entry,
    ) -> Result<Option<Option<Vec<RequestId>>>, StoreError> {
        if !self.wants(query, entry) {
            return Ok(None);
        }
        if query.waiting == Waiting::Any {
            return Ok(Some(None));
        }
        let waits_for = past.waits_for(entry)?;
        let is_ready = waits_for.is_empty() && entry.duplicate_of.is_none() && !entry.is_undecided();
        let fits = match query.waiting {
            Waiting::Any => true,
            Waiting::Ready => is_ready,
            Waiting::Blocked => !waits_for.is_empty(),
        };
        let fits = fits && !entry.is_final(self.workflow);
        Ok(fits.then_some(Some(waits_for)))
    }

    pub(super) fn wants(&self, query: &Query, entry: &Entry) -> bool {
        let in_scope = if query.states.is_empty() {
            query.scope == Scope::All || !entry.is_final(self.workflow)
        } else {
            query.states.contains(&entry.state)
        };
        in_scope
            && query.request_type.as_ref().is_none_or(|wanted| entry.request_type == *wanted)
            && query.from.as_ref().is_none_or(|wanted| entry.from == *wanted)
            && query.to.as_ref().is_none_or(|wanted| entry.to.contains(wanted))
            && query.label.as_ref().is_none_or(|wanted| entry.labels.contains(wanted))
            && query.priority.is_none_or(|wanted| entry.priority == wanted)
            && query.by.as_ref().is_none_or(|wanted| entry.created_by == *wanted)
            && self.is_claimed_so(query, entry)
            && (query.keys == Keys::Any || entry.duplicate_of.is_some())
    }

    fn is_claimed_so(&self, query: &Query, entry: &Entry) -> bool {
        let now = entry.reckoned(self.moment_of(query));
        let lines = entry.claim.iter().flat_map(EntryClaim::lines);
        let mut ahead = lines.filter(|line| Expiry::of(line.until, now) == Expiry::Ahead);
        match &query.claims {
            Claims::Any => true,
            Claims::By(actor) => ahead.any(|line| line.by == *actor),
            Claims::BySomebody => ahead.next().is_some(),
            Claims::ByNobody => ahead.next().is_none(),
        }
    }

    /// The moment by which claims are judged.
    pub(super) fn moment_of(&self, query: &Query) -> Timestamp {
        query.at.unwrap_or_else(|| self.world.now())
    }

    /// A row, with the claims as they are seen by a moment.
    pub(super) fn row(&self, id: RequestId, mut entry: Entry, waits_for: Vec<RequestId>, now: Timestamp) -> Row {
        let at = entry.reckoned(now);
        let claim = entry.claim.take().map(|claim| self.claims_seen(&claim, at));
        Row { id, entry, claim, waits_for }
    }

    /// The place of a request in an order, as a text that sorts like it.
    fn place(&self, sort: Sort, entry: &Entry) -> String {
        match sort {
            Sort::Id => String::new(),
            Sort::Updated => {
                let age = u64::MAX - entry.updated_at.unwrap_or(entry.created_at).unix_ms().unsigned_abs();
                format!("{age:020}")
            }
            Sort::Priority => entry.priority.to_string(),
            Sort::Due => entry.due.map_or_else(|| "9999-99-99".to_owned(), |due| due.to_string()),
            Sort::Title => entry.title.to_lowercase(),
            Sort::State => {
                let place = self.workflow.states().iter().position(|state| state.name.as_str() == entry.state);
                format!("{:03}", place.map_or(Order::NO_STATE, |place| place as i64))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_back_as_it_was_written() {
        let cursor = Cursor { sort: "title", place: "ä b".into(), id: "REQ-20261120-0001".parse().unwrap() };
        assert_eq!(cursor.to_string().parse::<Cursor>().unwrap(), cursor);
        for text in
            ["", "title", "nope.REQ-20261120-0001.", "id.REQ-1.", "id.REQ-20261120-0001.0", "id.REQ-20261120-0001.zz"]
        {
            assert!(text.parse::<Cursor>().is_err(), "{text}");
        }
    }
}
