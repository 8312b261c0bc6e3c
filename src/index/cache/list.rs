//! Lists: filters, orders and pages as one question to the tables.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub use rusqlite::types::Value;

use super::Cache;
use super::Progress;
use super::duplicate::{Firsts, HELD};
use super::rows::{id_of, number_of};
use super::tally::name_of;
use super::whole::entry;
use crate::domain::id::RequestId;
use crate::domain::stats::Dimension;
use crate::domain::time::Timestamp;
use crate::index::project::Entry;
use crate::store::{Store, StoreError};

/// Which requests are wanted, in which order. What is empty asks for nothing.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Filter {
    /// In one of these states.
    pub states: Vec<String>,
    /// How far they have got.
    pub scope: Scope,
    /// Of this type.
    pub request_type: Option<String>,
    /// Asked by this repository.
    pub from: Option<String>,
    /// Asked of this repository.
    pub to: Option<String>,
    /// With this label.
    pub label: Option<String>,
    /// Of this priority.
    pub priority: Option<String>,
    /// Made by this actor.
    pub by: Option<String>,
    /// What they wait for.
    pub waits: Waits,
    /// Who has claimed them.
    pub claims: Claimed,
    /// Whether another one has their key.
    pub keys: Keys,
    /// With all these words in title or description, in any case.
    pub words: Vec<String>,
    /// The order; equal ones by id.
    pub order: Order,
    /// Only what comes after this place in the order.
    pub after: Option<(Value, RequestId)>,
    /// The most that is wanted.
    pub limit: Option<usize>,
}

/// How far requests have got.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Scope {
    /// However far.
    #[default]
    All,
    /// Something can still follow.
    Open,
}

/// What requests wait for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Waits {
    /// Whatever it is.
    #[default]
    Any,
    /// Open ones whose dependencies are all settled, and of which nobody has to decide anything first.
    ForNothing,
    /// Open ones that wait for another.
    ForAnother,
}

/// Who has claimed requests. What has expired by the moment given, and by what is on record, is not claimed.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Claimed {
    /// Whoever it is.
    #[default]
    Any,
    /// This actor.
    By(String, Timestamp),
    /// Somebody.
    BySomebody(Timestamp),
    /// Nobody.
    ByNobody(Timestamp),
}

/// Whether requests are told by their keys.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Keys {
    /// They are not.
    #[default]
    Any,
    /// Only those whose key another one has that comes before them.
    Duplicate,
}

/// An order.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Order {
    /// By id.
    #[default]
    Id,
    /// The one that changed last first. Its places are the times, negated.
    Updated,
    /// The most urgent first.
    Priority,
    /// The one that is wanted soonest first; those without a day last.
    Due,
    /// By title in lower case.
    Title,
    /// By state, in this order; its places are numbers. States that are not among these come last, as [`Self::NO_STATE`].
    State(Vec<String>),
}

impl Order {
    /// The place of a state that the workflow does not know.
    pub const NO_STATE: i64 = 999;

    /// What is sorted by, and the values in it.
    fn key(&self) -> (String, Vec<Value>) {
        match self {
            Self::Id => ("0".to_owned(), Vec::new()),
            Self::Updated => ("-updated_at".to_owned(), Vec::new()),
            Self::Priority => ("priority".to_owned(), Vec::new()),
            Self::Due => ("coalesce(due, '9999-99-99')".to_owned(), Vec::new()),
            Self::Title => ("title".to_owned(), Vec::new()),
            Self::State(states) => {
                let cases: String = (0..states.len()).map(|at| format!(" WHEN ? THEN {at}")).collect();
                let values = states.iter().cloned().map(Value::Text).collect();
                (format!("CASE state{cases} ELSE {} END", Self::NO_STATE), values)
            }
        }
    }
}

/// A page of requests.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Listed {
    /// The requests, with the dependencies that are not settled.
    pub rows: Vec<(RequestId, Entry, Vec<RequestId>)>,
    /// Whether there is more.
    pub has_more: bool,
    /// How many match in all.
    pub matched: usize,
    /// The requests that can't be read, with what is wrong.
    pub damaged: BTreeMap<RequestId, String>,
}

/// What is asked most, and so is counted along with the rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Common {
    /// Every request that can be read.
    All,
    /// Every open one.
    Open,
    /// Every open one that waits for nothing.
    Ready,
    /// Every open one that waits for another.
    Blocked,
}

impl Filter {
    /// Whether only open requests are wanted.
    fn is_open(&self) -> bool {
        self.scope == Scope::Open || self.waits != Waits::Any
    }

    /// The rows in their order, as far as they are kept so.
    fn in_order(&self) -> Option<&'static str> {
        match (&self.order, self.is_open()) {
            (Order::Id, _) => Some("request"),
            (Order::Updated, true) => Some("request INDEXED BY open_updated"),
            (Order::Updated, false) => Some("request INDEXED BY request_updated"),
            (Order::Priority, true) => Some("request INDEXED BY open_priority"),
            (Order::Due, true) => Some("request INDEXED BY open_due"),
            (Order::Priority | Order::Due, false) | (Order::Title | Order::State(_), _) => None,
        }
    }

    /// The one thing by which requests are counted, if nothing else is asked for: its name, and its values.
    fn counted_by(&self) -> Option<(Dimension, Vec<&str>)> {
        let names = [
            (Dimension::Type, &self.request_type),
            (Dimension::From, &self.from),
            (Dimension::To, &self.to),
            (Dimension::Actor, &self.by),
        ];
        let mut asked: Vec<(Dimension, Vec<&str>)> =
            names.into_iter().filter_map(|(name, value)| Some((name, vec![value.as_deref()?]))).collect();
        if !self.states.is_empty() {
            asked.push((Dimension::State, self.states.iter().map(String::as_str).collect()));
        }
        let others = self.waits != Waits::Any
            || self.claims != Claimed::Any
            || self.keys != Keys::Any
            || !self.words.is_empty()
            || self.label.is_some()
            || self.priority.is_some();
        asked.pop().filter(|_| asked.is_empty() && !others)
    }

    /// Whether nothing is asked for but how far requests have got.
    pub(super) fn common(&self) -> Option<Common> {
        let Self {
            states,
            scope,
            request_type,
            from,
            to,
            label,
            priority,
            by,
            waits,
            claims,
            keys,
            words,
            order: _,
            after: _,
            limit: _,
        } = self;
        let names = [request_type, from, to, label, priority, by];
        if !states.is_empty()
            || !words.is_empty()
            || *claims != Claimed::Any
            || *keys != Keys::Any
            || names.iter().any(|name| name.is_some())
        {
            return None;
        }
        Some(match (waits, scope) {
            (Waits::Any, Scope::All) => Common::All,
            (Waits::Any, Scope::Open) => Common::Open,
            (Waits::ForNothing, Scope::All | Scope::Open) => Common::Ready,
            (Waits::ForAnother, Scope::All | Scope::Open) => Common::Blocked,
        })
    }
}

/// Of open requests: that one waits for none, and not for somebody to say whether it is a duplicate, or what of it holds.
const WAITS_NOT: &str = "request.is_undecided = 0 AND NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.nr = request.nr) \
     AND NOT EXISTS (SELECT 1 FROM duplicate WHERE duplicate.nr = request.nr)";

/// The claims of a request that have not expired.
const CLAIM: &str =
    "SELECT 1 FROM claim WHERE claim.nr = request.nr AND claim.until > max(?, coalesce(request.updated_at, 0))";

fn moment(at: Timestamp) -> Value {
    Value::Integer(at.unix_ms())
}

/// A condition, and the values in it.
#[derive(Default)]
pub(super) struct Where {
    pub(super) text: String,
    pub(super) values: Vec<Value>,
}

/// How a request is looked up in the tables of repositories and labels.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Lookup {
    /// All that are wanted are gathered first: where they lead to the rows.
    Sets,
    /// Row by row: where something else does.
    Rows,
}

impl Lookup {
    /// The condition that a request stands in a table beside a value.
    fn within(self, table: &str, column: &str) -> String {
        match self {
            Self::Sets => format!("request.nr IN (SELECT nr FROM {table} WHERE {column} = ?)"),
            Self::Rows => format!("EXISTS (SELECT 1 FROM {table} WHERE {column} = ? AND {table}.nr = request.nr)"),
        }
    }

    /// The condition that another one has its key.
    fn duplicate(self) -> &'static str {
        match self {
            Self::Sets => "request.nr IN (SELECT nr FROM duplicate)",
            Self::Rows => "EXISTS (SELECT 1 FROM duplicate WHERE duplicate.nr = request.nr)",
        }
    }

    /// The condition that an open request waits for another.
    fn blocked(self) -> &'static str {
        match self {
            Self::Sets => "request.nr IN (SELECT nr FROM blocked)",
            Self::Rows => "EXISTS (SELECT 1 FROM blocked WHERE blocked.nr = request.nr)",
        }
    }
}

impl Where {
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        self.text.push_str(condition);
        self.values.extend(values);
    }

    /// That it is one of these, where they lead to the rows. It goes without saying, and spares most rows.
    fn and_gathered(&mut self, lookup: Lookup, these: &str, values: impl IntoIterator<Item = Value>) {
        match lookup {
            Lookup::Sets => self.and(&format!("request.nr IN ({these})"), values),
            Lookup::Rows => {}
        }
    }

    pub(super) fn of(filter: &Filter, lookup: Lookup) -> Self {
        let mut all = Self::default();
        let text = |text: &String| [Value::Text(text.clone())];
        if filter.is_open() {
            all.and("is_final = 0", []);
        } else {
            all.and("damage IS NULL", []);
        }
        if !filter.states.is_empty() {
            let marks = vec!["?"; filter.states.len()].join(", ");
            all.and(&format!("state IN ({marks})"), filter.states.iter().cloned().map(Value::Text));
        }
        let columns = [
            ("type = ?", &filter.request_type),
            ("origin = ?", &filter.from),
            (&lookup.within("target", "repo"), &filter.to),
            (&lookup.within("label", "label"), &filter.label),
            ("priority = ?", &filter.priority),
            ("created_by = ?", &filter.by),
        ];
        for (condition, wanted) in columns {
            if let Some(wanted) = wanted {
                all.and(condition, text(wanted));
            }
        }
        match filter.waits {
            Waits::Any => {}
            Waits::ForAnother => all.and(lookup.blocked(), []),
            Waits::ForNothing => all.and(WAITS_NOT, []),
        }
        match &filter.claims {
            Claimed::Any => {}
            Claimed::By(actor, now) => {
                all.and_gathered(lookup, "SELECT nr FROM claim WHERE holder = ?", text(actor));
                all.and(&format!("EXISTS ({CLAIM} AND claim.holder = ?)"), [moment(*now), Value::Text(actor.clone())]);
            }
            Claimed::BySomebody(now) => {
                all.and_gathered(lookup, "SELECT nr FROM claim", []);
                all.and(&format!("EXISTS ({CLAIM})"), [moment(*now)]);
            }
            Claimed::ByNobody(now) => all.and(&format!("NOT EXISTS ({CLAIM})"), [moment(*now)]),
        }
        match filter.keys {
            Keys::Any => {}
            Keys::Duplicate => all.and(lookup.duplicate(), []),
        }
        for word in &filter.words {
            let contains = "instr((SELECT words FROM body WHERE body.nr = request.nr), ?) > 0";
            all.and(contains, [Value::Text(word.to_lowercase())]);
        }
        all
    }
}

/// Lists requests as they are now.
///
/// # Errors
/// Failed machinery; a damaged request is part of the answer.
pub fn list(
    store: &dyn Store,
    scope: super::Scope<'_>,
    filter: &Filter,
    progress: Progress<'_>,
) -> Result<Listed, StoreError> {
    // With the first of their keys: what is said of those is as fresh.
    let shown = |listed: &Listed| {
        listed.rows.iter().flat_map(|(id, entry, _)| [*id].into_iter().chain(entry.duplicate_of)).collect()
    };
    Cache::ask_shown(store, scope, progress, |cache| cache.list(filter), shown)
}

/// Hands out requests as they are now, one after the other, all from one state, until `take` breaks off; answers with those
/// that can't be read.
///
/// # Errors
/// Failed machinery.
pub fn each(
    store: &dyn Store,
    scope: super::Scope<'_>,
    filter: &Filter,
    progress: Progress<'_>,
    take: &mut Take<'_>,
) -> Result<BTreeMap<RequestId, String>, StoreError> {
    let ids = |cache: &Cache| Ok((cache.ids(filter)?, cache.damaged()?));
    let (cache, (_, damaged)) = Cache::asked_shown(store, scope, progress, ids, |(ids, _)| ids.clone())?;
    // What was handed out can't be taken back, so nothing can take the place of a cache that fails now.
    cache.visit(filter, Way::Found, take).map_err(|error| StoreError::Unwritable(format!("the cache: {error}")))?;
    Ok(damaged)
}

/// Whoever is handed requests, with the dependencies that are not settled.
pub type Take<'a> = dyn FnMut(RequestId, Entry, Vec<RequestId>) -> ControlFlow<()> + 'a;

impl Cache {
    /// Lists requests.
    fn list(&self, filter: &Filter) -> rusqlite::Result<Listed> {
        let mut listed = Listed { damaged: self.damaged()?, ..Listed::default() };
        listed.matched = self.matched(filter, listed.damaged.len())?;
        // One more than wanted tells whether there is more.
        let more = Filter { limit: filter.limit.map(|limit| limit.saturating_add(1)), ..filter.clone() };
        let way = self.way(filter, listed.matched)?;
        self.visit(&more, way, &mut |id, entry, waits_for| {
            if filter.limit == Some(listed.rows.len()) {
                listed.has_more = true;
                return ControlFlow::Break(());
            }
            listed.rows.push((id, entry, waits_for));
            ControlFlow::Continue(())
        })?;
        Ok(listed)
    }

    /// Hands out the rows that are asked for, in their order.
    fn visit(&self, filter: &Filter, way: Way, take: &mut Take<'_>) -> rusqlite::Result<()> {
        let mut settled = self.db.prepare("SELECT 1 FROM request WHERE nr = ?1 AND is_settled = 1")?;
        let mut firsts = Firsts::new(&self.db)?;
        let what = "request.nr, (SELECT entry FROM body WHERE body.nr = request.nr)";
        let (text, values) = question(what, filter, way);
        let mut rows = self.db.prepare(&text)?;
        let mut rows = rows.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let id = id_of(row.get(0)?).ok_or(rusqlite::Error::InvalidQuery)?;
            let mut entry = entry(row.get_ref(1)?.as_str()?)?;
            if entry.key.is_some() {
                entry.duplicate_of = firsts.of(id)?;
            }
            let mut waits_for = Vec::new();
            for needs in &entry.depends_on {
                if !settled.exists([number_of(*needs)])? {
                    waits_for.push(*needs);
                }
            }
            if take(id, entry, waits_for).is_break() {
                break;
            }
        }
        Ok(())
    }

    /// How a page of so many that are wanted is found: in its order, if it comes to its end soon that way.
    fn way(&self, filter: &Filter, wanted: usize) -> rusqlite::Result<Way> {
        /// As many rows as don't matter, beside those that would have to be sorted.
        const FEW: usize = 1_000;
        let (Some(rows), Some(limit)) = (filter.in_order(), filter.limit) else { return Ok(Way::Found) };
        let all = if filter.is_open() { self.open()? } else { usize::try_from(self.count()?).unwrap_or(usize::MAX) };
        // Those that are wanted may stand anywhere among all.
        let gone_through = all.saturating_mul(limit.min(wanted)) / wanted.max(1);
        Ok(if gone_through <= wanted.saturating_add(FEW) { Way::InOrder(rows) } else { Way::Found })
    }

    fn open(&self) -> rusqlite::Result<usize> {
        self.number("SELECT coalesce(sum(open), 0) FROM tally WHERE dimension = 'state'", &[])
    }

    fn number(&self, text: &str, values: &[Value]) -> rusqlite::Result<usize> {
        let values = rusqlite::params_from_iter(values);
        self.db.query_row(text, values, |row| row.get::<_, i64>(0)).map(|n| usize::try_from(n).unwrap_or_default())
    }

    /// The ids alone.
    fn ids(&self, filter: &Filter) -> rusqlite::Result<Vec<RequestId>> {
        let (text, values) = question("request.nr", filter, Way::Found);
        let mut rows = self.db.prepare(&text)?;
        let rows = rows.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, i64>(0))?;
        rows.map(|nr| nr.and_then(|nr| id_of(nr).ok_or(rusqlite::Error::InvalidQuery))).collect()
    }

    fn matched(&self, filter: &Filter, damaged: usize) -> rusqlite::Result<usize> {
        if let Claimed::ByNobody(now) = &filter.claims {
            // All but those that somebody has claimed, who are few.
            let but = |claims| Filter { claims, ..filter.clone() };
            let claimed = self.matched_by(&but(Claimed::BySomebody(*now)))?;
            return Ok(self.matched(&but(Claimed::Any), damaged)?.saturating_sub(claimed));
        }
        let blocked = || self.number("SELECT count(*) FROM blocked", &[]);
        match filter.common() {
            Some(Common::All) => Ok(usize::try_from(self.count()?).unwrap_or(usize::MAX).saturating_sub(damaged)),
            Some(Common::Open) => self.open(),
            Some(Common::Blocked) => blocked(),
            Some(Common::Ready) => Ok(self.open()?.saturating_sub(blocked()?).saturating_sub(self.number(HELD, &[])?)),
            None => self.matched_by(filter),
        }
    }

    fn matched_by(&self, filter: &Filter) -> rusqlite::Result<usize> {
        let Some((dimension, wanted)) = filter.counted_by() else {
            let Where { text, values } = Where::of(filter, Lookup::Sets);
            return self.number(&format!("SELECT count(*) FROM request{text}"), &values);
        };
        let which = if filter.is_open() { "open" } else { "total" };
        let marks = vec!["?"; wanted.len()].join(", ");
        let text = format!("SELECT coalesce(sum({which}), 0) FROM tally WHERE dimension = ? AND value IN ({marks})");
        let values = std::iter::once(name_of(dimension)).chain(wanted).map(|text| Value::Text(text.to_owned()));
        self.number(&text, &values.collect::<Vec<_>>())
    }

    pub(super) fn damaged(&self) -> rusqlite::Result<BTreeMap<RequestId, String>> {
        let mut rows = self.db.prepare("SELECT nr, damage FROM request WHERE damage IS NOT NULL")?;
        let rows = rows.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| row.and_then(|(nr, what)| Ok((id_of(nr).ok_or(rusqlite::Error::InvalidQuery)?, what)))).collect()
    }
}

/// The question for these columns of everything that is wanted, in the order of the ids.
pub(super) fn rows_of(columns: &str, filter: &Filter) -> (String, Vec<Value>) {
    question(columns, filter, Way::Found)
}

/// How rows are found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    /// From these, which are in their order: whether one is wanted is looked at one by one.
    InOrder(&'static str),
    /// By what is wanted; they are sorted then.
    Found,
}

/// The question for these columns of what is wanted, and the values in it.
fn question(columns: &str, filter: &Filter, way: Way) -> (String, Vec<Value>) {
    let (key, key_values) = filter.order.key();
    let (from, lookup, sorted) = match way {
        Way::InOrder(rows) => (rows, Lookup::Rows, ""),
        // The sign keeps the order from leading to the rows.
        Way::Found => ("request", Lookup::Sets, "+"),
    };
    let mut page = Where::of(filter, lookup);
    if let Some((place, id)) = &filter.after {
        let values = key_values.iter().cloned().chain([place.clone(), Value::Integer(number_of(*id))]);
        page.and(&format!("({key}, request.nr) > (?, ?)"), values);
    }
    let order =
        if filter.order == Order::Id { "request.nr".to_owned() } else { format!("{sorted}({key}), request.nr") };
    page.values.extend(key_values.into_iter().filter(|_| filter.order != Order::Id));
    let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok());
    page.values.push(Value::Integer(limit.unwrap_or(-1)));
    (format!("SELECT {columns} FROM {from}{} ORDER BY {order} LIMIT ?", page.text), page.values)
}
