//! `ledger contract validate`

use std::io::{BufRead, BufReader, Read};

use jsonschema::Validator;
use serde::Serialize;

use super::super::super::args::Format;
use super::super::super::contract_args::Validate;
use super::super::super::exit::Exit;
use super::super::super::failure::Failure;
use super::super::super::render::progress::Progress;
use super::super::super::render::safe;
use super::super::super::render::text::count;
use super::super::super::{Context, input};
use super::reference;
use crate::app::AppError;
use crate::contract::Resources;
use crate::contract::schema::{self, DocumentFault, document_faults};
use crate::domain::id::ContractName;

/// The most errors of a document that are told.
const ERRORS_MAX: usize = 50;
/// The most errors that are told in all; the rest is counted.
const TOLD_MAX: usize = 10_000;
/// The largest document, in bytes.
const DOCUMENT_BYTES_MAX: u64 = 64 * 1024 * 1024;

#[derive(Serialize)]
struct ValidateView<'a> {
    contract: &'a ContractName,
    version: u32,
    formats: bool,
    documents: u64,
    invalid: u64,
    untold: u64,
    errors: Vec<ErrorView>,
}

#[derive(Serialize)]
struct ErrorView {
    file: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    pointer: String,
    schema_pointer: String,
    message: String,
}

pub(super) fn run(context: &mut Context<'_>, args: &Validate, resources: &Resources) -> Result<Exit, Failure> {
    let version = reference(&args.contract)?;
    let opened = context.open()?;
    let ledger = opened.ledger();
    let (shelf, schema) = ledger.schema_at(&version)?;
    let reachable = ledger.reachable(&[&schema], resources)?;
    let faults = schema::faults(&schema, &reachable);
    if !faults.is_empty() {
        return Err(AppError::BadSchema { file: version.to_string(), faults }.into());
    }
    let validator = schema::validator(&schema, &reachable, shelf.state.formats)
        .map_err(|fault| AppError::BadSchema { file: version.to_string(), faults: vec![fault] })?;
    let shown = context.output.err_is_terminal && !context.output.quiet;
    let bar = Progress::new("validating", &context.budget, shown);
    let mut tally = Tally { validator: &validator, documents: 0, invalid: 0, untold: 0, errors: Vec::new(), bar: &bar };
    for file in &args.files {
        if file.ends_with(".jsonl") || file.ends_with(".ndjson") {
            tally.lines(file, input::open(file, context.env)?)?;
        } else {
            let text = input::file_within(file, context.env, DOCUMENT_BYTES_MAX)?;
            match lines(&text).filter(|_| file == "-") {
                Some(lines) => {
                    for (number, line) in lines {
                        tally.document(input::shown(file), Some(number), line);
                    }
                }
                None => tally.document(input::shown(file), None, &text),
            }
        }
    }
    let Tally { documents, invalid, untold, errors, .. } = tally;
    drop(bar);
    let exit = if invalid == 0 { Exit::Done } else { Exit::No };
    match context.output.format {
        Format::Json => context.output.json(&ValidateView {
            contract: version.name(),
            version: version.version(),
            formats: shelf.state.formats,
            documents,
            invalid,
            untold,
            errors,
        })?,
        Format::Jsonl => {
            for error in &errors {
                context.output.json(error)?;
            }
            if untold > 0 {
                context.output.tell(&format!("{} are not told", count(untold, "more error")));
            }
        }
        Format::Text => {
            for error in &errors {
                let line = error.line.map(|line| format!(":{line}")).unwrap_or_default();
                let pointer = if error.pointer.is_empty() { "(the whole)" } else { &error.pointer };
                let told =
                    format!("{}{line}: {pointer}: {} (schema {})", error.file, error.message, error.schema_pointer);
                context.output.text(&format!("{}\n", safe::line(&told)))?;
            }
            if untold > 0 {
                context.output.text(&format!("and {untold} more\n"))?;
            }
            if !(context.output.quiet && exit == Exit::Done) {
                let formats = if shelf.state.formats { ", formats asserted" } else { "" };
                let told =
                    format!("{} of {version} checked, {invalid} not valid{formats}\n", count(documents, "document"));
                context.output.text(&told)?;
            }
        }
    }
    Ok(exit)
}

/// The lines of a text that is no document, but whose first line is one: JSON lines.
fn lines(text: &str) -> Option<impl Iterator<Item = (u64, &str)>> {
    let mut lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    let (_, first) = lines.clone().next()?;
    let is_json = |text: &str| serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok();
    (lines.by_ref().nth(1).is_some() && is_json(first) && !is_json(text))
        .then(|| (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty()))
}

struct Tally<'a> {
    validator: &'a Validator,
    documents: u64,
    invalid: u64,
    untold: u64,
    errors: Vec<ErrorView>,
    bar: &'a Progress,
}

impl Tally<'_> {
    fn lines(&mut self, file: &str, from: Box<dyn Read + Send>) -> Result<(), Failure> {
        let bad = |what: String| Failure::new(Exit::Usage, "input", format!("could not read {file}: {what}"));
        let mut reader = BufReader::new(from);
        let mut number = 0;
        loop {
            number += 1;
            let mut line = Vec::new();
            let read = reader.by_ref().take(DOCUMENT_BYTES_MAX + 1).read_until(b'\n', &mut line);
            if read.map_err(|e| bad(e.to_string()))? == 0 {
                return Ok(());
            }
            if line.len() as u64 > DOCUMENT_BYTES_MAX {
                return Err(bad(format!("line {number} has more than {DOCUMENT_BYTES_MAX} bytes")));
            }
            let text = String::from_utf8(line).map_err(|_| bad(format!("line {number} is not UTF-8")))?;
            if !text.trim().is_empty() {
                self.document(file, Some(number), &text);
            }
        }
    }

    fn document(&mut self, file: &str, line: Option<u64>, text: &str) {
        self.documents += 1;
        let done = usize::try_from(self.documents).unwrap_or(usize::MAX);
        self.bar.at(done, done);
        let faults = match schema::read(text.trim_end()) {
            Ok(document) => document_faults(self.validator, &document, ERRORS_MAX),
            Err(fault) => {
                vec![DocumentFault { pointer: fault.pointer, schema_pointer: String::new(), what: fault.what }]
            }
        };
        self.invalid += u64::from(!faults.is_empty());
        let room = TOLD_MAX.saturating_sub(self.errors.len());
        self.untold += faults.len().saturating_sub(room) as u64;
        self.errors.extend(faults.into_iter().take(room).map(|fault| ErrorView {
            file: file.to_owned(),
            line,
            pointer: fault.pointer,
            schema_pointer: fault.schema_pointer,
            message: fault.what,
        }));
    }
}
