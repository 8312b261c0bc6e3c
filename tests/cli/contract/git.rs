//! The gate against a commit, in repositories of their own.

use super::files;
use crate::common::Sandbox;
use crate::transcript;

/// A repository whose branch `main` holds `billing.invoice@1`.
fn repository() -> Sandbox {
    let sandbox = files();
    sandbox.run("ledger contract add billing.invoice v1.json --owner billing");
    sandbox.run(
        "git init -q -b main . && git config user.name t && git config user.email t@example.com && git add -A \
         && git commit -q -m base",
    );
    sandbox
}

#[test]
fn additions_are_checked_and_pass_if_they_fit() {
    let sandbox = repository();
    transcript!(sandbox, @r#"
    $ ledger contract check --against main
    compatible: 1 contract, 0 versions checked against main (declared content)
    $ ledger contract add billing.invoice v2.json -q; ledger contract check --against main
    billing.invoice@2
    billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
      backward: every document of v1 is valid under v2: no document is in the one and not in the other
        this holds for documents with declared members only; for all documents:
        valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
    compatible: 1 contract, 1 version checked against main (declared content)
    $ git add -A; git commit -q -m v2; ledger contract check --against main; ledger contract check --against HEAD~1 | head -n 1
    compatible: 1 contract, 0 versions checked against main (declared content)
    billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
    "#);
}

#[test]
fn who_weakens_the_mode_in_the_same_change_is_judged_by_the_old_one() {
    let sandbox = repository();
    sandbox.run("ledger contract mode billing.invoice none && ledger contract add billing.invoice v3.json");
    transcript!(sandbox, @r#"
    $ ledger contract check
    billing.invoice@2: compatible (NONE)
    compatible: 1 contract, 1 version checked (declared content)
    $ ledger contract check --against main
    billing.invoice@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v1, not under v2: {"id":0} (found by solving for the difference)
        type-changed /properties/id/type: "integer" → "string"
          error: breaks {"id":0}
      it touches no consumer
      to ask for leave: ledger contract propose billing.invoice schemas/contracts/billing.invoice/v2.json
    breaking: 1 contract, 1 version checked against main (declared content)
    [exit 3]
    $ git add -A; git commit -q -m weaker; ledger contract check --against main
    compatible: 1 contract, 0 versions checked against main (declared content)
    "#);
}

#[test]
fn edits_of_what_was_there_are_refused() {
    let sandbox = repository();
    sandbox.run("ledger contract pin billing.invoice@1 --consumer shop && git add -A && git commit -q -m pinned");
    transcript!(sandbox, @r#"
    $ chmod u+w schemas/contracts/billing.invoice/v1.json; cp v2.json schemas/contracts/billing.invoice/v1.json; ledger contract check --against main
    schemas/contracts/billing.invoice/v1.json: version-edited: v1 was registered and is never edited
      fix: take the edit back, and register it as the next version: ledger contract add billing.invoice FILE
    breaking: 1 contract, 0 versions checked against main (declared content), 1 problem
    [exit 3]
    $ git checkout -q -- schemas; head -n 1 schemas/contracts/billing.invoice/events.jsonl > log; cp log schemas/contracts/billing.invoice/events.jsonl; ledger contract check --against main
    schemas/contracts/billing.invoice/events.jsonl: event-lost: event [head] was on record and is gone
      fix: restore it: git checkout main -- schemas/contracts/billing.invoice/events.jsonl
    breaking: 1 contract, 0 versions checked against main (declared content), 1 problem
    [exit 3]
    $ git checkout -q -- schemas; rm -r schemas/contracts; ledger contract check --against main
    schemas/contracts/billing.invoice: contract-removed: it was there and is gone
      fix: restore it: git checkout main -- schemas/contracts/billing.invoice
    breaking: 1 contract, 0 versions checked against main (declared content), 1 problem
    [exit 3]
    $ git checkout -q -- schemas; cp v2.json schemas/contracts/billing.invoice/v2.json; ledger contract check --against main
    billing.invoice@2: compatible (BACKWARD_TRANSITIVE), assuming declared content
      backward: every document of v1 is valid under v2: no document is in the one and not in the other
        this holds for documents with declared members only; for all documents:
        valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
    schemas/contracts/billing.invoice/v2.json: version-unregistered: v2 is not on record
      fix: ledger contract add billing.invoice schemas/contracts/billing.invoice/v2.json
    breaking: 1 contract, 1 version checked against main (declared content), 1 problem
    [exit 3]
    $ git clean -q -f schemas; ledger contract check --against main
    compatible: 1 contract, 0 versions checked against main (declared content)
    "#);
}

#[test]
fn what_git_can_not_give_is_told_with_what_mends_it() {
    let sandbox = repository();
    sandbox.run("ledger contract add billing.invoice v2.json && git add -A && git commit -q -m v2");
    transcript!(sandbox, @r#"
    $ ledger contract check --against origin/main
    ! error: "origin/main" is no commit that is here
    ! hint: git branch --all tells which branches are here
    [exit 4]
    $ ledger contract check --against -x
    ! error: unexpected argument '-x' found
    !
    ! Usage: ledger contract check [OPTIONS] [NAME]...
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger contract check --against nothing.json
    ! error: there is no file nothing.json
    ! hint: --against takes a schema's file, or a commit
    [exit 2]
    $ git clone -q --depth 1 file://$PWD ../shallow; ledger contract check --against HEAD~1 --root ../shallow
    ! error: "HEAD~1" is no commit that is here: this clone is shallow
    ! hint: git fetch --unshallow
    [exit 4]
    $ ledger contract check --against 1a2b3c4d
    ! error: "1a2b3c4d" is no commit that is here
    ! hint: git log --oneline tells which commits are here
    [exit 4]
    $ mv .git ../elsewhere; ledger contract check --against main
    ! error: [tmp]/work is in no git repository: fatal: not a git repository (or any of the parent directories): .git
    ! hint: run it in a clone; contracts can be compared with a file as well: ledger contract check --against FILE
    [exit 1]
    "#);
}

#[test]
fn a_ledger_in_a_folder_of_a_repository_is_found_at_the_commit() {
    let sandbox = Sandbox::empty();
    sandbox.run("mkdir -p team/ledger && cd team/ledger && ledger init --name acme -q && echo true > a.json && ledger contract add a a.json");
    sandbox.run("git init -q -b main . && git config user.name t && git config user.email t@example.com && git add -A && git commit -q -m base");
    sandbox.run("cd team/ledger && echo false > b.json");
    transcript!(sandbox, @r#"
    $ cd team/ledger && ledger contract check --against main && ledger contract check --against main --candidate b.json --contract a
    compatible: 1 contract, 0 versions checked against main (declared content)
    a@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v1, not under v2: null (found by solving for the difference)
        type-narrowed (root): true → false
          error: breaks null
      it touches no consumer
      to ask for leave: ledger contract propose a FILE
    breaking: 1 contract, 1 version checked against main (declared content)
    [exit 3]
    $ cd team/ledger && rm schemas/contracts/a/v1.json && ledger contract check --against main
    schemas/contracts/a/v1.json: version-removed: v1 was registered and is gone
      fix: restore it: git checkout main -- schemas/contracts/a/v1.json
    breaking: 1 contract, 0 versions checked against main (declared content), 1 problem
    [exit 3]
    "#);
}

#[test]
fn what_the_others_did_since_is_none_of_this_change() {
    let sandbox = repository();
    sandbox.run("git checkout -q -b feat && ledger contract pin billing.invoice@1 --consumer shop && git add -A && git commit -q -m pin");
    sandbox.run(
        "git checkout -q main && ledger contract add billing.invoice v2.json && git add -A && git commit -q -m v2",
    );
    sandbox.run("git checkout -q feat");
    transcript!(sandbox, @r#"
    $ ledger contract check --against main
    compatible: 1 contract, 0 versions checked against [head], where HEAD and main parted (declared content)
    $ ledger contract check --against main --json | grep -c '"base_commit":"'$(git merge-base main feat)'"'
    1
    $ ledger contract check --against main --exact
    schemas/contracts/billing.invoice/events.jsonl: event-lost: event [head] was on record and is gone
      fix: restore it: git checkout main -- schemas/contracts/billing.invoice/events.jsonl
    schemas/contracts/billing.invoice/v2.json: version-removed: v2 was registered and is gone
      fix: restore it: git checkout main -- schemas/contracts/billing.invoice/v2.json
    breaking: 1 contract, 0 versions checked against main (declared content), 2 problems
    [exit 3]
    $ rm schemas/contracts/billing.invoice/v1.json; ledger contract check --against main; git checkout -q -- schemas
    schemas/contracts/billing.invoice/v1.json: version-removed: v1 was registered and is gone
      fix: restore it: git checkout [head] -- schemas/contracts/billing.invoice/v1.json
    breaking: 1 contract, 0 versions checked against [head], where HEAD and main parted (declared content), 1 problem
    $ git rm -q -r schemas; git commit -q -m gone; ledger contract check --against HEAD~1
    schemas/contracts/billing.invoice: contract-removed: it was there and is gone
      fix: restore it: git checkout HEAD~1 -- schemas/contracts/billing.invoice
    breaking: 1 contract, 0 versions checked against HEAD~1 (declared content), 1 problem
    [exit 3]
    $ git checkout -q --orphan alone; git commit -q -m alone; ledger contract check --against main
    ! error: where HEAD and "main" parted is not known
    ! hint: compare with that very commit: --exact
    [exit 4]
    $ ledger contract check --exact
    ! error: the following required arguments were not provided:
    !   --against [<GITREF|FILE>]
    !
    ! Usage: ledger contract check --against [<GITREF|FILE>] --exact [NAME]...
    !
    ! For more information, try '--help'.
    [exit 2]
    "#);
}

#[test]
fn what_mends_a_shallow_clone_does_so_as_printed() {
    let sandbox = repository();
    sandbox.run("git checkout -q -b feat && ledger contract add billing.invoice v2.json && git add -A && git commit -q -m v2 && git checkout -q main && echo >> v3.json && git commit -qam more");
    sandbox.run("git clone -q --depth 1 file://$PWD ../shallow");
    transcript!(sandbox, @r#"
    $ cd ../shallow; ledger contract check --against feat
    ! error: "feat" is no commit that is here: this clone is shallow
    ! hint: git fetch --unshallow origin feat:refs/remotes/origin/feat, and then --against origin/feat
    [exit 4]
    $ cd ../shallow; ledger contract check --against refs/heads/feat
    ! error: "refs/heads/feat" is no commit that is here: this clone is shallow
    ! hint: git fetch --unshallow origin feat:refs/remotes/origin/feat, and then --against origin/feat
    [exit 4]
    $ cd ../shallow; ledger contract check --against origin/feat
    ! error: "origin/feat" is no commit that is here: this clone is shallow
    ! hint: git fetch --unshallow origin feat:refs/remotes/origin/feat, and then --against origin/feat
    [exit 4]
    $ cd ../shallow; ledger contract check --against HEAD~1
    ! error: "HEAD~1" is no commit that is here: this clone is shallow
    ! hint: git fetch --unshallow
    [exit 4]
    $ cd ../shallow; git fetch -q --depth 1 origin feat:refs/remotes/origin/feat; ledger contract check --against origin/feat
    ! error: where HEAD and "origin/feat" parted is not known: this clone is shallow
    ! hint: git fetch --unshallow, or --exact to compare with that very commit
    [exit 4]
    $ cd ../shallow; git fetch -q --unshallow origin feat:refs/remotes/origin/feat; ledger contract check --against origin/feat
    compatible: 1 contract, 0 versions checked against [head], where HEAD and origin/feat parted (declared content)
    $ git clone -q --single-branch file://$PWD ../single; cd ../single; ledger contract check --against feat
    ! error: "feat" is no commit that is here
    ! hint: git fetch origin feat:refs/remotes/origin/feat, and then --against origin/feat
    [exit 4]
    $ cd ../single; git fetch -q origin feat:refs/remotes/origin/feat; ledger contract check --against origin/feat
    compatible: 1 contract, 0 versions checked against [head], where HEAD and origin/feat parted (declared content)
    $ mkdir ../new; cp -r coordination schemas ../new; cd ../new; git init -q -b main .; ledger contract check --against main
    ! error: "main" is no commit that is here
    ! hint: make one first: git add coordination schemas && git commit
    [exit 4]
    "#);
}

#[test]
fn annotations_name_files_as_the_repository_does() {
    let sandbox = Sandbox::empty();
    sandbox.run("git init -q -b main . && git config user.name t && git config user.email t@example.com");
    sandbox.run(
        "mkdir -p a/b && cd a/b && ledger init --name acme -q && echo true > a.json && ledger contract add c a.json",
    );
    sandbox.run("cd a/b && git add -A && git commit -q -m base && ledger contract mode c NONE && echo false > b.json && ledger contract add c b.json && ledger contract mode c FULL");
    transcript!(sandbox, @r#"
    $ cd a/b; ledger contract check --format github
    ::error file=a/b/schemas/contracts/c/v2.json,line=1,title=c@2 type-narrowed::(root): true → false%0Avalid under v1, not under v2: null%0Ait touches no consumer
    [exit 3]
    $ cd a/b; ledger contract check --format sarif | grep -o '"uri":"[^"]*"'
    "uri":"a/b/schemas/contracts/c/v2.json"
    $ cd a; ledger contract check --candidate b/b.json --contract c --format github --root b
    ::error file=a/b/b.json,line=1,title=c@2 type-narrowed::(root): true → false%0Avalid under v1, not under v2: null%0Ait touches no consumer
    [exit 3]
    $ cd a/b; ledger contract check --candidate $PWD/b.json --contract c --format github
    ::error file=a/b/b.json,line=1,title=c@2 type-narrowed::(root): true → false%0Avalid under v1, not under v2: null%0Ait touches no consumer
    [exit 3]
    $ cd a/b; mkdir ../in; cp b.json ../in/x.json; ledger contract check --candidate ../in/x.json --contract c --format github
    ::error file=a/in/x.json,line=1,title=c@2 type-narrowed::(root): true → false%0Avalid under v1, not under v2: null%0Ait touches no consumer
    [exit 3]
    $ cd a/b; ledger contract check --candidate - --contract c --format github < b.json
    ::error file=standard input,line=1,title=c@2 type-narrowed::(root): true → false%0Avalid under v1, not under v2: null%0Ait touches no consumer
    [exit 3]
    $ cd a/b; rm schemas/contracts/c/v1.json; ledger contract check --against main --format github
    ! error: [tmp]/work/a/b/schemas/contracts/c/v1.json: the file of a registered version is missing
    ! hint: restore it: git checkout HEAD -- schemas/contracts/c/v1.json
    [exit 9]
    "#);
}

#[test]
fn who_assumes_more_in_the_same_change_is_judged_by_what_was_assumed_before() {
    let sandbox = files();
    sandbox.run(
        r#"sed -i 's/"contract": {}/"contract": {"open_content": "strict"}/; s/"roles": {}/"roles": {}, "contract": {"open_content": "strict"}/' coordination/ledger.json
        ledger contract add billing.invoice v1.json && git init -q -b main . && git config user.name t &&
        git config user.email t@example.com && git add -A && git commit -q -m base &&
        sed -i 's/"strict"/"declared"/' coordination/ledger.json && ledger contract add billing.invoice v2.json"#,
    );
    transcript!(sandbox, @r#"
    $ ledger contract check | tail -n 1
    compatible: 1 contract, 1 version checked (declared content)
    $ ledger contract check --against main
    billing.invoice@2: breaking (BACKWARD_TRANSITIVE)
      backward: valid under v1, not under v2: {"id":0,"note":null} (found by solving for the difference)
        property-added /properties/note: nothing → {"type":"string"}
          error: breaks {"id":0,"note":null}
      it touches no consumer
      to ask for leave: ledger contract propose billing.invoice schemas/contracts/billing.invoice/v2.json
    breaking: 1 contract, 1 version checked against main (strict content)
    [exit 3]
    $ git add -A; git commit -q -m weaker; echo '{' > coordination/ledger.json; git commit -q -a -m torn; git checkout -q HEAD~1 -- coordination; ledger contract check --against main
    ! error: main:coordination/ledger.json: ledger.json is not valid: EOF while parsing an object at line 2 column 0
    ! hint: git fsck, or compare with another commit
    [exit 1]
    "#);
}
