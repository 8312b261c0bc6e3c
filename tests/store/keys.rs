//! Looking keys up stays exact, whatever happened to the table and to the folder behind the program's back.

use std::path::PathBuf;
use std::sync::Mutex;
use std::time::Duration;

use coordination_ledger::domain::id::{Key, RequestId};
use coordination_ledger::domain::packet::Packet;
use coordination_ledger::store::fs::FsStore;
use coordination_ledger::store::fs::files::Files;
use coordination_ledger::store::fs::keys::{Kept, Keys};
use coordination_ledger::store::fs::watch::{Seen, Watch};
use coordination_ledger::store::{Created, Records, Store};
use proptest::prelude::*;
use serde_json::Value;

use crate::ledger::{Ledger, Process, endless, make};
use crate::support::{key, noon, request};
use crate::trial::{Times, TrialDisk};

fn id(number: u32) -> RequestId {
    format!("REQ-20261120-{number:04}").parse().unwrap()
}

fn packet(id: RequestId, key: &str) -> Vec<u8> {
    let request = request("from outside", Some(key));
    request.draft.identify(id, noon(), request.random).to_bytes().unwrap()
}

/// A ledger, and hands that change its files without asking.
struct Outside {
    ledger: Ledger,
    times: Times,
}

impl Outside {
    fn new(times: Times) -> Self {
        Self { ledger: Ledger::new(), times }
    }

    fn open(&self) -> Process {
        self.ledger.open_on(&TrialDisk::with_times(self.times))
    }

    fn local(&self, name: &str) -> PathBuf {
        self.ledger.layout().in_local(name)
    }

    /// Puts a packet into the folder; one that is there is replaced.
    fn put(&self, id: RequestId, key: &str, way: Way) {
        let (path, beside) = (self.ledger.layout().packet(id), self.ledger.root().join("beside"));
        match way {
            Way::Write => {
                let _ = std::fs::remove_file(&path);
                std::fs::write(&path, packet(id, key)).unwrap();
            }
            Way::Rename => {
                std::fs::write(&beside, packet(id, key)).unwrap();
                std::fs::rename(&beside, &path).unwrap();
            }
            Way::Link => {
                std::fs::write(&beside, packet(id, key)).unwrap();
                let _ = std::fs::remove_file(&path);
                std::fs::hard_link(&beside, &path).unwrap();
                std::fs::remove_file(&beside).unwrap();
            }
            // The same file with other bytes of the same length.
            Way::OutAndIn => {
                let _ = std::fs::rename(&path, &beside);
                let _ = std::fs::remove_file(&path);
                self.times.stamp(&path);
                if beside.exists() {
                    let writable = std::os::unix::fs::PermissionsExt::from_mode(0o644);
                    std::fs::set_permissions(&beside, writable).unwrap();
                }
                std::fs::write(&beside, packet(id, key)).unwrap();
                std::fs::rename(&beside, &path).unwrap();
            }
        }
        self.times.stamp(&path);
    }

    fn remove(&self, id: RequestId) {
        let path = self.ledger.layout().packet(id);
        let _ = std::fs::remove_file(&path);
        self.times.stamp(&path);
    }

    /// The requests whose packets carry a key, as the files have it, in order.
    fn carriers(&self, key: &Key) -> Vec<RequestId> {
        let layout = self.ledger.layout();
        let carries = |id: &RequestId| {
            let packet = Packet::parse(&std::fs::read(layout.packet(*id)).unwrap());
            packet.is_ok_and(|packet| packet.key.as_ref() == Some(key))
        };
        self.ledger.open().requests().unwrap().into_iter().filter(carries).collect()
    }

    #[track_caller]
    fn is_exact(&self, store: &FsStore, text: &str) {
        let (found, carriers) = (store.find(&key(text), &endless()).unwrap(), self.carriers(&key(text)));
        assert_eq!(found, carriers.first().copied(), "{text}: the first of {carriers:?}");
    }
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Write,
    Rename,
    Link,
    OutAndIn,
}

const WAYS: [Way; 4] = [Way::Write, Way::Rename, Way::Link, Way::OutAndIn];
const TIMES: [Times; 2] = [Times::AsTheyAre, Times::Coarse];

#[derive(Clone, Debug)]
enum Step {
    /// Process, key.
    Find(usize, usize),
    Create(usize, Option<usize>),
    Put(u32, usize, Way),
    Remove(u32),
    /// To how much of it.
    CutTable(usize),
    DeleteTable,
    Garbage(Vec<u8>),
    /// The state as it once was.
    OldState,
    KeepState,
    DamageState(usize),
    OtherBoot,
    Reopen(usize),
    Wait,
}

const KEYS: [&str; 4] = ["k1", "k2", "k3", "k4"];

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let process = 0..2_usize;
    let key = 0..KEYS.len();
    let step = prop_oneof![
        8 => (process.clone(), key.clone()).prop_map(|(process, key)| Step::Find(process, key)),
        3 => (process.clone(), prop::option::of(key.clone())).prop_map(|(process, key)| Step::Create(process, key)),
        4 => (1..5_u32, key, prop::sample::select(&WAYS)).prop_map(|(id, key, way)| Step::Put(id, key, way)),
        2 => (1..5_u32).prop_map(Step::Remove),
        1 => (0..300_usize).prop_map(Step::CutTable),
        1 => Just(Step::DeleteTable),
        1 => prop::collection::vec(any::<u8>(), 0..200).prop_map(Step::Garbage),
        1 => Just(Step::OldState),
        1 => Just(Step::KeepState),
        1 => (0..200_usize).prop_map(Step::DamageState),
        1 => Just(Step::OtherBoot),
        1 => process.prop_map(Step::Reopen),
        1 => Just(Step::Wait),
    ];
    prop::collection::vec(step, 1..25)
}

fn run(times: Times, steps: &[Step]) {
    let outside = Outside::new(times);
    let mut processes = [outside.open(), outside.open()];
    let mut old_state = Vec::new();
    let (table, state) = (outside.local("keys.log"), outside.local("keys.state"));
    for step in steps {
        match step {
            Step::Find(process, key) => outside.is_exact(&processes[*process], KEYS[*key]),
            Step::Create(process, number) => {
                let key_text = number.map(|number| KEYS[number]);
                let carriers = key_text.map(|text| outside.carriers(&key(text))).unwrap_or_default();
                match processes[*process].create(&request("made", key_text), &endless()).unwrap() {
                    Created::New(..) => assert_eq!(carriers, [], "{key_text:?} made a second request"),
                    Created::Existing(id) => assert!(carriers.contains(&id)),
                    Created::Taken(id) => panic!("{id} was not asked for"),
                    Created::Unknown(cause) => panic!("{cause}"),
                }
            }
            Step::Put(number, key, way) => {
                outside.put(id(*number), KEYS[*key], *way);
                // Whatever happened to the request before is none of the packet's.
                let _ = std::fs::remove_file(outside.ledger.layout().log(id(*number)));
            }
            Step::Remove(number) => {
                outside.remove(id(*number));
                let _ = std::fs::remove_file(outside.ledger.layout().log(id(*number)));
            }
            Step::CutTable(len) => {
                if let Ok(file) = std::fs::OpenOptions::new().write(true).open(&table) {
                    let len = file.metadata().unwrap().len().min(*len as u64);
                    file.set_len(len).unwrap();
                }
            }
            Step::DeleteTable => drop(std::fs::remove_file(&table)),
            Step::Garbage(bytes) => {
                let there = std::fs::read(&table).unwrap_or_default();
                std::fs::write(&table, [&there, bytes.as_slice()].concat()).unwrap();
            }
            Step::KeepState => old_state = std::fs::read(&state).unwrap_or_default(),
            Step::OldState => std::fs::write(&state, &old_state).unwrap(),
            Step::DamageState(at) => {
                let mut bytes = std::fs::read(&state).unwrap_or_default();
                if let Some(byte) = bytes.get_mut(*at) {
                    *byte = b'9' ^ (*byte == b'9') as u8;
                }
                std::fs::write(&state, bytes).unwrap();
            }
            Step::OtherBoot => {
                let text = std::fs::read_to_string(&state).unwrap_or_default();
                std::fs::write(&state, text.replace("\"boot\":\"", "\"boot\":\"0")).unwrap();
            }
            Step::Reopen(process) => processes[*process] = outside.open(),
            Step::Wait => std::thread::sleep(Duration::from_millis(70)),
        }
    }
    for (process, text) in processes.iter().flat_map(|process| KEYS.map(|text| (process, text))) {
        outside.is_exact(process, text);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_look_up_is_exact_whatever_happens_outside(steps in steps()) {
        run(Times::AsTheyAre, &steps);
    }

    #[test]
    fn a_look_up_is_exact_where_the_clock_is_coarse(steps in steps()) {
        run(Times::Coarse, &steps);
    }
}

#[test]
fn what_comes_goes_and_changes_between_two_look_ups_is_seen_at_once() {
    for (times, way) in TIMES.iter().flat_map(|times| WAYS.map(|way| (*times, way))) {
        let outside = Outside::new(times);
        let [store, other] = [outside.open(), outside.open()];
        make(&store, "a", Some("k0"));
        for round in 0..10 {
            for (step, store) in (0..3).flat_map(|step| [(step, &store), (step, &other)]) {
                match step {
                    0 => outside.put(id(7), "k1", way),
                    1 => outside.put(id(7), "k2", way),
                    _ => outside.remove(id(7)),
                }
                for text in ["k0", "k1", "k2"] {
                    outside.is_exact(store, text);
                }
            }
            assert_eq!(store.find(&key("k0"), &endless()).unwrap(), Some(id(1)), "round {round}");
        }
    }
}

#[test]
fn a_batch_sees_what_comes_while_it_lasts() {
    for times in TIMES {
        let outside = Outside::new(times);
        let store = outside.open();
        let batch = store.batch(&endless()).unwrap();
        assert_eq!(batch.find(&key("k1"), &endless()).unwrap(), None);
        outside.put(id(7), "k1", Way::Rename);
        assert_eq!(batch.create(&request("a", Some("k1")), &endless()).unwrap(), Created::Existing(id(7)));
    }
}

#[test]
fn a_packet_that_comes_while_the_folder_is_listed_is_found_by_the_next_look_up() {
    let outside = Outside::new(Times::Coarse);
    let folder = outside.ledger.layout().requests();
    // The clock stands still: the folder keeps the time that it has. It lies ahead, so that no pause makes it old.
    let time = std::time::UNIX_EPOCH + Duration::from_secs(4_000_000_000);
    let stamp = move || std::fs::File::open(&folder).unwrap().set_modified(time).unwrap();
    outside.put(id(1), "k1", Way::Write);
    stamp();
    let disk = TrialDisk::with_times(Times::Coarse);
    let path = outside.ledger.layout().packet(id(2));
    disk.before_each_call(move |call, of| {
        if call == "open" && of.ends_with("keys.log") && !path.exists() {
            // Behind the listing's back.
            std::fs::write(&path, packet(id(2), "k2")).unwrap();
            stamp();
        }
    });
    let store = outside.ledger.open_on(&disk);
    assert_eq!(store.find(&key("k1"), &endless()).unwrap(), Some(id(1)));
    assert_eq!(store.find(&key("k2"), &endless()).unwrap(), Some(id(2)));
}

#[test]
fn a_table_that_another_process_made_anew_is_read_anew() {
    let outside = Outside::new(Times::AsTheyAre);
    let [one, other] = [outside.open(), outside.open()];
    outside.put(id(1), "k1", Way::Write);
    assert_eq!(one.find(&key("k2"), &endless()).unwrap(), None);
    // Longer than what the first process read, and its news stand before that place.
    std::fs::remove_file(outside.local("keys.log")).unwrap();
    outside.remove(id(1));
    outside.put(id(1), "k2", Way::Write);
    outside.put(id(2), "k3", Way::Write);
    assert_eq!(other.find(&key("k4"), &endless()).unwrap(), None);
    assert_eq!(one.find(&key("k2"), &endless()).unwrap(), Some(id(1)));
    assert_eq!(one.find(&key("k3"), &endless()).unwrap(), Some(id(2)));
}

#[test]
fn a_table_that_was_cut_and_filled_up_is_not_taken_for_complete() {
    let outside = Outside::new(Times::AsTheyAre);
    outside.put(id(1), "k1", Way::Write);
    assert_eq!(outside.open().find(&key("k2"), &endless()).unwrap(), None);
    let table = outside.local("keys.log");
    let len = std::fs::metadata(&table).unwrap().len();
    std::fs::write(&table, "x".repeat(usize::try_from(len).unwrap() + 40)).unwrap();
    // A create without a key must not call it complete either.
    make(&outside.open(), "a", None);
    assert_eq!(outside.open().find(&key("k1"), &endless()).unwrap(), Some(id(1)));
}

#[test]
fn a_look_up_works_without_a_place_to_keep_the_table() {
    let outside = Outside::new(Times::AsTheyAre);
    outside.put(id(1), "k1", Way::Write);
    std::fs::create_dir(outside.local("keys.state")).unwrap();
    std::fs::create_dir(outside.local("keys.log")).unwrap();
    let (store, locks) = (outside.open(), outside.local("locks"));
    // As on a disk that can't be written to: no lock can be taken.
    std::fs::remove_dir(&locks).unwrap();
    std::fs::write(&locks, "").unwrap();
    for _ in 0..2 {
        assert_eq!(store.find(&key("k1"), &endless()).unwrap(), Some(id(1)));
        assert_eq!(store.find(&key("k2"), &endless()).unwrap(), None);
    }
}

/// A session that makes one request, with `meanwhile` between its look-up and its end. Answers with the state before and
/// after.
fn session(outside: &Outside, meanwhile: impl FnOnce()) -> (Value, Value) {
    let (layout, kept) = (outside.ledger.layout(), Mutex::new(Kept::default()));
    let state = || {
        let bytes = std::fs::read(outside.local("keys.state")).unwrap_or_default();
        serde_json::from_slice(&bytes).unwrap_or(Value::Null)
    };
    // Old enough for any clock.
    std::thread::sleep(Duration::from_millis(70));
    let files = Files::at(outside.ledger.root()).unwrap();
    let mut keys = Keys::to_write(&layout, &files, &kept);
    assert_eq!(keys.find(&key("ours")).unwrap(), None);
    let before = state();
    std::fs::write(layout.packet(id(1)), packet(id(1), "ours")).unwrap();
    keys.made(id(1), Some(&key("ours")));
    meanwhile();
    keys.settle();
    (before, state())
}

#[test]
fn the_table_stays_complete_across_our_own_writes_and_no_others() {
    let outside = Outside::new(Times::AsTheyAre);
    let (before, after) = session(&outside, || {});
    assert_ne!(before, Value::Null);
    // Where the clock is coarse nothing is proved, and nothing kept.
    assert_eq!(before != after, before["fine_times"] == Value::Bool(true));
    assert_eq!(outside.open().find(&key("ours"), &endless()).unwrap(), Some(id(1)));

    type Act = fn(&Outside);
    let acts: [Act; 8] = [
        |outside| outside.put(id(2), "theirs", Way::Write),
        |outside| outside.put(id(2), "theirs", Way::Rename),
        |outside| outside.put(id(2), "theirs", Way::Link),
        |outside| {
            outside.put(id(2), "theirs", Way::Write);
            outside.remove(id(2));
        },
        |outside| outside.put(id(1), "theirs", Way::Rename),
        |outside| outside.remove(id(1)),
        |outside| std::fs::create_dir(outside.ledger.layout().requests().join("folder")).unwrap(),
        |outside| {
            // Another folder under its name.
            let (folder, beside) = (outside.ledger.layout().requests(), outside.ledger.root().join("beside"));
            std::fs::rename(&folder, &beside).unwrap();
            std::fs::create_dir(&folder).unwrap();
            std::fs::copy(beside.join("REQ-20261120-0001.json"), folder.join("REQ-20261120-0001.json")).unwrap();
            outside.put(id(2), "theirs", Way::Write);
        },
    ];
    for (number, act) in acts.into_iter().enumerate() {
        let outside = Outside::new(Times::AsTheyAre);
        let (before, after) = session(&outside, || act(&outside));
        assert_eq!(before, after, "act {number}: the state was advanced over somebody else's change");
        for text in ["ours", "theirs"] {
            outside.is_exact(&outside.open(), text);
        }
    }
}

#[test]
fn a_watch_tells_our_own_names_from_others() {
    let ledger = Ledger::new();
    let folder = ledger.layout().requests();
    let write = |name: &str| std::fs::write(folder.join(name), "").unwrap();
    let ours = |name: &std::ffi::OsStr| name == "ours";
    // Where no watch can be had there is nothing to tell.
    let files = Files::at(folder.parent().unwrap()).unwrap();
    let Some(watch) = Watch::over(&files, &folder) else { return };
    assert_eq!(watch.saw(&files, &folder, ours), Seen::OnlyOurs);
    write("ours");
    assert_eq!(watch.saw(&files, &folder, ours), Seen::OnlyOurs);
    write("theirs");
    write("ours");
    assert_eq!(watch.saw(&files, &folder, ours), Seen::Others);
    assert!(watch.begin_anew(&files, &folder));
    assert_eq!(watch.saw(&files, &folder, ours), Seen::OnlyOurs);
    std::fs::remove_file(folder.join("ours")).unwrap();
    assert_eq!(watch.saw(&files, &folder, ours), Seen::Others);
    // More than the queue holds.
    assert!(watch.begin_anew(&files, &folder));
    for _ in 0..10_000 {
        write("ours");
        std::fs::remove_file(folder.join("ours")).unwrap();
    }
    assert_eq!(watch.saw(&files, &folder, |_| true), Seen::Others);
    assert!(watch.begin_anew(&files, &folder));
    // Another folder under its name.
    std::fs::rename(&folder, ledger.root().join("away")).unwrap();
    std::fs::create_dir(&folder).unwrap();
    assert_eq!(watch.saw(&files, &folder, ours), Seen::Others);
    assert!(!watch.begin_anew(&files, &folder));
}
