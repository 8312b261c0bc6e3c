//! Exchanges that end anywhere on the way: run again, they complete.

use std::process::Stdio;
use std::time::Duration;

use super::clones::Clones;

/// A clone that has something to bring in, to give another number, and to publish.
fn about_to_sync() -> Clones {
    let clones = Clones::new(&["a", "b"]);
    clones.bug("a", "of-a");
    // Numbers that the other one gives away without knowing.
    clones.ledger("a", &["ids", "lease", "5"]).ok();
    clones.note("a", "key:first", "by a");
    clones.sync("a").ok();
    let taken = clones.bug("b", "of-b");
    clones.made("b", "dependent", &["--depends-on", &taken]);
    clones.note("b", "key:first", "by b");
    clones
}

/// That everything arrived on both sides.
#[track_caller]
fn assert_complete(clones: &Clones, told: &str) {
    let synced = clones.sync("b");
    assert_eq!(synced.status, Some(0), "{told}: {synced:?}");
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    for key in ["first", "of-a", "of-b", "dependent"] {
        assert_eq!(clones.id("a", key), clones.id("b", key), "{told}");
    }
    let depends = clones.ledger("a", &["show", "key:dependent", "--json"]).ok().data();
    assert_eq!(depends["packet"]["dependencies"][0], clones.id("a", "of-b").as_str(), "{told}");
    let notes = clones.ledger("a", &["show", "key:first", "--json"]).ok().data();
    assert_eq!(notes["notes"].as_array().unwrap().len(), 2, "{told}");
    let requests = clones.ledger("a", &["list", "--all", "--json"]).ok().data();
    assert_eq!(requests["requests"].as_array().unwrap().len(), 4, "{told}");
    for clone in ["a", "b"] {
        clones.assert_clean(clone);
    }
}

#[test]
fn killed_at_any_time() {
    let rounds = std::env::var("LEDGER_SYNC_KILLS").map_or(12, |rounds| rounds.parse().unwrap());
    let measured = about_to_sync();
    let begun = std::time::Instant::now();
    measured.sync("b").ok();
    let whole = begun.elapsed();
    let mut cut = 0;
    for round in 0..rounds {
        let clones = about_to_sync();
        let mut command = clones.command("b", &["sync"]);
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole.mul_f64(f64::from(round) / f64::from(rounds)));
        child.kill().unwrap();
        cut += usize::from(!child.wait().unwrap().success());
        // What git was in the middle of ends by itself.
        std::thread::sleep(Duration::from_millis(50));
        let _ = std::fs::remove_file(clones.path("b").join(".git/index.lock"));
        assert_complete(&clones, &format!("killed after {round}/{rounds} of {whole:?}"));
    }
    assert!(cut > 0, "none of them was cut short");
}

#[test]
fn killed_at_the_nth_change() {
    let strace = std::process::Command::new("strace").arg("-V").stdout(Stdio::null()).status();
    if !strace.is_ok_and(|status| status.success()) {
        eprintln!("SKIPPED: strace is not installed");
        return;
    }
    let step = if std::env::var("LEDGER_FAULTS").is_ok_and(|all| all == "all") { 1 } else { 5 };
    let mut cut = 0;
    for call in ["renameat", "fdatasync", "write", "execve", "unlinkat"] {
        for n in (1..).step_by(step) {
            let clones = about_to_sync();
            let program = clones.command("b", &["sync"]);
            let mut traced = clones.isolated(std::process::Command::new("strace"));
            traced.current_dir(clones.path("b"));
            traced.args(["-qq", "-o", "/dev/null", "-e", &format!("trace={call}")]);
            traced.args(["-e", &format!("inject={call}:signal=KILL:when={n}")]);
            traced.arg(program.get_program()).args(program.get_args());
            let ended = traced.output().unwrap();
            let is_done = ended.status.success();
            cut += usize::from(!is_done);
            let _ = std::fs::remove_file(clones.path("b").join(".git/index.lock"));
            assert_complete(&clones, &format!("killed at {call} {n}"));
            if is_done || n > 400 {
                break;
            }
        }
    }
    eprintln!("{cut} exchanges were cut short");
    assert!(cut > 0, "none of them was cut short");
}

#[test]
fn a_remote_that_never_answers_is_waited_for_no_longer_than_asked() {
    let clones = Clones::new(&["a"]);
    clones.git("a", &["remote", "set-url", "origin", "ssh://nowhere.invalid/hub.git"]).ok();
    // It goes on when git is gone, and keeps git's pipes open.
    clones.git("a", &["config", "core.sshCommand", "sleep 60 && :"]).ok();
    let ended = clones.ledger("a", &["sync", "--json", "--timeout", "2s"]);
    assert_eq!((ended.status, ended.code().as_str()), (Some(7), "busy"), "{ended:?}");
}

#[test]
fn a_lock_that_a_killed_git_left_is_in_nobodys_way() {
    let clones = Clones::new(&["a"]);
    clones.sync("a").ok();
    std::fs::write(clones.path("a").join("coordination/.local/sync.index.lock"), "").unwrap();
    clones.bug("a", "after");
    assert_eq!(clones.sync("a").ok().data()["outgoing"]["events"], 1);
}

/// Leaves a lock behind, as a git does that is killed.
fn leave_lock(clones: &Clones, path: &str) -> std::path::PathBuf {
    let lock = clones.path("a").join(path);
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    std::fs::write(&lock, "").unwrap();
    lock
}

#[test]
fn a_lock_that_a_killed_git_left_is_told_with_what_removes_it() {
    let clones = Clones::new(&["a", "b"]);
    clones.sync("a").ok();
    clones.bug("b", "of-b");
    clones.sync("b").ok();
    // Of the index: it is published, and the branch can't follow.
    let lock = leave_lock(&clones, ".git/index.lock");
    let ended = clones.ledger("a", &["sync"]).ok();
    let hint =
        format!("if no git runs in this clone: rm {}; then the same again", lock.canonicalize().unwrap().display());
    assert!(ended.err.contains(&hint) && ended.err.contains("which is there since 20"), "{ended:?}");
    assert_eq!(clones.sync("a").ok().data()["checked_out"], "not");
    std::fs::remove_file(&lock).unwrap();
    assert_eq!(clones.sync("a").ok().data()["checked_out"], "whole");
    clones.assert_clean("a");
    // Of what was fetched, and of what was seen.
    clones.bug("b", "another");
    clones.sync("b").ok();
    for kept in ["fetched", "seen"] {
        let lock = leave_lock(&clones, &format!(".git/refs/ledger/{kept}/origin/heads/main.lock"));
        let ended = clones.sync("a");
        assert_eq!((ended.status, ended.code().as_str()), (Some(7), "git-locked"), "{kept}: {ended:?}");
        assert!(ended.err.contains(&format!("rm {}", lock.canonicalize().unwrap().display())), "{kept}: {ended:?}");
        std::fs::remove_file(&lock).unwrap();
    }
    clones.sync("a").ok();
    clones.id("a", "another");
}
