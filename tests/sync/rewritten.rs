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

/// Clones of which `a` and `b` have seen a request with a note and a checkpoint, and `evil`, a plain clone.
fn with_a_note() -> (Clones, String) {
    let clones = Clones::new(&["a", "b"]);
    clones.note("a", "key:first", "remark");
    clones.ledger("a", &["checkpoint", "--origin", "main"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.clone_as("evil");
    let id = clones.id("a", "first");
    (clones, id)
}

/// Changes a file of the plain clone and pushes it.
fn push_changed(clones: &Clones, path: &str, change: impl Fn(&str) -> String) {
    let full = clones.path("evil").join(path);
    let text = std::fs::read_to_string(&full).unwrap();
    std::fs::remove_file(&full).unwrap();
    std::fs::write(&full, change(&text)).unwrap();
    push(clones);
}

fn push(clones: &Clones) {
    clones.git("evil", &["add", "-A"]).ok();
    clones.git("evil", &["commit", "-qm", "changed by hand"]).ok();
    clones.git("evil", &["push", "-q"]).ok();
}

/// Gives back what was changed, and sees every clone agree.
#[track_caller]
fn give_back(clones: &Clones, before: &std::collections::BTreeMap<String, Vec<u8>>) -> serde_json::Value {
    let ended = clones.sync("b");
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "remote-rewritten"), "{ended:?}");
    assert!(ended.err.contains("--restore"), "{ended:?}");
    assert_eq!(clones.files("b"), *before);
    let given = clones.ledger("b", &["sync", "--restore", "--json"]).ok().data();
    assert_eq!(clones.files("b"), *before, "{given}");
    clones.sync("a").ok();
    clones.clone_as("fresh");
    clones.assert_alike(&["a", "b", "fresh"]);
    clones.assert_clean("b");
    given
}

#[test]
fn an_edited_line_is_not_taken_and_what_it_was_is_given_back() {
    let (clones, id) = with_a_note();
    let path = format!("coordination/events/{id}.jsonl");
    push_changed(&clones, &path, |text| text.replace("remark", "REMARK"));
    let before = clones.files("b");
    let given = give_back(&clones, &before);
    let untaken = &given["not_taken"];
    assert_eq!((untaken[0]["path"].as_str(), untaken[0]["line"].as_u64()), (Some(path.as_str()), Some(2)), "{given}");
    assert!(untaken[1].is_null(), "{given}");
    let told = clones.ledger("b", &["sync", "--restore"]).ok().out;
    assert!(!told.contains("not taken"), "{told}");
}

#[test]
fn what_others_wrote_after_an_edit_comes_in() {
    let (clones, id) = with_a_note();
    clones.note("a", "key:first", "later");
    clones.bug("a", "new-one");
    clones.sync("a").ok();
    clones.git("evil", &["pull", "-q"]).ok();
    push_changed(&clones, &format!("coordination/events/{id}.jsonl"), |text| text.replace("remark", "REMARK"));
    let ended = clones.ledger("b", &["sync", "--restore"]).ok();
    assert!(ended.out.contains(&format!("not taken: coordination/events/{id}.jsonl, line 2: ")), "{ended:?}");
    let notes = clones.ledger("b", &["show", "key:first", "--json"]).ok().data();
    assert_eq!(
        (&notes["notes"][0]["text"], &notes["notes"][1]["text"]),
        (&"remark".into(), &"later".into()),
        "{notes}"
    );
    clones.id("b", "new-one");
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
}

#[test]
fn an_edited_packet_is_not_taken_and_what_it_was_is_given_back() {
    let (clones, id) = with_a_note();
    let path = format!("coordination/requests/{id}.json");
    for change in [("\"first\"", "\"second\""), ("\"uid\": \"0", "\"uid\": \"1"), ("{\n", "[\n")] {
        push_changed(&clones, &path, |text| text.replacen(change.0, change.1, 1));
        let before = clones.files("b");
        let ended = clones.sync("b");
        assert_eq!((ended.status, ended.code().as_str()), (Some(9), "remote-rewritten"), "{change:?}: {ended:?}");
        let given = clones.ledger("b", &["sync", "--restore", "--json"]).ok().data();
        assert_eq!(given["not_taken"][0]["path"], serde_json::json!(path), "{given}");
        assert_eq!(clones.files("b"), before);
        clones.sync("a").ok();
        clones.assert_alike(&["a", "b"]);
        clones.git("evil", &["pull", "-q"]).ok();
    }
}

#[test]
fn an_edited_checkpoint_is_not_taken_and_what_it_was_is_given_back() {
    let (clones, _) = with_a_note();
    let files = clones.files("b");
    let of_checkpoints: Vec<&String> =
        files.keys().filter(|path| path.starts_with("coordination/checkpoints/")).collect();
    assert!(of_checkpoints.len() > 1, "{files:?}");
    for path in &of_checkpoints {
        push_changed(&clones, path, |text| format!("x{text}"));
    }
    give_back(&clones, &files);
}

#[cfg(unix)]
#[test]
fn a_link_in_the_place_of_a_log_is_not_taken() {
    let (clones, id) = with_a_note();
    let path = clones.path("evil").join(format!("coordination/events/{id}.jsonl"));
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/hosts", &path).unwrap();
    // One more that nobody has seen, which keeps nobody from giving the first one back.
    let new = clones.path("evil").join("coordination/events/REQ-20200101-0001.jsonl");
    std::os::unix::fs::symlink("/etc/hosts", new).unwrap();
    push(&clones);
    let before = clones.files("b");
    let given = give_back(&clones, &before);
    assert_eq!(given["not_taken"].as_array().unwrap().len(), 2, "{given}");
}

#[test]
fn a_folder_that_gave_way_to_a_file_is_given_back() {
    let (clones, _) = with_a_note();
    let folder = clones.path("evil").join("coordination/events");
    std::fs::remove_dir_all(&folder).unwrap();
    std::fs::write(&folder, "gone").unwrap();
    push(&clones);
    give_back(&clones, &clones.files("b"));
}

#[test]
fn markers_that_a_web_editor_left_are_settled_by_what_the_hint_says() {
    let (clones, id) = with_a_note();
    let path = format!("coordination/events/{id}.jsonl");
    let mark = |text: &str| {
        let (first, rest) = text.split_once('\n').unwrap();
        format!("{first}\n<<<<<<< ours\n{rest}=======\n{rest}>>>>>>> theirs\n")
    };
    push_changed(&clones, &path, mark);
    let before = clones.files("b");
    let ended = clones.sync("b");
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "remote-unreadable"), "{ended:?}");
    assert!(ended.err.contains("git pull, ledger repair-merge, git commit -am Merged, git push"), "{ended:?}");
    clones.git("b", &["pull", "-q"]).ok();
    clones.ledger("b", &["repair-merge"]).ok();
    clones.git("b", &["commit", "-qam", "Merged"]).ok();
    clones.git("b", &["push", "-q"]).ok();
    clones.sync("a").ok();
    clones.sync("b").ok();
    clones.assert_alike(&["a", "b"]);
    assert_eq!(clones.files("b"), before);
    // Or the other thing that it says.
    clones.git("evil", &["pull", "-q"]).ok();
    push_changed(&clones, &path, mark);
    clones.ledger("b", &["sync", "--restore"]).ok();
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    assert_eq!(clones.files("b"), before);
}

#[test]
fn who_has_merged_an_edit_is_led_back_too() {
    let (clones, id) = with_a_note();
    let [packet, log] = [format!("coordination/requests/{id}.json"), format!("coordination/events/{id}.jsonl")];
    push_changed(&clones, &packet, |text| text.replace("\"first\"", "\"second\""));
    push_changed(&clones, &log, |text| text.replace("remark", "REMARK"));
    let before = clones.files("a");
    clones.git("a", &["pull", "-q"]).ok();
    clones.ledger("b", &["sync", "--restore"]).ok();
    let ended = clones.sync("a");
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "edited"), "{ended:?}");
    // What the hint says, of the packet and then of the log.
    let commit = ended.err.split("git checkout ").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    clones.git("a", &["checkout", "-q", &commit, "--", &packet]).ok();
    let ended = clones.sync("a");
    assert_eq!((ended.status, ended.code().as_str()), (Some(9), "damaged"), "{ended:?}");
    clones.git("a", &["checkout", "-q", &commit, "--", &log]).ok();
    clones.sync("a").ok();
    clones.assert_alike(&["a", "b"]);
    assert_eq!(clones.files("a"), before);
}

/// An event after the newest one of a request, at the same time: whole, and not as any clock of a ledger has it.
fn forged(clones: &Clones, clone: &str, request: &str, to: &str) -> String {
    use coordination_ledger::domain::event::{Body, Event, Transitioned, TransitionedData, Unsealed};
    use coordination_ledger::domain::workflow::Workflow;
    let id = clones.id(clone, request);
    let path = clones.path(clone).join(format!("coordination/events/{id}.jsonl"));
    let log = std::fs::read_to_string(&path).unwrap();
    let last = Event::parse(log.lines().last().unwrap()).unwrap();
    let event = Event::seal(Unsealed {
        stream: last.stream().clone(),
        clock: last.clock(),
        writer: "byhand0".parse().unwrap(),
        by: "eve".parse().unwrap(),
        key: None,
        body: Body::Transitioned(Transitioned {
            from: "PROPOSED".parse().unwrap(),
            to: to.parse().unwrap(),
            data: TransitionedData { workflow: Workflow::default().digest().to_owned(), ..TransitionedData::default() },
        }),
        n: last.n() + 1,
        parents: vec![last.hash()],
    })
    .unwrap();
    std::fs::write(&path, format!("{log}{}\n", event.line())).unwrap();
    path.display().to_string()
}

/// What somebody got past everything else holds nobody up: it is told, and what is new here is published.
#[test]
fn a_step_that_was_not_allowed_and_is_published_holds_nobody_up() {
    let clones = Clones::new(&["a", "b", "evil"]);
    forged(&clones, "evil", "first", "CLOSED");
    clones.git("evil", &["commit", "-qam", "by hand"]).ok();
    clones.git("evil", &["push", "-q"]).ok();
    let told = clones.sync("a");
    assert_eq!(told.status, Some(3), "{told:?}");
    let codes: Vec<String> = told.data()["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].as_str().unwrap().to_owned())
        .collect();
    assert!(
        codes.contains(&"illegal-transition".to_owned()) && codes.contains(&"clock-behind".to_owned()),
        "{codes:?}"
    );
    clones.bug("a", "other");
    clones.note("a", "key:first", "What is this?");
    let synced = clones.sync("a");
    assert_eq!(synced.data()["outgoing"]["requests"].as_array().unwrap().len(), 2, "{synced:?}");
    clones.sync("b");
    assert_eq!(clones.id("b", "other"), clones.id("a", "other"));
    // Nor a change that is to be merged.
    clones.git("b", &["checkout", "-q", "-b", "change"]).ok();
    clones.note("b", "key:other", "seen");
    let against = clones.ledger("b", &["verify", "--against", "origin/main", "--json"]);
    assert_eq!(against.status, Some(0), "{against:?}");
    assert!(against.out.contains("it was on record at origin/main already"), "{against:?}");
    assert_eq!(clones.ledger("b", &["verify"]).status, Some(3));
    // What is new is held to the rules all the same.
    forged(&clones, "b", "other", "CLOSED");
    assert_eq!(clones.ledger("b", &["verify", "--against", "origin/main"]).status, Some(3));
    let refused = clones.sync("b");
    assert_eq!((refused.status, refused.code().as_str()), (Some(3), "unsound"), "{refused:?}");
}

/// A workflow that comes in holds for what comes in and goes out with it.
#[test]
fn what_is_exchanged_is_judged_by_the_workflow_that_comes_in() {
    let clones = Clones::new(&["a", "b", "c"]);
    let path = clones.path("a").join("coordination/workflow.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let kept = text.lines().filter(|line| !line.contains(r#""from": ["PROPOSED"], "to": "ACCEPTED""#));
    let stricter = kept.collect::<Vec<_>>().join("\n") + "\n";
    assert_ne!(stricter, text);
    std::fs::write(&path, &stricter).unwrap();
    clones.sync("a").ok();
    // It was allowed when it was written, and is not any more.
    clones.ledger("b", &["transition", "key:first", "accepted"]).ok();
    let refused = clones.sync("b");
    assert_eq!((refused.status, refused.code().as_str()), (Some(3), "unsound"), "{refused:?}");
    // Its own workflow says which one it replaces.
    let digest = {
        let (_, rest) = refused.err.split_once("workflow \\\"").unwrap();
        rest.split_once("\\\"").unwrap().0.to_owned()
    };
    let path = clones.path("b").join("coordination/workflow.json");
    let here = std::fs::read_to_string(&path).unwrap();
    assert_eq!(here, stricter, "it came in");
    std::fs::write(&path, here.replacen('{', &format!("{{\n  \"supersedes\": [\"{digest}\"],"), 1)).unwrap();
    clones.ledger("b", &["sync", "--take", "ours"]).ok();
    clones.sync("a").ok();
    clones.sync("c").ok();
    for clone in ["a", "b", "c"] {
        assert_eq!(clones.ledger(clone, &["verify"]).status, Some(0), "{clone}");
    }
}
