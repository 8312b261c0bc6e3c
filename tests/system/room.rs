//! A disk without room, a folder that can't be written to, a lock that is held for ever.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use crate::place::{NEW, Place};
use crate::say;

/// A file system of its own in memory, for as long as this lives.
struct Mount<'a>(&'a Path);

impl<'a> Mount<'a> {
    /// `None` where nobody lets us mount.
    fn of(folder: &'a Path, size: &str) -> Option<Self> {
        let options = format!("size={size},mode=777");
        let mut mount = Command::new("mount");
        let mounted = mount.args(["-t", "tmpfs", "-o", &options, "tmpfs"]).arg(folder).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }
}

impl Drop for Mount<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

#[test]
fn a_full_disk_refuses_and_loses_nothing_and_once_there_is_room_all_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let Some(mount) = Mount::of(folder.path(), "2m") else {
        say("skipped: a tmpfs can't be mounted here");
        return;
    };
    let inner = tempfile::TempDir::new_in(folder.path()).unwrap();
    let place = Place::within(inner);
    let filler = folder.path().join("filler");
    let (mut acknowledged, mut refused) = (Vec::new(), 0);
    // Fill it more and more, so that each call finds no room in its turn.
    for round in 0..400 {
        std::fs::write(&filler, vec![b'x'; round * 6 * 1024]).ok();
        let note = format!("note key:one --text {} --key n{round}", "x".repeat(1500));
        let ended = place.run(&note);
        match ended.status {
            Some(0) => acknowledged.push(format!("\"key\":\"n{round}\"")),
            Some(1) => {
                refused += 1;
                // A write that finds room for a part of its bytes says how many.
                assert!(["No space left", "only "].iter().any(|why| ended.said.contains(why)), "{}", ended.said);
                if refused > 20 {
                    break;
                }
            }
            _ => panic!("{:?}: {}", ended.status, ended.said),
        }
    }
    assert!(refused > 0, "the disk was never full");
    std::fs::remove_file(&filler).unwrap();
    place.ok("doctor --fix -q", "with room again");
    place.ok("note key:one --text again --key again", "with room again");
    place.ok("verify", "with room again");
    let things = place.things().into_iter().collect::<String>();
    assert!(acknowledged.iter().all(|key| things.contains(key)), "something acknowledged is gone");
    say(&format!("{} notes acknowledged, {refused} refused for want of room", acknowledged.len()));
    drop(place);
    drop(mount);
}

#[test]
fn a_folder_that_can_not_be_written_to_is_read_and_says_so() {
    let place = Place::new();
    let read_only = |folder: &Path| {
        let mut mount = Command::new("mount");
        let bound = mount.arg("--bind").arg(folder).arg(folder).output().is_ok_and(|output| output.status.success());
        let mut again = Command::new("mount");
        bound && again.args(["-o", "remount,ro,bind"]).arg(folder).output().is_ok_and(|output| output.status.success())
    };
    if !read_only(place.root()) {
        let _ = Command::new("umount").arg(place.root()).status();
        say("skipped: nothing can be mounted read-only here");
        return;
    }
    let _mount = Mount(place.root());
    for line in ["list", "show key:one", "log", "verify"] {
        place.ok(line, "read-only");
    }
    let ended = place.run("note key:one --text x");
    assert_eq!(ended.status, Some(1), "{}", ended.said);
    assert!(ended.said.contains("Read-only file system"), "{}", ended.said);
    let ended = place.run("doctor");
    assert!(ended.said.contains("not-writable") && ended.said.contains("read-only"), "{}", ended.said);
    // Who may not write can't try the locks either; reading is safe all the same.
    assert!(ended.said.contains("locks-untried") && ended.status == Some(0), "{}", ended.said);
}

#[test]
fn without_proc_everything_is_written_all_the_same() {
    let place = Place::new();
    let without = |line: &str| {
        let mut unshare = Command::new("unshare");
        unshare.args(["-m", "sh", "-c", "mount -t tmpfs tmpfs /proc && exec \"$@\"", "sh"]);
        place.through(unshare, line).output()
    };
    let is_bare = Command::new("unshare").args(["-m", "mount", "-t", "tmpfs", "tmpfs", "/proc"]).output();
    if !is_bare.is_ok_and(|output| output.status.success()) {
        say("skipped: /proc can't be hidden here");
        return;
    }
    for line in ["init --name other", &format!("{NEW} --key two"), "note key:two --text x", "checkpoint", "verify"] {
        let output = without(line).unwrap();
        assert!(output.status.success(), "{line}: {}", String::from_utf8_lossy(&output.stderr));
    }
    place.ok("verify", "with /proc again");
}

#[test]
fn a_lock_that_is_held_for_ever_makes_writers_give_up_in_time_and_readers_never_wait() {
    let place = Place::new();
    let lock = std::fs::File::open(place.root().join("coordination/.local/locks/gate.lock")).unwrap();
    fs2::FileExt::lock_exclusive(&lock).unwrap();
    let ended = place.run("note key:one --text x --timeout 300ms");
    assert_eq!(ended.status, Some(7), "{}", ended.said);
    place.ok("list", "while a lock is held");
    place.ok("verify", "while a lock is held");
    fs2::FileExt::unlock(&lock).unwrap();
    place.ok("note key:one --text x", "after the lock was let go");
}

#[test]
fn folders_and_files_in_each_others_place_are_told_and_nothing_is_written() {
    let place = Place::new();
    let log = std::fs::read_dir(place.root().join("coordination/events")).unwrap().next().unwrap().unwrap().path();
    let text = std::fs::read(&log).unwrap();
    std::fs::remove_file(&log).unwrap();
    std::fs::create_dir(&log).unwrap();
    let ended = place.run("note key:one --text x");
    assert_eq!(ended.status, Some(9), "{}", ended.said);
    std::fs::remove_dir(&log).unwrap();
    std::fs::write(&log, text).unwrap();
    // A hard link: what is written to it would change another file.
    std::fs::hard_link(&log, place.root().join("other")).unwrap();
    let ended = place.run("note key:one --text x");
    assert_eq!(ended.status, Some(9), "{}", ended.said);
    assert!(ended.said.contains("hard links"), "{}", ended.said);
    std::fs::remove_file(place.root().join("other")).unwrap();
    place.ok("note key:one --text x", "alone again");
    // 10 GB of nothing.
    let huge = std::fs::File::create(place.root().join("coordination/events/REQ-20200101-0001.jsonl")).unwrap();
    huge.set_len(10 << 30).unwrap();
    assert_eq!(place.run("show REQ-20200101-0001").status, Some(9));
    let ended = place.run("verify");
    assert_eq!(ended.status, Some(9), "{}", ended.said);
    place.ok(&format!("{NEW} --key more"), "beside a huge file");
    std::fs::set_permissions(place.root(), std::fs::Permissions::from_mode(0o755)).unwrap();
}
