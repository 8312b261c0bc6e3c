//! The way to a state: transitions that the workflow has, one after the other.

use std::collections::{BTreeMap, VecDeque};

use serde_json::{Map, Value};

use super::{Hand, Taken};
use crate::app::AppError;
use crate::domain::decide::{Command, Transition};
use crate::domain::event::{Body, Evidence, PartStatus, Responded};
use crate::domain::history::History;
use crate::domain::id::RequestType;
use crate::domain::state::{State, Status};
use crate::domain::workflow::{GuardKind, StateName, TransitionRule, Workflow};
use crate::intake::{Memory, Move, Note, Wish, slug};

/// Whether a delivery may be sent back on the way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Rework {
    /// The source says that it was delivered, and went back.
    Allowed,
    /// It may only be further on here than it is there.
    Forbidden,
}

impl Hand<'_> {
    /// Brings the request where the source says that it stands, as far as a legal way leads.
    pub(super) fn bring(&self, to: &Move, wish: &Wish, taken: &mut Taken) -> Result<(), AppError> {
        let history = self.history()?;
        let Some((stem, rework)) = new_step(to, &history, if taken.is_new { Age::New } else { Age::Known }) else {
            return Ok(());
        };
        let workflow = self.ledger.workflow;
        let state = State::replay(&history, workflow);
        let here = match &state.status {
            Status::At(here) => here.clone(),
            Status::Diverged(_) => {
                taken.tell(format!("it has diverged, and {} says {:?}", wish.source, to.said), "left as it is");
                return Ok(());
            }
        };
        if here == to.to {
            return self.say_again(to, &stem, taken);
        }
        let way = way(workflow, &here, &to.to, &history.packet().request_type, rework);
        let Some(way) = way else {
            return self.stay(to, wish, (&stem, &here), "no legal way leads there", taken);
        };
        let last = way.len().saturating_sub(1);
        let mut at = here;
        for (number, rule) in way.into_iter().enumerate() {
            let place = if number == last { Place::End } else { Place::Before };
            match self.take_step(rule, to, wish, (&stem, place), taken) {
                Ok(()) => {
                    at = rule.to.clone();
                    taken.states.push(at.to_string());
                }
                Err(AppError::Refused { refusal, .. }) => {
                    return self.stay(to, wish, (&stem, &at), &refusal.to_string(), taken);
                }
                Err(AppError::BadDraft(faults)) => {
                    let why = faults.iter().map(|fault| format!("{}: {}", fault.pointer, fault.what));
                    return self.stay(to, wish, (&stem, &at), &why.collect::<Vec<_>>().join("; "), taken);
                }
                Err(other) => return Err(other),
            }
        }
        Ok(())
    }

    /// It is there already: what the event says besides is kept.
    fn say_again(&self, to: &Move, stem: &str, taken: &mut Taken) -> Result<(), AppError> {
        let Memory::Event(_) = to.memory else { return Ok(()) };
        let mut text = to.reason.clone().unwrap_or_default();
        for Evidence { kind, value } in &to.evidence {
            text.push_str(&format!("\n{kind}={value}"));
        }
        // Said even where it says nothing new: so it is known the next time, wherever the request is by then.
        let text = if text.trim().is_empty() { to.said.clone() } else { format!("{}: {}", to.said, text.trim()) };
        self.note(&Note { key: format!("{stem}:note"), text, kind: None, by: to.by.clone(), at: to.at.clone() }, taken)
    }

    /// It can't be brought there: that is on record, and told.
    fn stay(
        &self,
        to: &Move,
        wish: &Wish,
        (stem, at): (&str, &StateName),
        why: &str,
        taken: &mut Taken,
    ) -> Result<(), AppError> {
        let said = &to.said;
        taken.tell(format!("{said:?} means {}, and it stays {at}: {why}", to.to), "kept in a note");
        let mut text = format!("{} says {said:?} ({}). It stays {at} here: {why}.", wish.source, to.to);
        for more in to.reason.iter().cloned().chain(to.evidence.iter().map(|one| format!("{}={}", one.kind, one.value)))
        {
            text.push_str(&format!("\n{more}"));
        }
        self.note(&Note { key: format!("{stem}:note"), text, kind: None, by: to.by.clone(), at: to.at.clone() }, taken)
    }

    fn take_step(
        &self,
        rule: &TransitionRule,
        to: &Move,
        wish: &Wish,
        (stem, place): (&str, Place),
        taken: &mut Taken,
    ) -> Result<(), AppError> {
        let history = self.history()?;
        let packet = history.packet();
        let needs = |kind: GuardKind| rule.guards.iter().any(|guard| guard.guard == kind && guard.applies_to(packet));
        let evidence = || {
            if to.evidence.is_empty() {
                vec![Evidence { kind: "note".to_owned(), value: format!("{} says {:?}", wish.source, to.said) }]
            } else {
                to.evidence.clone()
            }
        };
        if needs(GuardKind::TargetsDelivered) && packet.target_repo_ids.len() > 1 {
            self.deliver_parts(&history, to, (stem, &evidence()), taken)?;
        }
        let own_reason = to.reason.clone().filter(|_| place == Place::End);
        let reason =
            own_reason.or_else(|| needs(GuardKind::Reason).then(|| format!("{} says {:?}", wish.source, to.said)));
        let was_shown = |piece: &Evidence| history.events().iter().any(|event| event.body().evidence().contains(piece));
        let is_new = place == Place::End && !to.evidence.iter().all(was_shown);
        let is_shown = is_new || needs(GuardKind::Evidence);
        let details = if needs(GuardKind::Details) { self.details(&history, wish) } else { Map::new() };
        let transition = Transition {
            to: rule.to.clone(),
            reason,
            evidence: if is_shown { evidence() } else { Vec::new() },
            details,
            occurred_at: to.at.clone(),
        };
        self.write(&Command::Transition(transition), &format!("{stem}:{}", rule.to), to.by.as_ref())?;
        Ok(())
    }

    /// Details by default that are not on record yet.
    fn details(&self, history: &History, wish: &Wish) -> Map<String, Value> {
        let there = State::replay(history, self.ledger.workflow).details;
        wish.later.iter().filter(|(name, _)| !there.contains_key(*name)).map(|(n, v)| (n.clone(), v.clone())).collect()
    }

    /// Who says that it is delivered says so of each target's part.
    fn deliver_parts(
        &self,
        history: &History,
        to: &Move,
        (stem, evidence): (&str, &[Evidence]),
        taken: &mut Taken,
    ) -> Result<(), AppError> {
        let state = State::replay(history, self.ledger.workflow);
        for repo in &history.packet().target_repo_ids {
            if !state.part_is(repo, PartStatus::Delivered) {
                let part = Responded {
                    repo: repo.clone(),
                    status: PartStatus::Delivered,
                    summary: Some(format!("taken over: {:?}", to.said)),
                    evidence: evidence.to_vec(),
                    branch: None,
                };
                let key = format!("{stem}:part:{}", super::digits(&[repo.as_str()]));
                self.write(&Command::Respond(part), &key, to.by.as_ref())?;
                taken.notes += 1;
            }
        }
        Ok(())
    }
}

/// Whether a request was made just now.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Age {
    New,
    Known,
}

/// Where on the way a step is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Place {
    Before,
    End,
}

/// What the keys of a step begin with; `None` if it was taken before.
fn new_step(to: &Move, history: &History, age: Age) -> Option<(String, Rework)> {
    let keys = || history.events().iter().filter_map(|event| event.key()).map(|key| key.as_str());
    let stem = match &to.memory {
        Memory::Event(stem) => {
            let begin = format!("{stem}:");
            let is_known = keys().any(|key| key.starts_with(&begin));
            return (!is_known).then(|| (stem.clone(), Rework::Allowed));
        }
        Memory::Standing(stem) => stem,
    };
    // `STEM:N:WORD:STATE`, the newest last.
    let begin = format!("{stem}:");
    let newest = keys().filter_map(|key| key.strip_prefix(&begin)).filter_map(numbered).max_by_key(|(n, _)| *n);
    let said = slug(&to.said);
    match newest {
        Some((_, word)) if word == said => None,
        Some((n, _)) => Some((format!("{stem}:{}:{said}", n + 1), Rework::Allowed)),
        None if age == Age::New => Some((format!("{stem}:1:{said}"), Rework::Allowed)),
        None => {
            let was_there = |event: &crate::domain::event::Event| match event.body() {
                Body::Created(created) => created.to == to.to,
                Body::Transitioned(moved) => moved.to == to.to,
                Body::Responded(_)
                | Body::Noted(_)
                | Body::EvidenceAdded(_)
                | Body::Approved(_)
                | Body::Resolved(_)
                | Body::Renumbered(_)
                | Body::IdResolved(_)
                | Body::Claimed(_)
                | Body::Released(_)
                | Body::Distinct(_)
                | Body::KeyResolved(_)
                | Body::Contract(_)
                | Body::Other(_) => false,
            };
            // It has been there: that it is further on now is this ledger's own news.
            let is_old = history.events().iter().any(was_there);
            (!is_old).then(|| (format!("{stem}:1:{said}"), Rework::Forbidden))
        }
    }
}

fn numbered(rest: &str) -> Option<(u64, &str)> {
    let (number, rest) = rest.split_once(':')?;
    Some((number.parse().ok()?, rest.split(':').next().unwrap_or(rest)))
}

/// The shortest way, by transitions that are open to this type.
fn way<'a>(
    workflow: &'a Workflow,
    from: &StateName,
    to: &StateName,
    request_type: &RequestType,
    rework: Rework,
) -> Option<Vec<&'a TransitionRule>> {
    let mut came_by: BTreeMap<&StateName, (&StateName, &TransitionRule)> = BTreeMap::new();
    let mut open = VecDeque::from([from]);
    while let Some(here) = open.pop_front() {
        if here == to {
            let mut way = Vec::new();
            let mut at = here;
            while let Some((before, rule)) = came_by.get(at).filter(|_| at != from) {
                way.push(*rule);
                at = before;
            }
            way.reverse();
            return Some(way);
        }
        let rules = workflow.transitions().iter().filter(|rule| {
            rule.from.contains(here)
                && (rule.types.is_empty() || rule.types.contains(request_type))
                && (!rule.rework || rework == Rework::Allowed)
        });
        for rule in rules {
            if rule.to != *from && !came_by.contains_key(&rule.to) {
                came_by.insert(&rule.to, (here, rule));
                open.push_back(&rule.to);
            }
        }
    }
    None
}
