//! Two published requests with one number: one keeps it, the other gets another, and every clone comes to agree.

use super::clones::Clones;

/// A number that two requests have, each published on a branch of its own: `a`'s on `main`, `b`'s on `other`.
fn published_twice() -> (Clones, String) {
    let clones = Clones::new(&["a", "b", "c"]);
    clones.git("b", &["checkout", "-q", "-b", "other"]).ok();
    let number = clones.bug("a", "of-a");
    clones.note("a", "key:of-a", "by a");
    clones.sync("a").ok();
    assert_eq!(clones.bug("b", "of-b"), number);
    clones.note("b", "key:of-b", "by b");
    clones.ledger("b", &["transition", "key:of-b", "accepted"]).ok();
    clones.ledger("b", &["sync", "--branch", "other"]).ok();
    (clones, number)
}

/// That both requests are here, each with everything that was written to it, and nothing is wrong.
#[track_caller]
fn assert_both(clones: &Clones, clone: &str, number: &str, keeps: &str) {
    let [of_a, of_b] = ["of-a", "of-b"].map(|key| clones.id(clone, key));
    assert_eq!(if keeps == "of-a" { &of_a } else { &of_b }, number, "{clone}: {of_a} {of_b}");
    assert_ne!(of_a, of_b);
    for (key, note, state) in [("of-a", "by a", "PROPOSED"), ("of-b", "by b", "ACCEPTED")] {
        let shown = clones.ledger(clone, &["show", &format!("key:{key}"), "--json"]).ok().data();
        assert_eq!((shown["notes"][0]["text"].as_str(), shown["state"].as_str()), (Some(note), Some(state)), "{clone}");
    }
    clones.ledger(clone, &["verify"]).ok();
    assert_eq!(clones.ledger(clone, &["index", "--check"]).status, Some(0));
}

#[test]
fn neither_of_two_published_requests_gives_up_its_number_by_itself() {
    let (clones, number) = published_twice();
    let before = clones.files("b");
    let ended = clones.ledger("b", &["sync", "--json", "--branch", "main"]);
    assert_eq!((ended.status, ended.code().as_str()), (Some(6), "id-clash"), "{ended:?}");
    assert_eq!(clones.files("b"), before);
    let asked = clones.ledger("b", &["resolve-id", &number, "--json"]);
    assert_eq!((asked.status, asked.code().as_str()), (Some(6), "id-clash"), "{asked:?}");
    assert!(asked.err.contains("of-a") && asked.err.contains("of-b"), "{asked:?}");
    let none = clones.ledger("b", &["resolve-id", &number, "--keep", "zzz", "--json"]);
    assert_eq!((none.status, none.code().as_str()), (Some(6), "id-clash"), "{none:?}");
    let tried = clones.ledger("b", &["resolve-id", &number, "--keep", "theirs", "--dry-run", "--json"]).ok();
    assert_eq!(clones.files("b"), before, "{tried:?}");
}

#[test]
fn the_one_of_the_other_side_keeps_it() {
    let (clones, number) = published_twice();
    clones.ledger("b", &["sync", "--branch", "main"]);
    let settled =
        clones.ledger("b", &["resolve-id", &number, "--keep", "theirs", "--reason", "first", "--json"]).ok().data();
    let is = settled["moved"][0]["id"].as_str().unwrap().to_owned();
    assert_eq!(is, clones.id("b", "of-b"));
    assert_both(&clones, "b", &number, "of-a");
    let shown = clones.ledger("b", &["show", &number, "--json"]).ok().data();
    assert_eq!(shown["namesakes"][0]["id"], is);
    let shown = clones.ledger("b", &["show", &is, "--json"]).ok().data();
    assert_eq!(shown["aliases"], serde_json::json!([number]));
    clones.ledger("b", &["sync", "--branch", "main"]).ok();
    for clone in ["a", "c"] {
        clones.sync(clone).ok();
        assert_both(&clones, clone, &number, "of-a");
    }
    // The other branch, which published the other one under that number, comes along.
    clones.ledger("b", &["sync", "--branch", "other"]).ok();
    clones.assert_alike(&["a", "b", "c"]);
    let again = clones.ledger("c", &["resolve-id", &number, "--json"]);
    assert_eq!((again.status, again.code().as_str()), (Some(5), "no-twin"), "{again:?}");
}

#[test]
fn ours_keeps_it_and_clones_that_have_the_other_bring_along_what_they_wrote() {
    let (clones, number) = published_twice();
    clones.sync("c").ok();
    clones.ledger("b", &["sync", "--branch", "main"]);
    clones.ledger("b", &["resolve-id", &number, "--keep", "ours"]).ok();
    assert_both(&clones, "b", &number, "of-b");
    // Meanwhile, and not knowing of it:
    clones.note("a", "key:of-a", "later, by a");
    clones.sync("a").ok();
    clones.note("c", "key:of-a", "later, by c");
    clones.ledger("b", &["sync", "--branch", "main"]).ok();
    let synced = clones.sync("c").ok().data();
    assert_eq!(synced["renumbered"][0]["was"], number, "{synced}");
    clones.sync("a").ok();
    clones.ledger("b", &["sync", "--branch", "main"]).ok();
    for clone in ["a", "b", "c"] {
        assert_both(&clones, clone, &number, "of-b");
        let told = clones.ledger(clone, &["log", "key:of-a"]).ok().out;
        assert!(told.contains("later, by a") && told.contains("later, by c"), "{clone}: {told}");
    }
    clones.assert_alike(&["a", "b", "c"]);
    // The gate sees that nothing was lost.
    let commit = clones.git("a", &["rev-list", "--max-parents=1", "HEAD"]).ok().out;
    for commit in commit.lines() {
        let ended = clones.ledger("a", &["verify", "--against", commit]);
        assert_eq!(ended.status, Some(0), "{commit} {ended:?}");
    }
}

#[test]
fn a_merge_that_stopped_at_two_packets_is_settled() {
    for driver in [false, true] {
        for keep in ["ours", "theirs"] {
            let (clones, number) = published_twice();
            if driver {
                clones.ledger("a", &["setup-git"]).ok();
            }
            clones.git("a", &["fetch", "-q", "origin"]).ok();
            let merged = clones.git("a", &["merge", "-q", "origin/other"]);
            assert_eq!(merged.status, Some(1), "{merged:?}");
            assert_eq!(clones.ledger("a", &["repair-merge"]).status, Some(3));
            clones.ledger("a", &["resolve-id", &number, "--keep", keep]).ok();
            clones.ledger("a", &["repair-merge"]).ok();
            clones.git("a", &["commit", "-qm", "merged"]).ok();
            clones.assert_clean("a");
            assert_both(&clones, "a", &number, if keep == "ours" { "of-a" } else { "of-b" });
            clones.sync("a").ok();
            clones.sync("c").ok();
            clones.ledger("b", &["sync", "--branch", "main"]).ok();
            clones.assert_alike(&["a", "b", "c"]);
        }
    }
}

#[test]
fn a_merge_that_was_settled_by_hand_is_mended() {
    let (clones, number) = published_twice();
    clones.git("a", &["fetch", "-q", "origin"]).ok();
    clones.git("a", &["merge", "-q", "origin/other"]);
    clones.git("a", &["checkout", "-q", "--ours", "--", &format!("coordination/requests/{number}.json")]).ok();
    clones.git("a", &["add", "-A"]).ok();
    clones.git("a", &["commit", "-qm", "by hand"]).ok();
    let told = clones.ledger("a", &["verify"]);
    assert!(told.out.contains("number-twice") && told.out.contains("ledger resolve-id"), "{told:?}");
    clones.ledger("a", &["resolve-id", &number, "--keep", "ours"]).ok();
    assert_both(&clones, "a", &number, "of-a");
    clones.sync("a").ok();
    clones.sync("c").ok();
    clones.assert_alike(&["a", "c"]);
}

#[test]
fn a_merge_with_a_branch_that_has_the_other_one_still_is_settled_as_before() {
    let (clones, number) = published_twice();
    clones.ledger("b", &["sync", "--branch", "main"]);
    clones.ledger("b", &["resolve-id", &number, "--keep", "theirs"]).ok();
    clones.ledger("b", &["sync", "--branch", "main"]).ok();
    clones.sync("a").ok();
    // Somebody who only has the other branch goes on there.
    clones.git("c", &["fetch", "-q", "origin"]).ok();
    clones.git("c", &["checkout", "-q", "other"]).ok();
    clones.note("c", "key:of-b", "on the other branch");
    clones.git("c", &["commit", "-qam", "more"]).ok();
    clones.git("c", &["push", "-q", "origin", "other"]).ok();
    clones.git("a", &["fetch", "-q", "origin"]).ok();
    let merged = clones.git("a", &["merge", "-q", "origin/other"]);
    assert_ne!(merged.status, Some(0), "{merged:?}");
    let contrary = clones.id("a", "of-b");
    clones.ledger("a", &["resolve-id", &number]).ok();
    clones.ledger("a", &["repair-merge"]).ok();
    clones.git("a", &["commit", "-qm", "merged"]).ok();
    assert_eq!(clones.id("a", "of-b"), contrary);
    assert_both(&clones, "a", &number, "of-a");
    assert!(clones.ledger("a", &["log", "key:of-b"]).ok().out.contains("on the other branch"));
    clones.sync("a").ok();
    clones.ledger("b", &["sync", "--branch", "main"]).ok();
    clones.assert_alike(&["a", "b"]);
}

#[test]
fn a_number_that_was_given_anew_and_is_taken_meanwhile_is_given_anew_again() {
    for keep in ["ours", "theirs"] {
        let (clones, number) = published_twice();
        clones.ledger("b", &["sync", "--branch", "main"]);
        clones.ledger("b", &["resolve-id", &number, "--keep", keep]).ok();
        let moved = if keep == "ours" { "of-a" } else { "of-b" };
        let taken = clones.id("b", moved);
        assert_eq!(clones.bug("a", "meanwhile"), taken);
        clones.note("a", "key:of-a", "later, by a");
        clones.sync("a").ok();
        let synced = clones.ledger("b", &["sync", "--branch", "main", "--json"]).ok().data();
        assert_eq!(synced["renumbered"][0]["was"], taken, "{synced}");
        for clone in ["a", "c"] {
            clones.sync(clone).ok();
        }
        let keeper = if keep == "ours" { "of-b" } else { "of-a" };
        for clone in ["a", "b", "c"] {
            assert_both(&clones, clone, &number, keeper);
            assert_eq!(clones.id(clone, "meanwhile"), taken);
            assert!(clones.ledger(clone, &["log", "key:of-a"]).ok().out.contains("later, by a"));
            let shown = clones.ledger(clone, &["show", &number, "--json"]).ok().data();
            assert_eq!(
                shown["namesakes"],
                serde_json::json!([{
                    "uid": clones.ledger(clone, &["show", &format!("key:{moved}"), "--json"]).ok().data()["packet"]["uid"],
                    "id": clones.id(clone, moved),
                }])
            );
        }
        clones.assert_alike(&["a", "b", "c"]);
    }
}

#[test]
fn a_request_that_a_merge_united_with_another_is_told_at_once_and_settled() {
    let clones = Clones::new(&["a", "b"]);
    for clone in ["a", "b"] {
        clones.sync(clone).ok();
    }
    let id = clones.bug("b", "theirs");
    clones.sync("b").ok();
    assert_eq!(clones.bug("a", "ours"), id);
    clones.git("a", &["add", "-A"]).ok();
    clones.git("a", &["commit", "-qm", "by hand"]).ok();
    clones.git("a", &["fetch", "-q"]).ok();
    let merged = clones.git("a", &["merge", "-q", "origin/main"]);
    assert_eq!(merged.status, Some(1), "{merged:?}");
    let packet = format!("coordination/requests/{id}.json");
    clones.git("a", &["checkout", "--ours", "--", &packet]).ok();
    clones.git("a", &["add", "-A"]).ok();
    clones.git("a", &["commit", "-qm", "merged by hand"]).ok();
    let ended = clones.sync("a");
    assert_eq!((ended.status, ended.code().as_str()), (Some(6), "id-clash"), "{ended:?}");
    assert!(ended.err.contains(&format!("ledger resolve-id {id}")), "{ended:?}");
    clones.ledger("a", &["resolve-id", &id, "--keep", "theirs", "--reason", "published first", "--actor", "a"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b"]);
    assert_eq!(clones.id("a", "theirs"), id);
    assert_ne!(clones.id("b", "ours"), id);
}

#[test]
fn a_damaged_request_beside_one_that_needs_another_number_is_told_at_once() {
    let clones = Clones::new(&["a", "b"]);
    for clone in ["a", "b"] {
        clones.sync(clone).ok();
    }
    clones.bug("b", "theirs");
    clones.sync("b").ok();
    clones.bug("a", "ours");
    let damaged = clones.bug("a", "damaged");
    let log = clones.path("a").join(format!("coordination/events/{damaged}.jsonl"));
    let text = std::fs::read_to_string(&log).unwrap().replace("PROPOSED", "ACCEPTED");
    std::fs::write(&log, text).unwrap();
    let ended = clones.sync("a");
    assert_eq!(ended.status, Some(9), "{ended:?}");
    assert!(ended.err.contains(&damaged), "{ended:?}");
}

#[test]
fn what_git_alone_published_keeps_its_number_too() {
    let clones = Clones::new(&["a", "b"]);
    clones.git("b", &["checkout", "-q", "-b", "work"]).ok();
    let number = clones.bug("b", "of-b");
    let follows = clones.made("b", "follows", &["--depends-on", &number]);
    clones.git("b", &["add", "-A"]).ok();
    clones.git("b", &["commit", "-qm", "for review"]).ok();
    clones.git("b", &["push", "-q", "-u", "origin", "work"]).ok();
    assert_eq!(clones.bug("a", "of-a"), number);
    clones.sync("a").ok();
    let before = clones.files("b");
    let ended = clones.ledger("b", &["sync", "--branch", "main", "--json"]);
    assert_eq!((ended.status, ended.code().as_str()), (Some(6), "id-clash"), "{ended:?}");
    assert_eq!(clones.files("b"), before);
    // What the hint says.
    clones.ledger("b", &["resolve-id", &number, "--keep", "theirs"]).ok();
    clones.ledger("b", &["sync", "--branch", "main"]).ok();
    assert_eq!((clones.id("b", "of-a"), clones.id("b", "follows")), (number.clone(), follows));
    assert_ne!(clones.id("b", "of-b"), number);
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
}

#[test]
fn what_is_published_is_not_written_anew_for_the_sake_of_what_it_names() {
    let clones = Clones::new(&["a", "b"]);
    clones.git("b", &["checkout", "-q", "-b", "work"]).ok();
    let number = clones.bug("b", "of-b");
    let follows = clones.made("b", "follows", &["--depends-on", &number]);
    // Somebody published the one that names it, and not the one that is named.
    let path = format!("coordination/requests/{follows}.json");
    clones.git("b", &["add", &path]).ok();
    clones.git("b", &["commit", "-qm", "half of it"]).ok();
    clones.git("b", &["push", "-q", "-u", "origin", "work"]).ok();
    assert_eq!(clones.bug("a", "of-a"), number);
    clones.sync("a").ok();
    let before = clones.files("b");
    let ended = clones.ledger("b", &["sync", "--branch", "main", "--json"]);
    assert_eq!((ended.status, ended.code().as_str()), (Some(6), "id-clash"), "{ended:?}");
    assert!(ended.err.contains(&follows), "{ended:?}");
    assert_eq!(clones.files("b"), before);
}
