//! With which commit a CI job compares, and what of it may be missing there.

use super::repository;
use crate::transcript;

#[test]
fn a_job_names_its_target_by_itself() {
    let sandbox = repository();
    sandbox.run("git clone -q . ../clone && cd ../clone && git checkout -q -b topic origin/main && git remote set-head origin -d && sed -i 2d coordination/events/REQ-$TODAY-0001.jsonl");
    transcript!(sandbox, @r#"
    $ cd ../clone && ledger verify --against
    ! error: nothing says with which commit to compare: no CI job names one, and origin/HEAD is not set
    ! hint: name the target branch: --against origin/main; or once: git remote set-head origin --auto
    [exit 2]
    $ cd ../clone && GITHUB_BASE_REF=main ../gate
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-removed: event 2 (TRANSITIONED, [head]), line 2 of the log at origin/main, is gone
      fix: put it back; lines may stand twice: git show origin/main:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with origin/main (11 files)
    [exit 3]
    $ cd ../clone && CI_MERGE_REQUEST_DIFF_BASE_SHA=$(git rev-parse HEAD) CI_MERGE_REQUEST_TARGET_BRANCH_NAME=nowhere ../gate | tail -n 1
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with [commit] (11 files)
    $ cd ../clone && CI_MERGE_REQUEST_TARGET_BRANCH_NAME=main ledger verify --against --quiet | grep -c event-removed
    1
    $ cd ../clone && git remote set-head origin main && ../gate
    coordination/events/REQ-YYYYMMDD-0001.jsonl: violation event-removed: event 2 (TRANSITIONED, [head]), line 2 of the log at origin/HEAD, is gone
      fix: put it back; lines may stand twice: git show origin/HEAD:./coordination/events/REQ-YYYYMMDD-0001.jsonl >> coordination/events/REQ-YYYYMMDD-0001.jsonl
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with origin/HEAD (11 files)
    [exit 3]
    # A push that was forced is compared with what it left behind.
    $ cd ../clone && git -c user.name=t -c user.email=t@example.com commit -qam gone && echo "{\"before\":\"$(git rev-parse HEAD~1)\"}" > ../event.json && GITHUB_EVENT_PATH=../event.json ../gate | tail -n 1
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with [commit] (11 files)
    $ cd ../clone && CI_COMMIT_BEFORE_SHA=0000000000000000000000000000000000000000 ../gate | tail -n 1
    3 findings: 3 requests, 1 contract, 4 events, 1 checkpoint verified, and compared with origin/HEAD (11 files)
    "#);
}

#[test]
fn a_shallow_clone_is_told_what_to_fetch() {
    let sandbox = repository();
    sandbox.run("ledger note 1 --text two && git commit -q -am two && git checkout -q main && ledger note 2 --text three && git commit -q -am three && git clone -q --depth 1 -b feature file://$PWD ../shallow");
    transcript!(sandbox, @r#"
    $ cd ../shallow && ledger verify --against origin/main
    ! error: "origin/main" is no commit that is here: this clone is shallow
    ! hint: git fetch --unshallow origin main:refs/remotes/origin/main, and then --against origin/main
    [exit 4]
    $ cd ../shallow && git fetch -q --depth 1 origin main:refs/remotes/origin/main && ledger verify --against origin/main
    ! error: where HEAD and "origin/main" parted is not known: this clone is shallow
    ! hint: git fetch --unshallow, or --exact to compare with that very commit
    [exit 4]
    $ cd ../shallow && ledger verify --against origin/main --exact | tail -n 1
    1 finding: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with origin/main (11 files)
    $ cd ../shallow && git fetch -q --unshallow && ledger verify --against origin/main
    ok: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with [head], where HEAD and origin/main parted (11 files)
    $ cd ../shallow && ledger verify --against 1234567
    ! error: "1234567" is no commit that is here
    ! hint: git log --oneline tells which commits are here
    [exit 4]
    $ ledger verify 1 --against main 2>&1 | head -n 1
    error: the argument '[REQ]' cannot be used with '--against [<GITREF>]'
    $ mv .git ../elsewhere; ledger verify --against main
    ! error: [tmp]/work is in no git repository: fatal: not a git repository (or any of the parent directories): .git
    ! hint: run it in a clone; contracts can be compared with a file as well: ledger contract check --against FILE
    [exit 1]
    "#);
}

#[test]
fn a_parting_that_a_shallow_clone_only_believes_in_is_none() {
    let sandbox = repository();
    // The shallow clone sees an old parting by way of one parent; the newer one is by way of the parent that was cut off.
    sandbox.run(
        r#"git checkout -q main && ledger note 1 --text m1 && git commit -q -am m1 && git branch seen && ledger note 1 --text m2 && git commit -q -am m2 &&
        git checkout -q feature && git merge -q --no-ff -m merged main && git checkout -q main && ledger note 1 --text m3 && git commit -q -am m3"#,
    );
    sandbox.run("git clone -q file://$PWD ../cut && cd ../cut && git checkout -q feature && git rev-parse origin/main~1 > .git/shallow && git rev-parse feature >> .git/shallow");
    transcript!(sandbox, @r#"
    $ cd ../cut && ledger verify --against origin/main
    ! error: where HEAD and "origin/main" parted is not known: this clone is shallow
    ! hint: git fetch --unshallow, or --exact to compare with that very commit
    [exit 4]
    "#);
}

#[test]
fn a_partial_clone_is_told_what_to_fetch_and_works_then() {
    let sandbox = repository();
    sandbox.run(
        r#"git config uploadpack.allowFilter true && ledger note 1 --text two && git commit -q -am two &&
        git clone -q --filter=blob:none -b feature file://$PWD ../partial && git clone -q --filter=tree:0 -b feature file://$PWD ../treeless"#,
    );
    transcript!(sandbox, @r#"
    $ cd ../partial && ledger verify --against origin/main 2>&1 | head -n 2; ledger verify --against origin/main > /dev/null 2>&1; echo $?
    error: origin/main:coordination/events/REQ-YYYYMMDD-0001.jsonl: this clone does not have it: it is a partial one
    hint: git diff [commit] -- coordination schemas > /dev/null fetches what is missing; git fetch --refetch --no-filter origin fetches all
    4
    $ cd ../partial && git diff $(git rev-parse origin/main) -- coordination schemas > /dev/null && ledger verify --against origin/main
    ok: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with origin/main (11 files)
    $ cd ../treeless && ledger verify --against origin/main
    ! error: origin/main:coordination/ledger.json: this clone does not have it: it is a partial one
    ! hint: git diff [commit] -- coordination schemas > /dev/null fetches what is missing; git fetch --refetch --no-filter origin fetches all
    [exit 4]
    $ cd ../treeless && git diff $(git rev-parse origin/main) -- coordination schemas > /dev/null && ledger verify --against origin/main
    ok: 3 requests, 1 contract, 8 events, 1 checkpoint verified, and compared with origin/main (11 files)
    "#);
}

/// What an event of GitHub's tells where there was nothing before, or nothing that is here.
#[test]
fn a_job_without_a_before_compares_with_the_main_branch() {
    let sandbox = repository();
    sandbox.run("git clone -q . ../clone && cd ../clone && git remote set-head origin -d && git checkout -q -b topic origin/main && sed -i 2d coordination/events/REQ-$TODAY-0001.jsonl");
    let event =
        |event: &str| format!("cd ../clone && echo '{event}' > ../event.json && GITHUB_EVENT_PATH=../event.json");
    let gone = "f".repeat(40);
    let ends = |job: &str| {
        let told = sandbox.shell(&format!("{job} ledger verify --against | tail -n 1"));
        String::from_utf8(told.stdout).unwrap()
    };
    let default = r#""repository":{"default_branch":"main"}"#;
    for told in [
        format!(r#"{{"schedule":"0 3 * * *",{default}}}"#),
        format!(r#"{{"before":"{}",{default}}}"#, "0".repeat(40)),
        format!(r#"{{"before":"{gone}",{default}}}"#),
    ] {
        let told = ends(&format!("{} GITHUB_REF_NAME=topic", event(&told)));
        assert!(told.contains("3 findings") && told.contains("compared with origin/main"), "{told}");
    }
    let gitlab = "cd ../clone && CI_DEFAULT_BRANCH=main CI_COMMIT_BRANCH=topic";
    assert!(ends(gitlab).contains("compared with origin/main"));
    let group = format!(r#"{{"merge_group":{{"base_sha":"'$(git rev-parse HEAD)'"}},{default}}}"#);
    assert!(ends(&event(&group)).contains("3 findings"));
    transcript!(sandbox, @r#"
    # Of the main branch itself what was there before is not given up, nor of a branch that has a ledger of its own.
    $ cd ../clone && git remote set-url origin elsewhere && CI_COMMIT_BEFORE_SHA=ffffffffffffffffffffffffffffffffffffffff CI_DEFAULT_BRANCH=main CI_COMMIT_BRANCH=main ledger verify --against
    ! error: "[commit]" is no commit that is here
    ! hint: git fetch origin [commit]: what was pushed over with force is kept there for a while
    [exit 4]
    $ cd ../clone && CI_COMMIT_BEFORE_SHA=ffffffffffffffffffffffffffffffffffffffff CI_DEFAULT_BRANCH=none CI_COMMIT_BRANCH=ledger ledger contract check --against
    ! error: "[commit]" is no commit that is here
    ! hint: git fetch origin [commit]: what was pushed over with force is kept there for a while
    [exit 4]
    "#);
}

/// A hook of the very first commit has nothing to compare with.
#[test]
fn before_the_first_commit_there_is_nothing_to_compare() {
    let sandbox = crate::common::Sandbox::with_bug();
    sandbox.run("git init -q -b main . && git add -A");
    transcript!(sandbox, @r#"
    $ ledger verify --against HEAD --exact
    coordination: note nothing-compared: HEAD holds no ledger here: there is nothing to compare
      fix: nothing, if the ledger is new
    ok: 1 request, 1 event verified, and compared with HEAD (0 files), 1 note
    $ ledger contract check --against HEAD --exact
    compatible: 0 contracts, 0 versions checked against HEAD (declared content)
    $ ledger verify --against HEAD
    ! error: "HEAD" is no commit that is here
    ! hint: make one first: git add coordination schemas && git commit
    [exit 4]
    $ ledger verify --against main --exact
    ! error: "main" is no commit that is here
    ! hint: make one first: git add coordination schemas && git commit
    [exit 4]
    "#);
}
