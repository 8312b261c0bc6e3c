//! One round of an exchange: what the other side has, and what it and this side may not have done.

use std::collections::BTreeSet;

use super::{AppError, Order, Session, SyncFailure};
use crate::domain::id::RequestId;
use crate::domain::packet::Packet;
use crate::store::fs::FsStore;
use crate::store::fs::carried::CarriedFile;
use crate::sync::gate::{Loss, Lost, losses};
use crate::sync::git::Git;
use crate::sync::giving_back::{GivenBack, give_back};
use crate::sync::remote::{Fetched, Place, Target};
use crate::sync::tree::{TreeError, Trees};
use crate::sync::twins::standing_elsewhere;

/// What a round begins with.
pub(super) struct Round<'a> {
    pub(super) git: &'a Git,
    pub(super) trees: &'a Trees<'a>,
    pub(super) store: &'a FsStore,
    pub(super) target: &'a Target,
    pub(super) order: &'a Order<'a>,
    pub(super) session: &'a Session,
    pub(super) fetched: &'a Fetched,
    pub(super) seen: Option<String>,
}

impl Round<'_> {
    /// The commit that the other side has; `None` if it has no such branch.
    pub(super) fn commit(&self) -> Option<String> {
        match self.fetched {
            Fetched::At(commit) => Some(commit.clone()),
            Fetched::Nothing => None,
        }
    }

    /// The tree that the other side has.
    pub(super) fn theirs(&self) -> Result<String, TreeError> {
        match self.fetched {
            Fetched::At(commit) => Ok(format!("{commit}^{{tree}}")),
            Fetched::Nothing => self.trees.empty(),
        }
    }

    /// The tree that both sides come from: what the other side had when it was last seen, else what the checked-out branch
    /// has in common with it.
    pub(super) fn base(&self) -> Result<Option<String>, TreeError> {
        let seen = self.seen.as_deref().map(|seen| self.git.commit(seen)).transpose()?.flatten();
        let base = match (seen, self.fetched) {
            (Some(seen), _) => Some(seen),
            (None, Fetched::At(commit)) => {
                let common = self.git.run(&["merge-base", "HEAD", commit])?;
                common.is_ok().then(|| common.line())
            }
            (None, Fetched::Nothing) => None,
        };
        Ok(base.map(|base| format!("{base}^{{tree}}")))
    }

    /// What the other side has; where it is to get back what it had, with that.
    pub(super) fn given_back(&self, theirs: &str) -> Result<GivenBack, TreeError> {
        if !self.order.restore || (self.seen.is_some() && self.commit() == self.seen) {
            return Ok(GivenBack { tree: theirs.to_owned(), untaken: Vec::new(), lost: Vec::new() });
        }
        let seen = self.seen.as_deref().map(|seen| self.git.commit(seen)).transpose()?.flatten();
        let seen = seen.map_or_else(|| self.trees.empty(), |seen| Ok(format!("{seen}^{{tree}}")))?;
        give_back(self.trees, &seen, theirs)
    }

    /// Refuses a remote that no longer has what it had.
    pub(super) fn check_remote(&self, theirs: &str) -> Result<(), AppError> {
        let Some(seen) = &self.seen else { return Ok(()) };
        if self.commit().as_ref() == Some(seen) {
            return Ok(());
        }
        let fail = |error: TreeError| AppError::from(SyncFailure::from(error));
        if self.order.restore {
            return Ok(());
        }
        let is_known = self.git.commit(seen).map_err(SyncFailure::from)?.is_some();
        let lost =
            if is_known { losses(self.trees, &format!("{seen}^{{tree}}"), theirs).map_err(fail)? } else { Vec::new() };
        // Commits that were put together anew and hold all that there was are nothing to turn away for.
        if is_known && lost.is_empty() {
            return Ok(());
        }
        let (target, seen) = (self.target.clone(), seen.clone());
        Err(SyncFailure::Rewritten { target, seen, lost }.into())
    }

    /// Refuses to publish files that were edited or removed here.
    pub(super) fn check_here(&self, ours: &str) -> Result<(), AppError> {
        let fail = |error: TreeError| AppError::from(SyncFailure::from(error));
        let head = match self.target.place {
            Place::CheckedOut => self.git.commit("HEAD").map_err(SyncFailure::from)?,
            Place::Apart => None,
        };
        for before in self.seen.iter().chain(&head) {
            if self.git.commit(before).map_err(SyncFailure::from)?.is_none() {
                continue;
            }
            let tree = format!("{before}^{{tree}}");
            let mut lost = losses(self.trees, &tree, ours).map_err(fail)?;
            // An older commit is checked out, perhaps: what is missing here comes in, and what is there under a number and
            // another request here is for joining to tell. What was written once and differs was edited.
            let may_be_older = head.as_ref() != Some(before);
            lost.retain(|loss| !may_be_older || loss.what == Lost::Edited);
            let mut explained = BTreeSet::new();
            for loss in &lost {
                let CarriedFile::Packet(id) = loss.file else { continue };
                let Some(was) = self.packet_in(&tree, id).map_err(fail)? else { continue };
                let now = if may_be_older { self.packet_in(ours, id).map_err(fail)? } else { None };
                let is_another = now.is_some_and(|now| now.uid != was.uid);
                // Or it has another number since an exchange that was cut short.
                if is_another || standing_elsewhere(self.store, id, &was)?.is_some() {
                    explained.insert(id);
                }
            }
            lost.retain(|loss| !loss.file.request().is_some_and(|id| explained.contains(&id)));
            if !may_be_older {
                self.forgive_the_checked_out(&mut lost, ours).map_err(fail)?;
            }
            if !lost.is_empty() {
                return Err(SyncFailure::Edited { commit: before.clone(), lost }.into());
            }
        }
        Ok(())
    }

    /// Leaves out what is here as it was published, where the commit that is checked out has it otherwise: somebody's edit
    /// was fetched and merged, and has been taken back here.
    fn forgive_the_checked_out(&self, lost: &mut Vec<Loss>, ours: &str) -> Result<(), TreeError> {
        let Some(seen) = self.seen.as_deref().map(|seen| self.git.commit(seen)).transpose()?.flatten() else {
            return Ok(());
        };
        let mut published = BTreeSet::new();
        for loss in lost.iter().filter(|loss| loss.what == Lost::Edited) {
            let path = loss.file.path();
            if self.trees.hash_in(&seen, &path)? == self.trees.hash_in(ours, &path)? {
                published.insert(path);
            }
        }
        lost.retain(|loss| !published.contains(&loss.file.path()));
        Ok(())
    }

    /// The packet that a tree has under a number; `None` if it has none, or none that can be read.
    fn packet_in(&self, tree: &str, id: RequestId) -> Result<Option<Packet>, TreeError> {
        let bytes = self.trees.bytes_in(tree, &CarriedFile::Packet(id))?;
        Ok(bytes.and_then(|bytes| Packet::parse(&bytes).ok()))
    }
}
