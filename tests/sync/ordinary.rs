//! What comes in and what goes out.

use super::clones::{Clones, Ended};

#[test]
fn what_one_clone_writes_the_others_get() {
    let clones = Clones::new(&["a", "b"]);
    clones.bug("a", "of-a");
    let sent = clones.sync("a").ok().data();
    assert_eq!(sent["outgoing"]["requests"][0]["new"], true);
    assert_eq!(sent["outgoing"]["events"], 1);
    assert_eq!(sent["incoming"]["requests"].as_array().unwrap().len(), 0);
    let got = clones.sync("b").ok().data();
    assert_eq!(got["incoming"]["requests"], sent["outgoing"]["requests"]);
    assert_eq!(got["commit"], sent["commit"]);
    clones.note("b", "key:of-a", "seen by b");
    clones.note("a", "key:first", "seen by a");
    clones.sync("b").ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b"]);
    for clone in ["a", "b"] {
        clones.assert_clean(clone);
    }
}

#[test]
fn a_commit_names_what_is_in_it() {
    let clones = Clones::new(&[]);
    let id = clones.bug("founder", "x");
    clones.note("founder", "key:x", "one");
    clones.note("founder", "key:x", "two");
    clones.sync("founder").ok();
    let message = clones.git("founder", &["log", "-1", "--format=%B"]).ok().out;
    assert_eq!(message.trim(), format!("Ledger: 1 new request, 3 events\n\n{id} REQUEST_CREATED, NOTED x2"));
}

#[test]
fn nothing_to_do_makes_no_commit() {
    let clones = Clones::new(&["a"]);
    let before = clones.git("a", &["rev-parse", "HEAD"]).ok().out;
    let synced = clones.sync("a").ok().data();
    assert_eq!(synced["outgoing"]["events"], 0);
    assert_eq!(clones.git("a", &["rev-parse", "HEAD"]).ok().out, before);
    assert_eq!(clones.git("hub.git", &["rev-parse", "main"]).ok().out, before);
}

#[test]
fn a_dry_run_says_it_and_leaves_everything_as_it_was() {
    let clones = Clones::new(&["a", "b"]);
    clones.bug("a", "of-a");
    clones.sync("a").ok();
    clones.bug("b", "of-b");
    let (files, head) = (clones.files("b"), clones.git("b", &["rev-parse", "HEAD"]).ok().out);
    let hub = clones.git("hub.git", &["rev-parse", "main"]).ok().out;
    let tried = clones.ledger("b", &["sync", "--dry-run", "--json"]).ok().data();
    assert_eq!(tried["dry_run"], true);
    assert_eq!(tried["incoming"]["events"], 1);
    assert_eq!(tried["outgoing"]["events"], 1);
    assert_eq!(tried["renumbered"].as_array().unwrap().len(), 1);
    assert_eq!(clones.files("b"), files);
    assert_eq!(clones.git("b", &["rev-parse", "HEAD"]).ok().out, head);
    assert_eq!(clones.git("hub.git", &["rev-parse", "main"]).ok().out, hub);
}

#[test]
fn transitions_that_exclude_each_other_are_told_and_settled() {
    let clones = Clones::new(&["a", "b"]);
    clones.ledger("a", &["transition", "key:first", "accepted"]).ok();
    clones.ledger("b", &["transition", "key:first", "rejected", "--reason", "no"]).ok();
    clones.sync("a").ok();
    let id = clones.id("b", "first");
    let synced = clones.sync("b").ok().data();
    assert_eq!(synced["diverged"], serde_json::json!([id]));
    assert_eq!(clones.ledger("b", &["transition", "key:first", "in-progress", "--json"]).code(), "diverged");
    clones.sync("a").ok();
    clones.ledger("a", &["resolve", "key:first", "--keep", "accepted", "--reason", "it is one"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b"]);
    let shown = clones.ledger("b", &["show", "key:first", "--json"]).ok().data();
    assert_eq!(shown["state"], "ACCEPTED");
}

#[test]
fn who_can_not_reach_the_other_side_keeps_everything() {
    let clones = Clones::new(&["a"]);
    clones.bug("a", "offline");
    std::fs::rename(clones.path("hub.git"), clones.path("away.git")).unwrap();
    let (files, ended) = (clones.files("a"), clones.sync("a"));
    assert_eq!((ended.status, ended.code().as_str()), (Some(7), "unreachable"), "{ended:?}");
    assert_eq!(clones.files("a"), files);
    std::fs::rename(clones.path("away.git"), clones.path("hub.git")).unwrap();
    assert_eq!(clones.sync("a").ok().data()["outgoing"]["events"], 1);
}

#[test]
fn what_nobody_can_tell_is_asked_for() {
    let clones = Clones::none();
    std::fs::create_dir(clones.path("plain")).unwrap();
    clones.ledger("plain", &["init"]).ok();
    let told = |arguments: &[&str]| {
        let ended = clones.ledger("plain", arguments);
        (ended.status, ended.code())
    };
    let is = |status, code: &str| (Some(status), code.to_owned());
    assert_eq!(told(&["sync", "--json"]), is(4, "no-repository"));
    clones.git("plain", &["init", "-q"]).ok();
    assert_eq!(told(&["sync", "--json"]), is(4, "no-remote"));
    clones.git("plain", &["remote", "add", "one", "../hub.git"]).ok();
    clones.git("plain", &["remote", "add", "two", "../hub.git"]).ok();
    assert_eq!(told(&["sync", "--json"]), is(2, "usage"));
    assert_eq!(told(&["sync", "three", "--json"]), is(4, "no-remote"));
    assert_eq!(told(&["sync", "two", "--branch", "a..b", "--json"]), is(2, "usage"));
    clones.ledger("plain", &["sync", "two"]).ok();
    clones.git("plain", &["checkout", "-q", "--detach"]).ok();
    assert_eq!(told(&["sync", "one", "--json"]), is(2, "usage"));
    clones.clone_as("other");
    clones.git("other", &["checkout", "-q", "-b", "wip"]).ok();
    let ended = clones.sync("other");
    assert_eq!((ended.status, ended.code().as_str()), (Some(4), "no-branch"), "{ended:?}");
    clones.ledger("other", &["sync", "--branch", "wip"]).ok();
}

#[test]
fn whatever_is_checked_out_the_ledger_is_exchanged_where_it_was() {
    let clones = Clones::new(&["a", "b"]);
    clones.sync("a").ok();
    clones.git("a", &["checkout", "-q", "-b", "wip"]).ok();
    clones.bug("a", "of-a");
    let synced = clones.sync("a").ok().data();
    assert_eq!(synced["reference"], "refs/heads/main");
    clones.assert_clean("a");
    clones.git("a", &["checkout", "-q", "--detach"]).ok();
    clones.note("a", "key:of-a", "detached");
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b"]);
    assert_eq!(clones.git("hub.git", &["branch", "--list"]).ok().out.trim(), "* main");
}

#[test]
fn eight_that_publish_at_once_all_get_through() {
    let names = ["c1", "c2", "c3", "c4", "c5", "c6", "c7", "c8"];
    let clones = Clones::new(&names);
    for name in names {
        clones.bug(name, &format!("of-{name}"));
    }
    let ended: Vec<Ended> = std::thread::scope(|scope| {
        let threads: Vec<_> = names.iter().map(|name| scope.spawn(|| clones.sync(name))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    for ended in ended {
        ended.ok();
    }
    for name in names {
        clones.sync(name).ok();
    }
    clones.assert_alike(&names);
    let all = clones.ledger("c1", &["list", "--json"]).ok().data();
    assert_eq!(all["requests"].as_array().unwrap().len(), 9, "{all}");
}

/// A git that was killed over there leaves its lock: that is told, and not taken for others who were quicker.
#[test]
fn a_lock_that_was_left_over_there_is_told() {
    let clones = Clones::new(&["a"]);
    let lock = clones.path("hub.git").join("refs/heads/main.lock");
    std::fs::write(&lock, "").unwrap();
    clones.note("a", "key:first", "kept");
    // On a machine that is very slow the time can be up in the middle of a push: then nobody knows what became of it.
    let tried = (0..3).map(|_| clones.ledger("a", &["sync", "--json", "--timeout", "8s"]));
    let ended = tried.into_iter().find(|ended| ended.status != Some(8)).unwrap();
    assert_eq!((ended.status, ended.code().as_str()), (Some(7), "overtaken"), "{ended:?}");
    assert!(ended.err.contains("main.lock': File exists") && !ended.err.contains("quicker"), "{ended:?}");
    std::fs::remove_file(&lock).unwrap();
    clones.sync("a").ok();
}
