//! Files that are no schemas: each is told with its place and what helps.

use super::files;
use crate::transcript;

#[test]
fn what_is_no_schema_is_told_with_its_place() {
    transcript!(files(), @r##"
    $ echo '{' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   (the whole): EOF while parsing an object at line 2 column 0
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '[1]' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   (the whole): it is no schema: expected an object, true or false
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{"type":"strin"}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   /type: "strin" is not valid under any of the schemas listed in the 'anyOf' keyword (by the meta-schema of draft2020-12)
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{"$schema":"http://json-schema.org/draft-05/schema#"}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   /$schema: unknown draft "http://json-schema.org/draft-05/schema#"; known are draft4, draft6, draft7, draft2019-09 and draft2020-12
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{"properties":{"a":{"$ref":"#/$defs/b"}}}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   /properties/a/$ref: "#/$defs/b" leads nowhere: there is no such place in the schema
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{"properties":{"a":{"$ref":"https://example.com/b.json"}}}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   /properties/a/$ref: "https://example.com/b.json" refers to the network, which is never asked: --resolve PREFIX=DIR maps it to files
    ! hint: --resolve PREFIX=DIR, with the folder that has it
    [exit 5]
    $ echo '{"a":{"b":1,"b":2}}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   /a/b: the key "b" stands twice in one object at line 1 column 15
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{"maximum":123456789012345678901234567890}' > x.json; ledger contract add a x.json --json
    ! {
    !   "v": 1,
    !   "error": {
    !     "code": "bad-schema", "message": "x.json is no schema that can be used",
    !     "hint": "mend it: ledger contract lint FILE tells all that is wrong with it", "retryable": false,
    !     "exit_status": 5,
    !     "errors": [
    !       {
    !         "pointer": "/maximum",
    !         "message": "a number beyond double precision: it would lose digits; write one with fewer"
    !       }
    !     ]
    !   }
    ! }
    [exit 5]
    $ python3 -c 'print("{\"not\":"*10000 + "{}" + "}"*10000)' > x.json; ledger contract add a x.json | cut -c 1-200
    ! error: x.json is no schema that can be used
    !   /not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not/not: nested deeper than 100 levels at line 1 column 701
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    $ head -c 11000000 /dev/zero | tr '\0' ' ' > x.json; ledger contract add a x.json
    ! error: could not read x.json: it has more than 10485760 bytes
    ! hint: ledger contract add --help
    [exit 2]
    $ printf '\377' > x.json; ledger contract add a x.json
    ! error: could not read x.json: it is not UTF-8
    ! hint: ledger contract add --help
    [exit 2]
    $ ledger contract add a nowhere.json
    ! error: could not read [tmp]/work/nowhere.json: No such file or directory (os error 2)
    ! hint: ledger contract add --help
    [exit 2]
    $ ledger contract add ../a v1.json
    ! error: contract name "../a" is not valid: expected [a-z0-9][a-z0-9._-]*, at most 120 characters
    ! hint: ledger contract add --help
    [exit 2]
    "##);
}

#[test]
fn a_large_schema_is_taken() {
    let sandbox = files();
    sandbox.run(r#"python3 -c 'import json; print(json.dumps({"properties": {"member%d" % i: {"type": "string", "description": "x" * 500} for i in range(17000)}}))' > large.json"#);
    transcript!(sandbox, @"
    $ ledger contract add large large.json
    large@1 registered
      large@1: compatible (BACKWARD_TRANSITIVE)
    ");
}

#[test]
fn addresses_are_mapped_to_files() {
    transcript!(files(), @r#"
    $ mkdir remote; echo '{"type":"integer"}' > remote/b.json; echo '{"properties":{"a":{"$ref":"https://example.com/b.json"}}}' > x.json
    $ ledger contract add a x.json --resolve https://example.com=remote
    a@1 registered
      a@1: compatible (BACKWARD_TRANSITIVE)
    $ echo '{"a":"x"}' | ledger contract validate - --contract a@1 --resolve https://example.com=remote
    standard input: /a: "x" is not of type "integer" (schema /type)
    1 document of a@1 checked, 1 not valid
    [exit 3]
    $ ledger contract add a x.json --resolve remote
    ! error: --resolve "remote": expected PREFIX=DIR
    ! hint: ledger contract add --help
    [exit 2]
    $ ledger contract add a x.json --resolve https://example.com=nowhere
    ! error: could not list [tmp]/work/nowhere: IO error for operation on [tmp]/work/nowhere: No such file or directory (os error 2)
    ! hint: ledger contract add --help
    [exit 2]
    "#);
}

#[test]
fn the_registry_itself_is_in_reach() {
    transcript!(files(), @r#"
    $ echo '{"$id":"https://acme.example/money","type":"integer"}' > money.json; ledger contract add money money.json -q
    money@1
    $ echo '{"properties":{"total":{"$ref":"https://acme.example/money"}}}' > x.json; ledger contract add a x.json -q
    a@1
    $ echo '{"total":"x"}' | ledger contract validate - --contract a@1
    standard input: /total: "x" is not of type "integer" (schema /type)
    1 document of a@1 checked, 1 not valid
    [exit 3]
    "#);
}

#[test]
fn a_key_that_stands_twice_or_is_none_is_told_where_it_is() {
    transcript!(files(), @r#"
    $ echo '{"properties":{"a":{"type":"null"},"a":{}}}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   /properties/a: the key "a" stands twice in one object at line 1 column 38
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{"properties":{1:{}}}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   /properties: key must be a string at line 1 column 16
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    $ echo '{1:{}}' > x.json; ledger contract add a x.json
    ! error: x.json is no schema that can be used
    !   (the whole): key must be a string at line 1 column 2
    ! hint: mend it: ledger contract lint FILE tells all that is wrong with it
    [exit 5]
    "#);
}
