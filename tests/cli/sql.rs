//! `ledger sql`

use crate::common::Sandbox;
use crate::transcript;

fn four() -> Sandbox {
    let sandbox = Sandbox::with_bug();
    sandbox.bug("Show EUR", "--label money --label eu --depends-on 1 --priority P0 --key eur");
    sandbox.bug("A part", "--due 2027-01-31 --parent 1");
    sandbox.run("ledger transition 3 withdrawn --reason 'it was tax'");
    sandbox.bug("\u{1b}[31mred\u{1b}[0m", "");
    sandbox
}

#[test]
fn every_view_says_what_the_other_commands_say() {
    transcript!(four(), @r#"
    $ ledger sql 'SELECT id, state, is_open, is_settled, version, events, type, priority, title FROM requests ORDER BY nr'
    ID                 STATE      IS_OPEN  IS_SETTLED  VERSION  EVENTS  TYPE  PRIORITY  TITLE
    REQ-YYYYMMDD-0001  PROPOSED   1        0           1        1       bug   P2        Totals are wrong
    REQ-YYYYMMDD-0002  PROPOSED   1        0           1        1       bug   P0        Show EUR
    REQ-YYYYMMDD-0003  WITHDRAWN  0        1           2        2       bug   P2        A part
    REQ-YYYYMMDD-0004  PROPOSED   1        0           1        1       bug   P2        \u{1b}[31mred\u{1b}[0m
    $ ledger sql 'SELECT id, origin, created_at, created_by, updated_at, updated_by, due, parent, key, damage FROM requests ORDER BY nr'
    ID                 ORIGIN  CREATED_AT                CREATED_BY  UPDATED_AT                UPDATED_BY  DUE         PARENT             KEY  DAMAGE
    REQ-YYYYMMDD-0001  shop    YYYY-MM-DDThh:mm:ss.mmmZ  alice       YYYY-MM-DDThh:mm:ss.mmmZ  alice                                      k1
    REQ-YYYYMMDD-0002  shop    YYYY-MM-DDThh:mm:ss.mmmZ  alice       YYYY-MM-DDThh:mm:ss.mmmZ  alice                                      eur
    REQ-YYYYMMDD-0003  shop    YYYY-MM-DDThh:mm:ss.mmmZ  alice       YYYY-MM-DDThh:mm:ss.mmmZ  alice       2027-01-31  REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0004  shop    YYYY-MM-DDThh:mm:ss.mmmZ  alice       YYYY-MM-DDThh:mm:ss.mmmZ  alice
    $ ledger sql 'SELECT started_at, ended_at > created_at AS has_ended, lead_ms >= 0 AS has_lead, cycle_ms FROM requests ORDER BY nr'
    STARTED_AT  HAS_ENDED  HAS_LEAD  CYCLE_MS


                1          1

    $ ledger respond 1 --repo billing --status accepted
    REQ-YYYYMMDD-0001  YYYY-MM-DD hh:mm:ssZ  v2  alice  billing says ACCEPTED
      next, for billing: ledger transition REQ-YYYYMMDD-0001 ACCEPTED
    $ ledger sql 'SELECT id, repo, said FROM requests JOIN targets USING (nr) ORDER BY nr'
    ID                 REPO     SAID
    REQ-YYYYMMDD-0001  billing  ACCEPTED
    REQ-YYYYMMDD-0002  billing
    REQ-YYYYMMDD-0003  billing
    REQ-YYYYMMDD-0004  billing
    $ ledger sql 'SELECT id, label FROM requests JOIN labels USING (nr) ORDER BY label'
    ID                 LABEL
    REQ-YYYYMMDD-0002  eu
    REQ-YYYYMMDD-0002  money
    $ ledger sql 'SELECT id, needs, needs_nr = (SELECT nr FROM requests WHERE id = needs) AS same FROM requests JOIN dependencies USING (nr)'
    ID                 NEEDS              SAME
    REQ-YYYYMMDD-0002  REQ-YYYYMMDD-0001  1
    "#);
}

/// The times are computed from numbers: they are the same texts as everywhere else.
#[test]
fn times_are_as_in_every_other_command() {
    let sandbox = four();
    let from = |line: &str| -> Vec<(String, String, String)> {
        let said: serde_json::Value = serde_json::from_str(&sandbox.run(line)).unwrap();
        let rows = said["data"].get("rows").unwrap_or(&said["data"]["requests"]).as_array().unwrap();
        let text = |row: &serde_json::Value, name: &str| row[name].as_str().unwrap().to_owned();
        rows.iter().map(|row| (text(row, "id"), text(row, "created_at"), text(row, "updated_at"))).collect()
    };
    let asked = from("ledger sql 'SELECT id, created_at, updated_at FROM requests ORDER BY nr' --json");
    assert_eq!(asked, from("ledger list --all --json"));
    assert_eq!(asked.len(), 4);
}

#[test]
fn a_damaged_request_has_its_damage_and_nothing_else() {
    transcript!(four(), @r#"
    $ echo '{}' | tee coordination/events/*-0002.jsonl > tee.out
    $ ledger sql 'SELECT id, state, is_open, title, length(damage) > 0 AS is_damaged FROM requests ORDER BY nr' --json
    {
      "v": 1,
      "data": {
        "columns": ["id", "state", "is_open", "title", "is_damaged"], "has_more": false,
        "rows": [
          {
            "id": "REQ-YYYYMMDD-0001", "is_damaged": null, "is_open": 1, "state": "PROPOSED",
            "title": "Totals are wrong"
          },
          {"id": "REQ-YYYYMMDD-0002", "is_damaged": 1, "is_open": null, "state": null, "title": null},
          {"id": "REQ-YYYYMMDD-0003", "is_damaged": null, "is_open": 0, "state": "WITHDRAWN", "title": "A part"},
          {
            "id": "REQ-YYYYMMDD-0004", "is_damaged": null, "is_open": 1, "state": "PROPOSED",
            "title": "\u001b[31mred\u001b[0m"
          }
        ]
      }
    }
    "#);
}

#[test]
fn it_prints_what_programs_read() {
    transcript!(four(), @r#"
    $ ledger sql 'SELECT nr % 10000 AS nr, id, -1.5 AS n, NULL AS none, x'"'00ff'"' AS bytes, 9e999 AS inf FROM requests ORDER BY nr LIMIT 1' --json
    {
      "v": 1,
      "data": {
        "columns": ["nr", "id", "n", "none", "bytes", "inf"], "has_more": false,
        "rows": [{"bytes": "00ff", "id": "REQ-YYYYMMDD-0001", "inf": "inf", "n": -1.5, "none": null, "nr": 1}]
      }
    }
    $ ledger sql 'SELECT id, -1 AS n, title FROM requests ORDER BY nr' --format csv --limit 2
    id,n,title
    REQ-YYYYMMDD-0001,-1,Totals are wrong
    REQ-YYYYMMDD-0002,-1,Show EUR
    ! the first 2 rows are shown; --limit N shows more
    $ ledger sql 'SELECT id, title FROM requests WHERE id LIKE "%2"' --format markdown
    | id | title |
    |---|---|
    | REQ-YYYYMMDD-0002 | Show EUR |
    $ ledger sql 'SELECT id FROM requests ORDER BY nr' --format jsonl --limit 3
    {"v": 1, "data": {"id": "REQ-YYYYMMDD-0001"}}
    {"v": 1, "data": {"id": "REQ-YYYYMMDD-0002"}}
    {"v": 1, "data": {"id": "REQ-YYYYMMDD-0003"}}
    ! {"v": 1, "notice": {"message": "the first 3 rows are shown; --limit N shows more"}}
    $ echo 'SELECT count(*) AS n FROM requests' | ledger sql -
    N
    4
    $ ledger sql 'SELECT 1 WHERE 0'
    ! no row
    $ ledger sql 'SELECT 1, 1' --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-query", "message": "two columns are called \"1\": in JSON the one would hide the other",
    !     "hint": "name them with AS", "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    $ ledger sql 'SELECT 1' --format svg
    ! error: an answer in SQL is printed as text, json, jsonl, csv or markdown
    ! hint: ledger sql --help
    [exit 2]
    "#);
}

#[test]
fn nothing_but_reading_the_views_is_possible() {
    transcript!(four(), @r#"
    $ ledger sql 'SELECT * FROM request'
    ! error: access to request.nr is prohibited: only the views can be read, and nothing can be changed; did you mean requests?
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql 'SELECT entry FROM (SELECT * FROM main.body)'
    ! error: access to body.nr is prohibited: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql 'SELECT sql FROM sqlite_schema'
    ! error: access to sqlite_master.sql is prohibited: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "UPDATE meta SET value = 0"
    ! error: not authorized: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "DELETE FROM requests"
    ! error: cannot modify requests because it is a view
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "DROP VIEW requests"
    ! error: not authorized: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "CREATE TABLE t (x)"
    ! error: not authorized: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "ATTACH '/etc/passwd' AS p"
    ! error: not authorized: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "PRAGMA query_only = 0"
    ! error: not authorized: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "VACUUM INTO 'copy'"
    ! error: cannot VACUUM from within a transaction
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "BEGIN; SELECT 1"
    ! error: not authorized: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "SELECT load_extension('x')"
    ! error: not authorized to use function: load_extension: only the views can be read, and nothing can be changed
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "SELECT length(randomblob(100000000))"
    ! error: string or blob too big
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql "SELECT count(*) FROM json_each('[1, 2]')"
    COUNT(*)
    2
    $ ledger sql "SELECT"
    ! error: incomplete input
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger sql ""
    ! error: there is no question in it
    ! hint: ledger sql lists the tables
    [exit 2]
    $ ledger list --fields id,state
    ID                 STATE
    REQ-YYYYMMDD-0001  PROPOSED
    REQ-YYYYMMDD-0002  PROPOSED
    REQ-YYYYMMDD-0004  PROPOSED
    "#);
}

#[test]
fn a_question_without_end_ends() {
    transcript!(four(), @r#"
    $ ledger sql 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c' --timeout 300ms
    ! error: the question took too long
    ! hint: ask for less, or give it more time with --timeout
    [exit 7]
    $ ledger sql 'WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c' --limit 3
    X
    1
    2
    3
    ! the first 3 rows are shown; --limit N shows more
    $ ledger sql "WITH RECURSIVE c(x) AS (SELECT zeroblob(1000000) UNION ALL SELECT x || x'00' FROM c) SELECT count(DISTINCT x) FROM c" --timeout 4s 2>&1 | head -1 | cut -c1-6
    error:
    "#);
}
