//! `ledger search`

use crate::common::Sandbox;
use crate::transcript;

/// Prices, rates and their notes, by several.
fn with_texts() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.bug("Prices in euros", "--description 'The exchange rate\nof each day.' --label money --key euro-42");
    sandbox.bug("Euro rates", "--priority P1 --actor bob --success 'max_len is 80'");
    sandbox.bug("Überprüfung 漢字仮名", "");
    sandbox.run(
        "ledger note 1 --text 'The exchange office has a rate of its own' --actor bob &&
         ledger evidence 2 commit=1a2b3c url=https://example.org/rate_of_day &&
         ledger transition 3 rejected --reason 'no rate is concerned' && ledger transition 2 accepted",
    );
    sandbox
}

#[test]
fn all_texts_are_searched_and_titles_come_first() {
    transcript!(with_texts(), @"
    $ ledger search rate
    REQ-YYYYMMDD-0001  PROPOSED  Prices in euros
      description: The exchange rate of each day.
      note by bob, YYYY-MM-DD hh:mm:ssZ (v2): The exchange office has a rate of its own
    REQ-YYYYMMDD-0003  REJECTED  Überprüfung 漢字仮名
      reason by alice, YYYY-MM-DD hh:mm:ssZ (v2): no rate is concerned
    REQ-YYYYMMDD-0002  ACCEPTED  Euro rates
      evidence by alice, YYYY-MM-DD hh:mm:ssZ (v2): url=https://example.org/rate_of_day
    $ ledger search rates
    REQ-YYYYMMDD-0002  ACCEPTED  Euro rates
    $ ledger search rate -q --limit 2
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0003
    $ ledger search euro-42; ledger search money -q; ledger search max_len
    REQ-YYYYMMDD-0001  PROPOSED  Prices in euros
      key: euro-42
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002  ACCEPTED  Euro rates
      criterion: max_len is 80
    $ ledger search uberprufung -q; ledger search 字仮 -q; ledger search 仮字
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0003
    ! no request matches
    ");
}

#[test]
fn words_are_all_required_phrases_stand_together_and_a_star_is_a_beginning() {
    transcript!(with_texts(), @r#"
    $ ledger search rate euros -q
    REQ-YYYYMMDD-0001
    $ ledger search '"exchange rate"'
    REQ-YYYYMMDD-0001  PROPOSED  Prices in euros
      description: The exchange rate of each day.
    $ ledger search '"rate exchange"'
    ! no request matches
    $ ledger search 'eur* rat*' -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0001
    $ ledger search 'EXCHANGE "RATE OF"*' -q
    REQ-YYYYMMDD-0001
    # What other programs take for operators is a word, or nothing.
    $ ledger search rate OR nothing
    ! no request matches
    $ ledger search 'title:rates' -- '-euro' '(' '^' 'NEAR/2' '"'
    ! no request matches
    $ ledger search 'rates^2 {title} : euro' -q; ledger search 'rates; DROP TABLE text; --' -q
    $ ledger search '" - "'
    ! error: there is no word to look for
    ! hint: ledger search refund 'invoic*' '"exchange rate"' looks for words, beginnings and phrases
    [exit 2]
    $ ledger search
    ! error: the following required arguments were not provided:
    !   <WORDS>...
    !
    ! Usage: ledger search <WORDS>...
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger search x --limit 1001
    ! error: invalid value '1001' for '--limit <N>': expected a number from 1 to 1000
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger search "$(yes a | head -65)" --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "usage", "message": "a search takes at most 64 words",
    !     "hint": "ledger search refund 'invoic*' '\"exchange rate\"' looks for words, beginnings and phrases",
    !     "retryable": false, "exit_status": 2
    !   }
    ! }
    [exit 2]
    "#);
}

#[test]
fn filters_are_those_of_lists() {
    transcript!(with_texts(), @"
    $ ledger search rate -q --open
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    $ ledger search rate -q --state rejected --state accepted
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0002
    $ ledger search rate -q --by bob; ledger search rate -q --label money; ledger search rate -q --priority p1
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0002
    $ ledger search rate -q --text 'EACH exchange'
    REQ-YYYYMMDD-0001
    $ ledger search rate --type bugs
    ! no request matches
    ! bugs is not a type of this ledger; did you mean bug?
    $ ledger search rate --to shop; ledger search rate --state acepted
    ! no request matches
    ! error: the workflow has no state ACEPTED, only PROPOSED, ACCEPTED, IN_PROGRESS, BLOCKED, DELIVERED, VERIFIED, CLOSED, REJECTED, WITHDRAWN
    ! hint: did you mean ACCEPTED?
    [exit 2]
    ");
}

#[test]
fn as_json_the_places_of_what_was_found_are_counted_in_characters() {
    transcript!(with_texts(), @r#"
    $ ledger search '"字仮"' uber* --json
    {
      "v": 1,
      "data": {
        "requests": [
          {
            "id": "REQ-YYYYMMDD-0003", "state": "REJECTED", "version": 2, "heads": ["[hash]"],
            "title": "Überprüfung 漢字仮名", "from": "shop", "to": ["billing"], "type": "bug", "priority": "P2",
            "labels": [], "created_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "created_by": "alice",
            "updated_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "updated_by": "alice",
            "excerpts": [{"in": "title", "text": "Überprüfung 漢字仮名", "hits": [[0, 11], [13, 15]]}]
          }
        ],
        "matched": 1, "matched_is_exact": true, "has_more": false, "damaged": []
      }
    }
    $ ledger search concerned --format jsonl
    {
      "v": 1,
      "data": {
        "id": "REQ-YYYYMMDD-0003", "state": "REJECTED", "version": 2, "heads": ["[hash]"],
        "title": "Überprüfung 漢字仮名", "from": "shop", "to": ["billing"], "type": "bug", "priority": "P2",
        "labels": [], "created_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "created_by": "alice",
        "updated_at": "YYYY-MM-DDThh:mm:ss.mmmZ", "updated_by": "alice",
        "excerpts": [
          {
            "in": "reason", "event": 2, "at": "YYYY-MM-DDThh:mm:ss.mmmZ", "by": "alice",
            "text": "no rate is concerned", "hits": [[11, 20]]
          }
        ]
      }
    }
    $ ledger search rate --json --limit 1 | grep -o '"matched".*'
    "matched":3,"matched_is_exact":true,"has_more":true,"damaged":[]}}
    $ ledger search rate --limit 1 --format jsonl | cut -c 1-40
    {"v":1,"data":{"id":"REQ-YYYYMMDD-0001",
    ! {"v": 1, "notice": {"message": "1 of 3 shown"}}
    $ ledger search nothing --json
    {"v": 1, "data": {"requests": [], "matched": 0, "matched_is_exact": true, "has_more": false, "damaged": []}}
    "#);
}

#[test]
fn what_was_found_has_a_colour_where_there_are_colours() {
    let sandbox = with_texts();
    sandbox.run("ledger note 1 --text \"$(printf 'a\\033[2Jb\\342\\200\\256rate\\342\\200\\213 \\033]0;rate\\007')\"");
    transcript!(sandbox, @r#"
    $ ledger search rate euros --color always | tr '\033' '^'
    ^[1mREQ-YYYYMMDD-0001^[0m  ^[36mPROPOSED^[0m  Prices in ^[1m^[33meuros^[0m
      description: The exchange ^[1m^[33mrate^[0m of each day.
      note by bob, YYYY-MM-DD hh:mm:ssZ (v2): The exchange office has a ^[1m^[33mrate^[0m of its own
    $ ledger search rate euros | cat
    REQ-YYYYMMDD-0001  PROPOSED  Prices in euros
      description: The exchange rate of each day.
      note by bob, YYYY-MM-DD hh:mm:ssZ (v2): The exchange office has a rate of its own
    $ ledger search 2jb --json | grep -o '"excerpts".*'
    "excerpts":[{"in":"note","event":3,"at":"YYYY-MM-DDThh:mm:ss.mmmZ","by":"alice","text":"a\u001b[2Jb\u202erate\u200b \u001b]0;rate\u0007","hits":[[3,6]]}]}],"matched":1,"matched_is_exact":true,"has_more":false,"damaged":[]}}
    "#);
}

#[test]
fn as_it_was() {
    let sandbox = with_texts();
    sandbox.run("ledger log --json | grep -o '\"at\":\"[^\"]*' | cut -c 7- > times");
    transcript!(sandbox, @r#"
    # Made, made, made, noted, with evidence, rejected.
    $ ledger search rate -q --at "$(sed -n 3p times)"
    REQ-YYYYMMDD-0001
    $ ledger search rate -q --at "$(sed -n 4p times)"; ledger search office -q --at "$(sed -n 3p times)"
    REQ-YYYYMMDD-0001
    $ ledger search rate --at "$(sed -n 5p times)"
    REQ-YYYYMMDD-0001  PROPOSED  Prices in euros
      description: The exchange rate of each day.
      note by bob, YYYY-MM-DD hh:mm:ssZ (v2): The exchange office has a rate of its own
    REQ-YYYYMMDD-0002  PROPOSED  Euro rates
      evidence by alice, YYYY-MM-DD hh:mm:ssZ (v2): url=https://example.org/rate_of_day
    $ ledger search rat* --open -q --at "$(sed -n 6p times)"; ledger search rate --state rejected --at "$(sed -n 6p times)"
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0001
    REQ-YYYYMMDD-0003  REJECTED  Überprüfung 漢字仮名
      reason by alice, YYYY-MM-DD hh:mm:ssZ (v2): no rate is concerned
    $ ledger search rate --at 2000-01-01; ledger search rate --at noon
    ! no request matches
    ! error: "noon" is not a time: expected RFC 3339, a date like 2026-11-20, or 2h or 3d (ago)
    ! hint: ledger search --help
    [exit 2]
    "#);
}

#[test]
fn it_follows_whatever_is_written_and_heals() {
    let sandbox = with_texts();
    transcript!(sandbox, @r#"
    $ ledger search budget
    ! no request matches
    $ ledger note 2 --text 'over budget' -q; ledger search budget -q
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0002
    $ ledger transition 2 withdrawn --reason 'no BUDGETS' -q; ledger search budget* -q; ledger search budget* --open
    REQ-YYYYMMDD-0002
    REQ-YYYYMMDD-0002
    ! no request matches
    $ ledger search budgets
    REQ-YYYYMMDD-0002  WITHDRAWN  Euro rates
      reason by alice, YYYY-MM-DD hh:mm:ssZ (v5): no BUDGETS
    $ head -c 5000 coordination/.local/cache.sqlite > x; cat x > coordination/.local/cache.sqlite; ledger search budgets -q
    REQ-YYYYMMDD-0002
    $ rm coordination/.local/cache.sqlite; mkdir coordination/.local/cache.sqlite; ledger search budgets -q
    REQ-YYYYMMDD-0002
    $ rmdir coordination/.local/cache.sqlite; sed -i s/alice/mallory/ coordination/events/REQ-$TODAY-0001.jsonl; ledger search rate -q
    REQ-YYYYMMDD-0003
    REQ-YYYYMMDD-0002
    [exit 9]
    $ ledger search nothing --json
    {
      "v": 1,
      "data": {
        "requests": [], "matched": 0, "matched_is_exact": true, "has_more": false,
        "damaged": [
          {
            "id": "REQ-YYYYMMDD-0001",
            "what": "coordination/events/REQ-YYYYMMDD-0001.jsonl:1: the line was changed: its hash does not match its bytes"
          }
        ]
      }
    }
    ! {
    !   "v": 1,
    !   "notice": {
    !     "message": "REQ-YYYYMMDD-0001 can't be read: coordination/events/REQ-YYYYMMDD-0001.jsonl:1: the line was changed: its hash does not match its bytes (ledger verify REQ-YYYYMMDD-0001)"
    !   }
    ! }
    [exit 9]
    "#);
}

#[test]
fn long_words_and_many_of_them() {
    let sandbox = Sandbox::with_bug();
    sandbox.run(
        "(head -c 60000 /dev/zero | tr '\\0' x; echo ' euro') | ledger note 1 --text - -q &&
         yes 'euro rate' | head -c 60000 | ledger note 1 --text - -q",
    );
    transcript!(sandbox, @r#"
    $ ledger search xxx*
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
      note by alice, YYYY-MM-DD hh:mm:ssZ (v2): xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…
    $ ledger search '"euro rate euro"' | cut -c 1-90
    REQ-YYYYMMDD-0001  PROPOSED  Totals are wrong
      note by alice, YYYY-MM-DD hh:mm:ssZ (v3): euro rate euro rate euro rate euro rate euro r
    $ ledger search "$(head -c 60000 /dev/zero | tr '\0' x)" -q
    REQ-YYYYMMDD-0001
    "#);
}
