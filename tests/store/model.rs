//! Whatever is done to a store of files answers as the model in memory does, and leaves the same.

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::history::{Head, History};
use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::memory::MemoryStore;
use coordination_ledger::store::{Append, Commit, Created, NewRequest, Records, Store};
use proptest::prelude::*;

use crate::ledger::{Ledger, endless};
use crate::support::{DAY_MS, key, noon, note_after, request_at, writer};

const KEYS: [&str; 3] = ["k1", "k2", "k3"];

#[derive(Clone, Debug)]
enum Write {
    /// On which day, with which key.
    Create(i64, Option<usize>),
    /// To which of the requests (one beyond the last is missing), on which heads, with which key.
    Append(usize, Base, Option<usize>),
    Find(usize),
}

/// What an event follows and what its writer expects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Base {
    /// The heads as they are.
    Heads,
    /// The heads as they were at a version.
    Version(u64),
    /// It follows the heads, and expects none.
    ExpectsNothing,
    /// It follows an old version, and expects the heads.
    FollowsVersion(u64),
    /// It follows what is not there.
    FollowsNothing,
}

#[derive(Clone, Debug)]
enum Command {
    One(Write),
    Committed(Vec<Write>),
    Dropped(Vec<Write>),
    Reopen,
}

fn writes() -> impl Strategy<Value = Write> {
    let key = || prop::option::weighted(0.6, 0..KEYS.len());
    let base = prop_oneof![
        6 => Just(Base::Heads),
        2 => (1..4_u64).prop_map(Base::Version),
        1 => Just(Base::ExpectsNothing),
        1 => (1..4_u64).prop_map(Base::FollowsVersion),
        1 => Just(Base::FollowsNothing),
    ];
    prop_oneof![
        3 => (0..2_i64, key()).prop_map(|(day, key)| Write::Create(day, key)),
        6 => (0..5_usize, base, key()).prop_map(|(which, base, key)| Write::Append(which, base, key)),
        1 => (0..KEYS.len()).prop_map(Write::Find),
    ]
}

fn commands() -> impl Strategy<Value = Vec<Command>> {
    let batch = || prop::collection::vec(writes(), 0..6);
    let command = prop_oneof![
        8 => writes().prop_map(Command::One),
        2 => batch().prop_map(Command::Committed),
        1 => batch().prop_map(Command::Dropped),
        1 => Just(Command::Reopen),
    ];
    prop::collection::vec(command, 1..16)
}

/// What a write was answered, as far as both must answer the same.
#[derive(PartialEq, Debug)]
enum Answer {
    Created(Created),
    Append(Append),
    Found(Option<RequestId>),
    Refused,
}

/// A write in full: decided once, on the model, and made on both.
#[expect(clippy::large_enum_variant, reason = "a handful of them lives at a time")]
enum Made {
    Create(NewRequest),
    Append(RequestId, Vec<Head>, Box<Event>),
    Find(&'static str),
}

impl Made {
    /// `serial` makes its text its own.
    fn of(write: &Write, model: &dyn Records, ids: &[RequestId], serial: usize) -> Self {
        let text = format!("number {serial}");
        match *write {
            Write::Create(day, key) => {
                Self::Create(request_at(noon().plus_ms(day * DAY_MS), &text, key.map(|number| KEYS[number])))
            }
            Write::Append(which, base, key) => {
                let id = ids.get(which).copied().unwrap_or_else(|| "REQ-20261120-0099".parse().unwrap());
                let history = model.history(id).unwrap();
                let (follows, expects) = base.heads(history.as_ref());
                let event = note_after(id, &follows, &text, key.map(|number| KEYS[number]));
                Self::Append(id, expects, Box::new(event))
            }
            Write::Find(number) => Self::Find(KEYS[number]),
        }
    }

    fn on(&self, store: &dyn Records) -> Answer {
        let budget = endless();
        match self {
            Self::Create(request) => store.create(request, &budget).map_or(Answer::Refused, Answer::Created),
            Self::Append(id, expected, event) => {
                store.append(*id, expected, event, &budget).map_or(Answer::Refused, Answer::Append)
            }
            Self::Find(text) => store.find(&key(text), &budget).map_or(Answer::Refused, Answer::Found),
        }
    }
}

impl Base {
    /// The heads that an event follows, and those that its writer expects.
    fn heads(self, history: Option<&History>) -> (Vec<Head>, Vec<Head>) {
        let nowhere = vec![Head { n: 1, hash: "0".repeat(64).parse().unwrap() }];
        let Some(history) = history else { return (nowhere.clone(), nowhere) };
        let heads = history.heads().to_vec();
        let at = |version: u64| history.at_version(version.min(history.version())).heads().to_vec();
        match self {
            Self::Heads => (heads.clone(), heads),
            Self::Version(version) => (at(version), at(version)),
            Self::ExpectsNothing => (heads, vec![]),
            Self::FollowsVersion(version) => (at(version), heads),
            Self::FollowsNothing => (nowhere, heads),
        }
    }
}

/// Runs commands on both and compares every answer, and after each command everything that can be read.
fn run(commands: &[Command]) {
    let ledger = Ledger::new();
    let (model, mut files) = (MemoryStore::new(writer()), ledger.open());
    let mut serial = 0;
    let mut both = |write: &Write, model: &dyn Records, files: &dyn Records, ids: &mut Vec<RequestId>| {
        serial += 1;
        let made = Made::of(write, model, ids, serial);
        let answer = made.on(model);
        assert_eq!(made.on(files), answer, "{write:?}");
        if let Answer::Created(Created::New(packet, _)) = answer {
            ids.push(packet.request_id);
        }
    };
    for command in commands {
        let mut ids = model.requests().unwrap();
        match command {
            Command::One(write) => both(write, &model, &*files, &mut ids),
            Command::Reopen => files = ledger.open(),
            Command::Committed(writes) | Command::Dropped(writes) => {
                let batches = (model.batch(&endless()).unwrap(), files.batch(&endless()).unwrap());
                for write in writes {
                    both(write, batches.0.as_ref(), batches.1.as_ref(), &mut ids);
                }
                if matches!(command, Command::Committed(_)) {
                    for done in [batches.0.commit(), batches.1.commit()] {
                        assert!(matches!(done.unwrap(), Commit::Committed { .. }));
                    }
                }
            }
        }
        are_equal(&model, &*files);
    }
    are_equal(&model, &*ledger.open());
}

fn are_equal(model: &dyn Store, files: &dyn Store) {
    let ids = model.requests().unwrap();
    assert_eq!(files.requests().unwrap(), ids);
    for id in ids {
        assert_eq!(files.history(id).unwrap(), model.history(id).unwrap());
    }
    for text in KEYS {
        assert_eq!(files.find(&key(text), &endless()).unwrap(), model.find(&key(text), &endless()).unwrap());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn files_answer_and_hold_what_the_model_does(commands in commands()) {
        run(&commands);
    }
}
