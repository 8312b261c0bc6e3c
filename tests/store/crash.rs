//! Every changing call fails once, or is the last one before the process dies or the power goes.

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::id::{RequestId, Stream};
use coordination_ledger::domain::packet::Packet;
use coordination_ledger::store::budget::Progress;
use coordination_ledger::store::contracts::{Added, Addition};
use coordination_ledger::store::fs::FsStore;
use coordination_ledger::store::fs::carried::CarriedFile;
use coordination_ledger::store::fs::carry::Index;
use coordination_ledger::store::{Append, Budget, Commit, Contracts, Created, Records, Store, StoreError};

use crate::ledger::{Ledger, append, check_all, endless, make};
use crate::support::{DAY_MS, contract, key, noon, note, registration, request, request_at};
use crate::trial::power::Chance;
use crate::trial::{EIO, Fault, Happens, Then, TrialDisk};

const HAPPENS: [Happens; 3] = [Happens::Nothing, Happens::Half, Happens::All];
const CALLS_MAX: usize = 200;

/// What a writer was told.
#[derive(Debug)]
enum Told {
    Done,
    Unknown,
    Failed(#[expect(dead_code, reason = "shown when a test fails")] StoreError),
}

/// Something to write, whose parts belong together. Doing it again changes nothing.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Deed {
    Create,
    Append,
    Batch,
    /// The first version of a contract that is not there.
    Register,
    /// The second version of one that is.
    RegisterNext,
    /// What other clones wrote.
    Bring,
}

const DEEDS: [Deed; 6] = [Deed::Create, Deed::Append, Deed::Batch, Deed::Register, Deed::RegisterNext, Deed::Bring];

fn old(number: u32) -> RequestId {
    format!("REQ-20261120-{number:04}").parse().unwrap()
}

impl Deed {
    /// One of the others.
    fn other(self, which: usize) -> Self {
        DEEDS[(self as usize + 1 + which % (DEEDS.len() - 1)) % DEEDS.len()]
    }

    fn do_on(self, store: &FsStore, budget: &Budget) -> Told {
        let told = match self {
            Self::Create => store.create(&request("new", Some("new")), budget).map(|created| told_of_create(&created)),
            Self::Append => append_keyed(store, old(1), "deed", budget),
            Self::Batch => batch(store, budget),
            Self::Register => register(store, "new", 1, "deed", budget),
            Self::RegisterNext => register(store, "old", 2, "deed", budget),
            Self::Bring => bring(store, budget),
        };
        told.unwrap_or_else(Told::Failed)
    }

    /// Which of its parts are on record.
    fn parts(self, store: &FsStore) -> Vec<bool> {
        let event = |id: Option<RequestId>, key_of_event: &str| {
            let history = id.and_then(|id| store.history(id).unwrap());
            history.is_some_and(|history| history.with_key(&key(key_of_event)).is_some())
        };
        let request = |key_of_request: &str| store.find(&key(key_of_request), &endless()).unwrap();
        match self {
            Self::Register => vec![is_registered(store, "new", 1)],
            Self::RegisterNext => vec![is_registered(store, "old", 2)],
            Self::Create => vec![request("new").is_some()],
            Self::Append => vec![event(Some(old(1)), "deed")],
            Self::Batch => vec![
                request("one").is_some(),
                request("two").is_some(),
                event(request("one"), "x"),
                event(Some(old(1)), "y"),
                event(Some(old(2)), "y"),
                event(Some(old(2)), "z"),
            ],
            Self::Bring => vec![
                request("brought").is_some(),
                event(Some(old(1)), "brought"),
                is_registered(store, "brought", 1),
                moved(store).is_none(),
            ],
        }
    }
}

fn told_of_create(created: &Created) -> Told {
    match created {
        Created::New(..) | Created::Existing(_) => Told::Done,
        Created::Taken(id) => panic!("{id} was not asked for"),
        Created::Unknown(_) => Told::Unknown,
    }
}

fn append_keyed(records: &dyn Records, id: RequestId, key: &str, budget: &Budget) -> Result<Told, StoreError> {
    loop {
        let history = records.history(id)?.unwrap();
        match records.append(id, history.heads(), &note(&history, key, Some(key)), budget)? {
            Append::Committed(_) | Append::Duplicate(_) => return Ok(Told::Done),
            Append::Unknown(_) => return Ok(Told::Unknown),
            // A batch that was cut short was completed first.
            Append::Stale { actual } => assert_ne!(actual, history.heads()),
        }
    }
}

fn batch(store: &FsStore, budget: &Budget) -> Result<Told, StoreError> {
    let batch = store.batch(budget)?;
    for title in ["one", "two"] {
        batch.create(&request(title, Some(title)), budget)?;
    }
    let one = batch.find(&key("one"), budget)?.unwrap();
    for (id, key) in [(one, "x"), (old(1), "y"), (old(2), "y"), (old(2), "z")] {
        append_keyed(batch.as_ref(), id, key, budget)?;
    }
    Ok(match batch.commit()? {
        Commit::Committed { .. } => Told::Done,
        Commit::Unknown(_) => Told::Unknown,
    })
}

/// Brings in a request, an event of one that is here, and a contract; and takes a request away, as if it had got another
/// number.
fn bring(store: &FsStore, budget: &Budget) -> Result<Told, StoreError> {
    let carrier = store.carry(budget)?;
    // Of another day: the numbers of this one go on.
    let brought = request_at(noon().plus_ms(-DAY_MS), "brought", Some("brought"));
    let id: RequestId = "REQ-20261119-0001".parse().unwrap();
    let packet = brought.draft.identify(id, brought.created_at, brought.random);
    let bytes = packet.to_bytes()?;
    let first = Event::genesis(&packet, Packet::hash_of(&bytes), &brought.genesis)?;
    let history = store.history(old(1))?.unwrap();
    let mut lines: Vec<String> = history.events().iter().map(|event| event.line().to_owned()).collect();
    if history.with_key(&key("brought")).is_none() {
        lines.push(note(&history, "brought", Some("brought")).line().to_owned());
    }
    let name = contract("brought");
    let registered = registration(&name, None, 1, SCHEMA, Some("deed"));
    let log = |lines: &[String]| lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect::<String>().into_bytes();
    let files = [
        (CarriedFile::Version(name.clone(), 1), SCHEMA.to_vec()),
        (CarriedFile::Packet(id), bytes),
        (CarriedFile::Log(Stream::Request(id)), log(&[first.line().to_owned()])),
        (CarriedFile::Log(Stream::Request(old(1))), log(&lines)),
        (CarriedFile::Log(Stream::Contract(name)), log(&[registered.line().to_owned()])),
    ];
    let gone = moved(store).map(|id| [CarriedFile::Packet(id), CarriedFile::Log(Stream::Request(id))]);
    match carrier.bring(&files, files.len(), gone.as_ref().map_or(&[], |gone| gone), Index::Forgotten) {
        Err(StoreError::Begun(_)) => Ok(Told::Unknown),
        other => other.map(|()| Told::Done),
    }
}

/// The request that goes when others are brought in.
fn moved(store: &FsStore) -> Option<RequestId> {
    let history = store.history(old(3)).unwrap()?;
    (history.packet().title == "moved").then_some(old(3))
}

const SCHEMA: &[u8] = b"{\"type\": \"integer\"}\n";

fn register(store: &FsStore, name: &str, version: u32, key: &str, budget: &Budget) -> Result<Told, StoreError> {
    let name = contract(name);
    loop {
        let graph = store.contract(&name)?;
        let event = registration(&name, graph.as_ref(), version, SCHEMA, Some(key));
        let heads = graph.as_ref().map(|graph| graph.heads().to_vec()).unwrap_or_default();
        let addition = Addition { event: &event, version: Some((version, SCHEMA)) };
        match store.add_to_contract(&name, &heads, addition, budget)? {
            Added::Appended(Append::Committed(_) | Append::Duplicate(_)) => return Ok(Told::Done),
            Added::Appended(Append::Unknown(_)) => return Ok(Told::Unknown),
            Added::Appended(Append::Stale { actual }) => assert_ne!(actual, heads),
            Added::Taken(path) => panic!("{} holds something else", path.display()),
        }
    }
}

/// Whether the version is on record; one that is has its file, whole.
fn is_registered(store: &FsStore, name: &str, version: u32) -> bool {
    let name = contract(name);
    let graph = store.contract(&name).unwrap();
    let is = graph.is_some_and(|graph| graph.with_key(&key("deed")).is_some());
    assert!(!is || store.version_bytes(&name, version).unwrap().as_deref() == Some(SCHEMA), "on record without a file");
    is
}

/// A ledger with two requests, and their histories.
struct Before {
    ledger: Ledger,
    histories: Vec<History>,
}

impl Before {
    fn new() -> Self {
        let ledger = Ledger::quick();
        let store = ledger.open();
        for title in ["a", "b"] {
            let id = make(&store, title, Some(title));
            append(&store, id, "before", Some("before"));
        }
        make(&store, "moved", None);
        assert!(matches!(register(&store, "old", 1, "before", &endless()), Ok(Told::Done)));
        let histories = [1, 2].map(|n| store.history(old(n)).unwrap().unwrap()).into();
        Self { ledger, histories }
    }

    /// What was there before is there still.
    fn is_kept(&self, store: &FsStore) {
        for (n, before) in (1..).zip(&self.histories) {
            let now = store.history(old(n)).unwrap().unwrap();
            assert_eq!(now.packet(), before.packet());
            assert!(now.events().starts_with(before.events()));
        }
        assert_eq!(store.version_bytes(&contract("old"), 1).unwrap().as_deref(), Some(SCHEMA));
        assert!(store.contract(&contract("old")).unwrap().unwrap().with_key(&key("before")).is_some());
    }
}

/// Everything can be written and read again.
fn check_usable(store: &FsStore, deed: Deed) {
    for next in [deed].into_iter().chain((0..DEEDS.len() - 1).map(|which| deed.other(which))) {
        assert!(matches!(next.do_on(store, &endless()), Told::Done), "{next:?} after {deed:?}");
        assert!(next.parts(store).iter().all(|there| *there), "{next:?} after {deed:?}");
    }
    check_all(store);
}

/// Runs `trial` with a fault at each call in turn until one is beyond the last.
fn at_each_call(then: Then, mut trial: impl FnMut(Fault) -> Option<String>) {
    for happens in HAPPENS {
        for at in 0.. {
            assert!(at < CALLS_MAX, "the deed takes ever more calls");
            if trial(Fault { at, happens, then, errno: EIO }).is_none() {
                break;
            }
        }
    }
}

#[test]
fn a_failing_call_is_told_truly_and_outlives_the_power() {
    let before = Before::new();
    for deed in DEEDS {
        at_each_call(Then::Works, |fault| {
            let ledger = before.ledger.copy();
            let disk = TrialDisk::failing(fault);
            let (store, budget) = (ledger.open_on(&disk), endless());
            let told = deed.do_on(&store, &budget);
            let context = format!("{deed:?} with {fault:?} at {:?}: {told:?}", disk.failed());
            for store in [store, ledger.open()] {
                let parts = deed.parts(&store);
                match &told {
                    Told::Done => assert!(parts.iter().all(|there| *there), "{context}: {parts:?}"),
                    Told::Failed(_) => assert!(!parts.iter().any(|there| *there), "{context}: {parts:?}"),
                    Told::Unknown => {}
                }
                before.is_kept(&store);
            }
            match told {
                Told::Done => assert_eq!(budget.progress(), Progress::Settled, "{context}"),
                Told::Failed(_) => assert_eq!(budget.progress(), Progress::Before, "{context}"),
                Told::Unknown => assert_eq!(budget.progress(), Progress::Writing, "{context}"),
            }
            if fault.at % 2 == 0 {
                cut_power(&ledger, &disk, &mut Chance(fault.at as u64));
            }
            let next = ledger.open();
            make(&next, "next", None);
            let parts = deed.parts(&next);
            let failed = matches!(told, Told::Failed(_));
            assert!(parts.iter().all(|there| *there == (parts[0] && !failed)), "{context}: {parts:?}");
            check_all(&next);
            check_usable(&next, deed);
            disk.failed()
        });
    }
}

#[test]
fn a_killed_writer_leaves_all_or_nothing() {
    let before = Before::new();
    for deed in DEEDS {
        at_each_call(Then::Dead, |fault| {
            let next = deed.other(fault.at);
            let ledger = before.ledger.copy();
            let disk = TrialDisk::failing(fault);
            let told = deed.do_on(&ledger.open_on(&disk), &endless());
            let context = format!("{deed:?} with {fault:?} at {:?}: {told:?}, then {next:?}", disk.failed());
            let store = ledger.open();
            before.is_kept(&store);
            assert!(matches!(next.do_on(&store, &endless()), Told::Done), "{context}");
            let parts = deed.parts(&store);
            assert!(parts.iter().all(|there| *there == parts[0]), "{context}: {parts:?}");
            if disk.failed().is_none() {
                assert!(matches!(told, Told::Done) && parts[0], "{context}");
            }
            make(&store, "next", None);
            check_all(&store);
            before.is_kept(&store);
            check_usable(&store, deed);
            disk.failed()
        });
    }
}

/// The process is killed at a call, or the deed is done; the power goes; and again after somebody did the deed anew.
#[test]
fn what_was_acknowledged_outlives_the_power() {
    let before = Before::new();
    for deed in DEEDS {
        at_each_call(Then::Dead, |fault| {
            let ledger = before.ledger.copy();
            let disk = TrialDisk::failing(fault);
            let mut chance = Chance(fault.at as u64);
            let told = deed.do_on(&ledger.open_on(&disk), &endless());
            let failed = disk.failed();
            let context = format!("{deed:?} with {fault:?} at {failed:?}: {told:?}");
            if (fault.at + fault.happens as usize).is_multiple_of(2) {
                cut_power(&ledger, &disk, &mut chance);
            } else {
                disk.revive();
            }
            let next = ledger.open_on(&disk);
            if failed.is_none() {
                assert!(deed.parts(&next).iter().all(|there| *there), "{context}");
            }
            let again = deed.do_on(&next, &endless());
            assert!(matches!(again, Told::Done), "{context}, then {again:?}");
            cut_power(&ledger, &disk, &mut chance);
            let last = ledger.open_on(&disk);
            make(&last, "next", None);
            let parts = deed.parts(&last);
            assert!(parts.iter().all(|there| *there), "{context}: {parts:?}");
            before.is_kept(&last);
            check_all(&last);
            check_usable(&last, deed);
            failed
        });
    }
}

fn cut_power(ledger: &Ledger, disk: &TrialDisk, chance: &mut Chance) {
    disk.cut_power(ledger.root(), chance);
}

/// Others go on with what a killed writer left; what they were told must last too.
#[test]
fn what_others_add_to_a_killed_writers_work_outlives_the_power() {
    for seed in 0..3 {
        at_each_call(Then::Dead, |fault| {
            let ledger = Ledger::quick();
            let disk = TrialDisk::failing(fault);
            let mut chance = Chance(seed + 1000 * fault.at as u64);
            drop(ledger.open_on(&disk).create(&request("new", Some("new")), &endless()));
            let failed = disk.failed();
            disk.revive();
            let store = ledger.open_on(&disk);
            let begun =
                store.requests().unwrap().into_iter().find(|id| store.history(*id).unwrap().unwrap().version() > 0);
            let head = begun.map(|id| (id, append(&store, id, "added", Some("added"))));
            cut_power(&ledger, &disk, &mut chance);
            let store = ledger.open_on(&disk);
            make(&store, "next", None);
            if let Some((id, head)) = head {
                let history = store.history(id).unwrap();
                let heads = history.as_ref().map(|history| history.heads().to_vec());
                assert_eq!(heads, Some(vec![head]), "{fault:?} at {failed:?}, seed {seed}");
            }
            check_all(&store);
            failed
        });
    }
}
