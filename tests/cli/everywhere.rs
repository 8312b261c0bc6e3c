//! One nasty text in every field that takes text, and every command that prints: nothing of it acts.

use crate::common::Sandbox;

/// What could act on a terminal, hide text, break a table, or be taken for a mark. May stand in any text.
const NASTY: &str = "a\u{1b}[2Jb\u{202e}c\u{2066}d\u{200b}e\u{2060}f\u{e0041}g\u{fe01}h\u{e0100}i\u{2062}j\u{ad}k\u{115f}l\u{3164}\
                     m\u{1d173}n\u{1bca0}o\u{34f}p\u{180b}q\rr\u{7}s\u{9b}t\tu|v`w``x<script>alert(1)</script>y\n::error::z\n=1+1 \
                     %0A::error::@team ]]> --> ![i](j) \\| &lt; \u{2028}\u{2029}\u{feff}\u{fff9}*_~#";
/// The same for names, which hold neither blanks nor control characters.
const NAME: &str = "e\u{202e}\u{200b}\u{fe01}\u{e0041}\u{2062}\u{ad}|`<b>&%0A::error::@team\\*_";

/// Characters that move the cursor, turn or hide text, whatever the program thinks of it: controls (but for line ends, and
/// the tabs of longer texts), and what Unicode
/// says is shown as nothing (Default_Ignorable_Code_Point), line separators, annotations.
fn acts(c: char) -> bool {
    let ranges = [
        ('\u{ad}', '\u{ad}'),
        ('\u{34f}', '\u{34f}'),
        ('\u{61c}', '\u{61c}'),
        ('\u{115f}', '\u{1160}'),
        ('\u{17b4}', '\u{17b5}'),
        ('\u{180b}', '\u{180f}'),
        ('\u{200b}', '\u{200f}'),
        ('\u{2028}', '\u{202e}'),
        ('\u{2060}', '\u{206f}'),
        ('\u{3164}', '\u{3164}'),
        ('\u{fe00}', '\u{fe0f}'),
        ('\u{feff}', '\u{feff}'),
        ('\u{ffa0}', '\u{ffa0}'),
        ('\u{fff0}', '\u{fffb}'),
        ('\u{1bca0}', '\u{1bca3}'),
        ('\u{1d173}', '\u{1d17a}'),
        ('\u{e0000}', '\u{e0fff}'),
    ];
    (c.is_control() && !matches!(c, '\n' | '\t')) || ranges.iter().any(|(first, last)| (*first..=*last).contains(&c))
}

#[test]
fn the_texts_hold_what_they_are_meant_to() {
    assert!(NASTY.chars().filter(|c| acts(*c)).count() > 20);
    assert!(!NAME.contains(char::is_control) && !NAME.contains(char::is_whitespace));
}

/// A ledger in which every text is nasty: a request with all kinds of events, one that has diverged, one that is damaged;
/// contracts that break, with consumers, waivers and findings.
fn sandbox() -> Sandbox {
    let sandbox = Sandbox::new();
    let root = sandbox.root();
    let write = |name: &str, text: &str| std::fs::write(root.join(name), text).unwrap();
    write("nasty", NASTY);
    write("name", NAME);
    let one_line = NASTY.replace(|c: char| c.is_control(), "");
    write("line", one_line.trim());
    let text = |text: &str| serde_json::Value::from(text);
    let packet = serde_json::json!({
        "title": NASTY.chars().take(300).collect::<String>(), "description": NASTY, "origin_repo_id": NAME,
        "target_repo_ids": ["billing", NAME], "request_type": "bug", "success_criteria": [NASTY],
        "required_artifacts": [NASTY], "compatibility_constraints": [NASTY], "labels": [one_line.get(..60).unwrap_or(&one_line)],
        "timeout_budget": NASTY, "routing": {NASTY: [NASTY]}, "details": {"impact": NASTY, NASTY: {NASTY: NASTY}},
        "contracts": ["a@1"],
    });
    write("packet.json", &packet.to_string());
    let schema = |extra: serde_json::Value| {
        let mut schema = serde_json::json!({
            "title": NASTY, "description": NASTY, "type": "object", "$comment": NASTY,
            "properties": {NASTY: {"enum": [NASTY, 1]}, "id": {"type": "integer"}, "more": {"pattern": "(a+)+$"}},
            "required": ["id"], "examples": [{NASTY: NASTY}],
        });
        schema.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        schema.to_string()
    };
    write("v1.json", &schema(serde_json::json!({})));
    write("v2.json", &schema(serde_json::json!({"required": ["id", NASTY], "properties": {NASTY: {"const": NASTY}}})));
    write("bad.json", &serde_json::json!({"type": NASTY, "$ref": NASTY, NASTY: 1}).to_string());
    write("document.json", &serde_json::json!({NASTY: NASTY, "id": NASTY}).to_string());
    write(
        "documents.jsonl",
        &format!("{}\n{{\"{}\n", serde_json::json!({NASTY: NASTY}), one_line.replace(['"', '\\'], "")),
    );
    let pair = |id: &str| serde_json::json!({"id": id, "sub": {"const": NASTY}, "super": {"const": 1}}).to_string();
    write(
        "pairs.jsonl",
        &format!(
            "{}\n{}\n[\"{}\n",
            pair(NASTY),
            serde_json::json!({"id": NASTY, "draft": NASTY}),
            one_line.replace(['"', '\\'], "")
        ),
    );
    write(
        "operations.jsonl",
        &format!(
            "{}\n{}\n",
            serde_json::json!({"op": text(NASTY)}),
            serde_json::json!({"op": "note", "request": NASTY, "text": "x"})
        ),
    );
    sandbox.run(
        r#"n=$(cat nasty); m=$(cat name); l=$(cat line)
        git init -q -b main . && ledger contract add a v1.json --owner "$m" &&
        ledger contract pin a@1 --consumer "$m" --needs v1.json && ledger contract pin a@1 --consumer shop &&
        ledger new --packet packet.json --actor "$l" --key "$l" &&
        ledger note 1 --text @nasty --kind "$n" --actor "$l" && ledger evidence 1 "note=$n" --key "$l 2" &&
        ledger respond 1 --repo "$m" --status accepted --summary @nasty --branch "$n" --evidence "note=$n" &&
        ledger approve 1 --as "$m" --reason @nasty && ledger transition 1 accepted --reason @nasty &&
        ledger claim 1 --steal --reason @nasty --actor "$l" &&
        git add -A && git -c user.name=x -c user.email=x@x commit -qm base"#,
    );
    sandbox.bug("Second", "");
    sandbox.clone_to("other");
    sandbox.run(
        r#"ledger transition 2 accepted --reason @nasty && ledger transition 2 rejected --reason @nasty --root ../other &&
        cat ../other/coordination/events/REQ-$TODAY-0002.jsonl >> coordination/events/REQ-$TODAY-0002.jsonl"#,
    );
    sandbox.bug("Third", "");
    sandbox.run(
        r#"sed -i s/alice/mallory/ coordination/events/REQ-$TODAY-0003.jsonl
        l=$(cat line | tr -d '/'); touch "coordination/requests/$l" "coordination/events/$l" ; mkdir -p "schemas/contracts/$l" schemas/contracts/b
        cp v2.json schemas/contracts/a/v2.json; cp v1.json schemas/contracts/b/v1.json; cp bad.json "$l.json"; mkdir -p many; cp v2.json "many/c_v1.json""#,
    );
    sandbox
}

/// The commands that print what others wrote, or what was typed.
const LINES: [&str; 88] = [
    "ledger show 1",
    "ledger show 1 --explain",
    "ledger show 1 --version 2",
    "ledger show 2",
    "ledger show 3",
    "ledger show \"key:$l\"",
    "ledger show \"$n\"",
    "ledger log",
    "ledger log 1",
    "ledger log 2",
    "ledger log --by \"$l\"",
    "ledger list --all",
    "ledger list --all --fields id,title,from,to,type,labels,created_by,updated_by,key",
    "ledger list --all --sort title --limit 1",
    "ledger list --from \"$m\"",
    "ledger list --label \"$l\"",
    "ledger search \"$n\" --limit 2",
    "ledger search a --color never",
    "ledger search a --label \"$l\" --json",
    "ledger list --fields \"$n\"",
    "ledger ready",
    "ledger blocked",
    "ledger graph 1",
    "ledger graph \"$n\"",
    "e() { ledger export \"$@\" | tr -d '\\r'; }; e",
    "ledger export --fields \"$n\"",
    "ledger stats",
    "ledger conflicts",
    "ledger stats --by \"$l\" --from \"$m\"",
    "ledger list --cursor \"$n\"",
    "ledger list --at \"$n\"",
    "ledger verify",
    "ledger verify 1",
    "ledger verify \"$n\"",
    "ledger index",
    "ledger schema \"$n\"",
    "ledger init --root /nowhere/\"$l\"",
    "ledger list --root /nowhere/\"$l\"",
    "ledger new --packet packet.json --dry-run",
    "ledger new --packet packet.json --key \"$l\"",
    "ledger new --title \"$n\" --from \"$n\" --to \"$n\" --type \"$n\"",
    "ledger new --title T --from a --to b --type bug --set \"$n=1\"",
    "ledger new --title T --from a --to b --type bug --set \"details.impact=x\" --depends-on \"$l\"",
    "ledger note 1 --text @nasty --dry-run",
    "ledger note 1 --text other --key \"$l 2\"",
    "ledger note 1 --text x --actor \"$n\"",
    "ledger note 1 --text @/nowhere/\"$l\"",
    "ledger evidence 1 \"$n\"",
    "ledger respond 1 --repo \"$m\" --status accepted --dry-run",
    "ledger respond 1 --repo \"x$m\" --status accepted",
    "ledger approve 1 --as \"x$m\" --dry-run",
    "ledger transition 1 \"$n\"",
    "ledger transition 1 in-progress --expect-version 2",
    "ledger transition 1 in-progress --expect-state \"$n\"",
    "ledger transition 2 in-progress",
    "ledger transition 1 withdrawn --reason x --dry-run",
    "ledger claim 1",
    "ledger claim 1 --steal --reason @nasty --dry-run",
    "ledger claim 1 --for \"$n\"",
    "ledger release 1 --reason @nasty",
    "ledger list --claimed-by \"$l\" --fields id,claim",
    "ledger sql 'SELECT * FROM claims'",
    "ledger resolve 2 --keep \"$n\" --reason x",
    "ledger apply operations.jsonl --keep-going",
    "{ echo id,title,state,type; echo \"1,$n,$n,$l\"; } | ledger import --from csv - --origin a --target b --type feature --dry-run",
    "ledger import --from jsonl \"$n\" --source \"$l\"",
    "ledger adopt \"$n\"",
    "ledger setup-git --dry-run",
    "ledger merge-driver nasty nasty nasty \"$n\"",
    "ledger repair-merge --dry-run",
    "ledger merge-driver nasty nasty nasty coordination/events/REQ-20261120-0001.jsonl",
    "ledger contract list",
    "ledger contract show a",
    "ledger contract show a@1",
    "ledger contract show \"$n\"",
    "ledger contract check",
    "ledger contract check --against main",
    "ledger contract check --against \"$n\"",
    "ledger contract diff v1.json v2.json",
    "ledger contract compare v1.json v2.json",
    "ledger contract compare --batch pairs.jsonl",
    "ledger contract lint v1.json v2.json bad.json \"$f.json\"",
    "ledger contract validate --contract a@1 document.json documents.jsonl",
    "ledger contract matrix --dry-run",
    "ledger contract add a bad.json",
    "ledger contract import many --dry-run",
    "ledger contract propose a v2.json --from \"$m\" --dry-run",
    "ledger \"$n\"",
];

const SETUP: &str = "n=$(cat nasty); m=$(cat name); l=$(cat line); f=$(tr -d / < line)";

fn harmless(line: &str, bytes: &[u8]) {
    let text = String::from_utf8(bytes.to_vec()).unwrap();
    let found: Vec<(usize, char)> = text.char_indices().filter(|(_, c)| acts(*c)).collect();
    if let Some((at, c)) = found.first() {
        let from = text[..*at].char_indices().rev().nth(60).map_or(0, |(at, _)| at);
        let around: String = text[from..].chars().take(120).collect();
        panic!("$ {line}\n{c:?} in {}", around.escape_debug());
    }
}

#[test]
fn nothing_raw_leaves_any_command_in_any_format() {
    let sandbox = sandbox();
    let mut told = 0;
    for line in LINES {
        for format in ["", " --format json", " --format jsonl", " --verbose"] {
            let output = sandbox.shell(&format!("{SETUP}; {line}{format}"));
            harmless(&format!("{line}{format}"), &output.stdout);
            harmless(&format!("{line}{format}"), &output.stderr);
            told += usize::from(!(output.stdout.is_empty() && output.stderr.is_empty()));
            if format.contains("json") {
                for text in [&output.stdout, &output.stderr] {
                    let values = serde_json::Deserializer::from_slice(text).into_iter::<serde_json::Value>();
                    values.for_each(|value| drop(value.unwrap_or_else(|error| panic!("$ {line}{format}: {error}"))));
                }
            }
        }
    }
    assert!(told > 3 * LINES.len(), "most of them print something");
}

#[test]
fn no_table_of_markdown_is_broken_and_no_mark_is_made() {
    let sandbox = sandbox();
    for line in [
        "ledger contract check --against main --format markdown",
        "ledger contract matrix --dry-run --format markdown",
        "ledger export --format markdown",
    ] {
        let output = sandbox.shell(&format!("{SETUP}; {line}"));
        harmless(line, &output.stdout);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(
            text.lines().any(|line| line.contains("alert") || line.contains("error")),
            "{line} shows nothing of it:\n{text}"
        );
        let mut columns = None;
        for row in text.lines() {
            let plain = without_code(row);
            if !row.starts_with('|') {
                columns = None;
            } else {
                let bars = pipes(row);
                assert_eq!(*columns.get_or_insert(bars), bars, "$ {line}\na row of another length: {row}");
            }
            for mark in ["<script", "<b>", "::error", "@team", "![i]"] {
                assert!(
                    !plain.starts_with("::error") && (mark == "::error" || !plain.contains(mark)),
                    "$ {line}\n{mark}: {row}"
                );
            }
        }
    }
}

/// The bars of a row that separate cells: GitHub splits a row before it looks at code.
fn pipes(row: &str) -> usize {
    let bytes = row.as_bytes();
    (0..bytes.len()).filter(|at| bytes[*at] == b'|' && (*at == 0 || bytes[at - 1] != b'\\')).count()
}

/// A line of Markdown without its spans of code and without what is escaped.
fn without_code(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(at) = rest.find(['`', '\\']) {
        plain.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix('\\') {
            rest = after.chars().next().map_or("", |c| &after[c.len_utf8()..]);
            continue;
        }
        let fence = rest.len() - rest.trim_start_matches('`').len();
        let (open, after) = rest.split_at(fence);
        let mut search = 0;
        let close = loop {
            let Some(found) = after[search..].find(open) else { break None };
            let begin = search + found;
            let length = after[begin..].len() - after[begin..].trim_start_matches('`').len();
            if length == fence {
                break Some(begin);
            }
            search = begin + length;
        };
        match close {
            Some(begin) => rest = &after[begin + fence..],
            None => {
                plain.push_str(open);
                rest = after;
            }
        }
    }
    plain + rest
}

#[test]
fn html_and_xml_hold_only_their_own_tags() {
    let sandbox = sandbox();
    let tag = regex::Regex::new(r#"<[^<>]*>"#).unwrap();
    let entity = regex::Regex::new("&(amp|lt|gt|quot|#39);").unwrap();
    for (line, tags) in [
        (
            "ledger contract matrix --dry-run --format html",
            &["!DOCTYPE", "html", "head", "meta", "title", "style", "body", "table", "tr", "th", "td"][..],
        ),
        (
            "ledger contract check --against main --format junit",
            &["?xml", "testsuites", "testsuite", "testcase", "failure"],
        ),
        ("ledger graph 1 --format svg", &["svg", "title", "style", "defs", "marker", "path", "rect", "g", "text"]),
    ] {
        let output = sandbox.shell(&format!("{SETUP}; {line}"));
        harmless(line, &output.stdout);
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.contains("::error::"), "{line} shows nothing of it:\n{text}");
        for found in tag.find_iter(&text) {
            let name = found.as_str().trim_start_matches(['<', '/']).split([' ', '>', '/']).next().unwrap();
            assert!(tags.contains(&name), "$ {line}\n{}", found.as_str());
        }
        let rest = tag.replace_all(&text, "");
        assert!(!rest.contains(['<', '>']), "$ {line}\n{rest}");
        assert!(!entity.replace_all(&rest, "").contains('&'), "$ {line}\n{rest}");
    }
}

#[test]
fn annotations_are_one_line_each_and_sarif_is_json() {
    let sandbox = sandbox();
    let output = sandbox.shell(&format!("{SETUP}; ledger contract check --against main --format github"));
    harmless("github", &output.stdout);
    let text = String::from_utf8(output.stdout).unwrap();
    let annotation = regex::Regex::new(r"^::(error|warning|notice) file=[^:,]*,line=\d+,title=[^:,]*::").unwrap();
    assert!(text.lines().count() >= 2, "{text}");
    for line in text.lines() {
        assert!(annotation.is_match(line), "{line}");
    }
    let output = sandbox.shell(&format!("{SETUP}; ledger contract check --against main --format sarif"));
    harmless("sarif", &output.stdout);
    let sarif: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!sarif["runs"][0]["results"].as_array().unwrap().is_empty());
}
