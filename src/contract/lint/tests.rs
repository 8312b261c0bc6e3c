//! Each rule's examples, and what must hold of every schema.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::contract::generated;

fn found(schema: &Value) -> Vec<Finding> {
    let resources = Resources::default();
    let subject = Subject { schema, draft: Draft::DEFAULT, formats: true, resources: &resources };
    lint(&subject, &Limits { is_over: &|| false })
}

/// What is found besides that `$schema` is missing.
fn rules(schema: &Value) -> Vec<(Rule, String)> {
    let all = found(schema).into_iter().filter(|finding| finding.rule != Rule::MissingSchema);
    all.map(|finding| (finding.rule, finding.pointer)).collect()
}

#[test]
fn every_rule_finds_its_example_and_leaves_the_other() {
    for (place, rule) in Rule::ALL.into_iter().enumerate() {
        assert_eq!(rule as usize, place);
        let kebab = format!("{rule:?}").chars().enumerate().fold(String::new(), |mut text, (at, letter)| {
            if letter.is_ascii_uppercase() && at > 0 {
                text.push('-');
            }
            text.push(letter.to_ascii_lowercase());
            text
        });
        assert_eq!(rule.id(), kebab);
        assert!(rule.meaning().ends_with('.') && !rule.title().is_empty());
        let Some([bad, good]) = rule.examples() else { continue };
        let of = |text: &str| -> Vec<Rule> {
            let all = found(&serde_json::from_str(text).unwrap()).into_iter().map(|finding| finding.rule);
            all.filter(|found| *found != Rule::MissingSchema || rule == Rule::MissingSchema).collect()
        };
        assert_eq!(of(bad), [rule], "{bad}");
        assert_eq!(of(good), [], "{good}");
    }
}

#[test]
fn the_innermost_part_that_nothing_fits_is_told() {
    let schema = json!({
        "type": "object",
        "required": ["a", "b"],
        "properties": {
            "a": {"$ref": "#/$defs/none"},
            "b": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": [1]}},
        },
        "$defs": {"none": {"type": "integer", "minimum": 3, "maximum": 2}},
    });
    assert_eq!(
        rules(&schema),
        [
            (Rule::Unsatisfiable, "/$defs/none".to_owned()),
            (Rule::Unsatisfiable, "/properties/b/items".to_owned()),
            (Rule::ExcludedEnumValue, "/properties/b/items/enum/0".to_owned()),
        ]
    );
}

#[test]
fn a_part_means_what_it_means_where_it_stands() {
    // The references of the part lead through the whole schema and its identifier, in every draft.
    for draft in Draft::ALL {
        let (folder, id) = if draft >= Draft::Draft201909 { ("$defs", "$id") } else { ("definitions", "id") };
        let id = if draft == Draft::Draft6 || draft == Draft::Draft7 { "$id" } else { id };
        for identifier in [None, Some("https://example.com/list")] {
            let mut schema = json!({
                "$schema": draft.meta_schema(),
                "properties": {"a b/c%": {"allOf": [{"$ref": format!("#/{folder}/text")}], "default": 1}},
                folder: {"text": {"type": "string"}},
            });
            if let Some(identifier) = identifier {
                schema[id] = identifier.into();
                schema["properties"]["a b/c%"]["allOf"][0]["$ref"] = format!("{identifier}#/{folder}/text").into();
            }
            assert_eq!(rules(&schema), [(Rule::InvalidDefault, "/properties/a b~1c%/default".to_owned())], "{draft}");
        }
    }
}

#[test]
fn branches_that_add_nothing_are_told_once() {
    let schema = |keyword: &str, list: Value| json!({"type": ["string", "integer"], keyword: list});
    let unreachable = |keyword: &str, nth: usize| (Rule::UnreachableBranch, format!("/{keyword}/{nth}"));
    assert_eq!(rules(&schema("anyOf", json!([{"minLength": 1}, {"minLength": 2}]))), [unreachable("anyOf", 1)]);
    let same = json!([{"type": "string"}, {"type": "string"}, {"type": "integer"}]);
    assert_eq!(rules(&schema("anyOf", same)), [unreachable("anyOf", 1)]);
    assert_eq!(rules(&schema("anyOf", json!([{"type": "string"}, {"type": "null"}, {}]))).len(), 2);
    let excluded = json!([{"type": "string"}, {"type": "null"}, {"type": "integer"}]);
    assert_eq!(rules(&schema("oneOf", excluded)), [unreachable("oneOf", 1)]);
    assert_eq!(rules(&schema("oneOf", json!([{"type": "string"}, {"type": "integer"}]))), []);
}

#[test]
fn a_branch_of_one_of_that_never_decides_is_told_as_that() {
    let schema = json!({"$schema": Draft::DEFAULT.meta_schema(), "oneOf": [{"type": "integer"}, {"type": "number"}]});
    let found = found(&schema);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].pointer, "/oneOf/0");
    assert!(found[0].message.contains("another one holds wherever it does"), "{found:?}");
    assert!(found[0].hint.contains("lets in what both refuse now"), "{found:?}");
}

#[test]
fn conditions_that_never_come_about_are_told() {
    let unreachable = |pointer: &str| (Rule::UnreachableBranch, pointer.to_owned());
    let integer = json!({"type": "integer"});
    assert_eq!(rules(&json!({"type": "string", "if": integer, "then": {"minLength": 1}})), [unreachable("/then")]);
    assert_eq!(rules(&json!({"if": true, "then": {"type": "string"}, "else": integer})), [unreachable("/else")]);
    // To refuse what comes there is what it is there for.
    assert_eq!(rules(&json!({"type": ["string", "integer"], "if": integer, "then": false})), []);
}

#[test]
fn what_is_no_schema_is_told() {
    for (schema, pointer) in [
        (json!({"type": "strin"}), "/type"),
        (json!({"properties": []}), "/properties"),
        (json!({"anyOf": [{"minLength": -1}]}), "/anyOf/0/minLength"),
        (json!([1]), ""),
        (json!(42), ""),
    ] {
        let rules = rules(&schema);
        assert!(rules.contains(&(Rule::InvalidSchema, pointer.to_owned())), "{schema}: {rules:?}");
    }
}

#[test]
fn what_a_branch_declares_can_be_forbidden_too() {
    let schema = json!({
        "properties": {"a": {}}, "additionalProperties": false,
        "anyOf": [{"properties": {"b": {"type": "string"}}}, {"properties": {"a": {"type": "null"}}}],
    });
    let forbidden = (Rule::ForbiddenProperty, "/anyOf/0/properties/b".to_owned());
    assert!(rules(&schema).contains(&forbidden), "{:?}", rules(&schema));
    // One branch closes what it stands for, not what stands beside it.
    let schema = json!({
        "properties": {"b": {}},
        "anyOf": [{"properties": {"a": {}}, "additionalProperties": false}, {"required": ["a", "b"]}],
    });
    assert_eq!(rules(&schema), []);
}

#[test]
fn closed_objects_are_seen_through_references() {
    let schema = json!({
        "allOf": [{"$ref": "#/$defs/base"}],
        "properties": {"extra": {"type": "string"}, "x-1": {"type": "string"}, "gone": false},
        "required": ["a", "other"],
        "$defs": {"base": {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "patternProperties": {"^x-": {}},
            "additionalProperties": false,
            "required": ["b"],
        }},
    });
    let forbidden = |pointer: &str| (Rule::ForbiddenProperty, pointer.to_owned());
    let all = rules(&schema).into_iter().filter(|(rule, _)| *rule == Rule::ForbiddenProperty).collect::<Vec<_>>();
    assert_eq!(all, [forbidden("/$defs/base/required/0"), forbidden("/properties/extra"), forbidden("/required/1")]);
}

#[test]
fn words_are_corrected() {
    let schema = json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "properties": {"maxLenght": {"type": "string", "maxLenght": 1, "nullable": true, "prefixItems": [], "format": "e-mail"}},
        "$ref": "#/definitons/a",
        "definitions": {"a": {}},
    });
    // Beside the reference nothing counts in draft 7, so only the definitions are looked into.
    let hints: Vec<String> =
        found(&schema).into_iter().map(|finding| format!("{} {}", finding.rule, finding.hint)).collect();
    assert_eq!(hints, ["dangling-reference ", "ignored-beside-reference put the reference into an \"allOf\""]);
    let mut schema = schema;
    schema["$ref"] = "#/definitions/b".into();
    schema["allOf"] = json!([schema["properties"]["maxLenght"].clone()]);
    schema.as_object_mut().unwrap().remove("$ref");
    let hints: Vec<String> =
        found(&schema).into_iter().map(|finding| format!("{} {}", finding.rule, finding.hint)).collect();
    let expected = [
        "unknown-format did you mean \"email\"?",
        "unknown-keyword did you mean \"maxLength\"?",
        "unknown-keyword it is a keyword of OpenAPI; JSON Schema does not know it",
        "keyword-of-another-draft a list as \"items\" does the same before 2020-12",
    ];
    assert_eq!(hints[..4], expected);
    assert_eq!(hints.len(), 8, "{hints:?}");
}

#[test]
fn references_are_followed_to_what_is_given() {
    let mut resources = Resources::default();
    resources.add("https://example.com/a.json", json!({"$defs": {"x": {"$anchor": "here"}}, "type": "string"}));
    let schema = json!({
        "$schema": Draft::DEFAULT.meta_schema(),
        "$id": "https://example.com/main.json",
        "$defs": {
            "good": {"allOf": [
                {"$ref": "a.json"}, {"$ref": "a.json#/$defs/x"}, {"$ref": "a.json#here"}, {"$ref": "#/$defs/good"},
                {"$ref": "https://example.com/main.json#/$defs/inner"}, {"$ref": "inner#/properties/p"},
                {"$ref": "https://json-schema.org/draft/2020-12/schema"}, {"$ref": "#/$defs/a%20b"},
            ]},
            "inner": {"$id": "inner", "properties": {"p": {"$ref": "#/properties/p"}}},
            "a b": {},
            "bad": {"allOf": [{"$ref": "a.json#there"}, {"$ref": "b.json"}, {"$ref": "#/$defs/god"}, {"$ref": "inner#/properties/q"}]},
        },
    });
    let subject = Subject { schema: &schema, draft: Draft::DEFAULT, formats: false, resources: &resources };
    let found = lint(&subject, &Limits { is_over: &|| false });
    let found: Vec<String> = found.into_iter().map(|f| format!("{} {} {}", f.pointer, f.rule, f.hint)).collect();
    assert_eq!(
        found,
        [
            "/$defs/bad/allOf/0/$ref dangling-reference ",
            "/$defs/bad/allOf/1/$ref remote-reference give the document along, or take it in as a definition",
            "/$defs/bad/allOf/2/$ref dangling-reference did you mean \"#/$defs/good\"?",
            "/$defs/bad/allOf/3/$ref dangling-reference ",
        ]
    );
}

#[test]
fn what_is_too_much_is_cut_short_and_told() {
    let mut deep = json!({"type": "string"});
    for _ in 0..300 {
        deep = json!({"items": deep});
    }
    let resources = Resources::default();
    let cut = |schema: &Value, is_over: bool| {
        let subject = Subject { schema, draft: Draft::DEFAULT, formats: false, resources: &resources };
        lint(&subject, &Limits { is_over: &|| is_over }).pop().map(|finding| finding.rule)
    };
    assert_eq!(cut(&deep, false), Some(Rule::CutShort));
    let schema = json!({"$schema": Draft::DEFAULT.meta_schema(), "type": "string", "minLength": 2});
    assert_eq!(cut(&schema, false), None);
    assert_eq!(cut(&schema, true), Some(Rule::CutShort));
    let many: serde_json::Map<String, Value> = (0..2_000).map(|nth| (format!("zzz{nth}"), json!(1))).collect();
    assert_eq!(cut(&Value::Object(many), false), Some(Rule::CutShort));
}

fn anything() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(Value::from),
        any::<i8>().prop_map(Value::from),
        "[#/a(*]{0,4}".prop_map(Value::from)
    ];
    let names = prop_oneof![
        proptest::sample::select(crate::contract::keywords::ALL.map(|keyword| keyword.name).to_vec())
            .prop_map(str::to_owned),
        "[a-c]"
    ];
    leaf.prop_recursive(3, 20, 4, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            proptest::collection::btree_map(names.clone(), inner, 0..5)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn no_json_makes_it_panic(schema in anything()) {
        for finding in found(&schema) {
            prop_assert!(schema.pointer(&finding.pointer).is_some(), "{:?}", finding);
        }
    }

    #[test]
    fn what_is_called_unsatisfiable_accepts_nothing(schema in generated::schema(), document in generated::document()) {
        for finding in found(&schema) {
            if finding.rule == Rule::Unsatisfiable {
                let alone = part::alone(&schema, &finding.pointer, Draft::DEFAULT);
                prop_assert!(!jsonschema::validator_for(&alone).unwrap().is_valid(&document), "{:?}", finding);
            }
        }
    }
}
