//! From a command that a rule forbids to what people and programs see: what is missing, what is open instead, who is in
//! the way.

use super::claim_failure;
use super::exit::Exit;
use super::failure::{Detail, Failure, need_texts, open_states, shell};
use super::render::views::SideView;
use crate::contract::decide::ContractRefusal;
use crate::domain::decide::Refusal;
use crate::domain::id::RequestId;
use crate::domain::keyed::KeyConflict;
use crate::domain::outlook::{Action, Need, Open};
use crate::domain::state::Side;
use crate::domain::workflow::StateName;
use crate::index::project::EntryKey;

/// What is told of a rule of contracts.
pub(super) fn contract_refused(message: &str, refusal: &ContractRefusal) -> Failure {
    let no = |code| Failure::new(Exit::Refused, code, message);
    match refusal {
        ContractRefusal::NoVersion { newest, .. } => {
            let failure = Failure::new(Exit::NotFound, "no-contract", message);
            failure.hint(newest.map_or_else(
                || "it has none yet: ledger contract add NAME FILE".to_owned(),
                |newest| format!("its newest is v{newest}; ledger contract list tells all"),
            ))
        }
        ContractRefusal::Retired(reference) => {
            no("contract-stage").hint(format!("ledger contract show {} tells its versions", reference.name()))
        }
        ContractRefusal::Stage { .. } => {
            no("contract-stage").hint("draft → active → deprecated → retired; a deprecation can be taken back")
        }
        ContractRefusal::InUse { reference, consumers } => {
            let first = consumers.first().map(ToString::to_string).unwrap_or_default();
            let name = reference.name();
            no("in-use").hint(format!("once it has moved: ledger contract pin {name}@V --consumer {first}"))
        }
        ContractRefusal::NotPinned { pinned, .. } => {
            let pinned: Vec<String> = pinned.iter().map(ToString::to_string).collect();
            let failure = Failure::new(Exit::NotFound, "no-contract", message);
            if pinned.is_empty() {
                failure.hint("nobody is")
            } else {
                failure.hint(format!("pinned: {}", pinned.join(", ")))
            }
        }
        ContractRefusal::Over(_) => no("bad-text").hint("name a day that is to come"),
        ContractRefusal::Text(_) => no("bad-text"),
    }
}

/// What is told of a rule of requests.
pub(super) fn refused(message: &str, id: RequestId, refusal: Refusal) -> Failure {
    let no = |code| Failure::new(Exit::Refused, code, message);
    match refusal {
        Refusal::UnknownState { to, known } => {
            let near = known.iter().min_by_key(|state| strsim::damerau_levenshtein(state.as_str(), to.as_str()));
            let names: Vec<&str> = known.iter().map(StateName::as_str).collect();
            let hint = match near.filter(|near| strsim::damerau_levenshtein(near.as_str(), to.as_str()) <= 3) {
                Some(near) => format!("did you mean {near}? The states are {}", names.join(", ")),
                None => format!("the states are {}", names.join(", ")),
            };
            no("unknown-state").hint(hint)
        }
        Refusal::Illegal { from, open, .. } => {
            let to: Vec<String> = open.iter().map(with_needs).collect();
            let hint = if to.is_empty() {
                format!("{from} is final: nothing follows it")
            } else {
                format!("open from {from}: {}", to.join("; "))
            };
            no("illegal-transition").detail(Detail { open: open_states(&open), ..Detail::default() }).hint(hint)
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
        Refusal::NotDuplicate(_) => {
            no("not-duplicate").hint(format!("ledger show {id} tells what is known of it; go on"))
        }
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
        Refusal::NotDiverged(_) => no("not-diverged").hint(format!("ledger show {id} tells where it stands; go on")),
        Refusal::NoSuchSide { sides, .. } => {
            let names: Vec<String> = sides.iter().map(|s| format!("{} ({})", s.event.hash.short(), s.state)).collect();
            let failure = no("no-such-side").detail(Detail { sides: side_views(&sides), ..Detail::default() });
            failure.hint(format!("the sides are {}", names.join(" and ")))
        }
        Refusal::NotATarget { targets, .. } => {
            let names: Vec<String> = targets.iter().map(ToString::to_string).collect();
            no("not-a-target").hint(format!("its targets are {}", names.join(", ")))
        }
        Refusal::PartClosed { takes, state, .. } => {
            let takes: Vec<String> = takes.iter().map(ToString::to_string).collect();
            no("part-closed").hint(match takes.as_slice() {
                [] => format!("ledger note {id} --text TEXT still puts a word on record"),
                _ => format!("while it is {state}, a target may say {}", takes.join(" or ")),
            })
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
