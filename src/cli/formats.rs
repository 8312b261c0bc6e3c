//! The forms in which commands print, and which command prints in which.

use clap::ValueEnum;

use super::args::Command;

/// What was asked for: every command prints the first three, and some a few more.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Wanted {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// A JSON document a line.
    Jsonl,
    /// Annotations of GitHub Actions.
    #[value(hide = true)]
    Github,
    /// SARIF 2.1.0.
    #[value(hide = true)]
    Sarif,
    /// JUnit's XML.
    #[value(hide = true)]
    Junit,
    /// Markdown.
    #[value(hide = true)]
    Markdown,
    /// HTML.
    #[value(hide = true)]
    Html,
    /// A diagram for Mermaid.
    #[value(hide = true)]
    Mermaid,
    /// A graph for Graphviz.
    #[value(hide = true)]
    Dot,
    /// A picture.
    #[value(hide = true)]
    Svg,
    /// Values separated by commas.
    #[value(hide = true)]
    Csv,
}

/// How to print.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One JSON document.
    Json,
    /// A JSON document a line.
    Jsonl,
}

impl Command {
    /// Whether the command prints in this format.
    #[must_use]
    pub fn prints(&self, wanted: Wanted) -> bool {
        match wanted {
            Wanted::Text | Wanted::Json | Wanted::Jsonl => true,
            Wanted::Github | Wanted::Sarif | Wanted::Junit => {
                self.is_formatted_contract() || matches!(self, Self::Verify(verify) if verify.is_of_a_ledger())
            }
            Wanted::Html => self.is_formatted_contract(),
            Wanted::Markdown => self.is_formatted_contract() || matches!(self, Self::Export(_) | Self::Sql(_)),
            Wanted::Mermaid | Wanted::Dot | Wanted::Svg => matches!(self, Self::Graph(_)),
            Wanted::Csv => matches!(self, Self::Export(_) | Self::Stats(_) | Self::Sql(_)),
        }
    }

    /// In which formats the command prints, and what prints in others.
    #[must_use]
    pub fn formats(&self) -> (&'static str, &'static str) {
        if matches!(self, Self::Graph(_)) {
            ("a graph is printed as text, json, jsonl, mermaid, dot or svg", "ledger graph --help")
        } else if matches!(self, Self::Export(_)) {
            ("an export is printed as csv, json, jsonl or markdown", "ledger export --help")
        } else if matches!(self, Self::Sql(_)) {
            ("an answer in SQL is printed as text, json, jsonl, csv or markdown", "ledger sql --help")
        } else if matches!(self, Self::Stats(_)) {
            ("figures are printed as text, json, jsonl or csv", "ledger stats --help")
        } else if matches!(self, Self::Verify(verify) if verify.is_of_a_ledger()) {
            ("what verify finds is printed as text, json, jsonl, github, sarif or junit", "ledger verify --help")
        } else if self.is_formatted_contract() {
            ("this command does not print that", "its --help names the formats that it prints")
        } else {
            (
                "this command prints text, json or jsonl",
                "ledger graph, ledger export, ledger stats, ledger contract check and ledger contract matrix print more",
            )
        }
    }

    fn is_formatted_contract(&self) -> bool {
        matches!(self, Self::Contract(contract) if contract.command.has_formats())
    }
}
