//! What a request can be called.

use coordination_ledger::domain::time::Timestamp;

use crate::common::{Sandbox, old};
use crate::transcript;

#[test]
fn an_id_has_short_forms_and_a_key_names_a_request() {
    transcript!(Sandbox::with_bug(), @"
    $ ledger note REQ-$TODAY-0001 --text whole -q
    REQ-YYYYMMDD-0001
    $ ledger note req-$TODAY-0001 --text small -q
    REQ-YYYYMMDD-0001
    $ ledger note $TODAY-1 --text day -q
    REQ-YYYYMMDD-0001
    $ ledger note $MMDD-1 --text month -q
    REQ-YYYYMMDD-0001
    $ ledger note $MMDD-0001 --text zeros -q
    REQ-YYYYMMDD-0001
    $ ledger note 1 --text today -q
    REQ-YYYYMMDD-0001
    $ ledger note key:k1 --text key -q
    REQ-YYYYMMDD-0001
    $ ledger log 1 | grep -c note
    7
    ");
}

#[test]
fn what_is_not_there_gets_a_suggestion_where_something_is_near() {
    transcript!(Sandbox::with_bug(), @r#"
    $ ledger show 2
    ! error: there is no request 2
    ! hint: ledger list --all
    [exit 4]
    $ ledger show 99
    ! error: there is no request 99
    ! hint: ledger list --all
    [exit 4]
    $ ledger show $MMDD-2
    ! error: there is no request MMDD-2
    ! hint: did you mean REQ-YYYYMMDD-0001?
    [exit 4]
    $ ledger show REQ-$TODAY-0011
    ! error: there is no request REQ-YYYYMMDD-0011
    ! hint: did you mean REQ-YYYYMMDD-0001?
    [exit 4]
    $ ledger show REQ-$TODAY-0O01
    ! error: there is no request REQ-YYYYMMDD-0O01
    ! hint: did you mean REQ-YYYYMMDD-0001?
    [exit 4]
    $ ledger show REQ-19990101-4711
    ! error: there is no request REQ-19990101-4711
    ! hint: ledger list --all
    [exit 4]
    $ ledger show key:k2
    ! error: there is no request key:k2
    ! hint: ledger list --all
    [exit 4]
    $ ledger new --title T --from shop --to billing --type bug --set details.impact=all --key shop-42 -q
    REQ-YYYYMMDD-0002
    $ ledger show key:shp-42
    ! error: there is no request key:shp-42
    ! hint: did you mean key:shop-42?
    [exit 4]
    $ ledger note key:shop42 --text x --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-found", "message": "there is no request key:shop42", "hint": "did you mean key:shop-42?",
    !     "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    # Another number is another intent.
    $ ledger show key:shop-43
    ! error: there is no request key:shop-43
    ! hint: ledger list --all
    [exit 4]
    # A hint is not worth reading a very large index for.
    $ head -c 9000000 /dev/zero | tr '\0' ' ' >> coordination/index.json; ledger show key:shp-42
    ! error: there is no request key:shp-42
    ! hint: ledger list --all
    [exit 4]
    $ rm coordination/index.json; ledger show key:shp-42
    ! error: there is no request key:shp-42
    ! hint: ledger list --all
    [exit 4]
    $ ledger show rubbish
    ! error: there is no request rubbish
    ! hint: ledger list --all
    [exit 4]
    $ ledger show ../../etc/passwd
    ! error: there is no request ../../etc/passwd
    ! hint: ledger list --all
    [exit 4]
    $ ledger transition REQ-$TODAY-0010 accepted --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-found", "message": "there is no request REQ-YYYYMMDD-0010",
    !     "hint": "did you mean REQ-YYYYMMDD-0001?", "retryable": false, "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger verify 7 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "not-found", "message": "there is no request 7", "hint": "ledger list --all", "retryable": false,
    !     "exit_status": 4
    !   }
    ! }
    [exit 4]
    $ ledger log 7
    ! error: there is no request 7
    ! hint: ledger list --all
    [exit 4]
    $ ledger show 'key:'
    ! error: key "" is not valid: expected 1 to 256 bytes without control characters or leading and trailing blanks
    ! hint: ledger show --help
    [exit 2]
    "#);
}

#[test]
fn a_short_form_that_could_be_several_is_refused() {
    let sandbox = Sandbox::new();
    for year in ["2021", "2022"] {
        old::request(&sandbox.root(), &format!("{year}-03-04T05:06:07.000Z").parse::<Timestamp>().unwrap());
    }
    transcript!(sandbox, @r#"
    $ ledger show 304-1
    ! error: there is no request 304-1
    ! hint: ledger list --all
    [exit 4]
    $ ledger show 0304-1
    ! error: "0304-1" could be any of REQ-20210304-0001, REQ-20220304-0001
    ! hint: write the whole id: ledger list --all --fields id,title tells them
    [exit 2]
    $ ledger show 0304-1 --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "ambiguous", "message": "\"0304-1\" could be any of REQ-20210304-0001, REQ-20220304-0001",
    !     "hint": "write the whole id: ledger list --all --fields id,title tells them", "retryable": false,
    !     "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger show 20220304-1 | head -1
    REQ-20220304-0001  PROPOSED  v1
    $ ledger list
    ID                 STATE     PRIORITY  TYPE  TO       UPDATED_AT            TITLE
    REQ-20210304-0001  PROPOSED  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  From long ago
    REQ-20220304-0001  PROPOSED  P2        bug   billing  YYYY-MM-DD hh:mm:ssZ  From long ago
    $ ledger index -q; ledger verify
    ok: 2 requests, 2 events verified
    "#);
}
