//! `ledger contract compare`: it needs no ledger.

use super::files;
use crate::transcript;

#[test]
fn two_schemas_are_compared_and_the_witness_is_shown() {
    transcript!(files(), @r##"
    $ echo '{"type":"integer"}' > a.json; echo '{"type":"number"}' > b.json; rm -rf coordination; ledger contract compare a.json b.json
    contained: every document of a.json is a document of b.json
    (no document is in the one and not in the other)
    $ ledger contract compare b.json a.json
    not contained: a document of b.json that is none of a.json:
      0.1
    (found by solving for the difference)
    [exit 3]
    $ ledger contract compare a.json b.json --json | sed 's/"ms":[0-9.e-]*/"ms":0/'
    {
      "v": 1,
      "data": {
        "answer": "contained", "witness": null, "reason": "no document is in the one and not in the other",
        "ms": 0
      }
    }
    $ ledger contract compare - b.json < a.json > /dev/null
    $ echo '{"type":"object","properties":{"a":{}}}' > a.json; echo '{"properties":{"b":{"type":"string"}}}' > b.json; ledger contract compare a.json b.json
    not contained: a document of a.json that is none of b.json:
      {"b":null}
    (found by solving for the difference)
    [exit 3]
    $ ledger contract compare a.json b.json --declared
    contained: every document of a.json is a document of b.json
    (no document is in the one and not in the other)
    $ echo '{"format":"date","type":"string"}' > a.json; echo '{"maxLength":10}' > b.json; ledger contract compare a.json b.json --formats
    contained: every document of a.json is a document of b.json
    (no document is in the one and not in the other)
    $ ledger contract compare a.json b.json
    not contained: a document of a.json that is none of b.json:
      "aaaaaaaaaaa"
    (found by solving for the difference)
    [exit 3]
    $ printf '%s' '{"type":"string","pattern":"^(a)\\1$"}' > a.json; echo '{"pattern":"^aa?$"}' > b.json; ledger contract compare a.json b.json
    unknown: whether every document of a.json is a document of b.json
    (the pattern "^(a)\\1$": it refers back to a group)
    [exit 10]
    "##);
}

#[test]
fn a_batch_is_answered_in_order_and_what_can_not_be_read_is_told() {
    transcript!(files(), @r#"
    $ printf '%s\n' '{"id":1,"sub":{"minimum":3},"super":{"minimum":2}}' '' '{"id":"two","draft":"draft4","formats":true,"sub":{"type":"number","minimum":0,"exclusiveMinimum":true},"super":{"minimum":1}}' > q.jsonl; ledger contract compare --batch q.jsonl | sed 's/"ms":[0-9.e-]*/"ms":0/'
    {"id":1,"answer":"contained","witness":null,"reason":"no document is in the one and not in the other","ms":0}
    {"id":"two","answer":"not_contained","witness":0.1,"reason":"found by solving for the difference","ms":0}
    $ printf '%s\n' '{"id":1,"sub":{}}' 'no' '{"id":2,"sub":{"a":1,"a":2},"super":{}}' '{"id":3,"draft":"draft3","sub":{},"super":{}}' '{"id":4,"sub":{"$ref":"https://example.com/x"},"super":{}}' '{"id":5,"sub":false,"super":{}}' | ledger contract compare --batch - | sed 's/"ms":[0-9.e-]*/"ms":0/'
    {"id":1,"answer":"unknown","witness":null,"reason":"line 1: \"super\" is missing","ms":0}
    {"id":null,"answer":"unknown","witness":null,"reason":"line 2: expected ident at line 1 column 2","ms":0}
    {"id":2,"answer":"unknown","witness":null,"reason":"line 3: /sub/a: the key \"a\" stands twice in one object at line 1 column 24","ms":0}
    {"id":3,"answer":"unknown","witness":null,"reason":"line 4: unknown draft \"draft3\"; known are draft4, draft6, draft7, draft2019-09 and draft2020-12","ms":0}
    {"id":4,"answer":"unknown","witness":null,"reason":"the reference \"https://example.com/x\" reaches \"https://example.com/x\", which is not at hand; nothing is fetched","ms":0}
    {"id":5,"answer":"contained","witness":null,"reason":"no document is in the one and not in the other","ms":0}
    $ ledger contract compare --batch nowhere.jsonl
    ! error: could not read [tmp]/work/nowhere.jsonl: No such file or directory (os error 2)
    ! hint: ledger contract compare --help
    [exit 2]
    $ printf '%s\n' '{"id":1,"sub":{"minimum":-18446744073709551615},"super":{"minimum":-1.8446744073709552e19}}' '{"id":2,"sub":{"const":12345678901234567890123},"super":{"type":"integer"}}' | ledger contract compare --batch - | sed 's/"ms":[0-9.e-]*/"ms":0/'
    {"id":1,"answer":"unknown","witness":null,"reason":"line 1: /sub/minimum: a number beyond double precision: it would lose digits; write one with fewer","ms":0}
    {"id":2,"answer":"contained","witness":null,"reason":"no document is in the one and not in the other","ms":0}
    $ mkdir far; echo '{"type":"integer"}' > far/int.json; echo '{"id":1,"sub":{"$ref":"https://example.com/int.json"},"super":{"type":"number"}}' | ledger contract compare --batch - --resolve https://example.com/=far | sed 's/"ms":[0-9.e-]*/"ms":0/'
    {"id":1,"answer":"contained","witness":null,"reason":"no document is in the one and not in the other","ms":0}
    "#);
}

#[test]
fn questions_that_can_not_be_put_are_refused() {
    transcript!(files(), @r#"
    $ echo '{"type":"strin"}' > a.json; echo '{}' > b.json; ledger contract compare a.json b.json
    ! error: a.json is no schema that can be used
    !   /type: "strin" is not valid under any of the schemas listed in the 'anyOf' keyword (by the meta-schema of draft2020-12)
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{"minimum":3,"exclusiveMinimum":true}' > a.json; ledger contract compare a.json b.json
    ! error: a.json is no schema that can be used
    !   /exclusiveMinimum: true is not of type "number" (by the meta-schema of draft2020-12)
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ ledger contract compare a.json b.json --draft draft4
    contained: every document of a.json is a document of b.json
    (no document is in the one and not in the other)
    $ ledger contract compare a.json b.json --draft 3
    ! error: unknown draft "3"; known are draft4, draft6, draft7, draft2019-09 and draft2020-12
    ! hint: ledger contract compare --help
    [exit 2]
    $ ledger contract compare - -
    ! error: only one of the two schemas can be read from stdin
    ! hint: ledger contract compare --help
    [exit 2]
    $ ledger contract compare a.json
    ! error: the following required arguments were not provided:
    !   <SUPER>
    !
    ! Usage: ledger contract compare <SUB> <SUPER>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ ledger contract compare a.json b.json --batch q.jsonl
    ! error: the argument '[SUB]' cannot be used with '--batch <FILE|->'
    !
    ! Usage: ledger contract compare <SUB> <SUPER>
    !
    ! For more information, try '--help'.
    [exit 2]
    $ echo '{"maximum":123456789012345678901234567890,"multipleOf":7}' > a.json; ledger contract compare a.json b.json
    ! error: a.json is no schema that can be used
    !   /maximum: a number beyond double precision: it would lose digits; write one with fewer
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ ledger contract compare a.json nowhere.json
    ! error: could not read [tmp]/work/nowhere.json: No such file or directory (os error 2)
    ! hint: ledger contract compare --help
    [exit 2]
    "#);
}

#[test]
fn versions_are_compared_by_name() {
    transcript!(super::invoices(), @r#"
    $ ledger contract compare billing.invoice@1 v1.json
    contained: every document of billing.invoice@1 is a document of v1.json
    (both are the same schema)
    $ ledger contract compare billing.invoice@1 billing.invoice@2
    not contained: a document of billing.invoice@1 that is none of billing.invoice@2:
      {"id":0,"note":null}
    (found by solving for the difference)
    [exit 3]
    $ ledger contract compare billing.invoice v1.json
    ! error: could not read [tmp]/work/billing.invoice: No such file or directory (os error 2)
    ! hint: a version of a contract is named billing.invoice@V, for example billing.invoice@1
    [exit 2]
    $ ledger contract diff billing.invoice billing.invoice@1
    ! error: could not read [tmp]/work/billing.invoice: No such file or directory (os error 2)
    ! hint: a version of a contract is named billing.invoice@V, for example billing.invoice@1
    [exit 2]
    $ ledger contract compare billing.invoice@7 v1.json
    ! error: billing.invoice has no version 7
    ! hint: ledger contract show billing.invoice@2
    [exit 4]
    "#);
}
