//! What depends on what and what is a part of what, by way of the tables.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::rows::{id_of, number_of};
use super::{Cache, Progress, Scope};
use crate::domain::id::RequestId;
use crate::domain::relations::{Edge, Kind, Relations};
use crate::store::{Store, StoreError};

/// Edges, and the requests that can't be read, with what is wrong.
pub type Found = (Relations, BTreeMap<RequestId, String>);

/// The edges that open requests name.
///
/// # Errors
/// Failed machinery.
pub fn of_open(store: &dyn Store, scope: Scope<'_>, progress: Progress<'_>) -> Result<Found, StoreError> {
    ask(store, scope, progress, Cache::edges_of_open)
}

/// A request, what it hangs together with at any distance in one direction by one kind of edge, and all edges that
/// these name.
///
/// # Errors
/// Failed machinery.
pub fn around(store: &dyn Store, scope: Scope<'_>, progress: Progress<'_>, id: RequestId) -> Result<Found, StoreError> {
    ask(store, scope, progress, |cache| cache.edges_around(id))
}

fn ask(
    store: &dyn Store,
    scope: Scope<'_>,
    progress: Progress<'_>,
    edges: impl Fn(&Cache) -> rusqlite::Result<Relations>,
) -> Result<Found, StoreError> {
    let question = |cache: &Cache| Ok((edges(cache)?, cache.damaged()?));
    Cache::ask_shown(store, scope, progress, question, |(relations, _)| relations.nodes().collect())
}

/// Which way edges are followed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Ahead,
    Back,
}

/// The statement that finds the other ends of a request's edges.
const fn others(kind: Kind, way: Way) -> &'static str {
    match (kind, way) {
        (Kind::DependsOn, Way::Ahead) => "SELECT needs FROM dependency WHERE nr = ?1",
        (Kind::DependsOn, Way::Back) => "SELECT nr FROM dependency WHERE needs = ?1",
        (Kind::Part, Way::Ahead) => "SELECT nr FROM request WHERE parent = ?1",
        (Kind::Part, Way::Back) => "SELECT parent FROM request WHERE nr = ?1 AND parent IS NOT NULL",
    }
}

impl Cache {
    fn edges_of_open(&self) -> rusqlite::Result<Relations> {
        let mut relations = Relations::default();
        let needs = "SELECT nr, needs FROM dependency JOIN request USING (nr) WHERE is_final = 0";
        self.each_pair(needs, |from, to| relations.extend([Edge { from, kind: Kind::DependsOn, to }]))?;
        let parts = "SELECT parent, nr FROM request WHERE parent IS NOT NULL AND is_final = 0";
        self.each_pair(parts, |from, to| relations.extend([Edge { from, kind: Kind::Part, to }]))?;
        Ok(relations)
    }

    fn each_pair(&self, question: &str, mut take: impl FnMut(RequestId, RequestId)) -> rusqlite::Result<()> {
        let mut rows = self.db.prepare(question)?;
        let mut rows = rows.query([])?;
        while let Some(row) = rows.next()? {
            let id = |place| id_of(row.get(place)?).ok_or(rusqlite::Error::InvalidQuery);
            take(id(0)?, id(1)?);
        }
        Ok(())
    }

    fn edges_around(&self, id: RequestId) -> rusqlite::Result<Relations> {
        let mut found = BTreeSet::from([id]);
        for kind in Kind::ALL {
            for way in [Way::Ahead, Way::Back] {
                found.extend(self.reached(id, others(kind, way))?);
            }
        }
        let mut relations = Relations::default();
        relations.add(id);
        let mut needs = self.db.prepare(others(Kind::DependsOn, Way::Ahead))?;
        let mut parents = self.db.prepare(others(Kind::Part, Way::Back))?;
        for id in found {
            let needs = ids(&mut needs, id)?.into_iter();
            relations.extend(needs.map(|to| Edge { from: id, kind: Kind::DependsOn, to }));
            let parents = ids(&mut parents, id)?.into_iter();
            relations.extend(parents.map(|from| Edge { from, kind: Kind::Part, to: id }));
        }
        Ok(relations)
    }

    /// Everything that can be reached.
    fn reached(&self, from: RequestId, question: &str) -> rusqlite::Result<BTreeSet<RequestId>> {
        let mut others = self.db.prepare(question)?;
        let mut found = BTreeSet::from([from]);
        let mut waiting = VecDeque::from([from]);
        while let Some(id) = waiting.pop_front() {
            for next in ids(&mut others, id)? {
                if found.insert(next) {
                    waiting.push_back(next);
                }
            }
        }
        Ok(found)
    }
}

fn ids(question: &mut rusqlite::Statement<'_>, of: RequestId) -> rusqlite::Result<Vec<RequestId>> {
    let rows = question.query_map([number_of(of)], |row| row.get::<_, i64>(0))?;
    rows.map(|nr| nr.and_then(|nr| id_of(nr).ok_or(rusqlite::Error::InvalidQuery))).collect()
}
