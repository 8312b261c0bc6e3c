//! Folders that somebody prepared: links, pipes, folders in place of files, files without end. Each is refused with its
//! path, none is followed, none makes the program wait; whether the kernel opens files beneath a folder (openat2) or they
//! are opened folder by folder, as where it can't.
#![cfg(unix)]

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use coordination_ledger::domain::event::Event;
use coordination_ledger::domain::id::RequestId;
use coordination_ledger::store::fs::disk::Way;
use coordination_ledger::store::{Created, Derived, Records, Store, StoreError};

use crate::ledger::{Ledger, append, check_all, endless, make};
use crate::support::{key, note, request};

/// Has each test try both ways.
macro_rules! in_both_ways {
    ($($name:ident),+ $(,)?) => {
        mod native {
            $(#[test]
            fn $name() {
                super::$name(super::Way::Native);
            })+
        }
        mod portable {
            $(#[test]
            fn $name() {
                super::$name(super::Way::Portable);
            })+
        }
    };
}

in_both_ways!(
    a_ledger_whose_folders_are_links_is_not_opened,
    a_ledger_without_its_folder_or_with_files_for_folders_is_not_opened,
    a_ledger_without_its_local_folders_makes_them_anew,
    a_folder_that_goes_while_a_process_runs_costs_one_write_at_most,
    a_link_in_place_of_a_packet_or_a_log_is_not_followed,
    a_link_to_nothing_is_not_filled,
    a_pipe_socket_or_device_in_place_of_a_packet_or_a_log_does_not_hang,
    what_stands_in_place_of_the_index_is_not_read_and_gives_way_to_one,
    a_folder_in_place_of_a_packet_or_a_log_is_refused,
    files_without_end_are_refused_before_they_are_read,
    a_packet_under_another_name_is_refused,
    names_that_are_none_of_ours_are_passed_over,
    unreadable_packets_are_no_keys_and_in_nobodys_way,
    a_key_whose_packet_can_not_be_read_is_not_free,
    hostile_local_files_are_refused_or_done_without,
    a_held_lock_that_is_a_pipe_does_not_hang_those_who_wait,
);

/// A ledger with one request, and an event that could follow.
struct Prepared {
    ledger: Ledger,
    id: RequestId,
    event: Event,
}

impl Prepared {
    fn by(way: Way) -> Self {
        let ledger = Ledger::by(way);
        let store = ledger.open();
        let id = make(&store, "a", Some("a"));
        let event = note(&store.history(id).unwrap().unwrap(), "x", None);
        Self { ledger, id, event }
    }

    /// Reading and writing the one request are refused; others can be made, found and read.
    #[track_caller]
    fn is_refused(&self, path: &Path, part: &str) {
        let store = self.ledger.open();
        let heads = [coordination_ledger::domain::history::Head { n: 1, hash: self.event.parents()[0] }];
        let in_batch = {
            let batch = store.batch(&endless()).unwrap();
            batch.append(self.id, &heads, &self.event, &endless()).map(drop)
        };
        for refused in [
            store.history(self.id).map(drop),
            store.append(self.id, &heads, &self.event, &endless()).map(drop),
            in_batch,
        ] {
            is_damage(refused, path, part);
        }
        store.survey().unwrap();
        let other = make(&store, "b", Some("b"));
        append(&store, other, "x", None);
        assert_eq!(store.find(&key("b"), &endless()).unwrap(), Some(other));
        assert_eq!(store.find(&key("c"), &endless()).unwrap(), None);
    }
}

#[track_caller]
fn is_damage(refused: Result<(), StoreError>, path: &Path, part: &str) {
    let error = refused.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    assert!(text.contains(part) && text.contains(path.to_str().unwrap()), "{text}");
}

/// What is no plain file, and no folder or link.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Node {
    Pipe,
    Socket,
    /// One that can be read without end.
    Device,
}

impl Node {
    /// Those that can be made here.
    fn all() -> impl Iterator<Item = Self> {
        let folder = tempfile::tempdir().unwrap();
        let has_devices = make_device(&folder.path().join("device")).is_ok();
        if !has_devices {
            let _ = writeln!(std::io::stderr(), "skipped: devices in place of files: making one needs root");
        }
        [Self::Pipe, Self::Socket, Self::Device].into_iter().filter(move |node| *node != Self::Device || has_devices)
    }

    /// Puts one in the place of a file.
    fn replace(self, path: &Path) {
        let _ = std::fs::remove_file(path);
        match self {
            Self::Pipe => make_pipe(path),
            Self::Socket => drop(UnixListener::bind(path).unwrap()),
            Self::Device => make_device(path).unwrap(),
        }
    }
}

/// What `/dev/zero` is.
fn make_device(path: &Path) -> rustix::io::Result<()> {
    use rustix::fs::{CWD, FileType, Mode, makedev, mknodat};
    mknodat(CWD, path, FileType::CharacterDevice, Mode::RUSR | Mode::WUSR, makedev(1, 5))
}

fn make_pipe(path: &Path) {
    let _ = std::fs::remove_file(path);
    rustix::fs::mkfifoat(rustix::fs::CWD, path, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR).unwrap();
}

/// Moves a file or folder away and puts a link to it in its place.
fn make_link(path: &Path) -> PathBuf {
    let away = path.with_file_name("away");
    std::fs::rename(path, &away).unwrap();
    symlink(&away, path).unwrap();
    away
}

fn a_ledger_whose_folders_are_links_is_not_opened(way: Way) {
    let names = ["coordination", "requests", "events", ".local", ".local/locks", ".local/tmp", ".local/quarantine"];
    for name in names {
        let ledger = Ledger::by(way);
        let coordination = ledger.root().join("coordination");
        let path = if name == "coordination" { coordination } else { coordination.join(name) };
        make_link(&path);
        is_damage(ledger.try_open().map(drop), &path, "symbolic link");
    }
}

fn a_ledger_without_its_folder_or_with_files_for_folders_is_not_opened(way: Way) {
    for name in ["coordination", "coordination/requests", "coordination/events"] {
        let ledger = Ledger::by(way);
        let path = ledger.root().join(name);
        std::fs::remove_dir_all(&path).unwrap();
        // Git leaves empty folders out, so only the outermost must be there.
        match ledger.try_open() {
            Err(error) => assert!(matches!(&error, StoreError::NotALedger(missing) if *missing == path), "{error:?}"),
            Ok(store) => assert!(name != "coordination" && store.requests().unwrap().is_empty()),
        }
        std::fs::write(&path, "").unwrap();
        is_damage(ledger.try_open().map(drop), &path, "not a folder");
    }
}

fn a_ledger_without_its_local_folders_makes_them_anew(way: Way) {
    for name in ["", "locks", "tmp", "quarantine"] {
        let ledger = Ledger::by(way);
        let local = ledger.layout().local();
        std::fs::remove_dir_all(if name.is_empty() { local } else { local.join(name) }).unwrap();
        let store = ledger.open();
        assert_eq!(store.find(&key("a"), &endless()).unwrap(), None);
        let id = make(&store, "a", Some("a"));
        append(&store, id, "x", None);
        store.batch(&endless()).unwrap().commit().unwrap();
        store.replace_derived(Derived::Index, b"{}").unwrap();
        store.mark(1).unwrap();
        store.writer().unwrap();
        check_all(&store);
    }
}

fn a_folder_that_goes_while_a_process_runs_costs_one_write_at_most(way: Way) {
    for name in ["requests", "events", ".local", ".local/locks", ".local/tmp", ".local/quarantine"] {
        let ledger = Ledger::by(way);
        let store = ledger.open();
        let mut made = 0;
        for round in ["first", "second", "third"] {
            std::fs::remove_dir_all(ledger.layout().coordination().join(name)).unwrap();
            for again in ["", " again"] {
                match store.create(&request(&format!("{round}{again}"), None), &endless()) {
                    Ok(Created::New(..)) => made += 1,
                    // The opening had seen all folders: only the first write takes its word for it.
                    Err(StoreError::Io { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
                        assert_eq!((round, again), ("first", ""), "{name}");
                    }
                    other => panic!("{name}, {round}: {other:?}"),
                }
            }
            check_all(&store);
            assert_eq!(store.requests().unwrap().len(), made, "{name}, {round}");
            // Away with them, so that the folder can go again.
            for id in store.requests().unwrap() {
                std::fs::remove_file(ledger.layout().packet(id)).unwrap();
                std::fs::remove_file(ledger.layout().log(id)).unwrap();
            }
            made = 0;
        }
    }
}

fn a_link_in_place_of_a_packet_or_a_log_is_not_followed(way: Way) {
    for is_packet in [true, false] {
        let prepared = Prepared::by(way);
        let layout = prepared.ledger.layout();
        let path = if is_packet { layout.packet(prepared.id) } else { layout.log(prepared.id) };
        let away = make_link(&path);
        let before = std::fs::read(&away).unwrap();
        prepared.is_refused(&path, "symbolic link");
        assert_eq!(std::fs::read(&away).unwrap(), before);
    }
}

fn a_link_to_nothing_is_not_filled(way: Way) {
    let prepared = Prepared::by(way);
    let layout = prepared.ledger.layout();
    let (log, target) = (layout.log(prepared.id), prepared.ledger.root().join("outside"));
    std::fs::remove_file(&log).unwrap();
    symlink(&target, &log).unwrap();
    prepared.is_refused(&log, "symbolic link");
    // And one under the next number.
    let next: RequestId = "REQ-20261120-0003".parse().unwrap();
    symlink(&target, layout.packet(next)).unwrap();
    assert_eq!(make(&prepared.ledger.open(), "d", Some("d")).number(), 4);
    assert!(!target.exists());
}

fn a_pipe_socket_or_device_in_place_of_a_packet_or_a_log_does_not_hang(way: Way) {
    for node in Node::all() {
        for is_packet in [true, false] {
            let prepared = Prepared::by(way);
            let layout = prepared.ledger.layout();
            let path = if is_packet { layout.packet(prepared.id) } else { layout.log(prepared.id) };
            node.replace(&path);
            prepared.is_refused(&path, "not a plain file");
        }
    }
}

fn what_stands_in_place_of_the_index_is_not_read_and_gives_way_to_one(way: Way) {
    let replaced = |path: &Path, ledger: &Ledger| {
        let store = ledger.open();
        is_damage(store.derived(Derived::Index).map(drop), path, "");
        store.replace_derived(Derived::Index, b"{}").unwrap();
        assert_eq!(store.derived(Derived::Index).unwrap().as_deref(), Some(b"{}".as_slice()));
        assert!(std::fs::symlink_metadata(path).unwrap().is_file());
    };
    for node in Node::all() {
        let prepared = Prepared::by(way);
        let path = prepared.ledger.layout().index();
        node.replace(&path);
        replaced(&path, &prepared.ledger);
    }
    let prepared = Prepared::by(way);
    let (path, outside) = (prepared.ledger.layout().index(), prepared.ledger.root().join("outside"));
    std::fs::write(&outside, "outside").unwrap();
    symlink(&outside, &path).unwrap();
    replaced(&path, &prepared.ledger);
    assert_eq!(std::fs::read_to_string(&outside).unwrap(), "outside");
}

fn a_folder_in_place_of_a_packet_or_a_log_is_refused(way: Way) {
    for is_packet in [true, false] {
        let prepared = Prepared::by(way);
        let layout = prepared.ledger.layout();
        let path = if is_packet { layout.packet(prepared.id) } else { layout.log(prepared.id) };
        std::fs::remove_file(&path).unwrap();
        std::fs::create_dir(&path).unwrap();
        prepared.is_refused(&path, "not a plain file");
    }
}

fn files_without_end_are_refused_before_they_are_read(way: Way) {
    for is_packet in [true, false] {
        let prepared = Prepared::by(way);
        let layout = prepared.ledger.layout();
        let path = if is_packet { layout.packet(prepared.id) } else { layout.log(prepared.id) };
        // Sparse: a terabyte that takes no place.
        std::fs::remove_file(&path).unwrap();
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        prepared.is_refused(&path, "bytes");
    }
}

fn a_packet_under_another_name_is_refused(way: Way) {
    let prepared = Prepared::by(way);
    let layout = prepared.ledger.layout();
    let other: RequestId = "REQ-20261120-0002".parse().unwrap();
    std::fs::rename(layout.packet(prepared.id), layout.packet(other)).unwrap();
    std::fs::rename(layout.log(prepared.id), layout.log(other)).unwrap();
    let store = prepared.ledger.open();
    is_damage(store.history(other).map(drop), &layout.packet(other), "holds the packet of REQ-20261120-0001");
    assert_eq!(store.history(prepared.id).unwrap(), None);
    assert_eq!(make(&store, "b", None).number(), 3);
}

fn names_that_are_none_of_ours_are_passed_over(way: Way) {
    let prepared = Prepared::by(way);
    let layout = prepared.ledger.layout();
    let before = prepared.ledger.open().requests().unwrap();
    for folder in [layout.requests(), layout.events()] {
        for name in [
            b"\xff\xfe.json".as_slice(),
            b"REQ-20261120-\xff001.json",
            b"REQ-20261120-00001.json",
            b"REQ-20261120-0009.json~",
            b".REQ-20261120-0009.json.swp",
            b"req-20261120-0009.json",
            b"line\nbreak.json",
            b"README.md",
        ] {
            std::fs::write(folder.join(std::ffi::OsStr::from_bytes(name)), "{").unwrap();
        }
        std::fs::create_dir(folder.join("REQ-20261120-0009")).unwrap();
    }
    let store = prepared.ledger.open();
    assert_eq!(store.requests().unwrap(), before);
    assert_eq!(make(&store, "b", Some("b")).number(), 2);
    check_all(&store);
}

fn unreadable_packets_are_no_keys_and_in_nobodys_way(way: Way) {
    let prepared = Prepared::by(way);
    let layout = prepared.ledger.layout();
    let path = |n: u32| layout.packet(format!("REQ-20261120-{n:04}").parse().unwrap());
    std::fs::write(path(5), b"\xff\xff").unwrap();
    std::fs::write(path(6), "").unwrap();
    std::fs::write(path(7), format!("{}{}", "[".repeat(5000), "]".repeat(5000))).unwrap();
    make_pipe(&path(8));
    std::fs::create_dir(path(9)).unwrap();
    symlink("/dev/zero", path(10)).unwrap();
    let store = prepared.ledger.open();
    assert_eq!(store.find(&key("a"), &endless()).unwrap(), Some(prepared.id));
    assert_eq!(store.find(&key("b"), &endless()).unwrap(), None);
    assert_eq!(make(&store, "b", Some("b")).number(), 2);
    assert_eq!(store.requests().unwrap().len(), 8);
    for n in 5..=10 {
        let id = format!("REQ-20261120-{n:04}").parse().unwrap();
        is_damage(store.history(id).map(drop), &path(n), "");
    }
}

/// What is known to have been made with a key is not made a second time because it can't be read any more.
fn a_key_whose_packet_can_not_be_read_is_not_free(way: Way) {
    for spoilt in 0..3 {
        let prepared = Prepared::by(way);
        // Whoever makes another one knows of it for sure: what a slow machine makes is taken note of by the next one only.
        make(&prepared.ledger.open(), "z", Some("z"));
        let path = prepared.ledger.layout().packet(prepared.id);
        std::fs::remove_file(&path).unwrap();
        match spoilt {
            0 => std::fs::write(&path, "{").unwrap(),
            1 => symlink("/etc/passwd", &path).unwrap(),
            _ => std::fs::create_dir(&path).unwrap(),
        }
        let store = prepared.ledger.open();
        is_damage(store.find(&key("a"), &endless()).map(drop), &path, "");
        is_damage(store.create(&request("a", Some("a")), &endless()).map(drop), &path, "");
        assert_eq!(make(&store, "b", Some("b")).number(), 3);
    }
}

/// Every file of `.local/` that the program reads or writes, replaced by something hostile: refused or done without.
fn hostile_local_files_are_refused_or_done_without(way: Way) {
    let files = ["last", "writer", "clock", "marks", "keys.log", "keys.state", "batch.journal", "changes"];
    let locks = ["gate", "ledger", "create", "clock", "index", "waiting"].map(|name| format!("locks/{name}.lock"));
    let nodes: Vec<Node> = Node::all().collect();
    for name in files.iter().map(|name| (*name).to_owned()).chain(locks) {
        for hostile in 0..3 + nodes.len() {
            let prepared = Prepared::by(way);
            let path = prepared.ledger.layout().in_local(&name);
            let outside = prepared.ledger.root().join("outside");
            std::fs::write(&outside, "outside").unwrap();
            let _ = std::fs::remove_file(&path);
            match hostile {
                0 => symlink(&outside, &path).unwrap(),
                1 => std::fs::create_dir(&path).unwrap(),
                2 => File::create(&path).unwrap().set_len(1 << 40).unwrap(),
                node => nodes[node - 3].replace(&path),
            }
            let store = prepared.ledger.open();
            let heads = [coordination_ledger::domain::history::Head { n: 1, hash: prepared.event.parents()[0] }];
            for answer in [
                store.create(&request("b", Some("b")), &endless()).map(drop),
                store.append(prepared.id, &heads, &prepared.event, &endless()).map(drop),
                store.batch(&endless()).and_then(|batch| batch.commit()).map(drop),
                store.find(&key("c"), &endless()).map(|found| assert_eq!(found, None)),
                store.find(&key("a"), &endless()).map(|found| assert_eq!(found, Some(prepared.id), "{name} {hostile}")),
                store.writer().map(drop),
                store.witness(None, &endless()).map(drop),
                store.witness(Some(prepared.event.clock()), &endless()).map(drop),
                store.mark(1).map(drop),
                store.marks().map(drop),
                store.derived(Derived::Gauge).map(drop),
                store.replace_derived(Derived::Gauge, b"{}"),
                store.changes(None).map(drop),
                store.projecting(&endless(), &mut || Ok(())),
            ] {
                if let Err(error) = answer {
                    assert!(error.to_string().contains(path.to_str().unwrap()), "{name} {hostile}: {error}");
                }
            }
            store.history(prepared.id).unwrap().unwrap();
            assert_eq!(std::fs::read_to_string(&outside).unwrap(), "outside", "{name} {hostile}");
        }
    }
}

fn a_held_lock_that_is_a_pipe_does_not_hang_those_who_wait(way: Way) {
    let prepared = Prepared::by(way);
    let path = prepared.ledger.layout().lock("create");
    make_pipe(&path);
    let _held = OpenOptions::new().read(true).write(true).open(&path).unwrap();
    let error = prepared.ledger.open().create(&request("b", None), &endless()).unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
}
