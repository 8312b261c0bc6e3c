//! Where git has what the files that are checked out lack: on the way to them, or beside it. Somebody who changes to another
//! branch, or puts their changes aside, takes lines away and loses nothing.

use std::path::Path;

use super::standing::ask;
use super::whole::{COMMITS_MAX, SHORT};
use crate::domain::hash::Hash;
use crate::domain::id::{RequestId, Stream};
use crate::registry::objects::Objects;
use crate::store::fs::carried::CarriedFile;
use crate::store::fs::log;

/// A commit that has something which is not here.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Holder {
    /// What is checked out goes back to it: somebody took it away since.
    Behind(String),
    /// It is on another branch, of another clone, or put aside (`git stash`).
    Beside(String),
}

/// The newest commit that has a request, or one of its events; `None` where none is found, or git does not answer.
#[must_use]
pub fn holder(root: &Path, id: RequestId, event: Option<Hash>) -> Option<Holder> {
    let file = match event {
        Some(_) => CarriedFile::Log(Stream::Request(id)),
        None => CarriedFile::Packet(id),
    };
    let mut objects = Objects::open(root).ok()?;
    let mut holds = |commit: &str| {
        let bytes = objects.read(&format!("{commit}:./{}", file.path()), file.bytes_max()).ok();
        bytes.is_some_and(|bytes| {
            event.is_none_or(|event| log::events_in(&bytes).into_iter().any(|there| there.hash() == event))
        })
    };
    let mut newest = |of: &str| {
        let told = ask(root, &["rev-list", COMMITS_MAX, "--full-history", of, "--", &file.path()])?;
        told.text().lines().find(|commit| holds(commit)).map(|commit| commit.get(..SHORT).unwrap_or(commit).to_owned())
    };
    // What is checked out comes first: what it once had and has no more was taken away, wherever else it still is.
    newest("HEAD").map(Holder::Behind).or_else(|| newest("--all").map(Holder::Beside))
}
