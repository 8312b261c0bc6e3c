//! A remote, or a clone, that no longer has what it had.

use super::clones::Clones;

#[test]
fn a_remote_that_was_cut_is_noticed_and_gets_back_what_it_lost() {
    let clones = Clones::new(&["a", "b"]);
    clones.bug("a", "of-a");
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.git("a", &["push", "-q", "--force", "origin", "HEAD~1:main"]).ok();
    let (before, ended) = (clones.files("b"), clones.sync("b"));
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "remote-rewritten"), "{ended:?}");
    assert!(ended.err.contains("coordination/requests/"), "{ended:?}");
    assert_eq!(clones.files("b"), before);
    clones.ledger("b", &["sync", "--restore"]).ok();
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    clones.id("a", "of-a");
}

#[test]
fn a_branch_that_is_gone_is_no_empty_one() {
    let clones = Clones::new(&["a"]);
    clones.sync("a").ok();
    clones.git("hub.git", &["branch", "-D", "main"]).ok();
    let ended = clones.sync("a");
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "remote-rewritten"), "{ended:?}");
    clones.ledger("a", &["sync", "--restore"]).ok();
}

#[test]
fn a_commit_that_takes_something_away_is_noticed() {
    let clones = Clones::new(&["a", "b"]);
    clones.note("a", "key:first", "remark");
    clones.sync("a").ok();
    clones.sync("b").ok();
    let id = clones.id("a", "first");
    let log = clones.path("a").join(format!("coordination/events/{id}.jsonl"));
    let text = std::fs::read_to_string(&log).unwrap();
    std::fs::write(&log, text.lines().next().unwrap().to_owned() + "\n").unwrap();
    clones.git("a", &["commit", "-qam", "away with it"]).ok();
    clones.git("a", &["push", "-q"]).ok();
    let ended = clones.sync("b");
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "remote-rewritten"), "{ended:?}");
    assert!(ended.err.contains("lacks event"), "{ended:?}");
    clones.ledger("b", &["sync", "--restore"]).ok();
    let noted = clones.ledger("b", &["show", "key:first", "--json"]).ok().data();
    assert_eq!(noted["notes"][0]["text"], "remark");
}

#[test]
fn what_was_edited_here_is_not_published() {
    let clones = Clones::new(&["a"]);
    let id = clones.id("a", "first");
    let (packet, log) = (format!("coordination/requests/{id}.json"), format!("coordination/events/{id}.jsonl"));
    for path in [packet, log] {
        let full = clones.path("a").join(&path);
        let text = std::fs::read_to_string(&full).unwrap();
        std::fs::remove_file(&full).unwrap();
        std::fs::write(&full, text.replace("mia", "eve")).unwrap();
        let ended = clones.sync("a");
        assert_eq!((ended.status, ended.code().as_str()), (Some(9), "edited"), "{ended:?}");
        std::fs::remove_file(&full).unwrap();
        let ended = clones.sync("a");
        assert_eq!((ended.status, ended.code().as_str()), (Some(9), "edited"), "{ended:?}");
        clones.git("a", &["checkout", "-q", "HEAD", "--", &path]).ok();
        clones.sync("a").ok();
    }
}

#[test]
fn what_was_committed_and_not_published_is_not_removed_unnoticed() {
    let clones = Clones::new(&["a"]);
    let id = clones.bug("a", "gone");
    clones.git("a", &["add", "-A"]).ok();
    clones.git("a", &["commit", "-qm", "by hand"]).ok();
    for path in [format!("requests/{id}.json"), format!("events/{id}.jsonl")] {
        std::fs::remove_file(clones.path("a").join("coordination").join(path)).unwrap();
    }
    let ended = clones.sync("a");
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "edited"), "{ended:?}");
}

#[test]
fn an_older_commit_that_is_checked_out_is_no_loss() {
    let clones = Clones::new(&["a", "b"]);
    clones.git("a", &["checkout", "-q", "-b", "feature"]).ok();
    clones.git("a", &["checkout", "-q", "main"]).ok();
    let id = clones.bug("a", "later");
    clones.note("a", "key:first", "remark");
    clones.sync("a").ok();
    clones.git("a", &["checkout", "-q", "feature"]).ok();
    clones.sync("a").ok();
    assert_eq!(clones.id("a", "later"), id);
    clones.git("a", &["checkout", "-q", "main"]).ok();
    clones.git("a", &["reset", "-q", "--hard", "HEAD~1"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b"]);
}

#[test]
fn a_number_that_a_branch_gave_away_is_another_requests_and_no_edit() {
    let clones = Clones::new(&["a", "b"]);
    clones.git("b", &["checkout", "-q", "-b", "work"]).ok();
    let was = clones.bug("b", "on-branch");
    clones.git("b", &["add", "-A"]).ok();
    clones.git("b", &["commit", "-qm", "on a branch"]).ok();
    clones.git("b", &["checkout", "-q", "main"]).ok();
    assert_eq!(clones.bug("a", "on-main"), was);
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.git("b", &["checkout", "-q", "work"]).ok();
    let synced = clones.ledger("b", &["sync", "--branch", "main", "--json"]).ok().data();
    assert_eq!(synced["renumbered"][0]["was"], was, "{synced}");
    assert_eq!(clones.id("b", "on-main"), was);
    assert_ne!(clones.id("b", "on-branch"), was);
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
}
