//! What a name that stands for nothing may have been meant to be. Hints only: nothing is decided by them.

use std::collections::BTreeSet;
use std::io::Read;

use super::{AppError, Ledger};
use crate::domain::body::{Body, ContractBody};
use crate::domain::id::{Actor, Key, Label, RepoId, RequestId, RequestType, Role};
use crate::domain::packet::Packet;
use crate::domain::workflow::Party;
use crate::index::snapshot::{self, Names};
use crate::store::Derived;

/// The most edits between a name and what it was meant to be.
const EDITS_MAX: usize = 3;
/// The largest index that is looked through for a hint: a batch may name many keys that are not there.
const INDEX_BYTES_MAX: u64 = 8 * 1024 * 1024;
/// The same for a word on the way: of some hundred requests, in a millisecond.
const SMALL_INDEX_BYTES_MAX: u64 = 256 * 1024;

/// The name among `known` that differs least from a mistyped one; in a short name one wrong letter is much.
pub fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let edits_max = (typed.chars().count() / 3).clamp(1, EDITS_MAX);
    let near = known.into_iter().map(|name| (strsim::damerau_levenshtein(name, typed), name));
    near.filter(|(edits, _)| (1..=edits_max).contains(edits)).min().map(|(_, name)| name)
}

/// Says that no event has a type of this name, where that is so.
#[must_use]
pub fn unknown_event_type(typed: &str) -> Option<String> {
    let known = || Body::KINDS.into_iter().chain(ContractBody::KINDS);
    let upper = typed.to_ascii_uppercase();
    (!known().any(|kind| kind == upper)).then(|| no_type(typed, nearest(&upper, known())))
}

fn no_type(typed: &str, meant: Option<&str>) -> String {
    format!("{typed} is not a type of this ledger{}", did_you_mean(meant))
}

fn no_request_of(repo: &RepoId, meant: Option<&str>) -> String {
    format!("no request is asked by or of {repo}{}", did_you_mean(meant))
}

/// The question at the end of a message, where there is something to ask.
#[must_use]
pub fn did_you_mean(meant: Option<&str>) -> String {
    meant.map(|meant| format!("; did you mean {meant}?")).unwrap_or_default()
}

impl Ledger<'_> {
    /// Says that the workflow has no such type of request, where that is so.
    #[must_use]
    pub fn unknown_request_type(&self, typed: &RequestType) -> Option<String> {
        if self.workflow.request_type(typed).is_some() {
            return None;
        }
        let known = self.workflow.types().iter().map(|rule| rule.name.as_str());
        Some(no_type(typed.as_str(), nearest(typed.as_str(), known)))
    }

    /// Of these repositories, those that no request is asked by or of, and that look like one that there is: says of each
    /// which it may be meant to be.
    #[must_use]
    pub fn mistyped_repos(&self, repos: &[RepoId]) -> Vec<String> {
        let known = self.known_repos(SMALL_INDEX_BYTES_MAX);
        let mistyped = |repo: &RepoId| {
            let meant = nearest(repo.as_str(), known.iter().map(RepoId::as_str)).filter(|_| !known.contains(repo))?;
            Some(no_request_of(repo, Some(meant)))
        };
        repos.iter().filter_map(mistyped).collect()
    }

    /// Says that no request is asked by or of this repository, where that is so as far as the index tells.
    #[must_use]
    pub fn unknown_repo(&self, repo: &RepoId) -> Option<String> {
        let known = self.known_repos(INDEX_BYTES_MAX);
        let is_unknown = !known.is_empty() && !known.contains(repo);
        is_unknown.then(|| no_request_of(repo, nearest(repo.as_str(), known.iter().map(RepoId::as_str))))
    }

    /// Says that nobody of this name made a request, where that is so as far as the index tells.
    #[must_use]
    pub fn unknown_maker(&self, actor: &Actor) -> Option<String> {
        let Names { makers, .. } = self.known_names();
        let meant = self.meant(actor.as_str(), &makers)?;
        Some(format!("no request was made by {actor}{}", did_you_mean(meant.as_deref())))
    }

    /// The same of who has claimed requests.
    #[must_use]
    pub fn unknown_claimant(&self, actor: &Actor) -> Option<String> {
        let Names { makers, others, .. } = self.known_names();
        let meant = self.meant(actor.as_str(), &makers.union(&others).cloned().collect())?;
        Some(format!("nobody called {actor} is on record{}", did_you_mean(meant.as_deref())))
    }

    /// The same of a label.
    #[must_use]
    pub fn unknown_label(&self, label: &Label) -> Option<String> {
        let meant = self.meant(label.as_str(), &self.known_names().labels)?;
        Some(format!("no request has the label {label}{}", did_you_mean(meant.as_deref())))
    }

    /// What a name that is not among these may have been meant to be; `None` if it is, or there are none.
    fn meant(&self, typed: &str, known: &BTreeSet<String>) -> Option<Option<String>> {
        let is_unknown = !known.is_empty() && !known.contains(typed);
        is_unknown.then(|| nearest(typed, known.iter().map(String::as_str)).map(str::to_owned))
    }

    fn known_names(&self) -> Names {
        self.index_within(INDEX_BYTES_MAX).map(|text| snapshot::names(&text)).unwrap_or_default()
    }

    /// The one key in the index that something was taken over with, if it had this name at its source.
    #[must_use]
    pub fn key_of_source(&self, name: &str) -> Option<Key> {
        let keys = snapshot::keys(&self.index_within(INDEX_BYTES_MAX)?);
        let mut of_name =
            keys.into_iter().filter(|key| key.as_str().rsplit_once(':').is_some_and(|(_, own)| own == name));
        of_name.next().filter(|_| of_name.next().is_none())
    }

    /// The repositories that the index names; none where it is larger than that.
    fn known_repos(&self, bytes_max: u64) -> BTreeSet<RepoId> {
        self.index_within(bytes_max).map(|text| snapshot::repos(&text)).unwrap_or_default()
    }

    /// The index, if it is no larger than that; no more of it is read.
    fn index_within(&self, bytes_max: u64) -> Option<Vec<u8>> {
        let file = self.store.read_derived(Derived::Index).ok().flatten()?;
        let mut text = Vec::new();
        file.take(bytes_max + 1).read_to_end(&mut text).ok()?;
        (text.len() as u64 <= bytes_max).then_some(text)
    }

    /// The role that this one may have been meant to be; `None` if something asks for an approval in it: a rule of the
    /// workflow, a role that somebody holds, a repository of the request.
    #[must_use]
    pub fn unasked_role(&self, role: &Role, packet: &Packet) -> Option<Option<Role>> {
        let workflow = self.workflow;
        let guards = workflow.transitions().iter().flat_map(|rule| &rule.guards);
        let parties = workflow.types().iter().map(|rule| rule.triage);
        let parties = parties.chain(workflow.states().iter().filter_map(|state| state.waits_for));
        let repos = packet.target_repo_ids.iter().chain([&packet.origin_repo_id]);
        let mut known: Vec<&str> = guards.filter_map(|guard| guard.role.as_ref().map(Role::as_str)).collect();
        known.extend(parties.filter_map(role_of));
        known.extend(self.settings.roles.keys().map(Role::as_str));
        known.extend(repos.map(RepoId::as_str));
        if known.contains(&role.as_str()) {
            return None;
        }
        Some(nearest(role.as_str(), known).and_then(|meant| meant.parse().ok()))
    }

    /// Refuses an approval in a role that nothing asks for, where it is all but the name of one that something asks for: it
    /// could never be taken back. A role of somebody's own is let through.
    ///
    /// # Errors
    /// [`AppError::MistypedRole`], or failed machinery.
    pub fn refuse_mistyped(&self, id: RequestId, role: &Role, key: Option<&Key>) -> Result<(), AppError> {
        let Some(history) = self.store.history(id)? else { return Ok(()) };
        // What is on record already is answered as it was.
        if key.is_some_and(|key| history.with_key(key).is_some()) {
            return Ok(());
        }
        match self.unasked_role(role, history.packet()).flatten() {
            Some(meant) => Err(AppError::MistypedRole { id, role: role.clone(), meant }),
            None => Ok(()),
        }
    }

    /// The key in the index that `key` may have been meant to be. One that differs in its digits is another intent's.
    #[must_use]
    pub fn near_key(&self, key: &Key) -> Option<Key> {
        let text = self.index_within(INDEX_BYTES_MAX)?;
        let digits = |key: &str| key.chars().filter(char::is_ascii_digit).collect::<String>();
        let keys: Vec<Key> =
            snapshot::keys(&text).into_iter().filter(|one| digits(one.as_str()) == digits(key.as_str())).collect();
        let meant = nearest(key.as_str(), keys.iter().map(Key::as_str))?;
        keys.iter().find(|one| one.as_str() == meant).cloned()
    }
}

fn role_of<'a>(party: Party) -> Option<&'a str> {
    match party {
        Party::Pm => Some("pm"),
        Party::Sponsor => Some("sponsor"),
        Party::Target | Party::Origin | Party::Triage => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_far_or_the_same_is_not_near() {
        let known = ["sponsor", "pm", "billing"];
        assert_eq!(nearest("spnsor", known), Some("sponsor"));
        assert_eq!(nearest("pn", known), Some("pm"));
        assert_eq!(nearest("billnig", known), Some("billing"));
        for typed in ["", "ops", "sponsor", "acme/billing"] {
            assert_eq!(nearest(typed, known), None, "{typed}");
        }
    }
}
