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
    ! hint: git fetch --unshallow; or compare with that very commit: --exact
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
    ! hint: git fetch --unshallow; or compare with that very commit: --exact
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
