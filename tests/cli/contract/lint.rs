//! `ledger contract lint`: it needs no ledger.

use super::files;
use crate::transcript;

#[test]
fn findings_have_a_line_a_rule_and_a_hint() {
    transcript!(files(), @r##"
    $ printf '%s\n' '{' '  "type": "object",' '  "required": ["a", "b"],' '  "additionalProperties": false,' '  "properties": {"a": {"type": "string", "pattern": "^(a+)+$", "maxlength": 3}}' '}' > a.json; rm -rf coordination; ledger contract lint a.json
    a.json:1: warning: (the whole): it does not say which draft it is written in; it is read as draft2020-12 [missing-schema]
      "$schema": "https://json-schema.org/draft/2020-12/schema"
    a.json:1: error: (the whole): no document is valid here [unsatisfiable]
      say `false` if that is meant
    a.json:5: warning: /properties/a/maxlength: no draft knows the keyword "maxlength" [unknown-keyword]
      did you mean "maxLength"?
    a.json:5: warning: /properties/a/pattern: each repetition doubles what a validator tries before it rejects "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!" [exponential-pattern]
      write it so that each text is matched in one way only
    a.json:3: error: /required/1: the property "b" is required, and /additionalProperties forbids it [forbidden-property]
      declare "b" beside the "additionalProperties", or open it
    1 file looked at, 5 findings, 2 of them errors
    [exit 3]
    $ ledger contract lint a.json --json
    {
      "v": 1,
      "data": {
        "files": 1, "errors": 2,
        "findings": [
          {
            "file": "a.json", "line": 1, "pointer": "", "rule": "missing-schema", "severity": "warning",
            "message": "it does not say which draft it is written in; it is read as draft2020-12",
            "hint": "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""
          },
          {
            "file": "a.json", "line": 1, "pointer": "", "rule": "unsatisfiable", "severity": "error",
            "message": "no document is valid here", "hint": "say `false` if that is meant"
          },
          {
            "file": "a.json", "line": 5, "pointer": "/properties/a/maxlength", "rule": "unknown-keyword",
            "severity": "warning", "message": "no draft knows the keyword \"maxlength\"",
            "hint": "did you mean \"maxLength\"?"
          },
          {
            "file": "a.json", "line": 5, "pointer": "/properties/a/pattern", "rule": "exponential-pattern",
            "severity": "warning",
            "message": "each repetition doubles what a validator tries before it rejects \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"",
            "hint": "write it so that each text is matched in one way only"
          },
          {
            "file": "a.json", "line": 3, "pointer": "/required/1", "rule": "forbidden-property",
            "severity": "error",
            "message": "the property \"b\" is required, and /additionalProperties forbids it",
            "hint": "declare \"b\" beside the \"additionalProperties\", or open it"
          }
        ]
      }
    }
    [exit 3]
    $ printf '%s\n' '{"$schema": "http://json-schema.org/draft-07/schema#",' '"anyOf": [{"type": "integer"}, {"type": "number"}, {"type": "string", "minLength": 3, "maxLength": 2}],' '"definitions": {"a": {"$ref": "https://example.com/a.json"}}}' > b.json; ledger contract lint b.json
    b.json:3: error: /definitions/a/$ref: "https://example.com/a.json" reaches "https://example.com/a.json", which is not at hand; nothing is fetched [remote-reference]
      give the document along, or take it in as a definition
    1 file looked at, 1 finding, 1 of them errors
    [exit 3]
    $ echo '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"string"}' | ledger contract lint -
    1 file looked at, 0 findings, 0 of them errors
    $ echo '{"$schema":"https://json-schema.org/draft/2020-12/schema","enum":[1,"a"],"type":"string","default":3}' > c.json; ledger contract lint c.json a.json --format jsonl
    {
      "v": 1,
      "data": {
        "file": "c.json", "line": 1, "pointer": "/default", "rule": "invalid-default", "severity": "warning",
        "message": "3 is not valid here: 3 is not of type \"string\""
      }
    }
    {
      "v": 1,
      "data": {
        "file": "c.json", "line": 1, "pointer": "/enum/0", "rule": "excluded-enum-value", "severity": "warning",
        "message": "1 is listed, and what stands beside the list excludes it"
      }
    }
    {
      "v": 1,
      "data": {
        "file": "a.json", "line": 1, "pointer": "", "rule": "missing-schema", "severity": "warning",
        "message": "it does not say which draft it is written in; it is read as draft2020-12",
        "hint": "\"$schema\": \"https://json-schema.org/draft/2020-12/schema\""
      }
    }
    {
      "v": 1,
      "data": {
        "file": "a.json", "line": 1, "pointer": "", "rule": "unsatisfiable", "severity": "error",
        "message": "no document is valid here", "hint": "say `false` if that is meant"
      }
    }
    {
      "v": 1,
      "data": {
        "file": "a.json", "line": 5, "pointer": "/properties/a/maxlength", "rule": "unknown-keyword",
        "severity": "warning", "message": "no draft knows the keyword \"maxlength\"",
        "hint": "did you mean \"maxLength\"?"
      }
    }
    {
      "v": 1,
      "data": {
        "file": "a.json", "line": 5, "pointer": "/properties/a/pattern", "rule": "exponential-pattern",
        "severity": "warning",
        "message": "each repetition doubles what a validator tries before it rejects \"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!\"",
        "hint": "write it so that each text is matched in one way only"
      }
    }
    {
      "v": 1,
      "data": {
        "file": "a.json", "line": 3, "pointer": "/required/1", "rule": "forbidden-property", "severity": "error",
        "message": "the property \"b\" is required, and /additionalProperties forbids it",
        "hint": "declare \"b\" beside the \"additionalProperties\", or open it"
      }
    }
    [exit 3]
    $ echo '{"a"' | ledger contract lint -
    standard input:1: error: /a: EOF while parsing an object at line 2 column 0 [not-json]
    1 file looked at, 1 finding, 1 of them errors
    [exit 3]
    $ echo '{"$schema":"https://json-schema.org/draft/2020-12/schema","type":"strin"}' > d.json; echo '{"a"' | ledger contract lint - d.json
    standard input:1: error: /a: EOF while parsing an object at line 2 column 0 [not-json]
    d.json:1: error: /type: "strin" is not valid under any of the schemas listed in the 'anyOf' keyword (by the meta-schema of draft2020-12) [invalid-schema]
    2 files looked at, 2 findings, 2 of them errors
    [exit 3]
    $ ledger contract lint
    ! error: the following required arguments were not provided:
    !   <FILE|->...
    !
    ! Usage: ledger contract lint <FILE|->...
    !
    ! For more information, try '--help'.
    [exit 2]
    "##);
}
