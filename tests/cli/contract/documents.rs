//! `ledger contract validate`

use super::invoices;
use crate::transcript;

#[test]
fn documents_are_checked_with_all_that_is_wrong_and_where() {
    transcript!(invoices(), @r#"
    $ echo '{"id":1}' > good.json; echo '{"id":"x","note":3}' > bad.json; printf '{"id":1}\n{}\n\n{"id":1,"id":2}\n' > lines.jsonl
    $ ledger contract validate good.json --contract billing.invoice@2
    1 document of billing.invoice@2 checked, 0 not valid
    $ ledger contract validate good.json bad.json lines.jsonl --contract billing.invoice@2
    bad.json: /id: "x" is not of type "integer" (schema /properties/id/type)
    bad.json: /note: 3 is not of type "string" (schema /properties/note/type)
    lines.jsonl:2: (the whole): "id" is a required property (schema /required)
    lines.jsonl:4: /id: the key "id" stands twice in one object at line 1 column 12 (schema )
    5 documents of billing.invoice@2 checked, 3 not valid
    [exit 3]
    $ echo '[]' | ledger contract validate - --contract billing.invoice@1 --json
    {
      "v": 1,
      "data": {
        "contract": "billing.invoice", "version": 1, "formats": false, "documents": 1, "invalid": 1, "untold": 0,
        "errors": [
          {
            "file": "standard input", "pointer": "", "schema_pointer": "/type",
            "message": "[] is not of type \"object\""
          }
        ]
      }
    }
    [exit 3]
    $ ledger contract validate nowhere.json --contract billing.invoice@1
    ! error: could not read [tmp]/work/nowhere.json: No such file or directory (os error 2)
    ! hint: ledger contract validate --help
    [exit 2]
    $ ledger contract validate good.json --contract billing.invoice@9
    ! error: billing.invoice has no version 9
    ! hint: ledger contract show billing.invoice@2
    [exit 4]
    "#);
}

#[test]
fn of_very_many_errors_the_rest_is_counted() {
    let sandbox = invoices();
    sandbox.run("yes '{}' | head -n 10002 > many.jsonl");
    transcript!(sandbox, @r#"
    $ ledger contract validate many.jsonl --contract billing.invoice@1 | tail -n 2
    and 2 more
    10002 documents of billing.invoice@1 checked, 10002 not valid
    $ ledger contract validate many.jsonl --contract billing.invoice@1 --format jsonl | wc -l
    10000
    ! {"v": 1, "notice": {"message": "2 more errors are not told"}}
    "#);
}

#[test]
fn formats_are_asserted_where_the_contract_says_so() {
    transcript!(invoices(), @r#"
    $ echo '{"type":"string","format":"date"}' > day.json; echo '"soon"' > soon.json
    $ ledger contract add day day.json -q; ledger contract validate soon.json --contract day@1
    day@1
    1 document of day@1 checked, 0 not valid
    $ ledger contract formats day on -q; ledger contract validate soon.json --contract day@1
    day
    soon.json: (the whole): "soon" is not a "date" (schema /format)
    1 document of day@1 checked, 1 not valid, formats asserted
    [exit 3]
    "#);
}

#[test]
fn standard_input_holds_a_document_or_one_a_line() {
    transcript!(invoices(), @r#"
    $ printf '{"id":1}\n\n{"id":"x"}\n{\n' | ledger contract validate - --contract billing.invoice@1
    standard input:3: /id: "x" is not of type "integer" (schema /properties/id/type)
    standard input:4: (the whole): EOF while parsing an object at line 1 column 1 (schema )
    3 documents of billing.invoice@1 checked, 2 not valid
    [exit 3]
    $ printf '{\n"id":1\n}\n' | ledger contract validate - --contract billing.invoice@1
    1 document of billing.invoice@1 checked, 0 not valid
    $ printf '{"id":1\n}}' | ledger contract validate - --contract billing.invoice@1
    standard input: (the whole): trailing characters at line 2 column 2 (schema )
    1 document of billing.invoice@1 checked, 1 not valid
    [exit 3]
    "#);
}
