//! A ledger beside code, on the branch that is checked out or on one of its own.

use super::clones::Clones;

/// Clones with a file of code beside the ledger.
fn with_code(names: &[&str]) -> Clones {
    let clones = Clones::new(&[]);
    write(&clones, "founder", "code.txt", "one\ntwo\nthree\n");
    clones.git("founder", &["add", "code.txt"]).ok();
    clones.git("founder", &["commit", "-qm", "code"]).ok();
    clones.git("founder", &["push", "-q", "origin", "HEAD:main"]).ok();
    for name in names {
        clones.clone_as(name);
    }
    clones
}

fn write(clones: &Clones, clone: &str, path: &str, text: &str) {
    std::fs::write(clones.path(clone).join(path), text).unwrap();
}

fn read(clones: &Clones, clone: &str, path: &str) -> String {
    std::fs::read_to_string(clones.path(clone).join(path)).unwrap()
}

#[test]
fn commits_that_were_not_pushed_stay_here() {
    let clones = with_code(&["a", "b"]);
    write(&clones, "a", "code.txt", "secret\n");
    clones.git("a", &["commit", "-qam", "not yet"]).ok();
    clones.bug("a", "of-a");
    clones.sync("a").ok();
    clones.sync("b").ok();
    assert_eq!(read(&clones, "b", "code.txt"), "one\ntwo\nthree\n");
    assert_eq!(read(&clones, "a", "code.txt"), "secret\n");
    clones.assert_alike(&["a", "b"]);
    clones.assert_clean("a");
    // What git does by itself goes on from there.
    clones.git("a", &["push", "-q", "origin", "HEAD:main"]).ok();
    clones.git("b", &["pull", "-q"]).ok();
    assert_eq!(read(&clones, "b", "code.txt"), "secret\n");
}

#[test]
fn the_code_of_others_comes_along() {
    let clones = with_code(&["a", "b"]);
    write(&clones, "a", "code.txt", "one\ntwo\nTHREE\n");
    clones.git("a", &["commit", "-qam", "three"]).ok();
    clones.git("a", &["push", "-q"]).ok();
    clones.bug("b", "of-b");
    let synced = clones.sync("b").ok().data();
    assert_eq!(synced["checked_out"], "whole");
    assert_eq!(read(&clones, "b", "code.txt"), "one\ntwo\nTHREE\n");
    clones.assert_clean("b");
}

#[test]
fn what_is_staged_and_what_is_not_committed_stays_so() {
    let clones = with_code(&["a", "b"]);
    clones.bug("b", "of-b");
    clones.sync("b").ok();
    write(&clones, "a", "staged.txt", "staged\n");
    clones.git("a", &["add", "staged.txt"]).ok();
    write(&clones, "a", "code.txt", "edited\n");
    clones.bug("a", "of-a");
    clones.sync("a").ok();
    let status = clones.git("a", &["status", "--porcelain"]).ok().out;
    assert_eq!(status, " M code.txt\nA  staged.txt\n");
    let hub = clones.git("hub.git", &["ls-tree", "-r", "--name-only", "main"]).ok().out;
    assert!(!hub.contains("staged.txt"), "{hub}");
}

#[test]
fn code_that_can_not_be_joined_does_not_keep_the_ledger() {
    let clones = with_code(&["a", "b"]);
    write(&clones, "a", "code.txt", "by a\n");
    clones.git("a", &["commit", "-qam", "a"]).ok();
    clones.git("a", &["push", "-q"]).ok();
    clones.bug("a", "of-a");
    clones.sync("a").ok();
    // Once in commits, once not committed.
    write(&clones, "b", "code.txt", "by b\n");
    clones.bug("b", "of-b");
    let synced = clones.sync("b").ok();
    assert_eq!(synced.data()["checked_out"], "ledger-only", "{synced:?}");
    assert!(synced.err.contains("code.txt"), "{synced:?}");
    clones.git("b", &["commit", "-qam", "b"]).ok();
    let synced = clones.sync("b").ok();
    assert_eq!(synced.data()["checked_out"], "ledger-only", "{synced:?}");
    assert_eq!(read(&clones, "b", "code.txt"), "by b\n");
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    clones.assert_clean("b");
    // And git joins the rest as ever.
    let pulled = clones.git("b", &["pull", "-q", "--no-rebase", "-X", "ours"]);
    assert_eq!(pulled.status, Some(0), "{pulled:?}");
    clones.assert_alike(&["a", "b"]);
}

#[test]
fn a_branch_of_its_own_leaves_the_work_tree_alone() {
    let clones = Clones::none();
    clones.clone_as("a");
    write(&clones, "a", "code.txt", "code\n");
    std::fs::write(clones.path("a").join(".gitignore"), "/coordination/\n/schemas/\n").unwrap();
    clones.git("a", &["add", "-A"]).ok();
    clones.git("a", &["commit", "-qm", "code"]).ok();
    clones.git("a", &["push", "-q", "origin", "HEAD:main"]).ok();
    clones.ledger("a", &["init", "--name", "acme"]).ok();
    clones.bug("a", "of-a");
    let head = clones.git("a", &["rev-parse", "HEAD"]).ok().out;
    let status = clones.git("a", &["status", "--porcelain"]).ok().out;
    clones.ledger("a", &["sync", "--branch", "ledger"]).ok();
    assert_eq!(clones.git("a", &["rev-parse", "HEAD"]).ok().out, head);
    assert_eq!(clones.git("a", &["status", "--porcelain"]).ok().out, status);
    let hub = clones.git("hub.git", &["ls-tree", "-r", "--name-only", "ledger"]).ok().out;
    assert!(hub.contains("coordination/requests/") && !hub.contains("code.txt"), "{hub}");
    // A reference that is no branch will do.
    clones.ledger("a", &["sync", "--branch", "refs/ledger/main"]).ok();
    clones.clone_as("b");
    clones.git("b", &["fetch", "-q", "origin", "ledger"]).ok();
    clones.git("b", &["checkout", "-q", "FETCH_HEAD", "--", "coordination", "schemas"]).ok();
    clones.git("b", &["reset", "-q"]).ok();
    clones.bug("b", "of-b");
    clones.ledger("b", &["sync", "--branch", "ledger"]).ok();
    clones.ledger("a", &["sync", "--branch", "ledger"]).ok();
    clones.assert_alike(&["a", "b"]);
    assert_eq!(clones.git("a", &["rev-parse", "HEAD"]).ok().out, head);
}

#[test]
fn a_ledger_that_git_ignores_is_not_published_on_the_branch_that_is_checked_out() {
    let clones = Clones::none();
    clones.clone_as("a");
    std::fs::write(clones.path("a").join(".gitignore"), "/coordination/\n/schemas/\n").unwrap();
    clones.git("a", &["add", "-A"]).ok();
    clones.git("a", &["commit", "-qm", "code"]).ok();
    clones.git("a", &["push", "-q", "origin", "main"]).ok();
    clones.ledger("a", &["init", "--name", "acme"]).ok();
    clones.bug("a", "first");
    for command in [&["sync", "--json"][..], &["claim", "key:first", "--sync", "--json"]] {
        let ended = clones.ledger("a", command);
        assert_eq!((ended.status, ended.code().as_str()), (Some(2), "usage"), "{ended:?}");
    }
    clones.ledger("a", &["sync", "--branch", "ledger"]).ok();
    // From then on it is the one.
    clones.ledger("a", &["claim", "key:first", "--sync"]).ok();
    // Until another one is named: one that was mistyped is told as new, and is left again by naming the right one.
    let mistyped = clones.ledger("a", &["sync", "--branch", "ledgr", "--json"]).ok().data();
    assert_eq!((&mistyped["new_branch"], &mistyped["reference"]), (&true.into(), &"refs/heads/ledgr".into()));
    let told = clones.ledger("a", &["sync", "--branch", "legder", "--dry-run"]).ok().out;
    assert!(told.starts_with("origin legder (new)  would come in: nothing; would go out: "), "{told}");
    let on =
        |arguments: &[&str]| clones.ledger("a", &[arguments, &["--json"]].concat()).ok().data()["reference"].clone();
    assert_eq!(on(&["sync"]), "refs/heads/ledgr");
    assert_eq!(on(&["sync", "--branch", "ledger"]), "refs/heads/ledger");
    assert_eq!(on(&["sync"]), "refs/heads/ledger");
    clones.ledger("a", &["claim", "key:first", "--sync"]).ok();
    let published = |branch: &str| clones.git("hub.git", &["rev-parse", branch]).ok().out;
    let before = published("ledger");
    clones.ledger("a", &["claim", "key:first", "--sync", "--branch", "ledgr"]).ok();
    assert_eq!((on(&["sync"]), published("ledger")), ("refs/heads/ledgr".into(), before));
    let leased = clones.ledger("a", &["ids", "lease", "2", "--branch", "ledger"]).ok();
    assert!(leased.out.contains("2 numbers left"), "{leased:?}");
    assert_eq!(clones.git("a", &["ls-tree", "--name-only", "origin/main"]).ok().out, ".gitignore\n");
}

#[test]
fn attributes_that_somebody_removed_are_in_nobodys_way() {
    let clones = Clones::new(&["a"]);
    clones.git("a", &["rm", "-q", ".gitattributes"]).ok();
    clones.git("a", &["commit", "-qm", "none"]).ok();
    clones.bug("a", "after");
    clones.sync("a").ok();
}
