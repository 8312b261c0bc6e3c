//! The page of the documentation that lists all rules, made from the rules themselves.

use super::explain::examples::{EXAMPLES, Example};
use super::explain::{self, DIRECTIONS};
use super::gate::Direction;
use super::lint;

const HEAD: &str = "\
# Rules of contracts

This page is made from the program: `tests/rules.rs` compares the two, and says how to write it anew.

Two kinds of rules have stable ids that programs may decide by: changes between two versions of a schema, and findings
in a single one. Every example here is run by the tests.

## Changes

A change is asked about alone: the old schema with this change only, against the old schema. **Backward** means that new
readers reject documents that were valid before; **forward** means that old readers reject documents that are valid now.
The table says what a change of the kind usually does. What a certain change does is found out each time and shown by a
whole document:

- **error**: it breaks documents whose producers send only what they declare;
- **warning**: it breaks only documents that carry what their schema does not declare, or nobody knows;
- **note**: it breaks nothing, or nothing once the other changes are there too.

Where the examples say no other, the draft is 2020-12.
";

/// The whole page, as Markdown.
#[must_use]
pub fn page() -> String {
    let mut page = HEAD.to_owned();
    page.push_str("\n| Rule | Backward | Forward | In short |\n|---|---|---|---|\n");
    for rule in explain::Rule::ALL {
        let usual = |direction| rule.usual_severity(direction).name();
        let (backward, forward) = (usual(Direction::Backward), usual(Direction::Forward));
        page.push_str(&format!("| [`{rule}`](#{rule}) | {backward} | {forward} | {} |\n", rule.title()));
    }
    for example in EXAMPLES {
        page.push_str(&change(&example));
    }
    page.push_str(
        "\n## Findings\n\nWhat a single schema is looked through for. A finding is never a guess: what can't be proved is not reported.\n\n\
         | Rule | Severity | In short |\n|---|---|---|\n",
    );
    for rule in lint::Rule::ALL {
        page.push_str(&format!("| [`{rule}`](#{rule}) | {} | {} |\n", rule.severity(), rule.title()));
    }
    for rule in lint::Rule::ALL {
        page.push_str(&finding(rule));
    }
    page
}

fn change(example: &Example) -> String {
    let rule = example.rule;
    let mut text = format!("\n### {rule}\n\n{}\n", rule.meaning());
    let breaks: Vec<&str> =
        DIRECTIONS.into_iter().filter(|d| example.breaks.contains(d)).map(Direction::name).collect();
    let formats = if example.asserts_formats() { ", with formats asserted" } else { "" };
    if breaks.is_empty() {
        text.push_str(&format!("\nIt breaks nothing by itself:\n\n{}", pair(example.failing)));
        return text;
    }
    text.push_str(&format!("\nBreaks {}{formats}:\n\n{}", breaks.join(" and "), pair(example.failing)));
    text.push_str(&format!("\nDoes not break {}:\n\n{}", breaks.join(" or "), pair(example.passing)));
    text
}

fn pair([old, new]: [&str; 2]) -> String {
    format!("```diff\n- {old}\n+ {new}\n```\n")
}

fn finding(rule: lint::Rule) -> String {
    let mut text = format!("\n### {rule}\n\n{}\n", rule.meaning());
    if let Some([found, clean]) = rule.examples() {
        text.push_str(&format!("\nFound:\n\n```json\n{found}\n```\n\nNot found:\n\n```json\n{clean}\n```\n"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::explain::Severity;

    #[test]
    fn every_rule_has_one_heading_and_one_row() {
        let page = page();
        let changes = explain::Rule::ALL.iter().map(ToString::to_string);
        for id in changes.chain(lint::Rule::ALL.iter().map(ToString::to_string)) {
            assert_eq!(page.matches(&format!("\n### {id}\n")).count(), 1, "{id}");
            assert_eq!(page.matches(&format!("\n| [`{id}`](#{id}) |")).count(), 1, "{id}");
        }
        assert!(
            [Severity::Note, Severity::Warning, Severity::Error].iter().all(|s| page.contains(&format!("**{s}**")))
        );
    }
}
