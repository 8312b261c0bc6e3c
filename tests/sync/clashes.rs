//! Numbers given away twice, and what only people can decide.

use super::clones::Clones;

#[test]
fn the_number_that_was_published_first_stays_and_the_other_gets_a_new_one() {
    let clones = Clones::new(&["a", "b"]);
    let published = clones.bug("a", "of-a");
    clones.sync("a").ok();
    let was = clones.bug("b", "of-b");
    assert_eq!(was, published);
    clones.note("b", "key:of-b", "remark");
    clones.ledger("b", &["transition", "key:of-b", "accepted"]).ok();
    let uid = clones.ledger("b", &["show", "key:of-b", "--json"]).ok().data()["packet"]["uid"].clone();
    let dependent = clones.made("b", "dependent", &["--depends-on", &was, "--parent", &was]);
    let synced = clones.sync("b").ok().data();
    let is = clones.id("b", "of-b");
    assert_ne!(is, was);
    assert_eq!(synced["renumbered"], serde_json::json!([{"was": was, "id": is, "approvals_to_sign_again": 0}]));
    let shown = clones.ledger("b", &["show", "key:of-b", "--json"]).ok().data();
    assert_eq!((&shown["packet"]["uid"], &shown["aliases"]), (&uid, &serde_json::json!([was])));
    assert_eq!(shown["state"], "ACCEPTED");
    assert_eq!(shown["notes"][0]["text"], "remark");
    let shown = clones.ledger("b", &["show", &dependent, "--json"]).ok().data();
    assert_eq!(shown["packet"]["dependencies"], serde_json::json!([is]));
    assert_eq!(shown["packet"]["parent"], serde_json::json!(is));
    // A retry finds it under its key.
    assert_eq!(clones.bug("b", "of-b"), is);
    assert_eq!(clones.id("b", "of-a"), published);
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    for clone in ["a", "b"] {
        clones.assert_clean(clone);
        let index = clones.ledger(clone, &["index", "--check"]);
        assert_eq!(index.status, Some(0), "{index:?}");
    }
    // The next one does not take a number that was given away.
    let next = clones.bug("b", "next");
    assert!(next > is && next > dependent, "{next}");
}

/// `a` published a request under a number that a commit of `b` has for another one.
fn one_number_twice() -> Clones {
    let clones = Clones::new(&["a", "b"]);
    clones.bug("a", "of-a");
    clones.sync("a").ok();
    clones.bug("b", "of-b");
    clones.git("b", &["add", "-A"]).ok();
    clones.git("b", &["commit", "-qm", "by hand"]).ok();
    clones
}

#[test]
fn a_number_that_the_user_committed_himself_is_given_anew_too() {
    let clones = one_number_twice();
    clones.sync("b").ok();
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    clones.assert_clean("b");
}

#[test]
fn a_number_that_was_given_anew_when_the_branch_could_not_follow_is_no_edit() {
    let clones = one_number_twice();
    let lock = clones.path("b").join(".git/HEAD.lock");
    std::fs::write(&lock, "").unwrap();
    assert_eq!(clones.sync("b").ok().data()["checked_out"], "not");
    std::fs::remove_file(&lock).unwrap();
    clones.sync("b").ok();
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    clones.assert_clean("b");
}

#[test]
fn what_people_edit_on_both_sides_is_for_people_to_join() {
    let clones = Clones::new(&["a", "b"]);
    let rename = |clone: &str, was: &str, name: &str| {
        let path = clones.path(clone).join("coordination/ledger.json");
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(path, text.replace(&format!("\"{was}\""), &format!("\"{name}\""))).unwrap();
    };
    clones.sync("b").ok();
    rename("a", "acme", "from-a");
    // What is edited on one side goes one way.
    let ways = |clone: &str, more: &[&str]| {
        let synced = clones.ledger(clone, &[&["sync", "--json"], more].concat()).ok().data();
        [synced["incoming"]["files"].clone(), synced["outgoing"]["files"].clone()]
    };
    let (none, settings) = (serde_json::json!([]), serde_json::json!(["coordination/ledger.json"]));
    assert_eq!(ways("a", &["--dry-run"]), [none.clone(), settings.clone()]);
    assert_eq!(ways("a", &[]), [none.clone(), settings.clone()]);
    assert_eq!(ways("b", &["--dry-run"]), [settings.clone(), none.clone()]);
    assert_eq!(ways("b", &[]), [settings, none]);
    clones.assert_alike(&["a", "b"]);
    rename("a", "from-a", "again-a");
    rename("b", "from-a", "again-b");
    clones.sync("a").ok();
    let ended = clones.sync("b");
    assert_eq!((ended.status, ended.code().as_str()), (Some(6), "text-clash"), "{ended:?}");
    clones.ledger("b", &["sync", "--take", "theirs"]).ok();
    clones.assert_alike(&["a", "b"]);
}

#[test]
fn two_registrations_of_one_version_are_not_joined_by_themselves() {
    let clones = Clones::new(&["a", "b"]);
    for (clone, kind) in [("a", "string"), ("b", "integer")] {
        std::fs::write(clones.folder().join("schema.json"), format!("{{\"type\":\"{kind}\"}}")).unwrap();
        clones.ledger(clone, &["contract", "add", "billing.total", "../schema.json", "--owner", "billing"]).ok();
    }
    clones.sync("a").ok();
    let before = clones.files("b");
    let ended = clones.sync("b");
    assert_eq!((ended.status, ended.code().as_str()), (Some(6), "version-clash"), "{ended:?}");
    assert_eq!(clones.files("b"), before);
}

#[test]
fn two_ledgers_are_never_made_one() {
    let clones = Clones::new(&["a"]);
    clones.git_in(clones.folder(), &["init", "-q", "b"]).ok();
    clones.git("b", &["remote", "add", "origin", "../hub.git"]).ok();
    clones.ledger("b", &["init", "--name", "other"]).ok();
    clones.bug("b", "of-b");
    let before = clones.files("b");
    for more in [&[][..], &["--take", "ours"], &["--take", "theirs"], &["--dry-run"]] {
        let ended = clones.ledger("b", &[&["sync", "--json"], more].concat());
        assert_eq!((ended.status, ended.code().as_str()), (Some(5), "other-ledger"), "{ended:?}");
    }
    assert_eq!(clones.files("b"), before);
    clones.ledger("b", &["sync", "--branch", "other"]).ok();
    clones.ledger("a", &["verify"]).ok();
}

#[test]
fn a_checkpoint_that_nobody_has_seen_is_in_the_way_only_of_what_it_covers() {
    let clones = Clones::new(&["a", "b"]);
    clones.sync("b").ok();
    clones.ledger("b", &["checkpoint", "--origin", "before"]).ok();
    clones.bug("a", "of-a");
    clones.sync("a").ok();
    let was = clones.bug("b", "of-b");
    clones.sync("b").ok();
    assert_ne!(clones.id("b", "of-b"), was, "a checkpoint that does not cover it was in the way");
    clones.sync("a").ok();
    clones.bug("a", "second-of-a");
    clones.sync("a").ok();
    clones.bug("b", "second-of-b");
    clones.ledger("b", &["checkpoint", "--origin", "after"]).ok();
    let before = clones.files("b");
    let ended = clones.sync("b");
    assert_eq!((ended.status, ended.code().as_str()), (Some(6), "checkpoint-clash"), "{ended:?}");
    assert_eq!(clones.files("b"), before);
    // What the hint says.
    std::fs::remove_dir_all(clones.path("b").join("coordination/checkpoints/after")).unwrap();
    clones.sync("b").ok();
    clones.ledger("b", &["checkpoint", "--origin", "after"]).ok();
    clones.sync("b").ok();
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
}
