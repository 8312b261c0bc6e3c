//! `ledger conflicts`: what clones that worked apart left for people to decide.

use crate::common::Sandbox;
use crate::transcript;

#[test]
fn what_waits_for_a_decision_is_listed_with_what_settles_it() {
    let sandbox = Sandbox::with_bug();
    sandbox.clone_to("other");
    sandbox.run("ledger transition 1 accepted -q; ledger claim 1 -q");
    sandbox.run(
        "ledger claim 1 --root ../other --actor ben -q; ledger transition 1 rejected --reason no --root ../other -q",
    );
    sandbox.run("cat ../other/coordination/events/REQ-$TODAY-0001.jsonl >> coordination/events/REQ-$TODAY-0001.jsonl");
    sandbox.bug("Other", "--key twice");
    sandbox
        .run("ledger new --title Again --from shop --to billing --type bug --set details.impact=x --root ../other -q");
    sandbox.run("ledger new --title Again --from shop --to billing --type bug --set details.impact=x --key twice --root ../other -q");
    sandbox.run("for f in requests events; do cp ../other/coordination/$f/REQ-$TODAY-0003.* coordination/$f/; done");
    transcript!(sandbox, @"
    $ ledger conflicts
    $ ledger conflicts --json
    $ ledger resolve 1 --keep accepted --reason 'It is one' -q; ledger release 1; ledger transition 3 withdrawn --reason 'As 2' -q
    $ ledger conflicts
    ");
}

#[test]
fn where_nothing_waits_the_answer_is_yes() {
    let sandbox = Sandbox::with_bug();
    transcript!(sandbox, @"
    $ ledger conflicts
    $ ledger conflicts --json
    $ ledger conflicts --quiet
    ");
}
