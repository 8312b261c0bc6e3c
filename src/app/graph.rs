//! What depends on what, and what is a part of what.

use std::collections::{BTreeMap, BTreeSet};

use super::list::{Query, Row, Scope};
use super::show::AsOf;
use super::{AppError, Ledger};
use crate::domain::id::RequestId;
use crate::domain::relations::{Edge, Kind, Relations};
use crate::domain::time::Timestamp;
use crate::index::project::DAMAGED;
use crate::index::{Entry, edges};

/// Which graph.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Asked {
    /// What hangs together with this one; where none is named, all that hangs together with open ones.
    pub request: Option<RequestId>,
    /// As of this moment.
    pub at: Option<Timestamp>,
    /// The most requests.
    pub limit: usize,
}

/// A request of a graph.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Where it stands: `DAMAGED` if it can't be read, `None` if it is not here.
    pub state: Option<String>,
    /// What it is called, if it can be read.
    pub title: Option<String>,
    /// Whether it holds nothing up any more.
    pub settled: bool,
    /// The first request with its key, where that is another one and nobody said that they differ.
    pub duplicate_of: Option<RequestId>,
    /// Whether events with one key say different things, and nobody said yet which holds.
    pub key_conflict: bool,
}

/// A graph.
#[derive(Clone, PartialEq, Debug)]
pub struct Graph {
    /// The request that was asked about.
    pub request: Option<RequestId>,
    /// The requests, and the edges between them.
    pub relations: Relations,
    /// What is known of each.
    pub nodes: BTreeMap<RequestId, Node>,
    /// How many requests there would be without the limit.
    pub matched: usize,
    /// Requests that can't be read, with what is wrong.
    pub damaged: BTreeMap<RequestId, String>,
}

impl Ledger<'_> {
    /// Draws a graph.
    ///
    /// # Errors
    /// [`AppError::NotThen`] for a request that was made later, or failed machinery.
    pub fn graph(&self, asked: &Asked) -> Result<Graph, AppError> {
        let (relations, damaged) = match (asked.at, asked.request) {
            (Some(at), request) => self.relations_at(at, request)?,
            (None, Some(id)) => edges::around(self.store, self.scope(), &self.progress(), id)?,
            (None, None) => edges::of_open(self.store, self.scope(), &self.progress())?,
        };
        let chosen = match asked.request {
            Some(id) => relations.around(id, asked.limit),
            None => relations.first(asked.limit),
        };
        let node = |id: &RequestId| Ok((*id, self.node(*id, asked.at)?));
        let nodes: BTreeMap<_, _> = chosen.requests.iter().map(node).collect::<Result<_, AppError>>()?;
        if let (Some(id), Some(at)) = (asked.request, asked.at)
            && nodes.get(&id).is_some_and(|node| node.state.is_none())
        {
            return Err(AppError::NotThen { id, what: format!("was made after {at}") });
        }
        let relations = relations.among(&chosen.requests);
        Ok(Graph { request: asked.request, relations, nodes, matched: chosen.matched, damaged })
    }

    /// All edges as they were at a moment, or those that open requests named then.
    fn relations_at(&self, at: Timestamp, request: Option<RequestId>) -> Result<edges::Found, AppError> {
        let scope = if request.is_some() { Scope::All } else { Scope::Open };
        let mut relations = Relations::default();
        request.into_iter().for_each(|id| relations.add(id));
        let query = Query { scope, at: Some(at), ..Query::default() };
        let damaged = self.each(&query, |row| -> Result<(), AppError> {
            relations.extend(named(row));
            Ok(())
        })?;
        Ok((relations, damaged))
    }

    /// Where requests stand, or stood at a moment: `DAMAGED` if one can't be read, `None` if it is not here.
    ///
    /// # Errors
    /// Failed machinery.
    pub fn states(
        &self,
        ids: &BTreeSet<RequestId>,
        at: Option<Timestamp>,
    ) -> Result<BTreeMap<RequestId, Node>, AppError> {
        ids.iter().map(|id| Ok((*id, self.node(*id, at)?))).collect()
    }

    fn node(&self, id: RequestId, at: Option<Timestamp>) -> Result<Node, AppError> {
        let nothing = |state| Ok(Node { state, title: None, settled: false, duplicate_of: None, key_conflict: false });
        let history = match self.store.history(id) {
            Ok(Some(history)) => history,
            Ok(None) => return nothing(None),
            Err(error) if error.is_of_files() => return nothing(Some(DAMAGED.to_owned())),
            Err(other) => return Err(other.into()),
        };
        let then = match at {
            None => history,
            Some(at) if history.packet().created_at > at => return nothing(None),
            Some(at) => history.at_time(at),
        };
        let entry = Entry::of(&then, self.workflow);
        let settled = entry.is_settled(self.workflow);
        let as_of = at.map_or(AsOf::Now, AsOf::Time);
        let first = if entry.distinct { None } else { self.first_then(self.store, then.packet(), as_of)? };
        let key_conflict = !entry.key_conflicts.is_empty();
        Ok(Node { state: Some(entry.state), title: Some(entry.title), settled, duplicate_of: first, key_conflict })
    }
}

/// The edges that a request names: what it depends on, and the request of which it is a part.
fn named(row: &Row) -> impl Iterator<Item = Edge> {
    let needs = row.entry.depends_on.iter().map(|to| Edge { from: row.id, kind: Kind::DependsOn, to: *to });
    let part = row.entry.parent.map(|parent| Edge { from: parent, kind: Kind::Part, to: row.id });
    needs.chain(part)
}
