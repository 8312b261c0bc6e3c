//! What a mistyped name may have been meant to be: asked where one is near, and nothing where none is.

use crate::common::Sandbox;
use crate::transcript;

fn with_names() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.bug("Totals are wrong", "--label urgent --actor mia --key adopt:OPS-7");
    sandbox.run("ledger claim 1 --actor zoe");
    sandbox
}

#[test]
fn names_that_nobody_has_are_asked_about_where_nothing_is_found() {
    transcript!(with_names(), @r#"
    $ ledger list --by mai
    ! no request matches
    ! no request was made by mai; did you mean mia?
    $ ledger list --label urgnt
    ! no request matches
    ! no request has the label urgnt; did you mean urgent?
    $ ledger list --claimed-by zeo
    ! no request matches
    ! nobody called zeo is on record; did you mean zoe?
    $ ledger list --by somebody
    ! no request matches
    ! no request was made by somebody
    $ ledger list --by mia --text nothing
    ! no request matches
    $ ledger log --by mai
    ! no event matches
    ! no event is by mai; did you mean mia?
    $ ledger log --by somebody
    ! no event matches
    $ ledger claim --next --to biling
    ! no request is asked by or of biling; did you mean billing?
    ! error: no request is ready and unclaimed
    ! hint: ledger ready --claimed tells who has claimed what, and ledger blocked what waits
    [exit 4]
    $ ledger claim --next --to biling --json
    ! {"v": 1, "notice": {"message": "no request is asked by or of biling; did you mean billing?"}}
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "nothing-ready", "message": "no request is ready and unclaimed",
    !     "hint": "ledger ready --claimed tells who has claimed what, and ledger blocked what waits",
    !     "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger list --state nope
    ! error: the workflow has no state NOPE, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: ledger list --help
    [exit 2]
    $ ledger list --state closd
    ! error: the workflow has no state CLOSD, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: did you mean CLOSED?
    [exit 2]
    $ ledger list --fields id,titel
    ! error: there is no field "titel", only id, state, version, heads, title, from, to, type, priority, labels, created_at, created_by, updated_at, updated_by, due, depends_on, parent, key, duplicate_of, parts, claim, waits_for
    ! hint: did you mean title?
    [exit 2]
    $ ledger show 1 --fields zzz
    ! error: there is no field "zzz", only id, version, state, sides, aliases, namesakes, duplicate_of, distinct, key_conflicts, not_counted, claim, since, last, heads, packet_hash, occurred_at, packet, details, parts, evidence, notes, approvals, dependencies, open, expected
    ! hint: ledger show --help
    [exit 2]
    "#);
}

#[test]
fn what_was_taken_over_is_found_by_its_old_name() {
    transcript!(with_names(), @r#"
    $ ledger show OPS-7
    ! error: there is no request OPS-7
    ! hint: did you mean key:adopt:OPS-7?
    [exit 4]
    $ ledger show OPS-8
    ! error: there is no request OPS-8
    ! hint: ledger list --all
    [exit 4]
    $ ledger show 41
    ! error: there is no request 41
    ! hint: ledger list --all
    [exit 4]
    "#);
}

#[test]
fn commands_have_other_names_elsewhere() {
    transcript!(with_names(), @r#"
    $ for name in view create comment edit close status ls history push trnsition; do ledger $name 2>&1 | grep tip; done
      tip: a similar subcommand exists: 'show'
      tip: a similar subcommand exists: 'new'
      tip: a similar subcommand exists: 'note'
      tip: a similar subcommand exists: 'note'
      tip: a similar subcommand exists: 'transition'
      tip: a similar subcommand exists: 'list'
      tip: a similar subcommand exists: 'list'
      tip: a similar subcommand exists: 'log'
      tip: a similar subcommand exists: 'sync'
      tip: a similar subcommand exists: 'transition'
    $ ledger frobnicate 2>&1 | grep tip
    [exit 1]
    $ ledger contract view 2>&1 | grep tip
    [exit 1]
    $ ledger contract lst 2>&1 | grep tip
      tip: a similar subcommand exists: 'list'
    $ ledger list --titel x 2>&1 | grep tip
    [exit 1]
    $ ledger list --lable x 2>&1 | grep tip
      tip: a similar argument exists: '--label'
    $ ledger graph --as x 2>&1 | grep tip
    [exit 1]
    $ ledger ids lease --count 0 2>&1 | grep tip
    [exit 1]
    $ ledger search --foo 2>&1 | grep tip
    [exit 1]
    $ ledger contract waive --json 2>&1 | grep -o '"hint":"[^"]*"'
    "hint":"ledger contract waive --help"
    $ ledger ids lease --json x 2>&1 | grep -o '"hint":"[^"]*"'
    "hint":"ledger ids lease --help"
    $ ledger contract add 'bad name' /dev/null 2>&1 | tail -1
    hint: ledger contract add --help
    "#);
}

#[test]
fn what_a_draft_an_operation_and_a_question_mistype_is_asked_about() {
    transcript!(with_names(), @r#"
    $ ledger new --title T --from shop --to billing --type bgu --set details.impact=all
    ! error: the packet is not valid
    !   /request_type: "bgu" is not a request type of this ledger: expected one of bug, feature, incident, contract-change; did you mean bug?
    ! hint: ledger schema request tells what a packet holds
    [exit 5]
    $ ledger new --title T --from shop --to billing --type bug --set details.imapct=all
    ! error: the packet is not valid
    !   /details/impact: "impact" is missing: Whom it hurts, and how much; is "imapct" meant for it?
    ! hint: a detail is given as --set details.NAME=VALUE; ledger schema types/TYPE tells which there are
    [exit 5]
    $ echo '{"op":"nwe"}' | ledger apply - | grep -o '"message":.*"hint"'
    "message":"not an operation: \"op\" is one of new, transition, note, evidence, claim, heartbeat, release; did you mean new?","hint"
    $ echo '{"op":"note","request":"1","txet":"x"}' | ledger apply - | grep -o '"message":.*"hint"'
    "message":"not an operation: text is missing: expected a text; is \"txet\" meant for it?","hint"
    $ echo '{"op":"note","request":"1","text":"x","knid":"x"}' | ledger apply - | grep -o '"message":.*"hint"'
    "message":"not an operation: \"knid\" is not one of its members, which are op, request, text, kind, by, key, occurred_at; did you mean kind?","hint"
    $ ledger schema output/appli
    ! error: there is no schema "output/appli", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, and output/COMMAND
    ! hint: ledger schema output/apply
    [exit 4]
    $ ledger schema types/bgu
    ! error: there is no schema "types/bgu", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, and output/COMMAND
    ! hint: ledger schema types/bug
    [exit 4]
    $ ledger schema nothing.like.it
    ! error: there is no schema "nothing.like.it", only packet, request, event, index, workflow, ledger, types/bug, types/feature, types/incident, types/contract-change, and output/COMMAND
    ! hint: ledger schema lists all, under "schemas"
    [exit 4]
    $ ledger sql 'select * from request'
    ! error: access to request.nr is prohibited: only the views can be read, and nothing can be changed; did you mean requests?
    ! hint: ledger sql lists the tables
    [exit 2]
    "#);
}

/// An approval can't be taken back; a note is only a note.
#[test]
fn a_role_that_is_all_but_one_that_is_asked_for_is_refused() {
    transcript!(with_names(), @r#"
    $ ledger approve 1 --as sponsr
    ! error: nothing asks for an approval as sponsr, and an approval can't be taken back; something asks for one as sponsor
    ! hint: ledger approve REQ-YYYYMMDD-0001 --as sponsor
    [exit 5]
    $ ledger approve 1 --as sponsr --dry-run --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "mistyped-role",
    !     "message": "nothing asks for an approval as sponsr, and an approval can't be taken back; something asks for one as sponsor",
    !     "hint": "ledger approve REQ-YYYYMMDD-0001 --as sponsor", "retryable": false, "exit_status": 5
    !   }
    ! }
    [exit 5]
    $ ledger approve 1 --as legal
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v3  alice  approved as legal
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ! nothing asks for an approval as legal: it opens no way
    $ ledger note 1 --kind reviw --text x
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v4  alice  reviw note: x
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    ! nothing asks for a note of kind reviw; did you mean review?
    $ ledger note 1 --kind minutes --text x
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v5  alice  minutes note: x
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ echo '{"type":"object"}' > s.json; ledger contract add inv s.json --owner billing -q; ledger contract activate inv@1 -q
    inv@1
    inv
    $ ledger contract pin inv@1 --consumer shp
    inv  YYYY-MM-DD hh:mm:ssZ  #3  alice  shp uses v1
    ! ledger: no request is asked by or of shp; did you mean shop?
    "#);
}
