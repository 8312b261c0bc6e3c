//! What a name that stands for nothing may have been meant to be. Hints only: nothing is decided by them.

use std::collections::BTreeSet;
use std::io::Read;

use super::Ledger;
use crate::domain::body::{Body, ContractBody};
use crate::domain::id::{Key, RepoId, RequestType, Role};
use crate::domain::packet::Packet;
use crate::domain::workflow::Party;
use crate::index::snapshot;
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

fn did_you_mean(meant: Option<&str>) -> String {
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

    /// Says that nothing asks for an approval in this role, where that is so: no rule of the workflow, no role that
    /// somebody holds, no repository of the request.
    #[must_use]
    pub fn unasked_role(&self, role: &Role, packet: &Packet) -> Option<String> {
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
        let meant = nearest(role.as_str(), known);
        Some(format!("nothing asks for an approval as {role}{}", did_you_mean(meant)))
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
