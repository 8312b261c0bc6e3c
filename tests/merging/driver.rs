//! `ledger setup-git` and `ledger merge-driver`.

use crate::common::Sandbox;
use crate::{Way, both, ends, events, events_on, is_canonical, is_whole, part, repository, set_up};

#[test]
fn logs_to_which_both_sides_wrote_are_united() {
    for way in [Way::Driver, Way::Union] {
        let sandbox = repository(way);
        part(&sandbox);
        let wanted = both(&sandbox);
        sandbox.run("git merge -q other");
        assert_eq!(events(&sandbox), wanted, "{way:?}");
        assert_eq!(wanted.len(), 3);
        is_whole(&sandbox);
        let one = sandbox.run("git rev-parse HEAD:coordination/events");
        sandbox.run("git checkout -q other && git merge -q main~1");
        assert_eq!(events(&sandbox), wanted, "{way:?}");
        // The other way round, the same bytes.
        if way == Way::Driver {
            assert!(is_canonical(&sandbox));
            assert_eq!(sandbox.run("git rev-parse HEAD:coordination/events"), one);
        }
    }
}

#[test]
fn an_event_that_both_sides_have_stands_once() {
    for way in [Way::Driver, Way::Union, Way::Plain] {
        let sandbox = repository(way);
        part(&sandbox);
        let wanted = both(&sandbox);
        // Whether git leaves a conflict depends on the way; what is left in the end does not.
        sandbox.shell("git cherry-pick other");
        sandbox.shell("ledger repair-merge && git -c core.editor=true cherry-pick --continue");
        assert_eq!(events(&sandbox), wanted, "{way:?}");
        sandbox.shell("git merge -q -m both other");
        sandbox.shell("ledger repair-merge && git commit -qm both");
        assert_eq!(events(&sandbox), wanted, "{way:?}");
        is_whole(&sandbox);
    }
}

#[test]
fn rebases_cherry_picks_and_stashes_unite_too() {
    for line in ["git rebase -q other", "git cherry-pick other", "git merge -q --squash other && git commit -qm all"] {
        let sandbox = repository(Way::Driver);
        part(&sandbox);
        let wanted = both(&sandbox);
        sandbox.run(line);
        assert_eq!(events(&sandbox), wanted, "{line}");
        is_whole(&sandbox);
    }
    let sandbox = repository(Way::Driver);
    part(&sandbox);
    sandbox.run("ledger note key:k1 --text stashed -q");
    let wanted = events(&sandbox).union(&both(&sandbox)).copied().collect();
    sandbox.run("git stash -q && git merge -q other && git stash pop -q");
    assert_eq!(events(&sandbox), wanted);
    is_whole(&sandbox);
}

#[test]
fn a_merge_of_many_branches_at_once_ends_in_the_same_ledger() {
    for way in [Way::Driver, Way::Union] {
        let sandbox = repository(way);
        part(&sandbox);
        sandbox.run("git checkout -q -b third main~1 && ledger note key:k1 --text third -q && git commit -qam third && git checkout -q main");
        let wanted = events_on(&sandbox, "third").union(&both(&sandbox)).copied().collect();
        // Of many at once git merges contents by itself, without attributes, and gives up at the second conflict.
        if !sandbox.shell("git merge -q -m all other third").status.success() {
            sandbox.run("git reset -q --hard && git merge -q -m one other && git merge -q -m two third");
        }
        assert_eq!(events(&sandbox), wanted, "{way:?}");
        is_whole(&sandbox);
    }
}

#[test]
fn two_packets_with_one_id_are_handed_on() {
    for way in [Way::Driver, Way::Union, Way::Plain] {
        let sandbox = repository(way);
        let new = |title: &str| sandbox.bug(title, "");
        sandbox.run("git checkout -q -b other");
        new("Theirs");
        sandbox.run("git add -A && git commit -qm theirs && git checkout -q main && rm -f coordination/.local/last");
        new("Ours");
        sandbox.run("git add -A && git commit -qm ours");
        let told = ends(&sandbox, "git merge -q other", 1);
        if way == Way::Driver {
            let what = "coordination/requests/REQ-YYYYMMDD-0002.json: two clones made two requests under the id REQ-YYYYMMDD-0002: uid [uuid] and uid [uuid]";
            assert!(told.contains(what), "{told}");
        }
        let told = ends(&sandbox, "ledger note key:k1 --text x --json", 6);
        assert!(told.contains(r#""code":"unmerged""#) && told.contains(r#""hint":"ledger repair-merge""#), "{told}");
        let told = ends(&sandbox, "ledger repair-merge", 3);
        assert!(told.contains("left coordination/requests/REQ-YYYYMMDD-0002.json: two clones made"), "{told}");
        assert!(told.contains("git merge --abort, then ledger sync"), "{told}");
        assert!(sandbox.run("git ls-files -u").contains("requests/"), "{way:?}");
        sandbox.run("git merge --abort");
        is_whole(&sandbox);
    }
}

#[test]
fn an_index_that_is_tracked_is_made_anew() {
    for way in [Way::Driver, Way::Union, Way::Plain] {
        let sandbox = Sandbox::empty();
        sandbox.run("ledger init --track-index --name acme");
        sandbox.bug("Totals are wrong", "--key k1");
        set_up(&sandbox, way);
        part(&sandbox);
        let wanted = both(&sandbox);
        let merged = sandbox.shell("git merge -q -m both other");
        assert_eq!(merged.status.success(), way == Way::Driver, "{way:?}");
        if way == Way::Driver {
            let told = sandbox.redacted(&merged.stderr);
            assert!(told.contains("coordination/index.json: ours is kept: the next write makes it anew"), "{told}");
            ends(&sandbox, "ledger index --check", 3);
            sandbox.run("ledger note key:k1 --text more -q");
        } else {
            let told = ends(&sandbox, "ledger repair-merge", 0);
            assert!(told.contains("mended coordination/index.json: made anew"), "{told}");
            assert_eq!(events(&sandbox), wanted);
            sandbox.run("git commit -qm both");
            assert_eq!(sandbox.run("git status --short"), "");
        }
        sandbox.run("ledger index --check && ledger verify");
    }
}

#[test]
fn what_cannot_be_merged_stays_as_it_was_and_is_told() {
    let sandbox = repository(Way::Driver);
    part(&sandbox);
    sandbox.run("git checkout -q other && printf '{\"format\":1,' >> coordination/events/REQ-$TODAY-0001.jsonl && git commit -qam torn && git checkout -q main");
    let ours = sandbox.fingerprint();
    let told = ends(&sandbox, "git merge -q other", 1);
    assert!(told.contains("theirs is not whole: its last line is half written"), "{told}");
    assert_eq!(sandbox.fingerprint(), ours);
    let told = ends(&sandbox, "ledger repair-merge", 3);
    assert!(
        told.contains("left coordination/events/REQ-YYYYMMDD-0001.jsonl: theirs: its last line is half written"),
        "{told}"
    );
    assert_eq!(sandbox.fingerprint(), ours);
}

#[test]
fn an_event_that_one_side_removed_is_brought_back_and_told() {
    let sandbox = repository(Way::Driver);
    sandbox.run("ledger note key:k1 --text first -q && git commit -qam first");
    let wanted = events(&sandbox);
    sandbox.run("git checkout -q -b other && sed -i '2d' coordination/events/REQ-$TODAY-0001.jsonl && git commit -qam cut && git checkout -q main");
    sandbox.run("ledger note key:k1 --text second -q && git commit -qam second");
    let told = ends(&sandbox, "git merge -q -m both other", 0);
    assert!(told.contains("was on record before: theirs had removed it, and it is there again"), "{told}");
    assert!(events(&sandbox).is_superset(&wanted));
    is_whole(&sandbox);
}

#[test]
fn a_log_is_not_united_with_one_of_another_request() {
    // Git takes files that are much alike for one that was renamed.
    let sandbox = repository(Way::Driver);
    sandbox.bug("Another", "");
    let run = "log() { echo coordination/events/REQ-$TODAY-000$1.jsonl; }; before=$(sha256sum $(log 1)); \
               ledger merge-driver $(log 1) $(log 1) $(log 2) $(log 1); s=$?; test \"$before\" = \"$(sha256sum $(log 1))\" && exit $s";
    let told = ends(&sandbox, run, 1);
    assert!(told.contains("theirs is not whole: line 1: the event is of REQ-YYYYMMDD-0002"), "{told}");
}

#[test]
fn files_that_are_written_once_are_merged_only_if_they_agree() {
    let sandbox = Sandbox::empty();
    sandbox.run("printf 'a\\n' > short; printf 'a\\nb\\n' > long; printf 'a\\nc\\n' > other; : > none");
    let list = "coordination/checkpoints/main/leaves";
    ends(&sandbox, &format!("cp short ours; ledger merge-driver none ours long {list} && cmp ours long"), 0);
    ends(&sandbox, &format!("cp long ours; ledger merge-driver none ours short {list} && cmp ours long"), 0);
    let told = ends(&sandbox, &format!("ledger merge-driver none ours other {list}"), 1);
    assert!(told.contains("two clones appended to the list of main"), "{told}");
    let told = ends(&sandbox, "ledger merge-driver none ours other schemas/contracts/a/v1.json", 1);
    assert!(told.contains("two clones registered two different files as a@1"), "{told}");
    let told = ends(&sandbox, "ledger merge-driver none ours other README.md", 1);
    assert!(told.contains("README.md: it is no file of a ledger"), "{told}");
    ends(&sandbox, "cmp ours long && ledger merge-driver none ours nowhere coordination/index.json", 1);
    ends(&sandbox, "cmp ours long && ls | sort | tr '\\n' ' ' | grep -qx 'long none other ours short '", 0);
}

#[test]
fn contracts_are_merged_like_requests() {
    let sandbox = repository(Way::Driver);
    sandbox.run("echo true > ../s.json && ledger contract add a ../s.json -q && git add -A && git commit -qm a && git checkout -q -b other");
    sandbox.run("ledger contract pin a@1 --consumer shop -q && git commit -qam shop && git checkout -q main");
    sandbox.run("ledger contract pin a@1 --consumer mail -q && git commit -qam mail && git merge -q -m both other");
    let told = sandbox.run("ledger contract show a");
    assert!(told.contains("shop") && told.contains("mail"), "{told}");
    is_whole(&sandbox);
}
