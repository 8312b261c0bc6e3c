//! `ledger export`

use crate::common::Sandbox;
use crate::transcript;

fn three() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("=1+1, \"quoted\" | <b>", "--label money --label eu --depends-on 1 --priority P0");
    sandbox.bug("-2 days", "--due 2027-01-31");
    sandbox.run("ledger transition 3 withdrawn --reason 'it was tax'");
    sandbox
}

#[test]
fn for_a_spreadsheet_no_cell_is_a_formula() {
    transcript!(three(), @r#"
    $ ledger export | head -1
    id,state,version,heads,title,from,to,type,priority,labels,created_at,created_by,updated_at,updated_by,due,depends_on,parent,key,duplicate_of,parts,claim,waits_for
    $ ledger export --fields id,title,labels,due,waits_for
    id,title,labels,due,waits_for
    REQ-YYYYMMDD-0001,Totals are wrong,,,
    REQ-YYYYMMDD-0002,"'=1+1, ""quoted"" | <b>","money; eu",,REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0003,"'-2 days",,2027-01-31,
    $ ledger export --format csv --fields title,id --open --sort priority
    title,id
    "'=1+1, ""quoted"" | <b>",REQ-YYYYMMDD-0002
    Totals are wrong,REQ-YYYYMMDD-0001
    $ ledger export | sed -n 2p
    REQ-YYYYMMDD-0001,PROPOSED,1,[hash],Totals are wrong,shop,billing,bug,P2,,YYYY-MM-DDThh:mm:ss.mmmZ,alice,YYYY-MM-DDThh:mm:ss.mmmZ,alice,,,,k1,,,,
    $ ledger export --fields id | tail -c 7 | od -c | head -1 | tr -s ' '
    0000000 - 0 0 0 3 \r \n
    "#);
}

#[test]
fn for_a_document_it_is_a_table() {
    transcript!(three(), @r#"
    $ ledger export --format markdown --fields id,state,title,labels
    | id | state | title | labels |
    |---|---|---|---|
    | REQ-YYYYMMDD-0001 | PROPOSED | Totals are wrong |  |
    | REQ-YYYYMMDD-0002 | PROPOSED | =1+1, "quoted" \| &lt;b\> | money; eu |
    | REQ-YYYYMMDD-0003 | WITHDRAWN | -2 days |  |
    "#);
}

#[test]
fn as_json_each_row_is_what_a_list_says() {
    transcript!(three(), @r#"
    $ ledger export --json --fields id,title --limit 2
    {
      "v": 1,
      "data": {
        "requests": [
          {"id": "REQ-YYYYMMDD-0001", "title": "Totals are wrong"},
          {"id": "REQ-YYYYMMDD-0002", "title": "=1+1, \"quoted\" | <b>"}
        ],
        "damaged": []
      }
    }
    $ ledger export --format jsonl --fields id,state --state withdrawn
    {"v": 1, "data": {"id": "REQ-YYYYMMDD-0003", "state": "WITHDRAWN"}}
    $ ledger export --json --type incident
    {"v": 1, "data": {"requests": [], "damaged": []}}
    $ ledger export --format jsonl > exported; ledger list --all --format jsonl | cmp - exported && wc -l < exported
    3
    "#);
}

#[test]
fn filters_narrow_it_and_it_tells_how_it_was() {
    transcript!(three(), @r#"
    $ ledger export --fields id --label money
    id
    REQ-YYYYMMDD-0002
    $ ledger export --fields id --ready; ledger export --fields id --blocked
    id
    REQ-YYYYMMDD-0001
    id
    REQ-YYYYMMDD-0002
    $ ledger export --fields id,priority --sort priority --limit 2
    id,priority
    REQ-YYYYMMDD-0002,P0
    REQ-YYYYMMDD-0001,P2
    $ ledger export --fields id,state --sort state
    id,state
    REQ-YYYYMMDD-0001,PROPOSED
    REQ-YYYYMMDD-0002,PROPOSED
    REQ-YYYYMMDD-0003,WITHDRAWN
    $ sleep 0.02; date -u +%FT%T.%3NZ > then; sleep 0.02; ledger transition 1 accepted -q
    REQ-YYYYMMDD-0001
    $ ledger export --fields id,state --text totals; ledger export --fields id,state --text totals --at $(cat then)
    id,state
    REQ-YYYYMMDD-0001,ACCEPTED
    id,state
    REQ-YYYYMMDD-0001,PROPOSED
    $ ledger export --at 2020-01-01 --fields id
    id
    $ ledger export --fields size
    ! error: there is no field "size", only id, state, version, heads, title, from, to, type, priority, labels, created_at, created_by, updated_at, updated_by, due, depends_on, parent, key, duplicate_of, parts, claim, waits_for
    ! hint: ledger export --help
    [exit 2]
    $ ledger export --format html
    ! error: an export is printed as csv, json, jsonl or markdown
    ! hint: ledger export --help
    [exit 2]
    "#);
}

#[test]
fn a_damaged_request_is_told_beside_the_others() {
    let sandbox = three();
    sandbox.run("echo '{' > coordination/events/REQ-$TODAY-0002.jsonl");
    transcript!(sandbox, @r#"
    $ ledger export --fields id
    id
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0003
    ! REQ-YYYYMMDD-0002 can't be read: coordination/events/REQ-YYYYMMDD-0002.jsonl:1: the line does not end in its hash (ledger verify REQ-YYYYMMDD-0002)
    [exit 9]
    $ ledger export --json --fields id
    {
      "v": 1,
      "data": {
        "requests": [{"id": "REQ-YYYYMMDD-0001"}, {"id": "REQ-YYYYMMDD-0003"}],
        "damaged": [
          {
            "id": "REQ-YYYYMMDD-0002",
            "what": "coordination/events/REQ-YYYYMMDD-0002.jsonl:1: the line does not end in its hash"
          }
        ]
      }
    }
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "REQ-YYYYMMDD-0002 can't be read: coordination/events/REQ-YYYYMMDD-0002.jsonl:1: the line does not end in its hash (ledger verify REQ-YYYYMMDD-0002)"
    !   }
    ! }
    [exit 9]
    "#);
}
