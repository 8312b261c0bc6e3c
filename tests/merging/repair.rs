//! `ledger repair-merge`

use crate::common::Sandbox;
use crate::transcript;
use crate::{LOG, Way, both, ends, events, is_canonical, is_whole, part, repository};

#[test]
fn a_conflict_is_settled_from_what_git_has() {
    let sandbox = repository(Way::Plain);
    part(&sandbox);
    let wanted = both(&sandbox);
    ends(&sandbox, "git merge -q other", 1);
    transcript!(sandbox, @r#"
    $ ledger note key:k1 --text later
    ! error: a file of the ledger waits for a merge to be settled: coordination/events/REQ-YYYYMMDD-0001.jsonl
    ! hint: ledger repair-merge
    [exit 6]
    $ ledger show key:k1
    ! error: [tmp]/work/coordination/events/REQ-YYYYMMDD-0001.jsonl:2: a conflict marker, left by a merge
    ! hint: ledger repair-merge
    [exit 9]
    $ ledger index
    ! error: a file of the ledger waits for a merge to be settled: coordination/events/REQ-YYYYMMDD-0001.jsonl
    ! hint: ledger repair-merge
    [exit 6]
    $ ledger doctor | grep -A 1 -e unmerged -e marker
    coordination/events/REQ-YYYYMMDD-0001.jsonl:2: error line-damaged: a conflict marker, left by a merge
      fix: ledger repair-merge
    coordination/events/REQ-YYYYMMDD-0001.jsonl:4: error line-damaged: a conflict marker, left by a merge
      fix: ledger repair-merge
    coordination/events/REQ-YYYYMMDD-0001.jsonl:6: error line-damaged: a conflict marker, left by a merge
      fix: ledger repair-merge
    error unmerged: files of the ledger wait for a merge to be settled
      fix: ledger repair-merge
    $ ledger repair-merge --dry-run --json
    {
      "v": 1,
      "data": {
        "dry_run": true,
        "mended": [{"file": "coordination/events/REQ-YYYYMMDD-0001.jsonl", "what": "both sides united"}],
        "left": []
      }
    }
    $ git ls-files -u | wc -l
    3
    $ ledger repair-merge
    mended coordination/events/REQ-YYYYMMDD-0001.jsonl: both sides united
    mended coordination/index.json: made anew
    2 files mended, nothing left to decide
    $ git ls-files -u | wc -l; git status --short
    0
    M  coordination/events/REQ-YYYYMMDD-0001.jsonl
    $ ledger repair-merge
    nothing to mend
    $ git commit -qm both && ledger note key:k1 --text later && ledger verify
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  note: later
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ok: 1 request, 4 events verified
    "#);
    assert!(events(&sandbox).is_superset(&wanted));
}

#[test]
fn every_style_of_conflict_ends_in_the_union() {
    for style in ["merge", "diff3", "zdiff3"] {
        // As git has it; marked as resolved by hand; put on record by hand.
        for by_hand in ["", "git add -A", "git add -A && git commit -qm marked"] {
            let sandbox = repository(Way::Plain);
            sandbox.run(&format!("git config merge.conflictStyle {style}"));
            part(&sandbox);
            let wanted = both(&sandbox);
            ends(&sandbox, "git merge -q other", 1);
            sandbox.run(&format!(": ; {by_hand}"));
            let told = ends(&sandbox, "ledger repair-merge", 0);
            assert!(told.contains("mended coordination/events/REQ-YYYYMMDD-0001.jsonl"), "{style} {by_hand}: {told}");
            assert_eq!(events(&sandbox), wanted, "{style} {by_hand}");
            assert!(is_canonical(&sandbox));
            // It is noted in git's index, so that a commit has it.
            sandbox.run("git commit -qm both");
            assert_eq!(sandbox.run("git status --short"), "", "{style} {by_hand}");
            is_whole(&sandbox);
        }
    }
}

#[test]
fn whatever_left_a_conflict_is_settled() {
    for (line, goes_on) in [
        ("git rebase -q other", "git -c core.editor=true rebase --continue"),
        ("git cherry-pick other", "git -c core.editor=true cherry-pick --continue"),
        ("git merge -q --squash other", "git commit -qm all"),
    ] {
        let sandbox = repository(Way::Plain);
        part(&sandbox);
        let wanted = both(&sandbox);
        ends(&sandbox, &format!("{line} > out 2>&1; rm out; ledger note key:k1 --text x"), 6);
        ends(&sandbox, "ledger repair-merge", 0);
        assert_eq!(events(&sandbox), wanted, "{line}");
        sandbox.run(goes_on);
        is_whole(&sandbox);
        sandbox.run("ledger note key:k1 --text x");
    }
    let sandbox = repository(Way::Plain);
    part(&sandbox);
    sandbox.run("git merge -q -s ours -m none other");
    sandbox.run("git checkout -q -b third && ledger note key:k1 --text stashed -q");
    let wanted = events(&sandbox);
    sandbox.run("git stash -q && ledger note key:k1 --text between -q && git commit -qam between");
    let wanted: std::collections::BTreeSet<_> = wanted.union(&events(&sandbox)).copied().collect();
    ends(&sandbox, "git stash pop -q", 1);
    ends(&sandbox, "ledger note key:k1 --text x", 6);
    ends(&sandbox, "ledger repair-merge", 0);
    assert_eq!(events(&sandbox), wanted);
    is_whole(&sandbox);
}

#[test]
fn a_packet_that_was_edited_is_led_back_to_what_is_on_record() {
    let packet = "coordination/requests/REQ-$TODAY-0001.json";
    let edited = |who: &str| format!("sed -i 's/Totals are wrong/{who}/' {packet} && git commit -qam {who}");
    // By both sides: what both come from is on record.
    let sandbox = repository(Way::Plain);
    sandbox.run(&format!("chmod u+w {packet} && git checkout -q -b other && {}", edited("theirs")));
    sandbox.run(&format!("git checkout -q main && chmod u+w {packet} && {}", edited("ours")));
    ends(&sandbox, "git merge -q other", 1);
    transcript!(sandbox, @r#"
    $ ledger list
    ! no request matches
    ! REQ-YYYYMMDD-0001 can't be read: coordination/requests/REQ-YYYYMMDD-0001.json: a conflict marker, left by a merge (ledger repair-merge)
    [exit 9]
    $ ledger repair-merge
    left coordination/requests/REQ-YYYYMMDD-0001.json: one side's packet of REQ-YYYYMMDD-0001 was edited: both have the uid [uuid], and a packet is never written again
      fix: the log names what it was before: git checkout-index -f --stage=1 -- coordination/requests/REQ-YYYYMMDD-0001.json && git add coordination/requests/REQ-YYYYMMDD-0001.json
    0 files mended, 1 left to decide
    [exit 3]
    $ git checkout-index -f --stage=1 -- coordination/requests/REQ-$TODAY-0001.json && git add coordination/requests && ledger repair-merge && git commit -qm both && ledger verify
    nothing to mend
    ok: 1 request, 1 event verified
    "#);
}

/// A merge that stopped at two requests which have one number.
fn one_number_twice() -> Sandbox {
    let sandbox = repository(Way::Plain);
    let new = "ledger new --from shop --to billing --type bug --set details.impact=x -q --title";
    sandbox.run("git clone -q . other && echo /other >> .git/info/exclude");
    sandbox.run(&format!("{new} Theirs --root other && git -C other add -A && git -C other commit -qm theirs"));
    sandbox.run(&format!("{new} Ours && git add -A && git commit -qm ours"));
    ends(&sandbox, "git pull -q --no-rebase ./other main", 1);
    sandbox
}

#[test]
fn a_number_that_two_requests_have_is_left_to_people_until_they_say() {
    transcript!(one_number_twice(), @r#"
    $ ledger conflicts
    REQ-YYYYMMDD-0002  two requests have this number  Ours
      fix: ledger resolve-id REQ-YYYYMMDD-0002 tells both; then ledger resolve-id REQ-YYYYMMDD-0002 --keep ours (or theirs)
    1 conflict
    [exit 3]
    $ ledger repair-merge
    left coordination/requests/REQ-YYYYMMDD-0002.json: two clones made two requests under the id REQ-YYYYMMDD-0002: uid [uuid] and uid [uuid]
      fix: git merge --abort, then ledger sync: it gives the one that nobody else has seen another number. If others have seen both: ledger resolve-id REQ-YYYYMMDD-0002
    left coordination/events/REQ-YYYYMMDD-0002.jsonl: its packet is left: whose events these are depends on it
      fix: git merge --abort, then ledger sync: it gives the one that nobody else has seen another number. If others have seen both: ledger resolve-id REQ-YYYYMMDD-0002
    0 files mended, 2 left to decide
    [exit 3]
    $ git checkout -q --ours coordination/requests && git add -A && git commit -qm 'by hand' && ledger conflicts
    REQ-YYYYMMDD-0002  two requests have this number  Ours
      fix: ledger resolve-id REQ-YYYYMMDD-0002 tells both; then ledger resolve-id REQ-YYYYMMDD-0002 --keep ours (or theirs)
    1 conflict
    [exit 3]
    $ ledger repair-merge --dry-run
    would mend coordination/events/REQ-YYYYMMDD-0002.jsonl: both sides of its conflicts united
    left coordination/events/REQ-YYYYMMDD-0002.jsonl: it is of two requests, which have the number REQ-YYYYMMDD-0002 both
      fix: ledger resolve-id REQ-YYYYMMDD-0002 tells both; then ledger resolve-id REQ-YYYYMMDD-0002 --keep ours (or theirs)
    1 file to mend, 1 left to decide
    [exit 3]
    $ ledger repair-merge
    mended coordination/events/REQ-YYYYMMDD-0002.jsonl: both sides of its conflicts united
    left coordination/events/REQ-YYYYMMDD-0002.jsonl: it is of two requests, which have the number REQ-YYYYMMDD-0002 both
      fix: ledger resolve-id REQ-YYYYMMDD-0002 tells both; then ledger resolve-id REQ-YYYYMMDD-0002 --keep ours (or theirs)
    1 file mended, 1 left to decide
    [exit 3]
    $ ledger conflicts --json
    {
      "v": 1,
      "data": {
        "conflicts": [
          {
            "kind": "number-twice", "id": "REQ-YYYYMMDD-0002", "title": "Ours",
            "fix": "ledger resolve-id REQ-YYYYMMDD-0002 tells both; then ledger resolve-id REQ-YYYYMMDD-0002 --keep ours (or theirs)"
          }
        ],
        "has_more": false, "damaged": []
      }
    }
    [exit 3]
    $ ledger list
    ID                 STATE     PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-YYYYMMDD-0001  PROPOSED  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  Totals are wrong
    ! REQ-YYYYMMDD-0002 can't be read: coordination/requests/REQ-YYYYMMDD-0002.json: the log holds the events of two requests: two clones gave them one number, and their logs were merged (ledger verify REQ-YYYYMMDD-0002)
    [exit 9]
    $ ledger resolve-id 2 --keep ours -q && ledger conflicts && ledger repair-merge && ledger verify
    nothing waits for a decision
    nothing to mend
    ok: 3 requests, 5 events verified
    "#);
}

#[test]
fn what_is_on_record_is_not_reverted() {
    let sandbox = repository(Way::Plain);
    part(&sandbox);
    sandbox.run("ledger note key:k1 --text more -q && git commit -qam more");
    let wanted = events(&sandbox);
    ends(&sandbox, "git revert --no-edit HEAD~1 > out 2>&1; rm out; ledger note key:k1 --text x", 6);
    ends(&sandbox, "ledger repair-merge", 0);
    assert_eq!(events(&sandbox), wanted);
    sandbox.run("git revert --skip");
    is_whole(&sandbox);
}

#[test]
fn line_ends_that_an_editor_converted_are_converted_back() {
    for marked in [true, false] {
        let sandbox = repository(Way::Plain);
        part(&sandbox);
        let mut wanted = both(&sandbox);
        if marked {
            ends(&sandbox, "git merge -q other", 1);
        } else {
            wanted = events(&sandbox);
        }
        sandbox.run("sed -i 's/$/\\r/' coordination/events/*.jsonl coordination/requests/*.json && git add -A && git commit -qm web --allow-empty");
        let told = ends(&sandbox, "ledger repair-merge", 0);
        assert!(
            told.contains("mended coordination/requests/REQ-YYYYMMDD-0001.json: its line ends are as they were"),
            "{told}"
        );
        assert_eq!(events(&sandbox), wanted);
        sandbox.run("git commit -qm mended");
        is_whole(&sandbox);
    }
}

#[test]
fn a_line_that_is_torn_is_told_and_not_guessed() {
    let sandbox = repository(Way::Plain);
    part(&sandbox);
    ends(&sandbox, "git merge -q other", 1);
    sandbox.run("sed -i 's/^=======$/{\"format\":1,=======/' coordination/events/REQ-$TODAY-0001.jsonl && git add -A && git commit -qm web");
    let before = sandbox.fingerprint();
    transcript!(sandbox, @r#"
    $ ledger repair-merge
    left coordination/events/REQ-YYYYMMDD-0001.jsonl: line 6: a conflict marker stands here out of its order
      fix: settle it by hand in coordination/events/REQ-YYYYMMDD-0001.jsonl; or restore it: git log -- coordination/events/REQ-YYYYMMDD-0001.jsonl tells the commits that have it
    0 files mended, 1 left to decide
    [exit 3]
    $ sed -i 's/^{"format":1,=======/=======/; s/"text":"ours"/"text":"hours"/' coordination/events/REQ-$TODAY-0001.jsonl && ledger repair-merge | head -1
    left coordination/events/REQ-YYYYMMDD-0001.jsonl: line 3: the line was changed: its hash does not match its bytes
    "#);
    sandbox.run("git checkout -q -- .");
    assert_eq!(sandbox.fingerprint(), before);
}

#[test]
fn conflicts_in_conflicts_end_in_the_union_or_are_told() {
    let sandbox = repository(Way::Plain);
    part(&sandbox);
    ends(&sandbox, "git merge -q other", 1);
    sandbox.run("git commit -qam marked && git checkout -q -b third main~1 && sed -i '/ours/d' coordination/events/REQ-$TODAY-0001.jsonl");
    sandbox.run("ledger note key:k1 --text third -q && git commit -qam third");
    let third = crate::events_on(&sandbox, "third");
    sandbox.run("git checkout -q main");
    ends(&sandbox, "git merge -q third", 1);
    sandbox.run("git commit -qam marked-again");
    assert!(std::fs::read_to_string(sandbox.path(LOG)).unwrap().matches("<<<<<<<").count() > 1);
    ends(&sandbox, "ledger repair-merge", 0);
    let all = sandbox.run("ledger log key:k1");
    assert!(all.contains("ours") && all.contains("theirs") && all.contains("third"), "{all}");
    assert!(events(&sandbox).is_superset(&third));
    is_whole(&sandbox);
}

#[test]
fn what_was_written_to_the_file_since_is_kept() {
    let sandbox = repository(Way::Plain);
    part(&sandbox);
    let wanted = both(&sandbox);
    // Another program: an event that neither side has, and a line that is none.
    sandbox.run("git checkout -q -b third && ledger note key:k1 --text third -q && tail -n 1 coordination/events/REQ-$TODAY-0001.jsonl > ../line && git checkout -q -f main");
    ends(&sandbox, "git merge -q other", 1);
    sandbox.run("cat ../line >> coordination/events/REQ-$TODAY-0001.jsonl && echo oops >> coordination/events/REQ-$TODAY-0001.jsonl");
    let told = ends(&sandbox, "ledger repair-merge", 0);
    assert!(told.contains("the file as it was is set aside, for 1 of its lines"), "{told}");
    assert_eq!(events(&sandbox).len(), wanted.len() + 1);
    assert!(sandbox.run("cat coordination/.local/quarantine/*").contains("oops"));
    sandbox.run("git commit -qm both");
    is_whole(&sandbox);
}

#[test]
fn a_log_that_one_side_removed_is_kept() {
    let sandbox = repository(Way::Plain);
    sandbox.run("git checkout -q -b other && git rm -q coordination/events/REQ-$TODAY-0001.jsonl && git commit -qm gone && git checkout -q main");
    sandbox.run("ledger note key:k1 --text ours -q && git commit -qam ours");
    let wanted = events(&sandbox);
    ends(&sandbox, "git merge -q other", 1);
    let told = ends(&sandbox, "ledger repair-merge", 0);
    assert!(told.contains("one side had removed it: the other's events are kept"), "{told}");
    assert_eq!(events(&sandbox), wanted);
    is_whole(&sandbox);
}

#[test]
fn settings_are_left_to_their_people() {
    let sandbox = repository(Way::Union);
    sandbox.run("git checkout -q -b other && sed -i s/acme/theirs/ coordination/ledger.json && git commit -qam theirs && git checkout -q main");
    sandbox.run("sed -i s/acme/ours/ coordination/ledger.json && git commit -qam ours");
    ends(&sandbox, "git merge -q other", 1);
    transcript!(sandbox, @r#"
    $ ledger list
    ! error: [tmp]/work/coordination/ledger.json: a conflict marker, left by a merge
    ! hint: ledger repair-merge tells the two sides
    [exit 9]
    $ ledger repair-merge
    left coordination/ledger.json: both sides changed it
      fix: settle it by hand in coordination/ledger.json, then: git add coordination/ledger.json; the sides: git show :2:./coordination/ledger.json and git show :3:./coordination/ledger.json
    0 files mended, 1 left to decide
    [exit 3]
    $ git show :3:./coordination/ledger.json > coordination/ledger.json && git add coordination/ledger.json && ledger repair-merge && git commit -qm both && ledger note key:k1 --text after
    nothing to mend
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  note: after
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    "#);
}

#[test]
fn a_packet_that_one_side_edited_is_told_with_the_one_on_record() {
    let sandbox = repository(Way::Driver);
    sandbox.run("git checkout -q -b other && chmod u+w coordination/requests/* && sed -i s/wrong/right/ coordination/requests/* && git commit -qam edited && git checkout -q main");
    sandbox.run("chmod u+w coordination/requests/* && sed -i s/wrong/odd/ coordination/requests/* && git commit -qam odd && git checkout -q -f main~1 -- coordination/requests && git commit -qam restored");
    // Ours is as it was on record, and git takes theirs for the newer one unless both changed: so say that both did.
    sandbox.run("git checkout -q -b base main~2 && chmod u+w coordination/requests/* && sed -i s/wrong/first/ coordination/requests/* && git commit -qam base");
    sandbox.run("git checkout -q -b x && git checkout -q main~2 -- coordination/requests && git commit -qm back && git checkout -q base && chmod u+w coordination/requests/* && sed -i s/first/second/ coordination/requests/* && git commit -qam second && git checkout -q x");
    let told = ends(&sandbox, "git merge -q base", 1);
    assert!(told.contains("one side's packet of REQ-YYYYMMDD-0001 was edited: both have the uid [uuid]"), "{told}");
    let told = ends(&sandbox, "ledger repair-merge", 3);
    assert!(told.contains("the log names that of ours: git checkout --ours -- coordination/requests/"), "{told}");
}

#[test]
fn where_there_is_no_git_the_markers_are_enough() {
    let sandbox = Sandbox::with_bug();
    assert_eq!(ends(&sandbox, "ledger repair-merge", 0), "nothing to mend\n");
    let wanted = events(&sandbox);
    sandbox.run("f=coordination/events/REQ-$TODAY-0001.jsonl; (echo '<<<<<<< a'; cat $f; echo =======; cat $f; echo '>>>>>>> b') > ../f && cp ../f $f");
    let told = ends(&sandbox, "ledger show key:k1", 9);
    assert!(told.contains("hint: ledger repair-merge"), "{told}");
    ends(&sandbox, "ledger repair-merge", 0);
    assert_eq!(events(&sandbox), wanted);
    sandbox.run("ledger verify");
}
