//! `ledger contract lint`: what is wrong or doubtful in single schemas.

use serde::Serialize;

use super::super::super::args::Format;
use super::super::super::contract_args::Lint;
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::safe;
use super::super::super::render::text::count;
use super::super::super::{Context, input};
use crate::app::contract::PAIR_MAX;
use crate::contract::explain::Severity;
use crate::contract::lint::{Subject, lint, not_json};
use crate::contract::position::line_of;
use crate::contract::schema::{self, SchemaFault};
use crate::contract::{Draft, Limits, Resources};
use crate::store::contracts::VERSION_BYTES_MAX;

#[derive(Serialize)]
struct LintView<'a> {
    files: u64,
    errors: u64,
    findings: &'a [FindingView],
}

/// A finding, as data.
#[derive(Serialize)]
struct FindingView {
    file: String,
    line: usize,
    pointer: String,
    rule: &'static str,
    severity: &'static str,
    message: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    hint: String,
}

pub(super) fn run(context: &mut Context<'_>, args: &Lint, resources: &Resources) -> Result<Exit, Failure> {
    let draft = match &args.draft {
        Some(name) => name.parse::<Draft>().map_err(|error| Failure::usage(error.to_string()))?,
        None => Draft::DEFAULT,
    };
    let mut found = Vec::new();
    let mut errors = 0;
    for file in &args.files {
        let text = input::file_within(file, context.env, VERSION_BYTES_MAX as u64)?;
        let read = if text.len() > VERSION_BYTES_MAX {
            let what = format!("it has more than {VERSION_BYTES_MAX} bytes");
            Err(SchemaFault { pointer: String::new(), what })
        } else {
            schema::read(&text)
        };
        let budget = context.budget.at_most(PAIR_MAX);
        let is_over = || budget.is_over();
        // What can't be read keeps nobody from looking at the other files.
        let findings = match &read {
            Ok(schema) => {
                let subject = Subject { schema, draft, formats: args.formats, resources };
                lint(&subject, &Limits { is_over: &is_over })
            }
            Err(fault) => vec![not_json(fault)],
        };
        for finding in findings {
            errors += u64::from(finding.rule.severity() == Severity::Error);
            found.push(FindingView {
                file: input::shown(file).to_owned(),
                line: line_of(&text, &finding.pointer),
                pointer: finding.pointer,
                rule: finding.rule.id(),
                severity: finding.rule.severity().name(),
                message: finding.message,
                hint: finding.hint,
            });
        }
    }
    let exit = if errors == 0 { Exit::Done } else { Exit::No };
    match context.output.format {
        Format::Json => {
            context.output.json(&LintView { files: args.files.len() as u64, errors, findings: &found })?;
        }
        Format::Jsonl => {
            for finding in &found {
                context.output.json(finding)?;
            }
        }
        Format::Text => {
            for finding in &found {
                let FindingView { file, line, pointer, rule, severity, message, hint } = finding;
                let pointer = if pointer.is_empty() { "(the whole)" } else { pointer };
                let told = format!("{file}:{line}: {severity}: {pointer}: {message} [{rule}]");
                context.output.text(&format!("{}\n", safe::line(&told)))?;
                if !hint.is_empty() {
                    context.output.text(&format!("  {}\n", safe::line(hint)))?;
                }
            }
            if !(context.output.quiet && found.is_empty()) {
                let files = count(args.files.len() as u64, "file");
                let found = count(found.len() as u64, "finding");
                context.output.text(&format!("{files} looked at, {found}, {} of them errors\n", errors))?;
            }
        }
    }
    Ok(exit)
}
