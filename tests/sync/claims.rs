//! Claims across clones: whoever publishes first has the request.

use super::clones::{Clones, Ended};

fn claim(clones: &Clones, clone: &str, arguments: &[&str]) -> Ended {
    clones.ledger(clone, &[&["claim"], arguments, &["--actor", clone, "--json"]].concat())
}

/// Who holds a request, as a clone sees it.
fn holder(clones: &Clones, clone: &str, request: &str) -> String {
    let shown = clones.ledger(clone, &["show", request, "--json"]).ok().data();
    shown["claim"]["by"].as_str().unwrap_or_else(|| panic!("{shown}")).to_owned()
}

#[test]
fn a_claim_is_provisional_until_it_is_published() {
    let clones = Clones::new(&["a"]);
    clones.sync("a").ok();
    let claimed = claim(&clones, "a", &["key:first"]).ok().data();
    assert_eq!(claimed["claim"]["firm"], false, "{claimed}");
    let prolonged = clones.ledger("a", &["claim", "key:first", "--actor", "a"]).ok().out;
    assert!(prolonged.contains(", provisional until it is published (ledger sync)"), "{prolonged}");
    let primed = || clones.ledger("a", &["prime", "--actor", "a"]).ok().out;
    assert!(primed().contains("provisional"), "{}", primed());
    assert!(clones.ledger("a", &["show", "key:first"]).ok().out.contains("provisional"));
    let columns = ["list", "--claimed", "--fields", "id,claim"];
    let firm =
        || clones.ledger("a", &["list", "--claimed", "--json"]).ok().data()["requests"][0]["claim"]["firm"].clone();
    assert!(clones.ledger("a", &columns).ok().out.contains("provisional"));
    assert_eq!(firm(), false);
    clones.sync("a").ok();
    assert!(!clones.ledger("a", &columns).ok().out.contains("provisional"));
    assert!(!primed().contains("provisional"), "{}", primed());
    let prolonged = clones.ledger("a", &["claim", "key:first", "--actor", "a", "--sync"]).ok().out;
    assert!(prolonged.contains("claim prolonged") && !prolonged.contains("provisional"), "{prolonged}");
    assert_eq!(firm(), true);
    let shown = clones.ledger("a", &["show", "key:first", "--json"]).ok().data();
    assert_eq!(shown["claim"]["firm"], true, "{shown}");
    assert!(!clones.ledger("a", &["show", "key:first"]).ok().out.contains("provisional"));
}

#[test]
fn the_first_to_publish_has_it_and_the_other_is_told() {
    let clones = Clones::new(&["a", "b"]);
    claim(&clones, "b", &["key:first"]).ok();
    let firm = claim(&clones, "a", &["key:first", "--sync"]).ok().data();
    assert_eq!(firm["claim"]["firm"], true, "{firm}");
    let synced = clones.sync("b").ok().data();
    let id = clones.id("b", "first");
    assert_eq!(synced["claims_given_up"], serde_json::json!([{"id": id, "by": "b", "to": "a"}]));
    clones.sync("a").ok();
    for clone in ["a", "b"] {
        assert_eq!(holder(&clones, clone, "key:first"), "a");
    }
    clones.assert_alike(&["a", "b"]);
    let refused = claim(&clones, "b", &["key:first", "--sync"]);
    assert_eq!((refused.status, refused.code().as_str()), (Some(6), "claimed-by-other"), "{refused:?}");
}

#[test]
fn who_can_not_publish_does_not_claim() {
    let clones = Clones::new(&["a"]);
    std::fs::rename(clones.path("hub.git"), clones.path("away.git")).unwrap();
    let before = clones.files("a");
    let ended = claim(&clones, "a", &["key:first", "--sync"]);
    assert_eq!((ended.status, ended.code().as_str()), (Some(7), "unreachable"), "{ended:?}");
    assert_eq!(clones.files("a"), before);
}

#[test]
fn four_clones_claim_the_same_twenty_requests_and_each_has_one_winner() {
    let names = ["a", "b", "c", "d"];
    let clones = Clones::new(&[]);
    for n in 0..20 {
        clones.bug("founder", &format!("r{n}"));
    }
    clones.sync("founder").ok();
    for name in names {
        clones.clone_as(name);
    }
    let firm: Vec<(&str, Vec<usize>)> = std::thread::scope(|scope| {
        let one = |name: &'static str| {
            let clones = &clones;
            move || {
                let won = (0..20).filter(|n| {
                    let ended = claim(clones, name, &[&format!("key:r{n}"), "--sync", "--timeout", "5m"]);
                    match ended.status {
                        Some(0) => true,
                        Some(6) => false,
                        _ => panic!("{name}, r{n}: {ended:?}"),
                    }
                });
                (name, won.collect())
            }
        };
        let threads: Vec<_> = names.into_iter().map(|name| scope.spawn(one(name))).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    clones.sync("founder").ok();
    for n in 0..20 {
        let winners: Vec<&str> = firm.iter().filter(|(_, won)| won.contains(&n)).map(|(name, _)| *name).collect();
        assert_eq!(winners.len(), 1, "r{n} was told to be of {winners:?}");
        assert_eq!(holder(&clones, "founder", &format!("key:r{n}")), winners[0], "r{n}");
    }
    for name in names {
        clones.sync(name).ok();
    }
    clones.assert_alike(&names);
}
