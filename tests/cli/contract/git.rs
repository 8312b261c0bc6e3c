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
          breaks {"id":0}
      it touches no consumer
      to ask for leave: ledger contract propose billing.invoice FILE
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
      fix: restore it: git checkout HEAD -- schemas/contracts/billing.invoice/events.jsonl
    breaking: 1 contract, 0 versions checked against main (declared content), 1 problem
    [exit 3]
    $ git checkout -q -- schemas; rm -r schemas/contracts; ledger contract check --against main
    schemas/contracts/billing.invoice: contract-removed: it was there and is gone
      fix: restore it: git checkout HEAD -- schemas/contracts/billing.invoice
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
    ! hint: git fetch origin main
    [exit 4]
    $ ledger contract check --against -x
    ! error: unexpected argument '-x' found
    !
    !   tip: to pass '-x' as a value, use '-- -x'
    !
    ! Usage: ledger contract check [OPTIONS] [NAME]...
    !
    ! For more information, try '--help'.
    [exit 2]
    $ git clone -q --depth 1 file://$PWD ../shallow; ledger contract check --against HEAD~1 --root ../shallow
    ! error: "HEAD~1" is no commit that is here: this clone is shallow
    ! hint: git fetch --unshallow origin
    [exit 4]
    $ mv .git ../elsewhere; ledger contract check --against main
    ! error: [tmp]/work is in no git repository: fatal: not a git repository (or any of the parent directories): .git
    ! hint: run it in a clone, or compare with a file: --against FILE
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
          breaks null
      it touches no consumer
      to ask for leave: ledger contract propose a FILE
    breaking: 1 contract, 1 version checked against main (declared content)
    [exit 3]
    $ cd team/ledger && rm schemas/contracts/a/v1.json && ledger contract check --against main
    schemas/contracts/a/v1.json: version-removed: v1 was registered and is gone
      fix: restore it: git checkout HEAD -- schemas/contracts/a/v1.json
    breaking: 1 contract, 0 versions checked against main (declared content), 1 problem
    [exit 3]
    "#);
}
