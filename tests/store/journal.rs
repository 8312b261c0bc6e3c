//! Batches that were cut short, and others who wrote meanwhile.

use std::path::Path;

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::history::History;
use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::budget::Progress;
use coordination_ledger::store::{Records, Store, StoreError};

use crate::ledger::{Ledger, append, check_all, endless, make};
use crate::support::{key, note, note_after, request};
use crate::trial::TrialDisk;

/// A batch that was killed once its journal was there: an event for the one request, and another request.
struct CutShort {
    ledger: Ledger,
    id: RequestId,
    before: History,
    event: Event,
    new: RequestId,
}

impl CutShort {
    fn new() -> Self {
        let ledger = Ledger::new();
        let store = ledger.open();
        let id = make(&store, "a", None);
        append(&store, id, "before", None);
        let before = store.history(id).unwrap().unwrap();
        let event = note(&before, "of the batch", None);
        let disk = TrialDisk::dying_after("rename .local/batch.journal");
        drop(batch(&ledger, &disk, id, &event));
        assert!(disk.failed().is_some());
        Self { ledger, id, before, event, new: "REQ-20261120-0002".parse().unwrap() }
    }

    fn journal(&self) -> std::path::PathBuf {
        self.ledger.layout().in_local("batch.journal")
    }

    /// The next writer is told that the batch can't be completed, whoever it is, and until the journal is moved away.
    #[track_caller]
    fn is_overtaken(&self) {
        let store = self.ledger.open();
        for refused in [
            store.create(&request("c", None), &endless()).map(drop),
            store.append(self.id, &[], &self.event, &endless()).map(drop),
            store.batch(&endless()).map(drop),
        ] {
            let Err(StoreError::Damaged { path, what, .. }) = refused else { panic!("{refused:?}") };
            assert_eq!(path, self.journal());
            assert!(what.contains("move the journal away"), "{what}");
        }
        std::fs::rename(self.journal(), self.ledger.root().join("given up")).unwrap();
        make(&store, "c", None);
    }
}

fn batch(ledger: &Ledger, disk: &TrialDisk, id: RequestId, event: &Event) -> Result<(), StoreError> {
    let store = ledger.open_on(disk);
    let batch = store.batch(&endless())?;
    let history = batch.history(id)?.unwrap();
    batch.append(id, history.heads(), event, &endless())?;
    batch.create(&request("b", Some("b")), &endless())?;
    batch.commit().map(drop)
}

fn replace(path: &Path, bytes: &str) {
    let new = path.with_extension("new");
    std::fs::write(&new, bytes).unwrap();
    std::fs::rename(new, path).unwrap();
}

#[test]
fn a_reader_leaves_the_batch_to_the_next_writer() {
    let cut = CutShort::new();
    let store = cut.ledger.open();
    assert_eq!(store.history(cut.id).unwrap().unwrap(), cut.before);
    assert_eq!(store.requests().unwrap(), [cut.id]);
    assert_eq!(store.find(&key("b"), &endless()).unwrap(), None);
    assert!(cut.journal().exists());
    assert_eq!(make(&store, "c", None).number(), 3);
    assert!(!cut.journal().exists());
    assert_eq!(store.history(cut.id).unwrap().unwrap().events().last(), Some(&cut.event));
    assert_eq!(store.find(&key("b"), &endless()).unwrap(), Some(cut.new));
    check_all(&store);
}

#[test]
fn a_log_that_a_merge_replaced_meanwhile_keeps_what_the_merge_brought() {
    let cut = CutShort::new();
    let log = cut.ledger.layout().log(cut.id);
    let text = std::fs::read_to_string(&log).unwrap();
    let theirs = note_after(cut.id, &cut.before.heads()[..1], "theirs", None);
    let mut lines: Vec<&str> = text.lines().chain([theirs.line()]).collect();
    for order in 0..3 {
        lines.rotate_left(order);
        let ledger = cut.ledger.copy();
        std::fs::copy(cut.journal(), ledger.layout().in_local("batch.journal")).unwrap();
        replace(&ledger.layout().log(cut.id), &format!("{}\n", lines.join("\n")));
        let store = ledger.open();
        make(&store, "c", None);
        let history = store.history(cut.id).unwrap().unwrap();
        assert_eq!(history.events().len(), cut.before.events().len() + 2);
        assert!(history.event(theirs.hash()).is_some() && history.event(cut.event.hash()).is_some());
        assert_eq!(store.find(&key("b"), &endless()).unwrap(), Some(cut.new));
    }
}

#[test]
fn a_batch_whose_log_lost_what_it_follows_is_not_forced_on_it() {
    let cut = CutShort::new();
    let log = cut.ledger.layout().log(cut.id);
    let first = std::fs::read_to_string(&log).unwrap().lines().next().unwrap().to_owned() + "\n";
    replace(&log, &first);
    cut.is_overtaken();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), first);
}

#[test]
fn a_packet_that_came_under_the_batchs_number_is_not_replaced() {
    let cut = CutShort::new();
    let path = cut.ledger.layout().packet(cut.new);
    let other = Ledger::new();
    let store = other.open();
    make(&store, "x", None);
    make(&store, "theirs", None);
    std::fs::copy(other.layout().packet(cut.new), &path).unwrap();
    let theirs = std::fs::read(&path).unwrap();
    cut.is_overtaken();
    assert_eq!(std::fs::read(&path).unwrap(), theirs);
}

#[test]
fn a_journal_that_was_cut_short_is_nothing() {
    let cut = CutShort::new();
    let bytes = std::fs::read(cut.journal()).unwrap();
    for left in [&bytes[..bytes.len() / 2], &bytes[..bytes.len() - 1], b"", b"\0\0\0\n", b"garbage"] {
        let ledger = cut.ledger.copy();
        std::fs::write(ledger.layout().in_local("batch.journal"), left).unwrap();
        let store = ledger.open();
        make(&store, "c", None);
        assert!(!ledger.layout().in_local("batch.journal").exists());
        assert_eq!(store.history(cut.id).unwrap().unwrap(), cut.before);
        assert_eq!(store.find(&key("b"), &endless()).unwrap(), None);
    }
}

#[test]
fn a_journal_that_comes_back_finds_everything_done() {
    let cut = CutShort::new();
    let bytes = std::fs::read(cut.journal()).unwrap();
    let store = cut.ledger.open();
    make(&store, "c", None);
    append(&store, cut.id, "after", None);
    let before = store.requests().unwrap().into_iter().map(|id| store.history(id).unwrap()).collect::<Vec<_>>();
    std::fs::write(cut.journal(), bytes).unwrap();
    append(&store, "REQ-20261120-0003".parse().unwrap(), "x", None);
    assert!(!cut.journal().exists());
    let after = store.requests().unwrap().into_iter().map(|id| store.history(id).unwrap()).collect::<Vec<_>>();
    assert_eq!(after[..2], before[..2]);
}

/// Lets `act` write once the batch has its journal; answers with what the batch was told.
fn while_writing(ledger: &Ledger, id: RequestId, act: impl Fn() + Send + 'static) -> Result<(), StoreError> {
    let disk = TrialDisk::default();
    let mut journal_is_there = false;
    disk.before_each_call(move |call, path| {
        let is_journal = path.file_name().is_some_and(|name| name == "batch.journal");
        if journal_is_there && call != "remove" {
            act();
        }
        journal_is_there = is_journal && call == "rename";
    });
    let history = ledger.open().history(id).unwrap().unwrap();
    batch(ledger, &disk, id, &note(&history, "of the batch", None))
}

#[test]
fn a_failed_batch_takes_back_its_own_and_spares_what_others_wrote() {
    let ledger = Ledger::new();
    let store = ledger.open();
    let id = make(&store, "a", None);
    let before = store.history(id).unwrap().unwrap();
    let layout = ledger.layout();
    let (packet, log) = (layout.packet("REQ-20261120-0002".parse().unwrap()), layout.log(id));
    let text = std::fs::read_to_string(&log).unwrap();

    let path = packet.clone();
    while_writing(&ledger, id, move || std::fs::write(&path, "theirs").unwrap()).unwrap_err();
    assert_eq!(std::fs::read_to_string(&packet).unwrap(), "theirs");
    assert_eq!(store.history(id).unwrap().unwrap(), before);
    std::fs::remove_file(&packet).unwrap();

    let theirs = format!("{text}{}\n", note(&before, "theirs", None).line());
    let (path, bytes) = (log.clone(), theirs.clone());
    while_writing(&ledger, id, move || replace(&path, &bytes)).unwrap_err();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), theirs);

    // Shorter than the batch found it.
    let (path, bytes) = (log.clone(), text.clone());
    while_writing(&ledger, id, move || replace(&path, &bytes)).unwrap_err();
    assert_eq!(std::fs::read_to_string(&log).unwrap(), text);

    assert_eq!(store.requests().unwrap(), [id]);
    assert!(!layout.in_local("batch.journal").exists());
    check_all(&store);
    assert!(matches!(make(&store, "b", Some("b")).number(), 2 | 3));
}

#[test]
fn a_batch_says_where_it_is_with_its_write() {
    let ledger = Ledger::new();
    let (store, budget) = (ledger.open(), endless());
    let batch = store.batch(&budget).unwrap();
    batch.create(&request("a", None), &budget).unwrap();
    assert_eq!(budget.progress(), Progress::Before);
    batch.commit().unwrap();
    assert_eq!(budget.progress(), Progress::Settled);
}
