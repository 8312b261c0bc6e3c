//! Numbers that clones reserve for work without a connection.

use super::clones::Clones;

#[test]
fn a_number_that_is_reserved_is_given_away_by_its_clone_alone() {
    let clones = Clones::new(&["a", "b", "c"]);
    let reserved = clones.ledger("a", &["ids", "lease", "3", "--json"]).ok().data();
    assert_eq!(reserved["reserved"][0]["count"], 3, "{reserved}");
    let [from, to] = ["from", "to"].map(|end| reserved["reserved"][0][end].as_str().unwrap().to_owned());
    // `b` hears of it by its sync, `c` does not.
    clones.sync("b").ok();
    assert_eq!(clones.bug("a", "a1"), from);
    let of_b = clones.bug("b", "b1");
    assert!(of_b > to, "{of_b}");
    let of_c = clones.bug("c", "c1");
    assert_eq!(of_c, from, "it does not know of the lease");
    let dependent = clones.made("c", "c2", &["--depends-on", &of_c]);
    clones.sync("b").ok();
    // Published first, and yet it does not get a number that is another clone's.
    let synced = clones.sync("c").ok().data();
    assert_eq!(synced["renumbered"].as_array().unwrap().len(), 2, "{synced}");
    let shown = clones.ledger("c", &["show", "key:c2", "--json"]).ok().data();
    assert_eq!(shown["packet"]["dependencies"], serde_json::json!([clones.id("c", "c1")]), "{dependent}");
    clones.assert_clean("c");
    assert_eq!(clones.ledger("c", &["index", "--check"]).status, Some(0));
    let synced = clones.sync("a").ok().data();
    assert_eq!(synced["renumbered"], serde_json::json!([]));
    assert_eq!(clones.id("a", "a1"), from);
    let (a2, a3) = (clones.bug("a", "a2"), clones.bug("a", "a3"));
    assert!(a2 > from && a3 > a2 && a3 <= to);
    // Beyond them it goes on behind everybody else's.
    let a4 = clones.bug("a", "a4");
    assert!(a4 > clones.id("a", "b1") && a4 > clones.id("a", "c1") && a4 > clones.id("a", "c2"), "{a4}");
    for clone in ["a", "b", "c"] {
        clones.sync(clone).ok();
    }
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b", "c"]);
}

#[test]
fn run_again_only_what_is_missing_is_reserved() {
    let clones = Clones::new(&["a", "b"]);
    let lease = |clone: &str, more: &[&str]| {
        let ended = clones.ledger(clone, &[&["ids", "lease", "5", "--json"], more].concat()).ok();
        ended.data()["reserved"].as_array().unwrap().clone()
    };
    assert_eq!(lease("a", &["--dry-run"]).len(), 1);
    let first = lease("a", &[]);
    assert_eq!(lease("a", &[]), Vec::<serde_json::Value>::new());
    let of_b = lease("b", &["--days", "2"]);
    assert_eq!(of_b.len(), 2);
    assert!(of_b[0]["from"].as_str() > first[0]["to"].as_str(), "{of_b:?} {first:?}");
    let operations: String = (0..4)
        .map(|n| {
            let packet = format!(
                r#"{{"op":"new","key":"k{n}","title":"t","origin_repo_id":"shop","target_repo_ids":["billing"],"request_type":"bug","details":{{"impact":"x"}}}}"#
            );
            packet + "\n"
        })
        .collect();
    std::fs::write(clones.path("a").join("operations.jsonl"), operations).unwrap();
    clones.ledger("a", &["apply", "operations.jsonl"]).ok();
    for n in 0..4 {
        let id = clones.id("a", &format!("k{n}"));
        assert!(Some(id.as_str()) >= first[0]["from"].as_str() && Some(id.as_str()) <= first[0]["to"].as_str(), "{id}");
    }
    let more = lease("a", &[]);
    assert_eq!(more[0]["count"], 4, "{more:?}");
    assert!(more[0]["from"].as_str() > of_b[0]["to"].as_str(), "{more:?}");
    let listed = clones.ledger("b", &["ids", "list", "--json"]).ok().data();
    assert_eq!(listed["leases"].as_array().unwrap().len(), 3, "{listed}");
}

#[test]
fn many_clones_reserve_at_once() {
    let names = ["a", "b", "c", "d"];
    let clones = Clones::new(&names);
    let children: Vec<_> = names
        .iter()
        .map(|name| clones.command(name, &["ids", "lease", "20"]).stdout(std::process::Stdio::null()).spawn().unwrap())
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    for name in names {
        for n in 0..20 {
            clones.bug(name, &format!("{name}{n}"));
        }
    }
    for name in names.iter().chain(&names) {
        let synced = clones.sync(name).ok().data();
        assert_eq!(synced["renumbered"], serde_json::json!([]), "{name}");
    }
    clones.assert_alike(&names);
}

#[test]
fn without_a_remote_nothing_is_reserved() {
    let clones = Clones::new(&["a"]);
    clones.git("a", &["remote", "set-url", "origin", "../nowhere.git"]).ok();
    let ended = clones.ledger("a", &["ids", "lease", "5", "--json"]);
    assert_eq!((ended.status, ended.code().as_str()), (Some(7), "unreachable"), "{ended:?}");
    let listed = clones.ledger("a", &["ids", "list"]).ok().out;
    assert_eq!(listed, "nothing is reserved for this clone\n");
}

#[test]
fn what_git_brings_back_under_its_old_number_goes_where_it_belongs() {
    let clones = Clones::new(&["a", "b"]);
    clones.ledger("a", &["ids", "lease", "5"]).ok();
    let was = clones.bug("b", "of-b");
    clones.git("b", &["add", "-A"]).ok();
    clones.git("b", &["commit", "-qm", "by hand"]).ok();
    let commit = clones.git("b", &["rev-parse", "HEAD"]).ok().out;
    clones.sync("b").ok();
    let is = clones.id("b", "of-b");
    assert_ne!(is, was);
    let paths = [format!("coordination/requests/{was}.json"), format!("coordination/events/{was}.jsonl")];
    clones.git("b", &["checkout", "-q", commit.trim(), "--", &paths[0], &paths[1]]).ok();
    clones.ledger("b", &["note", &was, "--text", "under the old number"]).ok();
    let synced = clones.sync("b").ok().data();
    assert_eq!(synced["renumbered"][0]["was"], was, "{synced}");
    assert!(clones.ledger("b", &["log", &is]).ok().out.contains("under the old number"));
    assert!(!clones.path("b").join(&paths[0]).exists());
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    assert_eq!(clones.ledger("b", &["index", "--check"]).status, Some(0));
}

/// A number that is smaller, and a request that is later: whoever has begun with the first one is not held up.
#[test]
fn a_request_that_comes_in_later_comes_later_whatever_its_number() {
    let clones = Clones::new(&["a", "b"]);
    clones.ledger("b", &["ids", "lease", "2"]).ok();
    clones.sync("a").ok();
    let first = clones.bug("a", "job");
    clones.ledger("a", &["transition", "key:job", "accepted"]).ok();
    clones.ledger("a", &["claim", "key:job", "--sync"]).ok();
    let later = clones.bug("b", "job");
    assert!(later < first, "{later} {first}");
    clones.made("b", "after", &["--depends-on", &later]);
    let synced = clones.sync("b").ok().data();
    let given = &synced["renumbered"][0];
    assert_eq!((&given["was"], &given["has_key_of"]), (&later.as_str().into(), &first.as_str().into()), "{synced}");
    let duplicate = given["id"].as_str().unwrap().to_owned();
    assert!(duplicate > first);
    assert_eq!(synced["duplicates"][0]["duplicate_of"], first.as_str(), "{synced}");
    let after = clones.ledger("b", &["show", "key:after", "--json"]).ok().data();
    assert_eq!(after["packet"]["dependencies"][0], duplicate.as_str(), "{after}");
    clones.sync("a").ok();
    clones.ledger("a", &["transition", "key:job", "in_progress"]).ok();
    clones.ledger("a", &["heartbeat", "key:job"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b"]);
    // It was published: nothing is given another number any more.
    assert_eq!(clones.sync("b").ok().data()["renumbered"], serde_json::json!([]));
    // The number that it had is free for another one.
    assert_eq!(clones.bug("b", "another"), later);
}
