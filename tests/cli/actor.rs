//! Who acts.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn the_command_line_comes_before_the_environment_and_that_before_git() {
    transcript!(Sandbox::with_bug(), @"
    $ git init -q && git config user.email carol@example.org
    $ ledger note 1 --text one --actor bob
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  bob  note: one
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger note 1 --text two
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  note: two
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ unset LEDGER_ACTOR; ledger note 1 --text three
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  carol@example.org  note: three
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ LEDGER_ACTOR= ledger note 1 --text four
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  carol@example.org  note: four
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ");
}

#[test]
fn nobody_acts_is_an_error_that_says_how() {
    transcript!(Sandbox::with_bug(), @r#"
    $ unset LEDGER_ACTOR; ledger note 1 --text one
    ! error: nobody says who acts
    ! hint: ledger config set actor NAME, once for all; --actor NAME or LEDGER_ACTOR=NAME name somebody for one command
    [exit 2]
    $ unset LEDGER_ACTOR; ledger note 1 --text one --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-actor", "message": "nobody says who acts",
    !     "hint": "ledger config set actor NAME, once for all; --actor NAME or LEDGER_ACTOR=NAME name somebody for one command",
    !     "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ unset LEDGER_ACTOR; ledger new --title T --from shop --to billing --type bug --set details.impact=all
    ! error: nobody says who acts
    ! hint: ledger config set actor NAME, once for all; --actor NAME or LEDGER_ACTOR=NAME name somebody for one command
    [exit 2]
    $ unset LEDGER_ACTOR; echo | ledger apply -
    ! error: nobody says who acts
    ! hint: ledger config set actor NAME, once for all; --actor NAME or LEDGER_ACTOR=NAME name somebody for one command
    [exit 2]
    # Looking needs no name.
    $ unset LEDGER_ACTOR; ledger list -q && ledger verify && ledger show 1 -q | head -1
    REQ-YYYYMMDD-0001
    ok: 1 request, 1 event verified
    REQ-YYYYMMDD-0001  PROPOSED  v1
    "#);
}

#[test]
fn what_is_no_name_is_refused() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger note 1 --text one --actor ' bob'
    ! error: --actor: actor " bob" is not valid: expected 1 to 200 bytes without control characters or leading and trailing blanks
    ! hint: ledger note --help
    [exit 2]
    $ LEDGER_ACTOR=' bob' ledger note 1 --text one --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-actor",
    !     "message": "LEDGER_ACTOR: actor \" bob\" is not valid: expected 1 to 200 bytes without control characters or leading and trailing blanks",
    !     "hint": "ledger note --help", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger note 1 --text one --actor ''
    ! error: --actor: actor "" is not valid: expected 1 to 200 bytes without control characters or leading and trailing blanks
    ! hint: ledger note --help
    [exit 2]
    $ ledger show 1 --actor ' bob'
    ! error: actor " bob" is not valid: expected 1 to 200 bytes without control characters or leading and trailing blanks
    ! hint: ledger show --help
    [exit 2]
    "#);
}

#[test]
fn the_ledger_is_looked_for_upwards_and_can_be_named() {
    transcript!(Sandbox::with_bug(), @r#"
    $ mkdir -p a/b && cd a/b && ledger list -q
    REQ-YYYYMMDD-0001
    $ cd /tmp && ledger list -q --root $OLDPWD
    REQ-YYYYMMDD-0001
    $ cd /tmp && LEDGER_ROOT=$OLDPWD ledger list -q
    REQ-YYYYMMDD-0001
    $ cd ../home && ledger list
    ! error: there is no ledger in [tmp]/home or above it
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    $ cd ../home && ledger list --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "no-ledger", "message": "there is no ledger in [tmp]/home or above it",
    !     "hint": "ledger init, or name the folder with --root DIR", "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger list --root ../home
    ! error: no ledger: [tmp]/work/../home/coordination is missing
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    $ ledger list --root ../nowhere
    ! error: no ledger: [tmp]/work/../nowhere/coordination is missing
    ! hint: ledger init, or name the folder with --root DIR
    [exit 4]
    $ mkdir ../home/coordination && ledger list --root ../home
    ! error: no ledger: [tmp]/work/../home/coordination/ledger.json is missing
    ! hint: restore it from a copy, or from another clone
    [exit 4]
    "#);
}
