//! Events as a table, for questions in SQL: filled when somebody asks about them first.

use rusqlite::{Connection, params};

use super::parts::{Part, Whence};
use crate::domain::event::{Body, Event};
use crate::domain::hash::Hash;
use crate::domain::history::History;

/// The events of a request in canonical order, by their places in it.
pub(super) const EVENTS: &str = "CREATE TABLE event (nr INTEGER NOT NULL, place INTEGER NOT NULL, n INTEGER NOT NULL, \
     hash BLOB NOT NULL, at INTEGER NOT NULL, by TEXT NOT NULL, writer TEXT NOT NULL, kind TEXT NOT NULL, \
     from_state TEXT, to_state TEXT, repo TEXT, said TEXT, role TEXT, text TEXT, key TEXT, PRIMARY KEY (nr, place)) \
     STRICT, WITHOUT ROWID";

/// The events as a part of the cache.
pub(super) struct EventPart;

/// What is kept of an event.
pub(super) struct Kept {
    n: u64,
    hash: Hash,
    at: i64,
    by: String,
    writer: String,
    kind: String,
    key: Option<String>,
    says: Says,
}

/// What events of some kinds say.
#[derive(Default)]
struct Says {
    from_state: Option<String>,
    to_state: Option<String>,
    repo: Option<String>,
    said: Option<String>,
    role: Option<String>,
    text: Option<String>,
}

impl Kept {
    fn of(event: &Event) -> Self {
        Self {
            n: event.n(),
            hash: event.hash(),
            at: event.clock().at.unix_ms(),
            by: event.by().to_string(),
            writer: event.writer().to_string(),
            kind: event.body().kind().to_owned(),
            key: event.key().map(ToString::to_string),
            says: Says::of(event.body()),
        }
    }
}

impl Says {
    fn of(body: &Body) -> Self {
        let nothing = Self::default();
        match body {
            Body::Created(said) => Self { to_state: Some(said.to.to_string()), ..nothing },
            Body::Transitioned(said) => Self {
                from_state: Some(said.from.to_string()),
                to_state: Some(said.to.to_string()),
                text: said.data.reason.clone(),
                ..nothing
            },
            Body::Responded(said) => Self {
                repo: Some(said.repo.to_string()),
                said: Some(said.status.to_string()),
                text: said.summary.clone(),
                ..nothing
            },
            Body::Noted(said) => Self { text: Some(said.text.clone()), ..nothing },
            Body::Approved(said) => Self { role: Some(said.role.to_string()), text: said.reason.clone(), ..nothing },
            Body::Resolved(said) => {
                Self { to_state: Some(said.to.to_string()), text: Some(said.data.reason.clone()), ..nothing }
            }
            Body::IdResolved(said) => Self { text: said.reason.clone(), ..nothing },
            Body::Claimed(said) => Self { text: said.reason.clone(), ..nothing },
            Body::Released(said) => Self { text: said.reason.clone(), ..nothing },
            Body::Distinct(said) => Self { text: Some(said.reason.clone()), ..nothing },
            Body::KeyResolved(said) => Self { text: Some(said.reason.clone()), ..nothing },
            Body::Other(said) => Self {
                from_state: said.from.as_ref().map(ToString::to_string),
                to_state: said.to.as_ref().map(ToString::to_string),
                ..nothing
            },
            Body::EvidenceAdded(_) | Body::Renumbered(_) | Body::Contract(_) => nothing,
        }
    }
}

impl Part for EventPart {
    const NAME: &'static str = "events";
    type Kept = Vec<Kept>;

    fn of(history: &History) -> Vec<Kept> {
        history.events().iter().map(Kept::of).collect()
    }

    fn put(db: &Connection, whence: Whence, chunk: &[(i64, Option<Vec<Kept>>)]) -> rusqlite::Result<()> {
        let mut remove = db.prepare("DELETE FROM event WHERE nr = ?1")?;
        let mut insert =
            db.prepare("INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)")?;
        for (nr, kept) in chunk {
            if whence == Whence::Pending {
                remove.execute([nr])?;
            }
            for (place, event) in kept.iter().flatten().enumerate() {
                let Kept { n, hash, at, by, writer, kind, key, says } = event;
                let Says { from_state, to_state, repo, said, role, text } = says;
                let (place, n) = (i64::try_from(place).unwrap_or(i64::MAX), i64::try_from(*n).unwrap_or(i64::MAX));
                let hash = hash.bytes();
                insert.execute(params![
                    nr, place, n, hash, at, by, writer, kind, from_state, to_state, repo, said, role, text, key
                ])?;
            }
        }
        Ok(())
    }
}
