//! Random doings of two to four clones of one request.

use std::sync::Arc;

use coordination_ledger::domain::claim::Term;
use coordination_ledger::domain::decide::{Command, Transition};
use coordination_ledger::domain::event::PartStatus;
use coordination_ledger::domain::outlook::{self, Need, Open};
use coordination_ledger::domain::state::{State, Status};
use coordination_ledger::domain::time::Timestamp;
use coordination_ledger::domain::workflow::Workflow;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::replica::{self, NOON_MS, Replica, Request};

/// Who acts: Ann asked, Bea owns `billing`, Sam is the sponsor, Mia owns `mail`.
pub(super) const ACTORS: [&str; 4] = ["ann", "bea", "sam", "mia"];
const TYPES: [&str; 4] = ["bug", "feature", "incident", "contract-change"];
const TARGETS: [&str; 3] = ["billing", "mail", "search"];

/// What is asked, and by which rules.
#[derive(Clone, Debug)]
pub(super) struct Setting {
    pub(super) workflow: Option<SmallWorkflow>,
    pub(super) request_type: usize,
    pub(super) targets: usize,
    pub(super) governed: bool,
    pub(super) sponsor_approval_required: bool,
}

impl Setting {
    pub(super) fn request(&self) -> Arc<Request> {
        let mode = if self.governed { "governed" } else { "tracked" };
        let (workflow, request_type) = match &self.workflow {
            Some(small) => (small.workflow(), TYPES[0]),
            None => (Workflow::default(), TYPES[self.request_type]),
        };
        let members = json!({
            "request_type": request_type,
            "target_repo_ids": TARGETS[..self.targets],
            "coordination_mode": mode,
            "sponsor_approval_required": self.sponsor_approval_required,
        });
        Request::under(workflow, members)
    }
}

/// A valid workflow of a few states, the last ones final.
#[derive(Clone, Debug)]
pub(super) struct SmallWorkflow {
    pub(super) states: usize,
    pub(super) finals: usize,
    /// From, to, which guard, and whether it is rework.
    pub(super) transitions: Vec<(usize, usize, u8, bool)>,
}

impl SmallWorkflow {
    pub(super) fn workflow(&self) -> Workflow {
        let open = self.states - self.finals;
        let state = |i: usize| {
            let parts: &[&str] = if i < open { &["ACCEPTED", "DECLINED", "DELIVERED"] } else { &[] };
            json!({"name": format!("S{i}"), "final": i >= open, "parts": parts})
        };
        let transition = |&(from, to, guard, rework): &(usize, usize, u8, bool)| {
            let guards = match guard {
                0 => json!([{"guard": "reason"}]),
                1 => json!([{"guard": "evidence"}]),
                2 => json!([{"guard": "approval", "role": "sponsor"}]),
                3 => json!([{"guard": "not_deliverer"}]),
                4 => json!([{"guard": "targets_delivered"}]),
                _ => json!([]),
            };
            let (from, to) = (format!("S{}", from % open), format!("S{}", to % self.states));
            json!({"from": [from], "to": to, "rework": rework, "guards": guards})
        };
        let text = json!({
            "format": 1,
            "initial": "S0",
            "states": (0..self.states).map(state).collect::<Vec<Value>>(),
            "transitions": self.transitions.iter().map(transition).collect::<Vec<Value>>(),
            "types": [{"name": "bug", "triage": "target"}],
        });
        Workflow::parse(&text.to_string()).expect("a small workflow is valid as it is made")
    }
}

/// What somebody wishes to do. Numbers choose among what there is at that moment.
#[derive(Clone, Debug)]
pub(super) enum Wish {
    /// The state that ordinarily follows, with what the writer can give along, and details of the writer's own.
    Onward(Option<&'static str>),
    /// One of the open transitions, likewise.
    Aside(usize),
    /// Any state, open or not.
    Anywhere(usize),
    Part(usize, PartStatus),
    Note,
    Review,
    Evidence,
    Approve,
    Resolve(usize),
    Claim,
    Steal,
    Heartbeat,
    Release,
}

#[derive(Clone, Debug)]
pub(super) enum Step {
    Write {
        at: usize,
        by: usize,
        wish: Wish,
        key: Option<u8>,
        wall_ms: i64,
    },
    /// Two clones write with one key, the same or something else.
    Twice {
        at: [usize; 2],
        by: [usize; 2],
        wish: Wish,
        otherwise: Option<Wish>,
        key: u8,
    },
    Pull {
        into: usize,
        from: usize,
    },
}

/// A request, its clones, and what happens on them.
#[derive(Clone, Debug)]
pub(super) struct Scenario {
    pub(super) setting: Setting,
    pub(super) clones: usize,
    /// Whether each clone completes the create by itself, or all begin with the first one's event.
    pub(super) begun_apart: bool,
    pub(super) steps: Vec<Step>,
}

impl Scenario {
    /// The clones as they are at the end.
    pub(super) fn play(&self) -> Vec<Replica> {
        let request = self.setting.request();
        let first = Replica::first(&request);
        let mut replicas: Vec<Replica> = (0..self.clones)
            .map(|i| {
                let writer = format!("clone{i}");
                if self.begun_apart { Replica::cut_short(&request, &writer) } else { first.fork(&writer) }
            })
            .collect();
        for (i, step) in self.steps.iter().enumerate() {
            match step {
                Step::Write { at, by, wish, key, wall_ms } => {
                    let at = at % self.clones;
                    // Each clone's clock is off by an hour more, and jumps to and fro.
                    let skew_ms = i64::try_from(at).unwrap() * 3_600_000;
                    replicas[at].wall = Timestamp::from_unix_ms(NOON_MS + skew_ms + wall_ms);
                    write_keyed(&mut replicas[at], ACTORS[*by], wish, (i, *key));
                }
                Step::Twice { at, by, wish, otherwise, key } => {
                    let wishes = [wish, otherwise.as_ref().unwrap_or(wish)];
                    for ((at, by), wish) in at.iter().zip(by).zip(wishes) {
                        write_keyed(&mut replicas[at % self.clones], ACTORS[*by], wish, (i, Some(*key)));
                    }
                }
                Step::Pull { into, from } => {
                    let from = replicas[from % self.clones].clone();
                    replicas[into % self.clones].pull(&from);
                }
            }
        }
        replicas.iter_mut().filter(|replica| replica.events.is_empty()).for_each(Replica::complete);
        replicas
    }
}

/// Everything that the clones hold, as one more clone.
pub(super) fn united(replicas: &[Replica]) -> Replica {
    let mut all = replicas[0].fork("united");
    replicas.iter().for_each(|replica| all.pull(replica));
    all
}

/// Does what somebody wishes on one clone, as far as the rules allow it.
pub(super) fn write(replica: &mut Replica, by: &str, wish: &Wish, step: usize) {
    write_keyed(replica, by, wish, (step, None));
}

/// The same with a key. What was written with it before is not written again. With a key, the texts say nothing of the
/// step, so that two clones can say the same.
fn write_keyed(replica: &mut Replica, by: &str, wish: &Wish, (step, key): (usize, Option<u8>)) {
    if replica.events.is_empty() {
        replica.complete();
    }
    let step = if key.is_some() { 0 } else { step };
    let key = key.map(|key| format!("k{key}").parse().unwrap());
    if key.as_ref().is_some_and(|key| replica.history().with_key(key).is_some()) {
        return;
    }
    if let Some(command) = command(replica, by, wish, step) {
        // Whether it is allowed is the rules' affair; a refusal leaves the clone as it was.
        let _: Result<_, _> = replica.act_keyed(by, &command, key);
    }
}

fn command(replica: &Replica, by: &str, wish: &Wish, step: usize) -> Option<Command> {
    let state = replica.state();
    Some(match wish {
        Wish::Onward(scope) => {
            let next = replica.request.workflow.state(state.name()?)?.next.as_ref();
            let open = open(replica, &state, by);
            let chosen = open.iter().find(|open| Some(&open.to) == next).or(open.first())?;
            granted(chosen, *scope)
        }
        Wish::Aside(which) => {
            let open = open(replica, &state, by);
            granted(open.get(which % open.len().max(1))?, None)
        }
        Wish::Anywhere(which) => {
            let states = replica.request.workflow.states();
            replica::proven_because(states[which % states.len()].name.as_str())
        }
        Wish::Part(which, status) => replica::part(TARGETS[*which], *status),
        Wish::Note => replica::note(&format!("note {step}")),
        Wish::Review => replica::review(),
        Wish::Evidence => replica::evidence(&format!("c{step}")),
        Wish::Approve => replica::approval("sponsor"),
        Wish::Claim => replica::claim(),
        Wish::Steal => replica::steal(),
        Wish::Heartbeat => Command::Heartbeat(Term::DEFAULT),
        Wish::Release => Command::Release(None),
        Wish::Resolve(which) => match &state.status {
            Status::At(_) if !state.key_conflicts.is_empty() => {
                let conflict = &state.key_conflicts[which % state.key_conflicts.len()];
                replica::resolve(&conflict.said[which % conflict.said.len()].event.hash.to_string())
            }
            Status::At(name) => replica::resolve(name.as_str()),
            Status::Diverged(sides) => replica::resolve(&sides[which % sides.len()].event.hash.to_string()),
        },
    })
}

fn open(replica: &Replica, state: &State, by: &str) -> Vec<Open> {
    let Request { packet, workflow, .. } = &*replica.request;
    outlook::open(state, packet, workflow, &by.parse().unwrap(), &replica.contract_check)
}

/// An open transition with what its writer can give along.
fn granted(open: &Open, scope: Option<&str>) -> Command {
    let mut wanted = Transition { reason: Some("because".to_owned()), ..replica::bare(open.to.as_str()) };
    wanted.details.extend(scope.map(|scope| ("scope".to_owned(), json!(scope))));
    for need in &open.needs {
        match need {
            Need::Evidence => wanted.evidence.push(replica::commit("1a2b3c4")),
            Need::Details(names) => {
                let missing: Vec<&String> = names.iter().filter(|name| !wanted.details.contains_key(*name)).collect();
                wanted.details.extend(missing.into_iter().map(|name| (name.clone(), json!("as agreed"))));
            }
            Need::Reason
            | Need::Parts(_)
            | Need::Approval(_)
            | Need::ReviewNote
            | Need::ContractCheck(..)
            | Need::AnotherActor(_) => {}
        }
    }
    Command::Transition(wanted)
}

/// Scenarios on the built-in workflow and on small ones.
pub(super) fn scenarios() -> impl Strategy<Value = Scenario> {
    let steps = proptest::collection::vec(steps(), 0..48);
    (settings(), 2_usize..=4, proptest::bool::weighted(0.2), steps)
        .prop_map(|(setting, clones, begun_apart, steps)| Scenario { setting, clones, begun_apart, steps })
}

pub(super) fn settings() -> impl Strategy<Value = Setting> {
    (
        proptest::option::weighted(0.4, small_workflows()),
        0..TYPES.len(),
        1..=TARGETS.len(),
        proptest::bool::weighted(0.3),
        proptest::bool::weighted(0.2),
    )
        .prop_map(|(workflow, request_type, targets, governed, sponsor_approval_required)| Setting {
            workflow,
            request_type,
            targets,
            governed,
            sponsor_approval_required,
        })
}

pub(super) fn small_workflows() -> impl Strategy<Value = SmallWorkflow> {
    let transition = (0_usize..6, 0_usize..6, 0_u8..12, proptest::bool::weighted(0.2));
    (3_usize..=6, 1_usize..=2, proptest::collection::vec(transition, 1..14))
        .prop_map(|(states, finals, transitions)| SmallWorkflow { states, finals, transitions })
}

pub(super) fn steps() -> impl Strategy<Value = Step> {
    let wall_ms = prop_oneof![Just(0), -86_400_000_i64..86_400_000, -5_i64..5];
    let key = proptest::option::weighted(0.15, 0_u8..3);
    let write = (0_usize..4, 0..ACTORS.len(), wishes(), key, wall_ms);
    let clones = [0_usize..4, 0_usize..4];
    let actors = [0..ACTORS.len(), 0..ACTORS.len()];
    let otherwise = proptest::option::weighted(0.5, wishes());
    let twice = (clones, actors, wishes(), otherwise, 3_u8..6);
    prop_oneof![
        6 => write.prop_map(|(at, by, wish, key, wall_ms)| Step::Write { at, by, wish, key, wall_ms }),
        1 => twice.prop_map(|(at, by, wish, otherwise, key)| Step::Twice { at, by, wish, otherwise, key }),
        3 => (0_usize..4, 0_usize..4).prop_map(|(into, from)| Step::Pull { into, from }),
    ]
}

pub(super) fn wishes() -> impl Strategy<Value = Wish> {
    let scope = prop_oneof![12 => Just(None), 1 => Just(Some("small")), 1 => Just(Some("large"))];
    let word = prop_oneof![
        1 => Just(PartStatus::Accepted),
        1 => Just(PartStatus::Declined),
        4 => Just(PartStatus::Delivered),
    ];
    prop_oneof![
        14 => scope.prop_map(Wish::Onward),
        2 => (0_usize..8).prop_map(Wish::Aside),
        1 => (0_usize..9).prop_map(Wish::Anywhere),
        3 => (0..TARGETS.len(), word).prop_map(|(which, word)| Wish::Part(which, word)),
        1 => Just(Wish::Note),
        1 => Just(Wish::Review),
        1 => Just(Wish::Evidence),
        1 => Just(Wish::Approve),
        3 => (0_usize..4).prop_map(Wish::Resolve),
        1 => Just(Wish::Claim),
        2 => claim_wishes(),
    ]
}

/// What somebody can wish of a claim.
pub(super) fn claim_wishes() -> impl Strategy<Value = Wish> {
    prop_oneof![4 => Just(Wish::Claim), 1 => Just(Wish::Steal), 2 => Just(Wish::Heartbeat), 2 => Just(Wish::Release)]
}
