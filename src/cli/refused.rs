//! From a command that a rule forbids to what people and programs see: what is missing, what is open instead, who is in
//! the way.

use super::claim_failure;
use super::exit::Exit;
use super::failure::{Detail, Failure, need_texts, open_states, shell};
use super::render::views::SideView;
use crate::app::near::nearest;
use crate::contract::decide::ContractRefusal;
use crate::domain::compatibility::Stage;
use crate::domain::decide::Refusal;
use crate::domain::id::{RepoId, RequestId};
use crate::domain::keyed::KeyConflict;
use crate::domain::outlook::{Action, Need, Open};
use crate::domain::state::Side;
use crate::domain::workflow::StateName;
use crate::index::project::EntryKey;

/// What is told of a rule of contracts.
pub(super) fn contract_refused(message: &str, refusal: &ContractRefusal) -> Failure {
    let no = |code| Failure::new(Exit::Refused, code, message);
    match refusal {
        ContractRefusal::NoVersion { name, newest, .. } => {
            let failure = Failure::new(Exit::NotFound, "no-contract", message);
            failure.hint(newest.map_or_else(
                || format!("ledger contract add {name} FILE"),
                |newest| format!("ledger contract show {name}@{newest}"),
            ))
        }
        ContractRefusal::Retired(reference) => {
            no("contract-stage").hint(format!("ledger contract show {} tells its versions", reference.name()))
        }
        ContractRefusal::Stage { reference, from, .. } => no("contract-stage").hint(match from {
            Stage::Draft => format!("ledger contract activate {reference}"),
            Stage::Active => format!("ledger contract deprecate {reference}"),
            Stage::Deprecated => format!("ledger contract retire {reference}"),
            Stage::Retired => format!("ledger contract show {} tells its versions", reference.name()),
        }),
        ContractRefusal::InUse { reference, consumers } => {
            let first = consumers.first().map(ToString::to_string).unwrap_or_default();
            let name = reference.name();
            no("in-use").hint(format!("once it has moved: ledger contract pin {name}@V --consumer {first}"))
        }
        ContractRefusal::NotPinned { name, repo, pinned } => {
            let who = if pinned.is_empty() { "nobody is".to_owned() } else { format!("only {}", names(pinned, ", ")) };
            let failure = Failure::new(Exit::NotFound, "no-contract", format!("{message}: {who}"));
            failure.hint(match nearest(repo.as_str(), pinned.iter().map(RepoId::as_str)) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("ledger contract show {name} tells who uses it"),
            })
        }
        ContractRefusal::Over(_) => no("bad-text").hint("ledger contract waive --help: name a day that is to come"),
        ContractRefusal::Text(_) => no("bad-text"),
    }
}

/// What is told of a rule of requests.
pub(super) fn refused(message: &str, id: RequestId, refusal: Refusal) -> Failure {
    let no = |code| Failure::new(Exit::Refused, code, message);
    match refusal {
        Refusal::UnknownState { to, known } => {
            let message = format!("{message}, only {}", names(&known, ", "));
            Failure::new(Exit::Refused, "unknown-state", message).hint(
                match nearest(to.as_str(), known.iter().map(StateName::as_str)) {
                    Some(near) => format!("did you mean {near}?"),
                    None => format!("ledger show {id} --explain tells what is open"),
                },
            )
        }
        Refusal::Illegal { from, open, .. } => {
            let to: Vec<String> = open.iter().map(with_needs).collect();
            let (message, hint) = if open.is_empty() {
                let message = format!("{message}: nothing follows {from}");
                (message, format!("ledger new --parent {id} asks for what is left to do"))
            } else {
                // What needs a reason leads back, or to an end: nobody is told to go there.
                let on = open.iter().find(|open| !open.needs.iter().any(|need| matches!(need, Need::Reason)));
                let explain = || format!("ledger show {id} --explain tells what each needs");
                let hint = on.map_or_else(explain, |on| Action::towards(&on.to, &on.needs).command(id));
                (format!("{message}; open from {from}: {}", to.join("; ")), hint)
            };
            let failure = Failure::new(Exit::Refused, "illegal-transition", message);
            failure.detail(Detail { open: open_states(&open), ..Detail::default() }).hint(hint)
        }
        Refusal::Unmet { to, needs, .. } => {
            let failure = no("guard").detail(Detail { needs: need_texts(&needs), ..Detail::default() });
            if needs.iter().any(|need| matches!(need, Need::AnotherActor(_))) {
                return failure.hint(format!("ledger show {id} --explain tells what each transition needs"));
            }
            failure.hint(Action::towards(&to, &needs).command(id))
        }
        Refusal::Diverged { sides } => {
            let hint = format!("{}; first look with ledger show {id}", Action::Resolve(sides.clone()).command(id));
            let failure = Failure::new(Exit::Conflict, "diverged", message);
            failure.detail(Detail { sides: side_views(&sides), ..Detail::default() }).hint(hint)
        }
        Refusal::Duplicate { first } => Failure::new(Exit::Conflict, "duplicate", message)
            .detail(Detail { duplicate_of: Some(first), ..Detail::default() })
            .hint(format!("{}; first look with ledger show {id}", Action::SettleDuplicate.command(id))),
        Refusal::NotDuplicate(_) => no("not-duplicate").hint(format!("ledger show {id} tells what is known of it")),
        Refusal::WhichEnd { ends, .. } => match ends.as_slice() {
            [] => no("which-end").hint(format!("ledger show {id} --explain tells what each transition needs")),
            ends => {
                let names: Vec<&str> = ends.iter().map(StateName::as_str).collect();
                no("which-end").hint(format!("ledger resolve {id} --duplicate --to {}", names.join("|")))
            }
        },
        Refusal::KeyTwice(conflicts) => {
            let failure = Failure::new(Exit::Conflict, "key-twice", message);
            let key_conflicts = conflicts.iter().map(EntryKey::from).collect();
            failure
                .detail(Detail { key_conflicts, ..Detail::default() })
                .hint(format!("{}; first look with ledger show {id}", resolve_keys(id, &conflicts)))
        }
        Refusal::NoSuchEvent { conflicts, .. } => no("no-such-side").hint(resolve_keys(id, &conflicts)),
        Refusal::NotDiverged(_) => no("not-diverged").hint(format!("ledger show {id} tells where it stands")),
        Refusal::NoSuchSide { sides, .. } => {
            let told: Vec<String> = sides.iter().map(|s| format!("{} ({})", s.event.hash.short(), s.state)).collect();
            let message = format!("{message}: they are {}", told.join(" and "));
            let failure = Failure::new(Exit::Refused, "no-such-side", message);
            failure
                .detail(Detail { sides: side_views(&sides), ..Detail::default() })
                .hint(Action::Resolve(sides).command(id))
        }
        Refusal::NotATarget { repo, targets } => {
            let message = format!("{message}, which asks {}", names(&targets, " and "));
            let meant = nearest(repo.as_str(), targets.iter().map(RepoId::as_str));
            let meant = meant.or(if let [one] = targets.as_slice() { Some(one.as_str()) } else { None });
            Failure::new(Exit::Refused, "not-a-target", message)
                .hint(format!("ledger respond {id} --repo {} --status STATUS", meant.map_or("REPO".to_owned(), shell)))
        }
        Refusal::PartClosed { takes, state, .. } => {
            let Some(first) = takes.first() else {
                return no("part-closed").hint(format!("ledger note {id} --text TEXT still puts a word on record"));
            };
            let message = format!("{message}: while it is {state}, a target may say {}", names(&takes, " or "));
            Failure::new(Exit::Refused, "part-closed", message)
                .hint(format!("ledger respond {id} --repo REPO --status {first}"))
        }
        Refusal::PartNeedsEvidence => no("guard")
            .detail(Detail { needs: need_texts(&[Need::Evidence]), ..Detail::default() })
            .hint(format!("ledger respond {id} --repo REPO --status DELIVERED --evidence KIND=VALUE")),
        Refusal::RoleNotHeld { role, .. } => {
            no("role").hint(format!("coordination/ledger.json names under roles.{role} who holds it"))
        }
        Refusal::Unsigned { role } => {
            no("unsigned").hint(format!("ledger approve {id} --as {} --sign", shell(role.as_str())))
        }
        Refusal::DetailGiven { name } => {
            let hint = format!("to correct it: ledger note {id} --text 'details.{name}: …'");
            no("detail-given").hint(hint)
        }
        Refusal::ClaimedByOther(claim) => {
            claim_failure::in_the_way(Failure::new(Exit::Conflict, "claimed-by-other", message), id, &[claim])
        }
        Refusal::Contested(claims) => {
            claim_failure::in_the_way(Failure::new(Exit::Conflict, "contested", message), id, &claims)
        }
        Refusal::NotClaimed { .. } => no("not-claimed").hint(format!("ledger claim {id}")),
        Refusal::NotContested => no("not-claimed").hint(format!("ledger show {id} tells who has claimed it")),
        Refusal::Over(_) => no("over").hint("ledger ready --unclaimed lists what can be claimed"),
        Refusal::Contradicts(_) | Refusal::WrongClaim(_) => {
            no("illegal-transition").hint(format!("ledger verify {id} tells what is wrong with what is on record"))
        }
        Refusal::Text(_) => no("bad-text"),
    }
}

/// What settles the first of several keys.
fn resolve_keys(id: RequestId, conflicts: &[KeyConflict]) -> String {
    conflicts.first().map(|conflict| Action::ResolveKey(conflict.clone()).command(id)).unwrap_or_default()
}

fn names<T: ToString>(of: &[T], between: &str) -> String {
    of.iter().map(ToString::to_string).collect::<Vec<_>>().join(between)
}

fn side_views(sides: &[Side]) -> Vec<SideView> {
    sides.iter().map(SideView::from).collect()
}

fn with_needs(open: &Open) -> String {
    if open.needs.is_empty() {
        return open.to.to_string();
    }
    let needs: Vec<String> = open.needs.iter().map(ToString::to_string).collect();
    format!("{} with {}", open.to, needs.join(" and "))
}
