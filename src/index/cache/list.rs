//! Lists: filters, orders and pages as one question to the tables.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

pub use rusqlite::types::Value;

use super::Cache;
use super::Progress;
use super::rows::{id_of, number_of};
use super::whole::entry;
use crate::domain::id::RequestId;
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
    /// Open ones whose dependencies are all settled.
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
            words,
            order: _,
            after: _,
            limit: _,
        } = self;
        let names = [request_type, from, to, label, priority, by];
        if !states.is_empty() || !words.is_empty() || *claims != Claimed::Any || names.iter().any(|name| name.is_some())
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

/// Of open requests: that one waits for another, or for none.
const WAITS: &str = "request.nr IN (SELECT nr FROM blocked)";
const WAITS_NOT: &str = "NOT EXISTS (SELECT 1 FROM blocked WHERE blocked.nr = request.nr)";

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

impl Where {
    fn and(&mut self, condition: &str, values: impl IntoIterator<Item = Value>) {
        self.text.push_str(if self.text.is_empty() { " WHERE " } else { " AND " });
        self.text.push_str(condition);
        self.values.extend(values);
    }

    pub(super) fn of(filter: &Filter) -> Self {
        let mut all = Self::default();
        let text = |text: &String| [Value::Text(text.clone())];
        if filter.scope == Scope::Open || filter.waits != Waits::Any {
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
            ("request.nr IN (SELECT nr FROM target WHERE repo = ?)", &filter.to),
            ("request.nr IN (SELECT nr FROM label WHERE label = ?)", &filter.label),
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
            Waits::ForAnother => all.and(WAITS, []),
            Waits::ForNothing => all.and(WAITS_NOT, []),
        }
        match &filter.claims {
            Claimed::Any => {}
            Claimed::By(actor, now) => {
                all.and(&format!("EXISTS ({CLAIM} AND claim.holder = ?)"), [moment(*now), Value::Text(actor.clone())]);
            }
            Claimed::BySomebody(now) => all.and(&format!("EXISTS ({CLAIM})"), [moment(*now)]),
            Claimed::ByNobody(now) => all.and(&format!("NOT EXISTS ({CLAIM})"), [moment(*now)]),
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
    let shown = |listed: &Listed| listed.rows.iter().map(|(id, ..)| *id).collect();
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
    cache.visit(filter, take).map_err(|error| StoreError::Unwritable(format!("the cache: {error}")))?;
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
        self.visit(&more, &mut |id, entry, waits_for| {
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
    fn visit(&self, filter: &Filter, take: &mut Take<'_>) -> rusqlite::Result<()> {
        let mut settled = self.db.prepare("SELECT 1 FROM request WHERE nr = ?1 AND is_settled = 1")?;
        let what = "request.nr, (SELECT entry FROM body WHERE body.nr = request.nr)";
        let (text, values) = question(what, filter);
        let mut rows = self.db.prepare(&text)?;
        let mut rows = rows.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let id = id_of(row.get(0)?).ok_or(rusqlite::Error::InvalidQuery)?;
            let entry = entry(row.get_ref(1)?.as_str()?)?;
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

    /// The ids alone.
    fn ids(&self, filter: &Filter) -> rusqlite::Result<Vec<RequestId>> {
        let (text, values) = question("request.nr", filter);
        let mut rows = self.db.prepare(&text)?;
        let rows = rows.query_map(rusqlite::params_from_iter(values), |row| row.get::<_, i64>(0))?;
        rows.map(|nr| nr.and_then(|nr| id_of(nr).ok_or(rusqlite::Error::InvalidQuery))).collect()
    }

    fn matched(&self, filter: &Filter, damaged: usize) -> rusqlite::Result<usize> {
        let count = |text: &str, values: &[Value]| -> rusqlite::Result<usize> {
            let values = rusqlite::params_from_iter(values);
            self.db.query_row(text, values, |row| row.get::<_, i64>(0)).map(|n| usize::try_from(n).unwrap_or_default())
        };
        let open = || count("SELECT coalesce(sum(open), 0) FROM tally WHERE dimension = 'state'", &[]);
        let blocked = || count("SELECT count(*) FROM blocked", &[]);
        match filter.common() {
            Some(Common::All) => Ok(usize::try_from(self.count()?).unwrap_or(usize::MAX).saturating_sub(damaged)),
            Some(Common::Open) => open(),
            Some(Common::Blocked) => blocked(),
            Some(Common::Ready) => Ok(open()?.saturating_sub(blocked()?)),
            None => {
                let Where { text, values } = Where::of(filter);
                count(&format!("SELECT count(*) FROM request{text}"), &values)
            }
        }
    }

    pub(super) fn damaged(&self) -> rusqlite::Result<BTreeMap<RequestId, String>> {
        let mut rows = self.db.prepare("SELECT nr, damage FROM request WHERE damage IS NOT NULL")?;
        let rows = rows.query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        rows.map(|row| row.and_then(|(nr, what)| Ok((id_of(nr).ok_or(rusqlite::Error::InvalidQuery)?, what)))).collect()
    }
}

/// The question for these columns of what is wanted, and the values in it.
fn question(columns: &str, filter: &Filter) -> (String, Vec<Value>) {
    let (key, key_values) = filter.order.key();
    let mut page = Where::of(filter);
    if let Some((place, id)) = &filter.after {
        let values = key_values.iter().cloned().chain([place.clone(), Value::Integer(number_of(*id))]);
        page.and(&format!("({key}, request.nr) > (?, ?)"), values);
    }
    let order = if filter.order == Order::Id { "request.nr".to_owned() } else { format!("{key}, request.nr") };
    page.values.extend(key_values.into_iter().filter(|_| filter.order != Order::Id));
    let limit = filter.limit.and_then(|limit| i64::try_from(limit).ok());
    page.values.push(Value::Integer(limit.unwrap_or(-1)));
    (format!("SELECT {columns} FROM request{} ORDER BY {order} LIMIT ?", page.text), page.values)
}
