//! One key in two clones that have not heard of each other: one intent, wherever they meet.

use serde_json::{Value, json};

use super::clones::{Clones, Ended};

fn show(clones: &Clones, clone: &str, request: &str) -> Value {
    clones.ledger(clone, &["show", request, "--json"]).ok().data()
}

fn refused(ended: &Ended) -> (Option<i32>, String) {
    (ended.status, ended.code())
}

/// Two clones, each of which made a request with the key `twin`, the second one behind another request. Answers with the
/// first of the two and the duplicate.
fn twins(clones: &Clones) -> (String, String) {
    clones.bug("a", "twin");
    clones.bug("b", "other");
    clones.bug("b", "twin");
    clones.sync("a").ok();
    let synced = clones.sync("b").ok().data();
    let told = synced["duplicates"][0].clone();
    let (id, first) = (told["id"].as_str().unwrap().to_owned(), told["duplicate_of"].as_str().unwrap().to_owned());
    clones.sync("a").ok();
    assert!(first < id, "{told}");
    (first, id)
}

#[test]
fn two_requests_with_one_key_are_one_and_a_duplicate_in_every_clone() {
    let clones = Clones::new(&["a", "b", "c"]);
    let (first, duplicate) = twins(&clones);
    clones.sync("c").ok();
    for clone in ["a", "b", "c"] {
        assert_eq!(show(&clones, clone, &duplicate)["duplicate_of"], json!(first), "{clone}");
        assert_eq!(show(&clones, clone, &first)["duplicate_of"], Value::Null, "{clone}");
        // Whoever tries again is given the first, and so is who names it by its key.
        assert_eq!(clones.bug(clone, "twin"), first, "{clone}");
        assert_eq!(clones.id(clone, "twin"), first, "{clone}");
        let listed = clones.ledger(clone, &["list", "--duplicates", "-q"]).ok().out;
        assert_eq!(listed.trim(), duplicate, "{clone}");
        let stats = clones.ledger(clone, &["stats"]).ok().err;
        assert!(stats.contains("1 open request is a duplicate of another"), "{clone}: {stats}");
        let drawn = clones.ledger(clone, &["graph", &duplicate, "--format", "text"]).ok().out;
        assert!(drawn.contains("PROPOSED, duplicate"), "{clone}: {drawn}");
        let ready = clones.ledger(clone, &["ready", "-q"]).ok().out;
        assert!(ready.contains(&first) && !ready.contains(&duplicate), "{clone}: {ready}");
        for command in [
            ["transition", &duplicate, "accepted", "--json"].as_slice(),
            &["respond", &duplicate, "--repo", "billing", "--status", "accepted", "--json"],
            &["claim", &duplicate, "--json"],
            &["heartbeat", &duplicate, "--json"],
        ] {
            let ended = clones.ledger(clone, command);
            assert_eq!(refused(&ended), (Some(6), "duplicate".to_owned()), "{clone} {command:?}: {ended:?}");
        }
        let conflicts = clones.ledger(clone, &["conflicts", "--json"]);
        assert_eq!(conflicts.status, Some(3), "{clone}");
        assert_eq!(conflicts.data()["conflicts"][0]["first"], json!(first), "{clone}");
        clones.ledger(clone, &["index", "--check"]).ok();
    }
    clones.note("a", &duplicate, "still goes");
    clones.ledger("a", &["evidence", &duplicate, "commit=1"]).ok();
    let before = clones.ledger("b", &["verify", "--json"]).ok().data();
    assert_eq!(before["findings"][0]["code"], "key-twice");
    clones.ledger("a", &["resolve", &duplicate, "--duplicate"]).ok();
    clones.sync("a").ok();
    for clone in ["b", "c"] {
        let synced = clones.sync(clone).ok().data();
        assert_eq!(synced["duplicates"], Value::Null, "it is told once: {synced}");
    }
    for clone in ["a", "b", "c"] {
        let shown = show(&clones, clone, &duplicate);
        assert_eq!((&shown["state"], &shown["duplicate_of"]), (&json!("WITHDRAWN"), &json!(first)), "{clone}");
        clones.ledger(clone, &["conflicts"]).ok();
        assert_eq!(clones.ledger(clone, &["verify", "--json"]).ok().data()["findings"], json!([]), "{clone}");
    }
    clones.assert_alike(&["a", "b", "c"]);
}

#[test]
fn what_is_distinct_goes_on_in_every_clone() {
    let clones = Clones::new(&["a", "b"]);
    let (first, duplicate) = twins(&clones);
    let settle = ["resolve", &duplicate, "--distinct", "--reason", "Another month", "--key", "settled"];
    // Both say so at once.
    clones.ledger("a", &settle).ok();
    clones.ledger("b", &settle).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.sync("a").ok();
    for clone in ["a", "b"] {
        let shown = show(&clones, clone, &duplicate);
        assert_eq!(shown["duplicate_of"], Value::Null, "{clone}");
        assert_eq!(shown["distinct"].as_array().unwrap().len(), 1, "{clone}: {shown}");
        assert_eq!(shown["distinct"][0]["from"], json!(first), "{clone}");
        assert_eq!(clones.ledger(clone, &["verify", "--json"]).ok().data()["findings"], json!([]), "{clone}");
    }
    clones.ledger("a", &["transition", &duplicate, "accepted"]).ok();
    clones.assert_alike(&["a"]);
}

#[test]
fn a_duplicate_that_is_settled_in_two_ways_has_diverged() {
    for keep in ["PROPOSED", "WITHDRAWN"] {
        let clones = Clones::new(&["a", "b"]);
        let (first, duplicate) = twins(&clones);
        clones.ledger("a", &["resolve", &duplicate, "--duplicate"]).ok();
        clones.ledger("b", &["resolve", &duplicate, "--distinct", "--reason", "Another month"]).ok();
        clones.sync("a").ok();
        let synced = clones.sync("b").ok().data();
        assert_eq!(synced["diverged"], json!([duplicate]), "{synced}");
        clones.sync("a").ok();
        for clone in ["a", "b"] {
            assert_eq!(show(&clones, clone, &duplicate)["state"], "DIVERGED", "{clone}");
            let conflicts = clones.ledger(clone, &["conflicts", "--json"]);
            assert_eq!(conflicts.status, Some(3), "{conflicts:?}");
            let sides = conflicts.data()["conflicts"][0]["sides"].clone();
            let mut states = [&sides[0]["state"], &sides[1]["state"]].map(|state| state.as_str().unwrap().to_owned());
            states.sort();
            assert_eq!(states, ["PROPOSED", "WITHDRAWN"], "{sides}");
        }
        clones.ledger("b", &["resolve", &duplicate, "--keep", keep, "--reason", "Asked by mail"]).ok();
        clones.sync("b").ok();
        clones.sync("a").ok();
        for clone in ["a", "b"] {
            let shown = show(&clones, clone, &duplicate);
            let is_one = keep == "WITHDRAWN";
            assert_eq!(shown["state"], keep, "{clone}");
            assert_eq!(shown["duplicate_of"], if is_one { json!(first) } else { Value::Null }, "{clone}: {shown}");
            assert_eq!(shown["distinct"].is_null(), is_one, "{clone}: {shown}");
            clones.ledger(clone, &["conflicts"]).ok();
            assert_eq!(clones.ledger(clone, &["verify", "--json"]).ok().data()["findings"], json!([]), "{clone}");
            let next = clones.ledger(clone, &["transition", &duplicate, "accepted", "--dry-run"]);
            assert_eq!(next.status, Some(if is_one { 5 } else { 0 }), "{next:?}");
        }
        clones.assert_alike(&["a", "b"]);
    }
}

#[test]
fn what_is_renumbered_is_named_by_its_new_number() {
    let clones = Clones::new(&["a", "b"]);
    // Both take one number for other requests; the second clone has settled a duplicate of its own by then.
    clones.bug("a", "of-a");
    let (was, twin) = (clones.bug("b", "twin"), clones.bug("b", "later"));
    let packet = clones.path("b").join(format!("coordination/requests/{twin}.json"));
    let text = std::fs::read_to_string(&packet).unwrap().replace("\"key\": \"later\"", "\"key\": \"twin\"");
    std::fs::remove_file(&packet).unwrap();
    std::fs::remove_file(clones.path("b").join(format!("coordination/events/{twin}.jsonl"))).unwrap();
    std::fs::write(&packet, text).unwrap();
    clones.note("b", &twin, "completed");
    clones.ledger("b", &["resolve", &twin, "--distinct", "--reason", "Another one"]).ok();
    assert_eq!(show(&clones, "b", &twin)["distinct"][0]["from"], json!(was));
    clones.sync("a").ok();
    let synced = clones.sync("b").ok().data();
    let is = |id: &str| -> String {
        let renumbered = synced["renumbered"].as_array().unwrap();
        let new = renumbered.iter().find(|one| one["was"] == id).map(|one| one["id"].as_str().unwrap());
        new.unwrap_or(id).to_owned()
    };
    assert_ne!(is(&was), was, "{synced}");
    assert_eq!(show(&clones, "b", &is(&twin))["distinct"][0]["from"], json!(is(&was)));
}

/// Two clones, each of which ran commands on one request: the first three the same, the last one not.
fn at_once(clones: &Clones) {
    for (clone, result) in [("a", "passed"), ("b", "failed")] {
        let run = |line: &[&str]| clones.ledger(clone, &[line, &["--actor", clone]].concat()).ok();
        run(&["note", "key:first", "--text", "Seen", "--key", "n"]);
        run(&["respond", "key:first", "--repo", "billing", "--status", "accepted", "--key", "r"]);
        run(&["transition", "key:first", "accepted", "--key", "t"]);
        run(&["evidence", "key:first", &format!("test={result}"), "--key", "e"]);
    }
}

/// Whether a request is offered to whoever looks for work.
fn offers(clones: &Clones, clone: &str, key: &str) -> bool {
    let id = clones.id(clone, key);
    let ready = clones.ledger(clone, &["ready", "--json"]).ok().data();
    let lists = |page: &Value| page["requests"].as_array().unwrap().iter().any(|row| row["id"] == id);
    assert_eq!(ready["matched"], ready["requests"].as_array().unwrap().len(), "{ready}");
    // As it is by now, by way of the histories.
    let then = clones.ledger(clone, &["ready", "--at", "2099-01-01T00:00:00Z", "--json"]).ok().data();
    assert_eq!(lists(&then), lists(&ready), "{then}");
    let next = clones.ledger(clone, &["claim", "--next", "--dry-run", "--json"]);
    assert_eq!(next.status == Some(0) && next.data()["id"] == id, lists(&ready), "{next:?}");
    lists(&ready)
}

fn check_at_once(clones: &Clones, all: &[&str]) {
    let mut marks = Vec::new();
    for clone in all {
        let shown = show(clones, clone, "key:first");
        assert_eq!(shown["state"], "ACCEPTED", "{clone}");
        let counted = |name: &str| shown[name].as_array().unwrap().len();
        assert_eq!((counted("notes"), counted("parts"), counted("evidence")), (1, 1, 2), "{clone}: {shown}");
        assert_eq!(counted("not_counted"), 3, "{clone}");
        assert_eq!(shown["key_conflicts"][0]["key"], "e", "{clone}");
        marks.push((shown["not_counted"].clone(), shown["key_conflicts"].clone()));
        let ended = clones.ledger(clone, &["transition", "key:first", "in-progress", "--json"]);
        assert_eq!(refused(&ended), (Some(6), "key-twice".to_owned()), "{clone}");
        let told = clones.ledger(clone, &["log", "key:first"]).ok().out;
        assert_eq!(told.matches("(duplicate of event ").count(), 3, "{told}");
        assert_eq!(told.matches("(key conflict: e)").count(), 2, "{told}");
        let drawn = clones.ledger(clone, &["log", "key:first", "--graph"]).ok();
        assert_eq!(drawn.out.matches("(key conflict: e)").count(), 2, "{drawn:?}");
        assert!(drawn.err.contains("say different things") && drawn.err.contains("--keep"), "{drawn:?}");
        let logged = clones.ledger(clone, &["log", "key:first", "--json"]).ok().data();
        assert_eq!(logged["key_conflicts"][0]["key"], "e", "{logged}");
        let listed = clones.ledger(clone, &["list"]).ok().out;
        assert!(listed.contains("ACCEPTED, key conflict"), "{listed}");
        assert!(!offers(clones, clone, "first"), "{clone}");
        let conflicts = clones.ledger(clone, &["conflicts", "--json"]);
        assert_eq!(conflicts.data()["conflicts"][0]["kind"], "key-twice", "{clone}");
        // What came by git alone, the next write or this takes into the index.
        clones.ledger(clone, &["index"]).ok();
        clones.ledger(clone, &["index", "--check"]).ok();
    }
    assert!(marks.windows(2).all(|pair| pair[0] == pair[1]), "{marks:?}");
}

#[test]
fn events_with_one_key_count_once_or_wait_for_a_word() {
    let clones = Clones::new(&["a", "b"]);
    at_once(&clones);
    clones.sync("a").ok();
    let synced = clones.sync("b").ok().data();
    let told = &synced["key_conflicts"][0];
    assert_eq!((&told["id"], &told["key"]), (&json!(clones.id("b", "first")), &json!("e")), "{synced}");
    let told = clones.ledger("a", &["sync"]).ok().out;
    assert!(told.contains("events with the key e say different things"), "{told}");
    check_at_once(&clones, &["a", "b"]);
    let ended = clones.ledger("a", &["claim", "key:first", "--json"]);
    assert_eq!(refused(&ended), (Some(6), "key-twice".to_owned()));
    let events = show(&clones, "a", "key:first")["key_conflicts"][0]["events"].clone();
    let keep = events[1]["event"].as_str().unwrap().to_owned();
    clones.ledger("a", &["resolve", "key:first", "--keep", &keep[..12], "--reason", "The run on main"]).ok();
    clones.ledger("a", &["transition", "key:first", "in-progress"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    for clone in ["a", "b"] {
        let shown = show(&clones, clone, "key:first");
        assert_eq!((&shown["state"], &shown["key_conflicts"]), (&json!("IN_PROGRESS"), &Value::Null), "{clone}");
        assert_eq!(shown["evidence"].as_array().unwrap().len(), 1, "{clone}");
        assert!(offers(&clones, clone, "first"), "{clone}");
        assert_eq!(shown["evidence"][0]["on"]["event"], json!(keep), "{clone}");
        clones.ledger(clone, &["conflicts"]).ok();
        assert_eq!(clones.ledger(clone, &["verify", "--json"]).ok().data()["findings"], json!([]), "{clone}");
    }
    clones.assert_alike(&["a", "b"]);
}

#[test]
fn a_plain_merge_brings_the_same_to_light() {
    let clones = Clones::new(&["a", "b"]);
    clones.bug("a", "twin");
    clones.bug("b", "other");
    clones.bug("b", "twin");
    // Git alone can't give one of two requests another number.
    let moved = clones.id("b", "other");
    for path in [format!("requests/{moved}.json"), format!("events/{moved}.jsonl")] {
        std::fs::remove_file(clones.path("b").join("coordination").join(path)).unwrap();
    }
    at_once(&clones);
    for clone in ["a", "b"] {
        clones.git(clone, &["add", "-A"]).ok();
        clones.git(clone, &["commit", "-qm", clone]).ok();
    }
    clones.git("a", &["push", "-q", "origin", "HEAD:main"]).ok();
    clones.git("b", &["pull", "-q", "--no-rebase", "--no-edit", "origin", "main"]).ok();
    clones.git("b", &["push", "-q", "origin", "HEAD:main"]).ok();
    clones.git("a", &["pull", "-q", "--ff-only", "origin", "main"]).ok();
    check_at_once(&clones, &["a", "b"]);
    let first = clones.id("a", "twin");
    assert_eq!(clones.id("b", "twin"), first);
    for clone in ["a", "b"] {
        let duplicate = clones.ledger(clone, &["list", "--duplicates", "-q"]).ok().out.trim().to_owned();
        assert_eq!(show(&clones, clone, &duplicate)["duplicate_of"], json!(first), "{clone}");
        clones.ledger(clone, &["resolve", &duplicate, "--duplicate", "--dry-run"]).ok();
    }
}

#[test]
fn what_has_diverged_is_offered_to_nobody() {
    let clones = Clones::new(&["a", "b"]);
    assert!(offers(&clones, "a", "first"));
    clones.ledger("a", &["transition", "key:first", "accepted"]).ok();
    clones.ledger("b", &["transition", "key:first", "rejected", "--reason", "No"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    assert!(!offers(&clones, "b", "first"));
    for command in [["claim", "key:first", "--json"], ["heartbeat", "key:first", "--json"]] {
        assert_eq!(refused(&clones.ledger("b", &command)), (Some(6), "diverged".to_owned()));
    }
    clones.ledger("b", &["resolve", "key:first", "--keep", "accepted", "--reason", "Yes"]).ok();
    assert!(offers(&clones, "b", "first"));
    clones.ledger("b", &["claim", "key:first"]).ok();
}
